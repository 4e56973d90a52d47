import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import lib.Failure;
import lib.chart.Bucket;
import lib.chart.ChartData;
import lib.chart.Grid;
import lib.chart.Metric;
import lib.chart.Output;
import lib.chart.Stat;
import lib.chart.SvgFile;
import lib.chart.Theme;
import lib.chart.TimeAxis;
import lib.chart.TimeRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** The picture itself, from data made here: no database. */
@Tag("unit")
class ChartPictureTest {
    static final Instant START = Instant.parse("2025-07-03T00:00:00Z");
    static final ZoneId UTC = ZoneId.of("UTC");
    static final String BLUE = "#1673c9";

    /** A day in buckets of 10 minutes, 144 points a series. */
    static ChartData day(Metric.Kind kind, List<ChartData.Series> series) {
        return of(metric(Metric.Look.LINES.as(kind)), new Day(START, 24, UTC), series);
    }

    static Metric metric(Metric.Look look) {
        return new Metric(
            "test",
            "Test & <title>",
            "°C",
            Metric.Keys.of("name"),
            Stat.MEAN,
            look,
            List.of(Metric.Source.raw("readings", "time", "value")));
    }

    /** A range of so many hours in buckets of 10 minutes. */
    record Day(Instant from, int hours, ZoneId zone) {}

    static ChartData of(Metric metric, Day day, List<ChartData.Series> series) {
        var to = day.from().plus(Duration.ofHours(day.hours()));
        return of(metric, Grid.covering(Bucket.exact(600), day.zone(), day.from(), to), series);
    }

    static ChartData of(Metric metric, Grid grid, List<ChartData.Series> series) {
        var numbered = new ArrayList<ChartData.Series>();
        for (var s : series) numbered.add(new ChartData.Series(s.key(), s.name(), numbered.size(), s.points()));
        return new ChartData(
            metric,
            grid,
            numbered,
            new ChartData.Origin(metric.sources().getFirst(), "", 1440, 144, 5, "SELECT 1", List.of()),
            ChartData.Extras.NONE);
    }

    static ChartData.Series wave(String name, double level) {
        return series(name, START, IntStream.range(0, 144).mapToDouble(i -> level + 3 * Math.sin(i / 20.0)).toArray());
    }

    /** Values every 10 minutes; NaN is none. Rows of each bucket lie 0.2 around. */
    static ChartData.Series series(String name, Instant from, double... values) {
        var there = IntStream.range(0, values.length).filter(i -> !Double.isNaN(values[i])).toArray();
        var drawn = Arrays.stream(there).mapToDouble(i -> values[i]).toArray();
        var count = new long[there.length];
        Arrays.fill(count, 10);
        return new ChartData.Series(
            List.of(name),
            name,
            0,
            new ChartData.Points(
                Arrays.stream(there).mapToLong(i -> (from.getEpochSecond() + i * 600L) * 1_000_000).toArray(),
                drawn,
                Arrays.stream(drawn).map(v -> v - 0.2).toArray(),
                Arrays.stream(drawn).map(v -> v + 0.2).toArray(),
                count));
    }

    /** The same without the points from one to, but without, another. */
    static ChartData.Series gap(ChartData.Series s, int from, int to) {
        long first = START.getEpochSecond();
        var values = new double[144];
        Arrays.fill(values, Double.NaN);
        for (int i = 0; i < s.size(); i++) {
            int at = (int) ((s.points().times()[i] / 1_000_000 - first) / 600);
            if (at < from || at >= to) values[at] = s.points().values()[i];
        }
        return series(s.name(), START, values);
    }

    private static String svg(ChartData data) {
        return SvgFile.of(data, Theme.named("light"), 1200, 600);
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<Element> elements(Document document, String tag) {
        var list = new ArrayList<Element>();
        var nodes = document.getElementsByTagName(tag);
        for (int i = 0; i < nodes.getLength(); i++) list.add((Element) nodes.item(i));
        return list;
    }

    /** The lines of the plot: strokes of the first colour with round joins. */
    private static List<Element> lines(Document document, String color) {
        return elements(document, "path").stream()
            .filter(p -> p.getAttribute("stroke").equals(color) && p.getAttribute("stroke-linejoin").equals("round"))
            .toList();
    }

    @Test
    void a_series_without_gaps_is_one_path_with_one_decimal() throws Exception {
        var document = parse(svg(day(Metric.Kind.LINE, List.of(wave("a", 20)))));
        var lines = lines(document, BLUE);
        assertEquals(1, lines.size());
        assertFalse(
            Pattern.compile("\\.\\d\\d").matcher(lines.getFirst().getAttribute("d")).find(),
            lines.getFirst().getAttribute("d"));
        assertEquals(0, document.getElementsByTagName("line").getLength());
    }

    @Test
    void a_gap_of_two_hours_is_a_gap() throws Exception {
        var series = gap(wave("a", 20), 60, 72);
        assertEquals(2, lines(parse(svg(day(Metric.Kind.LINE, List.of(series)))), BLUE).size());
    }

    @Test
    void a_lone_point_between_gaps_is_a_dot() throws Exception {
        var series = gap(gap(wave("a", 20), 60, 72), 73, 90);
        var document = parse(svg(day(Metric.Kind.LINE, List.of(series))));
        assertEquals(
            1,
            elements(document, "path").stream()
                .filter(p -> p.getAttribute("stroke").equals(BLUE) && p.getAttribute("d").matches("M[0-9.]+ [0-9.]+h0"))
                .count());
    }

    @Test
    void dashes_run_through_a_line_of_a_png_too(@TempDir Path scratch) throws Exception {
        var now = tenDays(10);
        var before = tenDays(20);
        var both = now.with(new ChartData.Extras(new ChartData.Earlier("1d before", before), List.of(), 0));
        var file = scratch.resolve("dashes.png");
        Output.of(file.toString(), null, "").write(List.of(both), Output.Picture.parse("1200x600", "light"));

        var picture = ImageIO.read(file.toFile());
        int most = IntStream.range(0, picture.getHeight()).map(y -> changes(picture, y)).max().orElse(0);
        assertTrue(most > 200, () -> "no row of the picture has more than " + most + " changes of colour");
    }

    /** More than a point a pixel. */
    private static ChartData tenDays(double value) {
        var values = IntStream.range(0, 1440).mapToDouble(i -> value).toArray();
        return of(metric(Metric.Look.LINES), new Day(START, 240, UTC), List.of(series("a", START, values)));
    }

    /** How often a row of pixels changes between a colour and none. */
    private static int changes(BufferedImage picture, int y) {
        return (int) IntStream.range(1, picture.getWidth())
            .filter(x -> isColoured(picture.getRGB(x, y)) != isColoured(picture.getRGB(x - 1, y)))
            .count();
    }

    private static boolean isColoured(int rgb) {
        int red = rgb >> 16 & 0xff;
        int blue = rgb & 0xff;
        return blue - red > 60;
    }

    @Test
    void one_point_alone_draws() throws Exception {
        var series = gap(gap(wave("a", 20), 0, 70), 71, 144);
        assertTrue(elements(parse(svg(day(Metric.Kind.LINE, List.of(series)))), "text").size() > 5);
    }

    @Test
    void a_peak_of_one_row_that_the_mean_hides_is_a_stroke() throws Exception {
        var series = wave("a", 20);
        series.points().max()[40] = 55;           // one row of ten: the mean of the bucket hardly moves
        var strokes = elements(parse(svg(day(Metric.Kind.LINE, List.of(series)))), "path").stream()
            .filter(p -> p.getAttribute("stroke").equals(BLUE) && p.hasAttribute("stroke-opacity"))
            .toList();
        assertEquals(1, strokes.size());
        var v = Pattern.compile("v(-?[\\d.]+)").matcher(strokes.getFirst().getAttribute("d"));
        assertTrue(v.find() && Double.parseDouble(v.group(1)) < -200, strokes.getFirst().getAttribute("d"));
        assertFalse(v.find(), "noise has no stroke");
    }

    @Test
    void people_who_hear_the_picture_get_title_and_description() throws Exception {
        var document = parse(svg(day(Metric.Kind.LINE, List.of(wave("a<b>&\"'", 20)))));
        assertEquals("img", document.getDocumentElement().getAttribute("role"));
        assertEquals("Test & <title>", elements(document, "title").getFirst().getTextContent());
        assertTrue(elements(document, "desc").getFirst().getTextContent().contains("10 min"));
        assertTrue(elements(document, "text").stream().anyMatch(t -> t.getTextContent().startsWith("a<b>&\"'")));
    }

    @Test
    void names_with_emoji_control_characters_and_great_length_keep_the_file_well_formed() throws Exception {
        var svg = svg(
            day(
                Metric.Kind.LINE,
                List.of(
                    wave("🌡 sonde", 10),
                    wave("tab\there\u0000\u0007", 12),
                    wave("x".repeat(3000), 14),
                    wave("", 16))));
        assertTrue(parse(svg).getDocumentElement().getTextContent().contains("🌡 sonde"));
    }

    @Test
    void a_thousand_series_stay_below_a_megabyte_and_name_the_most_telling() throws Exception {
        var list = new ArrayList<ChartData.Series>();
        for (int i = 0; i < 1000; i++) list.add(wave("s" + i, i / 10.0));
        var svg = svg(day(Metric.Kind.LINE, list));
        assertTrue(svg.length() < 1_000_000, svg.length() + " bytes");
        assertTrue(
            svg.contains(">s999  ") && svg.contains("and 992 others") && svg.contains("named: the highest 8 of 1,000"),
            "the highest is named");
    }

    @Test
    void no_label_leaves_the_picture_and_none_covers_another() throws Exception {
        var list = new ArrayList<ChartData.Series>();
        for (int i = 0; i < 12; i++) list.add(wave("service with a name " + i, 20 + i * 0.01));
        var labels =
            elements(parse(svg(day(Metric.Kind.LINE, list))), "text").stream()
                .filter(t -> t.getTextContent().startsWith("service"))
                .mapToDouble(t -> Double.parseDouble(t.getAttribute("y")))
                .sorted()
                .toArray();
        assertEquals(12, labels.length);
        for (int i = 1; i < labels.length; i++) {
            assertTrue(labels[i] - labels[i - 1] >= 12, "labels " + labels[i - 1] + " and " + labels[i]);
        }
        assertTrue(labels[0] > 80 && labels[11] < 560);
    }

    @Test
    void areas_begin_at_zero() throws Exception {
        var ticks =
            elements(parse(svg(day(Metric.Kind.STACKED, List.of(wave("a", 500), wave("b", 300))))), "text").stream()
                .filter(t -> t.getAttribute("text-anchor").equals("end"))
                .map(Element::getTextContent)
                .toList();
        assertTrue(ticks.contains("0"), ticks.toString());
    }

    @Test
    void the_same_data_give_the_same_bytes() {
        var list = List.of(wave("a", 20), wave("b", 25));
        assertEquals(svg(day(Metric.Kind.LINE, list)), svg(day(Metric.Kind.LINE, list)));
    }

    @Test
    void constant_huge_tiny_and_negative_values_draw() throws Exception {
        for (double level : new double[] {0, 1e15, -1e15, 1e-9, -40}) {
            var values = new double[144];
            Arrays.fill(values, level);
            var series = series("a", START, values);
            parse(svg(day(Metric.Kind.LINE, List.of(series))));
        }
    }

    // ---- time

    private static List<String> clock(String from, String to, String zone, int most) {
        return TimeAxis.ticks(Instant.parse(from), Instant.parse(to), ZoneId.of(zone), most)
            .stream()
            .map(TimeAxis.Tick::label)
            .toList();
    }

    @Test
    void ticks_stand_on_full_hours_of_a_zone_with_half_hours() {
        assertEquals(
            List.of("00:00", "06:00", "12:00", "18:00", "00:00"),
            clock("2025-07-02T18:30:00Z", "2025-07-03T18:30:00Z", "Asia/Kolkata", 5));
    }

    @Test
    void ticks_stay_on_the_clock_over_both_changes_of_daylight_saving() {
        assertEquals(
            List.of("00:00", "06:00", "12:00", "18:00", "00:00"),
            clock("2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z", "Europe/Berlin", 5));
        assertEquals(
            List.of("00:00", "06:00", "12:00", "18:00", "00:00"),
            clock("2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z", "Europe/Berlin", 5));
    }

    @Test
    void days_of_a_week_with_a_change_are_local_midnights() {
        var berlin = ZoneId.of("Europe/Berlin");
        var ticks =
            TimeAxis.ticks(Instant.parse("2026-03-26T12:00:00Z"), Instant.parse("2026-04-02T12:00:00Z"), berlin, 13);
        assertTrue(
            ticks.stream()
                .filter(t -> t.label().matches("[A-Z].*"))
                .allMatch(t -> t.at().atZone(berlin).getHour() == 0),
            ticks.toString());
    }

    @Test
    void the_hours_of_a_changing_day_are_23_and_25() {
        var berlin = ZoneId.of("Europe/Berlin");
        for (var hours : Map.of("2025-03-30T10:00:00Z", 23L, "2025-10-26T10:00:00Z", 25L).entrySet()) {
            var noon = Instant.parse(hours.getKey());
            var grid = Grid.covering(Bucket.days(1), berlin, noon, noon.plusSeconds(1));
            assertEquals(hours.getValue(), Duration.between(grid.from(), grid.to()).toHours());
        }
    }

    /** The long figure of one line takes no room from the name of another. */
    @Test
    void a_name_for_which_there_is_room_is_not_cut() {
        var data = of(
            metric(Metric.Look.LINES),
            new Day(START, 24, ZoneId.of("UTC")),
            List.of(wave("attic", 1e9), wave("bath room", 3)));
        assertTrue(svg(data).contains(">bath room  "), svg(data));
    }

    /**
     * How many hours there are between the two midnights on the drawn axis, measured in the length of an ordinary
     * afternoon hour.
     */
    private static double drawnHours(String midnight, int hours) throws Exception {
        var berlin = ZoneId.of("Europe/Berlin");
        var from = Instant.parse(midnight);
        var values = new double[hours * 6];
        Arrays.fill(values, 20);
        var data = of(metric(Metric.Look.LINES), new Day(from, hours, berlin), List.of(series("a", from, values)));
        var ticks =
            elements(parse(svg(data)), "text").stream().filter(t -> t.getTextContent().matches("\\d\\d:00")).toList();
        ToDoubleFunction<Element> x = t -> Double.parseDouble(t.getAttribute("x"));
        assertEquals("00:00", ticks.getFirst().getTextContent());
        assertEquals("00:00", ticks.getLast().getTextContent());
        var at16 = ticks.stream().filter(t -> t.getTextContent().equals("16:00")).findFirst().orElseThrow();
        var at18 = ticks.stream().filter(t -> t.getTextContent().equals("18:00")).findFirst().orElseThrow();
        return (x.applyAsDouble(ticks.getLast()) - x.applyAsDouble(ticks.getFirst()))
            / (x.applyAsDouble(at18) - x.applyAsDouble(at16)) * 2;
    }

    @Test
    void the_drawn_axis_of_a_changing_day_is_23_or_25_hours_long() throws Exception {
        assertEquals(23, drawnHours("2025-03-29T23:00:00Z", 23), 0.4);
        assertEquals(25, drawnHours("2025-10-25T22:00:00Z", 25), 0.4);
        assertEquals(24, drawnHours("2025-07-03T22:00:00Z", 24), 0.4);
    }

    @Test
    void raw_rows_closer_than_pixels_keep_their_extremes_and_no_more() throws Exception {
        int n = 300_000;
        var times = new long[n];
        var values = new double[n];
        for (int i = 0; i < n; i++) {
            times[i] = START.getEpochSecond() * 1_000_000 + i * 250_000L;
            values[i] = i % 2;
        }
        values[123_456] = 99;
        var points = new ChartData.Points(times, values, values, values, new long[n]);
        var grid = Grid.raw(UTC, START, START.plus(Duration.ofDays(1)));
        var data = of(
            metric(Metric.Look.LINES),
            grid,
            List.of(new ChartData.Series(List.of("a"), "a", 0, points)));
        var svg = svg(data);
        assertTrue(svg.length() < 60_000, svg.length() + " bytes");
        var path = lines(parse(svg), BLUE).getFirst().getAttribute("d");
        assertTrue(Pattern.compile("-[34]\\d\\d").matcher(path).find(), "up to the one high row");
    }

    @Test
    void the_zone_and_both_its_offsets_are_named() {
        assertEquals("UTC", TimeAxis.zoneLabel(ZoneId.of("UTC"), START, START));
        assertEquals("Asia/Kolkata (UTC+5:30)", TimeAxis.zoneLabel(ZoneId.of("Asia/Kolkata"), START, START));
        assertEquals(
            "Europe/Berlin (UTC+1, then UTC+2)",
            TimeAxis.zoneLabel(
                ZoneId.of("Europe/Berlin"),
                Instant.parse("2025-03-29T00:00:00Z"),
                Instant.parse("2025-03-31T00:00:00Z")));
    }

    @Test
    void times_are_typed_in_the_usual_ways() {
        var berlin = ZoneId.of("Europe/Berlin");
        assertEquals(Instant.parse("2025-07-03T22:00:00Z"), TimeRange.time("2025-07-04", berlin));
        assertEquals(Instant.parse("2025-07-04T14:53:00Z"), TimeRange.time("2025-07-04 16:53", berlin));
        assertEquals(Instant.parse("2025-07-04T16:53:26Z"), TimeRange.time("2025-07-04T16:53:26Z", berlin));
        assertEquals(Instant.parse("2025-07-04T11:53:26Z"), TimeRange.time("2025-07-04 16:53:26+05", berlin));
        assertThrows(Failure.class, () -> TimeRange.time("yesterday", berlin));
    }

    @Test
    void a_bucket_that_does_not_divide_a_day_is_refused() {
        assertEquals(300, Bucket.parse("5m").seconds());
        assertTrue(Bucket.parse("raw").isRaw());
        assertEquals(Bucket.days(1), Bucket.parse("24h"));
        assertEquals(Bucket.months(12), Bucket.parse("1y"));
        assertEquals(0.5, Bucket.parse("500ms").seconds());
        assertThrows(Failure.class, () -> Bucket.parse("7m"));
        assertThrows(Failure.class, () -> Bucket.parse("banana"));
    }
}
