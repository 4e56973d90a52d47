//SOURCES ../Json.java Redaction.java Report.java Sql.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.Json;
import lib.explore.Report.Compression;
import lib.explore.Report.DdlStatement;
import lib.explore.Report.Dimension;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Job;

/**
 * What pg_dump does not write as statements: it gives a hypertable as a plain table, a continuous aggregate as a view
 * of a table that is not there, and no policies.
 */
final class TimescaleStatements {
    private final Report report;
    /** "public.": the functions live in the schema of the extension. */
    private final String prefix;

    TimescaleStatements(Report report) {
        this.report = report;
        this.prefix = report.extensions()
            .stream()
            .filter(e -> e.name().equals("timescaledb"))
            .findFirst()
            .map(e -> Sql.name(e.schema()) + ".")
            .orElse("");
    }

    List<DdlStatement> hypertables() {
        return report.hypertables().stream().map(this::hypertable).toList();
    }

    private DdlStatement hypertable(Hypertable h) {
        var table = Sql.literal(Sql.name(h.schema(), h.name()));
        var sql = new StringBuilder(
            "SELECT %screate_hypertable(%s, %s%s, create_default_indexes => false);".formatted(
                prefix,
                table,
                Sql.literal(h.dimensions().getFirst().column()),
                interval(h.dimensions().getFirst())));
        for (var d : h.dimensions().subList(1, h.dimensions().size())) {
            var partitions = d.slices() == null ? interval(d) : ", number_partitions => " + d.slices();
            sql.append(
                "\nSELECT %sadd_dimension(%s, %s%s);".formatted(prefix, table, Sql.literal(d.column()), partitions));
        }
        return of("table", h.fullName(), sql.toString());
    }

    private static String interval(Dimension d) {
        if (d.interval() == null) return "";
        boolean isTime = d.intervalMicros() != null;
        return ", chunk_time_interval => " + (isTime ? "INTERVAL " + Sql.literal(d.interval()) : d.interval());
    }

    List<DdlStatement> aggregate(String name) {
        var a = report.aggregates().stream().filter(one -> one.fullName().equals(name)).findFirst().orElseThrow();
        if (a.definition() == null) return List.of();
        var sql = """
            CREATE MATERIALIZED VIEW %s
            WITH (timescaledb.continuous, timescaledb.materialized_only = %s) AS
            %s
            WITH NO DATA;"""
            .formatted(
                Sql.name(a.schema(), a.name()),
                !a.realTime(),
                a.definition().strip().replaceFirst(";$", ""));
        return List.of(of("view", a.fullName(), sql));
    }

    /** Compression and jobs come last: a compressed hypertable takes no new constraints. */
    List<DdlStatement> policies() {
        var all = new ArrayList<DdlStatement>();
        for (var h : report.hypertables()) {
            if (h.compression().enabled()) {
                var alter = "ALTER TABLE " + Sql.name(h.schema(), h.name());
                all.add(of("table", h.fullName(), alter + options(h.compression())));
            }
        }
        for (var a : report.aggregates()) {
            if (a.compression() != null) {
                var alter = "ALTER MATERIALIZED VIEW " + Sql.name(a.schema(), a.name());
                all.add(of("view", a.fullName(), alter + options(a.compression())));
            }
        }
        report.jobs().stream().filter(j -> !j.system()).forEach(job -> add(job, all));
        return all;
    }

    private void add(Job job, List<DdlStatement> all) {
        if (job.kind().contains(".")) {
            if (!job.kind().startsWith("_timescaledb_")) all.add(of("job", job.name(), customJob(job)));
            return;
        }
        var call = job.target() == null || job.config() == null ? null : policy(job);
        if (call == null) return;
        boolean isAggregate = report.aggregates().stream().anyMatch(a -> a.fullName().equals(job.target()));
        all.add(of(isAggregate ? "view" : "table", job.target(), scheduled(job, call)));
    }

    /** A policy starts running when it is made, unless it is paused at once. */
    private String scheduled(Job job, String call) {
        var alter = job.scheduled() ? "" : "%salter_job(%s, scheduled => false)".formatted(prefix, call);
        return "SELECT " + (alter.isEmpty() ? call : alter) + ";";
    }

    /** A procedure of the user's own, which is made before. */
    private String customJob(Job job) {
        var procedure = report.functions()
            .stream()
            .filter(p -> job.kind().equals(p.schema() + "." + p.name()))
            .map(p -> Sql.name(p.schema(), p.name()))
            .findFirst()
            .orElse(job.kind());
        var more = (job.config() == null ? "" : ", config => " + Sql.literal(job.config()))
            + (job.scheduled() ? "" : ", scheduled => false");
        var note = job.target() == null ? ""
            : "-- its configuration names %s by its number, which may be another one in a new database\n"
                .formatted(Sql.name(job.target()));
        return note + "SELECT %sadd_job(%s, INTERVAL %s%s);".formatted(
            prefix,
            Sql.literal(procedure),
            Sql.literal(job.schedule()),
            more);
    }

    private static String options(Compression c) {
        var options = new ArrayList<String>(List.of("timescaledb.compress"));
        if (!c.segmentBy().isEmpty()) {
            options.add("timescaledb.compress_segmentby = " + Sql.literal(columns(c.segmentBy())));
        }
        if (!c.orderBy().isEmpty()) {
            options.add("timescaledb.compress_orderby = " + Sql.literal(columns(c.orderBy())));
        }
        return " SET (" + String.join(", ", options) + ");";
    }

    private static String columns(List<String> columns) {
        return String.join(", ", columns.stream().map(TimescaleStatements::column).toList());
    }

    private static final Pattern ORDERED =
        Pattern.compile("(.*?)((?: DESC)?(?: NULLS (?:FIRST|LAST))?)", Pattern.DOTALL);

    /** "time DESC NULLS LAST" */
    private static String column(String ordered) {
        var parts = ORDERED.matcher(ordered);
        if (!parts.matches()) throw new IllegalStateException(ordered);
        return Sql.name(parts.group(1)) + parts.group(2);
    }

    private String policy(Job job) {
        @SuppressWarnings("unchecked")
        Map<String, Object> config = Json.read(job.config(), Map.class);
        var target = Sql.literal(qualified(job.target()));
        var every = ", schedule_interval => INTERVAL " + Sql.literal(job.schedule());
        return switch (job.kind()) {
            case "retention" -> call("add_retention_policy", target, either(config, "drop_after"), every);
            case "compression" -> call("add_compression_policy", target, either(config, "compress_after"), every);
            case "refresh" -> call(
                "add_continuous_aggregate_policy",
                target,
                ", start_offset => " + value(config.get("start_offset")) + ", end_offset => "
                    + value(config.get("end_offset")),
                every);
            case "reorder" -> "%salter_job(%s%s)".formatted(
                prefix,
                call("add_reorder_policy", target, ", " + Sql.literal(String.valueOf(config.get("index_name"))), ""),
                every);
            default -> null;
        };
    }

    /** @param when null: what the policy goes by is not known here */
    private String call(String function, String target, String when, String every) {
        return when == null ? null : prefix + function + "(" + target + when + every + ")";
    }

    /** By the time in the rows, or by when a chunk was made. */
    private static String either(Map<String, Object> config, String after) {
        var createdBefore = after.replace("_after", "_created_before");
        for (var key : List.of(after, createdBefore)) {
            if (config.get(key) != null) return ", " + key + " => " + value(config.get(key));
        }
        return null;
    }

    private static String value(Object value) {
        if (value == null) return "NULL";
        return value instanceof Number ? value.toString() : "INTERVAL " + Sql.literal(value.toString());
    }

    private String qualified(String target) {
        return Stream.concat(
            report.hypertables()
                .stream()
                .filter(h -> h.fullName().equals(target))
                .map(h -> Sql.name(h.schema(), h.name())),
            report.aggregates()
                .stream()
                .filter(a -> a.fullName().equals(target))
                .map(a -> Sql.name(a.schema(), a.name())))
            .findFirst()
            .orElse(target);
    }

    private static DdlStatement of(String kind, String name, String sql) {
        return new DdlStatement(kind + " " + name, "timescaledb", Redaction.ddl(sql));
    }
}
