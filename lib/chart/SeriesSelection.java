//SOURCES ChartData.java Pile.java Theme.java
package lib.chart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The series in the order in which they are drawn, with their looks. More than a dozen cannot be told apart: then the
 * most telling have names and colours, and the others are grey lines, or one grey area. The colour follows from the
 * name, whatever the window.
 *
 * @param pile of a stacked chart, its parts in the order of {@code drawn}; null of lines
 */
record SeriesSelection(List<Drawn> drawn, int others, Pile pile) {
    private static final int MOST_NAMED = 12;
    private static final int NAMED_OF_MANY = 8;

    /** @param label null for a grey line */
    record Drawn(ChartData.Series series, String label, Theme.Style style) {
        boolean isNamed() {
            return label != null;
        }
    }

    static SeriesSelection of(ChartData data, Theme theme) {
        var ranked = ranked(data);
        int most = ranked.size() > MOST_NAMED ? NAMED_OF_MANY : MOST_NAMED;
        if (data.extras().top() > 0) most = data.extras().top();
        int named = Math.min(ranked.size(), most);
        return data.isStacked() ? pile(data, ranked, named, theme) : lines(ranked, named, theme);
    }

    /**
     * The most telling first: the highest peaks (or the lowest dips); of a pile the largest parts. Few lines keep the
     * order of their names.
     */
    static List<ChartData.Series> ranked(ChartData data) {
        var list = new ArrayList<>(data.series());
        if (list.size() <= MOST_NAMED && !data.isStacked() && data.extras().top() == 0) return list;
        list.sort(order(data));
        return list;
    }

    private static Comparator<ChartData.Series> order(ChartData data) {
        if (data.isStacked()) return Comparator.comparingDouble(s -> -Math.abs(s.mean()));
        return data.metric().look().lowIsBad() ? Comparator.comparingDouble(ChartData.Series::lowest)
            : Comparator.comparingDouble(s -> -s.highest());
    }

    private static SeriesSelection lines(List<ChartData.Series> ranked, int named, Theme theme) {
        var list = new ArrayList<Drawn>();
        for (int i = 0; i < ranked.size(); i++) {
            var s = ranked.get(i);
            list.add(i < named ? new Drawn(s, s.name(), theme.style(s.style())) : new Drawn(s, null, theme.grey()));
        }
        return new SeriesSelection(list, ranked.size() - named, null);
    }

    /** The largest part at the bottom. */
    private static SeriesSelection pile(ChartData data, List<ChartData.Series> ranked, int named, Theme theme) {
        int others = ranked.size() - named;
        var pile = Pile.of(data).ordered(ranked).folded(named, others + " others");
        var list = new ArrayList<Drawn>();
        for (var part : pile.parts()) {
            boolean isRest = part.series().style() < 0;
            list.add(
                new Drawn(
                    part.series(),
                    part.series().name(),
                    isRest ? theme.grey() : theme.style(part.series().style())));
        }
        return new SeriesSelection(list, others, pile);
    }
}
