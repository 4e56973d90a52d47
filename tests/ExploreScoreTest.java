import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lib.Json;
import lib.RecordFields;
import lib.explore.ExploreConfig;
import lib.explore.HealthScore;
import lib.explore.Intervals;
import lib.explore.Report;
import lib.explore.Rule;
import lib.explore.Thresholds;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The arithmetic of the score, over random findings: what report.json says is added up again, by other code. */
@Tag("unit")
class ExploreScoreTest {
    @Test
    void the_score_added_up_again_from_the_json_is_the_score() {
        var random = new Random(42);
        for (int round = 0; round < 200; round++) {
            var rules = randomRules(random);
            var health = HealthScore
                .judge(
                    new Rule.Facts(report(), new Thresholds(Map.of()), Set.of()),
                    ExploreConfig.defaults(),
                    rules);
            var json = Json.tree(Json.write(report().with(health, null))).get("health");

            var rulePoints = new HashMap<String, Long>();
            json.get("findings")
                .forEach(f -> rulePoints.merge(f.get("rule").asString(), tenths(f.get("points")), Long::sum));
            var categoryPoints = new HashMap<String, Long>();
            json.get("rules").forEach(r -> {
                long sum = rulePoints.getOrDefault(r.get("rule").asString(), 0L);
                assertEquals(sum, tenths(r.get("sum")));
                long counted = Math.min(sum, tenths(r.get("limit")));
                assertEquals(counted, tenths(r.get("counted")));
                categoryPoints.merge(r.get("category").asString(), counted, Long::sum);
            });
            long deducted = 0;
            for (var c : json.get("categories")) {
                long sum = categoryPoints.getOrDefault(c.get("name").asString(), 0L);
                assertEquals(sum, tenths(c.get("sum")));
                long cut = Math.min(sum, tenths(c.get("cap")));
                assertEquals(cut, tenths(c.get("deducted")));
                deducted += cut;
            }
            assertEquals(deducted, tenths(json.get("deducted")));
            assertEquals(Math.max(0, Math.round((1000 - deducted) / 10.0)), json.get("score").asLong());
        }
    }

    @Test
    void points_are_the_base_times_the_extent_rounded_up_to_a_tenth() {
        assertEquals(0.3, points(Rule.Severity.NOTE, 0.1 + 0.2), "the noise of binary fractions costs nothing");
        assertEquals(0.1, points(Rule.Severity.NOTE, 0.0001));
        assertEquals(15.0, points(Rule.Severity.CRITICAL, 7));
        assertEquals(0.0, points(Rule.Severity.INFO, 1));
    }

    @Test
    void a_critical_finding_keeps_the_grade_at_c_or_below() {
        var one =
            judge(
                ExploreConfig.defaults(),
                rule("X-1", o -> o.find(Rule.Severity.CRITICAL, "a").extent(0.1)));
        assertEquals(99, one.score());
        assertEquals("C", one.grade());
    }

    @Test
    void what_could_not_be_judged_is_neither_good_nor_bad_but_lowers_the_coverage() {
        var health = judge(
            ExploreConfig.defaults(),
            rule("X-1", o -> {}),
            rule("X-2", o -> o.skip("no rights")),
            rule("X-3", o -> o.skip("no rights")));
        assertEquals(100, health.score());
        assertEquals(0.333, health.coverage());
        assertTrue(health.provisional());
    }

    @Test
    void a_silenced_finding_stays_visible_without_points_until_its_day_has_passed() {
        var rule = rule("X-1", o -> o.find(Rule.Severity.WARNING, "public.t"));
        var silenced = judge(silencing("2025-07-05"), rule);
        assertEquals(100, silenced.score());
        assertEquals("kept for the auditors (until 2025-07-05)", silenced.findings().getFirst().silenced());
        var passed = judge(silencing("2025-07-03"), rule);
        assertEquals(95, passed.score());
        assertNull(passed.findings().getFirst().silenced());
    }

    @Test
    void a_database_without_tables_has_no_score() {
        var health =
            HealthScore.judge(
                new Rule.Facts(new ReportMaker().report(), new Thresholds(Map.of()), Set.of()),
                ExploreConfig.defaults(),
                List.of());
        assertNull(health.score());
        assertNull(health.grade());
    }

    @Test
    void rule_ids_are_unique_and_each_says_why_and_where_to_read_on() {
        var rules = HealthScore.rules();
        assertEquals(rules.size(), rules.stream().map(Rule::id).distinct().count());
        for (var r : rules) {
            assertTrue(r.why().length() > 60, r.id());
            assertTrue(r.link().startsWith("https://"), r.id());
            assertTrue(r.limit() <= 30, r.id());
        }
    }

    @Test
    void no_query_calls_a_function_that_is_known_to_crash_or_to_exhaust_locks() throws Exception {
        try (Stream<Path> files = Files.list(Tool.ROOT.resolve("lib/explore"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                var code = Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", "");
                for (var name : List.of(
                    "approximate_row_count",
                    "hypertable_index_size",
                    "index_matches",
                    "estimate_compressed_batch_size",
                    "hypertable_size(")) {
                    assertTrue(!code.contains(name), file + " names " + name);
                }
            }
        }
    }

    @Test
    void intervals_are_read_as_postgresql_writes_them() {
        assertEquals(86_400_000_000L, Intervals.micros("1 day"));
        assertEquals(86_400_000_000L, Intervals.micros("24:00:00"));
        assertEquals(93_600_000_000L, Intervals.micros("1 day 02:00:00"));
        assertEquals(2_592_000_000_000L, Intervals.micros("1 mon"));
        assertNull(Intervals.micros("100000"));
        assertNull(Intervals.micros(null));
        assertEquals("1 day", Intervals.readable("24:00:00"));
        assertEquals("100000", Intervals.readable("100000"));
        assertEquals("10 days", Intervals.human(864_000_000_000L));
    }

    private static double points(Rule.Severity severity, double extent) {
        return judge(
            ExploreConfig.defaults(),
            rule("X-1", o -> o.find(severity, "a").extent(extent))).findings()
            .getFirst()
            .points();
    }

    private static ExploreConfig silencing(String until) {
        var silenced = new ExploreConfig.RuleConfig(false, List.of("public.t"), "kept for the auditors", until);
        return RecordFields.of(ExploreConfig.defaults()).with("rules", Map.of("X-1", silenced)).record();
    }

    private static Report.Health judge(ExploreConfig config, Rule... rules) {
        return HealthScore
            .judge(new Rule.Facts(report(), new Thresholds(Map.of()), Set.of()), config, List.of(rules));
    }

    private static Rule rule(String id, Consumer<Rule.Outcome> check) {
        return Rule.of(id, "title")
            .in(Rule.Category.INDEXES, 15)
            .why("why")
            .readMore("https://example.org")
            .check((f, o) -> check.accept(o));
    }

    private static List<Rule> randomRules(Random random) {
        var rules = new ArrayList<Rule>();
        int count = 1 + random.nextInt(30);
        for (int i = 0; i < count; i++) {
            int findings = random.nextInt(6);
            var category = Rule.Category.values()[random.nextInt(Rule.Category.values().length)];
            double limit = 1 + random.nextInt(30);
            long seed = random.nextLong();
            rules.add(
                Rule.of("R-" + i, "title")
                    .in(category, limit)
                    .why("why")
                    .readMore("https://example.org")
                    .check((f, o) -> {
                        var own = new Random(seed);
                        for (int n = 0; n < findings; n++) {
                            o.find(Rule.Severity.values()[own.nextInt(4)], "object " + n)
                                .says("m")
                                .extent(own.nextDouble() * 1.2);
                        }
                    }));
        }
        return rules;
    }

    private static long tenths(JsonNode number) {
        return Math.round(number.asDouble() * 10);
    }

    static Report report() {
        var maker = new ReportMaker();
        maker.tables.add(new ReportMaker.Table("t").make());
        return maker.report();
    }
}
