//SOURCES ../Units.java Cure.java Intervals.java Question.java Report.java Rule.java SafetyRules.java ShortText.java
//SOURCES Sql.java
package lib.explore;

import static lib.explore.Rule.Category.JOBS;
import static lib.explore.Sql.literal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import lib.Units;
import lib.explore.Report.Aggregate;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Job;
import lib.explore.Rule.Facts;
import lib.explore.Rule.Outcome;

/** Background jobs that fail, wait or are paused, and continuous aggregates that fall behind. */
final class JobRules {
    private static final String DOCS = "https://docs.tigerdata.com/";
    private static final long HOUR = 3_600_000_000L;
    private static final long DAY = 24 * HOUR;

    private JobRules() {}

    static List<Rule> all() {
        return List.of(
            Rule.of("TS-JOB-01", "Jobs run and succeed")
                .in(JOBS, 20)
                .standsOn(Question.JOBS, Question.JOB_RUNS)
                .needs(Question.JOB_RUNS)
                .unless(Rule::noTimescale)
                .why(
                    """
                        TimescaleDB compresses, drops and refreshes in background jobs. A job that fails does so \
                        silently: \
                        charts stop moving, disks fill up, and nobody is told. A refresh or retention job that fails \
                        is critical.""")
                .readMore(DOCS + "api/latest/jobs-automation/")
                .check(JobRules::failing),
            Rule.of("TS-JOB-02", "No policy is paused")
                .in(JOBS, 5)
                .standsOn(Question.JOBS)
                .unless(Rule::noTimescale)
                .why(
                    """
                        A policy with scheduled = false was switched off by somebody, often for a repair, and often \
                        forgotten.""")
                .readMore(DOCS + "api/latest/jobs-automation/alter_job/")
                .check(JobRules::paused),
            Rule.of("TS-JOB-03", "There are enough workers for the jobs")
                .in(JOBS, 5)
                .standsOn(Question.JOBS, Question.SETTINGS)
                .unless(Rule::noTimescale)
                .why(
                    """
                        Each running job needs a background worker (timescaledb.max_background_workers), and one \
                        launcher and one scheduler per database \
                        must fit into max_worker_processes too. Without a free worker, jobs start late or never.""")
                .readMore(DOCS + "self-hosted/latest/configuration/about-configuration/")
                .check(JobRules::workers),
            Rule.of("TS-CAGG-01", "Continuous aggregates are fresh")
                .in(JOBS, 15)
                .standsOn(Question.AGGREGATES, Question.HYPERTABLES, Question.CHUNKS, Question.DIMENSIONS)
                .unless(Rule::noAggregates)
                .why(
                    """
                        The watermark tells up to where an aggregate is materialized. When it lies further behind \
                        its source's newest data than its policy allows, \
                        charts that read a non-real-time aggregate show old data, and real-time ones get slow.""")
                .readMore(DOCS + "use-timescale/latest/continuous-aggregates/refresh-policies/")
                .check(JobRules::staleAggregates),
            Rule.of("TS-CAGG-03", "Every continuous aggregate has a refresh policy")
                .in(JOBS, 5)
                .standsOn(Question.AGGREGATES, Question.JOBS)
                .needs(Question.JOBS)
                .unless(Rule::noAggregates)
                .why(
                    """
                        Without a policy an aggregate moves only when somebody refreshes it by hand.""")
                .readMore(DOCS + "use-timescale/latest/continuous-aggregates/refresh-policies/")
                .check(JobRules::noRefreshPolicy));
    }

    private static void failing(Facts f, Outcome out) {
        for (var j : f.report().jobs()) {
            if (j.system()) continue;
            double failed =
                j.runs() == null || j.runs() == 0 || j.failures() == null ? 0 : 100.0 * j.failures() / j.runs();
            if ("Failed".equals(j.lastStatus())) {
                failedLastTime(out, j);
            } else if (j.scheduled() && isLate(f, j)) {
                late(out, j);
            } else if (j.runs() != null && j.runs() >= f.limit("jobMinimumRuns")
                && failed > f.limit("jobFailuresPercent")) {
                    out.warning("job " + j.id())
                        .says(what(j) + " fails often" + error(j))
                        .evidence(ShortText.number(failed) + " % of " + Units.plural(j.runs(), "run"))
                        .expected("at most " + ShortText.number(f.limit("jobFailuresPercent")) + " %")
                        .source("timescaledb_information.job_stats")
                        .extent(failed / 100)
                        .cure(tryAgain(j));
                }
        }
    }

    private static void failedLastTime(Outcome out, Job j) {
        boolean critical = j.kind().equals("retention") || j.kind().equals("refresh");
        (critical ? out.critical("job " + j.id()) : out.warning("job " + j.id()))
            .says(what(j) + " failed the last time" + error(j))
            .evidence(Units.count(zero(j.failures())) + " of " + Units.plural(zero(j.runs()), "run") + " failed")
            .expected("the last run succeeds")
            .source("timescaledb_information.job_stats, job_errors")
            .cure(tryAgain(j));
    }

    private static void late(Outcome out, Job j) {
        out.warning("job " + j.id())
            .says(what(j) + (zero(j.runs()) == 0 ? " has never run" : " is overdue"))
            .evidence(j.nextStart() == null ? "no next start" : "next start " + Units.utc(j.nextStart()))
            .expected("runs every " + j.schedule())
            .source("timescaledb_information.job_stats")
            .cure(
                Cure.decide(
                    "-- Is there a scheduler, and a free worker?\n-- SELECT pid, backend_type FROM pg_stat_activity "
                        + "WHERE backend_type LIKE 'TimescaleDB%';"));
    }

    private static String what(Job j) {
        return "Job " + j.id() + " (" + j.name() + (j.target() == null ? "" : " on " + j.target()) + ")";
    }

    private static String error(Job j) {
        return j.lastError() == null ? "" : ": " + j.lastError();
    }

    private static Cure tryAgain(Job j) {
        return Cure.sql("SELECT {ts}.alter_job(%d, next_start => now());".formatted(j.id()))
            .costs("starts it again; when the cause is still there, it fails again");
    }

    /** Should have started an hour and a whole schedule ago. On a standby nothing starts. */
    private static boolean isLate(Facts f, Job j) {
        var every = Intervals.micros(j.schedule());
        var started = f.report().server().startedAt();
        if (every == null || started == null || f.report().server().standby()) return false;
        var patience = Duration.ofSeconds(every / 1_000_000 + 3600);
        var since = j.nextStart() == null || j.nextStart().isBefore(started) ? started : j.nextStart();
        return since.plus(patience).isBefore(f.report().madeAt()) && (zero(j.runs()) == 0 || j.nextStart() != null);
    }

    private static void paused(Facts f, Outcome out) {
        for (var j : f.report().jobs()) {
            if (j.system() || j.scheduled()) continue;
            out.warning("job " + j.id())
                .says(what(j) + " is paused")
                .evidence("scheduled = false")
                .expected("policies run")
                .source("timescaledb_information.jobs")
                .cure(Cure.sql("SELECT {ts}.alter_job(%d, scheduled => true);".formatted(j.id())));
        }
    }

    private static void workers(Facts f, Outcome out) {
        var workers = number(f, "timescaledb.max_background_workers");
        var processes = number(f, "max_worker_processes");
        if (workers == null || processes == null) {
            out.skip("the settings of workers could not be read");
            return;
        }
        long jobs = f.report().jobs().stream().filter(Job::scheduled).count();
        var parallel = number(f, "max_parallel_workers");
        boolean isShort = jobs > 2L * workers;
        // one cure must not undo the other
        long wanted = isShort ? (jobs + 1) / 2 + 1 : workers;
        long need = 1 + wanted + zero(parallel);
        if (jobs > 0 && processes < need) {
            out.note("max_worker_processes")
                .says("max_worker_processes is too small for TimescaleDB's workers and the parallel ones together")
                .evidence("%d, needed 1 + %d + %d".formatted(processes, wanted, zero(parallel)))
                .expected("at least " + need)
                .source("pg_settings")
                .cure(
                    Cure.sql("ALTER SYSTEM SET max_worker_processes = %d;".formatted(need))
                        .costs("a restart of the server"));
        }
        if (isShort) {
            out.warning("timescaledb.max_background_workers")
                .says(jobs + " jobs share " + Units.plural(workers, "worker"))
                .evidence(workers + " workers, " + jobs + " jobs")
                .expected("at most two jobs a worker")
                .source("pg_settings, timescaledb_information.jobs")
                .cure(
                    Cure.sql("ALTER SYSTEM SET timescaledb.max_background_workers = %d;".formatted(wanted))
                        .costs("a restart of the server"));
        }
    }

    private static Long number(Facts f, String setting) {
        var s = f.setting(setting);
        return s == null || !s.value().matches("-?\\d+") ? null : Long.valueOf(s.value());
    }

    private static void staleAggregates(Facts f, Outcome out) {
        for (var a : f.report().aggregates()) {
            if (a.neverRefreshed()) {
                if (hasRows(f, a)) neverRefreshed(f, out, a);
            } else
                if (a.watermark() != null && a.watermark().isAfter(f.report().madeAt().plusSeconds(bucketSeconds(a)))) {
                    inTheFuture(out, a);
                } else if (a.watermark() != null) {
                    behind(f, out, a);
                }
        }
    }

    private static void neverRefreshed(Facts f, Outcome out, Aggregate a) {
        out.warning(a.fullName())
            .says(a.fullName() + " was never refreshed: it holds no materialized rows")
            .evidence("watermark: none")
            .expected("refreshed at least once")
            .source("_timescaledb_catalog.continuous_aggs_watermark")
            .cure(
                Cure.sql(
                    refreshedBelow(f, a)
                        + "CALL {ts}.refresh_continuous_aggregate(%s, NULL, NULL);".formatted(regclass(a)))
                    .costs("reads the whole source once"));
    }

    /** What it stands on comes first: an aggregate takes its rows from the one below as that stands. */
    private static String refreshedBelow(Facts f, Aggregate a) {
        var below = f.report().aggregates().stream().filter(p -> p.fullName().equals(a.source())).findFirst();
        if (below.isEmpty() || !below.get().neverRefreshed()) return "";
        return refreshedBelow(f, below.get())
            + "CALL {ts}.refresh_continuous_aggregate(%s, NULL, NULL);\n".formatted(regclass(below.get()));
    }

    private static void inTheFuture(Outcome out, Aggregate a) {
        out.warning(a.fullName())
            .says(
                "The watermark of " + a.fullName()
                    + " lies in the future: new rows before it show only after a refresh")
            .evidence("watermark " + Units.utc(a.watermark()))
            .expected("not after now")
            .source("_timescaledb_catalog.continuous_aggs_watermark")
            .cure(
                Cure.decide("-- Look for rows with a time in the future in %s: are they right?".formatted(a.source())));
    }

    private static void behind(Facts f, Outcome out, Aggregate a) {
        var newest = newestOfSource(f, a);
        if (newest == null || a.refreshJob() == null) return;
        long end = zero(Intervals.micros(a.endOffset()));
        long schedule = zero(Intervals.micros(a.schedule()));
        // Data that stopped arriving is not the aggregate's fault: behind is measured against the source's newest data,
        // at most now.
        var reference = newest.isBefore(f.report().madeAt()) ? newest : f.report().madeAt();
        long behind = reference.getEpochSecond() - a.watermark().getEpochSecond();
        long allowed = (end + 2 * schedule) / 1_000_000 + bucketSeconds(a) + newestSlack(f, a);
        if (behind <= allowed) return;
        (behind > 10 * allowed ? out.critical(a.fullName()) : out.warning(a.fullName()))
            .says(a.fullName() + " is " + Intervals.age(behind) + " behind its source")
            .evidence("watermark " + Units.utc(a.watermark()))
            .expected("at most " + Intervals.age(allowed) + " (end offset, two schedules, one bucket, one chunk)")
            .source("_timescaledb_catalog.continuous_aggs_watermark")
            .estimated()
            .cure(
                Cure.sql(refreshedOnwards(f, a)).costs("reads the source since then"));
    }

    /** Those that stand on it come after it, or they would be behind now. */
    private static String refreshedOnwards(Facts f, Aggregate a) {
        var from = a.watermark() == null ? "NULL" : literal(a.watermark().toString());
        return "CALL {ts}.refresh_continuous_aggregate(%s, %s, NULL);".formatted(regclass(a), from)
            + f.report()
                .aggregates()
                .stream()
                .filter(above -> a.fullName().equals(above.source()) && above.refreshJob() != null)
                .map(above -> "\n" + refreshedOnwards(f, above))
                .collect(Collectors.joining());
    }

    private static String regclass(Aggregate a) {
        return literal(Sql.qualified(a.schema(), a.name()));
    }

    private static boolean hasRows(Facts f, Aggregate a) {
        var source = f.report().hypertables().stream().filter(h -> h.fullName().equals(a.source())).findFirst();
        if (source.isPresent()) {
            return source.get().rows() == null ? source.get().chunks() > 0 : source.get().rows() > 0;
        }
        return f.report()
            .aggregates()
            .stream()
            .filter(p -> p.fullName().equals(a.source()))
            .findFirst()
            .map(p -> p.rows() == null ? p.chunks() > 0 : p.rows() > 0)
            .orElse(true);
    }

    /** The end of the source's newest chunk, or the watermark of the aggregate below. No table is read for it. */
    private static Instant newestOfSource(Facts f, Aggregate a) {
        var below = f.report().aggregates().stream().filter(p -> p.fullName().equals(a.source())).findFirst();
        if (below.isPresent()) return below.get().watermark();
        return f.report()
            .hypertables()
            .stream()
            .filter(h -> h.fullName().equals(a.source()))
            .findFirst()
            .map(Hypertable::newest)
            .orElse(null);
    }

    /** The newest data may lie anywhere in the newest chunk: its whole width is uncertainty. */
    private static long newestSlack(Facts f, Aggregate a) {
        return f.report()
            .hypertables()
            .stream()
            .filter(h -> h.fullName().equals(a.source()))
            .findFirst()
            .map(h -> h.dimensions().getFirst().intervalMicros())
            .filter(Objects::nonNull)
            .map(i -> i / 1_000_000)
            .orElse(0L);
    }

    private static long bucketSeconds(Aggregate a) {
        return zero(Intervals.micros(a.bucket())) / 1_000_000;
    }

    private static void noRefreshPolicy(Facts f, Outcome out) {
        for (var a : f.report().aggregates()) {
            if (a.refreshJob() != null) continue;
            out.warning(a.fullName())
                .says(a.fullName() + " has no refresh policy")
                .evidence("no job refreshes it")
                .expected("one refresh policy")
                .source("timescaledb_information.jobs")
                .cure(refreshPolicy(f, a));
        }
    }

    /**
     * A window of some buckets and some days, behind the bucket that is still being filled, and never longer than the
     * source is kept.
     */
    private static Cure refreshPolicy(Facts f, Aggregate a) {
        var bucket = Intervals.micros(a.bucket());
        if (bucket == null) {
            return Cure.decide(
                "-- Its time is a number, or its bucket has no fixed width. Choose the window in the unit of its "
                    + "time column:\n"
                    + ("-- SELECT {ts}.add_continuous_aggregate_policy(%s, start_offset => …, end_offset => …, "
                        + "schedule_interval => INTERVAL '1 hour');")
                        .formatted(regclass(a)));
        }
        long start = Math.max(3 * DAY, 10 * bucket);
        var kept = Intervals.micros(SafetyRules.keptBySource(f, a));
        if (kept != null && start >= kept) start = kept / 2;
        if (start < 3 * bucket) {
            return Cure.decide(
                "-- %s is kept for less than four buckets of %s: keep it longer, or choose smaller buckets."
                    .formatted(a.source(), a.bucket()));
        }
        return Cure.sql(
            ("SELECT {ts}.add_continuous_aggregate_policy(%s, start_offset => INTERVAL %s, end_offset => INTERVAL "
                + "%s, schedule_interval => INTERVAL %s);")
                .formatted(
                    regclass(a),
                    literal(Intervals.human(start)),
                    literal(Intervals.human(bucket)),
                    literal(Intervals.human(Math.clamp(bucket, HOUR / 12, DAY)))));
    }

    private static long zero(Long number) {
        return number == null ? 0 : number;
    }
}
