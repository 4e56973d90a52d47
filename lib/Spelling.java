package lib;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** "Did you mean …?" */
public final class Spelling {
    private Spelling() {}

    /** The nearest of the known words, for "did you mean". */
    public static String nearest(String word, List<String> known) {
        var ranked = new ArrayList<>(known);
        ranked.sort(Comparator.comparingInt(k -> distance(word.toLowerCase(Locale.ROOT), k.toLowerCase(Locale.ROOT))));
        return ranked.isEmpty() ? null : ranked.getFirst();
    }

    /** Levenshtein distance: how many letters to change, add or drop. */
    static int distance(String a, String b) {
        var row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) row[j] = j;
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                row[j] =
                    Math.min(Math.min(row[j], row[j - 1]) + 1, diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
