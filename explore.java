///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Documents a database and judges its health: Markdown, one interactive HTML file, JSON.
//JAVA 25+
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1 // Unix sockets
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS info.picocli:picocli:4.7.7 // command line
//DEPS me.tongfei:progressbar:0.10.2
//DEPS org.postgresql:postgresql:42.7.14
//DEPS tools.jackson.core:jackson-databind:3.2.4 // JSON
//DEPS tools.jackson.dataformat:jackson-dataformat-yaml:3.2.4 // the config file
//SOURCES lib/AtomicFile.java lib/Cli.java lib/ConnectionOptions.java lib/ConnectionSettings.java lib/Console.java
//SOURCES lib/Database.java lib/DotEnv.java lib/ExitCode.java lib/Failure.java lib/Json.java lib/Progress.java
//SOURCES lib/Server.java lib/Shutdown.java lib/Table.java lib/Timescale.java lib/Units.java
//SOURCES lib/explore/Asker.java lib/explore/Capabilities.java lib/explore/ChunkStrip.java lib/explore/Explorer.java
//SOURCES lib/explore/ExploreConfig.java lib/explore/HealthScore.java lib/explore/Html.java lib/explore/HtmlReport.java
//SOURCES lib/explore/HtmlScript.java lib/explore/HtmlStyle.java lib/explore/Intervals.java lib/explore/LiveCatalog.java
//SOURCES lib/explore/MarkdownReport.java lib/explore/Mermaid.java lib/explore/PostgresRules.java lib/explore/RelationDrawing.java
//SOURCES lib/explore/RelationGraph.java lib/explore/Report.java lib/explore/ReportFiles.java lib/explore/Rows.java lib/explore/Rule.java
//SOURCES lib/explore/Scope.java lib/explore/Sql.java lib/explore/StructureCatalog.java lib/explore/Text.java lib/explore/Thresholds.java
//SOURCES lib/explore/TimescaleCatalog.java lib/explore/TimescaleRules.java lib/explore/Words.java
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.ConnectionOptions;
import lib.Console;
import lib.Database;
import lib.ExitCode;
import lib.explore.ExploreConfig;
import lib.explore.Explorer;
import lib.explore.Report;
import lib.explore.ReportFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "explore", header = "Document a database and judge its health.",
    description = "Writes report.md, report.html and report.json into a new directory below reports/. Only reads; never changes the database.",
    footer = {"Examples:", "  jbang explore.java -d metrics", "  jbang explore.java --schema 'app*' --fail-under 80"})
class explore implements Callable<Integer> {
    @Mixin ConnectionOptions connection;
    @Mixin Cli.CommonOptions common;

    @Option(names = {"-o", "--output"}, paramLabel = "DIR", description = "where the report's directory is made (default reports)")
    Path output = Path.of("reports");

    @Option(names = "--format", split = ",", paramLabel = "FORMAT", description = "md, html, json, comma separated (default all)")
    List<ReportFiles.Format> formats = List.of(ReportFiles.Format.values());

    public static void main(String... args) {
        System.exit(Cli.run(new explore(), args));
    }

    @Override
    public Integer call() throws Exception {
        var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        try (var database = Database.open(connection.settings(), "explore")) {
            var report = new Explorer(database, ExploreConfig.defaults(), now, false).explore();
            var judged = ReportFiles.judge(report, ExploreConfig.defaults());
            var directory = ReportFiles.write(judged, output, formats);
            summarize(judged);
            System.out.println(directory);
        }
        return ExitCode.OK;
    }

    private static void summarize(Report r) {
        var h = r.health();
        Console.say("%s: health %s", r.database().name(), h.score() == null ? "n/a" : h.score() + " of 100, grade " + h.grade());
    }
}
