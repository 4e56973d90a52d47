//SOURCES Failure.java
package lib;

import java.time.Duration;
import java.time.Period;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A stretch of time as typed: 500ms, 90m, 24h, 7d, 2w, 3mo, 1y, 1h30m. Days, weeks, months and years follow the
 * calendar of the time zone (a day may have 23 or 25 hours), hours and below are exact.
 *
 * @param text what was typed, for titles and file names
 * @param months calendar months (years count twelve)
 * @param days calendar days (weeks count seven)
 * @param rest exact time on top
 */
public record Window(String text, int months, int days, Duration rest) {
    private static final Pattern PART = Pattern.compile("([0-9]+)(ms|mo|[smhdwy])");
    private static final int MOST_YEARS = 1000;

    public static Window parse(String text) {
        var typed = text.strip().toLowerCase(Locale.ROOT);
        try {
            var window = sum(typed);
            if (window == null) {
                throw Failure.usage(
                    "'" + text + "' is not a window",
                    "write it like 90m, 24h, 7d, 2w, 3mo or 1h30m (ms, s, m = minutes, h, d, w, mo = months, y).");
            }
            if (window.isEmpty()) {
                throw Failure.usage("a window of '" + text + "' is empty", "write it like 90m, 24h, 7d or 1h30m.");
            }
            if (window.days > 366L * MOST_YEARS || window.rest.toDays() > 366L * MOST_YEARS
                || window.months > 12L * MOST_YEARS) {
                throw new ArithmeticException();
            }
            return window;
        } catch (ArithmeticException | NumberFormatException tooLong) {
            throw Failure.usage("a window of '" + text + "' is too long", "the longest window is a thousand years.");
        }
    }

    /** The parts added up; null when something else stands between or after them. */
    private static Window sum(String typed) {
        var m = PART.matcher(typed);
        int months = 0;
        int days = 0;
        var rest = Duration.ZERO;
        int at = 0;
        while (m.find() && m.start() == at) {
            long n = Long.parseLong(m.group(1));
            switch (m.group(2)) {
                case "y" -> months = Math.addExact(months, Math.toIntExact(Math.multiplyExact(n, 12L)));
                case "mo" -> months = Math.addExact(months, Math.toIntExact(n));
                case "w" -> days = Math.addExact(days, Math.toIntExact(Math.multiplyExact(n, 7L)));
                case "d" -> days = Math.addExact(days, Math.toIntExact(n));
                case "h" -> rest = rest.plusHours(n);
                case "m" -> rest = rest.plusMinutes(n);
                case "s" -> rest = rest.plusSeconds(n);
                default -> rest = rest.plusMillis(n);
            }
            at = m.end();
        }
        return at == typed.length() && at > 0 ? new Window(typed, months, days, rest) : null;
    }

    private boolean isEmpty() {
        return months == 0 && days == 0 && rest.isZero();
    }

    /** The window's start when it ends at the given moment, by the calendar of that moment's zone. */
    public ZonedDateTime before(ZonedDateTime end) {
        return end.minus(Period.of(0, months, days)).minus(rest);
    }

    /** The window's end when it begins at the given moment. */
    public ZonedDateTime after(ZonedDateTime start) {
        return start.plus(Period.of(0, months, days)).plus(rest);
    }

    /** The same, where that date exists in its month: 30 March has none a month before, and 31 January none after. */
    public Optional<ZonedDateTime> sameAfter(ZonedDateTime start) {
        var end = after(start);
        return before(end).toLocalDate().equals(start.toLocalDate()) ? Optional.of(end) : Optional.empty();
    }

    /** As {@link #before}; of a date that does not exist in its month, the end of that month. */
    public ZonedDateTime edgeBefore(ZonedDateTime end) {
        var start = before(end);
        boolean isThere = after(start).toLocalDate().equals(end.toLocalDate());
        return isThere ? start : start.toLocalDate().plusDays(1).atStartOfDay(start.getZone());
    }

    /** About how long: a month counts 30 days. */
    public Duration estimate() {
        return rest.plusDays(days + 30L * months);
    }
}
