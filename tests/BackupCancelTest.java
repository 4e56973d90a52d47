import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import lib.Program;
import lib.archive.BackupDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A backup that is stopped on its way leaves nothing: no directory, no process, no walsender, no slot; and the backups
 * before stay as they are.
 */
@Tag("local")
class BackupCancelTest {
    private static final long PATIENCE_SECONDS = 30;

    private static Cluster cluster;
    private static Path work;
    private static Path first;
    private static String sums;

    @BeforeAll
    static void a_cluster_with_one_good_backup() throws IOException {
        cluster = Cluster.create();
        work = Files.createTempDirectory("backup-");
        var result = tool("--no-progress");
        assertEquals(0, result.exit(), result::toString);
        first = work.resolve(result.out().strip());
        sums = Files.readString(first.resolve("SHA256SUMS"));
    }

    @AfterAll
    static void remove() {
        cluster.close();
        Cluster.delete(work);
    }

    @BeforeEach
    void the_server_runs() {
        if (!cluster.isRunning()) cluster.start();
    }

    @ParameterizedTest @ValueSource(strings = {"TERM", "INT"})
    void a_stopped_tool_leaves_nothing_behind_anywhere(String signal) throws Exception {
        var told = work.resolve("told-" + signal);
        var run = slowBackup("--on-done", "cat > " + told);

        kill(signal, run);

        assertTrue(run.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(signal.equals("INT") ? 130 : 143, run.exitValue());
        assertNothingIsLeft();
        assertTrue(Files.readString(told).contains("\"interrupted\""), "--on-done is told");
    }

    @Test
    void what_a_killed_tool_left_is_named_and_cleared_by_the_next_run() throws Exception {
        var run = slowBackup();
        kill("KILL", run);
        assertTrue(run.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(1, BackupDirectory.partials(work.resolve("backups")).size());
        assertTrue(orphans() > 0, "pg_basebackup goes on without the tool");
        var partial = BackupDirectory.partials(work.resolve("backups")).getFirst().getFileName().toString();
        var list = tool("list");
        assertTrue(list.out().contains(partial) && list.out().contains("unfinished"), list::toString);
        var doctor = tool("doctor");
        assertTrue(doctor.out().contains(partial), doctor::toString);

        var next = tool("--no-progress", "--compress=lz4");

        assertEquals(0, next.exit(), next::toString);
        assertTrue(next.err().contains("removing " + partial) && next.err().contains("ending process"), next::toString);
        Cluster.delete(work.resolve(next.out().strip()));
        assertNothingIsLeft();
    }

    @Test
    void a_server_that_stops_ends_the_backup_with_an_error() throws Exception {
        var run = slowBackup();

        cluster.asServer(
            List.of(
                cluster.programs().program("pg_ctl").toString(),
                "-D",
                cluster.data().toString(),
                "-w",
                "-m",
                "immediate",
                "stop"));

        assertTrue(run.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(1, run.exitValue());
        cluster.start();
        assertNothingIsLeft();
    }

    @Test
    void a_killed_walsender_ends_the_backup_with_an_error() throws Exception {
        var run = slowBackup();

        cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE state = 'streaming'");

        assertTrue(run.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(1, run.exitValue());
        assertNothingIsLeft();
    }

    @Test
    void a_damaged_page_on_the_server_stops_the_backup() throws Exception {
        cluster.sql("DROP TABLE IF EXISTS damaged; CREATE TABLE damaged AS SELECT generate_series(1, 10000) AS i");
        cluster.sql("CHECKPOINT");
        var file = cluster.data().resolve(cluster.sql("SELECT pg_relation_filepath('damaged')"));
        var good = Files.readAllBytes(file);
        var bad = good.clone();
        Arrays.fill(bad, 8192 + 5000, 8192 + 5100, (byte) 'x');
        Files.write(file, bad);
        try {
            var result = tool("--no-progress");

            assertEquals(1, result.exit(), result::toString);
            assertTrue(result.err().contains("backup: the server's own files are damaged"), result::toString);
            assertEquals("", result.out());
            assertNothingIsLeft();
        } finally {
            Files.write(file, good);
        }
    }

    @Test
    void a_file_that_the_server_may_not_read_stops_the_backup() throws Exception {
        cluster.sql("DROP TABLE IF EXISTS locked; CREATE TABLE locked AS SELECT generate_series(1, 100) AS i");
        cluster.sql("CHECKPOINT");
        var file = cluster.data().resolve(cluster.sql("SELECT pg_relation_filepath('locked')"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        try {
            var result = tool("--no-progress");

            assertEquals(1, result.exit(), result::toString);
            assertTrue(
                result.err().contains(file.getFileName() + "\": Permission denied") && result.err().contains("HINT: "),
                result::toString);
            assertEquals("", result.out());
            assertNothingIsLeft();
        } finally {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
    }

    @Test
    void a_full_disk_is_named_and_left_as_it_was() throws Exception {
        var disk = Files.createDirectory(work.resolve("small"));
        Assumptions.assumeTrue(
            Program.of(List.of("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk.toString())).capture().ok(),
            "a small disk cannot be made here (mount needs root)");
        try {
            Files.writeString(disk.resolve("mine"), "stays");
            for (var option : List.of("--compress=none", "--compress=zstd", "--format=plain")) {
                var result = tool("--no-progress", "-o", disk.resolve("backups").toString(), option);

                assertEquals(12, result.exit(), () -> option + "\n" + result);
                assertTrue(result.err().contains("HINT: free some space"), result::toString);
                assertEquals(List.of(), BackupDirectory.in(disk.resolve("backups")));
                assertEquals(List.of(), BackupDirectory.partials(disk.resolve("backups")));
                assertEquals("stays", Files.readString(disk.resolve("mine")));
            }
        } finally {
            Program.of(List.of("umount", disk.toString())).capture();
        }
    }

    @Test
    void two_runs_never_meet() throws Exception {
        var run = slowBackup();
        try {
            var second = tool("--no-progress");

            assertEquals(12, second.exit(), second::toString);
            assertTrue(
                second.err().contains("another run is at work in backups: process " + run.pid()),
                second::toString);
            assertEquals(12, tool("prune", "--keep", "1", "--yes").exit());
        } finally {
            kill("TERM", run);
            run.waitFor();
        }
        assertNothingIsLeft();
    }

    /** Started, and far enough to have a walsender for the files and one for the WAL. */
    private static Process slowBackup(String... more) throws InterruptedException {
        var options = new ArrayList<>(List.of("--max-rate=1M", "--no-progress", "--quiet"));
        options.addAll(List.of(more));
        var run = Tool.of("backup").in(work).with(cluster.environment()).start(options.toArray(String[]::new));
        await(
            "a base backup is under way",
            () -> cluster.sql("SELECT count(*) FROM pg_stat_replication").equals("2")
                && cluster
                    .sql(
                        "SELECT count(*) FROM pg_stat_progress_basebackup WHERE phase = 'streaming database files' "
                            + "AND backup_streamed > 0")
                    .equals("1"));
        return run;
    }

    private static void assertNothingIsLeft() throws IOException, InterruptedException {
        await(
            "the server is rid of the backup",
            () -> cluster.sql("SELECT count(*) FROM pg_stat_replication").equals("0")
                && cluster.sql("SELECT count(*) FROM pg_replication_slots").equals("0"));
        await("no pg_basebackup is left", () -> orphans() == 0);
        assertEquals(List.of(), BackupDirectory.partials(work.resolve("backups")));
        assertEquals(
            List.of(first),
            BackupDirectory.in(work.resolve("backups")).stream().map(BackupDirectory::path).toList());
        assertEquals(sums, Files.readString(first.resolve("SHA256SUMS")));
        assertTrue(
            Program.of(List.of("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS")).in(first).capture().ok());
    }

    private static long orphans() {
        return ProcessHandle.allProcesses()
            .filter(
                p -> p.info()
                    .arguments()
                    .stream()
                    .flatMap(Arrays::stream)
                    .anyMatch(a -> a.startsWith("--pgdata=" + work)))
            .count();
    }

    private static void kill(String signal, Process process) {
        assertTrue(Program.of(List.of("kill", "-" + signal, String.valueOf(process.pid()))).capture().ok());
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertFalse(System.nanoTime() > end, "never: " + what);
            Thread.sleep(100);
        }
    }

    private static Tool.Result tool(String... arguments) {
        return Tool.of("backup").in(work).with(cluster.environment()).run(arguments);
    }
}
