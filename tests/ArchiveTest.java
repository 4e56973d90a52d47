import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.archive.Archive;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class ArchiveTest {
    @ParameterizedTest @ValueSource(
        bytes = {TarConstants.LF_CHR, TarConstants.LF_BLK, TarConstants.LF_FIFO, TarConstants.LF_LINK})
    void devices_pipes_and_hard_links_are_in_no_backup(byte kind, @TempDir Path directory) throws IOException {
        var file = directory.resolve("base.tar");
        try (var tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
            tar.putArchiveEntry(new TarArchiveEntry("PG_VERSION", kind));
            tar.closeArchiveEntry();
        }
        try (var archive = Archive.open(file, null)) {
            assertTrue(assertThrows(IOException.class, archive::next).getMessage().contains("PG_VERSION"));
        }
    }
}
