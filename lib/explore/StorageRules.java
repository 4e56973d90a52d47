//SOURCES ../Units.java Cure.java Intervals.java Question.java Report.java Rule.java ShortText.java Sql.java
package lib.explore;

import static lib.explore.Rule.Category.STORAGE;
import static lib.explore.Sql.literal;
import static lib.explore.Sql.name;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import lib.Units;
import lib.explore.Report.Column;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Job;
import lib.explore.Report.Relation;
import lib.explore.Rule.Facts;
import lib.explore.Rule.Outcome;
import lib.explore.Rule.Severity;

/**
 * Chunks of the wrong size, compression that does not happen, data that nothing ever drops, tables that should be
 * hypertables.
 */
final class StorageRules {
    private static final String DOCS = "https://docs.tigerdata.com/";

    private StorageRules() {}

    static List<Rule> all() {
        return Stream.of(chunks(), amounts()).flatMap(List::stream).toList();
    }

    private static List<Rule> chunks() {
        return List.of(
            Rule.of("TS-CHK-01", "No hypertable has too many chunks")
                .in(STORAGE, 10)
                .standsOn(Question.HYPERTABLES, Question.CHUNKS, Question.DIMENSIONS)
                .unless(Rule::noHypertables)
                .why(
                    """
                        Planning a query costs time for every chunk, and locks are taken for each. Above some \
                        hundreds to a thousand chunks \
                        queries get slow before they start, and maintenance runs out of locks. A longer chunk \
                        interval cures it for new data.""")
                .readMore(DOCS + "use-timescale/latest/hypertables/improve-query-performance/")
                .check(StorageRules::manyChunks),
            Rule.of("TS-CHK-02", "The newest chunks' indexes fit into memory")
                .in(STORAGE, 5)
                .standsOn(Question.HYPERTABLES, Question.CHUNKS, Question.CHUNK_INDEXES, Question.SETTINGS)
                .unless(Rule::noHypertables)
                .why(
                    """
                        Inserts go to the newest chunks. When their indexes, over all hypertables, exceed a quarter \
                        of shared_buffers, \
                        every insert may wait for the disk. A shorter chunk interval makes them smaller.""")
                .readMore(DOCS + "use-timescale/latest/hypertables/improve-query-performance/")
                .check(StorageRules::indexesInMemory),
            Rule.of("TS-CHK-03", "Chunks are not tiny")
                .in(STORAGE, 5)
                .standsOn(Question.HYPERTABLES, Question.CHUNKS, Question.CHUNK_INDEXES)
                .unless(Rule::noHypertables)
                .why(
                    """
                        Many chunks of a few megabytes cost planning time and files without any gain. A longer chunk \
                        interval makes fewer, bigger ones.""")
                .readMore(DOCS + "use-timescale/latest/hypertables/improve-query-performance/")
                .check(StorageRules::tinyChunks));
    }

    private static List<Rule> amounts() {
        return List.of(
            Rule.of("TS-CMP-01", "What should be compressed is compressed")
                .in(STORAGE, 10)
                .standsOn(Question.HYPERTABLES, Question.CHUNKS, Question.JOBS)
                .needs(Question.JOBS)
                .unless(Rule::noHypertables)
                .why(
                    """
                        Chunks older than the policy's age that are still uncompressed take up to 10 or 20 times the \
                        space. \
                        It means that the policy fails, is paused, or does not exist although compression is \
                        switched on.""")
                .readMore(DOCS + "use-timescale/latest/compression/compression-policy/")
                .check(StorageRules::compressionBacklog),
            Rule.of("TS-CMP-02", "Compression is worth it")
                .in(STORAGE, 3)
                .standsOn(Question.HYPERTABLES, Question.CHUNKS)
                .unless(Rule::noHypertables)
                .why(
                    """
                        A batch holds up to 1,000 rows of one segmentby value. When batches hold few rows, there is \
                        little to compress and reading gets slower: \
                        segmentby has too many values for the chunk interval.""")
                .readMore(DOCS + "use-timescale/latest/compression/compression-design/")
                .check(StorageRules::poorCompression),
            Rule.of("TS-RET-01", "Big hypertables have a retention policy")
                .in(STORAGE, 1)
                .standsOn(Question.HYPERTABLES, Question.CHUNKS, Question.JOBS)
                .needs(Question.JOBS)
                .unless(Rule::noHypertables)
                .why(
                    """
                        A time series never stops growing. When one hypertable is most of the database and \
                        nothing ever \
                        drops old data, \
                        the disk will be full one day. If everything must be kept: silence this rule with that \
                        reason.""")
                .readMore(DOCS + "use-timescale/latest/data-retention/create-a-retention-policy/")
                .check(StorageRules::noRetention),
            Rule.of("TS-HYP-01", "Time series are in hypertables")
                .in(STORAGE, 1)
                .standsOn(Question.RELATIONS, Question.COLUMNS, Question.INDEXES, Question.SIZES)
                .unless(Rule::noTimescale)
                .why(
                    """
                        A big table that is mostly appended to and searched by time gets slower as it grows, and \
                        deleting old rows from it takes long. \
                        As a hypertable it can be compressed, and old data is dropped at once.""")
                .readMore(DOCS + "use-timescale/latest/hypertables/")
                .check(StorageRules::candidates));
    }

    private static void manyChunks(Facts f, Outcome out) {
        for (var h : f.report().hypertables()) {
            if (h.chunks() <= f.limit("chunksNote")) continue;
            boolean many = h.chunks() > f.limit("chunksWarn");
            (many ? out.warning(h.fullName()) : out.note(h.fullName()))
                .says(h.fullName() + " has " + Units.count(h.chunks()) + " chunks")
                .evidence(Units.count(h.chunks()) + " chunks of " + h.dimensions().getFirst().interval())
                .expected("at most " + Units.count((long) f.limit(many ? "chunksWarn" : "chunksNote")))
                .source("_timescaledb_catalog.chunk")
                .extent(h.chunks() / f.limit("chunksWarn"))
                .cure(longerInterval(f, h));
        }
    }

    /** What the adviser proposes; without a rate a multiple of the present interval. */
    private static Cure longerInterval(Facts f, Hypertable h) {
        var d = h.dimensions().getFirst();
        var table = literal(Sql.qualified(h.schema(), h.name()));
        if (d.intervalMicros() == null) {
            if (d.interval() == null) {
                return Cure.decide("-- SELECT {ts}.set_chunk_time_interval(%s, …);".formatted(table));
            }
            long wanted = Math.multiplyExact(Long.parseLong(d.interval()), 10);
            return Cure.sql("SELECT {ts}.set_chunk_time_interval(%s, %d::bigint);".formatted(table, wanted))
                .costs(forNewChunks());
        }
        long multiple = d.intervalMicros() * Math.max(2, (long) Math.ceil(h.chunks() / f.limit("chunksNote")));
        var advised = Intervals.micros(h.suggestedInterval());
        long wanted = advised != null && advised > d.intervalMicros() ? advised : rounded(multiple);
        return Cure.sql(
            "SELECT {ts}.set_chunk_time_interval(%s, INTERVAL %s);".formatted(table, literal(Intervals.human(wanted))))
            .costs(forNewChunks());
    }

    private static String forNewChunks() {
        return "holds for new chunks; old ones stay until they are dropped or merged (merge_chunks), so the finding "
            + "goes with time";
    }

    private static long rounded(long micros) {
        long day = 86_400_000_000L;
        return micros < day ? micros : micros / day * day;
    }

    private static void indexesInMemory(Facts f, Outcome out) {
        var memory = f.report().performance().memoryBytes();
        if (memory == null) {
            out.skip("shared_buffers could not be read");
            return;
        }
        var measured = f.report().hypertables().stream().filter(h -> h.newestChunkIndexBytes() != null).toList();
        long sum = measured.stream().mapToLong(Hypertable::newestChunkIndexBytes).sum();
        double share = 100.0 * sum / memory;
        if (share <= f.limit("chunkIndexMemoryPercent")) return;
        var biggest = measured.stream().max(Comparator.comparingLong(Hypertable::newestChunkIndexBytes)).orElseThrow();
        out.warning(biggest.fullName())
            .says(
                "The indexes of the newest chunks take " + ShortText.number(share) + " % of shared_buffers; most of it "
                    + biggest.fullName())
            .evidence(Units.bytes(sum) + " of " + Units.bytes(memory))
            .expected("at most " + ShortText.number(f.limit("chunkIndexMemoryPercent")) + " %")
            .source("pg_class, pg_settings")
            .extent(share / 100)
            .cure(shorterInterval(biggest));
    }

    private static Cure shorterInterval(Hypertable h) {
        var d = h.dimensions().getFirst();
        var table = literal(Sql.qualified(h.schema(), h.name()));
        var memory = "\n-- or give PostgreSQL more memory: ALTER SYSTEM SET shared_buffers = '…';  (needs a restart)";
        if (d.intervalMicros() == null) {
            var half = d.interval() == null ? "…" : Long.parseLong(d.interval()) / 2 + "::bigint";
            return Cure.decide("-- SELECT {ts}.set_chunk_time_interval(%s, %s);".formatted(table, half) + memory)
                .costs(forNewChunks());
        }
        var advised = Intervals.micros(h.suggestedInterval());
        long wanted = advised != null && advised < d.intervalMicros() ? advised : d.intervalMicros() / 2;
        return Cure.decide(
            "-- SELECT {ts}.set_chunk_time_interval(%s, INTERVAL %s);"
                .formatted(table, literal(Intervals.human(wanted))) + memory)
            .costs(forNewChunks());
    }

    private static void tinyChunks(Facts f, Outcome out) {
        for (var h : f.report().hypertables()) {
            if (h.medianChunkBytes() == null || h.chunks() <= f.limit("smallChunkMinimumChunks")) continue;
            if (h.medianChunkBytes() >= f.limit("smallChunkMegabytes") * 1048576) continue;
            out.warning(h.fullName())
                .says("The chunks of " + h.fullName() + " are tiny")
                .evidence(
                    "median " + Units.bytes(h.medianChunkBytes()) + " over " + Units.count(h.chunks()) + " chunks")
                .expected("at least " + ShortText.number(f.limit("smallChunkMegabytes")) + " MB")
                .source("pg_class")
                .exact(h.size().exact())
                .extent(h.chunks() / f.limit("chunksWarn"))
                .cure(longerInterval(f, h));
        }
    }

    private static void compressionBacklog(Facts f, Outcome out) {
        for (var h : f.report().hypertables()) {
            var c = h.compression();
            if (c.enabled() && h.compressAfter() == null) {
                noPolicy(f, out, h);
            } else if (c.dueChunks() > 0
                && 100.0 * c.dueBytes() / Math.max(1, h.size().total()) > f.limit("compressionBacklogPercent")) {
                    backlog(f, out, h);
                }
            if (c.partialChunks() > 0) {
                out.note(h.fullName())
                    .says(
                        Units.plural(c.partialChunks(), "compressed chunk") + " of " + h.fullName()
                            + " got new rows and "
                            + (c.partialChunks() == 1 ? "is" : "are") + " only partly compressed")
                    .evidence(c.partialChunks() + " partial of " + c.compressedChunks() + " compressed")
                    .expected("none for long")
                    .source("_timescaledb_catalog.chunk.status")
                    .extent((double) c.partialChunks() / c.compressedChunks())
                    .cure(
                        Cure.decide(
                            "-- The policy compresses them again. Late data that comes all the time needs a longer "
                                + "compress_after."));
            }
        }
    }

    private static void backlog(Facts f, Outcome out, Hypertable h) {
        var c = h.compression();
        // a policy that is new, or a copy whose jobs do not run, has had no chance yet; that jobs are late is TS-JOB-01
        boolean hasRun = compressionJob(f, h).map(j -> j.lastRun() != null || j.runs() != null && j.runs() > 0)
            .orElse(true);
        boolean small = f.weight(c.dueBytes()) == 0;
        var severity = small ? Severity.NOTE : Severity.WARNING;
        var problem = hasRun ? out.find(severity, h.fullName()) : out.info(h.fullName());
        problem.says(
            Units.plural(c.dueChunks(), "chunk") + " of " + h.fullName() + " should be compressed by now"
                + (hasRun ? "" : ", but the policy has not run yet"))
            .evidence(Units.bytes(c.dueBytes()) + " older than " + h.compressAfter())
            .expected("at most " + ShortText.number(f.limit("compressionBacklogPercent")) + " % of its size")
            .source("_timescaledb_catalog.chunk")
            .exact(h.size().exact())
            .extent(small ? 0 : 0.2 + ShortText.share(c.dueBytes(), h.size().total()))
            .cure(compress(f, h));
    }

    private static Optional<Job> compressionJob(Facts f, Hypertable h) {
        return f.report()
            .jobs()
            .stream()
            .filter(j -> j.kind().equals("compression") && h.fullName().equals(j.target()))
            .findFirst();
    }

    private static void noPolicy(Facts f, Outcome out, Hypertable h) {
        var table = literal(Sql.qualified(h.schema(), h.name()));
        boolean isTime = h.dimensions().getFirst().intervalMicros() != null;
        // where most is compressed, something else does it: a job of the user's own
        boolean otherwise = h.compression().compressedChunks() * 2 > h.chunks();
        boolean small = f.weight(h.size().total()) == 0;
        var severity = small ? Severity.NOTE : Severity.WARNING;
        var problem = otherwise ? out.info(h.fullName()) : out.find(severity, h.fullName());
        problem.says("Compression of " + h.fullName() + " is switched on, but no policy compresses")
            .evidence(h.compression().compressedChunks() + " of " + h.chunks() + " chunks compressed")
            .expected("one compression policy")
            .source("timescaledb_information.jobs")
            .extent(small ? 0 : Math.max(0.1, ShortText.share(h.size().total(), f.userBytes())))
            .cure(
                isTime
                    ? Cure.sql(
                        "SELECT {ts}.add_compression_policy(%s, compress_after => INTERVAL '7 days');".formatted(table))
                        .costs("compresses what is older, chunk by chunk, in the background")
                    : Cure.decide(
                        ("-- Its time is a number: choose the age in its unit; set_integer_now_func must have been "
                            + "called.\n-- SELECT {ts}.add_compression_policy(%s, compress_after => …::bigint);")
                            .formatted(table)));
    }

    /** By the policy's own job, which commits after each chunk. */
    private static Cure compress(Facts f, Hypertable h) {
        return compressionJob(f, h)
            .map(j -> Cure.sql("CALL {ts}.run_job(%d);".formatted(j.id())))
            .orElseGet(
                () -> Cure.sql(
                    ("SELECT {ts}.compress_chunk(c, if_not_compressed => true) FROM {ts}.show_chunks(%s, older_than "
                        + "=> INTERVAL %s) AS c;")
                        .formatted(literal(Sql.qualified(h.schema(), h.name())), literal(h.compressAfter()))))
            .costs(
                "compresses " + Units.bytes(h.compression().dueBytes())
                    + "; writes to a chunk wait while it is compressed");
    }

    private static void poorCompression(Facts f, Outcome out) {
        for (var h : f.report().hypertables()) {
            var c = h.compression();
            if (c.compressedChunks() < f.limit("compressionMinimumChunks")) continue;
            var perBatch = c.rowsPerBatch();
            boolean sparse = perBatch != null && perBatch < f.limit("rowsPerBatch");
            boolean weak = c.ratio() != null && c.ratio() < f.limit("compressionRatio");
            if (!sparse && !weak) continue;
            out.note(h.fullName())
                .says("Compression of " + h.fullName() + " gains little")
                .evidence("ratio " + c.ratio() + ", " + perBatch + " rows a batch")
                .expected(
                    "ratio at least " + ShortText.number(f.limit("compressionRatio")) + ", "
                        + ShortText.number(f.limit("rowsPerBatch")) + " rows a batch")
                .source("_timescaledb_catalog.compression_chunk_size")
                .extent(c.before() == null ? 1 : f.weight(c.before()))
                .cure(
                    Cure.decide(
                        ("-- Segment by a column with fewer values (now: %s), or make chunks longer. For chunks "
                            + "compressed from then on:\n-- ALTER TABLE %s SET (timescaledb.compress_segmentby = '…');")
                            .formatted(
                                c.segmentBy().isEmpty() ? "none" : String.join(", ", c.segmentBy()),
                                name(h.schema(), h.name()))));
        }
    }

    private static void noRetention(Facts f, Outcome out) {
        long all = f.userBytes();
        for (var h : f.report().hypertables()) {
            double share = 100.0 * h.size().total() / Math.max(1, all);
            boolean big = h.size().total() >= f.limit("retentionMinimumMegabytes") * 1048576
                && share > f.limit("retentionSharePercent");
            if (h.retention() != null || !big) continue;
            out.note(h.fullName())
                .says(h.fullName() + " is " + ShortText.number(share) + " % of the database and never drops old data")
                .evidence(Units.bytes(h.size().total()) + ", no retention policy")
                .expected("a policy, or a reason")
                .source("timescaledb_information.jobs")
                .cure(
                    Cure.decide(
                        ("-- How long is it needed? This deletes what is older:\n-- SELECT "
                            + "{ts}.add_retention_policy(%s, drop_after => INTERVAL '1 year');")
                            .formatted(literal(Sql.qualified(h.schema(), h.name())))));
        }
    }

    private static final Set<String> TIME_TYPES =
        Set.of("timestamp with time zone", "timestamp without time zone", "date");

    /**
     * Plain tables that look like time series: big, appended to, with an index that begins with a time that is never
     * null.
     */
    private static void candidates(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            var time = t.kind().equals("table") ? leadingTime(t) : null;
            if (time == null || t.rows() == null || t.rows() < f.limit("hypertableMinimumRows") || !isAppended(t)) {
                continue;
            }
            out.note(t.fullName())
                .says(
                    t.fullName() + " looks like a time series: " + Units.plural(t.rows(), "row")
                        + ", appended to, searched by " + time)
                .evidence(Units.bytes(t.size().total()) + ", index on " + time)
                .expected("a hypertable, or a reason")
                .source("pg_class, pg_stat_get_tuples_inserted")
                .estimated()
                .cure(toHypertable(t, time));
        }
    }

    private static String leadingTime(Relation t) {
        return t.indexes()
            .stream()
            .filter(i -> i.method().equals("btree") && i.valid())
            .map(i -> i.keys().getFirst().replaceFirst(" (DESC|NULLS).*$", ""))
            .filter(key -> t.columns().stream().anyMatch(c -> isTime(c, key)))
            .findFirst()
            .orElse(null);
    }

    private static boolean isTime(Column c, String name) {
        return c.name().equals(name) && !c.nullable() && TIME_TYPES.contains(c.base());
    }

    private static boolean isAppended(Relation t) {
        var u = t.use();
        if (u == null || u.inserted() == null || u.inserted() == 0) return false;
        long changed = Objects.requireNonNullElse(u.updated(), 0L) + Objects.requireNonNullElse(u.deleted(), 0L);
        return changed * 20 < u.inserted();
    }

    private static Cure toHypertable(Relation t, String time) {
        var without =
            t.indexes().stream().filter(i -> i.unique() && !i.keys().contains(time)).map(Report.Index::name).toList();
        var keys = without.isEmpty() ? ""
            : "-- Unique indexes and keys must contain %s first: %s.\n".formatted(time, String.join(", ", without));
        var references = t.referencedBy().isEmpty() ? ""
            : "-- Foreign keys point at it (%s): check that your version allows them.\n"
                .formatted(String.join(", ", t.referencedBy()));
        return Cure.decide(
            keys + references
                + "-- SELECT {ts}.create_hypertable(%s, {ts}.by_range(%s), migrate_data => true);"
                    .formatted(literal(Sql.qualified(t.schema(), t.name())), literal(time)))
            .costs("moves all rows while reads and writes wait");
    }
}
