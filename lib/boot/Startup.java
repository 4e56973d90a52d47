//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Units.java ../database/ConnectionSettings.java
//SOURCES ../database/Database.java ControlFile.java CopiedConfiguration.java Owner.java RunningServer.java
//SOURCES ServerProgram.java
package lib.boot;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.database.ConnectionSettings;
import lib.database.Database;

/** Starts a data directory that is there, never making a new one, and waits until its recovery has ended. */
public final class Startup {
    /**
     * In the data directory, so that it belongs to the server's user. Where logging_collector is on, only its first
     * lines are here.
     */
    static final String LOG = "startup.log";

    private static final int PATIENCE_SECONDS = 24 * 3600;   // recovery takes what it takes; its progress is in the log

    private static final Pattern SAFE_IN_QUOTES = Pattern.compile("[^\"$`\\\\!]*");

    private Startup() {}

    /**
     * Runs it in the background, as it will run from now on.
     *
     * @return how long it took until it was ready
     */
    public static Duration start(ServerProgram program, Path data, Owner owner) {
        if (!Files.exists(data.resolve("postgresql.conf"))) {
            throw Failure.notReady(
                "the restored cluster has no postgresql.conf: its server kept it elsewhere (as Debian does in "
                    + "/etc/postgresql)",
                "all is restored; start it with the service that owns that configuration.");
        }
        // It stands in that directory, and puts both into double quotes of a shell, which acts on some letters.
        boolean isPlain = SAFE_IN_QUOTES.matcher(data.toString()).matches();
        var command = new ArrayList<>(
            List.of(
                program.installation().program("pg_ctl").toString(),
                "-D",
                isPlain ? data.toString() : ".",
                "-l",
                isPlain ? data.resolve(LOG).toString() : LOG,
                "-w",
                "-t",
                String.valueOf(PATIENCE_SECONDS)));
        // Whatever its files say: this data directory, or none.
        command.add("-o");
        command.add("-c data_directory=" + shellWord(data.toString()));
        command.add("start");
        var start = System.nanoTime();
        try {
            // Its output goes to a file: a pipe would stay open as long as the server runs.
            var said = Files.createTempFile("pg_ctl-", ".out");
            Console.detail("running: %s", String.join(" ", command));
            var builder = new ProcessBuilder(ServerProgram.asOwner(owner, command)).directory(data.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .redirectInput(new File("/dev/null"));
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            int code = builder.start().waitFor();
            var words = Files.readString(said, StandardCharsets.ISO_8859_1).strip();
            Files.delete(said);
            if (code != 0) {
                throw Failure.failed(
                    "the restored cluster does not start: " + (Files.exists(data.resolve(LOG)) ? trouble(data) : words),
                    "the whole log is in " + data.resolve(LOG) + "; the restored data is complete.");
            }
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "cannot run pg_ctl: " + e.getMessage(), null, e);
        } catch (InterruptedException e) {
            throw new Failure(
                ExitCode.INTERRUPTED,
                "interrupted while the server started",
                "it may still come up; see " + data.resolve(LOG),
                e);
        }
        mustRunHere(data);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** The process of postmaster.pid stands in this data directory, as every server does in its own. */
    private static void mustRunHere(Path data) {
        if (RunningServer.on(data).isEmpty()) {
            throw Failure.failed(
                "pg_ctl started a server, and none runs on " + data,
                "see " + data.resolve(LOG) + "; do not use what answers at its port.");
        }
    }

    private static String shellWord(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /** The server renames backup_label when, and only when, it has replayed to the end of the backup. */
    public static boolean replayedTheBackup(Path data) {
        return Files.exists(data.resolve("backup_label.old")) && !Files.exists(data.resolve("backup_label"));
    }

    /**
     * What is in it, seen from inside, so far as we are let in.
     *
     * @param settings for user and password; the place comes from the running server
     */
    public static void look(Path data, ConnectionSettings settings) {
        try {
            var pidFile = Files.readAllLines(data.resolve("postmaster.pid"));
            var socket = pidFile.get(4).strip();
            var here = ConnectionSettings
                .ofSocket(Path.of(socket), Integer.parseInt(pidFile.get(3).strip()), settings.user(), "postgres");
            try (var database = Database.open(here.withPassword(settings.password()), "restore")) {
                mustBeThis(database, data);
                database.list(
                    "SELECT datname, pg_catalog.pg_database_size(oid) AS bytes FROM pg_catalog.pg_database WHERE "
                        + "datallowconn ORDER BY datname",
                    row -> "  database " + row.getString("datname") + ", " + Units.bytes(row.getLong("bytes")))
                    .forEach(line -> Console.say("%s", line));
            }
            Console.say(
                "it listens on port %s (socket in %s); look at it first: psql -h %s -p %s, then your newest rows",
                here.port(),
                socket,
                socket,
                here.port());
        } catch (Failure e) {
            Console.warn("it runs, but was not looked into: %s", e.getMessage());
        } catch (IOException | RuntimeException e) {
            Console.warn("it runs, but was not looked into: %s", e);
        }
    }

    /** By the number that the cluster was born with: an ordinary user may not ask for the directory. */
    private static void mustBeThis(Database database, Path data) {
        var identifier = database.one(
            "SELECT system_identifier FROM pg_catalog.pg_control_system()",
            row -> Long.toUnsignedString(row.getLong(1)));
        if (!ControlFile.systemIdentifier(data).equals(Optional.of(identifier))) {
            throw Failure.failed("the server at its port is that of another cluster (" + identifier + ")", null);
        }
    }

    /** What it said last in its own log files. */
    private static List<String> collected(Path data) throws IOException {
        var directory = data.resolve(CopiedConfiguration.of(data).value("log_directory").orElse("log"));
        try (var files = Files.list(directory)) {
            var newest = files.max(Comparator.comparing((Path file) -> file.toFile().lastModified()));
            return newest.isPresent() ? Files.readAllLines(newest.get(), StandardCharsets.ISO_8859_1) : List.of();
        }
    }

    private static String trouble(Path data) {
        try {
            var lines = new ArrayList<>(Files.readAllLines(data.resolve(LOG), StandardCharsets.ISO_8859_1));
            if (lines.stream().anyMatch(l -> l.contains("logging collector"))) lines.addAll(collected(data));
            var bind = lines.stream().filter(l -> l.contains("could not bind")).findFirst();
            if (bind.isPresent()) {
                return bind.get().replaceFirst("^.*?could not bind", "could not bind")
                    + " (its port is taken, maybe by the original)";
            }
            return lines.stream()
                .filter(l -> l.contains("FATAL") || l.contains("PANIC"))
                .findFirst()
                .map(l -> l.replaceFirst("^.*?(FATAL|PANIC): +", ""))
                .orElse(lines.isEmpty() ? "it said nothing" : lines.getLast());
        } catch (IOException none) {
            return "it left no log";
        }
    }
}
