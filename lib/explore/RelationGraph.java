//SOURCES ../Units.java Anchor.java Report.java
package lib.explore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.Units;

/**
 * Tables, foreign keys, and aggregates with their sources: one {@link #overview} of them all, {@link #around} a single
 * table, or cut into {@link #clusters} of tables that hang together, at most {@link #READABLE} at once.
 */
final class RelationGraph {
    static final int READABLE = 30;
    /** Up to here one drawing shows all that is related; beyond, the clusters are drawn. */
    static final int OVERVIEW_TABLES = 500, OVERVIEW_LINES = 1_500;
    /** In a database with more related tables than this, no table has a drawing of its own. */
    static final int OWN_DRAWINGS = 600;
    /** The most neighbours that a table's own drawing shows. */
    private static final int NEIGHBOURS = 12;
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

    /** A table and what it is related to. @param hidden how many related tables are left out */
    record Neighbourhood(Node centre, Cluster cluster, int hidden) {}

    private record Key(String schema, String name) {}

    private final List<Cluster> clusters;
    private final Map<Key, Node> nodes;
    private final List<Edge> edges;
    private final Map<Node, List<Edge>> edgesOf = new HashMap<>();

    private RelationGraph(Map<Key, Node> nodes, List<Edge> edges) {
        this.nodes = nodes;
        this.edges = edges;
        for (var e : edges) {
            edgesOf.computeIfAbsent(e.from(), n -> new ArrayList<>()).add(e);
            if (e.from() != e.to()) edgesOf.computeIfAbsent(e.to(), n -> new ArrayList<>()).add(e);
        }
        this.clusters = clusters(nodes.values(), edges);
    }

    static RelationGraph of(Report report) {
        var nodes = new LinkedHashMap<Key, Node>();
        // an aggregate knows its source only by the text "schema.name"
        var byText = new HashMap<String, Node>();
        for (var t : report.tables()) nodes.put(new Key(t.schema(), t.name()), node(t));
        for (var a : report.aggregates()) nodes.put(new Key(a.schema(), a.name()), node(a));
        nodes.values().forEach(node -> byText.put(node.fullName(), node));
        var edges = new ArrayList<Edge>();
        for (var t : report.tables()) {
            var unique = new HashSet<Set<String>>();
            t.constraints()
                .stream()
                .filter(c -> c.kind().equals("primary key") || c.kind().equals("unique"))
                .forEach(c -> unique.add(Set.copyOf(c.columns())));
            for (var k : t.foreignKeys()) {
                var from = nodes.get(new Key(t.schema(), t.name()));
                var target = nodes.get(new Key(k.toSchema(), k.toTable()));
                if (target == null) continue;
                boolean oneToOne = unique.contains(Set.copyOf(k.columns()));
                edges.add(new Edge(from, target, String.join(", ", k.columns()), false, oneToOne));
            }
        }
        for (var a : report.aggregates()) {
            var source = byText.get(a.source());
            if (source == null) continue;
            var label = a.bucket() == null ? "aggregate" : a.bucket();
            edges.add(new Edge(nodes.get(new Key(a.schema(), a.name())), source, label, true, false));
        }
        return new RelationGraph(nodes, edges);
    }

    private static Node node(Report.Aggregate a) {
        var columns = a.columns()
            .stream()
            .limit(COLUMNS_SHOWN)
            .map(c -> new NodeColumn(c.name(), c.type(), false, false))
            .toList();
        int more = Math.max(0, a.columns().size() - COLUMNS_SHOWN);
        return new Node(a.schema(), a.name(), "aggregate", columns, more, Anchor.relation(a.schema(), a.name()));
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

    private static List<Cluster> clusters(Collection<Node> nodes, List<Edge> edges) {
        var neighbours = new HashMap<Node, List<Node>>();
        for (var e : edges) {
            neighbours.computeIfAbsent(e.from(), n -> new ArrayList<>()).add(e.to());
            neighbours.computeIfAbsent(e.to(), n -> new ArrayList<>()).add(e.from());
        }
        var components = new ArrayList<Set<Node>>();
        var seen = new HashSet<Node>();
        for (var start : nodes) {
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
        return mergeSmall(clusters);
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

    /** One drawing of all that is related, or, where that would be too large to read, the clusters. */
    List<Cluster> overview() {
        if (edges.isEmpty() || edgesOf.size() > OVERVIEW_TABLES || edges.size() > OVERVIEW_LINES) return clusters;
        var related = nodes.values().stream().filter(edgesOf::containsKey).toList();
        return List.of(new Cluster(Units.plural(related.size(), "related table"), related, edges));
    }

    /** What that table is related to; null when it is alone, or when there are too many tables to draw each. */
    Neighbourhood around(String schema, String name) {
        var centre = nodes.get(new Key(schema, name));
        var own = edgesOf.get(centre);
        if (own == null || edgesOf.size() > OWN_DRAWINGS) return null;
        var near = new LinkedHashSet<Node>();
        // what it refers to comes first: there are few of them
        own.stream().filter(e -> e.from() == centre).forEach(e -> near.add(e.to()));
        own.forEach(e -> near.add(e.from()));
        near.remove(centre);
        var shown = new LinkedHashSet<Node>(List.of(centre));
        near.stream().limit(NEIGHBOURS).forEach(shown::add);
        var lines = own.stream().filter(e -> shown.contains(e.from()) && shown.contains(e.to())).toList();
        var title = "What " + centre.fullName() + " is related to";
        return new Neighbourhood(
            centre,
            new Cluster(title, List.copyOf(shown), lines),
            near.size() - (shown.size() - 1));
    }

    /** Whether tables have drawings of their own: not in a database of very many. */
    boolean drawsEachTable() {
        return edgesOf.size() <= OWN_DRAWINGS;
    }

    /** Tables without any relation. */
    int alone() {
        return nodes.size() - edgesOf.size();
    }
}
