import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private List<Path> files() throws IOException {
        try (var all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
