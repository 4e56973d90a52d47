//SOURCES ../PageFile.java ../Units.java MarkdownText.java PageFrame.java Report.java ReportBlocks.java
//SOURCES ReportDocument.java ReportHtmlNodes.java ReportNodes.java
package lib.explore;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lib.PageFile;
import lib.Units;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.Document;
import org.commonmark.node.Node;
import org.commonmark.renderer.html.HtmlRenderer;
import org.commonmark.renderer.html.HtmlWriter;

/**
 * report.html: the document as one page, style and script inside, nothing from the network, complete without
 * JavaScript. The content security policy in its head forbids every request, so even a mistake of ours could not load
 * anything.
 */
public final class ReportHtml {
    private static final HtmlRenderer RENDERER = HtmlRenderer.builder()
        .escapeHtml(true)
        .nodeRendererFactory(ReportHtmlNodes::new)
        .attributeProviderFactory(_ -> ReportHtmlNodes::attributes)
        .extensions(List.of(TablesExtension.create()))
        .build();

    private final Report report;
    private final Document document;
    private final Writer out;
    private final HtmlWriter html;

    private ReportHtml(Report report, Writer out) {
        this.report = report;
        this.document = ReportDocument.of(report);
        this.out = out;
        this.html = new HtmlWriter(out);
    }

    /** Goes straight to the file: the page of a database of ten thousand tables never stands in memory. */
    static void write(Report report, Writer out) {
        new ReportHtml(report, out).write();
    }

    public static String of(Report report) {
        var out = new StringWriter();
        write(report, out);
        return out.toString();
    }

    /** Some blocks alone, for a page with another frame. */
    static void fragment(Consumer<ReportBlocks> content, Writer out) {
        var blocks = new Document();
        content.accept(new ReportBlocks(blocks::appendChild));
        RENDERER.render(blocks, out);
    }

    private void write() {
        PageFrame.write(PageFile.text("report.html"), html, this::fill);
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void fill(String place) {
        var name = MarkdownText.clean(report.database().name());
        var score = report.health().score();
        switch (place) {
            case "name" -> html.text(name);
            case "title" -> html.text(name + (score == null ? "" : " · health " + score));
            case "tool" -> html.text(report.tool());
            case "madeAt" -> html.text(Units.utc(report.madeAt()));
            case "style" -> html.raw(PageFile.text("report.css"));
            case "script" -> html.raw(PageFile.text("report.js"));
            case "contents" -> contents();
            case "report" -> RENDERER.render(document, out);
            default -> throw new IllegalStateException("report.html has a place for {{" + place + "}}");
        }
    }

    private void contents() {
        for (Node node = document.getFirstChild(); node != null; node = node.getNext()) {
            if (!(node instanceof ReportNodes.Section section)) continue;
            html.tag("li");
            html.tag("a", Map.of("href", "#" + section.id));
            html.text(section.title);
            if (section.count != null) {
                html.text(" ");
                html.tag("small");
                html.text(Units.count(section.count));
                html.tag("/small");
            }
            html.tag("/a");
            html.tag("/li");
        }
    }
}
