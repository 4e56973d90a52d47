//SOURCES ../Failure.java ../Window.java
package lib.chart;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import lib.Failure;
import lib.Window;

/**
 * The stretch of time that one drawn point stands for. Up to 12 hours it is an exact number of seconds counted from midnight UTC;
 * days, weeks and months follow the calendar of the chart's time zone, so that a day may have 23 or 25 hours.
 */
public record Bucket(Unit unit, long seconds) {
    public enum Unit { RAW, SECONDS, DAY, WEEK, MONTH }

    public static final Bucket RAW = new Bucket(Unit.RAW, 0);
    private static final long DAY = 86_400;
    /** Each of them divides a day, so that buckets start on full minutes, hours and midnights. */
    private static final long[] NICE =
        {1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200};

    /** The smallest tidy bucket of at least that many seconds. */
    public static Bucket atLeast(double seconds) {
        for (var nice : NICE) {
            if (nice >= seconds) return new Bucket(Unit.SECONDS, nice);
        }
        return seconds <= DAY ? new Bucket(Unit.DAY, DAY) : seconds <= 7 * DAY ? new Bucket(Unit.WEEK, 7 * DAY)
            : new Bucket(Unit.MONTH, 30 * DAY);
    }

    /** "raw", "30s", "10m", "2h", "1d", "1w". */
    public static Bucket parse(String text) {
        if (text.equalsIgnoreCase("raw")) return RAW;
        var window = Window.parse(text);
        long seconds = window.days() * DAY + window.rest().toSeconds();
        if (seconds == DAY) return new Bucket(Unit.DAY, seconds);
        if (seconds == 7 * DAY) return new Bucket(Unit.WEEK, seconds);
        if (seconds > DAY || DAY % seconds != 0) {
            throw Failure.usage(
                "a bucket of '" + text + "' does not divide a day into equal parts",
                "choose one that does (10s, 1m, 5m, 15m, 1h, 6h), or 1d, 1w, raw or auto.");
        }
        return new Bucket(Unit.SECONDS, seconds);
    }

    public boolean isRaw() {
        return unit == Unit.RAW;
    }

    public Instant floor(Instant time, ZoneId zone) {
        return switch (unit) {
            case RAW -> time;
            case SECONDS -> Instant.ofEpochSecond(Math.floorDiv(time.getEpochSecond(), seconds) * seconds);
            case DAY -> midnight(time, zone).toInstant();
            case WEEK -> midnight(time, zone).with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)).toInstant();
            case MONTH -> midnight(time, zone).withDayOfMonth(1).toInstant();
        };
    }

    /** The end of the bucket that starts at the given moment. */
    public Instant next(Instant start, ZoneId zone) {
        return switch (unit) {
            case RAW -> start;
            case SECONDS -> start.plusSeconds(seconds);
            case DAY -> start.atZone(zone).plusDays(1).toInstant();
            case WEEK -> start.atZone(zone).plusWeeks(1).toInstant();
            case MONTH -> start.atZone(zone).plusMonths(1).toInstant();
        };
    }

    public Instant ceiling(Instant time, ZoneId zone) {
        var floor = floor(time, zone);
        return floor.equals(time) ? time : next(floor, zone);
    }

    /** "10 min", "2 h", "1 day", for subtitles. */
    public String label() {
        return switch (unit) {
            case RAW -> "raw";
            case DAY -> "1 day";
            case WEEK -> "1 week";
            case MONTH -> "1 month";
            case SECONDS -> label(seconds);
        };
    }

    static String label(long seconds) {
        if (seconds % 3600 == 0) return seconds / 3600 + " h";
        if (seconds % 60 == 0) return seconds / 60 + " min";
        return seconds + " s";
    }

    Duration width() {
        return Duration.ofSeconds(seconds);
    }

    private static ZonedDateTime midnight(Instant time, ZoneId zone) {
        return time.atZone(zone).truncatedTo(ChronoUnit.DAYS);
    }
}
