package lib.chart;

import java.awt.Color;
import java.util.Arrays;
import java.util.List;

/**
 * Colours. Any two of the series' eight differ by at least 10 (CIEDE2000) for people without the cones for red, green
 * or blue too, and each stands out 3:1 from the background; a test computes both.
 */
public record Theme(
    String name,
    Color background,
    Color text,
    Color quiet,
    GridLines lines,
    Zones zones,
    Color others,
    List<Color> series) {

    /** Behind the data. @param strongGrid at midnights */
    private record GridLines(Color grid, Color strongGrid, Color axis) {}

    /** Between thresholds, and the text in them. */
    private record Zones(Color warning, Color critical, Color warningText, Color criticalText) {}

    /** So many can be told apart by everybody. */
    static final int COLOURS = 8;

    public static Theme named(String name) {
        return name.equals("dark") ? DARK : LIGHT;
    }

    private static final Theme LIGHT = new Theme(
        "light",
        hex(0xffffff),
        hex(0x1b2430),
        hex(0x5b6673),
        new GridLines(hex(0xe8ebef), hex(0xcfd5dc), hex(0x9aa3ad)),
        new Zones(new Color(0xf2, 0xa9, 0x00, 26), new Color(0xd6, 0x27, 0x28, 24), hex(0x8a5a00), hex(0xa61b1b)),
        hex(0xb4bbc3),
        List.of(
            hex(0x1673c9),
            hex(0xd95f00),
            hex(0x296947),
            hex(0xac3e96),
            hex(0x9c8156),
            hex(0x321f89),
            hex(0x7f164e),
            hex(0x0e9dd8)));

    private static final Theme DARK = new Theme(
        "dark",
        hex(0x12171e),
        hex(0xe8edf2),
        hex(0x9aa6b2),
        new GridLines(hex(0x232b35), hex(0x36414d), hex(0x66727f)),
        new Zones(new Color(0xf2, 0xa9, 0x00, 36), new Color(0xff, 0x55, 0x55, 38), hex(0xf0c060), hex(0xff8f8f)),
        hex(0x4d5967),
        List.of(
            hex(0x55b1e4),
            hex(0xfa9d51),
            hex(0x00eebd),
            hex(0xc27eb1),
            hex(0xf3e842),
            hex(0x8579fc),
            hex(0xf85c7e),
            hex(0xc0e4ff)));

    private static final List<float[]> DASHES = Arrays.asList(
        null,
        new float[] {7, 3},
        new float[] {2, 3},
        new float[] {9, 3, 2, 3},
        new float[] {12, 5},
        new float[] {5, 2, 1, 2, 1, 2},
        new float[] {1, 2},
        new float[] {14, 3, 6, 3});

    private static Color hex(int rgb) {
        return new Color(rgb);
    }

    Color grid() {
        return lines.grid;
    }

    Color strongGrid() {
        return lines.strongGrid;
    }

    Color axis() {
        return lines.axis;
    }

    Color warning() {
        return zones.warning;
    }

    Color critical() {
        return zones.critical;
    }

    Color warningText() {
        return zones.warningText;
    }

    Color criticalText() {
        return zones.criticalText;
    }

    /** How a line looks. @param dash null for a solid one */
    public record Style(Color color, float[] dash) {}

    /** After eight the colours come again, with dashes. */
    public Style style(int number) {
        int round = number / series.size();
        return new Style(series.get(number % series.size()), DASHES.get(round % DASHES.size()));
    }

    public Style grey() {
        return new Style(others, null);
    }

    public static Color alpha(Color c, int alpha) {
        return new Color(c.getRed(), c.getGreen(), c.getBlue(), alpha);
    }

    static Color blend(Color a, Color b, double share) {
        return new Color(
            (int) Math.round(a.getRed() * share + b.getRed() * (1 - share)),
            (int) Math.round(a.getGreen() * share + b.getGreen() * (1 - share)),
            (int) Math.round(a.getBlue() * share + b.getBlue() * (1 - share)));
    }
}
