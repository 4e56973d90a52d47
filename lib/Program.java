//SOURCES AtomicFile.java Console.java ExitCode.java Failure.java Message.java Shutdown.java
package lib;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Another program, run as our child. Its command line is shown with {@code --verbose}, its stderr is passed on labelled
 * ("[pg_basebackup] …"), and it does not outlive us: on Ctrl-C its own children are ended first, then it.
 */
public final class Program {
    /** What a program that was captured said. */
    public record Answer(int exitCode, String stdout, String stderr) {
        public boolean ok() {
            return exitCode == 0;
        }
    }

    private static final Duration GRACE = Duration.ofSeconds(5);

    private final ProcessBuilder builder;
    private final String name;

    private Program(List<String> command) {
        this.builder = new ProcessBuilder(command);
        this.name = Path.of(command.getFirst()).getFileName().toString();
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    }

    public static Program of(List<String> command) {
        return new Program(command);
    }

    /** Adds to the environment, where secrets belong: it is not in any process list. */
    public Program with(Map<String, String> environment) {
        // A connection is handed on whole: no variable of another one may shine through.
        if (environment.containsKey("PGHOST")) builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().putAll(environment);
        return this;
    }

    public Program in(Path directory) {
        builder.directory(directory.toFile());
        return this;
    }

    /** Runs it to its end and keeps what it said; for short answers. */
    public Answer capture() {
        var process = start();
        try (var undo = Shutdown.onExit(() -> stop(process))) {
            var stderr = new StringBuilder();
            var reader = Thread.ofVirtual()
                .start(() -> forEachLine(process.getErrorStream(), line -> stderr.append(line).append('\n')));
            var stdout = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            reader.join();
            return new Answer(code, stdout, stderr.toString());
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "lost the output of " + name + ": " + e.getMessage(), null, e);
        } catch (InterruptedException e) {
            stop(process);
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while " + name + " ran", null, e);
        }
    }

    /** Runs it to its end and writes what it prints to the stream, byte for byte. @return its status and stderr */
    public Answer copyTo(OutputStream out) throws IOException {
        var process = start();
        try (var undo = Shutdown.onExit(() -> stop(process))) {
            var stderr = new StringBuilder();
            var reader = Thread.ofVirtual()
                .start(() -> forEachLine(process.getErrorStream(), line -> stderr.append(line).append('\n')));
            process.getInputStream().transferTo(out);
            int code = process.waitFor();
            reader.join();
            return new Answer(code, "", stderr.toString());
        } catch (IOException e) {
            stop(process);
            throw e;
        } catch (InterruptedException e) {
            stop(process);
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while " + name + " ran", null, e);
        }
    }

    /** Runs it to its end with this on its standard input; what it prints is dropped. @return its status and stderr */
    public Answer feed(AtomicFile.Content input) throws IOException {
        builder.redirectInput(ProcessBuilder.Redirect.PIPE).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        var process = start();
        try (var undo = Shutdown.onExit(() -> stop(process))) {
            var stderr = new StringBuilder();
            var reader = Thread.ofVirtual()
                .start(() -> forEachLine(process.getErrorStream(), line -> stderr.append(line).append('\n')));
            var in = new BufferedOutputStream(process.getOutputStream(), 1 << 16);
            try {
                input.writeTo(in);
                in.close();
            } catch (IOException | RuntimeException e) {
                // Its input is not closed before it is gone: half of it must not be taken for all of it.
                boolean endedByItself = process.waitFor(2, TimeUnit.SECONDS) && process.exitValue() != 0;
                process.destroyForcibly();
                if (!endedByItself) throw e;
            }
            int code = process.waitFor();
            reader.join();
            return new Answer(code, "", stderr.toString());
        } catch (InterruptedException e) {
            stop(process);
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while " + name + " ran", null, e);
        }
    }

    /** Runs it to its end; its stdout and stderr lines are passed on, labelled. @return its exit code */
    public int run() {
        return run(line -> Console.say("[%s] %s", name, line));
    }

    /** Runs it to its end and hands every line that it says to the listener. @return its exit code */
    public int run(Consumer<String> onLine) {
        builder.redirectErrorStream(true);
        var process = start();
        try (var undo = Shutdown.onExit(() -> stop(process))) {
            forEachLine(process.getInputStream(), onLine);
            return process.waitFor();
        } catch (InterruptedException e) {
            stop(process);
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while " + name + " ran", null, e);
        }
    }

    private Process start() {
        Console.detail("running: %s", String.join(" ", builder.command()));
        try {
            return builder.start();
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot run " + name + ": " + Message.firstLine(e.getMessage()),
                "is it installed, and may you run it?",
                e);
        }
    }

    private static void forEachLine(InputStream in, Consumer<String> onLine) {
        try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                onLine.accept(line);
            }
        } catch (IOException closed) {
            Console.detail("stream closed: %s", closed.getMessage());   // the program was ended
        }
    }

    /**
     * Ends a program child-first. pg_basebackup forks a WAL receiver; when only the parent is ended, that child lives
     * on and pins WAL on the server. When the child goes first, the parent notices, removes its own half-made files and
     * exits.
     */
    static void stop(Process process) {
        var children = process.descendants().toList();
        if (children.isEmpty()) {
            process.destroy();
        }
        children.forEach(ProcessHandle::destroy);
        try {
            if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroy();
                if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                }
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        children.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
    }

    /** A word as one types it into a shell: in quotes where it has to be, so that a path with a blank is one path. */
    public static String typed(Object word) {
        var text = word.toString();
        return text.matches("[\\w./:=@%+,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
