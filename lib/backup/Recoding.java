//SOURCES ../AtomicFile.java ../archive/Age.java ../archive/Checksum.java ../archive/StoredFile.java
package lib.backup;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import lib.AtomicFile;
import lib.archive.Age;
import lib.archive.Checksum;
import lib.archive.StoredFile;

/**
 * Turns a file of a half-made backup into another one: compressed, or encrypted. The new one is on disk before the old
 * one goes.
 */
final class Recoding {
    @FunctionalInterface
    interface Coder {
        OutputStream over(OutputStream out) throws IOException;
    }

    private static final FileAttribute<?> OWNER_ONLY =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private Recoding() {}

    /**
     * Encrypts a file to its name with .age.
     *
     * @param name of the file, below the directory
     * @param sums of the stored files; the entry of the old file becomes that of the new one. Null when none are kept
     */
    static void encrypt(Path directory, String name, Age.Recipients recipients, Map<String, String> sums)
        throws IOException {
        var encrypted = directory.resolve(name + Age.SUFFIX);
        var sum = rewrite(directory.resolve(name), encrypted, out -> Age.encrypting(out, recipients));
        if (sums == null) return;
        try (var again = StoredFile.open(encrypted, n -> {})) {
            if (!again.finish().equals(sum)) {
                throw new IOException(encrypted.getFileName() + " reads back other than it was written");
            }
        }
        sums.remove(name);
        sums.put(name + Age.SUFFIX, sum);
    }

    /**
     * Writes a file of a half-made backup, for its owner alone. @param sums the file's own is added; null when none are
     * kept
     */
    static void write(Path directory, String name, byte[] bytes, Map<String, String> sums) throws IOException {
        AtomicFile.writePrivate(directory.resolve(name), out -> out.write(bytes));
        if (sums == null) return;
        var sha = Checksum.of(Checksum.Algorithm.SHA256);
        sha.update(bytes, 0, bytes.length);
        sums.put(name, sha.hex());
    }

    /** @return the SHA-256 of what was written */
    static String rewrite(Path from, Path to, Coder coder) throws IOException {
        var sha = Checksum.of(Checksum.Algorithm.SHA256);
        try (
            var channel =
                FileChannel.open(to, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY)) {
            try (
                var out =
                    coder.over(new BufferedOutputStream(new Summed(Channels.newOutputStream(channel), sha), 1 << 17))) {
                Files.copy(from, out);
            }
            channel.force(true);
        }
        Files.delete(from);
        return sha.hex();
    }

    /** Sums what passes. Stays open when the coder closes it: the file has yet to be forced to disk. */
    private static final class Summed extends FilterOutputStream {
        private final Checksum sha;

        Summed(OutputStream out, Checksum sha) {
            super(out);
            this.sha = sha;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            sha.update(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
