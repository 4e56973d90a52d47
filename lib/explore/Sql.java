//SOURCES ../database/Database.java
package lib.explore;

import java.util.Set;
import java.util.regex.Pattern;
import lib.database.Database;

/** Names and values for the SQL that the report shows: quoted only where they must be, as a person would write them. */
final class Sql {
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_$]*");
    // the reserved ones that people do use as names
    private static final Set<String> RESERVED =
        Set.of(
            "all",
            "analyse",
            "analyze",
            "and",
            "any",
            "array",
            "as",
            "asc",
            "both",
            "case",
            "cast",
            "check",
            "collate",
            "column",
            "constraint",
            "create",
            "default",
            "desc",
            "distinct",
            "do",
            "else",
            "end",
            "except",
            "false",
            "fetch",
            "for",
            "foreign",
            "from",
            "grant",
            "group",
            "having",
            "in",
            "initially",
            "intersect",
            "into",
            "lateral",
            "leading",
            "limit",
            "not",
            "null",
            "offset",
            "on",
            "only",
            "or",
            "order",
            "placing",
            "primary",
            "references",
            "returning",
            "select",
            "some",
            "symmetric",
            "table",
            "then",
            "to",
            "trailing",
            "true",
            "union",
            "unique",
            "user",
            "using",
            "variadic",
            "when",
            "where",
            "window",
            "with");

    private Sql() {}

    static String name(String identifier) {
        return PLAIN.matcher(identifier).matches() && !RESERVED.contains(identifier) ? identifier
            : Database.identifier(identifier);
    }

    static String name(String schema, String relation) {
        return name(schema) + "." + name(relation);
    }

    /** The same, for use inside a literal that is cast to regclass. */
    static String qualified(String schema, String relation) {
        return name(schema, relation);
    }

    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
