//SOURCES ../lib/Program.java Cluster.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import lib.Program;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C ends the query in the server too: a backend that sleeps would not notice that its client has gone. */
@Tag("local")
class CancelTest {
    private static final String OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'chart'";

    @TempDir
    Path work;

    @Test
    void after_ctrl_c_the_server_runs_nothing_of_ours() throws IOException, InterruptedException {
        try (var cluster = Cluster.create()) {
            cluster.sql(
                """
                    CREATE FUNCTION slow(int) RETURNS float8 LANGUAGE plpgsql
                    AS 'BEGIN PERFORM pg_sleep(600); RETURN 1; END';
                    CREATE VIEW power AS
                    SELECT timestamptz '2025-07-01Z' + g * interval '1 minute' AS time, slow(g) AS watts
                    FROM generate_series(1, 9) AS g;
                    """);
            Files.writeString(work.resolve("metrics.yaml"), """
                metrics:
                  watts:
                    title: Power
                    unit: W
                    table: power
                    time: time
                    value: watts
                """);
            var tool = Tool.of("chart")
                .with(cluster.environment())
                .start("--definitions", work.resolve("metrics.yaml").toString(), "--metric", "watts", "-o", "-");
            try {
                awaitCount(cluster, "1", OURS + " AND state = 'active'", 120);
                Program.of(List.of("kill", "-INT", String.valueOf(tool.pid()))).capture();
                assertTrue(tool.waitFor(60, TimeUnit.SECONDS), "it does not end");
                awaitCount(cluster, "0", OURS, 2);
                assertEquals(130, tool.exitValue());
            } finally {
                tool.destroyForcibly();
            }
        }
    }

    private static void awaitCount(Cluster cluster, String wanted, String question, int seconds)
        throws InterruptedException {
        var answer = "";
        for (long end = System.nanoTime() + seconds * 1_000_000_000L; System.nanoTime() < end; Thread.sleep(200)) {
            answer = cluster.sql(question);
            if (answer.equals(wanted)) return;
        }
        assertEquals(wanted, answer, question);
    }
}
