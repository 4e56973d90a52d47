//SOURCES ../database/Database.java Bucket.java Grid.java Metric.java SeriesRows.java SourceTable.java ValueColumn.java
package lib.chart;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
                isStep() || isPiled();
        };
    }

    private boolean isPiled() {
        return metric.isStacked() || !metric.sumOver().isEmpty();
    }

    /**
     * Adds what holds at the beginning of the range.
     *
     * @param conditions SQL for the rows from one moment up to another
     * @return notes
     */
    List<String> complete(SeriesRows rows, Grid grid, Conditions conditions) {
        if (!canHold()) return List.of();
        var seldom = rows.seldom(isStep());
        if (seldom.size() > MOST) return List.of();
        int held = seldom.isEmpty() ? 0 : holdSeldom(seldom, rows, grid, conditions);
        if (isPiled()) holdLate(new HashSet<>(seldom), rows, grid, conditions);
        if (held == 0) return List.of();
        var how = held == 1 ? "begins with its" : "begin with their";
        return List.of("%d series %s last value before the range".formatted(held, how));
    }

    private int holdSeldom(List<List<String>> keys, SeriesRows rows, Grid grid, Conditions conditions) {
        int held = 0;
        var last = last(keys, conditions.between(grid.from().minus(reach(grid)), grid.from()));
        var unknown = keys.stream().filter(key -> hasNoRhythm(rows, key, last.get(key))).toList();
        if (isPiled() && !unknown.isEmpty()) {
            next(unknown, conditions.between(grid.to(), grid.to().plus(reach(grid))))
                .forEach((key, next) -> follow(rows, key, last, next));
        }
        last.keySet().removeAll(stopped(rows, grid, last, conditions));
        for (var entry : last.entrySet()) {
            if (hold(rows, grid, entry.getKey(), entry.getValue())) held++;
        }
        return held;
    }

    /** One row in all, in the range or before it: only what comes after the range tells how often it reports. */
    private static boolean hasNoRhythm(SeriesRows rows, List<String> key, Last last) {
        return rows.first(key).isPresent() == (last == null) && (last == null || last.rhythm() == 0);
    }

    /** @param next the first rows after the range */
    private static void follow(SeriesRows rows, List<String> key, Map<List<String>, Last> last, Last next) {
        var before = last.get(key);
        double since =
            (next.time() - (before == null ? rows.first(key).orElseThrow() : before.time())) / (double) Bucket.SECOND;
        double rhythm = next.rhythm() > 0 ? next.rhythm() : since;
        if (before == null) rows.rhythm(key, rhythm);
        else last.put(key, new Last(before.time(), before.value(), rhythm));
    }

    /**
     * Of the others, which report often, a row shortly before the range tells what holds until the first one within it.
     * Without such a row a part is new: it is not in the total before its first row.
     */
    private void holdLate(Set<List<String>> lookedAt, SeriesRows rows, Grid grid, Conditions conditions) {
        var late = rows.late();
        var often = late.stream().filter(key -> !lookedAt.contains(key)).toList();
        if (late.isEmpty() || often.size() > MOST) return;
        double most = often.stream().mapToDouble(key -> limit(grid, rows.usual(key))).max().orElse(0);
        long millis = Math.round(Math.min(most * 1000, reach(grid).toMillis()));
        var last = often.isEmpty() ? Map.<List<String>, Last>of()
            : last(often, conditions.between(grid.from().minusMillis(millis), grid.from()));
        var isNew = new ArrayList<List<String>>();
        for (var key : late) {
            var before = last.get(key);
            double limit = limit(grid, rows.usual(key)) * Bucket.SECOND;
            boolean isJoined = before != null && rows.first(key).orElseThrow() - before.time() <= limit;
            if (isJoined) rows.hold(key, before.value(), 0);
            else isNew.add(key);
        }
        if (isNew.isEmpty()) return;
        boolean hasOlder = !last.isEmpty() || table.edges(database).oldest().isBefore(grid.from());
        if (hasOlder) isNew.forEach(rows::isNew);
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
        if (isJoined) return rows.hold(key, last.value(), rhythm);
        // it has ended: what it said holds until its next row should have come, and that may be in the range
        return silent < rhythm && rows.hold(key, last.value(), next.isPresent() ? rhythm : rhythm - silent);
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
        return two(keys, conditions, "DESC");
    }

    private Map<List<String>, Last> next(Collection<List<String>> keys, String conditions) {
        return two(keys, conditions, "ASC");
    }

    /** The two rows of each that come first in that order. */
    private Map<List<String>, Last> two(Collection<List<String>> keys, String conditions, String order) {
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
                             pg_catalog.row_number() OVER (PARTITION BY %1$s ORDER BY micros %s) AS place
                      FROM (SELECT %s%s AS micros, %s AS value
                            FROM %s
                            %s) AS rows
                      WHERE %1$s IN (%s)) AS placed
                WHERE place <= 2
                ORDER BY place
                """.formatted(
                key,
                order,
                named,
                table.time().micros(),
                table.number(table.source().value()),
                table.name(),
                conditions,
                keys.stream().map(SilentParts::array).collect(Collectors.joining(", "))),
            row -> found.merge(
                Arrays.asList((String[]) row.getArray("key").getArray()),
                new Last(row.getLong("micros"), row.getDouble("value"), 0),
                (first, second) -> new Last(
                    first.time(),
                    first.value(),
                    Math.abs(first.time() - second.time()) / (double) Bucket.SECOND)));
        return found;
    }

    private static String array(List<String> key) {
        return key.stream()
            .map(part -> part == null ? "NULL" : ValueColumn.literal(part))
            .collect(Collectors.joining(", ", "ARRAY[", "]::text[]"));
    }
}
