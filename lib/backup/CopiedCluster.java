//SOURCES ../Failure.java ../archive/Archive.java ../archive/BackupDirectory.java
package lib.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import lib.Failure;
import lib.archive.Archive;
import lib.archive.BackupDirectory;

/**
 * Which cluster the files of a fresh copy come from: it stands at the head of every WAL segment, and pg_basebackup
 * makes sure that its WAL and its files come from one server. (The manifest names it only since PostgreSQL 17.)
 */
final class CopiedCluster {
    private static final int LONG_HEADER = 40;
    private static final int SYSTEM_IDENTIFIER_AT = 24;     // XLogLongPageHeaderData.xlp_sysid

    private CopiedCluster() {}

    /** @throws Failure when it is not the cluster that the facts were asked of */
    static void mustBe(String systemIdentifier, BackupDirectory copy) throws IOException {
        var found = systemIdentifier(copy);
        if (found.isPresent() && found.get().equals(systemIdentifier)) return;
        throw Failure.failed(
            found.map(
                other -> "pg_basebackup copied the cluster %s, and the facts were asked of %s"
                    .formatted(other, systemIdentifier))
                .orElse("the copy does not say which cluster it comes from"),
            "it was not kept. Several servers answer at this place (a balancer, a name with two addresses?): name "
                + "one of them.");
    }

    private static Optional<String> systemIdentifier(BackupDirectory copy) throws IOException {
        for (var archive : copy.archives()) {
            if (archive.kind() != BackupDirectory.ArchiveKind.WAL) continue;
            try (var tar = Archive.open(archive.path(), null)) {
                for (var entry = tar.next(); entry != null; entry = tar.next()) {
                    if (isSegment(entry.name())) return ofSegment(tar.content());
                }
            }
        }
        if (copy.format() == BackupDirectory.Format.TAR) return Optional.empty();
        try (
            var segments = Files.newDirectoryStream(
                copy.dataDirectory().resolve("pg_wal"),
                f -> isSegment(f.getFileName().toString()))) {
            for (Path segment : segments) {
                try (var in = Files.newInputStream(segment)) {
                    return ofSegment(in);
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isSegment(String name) {
        return name.matches("[0-9A-F]{24}");
    }

    private static Optional<String> ofSegment(InputStream in) throws IOException {
        var header = ByteBuffer.wrap(in.readNBytes(LONG_HEADER));
        if (header.limit() < LONG_HEADER) return Optional.empty();
        // XLOG_PAGE_MAGIC, 0xD0.. or 0xD1..
        header.order((header.get(1) & 0xFE) == 0xD0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        return Optional.of(Long.toUnsignedString(header.getLong(SYSTEM_IDENTIFIER_AT)));
    }
}
