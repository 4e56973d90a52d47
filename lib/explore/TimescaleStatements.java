//SOURCES ../Json.java Redaction.java Report.java Sql.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lib.Json;
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
        report.hypertables().stream().filter(h -> h.compression().enabled()).forEach(h -> all.add(compression(h)));
        for (var job : report.jobs()) {
            var sql = job.target() == null || job.config() == null ? null : policy(job);
            if (sql == null) continue;
            boolean isAggregate = report.aggregates().stream().anyMatch(a -> a.fullName().equals(job.target()));
            all.add(of(isAggregate ? "view" : "table", job.target(), sql));
        }
        return all;
    }

    private DdlStatement compression(Hypertable h) {
        var c = h.compression();
        var options = new ArrayList<String>(List.of("timescaledb.compress"));
        if (!c.segmentBy().isEmpty()) {
            options.add("timescaledb.compress_segmentby = " + Sql.literal(columns(c.segmentBy())));
        }
        if (!c.orderBy().isEmpty()) {
            options.add("timescaledb.compress_orderby = " + Sql.literal(columns(c.orderBy())));
        }
        return of(
            "table",
            h.fullName(),
            "ALTER TABLE " + Sql.name(h.schema(), h.name()) + " SET (" + String.join(", ", options) + ");");
    }

    private static String columns(List<String> columns) {
        return String.join(", ", columns.stream().map(TimescaleStatements::column).toList());
    }

    /** "time DESC" */
    private static String column(String ordered) {
        boolean isDescending = ordered.endsWith(" DESC");
        var name = isDescending ? ordered.substring(0, ordered.length() - 5) : ordered;
        return Sql.name(name) + (isDescending ? " DESC" : "");
    }

    private String policy(Job job) {
        @SuppressWarnings("unchecked")
        Map<String, Object> config = Json.read(job.config(), Map.class);
        var target = Sql.literal(qualified(job.target()));
        var every = ", schedule_interval => INTERVAL " + Sql.literal(job.schedule());
        return switch (job.kind()) {
            case "retention" -> config.get("drop_after") == null ? null
                : "SELECT " + prefix + "add_retention_policy(" + target + ", drop_after => "
                    + value(config.get("drop_after"))
                    + every + ");";
            case "compression" -> config.get("compress_after") == null ? null
                : "SELECT " + prefix + "add_compression_policy(" + target + ", compress_after => "
                    + value(config.get("compress_after")) + every + ");";
            case "refresh" -> "SELECT " + prefix + "add_continuous_aggregate_policy(" + target + ", start_offset => "
                + value(config.get("start_offset")) + ", end_offset => " + value(config.get("end_offset")) + every
                + ");";
            default -> null;
        };
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
