//SOURCES ../RecordFields.java ../Release.java ../database/Database.java ../database/Server.java Capabilities.java
//SOURCES CatalogAnswers.java CatalogReader.java ExploreConfig.java JobCalendar.java RelationModel.java Report.java
//SOURCES Scope.java TimescaleModel.java Visibility.java
package lib.explore;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import lib.RecordFields;
import lib.Release;
import lib.database.Database;
import lib.database.Server;
import lib.explore.Report.Aggregate;
import lib.explore.Report.Job;
import lib.explore.Report.Relation;
import lib.explore.Report.SchemaFacts;
import lib.explore.Report.ViewFacts;

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
    private boolean alone;
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

    /** Connect, ask, put together, note what stayed hidden, write down. */
    public Report explore() {
        connect();
        var answers = ask();
        var relations = new RelationModel(answers, config);
        var jobs = answers.timescale.jobs();
        noteWhatIsHidden(answers, relations, jobs);
        return report(answers, relations, jobs);
    }

    /** A second connection halves the wait; the embedded engine lets it wait until the first has gone. */
    private void connect() {
        if (can.servesTwo() && !alone) reader.useTwoConnections();
    }

    /** On one connection: where other databases are explored at the same time, they keep the server's cores busy. */
    Explorer alone() {
        alone = true;
        return this;
    }

    private CatalogAnswers ask() {
        return new CatalogAnswers(reader, can, new TimescaleModel.Wanted(config, scope, now));
    }

    private void noteWhatIsHidden(CatalogAnswers answers, RelationModel relations, List<Job> jobs) {
        new Visibility(reader, server)
            .note(jobs, answers.sequences.get(), answers.bloat.get().isEmpty(), relations.tables);
    }

    private Report report(CatalogAnswers answers, RelationModel relations, List<Job> jobs) {
        var settings = answers.settings.get();
        var workers = settings.get("timescaledb.max_background_workers");
        var statements = can.statementsSchema();
        return RecordFields.of(Report.class)
            .with("format", Report.FORMAT)
            .with("tool", "TimescaleDB Tools " + Release.VERSION)
            .with("madeAt", now)
            .with("source", can.backup() == null ? database.settings().place() : "backup " + can.backup())
            .with("server", serverFacts(answers))
            .with("database", databaseFacts(answers))
            .with("schemas", schemas(answers, relations))
            .with("tables", relations.tables)
            .with("hypertables", relations.hypertables)
            .with("aggregates", relations.aggregates)
            .with("jobs", jobs)
            .with("views", relations.views)
            .with("functions", answers.routines.get())
            .with("types", answers.types.get())
            .with("sequences", answers.sequences.get())
            .with("extensions", answers.extensions.get())
            .with("roles", answers.roles.get())
            .with("grants", answers.grants.get())
            .with("databases", answers.databases.get())
            .with("others", answers.others.get())
            .with(
                "performance",
                answers.activity.get().performance(answers.server.get(), settings, statements, relations.tables))
            .with("calendar", JobCalendar.of(jobs, now, workers == null ? null : Integer.valueOf(workers)))
            .with("health", null)
            .with("changes", null)
            .with("history", null)
            .with("ddl", null)
            .with("notSeen", reader.notSeen())
            .with("effort", new Report.Effort(reader.asked().size(), (System.nanoTime() - startedNanos) / 1_000_000))
            .record();
    }

    private Report.ServerFacts serverFacts(CatalogAnswers answers) {
        var row = answers.server.get();
        var timescale = server.hasTimescale() ? server.timescale() : null;
        return RecordFields.of(Report.ServerFacts.class)
            .with("version", server.version())
            .with("major", server.major())
            .with("timescaleVersion", timescale == null ? null : timescale.version())
            .with("edition", timescale == null ? null : timescale.edition())
            .with("standby", server.isStandby())
            .with("restoring", row.restoring())
            .with("user", server.user())
            .with("superuser", server.isSuperuser())
            .with("startedAt", row.startedAt())
            .with("statisticsSince", row.statisticsSince())
            .with("toolkitVersion", version(answers.extensions.get(), "timescaledb_toolkit"))
            .record();
    }

    private static String version(List<Report.Extension> extensions, String name) {
        return extensions.stream()
            .filter(e -> e.name().equals(name))
            .map(Report.Extension::version)
            .findFirst()
            .orElse(null);
    }

    private Report.DatabaseFacts databaseFacts(CatalogAnswers answers) {
        var name = database.settings().database();
        var row = answers.server.get();
        return new Report.DatabaseFacts(
            name,
            row.comment(),
            config.purpose(null, name, BORN_WITH.contains(row.comment()) ? null : row.comment()),
            row.owner(),
            row.encoding(),
            row.collation(),
            bytes(answers.databases.get(), name));
    }

    private static Long bytes(List<Report.OtherDatabase> databases, String name) {
        return databases.stream()
            .filter(d -> d.name().equals(name))
            .map(Report.OtherDatabase::bytes)
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(null);
    }

    private List<SchemaFacts> schemas(CatalogAnswers answers, RelationModel relations) {
        var bytes = new HashMap<String, Long>();
        relations.tables.forEach(t -> bytes.merge(t.schema(), t.size().total(), Long::sum));
        relations.views.forEach(v -> bytes.merge(v.schema(), v.bytes() == null ? 0 : v.bytes(), Long::sum));
        relations.aggregates.forEach(a -> bytes.merge(a.schema(), a.size().total(), Long::sum));
        var tableCount =
            relations.tables.stream().collect(Collectors.groupingBy(Relation::schema, Collectors.counting()));
        var viewCount =
            relations.views.stream().collect(Collectors.groupingBy(ViewFacts::schema, Collectors.counting()));
        var aggregateCount =
            relations.aggregates.stream().collect(Collectors.groupingBy(Aggregate::schema, Collectors.counting()));
        var routineCount =
            answers.routines.get()
                .stream()
                .collect(Collectors.groupingBy(Report.Routine::schema, Collectors.counting()));
        return answers.schemas.get()
            .stream()
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
}
