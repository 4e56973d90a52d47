//SOURCES ../Failure.java DataDirectory.java RestoreOptions.java TablespacePlan.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.Failure;

/**
 * Where the WAL goes when it is not to lie in the data directory. A cluster whose pg_wal is a link to another disk is
 * replaced by one whose WAL is on that disk as well: in a new directory, because the old cluster is kept with its own.
 */
final class WalPlan {
    private static final String WAL = "pg_wal";

    private WalPlan() {}

    /**
     * @param stamp for the name of a new directory beside the old one
     * @return null when pg_wal is to be an ordinary directory
     */
    static Path of(RestoreOptions options, DataDirectory target, Path backup, String stamp) {
        if (options.walDirectory != null) {
            var place = TablespacePlan.checked("--waldir", options.walDirectory, target.path(), backup);
            if (!TablespacePlan.isFree(place, target.path())) {
                throw Failure.notReady(
                    "--waldir: " + place + " is in use",
                    "name a directory that is empty, or not there yet.");
            }
            return place;
        }
        var link = target.path().resolve(WAL);
        if (!target.holdsCluster() || !Files.isSymbolicLink(link)) return null;
        try {
            var old = link.toRealPath();
            return old.resolveSibling(old.getFileName() + ".restored-" + stamp);
        } catch (IOException dangling) {
            throw Failure.notReady(
                link + " is a link to a directory that is not there",
                "say where the WAL of the restored cluster goes: --waldir DIR");
        }
    }
}
