//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../FileTree.java ../Shutdown.java ../Units.java
//SOURCES ../database/ConnectionSettings.java ../database/Database.java ControlFile.java Owner.java
//SOURCES PrivateConfiguration.java ServerLog.java ServerProgram.java SessionSettings.java
package lib.boot;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Shutdown;
import lib.Units;
import lib.database.ConnectionSettings;
import lib.database.Database;

/**
 * A data directory, booted so that nobody but us meets it and it meets nobody: a private Unix socket instead of TCP,
 * no archiving, no jobs, no subscriptions, no standby. It dies with us, even when we are killed.
 */
public final class PrivateServer implements AutoCloseable {
    private static final int SOCKET_PATH_LIMIT = 100;   // sun_path takes 107 bytes

    /**
     * Ends the server when we say so (a word on stdin) or when we are gone (end of file); then our directories go too,
     * and the command that the server was booted for is told to end.
     * Ctrl-C reaches the whole process group: the shell ignores it, and waits for our word. Nobody reads what it says
     * when we are gone: a word of kill about a command that has ended must not end the shell before it has cleared up.
     */
    private static final String KEEPER = """
        trap '' INT TERM HUP
        run=$1 scratch=$2
        shift 2
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        trap '' PIPE
        echo "$server" > "$run/server.pid"
        (
          read -r word <&3 || : > "$run/orphaned"
          kill -QUIT "$server"
        ) >/dev/null 2>&1 &
        watcher=$!
        wait "$server"
        code=$?
        kill -KILL "$watcher" 2>/dev/null
        if [ -e "$run/orphaned" ]; then
          [ ! -s "$run/command.pid" ] || kill -TERM "$(cat "$run/command.pid")" 2>/dev/null
          rm -rf -- "$run" ${scratch:+"$scratch"}
        fi
        exit $code
        """;

    private final Path dataDirectory;
    private final Path runDirectory;
    private final Process keeper;
    private final ServerProgram program;
    private final ServerLog log = new ServerLog();
    private final Shutdown.Task undo;

    private PrivateServer(ServerProgram program, Path dataDirectory, Path runDirectory, Process keeper) {
        this.program = program;
        this.dataDirectory = dataDirectory;
        this.runDirectory = runDirectory;
        this.keeper = keeper;
        this.undo = Shutdown.onExit(this::stop);
    }

    /**
     * What is booted.
     *
     * @param owner of the data directory, under whose number the server runs when we are root; null for this process
     */
    public record Copy(ServerProgram program, Path dataDirectory, Owner owner) {}

    /**
     * Starts the server and waits until it takes connections. When it does not, the Failure says why in the server's
     * own words.
     *
     * @param more settings on top of {@link ServerSettings}, by name
     * @param scratch removed with all its content if we are killed; null when the data must stay
     * @param patience how long recovery may take
     */
    public static PrivateServer boot(Copy copy, Map<String, String> more, Path scratch, Duration patience) {
        var program = copy.program();
        var dataDirectory = copy.dataDirectory();
        var owner = copy.owner() == null ? Owner.ofThisProcess() : copy.owner();
        if (Shutdown.inProgress()) {
            throw new Failure(ExitCode.INTERRUPTED, "interrupted before the server was started", null);
        }
        var runDirectory = newRunDirectory(owner);
        PrivateServer booted;
        try (var tooEarly = Shutdown.onExit(() -> removeRunDirectory(runDirectory))) {
            var command =
                new ArrayList<>(
                    List.of(
                        "sh",
                        "-c",
                        KEEPER,
                        "keeper",
                        runDirectory.toString(),
                        scratch == null ? "" : scratch.toString()));
            var configuration = PrivateConfiguration.write(program, dataDirectory, runDirectory, owner, more);
            var postgres = new ArrayList<>(List.of(program.installation().program("postgres").toString()));
            postgres.addAll(configuration.arguments());
            var server = ServerProgram.asOwner(owner, postgres);
            Console.detail("running: %s", String.join(" ", server));
            command.addAll(server);
            // In a session of its own no Ctrl-C reaches the server, and no signal for all of our process group ends its
            // keeper.
            if (ServerProgram.onPath("setsid")) command.addFirst("setsid");
            var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(runDirectory.toFile());
            // pgBackRest, which may be the restore_command, is told by its own where its archive is.
            builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("PG") && !name.startsWith("PGBACKREST_"));
            builder.environment().put("LC_ALL", "C");   // messages before the settings are read
            booted = new PrivateServer(program, dataDirectory, runDirectory, builder.start());
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot start the server: " + e.getMessage(), null, e);
        }
        Thread.ofVirtual().start(booted::readLog);
        try {
            booted.waitUntilReady(patience);
            return booted;
        } catch (RuntimeException e) {
            booted.close();
            throw e;
        }
    }

    /** Thrown when the server did not come up; carries its log. */
    public static final class DidNotStart extends RuntimeException {
        private final transient ServerLog log;
        private final boolean isOfThisMachine;

        DidNotStart(String message, ServerLog log, boolean isOfThisMachine) {
            super(message);
            this.log = log;
            this.isOfThisMachine = isOfThisMachine;
        }

        /** Then nothing was learned about the backup. */
        public boolean isOfThisMachine() {
            return isOfThisMachine;
        }

        public ServerLog log() {
            return log;
        }
    }

    public ConnectionSettings settings(String user, String database) {
        var here = ConnectionSettings.ofSocket(runDirectory, PrivateConfiguration.PORT, user, database);
        return here.withOptions(SessionSettings.options(program.installation().major()));
    }

    /**
     * Asked before the first real question: is that the server on our copy, and no other one?
     *
     * @throws Failure when it is not; our own child is stopped
     */
    void mustBeOurs(Database database) {
        var said = database.one(
            """
                SELECT pg_catalog.current_setting('data_directory') AS data, pg_catalog.current_setting('port') AS port,
                       pg_catalog.current_setting('config_file') AS config,
                       (SELECT system_identifier FROM pg_catalog.pg_control_system()) AS identifier
                """,
            row -> List.of(
                row.getString("data"),
                row.getString("port"),
                row.getString("config"),
                Long.toUnsignedString(row.getLong("identifier"))));
        var wanted = List.of(
            dataDirectory.toString(),
            String.valueOf(PrivateConfiguration.PORT),
            runDirectory.resolve("postgresql.conf").toString(),
            ControlFile.systemIdentifier(dataDirectory).orElse(""));
        if (!said.equals(wanted)) throw stranger("it answers for " + said.getFirst());
    }

    private Failure stranger(String what) {
        stop();
        return Failure.failed(
            "the server that was started does not run on the copy " + dataDirectory + " (" + what
                + "): it was stopped before anything was asked",
            "please report this, with the output of --verbose.");
    }

    public ServerLog log() {
        return log;
    }

    /** Whoever runs a command for the sake of this server writes its process number there. */
    public Path commandFile() {
        return runDirectory.resolve("command.pid");
    }

    /** True when it came up as a standby: it follows without an end, and never takes a write. */
    public boolean isStandby() {
        // With hot_standby off it also says so while it recovers (postmaster.c, PMSIGNAL_RECOVERY_STARTED).
        return status().equals("standby") && Files.exists(dataDirectory.resolve("standby.signal"));
    }

    /** It ended by itself, or was stopped. */
    boolean hasEnded() {
        return !keeper.isAlive();
    }

    @Override
    public void close() {
        stop();
        undo.close();
    }

    private synchronized void stop() {
        try {
            if (keeper.isAlive()) {
                try (var in = keeper.getOutputStream()) {
                    in.write("stop\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException ended) {
                    // it ended by itself
                }
                keeper.waitFor(30, TimeUnit.SECONDS);
            }
            removeRunDirectory(runDirectory);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeRunDirectory(Path runDirectory) {
        try {
            FileTree.delete(runDirectory);
        } catch (IOException e) {
            Console.warn("could not remove %s: %s", runDirectory, e.getMessage());
        }
    }

    private void readLog() {
        try (var reader = new BufferedReader(new InputStreamReader(keeper.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                log.add(line);
                Console.detail("[postgres] %s", line.substring(line.indexOf('|') + 1));
            }
        } catch (IOException closed) {
            Console.detail("server log closed: %s", closed.getMessage());
        }
    }

    private void waitUntilReady(Duration patience) {
        var start = System.nanoTime();
        var nextWord = Duration.ofSeconds(10);
        while (true) {
            var status = status();
            if (Files.exists(runDirectory.resolve("pid"))) {   // it knows its data directory by now
                mustBeOurChild();
                if (status.equals("ready") || isStandby()) return;
            }
            if (!keeper.isAlive()) {
                sleep(50);   // the last lines of the log
                throw new DidNotStart(log.trouble(), log, log.troubleIsOfThisMachine());
            }
            var waited = Duration.ofNanos(System.nanoTime() - start);
            if (waited.compareTo(patience) > 0) {
                throw new DidNotStart("it did not finish its recovery in " + Units.duration(patience), log, true);
            }
            if (waited.compareTo(nextWord) > 0) {
                Console.say("recovering for %s …", Units.duration(waited));
                nextWord = nextWord.plusSeconds(10);
            }
            sleep(20);
        }
    }

    /**
     * The eighth line of postmaster.pid: starting, ready, standby, stopping (pidfile.h). The file may be an old one
     * until ours is written.
     */
    private String status() {
        var lines = lines(dataDirectory.resolve("postmaster.pid"));
        return lines.size() > 7 && lines.get(4).strip().equals(runDirectory.toString()) ? lines.get(7).strip() : "";
    }

    /** Process, data directory, port and socket of postmaster.pid: those of the server that we started. */
    private void mustBeOurChild() {
        var child = lines(runDirectory.resolve("server.pid"));
        for (int i = 0; child.isEmpty() && i < 1000; i++) {   // the shell that started it writes it down
            sleep(10);
            child = lines(runDirectory.resolve("server.pid"));
        }
        var said = lines(dataDirectory.resolve("postmaster.pid"));
        var wanted = List.of(
            child.isEmpty() ? "" : child.getFirst().strip(),
            dataDirectory.toString(),
            String.valueOf(PrivateConfiguration.PORT),
            runDirectory.toString());
        if (said.size() < 5) throw stranger("it left no postmaster.pid there");
        var is = List.of(said.get(0).strip(), said.get(1).strip(), said.get(3).strip(), said.get(4).strip());
        if (!is.equals(wanted)) throw stranger("postmaster.pid there is of " + String.join(", ", is));
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException notYet) {
            return List.of();
        }
    }

    /**
     * Socket and access rules lie in a directory that only the server's user may enter, so "trust" trusts nobody else.
     */
    private static Path newRunDirectory(Owner owner) {
        try {
            var base = Path.of(System.getProperty("java.io.tmpdir"));
            if (base.toString().length() > SOCKET_PATH_LIMIT - 40) base = Path.of("/tmp");
            var directory = Files.createTempDirectory(
                base,
                "tstools-run-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (Owner.weAreRoot()) owner.give(directory);
            return directory.toRealPath();
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot make a directory for the server's socket: " + e.getMessage(),
                "set TMPDIR to a writable directory.",
                e);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while the server started", null, e);
        }
    }
}
