//SOURCES ../ExitCode.java ../Failure.java ../Spelling.java Bucket.java Connect.java Metric.java Stat.java
//SOURCES TimeColumn.java
package lib.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import lib.ExitCode;
import lib.Failure;
import lib.Spelling;
import lib.chart.Metric.Keys;
import lib.chart.Metric.Kind;
import lib.chart.Metric.Look;
import lib.chart.Metric.Range;
import lib.chart.Metric.Source;
import lib.chart.Metric.Threshold;
import lib.chart.Metric.Threshold.Severity;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** A person's own metrics, read from YAML; README.md beside this file shows one with everything. */
public final class Definitions {
    private static final YAMLMapper YAML = YAMLMapper.builder()
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        .build();

    /** The words of a metric, as they stand in the file. */
    record MetricWords(
        String title,
        String table,
        String time,
        String timeUnit,
        String value,
        List<String> series,
        List<String> sumOver,
        NameWords names,
        Map<String, List<String>> where,
        String unit,
        String kind,
        String stat,
        String line,
        String connect,
        String scale,
        List<Double> range,
        List<ThresholdWords> thresholds,
        boolean lowIsBad,
        List<RollupWords> rollups) {}

    record NameWords(String table, String key, String name) {}

    record RollupWords(
        String table,
        String time,
        String timeUnit,
        String value,
        String min,
        String max,
        String count,
        String bucket) {}

    record ThresholdWords(Double below, Double above, Double from, Double to, String label, String severity) {}

    private final Path file;

    private Definitions(Path file) {
        this.file = file;
    }

    public static List<Metric> read(Path file) {
        return new Definitions(file).all();
    }

    private List<Metric> all() {
        var tree = tree();
        requireWords(tree, "the file");
        var metrics = tree.has("metrics") ? tree.get("metrics") : tree;
        requireWords(metrics, "metrics");
        var list = new ArrayList<Metric>();
        for (var entry : metrics.properties()) {
            requireWords(entry.getValue(), entry.getKey());
            list.add(metric(entry.getKey(), words(entry.getKey(), entry.getValue())));
        }
        if (list.isEmpty()) throw bad("no metric is in it", "see lib/chart/README.md for an example");
        return list;
    }

    private JsonNode tree() {
        try {
            return YAML.readTree(Files.readString(file));
        } catch (NoSuchFileException e) {
            throw Failure
                .usage("there is no file " + file, "it should hold metrics, see lib/chart/README.md for an example.");
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot read " + file + ": " + e.getMessage(), null, e);
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new Failure(
                ExitCode.USAGE,
                file + " is not YAML: line " + (at == null ? 0 : at.getLineNr()) + ", column "
                    + (at == null ? 0 : at.getColumnNr()),
                e.getOriginalMessage().lines().findFirst().orElse("") + ".",
                e);
        }
    }

    private void requireWords(JsonNode node, String where) {
        if (node == null || !node.isObject()) {
            throw bad(where + " must hold words with values", "see lib/chart/README.md for an example");
        }
    }

    private MetricWords words(String name, JsonNode node) {
        try {
            return YAML.treeToValue(node, MetricWords.class);
        } catch (UnrecognizedPropertyException e) {
            var known = e.getKnownPropertyIds().stream().map(Object::toString).sorted().toList();
            throw bad(
                "%s: there is no word '%s'".formatted(place(name, e, 1), e.getPropertyName()),
                Spelling.didYouMean(e.getPropertyName(), known, "'") + "The words: " + String.join(", ", known));
        } catch (InvalidFormatException e) {
            boolean isNumber = Number.class.isAssignableFrom(e.getTargetType()) || e.getTargetType() == double.class;
            throw bad(
                "%s: '%s' is not %s".formatted(place(name, e, 0), e.getValue(), isNumber ? "a number" : "right"),
                isNumber ? "write numbers like 80 or 99.5" : "it is true or false");
        } catch (DatabindException e) {
            throw bad(
                place(name, e, 0) + " holds something that does not belong there",
                e.getOriginalMessage().lines().findFirst().orElse("").replaceAll("`[^`]*\\.(\\w+)`", "$1"));
        }
    }

    /** "rooms: thresholds". */
    private static String place(String name, DatabindException e, int without) {
        var words = e.getPath()
            .stream()
            .map(JacksonException.Reference::getPropertyName)
            .filter(Objects::nonNull)
            .toList();
        var path = words.subList(0, Math.max(0, words.size() - without));
        return Stream.concat(Stream.of(name), path.stream()).reduce((a, b) -> a + ": " + b).orElse(name);
    }

    private Metric metric(String name, MetricWords words) {
        var time = words.time() == null ? "time" : words.time();
        var sources = new ArrayList<Source>();
        sources.add(
            new Source(
                required(words.table(), "table", name),
                new Source.Time(time, timeUnit(words.timeUnit())),
                new Source.Columns(required(words.value(), "value", name), null, null, null),
                Bucket.RAW));
        for (var rollup : list(words.rollups())) sources.add(rollup(rollup, name + ": rollups", time));
        return new Metric(
            name,
            words.title() == null ? name : words.title(),
            words.unit() == null ? "" : words.unit(),
            new Keys(
                list(words.series()),
                list(words.sumOver()),
                words.where() == null ? Map.of() : new LinkedHashMap<>(words.where()),
                names(words.names(), name)),
            words.stat() == null ? Stat.MEAN : Stat.of(words.stat()),
            look(words, name),
            List.copyOf(sources));
    }

    private Metric.Names names(NameWords words, String name) {
        if (words == null) return null;
        for (var word : Arrays.asList(words.table(), words.key(), words.name())) {
            if (word == null || word.isBlank()) {
                throw bad(
                    name + ": names lacks a word",
                    "write it like: names: {table: items, key: itemid, name: name}");
            }
        }
        return new Metric.Names(words.table(), words.key(), words.name());
    }

    private static String timeUnit(String unit) {
        if (unit != null) TimeColumn.perSecond(unit);
        return unit;
    }

    private Look look(MetricWords words, String name) {
        return new Look(
            choice(Kind.class, words.kind(), "kind", name),
            range(words.range(), name),
            list(words.thresholds()).stream().map(t -> threshold(t, name)).toList(),
            words.lowIsBad(),
            choice(Metric.Line.class, words.line(), "line", name),
            words.connect() == null ? Connect.AUTO : Connect.parse(words.connect()),
            choice(Metric.Scale.class, words.scale(), "scale", name));
    }

    /** The first one is the default. */
    private <E extends Enum<E>> E choice(Class<E> type, String word, String what, String name) {
        var all = type.getEnumConstants();
        if (word == null) return all[0];
        for (var one : all) {
            if (one.name().toLowerCase(Locale.ROOT).equals(word)) return one;
        }
        var known = Stream.of(all).map(one -> one.name().toLowerCase(Locale.ROOT)).toList();
        throw bad("%s: there is no %s '%s'".formatted(name, what, word), "it is " + String.join(" or ", known));
    }

    private Source rollup(RollupWords words, String where, String time) {
        return new Source(
            required(words.table(), "table", where),
            new Source.Time(words.time() == null ? time : words.time(), timeUnit(words.timeUnit())),
            new Source.Columns(required(words.value(), "value", where), words.min(), words.max(), words.count()),
            Bucket.parse(required(words.bucket(), "bucket", where)));
    }

    private Range range(List<Double> ends, String name) {
        if (ends == null) return null;
        if (ends.size() != 2 || ends.contains(null) || !(ends.get(0) < ends.get(1))) {
            throw bad(name + ": range must be two numbers", "write it like: range: [0, 100]");
        }
        return new Range(ends.get(0), ends.get(1));
    }

    private Threshold threshold(ThresholdWords words, String name) {
        double from = first(words.above(), words.from(), Double.NEGATIVE_INFINITY);
        double to = first(words.below(), words.to(), Double.POSITIVE_INFINITY);
        return new Threshold(from, to, words.label(), choice(Severity.class, words.severity(), "severity", name));
    }

    private static double first(Double one, Double other, double otherwise) {
        if (one != null) return one;
        return other == null ? otherwise : other;
    }

    private String required(String value, String word, String where) {
        if (value == null || value.isBlank()) {
            throw bad(
                "%s: '%s' is missing".formatted(where, word),
                "each metric needs a table and a value; a roll-up needs a bucket too");
        }
        return value;
    }

    private static <T> List<T> list(List<T> values) {
        return values == null ? List.of() : values;
    }

    private Failure bad(String what, String hint) {
        return Failure.usage(file + ": " + what, hint + ".");
    }
}
