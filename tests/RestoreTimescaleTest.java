import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lib.Console;
import lib.Failure;
import lib.archive.BackupDirectory;
import lib.archive.RestorableBackup;
import lib.boot.ScratchServer;
import lib.database.Database;
import lib.database.PgTools;
import lib.restore.Drill;
import lib.restore.RestoreOptions;
import lib.restore.RestorePlan;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The round trip and the drill with the extension itself: compressed chunks, a continuous aggregate, a job that must
 * not run in a copy.
 */
@Tag("native")
class RestoreTimescaleTest {
    private static Cluster cluster;
    private static Path home;
    private static Path scratch;
    private static BackupDirectory backup;

    @BeforeAll
    static void a_cluster_with_compressed_chunks_and_its_backup() throws IOException {
        Cluster.assumeTimescale();
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create("shared_preload_libraries = 'timescaledb'");
        home = cluster.home();
        scratch = Files.createDirectory(home.resolve("scratch"));
        Cluster.giveToServer(scratch);
        cluster.sql("CREATE EXTENSION timescaledb");
        cluster.sql("CREATE TABLE metrics (time timestamptz NOT NULL, station int NOT NULL, value float8)");
        cluster.sql("SELECT create_hypertable('metrics', 'time', chunk_time_interval => interval '1 day')");
        cluster.sql(
            "INSERT INTO metrics SELECT t, s, s + extract(epoch FROM t)::int % 100 FROM "
                + "generate_series('2025-06-01'::timestamptz, '2025-06-08', '5 minutes') AS t, "
                + "generate_series(1, 5) AS s");
        cluster.sql("ALTER TABLE metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'station')");
        cluster.sql(
            "SELECT count(compress_chunk(c)) FROM show_chunks('metrics', older_than => "
                + "'2025-06-05'::timestamptz) AS c");
        cluster.sql(
            "CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS SELECT time_bucket('1 hour', time) AS "
                + "bucket, station, avg(value) FROM metrics GROUP BY 1, 2");
        cluster.sql(
            "CREATE TABLE counters (tick bigint NOT NULL, device text NOT NULL, value int, PRIMARY KEY "
                + "(tick, device))");
        cluster.sql("SELECT create_hypertable('counters', 'tick', chunk_time_interval => 1000)");
        cluster.sql("SELECT add_dimension('counters', 'device', number_partitions => 2)");
        cluster.sql("INSERT INTO counters SELECT i, 'device ' || i % 5, i FROM generate_series(1, 3000) AS i");
        cluster.sql("CREATE TABLE job_runs (at timestamptz)");
        cluster.sql(
            "CREATE PROCEDURE tick(job_id int, config jsonb) LANGUAGE sql AS 'INSERT INTO job_runs VALUES "
                + "(clock_timestamp())'");
        // Switched on later: a job that a backup catches while it runs counts as crashed, and TimescaleDB waits five
        // minutes after a crash.
        cluster.sql("SELECT add_job('tick', '1 second', scheduled => false)");
        cluster.sql("ANALYZE");
        var made = Tool.of("backup").with(cluster.environment()).run("-o", home.resolve("backups").toString());
        assertEquals(0, made.exit(), made::toString);
        backup = BackupDirectory.latest(home.resolve("backups"));
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    private static final String JOB_IS_DUE =
        "SELECT alter_job(job_id, scheduled => true, next_start => now()) FROM timescaledb_information.jobs WHERE "
            + "proc_name = 'tick'";

    /**
     * Such a role may not read shared_preload_libraries: that it is unknown does not mean that nothing is preloaded.
     */
    @Test
    void a_backup_by_a_role_that_may_only_replicate_comes_back() {
        cluster.sql("CREATE ROLE keeper LOGIN REPLICATION");
        var made = Tool.of("backup")
            .with(cluster.environment())
            .with("PGUSER", "keeper")
            .run("-o", home.resolve("by-keeper").toString());
        assertEquals(0, made.exit(), made::toString);

        var drilled = Tool.of("restore")
            .run("drill", made.out().strip(), "--scratch", scratch.toString(), "--no-amcheck");

        assertEquals(0, drilled.exit(), drilled::toString);
    }

    @Test
    void the_drill_reads_compressed_chunks_and_counts_the_hypertable() {
        var receipt = Drill.run(backup, ScratchServer.Options.standard().in(scratch), true);
        assertTrue(receipt.isGood(), receipt::message);
        var details =
            receipt.checks()
                .stream()
                .collect(Collectors.toMap(Drill.Answer::check, a -> String.valueOf(a.detail())));
        assertTrue(details.get("extensions").contains("timescaledb 2."), details::toString);
        assertEquals("2 hypertables", details.get("row_counts"));
        assertTrue(details.get("compressed_chunks").startsWith("2 chunks read in full"), details::toString);
    }

    @Test
    void a_copy_runs_no_job() throws InterruptedException {
        try (
            var server = ScratchServer.of(backup, ScratchServer.Options.standard().in(scratch));
            var database = Database.open(server.settings(), "test")) {
            database.execute(JOB_IS_DUE);
            Thread.sleep(4_000);
            assertEquals("0", database.one("SELECT count(*) FROM job_runs", row -> row.getString(1)));
            assertEquals(
                cluster.sql("SELECT count(*), sum(value) FROM metrics"),
                database
                    .one("SELECT count(*), sum(value) FROM metrics", row -> row.getString(1) + "|" + row.getString(2)));
            assertEquals(
                cluster.sql("SELECT count(*) FROM hourly"),
                database.one("SELECT count(*) FROM hourly", row -> row.getString(1)));
        }
    }

    @Test
    void a_hypertable_comes_out_of_the_backup_as_a_hypertable_and_as_a_plain_table() {
        cluster.sql("CREATE DATABASE other");
        cluster.sql("other", "CREATE EXTENSION timescaledb");
        cluster.sql("CREATE DATABASE plain");
        for (var table : new String[] {"metrics", "counters"}) {
            var asked = "SELECT count(*), sum(value) FROM ";
            for (var target : new String[] {"other", "plain"}) {
                var done = extract("--table", table, "--into", target);
                assertEquals(0, done.exit(), done::toString);
                assertEquals(cluster.sql(asked + table), cluster.sql(target, asked + table), target);
            }
            var dimensions =
                "SELECT string_agg(concat_ws(' ', column_name, time_interval, integer_interval, num_partitions), "
                    + "',' ORDER BY dimension_number)"
                    + " FROM timescaledb_information.dimensions WHERE hypertable_name = '" + table + "'";
            assertEquals(cluster.sql(dimensions), cluster.sql("other", dimensions));
            var indexes =
                "SELECT string_agg(indexdef, ';' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public' "
                    + "AND tablename = '"
                    + table + "'";
            assertEquals(cluster.sql(indexes), cluster.sql("other", indexes));
            assertEquals(cluster.sql(indexes), cluster.sql("plain", indexes));
            var beside = extract("--table", table, "--as", table + "_friday", "--into", "postgres");
            assertEquals(0, beside.exit(), beside::toString);
            assertEquals(cluster.sql(asked + table), cluster.sql(asked + table + "_friday"));
        }
        cluster.sql("DROP TABLE metrics_friday, counters_friday");
    }

    private static Tool.Result extract(String... more) {
        var all = new ArrayList<>(List.of("extract", backup.path().toString()));
        all.addAll(List.of(more));
        return Tool.of("restore")
            .with(cluster.environment())
            .with("TMPDIR", scratch.toString())
            .run(all.toArray(String[]::new));
    }

    @Test
    void without_preload_the_drill_says_no_although_the_server_answers() throws IOException {
        var bad = BareBackup.take(cluster, home.resolve("no-preload"), "-Fp");
        var settings = bad.resolve("postgresql.conf");
        Files.writeString(settings, Files.readString(settings).replace("shared_preload_libraries = 'timescaledb'", ""));
        var receipt =
            Drill.run(BackupDirectory.open(bad), ScratchServer.Options.standard().in(scratch).withVerify(false), false);
        assertEquals("preload", receipt.reason(), receipt::message);
        assertTrue(receipt.message().contains("without an error"), receipt::message);
    }

    @Test
    void a_restored_cluster_has_the_same_rows_and_its_jobs_run_on_in_the_original_place() throws Exception {
        var place = Files.createDirectory(home.resolve("replace"));
        Cluster.giveToServer(place);
        var data = place.resolve("data");
        var result =
            Tool.of("restore").typing("y\n").run(backup.path().toString(), "-D", data.toString(), "--as-original");
        assertEquals(0, result.exit(), result::toString);
        var restored = Cluster.around(data, place);
        restored.start();
        try {
            assertEquals(
                cluster.sql("SELECT count(*), sum(value) FROM metrics"),
                restored.sql("SELECT count(*), sum(value) FROM metrics"));
            restored.sql(JOB_IS_DUE);
            for (int i = 0; i < 600 && restored.sql("SELECT count(*) FROM job_runs").equals("0"); i++) {
                Thread.sleep(100);
            }
            assertTrue(
                !restored.sql("SELECT count(*) FROM job_runs").equals("0"),
                () -> "with --as-original the jobs run on\n" + restored.log());
        } finally {
            restored.close();
        }
    }

    @Test
    void a_server_without_that_version_is_refused_before_anything_is_touched() throws IOException {
        var without = PgTools.having("postgres")
            .stream()
            .filter(
                i -> i.major() == cluster.programs().major() && !i.directory().equals(cluster.programs().directory()))
            .findFirst();
        Assumptions.assumeTrue(without.isPresent(), "needs a second PostgreSQL, without TimescaleDB");
        var place = Files.createDirectory(home.resolve("refused"));
        var before = BareBackup.hash(place);
        var result = Tool.of("restore")
            .with("PGBINDIR", without.get().directory().toString())
            .run(
                backup.path().toString(),
                "-D",
                place.resolve("data").toString(),
                "--force");
        assertEquals(12, result.exit(), result::toString);
        assertTrue(
            result.err().contains("the backup needs TimescaleDB 2.") && result.err().contains("has none"),
            result::toString);
        assertEquals(before, BareBackup.hash(place));
    }

    @Test
    void a_version_that_no_server_here_has_is_refused() throws IOException {
        var other = home.resolve("other-version");
        BareBackup.copy(backup.path(), other);
        var print = other.resolve("backup.json");
        Files.writeString(print, Files.readString(print).replaceAll("(\"timescaledb\" : )\"[^\"]+\"", "$1\"2.17.2\""));
        var source = new RestorePlan.Source(RestorableBackup.of(BackupDirectory.open(other), null), null);
        var options = RestoreOptions.of("-D", home.resolve("nowhere").toString());
        var failure =
            Assertions
                .assertThrows(Failure.class, () -> RestorePlan.make(source, options, Instant.now()));
        assertTrue(failure.getMessage().contains("needs TimescaleDB 2.17.2"), failure::getMessage);
        var receipt = Drill.run(BackupDirectory.open(other), ScratchServer.Options.standard().in(scratch), false);
        assertEquals(Drill.Verdict.NOT_JUDGED, receipt.verdict(), receipt::toString);
        assertTrue(receipt.message().contains("needs TimescaleDB 2.17.2"), receipt::message);
    }
}
