import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lib.chart.Theme;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Are the eight colours told apart by people who lack a kind of cone? Simulated by Machado, Oliveira and Fernandes
 * (2009), severity 1, and by Viénot, Brettel and Mollon (1999) for red and green; the difference is CIEDE2000 (Sharma,
 * Wu and Dalal, 2005).
 */
@Tag("unit")
class ChartColoursTest {
    private static final Map<String, double[][]> VISIONS = new TreeMap<>(
        Map.of(
            "normal",
            new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
            "protan",
            new double[][] {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216},
                {-0.003882, -0.048116, 1.051998}},
            "deutan",
            new double[][] {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413},
                {-0.011820, 0.042940, 0.968881}},
            "tritan",
            new double[][] {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602},
                {0.004733, 0.691367, 0.303900}},
            "protan by Viénot",
            new double[][] {{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}},
            "deutan by Viénot",
            new double[][] {{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}}));

    @ParameterizedTest @ValueSource(strings = {"light", "dark"})
    void any_two_of_the_first_eight_differ_for_everybody(String name) {
        var theme = Theme.named(name);
        var eight = IntStream.range(0, 8).mapToObj(i -> theme.style(i).color()).toList();
        VISIONS.forEach((vision, matrix) -> {
            for (int i = 0; i < 8; i++) {
                for (int k = 0; k < i; k++) {
                    double difference = difference(lab(seen(eight.get(i), matrix)), lab(seen(eight.get(k), matrix)));
                    assertTrue(difference >= 10, "%s: %d and %d differ by %.1f".formatted(vision, k, i, difference));
                }
            }
        });
    }

    @ParameterizedTest @ValueSource(strings = {"light", "dark"})
    void each_stands_out_from_the_background(String name) {
        var theme = Theme.named(name);
        for (int i = 0; i < 8; i++) {
            double contrast = contrast(theme.style(i).color(), theme.background());
            assertTrue(contrast >= 3, "colour %d: %.2f".formatted(i, contrast));
        }
    }

    @ParameterizedTest @ValueSource(strings = {"light", "dark"})
    void after_eight_the_same_colour_has_another_dash(String name) {
        var theme = Theme.named(name);
        assertTrue(theme.style(0).dash() == null && theme.style(8).dash() != null);
        assertTrue(theme.style(0).color().equals(theme.style(8).color()));
        assertTrue(!Arrays.equals(theme.style(8).dash(), theme.style(16).dash()));
    }

    /** Known pairs of the paper: the formula itself is right. */
    @ParameterizedTest @ValueSource(ints = {0, 1, 2})
    void the_difference_is_that_of_the_published_examples(int i) {
        var pairs = List.of(
            new double[] {50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425},
            new double[] {50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0},
            new double[] {90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441});
        var p = pairs.get(i);
        double found = difference(new double[] {p[0], p[1], p[2]}, new double[] {p[3], p[4], p[5]});
        assertTrue(Math.abs(found - p[6]) < 1e-4, "" + found);
    }

    private static double linear(int channel) {
        double c = channel / 255.0;
        return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }

    private static double[] linear(Color c) {
        return new double[] {linear(c.getRed()), linear(c.getGreen()), linear(c.getBlue())};
    }

    private static double[] seen(Color color, double[][] matrix) {
        var rgb = linear(color);
        var seen = new double[3];
        for (int i = 0; i < 3; i++) {
            double sum = matrix[i][0] * rgb[0] + matrix[i][1] * rgb[1] + matrix[i][2] * rgb[2];
            seen[i] = Math.clamp(sum, 0.0, 1.0);
        }
        return seen;
    }

    private static double contrast(Color a, Color b) {
        double x = luminance(a) + 0.05;
        double y = luminance(b) + 0.05;
        return Math.max(x, y) / Math.min(x, y);
    }

    private static double luminance(Color c) {
        var rgb = linear(c);
        return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    }

    private static double[] lab(double[] rgb) {
        double x = f((0.4124564 * rgb[0] + 0.3575761 * rgb[1] + 0.1804375 * rgb[2]) / 0.95047);
        double y = f(0.2126729 * rgb[0] + 0.7151522 * rgb[1] + 0.0721750 * rgb[2]);
        double z = f((0.0193339 * rgb[0] + 0.1191920 * rgb[1] + 0.9503041 * rgb[2]) / 1.08883);
        return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
    }

    private static double f(double t) {
        return t > 216.0 / 24389 ? Math.cbrt(t) : (24389.0 / 27 * t + 16) / 116;
    }

    /** CIEDE2000. */
    private static double difference(double[] one, double[] two) {
        double meanChroma = (Math.hypot(one[1], one[2]) + Math.hypot(two[1], two[2])) / 2;
        double g = 0.5 * (1 - Math.sqrt(Math.pow(meanChroma, 7) / (Math.pow(meanChroma, 7) + Math.pow(25, 7))));
        double a1 = one[1] * (1 + g);
        double a2 = two[1] * (1 + g);
        double c1 = Math.hypot(a1, one[2]);
        double c2 = Math.hypot(a2, two[2]);
        double h1 = hue(a1, one[2]);
        double h2 = hue(a2, two[2]);
        double turn = c1 * c2 == 0 ? 0 : (h2 - h1 + 540) % 360 - 180;
        double dh = 2 * Math.sqrt(c1 * c2) * Math.sin(Math.toRadians(turn / 2));
        double l = (one[0] + two[0]) / 2;
        double c = (c1 + c2) / 2;
        double h = meanHue(h1, h2, c1 * c2 == 0);
        double t = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.20 * cos(4 * h - 63);
        double rotation = 60 * Math.exp(-Math.pow((h - 275) / 25, 2));
        double rc = 2 * Math.sqrt(Math.pow(c, 7) / (Math.pow(c, 7) + Math.pow(25, 7)));
        double sl = 1 + 0.015 * Math.pow(l - 50, 2) / Math.sqrt(20 + Math.pow(l - 50, 2));
        double lightness = (two[0] - one[0]) / sl;
        double chroma = (c2 - c1) / (1 + 0.045 * c);
        double tone = dh / (1 + 0.015 * c * t);
        double sum = lightness * lightness + chroma * chroma + tone * tone
            - Math.sin(Math.toRadians(rotation)) * rc * chroma * tone;
        return Math.sqrt(Math.max(0, sum));
    }

    private static double cos(double degrees) {
        return Math.cos(Math.toRadians(degrees));
    }

    private static double hue(double a, double b) {
        return a == 0 && b == 0 ? 0 : (Math.toDegrees(Math.atan2(b, a)) + 360) % 360;
    }

    private static double meanHue(double h1, double h2, boolean isGrey) {
        if (isGrey) return h1 + h2;
        if (Math.abs(h1 - h2) <= 180) return (h1 + h2) / 2;
        return h1 + h2 < 360 ? (h1 + h2 + 360) / 2 : (h1 + h2 - 360) / 2;
    }
}
