//SOURCES Canvas.java ChartData.java Grid.java Metric.java Peaks.java Pile.java Plot.java SeriesSelection.java
//SOURCES Theme.java Thinning.java
package lib.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.geom.Path2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.chart.SeriesSelection.Drawn;

/** What is inside the plot: lines, bands and areas. */
final class SeriesPainter {
    /** Of more strokes than this only the highest are drawn. */
    private static final int MOST_PEAKS = 6_000;
    private static final double DOT = 4;

    private final ChartData data;
    private final SeriesSelection selection;
    private final Theme theme;
    private final Plot plot;
    private final int greyStep;

    SeriesPainter(ChartData data, SeriesSelection selection, Theme theme, Plot plot) {
        this.data = data;
        this.selection = selection;
        this.theme = theme;
        this.plot = plot;
        this.greyStep = Thinning.ofGreyLines(selection);
    }

    /** The first of the selection on top. */
    void paint(Canvas canvas) {
        if (selection.drawn().isEmpty()) return;
        canvas.within(plot.area(), () -> canvas.group("class=\"zoom\"", () -> {
            if (data.isStacked()) {
                areas(canvas);
            } else {
                lines(canvas);
            }
        }));
    }

    // ---- lines

    private void lines(Canvas canvas) {
        if (data.extras().earlier() != null) earlier(canvas);
        if (selection.others() == 0 && data.metric().stat().hasBand()) {
            each(canvas, selection.drawn(), this::band);
        }
        var grey = selection.drawn().stream().filter(d -> !d.isNamed()).toList();
        if (!grey.isEmpty()) {
            canvas.group("class=\"others\"", () -> {
                var layer = new Layer(canvas);
                for (var d : grey) line(layer, d, data.stretches(d.series()));
                layer.paintDots();
            });
        }
        each(
            canvas,
            selection.drawn().stream().filter(Drawn::isNamed).toList().reversed(),
            (layer, d) -> line(layer, d, data.stretches(d.series())));
        if (data.metric().stat().hasBand()) peaks(canvas);
    }

    private interface Drawing {
        void draw(Layer layer, Drawn d);
    }

    /** Each series in a group of its own: so a page can show and hide it. */
    private void each(Canvas canvas, List<Drawn> list, Drawing drawing) {
        for (var d : list) {
            canvas.group("data-series=\"" + number(d) + "\"", () -> {
                var layer = new Layer(canvas);
                drawing.draw(layer, d);
                layer.paintDots();
            });
        }
    }

    /** Which of the drawn ones it is; by identity, for records compare all that they hold. */
    private int number(Drawn d) {
        int number = 0;
        while (selection.drawn().get(number) != d) number++;
        return number;
    }

    private void line(Layer layer, Drawn d, List<ChartData.Stretch> stretches) {
        float ofNamed = selection.drawn().size() > 6 ? 1.3f : 1.6f;
        float width = d.isNamed() ? ofNamed : 0.8f;
        var stroke = stroke(width, d.style().dash());
        for (var stretch : stretches) {
            for (var line : parts(points(data, d.series(), stretch))) {
                var drawn = d.isNamed() ? Thinning.byPixel(line, plot) : Thinning.means(line, greyStep);
                layer.line(drawn, d.style().color(), stroke);
            }
        }
    }

    private static BasicStroke stroke(float width, float[] dash) {
        return new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 1, dash, 0);
    }

    /** The points of a stretch as a line; of a step line each value holds until the next. */
    private Thinning.Line points(ChartData of, ChartData.Series s, ChartData.Stretch stretch) {
        int n = stretch.size();
        boolean isStep = data.metric().look().line() == Metric.Line.STEP;
        var x = new double[isStep ? 2 * n : n];
        var y = new double[x.length];
        for (int i = 0; i < n; i++) {
            int at = stretch.first() + i;
            double value = s.points().values()[at];
            if (isStep) {
                x[2 * i] = s.points().times()[at] / 1e6;
                x[2 * i + 1] = i < n - 1 ? s.points().times()[at + 1] / 1e6 : end(of, s, at);
                y[2 * i] = y[2 * i + 1] = value;
            } else {
                x[i] = of.position(s, at);
                y[i] = value;
            }
        }
        return new Thinning.Line(x, y);
    }

    /** How long the last value of a step line holds: to the end of the chart, unless the series has ended before. */
    private static double end(ChartData of, ChartData.Series s, int last) {
        double time = of.grid().end(s.points().times()[last]) / 1e6;
        double end = Grid.micros(of.to()) / 1e6;
        return last == s.size() - 1 && end - time <= of.gapLimit(s) ? Math.max(time, end) : time;
    }

    /** Without what a logarithmic scale cannot show. */
    private List<Thinning.Line> parts(Thinning.Line line) {
        if (!plot.axis().isLog() || Arrays.stream(line.y()).allMatch(v -> v > 0)) return List.of(line);
        var parts = new ArrayList<Thinning.Line>();
        int start = 0;
        for (int i = 0; i <= line.size(); i++) {
            if (i < line.size() && line.y()[i] > 0) continue;
            if (i > start) {
                parts.add(
                    new Thinning.Line(Arrays.copyOfRange(line.x(), start, i), Arrays.copyOfRange(line.y(), start, i)));
            }
            start = i + 1;
        }
        return parts;
    }

    private void band(Layer layer, Drawn d) {
        if (!d.series().hasBand()) return;
        // bands that overlap add up to a grey
        var color = Theme.alpha(d.style().color(), Math.clamp(80 / selection.drawn().size(), 10, 44));
        for (var stretch : data.stretches(d.series())) {
            int n = stretch.size();
            if (n < 2) continue;
            var x = new double[2 * n];
            var y = new double[2 * n];
            for (int i = 0; i < n; i++) {
                int at = stretch.first() + i;
                x[i] = x[2 * n - 1 - i] = data.position(d.series(), at);
                y[i] = onScale(d.series().points().max()[at]);
                y[2 * n - 1 - i] = onScale(d.series().points().min()[at]);
            }
            layer.area(x, y, color);
        }
    }

    /** Below the lowest power of ten is its line. */
    private double onScale(double value) {
        return plot.axis().isLog() ? Math.max(value, Math.pow(10, plot.axis().min())) : value;
    }

    /** The same span some time before: dashed, below all else. */
    private void earlier(Canvas canvas) {
        var before = data.extras().earlier().data();
        var now = new HashMap<List<String>, Drawn>();
        selection.drawn().stream().filter(Drawn::isNamed).forEach(d -> now.put(d.series().key(), d));
        for (var s : before.series()) {
            var d = now.get(s.key());
            if (d == null) continue;
            each(canvas, List.of(d), (layer, drawn) -> {
                for (var stretch : before.stretches(s)) {
                    for (var line : parts(points(before, s, stretch))) {
                        layer.line(
                            Thinning.byPixel(line, plot),
                            Theme.alpha(d.style().color(), 170),
                            stroke(1.2f, new float[] {2, 4}));
                    }
                }
            });
        }
    }

    private record Peak(Drawn line, int at, double value) {
        double height() {
            return Math.abs(value - line.series().points().values()[at]);
        }
    }

    /** A thin stroke from the mean to each outstanding extreme, one path per series. */
    private void peaks(Canvas canvas) {
        var all = new ArrayList<Peak>();
        double range = plot.axis().isLog()
            ? data.series().stream().mapToDouble(ChartData.Series::highest).max().orElse(0)
            : plot.axis().max() - plot.axis().min();
        for (var d : selection.drawn().reversed()) {
            var values = Peaks.of(d.series().points(), range);
            for (int i = 0; i < values.length; i++) {
                if (!Double.isNaN(values[i])) all.add(new Peak(d, i, values[i]));
            }
        }
        double least = all.size() <= MOST_PEAKS ? 0
            : all.stream().mapToDouble(Peak::height).sorted().skip(all.size() - MOST_PEAKS).findFirst().orElse(0);
        var byLine = new LinkedHashMap<Integer, List<Peak>>();
        for (var peak : all) {
            if (peak.height() >= least) byLine.computeIfAbsent(number(peak.line()), n -> new ArrayList<>()).add(peak);
        }
        byLine.forEach((number, list) -> {
            var d = selection.drawn().get(number);
            canvas.group(
                d.isNamed() ? "data-series=\"" + number + "\"" : "class=\"others\"",
                () -> strokes(canvas, d, list));
        });
    }

    private void strokes(Canvas canvas, Drawn d, List<Peak> list) {
        var path = new Path2D.Double();
        for (var peak : list) {
            double x = plot.x(data.position(d.series(), peak.at()));
            double from = plot.y(d.series().points().values()[peak.at()]);
            double to = plot.y(peak.value());
            if (Double.isNaN(from) || Double.isNaN(to)) continue;
            path.moveTo(x, from);
            path.lineTo(x, to);
        }
        canvas.g().setColor(Theme.alpha(d.style().color(), 190));
        canvas.g().setStroke(new BasicStroke(1));
        canvas.g().draw(path);
    }

    // ---- areas

    /** Painted from the largest sum to the smallest, each down to zero: what is seen of each is its own part. */
    private void areas(Canvas canvas) {
        var pile = selection.pile();
        var up = pile.layers(1);
        var down = pile.layers(-1);
        for (int i = selection.drawn().size() - 1; i >= 0; i--) {
            int at = i;
            var d = selection.drawn().get(i);
            // a second round of colours is paler: areas have no dashes
            var color = Theme.blend(d.style().color(), theme.background(), d.style().dash() == null ? 0.88 : 0.5);
            canvas.group("data-series=\"" + i + "\"", () -> {
                var layer = new Layer(canvas);
                steps(layer, pile.edges(), up.get(at), color);
                steps(layer, pile.edges(), down.get(at), color);
                layer.paintDots();
            });
        }
        canvas.group("class=\"sum\"", () -> {
            var layer = new Layer(canvas);
            if (pile.hasNegative()) sum(layer, pile.edges(), pile.total(), stroke(1.6f, null));
            if (data.extras().earlier() != null) {
                var before = Pile.of(data.extras().earlier().data());
                sum(layer, before.edges(), before.total(), stroke(1.4f, new float[] {5, 4}));
            }
            layer.paintDots();
        });
    }

    private void steps(Layer layer, double[] edges, double[] heights, Color color) {
        if (Arrays.stream(heights).allMatch(h -> h == 0 || Double.isNaN(h))) return;
        for (var run : runs(heights)) {
            var line = Thinning.byPixel(corners(edges, heights, run), plot);
            int n = line.size();
            var x = Arrays.copyOf(line.x(), n + 2);
            var y = Arrays.copyOf(line.y(), n + 2);
            x[n] = x[n - 1];
            x[n + 1] = x[0];
            layer.area(x, y, color);
        }
    }

    private void sum(Layer layer, double[] edges, double[] total, BasicStroke stroke) {
        for (var run : runs(total)) {
            layer.line(Thinning.byPixel(corners(edges, total, run), plot), theme.text(), stroke);
        }
    }

    private static Thinning.Line corners(double[] edges, double[] heights, ChartData.Stretch run) {
        var x = new double[2 * run.size()];
        var y = new double[2 * run.size()];
        int n = 0;
        for (int i = run.first(); i <= run.last(); i++) {
            if (n > 1 && heights[i] == y[n - 1]) {
                x[n - 1] = edges[i + 1];         // nothing changes here
                continue;
            }
            x[n] = edges[i];
            x[n + 1] = edges[i + 1];
            y[n] = y[n + 1] = heights[i];
            n += 2;
        }
        return new Thinning.Line(Arrays.copyOf(x, n), Arrays.copyOf(y, n));
    }

    private static List<ChartData.Stretch> runs(double[] heights) {
        var runs = new ArrayList<ChartData.Stretch>();
        int start = 0;
        for (int i = 0; i <= heights.length; i++) {
            if (i < heights.length && !Double.isNaN(heights[i])) continue;
            if (i > start) runs.add(new ChartData.Stretch(start, i - 1));
            start = i + 1;
        }
        return runs;
    }

    /**
     * Lines and areas in the pixels of the plot. Points without neighbours become dots, for a line of one point would
     * not be seen; they are drawn last.
     */
    private final class Layer {
        /** Beyond it, coordinates are not exact any more. */
        private static final double FAR = 1e7;

        private final Canvas canvas;
        private final Map<Color, List<double[]>> dots = new HashMap<>();

        Layer(Canvas canvas) {
            this.canvas = canvas;
        }

        void line(Thinning.Line line, Color color, BasicStroke stroke) {
            if (line.size() == 0) return;
            if (line.size() == 1) {
                dots.computeIfAbsent(color, c -> new ArrayList<>()).add(new double[] {x(line.x()[0]), y(line.y()[0])});
                return;
            }
            canvas.g().setColor(color);
            canvas.g().setStroke(stroke);
            canvas.g().draw(path(line.x(), line.y()));
        }

        void area(double[] x, double[] y, Color fill) {
            var path = path(x, y);
            path.closePath();
            canvas.g().setColor(fill);
            canvas.g().fill(path);
        }

        /** One path, and not a stroke from point to point: dashes would begin anew at each. */
        private Path2D path(double[] times, double[] values) {
            var path = new Path2D.Double(Path2D.WIND_NON_ZERO, times.length + 1);
            path.moveTo(x(times[0]), y(values[0]));
            for (int i = 1; i < times.length; i++) path.lineTo(x(times[i]), y(values[i]));
            return path;
        }

        private double x(double time) {
            return Math.clamp(plot.x(time), -FAR, FAR);
        }

        private double y(double value) {
            return Math.clamp(plot.y(value), -FAR, FAR);
        }

        void paintDots() {
            dots.forEach((color, places) -> canvas.dots(color, DOT, places));
        }
    }
}
