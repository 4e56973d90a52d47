//SOURCES ../AtomicFile.java ../ExitCode.java ../Failure.java ../Json.java Report.java
package lib.explore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import lib.AtomicFile;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import lib.explore.Report.History;
import lib.explore.Report.HistoryPoint;

/**
 * A few numbers of each report, kept in a file a database: how the score and the sizes went, and when the disk would be
 * full.
 */
public final class ReportHistory {
    private static final int POINTS_KEPT = 400;
    private static final double LEAST_DAYS = 1 / 24.0;   // a rate from less than an hour would be noise

    private ReportHistory() {}

    /** The lines of one database: {@code {"points": […]}}. */
    public record Lines(List<HistoryPoint> points) {}

    /**
     * Adds the report to the file of its database in that directory. @return the report with its past, this one
     * included
     */
    public static Report add(Report report, Path directory) {
        var file = directory.resolve(fileName(report));
        var points = new ArrayList<>(read(file));
        points.removeIf(p -> !p.at().isBefore(report.madeAt()));
        points.add(point(report));
        var kept = List.copyOf(points.subList(Math.max(0, points.size() - POINTS_KEPT), points.size()));
        try {
            Files.createDirectories(directory);
            AtomicFile.write(file, Json.write(new Lines(kept)));
        } catch (IOException e) {
            throw Failure
                .notReady("cannot write " + file + ": " + e.getMessage(), "choose a directory that you may write to.");
        }
        return report.with(history(kept, freeBytes(report)));
    }

    private static String fileName(Report r) {
        return (r.source() + "_" + r.database().name()).replaceAll("[^\\p{L}\\p{N}_.-]", "_") + ".json";
    }

    private static List<HistoryPoint> read(Path file) {
        if (!Files.exists(file)) return List.of();
        try {
            var lines = Json.read(Files.readString(file), Lines.class);
            return lines.points() == null ? List.of() : lines.points();
        } catch (IOException | tools.jackson.core.JacksonException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read the history " + file + ": "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                "move the file away to begin a new history.",
                e);
        }
    }

    static HistoryPoint point(Report r) {
        var connections = r.performance().connections();
        return new HistoryPoint(
            r.madeAt(),
            r.health().score(),
            r.database().bytes(),
            r.tables().size(),
            r.hypertables().stream().mapToInt(Report.Hypertable::chunks).sum(),
            (int) r.health()
                .findings()
                .stream()
                .filter(f -> f.silenced() == null && !f.severity().equals("info"))
                .count(),
            connections == null ? null : connections.total());
    }

    static History history(List<HistoryPoint> points, Long freeBytes) {
        var rate = bytesPerDay(points);
        Long days = rate == null || rate <= 0 || freeBytes == null ? null : Math.round(Math.floor(freeBytes / rate));
        return new History(points, rate, freeBytes, days);
    }

    /** The slope of the straight line through all points: one run that deleted much does not turn the forecast. */
    static Double bytesPerDay(List<HistoryPoint> points) {
        var known = points.stream().filter(p -> p.bytes() != null).toList();
        if (known.size() < 2) return null;
        var start = known.getFirst().at();
        double n = known.size();
        double sumX = 0;
        double sumY = 0;
        double sumXY = 0;
        double sumXX = 0;
        for (var p : known) {
            double x = Duration.between(start, p.at()).toSeconds() / 86_400.0;
            sumX += x;
            sumY += p.bytes();
            sumXY += x * p.bytes();
            sumXX += x * x;
        }
        double spread = n * sumXX - sumX * sumX;
        double days = Duration.between(start, known.getLast().at()).toSeconds() / 86_400.0;
        return days < LEAST_DAYS || spread <= 0 ? null : (double) Math.round((n * sumXY - sumX * sumY) / spread);
    }

    /** Only where the data directory is on this machine, and the role may know where. */
    static Long freeBytes(Report r) {
        var directory =
            r.performance().settings().stream().filter(s -> s.name().equals("data_directory")).findFirst().orElse(null);
        var host = r.source().replaceFirst(":\\d+$", "");
        boolean here = host.startsWith("/") || List.of("localhost", "127.0.0.1", "::1", "[::1]").contains(host);
        if (directory == null || !here) return null;
        try {
            var place = Path.of(directory.value());
            return Files.isDirectory(place) ? Files.getFileStore(place).getUsableSpace() : null;
        } catch (IOException | InvalidPathException unknown) {
            return null;
        }
    }
}
