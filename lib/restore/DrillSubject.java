//SOURCES ../archive/Age.java ../archive/BackupDirectory.java ../archive/Receipt.java ../archive/RestorableBackup.java
//SOURCES ../archive/RestoreSource.java ../archive/StanzaBackup.java
package lib.restore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.Receipt;
import lib.archive.RestorableBackup;
import lib.archive.RestoreSource;
import lib.archive.StanzaBackup;

/**
 * What a drill proves.
 *
 * @param place where it is, for people
 * @param receipt the file that the verdict is kept in
 * @param manifestSum of a backup's manifest: the receipt counts for that very backup; for one of pgBackRest its label,
 *        which is never used twice
 * @param opening looks whether it is complete
 * @param source for monitors, the same from one backup to the next: the directory of the backups, or the stanza
 * @param receipts of all drills of this source, where backup.java does not write their numbers
 */
public record DrillSubject(
    String name,
    String place,
    Path receipt,
    String manifestSum,
    Instant takenAt,
    Supplier<RestoreSource> opening,
    String source,
    Supplier<List<Receipt>> receipts) {
    private static final String RECEIPTS = ".receipts";

    public static DrillSubject of(BackupDirectory backup, Age.Identity identity) {
        return new DrillSubject(
            backup.name(),
            backup.path().toString(),
            backup.path().resolveSibling(RECEIPTS).resolve(backup.name() + ".drill.json"),
            sumOf(backup),
            backup.takenAt(),
            () -> RestorableBackup.of(backup, identity),
            backup.path().toAbsolutePath().normalize().getParent().toString(),
            List::of);
    }

    /** @param backups the directory of all backups, where receipts are kept */
    static DrillSubject of(StanzaBackup backup, Path backups) {
        return new DrillSubject(
            backup.name(),
            backup.place(),
            backups.resolve(RECEIPTS).resolve(backup.receiptName() + ".drill.json"),
            backup.name(),
            backup.takenAt(),
            () -> backup,
            "pgbackrest:" + backup.stanza(),
            () -> Receipt.ofStanza(backup.stanza(), backups));
    }

    RestoreSource open() {
        return opening.get();
    }

    /** The manifest's last line is its own sum. */
    private static String sumOf(BackupDirectory backup) {
        try (var lines = Files.lines(backup.manifestFile())) {
            return lines.reduce("", (before, line) -> line).replaceAll("[^0-9a-f]", "");
        } catch (IOException | UncheckedIOException none) {
            return null;
        }
    }
}
