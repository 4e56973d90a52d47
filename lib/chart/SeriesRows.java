//SOURCES ../Failure.java ../Units.java Bucket.java ChartData.java CopyReader.java Metric.java SeriesNames.java
package lib.chart;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lib.Failure;
import lib.Units;

/** Takes the rows of the query one by one, in any order, and makes series of them: a slot per bucket, or the raw rows by their time. */
final class SeriesRows {
    /** More raw rows than this make no chart that anybody could read. */
    static final int MOST_RAW = 500_000;

    private final Metric metric;
    private final Bucket bucket;
    private final long[] grid;
    private final Map<Long, Integer> slots = new HashMap<>();
    private final Map<String, ChartData.Series> series = new HashMap<>();
    private final Map<String, TreeMap<Long, RawPoint>> raw = new HashMap<>();
    private final Map<String, TreeMap<Long, Integer>> parts = new HashMap<>();
    private long rawRows;
    private long fetched;

    /** The rows of one series at one instant: mostly one. */
    private record RawPoint(double average, double min, double max, long count) {
        RawPoint and(RawPoint other) {
            long n = count + other.count;
            return new RawPoint(
                (average * count + other.average * other.count) / n,
                Math.min(min, other.min),
                Math.max(max, other.max),
                n);
        }
    }

    SeriesRows(Metric metric, Bucket bucket, Instant from, Instant to, ZoneId zone) {
        this.metric = metric;
        this.bucket = bucket;
        var starts = new ArrayList<Long>();
        if (!bucket.isRaw()) {
            for (var t = from; t.isBefore(to); t = bucket.next(t, zone)) {
                slots.put(micros(t), starts.size());
                starts.add(micros(t));
            }
        }
        grid = starts.stream().mapToLong(Long::longValue).toArray();
    }

    void add(CopyReader.Row row) {
        long time = row.nextTime();
        var name = row.nextText();
        double average = row.nextDouble();
        double min = row.nextDouble();
        double max = row.nextDouble();
        long count = row.nextLong();
        long partsHere = row.nextLong();
        if (Double.isNaN(average)) return;
        rawRows += count;
        fetched++;
        if (!metric.sumOver().isEmpty())
            parts.computeIfAbsent(name, n -> new TreeMap<>()).merge(partsHere, 1, Integer::sum);
        if (bucket.isRaw()) {
            if (fetched > MOST_RAW) {
                throw Failure.usage(
                    "more than %s raw rows are too many to draw".formatted(Units.count(MOST_RAW)),
                    "choose a smaller --window, or --bucket auto, which keeps the peaks.");
            }
            raw.computeIfAbsent(name, n -> new TreeMap<>())
                .merge(time, new RawPoint(average, min, max, count), RawPoint::and);
        } else {
            var slot = slots.get(time);
            if (slot != null)
                series.computeIfAbsent(name, n -> emptySeries(n, grid.length)).put(slot, average, min, max, count);
        }
    }

    private static ChartData.Series emptySeries(String name, int points) {
        var empty = new double[points];
        Arrays.fill(empty, Double.NaN);
        return new ChartData.Series(name, empty, empty.clone(), empty.clone(), new long[points]);
    }

    long rawRows() {
        return rawRows;
    }

    /** Rows of the answer, not of the source. */
    long fetched() {
        return fetched;
    }

    /** The times that all series share, in microseconds since 1970. */
    long[] times() {
        return bucket.isRaw()
            ? raw.values()
                .stream()
                .flatMap(m -> m.keySet().stream())
                .mapToLong(Long::longValue)
                .sorted()
                .distinct()
                .toArray()
            : grid;
    }

    /** Sorted as people count. */
    List<ChartData.Series> series() {
        if (bucket.isRaw()) {
            var times = times();
            raw.forEach((name, points) -> {
                var one = emptySeries(name, times.length);
                points.forEach(
                    (time, p) -> one.put(Arrays.binarySearch(times, time), p.average(), p.min(), p.max(), p.count()));
                series.put(name, one);
            });
        }
        return series.values()
            .stream()
            .sorted(Comparator.comparing(ChartData.Series::name, SeriesNames.NATURAL))
            .toList();
    }

    /** A sum that lacks one of its parts is too low, and nobody could see that. */
    List<String> notes() {
        var notes = new ArrayList<String>();
        parts.keySet().stream().sorted(SeriesNames.NATURAL).forEach(name -> {
            var buckets = parts.get(name);
            long most = buckets.lastKey();
            int less = buckets.headMap(most).values().stream().mapToInt(Integer::intValue).sum();
            if (less > 0) {
                notes.add(
                    "%s: %s lack a part of the %d that %s adds up, the sum is lower there".formatted(
                        name,
                        Units.plural(less, "bucket"),
                        most,
                        String.join(", ", metric.sumOver())));
            }
        });
        return notes.size() <= 5 ? notes
            : List.of(
                "%s series lack parts in some buckets, their sums are lower there"
                    .formatted(Units.count(notes.size())));
    }

    private static long micros(Instant t) {
        return t.getEpochSecond() * 1_000_000L + t.getNano() / 1000;
    }
}
