//SOURCES Cluster.java ExploreTest.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import lib.Json;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many databases in one run, numbers for a monitor, and the past of a database. */
@Tag("local")
class ExploreFleetTest {
    @TempDir
    Path directory;

    @Test
    void every_database_gets_a_report_and_one_that_fails_does_not_stop_the_others() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE DATABASE good; ");
            cluster.sql("CREATE DATABASE bad");
            cluster.sql("good", "CREATE TABLE t (id int PRIMARY KEY); COMMENT ON TABLE t IS 'what it is for'");
            cluster.sql(
                "bad",
                "CREATE TABLE t (id int PRIMARY KEY); CREATE SEQUENCE s AS smallint; SELECT setval('s', 32767)");
            var all = Tool.of("explore")
                .in(directory)
                .with(cluster.environment())
                .run("--all-databases", "--metrics", "m.prom", "--history", "past", "--fail-under", "90");
            assertEquals(11, all.exit(), "the worst status" + all);
            var fleet = directory.resolve(all.out().strip());
            var lines = Json.tree(Files.readString(fleet.resolve("fleet.json"))).get("databases");
            assertEquals(3, lines.size(), lines.toString());
            assertEquals("postgres", lines.get(0).get("name").asString(), "no score comes first");
            assertEquals("bad", lines.get(1).get("name").asString(), "then the worst score");
            assertTrue(
                Files.exists(fleet.resolve("good/report.html")) && Files.exists(fleet.resolve("index.html")),
                "pages");
            assertTrue(Files.readString(fleet.resolve("index.html")).contains("href=\"bad/report.html\""), "links");
            var numbers = Files.readString(directory.resolve("m.prom"));
            assertTrue(
                numbers.contains("timescaledb_tools_explore_findings{server=")
                    && numbers.contains("severity=\"critical\"} 1\n"),
                numbers);
            var judge =
                Tool.command("sh", "-c", "command -v promtool >/dev/null || exit 0; promtool check metrics < m.prom")
                    .in(directory)
                    .run();
            assertEquals(0, judge.exit(), judge::toString);

            someTargets(cluster);

            cluster.sql("good", "CREATE TABLE filler AS SELECT i FROM generate_series(1, 50000) i");
            var environment = new HashMap<>(cluster.environment());
            environment.put("PGDATABASE", "good");
            var again = ExploreTest.explore(directory, environment, "--history", "past");
            var points = again.json().get("history").get("points");
            assertEquals(2, points.size(), again.json().get("history").toString());
            assertTrue(points.get(1).get("bytes").asLong() > points.get(0).get("bytes").asLong(), points.toString());
            assertTrue(
                again.html().contains("id=\"history\"") && again.markdown().contains("## History"),
                "in the page");
        }
    }

    private void someTargets(Cluster cluster) throws Exception {
        Files.writeString(directory.resolve("fleet.yaml"), """
            targets:
              - {name: shop, host: 127.0.0.1, port: %1$d, user: postgres, dbname: good, sslmode: disable}
              - {name: gone, host: 127.0.0.1, port: 1, user: postgres, dbname: good}
            """.formatted(cluster.port()));
        var some = Tool.of("explore").in(directory).run("--targets", "fleet.yaml", "--metrics", "n.prom");
        assertEquals(10, some.exit(), some::toString);
        var listed = Json.tree(Files.readString(directory.resolve(some.out().strip()).resolve("fleet.json")))
            .get("databases");
        assertEquals("gone", listed.get(0).get("name").asString());
        assertTrue(listed.get(0).get("error").asString().contains("connection refused"), listed.toString());
        assertEquals("shop", listed.get(1).get("name").asString());
        assertTrue(
            Files.readString(directory.resolve("n.prom")).contains("explore_up{server=\"gone\",database=\"\"} 0"),
            "a monitor sees it");

        Files.writeString(directory.resolve("wrong.yaml"), "targets:\n  - {hots: a}\n");
        var wrong = Tool.of("explore").in(directory).run("--targets", "wrong.yaml");
        assertEquals(2, wrong.exit(), wrong::toString);
        assertTrue(
            wrong.err().contains("wrong.yaml: line 2, column 6: unknown key 'targets[0].hots', did you mean host?"),
            wrong.err());
    }
}
