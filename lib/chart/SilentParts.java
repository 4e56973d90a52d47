//SOURCES ../database/Database.java Bucket.java Grid.java Metric.java SeriesRows.java SourceTable.java ValueColumn.java
package lib.chart;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.database.Database;

/**
 * Where a value holds until the next one (stacks, sums of parts, step lines), a part that reports seldom may have no
 * row in a short range, or only one. Its last two rows before the range tell what it said, and how often it reports.
 */
final class SilentParts {
    private static final int MOST = 2_000;

    private final Database database;
    private final Metric metric;
    private final SourceTable table;

    /** @param time of the last row, in microseconds; @param rhythm seconds between the last two, 0 of one row */
    private record Last(long time, double value, double rhythm) {}

    SilentParts(Database database, Metric metric, SourceTable table) {
        this.database = database;
        this.metric = metric;
        this.table = table;
    }

    private boolean isStep() {
        return metric.look().line() == Metric.Line.STEP;
    }

    private boolean canHold() {
        return switch (metric.stat()) {
            case SUM, COUNT, RATE -> false;
            case MEAN, MIN, MAX, LAST, P50, P95, P99 ->
                isStep() || metric.isStacked() || !metric.sumOver().isEmpty();
        };
    }

    /**
     * Adds what holds at the beginning of the range.
     *
     * @param conditions SQL for the rows from one moment up to another
     * @return notes
     */
    List<String> complete(SeriesRows rows, Grid grid, Conditions conditions) {
        var keys = canHold() ? rows.seldom(isStep()) : List.<List<String>>of();
        if (keys.isEmpty() || keys.size() > MOST) return List.of();
        int held = 0;
        var last = last(keys, conditions.between(grid.from().minus(reach(grid)), grid.from()));
        last.keySet().removeAll(stopped(rows, grid, last, conditions));
        for (var entry : last.entrySet()) {
            if (hold(rows, grid, entry.getKey(), entry.getValue())) held++;
        }
        if (held == 0) return List.of();
        var how = held == 1 ? "begins with its" : "begin with their";
        return List.of("%d series %s last value before the range".formatted(held, how));
    }

    interface Conditions {
        String between(Instant from, Instant to);
    }

    /** How far before the range a last value is looked for. */
    private Duration reach(Grid grid) {
        var range = Duration.between(grid.from(), grid.to());
        var least = Duration.ofDays(isStep() ? 7 : 1);
        var most = Duration.ofDays(isStep() ? 366 : 31);
        var wanted = range.multipliedBy(2);
        return Collections.min(List.of(Collections.max(List.of(wanted, least)), most));
    }

    private boolean hold(SeriesRows rows, Grid grid, List<String> key, Last last) {
        var next = rows.first(key);
        double untilNext = (next.orElse(Grid.micros(grid.to())) - last.time()) / (double) Bucket.SECOND;
        double rhythm = last.rhythm();
        if (next.isPresent() && (rhythm == 0 || untilNext < rhythm)) rhythm = untilNext;
        boolean isJoined = untilNext <= limit(grid, rhythm);
        double silent = (Grid.micros(grid.from()) - last.time()) / (double) Bucket.SECOND;
        rows.rhythm(key, rhythm);
        if (!isJoined && silent >= rhythm) return false;
        return rows.hold(key, last.value(), rhythm);
    }

    /**
     * Those that were overdue when the range began, and of which nothing came later, either. As long as the newest rows
     * of all are not older than a part may be late, it may still come.
     */
    private List<List<String>> stopped(
        SeriesRows rows,
        Grid grid,
        Map<List<String>, Last> last,
        Conditions conditions) {
        var overdue = last.keySet().stream().filter(key -> isOverdue(rows, grid, key, last.get(key))).toList();
        if (overdue.isEmpty()) return List.of();
        var newest = table.edges(database).newest();
        var known =
            overdue.stream().filter(key -> latest(grid, last.get(key)).isBefore(newest)).collect(Collectors.toSet());
        if (known.isEmpty()) return List.of();
        var end = known.stream().map(key -> latest(grid, last.get(key))).max(Instant::compareTo).orElseThrow();
        if (end.isAfter(grid.to())) {
            last(known, conditions.between(grid.to(), end)).keySet().forEach(known::remove);
        }
        return List.copyOf(known);
    }

    private boolean isOverdue(SeriesRows rows, Grid grid, List<String> key, Last last) {
        double silent = (Grid.micros(grid.from()) - last.time()) / (double) Bucket.SECOND;
        return rows.first(key).isEmpty() && last.rhythm() > 0 && silent >= last.rhythm()
            && Double.isFinite(limit(grid, last.rhythm()));
    }

    /** When its next row should have been there. */
    private Instant latest(Grid grid, Last last) {
        return Grid.instant(last.time() + (long) (limit(grid, last.rhythm()) * Bucket.SECOND));
    }

    /** More seconds than these between two rows are a gap. */
    private double limit(Grid grid, double rhythm) {
        return metric.look().connect().limit(rhythm, grid.bucket().seconds());
    }

    private Map<List<String>, Last> last(Collection<List<String>> keys, String conditions) {
        var columns = metric.keys().all();
        var named = IntStream.range(0, columns.size())
            .mapToObj(i -> ValueColumn.expression(columns.get(i)) + "::text AS key" + i + ", ")
            .collect(Collectors.joining());
        var names =
            IntStream.range(0, columns.size()).mapToObj(i -> "key" + i).collect(Collectors.joining(", "));
        var key = "ARRAY[" + names + "]::text[]";
        var found = new HashMap<List<String>, Last>();
        database.list(
            """
                SELECT key, micros, value
                FROM (SELECT %s AS key, micros, value,
                             pg_catalog.row_number() OVER (PARTITION BY %1$s ORDER BY micros DESC) AS place
                      FROM (SELECT %s%s AS micros, %s AS value
                            FROM %s
                            %s) AS rows
                      WHERE %1$s IN (%s)) AS placed
                WHERE place <= 2
                ORDER BY place
                """.formatted(
                key,
                named,
                table.time().micros(),
                table.number(table.source().value()),
                table.name(),
                conditions,
                keys.stream().map(SilentParts::array).collect(Collectors.joining(", "))),
            row -> found.merge(
                Arrays.asList((String[]) row.getArray("key").getArray()),
                new Last(row.getLong("micros"), row.getDouble("value"), 0),
                (newest, before) -> new Last(
                    newest.time(),
                    newest.value(),
                    (newest.time() - before.time()) / (double) Bucket.SECOND)));
        return found;
    }

    private static String array(List<String> key) {
        return key.stream()
            .map(part -> part == null ? "NULL" : ValueColumn.literal(part))
            .collect(Collectors.joining(", ", "ARRAY[", "]::text[]"));
    }
}
