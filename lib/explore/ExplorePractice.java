//SOURCES ../Practice.java ../database/PracticeServer.java ExploreConfig.java RelationDrawing.java RelationGraph.java
//SOURCES Report.java ReportFiles.java
package lib.explore;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.Practice;
import lib.database.PracticeServer;
import lib.database.PracticeServer.Answer;
import lib.database.PracticeServer.SqlType;
import lib.database.PracticeServer.Value;
import lib.explore.RelationGraph.Cluster;
import lib.explore.RelationGraph.Edge;
import lib.explore.RelationGraph.Node;
import lib.explore.RelationGraph.NodeColumn;

/** Judges and writes a report of a made-up database: what most of the classes of a run are for. */
public final class ExplorePractice implements Practice {
    @Override
    public List<List<String>> commandLines(Path scratch) throws IOException {
        var report = ReportFiles.judge(sample(Report.class), ExploreConfig.defaults(), null);
        ReportFiles.write(report, scratch, ExploreConfig.defaults().format());
        RelationDrawing.svg(related());
        var url = PracticeServer.start(List.of(session())).url();
        return List.of(
            List.of("--url", url, "-o", scratch.toString()),
            List.of("explain", "SEQ-01"));
    }

    /** Tables in a tree of foreign keys, with a loop in it, and one that references itself. */
    private static Cluster related() {
        var columns =
            List.of(new NodeColumn("id", "bigint", true, false), new NodeColumn("parent", "bigint", false, true));
        var nodes = IntStream.range(0, 8)
            .mapToObj(i -> new Node("public", "table " + i, "table", columns, 2, "table-" + i))
            .toList();
        var edges = IntStream.range(1, 8)
            .mapToObj(i -> new Edge(nodes.get(i), nodes.get((i - 1) / 2), "parent", false, false))
            .collect(Collectors.toCollection(ArrayList::new));
        edges.add(new Edge(nodes.get(0), nodes.get(7), "newest", false, true));
        edges.add(new Edge(nodes.get(5), nodes.get(5), "parent", false, false));
        return new Cluster("practice", nodes, edges);
    }

    /** Of a database with nothing in it: what is asked of one that has something, is answered with no rows. */
    private static Answer session() {
        return Answer.row(
            "what this session may",
            new Value("one_process", SqlType.BOOL, "f"),
            new Value("reads_files", SqlType.BOOL, "t"),
            new Value("sees_subscriptions", SqlType.BOOL, "t"),
            new Value("segment_bytes", SqlType.INT8, "1073741824"),
            new Value("backup", SqlType.TEXT, ""));
    }

    /** A record with one of everything, at any depth. */
    private static <T extends Record> T sample(Class<T> type) {
        var components = type.getRecordComponents();
        var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        var values = Arrays.stream(components).map(component -> value(component.getGenericType())).toArray();
        try {
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object value(Type type) {
        if (type instanceof ParameterizedType list) return List.of(value(list.getActualTypeArguments()[0]));
        var plain = (Class<?>) type;
        if (plain == String.class) return Instant.EPOCH.toString();      // some texts are times
        if (plain == boolean.class || plain == Boolean.class) return false;
        if (plain == char.class) return 'r';
        if (plain == int.class || plain == Integer.class) return 1;
        if (plain == long.class || plain == Long.class) return 1L;
        if (plain == double.class || plain == Double.class) return 1.0;
        if (plain == Instant.class) return Instant.EPOCH;
        if (plain.isEnum()) return plain.getEnumConstants()[0];
        return sample(plain.asSubclass(Record.class));
    }
}
