package lib.chart;

import java.awt.Color;
import java.util.List;

/** Colours. The series' eight are told apart with every common kind of colour blindness, and stand out 3:1 from their background. */
public record Theme(
    String name,
    Color background,
    Color text,
    Color quiet,
    Color grid,
    Color strongGrid,
    Color axis,
    Color warning,
    Color critical,
    Color warningText,
    Color criticalText,
    Color others,
    List<Color> series) {
    public static Theme named(String name) {
        return name.equals("dark") ? DARK : LIGHT;
    }

    private static final Theme LIGHT = new Theme(
        "light",
        hex(0xffffff),
        hex(0x1b2430),
        hex(0x5b6673),
        hex(0xe8ebef),
        hex(0xcfd5dc),
        hex(0x9aa3ad),
        new Color(0xf2, 0xa9, 0x00, 26),
        new Color(0xd6, 0x27, 0x28, 24),
        hex(0x8a5a00),
        hex(0xa61b1b),
        hex(0xb4bbc3),
        List.of(
            hex(0x0072b2),
            hex(0xd55e00),
            hex(0x00876c),
            hex(0xaa4499),
            hex(0xa17400),
            hex(0x332288),
            hex(0x882255),
            hex(0x3d8fc4)));

    private static final Theme DARK = new Theme(
        "dark",
        hex(0x12171e),
        hex(0xe8edf2),
        hex(0x9aa6b2),
        hex(0x232b35),
        hex(0x36414d),
        hex(0x66727f),
        new Color(0xf2, 0xa9, 0x00, 36),
        new Color(0xff, 0x55, 0x55, 38),
        hex(0xf0c060),
        hex(0xff8f8f),
        hex(0x4d5967),
        List.of(
            hex(0x56b4e9),
            hex(0xff9d4d),
            hex(0x2fd1a5),
            hex(0xe48ad0),
            hex(0xf0e442),
            hex(0xa79bff),
            hex(0xf4788c),
            hex(0xb9dcf5)));

    private static Color hex(int rgb) {
        return new Color(rgb);
    }

    public Color series(int i) {
        return series.get(i % series.size());
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
