package lib.boot;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server said while it started. It runs with lc_messages=C and a log_line_prefix of our own,
 * so that facts can be read from it in every country.
 */
public final class ServerLog {
    static final String PREFIX = "%n|";   // time as seconds since 1970 with milliseconds

    /**
     * Written when the replay has come to the point where the backup ended: without it the data is a mix of moments.
     */
    private static final Pattern CONSISTENT =
        Pattern.compile("consistent recovery state reached at ([0-9A-F]+/[0-9A-F]+)");
    private static final Pattern LAST_COMMIT = Pattern.compile("last completed transaction was at log time (.+)");
    private static final Pattern LINE =
        Pattern.compile("(\\d+\\.\\d+)\\|(LOG|ERROR|FATAL|PANIC|WARNING|HINT|DETAIL):\\s+(.*)");

    /** Words of a failure that another machine, or this one with another setup, would not have. */
    private static final Pattern OF_THIS_MACHINE = Pattern.compile(
        "No space left on device|Disk quota exceeded|Cannot allocate memory|out of memory|Permission "
            + "denied|Operation not permitted"
            + "|Read-only file system|Input/output error|Too many open files|Stale file handle"
            + "|could not access file \"|could not load library|could not create shared memory|could not map "
            + "anonymous shared memory"
            + "|could not open shared memory|could not resize shared memory|could not create semaphores"
            + "|could not create any Unix-domain|could not create Unix|could not create lock file|lock file \".*\" "
            + "already exists"
            + "|has wrong ownership|has invalid permissions|execution of the PostgreSQL server is not permitted"
            + "|locale is incompatible|not recognized by setlocale|incompatible with server|not compatible with "
            + "this version"
            + "|resource manager with ID|unrecognized configuration parameter|invalid value for parameter"
            + "|configuration file .* contains errors");

    private record Line(double time, String level, String text) {}

    private final List<Line> lines = new ArrayList<>();

    synchronized void add(String raw) {
        var m = LINE.matcher(raw);
        if (m.matches()) {
            lines.add(new Line(Double.parseDouble(m.group(1)), m.group(2), m.group(3)));
        } else {
            lines.add(new Line(0, raw.matches("\\S*postgres: .*") ? "FATAL" : "", raw.strip()));
        }
    }

    /**
     * Where the replay became consistent: the end of the backup. Empty when the server never knew that this was a
     * backup.
     */
    public synchronized Optional<String> consistentAt() {
        return find(CONSISTENT);
    }

    /** When the last transaction that was replayed had ended, as the server writes it. */
    public synchronized Optional<String> lastCommit() {
        return find(LAST_COMMIT);
    }

    /**
     * Why it did not start, in the server's own words: the first FATAL or PANIC and the line before it when that says
     * more.
     */
    public synchronized String trouble() {
        return lines.stream()
            .filter(l -> l.level().equals("FATAL") || l.level().equals("PANIC"))
            .map(Line::text)
            .findFirst()
            .orElse(lines.isEmpty() ? "it said nothing" : lines.getLast().text());
    }

    /** Does this message speak of the machine, its libraries or its disk, and not of the data? */
    public static boolean isOfThisMachine(String message) {
        return OF_THIS_MACHINE.matcher(message).find();
    }

    /**
     * It did not start because of where we started it: then nothing was learned about the backup. A server that was
     * killed says nothing.
     */
    synchronized boolean troubleIsOfThisMachine() {
        var fatal = lines.stream().filter(l -> l.level().equals("FATAL") || l.level().equals("PANIC")).toList();
        return fatal.isEmpty() || lines.stream().anyMatch(l -> !l.level().equals("LOG") && isOfThisMachine(l.text()))
            || lines.stream().anyMatch(l -> l.text().contains("was terminated by signal 9"));
    }

    /** From the first line to "ready": how long the recovery took. */
    public synchronized Duration untilReady() {
        var first = lines.stream().mapToDouble(Line::time).filter(t -> t > 0).findFirst();
        var ready =
            lines.stream().filter(l -> l.text().contains("ready to accept")).mapToDouble(Line::time).findFirst();
        return first.isEmpty() || ready.isEmpty() ? Duration.ZERO
            : Duration.ofMillis(Math.round((ready.getAsDouble() - first.getAsDouble()) * 1000));
    }

    private Optional<String> find(Pattern pattern) {
        return lines.stream()
            .map(l -> pattern.matcher(l.text()))
            .filter(Matcher::find)
            .map(m -> m.group(1))
            .findFirst();
    }
}
