//SOURCES ../Failure.java ../database/Database.java
package lib.chart;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lib.Failure;
import lib.database.Database;

/**
 * How SQL reads the columns that a definition names: any of them may lie inside of JSON, written {@code column->>key}.
 */
final class ValueColumn {
    private static final Pattern INSIDE = Pattern.compile("(.+?)->>(.+)");
    private static final List<String> NUMBERS =
        List.of("double precision", "real", "integer", "bigint", "smallint");

    private ValueColumn() {}

    /** The column that has to be there: {@code tags} of {@code tags->>host}. */
    static String column(String name) {
        var inside = INSIDE.matcher(name);
        return inside.matches() ? inside.group(1).strip() : name;
    }

    /** In SQL: {@code "tags" ->> 'host'}. */
    static String expression(String name) {
        var inside = INSIDE.matcher(name);
        return inside.matches()
            ? "(%s ->> %s)".formatted(Database.identifier(inside.group(1).strip()), literal(inside.group(2).strip()))
            : Database.identifier(name);
    }

    /** As PostgreSQL writes it, without a length. */
    static String type(String name, Map<String, String> types) {
        return INSIDE.matcher(name).matches() ? "text"
            : types.getOrDefault(name, "double precision").replaceFirst("\\(.*?\\)", "");
    }

    /**
     * May a column of it hold NaN, without being a text or JSON? Then {@link #number} is NaN for what cannot be drawn.
     */
    static boolean mayBeNaN(String type) {
        return List.of("double precision", "real", "numeric").contains(type);
    }

    static boolean isAlwaysNumber(String type) {
        return List.of("integer", "bigint", "smallint", "oid", "money", "boolean", "interval").contains(type);
    }

    /** What such a column may hold that is not a number. */
    static String notNumbers(String type) {
        return switch (type) {
            case "double precision", "real" -> "NaN or infinity";
            case "numeric" -> "NaN, infinity, or beyond 1e308";
            case "json", "jsonb" -> "an object, a list, a text, or beyond 1e308";
            default -> "a text like unavailable";
        };
    }

    static String literal(String text) {
        return text.indexOf('\\') < 0 ? "'" + text.replace("'", "''") + "'"
            : "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /**
     * As a float8. What is not a number (a text like "unavailable") is NULL, a number beyond 1e308 is NaN, and one
     * below 1e-307, which a float8 cannot hold, is zero. @param types the table's columns with their types
     */
    static String number(String name, Map<String, String> types, String table) {
        var value = expression(name);
        var type = type(name, types);
        if (NUMBERS.contains(type)) return value + "::float8";
        return switch (type) {
            case "numeric" ->
                """
                    (CASE WHEN %s > -1e308 AND %1$s < 1e308 \
                    THEN CASE WHEN pg_catalog.abs(%1$s) < 1e-307 THEN 0 ELSE %1$s::float8 END \
                    WHEN %1$s IS NOT NULL THEN 'NaN' END)"""
                    .formatted(value);
            case "oid" -> value + "::bigint::float8";
            case "money" -> value + "::numeric::float8";
            case "boolean" -> value + "::int::float8";
            case "interval" -> "pg_catalog.date_part('epoch', " + value + ")";
            case "jsonb", "json" ->
                """
                    (CASE WHEN pg_catalog.jsonb_typeof(%s::jsonb) = 'number' \
                    THEN CASE WHEN pg_catalog.abs(%1$s::text::numeric) < 1e-307 THEN 0 \
                    WHEN pg_catalog.abs(%1$s::text::numeric) < 1e308 THEN %1$s::text::float8 END END)"""
                    .formatted(value);
            case "text", "character varying", "character", "name", "\"char\"" ->
                """
                    (CASE WHEN %s::text ~ '^\\s*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,2})?\\s*$' \
                        AND pg_catalog.length(%1$s::text) < 200 THEN %1$s::float8 \
                    WHEN pg_catalog.lower(%1$s::text) IN ('on', 'true') THEN 1 \
                    WHEN pg_catalog.lower(%1$s::text) IN ('off', 'false') THEN 0 END)"""
                    .formatted(value);
            default -> throw Failure.usage(
                "the column \"%s\" of %s holds no numbers: it is of type %s".formatted(name, table, type),
                "name one with numbers, booleans or intervals; a view can make one of it.");
        };
    }
}
