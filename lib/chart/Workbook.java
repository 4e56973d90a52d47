//SOURCES ../Console.java ../Failure.java ../Units.java ChartData.java Facts.java WorkbookChart.java WorkbookFile.java
package lib.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import lib.Console;
import lib.Failure;
import lib.Units;
import org.apache.poi.ss.usermodel.CellStyle;
import org.apache.poi.ss.usermodel.DateUtil;
import org.apache.poi.ss.usermodel.Row;
import org.apache.poi.ss.usermodel.VerticalAlignment;
import org.apache.poi.ss.util.CellRangeAddress;
import org.apache.poi.ss.util.CellReference;
import org.apache.poi.xssf.usermodel.XSSFSheet;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;

/**
 * A workbook whose chart is Excel's own: sheets Chart, Data, Summary, About. POI makes all but the rows of Data, which {@link WorkbookFile}
 * streams: their number does not count in memory. Excel knows no time zones: its times are the wall clock of the chart's zone.
 */
public final class Workbook {
    static final String DATA = "Data";
    private static final int MOST_ROWS = 1_048_575;
    private static final String HOUR_TWICE =
        "the clock goes back within this range, so an hour of it stands twice in the workbook; --timezone UTC avoids that";

    static {
        // POI talks through Log4j's interface alone; without a back end that complains once on stderr
        if (System.getProperty("log4j2.statusLoggerLevel") == null)
            System.setProperty("log4j2.statusLoggerLevel", "OFF");
    }

    private final ChartData data;
    private final List<ChartData.Series> series;
    private final XSSFWorkbook book;

    private CellStyle dateTime;
    private CellStyle number;
    private CellStyle header;
    private CellStyle wrapped;

    private Workbook(ChartData data, XSSFWorkbook book) {
        this.data = data;
        this.series = data.series();
        this.book = book;
    }

    public static void write(ChartData data, OutputStream out) throws IOException {
        if (data.times().length > MOST_ROWS) {
            throw Failure.usage(
                "%s times do not fit in one sheet of %s rows"
                    .formatted(Units.count(data.times().length), Units.count(MOST_ROWS)),
                "choose a coarser --bucket, or -o data.csv.");
        }
        if (data.series().size() > 16_383) {
            throw Failure.usage(
                "%s series do not fit in one sheet of 16,384 columns".formatted(Units.count(data.series().size())),
                "choose fewer with --where or --by, or -o data.csv.");
        }
        try (var book = new XSSFWorkbook()) {
            new Workbook(data, book).writeTo(out);
        }
    }

    private void writeTo(OutputStream out) throws IOException {
        styles();
        var chart = book.createSheet("Chart");
        data(book.createSheet(DATA));
        summary(book.createSheet("Summary"));
        about(book.createSheet("About"));
        new WorkbookChart(data).drawOn(chart);
        var properties = book.getProperties().getCoreProperties();
        properties.setTitle(data.metric().title());
        properties.setCreator("TimescaleDB Tools");
        properties.setCreated(Optional.of(Date.from(data.to())));      // and not the clock: same data, same bytes
        new WorkbookFile(data, dateTime.getIndex(), number.getIndex()).write(book, out);
    }

    private void styles() {
        var formats = book.createDataFormat();
        dateTime = book.createCellStyle();
        dateTime.setDataFormat(formats.getFormat("yyyy-mm-dd hh:mm:ss"));
        number = book.createCellStyle();
        number.setDataFormat(
            formats.getFormat(
                series.stream().anyMatch(one -> Math.abs(one.highest()) >= 1 || Math.abs(one.lowest()) >= 1)
                    ? "#,##0.00"
                    : "General"));
        header = book.createCellStyle();
        var bold = book.createFont();
        bold.setBold(true);
        header.setFont(bold);
        wrapped = book.createCellStyle();
        wrapped.setWrapText(true);
        wrapped.setVerticalAlignment(VerticalAlignment.TOP);
    }

    /** A moment as Excel counts it: days since 1900 on the clock of the chart's zone. */
    static double serial(ChartData data, Instant time) {
        return DateUtil.getExcelDate(LocalDateTime.ofInstant(time, data.zone()));
    }

    /** The cells of a series below its header: column 0 is the time. */
    static String range(ChartData data, int column) {
        return range(column, 2, data.times().length + 1);
    }

    private static String range(int column, int first, int last) {
        return "%s!$%s$%d:$%2$s$%d".formatted(DATA, CellReference.convertNumToColString(column), first, last);
    }

    /** Its header and its looks; the rows follow in {@link WorkbookFile}. */
    private void data(XSSFSheet sheet) {
        sheet.setColumnWidth(0, 20 * 256);
        var top = sheet.createRow(0);
        text(top, 0, "Time (" + data.zone().getId() + ")", header);
        for (int s = 0; s < series.size(); s++) {
            text(top, s + 1, series.get(s).name().isEmpty() ? " " : series.get(s).name(), header);
            sheet.setColumnWidth(s + 1, Math.clamp(series.get(s).name().length() + 3, 12, 40) * 256);
        }
        sheet.createFreezePane(1, 1);
        var all = new CellRangeAddress(0, data.times().length, 0, series.size());
        sheet.setAutoFilter(all);
        sheet.getCTWorksheet().getDimension().setRef(all.formatAsString());
    }

    /** Formulas, so that a filter or a corrected value shows; their results are stored too, for programs that do not calculate. */
    private void summary(XSSFSheet sheet) {
        var titles =
            List.of(
                "Series",
                "Points",
                "Empty",
                "Gaps",
                "Min of means",
                "Mean",
                "Max of means",
                "Last",
                "Lowest row",
                "Highest row");
        var top = sheet.createRow(0);
        for (int c = 0; c < titles.size(); c++) {
            text(top, c, titles.get(c), header);
            sheet.setColumnWidth(c, (c == 0 ? 28 : 14) * 256);
        }
        sheet.createFreezePane(1, 1);
        int last = data.times().length + 1;
        for (int s = 0; s < series.size(); s++) {
            var one = series.get(s);
            var row = sheet.createRow(s + 1);
            var range = range(data, s + 1);
            text(row, 0, one.name(), null);
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            for (var v : one.average()) {
                if (v < low) low = v;
                if (v > high) high = v;
            }
            formula(row, 1, "COUNT(" + range + ")", one.points(), null);
            formula(row, 2, "COUNTBLANK(" + range + ")", data.times().length - one.points(), null);
            // a stretch without data begins with an empty cell that has none above it
            formula(
                row,
                3,
                "COUNTBLANK(%s)-COUNTIFS(%s,\"=\",%1$s,\"=\")".formatted(range, range(s + 1, 1, last - 1)),
                one.gaps(),
                null);
            formula(row, 4, "MIN(" + range + ")", low, number);
            formula(row, 5, "AVERAGE(" + range + ")", one.mean(), number);
            formula(row, 6, "MAX(" + range + ")", high, number);
            formula(row, 7, "LOOKUP(9.99E+307," + range + ")", one.last(), number);
            value(row, 8, one.lowest(), number);
            value(row, 9, one.highest(), number);
        }
    }

    private void about(XSSFSheet sheet) {
        sheet.setColumnWidth(0, 18 * 256);
        sheet.setColumnWidth(1, 110 * 256);
        int i = 0;
        for (var fact : Facts.of(data)) {
            fact(sheet.createRow(i++), fact.name(), fact.value());
        }
        if (hourOccursTwice()) {
            fact(sheet.createRow(i), "Note", HOUR_TWICE);
            Console.say("note: %s", HOUR_TWICE);
        }
    }

    private void fact(Row row, String name, String value) {
        text(row, 0, name, header);
        text(row, 1, value, wrapped);
    }

    private boolean hourOccursTwice() {
        if (data.bucket().seconds() >= 86_400) return false;
        for (var change = data.zone().getRules().nextTransition(data.from());
            change != null && change.getInstant().isBefore(data.to());
            change = data.zone().getRules().nextTransition(change.getInstant())) {
            if (change.isOverlap()) return true;
        }
        return false;
    }

    /** Text stays text: setCellValue never makes a formula, whatever a name begins with. */
    private static void text(Row row, int column, String text, CellStyle style) {
        var cell = row.createCell(column);
        cell.setCellValue(cellText(text));
        if (style != null) cell.setCellStyle(style);
    }

    static String cellText(String text) {
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
}
