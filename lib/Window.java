//SOURCES Failure.java
package lib;

import java.time.Duration;
import java.time.Period;
import java.time.ZonedDateTime;
import java.util.regex.Pattern;

/**
 * A stretch of time as typed: 90m, 24h, 7d, 2w, 1h30m. Days and weeks follow the calendar of the time zone
 * (a day may have 23 or 25 hours), hours and below are exact.
 *
 * @param text what was typed, for titles and file names
 * @param days calendar days (weeks count seven)
 * @param rest exact time on top
 */
public record Window(String text, int days, Duration rest) {
    private static final Pattern PART = Pattern.compile("(\\d+)([smhdw])");

    public static Window parse(String text) {
        var typed = text.strip().toLowerCase(java.util.Locale.ROOT);
        var m = PART.matcher(typed);
        long days = 0;
        var rest = Duration.ZERO;
        int at = 0;
        try {
            while (m.find() && m.start() == at) {
                long n = Long.parseLong(m.group(1));
                switch (m.group(2)) {
                    case "w" -> days = Math.addExact(days, Math.multiplyExact(n, 7));
                    case "d" -> days = Math.addExact(days, n);
                    case "h" -> rest = rest.plusHours(n);
                    case "m" -> rest = rest.plusMinutes(n);
                    default -> rest = rest.plusSeconds(n);
                }
                at = m.end();
            }
            if (at == typed.length() && at > 0) {
                if (days == 0 && rest.isZero()) {
                    throw Failure.usage("a window of '" + text + "' is empty", "write it like 90m, 24h, 7d or 1h30m.");
                }
                if (days > 365 * 1000L || rest.toDays() > 365 * 1000L) {
                    throw new ArithmeticException();
                }
                return new Window(typed, (int) days, rest);
            }
        } catch (ArithmeticException | NumberFormatException tooLong) {
            throw Failure.usage("a window of '" + text + "' is too long", "the longest window is a thousand years.");
        }
        throw Failure.usage(
            "'" + text + "' is not a window",
            "write it like 90m, 24h, 7d, 2w or 1h30m (s, m = minutes, h, d, w).");
    }

    /** The window's start when it ends at the given moment, by the calendar of that moment's zone. */
    public ZonedDateTime before(ZonedDateTime end) {
        return end.minus(Period.ofDays(days)).minus(rest);
    }
}
