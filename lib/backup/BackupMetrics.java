//SOURCES ../Failure.java ../PrometheusFile.java ../archive/BackupDirectory.java ../archive/Fingerprint.java
//SOURCES ../archive/Receipt.java Retention.java
package lib.backup;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.Failure;
import lib.PrometheusFile;
import lib.archive.BackupDirectory;
import lib.archive.Fingerprint;
import lib.archive.Receipt;

/**
 * What {@code --metrics} writes: one set of numbers for each cluster that has backups in a directory. They are read
 * from the backups and their receipts and not from this one run, so that a failed run leaves the time of the last
 * success standing.
 */
public final class BackupMetrics {
    private static final String PREFIX = "timescaledb_tools_";

    private BackupMetrics() {}

    /** @param succeeded did the run that writes this end well? */
    public static void write(Path file, Path backups, boolean succeeded) {
        var clusters = new LinkedHashMap<String, BackupDirectory>();   // newest good backup by system identifier
        var counts = new LinkedHashMap<String, Integer>();
        var all = BackupDirectory.in(backups);
        for (var backup : all) {
            var system = systemOf(backup);
            if (system == null) continue;
            counts.merge(system, 1, Integer::sum);
            if (Retention.isGood(backup)) clusters.putIfAbsent(system, backup);
        }
        var metrics = new PrometheusFile();
        metrics.gauge(
            PREFIX + "backup_last_run_succeeded",
            "1 when the last run ended well, else 0.",
            Map.of("directory", backups.toAbsolutePath().normalize().toString()),
            succeeded ? 1 : 0);
        counts.forEach(
            (system, count) -> metrics.gauge(
                PREFIX + "backup_count",
                "Finished backups of the cluster.",
                Map.of("system", system),
                count));
        clusters.forEach((system, newest) -> ofCluster(metrics, system, newest, all));
        metrics.write(file);
    }

    private static void ofCluster(
        PrometheusFile metrics,
        String system,
        BackupDirectory newest,
        List<BackupDirectory> all) {
        var labels = Map.of("system", system);
        var print = newest.fingerprint().orElseThrow();
        metrics.gauge(
            PREFIX + "backup_last_success_timestamp_seconds",
            "When the newest verified backup ended.",
            labels,
            print.endedAt().getEpochSecond());
        metrics.gauge(
            PREFIX + "backup_size_bytes",
            "What the newest verified backup takes on disk.",
            labels,
            print.storage().storedBytes());
        metrics.gauge(
            PREFIX + "backup_data_bytes",
            "Data in the newest verified backup, uncompressed.",
            labels,
            print.storage().dataBytes());
        metrics.gauge(
            PREFIX + "backup_duration_seconds",
            "How long the newest verified backup took.",
            labels,
            print.durations().totalSeconds());
        var drills = all.stream()
            .filter(backup -> system.equals(systemOf(backup)))
            .flatMap(backup -> Receipt.of(backup, Receipt.DRILL).stream());
        Receipt.lastGood(drills)
            .ifPresent(
                at -> metrics.gauge(
                    PREFIX + "drill_last_success_timestamp_seconds",
                    Receipt.LAST_SUCCESS,
                    labels,
                    at.getEpochSecond()));
    }

    private static String systemOf(BackupDirectory backup) {
        try {
            return backup.fingerprint().map(Fingerprint::server).map(Fingerprint.Server::systemIdentifier).orElse(null);
        } catch (Failure damaged) {
            return null;
        }
    }
}
