//SOURCES Cluster.java Pooler.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Through a real pgbouncer, each pool with one server connection: what a tool leaves behind in it, the next client
 * gets. So after each run another client asks for every setting, looks for prepared statements, and inserts a row.
 */
@Tag("local")
class PoolerTest {
    private static Cluster cluster;
    private static Pooler pooler;
    private static Path work;
    private Set<String> before;

    @BeforeAll
    static void a_server_behind_a_pooler() throws IOException {
        cluster = Cluster.create();
        pooler = Pooler.of(cluster);
        work = Files.createTempDirectory("pooler-");
        cluster.sql("CREATE SCHEMA app");
        cluster.sql("CREATE TABLE app.power (time timestamptz PRIMARY KEY, watts float8)");
        cluster.sql(
            "INSERT INTO app.power SELECT timestamptz '2025-07-01Z' + g * interval '1 minute', sin(g) FROM "
                + "generate_series(1, 500) AS g");
        cluster.sql("CREATE TABLE app.seen (by text)");
        cluster.sql("ALTER DATABASE postgres SET search_path = app");
        pooler.reconnect();
        Files.writeString(work.resolve("metrics.yaml"), """
            metrics:
              watts:
                title: Power
                unit: W
                table: power
                time: time
                value: watts
            """);
    }

    @AfterAll
    static void stop() {
        if (pooler != null) pooler.close();
        cluster.close();
        Cluster.delete(work);
    }

    @BeforeEach
    void what_the_next_client_gets() {
        before = allSettings();
    }

    @AfterEach
    void is_what_it_was() {
        var changed = new TreeSet<>(allSettings());
        changed.removeAll(before);
        assertEquals(Set.of(), changed);
        for (var pool : new String[] {"transaction", "statement"}) {
            assertEquals("0", pooler.sql(pool, "SELECT count(*) FROM pg_prepared_statements"));
            pooler.sql(pool, "INSERT INTO seen VALUES ('" + pool + "')");
            assertEquals("", pooler.sql(pool, "SELECT name FROM pg_cursors"));
        }
    }

    @ParameterizedTest @ValueSource(strings = {"transaction", "statement"})
    void explore_writes_the_same_report_as_without_a_pooler(String pool) throws IOException {
        var direct =
            run("explore", "postgres", cluster.port(), "--format", "json", "-o", work.resolve("d-" + pool).toString());
        assertEquals(0, direct.exit(), direct::toString);

        var pooled =
            run("explore", pool, pooler.port(), "--format", "json", "-o", work.resolve("p-" + pool).toString());

        assertEquals(0, pooled.exit(), pooled::toString);
        assertTrue(pooled.err().contains("2 tables"), pooled::toString);
        assertEquals(summaryOf(direct), summaryOf(pooled));
    }

    @Test
    void chart_draws_through_a_pool_of_transactions() {
        var drawn = run(
            "chart",
            "transaction",
            pooler.port(),
            "--definitions",
            work.resolve("metrics.yaml").toString(),
            "--metric",
            "watts",
            "-o",
            work.resolve("watts.csv").toString());

        assertEquals(0, drawn.exit(), drawn::toString);
    }

    @Test
    void chart_says_that_a_pool_of_statements_cannot_give_it_one_transaction() {
        var refused = run(
            "chart",
            "statement",
            pooler.port(),
            "--definitions",
            work.resolve("metrics.yaml").toString(),
            "--metric",
            "watts",
            "-o",
            "-");

        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(refused.err().contains("statement"), refused::toString);
        assertTrue(refused.err().contains("HINT: "), refused::toString);
    }

    @ParameterizedTest @ValueSource(strings = {"transaction", "statement"})
    void backup_says_that_it_needs_the_server_itself(String pool) {
        var refused = run("backup", pool, pooler.port(), "-o", work.resolve("backups").toString());

        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(refused.err().contains("pooler"), refused::toString);
    }

    @Test
    void the_sample_is_not_loaded_through_a_pooler_and_its_queries_leave_nothing() {
        var refused = run("example/sample", "transaction", pooler.port());
        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(refused.err().contains("pooler"), refused::toString);

        var noSample = run("example/queries", "transaction", pooler.port());
        assertEquals(12, noSample.exit(), noSample::toString);
        assertTrue(noSample.err().contains("there is no sample"), noSample::toString);
    }

    @Test
    void a_statement_timeout_of_the_pools_role_does_not_stop_the_report() {
        cluster.sql("ALTER ROLE ALL SET statement_timeout = '5ms'");
        try {
            pooler.reconnect();
            var report =
                run("explore", "transaction", pooler.port(), "--format", "json", "-o", work.resolve("t").toString());
            assertEquals(0, report.exit(), report::toString);
            assertFalse(report.err().contains("could not be seen"), report::toString);
        } finally {
            cluster.sql("ALTER ROLE ALL RESET statement_timeout");
            pooler.reconnect();
            before = allSettings();
        }
    }

    private static Set<String> allSettings() {
        return Stream.of("transaction", "statement")
            .flatMap(pool -> pooler.settings(pool).lines().map(line -> pool + ": " + line))
            .collect(Collectors.toSet());
    }

    private static Tool.Result run(String tool, String database, int port, String... options) {
        return Tool.of(tool)
            .with(cluster.environment())
            .with("PGPORT", String.valueOf(port))
            .with("PGDATABASE", database)
            .run(options);
    }

    /** "2 tables, 0 hypertables, health 94 of 100" and the findings below it. */
    private static String summaryOf(Tool.Result report) {
        return report.err().replaceFirst("(?s)^.*?: ", "");
    }
}
