//SOURCES ChartData.java
package lib.chart;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.format.DateTimeFormatter;

/** The drawn points as CSV (RFC 4180), a row per series and point: time,series,average,min,max,rows. */
public final class CsvFile {
    private CsvFile() {}

    public static void write(ChartData data, OutputStream out) throws IOException {
        var writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
        writer.write("time,series,average,min,max,rows\r\n");
        for (var series : data.series()) {
            var name = field(series.name());
            for (int i = 0; i < data.times().length; i++) {
                if (Double.isNaN(series.average()[i])) continue;
                writer.write(DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(data.instant(i).atZone(data.zone())));
                writer.write(
                    "," + name + "," + series.average()[i] + "," + series.min()[i] + "," + series.max()[i] + ","
                        + series.count()[i] + "\r\n");
            }
        }
        writer.flush();
    }

    /** A spreadsheet takes a text that begins with one of =+-@ for a formula; an apostrophe before it keeps it a text. */
    static String field(String text) {
        var safe = !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        return safe.matches("(?s).*[\",\r\n].*") ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
    }
}
