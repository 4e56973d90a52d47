package lib.explore;

import java.util.HashSet;
import java.util.Set;

/**
 * What this server's catalogs have, by what exists and not by version strings: TimescaleDB moves columns between releases,
 * and distributions patch. Asked once.
 */
final class Capabilities {
    private final Set<String> columns;
    private final int major;

    private Capabilities(Set<String> columns, int major) {
        this.columns = columns;
        this.major = major;
    }

    static Capabilities of(Asker asker, lib.Database database, int major) {
        var sql = """
            SELECT n.nspname || '.' || c.relname || '.' || a.attname AS name
            FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'v')
              AND (n.nspname IN ('_timescaledb_catalog', '_timescaledb_config', '_timescaledb_internal', 'timescaledb_information')
                   AND c.relname IN ('hypertable', 'chunk', 'dimension', 'dimension_slice', 'chunk_constraint', 'compression_settings',
                                     'compression_chunk_size', 'continuous_agg', 'continuous_aggs_watermark', 'continuous_aggs_bucket_function',
                                     'continuous_aggs_hypertable_invalidation_log', 'continuous_aggs_materialization_invalidation_log',
                                     'bgw_job', 'bgw_job_stat', 'jobs', 'job_stats', 'job_errors', 'continuous_aggregates')
                   OR c.relname = 'pg_stat_statements')
            """;
        // Asked even for --sql: which questions follow depends on the answer.
        asker.noteAsked("/* explore: what this version has */\n" + sql);
        return new Capabilities(new HashSet<>(database.list(sql, row -> row.getString("name"))), major);
    }

    /** @param name "_timescaledb_catalog.chunk.relid" */
    boolean has(String name) {
        return columns.contains(name);
    }

    boolean hasCatalog() {
        return has("_timescaledb_catalog.hypertable.id") && has("_timescaledb_catalog.chunk.id");
    }

    /** Since 2.29 the catalog names a chunk by its OID, before by schema and name. */
    boolean chunksByOid() {
        return has("_timescaledb_catalog.chunk.relid");
    }

    /** Joins the alias k of _timescaledb_catalog.chunk to c of pg_class. */
    String joinChunkClass() {
        return chunksByOid()
            ? "JOIN pg_catalog.pg_class AS c ON c.oid = k.relid\n"
            : """
              JOIN pg_catalog.pg_namespace AS kn ON kn.nspname = k.schema_name
              JOIN pg_catalog.pg_class AS c ON c.relnamespace = kn.oid AND c.relname = k.table_name
              """;
    }

    /** Until 2.25 dropped chunks stayed in the catalog, marked. */
    String chunkIsThere() {
        return has("_timescaledb_catalog.chunk.dropped") ? "NOT k.dropped" : "true";
    }

    /** Where pg_stat_statements lives, or null. */
    String statementsSchema() {
        return columns.stream().filter(c -> c.endsWith(".pg_stat_statements.query")).findFirst().map(c -> c.split("\\.pg_stat_statements")[0]).orElse(null);
    }

    boolean statementsHas(String column) {
        return columns.stream().anyMatch(c -> c.endsWith(".pg_stat_statements." + column));
    }

    int major() {
        return major;
    }
}
