//SOURCES ../lib/explore/ExploreConfig.java ../lib/explore/HealthScore.java ../lib/explore/Question.java
//SOURCES ../lib/explore/Report.java ../lib/explore/ReportFiles.java ../lib/explore/Rule.java ReportMaker.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lib.RecordFields;
import lib.explore.ExploreConfig;
import lib.explore.HealthScore;
import lib.explore.Question;
import lib.explore.Report;
import lib.explore.ReportFiles;
import lib.explore.Rule;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every rule passes where all is well, fails where its trouble is planted, and is skipped when a question it stands on
 * was not answered.
 */
@Tag("unit")
class ExploreRuleTableTest {
    private static final Map<String, Consumer<ReportMaker>> TROUBLE = new LinkedHashMap<>();
    static {
        TROUBLE.put("TS-CAGG-02", r -> {
            r.hypertables.set(
                0,
                ReportMaker
                    .hypertable("m", 10, ReportMaker.compression(true, 5, 0, 1000L, 100L), "3 days", "7 days"));
            r.aggregates.set(0, ReportMaker.aggregate("h", ReportMaker.MADE_AT.minusSeconds(7200), 1001, "7 days"));
        });
        TROUBLE.put("TS-SAFE-01", r -> r.restoring = true);
        TROUBLE.put("TS-SAFE-02", r -> r.orphans.add("_timescaledb_internal._hyper_1_1_chunk"));
        TROUBLE.put("TS-RLS-01", r -> {
            var t = new ReportMaker.Table("secured").key("a");
            t.details = details("enabled", List.of("reader"));
            r.tables.add(t.make());
        });
        TROUBLE.put("VAC-01", r -> r.wraparound = new Report.Wraparound(1_800_000_000, 0, 200_000_000, 83.8));
        TROUBLE.put(
            "SEQ-01",
            r -> r.sequences.add(ReportMaker.sequence("few", "integer", 2_147_483_647L, 2_147_483_647L, true)));
        TROUBLE.put("SET-02", r -> r.setting("autovacuum", "off"));
        TROUBLE.put("SET-03", r -> r.setting("fsync", "off"));
        TROUBLE.put("ACT-01", r -> r.connections = new Report.Connections(95, 1, 94, 0, 100));
        TROUBLE.put("ACT-04", r -> r.slots.add(new Report.ReplicationSlot("gone", "physical", false, 5L << 30)));
        TROUBLE.put("ACT-05", r -> r.checksumFailures = 1L);
        TROUBLE.put("TS-JOB-01", r -> r.jobs.add(ReportMaker.job(1002, "refresh", "Failed", 10, 1)));
        TROUBLE.put(
            "TS-JOB-02",
            r -> r.jobs.add(ReportMaker.paused(ReportMaker.job(1002, "retention", "Success", 10, 0))));
        TROUBLE.put("TS-JOB-03", r -> r.setting("timescaledb.max_background_workers", "0"));
        TROUBLE.put("TS-CAGG-01", r -> r.aggregates.set(0, ReportMaker.aggregate("h", null, 1001, "2 days")));
        TROUBLE.put(
            "TS-CAGG-03",
            r -> r.aggregates.set(0, ReportMaker.aggregate("h", ReportMaker.MADE_AT.minusSeconds(7200), null, null)));
        TROUBLE.put(
            "TS-CHK-01",
            r -> r.hypertables.add(
                ReportMaker
                    .hypertable("many", 2000, ReportMaker.compression(false, 0, 0, null, null), "9 days", null)));
        TROUBLE.put("TS-CHK-02", r -> r.memoryBytes = 1L << 20);
        TROUBLE.put(
            "TS-CHK-03",
            r -> r.hypertables.add(
                ReportMaker.sized(
                    ReportMaker
                        .hypertable("tiny", 200, ReportMaker.compression(false, 0, 0, null, null), "9 days", null),
                    new Report.Size(1 << 20, 1 << 20, 0, 0, true),
                    8192L,
                    0L)));
        TROUBLE.put(
            "TS-CMP-01",
            r -> r.hypertables.add(
                ReportMaker
                    .hypertable("due", 20, ReportMaker.compression(true, 1, 8, 1000L, 100L), "9 days", "1 day")));
        TROUBLE.put(
            "TS-CMP-02",
            r -> r.hypertables.add(
                ReportMaker
                    .hypertable("weak", 20, ReportMaker.compression(true, 15, 0, 1000L, 900L), "9 days", "1 day")));
        TROUBLE.put(
            "TS-RET-01",
            r -> r.hypertables.add(
                ReportMaker.sized(
                    ReportMaker.hypertable("kept", 20, ReportMaker.compression(false, 0, 0, null, null), null, null),
                    new Report.Size(90L << 30, 90L << 30, 0, 0, true),
                    50L << 20,
                    0L)));
        TROUBLE.put("TS-HYP-01", r -> {
            var t = new ReportMaker.Table("log").column("at", "timestamp with time zone")
                .key("at")
                .index(new ReportMaker.Index("log_at", "at").make());
            t.rows = 5_000_000L;
            t.use = ReportMaker.use(5_000_000, 0, ReportMaker.MADE_AT, null);
            r.tables.add(t.make());
        });
        TROUBLE.put("IX-01", r -> {
            var i = new ReportMaker.Index("never", "a");
            i.scans = 0L;
            r.tables.add(new ReportMaker.Table("x").key("a").index(i.make()).make());
        });
        TROUBLE.put("IX-02", r -> {
            var again = new ReportMaker.Index("again", "a");
            again.oid = 2;
            r.tables.add(
                new ReportMaker.Table("x").key("a")
                    .index(new ReportMaker.Index("first", "a").make())
                    .index(again.make())
                    .make());
        });
        TROUBLE.put(
            "IX-03",
            r -> r.tables.add(
                new ReportMaker.Table("x").key("a")
                    .index(new ReportMaker.Index("short", "a").make())
                    .index(new ReportMaker.Index("long", "a", "b").make())
                    .make()));
        TROUBLE.put("IX-04", r -> {
            var i = new ReportMaker.Index("broken", "a");
            i.valid = false;
            r.tables.add(new ReportMaker.Table("x").key("a").index(i.make()).make());
        });
        TROUBLE
            .put("IX-05", r -> r.tables.add(new ReportMaker.Table("x").key("a").references("t_id", "t", "id").make()));
        TROUBLE.put("VAC-02", r -> {
            var t = new ReportMaker.Table("x").key("a");
            t.use = ReportMaker.use(10_000, 90_000, ReportMaker.MADE_AT, null);
            r.tables.add(t.make());
        });
        TROUBLE.put("VAC-03", r -> {
            var t = new ReportMaker.Table("x").key("a");
            t.rows = null;
            t.use = ReportMaker.use(90_000, 0, null, null);
            r.tables.add(t.make());
        });
        TROUBLE.put("VAC-04", r -> {
            var t = new ReportMaker.Table("x").key("a");
            t.use = ReportMaker.use(10, 0, ReportMaker.MADE_AT, 0.9);
            r.tables.add(t.make());
        });
        TROUBLE.put("SET-01", r -> {
            r.cacheHitPercent = 50.0;
            r.blocksRead = 9_000_000L;
        });
        TROUBLE.put(
            "ACT-02",
            r -> r.transactions
                .add(new Report.LongTransaction(7, "me", "psql", "idle in transaction", 9000, "select")));
        TROUBLE.put("ACT-03", r -> r.slowQueries.add(new Report.SlowQuery("select slow()", 1000, 5000, 5_000_000, 1)));
        TROUBLE.put("SCH-01", r -> r.tables.add(new ReportMaker.Table("keyless").column("a", "integer").make()));
        TROUBLE.put("SCH-02", r -> {
            var t = new ReportMaker.Table("x").key("a");
            t.constraints
                .add(new Report.Constraint("unchecked", "check", List.of("a"), "CHECK (a > 0) NOT VALID", false, null));
            r.tables.add(t.make());
        });
        TROUBLE.put(
            "SCH-03",
            r -> r.tables.add(
                new ReportMaker.Table("x").key("a")
                    .column("t_id", "integer")
                    .references("t_id", "t", "id")
                    .index(new ReportMaker.Index("x_t", "t_id").make())
                    .make()));
        TROUBLE.put("DOC-01", r -> {
            for (var n : List.of("u", "v", "w")) {
                var t = new ReportMaker.Table(n).key("a");
                t.comment = null;
                r.tables.add(t.make());
            }
        });
        TROUBLE.put("SET-04", r -> r.extensions.add(new Report.Extension("old", "1.0", "2.0", "public", null)));
    }

    private static Report.Details details(String rowSecurity, List<String> chunkReaders) {
        var none = List.of();
        var details = RecordFields.of(Report.Details.class).with("rowSecurity", rowSecurity);
        for (var list : List.of(
            "inherits",
            "partitions",
            "policies",
            "rules",
            "options",
            "statistics",
            "foreignOptions",
            "partitionIndexes")) {
            details.with(list, none);
        }
        return details.with("chunkReaders", chunkReaders).restUnknown().record();
    }

    /** Something of everything that a rule looks at, and all of it in order. */
    private static ReportMaker sound() {
        var r = new ReportMaker();
        r.timescale = "2.28.3";
        var t = new ReportMaker.Table("t").column("id", "bigint").key("id");
        t.use = ReportMaker.use(100, 0, ReportMaker.MADE_AT, 0.1);
        r.tables.add(t.make());
        r.hypertables.add(
            ReportMaker.hypertable(
                "m",
                10,
                ReportMaker.compression(true, 5, 0, 1_000_000L, 100_000L),
                "30 days",
                "7 days"));
        r.aggregates.add(ReportMaker.aggregate("h", ReportMaker.MADE_AT.minusSeconds(7200), 1001, "2 days"));
        r.jobs.add(ReportMaker.job(1001, "compression", "Success", 10, 0));
        r.sequences.add(ReportMaker.sequence("many", "bigint", 1L, Long.MAX_VALUE, true));
        r.extensions.add(new Report.Extension("new", "2.0", "2.0", "public", null));
        r.slots.add(new Report.ReplicationSlot("read", "physical", true, 0L));
        r.slowQueriesFrom = "pg_stat_statements";
        r.setting("autovacuum", "on")
            .setting("fsync", "on")
            .setting("timescaledb.max_background_workers", "16")
            .setting("max_worker_processes", "64")
            .setting("max_parallel_workers", "8");
        return r;
    }

    static Stream<Rule> rules() {
        return HealthScore.rules().stream();
    }

    @ParameterizedTest(name = "{0}") @MethodSource("rules")
    void passes_fails_and_is_skipped(Rule rule) {
        var sound = judge(sound());
        assertEquals("PASS", outcome(sound, rule).outcome(), () -> outcome(sound, rule) + " " + sound.findings());
        assertTrue(!sound.provisional() && sound.score() == 100, sound.findings().toString());

        var planted = sound();
        assertNotNull(TROUBLE.get(rule.id()), "no trouble is planted for " + rule.id());
        TROUBLE.get(rule.id()).accept(planted);
        var found = judge(planted);
        assertEquals("FAIL", outcome(found, rule).outcome(), () -> found.findings().toString());
        for (var f : found.findings()) {
            assertTrue(
                !f.message().isEmpty() && !f.evidence().isEmpty() && !f.threshold().isEmpty() && !f.source().isEmpty(),
                f.toString());
            if (f.fix() != null && !f.fixRuns()) {
                assertTrue(f.fix().lines().allMatch(l -> l.startsWith("-- ")), "a sketch is a comment: " + f.fix());
            }
            if (f.fixRuns()) assertTrue(!f.fix().contains("…") && f.fix().endsWith(";"), "it runs: " + f.fix());
        }
        var group = found.groups().stream().filter(g -> g.rule().equals(rule.id())).findFirst().orElseThrow();
        assertTrue(!group.findings().isEmpty(), "one card a rule");

        assertTrue(!rule.standsOn().isEmpty(), "it stands on questions");
        for (Question question : rule.standsOn()) {
            var blind = judge(sound().missing(question));
            assertEquals("SKIPPED", outcome(blind, rule).outcome(), question.name());
            assertTrue(blind.provisional(), "the score is provisional");
        }
    }

    @Test
    void each_trouble_belongs_to_a_rule_and_small_things_take_no_points() {
        assertEquals(rules().map(Rule::id).sorted().toList(), TROUBLE.keySet().stream().sorted().toList());
        var small = sound();
        var table = new ReportMaker.Table("x").column("t_id", "bigint").references("t_id", "t", "id");
        table.size = new Report.Size(80_000, 80_000, 0, 0, true);
        small.tables.add(table.make());
        var health = judge(small);
        assertEquals(100, health.score());
        assertEquals(
            List.of("IX-05", "SCH-01"),
            health.findings().stream().map(Report.Finding::rule).sorted().toList());
    }

    /** Evergreen has so many: one by one they are small, together they are not. */
    @Test
    void hundreds_of_foreign_keys_without_an_index_are_no_grade_a() {
        var r = sound();
        for (int i = 0; i < 292; i++) {
            var table = new ReportMaker.Table("x" + i).column("id", "bigint").key("id").column("t_id", "bigint");
            r.tables.add(table.references("t_id", "t", "id").make());
        }
        var health = judge(r);
        assertEquals(292, health.findings().stream().filter(f -> f.rule().equals("IX-05")).count());
        assertTrue(List.of("B", "C", "D").contains(health.grade()), health.grade() + " " + health.score());
    }

    @Test
    void a_sequence_that_ran_out_is_never_grade_a() {
        var r = sound();
        TROUBLE.get("SEQ-01").accept(r);
        assertEquals("C", judge(r).grade());
    }

    @Test
    void an_index_that_guards_something_is_no_spare_one() {
        for (var guard : List
            .of("deferrable", "nulls not distinct", "replica identity", "1 foreign key", "the order of CLUSTER")) {
            var r = sound();
            var plain = new ReportMaker.Index("plain", "a");
            plain.unique = true;
            plain.guards = List.of("uniqueness");
            var guarding = new ReportMaker.Index("guarding", "a");
            guarding.oid = 2;
            guarding.unique = true;
            guarding.guards = List.of("uniqueness", guard);
            r.tables.add(new ReportMaker.Table("x").key("a").index(plain.make()).index(guarding.make()).make());
            assertTrue(
                judge(r).findings()
                    .stream()
                    .noneMatch(f -> f.rule().equals("IX-02") && f.object().endsWith("guarding")),
                guard);
        }
        var r = sound();
        var broken = new ReportMaker.Index("broken", "a");
        broken.valid = false;
        broken.oid = 2;
        r.tables.add(
            new ReportMaker.Table("x").key("a")
                .index(new ReportMaker.Index("whole", "a").make())
                .index(broken.make())
                .make());
        assertTrue(judge(r).findings().stream().noneMatch(f -> f.rule().equals("IX-02")), "the other one is invalid");
    }

    private static Report.Health judge(ReportMaker maker) {
        return ReportFiles.judge(maker.report(), ExploreConfig.defaults(), null).health();
    }

    private static Report.RuleOutcome outcome(Report.Health health, Rule rule) {
        return health.rules().stream().filter(o -> o.rule().equals(rule.id())).findFirst().orElseThrow();
    }
}
