import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.Program;
import lib.archive.BackupDirectory;
import lib.boot.ScratchServer;
import lib.database.Database;
import lib.restore.Drill;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A copy cannot reach its original, whatever the copied configuration says: files and sessions of the original are as
 * before.
 */
@Tag("local")
class CopyIsolationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Cluster original;
    private static Path home;
    private static Path elsewhere;
    private static Path backup;

    /** Everything of this configuration points into the original. */
    @BeforeAll
    static void an_original_whose_settings_name_its_own_places() throws IOException {
        Console.level(Console.Level.QUIET);
        original = Cluster.create("autovacuum = off", "checkpoint_timeout = 1h", "bgwriter_lru_maxpages = 0");
        home = original.home();
        elsewhere = Files.createTempDirectory("tsdb-tools-copies-");
        Cluster.giveToServer(elsewhere);
        original.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) AS i");
        original.stop();
        for (var place : List.of("archive", "logs")) Cluster.giveToServer(Files.createDirectory(home.resolve(place)));
        append(
            "postgresql.conf",
            "data_directory = '" + original.data() + "'",
            "hba_file = '" + original.data() + "/pg_hba.conf'",
            "ident_file = '" + original.data() + "/pg_ident.conf'",
            "external_pid_file = '" + home + "/pid'",
            "unix_socket_directories = '" + home + "'",
            "port = " + original.port(),
            "archive_mode = on",
            "archive_command = 'cp \"%p\" \"" + home + "/archive/%f\"'",
            "restore_command = 'touch \"" + home + "/restored\"; false'",
            "recovery_end_command = 'touch \"" + home + "/ended\"'",
            "recovery_target_name = 'never'",
            "primary_conninfo = 'host=127.0.0.1 port=" + original.port() + " user=postgres'",
            "include 'more.conf'");
        Files.writeString(
            original.data().resolve("more.conf"),
            "synchronous_standby_names = ''\nlog_rotation_age = 1d\n");
        append(
            "postgresql.auto.conf",
            "logging_collector = on",
            "log_directory = '" + home + "/logs'",
            "session_preload_libraries = ''",
            "synchronous_commit = on");
        Cluster.giveToServer(original.data());
        original.start();
        backup = BareBackup.take(original, elsewhere.resolve("backup"), "-Ft", "-Z", "client-gzip:1");
        state();   // its own question leaves marks in the catalogs
        original.sql("CHECKPOINT");
    }

    @AfterAll
    static void away() {
        if (original != null) original.close();
        if (elsewhere != null) Cluster.delete(elsewhere);
    }

    @Test
    void a_stopped_original_stays_stopped_and_not_one_byte_of_it_changes() throws IOException {
        original.stop();
        try {
            var before = BareBackup.hash(home);
            var receipt = Drill.run(BackupDirectory.open(backup), options("drill"), false);
            assertTrue(receipt.isGood(), receipt::message);
            assertFalse(original.isRunning());
            assertEquals(before, BareBackup.hash(home), "the drill changed the original");
            try (
                var server = ScratchServer.of(BackupDirectory.open(backup), options("open"));
                var database = Database.open(server.settings("postgres"), "test")) {
                var place = database.one("SHOW data_directory", row -> row.getString(1));
                assertTrue(place.startsWith(elsewhere.toRealPath().toString()), place);
            }
            assertEquals(before, BareBackup.hash(home), "an opened copy changed the original");
            var copy = place("start");
            var done = Tool.of("restore").run(backup.toString(), "-D", copy.data().toString(), "--force", "--start");
            try {
                assertEquals(0, done.exit(), done::toString);
                assertTrue(copy.isRunning() && !original.isRunning(), done::toString);
                assertTrue(done.err().contains("data_directory"), () -> "nobody was told\n" + done);
                stop(copy);
                assertEquals(before, BareBackup.hash(home), "the started copy changed the original");
                // Whoever starts it later, by whatever means, gets the copy as well.
                original.asServer(
                    List.of(
                        original.programs().program("pg_ctl").toString(),
                        "-D",
                        copy.data().toString(),
                        "-w",
                        "-l",
                        copy.home().resolve("log").toString(),
                        "start"));
                assertTrue(copy.isRunning() && !original.isRunning());
            } finally {
                copy.close();
            }
            assertEquals(before, BareBackup.hash(home), "the copy that was started by hand changed the original");
        } finally {
            if (!original.isRunning()) original.start();
        }
    }

    @Test
    void a_running_original_sees_no_session_and_keeps_its_files() throws IOException {
        var before = state();
        var receipt = Drill.run(BackupDirectory.open(backup), options("beside"), true);
        assertTrue(receipt.isGood(), receipt::message);
        assertEquals(before, state());
    }

    @Test
    void a_salvaged_copy_runs_on_its_own_data_and_socket() throws IOException {
        var lost = elsewhere.resolve("lost");
        BareBackup.copy(backup, lost);
        Files.delete(lost.resolve("pg_wal.tar.gz"));
        var before = state();
        var into = Files.createDirectory(elsewhere.resolve("salvage"));
        Cluster.giveToServer(into);
        var done = Tool.of("restore")
            .in(into)
            .typing("salvage\n")
            .run("salvage", lost.toString(), "--into", into.resolve("copy").toString());
        var copy = Cluster.around(into.resolve("copy"), into);
        try {
            assertEquals(0, done.exit(), done::toString);
            var answer = Program
                .of(
                    List.of(
                        "psql",
                        "-XAtq",
                        "-h",
                        copy.data().toString(),
                        "-U",
                        "postgres",
                        "-c",
                        "SHOW data_directory"))
                .capture();
            assertEquals(copy.data() + "\n", answer.stdout(), answer::toString);
            assertEquals(before, state());
        } finally {
            copy.close();
        }
    }

    /** What can be seen of it from outside: its process, its sessions, the files that no session of ours may write. */
    private static String state() throws IOException {
        return original.sql(
            """
                SELECT pg_postmaster_start_time(),
                       (SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender')),
                       (SELECT sum(sessions) FROM pg_stat_database WHERE datname <> 'postgres'),
                       (SELECT sum(xact_rollback) FROM pg_stat_database), (SELECT pg_walfile_name(pg_current_wal_lsn()))
                """)
            + Files.readString(original.data().resolve("postmaster.pid")).lines().limit(5).toList()
            + BareBackup.hash(original.data().resolve("base")) + BareBackup.hash(home.resolve("archive"))
            + Files.readString(home.resolve("pid"));
    }

    private static Cluster place(String name) throws IOException {
        var place = Files.createDirectory(elsewhere.resolve(name));
        Cluster.giveToServer(place);
        return Cluster.around(place.resolve("data"), place);
    }

    private static void stop(Cluster copy) {
        copy.asServer(
            List.of(
                copy.programs().program("pg_ctl").toString(),
                "-D",
                copy.data().toString(),
                "-w",
                "-m",
                "fast",
                "stop"));
    }

    private static ScratchServer.Options options(String name) throws IOException {
        var scratch = Files.createDirectory(elsewhere.resolve("scratch-" + name));
        Cluster.giveToServer(scratch);
        return new ScratchServer.Options(null, scratch, true, PATIENCE, Map.of(), null);
    }

    private static void append(String file, String... lines) throws IOException {
        Files.writeString(
            original.data().resolve(file),
            "\n" + String.join("\n", lines) + "\n",
            StandardOpenOption.APPEND);
    }
}
