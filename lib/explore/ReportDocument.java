//SOURCES ../Units.java HealthSections.java Inlines.java MarkdownText.java ObjectNames.java Report.java
//SOURCES ReportBlocks.java ReportNodes.java Sentences.java ServerSections.java ShortText.java StructureSections.java
//SOURCES TimescaleSections.java
package lib.explore;

import java.util.Map;
import java.util.function.Consumer;
import lib.Units;
import lib.explore.Report.Hypertable;
import lib.explore.ReportNodes.FactStyle;
import org.commonmark.node.Document;

/**
 * A report as a commonmark document: what it says, in which order, and not how it looks. {@link ReportHtml} and
 * {@link ReportMarkdown} write it; so both say the same.
 */
public final class ReportDocument {
    private final Report r;
    private final Document document = new Document();

    private ReportDocument(Report report) {
        r = report;
    }

    /** Its sections are made while they are read: see {@link ReportNodes.Container}. */
    public static Document of(Report report) {
        return new ReportDocument(report).make();
    }

    private Document make() {
        var names = new ObjectNames(r);
        document.appendChild(new ReportNodes.Head(MarkdownText.line(r.database().name()), this::head));
        var health = new HealthSections(r, names);
        section("health", "Health", health::health);
        section("findings", "Findings", r.health().groups().size(), health::findings);
        if (r.changes() != null) section("changes", "What changed", health::changes);
        new TimescaleSections(r, names).addTo(this);
        new StructureSections(r, names).addTo(this);
        new ServerSections(r, names).addTo(this);
        section("rules", "Rules", r.health().rules().size(), health::rules);
        document.appendChild(new ReportNodes.Foot(this::foot));
        return document;
    }

    void section(String id, String title, Consumer<ReportBlocks> content) {
        document.appendChild(new ReportNodes.Section(id, title, null, content));
    }

    /** Left out when there is nothing. */
    void section(String id, String title, int count, Consumer<ReportBlocks> content) {
        if (count > 0) document.appendChild(new ReportNodes.Section(id, title, count, content));
    }

    private void head(ReportBlocks b) {
        b.comment(r.database().purpose());
        b.paragraph(Sentences.summary(r));
        b.paragraph(
            r.server().summary() + (r.server().standby() ? " · standby" : "") + " · " + r.source() + " · seen by "
                + r.server().user() + (r.server().superuser() ? " (superuser)" : ""));
        b.add(new ReportNodes.ScoreRing(r.health()));
        b.facts(FactStyle.TILES, tiles -> {
            if (r.database().bytes() != null) {
                tiles.put("Size", tile(Units.bytes(r.database().bytes()), "on disk, all in all"));
            }
            var schemas = r.schemas().isEmpty() ? "" : "in " + Units.plural(r.schemas().size(), "schema");
            tiles.put("Tables", tile(Units.count(r.tables().size()), schemas));
            if (r.server().timescaleVersion() == null) {
                tiles.put("Indexes", tile(Units.count(StructureSections.indexCount(r)), ""));
                tiles.put("Views", tile(Units.count(r.views().size()), ""));
            } else {
                timescaleTiles(tiles);
            }
            long rows = r.tables().stream().mapToLong(t -> t.rows() == null ? 0 : t.rows()).sum();
            tiles.put("Rows", tile(Units.count(rows), "estimate"));
        });
    }

    private void timescaleTiles(Map<String, Inlines> tiles) {
        long chunks = r.hypertables().stream().mapToLong(Hypertable::chunks).sum();
        tiles.put("Hypertables", tile(Units.count(r.hypertables().size()), Units.plural(chunks, "chunk")));
        long before = 0;
        long after = 0;
        for (var t : r.hypertables()) {
            before += t.compression().before() == null ? 0 : t.compression().before();
            after += t.compression().after() == null ? 0 : t.compression().after();
        }
        if (after > 0) {
            var ratio = ShortText.number(Math.round(10.0 * before / after) / 10.0) + "×";
            tiles.put("Compression", tile(ratio, Units.bytes(before) + " → " + Units.bytes(after)));
        }
        tiles.put("Aggregates", tile(Units.count(r.aggregates().size()), "continuous"));
        var own = r.jobs().stream().filter(j -> !j.system()).toList();
        long failing = own.stream().filter(j -> "Failed".equals(j.lastStatus())).count();
        tiles.put("Jobs", tile(Units.count(own.size()), failing == 0 ? "none failing" : failing + " failing"));
    }

    private static Inlines tile(String value, String more) {
        return more.isEmpty() ? Inlines.of(value) : Inlines.of(value + " ").muted(more);
    }

    private void foot(ReportBlocks b) {
        b.paragraph(
            "Made by " + r.tool() + " at " + Units.utc(r.madeAt()) + " from " + r.source() + " with "
                + r.effort().queries() + " queries. Sizes marked ~ and all row counts are estimates. Times are UTC. "
                + "The same for programs: report.json.");
    }
}
