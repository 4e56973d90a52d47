package lib.chart;

/**
 * Numbers as short text: differences, written in digits of base 64 with five bits and a mark for more (the VLQ of
 * source maps). Most points of a chart need one or two characters.
 */
final class Quantities {
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private static final int BITS = 5;
    private static final int MORE = 1 << BITS;

    private final StringBuilder text = new StringBuilder();
    private long last;

    /** The difference from the one before. */
    Quantities next(long value) {
        append(value - last);
        last = value;
        return this;
    }

    /** As it is. */
    Quantities append(long value) {
        long rest = value < 0 ? -value << 1 | 1 : value << 1;
        do {
            int digit = (int) (rest & MORE - 1);
            rest >>>= BITS;
            text.append(DIGITS.charAt(rest > 0 ? digit | MORE : digit));
        } while (rest > 0);
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
