package lib.explore;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where an object stands in a report, made of its kind and its name: a link to it holds in every later report of the
 * database, in Markdown and in HTML.
 */
final class Anchor {
    private Anchor() {}

    /** Of a table, a view or an aggregate. */
    static String relation(String schema, String name) {
        return of("t", schema, name);
    }

    /** @param kind a word of ours */
    static String of(String kind, String... names) {
        return kind.replace(' ', '-') + "-" + Stream.of(names).map(Anchor::slug).collect(Collectors.joining("."));
    }

    /** Letters, digits and _ stay; each other character is written as its code, so that no two names become one. */
    private static String slug(String name) {
        var slug = new StringBuilder();
        name.codePoints().forEach(c -> {
            if (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_') {
                slug.appendCodePoint(c);
            } else {
                slug.append('-').append(Integer.toHexString(c)).append('-');
            }
        });
        return slug.toString();
    }
}
