//SOURCES ../Units.java Anchor.java CommentText.java Inlines.java MarkdownText.java ObjectNames.java
//SOURCES ObjectStatements.java RelationGraph.java Report.java ReportBlocks.java ReportDocument.java ReportNodes.java
//SOURCES Sentences.java TableColumn.java
package lib.explore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lib.Units;
import lib.explore.Report.Column;
import lib.explore.Report.Constraint;
import lib.explore.Report.ForeignKey;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;
import lib.explore.Report.Routine;
import lib.explore.Report.Sequence;
import lib.explore.Report.Trigger;
import lib.explore.Report.TypeFacts;
import lib.explore.Report.ViewFacts;
import lib.explore.ReportNodes.CardTitle;
import lib.explore.ReportNodes.FactStyle;
import lib.explore.ReportNodes.RowName;

/** What the database is made of: relations, tables, views, functions, types, sequences, indexes. */
final class StructureSections {
    /** With more tables than this the columns of each are a block of text, a tenth of the elements of a page. */
    static final int RICH_TABLES = 1000;
    private static final int INDEXES = 200;
    private static final int ABOUT = 140;

    private final Report r;
    private final ObjectNames names;
    private final RelationGraph graph;
    private final boolean rich;
    private final ObjectStatements statements;

    StructureSections(Report report, ObjectNames names) {
        r = report;
        this.names = names;
        graph = RelationGraph.of(r);
        rich = r.tables().size() <= RICH_TABLES;
        statements = new ObjectStatements(r);
    }

    static int indexCount(Report r) {
        return r.tables().stream().mapToInt(t -> t.indexes().size()).sum();
    }

    void addTo(ReportDocument document) {
        if (!graph.clusters().isEmpty()) document.section("relations", "Relations", this::relations);
        if (r.tables().isEmpty()) {
            document.section("tables", "Tables", b -> b.paragraph("0 tables."));
        }
        document.section("tables", "Tables", r.tables().size(), this::tables);
        document.section("views", "Views", r.views().size(), this::views);
        document.section("functions", "Functions", r.functions().size(), this::functions);
        document.section("types", "Types", r.types().size(), this::types);
        document.section("sequences", "Sequences", r.sequences().size(), this::sequences);
        document.section("indexes", "Indexes", indexCount(r), this::indexes);
        if (r.ddl() != null) document.section("ddl", "DDL", this::ddl);
    }

    private void relations(ReportBlocks b) {
        b.paragraph(
            "Lines go from the referencing to the referenced table; dashed ones from a continuous aggregate to its "
                + "source." + Sentences.alone(graph.alone()));
        b.add(new ReportNodes.RelationPicture(graph));
        int more = graph.overview().size() - RelationGraph.DRAWINGS;
        if (more > 0) {
            b.paragraph(more + " more groups are not drawn; run with --schema to draw a part of the database.");
        }
        if (!graph.drawsEachTable()) {
            b.paragraph(
                "The tables have no drawings of their own: more than " + RelationGraph.OWN_DRAWINGS
                    + " are related. Run with --schema to have them.");
        }
    }

    private void tables(ReportBlocks b) {
        String schema = null;
        boolean several = r.tables().stream().map(Relation::schema).distinct().count() > 1;
        for (var t : r.tables()) {
            if (several && !t.schema().equals(schema)) {
                schema = t.schema();
                b.heading("Schema " + schema);
                r.schemas()
                    .stream()
                    .filter(s -> s.name().equals(t.schema()))
                    .findFirst()
                    .ifPresent(s -> b.comment(s.purpose()));
            }
            b.add(new ReportNodes.ObjectCard(title(t), card -> table(card, t)));
        }
    }

    private static CardTitle title(Relation t) {
        var tags = new ArrayList<String>();
        if (!t.kind().equals("table")) tags.add(t.kind());
        if (t.unlogged()) tags.add("unlogged");
        tags.addAll(t.labels());
        var numbers = new ArrayList<String>();
        if (t.rows() != null) numbers.add(Units.plural(t.rows(), "row"));
        numbers.add(ReportBlocks.size(t.size()));
        return new CardTitle(
            Anchor.relation(t.schema(), t.name()),
            t.kind(),
            MarkdownText.line(t.fullName()),
            MarkdownText.line(t.name()),
            tags,
            about(t.purpose()),
            numbers);
    }

    private static String about(String purpose) {
        return purpose == null ? null : CommentText.firstLine(purpose, ABOUT);
    }

    private void table(ReportBlocks b, Relation t) {
        b.comment(t.purpose());
        if (t.comment() != null && !t.comment().equals(t.purpose())) {
            b.paragraph(new Inlines().muted("Comment in the database: ").add(CommentText.line(t.comment(), 2000)));
        }
        if (rich) {
            facts(b, t);
            columns(b, t.fullName(), t.columns());
            constraints(b, t.constraints());
        } else {
            b.code(null, Sentences.compact(t));
        }
        var around = graph.around(t.schema(), t.name());
        if (around != null) b.add(new ReportNodes.NeighbourPicture(around));
        foreignKeys(b, t.foreignKeys());
        b.paragraph(names.listed("Referenced by ", t.referencedBy()));
        b.paragraph(names.listed("Used by ", t.usedBy()));
        if (rich) indexTable(b, t.fullName(), t.indexes());
        triggers(b, t.fullName(), t.triggers());
        list(b, "More", Sentences.details(t).stream().map(Inlines::of).toList());
        ddl(b, t.name(), statements.ofRelation(t.schema(), t.name()));
    }

    /** With --ddl. */
    static void ddl(ReportBlocks b, String name, String sql) {
        if (sql != null) b.details("DDL of " + name, fold -> fold.code("sql", sql));
    }

    private static void list(ReportBlocks b, String label, List<Inlines> items) {
        if (!items.isEmpty()) b.label(label).items(items);
    }

    private static void facts(ReportBlocks b, Relation t) {
        b.facts(FactStyle.LIST, facts -> {
            facts.put("Kind", Inlines.of(Sentences.kind(t)));
            facts.put("Owner", Inlines.of(t.owner()));
            facts.put("Size", Inlines.of(Sentences.sizes(t.size())));
            facts.put("Rows", Inlines.of(t.rows() == null ? "not known" : "about " + Units.count(t.rows())));
            facts.put("Use", Inlines.of(Sentences.use(t.use())));
            facts.put("Maintenance", Inlines.of(Sentences.maintenance(t.use())));
        });
    }

    static void columns(ReportBlocks b, String of, List<Column> columns) {
        b.table(
            "Columns of " + of,
            columns,
            TableColumn.code("Column", Column::name),
            TableColumn.code("Type", Column::type),
            TableColumn.text("Null", c -> c.nullable() ? "yes" : ""),
            TableColumn.<Column>code("Default", c -> c.generated() != null ? c.generated() : c.defaultValue()).ifAny(),
            TableColumn.<Column>code("Collation", Column::collation).ifAny(),
            TableColumn.prose("About", Column::comment));
    }

    private static void constraints(ReportBlocks b, List<Constraint> constraints) {
        list(
            b,
            "Keys and checks",
            constraints.stream()
                .map(
                    c -> notValid(Inlines.of(c.kind() + " ").code(c.name()).text(": ").code(c.definition()), c.valid())
                        .add(about(c.comment(), 200)))
                .toList());
    }

    private static Inlines notValid(Inlines parts, boolean valid) {
        return valid ? parts : parts.text(" ").tag("warning", "not validated");
    }

    private static Inlines about(String comment, int most) {
        return comment == null ? new Inlines() : Inlines.of(" — ").add(CommentText.line(comment, most));
    }

    private void foreignKeys(ReportBlocks b, List<ForeignKey> keys) {
        list(b, "Refers to", keys.stream().map(this::foreignKey).toList());
    }

    private Inlines foreignKey(ForeignKey k) {
        var parts = new Inlines().code(String.join(", ", k.columns()))
            .text(" → ")
            .add(names.link(k.target()))
            .text(" ")
            .code(String.join(", ", k.toColumns()))
            .text(Sentences.foreignKey(k));
        if (rich) parts.text(" ").muted(k.name());
        return notValid(parts, k.valid()).add(about(k.comment(), 200));
    }

    static void indexTable(ReportBlocks b, String of, List<Index> indexes) {
        if (indexes.isEmpty()) return;
        b.label("Indexes");
        b.table(
            "Indexes of " + of,
            indexes,
            TableColumn.code("Index", Index::name),
            TableColumn.code("On", Sentences::index),
            TableColumn.text("Kind", Sentences::indexKind),
            TableColumn.size("Size", Index::bytes),
            TableColumn.number("Scans", Index::scans),
            TableColumn.prose("About", Index::comment));
    }

    private static void triggers(ReportBlocks b, String of, List<Trigger> triggers) {
        if (triggers.isEmpty()) return;
        b.label("Triggers");
        b.objects(
            "Triggers of " + of,
            triggers,
            g -> new RowName(Anchor.of("trigger", of, g.name()), "trigger", g.name() + " on " + of),
            TableColumn.code("Trigger", Trigger::name),
            TableColumn.text("State", g -> g.enabled() ? "on" : "off"),
            TableColumn.code("Definition", Trigger::definition),
            TableColumn.prose("About", Trigger::comment));
    }

    private void views(ReportBlocks b) {
        for (var v : r.views()) b.add(new ReportNodes.ObjectCard(title(v), card -> view(card, v)));
    }

    private static CardTitle title(ViewFacts v) {
        var numbers = new ArrayList<String>();
        if (v.rows() != null) numbers.add(Units.plural(v.rows(), "row"));
        if (v.bytes() != null) numbers.add(Units.bytes(v.bytes()));
        return new CardTitle(
            Anchor.relation(v.schema(), v.name()),
            v.kind(),
            MarkdownText.line(v.fullName()),
            MarkdownText.line(v.fullName()),
            v.kind().equals("view") ? List.of() : List.of("materialized"),
            about(v.purpose()),
            numbers);
    }

    private void view(ReportBlocks b, ViewFacts v) {
        b.comment(v.purpose());
        b.facts(FactStyle.LIST, facts -> {
            facts.put("Owner", Inlines.of(v.owner()));
            if (!v.options().isEmpty()) facts.put("Options", Inlines.of(String.join(", ", v.options())));
        });
        columns(b, v.fullName(), v.columns());
        indexTable(b, v.fullName(), v.indexes());
        triggers(b, v.fullName(), v.triggers());
        b.paragraph(names.listed("Used by ", v.usedBy()));
        b.code("sql", v.definition());
        ddl(b, v.name(), statements.ofRelation(v.schema(), v.name()));
    }

    private void functions(ReportBlocks b) {
        for (var f : r.functions()) b.add(new ReportNodes.ObjectCard(title(f), card -> function(card, f)));
    }

    private static CardTitle title(Routine f) {
        var tags = new ArrayList<String>();
        if (!f.kind().equals("function")) tags.add(f.kind());
        if (f.securityDefiner()) tags.add("security definer");
        return new CardTitle(
            Anchor.of("function", f.schema(), f.name(), f.arguments()),
            f.kind(),
            MarkdownText.line(f.signature()),
            MarkdownText.line(f.signature()),
            tags,
            about(f.comment()),
            List.of(f.language()));
    }

    private void function(ReportBlocks b, Routine f) {
        b.comment(f.comment());
        b.facts(FactStyle.LIST, facts -> {
            if (f.returns() != null) facts.put("Returns", new Inlines().code(f.returns()));
            facts.put("Language", Inlines.of(f.language() + ", " + f.volatility()));
            facts.put("Owner", Inlines.of(f.owner()));
            if (!f.settings().isEmpty()) facts.put("Settings", Inlines.of(String.join("; ", f.settings())));
        });
        b.code(f.language().equals("sql") || f.language().equals("plpgsql") ? "sql" : null, f.body());
        ddl(b, f.name(), statements.ofRoutine(f));
    }

    private void types(ReportBlocks b) {
        b.objects(
            "Types",
            r.types(),
            t -> new RowName(Anchor.of("type", t.schema(), t.name()), t.kind(), t.schema() + "." + t.name()),
            TableColumn.code("Type", t -> t.schema() + "." + t.name()),
            TableColumn.text("Kind", TypeFacts::kind),
            TableColumn.text("Owner", TypeFacts::owner),
            TableColumn.code("Definition", TypeFacts::definition),
            TableColumn.prose("About", TypeFacts::comment));
    }

    private void sequences(ReportBlocks b) {
        b.objects(
            "Sequences",
            r.sequences(),
            s -> new RowName(Anchor.of("sequence", s.schema(), s.name()), "sequence", s.schema() + "." + s.name()),
            TableColumn.code("Sequence", s -> s.schema() + "." + s.name()),
            TableColumn.code("Feeds", Sequence::ownedBy),
            TableColumn.text("Owner", Sequence::owner),
            TableColumn.text("Type", s -> s.type() + (s.cycles() ? ", cycles" : "")),
            TableColumn.number("Stands at", Sequence::lastValue),
            TableColumn.number("Ends at", Sequence::limit),
            TableColumn.number(
                "Used",
                s -> s.usedPercent() == null ? null
                    : new TableColumn.Measured(s.usedPercent() + " %", s.usedPercent())),
            TableColumn.prose("About", Sequence::comment));
    }

    private record PlacedIndex(Relation table, Index index) {}

    private void indexes(ReportBlocks b) {
        var all = new ArrayList<PlacedIndex>();
        r.tables().forEach(t -> t.indexes().forEach(i -> all.add(new PlacedIndex(t, i))));
        all.sort(
            Comparator.comparingLong((PlacedIndex p) -> -p.index().bytes())
                .thenComparing(p -> p.table().fullName())
                .thenComparing(p -> p.index().name()));
        var since = r.server().statisticsSince();
        b.paragraph(
            "On hypertables the scans and sizes of all chunks are summed up."
                + (since == null ? "" : " Scans are counted since " + Units.utc(since) + ".")
                + (all.size() > INDEXES ? " The " + INDEXES + " biggest of " + Units.count(all.size()) + "." : ""));
        b.table(
            "Indexes",
            all.subList(0, Math.min(INDEXES, all.size())),
            TableColumn.code("Index", p -> p.index().name()),
            TableColumn.parts("Table", p -> names.link(p.table().fullName())),
            TableColumn.code("On", p -> Sentences.index(p.index())),
            TableColumn.text("Kind", p -> Sentences.indexKind(p.index())),
            TableColumn.number("Scans", p -> p.index().scans()),
            TableColumn.size("Size", p -> p.index().bytes()));
    }

    private void ddl(ReportBlocks b) {
        if (r.ddl().missing() != null) {
            b.paragraph("Not available, because " + r.ddl().missing() + ".");
            return;
        }
        b.paragraph(
            "From " + r.ddl().from() + ". The statements of a table, a view or a function stand beside it; the owner "
                + "is told there. All of them, in an order in which they can be run, are in report.json. Secrets in "
                + "them are hidden: to make a copy of the database, use pg_dump itself.");
        if (!r.hypertables().isEmpty()) {
            b.paragraph(
                "pg_dump writes a hypertable as a plain table and a continuous aggregate as a view of a table that it "
                    + "does not write. What TimescaleDB needs besides (create_hypertable, compression, policies) is "
                    + "ours and stands with them; chunks are made by TimescaleDB itself.");
        }
        b.details("Everything else", fold -> fold.code("sql", statements.ofTheRest()));
    }
}
