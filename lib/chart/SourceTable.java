//SOURCES ../Failure.java ../Spelling.java ../database/Database.java Metric.java
package lib.chart;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import lib.Failure;
import lib.Spelling;
import lib.database.Database;

/**
 * A metric's source as it really is in this database.
 *
 * @param name as PostgreSQL writes it in SQL, quoted where it must be
 * @param label the same for people
 */
public record SourceTable(Metric.Source source, String name, String label, List<String> columns) {

    public static Optional<SourceTable> find(Database database, Metric.Source source) {
        return database.first(
            """
                SELECT c.oid::regclass::text AS name,
                       array(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
                             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
                FROM pg_catalog.pg_class AS c
                WHERE c.oid = to_regclass(?)
                """,
            row -> new SourceTable(
                source,
                row.getString("name"),
                source.table(),
                List.of((String[]) row.getArray("columns").getArray())),
            source.table());
    }

    /** Fails when a column that the definition names is not there. */
    public SourceTable require(List<String> wanted) {
        for (var column : wanted) {
            if (column != null && !columns.contains(column)) {
                throw Failure.usage(
                    "%s has no column \"%s\"".formatted(label, column),
                    "did you mean \"%s\"? It has: %s.".formatted(
                        Spelling.nearest(column, columns),
                        columns.stream().collect(Collectors.joining(", "))));
            }
        }
        return this;
    }

    /** The newest row's time; the index on time answers. */
    public Optional<Instant> newest(Database database) {
        return edge(database, "DESC");
    }

    public Optional<Instant> oldest(Database database) {
        return edge(database, "ASC");
    }

    private Optional<Instant> edge(Database database, String direction) {
        var time = Database.identifier(source.time());
        // ORDER BY … LIMIT 1 and not max(): both use the index, but only this one also on a view over a continuous aggregate.
        return database.first(
            "SELECT %s::timestamptz AS edge FROM %s WHERE %1$s IS NOT NULL ORDER BY %1$s %s LIMIT 1"
                .formatted(time, name, direction),
            row -> row.getObject("edge", java.time.OffsetDateTime.class).toInstant());
    }

    /** The usual seconds between two rows of one series, looked up at the newest rows; 0 when they are too few to tell. */
    public double cadence(Database database, Metric metric) {
        var parts = new java.util.ArrayList<>(metric.series());
        parts.addAll(metric.sumOver());
        parts.retainAll(columns);
        var series = parts.isEmpty() ? "''"
            : parts.stream()
                .map(c -> Database.identifier(c) + "::text")
                .collect(Collectors.joining(", ", "concat_ws('/', ", ")"));
        return database.first(
            """
                SELECT min(usual) AS cadence
                FROM (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS usual
                      FROM (SELECT series, extract(epoch FROM time - lag(time) OVER (PARTITION BY series ORDER BY time))::float8 AS gap
                            FROM (SELECT %s::timestamptz AS time, %s AS series FROM %s WHERE %1$s IS NOT NULL ORDER BY %1$s DESC LIMIT 2000) AS newest) AS gaps
                      WHERE gap > 0
                      GROUP BY series
                      HAVING count(*) > 2) AS by_series
                """
                .formatted(Database.identifier(source.time()), series, name),
            row -> row.getDouble("cadence")).orElse(0.0);
    }
}
