///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Draw a metric of a TimescaleDB database: an SVG, or an Excel workbook with its own chart.
//JAVA 25+
//DEPS info.picocli:picocli:4.7.7                          // command line
//DEPS org.postgresql:postgresql:42.7.14                   // talks to the database
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1        // Unix sockets
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS me.tongfei:progressbar:0.10.2
//DEPS org.knowm.xchart:xchart:4.0.3                       // scales and series of SVG and PNG
//DEPS org.apache.poi:poi-ooxml:5.5.1                      // workbooks
//DEPS org.apache.poi:poi-ooxml-full:5.5.1                 // all of Excel's chart schema: the small one lacks tickLblSkip and overlap
//SOURCES lib/AtomicFile.java lib/Cli.java lib/ConnectionOptions.java lib/ConnectionSettings.java lib/Console.java lib/Database.java lib/DotEnv.java
//SOURCES lib/ExitCode.java lib/Failure.java lib/Progress.java lib/Shutdown.java lib/Timescale.java lib/Units.java lib/Window.java
//SOURCES lib/chart/Bucket.java lib/chart/BuiltInMetrics.java lib/chart/ChartData.java lib/chart/Facts.java lib/chart/Metric.java lib/chart/Names.java
//SOURCES lib/chart/Painter.java lib/chart/SeriesQuery.java lib/chart/SourceTable.java lib/chart/SvgFile.java lib/chart/SvgGraphics.java lib/chart/TextWidth.java
//SOURCES lib/chart/Theme.java lib/chart/TimeAxis.java lib/chart/Timeline.java lib/chart/ValueAxis.java lib/chart/Workbook.java
//JAVA_OPTIONS -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.statusLoggerLevel=OFF

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import lib.AtomicFile;
import lib.Cli;
import lib.ConnectionOptions;
import lib.Console;
import lib.Database;
import lib.ExitCode;
import lib.Failure;
import lib.Timescale;
import lib.Units;
import lib.Window;
import lib.chart.Bucket;
import lib.chart.BuiltInMetrics;
import lib.chart.ChartData;
import lib.chart.Metric;
import lib.chart.Painter;
import lib.chart.SeriesQuery;
import lib.chart.SvgFile;
import lib.chart.Theme;
import lib.chart.Timeline;
import lib.chart.Workbook;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "chart", header = "Draw a metric as an SVG, or as an Excel workbook with a native chart.",
    description = "The chart ends at the newest row, so that restored, historical data draws as well as fresh data.",
    footer = {
        "Examples:",
        "  jbang chart.java --metric health",
        "  jbang chart.java --metric temperature --window 7d -o week.xlsx"})
class chart implements Callable<Integer> {
    private static final List<String> EXTENSIONS = List.of("svg", "xlsx");

    @Mixin ConnectionOptions connection;
    @Mixin Cli.CommonOptions common;

    @Option(names = {"-m", "--metric"}, paramLabel = "NAME", required = true, description = "what to draw: temperature, health or power")
    String metricName;

    @Option(names = {"-w", "--window"}, paramLabel = "TIME", description = "how long: 90m, 24h, 7d, 2w, 1h30m (default: ${DEFAULT-VALUE})")
    String window = "24h";

    @Option(names = "--until", paramLabel = "WHEN", description = "where it ends: latest (the newest row, default), now, or a time like 2025-07-04T16:53")
    String until = "latest";

    @Option(names = {"-o", "--output"}, paramLabel = "FILE", description = "FILE.svg or FILE.xlsx (default: charts/<metric>_<window>.svg)")
    Path output;

    @Option(names = "--bucket", paramLabel = "TIME", description = "time that one point stands for: auto (default), raw, 10s, 5m, 1h, 1d, 1w")
    String bucket = "auto";

    @Option(names = "--by", paramLabel = "COLUMN", split = ",", description = "columns whose values make the series (health: service or category)")
    List<String> by = List.of();

    @Option(names = "--where", paramLabel = "COLUMN=VALUE", description = "only rows with that value; may be repeated")
    Map<String, String> where = new LinkedHashMap<>();

    @Option(names = "--timezone", paramLabel = "ZONE", description = "clock of the time axis, e.g. Europe/Berlin (default: the system's)")
    String timezone;

    @Option(names = "--theme", paramLabel = "NAME", description = "light (default) or dark")
    String theme = "light";

    @Option(names = "--size", paramLabel = "WxH", description = "size of the picture in pixels (default: ${DEFAULT-VALUE})")
    String size = "1200x600";

    @Option(names = "--timeout", paramLabel = "TIME", description = "give up when the query takes longer (default: ${DEFAULT-VALUE})")
    String timeout = "2m";

    public static void main(String... args) {
        System.exit(Cli.run(new chart(), args));
    }

    @Override
    public Integer call() throws Exception {
        var metric = chosenMetric();
        var picture = Picture.parse(size, theme);
        var file = output != null ? output : Path.of("charts", "%s_%s.svg".formatted(metric.name(), Window.parse(window).text()));
        var extension = extension(file);
        var data = read(metric, picture);
        data.notes().forEach(note -> Console.say("note: %s", note));
        switch (extension) {
            case "xlsx" -> AtomicFile.write(file, out -> Workbook.write(data, out));
            default -> AtomicFile.write(file, SvgFile.of(data, Theme.named(picture.theme()), picture.width(), picture.height()));
        }
        Console.say("%s: %s, %s in buckets of %s from %s", metric.title(), Units.plural(data.series().size(), "line"),
            Units.plural(data.rawRows(), "row"), data.bucket().label(), data.source().table());
        System.out.println(file);
        return ExitCode.OK;
    }

    private Metric chosenMetric() {
        var known = BuiltInMetrics.all();
        var found = known.stream().filter(m -> m.name().equals(metricName)).findFirst().orElse(null);
        if (found == null) {
            var names = new ArrayList<>(known.stream().map(Metric::name).toList());
            var nearest = Cli.nearest(metricName, names);
            names.remove(nearest);
            names.addFirst(nearest);
            throw Failure.usage("there is no metric '%s'".formatted(metricName), "choose one of: " + String.join(", ", names) + ".");
        }
        return by.isEmpty() ? found : found.withSeries(by);
    }

    private ChartData read(Metric metric, Picture picture) {
        var zone = zone();
        var wanted = Window.parse(window);
        var asked = bucket.equals("auto") ? null : Bucket.parse(bucket);
        var limit = Window.parse(timeout);
        try (var database = Database.open(connection.settings(), "chart")) {
            database.readOnly(Duration.ofDays(limit.days()).plus(limit.rest()));
            var timescale = Timescale.of(database).orElse(null);
            var timeline = Timeline.of(database, metric);
            var span = timeline.span(wanted, until, zone);
            var choice = timeline.choose(span, asked, Painter.plotWidth(picture.width()), zone);
            var data = new SeriesQuery(database, timescale, metric, choice.table(), where, zone).run(choice.from(), choice.to(), choice.bucket());
            if (data.series().isEmpty()) {
                throw timeline.empty(span, where);
            }
            var notes = new ArrayList<>(span.notes());
            notes.addAll(choice.notes());
            return data.withNotes(notes);
        }
    }

    private ZoneId zone() {
        try {
            return timezone == null ? ZoneId.systemDefault() : ZoneId.of(timezone);
        } catch (java.time.DateTimeException unknown) {
            throw Failure.usage("'" + timezone + "' is not a time zone",
                "did you mean " + Cli.nearest(timezone, ZoneId.getAvailableZoneIds().stream().sorted().toList()) + "?");
        }
    }

    private static String extension(Path file) {
        var name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        var extension = name.substring(name.lastIndexOf('.') + 1);
        if (!name.contains(".") || !EXTENSIONS.contains(extension)) {
            throw Failure.usage("cannot tell the format of '%s'".formatted(file), "end its name with one of: ." + String.join(", .", EXTENSIONS) + ".");
        }
        return extension;
    }

    /** The picture's size and colours, as typed. */
    record Picture(int width, int height, String theme) {
        static Picture parse(String size, String theme) {
            var m = java.util.regex.Pattern.compile("(\\d{1,5})x(\\d{1,5})").matcher(size.strip());
            if (!m.matches() || Integer.parseInt(m.group(1)) < 300 || Integer.parseInt(m.group(2)) < 200
                || Integer.parseInt(m.group(1)) > 10_000 || Integer.parseInt(m.group(2)) > 10_000) {
                throw Failure.usage("'" + size + "' is not a size of a chart", "write it like 1200x600, from 300x200 to 10000x10000.");
            }
            if (!List.of("light", "dark").contains(theme)) {
                throw Failure.usage("there is no theme '" + theme + "'", "choose light or dark.");
            }
            return new Picture(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), theme);
        }
    }
}
