//SOURCES ../Units.java Intervals.java Report.java Rule.java ShortText.java Sql.java
package lib.explore;

import static lib.explore.Rule.Severity.CRITICAL;
import static lib.explore.Rule.Severity.NOTE;
import static lib.explore.Rule.Severity.WARNING;
import static lib.explore.Sql.literal;
import static lib.explore.Sql.name;

import java.util.List;
import java.util.Objects;
import lib.Units;
import lib.explore.Report.Hypertable;
import lib.explore.Rule.Category;
import lib.explore.Rule.Facts;
import lib.explore.Rule.Outcome;

/** What only TimescaleDB has: jobs that fail, aggregates that fall behind, chunks of the wrong size, compression that does not happen. */
final class TimescaleRules {
    private static final String DOCS = "https://docs.tigerdata.com/";

    private TimescaleRules() {}

    static List<Rule> all() {
        return List.of(
            new Rule(
                "TS-JOB-01",
                "Jobs run and succeed",
                Category.JOBS,
                20,
                Rule::needsTimescale,
                """
                    TimescaleDB compresses, drops and refreshes in background jobs. A job that fails does so silently: \
                    charts stop moving, disks fill up, and nobody is told. A refresh or retention job that fails is critical.""",
                DOCS + "api/latest/jobs-automation/",
                TimescaleRules::failingJobs),
            new Rule(
                "TS-JOB-02",
                "No policy is paused",
                Category.JOBS,
                5,
                Rule::needsTimescale,
                """
                    A policy with scheduled = false was switched off by somebody, often for a repair, and often forgotten.""",
                DOCS + "api/latest/jobs-automation/alter_job/",
                TimescaleRules::pausedJobs),
            new Rule(
                "TS-JOB-03",
                "There are workers enough for the jobs",
                Category.JOBS,
                5,
                Rule::needsTimescale,
                """
                    Each running job needs a background worker (timescaledb.max_background_workers), and one launcher and one scheduler per database \
                    must fit into max_worker_processes too. Without a free worker, jobs start late or never.""",
                DOCS + "self-hosted/latest/configuration/about-configuration/",
                TimescaleRules::workers),
            new Rule(
                "TS-CAGG-01",
                "Continuous aggregates are fresh",
                Category.JOBS,
                15,
                Rule::needsAggregates,
                """
                    The watermark tells up to where an aggregate is materialized. When it lies further behind its source's newest data than its policy allows, \
                    charts that read a non-real-time aggregate show old data, and real-time ones get slow.""",
                DOCS + "use-timescale/latest/continuous-aggregates/refresh-policies/",
                TimescaleRules::staleAggregates),
            new Rule(
                "TS-CAGG-02",
                "A refresh never looks further back than the data is kept",
                Category.SAFETY,
                30,
                Rule::needsAggregates,
                """
                    When a refresh reaches back into time whose source rows a retention policy has dropped, it sees no rows there \
                    and removes the aggregate's rows too: history is lost without any error. start_offset must be smaller than the source's drop_after.""",
                DOCS + "use-timescale/latest/data-retention/data-retention-with-continuous-aggregates/",
                TimescaleRules::retentionConflict),
            new Rule(
                "TS-CAGG-03",
                "Every continuous aggregate has a refresh policy",
                Category.JOBS,
                5,
                Rule::needsAggregates,
                """
                    Without a policy an aggregate moves only when somebody refreshes it by hand.""",
                DOCS + "use-timescale/latest/continuous-aggregates/refresh-policies/",
                TimescaleRules::noRefreshPolicy),
            new Rule(
                "TS-CHK-01",
                "No hypertable has too many chunks",
                Category.STORAGE,
                10,
                Rule::needsHypertables,
                """
                    Planning a query costs time for every chunk, and locks are taken for each. Above some hundreds to a thousand chunks \
                    queries get slow before they start, and maintenance runs out of locks. A longer chunk interval cures it for new data.""",
                DOCS + "use-timescale/latest/hypertables/improve-query-performance/",
                TimescaleRules::manyChunks),
            new Rule(
                "TS-CHK-02",
                "The newest chunks' indexes fit into memory",
                Category.STORAGE,
                5,
                Rule::needsHypertables,
                """
                    Inserts go to the newest chunks. When their indexes, over all hypertables, exceed a quarter of shared_buffers, \
                    every insert may wait for the disk. A shorter chunk interval makes them smaller.""",
                DOCS + "use-timescale/latest/hypertables/improve-query-performance/",
                TimescaleRules::indexesInMemory),
            new Rule(
                "TS-CHK-03",
                "Chunks are not tiny",
                Category.STORAGE,
                5,
                Rule::needsHypertables,
                """
                    Many chunks of a few megabytes cost planning time and files without any gain. A longer chunk interval makes fewer, bigger ones.""",
                DOCS + "use-timescale/latest/hypertables/improve-query-performance/",
                TimescaleRules::tinyChunks),
            new Rule(
                "TS-CMP-01",
                "What should be compressed is compressed",
                Category.STORAGE,
                10,
                Rule::needsHypertables,
                """
                    Chunks older than the policy's age that are still uncompressed take up to 10 or 20 times the space. \
                    It means that the policy fails, is paused, or does not exist although compression is switched on.""",
                DOCS + "use-timescale/latest/compression/compression-policy/",
                TimescaleRules::compressionBacklog),
            new Rule(
                "TS-CMP-02",
                "Compression is worth it",
                Category.STORAGE,
                3,
                Rule::needsHypertables,
                """
                    A batch holds up to 1,000 rows of one segmentby value. When batches hold few rows, there is little to compress and reading gets slower: \
                    segmentby has too many values for the chunk interval.""",
                DOCS + "use-timescale/latest/compression/compression-design/",
                TimescaleRules::poorCompression),
            new Rule(
                "TS-RET-01",
                "Big hypertables have a retention policy",
                Category.STORAGE,
                1,
                Rule::needsHypertables,
                """
                    A time series grows for ever. When one hypertable is most of the database and nothing ever drops old data, \
                    the disk's end is a question of time. If everything must be kept: silence this rule with that reason.""",
                DOCS + "use-timescale/latest/data-retention/create-a-retention-policy/",
                TimescaleRules::noRetention),
            new Rule(
                "TS-SAFE-01",
                "The database is not left in restoring mode",
                Category.SAFETY,
                15,
                Rule::needsTimescale,
                """
                    timescaledb.restoring = on stops background jobs and several checks; it is meant for the minutes of a restore only.""",
                DOCS + "self-hosted/latest/backup-and-restore/logical-backup/",
                TimescaleRules::restoring),
            new Rule(
                "TS-SAFE-02",
                "No chunks lie around without a hypertable",
                Category.SAFETY,
                5,
                Rule::always,
                """
                    DROP EXTENSION timescaledb leaves the chunks' tables behind, full of data that nothing reads.""",
                DOCS + "self-hosted/latest/uninstall/uninstall-timescaledb/",
                TimescaleRules::orphans));
    }

    private static void failingJobs(Facts f, Outcome out) {
        if (f.isMissed("runs of jobs")) {
            out.skip("the runs of jobs could not be read");
            return;
        }
        for (var j : f.report().jobs()) {
            if (j.system()) continue;
            var severity = j.kind().equals("retention") || j.kind().equals("refresh") ? CRITICAL : WARNING;
            var what = "Job " + j.id() + " (" + j.name() + (j.target() == null ? "" : " on " + j.target()) + ")";
            var error = j.lastError() == null ? "" : ": " + j.lastError();
            var fix = "SELECT {ts}.alter_job(%d, next_start => now());  -- try again now, after curing the cause"
                .formatted(j.id());
            double failed =
                j.runs() == null || j.runs() == 0 || j.failures() == null ? 0 : 100.0 * j.failures() / j.runs();
            if ("Failed".equals(j.lastStatus())) {
                out.find(
                    severity,
                    "job " + j.id(),
                    what + " failed the last time" + error,
                    "%d of %d runs failed".formatted(zero(j.failures()), zero(j.runs())),
                    "the last run succeeds",
                    "timescaledb_information.job_stats, job_errors",
                    true,
                    1,
                    fix);
            } else if (j.scheduled() && isLate(f, j)) {
                out.find(
                    WARNING,
                    "job " + j.id(),
                    what + (j.runs() == null || j.runs() == 0 ? " has never run" : " is overdue"),
                    j.nextStart() == null ? "no next start" : "next start " + Units.utc(j.nextStart()),
                    "runs every " + j.schedule(),
                    "timescaledb_information.job_stats",
                    true,
                    1,
                    "SELECT pid, backend_type FROM pg_stat_activity WHERE backend_type LIKE 'TimescaleDB%';  -- is there a scheduler, and a free worker?");
            } else if (j.runs() != null && j.runs() >= f.limit("jobMinimumRuns")
                && failed > f.limit("jobFailuresPercent")) {
                    out.find(
                        WARNING,
                        "job " + j.id(),
                        what + " fails often" + error,
                        "%.0f %% of %d runs".formatted(failed, j.runs()),
                        "at most " + ShortText.number(f.limit("jobFailuresPercent")) + " %",
                        "timescaledb_information.job_stats",
                        true,
                        failed / 100,
                        fix);
                }
        }
    }

    /** Should have started an hour and a whole schedule ago. On a standby nothing starts. */
    private static boolean isLate(Facts f, Report.Job j) {
        var every = Intervals.micros(j.schedule());
        var started = f.report().server().startedAt();
        if (every == null || started == null || f.report().server().standby()) return false;
        var patience = java.time.Duration.ofSeconds(every / 1_000_000 + 3600);
        var since = j.nextStart() == null || j.nextStart().isBefore(started) ? started : j.nextStart();
        return since.plus(patience).isBefore(f.report().madeAt())
            && (j.runs() == null || j.runs() == 0 || j.nextStart() != null);
    }

    private static void pausedJobs(Facts f, Outcome out) {
        for (var j : f.report().jobs()) {
            if (!j.system() && !j.scheduled()) {
                out.find(
                    WARNING,
                    "job " + j.id(),
                    "Job " + j.id() + " (" + j.name() + (j.target() == null ? "" : " on " + j.target()) + ") is paused",
                    "scheduled = false",
                    "policies run",
                    "timescaledb_information.jobs",
                    true,
                    1,
                    "SELECT {ts}.alter_job(%d, scheduled => true);".formatted(j.id()));
            }
        }
    }

    private static void workers(Facts f, Outcome out) {
        var workers = setting(f, "timescaledb.max_background_workers");
        var processes = setting(f, "max_worker_processes");
        if (workers == null || processes == null) {
            out.skip("the settings of workers could not be read");
            return;
        }
        long jobs = f.report().jobs().stream().filter(j -> j.scheduled()).count();
        var parallel = setting(f, "max_parallel_workers");
        long need = 1 + workers + (parallel == null ? 0 : parallel);
        if (jobs > 0 && processes < need) {
            out.find(
                NOTE,
                "max_worker_processes",
                "max_worker_processes is too small for TimescaleDB's workers and the parallel ones together",
                "%d, needed 1 + %d + %d".formatted(processes, workers, parallel == null ? 0 : parallel),
                "at least " + need,
                "pg_settings",
                true,
                1,
                "ALTER SYSTEM SET max_worker_processes = %d;  -- needs a restart".formatted(need));
        }
        if (jobs > 2L * workers) {
            out.find(
                WARNING,
                "timescaledb.max_background_workers",
                jobs + " jobs share " + Units.plural(workers, "worker"),
                workers + " workers, " + jobs + " jobs",
                "at most two jobs a worker",
                "pg_settings, timescaledb_information.jobs",
                true,
                1,
                "ALTER SYSTEM SET timescaledb.max_background_workers = %d;  -- needs a restart"
                    .formatted((jobs + 1) / 2 + 1));
        }
    }

    private static Long setting(Facts f, String name) {
        return f.report()
            .performance()
            .settings()
            .stream()
            .filter(s -> s.name().equals(name))
            .findFirst()
            .map(s -> Long.valueOf(s.value()))
            .orElse(null);
    }

    private static void staleAggregates(Facts f, Outcome out) {
        for (var a : f.report().aggregates()) {
            if (a.neverRefreshed()) {
                if (hasRows(f, a)) {
                    out.find(
                        WARNING,
                        a.fullName(),
                        a.fullName() + " was never refreshed: it holds no materialized rows",
                        "watermark: none",
                        "refreshed at least once",
                        "_timescaledb_catalog.continuous_aggs_watermark",
                        true,
                        1,
                        "CALL {ts}.refresh_continuous_aggregate(%s, NULL, NULL);"
                            .formatted(literal(Sql.qualified(a.schema(), a.name()))));
                }
                continue;
            }
            if (a.watermark() == null) continue;
            if (a.watermark().isAfter(f.report().madeAt().plusSeconds(bucketSeconds(a.bucket())))) {
                out.find(
                    WARNING,
                    a.fullName(),
                    "The watermark of " + a.fullName()
                        + " lies in the future: new rows before it show only after a refresh",
                    "watermark " + Units.utc(a.watermark()),
                    "not after now",
                    "_timescaledb_catalog.continuous_aggs_watermark",
                    true,
                    1,
                    "-- look for rows with a time in the future in " + a.source());
                continue;
            }
            var newest = newestOfSource(f, a);
            if (newest == null || a.refreshJob() == null) continue;
            var end = Intervals.micros(a.endOffset());
            var schedule = Intervals.micros(a.schedule());
            // Data that stopped arriving is not the aggregate's fault: behind is measured against the source's newest data, at most now.
            var reference = newest.isBefore(f.report().madeAt()) ? newest : f.report().madeAt();
            long behind = reference.getEpochSecond() - a.watermark().getEpochSecond();
            long allowed = ((end == null ? 0 : end) + 2 * (schedule == null ? 0 : schedule)) / 1_000_000
                + bucketSeconds(a.bucket())
                + newestSlack(f, a);
            if (behind > allowed) {
                out.find(
                    behind > 10 * allowed ? CRITICAL : WARNING,
                    a.fullName(),
                    a.fullName() + " is " + Intervals.age(behind) + " behind its source",
                    "watermark " + Units.utc(a.watermark()),
                    "at most " + Intervals.age(allowed) + " (end offset, two schedules, one bucket, one chunk)",
                    "_timescaledb_catalog.continuous_aggs_watermark",
                    false,
                    1,
                    "CALL {ts}.refresh_continuous_aggregate(%s, %s, NULL);".formatted(
                        literal(Sql.qualified(a.schema(), a.name())),
                        literal(a.watermark().toString())));
            }
        }
    }

    private static boolean hasRows(Facts f, Report.Aggregate a) {
        return f.report().hypertables().stream().anyMatch(h -> h.fullName().equals(a.source()) && h.rows() > 0)
            || f.report().aggregates().stream().anyMatch(p -> p.fullName().equals(a.source()) && p.rows() > 0)
            || f.report().hypertables().stream().noneMatch(h -> h.fullName().equals(a.source()));
    }

    /** The end of the source's newest chunk, or the watermark of the aggregate below. No table is read for it. */
    private static java.time.Instant newestOfSource(Facts f, Report.Aggregate a) {
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

    /** Rows lie somewhere in the newest chunk: its whole width is uncertainty. */
    private static long newestSlack(Facts f, Report.Aggregate a) {
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

    private static long bucketSeconds(String bucket) {
        var micros = Intervals.micros(bucket);
        return micros == null ? 0 : micros / 1_000_000;
    }

    private static void retentionConflict(Facts f, Outcome out) {
        for (var a : f.report().aggregates()) {
            if (a.refreshJob() == null) continue;
            var source = a.chain().isEmpty() ? a.source() : a.source();
            var dropAfter = f.report()
                .hypertables()
                .stream()
                .filter(h -> h.fullName().equals(source))
                .map(Hypertable::retention)
                .filter(Objects::nonNull)
                .findFirst()
                .or(
                    () -> f.report()
                        .jobs()
                        .stream()
                        .filter(j -> j.kind().equals("retention") && source.equals(j.target()))
                        .map(j -> ShortText.jsonValue(j.config(), "drop_after"))
                        .filter(Objects::nonNull)
                        .findFirst())
                .orElse(null);
            if (dropAfter == null) continue;
            Long keep = amount(dropAfter), start = amount(a.startOffset());
            if (keep == null) continue;
            if (start == null || start >= keep) {
                out.find(
                    CRITICAL,
                    a.fullName(),
                    "Refreshing " + a.fullName() + " can erase its history: it looks back "
                        + (a.startOffset() == null ? "without end" : a.startOffset())
                        + ", but " + source + " keeps only " + dropAfter,
                    "start_offset " + (a.startOffset() == null ? "NULL" : a.startOffset()) + ", drop_after "
                        + dropAfter,
                    "start_offset < drop_after",
                    "timescaledb_information.jobs",
                    true,
                    1,
                    "SELECT {ts}.alter_job(%d, config => jsonb_set(config, '{start_offset}', to_jsonb(%s::text)))\nFROM timescaledb_information.jobs WHERE job_id = %d;"
                        .formatted(
                            a.refreshJob(),
                            literal(
                                Intervals.micros(dropAfter) == null ? String.valueOf(keep / 2)
                                    : Intervals.human(keep / 2)),
                            a.refreshJob()));
            }
        }
    }

    /** An interval in microseconds, or the plain number of an integer dimension. */
    private static Long amount(String text) {
        if (text == null) return null;
        var micros = Intervals.micros(text);
        return micros != null ? micros : text.matches("\\d+") ? Long.valueOf(text) : null;
    }

    private static void noRefreshPolicy(Facts f, Outcome out) {
        for (var a : f.report().aggregates()) {
            if (a.refreshJob() == null) {
                out.find(
                    WARNING,
                    a.fullName(),
                    a.fullName() + " has no refresh policy",
                    "no job refreshes it",
                    "one refresh policy",
                    "timescaledb_information.jobs",
                    true,
                    1,
                    """
                        SELECT {ts}.add_continuous_aggregate_policy(%s,
                          start_offset => INTERVAL '3 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '1 hour');"""
                        .formatted(
                            literal(Sql.qualified(a.schema(), a.name()))));
            }
        }
    }

    private static void manyChunks(Facts f, Outcome out) {
        for (var h : f.report().hypertables()) {
            if (h.chunks() <= f.limit("chunksNote")) continue;
            boolean many = h.chunks() > f.limit("chunksWarn");
            out.find(
                many ? WARNING : NOTE,
                h.fullName(),
                h.fullName() + " has " + Units.count(h.chunks()) + " chunks",
                Units.count(h.chunks()) + " chunks of " + h.dimensions().getFirst().interval(),
                "at most " + Units.count((long) f.limit(many ? "chunksWarn" : "chunksNote")),
                "_timescaledb_catalog.chunk",
                true,
                Math.min(1, h.chunks() / f.limit("chunksWarn")),
                longerInterval(f, h));
        }
    }

    /** The interval at which the last chunks' rate would fill a chunk to a quarter of shared_buffers, and at least as long as now. */
    private static String longerInterval(Facts f, Hypertable h) {
        var d = h.dimensions().getFirst();
        if (d.intervalMicros() == null) {
            return "SELECT {ts}.set_chunk_time_interval(%s, %s);  -- for new chunks".formatted(
                literal(Sql.qualified(h.schema(), h.name())),
                d.interval() == null ? "…" : d.interval() + "0");
        }
        long wanted = d.intervalMicros() * Math.max(2, (long) Math.ceil(h.chunks() / f.limit("chunksNote")));
        long days = Math.max(1, wanted / 86_400_000_000L);
        var text = wanted < 86_400_000_000L ? Intervals.human(wanted) : days + (days == 1 ? " day" : " days");
        return "SELECT {ts}.set_chunk_time_interval(%s, INTERVAL %s);  -- for new chunks; old ones stay".formatted(
            literal(Sql.qualified(h.schema(), h.name())),
            literal(text));
    }

    private static void indexesInMemory(Facts f, Outcome out) {
        var memory = f.report().performance().memoryBytes();
        if (memory == null) {
            out.skip("shared_buffers could not be read");
            return;
        }
        long sum = f.report()
            .hypertables()
            .stream()
            .map(Hypertable::newestChunkIndexBytes)
            .filter(Objects::nonNull)
            .mapToLong(Long::longValue)
            .sum();
        double share = 100.0 * sum / memory;
        if (share > f.limit("chunkIndexMemoryPercent")) {
            var biggest = f.report()
                .hypertables()
                .stream()
                .filter(h -> h.newestChunkIndexBytes() != null)
                .max(java.util.Comparator.comparingLong(Hypertable::newestChunkIndexBytes))
                .orElseThrow();
            out.find(
                WARNING,
                biggest.fullName(),
                "The indexes of the newest chunks take " + ShortText.number(share) + " % of shared_buffers; most of it "
                    + biggest.fullName(),
                Units.bytes(sum) + " of " + Units.bytes(memory),
                "at most " + ShortText.number(f.limit("chunkIndexMemoryPercent")) + " %",
                "pg_class, pg_settings",
                true,
                share / 100,
                "SELECT {ts}.set_chunk_time_interval(%s, INTERVAL %s);  -- half of what it is\n-- or give PostgreSQL more: ALTER SYSTEM SET shared_buffers = …"
                    .formatted(
                        literal(Sql.qualified(biggest.schema(), biggest.name())),
                        literal(
                            biggest.dimensions().getFirst().intervalMicros() == null ? "…"
                                : Intervals.human(biggest.dimensions().getFirst().intervalMicros() / 2))));
        }
    }

    private static void tinyChunks(Facts f, Outcome out) {
        for (var h : f.report().hypertables()) {
            if (h.medianChunkBytes() == null || h.chunks() <= f.limit("smallChunkMinimumChunks")) continue;
            if (h.medianChunkBytes() < f.limit("smallChunkMegabytes") * 1048576) {
                out.find(
                    WARNING,
                    h.fullName(),
                    "The chunks of " + h.fullName() + " are tiny",
                    "median " + Units.bytes(h.medianChunkBytes()) + " over " + Units.count(h.chunks()) + " chunks",
                    "at least " + ShortText.number(f.limit("smallChunkMegabytes")) + " MB",
                    "pg_class",
                    h.size().exact(),
                    h.chunks() / f.limit("chunksWarn"),
                    longerInterval(f, h));
            }
        }
    }

    private static void compressionBacklog(Facts f, Outcome out) {
        for (var h : f.report().hypertables()) {
            var c = h.compression();
            if (c.enabled() && h.compressAfter() == null) {
                out.find(
                    WARNING,
                    h.fullName(),
                    "Compression of " + h.fullName() + " is switched on, but no policy compresses",
                    c.compressedChunks() + " of " + h.chunks() + " chunks compressed",
                    "one compression policy",
                    "timescaledb_information.jobs",
                    true,
                    ShortText.share(h.size().total(), f.userBytes()),
                    "SELECT {ts}.add_compression_policy(%s, compress_after => INTERVAL '7 days');"
                        .formatted(literal(Sql.qualified(h.schema(), h.name()))));
            } else if (c.dueChunks() > 0
                && 100.0 * c.dueBytes() / Math.max(1, h.size().total()) > f.limit("compressionBacklogPercent")) {
                    out.find(
                        WARNING,
                        h.fullName(),
                        Units.plural(c.dueChunks(), "chunk") + " of " + h.fullName() + " should be compressed by now",
                        Units.bytes(c.dueBytes()) + " older than " + h.compressAfter(),
                        "at most " + ShortText.number(f.limit("compressionBacklogPercent")) + " % of its size",
                        "_timescaledb_catalog.chunk",
                        h.size().exact(),
                        0.2 + ShortText.share(c.dueBytes(), h.size().total()),
                        "SELECT {ts}.compress_chunk(c) FROM {ts}.show_chunks(%s, older_than => INTERVAL %s) AS c;"
                            .formatted(literal(Sql.qualified(h.schema(), h.name())), literal(h.compressAfter())));
                }
            if (c.partialChunks() > 0) {
                out.find(
                    NOTE,
                    h.fullName(),
                    Units.plural(c.partialChunks(), "compressed chunk") + " of " + h.fullName() + " got new rows and "
                        + (c.partialChunks() == 1 ? "is" : "are") + " only partly compressed",
                    c.partialChunks() + " partial of " + c.compressedChunks() + " compressed",
                    "none for long",
                    "_timescaledb_catalog.chunk.status",
                    true,
                    (double) c.partialChunks() / c.compressedChunks(),
                    "-- the policy compresses them again; late data that comes all the time needs a longer compress_after");
            }
        }
    }

    private static void poorCompression(Facts f, Outcome out) {
        for (var h : f.report().hypertables()) {
            var c = h.compression();
            if (c.compressedChunks() < f.limit("compressionMinimumChunks")) continue;
            var perBatch = c.rowsPerBatch();
            boolean sparse = perBatch != null && perBatch < f.limit("rowsPerBatch");
            boolean weak = c.ratio() != null && c.ratio() < f.limit("compressionRatio");
            if (sparse || weak) {
                out.find(
                    NOTE,
                    h.fullName(),
                    "Compression of " + h.fullName() + " gains little",
                    "ratio " + c.ratio() + ", " + perBatch + " rows a batch",
                    "ratio at least "
                        + ShortText.number(f.limit("compressionRatio")) + ", "
                        + ShortText.number(f.limit("rowsPerBatch")) + " rows a batch",
                    "_timescaledb_catalog.compression_chunk_size",
                    true,
                    1,
                    "-- segment by a column with fewer values (now: %s), or make chunks longer:\nALTER TABLE %s SET (timescaledb.compress_segmentby = '…');"
                        .formatted(
                            c.segmentBy().isEmpty() ? "none" : String.join(", ", c.segmentBy()),
                            name(h.schema(), h.name())));
            }
        }
    }

    private static void noRetention(Facts f, Outcome out) {
        long all = f.userBytes();
        for (var h : f.report().hypertables()) {
            double share = 100.0 * h.size().total() / Math.max(1, all);
            if (h.retention() == null && h.size().total() >= f.limit("retentionMinimumMegabytes") * 1048576
                && share > f.limit("retentionSharePercent")) {
                out.find(
                    NOTE,
                    h.fullName(),
                    h.fullName() + " is " + ShortText.number(share) + " % of the database and never drops old data",
                    Units.bytes(h.size().total()) + ", no retention policy",
                    "a policy, or a reason",
                    "timescaledb_information.jobs",
                    true,
                    1,
                    "-- SELECT {ts}.add_retention_policy(%s, drop_after => INTERVAL '1 year');  -- deletes data!"
                        .formatted(
                            literal(Sql.qualified(h.schema(), h.name()))));
            }
        }
    }

    private static void restoring(Facts f, Outcome out) {
        if (f.report().server().restoring()) {
            out.find(
                CRITICAL,
                "timescaledb.restoring",
                "The database is in restoring mode: no background job runs",
                "timescaledb.restoring = on",
                "off",
                "pg_settings",
                true,
                1,
                "SELECT {ts}.timescaledb_post_restore();");
        }
    }

    private static void orphans(Facts f, Outcome out) {
        var orphans = f.report().performance().orphanedChunks();
        if (!orphans.isEmpty()) {
            out.find(
                WARNING,
                orphans.getFirst(),
                Units.plural(orphans.size(), "chunk") + " without a hypertable",
                String.join(", ", orphans.subList(0, Math.min(3, orphans.size()))),
                "none",
                "pg_class",
                true,
                1,
                "-- look into them first, then: DROP TABLE …");
        }
    }

    private static long zero(Long number) {
        return number == null ? 0 : number;
    }
}
