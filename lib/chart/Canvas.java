//SOURCES SvgGraphics.java
package lib.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.Locale;

/**
 * What a chart is drawn with, on any Graphics2D: {@link SvgGraphics} keeps text as text and clips by a group, an image
 * does not.
 */
record Canvas(Graphics2D g) {
    enum Anchor { START, MIDDLE, END }

    /** How text stands at its place. */
    record Lettering(Anchor anchor, Color color, int size) {}

    void fill(Color color, Rectangle2D area) {
        g.setColor(color);
        g.fill(area);
    }

    void line(Color color, double x1, double y1, double x2, double y2) {
        g.setColor(color);
        g.setStroke(new BasicStroke(1));
        g.draw(new Line2D.Double(x1, y1, x2, y2));
    }

    void dashed(Color color, double x1, double y1, double x2, double y2) {
        g.setColor(color);
        g.setStroke(new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {3, 3}, 0));
        g.draw(new Line2D.Double(x1, y1, x2, y2));
    }

    void text(String text, double x, double y, Lettering look) {
        text(text, x, y, look, Font.PLAIN);
    }

    /** Text over lines: in an SVG the background shines around its letters. */
    void over(String text, double[] at, Color color, Color background) {
        group(
            "paint-order=\"stroke\" stroke=\"" + SvgGraphics.hex(background)
                + "\" stroke-width=\"3\" stroke-linejoin=\"round\"",
            () -> text(text, at[0], at[1], new Lettering(Anchor.START, color, 11)));
    }

    void bold(String text, double x, double y, Lettering look) {
        text(text, x, y, look, Font.BOLD);
    }

    private void text(String text, double x, double y, Lettering look, int style) {
        if (text.isEmpty()) return;
        var anchor = look.anchor();
        g.setColor(look.color());
        g.setFont(new Font("SansSerif", style, look.size()));
        if (g instanceof SvgGraphics svg) {
            svg.text(text, x, y, anchor.name().toLowerCase(Locale.ROOT));
        } else {
            double width = anchor == Anchor.START ? 0 : g.getFontMetrics().stringWidth(text);
            g.drawString(text, (float) (x - (anchor == Anchor.MIDDLE ? width / 2 : width)), (float) y);
        }
    }

    /** Points of one colour, one element of SVG for all of them. */
    void dots(Color color, double diameter, List<double[]> places) {
        g.setColor(color);
        if (g instanceof SvgGraphics svg) {
            svg.dots(places, diameter);
        } else {
            for (var at : places) {
                g.fill(new Ellipse2D.Double(at[0] - diameter / 2, at[1] - diameter / 2, diameter, diameter));
            }
        }
    }

    /** What belongs together, for programs that read the picture: a group with attributes of ours. */
    void group(String attributes, Runnable drawing) {
        if (g instanceof SvgGraphics svg) {
            svg.group(attributes, drawing);
        } else {
            drawing.run();
        }
    }

    /** Draws what must not leave an area. */
    void within(Rectangle2D area, Runnable drawing) {
        if (g instanceof SvgGraphics svg) {
            svg.clip(area, drawing);
        } else {
            g.clip(area);
            drawing.run();
            g.setClip(null);
        }
    }
}
