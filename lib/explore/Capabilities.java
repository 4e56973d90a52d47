//SOURCES ../database/Database.java CatalogReader.java LockedRelations.java
package lib.explore;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.database.Database;

/**
 * What this server's catalogs have, by what exists and not by version strings: TimescaleDB moves columns between
 * releases, and distributions patch. Asked once.
 */
final class Capabilities {
    /**
     * What this session may do.
     *
     * @param oneProcess a server without processes of its own for connections: it serves one at a time
     * @param backup name of the backup that the server is a copy of; null when it is none
     */
    private record Session(
        boolean oneProcess,
        boolean readsFiles,
        boolean seesSubscriptions,
        long segmentBytes,
        String backup) {}

    private final Set<String> columns;
    private final int major;
    private final Session session;

    private Capabilities(Set<String> columns, int major, Session session) {
        this.columns = columns;
        this.major = major;
        this.session = session;
    }

    static Capabilities of(CatalogReader reader, Database database, int major) {
        var sql =
            """
                SELECT n.nspname || '.' || c.relname || '.' || a.attname AS name
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE c.relkind IN ('r', 'v')
                  AND (n.nspname IN ('_timescaledb_catalog', '_timescaledb_config', '_timescaledb_internal',
                                     'timescaledb_information')
                       AND c.relname IN ('hypertable', 'chunk', 'dimension', 'dimension_slice', 'chunk_constraint',
                                         'compression_settings', 'hypertable_compression', 'compression_chunk_size',
                                         'continuous_agg', 'continuous_aggs_watermark',
                                         'continuous_aggs_bucket_function',
                                         'continuous_aggs_hypertable_invalidation_log',
                                         'continuous_aggs_materialization_invalidation_log', 'bgw_job',
                                         'bgw_job_stat', 'jobs', 'job_stats', 'job_errors', 'continuous_aggregates')
                       OR c.relname = 'pg_stat_statements')
                """;
        // Asked even for --sql: which questions follow depends on the answer.
        reader.noteAsked("/* explore: what this version has */\n" + sql);
        var may = """
            SELECT pg_catalog.pg_backend_pid() = 0 AS one_process,
                   has_function_privilege('pg_catalog.pg_stat_file(text, boolean)', 'EXECUTE') AS reads_files,
                   has_column_privilege('pg_catalog.pg_subscription', 'subconninfo', 'SELECT') AS sees_subscriptions,
                   pg_catalog.pg_size_bytes(current_setting('segment_size')) AS segment_bytes,
                   nullif(pg_catalog.current_setting('tstools.backup', true), '') AS backup
            """;
        reader.noteAsked("/* explore: what this session may */\n" + may);
        return new Capabilities(
            new HashSet<>(database.list("/* explore: what this version has */\n" + sql, row -> row.getString("name"))),
            major,
            database.one(
                "/* explore: what this session may */\n" + may,
                row -> new Session(
                    row.getBoolean("one_process"),
                    row.getBoolean("reads_files"),
                    row.getBoolean("sees_subscriptions"),
                    row.getLong("segment_bytes"),
                    row.getString("backup"))));
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

    /**
     * The backup that restore.java open booted this server from: then its settings are not those of the original. Null
     * when it is none.
     */
    String backup() {
        return session.backup();
    }

    /** A second connection is served beside the first. */
    boolean servesTwo() {
        return !session.oneProcess();
    }

    /**
     * SQL for the bytes of a table's own file, or of an index, with its maps but without TOAST. The official functions
     * open the relation: that costs more than all else, and waits where it is locked. Who may look at files (a
     * superuser) asks for the file itself, unless it has segments.
     */
    String bytesOf(String oid, LockedRelations locked) {
        var opened = openedBytes(oid, locked);
        return !session.readsFiles() ? "coalesce(" + opened + ", 0)"
            : """
                coalesce(nullif(%1$s, %2$d) + coalesce(%3$s, 0) + coalesce(%4$s, 0), %5$s, 0)"""
                .formatted(
                    fileBytes(oid, ""),
                    session.segmentBytes(),
                    fileBytes(oid, " || '_fsm'"),
                    fileBytes(oid, " || '_vm'"),
                    opened);
    }

    private static String openedBytes(String oid, LockedRelations locked) {
        var opened = Stream.of("main", "fsm", "vm")
            .map(fork -> "pg_catalog.pg_relation_size(" + oid + ", '" + fork + "')")
            .collect(Collectors.joining(" + "));
        return locked.isEmpty() ? opened
            : """
                CASE WHEN %2$s THEN (SELECT z.relpages::bigint * current_setting('block_size')::bigint
                                     FROM pg_catalog.pg_class AS z WHERE z.oid = %1$s)
                     ELSE %3$s END"""
                .formatted(oid, locked.has(oid), opened);
    }

    private static String fileBytes(String oid, String fork) {
        return "(pg_catalog.pg_stat_file(pg_catalog.pg_relation_filepath(" + oid + ")" + fork + ", true)).size";
    }

    /** SQL for the bytes of a TOAST table with its index. An empty one has one page of index. */
    String toastBytesOf(String oid, LockedRelations locked) {
        var main = session.readsFiles()
            ? fileBytes(oid, "")
            : "pg_catalog.pg_relation_size(%s)".formatted(oid);
        return ("CASE WHEN %1$s IS NULL OR %1$s = 0 OR %3$s THEN 0 WHEN %2$s > 0 THEN "
            + "pg_catalog.pg_total_relation_size(%1$s) ELSE current_setting('block_size')::bigint END")
            .formatted(oid, main, locked.has(oid));
    }

    /**
     * Sizes come from the files, which nobody can lock; only a file that was cut into segments is opened as a relation.
     */
    boolean readsFiles() {
        return session.readsFiles();
    }

    /** Where pg_stat_statements lives, or null. */
    String statementsSchema() {
        return columns.stream()
            .filter(c -> c.endsWith(".pg_stat_statements.query"))
            .findFirst()
            .map(c -> c.split("\\.pg_stat_statements")[0])
            .orElse(null);
    }

    boolean statementsHas(String column) {
        return columns.stream().anyMatch(c -> c.endsWith(".pg_stat_statements." + column));
    }

    boolean seesSubscriptions() {
        return session.seesSubscriptions();
    }

    int major() {
        return major;
    }
}
