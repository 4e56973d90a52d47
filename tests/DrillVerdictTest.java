import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.Program;
import lib.archive.BackupDirectory;
import lib.boot.ScratchServer;
import lib.boot.ServerLog;
import lib.restore.Drill;
import lib.restore.DrillSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A good backup is never called bad: not for what roles and databases set, for who may log in, for what a server does
 * after a crash.
 */
@Tag("local")
class DrillVerdictTest {
    private static final int EMPTY_DATABASES = 20;

    private static Cluster cluster;
    private static Path home;
    private static Path scratch;
    private static Path ofStandby;
    private static String bigTable;
    private static Path withOpenTransaction;
    private static Path withHostileSettings;
    private static Path withClosedDoors;

    /** The cluster becomes more and more unfriendly; after each step a backup. */
    @BeforeAll
    static void backups_of_unfriendly_clusters() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create("max_prepared_transactions = 5", "fsync = off");
        home = cluster.home();
        scratch = Files.createDirectory(home.resolve("scratch"));
        Cluster.giveToServer(scratch);
        cluster.sql("CREATE DATABASE metrics");
        cluster.sql(
            "metrics",
            "CREATE TABLE big AS SELECT i, repeat('x', 500) AS filler FROM generate_series(1, 30000) AS i");
        cluster.sql("metrics", "CREATE INDEX ON big (i)");
        bigTable = cluster.sql("metrics", "SELECT pg_relation_filepath('big')");
        ofStandby = backupOfStandby();
        cluster.sql("metrics", "CREATE UNLOGGED TABLE volatile AS SELECT i FROM generate_series(1, 50000) AS i");
        cluster.sql("metrics", "BEGIN; TRUNCATE big; PREPARE TRANSACTION 'forgotten'");
        withOpenTransaction = take("open-transaction", "postgres");
        cluster.sql("metrics", "ROLLBACK PREPARED 'forgotten'");
        for (int i = 0; i < EMPTY_DATABASES; i++) cluster.sql("CREATE DATABASE empty" + i);
        closeWithSettings();
        withHostileSettings = take("hostile-settings", "keeper");
        closeDoors();
        withClosedDoors = take("closed-doors", "keeper");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void a_backup_of_a_standby_comes_back_as_a_server_of_its_own() {
        var receipt = drill(ofStandby, true);
        assertTrue(receipt.isGood(), receipt::message);
        assertTrue(receipt.rows() > 30_000, receipt::toString);
        assertTrue(answer(receipt, "standby").contains("standby.signal is left out"), receipt::toString);
    }

    @Test
    void a_prepared_transaction_holds_nothing_up_and_unlogged_tables_come_back_empty_and_both_are_said() {
        var receipt = drill(withOpenTransaction, true);
        assertTrue(receipt.isGood(), receipt::message);
        var said = answer(receipt, "databases");
        assertTrue(said.contains("prepared transaction 'forgotten' in database metrics"), said);
        var unlogged = answer(receipt, "relations");
        assertTrue(unlogged.contains("unlogged, empty as after a crash: metrics.public.volatile"), unlogged);
        assertTrue(receipt.rows() >= 30_000, receipt::toString);
    }

    @Test
    void settings_of_roles_and_databases_and_event_triggers_are_not_the_backups_fault() {
        var receipt = drill(withHostileSettings, true);
        assertTrue(receipt.isGood(), receipt::message);
        assertEquals("no finding", answer(receipt, "structure"));
        assertTrue(receipt.rows() >= 30_000, receipt::toString);
    }

    @Test
    void many_empty_databases_take_one_connection_each() {
        var result = Tool.of("restore")
            .with("TMPDIR", scratch.toString())
            .run("drill", withHostileSettings.toString(), "--verbose");
        assertEquals(0, result.exit(), result::toString);
        var connections = result.err().lines().filter(line -> line.contains("connecting to ")).count();
        assertTrue(connections <= EMPTY_DATABASES + 10, connections + " connections");
    }

    @Test
    void a_superuser_of_another_name_who_may_not_log_in_and_closed_databases_are_no_hindrance() {
        var receipt = drill(withClosedDoors, true);
        assertTrue(receipt.isGood(), receipt::message);
        assertTrue(answer(receipt, "recovery").startsWith("consistent at"), receipt::toString);
        assertTrue(receipt.rows() >= 30_000, receipt::toString);
    }

    @Test
    void damage_under_hostile_settings_is_still_found() throws IOException {
        var bad = home.resolve("damaged");
        BareBackup.copy(withHostileSettings, bad);
        try (var file = new RandomAccessFile(bad.resolve(bigTable).toFile(), "rw")) {
            file.seek(8192 * 100 + 4000);
            file.write("damage".getBytes(StandardCharsets.US_ASCII));
        }
        var receipt = drill(bad, false);
        assertEquals(Drill.Verdict.BAD, receipt.verdict(), receipt::toString);
        assertEquals("relations", receipt.reason(), receipt::message);
        assertTrue(Drill.sentence(receipt).contains("could NOT be restored (relations)"), Drill.sentence(receipt));
    }

    @Test
    void a_library_or_a_key_that_is_not_here_is_no_verdict() throws IOException {
        var receipt = Drill.run(
            BackupDirectory.open(withOpenTransaction),
            ScratchServer.Options.standard().in(Path.of("/proc/nowhere")),
            false);
        assertEquals(Drill.Verdict.NOT_JUDGED, receipt.verdict(), receipt::toString);
        assertEquals(12, Drill.exitCode(receipt));
        assertTrue(Drill.sentence(receipt).contains("could not be judged here (server)"), Drill.sentence(receipt));
        Drill.keep(receipt, DrillSubject.of(BackupDirectory.open(withOpenTransaction), null));
        assertFalse(Files.exists(home.resolve(".receipts/open-transaction.drill.json")));
    }

    @Test
    void words_of_the_machine_are_told_from_words_about_the_data() {
        for (var machine : List.of(
            "could not write to file \"base/5/1\": No space left on device",
            "could not access file \"timescaledb-2.17.2\": No such file or directory",
            "could not map anonymous shared memory: Cannot allocate memory",
            "database locale is incompatible with operating system")) {
            assertTrue(ServerLog.isOfThisMachine(machine), machine);
        }
        for (var data : List.of(
            "could not locate required checkpoint record",
            "WAL ends before end of online backup",
            "invalid page in block 7 of relation base/5/16384",
            "could not open file \"base/5/16384\": No such file or directory")) {
            assertFalse(ServerLog.isOfThisMachine(data), data);
        }
    }

    private static Path backupOfStandby() throws IOException {
        var place = Files.createDirectory(home.resolve("standby"));
        Cluster.giveToServer(place);
        var standby = Cluster.around(BareBackup.take(cluster, place.resolve("data"), "-Fp", "-R"), place);
        Cluster.giveToServer(standby.data());
        standby.start();
        try {
            cluster.sql("metrics", "CREATE TABLE later AS SELECT i FROM generate_series(1, 5000) AS i");
            var end = cluster.sql("SELECT pg_current_wal_lsn()");
            for (int i = 0; i < 600 && !standby.sql("SELECT pg_last_wal_replay_lsn() >= '" + end + "'").equals("t");
                i++) {
                Thread.sleep(50);
            }
            return BareBackup.take(standby, home.resolve("of-standby"), "-Ft", "-Z", "client-gzip:1");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            standby.close();
        }
    }

    /** What a person may have set for everybody, and forgotten. */
    private static void closeWithSettings() {
        cluster.sql("CREATE ROLE keeper LOGIN REPLICATION");
        cluster.sql("CREATE ROLE nobody");
        cluster.sql(
            "metrics",
            """
                CREATE FUNCTION no_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no DDL here'; END $$;
                CREATE EVENT TRIGGER no_ddl ON ddl_command_start EXECUTE FUNCTION no_ddl();
                ALTER EVENT TRIGGER no_ddl ENABLE ALWAYS
                """);
        cluster.sql(
            """
                ALTER DATABASE metrics SET default_transaction_read_only = on;
                ALTER DATABASE metrics SET zero_damaged_pages = on;
                ALTER DATABASE metrics SET enable_seqscan = off;
                ALTER ROLE ALL SET lock_timeout = '1ms';
                ALTER ROLE ALL SET idle_in_transaction_session_timeout = '1ms';
                ALTER ROLE ALL SET search_path = '';
                ALTER ROLE postgres SET role = 'nobody';
                ALTER ROLE ALL SET session_preload_libraries = 'not_here';
                ALTER ROLE ALL SET default_transaction_isolation = 'serializable';
                ALTER ROLE ALL SET idle_session_timeout = '1ms';
                ALTER ROLE ALL SET statement_timeout = '1ms'
                """);
    }

    /** Nobody who may log in is a superuser, and the usual databases are closed. */
    private static void closeDoors() {
        var first = Program
            .of(
                List.of(
                    "psql",
                    "-XAtq",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-d",
                    "metrics",
                    "-c",
                    "CREATE ROLE chief SUPERUSER LOGIN",
                    "-c",
                    "ALTER DATABASE template1 ALLOW_CONNECTIONS false",
                    "-c",
                    "ALTER DATABASE postgres ALLOW_CONNECTIONS false"))
            .with(friendly("postgres"))
            .capture();
        assertTrue(first.ok(), first::toString);
        var second = Program
            .of(
                List.of(
                    "psql",
                    "-XAtq",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-d",
                    "metrics",
                    "-c",
                    "ALTER ROLE postgres RENAME TO \"the old one\"",
                    "-c",
                    "ALTER ROLE \"the old one\" NOLOGIN",
                    "-c",
                    "ALTER ROLE chief NOLOGIN"))
            .with(friendly("chief"))
            .capture();
        assertTrue(second.ok(), second::toString);
    }

    /** A session that what was set does not reach. */
    private static Map<String, String> friendly(String user) {
        var all = new HashMap<>(cluster.environment());
        all.put("PGUSER", user);
        all.put(
            "PGOPTIONS",
            user.equals("keeper") ? "-c statement_timeout=0 -c idle_session_timeout=0 -c lock_timeout=0"
                : "-c statement_timeout=0 -c idle_session_timeout=0 -c lock_timeout=0 -c role=none -c "
                    + "session_preload_libraries="
                    + " -c default_transaction_read_only=off");
        return all;
    }

    private static Path take(String name, String user) {
        var directory = home.resolve(name);
        var command = List.of(
            cluster.programs().program("pg_basebackup").toString(),
            "-c",
            "fast",
            "--no-sync",
            "-Fp",
            "-D",
            directory.toString());
        var all = new HashMap<>(cluster.environment());
        all.put("PGUSER", user);
        var answer = Program.of(command).with(all).capture();
        assertTrue(answer.ok(), answer::toString);
        return directory;
    }

    private static Drill.Receipt drill(Path backup, boolean verify) {
        return Drill
            .run(BackupDirectory.open(backup), ScratchServer.Options.standard().in(scratch).withVerify(verify), true);
    }

    private static String answer(Drill.Receipt receipt, String check) {
        return receipt.checks()
            .stream()
            .filter(a -> a.check().equals(check))
            .map(a -> String.valueOf(a.detail()))
            .findFirst()
            .orElse("");
    }
}
