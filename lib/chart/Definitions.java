//SOURCES ../Failure.java ../SettingsFile.java Bucket.java Connect.java Metric.java Stat.java TimeColumn.java
package lib.chart;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import lib.Failure;
import lib.SettingsFile;
import lib.chart.Metric.Keys;
import lib.chart.Metric.Kind;
import lib.chart.Metric.Look;
import lib.chart.Metric.Range;
import lib.chart.Metric.Source;
import lib.chart.Metric.Threshold;
import lib.chart.Metric.Threshold.Severity;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/** A person's own metrics, read from YAML; README.md beside this file shows one with everything. */
public final class Definitions {
    /** The words of a metric, as they stand in the file. */
    @JsonNaming(SnakeCaseStrategy.class)
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

    record NameWords(String table, String key, List<String> name) {}

    @JsonNaming(SnakeCaseStrategy.class)
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

    /** The metrics may stand below a key of this name. */
    record MetricsFile(Map<String, MetricWords> metrics) {}

    private static final String EXAMPLE = "see lib/chart/README.md for an example";

    private final SettingsFile file;

    private Definitions(SettingsFile file) {
        this.file = file;
    }

    public static List<Metric> read(Path path) {
        return new Definitions(SettingsFile.read(path, "it should hold metrics, " + EXAMPLE + ".")).all();
    }

    private List<Metric> all() {
        var words = words();
        if (words == null || words.isEmpty()) throw bad("", "no metric is in it", EXAMPLE);
        var prefix = file.has("metrics") ? "metrics." : "";
        var list = new ArrayList<Metric>();
        words.forEach((name, metric) -> {
            if (metric == null) throw bad(prefix + name, name + " must hold a table and a value", EXAMPLE);
            list.add(metric(name, prefix + name, metric));
        });
        return list;
    }

    private Map<String, MetricWords> words() {
        if (file.isEmpty()) return Map.of();
        return file.has("metrics") ? file.as(MetricsFile.class).metrics() : file.asMapOf(MetricWords.class);
    }

    private Metric metric(String name, String where, MetricWords words) {
        var time = words.time() == null ? "time" : words.time();
        var sources = new ArrayList<Source>();
        sources.add(
            new Source(
                required(words.table(), "table", where),
                new Source.Time(time, timeUnit(words.timeUnit(), where)),
                new Source.Columns(required(words.value(), "value", where), null, null, null),
                Bucket.RAW));
        for (int i = 0; i < list(words.rollups()).size(); i++) {
            sources.add(rollup(words.rollups().get(i), where + ".rollups[" + i + "]", time));
        }
        return new Metric(
            name,
            words.title() == null ? name : words.title(),
            words.unit() == null ? "" : words.unit(),
            new Keys(
                list(words.series()),
                list(words.sumOver()),
                words.where() == null ? Map.of() : new LinkedHashMap<>(words.where()),
                names(words.names(), where)),
            words.stat() == null ? Stat.MEAN : file.at(path(where, "stat"), () -> Stat.of(words.stat())),
            look(words, where),
            List.copyOf(sources));
    }

    private Metric.Names names(NameWords words, String name) {
        if (words == null) return null;
        var columns = list(words.name());
        for (var word : Arrays.asList(words.table(), words.key(), columns.isEmpty() ? null : columns.getFirst())) {
            if (word == null || word.isBlank()) {
                throw bad(
                    path(name, "names"),
                    name + ".names needs a table, a key and a name",
                    "write it like: names: {table: items, key: itemid, name: name}");
            }
        }
        return new Metric.Names(words.table(), words.key(), columns);
    }

    private String timeUnit(String unit, String where) {
        if (unit != null) file.at(path(where, "time_unit"), () -> TimeColumn.perSecond(unit));
        return unit;
    }

    private Look look(MetricWords words, String name) {
        return new Look(
            choice(Kind.class, words.kind(), "kind", name),
            range(words.range(), name),
            thresholds(list(words.thresholds()), name),
            words.lowIsBad(),
            choice(Metric.Line.class, words.line(), "line", name),
            words.connect() == null ? Connect.AUTO
                : file.at(path(name, "connect"), () -> Connect.parse(words.connect())),
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
        throw file.unknown(path(name, what), word, known, what);
    }

    private Source rollup(RollupWords words, String where, String time) {
        return new Source(
            required(words.table(), "table", where),
            new Source.Time(words.time() == null ? time : words.time(), timeUnit(words.timeUnit(), where)),
            new Source.Columns(required(words.value(), "value", where), words.min(), words.max(), words.count()),
            bucket(required(words.bucket(), "bucket", where), where));
    }

    private Bucket bucket(String text, String where) {
        return file.at(path(where, "bucket"), () -> Bucket.parse(text));
    }

    private Range range(List<Double> ends, String name) {
        if (ends == null) return null;
        if (ends.size() != 2 || ends.contains(null) || !(ends.get(0) < ends.get(1))) {
            throw bad(
                path(name, "range"),
                name + ".range must be two numbers, the lower one first",
                "write it like: range: [0, 100]");
        }
        return new Range(ends.get(0), ends.get(1));
    }

    private List<Threshold> thresholds(List<ThresholdWords> words, String name) {
        var thresholds = new ArrayList<Threshold>();
        for (int i = 0; i < words.size(); i++) thresholds.add(threshold(words.get(i), name + ".thresholds[" + i + "]"));
        return thresholds;
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
                where,
                "%s: '%s' is missing".formatted(where, word),
                "each metric needs a table and a value; a roll-up needs a bucket too");
        }
        return value;
    }

    private static <T> List<T> list(List<T> values) {
        return values == null ? List.of() : values;
    }

    private static String path(String where, String key) {
        return where + "." + key;
    }

    private Failure bad(String where, String what, String hint) {
        return file.bad(where, what, hint + ".");
    }
}
