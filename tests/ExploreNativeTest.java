import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a native TimescaleDB shows: many chunks, index use over chunks, editions, locks. */
@Tag("native")
class ExploreNativeTest {
    private static final int CHUNKS = 400;
    @TempDir Path directory;

    @Test
    void chunks_are_rolled_up_and_the_server_stays_up_under_the_apache_license() throws Exception {
        Cluster.assumeTimescale();
        try (var cluster = Cluster.create("shared_preload_libraries = 'timescaledb'", "timescaledb.telemetry_level = off", "timescaledb.max_background_workers = 0",
            "max_locks_per_transaction = 2048", "log_statement = all")) {
            cluster.sql("CREATE EXTENSION timescaledb");
            cluster.sql("CREATE TABLE m (unused_column int, time timestamptz NOT NULL, dev int NOT NULL, v float8, PRIMARY KEY (dev, time))");
            cluster.sql("ALTER TABLE m DROP COLUMN unused_column");
            cluster.sql("SELECT create_hypertable('m', 'time', chunk_time_interval => interval '1 hour')");
            cluster.sql("CREATE INDEX m_v ON m (v)");
            cluster.sql("CREATE INDEX m_expression ON m ((v * 2))");
            cluster.sql("CREATE INDEX m_a_name_so_long_that_with_the_name_of_the_chunk_it_is_cut_off ON m (v, dev)");
            cluster.sql("INSERT INTO m SELECT t, d, d FROM generate_series('2024-01-01'::timestamptz, '2024-01-01'::timestamptz + interval '%d hours', '1 hour') t, generate_series(1, 20) d".formatted(CHUNKS - 1));
            cluster.sql("ALTER TABLE m SET (timescaledb.compress, timescaledb.compress_segmentby = 'dev')");
            cluster.sql("SELECT count(compress_chunk(c)) FROM (SELECT c FROM show_chunks('m') c ORDER BY c LIMIT 40) x");
            cluster.sql("CREATE MATERIALIZED VIEW h WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', time) AS day, dev, avg(v) FROM m GROUP BY 1, 2 WITH NO DATA");
            cluster.sql("SELECT add_retention_policy('m', interval '3 days')");
            cluster.sql("SELECT add_continuous_aggregate_policy('h', NULL, interval '1 day', interval '1 day')");
            cluster.sql("ANALYZE m");
            cluster.sql("SET enable_seqscan = off; SELECT count(*) FROM m WHERE dev = 1 AND time BETWEEN '2024-01-08' AND '2024-01-12'");

            var found = ExploreTest.explore(directory, cluster.environment());
            var m = found.named("hypertables", "m");
            assertEquals(CHUNKS, m.get("chunks").asInt());
            assertEquals(CHUNKS * 20, m.get("rows").asLong(), "exact here: analyzed, and counted when compressed");
            assertEquals(40, m.get("compression").get("compressedChunks").asInt());
            assertTrue(m.get("timeline").size() <= 120, "pieces of the drawing");
            long exact = Long.parseLong(cluster.sql("SELECT total_bytes FROM hypertable_detailed_size('m')"));
            assertEquals(exact, m.get("size").get("total").asLong(), exact * 0.01);
            long index = Long.parseLong(cluster.sql("SELECT index_bytes FROM hypertable_detailed_size('m')"));
            assertEquals(index, m.get("size").get("index").asLong(), index * 0.01);

            var table = found.named("tables", "m");
            for (var i : table.get("indexes")) {
                assertTrue(i.get("chunkIndexes").asInt() >= CHUNKS - 40, i.toString());
            }
            assertTrue(table.get("indexes").get(0).get("scans").asLong() > 50, "the primary key's scans over its chunks: " + table.get("indexes").get(0));
            assertTrue(!found.findings("IX-01").contains("public.m_pkey") && found.findings("IX-01").contains("public.m_v"), found.findings("IX-01").toString());
            assertEquals(java.util.Set.of("public.h"), found.findings("TS-CAGG-02"), "a refresh without end over three days of data");
            assertEquals("C", found.json().get("health").get("grade").asString());
            assertTrue(!found.html().contains("_hyper_1_1_chunk") && !found.markdown().contains("_hyper_1_1_chunk"), "chunks are not listed unless asked for");
            assertTrue(!cluster.log().matches("(?s).*explore: [^\\n]*\\n[^/]*(INSERT|UPDATE|DELETE|CREATE|ALTER|DROP) .*ERROR.*"), "only reads");

            // Few locks must be enough, and the Apache license too, where one official function ends the whole server.
            cluster.stop();
            java.nio.file.Files.writeString(cluster.data().resolve("postgresql.conf"), "\nmax_locks_per_transaction = 10\ntimescaledb.license = 'apache'\n", java.nio.file.StandardOpenOption.APPEND);
            cluster.start();
            var started = cluster.sql("SELECT pg_postmaster_start_time()");
            var apache = ExploreTest.explore(directory, cluster.environment());
            assertEquals(started, cluster.sql("SELECT pg_postmaster_start_time()"));
            assertTrue(!cluster.log().contains("terminated by signal"), "no backend crashed");
            assertEquals("apache", apache.json().get("server").get("edition").asString());
            assertEquals(0, apache.json().get("notSeen").size(), apache.json().get("notSeen").toString());
            assertEquals(m.get("size"), apache.named("hypertables", "m").get("size"));

            cluster.sql("CREATE ROLE nobody LOGIN");
            var environment = new java.util.HashMap<>(cluster.environment());
            environment.put("PGUSER", "nobody");
            var few = ExploreTest.explore(directory, environment);
            assertEquals(m.get("size"), few.named("hypertables", "m").get("size"), "sizes need no rights");
            assertTrue(few.json().get("notSeen").toString().contains("GRANT"), few.json().get("notSeen").toString());
        }
    }
}
