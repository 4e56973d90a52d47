//SOURCES Console.java
package lib;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What must be undone when the tool is stopped from outside (Ctrl-C, TERM): child processes ended, half-made files
 * removed. Tasks run once, newest first, in the JVM's shutdown hook; {@link Task#close} takes one back when its work
 * went well.
 */
public final class Shutdown {
    private static final Deque<Task> TASKS = new ArrayDeque<>();
    private static volatile boolean inProgress;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Shutdown::runAll, "shutdown"));
    }

    private Shutdown() {}

    /** Registered with {@link Shutdown#onExit}; closing it means that nothing is left to undo. */
    public static final class Task implements AutoCloseable {
        private final Runnable undo;

        private Task(Runnable undo) {
            this.undo = undo;
        }

        /**
         * Once the JVM is being stopped this comes too late: work that ends because its child was ended has not gone
         * well.
         */
        @Override
        public void close() {
            synchronized (TASKS) {
                if (!inProgress) TASKS.remove(this);
            }
        }
    }

    public static Task onExit(Runnable undo) {
        var task = new Task(undo);
        synchronized (TASKS) {
            TASKS.push(task);
        }
        return task;
    }

    /** True once the JVM has been told to stop: errors that follow are its echo. */
    public static boolean inProgress() {
        return inProgress;
    }

    private static void runAll() {
        synchronized (TASKS) {
            inProgress = true;
        }
        while (true) {
            Task task;
            synchronized (TASKS) {
                task = TASKS.poll();
            }
            if (task == null) return;
            try {
                task.undo.run();
            } catch (RuntimeException e) {
                Console.warn("while cleaning up: %s", e.getMessage());
            }
        }
    }
}
