//SOURCES ../Failure.java ../Spelling.java ../Table.java HealthScore.java Rule.java ShortText.java
package lib.explore;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import lib.Failure;
import lib.Spelling;
import lib.Table;

/** The health rules in words, for {@code explain}. */
public final class RuleBook {
    private RuleBook() {}

    public static String list() {
        return table(HealthScore.rules());
    }

    private static String table(List<Rule> rules) {
        var table = Table.of("Rule", "Asks", "Category", "Takes at most");
        rules.forEach(r -> table.row(r.id(), r.title(), r.category().title, ShortText.number(r.limit())));
        return table.toString();
    }

    /** An unknown id is an error that names the nearest. */
    public static void require(String id) {
        find(id);
    }

    /** One rule in full; for a word that is not an id, the table of the rules that are about it. */
    public static String explain(String idOrWord) {
        var about = about(idOrWord);
        return ids().stream().noneMatch(idOrWord::equalsIgnoreCase) && !about.isEmpty() ? table(about)
            : inFull(find(idOrWord));
    }

    /** Whose id, question, category or explanation has this word in it. */
    private static List<Rule> about(String word) {
        var wanted = word.strip().toLowerCase(Locale.ROOT);
        if (wanted.isEmpty()) return List.of();
        return HealthScore.rules()
            .stream()
            .filter(
                r -> Stream.of(r.id(), r.title(), r.category().title, r.why())
                    .anyMatch(text -> text.toLowerCase(Locale.ROOT).contains(wanted)))
            .toList();
    }

    private static String inFull(Rule r) {
        return """
            %s: %s
            Category %s (cap %s points), this rule takes at most %s.

            %s

            Read more: %s
            Silence it in the config file, with a reason:
              rules:
                %s: {ignore: ["object"], reason: "why that is fine here", until: 2027-01-31}
            """.formatted(
            r.id(),
            r.title(),
            r.category().title,
            ShortText.number(r.category().cap),
            ShortText.number(r.limit()),
            wrap(r.why()),
            r.link(),
            r.id());
    }

    private static Rule find(String id) {
        return HealthScore.rules()
            .stream()
            .filter(r -> r.id().equalsIgnoreCase(id))
            .findFirst()
            .orElseThrow(
                () -> Failure.usage(
                    ("there is no rule " + id + ", " + Spelling.didYouMean(id, ids())).replaceFirst(",? $", ""),
                    "list them with: explore.java explain"));
    }

    private static List<String> ids() {
        return HealthScore.rules().stream().map(Rule::id).toList();
    }

    private static String wrap(String text) {
        var out = new StringBuilder();
        int line = 0;
        for (var word : text.split("\\s+")) {
            if (line + word.length() > 100) {
                out.append('\n');
                line = 0;
            }
            out.append(line == 0 ? "" : " ").append(word);
            line += word.length() + 1;
        }
        return out.toString();
    }
}
