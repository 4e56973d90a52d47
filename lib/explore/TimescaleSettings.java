//SOURCES ../database/Database.java
package lib.explore;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.database.Database;

/**
 * What makes a hypertable or a job and stands in no other part of a report: only {@code --ddl} needs it. Columns are
 * taken out of whole rows, since not every version has them all.
 */
record TimescaleSettings(Map<String, List<OfDimension>> dimensions, Map<Integer, OfJob> jobs) {
    static final TimescaleSettings NONE = new TimescaleSettings(Map.of(), Map.of());

    /** @param function partitions the column @param compressMicros how long the chunks become that are compressed */
    record OfDimension(
        String column,
        String chunkSchema,
        String chunkPrefix,
        String function,
        String nowFunction,
        Long compressMicros) {}

    /** @param start null unless the schedule is a fixed one */
    record OfJob(
        String name,
        String maxRuntime,
        String maxRetries,
        String retryPeriod,
        boolean fixed,
        String start,
        String timezone,
        String check) {}

    static TimescaleSettings read(Database database) {
        var dimensions = new HashMap<String, List<OfDimension>>();
        for (var one : database.list(DIMENSIONS, TimescaleSettings::dimension)) {
            dimensions.computeIfAbsent(one.getKey(), _ -> new ArrayList<>()).add(one.getValue());
        }
        var jobs = new HashMap<Integer, OfJob>();
        database.list(JOBS, row -> jobs.put(row.getInt("id"), job(row)));
        return new TimescaleSettings(dimensions, jobs);
    }

    private static final String DIMENSIONS =
        """
            SELECT h.schema_name || '.' || h.table_name AS hypertable, d.column_name,
                   nullif(h.associated_schema_name, '_timescaledb_internal') AS chunk_schema,
                   CASE WHEN h.associated_table_prefix !~ '^_hyper_\\d+$'
                    THEN h.associated_table_prefix END AS chunk_prefix,
                   CASE WHEN d.partitioning_func_schema !~ '^_timescaledb_'
                        THEN pg_catalog.format('%I.%I', d.partitioning_func_schema, d.partitioning_func)
                    END AS function,
                   CASE WHEN d.integer_now_func IS NOT NULL
                        THEN pg_catalog.format('%I.%I', d.integer_now_func_schema, d.integer_now_func)
                    END AS now_function,
                   pg_catalog.to_jsonb(d) ->> 'compress_interval_length' AS compress_micros
            FROM _timescaledb_catalog.dimension AS d
            JOIN _timescaledb_catalog.hypertable AS h ON h.id = d.hypertable_id
            ORDER BY d.hypertable_id, d.id
            """;

    private static Map.Entry<String, OfDimension> dimension(ResultSet row) throws SQLException {
        var micros = row.getString("compress_micros");
        return Map.entry(
            row.getString("hypertable"),
            new OfDimension(
                row.getString("column_name"),
                row.getString("chunk_schema"),
                row.getString("chunk_prefix"),
                row.getString("function"),
                row.getString("now_function"),
                micros == null ? null : Long.valueOf(micros)));
    }

    private static final String JOBS = """
        SELECT j.job_id AS id, pg_catalog.regexp_replace(j.application_name, ' \\[\\d+\\]$', '') AS name,
               j.max_runtime, j.max_retries, j.retry_period,
               coalesce((pg_catalog.to_jsonb(j) ->> 'fixed_schedule')::boolean, false) AS fixed,
               pg_catalog.to_jsonb(j) ->> 'initial_start' AS start,
               (SELECT pg_catalog.to_jsonb(b) ->> 'timezone' FROM _timescaledb_config.bgw_job AS b
                WHERE b.id = j.job_id) AS timezone,
               CASE WHEN pg_catalog.to_jsonb(j) ->> 'check_name' IS NOT NULL
                    THEN pg_catalog.format('%I.%I', pg_catalog.to_jsonb(j) ->> 'check_schema',
                                           pg_catalog.to_jsonb(j) ->> 'check_name') END AS checked
        FROM timescaledb_information.jobs AS j
        """;

    private static OfJob job(ResultSet row) throws SQLException {
        boolean fixed = row.getBoolean("fixed");
        return new OfJob(
            row.getString("name"),
            row.getString("max_runtime"),
            row.getString("max_retries"),
            row.getString("retry_period"),
            fixed,
            fixed ? row.getString("start") : null,
            fixed ? row.getString("timezone") : null,
            row.getString("checked"));
    }
}
