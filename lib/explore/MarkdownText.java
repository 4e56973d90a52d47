package lib.explore;

/** Text from a database on its way into Markdown and HTML: what must never be in it, and how it stays text. */
public final class MarkdownText {
    private MarkdownText() {}

    /** Without control characters, and without marks of direction, which can make code look like other code. */
    public static String clean(String value) {
        if (isClean(value)) return value;
        var safe = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            if (isAllowed(value.charAt(i))) safe.append(value.charAt(i));
        }
        return safe.toString();
    }

    /** Clean, and in one line. */
    static String line(String value) {
        var clean = clean(value);
        return clean.indexOf('\n') < 0 && clean.indexOf('\t') < 0 ? clean : clean.replaceAll("[\\n\\t]+", " ");
    }

    private static boolean isClean(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (!isAllowed(value.charAt(i))) return false;
        }
        return true;
    }

    static boolean isAllowed(char c) {
        return (c >= ' ' || c == '\n' || c == '\t') && (c < 0x7f || c > 0x9f) && !isDirectionMark(c);
    }

    private static boolean isDirectionMark(char c) {
        return c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069;
    }

    /** Text in any place of a Markdown file, table cells included: no character of it starts markup. */
    public static String text(String value) {
        if (value == null) return "";
        var safe = new StringBuilder(value.length() + 16);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '|' -> safe.append("&#124;");
                // GitHub would make links and mentions of these
                case '@' -> safe.append("&#64;");
                case ':' -> safe.append(value.startsWith("://", i) ? "&#58;" : ":");
                case '\n', '\r', '\t' -> safe.append(' ');
                case '\\', '`', '*', '[', ']', '#', '~', '$' -> safe.append('\\').append(c);
                // between letters it is no markup, and names are full of it
                case '_' -> safe.append(isWord(value, i - 1) && isWord(value, i + 1) ? "_" : "\\_");
                // before a number a merge request on GitLab, before a link an image
                case '!' -> safe.append(isSpace(value, i + 1) ? "!" : "\\!");
                case '-', '+', '=' -> safe.append(safe.isEmpty() ? "\\" + c : String.valueOf(c));
                case '.', ')' -> safe.append(dot(value, i, safe));
                default -> {
                    if (isAllowed(c)) safe.append(c);
                }
            }
        }
        return safe.toString();
    }

    /** "3." at the start would be an item of a list, "www." the start of a link. */
    private static String dot(String value, int at, CharSequence before) {
        char c = value.charAt(at);
        if (digitsOnly(before) && !isWord(value, at + 1)) return "\\" + c;
        return c == '.' && value.regionMatches(true, at - 3, "www", 0, 3) ? "&#46;" : String.valueOf(c);
    }

    private static boolean isSpace(String text, int at) {
        return at < text.length() && Character.isWhitespace(text.charAt(at));
    }

    private static boolean isWord(String text, int at) {
        return at >= 0 && at < text.length() && Character.isLetterOrDigit(text.charAt(at));
    }

    private static boolean digitsOnly(CharSequence text) {
        return !text.isEmpty() && text.chars().allMatch(Character::isDigit);
    }

    /** Inline code. A pipe would end a table cell even in code, so those become text instead. */
    public static String code(String value) {
        if (value == null) return "";
        var line = clean(value).replaceAll("\\s+", " ").strip();
        if (line.isEmpty()) return "";
        return line.contains("|") || line.contains("`") || line.contains("\\") ? text(line) : "`" + line + "`";
    }

    /** How many backticks a fence needs, so that no row of backticks in the text ends it. */
    public static int fence(String text) {
        int longest = 2;
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            run = text.charAt(i) == '`' ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return longest + 1;
    }
}
