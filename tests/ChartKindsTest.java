import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import lib.Failure;
import lib.Json;
import lib.chart.Bucket;
import lib.chart.ChartData;
import lib.chart.ChartOptions;
import lib.chart.ChartReader;
import lib.chart.CsvFile;
import lib.chart.Definitions;
import lib.chart.Grid;
import lib.chart.JsonFile;
import lib.chart.Metric;
import lib.chart.MetricOptions;
import lib.chart.MetricSuggestion;
import lib.chart.Pile;
import lib.chart.SvgFile;
import lib.chart.TextPreview;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What a window shows and what not: series of other windows, parts that report seldom, values that are none. */
@Tag("local")
class ChartKindsTest {
    private static final String METRICS = """
        shifts: {table: shifts, value: v, series: k}
        crowd: {table: crowd, value: v, series: k}
        slow: {table: slow, value: v, series: k, unit: W, kind: stacked}
        channels: {table: slow, value: v, sum_over: k, unit: W}
        stopped: {table: stopped, value: v, series: k, unit: W, kind: stacked}
        stopped_sum: {table: stopped, value: v, sum_over: k, unit: W}
        late: {table: late, value: v, series: k, unit: W, kind: stacked}
        late_sum: {table: late, value: v, sum_over: k, unit: W}
        starts: {table: starts, value: v, series: k, unit: W, kind: stacked}
        starts_sum: {table: starts, value: v, sum_over: k, unit: W}
        cadences: {table: cadences, value: v, series: k}
        state: {table: state, value: v, series: k, line: step, connect: always}
        last_years: {table: last_years, value: v}
        first_years: {table: first_years, value: v}
        holes: {table: holes, value: v}
        domains: {table: domains, value: v}
        extremes: {table: extremes, value: v, series: k}
        month: {table: month, value: v}
        many_nan: {table: many_nan, value: v}
        many_numeric: {table: many_nan, value: n}
        many_text: {table: many_nan, value: t}
        too_large_json: {table: too_large, value: j}
        too_large_text: {table: too_large, value: t}
        too_small_numeric: {table: too_small, value: n}
        too_small_json: {table: too_small, value: j}
        only_nan: {table: many_nan, value: o}
        no_number: {table: holes, value: v, where: {k: none}}
        objects: {table: holes, value: j}
        huge: {table: holes, value: n}
        wrong_epoch: {table: wrong_epoch, value: v}
        blank: {table: blank, value: v, series: k}
        hostile: {table: hostile, value: v, series: k}
        nameless: {table: shifts, value: v, series: k, names: {table: nowhere, key: id, name: name}}
        identifiers: {table: identifiers, value: v}
        even: {table: even, value: v}
        """;

    private static final Instant FIRST_ROW = Instant.parse("2024-12-28T00:00:00Z");
    private static final List<String> CADENCES = List.of("10m", "1h", "6h", "1d", "1w", "1mo", "3mo", "1y");

    private static Cluster cluster;
    private static Map<String, Metric> metrics;
    @TempDir
    static Path home;
    @TempDir
    Path directory;

    @BeforeAll
    static void load() throws IOException {
        cluster = Cluster.create("fsync = off");
        cluster.sql("""
            CREATE FUNCTION every(step interval, hours int) RETURNS SETOF timestamptz LANGUAGE sql AS
                $$ SELECT generate_series(timestamptz '2025-07-01 00:00+00',
                                          timestamptz '2025-07-01 00:00+00' + hours * interval '1 hour', step) $$;
            -- eight machines, of which each reports on other days; none of the first six among the newest rows
            CREATE TABLE shifts AS
                SELECT t AS time, 'machine ' || chr(65 + m) AS k, m::float8 AS v
                FROM generate_series(0, 7) AS m,
                     generate_series(timestamptz '2025-06-01 00:00+00' + m * interval '2 days',
                                     timestamptz '2025-06-05 00:00+00' + m * interval '2 days', '1 min') AS t;
            -- more than are looked at one by one, and one that was there for some days in the middle only
            CREATE TABLE crowd AS
                SELECT t AS time, 'crowd ' || s AS k, s::float8 AS v
                FROM generate_series(timestamptz '2025-01-01 00:00+00', '2025-06-30 00:00+00', '10 min') AS t,
                     generate_series(1, 6) AS s
                WHERE s <> 4 OR t BETWEEN '2025-03-01 00:00+00' AND '2025-04-10 00:00+00';
            CREATE INDEX ON crowd (time DESC);
            CREATE TABLE cadences AS
                SELECT timestamptz '2024-12-28 00:00+00' + n * n * step * interval '1 s' AS time, 'step ' || step AS k,
                       n::float8 AS v
                FROM unnest(ARRAY[0.37, 1, 7, 60.5, 900]) AS step, generate_series(0, 2500) AS n;
            CREATE INDEX ON cadences (time);
            CREATE TABLE state AS SELECT * FROM (VALUES
                (timestamptz '2025-07-01 00:00+00', 'heating', 1::float8), ('2025-07-01 05:00+00', 'heating', 0),
                ('2025-07-01 00:30+00', 'door', 1), ('2025-07-01 09:30+00', 'door', 0),
                ('2025-07-01 12:00+00', 'window', 1)) AS x(time, k, v);
            CREATE TABLE last_years AS SELECT t AS time, 1::float8 AS v
                FROM generate_series(timestamptz '9990-07-01 00:00+00', '10010-07-01 00:00+00', '10 days') AS t;
            CREATE TABLE first_years AS SELECT t AS time, 1::float8 AS v
                FROM generate_series(timestamptz '0003-07-01 00:00+00 BC', '0009-07-01 00:00+00', '10 days') AS t;
            CREATE TABLE holes AS SELECT t AS time, 'some' AS k, '{"a": 1}'::jsonb AS j, 1e300::numeric * 1e300 AS n,
                    CASE WHEN extract(minute FROM t) = 7 THEN float8 'NaN'
                         WHEN extract(minute FROM t) = 11 THEN '-Infinity' ELSE 1 END AS v FROM every('1 min', 12) AS t
                UNION ALL SELECT t, 'none', '{}', 'NaN', 'NaN' FROM every('1 min', 12) AS t;
            CREATE TABLE wrong_epoch AS SELECT extract(epoch FROM t)::bigint AS time, 1::float8 AS v
                FROM every('1 min', 12) AS t
                UNION ALL SELECT 9223372036854775807, 5 UNION ALL SELECT -9223372036854775808, 5;
            CREATE TABLE identifiers AS SELECT t AS time, 7::oid AS v FROM every('1 min', 1) AS t;
            CREATE TABLE even AS SELECT t AS time, 1::float8 AS v
                FROM generate_series(timestamptz '2025-01-01 00:00+00', '2026-01-01 00:00+00', interval '30 min') AS t;
            ANALYZE""");
        parts();
        ends();
        metrics = new HashMap<>();
        Definitions.read(Files.writeString(home.resolve("metrics.yaml"), METRICS))
            .forEach(m -> metrics.put(m.name(), m));
    }

    private static void parts() {
        cluster.sql("""
            CREATE TABLE slow AS
                SELECT t AS time, 'fast' AS k, 20::float8 AS v FROM every('7 s', 6) AS t
                UNION ALL SELECT t + interval '13 s', 'middle', 5 FROM every('61 s', 6) AS t
                UNION ALL SELECT t + interval '2 s', 'slow', 15 FROM every('1 h', 6) AS t
                UNION ALL SELECT t - interval '4 h', 'gone', 100 FROM every('1 h', 1) AS t;
            CREATE TABLE stopped AS
                SELECT t AS time, 'fast' AS k, 20::float8 AS v FROM every('10 s', 8) AS t
                UNION ALL SELECT t + interval '2 s', 'slow', 15 FROM every('1 h', 8) AS t
                UNION ALL SELECT t + interval '2 s', 'stopped', 100 FROM every('1 h', 2) AS t;
            CREATE TABLE late AS SELECT * FROM stopped WHERE time < '2025-07-01 03:20+00';
            CREATE TABLE starts AS
                SELECT t AS time, 'fast' AS k, 20::float8 AS v FROM every('10 s', 8) AS t
                UNION ALL SELECT t, 'quarter', CASE WHEN t < '2025-07-01 03:10+00' THEN 5 ELSE 6 END
                    FROM every('15 min', 8) AS t
                UNION ALL SELECT t + interval '2 s', 'seldom', 100 FROM every('2 h', 8) AS t
                UNION ALL SELECT t + interval '3 h 20 min 2 s', 'new', 1000 FROM every('1 h', 4) AS t;""");
    }

    /** Types, values and times at the ends of what there is. */
    private static void ends() {
        cluster.sql("""
            CREATE DOMAIN moment AS timestamptz; CREATE DOMAIN moment_of_ours AS moment;
            CREATE DOMAIN watts AS numeric(9, 2); CREATE DOMAIN watts_of_ours AS watts CHECK (value < 1e6);
            CREATE TABLE domains AS SELECT t::moment_of_ours AS time, 5::watts_of_ours AS v FROM every('1 min', 1) AS t;
            CREATE TABLE extremes AS SELECT t AS time, k, k::float8 AS v
                FROM every('1 min', 1) AS t, unnest(ARRAY['1.7e308', '-1.7e308', '1e-320', '-0.0']) AS k;
            -- the day of the year
            CREATE TABLE month AS SELECT t AS time, extract(doy FROM t AT TIME ZONE 'UTC')::float8 AS v
                FROM generate_series(timestamptz '2024-01-01 00:00+00', '2024-04-01 00:00+00', '1 h') AS t;
            CREATE TABLE works AS SELECT * FROM (VALUES
                (timestamptz '2025-06-30 20:00+00', timestamptz '2025-07-01 00:05+00', 'began before'),
                ('2025-06-30 20:00+00', '2025-06-30 21:00+00', 'was over'),
                ('2025-07-01 00:10+00', 'infinity', 'without end'), ('2025-07-01 00:20+00', NULL, 'a moment'),
                ('2025-07-01 00:30+00', '2025-07-01 00:10+00', 'turned round'),
                ('2025-07-01 00:40+00', '2025-07-02 00:00+00', 'lasts'),
                ('-infinity', 'infinity', 'always')) AS x(a, b, c);
            CREATE TABLE too_large AS SELECT t AS time, n::jsonb AS j, n AS t FROM every('1 min', 1) AS t,
                LATERAL (SELECT CASE WHEN extract(minute FROM t)::int % 3 = 1 THEN '1' || repeat('0', 400) ELSE '3' END
                    AS n) AS x;
            CREATE TABLE too_small AS SELECT t AS time, n, to_jsonb(n) AS j FROM every('1 min', 1) AS t,
                LATERAL (SELECT CASE WHEN extract(minute FROM t)::int % 3 = 1 THEN 1e-400 ELSE -3 END AS n) AS x;
            CREATE TABLE many_nan AS SELECT t AS time, v, v::numeric AS n, v::text AS t, float8 'NaN' AS o
                FROM (SELECT timestamptz '2025-07-01 00:00+00' + i * interval '1 s' AS t,
                             CASE WHEN i % 1000 = 0 THEN float8 'NaN' ELSE i % 3 + 1 END AS v
                      FROM generate_series(0, 60000) AS i) AS q;""");
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

    /** What the tool reads, in this JVM. */
    private static ChartData chart(String metric, String... arguments) {
        var options = new ChartOptions();
        var all = new ArrayList<>(List.of("--timezone", "UTC"));
        all.addAll(List.of(arguments));
        new CommandLine(options).setOverwrittenOptionsAllowed(true).parseArgs(all.toArray(String[]::new));
        try (var database = open()) {
            return new ChartReader(database, options.request()).read(List.of(options.applied(metrics.get(metric))))
                .getFirst();
        }
    }

    private static List<String> names(ChartData data) {
        return data.series().stream().map(ChartData.Series::name).toList();
    }

    private static String notes(ChartData data) {
        return String.join("\n", data.notes());
    }

    private static ChartData.Series series(ChartData data, String name) {
        return data.series().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    }

    // ---- colours

    /** Each window shows two or three of eight; over all windows each name has one colour, and no two the same. */
    @Test
    void a_name_keeps_its_colour_in_windows_that_show_other_series() {
        var colours = new HashMap<String, Integer>();
        for (int day = 1; day <= 18; day++) {
            var until = "2025-06-%02dT12:00".formatted(day + 1);
            for (var s : chart("shifts", "--until", until, "-w", "2d").series()) {
                assertEquals(s.style(), colours.merge(s.name(), s.style(), (a, b) -> a), s.name() + " " + until);
            }
        }
        for (var s : chart("shifts", "--from", "2025-06-01").series()) assertEquals(colours.get(s.name()), s.style());
        assertEquals(8, colours.size());
        assertEquals(8, new HashSet<>(colours.values()).size());
        assertTrue(colours.values().stream().allMatch(style -> style < 8), "all solid: " + colours);
    }

    @Test
    void in_a_large_table_too_and_for_one_that_was_there_for_some_weeks_only() {
        var colours = new HashMap<String, Integer>();
        for (var until : List.of("2025-01-20", "2025-03-10", "2025-04-05", "2025-04-20", "2025-06-30")) {
            for (var s : chart("crowd", "--until", until, "-w", "7d").series()) {
                assertEquals(s.style(), colours.merge(s.name(), s.style(), (a, b) -> a), s.name() + " " + until);
            }
        }
        assertEquals(6, new HashSet<>(colours.values()).size(), colours.toString());
    }

    /** A new machine does not recolour the others, unless it needs the colour of one of them. */
    @Test
    void a_colour_follows_from_the_name_and_not_from_its_place_among_the_others() {
        var before = chart("shifts", "--from", "2025-06-01");
        cluster.sql("INSERT INTO shifts VALUES ('2025-06-18 00:00+00', 'Aaron', 1)");
        var after = chart("shifts", "--from", "2025-06-01");
        cluster.sql("DELETE FROM shifts WHERE k = 'Aaron'");
        long moved = before.series().stream().filter(s -> series(after, s.name()).style() != s.style()).count();
        assertTrue(moved <= 1, moved + " of 8 have another colour");
        assertTrue(series(after, "Aaron").style() >= 0);
    }

    // ---- parts that report seldom

    /** The slow part has no row, or one, in these windows; what it said before holds. The one that is gone is gone. */
    @ParameterizedTest @CsvSource({"02:30, 02:50, raw", "02:30, 02:50, 10s", "02:30, 02:50, auto", "02:30, 03:30, 1m",
        "02:01, 03:01, auto",
        "02:50, 03:10, raw", "03:05, 03:06, auto"})
    void a_part_that_reports_seldom_is_in_the_total_of_a_short_window(String from, String until, String bucket) {
        var range =
            new String[] {"--from", "2025-07-01T" + from, "--until", "2025-07-01T" + until, "--bucket", bucket};
        var total = Pile.of(chart("slow", range)).total();
        assertEquals(40, DoubleStream.of(total).min().orElseThrow(), 1e-9);
        assertEquals(40, DoubleStream.of(total).max().orElseThrow(), 1e-9);
        var sums = series(chart("channels", range), "channels").points().values();
        assertEquals(40, DoubleStream.of(sums).min().orElseThrow(), 1e-9);
        assertEquals(40, DoubleStream.of(sums).max().orElseThrow(), 1e-9);
    }

    /** That nothing came of it afterwards is known: in a longer window it ends, too. */
    @ParameterizedTest @CsvSource({"03:10, 03:19, raw", "03:10, 03:19, 10s", "03:05, 03:08, auto"})
    void a_part_that_stopped_before_a_short_window_is_not_in_its_total(String from, String until, String bucket) {
        var range =
            new String[] {"--from", "2025-07-01T" + from, "--until", "2025-07-01T" + until, "--bucket", bucket};
        assertTotal(35, "stopped", range);
        assertTotal(135, "late", range);        // it may still come: the newest rows are not older than it may be late
    }

    /**
     * A part is in the total from its first row of all on, and not before; one of which the window has the second row
     * only, from the beginning, with what it said before.
     */
    @ParameterizedTest @ValueSource(strings = {"raw", "10s", "1m", "5m", "auto"})
    void a_part_is_in_the_total_from_its_first_row_on(String bucket) {
        assertStarts("02:30", "07:00", bucket);
        assertStarts("03:05", "07:00", bucket);
        assertStarts("03:05", "03:40", bucket);
        assertStarts("03:25", "03:55", bucket);
        assertStarts("00:31", "00:46", bucket);
    }

    /** What held before the range is in the total, and no row of the range. */
    @ParameterizedTest @ValueSource(strings = {"raw", "1m", "15m"})
    void the_summary_of_a_workbook_has_the_rows_of_the_range(String bucket) throws IOException {
        var from = bucket.equals("15m") ? "2025-07-01T03:15" : "2025-07-01T03:05";
        var range = new String[] {"--from", from, "--until", "2025-07-01T07:00", "--bucket", bucket};
        var out = new ByteArrayOutputStream();
        Workbook.write(List.of(chart("starts", range)), out);
        try (var book = new XSSFWorkbook(new ByteArrayInputStream(out.toByteArray()))) {
            for (var row : book.getSheet("Summary")) {
                if (!row.getCell(0).getStringCellValue().equals("quarter")) continue;
                var figures = IntStream.of(2, 5, 6, 7).mapToObj(c -> row.getCell(c).getNumericCellValue()).toList();
                assertEquals(List.of(15.0, 6.0, 6.0, 6.0), figures);
                row.cellIterator()
                    .forEachRemaining(
                        cell -> book.getCreationHelper().createFormulaEvaluator().evaluateInCell(cell));
                figures = IntStream.of(2, 5, 6, 7).mapToObj(c -> row.getCell(c).getNumericCellValue()).toList();
                assertEquals(List.of(15.0, 6.0, 6.0, 6.0), figures, "by the formulas");
            }
        }
    }

    /** Its last row was at 02:00:02, and nothing came at 03:00:02. */
    @ParameterizedTest @ValueSource(strings = {"raw", "10s", "1m"})
    void a_part_that_stopped_holds_until_its_next_row_should_have_come(String bucket) {
        var range =
            new String[] {"--from", "2025-07-01T02:30", "--until", "2025-07-01T05:40", "--bucket", bucket};
        var pile = Pile.of(chart("stopped", range));
        for (int i = 0; i < pile.total().length; i++) {
            double minute = ((pile.edges()[i] + pile.edges()[i + 1]) / 2
                - Instant.parse("2025-07-01T00:00:00Z").getEpochSecond()) / 60;
            if (Math.abs(minute - 180) < 2) continue;
            assertEquals(minute < 180 ? 135 : 35, pile.total()[i], 1e-9, bucket + ", minute " + minute);
        }
    }

    private static void assertStarts(String from, String until, String bucket) {
        var range =
            new String[] {"--from", "2025-07-01T" + from, "--until", "2025-07-01T" + until, "--bucket", bucket};
        var pile = Pile.of(chart("starts", range));
        for (int i = 0; i < pile.total().length; i++) {
            assertStarts((pile.edges()[i] + pile.edges()[i + 1]) / 2, pile.total()[i], from + " " + bucket);
        }
        var data = chart("starts_sum", range);
        var sum = series(data, "starts_sum");
        for (int i = 0; i < sum.size(); i++) {
            assertStarts(data.position(sum, i), sum.points().values()[i], "sum, " + from + " " + bucket);
        }
    }

    private static void assertStarts(double second, double total, String what) {
        double minute = (second - Instant.parse("2025-07-01T00:00:00Z").getEpochSecond()) / 60;
        boolean isChange = Math.abs(minute - 195) < 5 || Math.abs(minute - 200) < 5;
        double expected = 100 + 20 + (minute < 195 ? 5 : 6) + (minute < 200 ? 0 : 1000);
        if (!isChange) assertEquals(expected, total, 1e-9, what + ", minute " + minute);
    }

    private static void assertTotal(double expected, String metric, String... range) {
        var total = Pile.of(chart(metric, range)).total();
        var sums = series(chart(metric + "_sum", range), metric + "_sum").points().values();
        for (var values : List.of(total, sums)) {
            assertEquals(expected, DoubleStream.of(values).min().orElseThrow(), 1e-9, metric);
            assertEquals(expected, DoubleStream.of(values).max().orElseThrow(), 1e-9, metric);
        }
    }

    @Test
    void a_state_that_was_set_before_the_window_holds_in_it() {
        var range = new String[] {"--from", "2025-07-01T06:00", "--until", "2025-07-01T10:00"};
        var data = chart("state", range);
        assertEquals(List.of("door", "heating"), names(data));
        assertEquals(0, series(data, "heating").points().values()[0]);
        assertEquals(1, series(data, "door").points().values()[0]);
        assertEquals(0, series(data, "door").last());
        assertEquals(data.from().getEpochSecond() * 1_000_000, series(data, "door").points().times()[0]);
        assertTrue(notes(data).contains("2 series begin with their last value before the range"), notes(data));
    }

    // ---- times at the ends of the calendar, numbers of another clock

    @ParameterizedTest @CsvSource({"last_years, 1y", "last_years, 1mo", "last_years, 1w", "last_years, 1h",
        "first_years, 1y",
        "first_years, 1mo", "first_years, 1d", "first_years, 1h"})
    void the_first_and_the_last_years_are_drawn_in_every_zone(String metric, String bucket) {
        for (var zone : List.of("UTC", "Pacific/Kiritimati", "America/Los_Angeles")) {
            var data = chart(metric, "--from", "0001-01-01", "--timezone", zone, "--bucket", bucket);
            long rows = data.series().stream().mapToLong(ChartData.Series::rows).sum();
            assertEquals(
                Long.parseLong(
                    cluster.sql(
                        "SELECT count(*) FROM " + metric
                            + " WHERE time >= '0001-01-01 00:00+00' AND time < '9999-12-31 00:00+00'")),
                rows,
                zone);
        }
    }

    @Test
    void one_absurd_number_does_not_change_what_a_column_of_seconds_counts() {
        var data = chart("wrong_epoch");
        assertEquals(Instant.parse("2025-07-01T00:00:00Z"), data.from());
        assertEquals(721, data.origin().rawRows());
        assertTrue(notes(data).contains("2 rows of wrong_epoch are left out"), notes(data));
    }

    // ---- values that are none

    @Test
    void rows_without_a_number_are_said_to_be_left_out() {
        var data = chart("holes");
        assertTrue(
            notes(data).contains("745 rows of holes hold no number in \"v\" (NaN or infinity), and are left out"),
            notes(data));
    }

    /** However many rows are drawn, of a column of any type, by any statistic. */
    @ParameterizedTest @CsvSource({"many_nan, mean", "many_nan, p95", "many_nan, rate", "many_numeric, mean",
        "many_text, max"})
    void non_numbers_among_very_many_rows_are_counted_too(String metric, String stat) {
        var data = chart(metric, "--stat", stat);
        assertTrue(notes(data).contains("61 rows of many_nan hold no number in"), notes(data));
        assertEquals(3, data.series().getFirst().highest(), stat.equals("rate") ? 10 : 0);
        if (!stat.equals("rate")) assertEquals(60_001 - 61, data.origin().rawRows());
    }

    @ParameterizedTest @ValueSource(strings = {"too_large_json", "too_large_text"})
    void a_number_that_is_too_large_for_any_column_of_numbers_is_none(String metric) {
        var data = chart(metric);
        assertEquals(3, data.series().getFirst().mean());
        assertTrue(notes(data).contains("20 rows of too_large hold no number"), notes(data));
    }

    @ParameterizedTest @ValueSource(strings = {"too_small_numeric", "too_small_json"})
    void a_number_that_is_too_small_for_any_drawing_is_zero(String metric) {
        var points = chart(metric).series().getFirst().points();
        assertEquals(0, points.values()[1]);
        assertEquals(-3, points.values()[2]);
    }

    @Test
    void so_many_rows_without_a_number_are_told_exactly() {
        var failure = assertThrows(Failure.class, () -> chart("only_nan"));
        assertTrue(
            failure.getMessage().startsWith("60,001 rows of many_nan hold no number in \"o\""),
            failure.getMessage());
    }

    @ParameterizedTest @ValueSource(strings = {"no_number", "objects", "huge"})
    void where_no_row_has_a_number_that_is_the_reason(String metric) {
        var refused = assertThrows(Failure.class, () -> chart(metric));
        assertEquals(11, refused.exitCode());
        assertTrue(refused.getMessage().contains("no number"), refused.getMessage());
    }

    @Test
    void identifiers_are_numbers() {
        assertEquals(7, chart("identifiers").series().getFirst().mean());
    }

    // ---- what other programs write

    /** Numbers that another table names, the roll-up that Zabbix makes, states by unit, fields inside of JSON. */
    @Test
    void suggested_definitions_draw_sensible_charts_as_they_are() throws IOException {
        cluster.sql(
            """
                CREATE SCHEMA found;
                CREATE TABLE found.items (itemid bigint PRIMARY KEY, hostid bigint, name varchar(255));
                INSERT INTO found.items VALUES (1, 7, 'Load'), (2, 8, 'Load'), (3, 8, 'Memory');
                CREATE TABLE found.history AS SELECT i::bigint AS itemid, extract(epoch FROM t)::int AS clock,
                    i::float8 AS value, 0 AS ns FROM every('1 min', 6) AS t, generate_series(1, 3) AS i;
                CREATE TABLE found.trends AS SELECT itemid, clock / 3600 * 3600 AS clock, count(*)::int AS num,
                    min(value) AS value_min, avg(value) AS value_avg, max(value) AS value_max
                    FROM found.history GROUP BY 1, 2;
                CREATE TABLE found.history_str AS SELECT itemid, clock, 'restarted' AS value, ns FROM found.history;
                CREATE TABLE found.history_bin AS SELECT itemid, clock, ns, '\\x00'::bytea AS value FROM found.history;
                CREATE TABLE found.history_log AS SELECT itemid, clock, clock AS timestamp, 'sshd' AS source,
                    4 AS severity, 'failed' AS value, 4625 AS hostid, ns FROM found.history;
                CREATE TABLE found.ltss AS SELECT t AS time, e AS entity_id, s AS state,
                        jsonb_build_object('unit_of_measurement', u) AS attributes
                    FROM every('5 min', 6) AS t, (VALUES ('sensor.kitchen', '21.5', '°C'), ('sensor.hall', '18', '°C'),
                        ('sensor.grid', '500', 'W'), ('switch.lamp', 'on', NULL),
                        ('person.jane', 'home', NULL)) AS x(e, s, u);
                CREATE TABLE found.net AS SELECT t AS time, jsonb_build_object('host', h) AS tags,
                        jsonb_build_object('bytes_recv', extract(epoch FROM t)::bigint * 3) AS fields
                    FROM every('10 s', 1) AS t, unnest(ARRAY['a', 'b']) AS h;
                ANALYZE""");
        String yaml;
        try (var database = open()) {
            yaml = new MetricSuggestion(database).yaml();
        }
        var suggested = new HashMap<String, Metric>();
        Definitions.read(Files.writeString(directory.resolve("own.yaml"), yaml))
            .forEach(m -> suggested.put(m.name(), m));
        assertEquals(List.of("Load (1)", "Load (2)", "Memory"), names(drawn(suggested.get("history_value"))));
        assertEquals("found.trends", drawn(suggested.get("history_value"), "--bucket", "1h").source().table());
        assertEquals(List.of("sensor.hall", "sensor.kitchen"), names(drawn(suggested.get("ltss_deg_C"))));
        assertEquals(List.of("sensor.grid"), names(drawn(suggested.get("ltss_W"))));
        assertEquals(List.of("switch.lamp"), names(drawn(suggested.get("ltss_on_off"))));
        var net = drawn(suggested.get("net_bytes_recv"));
        assertEquals(List.of("a", "b"), names(net));
        assertEquals(3, net.series().getFirst().mean(), 1e-9);
        assertTrue(suggested.containsKey("history_log_severity"), yaml);
        var senseless = List.of(
            "history_str_value",
            "trends_num",
            "history_bin_value",
            "history_log_timestamp",
            "history_log_hostid");
        senseless.forEach(name -> assertTrue(!suggested.containsKey(name), name + "\n" + yaml));
    }

    private static ChartData drawn(Metric metric, String... arguments) {
        var options = new ChartOptions();
        new CommandLine(options).parseArgs(arguments);
        try (var database = open()) {
            return new ChartReader(database, options.request()).read(List.of(metric)).getFirst();
        }
    }

    @Test
    void a_table_of_names_that_is_not_there_is_named() {
        var refused = assertThrows(Failure.class, () -> chart("nameless"));
        assertTrue(refused.getMessage().contains("there is no table nowhere"), refused.getMessage());
    }

    // ---- where it is written to

    /** A log that the shell has opened to append to keeps what it holds; the path does not stand in the picture. */
    @ParameterizedTest @ValueSource(strings = {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
    void the_name_of_standard_output_means_standard_output(String name) throws IOException {
        Files.writeString(directory.resolve("log"), "before\n");
        var script = Path.of("chart.java").toAbsolutePath();
        var jbang = Path.of("bin/jbang").toAbsolutePath();
        var shell = new ProcessBuilder(
            "sh",
            "-c",
            jbang + " " + script + " --definitions " + home.resolve("metrics.yaml") + " -m identifiers -o " + name
                + " --format svg >> log");
        shell.directory(directory.toFile()).environment().putAll(cluster.environment());
        try {
            assertEquals(0, shell.start().waitFor());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var log = Files.readString(directory.resolve("log"));
        assertTrue(log.startsWith("before\n<svg") && log.endsWith("</svg>\n"), log.substring(0, 40));
    }

    // ---- clocks

    /** Half an hour in Lord Howe, two in Troll, days that begin at one o'clock or have 25 hours. */
    @ParameterizedTest @ValueSource(
        strings = {"Australia/Lord_Howe", "Antarctica/Troll", "America/Santiago", "Africa/Cairo",
            "America/Nuuk", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns", "+05:45", "UTC-9"})
    void days_weeks_and_months_count_what_the_database_counts(String zone) {
        for (var bucket : List.of("1d", "1w", "1mo", "3mo", "1y")) {
            var unit = Map.of("1d", "day", "1w", "week", "1mo", "month", "3mo", "quarter", "1y", "year").get(bucket);
            var data = chart("even", "--from", "2025-01-03", "--timezone", zone, "--bucket", bucket);
            var counted = new ArrayList<String>();
            for (long n : data.series().getFirst().points().count()) counted.add(Long.toString(n));
            // PostgreSQL reads the sign of a bare offset the other way round
            var inSql = Map.of("UTC-9", "+9", "+05:45", "-05:45").getOrDefault(zone, zone);
            assertEquals(
                cluster.sql(
                    """
                        SELECT string_agg(n::text, ' ' ORDER BY b)
                        FROM (SELECT date_trunc('%s', time AT TIME ZONE '%s') AS b, count(*) AS n FROM even
                              WHERE time >= '%s' GROUP BY 1) AS x""".formatted(unit, inSql, data.from())),
                String.join(" ", counted),
                bucket);
        }
    }

    /** Random zones, ranges, buckets and cadences: each row lies in the one bucket in which SQL counts it. */
    @Test
    void the_rows_of_each_bucket_are_those_that_sql_counts_between_its_edges() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var zones = ZoneId.getAvailableZoneIds().stream().sorted().toList();
        for (int round = 0; round < 25; round++) {
            var zone = zones.get(random.nextInt(zones.size()));
            var bucket = CADENCES.get(random.nextInt(CADENCES.size()));
            var from = FIRST_ROW.plusSeconds(random.nextLong(300 * 86_400L)).plusNanos(1000);
            long seconds = (long) (Bucket.parse(bucket).seconds() * 50 * random.nextDouble()) + 86_400;
            var until = from.plusSeconds(seconds).toString();
            var data = chart("cadences", "--timezone", zone, "--bucket", bucket, "--from", "" + from, "--until", until);
            var said = "seed %d, round %d: %s of %s from %s to %s".formatted(seed, round, bucket, zone, from, until);
            assertEquals(countedBySql(data.grid()), counted(data), said);
        }
    }

    private static List<String> counted(ChartData data) {
        var counts = new ArrayList<String>();
        for (var s : data.series()) {
            for (int i = 0; i < s.size(); i++) {
                counts.add("%s %d %d".formatted(s.name(), s.points().times()[i], s.points().count()[i]));
            }
        }
        return counts.stream().sorted().toList();
    }

    /** By the edges alone: no function of the query has a part in it. */
    private static List<String> countedBySql(Grid grid) {
        var starts = IntStream.range(0, grid.size()).mapToObj(i -> "%d".formatted(grid.start(i)));
        return cluster.sql(
            """
                SELECT k || ' ' || first || ' ' || count(*)
                FROM (SELECT first, lead(first, 1, %d) OVER (ORDER BY first) AS next
                      FROM unnest(ARRAY[%s]::bigint[]) AS first) AS bucket
                JOIN cadences ON time >= timestamptz 'epoch' + first * interval '1 us'
                             AND time < timestamptz 'epoch' + next * interval '1 us'
                GROUP BY k, first""".formatted(
                grid.end(grid.start(grid.size() - 1)),
                starts.collect(Collectors.joining(", "))))
            .lines()
            .sorted()
            .toList();
    }

    @Test
    void names_that_are_hostile_to_a_page_stay_names() {
        cluster.sql(
            """
                CREATE TABLE hostile AS SELECT t AS time, k, 1::float8 AS v FROM every('1 min', 1) AS t,
                unnest(ARRAY['', '  ', '</script>', '<!--', '%s %n', '${x}', '$1', '-o', '=1+1', '__proto__', E'a\\tb',
                             E'a\\nb', 'constructor', ']]>', '&amp;', U&'\\202Eevil', repeat('x', 300)]) AS k""");
        var data = chart("hostile");
        assertEquals(17, new HashSet<>(names(data)).size());
        var svg = SvgFile.of(data, Theme.named("light"), 1200, 600);
        assertTrue(!svg.contains("<script") && !svg.contains("<!--<") && svg.contains("&lt;/script&gt;"), svg);
    }

    @Test
    void a_name_is_never_blank_and_turns_no_text_round() {
        cluster.sql(
            """
                CREATE TABLE blank AS SELECT t AS time, k, 1::float8 AS v FROM every('1 min', 1) AS t,
                unnest(ARRAY['', ' ', 'a', U&'\\202Eevil', U&'\\009B31mred', repeat('long ', 300)]) AS k""");
        var data = chart("blank");
        assertEquals(List.of(" 31mred", " evil", "' '", "''", "a"), names(data).subList(0, 5));
        var lines = TextPreview.of(data).lines().toList();
        assertTrue(lines.stream().allMatch(line -> line.length() < 200), lines.toString());
    }

    // ---- values and types at the ends of what there is

    @Test
    void a_domain_over_a_domain_is_what_it_holds() {
        assertEquals(5, chart("domains").series().getFirst().mean());
        try (var database = open()) {
            assertTrue(new MetricSuggestion(database).yaml().contains("domains_v"));
        }
    }

    @Test
    void the_largest_and_the_smallest_numbers_are_drawn() {
        var data = chart("extremes");
        assertEquals(1.7e308, series(data, "1.7e308").mean(), 1e295);
        assertEquals(-1.7e308, series(data, "-1.7e308").mean(), 1e295);
        assertEquals("0.0", Double.toString(series(data, "-0.0").last()));
        var svg = SvgFile.of(data, Theme.named("light"), 1200, 600);
        assertTrue(!svg.contains("NaN") && !svg.contains("Infinity") && svg.contains("1.70e"), svg);
        assertTrue(TextPreview.of(data).contains("▁") && TextPreview.of(data).contains("█"));
    }

    // ---- beside the series

    @Test
    void what_lasts_into_the_window_or_out_of_it_is_marked() {
        var data = chart("domains", "--annotate", "works:a,b,c");
        var marks = data.extras().marks();
        var texts = marks.stream().map(ChartData.Mark::text).toList();
        assertEquals(
            List.of("a moment", "always", "began before", "lasts", "turned round", "without end"),
            texts.stream().sorted().toList());
        for (var mark : marks) {
            assertTrue(!mark.at().isBefore(data.from()) && mark.at().isBefore(data.to()), mark.toString());
            assertTrue(
                mark.to() == null || mark.to().isAfter(mark.at()) && !mark.to().isAfter(data.to()),
                mark.toString());
        }
    }

    /** Each moment with that of the same date and clock a month before, where there is one. */
    @ParameterizedTest @CsvSource({"2024-03-28, 2024-03-31, 48", "2024-03-30, 2024-03-31, 0",
        "2024-02-27, 2024-03-03, 120",
        "2024-03-30T12:00, 2024-03-31T12:00, 0", "2024-02-29, 2024-03-01, 24",
        "2024-03-29T12:00, 2024-03-30T12:00, 12"})
    void a_month_before_the_30th_of_march_there_is_nothing(String from, String until, int hours) throws IOException {
        for (var bucket : List.of("raw", "1h")) {
            var data = chart("month", "--from", from, "--until", until, "--bucket", bucket, "--compare", "1mo");
            var earlier = data.extras().earlier().data();
            int found = 0;
            for (var s : earlier.series()) {
                found += s.size();
                for (int i = 0; i < s.size(); i++) {
                    var drawn = Instant.ofEpochSecond(s.points().times()[i] / 1_000_000).atZone(ZoneId.of("UTC"));
                    assertEquals(drawn.minusMonths(1).getDayOfYear(), s.points().values()[i], drawn.toString());
                    assertTrue(i == 0 || s.points().times()[i] > s.points().times()[i - 1]);
                }
            }
            assertEquals(hours, found);
            assertEquals(hours == 0, notes(data).contains("there is nothing 1mo before"), notes(data));
            var csv = new ByteArrayOutputStream();
            CsvFile.write(List.of(data), csv);
            assertEquals(
                hours,
                csv.toString(StandardCharsets.UTF_8)
                    .lines()
                    .filter(l -> l.contains(",\"month, 1mo before\","))
                    .count());
            var json = new ByteArrayOutputStream();
            JsonFile.write(List.of(data), json);
            assertTrue(Json.read(json.toString(StandardCharsets.UTF_8), Map.class).containsKey("comparedSeries"));
        }
    }
}
