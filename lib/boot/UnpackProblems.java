//SOURCES ../Failure.java
package lib.boot;

import java.util.ArrayList;
import java.util.List;
import lib.Failure;

/** What is wrong with a backup: collected, so that one look tells all. */
final class UnpackProblems {
    private final List<String> list = new ArrayList<>();

    synchronized void add(String finding) {
        list.add(finding);
    }

    synchronized boolean none() {
        return list.isEmpty();
    }

    synchronized List<String> all() {
        return List.copyOf(list);
    }

    /** The Failure that names the first and counts the rest. */
    synchronized Failure failure(String place) {
        var more = list.size() > 1 ? " (and " + (list.size() - 1) + " more)" : "";
        return Failure.answerIsNo(
            "the backup " + place + " is damaged: " + list.getFirst() + more,
            "take an older backup (list: jbang backup.java list), or fetch this one again from where it "
                + "was copied to.");
    }
}
