package lib.restore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import lib.Failure;
import lib.Units;

/** Room on a disk, and what was written really being on it. */
final class Disk {
    /** A full disk also stops the neighbours: leave some. */
    private static final double MARGIN = 1.03;

    private Disk() {}

    static long freeBytes(Path directory) throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    static void mustHold(Path directory, long bytes, String hint) throws IOException {
        long free = freeBytes(directory);
        if (free < bytes * MARGIN) {
            throw Failure.notReady("the restored cluster needs " + Units.bytes(bytes) + ", and " + directory + " has only " + Units.bytes(free) + " free", hint);
        }
    }

    /** Everything below this directory, onto the disk. */
    static void sync(Path directory) throws IOException {
        if (Posix.syncFileSystem(directory)) return;
        try (var files = Files.walk(directory)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (Files.isSymbolicLink(file)) continue;
                try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
                    channel.force(true);
                }
            }
        }
    }
}
