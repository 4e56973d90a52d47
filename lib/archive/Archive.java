//SOURCES ../Failure.java Age.java Codec.java FileName.java StoredFile.java
package lib.archive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import lib.Failure;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Reads a tar archive of a backup from its first entry to its last, whatever it is compressed with and whether or not
 * it is encrypted: base.tar, 16384.tar.gz, pg_wal.tar.lz4, base.tar.zst.age. Nothing is unpacked to disk, memory stays
 * small.
 *
 * <pre>
 * try (var archive = Archive.open(file, identity)) {
 *     for (var entry = archive.next(); entry != null; entry = archive.next()) {
 *         if (entry.isFile()) archive.content().transferTo(out);
 *     }
 *     var sum = archive.finish();       // SHA-256 of the file as it lies on disk; damage behind the last entry is
 * found here }
 * </pre>
 *
 * Damage throws an IOException. Not all of it: zstd and lz4 as pg_basebackup writes them carry no checksum, so compare
 * with the {@link Manifest}.
 */
public final class Archive implements AutoCloseable {
    public enum Kind { FILE, DIRECTORY, LINK }

    /**
     * @param name without "./" in front and "/" behind
     * @param size of the content; 0 for directories and links
     * @param mode the permission bits, 0600
     * @param uid the server's user by number; the names in these archives are always "postgres" and mean nothing
     */
    public record Entry(
        String name,
        Kind kind,
        long size,
        int mode,
        long uid,
        long gid) {
        public boolean isFile() {
            return kind == Kind.FILE;
        }
    }

    private final StoredFile stored;
    private final InputStream decoded;
    private final TarArchiveInputStream tar;

    private Archive(StoredFile stored, InputStream decoded) {
        this.stored = stored;
        this.decoded = decoded;
        // A block is a record here: else the library would skip up to 10 kB behind the last entry, unseen.
        this.tar = new TarArchiveInputStream(decoded, 512, 512, "ISO-8859-1");
    }

    /** @param identity the secret keys for an encrypted archive; null where none is needed */
    public static Archive open(Path file, Age.Identity identity) throws IOException {
        return open(file, identity, bytes -> {});
    }

    /** @param onRead told the number of bytes that were read from disk, every time: for progress */
    public static Archive open(Path file, Age.Identity identity, LongConsumer onRead) throws IOException {
        var stored = StoredFile.open(file, onRead);
        try {
            return new Archive(stored, decoding(stored, file.getFileName().toString(), identity));
        } catch (IOException | RuntimeException e) {
            stored.close();
            throw e;
        }
    }

    /**
     * The first entry alone, or null where there is none: quick, nothing else is read. For an archive that is not
     * encrypted.
     */
    public static Entry first(Path file) throws IOException {
        try (
            var in = decoding(
                new BufferedInputStream(Files.newInputStream(file), 1 << 16),
                file.getFileName().toString(),
                null);
            var tar = new TarArchiveInputStream(in)) {
            var entry = tar.getNextEntry();
            return entry == null ? null : entry(entry);
        }
    }

    /** The bytes of a stored file with encryption and compression taken off, by what its name says. */
    public static InputStream decoding(InputStream in, String fileName, Age.Identity identity) throws IOException {
        if (!fileName.endsWith(Age.SUFFIX)) {
            return Codec.ofName(fileName).decoding(in);
        }
        if (identity == null) {
            throw Failure.notReady(fileName + " is encrypted", "give the secret key's file: --identity key.txt");
        }
        var name = fileName.substring(0, fileName.length() - Age.SUFFIX.length());
        return Codec.ofName(name).decoding(Age.decrypting(in, identity));
    }

    /** The next entry, or null after the last. What is left of the content before is skipped. */
    public Entry next() throws IOException {
        try {
            var entry = tar.getNextEntry();
            if (entry == null) return null;
            if (!entry.isCheckSumOK()) throw new IOException("damaged tar header");
            return entry(entry);
        } catch (IllegalArgumentException damagedHeader) {
            throw new IOException("damaged tar header", damagedHeader);
        }
    }

    /** The content of the entry that {@link #next} gave; ends with it. Need not be closed. */
    public InputStream content() {
        return tar;
    }

    /**
     * Reads on to the end of the file.
     *
     * @return its SHA-256 in hex
     * @throws IOException when something other than padding follows the last entry
     */
    public String finish() throws IOException {
        var buffer = new byte[1 << 16];
        for (int n = decoded.read(buffer); n >= 0; n = decoded.read(buffer)) {
            for (int i = 0; i < n; i++) {
                if (buffer[i] != 0) throw new IOException("bytes after the end of the archive");
            }
        }
        return stored.finish();
    }

    /** The SHA-256 of the file as it lies on disk, also when its content turned out damaged. */
    String sumOfRest() throws IOException {
        return stored.finish();
    }

    /** What the disk said, when it was the disk and not the content; else null. */
    IOException diskTrouble() {
        return stored.trouble();
    }

    @Override
    public void close() throws IOException {
        try {
            decoded.close();
        } finally {
            stored.close();
        }
    }

    /** Null for a kind that no backup holds. */
    private static Kind kind(TarArchiveEntry e) {
        // isFile() is true of devices too
        if (e.isLink() || e.isFIFO() || e.isCharacterDevice() || e.isBlockDevice()) return null;
        if (e.isDirectory()) return Kind.DIRECTORY;
        if (e.isSymbolicLink()) return Kind.LINK;
        return e.isFile() ? Kind.FILE : null;
    }

    private static Entry entry(TarArchiveEntry e) throws IOException {
        var name = FileName.ofLatin1(e.getName());
        while (name.startsWith("./")) name = name.substring(2);
        while (name.endsWith("/")) name = name.substring(0, name.length() - 1);
        var kind = kind(e);
        if (kind == null) throw new IOException("an entry of a kind that no backup holds: " + name);
        return new Entry(
            name,
            kind,
            kind == Kind.FILE ? e.getSize() : 0,
            e.getMode() & 07777,
            e.getLongUserId(),
            e.getLongGroupId());
    }
}
