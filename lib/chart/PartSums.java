//SOURCES Bucket.java ChartData.java Connect.java
package lib.chart;

import java.util.Arrays;
import java.util.List;

/**
 * Adds up the parts of a series (the channels of a meter). Where one of them reports a little later than the others,
 * its value before holds until then: a sum that lacked it would fall to nothing for a moment. A part that is silent for
 * longer than usual has ended.
 *
 * @param points of the sum, at each time at which a part has a value
 * @param lacking how many of them lack a part
 */
record PartSums(ChartData.Points points, int lacking) {
    /**
     * Where the table itself begins, nobody knows what a part said before its first point: within so many of its usual
     * distances it is taken for late.
     */
    static final double MOST_LATE = 1.5;

    /**
     * @param bucketSeconds 0 of raw rows; @param isHeld false for numbers that count what happened in a bucket: those
     *        hold for no other
     */
    record Rule(double bucketSeconds, Connect connect, boolean isHeld) {}

    record Part(ChartData.Points points, ChartData.Pace pace) {}

    static PartSums of(List<Part> parts, Rule rule) {
        var times = parts.stream().flatMapToLong(p -> Arrays.stream(p.points().times())).sorted().distinct().toArray();
        int n = times.length;
        var sum = new ChartData.Points(times, new double[n], new double[n], new double[n], new long[n]);
        var there = new int[n];
        for (var part : parts) add(part, sum, there, rule);
        return new PartSums(sum, (int) Arrays.stream(there).filter(here -> here < parts.size()).count());
    }

    private static void add(Part each, ChartData.Points sum, int[] there, Rule rule) {
        var part = each.points();
        var times = sum.times();
        double usual = each.pace().rhythm() > 0 ? each.pace().rhythm() : usual(part.times());
        double limit = rule.connect().limit(usual, rule.bucketSeconds()) * Bucket.SECOND;
        double shortly = Math.max(usual, rule.bucketSeconds()) * Bucket.SECOND;
        boolean isLate = times.length > 0 && part.times().length > 0
            && part.times()[0] - times[0] <= Math.min(limit, MOST_LATE * shortly) && !each.pace().isNew();
        int at = -1;
        for (int i = 0; i < times.length; i++) {
            while (at + 1 < part.times().length && part.times()[at + 1] <= times[i]) at++;
            boolean isOwn = at >= 0 && part.times()[at] == times[i];
            if (isOwn) sum.count()[i] += part.count()[at];
            int from = isOwn ? at : -1;
            if (!isOwn && rule.isHeld() && at < 0 && isLate) from = 0;
            if (!isOwn && rule.isHeld() && at >= 0) {
                from = held(part.times(), at, new double[] {times[i], times[times.length - 1], limit, shortly});
            }
            if (from < 0) continue;
            there[i]++;
            sum.values()[i] += part.values()[from];
            sum.min()[i] += part.min()[from];
            sum.max()[i] += part.max()[from];
        }
    }

    /**
     * Does a point still hold at a later moment? The point, or below 0. @param range the moment, the last one of all,
     * the longest and the usual distance
     */
    private static int held(long[] times, int at, double[] range) {
        double next = at + 1 < times.length ? times[at + 1] : range[1];
        boolean isShort = next - times[at] <= range[2];
        return isShort || range[0] - times[at] < range[3] ? at : -1;
    }

    /** Seconds between two points, mostly. */
    static double usual(long[] times) {
        if (times.length < 2) return 0;
        var distances = new long[times.length - 1];
        for (int i = 0; i < distances.length; i++) distances[i] = times[i + 1] - times[i];
        Arrays.sort(distances);
        return distances[distances.length / 2] / (double) Bucket.SECOND;
    }
}
