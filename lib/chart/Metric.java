//SOURCES Bucket.java Connect.java Stat.java
package lib.chart;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a chart is made of, as data: where the values are, what they mean, how they are drawn.
 * The three built-in metrics and a person's own (--definitions) are the same record.
 *
 * @param keys what makes a series
 * @param stat what a bucket shows of its rows
 * @param sources the table with the raw rows first, then roll-ups of it (continuous aggregates) by growing bucket
 */
public record Metric(
    String name,
    String title,
    String unit,
    Keys keys,
    Stat stat,
    Look look,
    List<Source> sources) {

    /**
     * @param series columns whose values name a series, joined by " / "; {@code column->>key} is a value inside of JSON
     * @param sumOver columns whose parts add up within a series (the channels of a power meter)
     * @param where only rows with one of these values in that column
     * @param names a table with the names of what the first series column numbers; null for none
     */
    public record Keys(List<String> series, List<String> sumOver, Map<String, List<String>> where, Names names) {
        public static final Keys NONE = new Keys(List.of(), List.of(), Map.of(), null);

        public static Keys of(String... series) {
            return new Keys(List.of(series), List.of(), Map.of(), null);
        }

        /** All columns that tell one stream of rows from another. */
        List<String> all() {
            return Stream.concat(series.stream(), sumOver.stream()).toList();
        }
    }

    /** Where numbers have names. @param key the column with the numbers, @param name those with the names */
    public record Names(String table, String key, List<String> name) {}

    /** LINE draws a line per series with its min–max band, STACKED piles the series up and shows their total. */
    public enum Kind {
        LINE, STACKED
    }

    /** STEP holds each value until the next one: for data that are written on change. */
    public enum Line {
        STRAIGHT, STEP
    }

    public enum Scale { LINEAR, LOG }

    /**
     * How it is drawn.
     *
     * @param range fixed ends of the value axis, null = from the data
     * @param thresholds stretches of the value axis to shade
     * @param lowIsBad of many series the lowest have names, instead of the highest
     * @param connect which points a line joins
     */
    public record Look(
        Kind kind,
        Range range,
        List<Threshold> thresholds,
        boolean lowIsBad,
        Line line,
        Connect connect,
        Scale scale) {
        public static final Look LINES =
            new Look(Kind.LINE, null, List.of(), false, Line.STRAIGHT, Connect.AUTO, Scale.LINEAR);
        public static final Look STACK = LINES.as(Kind.STACKED);

        public Look as(Kind kind) {
            return new Look(kind, range, thresholds, lowIsBad, line, connect, scale);
        }

        public Look within(Range range, List<Threshold> thresholds, boolean lowIsBad) {
            return new Look(kind, range, thresholds, lowIsBad, line, connect, scale);
        }

        public Look drawn(Line line, Connect connect, Scale scale) {
            return new Look(kind, range, thresholds, lowIsBad, line, connect, scale);
        }
    }

    public record Range(double min, double max) {}

    /** A shaded stretch of the value axis; one end may be open (an infinity). */
    public record Threshold(double from, double to, String label, Severity severity) {
        public enum Severity { WARNING, CRITICAL }
    }

    /**
     * A table or view to read from.
     *
     * @param time the column and, where it holds numbers, what they count since 1970: s, ms, us, ns; null = by their
     *        size
     * @param bucket the time that one row stands for; RAW for raw rows
     */
    public record Source(String table, Time time, Columns columns, Bucket bucket) {
        public record Time(String column, String unit) {}

        /**
         * @param min column with the smallest raw value of the row, null where the row is a raw value itself
         * @param max the same for the largest
         * @param count column with the number of raw rows behind the row, null when unknown
         */
        public record Columns(String value, String min, String max, String count) {}

        public static Source raw(String table, String time, String value) {
            return new Source(table, new Time(time, null), new Columns(value, null, null, null), Bucket.RAW);
        }

        public boolean isRollup() {
            return !bucket.isRaw();
        }

        public String value() {
            return columns.value();
        }
    }

    public boolean isStacked() {
        return look.kind() == Kind.STACKED;
    }

    public List<String> series() {
        return keys.series();
    }

    public List<String> sumOver() {
        return keys.sumOver();
    }

    public Metric with(Look look) {
        return new Metric(name, title, unit, keys, stat, look, sources);
    }

    /** The same metric by another statistic; the title and the unit say so. */
    public Metric with(Stat other) {
        return new Metric(name, title, unit, keys, other, look, sources);
    }

    /** The unit of what is drawn: of a rate per second, of a count rows. */
    public String drawnUnit() {
        return stat.unitOf(unit);
    }

    /** The title of what is drawn. */
    public String drawnTitle() {
        return stat.titleOf(title);
    }

    /** The same metric, its series made by other columns; the title says so. */
    public Metric withSeries(List<String> columns) {
        // What is piled up is added up: by another column, the old series become parts of the new ones.
        var parts = !isStacked() && sumOver().isEmpty() ? List.<String>of()
            : keys.all().stream().filter(c -> !columns.contains(c)).toList();
        return new Metric(
            name,
            title.replaceFirst(" by .*$", "") + " by " + String.join(" and ", columns),
            unit,
            new Keys(columns, parts, keys.where(), null),
            stat,
            look,
            sources);
    }

    /** Only rows with one of these values, in addition to what the definition says. */
    public Metric where(Map<String, List<String>> more) {
        var both = new LinkedHashMap<>(keys.where());
        both.putAll(more);
        return new Metric(name, title, unit, new Keys(series(), sumOver(), both, keys.names()), stat, look, sources);
    }
}
