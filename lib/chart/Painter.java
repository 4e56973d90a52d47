//SOURCES ../Units.java Bucket.java Canvas.java ChartData.java Metric.java Plot.java SeriesPainter.java
//SOURCES SeriesSelection.java TextWidth.java Theme.java Thinning.java TimeAxis.java ValueAxis.java
package lib.chart;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import lib.Units;
import lib.chart.Canvas.Anchor;

/**
 * Paints a chart on any Graphics2D: the frame (title, grid on the wall clock, thresholds, names at the lines' ends) is drawn here,
 * the series inside the plot by {@link SeriesPainter}.
 */
public final class Painter {
    private static final int LABEL_HEIGHT = 16;
    private static final int TOP = 92;
    private static final int BOTTOM = 54;
    private static final int LEAST_LEFT = 46;

    private final ChartData data;
    private final Theme theme;
    private final int width;
    private final int height;
    private final SeriesSelection lineup;
    private final ValueAxis axis;
    private final Plot plot;

    public Painter(ChartData data, Theme theme, int width, int height) {
        this.data = data;
        this.theme = theme;
        this.width = width;
        this.height = height;
        this.lineup = SeriesSelection.of(data, theme);
        this.axis = axis();
        double left =
            Math.max(
                LEAST_LEFT,
                20 + Math
                    .ceil(axis.ticks().stream().mapToDouble(t -> TextWidth.of(axis.label(t), 12)).max().orElse(30)));
        double names = Stream
            .concat(
                lineup.drawn().stream().filter(SeriesSelection.Drawn::isNamed).map(this::label),
                Stream.of(others()))
            .mapToDouble(l -> TextWidth.of(l, 12))
            .max()
            .orElse(0);
        double right = 26 + Math.min(width * 0.24, Math.ceil(names));
        this.plot = new Plot(
            left,
            TOP,
            Math.max(40, width - left - right),
            Math.max(40, height - TOP - BOTTOM),
            seconds(data.from()),
            seconds(data.to()),
            axis);
    }

    /** How wide the plot will be: the query is told, so that no pixel asks for more points than it can show. */
    public static int plotWidth(int width) {
        return Math.max(40, width - 180);
    }

    private ValueAxis axis() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (var d : lineup.drawn()) {
            for (var values : data.isStacked() ? List.of(d.line()) : List.of(d.series().min(), d.series().max())) {
                for (var v : values) {
                    if (v < low) low = v;
                    if (v > high) high = v;
                }
            }
        }
        return ValueAxis
            .of(low, high, data.metric().range(), data.isStacked(), data.metric().unit(), Math.max(3, height / 75));
    }

    public void paint(Graphics2D g) {
        var canvas = new Canvas(g);
        canvas.fill(theme.background(), new Rectangle2D.Double(0, 0, width, height));
        header(canvas);
        thresholds(canvas);
        valueGrid(canvas);
        timeGrid(canvas);
        new SeriesPainter(data, lineup, theme, plot).paint(canvas);
        names(canvas);
        if (data.isStacked()) canvas.bold(total(), plot.right(), plot.top() - 14, Anchor.END, theme.text(), 12);
        else canvas.text(whoIsNamed(), plot.right(), plot.top() - 14, Anchor.END, theme.quiet(), 12);
    }

    private void header(Canvas canvas) {
        canvas.bold(
            data.metric().title() + (data.where().isEmpty() ? "" : ", " + data.where()),
            20,
            34,
            Anchor.START,
            theme.text(),
            20);
        canvas.text(
            TextWidth.shorten(subtitle(data, plot.width()), 13, width - 30),
            20,
            56,
            Anchor.START,
            theme.quiet(),
            13);
    }

    /** "3 Jul 2025 16:54 to 4 Jul 2025 16:54, UTC · mean and min–max of 2 min, a point per pixel · meteo_metrics, 45,174 rows". */
    static String subtitle(ChartData data, double pixels) {
        return range(data) + " · " + points(data) + (pixels > 0 ? ", " + density(data.times().length / pixels) : "")
            + " · " + source(data)
            + ", " + Units.plural(data.rawRows(), "row");
    }

    private static String range(ChartData data) {
        var day = DateTimeFormatter.ofPattern("d MMM yyyy", Locale.ENGLISH).withZone(data.zone());
        var clock = DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH).withZone(data.zone());
        boolean sameDay = day.format(data.from()).equals(day.format(data.to()));
        return day.format(data.from()) + " " + clock.format(data.from()) + " to "
            + (sameDay ? "" : day.format(data.to()) + " ")
            + clock.format(data.to())
            + ", " + TimeAxis.zoneLabel(data.zone(), data.from(), data.to());
    }

    private static String points(ChartData data) {
        return data.everyRowDrawn() ? "every row drawn"
            : (data.isStacked() ? "means of " : "mean and min–max of ") + data.bucket().label();
    }

    private static String source(ChartData data) {
        return data.source().table()
            + (data.source().isRollup() ? " (" + Bucket.label(data.source().bucketSeconds()) + " aggregate)" : "");
    }

    /** How closely the points stand: what a reader can hope to see between two of them. */
    private static String density(double perPixel) {
        if (perPixel >= 1.5) return String.format(Locale.ROOT, "%.0f points per pixel", perPixel);
        return perPixel > 1 / 1.5 ? "a point per pixel"
            : String.format(Locale.ROOT, "a point per %.0f pixels", Math.min(1 / perPixel, 9999));
    }

    private String total() {
        return "total " + axis.exact(last(lineup.drawn().getLast().line())) + " " + axis.unit() + " at the end";
    }

    /** Which of many lines have a name; above the plot on the right. */
    private String whoIsNamed() {
        if (lineup.others() == 0) return "";
        int folded = Thinning.ofGreyLines(data, lineup);
        return "named: the " + (data.metric().lowIsBad() ? "lowest " : "highest ")
            + (lineup.drawn().size() - lineup.others()) + " of "
            + Units.count(lineup.drawn().size())
            + (folded > 1 ? "; grey: means of %d points".formatted(folded) : "");
    }

    private void thresholds(Canvas canvas) {
        for (var t : data.metric().thresholds()) {
            double top = Math.max(plot.top(), plot.y(Math.min(t.to(), axis.max())));
            double bottom = Math.min(plot.bottom(), plot.y(Math.max(t.from(), axis.min())));
            if (bottom <= top) continue;
            boolean critical = t.severity() == Metric.Threshold.Severity.CRITICAL;
            canvas.fill(
                critical ? theme.critical() : theme.warning(),
                new Rectangle2D.Double(plot.left(), top, plot.width(), bottom - top));
            if (t.label() != null && bottom - top > 16) {
                canvas.text(
                    t.label(),
                    plot.left() + 8,
                    top + 15,
                    Anchor.START,
                    critical ? theme.criticalText() : theme.warningText(),
                    11);
            }
        }
    }

    private void valueGrid(Canvas canvas) {
        for (var tick : axis.ticks()) {
            double y = Math.round(plot.y(tick)) + 0.5;
            boolean strong = tick == 0 && axis.min() < 0 || tick == axis.min();
            canvas.line(strong ? theme.axis() : theme.grid(), plot.left(), y, plot.right(), y);
            canvas.text(axis.label(tick), plot.left() - 8, y + 4, Anchor.END, theme.quiet(), 12);
        }
        canvas.bold(axis.unit(), plot.left() - 8, plot.top() - 14, Anchor.END, theme.quiet(), 12);
    }

    private void timeGrid(Canvas canvas) {
        double lastDate = Double.NEGATIVE_INFINITY;
        for (var tick : TimeAxis.ticks(data.from(), data.to(), data.zone(), Math.max(2, (int) (plot.width() / 78)))) {
            double x = Math.round(plot.x(tick.at().getEpochSecond())) + 0.5;
            if (x > plot.right() + 1) continue;
            canvas.line(tick.major() ? theme.strongGrid() : theme.grid(), x, plot.top(), x, plot.bottom());
            canvas.line(theme.axis(), x, plot.bottom(), x, plot.bottom() + 5);
            canvas.text(tick.label(), x, plot.bottom() + 20, Anchor.MIDDLE, theme.quiet(), 12);
            if (tick.date() != null && x - lastDate > 70) {
                canvas.bold(tick.date(), x, plot.bottom() + 37, Anchor.MIDDLE, theme.text(), 12);
                lastDate = x;
            }
        }
    }

    private record Name(String text, Color color, double wanted) {}

    /** The names stand at the ends of their lines; where ends meet, the names move apart and a thin line leads to them. */
    private void names(Canvas canvas) {
        var names = new ArrayList<Name>();
        double below = 0;
        for (var d : lineup.drawn()) {
            if (!d.isNamed()) continue;
            double end = last(d.line());
            names.add(
                new Name(
                    label(d),
                    d.color().equals(theme.others()) ? theme.quiet() : d.color(),
                    plot.y(data.isStacked() ? (end + below) / 2 : end)));
            below = end;
        }
        if (!others().isEmpty()) names.add(new Name(others(), theme.quiet(), plot.y(middleOfOthers())));
        names.sort(Comparator.comparingDouble(Name::wanted));
        var at = spread(names.stream().mapToDouble(Name::wanted).toArray(), plot.top() + 6, plot.bottom() - 4);
        double room = width - plot.right() - 22;
        for (int i = 0; i < names.size(); i++) {
            var name = names.get(i);
            canvas.line(name.color(), plot.right() + 2, name.wanted(), plot.right() + 9, at[i]);
            canvas.text(
                TextWidth.shorten(name.text(), 12, room),
                plot.right() + 13,
                at[i] + 4,
                Anchor.START,
                name.color(),
                12);
        }
    }

    /** A name with its last value; of a pile that of the part, and not of the sum below it. */
    private String label(SeriesSelection.Drawn d) {
        boolean isRest = data.isStacked() && lineup.others() > 0 && d == lineup.drawn().getLast();
        return isRest ? d.label() : d.label() + "  " + axis.exact(d.series().last());
    }

    private String others() {
        return lineup.others() == 0 || data.isStacked() ? "" : "and " + Units.count(lineup.others()) + " others";
    }

    private double middleOfOthers() {
        var ends =
            lineup.drawn().stream().filter(d -> !d.isNamed()).mapToDouble(d -> d.series().last()).sorted().toArray();
        return ends[ends.length / 2];
    }

    private static double last(double[] values) {
        for (int i = values.length - 1; i >= 0; i--) if (!Double.isNaN(values[i])) return values[i];
        return 0;
    }

    /** Moves wanted positions (ascending) apart until each has its height, within the two ends. */
    static double[] spread(double[] wanted, double top, double bottom) {
        var at = wanted.clone();
        double height = Math.min(LABEL_HEIGHT, at.length < 2 ? LABEL_HEIGHT : (bottom - top) / (at.length - 1));
        for (int i = 0; i < at.length; i++) at[i] = Math.max(at[i], i == 0 ? top : at[i - 1] + height);
        for (int i = at.length - 1; i >= 0; i--)
            at[i] = Math.min(at[i], i == at.length - 1 ? bottom : at[i + 1] - height);
        return at;
    }

    private static double seconds(Instant t) {
        return t.getEpochSecond() + t.getNano() / 1e9;
    }
}
