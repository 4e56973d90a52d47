///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Documents a database and judges its health: Markdown, one interactive HTML file, JSON.
//JAVA 25+
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1 // Unix sockets
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS info.picocli:picocli:4.7.7 // command line
//DEPS me.tongfei:progressbar:0.10.2
//DEPS org.commonmark:commonmark-ext-gfm-tables:0.32.0 // the report as a document
//DEPS org.commonmark:commonmark:0.32.0
//DEPS org.eclipse.elk:org.eclipse.elk.alg.layered:0.12.1 // where boxes and lines of a diagram go
//DEPS org.eclipse.xtext:org.eclipse.xtext.xbase.lib:2.44.0 // needed by it, but not in its list
//DEPS org.postgresql:postgresql:42.7.14
//DEPS tools.jackson.core:jackson-databind:3.2.4 // JSON
//DEPS tools.jackson.dataformat:jackson-dataformat-yaml:3.2.4 // the config file
//SOURCES lib/Cli.java lib/Console.java lib/ExitCode.java lib/Failure.java lib/database/ConnectionOptions.java
//SOURCES lib/database/ConnectionSettings.java lib/database/Database.java lib/explore/ConfigFile.java
//SOURCES lib/explore/ExploreConfig.java lib/explore/ExplorePractice.java lib/explore/Explorer.java
//SOURCES lib/explore/Fleet.java lib/explore/Report.java lib/explore/ReportDiff.java lib/explore/ReportFiles.java
//SOURCES lib/explore/ReportHistory.java lib/explore/ReportMetrics.java lib/explore/ReportVerdict.java
//SOURCES lib/explore/RuleBook.java lib/explore/SchemaDump.java
//FILES fleet.html=lib/explore/fleet.html report.css=lib/explore/report.css
//FILES report.html=lib/explore/report.html report.js=lib/explore/report.js
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmn32m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=25

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.database.ConnectionOptions;
import lib.database.ConnectionSettings;
import lib.database.Database;
import lib.explore.ConfigFile;
import lib.explore.ExploreConfig;
import lib.explore.ExplorePractice;
import lib.explore.Explorer;
import lib.explore.Fleet;
import lib.explore.Report;
import lib.explore.ReportDiff;
import lib.explore.ReportFiles;
import lib.explore.ReportHistory;
import lib.explore.ReportMetrics;
import lib.explore.ReportVerdict;
import lib.explore.RuleBook;
import lib.explore.SchemaDump;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "explore",
    header = "Document a database and judge its health.",
    description = "Writes report.md, report.html and report.json into a new directory below reports/, and prints "
        + "where. Only reads; never changes the database.",
    footer = {"Examples:", "  jbang explore.java -d metrics --open",
        "  jbang explore.java --schema 'app*' --fail-under 80 --diff reports/latest",
        "  jbang explore.java explain TS-CAGG-02"})
class explore implements Callable<Integer> {
    @Mixin
    ConnectionOptions connection;
    @Mixin
    Cli.CommonOptions common;

    @Cli.Writes(byDefault = "reports") @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        description = "where the report's directory is made (default reports)")
    String output;

    @Option(
        names = "--format",
        split = ",",
        paramLabel = "FORMAT",
        description = "md, html, json, comma separated (default all three)")
    List<String> format;

    @Option(
        names = "--schema",
        paramLabel = "PATTERN",
        description = "only these schemas or schema.table, with * and ?; may be repeated")
    List<String> schemas;

    @Option(names = "--exclude", paramLabel = "PATTERN", description = "not these; may be repeated")
    List<String> exclude;

    @Option(
        names = "--chunks",
        paramLabel = "N",
        description = "list the N biggest chunks of each hypertable (default none)")
    Integer chunks;

    @Option(
        names = "--diff",
        paramLabel = "OLD.json",
        description = "say what changed since an older report (its report.json or directory)")
    Path older;

    @Option(names = "--fail-under", paramLabel = "N", description = "exit 11 when the score is below N")
    Integer failUnder;

    @Option(
        names = "--fail-on",
        split = ",",
        paramLabel = "RULE",
        description = "exit 11 when one of these rules fails")
    List<String> failOn;

    @Option(
        names = "--min-coverage",
        paramLabel = "N",
        description = "exit 11 when less than N %% of the rules could be judged")
    Integer minCoverage;

    @Option(
        names = "--timeout",
        paramLabel = "SECONDS",
        description = "the longest that one question may take (default 60)")
    Integer timeout;

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "YAML or JSON (default explore.yaml, where there is one)")
    Path config;

    @Option(names = "--print-config", description = "print what is in force, as a config file, and stop")
    boolean printConfig;

    @Option(names = "--sql", description = "print every query that would run, and stop")
    boolean sql;

    @Option(names = "--all-databases", description = "a report of every database of the server, and an index page")
    boolean allDatabases;

    @Option(
        names = "--targets",
        paramLabel = "FILE",
        description = "a report of every database that a YAML file names, on several servers, and an index page")
    Path targets;

    @Option(
        names = "--history",
        paramLabel = "DIR",
        description = "keep score and sizes of each run there; the report shows how they went, and when the disk "
            + "would be full")
    Path history;

    @Option(
        names = "--metrics",
        paramLabel = "FILE.prom",
        description = "write score, findings, sizes and jobs for Prometheus (node_exporter's textfile collector)")
    Path metrics;

    @Option(
        names = "--ddl",
        description = "also show what makes each object, as pg_dump on this machine gives it")
    boolean ddl;

    @Option(names = "--open", description = "open the report in the browser")
    boolean open;

    public static void main(String... args) {
        System.exit(Cli.run(new explore(), new ExplorePractice(), args));
    }

    @Override
    public Integer call() throws Exception {
        var inForce = settings();
        if (printConfig) {
            System.out.print(inForce.toYaml());
            return ExitCode.OK;
        }
        if (allDatabases || targets != null) return fleet(inForce);
        var before = older == null ? null : ReportDiff.read(older);
        var report = ask(inForce, before);
        if (report == null) return ExitCode.OK;
        var directory = ReportFiles.write(report, Path.of(inForce.output()), inForce.format());
        if (metrics != null) ReportMetrics.of(List.of(report), List.of(), now()).write(metrics);
        ReportVerdict.say(report);
        System.out.println(directory);
        if (open) open(directory, inForce);
        return ReportVerdict.of(report, inForce);
    }

    /** The rule's why, threshold and cure, without any database. */
    @Command(
        name = "explain",
        header = "Explain a health rule, or list the rules that have a word in them; without either, list them all.",
        footer = {"Examples:", "  jbang explore.java explain TS-CAGG-02", "  jbang explore.java explain vacuum"})
    int explain(
        @Parameters(
            arity = "0..1",
            paramLabel = "RULE-ID|WORD",
            description = "the id of a rule, or a word in its id, question, category or "
                + "explanation") String rule) {
        System.out.print(rule == null ? RuleBook.list() : RuleBook.explain(rule));
        return ExitCode.OK;
    }

    private ExploreConfig settings() {
        var file = config != null ? config : Files.exists(Path.of("explore.yaml")) ? Path.of("explore.yaml") : null;
        var base = file == null ? ExploreConfig.defaults() : ConfigFile.read(file);
        if (format != null && !List.of("md", "html", "json").containsAll(format)) {
            throw Failure.usage("unknown format '" + String.join(",", format) + "'", "known: md, html, json.");
        }
        if (failOn != null) failOn.forEach(RuleBook::require);
        if (failUnder != null && (failUnder < 0 || failUnder > 100)) {
            throw Failure.usage("--fail-under is a score from 0 to 100", null);
        }
        return base.over(schemas, exclude, output, format, chunks, timeout, failUnder, failOn, minCoverage);
    }

    /** The judged report; null when only the queries were to be printed. */
    private Report ask(ExploreConfig inForce, Report before) {
        return ask(connection.settings(inForce.connection()), inForce, before);
    }

    private Report ask(ConnectionSettings settings, ExploreConfig inForce, Report before) {
        try (
            var database = Database.open(settings, "explore");
            var explorer = new Explorer(database, inForce, now(), sql)) {
            var facts = explorer.explore();
            if (sql) {
                explorer.asked().forEach(question -> System.out.println(question.stripTrailing() + ";\n"));
                return null;
            }
            if (ddl) facts = SchemaDump.addTo(facts, database, inForce);
            var judged = ReportFiles.judge(facts, inForce, before);
            return history == null ? judged : ReportHistory.add(judged, history);
        }
    }

    private int fleet(ExploreConfig inForce) throws IOException {
        if (older != null || sql) {
            throw Failure.usage("--diff and --sql are for one database", "leave out --all-databases and --targets.");
        }
        var databases =
            targets != null ? Fleet.read(targets) : Fleet.allDatabases(connection.settings(inForce.connection()));
        var parent = Path.of(inForce.output());
        var directory = ReportFiles.fleetDirectory(parent, now());
        var outcomes = Fleet.explore(databases, directory, (target, own) -> one(target, own, inForce));
        Fleet.writeIndex(outcomes, directory, now());
        ReportFiles.publish(parent, directory);
        if (metrics != null) {
            var made = outcomes.stream().map(Fleet.Outcome::report).filter(Objects::nonNull).toList();
            var failed = outcomes.stream().filter(o -> o.report() == null).map(Fleet.Outcome::name).toList();
            ReportMetrics.of(made, failed, now()).write(metrics);
        }
        System.out.println(directory);
        return Fleet.status(outcomes);
    }

    private Fleet.Outcome one(Fleet.Target target, Path own, ExploreConfig inForce) {
        var report = ask(target.settings(), inForce, null);
        try {
            ReportFiles.writeInto(report, own, inForce.format());
        } catch (IOException e) {
            throw Failure
                .notReady("cannot write " + own + ": " + e.getMessage(), "check the directory's owner and free space.");
        }
        ReportVerdict.say(report);
        try {
            return new Fleet.Outcome(target.name(), report, own, ReportVerdict.of(report, inForce), null);
        } catch (Failure no) {
            return new Fleet.Outcome(target.name(), report, own, no.exitCode(), no.getMessage());
        }
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    private static void open(Path directory, ExploreConfig inForce) throws IOException {
        var file =
            directory
                .resolve(inForce.format().contains("html") ? "report.html" : "report." + inForce.format().getFirst())
                .toAbsolutePath();
        var opener = System.getProperty("os.name").startsWith("Mac") ? "open" : "xdg-open";
        try {
            new ProcessBuilder(opener, file.toString()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        } catch (IOException noDesktop) {
            Console.warn("no program to open it with; look at %s", file);
        }
    }
}
