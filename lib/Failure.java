//SOURCES ExitCode.java
package lib;

/**
 * Expected trouble: what happened and why (lower case, no full stop), what to do next (a sentence), and the exit code.
 * {@link Cli} prints it as two lines:
 *
 * <pre>
 * backup: cannot reach 127.0.0.1:5432: connection refused
 * HINT: start the database with: make start
 * </pre>
 */
public final class Failure extends RuntimeException {
    private final String hint;
    private final int exitCode;

    /** @param hint what to do next; null when there is nothing useful to say */
    public Failure(int exitCode, String message, String hint) {
        this(exitCode, message, hint, null);
    }

    public Failure(int exitCode, String message, String hint, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.hint = hint;
    }

    public String hint() {
        return hint;
    }

    public int exitCode() {
        return exitCode;
    }

    public static Failure failed(String message, String hint) {
        return new Failure(ExitCode.FAILED, message, hint);
    }

    public static Failure usage(String message, String hint) {
        return new Failure(ExitCode.USAGE, message, hint);
    }

    public static Failure noConnection(String message, String hint) {
        return new Failure(ExitCode.NO_CONNECTION, message, hint);
    }

    public static Failure answerIsNo(String message, String hint) {
        return new Failure(ExitCode.ANSWER_IS_NO, message, hint);
    }

    public static Failure notReady(String message, String hint) {
        return new Failure(ExitCode.NOT_READY, message, hint);
    }
}
