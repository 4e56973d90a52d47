package lib.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;

import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import lib.Console;
import lib.Failure;
import lib.Shutdown;
import lib.Units;
import org.apache.poi.ss.usermodel.CellStyle;
import org.apache.poi.ss.usermodel.DateUtil;
import org.apache.poi.ss.usermodel.Row;
import org.apache.poi.ss.usermodel.Sheet;
import org.apache.poi.ss.util.CellRangeAddress;
import org.apache.poi.ss.util.CellReference;
import org.apache.poi.util.DefaultTempFileCreationStrategy;
import org.apache.poi.util.TempFile;
import org.apache.poi.xddf.usermodel.XDDFColor;
import org.apache.poi.xddf.usermodel.XDDFLineProperties;
import org.apache.poi.xddf.usermodel.XDDFShapeProperties;
import org.apache.poi.xddf.usermodel.XDDFSolidFillProperties;
import org.apache.poi.xddf.usermodel.chart.AxisCrossBetween;
import org.apache.poi.xddf.usermodel.chart.AxisCrosses;
import org.apache.poi.xddf.usermodel.chart.AxisPosition;
import org.apache.poi.xddf.usermodel.chart.BarDirection;
import org.apache.poi.xddf.usermodel.chart.BarGrouping;
import org.apache.poi.xddf.usermodel.chart.ChartTypes;
import org.apache.poi.xddf.usermodel.chart.DisplayBlanks;
import org.apache.poi.xddf.usermodel.chart.LegendPosition;
import org.apache.poi.xddf.usermodel.chart.MarkerStyle;
import org.apache.poi.xddf.usermodel.chart.ScatterStyle;
import org.apache.poi.xddf.usermodel.chart.XDDFBarChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFDataSource;
import org.apache.poi.xddf.usermodel.chart.XDDFDataSourcesFactory;
import org.apache.poi.xddf.usermodel.chart.XDDFLineChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFNumericalDataSource;
import org.apache.poi.xddf.usermodel.chart.XDDFScatterChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFValueAxis;
import org.apache.poi.xssf.streaming.SXSSFWorkbook;
import org.apache.poi.xssf.usermodel.XSSFChart;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.openxmlformats.schemas.drawingml.x2006.chart.STTimeUnit;

/**
 * A workbook whose chart is Excel's own: sheets Chart, Data, Summary, About. Data is streamed; the chart carries a copy of
 * its values, so that previews draw it too. Excel knows no time zones: its times are the wall clock of the chart's zone.
 */
public final class Workbook {
    private static final int MOST_ROWS = 1_048_575;
    private static final int MOST_CHART_SERIES = 255;
    private static final String DATA = "Data";
    private static final Pattern REFERENCE = Pattern.compile("<c:f>(Data![^<]*:[^<]*)</c:f><c:numCache(?:/>|>.*?</c:numCache>)", Pattern.DOTALL);

    static {
        // POI talks through Log4j's interface alone; without a back end that complains once on stderr
        if (System.getProperty("log4j2.statusLoggerLevel") == null) System.setProperty("log4j2.statusLoggerLevel", "OFF");
    }

    private final ChartData data;
    private final Theme theme;
    private final List<ChartData.Series> series;
    private final XSSFWorkbook book = new XSSFWorkbook();

    private CellStyle dateTime;
    private CellStyle date;
    private CellStyle number;
    private CellStyle header;
    private CellStyle wrapped;

    private Workbook(ChartData data) {
        this.data = data;
        this.theme = Theme.named("light");
        this.series = data.series();
    }

    public static void write(ChartData data, OutputStream out) throws IOException {
        if (data.times().length > MOST_ROWS) {
            throw Failure.usage("%s times do not fit in one sheet of %s rows".formatted(Units.count(data.times().length), Units.count(MOST_ROWS)),
                "choose a coarser --bucket, or -o data.csv.");
        }
        if (data.series().size() > 16_383) {
            throw Failure.usage("%s series do not fit in one sheet of 16,384 columns".formatted(Units.count(data.series().size())),
                "choose fewer with --where or --by, or -o data.csv.");
        }
        // POI's own place for temporary files is one directory for all users of the machine, and the second one may not write there.
        var scratch = Files.createTempDirectory("chart-");
        TempFile.setTempFileCreationStrategy(new DefaultTempFileCreationStrategy(scratch.toFile()));
        try (var undo = Shutdown.onExit(() -> delete(scratch))) {
            new Workbook(data).writeTo(out);
        } finally {
            delete(scratch);
        }
    }

    private static void delete(Path scratch) {
        try (var files = Files.list(scratch)) {
            for (var file : files.toList()) Files.deleteIfExists(file);
            Files.deleteIfExists(scratch);
        } catch (NoSuchFileException gone) {
            // removed already
        } catch (IOException e) {
            Console.warn("could not remove %s: %s", scratch, e.getMessage());
        }
    }

    private void writeTo(OutputStream out) throws IOException {
        styles();
        book.createSheet("Chart");
        book.createSheet(DATA);
        book.createSheet("Summary");
        book.createSheet("About");
        var properties = book.getProperties().getCoreProperties();
        properties.setTitle(data.metric().title());
        properties.setCreator("TimescaleDB Tools");
        properties.setCreated(Optional.of(Date.from(data.to())));      // and not the clock: same data, same bytes
        try (var streamed = new SXSSFWorkbook(book, 200)) {
            streamed.setCompressTempFiles(true);
            streamed.setZip64Mode(org.apache.commons.compress.archivers.zip.Zip64Mode.Never);   // the JDK cannot read its own form of it back
            data(streamed.getSheet(DATA));
            summary(streamed.getSheet("Summary"));
            about(streamed.getSheet("About"));
            chart();
            book.setActiveSheet(0);
            var bytes = new java.io.ByteArrayOutputStream(1 << 20);
            streamed.write(bytes);
            finish(bytes.toByteArray(), out);
        }
    }

    private void styles() {
        var formats = book.createDataFormat();
        dateTime = book.createCellStyle();
        dateTime.setDataFormat(formats.getFormat("yyyy-mm-dd hh:mm:ss"));
        date = book.createCellStyle();
        date.setDataFormat(formats.getFormat("yyyy-mm-dd"));
        number = book.createCellStyle();
        number.setDataFormat(formats.getFormat(series.stream().anyMatch(one -> Math.abs(one.highest()) >= 1 || Math.abs(one.lowest()) >= 1) ? "#,##0.00" : "General"));
        header = book.createCellStyle();
        var bold = book.createFont();
        bold.setBold(true);
        header.setFont(bold);
        wrapped = book.createCellStyle();
        wrapped.setWrapText(true);
        wrapped.setVerticalAlignment(org.apache.poi.ss.usermodel.VerticalAlignment.TOP);
    }

    private double serial(Instant time) {
        return DateUtil.getExcelDate(LocalDateTime.ofInstant(time, data.zone()));
    }

    private void data(Sheet sheet) {
        sheet.setColumnWidth(0, 20 * 256);
        var top = sheet.createRow(0);
        text(top, 0, "Time (" + data.zone().getId() + ")", header);
        for (int s = 0; s < series.size(); s++) {
            text(top, s + 1, series.get(s).name(), header);
            sheet.setColumnWidth(s + 1, Math.clamp(series.get(s).name().length() + 3, 12, 40) * 256);
        }
        sheet.createFreezePane(1, 1);
        for (int i = 0; i < data.times().length; i++) {
            var row = sheet.createRow(i + 1);
            var time = row.createCell(0);
            time.setCellValue(serial(data.instant(i)));
            time.setCellStyle(dateTime);
            for (int s = 0; s < series.size(); s++) {
                double value = series.get(s).average()[i];
                if (!Double.isNaN(value)) {           // a gap is an empty cell: a zero or a text would be drawn
                    var cell = row.createCell(s + 1);
                    cell.setCellValue(value);
                    cell.setCellStyle(number);
                }
            }
        }
        sheet.setAutoFilter(new CellRangeAddress(0, data.times().length, 0, series.size()));
    }

    /** Formulas, so that a filter or a corrected value shows; their results are stored too, for programs that do not calculate. */
    private void summary(Sheet sheet) {
        var titles = List.of("Series", "Points", "Empty", "Min of means", "Mean", "Max of means", "Last", "Lowest row", "Highest row");
        var top = sheet.createRow(0);
        for (int c = 0; c < titles.size(); c++) {
            text(top, c, titles.get(c), header);
            sheet.setColumnWidth(c, (c == 0 ? 28 : 14) * 256);
        }
        sheet.createFreezePane(1, 1);
        for (int s = 0; s < series.size(); s++) {
            var one = series.get(s);
            var row = sheet.createRow(s + 1);
            var range = range(s + 1);
            text(row, 0, one.name(), null);
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            for (var v : one.average()) {
                if (v < low) low = v;
                if (v > high) high = v;
            }
            formula(row, 1, "COUNT(" + range + ")", one.points(), null);
            formula(row, 2, "COUNTBLANK(" + range + ")", data.times().length - one.points(), null);
            formula(row, 3, "MIN(" + range + ")", low, number);
            formula(row, 4, "AVERAGE(" + range + ")", one.mean(), number);
            formula(row, 5, "MAX(" + range + ")", high, number);
            formula(row, 6, "LOOKUP(9.99E+307," + range + ")", one.last(), number);
            value(row, 7, one.lowest(), number);
            value(row, 8, one.highest(), number);
        }
    }

    private void about(Sheet sheet) {
        sheet.setColumnWidth(0, 18 * 256);
        sheet.setColumnWidth(1, 110 * 256);
        int i = 0;
        for (var fact : Facts.of(data)) {
            var row = sheet.createRow(i++);
            text(row, 0, fact.name(), header);
            text(row, 1, fact.value(), wrapped);
        }
    }

    private String range(int column) {
        var letters = CellReference.convertNumToColString(column);
        return "Data!$%s$2:$%1$s$%d".formatted(letters, data.times().length + 1);
    }

    // ---- the chart

    private void chart() {
        var sheet = book.getSheet("Chart");
        sheet.setDisplayGridlines(false);
        var setup = sheet.getPrintSetup();
        setup.setLandscape(true);
        sheet.setFitToPage(true);
        var drawing = sheet.createDrawingPatriarch();
        var chart = drawing.createChart(drawing.createAnchor(0, 0, 0, 0, 0, 0, 19, 34));
        chart.setTitleText(data.metric().title() + " (" + data.metric().unit() + ")");
        chart.setTitleOverlay(false);
        chart.getOrAddLegend().setPosition(LegendPosition.BOTTOM);
        chart.displayBlanksAs(DisplayBlanks.GAP);
        chart.getCTChartSpace().addNewRoundedCorners().setVal(false);    // left out, Excel rounds them
        if (data.metric().kind() == Metric.Kind.STACKED) {
            stacked(chart);
        } else {
            lines(chart);
        }
    }

    private List<ChartData.Series> charted() {
        var ranked = data.metric().kind() == Metric.Kind.STACKED || series.size() > MOST_CHART_SERIES ? Painter.ranked(data) : series;
        return ranked.subList(0, Math.min(ranked.size(), MOST_CHART_SERIES));
    }

    private void lines(XSSFChart chart) {
        if (data.bucket().seconds() >= 86_400) {
            daily(chart);
        } else {
            scatter(chart);
        }
    }

    /** Excel's date axis counts days and nothing finer: for buckets of a day and more it is the right one. */
    private void daily(XSSFChart chart) {
        var bottom = chart.createDateAxis(AxisPosition.BOTTOM);
        var left = valueAxis(chart);
        bottom.setNumberFormat("d mmm yyyy");
        bottom.setTitle("Time (" + TimeAxis.zoneLabel(data.zone(), data.from(), data.to()) + ")");
        var lines = (XDDFLineChartData) chart.createData(ChartTypes.LINE, bottom, left);
        lines.setVaryColors(false);
        var times = times();
        var list = charted();
        for (int s = 0; s < list.size(); s++) {
            var line = (XDDFLineChartData.Series) lines.addSeries(times, values(list.get(s)));
            title(line, list.get(s));
            line.setSmooth(false);
            line.setMarkerStyle(MarkerStyle.NONE);
            line.setShapeProperties(stroke(s));
        }
        chart.plot(lines);
        for (var axis : chart.getCTChart().getPlotArea().getDateAxList()) {
            axis.getNumFmt().setSourceLinked(false);
            (axis.isSetBaseTimeUnit() ? axis.getBaseTimeUnit() : axis.addNewBaseTimeUnit()).setVal(STTimeUnit.DAYS);
        }
        for (var axis : chart.getCTChart().getPlotArea().getValAxList()) axis.getNumFmt().setSourceLinked(false);
    }

    private void scatter(XSSFChart chart) {
        var bottom = chart.createValueAxis(AxisPosition.BOTTOM);
        var left = valueAxis(chart);
        bottom.setCrosses(AxisCrosses.MIN);
        double days = serial(data.to()) - serial(data.from());
        double unit = majorUnit(days);
        bottom.setMinimum(Math.floor(serial(data.from()) / unit + 1e-9) * unit);     // Excel counts its ticks from here: full hours, midnights
        bottom.setMaximum(serial(data.to()));
        bottom.setMajorUnit(unit);
        bottom.setMajorTickMark(org.apache.poi.xddf.usermodel.chart.AxisTickMark.OUT);
        bottom.setNumberFormat(days <= 2 ? "hh:mm" : "d mmm");
        bottom.setTitle("Time (" + TimeAxis.zoneLabel(data.zone(), data.from(), data.to()) + ")");
        var lines = (XDDFScatterChartData) chart.createData(ChartTypes.SCATTER, bottom, left);
        lines.setStyle(ScatterStyle.LINE);
        lines.setVaryColors(false);
        var times = times();
        var list = charted();
        for (int s = 0; s < list.size(); s++) {
            var line = (XDDFScatterChartData.Series) lines.addSeries(times, values(list.get(s)));
            title(line, list.get(s));
            line.setSmooth(false);
            line.setMarkerStyle(MarkerStyle.NONE);
            line.setShapeProperties(stroke(s));
        }
        chart.plot(lines);
        // POI links the axis to the format of the cells, and Excel would show theirs
        for (var axis : chart.getCTChart().getPlotArea().getValAxList()) axis.getNumFmt().setSourceLinked(false);
    }

    private void stacked(XSSFChart chart) {
        var bottom = chart.createCategoryAxis(AxisPosition.BOTTOM);
        var left = valueAxis(chart);
        left.setCrossBetween(AxisCrossBetween.BETWEEN);          // otherwise half of the first and of the last column is cut off
        double days = serial(data.to()) - serial(data.from());
        bottom.setNumberFormat(days <= 2 ? "hh:mm" : "d mmm");
        bottom.setTitle("Time (" + TimeAxis.zoneLabel(data.zone(), data.from(), data.to()) + ")");
        var bars = (XDDFBarChartData) chart.createData(ChartTypes.BAR, bottom, left);
        bars.setBarDirection(BarDirection.COL);
        bars.setBarGrouping(BarGrouping.STACKED);
        bars.setOverlap((byte) 100);
        bars.setGapWidth(0);
        bars.setVaryColors(false);
        var times = times();
        var list = charted();
        for (int s = 0; s < list.size(); s++) {
            var part = (XDDFBarChartData.Series) bars.addSeries(times, values(list.get(s)));
            title(part, list.get(s));
            part.setShapeProperties(fill(s));
        }
        chart.plot(bars);
        double bucketDays = Math.max(1, data.bucket().seconds()) / 86_400.0;
        int skip = (int) Math.max(1, data.bucket().isRaw() ? data.times().length / 12 : Math.round(majorUnit(days) / bucketDays));
        for (var axis : chart.getCTChart().getPlotArea().getCatAxList()) {
            axis.getNumFmt().setSourceLinked(false);
            axis.addNewTickLblSkip().setVal(skip);
            axis.addNewTickMarkSkip().setVal(skip);
            axis.addNewNoMultiLvlLbl().setVal(true);
        }
        for (var axis : chart.getCTChart().getPlotArea().getValAxList()) axis.getNumFmt().setSourceLinked(false);
    }

    private XDDFValueAxis valueAxis(XSSFChart chart) {
        var left = chart.createValueAxis(AxisPosition.LEFT);
        left.setTitle(data.metric().unit());
        left.setCrosses(AxisCrosses.MIN);
        var scale = scale();
        left.setMinimum(scale.min());
        if (data.metric().kind() == Metric.Kind.LINE) {
            left.setMaximum(scale.max());
            left.setMajorUnit(scale.step());
        }
        left.setNumberFormat(scale.step() >= 1 ? "#,##0" : "0." + "0".repeat(Math.clamp((int) Math.ceil(-Math.log10(scale.step())), 1, 9)));
        var grid = left.getOrAddMajorGridProperties();
        grid.setLineProperties(line(new XDDFSolidFillProperties(XDDFColor.from(rgb(theme.grid()))), 0.75));
        return left;
    }

    /** The same scale as in the picture: left to itself, Excel begins at zero. */
    private ValueAxis scale() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (var one : series) {
            for (var v : one.average()) {
                if (v < low) low = v;
                if (v > high) high = v;
            }
        }
        return ValueAxis.of(low, high, data.metric().range(), data.metric().kind() == Metric.Kind.STACKED, "", 8);
    }

    private static double majorUnit(double days) {
        for (double unit : new double[] {1 / 288.0, 1 / 144.0, 1 / 96.0, 1 / 48.0, 1 / 24.0, 1 / 12.0, 1 / 8.0, 1 / 6.0, 0.25, 0.5, 1, 2, 7, 14, 28, 91, 182, 365}) {
            if (days / unit <= 13) return unit;
        }
        return days / 12;
    }

    private XDDFDataSource<Double> times() {
        return reference(0);
    }

    private XDDFNumericalDataSource<Double> values(ChartData.Series one) {
        return reference(series.indexOf(one) + 1);
    }

    /** Cells by reference, without a copy of their values: {@link #withValues} adds it, POI needs seconds for 60 series. */
    private XDDFNumericalDataSource<Double> reference(int column) {
        return XDDFDataSourcesFactory.fromArray(new Double[0], range(column));
    }

    /** A copy of the cells' values beside each reference: previews and Excel's protected view draw from it alone. */
    private String withValues(String xml) {
        var caches = new java.util.HashMap<String, String>();
        var result = REFERENCE.matcher(xml).replaceAll(m -> java.util.regex.Matcher.quoteReplacement(
            "<c:f>" + m.group(1) + "</c:f>" + caches.computeIfAbsent(m.group(1), this::cache)));
        return result;
    }

    private String cache(String range) {
        int column = CellReference.convertColStringToIndex(range.replaceFirst("Data!\\$([A-Z]+)\\$.*", "$1"));
        int n = data.times().length;
        var xml = new StringBuilder(n * 40).append("<c:numCache><c:formatCode>").append(column == 0 ? "yyyy\\-mm\\-dd\\ hh:mm" : "#,##0.00")
            .append("</c:formatCode><c:ptCount val=\"").append(n).append("\"/>");
        for (int i = 0; i < n; i++) {
            double value = column == 0 ? serial(data.instant(i)) : series.get(column - 1).average()[i];
            if (!Double.isNaN(value)) xml.append("<c:pt idx=\"").append(i).append("\"><c:v>").append(value).append("</c:v></c:pt>");
        }
        return xml.append("</c:numCache>").toString();
    }

    private void title(org.apache.poi.xddf.usermodel.chart.XDDFChartData.Series line, ChartData.Series one) {
        line.setTitle(cellText(one.name()), new CellReference(DATA, 0, series.indexOf(one) + 1, true, true));
    }

    private XDDFShapeProperties stroke(int s) {
        var properties = new XDDFShapeProperties();
        properties.setLineProperties(line(new XDDFSolidFillProperties(XDDFColor.from(rgb(theme.series(s)))), 1.5));
        return properties;
    }

    private XDDFShapeProperties fill(int s) {
        var properties = new XDDFShapeProperties();
        var solid = new XDDFSolidFillProperties(XDDFColor.from(rgb(theme.series(s))));
        properties.setFillProperties(solid);
        properties.setLineProperties(line(solid, 0.25));
        return properties;
    }

    private static XDDFLineProperties line(XDDFSolidFillProperties fill, double points) {
        var line = new XDDFLineProperties(fill);
        line.setWidth(points);
        return line;
    }

    private static byte[] rgb(java.awt.Color c) {
        return new byte[] {(byte) c.getRed(), (byte) c.getGreen(), (byte) c.getBlue()};
    }

    // ---- cells

    /** Text stays text: setCellValue never makes a formula, whatever a name begins with. */
    private static void text(Row row, int column, String text, CellStyle style) {
        var cell = row.createCell(column);
        cell.setCellValue(cellText(text));
        if (style != null) cell.setCellStyle(style);
    }

    private static String cellText(String text) {
        var clean = text.replaceAll("[\\p{Cntrl}&&[^\n]]", " ");
        return clean.length() > 32_000 ? clean.substring(0, 32_000) + "…" : clean;
    }

    private static void value(Row row, int column, double value, CellStyle style) {
        if (!Double.isFinite(value)) return;
        var cell = row.createCell(column);
        cell.setCellValue(value);
        if (style != null) cell.setCellStyle(style);
    }

    private static void formula(Row row, int column, String formula, double result, CellStyle style) {
        var cell = row.createCell(column);
        cell.setCellFormula(formula);
        if (Double.isFinite(result)) cell.setCellValue(result);
        if (style != null) cell.setCellStyle(style);
    }

    /** Copies the workbook: values beside the chart's references, and a fixed time for each entry, so that the same data give the same bytes. */
    private void finish(byte[] zip, OutputStream out) throws IOException {
        var fixed = new java.util.zip.ZipOutputStream(out);        // not closed: the file around it is fsynced first
        try (var in = new java.util.zip.ZipInputStream(new java.io.ByteArrayInputStream(zip))) {
            for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                var copy = new java.util.zip.ZipEntry(entry.getName());
                copy.setTimeLocal(LocalDateTime.of(2000, 1, 1, 0, 0));
                fixed.putNextEntry(copy);
                if (entry.getName().startsWith("xl/charts/chart")) {
                    fixed.write(withValues(new String(in.readAllBytes(), StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8));
                } else {
                    in.transferTo(fixed);
                }
                fixed.closeEntry();
            }
        }
        fixed.finish();
    }
}
