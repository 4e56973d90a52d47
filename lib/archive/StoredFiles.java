//SOURCES ../ExitCode.java ../Failure.java BackupDirectory.java FileName.java StrayFile.java Verifier.java
package lib.archive;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lib.ExitCode;
import lib.Failure;

/**
 * What lies in a backup's directory: each regular file by its path in the backup. Links are not followed, but for those
 * that a cluster itself has (pg_wal, pg_tblspc/16384 in a plain backup of another tool) and for archives that were
 * moved to another disk.
 */
final class StoredFiles {
    private static final Pattern LINK_OF_A_CLUSTER = Pattern.compile("(data/)?(pg_wal|pg_tblspc/\\d+)");

    private final BackupDirectory backup;
    private final SortedMap<String, Path> files = new TreeMap<>();
    private final List<String> notes = new ArrayList<>();
    private final List<Verifier.Damage> damages = new ArrayList<>();
    private final List<Verifier.Doubt> unjudged = new ArrayList<>();

    private StoredFiles(BackupDirectory backup) {
        this.backup = backup;
    }

    static StoredFiles of(BackupDirectory backup) {
        var found = new StoredFiles(backup);
        found.walk(backup.path(), "");
        return found;
    }

    SortedMap<String, Path> files() {
        return files;
    }

    List<String> notes() {
        return notes;
    }

    List<Verifier.Damage> damages() {
        return damages;
    }

    List<Verifier.Doubt> unjudged() {
        return unjudged;
    }

    private void walk(Path directory, String prefix) {
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    var name = prefix + FileName.of(directory, file);
                    if (attributes.isSymbolicLink()) {
                        link(name, file);
                    } else if (attributes.isRegularFile()) {
                        files.put(name, file);
                    } else {
                        notes.add(name + " is neither a file nor a directory, and no part of the backup");
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    var name = prefix + FileName.of(directory, file);
                    if (!StrayFile.is(name)) {
                        unjudged.add(
                            new Verifier.Doubt(
                                name,
                                "cannot be read: " + e.getMessage(),
                                "run it as the owner of the backup."));
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + directory + ": " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
    }

    private void link(String name, Path link) {
        boolean isPlain = backup.format() == BackupDirectory.Format.PLAIN;
        if (StrayFile.is(name)) {
            notes.add(name + " is no part of the backup");
        } else if (isPlain && LINK_OF_A_CLUSTER.matcher(name).matches() && Files.isDirectory(link)) {
            notes.add(
                name + " is a link, and what it points to is checked too: a copy of the backup must bring "
                    + "that as well");
            walk(real(link), name + "/");
        } else if (!isPlain && BackupDirectory.isArchive(name) && Files.isRegularFile(link)) {
            notes.add(
                name + " is a link, and what it points to is checked: a copy of the backup must bring that as well");
            files.put(name, link);
        } else if (isPlain) {
            damages.add(new Verifier.Damage(name, "is a link: what it points to is no part of the backup"));
        } else {
            notes.add(name + " is a link, and no part of the backup");
        }
    }

    private static Path real(Path link) {
        try {
            return link.toRealPath();
        } catch (IOException e) {
            throw Failure.notReady("cannot read " + link + ": " + e.getMessage(), "check its owner and mode.");
        }
    }
}
