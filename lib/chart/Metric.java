package lib.chart;

import java.util.List;

/**
 * What a chart is made of, as data: where the values are, what they mean, how they are drawn.
 * The three built-in metrics and a person's own (--definitions) are the same record.
 *
 * @param kind LINE draws a line per series with its min–max band, STACKED piles the series up and shows their total
 * @param series columns whose values name a series, joined by " / "
 * @param sumOver columns whose parts add up within a series (the channels of a power meter)
 * @param range fixed ends of the value axis, null = from the data
 * @param thresholds stretches of the value axis to shade
 * @param sources the table with the raw rows first, then roll-ups of it (continuous aggregates) by growing bucket
 */
public record Metric(
    String name,
    String title,
    String unit,
    Kind kind,
    List<String> series,
    List<String> sumOver,
    Range range,
    List<Threshold> thresholds,
    boolean lowIsBad,
    List<Source> sources) {
    public enum Kind { LINE, STACKED }

    public record Range(double min, double max) {}

    /** A shaded stretch of the value axis; one end may be open (an infinity). */
    public record Threshold(double from, double to, String label, Severity severity) {
        public enum Severity { WARNING, CRITICAL }
    }

    /**
     * A table or view to read from.
     *
     * @param min column with the smallest raw value of the row, null where the row is a raw value itself
     * @param max the same for the largest
     * @param count column with the number of raw rows behind the row, null when unknown
     * @param bucketSeconds the time that one row stands for; 0 for raw rows
     */
    public record Source(
        String table,
        String time,
        String value,
        String min,
        String max,
        String count,
        long bucketSeconds) {
        public boolean isRollup() {
            return bucketSeconds > 0;
        }
    }

    /** The same metric, its series made by other columns; the title says so. */
    public Metric withSeries(List<String> columns) {
        // What is piled up is added up: by another column, the old series become parts of the new ones.
        var parts = kind == Kind.LINE && sumOver.isEmpty() ? List.<String>of()
            : java.util.stream.Stream.concat(series.stream(), sumOver.stream())
                .filter(c -> !columns.contains(c))
                .toList();
        return new Metric(
            name,
            title.replaceFirst(" by .*$", "") + " by " + String.join(" and ", columns),
            unit,
            kind,
            columns,
            parts,
            range,
            thresholds,
            lowIsBad,
            sources);
    }
}
