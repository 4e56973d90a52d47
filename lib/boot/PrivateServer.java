//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../FileTree.java ../Shutdown.java ../Units.java
//SOURCES ../database/ConnectionSettings.java Owner.java ServerLog.java ServerProgram.java
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Shutdown;
import lib.database.ConnectionSettings;

/**
 * A data directory, booted so that nobody but us meets it and it meets nobody: a private Unix socket instead of TCP,
 * no archiving, no jobs, no subscriptions, no standby. It dies with us, even when we are killed.
 */
public final class PrivateServer implements AutoCloseable {
    private static final int PORT = 5432;   // only names the socket file, which lies in a directory of our own
    private static final int SOCKET_PATH_LIMIT = 100;   // sun_path takes 107 bytes

    /**
     * Ends the server when we say so (a word on stdin) or when we are gone (end of file); then our directories go too.
     * Ctrl-C reaches the whole process group: the shell ignores it, and waits for our word.
     */
    private static final String KEEPER = """
        trap '' INT TERM HUP
        run=$1 scratch=$2
        shift 2
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        (
          read -r word <&3 || : > "$run/orphaned"
          kill -QUIT "$server"
        ) >/dev/null 2>&1 &
        watcher=$!
        wait "$server"
        code=$?
        kill -KILL "$watcher" 2>/dev/null
        if [ -e "$run/orphaned" ]; then rm -rf -- "$run" ${scratch:+"$scratch"}; fi
        exit $code
        """;

    private final Path dataDirectory;
    private final Path runDirectory;
    private final Process keeper;
    private final ServerLog log;
    private final Shutdown.Task undo;

    private PrivateServer(Path dataDirectory, Path runDirectory, Process keeper, ServerLog log) {
        this.dataDirectory = dataDirectory;
        this.runDirectory = runDirectory;
        this.keeper = keeper;
        this.log = log;
        this.undo = Shutdown.onExit(this::stop);
    }

    /**
     * Starts the server and waits until it takes connections. When it does not, the Failure says why in the server's own words.
     *
     * @param owner of the data directory, under whose number the server runs when we are root
     * @param extra settings on top of ours, by name
     * @param scratch removed with all its content if we are killed; null when the data must stay
     * @param patience how long recovery may take
     */
    public static PrivateServer boot(
        ServerProgram program,
        Path dataDirectory,
        Owner owner,
        Map<String, String> extra,
        Path scratch,
        Duration patience) {
        if (Shutdown.inProgress())
            throw new Failure(ExitCode.INTERRUPTED, "interrupted before the server was started", null);
        var runDirectory = newRunDirectory(owner);
        PrivateServer server;
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
            command.addAll(ServerProgram.asOwner(owner, serverCommand(program, dataDirectory, runDirectory, extra)));
            Console.detail("running: %s", String.join(" ", command.subList(6, command.size())));
            var log = new ServerLog();
            var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(runDirectory.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            builder.environment().put("LC_ALL", "C");   // messages before the settings are read
            server = new PrivateServer(dataDirectory, runDirectory, builder.start(), log);
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot start the server: " + e.getMessage(), null, e);
        }
        Thread.ofVirtual().start(server::readLog);
        try {
            server.waitUntilReady(patience);
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Thrown when the server did not come up; carries its log. */
    public static final class DidNotStart extends RuntimeException {
        private final transient ServerLog log;

        DidNotStart(String message, ServerLog log) {
            super(message);
            this.log = log;
        }

        public ServerLog log() {
            return log;
        }
    }

    public ConnectionSettings settings(String user, String database) {
        return ConnectionSettings.ofSocket(runDirectory, PORT, user, database);
    }

    public ServerLog log() {
        return log;
    }

    /** True when it came up as a standby: it will follow for ever, and never take a write. */
    public boolean isStandby() {
        return status().equals("standby");
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
            if (status.equals("ready") || status.equals("standby")) return;
            if (!keeper.isAlive()) {
                sleep(50);   // the last lines of the log
                throw new DidNotStart(log.trouble(), log);
            }
            var waited = Duration.ofNanos(System.nanoTime() - start);
            if (waited.compareTo(patience) > 0) {
                throw new DidNotStart("it did not finish its recovery in " + lib.Units.duration(patience), log);
            }
            if (waited.compareTo(nextWord) > 0) {
                Console.say("recovering for %s …", lib.Units.duration(waited));
                nextWord = nextWord.plusSeconds(10);
            }
            sleep(20);
        }
    }

    /** The eighth line of postmaster.pid: starting, ready, standby, stopping (pidfile.h). The file may be an old one until ours is written. */
    private String status() {
        try {
            var lines = Files.readAllLines(dataDirectory.resolve("postmaster.pid"));
            return lines.size() > 7 && lines.get(4).strip().equals(runDirectory.toString()) ? lines.get(7).strip() : "";
        } catch (IOException notYet) {
            return "";
        }
    }

    private static List<String>
        serverCommand(ServerProgram program, Path dataDirectory, Path runDirectory, Map<String, String> extra) {
        var command = new ArrayList<>(
            List.of(program.installation().program("postgres").toString(), "-D", dataDirectory.toString()));
        var settings = new LinkedHashMap<>(
            Map.of(
                "unix_socket_directories",
                runDirectory.toString(),
                "external_pid_file",
                runDirectory.resolve("pid").toString(),
                "hba_file",
                runDirectory.resolve("pg_hba.conf").toString(),
                "ident_file",
                runDirectory.resolve("pg_ident.conf").toString()));
        if (!Files.exists(dataDirectory.resolve("postgresql.conf"))) {   // Debian keeps it in /etc, so it is in no backup
            settings.put("config_file", runDirectory.resolve("postgresql.conf").toString());
        }
        settings.putAll(QUIET);
        settings.putAll(extra);
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        return command;
    }

    /** The command line beats every file of the backup. */
    private static final Map<String, String> QUIET = quiet();

    private static Map<String, String> quiet() {
        var s = new LinkedHashMap<String, String>();
        s.put("listen_addresses", "");
        s.put("port", String.valueOf(PORT));
        s.put("unix_socket_permissions", "0700");
        s.put("ssl", "off");                                  // its key may lie elsewhere
        s.put("archive_mode", "off");                         // else a copy writes into the original's archive
        s.put("primary_conninfo", "");
        s.put("restore_command", "");
        s.put("synchronous_standby_names", "");               // else every commit waits for a standby that isn't there
        s.put("max_logical_replication_workers", "0");        // subscriptions
        s.put("timescaledb.max_background_workers", "0");     // jobs: they would run within seconds
        s.put("timescaledb.telemetry_level", "off");
        s.put("cron.launch_active_jobs", "off");              // pg_cron
        s.put("autovacuum", "off");
        s.put("fsync", "off");                                // thrown away anyway
        s.put("shared_buffers", "64MB");                      // the original may have had far more memory
        s.put("huge_pages", "off");
        s.put("logging_collector", "off");
        s.put("log_destination", "stderr");
        s.put("log_line_prefix", ServerLog.PREFIX);
        s.put("log_min_messages", "log");
        s.put("log_statement", "none");
        s.put("log_min_duration_statement", "-1");
        s.put("lc_messages", "C");
        return s;
    }

    /** Socket and access rules lie in a directory that only the server's user may enter, so "trust" trusts nobody else. */
    private static Path newRunDirectory(Owner owner) {
        try {
            var base = Path.of(System.getProperty("java.io.tmpdir"));
            if (base.toString().length() > SOCKET_PATH_LIMIT - 40) base = Path.of("/tmp");
            var directory = Files.createTempDirectory(
                base,
                "tstools-run-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.writeString(directory.resolve("pg_hba.conf"), "local all all trust\n");
            Files.writeString(directory.resolve("pg_ident.conf"), "");
            Files.writeString(directory.resolve("postgresql.conf"), "");
            if (Owner.weAreRoot()) {
                try (var files = Files.list(directory)) {
                    for (var file : files.toList()) owner.give(file);
                }
                owner.give(directory);
            }
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
