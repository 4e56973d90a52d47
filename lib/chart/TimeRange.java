//SOURCES ../Failure.java ../Window.java TimeAxis.java TimeColumn.java
package lib.chart;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import lib.Failure;
import lib.Window;

/**
 * From when to when, as typed.
 *
 * @param window how long, unless {@code from} says where it begins
 * @param from null, a time, or how long before the end: -7d
 * @param until "latest", "now", a time, or how long before the newest row: -1d
 */
public record TimeRange(Window window, String from, String until) {
    /** The newest row's microsecond belongs to the range: it ends one later. */
    private static final long MICROSECOND = 1000;

    Instant end(Instant newest, ZoneId zone) {
        return switch (until) {
            case "latest" -> newest.plusNanos(MICROSECOND);
            case "now" -> Instant.now();
            default -> relative(until) == null ? time(until, zone)
                : relative(until).before(newest.plusNanos(MICROSECOND).atZone(zone)).toInstant();
        };
    }

    Instant start(Instant end, ZoneId zone) {
        var length = from == null ? window : relative(from);
        var start = length == null ? time(from, zone) : length.before(end.atZone(zone)).toInstant();
        if (start.isBefore(TimeColumn.FIRST)) return TimeColumn.FIRST;
        if (start.isBefore(end)) return start;
        throw Failure.usage(
            "the chart would end at %s, before it begins at %s".formatted(show(end, zone), show(start, zone)),
            "swap --from and --to.");
    }

    boolean isUntilLatest() {
        return until.equals("latest");
    }

    /** For messages: "a window of 7d", "--from 2025-07-01". */
    String text() {
        return from == null ? "a window of " + window.text() : "--from " + from;
    }

    /** For the names of files: "7d", "range". */
    public String name() {
        if (from == null) return window.text();
        return relative(from) == null ? "range" : relative(from).text();
    }

    private static Window relative(String text) {
        var typed = text.strip();
        return typed.matches("-[0-9]+[a-zA-Z].*") ? Window.parse(typed.substring(1)) : null;
    }

    static String show(Instant time, ZoneId zone) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ENGLISH).withZone(zone).format(time) + " "
            + TimeAxis.zoneLabel(zone, time, time);
    }

    /** "2025-07-04", "2025-07-04T16:53", "2025-07-04 16:53:26+02:00"; without an offset it is the chart's clock. */
    public static Instant time(String text, ZoneId zone) {
        try {
            var typed =
                text.strip().replaceFirst("(?<=\\d) (?=\\d)", "T").replaceFirst("(?<=:\\d\\d)([+-]\\d\\d)$", "$1:00");
            if (!typed.contains("T")) return LocalDate.parse(typed).atStartOfDay(zone).toInstant();
            TemporalAccessor t =
                DateTimeFormatter.ISO_DATE_TIME.parseBest(typed, OffsetDateTime::from, LocalDateTime::from);
            var time = t instanceof OffsetDateTime o ? o.toInstant() : ((LocalDateTime) t).atZone(zone).toInstant();
            if (time.isBefore(TimeColumn.FIRST) || time.isAfter(TimeColumn.LAST)) {
                throw new DateTimeException("not in the years 1 to 9999");
            }
            return time;
        } catch (DateTimeException e) {
            throw Failure.usage(
                "'" + text + "' is not a time",
                "write it like 2025-07-04, 2025-07-04T16:53, 2025-07-04T16:53:26Z, -7d, latest, or now.");
        }
    }
}
