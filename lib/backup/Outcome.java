//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Hook.java ../Shutdown.java ../archive/Fingerprint.java
package lib.backup;

import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Hook;
import lib.Shutdown;
import lib.archive.Fingerprint;

/**
 * How a run ended, for {@code --json} and for {@code --on-done}, which is told exactly once: of success, failure or
 * interruption.
 */
public final class Outcome {
    /**
     * @param status "done", "failed" or "interrupted"
     * @param exitCode of the tool
     * @param path of the backup; null unless it is done
     * @param message and {@code hint}: of the error; else null
     * @param backup what is in it; null unless it is done
     */
    public record Result(
        String tool,
        String action,
        String status,
        int exitCode,
        String path,
        String message,
        String hint,
        Instant startedAt,
        Instant endedAt,
        Fingerprint backup) {
        /** The same, set by name. */
        public Result(Draft draft) {
            this(
                draft.tool,
                draft.action,
                draft.status,
                draft.exitCode,
                draft.path,
                draft.message,
                draft.hint,
                draft.startedAt,
                draft.endedAt,
                draft.backup);
        }

        /** What is known of it; the rest is null. */
        public static final class Draft {
            public String tool;
            public String action;
            public String status;
            public int exitCode;
            public String path;
            public String message;
            public String hint;
            public Instant startedAt;
            public Instant endedAt;
            public Fingerprint backup;
        }
    }

    private final Instant started = Instant.now();
    private final String action;
    private final String onDone;
    private final AtomicBoolean told = new AtomicBoolean();

    /** @param onDone the command; null without one */
    public Outcome(String action, String onDone) {
        this.action = action;
        this.onDone = onDone;
    }

    public Result done(Path published, Fingerprint print) {
        var result = result("done", ExitCode.OK);
        result.path = published.toAbsolutePath().normalize().toString();
        result.backup = print;
        return new Result(result);
    }

    public Result failed(RuntimeException e) {
        int code = e instanceof Failure f ? f.exitCode() : ExitCode.FAILED;
        var result = result(code == ExitCode.INTERRUPTED ? "interrupted" : "failed", code);
        result.message = e.getMessage();
        result.hint = e instanceof Failure f ? f.hint() : null;
        return new Result(result);
    }

    private Result.Draft result(String status, int exitCode) {
        var result = new Result.Draft();
        result.tool = "backup";
        result.action = action;
        result.status = status;
        result.exitCode = exitCode;
        result.startedAt = started;
        result.endedAt = Instant.now();
        return result;
    }

    /** Runs the command, unless it was run already. @throws Failure when it fails, and the result was good */
    public void tell(Result result) {
        // When the JVM is being stopped, its shutdown tells: after the cleaning up.
        if (onDone == null || Shutdown.inProgress() && !result.status().equals("interrupted")
            || !told.compareAndSet(false, true)) {
            return;
        }
        try {
            Hook.run(onDone, result);
        } catch (Failure e) {
            if (result.exitCode() == ExitCode.OK) throw e;
            Console.warn("%s", e.getMessage());
        }
    }

    /** Ctrl-C or TERM. */
    public void interrupted() {
        tell(failed(new Failure(ExitCode.INTERRUPTED, "interrupted", null)));
    }
}
