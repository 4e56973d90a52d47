//SOURCES Failure.java
package lib;

import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What stands before the name of a command: {@code chart.java -p 5433 metrics}. The person means it for that command.
 * So it is handed to the command's option of the same name; where it has none, or says otherwise, that is wrong usage,
 * and never left out silently.
 */
final class OptionsBefore {
    private OptionsBefore() {}

    /** @throws Failure wrong usage */
    static void handOn(ParseResult line) {
        for (var before = line; before.hasSubcommand(); before = before.subcommand()) {
            var command = before.subcommand();
            if (!before.matchedPositionals().isEmpty()) {
                throw misplaced(before.matchedPositionals().getFirst().originalStringValues().getFirst(), command);
            }
            for (var option : before.matchedOptions()) {
                if (option.scopeType() != CommandLine.ScopeType.INHERIT && !option.inherited()) handOn(option, command);
            }
        }
    }

    private static void handOn(OptionSpec option, ParseResult command) {
        var name = option.longestName();
        var same = command.commandSpec().findOption(name);
        if (same == null || !same.type().equals(option.type())) throw misplaced(name, command);
        if (!command.hasMatchedOption(same)) {
            set(same, option.getValue());
        } else if (!Objects.equals(values(same), values(option))) {
            throw Failure.usage(
                "%s is given before and after %s, with different values".formatted(name, command.commandSpec().name()),
                "leave out one of them.");
        }
    }

    private static void set(OptionSpec option, Object value) {
        try {
            option.setter().set(value);
        } catch (Exception e) {
            if (e instanceof RuntimeException known) throw known;
            throw new IllegalStateException(e);
        }
    }

    private static List<String> values(OptionSpec option) {
        return option.originalStringValues();
    }

    private static Failure misplaced(String word, ParseResult command) {
        var name = command.commandSpec().qualifiedName(" ");
        return Failure.usage(
            "%s stands before %s, which does not know it".formatted(word, command.commandSpec().name()),
            "what it knows: %s --help".formatted(name));
    }
}
