//SOURCES ../Units.java DiagramLayout.java DrawnBox.java Html.java RelationGraph.java
package lib.explore;

import static lib.explore.Html.escape;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.Units;
import lib.explore.DiagramLayout.Line;
import lib.explore.DiagramLayout.Point;
import lib.explore.DiagramLayout.Size;
import lib.explore.RelationGraph.Cluster;
import lib.explore.RelationGraph.Edge;
import lib.explore.RelationGraph.Neighbourhood;
import lib.explore.RelationGraph.Node;
import lib.explore.RelationGraph.NodeColumn;

/**
 * Draws relations as inline SVG. What is referenced stands on the left, what refers to it on the right, and lines run
 * around the boxes. Colours come from the page's style; the drawing needs no script.
 */
final class RelationDrawing {
    /** Up to here all columns that a node has, beyond only its keys, beyond {@link #KEYS_UP_TO} only its name. */
    private static final int COLUMNS_UP_TO = 12, KEYS_UP_TO = 60;
    /** A description names each relation, up to here. */
    private static final int TOLD = 30;

    private final Cluster cluster;
    private final Node centre;
    private final int hidden;
    private final List<DrawnBox> boxes = new ArrayList<>();
    private final Map<Node, Integer> numbers = new HashMap<>();
    private final StringBuilder out = new StringBuilder();

    private RelationDrawing(Cluster cluster, Node centre, int hidden) {
        this.cluster = cluster;
        this.centre = centre;
        this.hidden = hidden;
        boolean oneSchema = cluster.nodes().stream().map(Node::schema).distinct().count() == 1;
        for (var node : cluster.nodes()) {
            numbers.put(node, boxes.size());
            boxes.add(new DrawnBox(node, oneSchema ? node.name() : node.fullName(), columns(node)));
        }
    }

    static String svg(Cluster cluster) {
        return new RelationDrawing(cluster, null, 0).draw("er-" + cluster.nodes().getFirst().anchor());
    }

    /** A table and what it is related to. */
    static String svg(Neighbourhood around) {
        var drawing = new RelationDrawing(around.cluster(), around.centre(), around.hidden());
        return drawing.draw("near-" + around.centre().anchor());
    }

    private List<NodeColumn> columns(Node node) {
        if (centre != null) {
            return node == centre ? node.columns().stream().filter(c -> c.primary() || c.foreign()).toList()
                : List.of();
        }
        int all = cluster.nodes().size();
        if (all <= COLUMNS_UP_TO) return node.columns();
        if (all > KEYS_UP_TO) return List.of();
        return node.columns().stream().filter(c -> c.primary() || c.foreign()).toList();
    }

    private String draw(String id) {
        var lines = cluster.edges().stream().map(this::line).toList();
        var places = DiagramLayout.of(boxes.stream().map(DrawnBox::size).toList(), lines);
        double width = places.size().width() + 2 * DrawnBox.MARGIN;
        double height = places.size().height() + 2 * DrawnBox.MARGIN + (hidden > 0 ? DrawnBox.ROW : 0);
        head(id, new Size(Math.max(width, hidden > 0 ? 260 : 0), height));
        for (int i = 0; i < lines.size(); i++) edge(cluster.edges().get(i), places.lines().get(i));
        joints(places.junctions());
        for (int i = 0; i < boxes.size(); i++) {
            boxes.get(i).draw(out, places.boxes().get(i), boxes.get(i).node() == centre);
        }
        if (hidden > 0) {
            out.append("<text class=\"type more\" y=\"")
                .append(round(places.size().height() + DrawnBox.ROW))
                .append("\">")
                .append("… and ")
                .append(Units.plural(hidden, "more table"))
                .append("</text>");
        }
        return out.append("</svg>").toString();
    }

    /** Dots where lines part; lines that only cross have none. */
    private void joints(List<Point> junctions) {
        if (junctions.isEmpty()) return;
        out.append("<g class=\"edge joints\">");
        for (var junction : junctions) {
            out.append("<circle cx=\"")
                .append(round(junction.x()))
                .append("\" cy=\"")
                .append(round(junction.y()))
                .append("\" r=\"2\"/>");
        }
        out.append("</g>");
    }

    /** The margin is in the view box, so that coordinates stay those of the layout. */
    private void head(String id, Size size) {
        out.append("<svg class=\"er")
            .append(centre == null ? "" : " near")
            .append("\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"")
            .append(-DrawnBox.MARGIN)
            .append(' ')
            .append(-DrawnBox.MARGIN)
            .append(' ')
            .append(round(size.width()))
            .append(' ')
            .append(round(size.height()))
            .append("\" width=\"")
            .append(round(size.width()))
            .append("\" height=\"")
            .append(round(size.height()))
            .append("\" role=\"group\" aria-labelledby=\"")
            .append(escape(id))
            .append("-t\" aria-describedby=\"")
            .append(escape(id))
            .append("-d\"><title id=\"")
            .append(escape(id))
            .append("-t\">")
            .append(escape(cluster.title()))
            .append("</title><desc id=\"")
            .append(escape(id))
            .append("-d\">")
            .append(escape(description()))
            .append("</desc>");
    }

    private String description() {
        var told = cluster.edges()
            .stream()
            .limit(TOLD)
            .map(edge -> sentence(edge) + ".")
            .collect(Collectors.joining(" "));
        int more = cluster.edges().size() - TOLD;
        return more > 0 ? told + " And " + Units.plural(more, "more relation") + "." : told;
    }

    private static String sentence(Edge edge) {
        return edge.from().fullName() + (edge.aggregate() ? " aggregates " : " refers to ") + edge.to().fullName()
            + " ("
            + edge.label() + ")";
    }

    /** From the referenced to the referencing one: what others stand on comes first when one reads from the left. */
    private Line line(Edge edge) {
        int from = numbers.get(edge.to()), to = numbers.get(edge.from());
        return new Line(from, boxes.get(from).nameY(), to, boxes.get(to).columnY(edge.label().split(", ")[0]));
    }

    private void edge(Edge edge, List<Point> corners) {
        var first = corners.getFirst();
        var last = corners.getLast();
        int side = edge.from() == edge.to() ? 1 : -1;
        out.append("<g class=\"edge")
            .append(edge.aggregate() ? " agg" : "")
            .append("\"><title>")
            .append(escape(sentence(edge)))
            .append("</title><path d=\"M")
            .append(round(first.x()))
            .append(' ')
            .append(round(first.y()));
        for (int i = 1; i < corners.size(); i++) {
            var corner = corners.get(i);
            if (round(corner.x()).equals(round(corners.get(i - 1).x()))) {
                out.append('V').append(round(corner.y()));
            } else {
                out.append('H').append(round(corner.x()));
            }
        }
        out.append("\"/>");
        if (!edge.aggregate() && !edge.oneToOne()) {
            out.append("<path d=\"M")
                .append(round(last.x()))
                .append(' ')
                .append(round(last.y() - 5))
                .append("l")
                .append(9 * side)
                .append(" 5l")
                .append(-9 * side)
                .append(" 5\"/>");
        }
        out.append("<circle cx=\"")
            .append(round(first.x() + 4))
            .append("\" cy=\"")
            .append(round(first.y()))
            .append("\" r=\"3\"/></g>");
    }

    /** Half pixels are sharp enough, and short. */
    static String round(double value) {
        double half = Math.round(value * 2) / 2.0;
        return half == Math.rint(half) ? String.valueOf((long) half) : String.valueOf(half);
    }
}
