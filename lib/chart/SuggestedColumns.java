//SOURCES ../database/Database.java MetricSuggestion.java
package lib.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import lib.database.Database;

/** What the newest rows of a table tell about its columns, for {@link MetricSuggestion}. */
final class SuggestedColumns {
    private static final int ROWS = 500;
    private static final List<String> NAMES = List.of("name", "title", "label", "host", "hostname", "description");

    private final Database database;
    private final String table;
    private final String time;

    /** Values inside of JSON, written {@code fields->>bytes}. */
    record Keys(List<String> numbers, List<String> texts) {}

    /** The entities of one unit. @param words of its definition */
    record Unit(String name, String title, List<String> words) {}

    SuggestedColumns(Database database, String table, String time) {
        this.database = database;
        this.table = table;
        this.time = time;
    }

    private String newest(String columns) {
        return "(SELECT %s FROM %s ORDER BY %s DESC LIMIT %d) AS newest"
            .formatted(columns, table, Database.identifier(time), ROWS);
    }

    /** Is there a number among the texts? */
    boolean hasNumbers(String column) {
        return database.one(
            """
                SELECT coalesce(pg_catalog.bool_or(value ~ '^\\s*[-+]?[0-9]+([.][0-9]*)?\\s*$'
                                        OR pg_catalog.lower(value) IN ('on', 'off', 'true', 'false')), false) AS found
                FROM %s
                """.formatted(newest(Database.identifier(column) + "::text AS value")),
            row -> row.getBoolean("found"));
    }

    Keys insideOf(List<String> columns) {
        var numbers = new ArrayList<String>();
        var texts = new ArrayList<String>();
        for (var column : columns) {
            database.list(
                """
                    SELECT entry.key AS key,
                           pg_catalog.bool_and(pg_catalog.jsonb_typeof(entry.value) = 'number') AS number
                    FROM %s
                    CROSS JOIN LATERAL pg_catalog.jsonb_each(CASE pg_catalog.jsonb_typeof(object)
                                                             WHEN 'object' THEN object ELSE '{}' END) AS entry
                    WHERE pg_catalog.jsonb_typeof(entry.value) IN ('number', 'string')
                    GROUP BY entry.key
                    ORDER BY entry.key
                    """
                    .formatted(newest(Database.identifier(column) + " AS object")),
                row -> (row.getBoolean("number") ? numbers : texts).add(column + "->>" + row.getString("key")));
        }
        return new Keys(numbers, texts);
    }

    /** A number that only grows, by the names that are usual for it. */
    boolean isCounter(String name) {
        var lower = name.toLowerCase(Locale.ROOT);
        var plain = table.toLowerCase(Locale.ROOT).replace("\"", "");
        boolean isValueOfCounter = lower.equals("value") && plain.endsWith("_total");
        return isValueOfCounter || lower.endsWith("_total") || lower.matches("(bytes|packets)_(recv|sent|received)");
    }

    /** Home Assistant: what is measured in the same unit belongs into one chart; what is on or off into another. */
    List<Unit> units() {
        var byUnit = new LinkedHashMap<String, List<String>>();
        database.list(
            """
                SELECT DISTINCT coalesce(attributes ->> 'unit_of_measurement', '') AS unit, entity_id
                FROM %s
                WHERE attributes ->> 'unit_of_measurement' <> '' OR state IN ('on', 'off')
                ORDER BY 1, 2
                """.formatted(newest("entity_id, state, attributes").replace("" + ROWS, "" + 40 * ROWS)),
            row -> byUnit.computeIfAbsent(row.getString("unit"), unit -> new ArrayList<>())
                .add(row.getString("entity_id")));
        return byUnit.entrySet().stream().map(e -> unit(e.getKey(), e.getValue())).toList();
    }

    private static Unit unit(String unit, List<String> entities) {
        var where = entities.stream()
            .map(MetricSuggestion::quoted)
            .collect(Collectors.joining(", ", "where: {entity_id: [", "]}"));
        if (unit.isEmpty()) {
            return new Unit("on_off", "On and off", List.of(where, "line: step", "connect: always"));
        }
        var name = unit.replace("°", "deg_").replace("%", "percent").replaceAll("[^A-Za-z0-9]+", "_");
        return new Unit(
            name.replaceAll("^_+|_+$", ""),
            "States in " + unit,
            List.of(where, "unit: " + MetricSuggestion.quoted(unit), "line: step", "connect: always"));
    }

    /** {@code names: {…}} of a column with numbers, where another table says what they are called. */
    Optional<String> namesOf(String column) {
        return database.list(
            """
                SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
                       k.attname AS key,
                       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
                             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnum <> k.attnum
                               AND pg_catalog.format_type(a.atttypid, NULL) IN ('text', 'character varying', 'jsonb')
                             ORDER BY a.attnum) AS texts
                FROM pg_catalog.pg_index AS i
                JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_attribute AS k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
                JOIN pg_catalog.pg_class AS own ON own.oid = pg_catalog.to_regclass(?)
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attname = ?
                WHERE i.indisunique AND i.indnkeyatts = 1 AND c.oid <> own.oid
                  AND a.atttypid IN ('int4'::regtype, 'int8'::regtype)
                  AND k.atttypid IN ('int4'::regtype, 'int8'::regtype)
                  AND (k.attname = a.attname
                       OR k.attname = 'id' AND (c.relname = own.relname
                                                OR c.relname ~ ('(^|_)' || pg_catalog.replace(a.attname, '_id', '')
                                                                || 's?$')))
                  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                ORDER BY c.relname NOT LIKE own.relname || '%', n.oid <> own.relnamespace, 1
                """,
            row -> names(
                row.getString("name"),
                row.getString("key"),
                Arrays.asList((String[]) row.getArray("texts").getArray())),
            table,
            column).stream().flatMap(Optional::stream).findFirst();
    }

    private static Optional<String> names(String table, String key, List<String> texts) {
        return NAMES.stream()
            .filter(texts::contains)
            .findFirst()
            .or(() -> texts.stream().filter("labels"::equals).findFirst())
            .or(() -> texts.stream().findFirst())
            .map(
                name -> "names: {table: %s, key: %s, name: %s}".formatted(
                    MetricSuggestion.quoted(table),
                    MetricSuggestion.quoted(key),
                    MetricSuggestion.quoted(name)));
    }

    /** The roll-up that Zabbix makes itself. */
    static String trends(String table) {
        return "    rollups:\n      - {table: " + MetricSuggestion.quoted(table)
            + ", bucket: 1h, time: clock, value: value_avg, min: value_min, max: value_max, count: num}\n";
    }
}
