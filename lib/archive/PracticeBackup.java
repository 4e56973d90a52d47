//SOURCES BackupDirectory.java Checksum.java Codec.java Manifest.java
package lib.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** A backup of a few files as pg_basebackup leaves it, for {@link lib.Practice}: it can be verified, not booted. */
public final class PracticeBackup {
    private record Content(String name, byte[] bytes) {
        static Content of(String name, String text) {
            return new Content(name, text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static final String PAGES = "practice\n".repeat(20_000);
    private static final List<Content> DATA = List.of(
        Content.of("PG_VERSION", "15\n"),
        Content.of("global/pg_control", PAGES),
        Content.of("base/5/PG_VERSION", "15\n"),
        Content.of("base/5/1259", PAGES));
    private static final List<Content> WAL = List.of(Content.of("000000010000000000000001", PAGES));

    private PracticeBackup() {}

    /** @return its directory, a new one in {@code backups} */
    public static Path make(Path backups) throws IOException {
        var directory = Files.createDirectories(backups.resolve(BackupDirectory.NAME_PREFIX + "practice"));
        write(directory.resolve("base.tar.zst"), DATA);
        write(directory.resolve("pg_wal.tar.zst"), WAL);
        Files.writeString(directory.resolve(Manifest.NAME), manifest());
        return directory;
    }

    private static void write(Path archive, List<Content> contents) throws IOException {
        try (var tar = new TarArchiveOutputStream(compressed(archive))) {
            for (var content : contents) {
                var entry = new TarArchiveEntry(content.name());
                entry.setSize(content.bytes().length);
                tar.putArchiveEntry(entry);
                tar.write(content.bytes());
                tar.closeArchiveEntry();
            }
        }
    }

    private static OutputStream compressed(Path archive) throws IOException {
        return Codec.ZSTD.encoding(Files.newOutputStream(archive), 1);
    }

    private static String manifest() {
        var files = DATA.stream().map(PracticeBackup::line).toList();
        var covered =
            """
                { "PostgreSQL-Backup-Manifest-Version": 1,
                "Files": [
                %s
                ],
                "WAL-Ranges": [
                { "Timeline": 1, "Start-LSN": "0/1000028", "End-LSN": "0/1000100" }
                ],
                """
                .formatted(String.join(",\n", files));
        var sum = sum(Checksum.Algorithm.SHA256, covered.getBytes(StandardCharsets.US_ASCII));
        return covered + "\"Manifest-Checksum\": \"" + sum + "\"}\n";
    }

    private static String line(Content content) {
        return """
            { "Path": "%s", "Size": %d, "Checksum-Algorithm": "CRC32C", "Checksum": "%s" }"""
            .formatted(content.name(), content.bytes().length, sum(Checksum.Algorithm.CRC32C, content.bytes()));
    }

    private static String sum(Checksum.Algorithm algorithm, byte[] bytes) {
        var checksum = Checksum.of(algorithm);
        checksum.update(bytes, 0, bytes.length);
        return checksum.hex();
    }
}
