//SOURCES Metric.java
package lib.chart;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The scale of the values: round steps, both ends on a step; or powers of ten.
 *
 * @param min as it is drawn: of a logarithmic scale the exponent
 * @param divisor values are shown divided by it (1000 with unit kW)
 */
public record ValueAxis(double min, double max, double step, Divisor divisor, boolean isLog) {
    private static final List<String> WITH_PREFIX =
        List.of("W", "Wh", "VA", "var", "B", "B/s", "Hz", "bit/s", "V", "A", "J", "W/s", "g");

    public record Divisor(double number, String unit) {}

    /** What the values are, and what is asked for. @param fixed null = from the data */
    public record Need(double low, double high, Metric.Range fixed, boolean fromZero, String unit) {}

    public static ValueAxis of(Need need, int most) {
        double low = need.low();
        double high = need.high();
        if (need.fixed() != null) {
            low = Math.min(low, need.fixed().min());
            high = Math.max(high, need.fixed().max());
        }
        if (need.fromZero()) {        // areas that do not start at zero lie
            low = Math.min(0, low);
            high = Math.max(0, high);
        }
        if (!Double.isFinite(low) || !Double.isFinite(high)) {
            low = 0;
            high = 1;
        }
        if (!(high > low)) {          // one value only: some room around it
            double room = low == 0 ? 1 : Math.abs(low) * 0.1;
            low -= room;
            high += room;
        }
        double step = niceStep((high / most - low / most));
        double min = Math.floor(low / step + 1e-9) * step;
        double max = Math.ceil(high / step - 1e-9) * step;
        min = Math.max(min, -Double.MAX_VALUE);
        max = Math.min(max, Double.MAX_VALUE);
        return new ValueAxis(min, max, step, divisor(Math.max(Math.abs(min), Math.abs(max)), need.unit()), false);
    }

    /** Whole powers of ten around the values, which are all above zero. */
    public static ValueAxis logarithmic(Need need) {
        double low = need.low() > 0 && Double.isFinite(need.low()) ? need.low() : 1;
        double high = Math.max(low, Double.isFinite(need.high()) ? need.high() : low);
        double min = Math.floor(Math.log10(low) + 1e-9);
        double max = Math.max(min + 1, Math.ceil(Math.log10(high) - 1e-9));
        return new ValueAxis(min, max, Math.max(1, Math.ceil((max - min) / 10)), new Divisor(1, need.unit()), true);
    }

    private static Divisor divisor(double biggest, String unit) {
        int power = 0;
        if (WITH_PREFIX.contains(unit)) {
            while (biggest >= 2000 && power < 4) {
                biggest /= 1000;
                power++;
            }
        }
        return new Divisor(Math.pow(1000, power), new String[] {"", "k", "M", "G", "T"}[power] + unit);
    }

    private static double niceStep(double rough) {
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        for (double nice : new double[] {1, 2, 2.5, 5, 10}) {
            if (nice * power >= rough * (1 - 1e-9)) return nice * power;
        }
        return 10 * power;
    }

    public String unit() {
        return divisor.unit();
    }

    /** Which part of the axis lies below a height: 0 to 1. Near 1e308 the axis is longer than a number may be. */
    public double fraction(double scaled) {
        return (scaled / 2 - min / 2) / (max / 2 - min / 2);
    }

    /** A value's height on the axis; NaN for what a logarithmic scale cannot show. */
    public double scaled(double value) {
        if (!isLog) return value;
        return value > 0 ? Math.log10(value) : Double.NaN;
    }

    /** Heights of the ticks, as drawn. */
    public List<Double> ticks() {
        var ticks = new ArrayList<Double>();
        double first = isLog ? min / step : Math.ceil(min / step - 1e-9);
        long count = Math.round(Math.floor(max / step - first + 1e-9));
        for (long i = 0; i <= count; i++) {
            double tick = (first + i) * step;
            ticks.add(Math.abs(tick) < step * 1e-9 ? 0 : tick);
        }
        return ticks;
    }

    /** @param tick a height on the axis */
    public String label(double tick) {
        if (!isLog) return text(tick / divisor.number(), decimals());
        double value = Math.pow(10, tick);
        return text(value, Math.clamp((int) -Math.round(tick), 0, 12));
    }

    /** A value for people, with one digit more than the ticks have. */
    public String exact(double value) {
        if (isLog) {
            return text(value, value == 0 ? 0 : Math.clamp((int) Math.ceil(2 - Math.log10(Math.abs(value))), 0, 12));
        }
        double shown = step / divisor.number();
        return text(value / divisor.number(), shown >= 50 ? 0 : Math.min(12, decimals() + 1));
    }

    /** How many decimals the ticks need. */
    public int decimals() {
        return isLog ? Math.clamp((int) -Math.round(min), 0, 12) : decimals(step / divisor.number());
    }

    private static String text(double value, int decimals) {
        if (Math.abs(value) >= 1e12 || value != 0 && Math.abs(value) < 1e-6) {
            return String.format(Locale.ROOT, "%.3g", value).replace("-", "−");
        }
        return String.format(Locale.ROOT, "%,." + decimals + "f", value)
            .replaceFirst("^-(0(\\.0+)?)$", "$1")
            .replace("-", "−");
    }

    private static int decimals(double step) {
        return Math.clamp(
            new BigDecimal(step).round(new MathContext(3, RoundingMode.HALF_UP)).stripTrailingZeros().scale(),
            0,
            12);
    }
}
