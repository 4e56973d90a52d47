import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What only a native TimescaleDB shows: many chunks, index use over chunks, editions, locks. */
@Tag("native")
class ExploreNativeTest {
    private static final int CHUNKS = 400;
    @TempDir
    Path directory;

    @Test
    void chunks_are_rolled_up_and_the_server_stays_up_under_the_apache_license() throws Exception {
        Cluster.assumeTimescale();
        try (
            var cluster = Cluster.create(
                "shared_preload_libraries = 'timescaledb'",
                "timescaledb.telemetry_level = off",
                "timescaledb.max_background_workers = 0",
                "max_locks_per_transaction = 2048",
                "log_statement = all")) {
            manyChunks(cluster);
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
            assertTrue(
                table.get("indexes").get(0).get("scans").asLong() > 50,
                "the primary key's scans over its chunks: " + table.get("indexes").get(0));
            assertTrue(
                !found.findings("IX-01").contains("public.m_pkey") && found.findings("IX-01").contains("public.m_v"),
                found.findings("IX-01").toString());
            assertEquals(
                Set.of("public.h"),
                found.findings("TS-CAGG-02"),
                "a refresh without end over three days of data");
            assertEquals("C", found.json().get("health").get("grade").asString());
            assertTrue(
                !found.html().contains("_hyper_1_1_chunk") && !found.markdown().contains("_hyper_1_1_chunk"),
                "chunks are not listed unless asked for");
            assertTrue(
                !cluster.log()
                    .matches("(?s).*explore: [^\\n]*\\n[^/]*(INSERT|UPDATE|DELETE|CREATE|ALTER|DROP) .*ERROR.*"),
                "only reads");

            fewLocksAndTheApacheLicenseAreEnough(cluster, m);
        }
    }

    private static void manyChunks(Cluster cluster) {
        cluster.sql("CREATE EXTENSION timescaledb");
        cluster
            .sql(
                "CREATE TABLE m (unused_column int, time timestamptz NOT NULL, dev int NOT NULL, v float8, "
                    + "PRIMARY KEY (dev, time))");
        cluster.sql("ALTER TABLE m DROP COLUMN unused_column");
        cluster.sql("SELECT create_hypertable('m', 'time', chunk_time_interval => interval '1 hour')");
        cluster.sql("CREATE INDEX m_v ON m (v)");
        cluster.sql("CREATE INDEX m_expression ON m ((v * 2))");
        cluster.sql("CREATE INDEX m_a_name_so_long_that_with_the_name_of_the_chunk_it_is_cut_off ON m (v, dev)");
        cluster.sql(
            ("INSERT INTO m SELECT t, d, d FROM generate_series('2024-01-01'::timestamptz, "
                + "'2024-01-01'::timestamptz + interval '%d hours', '1 hour') t, generate_series(1, 20) d")
                .formatted(CHUNKS - 1));
        cluster.sql("ALTER TABLE m SET (timescaledb.compress, timescaledb.compress_segmentby = 'dev')");
        cluster
            .sql("SELECT count(compress_chunk(c)) FROM (SELECT c FROM show_chunks('m') c ORDER BY c LIMIT 40) x");
        cluster.sql(
            "CREATE MATERIALIZED VIEW h WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', time) AS "
                + "day, dev, avg(v) FROM m GROUP BY 1, 2 WITH NO DATA");
        cluster.sql("SELECT add_retention_policy('m', interval '3 days')");
        cluster.sql("SELECT add_continuous_aggregate_policy('h', NULL, interval '1 day', interval '1 day')");
        cluster.sql("ANALYZE m");
        cluster.sql(
            "SET enable_seqscan = off; SELECT count(*) FROM m WHERE dev = 1 AND time BETWEEN '2024-01-08' AND "
                + "'2024-01-12'");
    }

    private void fewLocksAndTheApacheLicenseAreEnough(Cluster cluster, JsonNode m) throws Exception {
        // Few locks must be enough, and the Apache license too, where one official function ends the whole server.
        restart(cluster, "\nmax_locks_per_transaction = 10\ntimescaledb.license = 'apache'\n");
        var started = cluster.sql("SELECT pg_postmaster_start_time()");
        var apache = ExploreTest.explore(directory, cluster.environment());
        assertEquals(started, cluster.sql("SELECT pg_postmaster_start_time()"));
        assertTrue(!cluster.log().contains("terminated by signal"), "no backend crashed");
        assertEquals("apache", apache.json().get("server").get("edition").asString());
        assertEquals(0, apache.json().get("notSeen").size(), apache.json().get("notSeen").toString());
        assertEquals(m.get("size"), apache.named("hypertables", "m").get("size"));

        cluster.sql("CREATE ROLE nobody LOGIN");
        var environment = new HashMap<>(cluster.environment());
        environment.put("PGUSER", "nobody");
        var few = ExploreTest.explore(directory, environment);
        assertEquals(m.get("size"), few.named("hypertables", "m").get("size"), "sizes need no rights");
        assertTrue(few.json().get("notSeen").toString().contains("GRANT"), few.json().get("notSeen").toString());
    }

    @Test
    void ten_thousand_chunks_get_the_right_verdicts_and_sizes_with_few_locks_in_both_editions() throws Exception {
        Cluster.assumeTimescale();
        try (
            var cluster = Cluster.create(
                "shared_preload_libraries = 'timescaledb'",
                "timescaledb.telemetry_level = off",
                "timescaledb.max_background_workers = 0",
                "max_locks_per_transaction = 2048",
                "autovacuum = off",
                "fsync = off",
                "shared_buffers = 256MB")) {
            cluster.sql("CREATE EXTENSION timescaledb");
            tenThousandChunks(cluster);
            onlyTheChunksCountScans(cluster);
            var exact = cluster.sql(
                "SELECT table_bytes || ' ' || index_bytes || ' ' || toast_bytes || ' ' || total_bytes FROM "
                    + "hypertable_detailed_size('m')")
                .split(" ");
            var chunkBytes = new HashMap<String, Long>();
            cluster.sql("SELECT chunk_name || ' ' || total_bytes FROM chunks_detailed_size('m')")
                .lines()
                .forEach(l -> chunkBytes.put(l.split(" ")[0], Long.valueOf(l.split(" ")[1])));
            var compressed = cluster
                .sql(
                    "SELECT before_compression_total_bytes || ' ' || after_compression_total_bytes FROM "
                        + "hypertable_compression_stats('m')")
                .split(" ");

            restart(cluster, "\nmax_locks_per_transaction = 64\n");
            for (var edition : new String[] {"community", "apache"}) {
                var started = cluster.sql("SELECT pg_postmaster_start_time()");
                ExploreTest.Explored found;
                int locks;
                try (var watch = new LockWatch(cluster.port())) {
                    found = ExploreTest.explore(directory, cluster.environment(), "--chunks", "3");
                    locks = watch.most();
                }
                assertEquals(started, cluster.sql("SELECT pg_postmaster_start_time()"), "the server stayed up");
                assertTrue(!cluster.log().contains("terminated by signal"), "no backend crashed");
                assertEquals(edition, found.json().get("server").get("edition").asString());
                assertEquals(0, found.json().get("notSeen").size(), found.json().get("notSeen").toString());
                assertTrue(locks > 0 && locks < 64, locks + " locks at once");

                var m = found.named("hypertables", "m");
                assertEquals(10_000, m.get("chunks").asInt());
                assertEquals(1_000, m.get("compression").get("compressedChunks").asInt());
                assertEquals(Long.parseLong(compressed[0]), m.get("compression").get("before").asLong());
                assertEquals(Long.parseLong(compressed[1]), m.get("compression").get("after").asLong());
                sizesAreRight(m, exact, chunkBytes);
                for (var i : found.named("tables", "m").get("indexes")) {
                    assertEquals(10_000, i.get("chunkIndexes").asInt(), i.toString());
                    assertEquals(
                        i.get("name").asString().equals("m_used") ? 434 : 0,
                        i.get("scans").asInt(),
                        i.toString());
                }
                assertEquals(Set.of("public.m_unused"), found.findings("IX-01"));

                restart(cluster, "\ntimescaledb.license = 'apache'\n");
            }
        }
    }

    private static void tenThousandChunks(Cluster cluster) {
        cluster.sql("CREATE TABLE m (time timestamptz NOT NULL, dev int NOT NULL, v float8)");
        cluster.sql(
            "SELECT create_hypertable('m', 'time', chunk_time_interval => interval '1 hour', "
                + "create_default_indexes => false)");
        cluster.sql("CREATE INDEX m_used ON m (v); CREATE INDEX m_unused ON m (dev)");
        cluster.sql(
            "INSERT INTO m SELECT t, d, d FROM generate_series('2024-01-01Z'::timestamptz, "
                + "'2024-01-01Z'::timestamptz + interval '9999 hours', '1 hour') t, generate_series(1, 3) d");
        cluster.sql("ALTER TABLE m SET (timescaledb.compress, timescaledb.compress_segmentby = 'dev')");
        cluster
            .sql("SELECT count(compress_chunk(c)) FROM (SELECT c FROM show_chunks('m') c ORDER BY c LIMIT 1000) x");
        cluster.sql(
            "SET enable_seqscan = off; SELECT count(*) FROM m WHERE v = 2 AND time >= '2024-10-01Z' AND time < "
                + "'2024-10-01Z'::timestamptz + interval '434 hours'");
    }

    private static void onlyTheChunksCountScans(Cluster cluster) {
        assertEquals(
            "0",
            cluster.sql("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'm_used'"),
            "the hypertable's own index");
        assertEquals(
            "434",
            cluster.sql(
                "SELECT sum(idx_scan) FROM pg_stat_all_indexes WHERE schemaname = '_timescaledb_internal' AND "
                    + "indexrelname LIKE '%\\_m\\_used'"));
    }

    private static void restart(Cluster cluster, String settings) throws Exception {
        cluster.stop();
        Files.writeString(cluster.data().resolve("postgresql.conf"), settings, StandardOpenOption.APPEND);
        cluster.start();
    }

    private static void sizesAreRight(JsonNode m, String[] exact, Map<String, Long> chunkBytes) {
        var size = m.get("size");
        assertEquals(Long.parseLong(exact[3]), size.get("total").asLong(), Long.parseLong(exact[3]) * 0.01);
        assertEquals(Long.parseLong(exact[1]), size.get("index").asLong(), Long.parseLong(exact[1]) * 0.01);
        assertEquals(
            Long.parseLong(exact[0]) + Long.parseLong(exact[2]),
            size.get("heap").asLong() + size.get("toast").asLong(),
            Long.parseLong(exact[3]) * 0.01);
        for (var chunk : m.get("chunkList")) {
            long own = chunkBytes.get(chunk.get("name").asString());
            assertEquals(own, chunk.get("bytes").asLong(), own * 0.01, chunk.toString());
        }
    }

    /** Counts, again and again, the locks that the tool holds at one moment. */
    private static final class LockWatch implements AutoCloseable {
        private final AtomicInteger most = new AtomicInteger();
        private final Thread thread;

        LockWatch(int port) {
            thread = Thread.ofPlatform().start(() -> {
                try (
                    var connection =
                        DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres");
                    var count = connection.prepareStatement(
                        "SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE "
                            + "a.application_name = 'explore'")) {
                    while (!Thread.interrupted()) {
                        try (var row = count.executeQuery()) {
                            row.next();
                            most.accumulateAndGet(row.getInt(1), Math::max);
                        }
                        Thread.sleep(2);
                    }
                } catch (InterruptedException | SQLException over) {
                    // its end
                }
            });
        }

        int most() {
            return most.get();
        }

        @Override
        public void close() throws InterruptedException {
            thread.interrupt();
            thread.join();
        }
    }
}
