//SOURCES ../Console.java ../Failure.java ../database/ConnectionOptions.java ../database/ConnectionSettings.java
//SOURCES ../database/Database.java ExploreConfig.java ExploreOptions.java Explorer.java Fleet.java Report.java
//SOURCES ReportDiff.java ReportFiles.java ReportHistory.java ReportMetrics.java ReportVerdict.java SchemaDump.java
package lib.explore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import lib.Console;
import lib.Failure;
import lib.database.ConnectionOptions;
import lib.database.ConnectionSettings;
import lib.database.Database;

/** One run of explore.java: a report of one database, or one of each of several. */
public final class ExploreRun {
    /** @param status the worst of all */
    public record FleetReport(Path directory, int status) {}

    private final ExploreOptions options;
    private final ConnectionOptions connection;
    private final ExploreConfig config;

    /** @throws Failure when what was typed, or the config file, cannot be meant */
    public ExploreRun(ExploreOptions options, ConnectionOptions connection) {
        this.options = options;
        this.connection = connection;
        this.config = options.settings();
    }

    /** What is in force. */
    public ExploreConfig config() {
        return config;
    }

    /** Every query that would run. */
    public List<String> queries() {
        try (
            var database = Database.open(settings(), "explore");
            var explorer = new Explorer(database, config, now(), true)) {
            explorer.explore();
            return List.copyOf(explorer.asked());
        }
    }

    /** The judged report. */
    public Report report() {
        return report(settings(), options.older == null ? null : ReportDiff.read(options.older));
    }

    private ConnectionSettings settings() {
        return connection.settings(config.connection());
    }

    private Report report(ConnectionSettings settings, Report before) {
        try (
            var database = Database.open(settings, "explore");
            var explorer = new Explorer(database, config, now(), false)) {
            var facts = options.isFleet() ? explorer.alone().explore() : explorer.explore();
            if (options.ddl) facts = SchemaDump.addTo(facts, database, config);
            var judged = ReportFiles.judge(facts, config, before);
            return options.history == null ? judged : ReportHistory.add(judged, options.history);
        }
    }

    /** Its files. @return their directory */
    public Path write(Report report) throws IOException {
        var directory = ReportFiles.write(report, Path.of(config.output()), config.format());
        if (options.metrics != null) ReportMetrics.of(List.of(report), List.of(), now()).write(options.metrics);
        ReportVerdict.say(report);
        return directory;
    }

    /** 0, or 11 when the report is not as it was demanded. */
    public int verdict(Report report) {
        return ReportVerdict.of(report, config);
    }

    /** A report of each database, and an index page. */
    public FleetReport fleet() throws IOException {
        if (options.older != null || options.sql) {
            throw Failure.usage("--diff and --sql are for one database", "leave out --all-databases and --targets.");
        }
        var databases = options.targets != null ? Fleet.read(options.targets) : Fleet.allDatabases(settings());
        var parent = Path.of(config.output());
        var directory = ReportFiles.fleetDirectory(parent, now());
        var outcomes = Fleet.explore(databases, directory, this::one);
        Fleet.writeIndex(outcomes, directory, now());
        ReportFiles.publish(parent, directory);
        if (options.metrics != null) {
            var made = outcomes.stream().map(Fleet.Outcome::report).filter(Objects::nonNull).toList();
            var failed = outcomes.stream().filter(o -> o.report() == null).map(Fleet.Outcome::name).toList();
            ReportMetrics.of(made, failed, now()).write(options.metrics);
        }
        return new FleetReport(directory, Fleet.status(outcomes));
    }

    private Fleet.Outcome one(Fleet.Target target, Path own) {
        var report = report(target.settings(), null);
        try {
            ReportFiles.writeInto(report, own, config.format());
        } catch (IOException e) {
            throw Failure
                .notReady("cannot write " + own + ": " + e.getMessage(), "check the directory's owner and free space.");
        }
        ReportVerdict.say(report);
        try {
            return new Fleet.Outcome(target.name(), report, own, ReportVerdict.of(report, config), null);
        } catch (Failure no) {
            return new Fleet.Outcome(target.name(), report, own, no.exitCode(), no.getMessage());
        }
    }

    /** Shows the page in the browser of this desktop. */
    public void open(Path directory) {
        var format = config.format().contains("html") ? "html" : config.format().getFirst();
        var file = directory.resolve("report." + format).toAbsolutePath();
        var opener = System.getProperty("os.name").startsWith("Mac") ? "open" : "xdg-open";
        try {
            new ProcessBuilder(opener, file.toString()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        } catch (IOException noDesktop) {
            Console.warn("no program to open it with; look at %s", file);
        }
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }
}
