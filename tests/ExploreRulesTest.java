import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules that need a server in trouble: each trouble is made for real, and gone again the rule is silent. */
class ExploreRulesTest {
    @TempDir
    Path directory;

    @Test @Tag("local")
    void a_slot_that_nobody_reads_slow_queries_wraparound_and_a_sequence_near_its_end() throws Exception {
        try (var cluster = Cluster.create("shared_preload_libraries = 'pg_stat_statements'")) {
            cluster.sql("CREATE EXTENSION pg_stat_statements; CREATE TABLE t (id int PRIMARY KEY)");
            Files.writeString(
                directory.resolve("explore.yaml"),
                "thresholds: {slotRetainedMegabytes: 1, slowQueryMillis: 10, slowQueryMinimumCalls: 2}\n");
            var sound = ExploreTest.explore(directory, cluster.environment());
            for (var rule : new String[] {"ACT-03", "ACT-04", "VAC-01", "SEQ-01"}) {
                assertEquals(Set.of(), sound.findings(rule), rule);
            }

            cluster.sql("SELECT pg_create_physical_replication_slot('gone', true)");
            cluster.sql(
                "CREATE TABLE big AS SELECT i, repeat('x', 200) AS x FROM generate_series(1, 20000) i; SELECT "
                    + "pg_switch_wal()");
            cluster.sql("SELECT pg_sleep(0.02); SELECT pg_sleep(0.02); SELECT pg_sleep(0.02)");
            cluster.sql("CREATE SEQUENCE few AS smallint; SELECT setval('few', 32000)");
            // 1.2 of 2.1 thousand million transaction numbers ago
            cluster.sql(
                "UPDATE pg_database SET datfrozenxid = (4294967296 + txid_current() - 1200000000)::text::xid WHERE "
                    + "datname = 'postgres'");
            var found = ExploreTest.explore(directory, cluster.environment());
            assertEquals(Set.of("gone"), found.findings("ACT-04"));
            assertTrue(found.findings("ACT-03").toString().contains("pg_sleep"), found.findings("ACT-03").toString());
            assertEquals(Set.of("public.few"), found.findings("SEQ-01"));
            assertEquals(Set.of("postgres"), found.findings("VAC-01"));
            assertEquals(55.9, found.json().get("performance").get("wraparound").get("percent").asDouble(), 0.1);
        }
    }

    @Test @Tag("native")
    void aggregates_that_fell_behind_or_were_never_refreshed_and_a_database_left_in_restoring_mode() throws Exception {
        Cluster.assumeTimescale();
        try (
            var cluster = Cluster.create(
                "shared_preload_libraries = 'timescaledb'",
                "timescaledb.telemetry_level = off",
                "timescaledb.max_background_workers = 0")) {
            cluster.sql("CREATE EXTENSION timescaledb");
            cluster.sql("CREATE TABLE m (time timestamptz NOT NULL, v float8)");
            cluster.sql("SELECT create_hypertable('m', 'time', chunk_time_interval => interval '1 day')");
            cluster.sql(
                "INSERT INTO m SELECT t, 1 FROM generate_series('2024-01-01Z'::timestamptz, '2024-01-10 12:00Z', "
                    + "'10 min') t");
            for (var name : new String[] {"fresh", "behind", "never"}) {
                cluster.sql(
                    "CREATE MATERIALIZED VIEW " + name
                        + " WITH (timescaledb.continuous) AS SELECT time_bucket('1 hour', time) AS hour, avg(v) "
                        + "FROM m GROUP BY 1 WITH NO DATA");
                cluster
                    .sql(
                        "SELECT add_continuous_aggregate_policy('" + name
                            + "', interval '3 days', interval '1 hour', interval '1 hour')");
            }
            cluster.sql("CALL refresh_continuous_aggregate('fresh', NULL, NULL)");
            cluster.sql("CALL refresh_continuous_aggregate('behind', '2024-01-01Z', '2024-01-03Z')");
            cluster.sql("ANALYZE");
            var found = ExploreTest.explore(directory, cluster.environment());
            assertEquals(Set.of("public.behind", "public.never"), found.findings("TS-CAGG-01"));
            assertEquals(Set.of(), found.findings("TS-SAFE-01"));
            cluster.sql("ALTER DATABASE postgres SET timescaledb.restoring = 'on'");
            assertEquals(
                Set.of("timescaledb.restoring"),
                ExploreTest.explore(directory, cluster.environment()).findings("TS-SAFE-01"));
        }
    }
}
