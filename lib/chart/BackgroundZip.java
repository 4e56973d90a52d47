package lib.chart;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A zip file that is packed on a thread of its own, while the caller already makes its next pieces: to write numbers as
 * text and to pack them take about the same time. Only some pieces wait, so a large file takes no more memory.
 */
final class BackgroundZip extends OutputStream {
    private static final int MOST_WAITING = 32;

    private final ZipOutputStream zip;
    private final ExecutorService packer = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    private final Semaphore room = new Semaphore(MOST_WAITING);
    private volatile Throwable trouble;

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    BackgroundZip(OutputStream out, int level) {
        zip = new ZipOutputStream(out);
        zip.setLevel(level);
    }

    void begin(ZipEntry entry) throws IOException {
        next(() -> zip.putNextEntry(entry));
    }

    void end() throws IOException {
        next(zip::closeEntry);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b});
    }

    @Override
    public void write(byte[] bytes, int start, int length) throws IOException {
        var piece = Arrays.copyOfRange(bytes, start, start + length);
        next(() -> zip.write(piece));
    }

    /** All is packed; the stream below is not closed. */
    void finish() throws IOException {
        next(zip::finish);
        packer.shutdown();
        try {
            packer.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw interrupted();
        }
        throwTrouble();
    }

    /** Ends the thread, also after a failure; what was not finished is not whole. */
    @Override
    public void close() {
        packer.shutdownNow();
    }

    private void next(Step step) throws IOException {
        throwTrouble();
        try {
            room.acquire();
        } catch (InterruptedException e) {
            throw interrupted();
        }
        packer.execute(() -> run(step));
    }

    private void run(Step step) {
        try {
            if (trouble == null) step.run();
        } catch (IOException | RuntimeException | Error e) {
            trouble = e;             // thrown to the caller, at its next piece or at the end
        } finally {
            room.release();
        }
    }

    private void throwTrouble() throws IOException {
        switch (trouble) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(trouble);
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted");
    }
}
