//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../database/ConnectionSettings.java ../database/PgTools.java
package lib.backup;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.database.ConnectionSettings;
import lib.database.PgTools;

/** A running pg_receivewal. It ends when we are gone, even when we are killed: its keeper reads our end of a pipe. */
final class ReceiverProgram implements AutoCloseable {
    private static final int LINES_KEPT = 20;

    /**
     * Ctrl-C reaches the whole process group: the shell waits for our word, so that the last bytes are written before
     * the end.
     */
    private static final String KEEPER = """
        trap '' INT TERM HUP
        exec 3<&0
        "$@" </dev/null 3<&- &
        program=$!
        trap '' PIPE
        (
          read -r word <&3
          kill -INT "$program"
        ) >/dev/null 2>&1 &
        watcher=$!
        wait "$program"
        code=$?
        kill -KILL "$watcher" 2>/dev/null
        exit $code
        """;

    private final Process process;
    private final Deque<String> said = new ArrayDeque<>();
    private final Thread reader;

    private ReceiverProgram(Process process) {
        this.process = process;
        this.reader = Thread.ofVirtual().start(this::read);
    }

    static ReceiverProgram start(PgTools.Installation client, ConnectionSettings settings, String slot, Path into) {
        var command = new ArrayList<>(List.of("sh", "-c", KEEPER, "keeper"));
        var words = List.of(
            client.program("pg_receivewal").toString(),
            "--directory=" + into,
            "--slot=" + slot,
            "--no-loop",                 // we begin it again, and ask first why it ended
            "--status-interval=1",
            "--no-password");
        command.addAll(words);
        Console.detail("running: %s", String.join(" ", words));
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            builder.environment().putAll(settings.environment());
            builder.environment().put("PGAPPNAME", slot);
            builder.environment().put("LC_ALL", "C");
            return new ReceiverProgram(builder.start());
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot run pg_receivewal: " + e.getMessage(), null, e);
        }
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** Waits that long for its end. @return true when it has ended */
    boolean ended(long millis) throws InterruptedException {
        return process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    /** Its first error, without its name: what follows is that it is "disconnected". */
    String trouble() {
        try {
            reader.join(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (said) {
            return said.stream()
                .filter(l -> l.contains("error: ") || l.contains("fatal: "))
                .filter(l -> !l.endsWith("disconnected"))
                .findFirst()
                .map(l -> l.replaceFirst("^.*?(error|fatal): ", "").strip())
                .orElse(said.isEmpty() ? "it said nothing" : said.getLast());
        }
    }

    private void read() {
        try (
            var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                Console.detail("[pg_receivewal] %s", line);
                synchronized (said) {
                    if (said.size() == LINES_KEPT) said.removeFirst();
                    said.add(line);
                }
            }
        } catch (IOException closed) {
            Console.detail("pg_receivewal: %s", closed.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (IOException ended) {
            Console.detail("pg_receivewal: %s", ended.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
