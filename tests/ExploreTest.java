import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import lib.Json;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** explore.java as a user runs it: against the sample in the embedded TimescaleDB, and against plain PostgreSQL. */
@ResourceLock("embedded")
class ExploreTest {
    @TempDir
    Path directory;

    /** What a run left behind. */
    record Explored(Tool.Result run, Path reports, JsonNode json) {
        String html() throws Exception {
            return Files.readString(reports.resolve("report.html"));
        }

        String markdown() throws Exception {
            return Files.readString(reports.resolve("report.md"));
        }

        Set<String> findings(String rule) {
            var objects = new TreeSet<String>();
            json.get("health").get("findings").forEach(f -> {
                if (f.get("rule").asString().equals(rule)) objects.add(f.get("object").asString());
            });
            return objects;
        }

        Set<String> rulesWithFindings() {
            var rules = new TreeSet<String>();
            json.get("health").get("findings").forEach(f -> rules.add(f.get("rule").asString()));
            return rules;
        }

        JsonNode named(String list, String name) {
            for (var n : json.get(list)) {
                if (n.get("name").asString().equals(name)) return n;
            }
            throw new AssertionError("no " + name + " in " + list);
        }
    }

    static Explored explore(Path directory, Map<String, String> environment, String... options) throws Exception {
        var run = Tool.of("explore").in(directory).with(environment).run(options);
        assertEquals(0, run.exit(), run::toString);
        return read(directory, run);
    }

    static Explored read(Path directory, Tool.Result run) throws Exception {
        var reports = directory.resolve(run.out().strip());
        assertTrue(
            Files.isSameFile(reports, directory.resolve("reports/latest")),
            "latest points at the newest report");
        return new Explored(run, reports, Json.tree(Files.readString(reports.resolve("report.json"))));
    }

    @Test @Tag("embedded")
    void the_sample_is_understood_and_what_was_planted_is_found_and_nothing_else() throws Exception {
        var found = explore(directory, Embedded.shared());
        assertTrue(found.run().out().matches("reports/postgres_\\d{8}_\\d{6}\n"), found.run().out());
        assertEquals(
            Set.of("health_metrics", "meteo_metrics", "power_metrics"),
            names(found.json().get("hypertables")));
        assertEquals(Set.of("health_metrics_1min_cagg"), names(found.json().get("aggregates")));
        assertEquals(
            Set.of(
                "channels",
                "health_metrics",
                "maintenance_log",
                "meteo_metrics",
                "power_metrics",
                "services",
                "stations"),
            names(found.json().get("tables")));
        assertEquals(0, found.json().get("notSeen").size());

        var aggregate = found.named("aggregates", "health_metrics_1min_cagg");
        assertEquals("public.health_metrics", aggregate.get("source").asString());
        assertEquals("1 minute", aggregate.get("bucket").asString());
        assertTrue(aggregate.get("watermark").asString().startsWith("2025-07-04T"), aggregate.toString());
        var meteo = found.named("hypertables", "meteo_metrics");
        assertEquals("1 day", meteo.get("dimensions").get(0).get("interval").asString());
        assertEquals("3 days", meteo.get("compressAfter").asString());
        assertEquals("10 years", meteo.get("retention").asString());
        assertEquals("station", meteo.get("compression").get("segmentBy").get(0).asString());
        assertTrue(meteo.get("compression").get("compressedChunks").asInt() > 0);
        assertEquals(49_941, meteo.get("rows").asLong(), 500, "the estimate");
        var kinds = new HashSet<String>();
        found.json().get("jobs").forEach(j -> kinds.add(j.get("kind").asString()));
        assertTrue(kinds.containsAll(Set.of("compression", "retention", "refresh")), kinds.toString());

        assertEquals(Set.of("public.meteo_metrics_pressure_idx"), found.findings("IX-01"), "the planted unused index");
        assertEquals(
            Set.of("public.health_metrics_time_again_idx"),
            found.findings("IX-02"),
            "the planted duplicate index");
        assertEquals(
            Set.of("public.maintenance_log"),
            found.findings("SCH-01"),
            "the planted table without a primary key");
        // The embedded engine has no background workers: what the policies should have compressed since 2025 is really
        // overdue there.
        assertEquals(Set.of("IX-01", "IX-02", "SCH-01", "TS-CMP-01"), found.rulesWithFindings());
    }

    @Test @Tag("embedded")
    void the_same_database_twice_gives_the_same_report_but_for_times() throws Exception {
        var first = explore(directory, Embedded.shared());
        var second = explore(directory, Embedded.shared());
        assertEquals(
            withoutTimes(Files.readString(first.reports().resolve("report.json"))),
            withoutTimes(Files.readString(second.reports().resolve("report.json"))));
        assertEquals(withoutTimes(first.markdown()), withoutTimes(second.markdown()));
        assertEquals(withoutTimes(first.html()), withoutTimes(second.html()));
    }

    @Test @Tag("embedded")
    void html_is_one_file_that_asks_nothing_of_the_network_and_markdown_holds_the_diagram() throws Exception {
        var found = explore(directory, Embedded.shared(), "--format", "html,md,json", "--chunks", "2");
        var html = found.html();
        assertTrue(html.contains("default-src 'none'"), "the policy forbids every request");
        assertTrue(!html.matches("(?s).*(<link|<img|<iframe|@import|url\\(|src=).*"), "nothing is loaded");
        for (var id : List.of(
            "health",
            "hypertables",
            "aggregates",
            "jobs",
            "relations",
            "tables",
            "indexes",
            "performance",
            "access",
            "rules")) {
            assertTrue(html.contains("<section id=\"" + id + "\""), id);
        }
        assertTrue(
            html.contains("<svg class=\"er\"") && html.contains("<svg class=\"strip\""),
            "diagram and time lines");
        var anchors = new HashSet<String>();
        Pattern.compile(" id=\"([^\"]+)\"")
            .matcher(html)
            .results()
            .forEach(m -> assertTrue(anchors.add(m.group(1)), "id twice: " + m.group(1)));
        Pattern.compile("href=\"#([^\"]+)\"")
            .matcher(html)
            .results()
            .forEach(m -> assertTrue(anchors.contains(m.group(1)), "link to nowhere: " + m.group(1)));
        var markdown = found.markdown();
        assertTrue(
            markdown.contains("```mermaid\nerDiagram\n")
                && markdown.contains("\"public.services\" ||--o{ \"public.channels\""),
            "Mermaid");
        assertEquals(2, found.named("hypertables", "meteo_metrics").get("chunkList").size());
    }

    @Test @Tag("embedded")
    void fail_under_and_fail_on_answer_with_11_and_diff_tells_what_changed() throws Exception {
        try (var own = Embedded.create()) {
            var environment = own.environment();
            sql(environment, "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (x int)");
            var before = explore(directory, environment);
            sql(
                environment,
                "ALTER TABLE a ADD COLUMN note text; DROP TABLE b; CREATE TABLE c (id bigint PRIMARY KEY, a int "
                    + "REFERENCES a)");
            var low = Tool.of("explore")
                .in(directory)
                .with(environment)
                .run("--fail-under", "100", "--diff", before.reports().toString());
            assertEquals(11, low.exit(), low::toString);
            assertTrue(low.err().contains("is below 100"), low.err());
            var after = read(directory, low);
            var changes = after.json().get("changes");
            assertEquals("[\"table public.c\"]", changes.get("added").toString());
            assertEquals("[\"table public.b\"]", changes.get("removed").toString());
            assertTrue(
                changes.get("altered").toString().contains("table public.a: new column note (text)"),
                changes.toString());
            assertTrue(changes.get("solvedFindings").toString().contains("SCH-01"), changes.toString());
            assertTrue(changes.get("newFindings").toString().contains("IX-05"), changes.toString());
            var on = Tool.of("explore").in(directory).with(environment).run("--fail-on", "IX-05,SCH-01");
            assertEquals(11, on.exit(), on::toString);
            assertTrue(on.err().contains("failed: IX-05\n"), on.err());
        }
    }

    @Test @Tag("local")
    void plain_postgresql_with_hostile_names_empty_databases_and_few_rights() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE DATABASE empty");
            var empty = explore(directory, in(cluster, "empty"));
            assertTrue(empty.json().get("health").get("score").isNull());
            assertTrue(empty.markdown().contains("0 tables."), "says so");
            assertTrue(empty.run().err().contains("nothing to score"), empty.run().err());

            var evil = "x</title></script><script>alert(1)</script><img src=x onerror=alert(2)>";
            cluster.sql("CREATE DATABASE \"we\"\"ird/../ü <b>\"");
            var weird = in(cluster, "we\"ird/../ü <b>");
            sql(
                weird,
                """
                    CREATE SCHEMA "sch ema.x"; CREATE TABLE "sch ema.x"."%1$s" ("id | `x`" int PRIMARY KEY,
                        "*c*" text DEFAULT '<b>');
                    COMMENT ON TABLE "sch ema.x"."%1$s" IS '# head | <script>alert(3)</script> [a](javascript:x)';
                    CREATE TABLE "sch ema.x"."'; DROP TABLE x; --" (r int REFERENCES "sch ema.x"."%1$s");
                    CREATE VIEW "sch ema.x"."v""w" AS SELECT '<script>' AS "<i>";
                        CREATE TYPE "sch ema.x"."<e>" AS ENUM ('<a>', '|');
                    CREATE FUNCTION "sch ema.x"."<f>"("<p>" int) RETURNS int LANGUAGE sql AS 'SELECT 1'"""
                    .formatted(evil.substring(0, 60)));
            var found = explore(directory, weird);
            assertTrue(
                found.reports().getFileName().toString().startsWith("we_ird____ü__b__"),
                found.reports().toString());
            assertEquals(2, found.html().split("<script", -1).length - 1, "our own scripts alone");
            assertTrue(!found.html().contains("<img"), "no tag of a name");
            assertEquals(2, found.json().get("tables").size());
            assertEquals(0, found.json().get("notSeen").size(), found.json().get("notSeen").toString());

            sql(
                weird,
                "CREATE ROLE nobody LOGIN CONNECTION LIMIT 1; REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE "
                    + "SEQUENCE \"sch ema.x\".s");
            var few = new HashMap<>(weird);
            few.put("PGUSER", "nobody");
            var little = explore(directory, few);
            assertEquals(2, little.json().get("tables").size(), "structure needs no rights");
            assertTrue(
                little.json().get("notSeen").toString().contains("GRANT pg_monitor TO \\\"nobody\\\";"),
                little.json().get("notSeen").toString());
            assertTrue(
                little.json()
                    .get("notSeen")
                    .toString()
                    .contains("GRANT SELECT ON ALL SEQUENCES IN SCHEMA \\\"sch ema.x\\\" TO"),
                little.json().get("notSeen").toString());
            assertTrue(little.html().contains("What could not be seen"));
        }
    }

    @Test @Tag("local")
    void the_number_of_queries_does_not_depend_on_the_number_of_tables_and_a_locked_table_loses_nothing_else()
        throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql(
                "CREATE TABLE one (id int PRIMARY KEY, v text); INSERT INTO one SELECT i FROM generate_series(1, "
                    + "1000) i; CREATE VIEW v AS SELECT * FROM one");
            var few = explore(directory, cluster.environment());
            cluster.sql(
                "DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, p int "
                    + "REFERENCES one)', i); END LOOP; END $$");
            // a superuser looks at the files, where no lock is in the way
            cluster.sql("CREATE ROLE reader LOGIN");
            var reader = new HashMap<>(cluster.environment());
            reader.put("PGUSER", "reader");
            var locker =
                Tool.command("psql", "-Xqc", "BEGIN; LOCK TABLE one IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)")
                    .with(cluster.environment())
                    .start();
            try {
                waitForLock(cluster);
                var files = explore(directory, cluster.environment()).named("tables", "one").get("size");
                assertTrue(files.get("heap").asLong() > 40_000, files.toString());
                var many = explore(directory, reader);
                assertEquals(301, many.json().get("tables").size());
                var one = many.named("tables", "one");
                assertEquals(2, one.get("columns").size());
                assertTrue(!one.get("size").get("exact").asBoolean(), "its size is an estimate");
                var other = many.named("tables", "t7");
                assertEquals(1, other.get("indexes").size(), "the others' indexes and keys are there");
                assertEquals(1, other.get("foreignKeys").size());
                assertTrue(
                    many.json().get("notSeen").toString().contains("55P03"),
                    "what waited for the lock is named");
            } finally {
                locker.destroy();
            }
            cluster.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%LOCK TABLE one%' AND pid "
                    + "<> pg_backend_pid()");
            var after = explore(directory, cluster.environment());
            assertEquals(few.json().get("effort").get("queries"), after.json().get("effort").get("queries"));
            assertEquals(300, after.findings("IX-05").size(), "report.json has them all");
            assertTrue(
                after.markdown().contains("200 more of IX-05 are in report.json."),
                "three hundred times the same are not three hundred findings to read");
            assertTrue(
                after.html().contains("200 more of IX-05")
                    && after.html().split("id=\"finding-IX-05\"", -1).length == 2,
                "nor in the page, where they are one card");
            var sql = Tool.of("explore").with(cluster.environment()).run("--sql");
            assertEquals(
                after.json().get("effort").get("queries").asInt(),
                sql.out().split("/\\* explore: ", -1).length - 1,
                "--sql prints every one of them");
        }
    }

    private static void waitForLock(Cluster cluster) throws Exception {
        for (int i = 0;
            cluster.sql(
                "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = "
                    + "'one'::regclass")
                .equals("0") && i < 50;
            i++) {
            Thread.sleep(100);
        }
    }

    @Test @Tag("local")
    void a_standby_is_reported_as_one_and_only_reading_happens() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE TABLE t (id int PRIMARY KEY)");
            cluster.stop();
            Files.createFile(cluster.data().resolve("standby.signal"));
            Cluster.giveToServer(cluster.data().resolve("standby.signal"));
            cluster.start();
            var found = explore(directory, cluster.environment());
            assertTrue(found.json().get("server").get("standby").asBoolean());
            assertEquals(0, found.json().get("notSeen").size(), found.json().get("notSeen").toString());
        }
    }

    @Test @Tag("cli")
    void explain_and_print_config_need_no_database() {
        var explained = Tool.of("explore").run("explain", "ts-cagg-02");
        assertEquals(0, explained.exit(), explained::toString);
        assertTrue(explained.out().startsWith("TS-CAGG-02: A refresh never looks further back"), explained.out());
        assertTrue(Tool.of("explore").run("explain").out().contains("IX-01"));
        var unknown = Tool.of("explore").run("explain", "IX-1");
        assertEquals(2, unknown.exit());
        assertEquals(
            "explore: there is no rule IX-1, did you mean IX-01?\nHINT: list them with: explore.java explain\n",
            unknown.err());
        assertTrue(Tool.of("explore").run("--print-config", "--chunks", "7").out().contains("chunks: 7\n"));
    }

    @Test @Tag("cli")
    void explain_lists_the_rules_that_are_about_a_word() {
        var about = Tool.of("explore").run("explain", "Vacuum");
        assertEquals(0, about.exit(), about::toString);
        assertTrue(about.out().startsWith("Rule "), about::toString);
        assertTrue(about.out().contains("\nVAC-01 "), about::toString);        // by its explanation
        assertTrue(about.out().contains("\nSET-02 "), about::toString);        // by its question
        assertFalse(about.out().contains("\nSEQ-01 "), about::toString);
        assertEquals(2, Tool.of("explore").run("explain", "nonsense").exit());
    }

    private static Set<String> names(JsonNode list) {
        var names = new TreeSet<String>();
        list.forEach(n -> names.add(n.get("name").asString()));
        return names;
    }

    private static Map<String, String> in(Cluster cluster, String database) {
        var environment = new HashMap<>(cluster.environment());
        environment.put("PGDATABASE", database);
        return environment;
    }

    static void sql(Map<String, String> environment, String sql) {
        var answer = Tool.command("psql", "-Xqv", "ON_ERROR_STOP=1", "-c", sql).with(environment).run();
        assertEquals(0, answer.exit(), answer::toString);
    }

    /** Ages and times of day differ between two runs, and how long they took. */
    private static String withoutTimes(String text) {
        return text.replaceAll("\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(:\\d\\d)?(\\.\\d+)?Z?", "TIME")
            .replaceAll("\"(lagSeconds|millis)\" : \\d+", "\"$1\" : N")
            .replaceAll("[\\d.]+ days|\\d+ d \\d+ h|\\d+ h \\d+ min|\\d+ min( \\d+ s)?", "AGE");
    }
}
