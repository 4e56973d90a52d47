//SOURCES ../Failure.java ../database/Database.java ../database/Timescale.java Bucket.java SourceTable.java
//SOURCES SuggestedColumns.java
package lib.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.Failure;
import lib.database.Database;
import lib.database.Timescale;

/**
 * Definitions for what a database holds, as YAML to be gone over by a person: each hypertable (or, without TimescaleDB,
 * each table with a time), each of its columns with numbers, and the continuous aggregates that show the same.
 */
public final class MetricSuggestion {
    private static final int MOST = 60;
    private static final Set<String> NUMBERS =
        Set.of("double precision", "real", "integer", "bigint", "smallint", "numeric", "boolean", "interval", "money");
    /** Columns with seconds or milliseconds since 1970, by the names that Zabbix and others give them. */
    private static final Set<String> COUNTED_TIMES = Set.of("clock", "time", "ts", "timestamp", "epoch");
    private static final List<String> INTEGERS = List.of("smallint", "integer", "bigint");
    /** Numbers that say which, and not how much: tag_id, itemid, but not a bid. */
    private static final Pattern KEY = Pattern.compile(".*(_|item|host|user|event|resource)id");
    private static final Set<String> TEXTS = Set.of("text", "character varying", "character", "name", "uuid");
    private static final Pattern BUCKET =
        Pattern.compile("time_bucket\\('([^']+)'(?:::interval)?, [^)]*\\)[^\\n]*? AS \"?([\\w ]+?)\"?[,\\s]");
    private static final Pattern AGGREGATE =
        Pattern.compile("\\b(avg|min|max|count)\\((?:\"?\\w+\"?\\.)?\"?([^()\"]*?)\"?\\) AS (\"[^\"]+\"|\\w+)");

    /**
     * @param names of the columns, in their order, with their types; @param many those with so many values that they
     *        name no series
     */
    private record Found(String table, String time, List<String[]> names, Set<String> many, boolean isHypertable) {
        boolean has(String column) {
            return names.stream().anyMatch(c -> c[0].equals(column));
        }

        String type(String column) {
            return names.stream().filter(c -> c[0].equals(column)).map(c -> c[1]).findFirst().orElse("");
        }
    }

    private record Aggregate(String view, String table, String definition) {}

    private final Database database;
    private final boolean hasTimescale;

    public MetricSuggestion(Database database) {
        this.database = database;
        this.hasTimescale = Timescale.of(database).isPresent();
    }

    public String yaml() {
        var aggregates = hasTimescale ? aggregates() : List.<Aggregate>of();
        var found = tables();
        var text =
            new StringBuilder("# Suggested from what was found; check titles, units and series. Draw one with:\n");
        text.append("#   chart.java --definitions metrics.yaml --metric NAME\nmetrics:\n");
        int n = 0;
        for (var table : found) {
            if (trendsOf(table, found).isPresent()) continue;          // a roll-up of another one
            for (var each : metrics(table)) {
                if (n++ >= MOST) continue;
                text.append(metric(table, each, aggregates));
                found.stream()
                    .filter(other -> trendsOf(other, found).filter(table::equals).isPresent())
                    .forEach(other -> text.append(SuggestedColumns.trends(other.table())));
            }
        }
        if (n == 0) {
            throw Failure.answerIsNo(
                "no table with times and numbers was found",
                "is it the right database? -d chooses one; tables that the role may not read are not looked at.");
        }
        if (n > MOST) text.append("  # and ").append(n - MOST).append(" more columns\n");
        return text.toString();
    }

    private List<Found> tables() {
        var found = database.list(
            """
                SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
                       ARRAY(SELECT ARRAY[a.attname::text,
                                          pg_catalog.format_type(%s, NULL)]
                             FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
                             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                             ORDER BY a.attnum) AS columns,
                       ARRAY(SELECT s.attname::text FROM pg_catalog.pg_stats AS s
                             WHERE s.schemaname = n.nspname AND s.tablename = c.relname
                               AND (s.n_distinct > 2000 OR s.n_distinct < -0.2)) AS many,
                       %s AS time
                FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
                  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE '\\_timescaledb%%'
                ORDER BY 1
                """
                .formatted(
                    SourceTable.BASE_TYPE,
                    hasTimescale
                        ? """
                            (SELECT d.column_name::text FROM timescaledb_information.dimensions AS d
                             WHERE d.hypertable_schema = n.nspname AND d.hypertable_name = c.relname
                               AND d.dimension_number = 1)"""
                        : "NULL::text"),
            row -> {
                var columns = Arrays.asList((String[][]) row.getArray("columns").getArray());
                var chunkedBy = row.getString("time");
                boolean hasTime = chunkedBy != null && isTime(chunkedBy, columns);
                var many = new LinkedHashSet<>(List.of((String[]) row.getArray("many").getArray()));
                if (chunkedBy != null) many.add(chunkedBy);
                return new Found(
                    row.getString("name"),
                    hasTime ? chunkedBy : timeOf(columns),
                    columns,
                    many,
                    chunkedBy != null);
            });
        boolean hasHypertables = found.stream().anyMatch(Found::isHypertable);
        return found.stream().filter(t -> t.time() != null && (!hasHypertables || t.isHypertable())).toList();
    }

    /** Chunks may also follow a column of which only a function makes a time: a text, in Zabbix's audit log. */
    private static boolean isTime(String name, List<String[]> columns) {
        return columns.stream()
            .filter(c -> c[0].equals(name))
            .anyMatch(c -> c[1].startsWith("timestamp") || c[1].equals("date") || INTEGERS.contains(c[1]));
    }

    private static String timeOf(List<String[]> columns) {
        return Stream.concat(
            columns.stream().filter(c -> c[1].startsWith("timestamp")),
            columns.stream().filter(MetricSuggestion::isCountedTime))
            .map(c -> c[0])
            .findFirst()
            .orElse(null);
    }

    private static boolean isCountedTime(String[] column) {
        return COUNTED_TIMES.contains(column[0]) && INTEGERS.contains(column[1]);
    }

    private List<Aggregate> aggregates() {
        return database.list(
            """
                SELECT pg_catalog.quote_ident(view_schema) || '.' || pg_catalog.quote_ident(view_name) AS view,
                       pg_catalog.quote_ident(hypertable_schema) || '.'
                           || pg_catalog.quote_ident(hypertable_name) AS hypertable,
                       view_definition AS definition
                FROM timescaledb_information.continuous_aggregates
                ORDER BY 1
                """,
            row -> new Aggregate(row.getString("view"), row.getString("hypertable"), row.getString("definition")));
    }

    /** Columns with numbers; of a table that has none, texts that may hold some (the states of Home Assistant). */
    private static List<String> values(Found table) {
        var numbers = table.names()
            .stream()
            .filter(c -> !c[0].equals(table.time()) && NUMBERS.contains(c[1]) && !isKey(c[0]) && !isCountedTime(c))
            .map(c -> c[0])
            .toList();
        if (!numbers.isEmpty()) return numbers;
        return table.names()
            .stream()
            .filter(c -> List.of("state", "value").contains(c[0]) && TEXTS.contains(c[1]))
            .map(c -> c[0])
            .toList();
    }

    private static boolean isKey(String name) {
        var lower = name.toLowerCase(Locale.ROOT);
        return lower.equals("id") || lower.equals("ns") || KEY.matcher(lower).matches();
    }

    private static List<String> series(Found table, String value, SuggestedColumns inside) {
        return table.names()
            .stream()
            .filter(c -> !c[0].equals(table.time()) && !c[0].equals(value) && !c[0].equals("ns"))
            .filter(c -> TEXTS.contains(c[1]) || isKey(c[0]) && NUMBERS.contains(c[1]))
            .map(c -> c[0])
            .filter(name -> !table.many().contains(name) && !name.equals("id"))
            .collect(Collectors.collectingAndThen(Collectors.toList(), inside::telling));
    }

    /** What is drawn of a table. @param more words of its definition, a line each */
    private record Drawn(String name, String title, String value, List<String> series, List<String> more) {}

    private List<Drawn> metrics(Found table) {
        var inside = new SuggestedColumns(database, table.table(), table.time());
        var plain = table.table().substring(table.table().indexOf('.') + 1).replace("\"", "");
        var list = new ArrayList<Drawn>();
        if (table.has("entity_id") && table.has("state") && table.has("attributes")) {
            for (var unit : inside.units()) {
                list.add(
                    new Drawn(
                        plain + "_" + unit.name(),
                        unit.title(),
                        "state",
                        List.of("entity_id"),
                        unit.words()));
            }
            if (!list.isEmpty()) return list;
        }
        for (var value : values(table)) {
            boolean isText = TEXTS.contains(table.type(value));
            if (isText && !inside.hasNumbers(value)) continue;
            var series = series(table, value, inside);
            list.add(
                new Drawn(
                    plain + "_" + value,
                    title(plain, value, series),
                    value,
                    series,
                    more(inside, value, series)));
        }
        if (list.isEmpty()) list.addAll(insideOfJson(table, plain, inside));
        return list;
    }

    private static List<String> more(SuggestedColumns inside, String value, List<String> series) {
        var more = new ArrayList<String>();
        if (!series.isEmpty()) inside.namesOf(series.getFirst()).ifPresent(more::add);
        if (inside.isCounter(value)) more.add("stat: rate");
        return more;
    }

    /** Fields and tags that both lie inside of JSON. */
    private List<Drawn> insideOfJson(Found table, String plain, SuggestedColumns inside) {
        var columns = table.names().stream().filter(c -> c[1].equals("jsonb")).map(c -> c[0]).toList();
        var keys = inside.insideOf(columns);
        var series = inside.telling(Stream.concat(series(table, "", inside).stream(), keys.texts().stream()).toList());
        return keys.numbers().stream().map(value -> {
            var name = value.substring(value.indexOf("->>") + 3);
            return new Drawn(
                plain + "_" + name,
                title(plain, name, series.stream().map(s -> s.substring(s.indexOf('>') + 1).replace(">", "")).toList()),
                value,
                series,
                inside.isCounter(name) ? List.of("stat: rate") : List.of());
        }).toList();
    }

    /** The table that this one is a roll-up of: trends of history, trends_uint of history_uint. */
    private static Optional<Found> trendsOf(Found table, List<Found> all) {
        boolean isTrends = List.of("clock", "num", "value_min", "value_avg", "value_max").stream().allMatch(table::has);
        return !isTrends ? Optional.empty()
            : all.stream().filter(t -> t.table().equals(table.table().replace("trends", "history"))).findFirst();
    }

    private static String metric(Found table, Drawn drawn, List<Aggregate> aggregates) {
        var value = drawn.value();
        var text = new StringBuilder("  ").append(quoted(drawn.name())).append(":\n");
        text.append("    title: ").append(quoted(drawn.title())).append('\n');
        text.append("    table: ").append(quoted(table.table())).append('\n');
        text.append("    time: ").append(quoted(table.time())).append('\n');
        text.append("    value: ").append(quoted(value)).append('\n');
        if (!drawn.series().isEmpty()) {
            text.append("    series: [")
                .append(String.join(", ", drawn.series().stream().map(MetricSuggestion::quoted).toList()))
                .append("]\n");
        }
        drawn.more().forEach(line -> text.append("    ").append(line).append('\n'));
        var rollups = new TreeMap<Double, String>();       // the finest first
        for (var aggregate : aggregates) {
            if (aggregate.table().equals(table.table())) rollup(aggregate, value, rollups);
        }
        if (!rollups.isEmpty()) {
            text.append("    rollups:\n      - ").append(String.join("\n      - ", rollups.values())).append('\n');
        }
        return text.toString();
    }

    private static String title(String table, String value, List<String> series) {
        var words = (value + " of " + table).replace('_', ' ')
            + (series.isEmpty() ? "" : " by " + String.join(" and ", series));
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    /** What the definition of the view says about that column; nothing when it has no mean of it. */
    private static void rollup(Aggregate aggregate, String value, Map<Double, String> rollups) {
        var bucket = BUCKET.matcher(aggregate.definition());
        if (!bucket.find()) return;
        var words = new ArrayList<String>();
        var width = width(bucket.group(1));
        var mean = column(aggregate, "avg", value);
        if (width.isEmpty() || mean.isEmpty()) return;
        words.add("table: " + quoted(aggregate.view()));
        words.add("bucket: " + width.get());
        words.add("time: " + quoted(bucket.group(2)));
        words.add("value: " + quoted(mean.get()));
        column(aggregate, "min", value).ifPresent(c -> words.add("min: " + quoted(c)));
        column(aggregate, "max", value).ifPresent(c -> words.add("max: " + quoted(c)));
        column(aggregate, "count", value).or(() -> column(aggregate, "count", "*"))
            .ifPresent(c -> words.add("count: " + quoted(c)));
        rollups.put(Bucket.parse(width.get()).seconds(), "{" + String.join(", ", words) + "}");
    }

    private static Optional<String> column(Aggregate aggregate, String function, String value) {
        return AGGREGATE.matcher(aggregate.definition())
            .results()
            .filter(m -> m.group(1).equals(function) && m.group(2).equals(value))
            .map(m -> m.group(3).replace("\"", ""))
            .findFirst();
    }

    /** "01:00:00" → "1h", "1 day" → "1d", "1 mon" → "1mo". */
    private static Optional<String> width(String interval) {
        var clock = Pattern.compile("(\\d+):(\\d\\d):(\\d\\d)").matcher(interval);
        if (clock.matches()) {
            int seconds = Integer.parseInt(clock.group(1)) * 3600 + Integer.parseInt(clock.group(2)) * 60
                + Integer.parseInt(clock.group(3));
            if (seconds % 3600 == 0) return Optional.of(seconds / 3600 + "h");
            return Optional.of(seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s");
        }
        var words = Pattern.compile("(\\d+) (day|mon|year|week|hour|min)\\w*").matcher(interval);
        if (!words.matches()) return Optional.empty();
        var unit = switch (words.group(2)) {
            case "mon" -> "mo";
            case "min" -> "m";
            default -> words.group(2).substring(0, 1);
        };
        return Optional.of(words.group(1) + unit);
    }

    /** As YAML: in quotes where it is more than a word. */
    static String quoted(String text) {
        return text.matches("[A-Za-z_][A-Za-z0-9_. ]*") && !text.matches("(?i)null|true|false|yes|no|on|off|y|n") ? text
            : "'" + text.replace("'", "''") + "'";
    }
}
