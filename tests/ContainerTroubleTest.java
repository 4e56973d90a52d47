import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What goes wrong around containers: two lines, the right status, and nothing left behind. */
@Tag("docker") @TestInstance(TestInstance.Lifecycle.PER_CLASS) @ResourceLock("docker")
class ContainerTroubleTest {
    private Containers user;

    @BeforeAll
    void openAHome() {
        user = Containers.open();
    }

    @AfterAll
    void leaveNothing() {
        if (user != null) user.close();
    }

    @AfterEach
    void stopAndForget() {
        user.make("stop");
        Containers.docker("rm", "-f", user.container());
        user.asRoot("rm", "-rf", "mnt", ".engine", ".env");
    }

    @Test
    void without_a_docker_engine_the_tool_runs_on_this_machine_and_says_so() {
        var result = Tool.command(Tool.ROOT.resolve("bin/tools").toString(), "backup.java", "--help")
            .with("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .run();
        assertEquals(0, result.exit(), result::toString);
        assertEquals("tools: no Docker engine answers: running on this machine\n", result.err());
        assertTrue(result.out().contains("Usage: backup"), result::toString);
    }

    @Test
    void where_it_must_be_docker_a_missing_engine_is_an_error() {
        var result = user.tool("bin/tools", "backup.java", "--help")
            .with("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .with("TOOLS", "docker")
            .run();
        assertEquals(12, result.exit(), result::toString);
        assertTrue(result.err().startsWith("tools: no Docker engine answers\nHINT: "), result::toString);
    }

    @Test
    void a_user_who_may_not_use_docker_is_told_the_cure() {
        Assumptions.assumeTrue(Cluster.isRoot(), "only root can become a user who may not use Docker");
        var tools = Tool.command(Containers.asUser(Containers.UID, "bin/tools", "backup.java", "--help"))
            .in(user.checkout())
            .with(user.environment())
            .with("TOOLS", "docker")
            .run();
        assertEquals(12, tools.exit(), tools::toString);
        assertTrue(
            tools.err().contains("you may not use the Docker engine") && tools.err().contains("usermod -aG docker"),
            tools::toString);
        var engine = Tool.command(Containers.asUser(Containers.UID, "bin/engine", "start"))
            .in(user.checkout())
            .with(user.environment())
            .with("ENGINE", "docker")
            .run();
        assertEquals(12, engine.exit(), engine::toString);
        assertTrue(engine.err().contains("you may not use the Docker engine (permission denied)"), engine::toString);
    }

    @Test
    void an_image_that_cannot_be_built_is_said_in_one_line_and_not_tried_with_every_command() {
        var tools = user.tool("bin/tools", "--build").with("JDK_IMAGE", "registry.invalid/eclipse-temurin:25");
        var first = tools.run();
        assertEquals(12, first.exit(), first::toString);
        assertTrue(
            first.err()
                .contains(
                    "cannot build the image timescaledb-tools-test, no network reaches what it needs "
                        + "(.engine/image.log)"),
            first::toString);
        // The fallback itself needs a JVM and JBang's caches, which root has here.
        var fallback = Tool.command(Tool.ROOT.resolve("bin/tools").toString(), "backup.java", "--help")
            .with("PLAYGROUND", user.checkout().toString())
            .with(user.environment())
            .with("HOME", System.getenv("HOME"))
            .with("JDK_IMAGE", "registry.invalid/eclipse-temurin:25")
            .run();
        assertEquals(0, fallback.exit(), fallback::toString);
        assertEquals(
            "tools: the image timescaledb-tools-test could not be built (make image tries again): running on "
                + "this machine\n",
            fallback.err());
    }

    @Test
    void a_container_of_that_name_which_is_not_ours_is_left_alone() {
        var image = user.environment().get("TIMESCALEDB_IMAGE");
        assertTrue(
            Containers.docker("run", "-d", "--name", user.container(), "--entrypoint", "sleep", image, "300").ok());
        var start = user.make("start");
        assertTrue(
            start.err()
                .contains(
                    "there is a container " + user.container()
                        + " already, and the playground did not make it\nHINT: "),
            start::toString);
        assertTrue(start.err().contains("Error 12"), start::toString);
        assertEquals(0, user.make("stop").exit());
        assertEquals(
            "true",
            Containers.docker("inspect", "--format", "{{.State.Running}}", user.container()).stdout().strip());
    }

    @Test
    void a_port_that_is_taken_is_refused_before_anything_is_made() throws IOException {
        try (var taken = new ServerSocket(user.port(), 1, InetAddress.getLoopbackAddress())) {
            var start = user.make("start");
            assertTrue(start.err().contains("port " + user.port() + " of 127.0.0.1 is taken"), start::toString);
            assertTrue(start.err().contains("HINT: stop that one, or choose another port: PGPORT="), start::toString);
        }
        assertFalse(Containers.docker("inspect", user.container()).ok());
    }

    @Test
    void data_of_another_major_version_is_refused_with_the_cure() throws IOException {
        assertEquals(0, user.make("start").exit());
        assertEquals(0, user.make("stop").exit());
        user.asRoot("sh", "-c", "echo 13 > mnt/db/postgres/PG_VERSION");
        var start = user.make("start");
        assertTrue(
            start.err()
                .contains(
                    "the data in mnt/db/postgres is of PostgreSQL 13, and this engine is PostgreSQL 15\nHINT: use "
                        + "PostgreSQL 13"),
            start::toString);
    }

    @Test
    void an_image_with_another_user_and_another_data_directory_keeps_its_data() {
        Assumptions.assumeTrue(
            user.environment().get("TIMESCALEDB_IMAGE").startsWith("standin/"),
            "the second image is a stand-in");
        user.environment().put("TIMESCALEDB_IMAGE", "standin/timescaledb-ha:pg15");
        try {
            var start = user.make("start");
            assertEquals(0, start.exit(), start::toString);
            user.sql("CREATE TABLE kept AS SELECT 42 AS answer");
            assertEquals(0, user.make("stop").exit());
            assertEquals("1000", user.asRoot("stat", "-c", "%u", "mnt/db/postgres/PG_VERSION").stdout().strip());
            assertEquals(0, user.make("start").exit());
            assertEquals("42", user.sql("SELECT answer FROM kept"));
        } finally {
            user.environment().put("TIMESCALEDB_IMAGE", "standin/timescaledb:pg15");
        }
    }

    @Test
    void nothing_in_a_variable_is_run() {
        for (var bad : List.of(
            "$(touch pwned)",
            "`touch pwned`",
            "x'; touch pwned; '",
            "x\"; touch pwned; \"",
            "$$(touch pwned)",
            "; touch pwned",
            "$(shell touch pwned)")) {
            for (var variable : List.of("METRIC", "WINDOW", "OUTPUT", "BACKUP_DIR", "ENGINE", "UNTIL", "SCALE")) {
                var target = switch (variable) {
                    case "ENGINE" -> "start";
                    case "BACKUP_DIR" -> "verify";
                    case "UNTIL", "SCALE" -> "sample";
                    default -> "chart";
                };
                var dry = Tool.command("make", target, variable + "=" + bad)
                    .in(user.checkout())
                    .with(user.environment())
                    .with("TOOLS", "nowhere")
                    .run();
                assertTrue(dry.exit() != 0, dry::toString);
                assertFalse(Files.exists(user.checkout().resolve("pwned")), variable + "=" + bad + "\n" + dry);
            }
        }
        var real = user.make("verify", "BACKUP_DIR=a'b\"c $(touch pwned) `touch pwned`");
        assertTrue(real.exit() != 0, real::toString);
        assertFalse(Files.exists(user.checkout().resolve("pwned")), real::toString);
    }

    @Test
    void ctrl_c_in_a_backup_leaves_no_container_no_half_backup_and_no_sender() throws Exception {
        assertTrue(user.makeImage().ok());
        assertEquals(0, user.make("start").exit());
        assertEquals(0, user.make("sample").exit());
        var backup = user.tool("setsid", "make", "backup", "ARGS=--max-rate 2M").start();
        waitUntil(() -> !user.sql("SELECT count(*) FROM pg_stat_replication").equals("0"), "no backup began");
        ctrlC(backup);
        assertTrue(backup.waitFor() != 0);
        waitUntil(
            () -> Containers.docker("ps", "-q", "--filter", "ancestor=timescaledb-tools-test").stdout().isEmpty(),
            "the tool runs on");
        waitUntil(() -> user.sql("SELECT count(*) FROM pg_stat_replication").equals("0"), "a sender was left");
        assertEquals("0", user.sql("SELECT count(*) FROM pg_replication_slots"));
        var left = user.asRoot("sh", "-c", "ls -A backups 2> /dev/null | grep -vx .lock || true").stdout();
        assertEquals("", left, "something half-made was left");
    }

    @Test
    void ctrl_c_in_start_leaves_no_container() throws Exception {
        var start = user.tool("setsid", "make", "start").start();
        waitUntil(() -> Containers.docker("inspect", user.container()).ok(), "no container came");
        ctrlC(start);
        assertTrue(start.waitFor() != 0);
        assertFalse(Containers.docker("inspect", user.container()).ok(), () -> text(start));
        var again = user.make("start");
        assertEquals(0, again.exit(), again::toString);
    }

    /** The terminal sends the signal to the whole foreground group: setsid made one, and became make. */
    private static void ctrlC(Process make) {
        assertTrue(Program.of(List.of("kill", "-INT", "--", "-" + make.pid())).capture().ok());
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void waitUntil(Condition condition, String otherwise) throws Exception {
        var end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < end, otherwise);
            Thread.sleep(100);
        }
    }

    private static String text(Process process) {
        try {
            return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
