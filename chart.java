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
//DEPS tools.jackson.dataformat:jackson-dataformat-yaml:3.2.4 // --definitions
//DEPS org.apache.commons:commons-compress:1.28.0                    // --backup: tar, and .zst, .lz4, .age
//DEPS com.github.luben:zstd-jni:1.5.7-28
//DEPS at.yawk.lz4:lz4-java:1.13.0
//DEPS com.exceptionfactory.jagged:jagged-api:1.0.0
//DEPS com.exceptionfactory.jagged:jagged-framework:1.0.0
//DEPS com.exceptionfactory.jagged:jagged-x25519:1.0.0
//SOURCES lib/Cli.java lib/Console.java lib/ExitCode.java lib/Failure.java lib/Spelling.java lib/Table.java
//SOURCES lib/Units.java lib/Window.java lib/boot/BackupOptions.java lib/chart/Bucket.java lib/chart/BuiltInMetrics.java
//SOURCES lib/chart/ChartData.java lib/chart/Definitions.java lib/chart/Facts.java lib/chart/Metric.java
//SOURCES lib/chart/Output.java lib/chart/Painter.java lib/chart/SeriesQuery.java lib/chart/Timeline.java
//SOURCES lib/database/ConnectionOptions.java lib/database/Database.java lib/database/Timescale.java
//JAVA_OPTIONS -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Spelling;
import lib.Table;
import lib.Units;
import lib.Window;
import lib.boot.BackupOptions;
import lib.chart.Bucket;
import lib.chart.BuiltInMetrics;
import lib.chart.ChartData;
import lib.chart.Definitions;
import lib.chart.Facts;
import lib.chart.Metric;
import lib.chart.Output;
import lib.chart.Painter;
import lib.chart.SeriesQuery;
import lib.chart.Timeline;
import lib.database.ConnectionOptions;
import lib.database.Database;
import lib.database.Timescale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "chart",
    header = "Draw a metric as SVG, or as an Excel workbook with a native chart.",
    description = "The chart ends at the newest row, so that restored, historical data draws as well as fresh data. Prints the path of the file.",
    footer = {
        "Examples:",
        "  jbang chart.java --metric health",
        "  jbang chart.java --metric temperature --window 7d -o week.xlsx",
        "  jbang chart.java --metric health --by category --where service=gateway",
        "  jbang chart.java --metric power -o - --format text",
        "  jbang chart.java metrics"})
class chart implements Callable<Integer> {
    @Mixin
    Cli.CommonOptions common;
    @Mixin
    DatabaseOptions place;

    @Option(
        names = {"-m", "--metric"},
        paramLabel = "NAME",
        description = "what to draw: temperature, health, power, or one of your --definitions")
    String metricName;

    @Option(
        names = {"-w", "--window"},
        paramLabel = "TIME",
        description = "how long: 90m, 24h, 7d, 2w, 1h30m (default: ${DEFAULT-VALUE})")
    String window = "24h";

    @Option(
        names = "--until",
        paramLabel = "WHEN",
        description = "where it ends: latest (the newest row, the default), now, or a time like 2025-07-04T16:53")
    String until = "latest";

    @Option(names = "--from", paramLabel = "WHEN", description = "where it begins, in place of --window")
    String from;

    @Option(names = "--to", paramLabel = "WHEN", description = "the same as --until")
    void to(String when) {
        until = when;
    }

    @Option(
        names = {"-o", "--output"},
        paramLabel = "FILE",
        description = "FILE.svg, .png, .xlsx, .csv, .json or .txt; - is stdout (default: charts/<metric>_<window>.svg)")
    String output;

    @Option(
        names = "--format",
        paramLabel = "NAME",
        description = "svg, png, xlsx, csv, json or text, where the file's name does not tell")
    String format;

    @Option(names = "--json", description = "print the drawn points as JSON, the same as -o - --format json")
    boolean json;

    @Option(
        names = "--bucket",
        paramLabel = "TIME",
        description = "time that one point stands for: auto (default), raw, 10s, 5m, 1h, 1d, 1w")
    String bucket = "auto";

    @Option(
        names = "--by",
        paramLabel = "COLUMN",
        split = ",",
        description = "columns whose values make the series (health: service, category or both)")
    List<String> by = List.of();

    @Option(names = "--where", paramLabel = "COLUMN=VALUE", description = "only rows with that value; may be repeated")
    Map<String, String> where = new LinkedHashMap<>();

    @Option(
        names = "--timezone",
        paramLabel = "ZONE",
        description = "clock of the time axis, such as Europe/Berlin (default: the system's)")
    String timezone;

    @Option(
        names = "--theme",
        paramLabel = "light|dark",
        description = "colours of the picture (default: ${DEFAULT-VALUE})")
    String theme = "light";

    @Option(
        names = "--size",
        paramLabel = "WxH",
        description = "size of the picture in pixels; a PNG has twice as many, for sharp screens (default: ${DEFAULT-VALUE})")
    String size = "1200x600";

    @Option(names = "--explain", description = "say what was read, why, by which SQL and how fast")
    boolean explain;

    static class DatabaseOptions {
        @Mixin
        ConnectionOptions connection;
        @Mixin
        BackupOptions backup;

        @Option(names = "--definitions", paramLabel = "FILE", description = "metrics of your own, in YAML")
        Path definitions;

        @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "give up when a query takes longer (default: ${DEFAULT-VALUE})")
        String timeout = "2m";

        /** Yours first: one of yours may take the place of a built-in one. */
        List<Metric> metrics() {
            var all = new LinkedHashMap<String, Metric>();
            if (definitions != null) Definitions.read(definitions).forEach(m -> all.put(m.name(), m));
            BuiltInMetrics.all().forEach(m -> all.putIfAbsent(m.name(), m));
            return List.copyOf(all.values());
        }

        BackupOptions.Place server() {
            return backup.place(connection, Map.of());
        }

        Database open(BackupOptions.Place server) {
            var limit = Window.parse(timeout);
            return Database.open(server.settings(), "chart")
                .readOnlySnapshot(
                    Map.of(
                        "statement_timeout",
                        String.valueOf(Duration.ofDays(limit.days()).plus(limit.rest()).toMillis()),
                        "timezone",
                        "UTC",       // a column of type timestamp has no zone: it is taken as UTC
                        "jit",
                        "off"));     // compiling the query takes longer than what it would save
        }
    }

    public static void main(String... args) {
        System.exit(Cli.run(new chart(), args));
    }

    @Override
    public Integer call() throws Exception {
        var metric = chosenMetric();
        var target = Output.of(
            json ? "-" : output,
            json ? "json" : format,
            "charts/%s_%s".formatted(metric.name(), from == null ? Window.parse(window).text() : "range"));
        var picture = Output.Picture.parse(size, theme);
        target.warmUp(metric, picture);
        long start = System.nanoTime();
        var data = read(metric, picture);
        long drawing = System.nanoTime();
        target.write(data, picture);
        tell(data, (drawing - start) / 1e6, (System.nanoTime() - drawing) / 1e6);
        if (!target.isStdout()) System.out.println(target.file());
        return ExitCode.OK;
    }

    @Command(name = "metrics", header = "List what can be drawn, with the time range found in the database.")
    Integer metrics(@Mixin DatabaseOptions options) {
        var table = Table.of("metric", "title", "unit", "series", "source", "from", "to");
        try (var server = options.server(); var database = options.open(server)) {
            for (var metric : options.metrics()) {
                var found = Timeline.find(database, metric);
                if (found.isEmpty()) {
                    table.row(
                        metric.name(),
                        metric.title(),
                        metric.unit(),
                        String.join(", ", metric.series()),
                        metric.sources().getFirst().table() + " (not there)",
                        "",
                        "");
                }
                for (var source : found) {
                    table.row(
                        metric.name(),
                        metric.title(),
                        metric.unit(),
                        String.join(", ", metric.series()),
                        source.table().label(),
                        source.oldest() == null ? "(no rows)" : Units.utc(source.oldest()),
                        source.newest() == null ? "" : Units.utc(source.newest()));
                }
            }
        }
        System.out.print(table);
        return ExitCode.OK;
    }

    private Metric chosenMetric() {
        var known = place.metrics();
        var names = new ArrayList<>(known.stream().map(Metric::name).toList());
        if (metricName == null) {
            throw Failure
                .usage("which metric? --metric is missing", "choose one of: " + String.join(", ", names) + ".");
        }
        var found = known.stream().filter(m -> m.name().equals(metricName)).findFirst().orElse(null);
        if (found == null) {
            var nearest = Spelling.nearest(metricName, names);
            names.remove(nearest);
            names.addFirst(nearest);
            throw Failure.usage(
                "there is no metric '%s'".formatted(metricName),
                "choose one of: " + String.join(", ", names) + ".");
        }
        return by.isEmpty() ? found : found.withSeries(by);
    }

    private ChartData read(Metric metric, Output.Picture picture) {
        var zone = zone();
        var wanted = Window.parse(window);
        var asked = bucket.equals("auto") ? null : Bucket.parse(bucket);
        try (var server = place.server(); var database = place.open(server)) {
            var timeline = Timeline.of(database, metric);
            var span = from == null ? timeline.span(wanted, until, zone) : timeline.span(from, until, zone);
            var choice = timeline.choose(span, asked, Painter.plotWidth(picture.width()), zone);
            var query =
                new SeriesQuery(database, Timescale.of(database).orElse(null), metric, choice.table(), where, zone);
            var data = query.run(choice.from(), choice.to(), choice.bucket());
            if (data.series().isEmpty()) {
                throw timeline.empty(span, where, zone);
            }
            var notes = new ArrayList<>(span.notes());
            notes.addAll(choice.notes());
            notes.addAll(data.notes());
            return data.withNotes(notes);
        }
    }

    private void tell(ChartData data, double readMillis, double drawMillis) {
        data.notes().forEach(note -> Console.say("note: %s", note));
        if (explain) {
            Facts.of(data)
                .forEach(fact -> Console.say("%s", (fact.name() + ": " + fact.value()).replace("\n", "\n    ")));
            Console.say(
                "Times: query %.0f ms, all of reading %.0f ms, drawing and writing %.0f ms",
                data.queryMillis(),
                readMillis,
                drawMillis);
        }
        Console.say(
            "%s: %s, %s, from %s",
            data.metric().title(),
            Units.count(data.series().size()) + " series",
            data.everyRowDrawn() ? "every row drawn"
                : Units.plural(data.rawRows(), "row") + " in buckets of " + data.bucket().label(),
            data.source().table());
    }

    private ZoneId zone() {
        try {
            return timezone == null ? ZoneId.systemDefault() : ZoneId.of(timezone);
        } catch (java.time.DateTimeException unknown) {
            throw Failure.usage(
                "'" + timezone + "' is not a time zone",
                "did you mean " + Spelling.nearest(timezone, ZoneId.getAvailableZoneIds().stream().sorted().toList())
                    + "?");
        }
    }
}
