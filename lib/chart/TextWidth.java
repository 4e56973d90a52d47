package lib.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * How wide a text is, about: from a table and not from a font, so that a chart is the same on every machine, fonts or
 * none.
 */
final class TextWidth {
    private TextWidth() {}

    static double of(String text, int size) {
        return text.codePoints().mapToDouble(TextWidth::em).sum() * size;
    }

    private static double em(int c) {
        if ("ijl.,:;'|!".indexOf(c) >= 0) return 0.3;
        if (" ftrI()[]/-".indexOf(c) >= 0) return 0.4;
        if ("mwMW@%—".indexOf(c) >= 0) return 0.92;
        if (c >= '0' && c <= '9') return 0.62;
        if (c >= 'A' && c <= 'Z') return 0.7;
        if (c < 0x2e80) return 0.6;
        return 1.05;
    }

    static String shorten(String text, int size, double room) {
        if (of(text, size) <= room) return text;
        var points = text.codePoints().toArray();
        int n = points.length;
        while (n > 1 && of(new String(points, 0, n) + "…", size) > room) n--;
        return new String(points, 0, n).strip() + "…";
    }

    /**
     * Names that fit: cut at their ends, unless that makes two of them alike; then what they have in common is left
     * out, and where they differ is seen.
     */
    static List<String> distinct(List<String> names, int size, double room) {
        var cut = names.stream().map(name -> shorten(name, size, room)).toList();
        var list = new ArrayList<String>();
        for (int i = 0; i < cut.size(); i++) {
            var name = names.get(i);
            var alike = new ArrayList<String>();
            for (int k = 0; k < cut.size(); k++) {
                if (cut.get(k).equals(cut.get(i)) && !names.get(k).equals(name)) alike.add(names.get(k));
            }
            list.add(alike.isEmpty() ? cut.get(i) : aroundDifference(name, alike, new Room(size, room)));
        }
        return list;
    }

    private record Room(int size, double width) {}

    private static String aroundDifference(String name, List<String> alike, Room room) {
        int same = alike.stream().mapToInt(other -> common(name, other)).min().orElse(0);
        var head = shorten(name, room.size(), room.width() * 0.3);
        int start = Math.max(0, same - 6);
        if (start < name.length() && Character.isLowSurrogate(name.charAt(start))) start--;
        return shorten(head + name.substring(start), room.size(), room.width());
    }

    private static int common(String a, String b) {
        int n = 0;
        while (n < Math.min(a.length(), b.length()) && a.charAt(n) == b.charAt(n)) n++;
        return n;
    }

    /** A text in lines of at most that width, broken between words; what is left after the last line is cut. */
    static List<String> wrap(String text, int size, Area area) {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        for (var word : text.split(" ")) {
            boolean fits = of(line + " " + word, size) <= area.width();
            if (!fits && !line.isEmpty() && lines.size() < area.lines() - 1) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(shorten(line.toString(), size, area.width()));
        return lines;
    }

    record Area(double width, int lines) {}
}
