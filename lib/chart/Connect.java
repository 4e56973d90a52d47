//SOURCES ../Failure.java ../Window.java
package lib.chart;

import lib.Failure;
import lib.Window;

/**
 * Which points a line joins: those with no more time between them than this.
 *
 * @param seconds NaN = told from the data: two and a half times the usual distance
 */
public record Connect(double seconds) {
    public static final Connect AUTO = new Connect(Double.NaN);
    public static final Connect ALWAYS = new Connect(Double.POSITIVE_INFINITY);
    public static final Connect NEVER = new Connect(0);

    /** "auto", "always", "never", or a time: "2h". */
    public static Connect parse(String text) {
        return switch (text.strip()) {
            case "auto" -> AUTO;
            case "always" -> ALWAYS;
            case "never" -> NEVER;
            default -> {
                if (!text.matches("\\s*[0-9].*")) {
                    throw Failure
                        .usage(
                            "'" + text + "' does not say which points to join",
                            "choose auto, always, never, or a time like 2h.");
                }
                yield new Connect(Window.parse(text).estimate().toMillis() / 1000.0);
            }
        };
    }

    /** @param usual seconds between two points of the line, mostly; @param bucket seconds of one */
    double limit(double usual, double bucket) {
        return Double.isNaN(seconds) ? Math.max(1.5 * bucket, 2.5 * usual) : seconds;
    }
}
