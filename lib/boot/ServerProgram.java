//SOURCES ../Failure.java ../Program.java ../database/PgTools.java Owner.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.Failure;
import lib.Program;
import lib.database.PgTools;

/**
 * The PostgreSQL server that will run a cluster, and what it brings along: asked before anything is touched,
 * because a cluster that meets a server without its extension's version starts, and then fails in every statement.
 *
 * @param libraries its $libdir, where timescaledb-2.28.3.so lies
 * @param share where extension/timescaledb--2.28.3.sql lies
 */
public record ServerProgram(PgTools.Installation installation, Path libraries, Path share) {
    private static final Pattern TIMESCALE_LIBRARY = Pattern.compile("timescaledb-(\\d[^-]*)\\.(so|dylib)");

    /**
     * The server of this major version on this machine. Of several the first that has all these versions of
     * TimescaleDB, else simply the first.
     *
     * @throws Failure that names what is here instead, when there is none
     */
    public static ServerProgram ofMajor(int major, Collection<String> timescaleVersions) {
        var first = of(PgTools.ofMajor("postgres", major));
        if (first.timescaleVersions().containsAll(timescaleVersions)) return first;
        return PgTools.having("postgres")
            .stream()
            .filter(i -> i.major() == major)
            .map(ServerProgram::of)
            .filter(s -> s.timescaleVersions().containsAll(timescaleVersions))
            .findFirst()
            .orElse(first);
    }

    private static ServerProgram of(PgTools.Installation installation) {
        return new ServerProgram(installation, ask(installation, "--pkglibdir"), ask(installation, "--sharedir"));
    }

    /** The versions of TimescaleDB that it can load; empty when it has none. */
    public TreeSet<String> timescaleVersions() {
        var versions = new TreeSet<String>();
        try (Stream<Path> files = Files.list(libraries)) {
            files.map(f -> TIMESCALE_LIBRARY.matcher(f.getFileName().toString()))
                .filter(Matcher::matches)
                .forEach(m -> versions.add(m.group(1)));
        } catch (IOException unreadable) {
            throw Failure.notReady(
                "cannot read " + libraries + ": " + unreadable.getMessage(),
                "is the server's package complete?");
        }
        return versions;
    }

    /** Those of the wanted versions of TimescaleDB that are not here. */
    public TreeSet<String> missingTimescale(Collection<String> wanted) {
        var missing = new TreeSet<>(wanted);
        missing.removeAll(timescaleVersions());
        return missing;
    }

    /** How that version gets to where we are. */
    public static String howToGetTimescale(String version) {
        return "yes".equals(System.getenv("IN_TOOLS_IMAGE"))
            ? "build the tools image with it, where packagecloud.io can be reached: TIMESCALEDB_VERSION=" + version
                + " make image. Or TOOLS=host on a machine that has it"
            : "install that version, or run it in the tools container: make drill";
    }

    /** @param library as in shared_preload_libraries: "timescaledb", "$libdir/pg_cron", "/opt/x.so" */
    public boolean hasLibrary(String library) {
        var name = library.replace("$libdir/", "");
        var path = name.startsWith("/") ? Path.of(name) : libraries.resolve(name);
        return Stream.of("", ".so", ".dylib").anyMatch(end -> Files.exists(Path.of(path + end)));
    }

    /**
     * Starts the command under another user's number when we are root: PostgreSQL refuses to run as root.
     *
     * @param owner of the data directory
     */
    public static List<String> asOwner(Owner owner, List<String> command) {
        if (!Owner.weAreRoot()) return command;
        var prefix = Stream.of(
            List.of("setpriv", "--reuid=" + owner.uid(), "--regid=" + owner.gid(), "--clear-groups", "--"),
            List.of("gosu", owner.toString()),
            List.of("su-exec", owner.toString()))
            .filter(p -> onPath(p.getFirst()))
            .findFirst()
            .orElseThrow(
                () -> Failure.notReady(
                    "PostgreSQL does not run as root, and this machine has no setpriv, gosu or su-exec to "
                        + "change the user",
                    "install the package util-linux, or run this as the owner of the data."));
        var all = new ArrayList<>(prefix);
        all.addAll(command);
        return all;
    }

    public static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
            .anyMatch(d -> Files.isExecutable(Path.of(d, program)));
    }

    /** "PostgreSQL 15 in /usr/lib/postgresql/15/bin, TimescaleDB 2.28.3". */
    @Override
    public String toString() {
        var versions = timescaleVersions();
        return "PostgreSQL " + installation.major() + " in " + installation.directory()
            + (versions.isEmpty() ? ", without TimescaleDB" : ", TimescaleDB " + String.join(", ", versions));
    }

    private static Path ask(PgTools.Installation installation, String what) {
        if (installation.has("pg_config")) {
            var answer = Program.of(List.of(installation.program("pg_config").toString(), what)).capture();
            if (answer.ok()) return Path.of(answer.stdout().strip());
        }
        // Without pg_config (it often comes with the -dev package): the usual places relative to bin.
        var root = installation.directory().getParent();
        var major = String.valueOf(installation.major());
        var places = what.equals("--pkglibdir")
            ? List.of(root.resolve("lib/postgresql"), root.resolve("lib"), root.resolve("lib64/pgsql"))
            : List.of(
                root.resolve("share/postgresql"),
                root.resolve("share"),
                Path.of("/usr/share/postgresql", major),
                Path.of("/usr/share/pgsql"));
        var sign = what.equals("--pkglibdir") ? "plpgsql.so" : "postgresql.conf.sample";
        return places.stream().filter(p -> Files.exists(p.resolve(sign))).findFirst().orElse(places.getFirst());
    }
}
