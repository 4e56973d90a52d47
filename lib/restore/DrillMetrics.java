//SOURCES ../PrometheusFile.java ../archive/Receipt.java Drill.java DrillSubject.java
package lib.restore;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lib.PrometheusFile;
import lib.archive.Receipt;

/**
 * What {@code drill --metrics} writes. Its names are others than those that backup.java writes: node_exporter takes the
 * same number from one file only. When a backup was last proven is written by backup.java; for what
 * pgBackRest keeps it is written here.
 */
public final class DrillMetrics {
    private static final String PREFIX = "timescaledb_tools_";

    private DrillMetrics() {}

    public static void write(Path file, Drill.Receipt receipt, DrillSubject subject) {
        var labels = Map.of("source", subject.source());
        var metrics = new PrometheusFile();
        metrics.gauge(
            PREFIX + "drill_last_run_timestamp_seconds",
            "When the last drill ended, whatever its verdict.",
            labels,
            receipt.at().getEpochSecond());
        for (var verdict : Drill.Verdict.values()) {
            var each = new LinkedHashMap<>(labels);
            each.put("verdict", verdict.word());
            metrics.gauge(
                PREFIX + "drill_last_run_verdict",
                "1 for the verdict of the last drill: good, bad (not restorable) or not_judged (on this machine).",
                each,
                receipt.verdict() == verdict ? 1 : 0);
        }
        metrics.gauge(
            PREFIX + "drill_last_run_duration_seconds",
            "How long the last drill took.",
            labels,
            receipt.totalSeconds());
        metrics.gauge(
            PREFIX + "drill_data_timestamp_seconds",
            "The moment whose data the last drill had.",
            labels,
            receipt.dataAsOf().getEpochSecond());
        Receipt.lastGood(subject.receipts().get().stream())
            .ifPresent(
                at -> metrics.gauge(
                    PREFIX + "drill_last_success_timestamp_seconds",
                    Receipt.LAST_SUCCESS,
                    labels,
                    at.getEpochSecond()));
        metrics.write(file);
    }
}
