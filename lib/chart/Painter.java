package lib.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import lib.Units;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Paints a chart on any Graphics2D: {@link SvgGraphics} for SVG, an image's for PNG. XChart scales and draws the series inside
 * the plot; the frame (title, grid on the wall clock, thresholds, labels at the lines' ends) is ours, see README.md.
 */
public final class Painter {
    /** More lines than this have no colour of their own: the most telling stand out, the others are grey. */
    private static final int MOST_NAMED = 12;
    private static final int NAMED_OF_MANY = 8;
    /** All lines together; a point takes 6 to 9 bytes of SVG. */
    private static final int POINT_BUDGET = 80_000;
    private static final int LABEL_HEIGHT = 16;
    private static final int TOP = 92;
    private static final int BOTTOM = 54;

    private final ChartData data;
    private final Theme theme;
    private final int width;
    private final int height;
    private final List<Drawn> drawn;
    private final int others;
    private final ValueAxis axis;
    private final Rectangle2D plot;

    /** A series as it is drawn: its colour and its place in the pile. */
    record Drawn(ChartData.Series series, String label, Color color, boolean dashed, double[] line) {}

    public Painter(ChartData data, Theme theme, int width, int height) {
        this.data = data;
        this.theme = theme;
        this.width = width;
        this.height = height;
        var ranked = ranked(data);
        boolean many = ranked.size() > MOST_NAMED;
        int named = many ? NAMED_OF_MANY : ranked.size();
        this.others = ranked.size() - named;
        this.drawn = isStacked() ? pile(ranked, named) : lines(ranked, named);
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        if (isStacked()) {
            for (var d : drawn) {
                for (var v : d.line()) {
                    if (v < low) low = v;
                    if (v > high) high = v;
                }
            }
        } else {
            for (var s : data.series()) {
                low = Math.min(low, s.lowest());
                high = Math.max(high, s.highest());
            }
        }
        this.axis = ValueAxis.of(low, high, data.metric().range(), isStacked(), data.metric().unit(), Math.max(3, height / 75));
        int left = 20 + (int) Math.ceil(axis.ticks().stream().mapToDouble(t -> TextWidth.of(axis.label(t), 12)).max().orElse(30));
        int right = 26 + (int) Math.min(width * 0.24, Math.ceil(labels().stream().mapToDouble(l -> TextWidth.of(l, 12)).max().orElse(0)));
        this.plot = new Rectangle2D.Double(Math.max(46, left), TOP, Math.max(40, width - Math.max(46, left) - right), Math.max(40, height - TOP - BOTTOM));
    }

    private boolean isStacked() {
        return data.metric().kind() == Metric.Kind.STACKED;
    }

    /** How wide the plot will be: the query is told, so that no pixel asks for more points than it can show. */
    public static int plotWidth(int width) {
        return Math.max(40, width - 180);
    }

    /** The most telling first: the highest peaks (or the lowest dips); of a pile the largest parts. */
    static List<ChartData.Series> ranked(ChartData data) {
        var list = new ArrayList<>(data.series());
        if (list.size() <= MOST_NAMED && data.metric().kind() != Metric.Kind.STACKED) return list;
        Comparator<ChartData.Series> order = data.metric().kind() == Metric.Kind.STACKED ? Comparator.comparingDouble(s -> -s.mean())
            : data.metric().lowIsBad() ? Comparator.comparingDouble(ChartData.Series::lowest) : Comparator.comparingDouble(s -> -s.highest());
        list.sort(order);
        return list;
    }

    private List<Drawn> lines(List<ChartData.Series> ranked, int named) {
        var list = new ArrayList<Drawn>();
        for (int i = 0; i < ranked.size(); i++) {
            var s = ranked.get(i);
            list.add(i < named ? new Drawn(s, s.name(), theme.series(i), i >= theme.series().size(), s.average())
                : new Drawn(s, null, theme.others(), false, s.average()));
        }
        return list;
    }

    /** Cumulative sums, the largest part at the bottom. A part without a value counts nothing; where no part has one, there is a gap. */
    private List<Drawn> pile(List<ChartData.Series> ranked, int named) {
        int n = data.times().length;
        var sum = new double[n];
        Arrays.fill(sum, Double.NaN);
        var list = new ArrayList<Drawn>();
        for (int i = 0; i < ranked.size(); i++) {
            var average = ranked.get(i).average();
            for (int k = 0; k < n; k++) {
                if (!Double.isNaN(average[k])) sum[k] = (Double.isNaN(sum[k]) ? 0 : sum[k]) + average[k];
            }
            if (i < named) list.add(new Drawn(ranked.get(i), ranked.get(i).name(), theme.series(i), false, sum.clone()));
        }
        if (ranked.size() > named) {
            list.add(new Drawn(ranked.getLast(), others + " others", theme.others(), false, sum.clone()));
        }
        for (var d : list) {           // a gap of one part in the middle must not cut the parts below it
            for (int k = 0; k < n; k++) {
                if (Double.isNaN(d.line()[k]) && !Double.isNaN(sum[k])) d.line()[k] = 0;
            }
        }
        return list;
    }

    /**
     * The extremes that stand out from those of the neighbouring buckets: the peaks that a mean hides and a band shows but faintly.
     * Noise, which is as wide next door, stays out.
     *
     * @return for each point the extreme, NaN for none
     */
    static double[] peaks(ChartData.Series s, double axisRange) {
        int n = s.average().length;
        var spread = new double[n];
        int known = 0;
        for (int i = 0; i < n; i++) if (!Double.isNaN(s.average()[i])) spread[known++] = s.max()[i] - s.min()[i];
        Arrays.sort(spread, 0, known);
        double outstanding = Math.max(known == 0 ? 0 : spread[known / 2], axisRange * 0.012);
        var peaks = new double[n];
        for (int i = 0; i < n; i++) {
            peaks[i] = Double.NaN;
            if (Double.isNaN(s.average()[i])) continue;
            double above = s.max()[i] - Math.max(s.average()[i], usual(s.max(), i));
            double below = Math.min(s.average()[i], usual(s.min(), i)) - s.min()[i];
            if (Math.max(above, below) > outstanding) peaks[i] = above > below ? s.max()[i] : s.min()[i];
        }
        return peaks;
    }

    /** The median of the three neighbours on each side. */
    private static double usual(double[] values, int i) {
        var near = new double[6];
        int n = 0;
        for (int k = Math.max(0, i - 3); k <= Math.min(values.length - 1, i + 3); k++) {
            if (k != i && !Double.isNaN(values[k])) near[n++] = values[k];
        }
        Arrays.sort(near, 0, n);
        return n == 0 ? values[i] : near[n / 2];
    }

    private List<String> labels() {
        var list = new ArrayList<String>();
        for (var d : drawn) if (d.label() != null) list.add(d.label() + "  " + (isStacked() ? axis().exact(d.series().mean()) : axis().exact(d.series().last())));
        if (others > 0) list.add("and " + others + " others");
        return list;
    }

    private ValueAxis axis() {
        return axis != null ? axis : ValueAxis.of(0, 1, null, false, "", 5);
    }

    public void paint(Graphics2D g) {
        fill(g, theme.background(), 0, 0, width, height);
        header(g);
        thresholds(g);
        valueGrid(g);
        timeGrid(g);
        series(g);
        endLabels(g);
    }

    private void header(Graphics2D g) {
        text(g, data.metric().title() + (data.where().isEmpty() ? "" : ", " + data.where()), 20, 34, "start", theme.text(), 20, true);
        text(g, subtitle(data) + (others > 0 && !isStacked() && thinning() > 1 ? " · grey lines: means of %d points".formatted(thinning()) : ""), 20, 56, "start", theme.quiet(), 13, false);
    }

    /** "3 Jul 2025 16:54 to 4 Jul 16:54, UTC · mean and min–max band of 2 min buckets · meteo_metrics, 45,174 rows". */
    static String subtitle(ChartData data) {
        var minutes = DateTimeFormatter.ofPattern("d MMM yyyy HH:mm", Locale.ENGLISH).withZone(data.zone());
        var range = minutes.format(data.from()) + " to " + minutes.format(data.to()) + ", " + TimeAxis.zoneLabel(data.zone(), data.from(), data.to());
        var points = data.everyRowDrawn() ? "every row drawn"
            : (data.metric().kind() == Metric.Kind.STACKED ? "means of " : "mean and min–max of ") + data.bucket().label();
        var source = data.source().table() + (data.source().isRollup() ? " (" + Bucket.label(data.source().bucketSeconds()) + " aggregate)" : "");
        return range + " · " + points + " · " + source + ", " + Units.plural(data.rawRows(), "row");
    }

    private void thresholds(Graphics2D g) {
        for (var t : data.metric().thresholds()) {
            double top = Math.max(plot.getMinY(), y(Math.min(t.to(), axis.max())));
            double bottom = Math.min(plot.getMaxY(), y(Math.max(t.from(), axis.min())));
            if (bottom <= top) continue;
            boolean critical = t.severity() == Metric.Threshold.Severity.CRITICAL;
            fill(g, critical ? theme.critical() : theme.warning(), plot.getX(), top, plot.getWidth(), bottom - top);
            if (t.label() != null && bottom - top > 16) {
                text(g, t.label(), plot.getX() + 8, top + 15, "start", critical ? theme.criticalText() : theme.warningText(), 11, false);
            }
        }
    }

    private void valueGrid(Graphics2D g) {
        for (var tick : axis.ticks()) {
            double y = Math.round(y(tick)) + 0.5;
            line(g, tick == 0 && axis.min() < 0 || tick == axis.min() ? theme.axis() : theme.grid(), plot.getMinX(), y, plot.getMaxX(), y);
            text(g, axis.label(tick), plot.getMinX() - 8, y + 4, "end", theme.quiet(), 12, false);
        }
        text(g, axis.unit(), plot.getMinX() - 8, plot.getMinY() - 14, "end", theme.quiet(), 12, true);
    }

    private void timeGrid(Graphics2D g) {
        double lastDate = Double.NEGATIVE_INFINITY;
        for (var tick : TimeAxis.ticks(data.from(), data.to(), data.zone(), Math.max(2, (int) (plot.getWidth() / 78)))) {
            double x = Math.round(x(tick.at().getEpochSecond())) + 0.5;
            if (x > plot.getMaxX()) continue;
            line(g, tick.major() ? theme.strongGrid() : theme.grid(), x, plot.getMinY(), x, plot.getMaxY());
            line(g, theme.axis(), x, plot.getMaxY(), x, plot.getMaxY() + 5);
            text(g, tick.label(), x, plot.getMaxY() + 20, "middle", theme.quiet(), 12, false);
            if (tick.date() != null && x - lastDate > 70) {
                text(g, tick.date(), x, plot.getMaxY() + 37, "middle", theme.text(), 12, true);
                lastDate = x;
            }
        }
    }

    /** XChart's part: our series on its scales, its own titles, ticks and legend switched off, its plot filling the given rectangle. */
    private void series(Graphics2D g) {
        var chart = new XYChartBuilder().width((int) plot.getWidth()).height((int) plot.getHeight()).build();
        var style = chart.getStyler();
        var nothing = new Color(0, 0, 0, 0);
        style.setChartBackgroundColor(nothing).setPlotBackgroundColor(nothing).setChartPadding(0).setLegendVisible(false).setChartTitleVisible(false)
            .setPlotContentSize(1).setMarkerSize(0);
        style.setPlotBorderVisible(false);
        style.setPlotGridLinesVisible(false);
        style.setAxisTicksVisible(false);
        style.setAxisTitlesVisible(false);
        style.setPlotMargin(0);
        // No room for a tick: XChart would measure labels that nobody sees, with a font that may not be there.
        style.setXAxisTickMarkSpacingHint(1_000_000);
        style.setYAxisTickMarkSpacingHint(1_000_000);
        style.setXAxisMin(seconds(data.from())).setXAxisMax(seconds(data.to())).setYAxisMin(axis.min()).setYAxisMax(axis.max());
        var dots = new ArrayList<Dot>();
        if (isStacked()) {
            for (var d : drawn.reversed()) area(chart, d);
        } else {
            for (var d : drawn) if (d.label() != null && drawn.size() <= MOST_NAMED) band(chart, d);
            for (var d : drawn.reversed()) runs(chart, d, dots);
        }
        if (chart.getSeriesCollection().isEmpty()) return;
        openClip(g);
        g.translate(plot.getX(), plot.getY());
        chart.paint(g, (int) plot.getWidth(), (int) plot.getHeight());
        g.translate(-plot.getX(), -plot.getY());
        if (!isStacked()) drawn.reversed().forEach(d -> whiskers(g, d));
        for (var dot : dots) {
            g.setColor(dot.color());
            g.fill(new Ellipse2D.Double(x(dot.x()) - 2, y(dot.y()) - 2, 4, 4));
        }
        closeClip(g);
    }

    /** One path per series, a thin stroke from the mean to each outstanding extreme. */
    private void whiskers(Graphics2D g, Drawn d) {
        var path = new java.awt.geom.Path2D.Double();
        var peaks = peaks(d.series(), axis.max() - axis.min());
        for (int i = 0; i < peaks.length; i++) {
            if (Double.isNaN(peaks[i])) continue;
            path.moveTo(x(data.position(i)), y(d.series().average()[i]));
            path.lineTo(x(data.position(i)), y(peaks[i]));
        }
        if (path.getCurrentPoint() == null) return;
        g.setColor(Theme.alpha(d.color(), 190));
        g.setStroke(new BasicStroke(1));
        g.draw(path);
    }

    private record Dot(double x, double y, Color color) {}

    /** The contiguous stretches of a series: where more time than usual lies between two points, the line breaks. */
    private List<int[]> stretches(double[] values) {
        var present = new ArrayList<Integer>();
        for (int i = 0; i < values.length; i++) if (!Double.isNaN(values[i])) present.add(i);
        var gaps = new double[Math.max(0, present.size() - 1)];
        for (int i = 0; i < gaps.length; i++) gaps[i] = data.position(present.get(i + 1)) - data.position(present.get(i));
        var sorted = gaps.clone();
        Arrays.sort(sorted);
        double usual = sorted.length == 0 ? 0 : sorted[sorted.length / 2];
        double most = Math.max(1.5 * data.bucket().seconds(), 2.5 * usual);
        var list = new ArrayList<int[]>();
        int start = 0;
        for (int i = 0; i < present.size(); i++) {
            if (i == gaps.length || gaps[i] > most) {
                list.add(present.subList(start, i + 1).stream().mapToInt(Integer::intValue).toArray());
                start = i + 1;
            }
        }
        return list;
    }

    private void runs(XYChart chart, Drawn d, List<Dot> dots) {
        boolean grey = d.label() == null;
        for (var stretch : stretches(d.line())) {
            if (stretch.length == 1) {
                dots.add(new Dot(data.position(stretch[0]), d.line()[stretch[0]], d.color()));
                continue;
            }
            int step = grey ? thinning() : 1;
            var x = new double[(stretch.length + step - 1) / step];
            var y = new double[x.length];
            for (int k = 0; k < x.length; k++) {
                var group = Arrays.copyOfRange(stretch, k * step, Math.min(stretch.length, (k + 1) * step));
                x[k] = Arrays.stream(group).mapToDouble(data::position).average().orElseThrow();
                y[k] = Arrays.stream(group).mapToDouble(i -> d.line()[i]).average().orElseThrow();
            }
            if (x.length == 1) continue;
            var series = chart.addSeries(id(chart, "line"), x, y);
            series.setMarker(SeriesMarkers.NONE).setLineColor(d.color());
            series.setLineStyle(new BasicStroke(grey ? 0.8f : drawn.size() > 6 ? 1.3f : 1.6f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 1,
                d.dashed() ? new float[] {6, 3} : null, 0));
        }
    }

    /** How many points of a grey line become one: so many lines show a texture, and the file stays below a megabyte. */
    private int thinning() {
        long points = data.times().length;
        return (int) Math.max(1, Math.ceil((double) others * points / Math.max(20_000, POINT_BUDGET - (drawn.size() - others) * points)));
    }

    private void band(XYChart chart, Drawn d) {
        if (!d.series().hasBand()) return;
        for (var stretch : stretches(d.series().average())) {
            int n = stretch.length;
            if (n < 2) continue;
            var x = new double[2 * n];
            var y = new double[2 * n];
            for (int i = 0; i < n; i++) {
                x[i] = x[2 * n - 1 - i] = data.position(stretch[i]);
                y[i] = d.series().max()[stretch[i]];
                y[2 * n - 1 - i] = d.series().min()[stretch[i]];
            }
            polygon(chart, x, y, Theme.alpha(d.color(), Math.clamp(120 / drawn.size(), 16, 44)));
        }
    }

    private void area(XYChart chart, Drawn d) {
        for (var stretch : stretches(d.line())) {
            int n = stretch.length;
            double half = Math.max(data.bucket().seconds() / 2.0, (seconds(data.to()) - seconds(data.from())) / plot.getWidth() / 2);
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
            polygon(chart, x, y, blend(d.color(), theme.background(), 0.88));
        }
    }

    private void polygon(XYChart chart, double[] x, double[] y, Color fill) {
        var series = chart.addSeries(id(chart, "area"), x, y);
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
        series.setMarker(SeriesMarkers.NONE);
        series.setFillColor(fill);
        series.setLineStyle(org.knowm.xchart.style.lines.SeriesLines.NONE);
    }

    private static String id(XYChart chart, String what) {
        return what + chart.getSeriesCollection().size();     // names in the database may be empty or equal; XChart's must not be
    }

    /** The names stand at the ends of their lines; where ends meet, the names move apart and a thin line leads to them. */
    private void endLabels(Graphics2D g) {
        record Label(String name, String value, Color color, double wanted) {}
        var labels = new ArrayList<Label>();
        double below = 0;
        for (var d : drawn) {
            if (d.label() == null) continue;
            if (isStacked()) {
                double top = lastValue(d.line());
                labels.add(new Label(d.label(), "", d.color(), y((top + below) / 2)));
                below = top;
            } else {
                labels.add(new Label(d.label(), axis.exact(d.series().last()), d.color(), y(d.series().last())));
            }
        }
        if (others > 0 && !isStacked()) labels.add(new Label("and " + others + " others", "", theme.quiet(), plot.getMaxY()));
        labels.sort(Comparator.comparingDouble(Label::wanted));
        var at = spread(labels.stream().mapToDouble(Label::wanted).toArray(), plot.getMinY() + 6, plot.getMaxY() - 4);
        double room = width - plot.getMaxX() - 22;
        for (int i = 0; i < labels.size(); i++) {
            var label = labels.get(i);
            line(g, label.color(), plot.getMaxX() + 2, label.wanted(), plot.getMaxX() + 9, at[i]);
            text(g, TextWidth.shorten(label.name() + (label.value().isEmpty() ? "" : "  " + label.value()), 12, room), plot.getMaxX() + 13, at[i] + 4, "start",
                readable(label.color()), 12, false);
        }
        if (isStacked()) {
            var total = drawn.getLast().line();
            text(g, "total " + axis.exact(lastValue(total)) + " " + axis.unit() + " at the end", plot.getMaxX(), plot.getMinY() - 14, "end", theme.text(), 12, true);
        }
    }

    private Color readable(Color c) {
        return c.equals(theme.others()) ? theme.quiet() : c;
    }

    private static double lastValue(double[] values) {
        for (int i = values.length - 1; i >= 0; i--) if (!Double.isNaN(values[i])) return values[i];
        return 0;
    }

    /** Moves wanted positions (ascending) apart until each has its height, within the two ends. */
    static double[] spread(double[] wanted, double top, double bottom) {
        var at = wanted.clone();
        double height = Math.min(LABEL_HEIGHT, at.length < 2 ? LABEL_HEIGHT : (bottom - top) / (at.length - 1));
        for (int i = 0; i < at.length; i++) at[i] = Math.max(at[i], i == 0 ? top : at[i - 1] + height);
        for (int i = at.length - 1; i >= 0; i--) at[i] = Math.min(at[i], i == at.length - 1 ? bottom : at[i + 1] - height);
        return at;
    }

    private static double seconds(Instant t) {
        return t.getEpochSecond() + t.getNano() / 1e9;
    }

    private double x(double seconds) {
        return plot.getX() + (seconds - seconds(data.from())) / (seconds(data.to()) - seconds(data.from())) * plot.getWidth();
    }

    private double y(double value) {
        return plot.getMaxY() - (value - axis.min()) / (axis.max() - axis.min()) * plot.getHeight();
    }

    private static Color blend(Color a, Color b, double share) {
        return new Color((int) Math.round(a.getRed() * share + b.getRed() * (1 - share)), (int) Math.round(a.getGreen() * share + b.getGreen() * (1 - share)),
            (int) Math.round(a.getBlue() * share + b.getBlue() * (1 - share)));
    }

    private static void fill(Graphics2D g, Color color, double x, double y, double w, double h) {
        g.setColor(color);
        g.fill(new Rectangle2D.Double(x, y, w, h));
    }

    private static void line(Graphics2D g, Color color, double x1, double y1, double x2, double y2) {
        g.setColor(color);
        g.setStroke(new BasicStroke(1));
        g.draw(new Line2D.Double(x1, y1, x2, y2));
    }

    private static void text(Graphics2D g, String text, double x, double y, String anchor, Color color, int size, boolean bold) {
        g.setColor(color);
        g.setFont(new Font("SansSerif", bold ? Font.BOLD : Font.PLAIN, size));
        if (g instanceof SvgGraphics svg) {
            svg.text(text, x, y, anchor);
        } else {
            double shift = anchor.equals("start") ? 0 : g.getFontMetrics().stringWidth(text) * (anchor.equals("end") ? 1 : 0.5);
            g.drawString(text, (float) (x - shift), (float) y);
        }
    }

    private void openClip(Graphics2D g) {
        if (g instanceof SvgGraphics svg) {
            svg.raw("<clipPath id=\"plot\"><rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/></clipPath>\n<g clip-path=\"url(#plot)\">\n".formatted(
                SvgGraphics.number(plot.getX()), SvgGraphics.number(plot.getY() - 2), SvgGraphics.number(plot.getWidth() + 2), SvgGraphics.number(plot.getHeight() + 4)));
        } else {
            g.clip(new Rectangle2D.Double(plot.getX(), plot.getY() - 2, plot.getWidth() + 2, plot.getHeight() + 4));
        }
    }

    private void closeClip(Graphics2D g) {
        if (g instanceof SvgGraphics svg) svg.raw("</g>\n");
        else g.setClip(null);
    }
}
