//SOURCES ../Units.java Canvas.java ChartData.java Grid.java Metric.java Pile.java Plot.java SeriesPainter.java
//SOURCES SeriesSelection.java Subtitle.java SvgGraphics.java TextWidth.java Theme.java Thinning.java TimeAxis.java
//SOURCES ValueAxis.java
package lib.chart;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import lib.Units;
import lib.chart.Canvas.Anchor;
import lib.chart.Canvas.Lettering;

/**
 * Paints one chart on any Graphics2D: the frame (title, grid on the wall clock, thresholds, marks, names at the lines'
 * ends) is drawn here, the series inside the plot by {@link SeriesPainter}.
 */
public final class Painter {
    private static final int LABEL_HEIGHT = 16;
    private static final int HEADER = 92;
    private static final int TITLE = 20;
    private static final int TITLE_LINE = 25;
    private static final int BOTTOM = 54;
    private static final int LEAST_LEFT = 46;
    private static final int MARGIN = 20;
    private static final double MOST_FOR_NAMES = 0.24;

    private final ChartData data;
    private final Theme theme;
    private final Rectangle2D.Double place;
    private final SeriesSelection selection;
    private final ValueAxis axis;
    private final List<String> title;
    private Plot plot;

    /** @param place of this chart in the picture */
    public Painter(ChartData data, Theme theme, Rectangle2D.Double place) {
        this.data = data;
        this.theme = theme;
        this.place = place;
        this.selection = SeriesSelection.of(data, theme);
        this.axis = axis();
        var text = data.metric().drawnTitle() + (data.origin().where().isEmpty() ? "" : ", " + data.origin().where());
        this.title = TextWidth.wrap(text, TITLE, new TextWidth.Area(place.width - 2 * MARGIN, 2));
        align(new Alignment(leftMargin(), rightMargin(), seconds(data.from()), seconds(data.to())));
    }

    /** Room left and right of the plot, and the time that it shows, in seconds since 1970. */
    record Alignment(double left, double right, double from, double to) {}

    /** What stands left of the plot needs so much room. */
    double leftMargin() {
        double labels = axis.ticks().stream().mapToDouble(t -> TextWidth.of(axis.label(t), 12)).max().orElse(30);
        return Math.max(LEAST_LEFT, MARGIN + Math.ceil(labels));
    }

    double rightMargin() {
        var names = new ArrayList<>(
            selection.drawn().stream().filter(SeriesSelection.Drawn::isNamed).map(this::label).toList());
        names.add(others());
        double widest = names.stream().mapToDouble(name -> TextWidth.of(name, 12)).max().orElse(0);
        return 26 + Math.ceil(Math.min(place.width * MOST_FOR_NAMES, widest));
    }

    /** Several charts below each other have the same margins, so that the same moment stands at the same place. */
    void align(Alignment alignment) {
        double top = HEADER + TITLE_LINE * (title.size() - 1.0);
        var frame = new Rectangle2D.Double(
            place.x + alignment.left(),
            place.y + top,
            Math.max(40, Math.floor(place.width - alignment.left() - alignment.right())),
            Math.max(40, Math.floor(place.height - top - BOTTOM)));
        plot = new Plot(frame, alignment.from(), alignment.to(), axis);
    }

    /** How wide the plot will be: the query is told, so that no pixel asks for more points than it can show. */
    public static int plotWidth(int width) {
        return Math.max(40, width - 180);
    }

    ChartData data() {
        return data;
    }

    Plot plot() {
        return plot;
    }

    SeriesSelection selection() {
        return selection;
    }

    private ValueAxis axis() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        boolean isLog = data.metric().look().scale() == Metric.Scale.LOG;
        for (var values : heights()) {
            for (var v : values) {
                if (v < low && (!isLog || v > 0)) low = v;
                if (v > high) high = v;
            }
        }
        var need =
            new ValueAxis.Need(low, high, data.metric().look().range(), data.isStacked(), data.metric().drawnUnit());
        return isLog ? ValueAxis.logarithmic(need) : ValueAxis.of(need, Math.max(3, (int) place.height / 75));
    }

    private List<double[]> heights() {
        var all = new ArrayList<double[]>();
        var earlier = data.extras().earlier();
        if (data.isStacked()) {
            all.addAll(selection.pile().layers(1));
            all.addAll(selection.pile().layers(-1));
            if (earlier != null) all.add(Pile.of(earlier.data()).total());
            return all;
        }
        for (var s : data.series()) all.addAll(List.of(s.points().min(), s.points().max()));
        if (earlier != null) earlier.data().series().forEach(s -> all.add(s.points().values()));
        return all;
    }

    public void paint(Graphics2D g) {
        var canvas = new Canvas(g);
        header(canvas);
        thresholds(canvas);
        canvas.group("class=\"grid\"", () -> {
            valueGrid(canvas);
            canvas.group("class=\"time\"", () -> timeGrid(canvas));
        });
        new SeriesPainter(data, selection, theme, plot).paint(canvas);
        marks(canvas);
        names(canvas);
        if (data.isStacked()) {
            canvas.bold(remark(), plot.right(), plot.top() - 14, new Lettering(Anchor.END, theme.text(), 12));
        } else {
            canvas.text(remark(), plot.right(), plot.top() - 14, new Lettering(Anchor.END, theme.quiet(), 12));
        }
        if (data.series().isEmpty()) {
            canvas.text(
                "no data in this range",
                plot.left() + plot.width() / 2,
                plot.top() + plot.height() / 2,
                new Lettering(Anchor.MIDDLE, theme.quiet(), 14));
        }
    }

    private void header(Canvas canvas) {
        double y = place.y + 34;
        for (var line : title) {
            canvas.bold(line, place.x + MARGIN, y, new Lettering(Anchor.START, theme.text(), TITLE));
            y += TITLE_LINE;
        }
        canvas.text(
            TextWidth.shorten(new Subtitle(data).of(plot.width(), greyStep()), 13, place.width - 30),
            place.x + MARGIN,
            y - 3,
            new Lettering(Anchor.START, theme.quiet(), 13));
    }

    private int greyStep() {
        return Thinning.ofGreyLines(selection);
    }

    /** Above the plot on the right: the total of a pile, or which of many lines have a name. */
    private String remark() {
        var remarks = new ArrayList<String>();
        if (data.extras().earlier() != null) remarks.add("dashed: " + data.extras().earlier().label());
        if (data.isStacked() && selection.pile().size() > 0) {
            remarks.add("total " + axis.exact(last(selection.pile().total())) + " " + axis.unit() + " at the end");
        } else if (selection.others() > 0 && !data.isStacked()) {
            remarks.add(
                "named: the " + (data.metric().look().lowIsBad() ? "lowest " : "highest ")
                    + (selection.drawn().size() - selection.others()) + " of "
                    + Units.count(selection.drawn().size()));
            if (greyStep() > 1) remarks.add("grey: means of " + greyStep() + " points");
        }
        return String.join("; ", remarks);
    }

    private void thresholds(Canvas canvas) {
        for (var t : data.metric().look().thresholds()) {
            double top = height(t.to(), axis.max());
            double bottom = height(t.from(), axis.min());
            if (bottom <= top) continue;
            boolean critical = t.severity() == Metric.Threshold.Severity.CRITICAL;
            canvas.group(
                "class=\"threshold\"",
                () -> canvas.fill(
                    critical ? theme.critical() : theme.warning(),
                    new Rectangle2D.Double(plot.left(), top, plot.width(), bottom - top)));
            if (t.label() != null && bottom - top > 16) {
                canvas.text(
                    t.label(),
                    plot.left() + 8,
                    top + 15,
                    new Lettering(
                        Anchor.START,
                        critical ? theme.criticalText() : theme.warningText(),
                        11));
            }
        }
    }

    /** Where a value lies within the plot; one that is infinite, or has no place on the scale, lies at that end. */
    private double height(double value, double otherwise) {
        double scaled = axis.scaled(value);
        if (!Double.isFinite(scaled)) scaled = value > 0 ? axis.max() : otherwise;
        return plot.height(Math.clamp(scaled, axis.min(), axis.max()));
    }

    private void valueGrid(Canvas canvas) {
        for (var tick : axis.ticks()) {
            double y = Math.round(plot.height(tick)) + 0.5;
            boolean strong = !axis.isLog() && tick == 0 && axis.min() < 0 || tick == axis.min();
            canvas.line(strong ? theme.axis() : theme.grid(), plot.left(), y, plot.right(), y);
            canvas.text(axis.label(tick), plot.left() - 8, y + 4, new Lettering(Anchor.END, theme.quiet(), 12));
        }
        boolean fits = TextWidth.of(axis.unit(), 12) <= plot.left() - 8 - place.x;
        canvas.bold(
            TextWidth.shorten(axis.unit(), 12, plot.width() / 2),
            fits ? plot.left() - 8 : place.x + MARGIN,
            plot.top() - 14,
            new Lettering(fits ? Anchor.END : Anchor.START, theme.quiet(), 12));
    }

    private void timeGrid(Canvas canvas) {
        double lastDate = Double.NEGATIVE_INFINITY;
        var from = Grid.instant(Math.round(plot.from() * 1e6));
        var to = Grid.instant(Math.round(plot.to() * 1e6));
        for (var tick : TimeAxis.ticks(from, to, data.zone(), Math.max(2, (int) (plot.width() / 78)))) {
            double x = Math.round(plot.x(seconds(tick.at()))) + 0.5;
            if (x > plot.right() + 1) continue;
            canvas.line(tick.major() ? theme.strongGrid() : theme.grid(), x, plot.top(), x, plot.bottom());
            canvas.line(theme.axis(), x, plot.bottom(), x, plot.bottom() + 5);
            canvas.text(tick.label(), x, plot.bottom() + 20, new Lettering(Anchor.MIDDLE, theme.quiet(), 12));
            if (tick.date() != null && x - lastDate > 70) {
                canvas.bold(tick.date(), x, plot.bottom() + 37, new Lettering(Anchor.MIDDLE, theme.text(), 12));
                lastDate = x;
            }
        }
    }

    /** What happened: a line over the whole height, its text beside it, in as many rows as keep texts apart. */
    private void marks(Canvas canvas) {
        var ends = new double[4];
        Arrays.fill(ends, Double.NEGATIVE_INFINITY);
        for (var mark : data.extras().marks()) {
            double x = Math.clamp(plot.x(seconds(mark.at())), plot.left(), plot.right());
            if (mark.to() != null) {
                double end = Math.clamp(plot.x(seconds(mark.to())), x, plot.right());
                canvas.fill(
                    Theme.alpha(theme.quiet(), 40),
                    new Rectangle2D.Double(x, plot.top(), end - x, plot.height()));
            }
            var text = TextWidth.shorten(mark.text(), 11, 220);
            double width = TextWidth.of(text, 11);
            double at = Math.max(plot.left() + 3, Math.min(x + 4, plot.right() - width));
            int row = 0;
            while (row < ends.length && at < ends[row] + 8) row++;
            if (row < ends.length) ends[row] = at + width;
            double y = row < ends.length ? plot.top() + 12 + 14 * row : Double.NaN;
            canvas.group("class=\"mark\" data-x=\"" + SvgGraphics.number(x) + "\"", () -> {
                canvas.dashed(theme.quiet(), x, plot.top(), x, plot.bottom());
                if (!Double.isNaN(y)) canvas.over(text, new double[] {at, y}, theme.text(), theme.background());
            });
        }
    }

    private record Name(String text, String value, Color color, double wanted, int series) {}

    /**
     * The names stand at the ends of their lines; where ends meet, the names move apart and a thin line leads to them.
     */
    private void names(Canvas canvas) {
        var names = new ArrayList<Name>();
        for (int i = 0; i < selection.drawn().size(); i++) {
            var d = selection.drawn().get(i);
            if (!d.isNamed()) continue;
            var color = d.style().color().equals(theme.others()) ? theme.quiet() : d.style().color();
            names.add(new Name(d.label(), value(d), color, wanted(i), i));
        }
        if (!others().isEmpty()) names.add(new Name(others(), "", theme.quiet(), plot.y(middleOfOthers()), -1));
        names.removeIf(name -> Double.isNaN(name.wanted()));
        names.sort(Comparator.comparingDouble(Name::wanted));
        var at = spread(names.stream().mapToDouble(Name::wanted).toArray(), plot.top() + 6, plot.bottom() - 4);
        double values = names.stream().mapToDouble(name -> TextWidth.of(name.value(), 12)).max().orElse(0);
        double room = place.x + place.width - plot.right() - 22;
        boolean allFit = names.stream().allMatch(name -> TextWidth.of(name.text() + name.value(), 12) <= room);
        var whole = names.stream().map(Name::text).toList();
        var texts = allFit ? whole : TextWidth.distinct(whole, 12, room - values);
        for (int i = 0; i < names.size(); i++) {
            var name = names.get(i);
            int index = i;
            canvas.group(
                name.series() < 0 ? "class=\"others\"" : "class=\"name\" data-series=\"" + name.series() + "\"",
                () -> {
                    canvas.line(name.color(), plot.right() + 2, name.wanted(), plot.right() + 9, at[index]);
                    var text = name.value().isEmpty() ? TextWidth.shorten(name.text(), 12, room)
                        : texts.get(index) + name.value();
                    canvas.text(text, plot.right() + 13, at[index] + 4, new Lettering(Anchor.START, name.color(), 12));
                });
        }
    }

    /** Where a line ends, or the middle of an area at the end of the pile. */
    private double wanted(int i) {
        if (!data.isStacked()) {
            double y = plot.y(selection.drawn().get(i).series().last());
            return Math.clamp(y, plot.top(), plot.bottom());
        }
        var pile = selection.pile();
        if (pile.size() == 0) return Double.NaN;
        double own = pile.parts().get(i).last();
        var layers = pile.layers(own < 0 ? -1 : 1);
        double top = last(layers.get(i));
        double below = i == 0 ? 0 : last(layers.get(i - 1));
        return plot.y((top + below) / 2);
    }

    /** A name with its last value; of a pile that of the part, and not of the sum below it. */
    private String label(SeriesSelection.Drawn d) {
        return d.label() + value(d);
    }

    private String value(SeriesSelection.Drawn d) {
        boolean isRest = d.series().style() < 0;
        return isRest ? "" : "  " + axis.exact(d.series().last());
    }

    private String others() {
        return selection.others() == 0 || data.isStacked() ? "" : "and " + Units.count(selection.others()) + " others";
    }

    private double middleOfOthers() {
        var ends =
            selection.drawn().stream().filter(d -> !d.isNamed()).mapToDouble(d -> d.series().last()).sorted().toArray();
        return ends[ends.length / 2];
    }

    private static double last(double[] values) {
        for (int i = values.length - 1; i >= 0; i--) {
            if (!Double.isNaN(values[i])) return values[i];
        }
        return 0;
    }

    /** Moves wanted positions (ascending) apart until each has its height, within the two ends. */
    static double[] spread(double[] wanted, double top, double bottom) {
        var at = wanted.clone();
        double height = Math.min(LABEL_HEIGHT, at.length < 2 ? LABEL_HEIGHT : (bottom - top) / (at.length - 1));
        for (int i = 0; i < at.length; i++) at[i] = Math.max(at[i], i == 0 ? top : at[i - 1] + height);
        for (int i = at.length - 1; i >= 0; i--) {
            at[i] = Math.min(at[i], i == at.length - 1 ? bottom : at[i + 1] - height);
        }
        return at;
    }

    static double seconds(Instant t) {
        return Grid.micros(t) / 1e6;
    }

}
