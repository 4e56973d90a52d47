import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import lib.FileMode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class FileModeTest {
    @TempDir
    Path directory;

    @Test
    void a_file_and_a_directory_become_their_owners_alone() throws IOException {
        var file = Files.createFile(directory.resolve("file"));

        assertTrue(FileMode.ownerOnly(file) && FileMode.ownerOnly(directory));

        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)));
    }

    /** A file system without modes: that of a zip file will do. */
    @Test
    void where_there_are_no_modes_it_says_so_and_work_goes_on() throws IOException {
        try (var zip = FileSystems.newFileSystem(directory.resolve("a.zip"), Map.of("create", "true"))) {
            assertFalse(FileMode.ownerOnly(Files.createFile(zip.getPath("file"))));
        }
    }

    @Test
    void a_file_that_is_not_there_is_still_an_error() {
        assertThrows(NoSuchFileException.class, () -> FileMode.ownerOnly(directory.resolve("none")));
    }
}
