//SOURCES ../Failure.java ../Units.java Posix.java
package lib.boot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import lib.Failure;
import lib.Units;

/** Free space of a disk, and what was written really being on it. */
public final class Disk {
    /** A full disk also stops the neighbours: leave some. */
    private static final double MARGIN = 1.03;

    private Disk() {}

    public static long freeBytes(Path directory) throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    public static void mustHold(Path directory, long bytes, String hint) throws IOException {
        long free = freeBytes(directory);
        if (free < bytes * MARGIN) {
            throw Failure.notReady(
                "the restored cluster needs " + Units.bytes(bytes) + ", and " + directory + " has only "
                    + Units.bytes(free) + " free",
                hint);
        }
    }

    /** Several directories, each with the bytes that go there: those on one disk are added up. */
    public static void mustHold(Map<Path, Long> bytes, String hint) throws IOException {
        var firstOn = new LinkedHashMap<FileStore, Path>();
        var sums = new LinkedHashMap<FileStore, Long>();
        for (var wanted : bytes.entrySet()) {
            var disk = Files.getFileStore(wanted.getKey());
            firstOn.putIfAbsent(disk, wanted.getKey());
            sums.merge(disk, wanted.getValue(), Long::sum);
        }
        for (var sum : sums.entrySet()) mustHold(firstOn.get(sum.getKey()), sum.getValue(), hint);
    }

    /**
     * Everything below this directory, onto the disk. @param locked name of a file that is not opened: closing it again
     * would free our lock
     */
    public static void sync(Path directory, String locked) throws IOException {
        if (Posix.syncFileSystem(directory)) return;
        try (var files = Files.walk(directory)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (Files.isSymbolicLink(file) || file.endsWith(locked)) continue;
                try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
                    channel.force(true);
                }
            }
        }
    }
}
