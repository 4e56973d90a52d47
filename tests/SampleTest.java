import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SampleTest {
    private static final String A_TENTH = """
        table                       rows  from                    to
        meteo_metrics              4,923  2025-07-04 00:05:26+00  2025-07-04 16:53:26+00
        """;

    @Test
    @Tag("embedded")
    void shared_engine_has_the_sample() {
        var psql = Tool.command("psql", "-XAtc", "SELECT count(*) FROM timescaledb_information.hypertables").with(Embedded.shared()).run();
        assertEquals("3\n", psql.out(), psql::toString);
    }

    @Test
    @Tag("local")
    void loads_into_plain_postgresql_the_same_rows_each_time() {
        try (var cluster = Cluster.create()) {
            var first = Tool.of("example/sample").with(cluster.environment()).run("--scale", "0.1");
            assertEquals(0, first.exit(), first::toString);
            var firstHash = hash(cluster);
            var second = Tool.of("example/sample").with(cluster.environment()).run("--scale", "0.1");
            assertEquals(0, second.exit(), second::toString);
            assertEquals(first.out(), second.out());
            assertEquals(firstHash, hash(cluster));
            assertTrue(first.out().startsWith(A_TENTH), first.out());
        }
    }

    private static String hash(Cluster cluster) {
        return cluster.sql("SELECT md5(string_agg(m::text, ',' ORDER BY time, station)) FROM meteo_metrics AS m");
    }
}
