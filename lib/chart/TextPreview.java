//SOURCES ../Table.java ../Units.java ChartData.java Painter.java
package lib.chart;

import java.time.Duration;
import java.util.Locale;
import lib.Table;
import lib.Units;

/** A chart for a terminal: a line of blocks per series, its figures beside it. */
public final class TextPreview {
    private static final String BLOCKS = "▁▂▃▄▅▆▇█";
    private static final int WIDTH = 60;
    private static final int MOST = 40;

    private TextPreview() {}

    public static String of(ChartData data) {
        double low = data.metric().range() != null ? data.metric().range().min() : Double.POSITIVE_INFINITY;
        double high = data.metric().range() != null ? data.metric().range().max() : Double.NEGATIVE_INFINITY;
        for (var s : data.series()) {
            low = Math.min(low, s.lowest());
            high = Math.max(high, s.highest());
        }
        if (data.isStacked()) low = Math.min(0, low);
        var table = Table.of("series", "%s to %s".formatted(figure(low), figure(high)), "min", "mean", "max", "last");
        for (var s : data.series().stream().limit(MOST).toList()) {
            table.row(
                s.name(),
                line(data, s, low, high),
                figure(s.lowest()),
                figure(s.mean()),
                figure(s.highest()),
                figure(s.last()));
        }
        var more = data.series().size() - MOST;
        return data.metric().title() + (data.metric().unit().isEmpty() ? "" : ", " + data.metric().unit()) + "\n"
            + Painter.subtitle(data, 0) + "\n\n" + table
            + (more > 0 ? "and " + Units.count(more) + " more series\n" : "");
    }

    /** Each column is the value of its stretch that is farthest from the series' mean, so that peaks are seen; a blank is a gap. */
    private static String line(ChartData data, ChartData.Series s, double low, double high) {
        double from = data.from().getEpochSecond();
        double width = Math.max(1, Duration.between(data.from(), data.to()).toSeconds()) / (double) WIDTH;
        var values = new double[WIDTH];
        java.util.Arrays.fill(values, Double.NaN);
        double mean = s.mean();
        for (int i = 0; i < data.times().length; i++) {
            if (Double.isNaN(s.average()[i])) continue;
            int column = (int) Math.clamp((long) ((data.position(i) - from) / width), 0, WIDTH - 1);
            for (var v : new double[] {s.min()[i], s.max()[i]}) {
                if (Double.isNaN(values[column]) || Math.abs(v - mean) > Math.abs(values[column] - mean))
                    values[column] = v;
            }
        }
        var text = new StringBuilder();
        for (var v : values) {
            text.append(
                Double.isNaN(v) ? ' '
                    : BLOCKS.charAt(high > low ? Math.clamp((long) ((v - low) / (high - low) * 8), 0, 7) : 4));
        }
        return text.toString();
    }

    private static String figure(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, Math.abs(value) >= 1000 ? "%,.0f" : "%.1f", value)
            : "";
    }
}
