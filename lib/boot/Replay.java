//SOURCES Owner.java Recovery.java ServerLog.java ServerProgram.java StanzaRecovery.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** The way of an unpacked data directory to the moment that was asked for. */
public sealed interface Replay permits Recovery, StanzaRecovery {
    /**
     * Replays WAL in it until it is there; what stays is a cluster that was shut down.
     *
     * @param owner of the data directory; null when it is ours
     * @return the server's log
     * @throws lib.Failure when it did not arrive; the data directory is of no use then
     */
    ServerLog run(ServerProgram program, Path dataDirectory, Owner owner, Duration patience) throws IOException;

    /** The moment whose data is in it then. */
    Instant asOf();

    /** "all that was committed until …", for people. */
    String meaning();

    /** The WAL is over before the moment: that says nothing about the backup. */
    default boolean hasMissedTheMoment() {
        return false;
    }

    /** Where the WAL comes from, for people: "received WAL". */
    String walSource();
}
