//SOURCES ../Json.java Intervals.java Redaction.java Report.java Sql.java TimescaleSettings.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
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
    private final TimescaleSettings settings;
    /** "public.": the functions live in the schema of the extension. */
    private final String prefix;

    TimescaleStatements(Report report, TimescaleSettings settings) {
        this.report = report;
        this.settings = settings;
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
        var first = dimension(h, h.dimensions().getFirst());
        var more = first == null ? ""
            : argument("associated_schema_name", first.chunkSchema())
                + argument("associated_table_prefix", first.chunkPrefix())
                + argument("time_partitioning_func", first.function());
        var sql = new StringBuilder(
            "SELECT %screate_hypertable(%s, %s%s%s, create_default_indexes => false);".formatted(
                prefix,
                table,
                Sql.literal(h.dimensions().getFirst().column()),
                interval(h.dimensions().getFirst()),
                more));
        for (var d : h.dimensions().subList(1, h.dimensions().size())) {
            var partitions = d.slices() == null ? interval(d) : ", number_partitions => " + d.slices();
            var known = dimension(h, d);
            sql.append(
                "\nSELECT %sadd_dimension(%s, %s%s%s);".formatted(
                    prefix,
                    table,
                    Sql.literal(d.column()),
                    partitions,
                    known == null ? "" : argument("partitioning_func", known.function())));
        }
        if (first != null && first.nowFunction() != null) {
            sql.append(
                "\nSELECT %sset_integer_now_func(%s, %s);".formatted(prefix, table, Sql.literal(first.nowFunction())));
        }
        return of("table", h.fullName(), sql.toString());
    }

    private TimescaleSettings.OfDimension dimension(Hypertable h, Dimension wanted) {
        return settings.dimensions()
            .getOrDefault(h.fullName(), List.of())
            .stream()
            .filter(d -> d.column().equals(wanted.column()))
            .findFirst()
            .orElse(null);
    }

    private static String argument(String name, String value) {
        return value == null ? "" : ", " + name + " => " + Sql.literal(value);
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
                var first = dimension(h, h.dimensions().getFirst());
                all.add(
                    of(
                        "table",
                        h.fullName(),
                        alter + options(h.compression(), first == null ? null : first.compressMicros())));
            }
        }
        for (var a : report.aggregates()) {
            if (a.compression() != null) {
                var alter = "ALTER MATERIALIZED VIEW " + Sql.name(a.schema(), a.name());
                all.add(of("view", a.fullName(), alter + options(a.compression(), null)));
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
        all.add(of(isAggregate ? "view" : "table", job.target(), scheduled(job, call) + moreConfiguration(job)));
    }

    /** A policy starts running when it is made, unless it is paused at once. */
    private String scheduled(Job job, String call) {
        var changes = new StringBuilder(job.kind().equals("reorder") ? every(job) : "");
        var made = settings.jobs().get(job.id());
        if (made != null) changes.append(changes(job, made));
        if (!job.scheduled()) changes.append(", scheduled => false");
        return "SELECT " + (changes.isEmpty() ? call : "%salter_job(%s%s)".formatted(prefix, call, changes)) + ";";
    }

    private static String every(Job job) {
        return ", schedule_interval => INTERVAL " + Sql.literal(job.schedule());
    }

    private static final Set<String> USUAL_NAMES = Set.of(
        "Refresh Continuous Aggregate Policy",
        "Compression Policy",
        "Columnstore Policy",
        "Retention Policy",
        "Reorder Policy",
        "User-Defined Action");

    /** What differs from what the functions that make a job give it. */
    private static String changes(Job job, TimescaleSettings.OfJob made) {
        boolean isPolicy = !job.kind().contains(".");
        var changes = new StringBuilder();
        if (!USUAL_NAMES.contains(made.name())) changes.append(argument("job_name", made.name()));
        var usualRuntime = job.kind().equals("retention") ? "00:05:00" : "00:00:00";
        if (!usualRuntime.equals(made.maxRuntime())) changes.append(argument("max_runtime", made.maxRuntime()));
        if (!"-1".equals(made.maxRetries())) changes.append(", max_retries => " + made.maxRetries());
        var usualRetry = switch (job.kind()) {
            case "compression" -> "01:00:00";
            case "refresh" -> job.schedule();
            default -> "00:05:00";
        };
        boolean isUsual = Objects.equals(Intervals.micros(usualRetry), Intervals.micros(made.retryPeriod()))
            && Intervals.micros(usualRetry) != null || usualRetry.equals(made.retryPeriod());
        if (!isUsual) changes.append(argument("retry_period", made.retryPeriod()));
        if (made.fixed() != !isPolicy) changes.append(", fixed_schedule => " + made.fixed());
        changes.append(argument("initial_start", made.start())).append(argument("timezone", made.timezone()));
        if (!isPolicy) changes.append(argument("check_config", made.check()));
        return changes.toString();
    }

    /** A procedure of the user's own, which is made before. */
    private String customJob(Job job) {
        var procedure = report.functions()
            .stream()
            .filter(p -> job.kind().equals(p.schema() + "." + p.name()))
            .map(p -> Sql.name(p.schema(), p.name()))
            .findFirst()
            .orElse(job.kind());
        var config = job.config() == null ? "" : ", config => " + Sql.literal(job.config());
        var note = job.target() == null ? ""
            : "-- its configuration names %s by its number, which may be another one in a new database\n"
                .formatted(Sql.name(job.target()));
        var call = "%sadd_job(%s, INTERVAL %s%s)".formatted(
            prefix,
            Sql.literal(procedure),
            Sql.literal(job.schedule()),
            config);
        return note + scheduled(job, call);
    }

    private static String options(Compression c, Long chunkMicros) {
        var options = new ArrayList<String>(List.of("timescaledb.compress"));
        if (!c.segmentBy().isEmpty()) {
            options.add("timescaledb.compress_segmentby = " + Sql.literal(columns(c.segmentBy())));
        }
        if (!c.orderBy().isEmpty()) {
            options.add("timescaledb.compress_orderby = " + Sql.literal(columns(c.orderBy())));
        }
        if (chunkMicros != null) {
            options.add(
                "timescaledb.compress_chunk_time_interval = " + Sql.literal(Intervals.human(chunkMicros)));
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
        var every = every(job);
        return switch (job.kind()) {
            case "retention" -> call("add_retention_policy", target, either(config, "drop_after"), every);
            case "compression" -> call("add_compression_policy", target, either(config, "compress_after"), every);
            case "refresh" -> call(
                "add_continuous_aggregate_policy",
                target,
                ", start_offset => " + value(config.get("start_offset")) + ", end_offset => "
                    + value(config.get("end_offset")),
                every);
            case "reorder" ->
                call("add_reorder_policy", target, ", " + Sql.literal(String.valueOf(config.get("index_name"))), "");
            default -> null;
        };
    }

    private static final Set<String> GIVEN = Set.of(
        "hypertable_id",
        "mat_hypertable_id",
        "index_name",
        "drop_after",
        "drop_created_before",
        "compress_after",
        "compress_created_before",
        "start_offset",
        "end_offset");

    /** What the functions that make a policy do not take: it is the newest job then. */
    private String moreConfiguration(Job job) {
        @SuppressWarnings("unchecked")
        var config = new TreeMap<String, Object>(Json.read(job.config(), Map.class));
        config.keySet().removeAll(GIVEN);
        if (config.isEmpty()) return "";
        return """

            SELECT %salter_job(job_id, config => config || %s)
            FROM timescaledb_information.jobs ORDER BY job_id DESC LIMIT 1;"""
            .formatted(prefix, Sql.literal(Json.write(config).replaceAll("\\s*\n\\s*", " ").strip()));
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
