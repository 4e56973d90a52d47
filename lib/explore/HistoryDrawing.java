//SOURCES ../Units.java Report.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import lib.Units;
import lib.explore.Report.History;
import lib.explore.Report.HistoryPoint;

/** Small lines of how the score and the sizes went. Only numbers of our own go into the SVG. */
final class HistoryDrawing {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 48;

    record Curve(String title, String svg) {}

    private HistoryDrawing() {}

    static List<Curve> of(History history) {
        var curves = new ArrayList<Curve>();
        add(
            curves,
            history,
            "Score",
            p -> p.score() == null ? null : p.score().doubleValue(),
            v -> String.valueOf(Math.round(v)));
        add(
            curves,
            history,
            "Size",
            p -> p.bytes() == null ? null : p.bytes().doubleValue(),
            v -> Units.bytes(Math.round(v)));
        add(curves, history, "Findings", p -> (double) p.findings(), v -> String.valueOf(Math.round(v)));
        add(curves, history, "Chunks", p -> (double) p.chunks(), v -> Units.count(Math.round(v)));
        return curves;
    }

    private static void add(
        List<Curve> curves,
        History history,
        String name,
        Function<HistoryPoint, Double> value,
        Function<Double, String> shown) {
        var values = history.points().stream().map(value).filter(Objects::nonNull).toList();
        if (values.size() < 2) return;
        var title = name + ": " + shown.apply(values.getFirst()) + " → " + shown.apply(values.getLast());
        curves.add(new Curve(title, svg(values, title)));
    }

    private static String svg(List<Double> values, String title) {
        double least = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
        double most = values.stream().mapToDouble(Double::doubleValue).max().orElse(1);
        var points = new StringBuilder();
        for (int i = 0; i < values.size(); i++) {
            double x = 2 + (WIDTH - 4.0) * i / (values.size() - 1);
            double y = most == least ? HEIGHT / 2.0 : 2 + (HEIGHT - 4.0) * (most - values.get(i)) / (most - least);
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        }
        return ("<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"%s\"><polyline "
            + "points=\"%s\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\"/></svg>")
            .formatted(WIDTH, HEIGHT, WIDTH, HEIGHT, title, points.toString().strip());
    }
}
