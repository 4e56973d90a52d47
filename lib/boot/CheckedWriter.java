//SOURCES ../archive/Checksum.java ../archive/Manifest.java Owner.java UnpackProblems.java WriteBack.java
package lib.boot;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import lib.archive.Checksum;
import lib.archive.Manifest;

/**
 * Writes new files and checks each against the manifest on the way, in a thread of its own: while one core decompresses
 * the next megabyte, the other writes this one. A few buffers go around between the two, so memory stays small.
 */
final class CheckedWriter implements AutoCloseable {
    private static final int BUFFERS = 8;
    private static final int BUFFER = 1 << 18;

    /** @param wanted what the manifest says of it; null where it says nothing (WAL) */
    private record NewFile(Path path, Set<PosixFilePermission> mode, Manifest.File wanted) {}

    /** @param length -1 ends the file */
    private record Piece(NewFile file, byte[] bytes, int length) {}

    private static final Piece END = new Piece(null, null, 0);

    // small files: a piece and an end each
    private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(BUFFERS * 4);
    private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(BUFFERS);
    private final Owner owner;
    private final UnpackProblems findings;
    private final WriteBack writeBack = new WriteBack();
    private final Thread thread;
    private volatile IOException failure;

    /** @param owner whom to give the files; null leaves them ours */
    CheckedWriter(Owner owner, UnpackProblems findings) {
        this.owner = owner;
        this.findings = findings;
        for (int i = 0; i < BUFFERS; i++) empty.add(new byte[BUFFER]);
        thread = Thread.ofPlatform().daemon().name("writer").start(this::writeAll);
    }

    /** Takes the whole content; it is on its way to the disk when this returns. */
    void write(Path path, Set<PosixFilePermission> mode, Manifest.File wanted, InputStream content) throws IOException {
        var file = new NewFile(path, mode, wanted);
        try {
            while (true) {
                var buffer = empty.poll(100, TimeUnit.MILLISECONDS);
                checkFailure();
                if (buffer == null) continue;
                int n = content.readNBytes(buffer, 0, buffer.length);
                put(new Piece(file, buffer, n));
                if (n < buffer.length) break;
            }
            put(new Piece(file, null, -1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    /** Waits until everything is written. */
    void finish() throws IOException {
        try {
            put(END);
            thread.join();
            checkFailure();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        // by Ctrl-C; but nobody may write any more when what was unpacked is removed
        boolean told = Thread.interrupted();
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                told = true;
            }
        }
        if (told) Thread.currentThread().interrupt();
    }

    private void put(Piece piece) throws IOException, InterruptedException {
        while (!full.offer(piece, 100, TimeUnit.MILLISECONDS)) checkFailure();
    }

    /** As a trouble of the disk that is written to: what is read may be whole. */
    private void checkFailure() throws IOException {
        if (failure instanceof FileSystemException named) throw named;
        if (failure != null) throw new FileSystemException(null, null, failure.getMessage());
    }

    private void writeAll() {
        FileChannel out = null;
        try {
            Checksum sum = null;
            long size = 0;
            for (var piece = full.take(); piece != END; piece = full.take()) {
                var file = piece.file();
                if (out == null) {
                    out = create(file);
                    sum = Checksum.of(file.wanted() == null ? Checksum.Algorithm.NONE : file.wanted().algorithm());
                    size = 0;
                }
                if (piece.length() >= 0) {
                    sum.update(piece.bytes(), 0, piece.length());
                    write(piece, out);
                    size += piece.length();
                    empty.put(piece.bytes());
                } else {
                    writeBack.end(out);
                    out = null;
                    giveAway(file);
                    if (file.wanted() != null) compare(file.wanted(), size, sum.hex(), findings);
                }
            }
            writeBack.finish();
        } catch (IOException e) {
            failure = e;
        } catch (InterruptedException closedEarly) {
            // the reader failed: what is written so far will be removed
        } finally {
            writeBack.abandon();
            close(out);
        }
    }

    private static FileChannel create(NewFile file) throws IOException {
        return FileChannel.open(
            file.path(),
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(file.mode()));
    }

    private void write(Piece piece, FileChannel out) throws IOException, InterruptedException {
        for (var bytes = ByteBuffer.wrap(piece.bytes(), 0, piece.length()); bytes.hasRemaining();) {
            out.write(bytes);
        }
        writeBack.wrote(out, piece.length());
    }

    private void giveAway(NewFile file) throws IOException {
        // The umask may have taken the group's right away.
        if (file.mode().contains(PosixFilePermission.GROUP_READ)) {
            Files.setPosixFilePermissions(file.path(), file.mode());
        }
        if (owner != null) owner.give(file.path());
    }

    private void close(FileChannel out) {
        try {
            if (out != null) out.close();
        } catch (IOException e) {
            if (failure == null) failure = e;
        }
    }

    static void compare(Manifest.File wanted, long size, String checksum, UnpackProblems findings) {
        if (size != wanted.size()) {
            findings.add(wanted.path() + " has " + size + " bytes, and the manifest says " + wanted.size());
        } else if (wanted.algorithm() != Checksum.Algorithm.NONE && !checksum.equals(wanted.checksum())) {
            findings.add(wanted.path() + " has another " + wanted.algorithm() + " than the manifest says");
        }
    }
}
