//SOURCES ../RecordFields.java CatalogReader.java ExploreConfig.java Intervals.java Report.java Scope.java
//SOURCES StructureCatalog.java TimescaleCatalog.java
package lib.explore;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lib.RecordFields;
import lib.explore.Report.Aggregate;
import lib.explore.Report.Compression;
import lib.explore.Report.Dimension;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Index;
import lib.explore.Report.Job;
import lib.explore.Report.Size;
import lib.explore.Report.Span;
import lib.explore.Report.TableUse;
import lib.explore.StructureCatalog.Rel;
import lib.explore.TimescaleCatalog.AggregateRow;
import lib.explore.TimescaleCatalog.BeforeAndAfter;
import lib.explore.TimescaleCatalog.ChunkRow;
import lib.explore.TimescaleCatalog.DimensionRow;
import lib.explore.TimescaleCatalog.HypertableRow;
import lib.explore.TimescaleCatalog.JobRow;
import lib.explore.TimescaleCatalog.JobStat;

/**
 * TimescaleDB's rows, all asked for at once and put together here: hypertables, continuous aggregates, jobs. Empty
 * where the extension is not installed.
 */
final class TimescaleModel {
    /** More pieces than this are no longer told apart in a drawing of a hypertable's time line. */
    static final int TIMELINE_PIECES = 120;

    private final ExploreConfig config;
    private final Scope scope;
    private final Instant now;
    private final Supplier<List<HypertableRow>> hypertables;
    private final Supplier<List<ChunkRow>> chunks;
    private final Supplier<TimescaleCatalog.ChunkIndexes> chunkIndexes;
    private final Supplier<Map<Integer, TableUse>> use;
    private final Supplier<Map<Integer, List<DimensionRow>>> dimensions;
    private final Supplier<Map<Long, TimescaleCatalog.SettingsRow>> settings;
    private final Supplier<List<AggregateRow>> aggregates;
    private final Supplier<Map<Integer, String>> definitions;
    private final Supplier<Map<Integer, TimescaleCatalog.Pending>> pending;
    private final Supplier<List<JobRow>> jobs;
    private final Supplier<Map<Integer, JobStat>> stats;
    private final Supplier<Map<Integer, String>> errors;
    private Map<Integer, List<ChunkRow>> chunksOfHypertables;

    /** What the report is to hold. */
    record Wanted(ExploreConfig config, Scope scope, Instant now) {}

    /** @param present false where the extension is not in this database: then nothing is asked */
    TimescaleModel(
        CatalogReader reader,
        TimescaleCatalog catalog,
        boolean present,
        Wanted wanted) {
        this.config = wanted.config();
        this.scope = wanted.scope();
        this.now = wanted.now();
        // the longest first
        chunks = !present ? List::of : reader.soon(catalog::chunks);
        chunkIndexes = !present ? () -> TimescaleCatalog.ChunkIndexes.NONE : reader.soon(catalog::chunkIndexes);
        use = !present ? Map::of
            : reader.soon(
                () -> catalog.chunkUse()
                    .stream()
                    .collect(Collectors.toMap(TimescaleCatalog.UseRow::hypertable, TimescaleCatalog.UseRow::use)));
        hypertables = !present ? List::of : reader.soon(catalog::hypertables);
        dimensions =
            !present ? Map::of
                : reader
                    .soon(() -> catalog.dimensions().stream().collect(Collectors.groupingBy(DimensionRow::hypertable)));
        settings = !present ? Map::of
            : reader.soon(
                () -> catalog.compressionSettings()
                    .stream()
                    .collect(Collectors.toMap(TimescaleCatalog.SettingsRow::oid, s -> s, (a, b) -> a)));
        aggregates = !present ? List::of : reader.soon(catalog::aggregates);
        definitions = !present ? Map::of : reader.soon(catalog::aggregateDefinitions);
        pending = !present ? Map::of : reader.soon(catalog::pending);
        jobs = !present ? List::of : reader.soon(catalog::jobs);
        stats = !present ? Map::of : reader.soon(catalog::jobStats);
        errors = !present ? Map::of : reader.soon(catalog::jobErrors);
    }

    /** The tables that hold the rows of continuous aggregates. */
    List<Long> aggregateTables() {
        return aggregates.get().stream().map(AggregateRow::tableOid).toList();
    }

    TableUse use(Hypertable hypertable) {
        return use.get().get(hypertable.id());
    }

    /** Each with the size of its indexes, which is asked apart. */
    private List<ChunkRow> chunksOf(int hypertable) {
        if (chunksOfHypertables == null) {
            var indexes = chunkIndexes.get();
            chunksOfHypertables = chunks.get()
                .stream()
                .map(c -> c.withIndexes(indexes.bytesOf(c.id().oid()), indexes.exact()))
                .collect(Collectors.groupingBy(ChunkRow::hypertable));
        }
        return chunksOfHypertables.getOrDefault(hypertable, List.of());
    }

    /** Adds the chunks' scans and bytes to the indexes of hypertables. */
    Map<Long, List<Index>> rollUp(Map<Long, List<Index>> indexes) {
        var sums = chunkIndexes.get().byParent();
        var rolled = new HashMap<Long, List<Index>>();
        var partitioned = hypertables.get().stream().map(HypertableRow::oid).collect(Collectors.toSet());
        indexes.forEach((table, list) -> {
            rolled.put(table, partitioned.contains(table) ? list.stream().map(i -> withSum(i, sums)).toList() : list);
        });
        return rolled;
    }

    private static Index withSum(Index index, Map<Long, TimescaleCatalog.ChunkIndexRow> sums) {
        var sum = sums.get(index.oid());
        return sum == null ? index : sum.addTo(index);
    }

    Hypertable hypertable(long oid, String schema, String name) {
        return hypertables.get()
            .stream()
            .filter(h -> h.oid() == oid && !h.aggregateOf())
            .findFirst()
            .map(h -> hypertable(h, schema, name))
            .orElse(null);
    }

    private Hypertable hypertable(HypertableRow row, String schema, String name) {
        var dims = dimensions.get().getOrDefault(row.id(), List.of());
        if (dims.isEmpty()) return null;
        var type = dims.getFirst().type();
        var own = chunksOf(row.id());
        var policies = jobs.get().stream().filter(j -> Objects.equals(j.target(), row.id())).toList();
        var compressAfter = policy(policies, "policy_compression", "compress_after", "compress_created_before");
        var due = due(compressAfter, type);
        var sizes = own.stream().filter(c -> !c.isCompressed()).map(c -> c.size().total()).sorted().toList();
        var newest = own.isEmpty() ? null : own.getLast();
        boolean timed = TimescaleCatalog.isTime(type);
        return RecordFields.of(Hypertable.class)
            .with("id", row.id())
            .with("oid", row.oid())
            .with("schema", schema)
            .with("name", name)
            .with("dimensions", dims.stream().map(TimescaleModel::dimension).toList())
            .with("chunks", own.size())
            .with("rows", rows(own))
            .with("size", own.stream().map(ChunkRow::size).reduce(Size.NONE, Size::plus))
            .with("oldest", own.isEmpty() || !timed ? null : instant(own.getFirst().from()))
            .with("newest", newest == null || !timed ? null : instant(newest.to()))
            .with("compression", compression(row, own, due))
            .with("retention", policy(policies, "policy_retention", "drop_after", "drop_created_before"))
            .with("compressAfter", compressAfter)
            .with("medianChunkBytes", sizes.isEmpty() ? null : sizes.get(sizes.size() / 2))
            .with("newestChunkIndexBytes", newest == null ? null : newest.indexBytes())
            .with("timeline", timeline(own, type, due))
            .with("chunkList", config.chunks() > 0 ? biggest(own, type, due) : List.of())
            .with("tieredChunks", (int) own.stream().filter(ChunkRow::foreign).count())
            .with("bytesPerDay", bytesPerDay(own, type))
            .with("suggestedInterval", null)
            .record();
    }

    private static Dimension dimension(DimensionRow d) {
        var micros = TimescaleCatalog.isTime(d.type()) ? d.interval() : null;
        return new Dimension(d.column(), d.type(), interval(d), micros, d.slices());
    }

    private Compression compression(HypertableRow row, List<ChunkRow> own, Long due) {
        var setting = settings.get().get(row.oid());
        var compressed = own.stream().filter(ChunkRow::isCompressed).toList();
        var waiting = own.stream().filter(c -> !c.isCompressed() && isDue(c, due)).toList();
        return RecordFields.of(Compression.class)
            .with("enabled", row.columnstore() || !compressed.isEmpty())
            .with("segmentBy", setting == null ? List.of() : setting.segmentBy())
            .with("orderBy", setting == null ? List.of() : setting.orderBy())
            .with("compressedChunks", compressed.size())
            .with("partialChunks", (int) own.stream().filter(ChunkRow::isPartial).count())
            .with("dueChunks", waiting.size())
            .with("dueBytes", waiting.stream().mapToLong(c -> c.size().total()).sum())
            .with("before", compressed.isEmpty() ? null : sum(own, BeforeAndAfter::before))
            .with("after", compressed.isEmpty() ? null : sum(own, BeforeAndAfter::after))
            .with("rowsBefore", compressed.isEmpty() ? null : sum(own, BeforeAndAfter::rowsBefore))
            .with("batches", compressed.isEmpty() ? null : sum(own, BeforeAndAfter::batches))
            .record();
    }

    private static long sum(List<ChunkRow> chunks, Function<BeforeAndAfter, Long> count) {
        return chunks.stream()
            .map(c -> count.apply(c.compression()))
            .filter(Objects::nonNull)
            .mapToLong(Long::longValue)
            .sum();
    }

    /**
     * Chunks that were never analyzed do not tell; when they are more than a tenth of the table, their sum would be
     * wrong.
     */
    private static Long rows(List<ChunkRow> own) {
        long unknown = own.stream().filter(c -> c.rows() == null).mapToLong(c -> c.size().heap()).sum();
        long all = own.stream().mapToLong(c -> c.size().heap()).sum();
        if (unknown * 10 > all) return null;
        return own.stream().map(ChunkRow::rows).filter(Objects::nonNull).mapToLong(Long::longValue).sum();
    }

    private static final int CHUNKS_FOR_A_RATE = 10;

    /**
     * By the last full chunks: the newest range is left out, it is still being filled. What is compressed counts with
     * its size before.
     */
    private static Long bytesPerDay(List<ChunkRow> own, String type) {
        if (own.isEmpty() || !TimescaleCatalog.isTime(type)) return null;
        var newest = own.getLast().from();
        var full = own.stream()
            .filter(c -> c.from() != null && c.to() != null && newest != null && c.from() < newest)
            .toList();
        var last = full.subList(Math.max(0, full.size() - CHUNKS_FOR_A_RATE), full.size());
        if (last.isEmpty()) return null;
        long bytes =
            last.stream().mapToLong(c -> c.isCompressed() && c.before() != null ? c.before() : c.size().total()).sum();
        long micros = last.stream()
            .collect(Collectors.toMap(ChunkRow::from, c -> c.to() - c.from(), Math::max))
            .values()
            .stream()
            .mapToLong(Long::longValue)
            .sum();
        return micros <= 0 ? null : Math.round(bytes / (micros / 86_400_000_000.0));
    }

    private List<Report.ChunkFacts> biggest(List<ChunkRow> own, String type, Long due) {
        return own.stream()
            .sorted(Comparator.comparingLong((ChunkRow c) -> -c.size().total()).thenComparing(ChunkRow::name))
            .limit(config.chunks())
            .map(
                c -> new Report.ChunkFacts(
                    c.name(),
                    TimescaleCatalog.point(c.from(), type),
                    TimescaleCatalog.point(c.to(), type),
                    state(c, due),
                    c.size().total(),
                    c.rows()))
            .toList();
    }

    /** Neighbours are put together where there are more than can be drawn; the worst state of them shows. */
    private List<Span> timeline(List<ChunkRow> own, String type, Long due) {
        int each = Math.max(1, (own.size() + TIMELINE_PIECES - 1) / TIMELINE_PIECES);
        var spans = new ArrayList<Span>();
        for (int from = 0; from < own.size(); from += each) {
            var some = own.subList(from, Math.min(own.size(), from + each));
            var states = some.stream().map(c -> state(c, due)).collect(Collectors.toCollection(HashSet::new));
            var state = List.of("due", "partial", "hot", "compressed", "frozen", "tiered")
                .stream()
                .filter(states::contains)
                .findFirst()
                .orElseThrow();
            spans.add(
                new Span(
                    TimescaleCatalog.point(some.getFirst().from(), type),
                    TimescaleCatalog.point(some.getLast().to(), type),
                    some.size(),
                    some.stream().mapToLong(c -> c.size().total()).sum(),
                    state));
        }
        return spans;
    }

    private static String state(ChunkRow c, Long due) {
        if (c.foreign()) return "tiered";
        if (c.isFrozen()) return "frozen";
        if (c.isPartial()) return "partial";
        if (c.isCompressed()) return "compressed";
        return isDue(c, due) ? "due" : "hot";
    }

    /**
     * The point before which a chunk should be compressed, in internal time; null without a policy that we can compute.
     */
    private Long due(String compressAfter, String type) {
        var micros = Intervals.micros(compressAfter);
        return micros == null || !TimescaleCatalog.isTime(type) ? null : now.toEpochMilli() * 1000 - micros;
    }

    private static boolean isDue(ChunkRow c, Long due) {
        // one chunk's width of grace: the policy runs now and then
        return due != null && c.to() != null && c.from() != null && c.to() < due - (c.to() - c.from()) && !c.foreign();
    }

    private static Instant instant(Long micros) {
        return micros == null || micros == Long.MIN_VALUE || micros == Long.MAX_VALUE ? null
            : TimescaleCatalog.instant(micros);
    }

    private static String interval(DimensionRow d) {
        if (d.interval() == null) return null;
        return TimescaleCatalog.isTime(d.type()) ? Intervals.human(d.interval()) : String.valueOf(d.interval());
    }

    private static String policy(List<JobRow> policies, String procedure, String... keys) {
        for (var job : policies) {
            if (!job.procedure().endsWith("." + procedure)) continue;
            for (var key : keys) {
                if (job.policy().containsKey(key)) return Intervals.readable(job.policy().get(key));
            }
        }
        return null;
    }

    List<Aggregate>
        aggregates(List<Rel> relations, Map<Long, List<Report.Column>> columns, Map<Long, List<Index>> indexes) {
        var byId = aggregates.get().stream().collect(Collectors.toMap(AggregateRow::id, a -> a));
        var visible = relations.stream().map(Rel::oid).collect(Collectors.toSet());
        return aggregates.get()
            .stream()
            .filter(a -> visible.contains(a.viewOid()))
            .map(
                a -> aggregate(a, byId)
                    .with("columns", columns.getOrDefault(a.viewOid(), List.of()))
                    .with("indexes", indexes.getOrDefault(a.tableOid(), List.of()))
                    .record())
            .toList();
    }

    /** All but the columns and the indexes. */
    private RecordFields<Aggregate> aggregate(AggregateRow a, Map<Integer, AggregateRow> byId) {
        var refreshes = refreshes(a.id());
        var refresh = refreshes.stream().min(Comparator.comparingLong(TimescaleModel::distance)).orElse(NO_REFRESH);
        var table = materialized(a);
        var timed = a.timeType() == null || TimescaleCatalog.isTime(a.timeType());
        var waiting = pending.get().get(a.id());
        boolean empty = a.watermark() == null || a.watermark() <= NEVER_OR_BEFORE;
        var watermark = empty || !timed ? null : instant(a.watermark());
        return RecordFields.of(Aggregate.class)
            .with("id", a.id())
            .with("oid", a.viewOid())
            .with("schema", a.schema())
            .with("name", a.name())
            .with("owner", a.owner())
            .with("comment", a.comment())
            .with("purpose", config.purpose(a.schema(), a.name(), a.comment()))
            .with("source", a.sourceSchema() + "." + a.sourceName())
            .with("sourceIsAggregate", byId.containsKey(a.source()))
            .with("bucket", bucket(a))
            .with("realTime", !a.materializedOnly())
            .with("watermark", watermark)
            .with("lagSeconds", watermark == null ? null : Duration.between(watermark, now).toSeconds())
            .with("neverRefreshed", empty && (waiting == null || waiting.all()))
            .with("refreshJob", refresh == NO_REFRESH ? null : refresh.job())
            .with("startOffset", refresh.startOffset())
            .with("endOffset", refresh.endOffset())
            .with("schedule", refresh.schedule())
            .with("size", table == null ? Size.NONE : table.size())
            .with("rows", table == null ? null : table.rows())
            .with("chunks", table == null ? 0 : table.chunks())
            .with("pendingRanges", waiting == null ? null : waiting.ranges())
            .with("definition", definitions.get().get(a.id()))
            .with("chain", chain(a, byId))
            .with("compressed", table != null && table.compression().enabled())
            .with("compression", table != null && table.compression().enabled() ? table.compression() : null)
            .with("refreshes", refreshes);
    }

    private static final Report.Refresh NO_REFRESH = new Report.Refresh(0, null, null, null);

    /** The hypertable that holds its rows. */
    private Hypertable materialized(AggregateRow a) {
        return hypertables.get()
            .stream()
            .filter(h -> h.id() == a.id())
            .findFirst()
            .map(h -> hypertable(h, a.schema(), a.name()))
            .orElse(null);
    }

    /** What it stands on, from the hypertable upwards. */
    private static List<String> chain(AggregateRow aggregate, Map<Integer, AggregateRow> byId) {
        var chain = new ArrayList<String>();
        for (var step = aggregate; step != null; step = byId.get(step.source())) {
            chain.addFirst(step.sourceSchema() + "." + step.sourceName());
        }
        return chain;
    }

    private List<Report.Refresh> refreshes(int aggregate) {
        return jobs.get()
            .stream()
            .filter(j -> Objects.equals(j.target(), aggregate))
            .filter(j -> j.procedure().endsWith(".policy_refresh_continuous_aggregate"))
            .map(
                j -> new Report.Refresh(
                    j.id(),
                    Intervals.readable(j.policy().get("start_offset")),
                    Intervals.readable(j.policy().get("end_offset")),
                    Intervals.readable(j.schedule())))
            .toList();
    }

    /** How far from now a policy ends, in microseconds or in the unit of an integer time. */
    private static long distance(Report.Refresh refresh) {
        var micros = Intervals.micros(refresh.endOffset());
        if (micros != null) return micros;
        return refresh.endOffset() == null ? Long.MIN_VALUE : Long.parseLong(refresh.endOffset());
    }

    private static final long NEVER_OR_BEFORE = TimescaleCatalog.NEVER;

    private static String bucket(AggregateRow a) {
        if (a.bucket() == null) return null;
        var micros = Intervals.micros(a.bucket());
        return micros == null ? a.bucket() : Intervals.human(micros);
    }

    List<Job> jobs() {
        var targets = new TreeMap<Integer, String>();
        var outside = new HashSet<Integer>();
        hypertables.get().forEach(h -> {
            targets.put(h.id(), h.schema() + "." + h.name());
            if (!h.aggregateOf() && !scope.has(h.schema(), h.name())) outside.add(h.id());
        });
        aggregates.get().forEach(a -> {
            targets.put(a.id(), a.schema() + "." + a.name());
            if (!scope.has(a.schema(), a.name())) outside.add(a.id());
        });
        return jobs.get()
            .stream()
            .filter(j -> j.target() == null || !outside.contains(j.target()))
            .map(j -> job(j, j.target() == null ? null : targets.get(j.target())))
            .toList();
    }

    private Job job(JobRow j, String target) {
        var stat = stats.get().getOrDefault(j.id(), NEVER_RUN);
        return RecordFields.of(Job.class)
            .with("id", j.id())
            .with("name", j.application())
            .with("kind", kind(j))
            .with("target", target)
            .with("schedule", Intervals.readable(j.schedule()))
            .with("scheduled", j.scheduled())
            .with("owner", j.owner())
            .with("config", j.config())
            .with("lastStatus", stat.status())
            .with("lastRun", stat.lastRun())
            .with("lastSuccess", stat.lastSuccess())
            .with("lastSeconds", stat.seconds())
            .with("nextStart", stat.next())
            .with("runs", stat.runs())
            .with("failures", stat.failures())
            .with("lastError", errors.get().get(j.id()))
            .with("system", j.id() < 1000)
            .record();
    }

    private static final JobStat NEVER_RUN = new JobStat(0, null, null, null, null, null, null, null);

    private static String kind(JobRow j) {
        var name = j.procedure().substring(j.procedure().lastIndexOf('.') + 1);
        return switch (name) {
            case "policy_refresh_continuous_aggregate" -> "refresh";
            case "policy_compression" -> "compression";
            case "policy_retention" -> "retention";
            case "policy_reorder" -> "reorder";
            case "policy_telemetry", "policy_job_stat_history_retention", "policy_job_error_retention" -> "system";
            default -> j.procedure();
        };
    }
}
