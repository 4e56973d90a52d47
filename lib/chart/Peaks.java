//SOURCES ChartData.java
package lib.chart;

import java.util.Arrays;

/** The extremes that a mean hides and a band shows but faintly. */
final class Peaks {
    private static final int NEIGHBOURS = 3;

    private Peaks() {}

    /**
     * The extremes that stand out from those of the neighbouring buckets. Noise, which is as wide next door, stays out.
     *
     * @param axisRange from the lowest to the highest value of the axis
     * @return for each point the extreme, NaN for none
     */
    static double[] of(ChartData.Points s, double axisRange) {
        double outstanding = Math.max(usualSpread(s), axisRange * 0.012);
        var peaks = new double[s.values().length];
        for (int i = 0; i < peaks.length; i++) {
            peaks[i] = Double.NaN;
            double mean = s.values()[i];
            if (!(s.max()[i] - mean > outstanding || mean - s.min()[i] > outstanding)) continue;
            double above = s.max()[i] - Math.max(mean, usual(s.max(), i));
            double below = Math.min(mean, usual(s.min(), i)) - s.min()[i];
            if (Math.max(above, below) > outstanding) peaks[i] = above > below ? s.max()[i] : s.min()[i];
        }
        return peaks;
    }

    /** The median distance between the smallest and the largest row of a bucket. */
    private static double usualSpread(ChartData.Points s) {
        var spread = new double[s.values().length];
        int known = 0;
        for (int i = 0; i < spread.length; i++) {
            if (!Double.isNaN(s.values()[i])) spread[known++] = s.max()[i] - s.min()[i];
        }
        Arrays.sort(spread, 0, known);
        return known == 0 ? 0 : spread[known / 2];
    }

    /** The median of the neighbours on both sides. */
    private static double usual(double[] values, int i) {
        var near = new double[2 * NEIGHBOURS];
        int n = 0;
        for (int k = Math.max(0, i - NEIGHBOURS); k <= Math.min(values.length - 1, i + NEIGHBOURS); k++) {
            if (k != i && !Double.isNaN(values[k])) near[n++] = values[k];
        }
        Arrays.sort(near, 0, n);
        return n == 0 ? values[i] : near[n / 2];
    }
}
