package lib.chart;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names of series: made of their keys, sorted as people count, so that "s2" comes before "s10". */
public final class SeriesNames {
    private static final Pattern PART = Pattern.compile("[0-9]+|[^0-9]+");
    private static final String BETWEEN = " / ";
    private static final String NULL = "(none)";

    public static final Comparator<String> NATURAL = SeriesNames::compare;

    private SeriesNames() {}

    private static int compare(String a, String b) {
        var x = PART.matcher(a);
        var y = PART.matcher(b);
        while (true) {
            boolean more = x.find();
            if (more != y.find()) return more ? 1 : -1;
            if (!more) return a.compareTo(b);
            var p = x.group();
            var q = y.group();
            boolean digits = isDigit(p.charAt(0)) && isDigit(q.charAt(0));
            int order = digits ? new BigInteger(p).compareTo(new BigInteger(q)) : p.compareTo(q);
            if (order != 0) return order;
        }
    }

    /** ASCII only: in a name, the digits of other scripts are letters. */
    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** A name for each key, no two alike: where two would be, their parts stand in quotes, and NULL does not. */
    public static Map<List<String>, String> of(Iterable<List<String>> keys, String whenEmpty) {
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
        return key.stream().map(part -> clean(part == null ? NULL : part)).collect(Collectors.joining(BETWEEN));
    }

    private static String quoted(List<String> key) {
        return key.stream()
            .map(part -> part == null ? NULL : "'" + clean(part) + "'")
            .collect(Collectors.joining(BETWEEN));
    }

    /** One line without control characters: what a name in the database holds must not break a file or a terminal. */
    public static String clean(String name) {
        return name.replaceAll("[\\p{Cntrl}\\u2028\\u2029\\uFFFE\\uFFFF]", " ");
    }
}
