//SOURCES MarkdownText.java ReportNodes.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import org.commonmark.node.Code;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.StrongEmphasis;
import org.commonmark.node.Text;

/** What stands in one paragraph, item or cell, put together piece by piece. */
final class Inlines {
    private final List<Node> nodes = new ArrayList<>();

    static Inlines of(String text) {
        return new Inlines().text(text);
    }

    static Inlines of(List<Node> nodes) {
        var inlines = new Inlines();
        inlines.nodes.addAll(nodes);
        return inlines;
    }

    /** Text as it is, whatever it looks like. Null adds nothing. */
    Inlines text(String text) {
        if (text != null && !text.isEmpty()) nodes.add(new Text(MarkdownText.line(text)));
        return this;
    }

    Inlines code(String text) {
        if (text != null && !text.isBlank()) nodes.add(new Code(MarkdownText.line(text).strip()));
        return this;
    }

    Inlines strong(String text) {
        var strong = new StrongEmphasis();
        strong.appendChild(new Text(MarkdownText.line(text)));
        nodes.add(strong);
        return this;
    }

    Inlines muted(String text) {
        var muted = new ReportNodes.Muted();
        muted.appendChild(new Text(MarkdownText.line(text)));
        nodes.add(muted);
        return this;
    }

    Inlines tag(String style, String label) {
        nodes.add(new ReportNodes.Tag(style, MarkdownText.line(label)));
        return this;
    }

    /** @param anchor of {@link Anchor}, or null for text alone */
    Inlines link(String text, String anchor) {
        return anchor == null ? text(text) : linkTo(text, "#" + anchor);
    }

    /** @param address of our own making */
    Inlines linkTo(String text, String address) {
        var link = new Link(address, null);
        link.appendChild(new Text(MarkdownText.line(text)));
        nodes.add(link);
        return this;
    }

    Inlines add(Node node) {
        nodes.add(node);
        return this;
    }

    Inlines add(Inlines more) {
        nodes.addAll(more.nodes);
        return this;
    }

    boolean isEmpty() {
        return nodes.isEmpty();
    }

    /** Puts all of it into a node. */
    <N extends Node> N into(N parent) {
        nodes.forEach(parent::appendChild);
        return parent;
    }
}
