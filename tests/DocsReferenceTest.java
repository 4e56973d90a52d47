import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every option that a tool has is in docs/REFERENCE.md, and every option that a page shows is one. */
@Tag("cli")
class DocsReferenceTest {
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]+");
    private static final Pattern TYPED =
        Pattern.compile("(?:jbang |make )(backup|restore|explore|chart)(?:\\.java)?\\b([^\\n`|]*)");
    private static Map<String, Set<String>> helps;

    @Test
    void the_reference_is_what_the_generator_makes() {
        var check = Tool.of("bin/reference").in(Tool.ROOT).run("--check");
        assertEquals(0, check.exit(), check::toString);
    }

    @Test
    void the_messages_are_those_of_the_sources() {
        var check = Tool.of("bin/messages").in(Tool.ROOT).run("--check");
        assertEquals(0, check.exit(), check::toString);
        var page = DocsPage.of("docs/MESSAGES.md").text();
        assertTrue(
            page.contains("| `there is no metric '…'` | 2 | `choose one of: ….` |"),
            "the page holds what the tools say");
    }

    @Test
    void the_reference_and_help_name_the_same_options() {
        var page = DocsPage.of("docs/REFERENCE.md").text();
        for (var tool : helps().entrySet()) {
            var own = Pattern.compile("(?ms)^## " + tool.getKey() + "\\.java$(.*?)^## ").matcher(page);
            assertTrue(own.find(), "docs/REFERENCE.md has no section " + tool.getKey() + ".java");
            var documented = new TreeSet<String>();
            for (var part : List.of(own.group(1), page.substring(page.indexOf("## Options of all tools")))) {
                OPTION.matcher(bothWays(part)).results().forEach(m -> documented.add(m.group()));
            }
            assertTrue(
                documented.containsAll(tool.getValue()),
                () -> tool.getKey() + " --help has, and the reference has not: "
                    + without(tool.getValue(), documented));
            var rows = new TreeSet<String>();
            Pattern.compile("(?m)^\\| (`-.*?) \\|")
                .matcher(own.group(1))
                .results()
                .forEach(r -> OPTION.matcher(bothWays(r.group(1))).results().forEach(m -> rows.add(m.group())));
            assertEquals(Set.of(), without(rows, tool.getValue()), tool.getKey() + ": only in the reference");
        }
    }

    @Test
    void no_page_types_an_option_that_the_tool_does_not_have() {
        var unknown = new ArrayList<String>();
        for (var page : DocsPage.all()) {
            var typed = TYPED.matcher(page.text());
            while (typed.find()) {
                OPTION.matcher(bothWays(typed.group(2).split(" -- ", 2)[0]))
                    .results()
                    .map(m -> m.group())
                    .filter(option -> !helps().get(typed.group(1)).contains(option))
                    .forEach(option -> unknown.add(page.name() + ": " + typed.group().strip() + " (" + option + ")"));
            }
        }
        assertEquals(List.of(), unknown);
    }

    /** All options of each tool and its commands, as --help prints them. */
    private static synchronized Map<String, Set<String>> helps() {
        if (helps == null) {
            helps = new TreeMap<>();
            for (var tool : List.of("backup", "restore", "explore", "chart")) {
                var options = new TreeSet<String>();
                var help = help(tool);
                options.addAll(options(help));
                var commands = Pattern.compile("(?ms)^Commands:$(.*?)^\\S").matcher(help);
                if (commands.find()) {
                    Pattern.compile("(?m)^  ([a-z-]+)  ")
                        .matcher(commands.group(1))
                        .results()
                        .forEach(m -> options.addAll(options(help(tool, m.group(1)))));
                }
                helps.put(tool, options);
            }
        }
        return helps;
    }

    private static String help(String tool, String... command) {
        var arguments = new ArrayList<>(List.of(command));
        arguments.add("--help");
        var help = Tool.of(tool).run(arguments.toArray(String[]::new));
        assertEquals(0, help.exit(), help::toString);
        return help.out();
    }

    /** The list of options only: examples and descriptions may speak of others. */
    private static Set<String> options(String help) {
        var options = new TreeSet<String>();
        Pattern.compile("(?m)^ {2,6}(?:-\\w, )?--[a-z-]+(?:, --[a-z-]+)*")
            .matcher(bothWays(help))
            .results()
            .forEach(line -> OPTION.matcher(line.group()).results().forEach(m -> options.add(m.group())));
        return options;
    }

    /** "--[no-]start" is two options: --start and --no-start. */
    private static String bothWays(String text) {
        return text.replaceAll("(?m)^(.*?)--\\[no-\\]([a-z-]+)", "$1--$2\n      --no-$2");
    }

    private static Set<String> without(Set<String> all, Set<String> these) {
        var rest = new TreeSet<>(all);
        rest.removeAll(these);
        return rest;
    }
}
