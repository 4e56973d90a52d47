import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import lib.Json;
import lib.explore.ExploreConfig;
import lib.explore.Report;
import lib.explore.Report.OtherDatabase;
import lib.explore.Report.ViewFacts;
import lib.explore.ReportFiles;
import lib.explore.ReportHtml;
import lib.explore.ReportMarkdown;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Whatever report.json knows of an object stands in report.md and on the page too: a change of it shows in both. */
@Tag("unit")
class ReportFieldsTest {
    /** The parts of report.json that tell of objects. */
    private static final List<String> OBJECTS =
        List.of(
            "server",
            "database",
            "schemas",
            "tables",
            "hypertables",
            "aggregates",
            "jobs",
            "views",
            "functions",
            "types",
            "sequences",
            "extensions",
            "roles",
            "grants",
            "databases",
            "others");

    /** Not shown, with the reason: by the end of the path. */
    private static final Map<String, String> LEFT_OUT = new LinkedHashMap<>();
    static {
        LEFT_OUT.put("aggregates[].compression.*", "its layout is shown; the rest is the bookkeeping of a hypertable");
        LEFT_OUT.put("aggregates[].(startOffset|endOffset|schedule|refreshJob)", "each of the refreshes is shown");
        LEFT_OUT.put("aggregates[].refreshes[].job", "the jobs are a section");
        LEFT_OUT.put("aggregates[].source.*", "the chain shows it");
        LEFT_OUT.put("aggregates[].size.(heap|index|toast)", "their sum is shown");
        LEFT_OUT.put(
            "(aggregates|views|schemas)[].comment",
            "the purpose is shown, which is the comment unless the config file says more");
        LEFT_OUT.put("database.comment", "the same");
        LEFT_OUT.put("hypertables[].size.(heap|index|toast)", "those of the table are shown");
        LEFT_OUT
            .put("hypertables[].dimensions[].(type|intervalMicros)", "the column is shown, and the interval in words");
        LEFT_OUT.put("hypertables[].newestChunkIndexBytes", "for a rule, whose findings show it");
        LEFT_OUT.put("hypertables[].timeline[].*", "with --chunks the biggest chunks are listed instead of it");
        LEFT_OUT.put("jobs[].name", "what it does is shown instead; TimescaleDB's own jobs have the name");
        LEFT_OUT.put("others.isEmpty", "no fact of an object");
        LEFT_OUT.put("sequences[].seen", "what could not be seen is a section");
        LEFT_OUT.put("server.(major|restoring|toolkitVersion)", "in the version, a finding, the list of extensions");
        LEFT_OUT.put("tables[].foreignKeys[].definition", "all its parts are shown");
        LEFT_OUT.put("tables[].details.chunkReaders[]", "for a rule, whose findings show them");
        LEFT_OUT.put("tables[].use.(blocks.*|frozenAge|live|modifiedSinceAnalyze|worstFrozen)", "for rules");
        LEFT_OUT.put(".*indexes[].(definition|constraint|guards[])", "its parts are shown; guards are for a rule");
        LEFT_OUT.put(".*constraints[].columns[]", "the definition names them");
        LEFT_OUT.put("tables[].details.partitionIndexes[].partial", "for a rule");
    }

    @Test
    void what_report_json_knows_of_objects_is_in_both_files() {
        var report = ReportFiles.judge(new Sample().of(Report.class), ExploreConfig.defaults(), null);
        var tree = (ObjectNode) Json.tree(Json.write(report));
        var markdown = ReportMarkdown.of(read(tree));
        var html = ReportHtml.of(read(tree));
        var hidden = new TreeMap<String, String>();
        for (var part : OBJECTS) {
            for (var leaf : leaves(tree.get(part), part)) {
                var changed = read(tree.deepCopy(), leaf);
                var files = new TreeSet<String>();
                if (ReportMarkdown.of(changed).equals(markdown)) files.add("report.md");
                if (ReportHtml.of(changed).equals(html)) files.add("report.html");
                if (!files.isEmpty()) hidden.put(leaf, "not in " + String.join(", ", files));
            }
        }
        hidden.keySet().removeIf(leaf -> LEFT_OUT.keySet().stream().anyMatch(path -> leaf.matches(pattern(path))));
        assertTrue(
            hidden.isEmpty(),
            () -> String.join("\n", hidden.entrySet().stream().map(Object::toString).toList()));
    }

    private static String pattern(String path) {
        return path.replace("[]", "\\[\\]");
    }

    private static List<String> leaves(JsonNode node, String path) {
        if (node.isArray() && !node.isEmpty()) return leaves(node.get(0), path + "[]");
        if (!node.isObject()) return List.of(path);
        var leaves = new ArrayList<String>();
        node.properties().forEach(e -> leaves.addAll(leaves(e.getValue(), path + "." + e.getKey())));
        return leaves;
    }

    private static Report read(ObjectNode tree) {
        return Json.read(tree.toString(), Report.class);
    }

    /** With another value there. */
    private static Report read(ObjectNode tree, String leaf) {
        JsonNode at = tree;
        var steps = leaf.replace("[]", ".0").split("\\.");
        for (var step : Arrays.copyOf(steps, steps.length - 1)) at = child(at, step);
        var last = steps[steps.length - 1];
        var other = other(child(at, last));
        if (at instanceof ArrayNode list) {
            list.set(Integer.parseInt(last), other);
        } else {
            ((ObjectNode) at).set(last, other);
        }
        return read(tree);
    }

    private static JsonNode child(JsonNode node, String step) {
        return node.isArray() ? node.get(Integer.parseInt(step)) : node.get(step);
    }

    private static JsonNode other(JsonNode value) {
        var make = JsonNodeFactory.instance;
        if (value.isBoolean()) return make.booleanNode(!value.asBoolean());
        if (value.isIntegralNumber()) return make.numberNode(value.asLong() * 3 + 1);
        if (value.isNumber()) return make.numberNode(value.asDouble() * 3 + 1);
        try {
            return make.stringNode(Instant.parse(value.asString()).plus(Duration.ofDays(400)).toString());
        } catch (DateTimeParseException word) {
            return make.stringNode(value.asString() + "other");
        }
    }

    /** Records with one of everything, at any depth, each text another one. */
    private static final class Sample {
        private int count;

        <T extends Record> T of(Class<T> type) {
            var components = type.getRecordComponents();
            var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            var values = Arrays.stream(components).map(this::value).toArray();
            try {
                var constructor = type.getDeclaredConstructor(types);
                return constructor.newInstance(values);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(type.getName(), e);
            }
        }

        private Object value(RecordComponent component) {
            // a column has a default or is generated; a dimension has an interval or slices
            if (List.of("generated", "interval").contains(component.getName())) return null;
            if (component.getName().equals("databases")) {
                return List.of(value(OtherDatabase.class), value(OtherDatabase.class));
            }
            if (component.getName().equals("enabled")) return true;
            if (component.getName().equals("kind")) {
                return component.getDeclaringRecord() == ViewFacts.class ? "view" : "partitioned table";
            }
            // the ends of a piece of time
            boolean isTime = List.of("from", "to").contains(component.getName());
            if (!isTime || component.getType() != String.class) return value(component.getGenericType());
            return value(Instant.class).toString();
        }

        private Object value(Type type) {
            if (type instanceof ParameterizedType list) return List.of(value(list.getActualTypeArguments()[0]));
            var plain = (Class<?>) type;
            count++;
            if (plain == String.class) return "word" + count;
            if (plain == boolean.class || plain == Boolean.class) return false;
            if (plain == int.class || plain == Integer.class) return 10 + count;
            if (plain == long.class || plain == Long.class) return 100_000_000L * count;
            if (plain == double.class || plain == Double.class) return 10.0 + count % 80;
            if (plain == Instant.class) return Instant.parse("2025-01-01T00:00:00Z").plusSeconds(86_400L * count);
            if (plain.isEnum()) return plain.getEnumConstants()[0];
            return of(plain.asSubclass(Record.class));
        }
    }
}
