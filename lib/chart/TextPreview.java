//SOURCES ../Table.java ../Units.java ChartData.java Painter.java Subtitle.java
package lib.chart;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lib.Table;
import lib.Units;

/** A chart for a terminal: a line of blocks per series, its figures beside it. */
public final class TextPreview {
    private static final String BLOCKS = "▁▂▃▄▅▆▇█";
    private static final int WIDTH = 60;
    private static final int MOST = 40;
    private static final int LONGEST_NAME = 60;

    private TextPreview() {}

    public static String of(ChartData data) {
        var range = data.metric().look().range();
        double low = range != null ? range.min() : Double.POSITIVE_INFINITY;
        double high = range != null ? range.max() : Double.NEGATIVE_INFINITY;
        for (var s : data.series()) {
            low = Math.min(low, s.lowest());
            high = Math.max(high, s.highest());
        }
        if (data.isStacked()) low = Math.min(0, low);
        var table = Table.of("series", figure(low) + " to " + figure(high), "min", "mean", "max", "last");
        var shown = data.series().stream().limit(MOST).toList();
        var names = names(shown);
        for (var s : shown) {
            table.row(
                names.get(s),
                line(data, s, low, high),
                figure(s.lowest()),
                figure(s.mean()),
                figure(s.highest()),
                figure(s.last()));
        }
        var more = data.series().size() - MOST;
        var unit = data.metric().drawnUnit();
        return data.metric().drawnTitle() + (unit.isEmpty() ? "" : ", " + unit) + "\n" + new Subtitle(data).plain()
            + "\n\n" + table
            + (more > 0 ? "and " + Units.count(more) + " more series\n" : "");
    }

    /** One very long name would push all figures off the screen: it loses its middle, where that stays the only one. */
    private static Map<ChartData.Series, String> names(List<ChartData.Series> series) {
        var names = new IdentityHashMap<ChartData.Series, String>();
        var alike = series.stream().collect(Collectors.groupingBy(s -> shortened(s.name()), Collectors.counting()));
        for (var s : series) names.put(s, alike.get(shortened(s.name())) == 1 ? shortened(s.name()) : s.name());
        return names;
    }

    private static String shortened(String name) {
        var letters = name.codePoints().toArray();
        if (letters.length <= LONGEST_NAME) return name;
        int half = LONGEST_NAME / 2;
        return new String(letters, 0, half) + "…" + new String(letters, letters.length - half + 1, half - 1);
    }

    /**
     * Each column is the value of its stretch that is farthest from the series' mean, so that peaks are seen; a blank
     * is a gap.
     */
    private static String line(ChartData data, ChartData.Series s, double low, double high) {
        double from = Painter.seconds(data.from());
        double width = Math.max(1e-6, Painter.seconds(data.to()) - from) / WIDTH;
        var values = new double[WIDTH];
        Arrays.fill(values, Double.NaN);
        double mean = s.mean();
        for (int i = 0; i < s.size(); i++) {
            int column = (int) Math.clamp((long) ((data.position(s, i) - from) / width), 0, WIDTH - 1);
            for (var v : new double[] {s.points().min()[i], s.points().max()[i]}) {
                if (Double.isNaN(values[column]) || Math.abs(v - mean) > Math.abs(values[column] - mean)) {
                    values[column] = v;
                }
            }
        }
        var text = new StringBuilder();
        for (var v : values) {
            int height = high > low ? Math.clamp((long) ((v / 2 - low / 2) / (high / 2 - low / 2) * 8), 0, 7) : 4;
            text.append(Double.isNaN(v) ? ' ' : BLOCKS.charAt(height));
        }
        return text.toString();
    }

    private static String figure(double value) {
        if (!Double.isFinite(value)) return "";
        return String.format(Locale.ROOT, format(Math.abs(value)), value);
    }

    private static String format(double size) {
        if (size == 0) return "%.0f";
        if (size >= 1e12 || size < 1e-3) return "%.3g";
        if (size >= 1000) return "%,.0f";
        return size >= 1 ? "%.1f" : "%.3f";
    }
}
