package lib.chart;

/** How wide a text is, about: from a table and not from a font, so that a chart is the same on every machine, fonts or none. */
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
}
