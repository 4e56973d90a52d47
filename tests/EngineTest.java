import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import lib.DotEnv;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * bin/engine, as make start and its sisters call it, with a playground in a directory of its own (with a blank in its
 * name).
 */
@ResourceLock("embedded")
class EngineTest {
    private Path playground;
    private int port;

    @BeforeEach
    void makePlayground() throws IOException {
        playground = Files.createDirectories(Files.createTempDirectory("engine-").resolve("a play ground"));
        Files.setPosixFilePermissions(playground, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(playground.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
        port = Cluster.freePort();
    }

    @AfterEach
    void stopAndRemove() {
        engine("local", "stop");
        Cluster.delete(playground.getParent());
    }

    // ---- both engines

    @Test @Tag("local")
    void local_starts_twice_stops_twice_and_keeps_its_data() {
        startsTwiceStopsTwiceAndKeepsItsData("local");
    }

    @Test @Tag("embedded")
    void embedded_starts_twice_stops_twice_and_keeps_its_data() {
        Embedded.create().close();   // installs its packages
        startsTwiceStopsTwiceAndKeepsItsData("embedded");
    }

    private void startsTwiceStopsTwiceAndKeepsItsData(String engine) {
        done(engine(engine, "start"), "engine: " + engine + ", because ENGINE says so");
        done(engine(engine, "start"), engine + " is running already, on 127.0.0.1:" + port);
        assertEquals("CREATE TABLE\n", engine(engine, "psql", "-XAtc", "CREATE TABLE kept (a int)").out());
        var status = engine(engine, "status");
        assertEquals(0, status.exit(), status::toString);
        assertTrue(
            status.out()
                .startsWith("engine    " + engine + ", running on 127.0.0.1:" + port + "\nserver    PostgreSQL "),
            status::toString);

        done(engine(engine, "stop"), engine + " stopped; its data stays");
        done(engine(engine, "stop"), "nothing is running");
        assertEquals(11, engine(engine, "status").exit());

        done(engine(engine, "start"), "PostgreSQL|TimescaleDB");
        var kept = engine(engine, "psql", "-XAtc", "SELECT to_regclass('kept')");
        assertEquals("kept\n", kept.out(), kept::toString);
        done(engine(engine, "restart"), engine + " stopped");
        done(engine(engine, "stop"), "stopped");
    }

    @Test @Tag("local")
    void taken_port_is_refused_with_the_cure() throws IOException {
        try (var other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            for (var engine : Stream.of("local", "embedded").toList()) {
                var result = engine(engine, "start");
                assertEquals(12, result.exit(), result::toString);
                assertTrue(
                    result.err()
                        .contains(
                            "engine: port " + other.getLocalPort()
                                + " of 127.0.0.1 is taken by another program\nHINT: "),
                    result::toString);
            }
        }
    }

    @Test @Tag("cli")
    void port_counts_as_taken_on_whatever_address_that_includes_127_0_0_1() throws IOException {
        for (var address : new String[] {"127.0.0.1", "0.0.0.0", "::"}) {
            try (var other = new ServerSocket(0, 1, InetAddress.getByName(address))) {
                var free =
                    Tool.command(
                        Tool.ROOT.resolve("bin/engine").toString(),
                        "free-port",
                        String.valueOf(other.getLocalPort())).run();
                assertTrue(Integer.parseInt(free.out().strip()) > other.getLocalPort(), address + " " + free);
            }
        }
    }

    @Test @Tag("cli")
    void two_starts_at_once_do_not_meet() throws IOException {
        var lock = Files.createDirectories(playground.resolve(".engine/lock"));
        Files.writeString(lock.resolve("pid"), String.valueOf(ProcessHandle.current().pid()));
        refused(12, "another start or stop is at work here", engine("local", "start"));
        Files.writeString(lock.resolve("pid"), "999999999");   // its owner is gone
        done(engine("local", "stop"), "nothing is running");
        assertFalse(Files.exists(lock));
    }

    // ---- settings

    @Test @Tag("local")
    void first_start_makes_a_private_env_file_whose_password_is_needed() throws IOException {
        done(engine("local", "start"), "made .env with a random password");
        var file = playground.resolve(".env");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        var env = DotEnv.read(file);
        assertEquals(String.valueOf(port), env.get("PGPORT"));
        assertEquals("disable", env.get("PGSSLMODE"));
        assertTrue(env.get("PGPASSWORD").matches("[0-9a-f]{32}"));

        var psql = Tool.command("psql", "-XAtc", "SELECT 1")
            .with("PGHOST", "127.0.0.1")
            .with("PGPORT", env.get("PGPORT"))
            .with(
                "PGUSER",
                "postgres");
        assertEquals("1\n", psql.with("PGPASSWORD", env.get("PGPASSWORD")).run().out());
        assertNotEquals(0, psql.with("PGPASSWORD", "wrong").run().exit());
    }

    @Test @Tag("local")
    void copied_example_file_gets_a_password_and_becomes_private() throws IOException {
        var file = playground.resolve(".env");
        Files.copy(Tool.ROOT.resolve(".env.example"), file);
        done(engine("local", "start"), "PostgreSQL");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertTrue(DotEnv.read(file).get("PGPASSWORD").matches("[0-9a-f]{32}"));
        assertTrue(Files.readString(file).contains("# All settings of the playground"), "the comments are gone");
        assertEquals("1\n", engine("local", "psql", "-XAtc", "SELECT 1").out());
    }

    @Test @Tag("cli")
    void nothing_in_a_setting_is_run() throws IOException {
        var trap = playground.resolve("trapped");
        var evil = "$(touch '" + trap + "')`touch '" + trap + "'`";
        assertEquals(2, engine("local", "start", evil, "PGPORT").exit());
        Files.writeString(
            playground.resolve(".env"),
            "PGPORT=" + evil + "\nTIMESCALEDB_IMAGE=" + evil + "\nPGPASSWORD=\"" + evil + "\"\n");
        var result = Tool.command(Tool.ROOT.resolve("bin/engine").toString(), "start")
            .with("PLAYGROUND", playground.toString())
            .run();
        assertEquals(2, result.exit(), result::toString);
        assertFalse(Files.exists(trap));
    }

    @Test @Tag("cli")
    void wrong_usage_is_said_in_two_lines() {
        refused(2, "'99999' is not a port", engine("local", "start", "99999", "PGPORT"));
        refused(2, "there is no engine 'oracle'", engine("oracle", "start"));
        refused(2, "'dance' is not a command", engine("local", "dance"));
        refused(11, "nothing is running", engine("local", "psql"));
        refused(
            2,
            "discard deletes all data",
            Tool.command(Tool.ROOT.resolve("bin/engine").toString(), "discard").run());
    }

    // ---- data directories that are not fit

    @Test @Tag("local")
    void stale_pid_file_does_not_keep_it_from_starting() throws IOException {
        done(engine("local", "start"), "PostgreSQL");
        done(engine("local", "stop"), "stopped");
        // The worst case: the number in it is by now that of another living program, this JVM.
        var pidFile = data().resolve("postmaster.pid");
        Files.writeString(
            pidFile,
            ProcessHandle.current().pid() + "\n" + data() + "\n0\n1\n\n127.0.0.1\n  1 1\nready\n");
        Cluster.giveToServer(pidFile);
        done(engine("local", "start"), "removing a stale postmaster.pid");
    }

    @Test @Tag("local")
    void pid_file_of_a_container_is_left_to_a_person() throws IOException {
        done(engine("local", "start"), "PostgreSQL");
        done(engine("local", "stop"), "stopped");
        var pidFile = data().resolve("postmaster.pid");
        Files.writeString(pidFile, "1\n" + data() + "\n");
        Cluster.giveToServer(pidFile);
        refused(12, "postmaster.pid was written in a container", engine("local", "start"));
        assertTrue(Files.exists(pidFile));
    }

    @Test @Tag("local")
    void data_of_another_major_version_is_refused_and_left_alone() throws IOException {
        done(engine("local", "start"), "PostgreSQL");
        done(engine("local", "stop"), "stopped");
        Files.writeString(data().resolve("PG_VERSION"), "12\n");
        refused(12, "is of PostgreSQL 12", engine("local", "start"));
    }

    @Test @Tag("local")
    void start_restored_never_makes_a_new_database() {
        refused(12, "mnt/db/postgres holds no restored data", engine("local", "start", "--no-init"));
        assertFalse(Files.exists(data().resolve("PG_VERSION")));
    }

    @Test @Tag("local")
    void root_is_told_when_the_servers_user_cannot_enter() throws IOException {
        Assumptions.assumeTrue(Cluster.isRoot(), "only root starts servers as another user");
        Files.setPosixFilePermissions(playground.getParent(), PosixFilePermissions.fromString("rwx------"));
        refused(12, "the user postgres, as whom the server runs, cannot enter", engine("local", "start"));
    }

    // ----

    private Path data() {
        return playground.resolve("mnt/db/postgres");
    }

    private Tool.Result engine(String engine, String... arguments) {
        var words = Arrays.asList(arguments);
        boolean ownPort = words.contains("PGPORT");   // engine("local", "start", "99999", "PGPORT")
        var command = ownPort ? arguments[0] : null;
        var tool = Tool.command(Tool.ROOT.resolve("bin/engine").toString())
            .with("PLAYGROUND", playground.toString())
            .with("ENGINE", engine)
            .with("PGPORT", ownPort ? arguments[1] : String.valueOf(port));
        return ownPort ? tool.run(command) : tool.run(arguments);
    }

    private static void done(Tool.Result result, String said) {
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.err().matches("(?s).*(" + said + ").*"), result::toString);
    }

    private static void refused(int exit, String message, Tool.Result result) {
        assertEquals(exit, result.exit(), result::toString);
        assertTrue(result.err().contains(message), result::toString);
        assertTrue(result.err().contains("\nHINT: "), result::toString);
    }
}
