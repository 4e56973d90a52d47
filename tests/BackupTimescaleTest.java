import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import lib.Program;
import lib.archive.BackupDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A server with TimescaleDB: compressed chunks and a continuous aggregate are restored by standard programs alone, with
 * jobs running meanwhile.
 */
@Tag("native")
class BackupTimescaleTest {
    private static Cluster cluster;
    private static Path work;

    @BeforeAll
    static void a_database_with_compressed_chunks_and_an_aggregate() throws IOException {
        Cluster.assumeTimescale();
        cluster =
            Cluster.create(
                "shared_preload_libraries = 'timescaledb'",
                "timescaledb.telemetry_level = off",
                "max_worker_processes = 20");
        work = Files.createTempDirectory(cluster.home(), "backup-");
        Cluster.giveToServer(work);
        cluster.sql("CREATE DATABASE metrics");
        cluster.sql("metrics", "CREATE EXTENSION timescaledb");
        cluster.sql(
            "metrics",
            """
                CREATE TABLE m (time timestamptz NOT NULL, station int, value float8);
                SELECT create_hypertable('m', 'time', chunk_time_interval => interval '1 day');
                INSERT INTO m SELECT t, s, s + extract(hour FROM t)
                FROM generate_series('2025-07-01'::timestamptz, '2025-07-10', '1 minute') AS t,
                     generate_series(1, 10) AS s;
                ALTER TABLE m SET (timescaledb.compress, timescaledb.compress_segmentby = 'station');
                SELECT count(compress_chunk(c)) FROM show_chunks('m', older_than => '2025-07-08'::timestamptz) AS c""");
        cluster.sql(
            "metrics",
            "CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS "
                + "SELECT time_bucket('1 hour', time) AS hour, station, avg(value) AS value FROM m GROUP BY 1, 2 "
                + "WITH NO DATA");
        cluster.sql("metrics", "CALL refresh_continuous_aggregate('hourly', NULL, NULL)");
        cluster.sql("metrics", "CREATE TABLE ticks (at timestamptz)");
        cluster.sql(
            "metrics",
            "CREATE PROCEDURE tick(job_id int, config jsonb) LANGUAGE sql AS $$ INSERT INTO ticks VALUES "
                + "(clock_timestamp()) $$");
        cluster.sql("metrics", "SELECT add_job('tick', '1 second')");
    }

    @AfterAll
    static void remove() {
        if (cluster != null) cluster.close();
    }

    /** Everything as SQL, but the rows that jobs write while they run. */
    private static String dump(Cluster cluster) {
        return BareBackup.dumpAll(cluster)
            .replaceAll(
                "(?ms)^COPY (public\\.ticks|_timescaledb_(internal|config|catalog)\\.bgw_job\\w*) .*?^\\\\\\.$",
                "")
            .replaceAll("(?m)^SELECT pg_catalog.setval\\('_timescaledb_\\w+\\.bgw_job.*$", "");
    }

    private static long jobRuns() {
        return Long.parseLong(cluster.sql("metrics", "SELECT count(*) FROM ticks"));
    }

    @Test
    void compressed_chunks_and_aggregates_come_back_as_they_were() throws IOException {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v zstd")).capture().ok(),
            "no zstd here");
        var ran = jobRuns();
        var result = Tool.of("backup").in(work).with(cluster.environment()).run("--no-progress", "--max-rate=4M");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(jobRuns() > ran, "a background job ran while the backup was made");
        cluster.sql(
            "metrics",
            "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE proc_name = 'tick'");
        var backup = work.resolve(result.out().strip());
        var print = BackupDirectory.open(backup).fingerprint().orElseThrow();
        assertEquals(Set.of("metrics"), print.timescaleVersions().keySet());
        assertTrue(print.server().sharedPreloadLibraries().contains("timescaledb"));
        var hypertable =
            print.databases()
                .stream()
                .flatMap(d -> d.hypertables().stream())
                .filter(h -> h.name().equals("m"))
                .findFirst()
                .orElseThrow();
        assertEquals(10, hypertable.chunks());
        assertTrue(Math.abs(hypertable.rowEstimate() - 129_610) < 30_000, hypertable::toString);

        var home = Files.createTempDirectory(cluster.home(), "restored-");
        var data = BackupGuide.follow(backup, home, null, cluster);
        Files.writeString(
            data.resolve("postgresql.conf"),
            "timescaledb.max_background_workers = 0\n",
            StandardOpenOption.APPEND);   // the copy shall stay as it was
        try (var restored = Cluster.around(data, home)) {
            restored.start();
            var rows = dump(cluster);
            assertTrue(
                rows.contains("COPY _timescaledb_internal._hyper_")
                    && rows.contains("COPY _timescaledb_internal.compress_hyper_"));
            assertEquals(rows, dump(restored));
            for (var question : List.of(
                "SELECT count(*), sum(value), min(time), max(time) FROM m",
                "SELECT md5(string_agg(h::text, ',' ORDER BY h.hour, h.station)) FROM hourly AS h",
                "SELECT count(*) FILTER (WHERE is_compressed) || ' of ' || count(*) FROM "
                    + "timescaledb_information.chunks WHERE hypertable_name = 'm'")) {
                assertEquals(cluster.sql("metrics", question), restored.sql("metrics", question), question);
            }
            assertTrue(
                restored
                    .sql("metrics", "SELECT count(*) FILTER (WHERE is_compressed) FROM timescaledb_information.chunks")
                    .compareTo("0")
                    > 0);
        }
    }
}
