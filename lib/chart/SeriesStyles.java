//SOURCES SeriesNames.java Theme.java
package lib.chart;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * The number of each series' colour and dash: below eight all colours differ, after that they come again with dashes.
 * A name asks for the colour that its letters say, and takes the next one that is free: so a new series leaves nearly
 * all others as they were, and up to eight of a metric never share a colour.
 */
final class SeriesStyles {
    private SeriesStyles() {}

    /**
     * @param known keys of the metric, whatever a window shows; @param shown keys of the chart, of which a few may not
     *        be among them
     */
    static Map<List<String>, Integer> of(
        Collection<List<String>> known,
        Collection<List<String>> shown,
        Map<List<String>, String> names) {
        var numbers = new HashMap<List<String>, Integer>();
        var order = Comparator.<List<String>, String>comparing(names::get, SeriesNames.NATURAL);
        for (var keys : List.of(known, shown)) {
            var waiting =
                new ArrayList<>(keys.stream().filter(key -> !numbers.containsKey(key)).sorted(order).toList());
            for (int round = 0; !waiting.isEmpty(); round++) seat(waiting, round * Theme.COLOURS, numbers);
        }
        return numbers;
    }

    /** First who gets what it asks for, then who takes what is left; the others wait for the next round. */
    private static void seat(List<List<String>> waiting, int round, Map<List<String>, Integer> numbers) {
        var free = new HashSet<Integer>();
        for (int i = 0; i < Theme.COLOURS; i++) free.add(round + i);
        free.removeAll(numbers.values());
        for (int away = 0; away < Theme.COLOURS; away++) {
            for (var each = waiting.iterator(); each.hasNext() && !free.isEmpty();) {
                var key = each.next();
                int number = round + (wanted(key) + away) % Theme.COLOURS;
                if (free.remove(number)) {
                    numbers.put(key, number);
                    each.remove();
                }
            }
        }
    }

    /** The hash of a list of strings is the same in every Java. A metric without keys has the first colour. */
    private static int wanted(List<String> key) {
        return key.isEmpty() ? 0 : Math.floorMod(key.hashCode(), Theme.COLOURS);
    }
}
