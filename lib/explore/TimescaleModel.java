//SOURCES CatalogReader.java ExploreConfig.java Intervals.java Report.java Scope.java StructureCatalog.java
//SOURCES TimescaleCatalog.java
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
import java.util.function.Supplier;
import java.util.stream.Collectors;
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

    /** @param present false where the extension is not in this database: then nothing is asked */
    TimescaleModel(
        CatalogReader reader,
        TimescaleCatalog catalog,
        boolean present,
        ExploreConfig config,
        Scope scope,
        Instant now) {
        this.config = config;
        this.scope = scope;
        this.now = now;
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
                .map(c -> c.withIndexes(indexes.bytesOf(c.oid()), indexes.exact()))
                .collect(Collectors.groupingBy(ChunkRow::hypertable));
        }
        return chunksOfHypertables.getOrDefault(hypertable, List.of());
    }

    /** Adds the chunks' scans and bytes to the indexes of hypertables. */
    Map<Long, List<Index>> rollUp(Map<Long, List<Index>> indexes) {
        var sums = chunkIndexes.get().byParent();
        var rolled = new HashMap<Long, List<Index>>();
        var partitioned = hypertables.get().stream().map(HypertableRow::oid).collect(Collectors.toSet());
        indexes
            .forEach((table, list) -> rolled.put(table, !partitioned.contains(table) ? list : list.stream().map(i -> {
                var sum = sums.get(i.oid());
                return sum == null ? i
                    : new Index(
                        i.oid(),
                        i.name(),
                        i.method(),
                        i.keys(),
                        i.include(),
                        i.predicate(),
                        i.unique(),
                        i.primary(),
                        i.constraint(),
                        i.valid(),
                        i.bytes() + sum.bytes(),
                        i.scans() == null ? sum.scans() : Long.valueOf(i.scans() + sum.scans()),
                        sum.chunks(),
                        i.definition(),
                        i.guards(),
                        i.comment(),
                        i.shape());
            }).toList()));
        return rolled;
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
        var dropAfter = policy(policies, "policy_retention", "drop_after", "drop_created_before");
        var due = due(compressAfter, type);
        var size = own.stream().map(ChunkRow::size).reduce(Size.NONE, Size::plus);
        var rows = rows(own);
        int compressed = 0, partial = 0, dueChunks = 0;
        long before = 0, after = 0, rowsBefore = 0, batches = 0, dueBytes = 0;
        for (var c : own) {
            if (c.isCompressed()) compressed++;
            if (c.isPartial()) partial++;
            if (!c.isCompressed() && isDue(c, due)) {
                dueChunks++;
                dueBytes += c.size().total();
            }
            before += c.before() == null ? 0 : c.before();
            after += c.after() == null ? 0 : c.after();
            rowsBefore += c.rowsBefore() == null ? 0 : c.rowsBefore();
            batches += c.batches() == null ? 0 : c.batches();
        }
        var setting = settings.get().get(row.oid());
        var compression = new Compression(
            row.columnstore() || compressed > 0,
            setting == null ? List.of() : setting.segmentBy(),
            setting == null ? List.of() : setting.orderBy(),
            compressed,
            partial,
            dueChunks,
            dueBytes,
            compressed == 0 ? null : before,
            compressed == 0 ? null : after,
            compressed == 0 ? null : rowsBefore,
            compressed == 0 ? null : batches);
        var sizes = own.stream().filter(c -> !c.isCompressed()).map(c -> c.size().total()).sorted().toList();
        var newest = own.isEmpty() ? null : own.getLast();
        return new Hypertable(
            row.id(),
            row.oid(),
            schema,
            name,
            dims.stream()
                .map(
                    d -> new Dimension(
                        d.column(),
                        d.type(),
                        interval(d),
                        TimescaleCatalog.isTime(d.type()) ? d.interval() : null,
                        d.slices()))
                .toList(),
            own.size(),
            rows,
            size,
            own.isEmpty() || !TimescaleCatalog.isTime(type) ? null : instant(own.getFirst().from()),
            newest == null || !TimescaleCatalog.isTime(type) ? null : instant(newest.to()),
            compression,
            dropAfter,
            compressAfter,
            sizes.isEmpty() ? null : sizes.get(sizes.size() / 2),
            newest == null ? null : newest.indexBytes(),
            timeline(own, type, due),
            config.chunks() > 0 ? biggest(own, type, due) : List.of(),
            (int) own.stream().filter(ChunkRow::foreign).count(),
            bytesPerDay(own, type),
            null);
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
        return c.foreign() ? "tiered" : c.isFrozen() ? "frozen"
            : c.isPartial() ? "partial"
            : c.isCompressed() ? "compressed"
            : isDue(c, due) ? "due"
            : "hot";
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
        return d.interval() == null ? null : TimescaleCatalog.isTime(d.type()) ? Intervals.human(d.interval())
            : String.valueOf(d.interval());
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
        var list = new ArrayList<Aggregate>();
        for (var a : aggregates.get()) {
            if (!visible.contains(a.viewOid())) continue;
            var refreshes = refreshes(a.id());
            var refresh = refreshes.stream().min(Comparator.comparingLong(TimescaleModel::distance)).orElse(null);
            var table = hypertables.get()
                .stream()
                .filter(h -> h.id() == a.id())
                .findFirst()
                .map(h -> hypertable(h, a.schema(), a.name()))
                .orElse(null);
            var timed = a.timeType() == null || TimescaleCatalog.isTime(a.timeType());
            var waiting = pending.get().get(a.id());
            boolean empty = a.watermark() == null || a.watermark() <= NEVER_OR_BEFORE;
            boolean never = empty && (waiting == null || waiting.all());
            var watermark = empty || !timed ? null : instant(a.watermark());
            var chain = new ArrayList<String>();
            for (var step = a; step != null; step = byId.get(step.source())) {
                chain.addFirst(step.sourceSchema() + "." + step.sourceName());
            }
            list.add(
                new Aggregate(
                    a.id(),
                    a.viewOid(),
                    a.schema(),
                    a.name(),
                    a.owner(),
                    a.comment(),
                    config.purpose(a.schema(), a.name(), a.comment()),
                    a.sourceSchema() + "." + a.sourceName(),
                    byId.containsKey(a.source()),
                    bucket(a),
                    !a.materializedOnly(),
                    watermark,
                    watermark == null ? null : Duration.between(watermark, now).toSeconds(),
                    never,
                    refresh == null ? null : refresh.job(),
                    refresh == null ? null : refresh.startOffset(),
                    refresh == null ? null : refresh.endOffset(),
                    refresh == null ? null : refresh.schedule(),
                    table == null ? Size.NONE : table.size(),
                    table == null ? null : table.rows(),
                    table == null ? 0 : table.chunks(),
                    columns.getOrDefault(a.viewOid(), List.of()),
                    indexes.getOrDefault(a.tableOid(), List.of()),
                    waiting == null ? null : waiting.ranges(),
                    definitions.get().get(a.id()),
                    chain,
                    table != null && table.compression().enabled(),
                    refreshes));
        }
        return list;
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
        return jobs.get().stream().filter(j -> j.target() == null || !outside.contains(j.target())).map(j -> {
            var stat = stats.get().get(j.id());
            return new Job(
                j.id(),
                j.application(),
                kind(j),
                j.target() == null ? null : targets.get(j.target()),
                Intervals.readable(j.schedule()),
                j.scheduled(),
                j.owner(),
                j.config(),
                stat == null ? null : stat.status(),
                stat == null ? null : stat.lastRun(),
                stat == null ? null : stat.lastSuccess(),
                stat == null ? null : stat.seconds(),
                stat == null ? null : stat.next(),
                stat == null ? null : stat.runs(),
                stat == null ? null : stat.failures(),
                errors.get().get(j.id()),
                j.id() < 1000);
        }).toList();
    }

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
