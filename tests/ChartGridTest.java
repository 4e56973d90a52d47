import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import lib.chart.Bucket;
import lib.chart.Grid;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The buckets of a chart: by the calendar of every zone there is. */
@Tag("unit")
class ChartGridTest {
    private static final List<Bucket> BUCKETS = List.of(
        Bucket.exact(0.5),
        Bucket.exact(60),
        Bucket.exact(3600),
        Bucket.exact(21_600),
        Bucket.days(1),
        Bucket.days(3),
        Bucket.days(7),
        Bucket.days(14),
        Bucket.months(1),
        Bucket.months(3),
        Bucket.months(12));

    private static Grid days(String from, String to, String zone) {
        return Grid.covering(Bucket.days(1), ZoneId.of(zone), Instant.parse(from), Instant.parse(to));
    }

    private static List<Long> hours(Grid grid) {
        var hours = new ArrayList<Long>();
        for (int i = 0; i < grid.size(); i++) hours.add((grid.end(grid.start(i)) - grid.start(i)) / 3_600_000_000L);
        return hours;
    }

    /** In the Azores, the clock goes back at one o'clock to midnight: that date begins twice. */
    @Test
    void a_day_that_begins_twice_has_25_hours() {
        assertEquals(
            List.of(24L, 25L, 24L),
            hours(days("2025-10-25T12:00:00Z", "2025-10-27T12:00:00Z", "Atlantic/Azores")));
    }

    /** In Samoa there was no 30 December 2011; in Cuba, clocks go forward at midnight. */
    @Test
    void a_day_that_is_not_there_has_no_bucket_and_one_that_begins_at_one_o_clock_has_23_hours() {
        assertEquals(List.of(24L, 24L), hours(days("2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z", "Pacific/Apia")));
        assertEquals(
            List.of(24L, 23L, 24L),
            hours(days("2025-03-08T12:00:00Z", "2025-03-10T12:00:00Z", "America/Havana")));
    }

    /** In Newfoundland, the clock went back from a minute past midnight to the evening before. */
    @Test
    void a_day_does_not_begin_in_the_evening_before() {
        var grid = days("2006-10-28T12:00:00Z", "2006-10-30T12:00:00Z", "America/St_Johns");
        assertEquals(List.of(25L, 24L, 24L), hours(grid));
    }

    @Test
    void six_hours_begin_at_the_clocks_midnight() {
        var noon = Instant.parse("2025-07-01T10:00:00Z");
        var grid = Grid.covering(Bucket.exact(21_600), ZoneId.of("Asia/Kolkata"), noon, noon.plusSeconds(1));
        assertEquals(Instant.parse("2025-07-01T06:30:00Z"), grid.from());
    }

    /**
     * For random zones, ranges and buckets: the edges ascend, cover the range, and each moment lies in exactly one
     * bucket.
     */
    @Test
    void each_moment_lies_in_exactly_one_bucket() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var zones = ZoneId.getAvailableZoneIds().stream().sorted().toList();
        for (int round = 0; round < 400; round++) {
            var zone = ZoneId.of(zones.get(random.nextInt(zones.size())));
            var bucket = BUCKETS.get(random.nextInt(BUCKETS.size()));
            var from = Instant.ofEpochSecond(random.nextLong(-2_000_000_000L, 2_500_000_000L));
            var to = from.plus(Duration.ofMillis((long) (bucket.seconds() * 1000 * random.nextDouble() * 200) + 1));
            var grid = Grid.covering(bucket, zone, from, to);
            var said = "seed " + seed + ", round " + round + ": " + bucket.label() + " of " + zone + " from " + from
                + " to " + to;
            assertTrue(!grid.from().isAfter(from) && !grid.to().isBefore(to), said);
            for (int i = 0; i < grid.size(); i++) {
                assertTrue(grid.start(i) < grid.end(grid.start(i)), said);
                if (i > 0) assertEquals(grid.start(i), grid.end(grid.start(i - 1)), said);
            }
            long first = micros(from);
            for (long t : LongStream.generate(() -> random.nextLong(first, Math.max(first + 1, micros(to))))
                .limit(20)
                .toArray()) {
                int at = grid.index(t);
                assertTrue(at >= 0 && at < grid.size() && grid.start(at) <= t && t < grid.end(grid.start(at)), said);
            }
        }
    }

    private static long micros(Instant t) {
        return t.getEpochSecond() * 1_000_000 + t.getNano() / 1000;
    }
}
