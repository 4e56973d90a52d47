//SOURCES Console.java ExitCode.java Failure.java Json.java Message.java
package lib;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A command of the person's own that is told how the work ended: {@code --on-done 'curl … -d @-'}. It gets the result
 * as JSON on its standard input.
 */
public final class Hook {
    private Hook() {}

    /**
     * Runs the command with the shell and waits for it; what it says goes to stderr.
     *
     * @throws Failure when it ends with another status than 0
     */
    public static void run(String command, Object result) {
        Console.detail("running the --on-done command");      // which may hold a token
        try {
            var process = new ProcessBuilder("/bin/sh", "-c", command).redirectErrorStream(true).start();
            var said = Thread.ofVirtual().start(() -> {
                try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
                    reader.lines().forEach(line -> Console.say("[on-done] %s", line));
                } catch (IOException closed) {
                    Console.detail("on-done: %s", closed.getMessage());
                }
            });
            try (var in = process.getOutputStream()) {
                in.write(Json.write(result).getBytes(StandardCharsets.UTF_8));
            } catch (IOException notRead) {
                Console.detail("the --on-done command did not read its input to the end");
            }
            int code = process.waitFor();
            said.join();
            if (code != 0) {
                throw Failure.failed(
                    "the --on-done command ended with " + code,
                    "the work itself is done as said above; try the command by hand.");
            }
        } catch (IOException e) {
            throw new Failure(
                ExitCode.FAILED,
                "cannot run the --on-done command: " + Message.firstLine(e.getMessage()),
                "it is run by /bin/sh -c.",
                e);
        } catch (InterruptedException e) {
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while the --on-done command ran", null, e);
        }
    }
}
