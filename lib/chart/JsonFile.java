//SOURCES ChartData.java CsvFile.java Grid.java
package lib.chart;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;

/**
 * The drawn points and the facts of their making as JSON. Points are arrays [time, average, min, max, rows]; empty
 * buckets are absent.
 */
public final class JsonFile {
    private JsonFile() {}

    /** One chart is an object, several are a list. */
    public static void write(List<ChartData> charts, OutputStream out) throws IOException {
        var w = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
        if (charts.size() > 1) w.write("[\n");
        for (int i = 0; i < charts.size(); i++) {
            if (i > 0) w.write(",\n");
            write(charts.get(i), w);
        }
        w.write(charts.size() > 1 ? "\n]\n" : "\n");
        w.flush();
    }

    private static void write(ChartData data, BufferedWriter w) throws IOException {
        var iso = DateTimeFormatter.ISO_OFFSET_DATE_TIME.withZone(data.zone());
        w.write("{\n");
        field(w, "metric", quote(data.metric().name()));
        field(w, "title", quote(data.metric().drawnTitle()));
        field(w, "unit", quote(data.metric().drawnUnit()));
        field(w, "stat", quote(data.metric().stat().typed()));
        field(w, "from", quote(iso.format(data.from())));
        field(w, "to", quote(iso.format(data.to())));
        field(w, "timezone", quote(data.zone().getId()));
        field(w, "bucket", quote(data.bucket().label()));
        field(w, "bucketSeconds", number(data.bucket().seconds()));
        field(w, "source", quote(data.source().table()));
        field(w, "where", quote(data.origin().where()));
        field(w, "rows", Long.toString(data.origin().rawRows()));
        field(w, "notes", "[" + String.join(", ", data.notes().stream().map(JsonFile::quote).toList()) + "]");
        field(w, "columns", "[\"time\", \"" + CsvFile.column(data.metric().stat()) + "\", \"min\", \"max\", \"rows\"]");
        if (data.extras().earlier() != null) field(w, "compared", quote(data.extras().earlier().label()));
        series("series", data, iso, w);
        if (data.extras().earlier() != null) {
            w.write(",\n");
            series("comparedSeries", data.extras().earlier().data(), iso, w);
        }
        w.write("\n}");
    }

    private static void series(String name, ChartData data, DateTimeFormatter iso, BufferedWriter w)
        throws IOException {
        w.write("  \"" + name + "\": [");
        var between = "\n";
        for (var s : data.series()) {
            w.write(between);
            series(s, iso, w);
            between = ",\n";
        }
        w.write("\n  ]");
    }

    private static void series(ChartData.Series s, DateTimeFormatter iso, BufferedWriter w) throws IOException {
        w.write("    {\"name\": " + quote(s.name()) + ", \"key\": [");
        w.write(String.join(", ", s.key().stream().map(part -> part == null ? "null" : quote(part)).toList()));
        w.write("], \"points\": [");
        var points = s.points();
        for (int i = 0; i < s.size(); i++) {
            w.write(i == 0 ? "\n" : ",\n");
            w.write(
                "      [\"" + iso.format(Grid.instant(points.times()[i])) + "\", " + points.values()[i] + ", "
                    + points.min()[i] + ", " + points.max()[i] + ", " + points.count()[i] + "]");
        }
        w.write("\n    ]}");
    }

    private static void field(BufferedWriter w, String name, String value) throws IOException {
        w.write("  \"" + name + "\": " + value + ",\n");
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    static String quote(String text) {
        var quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                default -> {
                    if (c < 0x20) quoted.append("\\u").append(HexFormat.of().toHexDigits(c));
                    else quoted.append(c);
                }
            }
        }
        return quoted.append('"').toString();
    }
}
