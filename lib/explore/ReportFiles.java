//SOURCES ../AtomicFile.java ../Console.java ../Json.java ../Units.java ExploreConfig.java HealthScore.java Report.java
//SOURCES ReportDiff.java ReportHtml.java ReportMarkdown.java Rule.java Thresholds.java
package lib.explore;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import lib.AtomicFile;
import lib.Console;
import lib.Json;
import lib.Units;

/** Puts a report into its directory: reports/DB_YYYYMMDD_HHMMSS, and the link reports/latest to it. */
public final class ReportFiles {
    private ReportFiles() {}

    /** The report with its health filled in, and compared. @param older null, or what to compare with */
    public static Report judge(Report report, ExploreConfig config, Report older) {
        var facts =
            new Rule.Facts(
                report,
                new Thresholds(config.thresholds()),
                report.missed());
        var judged = report.with(HealthScore.judge(facts, config), null);
        return older == null ? judged : judged.with(judged.health(), ReportDiff.between(older, judged));
    }

    /** The directory of this run in the parent: that of several databases, each with a directory of its own in it. */
    public static Path fleetDirectory(Path parent, Instant madeAt) throws IOException {
        Files.createDirectories(parent);
        var directory = parent.resolve("fleet_" + Units.stamp(madeAt));
        for (int n = 2; Files.exists(directory); n++) {
            directory = parent.resolve("fleet_" + Units.stamp(madeAt) + "_" + n);
        }
        return Files.createDirectory(directory);
    }

    /** Points reports/latest to a directory in it. */
    public static void publish(Path parent, Path directory) throws IOException {
        link(parent, directory);
    }

    /** Into exactly this directory, which must not exist yet. */
    public static Path writeInto(Report report, Path directory, List<String> formats) throws IOException {
        var parent = directory.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        var partial = parent.resolve("." + directory.getFileName() + ".partial-" + ProcessHandle.current().pid());
        writeAll(report, partial, formats);
        AtomicFile.rename(partial, directory);
        return directory;
    }

    /** @return the directory that was made */
    public static Path write(Report report, Path parent, List<String> formats) throws IOException {
        Files.createDirectories(parent);
        // a database may be called "../x": nothing of its name but letters, digits and a few marks becomes part of a
        // path
        var name = report.database().name().replaceAll("[^\\p{L}\\p{N}_-]", "_");
        var stamped = name + "_" + Units.stamp(report.madeAt());
        var directory = parent.resolve(stamped);
        for (int n = 2; Files.exists(directory); n++) directory = parent.resolve(stamped + "_" + n);
        writeInto(report, directory, formats);
        link(parent, directory);
        return directory;
    }

    private static void writeAll(Report report, Path partial, List<String> formats) throws IOException {
        Files.createDirectories(partial);
        // side by side: each is the work of one core
        try (var writers = Executors.newFixedThreadPool(Math.max(1, formats.size()))) {
            for (var done : writers
                .invokeAll(formats.stream().map(format -> writer(report, format, partial)).toList())) {
                done.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException known) throw known;
            if (e.getCause() instanceof RuntimeException known) throw known;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Callable<Path> writer(Report report, String format, Path directory) {
        return () -> {
            switch (format) {
                case "md" -> text(directory.resolve("report.md"), writer -> ReportMarkdown.write(report, writer));
                case "html" -> text(directory.resolve("report.html"), writer -> ReportHtml.write(report, writer));
                default -> AtomicFile.write(directory.resolve("report.json"), out -> Json.write(report, out));
            }
            return directory;
        };
    }

    private static void text(Path file, Consumer<Writer> content) throws IOException {
        AtomicFile.write(file, out -> {
            var writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
            content.accept(writer);
            writer.flush();
        });
    }

    /** A new link is renamed over the old one: "latest" points somewhere at every moment. */
    private static void link(Path parent, Path directory) throws IOException {
        var latest = parent.resolve("latest");
        // somebody's own directory
        if (Files.exists(latest, LinkOption.NOFOLLOW_LINKS) && !Files.isSymbolicLink(latest)) return;
        var fresh = parent.resolve(".latest-" + ProcessHandle.current().pid());
        Files.deleteIfExists(fresh);
        try {
            Files.createSymbolicLink(fresh, directory.getFileName());
        } catch (UnsupportedOperationException | IOException noLinks) {
            Console.detail("no link %s: %s", latest, noLinks.getMessage());
            return;
        }
        Files.move(fresh, latest, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
