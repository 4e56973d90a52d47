//SOURCES ../database/Database.java MetricSuggestion.java ValueColumn.java
package lib.chart;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lib.database.Database;

/** What the newest rows of a table tell about its columns, for {@link MetricSuggestion}. */
final class SuggestedColumns {
    private static final int ROWS = 500;
    private static final int LEAST_SERIES_COLUMNS = 2;
    private static final int MOST_NAME_COLUMNS = 3;
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
        return newest(columns, ROWS);
    }

    private String newest(String columns, int rows) {
        return "(SELECT %s FROM %s ORDER BY %s DESC LIMIT %d) AS newest"
            .formatted(columns, table, Database.identifier(time), rows);
    }

    /**
     * The first two of the columns, and as many more as it takes to tell each stream of rows from the others: of five
     * tags, two may name several hosts at once.
     */
    List<String> telling(List<String> columns) {
        if (columns.size() <= LEAST_SERIES_COLUMNS) return columns;
        var tuples = tuples(columns);
        var chosen = new ArrayList<>(columns.subList(0, LEAST_SERIES_COLUMNS));
        long all = different(tuples, columns, columns);
        while (different(tuples, columns, chosen) < all) {
            columns.stream()
                .filter(column -> !chosen.contains(column))
                .max(Comparator.comparingLong(column -> different(tuples, columns, with(chosen, column))))
                .ifPresent(chosen::add);
        }
        return chosen;
    }

    private List<List<String>> tuples(List<String> columns) {
        var selected = IntStream.range(0, columns.size())
            .mapToObj(i -> ValueColumn.expression(columns.get(i)) + "::text AS key" + i)
            .collect(Collectors.joining(", "));
        var keys = IntStream.range(0, columns.size()).mapToObj(i -> "key" + i).collect(Collectors.joining(", "));
        return database.list(
            "SELECT DISTINCT ARRAY[%s] AS key FROM %s LIMIT %d".formatted(keys, newest(selected, 40 * ROWS), 10 * ROWS),
            row -> Arrays.asList((String[]) row.getArray("key").getArray()));
    }

    private static long different(List<List<String>> tuples, List<String> columns, List<String> chosen) {
        return tuples.stream()
            .map(tuple -> chosen.stream().map(column -> tuple.get(columns.indexOf(column))).toList())
            .distinct()
            .count();
    }

    private static List<String> with(List<String> columns, String more) {
        return Stream.concat(columns.stream(), Stream.of(more)).toList();
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
                """.formatted(newest("entity_id, state, attributes", 40 * ROWS)),
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

    /** {@code names: {…}} of a column with numbers, where another table or view says what they are called. */
    Optional<String> namesOf(String column) {
        return Stream.concat(tablesOfNames(column).stream(), viewsOfLabels(column).stream())
            .flatMap(each -> names(each).stream())
            .findFirst();
    }

    /** @param texts its columns with texts or JSON, the most telling name first */
    private record NameTable(String name, String key, List<String> texts) {}

    private List<NameTable> tablesOfNames(String column) {
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
                                                                || 's?(_(labels|tags|names))?$')))
                  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                ORDER BY c.relname NOT LIKE own.relname || '%', n.oid <> own.relnamespace, 1
                """,
            SuggestedColumns::nameTable,
            table,
            column);
    }

    /** Promscale keeps labels as numbers, and has a view for each metric with a column of text for each label. */
    private List<NameTable> viewsOfLabels(String column) {
        return database.list(
            """
                SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
                       k.attname AS key,
                       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
                             JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
                             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnum <> k.attnum
                               AND pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL)
                                   IN ('text', 'character varying')
                             ORDER BY a.attnum) AS texts
                FROM pg_catalog.pg_class AS own
                JOIN pg_catalog.pg_class AS c ON c.relname = own.relname AND c.relkind IN ('v', 'm')
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_attribute AS k ON k.attrelid = c.oid AND k.attname = ?
                WHERE own.oid = pg_catalog.to_regclass(?)
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = ?)
                  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                ORDER BY 1
                """,
            SuggestedColumns::nameTable,
            column,
            table,
            time);
    }

    private static NameTable nameTable(ResultSet row) throws SQLException {
        var texts = new ArrayList<>(List.of((String[]) row.getArray("texts").getArray()));
        texts.sort(Comparator.comparingInt(text -> NAMES.contains(text) ? NAMES.indexOf(text) : NAMES.size()));
        return new NameTable(row.getString("name"), row.getString("key"), texts);
    }

    /** A column that names each number; or those, also inside of JSON, that together tell the numbers apart. */
    private Optional<String> names(NameTable names) {
        if (names.texts().isEmpty()) return Optional.empty();
        var counts = differentValues(names);
        var columns = counts.stream().map(Counted::column).toList();
        var telling = counts.stream().filter(c -> c.isUnique() && names.texts().contains(c.column())).limit(1).toList();
        if (telling.isEmpty()) telling = counts.stream().filter(c -> c.values() > 1).limit(MOST_NAME_COLUMNS).toList();
        var chosen = telling.isEmpty() ? columns.stream().limit(1).toList()
            : telling.stream().map(Counted::column).toList();
        if (chosen.isEmpty()) chosen = names.texts().subList(0, 1);
        var name = chosen.stream().map(MetricSuggestion::quoted).collect(Collectors.joining(", "));
        return Optional.of(
            "names: {table: %s, key: %s, name: %s}".formatted(
                MetricSuggestion.quoted(names.name()),
                MetricSuggestion.quoted(names.key()),
                chosen.size() == 1 ? name : "[" + name + "]"));
    }

    /** @param isUnique another one in each row */
    private record Counted(String column, long values, boolean isUnique) {}

    private List<Counted> differentValues(NameTable names) {
        var texts = names.texts().stream().map(ValueColumn::literal).collect(Collectors.joining(", "));
        return database.list(
            """
                SELECT name, pg_catalog.count(DISTINCT value) AS different,
                       pg_catalog.count(DISTINCT value) = max(place) AS is_unique
                FROM (SELECT pg_catalog.to_jsonb(rows) AS object, pg_catalog.row_number() OVER () AS place
                      FROM (SELECT * FROM %s LIMIT 1000) AS rows) AS rows
                CROSS JOIN LATERAL pg_catalog.jsonb_each(object) AS outside(label, content)
                CROSS JOIN LATERAL (SELECT label AS name, content #>> '{}' AS value
                                    WHERE pg_catalog.jsonb_typeof(content) = 'string'
                                    UNION ALL
                                    SELECT label || '->>' || inside.key, inside.value #>> '{}'
                                    FROM pg_catalog.jsonb_each(CASE pg_catalog.jsonb_typeof(content)
                                                               WHEN 'object' THEN content ELSE '{}' END)
                                        AS inside) AS entry
                WHERE label IN (%s)
                GROUP BY label, name
                ORDER BY pg_catalog.array_position(ARRAY[%2$s]::text[], label), name
                """
                .formatted(names.name(), texts),
            row -> new Counted(row.getString("name"), row.getLong("different"), row.getBoolean("is_unique")));
    }

    /** The roll-up that Zabbix makes itself. */
    static String trends(String table) {
        return "    rollups:\n      - {table: " + MetricSuggestion.quoted(table)
            + ", bucket: 1h, time: clock, value: value_avg, min: value_min, max: value_max, count: num}\n";
    }
}
