//SOURCES ../Console.java ../Failure.java ../archive/Fingerprint.java ../database/Database.java
package lib.backup;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.Failure;
import lib.archive.Fingerprint;
import lib.database.Database;

/** What the server tells of itself and its databases, for the fingerprint. */
public final class ClusterFacts {
    /** @param totalBytes of all tablespaces; -1 when we may not know */
    public record Cluster(
        String version,
        int versionNumber,
        String fullVersion,
        boolean pageChecksums,
        long walSegmentBytes,
        String dataDirectory,
        List<String> sharedPreloadLibraries,
        boolean isStandby,
        String collationVersion,
        long totalBytes,
        long checksumFailures,
        String dataDirectoryMode) {
        private Cluster(ResultSet row) throws SQLException {
            this(
                row.getString("version").split(" ")[0],
                row.getInt("number"),
                row.getString("full_version"),
                row.getBoolean("checksums"),
                row.getLong("segment"),
                row.getString("directory"),
                words(row.getString("preload")),
                row.getBoolean("standby"),
                row.getString("collation"),
                row.getLong("bytes"),
                row.getLong("failures"),
                row.getString("mode"));
        }

        /** False when the role lacks pg_read_all_settings: then an empty list of libraries says nothing. */
        boolean knowsSettings() {
            return dataDirectory != null;
        }
    }

    private record DatabaseRow(
        String name,
        long bytes,
        String owner,
        String encoding,
        String collation,
        String collationVersion,
        boolean allowsConnections) {}

    private ClusterFacts() {}

    public static Cluster cluster(Database database) {
        return database.one(
            """
                SELECT current_setting('server_version') AS version,
                       current_setting('server_version_num')::int AS number,
                       version() AS full_version,
                       current_setting('data_checksums') = 'on' AS checksums,
                       pg_size_bytes(current_setting('wal_segment_size')) AS segment,
                       CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')
                            THEN current_setting('data_directory', true) END AS directory,
                       CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')
                            THEN current_setting('shared_preload_libraries', true) END AS preload,
                       pg_is_in_recovery() AS standby,
                       (SELECT pg_collation_actual_version(c.oid) FROM pg_catalog.pg_collation AS c
                        WHERE c.collprovider = 'c' AND pg_collation_actual_version(c.oid) IS NOT NULL
                        LIMIT 1) AS collation,
                       CASE WHEN pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
                            THEN (SELECT sum(pg_tablespace_size(oid)) FROM pg_catalog.pg_tablespace)
                            ELSE (SELECT sum(pg_database_size(oid))
                                  FROM pg_catalog.pg_database
                                  WHERE has_database_privilege(oid, 'CONNECT')) END AS bytes,
                       (SELECT coalesce(sum(checksum_failures), 0) FROM pg_catalog.pg_stat_database) AS failures,
                       current_setting('data_directory_mode', true) AS mode
                """,
            Cluster::new);
    }

    public static List<Fingerprint.Tablespace> tablespaces(Database database) {
        return database.list(
            """
                SELECT t.oid::text AS oid, t.spcname AS name, pg_tablespace_location(t.oid) AS location,
                       CASE WHEN has_tablespace_privilege(t.oid, 'CREATE')
                              OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
                            THEN pg_tablespace_size(t.oid) ELSE -1 END AS bytes
                FROM pg_catalog.pg_tablespace AS t
                WHERE t.spcname NOT IN ('pg_default', 'pg_global')
                ORDER BY t.oid
                """,
            row -> new Fingerprint.Tablespace(
                row.getString("oid"),
                row.getString("name"),
                row.getString("location"),
                row.getLong("bytes")));
    }

    /** What only a look into a database tells. */
    private record Inside(
        Map<String, String> extensions,
        List<Fingerprint.Hypertable> hypertables,
        List<Fingerprint.UnloggedTable> unloggedTables,
        List<String> libraries,
        List<String> preloadLibraries) {}

    private static final Inside UNKNOWN = new Inside(Map.of(), List.of(), null, null, null);

    /** Every database of the cluster. One that we may not look into is listed all the same, with the reason. */
    public static List<Fingerprint.DatabaseFacts> databases(Database database) {
        var facts = new ArrayList<Fingerprint.DatabaseFacts>();
        for (var row : databaseRows(database)) {
            if (!row.allowsConnections()) {
                facts.add(facts(row, UNKNOWN, "it allows no connections"));
                continue;
            }
            try (var inside = Database.open(database.settings().withDatabase(row.name()), "backup")) {
                facts.add(facts(row, inside(inside), null));
            } catch (Failure e) {
                facts.add(facts(row, UNKNOWN, e.getMessage()));
            }
        }
        return facts;
    }

    private static Inside inside(Database database) {
        var hypertables = hypertables(database);
        return new Inside(
            extensions(database),
            hypertables,
            unloggedTables(database, hypertables),
            libraries(database),
            preloadLibraries(database));
    }

    private static Fingerprint.DatabaseFacts facts(DatabaseRow row, Inside inside, String unreadable) {
        var facts = new Fingerprint.DatabaseFacts.Draft();
        facts.name = row.name();
        facts.sizeBytes = row.bytes();
        facts.owner = row.owner();
        facts.encoding = row.encoding();
        facts.collation = row.collation();
        facts.collationVersion = row.collationVersion();
        facts.extensions = inside.extensions();
        facts.hypertables = inside.hypertables();
        facts.unreadable = unreadable;
        facts.unloggedTables = inside.unloggedTables();
        facts.libraries = inside.libraries();
        facts.preloadLibraries = inside.preloadLibraries();
        return new Fingerprint.DatabaseFacts(facts);
    }

    /**
     * A base backup has no rows of theirs: recovery empties them. Chunks belong to their hypertable and are not listed.
     */
    private static List<Fingerprint.UnloggedTable>
        unloggedTables(Database database, List<Fingerprint.Hypertable> hypertables) {
        return database.list(
            """
                SELECT n.nspname AS schema, c.relname AS name
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE c.relpersistence = 'u' AND c.relkind IN ('r', 'p') AND n.nspname NOT LIKE '\\_timescaledb\\_%'
                ORDER BY 1, 2
                """,
            row -> {
                var schema = row.getString("schema");
                var name = row.getString("name");
                boolean isHypertable =
                    hypertables.stream().anyMatch(h -> h.schema().equals(schema) && h.name().equals(name));
                return new Fingerprint.UnloggedTable(schema, name, isHypertable);
            });
    }

    /**
     * A server that lacks one of them starts, and fails when such a function is called. Those that initdb made come
     * with any server.
     */
    private static List<String> libraries(Database database) {
        return database.list(
            """
                SELECT DISTINCT p.probin
                FROM pg_catalog.pg_proc AS p
                JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
                WHERE l.lanname = 'c' AND p.probin IS NOT NULL AND p.oid >= 16384
                ORDER BY 1
                """,
            row -> row.getString(1));
    }

    private static List<String> preloadLibraries(Database database) {
        return database.list(
            """
                SELECT DISTINCT pg_catalog.split_part(word, '=', 2)
                FROM pg_catalog.pg_db_role_setting AS s
                CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS word
                WHERE s.setdatabase IN (0, (SELECT oid
                                            FROM pg_catalog.pg_database
                                            WHERE datname = pg_catalog.current_database()))
                  AND pg_catalog.split_part(word, '=', 1) IN ('session_preload_libraries', 'local_preload_libraries')
                ORDER BY 1
                """,
            row -> words(row.getString(1))).stream().flatMap(List::stream).distinct().toList();
    }

    private static List<DatabaseRow> databaseRows(Database database) {
        // datcollversion came with PostgreSQL 15; the row as JSON has it or has it not.
        return database.list(
            """
                SELECT d.datname AS name, pg_get_userbyid(d.datdba) AS owner,
                       pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collation,
                       to_jsonb(d) ->> 'datcollversion' AS collation_version,
                       CASE WHEN has_database_privilege(d.oid, 'CONNECT')
                              OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
                            THEN pg_database_size(d.oid) ELSE -1 END AS bytes,
                       d.datallowconn AS allows
                FROM pg_catalog.pg_database AS d
                WHERE NOT d.datistemplate
                ORDER BY d.datname
                """,
            row -> new DatabaseRow(
                row.getString("name"),
                row.getLong("bytes"),
                row.getString("owner"),
                row.getString("encoding"),
                row.getString("collation"),
                row.getString("collation_version"),
                row.getBoolean("allows")));
    }

    private static Map<String, String> extensions(Database database) {
        var versions = new LinkedHashMap<String, String>();
        database.list(
            "SELECT extname, extversion FROM pg_catalog.pg_extension ORDER BY extname",
            row -> versions.put(row.getString(1), row.getString(2)));
        return versions;
    }

    private static List<Fingerprint.Hypertable> hypertables(Database database) {
        if (database.list("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'timescaledb'", row -> 1).isEmpty()) {
            return List.of();
        }
        try {
            // A compressed chunk is counted by what went into it; the planner's own number speaks of compressed
            // batches.
            return database.list(
                """
                    SELECT h.hypertable_schema AS schema, h.hypertable_name AS name, h.num_chunks AS chunks,
                           coalesce((SELECT sum(CASE WHEN s.numrows_pre_compression > 0
                                                     THEN s.numrows_pre_compression
                                                     ELSE greatest(k.reltuples, 0) END)
                                     FROM pg_catalog.pg_inherits AS i
                                     JOIN pg_catalog.pg_class AS k ON k.oid = i.inhrelid
                                     JOIN pg_catalog.pg_namespace AS n ON n.oid = k.relnamespace
                                     LEFT JOIN _timescaledb_catalog.chunk AS c
                                       ON c.schema_name = n.nspname AND c.table_name = k.relname
                                     LEFT JOIN _timescaledb_catalog.compression_chunk_size AS s ON s.chunk_id = c.id
                                     WHERE i.inhparent
                                       = format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass),
                                    -1)::bigint AS rows
                    FROM timescaledb_information.hypertables AS h
                    ORDER BY 1, 2
                    """,
                row -> new Fingerprint.Hypertable(
                    row.getString("schema"),
                    row.getString("name"),
                    row.getLong("chunks"),
                    row.getLong("rows")));
        } catch (Failure e) {
            Console.detail("no row estimates: %s", e.getMessage());
            return List.of();
        }
    }

    private static List<String> words(String setting) {
        return setting == null || setting.isBlank() ? List.of()
            : Arrays.stream(setting.split(","))
                .map(w -> w.strip().replaceAll("^\"|\"$", ""))
                .filter(w -> !w.isEmpty())
                .toList();
    }
}
