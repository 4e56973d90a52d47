//SOURCES ../Console.java ../ExitCode.java ../Failure.java
package lib.restore;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Locale;
import lib.Console;
import lib.ExitCode;
import lib.Failure;

/** Asks before something is changed. The answer comes from standard input, so {@code echo y | …} works. */
public final class Confirmation {
    private Confirmation() {}

    /** Returns on yes. @throws Failure on no, and when there is no answer */
    public static void yes(String question) {
        var answer = ask(question + " [y/N] ");
        if (answer == null) {
            throw Failure
                .usage("no answer was given, so nothing was changed", "type y, or run it with --force.");
        }
        if (!answer.equals("y") && !answer.equals("yes")) {
            throw new Failure(ExitCode.FAILED, "not confirmed, so nothing was changed", null);
        }
    }

    /** For what can't be undone by another keystroke: the word itself must be typed. */
    public static void typed(String question, String word) {
        var answer = ask(question + " Type " + word + " to go on: ");
        if (answer == null) {
            throw Failure
                .usage("no answer was given, so nothing was done", "this needs a person who types " + word + ".");
        }
        if (!answer.equals(word)) {
            throw new Failure(ExitCode.FAILED, "'" + word + "' was not typed, so nothing was done", null);
        }
    }

    private static String ask(String question) {
        System.err.print(question);   // also with --quiet: without the question the answer makes no sense
        System.err.flush();
        try {
            var answer = new BufferedReader(new InputStreamReader(System.in)).readLine();
            if (!Console.isTerminal(0)) System.err.println(answer == null ? "" : answer);
            return answer == null ? null : answer.strip().toLowerCase(Locale.ROOT);
        } catch (IOException e) {
            return null;
        }
    }
}
