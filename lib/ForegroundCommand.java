//SOURCES Console.java ExitCode.java Failure.java Message.java Shutdown.java
package lib;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A command of the user that runs in our place: it has our terminal, its status is ours, and it does not outlive us.
 * Ctrl-C belongs to it, as under a shell: psql cancels its query with it, and goes on.
 */
public final class ForegroundCommand {
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final int IMPATIENT = 3;                        // so many times Ctrl-C within two seconds end it all
    private static final long IMPATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private ForegroundCommand() {}

    /**
     * Runs it to its end.
     *
     * @param environment set for it; all other variables of libpq (PG…) are taken out
     * @param pidFile its process number stands there while it runs, for whoever outlives us
     * @return its status; 128 and the signal's number when a signal ended it
     */
    public static int run(List<String> command, Map<String, String> environment, Path pidFile) {
        var builder = new ProcessBuilder(command).inheritIO();
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") && !name.equals("PGBINDIR"));
        builder.environment().putAll(environment);
        Console.detail("running: %s", String.join(" ", command));
        if (Console.isTerminal(0)) leaveCtrlCToTheCommand();
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot run " + command.getFirst() + ": " + Message.firstLine(e.getMessage()),
                "is it installed, and in the PATH?",
                e);
        }
        note(process, pidFile);
        try (var undo = Shutdown.onExit(() -> end(process))) {
            int status = process.waitFor();
            Files.deleteIfExists(pidFile);
            return status;
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "cannot remove " + pidFile + ": " + e.getMessage(), null, e);
        } catch (InterruptedException e) {
            end(process);
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while " + command.getFirst() + " ran", null, e);
        }
    }

    private static void note(Process process, Path pidFile) {
        try {
            Files.writeString(pidFile, process.pid() + "\n");
        } catch (IOException e) {
            Console.detail("%s: %s", pidFile, e.getMessage());      // it is needed only when we are killed
        }
    }

    /** TERM for it and all its children, then KILL for those that stay. */
    private static void end(Process process) {
        var all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroy);
        long until = System.nanoTime() + GRACE.toNanos();
        while (System.nanoTime() < until && all.stream().anyMatch(ProcessHandle::isAlive)) sleep();
        all.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
    }

    /**
     * The terminal sends Ctrl-C to the command as well, which knows what to do.
     * The class for signals is in every JDK but in no
     * package that javac accepts without a warning, hence by its name.
     */
    private static void leaveCtrlCToTheCommand() {
        var pressed = new AtomicLongArray(IMPATIENT);
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler");
            var ours = Proxy.newProxyInstance(
                ForegroundCommand.class.getClassLoader(),
                new Class<?>[] {handler},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("handle") && isImpatient(pressed)) System.exit(ExitCode.INTERRUPTED);
                    return null;
                });
            signal.getMethod("handle", signal, handler)
                .invoke(null, signal.getConstructor(String.class).newInstance("INT"), ours);
        } catch (ReflectiveOperationException e) {
            Console.detail("Ctrl-C will end the command and the copy: %s", e);
        }
    }

    /** The times of the last ones, oldest first. */
    private static boolean isImpatient(AtomicLongArray pressed) {
        for (int i = 1; i < IMPATIENT; i++) pressed.set(i - 1, pressed.get(i));
        long now = System.nanoTime();
        pressed.set(IMPATIENT - 1, now);
        return pressed.get(0) != 0 && now - pressed.get(0) < IMPATIENCE_NANOS;
    }

    private static void sleep() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
