//SOURCES Anchor.java Report.java
package lib.explore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tables, foreign keys, and aggregates with their sources, cut into clusters that are readable as one drawing each:
 * tables that hang together, at most {@link #READABLE} at once.
 */
final class RelationGraph {
    static final int READABLE = 30;
    /** More drawings than this nobody looks at; the rest is counted. */
    static final int DRAWINGS = 40;
    private static final int COLUMNS_SHOWN = 8;

    /** @param kind "table", "hypertable", "aggregate" */
    record Node(String schema, String name, String kind, List<NodeColumn> columns, int moreColumns, String anchor) {
        String fullName() {
            return schema + "." + name;
        }

        // Nodes are keys of many maps: by identity, else every look-up would hash all their columns.
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    record NodeColumn(String name, String type, boolean primary, boolean foreign) {}

    /** From the referencing to the referenced one. @param aggregate the link of a continuous aggregate to its source */
    record Edge(Node from, Node to, String label, boolean aggregate, boolean oneToOne) {}

    record Cluster(String title, List<Node> nodes, List<Edge> edges) {}

    private final List<Cluster> clusters;
    private final int alone;

    private RelationGraph(List<Cluster> clusters, int alone) {
        this.clusters = clusters;
        this.alone = alone;
    }

    static RelationGraph of(Report report) {
        var nodes = new LinkedHashMap<String, Node>();
        for (var t : report.tables()) nodes.put(t.fullName(), node(t));
        for (var a : report.aggregates()) {
            nodes.put(
                a.fullName(),
                new Node(
                    a.schema(),
                    a.name(),
                    "aggregate",
                    a.columns()
                        .stream()
                        .limit(COLUMNS_SHOWN)
                        .map(c -> new NodeColumn(c.name(), c.type(), false, false))
                        .toList(),
                    Math.max(0, a.columns().size() - COLUMNS_SHOWN),
                    Anchor.relation(a.schema(), a.name())));
        }
        var edges = new ArrayList<Edge>();
        for (var t : report.tables()) {
            var unique = new HashSet<Set<String>>();
            t.constraints()
                .stream()
                .filter(c -> c.kind().equals("primary key") || c.kind().equals("unique"))
                .forEach(c -> unique.add(Set.copyOf(c.columns())));
            for (var k : t.foreignKeys()) {
                var target = nodes.get(k.target());
                if (target != null) {
                    edges.add(
                        new Edge(
                            nodes.get(t.fullName()),
                            target,
                            String.join(", ", k.columns()),
                            false,
                            unique.contains(Set.copyOf(k.columns()))));
                }
            }
        }
        for (var a : report.aggregates()) {
            var source = nodes.get(a.source());
            if (source != null) {
                edges.add(
                    new Edge(
                        nodes.get(a.fullName()),
                        source,
                        a.bucket() == null ? "aggregate" : a.bucket(),
                        true,
                        false));
            }
        }
        return cluster(nodes, edges);
    }

    private static Node node(Report.Relation t) {
        var primary = t.primaryKey() == null ? List.<String>of() : t.primaryKey().columns();
        var foreign = new HashSet<String>();
        t.foreignKeys().forEach(k -> foreign.addAll(k.columns()));
        // keys first: they are what the lines are about
        var columns = new ArrayList<NodeColumn>();
        t.columns()
            .stream()
            .filter(c -> primary.contains(c.name()) || foreign.contains(c.name()))
            .forEach(
                c -> columns
                    .add(new NodeColumn(c.name(), c.type(), primary.contains(c.name()), foreign.contains(c.name()))));
        t.columns()
            .stream()
            .filter(c -> !primary.contains(c.name()) && !foreign.contains(c.name()))
            .forEach(c -> columns.add(new NodeColumn(c.name(), c.type(), false, false)));
        return new Node(
            t.schema(),
            t.name(),
            t.kind().equals("hypertable") ? "hypertable" : "table",
            List.copyOf(columns.subList(0, Math.min(COLUMNS_SHOWN, columns.size()))),
            Math.max(0, columns.size() - COLUMNS_SHOWN),
            Anchor.relation(t.schema(), t.name()));
    }

    private static RelationGraph cluster(Map<String, Node> nodes, List<Edge> edges) {
        var neighbours = new HashMap<Node, List<Node>>();
        for (var e : edges) {
            neighbours.computeIfAbsent(e.from(), n -> new ArrayList<>()).add(e.to());
            neighbours.computeIfAbsent(e.to(), n -> new ArrayList<>()).add(e.from());
        }
        var components = new ArrayList<Set<Node>>();
        var seen = new HashSet<Node>();
        for (var start : nodes.values()) {
            if (!neighbours.containsKey(start) || seen.contains(start)) continue;
            components.add(reach(start, neighbours, seen, Integer.MAX_VALUE));
        }
        var clusters = new ArrayList<Cluster>();
        for (var component : components) {
            if (component.size() <= READABLE) {
                clusters.add(new Cluster(title(component), List.copyOf(component), within(edges, component)));
                continue;
            }
            // Too many for one drawing: pieces grown from the best connected table; a line to another piece takes its
            // far end along.
            var taken = new HashSet<Node>();
            var outgoing = edges.stream().collect(Collectors.groupingBy(Edge::from));
            var hubs =
                component.stream().sorted(Comparator.comparingInt(n -> -neighbours.get(n).size())).toList();
            for (var hub : hubs) {
                if (taken.contains(hub)) continue;
                var piece = reach(hub, neighbours, taken, READABLE - 6);
                var shown = new LinkedHashSet<>(piece);
                for (var n : piece) {
                    for (var e : outgoing.getOrDefault(n, List.of())) {
                        if (shown.size() < READABLE + 10) shown.add(e.to());
                    }
                }
                clusters.add(
                    new Cluster(
                        title(piece),
                        List.copyOf(shown),
                        piece.stream()
                            .flatMap(n -> outgoing.getOrDefault(n, List.of()).stream())
                            .filter(e -> shown.contains(e.to()))
                            .toList()));
            }
        }
        return new RelationGraph(
            mergeSmall(clusters),
            (int) nodes.values().stream().filter(n -> !neighbours.containsKey(n)).count());
    }

    /** Pairs and triples of one schema share a drawing. */
    private static List<Cluster> mergeSmall(List<Cluster> clusters) {
        var merged = new ArrayList<Cluster>();
        var open = new LinkedHashMap<String, Cluster>();
        for (var c : clusters) {
            if (c.nodes().size() > READABLE / 2) {
                merged.add(c);
                continue;
            }
            var schema = c.nodes().getFirst().schema();
            var other = open.get(schema);
            if (other != null && other.nodes().size() + c.nodes().size() <= READABLE) {
                var nodes = new LinkedHashSet<>(other.nodes());
                nodes.addAll(c.nodes());
                var edges = new ArrayList<>(other.edges());
                edges.addAll(c.edges());
                open.put(schema, new Cluster(title(nodes), List.copyOf(nodes), edges));
            } else {
                if (other != null) merged.add(other);
                open.put(schema, c);
            }
        }
        merged.addAll(open.values());
        return merged;
    }

    private static Set<Node> reach(Node start, Map<Node, List<Node>> neighbours, Set<Node> seen, int most) {
        var found = new LinkedHashSet<Node>();
        var queue = new ArrayDeque<Node>();
        queue.add(start);
        seen.add(start);
        while (!queue.isEmpty() && found.size() < most) {
            var node = queue.remove();
            found.add(node);
            for (var next : neighbours.getOrDefault(node, List.of())) {
                if (found.size() + queue.size() < most && seen.add(next)) queue.add(next);
            }
        }
        return found;
    }

    private static List<Edge> within(List<Edge> edges, Set<Node> nodes) {
        return edges.stream().filter(e -> nodes.contains(e.from()) && nodes.contains(e.to())).toList();
    }

    private static String title(Set<Node> nodes) {
        var schemas = nodes.stream().map(Node::schema).distinct().sorted().toList();
        var first = nodes.iterator().next();
        return (schemas.size() == 1 ? "Schema " + schemas.getFirst() : "Schemas " + String.join(", ", schemas)) + ": "
            + nodes.size()
            + " relations around " + first.name();
    }

    List<Cluster> clusters() {
        return clusters;
    }

    /** Tables without any relation. */
    int alone() {
        return alone;
    }
}
