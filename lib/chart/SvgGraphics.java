//SOURCES SeriesNames.java
package lib.chart;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Composite;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.GraphicsConfiguration;
import java.awt.Image;
import java.awt.Paint;
import java.awt.Polygon;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.Stroke;
import java.awt.font.FontRenderContext;
import java.awt.font.GlyphVector;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.PathIterator;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.BufferedImageOp;
import java.awt.image.ImageObserver;
import java.awt.image.RenderedImage;
import java.awt.image.renderable.RenderableImage;
import java.math.BigDecimal;
import java.text.AttributedCharacterIterator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A Graphics2D that writes SVG: paths with relative coordinates of one decimal. Text stays text. No font is needed.
 */
public final class SvgGraphics extends Graphics2D {
    private final StringBuilder svg = new StringBuilder(1 << 16);
    private AffineTransform transform = new AffineTransform();
    private Color color = Color.BLACK;
    private Color background = Color.WHITE;
    private BasicStroke stroke = new BasicStroke(1);
    private Font font = new Font("SansSerif", Font.PLAIN, 12);
    private final RenderingHints hints = new RenderingHints(Map.of());

    private final Cursor cursor = new Cursor();

    /** Where a path stands, in tenths: coordinates are written relative to it, and rounding errors do not add up. */
    private static final class Cursor {
        long x;
        long y;
        boolean afterNumber;
        char command;
    }

    private final String prefix;
    private int clips;

    /** @param prefix of the ids in this document: several of them may stand in one page */
    public SvgGraphics(String prefix) {
        this.prefix = prefix;
    }

    public void raw(String element) {
        svg.append(element);
    }

    void group(String attributes, Runnable drawing) {
        raw("<g " + attributes + ">\n");
        drawing.run();
        raw("</g>\n");
    }

    void clip(Rectangle2D area, Runnable drawing) {
        var id = prefix + "-plot" + clips++;
        raw(
            "<clipPath id=\"" + id + "\"><rect x=\"" + number(area.getX()) + "\" y=\"" + number(area.getY())
                + "\" width=\""
                + number(area.getWidth()) + "\" height=\"" + number(area.getHeight()) + "\"/></clipPath>\n");
        group("clip-path=\"url(#" + id + ")\"", drawing);
    }

    /** A line of no length with round ends is a dot; ten bytes each. */
    void dots(List<double[]> places, double diameter) {
        if (places.isEmpty()) return;
        svg.append("<path class=\"dots\" d=\"");
        for (var at : places) {
            svg.append('M').append(number(at[0])).append(' ').append(number(at[1])).append("h0");
        }
        svg.append("\" fill=\"none\" stroke=\"")
            .append(hex(color))
            .append('"')
            .append(opacity("stroke-opacity", color));
        svg.append(" stroke-width=\"").append(number(diameter)).append("\" stroke-linecap=\"round\"/>\n");
    }

    public String body() {
        return svg.toString();
    }

    @Override
    public void draw(Shape shape) {
        if (color.getAlpha() == 0) return;
        svg.append("<path d=\"").append(path(shape)).append("\"").append(strokeStyle()).append("/>\n");
    }

    @Override
    public void fill(Shape shape) {
        if (color.getAlpha() == 0) return;
        if (shape instanceof Rectangle2D r && transform.getType() <= AffineTransform.TYPE_TRANSLATION) {
            svg.append("<rect x=\"")
                .append(number(r.getX() + transform.getTranslateX()))
                .append("\" y=\"")
                .append(number(r.getY() + transform.getTranslateY()))
                .append("\" width=\"")
                .append(number(r.getWidth()))
                .append("\" height=\"")
                .append(number(r.getHeight()))
                .append('"');
        } else {
            svg.append("<path d=\"").append(path(shape)).append('"');
        }
        svg.append(" fill=\"").append(hex(color)).append('"').append(opacity("fill-opacity", color)).append("/>\n");
    }

    private String path(Shape shape) {
        var d = new StringBuilder(256);
        start(d);
        var c = new double[6];
        for (var p = shape.getPathIterator(transform); !p.isDone(); p.next()) {
            switch (p.currentSegment(c)) {
                case PathIterator.SEG_MOVETO -> move(d, 'M', c[0], c[1]);
                case PathIterator.SEG_LINETO -> move(d, 'l', c[0], c[1]);
                case PathIterator.SEG_QUADTO -> {
                    d.append('Q').append(number(c[0])).append(' ').append(number(c[1])).append(' ');
                    curveEnd(d, c[2], c[3]);
                }
                case PathIterator.SEG_CUBICTO -> {
                    d.append('C');
                    for (int i = 0; i < 4; i++) d.append(number(c[i])).append(' ');
                    curveEnd(d, c[4], c[5]);
                }
                default -> {
                    d.append('z');
                    cursor.command = 'z';
                }
            }
        }
        return d.toString();
    }

    private void curveEnd(StringBuilder d, double x, double y) {
        d.append(number(x)).append(' ').append(number(y));
        cursor.x = Math.round(x * 10);
        cursor.y = Math.round(y * 10);
        cursor.command = 'C';
    }

    private void start(StringBuilder d) {
        cursor.command = 0;
        cursor.afterNumber = false;
    }

    /** One step of a path: absolute for M, relative for l; a step of less than a tenth of a pixel is left out. */
    private void move(StringBuilder d, char command, double x, double y) {
        long tx = Math.round(x * 10);
        long ty = Math.round(y * 10);
        if (command == 'M') {
            d.append('M');
            cursor.afterNumber = false;
            tenths(d, tx);
            tenths(d, ty);
        } else {
            if (tx == cursor.x && ty == cursor.y) return;
            if (ty == cursor.y) {
                letter(d, 'h');
                tenths(d, tx - cursor.x);
            } else if (tx == cursor.x) {
                letter(d, 'v');
                tenths(d, ty - cursor.y);
            } else {
                letter(d, 'l');
                tenths(d, tx - cursor.x);
                tenths(d, ty - cursor.y);
            }
            command = cursor.command;
        }
        cursor.x = tx;
        cursor.y = ty;
        cursor.command = command;
    }

    private void letter(StringBuilder d, char letter) {
        if (cursor.command != letter) {
            d.append(letter);
            cursor.afterNumber = false;
            cursor.command = letter;
        }
    }

    private void tenths(StringBuilder d, long tenths) {
        if (cursor.afterNumber && tenths >= 0) d.append(' ');
        appendTenths(d, tenths);
        cursor.afterNumber = true;
    }

    private static void appendTenths(StringBuilder d, long tenths) {
        if (tenths < 0) {
            d.append('-');
            tenths = -tenths;
        }
        if (tenths >= 10 || tenths == 0) d.append(tenths / 10);
        if (tenths % 10 != 0) d.append('.').append((char) ('0' + tenths % 10));
    }

    static String number(double value) {
        var d = new StringBuilder();
        appendTenths(d, Math.round(value * 10));
        return d.toString();
    }

    private String strokeStyle() {
        var text = new StringBuilder(" fill=\"none\" stroke=\"").append(hex(color))
            .append('"')
            .append(opacity("stroke-opacity", color));
        if (stroke.getLineWidth() != 1f) {
            text.append(" stroke-width=\"").append(number(stroke.getLineWidth())).append('"');
        }
        if (stroke.getLineJoin() == BasicStroke.JOIN_ROUND) {
            text.append(" stroke-linejoin=\"round\" stroke-linecap=\"round\"");
        }
        if (stroke.getDashArray() != null) {
            text.append(" stroke-dasharray=\"");
            for (var dash : stroke.getDashArray()) text.append(number(dash)).append(' ');
            text.setCharAt(text.length() - 1, '"');
        }
        return text.toString();
    }

    static String hex(Color c) {
        return "#" + HexFormat.of().toHexDigits(c.getRGB() & 0xffffff, 6);
    }

    private static String opacity(String attribute, Color c) {
        return c.getAlpha() == 255 ? ""
            : String.format(
                Locale.ROOT,
                " %s=\"%s\"",
                attribute,
                BigDecimal.valueOf(Math.round(c.getAlpha() / 2.55) / 100.0)
                    .stripTrailingZeros()
                    .toPlainString());
    }

    /** Text as text, its anchor (start, middle, end) as an attribute: it stands right whatever font the reader has. */
    public void text(String text, double x, double y, String anchor) {
        svg.append("<text x=\"")
            .append(number(x + transform.getTranslateX()))
            .append("\" y=\"")
            .append(number(y + transform.getTranslateY()))
            .append('"');
        if (!anchor.equals("start")) svg.append(" text-anchor=\"").append(anchor).append('"');
        if (font.getSize() != 12) svg.append(" font-size=\"").append(font.getSize()).append('"');
        if (font.isBold()) svg.append(" font-weight=\"600\"");
        svg.append(" fill=\"").append(hex(color)).append("\">").append(escape(text)).append("</text>\n");
    }

    static String escape(String text) {
        return SeriesNames.clean(text)
            .replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("\"", "&quot;");
    }

    // @formatter:off
    @Override public void drawString(String text, float x, float y) { text(text, x, y, "start"); }
    @Override public void drawString(String text, int x, int y) { text(text, x, y, "start"); }
    @Override public void drawLine(int x1, int y1, int x2, int y2) { draw(new Line2D.Double(x1, y1, x2, y2)); }
    @Override public void fillRect(int x, int y, int w, int h) { fill(new Rectangle(x, y, w, h)); }
    @Override public void drawRect(int x, int y, int w, int h) { draw(new Rectangle(x, y, w, h)); }
    @Override public void drawOval(int x, int y, int w, int h) { draw(new Ellipse2D.Double(x, y, w, h)); }
    @Override public void fillOval(int x, int y, int w, int h) { fill(new Ellipse2D.Double(x, y, w, h)); }
    @Override public void fillPolygon(int[] x, int[] y, int n) { fill(new Polygon(x, y, n)); }
    @Override public void drawPolygon(int[] x, int[] y, int n) { draw(new Polygon(x, y, n)); }

    // ---- state
    @Override public void translate(int x, int y) { transform.translate(x, y); }
    @Override public void translate(double x, double y) { transform.translate(x, y); }
    @Override public void rotate(double theta) { transform.rotate(theta); }
    @Override public void rotate(double theta, double x, double y) { transform.rotate(theta, x, y); }
    @Override public void scale(double x, double y) { transform.scale(x, y); }
    @Override public void shear(double x, double y) { transform.shear(x, y); }
    @Override public void transform(AffineTransform t) { transform.concatenate(t); }
    @Override public void setTransform(AffineTransform t) { transform = new AffineTransform(t); }
    @Override public AffineTransform getTransform() { return new AffineTransform(transform); }
    @Override public Color getColor() { return color; }
    @Override public void setColor(Color c) { if (c != null) color = c; }
    @Override public Paint getPaint() { return color; }
    @Override public void setPaint(Paint p) { if (p instanceof Color c) color = c; }
    @Override public Color getBackground() { return background; }
    @Override public void setBackground(Color c) { background = c; }
    @Override public Stroke getStroke() { return stroke; }
    @Override public void setStroke(Stroke s) { if (s instanceof BasicStroke b) stroke = b; }
    @Override public Font getFont() { return font; }
    @Override public void setFont(Font f) { if (f != null) font = f; }
    @Override public void setRenderingHint(RenderingHints.Key k, Object v) { hints.put(k, v); }
    @Override public Object getRenderingHint(RenderingHints.Key k) { return hints.get(k); }
    @Override public void setRenderingHints(Map<?, ?> h) { hints.clear(); hints.putAll(h); }
    @Override public void addRenderingHints(Map<?, ?> h) { hints.putAll(h); }
    @Override public RenderingHints getRenderingHints() { return hints; }
    @Override public FontRenderContext getFontRenderContext() { return new FontRenderContext(null, true, true); }
    // The painter clips by an SVG group.
    @Override public void clip(Shape s) {}
    @Override public void setClip(Shape s) {}
    @Override public void setClip(int x, int y, int w, int h) {}
    @Override public void clipRect(int x, int y, int w, int h) {}
    @Override public Shape getClip() { return null; }
    @Override public Rectangle getClipBounds() { return null; }
    @Override public void setComposite(Composite c) {}
    @Override public Composite getComposite() { return AlphaComposite.SrcOver; }
    @Override public void setPaintMode() {}
    @Override public void dispose() {}
    @Override public GraphicsConfiguration getDeviceConfiguration() { return null; }
    @Override public boolean hit(Rectangle r, Shape s, boolean onStroke) { return s.intersects(r); }
    @Override public Graphics create() { throw notUsed(); }

    // ---- what no chart of ours draws
    private static UnsupportedOperationException notUsed() {
        return new UnsupportedOperationException("a chart has no images, arcs or copied areas");
    }

    @Override public FontMetrics getFontMetrics(Font f) { throw notUsed(); }
    @Override public void setXORMode(Color c) { throw notUsed(); }
    @Override public void copyArea(int x, int y, int w, int h, int dx, int dy) { throw notUsed(); }
    @Override public void clearRect(int x, int y, int w, int h) { throw notUsed(); }
    @Override public void drawRoundRect(int x, int y, int w, int h, int aw, int ah) { throw notUsed(); }
    @Override public void fillRoundRect(int x, int y, int w, int h, int aw, int ah) { throw notUsed(); }
    @Override public void drawArc(int x, int y, int w, int h, int s, int a) { throw notUsed(); }
    @Override public void fillArc(int x, int y, int w, int h, int s, int a) { throw notUsed(); }
    @Override public void drawPolyline(int[] x, int[] y, int n) { throw notUsed(); }
    @Override public void drawString(AttributedCharacterIterator t, int x, int y) { throw notUsed(); }
    @Override public void drawString(AttributedCharacterIterator t, float x, float y) { throw notUsed(); }
    @Override public void drawGlyphVector(GlyphVector g, float x, float y) { throw notUsed(); }
    @Override public boolean drawImage(Image i, AffineTransform t, ImageObserver o) { throw notUsed(); }
    @Override public void drawImage(BufferedImage i, BufferedImageOp op, int x, int y) { throw notUsed(); }
    @Override public void drawRenderedImage(RenderedImage i, AffineTransform t) { throw notUsed(); }
    @Override public void drawRenderableImage(RenderableImage i, AffineTransform t) { throw notUsed(); }
    @Override public boolean drawImage(Image i, int x, int y, ImageObserver o) { throw notUsed(); }
    @Override public boolean drawImage(Image i, int x, int y, int w, int h, ImageObserver o) { throw notUsed(); }
    @Override public boolean drawImage(Image i, int x, int y, Color c, ImageObserver o) { throw notUsed(); }
    @Override public boolean drawImage(Image i, int x, int y, int w, int h, Color c,
        ImageObserver o) { throw notUsed(); }
    @Override public boolean drawImage(Image i, int a, int b, int c, int d, int e, int f, int g, int h,
        ImageObserver o) { throw notUsed(); }
    @Override public boolean drawImage(Image i, int a, int b, int c, int d, int e, int f, int g, int h,
        Color k, ImageObserver o) { throw notUsed(); }
    // @formatter:on
}
