//SOURCES ChunkStrip.java Html.java MarkdownText.java Mermaid.java RelationGraph.java ReportNodes.java Sentences.java
package lib.explore;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import lib.explore.ReportNodes.CardTitle;
import org.commonmark.ext.gfm.tables.TableRow;
import org.commonmark.node.Code;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.renderer.NodeRenderer;
import org.commonmark.renderer.markdown.MarkdownNodeRendererContext;
import org.commonmark.renderer.markdown.MarkdownWriter;
import org.commonmark.text.CharMatcher;

/**
 * What becomes of the nodes of a report in a Markdown file, as GitHub and GitLab show it. All text is written by
 * {@link MarkdownText}: a name is never a mention, a link or a formula.
 */
final class ReportMarkdownNodes implements NodeRenderer {
    /** With more objects than this in a section each is one line: GitHub shows no Markdown file of some MB. */
    static final int DETAILED = 300;

    private static final Pattern ADDRESS_MARKUP = Pattern.compile("[()<>|`\\\\*\\[\\]]");
    private static final CharMatcher PIPE = c -> c == '|';

    private final MarkdownNodeRendererContext context;
    private final MarkdownWriter out;
    private boolean isBrief;
    private boolean hasNoTables;
    private boolean afterBriefLine;

    ReportMarkdownNodes(MarkdownNodeRendererContext context) {
        this.context = context;
        this.out = context.getWriter();
    }

    @Override
    public Set<Class<? extends Node>> getNodeTypes() {
        var types = new HashSet<Class<? extends Node>>(List.of(Text.class, Code.class, Link.class));
        types.addAll(ReportNodes.TYPES);
        return types;
    }

    @Override
    public void render(Node node) {
        switch (node) {
            case Text text -> out.raw(MarkdownText.text(text.getLiteral()));
            case Link link -> link(link);
            case Code code -> out.raw(MarkdownText.code(code.getLiteral()));
            case ReportNodes.Head head -> head(head);
            case ReportNodes.Section section -> section(section);
            case ReportNodes.Foot foot -> foot(foot);
            case ReportNodes.ObjectCard card when isBrief -> line(card.title);
            case ReportNodes.ObjectCard card -> card(card.title, card);
            case ReportNodes.SeriesCard card -> card(card.title, card);
            case ReportNodes.FindingCard card -> finding(card);
            case ReportNodes.Fold fold -> fold(fold);
            case ReportNodes.Container plain -> plain.each(context::render);
            case ReportNodes.Facts facts -> facts(facts);
            case ReportNodes.ScoreRing ring -> block("**Health: " + MarkdownText.text(ring.verdict()) + "**");
            case ReportNodes.CategoryMeter meter -> out.raw(bar(meter.taken / meter.cap));
            case ReportNodes.ChunkTimeline line -> block(MarkdownText.text(ChunkStrip.summary(line.hypertable)));
            case ReportNodes.ChunkLegend legend -> block(MarkdownText.text(String.join("; ", legend.words())));
            case ReportNodes.RelationPicture picture -> relations(picture.parts);
            case ReportNodes.NeighbourPicture _ -> {
                // the names around it say it
            }
            case ReportNodes.JobHours hours -> block(MarkdownText.text(Sentences.jobHours(hours.calendar)));
            case ReportNodes.HistoryCurve curve -> block(MarkdownText.text(curve.curve.title()));
            case ReportNodes.Tag tag -> aside(tag, () -> out.raw(MarkdownText.text(tag.label)));
            case ReportNodes.Muted muted -> aside(muted, () -> children(muted));
            case ReportNodes.ObjectRow row -> row(row);
            case ReportNodes.ValueCell cell -> cell(cell);
            default -> children(node);
        }
    }

    @Override
    public void beforeRoot(Node document) {
        for (var node = document.getFirstChild(); node != null; node = node.getNext()) {
            hasNoTables |= node instanceof ReportNodes.Section s && s.id.equals("tables") && isBrief(s);
        }
    }

    private static boolean isBrief(ReportNodes.Section section) {
        return section.count != null && section.count > DETAILED;
    }

    /** A link to a table that is one line here leads nowhere: then the name is enough. */
    private void link(Link link) {
        var address = link.getDestination();
        if (hasNoTables && address.startsWith("#t-")) {
            children(link);
            return;
        }
        out.raw("[");
        children(link);
        out.raw(
            "](" + ADDRESS_MARKUP.matcher(address).replaceAll(m -> "%%%02X".formatted((int) m.group().charAt(0)))
                + ")");
    }

    private void children(Node parent) {
        for (var node = parent.getFirstChild(); node != null; node = node.getNext()) context.render(node);
    }

    private void block(String markdown) {
        out.raw(markdown);
        out.block();
    }

    private void head(ReportNodes.Head head) {
        block("# " + MarkdownText.text(head.name));
        head.each(context::render);
    }

    private void section(ReportNodes.Section section) {
        block("## " + MarkdownText.text(section.title));
        isBrief = isBrief(section);
        section.each(node -> {
            if (afterBriefLine && !(node instanceof ReportNodes.ObjectCard)) {
                out.raw("");
                out.block();
                afterBriefLine = false;
            }
            context.render(node);
        });
        if (isBrief) {
            out.raw("");
            out.block();
            block("Each in full is in report.html and report.json.");
        }
        isBrief = false;
        afterBriefLine = false;
    }

    private void foot(ReportNodes.Foot foot) {
        block("---");
        foot.each(context::render);
    }

    private void card(CardTitle title, ReportNodes.Container content) {
        var tags = title.tags().isEmpty() ? "" : " (" + MarkdownText.text(String.join(", ", title.tags())) + ")";
        block("### " + anchor(title.anchor()) + MarkdownText.text(title.name()) + tags);
        if (!title.numbers().isEmpty()) block(MarkdownText.text(String.join(", ", title.numbers())));
        content.each(context::render);
    }

    /** A card of many: one item of a list. */
    private void line(CardTitle title) {
        var line = new StringBuilder("- ").append(MarkdownText.text(title.name()));
        if (!title.tags().isEmpty()) {
            line.append(" (").append(MarkdownText.text(String.join(", ", title.tags()))).append(')');
        }
        if (!title.numbers().isEmpty()) line.append(", ").append(MarkdownText.text(String.join(", ", title.numbers())));
        if (title.about() != null) line.append(": ").append(MarkdownText.text(title.about()));
        out.pushTight(true);
        block(line.toString());
        out.popTight();
        afterBriefLine = true;
    }

    private void finding(ReportNodes.FindingCard card) {
        block(
            "### " + anchor("finding-" + card.group.rule()) + MarkdownText.text(card.group.rule()) + " "
                + MarkdownText.text(card.severity) + ": " + MarkdownText.text(card.sentence));
        card.each(context::render);
    }

    /** Ten small boxes, filled as far as the share goes. */
    private static String bar(double share) {
        int filled = (int) Math.round(10 * Math.clamp(share, 0, 1));
        return "▰".repeat(filled) + "▱".repeat(10 - filled);
    }

    private void fold(ReportNodes.Fold fold) {
        block("<details><summary>" + Html.escape(fold.title).replace("@", "@<!-- -->") + "</summary>");
        fold.each(context::render);
        block("</details>");
    }

    private void facts(ReportNodes.Facts facts) {
        out.pushTight(true);
        for (var node = facts.getFirstChild(); node != null; node = node.getNext()) {
            var fact = (ReportNodes.Fact) node;
            out.raw("- " + MarkdownText.text(fact.name) + ": ");
            children(fact);
            out.block();
        }
        out.popTight();
        out.block();
    }

    /** A forge draws no diagram of hundreds of boxes: one for each group. */
    private void relations(List<RelationGraph.Cluster> parts) {
        for (var part : parts.subList(0, Math.min(RelationGraph.DRAWINGS, parts.size()))) {
            if (parts.size() > 1) block("**" + MarkdownText.text(part.title()) + "**");
            fenced("mermaid", Mermaid.of(part));
        }
        if (parts.size() > RelationGraph.DRAWINGS) block((parts.size() - RelationGraph.DRAWINGS) + " more groups.");
    }

    private void fenced(String language, String text) {
        out.raw("```" + language);
        out.line();
        text.lines().forEach(line -> {
            out.raw(line);
            out.line();
        });
        block("```");
    }

    private void row(TableRow row) {
        children(row);
        out.raw("|");
        out.block();
    }

    private void cell(ReportNodes.ValueCell cell) {
        out.raw("|");
        if (cell.getPrevious() == null && cell.getParent() instanceof ReportNodes.ObjectRow row) {
            out.raw(anchor(row.name.anchor()));
        }
        out.pushRawEscape(PIPE);
        children(cell);
        out.popRawEscape();
    }

    /** Behind something else it is in brackets, for there are no colours here. */
    private void aside(Node node, Runnable content) {
        boolean alone = node.getPrevious() == null;
        if (!alone) out.raw("(");
        content.run();
        if (!alone) out.raw(")");
    }

    private static String anchor(String name) {
        return "<a id=\"" + name + "\"></a>";
    }
}
