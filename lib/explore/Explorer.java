package lib.explore;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lib.Cli;
import lib.Database;
import lib.Server;
import lib.explore.Report.Aggregate;
import lib.explore.Report.Compression;
import lib.explore.Report.Dimension;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Index;
import lib.explore.Report.Job;
import lib.explore.Report.NotSeen;
import lib.explore.Report.Relation;
import lib.explore.Report.SchemaFacts;
import lib.explore.Report.Size;
import lib.explore.Report.Span;
import lib.explore.Report.TableUse;
import lib.explore.Report.ViewFacts;
import lib.explore.StructureCatalog.Rel;
import lib.explore.TimescaleCatalog.AggregateRow;
import lib.explore.TimescaleCatalog.ChunkRow;
import lib.explore.TimescaleCatalog.DimensionRow;
import lib.explore.TimescaleCatalog.JobRow;

/** Asks all the questions and puts the answers together into one {@link Report}, still without its health. */
public final class Explorer {
    /** More pieces than this are no longer told apart in a drawing of a hypertable's time line. */
    static final int TIMELINE_PIECES = 120;

    /** Comments that initdb writes: they tell nothing. */
    private static final List<String> BORN_WITH = Arrays.asList("default administrative connection database", "default template for new databases", null);

    private final Database database;
    private final ExploreConfig config;
    private final Asker asker;
    private final Server server;
    private final Capabilities can;
    private final Scope scope;
    private final Instant now;
    private final long startedNanos = System.nanoTime();

    public Explorer(Database database, ExploreConfig config, Instant now, boolean printOnly) {
        this.database = database;
        this.config = config;
        this.now = now;
        this.asker = new Asker(database, Duration.ofSeconds(config.timeoutSeconds()), printOnly);
        this.server = Server.of(database);
        this.can = Capabilities.of(asker, database, server.major());
        this.scope = new Scope(config.schemas(), config.exclude());
    }

    /** Every question with its SQL, in the order asked. */
    public List<String> asked() {
        return asker.asked();
    }

    public Report explore() {
        var structure = new StructureCatalog(asker, can);
        var live = new LiveCatalog(asker, can);
        var timescale = new Timescales(new TimescaleCatalog(asker, can), can.hasCatalog());

        var relations = structure.relations().stream().filter(r -> scope.has(r.schema(), r.name())).toList();
        if (!scope.isAll() && relations.isEmpty() && !asker.isPrintOnly()) lib.Console.warn("no table or view is in the %s", scope);
        var aggregateTables = timescale.aggregates.stream().map(AggregateRow::tableOid).toList();
        var own = Rows.oids(relations.stream().map(Rel::oid).toList());
        var withIndexes = new ArrayList<>(relations.stream().map(Rel::oid).toList());
        withIndexes.addAll(aggregateTables);

        var columns = structure.columns(own);
        var constraints = structure.constraints(own);
        var indexes = timescale.rollUp(structure.indexes(Rows.oids(withIndexes)));
        var triggers = structure.triggers(own);
        var parts = live.tables(own);
        var bloat = live.bloat(own);
        var viewDefinitions = structure.viewDefinitions(relations.stream().filter(r -> (r.kind() == 'v' || r.kind() == 'm') && !r.isAggregate()).map(Rel::oid).toList());

        var tables = new ArrayList<Relation>();
        var views = new ArrayList<ViewFacts>();
        var hypertables = new ArrayList<Hypertable>();
        for (var r : relations) {
            if (r.isAggregate()) continue;
            if (r.kind() == 'v' || r.kind() == 'm') {
                var part = parts.get(r.oid());
                views.add(new ViewFacts(r.oid(), r.schema(), r.name(), r.kind() == 'm' ? "materialized view" : "view", r.owner(), r.comment(),
                    purpose(r.schema(), r.name(), r.comment()), r.kind() == 'm' ? r.rows() : null, part == null ? null : part.size().total(),
                    columns.getOrDefault(r.oid(), List.of()), indexes.getOrDefault(r.oid(), List.of()), viewDefinitions.get(r.oid())));
                continue;
            }
            var hypertable = timescale.hypertable(r.oid(), r.schema(), r.name());
            if (hypertable != null) hypertables.add(hypertable);
            var part = parts.get(r.oid());
            var size = hypertable != null ? hypertable.size() : part == null ? Size.NONE : part.size();
            var use = hypertable != null ? timescale.use.get(hypertable.id()) : part == null ? null : part.use();
            var rows = hypertable != null ? Long.valueOf(hypertable.rows()) : r.kind() == 'p' && part != null ? Long.valueOf(part.rows()) : r.rows();
            var itsIndexes = indexes.getOrDefault(r.oid(), List.of());
            tables.add(new Relation(r.oid(), r.schema(), r.name(), hypertable != null ? "hypertable" : switch (r.kind()) {
                    case 'p' -> "partitioned table"; case 'f' -> "foreign table"; default -> "table"; },
                r.unlogged(), r.owner(), r.comment(), purpose(r.schema(), r.name(), r.comment()),
                config.labels().getOrDefault(r.schema() + "." + r.name(), config.labels().getOrDefault(r.name(), List.of())), rows, size,
                hypertable != null ? hypertable.chunks() : part == null ? 0 : part.parts(),
                hypertable != null ? "RANGE (" + hypertable.dimensions().getFirst().column() + ")" : r.partitionKey(),
                columns.getOrDefault(r.oid(), List.of()), constraints.own().getOrDefault(r.oid(), List.of()),
                constraints.foreign().getOrDefault(r.oid(), List.of()), itsIndexes, triggers.getOrDefault(r.oid(), List.of()),
                withIndexScans(use, itsIndexes, bloat.get(r.oid()))));
        }
        var aggregates = timescale.aggregates(relations, columns, indexes);
        var jobs = timescale.jobs();
        var row = live.server();
        var settings = live.settings(database.settings().isOfBackup());
        var routines = structure.routines().stream().filter(f -> scope.hasSchema(f.schema())).toList();
        var types = structure.types().stream().filter(t -> scope.hasSchema(t.schema())).toList();
        var sequences = structure.sequences().stream().filter(s -> scope.hasSchema(s.schema())).toList();
        var extensions = structure.extensions();
        var schemas = schemas(structure.schemas(), tables, views, aggregates, routines);
        var performance = performance(live, settings, row, tables);
        var roles = structure.roles();
        var grants = structure.grants(own);
        var databases = structure.databases();
        lookForHiddenThings(timescale, jobs, sequences, bloat.isEmpty(), tables, performance);

        return new Report(Report.FORMAT, "TimescaleDB Tools " + Cli.VERSION, now, database.settings().place(),
            new Report.ServerFacts(server.version(), server.major(), server.hasTimescale() ? server.timescale().version() : null,
                server.hasTimescale() ? server.timescale().edition() : null, server.isStandby(), row.restoring(), server.user(), server.isSuperuser(),
                row.startedAt(), row.statisticsSince(),
                extensions.stream().filter(e -> e.name().equals("timescaledb_toolkit")).map(Report.Extension::version).findFirst().orElse(null)),
            new Report.DatabaseFacts(database.settings().database(), row.comment(), purpose(null, database.settings().database(), BORN_WITH.contains(row.comment()) ? null : row.comment()), row.owner(),
                row.encoding(), row.collation(), row.bytes()),
            null, null, schemas, tables, hypertables, aggregates, jobs, views, routines, types, sequences, extensions, roles, grants, databases, performance,
            asker.notSeen(), new Report.Effort(asker.asked().size(), (System.nanoTime() - startedNanos) / 1_000_000));
    }

    private String purpose(String schema, String name, String comment) {
        var full = schema == null ? name : schema + "." + name;
        return config.purposes().getOrDefault(full, config.purposes().getOrDefault(name, comment));
    }

    private List<SchemaFacts> schemas(List<StructureCatalog.SchemaRow> rows, List<Relation> tables, List<ViewFacts> views, List<Aggregate> aggregates,
            List<Report.Routine> routines) {
        var bytes = new HashMap<String, Long>();
        tables.forEach(t -> bytes.merge(t.schema(), t.size().total(), Long::sum));
        views.forEach(v -> bytes.merge(v.schema(), v.bytes() == null ? 0 : v.bytes(), Long::sum));
        aggregates.forEach(a -> bytes.merge(a.schema(), a.size().total(), Long::sum));
        var tableCount = tables.stream().collect(Collectors.groupingBy(Relation::schema, Collectors.counting()));
        var viewCount = views.stream().collect(Collectors.groupingBy(ViewFacts::schema, Collectors.counting()));
        var aggregateCount = aggregates.stream().collect(Collectors.groupingBy(Aggregate::schema, Collectors.counting()));
        var routineCount = routines.stream().collect(Collectors.groupingBy(Report.Routine::schema, Collectors.counting()));
        return rows.stream().filter(s -> scope.hasSchema(s.name()))
            .map(s -> new SchemaFacts(s.name(), s.owner(), s.comment(), purpose(null, s.name(), s.comment()),
                tableCount.getOrDefault(s.name(), 0L).intValue(), (int) (viewCount.getOrDefault(s.name(), 0L) + aggregateCount.getOrDefault(s.name(), 0L)),
                routineCount.getOrDefault(s.name(), 0L).intValue(), bytes.getOrDefault(s.name(), 0L)))
            .toList();
    }

    private Report.Performance performance(LiveCatalog live, LiveCatalog.Settings settings, LiveCatalog.ServerRow row, List<Relation> tables) {
        long read = 0, hit = 0;
        for (var t : tables) {
            if (t.use() != null && t.use().blocksRead() != null) {
                read += t.use().blocksRead();
                hit += t.use().blocksHit();
            }
        }
        var maxConnections = settings.get("max_connections") == null ? null : Integer.valueOf(settings.get("max_connections"));
        var statements = can.statementsSchema();
        return new Report.Performance(read + hit == 0 ? null : Math.round(1000.0 * hit / (read + hit)) / 10.0, read, live.connections(maxConnections),
            live.longTransactions(60), live.blocked(), live.slowQueries(),
            statements == null ? null : "pg_stat_statements in schema " + statements, settings.shown(), live.slots(),
            new Report.Wraparound(row.age(), row.multixactAge(), row.freezeMaxAge(), Math.round(1000.0 * row.age() / 2_147_483_648.0) / 10.0),
            live.orphanedChunks(), settings.bytes("shared_buffers"), row.deadlocks(), row.checksumFailures());
    }

    private static TableUse withIndexScans(TableUse use, List<Index> indexes, Double bloat) {
        if (use == null) return null;
        Long scans = indexes.isEmpty() ? null : indexes.stream().map(Index::scans).filter(Objects::nonNull).mapToLong(Long::longValue).sum();
        return new TableUse(use.sequentialScans(), scans, use.inserted(), use.updated(), use.deleted(), use.live(), use.dead(), use.lastVacuum(),
            use.lastAnalyze(), use.frozenAge(), use.blocksRead(), use.blocksHit(), use.modifiedSinceAnalyze(), use.worstFrozen(), bloat);
    }

    /** What a role with few rights is silently not shown: no error tells it, so we look for the gaps. */
    private void lookForHiddenThings(Timescales timescale, List<Job> jobs, List<Report.Sequence> sequences, boolean noWidths, List<Relation> tables,
            Report.Performance performance) {
        if (asker.isPrintOnly()) return;
        if (sequences.size() > StructureCatalog.SEQUENCES_ASKED) {
            asker.note(new NotSeen("where " + (sequences.size() - StructureCatalog.SEQUENCES_ASKED) + " of " + sequences.size() + " sequences stand",
                "asking takes a lock for each, so only those are asked that are likeliest to be near their end", null, null));
        }
        if (server.isSuperuser()) return;
        var me = Database.identifier(server.user());
        boolean monitor = asker.first("own rights", "SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS monitor", r -> r.getBoolean("monitor")).orElse(false);
        if (!monitor) {
            asker.note(new NotSeen("what other users run, and the text of their queries", "the role may not read all statistics", null, "GRANT pg_monitor TO " + me + ";"));
        }
        boolean othersJobs = jobs.stream().anyMatch(j -> !j.system() && !j.owner().equals(server.user()));
        if (othersJobs) {
            asker.note(new NotSeen("error texts of other owners' jobs", "TimescaleDB shows the errors of a job to its owner alone", null,
                jobs.stream().filter(j -> !j.system() && !j.owner().equals(server.user())).map(Job::owner).distinct().sorted()
                    .map(o -> "GRANT " + Database.identifier(o) + " TO " + me + ";").collect(Collectors.joining(" "))));
        }
        var hiddenSequences = sequences.stream().filter(s -> s.lastValue() == null).map(Report.Sequence::schema).distinct().sorted().toList();
        if (!hiddenSequences.isEmpty() && !asker.first("own rights on sequences", """
                SELECT bool_and(has_sequence_privilege(c.oid, 'SELECT, USAGE')) AS all_of_them FROM pg_catalog.pg_class AS c WHERE c.relkind = 'S'
                """, r -> r.getBoolean("all_of_them")).orElse(true)) {
            asker.note(new NotSeen("where sequences stand", "needs SELECT or USAGE on them", null, hiddenSequences.stream()
                .map(s -> "GRANT SELECT ON ALL SEQUENCES IN SCHEMA " + Database.identifier(s) + " TO " + me + ";").collect(Collectors.joining(" "))));
        }
        if (noWidths && tables.stream().anyMatch(t -> t.size().heap() > 8_192_000)) {
            asker.note(new NotSeen("the estimate of bloat", "pg_stats shows only tables that the role may read", null, "GRANT pg_read_all_data TO " + me + ";"));
        }
    }

    /** TimescaleDB's rows, asked at once and joined here. All empty where the extension is not installed. */
    private final class Timescales {
        final boolean present;
        final TimescaleCatalog catalog;
        final List<TimescaleCatalog.HypertableRow> hypertables;
        final Map<Integer, List<DimensionRow>> dimensions;
        final Map<Integer, List<ChunkRow>> chunks;
        final Map<Long, TimescaleCatalog.SettingsRow> settings;
        final List<AggregateRow> aggregates;
        final Map<Integer, String> definitions;
        final Map<Integer, Long> pending;
        final List<JobRow> jobs;
        final Map<Integer, TimescaleCatalog.JobStat> stats;
        final Map<Integer, String> errors;
        final Map<Long, TimescaleCatalog.ChunkIndexRow> chunkIndexes;
        final Map<Integer, TableUse> use;
        final Map<Long, TimescaleCatalog.HypertableRow> byOid;

        Timescales(TimescaleCatalog catalog, boolean present) {
            this.catalog = catalog;
            this.present = present;
            hypertables = present ? catalog.hypertables() : List.of();
            byOid = hypertables.stream().filter(h -> !h.aggregateOf()).collect(Collectors.toMap(TimescaleCatalog.HypertableRow::oid, h -> h));
            dimensions = present ? catalog.dimensions().stream().collect(Collectors.groupingBy(DimensionRow::hypertable)) : Map.of();
            chunks = present ? catalog.chunks().stream().collect(Collectors.groupingBy(ChunkRow::hypertable)) : Map.of();
            settings = present ? catalog.compressionSettings().stream().collect(Collectors.toMap(TimescaleCatalog.SettingsRow::oid, s -> s, (a, b) -> a)) : Map.of();
            aggregates = present ? catalog.aggregates() : List.of();
            definitions = present ? catalog.aggregateDefinitions() : Map.of();
            pending = present ? catalog.pendingRanges() : Map.of();
            jobs = present ? catalog.jobs() : List.of();
            stats = present ? catalog.jobStats() : Map.of();
            errors = present ? catalog.jobErrors() : Map.of();
            chunkIndexes = present ? catalog.chunkIndexes().stream().collect(Collectors.toMap(TimescaleCatalog.ChunkIndexRow::parent, c -> c)) : Map.of();
            use = present ? catalog.chunkUse().stream().collect(Collectors.toMap(TimescaleCatalog.UseRow::hypertable, TimescaleCatalog.UseRow::use)) : Map.of();
        }

        /** Adds the chunks' scans and bytes to the indexes of hypertables. */
        Map<Long, List<Index>> rollUp(Map<Long, List<Index>> indexes) {
            var rolled = new HashMap<Long, List<Index>>();
            var partitioned = hypertables.stream().map(TimescaleCatalog.HypertableRow::oid).collect(Collectors.toSet());
            indexes.forEach((table, list) -> rolled.put(table, !partitioned.contains(table) ? list : list.stream().map(i -> {
                var sum = chunkIndexes.get(i.oid());
                return sum == null ? i : new Index(i.oid(), i.name(), i.method(), i.keys(), i.include(), i.predicate(), i.unique(), i.primary(), i.constraint(),
                    i.valid(), i.bytes() + sum.bytes(), i.scans() == null ? sum.scans() : Long.valueOf(i.scans() + sum.scans()), sum.chunks(), i.definition(), i.shape());
            }).toList()));
            return rolled;
        }

        Hypertable hypertable(long oid, String schema, String name) {
            var row = byOid.get(oid);
            return row == null ? null : hypertable(row, schema, name);
        }

        private Hypertable hypertable(TimescaleCatalog.HypertableRow row, String schema, String name) {
            var dims = dimensions.getOrDefault(row.id(), List.of());
            if (dims.isEmpty()) return null;
            var type = dims.getFirst().type();
            var own = chunks.getOrDefault(row.id(), List.of());
            var policies = jobs.stream().filter(j -> Objects.equals(j.target(), row.id())).toList();
            var compressAfter = policy(policies, "policy_compression", "compress_after", "compress_created_before");
            var dropAfter = policy(policies, "policy_retention", "drop_after", "drop_created_before");
            var due = due(compressAfter, type);
            var size = own.stream().map(ChunkRow::size).reduce(Size.NONE, Size::plus);
            long rows = own.stream().map(ChunkRow::rows).filter(Objects::nonNull).mapToLong(Long::longValue).sum();
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
            var setting = settings.get(row.oid());
            var compression = new Compression(row.columnstore() || compressed > 0, setting == null ? List.of() : setting.segmentBy(),
                setting == null ? List.of() : setting.orderBy(), compressed, partial, dueChunks, dueBytes, compressed == 0 ? null : before,
                compressed == 0 ? null : after, compressed == 0 ? null : rowsBefore, compressed == 0 ? null : batches);
            var sizes = own.stream().filter(c -> !c.isCompressed()).map(c -> c.size().total()).sorted().toList();
            var newest = own.isEmpty() ? null : own.getLast();
            return new Hypertable(row.id(), row.oid(), schema, name,
                dims.stream().map(d -> new Dimension(d.column(), d.type(), interval(d), TimescaleCatalog.isTime(d.type()) ? d.interval() : null, d.slices())).toList(),
                own.size(), rows, size, own.isEmpty() || !TimescaleCatalog.isTime(type) ? null : instant(own.getFirst().from()),
                newest == null || !TimescaleCatalog.isTime(type) ? null : instant(newest.to()), compression, dropAfter, compressAfter,
                sizes.isEmpty() ? null : sizes.get(sizes.size() / 2), newest == null ? null : newest.indexBytes(), timeline(own, type, due),
                config.chunks() > 0 ? biggest(own, type, due) : List.of(), (int) own.stream().filter(ChunkRow::foreign).count());
        }

        private List<Report.ChunkFacts> biggest(List<ChunkRow> own, String type, Long due) {
            return own.stream().sorted(Comparator.comparingLong((ChunkRow c) -> -c.size().total()).thenComparing(ChunkRow::name)).limit(config.chunks())
                .map(c -> new Report.ChunkFacts(c.name(), TimescaleCatalog.point(c.from(), type), TimescaleCatalog.point(c.to(), type), state(c, due),
                    c.size().total(), c.rows())).toList();
        }

        /** Neighbours are put together where there are more than can be drawn; the worst state of them shows. */
        private List<Span> timeline(List<ChunkRow> own, String type, Long due) {
            int each = Math.max(1, (own.size() + TIMELINE_PIECES - 1) / TIMELINE_PIECES);
            var spans = new ArrayList<Span>();
            for (int from = 0; from < own.size(); from += each) {
                var some = own.subList(from, Math.min(own.size(), from + each));
                var states = some.stream().map(c -> state(c, due)).collect(Collectors.toCollection(HashSet::new));
                var state = List.of("due", "partial", "hot", "compressed", "frozen", "tiered").stream().filter(states::contains).findFirst().orElseThrow();
                spans.add(new Span(TimescaleCatalog.point(some.getFirst().from(), type), TimescaleCatalog.point(some.getLast().to(), type), some.size(),
                    some.stream().mapToLong(c -> c.size().total()).sum(), state));
            }
            return spans;
        }

        private static String state(ChunkRow c, Long due) {
            return c.foreign() ? "tiered" : c.isFrozen() ? "frozen" : c.isPartial() ? "partial" : c.isCompressed() ? "compressed" : isDue(c, due) ? "due" : "hot";
        }

        /** The point before which a chunk should be compressed, in internal time; null without a policy that we can compute. */
        private Long due(String compressAfter, String type) {
            var micros = Intervals.micros(compressAfter);
            return micros == null || !TimescaleCatalog.isTime(type) ? null : now.toEpochMilli() * 1000 - micros;
        }

        private static boolean isDue(ChunkRow c, Long due) {
            // one chunk's width of grace: the policy runs now and then
            return due != null && c.to() != null && c.from() != null && c.to() < due - (c.to() - c.from()) && !c.foreign();
        }

        private static Instant instant(Long micros) {
            return micros == null || micros == Long.MIN_VALUE || micros == Long.MAX_VALUE ? null : TimescaleCatalog.instant(micros);
        }

        private static String interval(DimensionRow d) {
            return d.interval() == null ? null : TimescaleCatalog.isTime(d.type()) ? Intervals.human(d.interval()) : String.valueOf(d.interval());
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

        List<Aggregate> aggregates(List<Rel> relations, Map<Long, List<Report.Column>> columns, Map<Long, List<Index>> indexes) {
            var byId = aggregates.stream().collect(Collectors.toMap(AggregateRow::id, a -> a));
            var visible = relations.stream().map(Rel::oid).collect(Collectors.toSet());
            var list = new ArrayList<Aggregate>();
            for (var a : aggregates) {
                if (!visible.contains(a.viewOid())) continue;
                var refresh = jobs.stream().filter(j -> Objects.equals(j.target(), a.id()) && j.procedure().endsWith(".policy_refresh_continuous_aggregate")).findFirst().orElse(null);
                var table = hypertables.stream().filter(h -> h.id() == a.id()).findFirst().map(h -> hypertable(h, a.schema(), a.name())).orElse(null);
                var timed = a.timeType() == null || TimescaleCatalog.isTime(a.timeType());
                boolean never = a.watermark() == null || a.watermark() <= NEVER_OR_BEFORE;
                var watermark = never || !timed ? null : instant(a.watermark());
                var chain = new ArrayList<String>();
                for (var step = a; step != null; step = byId.get(step.source())) chain.addFirst(step.sourceSchema() + "." + step.sourceName());
                list.add(new Aggregate(a.id(), a.viewOid(), a.schema(), a.name(), a.owner(), a.comment(), purpose(a.schema(), a.name(), a.comment()),
                    a.sourceSchema() + "." + a.sourceName(), byId.containsKey(a.source()), bucket(a), !a.materializedOnly(), watermark,
                    watermark == null ? null : Duration.between(watermark, now).toSeconds(), never, refresh == null ? null : refresh.id(),
                    refresh == null ? null : Intervals.readable(refresh.policy().get("start_offset")), refresh == null ? null : Intervals.readable(refresh.policy().get("end_offset")),
                    refresh == null ? null : Intervals.readable(refresh.schedule()), table == null ? Size.NONE : table.size(), table == null ? 0 : table.rows(),
                    table == null ? 0 : table.chunks(), columns.getOrDefault(a.viewOid(), List.of()), indexes.getOrDefault(a.tableOid(), List.of()),
                    pending.get(a.id()), definitions.get(a.id()), chain, table != null && table.compression().enabled()));
            }
            return list;
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
            hypertables.forEach(h -> {
                targets.put(h.id(), h.schema() + "." + h.name());
                if (!h.aggregateOf() && !scope.has(h.schema(), h.name())) outside.add(h.id());
            });
            aggregates.forEach(a -> {
                targets.put(a.id(), a.schema() + "." + a.name());
                if (!scope.has(a.schema(), a.name())) outside.add(a.id());
            });
            return jobs.stream().filter(j -> j.target() == null || !outside.contains(j.target())).map(j -> {
                var stat = stats.get(j.id());
                return new Job(j.id(), j.application(), kind(j), j.target() == null ? null : targets.get(j.target()), Intervals.readable(j.schedule()), j.scheduled(), j.owner(), j.config(),
                    stat == null ? null : stat.status(), stat == null ? null : stat.lastRun(), stat == null ? null : stat.lastSuccess(),
                    stat == null ? null : stat.seconds(), stat == null ? null : stat.next(), stat == null ? null : stat.runs(),
                    stat == null ? null : stat.failures(), errors.get(j.id()), j.id() < 1000);
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
}
