import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** --start: the server of the old cluster is stopped, that of the new one started, and looked into. */
@Tag("local")
class RestoreStartTest {
    private static Cluster cluster;
    private static Path home;
    private static int port;
    private static Path backup;

    @BeforeAll
    static void a_backup_of_a_cluster_with_a_port_of_its_own() {
        Console.level(Console.Level.QUIET);
        port = Cluster.freePort();
        cluster = Cluster.create("port = " + port, "unix_socket_directories = '/tmp'", "logging_collector = on");
        home = cluster.home();
        cluster.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) AS i");
        backup = BareBackup.take(cluster, home.resolve("backup"), "-Ft", "-Z", "client-gzip:1");
        cluster.sql("DROP TABLE t");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void the_running_server_is_stopped_and_the_restored_cluster_started() throws IOException {
        var place = Files.createDirectory(home.resolve("replace"));
        Cluster.giveToServer(place);
        var old = Cluster.around(place.resolve("data"), place);
        BareBackup.take(cluster, old.data(), "-Fp");
        Cluster.giveToServer(old.data());
        old.start();
        var pid = Long.parseLong(Files.readAllLines(old.data().resolve("postmaster.pid")).getFirst());
        try {
            var done = Tool.of("restore").run(backup.toString(), "-D", old.data().toString(), "--force", "--start");
            assertEquals(0, done.exit(), done::toString);
            assertTrue(done.out().matches("Restored size: [\\d.]+ MB\n"), done::toString);
            for (var said : new String[] {"stopping the server (pid " + pid, "to the end of the backup",
                "database postgres, ",
                "it listens on port " + port, "when all is well: rm -r "}) {
                assertTrue(done.err().contains(said), () -> said + "\n" + done);
            }
            try (var kept = Files.newDirectoryStream(place, "data.before-restore-*")) {
                assertFalse(
                    Files.exists(kept.iterator().next().resolve("postmaster.pid")),
                    "the old server did not end by itself");
            }
            var asked = Tool.command(
                "psql",
                "-XAtq",
                "-h",
                "/tmp",
                "-p",
                String.valueOf(port),
                "-U",
                "postgres",
                "-c",
                "SELECT count(*), pg_is_in_recovery() FROM t").run();
            assertEquals("1000|f\n", asked.out(), asked::toString);
        } finally {
            old.close();
        }
    }

    @Test
    void a_taken_port_is_named_and_the_restored_data_is_complete() throws IOException {
        var place = Files.createDirectory(home.resolve("taken"));
        Cluster.giveToServer(place);
        var strange = place.resolve("da 'ta\" $x`");
        var restored = Cluster.around(place.resolve("data"), place);
        try (var other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            var result =
                Tool.of("restore").run(backup.toString(), "-D", strange.toString(), "--force", "--start");
            assertEquals(1, result.exit(), result::toString);
            assertTrue(
                result.err().contains("the restored cluster does not start: could not bind")
                    && result.err().contains("the restored data is complete"),
                result::toString);
            assertTrue(other.isBound());
        }
        Files.move(strange, restored.data());
        restored.start();
        assertEquals("1000", restored.sql("SELECT count(*) FROM t"));
        restored.close();
    }
}
