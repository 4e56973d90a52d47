//SOURCES ChartData.java
package lib.chart;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.format.DateTimeFormatter;

/** The drawn points and the facts of their making as JSON. Points are arrays [time, average, min, max, rows]; empty buckets are absent. */
public final class JsonFile {
    private JsonFile() {}

    public static void write(ChartData data, OutputStream out) throws IOException {
        var w = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
        var iso = DateTimeFormatter.ISO_OFFSET_DATE_TIME.withZone(data.zone());
        w.write("{\n");
        w.write(
            "  \"metric\": " + quote(data.metric().name()) + ",\n  \"title\": " + quote(data.metric().title())
                + ",\n  \"unit\": "
                + quote(data.metric().unit()) + ",\n");
        w.write(
            "  \"from\": \"" + iso.format(data.from()) + "\",\n  \"to\": \"" + iso.format(data.to())
                + "\",\n  \"timezone\": "
                + quote(data.zone().getId()) + ",\n");
        w.write(
            "  \"bucketSeconds\": " + data.bucket().seconds() + ",\n  \"source\": " + quote(data.source().table())
                + ",\n  \"rows\": "
                + data.rawRows() + ",\n");
        w.write("  \"notes\": [" + String.join(", ", data.notes().stream().map(JsonFile::quote).toList()) + "],\n");
        w.write("  \"columns\": [\"time\", \"average\", \"min\", \"max\", \"rows\"],\n  \"series\": [");
        var between = "\n";
        for (var s : data.series()) {
            w.write(between + "    {\"name\": " + quote(s.name()) + ", \"points\": [");
            between = ",\n";
            var comma = "\n";
            for (int i = 0; i < data.times().length; i++) {
                if (Double.isNaN(s.average()[i])) continue;
                w.write(
                    comma + "      [\"" + iso.format(data.instant(i)) + "\", " + s.average()[i] + ", " + s.min()[i]
                        + ", " + s.max()[i]
                        + ", " + s.count()[i] + "]");
                comma = ",\n";
            }
            w.write("\n    ]}");
        }
        w.write("\n  ]\n}\n");
        w.flush();
    }

    static String quote(String text) {
        var quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                default -> {
                    if (c < 0x20) quoted.append("\\u%04x".formatted((int) c));
                    else quoted.append(c);
                }
            }
        }
        return quoted.append('"').toString();
    }
}
