package lib.explore;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which schemas and tables the report is about: patterns with * and ?, for a schema ("app*") or a table ("app.tmp_*").
 */
final class Scope {
    private final List<Pattern> included;
    private final List<Pattern> excluded;
    private final String text;

    Scope(List<String> include, List<String> exclude) {
        included = include.stream().map(Scope::pattern).toList();
        excluded = exclude.stream().map(Scope::pattern).toList();
        text = (include.isEmpty() ? "all schemas" : "schemas " + String.join(", ", include))
            + (exclude.isEmpty() ? "" : " without " + String.join(", ", exclude));
    }

    boolean hasSchema(String schema) {
        return (included.isEmpty()
            || included.stream().anyMatch(p -> p.matcher(schema).matches() || p.pattern().contains("\\Q.\\E")))
            && excluded.stream().noneMatch(p -> p.matcher(schema).matches());
    }

    boolean has(String schema, String name) {
        var full = schema + "." + name;
        return (included.isEmpty()
            || included.stream().anyMatch(p -> p.matcher(schema).matches() || p.matcher(full).matches()))
            && excluded.stream().noneMatch(p -> p.matcher(schema).matches() || p.matcher(full).matches());
    }

    boolean isAll() {
        return included.isEmpty() && excluded.isEmpty();
    }

    @Override
    public String toString() {
        return text;
    }

    private static Pattern pattern(String glob) {
        return Pattern
            .compile(
                glob.chars()
                    .mapToObj(c -> switch (c) {
                        case '*' -> ".*";
                        case '?' -> ".";
                        default -> "\\Q" + (char) c + "\\E";
                    })
                    .collect(Collectors.joining()));
    }
}
