import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.zip.ZipFile;
import lib.Failure;
import lib.Json;
import lib.chart.ChartData;
import lib.chart.ChartOptions;
import lib.chart.ChartReader;
import lib.chart.Definitions;
import lib.chart.Metric;
import lib.chart.MetricOptions;
import lib.chart.MetricSuggestion;
import lib.chart.Pile;
import lib.chart.SvgFile;
import lib.chart.Theme;
import lib.chart.Workbook;
import lib.database.ConnectionSettings;
import lib.database.Database;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * What people's data are like: uneven, late, from another clock, with names and times that nobody expects. Each table
 * is small.
 */
@Tag("local")
class ChartCasesTest {
    private static final String METRICS =
        """
            cadence: {title: Two cadences, table: cadence, value: v, series: k, unit: W, kind: stacked}
            cadences: {table: cadence, value: v, series: k}
            jitter: {table: jitter, value: v, series: k, unit: W, kind: stacked}
            meters: {table: meters, value: v, series: k, sum_over: channel, unit: W}
            late: {table: late, value: v, series: k, unit: W, kind: stacked}
            gone: {table: gone, value: v, series: k, unit: W, kind: stacked}
            site: {table: site, value: v, series: k, unit: W, kind: stacked}
            even: {table: even, value: v}
            keys: {table: keys, value: v, series: k}
            pairs: {table: pairs, value: v, series: [site, device]}
            digits: {table: digits, value: v, series: k}
            dates: {table: dates, time: day, value: v}
            daily: {table: daily, value: v}
            rolled: {table: hourly, value: v, rollups: [{table: by_day, bucket: 1d, time: day, value: a, min: mi,
                max: ma, count: n}]}
            infinite: {table: infinite, value: v}
            only_infinite: {table: only_infinite, value: v}
            antique: {table: antique, value: v}
            future: {table: future, value: v}
            millis: {table: millis, value: v}
            kinds_bool: {table: kinds, value: b}
            kinds_interval: {table: kinds, value: i}
            kinds_text: {table: kinds, value: t}
            kinds_json: {table: kinds, value: "j->>x"}
            kinds_date: {table: kinds, value: d}
            many: {table: many, value: v, series: k}
            each: {table: each, value: v, series: k}
            fast: {table: fast, value: v}
            weights: {table: weights, value: v}
            changes: {table: changes, value: v}
            counter: {table: counter, value: v, series: k, unit: B}
            single: {table: single, value: v}
            old: {table: old, value: v}
            steps: {table: steps, value: v, unit: bar}
            """;

    private static Cluster cluster;
    private static Map<String, Metric> metrics;
    @TempDir
    static Path home;
    @TempDir
    Path directory;

    @BeforeAll
    static void load() throws IOException {
        cluster = Cluster.create("fsync = off");
        parts();
        columns();
        metrics = new HashMap<>();
        Definitions.read(Files.writeString(home.resolve("metrics.yaml"), METRICS))
            .forEach(m -> metrics.put(m.name(), m));
    }

    /** Tables of parts that report at seconds of their own, and of several columns that name a series. */
    private static void parts() {
        cluster.sql("""
            CREATE FUNCTION every(step interval, hours int) RETURNS SETOF timestamptz LANGUAGE sql AS
                $$ SELECT generate_series(timestamptz '2025-07-01 00:00+00',
                    timestamptz '2025-07-01 00:00+00' + hours * interval '1 hour', step) $$;
            CREATE TABLE cadence AS SELECT t AS time, 'fast' AS k, 20::float8 AS v FROM every('10 s', 2) AS t
                UNION ALL SELECT t, 'slow', 15 FROM every('5 min', 2) AS t;
            SELECT setseed(0.1);
            CREATE TABLE jitter AS SELECT t + (random() * 30 - 15) * interval '1 s' AS time, k, 200::float8 AS v
                FROM every('59 s', 3) AS t, unnest(ARRAY['pump', 'heater']) AS k;
            CREATE TABLE meters AS SELECT t + o * interval '1 s' AS time, 'm' AS k, c AS channel, w::float8 AS v
            FROM every('1 min', 3) AS t, (VALUES ('a', 5, 100), ('b', 50, 20)) AS x(c, o, w)
            UNION ALL SELECT t, 'm', 'c', 3 FROM every('5 min', 3) AS t;
            CREATE TABLE late AS SELECT t + interval '5 s' AS time, 'web' AS k, 500::float8 AS v
            FROM every('1 min', 12) AS t
                UNION ALL SELECT t - interval '10 s', 'db', 400 FROM every('1 min', 12) AS t
                    WHERE t > '2025-07-01 00:00+00';
            CREATE TABLE gone AS SELECT * FROM late WHERE k = 'web' OR time < '2025-07-01 10:00+00';
            CREATE TABLE site AS SELECT t AS time, 'import' AS k, 500::float8 AS v FROM every('1 min', 12) AS t
                UNION ALL SELECT t, 'export', -300 FROM every('1 min', 12) AS t;
            CREATE TABLE even AS SELECT t AS time, 1::float8 AS v
                FROM generate_series(timestamptz '2025-10-01 00:00+00', '2025-11-20 00:00+00',
                    interval '5 min') AS t;
            CREATE TABLE keys AS SELECT t AS time, k, v::float8
                FROM every('1 min', 1) AS t, (VALUES (NULL, 10), ('(none)', 90), ('', 50)) AS x(k, v);
            CREATE TABLE pairs AS SELECT t AS time, site, device, v::float8
                FROM every('1 min', 1) AS t, (VALUES ('a / b', 'c', 1), ('a', 'b / c', 9))
                    AS x(site, device, v);""");
    }

    /** Columns of other types, times at the ends of the calendar, many series. */
    private static void columns() {
        cluster.sql("""
            CREATE TABLE digits AS SELECT t AS time, k, 1::float8 AS v
                FROM every('1 min', 1) AS t, unnest(ARRAY['１号機', '２号機', '٣ غرفة', '𝟘x']) AS k;
            CREATE TABLE dates AS SELECT d::date AS day, extract(day FROM d)::float8 AS v
                FROM generate_series('2025-06-01'::date, '2025-07-04', '1 day') AS d;
            CREATE TABLE daily AS SELECT d AS time, extract(day FROM d AT TIME ZONE 'UTC')::float8 AS v
                FROM generate_series(timestamptz '2025-06-01 00:00+00', '2025-07-04 00:00+00', '1 day') AS d;
            CREATE TABLE hourly AS SELECT t AS time, extract(day FROM t AT TIME ZONE 'UTC')::float8 AS v
                FROM generate_series(timestamptz '2025-06-01 00:00+00', '2025-07-04 12:00+00', '1 hour') AS t;
            CREATE TABLE by_day AS SELECT date_trunc('day', time, 'UTC') AS day, avg(v) AS a, min(v) AS mi,
                max(v) AS ma, count(*) AS n FROM hourly GROUP BY 1;
            CREATE TABLE infinite AS SELECT t AS time, 1::float8 AS v FROM every('1 min', 12) AS t
                UNION ALL SELECT 'infinity', 5 UNION ALL SELECT '-infinity', 3 UNION ALL
                    SELECT '20225-07-04', 3;
            CREATE TABLE only_infinite AS SELECT 'infinity'::timestamptz AS time, 1::float8 AS v;
            CREATE TABLE antique AS SELECT t AS time, 1::float8 AS v
                FROM generate_series(timestamptz '0044-03-01 00:00+00 BC', '0044-03-02 00:00+00 BC',
                '1 h') AS t;
            CREATE TABLE future AS SELECT t AS time, 1::float8 AS v FROM every('1 min', 12) AS t UNION ALL
                SELECT '2099-01-01', 5;
            CREATE TABLE millis AS SELECT (extract(epoch FROM t) * 1000)::bigint AS time, 1::float8 AS v
                FROM every('1 min', 12) AS t;
            CREATE TABLE kinds AS SELECT t AS time, extract(minute FROM t)::int % 2 = 0 AS b,
                interval '5 s' AS i,
                CASE extract(minute FROM t)::int % 3 WHEN 0 THEN '12.5' WHEN 1 THEN 'unavailable' ELSE 'on'
                    END AS t,
                jsonb_build_object('x', '7') AS j, date '2025-01-01' AS d FROM every('1 min', 1) AS t;
            SELECT setseed(0.2);
            CREATE TABLE many AS
                SELECT timestamptz '2025-07-01 00:00+00' + (random() * 43200) * interval '1 s' AS time,
                       'sensor-' || k AS k, 50 + random() * 10 AS v
                FROM generate_series(1, 5000) AS k, generate_series(1, 12);
            CREATE TABLE each AS SELECT t + (k * 0.213571) * interval '1 s' AS time, 'sensor ' || k AS k,
                20 + k * 0.2::float8 AS v
                FROM every('10 min', 6) AS t, generate_series(1, 200) AS k;
            CREATE TABLE fast AS SELECT timestamptz '2025-07-01 00:00+00' + i * interval '1 ms' AS time,
                sin(i / 20.0) AS v FROM generate_series(0, 20000) AS i;
            CREATE TABLE weights AS SELECT timestamptz '2025-07-01 00:00+00' + i * interval '60 ms' AS time,
                0::float8 AS v FROM generate_series(0, 999) AS i
                UNION ALL SELECT timestamptz '2025-07-01 00:01+00' + i * interval '1 min', 10
                    FROM generate_series(0, 59) AS i;
            SELECT setseed(0.3);
            CREATE TABLE changes AS
                SELECT timestamptz '2025-07-01 00:00+00' + sum(x) OVER (ORDER BY o) * interval '1 s' AS time,
                o::float8 AS v
                FROM (SELECT o, 5 * exp(random() * 6) AS x FROM generate_series(1, 300) AS o) AS q;
            CREATE TABLE counter AS SELECT t AS time, k,
                (extract(epoch FROM t - timestamptz '2025-07-01 00:00+00') * 3)::bigint % 5000 AS v
                FROM every('10 s', 3) AS t, unnest(ARRAY['a', 'b']) AS k;
            CREATE TABLE single AS SELECT timestamptz '2025-07-01 12:34:56.789+00' AS time, 42.123456 AS v;
            CREATE TABLE old AS SELECT t AS time, 5::float8 AS v
                FROM generate_series(timestamptz '1850-07-01', '1899-07-01', '30 days') AS t;
            CREATE TABLE steps AS SELECT t AS time, 10 + 9.5 * sin(extract(epoch FROM t) / 9000) AS v
                FROM every('1 min', 12) AS t;""");
    }

    @AfterAll
    static void stop() {
        if (cluster != null) cluster.close();
    }

    private static Database open() {
        var environment = new HashMap<>(cluster.environment());
        environment.put("HOME", home.toString());
        return new MetricOptions().open(ConnectionSettings.resolve(Map.of(), null, environment, home.resolve(".env")));
    }

    /** What the tool reads, in this JVM. The options are those of the command line. */
    private static ChartData chart(String metric, String... arguments) {
        var options = new ChartOptions();
        new CommandLine(options).parseArgs(arguments);
        try (var database = open()) {
            return new ChartReader(database, options.request()).read(List.of(options.applied(metrics.get(metric))))
                .getFirst();
        }
    }

    private static String svg(ChartData data) {
        return SvgFile.of(data, Theme.named("light"), 1200, 600);
    }

    private static List<String> names(ChartData data) {
        return data.series().stream().map(ChartData.Series::name).toList();
    }

    private static String notes(ChartData data) {
        return String.join("\n", data.notes());
    }

    private Tool.Result tool(String... arguments) {
        var all = new ArrayList<>(List.of("--definitions", home.resolve("metrics.yaml").toString()));
        all.addAll(List.of(arguments));
        return Tool.of("chart").in(directory).with(cluster.environment()).run(all.toArray(String[]::new));
    }

    // ---- stacks

    @ParameterizedTest @ValueSource(strings = {"10s", "1m", "raw", "auto"})
    void parts_of_different_cadence_add_up_at_each_moment(String bucket) {
        for (var total : Pile.of(chart("cadence", "--bucket", bucket)).total()) assertEquals(35, total, 1e-9);
    }

    @ParameterizedTest @ValueSource(strings = {"raw", "auto", "30s"})
    void parts_that_come_at_uneven_times_have_no_notches(String bucket) {
        for (var total : Pile.of(chart("jitter", "--bucket", bucket)).total()) assertEquals(400, total, 1e-9);
    }

    @ParameterizedTest @ValueSource(strings = {"raw", "10s", "1m", "5m"})
    void the_channels_of_a_meter_add_up_at_each_moment(String bucket) {
        var data = chart("meters", "--bucket", bucket);
        for (var sum : data.series().getFirst().points().values()) assertEquals(123, sum, 1e-9);
        assertEquals("", notes(data).replaceAll(".*reaches back.*", ""));
    }

    @Test
    void the_total_at_the_end_is_that_of_all_parts_that_still_report() {
        assertTrue(svg(chart("late")).contains("total 900 W at the end"));
        assertTrue(svg(chart("gone")).contains("total 500 W at the end"), "one that ended hours ago is over");
    }

    @Test
    void negative_parts_pile_downwards_and_a_line_shows_the_sum() {
        var svg = svg(chart("site"));
        assertTrue(svg.contains("total 200 W at the end") && svg.contains(">−"), "the axis reaches down");
        assertTrue(svg.contains("<g class=\"sum\">\n<path"), "sum line");
    }

    // ---- time

    @Test
    void each_day_of_a_zone_whose_clock_goes_back_at_midnight_has_its_rows_once() {
        var days = chart(
            "even",
            "--timezone",
            "Atlantic/Azores",
            "--from",
            "2025-10-24",
            "--until",
            "2025-10-29",
            "--bucket",
            "1d").series()
            .getFirst()
            .points();
        assertEquals(List.of(288L, 288L, 300L, 288L, 288L), LongStream.of(days.count()).boxed().toList());
    }

    /**
     * For random zones, ranges and buckets: what the buckets count together is what SQL counts, and each bucket by
     * itself too.
     */
    @Test
    void each_row_is_in_exactly_one_bucket_in_every_zone() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var zones = ZoneId.getAvailableZoneIds().stream().sorted().toList();
        var first = Instant.parse("2025-10-01T00:00:00Z");
        for (int round = 0; round < 25; round++) {
            var zone = zones.get(random.nextInt(zones.size()));
            var bucket = List.of("raw", "5m", "1h", "6h", "1d", "3d", "1w", "1mo").get(random.nextInt(8));
            var from = first.plusSeconds(random.nextInt(30 * 86_400));
            var to = from.plusSeconds(3600 + random.nextInt(20 * 86_400));
            var data = chart(
                "even",
                "--timezone",
                zone,
                "--from",
                from.toString(),
                "--until",
                to.toString(),
                "--bucket",
                bucket);
            var said = "seed " + seed + ": " + bucket + " of " + zone + " from " + from + " to " + to;
            var counted = cluster.sql(
                "SELECT count(*) FROM even WHERE time >= '%s' AND time < '%s'".formatted(data.from(), data.to()));
            var points = data.series().getFirst().points();
            assertEquals(Long.parseLong(counted), LongStream.of(points.count()).sum(), said);
            assertTrue(!data.from().isAfter(from) && !data.to().isBefore(to), said);
            if (data.grid().isRaw()) continue;
            int at = random.nextInt(points.times().length);
            var here = cluster.sql(
                "SELECT count(*) FROM even WHERE time >= to_timestamp(%f) AND time < to_timestamp(%f)"
                    .formatted(points.times()[at] / 1e6, data.grid().end(points.times()[at]) / 1e6));
            assertEquals(Long.parseLong(here), points.count()[at], said + ", bucket " + at);
        }
    }

    @Test
    void an_offset_is_a_time_zone() {
        var expected =
            chart("even", "--timezone", "Etc/GMT-2", "--bucket", "1d", "-w", "3d").series().getFirst().points();
        for (var zone : List.of("+02:00", "UTC+2")) {
            var points = chart("even", "--timezone", zone, "--bucket", "1d", "-w", "3d").series().getFirst().points();
            assertEquals(
                LongStream.of(expected.times()).boxed().toList(),
                LongStream.of(points.times()).boxed().toList());
            assertEquals(
                LongStream.of(expected.count()).boxed().toList(),
                LongStream.of(points.count()).boxed().toList());
        }
    }

    @ParameterizedTest @ValueSource(strings = {"dates", "daily"})
    void a_value_of_a_day_stands_at_that_day_also_in_a_western_zone(String metric) {
        for (var bucket : List.of("1d", "raw")) {
            var data = chart(metric, "--timezone", "America/Los_Angeles", "--bucket", bucket, "-w", "10d");
            var points = data.series().getFirst().points();
            for (int i = 0; i < points.times().length; i++) {
                var day = Instant.ofEpochMilli(points.times()[i] / 1000).atZone(data.zone());
                assertEquals(points.values()[i], day.getDayOfMonth(), metric + " by " + bucket + ": " + day);
            }
            assertTrue(notes(data).contains("UTC"), notes(data));
        }
    }

    @Test
    void a_roll_up_of_days_is_not_folded_into_days_of_another_zone() {
        var data = chart("rolled", "--timezone", "America/New_York", "--bucket", "1d", "-w", "10d");
        assertEquals("hourly", data.source().table());
        assertTrue(notes(data).contains("by_day holds buckets of 1 day by the calendar of UTC"), notes(data));
        assertEquals("by_day", chart("rolled", "--timezone", "UTC", "--bucket", "1d", "-w", "10d").source().table());
    }

    @Test
    void times_that_cannot_be_drawn_are_left_out_and_said() {
        var data = chart("infinite");
        assertEquals(Duration.ofHours(12).toMinutes() + 1, data.origin().rawRows());
        assertTrue(notes(data).contains("3 rows of infinite are left out"), notes(data));
        for (var metric : List.of("only_infinite", "antique")) {
            var failure = assertThrows(Failure.class, () -> chart(metric));
            assertEquals(11, failure.exitCode());
            assertTrue(failure.getMessage().contains("whose time can be drawn"), failure.getMessage());
        }
        var list = Tool.of("chart")
            .in(directory)
            .with(cluster.environment())
            .run("metrics", "--definitions", home.resolve("metrics.yaml").toString());
        assertEquals(0, list.exit(), list.toString());
        assertTrue(list.err().contains("3 rows of infinite are left out"), list.toString());
    }

    @Test
    void a_row_in_the_future_is_said_with_what_leaves_it_out() {
        var note = notes(chart("future"));
        assertTrue(note.contains("2099-01-01"), note);
        var until = note.replaceFirst("(?s).*--until (\\S+).*", "$1");
        assertEquals(721, chart("future", "--until", until).origin().rawRows());
    }

    @Test
    void milliseconds_since_1970_are_times() {
        var data = chart("millis");
        assertEquals(Instant.parse("2025-07-01T00:00:00Z"), data.from());
        assertEquals(721, data.origin().rawRows());
    }

    @Test
    void two_seconds_of_a_thousand_rows_each_have_points_below_a_millisecond_of_a_pixel() {
        var data = chart("fast", "-w", "2s");
        assertTrue(data.series().getFirst().size() >= 900, data.series().getFirst().size() + " points");
        assertTrue(data.bucket().seconds() < 0.01, data.bucket().label());
    }

    @Test
    void windows_and_ranges_are_months_years_and_times_before_the_end() {
        assertEquals(
            Instant.parse("2025-10-20T00:00:00Z"),
            chart("even", "-w", "1mo", "--timezone", "UTC", "--bucket", "1d").from());
        assertEquals(
            Instant.parse("2025-11-13T00:00:00Z"),
            chart("even", "--from", "-7d", "--timezone", "UTC", "--bucket", "1d").from());
        assertEquals(2, chart("even", "--bucket", "1mo", "-w", "1y", "--timezone", "UTC").series().getFirst().size());
    }

    // ---- names and values

    @Test
    void null_an_empty_text_and_the_word_none_are_three_series() {
        var data = chart("keys");
        assertEquals(3, data.series().size(), names(data).toString());
        assertEquals(3, names(data).stream().distinct().count(), names(data).toString());
        var none = data.series().stream().filter(s -> s.key().getFirst() == null).findFirst().orElseThrow();
        assertEquals("(none)", none.name());
        assertEquals(10, none.mean());
    }

    @Test
    void keys_that_join_to_the_same_text_are_two_series() {
        assertEquals(
            List.of("'a / b' / 'c'", "'a' / 'b / c'").stream().sorted().toList(),
            names(chart("pairs")).stream().sorted().toList());
    }

    @Test
    void digits_of_other_scripts_are_letters() {
        assertEquals(4, chart("digits").series().size());
    }

    @Test
    void booleans_intervals_texts_and_json_are_numbers_where_they_hold_some() {
        assertEquals(0.5, chart("kinds_bool").series().getFirst().mean(), 0.02);
        assertEquals(5, chart("kinds_interval").series().getFirst().mean());
        var text = chart("kinds_text").series().getFirst();
        assertEquals(12.5, text.highest());
        assertEquals(1, text.lowest());
        assertEquals(7, chart("kinds_json").series().getFirst().mean());
        var failure = assertThrows(Failure.class, () -> chart("kinds_date"));
        assertTrue(failure.getMessage().contains("holds no numbers: it is of type date"), failure.getMessage());
    }

    @Test
    void the_mean_of_all_is_that_of_the_rows() throws IOException {
        var data = chart("weights", "--bucket", "1m");
        assertEquals(
            Double.parseDouble(cluster.sql("SELECT avg(v) FROM weights")),
            data.series().getFirst().mean(),
            1e-9);
    }

    @Test
    void a_name_has_the_same_colour_in_every_window() {
        var all = chart("late");
        var one = chart("gone", "--until", "2025-07-01T12:00", "-w", "1h", "--timezone", "UTC");
        assertEquals(List.of("web"), names(one));
        var byName = new HashMap<String, Integer>();
        chart("gone", "-w", "12h").series().forEach(s -> byName.put(s.name(), s.style()));
        assertEquals(2, byName.values().stream().distinct().count());
        assertEquals(2, all.series().stream().map(ChartData.Series::style).distinct().count());
        assertEquals(byName.get("web"), one.series().getFirst().style());
    }

    // ---- many, and on change

    @Test
    void five_thousand_series_of_raw_rows_fit_into_256_megabytes() throws IOException {
        for (var file : List.of("many.svg", "many.xlsx")) {
            var result = Tool.of("chart")
                .in(directory)
                .with(cluster.environment())
                .with("JAVA_TOOL_OPTIONS", "-Xmx256m")
                .run(
                    "--definitions",
                    home.resolve("metrics.yaml").toString(),
                    "-m",
                    "many",
                    "--bucket",
                    "raw",
                    "-o",
                    file);
            assertEquals(0, result.exit(), result.toString());
        }
        assertTrue(
            Files.size(directory.resolve("many.svg")) < 3_000_000,
            Files.size(directory.resolve("many.svg")) + " bytes");
    }

    /** 37 rows each, no two at the same moment: every grey line is there. */
    @Test
    void two_hundred_sparse_series_are_all_drawn() {
        var svg = svg(chart("each", "--bucket", "raw"));
        var grey = svg.substring(svg.indexOf("<g class=\"others\">"));
        assertEquals(192, grey.substring(0, grey.indexOf("</g>")).split("<path").length - 1);
        assertTrue(svg.contains("every row drawn"));
    }

    @Test
    void rows_that_are_written_on_change_are_said_to_be_and_can_be_joined() {
        assertTrue(notes(chart("changes")).contains("--line step --connect always"), notes(chart("changes")));
        var data = chart("changes", "--line", "step", "--connect", "always");
        assertEquals(1, data.stretches(data.series().getFirst()).size());
        assertFalse(notes(data).contains("irregular"));
    }

    // ---- statistics

    @Test
    void a_rate_knows_when_a_counter_was_reset() {
        for (var s : chart("counter", "--stat", "rate").series()) {
            assertTrue(s.lowest() >= 0, s.name() + " " + s.lowest());
            assertEquals(3, s.highest(), 0.3, s.name());
        }
        assertTrue(svg(chart("counter", "--stat", "rate", "--bucket", "1h")).contains("B/s"));
    }

    @Test
    void statistics_are_those_of_the_database() {
        var sql = Map.of(
            "min",
            "min(v)",
            "max",
            "max(v)",
            "sum",
            "sum(v)",
            "count",
            "count(*)",
            "p50",
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY v)",
            "p95",
            "percentile_cont(0.95) WITHIN GROUP (ORDER BY v)",
            "p99",
            "percentile_cont(0.99) WITHIN GROUP (ORDER BY v)",
            "last",
            "(array_agg(v ORDER BY time DESC))[1]");
        sql.forEach((stat, expression) -> {
            var points =
                chart("steps", "--stat", stat, "--bucket", "1h", "--timezone", "UTC").series().getFirst().points();
            var expected = cluster.sql(
                "SELECT %s FROM steps WHERE time >= '2025-07-01 05:00+00' AND time < '2025-07-01 06:00+00'"
                    .formatted(expression));
            assertEquals(Double.parseDouble(expected), points.values()[5], 1e-9, stat);
        });
        var sums = chart("steps", "--stat", "sum", "--bucket", "1h", "--timezone", "UTC");
        assertTrue(notes(sums).contains("not over yet"), notes(sums));
        assertEquals(12, sums.series().getFirst().size());
    }

    @Test
    void only_chosen_rows_and_only_the_highest_series() {
        assertEquals(List.of("sensor 7", "sensor 9"), names(chart("each", "--where", "k=sensor 7,sensor 9")));
        assertEquals(
            List.of("sensor 7", "sensor 9"),
            names(chart("each", "--where", "k=sensor 7", "--where", "k=sensor 9")));
        assertEquals(List.of("sensor 198", "sensor 199", "sensor 200"), names(chart("each", "--top", "3")));
    }

    @Test
    void the_same_span_some_time_before_is_moved_to_where_the_chart_is() {
        var data = chart("even", "-w", "1d", "--compare", "7d", "--timezone", "Europe/Berlin");
        var before = data.extras().earlier().data();
        assertEquals(data.series().getFirst().points().times()[3], before.series().getFirst().points().times()[3]);
        assertTrue(svg(data).contains("dashed: 7d before"));
    }

    // ---- what people have already

    /** Telegraf, Home Assistant (LTSS), Zabbix, a Prometheus adapter: their tables, as they make them. */
    @Test
    void definitions_are_suggested_for_the_tables_that_people_have() throws IOException {
        cluster.sql(
            """
                CREATE SCHEMA found;
                CREATE TABLE found.cpu AS SELECT t AS time, h AS host, 'cpu-total' AS cpu, 90::float8 AS usage_idle,
                    5::float8 AS usage_user
                    FROM every('10 s', 1) AS t, unnest(ARRAY['a', 'b']) AS h;
                CREATE TABLE found.ltss AS SELECT row_number() OVER () AS id, t AS time, e::varchar(255) AS entity_id,
                    (CASE WHEN extract(minute FROM t)::int % 7 = 0 THEN 'unavailable' ELSE '21.5' END)::varchar(255)
                        AS state,
                    '{}'::jsonb AS attributes
                    FROM every('1 min', 1) AS t, unnest(ARRAY['sensor.kitchen', 'sensor.bath']) AS e;
                CREATE TABLE found.history AS SELECT i::bigint AS itemid, extract(epoch FROM t)::int AS clock,
                    7::float8 AS value, 0 AS ns
                    FROM every('1 min', 1) AS t, unnest(ARRAY[23296, 23297]) AS i;
                CREATE TABLE found.metrics_values AS SELECT i::bigint AS metrics_id, t AS metrics_time,
                    3::float8 AS metrics_value
                    FROM every('15 s', 1) AS t, generate_series(1, 2) AS i;
                """);
        tagTables();
        var suggested = suggested();
        var expected = Map
            .of("cpu_usage_idle", 90.0, "ltss_state", 21.5, "history_value", 7.0, "metrics_values_metrics_value", 3.0);
        expected.forEach((name, value) -> {
            var data = drawn(suggested, name);
            assertEquals(2, data.series().size(), name);
            assertEquals(value, data.series().getFirst().mean(), name);
        });
        // one series for each key, however many tags it takes, and named by what the database calls it
        assertEquals(
            List.of(
                "sda1 / ext4 / a / /",
                "sda1 / ext4 / a / /home",
                "sda1 / ext4 / b / /",
                "sda1 / ext4 / b / /home"),
            names(drawn(suggested, "disk_free")));
        assertEquals(4, drawn(suggested, "disk_json_free").series().size());
        assertEquals(List.of("a / cpu0", "a / cpu1", "b / cpu0", "b / cpu1"), names(drawn(suggested, "cores_idle")));
        assertEquals(List.of("h3", "h4"), names(drawn(suggested, "node_load_value")));
        assertEquals(List.of("one", "two"), names(drawn(suggested, "metrics_values_metrics_value")));
    }

    /** Tags in columns, in JSON, in a table apart; labels as numbers behind a view, and as JSON in a table apart. */
    private static void tagTables() {
        cluster.sql(
            """
                CREATE TABLE found.disk AS SELECT t AS time, 'sda1' AS device, 'ext4' AS fstype, h AS host,
                    p AS path, 90::float8 AS free
                    FROM every('10 s', 1) AS t, unnest(ARRAY['a', 'b']) AS h, unnest(ARRAY['/', '/home']) AS p;
                CREATE TABLE found.disk_json AS SELECT t AS time, 1 AS tag_id, jsonb_build_object('free', 90) AS fields,
                    jsonb_build_object('device', 'sda1', 'fstype', 'ext4', 'host', h, 'path', p) AS tags
                    FROM every('10 s', 1) AS t, unnest(ARRAY['a', 'b']) AS h, unnest(ARRAY['/', '/home']) AS p;
                CREATE TABLE found.cores_tag(tag_id bigint PRIMARY KEY, cpu text, host text, dc text);
                INSERT INTO found.cores_tag VALUES (1, 'cpu0', 'a', 'x'), (2, 'cpu1', 'a', 'x'), (3, 'cpu0', 'b', 'x'),
                    (4, 'cpu1', 'b', 'x');
                CREATE TABLE found.cores AS SELECT t AS time, i::bigint AS tag_id, 90::float8 AS idle
                    FROM every('10 s', 1) AS t, generate_series(1, 4) AS i;
                CREATE TABLE found.node_load(time timestamptz, value float8, series_id bigint);
                INSERT INTO found.node_load SELECT t, 1, i FROM every('10 s', 1) AS t, generate_series(1, 2) AS i;
                CREATE SCHEMA data_series; CREATE SCHEMA series;
                CREATE TABLE data_series.node_load AS SELECT i::bigint AS id, ARRAY[1, 2 + i, 7] AS labels
                    FROM generate_series(1, 2) AS i;
                ALTER TABLE data_series.node_load ADD PRIMARY KEY (id);
                CREATE VIEW series.node_load AS SELECT id AS series_id, labels, 'node' AS job,
                    'h' || labels[2] AS instance FROM data_series.node_load;
                CREATE TABLE found.metrics_labels(id bigint PRIMARY KEY, metric_name text, labels jsonb);
                INSERT INTO found.metrics_labels VALUES (1, 'load', '{"job": "node", "instance": "one"}'),
                    (2, 'load', '{"job": "node", "instance": "two"}');
                ANALYZE;
                """);
    }

    private List<Metric> suggested() throws IOException {
        try (var database = open()) {
            return Definitions
                .read(Files.writeString(directory.resolve("found.yaml"), new MetricSuggestion(database).yaml()));
        }
    }

    private static ChartData drawn(List<Metric> suggested, String name) {
        var metric = suggested.stream()
            .filter(m -> m.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new AssertionError(name));
        var request = new CommandLine(new ChartOptions()).<ChartOptions>getCommand().request();
        try (var database = open()) {
            return new ChartReader(database, request).read(List.of(metric)).getFirst();
        }
    }

    // ---- files

    private static byte[] workbook(ChartData data) throws IOException {
        var out = new ByteArrayOutputStream();
        Workbook.write(List.of(data), out);
        return out.toByteArray();
    }

    private String chartXml(ChartData data) throws IOException {
        var file = Files.write(directory.resolve("chart.xlsx"), workbook(data));
        try (var zip = new ZipFile(file.toFile())) {
            return new String(
                zip.getInputStream(zip.getEntry("xl/charts/chart1.xml")).readAllBytes(),
                StandardCharsets.UTF_8);
        }
    }

    @Test
    void in_a_workbook_series_of_different_cadence_have_times_of_their_own() throws IOException {
        var xml = chartXml(chart("cadences"));
        assertTrue(xml.contains("$A$2:$A$722") && xml.contains("$C$2:$C$722"), "each by its own times");
    }

    @Test
    void in_a_workbook_a_lone_point_has_a_marker() throws IOException {
        assertTrue(chartXml(chart("single")).contains("<c:dPt>"));
    }

    @Test
    void in_a_workbook_a_step_of_two_and_a_half_has_a_decimal() throws IOException {
        assertTrue(chartXml(chart("steps")).contains("formatCode=\"#,##0.0\""));
    }

    @Test
    void a_device_is_written_to_and_a_full_one_is_a_failure() {
        var full = Tool.command(
            "bash",
            "-c",
            Tool.ROOT.resolve("bin/jbang") + " " + Tool.ROOT.resolve("chart.java") + " --definitions "
                + home.resolve("metrics.yaml")
                + " -m steps -o - --format svg > /dev/full")
            .in(directory)
            .with(cluster.environment())
            .run();
        assertEquals(1, full.exit(), full.toString());
        assertTrue(full.err().contains("cannot write to standard output"), full.toString());
        var nothing = tool("-m", "steps", "-o", "/dev/null", "--format", "svg");
        assertEquals(0, nothing.exit(), nothing.toString());
        assertTrue(Files.exists(Path.of("/dev/null")) && !Files.isRegularFile(Path.of("/dev/null")));
    }

    @Test
    void two_pictures_in_one_page_have_no_id_in_common() {
        var ids = new HashSet<String>();
        for (var svg : List.of(svg(chart("steps")), svg(chart("late")))) {
            var m = Pattern.compile("id=\"([^\"]+)\"").matcher(svg);
            while (m.find()) assertTrue(ids.add(m.group(1)), m.group(1));
        }
    }

    @ParameterizedTest @ValueSource(strings = {"tr TR latn", "fa IR arabext", "ar EG arab"})
    void in_every_language_the_files_are_the_same(String language) {
        var parts = language.split(" ");
        for (var format : List.of("svg", "json", "csv", "text")) {
            var arguments = new String[] {"--definitions", home.resolve("metrics.yaml").toString(), "-m", "steps", "-o",
                "-", "--format",
                format, "--timezone", "UTC"};
            var plain = Tool.of("chart").in(directory).with(cluster.environment()).run(arguments);
            var other = Tool.of("chart")
                .in(directory)
                .with(cluster.environment())
                .with("LANG", parts[0] + "_" + parts[1] + ".UTF-8")
                .with(
                    "JAVA_TOOL_OPTIONS",
                    "-Duser.language=" + parts[0] + " -Duser.country=" + parts[1] + " -Duser.extensions=u-nu-"
                        + parts[2])
                .run(arguments);
            assertEquals(0, other.exit(), other.toString());
            assertEquals(plain.out(), other.out(), language + " " + format);
        }
    }

    @Test
    void several_metrics_are_panels_of_one_picture_sheets_of_one_workbook_and_one_page() throws IOException {
        for (var file : List.of("all.svg", "all.xlsx", "all.html", "all.json")) {
            var result = tool("-m", "steps,site,cadences", "-o", file, "--timezone", "UTC");
            assertEquals(0, result.exit(), result.toString());
        }
        assertEquals(3, Files.readString(directory.resolve("all.svg")).split("class=\"panel\"").length - 1);
        assertEquals(3, Json.tree(Files.readString(directory.resolve("all.json"))).size());
        try (
            var book =
                new XSSFWorkbook(Files.newInputStream(directory.resolve("all.xlsx")))) {
            for (var sheet : List.of("steps", "site", "cadences", "Summary", "steps data")) {
                assertTrue(book.getSheet(sheet) != null, sheet);
            }
        }
        var svg = Files.size(directory.resolve("all.svg"));
        assertTrue(
            Files.size(directory.resolve("all.html")) <= 1.5 * svg + 60_000,
            Files.size(directory.resolve("all.html")) + " for " + svg);
    }
}
