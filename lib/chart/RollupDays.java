//SOURCES Bucket.java Grid.java
package lib.chart;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;

/**
 * By which clock the rows of a roll-up were cut: time_bucket('1 day', …) makes days of UTC, and those are not the days
 * of New York. A roll-up may be folded into a chart's buckets only where each of their edges is one of its own.
 *
 * @param zone null when its rows start at no midnights that we know
 */
record RollupDays(Bucket bucket, ZoneId zone) {
    static RollupDays of(Bucket bucket, List<Instant> starts, ZoneId chart) {
        if (!bucket.isCalendar()) return new RollupDays(bucket, ZoneOffset.UTC);
        for (var zone : List.of(ZoneOffset.UTC, chart)) {
            if (starts.stream().allMatch(t -> Grid.covering(bucket, zone, t, t.plusSeconds(1)).from().equals(t))) {
                return new RollupDays(bucket, zone);
            }
        }
        return new RollupDays(bucket, null);
    }

    /** Is each edge of the grid the start of a row? */
    boolean fit(Grid grid) {
        if (zone == null || grid.isRaw()) return false;
        if (!bucket.isCalendar()) {
            if (grid.edges().length > 0) return Arrays.stream(grid.edges()).allMatch(e -> e % bucket.n() == 0);
            return grid.bucket().n() % bucket.n() == 0 && Grid.micros(grid.from()) % bucket.n() == 0;
        }
        if (!grid.bucket().isCalendar()) return false;
        var own = Grid.covering(bucket, zone, grid.from(), grid.to());
        return own.from().equals(grid.from()) && Arrays.stream(grid.edges())
            .allMatch(e -> Arrays.binarySearch(own.edges(), e) >= 0);
    }

    /** "1 day of UTC", for people. */
    String label() {
        return "buckets of " + bucket.label()
            + (bucket.isCalendar() && zone != null ? " by the calendar of " + zoneName() : "");
    }

    private String zoneName() {
        return zone == ZoneOffset.UTC ? "UTC" : zone.getId();
    }
}
