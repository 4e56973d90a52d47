//SOURCES ../RecordFields.java Capabilities.java CatalogReader.java LiveCatalog.java LockedRelations.java Question.java
//SOURCES Report.java Row.java
package lib.explore;

import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.RecordFields;
import lib.explore.Report.Index;
import lib.explore.Report.Size;

/**
 * The questions about TimescaleDB: hypertables, chunks, continuous aggregates, policies and jobs; catalogs of 2.13 to
 * 2.29.
 *
 * <p>Three functions of the extension are never called, whatever they promise: approximate_row_count() crashes the
 * server under the Apache license when there are compressed chunks (and is far off), hypertable_index_size() and
 * index_matches() take a lock on every chunk and exhaust the lock table. What they would tell comes from the catalogs
 * instead.
 */
final class TimescaleCatalog {
    /**
     * Internal time: microseconds since 1970 for times and dates, plain numbers for integer columns; the ends stand for
     * infinity.
     */
    static final long NEVER = -210_866_803_200_000_000L;   // 4714 BC, the watermark of an aggregate never refreshed

    private final CatalogReader reader;
    private final Capabilities can;

    TimescaleCatalog(CatalogReader reader, Capabilities can) {
        this.reader = reader;
        this.can = can;
    }

    /** @param aggregateOf true when it holds the rows of a continuous aggregate */
    record HypertableRow(int id, long oid, String schema, String name, boolean aggregateOf, boolean columnstore) {}

    List<HypertableRow> hypertables() {
        var compressed = can.has("_timescaledb_catalog.hypertable.compression_state");
        var status = can.has("_timescaledb_catalog.hypertable.status");
        return reader.ask(
            Question.HYPERTABLES,
            """
                SELECT h.id, c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name,
                       EXISTS (SELECT FROM _timescaledb_catalog.continuous_agg AS a
                           WHERE a.mat_hypertable_id = h.id) AS aggregate_of,
                       (%s) AS columnstore
                FROM _timescaledb_catalog.hypertable AS h
                JOIN pg_catalog.pg_namespace AS n ON n.nspname = h.schema_name
                JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = h.table_name
                %s
                ORDER BY n.nspname, c.relname
                """
                .formatted(
                    (compressed ? "h.compression_state = 1" : "false") + (status ? " OR h.status & 4 <> 0" : ""),
                    compressed ? "WHERE h.compression_state <> 2" : ""),
            row -> new HypertableRow(
                row.count("id"),
                row.whole("oid"),
                row.text("schema"),
                row.text("name"),
                row.isTrue("aggregate_of"),
                row.isTrue("columnstore")));
    }

    record DimensionRow(int hypertable, String column, String type, Long interval, Integer slices) {}

    List<DimensionRow> dimensions() {
        return reader.ask(
            Question.DIMENSIONS,
            """
                SELECT d.hypertable_id, d.column_name AS name, d.column_type::text AS type, d.interval_length,
                    d.num_slices
                FROM _timescaledb_catalog.dimension AS d ORDER BY d.hypertable_id, d.id
                """,
            row -> new DimensionRow(
                row.count("hypertable_id"),
                row.text("name"),
                row.text("type"),
                row.number("interval_length"),
                row.integer("num_slices")));
    }

    record ChunkName(int hypertable, long oid, String name) {}

    /** @param foreign tiered: it lies in an object store */
    record ChunkState(Long from, Long to, int status, boolean foreign) {}

    /** Bytes and rows as of the compression; null where the chunk was never compressed. */
    record BeforeAndAfter(Long before, Long after, Long rowsBefore, Long batches) {}

    /**
     * @param size heap and TOAST of the chunk, and all of its compressed twin; the chunk's own indexes are asked by
     *        {@link #chunkIndexes}
     * @param rows estimated: the rows of the heap plus those that went into the compressed twin
     */
    record ChunkRow(ChunkName id, ChunkState state, Size size, long indexBytes, Long rows, BeforeAndAfter compression) {
        int hypertable() {
            return id.hypertable();
        }

        String name() {
            return id.name();
        }

        Long from() {
            return state.from();
        }

        Long to() {
            return state.to();
        }

        boolean foreign() {
            return state.foreign();
        }

        Long before() {
            return compression.before();
        }

        boolean isCompressed() {
            return (state.status() & 1) != 0;
        }

        boolean isFrozen() {
            return (state.status() & 4) != 0;
        }

        ChunkRow withIndexes(long bytes, boolean exact) {
            var all = size.plus(new Size(bytes, 0, bytes, 0, exact));
            return new ChunkRow(id, state, all, bytes, rows, compression);
        }

        /** Compressed, and then new rows came in. */
        boolean isPartial() {
            return (state.status() & 8) != 0;
        }
    }

    /**
     * One row a chunk, in the order of time. Sizes from the files; where something is locked meanwhile, from the last
     * vacuum.
     */
    List<ChunkRow> chunks() {
        return reader.tryAskUnlocked(Question.CHUNKS, locked -> chunkSql(locked, true), TimescaleCatalog::chunk)
            .orElseGet(
                () -> reader
                    .askUnlocked(Question.EXACT_SIZES, locked -> chunkSql(locked, false), TimescaleCatalog::chunk));
    }

    private String chunkSql(LockedRelations locked, boolean exact) {
        return """
            WITH open_dimension AS (
                SELECT min(id) AS id FROM _timescaledb_catalog.dimension GROUP BY hypertable_id
            ), slice AS MATERIALIZED (
            %s)
            SELECT k.hypertable_id, c.oid::bigint AS oid, c.relname AS name, s.range_start, s.range_end, k.status,
                   c.relkind = 'f' AS is_foreign, greatest(c.reltuples, 0)::bigint AS heap_rows,
                   c.reltuples < 0 AS never_analyzed, %s AS exact,
                   %s,
                   z.uncompressed_heap_size + z.uncompressed_toast_size + z.uncompressed_index_size AS before,
                   z.compressed_heap_size + z.compressed_toast_size + z.compressed_index_size AS after,
                   z.numrows_pre_compression AS rows_before, z.numrows_post_compression AS batches
            FROM _timescaledb_catalog.chunk AS k
            %s
            JOIN slice AS s ON s.chunk_id = k.id
            LEFT JOIN _timescaledb_catalog.compression_chunk_size AS z ON z.chunk_id = k.id
            %s
            %s
            WHERE %s
            ORDER BY k.hypertable_id, s.range_start, c.relname
            """
            .formatted(
                slices(),
                exactSql(locked, exact),
                exact ? exactSizes(locked) : pagesOfLastVacuum(),
                can.joinChunkClass(),
                joinTwin(),
                joinSizes(locked, exact),
                can.chunkIsThere());
    }

    /** The range of each chunk in the dimension of time. */
    private String slices() {
        return can.has("_timescaledb_catalog.dimension_slice.chunk_id")
            ? """
                SELECT s.chunk_id, s.range_start, s.range_end
                FROM _timescaledb_catalog.dimension_slice AS s JOIN open_dimension AS o ON o.id = s.dimension_id
                """
            : """
                SELECT cc.chunk_id, s.range_start, s.range_end
                FROM _timescaledb_catalog.chunk_constraint AS cc
                JOIN _timescaledb_catalog.dimension_slice AS s ON s.id = cc.dimension_slice_id
                JOIN open_dimension AS o ON o.id = s.dimension_id
                """;
    }

    private String exactSql(LockedRelations locked, boolean exact) {
        if (!exact) return "false";
        return can.readsFiles() ? "true" : "NOT (" + locked.has("c.oid") + " OR " + locked.has("x.oid") + ")";
    }

    /** Joins the table x that holds the chunk's compressed rows. */
    private String joinTwin() {
        return can.has("_timescaledb_catalog.compression_settings.compress_relid")
            ? """
                LEFT JOIN _timescaledb_catalog.compression_settings AS t
                       ON t.relid = c.oid AND t.compress_relid IS NOT NULL
                LEFT JOIN pg_catalog.pg_class AS x ON x.oid = t.compress_relid"""
            : """
                LEFT JOIN _timescaledb_catalog.chunk AS t ON t.id = k.compressed_chunk_id
                LEFT JOIN pg_catalog.pg_namespace AS xn ON xn.nspname = t.schema_name
                LEFT JOIN pg_catalog.pg_class AS x ON x.relnamespace = xn.oid AND x.relname = t.table_name""";
    }

    private String exactSizes(LockedRelations locked) {
        return """
            %s AS heap_bytes, %s AS toast_bytes,
            CASE WHEN x.oid IS NULL THEN 0 ELSE %s END AS twin_heap_bytes, %s AS twin_toast_bytes,
            coalesce(xi.bytes, 0) AS twin_index_bytes"""
            .formatted(
                can.bytesOf("c.oid", locked),
                can.toastBytesOf("c.reltoastrelid", locked),
                can.bytesOf("x.oid", locked),
                can.toastBytesOf("x.reltoastrelid", locked));
    }

    private static final String PAGE_BYTES = "current_setting('block_size')::bigint";

    private static String pagesOfLastVacuum() {
        return """
            c.relpages * %1$s AS heap_bytes, coalesce(ct.relpages, 0) * %1$s AS toast_bytes,
            coalesce(x.relpages, 0) * %1$s AS twin_heap_bytes, coalesce(xt.relpages, 0) * %1$s AS twin_toast_bytes,
            coalesce(xi.bytes, 0) AS twin_index_bytes"""
            .formatted(PAGE_BYTES);
    }

    private String joinSizes(LockedRelations locked, boolean exact) {
        var toast = exact ? "" : """
            LEFT JOIN pg_catalog.pg_class AS ct ON ct.oid = c.reltoastrelid
            LEFT JOIN pg_catalog.pg_class AS xt ON xt.oid = x.reltoastrelid
            """;
        return toast + """
            LEFT JOIN LATERAL (
                SELECT sum(%s)::bigint AS bytes
                FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
                WHERE i.indrelid = x.oid) AS xi ON true
            """.formatted(exact ? can.bytesOf("ic.oid", locked) : "ic.relpages * " + PAGE_BYTES);
    }

    private static ChunkRow chunk(Row row) throws SQLException {
        long toast = row.whole("toast_bytes") + row.whole("twin_toast_bytes");
        long heap = row.whole("heap_bytes") + row.whole("twin_heap_bytes");
        long index = row.whole("twin_index_bytes");
        var before = row.number("rows_before");
        boolean compressed = (row.count("status") & 1) != 0;
        long rows = row.whole("heap_rows") + (compressed && before != null ? before : 0);
        return new ChunkRow(
            new ChunkName(row.count("hypertable_id"), row.whole("oid"), row.text("name")),
            new ChunkState(
                row.number("range_start"),
                row.number("range_end"),
                row.count("status"),
                row.isTrue("is_foreign")),
            new Size(heap + index + toast, heap, index, toast, row.isTrue("exact")),
            0,
            row.isTrue("never_analyzed") && !compressed && heap > 0 ? null : rows,
            new BeforeAndAfter(row.number("before"), row.number("after"), before, row.number("batches")));
    }

    record SettingsRow(long oid, List<String> segmentBy, List<String> orderBy) {}

    /**
     * Read from the catalog: the views of timescaledb_information cast names to regclass, which needs USAGE on the
     * schema.
     */
    List<SettingsRow> compressionSettings() {
        if (!can.has("_timescaledb_catalog.compression_settings.relid")) return compressionSettingsUntil213();
        return reader.ask(Question.COMPRESSION, """
            SELECT s.relid::oid::bigint AS oid, s.segmentby,
                   (SELECT array_agg(o.name || CASE WHEN s.orderby_desc[o.n] THEN ' DESC' ELSE '' END
                              -- PostgreSQL's own default: NULLS FIRST with DESC, else NULLS LAST
                              || CASE WHEN s.orderby_nullsfirst[o.n] = s.orderby_desc[o.n] THEN ''
                                      WHEN s.orderby_nullsfirst[o.n] THEN ' NULLS FIRST' ELSE ' NULLS LAST' END
                              ORDER BY o.n)
                    FROM unnest(s.orderby) WITH ORDINALITY AS o(name, n)) AS orderby
            FROM _timescaledb_catalog.compression_settings AS s
            JOIN _timescaledb_catalog.hypertable AS h ON true
            JOIN pg_catalog.pg_namespace AS n ON n.nspname = h.schema_name
            JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = h.table_name AND c.oid = s.relid
            """, row -> new SettingsRow(row.whole("oid"), row.texts("segmentby"), row.texts("orderby")));
    }

    /** Until 2.13 each compressed column had a row of its own. */
    private List<SettingsRow> compressionSettingsUntil213() {
        if (!can.has("_timescaledb_catalog.hypertable_compression.attname")) return List.of();
        return reader.ask(
            Question.COMPRESSION,
            """
                SELECT c.oid::bigint AS oid,
                       array_agg(s.attname::text ORDER BY s.segmentby_column_index)
                           FILTER (WHERE s.segmentby_column_index > 0) AS segmentby,
                       array_agg(s.attname || CASE WHEN s.orderby_asc THEN '' ELSE ' DESC' END
                           ORDER BY s.orderby_column_index)
                           FILTER (WHERE s.orderby_column_index > 0) AS orderby
                FROM _timescaledb_catalog.hypertable_compression AS s
                JOIN _timescaledb_catalog.hypertable AS h ON h.id = s.hypertable_id
                JOIN pg_catalog.pg_namespace AS n ON n.nspname = h.schema_name
                JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = h.table_name
                GROUP BY c.oid
                """,
            row -> new SettingsRow(row.whole("oid"), row.texts("segmentby"), row.texts("orderby")));
    }

    /** @param watermark internal time */
    record AggregateRow(
        int id,
        int source,
        Integer parent,
        long viewOid,
        long tableOid,
        String schema,
        String name,
        String owner,
        String comment,
        boolean materializedOnly,
        Long watermark,
        String bucket,
        String sourceSchema,
        String sourceName,
        String timeType) {}

    List<AggregateRow> aggregates() {
        var parent = can.has("_timescaledb_catalog.continuous_agg.parent_mat_hypertable_id");
        var bucket = can.has("_timescaledb_catalog.continuous_aggs_bucket_function.bucket_width");
        var bucketBy = can.has("_timescaledb_catalog.continuous_aggs_bucket_function.mat_hypertable_id")
            ? "b.mat_hypertable_id = a.mat_hypertable_id"
            : "false";
        return reader.ask(
            Question.AGGREGATES,
            """
                SELECT a.mat_hypertable_id AS id, a.raw_hypertable_id AS source, %s AS parent,
                       v.oid::bigint AS view_oid, t.oid::bigint AS table_oid, vn.nspname AS schema, v.relname AS name,
                       pg_catalog.pg_get_userbyid(v.relowner) AS owner, d.description AS comment, a.materialized_only,
                       w.watermark, %s AS bucket,
                       coalesce(p.user_view_schema, r.schema_name) AS source_schema, coalesce(p.user_view_name,
                           r.table_name) AS source_name,
                       (SELECT di.column_type::text FROM _timescaledb_catalog.dimension AS di
                           WHERE di.hypertable_id = a.mat_hypertable_id ORDER BY di.id LIMIT 1) AS time_type
                FROM _timescaledb_catalog.continuous_agg AS a
                JOIN pg_catalog.pg_namespace AS vn ON vn.nspname = a.user_view_schema
                JOIN pg_catalog.pg_class AS v ON v.relnamespace = vn.oid AND v.relname = a.user_view_name
                JOIN _timescaledb_catalog.hypertable AS m ON m.id = a.mat_hypertable_id
                JOIN pg_catalog.pg_namespace AS tn ON tn.nspname = m.schema_name
                JOIN pg_catalog.pg_class AS t ON t.relnamespace = tn.oid AND t.relname = m.table_name
                JOIN _timescaledb_catalog.hypertable AS r ON r.id = a.raw_hypertable_id
                LEFT JOIN _timescaledb_catalog.continuous_agg AS p ON p.mat_hypertable_id = a.raw_hypertable_id
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = v.oid
                    AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
                -- the table is readable by everybody, the function cagg_watermark() is not
                LEFT JOIN _timescaledb_catalog.continuous_aggs_watermark AS w
                    ON w.mat_hypertable_id = a.mat_hypertable_id
                %s
                ORDER BY vn.nspname, v.relname
                """
                .formatted(
                    parent ? "a.parent_mat_hypertable_id" : "NULL::int",
                    bucket ? "b.bucket_width::text" : "NULL::text",
                    bucket ? "LEFT JOIN _timescaledb_catalog.continuous_aggs_bucket_function AS b ON " + bucketBy : ""),
            row -> row.record(AggregateRow.class));
    }

    /** Definitions as the user wrote them: the direct view, without the UNION of a real-time aggregate. */
    Map<Integer, String> aggregateDefinitions() {
        var definitions = new HashMap<Integer, String>();
        reader.ask(Question.AGGREGATE_DEFINITIONS, """
            SELECT a.mat_hypertable_id AS id, pg_catalog.pg_get_viewdef(c.oid, true) AS definition
            FROM _timescaledb_catalog.continuous_agg AS a
            JOIN pg_catalog.pg_namespace AS n ON n.nspname = a.direct_view_schema
            JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = a.direct_view_name
            """, row -> definitions.put(row.count("id"), row.text("definition")));
        return definitions;
    }

    /**
     * @param ranges changed ranges that wait for the next refresh
     * @param all from one end of time to the other everything waits: no refresh has ever succeeded
     */
    record Pending(long ranges, boolean all) {}

    /**
     * What waits for a refresh, by materialization hypertable. Rows that reach to infinity are markers, not a backlog:
     * each refresh cuts its window out of them. The watermark alone does not tell whether there was one, it stays
     * where it is when the refresh found no rows.
     */
    Map<Integer, Pending> pending() {
        var pending = new HashMap<Integer, Pending>();
        if (!can.has("_timescaledb_catalog.continuous_aggs_materialization_invalidation_log.materialization_id")) {
            return pending;
        }
        reader.ask(
            Question.PENDING_REFRESHES,
            """
                SELECT a.mat_hypertable_id AS id,
                       (SELECT count(*) FROM _timescaledb_catalog.continuous_aggs_materialization_invalidation_log AS m
                        WHERE m.materialization_id = a.mat_hypertable_id
                            AND m.lowest_modified_value > -210866803200000000
                          AND m.greatest_modified_value < least(coalesce(w.watermark, 9223372036854775807),
                              9223371331199999999))
                     + (SELECT count(*) FROM _timescaledb_catalog.continuous_aggs_hypertable_invalidation_log AS h
                        WHERE h.hypertable_id = a.raw_hypertable_id
                            AND h.lowest_modified_value < coalesce(w.watermark, 9223372036854775807)) AS pending,
                       (SELECT coalesce(min(m.low) = -9223372036854775808 AND max(m.high) = 9223372036854775807
                                        AND bool_and(m.low::numeric <= coalesce(m.before, m.low)::numeric + 1), false)
                        FROM (SELECT r.lowest_modified_value AS low, r.greatest_modified_value AS high,
                                     max(r.greatest_modified_value)
                                         OVER (ORDER BY r.lowest_modified_value
                                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                              FROM _timescaledb_catalog.continuous_aggs_materialization_invalidation_log AS r
                              WHERE r.materialization_id = a.mat_hypertable_id) AS m) AS everything
                FROM _timescaledb_catalog.continuous_agg AS a
                LEFT JOIN _timescaledb_catalog.continuous_aggs_watermark AS w
                    ON w.mat_hypertable_id = a.mat_hypertable_id
                """,
            row -> pending.put(row.count("id"), new Pending(row.whole("pending"), row.isTrue("everything"))));
        return pending;
    }

    /** @param target the id of the hypertable (or of an aggregate's materialization) it works on, or null */
    record JobRow(
        int id,
        String application,
        String procedure,
        String schedule,
        Double scheduleSeconds,
        boolean scheduled,
        String owner,
        String config,
        Integer target,
        Map<String, String> policy) {}

    private static final List<String> POLICY_KEYS =
        List.of(
            "compress_after",
            "compress_created_before",
            "drop_after",
            "drop_created_before",
            "start_offset",
            "end_offset");

    /**
     * From the information view, which every version has and which everybody may read. Offsets as seconds where they
     * are intervals.
     */
    List<JobRow> jobs() {
        var picked = POLICY_KEYS.stream()
            .map(k -> "j.config ->> '" + k + "' AS " + k)
            .reduce((a, b) -> a + ",\n       " + b)
            .orElseThrow();
        return reader.ask(
            Question.JOBS,
            """
                SELECT j.job_id AS id, j.application_name AS application, j.proc_schema || '.'
                    || j.proc_name AS procedure, j.schedule_interval::text AS schedule,
                       extract(epoch FROM j.schedule_interval)::float8 AS schedule_seconds, j.scheduled,
                           j.owner::text AS owner, j.config::text AS config,
                       coalesce((j.config ->> 'mat_hypertable_id')::int, (j.config ->> 'hypertable_id')::int) AS target,
                       %s
                FROM timescaledb_information.jobs AS j ORDER BY j.job_id
                """
                .formatted(picked),
            row -> {
                var policy = new HashMap<String, String>();
                for (var key : POLICY_KEYS) {
                    if (row.text(key) != null) policy.put(key, row.text(key));
                }
                return row.record(RecordFields.of(JobRow.class).with("policy", Map.copyOf(policy)));
            });
    }

    record JobStat(
        int id,
        String status,
        Instant lastRun,
        Instant lastSuccess,
        Double seconds,
        Instant next,
        Long runs,
        Long failures) {}

    Map<Integer, JobStat> jobStats() {
        var stats = new HashMap<Integer, JobStat>();
        reader.ask(
            Question.JOB_RUNS,
            """
                SELECT s.job_id, s.last_run_status, s.last_run_started_at, s.last_successful_finish,
                       extract(epoch FROM s.last_run_duration)::float8 AS seconds, s.next_start, s.total_runs,
                           s.total_failures
                FROM timescaledb_information.job_stats AS s
                """,
            row -> stats.put(
                row.count("job_id"),
                new JobStat(
                    row.count("job_id"),
                    row.text("last_run_status"),
                    row.instant("last_run_started_at"),
                    row.instant("last_successful_finish"),
                    row.decimal("seconds"),
                    row.instant("next_start"),
                    row.number("total_runs"),
                    row.number("total_failures"))));
        return stats;
    }

    /** The text of each job's newest failure. Without rights on a job its errors are silently left out. */
    Map<Integer, String> jobErrors() {
        var errors = new HashMap<Integer, String>();
        reader.ask(Question.JOB_ERRORS, """
            SELECT DISTINCT ON (e.job_id) e.job_id, e.err_message
            FROM timescaledb_information.job_errors AS e ORDER BY e.job_id, e.start_time DESC
            """, row -> errors.put(row.count("job_id"), row.text("err_message")));
        return errors;
    }

    /** @param parent OID of the index on the hypertable; @param chunks how many indexes of chunks belong to it */
    record ChunkIndexRow(long parent, int chunks, long scans, long bytes) {
        Index addTo(Index own) {
            return RecordFields.of(own)
                .with("bytes", own.bytes() + bytes)
                .with("scans", own.scans() == null ? scans : own.scans() + scans)
                .with("chunkIndexes", chunks)
                .record();
        }
    }

    /** @param byChunk bytes of all indexes of a chunk, by its OID */
    record ChunkIndexes(Map<Long, ChunkIndexRow> byParent, Map<Long, Long> byChunk, boolean exact) {
        static final ChunkIndexes NONE = new ChunkIndexes(Map.of(), Map.of(), true);

        long bytesOf(long chunk) {
            return byChunk.getOrDefault(chunk, 0L);
        }
    }

    /**
     * Scans and bytes of the chunks' indexes, summed up under the index of the hypertable, and bytes under the chunk.
     * No catalog links an index of a chunk to one of the hypertable, their names do: {@code <chunk>_<index>} cut at 63
     * bytes, for constraints
     * {@code <chunk id>_<constraint>} or {@code <chunk id>_<n>_<constraint>}.
     */
    ChunkIndexes chunkIndexes() {
        var rows = reader.tryAskUnlocked(
            Question.CHUNK_INDEXES,
            locked -> chunkIndexSql(can.bytesOf("i.indexrelid", locked)),
            TimescaleCatalog::chunkIndexSum);
        return rows.map(sums -> sorted(sums, can.readsFiles() || reader.locked().isEmpty()))
            .orElseGet(
                () -> sorted(
                    reader.ask(
                        Question.EXACT_SIZES,
                        chunkIndexSql("ic.relpages * current_setting('block_size')::bigint"),
                        TimescaleCatalog::chunkIndexSum),
                    false));
    }

    private record ChunkIndexSum(Long parent, Long chunk, int indexes, long scans, long bytes) {}

    private static ChunkIndexes sorted(List<ChunkIndexSum> rows, boolean exact) {
        var byParent = new HashMap<Long, ChunkIndexRow>();
        var byChunk = new HashMap<Long, Long>();
        for (var r : rows) {
            if (r.parent() != null) {
                byParent.put(r.parent(), new ChunkIndexRow(r.parent(), r.indexes(), r.scans(), r.bytes()));
            } else byChunk.put(r.chunk(), r.bytes());
        }
        return new ChunkIndexes(byParent, byChunk, exact);
    }

    private String chunkIndexSql(String bytes) {
        return """
            WITH parent AS MATERIALIZED (
                SELECT h.id AS hypertable_id, i.indexrelid AS oid, ic.relname AS name
                FROM _timescaledb_catalog.hypertable AS h
                JOIN pg_catalog.pg_namespace AS n ON n.nspname = h.schema_name
                JOIN pg_catalog.pg_class AS t ON t.relnamespace = n.oid AND t.relname = h.table_name
                JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid
                JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
            ), chunk AS MATERIALIZED (
                SELECT k.hypertable_id, k.id, c.oid, c.relname AS name
                FROM _timescaledb_catalog.chunk AS k
                %s
                WHERE %s
            ), child AS MATERIALIZED (
                SELECT k.hypertable_id, k.oid AS chunk_oid, k.name || '_' AS chunk, k.id || '_' AS chunk_id,
                    i.indexrelid AS oid, ic.relname AS name,
                       -- one pattern for all: a pattern made for each chunk would be compiled for each
                       CASE WHEN starts_with(ic.relname, k.id || '_') THEN regexp_replace(ic.relname,
                           '^[0-9]+_([0-9]+_)?', '') END AS constraint_name,
                       %s AS bytes
                FROM chunk AS k
                JOIN pg_catalog.pg_index AS i ON i.indrelid = k.oid
                JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
            ), matched AS (
                SELECT p.oid AS parent, c.oid, c.bytes
                FROM child AS c
                JOIN parent AS p ON p.hypertable_id = c.hypertable_id
                 AND (c.name = left(c.chunk || p.name, 63)
                      OR c.name = left(c.chunk_id || p.name, 63)
                      OR c.constraint_name = p.name
                      -- a name that was taken got a number at its end
                      OR length(c.chunk || p.name) > 59 AND left(c.name, 55) = left(c.chunk || p.name, 55)
                         AND (SELECT count(*) FROM parent AS q WHERE q.hypertable_id = p.hypertable_id
                              AND left(c.chunk || q.name, 55) = left(c.name, 55)) = 1)
            )
            SELECT parent::bigint AS parent, NULL::bigint AS chunk, count(*)::int AS indexes,
                sum(pg_catalog.pg_stat_get_numscans(oid))::bigint AS scans, sum(bytes)::bigint AS bytes
            FROM matched GROUP BY parent
            UNION ALL
            SELECT NULL, chunk_oid::bigint, count(*)::int, 0, sum(bytes)::bigint FROM child GROUP BY chunk_oid
            """
            .formatted(can.joinChunkClass(), can.chunkIsThere(), bytes);
    }

    private static ChunkIndexSum chunkIndexSum(Row row) throws SQLException {
        return new ChunkIndexSum(
            row.number("parent"),
            row.number("chunk"),
            row.count("indexes"),
            row.whole("scans"),
            row.whole("bytes"));
    }

    record UseRow(int hypertable, Report.TableUse use) {}

    /** The chunks' counters, summed; the oldest frozen transaction with its chunk's name. */
    List<UseRow> chunkUse() {
        return reader.ask(
            Question.CHUNK_USE,
            """
                WITH chunk AS (
                    SELECT k.hypertable_id, c.oid, c.relname, c.relfrozenxid, c.relkind
                    FROM _timescaledb_catalog.chunk AS k
                    %s
                    WHERE %s AND c.relkind = 'r'
                )
                SELECT c.hypertable_id,
                       %s
                FROM chunk AS c GROUP BY c.hypertable_id
                """
                .formatted(can.joinChunkClass(), can.chunkIsThere(), LiveCatalog.counters()),
            row -> new UseRow(row.count("hypertable_id"), LiveCatalog.use(row)));
    }

    static boolean isTime(String type) {
        return !(type.equals("integer") || type.equals("bigint") || type.equals("smallint"));
    }

    /** A point of an open dimension as people read it; null for the ends of time. */
    static String point(Long value, String type) {
        if (value == null || value == Long.MIN_VALUE || value == Long.MAX_VALUE) return null;
        var instant = isTime(type) ? instant(value) : null;
        if (!isTime(type)) return String.valueOf(value);
        return type.equals("date") ? instant.toString().substring(0, 10) : instant.toString();
    }

    static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
