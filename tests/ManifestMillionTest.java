import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lib.Program;
import lib.Progress;
import lib.archive.BackupDirectory;
import lib.archive.Checksum;
import lib.archive.Codec;
import lib.archive.RestorableBackup;
import lib.archive.Verifier;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many chunks with many indexes make a million files. They are verified, and made ready for a restore, with the heap of
 * a small machine.
 */
@Tag("unit")
class ManifestMillionTest {
    private static final int FILES = 1_000_000;

    @TempDir
    static Path backup;

    /** Run in a process of its own, with little heap. */
    static final class Small {
        private Small() {}

        public static void main(String... args) {
            var directory = BackupDirectory.open(Path.of(args[0]));
            var report = Verifier.verify(directory, null, 2, Progress.none());
            System.out.println(report.files() + " " + report.damageCount() + " " + report.damages().size());
            if (args.length > 1) return;
            var source = RestorableBackup.of(directory, null);
            source.mustHaveTablespaces();
            System.out.println(source.dataBytes());
        }
    }

    @BeforeAll
    static void a_backup_with_a_million_files() throws IOException {
        var sha = Checksum.of(Checksum.Algorithm.SHA256);
        try (
            var out =
                new BufferedOutputStream(Files.newOutputStream(backup.resolve("backup_manifest")), 1 << 16)) {
            line(
                out,
                sha,
                "{ \"PostgreSQL-Backup-Manifest-Version\": 2,\n\"System-Identifier\": "
                    + "7451938475123456789,\n\"Files\": [\n");
            for (int i = 0; i < FILES; i++) {
                var isVersion = i == 0;
                line(
                    out,
                    sha,
                    "{ \"Path\": \"" + name(i) + "\", \"Size\": " + (isVersion ? 3 : 0)
                        + ", \"Last-Modified\": \"2025-07-04 16:53:26 GMT\", \"Checksum-Algorithm\": \"CRC32C\", "
                        + "\"Checksum\": \""
                        + (isVersion ? crc("15\n") : "00000000") + "\" }" + (i < FILES - 1 ? "," : "") + "\n");
            }
            line(
                out,
                sha,
                "],\n\"WAL-Ranges\": [\n{ \"Timeline\": 1, \"Start-LSN\": \"0/3000028\", \"End-LSN\": "
                    + "\"0/3000100\" }\n],\n");
            out.write(("\"Manifest-Checksum\": \"" + sha.hex() + "\"}\n").getBytes(StandardCharsets.US_ASCII));
        }
        var file = Files.newOutputStream(backup.resolve("base.tar.zst"));
        try (var tar = new TarArchiveOutputStream(Codec.ZSTD.encoding(file, 1))) {
            for (int i = 0; i < FILES; i++) {
                var entry = new TarArchiveEntry(name(i));
                entry.setSize(i == 0 ? 3 : 0);
                tar.putArchiveEntry(entry);
                if (i == 0) tar.write("15\n".getBytes(StandardCharsets.US_ASCII));
                tar.closeArchiveEntry();
            }
        }
    }

    private static String name(int i) {
        return i == 0 ? "PG_VERSION" : "base/" + (16384 + i / 5000) + "/" + (100_000 + i);
    }

    private static String crc(String text) {
        var crc = Checksum.of(Checksum.Algorithm.CRC32C);
        crc.update(text.getBytes(StandardCharsets.US_ASCII), 0, text.length());
        return crc.hex();
    }

    private static void line(OutputStream out, Checksum sha, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        sha.update(bytes, 0, bytes.length);
        out.write(bytes);
    }

    @Test
    void all_are_verified_and_opened_for_a_restore_in_128_mb_of_heap() throws IOException {
        assertEquals(List.of(FILES + " 0 0", "16777219"), inSmallHeap());
        Files.move(backup.resolve("base.tar.zst"), backup.resolve("away"));
        try {
            assertEquals(List.of("0 " + FILES + " 100000"), inSmallHeap("missing"));
        } finally {
            Files.move(backup.resolve("away"), backup.resolve("base.tar.zst"));
        }
    }

    private static List<String> inSmallHeap(String... more) {
        var command = new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "ManifestMillionTest$Small",
                backup.toString()));
        command.addAll(List.of(more));
        var answer = Program.of(command).capture();
        assertTrue(answer.ok(), () -> answer.stdout() + answer.stderr());
        return answer.stdout().lines().toList();
    }
}
