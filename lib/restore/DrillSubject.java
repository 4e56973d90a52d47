//SOURCES ../archive/Age.java ../archive/BackupDirectory.java ../archive/Receipt.java ../archive/RemoteBackups.java
//SOURCES ../archive/RestorableBackup.java ../archive/RestoreSource.java ../archive/StanzaBackup.java
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
import lib.archive.RemoteBackups;
import lib.archive.RestorableBackup;
import lib.archive.RestoreSource;
import lib.archive.StanzaBackup;

/**
 * What a drill proves.
 *
 * @param place where it is, for people
 * @param receipt where the verdict is kept
 * @param opening looks whether it is complete
 * @param source for monitors, the same from one backup to the next: the directory of the backups, the remote, or the
 *        stanza
 * @param receipts of all drills of this source, where backup.java does not write their numbers
 */
public record DrillSubject(
    String name,
    String place,
    ReceiptFile receipt,
    Instant takenAt,
    Supplier<RestoreSource> opening,
    String source,
    Supplier<List<Receipt>> receipts) {
    private static final String RECEIPTS = ".receipts";

    /**
     * @param manifestSum of a backup's manifest: the receipt counts for that very backup; for one of pgBackRest its
     *        label, which is never used twice
     * @param isForGood what is wrong with a copy on a remote says nothing against the backup here; what is right
     *        proves both
     */
    record ReceiptFile(Path path, String manifestSum, boolean isForGood) {
        static ReceiptFile of(BackupDirectory backup, boolean isForGood) {
            var file = backup.path().resolveSibling(RECEIPTS).resolve(backup.name() + ".drill.json");
            return new ReceiptFile(file, sumOf(backup), isForGood);
        }
    }

    public static DrillSubject of(BackupDirectory backup, Age.Identity identity) {
        return new DrillSubject(
            backup.name(),
            backup.path().toString(),
            ReceiptFile.of(backup, false),
            backup.takenAt(),
            () -> RestorableBackup.of(backup, identity),
            backup.path().toAbsolutePath().normalize().getParent().toString(),
            List::of);
    }

    /**
     * The same when it was fetched for this drill alone: the verdict is kept beside the backup that was copied there,
     * where that is still here.
     *
     * @param remote where it comes from
     * @param backups the directory of the backups on this machine
     */
    DrillSubject fetchedFrom(RemoteBackups remote, Path backups) {
        var here = BackupDirectory.in(backups)
            .stream()
            .filter(backup -> backup.name().equals(name))
            .map(backup -> ReceiptFile.of(backup, true))
            .filter(file -> file.manifestSum() != null && file.manifestSum().equals(receipt.manifestSum()))
            .findFirst();
        return new DrillSubject(
            name,
            remote.placeOf(name),
            here.orElse(receipt),
            takenAt,
            opening,
            remote.toString(),
            receipts);
    }

    /** @param backups the directory of all backups, where receipts are kept */
    static DrillSubject of(StanzaBackup backup, Path backups) {
        return new DrillSubject(
            backup.name(),
            backup.place(),
            new ReceiptFile(
                backups.resolve(RECEIPTS).resolve(backup.receiptName() + ".drill.json"),
                backup.name(),
                false),
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
