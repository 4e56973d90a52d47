//SOURCES ChartData.java Workbook.java
package lib.chart;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.apache.poi.ss.util.CellReference;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;

/**
 * The workbook's file: what POI made, and streamed into it the rows of the sheet Data and, beside each reference of the chart, a copy of
 * its values, from which alone previews and Excel's protected view draw. Each entry has a fixed time: same data, same bytes.
 */
final class WorkbookFile {
    private static final Pattern REFERENCE = Pattern
        .compile(
            "<c:f>" + Workbook.DATA + "!\\$([A-Z]+)\\$\\d+:[^<]*</c:f>(<c:numCache/>|<c:numCache>.*?</c:numCache>)",
            Pattern.DOTALL);
    private static final LocalDateTime NO_TIME = LocalDateTime.of(2000, 1, 1, 0, 0);

    private final int dateTimeStyle;
    private final int numberStyle;
    private final double[] times;
    private final List<double[]> columns;

    WorkbookFile(ChartData data, int dateTimeStyle, int numberStyle) {
        this.dateTimeStyle = dateTimeStyle;
        this.numberStyle = numberStyle;
        this.times =
            IntStream.range(0, data.times().length).mapToDouble(i -> Workbook.serial(data, data.instant(i))).toArray();
        this.columns = data.series().stream().map(ChartData.Series::average).toList();
    }

    void write(XSSFWorkbook book, OutputStream out) throws IOException {
        var dataSheet = book.getSheet(Workbook.DATA).getPackagePart().getPartName().getName().substring(1);
        var made = new ByteArrayOutputStream(1 << 16);
        book.write(made);
        var zip = new ZipOutputStream(out);        // not closed: the file around it is fsynced first
        try (var parts = new ZipInputStream(new ByteArrayInputStream(made.toByteArray()))) {
            for (var part = parts.getNextEntry(); part != null; part = parts.getNextEntry()) {
                var entry = new ZipEntry(part.getName());
                entry.setTimeLocal(NO_TIME);
                zip.putNextEntry(entry);
                if (part.getName().equals(dataSheet)) {
                    withRows(text(parts), zip);
                } else if (part.getName().startsWith("xl/charts/chart")) {
                    withValues(text(parts), zip);
                } else {
                    parts.transferTo(zip);
                }
                zip.closeEntry();
            }
        }
        zip.finish();
    }

    private static String text(ZipInputStream part) throws IOException {
        return new String(part.readAllBytes(), StandardCharsets.UTF_8);
    }

    private void withRows(String sheet, OutputStream out) throws IOException {
        int end = sheet.indexOf("</sheetData>");
        send(sheet.substring(0, end), out);
        var letters = new String[columns.size() + 1];
        for (int c = 0; c < letters.length; c++) letters[c] = "<c r=\"" + CellReference.convertNumToColString(c);
        var row = new StringBuilder(1 << 12);
        for (int i = 0; i < times.length; i++) {
            row.setLength(0);
            row.append("<row r=\"").append(i + 2).append("\">");
            row.append(letters[0])
                .append(i + 2)
                .append("\" s=\"")
                .append(dateTimeStyle)
                .append("\"><v>")
                .append(times[i])
                .append("</v></c>");
            for (int c = 0; c < columns.size(); c++) {
                double value = columns.get(c)[i];
                if (Double.isNaN(value)) continue;          // a gap is an empty cell: a zero or a text would be drawn
                row.append(letters[c + 1])
                    .append(i + 2)
                    .append("\" s=\"")
                    .append(numberStyle)
                    .append("\"><v>")
                    .append(value)
                    .append("</v></c>");
            }
            send(row.append("</row>"), out);
        }
        send(sheet.substring(end), out);
    }

    private void withValues(String chart, OutputStream out) throws IOException {
        var timeCache = cache("yyyy\\-mm\\-dd\\ hh:mm", times);
        var reference = REFERENCE.matcher(chart);
        int done = 0;
        while (reference.find()) {
            send(chart.substring(done, reference.start(2)), out);
            int column = CellReference.convertColStringToIndex(reference.group(1));
            send(column == 0 ? timeCache : cache("#,##0.00", columns.get(column - 1)), out);
            done = reference.end();
        }
        send(chart.substring(done), out);
    }

    private static CharSequence cache(String format, double[] values) {
        var xml = new StringBuilder(values.length * 48).append("<c:numCache><c:formatCode>")
            .append(format)
            .append("</c:formatCode><c:ptCount val=\"")
            .append(values.length)
            .append("\"/>");
        for (int i = 0; i < values.length; i++) {
            if (!Double.isNaN(values[i]))
                xml.append("<c:pt idx=\"").append(i).append("\"><c:v>").append(values[i]).append("</c:v></c:pt>");
        }
        return xml.append("</c:numCache>");
    }

    private static void send(CharSequence text, OutputStream out) throws IOException {
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
