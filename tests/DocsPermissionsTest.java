import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The SQL of docs/PERMISSIONS.md makes roles that can do their job, and not more. */
@Tag("local")
class DocsPermissionsTest {
    private static Cluster cluster;

    @BeforeAll
    static void a_cluster_with_the_sample_and_the_roles_of_the_page() {
        cluster = Cluster.create();
        var loaded = Tool.of("example/sample").with(cluster.environment()).run("--scale", "0.1", "--quiet");
        assertEquals(0, loaded.exit(), loaded::toString);
        for (var role : new String[] {"backup", "report", "chart"}) run(role);
        cluster.sql("CREATE TABLE secret (id int PRIMARY KEY); INSERT INTO secret VALUES (1)");
    }

    @AfterAll
    static void stop() {
        if (cluster != null) cluster.close();
    }

    @Test
    void backup_takes_a_backup_and_reads_no_table(@TempDir Path directory) {
        var backup = Tool.of("backup").with(as("backup")).in(directory).run("--no-progress");
        assertEquals(0, backup.exit(), backup::toString);
        assertTrue(Files.exists(directory.resolve(backup.out().strip()).resolve("backup.json")), backup::toString);
        assertDenied("backup", "SELECT * FROM secret");
    }

    @Test
    void doctor_finds_nothing_missing_for_backup() {
        var doctor = Tool.of("backup").with(as("backup")).run("doctor");
        assertEquals(0, doctor.exit(), doctor::toString);
    }

    @Test
    void without_the_replication_right_backup_is_refused_with_the_cure(@TempDir Path directory) {
        var refused = Tool.of("backup").with(as("chart")).in(directory).run("--no-progress");
        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(refused.err().contains("REPLICATION"), refused::toString);
        assertFalse(
            Files.exists(directory.resolve("backups")) && directory.resolve("backups").toFile().list().length > 0);
    }

    @Test
    void report_sees_statistics_and_settings_and_no_row() {
        assertEquals("t", asRole("report", "SELECT current_setting('data_directory') <> ''"));
        assertEquals("0", asRole("report", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '<insufficient%'"));
        assertDenied("report", "SELECT * FROM meteo_metrics");
        assertDenied("report", "CREATE TABLE mine (id int)");
    }

    @Test
    void chart_reads_what_was_named_and_changes_nothing() {
        assertTrue(Long.parseLong(asRole("chart", "SELECT count(*) FROM meteo_metrics")) > 1000);
        assertTrue(Long.parseLong(asRole("chart", "SELECT count(*) FROM health_metrics_1min_cagg")) > 1000);
        assertDenied("chart", "SELECT * FROM secret");
        assertDenied("chart", "SET default_transaction_read_only = off; DELETE FROM meteo_metrics");
    }

    @Test
    void default_privileges_open_what_comes_later_and_all_can_be_taken_back() {
        try (var own = Cluster.create()) {
            own.sql("CREATE TABLE early (id int); CREATE ROLE chart LOGIN");
            own.sql(sql("chart-all"));
            own.sql("CREATE TABLE late (id int)");
            assertEquals(
                "2",
                own
                    .sql(
                        "SELECT count(*) FROM pg_class WHERE relname IN ('early', 'late') AND "
                            + "has_table_privilege('chart', oid, 'SELECT')"));
            own.sql(sql("drop"));
            assertEquals("0", own.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'chart'"));
        }
    }

    @Test @Tag("native")
    void on_timescaledb_a_right_on_the_hypertable_is_enough_for_chunks_old_new_and_compressed() {
        Cluster.assumeTimescale();
        try (
            var own =
                Cluster.create("shared_preload_libraries = 'timescaledb'", "timescaledb.max_background_workers = 0")) {
            own.sql("CREATE EXTENSION timescaledb");
            var loaded = Tool.of("example/sample").with(own.environment()).run("--scale", "0.1", "--quiet");
            assertEquals(0, loaded.exit(), loaded::toString);
            own.sql(sql("chart"));
            own.sql("INSERT INTO meteo_metrics (time, station, temperature) VALUES ('2030-01-01', 'city', 1)");
            own.sql("SELECT compress_chunk(show_chunks('meteo_metrics', older_than => '2025-07-05'::timestamptz))");
            var all = own.sql("SELECT count(*) FROM meteo_metrics");
            assertEquals(all, own.sql("SET ROLE chart; SELECT count(*) FROM meteo_metrics"));
            assertTrue(Long.parseLong(own.sql("SET ROLE chart; SELECT count(*) FROM health_metrics_1min_cagg")) > 1000);
        }
    }

    private static void assertDenied(String role, String sql) {
        var error = assertThrows(AssertionError.class, () -> asRole(role, sql)).getMessage();
        assertTrue(error.contains("permission denied") || error.contains("read-only transaction"), error);
    }

    private static String asRole(String role, String sql) {
        var psql = Tool.command("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql).with(as(role)).run();
        if (psql.exit() != 0) throw new AssertionError(psql.err());
        return psql.out().strip();
    }

    private static Map<String, String> as(String role) {
        var environment = new HashMap<>(cluster.environment());
        environment.put("PGUSER", role);
        return environment;
    }

    private static void run(String mark) {
        cluster.sql(sql(mark));
    }

    private static String sql(String mark) {
        var sql = DocsPage.of("docs/PERMISSIONS.md")
            .blocks("sql")
            .stream()
            .filter(b -> b.is(mark))
            .map(DocsPage.Block::text)
            .collect(Collectors.joining());
        assertFalse(sql.isBlank(), "docs/PERMISSIONS.md has no block: sql " + mark);
        return sql;
    }
}
