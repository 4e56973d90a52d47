//SOURCES ../boot/Replay.java BackupOptions.java PointInTime.java
package lib.restore;

import java.nio.file.Path;
import java.time.ZoneId;
import lib.boot.Replay;
import picocli.CommandLine.Option;

/** The moment to go to, for every command that takes a backup. */
public final class PointInTimeOptions {
    @Option(
        names = "--at",
        paramLabel = "TIME|latest",
        description = "go to this moment with the WAL that backup.java receive received: '2025-07-04 15:30:00+02', "
            + "or latest, the end of that WAL; "
            + "a time without an offset is of this machine's zone. With latest as the backup: the newest that "
            + "ended before")
    String at;

    @Option(
        names = "--to",
        paramLabel = "NAME",
        description = "go to this restore point, made by pg_create_restore_point('NAME')")
    String to;

    /**
     * How to get there, from one of these backups; said on both clocks before anything happens.
     *
     * @param data the data directory: its cluster is meant where WAL of several was received
     * @return null when the backup is wanted as it is
     */
    public Replay replay(BackupOptions backup, Path data) {
        var zone = ZoneId.systemDefault();
        var moment = PointInTime.typed(at, to, zone);
        if (backup.isOfStanza()) {
            moment.ifPresent(typed -> typed.echo(zone));
            return backup.stanzaRecovery(moment);
        }
        if (moment.isEmpty()) return null;
        moment.get().echo(zone);
        return backup.recovery(moment.get(), data);
    }
}
