//SOURCES ChartData.java Grid.java Stat.java
package lib.chart;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * The drawn points as CSV (RFC 4180), a row per series and point: time,series,average,min,max,rows. Of a comparison the
 * earlier ones come too, at the times at which they are drawn.
 */
public final class CsvFile {
    private CsvFile() {}

    /** @param charts with more than one, the first column says which metric a row is of */
    public static void write(List<ChartData> charts, OutputStream out) throws IOException {
        var writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
        boolean isOne = charts.size() == 1;
        var stats = charts.stream().map(data -> column(data.metric().stat())).distinct().toList();
        writer.write((isOne ? "" : "metric,") + "time,series," + (stats.size() == 1 ? stats.getFirst() : "value"));
        writer.write(",min,max,rows\r\n");
        for (var data : charts) {
            var before = isOne ? "" : field(data.metric().name()) + ",";
            write(data, before, "", writer);
            var earlier = data.extras().earlier();
            if (earlier != null) write(earlier.data(), before, ", " + earlier.label(), writer);
        }
        writer.flush();
    }

    /** What the values are: the name of their column, also in JSON. */
    static String column(Stat stat) {
        return stat == Stat.MEAN ? "average" : stat.typed();
    }

    private static void write(ChartData data, String before, String after, BufferedWriter writer) throws IOException {
        for (var series : data.series()) {
            var name = field(series.name() + after);
            var points = series.points();
            for (int i = 0; i < series.size(); i++) {
                writer.write(before);
                writer.write(
                    DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(Grid.instant(points.times()[i]).atZone(data.zone())));
                writer.write(
                    "," + name + "," + points.values()[i] + "," + points.min()[i] + "," + points.max()[i] + ","
                        + points.count()[i] + "\r\n");
            }
        }
    }

    /**
     * A spreadsheet takes a text that begins with one of =+-@ for a formula; an apostrophe before it keeps it a text.
     */
    static String field(String text) {
        var safe = !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        return safe.matches("(?s).*[\",\r\n].*") ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
    }
}
