//SOURCES ../Units.java ../archive/BackupDirectory.java ../archive/Receipt.java
package lib.backup;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import lib.Units;
import lib.archive.BackupDirectory;
import lib.archive.Receipt;

/**
 * What {@code make status} says about the backups: which one is the newest, how old it is, and what its last drill
 * found.
 */
public final class NewestBackup {
    private NewestBackup() {}

    public static List<String> lines(Path backups, Instant now) {
        var all = BackupDirectory.in(backups);
        if (all.isEmpty()) return List.of("backup    none yet: make backup");
        var newest = all.getFirst();
        var age = Units.duration(Duration.between(newest.takenAt(), now));
        return List.of(
            "backup    %s, %s old, %s in all".formatted(newest.name(), age, all.size()),
            "drill     "
                + Receipt.of(newest, Receipt.DRILL).map(NewestBackup::sentence).orElse("none yet: make drill"));
    }

    private static String sentence(Receipt drill) {
        if (drill.isGood()) return "it could be restored, " + Units.utc(drill.at());
        return "it could NOT be restored, " + Units.utc(drill.at()) + ": " + String.join("; ", drill.findings());
    }
}
