//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Units.java Owner.java PrivateConfiguration.java
//SOURCES PrivateServer.java RunningServer.java ServerLog.java ServerProgram.java
package lib.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;

/**
 * The boot that replays WAL: a private server is started on the data directory, arrives where it was told to stop, is
 * promoted and shut down. What stays is a cluster on a timeline of its own. All settings are of that boot alone, and
 * the server itself removes recovery.signal when it has arrived.
 *
 * @param owner of the data directory; null when it is ours
 */
record ReplayBoot(ServerProgram program, Path dataDirectory, Owner owner, Duration patience) {
    private static final String SIGNAL = "recovery.signal";
    private static final String SETTINGS_FILE = "postgresql.auto.conf";
    private static final String HISTORY = "[0-9A-F]{8}\\.history";

    /**
     * Where the WAL comes from.
     *
     * @param settings of the server: restore_command, and where recovery stops
     * @param problem why WAL that is there could not be had; null when there was no such trouble
     */
    record Feed(Map<String, String> settings, Supplier<String> problem, AutoCloseable source) {}

    interface Feeding {
        Feed open() throws IOException;
    }

    /** @param meaning of the moment, for people */
    ServerLog run(String meaning, Feeding feeding) throws IOException {
        var settingsFile = Files.exists(dataDirectory.resolve(SETTINGS_FILE))
            ? Files.readString(dataDirectory.resolve(SETTINGS_FILE), StandardCharsets.ISO_8859_1)
            : null;
        Files.deleteIfExists(dataDirectory.resolve(SIGNAL));
        give(Files.createFile(dataDirectory.resolve(SIGNAL)));
        Console.say("replaying WAL to %s …", meaning);
        var feed = feeding.open();
        ServerLog log;
        try {
            log = boot(meaning, feed);
        } finally {
            close(feed.source());
        }
        putBack(settingsFile);
        leaveTimelineToTheArchiver();
        log.lastCommit().ifPresent(time -> Console.say("the last transaction in it is of %s", time));
        return log;
    }

    private ServerLog boot(String meaning, Feed feed) {
        try (
            var server = PrivateServer.boot(
                new PrivateServer.Copy(program, dataDirectory, owner),
                feed.settings(),
                null,
                patience)) {
            if (Files.exists(dataDirectory.resolve(SIGNAL))) {
                throw failure(meaning, Optional.ofNullable(feed.problem().get()).orElse(server.log().trouble()));
            }
            Console.say("replayed in %s", Units.duration(server.log().untilReady()));
            RunningServer.on(dataDirectory).ifPresent(RunningServer::stop);
            return server.log();
        } catch (PrivateServer.DidNotStart e) {
            throw failure(meaning, Optional.ofNullable(feed.problem().get()).orElse(e.getMessage()));
        }
    }

    private static void close(AutoCloseable source) throws IOException {
        try {
            source.close();
        } catch (IOException | RuntimeException known) {
            throw known;
        } catch (Exception unknown) {
            throw new IOException(unknown);
        }
    }

    /** The boot of a copy sets the original's settings aside; here the copy becomes the original. */
    private void putBack(String settingsFile) throws IOException {
        Files.deleteIfExists(dataDirectory.resolve(SETTINGS_FILE + PrivateConfiguration.SET_ASIDE));
        if (settingsFile == null) return;
        var partial = dataDirectory.resolve(SETTINGS_FILE + ".new");
        Files.writeString(partial, settingsFile, StandardCharsets.ISO_8859_1);
        Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rw-------"));
        give(partial);
        Files.move(
            partial,
            dataDirectory.resolve(SETTINGS_FILE),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Archiving was off when the new timeline began, and a server marks its history for the archiver only then. Without
     * that file in the archive a later recovery does not find this timeline, and the next restore would begin another
     * one of the same number.
     */
    private void leaveTimelineToTheArchiver() throws IOException {
        var wal = dataDirectory.resolve("pg_wal");
        Optional<String> newest;
        try (var files = Files.list(wal)) {
            newest = files.map(file -> file.getFileName().toString())
                .filter(name -> name.matches(HISTORY))
                .max(Comparator.naturalOrder());
        }
        if (newest.isEmpty()) return;
        var mark = wal.resolve("archive_status").resolve(newest.get() + ".ready");
        if (Files.notExists(mark)) give(Files.createFile(mark));
    }

    private void give(Path file) throws IOException {
        if (owner != null) owner.give(file);
    }

    private static Failure failure(String meaning, String why) {
        return new Failure(
            ExitCode.ANSWER_IS_NO,
            "the recovery to " + meaning + " failed: " + why,
            "no data directory was changed. --verbose shows the server's words; another moment or an older "
                + "backup may do.");
    }
}
