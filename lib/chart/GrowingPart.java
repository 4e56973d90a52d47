//SOURCES ChartData.java PartSums.java
package lib.chart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** A part of a series while its points come, in any order: they lie in small blocks, so that growing copies nothing. */
final class GrowingPart {
    private static final int POINTS_OF_A_BLOCK = 64;
    /** Where the numbers of a point stand in a block; values as their bits. */
    private static final int TIME = 0, VALUE = 1, MIN = 2, MAX = 3, COUNT = 4, NUMBERS = 5;

    private final List<long[]> blocks = new ArrayList<>();
    private int size;
    private double rhythm;
    private boolean isNew;

    /** @param seconds between two points, where they are too few to tell */
    void setRhythm(double seconds) {
        rhythm = seconds;
    }

    /** Nothing holds before its first point. */
    void setNew() {
        isNew = true;
    }

    ChartData.Pace pace() {
        return new ChartData.Pace(rhythm, isNew);
    }

    void add(long time, double value, double smallest, double largest, long rows) {
        if (size % POINTS_OF_A_BLOCK == 0) blocks.add(new long[POINTS_OF_A_BLOCK * NUMBERS]);
        size++;
        set(size - 1, TIME, time);
        set(size - 1, VALUE, Double.doubleToRawLongBits(value));
        set(size - 1, MIN, Double.doubleToRawLongBits(smallest));
        set(size - 1, MAX, Double.doubleToRawLongBits(largest));
        set(size - 1, COUNT, rows);
    }

    int size() {
        return size;
    }

    /** In microseconds; empty when there are no points. */
    OptionalLong first() {
        return times().min();
    }

    /** Seconds between two points, mostly; 0 where they are too few to tell. */
    double usual() {
        return rhythm > 0 ? rhythm : PartSums.usual(times().sorted().distinct().toArray());
    }

    private LongStream times() {
        return IntStream.range(0, size).mapToLong(i -> number(i, TIME));
    }

    private void set(int point, int number, long value) {
        blocks.get(point / POINTS_OF_A_BLOCK)[point % POINTS_OF_A_BLOCK * NUMBERS + number] = value;
    }

    private long number(int point, int number) {
        return blocks.get(point / POINTS_OF_A_BLOCK)[point % POINTS_OF_A_BLOCK * NUMBERS + number];
    }

    private double value(int point, int number) {
        return Double.longBitsToDouble(number(point, number));
    }

    /** By time; points of the same moment become one. What grew is given up: it may be much. */
    ChartData.Points take() {
        var points = new ChartData.Points(
            new long[size],
            new double[size],
            new double[size],
            new double[size],
            new long[size]);
        int n = 0;
        for (int i : order()) {
            if (n > 0 && points.times()[n - 1] == number(i, TIME)) merge(points, n - 1, i);
            else put(points, n++, i);
        }
        boolean isWhole = n == size;
        blocks.clear();
        size = 0;
        return isWhole ? points : points.first(n);
    }

    private int[] order() {
        var times = times().toArray();
        boolean isSorted = IntStream.range(1, size).allMatch(i -> times[i - 1] <= times[i]);
        if (isSorted) return IntStream.range(0, size).toArray();
        long first = LongStream.of(times).min().orElse(0);
        long range = LongStream.of(times).max().orElse(0) - first;
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(size);
        if (range >= 0 && Long.numberOfLeadingZeros(range) > bits) {
            // time and place in one number: sorted without an object for each
            long place = (1L << bits) - 1;
            var both = IntStream.range(0, size).mapToLong(i -> times[i] - first << bits | i).sorted().toArray();
            return LongStream.of(both).mapToInt(b -> (int) (b & place)).toArray();
        }
        return IntStream.range(0, size)
            .boxed()
            .sorted(Comparator.comparingLong(i -> times[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    }

    private void put(ChartData.Points points, int at, int i) {
        points.times()[at] = number(i, TIME);
        points.values()[at] = value(i, VALUE);
        points.min()[at] = value(i, MIN);
        points.max()[at] = value(i, MAX);
        points.count()[at] = number(i, COUNT);
    }

    private void merge(ChartData.Points points, int at, int i) {
        long before = points.count()[at];
        long rows = before + number(i, COUNT);
        double sum = points.values()[at] * before + value(i, VALUE) * number(i, COUNT);
        points.values()[at] = sum / Math.max(1, rows);
        points.min()[at] = Math.min(points.min()[at], value(i, MIN));
        points.max()[at] = Math.max(points.max()[at], value(i, MAX));
        points.count()[at] = rows;
    }
}
