//SOURCES Bucket.java ChartData.java Grid.java Metric.java Pile.java SeriesNames.java SeriesSelection.java SvgFile.java
//SOURCES Theme.java TimeAxis.java ValueAxis.java Workbook.java WorkbookBlock.java
package lib.chart;

import java.awt.Color;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import org.apache.poi.ss.util.CellReference;
import org.apache.poi.xddf.usermodel.PresetLineDash;
import org.apache.poi.xddf.usermodel.XDDFColor;
import org.apache.poi.xddf.usermodel.XDDFLineProperties;
import org.apache.poi.xddf.usermodel.XDDFPresetLineDash;
import org.apache.poi.xddf.usermodel.XDDFShapeProperties;
import org.apache.poi.xddf.usermodel.XDDFSolidFillProperties;
import org.apache.poi.xddf.usermodel.chart.AxisCrossBetween;
import org.apache.poi.xddf.usermodel.chart.AxisCrosses;
import org.apache.poi.xddf.usermodel.chart.AxisPosition;
import org.apache.poi.xddf.usermodel.chart.AxisTickLabelPosition;
import org.apache.poi.xddf.usermodel.chart.AxisTickMark;
import org.apache.poi.xddf.usermodel.chart.BarDirection;
import org.apache.poi.xddf.usermodel.chart.BarGrouping;
import org.apache.poi.xddf.usermodel.chart.ChartTypes;
import org.apache.poi.xddf.usermodel.chart.DisplayBlanks;
import org.apache.poi.xddf.usermodel.chart.Grouping;
import org.apache.poi.xddf.usermodel.chart.LegendPosition;
import org.apache.poi.xddf.usermodel.chart.MarkerStyle;
import org.apache.poi.xddf.usermodel.chart.ScatterStyle;
import org.apache.poi.xddf.usermodel.chart.XDDFBarChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFChartAxis;
import org.apache.poi.xddf.usermodel.chart.XDDFDataSourcesFactory;
import org.apache.poi.xddf.usermodel.chart.XDDFLineChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFNumericalDataSource;
import org.apache.poi.xddf.usermodel.chart.XDDFScatterChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFValueAxis;
import org.apache.poi.xssf.usermodel.XSSFChart;
import org.apache.poi.xssf.usermodel.XSSFSheet;
import org.openxmlformats.schemas.drawingml.x2006.chart.CTMarker;
import org.openxmlformats.schemas.drawingml.x2006.chart.STMarkerStyle;
import org.openxmlformats.schemas.drawingml.x2006.main.CTNonVisualDrawingProps;

/**
 * Excel's own chart over the cells of its sheets: a scatter chart of lines over time, each by its own column of times
 * where they do not share one; or columns on top of each other with a line for their total. Excel's date axis counts
 * days and nothing finer.
 */
final class WorkbookChart {
    private static final int MOST_SERIES = 250;
    private static final int MOST_BANDS = 6;
    private static final int MOST_COLUMNS_OF_A_PILE = 1_500;
    private static final int MOST_LONE_POINTS = 200;
    private static final int MOST_IN_LEGEND = 40;

    private final Workbook.Sheets sheets;
    private final ChartData data;
    private final String helperName;
    private final Theme theme = Theme.named("light");
    private final SeriesSelection selection;
    private final List<WorkbookBlock> helpers = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private final ValueAxis scale;

    /** How a line of the chart looks. @param points 0 = none */
    private record Look(Color color, double points, boolean isDashed, boolean isInLegend) {}

    /** @param lone places of points without neighbours, which get a marker */
    private record Line(String name, String times, String values, Look look, List<Integer> lone) {}

    WorkbookChart(Workbook.Sheets sheets, String helperName) {
        this.sheets = sheets;
        this.data = sheets.data();
        this.helperName = helperName;
        this.selection = SeriesSelection.of(data, theme);
        this.scale = scale();
    }

    /** Cells that only the chart needs. */
    List<WorkbookBlock> helpers() {
        return helpers;
    }

    void drawOn(XSSFSheet sheet) {
        sheet.setDisplayGridlines(false);
        Workbook.print(sheet);
        sheet.getPrintSetup().setFitHeight((short) 1);
        var drawing = sheet.createDrawingPatriarch();
        var chart = drawing.createChart(drawing.createAnchor(0, 0, 0, 0, 0, 0, 19, 34));
        var unit = data.metric().drawnUnit();
        chart.setTitleText(Workbook.cellText(data.metric().drawnTitle() + (unit.isEmpty() ? "" : " (" + unit + ")")));
        chart.setTitleOverlay(false);
        chart.getOrAddLegend().setPosition(LegendPosition.BOTTOM);
        chart.displayBlanksAs(DisplayBlanks.GAP);
        chart.getCTChartSpace().addNewRoundedCorners().setVal(false);    // left out, Excel rounds them
        if (data.isStacked()) {
            stacked(chart);
        } else {
            scatter(chart);
        }
        legend(chart);
        describe(drawing.getCTDrawing().getTwoCellAnchorArray(0).getGraphicFrame().getNvGraphicFramePr().getCNvPr());
    }

    /** For people who hear the workbook. */
    private void describe(CTNonVisualDrawingProps properties) {
        properties.setId(2);
        properties.setName("Chart of " + SeriesNames.clean(data.metric().name()));
        properties.setTitle(Workbook.cellText(data.metric().drawnTitle()));
        properties.setDescr(Workbook.cellText(SvgFile.description(data)));
    }

    // ---- lines

    private void scatter(XSSFChart chart) {
        collectLines();
        var bottom = chart.createValueAxis(AxisPosition.BOTTOM);
        var left = valueAxis(chart);
        bottom.setCrosses(AxisCrosses.MIN);
        double from = Workbook.serial(data, Grid.micros(data.from()));
        double to = Workbook.serial(data, Grid.micros(data.to()));
        double unit = majorUnit(to - from);
        // Excel counts its ticks from here: full hours, midnights
        bottom.setMinimum(Math.floor(from / unit + 1e-9) * unit);
        bottom.setMaximum(to);
        bottom.setMajorUnit(unit);
        bottom.setMajorTickMark(AxisTickMark.OUT);
        bottom.setNumberFormat(timeFormat(to - from));
        timeTitle(bottom);
        var scatter = (XDDFScatterChartData) chart.createData(ChartTypes.SCATTER, bottom, left);
        scatter.setStyle(ScatterStyle.LINE);
        scatter.setVaryColors(false);
        for (var line : lines) {
            var series =
                (XDDFScatterChartData.Series) scatter.addSeries(reference(line.times()), reference(line.values()));
            series.setTitle(line.name(), (CellReference) null);
            series.setSmooth(false);
            series.setMarkerStyle(MarkerStyle.NONE);
            series.setShapeProperties(stroke(line.look()));
            markers(series, line);
        }
        chart.plot(scatter);
        unlinkFormats(chart);
    }

    private void markers(XDDFScatterChartData.Series series, Line line) {
        var ct = series.getCTScatterSer();
        var rgb = rgb(line.look().color());
        if (line.lone().size() > MOST_LONE_POINTS) {
            if (ct.isSetMarker()) ct.unsetMarker();
            marker(ct.addNewMarker(), rgb);
            return;
        }
        for (int i : line.lone()) {
            var point = ct.addNewDPt();
            point.addNewIdx().setVal(i);
            marker(point.addNewMarker(), rgb);
        }
    }

    private static void marker(CTMarker marker, byte[] rgb) {
        marker.addNewSymbol().setVal(STMarkerStyle.CIRCLE);
        marker.addNewSize().setVal((short) 5);
        var properties = marker.addNewSpPr();
        properties.addNewSolidFill().addNewSrgbClr().setVal(rgb);
        properties.addNewLn().addNewNoFill();
    }

    /** What is drawn later lies above: grey lines, bands, the named, limits. */
    private void collectLines() {
        var drawn = selection.drawn();
        var shown = drawn.subList(0, Math.min(drawn.size(), MOST_SERIES));
        boolean hasBands = sheets.min() != null && shown.size() <= MOST_BANDS;
        for (var d : shown.reversed()) {
            if (!d.isNamed()) line(sheets.means(), d, new Look(theme.others(), 0.5, false, false));
        }
        for (var d : shown) {
            if (!hasBands || !d.isNamed()) continue;
            var pale = new Look(Theme.blend(d.style().color(), theme.background(), 0.4), 0.5, false, false);
            line(sheets.min(), d, pale);
            line(sheets.max(), d, pale);
        }
        for (var d : shown) {
            if (d.isNamed()) line(sheets.means(), d, new Look(d.style().color(), 1.5, d.style().dash() != null, true));
        }
        helperLines();
    }

    private void line(WorkbookBlock block, SeriesSelection.Drawn d, Look look) {
        int s = data.series().indexOf(d.series());
        boolean isMean = block == sheets.means();
        for (int i = 0; i < block.sheets().size(); i++) {
            if (block.rowsOf(i) == 0) continue;
            lines.add(
                new Line(
                    Workbook.cellText(d.series().name()),
                    block.range(i, sheets.layout().timeColumn(s)),
                    block.range(i, sheets.layout().valueColumn(s)),
                    i == 0 ? look : new Look(look.color(), look.points(), look.isDashed(), false),
                    isMean && i == 0 ? lonePoints(d.series()) : List.of()));
        }
    }

    /** Their places in the column: a line of one point would not be seen. */
    private List<Integer> lonePoints(ChartData.Series s) {
        var list = new ArrayList<Integer>();
        var stretches = data.stretches(s);
        for (int i = 0; i < stretches.size(); i++) {
            if (stretches.get(i).size() > 1) continue;
            int point = stretches.get(i).first();
            list.add(
                sheets.layout().isShared()
                    ? Arrays.binarySearch(sheets.layout().times(), s.points().times()[point])
                    : point + i);
        }
        return list;
    }

    /** Thresholds as lines from edge to edge, and the same span some time before. */
    private void helperLines() {
        var taken = new HashSet<String>();
        var columns = new ArrayList<WorkbookBlock.Column>();
        var ends = new double[] {Workbook.serial(data, Grid.micros(data.from())),
            Workbook.serial(data, Grid.micros(data.to()))};
        var limits = limits();
        if (!limits.isEmpty()) {
            columns.add(new WorkbookBlock.Column(WorkbookBlock.header("Time", taken), true, WorkbookBlock.of(ends)));
        }
        var names = new ArrayList<Runnable>();
        int rows = limits.isEmpty() ? 0 : 2;
        for (var limit : limits) {
            int column = columns.size();
            columns.add(
                new WorkbookBlock.Column(
                    WorkbookBlock.header(limit.name(), taken),
                    false,
                    WorkbookBlock.of(new double[] {limit.value(), limit.value()})));
            names.add(
                () -> helperLine(limit.name(), new int[] {0, column, 2}, new Look(limit.color(), 1.25, true, true)));
        }
        if (data.extras().earlier() != null) {
            for (var s : data.extras().earlier().data().series()) {
                int column = columns.size();
                var d =
                    selection.drawn().stream().filter(x -> x.isNamed() && x.series().key().equals(s.key())).findFirst();
                if (d.isEmpty()) continue;
                var name = s.name() + ", " + data.extras().earlier().label();
                columns.add(
                    new WorkbookBlock.Column(
                        WorkbookBlock.header("Time of " + name, taken),
                        true,
                        WorkbookBlock.of(Workbook.serials(data, s.points().times()))));
                columns.add(
                    new WorkbookBlock.Column(
                        WorkbookBlock.header(name, taken),
                        false,
                        WorkbookBlock.of(s.points().values())));
                rows = Math.max(rows, s.size());
                names.add(
                    () -> helperLine(
                        name,
                        new int[] {column, column + 1, s.size()},
                        new Look(d.get().style().color(), 1, true, true)));
            }
        }
        if (columns.isEmpty()) return;
        helpers.add(new WorkbookBlock(List.of(helperName), columns, rows));
        names.forEach(Runnable::run);
    }

    /** @param place column of the times, column of the values, rows */
    private void helperLine(String name, int[] place, Look look) {
        var block = new WorkbookBlock(List.of(helperName), List.of(), place[2]);
        lines.add(
            new Line(Workbook.cellText(name), block.range(0, place[0]), block.range(0, place[1]), look, List.of()));
    }

    private record Limit(String name, double value, Color color) {}

    private List<Limit> limits() {
        var limits = new LinkedHashMap<Double, Limit>();
        for (var t : data.metric().look().thresholds()) {
            boolean isCritical = t.severity() == Metric.Threshold.Severity.CRITICAL;
            var color = isCritical ? theme.criticalText() : theme.warningText();
            double edge =
                Double.isFinite(t.to()) && (!Double.isFinite(t.from()) || data.metric().look().lowIsBad()) ? t.to()
                    : t.from();
            if (!Double.isFinite(edge)) continue;
            var bySeverity = isCritical ? "critical" : "warning";
            var name = t.label() == null ? bySeverity : t.label();
            limits.putIfAbsent(edge, new Limit(name, edge, color));
        }
        return List.copyOf(limits.values());
    }

    // ---- columns on top of each other

    private void stacked(XSSFChart chart) {
        var grid = pileGrid();
        var pile = Pile.of(data, grid).ordered(SeriesSelection.ranked(data)).folded(namedOfPile(), "others");
        helpers.add(pileBlock(grid, pile));
        var bottom = chart.createCategoryAxis(AxisPosition.BOTTOM);
        var left = valueAxis(chart);
        // otherwise half of the first and of the last column is cut off
        left.setCrossBetween(AxisCrossBetween.BETWEEN);
        double days = Workbook.serial(data, Grid.micros(data.to())) - Workbook.serial(data, Grid.micros(data.from()));
        // LibreOffice sets labels edge to edge: spaces keep them apart
        bottom.setNumberFormat("\\ \\ " + timeFormat(days) + "\\ \\ ");
        timeTitle(bottom);
        bottom.setTickLabelPosition(AxisTickLabelPosition.LOW);
        var bars = (XDDFBarChartData) chart.createData(ChartTypes.BAR, bottom, left);
        bars.setBarDirection(BarDirection.COL);
        bars.setBarGrouping(BarGrouping.STACKED);
        bars.setOverlap((byte) 100);
        bars.setGapWidth(0);
        bars.setVaryColors(false);
        var block = helpers.getFirst();
        for (int s = 0; s < pile.parts().size(); s++) {
            var part = pile.parts().get(s).series();
            var bar = (XDDFBarChartData.Series) bars
                .addSeries(reference(block.range(0, 0)), reference(block.range(0, s + 1)));
            bar.setTitle(Workbook.cellText(part.name()), (CellReference) null);
            bar.setShapeProperties(fill(part.style() < 0 ? theme.others() : barColor(part.style())));
            lines.add(new Line("", "", "", new Look(theme.text(), 0, false, true), List.of()));
        }
        chart.plot(bars);
        total(chart, bottom, left, block, pile.parts().size() + 1);
        skipLabels(chart, grid, majorUnit(days));
        unlinkFormats(chart);
    }

    private Color barColor(int style) {
        var look = theme.style(style);
        return look.dash() == null ? look.color() : Theme.blend(look.color(), theme.background(), 0.5);
    }

    private int namedOfPile() {
        return Math.min(MOST_SERIES, selection.drawn().size() - (selection.others() > 0 ? 1 : 0));
    }

    /**
     * As the picture has it, unless those are more columns than a chart shows; of raw rows, buckets for about each
     * pixel.
     */
    private Grid pileGrid() {
        double seconds = (Grid.micros(data.to()) - Grid.micros(data.from())) / 1e6;
        boolean isFew = !data.grid().isRaw() && data.grid().size() <= MOST_COLUMNS_OF_A_PILE;
        var bucket = isFew ? data.bucket() : Bucket.atLeast(seconds / 600);
        // Excel counts the labels from the first column: it starts at a full hour, or at midnight
        long unit = Math.max(1, Math.round(majorUnit(seconds / 86_400) * 86_400));
        long offset = data.zone().getRules().getOffset(data.from()).getTotalSeconds();
        long from = Math.floorDiv(data.from().getEpochSecond() + offset, unit) * unit - offset;
        return Grid.covering(bucket, data.zone(), Instant.ofEpochSecond(from), data.to());
    }

    private WorkbookBlock pileBlock(Grid grid, Pile pile) {
        var taken = new HashSet<String>();
        var columns = new ArrayList<WorkbookBlock.Column>();
        var times = new long[grid.size()];
        for (int i = 0; i < times.length; i++) times[i] = grid.start(i);
        columns.add(
            new WorkbookBlock.Column(
                WorkbookBlock.header("Time (" + data.zone().getId() + ")", taken),
                true,
                WorkbookBlock.of(Workbook.serials(data, times))));
        for (var part : pile.parts()) {
            columns.add(
                new WorkbookBlock.Column(
                    WorkbookBlock.header(part.series().name(), taken),
                    false,
                    WorkbookBlock.of(part.values())));
        }
        columns
            .add(new WorkbookBlock.Column(WorkbookBlock.header("Total", taken), false, WorkbookBlock.of(pile.total())));
        return new WorkbookBlock(List.of(helperName), columns, times.length);
    }

    private void total(XSSFChart chart, XDDFChartAxis bottom, XDDFValueAxis left, WorkbookBlock block, int column) {
        var line = (XDDFLineChartData) chart.createData(ChartTypes.LINE, bottom, left);
        line.setGrouping(Grouping.STANDARD);        // without it Excel calls the file damaged
        line.setVaryColors(false);
        var series =
            (XDDFLineChartData.Series) line.addSeries(reference(block.range(0, 0)), reference(block.range(0, column)));
        series.setTitle("Total", (CellReference) null);
        series.setSmooth(false);
        series.setMarkerStyle(MarkerStyle.NONE);
        series.setShapeProperties(stroke(new Look(theme.text(), 1.25, false, true)));
        lines.add(new Line("", "", "", new Look(theme.text(), 1.25, false, true), List.of()));
        chart.plot(line);
    }

    private static void skipLabels(XSSFChart chart, Grid grid, double unit) {
        double bucketDays = Math.max(1e-3, grid.bucket().seconds()) / 86_400.0;
        int skip = (int) Math.max(1, Math.round(unit / bucketDays));
        for (var axis : chart.getCTChart().getPlotArea().getCatAxList()) {
            axis.addNewTickLblSkip().setVal(skip);
            axis.addNewTickMarkSkip().setVal(skip);
            axis.addNewNoMultiLvlLbl().setVal(true);
        }
    }

    // ---- axes, looks

    private void timeTitle(XDDFChartAxis axis) {
        axis.setTitle("Time (" + TimeAxis.zoneLabel(data.zone(), data.from(), data.to()) + ")");
    }

    private static String timeFormat(double days) {
        if (days <= 1 / 1440.0 * 3) return "hh:mm:ss";
        if (days <= 2) return "hh:mm";
        return days <= 400 ? "d mmm" : "mmm yyyy";
    }

    /** POI links an axis to the format of the cells, and Excel would show theirs. */
    private static void unlinkFormats(XSSFChart chart) {
        var area = chart.getCTChart().getPlotArea();
        for (var axis : area.getValAxList()) axis.getNumFmt().setSourceLinked(false);
        for (var axis : area.getCatAxList()) axis.getNumFmt().setSourceLinked(false);
    }

    private XDDFValueAxis valueAxis(XSSFChart chart) {
        var left = chart.createValueAxis(AxisPosition.LEFT);
        var unit = data.metric().drawnUnit();
        if (!unit.isEmpty()) left.setTitle(Workbook.cellText(unit));
        left.setCrosses(AxisCrosses.MIN);
        if (scale.isLog()) {
            left.setLogBase(10);
            left.setMinimum(Math.pow(10, scale.min()));
            left.setMaximum(Math.pow(10, scale.max()));
        } else {
            left.setMinimum(scale.min());
            left.setMaximum(scale.max());
            left.setMajorUnit(scale.step());
        }
        left.setNumberFormat(axisFormat());
        var grid = left.getOrAddMajorGridProperties();
        grid.setLineProperties(line(new Look(theme.grid(), 0.75, false, false)));
        return left;
    }

    /** As many decimals as the ticks need: a step of 2.5 would read 0, 3, 5, 8, 10. */
    private String axisFormat() {
        if (scale.isLog()) return "General";
        int decimals = scale.decimals();
        if (decimals > 6) return "0.0E+00";
        return decimals == 0 ? "#,##0" : "#,##0." + "0".repeat(decimals);
    }

    /** The same scale as in the picture: left to itself, Excel begins at zero. */
    private ValueAxis scale() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        boolean isLog = data.metric().look().scale() == Metric.Scale.LOG;
        var heights = new ArrayList<double[]>();
        if (data.isStacked()) {
            heights.addAll(selection.pile().layers(1));
            heights.addAll(selection.pile().layers(-1));
        } else {
            for (var s : data.series()) heights.addAll(List.of(s.points().min(), s.points().max()));
            if (data.extras().earlier() != null) {
                data.extras().earlier().data().series().forEach(s -> heights.add(s.points().values()));
            }
        }
        for (var values : heights) {
            for (var v : values) {
                if (v < low && (!isLog || v > 0)) low = v;
                if (v > high) high = v;
            }
        }
        var need = new ValueAxis.Need(low, high, data.metric().look().range(), data.isStacked(), "");
        return isLog ? ValueAxis.logarithmic(need) : ValueAxis.of(need, 8);
    }

    static double majorUnit(double days) {
        double second = 1 / 86_400.0;
        for (double unit : new double[] {0.1 * second, 0.2 * second, 0.5 * second, second, 2 * second, 5 * second,
            10 * second,
            30 * second, 60 * second, 120 * second, 1 / 288.0, 1 / 144.0, 1 / 96.0, 1 / 48.0, 1 / 24.0, 1 / 12.0,
            1 / 8.0,
            1 / 6.0, 0.25, 0.5, 1, 2, 7, 14, 28, 91, 182, 365}) {
            if (days / unit <= 13) return unit;
        }
        return days / 12;
    }

    /** Only what a reader looks up: no pale bounds, no grey lines. */
    private void legend(XSSFChart chart) {
        var legend = chart.getCTChart().getLegend();
        long named = lines.stream().filter(line -> line.look().isInLegend()).count();
        if (named > MOST_IN_LEGEND) {
            chart.getCTChart().unsetLegend();
            return;
        }
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).look().isInLegend()) continue;
            var entry = legend.addNewLegendEntry();
            entry.addNewIdx().setVal(i);
            entry.addNewDelete().setVal(true);
        }
    }

    /**
     * Cells by reference; {@link WorkbookFile} adds a copy of their values, for which POI needs seconds with 60 series.
     */
    private static XDDFNumericalDataSource<Double> reference(String range) {
        return XDDFDataSourcesFactory.fromArray(new Double[0], range);
    }

    private static XDDFShapeProperties stroke(Look look) {
        var properties = new XDDFShapeProperties();
        properties.setLineProperties(line(look));
        return properties;
    }

    private static XDDFShapeProperties fill(Color color) {
        var properties = new XDDFShapeProperties();
        properties.setFillProperties(new XDDFSolidFillProperties(XDDFColor.from(rgb(color))));
        properties.setLineProperties(line(new Look(color, 0.25, false, false)));
        return properties;
    }

    private static XDDFLineProperties line(Look look) {
        var line = new XDDFLineProperties(new XDDFSolidFillProperties(XDDFColor.from(rgb(look.color()))));
        line.setWidth(look.points());
        if (look.isDashed()) line.setPresetDash(new XDDFPresetLineDash(PresetLineDash.DASH));
        return line;
    }

    private static byte[] rgb(Color c) {
        return new byte[] {(byte) c.getRed(), (byte) c.getGreen(), (byte) c.getBlue()};
    }
}
