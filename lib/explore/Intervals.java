//SOURCES ../Units.java
package lib.explore;

import java.time.Duration;
import java.util.regex.Pattern;
import lib.Units;

/** Intervals as PostgreSQL writes them ("7 days", "1 day 02:00:00", "01:00:00", "3 mons"), as microseconds and back. */
public final class Intervals {
    private static final long SECOND = 1_000_000L;
    private static final long DAY = 86_400 * SECOND;
    private static final Pattern UNIT =
        Pattern.compile(
            "(-?\\d+(?:\\.\\d+)?)\\s*(years?|mons?|months?|weeks?|days?|hours?|minutes?|mins?|seconds?|secs?)");
    private static final Pattern CLOCK = Pattern.compile("(-?)(\\d+):(\\d\\d):(\\d\\d(?:\\.\\d+)?)");

    private Intervals() {}

    /** Null when the text is no interval: an integer offset, or nothing. A month counts 30 days, a year 365.25. */
    public static Long micros(String text) {
        if (text == null) return null;
        double sum = 0;
        boolean found = false;
        var unit = UNIT.matcher(text.replaceFirst("^@ ", ""));
        while (unit.find()) {
            found = true;
            double number = Double.parseDouble(unit.group(1));
            sum += number * switch (unit.group(2).charAt(0)) {
                case 'y' -> 365.25 * DAY;
                case 'm' -> unit.group(2).startsWith("mi") ? 60 * SECOND : 30 * DAY;
                case 'w' -> 7 * DAY;
                case 'd' -> DAY;
                case 'h' -> 3600 * SECOND;
                default -> SECOND;
            };
        }
        var clock = CLOCK.matcher(text);
        if (clock.find()) {
            found = true;
            double seconds =
                Integer.parseInt(clock.group(2)) * 3600.0 + Integer.parseInt(clock.group(3)) * 60.0
                    + Double.parseDouble(clock.group(4));
            sum += (clock.group(1).isEmpty() ? 1 : -1) * seconds * SECOND;
        }
        return found ? Math.round(sum) : null;
    }

    /** 86400000000 → "1 day", 5400000000 → "1 hour 30 minutes". */
    public static String human(long micros) {
        long[] sizes = {7 * DAY, DAY, 3600 * SECOND, 60 * SECOND, SECOND};
        String[] names = {"week", "day", "hour", "minute", "second"};
        if (micros <= 0 || micros % SECOND != 0) return micros / 1000.0 + " ms";
        var text = new StringBuilder();
        long rest = micros;
        for (int i = 0; i < sizes.length; i++) {
            // 10 days read better than 1 week 3 days
            if (i == 0 && micros % sizes[0] != 0) continue;
            long n = rest / sizes[i];
            if (n > 0) {
                text.append(text.isEmpty() ? "" : " ").append(n).append(' ').append(names[i]).append(n == 1 ? "" : "s");
            }
            rest %= sizes[i];
        }
        return text.toString();
    }

    /** "01:00:00" → "1 hour", "7 days" stays; what is no interval (an integer offset) stays too. */
    public static String readable(String text) {
        var micros = micros(text);
        return micros == null || micros <= 0 || !text.contains(":") ? text : human(micros);
    }

    /** 93784 → "1 d 2 h": how long ago, how far behind. */
    static String age(long seconds) {
        return Units.duration(Duration.ofSeconds(seconds));
    }
}
