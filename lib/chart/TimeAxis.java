package lib.chart;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
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

    private enum Unit { SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, YEAR }

    private record Step(Unit unit, int n, double seconds) {}

    private static final List<Step> STEPS = steps();

    private TimeAxis() {}

    private static List<Step> steps() {
        var list = new ArrayList<Step>();
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
        double seconds = Math.max(1, to.getEpochSecond() - from.getEpochSecond());
        var step = STEPS.stream().filter(s -> seconds / s.seconds() <= most).findFirst().orElse(STEPS.getLast());
        var ticks = new ArrayList<Tick>();
        for (var t = first(from.atZone(zone), step); !t.toInstant().isAfter(to); t = next(t, step)) {
            if (!t.toInstant().isBefore(from)) ticks.add(tick(t, step, ticks.isEmpty()));
        }
        return ticks;
    }

    private static ZonedDateTime first(ZonedDateTime t, Step step) {
        int n = step.n();
        return switch (step.unit()) {
            case SECOND -> t.truncatedTo(ChronoUnit.MINUTES).plusSeconds(t.getSecond() / n * n);
            case MINUTE -> t.truncatedTo(ChronoUnit.HOURS).plusMinutes(t.getMinute() / n * n);
            case HOUR -> t.truncatedTo(ChronoUnit.DAYS);
            case DAY -> {
                var day = t.truncatedTo(ChronoUnit.DAYS);
                yield n == 1 ? day : day.minusDays(Math.floorMod(day.toLocalDate().toEpochDay(), n));
            }
            case WEEK -> t.truncatedTo(ChronoUnit.DAYS).with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
            case MONTH ->
                t.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).withMonth((t.getMonthValue() - 1) / n * n + 1);
            case YEAR -> t.truncatedTo(ChronoUnit.DAYS).withDayOfYear(1).withYear(Math.floorDiv(t.getYear(), n) * n);
        };
    }

    private static ZonedDateTime next(ZonedDateTime t, Step step) {
        int n = step.n();
        return switch (step.unit()) {
            // exact steps: the hour that a DST change repeats has its ticks twice, the one that it skips has none
            case SECOND -> t.plusSeconds(n);
            case MINUTE -> t.plusMinutes(n);
            case HOUR -> nextHour(t, n);
            case DAY -> t.plusDays(n);
            case WEEK -> t.plusWeeks(n);
            case MONTH -> t.plusMonths(n);
            case YEAR -> t.plusYears(n);
        };
    }

    /** The next moment whose clock shows a full multiple of n hours: after a DST change the ticks are back on the clock. */
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
                first || t.getDayOfMonth() <= step.n() * (step.unit() == Unit.WEEK ? 7 : 1) ? format(t, "MMM yyyy")
                    : null,
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
        var name = zone.getId().equals("Z") ? "UTC" : zone.getId();
        if (a.equals(b) && (name.equals(a) || name.equals("Etc/UTC"))) return "UTC";
        return a.equals(b) ? name + " (" + a + ")" : name + " (" + a + ", then " + b + ")";
    }

    private static String offset(ZoneId zone, Instant at) {
        var id = zone.getRules().getOffset(at).getId();
        return id.equals("Z") ? "UTC" : "UTC" + id.replaceFirst("^([+-])0", "$1").replaceFirst(":00$", "");
    }
}
