import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import lib.Console;
import lib.Program;
import lib.boot.RunningServer;
import lib.restore.Staging;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A restore to a moment that is interrupted on its way: the cluster in its place is as it was, and nothing runs on. */
@Tag("local")
class RecoveryKillTest {
    private static Cluster cluster;
    private static Path backups;
    private static Path place;

    @BeforeAll
    static void a_backup_with_wal_and_an_old_cluster() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create("max_wal_size = 1GB");
        backups = Files.createTempDirectory(cluster.home(), "backups-");
        place = Files.createDirectory(cluster.home().resolve("place"));
        cluster.sql("CREATE TABLE filler (i int, text text)");
        BareBackup.take(cluster, place.resolve("data"), "-Fp");
        Cluster.giveToServer(place);
        try (var receiver = Reception.of(cluster, backups)) {
            var made = Tool.of("backup").with(cluster.environment()).run("-o", backups.toString(), "--no-progress");
            assertEquals(0, made.exit(), made::toString);
            for (int i = 0; i < 6; i++) {
                cluster.sql("INSERT INTO filler SELECT g, repeat(md5(g::text), 4) FROM generate_series(1, 60000) AS g");
            }
            receiver.awaitNow();
        }
        cluster.stop();
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void the_live_cluster_is_as_it_was_and_the_next_run_goes_to_the_end() throws Exception {
        var data = place.resolve("data");
        var staging = Staging.directoryFor(data);
        var old = BareBackup.hash(data);
        for (var signal : List.of("INT", "KILL")) {
            interrupted(signal, "unpacking", () -> Files.exists(staging.resolve("base")), old);
            interrupted(signal, "replaying", () -> Files.exists(staging.resolve("wal-feed")), old);
            interrupted(
                signal,
                "in the middle of it",
                () -> Files.exists(staging.resolve("pg_wal/RECOVERYXLOG")),
                old);
            interrupted(signal, "replayed", () -> isReplayed(staging), old);
        }
        var whole = Tool.of("restore").run(arguments(data));
        assertEquals(0, whole.exit(), whole::toString);
        var copy = Cluster.around(data, place);
        copy.start();
        assertEquals("360000", copy.sql("SELECT count(*) FROM filler"));
        copy.stop();
    }

    /** The feed is gone again, and pg_control has its working name. */
    private static boolean isReplayed(Path staging) {
        return Files.exists(staging.resolve("pg_wal/00000002.history"))
            && !Files.exists(staging.resolve("wal-feed"));
    }

    private static void interrupted(String signal, String phase, BooleanSupplier isThere, String old)
        throws Exception {
        var data = place.resolve("data");
        var staging = Staging.directoryFor(data);
        var process = Tool.of("restore").start(arguments(data));
        while (process.isAlive() && !isThere.getAsBoolean()) Thread.onSpinWait();
        assertTrue(process.isAlive(), "it was over before it was " + phase);
        Program.of(List.of("kill", "-" + signal, String.valueOf(process.pid()))).run();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), phase);
        for (int i = 0; i < 600 && RunningServer.on(staging).isPresent(); i++) Thread.sleep(100);
        assertFalse(RunningServer.on(staging).isPresent(), "the server that replayed runs on: " + phase);
        assertEquals(old, BareBackup.hash(data), "killed with " + signal + " when it was " + phase);
        if (signal.equals("INT")) {
            assertEquals(130, process.exitValue(), phase);
            assertFalse(Files.exists(staging), "its work was not removed: " + phase);
        }
    }

    private static String[] arguments(Path data) {
        return new String[] {"latest", "--at", "latest", "-o", backups.toString(), "-D", data.toString(), "--force"};
    }
}
