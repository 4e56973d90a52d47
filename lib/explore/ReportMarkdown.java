//SOURCES Report.java ReportDocument.java ReportMarkdownNodes.java
package lib.explore;

import java.io.StringWriter;
import java.io.Writer;
import java.util.List;
import java.util.Set;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.renderer.NodeRenderer;
import org.commonmark.renderer.markdown.MarkdownNodeRendererContext;
import org.commonmark.renderer.markdown.MarkdownNodeRendererFactory;
import org.commonmark.renderer.markdown.MarkdownRenderer;

/** report.md: the document as one Markdown file that GitHub and GitLab show, diagrams (Mermaid) included. */
public final class ReportMarkdown {
    private static final MarkdownRenderer RENDERER = MarkdownRenderer.builder()
        .nodeRendererFactory(new Nodes())
        .extensions(List.of(TablesExtension.create()))
        .build();

    private ReportMarkdown() {}

    static void write(Report report, Writer out) {
        RENDERER.render(ReportDocument.of(report), out);
    }

    public static String of(Report report) {
        var out = new StringWriter();
        write(report, out);
        return out.toString();
    }

    private static final class Nodes implements MarkdownNodeRendererFactory {
        @Override
        public NodeRenderer create(MarkdownNodeRendererContext context) {
            return new ReportMarkdownNodes(context);
        }

        /** All text is escaped by the renderer itself. */
        @Override
        public Set<Character> getSpecialCharacters() {
            return Set.of();
        }
    }
}
