import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import lib.Failure;
import lib.archive.Checksum;
import lib.archive.Lsn;
import lib.archive.Manifest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class ManifestTest {
    private static final String FILES =
        """
            { "PostgreSQL-Backup-Manifest-Version": 2,
            "System-Identifier": 7451938475123456789,
            "Files": [
            { "Path": "backup_label", "Size": 225, "Last-Modified": "2025-07-04 16:53:26 GMT",
              "Checksum-Algorithm": "CRC32C", "Checksum": "8a744722" },
            { "Encoded-Path": "c3a4", "Size": 0, "Last-Modified": "2025-07-04 16:53:26 GMT" }
            ],
            "WAL-Ranges": [
            { "Timeline": 3, "Start-LSN": "1/FF000028", "End-LSN": "2/100" }
            ],
            """;

    @TempDir
    Path directory;

    @Test
    void a_manifest_of_postgresql_17_is_read_with_all_that_it_says() throws IOException {
        var manifest = Manifest.read(write(FILES));

        assertEquals(2, manifest.version());
        assertEquals("7451938475123456789", manifest.systemIdentifier());
        assertEquals(2, manifest.files().size());
        assertEquals(
            new Manifest.File("backup_label", 225, Checksum.Algorithm.CRC32C, "8a744722"),
            manifest.files().getFirst());
        assertEquals(Checksum.Algorithm.NONE, manifest.files().get(1).algorithm());
        assertEquals(new Manifest.WalRange(3, 0x1_FF000028L, 0x2_00000100L), manifest.walRanges().getFirst());
        assertTrue(manifest.isReadableAlone());
    }

    @Test
    void any_flipped_bit_in_the_manifest_is_noticed() throws IOException {
        var good = Files.readAllBytes(write(FILES));
        for (int bit = 0; bit < good.length * 8; bit++) {
            var bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            var file = Files.write(directory.resolve("flipped"), bad);
            int where = bit;
            assertThrows(Failure.class, () -> Manifest.read(file), () -> "bit " + where);
        }
    }

    @Test
    void a_manifest_that_lost_its_end_is_refused() throws IOException {
        var good = Files.readAllBytes(write(FILES));
        for (int length = 0; length < good.length; length++) {
            var file = Files.write(directory.resolve("cut"), Arrays.copyOf(good, length));
            assertThrows(Failure.class, () -> Manifest.read(file));
        }
    }

    @Test
    void a_backup_that_never_finished_is_called_by_that_name() throws IOException {
        Files.writeString(directory.resolve("backup_manifest.tmp"), "");

        var failure = assertThrows(Failure.class, () -> Manifest.read(directory.resolve("backup_manifest")));

        assertTrue(failure.hint().contains("not taken to its end"), failure.hint());
    }

    @Test
    void an_incremental_backup_is_not_complete_by_itself() throws IOException {
        var manifest = Manifest.read(write(FILES.replace("\"backup_label\"", "\"base/5/INCREMENTAL.16384\"")));

        assertEquals(false, manifest.isReadableAlone());
    }

    /** The value that a real PostgreSQL 15 on x86 wrote; java.util.zip.CRC32C says 2247748a. */
    @Test
    void a_crc_is_written_in_the_byte_order_of_the_server() {
        var crc = Checksum.of(Checksum.Algorithm.CRC32C);
        crc.update("123456789".getBytes(StandardCharsets.US_ASCII), 0, 9);

        assertEquals("839206e3", crc.hex(), "the check value of CRC-32C is e3069283");
    }

    @Test
    void wal_files_are_named_as_postgresql_names_them() {
        long segment = 16 << 20;
        assertEquals("000000010000000000000003", Lsn.segmentName(1, Lsn.parse("0/3000028"), segment));
        assertEquals("0000000A0000001600000B37", Lsn.segmentName(10, Lsn.parse("16/B374D848"), 1 << 20));
        assertEquals("0000000100000016000000B3", Lsn.segmentName(1, Lsn.parse("16/B374D848"), segment));
        assertEquals("16/B374D848", Lsn.text(Lsn.parse("16/B374D848")));
        assertEquals("FFFFFFFF/FFFFFFFF", Lsn.text(-1));
    }

    private Path write(String body) throws IOException {
        var sha = Checksum.of(Checksum.Algorithm.SHA256);
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        sha.update(bytes, 0, bytes.length);
        return Files.writeString(
            directory.resolve("backup_manifest"),
            body + "\"Manifest-Checksum\": \"" + sha.hex() + "\"}\n");
    }
}
