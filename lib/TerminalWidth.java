//SOURCES Console.java
package lib;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** How many columns the terminal on stderr has now. */
final class TerminalWidth {
    private static final int USUAL = 80;
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static int columns = USUAL;
    private static long askedAt = System.nanoTime() - 2 * FRESH_NANOS;

    private TerminalWidth() {}

    /** At most a second old. */
    static synchronized int columns() {
        if (System.nanoTime() - askedAt >= FRESH_NANOS) {
            columns = ask();
            askedAt = System.nanoTime();
        }
        return columns;
    }

    /** The descriptor is handed on, not opened again: after su the terminal's device belongs to somebody else. */
    private static int ask() {
        try {
            var stty = new ProcessBuilder("sh", "-c", "stty size <&2 2>/dev/null")
                .redirectInput(new File("/dev/null"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
            var answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            int space = answer.indexOf(' ');
            int asked = space < 0 ? 0 : Integer.parseInt(answer, space + 1, answer.length(), 10);
            return asked > 0 ? asked : USUAL;      // 0: the terminal itself does not know
        } catch (IOException | NumberFormatException noStty) {
            Console.detail("the width of the terminal is not known: %s", noStty.getMessage());
            return USUAL;
        }
    }
}
