//SOURCES ../AtomicFile.java ../Console.java ../archive/Age.java ../archive/Codec.java ../archive/Lsn.java
//SOURCES ../archive/WalArchive.java
package lib.backup;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import lib.AtomicFile;
import lib.Console;
import lib.archive.Age;
import lib.archive.Codec;
import lib.archive.Lsn;
import lib.archive.WalArchive;

/**
 * The directory of one timeline while WAL comes in. Finished segments are compressed, all but the newest: pg_receivewal
 * looks at the names of plain files to know where to go on, and would leave a gap when it found none.
 */
final class ReceivedSegments {
    private static final int LEVEL = 3;

    private final Path directory;
    private final int timeline;
    private final long segmentBytes;
    private final Age.Recipients recipients;
    /** The name of a segment of this timeline, as a pattern. */
    private final String segment;

    /** @param recipients null without encryption */
    ReceivedSegments(Path directory, int timeline, long segmentBytes, Age.Recipients recipients) {
        this.directory = directory;
        this.timeline = timeline;
        this.segmentBytes = segmentBytes;
        this.recipients = recipients;
        this.segment = WalArchive.lineName(timeline) + "[0-9A-F]{16}";
    }

    boolean isEmpty() throws IOException {
        return names(segment + ".*").isEmpty();
    }

    /** Has pg_receivewal followed the server to its next timeline? It goes on in the same directory. */
    boolean hasNextTimeline() throws IOException {
        return !names("(?!" + WalArchive.lineName(timeline) + ")[0-9A-F]{24}(\\.partial)?").isEmpty();
    }

    /** Brings here what is of this timeline, and was received into the directory of the one before. */
    void gather(List<Path> others) throws IOException {
        var ours = WalArchive.lineName(timeline) + "([0-9A-F]{16}(\\.partial)?|\\.history)";
        for (var other : others) {
            if (other.equals(directory)) continue;
            for (var name : names(other, ours)) {
                var place = directory.resolve(name);
                if (!Files.exists(place)) AtomicFile.rename(other.resolve(name), place);
            }
        }
    }

    /**
     * What a run that was killed left: a file that was being made, a segment whose space was not yet reserved to its
     * end.
     */
    void clearLeftovers() throws IOException {
        for (var name : names("\\..*\\.partial-\\d+")) Files.delete(directory.resolve(name));
        for (var name : names(segment + "\\.partial")) {
            var file = directory.resolve(name);
            long size = Files.size(file);
            if (size == 0 || size == segmentBytes) continue;
            try (var partial = new RandomAccessFile(file.toFile(), "rw")) {
                partial.setLength(0);         // pg_receivewal refuses any other size; there is nothing but zeros in it
            }
        }
        for (var name : names(segment + "\\.zst(\\.age)?")) {
            // compressed, but the plain one was not removed yet
            Files.deleteIfExists(directory.resolve(name.substring(0, 24)));
        }
    }

    /** Makes pg_receivewal begin at this place: it goes on with the newest file that it finds. */
    void beginAt(long lsn) throws IOException {
        var name = Lsn.segmentName(timeline, lsn, segmentBytes);
        if (Files.exists(directory.resolve(name))) return;
        try {
            Files.createFile(
                directory.resolve(name + WalArchive.PARTIAL),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException there) {
            Console.detail("%s is there", there.getFile());
        }
    }

    /** Forgets {@link #beginAt} when nothing could be received there. */
    void forgetBeginning() throws IOException {
        for (var name : names(segment + "\\.partial")) {
            if (Files.size(directory.resolve(name)) == 0) Files.delete(directory.resolve(name));
        }
    }

    /** Where pg_receivewal will go on; -1 when it will not find anything. Compressed files it does not know. */
    long resumesAt() throws IOException {
        var plain = names(segment + "(\\.partial)?");
        if (plain.isEmpty()) return -1;
        var last = plain.getLast();
        long number = WalArchive.numberOf(last.substring(0, 24), segmentBytes);
        return (last.endsWith(WalArchive.PARTIAL) ? number : number + 1) * segmentBytes;
    }

    /** Behind the newest finished or compressed segment; 0 when there is none. */
    long endOfFinished() throws IOException {
        var finished = names(segment + "(\\.zst|\\.zst\\.age)?");
        return finished.isEmpty() ? 0
            : (WalArchive.numberOf(finished.getLast().substring(0, 24), segmentBytes) + 1) * segmentBytes;
    }

    /**
     * Compresses what is finished, and encrypts it where that is wanted: the new file is on the disk before the plain
     * one goes.
     */
    void pack() throws IOException {
        var plain = names(segment);
        for (var name : plain.subList(0, Math.max(0, plain.size() - 1))) {
            var file = directory.resolve(name);
            var stored = directory.resolve(name + Codec.ZSTD.suffix() + (recipients == null ? "" : Age.SUFFIX));
            AtomicFile.write(stored, out -> {
                try (var coder = coder(new Open(out))) {
                    Files.copy(file, coder);
                }
            });
            Files.setPosixFilePermissions(stored, PosixFilePermissions.fromString("rw-------"));
            Files.setLastModifiedTime(stored, Files.getLastModifiedTime(file));
            Files.delete(file);
            Console.detail("compressed %s", name);
        }
    }

    /** Up to where WAL is here, as far as pages tell: the end of the last one that was begun. */
    long received() throws IOException {
        var partials = names(segment + "\\.partial");
        if (partials.isEmpty()) return endOfFinished();
        var name = partials.getLast();
        long start = WalArchive.numberOf(name.substring(0, 24), segmentBytes) * segmentBytes;
        if (start < endOfFinished()) return endOfFinished();
        try (var channel = FileChannel.open(directory.resolve(name), StandardOpenOption.READ)) {
            return start + new LastByte(channel).position();
        }
    }

    private OutputStream coder(OutputStream out) throws IOException {
        var stored = new BufferedOutputStream(out, 1 << 16);
        return Codec.ZSTD.encoding(recipients == null ? stored : Age.encrypting(stored, recipients), LEVEL);
    }

    private List<String> names(String pattern) throws IOException {
        return names(directory, pattern);
    }

    private static List<String> names(Path directory, String pattern) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(f -> f.getFileName().toString()).filter(n -> n.matches(pattern)).sorted().toList();
        }
    }

    /** Stays open when the coder closes it: the file has yet to be forced to disk. */
    private static final class Open extends FilterOutputStream {
        Open(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    /**
     * WAL fills a segment from its beginning; behind it are zeros. The last page that is not empty is found by halving.
     */
    private record LastByte(FileChannel channel) {
        private static final int PAGE = 8192;

        long position() throws IOException {
            long low = 0;
            long high = channel.size() / PAGE;      // the first empty page lies in low … high
            while (low < high) {
                long middle = (low + high) / 2;
                if (lastIn(middle) == 0) high = middle;
                else low = middle + 1;
            }
            return low == 0 ? 0 : (low - 1) * PAGE + lastIn(low - 1);
        }

        private int lastIn(long page) throws IOException {
            var bytes = ByteBuffer.allocate(PAGE);
            channel.read(bytes, page * PAGE);
            int last = PAGE;
            while (last > 0 && bytes.get(last - 1) == 0) last--;
            return last;
        }
    }
}
