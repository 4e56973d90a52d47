//SOURCES Canvas.java ChartData.java Peaks.java Plot.java SeriesSelection.java Theme.java Thinning.java
package lib.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lib.chart.SeriesSelection.Drawn;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** What is inside the plot: XChart scales and draws lines, bands and areas; its own titles, ticks and legend are switched off. */
final class SeriesPainter {
    /** Of more strokes than this only the highest are drawn. */
    private static final int MOST_PEAKS = 6_000;
    private static final Color NOTHING = new Color(0, 0, 0, 0);

    private final ChartData data;
    private final SeriesSelection lineup;
    private final Theme theme;
    private final Plot plot;
    private final XYChart chart;
    private final List<Dot> dots = new ArrayList<>();

    /** A point without neighbours: a line of one point would not be seen. */
    private record Dot(double time, double value, Color color) {}

    SeriesPainter(ChartData data, SeriesSelection lineup, Theme theme, Plot plot) {
        this.data = data;
        this.lineup = lineup;
        this.theme = theme;
        this.plot = plot;
        this.chart = new XYChartBuilder().width((int) plot.width()).height((int) plot.height()).build();
        var style = chart.getStyler();
        style.setChartBackgroundColor(NOTHING)
            .setPlotBackgroundColor(NOTHING)
            .setChartPadding(0)
            .setLegendVisible(false)
            .setChartTitleVisible(false)
            .setPlotContentSize(1)
            .setMarkerSize(0);
        style.setPlotBorderVisible(false);
        style.setPlotGridLinesVisible(false);
        style.setAxisTicksVisible(false);
        style.setAxisTitlesVisible(false);
        style.setPlotMargin(0);
        // No room for a tick: XChart would measure labels that nobody sees, with a font that may not be there.
        style.setXAxisTickMarkSpacingHint(1_000_000);
        style.setYAxisTickMarkSpacingHint(1_000_000);
        style.setXAxisMin(plot.from())
            .setXAxisMax(plot.to())
            .setYAxisMin(plot.axis().min())
            .setYAxisMax(plot.axis().max());
    }

    /** The first of the lineup on top. */
    void paint(Canvas canvas) {
        var backToFront = lineup.drawn().reversed();
        if (data.isStacked()) {
            backToFront.forEach(this::area);
        } else {
            if (lineup.others() == 0) lineup.drawn().forEach(this::band);
            backToFront.forEach(this::line);
        }
        if (chart.getSeriesCollection().isEmpty() && dots.isEmpty()) return;
        canvas.within(plot.area(), () -> {
            var g = canvas.g();
            if (!chart.getSeriesCollection().isEmpty()) {
                g.translate(plot.left(), plot.top());
                chart.paint(g, (int) plot.width(), (int) plot.height());
                g.translate(-plot.left(), -plot.top());
            }
            if (!data.isStacked()) peaks(canvas, backToFront);
            for (var dot : dots) {
                g.setColor(dot.color());
                g.fill(new Ellipse2D.Double(plot.x(dot.time()) - 2, plot.y(dot.value()) - 2, 4, 4));
            }
        });
    }

    private record Peak(Drawn line, int at, double value) {
        double height() {
            return Math.abs(value - line.series().average()[at]);
        }
    }

    /** A thin stroke from the mean to each outstanding extreme, one path per series. */
    private void peaks(Canvas canvas, List<Drawn> backToFront) {
        var all = new ArrayList<Peak>();
        for (var d : backToFront) {
            var values = Peaks.of(d.series(), plot.axis().max() - plot.axis().min());
            for (int i = 0; i < values.length; i++) {
                if (!Double.isNaN(values[i])) all.add(new Peak(d, i, values[i]));
            }
        }
        double least = all.size() <= MOST_PEAKS ? 0
            : all.stream().mapToDouble(Peak::height).sorted().skip(all.size() - MOST_PEAKS).findFirst().orElse(0);
        var strokes = new LinkedHashMap<Drawn, Path2D>();
        for (var peak : all) {
            if (peak.height() < least) continue;
            var path = strokes.computeIfAbsent(peak.line(), d -> new Path2D.Double());
            path.moveTo(plot.x(data.position(peak.at())), plot.y(peak.line().series().average()[peak.at()]));
            path.lineTo(plot.x(data.position(peak.at())), plot.y(peak.value()));
        }
        strokes.forEach((d, path) -> {
            canvas.g().setColor(Theme.alpha(d.color(), 190));
            canvas.g().setStroke(new BasicStroke(1));
            canvas.g().draw(path);
        });
    }

    private void line(Drawn d) {
        int step = d.isNamed() ? 1 : Thinning.ofGreyLines(data, lineup);
        float width = !d.isNamed() ? 0.8f : lineup.drawn().size() > 6 ? 1.3f : 1.6f;
        var stroke = new BasicStroke(
            width,
            BasicStroke.CAP_ROUND,
            BasicStroke.JOIN_ROUND,
            1,
            d.dashed() ? new float[] {6, 3} : null,
            0);
        for (var whole : data.stretches(d.line())) {
            var stretch = d.isNamed() ? Thinning.byPixel(whole, data, d.line(), plot) : whole;
            if (stretch.length == 1) dots.add(new Dot(data.position(stretch[0]), d.line()[stretch[0]], d.color()));
            int n = (stretch.length + step - 1) / step;
            if (n < 2) continue;
            var x = new double[n];
            var y = new double[n];
            for (int k = 0; k < n; k++) {
                int end = Math.min(stretch.length, (k + 1) * step);
                for (int i = k * step; i < end; i++) {
                    x[k] += data.position(stretch[i]);
                    y[k] += d.line()[stretch[i]];
                }
                x[k] /= end - k * step;
                y[k] /= end - k * step;
            }
            chart.addSeries(newId(), x, y).setMarker(SeriesMarkers.NONE).setLineColor(d.color()).setLineStyle(stroke);
        }
    }

    private void band(Drawn d) {
        if (!d.series().hasBand()) return;
        for (var stretch : data.stretches(d.series().average())) {
            int n = stretch.length;
            if (n < 2) continue;
            var x = new double[2 * n];
            var y = new double[2 * n];
            for (int i = 0; i < n; i++) {
                x[i] = x[2 * n - 1 - i] = data.position(stretch[i]);
                y[i] = d.series().max()[stretch[i]];
                y[2 * n - 1 - i] = d.series().min()[stretch[i]];
            }
            polygon(x, y, Theme.alpha(d.color(), Math.clamp(80 / lineup.drawn().size(), 10, 44)));     // bands that overlap add up to a grey
        }
    }

    private void area(Drawn d) {
        for (var whole : data.stretches(d.line())) {
            var stretch = Thinning.byPixel(whole, data, d.line(), plot);
            int n = stretch.length;
            double half = Math.max(data.bucket().seconds() / 2.0, plot.secondsPerPixel() / 2);
            var x = new double[n + 4];
            var y = new double[n + 4];
            for (int i = 0; i < n; i++) {
                x[i + 2] = data.position(stretch[i]);
                y[i + 2] = d.line()[stretch[i]];
            }
            // the first and the last bucket are areas too, not points: from edge to edge
            x[0] = x[1] = x[2] - half;
            x[n + 2] = x[n + 3] = x[n + 1] + half;
            y[0] = y[n + 3] = 0;
            y[1] = y[2];
            y[n + 2] = y[n + 1];
            polygon(x, y, Theme.blend(d.color(), theme.background(), 0.88));
        }
    }

    private void polygon(double[] x, double[] y, Color fill) {
        var series = chart.addSeries(newId(), x, y);
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
        series.setMarker(SeriesMarkers.NONE);
        series.setFillColor(fill);
        series.setLineStyle(SeriesLines.NONE);
    }

    /** SeriesNames in the database may be empty or equal; XChart's must not be. */
    private String newId() {
        return Integer.toString(chart.getSeriesCollection().size());
    }
}
