//SOURCES ../Console.java ../Release.java ../database/Database.java ../database/Server.java Capabilities.java
//SOURCES CatalogReader.java ChunkAdviser.java ExploreConfig.java JobCalendar.java LiveCatalog.java ObjectCatalog.java
//SOURCES ObjectLinks.java Report.java Row.java Scope.java StructureCatalog.java TableDetails.java TimescaleCatalog.java
//SOURCES TimescaleModel.java Visibility.java
package lib.explore;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import lib.Release;
import lib.database.Database;
import lib.database.Server;
import lib.explore.Report.Aggregate;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;
import lib.explore.Report.SchemaFacts;
import lib.explore.Report.Size;
import lib.explore.Report.TableUse;
import lib.explore.Report.ViewFacts;
import lib.explore.StructureCatalog.Rel;

/** Asks all the questions and puts the answers together into one {@link Report}, still without its health. */
public final class Explorer implements AutoCloseable {
    /** Comments that initdb writes: they tell nothing. */
    private static final List<String> BORN_WITH =
        Arrays.asList("default administrative connection database", "default template for new databases", null);

    private final Database database;
    private final ExploreConfig config;
    private final CatalogReader reader;
    private final Server server;
    private final Capabilities can;
    private final Scope scope;
    private final Instant now;
    private final long startedNanos = System.nanoTime();

    public Explorer(Database database, ExploreConfig config, Instant now, boolean printOnly) {
        this.database = database;
        this.config = config;
        this.now = now;
        this.reader = new CatalogReader(database, Duration.ofSeconds(config.timeoutSeconds()), printOnly);
        this.server = Server.of(database);
        this.can = Capabilities.of(reader, database, server.major());
        this.scope = new Scope(config.schemas(), config.exclude());
    }

    /** Every question with its SQL, in the order asked. */
    public List<String> asked() {
        return reader.asked();
    }

    @Override
    public void close() {
        reader.close();
    }

    public Report explore() {
        var structure = new StructureCatalog(reader, can);
        var live = new LiveCatalog(reader, can);
        var objects = new ObjectCatalog(reader, can);
        // the embedded engine lets a second one wait until the first has gone
        if (can.servesTwo()) reader.useTwoConnections();
        var allRelations = reader.soon(structure::relations);
        var timescale =
            new TimescaleModel(reader, new TimescaleCatalog(reader, can), can.hasCatalog(), config, scope, now);

        var relations = allRelations.get().stream().filter(r -> scope.has(r.schema(), r.name())).toList();
        if (!scope.isAll() && relations.isEmpty() && !reader.isPrintOnly()) {
            lib.Console.warn("no table or view is in the %s", scope);
        }
        reader.locked();
        var own = Row.oids(relations.stream().map(Rel::oid).toList());
        // The longest come first, so that at the end no connection waits for the other.
        var parts = reader.soon(() -> live.tables(own));
        var ownIndexes = reader.soon(() -> {
            var withIndexes = new ArrayList<>(relations.stream().map(Rel::oid).toList());
            withIndexes.addAll(timescale.aggregateTables());
            return structure.indexes(Row.oids(withIndexes));
        });
        var constraints = reader.soon(() -> structure.constraints(own));
        var columns = reader.soon(() -> structure.columns(own));
        var viewDefinitions = structure.viewDefinitions(
            relations.stream()
                .filter(r -> (r.kind() == 'v' || r.kind() == 'm') && !r.isAggregate())
                .map(Rel::oid)
                .toList());
        var databases = reader.soon(structure::databases);
        var serverRow = reader.soon(live::server);
        var triggers = reader.soon(() -> structure.triggers(own));
        var bloat = reader.soon(() -> live.bloat(own));
        var settings = reader.soon(() -> live.settings(can.backup() != null));
        var routines =
            reader.soon(() -> structure.routines().stream().filter(f -> scope.hasSchema(f.schema())).toList());
        var types = reader.soon(() -> structure.types().stream().filter(t -> scope.hasSchema(t.schema())).toList());
        var sequences =
            reader.soon(() -> structure.sequences().stream().filter(s -> scope.hasSchema(s.schema())).toList());
        var extensions = reader.soon(structure::extensions);
        var options = reader.soon(() -> objects.options(own));
        var inheritance = reader.soon(() -> objects.inheritance(own));
        var partitionIndexes = reader.soon(() -> objects.partitionIndexes(own));
        var policies = reader.soon(() -> objects.policies(own));
        var rules = reader.soon(() -> objects.rules(own));
        var statistics = reader.soon(() -> objects.statistics(own));
        var dependents = reader.soon(() -> objects.dependents(own));
        var others = reader.soon(objects::others);
        var chunkReaders = reader.soon(objects::chunkReaders);
        var schemaRows = reader.soon(structure::schemas);
        var roles = reader.soon(structure::roles);
        var grants = reader.soon(
            () -> structure.grants(own).stream().filter(g -> scope.hasSchema(g.schema())).toList());
        var performance = reader.soon(() -> performance(live, settings.get(), serverRow.get()));

        var details = new TableDetails(
            options.get(),
            inheritance.get(),
            partitionIndexes.get(),
            policies.get(),
            rules.get(),
            statistics.get(),
            chunkReaders.get());
        var links = new ObjectLinks(relations, constraints.get().foreign(), dependents.get(), routines.get());
        var indexes = timescale.rollUp(ownIndexes.get().byTable());
        var definitions = viewDefinitions.get();
        var tables = new ArrayList<Relation>();
        var views = new ArrayList<ViewFacts>();
        var hypertables = new ArrayList<Hypertable>();
        for (var r : relations) {
            if (r.isAggregate()) continue;
            var itsIndexes = indexes.getOrDefault(r.oid(), List.of());
            var part = parts.get().get(r.oid());
            if (part != null && r.kind() != 'p') {
                part = part.withIndexes(itsIndexes.stream().mapToLong(Index::bytes).sum(), ownIndexes.get().exact());
            }
            if (r.kind() == 'v' || r.kind() == 'm') {
                views.add(
                    new ViewFacts(
                        r.oid(),
                        r.schema(),
                        r.name(),
                        r.kind() == 'm' ? "materialized view" : "view",
                        r.owner(),
                        r.comment(),
                        config.purpose(r.schema(), r.name(), r.comment()),
                        r.kind() == 'm' ? r.rows() : null,
                        part == null ? null : part.size().total(),
                        columns.get().getOrDefault(r.oid(), List.of()),
                        itsIndexes,
                        triggers.get().getOrDefault(r.oid(), List.of()),
                        links.usedBy(r.oid()),
                        details.options(r.oid()),
                        definitions.get(r.oid())));
                continue;
            }
            var hypertable = timescale.hypertable(r.oid(), r.schema(), r.name());
            if (hypertable != null) hypertables.add(hypertable);
            var size = hypertable != null ? hypertable.size() : part == null ? Size.NONE : part.size();
            var use = hypertable != null ? timescale.use(hypertable) : part == null ? null : part.use();
            var rows =
                hypertable != null ? hypertable.rows() : r.kind() == 'p' && part != null ? part.rows() : r.rows();
            tables
                .add(new Relation(r.oid(), r.schema(), r.name(), hypertable != null ? "hypertable" : switch (r.kind()) {
                    case 'p' -> "partitioned table";
                    case 'f' -> "foreign table";
                    default -> "table";
                },
                    r.unlogged(),
                    r.owner(),
                    r.comment(),
                    config.purpose(r.schema(), r.name(), r.comment()),
                    config.labels()
                        .getOrDefault(r.schema() + "." + r.name(), config.labels().getOrDefault(r.name(), List.of())),
                    rows,
                    size,
                    hypertable != null ? hypertable.chunks() : part == null ? 0 : part.parts(),
                    hypertable != null ? "RANGE (" + hypertable.dimensions().getFirst().column() + ")"
                        : r.partitionKey(),
                    columns.get().getOrDefault(r.oid(), List.of()),
                    constraints.get().own().getOrDefault(r.oid(), List.of()),
                    constraints.get().foreign().getOrDefault(r.oid(), List.of()),
                    itsIndexes,
                    triggers.get().getOrDefault(r.oid(), List.of()),
                    details.of(r.oid()),
                    links.referencedBy(r.oid()),
                    links.usedBy(r.oid()),
                    withIndexScans(use, itsIndexes, bloat.get().get(r.oid()))));
        }
        var aggregates = timescale.aggregates(relations, columns.get(), indexes);
        var jobs = timescale.jobs();
        var row = serverRow.get();
        new Visibility(reader, server).note(jobs, sequences.get(), bloat.get().isEmpty(), tables);
        var memory = settings.get().bytes("shared_buffers");
        var workers = settings.get().get("timescaledb.max_background_workers");

        var name = database.settings().database();
        return new Report(
            Report.FORMAT,
            "TimescaleDB Tools " + Release.VERSION,
            now,
            can.backup() == null ? database.settings().place() : "backup " + can.backup(),
            new Report.ServerFacts(
                server.version(),
                server.major(),
                server.hasTimescale() ? server.timescale().version() : null,
                server.hasTimescale() ? server.timescale().edition() : null,
                server.isStandby(),
                row.restoring(),
                server.user(),
                server.isSuperuser(),
                row.startedAt(),
                row.statisticsSince(),
                extensions.get()
                    .stream()
                    .filter(e -> e.name().equals("timescaledb_toolkit"))
                    .map(Report.Extension::version)
                    .findFirst()
                    .orElse(null)),
            new Report.DatabaseFacts(
                name,
                row.comment(),
                config.purpose(null, name, BORN_WITH.contains(row.comment()) ? null : row.comment()),
                row.owner(),
                row.encoding(),
                row.collation(),
                databases.get()
                    .stream()
                    .filter(d -> d.name().equals(name))
                    .map(Report.OtherDatabase::bytes)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null)),
            null,
            null,
            schemas(schemaRows.get(), tables, views, aggregates, routines.get()),
            tables,
            hypertables.stream().map(h -> withAdvice(h, hypertables, memory)).toList(),
            aggregates,
            jobs,
            views,
            routines.get(),
            types.get(),
            sequences.get(),
            extensions.get(),
            roles.get(),
            grants.get(),
            databases.get(),
            others.get(),
            performance.get().apply(tables),
            JobCalendar.of(jobs, now, workers == null ? null : Integer.valueOf(workers)),
            reader.notSeen(),
            null,
            null,
            new Report.Effort(reader.asked().size(), (System.nanoTime() - startedNanos) / 1_000_000));
    }

    private List<SchemaFacts> schemas(
        List<StructureCatalog.SchemaRow> rows,
        List<Relation> tables,
        List<ViewFacts> views,
        List<Aggregate> aggregates,
        List<Report.Routine> routines) {
        var bytes = new HashMap<String, Long>();
        tables.forEach(t -> bytes.merge(t.schema(), t.size().total(), Long::sum));
        views.forEach(v -> bytes.merge(v.schema(), v.bytes() == null ? 0 : v.bytes(), Long::sum));
        aggregates.forEach(a -> bytes.merge(a.schema(), a.size().total(), Long::sum));
        var tableCount = tables.stream().collect(Collectors.groupingBy(Relation::schema, Collectors.counting()));
        var viewCount = views.stream().collect(Collectors.groupingBy(ViewFacts::schema, Collectors.counting()));
        var aggregateCount =
            aggregates.stream().collect(Collectors.groupingBy(Aggregate::schema, Collectors.counting()));
        var routineCount =
            routines.stream().collect(Collectors.groupingBy(Report.Routine::schema, Collectors.counting()));
        return rows.stream()
            .filter(s -> scope.hasSchema(s.name()))
            .map(
                s -> new SchemaFacts(
                    s.name(),
                    s.owner(),
                    s.comment(),
                    config.purpose(null, s.name(), s.comment()),
                    tableCount.getOrDefault(s.name(), 0L).intValue(),
                    (int) (viewCount.getOrDefault(s.name(), 0L) + aggregateCount.getOrDefault(s.name(), 0L)),
                    routineCount.getOrDefault(s.name(), 0L).intValue(),
                    bytes.getOrDefault(s.name(), 0L)))
            .toList();
    }

    /** Asks all of it; what is left open is the cache, which is counted over the tables. */
    private Function<List<Relation>, Report.Performance> performance(
        LiveCatalog live,
        LiveCatalog.Settings settings,
        LiveCatalog.ServerRow row) {
        var maxConnections =
            settings.get("max_connections") == null ? null : Integer.valueOf(settings.get("max_connections"));
        var statements = can.statementsSchema();
        var connections = live.connections(maxConnections);
        var longTransactions = live.longTransactions(60);
        var blocked = live.blocked();
        var slowQueries = live.slowQueries();
        var slots = live.slots();
        var orphans = live.orphanedChunks();
        return tables -> {
            var read =
                tables.stream()
                    .map(Relation::use)
                    .filter(u -> u != null && u.blocksRead() != null)
                    .mapToLong(TableUse::blocksRead)
                    .sum();
            var hit =
                tables.stream()
                    .map(Relation::use)
                    .filter(u -> u != null && u.blocksHit() != null)
                    .mapToLong(TableUse::blocksHit)
                    .sum();
            return new Report.Performance(
                read + hit == 0 ? null : Math.round(1000.0 * hit / (read + hit)) / 10.0,
                read,
                connections,
                longTransactions,
                blocked,
                slowQueries,
                statements == null ? null : "pg_stat_statements in schema " + statements,
                settings.shown(),
                slots,
                new Report.Wraparound(
                    row.age(),
                    row.multixactAge(),
                    row.freezeMaxAge(),
                    Math.round(1000.0 * row.age() / 2_147_483_648.0) / 10.0),
                orphans,
                settings.bytes("shared_buffers"),
                row.deadlocks(),
                row.checksumFailures());
        };
    }

    private static Hypertable withAdvice(Hypertable h, List<Hypertable> all, Long memory) {
        return new Hypertable(
            h.id(),
            h.oid(),
            h.schema(),
            h.name(),
            h.dimensions(),
            h.chunks(),
            h.rows(),
            h.size(),
            h.oldest(),
            h.newest(),
            h.compression(),
            h.retention(),
            h.compressAfter(),
            h.medianChunkBytes(),
            h.newestChunkIndexBytes(),
            h.timeline(),
            h.chunkList(),
            h.tieredChunks(),
            h.bytesPerDay(),
            ChunkAdviser.text(ChunkAdviser.interval(h, all, memory)));
    }

    private static TableUse withIndexScans(TableUse use, List<Index> indexes, Double bloat) {
        if (use == null) return null;
        Long scans =
            indexes.isEmpty() ? null
                : indexes.stream().map(Index::scans).filter(Objects::nonNull).mapToLong(Long::longValue).sum();
        return new TableUse(
            use.sequentialScans(),
            scans,
            use.inserted(),
            use.updated(),
            use.deleted(),
            use.live(),
            use.dead(),
            use.lastVacuum(),
            use.lastAnalyze(),
            use.frozenAge(),
            use.blocksRead(),
            use.blocksHit(),
            use.modifiedSinceAnalyze(),
            use.worstFrozen(),
            bloat);
    }
}
