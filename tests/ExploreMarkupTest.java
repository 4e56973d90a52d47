import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import lib.explore.ExploreConfig;
import lib.explore.MarkdownText;
import lib.explore.Report;
import lib.explore.ReportFiles;
import lib.explore.ReportHtml;
import lib.explore.ReportMarkdown;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.CustomBlock;
import org.commonmark.node.Document;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes from the database is text in Markdown and HTML, whatever it looks like; commonmark-java is the judge. */
@Tag("unit")
class ExploreMarkupTest {
    static final String HOSTILE = "x</title></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`|\\";

    @ParameterizedTest @ValueSource(
        strings = {"*bold* _it_ __b__ **b**", "[a](http://x.y)", "![a](b)", "<b>x</b>",
            "<script>alert(1)</script>", "# head", "- item", "+ item", "1. item", "12) item",
            "> quote", "`code`", "a | b", "back\\slash", "\\*", "&amp; &lt;", "http://evil.example/x www.evil.example",
            "~~gone~~",
            "line\nbreak\n\n# head", "---", "===", "$x$", "a@b.c @team #12",
            "snake_case_name", "_leading", "trailing_", "a__b", ":::", "<!-- x -->", "[x]: http://y", "| a |\n|---|",
            "```\nx\n```",
            ":smile: :+1:", "GH-12", "50%v1 %2 ^x", "\u202Eevil", "tab\tx", "42.9 %", "3."})
    void text_stays_text(String hostile) {
        var document =
            Parser.builder().extensions(List.of(TablesExtension.create())).build().parse(MarkdownText.text(hostile));
        var text = new StringBuilder();
        document.accept(new AbstractVisitor() {
            @Override
            public void visit(Text t) {
                text.append(t.getLiteral());
            }

            @Override
            public void visit(CustomBlock block) {
                throw new AssertionError("a table: " + hostile);
            }
        });
        for (Node n = document.getFirstChild(); n != null; n = n.getNext()) {
            assertTrue(n instanceof Paragraph, () -> "not a paragraph: " + hostile);
            for (Node in = n.getFirstChild(); in != null; in = in.getNext()) {
                assertTrue(in instanceof Text || isSpacer(in), "markup of: " + hostile + " → " + in);
            }
        }
        assertEquals(
            hostile.replaceAll("\\s", " ").replace("\u202E", "").strip().replaceAll(" +", " "),
            text.toString().replaceAll(" +", " ").strip());
    }

    /** What keeps words apart that a forge would make something of. */
    private static boolean isSpacer(Node node) {
        return node instanceof HtmlInline html && List.of("<!-- -->", "<span>", "</span>").contains(html.getLiteral());
    }

    @ParameterizedTest @ValueSource(
        strings = {"@team", "a@b.example", "see #12", "owner/repo#12", "GH-12", "http://x.example", "www.x.example",
            ":smile: and :+1:", "x$y and $z"})
    void no_forge_finds_a_mention_an_issue_an_address_an_emoji_or_a_formula(String text) {
        var pieces = new ArrayList<String>();
        Parser.builder().build().parse(MarkdownText.text(text)).accept(new AbstractVisitor() {
            private final StringBuilder piece = new StringBuilder();

            @Override
            public void visit(Text t) {
                piece.append(t.getLiteral());
                if (!(t.getNext() instanceof Text)) {
                    pieces.add(piece.toString());
                    piece.setLength(0);
                }
            }
        });
        for (var piece : pieces) {
            assertTrue(
                !piece.matches(
                    "(?s).*(@\\w|#\\d|GH-\\d|://|www\\.|:[a-z+][a-z0-9]*:|\\$\\w|\\w\\$).*"),
                text + " → " + pieces);
        }
    }

    @ParameterizedTest @ValueSource(strings = {"plain", "a `b` c", "a | b", "``", "\\", "x\ny", "<script>"})
    void code_is_code_or_text_but_never_markup(String hostile) {
        var document = (Document) Parser.builder()
            .extensions(List.of(TablesExtension.create()))
            .build()
            .parse("| h |\n|---|\n| " + MarkdownText.code(hostile) + " |\n");
        assertTrue(
            document.getFirstChild() instanceof CustomBlock && document.getFirstChild().getNext() == null,
            "one table of one row");
        document.accept(new AbstractVisitor() {
            @Override
            public void visit(Code code) {
                assertEquals(hostile.replaceAll("\\s+", " ").strip(), code.getLiteral());
            }

            @Override
            public void visit(HtmlInline html) {
                throw new AssertionError(html.getLiteral());
            }
        });
    }

    @Test
    void a_fence_is_longer_than_any_row_of_backticks_inside() {
        assertEquals(5, MarkdownText.fence("a ```` b"));
    }

    @Test
    void html_holds_no_tag_that_came_from_a_name() {
        var table = new ReportMaker.Table(HOSTILE).column(HOSTILE, HOSTILE);
        table.schema = HOSTILE;
        table.comment = HOSTILE;
        var maker = new ReportMaker();
        maker.database = new Report.DatabaseFacts(HOSTILE, HOSTILE, HOSTILE, HOSTILE, "UTF8", "C", 1L);
        maker.tables.add(table.make());
        var bad = ReportFiles.judge(maker.report(), ExploreConfig.defaults(), null);
        var html = ReportHtml.of(bad);
        assertEquals(2, html.split("<script", -1).length - 1, "our own two scripts");
        assertTrue(!html.contains("<img") && !html.contains("onerror=alert(2)>"), "no element of a name");
        var markdown = ReportMarkdown.of(bad);
        Parser.builder()
            .extensions(List.of(TablesExtension.create()))
            .build()
            .parse(markdown)
            .accept(new AbstractVisitor() {
                @Override
                public void visit(HtmlInline tag) {
                    assertTrue(
                        tag.getLiteral().matches("<a id=\"[A-Za-z0-9_.-]+\">|</a>|<!-- -->|</?span>"),
                        tag.getLiteral());
                }

                @Override
                public void visit(HtmlBlock block) {
                    throw new AssertionError(block.getLiteral());
                }

                @Override
                public void visit(Image image) {
                    throw new AssertionError(image.getDestination());
                }

                @Override
                public void visit(Link link) {
                    assertTrue(
                        link.getDestination()
                            .matches(
                                "#(t|finding|rule)-.*|https://(docs\\.tigerdata\\.com|www\\.postgresql\\.org|wiki\\.postgresql\\.org)/.*"),
                        link.getDestination());
                }
            });
    }
}
