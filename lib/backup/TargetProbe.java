//SOURCES ../AtomicFile.java ../Console.java ../FileMode.java ../FileTree.java
package lib.backup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import lib.AtomicFile;
import lib.Console;
import lib.FileMode;
import lib.FileTree;

/**
 * What the file system of the backups can do, tried out in a directory that is removed again: network shares, FAT and
 * FUSE mounts refuse some of it. Better known before the copy than after.
 *
 * @param keepsModes may a file be made private?
 * @param refusesModes is it even an error to try?
 * @param syncsDirectories can a rename be made durable?
 * @param locks does it notice two runs at once?
 * @param takesBigFiles more than 4 GB in one file
 */
record TargetProbe(
    boolean keepsModes,
    boolean refusesModes,
    boolean syncsDirectories,
    boolean locks,
    boolean takesBigFiles) {
    private static final Set<String> SMALL_FILES = Set.of("vfat", "msdos", "fat", "umsdos");

    /** @param place an existing directory. @throws IOException when it cannot be written to, or not renamed in */
    static TargetProbe of(Path place) throws IOException {
        var directory = Files.createTempDirectory(place, ".backup-try-");
        var renamed = directory.resolveSibling(directory.getFileName() + "-renamed");
        try {
            var file = directory.resolve("file");
            boolean locks;
            try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[] {'x'}));
                channel.force(true);
                locks = locks(channel);
            }
            boolean keepsModes = FileMode.ownerOnly(file) & FileMode.ownerOnly(directory);
            boolean syncs = AtomicFile.syncs(directory);
            Files.move(directory, renamed, StandardCopyOption.ATOMIC_MOVE);
            return new TargetProbe(
                keepsModes,
                refusesModes(renamed),
                syncs,
                locks,
                !SMALL_FILES.contains(Files.getFileStore(place).type()));
        } finally {
            FileTree.delete(directory);
            FileTree.delete(renamed);
        }
    }

    private static boolean refusesModes(Path directory) {
        try {
            Files.setPosixFilePermissions(directory.resolve("file"), PosixFilePermissions.fromString("rw-------"));
            return false;
        } catch (IOException refused) {
            return true;
        }
    }

    private static boolean locks(FileChannel channel) {
        try (var lock = channel.tryLock()) {
            return lock != null;
        } catch (IOException refused) {
            Console.detail("no locks here: %s", refused.getMessage());
            return false;
        }
    }
}
