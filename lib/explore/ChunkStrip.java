//SOURCES ../Units.java Html.java Report.java Sentences.java
package lib.explore;

import static lib.explore.Html.escape;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import lib.Units;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Span;

/**
 * A hypertable's chunks along time as inline SVG: a bar's place is its time, its height its size, its colour its state.
 * Gaps show.
 */
final class ChunkStrip {
    private static final int WIDTH = 1000, HEIGHT = 72;

    private ChunkStrip() {}

    static String svg(Hypertable h) {
        var spans = h.timeline();
        if (spans.isEmpty()) return "";
        long most = Math.max(1, spans.stream().mapToLong(ChunkStrip::perChunk).max().orElse(1));
        double[] edges = edges(spans);
        double from = edges[0], all = edges[1] - edges[0];
        var out = new StringBuilder();
        out.append("<svg class=\"strip\" viewBox=\"0 0 ")
            .append(WIDTH)
            .append(' ')
            .append(HEIGHT)
            .append("\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
            .append(escape(summary(h)))
            .append("\">");
        out.append("<line class=\"base\" x1=\"0\" x2=\"")
            .append(WIDTH)
            .append("\" y1=\"")
            .append(HEIGHT - 1)
            .append("\" y2=\"")
            .append(HEIGHT - 1)
            .append("\"/>");
        for (int i = 0; i < spans.size(); i++) {
            var s = spans.get(i);
            double x1 = all <= 0 ? (double) i / spans.size() : (at(s.from(), i) - from) / all,
                x2 = all <= 0 ? (i + 1.0) / spans.size() : (at(s.to(), i + 1) - from) / all;
            double width = Math.max(1.5, (x2 - x1) * WIDTH - 1.5),
                height = Math.max(3, (HEIGHT - 6) * Math.sqrt((double) perChunk(s) / most));
            out.append("<rect class=\"s-")
                .append(s.state())
                .append("\" x=\"")
                .append(one(x1 * WIDTH))
                .append("\" y=\"")
                .append(one(HEIGHT - 1 - height))
                .append("\" width=\"")
                .append(one(width))
                .append("\" height=\"")
                .append(one(height))
                .append("\"><title>")
                .append(escape(label(s)))
                .append("</title></rect>");
        }
        return out.append("</svg>").toString();
    }

    static String summary(Hypertable h) {
        var c = h.compression();
        return h.fullName() + ": " + Units.plural(h.chunks(), "chunk")
            + (c.compressedChunks() > 0 ? ", " + c.compressedChunks() + " compressed" : "")
            + (c.dueChunks() > 0 ? ", " + c.dueChunks() + " due for compression" : "")
            + (h.oldest() == null ? "" : ", from " + Sentences.day(h.oldest(), null))
            + (h.newest() == null ? "" : " to " + Sentences.day(h.newest(), null));
    }

    static String label(Span s) {
        return (s.chunks() == 1 ? "" : s.chunks() + " chunks, ") + day(s.from()) + " to " + day(s.to()) + ": "
            + Units.bytes(s.bytes())
            + ", " + s.state();
    }

    private static String day(String point) {
        return point == null ? "…" : point.replaceFirst("T00:00:00Z$", "").replaceFirst("T(\\d\\d:\\d\\d):00Z$", " $1");
    }

    private static long perChunk(Span s) {
        return s.bytes() / Math.max(1, s.chunks());
    }

    private static double[] edges(List<Span> spans) {
        double from = Double.MAX_VALUE, to = -Double.MAX_VALUE;
        for (int i = 0; i < spans.size(); i++) {
            if (spans.get(i).from() == null || spans.get(i).to() == null) return new double[] {0, 0};
            from = Math.min(from, at(spans.get(i).from(), i));
            to = Math.max(to, at(spans.get(i).to(), i));
        }
        return new double[] {from, to};
    }

    private static double at(String point, int index) {
        if (point == null) return index;
        if (point.matches("-?\\d+")) return Double.parseDouble(point);
        return point.length() == 10 ? Instant.parse(point + "T00:00:00Z").getEpochSecond()
            : Instant.parse(point).toEpochMilli() / 1000.0;
    }

    private static String one(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
