package lib.boot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Brings large new files onto the disk while the next ones are being written, in a thread of its own: else the disk
 * would have nothing to do at first, and everybody would wait for it at the end. Small files are left to the one sync
 * of the whole file system that follows.
 */
final class WriteBack {
    /** So much of a file may wait in memory. Each step costs the file system a commit of its journal. */
    private static final int STEP = 64 << 20;
    private static final int LARGE = 8 << 20;
    /** So many steps, and so many open files, may wait for a slow disk; then the writer waits too. */
    private static final int STEPS = 16;

    private record Step(FileChannel file, boolean isLast) {}

    private static final Step END = new Step(null, true);

    private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(STEPS);
    private final Thread thread = Thread.ofPlatform().daemon().name("write-back").start(this::run);
    private volatile IOException failure;
    private volatile boolean isAbandoned;

    /** Of the file that is being written. */
    private long waitingBytes;
    private boolean isShared;

    /** So many bytes more were written to the file. */
    void wrote(FileChannel file, int bytes) throws InterruptedException {
        waitingBytes += bytes;
        if (waitingBytes < STEP) return;
        steps.put(new Step(file, false));
        waitingBytes = 0;
        isShared = true;
    }

    /** Nothing more will be written to the file: it is closed, now or behind its last step. */
    void end(FileChannel file) throws IOException, InterruptedException {
        if (isShared || waitingBytes >= LARGE) steps.put(new Step(file, true));
        else file.close();
        waitingBytes = 0;
        isShared = false;
    }

    /** Waits for the last step. */
    void finish() throws IOException, InterruptedException {
        steps.put(END);
        thread.join();
        if (failure != null) throw failure;
    }

    /** What was written will be removed: only the files are closed. */
    void abandon() {
        isAbandoned = true;
        thread.interrupt();
    }

    private void run() {
        try {
            for (var step = steps.take(); step != END; step = steps.take()) {
                bringToDisk(step);
            }
        } catch (InterruptedException abandoned) {
            for (var step = steps.poll(); step != null; step = steps.poll()) {
                if (step != END) bringToDisk(step);
            }
        }
    }

    private void bringToDisk(Step step) {
        try (var file = step.isLast() ? step.file() : null) {
            if (!isAbandoned && failure == null) step.file().force(false);
        } catch (IOException e) {
            if (failure == null) failure = e;
        }
    }
}
