import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * A database in a container that somebody else started the usual way: reached over the network, with a password, by its
 * published port.
 */
@Tag("docker") @TestInstance(TestInstance.Lifecycle.PER_CLASS) @ResourceLock("docker")
class ContainerNetworkTest {
    private static final String PASSWORD = "pass:with\\everything $(id)'\"";

    private GenericContainer<?> database;
    private Path directory;

    @BeforeAll
    void startTheDatabase() throws Exception {
        // Testcontainers' own helper image would come from a registry; these tests close what they open.
        Assumptions.assumeTrue(
            "true".equals(System.getenv("TESTCONTAINERS_RYUK_DISABLED")),
            "make test sets TESTCONTAINERS_RYUK_DISABLED and runs this");
        var image = Containers.images().get("TIMESCALEDB_IMAGE");
        database = new GenericContainer<>(image).withEnv("POSTGRES_PASSWORD", PASSWORD)
            .withExposedPorts(5432)
            .waitingFor(Wait.forLogMessage(".*ready to accept connections.*", 2));
        database.start();
        directory = Files.createTempDirectory("network-");
    }

    @AfterAll
    void stopTheDatabase() {
        if (database != null) database.stop();
        if (directory != null) Cluster.delete(directory);
    }

    @Test
    void the_tools_find_their_way_with_a_password_from_the_environment_or_from_pgpass() throws Exception {
        var sample = Tool.of("example/sample").in(directory).with(connection()).with("PGPASSWORD", PASSWORD).run();
        assertEquals(0, sample.exit(), sample::toString);

        var pgpass = directory.resolve("pgpass");
        Files.writeString(
            pgpass,
            "127.0.0.1:" + database.getMappedPort(5432) + ":*:postgres:"
                + PASSWORD.replace("\\", "\\\\").replace(":", "\\:") + "\n");
        pgpass.toFile().setReadable(false, false);
        pgpass.toFile().setReadable(true, true);
        var chart =
            Tool.of("chart")
                .in(directory)
                .with(connection())
                .with("PGPASSFILE", pgpass.toString())
                .run("--metric", "power", "-o", "p.svg");
        assertEquals(0, chart.exit(), chart::toString);
        assertTrue(
            Files.readString(directory.resolve("p.svg")).startsWith("<?xml")
                || Files.readString(directory.resolve("p.svg")).startsWith("<svg"));

        var without = Tool.of("chart").in(directory).with(connection()).run("--metric", "power");
        assertEquals(10, without.exit(), without::toString);
    }

    @Test
    void a_backup_over_the_network_needs_a_line_in_pg_hba_and_says_which() throws Exception {
        var backup = Tool.of("backup").in(directory).with(connection()).with("PGPASSWORD", PASSWORD);
        var refused = backup.run();
        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(refused.err().contains("pg_hba.conf"), refused::toString);
        assertTrue(refused.err().contains("HINT: "), refused::toString);
        assertFalse(refused.toString().contains(PASSWORD), "the password is in the message");

        database
            .execInContainer("sh", "-c", "echo 'host replication all all scram-sha-256' >> \"$PGDATA/pg_hba.conf\"");
        database.execInContainer("psql", "-U", "postgres", "-c", "SELECT pg_reload_conf()");
        var done = backup.run();
        assertEquals(0, done.exit(), done::toString);
        var verified = Tool.of("backup").in(directory).run("verify", done.out().strip());
        assertEquals(0, verified.exit(), verified::toString);
    }

    private Map<String, String> connection() {
        return new HashMap<>(
            Map.of(
                "PGHOST",
                "127.0.0.1",
                "PGPORT",
                String.valueOf(database.getMappedPort(5432)),
                "PGUSER",
                "postgres",
                "PGDATABASE",
                "postgres",
                "PGSSLMODE",
                "prefer"));
    }
}
