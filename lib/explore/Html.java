//SOURCES MarkdownText.java
package lib.explore;

/** Text inside the SVG drawings; all else is written by commonmark. */
final class Html {
    private Html() {}

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
