import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lib.Json;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** chart.java against TimescaleDB: time_bucket, hypertables, compressed chunks, the continuous aggregate. */
@ResourceLock("embedded")
class ChartTimescaleTest {
    @TempDir
    Path directory;

    private void draws(Map<String, String> database) throws Exception {
        var svg =
            Tool.of("chart")
                .in(directory)
                .with(database)
                .run("--metric", "health", "--window", "7d", "--explain", "--timezone", "UTC");
        assertEquals(0, svg.exit(), svg.toString());
        assertTrue(
            svg.err().contains("public.time_bucket('600 seconds'") && svg.err().contains("health_metrics_1min_cagg"),
            svg.toString());
        var picture = Files.readString(directory.resolve("charts/health_7d.svg"));
        assertTrue(picture.contains("(1 min aggregate)") && picture.length() < 1_000_000);

        var fine = Tool.of("chart")
            .in(directory)
            .with(database)
            .run("--metric", "health", "--window", "1h", "--json", "--timezone", "UTC");
        var tree = Json.tree(fine.out());
        assertEquals("health_metrics", tree.get("source").asString(), "an hour is finer than the aggregate: raw rows");
        assertEquals(30, tree.get("bucketSeconds").asInt(), "no finer than the rows themselves");
        assertEquals(4, tree.get("series").size());

        var power =
            Tool.of("chart").in(directory).with(database).run("--metric", "power", "--window", "7d", "-o", "p.xlsx");
        assertEquals("p.xlsx\n", power.out(), power.toString());
        assertTrue(power.err().contains("reports") && power.err().contains("lack a part"), power.toString());
    }

    @Test @Tag("embedded")
    void the_sample_draws_on_the_embedded_engine() throws Exception {
        draws(Embedded.shared());
    }

    @Test @Tag("native")
    void the_sample_draws_on_a_server_with_timescaledb() throws Exception {
        Cluster.assumeTimescale();
        try (
            var cluster = Cluster.create(
                "shared_preload_libraries = 'timescaledb'",
                "timescaledb.telemetry_level = off",
                "fsync = off")) {
            cluster.sql("CREATE EXTENSION IF NOT EXISTS timescaledb");
            var loaded = Tool.of("example/sample").with(cluster.environment()).run("--quiet");
            assertEquals(0, loaded.exit(), loaded.toString());
            draws(cluster.environment());
            suggestsTheTimeThatIsOne(cluster);
        }
    }

    /** The audit log of Zabbix 7 is cut into chunks by a text, of which a function makes a time. */
    private void suggestsTheTimeThatIsOne(Cluster cluster) throws Exception {
        cluster.sql(
            """
                CREATE FUNCTION cuid_timestamp(cuid varchar(25)) RETURNS integer LANGUAGE sql IMMUTABLE
                    AS $$ SELECT 1751600000 $$;
                CREATE TABLE auditlog (auditid varchar(25) PRIMARY KEY, userid bigint, clock integer, action integer);
                SELECT create_hypertable('auditlog', 'auditid', chunk_time_interval => 604800,
                                         time_partitioning_func => 'cuid_timestamp');
                INSERT INTO auditlog SELECT 'c' || n, 1, 1751600000 + n, 5 FROM generate_series(1, 100) AS n""");
        var suggested = Tool.of("chart").in(directory).with(cluster.environment()).run("metrics", "--suggest");
        Files.writeString(directory.resolve("own.yaml"), suggested.out());
        var drawn = Tool.of("chart")
            .in(directory)
            .with(cluster.environment())
            .run("--definitions", "own.yaml", "--metric", "auditlog_action", "--json");
        assertEquals(0, drawn.exit(), drawn.toString());
        assertEquals("1", Json.tree(drawn.out()).get("series").get(0).get("name").asString(), drawn.out());
    }
}
