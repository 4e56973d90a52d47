//SOURCES ../archive/Age.java ../archive/Lsn.java ../archive/WalArchive.java ../archive/WalMoments.java Owner.java
//SOURCES Replay.java ReplayBoot.java ServerLog.java ServerProgram.java WalFeed.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import lib.archive.Age;
import lib.archive.Lsn;
import lib.archive.WalArchive;
import lib.archive.WalMoments;

/** The recovery of an unpacked backup to a moment, with WAL that backup.java receive received. */
public record Recovery(WalArchive archive, WalMoments.Target target, Age.Identity identity) implements Replay {
    private static final String BOX = "wal-feed";

    @Override
    public ServerLog run(ServerProgram program, Path dataDirectory, Owner owner, Duration patience)
        throws IOException {
        var boot = new ReplayBoot(program, dataDirectory, owner, patience);
        return boot.run(meaning(), () -> {
            var feed = WalFeed.open(archive, target.line(), identity, dataDirectory.resolve(BOX), owner);
            return new ReplayBoot.Feed(settings(feed), feed::problem, feed);
        });
    }

    @Override
    public Instant asOf() {
        return target.asOf();
    }

    @Override
    public String meaning() {
        return target.meaning();
    }

    @Override
    public String walSource() {
        return "received WAL";
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
}
