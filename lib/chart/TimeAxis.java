package lib.chart;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Ticks on the wall clock of a time zone: full hours, local midnights, also on days of 23 or 25 hours. */
public final class TimeAxis {
    /** @param major a new day (or month, or year) starts: drawn stronger, with its date */
    public record Tick(Instant at, String label, String date, boolean major) {}

    private enum Unit { MILLI, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, YEAR }

    private record Step(Unit unit, int n, double seconds) {}

    private static final List<Step> STEPS = steps();

    private TimeAxis() {}

    private static List<Step> steps() {
        var list = new ArrayList<Step>();
        for (int n : new int[] {1, 2, 5, 10, 20, 50, 100, 200, 500}) list.add(new Step(Unit.MILLI, n, n / 1000.0));
        for (int n : new int[] {1, 2, 5, 10, 15, 30}) list.add(new Step(Unit.SECOND, n, n));
        for (int n : new int[] {1, 2, 5, 10, 15, 30}) list.add(new Step(Unit.MINUTE, n, n * 60));
        for (int n : new int[] {1, 2, 3, 4, 6, 12}) list.add(new Step(Unit.HOUR, n, n * 3600));
        for (int n : new int[] {1, 2}) list.add(new Step(Unit.DAY, n, n * 86_400));
        for (int n : new int[] {1, 2}) list.add(new Step(Unit.WEEK, n, n * 604_800));
        for (int n : new int[] {1, 2, 3, 6}) list.add(new Step(Unit.MONTH, n, n * 2_629_746));
        for (int n : new int[] {1, 2, 5, 10, 20, 50, 100, 200, 500}) list.add(new Step(Unit.YEAR, n, n * 31_556_952.0));
        return list;
    }

    /** @param most how many labels fit beside each other */
    public static List<Tick> ticks(Instant from, Instant to, ZoneId zone, int most) {
        double seconds = Math.max(1e-3, Duration.between(from, to).toNanos() / 1e9);
        var step = STEPS.stream().filter(s -> seconds / s.seconds() <= most).findFirst().orElse(STEPS.getLast());
        var ticks = new ArrayList<Tick>();
        for (var t = first(from.atZone(zone), step); !t.toInstant().isAfter(to); t = next(t, step)) {
            if (!t.toInstant().isBefore(from)) ticks.add(tick(t, step, ticks.isEmpty()));
        }
        return ticks;
    }

    private static ZonedDateTime first(ZonedDateTime t, Step step) {
        int n = step.n();
        var day = t.toLocalDate();
        return switch (step.unit()) {
            case MILLI -> t.truncatedTo(ChronoUnit.SECONDS).plus(t.getNano() / 1_000_000 / n * n, ChronoUnit.MILLIS);
            case SECOND -> t.truncatedTo(ChronoUnit.MINUTES).plusSeconds(t.getSecond() / n * n);
            case MINUTE -> t.truncatedTo(ChronoUnit.HOURS).plusMinutes(t.getMinute() / n * n);
            case HOUR -> day.atStartOfDay(t.getZone());
            case DAY -> midnight(n == 1 ? day : day.minusDays(Math.floorMod(day.toEpochDay(), n)), t);
            case WEEK -> midnight(day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)), t);
            case MONTH -> midnight(day.withDayOfMonth(1).withMonth((t.getMonthValue() - 1) / n * n + 1), t);
            case YEAR -> midnight(day.withDayOfYear(1).withYear(Math.floorDiv(t.getYear(), n) * n), t);
        };
    }

    /** The first moment of a date: where the clock goes back at midnight, the earlier of two. */
    private static ZonedDateTime midnight(LocalDate day, ZonedDateTime t) {
        return day.atStartOfDay(t.getZone());
    }

    private static ZonedDateTime next(ZonedDateTime t, Step step) {
        int n = step.n();
        return switch (step.unit()) {
            // exact steps: the hour that a DST change repeats has its ticks twice, the one that it skips has none
            case MILLI -> t.plus(n, ChronoUnit.MILLIS);
            case SECOND -> t.plusSeconds(n);
            case MINUTE -> t.plusMinutes(n);
            case HOUR -> nextHour(t, n);
            case DAY -> later(t, t.toLocalDate().plusDays(n));
            case WEEK -> later(t, t.toLocalDate().plusWeeks(n));
            case MONTH -> later(t, t.toLocalDate().plusMonths(n));
            case YEAR -> later(t, t.toLocalDate().plusYears(n));
        };
    }

    /** A date that a zone leaves out begins with the next one: then it is no step further. */
    private static ZonedDateTime later(ZonedDateTime t, LocalDate day) {
        var next = midnight(day, t);
        return next.isAfter(t) ? next : midnight(day.plusDays(1), t);
    }

    /**
     * The next moment whose clock shows a full multiple of n hours: after a DST change the ticks are back on the clock.
     */
    private static ZonedDateTime nextHour(ZonedDateTime t, int n) {
        var hour = t;
        do {
            hour = hour.plusHours(1);
        } while (hour.getHour() % n != 0 && hour.toLocalDate().equals(t.toLocalDate()));
        // a midnight that does not exist: the day starts later
        return hour.toLocalDate().equals(t.toLocalDate()) ? hour : hour.toLocalDate().atStartOfDay(hour.getZone());
    }

    private static Tick tick(ZonedDateTime t, Step step, boolean first) {
        boolean midnight = t.equals(t.toLocalDate().atStartOfDay(t.getZone()));
        return switch (step.unit()) {
            case MILLI -> new Tick(
                t.toInstant(),
                format(t, t.getNano() == 0 ? "HH:mm:ss" : ".SSS"),
                first || midnight ? format(t, "d MMM HH:mm") : null,
                t.getNano() == 0);
            case SECOND -> new Tick(
                t.toInstant(),
                format(t, "HH:mm:ss"),
                first || midnight ? format(t, "EEE d MMM") : null,
                midnight);
            case MINUTE,
                HOUR -> new Tick(
                    t.toInstant(),
                    format(t, "HH:mm"),
                    first || midnight ? format(t, "EEE d MMM") : null,
                    midnight);
            case DAY, WEEK -> new Tick(
                t.toInstant(),
                format(t, "EEE d"),
                first || t.getDayOfMonth() <= daysOf(step) ? format(t, "MMM yyyy") : null,
                true);
            case MONTH -> new Tick(
                t.toInstant(),
                format(t, "MMM"),
                first || t.getMonthValue() == 1 ? format(t, "yyyy") : null,
                t.getMonthValue() == 1);
            case YEAR -> new Tick(t.toInstant(), format(t, "yyyy"), null, true);
        };
    }

    private static String format(ZonedDateTime t, String pattern) {
        return t.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH));
    }

    /** "Europe/Berlin (UTC+2)", and both offsets where the clock changes within the range. */
    public static String zoneLabel(ZoneId zone, Instant from, Instant to) {
        var a = offset(zone, from);
        var b = offset(zone, to);
        if (zone.normalized() instanceof ZoneOffset) {       // +02:00, UTC+2, Etc/UTC: the offset says it all
            return zone.getId().startsWith("Etc/GMT") && !a.equals("UTC") ? zone.getId() + " (" + a + ")" : a;
        }
        var name = zone.getId();
        return a.equals(b) ? name + " (" + a + ")" : name + " (" + a + ", then " + b + ")";
    }

    private static String offset(ZoneId zone, Instant at) {
        var id = zone.getRules().getOffset(at).getId();
        return id.equals("Z") ? "UTC" : "UTC" + id.replaceFirst("^([+-])0", "$1").replaceFirst(":00$", "");
    }

    private static int daysOf(Step step) {
        return step.unit() == Unit.WEEK ? 7 * step.n() : step.n();
    }
}
