//SOURCES BackgroundZip.java Workbook.java WorkbookBlock.java
package lib.chart;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.poi.ss.util.CellReference;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;

/**
 * The workbook's file: what POI made, and streamed into it the rows of the blocks and, beside each reference of a
 * chart, a copy of its values, from which alone previews and Excel's protected view draw. Each entry has a fixed time:
 * same data, same bytes.
 */
final class WorkbookFile {
    private static final Pattern REFERENCE = Pattern.compile(
        "<c:f>('(?:[^'<]|'')+'!)\\$([A-Z]+)\\$\\d+:\\$[A-Z]+\\$(\\d+)</c:f>"
            + "(<c:numCache/>|<c:numCache>.*?</c:numCache>)",
        Pattern.DOTALL);
    /** A third of the time of the default level, for a file that is a tenth larger. */
    private static final int LEVEL = 3;
    private static final LocalDateTime NO_TIME = LocalDateTime.of(2000, 1, 1, 0, 0);

    private final List<WorkbookBlock> blocks;
    private final Workbook.Styles styles;

    /** One sheet of a block. */
    private record Place(WorkbookBlock block, int sheet) {
        int firstRow() {
            return sheet * WorkbookBlock.SHEET_ROWS;
        }
    }

    WorkbookFile(List<WorkbookBlock> blocks, Workbook.Styles styles) {
        this.blocks = blocks;
        this.styles = styles;
    }

    void write(XSSFWorkbook book, OutputStream out) throws IOException {
        var places = new HashMap<String, Place>();
        var byPart = new HashMap<String, Place>();
        for (var block : blocks) {
            for (int i = 0; i < block.sheets().size(); i++) {
                var name = block.sheets().get(i);
                places.put("'" + name.replace("'", "''") + "'!", new Place(block, i));
                byPart.put(
                    book.getSheet(name).getPackagePart().getPartName().getName().substring(1),
                    new Place(block, i));
            }
        }
        var made = new ByteArrayOutputStream(1 << 16);
        book.write(made);
        try (
            var zip = new BackgroundZip(out, LEVEL);       // the stream below stays open: the file is fsynced first
            var parts = new ZipInputStream(new ByteArrayInputStream(made.toByteArray()))) {
            for (var part = parts.getNextEntry(); part != null; part = parts.getNextEntry()) {
                var entry = new ZipEntry(part.getName());
                entry.setTimeLocal(NO_TIME);
                zip.begin(entry);
                if (byPart.containsKey(part.getName())) {
                    withRows(text(parts), byPart.get(part.getName()), zip);
                } else if (part.getName().startsWith("xl/charts/chart")) {
                    withValues(text(parts), places, zip);
                } else {
                    parts.transferTo(zip);
                }
                zip.end();
            }
            zip.finish();
        }
    }

    private static String text(ZipInputStream part) throws IOException {
        return new String(part.readAllBytes(), StandardCharsets.UTF_8);
    }

    private void withRows(String sheet, Place place, OutputStream out) throws IOException {
        int end = sheet.indexOf("</sheetData>");
        var columns = place.block().columns();
        // POI knows the row of headers alone
        int last = place.block().rowsOf(place.sheet()) + 1;
        var size = "A1:" + CellReference.convertNumToColString(columns.size() - 1) + last;
        send(sheet.substring(0, end).replaceFirst("<dimension ref=\"[^\"]*\"", "<dimension ref=\"" + size + "\""), out);
        var cursors = new ArrayList<WorkbookBlock.Cursor>();
        var openings = new ArrayList<String>();
        var looks = new ArrayList<String>();
        for (int c = 0; c < columns.size(); c++) {
            cursors.add(columns.get(c).values().start(place.firstRow()));
            openings.add("<c r=\"" + CellReference.convertNumToColString(c));
            looks.add("\" s=\"" + style(place.block(), columns.get(c)) + "\"><v>");
        }
        var row = new StringBuilder(1 << 12);
        for (int i = 0; i < place.block().rowsOf(place.sheet()); i++) {
            row.append("<row r=\"").append(i + 2).append("\">");
            for (int c = 0; c < columns.size(); c++) {
                double value = cursors.get(c).next();
                if (Double.isNaN(value)) continue;          // a gap is an empty cell: a zero or a text would be drawn
                row.append(openings.get(c)).append(i + 2).append(looks.get(c));
                number(row, value);
                row.append("</v></c>");
            }
            row.append("</row>");
            if (row.length() > 1 << 15) {
                send(row, out);
                row.setLength(0);
            }
        }
        send(row, out);
        send(sheet.substring(end), out);
    }

    private static void number(StringBuilder text, double value) {
        if (value == (long) value && Math.abs(value) < 1e15) text.append((long) value);
        else text.append(value);
    }

    private int style(WorkbookBlock block, WorkbookBlock.Column column) {
        if (column.isTime()) return styles.dateTime.getIndex();
        return (block.isCount() ? styles.count : styles.number).getIndex();
    }

    private void withValues(String chart, Map<String, Place> places, OutputStream out) throws IOException {
        var reference = REFERENCE.matcher(chart);
        var caches = new HashMap<String, CharSequence>();
        int done = 0;
        while (reference.find()) {
            send(chart.substring(done, reference.start(4)), out);
            var place = places.get(reference.group(1).replace("&amp;", "&"));
            int column = CellReference.convertColStringToIndex(reference.group(2));
            int rows = Integer.parseInt(reference.group(3)) - 1;
            var isTime = place.block().columns().get(column).isTime();
            var key = reference.group(1) + column + ":" + rows;
            var cache =
                isTime ? caches.computeIfAbsent(key, k -> cache(place, column, rows)) : cache(place, column, rows);
            send(cache, out);
            done = reference.end();
        }
        send(chart.substring(done), out);
    }

    private static CharSequence cache(Place place, int column, int rows) {
        var cells = place.block().columns().get(column);
        var cursor = cells.values().start(place.firstRow());
        var xml = new StringBuilder(rows * 48).append("<c:numCache><c:formatCode>")
            .append(cells.isTime() ? "yyyy\\-mm\\-dd\\ hh:mm" : "General")
            .append("</c:formatCode><c:ptCount val=\"")
            .append(rows)
            .append("\"/>");
        for (int i = 0; i < rows; i++) {
            double value = cursor.next();
            if (Double.isNaN(value)) continue;
            xml.append("<c:pt idx=\"").append(i).append("\"><c:v>").append(value).append("</c:v></c:pt>");
        }
        return xml.append("</c:numCache>");
    }

    private static void send(CharSequence text, OutputStream out) throws IOException {
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
