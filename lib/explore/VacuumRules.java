//SOURCES ../Units.java Cure.java Intervals.java Question.java Rule.java ShortText.java Sql.java
package lib.explore;

import static lib.explore.Rule.Category.VACUUM;
import static lib.explore.Sql.name;

import java.util.List;
import java.util.stream.Stream;
import lib.Units;
import lib.explore.Rule.Facts;
import lib.explore.Rule.Outcome;

/** Vacuum and statistics: dead rows, missing statistics, wasted space, memory, transactions that stay open. */
final class VacuumRules {
    private static final String DOCS = "https://www.postgresql.org/docs/current/";

    private VacuumRules() {}

    static List<Rule> all() {
        return Stream.of(tables(), sessions()).flatMap(List::stream).toList();
    }

    private static List<Rule> tables() {
        return List.of(
            Rule.of("VAC-02", "Dead rows are cleaned up")
                .in(VACUUM, 5)
                .standsOn(Question.RELATIONS, Question.SIZES, Question.CHUNK_USE)
                .unless(Rule::noTables)
                .why(
                    """
                        Updated and deleted rows stay in the table as dead rows until VACUUM. Many of them make \
                        every scan slower.""")
                .readMore(DOCS + "routine-vacuuming.html")
                .check(VacuumRules::deadRows),
            Rule.of("VAC-03", "Tables are analyzed")
                .in(VACUUM, 5)
                .standsOn(Question.RELATIONS, Question.SIZES, Question.CHUNK_USE)
                .unless(Rule::noTables)
                .why(
                    """
                        Without statistics the planner guesses, and guesses wrong: queries choose the wrong index or \
                        join.""")
                .readMore(DOCS + "routine-vacuuming.html#VACUUM-FOR-STATISTICS")
                .check(VacuumRules::neverAnalyzed),
            Rule.of("VAC-04", "Tables are not mostly empty space")
                .in(VACUUM, 3)
                .standsOn(Question.RELATIONS, Question.BLOAT)
                .unless(Rule::noTables)
                .why(
                    """
                        After many updates or deletes a table's file keeps its size. Half-empty pages are read and \
                        cached like full ones. \
                        An estimate: look before you rewrite.""")
                .readMore(DOCS + "sql-vacuum.html")
                .check(VacuumRules::bloat),
            Rule.of("SET-01", "Tables are read from memory")
                .in(VACUUM, 3)
                .standsOn(Question.RELATIONS, Question.SIZES, Question.CHUNK_USE)
                .unless(Rule::noTables)
                .why(
                    """
                        When many reads miss the cache, queries wait for the disk: shared_buffers is small for the \
                        part of the data that is in use, or queries read too much.""")
                .readMore(DOCS + "runtime-config-resource.html#GUC-SHARED-BUFFERS")
                .check(VacuumRules::cacheHits));
    }

    private static List<Rule> sessions() {
        return List.of(
            Rule.of("ACT-02", "No transaction stays open")
                .in(VACUUM, 5)
                .standsOn(Question.TRANSACTIONS, Question.BLOCKED)
                .why(
                    """
                        An open transaction keeps VACUUM from cleaning, everywhere in the database, and may hold \
                        locks that others wait for.""")
                .readMore(DOCS + "runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT")
                .check(VacuumRules::openTransactions),
            Rule.of("ACT-03", "Queries answer in time")
                .in(VACUUM, 2)
                .standsOn(Question.STATEMENTS)
                .unless(
                    f -> f.report().performance().slowQueriesFrom() == null ? "pg_stat_statements is not installed"
                        : null)
                .why(
                    """
                        Queries that are both slow and frequent are where tuning pays first.""")
                .readMore(DOCS + "pgstatstatements.html")
                .check(VacuumRules::slowQueries));
    }

    private static void deadRows(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            var u = t.use();
            if (u == null || u.dead() == null || u.live() == null || u.dead() < f.limit("deadRowsMinimum")) continue;
            double percent = 100.0 * u.dead() / (u.dead() + u.live());
            if (percent <= f.limit("deadRowsPercent")) continue;
            out.weighed(t.fullName(), f.weight(t.size().total()))
                .says(ShortText.number(percent) + " % of the rows of " + t.fullName() + " are dead")
                .evidence(
                    Units.count(u.dead()) + " dead, " + Units.count(u.live()) + " live, last vacuum "
                        + (u.lastVacuum() == null ? "never" : Units.utc(u.lastVacuum())))
                .expected("at most " + ShortText.number(f.limit("deadRowsPercent")) + " %")
                .source("pg_stat_get_dead_tuples")
                .estimated()
                .cure(Cure.sql("VACUUM (ANALYZE) %s;".formatted(name(t.schema(), t.name()))));
        }
    }

    private static void neverAnalyzed(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            var u = t.use();
            if (u == null || t.kind().equals("foreign table")) continue;
            // a restored or promoted database has rows and reltuples but no times: reltuples tells that it was analyzed
            long live = Math.max(u.live() == null ? 0 : u.live(), t.rows() == null ? 0 : t.rows());
            if (live < f.limit("analyzeMinimumRows") || u.lastAnalyze() != null) continue;
            boolean known = t.rows() != null && t.rows() > 0
                && (u.modifiedSinceAnalyze() == null || u.modifiedSinceAnalyze() < t.rows() / 5);
            if (known) continue;
            out.warning(t.fullName())
                .says(t.fullName() + " was never analyzed")
                .evidence(Units.count(live) + " rows, no statistics")
                .expected("analyzed once")
                .source("pg_stat_get_last_analyze_time")
                .estimated()
                .extent(Math.max(0.1, f.weight(t.size().total())))
                .cure(Cure.sql("ANALYZE %s;".formatted(name(t.schema(), t.name()))));
        }
    }

    private static void bloat(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            if (t.use() == null || t.use().bloat() == null || 100 * t.use().bloat() <= f.limit("bloatPercent")) {
                continue;
            }
            out.note(t.fullName())
                .says("About " + ShortText.number(100 * t.use().bloat()) + " % of " + t.fullName() + " is free space")
                .evidence("estimated, of " + Units.bytes(t.size().heap()))
                .expected("at most " + ShortText.number(f.limit("bloatPercent")) + " %")
                .source("pg_stats, pg_class")
                .estimated()
                .extent(f.weight(t.size().heap()))
                .cure(
                    Cure.decide(
                        """
                            -- New rows fill the free space again; rewriting the table pays only when they will not \
                            come.
                            -- VACUUM FULL %s;  -- stops reads and writes while it runs
                            -- or, without that lock: the extension pg_repack"""
                            .formatted(name(t.schema(), t.name())))
                        .costs("a rewrite of " + Units.bytes(t.size().total()) + " under an exclusive lock"));
        }
        boolean measured = f.report().tables().stream().anyMatch(t -> t.use() != null && t.use().bloat() != null);
        boolean any =
            f.report().tables().stream().anyMatch(t -> t.size().heap() > 8_192_000 && t.kind().equals("table"));
        if (!measured && any) {
            out.skip("pg_stats shows no column widths: not analyzed, or the role may not read the tables");
        }
    }

    private static void cacheHits(Facts f, Outcome out) {
        var p = f.report().performance();
        boolean few =
            p.cacheHitPercent() == null || p.blocksRead() == null || p.blocksRead() < f.limit("cacheMinimumReads");
        if (few || p.cacheHitPercent() >= f.limit("cacheHitPercent")) return;
        out.warning("shared_buffers")
            .says("Only " + ShortText.number(p.cacheHitPercent()) + " % of the reads of tables come from memory")
            .evidence(Units.count(p.blocksRead()) + " blocks read from outside")
            .expected("at least " + ShortText.number(f.limit("cacheHitPercent")) + " %")
            .source("pg_stat_get_blocks_hit")
            .extent((f.limit("cacheHitPercent") - p.cacheHitPercent()) / 10)
            .cure(
                Cure.decide(
                    """
                        -- Queries that read too much first (see the slow queries); then memory, usually a quarter \
                        of the machine's:
                        -- ALTER SYSTEM SET shared_buffers = '…';""")
                    .costs("a restart of the server"));
    }

    private static void openTransactions(Facts f, Outcome out) {
        for (var t : f.report().performance().longTransactions()) {
            boolean idle = t.state() != null && t.state().startsWith("idle in transaction");
            double limit = f.limit(idle ? "idleInTransactionSeconds" : "longTransactionSeconds");
            if (t.seconds() <= limit) continue;
            out.warning("pid " + t.pid())
                .says(
                    "A transaction of " + t.user() + " is open for " + Intervals.age(t.seconds())
                        + (idle ? " and does nothing" : ""))
                .evidence(
                    t.state() + (t.application() == null || t.application().isEmpty() ? "" : ", " + t.application()))
                .expected("at most " + Intervals.age((long) limit))
                .source("pg_stat_activity")
                .extent(0.5)
                .cure(
                    Cure.decide(
                        ("-- Ask its owner first; this ends the connection, and its work is rolled back:\n-- SELECT "
                            + "pg_terminate_backend(%d);")
                            .formatted(t.pid())));
        }
        for (var b : f.report().performance().blocked()) {
            (b.seconds() > 60 ? out.warning("pid " + b.pid()) : out.info("pid " + b.pid()))
                .says(
                    "Session " + b.pid() + " waits " + Intervals.age(b.seconds()) + " for a lock"
                        + (b.relation() == null ? "" : " on " + b.relation()))
                .evidence("blocked by " + b.by())
                .expected("nobody waits a minute")
                .source("pg_blocking_pids")
                .extent(0.5)
                .cure(
                    b.by().isEmpty() ? null
                        : Cure.decide(
                            ("-- Ask its owner first; this stops the query that blocks:\n-- SELECT "
                                + "pg_cancel_backend(%d);")
                                .formatted(b.by().getFirst())));
        }
    }

    private static void slowQueries(Facts f, Outcome out) {
        for (var q : f.report().performance().slowQueries()) {
            if (q.meanMillis() <= f.limit("slowQueryMillis") || q.calls() < f.limit("slowQueryMinimumCalls")) continue;
            out.note(ShortText.cut(q.query(), 60))
                .says(
                    "A query takes " + ShortText.number(q.meanMillis()) + " ms on average: "
                        + ShortText.cut(q.query(), 80))
                .evidence(Units.count(q.calls()) + " calls")
                .expected("at most " + ShortText.number(f.limit("slowQueryMillis")) + " ms")
                .source("pg_stat_statements")
                .extent(0.5)
                .cure(Cure.decide("-- See where its time goes: EXPLAIN (ANALYZE, BUFFERS) …;"));
        }
    }
}
