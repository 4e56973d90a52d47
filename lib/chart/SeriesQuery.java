//SOURCES ../database/Database.java ../database/Timescale.java Bucket.java ChartData.java CopyReader.java Metric.java
//SOURCES SeriesRows.java SourceTable.java
package lib.chart;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.database.Database;
import lib.database.Timescale;

/**
 * The one aggregate query of a chart: the database folds the rows into buckets, and what comes back fits the width of the plot
 * whatever the size of the table. The rows are streamed into arrays of one value per bucket and series.
 */
public final class SeriesQuery {
    private final Database database;
    private final Timescale timescale;
    private final Metric metric;
    private final SourceTable table;
    private final Map<String, String> where;
    private final ZoneId zone;

    /** @param timescale null on plain PostgreSQL: date_bin takes the place of time_bucket */
    public SeriesQuery(
        Database database,
        Timescale timescale,
        Metric metric,
        SourceTable table,
        Map<String, String> where,
        ZoneId zone) {
        this.database = database;
        this.timescale = timescale;
        this.metric = metric;
        this.table = table;
        this.where = where;
        this.zone = zone;
        var wanted = new ArrayList<>(List.of(table.source().time(), table.source().value()));
        wanted.addAll(metric.series());
        wanted.addAll(metric.sumOver());
        wanted.addAll(where.keySet());
        wanted.addAll(Arrays.asList(table.source().min(), table.source().max(), table.source().count()));
        table.require(wanted);
    }

    /** @param from inclusive, @param to exclusive; both on edges of the bucket, except for raw rows where the end belongs to it */
    public ChartData run(Instant from, Instant to, Bucket bucket) {
        var sql = bucket.isRaw() ? rawSql(from, to) : bucketSql(from, to, bucket);
        var rows = new SeriesRows(metric, bucket, from, to, zone);
        long start = System.nanoTime();
        new CopyReader(database).read(sql, rows::add);
        double millis = (System.nanoTime() - start) / 1e6;
        return new ChartData(
            metric,
            from,
            to,
            zone,
            bucket,
            rows.times(),
            rows.series(),
            table.source(),
            whereText(),
            rows.rawRows(),
            rows.fetched(),
            millis,
            sql,
            rows.notes());
    }

    private String bucketSql(Instant from, Instant to, Bucket bucket) {
        var source = table.source();
        var value = number(source.value());
        var min = source.min() == null ? value : number(source.min());
        var max = source.max() == null ? value : number(source.max());
        // The mean over a roll-up weighs each of its rows by the raw rows behind it, where it counts them.
        var average = source.count() == null ? "avg(" + value + ")"
            : "sum(%s * %s) / nullif(sum(%2$s), 0)".formatted(value, number(source.count()));
        var count = source.count() == null ? "count(*)" : "sum(" + number(source.count()) + ")";
        // Plain columns as keys and bare aggregates: so the columnstore can fold them vectorised. SeriesNames are made outside, from few rows.
        var keys = new ArrayList<>(metric.series());
        keys.addAll(metric.sumOver());
        var folded = """
            SELECT %s AS bucket, %s%s AS average, min(%s) AS smallest, max(%s) AS largest, %s AS rows
            FROM %s
            %s
            GROUP BY 1%s""".formatted(
            bucketExpression(bucket),
            keys.isEmpty() ? "" : columns(keys) + ", ",
            average,
            min,
            max,
            count,
            table.name(),
            conditions(from, to, "<"),
            keys.isEmpty() ? "" : ", " + columns(keys));
        return """
            SELECT bucket, %s AS series, %s AS average, %s AS smallest, %s AS largest, %s::bigint AS rows, %s AS parts
            FROM (
            %s
            ) AS folded%s""".formatted(
            name(),
            sum("average"),
            sum("smallest"),
            sum("largest"),
            sum("rows"),
            metric.sumOver().isEmpty() ? "1::bigint" : "count(*)",
            folded.indent(4).stripTrailing(),
            metric.sumOver().isEmpty() ? "" : "\nGROUP BY 1, 2");
    }

    /** A series that adds up parts (the channels of a meter): the sum of the means of its parts. */
    private String sum(String column) {
        return metric.sumOver().isEmpty() ? column : "sum(" + column + ")";
    }

    private String rawSql(Instant from, Instant to) {
        var value = number(table.source().value());
        var sum = !metric.sumOver().isEmpty();
        return """
            SELECT %s::timestamptz AS bucket, %s AS series, %s AS average, %3$s AS smallest, %3$s AS largest, %s AS rows, 1::bigint AS parts
            FROM %s
            %s%s
            LIMIT %s"""
            .formatted(
                Database.identifier(table.source().time()),
                name(),
                sum ? "sum(" + value + ")" : value,
                sum ? "count(*)" : "1::bigint",
                table.name(),
                conditions(from, to, "<="),
                sum ? "\nGROUP BY 1, 2" : "",
                SeriesRows.MOST_RAW + 1);
    }

    private String bucketExpression(Bucket bucket) {
        var time = Database.identifier(table.source().time()) + "::timestamptz";
        if (bucket.unit() != Bucket.Unit.SECONDS) {
            // date_trunc knows the calendar of a zone; time_bucket's own zone argument is wrong around DST changes before 2.25
            return "date_trunc('%s', %s, %s)"
                .formatted(bucket.unit().name().toLowerCase(), time, literal(zone.getId()));
        }
        return timescale == null
            ? "date_bin('%d seconds', %s, '2000-01-03 00:00:00+00')".formatted(bucket.seconds(), time)
            : "%s('%d seconds', %s)".formatted(
                timescale.schema().equals("public") ? "time_bucket" : timescale.function("time_bucket"),
                bucket.seconds(),
                time);
    }

    private String conditions(Instant from, Instant to, String end) {
        var time = Database.identifier(table.source().time());
        var value = number(table.source().value());
        var text = new StringBuilder("WHERE %s >= '%s' AND %1$s %s '%s'".formatted(time, from, end, to));
        // NaN and the infinities cannot be drawn, and one of them would swallow the mean of its bucket. PostgreSQL sorts NaN above all.
        text.append("\n  AND %s > '-Infinity' AND %1$s < 'Infinity'".formatted(value));
        where.forEach(
            (column, wanted) -> text.append("\n  AND ")
                .append(Database.identifier(column))
                .append("::text = ")
                .append(literal(wanted)));
        return text.toString();
    }

    private String name() {
        if (metric.series().isEmpty()) return literal(metric.name());
        return metric.series()
            .stream()
            .map(c -> "coalesce(" + Database.identifier(c) + "::text, '(none)')")
            .collect(Collectors.joining(" || ' / ' || "));
    }

    private static String number(String column) {
        return Database.identifier(column) + "::float8";
    }

    private static String columns(List<String> names) {
        return names.stream().map(Database::identifier).collect(Collectors.joining(", "));
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private String whereText() {
        return where.entrySet().stream().map(e -> e.getKey() + " = " + e.getValue()).collect(Collectors.joining(", "));
    }
}
