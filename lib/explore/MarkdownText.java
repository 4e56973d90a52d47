package lib.explore;

import java.util.regex.Pattern;

/** Text from a database on its way into Markdown and HTML: what must never be in it, and how it stays text. */
public final class MarkdownText {
    /** Nothing to see, and in the middle of a word. */
    private static final String APART = "<!-- -->";
    private static final Pattern EMOJI = Pattern.compile(":(?:[+-]1|100|1234|[0-9]*[a-z][a-z0-9_+-]*):");

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
        if (c < 0x7f) return c >= ' ' || c == '\n' || c == '\t';
        return c > 0x9f && !isDirectionMark(c);
    }

    private static boolean isDirectionMark(char c) {
        return c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069;
    }

    /**
     * Text in any place of a Markdown file, table cells included: no character of it starts markup.
     *
     * <p>GitHub looks for mentions, numbers of issues, emoji and addresses after it has read the Markdown, when no
     * backslash and no entity is left. An empty comment keeps such words apart; its own documentation wants a dollar
     * sign in a span. GitLab looks at the backslashes, so those stand there too.
     */
    public static String text(String value) {
        if (value == null) return "";
        var safe = new StringBuilder(value.length() + 16);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '|' -> safe.append("&#124;");
                case '@' -> safe.append(isWord(value, i + 1) ? "\\@" + APART : "\\@");
                case '#' -> safe.append(isWord(value, i + 1) ? "\\#" + APART : "\\#");
                case '$' -> safe.append("<span>\\$</span>");
                case ':' -> safe.append(value.startsWith("://", i) || isEmoji(value, i) ? ":" + APART : ":");
                case '\n', '\r', '\t' -> safe.append(' ');
                case '\\', '`', '*', '[', ']', '~', '&', '^' -> safe.append('\\').append(c);
                // between letters it is no markup, and names are full of it
                case '_' -> safe.append(isWord(value, i - 1) && isWord(value, i + 1) ? "_" : "\\_");
                // before a number a merge request on GitLab, before a link an image
                case '!' -> safe.append(isSpace(value, i + 1) ? "!" : "\\!");
                // before a word a milestone on GitLab
                case '%' -> safe.append(isWord(value, i + 1) ? "\\%" : "%");
                case '-', '+', '=' -> safe.append(start(value, i, safe));
                case '.', ')' -> safe.append(dot(value, i, safe));
                default -> {
                    if (isAllowed(c)) safe.append(c);
                }
            }
        }
        return safe.toString();
    }

    /** A list or a line below a heading where it stands first; in "GH-12" the number of an issue. */
    private static String start(String value, int at, CharSequence before) {
        char c = value.charAt(at);
        if (before.isEmpty()) return "\\" + c;
        return c == '-' && value.regionMatches(true, at - 2, "GH", 0, 2) && isWord(value, at + 1) ? "-" + APART
            : String.valueOf(c);
    }

    /** "3." at the start would be an item of a list, "www." the start of a link. */
    private static String dot(String value, int at, CharSequence before) {
        char c = value.charAt(at);
        if (digitsOnly(before) && !isWord(value, at + 1)) return "\\" + c;
        return c == '.' && value.regionMatches(true, at - 3, "www", 0, 3) ? APART + "." : String.valueOf(c);
    }

    private static boolean isEmoji(String value, int at) {
        return EMOJI.matcher(value).region(at, value.length()).lookingAt();
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
        if (text.indexOf('`') < 0) return 3;
        int longest = 2;
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            run = text.charAt(i) == '`' ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return longest + 1;
    }
}
