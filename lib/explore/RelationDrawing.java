//SOURCES Html.java RelationGraph.java ShortText.java
package lib.explore;

import static lib.explore.Html.escape;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.explore.RelationGraph.Cluster;
import lib.explore.RelationGraph.Edge;
import lib.explore.RelationGraph.Node;

/**
 * Draws a cluster of relations as inline SVG. What is referenced stands on the left, what refers to it on the right;
 * within a column the boxes are ordered so that few lines cross. Colours come from the page's style.
 */
final class RelationDrawing {
    private static final int WIDTH = 226, HEAD = 28, ROW = 18, GAP_X = 84, GAP_Y = 22, MARGIN = 14, TALLEST = 900;

    private final Cluster cluster;
    private final Map<Node, Integer> layer = new HashMap<>();
    private final Map<Node, int[]> place = new HashMap<>();

    private RelationDrawing(Cluster cluster) {
        this.cluster = cluster;
    }

    static String svg(Cluster cluster) {
        return new RelationDrawing(cluster).draw();
    }

    private String draw() {
        var columns = columns();
        int width = MARGIN, height = 0;
        for (var column : columns) {
            int total = column.stream().mapToInt(n -> boxHeight(n) + GAP_Y).sum() - GAP_Y;
            height = Math.max(height, total);
        }
        for (var column : columns) {
            int total = column.stream().mapToInt(n -> boxHeight(n) + GAP_Y).sum() - GAP_Y;
            int y = MARGIN + (height - total) / 2;
            for (var node : column) {
                place.put(node, new int[] {width, y});
                y += boxHeight(node) + GAP_Y;
            }
            width += WIDTH + GAP_X;
        }
        width += MARGIN - GAP_X;
        height += 2 * MARGIN;
        var out = new StringBuilder();
        out.append("<svg class=\"er\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")
            .append(width)
            .append(' ')
            .append(height)
            .append("\" width=\"")
            .append(width)
            .append("\" height=\"")
            .append(height)
            .append("\" role=\"group\" aria-label=\"")
            .append(escape(cluster.title()))
            .append("\">");
        for (var e : cluster.edges()) edge(out, e);
        for (var n : cluster.nodes()) node(out, n);
        return out.append("</svg>").toString();
    }

    private static int boxHeight(Node n) {
        return HEAD + n.columns().size() * ROW + (n.moreColumns() > 0 ? ROW : 0) + 6;
    }

    /** Layers by the longest way to what is referenced; a layer too tall to read becomes several columns. */
    private List<List<Node>> columns() {
        var targets = new HashMap<Node, List<Node>>();
        cluster.edges()
            .stream()
            .filter(e -> e.from() != e.to())
            .forEach(e -> targets.computeIfAbsent(e.from(), n -> new ArrayList<>()).add(e.to()));
        for (var n : cluster.nodes()) depth(n, targets, new HashSet<>());
        var layers = new ArrayList<List<Node>>();
        for (var n : cluster.nodes()) {
            while (layers.size() <= layer.get(n)) layers.add(new ArrayList<>());
            layers.get(layer.get(n)).add(n);
        }
        layers.removeIf(List::isEmpty);
        untangle(layers);
        var columns = new ArrayList<List<Node>>();
        for (var l : layers) {
            int all = l.stream().mapToInt(n -> boxHeight(n) + GAP_Y).sum();
            int pieces = Math.max(1, (int) Math.ceil((double) all / TALLEST));
            var column = new ArrayList<Node>();
            int filled = 0;
            for (var n : l) {
                if (!column.isEmpty() && filled + boxHeight(n) > all / pieces + GAP_Y) {
                    columns.add(column);
                    column = new ArrayList<>();
                    filled = 0;
                }
                column.add(n);
                filled += boxHeight(n) + GAP_Y;
            }
            columns.add(column);
        }
        return columns;
    }

    private int depth(Node n, Map<Node, List<Node>> targets, Set<Node> path) {
        var known = layer.get(n);
        if (known != null) return known;
        if (!path.add(n)) return 0;   // a circle of references: cut here
        int depth = 0;
        for (var t : targets.getOrDefault(n, List.of())) depth = Math.max(depth, depth(t, targets, path) + 1);
        path.remove(n);
        layer.put(n, depth);
        return depth;
    }

    /** A few sweeps that move each box towards the middle of its neighbours. */
    private void untangle(List<List<Node>> layers) {
        var neighbours = new HashMap<Node, List<Node>>();
        for (var e : cluster.edges()) {
            neighbours.computeIfAbsent(e.from(), n -> new ArrayList<>()).add(e.to());
            neighbours.computeIfAbsent(e.to(), n -> new ArrayList<>()).add(e.from());
        }
        var rank = new HashMap<Node, Double>();
        for (var l : layers) for (int i = 0; i < l.size(); i++) rank.put(l.get(i), (i + 0.5) / l.size());
        for (int sweep = 0; sweep < 6; sweep++) {
            for (int k = 0; k < layers.size(); k++) {
                var l = layers.get(sweep % 2 == 0 ? k : layers.size() - 1 - k);
                var wanted = new HashMap<Node, Double>();
                for (var n : l) {
                    wanted.put(
                        n,
                        neighbours.getOrDefault(n, List.of())
                            .stream()
                            .mapToDouble(rank::get)
                            .average()
                            .orElse(rank.get(n)));
                }
                l.sort(Comparator.comparingDouble(wanted::get));
                for (int i = 0; i < l.size(); i++) rank.put(l.get(i), (i + 0.5) / l.size());
            }
        }
    }

    private void edge(StringBuilder out, Edge e) {
        int[] from = place.get(e.from()), to = place.get(e.to());
        int y1 = from[1] + rowOf(e.from(), e.label()), y2 = to[1] + HEAD / 2;
        out.append("<g class=\"edge")
            .append(e.aggregate() ? " agg" : "")
            .append("\"><title>")
            .append(
                escape(
                    e.from().fullName() + (e.aggregate() ? " aggregates " : " refers to ") + e.to().fullName() + " ("
                        + e.label() + ")"))
            .append("</title>");
        if (e.from() == e.to()) {
            int x = from[0] + WIDTH;
            out.append("<path d=\"M")
                .append(x)
                .append(' ')
                .append(y1)
                .append(" c34 0 34 ")
                .append(y2 - y1)
                .append(" 0 ")
                .append(y2 - y1)
                .append("\"/>");
        } else {
            // lines leave towards the side where the other end is
            boolean leftwards = to[0] < from[0];
            boolean same = to[0] == from[0];
            int x1 = leftwards ? from[0] : from[0] + WIDTH, x2 = leftwards || same ? to[0] + WIDTH : to[0];
            int bend = same ? 50 : Math.max(40, Math.abs(x2 - x1) / 2);
            int c1 = leftwards ? x1 - bend : x1 + bend, c2 = leftwards || same ? x2 + bend : x2 - bend;
            out.append("<path d=\"M")
                .append(x1)
                .append(' ')
                .append(y1)
                .append(" C")
                .append(c1)
                .append(' ')
                .append(y1)
                .append(' ')
                .append(c2)
                .append(' ')
                .append(y2)
                .append(' ')
                .append(x2)
                .append(' ')
                .append(y2)
                .append("\"/>");
            int side = leftwards ? -1 : 1;
            if (!e.aggregate() && !e.oneToOne()) {
                out.append("<path d=\"M")
                    .append(x1)
                    .append(' ')
                    .append(y1 - 5)
                    .append(" l")
                    .append(9 * side)
                    .append(" 5 l")
                    .append(-9 * side)
                    .append(" 5\"/>");
            }
            out.append("<circle cx=\"")
                .append(x2 + (leftwards || same ? 4 : -4))
                .append("\" cy=\"")
                .append(y2)
                .append("\" r=\"3\"/>");
        }
        out.append("</g>");
    }

    private static int rowOf(Node n, String label) {
        var first = label.split(", ")[0];
        for (int i = 0; i < n.columns().size(); i++) {
            if (n.columns().get(i).name().equals(first)) return HEAD + i * ROW + ROW / 2 + 2;
        }
        return HEAD / 2;
    }

    private void node(StringBuilder out, Node n) {
        int[] at = place.get(n);
        int height = boxHeight(n);
        out.append("<a href=\"#")
            .append(n.anchor())
            .append("\"><g class=\"box ")
            .append(n.kind())
            .append("\" transform=\"translate(")
            .append(at[0])
            .append(' ')
            .append(at[1])
            .append(")\"><title>")
            .append(escape(n.fullName()))
            .append("</title>")
            .append("<rect class=\"body\" width=\"")
            .append(WIDTH)
            .append("\" height=\"")
            .append(height)
            .append("\" rx=\"7\"/>")
            .append("<path class=\"head\" d=\"M0 ")
            .append(HEAD)
            .append("V7a7 7 0 0 1 7-7H")
            .append(WIDTH - 7)
            .append("a7 7 0 0 1 7 7V")
            .append(HEAD)
            .append("z\"/>")
            .append("<text class=\"name\" x=\"10\" y=\"19\">")
            .append(escape(ShortText.cut(n.name(), 28)))
            .append("</text>");
        int y = HEAD + 15;
        for (var c : n.columns()) {
            out.append("<text class=\"")
                .append(c.primary() ? "pk" : c.foreign() ? "fk" : "col")
                .append("\" x=\"10\" y=\"")
                .append(y)
                .append("\">")
                .append(escape(ShortText.cut(c.name(), 20)))
                .append("</text><text class=\"type\" x=\"")
                .append(WIDTH - 10)
                .append("\" y=\"")
                .append(y)
                .append("\">")
                .append(escape(ShortText.cut(shortType(c.type()), 14)))
                .append("</text>");
            y += ROW;
        }
        if (n.moreColumns() > 0) {
            out.append("<text class=\"type more\" x=\"10\" y=\"")
                .append(y)
                .append("\">+ ")
                .append(n.moreColumns())
                .append(" more</text>");
        }
        out.append("</g></a>");
    }

    private static String shortType(String type) {
        return type.replace("timestamp with time zone", "timestamptz")
            .replace("timestamp without time zone", "timestamp")
            .replace("double precision", "float8")
            .replace("character varying", "varchar");
    }
}
