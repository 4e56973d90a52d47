package lib;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What a tool does once after it was built, with nobody looking: its usual work on a little data of its own. The JVM
 * then writes down which classes that work needs (an AOT cache, JEP 483 and 514), and each later start finds them
 * ready. bin/jbang asks for it with {@code -Dpractise}; nothing outside the scratch directory is touched, and no
 * server is asked.
 */
@FunctionalInterface
public interface Practice {
    String PROPERTY = "practise";

    /** @return command lines of the tool, run one after the other; how they end does not matter */
    List<List<String>> commandLines(Path scratch) throws IOException;

    static boolean isAsked() {
        return System.getProperty(PROPERTY) != null;
    }

    /** A tool may have more than one cache. @param kind what {@code -Dpractise} says, {@code true} for the usual one */
    static boolean isFor(String kind) {
        return kind.equals(System.getProperty(PROPERTY));
    }
}
