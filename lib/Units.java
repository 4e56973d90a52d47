//SOURCES Failure.java
package lib;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Numbers as people read them. Sizes count in steps of 1024 with PostgreSQL's own names (kB, MB, GB), as pg_size_pretty
 * does.
 */
public final class Units {
    private static final String[] SIZES = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kKmMgGtT]?)i?[bB]?");
    private static final DateTimeFormatter STAMP =
        DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss").withZone(ZoneOffset.UTC);

    private Units() {}

    /** 10952347648 → "10.2 GB"; 812 → "812 bytes". */
    public static String bytes(long bytes) {
        if (Math.abs(bytes) < 1024) {
            return bytes + " bytes";
        }
        double value = bytes;
        int unit = 0;
        while (Math.abs(value) >= 1024 && unit < SIZES.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, Math.abs(value) >= 99.95 ? "%.0f %s" : "%.1f %s", value, SIZES[unit]);
    }

    /** "32M" → 33554432; "1.5 GB" → 1610612736. */
    public static long parseBytes(String text) {
        var m = SIZE.matcher(text.strip());
        if (!m.matches()) {
            throw Failure.usage("'" + text + "' is not a size", "write it like 500M or 1.5G.");
        }
        int power = "kmgt".indexOf(m.group(2).toLowerCase(Locale.ROOT)) + 1;
        return Math.round(Double.parseDouble(m.group(1)) * Math.pow(1024, m.group(2).isEmpty() ? 0 : power));
    }

    /** 3628800 → "3,628,800". */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** One and many: {@code plural(1, "row")} → "1 row", {@code plural(3, "row")} → "3 rows"; "entries", "keys". */
    public static String plural(long number, String noun) {
        if (number == 1) return "1 " + noun;
        var several = noun.matches(".*[^aeiou]y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
        return count(number) + " " + several;
    }

    /** "0.8 s", "42.1 s", "3 min 5 s", "2 h 10 min", "5 d 3 h". */
    public static String duration(Duration d) {
        if (d.isNegative()) return "-" + duration(d.negated());
        long seconds = d.toSeconds();
        if (seconds < 60) return String.format(Locale.ROOT, "%.1f s", d.toMillis() / 1000.0);
        if (seconds < 3600) return two(seconds / 60, "min", seconds % 60, "s");
        if (seconds < 86_400) return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
        return two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h");
    }

    private static String two(long big, String bigUnit, long small, String smallUnit) {
        return small == 0 ? big + " " + bigUnit : big + " " + bigUnit + " " + small + " " + smallUnit;
    }

    /** The time stamp of file names, UTC: 20250704_165326. */
    public static String stamp(Instant time) {
        return STAMP.format(time);
    }

    /** "2025-07-04 16:53:26 UTC". */
    public static String utc(Instant time) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC).format(time);
    }
}
