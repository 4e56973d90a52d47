//SOURCES SvgGraphics.java
package lib.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;

/** What a chart is drawn with, on any Graphics2D: {@link SvgGraphics} keeps text as text and clips by a group, an image does not. */
record Canvas(Graphics2D g) {
    enum Anchor { START, MIDDLE, END }

    void fill(Color color, Rectangle2D area) {
        g.setColor(color);
        g.fill(area);
    }

    void line(Color color, double x1, double y1, double x2, double y2) {
        g.setColor(color);
        g.setStroke(new BasicStroke(1));
        g.draw(new Line2D.Double(x1, y1, x2, y2));
    }

    void text(String text, double x, double y, Anchor anchor, Color color, int size) {
        text(text, x, y, anchor, color, size, Font.PLAIN);
    }

    void bold(String text, double x, double y, Anchor anchor, Color color, int size) {
        text(text, x, y, anchor, color, size, Font.BOLD);
    }

    private void text(String text, double x, double y, Anchor anchor, Color color, int size, int style) {
        if (text.isEmpty()) return;
        g.setColor(color);
        g.setFont(new Font("SansSerif", style, size));
        if (g instanceof SvgGraphics svg) {
            svg.text(text, x, y, anchor.name().toLowerCase());
        } else {
            double width = anchor == Anchor.START ? 0 : g.getFontMetrics().stringWidth(text);
            g.drawString(text, (float) (x - (anchor == Anchor.MIDDLE ? width / 2 : width)), (float) y);
        }
    }

    /** Draws what must not leave an area. */
    void within(Rectangle2D area, Runnable drawing) {
        if (g instanceof SvgGraphics svg) {
            svg.raw(
                "<clipPath id=\"plot\"><rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/></clipPath>\n<g clip-path=\"url(#plot)\">\n"
                    .formatted(
                        SvgGraphics.number(area.getX()),
                        SvgGraphics.number(area.getY()),
                        SvgGraphics.number(area.getWidth()),
                        SvgGraphics.number(area.getHeight())));
            drawing.run();
            svg.raw("</g>\n");
        } else {
            g.clip(area);
            drawing.run();
            g.setClip(null);
        }
    }
}
