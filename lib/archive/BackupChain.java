//SOURCES ../Failure.java BackupDirectory.java Fingerprint.java Manifest.java
package lib.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.Failure;

/**
 * An incremental backup with all that it builds on: the full backup first, itself last. They lie beside each other. A
 * parent is known by the checksum of its manifest: another backup that took its name is not taken for it, and one that
 * was renamed is found.
 */
public record BackupChain(List<BackupDirectory> links) {
    /** What a backup builds on: its parent here, or why that one is not here. */
    private record Parent(BackupDirectory directory, String problem) {}

    /**
     * The whole chain. A full backup is a chain of one.
     *
     * @throws Failure that names the backup which is missing: nothing can be restored or proven without it
     */
    public static BackupChain of(BackupDirectory backup) {
        var links = new ArrayList<BackupDirectory>(List.of(backup));
        for (var builtOn = incremental(backup); builtOn.isPresent(); builtOn = incremental(links.getFirst())) {
            var parent = parent(links.getFirst(), builtOn.get());
            if (parent.directory() == null) throw missing(links.getFirst(), builtOn.get(), parent.problem());
            if (links.stream().anyMatch(l -> l.path().equals(parent.directory().path()))) {
                throw Failure.answerIsNo(
                    backup.name() + " is an incremental backup that builds on itself: its backup.json was changed",
                    "take another backup: backup.java list");
            }
            links.addFirst(parent.directory());
        }
        return new BackupChain(List.copyOf(links));
    }

    /** The backup that this one builds on; empty for a full one, and where the parent is not beside it. */
    public static Optional<BackupDirectory> parentOf(BackupDirectory backup) {
        try {
            return incremental(backup).map(i -> parent(backup, i).directory());
        } catch (Failure damaged) {
            return Optional.empty();
        }
    }

    /** What backup.json says of a parent; empty for a full backup and for one of another tool. */
    public static Optional<Fingerprint.Incremental> incremental(BackupDirectory backup) {
        return backup.fingerprint().map(Fingerprint::incremental);
    }

    private static Parent parent(BackupDirectory child, Fingerprint.Incremental wanted) {
        var backups = child.path().getParent();
        var named = named(backups, wanted.parent());
        if (named != null && isThis(named, wanted)) return new Parent(named, null);
        for (var other : BackupDirectory.in(backups)) {
            if (isThis(other, wanted)) return new Parent(other, null);
        }
        return new Parent(
            null,
            named == null ? "is not in " + backups
                : "in " + backups + " is another backup of that name: its manifest has another checksum");
    }

    private static BackupDirectory named(Path backups, String name) {
        if (name == null || !name.startsWith(BackupDirectory.NAME_PREFIX) || name.contains("/")) return null;
        return Files.isDirectory(backups.resolve(name)) ? BackupDirectory.open(backups.resolve(name)) : null;
    }

    private static boolean isThis(BackupDirectory backup, Fingerprint.Incremental wanted) {
        try {
            return Manifest.checksumIn(backup.manifestFile()).equals(wanted.parentManifestChecksum());
        } catch (IOException unreadable) {
            return false;
        }
    }

    private static Failure missing(BackupDirectory child, Fingerprint.Incremental wanted, String problem) {
        return Failure.notReady(
            child.name() + " is an incremental backup, and its parent " + wanted.parent() + " " + problem,
            "nothing can be restored from it without that one. Bring it back beside it (backup.java fetch REMOTE "
                + wanted.parent() + "), or take another backup: backup.java list");
    }

    public boolean isIncremental() {
        return links.size() > 1;
    }

    /** All but the last. */
    public List<BackupDirectory> parents() {
        return links.subList(0, links.size() - 1);
    }
}
