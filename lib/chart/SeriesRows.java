//SOURCES ../Failure.java ../Units.java ChartData.java CopyReader.java Grid.java GrowingPart.java Metric.java
//SOURCES PartSums.java SeriesNames.java SeriesStyles.java
package lib.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import lib.Failure;
import lib.Units;

/** Takes the rows of the query one by one, in any order, and makes series of them. What is not there takes no room. */
final class SeriesRows {
    /** More raw rows than this make no chart that anybody could read. */
    static final int MOST_RAW = 500_000;
    private static final int MOST_POINTS = 3_000_000;
    private static final int MANY_POINTS = 300_000;

    private final Metric metric;
    private final Grid grid;
    private final List<List<String>> known;
    private final int keyColumns;
    private final Map<List<String>, Map<List<String>, GrowingPart>> parts = new HashMap<>();
    private final Map<List<String>, Integer> lacking = new HashMap<>();
    private long rawRows;
    private long fetched;
    private boolean hasNaN;

    /** @param known keys of all series of the metric and of their parts */
    SeriesRows(Metric metric, Grid grid, List<List<String>> known) {
        this.metric = metric;
        this.grid = grid;
        this.known = known;
        this.keyColumns = metric.keys().all().size();
    }

    void add(CopyReader.Row row) {
        long time = row.nextTime();
        var key = new String[keyColumns];
        for (int i = 0; i < key.length; i++) key[i] = row.nextText();
        double value = withoutSign(row.nextDouble());
        double min = withoutSign(row.nextDouble());
        double max = withoutSign(row.nextDouble());
        long count = row.nextLong();
        hasNaN |= !Double.isFinite(value) || !Double.isFinite(min) || !Double.isFinite(max);
        if (!Double.isFinite(value)) return;
        if (!Double.isFinite(min)) min = value;
        if (!Double.isFinite(max)) max = value;
        rawRows += count;
        fetched++;
        if (fetched > (grid.isRaw() ? MOST_RAW : MOST_POINTS)) throw tooMany();
        int n = metric.series().size();
        var all = Arrays.asList(key);
        var growing = parts.computeIfAbsent(all.subList(0, n), k -> new HashMap<>())
            .computeIfAbsent(all.subList(n, key.length), k -> new GrowingPart());
        if (metric.stat().hasBand()) {
            growing.add(time, value, min, max, count);
        } else {
            growing.add(time, value, value, value, count);
        }
    }

    /** Nobody wants to read −0. */
    private static double withoutSign(double value) {
        return value == 0 ? 0 : value;
    }

    /** Was there a value, a lowest or a highest one that is no finite number? */
    boolean hasNaN() {
        return hasNaN;
    }

    private Failure tooMany() {
        return grid.isRaw()
            ? Failure.usage(
                "more than %s raw rows are too many to draw".formatted(Units.count(MOST_RAW)),
                "choose a smaller --window, or --bucket auto, which keeps the peaks.")
            : Failure.usage(
                "more than %s points are too many to draw".formatted(Units.count(MOST_POINTS)),
                "choose a larger --bucket, a smaller --window, or fewer series with --where.");
    }

    long rawRows() {
        return rawRows;
    }

    /** Rows of the answer, not of the source. */
    long fetched() {
        return fetched;
    }

    /** Sorted as people count. */
    List<ChartData.Series> series(Map<String, String> labels) {
        int n = metric.series().size();
        var before = known.stream().map(key -> key.subList(0, n)).distinct().toList();
        var keys = new LinkedHashSet<>(before);
        keys.addAll(parts.keySet());
        var names = SeriesNames.of(keys, metric.name(), labels);
        var styles = SeriesStyles.of(before, parts.keySet(), names);
        var series = parts.entrySet()
            .stream()
            .map(
                e -> new ChartData.Series(
                    e.getKey(),
                    names.get(e.getKey()),
                    styles.get(e.getKey()),
                    points(e.getKey()),
                    pace(e.getKey())))
            .sorted(Comparator.comparing(ChartData.Series::name, SeriesNames.NATURAL))
            .toList();
        // else the drawing would take its memory beside what was given up: for a million points 30 MB more
        if (fetched > MANY_POINTS) System.gc();
        return series;
    }

    /**
     * The keys of what reports so seldom that the range does not tell how often: those without a row in it, or with
     * one.
     *
     * @param isStep every one that does not begin with the range
     */
    List<List<String>> seldom(boolean isStep) {
        var keys = new LinkedHashSet<>(known);
        parts.forEach((series, list) -> list.keySet().forEach(part -> keys.add(joined(series, part))));
        return keys.stream().filter(key -> {
            var growing = part(key);
            return growing == null || growing.size() < 2
                || isStep && grid.index(growing.first().orElseThrow()) > 0;
        }).toList();
    }

    /** The keys of what has rows in the range, but not at its beginning. */
    List<List<String>> late() {
        var late = new ArrayList<List<String>>();
        parts.forEach((series, list) -> list.forEach((part, growing) -> {
            if (growing.first().orElse(start()) > start()) late.add(joined(series, part));
        }));
        return late;
    }

    /** Of one that {@link #late} names: nothing holds before its first row. */
    void isNew(List<String> key) {
        part(key).setNew();
    }

    /** Seconds between two rows of a part, mostly; 0 where they are too few to tell. */
    double usual(List<String> key) {
        return part(key).usual();
    }

    private long start() {
        return grid.isRaw() ? Grid.micros(grid.from()) : grid.start(0);
    }

    /** Of all series of the chart, and of those that are known, the first part of the key. */
    List<String> firstParts() {
        return Stream.concat(known.stream(), parts.keySet().stream())
            .filter(key -> !key.isEmpty() && key.getFirst() != null)
            .map(List::getFirst)
            .distinct()
            .toList();
    }

    private static List<String> joined(List<String> series, List<String> part) {
        return Stream.concat(series.stream(), part.stream()).toList();
    }

    private GrowingPart part(List<String> key) {
        int n = metric.series().size();
        return parts.getOrDefault(key.subList(0, n), Map.of()).get(key.subList(n, key.size()));
    }

    /**
     * What it said before the range holds at its beginning, unless it says something else at once. No row of the range
     * stands behind that point.
     */
    boolean hold(List<String> key, double value, double rhythm) {
        long start = start();
        if (first(key).orElse(start + 1) == start) return false;
        int n = metric.series().size();
        var growing = parts.computeIfAbsent(key.subList(0, n), k -> new HashMap<>())
            .computeIfAbsent(key.subList(n, key.size()), k -> new GrowingPart());
        growing.setRhythm(rhythm);
        growing.add(start, value, value, value, 0);
        return true;
    }

    /** How often a part reports, where its points are too few to tell. */
    void rhythm(List<String> key, double seconds) {
        var growing = part(key);
        if (growing != null && growing.size() < 2) growing.setRhythm(seconds);
    }

    /** Of the first row of a series in the range, in microseconds; empty when there is none. */
    OptionalLong first(List<String> key) {
        var growing = part(key);
        return growing == null ? OptionalLong.empty() : growing.first();
    }

    private ChartData.Pace pace(List<String> key) {
        var list = parts.get(key).values();
        return list.size() == 1 ? list.iterator().next().pace() : ChartData.Pace.UNKNOWN;
    }

    private ChartData.Points points(List<String> key) {
        var list =
            parts.get(key).values().stream().map(part -> new PartSums.Part(part.take(), part.pace())).toList();
        if (list.size() == 1) return list.getFirst().points();
        var rule =
            new PartSums.Rule(grid.bucket().seconds(), metric.look().connect(), !metric.stat().addsUp());
        var sums = PartSums.of(list, rule);
        if (sums.lacking() > 0) lacking.put(key, sums.lacking());
        return sums.points();
    }

    /** A sum that lacks one of its parts is too low, and nobody could see that. */
    List<String> notes() {
        var notes = new ArrayList<String>();
        var names = SeriesNames.of(lacking.keySet(), metric.name());
        lacking.keySet().stream().sorted(Comparator.comparing(names::get, SeriesNames.NATURAL)).forEach(key -> {
            notes.add(
                "%s: %s %s a part of the %d that %s adds up, the sum is lower there".formatted(
                    names.get(key),
                    Units.plural(lacking.get(key), grid.isRaw() ? "point" : "bucket"),
                    lacking.get(key) == 1 ? "lacks" : "lack",
                    parts.get(key).size(),
                    String.join(", ", metric.sumOver())));
        });
        return notes.size() <= 5 ? notes
            : List.of(
                "%s series lack parts in some buckets, their sums are lower there"
                    .formatted(Units.count(notes.size())));
    }
}
