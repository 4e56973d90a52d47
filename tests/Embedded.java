//SOURCES Tool.java

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * The embedded TimescaleDB, in memory, on a free port of 127.0.0.1. It serves one client at a time: close a connection
 * before a tool is run against it. Tests that only read share one with the sample loaded; others make their own.
 *
 * <pre>
 * var result = Tool.of("chart").with(Embedded.shared()).run("--metric", "health");
 *
 * try (var own = Embedded.create()) {
 *     Tool.of("example/sample").with(own.environment()).run("--scale", "0.1");
 * }
 * </pre>
 */
final class Embedded implements AutoCloseable {
    private static final Path HOME = Tool.ROOT.resolve("example/embedded");
    private static Embedded shared;

    private final Process process;
    private final int port;

    private Embedded(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** What leads a tool to the shared engine: the sample is loaded, and nobody may change it. Stops with the JVM. */
    static synchronized Map<String, String> shared() {
        if (shared == null) {
            var engine = create();
            Runtime.getRuntime().addShutdownHook(new Thread(engine::close));
            var loaded = Tool.of("example/sample").with(engine.environment()).run("--quiet");
            if (loaded.exit() != 0) throw new AssertionError("the sample does not load\n" + loaded);
            shared = engine;
        }
        return shared.environment();
    }

    /** An engine of one's own, with TimescaleDB and no data. The test is skipped where there is no Node. */
    static Embedded create() {
        installPackages();
        try {
            // Its life hangs on our stdin pipe: even when this JVM is killed, the engine goes.
            var builder =
                new ProcessBuilder("node", HOME.resolve("server.mjs").toString(), "--port", "0", "--until-stdin-ends");
            var process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
            var out = process.inputReader(StandardCharsets.UTF_8);
            for (var line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("ready ")) {
                    Thread.ofVirtual().start(() -> drain(out));
                    return new Embedded(process, Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)));
                }
            }
            throw new AssertionError("the embedded engine did not start: exit " + process.waitFor());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Nobody reads what it says later, and on a full pipe it would stand still. */
    private static void drain(BufferedReader out) {
        try {
            while (out.readLine() != null) {}
        } catch (IOException stopped) {
            // its end
        }
    }

    /** The variables that lead a tool here. Any password is right. */
    Map<String, String> environment() {
        return Map.of(
            "PGHOST",
            "127.0.0.1",
            "PGPORT",
            String.valueOf(port),
            "PGUSER",
            "postgres",
            "PGPASSWORD",
            "any",
            "PGDATABASE",
            "postgres",
            "PGSSLMODE",
            "disable");
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }

    private static synchronized void installPackages() {
        try {
            Assumptions
                .assumeTrue(new ProcessBuilder("node", "--version").start().waitFor() == 0, "no Node on this machine");
        } catch (IOException noNode) {
            Assumptions.abort("no Node on this machine: the embedded engine needs Node 18 or newer");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (Files.exists(HOME.resolve("node_modules/.package-lock.json"))) return;
        var npm = Tool.command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error").in(HOME).run();
        if (npm.exit() != 0) throw new AssertionError("npm ci in " + HOME + "\n" + npm);
    }
}
