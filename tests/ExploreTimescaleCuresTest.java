//SOURCES Cluster.java Embedded.java ExploreTest.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** The cures of TimescaleDB's rules, executed as they are printed: they run, and the rule is silent afterwards. */
@ResourceLock("embedded")
class ExploreTimescaleCuresTest {
    @TempDir
    Path directory;

    /** Names that need quotes change every cure. */
    private static final String[] TROUBLES = {"CREATE SCHEMA \"Plant\"", "SET search_path = public, \"The Time\"",
        """
            CREATE TABLE "Plant"."Meter's" ("At" timestamptz NOT NULL, sensor bigint, v float8);
            SELECT create_hypertable('"Plant"."Meter''s"', by_range('At', INTERVAL '1 day'));
            INSERT INTO "Plant"."Meter's"
            SELECT t, 1, 1 FROM generate_series('2024-01-01Z'::timestamptz, '2024-01-20Z', '1 hour') AS t""",
        "ALTER TABLE \"Plant\".\"Meter's\" SET (timescaledb.compress, timescaledb.compress_segmentby = 'sensor')",
        """
            CREATE TABLE sensors (id bigint PRIMARY KEY);
            INSERT INTO sensors VALUES (1);
            CREATE TABLE m (time timestamptz NOT NULL, sensor bigint REFERENCES sensors, v float8);
            SELECT create_hypertable('m', by_range('time', INTERVAL '1 day'));
            INSERT INTO m SELECT t, 1, 1 FROM generate_series('2024-01-01Z'::timestamptz, '2024-01-20Z', '1 hour') AS t;
            CREATE INDEX m_twin ON m (time DESC); CREATE INDEX m_v_1 ON m (v); CREATE INDEX m_v_2 ON m (v);
            CREATE INDEX m_v_sensor ON m (v, sensor);
            ALTER TABLE m ADD CONSTRAINT m_positive CHECK (v > 0)""",
        "ALTER TABLE m SET (timescaledb.compress, timescaledb.compress_segmentby = 'sensor')",
        "SELECT add_compression_policy('m', INTERVAL '7 days')",
        "SELECT add_retention_policy('m', INTERVAL '100 years')",
        """
            CREATE TABLE counted (n bigint NOT NULL, v float8);
            SELECT create_hypertable('counted', by_range('n', 10));
            INSERT INTO counted SELECT i, i FROM generate_series(1, 60) AS i""",
        aggregate("\"Plant\".\"Never\"", "m"), policy("\"Plant\".\"Never\"", "INTERVAL '3 days'"),
        aggregate("behind", "m"), policy("behind", "INTERVAL '3 days'"),
        "CALL refresh_continuous_aggregate('behind', '2024-01-01Z', '2024-01-03Z')",
        aggregate("no_policy", "m"), "CALL refresh_continuous_aggregate('no_policy', NULL, NULL)",
        aggregate("erased", "m"), policy("erased", "NULL"), "CALL refresh_continuous_aggregate('erased', NULL, NULL)",
        // two policies, of which only the second one looks back too far
        aggregate("erased_by_the_second", "m"), policy("erased_by_the_second", "INTERVAL '3 days'"),
        "SELECT add_continuous_aggregate_policy('erased_by_the_second', INTERVAL '200 years', INTERVAL '10 years', "
            + "INTERVAL '1 day')",
        "CALL refresh_continuous_aggregate('erased_by_the_second', NULL, NULL)",
        // refreshed, but its condition finds nothing: that is not "never refreshed"
        aggregate("finds_nothing", "m WHERE v < 0"), policy("finds_nothing", "INTERVAL '3 days'"),
        "CALL refresh_continuous_aggregate('finds_nothing', NULL, NULL)",
        "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE "
            + "proc_name = 'policy_retention'"};

    private static String aggregate(String name, String from) {
        return "CREATE MATERIALIZED VIEW " + name
            + " WITH (timescaledb.continuous) AS SELECT time_bucket(INTERVAL '1 hour', time) AS hour, avg(v) FROM "
            + from
            + " GROUP BY 1 WITH NO DATA";
    }

    private static String policy(String name, String start) {
        return "SELECT add_continuous_aggregate_policy('" + name + "', " + start
            + ", INTERVAL '1 hour', INTERVAL '1 hour')";
    }

    private static final Set<String> CURED = Set.of(
        "IX-02 public.m_twin",
        "IX-02 public.m_v_2",
        "IX-03 public.m_v_1",
        "IX-03 public.m_v_2",
        "IX-05 public.m.sensor",
        "TS-CAGG-01 Plant.Never",
        "TS-CAGG-01 public.behind",
        "TS-CAGG-02 public.erased",
        "TS-CAGG-02 public.erased_by_the_second",
        "TS-CAGG-03 public.no_policy",
        "TS-CHK-01 Plant.Meter's",
        "TS-CHK-01 public.counted",
        "TS-CHK-01 public.m",
        "TS-CMP-01 Plant.Meter's",
        "TS-CMP-01 public.m",
        "TS-JOB-02 job");

    @BeforeEach
    void fewChunksAreMany() throws Exception {
        Files.writeString(
            directory.resolve("explore.yaml"),
            "thresholds: {chunksNote: 4, chunksWarn: 5, smallTableMegabytes: 0}\n");
    }

    @Test @Tag("native")
    void every_cure_runs_on_a_native_server_and_cures() throws Exception {
        Cluster.assumeTimescale();
        try (
            var cluster = Cluster.create(
                "shared_preload_libraries = 'timescaledb'",
                "timescaledb.telemetry_level = off",
                "timescaledb.max_background_workers = 0")) {
            // in a schema of its own: so is each function that a cure calls
            cluster.sql("CREATE SCHEMA \"The Time\"; CREATE EXTENSION timescaledb SCHEMA \"The Time\"");
            cures(cluster.environment(), "127.0.0.1:" + cluster.port(), "\"The Time\"");
        }
    }

    @Test @Tag("embedded")
    void every_cure_runs_on_the_embedded_engine_and_cures() throws Exception {
        try (var engine = Embedded.create()) {
            cures(engine.environment(), "127.0.0.1:" + engine.port(), "public");
        }
    }

    private void cures(Map<String, String> environment, String address, String schema) throws Exception {
        run(address, TROUBLES);
        var found = ExploreTest.explore(directory, environment);
        assertEquals(0, found.json().get("notSeen").size(), found.json().get("notSeen").toString());
        assertTrue(found.named("hypertables", "counted").get("rows").isNull(), "nobody has analyzed it: not 0 rows");
        assertEquals(CURED, runnable(found.json()));
        for (var f : found.json().get("health").get("findings")) {
            if (!isCure(f)) continue;
            try {
                run(address, onEngine(environment, f.get("fix").asString()).split(";\n"));
            } catch (SQLException e) {
                throw new AssertionError(f + "\n" + e.getMessage(), e);
            }
        }
        // the new policies work in the background; nothing runs there in a test
        for (var job : ExploreTest.explore(directory, environment).json().get("jobs")) {
            boolean isNew = job.get("kind").asString().equals("compression") && job.get("lastRun").isNull();
            if (isNew) run(address, "CALL %s.run_job(%d)".formatted(schema, job.get("id").asInt()));
        }
        var cured = ExploreTest.explore(directory, environment);
        assertEquals(
            Set.of("TS-CHK-01 Plant.Meter's", "TS-CHK-01 public.counted", "TS-CHK-01 public.m"),
            runnable(cured.json()),
            "only the number of chunks needs time");
        assertEquals(
            "100",
            cured.named("hypertables", "counted").get("dimensions").get(0).get("interval").asString());
        assertTrue(
            cured.named("hypertables", "m").get("dimensions").get(0).get("intervalMicros").asLong()
                >= 2 * 86_400_000_000L);
    }

    /** The embedded engine cannot commit between two chunks: "tuple concurrently updated". */
    private static String onEngine(Map<String, String> environment, String fix) {
        boolean embedded = environment.containsKey("PGPASSWORD");
        return embedded ? fix.replace(" WITH (timescaledb.transaction_per_chunk)", "") : fix;
    }

    private static boolean isCure(JsonNode finding) {
        return finding.get("fixRuns").asBoolean() && !finding.get("fix").asString().contains("ALTER SYSTEM");
    }

    private static Set<String> runnable(JsonNode report) {
        var all = new TreeSet<String>();
        report.get("health").get("findings").forEach(f -> {
            var object = f.get("object").asString().replaceFirst("^job \\d+$", "job");
            if (isCure(f)) all.add(f.get("rule").asString() + " " + object);
        });
        return all;
    }

    private static void run(String address, String... statements) throws SQLException {
        var settings = new Properties();
        settings
            .putAll(Map.of("user", "postgres", "password", "any", "sslmode", "disable", "preferQueryMode", "simple"));
        try (
            var connection = DriverManager.getConnection("jdbc:postgresql://" + address + "/postgres", settings);
            var statement = connection.createStatement()) {
            for (var sql : statements) statement.execute(sql);
        }
    }
}
