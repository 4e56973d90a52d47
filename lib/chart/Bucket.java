//SOURCES ../Failure.java ../Window.java
package lib.chart;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.temporal.TemporalAdjusters;
import lib.Failure;
import lib.Window;

/**
 * The stretch of time that one drawn point stands for. Up to 12 hours it is an exact number of microseconds; days,
 * weeks, months and years follow the calendar of the chart's time zone, so that a day may have 23 or 25 hours.
 * {@link Grid} lays buckets over a range.
 *
 * @param n microseconds of EXACT, days of DAY (a week is seven), months of MONTH (a year is twelve); 0 of RAW
 */
public record Bucket(Unit unit, long n) {
    public enum Unit { RAW, EXACT, DAY, MONTH }

    public static final Bucket RAW = new Bucket(Unit.RAW, 0);
    static final long SECOND = 1_000_000;
    private static final long DAY = 86_400 * SECOND;
    private static final long WEEK_DAYS = 7;
    /** Each of them divides a day, so that buckets start on full minutes, hours and midnights. */
    private static final double[] NICE_SECONDS =
        {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200,
            1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200};

    public static Bucket exact(double seconds) {
        return new Bucket(Unit.EXACT, Math.round(seconds * SECOND));
    }

    public static Bucket days(int days) {
        return new Bucket(Unit.DAY, days);
    }

    public static Bucket months(int months) {
        return new Bucket(Unit.MONTH, months);
    }

    /** The smallest tidy bucket of at least that many seconds. */
    public static Bucket atLeast(double seconds) {
        for (var nice : NICE_SECONDS) {
            if (nice >= seconds * (1 - 1e-9)) return exact(nice);
        }
        double days = seconds / 86_400;
        if (days <= WEEK_DAYS) return days <= 1 ? days(1) : days(7);
        if (days <= 31) return months(1);
        return days <= 92 ? months(3) : months(12);
    }

    /** "raw", "500ms", "30s", "10m", "2h", "1d", "1w", "1mo", "1y". */
    public static Bucket parse(String text) {
        if (text.equalsIgnoreCase("raw")) return RAW;
        var window = Window.parse(text);
        boolean isExact = window.months() == 0 && window.days() == 0;
        if (window.months() > 0 && window.days() == 0 && window.rest().isZero()) return months(window.months());
        if (window.days() > 0 && window.months() == 0 && window.rest().isZero()) return days(window.days());
        long micros = isExact ? window.rest().toNanos() / 1000 : 0;
        if (isExact && micros % DAY == 0) return days(Math.toIntExact(micros / DAY));
        if (!isExact || DAY % micros != 0) {
            throw Failure.usage(
                "a bucket of '" + text + "' does not divide a day into equal parts",
                "choose one that does (500ms, 10s, 1m, 5m, 15m, 1h, 6h), or 1d, 1w, 1mo, 1y, raw or auto.");
        }
        return new Bucket(Unit.EXACT, micros);
    }

    public boolean isRaw() {
        return unit == Unit.RAW;
    }

    /** Days, weeks, months and years have no fixed length. */
    public boolean isCalendar() {
        return unit == Unit.DAY || unit == Unit.MONTH;
    }

    /** Its usual length: a month counts 30 days. */
    public double seconds() {
        return switch (unit) {
            case RAW -> 0;
            case EXACT -> n / (double) SECOND;
            case DAY -> n * 86_400.0;
            case MONTH -> n * 30 * 86_400.0;
        };
    }

    /** The first day of the calendar bucket that a date belongs to. */
    LocalDate floor(LocalDate date) {
        if (unit == Unit.MONTH) {
            long month = date.getYear() * 12L + date.getMonthValue() - 1;
            long first = Math.floorDiv(month, n) * n;
            return LocalDate.of((int) Math.floorDiv(first, 12L), (int) Math.floorMod(first, 12L) + 1, 1);
        }
        if (n % WEEK_DAYS != 0) return LocalDate.ofEpochDay(Math.floorDiv(date.toEpochDay(), n) * n);
        var monday = date.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
        return monday.minusDays(Math.floorMod(monday.toEpochDay() + 3, n));      // 1970-01-05 was a Monday
    }

    LocalDate next(LocalDate start) {
        return unit == Unit.MONTH ? start.plusMonths(n) : start.plusDays(n);
    }

    /** "10 min", "2 h", "1 day", for subtitles. */
    public String label() {
        return switch (unit) {
            case RAW -> "raw";
            case DAY -> n % WEEK_DAYS == 0 ? counted(n / WEEK_DAYS, "week") : counted(n, "day");
            case MONTH -> n % 12 == 0 ? counted(n / 12, "year") : counted(n, "month");
            case EXACT -> label(n);
        };
    }

    private static String counted(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }

    private static String label(long micros) {
        if (micros % 1000 != 0) return micros + " µs";
        if (micros % SECOND != 0) return micros / 1000 + " ms";
        long seconds = micros / SECOND;
        if (seconds % 3600 == 0) return seconds / 3600 + " h";
        if (seconds % 60 == 0) return seconds / 60 + " min";
        return seconds + " s";
    }
}
