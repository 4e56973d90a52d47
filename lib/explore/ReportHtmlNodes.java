//SOURCES ../Units.java ChunkStrip.java HistoryDrawing.java MarkdownText.java RelationDrawing.java RelationGraph.java
//SOURCES Report.java ReportNodes.java Sentences.java
package lib.explore;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lib.Units;
import lib.explore.ReportNodes.CardTitle;
import lib.explore.ReportNodes.FactStyle;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.renderer.NodeRenderer;
import org.commonmark.renderer.html.HtmlNodeRendererContext;
import org.commonmark.renderer.html.HtmlWriter;

/** What becomes of the nodes of a report on its page. */
final class ReportHtmlNodes implements NodeRenderer {
    private static final Pattern LONG_WORD = Pattern.compile("\\S{33}");

    private final HtmlNodeRendererContext context;
    private final HtmlWriter html;

    ReportHtmlNodes(HtmlNodeRendererContext context) {
        this.context = context;
        this.html = context.getWriter();
    }

    @Override
    public Set<Class<? extends Node>> getNodeTypes() {
        return ReportNodes.TYPES;
    }

    @Override
    public void render(Node node) {
        switch (node) {
            case ReportNodes.Head head -> head(head);
            case ReportNodes.Section section -> section(section);
            case ReportNodes.Foot foot -> inside("footer", foot);
            case ReportNodes.Panel panel -> inside("div", panel, "class", "panel");
            case ReportNodes.SideBySide pair -> inside("div", pair, "class", "two");
            case ReportNodes.ObjectCard card -> objectCard(card);
            case ReportNodes.SeriesCard card -> seriesCard(card);
            case ReportNodes.FindingCard card -> finding(card);
            case ReportNodes.Fold fold -> fold(fold);
            case ReportNodes.Facts facts -> facts(facts);
            case ReportNodes.ScoreRing ring -> ring(ring);
            case ReportNodes.CategoryMeter meter -> meter(meter);
            case ReportNodes.ChunkTimeline line -> timeline(line.hypertable);
            case ReportNodes.ChunkLegend legend -> legend(legend.states);
            case ReportNodes.RelationPicture picture -> drawings(picture.drawings);
            case ReportNodes.NeighbourPicture picture -> drawing(
                picture.around.cluster().title(),
                RelationDrawing.svg(picture.around));
            case ReportNodes.JobHours hours -> hours(hours.calendar);
            case ReportNodes.HistoryCurve curve -> curve(curve.curve);
            case ReportNodes.Tag tag -> tag(tag.style, tag.label);
            case ReportNodes.Muted muted -> {
                open("span", "class", "muted");
                children(muted);
                html.tag("/span");
            }
            case ReportNodes.WideTable table -> {
                open("div", "class", "scroll", "tabindex", "0", "role", "group", "aria-label", table.caption);
                children(table);
                html.tag("/div");
            }
            case ReportNodes.ObjectRow row -> row(row);
            case ReportNodes.ValueCell cell -> cell(cell);
            default -> throw new IllegalStateException("no HTML for " + node);
        }
    }

    /** What the nodes of commonmark get besides their tags. */
    static void attributes(Node node, String tag, Map<String, String> attributes) {
        switch (node) {
            case TableBlock _ -> attributes.put("class", "sort");
            case TableCell cell when cell.isHeader() -> {
                attributes.put("scope", "col");
                if (attributes.remove("align") != null) attributes.put("class", "n");
            }
            case FencedCodeBlock _ when tag.equals("pre") -> attributes.put("tabindex", "0");
            case Link link when !link.getDestination().startsWith("#") ->
                attributes.put("rel", "noreferrer noopener nofollow");
            default -> {
                // as it is
            }
        }
    }

    private void children(Node parent) {
        for (var node = parent.getFirstChild(); node != null; node = node.getNext()) context.render(node);
    }

    /** @param attributes a name, its value, a name, its value */
    /** Names in attributes are cleaned as those in text are: a mark of direction would reorder what is read out. */
    private void open(String tag, String... attributes) {
        var all = new LinkedHashMap<String, String>();
        for (int i = 0; i < attributes.length; i += 2) {
            all.put(attributes[i], MarkdownText.clean(attributes[i + 1]));
        }
        html.tag(tag, all);
    }

    private void element(String tag, String text, String... attributes) {
        open(tag, attributes);
        html.text(text);
        html.tag("/" + tag);
    }

    private void inside(String tag, ReportNodes.Container content, String... attributes) {
        open(tag, attributes);
        content.each(context::render);
        html.tag("/" + tag);
        html.line();
    }

    private void head(ReportNodes.Head head) {
        open("div", "class", "hero");
        element("h1", head.name);
        head.each(context::render);
        html.tag("/div");
        html.line();
    }

    private void section(ReportNodes.Section section) {
        open("section", "id", section.id, "aria-labelledby", "h-" + section.id);
        open("h2", "id", "h-" + section.id);
        html.text(section.title);
        if (section.count != null) {
            html.text(" ");
            element("span", Units.count(section.count), "class", "n");
        }
        html.tag("/h2");
        html.line();
        section.each(context::render);
        html.tag("/section");
        html.line();
    }

    private void objectCard(ReportNodes.ObjectCard card) {
        var title = card.title;
        open("details", "class", "t", "id", title.anchor(), "data-k", title.kind(), "data-n", title.name());
        html.tag("summary");
        title(title);
        html.tag("/summary");
        inside("div", card, "class", "in");
        html.tag("/details");
        html.line();
    }

    private void seriesCard(ReportNodes.SeriesCard card) {
        var title = card.title;
        open("article", "class", "panel", "id", title.anchor(), "data-k", title.kind(), "data-n", title.name());
        open("header");
        title(title);
        html.tag("/header");
        card.each(context::render);
        html.tag("/article");
        html.line();
    }

    private void title(CardTitle title) {
        open("div", "class", "grow");
        element("h3", title.shown());
        for (var label : title.tags()) tag(label, label);
        if (title.about() != null) element("small", title.about());
        html.tag("/div");
        for (var number : title.numbers()) element("span", number, "class", "num");
    }

    private void finding(ReportNodes.FindingCard card) {
        var group = card.group;
        var anchor = "finding-" + group.rule();
        open("details", "class", "f", "id", anchor, "data-k", "finding", "data-n", group.rule() + " " + card.sentence);
        html.tag("summary");
        tag(card.severity, card.severity);
        open("div", "class", "grow");
        element("h3", card.sentence);
        html.tag("/div");
        element("span", group.rule(), "class", "num mono");
        element("span", Sentences.points(group.points()), "class", "num");
        html.tag("/summary");
        inside("div", card, "class", "in");
        html.tag("/details");
        html.line();
    }

    private void fold(ReportNodes.Fold fold) {
        open("details", "class", "fold");
        element("summary", fold.title);
        fold.each(context::render);
        html.tag("/details");
        html.line();
    }

    private void facts(ReportNodes.Facts facts) {
        open("dl", "class", facts.style.name().toLowerCase(Locale.ROOT));
        for (var node = facts.getFirstChild(); node != null; node = node.getNext()) {
            var fact = (ReportNodes.Fact) node;
            if (facts.style != FactStyle.LIST) html.tag("div");
            element("dt", fact.name);
            html.tag("dd");
            children(fact);
            html.tag("/dd");
            if (facts.style != FactStyle.LIST) html.tag("/div");
        }
        html.tag("/dl");
        html.line();
    }

    private void ring(ReportNodes.ScoreRing ring) {
        var health = ring.health;
        double around = 2 * Math.PI * 52;
        double part = health.score() == null ? 0 : around * health.score() / 100;
        var grade = health.grade() == null ? "none" : health.grade();
        open(
            "svg",
            "class",
            "ring g-" + grade,
            "viewBox",
            "0 0 128 128",
            "role",
            "img",
            "aria-label",
            "Health: " + ring.verdict());
        html.raw(
            "<circle class=\"track\" cx=\"64\" cy=\"64\" r=\"52\"/>"
                + String.format(
                    Locale.ROOT,
                    "<circle class=\"arc\" cx=\"64\" cy=\"64\" r=\"52\" stroke-dasharray=\"%.1f %.1f\" "
                        + "transform=\"rotate(-90 64 64)\"/>",
                    part,
                    around));
        element(
            "text",
            health.score() == null ? "n/a" : health.score().toString(),
            "class",
            "score",
            "x",
            "64",
            "y",
            "72");
        element("text", ring.below(), "class", "grade", "x", "64", "y", "92");
        html.tag("/svg");
        html.line();
    }

    private void meter(ReportNodes.CategoryMeter meter) {
        open("span", "class", "meter");
        open("i", "style", "width:" + Math.round(100 * meter.taken / meter.cap) + "%");
        html.tag("/i");
        html.tag("/span");
    }

    private void timeline(Report.Hypertable t) {
        html.raw(ChunkStrip.svg(t));
        open("div", "class", "axis");
        element("span", Sentences.day(t.oldest(), t.timeline().getFirst().from()));
        element("span", Sentences.day(t.newest(), t.timeline().getLast().to()));
        html.tag("/div");
        html.line();
    }

    private void legend(List<String> states) {
        open("ul", "class", "legend", "aria-label", "Colours of chunks");
        for (var state : states) {
            html.tag("li");
            element("i", "", "class", "s-" + state);
            html.text(ReportNodes.ChunkLegend.meaning(state));
            html.tag("/li");
        }
        html.tag("/ul");
        html.line();
    }

    /** Side by side: in a large database they are most of the page's time, and the other files are done before. */
    private void drawings(List<RelationGraph.Cluster> clusters) {
        var shown = clusters.subList(0, Math.min(RelationGraph.DRAWINGS, clusters.size()));
        var drawings = shown.parallelStream().map(RelationDrawing::svg).toList();
        for (int i = 0; i < drawings.size(); i++) drawing(shown.get(i).title(), drawings.get(i));
    }

    /** The frame is scrolled by the arrow keys, and by touch; the script adds zoom. */
    private void drawing(String title, String svg) {
        open("div", "class", "er-wrap", "tabindex", "0", "role", "group", "aria-label", "Diagram: " + title);
        html.raw(svg);
        html.tag("/div");
        html.line();
    }

    private void hours(Report.Calendar calendar) {
        int most = Math.max(1, calendar.starts().stream().mapToInt(Integer::intValue).max().orElse(1));
        open(
            "svg",
            "class",
            "hours",
            "viewBox",
            "0 0 480 64",
            "preserveAspectRatio",
            "none",
            "role",
            "img",
            "aria-label",
            Sentences.jobHours(calendar));
        for (int hour = 0; hour < calendar.starts().size(); hour++) {
            int starts = calendar.starts().get(hour);
            double height = starts == 0 ? 1 : 4 + 58.0 * starts / most;
            html.raw(
                String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%.1f\" width=\"16\" height=\"%.1f\"><title>in %d h: %d</title></rect>",
                    hour * 20,
                    64 - height,
                    height,
                    hour,
                    starts));
        }
        html.tag("/svg");
        html.raw("<div class=\"axis\"><span>now</span><span>in 12 hours</span><span>in 24 hours</span></div>");
        html.line();
    }

    private void curve(HistoryDrawing.Curve curve) {
        html.tag("figure");
        element("figcaption", curve.title());
        html.raw(curve.svg());
        html.tag("/figure");
        html.line();
    }

    private void tag(String style, String label) {
        element("span", label, "class", style.isEmpty() ? "tag" : "tag " + style.replaceAll("[^A-Za-z]", ""));
    }

    private void row(ReportNodes.ObjectRow row) {
        html.line();
        open("tr", "id", row.name.anchor(), "data-k", row.name.kind(), "data-n", row.name.name());
        children(row);
        html.tag("/tr");
    }

    /** A name of 63 letters may be broken anywhere, else it would push what stands beside it off the screen. */
    private static boolean hasLongWord(Node node) {
        for (var child = node.getFirstChild(); child != null; child = child.getNext()) {
            var literal = switch (child) {
                case Code code -> code.getLiteral();
                case Text text -> text.getLiteral();
                default -> null;
            };
            if (literal == null ? hasLongWord(child) : LONG_WORD.matcher(literal).find()) return true;
        }
        return false;
    }

    private void cell(ReportNodes.ValueCell cell) {
        var attributes = new LinkedHashMap<String, String>();
        switch (cell.type) {
            case NUMBER, SIZE -> {
                attributes.put("class", "n");
                attributes.put("data-v", Sentences.plain(cell.order));
            }
            case TIME -> attributes.put("class", "time");
            case PROSE -> attributes.put("class", "w");
            default -> {
                if (hasLongWord(cell)) attributes.put("class", "long");
            }
        }
        html.tag("td", attributes);
        children(cell);
        html.tag("/td");
    }
}
