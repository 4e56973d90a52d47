import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.explore.ExploreConfig;
import lib.explore.Report;
import lib.explore.ReportDocument;
import lib.explore.ReportFiles;
import lib.explore.ReportHtml;
import lib.explore.ReportMarkdown;
import lib.explore.ReportNodes;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One document, two files: what the one says the other says too. */
@Tag("unit")
class ExploreDocumentTest {
    private static final Pattern LABEL = Pattern.compile("<[^>]*? aria-label=\"([^\"]*)\"[^>]*>");

    @Test
    void the_page_and_the_markdown_file_say_the_same_node_by_node() {
        var report = judged(everything());
        var words = new ArrayList<List<String>>();
        collect(ReportDocument.of(report), words);
        assertTrue(words.size() > 400, "so many nodes: " + words.size());
        assertFound(words, seenOnPage(ReportHtml.of(report)), "report.html");
        assertFound(words, seenInMarkdown(ReportMarkdown.of(report)), "report.md");
    }

    @Test
    void every_link_within_a_file_leads_somewhere_and_no_address_is_given_twice() {
        var report = judged(everything());
        for (var text : List.of(ReportHtml.of(report), ReportMarkdown.of(report))) {
            var ids = new HashSet<String>();
            Pattern.compile("<[^>]* id=\"([^\"]+)\"")
                .matcher(text)
                .results()
                .forEach(m -> assertTrue(ids.add(m.group(1)), "twice: " + m.group(1)));
            Pattern.compile("(?:href=\"|\\]\\()#([^\")]+)")
                .matcher(text)
                .results()
                .forEach(m -> assertTrue(ids.contains(m.group(1)) || m.group(1).equals("changes"), m.group(1)));
        }
    }

    @Test
    void addresses_are_made_of_names_so_that_a_link_holds_in_the_next_report() {
        var before = ids(judged(everything()));
        var maker = everything();
        maker.tables.addFirst(new ReportMaker.Table("a_new_one").column("id", "bigint").make());
        var after = ids(judged(maker));
        assertTrue(after.containsAll(before), "lost: " + before.stream().filter(id -> !after.contains(id)).toList());
        assertTrue(before.contains("t-public.orders") && before.contains("sequence-public.orders_id_seq"), "" + before);
    }

    @Test
    void findings_are_one_card_a_rule_the_worst_first_and_a_note_never_above_a_warning() {
        var page = ReportHtml.of(judged(everything()));
        var severities = Pattern.compile("<details class=\"f\"[^>]*><summary><span class=\"tag (\\w+)\"")
            .matcher(page)
            .results()
            .map(m -> List.of("critical", "warning", "note", "info").indexOf(m.group(1)))
            .toList();
        assertTrue(severities.size() >= 3, "cards: " + severities);
        assertEquals(severities.stream().sorted().toList(), severities);
        var rules = Pattern.compile("<details class=\"f\" id=\"finding-([A-Z0-9-]+)\"")
            .matcher(page)
            .results()
            .map(m -> m.group(1))
            .toList();
        assertEquals(rules.size(), new HashSet<>(rules).size(), "each rule once: " + rules);
        var plain = page.substring(page.indexOf("In plain words"), page.indexOf("How the score adds up"));
        var named = Pattern.compile("#finding-([A-Z0-9-]+)").matcher(plain).results().map(m -> m.group(1)).toList();
        assertEquals(rules.subList(0, Math.min(5, rules.size())), named, "five different things");
    }

    @Test
    void with_very_many_tables_nothing_of_a_table_is_dropped() {
        for (int tables : new int[] {1, 1001}) {
            var maker = new ReportMaker();
            for (int i = 0; i < tables; i++) maker.tables.add(odd("t" + i));
            var page = ReportHtml.of(judged(maker));
            var card = page.substring(page.indexOf("id=\"t-public.t0\""));
            var seen = seenOnPage(card.substring(0, card.indexOf("</details>")));
            for (var fact : List.of(
                "now()",
                "the owner is me",
                "about the table",
                "about the column",
                "partitionedbyRANGE(id)",
                "gin",
                "always as (1)",
                "german",
                "on delete cascade",
                "Referenced by public.x",
                "Used by view public.y",
                "CREATE TRIGGER tg",
                "about the trigger",
                "about the key",
                "about the index",
                "fillfactor=70")) {
                var wanted = fact.replace("the owner is ", tables == 1 ? "Owner" : "of ").replaceAll("\\s", "");
                assertTrue(seen.contains(wanted), tables + " tables: " + fact + " in " + seen);
            }
        }
    }

    @Test
    void each_refresh_policy_of_an_aggregate_is_shown() {
        var maker = everything();
        maker.aggregates.getFirst().refreshes().add(new Report.Refresh(9, null, "90 days", "1 week"));
        var report = judged(maker);
        for (var text : List.of(ReportMarkdown.of(report), ReportHtml.of(report))) {
            assertTrue(text.contains("from 7 days ago to 1 hour ago"), "the first");
            assertTrue(text.contains("every 1 week, from the beginning to 90 days ago"), "the second");
        }
    }

    /** Such as Chado has: most of it is what the database can be asked for. */
    @Test
    void with_very_many_views_the_files_stay_small_and_say_what_is_not_in_them() {
        var maker = new ReportMaker();
        for (int i = 0; i < 1864; i++) maker.views.add(ReportMaker.view("feature_" + i, 40));
        var report = judged(maker);
        var markdown = ReportMarkdown.of(report);
        assertTrue(markdown.length() < 1_000_000, "so long is the file: " + markdown.length());
        assertTrue(markdown.contains("feature_0") && markdown.contains("feature_1863"), "each view is named");
        assertTrue(markdown.contains("report.json"), "where the rest is");
    }

    @ParameterizedTest @CsvSource(
        delimiter = '|',
        value = {"**bold** and `code` | <strong>bold</strong> and <code>code</code>",
            "see [the wiki](https://wiki.example.org/x) | href=\"https://wiki.example.org/x\"",
            "# Head | <p><strong>Head</strong></p>", "- one | <li>one</li>",
            "plain_name and 2 * 3 * 4 | plain_name and 2 * 3 * 4",
            "key <tenant>.<id> | key &lt;tenant&gt;.&lt;id&gt;", "a & b | a &amp; b"})
    void a_comment_in_markdown_is_rendered(String comment, String html) {
        assertTrue(page(comment).contains(html), page(comment));
    }

    @ParameterizedTest @CsvSource(
        delimiter = '|',
        value = {"[x](javascript:alert(1)) | javascript:", "[x](data:text/html,y) | data:text",
            "![x](https://evil.example/pixel.png) | evil.example", "<script>alert(1)</script> | <script>alert",
            "<img src=x onerror=y> | <img", "[x](file:///etc/passwd) | file:", "[x](vbscript:y) | vbscript:",
            "[x]: javascript:y | href=\"javascript", "<https://a.example/\" onclick=\"y> | onclick=\"y",
            "[x](JAVASCRIPT:y) | JAVASCRIPT", "&lt;script&gt;alert(1)&lt;/script&gt; | <script>alert",
            "[x](&#106;avascript:y) | href=\"j"})
    void nothing_in_a_comment_can_harm(String comment, String never) {
        assertTrue(!page(comment).contains(never), never + " on the page");
        Parser.builder()
            .extensions(List.of(TablesExtension.create()))
            .build()
            .parse(markdown(comment))
            .accept(new AbstractVisitor() {
                @Override
                public void visit(Image image) {
                    throw new AssertionError(image);
                }

                @Override
                public void visit(Link link) {
                    assertTrue(link.getDestination().matches("#.*|https://.*"), link.getDestination());
                }

                @Override
                public void visit(HtmlInline html) {
                    assertTrue(
                        html.getLiteral().matches("<a id=\"[\\w.-]+\">|</a>|<!-- -->|</?span>"),
                        html.getLiteral());
                }
            });
    }

    @ParameterizedTest @ValueSource(
        strings = {"```sql\nselect 1\n```", "~~~~\na ```` b\n~~~~", "```\nnever closed", "  ````x\nb\n  ````",
            "- a\n\n  ```\n  c\n  ```"})
    void code_in_a_comment_is_code_whatever_fence_it_has(String comment) {
        assertTrue(page(comment).contains("<pre tabindex=\"0\"><code"), page(comment));
        assertTrue(markdown(comment).contains("\n## Rules\n"));
    }

    @Test
    void long_comments_are_cut_in_lists_and_deep_ones_do_no_harm() {
        var page = page("word ".repeat(40_000));
        assertTrue(page.length() < 150_000, "so long is the page: " + page.length());
        assertTrue(page.contains("200,000 characters in all; the whole comment is in report.json."), "it says so");
        for (var deep : List
            .of("> ".repeat(5000) + "x", "*a **b ".repeat(5000), "[".repeat(5000), "- ".repeat(5000) + "x")) {
            assertTrue(page(deep).contains("</html>"));
            assertTrue(markdown(deep).contains("## Rules"));
        }
    }

    // ---- what the two files hold

    private static void collect(Node node, List<List<String>> words) {
        switch (node) {
            case Text text -> words.add(List.of(text.getLiteral()));
            case Code code -> words.add(List.of(code.getLiteral()));
            case FencedCodeBlock code -> words.add(List.of(code.getLiteral()));
            case ReportNodes.Worded own -> words.add(own.words());
            default -> {
                // says nothing itself
            }
        }
        if (node instanceof ReportNodes.Container container) container.each(child -> collect(child, words));
        for (var child = node.getFirstChild(); child != null; child = child.getNext()) collect(child, words);
    }

    /** In the same order; what one node says may come in another order. */
    private static void assertFound(List<List<String>> words, String text, String file) {
        int from = 0;
        for (var said : words) {
            int next = from;
            for (var word : said) {
                var wanted = word.replaceAll("\\s", "");
                int at = text.indexOf(wanted, from);
                assertTrue(at >= 0, () -> file + " does not say: " + word);
                next = Math.max(next, at + wanted.length());
            }
            from = said.size() == 1 ? next : from;
        }
    }

    private static String seenOnPage(String html) {
        var body = html.substring(Math.max(0, html.indexOf("<main")));
        return LABEL.matcher(body.replaceAll("(?s)<script>.*", ""))
            .replaceAll(m -> Matcher.quoteReplacement(m.group(1)))
            .replaceAll("<[^>]*>|\\s", "")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&");
    }

    private static String seenInMarkdown(String markdown) {
        var text = new StringBuilder();
        collectText(Parser.builder().extensions(List.of(TablesExtension.create())).build().parse(markdown), text);
        return text.toString().replaceAll("\\s", "");
    }

    private static void collectText(Node node, StringBuilder text) {
        switch (node) {
            case Text leaf -> text.append(leaf.getLiteral());
            case Code leaf -> text.append(leaf.getLiteral());
            case FencedCodeBlock leaf -> text.append(leaf.getLiteral());
            case HtmlBlock leaf -> text.append(
                leaf.getLiteral().replaceAll("<[^>]*>", "").replace("&lt;", "<").replace("&gt;", ">"));
            default -> {
                // its children say it
            }
        }
        for (var child = node.getFirstChild(); child != null; child = child.getNext()) collectText(child, text);
    }

    private static HashSet<String> ids(Report report) {
        var ids = new HashSet<String>();
        Pattern.compile(" id=\"([^\"]+)\"").matcher(ReportHtml.of(report)).results().forEach(m -> ids.add(m.group(1)));
        return ids;
    }

    // ---- reports

    private static Report judged(ReportMaker maker) {
        return ReportFiles.judge(maker.report(), ExploreConfig.defaults(), null);
    }

    private static ReportMaker everything() {
        var maker = new ReportMaker();
        maker.timescale = "2.28.3";
        maker.database =
            new Report.DatabaseFacts("shop", "c", "All **orders** of the shop.", "me", "UTF8", "C", 1L << 40);
        maker.tables.add(odd("orders"));
        maker.tables.add(
            new ReportMaker.Table("items").column("id", "bigint")
                .column("order_id", "bigint")
                .references("order_id", "orders", "id")
                .index(new ReportMaker.Index("a_idx", "id").make())
                .index(new ReportMaker.Index("b_idx", "id").make())
                .make());
        maker.tables.add(new ReportMaker.Table("m").column("time", "timestamp with time zone").make());
        maker.hypertables.add(
            ReportMaker
                .hypertable("m", 7, ReportMaker.compression(true, 3, 2, 9L << 30, 1L << 30), "90 days", "3 days"));
        maker.aggregates.add(ReportMaker.aggregate("daily", ReportMaker.MADE_AT.minusSeconds(900), 7, "7 days"));
        maker.jobs.add(ReportMaker.job(7, "refresh", "Failed", 10, 9));
        maker.jobs.add(ReportMaker.paused(ReportMaker.job(8, "retention", "Success", 10, 0)));
        maker.sequences.add(ReportMaker.sequence("orders_id_seq", "integer", 2_000_000_000L, 2_147_483_647L, true));
        maker.setting("fsync", "off").setting("work_mem", "4MB");
        return maker;
    }

    /** With something of everything that a table may have. */
    private static Report.Relation odd(String name) {
        var maker = new ReportMaker.Table(name).key("id");
        maker.kind = "partitioned table";
        maker.partitionKey = "RANGE (id)";
        maker.comment = "about the table";
        maker.columns.add(
            new Report.Column("at", "timestamptz", false, "now()", null, "about the column", "german", "timestamptz"));
        maker.columns.add(new Report.Column("one", "int", true, null, "always as (1)", null, null, "int"));
        var gin = new ReportMaker.Index("gin_idx", "at");
        gin.method = "gin";
        gin.comment = "about the index";
        maker.index(gin.make());
        maker.usedBy.add("view public.y");
        maker.referencedBy.add("public.x (id)");
        maker.triggers.add(new Report.Trigger("tg", "CREATE TRIGGER tg BEFORE INSERT", true, "about the trigger"));
        maker.cascades("at", "items", "id", "about the key");
        maker.options.add("fillfactor=70");
        return maker.make();
    }

    private static String page(String comment) {
        return ReportHtml.of(judged(commented(comment)));
    }

    private static String markdown(String comment) {
        return ReportMarkdown.of(judged(commented(comment)));
    }

    /** A comment in every place that may hold one. */
    private static ReportMaker commented(String comment) {
        var maker = new ReportMaker();
        maker.database = new Report.DatabaseFacts("db", comment, comment, "me", "UTF8", "C", 1L);
        var table = new ReportMaker.Table("t");
        table.comment = comment;
        table.columns.add(new Report.Column("c", "int", true, null, null, comment, null, "int"));
        maker.tables.add(table.make());
        return maker;
    }
}
