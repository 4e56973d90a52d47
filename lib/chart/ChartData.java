//SOURCES Bucket.java Metric.java
package lib.chart;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Everything a writer needs: the series of one chart and the facts of their making.
 *
 * @param from start of the drawn range, to its end
 * @param times shared by all series, in microseconds since 1970: the starts of the buckets, or the times of the raw rows
 * @param source what was read, named for people
 * @param rawRows how many rows of the source stand behind the points
 * @param sql the aggregate query, with its values filled in for reading
 */
public record ChartData(
    Metric metric,
    Instant from,
    Instant to,
    ZoneId zone,
    Bucket bucket,
    long[] times,
    List<Series> series,
    Metric.Source source,
    String where,
    long rawRows,
    long fetchedRows,
    double queryMillis,
    String sql,
    List<String> notes) {
    public ChartData withNotes(List<String> more) {
        return new ChartData(
            metric,
            from,
            to,
            zone,
            bucket,
            times,
            series,
            source,
            where,
            rawRows,
            fetchedRows,
            queryMillis,
            sql,
            List.copyOf(more));
    }

    /** One line of the chart. Where a bucket holds nothing, the values are NaN. */
    public record Series(String name, double[] average, double[] min, double[] max, long[] count) {
        void put(int i, double average, double min, double max, long count) {
            this.average[i] = average;
            this.min[i] = min;
            this.max[i] = max;
            this.count[i] = count;
        }

        public boolean hasBand() {
            for (int i = 0; i < average.length; i++) {
                if (max[i] > min[i]) return true;
            }
            return false;
        }

        public int lastIndex() {
            for (int i = average.length - 1; i >= 0; i--) {
                if (!Double.isNaN(average[i])) return i;
            }
            return -1;
        }

        public double last() {
            int i = lastIndex();
            return i < 0 ? Double.NaN : average[i];
        }

        public double lowest() {
            double low = Double.POSITIVE_INFINITY;
            for (var v : min) if (v < low) low = v;
            return low;
        }

        public double highest() {
            double high = Double.NEGATIVE_INFINITY;
            for (var v : max) if (v > high) high = v;
            return high;
        }

        public double mean() {
            double sum = 0;
            long n = 0;
            for (int i = 0; i < average.length; i++) {
                if (!Double.isNaN(average[i])) {
                    sum += average[i];
                    n++;
                }
            }
            return n == 0 ? Double.NaN : sum / n;
        }

        /** Stretches without data, also at the start and the end. */
        public int gaps() {
            int n = 0;
            for (int i = 0; i < average.length; i++) {
                if (Double.isNaN(average[i]) && (i == 0 || !Double.isNaN(average[i - 1]))) n++;
            }
            return n;
        }

        public int points() {
            int n = 0;
            for (var v : average) if (!Double.isNaN(v)) n++;
            return n;
        }
    }

    public boolean isStacked() {
        return metric.kind() == Metric.Kind.STACKED;
    }

    /** Where a point stands on the time axis: the middle of its bucket, or the time of its row; seconds since 1970. */
    public double position(int i) {
        if (bucket.unit() == Bucket.Unit.RAW || bucket.unit() == Bucket.Unit.SECONDS)
            return times[i] / 1e6 + bucket.seconds() / 2.0;
        var start = instant(i);
        var end = bucket.next(start, zone);
        return start.getEpochSecond() + (end.getEpochSecond() - start.getEpochSecond()) / 2.0;
    }

    public Instant instant(int i) {
        return Instant.ofEpochSecond(Math.floorDiv(times[i], 1_000_000L), Math.floorMod(times[i], 1_000_000L) * 1000);
    }

    public boolean everyRowDrawn() {
        return bucket.isRaw()
            || !source.isRollup() && series.stream().allMatch(s -> Arrays.stream(s.count()).allMatch(n -> n <= 1));
    }

    /** The points of a line by contiguous stretches: where more time than usual lies between two points, the line breaks. */
    public List<int[]> stretches(double[] values) {
        var present = IntStream.range(0, values.length).filter(i -> !Double.isNaN(values[i])).toArray();
        var distances = new double[Math.max(0, present.length - 1)];
        for (int i = 0; i < distances.length; i++) distances[i] = position(present[i + 1]) - position(present[i]);
        var sorted = distances.clone();
        Arrays.sort(sorted);
        double usual = sorted.length == 0 ? 0 : sorted[sorted.length / 2];
        double most = Math.max(1.5 * bucket.seconds(), 2.5 * usual);
        var list = new ArrayList<int[]>();
        int start = 0;
        for (int i = 0; i < present.length; i++) {
            if (i == distances.length || distances[i] > most) {
                list.add(Arrays.copyOfRange(present, start, i + 1));
                start = i + 1;
            }
        }
        return list;
    }
}
