//SOURCES ../Failure.java ../Units.java Bucket.java
package lib.chart;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import lib.Failure;
import lib.Units;

/**
 * The buckets of a chart: their edges, computed once, by the calendar of the zone, and used for the query, the axis and
 * the choice of a roll-up. Each moment from the first edge up to, but without, the last one lies in exactly one bucket.
 *
 * @param from the first edge, or of raw rows the beginning; @param to the last edge, or the end
 * @param edges of calendar buckets, in microseconds since 1970; empty for the others
 */
public record Grid(Bucket bucket, ZoneId zone, Instant from, Instant to, long[] edges) {
    static final int MOST_BUCKETS = 2_000_000;
    private static final int MOST_CALENDAR_BUCKETS = 40_000;

    /** Every row by its own time. */
    public static Grid raw(ZoneId zone, Instant from, Instant to) {
        return new Grid(Bucket.RAW, zone, from, to, new long[0]);
    }

    /** The buckets that cover a range, the first and the last of them whole. */
    public static Grid covering(Bucket bucket, ZoneId zone, Instant from, Instant to) {
        if (bucket.isRaw()) return raw(zone, from, to);
        long offset = zone.getRules().getOffset(from).getTotalSeconds() * Bucket.SECOND;
        return bucket.isCalendar() ? calendar(bucket, zone, from, to) : exact(bucket, zone, offset, from, to);
    }

    /** The same for exact buckets, but counted from midnight UTC: the edges that time_bucket makes by itself. */
    static Grid countedFromUtc(Bucket bucket, ZoneId zone, Instant from, Instant to) {
        return exact(bucket, zone, 0, from, to);
    }

    /**
     * Exact buckets count from a midnight of the zone at the start of the range: 6 hours begin at 0, 6, 12 and 18
     * o'clock there.
     */
    private static Grid exact(Bucket bucket, ZoneId zone, long offset, Instant from, Instant to) {
        long first = Math.floorDiv(micros(from) + offset, bucket.n()) * bucket.n() - offset;
        long count = Math.ceilDiv(micros(to) - first, bucket.n());
        if (count > MOST_BUCKETS) throw tooMany(bucket, count);
        return new Grid(bucket, zone, instant(first), instant(first + count * bucket.n()), new long[0]);
    }

    private static Grid calendar(Bucket bucket, ZoneId zone, Instant from, Instant to) {
        var edges = new long[64];
        int n = 0;
        for (var day = bucket.floor(from.atZone(zone).toLocalDate());; day = bucket.next(day)) {
            // The first moment of that date. A date may begin after midnight, twice at midnight, or, in Samoa once, not
            // at all.
            long edge = micros(start(day, zone));
            if (n > 0 && edge <= edges[n - 1]) continue;
            if (n == edges.length) edges = Arrays.copyOf(edges, 2 * n);
            if (n > MOST_CALENDAR_BUCKETS) throw tooMany(bucket, n);
            edges[n++] = edge;
            if (edge >= micros(to) && n > 1) break;
        }
        return new Grid(bucket, zone, instant(edges[0]), instant(edges[n - 1]), Arrays.copyOf(edges, n));
    }

    /** Where the clock goes back to the evening before (in Newfoundland, from 00:01 to 23:01), it is the later one. */
    private static Instant start(LocalDate day, ZoneId zone) {
        var start = day.atStartOfDay(zone);
        var change = zone.getRules().getTransition(day.atStartOfDay());
        boolean isBefore = change != null && change.getDateTimeAfter().toLocalDate().isBefore(day);
        return (isBefore ? start.withLaterOffsetAtOverlap() : start).toInstant();
    }

    private static Failure tooMany(Bucket bucket, long count) {
        return Failure.usage(
            "buckets of %s are too many for this range: more than %s".formatted(bucket.label(), Units.count(count - 1)),
            "choose a larger --bucket, or a smaller --window.");
    }

    public boolean isRaw() {
        return bucket.isRaw();
    }

    /** How many buckets; 0 for raw rows. */
    public int size() {
        if (bucket.isRaw()) return 0;
        return edges.length > 0 ? edges.length - 1 : (int) ((micros(to) - micros(from)) / bucket.n());
    }

    /** Where a bucket starts, in microseconds since 1970. */
    public long start(int i) {
        return edges.length > 0 ? edges[i] : micros(from) + i * bucket.n();
    }

    /** The bucket that a moment lies in; below 0 or beyond the last one outside of the grid. */
    public int index(long micros) {
        if (edges.length == 0) return (int) Math.floorDiv(micros - micros(from), bucket.n());
        int found = Arrays.binarySearch(edges, micros);
        return found >= 0 ? found : -found - 2;
    }

    /** Where the bucket ends that starts at that time; of a raw row its own time. */
    public long end(long start) {
        if (bucket.isRaw()) return start;
        return edges.length == 0 ? start + bucket.n() : edges[Math.clamp(index(start) + 1, 0, edges.length - 1)];
    }

    /** Where a point stands on the time axis: the middle of its bucket, or the time of its row; seconds since 1970. */
    public double position(long start) {
        return bucket.isRaw() ? start / 1e6 : (start + end(start)) / 2e6;
    }

    static long micros(Instant t) {
        return Math.addExact(Math.multiplyExact(t.getEpochSecond(), Bucket.SECOND), t.getNano() / 1000);
    }

    static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, Bucket.SECOND), Math.floorMod(micros, Bucket.SECOND) * 1000);
    }
}
