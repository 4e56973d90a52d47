//SOURCES ChartData.java Workbook.java WorkbookBlock.java
package lib.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.poi.ss.usermodel.CellStyle;
import org.apache.poi.ss.usermodel.Row;
import org.apache.poi.ss.util.CellRangeAddress;
import org.apache.poi.xssf.usermodel.XSSFRow;
import org.apache.poi.xssf.usermodel.XSSFSheet;

/**
 * A row a series. Formulas, so that a corrected value shows; their results are stored too, for programs that do not
 * calculate. The mean weighs each point by the rows behind it: it is the mean that the database gives for all rows.
 */
final class WorkbookSummary {
    private static final List<String> TITLES =
        List.of("Series", "Unit", "Rows", "Points", "Gaps", "Lowest", "Mean", "Highest", "Last");

    private final List<Workbook.Sheets> charts;
    private final Workbook.Styles styles;

    WorkbookSummary(List<Workbook.Sheets> charts, Workbook.Styles styles) {
        this.charts = charts;
        this.styles = styles;
    }

    void write(XSSFSheet sheet) {
        var titles = new ArrayList<>(TITLES);
        if (charts.size() > 1) titles.addFirst("Metric");
        var top = sheet.createRow(0);
        int first = titles.size() - TITLES.size();
        for (int c = 0; c < titles.size(); c++) {
            Workbook.text(top, c, titles.get(c), styles.header);
            sheet.setColumnWidth(c, (titles.get(c).equals("Series") ? 32 : 14) * 256);
        }
        sheet.createFreezePane(first + 1, 1);
        Workbook.print(sheet);
        sheet.setRepeatingRows(CellRangeAddress.valueOf("1:1"));
        int i = 1;
        for (var chart : charts) {
            var listed = chart.data().listed().series();
            for (int s = 0; s < listed.size(); s++) {
                var row = sheet.createRow(i++);
                if (first > 0) Workbook.text(row, 0, chart.data().metric().name(), null);
                series(row, first, chart, s, listed.get(s));
            }
        }
    }

    private void series(XSSFRow row, int column, Workbook.Sheets chart, int s, ChartData.Series one) {
        int at = chart.layout().valueColumn(s);
        var means = ranges(chart.means(), at);
        boolean isPlain = chart.min() == null;
        var lowest = isPlain ? means : ranges(chart.min(), at);
        var highest = isPlain ? means : ranges(chart.max(), at);
        Workbook.text(row, column, one.name(), null);
        Workbook.text(row, column + 1, chart.data().metric().drawnUnit(), null);
        formula(
            row,
            column + 2,
            isPlain ? "COUNT(" + means + ")" : "SUM(" + ranges(chart.rows(), at) + ")",
            isPlain ? one.size() : one.rows(),
            styles.count);
        formula(row, column + 3, "COUNT(" + means + ")", one.size(), styles.count);
        value(row, column + 4, gaps(chart, one), styles.count);
        formula(row, column + 5, "MIN(" + lowest + ")", one.lowest(), styles.number);
        formula(row, column + 6, mean(chart, one, at, means), isPlain ? plainMean(one) : one.mean(), styles.number);
        formula(row, column + 7, "MAX(" + highest + ")", one.highest(), styles.number);
        formula(row, column + 8, "LOOKUP(9.99E+307," + lastRange(chart, one, at) + ")", one.last(), styles.number);
    }

    private static double plainMean(ChartData.Series s) {
        return Arrays.stream(s.points().values()).average().orElse(Double.NaN);
    }

    private static String mean(Workbook.Sheets chart, ChartData.Series one, int column, String means) {
        if (chart.rows() == null || one.rows() == 0) return "AVERAGE(" + means + ")";
        var products = new ArrayList<String>();
        for (int i = 0; i < chart.means().sheets().size(); i++) {
            products.add("SUMPRODUCT(" + chart.means().range(i, column) + "," + chart.rows().range(i, column) + ")");
        }
        return "(" + String.join("+", products) + ")/SUM(" + ranges(chart.rows(), column) + ")";
    }

    /** The last sheet that holds a value of it. */
    private static String lastRange(Workbook.Sheets chart, ChartData.Series one, int column) {
        var block = chart.means();
        var times = chart.layout().times();
        var points = one.points().times();
        for (int i = block.sheets().size() - 1; i > 0; i--) {
            boolean isThere = chart.layout().isShared()
                ? points[points.length - 1] >= times[i * WorkbookBlock.SHEET_ROWS]
                : points.length > i * WorkbookBlock.SHEET_ROWS;
            if (isThere) return block.range(i, column);
        }
        return block.range(0, column);
    }

    /** Stretches without data between the first and the last point. */
    private static int gaps(Workbook.Sheets chart, ChartData.Series s) {
        return chart.data().stretches(s).size() - 1;
    }

    private static String ranges(WorkbookBlock block, int column) {
        return block.ranges(column).stream().collect(Collectors.joining(","));
    }

    private static void value(Row row, int column, double value, CellStyle style) {
        var cell = row.createCell(column);
        cell.setCellValue(value);
        cell.setCellStyle(style);
    }

    /** Not by setCellFormula, which loads 400 classes to read what we have just written. */
    private static void formula(XSSFRow row, int column, String formula, double result, CellStyle style) {
        var cell = row.createCell(column);
        cell.getCTCell().addNewF().setStringValue(formula);
        if (Double.isFinite(result)) cell.setCellValue(result);
        cell.setCellStyle(style);
    }
}
