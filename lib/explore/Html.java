package lib.explore;

/** Builds HTML. Text goes through {@link #text}, which escapes; only tags of our own go through {@link #raw}. */
final class Html {
    private final StringBuilder out = new StringBuilder(1 << 18);

    Html raw(String html) {
        out.append(html);
        return this;
    }

    Html text(Object value) {
        if (value != null) escape(out, value.toString());
        return this;
    }

    /** An element with text in it. @param tag "td" or, with attributes of our own making, "td class=n" */
    Html element(String tag, Object value) {
        out.append('<').append(tag).append('>');
        text(value);
        int space = tag.indexOf(' ');
        out.append("</").append(space < 0 ? tag : tag.substring(0, space)).append('>');
        return this;
    }

    @Override
    public String toString() {
        return out.toString();
    }

    static String escape(String text) {
        var out = new StringBuilder(text.length() + 16);
        escape(out, text);
        return out.toString();
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
                    if ((c >= ' ' || c == '\n' || c == '\t') && c != 0x7f && !MarkdownReport.isDirectionMark(c)) out.append(c);
                }
            }
        }
    }
}
