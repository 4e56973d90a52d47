//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../FileTree.java ../Program.java ../Shutdown.java
//SOURCES ../archive/Age.java ../archive/BackupDirectory.java ../archive/RestorableBackup.java
//SOURCES ../archive/RestoreSource.java ../database/ConnectionSettings.java ../database/Database.java ControlFile.java
//SOURCES CopiedConfiguration.java Disk.java Owner.java PrivateConfiguration.java PrivateServer.java Replay.java
//SOURCES RunningServer.java ServerLog.java ServerProgram.java UnpackPlaces.java Unpacker.java Unpacking.java
package lib.boot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Program;
import lib.Shutdown;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.RestorableBackup;
import lib.archive.RestoreSource;
import lib.database.ConnectionSettings;
import lib.database.Database;

/**
 * A backup as if it were a running database: unpacked to scratch, checked, booted on a private socket, and gone without
 * a trace at the end. The backup itself is only read.
 *
 * <pre>
 * try (var server = ScratchServer.of(BackupDirectory.open(path), ScratchServer.Options.standard())) {
 *     try (var database = Database.open(server.settings("metrics"), "explore")) { … }
 * }
 * </pre>
 *
 * No TCP port, no archiving, no TimescaleDB jobs, no pg_cron, no subscriptions: nothing of what the original does is
 * done a second time.
 */
public final class ScratchServer implements AutoCloseable {
    private static final String PREFIX = "tstools-scratch-";
    private static final String LOCK = "lock";
    /** So that who asks the copy knows that its settings and statistics are not those of the original. */
    private static final String NAME_SETTING = "tstools.backup";

    /**
     * @param identity opens an encrypted backup; null where none is needed
     * @param directory where to unpack; needs space for the whole cluster
     * @param verify compare every file with the manifest on the way
     * @param patience how long the server may take to recover
     * @param settings of the server, on top of those that keep a copy quiet
     * @param recovery to a moment after the backup; null to be as the backup is
     */
    public record Options(
        Age.Identity identity,
        Path directory,
        boolean verify,
        Duration patience,
        Map<String, String> settings,
        Replay recovery) {
        /** Checked, unpacked in the system's directory for temporary files (TMPDIR). */
        public static Options standard() {
            return new Options(
                null,
                Path.of(
                    Optional.ofNullable(System.getenv("TMPDIR")).filter(t -> !t.isEmpty()).orElse("/tmp")),
                true,
                Duration.ofMinutes(30),
                Map.of(),
                null);
        }

        public Options withIdentity(Age.Identity key) {
            return new Options(key, directory, verify, patience, settings, recovery);
        }

        public Options in(Path place) {
            return new Options(identity, place, verify, patience, settings, recovery);
        }

        public Options withSettings(Map<String, String> more) {
            return new Options(identity, directory, verify, patience, more, recovery);
        }

        public Options withVerify(boolean on) {
            return new Options(identity, directory, on, patience, settings, recovery);
        }

        public Options withRecovery(Replay moment) {
            return new Options(identity, directory, verify, patience, settings, moment);
        }
    }

    private final Path scratch;
    private final FileChannel lock;
    private final Owner owner;
    private final RestoreSource source;
    private final ServerProgram program;
    private final Shutdown.Task undo;
    private final Map<String, String> settings;
    private volatile Thread unpacking;
    private CopiedConfiguration configuration;
    private PrivateServer server;
    private ServerLog recoveryLog;
    private Entrance entrance;

    /** Through which a superuser comes in. */
    private record Entrance(String user, String database) {}

    /**
     * The directory of its own.
     *
     * @param lock held as long as we live: without it the directory is a left-over
     */
    private record Place(Path directory, FileChannel lock, Owner owner) {}

    private ScratchServer(
        RestoreSource source,
        ServerProgram program,
        Place place,
        Map<String, String> settings) {
        this.settings = settings;
        this.source = source;
        this.program = program;
        this.scratch = place.directory();
        this.lock = place.lock();
        this.owner = place.owner();
        this.undo = Shutdown.onExit(this::cancel);
    }

    /** Unpacks, boots, and is ready for connections. @throws Failure that says why the backup does not come up */
    public static ScratchServer of(BackupDirectory backup, Options options) {
        return of(RestorableBackup.of(backup, options.identity()), options);
    }

    /** The same from wherever it is. */
    public static ScratchServer of(RestoreSource source, Options options) {
        source.mustHaveTablespaces();
        var program = ServerProgram.ofMajor(source.major(), source.timescaleVersions().values());
        var missing = program.missingTimescale(source.timescaleVersions().values());
        if (!missing.isEmpty()) {
            throw Failure.notReady(
                "the backup needs TimescaleDB " + String.join(" and ", missing) + ", and the server here ("
                    + program.installation().directory() + ") does not have it",
                ServerProgram.howToGetTimescale(missing.last()) + ".");
        }
        var scratch = prepare(source, program, options);
        try {
            scratch.unpack(options);
            Unpacking.checkWal(source, scratch.dataDirectory(), false);
            Unpacking.leaveOutSignals(scratch.dataDirectory());
            scratch.recover(options);
            scratch.boot(options.patience());
            return scratch;
        } catch (PrivateServer.DidNotStart e) {
            scratch.close();
            throw new Failure(
                e.isOfThisMachine() ? ExitCode.NOT_READY : ExitCode.ANSWER_IS_NO,
                "the copy of " + source.place() + " does not start: " + e.getMessage(),
                "prove it step by step with: restore.java drill");
        } catch (IOException e) {
            scratch.close();
            throw new Failure(ExitCode.FAILED, "cannot unpack " + source.place() + ": " + e.getMessage(), null, e);
        } catch (RuntimeException e) {
            scratch.close();
            throw e;
        }
    }

    /** As the cluster's superuser, to one of its databases. */
    public ConnectionSettings settings(String database) {
        return server.settings(entrance.user(), database);
    }

    /** To the database "postgres", or to another one that lets us in. */
    public ConnectionSettings settings() {
        return settings(entrance.database());
    }

    /** Those that can be asked. */
    public List<String> databases() {
        try (var database = Database.open(settings(), "restore")) {
            return database.list(
                "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND datconnlimit <> -2 AND NOT "
                    + "datistemplate ORDER BY datname",
                row -> row.getString(1));
        }
    }

    /** The first step: a scratch directory with enough room. */
    public static ScratchServer prepare(RestoreSource source, ServerProgram program, Options options) {
        var base = options.directory().toAbsolutePath();
        source.mustBeReadable();
        ConnectionSettings.mustReachSockets();
        try {
            Files.createDirectories(base);
            sweep(base);
            Disk.mustHold(
                base,
                source.dataBytes() + source.joinBytes(),
                "choose another place: --scratch DIR (or TMPDIR=DIR)");
            var owner = Owner.weAreRoot() ? serverOwner(source) : null;
            if (owner != null) mustBeReachable(base, owner);
            var scratch =
                Files
                    .createTempDirectory(
                        base,
                        PREFIX,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                    .toRealPath();
            if (owner != null) owner.give(scratch);
            var lock = FileChannel.open(scratch.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock.lock();
            return new ScratchServer(source, program, new Place(scratch, lock, owner), options.settings());
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot use " + base + " for scratch: " + e.getMessage(),
                "choose another place: --scratch DIR (or TMPDIR=DIR)",
                e);
        }
    }

    /**
     * The second step: the data directory, tablespaces beside it. Nothing is removed while it runs: hence synchronized.
     */
    public synchronized void unpack(Options options) {
        unpacking = Thread.currentThread();
        try {
            var data =
                Files.createDirectory(
                    dataDirectory(),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            var places = new LinkedHashMap<String, Path>();
            for (var tablespace : source.tablespaces()) {
                var place = scratch.resolve("tablespace-" + tablespace.oid());
                Files.createDirectory(
                    place,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                if (owner != null) owner.give(place);
                places.put(tablespace.oid(), place);
            }
            if (owner != null) owner.give(data);
            Unpacking
                .unpack(source, new UnpackPlaces(data, places, null, owner), options.verify(), options.identity());
            Files.move(
                data.resolve("global").resolve(Unpacker.CONTROL_FOR_NOW),
                data.resolve("global/pg_control"),
                StandardCopyOption.ATOMIC_MOVE);
            configuration = CopiedConfiguration.of(data);
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "cannot unpack to " + scratch + ": " + e.getMessage(), null, e);
        } finally {
            unpacking = null;
        }
    }

    /**
     * Between the second and the third step: replays received WAL, where that is wanted. @throws Failure when the
     * moment is not reached
     */
    public void recover(Options options) throws IOException {
        if (options.recovery() == null) return;
        recoveryLog = options.recovery().run(program, dataDirectory(), owner, Duration.ofDays(7));
    }

    /** The third step. @throws PrivateServer.DidNotStart with the server's own words */
    public void boot(Duration patience) {
        server = start(patience);
        if (recoveryLog == null) recoveryLog = server.log();
        if (server.isStandby()) return;
        entrance = knock().orElse(null);
        if (entrance == null) {
            server.close();
            entrance = askSingleUser();
            server = start(patience);
            if (!enter(entrance)) {
                throw Failure.notReady(
                    "no superuser of the copy can connect to it: tried " + entrance.user() + " in the database "
                        + entrance.database(),
                    "see why with --verbose.");
            }
        }
    }

    private PrivateServer start(Duration patience) {
        var copy = new PrivateServer.Copy(program, dataDirectory(), owner);
        return PrivateServer.boot(copy, serverSettings(), scratch, patience);
    }

    /** What the server said while it replayed the backup: of several boots that of the first. */
    public ServerLog recoveryLog() {
        return recoveryLog;
    }

    /** Is this the backup of a standby? Its label says so, and the server keeps that under another name. */
    public boolean isOfStandby() {
        try {
            return Files.readString(dataDirectory().resolve("backup_label.old"), StandardCharsets.UTF_8)
                .contains("BACKUP FROM: standby");
        } catch (IOException none) {
            return false;
        }
    }

    /** Where the newest checkpoint lies, as pg_control says. */
    public Optional<String> checkpoint() {
        return Optional.ofNullable(ControlFile.facts(program, dataDirectory()).get("Latest checkpoint location"));
    }

    /** What the original's settings say; they are not what the copy runs under. */
    public CopiedConfiguration copiedConfiguration() {
        return configuration;
    }

    /**
     * Without it, plain SQL on compressed chunks answers wrongly and says no word: so it is loaded unless it is known
     * that nobody uses it.
     */
    public boolean preloadsTimescale() {
        var fingerprint = source.fingerprint();
        boolean isUnused = fingerprint != null && fingerprint.timescaleVersions().isEmpty()
            && fingerprint.databases().stream().allMatch(d -> d.unreadable() == null);
        return !isUnused && program.hasLibrary("timescaledb");
    }

    public PrivateServer server() {
        return server;
    }

    public ServerProgram program() {
        return program;
    }

    public Path dataDirectory() {
        return scratch.resolve("data");
    }

    @Override
    public void close() {
        if (server != null) server.close();
        removeScratch();
        undo.close();
    }

    /** Ctrl-C: the server has been ended by now, if there was one. */
    private void cancel() {
        var busy = unpacking;
        if (busy != null) busy.interrupt();
        removeScratch();
    }

    private synchronized void removeScratch() {
        try {
            lock.close();
            FileTree.delete(scratch);
        } catch (IOException e) {
            Console.warn("could not remove %s: %s", scratch, e.getMessage());
        }
    }

    private Map<String, String> serverSettings() {
        var all = new LinkedHashMap<String, String>();
        all.put("shared_preload_libraries", preloadsTimescale() ? "timescaledb" : "");
        all.put(NAME_SETTING, source.name());
        all.putAll(settings);
        return all;
    }

    /** The usual names, the recorded ones first. */
    private Optional<Entrance> knock() {
        var users = new LinkedHashSet<String>();
        if (source.fingerprint() != null) {
            source.fingerprint()
                .databases()
                .stream()
                .filter(d -> List.of("template1", "postgres").contains(d.name()) && d.owner() != null)
                .forEach(d -> users.add(d.owner()));
        }
        users.add("postgres");
        return users.stream()
            .flatMap(user -> Stream.of(new Entrance(user, "postgres"), new Entrance(user, "template1")))
            .filter(this::enter)
            .findFirst();
    }

    /** The first statement of all asks whose server that is. */
    private boolean enter(Entrance way) {
        try (var database = Database.open(server.settings(way.user(), way.database()), "restore")) {
            server.mustBeOurs(database);
            return database
                .one("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user", row -> row.getBoolean(1));
        } catch (Failure no) {
            if (server.hasEnded()) throw no;
            Console.detail("not as %s: %s", way.user(), no.getMessage());
            return false;
        }
    }

    /**
     * The superuser may have any name, be without LOGIN, and the usual databases may be closed or dropped. PostgreSQL's
     * single-user mode asks nobody for a name. What no session could enter is opened, in this copy only.
     */
    private Entrance askSingleUser() {
        var users = singleUser(
            "SELECT pg_catalog.encode(pg_catalog.convert_to(rolname, pg_catalog.getdatabaseencoding()), 'hex') AS "
                + "answer FROM pg_catalog.pg_authid WHERE rolsuper ORDER BY rolcanlogin DESC, oid LIMIT 1;");
        if (users.isEmpty()) throw Failure.notReady("the copy has no superuser to ask it", null);
        var user = users.getFirst();
        singleUser("ALTER ROLE " + Database.identifier(user) + " LOGIN;");
        var databases = singleUser(
            "SELECT pg_catalog.encode(pg_catalog.convert_to(datname, pg_catalog.getdatabaseencoding()), 'hex') AS "
                + "answer FROM pg_catalog.pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY datname <> "
                + "'postgres', datname <> 'template1', datname;");
        if (databases.isEmpty()) {
            singleUser("UPDATE pg_catalog.pg_database SET datallowconn = true WHERE datname = 'template1';");
            databases = List.of("template1");
        }
        return new Entrance(user, databases.getFirst());
    }

    /** @return the column "answer", which is in hexadecimal: backend>  1: answer = "706f7374"   (typeid = 25, … */
    private List<String> singleUser(String statement) {
        try {
            var directory = Files.createDirectories(scratch.resolve("single-user"));
            var runAs = owner == null ? Owner.ofThisProcess() : owner;
            if (owner != null) owner.give(directory);
            var configuration =
                PrivateConfiguration.write(program, dataDirectory(), directory, runAs, Map.of());
            var shell = new ArrayList<>(
                List.of(
                    "sh",
                    "-c",
                    "statement=$1; shift; printf '%s\\n' \"$statement\" | \"$@\"",
                    "sh",
                    statement,
                    program.installation().program("postgres").toString(),
                    "--single"));
            shell.addAll(configuration.arguments());
            shell.add("template1");
            var answer = Program.of(ServerProgram.asOwner(runAs, shell)).in(directory).capture();
            var values = new ArrayList<String>();
            var m = Pattern.compile("answer = \"([0-9a-f]*)\"\\s+\\(typeid").matcher(answer.stdout());
            while (m.find()) {
                values.add(new String(HexFormat.of().parseHex(m.group(1)), StandardCharsets.UTF_8));
            }
            if (!answer.ok()) {
                throw Failure.notReady("the copy cannot be asked for its superuser: " + answer.stderr().strip(), null);
            }
            return values;
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "cannot write to " + scratch + ": " + e.getMessage(), null, e);
        }
    }

    /** Who shall run the server when we are root. */
    private static Owner serverOwner(RestoreSource source) {
        return Owner.named("postgres")
            .or(
                () -> Optional.ofNullable(source.fingerprint())
                    .map(f -> f.server().uid())
                    .filter(uid -> uid != 0)
                    .map(uid -> new Owner(uid.intValue(), uid.intValue())))
            .orElse(new Owner(70, 70));
    }

    private static void mustBeReachable(Path base, Owner owner) throws IOException {
        var barrier = owner.barrierTo(base);
        if (barrier.isEmpty()) return;
        throw Failure.notReady(
            "the server (user " + owner.uid() + ") cannot enter " + barrier.get(),
            "choose another place: --scratch DIR, readable for others.");
    }

    /** What a killed run left: its lock is free. */
    private static void sweep(Path base) throws IOException {
        try (var leftovers = Files.newDirectoryStream(base, PREFIX + "*")) {
            for (var leftover : leftovers) {
                var lockFile = leftover.resolve(LOCK);
                if (!Files.isWritable(lockFile)) continue;
                try (var channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
                    var free = channel.tryLock();
                    if (free == null || RunningServer.on(leftover.resolve("data")).isPresent()) continue;
                    Console.say("removing what an interrupted run left in %s", leftover);
                    FileTree.delete(leftover);
                } catch (OverlappingFileLockException ours) {
                    // in use by this very process
                }
            }
        }
    }
}
