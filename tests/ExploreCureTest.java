import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lib.RecordFields;
import lib.explore.ExploreConfig;
import lib.explore.Question;
import lib.explore.Report;
import lib.explore.ReportFiles;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Cures that are run together, as a person does who runs the script of a report. */
@Tag("unit")
class ExploreCureTest {
    /** Which of two equal indexes the planner takes is chance: dropping the unused and the spare one leaves none. */
    @Test
    void an_unused_index_that_is_kept_in_place_of_a_used_one_is_not_dropped() {
        var kept = index("kept", 1, 0, "a");
        var spare = index("spare", 2, 5, "a");
        var shorter = index("shorter", 3, 5, "b");
        var longer = index("longer", 4, 0, "b", "c");
        var idle = index("idle", 5, 0, "d");
        var idleAgain = index("idle_again", 6, 0, "d");
        var maker = new ReportMaker();
        var table = new ReportMaker.Table("t").column("a", "integer").key("a");
        List.of(kept, spare, shorter, longer, idle, idleAgain).forEach(table::index);
        maker.tables.add(table.make());
        var health = judged(maker);
        assertEquals(List.of("public.idle_again", "public.spare"), objects(health, "IX-02"));
        assertEquals(List.of("public.shorter"), objects(health, "IX-03"));
        assertEquals(List.of("public.idle", "public.idle_again"), objects(health, "IX-01"));
    }

    /** The key stays in any case: it does the work of both. */
    @Test
    void an_unused_index_beside_a_used_one_and_their_key_is_unused() {
        var key = new ReportMaker.Index("key", "a");
        key.oid = 1;
        key.unique = key.primary = true;
        key.guards = List.of("primary key");
        var table = new ReportMaker.Table("t").column("a", "integer").key("a");
        List.of(key.make(), index("unused", 2, 0, "a"), index("used", 3, 5, "a")).forEach(table::index);
        var maker = new ReportMaker();
        maker.tables.add(table.make());
        var health = judged(maker);
        assertEquals(List.of("public.unused", "public.used"), objects(health, "IX-02"));
        assertEquals(List.of("public.unused"), objects(health, "IX-01"));
    }

    /** More workers for TimescaleDB need more processes in all. */
    @Test
    void enough_workers_are_also_enough_processes() {
        var maker = timescale();
        for (int i = 0; i < 40; i++) maker.jobs.add(ReportMaker.job(1000 + i, "retention", "Success", 10, 0));
        maker.setting("timescaledb.max_background_workers", "8");
        maker.setting("max_parallel_workers", "8").setting("max_worker_processes", "17");
        var cures = cures(judged(maker), "TS-JOB-03");
        assertEquals(
            List.of(
                "ALTER SYSTEM SET max_worker_processes = 30;",
                "ALTER SYSTEM SET timescaledb.max_background_workers = 21;"),
            cures.stream().sorted().toList());
        maker.setting("timescaledb.max_background_workers", "21").setting("max_worker_processes", "30");
        assertEquals(List.of(), cures(judged(maker), "TS-JOB-03"));
    }

    /** An aggregate on an aggregate is refreshed after the one below, or finds nothing there. */
    @Test
    void aggregates_are_refreshed_from_the_bottom_up() {
        var maker = timescale();
        maker.aggregates.add(on("a_daily", "public.z_hourly", ReportMaker.aggregate("a_daily", null, 1001, "9 days")));
        maker.aggregates.add(ReportMaker.aggregate("z_hourly", null, 1002, "9 days"));
        var cures = cures(judged(maker), "TS-CAGG-01");
        assertEquals(2, cures.size(), cures.toString());
        assertEquals(
            """
                CALL public.refresh_continuous_aggregate('public.z_hourly', NULL, NULL);
                CALL public.refresh_continuous_aggregate('public.a_daily', NULL, NULL);""",
            cures.stream().filter(c -> c.contains("a_daily")).findFirst().orElseThrow());

        var old = ReportMaker.MADE_AT.minusSeconds(90 * 86_400);
        maker.aggregates
            .set(0, on("a_daily", "public.z_hourly", ReportMaker.aggregate("a_daily", old, 1001, "9 days")));
        maker.aggregates.set(1, ReportMaker.aggregate("z_hourly", old, 1002, "9 days"));
        assertEquals(
            """
                CALL public.refresh_continuous_aggregate('public.z_hourly', '%1$s', NULL);
                CALL public.refresh_continuous_aggregate('public.a_daily', '%1$s', NULL);""".formatted(old),
            cures(judged(maker), "TS-CAGG-01").getFirst(),
            "else the upper one is behind when the lower one is not any more");
    }

    /** A new policy must not look further back than its source is kept, be that a table or an aggregate. */
    @Test
    void a_new_refresh_policy_looks_no_further_back_than_an_aggregate_below_is_kept() {
        var maker = timescale();
        maker.aggregates.add(
            on("daily", "public.hourly", ReportMaker.aggregate("daily", ReportMaker.MADE_AT, null, null)));
        maker.aggregates.add(ReportMaker.aggregate("hourly", ReportMaker.MADE_AT, 1002, "1 day"));
        maker.jobs.add(
            RecordFields.of(ReportMaker.job(1003, "retention", "Success", 10, 0))
                .with("target", "public.hourly")
                .with("config", "{\"drop_after\": \"2 days\"}")
                .record());
        var cure = cures(judged(maker), "TS-CAGG-03").getFirst();
        assertTrue(cure.contains("start_offset => INTERVAL '1 day'"), cure);
    }

    /** When no key, index or job could be read, none is missing for that. */
    @Test
    void what_was_not_seen_is_not_called_missing() {
        var maker = timescale();
        maker.tables.add(new ReportMaker.Table("keyless").column("m_id", "bigint").make());
        maker.tables.add(new ReportMaker.Table("child").key("id").references("m_id", "m", "a").make());
        maker.aggregates.add(ReportMaker.aggregate("h", ReportMaker.MADE_AT, null, null));
        maker.hypertables.set(
            0,
            ReportMaker.hypertable("m", 10, ReportMaker.compression(true, 5, 0, 1000L, 100L), null, null));
        assertTrue(rules(judged(maker)).containsAll(Set.of("SCH-01", "IX-05", "TS-CAGG-03", "TS-CMP-01")));
        maker.missing(Question.KEYS, Question.INDEXES, Question.JOBS, Question.JOB_RUNS);
        var health = judged(maker);
        assertEquals(Set.of(), rules(health), "nothing was seen to be missing");
        for (var rule : health.rules()) {
            if (Set.of("SCH-01", "IX-05", "IX-01", "TS-CAGG-03", "TS-CMP-01", "TS-RET-01").contains(rule.rule())) {
                assertEquals("SKIPPED", rule.outcome(), rule.toString());
            }
        }
    }

    private static Set<String> rules(Report.Health health) {
        return health.findings().stream().map(Report.Finding::rule).collect(Collectors.toSet());
    }

    /** NOT NULL for new rows only, as PostgreSQL 18 has it, makes no key. */
    @Test
    void a_column_that_may_hold_old_nulls_is_no_key_and_is_validated() {
        var maker = new ReportMaker();
        var table = new ReportMaker.Table("t").column("a", "integer");
        var unique = new ReportMaker.Index("t_a", "a");
        unique.unique = true;
        unique.guards = List.of("uniqueness");
        table.index(
            RecordFields.of(unique.make()).with("definition", "CREATE UNIQUE INDEX t_a ON t USING btree (a)").record());
        maker.tables.add(table.make());
        assertEquals(List.of("ALTER TABLE public.t ADD PRIMARY KEY USING INDEX t_a;"), cures(judged(maker), "SCH-01"));
        table.constraints.add(
            new Report.Constraint("a_there", "not null", List.of("a"), "NOT NULL a NOT VALID", false, null));
        maker.tables.set(0, table.make());
        assertTrue(cures(judged(maker), "SCH-01").getFirst().contains("ADD COLUMN"));
        assertEquals(
            List.of("ALTER TABLE public.t VALIDATE CONSTRAINT a_there;"),
            cures(judged(maker), "SCH-02"));
    }

    private static ReportMaker timescale() {
        var maker = new ReportMaker();
        maker.timescale = "2.28.3";
        maker.extensions.add(new Report.Extension("timescaledb", "2.28.3", "2.28.3", "public", null));
        maker.hypertables.add(
            ReportMaker.hypertable("m", 10, ReportMaker.compression(false, 0, 0, null, null), null, null));
        maker.tables.add(new ReportMaker.Table("m").key("a").make());
        return maker;
    }

    private static Report.Aggregate on(String name, String source, Report.Aggregate aggregate) {
        return RecordFields.of(aggregate).with("name", name).with("source", source).record();
    }

    private static Report.Index index(String name, long oid, long scans, String... keys) {
        var index = new ReportMaker.Index(name, keys);
        index.oid = oid;
        index.scans = scans;
        return index.make();
    }

    private static Report.Health judged(ReportMaker maker) {
        return ReportFiles.judge(maker.report(), ExploreConfig.defaults(), null).health();
    }

    private static List<String> objects(Report.Health health, String rule) {
        return health.findings()
            .stream()
            .filter(f -> f.rule().equals(rule))
            .map(Report.Finding::object)
            .toList();
    }

    private static List<String> cures(Report.Health health, String rule) {
        return health.findings()
            .stream()
            .filter(f -> f.rule().equals(rule) && f.fixRuns())
            .map(Report.Finding::fix)
            .toList();
    }
}
