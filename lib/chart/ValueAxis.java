//SOURCES Metric.java
package lib.chart;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The scale of the values: round steps, both ends on a step.
 *
 * @param divisor values are shown divided by it (1000 with unit kW)
 */
public record ValueAxis(double min, double max, double step, double divisor, String unit) {

    /** @param fixed null = from the data; @param zeroBased areas that do not start at zero lie */
    public static ValueAxis of(double low, double high, Metric.Range fixed, boolean zeroBased, String unit, int most) {
        if (fixed != null) {
            low = Math.min(low, fixed.min());
            high = Math.max(high, fixed.max());
        }
        if (zeroBased) {
            low = Math.min(0, low);
            high = Math.max(0, high);
        }
        if (!(high > low)) {          // one value only: some room around it
            double room = Math.max(Math.abs(low) * 0.1, 1);
            low -= room;
            high += room;
        }
        double step = niceStep((high - low) / most);
        double min = Math.floor(low / step + 1e-9) * step;
        double max = Math.ceil(high / step - 1e-9) * step;
        double biggest = Math.max(Math.abs(min), Math.abs(max));
        int power = 0;
        if (List.of("W", "Wh", "VA", "B", "B/s", "Hz", "bit/s", "V", "A", "J").contains(unit)) {
            while (biggest >= 2000 && power < 4) {
                biggest /= 1000;
                power++;
            }
        }
        return new ValueAxis(
            min,
            max,
            step,
            Math.pow(1000, power),
            new String[] {"", "k", "M", "G", "T"}[power] + unit);
    }

    private static double niceStep(double rough) {
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        for (double nice : new double[] {1, 2, 2.5, 5, 10}) {
            if (nice * power >= rough * (1 - 1e-9)) return nice * power;
        }
        return 10 * power;
    }

    public List<Double> ticks() {
        var ticks = new ArrayList<Double>();
        long count = Math.round((max - min) / step);
        for (long i = 0; i <= count; i++) {
            double tick = min + i * step;
            ticks.add(Math.abs(tick) < step * 1e-9 ? 0 : tick);
        }
        return ticks;
    }

    public String label(double value) {
        return text(value / divisor, decimals(step / divisor));
    }

    /** A value for people, with one digit more than the ticks have. */
    public String exact(double value) {
        return text(value / divisor, step / divisor >= 50 ? 0 : Math.min(12, decimals(step / divisor) + 1));
    }

    private static String text(double value, int decimals) {
        if (Math.abs(value) >= 1e12 || value != 0 && Math.abs(value) < 1e-6)
            return String.format(Locale.ROOT, "%.3g", value);
        return String.format(Locale.ROOT, "%,." + decimals + "f", value)
            .replaceFirst("^-(0(\\.0+)?)$", "$1")
            .replace("-", "−");
    }

    private static int decimals(double step) {
        return Math.clamp(
            new BigDecimal(step).round(new java.math.MathContext(3, RoundingMode.HALF_UP)).stripTrailingZeros().scale(),
            0,
            12);
    }
}
