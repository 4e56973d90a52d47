//SOURCES Bucket.java Grid.java Metric.java
package lib.chart;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Everything a writer needs: the series of one chart and the facts of their making. */
public record ChartData(Metric metric, Grid grid, List<Series> series, Origin origin, Extras extras) {

    /**
     * Where the data come from.
     *
     * @param source what was read, named for people
     * @param rawRows how many rows of the source stand behind the points
     * @param fetchedRows rows of the answer
     * @param sql the aggregate query, with its values filled in for reading
     */
    public record Origin(
        Metric.Source source,
        String where,
        long rawRows,
        long fetchedRows,
        double queryMillis,
        String sql,
        List<String> notes) {}

    /**
     * What is drawn beside the series.
     *
     * @param earlier the same span some time before, null for none
     * @param top so many series have a name; 0 = as many as can be told apart
     */
    public record Extras(Earlier earlier, List<Mark> marks, int top) {
        public static final Extras NONE = new Extras(null, List.of(), 0);
    }

    /** @param label "7d before" */
    public record Earlier(String label, ChartData data) {}

    /** Something that happened. @param to null for a moment */
    public record Mark(Instant at, Instant to, String text) {}

    /**
     * One line of the chart. Buckets that hold nothing are absent.
     *
     * @param key values of the metric's series columns, a null for NULL
     * @param name the key for people; no other series of the chart has the same
     * @param style number of its colour and dash: the same in every window
     */
    public record Series(List<String> key, String name, int style, Points points, Pace pace) {
        public Series(List<String> key, String name, int style, Points points) {
            this(key, name, style, points, Pace.UNKNOWN);
        }

        Series with(Points others) {
            return new Series(key, name, style, others, pace);
        }

        public int size() {
            return points.times.length;
        }

        public boolean hasBand() {
            for (int i = 0; i < size(); i++) {
                if (points.max[i] > points.min[i]) return true;
            }
            return false;
        }

        public double last() {
            return size() == 0 ? Double.NaN : points.values[size() - 1];
        }

        public double lowest() {
            return Arrays.stream(points.min).min().orElse(Double.POSITIVE_INFINITY);
        }

        public double highest() {
            return Arrays.stream(points.max).max().orElse(Double.NEGATIVE_INFINITY);
        }

        public long rows() {
            return Arrays.stream(points.count).sum();
        }

        /** Of the rows, and not of the points: a point with more rows behind it weighs more, one with none nothing. */
        public double mean() {
            double least = rows() == 0 ? 1 : 0;
            double sum = 0;
            double rows = 0;
            for (int i = 0; i < size(); i++) {
                double weight = Math.max(least, points.count[i]);
                sum += points.values[i] * weight;
                rows += weight;
            }
            if (rows == 0) return Double.NaN;
            return Double.isFinite(sum) ? sum / rows : meanOfHuge(least, rows);
        }

        /** Near 1e308 the sum is more than a number may be, and the mean is not. */
        private double meanOfHuge(double least, double rows) {
            double mean = 0;
            for (int i = 0; i < size(); i++) mean += points.values[i] * (Math.max(least, points.count[i]) / rows);
            return mean;
        }
    }

    /**
     * What rows outside of the range tell of a series.
     *
     * @param rhythm seconds between two of its rows, mostly, where its points are too few to tell; else 0
     * @param isNew nothing holds before its first point, though the table has older rows
     */
    public record Pace(double rhythm, boolean isNew) {
        static final Pace UNKNOWN = new Pace(0, false);
    }

    /**
     * The points of a series by ascending time.
     *
     * @param times starts of buckets, or times of raw rows, in microseconds since 1970
     * @param count raw rows behind each point
     */
    public record Points(long[] times, double[] values, double[] min, double[] max, long[] count) {
        private Points ofRows() {
            if (Arrays.stream(count).allMatch(n -> n > 0)) return this;
            return only(IntStream.range(0, count.length).filter(i -> count[i] > 0).toArray());
        }

        /** @param kept places, ascending */
        Points only(int[] kept) {
            return new Points(
                Arrays.stream(kept).mapToLong(i -> times[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> values[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> min[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> max[i]).toArray(),
                Arrays.stream(kept).mapToLong(i -> count[i]).toArray());
        }

        Points first(int n) {
            return new Points(
                Arrays.copyOf(times, n),
                Arrays.copyOf(values, n),
                Arrays.copyOf(min, n),
                Arrays.copyOf(max, n),
                Arrays.copyOf(count, n));
        }
    }

    public ChartData withNotes(List<String> more) {
        var o = origin;
        return new ChartData(
            metric,
            grid,
            series,
            new Origin(o.source, o.where, o.rawRows, o.fetchedRows, o.queryMillis, o.sql, List.copyOf(more)),
            extras);
    }

    public ChartData with(List<Series> others) {
        return new ChartData(metric, grid, others, origin, extras);
    }

    /**
     * For tables: of a stack without the points that only say what held at the beginning of the range, for no row of
     * it stands behind them. A series that has no others keeps its own.
     */
    ChartData listed() {
        if (!isStacked()) return this;
        return with(series.stream().map(s -> s.rows() == 0 ? s : s.with(s.points.ofRows())).toList());
    }

    public ChartData with(Extras others) {
        return new ChartData(metric, grid, series, origin, others);
    }

    public Instant from() {
        return grid.from();
    }

    public Instant to() {
        return grid.to();
    }

    public ZoneId zone() {
        return grid.zone();
    }

    public Bucket bucket() {
        return grid.bucket();
    }

    public Metric.Source source() {
        return origin.source;
    }

    public List<String> notes() {
        return origin.notes;
    }

    public boolean isStacked() {
        return metric.isStacked();
    }

    public long points() {
        return series.stream().mapToLong(Series::size).sum();
    }

    /** Where a point of a series stands on the time axis, in seconds since 1970. */
    public double position(Series s, int i) {
        return grid.position(s.points.times[i]);
    }

    /** Does each point stand for one row? */
    public boolean isEveryRow() {
        return bucket().isRaw()
            || !source().isRollup()
                && series.stream().allMatch(s -> Arrays.stream(s.points.count).allMatch(n -> n <= 1));
    }

    /**
     * The usual seconds between two points of a series; 0 when it has no two. Raw sums have a point wherever one of
     * their parts has one: there a long distance is as usual as a short one.
     */
    public double usualDistance(Series s) {
        if (s.size() < 2 || s.pace.rhythm > 0) return s.pace.rhythm;
        var distances = new double[s.size() - 1];
        for (int i = 0; i < distances.length; i++) distances[i] = position(s, i + 1) - position(s, i);
        Arrays.sort(distances);
        boolean isOfParts = grid.isRaw() && !metric.sumOver().isEmpty();
        return distances[isOfParts ? distances.length * 9 / 10 : distances.length / 2];
    }

    /** More seconds than these between two points are a gap. */
    public double gapLimit(Series s) {
        return metric.look().connect().limit(usualDistance(s), bucket().seconds());
    }

    /** A contiguous stretch of points: from one to the other, both belong to it. */
    public record Stretch(int first, int last) {
        public int size() {
            return last - first + 1;
        }
    }

    /** Where more time than usual lies between two points, the line breaks. */
    public List<Stretch> stretches(Series s) {
        double most = gapLimit(s);
        var list = new ArrayList<Stretch>();
        int start = 0;
        for (int i = 0; i < s.size(); i++) {
            if (i == s.size() - 1 || position(s, i + 1) - position(s, i) > most) {
                list.add(new Stretch(start, i));
                start = i + 1;
            }
        }
        return list;
    }
}
