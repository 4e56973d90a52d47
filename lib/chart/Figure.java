//SOURCES Canvas.java ChartData.java Painter.java Theme.java
package lib.chart;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/** One picture with one or several charts below each other; the same moment stands at the same place in all of them. */
final class Figure {
    private final Theme theme;
    private final Rectangle2D.Double place;
    private final List<Painter> painters = new ArrayList<>();

    /** @param charts at least one; the height is shared evenly */
    Figure(List<ChartData> charts, Theme theme, int width, int height) {
        this.theme = theme;
        this.place = new Rectangle2D.Double(0, 0, width, height);
        double each = (double) height / charts.size();
        for (int i = 0; i < charts.size(); i++) {
            double top = Math.round(i * each);
            painters.add(
                new Painter(
                    charts.get(i),
                    theme,
                    new Rectangle2D.Double(0, top, width, Math.round((i + 1) * each) - top)));
        }
        if (charts.size() > 1) {
            double left = painters.stream().mapToDouble(Painter::leftMargin).max().orElseThrow();
            double right = painters.stream().mapToDouble(Painter::rightMargin).max().orElseThrow();
            double from = charts.stream().mapToDouble(data -> Painter.seconds(data.from())).min().orElseThrow();
            double to = charts.stream().mapToDouble(data -> Painter.seconds(data.to())).max().orElseThrow();
            painters.forEach(painter -> painter.align(new Painter.Alignment(left, right, from, to)));
        }
    }

    List<Painter> painters() {
        return painters;
    }

    void paint(Graphics2D g) {
        var canvas = new Canvas(g);
        canvas.fill(theme.background(), place);
        for (int i = 0; i < painters.size(); i++) {
            var painter = painters.get(i);
            canvas.group("class=\"panel\" data-panel=\"" + i + "\"", () -> painter.paint(g));
        }
    }
}
