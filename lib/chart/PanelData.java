//SOURCES ChartData.java Grid.java JsonFile.java Painter.java Pile.java Quantities.java SeriesSelection.java
package lib.chart;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The values behind a picture, as chart.js reads them: where each plot lies, and the points of its series in
 * {@link Quantities}.
 */
final class PanelData {
    private static final int MOST_DECIMALS = 9;

    private final List<Painter> painters;
    private int budget;

    /** @param budget about so many characters for all values; the named series are always there */
    PanelData(List<Painter> painters, int budget) {
        this.painters = painters;
        this.budget = budget;
    }

    String json() {
        return painters.stream().map(this::panel).collect(Collectors.joining(",\n", "[", "]"));
    }

    private String panel(Painter painter) {
        var plot = painter.plot();
        var data = painter.data();
        var axis = plot.axis();
        int decimals = decimals(painter);
        var fields = new ArrayList<String>();
        fields.add("\"title\":" + JsonFile.quote(data.metric().drawnTitle()));
        fields.add("\"unit\":" + JsonFile.quote(data.metric().drawnUnit()));
        fields.add("\"plot\":[" + plot.left() + "," + plot.top() + "," + plot.width() + "," + plot.height() + "]");
        fields.add("\"time\":[" + plain(plot.from()) + "," + plain(plot.to()) + "]");
        fields.add("\"axis\":[" + axis.min() + "," + axis.max() + "," + axis.isLog() + "]");
        fields.add("\"decimals\":" + decimals);
        fields.add("\"stacked\":" + data.isStacked());
        fields.add("\"zone\":" + JsonFile.quote(data.zone().getId()));
        fields.add("\"offsets\":" + offsets(data));
        fields.add("\"grid\":" + grid(painter));
        fields.add("\"series\":" + series(painter, decimals));
        return "{" + String.join(",", fields) + "}";
    }

    private static String plain(double seconds) {
        return String.format(Locale.ROOT, "%.6f", seconds).replaceFirst("\\.?0+$", "");
    }

    /** Two digits more than the step of the axis has, of the value as it is measured. */
    private static int decimals(Painter painter) {
        var axis = painter.plot().axis();
        double step = axis.isLog() ? Math.pow(10, axis.min()) : axis.step();
        return Math.clamp((int) Math.ceil(2 - Math.log10(step)), 0, MOST_DECIMALS);
    }

    /** When the clock of the zone changes: seconds since 1970 and its offset from then on. */
    private static String offsets(ChartData data) {
        ZoneId zone = data.zone();
        var list = new ArrayList<String>();
        list.add("[0," + zone.getRules().getOffset(data.from()).getTotalSeconds() + "]");
        for (var change = zone.getRules().nextTransition(data.from());
            change != null && change.getInstant().isBefore(data.to()) && list.size() < 500;
            change = zone.getRules().nextTransition(change.getInstant())) {
            list.add(
                "[" + change.getInstant().getEpochSecond() + "," + change.getOffsetAfter().getTotalSeconds() + "]");
        }
        return "[" + String.join(",", list) + "]";
    }

    /**
     * Equal buckets: the first and their length, in milliseconds. Others: all edges. Raw rows: nothing, each has its
     * own time.
     */
    private static String grid(Painter painter) {
        var grid = painter.data().grid();
        if (painter.data().isStacked()) {
            var edges = new Quantities();
            for (var edge : painter.selection().pile().edges()) edges.next(Math.round(edge * 1000));
            return "{\"edges\":\"" + edges + "\"}";
        }
        if (grid.isRaw()) return "{}";
        if (!grid.bucket().isCalendar()) {
            return "{\"start\":" + plain(Grid.micros(grid.from()) / 1e3) + ",\"step\":" + plain(grid.bucket().n() / 1e3)
                + "}";
        }
        var edges = new Quantities();
        for (var edge : grid.edges()) edges.next(edge / 1000);
        return "{\"edges\":\"" + edges + "\"}";
    }

    private String series(Painter painter, int decimals) {
        var list = new ArrayList<String>();
        var drawn = painter.selection().drawn();
        for (int i = 0; i < drawn.size(); i++) {
            var d = drawn.get(i);
            if (!d.isNamed() && budget <= 0) continue;
            var values = painter.data().isStacked() ? pilePart(painter.selection().pile(), i, decimals)
                : line(painter.data(), d, decimals);
            budget -= values.length();
            list.add(
                "{\"name\":" + JsonFile.quote(d.isNamed() ? d.label() : d.series().name()) + ",\"n\":"
                    + (d.isNamed() ? i : -1)
                    + ",\"color\":\"#" + HexFormat.of().toHexDigits(d.style().color().getRGB() & 0xffffff, 6) + "\","
                    + values + "}");
        }
        return list.stream().collect(Collectors.joining(",\n", "[", "]"));
    }

    private static String pilePart(Pile pile, int part, int decimals) {
        var values = pile.parts().get(part).values();
        var runs = new Runs();
        var numbers = new Quantities();
        for (int i = 0; i < values.length; i++) {
            if (Double.isNaN(values[i])) continue;
            runs.add(i);
            numbers.next(scaled(values[i], decimals));
        }
        return "\"runs\":\"" + runs.text() + "\",\"v\":\"" + numbers + "\"";
    }

    private String line(ChartData data, SeriesSelection.Drawn d, int decimals) {
        var points = d.series().points();
        var runs = new Runs();
        var times = new Quantities();
        var values = new Quantities();
        for (int i = 0; i < d.series().size(); i++) {
            if (data.grid().isRaw()) times.next(points.times()[i] / 1000);
            else runs.add(data.grid().index(points.times()[i]));
            values.next(scaled(points.values()[i], decimals));
        }
        var text =
            (data.grid().isRaw() ? "\"t\":\"" + times : "\"runs\":\"" + runs.text()) + "\",\"v\":\"" + values + "\"";
        return d.isNamed() && d.series().hasBand() && budget > 0 ? text + bounds(d.series(), decimals) : text;
    }

    /** How far below and above the mean. */
    private static String bounds(ChartData.Series s, int decimals) {
        var low = new Quantities();
        var high = new Quantities();
        var p = s.points();
        for (int i = 0; i < s.size(); i++) {
            long mean = scaled(p.values()[i], decimals);
            low.append(mean - scaled(p.min()[i], decimals));
            high.append(scaled(p.max()[i], decimals) - mean);
        }
        return ",\"low\":\"" + low + "\",\"high\":\"" + high + "\"";
    }

    private static long scaled(double value, int decimals) {
        return Math.round(value * Math.pow(10, decimals));
    }

    /** Buckets that hold a value: how many are left out, how many follow each other. */
    private static final class Runs {
        private final Quantities text = new Quantities();
        private int start;
        private int end = -1;
        private int written;

        void add(int bucket) {
            if (bucket != end) {
                flush();
                start = bucket;
            }
            end = bucket + 1;
        }

        private void flush() {
            if (end < 0) return;
            text.append(start - written).append(end - start);
            written = end;
        }

        String text() {
            flush();
            end = -1;
            return text.toString();
        }
    }
}
