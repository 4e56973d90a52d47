package lib.chart;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.regex.Pattern;

/** SeriesNames of series: sorted as people count, so that "s2" comes before "s10". */
public final class SeriesNames {
    private static final Pattern PART = Pattern.compile("\\d+|\\D+");

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
            boolean digits = Character.isDigit(p.charAt(0)) && Character.isDigit(q.charAt(0));
            int order = digits ? new BigInteger(p).compareTo(new BigInteger(q)) : p.compareTo(q);
            if (order != 0) return order;
        }
    }

    /** One line without control characters: what a name in the database holds must not break a file or a terminal. */
    public static String clean(String name) {
        return name.replaceAll("[\\p{Cntrl}\\u2028\\u2029\\uFFFE\\uFFFF]", " ");
    }
}
