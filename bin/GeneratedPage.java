//SOURCES ../lib/AtomicFile.java ../lib/Console.java ../lib/ExitCode.java ../lib/Failure.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.AtomicFile;
import lib.Console;
import lib.ExitCode;
import lib.Failure;

/** A page of docs/ that a program makes. */
final class GeneratedPage {
    private GeneratedPage() {}

    /** Writes it and prints its path; with --check only compares, and says what makes it new. */
    static int settle(Path file, String text, boolean check, String program) throws IOException {
        if (!check) {
            AtomicFile.write(file, text);
            System.out.println(file);
        } else if (!text.equals(Files.readString(file))) {
            throw Failure.answerIsNo(file + " is out of date", "make it new with: bin/jbang " + program);
        } else {
            Console.say("%s is current", file);
        }
        return ExitCode.OK;
    }
}
