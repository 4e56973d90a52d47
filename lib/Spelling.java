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
        var typed = word.toLowerCase(Locale.ROOT);
        ranked.sort(
            Comparator.comparing((String k) -> !isNear(typed, k.toLowerCase(Locale.ROOT)))
                .thenComparingInt(k -> distance(typed, k.toLowerCase(Locale.ROOT))));
        return ranked.isEmpty() ? null : ranked.getFirst();
    }

    /** "did you mean host? ", with its space, or nothing where no known word is near. @param quotes around the word */
    public static String didYouMean(String word, List<String> known, String quotes) {
        var nearest = nearest(word, known);
        return nearest == null || !isNear(word.toLowerCase(Locale.ROOT), nearest.toLowerCase(Locale.ROOT)) ? ""
            : "did you mean " + quotes + nearest + quotes + "? ";
    }

    public static String didYouMean(String word, List<String> known) {
        return didYouMean(word, known, "");
    }

    /** A slip of the finger or two, or a part of it ("berlin" of "Europe/Berlin"); not just any other word. */
    private static boolean isNear(String a, String b) {
        int shorter = Math.min(a.length(), b.length());
        int distance = distance(a, b);
        if (shorter >= 3 && (a.contains(b) || b.contains(a))) return true;
        return distance <= 3 && 2 * distance <= Math.max(a.length(), b.length());
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
