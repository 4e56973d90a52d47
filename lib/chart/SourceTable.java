//SOURCES ../Failure.java ../Spelling.java ../database/Database.java Grid.java Metric.java TimeColumn.java
//SOURCES ValueColumn.java
package lib.chart;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import lib.Failure;
import lib.Spelling;
import lib.database.Database;

/**
 * A metric's source as it really is in this database.
 *
 * @param name with its schema, as SQL wants it
 * @param label the same for people
 * @param types its columns with their types
 */
public record SourceTable(Metric.Source source, String name, String label, Map<String, String> types, TimeColumn time) {

    /** The first and the last row's time. @param left rows whose times cannot be drawn, counted up to 1000 */
    public record Edges(Instant oldest, Instant newest, long left) {}

    /**
     * How the newest rows come.
     *
     * @param seconds the usual distance between two rows of one series; 0 when they are too few to tell
     * @param keys of the series in them, and of the parts of a series
     * @param areDaily each stands at a midnight of UTC, a day or more apart
     */
    public record Rhythm(double seconds, List<List<String>> keys, boolean areDaily) {
        static final Rhythm UNKNOWN = new Rhythm(0, List.of(), false);
    }

    /** The type {@code t}; of a domain, also over another domain, the one that its values are of. */
    static final String BASE_TYPE =
        """
            (WITH RECURSIVE base(oid, below) AS (
                 SELECT t.oid, t.typbasetype
                 UNION ALL
                 SELECT b.oid, b.typbasetype
                 FROM base JOIN pg_catalog.pg_type AS b ON b.oid = base.below)
             SELECT oid FROM base WHERE below = 0)""";

    public static Optional<SourceTable> find(Database database, Metric.Source source) {
        return database.first("""
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
                   ARRAY(SELECT ARRAY[a.attname::text,
                                      pg_catalog.format_type(%s, NULL)]
                         FROM pg_catalog.pg_attribute AS a
                         JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
                         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                         ORDER BY a.attnum) AS columns
            FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid = pg_catalog.to_regclass(?)
            """.formatted(BASE_TYPE), row -> {
            var types = new LinkedHashMap<String, String>();
            for (var column : (String[][]) row.getArray("columns").getArray()) types.put(column[0], column[1]);
            return new SourceTable(source, row.getString("name"), source.table(), types, null);
        }, source.table()).map(SourceTable::withTime);
    }

    private SourceTable withTime() {
        require(List.of(source.time().column()));
        var type = types.get(source.time().column());
        return with(TimeColumn.of(source.time().column(), type, source.time().unit(), label));
    }

    private SourceTable with(TimeColumn time) {
        return new SourceTable(source, name, label, types, time);
    }

    /** Fails when a column that the definition names is not there. */
    public SourceTable require(List<String> wanted) {
        var columns = List.copyOf(types.keySet());
        for (var name : wanted) {
            if (name == null || types.containsKey(ValueColumn.column(name))) continue;
            throw Failure.usage(
                "%s has no column \"%s\"".formatted(label, ValueColumn.column(name)),
                Spelling.didYouMean(ValueColumn.column(name), columns, "\"") + "It has: " + String.join(", ", columns)
                    + ".");
        }
        return this;
    }

    boolean hasDates() {
        return time.kind() == TimeColumn.Kind.DATE;
    }

    String type(String column) {
        return ValueColumn.type(column, types);
    }

    String number(String column) {
        return ValueColumn.number(column, types, label);
    }

    /** With the unit of its numbers, where the definition does not say it: one absurd row does not change it. */
    SourceTable counted(Database database) {
        if (!time.isNumber() || time.perSecond() > 0) return this;
        var usual = database.one(
            """
                SELECT coalesce(pg_catalog.percentile_disc(0.5) WITHIN GROUP (ORDER BY newest), 0) AS usual
                FROM (SELECT %s::float8 AS newest FROM %s WHERE %1$s IS NOT NULL ORDER BY %1$s DESC LIMIT 101) AS rows
                """.formatted(time.name(), name),
            row -> row.getDouble("usual"));
        return with(time.countingAs(usual));
    }

    /** Empty when there is no row that could be drawn. The index on time answers. */
    Edges edges(Database database) {
        var newest = edge(database, "DESC", "true");
        var oldest = edge(database, "ASC", "true");
        if (newest.isEmpty()) return new Edges(null, null, 0);
        if (isSane(newest.get()) && isSane(oldest.get())) {
            return new Edges(instant(oldest.get()), instant(newest.get()), 0);
        }
        return new Edges(
            edge(database, "ASC", time.sane()).map(SourceTable::instant).orElse(null),
            edge(database, "DESC", time.sane()).map(SourceTable::instant).orElse(null),
            outside(database));
    }

    private static Instant instant(BigDecimal micros) {
        return Grid.instant(micros.longValue());
    }

    private static boolean isSane(BigDecimal micros) {
        return micros.compareTo(BigDecimal.valueOf(Grid.micros(TimeColumn.FIRST))) >= 0
            && micros.compareTo(BigDecimal.valueOf(Grid.micros(TimeColumn.LAST))) < 0;
    }

    /** Microseconds since 1970; an infinity is a number that is far away. */
    private Optional<BigDecimal> edge(Database database, String direction, String condition) {
        // ORDER BY … LIMIT 1 and not max(): both use the index, but only this one also on a view over a continuous
        // aggregate.
        return database.first(
            """
                SELECT CASE WHEN %s THEN %s::text ELSE '1e30' END AS edge
                FROM %s
                WHERE %s IS NOT NULL AND %s
                ORDER BY %4$s %s
                LIMIT 1
                """.formatted(time.sane(), time.micros(), name, time.name(), condition, direction),
            row -> new BigDecimal(row.getString("edge")));
    }

    private long outside(Database database) {
        return database.one(
            """
                SELECT count(*) AS n
                FROM (SELECT FROM %s WHERE %s < %s OR %2$s >= %s LIMIT 1000) AS rows
                """.formatted(name, time.name(), time.bound(TimeColumn.FIRST), time.bound(TimeColumn.LAST)),
            row -> row.getLong("n"));
    }

    /** The newest row that is not in the future. */
    Optional<Instant> newestBefore(Database database, Instant limit) {
        return edge(database, "DESC", time.sane() + " AND " + time.name() + " <= " + time.bound(limit))
            .map(SourceTable::instant);
    }

    /** Looked up at the newest rows. */
    Rhythm rhythm(Database database, Metric metric) {
        var keys = keysOf(metric);
        var key = keys.isEmpty() ? "ARRAY[]::text[]"
            : keys.stream()
                .map(c -> ValueColumn.expression(c) + "::text")
                .collect(Collectors.joining(", ", "ARRAY[", "]"));
        var rows = database.list(
            """
                SELECT key, pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) FILTER (WHERE gap > 0) AS usual,
                       pg_catalog.count(*) FILTER (WHERE gap > 0) AS gaps,
                       pg_catalog.bool_and(midnight) AS midnights
                FROM (SELECT key, time = pg_catalog.date_trunc('day', time) AS midnight,
                             pg_catalog.date_part(
                                 'epoch',
                                 time - pg_catalog.lag(time) OVER (PARTITION BY key ORDER BY time)) AS gap
                      FROM (SELECT %s AS time, %s AS key
                            FROM %s
                            WHERE %s
                            ORDER BY %s DESC
                            LIMIT 2000) AS newest) AS gaps
                GROUP BY key
                """
                .formatted(time.moment(), key, name, time.sane(), time.name()),
            row -> new Row(
                Arrays.asList((String[]) row.getArray("key").getArray()),
                row.getLong("gaps") > 1 ? row.getDouble("usual") : 0,
                row.getBoolean("midnights")));
        double seconds = rows.stream().mapToDouble(Row::usual).filter(usual -> usual > 0).min().orElse(0);
        return new Rhythm(
            seconds,
            rows.stream().map(Row::key).toList(),
            seconds >= 86_399 && rows.stream().allMatch(Row::midnight));
    }

    private record Row(List<String> key, double usual, boolean midnight) {}

    /** The columns that tell one stream of rows from another, as far as it has them. */
    List<String> keysOf(Metric metric) {
        return metric.keys().all().stream().filter(c -> types.containsKey(ValueColumn.column(c))).toList();
    }

    /** The newest starts of a roll-up's rows: they tell by which zone its days were cut. */
    List<Instant> newestStarts(Database database) {
        return database.list(
            "SELECT DISTINCT %s AS micros FROM (SELECT %s FROM %s WHERE %s ORDER BY %2$s DESC LIMIT 500) AS newest"
                .formatted(time.micros(), time.name(), name, time.sane()),
            row -> Grid.instant(row.getLong("micros")));
    }
}
