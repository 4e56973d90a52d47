//SOURCES Checksum.java
package lib.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongConsumer;

/**
 * The bytes of a file as it lies on disk, hashed on the way. Reading and SHA-256 run in a thread of their own, a few
 * megabytes ahead, so that they cost no time while another core decompresses.
 */
public final class StoredFile extends InputStream {
    private static final int CHUNK = 1 << 20;
    private static final int CHUNKS_AHEAD = 4;

    /** @param length -1 at the end of the file, or when reading failed */
    private record Chunk(byte[] bytes, int length, IOException failure) {}

    private final BlockingQueue<Chunk> full = new ArrayBlockingQueue<>(CHUNKS_AHEAD + 1);
    private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(CHUNKS_AHEAD);
    private final Checksum sha256 = Checksum.of(Checksum.Algorithm.SHA256);
    private final Thread reader;
    private Chunk current = new Chunk(new byte[0], 0, null);
    private int at;
    private volatile boolean closed;
    private volatile IOException trouble;

    private StoredFile(Path file, InputStream in, LongConsumer onRead) {
        int chunk = Math.clamp(sizeOf(file), 1 << 13, CHUNK);
        for (int i = 0; i < CHUNKS_AHEAD; i++) empty.add(new byte[chunk]);
        reader = Thread.ofPlatform().daemon().name("read " + file.getFileName()).start(() -> readAll(in, onRead));
    }

    public static StoredFile open(Path file, LongConsumer onRead) throws IOException {
        return new StoredFile(file, Files.newInputStream(file), onRead);
    }

    private void readAll(InputStream in, LongConsumer onRead) {
        try (in) {
            while (!closed) {
                var bytes = empty.take();
                int n = in.readNBytes(bytes, 0, bytes.length);
                if (n == 0) break;
                sha256.update(bytes, 0, n);
                onRead.accept(n);
                full.put(new Chunk(bytes, n, null));
            }
            full.put(new Chunk(null, -1, null));
        } catch (IOException e) {
            trouble = e;
            full.offer(new Chunk(null, -1, e));
        } catch (InterruptedException closedEarly) {
            // nobody reads any more
        }
    }

    @Override
    public int read() throws IOException {
        return more() ? current.bytes[at++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) return 0;
        if (!more()) return -1;
        int n = Math.min(length, current.length - at);
        System.arraycopy(current.bytes, at, into, offset, n);
        at += n;
        return n;
    }

    @Override
    public int available() {
        return Math.max(0, current.length - at);
    }

    private boolean more() throws IOException {
        while (at >= current.length) {
            if (current.length < 0) {
                if (current.failure != null) throw current.failure;
                return false;
            }
            try {
                if (current.length > 0) empty.put(current.bytes);
                current = full.take();
                at = 0;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        }
        return true;
    }

    /** Reads what is left and returns the SHA-256 of the whole file. */
    public String finish() throws IOException {
        while (more()) at = current.length;
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        return sha256.hex();
    }

    /** What the disk said when it could not be read; else null. */
    IOException trouble() {
        return trouble;
    }

    @Override
    public void close() {
        closed = true;
        reader.interrupt();
    }

    private static long sizeOf(Path file) {
        return file.toFile().length();
    }
}
