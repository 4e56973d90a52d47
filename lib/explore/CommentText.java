//SOURCES ../Units.java Inlines.java MarkdownText.java ShortText.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import lib.Units;
import org.commonmark.node.BlockQuote;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.LinkReferenceDefinition;
import org.commonmark.node.ListBlock;
import org.commonmark.node.ListItem;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.StrongEmphasis;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;

/**
 * Comments of a database, which people like to write in Markdown. Only what cannot harm is left of it: no HTML, no
 * images, links to web pages and mail addresses alone; headings become bold text, so that they do not mix with ours.
 */
final class CommentText {
    /** A comment may have 200 kB; nobody reads more than this in a report. */
    private static final int LONGEST = 20_000;
    private static final int DEEPEST = 12;
    private static final Pattern ALLOWED_LINK = Pattern.compile("(?i)(https?://|mailto:)[^\\s]+");
    private static final Parser PARSER = Parser.builder()
        .enabledBlockTypes(Set.of(BlockQuote.class, FencedCodeBlock.class, Heading.class, ListBlock.class))
        .maxOpenBlockParsers(DEEPEST)
        .maxInlineNesting(DEEPEST)
        .build();

    private CommentText() {}

    /** The whole comment, as blocks. */
    static List<Node> blocks(String comment) {
        var blocks = children(parse(comment));
        if (comment.length() > LONGEST) {
            var note = Units.count(comment.length()) + " characters in all; the whole comment is in report.json.";
            blocks.add(new Inlines().muted(note).into(new Paragraph()));
        }
        return blocks;
    }

    /** The comment in one line, for a cell or an item of a list. @param most characters; the rest is cut off */
    static Inlines line(String comment, int most) {
        var line = new Line(most);
        children(parse(comment)).forEach(line::add);
        return line.inlines();
    }

    /** The first paragraph of a comment without any markup. */
    static String firstLine(String comment, int most) {
        var blocks = children(parse(comment));
        var text = new StringBuilder();
        if (!blocks.isEmpty()) literals(blocks.getFirst(), text);
        return ShortText.cut(text.toString().replaceAll("\\s+", " ").strip(), most);
    }

    /** The comment in one line without any markup. */
    static String plainLine(String comment, int most) {
        var text = new StringBuilder();
        for (var block : children(parse(comment))) {
            if (text.length() > most) break;
            if (!text.isEmpty()) text.append(' ');
            literals(block, text);
        }
        return ShortText.cut(text.toString().replaceAll("\\s+", " ").strip(), most);
    }

    private static Node parse(String comment) {
        var document = PARSER.parse(ShortText.cut(MarkdownText.clean(comment), LONGEST));
        makeSafe(document);
        return document;
    }

    /** From the leaves up, so that what takes the place of a node is safe already. */
    private static void makeSafe(Node parent) {
        for (var node : children(parent)) {
            makeSafe(node);
            switch (node) {
                case Text text -> text.setLiteral(MarkdownText.line(text.getLiteral()));
                case Code code -> code.setLiteral(MarkdownText.line(code.getLiteral()));
                case FencedCodeBlock code -> replace(code, List.of(tidy(code)));
                case SoftLineBreak line -> replace(line, List.of(new HardLineBreak()));
                case HtmlInline html -> replace(html, List.of(new Text(MarkdownText.line(html.getLiteral()))));
                case Image image -> replace(image, children(image));
                case Heading heading -> replace(heading, List.of(bold(heading)));
                case LinkReferenceDefinition definition -> definition.unlink();
                case Link link -> {
                    link.setTitle(null);
                    if (!ALLOWED_LINK.matcher(link.getDestination()).matches()) replace(link, children(link));
                }
                default -> {
                    // harmless
                }
            }
        }
    }

    private static void replace(Node node, List<Node> others) {
        others.forEach(node::insertBefore);
        node.unlink();
    }

    private static Node bold(Heading heading) {
        var strong = new StrongEmphasis();
        children(heading).forEach(strong::appendChild);
        var paragraph = new Paragraph();
        paragraph.appendChild(strong);
        return paragraph;
    }

    /** The same with a fence of ours. */
    private static Node tidy(FencedCodeBlock code) {
        var literal = MarkdownText.clean(code.getLiteral());
        var language = code.getInfo() == null ? "" : code.getInfo().toLowerCase(Locale.ROOT);
        var block = new FencedCodeBlock();
        block.setLiteral(literal);
        block.setInfo(language.matches("[a-z0-9]{1,12}") ? language : null);
        block.setFenceCharacter("`");
        int fence = MarkdownText.fence(literal);
        block.setOpeningFenceLength(fence);
        block.setClosingFenceLength(fence);
        return block;
    }

    private static List<Node> children(Node parent) {
        var children = new ArrayList<Node>();
        for (var node = parent.getFirstChild(); node != null; node = node.getNext()) children.add(node);
        return children;
    }

    private static void literals(Node node, StringBuilder text) {
        switch (node) {
            case Text leaf -> text.append(leaf.getLiteral());
            case Code leaf -> text.append(leaf.getLiteral());
            case FencedCodeBlock leaf -> text.append(leaf.getLiteral());
            case HardLineBreak _ -> text.append(' ');
            case ListItem item -> children(item).forEach(c -> literals(c, text.append(' ')));
            default -> children(node).forEach(c -> literals(c, text));
        }
    }

    /** Blocks on their way into one line. */
    private static final class Line {
        private final Inlines inlines = new Inlines();
        private int left;

        Line(int most) {
            left = most;
        }

        void add(Node block) {
            if (left <= 0) return;
            if (!inlines.isEmpty()) inlines.text(" ");
            switch (block) {
                case FencedCodeBlock code -> inlines.code(cut(code.getLiteral().replaceAll("\\s+", " ").strip()));
                case Paragraph paragraph -> children(paragraph).forEach(this::addInline);
                default -> children(block).forEach(this::add);
            }
        }

        private void addInline(Node node) {
            if (left <= 0) return;
            switch (node) {
                case Text text -> inlines.text(cut(text.getLiteral()));
                case Code code -> inlines.code(cut(code.getLiteral()));
                case HardLineBreak _ -> inlines.text(" ");
                default -> {
                    var all = new StringBuilder();
                    literals(node, all);
                    if (all.length() > left) {
                        inlines.text(cut(all.toString()));
                    } else {
                        left -= all.length();
                        children(node).stream().filter(HardLineBreak.class::isInstance).forEach(Node::unlink);
                        inlines.add(node);
                    }
                }
            }
        }

        private String cut(String text) {
            var cut = ShortText.cut(text, left);
            left -= text.length();
            return cut;
        }

        Inlines inlines() {
            return inlines;
        }
    }
}
