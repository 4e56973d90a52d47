import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock("embedded")
class SampleTest {
    private static final String A_TENTH = """
        table                       rows  from                    to
        meteo_metrics              4,923  2025-07-04 00:05:26+00  2025-07-04 16:53:26+00
        health_metrics            16,136  2025-07-04 00:05:26+00  2025-07-04 16:53:26+00
        health_metrics_1min_cagg   8,072  2025-07-04 00:05:00+00  2025-07-04 16:53:00+00
        power_metrics              8,072  2025-07-04 00:05:26+00  2025-07-04 16:53:26+00
        stations                       5
        services                       4
        channels                       8
        maintenance_log                6  2025-06-28 14:53:26+00  2025-07-04 11:53:26+00
        """;

    /** Every row of every table, boiled down. */
    private static final String HASH = """
        SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
          SELECT m::text AS line FROM meteo_metrics AS m UNION ALL SELECT h::text FROM health_metrics AS h
          UNION ALL SELECT p::text FROM power_metrics AS p UNION ALL SELECT c::text FROM channels AS c
          UNION ALL SELECT round(avg_health::numeric, 6) || ' ' || time FROM health_metrics_1min_cagg) AS lines
        """;

    @Test @Tag("embedded") @Tag("local")
    void same_settings_give_the_same_rows_on_timescaledb_and_on_plain_postgresql() {
        try (var timescale = Embedded.create(); var plain = Cluster.create()) {
            assertEquals(A_TENTH, load(timescale.environment(), "--scale", "0.1"));
            assertEquals(A_TENTH, load(plain.environment(), "--scale", "0.1"));
            var hash = ask(timescale.environment(), HASH);
            assertEquals(hash, ask(plain.environment(), HASH));

            assertEquals(A_TENTH, load(plain.environment(), "--scale", "0.1"));     // replaces the old one
            assertEquals(hash, ask(plain.environment(), HASH));
            load(plain.environment(), "--scale", "0.1", "--seed", "7");
            assertNotEquals(hash, ask(plain.environment(), HASH));
        }
    }

    @Test @Tag("embedded")
    void has_what_a_timescaledb_has() {
        var sample = Embedded.shared();
        assertEquals(
            "291214",
            ask(
                sample,
                "SELECT (SELECT count(*) FROM meteo_metrics) + (SELECT count(*) FROM health_metrics) + (SELECT "
                    + "count(*) FROM power_metrics)"));
        assertEquals("3", ask(sample, "SELECT count(*) FROM timescaledb_information.hypertables"));
        assertEquals(
            "health_metrics_1min_cagg",
            ask(sample, "SELECT view_name FROM timescaledb_information.continuous_aggregates"));
        assertEquals(
            "12 of 24",
            ask(
                sample,
                "SELECT count(*) FILTER (WHERE is_compressed) || ' of ' || count(*) FROM "
                    + "timescaledb_information.chunks WHERE hypertable_name LIKE '%_metrics'"));
        assertEquals(
            "policy_compression 3, policy_refresh_continuous_aggregate 1, policy_retention 3",
            ask(
                sample,
                """
                    SELECT string_agg(proc_name || ' ' || n, ', ' ORDER BY proc_name)
                    FROM (SELECT proc_name, count(*) AS n
                          FROM timescaledb_information.jobs
                          WHERE job_id >= 1000
                          GROUP BY 1) AS policies"""));
        // The aggregate is what its rows say.
        assertEquals(
            "0",
            ask(
                sample,
                """
                    SELECT count(*) FROM health_metrics_1min_cagg AS c
                    FULL JOIN (SELECT time_bucket('1 minute', time) AS time, service, category, avg(health) AS mean
                               FROM health_metrics
                               GROUP BY 1, 2, 3) AS r
                      USING (time, service, category)
                    WHERE c.avg_health IS DISTINCT FROM r.mean"""));
        // What the health report shall find
        assertEquals("maintenance_log", ask(sample, """
            SELECT string_agg(relname, ', ') FROM pg_class AS c
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')"""));
        assertEquals(
            "2",
            ask(
                sample,
                "SELECT count(*) FROM pg_indexes WHERE tablename = 'health_metrics' AND indexdef LIKE '%USING btree "
                    + "(\"time\" DESC)'"));
    }

    @Test @Tag("local")
    void tables_of_ones_own_are_never_touched() {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE TABLE stations (mine int)");
            var refused = Tool.of("example/sample").with(cluster.environment()).run();
            assertEquals(12, refused.exit(), refused::toString);
            assertTrue(
                refused.err()
                    .startsWith(
                        "sample: there is already something of this name that is not the sample's: stations\nHINT: "),
                refused::toString);
            assertEquals("0", cluster.sql("SELECT count(mine) FROM stations"));
        }
    }

    @Test @Tag("local")
    void ends_now_when_asked_to_and_refuses_nonsense() {
        try (var cluster = Cluster.create()) {
            load(cluster.environment(), "--until", "now", "--scale", "0.01");
            assertEquals(
                "t",
                cluster
                    .sql("SELECT max(time) > now() - interval '2 minutes' AND max(time) <= now() FROM power_metrics"));
            assertEquals(2, Tool.of("example/sample").with(cluster.environment()).run("--until", "tomorrow").exit());
            assertEquals(2, Tool.of("example/sample").with(cluster.environment()).run("--scale", "0").exit());
            assertEquals(2, Tool.of("example/sample").with(cluster.environment()).run("--scale", "NaN").exit());
        }
    }

    @Test @Tag("embedded")
    void queries_answer_from_the_sample() {
        var answers = Tool.of("example/queries").with(Embedded.shared()).run();
        assertEquals(0, answers.exit(), answers::toString);
        assertTrue(answers.out().contains("summit   2025-07-02 12:52:26    05:02:00\n"), answers::toString);
        assertEquals("", answers.err());
    }

    private static String load(Map<String, String> database, String... options) {
        var result = Tool.of("example/sample").with(database).run(options);
        assertEquals(0, result.exit(), result::toString);
        return result.out();
    }

    private static String ask(Map<String, String> database, String sql) {
        var result = Tool.command("psql", "-XAtc", sql).with(database).with("PGTZ", "UTC").run();
        assertEquals(0, result.exit(), result::toString);
        return result.out().strip();
    }
}
