//SOURCES ../Failure.java ../boot/ServerLog.java Drill.java
package lib.restore;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lib.Failure;
import lib.boot.ServerLog;

/**
 * What a drill found while it read on: what speaks against the backup, what kept us from judging it, and what a person
 * should know. Several readers write here at once.
 */
final class DrillFindings {
    /** @param hint what to do next; null when there is nothing useful to say */
    record Finding(Drill.Check check, String message, String hint) {}

    /**
     * internal_error, data_corrupted, index_corrupted, undefined_file, invalid_catalog_name: what damaged or missing
     * files lead to.
     */
    private static final Set<String> OF_THE_BACKUP = Set.of("XX000", "XX001", "XX002", "58P01", "3D000");

    private final List<Finding> against = new ArrayList<>();
    private final List<Finding> doubts = new ArrayList<>();
    private final List<Finding> notes = new ArrayList<>();

    /**
     * A question that failed: is that the backup's trouble, or that of this machine, of our session, of our question?
     */
    synchronized void failed(Drill.Check check, String where, Failure e) {
        var finding = new Finding(check, where + ": " + e.getMessage(), e.hint());
        if (isOfTheBackup(e)) against.add(finding);
        else doubts.add(finding);
    }

    synchronized void against(Drill.Check check, String message) {
        against.add(new Finding(check, message, null));
    }

    synchronized void doubt(Drill.Check check, String message, String hint) {
        doubts.add(new Finding(check, message, hint));
    }

    synchronized void note(Drill.Check check, String message) {
        notes.add(new Finding(check, message, null));
    }

    /** The answer is no. @throws Drill.No that names the first finding and counts the rest */
    synchronized void mustHaveNothingAgainst(Drill.Check check) {
        var found = of(against, check);
        if (!found.isEmpty()) throw new Drill.No(check, first(found));
    }

    /** @return null when the check could be asked to its end */
    synchronized Finding doubt(Drill.Check check) {
        var found = of(doubts, check);
        return found.isEmpty() ? null : new Finding(check, first(found), found.getFirst().hint());
    }

    synchronized List<String> notes(Drill.Check check) {
        return of(notes, check).stream().map(Finding::message).distinct().toList();
    }

    static boolean isOfTheBackup(Failure e) {
        return e.getCause() instanceof SQLException sql && OF_THE_BACKUP.contains(String.valueOf(sql.getSQLState()))
            && !ServerLog.isOfThisMachine(String.valueOf(sql.getMessage()));
    }

    private static List<Finding> of(List<Finding> all, Drill.Check check) {
        return all.stream().filter(f -> f.check() == check).toList();
    }

    private static String first(List<Finding> found) {
        return found.getFirst().message()
            + (found.size() > 1 ? " (and " + (found.size() - 1) + " more)" : "");
    }
}
