//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Shutdown.java BackupDirectory.java RemoteBackups.java
package lib.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Shutdown;

/**
 * A backup on a remote, fetched for one look and removed at the end of the program, however it ends (but for kill -9).
 */
public final class FetchedBackup {
    private static final String PREFIX = "tstools-fetched-";

    private FetchedBackup() {}

    /**
     * Fetches it into a new directory below {@code scratch}, which nobody else may enter.
     *
     * @param name of the backup there, or latest
     * @param scratch needs space for the backup as it is stored, and for all that an incremental one builds on
     */
    public static BackupDirectory of(RemoteBackups remote, String name, Path scratch) {
        var wanted = remote.find(name);
        try {
            Files.createDirectories(scratch);
            var place = Files.createTempDirectory(scratch, PREFIX);
            Shutdown.onExit(() -> RemoteBackups.remove(place));
            Console.say("fetching %s from %s", wanted.name(), remote);
            for (var link : remote.chain(wanted, place)) {
                RemoteBackups.publish(remote.fetch(link, place), place, link.name());
            }
            return BackupDirectory.open(place.resolve(wanted.name()));
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write to " + scratch + ": " + e.getMessage(),
                "choose another place: TMPDIR=DIR",
                e);
        }
    }
}
