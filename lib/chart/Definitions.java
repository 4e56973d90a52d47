//SOURCES ../ExitCode.java ../Failure.java ../Spelling.java ../Window.java Metric.java
package lib.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.ExitCode;
import lib.Failure;
import lib.Spelling;
import lib.Window;
import lib.chart.Metric.Kind;
import lib.chart.Metric.Range;
import lib.chart.Metric.Source;
import lib.chart.Metric.Threshold;
import lib.chart.Metric.Threshold.Severity;
import tools.jackson.core.JacksonException;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** A person's own metrics, read from YAML; README.md beside this file shows one with everything. */
public final class Definitions {
    private static final Set<String> METRIC_WORDS =
        Set.of(
            "title",
            "table",
            "time",
            "value",
            "series",
            "sum_over",
            "unit",
            "kind",
            "range",
            "thresholds",
            "low_is_bad",
            "rollups");
    private static final Set<String> ROLLUP_WORDS = Set.of("table", "time", "value", "min", "max", "count", "bucket");
    private static final Set<String> THRESHOLD_WORDS = Set.of("below", "above", "from", "to", "label", "severity");

    private final Path file;

    private Definitions(Path file) {
        this.file = file;
    }

    public static List<Metric> read(Path file) {
        return new Definitions(file).all();
    }

    private List<Metric> all() {
        Object tree;
        try {
            tree = new YAMLMapper().readValue(Files.readString(file), Object.class);
        } catch (NoSuchFileException e) {
            throw Failure
                .usage("there is no file " + file, "it should hold metrics, see lib/chart/README.md for an example.");
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot read " + file + ": " + e.getMessage(), null, e);
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new Failure(
                ExitCode.USAGE,
                "%s is not YAML: line %d, column %d"
                    .formatted(file, at == null ? 0 : at.getLineNr(), at == null ? 0 : at.getColumnNr()),
                e.getOriginalMessage().lines().findFirst().orElse("") + ".",
                e);
        }
        var root = map(tree, "the file");
        var metrics = map(root.getOrDefault("metrics", root), "metrics");
        var list = new ArrayList<Metric>();
        metrics.forEach((name, value) -> list.add(metric(name, map(value, name))));
        if (list.isEmpty()) throw bad("no metric is in it", "see lib/chart/README.md for an example");
        return list;
    }

    private Metric metric(String name, Map<String, Object> words) {
        known(words, METRIC_WORDS, name);
        var kindText = text(words, "kind", "line");
        if (!List.of("line", "stacked").contains(kindText))
            throw bad(name + ": there is no kind '" + kindText + "'", "it is line or stacked");
        var time = text(words, "time", "time");
        var sources = new ArrayList<Source>();
        sources
            .add(new Source(required(words, "table", name), time, required(words, "value", name), null, null, null, 0));
        for (var item : list(words.get("rollups"))) {
            var rollup = map(item, name + ": rollups");
            known(rollup, ROLLUP_WORDS, name + ": rollups");
            var bucket = Window.parse(required(rollup, "bucket", name + ": rollups"));
            sources.add(
                new Source(
                    required(rollup, "table", name + ": rollups"),
                    text(rollup, "time", time),
                    required(rollup, "value", name + ": rollups"),
                    text(rollup, "min", null),
                    text(rollup, "max", null),
                    text(rollup, "count", null),
                    bucket.days() * 86_400L + bucket.rest().toSeconds()));
        }
        return new Metric(
            name,
            text(words, "title", name),
            text(words, "unit", ""),
            Kind.valueOf(kindText.toUpperCase()),
            texts(words.get("series")),
            texts(words.get("sum_over")),
            range(words.get("range"), name),
            thresholds(words.get("thresholds"), name),
            Boolean.parseBoolean(text(words, "low_is_bad", "false")),
            List.copyOf(sources));
    }

    private Range range(Object value, String name) {
        if (value == null) return null;
        var ends = list(value);
        if (ends.size() != 2 || !(number(ends.get(0), name) < number(ends.get(1), name)))
            throw bad(name + ": range must be two numbers", "write it like: range: [0, 100]");
        return new Range(number(ends.get(0), name), number(ends.get(1), name));
    }

    private List<Threshold> thresholds(Object value, String name) {
        var thresholds = new ArrayList<Threshold>();
        for (var item : list(value)) {
            var words = map(item, name + ": thresholds");
            known(words, THRESHOLD_WORDS, name + ": thresholds");
            var severity = text(words, "severity", "warning");
            if (!List.of("warning", "critical").contains(severity))
                throw bad(name + ": there is no severity '" + severity + "'", "it is warning or critical");
            double from = words.containsKey("above") ? number(words.get("above"), name)
                : words.containsKey("from") ? number(words.get("from"), name)
                : Double.NEGATIVE_INFINITY;
            double to = words.containsKey("below") ? number(words.get("below"), name)
                : words.containsKey("to") ? number(words.get("to"), name)
                : Double.POSITIVE_INFINITY;
            thresholds
                .add(new Threshold(from, to, text(words, "label", null), Severity.valueOf(severity.toUpperCase())));
        }
        return thresholds;
    }

    private void known(Map<String, Object> words, Set<String> allowed, String where) {
        for (var word : words.keySet()) {
            if (!allowed.contains(word)) {
                var sorted = allowed.stream().sorted().toList();
                throw bad(
                    "%s: there is no word '%s'".formatted(where, word),
                    "did you mean '%s'? The words: %s"
                        .formatted(Spelling.nearest(word, sorted), String.join(", ", sorted)));
            }
        }
    }

    private String required(Map<String, Object> words, String word, String where) {
        var value = text(words, word, null);
        if (value == null || value.isBlank())
            throw bad(
                "%s: '%s' is missing".formatted(where, word),
                "each metric needs a table and a value; a roll-up needs a bucket too");
        return value;
    }

    private static String text(Map<String, Object> words, String word, String otherwise) {
        var value = words.get(word);
        return value == null ? otherwise : value.toString();
    }

    private double number(Object value, String where) {
        try {
            return Double.parseDouble(String.valueOf(value));
        } catch (NumberFormatException e) {
            throw bad("%s: '%s' is not a number".formatted(where, value), "write numbers like 80 or 99.5");
        }
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> map(Object value, String where) {
        if (!(value instanceof Map))
            throw bad(where + " must hold words with values", "see lib/chart/README.md for an example");
        return (Map<String, Object>) value;
    }

    private static List<?> list(Object value) {
        return value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
    }

    private static List<String> texts(Object value) {
        return list(value).stream().map(Object::toString).toList();
    }

    private Failure bad(String what, String hint) {
        return Failure.usage(file + ": " + what, hint + ".");
    }
}
