//SOURCES ../Failure.java ../Units.java ../database/Database.java ../database/Timescale.java Bucket.java ChartData.java
//SOURCES CopyReader.java Grid.java Metric.java SeriesRows.java SilentParts.java SourceTable.java Stat.java
//SOURCES TimeColumn.java ValueColumn.java
package lib.chart;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import lib.Failure;
import lib.Units;
import lib.database.Database;
import lib.database.Timescale;

/**
 * The one aggregate query of a chart: the database folds the rows into buckets, and the answer fits the width of
 * the plot whatever the size of the table. Everything is named with its schema: a role's search_path changes nothing.
 */
public final class SeriesQuery {
    private static final int LOOK_BACK_BUCKETS = 3;

    private final Database database;
    private final Timescale timescale;
    private final Metric metric;
    private final SourceTable table;
    private final List<String> keys;
    private final String type;
    private boolean hasNotNumbers;

    /** @param timescale null on plain PostgreSQL: date_bin takes the place of time_bucket */
    public SeriesQuery(Database database, Timescale timescale, Metric metric, SourceTable table) {
        this.database = database;
        this.timescale = timescale;
        this.metric = metric;
        this.table = table;
        this.keys = metric.keys().all();
        this.type = table.type(table.source().value());
        var columns = table.source().columns();
        var wanted = new ArrayList<>(keys);
        wanted.addAll(metric.keys().where().keySet());
        wanted.addAll(Arrays.asList(columns.value(), columns.min(), columns.max(), columns.count()));
        table.require(wanted);
    }

    /**
     * Columns that hold a NaN seldom are read as if they held none: the lowest and the highest value of a bucket tell,
     * and only then it is read once more without them.
     *
     * @param known keys of all series of the metric and of their parts: they give each series its colour
     */
    public ChartData run(Grid grid, List<List<String>> known) {
        long start = System.nanoTime();
        boolean isUnchecked = ValueColumn.mayBeNaN(type) && !isRate();
        var sql = sql(grid, isUnchecked ? hasValue() : isFinite());
        var rows = read(sql, grid, known);
        hasNotNumbers = !isUnchecked || rows.hasNaN();
        if (isUnchecked && rows.hasNaN()) {
            sql = sql(grid, isFinite());
            rows = read(sql, grid, known);
        }
        var held = new SilentParts(database, metric, table).complete(rows, grid, this::between);
        double millis = (System.nanoTime() - start) / 1e6;
        return new ChartData(
            metric,
            grid,
            rows.series(labels(rows)),
            new ChartData.Origin(
                table.source(),
                whereText(),
                rows.rawRows(),
                rows.fetched(),
                millis,
                sql,
                Stream.concat(held.stream(), rows.notes().stream()).toList()),
            ChartData.Extras.NONE);
    }

    private String sql(Grid grid, String valueCondition) {
        return grid.isRaw() ? rawSql(grid, valueCondition) : bucketSql(grid, valueCondition);
    }

    private SeriesRows read(String sql, Grid grid, List<List<String>> known) {
        var rows = new SeriesRows(metric, grid, known);
        try {
            new CopyReader(database).read(sql, rows::add);
        } catch (Failure failure) {
            throw explained(failure);
        }
        return rows;
    }

    /** What the numbers of the first series column are called. */
    private Map<String, String> labels(SeriesRows rows) {
        var names = metric.keys().names();
        var parts = names == null ? List.<String>of() : rows.firstParts();
        var labels = new HashMap<String, String>();
        if (parts.isEmpty()) return labels;
        database.list(
            """
                SELECT DISTINCT ON (key) %s::text AS key, %s::text AS name
                FROM %s
                WHERE %1$s::text IN (%s) AND %2$s IS NOT NULL
                ORDER BY key, name
                """.formatted(
                Database.identifier(names.key()),
                joined(names.name()),
                nameOf(names.table()),
                parts.stream().map(ValueColumn::literal).collect(Collectors.joining(", "))),
            row -> labels.put(row.getString("key"), row.getString("name")));
        return labels;
    }

    /** Several columns as a text with " / " between them. */
    private static String joined(List<String> columns) {
        if (columns.size() == 1) return ValueColumn.expression(columns.getFirst());
        return columns.stream()
            .map(ValueColumn::expression)
            .collect(Collectors.joining(", ", "nullif(pg_catalog.concat_ws(' / ', ", "), '')"));
    }

    private String nameOf(String table) {
        return database.first("""
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
            FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid = pg_catalog.to_regclass(?)
            """, row -> row.getString("name"), table)
            .orElseThrow(
                () -> Failure.failed(
                    "there is no table " + table + " with the names of " + metric.name(),
                    "correct the word names in its definition."));
    }

    /** Rows whose value is there, but cannot be drawn. */
    String notNumbers(ChartData data) {
        if (!hasNotNumbers || ValueColumn.isAlwaysNumber(type)) return "";
        long rows = database.one(
            """
                SELECT pg_catalog.count(*) AS n
                FROM %s
                %s
                  AND %s AND (%s > '-Infinity' AND %4$s < 'Infinity') IS NOT TRUE
                """.formatted(table.name(), inRange(data.from(), data.to()), hasValue(), number()),
            row -> row.getLong("n"));
        if (rows == 0) return "";
        return "%s of %s %s no number in \"%s\" (%s), and %s left out".formatted(
            Units.plural(rows, "row"),
            table.label(),
            rows == 1 ? "holds" : "hold",
            table.source().value(),
            ValueColumn.notNumbers(type),
            rows == 1 ? "is" : "are");
    }

    private Failure explained(Failure failure) {
        var state = failure.getCause() instanceof SQLException e ? String.valueOf(e.getSQLState()) : "";
        if (!state.equals("22003")) return failure;
        return new Failure(
            failure.exitCode(),
            "the values of \"%s\" in %s are too large to be added up: beyond 1e308"
                .formatted(table.source().value(), table.label()),
            "draw a view that leaves them out, or choose --stat max.",
            failure);
    }

    private String bucketSql(Grid grid, String valueCondition) {
        var names = numbered(keys.size());
        var folded = """
            SELECT %s AS bucket%s,
                   %s AS value, %s AS smallest, %s AS largest, %s AS rows
            FROM %s
            GROUP BY %s"""
            .formatted(
                bucketExpression(grid),
                keyColumns(),
                value(),
                smallest(),
                largest(),
                count(),
                rowsToFold(grid, valueCondition).indent(0).strip(),
                IntStream.rangeClosed(1, keys.size() + 1)
                    .mapToObj(Integer::toString)
                    .collect(Collectors.joining(", ")));
        return """
            SELECT bucket%s, value, smallest, largest, rows::bigint
            FROM (
            %s
            ) AS folded"""
            .formatted(
                names.stream().map(name -> ", " + name + "::text").collect(Collectors.joining()),
                folded.indent(4).stripTrailing());
    }

    private static List<String> numbered(int n) {
        return IntStream.rangeClosed(1, n).mapToObj(i -> "key" + i).toList();
    }

    /** Plain columns as keys and bare aggregates: so the columnstore can fold them vectorised. */
    private String keyColumns() {
        return IntStream.range(0, keys.size())
            .mapToObj(
                i -> ", " + (isRate() ? "key" + (i + 1) : ValueColumn.expression(keys.get(i)) + " AS key" + (i + 1)))
            .collect(Collectors.joining());
    }

    private boolean isRate() {
        return metric.stat() == Stat.RATE;
    }

    private String number() {
        return table.number(table.source().value());
    }

    private String weight() {
        return table.source().columns().count() == null ? null : table.number(table.source().columns().count());
    }

    private String value() {
        return switch (metric.stat()) {
            case MEAN -> mean();
            case MIN -> smallest();
            case MAX -> largest();
            case SUM -> weight() == null ? "pg_catalog.sum(" + number() + ")"
                : "pg_catalog.sum(" + number() + " * " + weight() + ")";
            case LAST -> "(pg_catalog.max(ARRAY[pg_catalog.date_part('epoch', %s), %s]))[2]"
                .formatted(table.time().moment(), number());
            case COUNT -> count() + "::float8";
            case RATE -> "pg_catalog.sum(growth) / pg_catalog.sum(seconds)";
            case P50, P95, P99 -> "pg_catalog.percentile_cont(%s) WITHIN GROUP (ORDER BY %s)"
                .formatted(metric.stat().fraction(), number());
        };
    }

    /** The mean over a roll-up weighs each of its rows by the raw rows behind it, where it counts them. */
    private String mean() {
        return weight() == null ? "pg_catalog.avg(" + number() + ")"
            : "pg_catalog.sum(%s * %s) / nullif(pg_catalog.sum(%2$s), 0)".formatted(number(), weight());
    }

    private String smallest() {
        var column = table.source().columns().min();
        if (isRate()) return "pg_catalog.min(growth / seconds)";
        return "pg_catalog.min(" + (column == null ? number() : table.number(column)) + ")";
    }

    private String largest() {
        var column = table.source().columns().max();
        if (isRate()) return "pg_catalog.max(growth / seconds)";
        return "pg_catalog.max(" + (column == null ? number() : table.number(column)) + ")";
    }

    private String count() {
        return weight() == null ? "pg_catalog.count(*)" : "pg_catalog.sum(" + weight() + ")";
    }

    private String rowsToFold(Grid grid, String valueCondition) {
        return isRate() ? growth(grid)
            : table.name() + "\n" + inRange(grid.from(), grid.to()) + "\n  AND " + valueCondition;
    }

    /**
     * How much a counter grew from row to row: one that became smaller was reset, and counts from zero again. The rows
     * before the range are read too, for its first row grew from one of them.
     */
    private String growth(Grid grid) {
        double back = Math.max(LOOK_BACK_BUCKETS * grid.bucket().seconds(), 600);
        var partition =
            IntStream.rangeClosed(1, keys.size()).mapToObj(i -> "key" + i).collect(Collectors.joining(", "));
        return """
            (SELECT moment%s, CASE WHEN value < before THEN value ELSE value - before END AS growth,
                    pg_catalog.date_part('epoch', moment - since) AS seconds
             FROM (SELECT *, pg_catalog.lag(value) OVER line AS before, pg_catalog.lag(moment) OVER line AS since
                   FROM (SELECT %s AS moment%s, %s AS value
                         FROM %s
                         %s) AS counted
                   WINDOW line AS (%sORDER BY moment)) AS steps
             WHERE moment >= %s AND moment > since) AS grown"""
            .formatted(
                numbered(keys.size()).stream().map(k -> ", " + k).collect(Collectors.joining()),
                table.time().moment(),
                IntStream.range(0, keys.size())
                    .mapToObj(i -> ", " + ValueColumn.expression(keys.get(i)) + " AS key" + (i + 1))
                    .collect(Collectors.joining()),
                number(),
                table.name(),
                between(grid.from().minusMillis(Math.round(back * 1000)), grid.to()),
                partition.isEmpty() ? "" : "PARTITION BY " + partition + " ",
                TimeColumn.literal(grid.from()));
    }

    private String rawSql(Grid grid, String valueCondition) {
        var columns = IntStream.range(0, keys.size())
            .mapToObj(i -> ", " + (isRate() ? "key" + (i + 1) : ValueColumn.expression(keys.get(i))) + "::text")
            .collect(Collectors.joining());
        return """
            SELECT %s AS bucket%s, %s AS value, %3$s AS smallest, %3$s AS largest, 1::bigint AS rows
            FROM %s
            LIMIT %s"""
            .formatted(
                isRate() ? "moment" : table.time().moment(),
                columns,
                isRate() ? "growth / seconds" : number(),
                rowsToFold(grid, valueCondition),
                SeriesRows.MOST_RAW + 1);
    }

    /**
     * Exact buckets by the function that the columnstore knows; days, weeks and months by the edges that the chart
     * itself uses.
     */
    private String bucketExpression(Grid grid) {
        var time = isRate() ? "moment" : table.time().moment();
        if (grid.bucket().isCalendar()) {
            var edges = LongStream.of(grid.edges())
                .mapToObj(edge -> '"' + TimeColumn.text(Grid.instant(edge)) + '"')
                .collect(Collectors.joining(",", "'{", "}'::timestamptz[]"));
            return "(%s)[pg_catalog.width_bucket(%s, %1$s)]".formatted(edges, time);
        }
        return "%s('%s', %s, %s)".formatted(
            timescale == null ? "pg_catalog.date_bin" : timescale.schemaInSql() + ".time_bucket",
            width(grid.bucket()),
            time,
            TimeColumn.literal(grid.from()));
    }

    private static String width(Bucket bucket) {
        return bucket.n() % Bucket.SECOND == 0 ? bucket.n() / Bucket.SECOND + " seconds" : bucket.n() + " microseconds";
    }

    /** The rows that can be drawn, from one moment up to, but without, another. */
    private String between(Instant from, Instant to) {
        return inRange(from, to) + "\n  AND " + isFinite();
    }

    /**
     * NaN and the infinities cannot be drawn, and one of them would swallow the mean of its bucket. PostgreSQL sorts
     * NaN above all.
     */
    private String isFinite() {
        return "%s > '-Infinity' AND %1$s < 'Infinity'".formatted(number());
    }

    private String hasValue() {
        return ValueColumn.expression(table.source().value()) + " IS NOT NULL";
    }

    private String inRange(Instant from, Instant to) {
        var time = table.time();
        var text = new StringBuilder(
            "WHERE %s >= %s AND %1$s < %s".formatted(
                time.name(),
                time.bound(from.isBefore(TimeColumn.FIRST) ? TimeColumn.FIRST : from),
                time.bound(to.isAfter(TimeColumn.LAST) ? TimeColumn.LAST : to)));
        metric.keys().where().forEach((column, values) -> text.append("\n  AND ").append(condition(column, values)));
        return text.toString();
    }

    /** {@code "service"::text IN ('gateway', 'auth')}. */
    private static String condition(String column, List<String> values) {
        return values.stream()
            .map(ValueColumn::literal)
            .collect(Collectors.joining(", ", ValueColumn.expression(column) + "::text IN (", ")"));
    }

    String whereText() {
        return metric.keys()
            .where()
            .entrySet()
            .stream()
            .map(e -> e.getKey() + " = " + String.join(" or ", told(e.getValue())))
            .collect(Collectors.joining(", "));
    }

    /** "a,b" may be one value or two; where all three are looked for, the two say it. */
    private static List<String> told(List<String> values) {
        return values.stream()
            .filter(v -> !v.contains(",") || !values.containsAll(List.of(v.split("\\s*,\\s*"))))
            .distinct()
            .toList();
    }
}
