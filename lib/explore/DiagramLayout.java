package lib.explore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.eclipse.elk.alg.layered.ElkLayered;
import org.eclipse.elk.alg.layered.graph.LEdge;
import org.eclipse.elk.alg.layered.graph.LGraph;
import org.eclipse.elk.alg.layered.graph.LGraphUtil;
import org.eclipse.elk.alg.layered.graph.LNode;
import org.eclipse.elk.alg.layered.graph.LPort;
import org.eclipse.elk.alg.layered.options.LayeredOptions;
import org.eclipse.elk.alg.layered.options.LayeringStrategy;
import org.eclipse.elk.core.data.LayoutMetaDataService;
import org.eclipse.elk.core.math.KVector;
import org.eclipse.elk.core.options.Direction;
import org.eclipse.elk.core.options.EdgeRouting;
import org.eclipse.elk.core.options.PortConstraints;
import org.eclipse.elk.core.options.PortSide;
import org.eclipse.elk.core.util.NullElkProgressMonitor;

/**
 * Places boxes in layers from left to right and leads lines around them, by the Eclipse Layout Kernel. Its layered
 * graph is filled directly: the way over its EMF model loads 300 more classes, which is half of the time of a first
 * diagram.
 */
final class DiagramLayout {
    /** From the right side of one box to the left side of another, or of itself; y is measured from the box's top. */
    record Line(int from, double fromY, int to, double toY) {}

    record Size(double width, double height) {}

    record Point(double x, double y) {}

    /**
     * The upper left corner of each box, the corners of each line from its start to its end, and where lines part that
     * have a stretch in common.
     */
    record Places(Size size, List<Point> boxes, List<List<Point>> lines, List<Point> junctions) {}

    private static final int TALL = 10;
    private static final double ASPECT = 1.5;
    /** Beyond so many boxes fewer attempts are made to avoid crossings. */
    private static final int LARGE = 150;

    static {
        LayoutMetaDataService.initElkReflect();
    }

    private final LGraph graph = new LGraph();
    private final List<LNode> nodes = new ArrayList<>();
    private final List<LEdge> edges = new ArrayList<>();

    private DiagramLayout(List<Size> boxes, List<Line> lines) {
        graph.setProperty(LayeredOptions.DIRECTION, Direction.RIGHT);
        graph.setProperty(LayeredOptions.EDGE_ROUTING, EdgeRouting.ORTHOGONAL);
        graph.setProperty(LayeredOptions.RANDOM_SEED, 1);
        graph.setProperty(LayeredOptions.ASPECT_RATIO, ASPECT);
        graph.setProperty(LayeredOptions.SPACING_NODE_NODE, 20.0);
        graph.setProperty(LayeredOptions.SPACING_COMPONENT_COMPONENT, 28.0);
        graph.setProperty(LayeredOptions.SPACING_EDGE_NODE, 14.0);
        graph.setProperty(LayeredOptions.SPACING_EDGE_EDGE, 9.0);
        graph.setProperty(LayeredOptions.SPACING_NODE_NODE_BETWEEN_LAYERS, 40.0);
        graph.setProperty(LayeredOptions.SPACING_EDGE_NODE_BETWEEN_LAYERS, 18.0);
        graph.setProperty(LayeredOptions.SPACING_EDGE_EDGE_BETWEEN_LAYERS, 9.0);
        if (boxes.size() > LARGE) graph.setProperty(LayeredOptions.THOROUGHNESS, 2);
        int most = boxesOfALayer(boxes);
        if (leaves(lines, boxes.size()) > 2 * most) {
            graph.setProperty(LayeredOptions.LAYERING_STRATEGY, LayeringStrategy.COFFMAN_GRAHAM);
            graph.setProperty(LayeredOptions.LAYERING_COFFMAN_GRAHAM_LAYER_BOUND, most);
        }
        for (var box : boxes) {
            var node = new LNode(graph);
            node.getSize().x = box.width();
            node.getSize().y = box.height();
            node.setProperty(LayeredOptions.PORT_CONSTRAINTS, PortConstraints.FIXED_POS);
            graph.getLayerlessNodes().add(node);
            nodes.add(node);
        }
    }

    static Places of(List<Size> boxes, List<Line> lines) {
        return new DiagramLayout(boxes, lines).place(lines);
    }

    /** As many as make a drawing about as wide as a screen for its height. */
    private static int boxesOfALayer(List<Size> boxes) {
        double width = boxes.stream().mapToDouble(Size::width).average().orElse(0) + 80;
        double height = boxes.stream().mapToDouble(Size::height).average().orElse(0) + 20;
        return Math.max(TALL, (int) Math.ceil(Math.sqrt(boxes.size() * width / height / ASPECT)));
    }

    /**
     * How many boxes hang on the busiest box and on nothing else. Left alone they stand in one layer, a tower: a table
     * that all others refer to is the normal case.
     */
    private static int leaves(List<Line> lines, int boxes) {
        var degree = new int[boxes];
        for (var line : lines) {
            degree[line.from()]++;
            degree[line.to()]++;
        }
        var hanging = new int[boxes];
        for (var line : lines) {
            if (degree[line.to()] == 1) hanging[line.from()]++;
            if (degree[line.from()] == 1) hanging[line.to()]++;
        }
        return Arrays.stream(hanging).max().orElse(0);
    }

    private Places place(List<Line> lines) {
        for (var line : lines) {
            var edge = new LEdge();
            edge.setSource(port(nodes.get(line.from()), PortSide.EAST, line.fromY()));
            // a line to itself stays on one side, or it would go all around the box
            edge.setTarget(
                port(nodes.get(line.to()), line.from() == line.to() ? PortSide.EAST : PortSide.WEST, line.toY()));
            edges.add(edge);
        }
        LGraphUtil.computeGraphProperties(graph);
        new ElkLayered().doLayout(graph, new NullElkProgressMonitor());
        var size = graph.getActualSize();
        return new Places(
            new Size(size.x, size.y),
            nodes.stream().map(node -> point(node.getPosition())).toList(),
            edges.stream().map(this::corners).toList(),
            edges.stream()
                .map(edge -> edge.getProperty(LayeredOptions.JUNCTION_POINTS))
                .filter(Objects::nonNull)
                .flatMap(List::stream)
                .map(this::point)
                .distinct()
                .toList());
    }

    /** Lines that start or end at the same place share a port, and with it their first stretch. */
    private static LPort port(LNode node, PortSide side, double y) {
        for (var port : node.getPorts()) {
            if (port.getSide() == side && port.getPosition().y == y) return port;
        }
        var port = new LPort();
        port.setNode(node);
        port.setSide(side);
        port.getPosition().x = side == PortSide.EAST ? node.getSize().x : 0;
        port.getPosition().y = y;
        return port;
    }

    private List<Point> corners(LEdge edge) {
        var corners = new ArrayList<Point>();
        corners.add(point(edge.getSource().getAbsoluteAnchor()));
        edge.getBendPoints().forEach(bend -> corners.add(point(bend)));
        corners.add(point(edge.getTarget().getAbsoluteAnchor()));
        return corners;
    }

    private Point point(KVector vector) {
        return new Point(
            vector.x + graph.getOffset().x + graph.getPadding().left,
            vector.y + graph.getOffset().y + graph.getPadding().top);
    }
}
