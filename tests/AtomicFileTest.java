import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import lib.AtomicFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class AtomicFileTest {
    @TempDir
    Path directory;

    @Test
    void a_failure_in_the_middle_leaves_the_old_file_and_nothing_else() throws IOException {
        var file = Files.writeString(directory.resolve("chart.svg"), "old");
        assertThrows(IOException.class, () -> AtomicFile.write(file, out -> {
            out.write(new byte[100_000]);
            throw new IOException("the disk is full");
        }));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of(file), files());
    }

    @Test
    void it_replaces_and_makes_missing_directories() throws IOException {
        var file = directory.resolve("a b/ü/chart.svg");
        AtomicFile.write(file, "one");
        AtomicFile.write(file, "two");
        assertEquals("two", Files.readString(file));
        assertEquals(List.of(file), files());
    }

    @Test
    void a_directory_is_no_file() throws IOException {
        Files.createDirectory(directory.resolve("d"));
        assertThrows(IOException.class, () -> AtomicFile.write(directory.resolve("d"), "x"));
    }

    @Test
    void a_file_that_is_there_keeps_its_mode() throws IOException {
        var file = Files.writeString(directory.resolve("chart.svg"), "old");
        var mode = PosixFilePermissions.fromString("rw-rw-r--");
        Files.setPosixFilePermissions(file, mode);
        AtomicFile.write(file, "new");
        assertEquals("new", Files.readString(file));
        assertEquals(mode, Files.getPosixFilePermissions(file));
    }

    @Test
    void a_link_stays_a_link_and_its_file_is_written() throws IOException {
        var real = Files.createDirectory(directory.resolve("real")).resolve("chart.svg");
        Files.writeString(real, "old");
        var link = Files.createSymbolicLink(directory.resolve("link.svg"), Path.of("real/chart.svg"));
        AtomicFile.write(link, "new");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("new", Files.readString(real));
        var dangling = Files.createSymbolicLink(directory.resolve("later.svg"), directory.resolve("real/later.svg"));
        AtomicFile.write(dangling, "first");
        assertEquals("first", Files.readString(directory.resolve("real/later.svg")));
    }

    /** A rename would part the two names: each would then lead to a file of its own. */
    @Test
    void both_names_of_a_file_lead_to_the_new_bytes() throws Exception {
        var file = Files.writeString(directory.resolve("file"), "old");
        var other = Files.createLink(directory.resolve("other"), file);
        AtomicFile.write(file, "new");
        assertEquals("new", Files.readString(other));
        assertEquals(2, Files.getAttribute(file, "unix:nlink"));
    }

    /** What the shell has opened to append to keeps what it holds: 7>> log. */
    @Test
    void an_open_descriptor_is_written_to_and_its_file_not_replaced() throws Exception {
        var log = Files.writeString(directory.resolve("log"), "before ");
        try (var open = new FileOutputStream(log.toFile(), true)) {
            long number = Files.list(Path.of("/proc/self/fd"))
                .filter(fd -> isSame(fd, log))
                .mapToLong(fd -> Long.parseLong(fd.getFileName().toString()))
                .findFirst()
                .orElseThrow();
            AtomicFile.write(Path.of("/dev/fd/" + number), "new");
            open.write(" after".getBytes());
        }
        assertEquals("before new after", Files.readString(log));
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.exists(one) && Files.isSameFile(one, other);
        } catch (IOException gone) {
            return false;
        }
    }

    /** The reader of the FIFO gets the bytes, and afterwards it is a FIFO still. */
    @Test
    void a_fifo_is_written_to_and_not_replaced() throws Exception {
        var fifo = directory.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        var reader = new ProcessBuilder("cat", fifo.toString()).start();
        AtomicFile.write(fifo, "bytes");
        assertEquals("bytes", new String(reader.getInputStream().readAllBytes()));
        assertTrue(Files.readAttributes(fifo, BasicFileAttributes.class).isOther());
    }

    private List<Path> files() throws IOException {
        try (var all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
