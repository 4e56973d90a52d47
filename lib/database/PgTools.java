//SOURCES ../Failure.java ../Program.java
package lib.database;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import lib.Failure;
import lib.Program;

/**
 * PostgreSQL's own programs on this machine: pg_basebackup, pg_verifybackup, postgres, …
 * Looked for in PGBINDIR, on the PATH, and where packages of Debian, Red Hat, Homebrew and Postgres.app put them.
 */
public final class PgTools {
    /**
     * @param directory where the programs lie
     * @param major 15, 16, 17 …
     */
    public record Installation(Path directory, int major) {
        public Path program(String name) {
            return directory.resolve(name);
        }

        public boolean has(String name) {
            return Files.isExecutable(program(name));
        }
    }

    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");
    private static final List<String> PLACES = List.of(
        "/usr/lib/postgresql",
        "/usr",
        "/usr/local",
        "/opt/homebrew/opt",
        "/usr/local/opt",
        "/Applications/Postgres.app/Contents/Versions");

    /**
     * Each program is asked for its version once; a tool may look early, in a thread of its own, and find the answer
     * ready when it needs it.
     */
    private static final Map<String, List<Installation>> FOUND = new ConcurrentHashMap<>();

    private PgTools() {}

    /** All installations that have the program, newest major first. */
    public static List<Installation> having(String program) {
        return FOUND.computeIfAbsent(program, PgTools::search);
    }

    private static List<Installation> search(String program) {
        var found = new ArrayList<Installation>();
        var places = new LinkedHashSet<Path>();
        for (var directory : directories()) {
            // /bin may be a link to /usr/bin
            if (Files.isExecutable(directory.resolve(program))) places.add(home(directory, program));
        }
        for (var place : places) {
            majorOf(place.resolve(program)).ifPresent(major -> found.add(new Installation(place, major)));
        }
        // Stable sort: of two with the same major the one that was found first (PGBINDIR, then PATH) wins.
        found.sort(Comparator.comparingInt(Installation::major).reversed());
        return found;
    }

    /**
     * The best client for a server: its own major version, else the next newer one (a client may be newer, never
     * older).
     */
    public static Installation forServer(String program, int serverMajor) {
        var all = having(program);
        return all.stream()
            .filter(i -> i.major() >= serverMajor)
            .min(Comparator.comparingInt(Installation::major))
            .orElseThrow(
                () -> Failure.notReady(
                    all.isEmpty()
                        ? program + " is not on this machine"
                        : "the server is PostgreSQL " + serverMajor + ", but " + program + " here is only "
                            + all.getFirst().major(),
                    "install the package postgresql-client-" + serverMajor
                        + ", or run it in the container: make backup"));
    }

    /** Exactly this major version: a server runs its data directory with no other. */
    public static Installation ofMajor(String program, int major) {
        var all = having(program);
        return all.stream()
            .filter(i -> i.major() == major)
            .findFirst()
            .orElseThrow(
                () -> Failure.notReady(
                    "this needs " + program + " of PostgreSQL " + major + ", and "
                        + (all.isEmpty() ? "none is on this machine"
                            : "only " + String.join(", ", all.stream().map(i -> "" + i.major()).distinct().toList())
                                + " is here"),
                    "install the package postgresql-" + major
                        + ", or run it in the tools container, which has it where Docker answers: make drill, make "
                        + "explore BACKUP_DIR=…"));
    }

    private static Iterable<Path> directories() {
        var places = new LinkedHashSet<Path>();
        var chosen = System.getenv("PGBINDIR");
        if (chosen != null && !chosen.isEmpty()) places.add(Path.of(chosen));
        for (var entry : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (!entry.isEmpty()) places.add(Path.of(entry));
        }
        for (var place : PLACES) {
            try (var children = Files.newDirectoryStream(Path.of(place), "*{[0-9],pgsql-*,postgresql*,latest}")) {
                for (var child : children) places.add(child.resolve("bin"));
            } catch (IOException | DirectoryIteratorException none) {
                // this kind of package is not installed here
            }
        }
        return places;
    }

    /**
     * Behind a link in /usr/local/bin lies the installation with all its programs. (Debian's links in /usr/bin lead to
     * a wrapper of another name.)
     */
    private static Path home(Path directory, String program) {
        try {
            var real = directory.resolve(program).toRealPath();
            return real.getFileName().toString().equals(program) ? real.getParent() : directory.toRealPath();
        } catch (IOException e) {
            return directory;
        }
    }

    private static Optional<Integer> majorOf(Path program) {
        var answer = Program.of(List.of(program.toString(), "--version")).capture();
        var m = VERSION.matcher(answer.stdout());
        return answer.exitCode() == 0 && m.find() ? Optional.of(Integer.valueOf(m.group(1))) : Optional.empty();
    }
}
