package lib.chart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Names of series: made of their keys, sorted as people count, so that "s2" comes before "s10". */
public final class SeriesNames {
    private static final String BETWEEN = " / ";
    private static final String NULL = "(none)";

    public static final Comparator<String> NATURAL = SeriesNames::compare;

    private SeriesNames() {}

    /** Letter by letter, but digits that stand together as a number, however long. */
    private static int compare(String a, String b) {
        int i = 0;
        int k = 0;
        while (i < a.length() && k < b.length()) {
            if (!isDigit(a.charAt(i)) || !isDigit(b.charAt(k))) {
                int order = Character.compare(a.charAt(i++), b.charAt(k++));
                if (order != 0) return order;
                continue;
            }
            int x = end(a, i);
            int y = end(b, k);
            i = first(a, i, x);
            k = first(b, k, y);
            int order = x - i != y - k ? Integer.compare(x - i, y - k) : a.substring(i, x).compareTo(b.substring(k, y));
            if (order != 0) return order;
            i = x;
            k = y;
        }
        int rest = Integer.compare(a.length() - i, b.length() - k);
        return rest != 0 ? rest : a.compareTo(b);
    }

    /** Where the digits end that begin there. */
    private static int end(String text, int from) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end))) end++;
        return end;
    }

    /** The first digit that is no zero. */
    private static int first(String text, int from, int end) {
        int at = from;
        while (at < end && text.charAt(at) == '0') at++;
        return at;
    }

    /** ASCII only: in a name, the digits of other scripts are letters. */
    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** A name for each key, no two alike: where two would be, their parts stand in quotes, and NULL does not. */
    public static Map<List<String>, String> of(Iterable<List<String>> keys, String whenEmpty) {
        return of(keys, whenEmpty, Map.of());
    }

    /**
     * @param labels what the first part of a key is called; where two are called the same, the part stands behind
     */
    static Map<List<String>, String> of(
        Iterable<List<String>> keys,
        String whenEmpty,
        Map<String, String> labels) {
        var labelled = new HashMap<List<String>, List<String>>();
        for (var key : keys) labelled.put(key, labelled(key, labels, false));
        var alike = new HashMap<List<String>, Integer>();
        labelled.values().forEach(key -> alike.merge(key, 1, Integer::sum));
        labelled.replaceAll((key, label) -> alike.get(label) == 1 ? label : labelled(key, labels, true));
        var names = distinct(labelled.values(), whenEmpty);
        var byKey = new HashMap<List<String>, String>();
        labelled.forEach((key, label) -> byKey.put(key, names.get(label)));
        return byKey;
    }

    private static List<String> labelled(List<String> key, Map<String, String> labels, boolean withKey) {
        var label = key.isEmpty() ? null : labels.get(key.getFirst());
        if (label == null) return key;
        var parts = new ArrayList<>(key);
        parts.set(0, withKey ? label + " (" + key.getFirst() + ")" : label);
        return parts;
    }

    private static Map<List<String>, String> distinct(Iterable<List<String>> keys, String whenEmpty) {
        var byName = new HashMap<String, List<List<String>>>();
        for (var key : keys) byName.computeIfAbsent(plain(key, whenEmpty), name -> new ArrayList<>()).add(key);
        var names = new HashMap<List<String>, String>();
        var taken = new HashSet<String>();
        byName.forEach((name, alike) -> {
            if (alike.size() == 1) taken.add(name);
        });
        byName.forEach((name, alike) -> {
            for (var key : alike) {
                var chosen = alike.size() == 1 ? name : quoted(key);
                for (int i = 2; alike.size() > 1 && !taken.add(chosen); i++) chosen = quoted(key) + " (" + i + ")";
                names.put(key, chosen);
            }
        });
        return names;
    }

    private static String plain(List<String> key, String whenEmpty) {
        if (key.isEmpty()) return clean(whenEmpty);
        return key.stream().map(SeriesNames::plain).collect(Collectors.joining(BETWEEN));
    }

    private static String plain(String part) {
        if (part == null) return NULL;
        return part.isBlank() ? "'" + clean(part) + "'" : clean(part);
    }

    private static String quoted(List<String> key) {
        return key.stream()
            .map(part -> part == null ? NULL : "'" + clean(part) + "'")
            .collect(Collectors.joining(BETWEEN));
    }

    /**
     * One line without control characters: what a name in the database holds must not break a file or a terminal, nor
     * turn round the text beside it.
     */
    public static String clean(String name) {
        var clean = name.toCharArray();
        for (int i = 0; i < clean.length; i++) {
            char c = clean[i];
            boolean isDirection = c >= 0x202A && c <= 0x202E || c >= 0x2066 && c <= 0x2069;
            boolean isControl = Character.isISOControl(c) || c == 0x2028 || c == 0x2029 || c >= 0xFFFE;
            if (isControl || isDirection) clean[i] = ' ';
        }
        return new String(clean);
    }
}
