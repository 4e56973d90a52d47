//SOURCES ../AtomicFile.java ../Console.java ../ExitCode.java ../Failure.java ../Json.java ../PageFile.java
//SOURCES ../RecordFields.java ../SettingsFile.java ../Units.java ../database/ConnectionSettings.java
//SOURCES ../database/Database.java ConfigFile.java Inlines.java PageFrame.java Redaction.java Report.java
//SOURCES ReportBlocks.java ReportHtml.java TableColumn.java
package lib.explore;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import lib.AtomicFile;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import lib.PageFile;
import lib.RecordFields;
import lib.SettingsFile;
import lib.Units;
import lib.database.ConnectionSettings;
import lib.database.Database;
import org.commonmark.renderer.html.HtmlWriter;

/** Several databases, of one server or of many: side by side, and one that fails does not stop the others. */
public final class Fleet {
    private static final int AT_ONCE = 4;

    /** @param name its directory in the fleet's */
    public record Target(String name, ConnectionSettings settings) {}

    /** What came of one. @param report null when it failed @param status its exit status @param error why it failed */
    public record Outcome(String name, Report report, Path directory, int status, String error) {}

    /** One line of fleet.json. */
    public record Line(
        String name,
        String directory,
        Integer score,
        String grade,
        boolean provisional,
        int findings,
        Long bytes,
        int status,
        String error) {}

    private Fleet() {}

    /** Every database of the server that lets us in, templates left out. */
    public static List<Target> allDatabases(ConnectionSettings server) {
        try (var database = Database.open(server, "explore")) {
            return database
                .list(
                    """
                        SELECT d.datname AS name FROM pg_catalog.pg_database AS d
                        WHERE d.datallowconn AND NOT d.datistemplate
                          AND pg_catalog.has_database_privilege(d.oid, 'CONNECT')
                        ORDER BY d.datname
                        """,
                    row -> row.getString("name"))
                .stream()
                .map(name -> new Target(name, server.withDatabase(name)))
                .toList();
        }
    }

    /** The file of targets. */
    record TargetsFile(List<TargetWords> targets) {}

    /** A server of it. @param allDatabases instead of one */
    record TargetWords(
        String name,
        String host,
        String port,
        String user,
        String dbname,
        String sslmode,
        String url,
        boolean allDatabases) {
        ConnectionSettings settings() {
            var words = new ConfigFile.ConnectionWords(host, port, user, dbname, sslmode, null).all();
            return ConnectionSettings.resolve(words, url, System.getenv(), Path.of(".env"));
        }
    }

    private static final String EXAMPLE = "targets: [{host: db1, dbname: shop}]";

    /**
     * A file like {@code targets: [{name: shop, host: db1, dbname: shop}, {host: db2, allDatabases: true}]}; no
     * passwords.
     */
    public static List<Target> read(Path path) {
        var file = SettingsFile.read(path, "write one like: " + EXAMPLE);
        var words = file.isEmpty() ? new TargetsFile(null) : file.as(TargetsFile.class);
        if (words.targets() == null || words.targets().isEmpty()) throw file.bad("", "names no targets", EXAMPLE);
        file.requireValues();
        return words.targets().stream().flatMap(t -> targets(t).stream()).toList();
    }

    private static List<Target> targets(TargetWords words) {
        var settings = words.settings();
        var label = words.name() == null ? settings.place().replaceAll("[^\\w.-]", "_") : words.name();
        if (!words.allDatabases()) {
            return List.of(new Target(words.name() == null ? label + "_" + settings.database() : label, settings));
        }
        try {
            return allDatabases(settings).stream()
                .map(t -> new Target(label + "_" + t.name(), t.settings()))
                .toList();
        } catch (Failure unreachable) {
            return List.of(new Target(label, settings));   // it fails again in its turn, and is listed so
        }
    }

    /** @param explore makes one report below the given directory */
    public static List<Outcome> explore(List<Target> targets, Path parent, BiFunction<Target, Path, Outcome> explore) {
        try (var workers = Executors.newFixedThreadPool(Math.min(AT_ONCE, targets.size()))) {
            var running = targets.stream().map(t -> workers.submit(() -> one(t, parent, explore))).toList();
            var outcomes = new ArrayList<Outcome>();
            for (var done : running) outcomes.add(done.get());
            return outcomes;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException known) throw known;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Outcome one(Target target, Path parent, BiFunction<Target, Path, Outcome> explore) {
        try {
            return explore.apply(target, parent.resolve(directoryName(target)));
        } catch (Failure failure) {
            Console.warn("%s: %s", target.name(), failure.getMessage());
            return new Outcome(target.name(), null, null, failure.exitCode(), Redaction.of(failure.getMessage()));
        } catch (RuntimeException e) {
            Console.warn("%s: %s", target.name(), Redaction.of(String.valueOf(e.getMessage())));
            return new Outcome(
                target.name(),
                null,
                null,
                ExitCode.FAILED,
                Redaction.of(String.valueOf(e.getMessage())));
        }
    }

    private static String directoryName(Target target) {
        return target.name().replaceAll("[^\\p{L}\\p{N}_.-]", "_").replaceFirst("^\\.+", "_");
    }

    /** index.html and fleet.json, the worst first. */
    public static void writeIndex(List<Outcome> outcomes, Path directory, Instant madeAt) throws IOException {
        Files.createDirectories(directory);
        var lines = outcomes.stream()
            .map(o -> line(o, directory))
            .sorted(
                Comparator.comparing(Line::score, Comparator.nullsFirst(Comparator.naturalOrder()))
                    .thenComparing(Line::name))
            .toList();
        AtomicFile.write(directory.resolve("fleet.json"), Json.write(Map.of("madeAt", madeAt, "databases", lines)));
        AtomicFile.write(directory.resolve("index.html"), page(lines, madeAt));
    }

    private static Line line(Outcome o, Path directory) {
        var r = o.report();
        var place = o.directory() == null ? null : directory.relativize(o.directory()).toString();
        var line = RecordFields.of(Line.class)
            .with("name", o.name())
            .with("directory", place)
            .with("status", o.status())
            .with("error", o.error());
        if (r == null) return line.with("provisional", true).restUnknown().record();
        var h = r.health();
        var open = h.findings().stream().filter(f -> f.silenced() == null && !f.severity().equals("info")).count();
        return line.with("score", h.score())
            .with("grade", h.grade())
            .with("provisional", h.provisional())
            .with("findings", (int) open)
            .with("bytes", r.database().bytes())
            .record();
    }

    private static String page(List<Line> lines, Instant madeAt) {
        var out = new StringWriter();
        var html = new HtmlWriter(out);
        PageFrame.write(PageFile.text("fleet.html"), html, place -> {
            switch (place) {
                case "title" -> html.text(Units.plural(lines.size(), "database"));
                case "style" -> html.raw(PageFile.text("report.css"));
                case "report" -> ReportHtml.fragment(b -> databases(b, lines, madeAt), out);
                default -> throw new IllegalStateException("fleet.html has a place for {{" + place + "}}");
            }
        });
        return out.toString();
    }

    private static void databases(ReportBlocks b, List<Line> lines, Instant madeAt) {
        b.paragraph("Made at " + Units.utc(madeAt) + ". The worst come first.");
        b.table(
            "Databases",
            lines,
            TableColumn.parts("Database", Fleet::link),
            TableColumn.number("Score", l -> l.score() == null ? null : (long) l.score()),
            TableColumn.text("Grade", Fleet::grade),
            TableColumn.number("Findings", l -> (long) l.findings()),
            TableColumn.size("Size", Line::bytes),
            TableColumn.text("Note", Line::error));
    }

    private static String grade(Line l) {
        if (l.grade() == null) return "";
        return l.provisional() ? l.grade() + " (provisional)" : l.grade();
    }

    private static Inlines link(Line l) {
        if (l.directory() == null) return Inlines.of(l.name());
        var directory = l.directory().replace("%", "%25").replace("#", "%23").replace("?", "%3F");
        return new Inlines().linkTo(l.name(), directory + "/report.html");
    }

    /**
     * The status of all: the worst. A database that could not be judged is worse than one whose answer is no, a failure
     * worse than both.
     */
    public static int status(List<Outcome> outcomes) {
        var order =
            List.of(ExitCode.OK, ExitCode.ANSWER_IS_NO, ExitCode.NOT_READY, ExitCode.NO_CONNECTION, ExitCode.FAILED);
        return outcomes.stream().map(Outcome::status).max(Comparator.comparingInt(order::indexOf)).orElse(ExitCode.OK);
    }
}
