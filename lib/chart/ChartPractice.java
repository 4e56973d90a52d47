//SOURCES ../Practice.java ../database/PracticeServer.java Bucket.java Grid.java
package lib.chart;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lib.Practice;
import lib.database.PracticeServer;
import lib.database.PracticeServer.Answer;
import lib.database.PracticeServer.SqlType;
import lib.database.PracticeServer.Value;

/** Draws the built-in metrics from made-up rows: as pictures, or as workbooks where those are asked for. */
public final class ChartPractice implements Practice {
    private static final Instant NEWEST = Instant.parse("2025-01-08T00:00:00Z");
    private static final Instant YEAR_2000 = Instant.parse("2000-01-01T00:00:00Z");
    private static final int SERIES = 10;
    private static final int ROWS = 150;
    private static final int SECONDS = 600;
    /** What the tables of all metrics have, in one. */
    private static final List<String> NUMBERS =
        List.of("temperature", "health", "avg_health", "min_percentage", "max_percentage", "power");
    private static final List<String> KEYS = List.of("station", "service", "service_name", "channel");

    @Override
    public List<List<String>> commandLines(Path scratch) throws IOException {
        var url = PracticeServer.start(answers()).url();
        var definitions = scratch.resolve("metrics.yaml");
        Files.writeString(definitions, "practised: {table: t, value: temperature, series: station, unit: °C}\n");
        var forms = Practice.isFor("workbook") ? List.of("xlsx") : List.of("svg", "html", "csv", "txt");
        return forms.stream()
            .map(form -> scratch.resolve("chart." + form).toString())
            .flatMap(
                file -> Stream.of(
                    List.of("--url", url, "--metric", "temperature", "-o", file),
                    List.of("--url", url, "--all", "--window", "7d", "-o", file),
                    List.of("--url", url, "--all", "--definitions", definitions.toString(), "-o", file)))
            .toList();
    }

    private static List<Answer> answers() throws IOException {
        var newest = new Value("edge", SqlType.TEXT, String.valueOf(Grid.micros(NEWEST)));
        var oldest = new Value("edge", SqlType.TEXT, String.valueOf(Grid.micros(NEWEST.minusSeconds(ROWS * SECONDS))));
        var key = new Value("key", SqlType.TEXT_ARRAY, "{part 1}");
        return List.of(
            Answer
                .row(
                    "AS columns",
                    new Value("name", SqlType.TEXT, "t"),
                    new Value("columns", SqlType.TEXT_ARRAY, columns())),
            Answer.row("DESC\nLIMIT 1", newest),
            Answer.row("ASC\nLIMIT 1", oldest),
            Answer.row(
                "AS midnights",
                key,
                new Value("usual", SqlType.FLOAT8, String.valueOf(SECONDS)),
                new Value("gaps", SqlType.INT8, String.valueOf(ROWS)),
                new Value("midnights", SqlType.BOOL, "f")),
            Answer.row("AS counted", key, new Value("rows", SqlType.INT8, "50000")),
            Answer.row("AS found", new Value("found", SqlType.BOOL, "t")),
            Answer.row("AS moments", key),
            Answer.row("AS n\n", new Value("n", SqlType.INT8, "0")),
            Answer.copied("key2::text", copied(2)),
            Answer.copied("key1::text", copied(1)));
    }

    private static String columns() {
        return Stream
            .of(
                Stream.of("{time,\"timestamp with time zone\"}"),
                KEYS.stream().map(name -> "{" + name + ",text}"),
                NUMBERS.stream().map(name -> "{" + name + ",\"double precision\"}"))
            .flatMap(columns -> columns)
            .collect(Collectors.joining(",", "{", "}"));
    }

    /** Waves with a gap in them, in COPY's binary form: a time, names, a value, its band, how many rows. */
    private static byte[] copied(int names) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.write("PGCOPY\n\u00ff\r\n\0".getBytes(StandardCharsets.ISO_8859_1));
        out.writeLong(0);
        for (int series = 0; series < SERIES; series++) {
            for (int row : rows()) {
                out.writeShort(names + 5);
                number(out, (NEWEST.getEpochSecond() - YEAR_2000.getEpochSecond() - row * SECONDS) * Bucket.SECOND);
                for (int name = 0; name < names; name++) text(out, "part " + series);
                double value = 60 + series + 10 * Math.sin(row / 20.0);
                for (var bound : new double[] {value, value - 1, value + 1}) {
                    number(out, Double.doubleToLongBits(bound));
                }
                number(out, 6);
            }
        }
        out.writeShort(-1);
        return bytes.toByteArray();
    }

    /** With gaps, and in no order. */
    private static int[] rows() {
        return IntStream.range(0, ROWS).map(i -> i * 7 % ROWS).filter(row -> row % 50 <= 40).toArray();
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        out.writeInt(text.length());
        out.writeBytes(text);
    }

    private static void number(DataOutputStream out, long number) throws IOException {
        out.writeInt(Long.BYTES);
        out.writeLong(number);
    }
}
