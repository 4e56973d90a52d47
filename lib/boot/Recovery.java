//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Units.java ../archive/Age.java ../archive/Lsn.java
//SOURCES ../archive/WalArchive.java ../archive/WalMoments.java Owner.java PrivateConfiguration.java PrivateServer.java
//SOURCES RunningServer.java ServerLog.java ServerProgram.java WalFeed.java
package lib.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.archive.Age;
import lib.archive.Lsn;
import lib.archive.WalArchive;
import lib.archive.WalMoments;

/**
 * The recovery of an unpacked backup to a moment: a private server is booted on it, fed with WAL until it arrives, and
 * shut down. What stays is a cluster on a timeline of its own. All settings are of that boot alone, and the server
 * itself removes recovery.signal when it has arrived.
 */
public record Recovery(WalArchive archive, WalMoments.Target target, Age.Identity identity) {
    private static final String SIGNAL = "recovery.signal";
    private static final String BOX = "wal-feed";
    private static final String SETTINGS_FILE = "postgresql.auto.conf";

    /**
     * @param owner of the data directory; null when it is ours
     * @return the server's log
     * @throws Failure when it did not arrive; the data directory is of no use then
     */
    public ServerLog run(ServerProgram program, Path dataDirectory, Owner owner, Duration patience)
        throws IOException {
        var settingsFile = Files.exists(dataDirectory.resolve(SETTINGS_FILE))
            ? Files.readString(dataDirectory.resolve(SETTINGS_FILE), StandardCharsets.ISO_8859_1)
            : null;
        Files.deleteIfExists(dataDirectory.resolve(SIGNAL));
        give(Files.createFile(dataDirectory.resolve(SIGNAL)), owner);
        Console.say("replaying WAL to %s …", target.meaning());
        ServerLog log;
        try (var feed = WalFeed.open(archive, target.line(), identity, dataDirectory.resolve(BOX), owner)) {
            log = boot(program, dataDirectory, owner, patience, feed);
        }
        putBack(dataDirectory, settingsFile, owner);
        log.lastCommit().ifPresent(time -> Console.say("the last transaction in it is of %s", time));
        return log;
    }

    private ServerLog boot(
        ServerProgram program,
        Path dataDirectory,
        Owner owner,
        Duration patience,
        WalFeed feed) {
        try (
            var server = PrivateServer.boot(
                program,
                dataDirectory,
                owner == null ? Owner.ofThisProcess() : owner,
                settings(feed),
                null,
                patience)) {
            if (Files.exists(dataDirectory.resolve(SIGNAL))) {
                throw failure(Optional.ofNullable(feed.problem()).orElse(server.log().trouble()));
            }
            Console.say("replayed in %s", Units.duration(server.log().untilReady()));
            RunningServer.on(dataDirectory).ifPresent(RunningServer::stop);
            return server.log();
        } catch (PrivateServer.DidNotStart e) {
            throw failure(Optional.ofNullable(feed.problem()).orElse(e.getMessage()));
        }
    }

    private Map<String, String> settings(WalFeed feed) {
        var s = new LinkedHashMap<String, String>();
        s.put("restore_command", feed.command());
        s.put("recovery_target_timeline", String.valueOf(target.line().timeline()));
        s.put("recovery_target_action", "promote");
        if (target.stop() != null) {
            s.put("recovery_target_lsn", Lsn.text(target.stop()));
            s.put("recovery_target_inclusive", target.isInclusive() ? "on" : "off");
        }
        return s;
    }

    /** The boot of a copy sets the original's settings aside; here the copy becomes the original. */
    private static void putBack(Path dataDirectory, String settingsFile, Owner owner) throws IOException {
        Files.deleteIfExists(dataDirectory.resolve(SETTINGS_FILE + PrivateConfiguration.SET_ASIDE));
        if (settingsFile == null) return;
        var partial = dataDirectory.resolve(SETTINGS_FILE + ".new");
        Files.writeString(partial, settingsFile, StandardCharsets.ISO_8859_1);
        Files.setPosixFilePermissions(
            partial,
            PosixFilePermissions.fromString("rw-------"));
        give(partial, owner);
        Files.move(
            partial,
            dataDirectory.resolve(SETTINGS_FILE),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
    }

    private static void give(Path file, Owner owner) throws IOException {
        if (owner != null) owner.give(file);
    }

    private Failure failure(String why) {
        return new Failure(
            ExitCode.ANSWER_IS_NO,
            "the recovery to " + target.meaning() + " failed: " + why,
            "no data directory was changed. --verbose shows the server's words; another moment or an older "
                + "backup may do.");
    }
}
