//SOURCES ../RecordFields.java ../database/Database.java Capabilities.java CatalogReader.java LockedRelations.java
//SOURCES Question.java Redaction.java Report.java Row.java
package lib.explore;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.RecordFields;
import lib.database.Database;
import lib.explore.Report.Size;

/** The questions about the running server: sizes, counters of the statistics, sessions, settings. */
final class LiveCatalog {
    private final CatalogReader reader;
    private final Capabilities can;

    LiveCatalog(CatalogReader reader, Capabilities can) {
        this.reader = reader;
        this.can = can;
    }

    record ServerRow(
        Instant startedAt,
        Instant statisticsSince,
        String owner,
        String comment,
        String encoding,
        String collation,
        Long deadlocks,
        Long checksumFailures,
        long age,
        long multixactAge,
        long freezeMaxAge,
        boolean restoring) {
        private static final long USUAL_FREEZE_MAX_AGE = 200_000_000;

        static ServerRow unknown() {
            return RecordFields.of(ServerRow.class).with("freezeMaxAge", USUAL_FREEZE_MAX_AGE).restUnknown().record();
        }
    }

    ServerRow server() {
        return reader
            .first(
                Question.DATABASE,
                """
                    SELECT pg_catalog.pg_postmaster_start_time() AS started_at,
                           -- a crash zeroes all counters and leaves stats_reset empty: then they count since the start
                           greatest(s.stats_reset, pg_catalog.pg_postmaster_start_time()) AS statistics_since,
                           pg_catalog.pg_get_userbyid(d.datdba) AS owner,
                               pg_catalog.shobj_description(d.oid, 'pg_database') AS comment,
                           pg_catalog.pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collation,
                           s.deadlocks, s.checksum_failures, age(d.datfrozenxid)::bigint AS age,
                               mxid_age(d.datminmxid)::bigint AS multixact_age,
                           current_setting('autovacuum_freeze_max_age')::bigint AS freeze_max_age,
                           coalesce(current_setting('timescaledb.restoring', true) = 'on', false) AS restoring
                    FROM pg_catalog.pg_database AS d
                    LEFT JOIN pg_catalog.pg_stat_database AS s ON s.datid = d.oid
                    WHERE d.datname = current_database()
                    """,
                row -> row.record(ServerRow.class))
            .orElseGet(ServerRow::unknown);
    }

    record Part(long root, int parts, Long rows, Size size, Report.TableUse use) {
        Part withIndexes(long bytes, boolean exact) {
            return new Part(root, parts, rows, size.plus(new Size(bytes, 0, bytes, 0, exact)), use);
        }
    }

    /**
     * Sizes and counters of tables; of partitioned ones summed over all partitions below, indexes included. Those of
     * other tables are asked one by one.
     */
    Map<Long, Part> tables(String[] oids) {
        var parts = new HashMap<Long, Part>();
        reader.tryAskUnlocked(Question.SIZES, locked -> tableSql(can, locked, true), LiveCatalog::part, (Object) oids)
            .orElseGet(
                () -> reader.askUnlocked(
                    Question.EXACT_SIZES,
                    locked -> tableSql(can, locked, false),
                    LiveCatalog::part,
                    (Object) oids))
            .forEach(p -> parts.put(p.root(), p));
        return parts;
    }

    private static String tableSql(Capabilities can, LockedRelations locked, boolean exact) {
        return """
            WITH RECURSIVE tree(root, oid) AS (
                SELECT c.oid, c.oid FROM pg_catalog.pg_class AS c WHERE c.oid = ANY (?::text[]::oid[])
                    AND c.relkind IN ('r', 'p', 'm')
                UNION ALL
                SELECT t.root, h.inhrelid FROM tree AS t
                JOIN pg_catalog.pg_class AS p ON p.oid = t.oid AND p.relkind = 'p'
                JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.oid
            )
            SELECT t.root::bigint AS root, (count(*) FILTER (WHERE c.oid <> t.root AND c.relkind <> 'p'))::int AS parts,
                   -- when more than a tenth was never analyzed, the sum would be wrong; empty partitions tell enough
                   CASE WHEN 10 * coalesce(sum(h.bytes) FILTER (WHERE c.reltuples < 0), 0) <= sum(h.bytes)
                        THEN coalesce(sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind <> 'p'),
                            0)::bigint END AS rows,
                   %s,
                   %s AS exact,
                   %s
            FROM tree AS t
            JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
            -- OFFSET 0: looked at once, though it is used twice
            CROSS JOIN LATERAL (SELECT %s AS bytes OFFSET 0) AS h
            %s
            GROUP BY t.root
            """
            .formatted(
                exact
                    ? """
                        coalesce(sum(h.bytes), 0)::bigint AS heap_bytes, coalesce(sum(%s), 0)::bigint AS toast_bytes,
                        coalesce(sum(CASE WHEN c.oid <> t.root AND NOT %s
                                          THEN pg_catalog.pg_indexes_size(c.oid) END), 0)::bigint AS index_bytes"""
                        .formatted(
                            can.toastBytesOf("c.reltoastrelid", locked),
                            locked.has("c.oid"))
                    : """
                        sum(h.bytes)::bigint AS heap_bytes,
                            (sum(coalesce(x.relpages, 0)) * %1$s)::bigint AS toast_bytes,
                        (sum(coalesce(i.pages, 0)) * %1$s)::bigint AS index_bytes"""
                        .formatted("current_setting('block_size')::bigint"),
                exactSql(can, locked, exact),
                counters(),
                exact ? can.bytesOf("c.oid", locked) : "c.relpages * current_setting('block_size')::bigint",
                exact ? ""
                    : """
                        LEFT JOIN pg_catalog.pg_class AS x ON x.oid = c.reltoastrelid
                        LEFT JOIN LATERAL (
                            SELECT sum(ic.relpages)::bigint AS pages
                            FROM pg_catalog.pg_index AS ix
                            JOIN pg_catalog.pg_class AS ic ON ic.oid = ix.indexrelid
                            WHERE ix.indrelid = c.oid AND c.oid <> t.root) AS i ON true""");
    }

    private static String exactSql(Capabilities can, LockedRelations locked, boolean exact) {
        if (!exact) return "false";
        return can.readsFiles() ? "true" : "NOT bool_or(" + locked.has("c.oid") + ")";
    }

    private static Part part(Row row) throws SQLException {
        long toast = row.whole("toast_bytes");
        long heap = row.whole("heap_bytes");
        long index = row.whole("index_bytes");
        return new Part(
            row.whole("root"),
            row.count("parts"),
            row.number("rows"),
            new Size(heap + index + toast, heap, index, toast, row.isTrue("exact")),
            use(row));
    }

    /** What {@link #counters} tells; the scans of indexes and the bloat are asked apart. */
    static Report.TableUse use(Row row) throws SQLException {
        return row.record(RecordFields.of(Report.TableUse.class).with("indexScans", null).with("bloat", null));
    }

    /** SQL for the counters of the relations c, a row of pg_class each, summed; and the oldest frozen one's name. */
    static String counters() {
        return """
            sum(pg_catalog.pg_stat_get_numscans(c.oid))::bigint AS sequential_scans,
            sum(pg_catalog.pg_stat_get_tuples_inserted(c.oid))::bigint AS inserted,
            sum(pg_catalog.pg_stat_get_tuples_updated(c.oid))::bigint AS updated,
            sum(pg_catalog.pg_stat_get_tuples_deleted(c.oid))::bigint AS deleted,
            sum(pg_catalog.pg_stat_get_live_tuples(c.oid))::bigint AS live,
            sum(pg_catalog.pg_stat_get_dead_tuples(c.oid))::bigint AS dead,
            sum(pg_catalog.pg_stat_get_mod_since_analyze(c.oid))::bigint AS modified_since_analyze,
            max(greatest(pg_catalog.pg_stat_get_last_vacuum_time(c.oid),
                         pg_catalog.pg_stat_get_last_autovacuum_time(c.oid))) AS last_vacuum,
            max(greatest(pg_catalog.pg_stat_get_last_analyze_time(c.oid),
                         pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid))) AS last_analyze,
            sum(pg_catalog.pg_stat_get_blocks_fetched(c.oid)
                - pg_catalog.pg_stat_get_blocks_hit(c.oid))::bigint AS blocks_read,
            sum(pg_catalog.pg_stat_get_blocks_hit(c.oid))::bigint AS blocks_hit,
            max(age(c.relfrozenxid)) FILTER (WHERE c.relfrozenxid::text <> '0')::bigint AS frozen_age,
            (array_agg(c.relname ORDER BY age(c.relfrozenxid) DESC)
                FILTER (WHERE c.relfrozenxid::text <> '0'))[1] AS worst_frozen""";
    }

    record Settings(Map<String, String> byName, List<Report.Setting> shown) {
        Long bytes(String name) {
            var value = byName.get(name + ".bytes");
            return value == null ? null : Long.valueOf(value);
        }

        String get(String name) {
            return byName.get(name);
        }
    }

    /**
     * Those that were changed from the default, and those that our rules read. @param ofBackup then they are those of
     * our copy, and tell nothing
     */
    Settings settings(boolean ofBackup) {
        var byName = new HashMap<String, String>();
        var shown = new ArrayList<Report.Setting>();
        if (ofBackup) {
            reader.note(
                new Report.NotSeen(
                    "settings",
                    "a backup is read through a copy that runs with settings of its own",
                    null,
                    "Ask the running server.",
                    List.of(Question.SETTINGS),
                    false));
            return new Settings(byName, shown);
        }
        reader.ask(
            Question.SETTINGS,
            """
                SELECT s.name, s.setting, s.unit, s.source,
                       CASE s.unit WHEN 'B' THEN s.setting::bigint
                                   WHEN 'kB' THEN s.setting::bigint * 1024
                                   WHEN '8kB' THEN s.setting::bigint * 8192
                                   WHEN 'MB' THEN s.setting::bigint * 1048576 END AS bytes
                FROM pg_catalog.pg_settings AS s
                WHERE s.name IN (
                    'shared_buffers', 'work_mem', 'maintenance_work_mem', 'effective_cache_size', 'max_connections',
                    'autovacuum', 'fsync', 'full_page_writes', 'synchronous_commit', 'max_locks_per_transaction',
                    'max_worker_processes', 'max_parallel_workers', 'random_page_cost', 'track_counts',
                    'track_io_timing', 'wal_level', 'checkpoint_timeout', 'max_wal_size', 'data_directory',
                    'statement_timeout', 'idle_in_transaction_session_timeout', 'jit', 'data_checksums',
                    'timescaledb.max_background_workers', 'timescaledb.license', 'timescaledb.restoring')
                   OR s.source NOT IN ('default', 'override', 'client', 'session', 'environment variable')
                      AND s.name !~ ('^(lc_|log_timezone|TimeZone|DateStyle|default_text_search_config|'
                                     || 'dynamic_shared_memory_type)')
                ORDER BY s.name
                """,
            row -> {
                var name = row.text("name");
                var value = row.text("setting", setting -> Redaction.setting(name, setting));
                byName.put(name, value);
                if (row.text("bytes") != null) byName.put(name + ".bytes", row.text("bytes"));
                // what this session set for itself is not the server's
                var source = row.text("source");
                if (!List.of("session", "client").contains(source)) {
                    shown.add(new Report.Setting(name, value, row.text("unit"), source));
                }
                return name;
            });
        return new Settings(byName, shown);
    }

    Report.Connections connections(Integer max) {
        return reader.first(
            Question.CONNECTIONS,
            """
                SELECT count(*)::int AS total, (count(*) FILTER (WHERE state = 'active'))::int AS active,
                    (count(*) FILTER (WHERE state = 'idle'))::int AS idle,
                       (count(*) FILTER (WHERE state LIKE 'idle in transaction%'))::int AS idle_in_transaction
                FROM pg_catalog.pg_stat_activity WHERE pid <> ALL (?::text[]::int[])
                    AND (backend_type = 'client backend' OR backend_type IS NULL)
                """,
            row -> new Report.Connections(
                row.count("total"),
                row.count("active"),
                row.count("idle"),
                row.count("idle_in_transaction"),
                max),
            (Object) reader.ownProcesses()).orElse(null);
    }

    List<Report.LongTransaction> longTransactions(int seconds) {
        return reader.ask(
            Question.TRANSACTIONS,
            """
                SELECT a.pid, a.usename AS name, a.application_name, a.state,
                    extract(epoch FROM now() - a.xact_start)::bigint AS seconds, left(a.query, 300) AS query
                FROM pg_catalog.pg_stat_activity AS a
                WHERE a.pid <> ALL (?::text[]::int[]) AND a.xact_start < now() - ? * interval '1 second'
                    AND a.backend_type = 'client backend'
                  AND a.datname = current_database()
                ORDER BY a.xact_start LIMIT 20
                """,
            row -> new Report.LongTransaction(
                row.count("pid"),
                row.text("name"),
                row.text("application_name"),
                row.text("state"),
                row.whole("seconds"),
                row.text("query", Redaction::query)),
            reader.ownProcesses(),
            seconds);
    }

    List<Report.Blocked> blocked() {
        return reader.ask(
            Question.BLOCKED,
            """
                SELECT a.pid, pg_catalog.pg_blocking_pids(a.pid) AS by,
                    extract(epoch FROM now() - a.query_start)::bigint AS seconds, left(a.query, 300) AS query,
                       (SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_locks AS l
                           JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
                        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE l.pid = a.pid
                            AND NOT l.granted LIMIT 1) AS relation
                FROM pg_catalog.pg_stat_activity AS a
                WHERE a.wait_event_type = 'Lock' AND a.pid <> ALL (?::text[]::int[])
                ORDER BY a.query_start LIMIT 20
                """,
            row -> new Report.Blocked(
                row.count("pid"),
                row.texts("by").stream().map(Integer::valueOf).toList(),
                row.whole("seconds"),
                row.text("relation"),
                row.text("query", Redaction::query)),
            (Object) reader.ownProcesses());
    }

    List<Report.SlowQuery> slowQueries() {
        var schema = can.statementsSchema();
        if (schema == null) return List.of();
        // the columns were renamed in version 1.8 of the extension (PostgreSQL 13)
        var prefix = can.statementsHas("total_exec_time") ? "_exec_time" : "_time";
        return reader.ask(
            Question.STATEMENTS,
            """
                SELECT left(s.query, 2000) AS query, s.calls, s.mean%1$s AS mean,
                    s.total%1$s AS total, s.rows
                FROM %2$s.pg_stat_statements AS s
                WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                  AND s.query !~* ('^\\s*(/\\*\\s*explore:|begin|start |commit|rollback|end|savepoint|release|'
                                   || 'set |reset |show |discard|deallocate|close|fetch|checkpoint)')
                  -- what every tool of ours asks first
                  AND s.query !~ '/\\* (explore|chart|backup|restore): '
                  AND s.query NOT LIKE '%%AS may_replicate%%' AND s.query NOT LIKE '%%AS edition%%'
                ORDER BY s.total%1$s DESC, s.query LIMIT 20
                """
                .formatted(prefix, Database.identifier(schema)),
            row -> new Report.SlowQuery(
                row.text("query", LiveCatalog::onOneLine),
                row.whole("calls"),
                Math.round(row.decimal("mean") * 100) / 100.0,
                Math.round(row.decimal("total")),
                row.whole("rows")));
    }

    /** Only without its data: the end of a line ends a comment, and tells what is data. */
    private static String onOneLine(String query) {
        var line = Redaction.query(query).replaceAll("\\s+", " ");
        return line.substring(0, Math.min(500, line.length()));
    }

    List<Report.ReplicationSlot> slots() {
        return reader.ask(
            Question.SLOTS,
            """
                SELECT s.slot_name AS name, s.slot_type AS type, s.active,
                       CASE WHEN NOT pg_is_in_recovery()
                           THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(),
                           s.restart_lsn)::bigint END AS retained
                FROM pg_catalog.pg_replication_slots AS s ORDER BY s.slot_name
                """,
            row -> new Report.ReplicationSlot(
                row.text("name"),
                row.text("type"),
                row.isTrue("active"),
                row.number("retained")));
    }

    /** Tables named like chunks that no hypertable knows: DROP EXTENSION leaves them behind as ordinary tables. */
    List<String> orphanedChunks() {
        return reader.ask(Question.ORPHANS, """
            SELECT n.nspname || '.' || c.relname AS name
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname = '_timescaledb_internal' AND c.relname ~ '_chunk$' %s
            ORDER BY 1 LIMIT 100
            """.formatted(isNoChunk()), row -> row.text("name"));
    }

    private String isNoChunk() {
        if (!can.hasCatalog()) return "";
        var chunk = "AND NOT EXISTS (SELECT FROM _timescaledb_catalog.chunk AS k WHERE "
            + (can.chunksByOid() ? "k.relid = c.oid)" : "k.schema_name = n.nspname AND k.table_name = c.relname)");
        if (!can.has("_timescaledb_catalog.compression_settings.compress_relid")) return chunk;
        return chunk
            + " AND NOT EXISTS (SELECT FROM _timescaledb_catalog.compression_settings AS s "
            + "WHERE s.compress_relid = c.oid)";
    }

    /**
     * How much of a table's heap is air, estimated from the widths that ANALYZE saw: what the rows should take against
     * what they do take. No answer for tables whose statistics we may not read.
     */
    Map<Long, Double> bloat(String[] oids) {
        var bloat = new HashMap<Long, Double>();
        reader.ask(
            Question.BLOAT,
            """
                SELECT c.oid::bigint AS oid,
                       -- a row: header 23 aligned to 24, its pointer 4, the columns and half an alignment each;
                       -- a page: 8192 less its header 24
                       1 - ceil(c.reltuples * (28 + w.width + 2 * w.columns)
                                / ((8192 - 24) * coalesce(f.factor, 100) / 100.0)) / c.relpages AS share
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                JOIN LATERAL (SELECT sum((1 - s.null_frac) * s.avg_width) AS width, count(*) AS columns
                              FROM pg_catalog.pg_stats AS s WHERE s.schemaname = n.nspname AND s.tablename = c.relname
                                  AND NOT s.inherited) AS w ON w.columns > 0
                LEFT JOIN LATERAL (SELECT max(substring(o FROM 'fillfactor=(\\d+)')::int) AS factor
                    FROM unnest(c.reloptions) AS o) AS f ON true
                WHERE c.oid = ANY (?::text[]::oid[]) AND c.relkind = 'r' AND c.relpages > 1000 AND c.reltuples >= 0
                """,
            row -> bloat.put(row.whole("oid"), Math.max(0, Math.round(row.decimal("share") * 1000) / 1000.0)),
            (Object) oids);
        return bloat;
    }
}
