//SOURCES ChartData.java Theme.java
package lib.chart;

import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The series in the order in which they are drawn, with their colours. More than a dozen cannot be told apart: then the most telling
 * have names and colours, and the others are grey lines, or one grey area.
 */
record SeriesSelection(List<Drawn> drawn, int others) {
    private static final int MOST_NAMED = 12;
    private static final int NAMED_OF_MANY = 8;

    /** @param label null for a grey line; @param line what is drawn: the means, or in a pile their sums from the bottom up */
    record Drawn(ChartData.Series series, String label, Color color, boolean dashed, double[] line) {
        boolean isNamed() {
            return label != null;
        }
    }

    static SeriesSelection of(ChartData data, Theme theme) {
        var ranked = ranked(data);
        int named = ranked.size() > MOST_NAMED ? NAMED_OF_MANY : ranked.size();
        return new SeriesSelection(
            data.isStacked() ? pile(ranked, named, theme) : lines(ranked, named, theme),
            ranked.size() - named);
    }

    /** The most telling first: the highest peaks (or the lowest dips); of a pile the largest parts. Few lines keep the order of their names. */
    static List<ChartData.Series> ranked(ChartData data) {
        var list = new ArrayList<>(data.series());
        if (list.size() <= MOST_NAMED && !data.isStacked()) return list;
        Comparator<ChartData.Series> order = data.isStacked() ? Comparator.comparingDouble(s -> -s.mean())
            : data.metric().lowIsBad() ? Comparator.comparingDouble(ChartData.Series::lowest)
            : Comparator.comparingDouble(s -> -s.highest());
        list.sort(order);
        return list;
    }

    private static List<Drawn> lines(List<ChartData.Series> ranked, int named, Theme theme) {
        var list = new ArrayList<Drawn>();
        for (int i = 0; i < ranked.size(); i++) {
            var s = ranked.get(i);
            list.add(
                i < named ? new Drawn(s, s.name(), theme.series(i), i >= theme.series().size(), s.average())
                    : new Drawn(s, null, theme.others(), false, s.average()));
        }
        return list;
    }

    /** The largest part at the bottom. A part without a value counts nothing; where no part has one, there is a gap. */
    private static List<Drawn> pile(List<ChartData.Series> ranked, int named, Theme theme) {
        var sum = new double[ranked.isEmpty() ? 0 : ranked.getFirst().average().length];
        Arrays.fill(sum, Double.NaN);
        var list = new ArrayList<Drawn>();
        for (int i = 0; i < ranked.size(); i++) {
            var average = ranked.get(i).average();
            for (int k = 0; k < sum.length; k++) {
                if (!Double.isNaN(average[k])) sum[k] = (Double.isNaN(sum[k]) ? 0 : sum[k]) + average[k];
            }
            if (i < named)
                list.add(new Drawn(ranked.get(i), ranked.get(i).name(), theme.series(i), false, sum.clone()));
        }
        if (ranked.size() > named) {
            list.add(
                new Drawn(
                    ranked.getLast(),
                    "%d others".formatted(ranked.size() - named),
                    theme.others(),
                    false,
                    sum.clone()));
        }
        for (var d : list) {           // a gap of one part in the middle must not cut the parts below it
            for (int k = 0; k < sum.length; k++) {
                if (Double.isNaN(d.line()[k]) && !Double.isNaN(sum[k])) d.line()[k] = 0;
            }
        }
        return list;
    }
}
