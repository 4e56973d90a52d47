//SOURCES ../Json.java
package lib.explore;

import java.util.Locale;
import lib.Json;

/** Small words and numbers for people. */
final class ShortText {
    private ShortText() {}

    /** 25.0 → "25", 12.34 → "12.3". */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? String.format(Locale.ROOT, "%,d", (long) value)
            : String.format(Locale.ROOT, "%,.1f", value);
    }

    static double share(long part, long whole) {
        return whole <= 0 ? 0 : (double) part / whole;
    }

    /** A text value out of a job's config, or null. */
    static String jsonValue(String json, String key) {
        if (json == null) return null;
        var node = Json.tree(json).get(key);
        return node == null || node.isNull() ? null : node.asString();
    }

    static String cut(String text, int length) {
        return text == null || text.codePointCount(0, text.length()) <= length ? text
            : text.substring(0, text.offsetByCodePoints(0, length - 1)) + "…";
    }
}
