//SOURCES ../Console.java ../Failure.java ../Units.java ChartData.java Facts.java Grid.java SvgFile.java
//SOURCES WorkbookBlock.java WorkbookChart.java WorkbookFile.java WorkbookSummary.java
package lib.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lib.Console;
import lib.Failure;
import lib.Units;
import org.apache.poi.ss.usermodel.CellStyle;
import org.apache.poi.ss.usermodel.DateUtil;
import org.apache.poi.ss.usermodel.PrintSetup;
import org.apache.poi.ss.usermodel.Row;
import org.apache.poi.ss.usermodel.VerticalAlignment;
import org.apache.poi.ss.util.CellRangeAddress;
import org.apache.poi.ss.util.WorkbookUtil;
import org.apache.poi.xssf.usermodel.XSSFSheet;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.CTTableColumn;

/**
 * A workbook whose charts are Excel's own. For each metric a sheet with its chart, and its data as tables: means, and
 * where a point stands for several rows, in the same cells of three more sheets the smallest and largest value and the
 * number of rows. POI makes all but the rows, which {@link WorkbookFile} streams: their number does not count in
 * memory. Excel knows no time zones: its times are the wall clock of the chart's zone.
 */
public final class Workbook {
    private static final int MOST_COLUMNS = 16_384;
    private static final int MOST_COLUMNS_OF_A_TABLE = 500;
    private static final int LONGEST_SHEET_NAME = 20;
    private static final String HOUR_TWICE =
        "the clock goes back within this range, so an hour of it stands twice in the workbook; --timezone UTC "
            + "avoids that";

    /**
     * What the sheets of one chart hold. @param min null where each point is a row by itself; @param max and rows too
     */
    record Sheets(
        ChartData data,
        WorkbookBlock.Layout layout,
        WorkbookBlock means,
        WorkbookBlock min,
        WorkbookBlock max,
        WorkbookBlock rows) {
        List<WorkbookBlock> blocks() {
            return min == null ? List.of(means) : List.of(means, min, max, rows);
        }
    }

    private final List<ChartData> charts;
    private final XSSFWorkbook book;
    private final List<WorkbookBlock> blocks = new ArrayList<>();
    private final Styles styles;

    /** The looks of cells, each made once. */
    static final class Styles {
        final CellStyle dateTime;
        final CellStyle number;
        final CellStyle count;
        final CellStyle header;
        final CellStyle wrapped;

        Styles(XSSFWorkbook book, List<ChartData> charts) {
            var formats = book.createDataFormat();
            boolean isFine = charts.stream().anyMatch(d -> d.grid().isRaw() || d.bucket().seconds() < 1);
            dateTime = book.createCellStyle();
            dateTime.setDataFormat(formats.getFormat(isFine ? "yyyy-mm-dd hh:mm:ss.000" : "yyyy-mm-dd hh:mm:ss"));
            number = book.createCellStyle();
            number.setDataFormat(formats.getFormat(numberFormat(charts)));
            count = book.createCellStyle();
            count.setDataFormat(formats.getFormat("#,##0"));
            header = book.createCellStyle();
            var bold = book.createFont();
            bold.setBold(true);
            header.setFont(bold);
            wrapped = book.createCellStyle();
            wrapped.setWrapText(true);
            wrapped.setVerticalAlignment(VerticalAlignment.TOP);
        }

        /** Two digits, unless the values are so small that two show nothing of them. */
        private static String numberFormat(List<ChartData> charts) {
            boolean isSmall = charts.stream()
                .flatMap(d -> d.series().stream())
                .allMatch(s -> Math.abs(s.highest()) < 1 && Math.abs(s.lowest()) < 1);
            return isSmall ? "General" : "#,##0.00";
        }
    }

    private Workbook(List<ChartData> charts, XSSFWorkbook book) {
        this.charts = charts;
        this.book = book;
        this.styles = new Styles(book, charts);
    }

    public static void write(List<ChartData> charts, OutputStream out) throws IOException {
        charts.forEach(Workbook::refuse);
        try (var book = new XSSFWorkbook()) {
            new Workbook(charts, book).writeTo(out);
        }
    }

    private static void refuse(ChartData data) {
        int columns = WorkbookBlock.Layout.of(data).columns(data);
        if (columns > MOST_COLUMNS) {
            throw Failure.usage(
                "%s series need %s columns, and a sheet has 16,384"
                    .formatted(Units.count(data.series().size()), Units.count(columns)),
                "choose fewer with --where, --top or --by, or -o data.csv.");
        }
        if (data.from().atZone(data.zone()).getYear() < 1900) {
            throw Failure.usage(
                "Excel's calendar begins with the year 1900, and this chart with "
                    + data.from().atZone(data.zone()).toLocalDate(),
                "choose -o data.csv or a picture, or a later --from.");
        }
    }

    private void writeTo(OutputStream out) throws IOException {
        var all = new ArrayList<Sheets>();
        var places = new ArrayList<XSSFSheet>();
        for (var data : charts) places.add(book.createSheet(charts.size() == 1 ? "Chart" : sheetName(data, "")));
        for (var data : charts) all.add(sheets(data));
        for (int i = 0; i < charts.size(); i++) {
            var chart = new WorkbookChart(all.get(i), name(charts.get(i), "Chart data"));
            chart.drawOn(places.get(i));
            chart.helpers().forEach(block -> block(block, styles.number));
        }
        new WorkbookSummary(all, styles).write(book.createSheet("Summary"));
        about(book.createSheet("About"));
        // what people look for stands first
        book.setSheetOrder("Summary", charts.size());
        book.setActiveSheet(0);
        var properties = book.getProperties().getCoreProperties();
        properties.setTitle(SvgFile.title(charts));
        properties.setCreator("TimescaleDB Tools");
        // and not the clock: same data, same bytes
        properties.setCreated(Optional.of(Date.from(charts.getFirst().to())));
        new WorkbookFile(blocks, styles).write(book, out);
    }

    private Sheets sheets(ChartData drawn) {
        var data = drawn.listed();
        var layout = WorkbookBlock.Layout.of(data);
        var means = WorkbookBlock.of(data, layout, name(data, "Data"), ChartData.Points::values);
        boolean isPlain = data.series()
            .stream()
            .allMatch(s -> !s.hasBand() && Arrays.stream(s.points().count()).allMatch(n -> n == 1));
        var sheets = isPlain || !data.metric().stat().hasBand() ? new Sheets(drawn, layout, means, null, null, null)
            : new Sheets(
                drawn,
                layout,
                means,
                WorkbookBlock.of(data, layout, name(data, "Min"), ChartData.Points::min),
                WorkbookBlock.of(data, layout, name(data, "Max"), ChartData.Points::max),
                WorkbookBlock.of(data, layout, name(data, "Rows"), p -> WorkbookBlock.doubles(p.count())).asCount());
        sheets.blocks().forEach(block -> block(block, block.isCount() ? styles.count : styles.number));
        return sheets;
    }

    /** "Data", or with several metrics "health data". */
    private String name(ChartData data, String what) {
        return charts.size() == 1 ? what : sheetName(data, " " + what.toLowerCase(Locale.ROOT));
    }

    private String sheetName(ChartData data, String what) {
        var name = WorkbookUtil.createSafeSheetName(data.metric().name(), '_');
        if (name.length() > LONGEST_SHEET_NAME) {
            name = name.substring(0, LONGEST_SHEET_NAME - 2) + "~" + charts.indexOf(data);
        }
        return name + what;
    }

    /** Headers, looks and the frame of a table; the rows follow in {@link WorkbookFile}. */
    private void block(WorkbookBlock block, CellStyle numbers) {
        blocks.add(block);
        for (int i = 0; i < block.sheets().size(); i++) {
            var sheet = book.createSheet(block.sheets().get(i));
            var top = sheet.createRow(0);
            boolean hasLooks = block.columns().size() <= MOST_COLUMNS_OF_A_TABLE;
            for (int c = 0; c < block.columns().size(); c++) {
                var column = block.columns().get(c);
                text(top, c, column.header(), styles.header);
                if (!hasLooks) continue;
                int letters = column.isTime() ? 24 : Math.clamp(column.header().length() + 5, 12, 40);
                sheet.setColumnWidth(c, letters * 256);
                sheet.setDefaultColumnStyle(c, column.isTime() ? styles.dateTime : numbers);
            }
            if (!hasLooks) sheet.setDefaultColumnWidth(20);
            sheet.createFreezePane(1, 1);
            table(sheet, block.columns(), Math.max(1, block.rowsOf(i)));
            print(sheet);
            sheet.setRepeatingRows(CellRangeAddress.valueOf("1:1"));
        }
    }

    /** Its columns at once: POI's own way takes minutes with thousands of them, and nobody works in such a table. */
    private void table(XSSFSheet sheet, List<WorkbookBlock.Column> columns, int rows) {
        var area = new CellRangeAddress(0, rows, 0, columns.size() - 1);
        sheet.getCTWorksheet().getDimension().setRef(area.formatAsString());
        if (columns.size() > MOST_COLUMNS_OF_A_TABLE) {
            sheet.setAutoFilter(area);
            return;
        }
        var table = sheet.createTable(null);
        var xml = table.getCTTable();
        xml.setRef(area.formatAsString());
        var list = new CTTableColumn[columns.size()];
        for (int c = 0; c < list.length; c++) {
            list[c] = CTTableColumn.Factory.newInstance();
            list[c].setId(c + 1);
            list[c].setName(columns.get(c).header());
        }
        var all = xml.addNewTableColumns();
        all.setTableColumnArray(list);
        all.setCount(list.length);
        table.setName("Table" + (book.getSheetIndex(sheet) + 1));
        table.setDisplayName(table.getName());
        xml.addNewAutoFilter().setRef(area.formatAsString());
        table.setStyleName("TableStyleLight1");
    }

    static void print(XSSFSheet sheet) {
        var setup = sheet.getPrintSetup();
        setup.setLandscape(true);
        setup.setPaperSize(PrintSetup.A4_PAPERSIZE);
        sheet.setFitToPage(true);
        setup.setFitWidth((short) 1);
        setup.setFitHeight((short) 0);
        sheet.getFooter().setLeft("&F, &A");
        sheet.getFooter().setRight("&P of &N");
    }

    private void about(XSSFSheet sheet) {
        sheet.setColumnWidth(0, 18 * 256);
        sheet.setColumnWidth(1, 110 * 256);
        print(sheet);
        int i = 0;
        for (var data : charts) {
            if (i > 0) i++;
            for (var fact : Facts.of(data)) fact(sheet.createRow(i++), fact.name(), fact.value());
            if (hourOccursTwice(data)) {
                fact(sheet.createRow(i++), "Note", HOUR_TWICE);
                Console.say("note: %s", HOUR_TWICE);
            }
        }
    }

    private void fact(Row row, String name, String value) {
        text(row, 0, name, styles.header);
        text(row, 1, value, styles.wrapped);
    }

    private static boolean hourOccursTwice(ChartData data) {
        if (data.bucket().isCalendar()) return false;
        for (var change = data.zone().getRules().nextTransition(data.from());
            change != null && change.getInstant().isBefore(data.to());
            change = data.zone().getRules().nextTransition(change.getInstant())) {
            if (change.isOverlap()) return true;
        }
        return false;
    }

    /** A moment as Excel counts it: days since 1900 on the clock of the chart's zone. */
    static double serial(ChartData data, long micros) {
        var clock = LocalDateTime.ofInstant(Grid.instant(micros), data.zone());
        return DateUtil.getExcelDate(clock.toLocalDate()) + clock.toLocalTime().toNanoOfDay() / 86_400e9;
    }

    static double[] serials(ChartData data, long[] micros) {
        return Arrays.stream(micros).mapToDouble(t -> serial(data, t)).toArray();
    }

    /** Text stays text: setCellValue never makes a formula, whatever a name begins with. */
    static void text(Row row, int column, String text, CellStyle style) {
        var cell = row.createCell(column);
        cell.setCellValue(cellText(text));
        if (style != null) cell.setCellStyle(style);
    }

    static String cellText(String text) {
        var clean = text.chars().anyMatch(c -> c < ' ' || c == 0x7F)
            ? text.replaceAll("[\\p{Cntrl}&&[^\n]]", " ")
            : text;
        return clean.length() > 32_000 ? clean.substring(0, 32_000) + "…" : clean;
    }
}
