//SOURCES Console.java Shutdown.java
package lib;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Writes a file that appears complete or not at all: under a temporary name beside it, fsynced, then renamed.
 * What stood there before survives any failure.
 */
public final class AtomicFile {
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private static final int MOST_LINKS = 40;

    private AtomicFile() {}

    public static void write(Path file, String text) throws IOException {
        write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * A link is followed and stays. A file that is there keeps its mode, its owner and its other names. What is no file
     * (a device, a FIFO, an open descriptor) is written to, and never replaced.
     */
    public static void write(Path file, Content content) throws IOException {
        write(file, content, new FileAttribute<?>[0]);
    }

    /** The same for its owner alone, mode 0600 from the beginning. */
    public static void writePrivate(Path file, Content content) throws IOException {
        write(file, content, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private static void write(Path file, Content content, FileAttribute<?>... attributes) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "is a directory");
        }
        boolean isDescriptor = isOpenDescriptor(file);
        if (Files.exists(file) && (isDescriptor || !Files.isRegularFile(file))) {
            var how = isDescriptor ? StandardOpenOption.APPEND : StandardOpenOption.WRITE;
            try (var out = new BufferedOutputStream(Files.newOutputStream(file, how), 1 << 16)) {
                content.writeTo(out);
            }
            return;
        }
        var target = resolved(file.toAbsolutePath());
        Files.createDirectories(target.getParent());
        var partial = target.resolveSibling("." + target.getFileName() + ".partial-" + ProcessHandle.current().pid());
        try (var undo = Shutdown.onExit(() -> deleteQuietly(partial))) {
            try {
                try (
                    var channel =
                        FileChannel.open(
                            partial,
                            Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.TRUNCATE_EXISTING,
                                StandardOpenOption.WRITE),
                            attributes)) {
                    var out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
                    content.writeTo(out);
                    out.flush();
                    channel.force(true);
                }
                if (!Files.exists(target) || !hasOtherNames(target) && looksLike(partial, target)) {
                    rename(partial, target);
                } else {
                    overwrite(partial, target);
                }
            } finally {
                deleteQuietly(partial);
            }
        }
    }

    /** /dev/fd/7 and /dev/stderr: what stands behind it is in use, and may be a file that is appended to. */
    private static boolean isOpenDescriptor(Path file) throws IOException {
        var place = file.toAbsolutePath();
        for (int links = 0; links < MOST_LINKS; links++) {
            var directory = Files.exists(place.getParent()) ? place.getParent().toRealPath() : place.getParent();
            boolean isOfSystem = directory.startsWith("/proc") || directory.startsWith("/dev");
            if (isOfSystem && directory.endsWith("fd")) return true;
            if (!Files.isSymbolicLink(place)) return false;
            place = place.resolveSibling(Files.readSymbolicLink(place)).normalize();
        }
        return false;
    }

    /** Hard links: a rename would part them. */
    private static boolean hasOtherNames(Path file) throws IOException {
        return Files.getFileStore(file).supportsFileAttributeView("unix")
            && Files.getAttribute(file, "unix:nlink") instanceof Integer names && names > 1;
    }

    /** What links lead to, also when that is not there yet. */
    private static Path resolved(Path file) throws IOException {
        var place = file;
        for (int links = 0; Files.isSymbolicLink(place); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemException(file.toString(), null, "is a link that leads to itself");
            }
            place = place.resolveSibling(Files.readSymbolicLink(place)).normalize();
        }
        return place;
    }

    /** Gives the new file the mode, owner and group of the old one. False where only root may do that. */
    private static boolean looksLike(Path partial, Path target) throws IOException {
        if (!Files.getFileStore(target).supportsFileAttributeView(PosixFileAttributeView.class)) return true;
        var old = Files.readAttributes(target, PosixFileAttributes.class);
        var view = Files.getFileAttributeView(partial, PosixFileAttributeView.class);
        try {
            var made = view.readAttributes();
            if (!made.owner().equals(old.owner())) view.setOwner(old.owner());
            if (!made.group().equals(old.group())) view.setGroup(old.group());
            if (!made.permissions().equals(old.permissions())) view.setPermissions(old.permissions());
            return true;
        } catch (FileSystemException onlyRootMay) {
            Console.detail("%s keeps its owner and mode, so it is written in its place", target);
            return false;
        }
    }

    /** The bytes of another user's file, that may be written to but not be given away. */
    private static void overwrite(Path partial, Path target) throws IOException {
        try (var channel = FileChannel.open(target, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            Files.copy(partial, Channels.newOutputStream(channel));
            channel.force(true);
        }
    }

    /** Renames within a directory and makes the rename itself durable. */
    public static void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException otherFileSystem) {
            throw new IOException(
                "cannot rename " + from + " to " + to + ": they lie on different file systems",
                otherFileSystem);
        }
        syncDirectory(to.toAbsolutePath().getParent());
    }

    /** Makes the names in a directory durable. Where a file system cannot do that, the sync of the files must do. */
    public static void syncDirectory(Path directory) throws IOException {
        try {
            force(directory);
        } catch (IOException refused) {
            // Refused here alone it is trouble of the disk. An empty new directory tells whether any can be synced.
            var other = Files.createTempDirectory(directory, ".sync-");
            try {
                if (syncs(other)) throw refused;
            } finally {
                Files.delete(other);
            }
            Console.detail("directories cannot be synced here: %s", refused.getMessage());
        }
    }

    /** Can this directory be synced? */
    public static boolean syncs(Path directory) {
        try {
            force(directory);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    private static void force(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            Console.warn("could not remove %s: %s", file, e.getMessage());
        }
    }
}
