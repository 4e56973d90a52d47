//SOURCES Progress.java
package lib;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * A tool's talk with the person: progress, warnings, hints. All of it goes to stderr, so that stdout holds the result
 * alone.
 * {@link Cli} sets the level once, before the tool runs.
 */
public final class Console {
    public enum Level { QUIET, NORMAL, VERBOSE }

    private static final PrintStream ERR = System.err;
    private static volatile Level level = Level.NORMAL;

    private Console() {}

    public static void level(Level wanted) {
        level = wanted;
    }

    public static boolean isQuiet() {
        return level == Level.QUIET;
    }

    public static boolean isVerbose() {
        return level == Level.VERBOSE;
    }

    /** True when stderr is a terminal that a person looks at: only then lines are redrawn. */
    public static boolean isTerminal() {
        // System.console() answers for stdin and stdout together and we ask about stderr; the descriptor itself tells.
        return isTerminal(2);
    }

    /** @param descriptor 0 standard input, 1 standard output, 2 standard error */
    public static boolean isTerminal(int descriptor) {
        try {
            var target = Path.of("/proc/self/fd/" + descriptor).toRealPath().toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | RuntimeException noProc) {
            var console = System.console();   // macOS: no /proc
            return console != null && console.isTerminal();
        }
    }

    /** A line of progress or news; silent with {@code --quiet}. */
    public static void say(String format, Object... args) {
        if (level != Level.QUIET) {
            line(format, args);
        }
    }

    /** Something the person should know although the work goes on; shown with {@code --quiet} too. */
    public static void warn(String format, Object... args) {
        line("WARNING: " + format, args);
    }

    /** What to do next. */
    public static void hint(String format, Object... args) {
        if (level != Level.QUIET) {
            line("HINT: " + format, args);
        }
    }

    /** Details for {@code --verbose}: SQL and child commands, never secrets. */
    public static void detail(String format, Object... args) {
        if (level == Level.VERBOSE) {
            line(format, args);
        }
    }

    /** Always printed: the last word of a tool that failed. */
    static void error(String text) {
        Progress.clearLine();
        ERR.println(text);
    }

    private static void line(String format, Object... args) {
        Progress.clearLine();
        ERR.println(args.length == 0 ? format : format.formatted(args));
    }
}
