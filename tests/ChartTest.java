import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.xml.parsers.DocumentBuilderFactory;
import lib.Json;
import org.apache.pdfbox.Loader;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

/**
 * chart.java as a user runs it, against a plain PostgreSQL: date_bin instead of time_bucket, tables instead of
 * hypertables.
 */
@Tag("local")
class ChartTest {
    private static Cluster cluster;
    @TempDir
    Path directory;

    @BeforeAll
    static void load() {
        cluster = Cluster.create("fsync = off");
        var loaded = Tool.of("example/sample").with(cluster.environment()).run("--quiet", "--scale", "0.3");
        assertEquals(0, loaded.exit(), loaded.toString());
        cluster.sql(
            """
                CREATE TABLE odd (at timestamptz, name text, value float8);
                INSERT INTO odd SELECT t, n, 5 FROM generate_series(timestamptz '2025-10-25 22:00+00',
                    '2025-10-26 22:59+00', interval '1 minute') AS t,
                    unnest(ARRAY['<b>&"''', '=cmd|calc', '🌡 probe']) AS n;
                INSERT INTO odd VALUES ('2025-10-26 10:00:10+00', '🌡 probe', 'NaN'), ('2025-10-26 10:00:20+00',
                    '🌡 probe', 'Infinity'),
                    ('2025-10-26 10:00:30+00', '🌡 probe', NULL), ('2025-10-26 10:00:40+00', NULL, 7),
                        ('2025-10-26 12:00:05+00', '=cmd|calc', 900);
                CREATE TABLE lonely (at timestamptz, value int);
                INSERT INTO lonely VALUES ('2025-07-04 12:00+00', 42);
                CREATE TABLE nothing (at timestamptz, value int);
                CREATE TABLE week (at timestamptz, name text, value float8);
                INSERT INTO week SELECT t, n,
                    20 + 5 * sin(extract(epoch FROM t) / 9000 + ascii(n)) + 0.01 * (extract(epoch FROM t)::bigint % 97)
                    FROM generate_series(timestamptz '2025-06-27 00:00+00', '2025-07-03 23:59:50+00',
                        interval '10 seconds') AS t, unnest(ARRAY['a', 'b', 'c']) AS n;
                UPDATE week SET value = 60 WHERE name = 'a' AND at = '2025-06-30 12:34:50+00';
                DELETE FROM week WHERE name = 'b' AND at >= '2025-07-01 02:00+00' AND at < '2025-07-01 04:00+00';
                """);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) cluster.close();
    }

    private Tool.Result chart(String... arguments) {
        return Tool.of("chart").in(directory).with(cluster.environment()).run(arguments);
    }

    private Path definitions() throws IOException {
        return Files.writeString(directory.resolve("metrics.yaml"), """
            metrics:
              odd: {title: Odd names, table: odd, time: at, value: value, series: name, unit: °C}
              lonely: {table: lonely, time: at, value: value}
              nothing: {table: nothing, time: at, value: value}
              week: {title: A week, table: week, time: at, value: value, series: name}
              absent: {table: no_such_table, value: x}
              wrong: {table: odd, time: at, value: valeu}
            """);
    }

    private Tool.Result own(String... arguments) throws IOException {
        var all = new ArrayList<>(List.of("--definitions", definitions().toString(), "--timezone", "UTC"));
        all.addAll(List.of(arguments));
        return chart(all.toArray(String[]::new));
    }

    private static void assertFails(int exit, String message, Tool.Result result) {
        assertEquals(exit, result.exit(), result.toString());
        assertEquals("", result.out());
        assertTrue(result.err().contains(message), result.toString());
        assertFalse(result.err().contains("\tat "), result.toString());
    }

    @Test
    void the_default_is_a_day_of_svg_and_stdout_holds_its_path_alone() throws IOException {
        var result = chart("--metric", "health");
        assertEquals(0, result.exit(), result.toString());
        assertEquals("charts/health_24h.svg\n", result.out());
        var svg = Files.readString(directory.resolve("charts/health_24h.svg"));
        assertTrue(
            svg.contains("4 Jul 2025") && svg.contains("health_metrics_1min_cagg") && svg.contains("warning below 80"),
            "range, source, thresholds");
    }

    @Test
    void the_drawn_means_are_those_of_an_independent_query() {
        var result = chart("--metric", "temperature", "--window", "6h", "--bucket", "10m", "--json");
        assertEquals(0, result.exit(), result.toString());
        int compared = 0;
        for (var series : Json.tree(result.out()).get("series")) {
            for (var point : series.get("points")) {
                if (compared++ % 37 != 0) continue;
                var expected = cluster.sql(
                    ("SELECT avg(temperature), min(temperature), max(temperature), count(*) FROM meteo_metrics WHERE "
                        + "station = '%s' AND time >= '%s' AND time < timestamptz '%2$s' + interval '10 minutes'")
                        .formatted(series.get("name").asString(), point.get(0).asString()))
                    .split("\\|");
                assertEquals(Double.parseDouble(expected[0]), point.get(1).asDouble(), 1e-9);
                assertEquals(Double.parseDouble(expected[1]), point.get(2).asDouble());
                assertEquals(Double.parseDouble(expected[2]), point.get(3).asDouble());
                assertEquals(Long.parseLong(expected[3]), point.get(4).asLong());
            }
        }
        assertTrue(compared > 150, compared + " points");
    }

    private static final String WEEK =
        "(SELECT name, floor(extract(epoch FROM at) / 600) AS bucket, avg(value) AS mean FROM week GROUP BY 1, "
            + "2) AS buckets";

    private static List<Element> elements(Path svg, String tag) throws Exception {
        var nodes =
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.toFile()).getElementsByTagName(tag);
        return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).toList();
    }

    /** 60,480 rows a series; each of them would be a sixtieth of a pixel wide. */
    @Test
    void in_the_picture_of_a_week_one_row_is_seen_two_hours_are_a_gap_and_labels_are_the_databases_figures()
        throws Exception {
        var result = own("-m", "week", "--from", "2025-06-27", "--to", "2025-07-04", "-o", "week.svg", "--explain");
        assertEquals(0, result.exit(), result.toString());
        var svg = directory.resolve("week.svg");
        assertTrue(Files.size(svg) < 100_000, Files.size(svg) + " bytes");
        assertTrue(result.err().contains("180,720 rows of the source in 3,012 rows of the answer"), result.err());

        var ticks = elements(svg, "text").stream()
            .filter(t -> t.getAttribute("text-anchor").equals("end"))
            .collect(
                Collectors
                    .toMap(Element::getTextContent, t -> Double.parseDouble(t.getAttribute("y")) - 4, (a, b) -> a));
        double pixelsPerUnit = (ticks.get("20") - ticks.get("40")) / 20;
        var strokes = elements(svg, "path").stream()
            .filter(p -> p.getAttribute("stroke").equals("#1673c9") && p.hasAttribute("stroke-opacity"))
            .toList();
        assertEquals(1, strokes.size());
        var stroke = Pattern.compile("M[\\d.]+ ([\\d.]+)v(-[\\d.]+)").matcher(strokes.getFirst().getAttribute("d"));
        assertTrue(stroke.matches(), "one stroke, for the one row: " + strokes.getFirst().getAttribute("d"));
        double top = Double.parseDouble(stroke.group(1)) + Double.parseDouble(stroke.group(2));
        assertEquals(60, 20 + (ticks.get("20") - top) / pixelsPerUnit, 0.3, "the height of the peak");

        assertEquals(List.of(1L, 2L, 1L), Stream.of("#1673c9", "#d95f00", "#296947").map(color -> {
            try {
                return elements(svg, "path").stream()
                    .filter(p -> p.getAttribute("stroke").equals(color) && p.hasAttribute("stroke-linejoin"))
                    .count();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }).toList(), "contiguous lines of a, b and c");

        for (var name : List.of("a", "b", "c")) {
            var shown = elements(svg, "text").stream()
                .map(Element::getTextContent)
                .filter(t -> t.startsWith(name + "  "))
                .findFirst()
                .orElseThrow()
                .substring(3);
            int decimals = shown.length() - shown.indexOf('.') - 1;
            assertEquals(
                cluster.sql(
                    "SELECT round(mean::numeric, %d) FROM %s WHERE name = '%s' ORDER BY bucket DESC LIMIT 1"
                        .formatted(decimals, WEEK, name)),
                shown);
        }
    }

    /**
     * The formulas are recalculated by POI, which has no part in the stored figures, and compared with what the
     * database says.
     */
    @Test
    void in_the_workbook_of_a_week_two_hours_are_empty_cells_and_the_formulas_give_the_databases_figures()
        throws Exception {
        var result = own("-m", "week", "--from", "2025-06-27", "--to", "2025-07-04", "-o", "week.xlsx");
        assertEquals(0, result.exit(), result.toString());
        try (var book = new XSSFWorkbook(Files.newInputStream(directory.resolve("week.xlsx")))) {
            var rows = book.getSheet("Data");
            var empty = IntStream.rangeClosed(1, rows.getLastRowNum())
                .filter(i -> rows.getRow(i).getCell(2) == null)
                .mapToObj(i -> rows.getRow(i).getCell(0).getLocalDateTimeCellValue().toString())
                .toList();
            assertEquals(12, empty.size());
            assertEquals(List.of("2025-07-01T02:00", "2025-07-01T03:50"), List.of(empty.getFirst(), empty.getLast()));

            var evaluator = book.getCreationHelper().createFormulaEvaluator();
            for (int s = 1; s <= 3; s++) {
                var row = book.getSheet("Summary").getRow(s);
                var name = row.getCell(0).getStringCellValue();
                var figures = cluster.sql(
                    ("SELECT count(*), count(DISTINCT floor(extract(epoch FROM at) / 600)), 0, min(value), "
                        + "avg(value), max(value) FROM week WHERE name = '%s'")
                        .formatted(name))
                    .split("\\|");
                for (int c : List.of(2, 3, 5, 6, 7)) {
                    assertEquals(
                        Double.parseDouble(figures[c - 2]),
                        evaluator.evaluate(row.getCell(c)).getNumberValue(),
                        1e-9,
                        name + ": " + row.getCell(c).getCellFormula());
                }
                assertEquals(name.equals("b") ? 1 : 0, row.getCell(4).getNumericCellValue(), "gaps of " + name);
                assertEquals(
                    Double.parseDouble(
                        cluster.sql(
                            "SELECT mean FROM " + WEEK + " WHERE name = '" + name + "' ORDER BY bucket DESC LIMIT 1")),
                    evaluator.evaluate(row.getCell(8)).getNumberValue(),
                    1e-9);
            }
        }
    }

    @Test
    void without_any_font_there_is_still_a_picture_and_a_workbook_and_png_says_what_is_missing() throws IOException {
        Files.writeString(
            directory.resolve("fonts.conf"),
            "<?xml version=\"1.0\"?><fontconfig><dir>/nowhere</dir></fontconfig>");
        Files.writeString(directory.resolve("fontconfig.properties"), "version=1\n");
        var environment = new HashMap<>(cluster.environment());
        environment.put("FONTCONFIG_FILE", directory.resolve("fonts.conf").toString());
        environment.put(
            "JAVA_TOOL_OPTIONS",
            "-Dsun.java2d.fontpath=/nowhere -Dsun.awt.fontconfig=" + directory.resolve("fontconfig.properties"));
        for (var file : List.of("c.svg", "c.xlsx")) {
            assertEquals(
                0,
                Tool.of("chart")
                    .in(directory)
                    .with(environment)
                    .run("-m", "power", "--window", "3h", "-o", file)
                    .exit(),
                file);
        }
        assertFails(
            12,
            "this machine has no fonts",
            Tool.of("chart").in(directory).with(environment).run("-m", "power", "--window", "3h", "-o", "c.png"));
        assertFalse(Files.exists(directory.resolve("c.png")));
    }

    @Test
    void a_place_where_nobody_may_write_is_said() {
        assertFails(
            12,
            "cannot write /dev/pts/c.svg: permission denied",
            chart("--metric", "power", "--window", "3h", "-o", "/dev/pts/c.svg"));
    }

    @Test
    void power_adds_up_its_channels_and_equals_the_total_of_the_database() {
        var result = chart("--metric", "power", "--window", "6h", "--bucket", "1h", "--json");
        double sum = 0;
        for (var series : Json.tree(result.out()).get("series")) sum += series.get("points").get(2).get(1).asDouble();
        var at = Json.tree(result.out()).get("series").get(0).get("points").get(2).get(0).asString();
        var total = cluster.sql(
            ("SELECT sum(mean) FROM (SELECT avg(power) AS mean FROM power_metrics WHERE time >= '%s' AND time < "
                + "timestamptz '%1$s' + interval '1 hour' GROUP BY service_name, channel) AS parts")
                .formatted(at));
        assertEquals(Double.parseDouble(total), sum, 1e-9);

        var byChannel = Json.tree(
            chart(
                "--metric",
                "power",
                "--by",
                "channel",
                "--from",
                at,
                "--until",
                at.replaceFirst("\\d\\d:\\d\\dZ", "59:59Z"),
                "--bucket",
                "1h",
                "--json").out());
        assertEquals("Power by channel", byChannel.get("title").asString());
        double other = 0;
        for (var series : byChannel.get("series")) other += series.get("points").get(0).get(1).asDouble();
        assertEquals(sum, other, 1e-9, "cut another way, the total stays");
    }

    @Test
    void the_days_of_a_change_have_25_hours_of_rows() throws IOException {
        var result = chart(
            "--definitions",
            definitions().toString(),
            "-m",
            "odd",
            "--timezone",
            "Europe/Berlin",
            "--bucket",
            "1d",
            "--window",
            "1d",
            "--until",
            "2025-10-26T23:59",
            "--json");
        var points = Json.tree(result.out()).get("series");
        var day = StreamSupport.stream(points.spliterator(), false)
            .filter(s -> s.get("name").asString().startsWith("<b>"))
            .findFirst()
            .orElseThrow()
            .get("points");
        assertEquals("2025-10-26T00:00:00+02:00", day.get(0).get(0).asString(), result.toString());
        assertEquals(25 * 60, day.get(0).get(4).asInt());
    }

    @Test
    void odd_names_and_values_draw_and_a_peak_of_one_row_survives() throws IOException {
        var result = own("-m", "odd", "--window", "25h", "-o", "odd.svg");
        assertEquals(0, result.exit(), result.toString());
        var svg = Files.readString(directory.resolve("odd.svg"));
        assertTrue(svg.contains("&lt;b&gt;&amp;") && svg.contains("🌡 probe") && svg.contains("(none)"));
        assertTrue(svg.contains(">900<") || svg.contains(">1,000<"), "the axis reaches to the peak");
        assertFalse(svg.contains("NaN") || svg.contains("Infinity"));
    }

    @Test
    void workbook_png_pdf_csv_and_text_are_written_from_one_metric() throws IOException {
        for (var file : List.of("a.xlsx", "a.png", "a.pdf", "a.csv")) {
            var result = chart("--metric", "power", "--window", "3h", "-o", file);
            assertEquals(file + "\n", result.out(), result.toString());
            assertFalse(result.err().contains("Log4j"), result::toString);
            assertTrue(Files.size(directory.resolve(file)) > 5_000);
        }
        try (var pdf = Loader.loadPDF(directory.resolve("a.pdf").toFile())) {
            assertEquals(1, pdf.getNumberOfPages());
            assertEquals("Power by service", pdf.getDocumentInformation().getTitle());
        }
        var text = chart("--metric", "power", "--window", "3h", "-o", "-");
        assertTrue(
            text.out().contains("storage") && text.out().contains("▇") && text.out().contains("mean"),
            text.toString());
    }

    @Test
    void a_workbook_needs_no_directory_that_another_user_may_own() throws IOException {
        var temporary = Files.createDirectory(directory.resolve("tmp"));
        // POI's shared directory, as the second user finds it
        Files.writeString(temporary.resolve("poifiles"), "in the way");
        var result = Tool.of("chart")
            .in(directory)
            .with(cluster.environment())
            .with("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary)
            .run("--metric", "power", "--window", "3h", "-o", "b.xlsx");
        assertEquals(0, result.exit(), result.toString());
        try (var left = Files.list(temporary)) {
            assertEquals(
                List.of("poifiles"),
                left.map(file -> file.getFileName().toString()).filter(name -> !name.startsWith("hsperf")).toList());
        }
    }

    /**
     * What a reader does, at the end of the page: points, drags, takes a series away, uses the keyboard. What happened
     * is its last text.
     */
    private static final String READER =
        """
            <script>
            const said = [], hit = document.querySelector('.hit'), box = hit.getBoundingClientRect();
            const at = (type, x) => hit.dispatchEvent(new PointerEvent(type,
                {clientX: box.left + x, clientY: box.top + 50, button: 0, pointerId: 1}));
            const key = key => hit.dispatchEvent(new KeyboardEvent('keydown', {key}));
            hit.setPointerCapture = () => {};
            at('pointermove', box.width / 2);
            said.push('shown: ' + document.querySelector('.tip').innerText.replace(/\\s+/g, ' '));
            const ticks = document.querySelector('.time').innerHTML;
            at('pointerdown', 200);
            at('pointermove', 400);
            at('pointerup', 400);
            said.push('zoomed: ' + [...document.querySelectorAll('.zoom')].every(g =>
                g.getAttribute('transform').startsWith('matrix(')));
            document.querySelector('.tools input').click();
            said.push('taken away: ' + (document.querySelectorAll('.off[data-series="0"]').length > 1));
            key('ArrowLeft');
            said.push('heard: ' + document.querySelector('.heard').textContent);
            key('Escape');
            said.push('all again: ' + (document.querySelector('.time').innerHTML === ticks));
            const text = document.createElement('pre');
            text.id = 'said';
            text.textContent = said.join('\\n');
            document.body.append(text);
            </script></body></html>
            """;

    @Test
    void the_page_shows_values_zooms_and_takes_series_away_by_pointer_and_keyboard() throws Exception {
        var browser = Stream.of("chromium", "chromium-browser", "google-chrome")
            .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(place -> Path.of(place, name)))
            .filter(Files::isExecutable)
            .findFirst();
        Assumptions.assumeTrue(browser.isPresent(), "no Chromium on this machine");
        var result =
            chart("--metric", "temperature,health,power", "--window", "7d", "--timezone", "UTC", "-o", "week.html");
        assertEquals(0, result.exit(), result.toString());
        var page = Files.readString(directory.resolve("week.html"));
        assertFalse(Pattern.compile("(src|href)=|url\\((?!#)").matcher(page).find(), "nothing is fetched");
        Files.writeString(directory.resolve("read.html"), page.replace("</body></html>\n", READER));
        var dom = Tool.command(
            browser.get().toString(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1240,1300",
            "--dump-dom",
            directory.resolve("read.html").toUri().toString()).run().out();
        var said = dom.substring(dom.lastIndexOf("<pre id=\"said\">") + 1);
        for (var line : List.of("zoomed: true", "taken away: true", "all again: true")) {
            assertTrue(said.contains(line), said);
        }
        var shown = Pattern.compile("shown: (\\S+ \\S+) city ([0-9.]+) °C").matcher(said);
        assertTrue(shown.find(), said);
        assertEquals(
            cluster.sql(
                ("SELECT round(avg(temperature)::numeric, 1) FROM meteo_metrics WHERE station = 'city' AND time >= "
                    + "timestamptz '%s+00' - interval '150 s' AND time < timestamptz '%1$s+00' + interval '150 s'")
                    .formatted(shown.group(1))),
            shown.group(2),
            "the mean of five minutes around " + shown.group(1));
        assertTrue(said.contains("heard: 2025-0"), said);
    }

    @Test
    void an_unknown_metric_lists_the_known_the_nearest_first() {
        assertFails(2, "choose one of: power, ", chart("--metric", "powr"));
        assertFails(2, "temperature", chart("--metric", "invalid"));
    }

    @Test
    void windows_that_are_none_are_refused() {
        assertFails(2, "'banana' is not a window", chart("--metric", "health", "--window", "banana"));
        assertFails(2, "a window of '0h' is empty", chart("--metric", "health", "--window", "0h"));
        assertFails(2, "'-5h' is not a window", chart("--metric", "health", "--window=-5h"));
    }

    @Test
    void a_window_larger_than_the_data_draws_what_there_is_and_says_so() {
        var result = chart("--metric", "health", "--window", "1000d");
        assertEquals(0, result.exit(), result.toString());
        assertTrue(result.err().contains("reaches back before the first row"), result.toString());
    }

    @Test
    void an_empty_window_ends_with_11_and_tells_where_the_data_are() {
        assertFails(11, "2025-07-04 16:53", chart("--metric", "health", "--until", "2020-01-01", "--timezone", "UTC"));
    }

    @Test
    void tables_and_columns_that_are_not_there_are_named() throws IOException {
        assertFails(1, "there is no table no_such_table", own("-m", "absent"));
        assertFails(2, "It has: ", own("-m", "wrong"));
        assertFails(2, "has no column \"sevice\"", chart("--metric", "health", "--by", "sevice"));
        assertFails(11, "there is no data in nothing", own("-m", "nothing"));
    }

    @Test
    void one_point_alone_is_a_chart() throws IOException {
        var result = own("-m", "lonely", "-o", "one.svg");
        assertEquals(0, result.exit(), result.toString());
        assertTrue(Files.readString(directory.resolve("one.svg")).contains("42"));
    }

    @Test
    void a_failure_leaves_the_file_that_was_there() throws IOException {
        Files.writeString(directory.resolve("mine.svg"), "precious");
        assertFails(11, "no data", chart("--metric", "health", "--where", "service=nobody", "-o", "mine.svg"));
        assertEquals("precious", Files.readString(directory.resolve("mine.svg")));
        assertFails(2, ".xlsx", chart("--metric", "health", "-o", "mine.doc"));
        Files.createDirectory(directory.resolve("dir.svg"));
        assertFails(12, "is a directory", chart("--metric", "health", "-o", "dir.svg"));
        try (var left = Files.list(directory)) {
            assertEquals(2, left.count(), "no half-written file");
        }
    }

    private Tool.Result chartIn(String schema, String... arguments) {
        var all = new ArrayList<>(
            List.of(
                "--url",
                "postgresql:///?options=-c%20search_path%3D" + schema,
                "--metric",
                "health",
                "--timezone",
                "UTC"));
        all.addAll(List.of(arguments));
        return chart(all.toArray(String[]::new));
    }

    @Test
    void a_bucket_finer_than_the_aggregate_is_raised_and_said() {
        cluster.sql(
            "CREATE SCHEMA only_cagg; CREATE TABLE only_cagg.health_metrics_1min_cagg AS TABLE "
                + "health_metrics_1min_cagg");
        var result = chartIn("only_cagg", "--window", "1h", "--bucket", "10s");
        assertEquals(0, result.exit(), result.toString());
        assertTrue(result.err().contains("raised from 10 s to 1 min"), result.toString());
    }

    @Test
    void where_the_rows_are_gone_the_aggregate_is_drawn_and_where_the_aggregate_is_behind_the_rows_are() {
        cluster.sql(
            """
                CREATE SCHEMA kept;
                CREATE TABLE kept.health_metrics AS SELECT * FROM health_metrics WHERE time >= '2025-07-04 14:00+00';
                CREATE TABLE kept.health_metrics_1min_cagg AS SELECT * FROM health_metrics_1min_cagg
                    WHERE time < '2025-07-04 15:00+00'""");
        var old = chartIn("kept", "--until", "2025-07-04T12:00", "--window", "1h");
        assertEquals(0, old.exit(), old.toString());
        assertTrue(
            old.err().contains("raised from 30 s to 1 min") && old.err().contains("from health_metrics_1min_cagg"),
            old.toString());
        var fresh = chartIn("kept", "--window", "2h", "--bucket", "1m");
        assertTrue(
            fresh.err().contains("health_metrics_1min_cagg does not cover the whole range, so health_metrics is read"),
            fresh.toString());
    }

    @Test
    void metrics_lists_what_there_is_with_its_range() {
        var result = chart("metrics");
        assertEquals(0, result.exit(), result.toString());
        assertTrue(
            result.out().contains("temperature") && result.out().contains("2025-07-04 16:53:26 UTC"),
            result.out());
    }

    @Test
    void without_a_database_it_says_how_to_get_one() {
        var result = Tool.of("chart")
            .in(directory)
            .run("--metric", "health", "-h", "127.0.0.1", "-p", String.valueOf(Cluster.freePort()));
        assertFails(10, "HINT: start the database with: make start", result);
    }
}
