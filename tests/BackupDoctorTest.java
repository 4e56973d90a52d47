import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lib.Json;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What prevents a backup is named before it starts, with its cure. */
@Tag("local")
class BackupDoctorTest {
    private static Cluster cluster;
    private static Path work;

    @BeforeAll
    static void a_cluster_with_few_of_everything() throws IOException {
        cluster =
            Cluster.create("max_wal_senders = 3", "max_replication_slots = 1", "lc_messages = '" + german() + "'");
        work = Files.createTempDirectory("backup-");
        cluster.sql(
            "CREATE ROLE plain LOGIN; CREATE ROLE \"Back-up\" LOGIN REPLICATION; CREATE ROLE kept_out LOGIN "
                + "REPLICATION");
        var hba = cluster.data().resolve("pg_hba.conf");
        Files.writeString(hba, "host replication kept_out all reject\n" + Files.readString(hba));
        cluster.sql("SELECT pg_reload_conf()");
    }

    /**
     * No fact may hang on the language that the server speaks. Where the machine knows no German, nothing is lost but
     * that.
     */
    private static String german() {
        var locales = Program.of(List.of("locale", "-a")).capture().stdout();
        return locales.lines().filter(l -> l.startsWith("de_DE.utf")).findFirst().orElse("C");
    }

    @AfterAll
    static void remove() {
        cluster.close();
        Cluster.delete(work);
    }

    @Test
    void a_server_that_is_ready_is_called_so() {
        var result = tool("doctor");

        assertEquals(0, result.exit(), result::toString);
        assertTrue(
            result.out().contains("accepted; the cluster is") && !result.out().contains("PROBLEM"),
            result::toString);
        assertTrue(result.out().contains("ok       backup window"), result::toString);
        assertFalse(Files.exists(work.resolve("backups")), "nothing is changed");
    }

    @Test
    void incremental_backups_are_refused_with_the_reason() {
        var result = tool("--incremental");

        assertEquals(12, result.exit(), result::toString);
        if (cluster.programs().major() < 17) {
            assertEquals(
                "backup: incremental backups came with PostgreSQL 17, and this server is PostgreSQL "
                    + cluster.programs().major() + "\nHINT: leave out --incremental: a full backup is made.\n",
                result.err());
        } else {
            assertTrue(result.err().contains("ALTER SYSTEM SET summarize_wal = on"), result::toString);
        }
        assertFalse(Files.exists(work.resolve("backups")), "nothing is changed");
        assertTrue(tool("doctor").out().contains("ok       incremental backups"), "doctor tells of it");
    }

    @Test
    void a_role_without_the_replication_right_gets_the_sql() {
        var result = as("plain").run("doctor");

        assertEquals(12, result.exit(), result::toString);
        assertTrue(
            result.out().contains("PROBLEM  role") && result.out().contains("ALTER ROLE \"plain\" REPLICATION;"),
            result::toString);
        var backup = as("plain").run();
        assertEquals(12, backup.exit());
        assertEquals(
            "backup: the user plain may not take a base backup: it lacks the REPLICATION right\nHINT: as a "
                + "superuser: ALTER ROLE \"plain\" REPLICATION;\n",
            backup.err());
        assertEquals("", backup.out());
        assertFalse(Files.exists(work.resolve("backups")));
    }

    @Test
    void a_missing_line_in_pg_hba_is_printed_ready_to_paste() {
        var result = as("kept_out").run("doctor");

        assertEquals(12, result.exit(), result::toString);
        assertTrue(result.out().contains("host replication kept_out 127.0.0.1/32 scram-sha-256"), result::toString);
        // a line that rejects stands in the file: behind it the new one would change nothing
        assertTrue(result.out().contains("at the TOP of pg_hba.conf"), result::toString);
    }

    /** It sees less than a superuser: no data directory, no sizes of databases that it may not connect to. */
    @Test
    void the_replication_right_alone_is_enough_for_a_backup() {
        var result = as("Back-up").run("-o", "least", "--no-progress");

        assertEquals(0, result.exit(), result::toString);
        assertEquals(0, tool("verify", "latest", "-o", "least").exit());
    }

    /** pg_basebackup leaves its data out and says nothing: the backup would be called whole. */
    @Test
    void a_tablespace_in_the_data_directory_itself_is_refused() {
        Assumptions.assumeTrue(cluster.programs().major() < 16, "newer servers give it an archive of its own");
        cluster.sql("ALTER SYSTEM SET allow_in_place_tablespaces = on");
        cluster.sql("SELECT pg_reload_conf()");
        cluster.sql("CREATE TABLESPACE inside LOCATION ''");
        try {
            var refused = tool("-o", "inside");
            assertEquals(12, refused.exit(), refused::toString);
            assertTrue(refused.err().contains("the tablespace inside lies in the data directory"), refused::toString);
        } finally {
            cluster.sql("DROP TABLESPACE inside");
            cluster.sql("ALTER SYSTEM RESET allow_in_place_tablespaces");
            cluster.sql("SELECT pg_reload_conf()");
        }
    }

    @Test
    void taken_walsenders_and_slots_are_counted() throws Exception {
        cluster.sql("SELECT pg_create_physical_replication_slot('held')");
        var receivers = Stream.of("one", "two").map(n -> hold(n)).toList();
        try {
            long end = System.nanoTime() + 20_000_000_000L;
            while (!cluster.sql("SELECT count(*) FROM pg_stat_replication").equals("2") && System.nanoTime() < end) {
                Thread.sleep(100);
            }
            var result = tool("doctor");

            assertEquals(12, result.exit(), result::toString);
            assertTrue(
                result.out().contains("a backup needs two free walsenders, and 2 of 3 are taken"),
                result::toString);
            assertTrue(
                result.out().contains("a backup needs a free replication slot, and all 1 are taken"),
                result::toString);
        } finally {
            for (var r : receivers) r.destroy();
            for (var r : receivers) r.waitFor();
            cluster.sql("SELECT pg_drop_replication_slot('held')");
        }
    }

    private static Process hold(String name) {
        try {
            var builder = new ProcessBuilder(
                cluster.programs().program("pg_receivewal").toString(),
                "-D",
                Files.createDirectory(work.resolve(name)).toString());
            builder.environment().putAll(cluster.environment());
            return builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void a_target_that_is_a_file_or_read_only_is_named() throws IOException {
        Files.writeString(work.resolve("file"), "mine");
        var file = tool("-o", "file", "--no-progress");
        assertEquals(12, file.exit(), file::toString);
        assertTrue(
            file.err()
                .contains(
                    "backup: file is a file, and backups go into a directory\nHINT: choose another directory with -o."),
            file::toString);
        assertEquals("mine", Files.readString(work.resolve("file")));

        var sys = tool("-o", "/proc/backups", "--no-progress");
        assertEquals(12, sys.exit(), sys::toString);
        assertTrue(sys.err().contains("backup: cannot write to /proc"), sys::toString);
    }

    @Test
    void wrong_words_are_refused_with_what_is_right() {
        assertUsage("'brotli' is not a compression", "--compress=brotli");
        assertUsage("the plain format is not compressed", "--format=plain", "--compress=zstd");
        assertUsage("--encrypt-to was given a secret key", "--encrypt-to=AGE-SECRET-KEY-1XXXXXX");
        assertUsage("at least one backup must stay", "--keep=0");
        assertUsage("give one of --keep and --keep-days", "prune");
    }

    @Test
    void a_dry_run_says_what_it_would_do_and_does_nothing() {
        var result = tool("--dry-run", "-o", "dry", "--on-done", "touch " + work.resolve("told"));

        assertEquals(0, result.exit(), result::toString);
        assertTrue(
            result.out().contains("would make dry/cluster_backup_") && result.out().contains("pg_basebackup --pgdata="),
            result::toString);
        assertFalse(Files.exists(work.resolve("dry")) || Files.exists(work.resolve("told")));
    }

    @Test
    void the_command_after_it_reads_the_result_of_success_and_failure() throws IOException {
        var told = work.resolve("told.json");
        var good = tool("--no-progress", "--json", "-o", "told", "--on-done", "cat > " + told);
        assertEquals(0, good.exit(), good::toString);
        assertEquals(good.out(), Files.readString(told), "the same JSON");
        assertEquals("done", Json.tree(good.out()).get("status").asString());

        var bad = as("plain").run("--json", "--on-done", "cat > " + told);
        assertEquals(12, bad.exit());
        var said = Json.tree(Files.readString(told));
        assertEquals("failed", said.get("status").asString());
        assertEquals(12, said.get("exitCode").asInt());

        var broken = tool("--no-progress", "-o", "told", "--on-done", "exit 3");
        assertEquals(1, broken.exit(), broken::toString);
        assertTrue(broken.err().contains("backup: the --on-done command ended with 3"), broken::toString);
        assertTrue(broken.out().startsWith("told/cluster_backup_"), "the backup itself is there");
    }

    @Test
    void a_standby_can_be_backed_up_and_is_called_one() throws IOException {
        var home = Files.createTempDirectory(cluster.home(), "standby-");
        Cluster.giveToServer(home);
        cluster.asServer(
            List.of(
                "env",
                "PGHOST=127.0.0.1",
                "PGPORT=" + cluster.port(),
                "PGUSER=postgres",
                cluster.programs().program("pg_basebackup").toString(),
                "-c",
                "fast",
                "-R",
                "-D",
                home.resolve("data").toString()));
        try (var standby = Cluster.around(home.resolve("data"), home)) {
            standby.start();
            var tool = Tool.of("backup").in(work).with(standby.environment());
            var result = tool.run("-o", "standby", "--no-progress");

            assertEquals(0, result.exit(), result::toString);
            assertTrue(result.err().contains("this server is a standby"), result::toString);
            assertEquals(0, Tool.of("backup").in(work).run("verify", "latest", "-o", "standby").exit());
        }
    }

    private static void assertUsage(String message, String... options) {
        var result = tool(options);
        assertEquals(2, result.exit(), result::toString);
        assertTrue(result.err().contains(message) && result.err().contains("HINT: "), result::toString);
        assertEquals("", result.out());
    }

    private static Tool as(String user) {
        return Tool.of("backup").in(work).with(cluster.environment()).with("PGUSER", user);
    }

    private static Tool.Result tool(String... arguments) {
        return as("postgres").run(arguments);
    }
}
