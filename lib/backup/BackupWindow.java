//SOURCES ../Units.java Preflight.java
package lib.backup;

import java.time.Duration;
import lib.Units;

/**
 * Is a base backup of everything the right tool for a cluster of this size? For {@code doctor}, by what the last backup
 * of this cluster took: that has its disks, its network and its compression in it.
 */
public final class BackupWindow {
    private static final String WHAT = "backup window";
    /** A night; a restore in need takes about as long. */
    private static final Duration LONGEST = Duration.ofHours(6);
    /** Under a minute or a hundred megabytes the start-up and the checkpoint are most of it. */
    private static final long FEWEST_BYTES = 100L << 20;
    private static final long BIG = 1L << 40;

    /** The newest full backup of the cluster. */
    public record Run(long dataBytes, double seconds) {}

    private BackupWindow() {}

    /**
     * @param totalBytes of the cluster now; -1 when it is not known
     * @param last null when none was taken yet
     */
    public static Preflight.Check check(long totalBytes, int major, Run last) {
        if (totalBytes < 0) return ok("not known: this role may not see the size of the cluster");
        var size = Units.bytes(totalBytes);
        boolean isMeasured = last != null && last.dataBytes() >= FEWEST_BYTES && last.seconds() > 0;
        if (!isMeasured) {
            return totalBytes < BIG ? ok(size + ": how long it takes is known after the first backup of 100 MB or more")
                : warning(size + " are much for base backups, and how long one takes is not known yet", major);
        }
        double bytesPerSecond = last.dataBytes() / last.seconds();
        var expected = Duration.ofSeconds(Math.round(totalBytes / bytesPerSecond));
        var found = "%s take about %s: the last full backup went at %s/s, network and check included"
            .formatted(size, Units.duration(expected), Units.bytes(Math.round(bytesPerSecond)));
        return expected.compareTo(LONGEST) <= 0 ? ok(found)
            : warning(found + "; a restore takes about as long, so this is the wrong tool at this size", major);
    }

    private static Preflight.Check ok(String found) {
        return new Preflight.Check(Preflight.Level.OK, WHAT, found, "");
    }

    private static Preflight.Check warning(String found, int major) {
        var cure = "pgBackRest copies in parallel and takes only what changed: backup.java pgbackrest-config";
        var incremental = major >= 17 ? "; or a full backup a week, and backup.java --incremental in between" : "";
        return new Preflight.Check(Preflight.Level.WARNING, WHAT, found, cure + incremental + " (docs/SCALE.md).");
    }
}
