//SOURCES MarkdownText.java
package lib.explore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;

/** Writes HTML. Text goes through {@link #text}, which escapes; only tags of our own go through {@link #raw}. */
final class Html {
    private final Writer out;

    /** Goes straight to the file: the page of a database of ten thousand tables never stands in memory. */
    Html(Writer out) {
        this.out = out;
    }

    Html raw(String html) {
        try {
            out.write(html);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    Html text(Object value) {
        return value == null ? this : raw(escape(value.toString()));
    }

    /** An element with text in it. @param tag "td" or, with attributes of our own making, "td class=n" */
    Html element(String tag, Object value) {
        int space = tag.indexOf(' ');
        return raw("<").raw(tag).raw(">").text(value).raw("</").raw(space < 0 ? tag : tag.substring(0, space)).raw(">");
    }

    static String escape(String text) {
        if (isPlain(text)) return text;
        var out = new StringBuilder(text.length() + 16);
        escape(out, text);
        return out.toString();
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '&' || c == '<' || c == '>' || c == '"' || c == '\'' || c >= 0x7f) return false;
        }
        return true;
    }

    private static void escape(StringBuilder out, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> {
                    // control characters are not allowed in HTML; marks of direction could reorder what follows
                    if (MarkdownText.isAllowed(c)) out.append(c);
                }
            }
        }
    }
}
