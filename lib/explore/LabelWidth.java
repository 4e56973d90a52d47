package lib.explore;

import java.util.ArrayList;
import java.util.List;

/**
 * How wide a text may get in a browser: from a table, because the reader's font is not known here. Rather too wide than
 * too narrow, so that a label stays inside its box.
 */
final class LabelWidth {
    private static final String NARROW = "ijl.,:;'|!()[]{}/\\ -\"`";
    private static final String WIDE = "mwMWOQGCDH@%—…&";

    private LabelWidth() {}

    /** In pixels, for a sans-serif font of normal weight. */
    static double of(String text, double fontSize) {
        return text.codePoints().mapToDouble(LabelWidth::em).sum() * fontSize;
    }

    private static double em(int c) {
        if (c < 0x7f) {
            if (NARROW.indexOf(c) >= 0) return 0.4;
            if (WIDE.indexOf(c) >= 0) return 1.06;
            return c >= 'A' && c <= 'Z' ? 0.76 : 0.62;
        }
        int type = Character.getType(c);
        if (type == Character.NON_SPACING_MARK || type == Character.FORMAT || type == Character.ENCLOSING_MARK) {
            return 0;
        }
        if (c >= 0xfdf0 && c <= 0xfdff) return 9;   // whole Arabic phrases in one character
        if (c < 0x0590) return c == 0x2026 ? 1 : 0.85;
        if (c < 0x1100 || c >= 0x2000 && c < 0x2100) return 1.1;
        return c < 0x10000 ? 1.15 : 1.5;
    }

    /** Cut in the middle, where there is too little room: names alike at their start stay apart. */
    static String fit(String text, double fontSize, double room) {
        if (of(text, fontSize) <= room) return text;
        var points = text.codePoints().toArray();
        for (int kept = points.length - 1; kept > 1; kept--) {
            int head = (kept + 1) / 2;
            var cut =
                new String(points, 0, head) + "…" + new String(points, points.length - (kept - head), kept - head);
            if (of(cut, fontSize) <= room) return cut;
        }
        return "…";
    }

    /** In lines of at most that width, broken after _ or . where there is one, the last one cut where need be. */
    static List<String> wrap(String text, double fontSize, double room, int mostLines) {
        var lines = new ArrayList<String>();
        var rest = text;
        while (lines.size() < mostLines - 1 && of(rest, fontSize) > room) {
            int end = breakPoint(rest, fontSize, room);
            lines.add(rest.substring(0, end));
            rest = rest.substring(end);
        }
        lines.add(fit(rest, fontSize, room));
        return lines;
    }

    private static int breakPoint(String text, double fontSize, double room) {
        int end = 0, nice = 0;
        double width = 0;
        while (end < text.length()) {
            int c = text.codePointAt(end);
            width += em(c) * fontSize;
            if (width > room) break;
            end += Character.charCount(c);
            if ("_.- ".indexOf(c) >= 0) nice = end;
        }
        return nice > end / 3 ? nice : Math.max(end, Character.charCount(text.codePointAt(0)));
    }
}
