//SOURCES Intervals.java Report.java
package lib.explore;

import java.time.Duration;
import java.util.List;
import lib.explore.Report.Hypertable;

/**
 * Proposes a chunk interval from the rate at which the last full chunks were filled: the indexes of the chunks that are
 * written to should fit into a quarter of shared_buffers, over all hypertables; a chunk should hold some megabytes at
 * least; and the chunks should not be many.
 */
final class ChunkAdviser {
    private static final long DAY = 86_400_000_000L;
    private static final List<Long> INTERVALS =
        List.of(
            DAY / 24,
            DAY / 12,
            DAY / 6,
            DAY / 4,
            DAY / 2,
            DAY,
            2 * DAY,
            7 * DAY,
            14 * DAY,
            28 * DAY,
            84 * DAY,
            364 * DAY);
    private static final long SMALLEST_CHUNK = 32L << 20;
    private static final int MOST_CHUNKS = 500;

    private ChunkAdviser() {}

    /**
     * @param sharedBuffers bytes, null when not known
     * @return the interval in microseconds; null without a rate, for integer time, or where the present one is near
     * enough
     */
    static Long interval(Hypertable h, List<Hypertable> all, Long sharedBuffers) {
        var present = h.dimensions().getFirst().intervalMicros();
        if (present == null || h.bytesPerDay() == null || h.bytesPerDay() <= 0) return null;
        long least = Math.max(atLeast(SMALLEST_CHUNK, h.bytesPerDay()), span(h) / MOST_CHUNKS);
        long most = sharedBuffers == null ? Long.MAX_VALUE : Math.round(memoryLimit(h, all, sharedBuffers));
        long wanted = best(Math.min(least, most), most);
        boolean near = wanted <= 2 * present && present <= 2 * wanted;
        boolean good = present >= least && present <= most;
        return near || good ? null : wanted;
    }

    /** The longest interval whose chunk's indexes take their share of a quarter of the memory. */
    private static double memoryLimit(Hypertable h, List<Hypertable> all, long sharedBuffers) {
        long rates = all.stream().filter(o -> o.bytesPerDay() != null).mapToLong(Hypertable::bytesPerDay).sum();
        double indexShare = h.size().total() == 0 ? 0.3 : (double) h.size().index() / h.size().total();
        double share = 0.25 * sharedBuffers * h.bytesPerDay() / Math.max(1, rates);
        return share / Math.max(0.05, indexShare) / h.bytesPerDay() * DAY;
    }

    private static long atLeast(long bytes, long bytesPerDay) {
        return Math.round((double) bytes / bytesPerDay * DAY);
    }

    private static long span(Hypertable h) {
        return h.oldest() == null || h.newest() == null ? 0
            : Duration.between(h.oldest(), h.newest()).toMillis() * 1000;
    }

    /** Among the usual intervals the shortest that is long enough, without passing what fits into memory. */
    private static long best(long least, long most) {
        long fitting = INTERVALS.getFirst();
        for (long interval : INTERVALS) {
            if (interval > most) return fitting;
            fitting = interval;
            if (interval >= least) return interval;
        }
        return fitting;
    }

    static String text(Long micros) {
        return micros == null ? null : Intervals.human(micros);
    }
}
