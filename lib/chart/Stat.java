//SOURCES ../Failure.java ../Spelling.java
package lib.chart;

import java.util.Arrays;
import java.util.Locale;
import lib.Failure;
import lib.Spelling;

/** What a bucket shows of its rows. */
public enum Stat {
    MEAN("mean", "means"),
    MIN("lowest", "lowest values"),
    MAX("highest", "highest values"),
    SUM("sum", "sums"),
    LAST("last", "last values"),
    P50("median", "medians"),
    P95("95th percentile", "95th percentiles"),
    P99("99th percentile", "99th percentiles"),
    COUNT("rows", "numbers of rows"),
    RATE("rate", "rates");

    private final String label;
    private final String plural;

    Stat(String label, String plural) {
        this.label = label;
        this.plural = plural;
    }

    /** As typed: mean, p95, … */
    public static Stat of(String typed) {
        var known = Arrays.stream(values()).map(Stat::typed).toList();
        return Arrays.stream(values())
            .filter(stat -> stat.typed().equals(typed.strip().toLowerCase(Locale.ROOT)))
            .findFirst()
            .orElseThrow(
                () -> Failure.usage(
                    "there is no statistic '" + typed + "'",
                    Spelling.didYouMean(typed, known) + "There are: " + String.join(", ", known)
                        + "."));
    }

    public String typed() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** "95th percentiles", for "95th percentiles of 10 min". */
    String plural() {
        return plural;
    }

    /** The mean hides the extremes, so they are shown beside it; the others say what they say. */
    boolean hasBand() {
        return this == MEAN;
    }

    /** The fraction of a percentile; NaN for the others. */
    double fraction() {
        return switch (this) {
            case P50 -> 0.5;
            case P95 -> 0.95;
            case P99 -> 0.99;
            default -> Double.NaN;
        };
    }

    /** A bucket that is not over yet shows too little of these. */
    boolean addsUp() {
        return this == SUM || this == COUNT;
    }

    String unitOf(String unit) {
        return switch (this) {
            case COUNT -> "rows";
            case RATE -> unit.isEmpty() ? "per second" : unit + "/s";
            default -> unit;
        };
    }

    String titleOf(String title) {
        return switch (this) {
            case MEAN -> title;
            case COUNT -> title + ", number of rows";
            default -> title + ", " + label;
        };
    }
}
