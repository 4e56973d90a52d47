//SOURCES ../PrometheusFile.java Report.java
package lib.explore;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.PrometheusFile;

/** The numbers of reports for a monitor. All carry the labels server and database. */
public final class ReportMetrics {
    private static final String PREFIX = "timescaledb_tools_explore_";

    private ReportMetrics() {}

    /** @param failed databases of which no report could be made, "server/database" */
    public static PrometheusFile of(List<Report> reports, List<String> failed, Instant now) {
        var file = new PrometheusFile();
        reports.forEach(r -> up(file, r.source(), r.database().name(), 1));
        failed.forEach(name -> up(file, name, "", 0));
        for (var r : reports) new Numbers(file, r).add();
        file.gauge(PREFIX + "last_run_timestamp_seconds", "When explore last ran.", Map.of(), now.getEpochSecond());
        return file;
    }

    private static void up(PrometheusFile file, String server, String database, int value) {
        var labels = new LinkedHashMap<String, String>();
        labels.put("server", server);
        labels.put("database", database);
        file.gauge(PREFIX + "up", "Whether a report of this database could be made.", labels, value);
    }

    private record Numbers(PrometheusFile file, Report r) {
        void add() {
            var h = r.health();
            if (h.score() != null) one("score", "The health score, 0 to 100.", h.score());
            one("provisional", "1 when not everything could be judged.", h.provisional() ? 1 : 0);
            one("coverage_ratio", "The share of the rules that could be judged.", h.coverage());
            for (var severity : List.of("critical", "warning", "note", "info")) {
                long n =
                    h.findings().stream().filter(f -> f.silenced() == null && f.severity().equals(severity)).count();
                one("findings", "Open findings by severity.", n, "severity", severity);
            }
            if (r.database().bytes() != null) {
                one("database_size_bytes", "The size of the database.", r.database().bytes());
            }
            r.hypertables().forEach(this::hypertable);
            r.aggregates().forEach(this::aggregate);
            r.jobs().stream().filter(j -> !j.system()).forEach(this::job);
            one("last_success_timestamp_seconds", "When this report was made.", r.madeAt().getEpochSecond());
        }

        private void hypertable(Report.Hypertable h) {
            one(
                "hypertable_size_bytes",
                "The size of a hypertable with its indexes.",
                h.size().total(),
                "hypertable",
                h.fullName());
            one("hypertable_chunks", "How many chunks a hypertable has.", h.chunks(), "hypertable", h.fullName());
            one(
                "compression_backlog_bytes",
                "What should be compressed by now and is not.",
                h.compression().dueBytes(),
                "hypertable",
                h.fullName());
        }

        private void aggregate(Report.Aggregate a) {
            if (a.lagSeconds() == null) return;
            one(
                "aggregate_lag_seconds",
                "How far a continuous aggregate's watermark is behind now.",
                a.lagSeconds(),
                "aggregate",
                a.fullName());
        }

        private void job(Report.Job j) {
            var labels = new String[] {"job", String.valueOf(j.id()), "kind", j.kind(), "target",
                j.target() == null ? "" : j.target()};
            if (j.failures() != null) one("job_failures_total", "Failed runs of a job.", j.failures(), labels);
            if (j.lastSuccess() != null) {
                long seconds = r.madeAt().getEpochSecond() - j.lastSuccess().getEpochSecond();
                one("job_seconds_since_last_success", "How long ago a job last succeeded.", seconds, labels);
            }
        }

        private void one(String name, String help, double value, String... labels) {
            var all = new LinkedHashMap<String, String>();
            all.put("server", r.source());
            all.put("database", r.database().name());
            for (int i = 0; i < labels.length; i += 2) all.put(labels[i], labels[i + 1]);
            file.gauge(PREFIX + name, help, all, value);
        }
    }
}
