
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs one of the scripts as a user does, through bin/jbang, and keeps what it said: stdout, stderr and exit status
 * apart.
 *
 * <pre>
 * var result = Tool.of("chart").in(directory).with(cluster.environment()).run("--metric", "health");
 * </pre>
 */
final class Tool {
    record Result(String out, String err, int exit) {
        @Override
        public String toString() {
            return "exit " + exit + "\n--- stdout\n" + out + "--- stderr\n" + err;
        }
    }

    /** The checkout that the tests belong to. */
    static final Path ROOT = checkout();

    private static final int TIMEOUT_SECONDS = 300;

    private final List<String> command;
    private final Map<String, String> environment = new HashMap<>();
    private Path directory;
    private String input = "";

    private Tool(List<String> command) {
        this.command = command;
    }

    /** @param name backup, restore, explore, chart, or another script by its path in the checkout: example/sample */
    static Tool of(String name) {
        return new Tool(List.of(ROOT.resolve("bin/jbang").toString(), ROOT.resolve(name + ".java").toString()));
    }

    /** Another program: make, a shell script. */
    static Tool command(String... command) {
        return new Tool(List.of(command));
    }

    Tool with(Map<String, String> more) {
        environment.putAll(more);
        return this;
    }

    Tool with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** The working directory; without it a fresh empty one, so that no .env of the checkout is found. */
    Tool in(Path where) {
        directory = where;
        return this;
    }

    /** What is typed on standard input. */
    Tool typing(String text) {
        input = text;
        return this;
    }

    Result run(String... arguments) {
        try {
            var out = Files.createTempFile("tool-", ".out");
            var err = Files.createTempFile("tool-", ".err");
            try {
                var process = builder(arguments).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
                try (var stdin = process.getOutputStream()) {
                    stdin.write(input.getBytes(StandardCharsets.UTF_8));
                } catch (IOException closedEarly) {
                    // it did not read its input to the end
                }
                if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                    throw new AssertionError(
                        "no end after " + TIMEOUT_SECONDS + " s: " + command + "\n" + Files.readString(err));
                }
                return new Result(Files.readString(out), withoutJbang(Files.readString(err)), process.exitValue());
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Starts it and leaves it running: for tests that kill or signal it. The process becomes the tool's own JVM. */
    Process start(String... arguments) {
        try {
            return builder(arguments).redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ProcessBuilder builder(String... arguments) throws IOException {
        var all = new ArrayList<>(command);
        all.addAll(List.of(arguments));
        var builder = new ProcessBuilder(all);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") && !name.equals("PGBINDIR"));
        // of the make that runs the tests
        builder.environment().keySet().removeAll(List.of("MAKEFLAGS", "MFLAGS", "MAKELEVEL"));
        builder.environment().put("NO_COLOR", "1");
        builder.environment().putAll(environment);
        builder.directory(directory == null ? emptyDirectory() : directory.toFile());
        return builder;
    }

    /** It goes with the tests, where it stayed empty. */
    private static File emptyDirectory() throws IOException {
        var empty = Files.createTempDirectory("tool-").toFile();
        empty.deleteOnExit();
        return empty;
    }

    /** "[jbang] Building jar …" is JBang's talk, not the tool's; its errors are news. */
    private static String withoutJbang(String err) {
        return err.lines()
            .filter(line -> !line.startsWith("[jbang]") || line.startsWith("[jbang] [ERROR]"))
            .map(line -> line + "\n")
            .reduce("", String::concat);
    }

    private static Path checkout() {
        for (var place = Path.of("").toAbsolutePath(); place != null; place = place.getParent()) {
            if (Files.isExecutable(place.resolve("bin/jbang"))) return place;
        }
        throw new IllegalStateException("run the tests from within the checkout");
    }
}
