//SOURCES ChartData.java Grid.java PartSums.java
package lib.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The parts of a stacked chart, each a step function: a value holds until the next one of the same part. So parts that
 * report at different seconds, or every ten seconds and every five minutes, add up to what they are together at each
 * moment. A part that is silent for longer than usual has ended; one that is only late at the end of the range has not.
 *
 * @param edges n + 1 moments, in seconds since 1970; between two of them nothing changes
 * @param parts for each series its n values, NaN where it has none
 */
public record Pile(double[] edges, List<Part> parts) {
    /** More steps than pixels show nothing. */
    private static final int MOST_STEPS = 6_000;

    public record Part(ChartData.Series series, double[] values) {
        double last() {
            return values.length == 0 ? Double.NaN : values[values.length - 1];
        }
    }

    /** A value and how long it holds. */
    private record Step(double from, double to, double value) {}

    public static Pile of(ChartData data) {
        var steps = steps(data);
        return of(data, steps, edges(data, steps));
    }

    /** The same in the buckets of a grid: the mean of each part over each of them. */
    static Pile of(ChartData data, Grid grid) {
        var edges = IntStream.rangeClosed(0, grid.size())
            .mapToDouble(i -> (i < grid.size() ? grid.start(i) : Grid.micros(grid.to())) / 1e6)
            .toArray();
        return of(data, steps(data), edges);
    }

    private static Pile of(ChartData data, List<List<Step>> steps, double[] edges) {
        var parts = new ArrayList<Part>();
        for (int s = 0; s < steps.size(); s++) {
            parts.add(new Part(data.series().get(s), sample(steps.get(s), edges)));
        }
        return new Pile(edges, parts);
    }

    private static List<List<Step>> steps(ChartData data) {
        double first = Double.POSITIVE_INFINITY;
        double last = Double.NEGATIVE_INFINITY;
        double usual = data.series()
            .stream()
            .mapToDouble(data::usualDistance)
            .filter(d -> d > 0)
            .sorted()
            .findFirst()
            .orElse(data.bucket().seconds());
        for (var s : data.series()) {
            if (s.size() == 0) continue;
            var times = s.points().times();
            first = Math.min(first, times[0] / 1e6);
            last =
                Math.max(last, Math.max(data.grid().end(times[times.length - 1]) / 1e6, times[times.length - 1] / 1e6));
        }
        double ends = last;
        double begins = first;
        return data.series().stream().map(s -> steps(data, s, new double[] {begins, ends, usual})).toList();
    }

    /** @param range the beginning and the end of all parts, and the usual distance of two points */
    private static List<Step> steps(ChartData data, ChartData.Series s, double[] range) {
        double own = data.usualDistance(s) > 0 ? data.usualDistance(s) : range[2];
        double limit = data.metric().look().connect().limit(own, data.bucket().seconds());
        double late = PartSums.MOST_LATE * Math.max(own, data.bucket().seconds());
        var times = s.points().times();
        var list = new ArrayList<Step>(s.size());
        for (int i = 0; i < s.size(); i++) {
            double from = times[i] / 1e6;
            double silent = Math.max(data.grid().end(times[i]) / 1e6, from + own);
            double to = i < s.size() - 1 ? times[i + 1] / 1e6 : Math.max(range[1], data.grid().end(times[i]) / 1e6);
            if (to - from > limit) to = Math.min(to, silent);
            boolean isLate = i == 0 && !s.pace().isNew() && from - range[0] <= Math.min(limit, late);
            if (isLate) from = range[0];
            list.add(new Step(from, to, s.points().values()[i]));
        }
        return list;
    }

    /**
     * Where a part changes; the buckets' own edges, or so many equal steps as a picture can show, when those are too
     * many.
     */
    private static double[] edges(ChartData data, List<List<Step>> steps) {
        long changes = steps.stream().mapToLong(List::size).sum();
        var all = changes > 40L * MOST_STEPS ? new double[0]
            : steps.stream()
                .flatMap(List::stream)
                .flatMapToDouble(step -> Arrays.stream(new double[] {step.from(), step.to()}))
                .sorted()
                .distinct()
                .toArray();
        if (changes <= 40L * MOST_STEPS && all.length <= MOST_STEPS + 1) return all;
        double from = Grid.micros(data.from()) / 1e6;
        double width = (Grid.micros(data.to()) / 1e6 - from) / MOST_STEPS;
        return IntStream.rangeClosed(0, MOST_STEPS).mapToDouble(i -> from + i * width).toArray();
    }

    /** The mean of the step function in each interval; NaN where it has a value for less than half of it. */
    private static double[] sample(List<Step> steps, double[] edges) {
        var values = new double[Math.max(0, edges.length - 1)];
        int at = 0;
        for (int i = 0; i < values.length; i++) {
            double sum = 0;
            double covered = 0;
            while (at < steps.size() && steps.get(at).to() <= edges[i]) at++;
            for (int k = at; k < steps.size() && steps.get(k).from() < edges[i + 1]; k++) {
                double here = Math.min(steps.get(k).to(), edges[i + 1]) - Math.max(steps.get(k).from(), edges[i]);
                sum += here * steps.get(k).value();
                covered += here;
            }
            values[i] = covered > 0 && covered >= (edges[i + 1] - edges[i]) * 0.499 ? sum / covered : Double.NaN;
        }
        return values;
    }

    int size() {
        return Math.max(0, edges.length - 1);
    }

    /** Of all parts; NaN where none has a value. */
    public double[] total() {
        var total = new double[size()];
        Arrays.fill(total, Double.NaN);
        for (var part : parts) {
            for (int i = 0; i < total.length; i++) {
                if (!Double.isNaN(part.values()[i])) {
                    total[i] = (Double.isNaN(total[i]) ? 0 : total[i]) + part.values()[i];
                }
            }
        }
        return total;
    }

    boolean hasNegative() {
        return parts.stream().anyMatch(part -> Arrays.stream(part.values()).anyMatch(v -> v < 0));
    }

    /** Sums from the bottom up: of the positive values upwards, of the negative ones downwards. @param sign 1 or −1 */
    List<double[]> layers(int sign) {
        var total = total();
        var sum = new double[size()];
        for (int i = 0; i < sum.length; i++) sum[i] = Double.isNaN(total[i]) ? Double.NaN : 0;
        var layers = new ArrayList<double[]>();
        for (var part : parts) {
            for (int i = 0; i < sum.length; i++) {
                double value = part.values()[i];
                if (value * sign > 0) sum[i] += value;
            }
            layers.add(sum.clone());
        }
        return layers;
    }

    /** The parts from {@code named} on as one. */
    Pile folded(int named, String label) {
        if (parts.size() <= named) return this;
        var rest = new Pile(edges, parts.subList(named, parts.size())).total();
        var few = new ArrayList<>(parts.subList(0, named));
        var empty = new ChartData.Points(new long[0], new double[0], new double[0], new double[0], new long[0]);
        few.add(new Part(new ChartData.Series(List.of(), label, -1, empty), rest));
        return new Pile(edges, few);
    }

    Pile ordered(List<ChartData.Series> order) {
        return new Pile(
            edges,
            order.stream().map(s -> parts.stream().filter(p -> p.series() == s).findFirst().orElseThrow()).toList());
    }
}
