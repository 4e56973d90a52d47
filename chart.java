///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Draw metrics of a TimescaleDB database: SVG, an interactive page, or an Excel workbook with its own charts.
//JAVA 25+
//DEPS info.picocli:picocli:4.7.7                          // command line
//DEPS org.postgresql:postgresql:42.7.14                   // talks to the database
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1        // Unix sockets
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS me.tongfei:progressbar:0.10.2
//DEPS de.rototor.pdfbox:graphics2d:3.0.5                  // PDF
//DEPS org.apache.poi:poi-ooxml:5.5.1                      // workbooks
//DEPS org.apache.poi:poi-ooxml-full:5.5.1                 // all of Excel's chart schema: the small one lacks tickLblSkip and overlap
//DEPS tools.jackson.dataformat:jackson-dataformat-yaml:3.2.4 // --definitions
//SOURCES lib/Cli.java lib/Console.java lib/ExitCode.java lib/Failure.java lib/Units.java lib/chart/ChartData.java
//SOURCES lib/chart/ChartOptions.java lib/chart/ChartPractice.java lib/chart/ChartReader.java lib/chart/Facts.java
//SOURCES lib/chart/Metric.java lib/chart/MetricList.java lib/chart/MetricOptions.java lib/chart/MetricSuggestion.java
//SOURCES lib/chart/Output.java lib/database/ConnectionOptions.java
//FILES chart.css=lib/chart/chart.css chart.js=lib/chart/chart.js
//JAVA_OPTIONS -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1
//JAVA_OPTIONS -Xmn20m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=25 -Djdk.reflect.useNativeAccessorOnly=true

import java.util.List;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.chart.ChartData;
import lib.chart.ChartOptions;
import lib.chart.ChartPractice;
import lib.chart.ChartReader;
import lib.chart.Facts;
import lib.chart.Metric;
import lib.chart.MetricList;
import lib.chart.MetricOptions;
import lib.chart.MetricSuggestion;
import lib.chart.Output;
import lib.database.ConnectionOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "chart",
    header = "Draw metrics as SVG, as an interactive page, or as an Excel workbook with native charts.",
    description = "The chart ends at the newest row, so that restored, historical data draws as well as fresh data. "
        + "Prints the path of the file.",
    footer = {
        "Examples:",
        "  jbang chart.java --metric health",
        "  jbang chart.java --metric temperature --window 7d -o week.xlsx",
        "  jbang chart.java --metric temperature,health,power -w 7d -o week.html",
        "  jbang chart.java --metric health --by category --where service=gateway --annotate maintenance_log",
        "  jbang chart.java --metric temperature --stat p95 --compare 7d",
        "  jbang chart.java --metric power -o - --format text",
        "  jbang chart.java metrics"})
class chart implements Callable<Integer> {
    @Mixin
    Cli.CommonOptions common;
    @Mixin
    ConnectionOptions connection;
    @Mixin
    MetricOptions metrics;

    @Option(
        names = {"-m", "--metric"},
        paramLabel = "NAME",
        split = ",",
        description = "what to draw: temperature, health, power, or one of your --definitions; several below each "
            + "other: health,power")
    List<String> names = List.of();

    @Option(names = "--all", description = "draw all of your --definitions, or without them the three built-in metrics")
    boolean all;

    @Cli.Writes(byDefault = "charts") @Option(
        names = {"-o", "--output"},
        paramLabel = "FILE",
        description = "FILE.svg, .html, .xlsx, .png, .pdf, .csv, .json or .txt; - is stdout (default: "
            + "charts/<metric>_<window>.svg)")
    String output;

    @Option(
        names = "--format",
        paramLabel = "NAME",
        description = "svg, html, xlsx, png, pdf, csv, json or text, where the file's name does not tell")
    String format;

    @Option(names = "--json", description = "print the drawn points as JSON, the same as -o - --format json")
    boolean json;

    @Mixin
    ChartOptions options;

    @Option(names = "--explain", description = "say what was read, why, by which SQL and how fast")
    boolean explain;

    public static void main(String... args) {
        System.exit(Cli.run(new chart(), new ChartPractice(), args));
    }

    @Override
    public Integer call() throws Exception {
        var wanted = metrics.chosen(names, all).stream().map(options::applied).toList();
        var name = String.join("_", wanted.stream().map(Metric::name).toList());
        var target = Output.of(
            json ? "-" : output,
            json ? "json" : format,
            "charts/" + name + "_" + options.range().name());
        var picture = options.picture();
        var request = options.request();
        target.warmUp(wanted.getFirst(), picture);
        long start = System.nanoTime();
        var charts = read(wanted, request);
        long drawing = System.nanoTime();
        target.write(charts, picture);
        charts.forEach(this::tell);
        if (explain) {
            Console.say(
                "Times: reading %d ms, drawing and writing %d ms",
                (drawing - start) / 1_000_000,
                (System.nanoTime() - drawing) / 1_000_000);
        }
        if (!target.isStdout()) System.out.println(target.file());
        return saidAll();
    }

    private static int saidAll() {
        if (System.out.checkError()) {
            throw Failure.failed("cannot write to standard output", "is its disk full, or was it closed?");
        }
        return ExitCode.OK;
    }

    private List<ChartData> read(List<Metric> wanted, ChartReader.Request request) {
        try (var database = metrics.open(connection.settings())) {
            return new ChartReader(database, request).read(wanted);
        }
    }

    @Command(name = "metrics", header = "List what can be drawn, with the time range found in the database.")
    Integer metrics(
        @Mixin ConnectionOptions connection,
        @Mixin MetricOptions options,
        @Option(
            names = "--suggest",
            description = "print definitions for the hypertables and aggregates of the database, to be kept as "
                + "metrics.yaml") boolean suggest) {
        try (var database = options.open(connection.settings())) {
            System.out.print(
                suggest ? new MetricSuggestion(database).yaml() : MetricList.of(database, options.all()).toString());
        }
        return saidAll();
    }

    private void tell(ChartData data) {
        data.notes().forEach(note -> Console.say("note: %s", note));
        if (explain) {
            for (var fact : Facts.of(data)) {
                Console.say("%s", (fact.name() + ": " + fact.value()).replace("\n", "\n    "));
            }
            Console.say("Query: %d ms", Math.round(data.origin().queryMillis()));
        }
        Console.say(
            "%s: %s series, %s, from %s",
            data.metric().drawnTitle(),
            Units.count(data.series().size()),
            data.isEveryRow() ? "every row drawn"
                : Units.plural(data.origin().rawRows(), "row") + " in buckets of " + data.bucket().label(),
            data.source().table());
    }
}
