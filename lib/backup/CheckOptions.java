//SOURCES ../Failure.java ../Window.java BackupCheck.java
package lib.backup;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import lib.Failure;
import lib.Window;
import picocli.CommandLine.Option;

/** The options of {@code check}. */
public final class CheckOptions {
    @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        description = "directory of all backups (default: ${DEFAULT-VALUE})")
    Path backups = Path.of("backups");

    @Option(
        names = "--max-age",
        paramLabel = "TIME",
        description = "CRITICAL when the newest verified backup is older (default: ${DEFAULT-VALUE})")
    String maxAge = "26h";

    @Option(
        names = "--max-drill-age",
        paramLabel = "TIME",
        description = "WARNING when the last good drill is older, for example 8d (default: drills are not asked for)")
    String maxDrillAge;

    @Option(
        names = "--pgbackrest",
        paramLabel = "STANZA",
        description = "check the backups that pgBackRest keeps of this stanza instead; their drills are in --output")
    String stanza;

    /** Never throws: a monitor reads the line and the status, so trouble of our own is UNKNOWN. */
    public BackupCheck.Answer answer() {
        try {
            var limits = new BackupCheck.Limits(length(maxAge), maxDrillAge == null ? null : length(maxDrillAge));
            return stanza == null ? BackupCheck.of(backups, limits, Instant.now())
                : BackupCheck.ofStanza(stanza, backups, limits, Instant.now());
        } catch (Failure e) {
            return new BackupCheck.Answer(BackupCheck.Status.UNKNOWN, "BACKUP UNKNOWN - " + e.getMessage());
        }
    }

    private static Duration length(String typed) {
        var now = Instant.now().atZone(ZoneOffset.UTC);
        return Duration.between(Window.parse(typed).before(now), now);
    }
}
