//SOURCES ../Units.java Anchor.java HistoryDrawing.java Inlines.java Intervals.java ObjectNames.java Report.java
//SOURCES ReportBlocks.java ReportDocument.java ReportNodes.java Sentences.java ShortText.java TableColumn.java
package lib.explore;

import java.util.Comparator;
import java.util.Locale;
import lib.Units;
import lib.explore.Report.Blocked;
import lib.explore.Report.Extension;
import lib.explore.Report.Grant;
import lib.explore.Report.LongTransaction;
import lib.explore.Report.NotSeen;
import lib.explore.Report.OtherDatabase;
import lib.explore.Report.Performance;
import lib.explore.Report.Relation;
import lib.explore.Report.Role;
import lib.explore.Report.SchemaFacts;
import lib.explore.Report.Setting;
import lib.explore.Report.SlowQuery;
import lib.explore.Report.TableUse;
import lib.explore.ReportNodes.RowName;
import lib.explore.TableColumn.Measured;

/** What stands around the tables: replication, the past, performance, access, and what could not be seen. */
final class ServerSections {
    private static final int BIGGEST = 30;

    private final Report r;
    private final ObjectNames names;

    ServerSections(Report report, ObjectNames names) {
        r = report;
        this.names = names;
    }

    void addTo(ReportDocument document) {
        document.section(
            "others",
            "Replication, foreign servers, settings of roles",
            Sentences.others(r).size(),
            this::others);
        if (r.history() != null) document.section("history", "History", r.history().points().size(), this::history);
        document.section("performance", "Performance", this::performance);
        document.section("access", "Schemas, extensions, roles", this::access);
        document.section("not-seen", "What could not be seen", r.notSeen().size(), this::notSeen);
    }

    private void others(ReportBlocks b) {
        b.objects(
            "Replication, foreign servers, settings of roles",
            Sentences.others(r),
            o -> new RowName(Anchor.of(o.kind(), o.text()), o.kind(), o.name()),
            TableColumn.text("Kind", Sentences.Other::kind),
            TableColumn.text("What", Sentences.Other::text));
    }

    private void history(ReportBlocks b) {
        b.panel(panel -> {
            Sentences.history(r.history()).forEach(panel::paragraph);
            HistoryDrawing.of(r.history()).forEach(curve -> panel.add(new ReportNodes.HistoryCurve(curve)));
        });
    }

    private void performance(ReportBlocks b) {
        var p = r.performance();
        b.panel(panel -> panel.list(Sentences.performance(r)));
        biggestTables(b);
        slowQueries(b, p);
        sessions(b, p);
        if (!p.settings().isEmpty()) {
            b.details(
                "Settings that were changed, and those that matter for the rules",
                fold -> fold.table(
                    "Settings",
                    p.settings(),
                    TableColumn.code("Setting", Setting::name),
                    TableColumn.code("Value", Sentences::setting),
                    TableColumn.text("From", Setting::source)));
        }
    }

    private void biggestTables(ReportBlocks b) {
        if (r.tables().isEmpty()) return;
        b.heading("Biggest tables");
        b.table(
            "Biggest tables",
            r.tables()
                .stream()
                .sorted(Comparator.comparingLong((Relation t) -> -t.size().total()).thenComparing(Relation::fullName))
                .limit(BIGGEST)
                .toList(),
            TableColumn.parts("Table", t -> names.link(t.fullName())),
            TableColumn.size("Size", Relation::size),
            TableColumn.number("Rows", Relation::rows),
            TableColumn.size("Heap", t -> t.size().heap()),
            TableColumn.size("Indexes", t -> t.size().index()),
            TableColumn.number("Dead rows", t -> t.use() == null ? null : t.use().dead()),
            TableColumn.number("Free", t -> free(t.use())),
            TableColumn.time("Last vacuum", t -> t.use() == null ? null : t.use().lastVacuum()),
            TableColumn.time("Last analyze", t -> t.use() == null ? null : t.use().lastAnalyze()));
    }

    private static Measured free(TableUse use) {
        return use == null || use.bloat() == null ? null
            : new Measured("~" + ShortText.number(100 * use.bloat()) + " %", use.bloat());
    }

    private static void slowQueries(ReportBlocks b, Performance p) {
        if (p.slowQueries().isEmpty()) return;
        b.heading("Queries that take most time");
        b.table(
            "Queries that take most time",
            p.slowQueries(),
            TableColumn.code("Query", SlowQuery::query),
            TableColumn.number("Calls", SlowQuery::calls),
            TableColumn.number("Mean ms", q -> new Measured(String.valueOf(q.meanMillis()), q.meanMillis())),
            TableColumn.number("Total ms", SlowQuery::totalMillis),
            TableColumn.number("Rows", SlowQuery::rows));
    }

    private static void sessions(ReportBlocks b, Performance p) {
        if (!p.longTransactions().isEmpty()) {
            b.heading("Open transactions");
            b.table(
                "Open transactions",
                p.longTransactions(),
                TableColumn.text("Process", t -> String.valueOf(t.pid())),
                TableColumn.text("User", LongTransaction::user),
                TableColumn.<LongTransaction>text("Application", LongTransaction::application).ifAny(),
                TableColumn.text("State", LongTransaction::state),
                TableColumn.number("Open", t -> new Measured(Intervals.age(t.seconds()), t.seconds())),
                TableColumn.code("Query", LongTransaction::query));
        }
        if (!p.blocked().isEmpty()) {
            b.heading("Waiting for locks");
            b.table(
                "Waiting for locks",
                p.blocked(),
                TableColumn.text("Process", w -> String.valueOf(w.pid())),
                TableColumn.text("Blocked by", Blocked::by),
                TableColumn.number("Waits", w -> new Measured(Intervals.age(w.seconds()), w.seconds())),
                TableColumn.text("On", Blocked::relation),
                TableColumn.code("Query", Blocked::query));
        }
    }

    private void access(ReportBlocks b) {
        var d = r.database();
        b.paragraph(
            "The database %s belongs to %s; its encoding is %s, its collation %s.".formatted(
                d.name(),
                d.owner(),
                d.encoding(),
                d.collation()));
        if (!r.schemas().isEmpty()) b.heading("Schemas");
        b.objects(
            "Schemas",
            r.schemas(),
            s -> new RowName(Anchor.of("schema", s.name()), "schema", s.name()),
            TableColumn.code("Schema", SchemaFacts::name),
            TableColumn.text("Owner", SchemaFacts::owner),
            TableColumn.number("Tables", s -> (long) s.tables()),
            TableColumn.number("Views", s -> (long) s.views()),
            TableColumn.number("Functions", s -> (long) s.functions()),
            TableColumn.size("Size", SchemaFacts::bytes),
            TableColumn.prose("About", SchemaFacts::purpose));
        extensions(b);
        roles(b);
        if (!r.grants().isEmpty()) b.heading("Grants");
        b.table(
            "Grants",
            r.grants(),
            TableColumn.code("Role", Grant::role),
            TableColumn.code("Schema", Grant::schema),
            TableColumn.text("Privileges", g -> g.privileges().toLowerCase(Locale.ROOT)),
            TableColumn.number("On", g -> new Measured(Units.plural(g.objects(), g.kind()), g.objects())));
        if (r.databases().size() < 2) return;
        b.heading("Databases of this server");
        b.table(
            "Databases of this server",
            r.databases(),
            TableColumn.code("Database", OtherDatabase::name),
            TableColumn.text("Owner", OtherDatabase::owner),
            TableColumn.size("Size", OtherDatabase::bytes),
            TableColumn.<OtherDatabase>text("Note", o -> o.allowsConnections() ? "" : "closed to connections").ifAny());
    }

    private void extensions(ReportBlocks b) {
        if (!r.extensions().isEmpty()) b.heading("Extensions");
        b.objects(
            "Extensions",
            r.extensions(),
            e -> new RowName(Anchor.of("extension", e.name()), "extension", e.name()),
            TableColumn.code("Extension", Extension::name),
            TableColumn.parts("Version", ServerSections::version),
            TableColumn.text("Schema", Extension::schema),
            TableColumn.prose("About", Extension::comment));
    }

    private static Inlines version(Extension e) {
        var version = Inlines.of(e.version());
        return e.available() == null || e.available().equals(e.version()) ? version
            : version.text(" ").tag("note", e.available() + " offered");
    }

    private void roles(ReportBlocks b) {
        if (!r.roles().isEmpty()) b.heading("Roles");
        b.objects(
            "Roles",
            r.roles(),
            x -> new RowName(Anchor.of("role", x.name()), "role", x.name()),
            TableColumn.code("Role", Role::name),
            TableColumn.text("May", Sentences::role),
            TableColumn.<Role>text("Member of", x -> String.join(", ", x.memberOf())).ifAny(),
            TableColumn.prose("About", Role::comment));
    }

    private void notSeen(ReportBlocks b) {
        b.paragraph("What is missing here is neither good nor bad, it is unknown. The last column would show it.");
        b.table(
            "What could not be seen",
            r.notSeen(),
            TableColumn.text("What", NotSeen::what),
            TableColumn.text("Why", n -> n.why() + (n.sqlState() == null ? "" : " (" + n.sqlState() + ")")),
            TableColumn.code("What would show it", NotSeen::cure));
    }
}
