//SOURCES ../Json.java
package lib.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Optional;
import lib.Json;
import tools.jackson.core.JacksonException;

/**
 * What a receiver of WAL did last: the file {@code receiver.json} of a {@link WalArchive}, written every few seconds
 * while it runs.
 *
 * @param state "receiving", "waiting" (for the server, or for space) or "ended"
 * @param message why it waits; else null
 * @param server "127.0.0.1:5432"
 * @param slot the replication slot that keeps the server's WAL until it is here
 * @param pid of the receiver, on the machine where it runs
 * @param at when this was written, by the receiver's clock
 * @param serverLsn where the server was
 * @param completeUntil by the server's clock: all that was committed before is here. Null until that was so for the
 *        first time
 * @param segmentBytes 0 while it is not known
 */
public record WalStatus(
    int formatVersion,
    String state,
    String message,
    String server,
    String slot,
    long pid,
    int timeline,
    Instant at,
    String serverLsn,
    Instant completeUntil,
    long segmentBytes) {
    /** The same, set by name. */
    public WalStatus(Draft draft) {
        this(
            draft.formatVersion,
            draft.state,
            draft.message,
            draft.server,
            draft.slot,
            draft.pid,
            draft.timeline,
            draft.at,
            draft.serverLsn,
            draft.completeUntil,
            draft.segmentBytes);
    }

    /** As a receiver keeps it, which changes it and writes it down again. */
    public static final class Draft {
        public int formatVersion = 1;
        public String state;
        public String message;
        public String server;
        public String slot;
        public long pid;
        public int timeline;
        public Instant at;
        public String serverLsn;
        public Instant completeUntil;
        public long segmentBytes;
    }

    public static final String NAME = "receiver.json";

    /** @param directory of the archive */
    public static Optional<WalStatus> read(Path directory) {
        try {
            return Optional.of(Json.read(Files.readString(directory.resolve(NAME)), WalStatus.class));
        } catch (IOException | JacksonException none) {
            return Optional.empty();
        }
    }

    /** Replaces the last one in one step. It is news, not data: the disk need not be waited for. */
    public void write(Path directory) throws IOException {
        var partial = directory.resolve("." + NAME + ".partial-" + ProcessHandle.current().pid());
        Files.writeString(partial, Json.write(this));
        Files.move(
            partial,
            directory.resolve(NAME),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
    }
}
