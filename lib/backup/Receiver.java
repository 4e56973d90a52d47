//SOURCES ../AtomicFile.java ../Console.java ../ExitCode.java ../Failure.java ../Shutdown.java ../Units.java
//SOURCES ../archive/Age.java ../archive/Lsn.java ../archive/WalArchive.java ../archive/WalStatus.java
//SOURCES ../database/ConnectionSettings.java ../database/PgTools.java ReceivedSegments.java ReceiverMetrics.java
//SOURCES ReceiverProgram.java ReceiverServer.java
package lib.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import lib.AtomicFile;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Shutdown;
import lib.Units;
import lib.archive.Age;
import lib.archive.Lsn;
import lib.archive.WalArchive;
import lib.archive.WalStatus;
import lib.database.ConnectionSettings;
import lib.database.PgTools;

/**
 * Receives the WAL of a cluster as it is written, so that a restore can go to any moment: pg_receivewal with a
 * replication slot of its own, watched and begun anew after whatever stopped it. Runs until it is ended.
 *
 * <p>The server keeps for the slot what is not here yet. A segment is only given up as lost when the server says that
 * it is gone; then there is a gap, and it is named. Where the server goes on from an earlier state under the same
 * timeline, the old directory is set aside: two histories must never stand in one.
 */
public final class Receiver implements AutoCloseable {
    private static final String LOCK = ".lock";
    private static final long NEWS_MILLIS = 2_000;
    private static final long LOOK_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;

    /**
     * @param slot name of the replication slot; null for one that is made up, and kept in the archive
     * @param recipients null without encryption
     * @param metrics the file for numbers; null without one
     */
    public record Request(Path backups, String slot, Age.Recipients recipients, Path metrics) {}

    private final ConnectionSettings settings;
    private final Request request;
    private final ReceiverServer server;
    private final String system;
    private final Path archive;
    private final String slot;
    private final FileChannel lock;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopping;
    private final ReceiverMetrics metrics;
    private final WalStatus.Draft status = new WalStatus.Draft();
    private ReceiverServer.Position position;
    private String lastTrouble = "";

    /**
     * The directory of the cluster's WAL.
     *
     * @param system identifier of the cluster
     * @param lock held as long as this one receives
     */
    private record Place(String system, Path archive, FileChannel lock) {}

    private Receiver(ConnectionSettings settings, Request request, ReceiverServer server, Place place) {
        this.settings = settings;
        this.request = request;
        this.server = server;
        this.system = place.system();
        this.archive = place.archive();
        this.lock = place.lock();
        this.metrics = new ReceiverMetrics(request.metrics(), system);
        var before = WalStatus.read(archive);
        this.slot =
            request.slot() != null ? request.slot() : before.map(WalStatus::slot).orElseGet(Receiver::newSlotName);
        status.state = "waiting";
        status.server = settings.place();
        status.slot = slot;
        status.pid = ProcessHandle.current().pid();
        status.at = Instant.now();
        before.ifPresent(last -> {
            status.completeUntil = last.completeUntil();
            status.segmentBytes = last.segmentBytes();
        });
    }

    /**
     * Connects, and takes the archive of that cluster. @throws Failure when that is not possible, or another receiver
     * has it
     */
    public static Receiver open(ConnectionSettings settings, Request request) {
        if (request.slot() != null && !request.slot().matches("[a-z0-9_]{1,63}")) {
            throw Failure.usage(
                "'" + request.slot() + "' is not a name of a replication slot",
                "it has lower case letters, digits and underscores, 63 at most.");
        }
        var server = new ReceiverServer(settings);
        var identity = server.identity();
        PgTools.forServer("pg_receivewal", identity.major());
        var archive = WalArchive.directoryOf(request.backups().toAbsolutePath().normalize(), identity.system());
        try {
            Files.createDirectories(archive, ownerOnly());
            var lock = FileChannel.open(
                archive.resolve(LOCK),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.READ);
            if (!isFree(lock)) {
                lock.close();
                var other = WalStatus.read(archive);
                throw Failure.notReady(
                    "another receiver is at work in " + archive
                        + other.map(o -> " (process " + o.pid() + ")").orElse(""),
                    "one is enough: what it has is shown by backup.java list.");
            }
            return new Receiver(settings, request, server, new Place(identity.system(), archive, lock));
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write to " + archive + ": " + e.getMessage(),
                "choose another directory with -o.",
                e);
        }
    }

    private static boolean isFree(FileChannel lock) throws IOException {
        try {
            return lock.tryLock() != null;
        } catch (OverlappingFileLockException ours) {
            return false;
        }
    }

    /** Ends a receiver of this machine, and lets the server keep no more WAL for it. */
    public static void stopOther(ConnectionSettings settings, Request request) {
        var server = new ReceiverServer(settings);
        var archive =
            WalArchive.directoryOf(request.backups().toAbsolutePath().normalize(), server.identity().system());
        var status = WalStatus.read(archive);
        var slot = request.slot() != null ? request.slot() : status.map(WalStatus::slot).orElse(null);
        if (slot == null) {
            throw Failure.answerIsNo("nothing was received from " + settings.place() + " into " + archive, null);
        }
        status.flatMap(s -> ProcessHandle.of(s.pid()))
            .filter(p -> isHeld(archive))
            .ifPresent(Receiver::end);
        try {
            if (server.slot(slot).isPresent()) {
                server.dropSlot(slot);
                Console.say("dropped the replication slot %s; what was received stays in %s", slot, archive);
            } else {
                Console.say("there is no replication slot %s any more", slot);
            }
        } finally {
            server.disconnect();
        }
    }

    private static boolean isHeld(Path archive) {
        try (var lock = FileChannel.open(archive.resolve(LOCK), StandardOpenOption.WRITE)) {
            return !isFree(lock);
        } catch (IOException none) {
            return false;
        }
    }

    private static void end(ProcessHandle receiver) {
        receiver.destroy();
        try {
            receiver.onExit().get(30, TimeUnit.SECONDS);
            Console.say("ended the receiver, process %d", receiver.pid());
        } catch (InterruptedException | ExecutionException
            | TimeoutException e) {
            throw new Failure(
                ExitCode.FAILED,
                "the receiver (process " + receiver.pid() + ") does not end",
                "end it with: kill " + receiver.pid(),
                e);
        }
    }

    /** Until Ctrl-C, TERM, or something that no waiting mends. */
    public void run() {
        try (var undo = Shutdown.onExit(this::stop)) {
            long pause = 0;
            while (!stopping) {
                long begun = System.nanoTime();
                try {
                    receive();
                } catch (Failure | IOException e) {
                    if (stopping) break;
                    if (e instanceof Failure f && isFinal(f)) throw f;
                    trouble(e);
                }
                boolean wasLong = System.nanoTime() - begun > 10_000_000_000L;
                pause = wasLong ? 500 : Math.clamp(pause * 2, 500, LONGEST_PAUSE_MILLIS);
                pause(pause);
            }
        } finally {
            news("ended", null);
            ended.countDown();
        }
    }

    /** The work has gone too far to wait: a right is missing, another cluster answers. */
    private static boolean isFinal(Failure f) {
        return f.exitCode() == ExitCode.USAGE || f.exitCode() == ExitCode.ANSWER_IS_NO;
    }

    /** One connection: what there is to put right first, then pg_receivewal for as long as it runs. */
    private void receive() throws IOException {
        server.disconnect();
        var identity = server.identity();
        if (!identity.system().equals(system)) {
            throw Failure.answerIsNo(
                "another cluster answers at " + settings.place() + " now: " + identity.system() + ", it was " + system,
                "to receive from that one, start this again; what was received before stays.");
        }
        var client = PgTools.forServer("pg_receivewal", identity.major());
        var line = line(identity);
        var segments =
            new ReceivedSegments(line, identity.timeline(), identity.segmentBytes(), request.recipients());
        segments.gather(lines());
        segments.clearLeftovers();
        segments = prepare(identity, segments);
        status.timeline = identity.timeline();
        status.serverLsn = Lsn.text(identity.end());
        status.segmentBytes = identity.segmentBytes();
        try (var program = ReceiverProgram.start(client, settings, slot, line)) {
            boolean isOver = !follow(program, segments);
            if (stopping || isOver) return;
            afterItsEnd(program.trouble(), identity, segments);
        }
    }

    private Path line(ReceiverServer.Identity identity) throws IOException {
        var line = archive.resolve(WalArchive.lineName(identity.timeline()));
        if (!Files.isDirectory(line)) Files.createDirectory(line, ownerOnly());
        return line;
    }

    private List<Path> lines() throws IOException {
        try (var all = Files.list(archive)) {
            return all.filter(d -> d.getFileName().toString().matches("[0-9A-F]{8}")).toList();
        }
    }

    /** The slot, and a beginning for pg_receivewal that leaves no gap where none is needed. */
    private ReceivedSegments prepare(ReceiverServer.Identity identity, ReceivedSegments segments) throws IOException {
        var known = server.slot(slot);
        boolean isNew = segments.isEmpty();
        boolean wentBack = !isNew && identity.end() < segments.received();
        if (!isNew && (known.isEmpty() || wentBack)) {
            segments = setAside(identity, segments, wentBack);
            isNew = true;
        }
        if (known.isPresent() && known.get().isLost()) {
            gap(
                "the replication slot " + slot
                    + " is lost: the server removed WAL that was not received yet (max_slot_wal_keep_size)",
                segments,
                identity);
            server.dropSlot(slot);
            known = server.slot(slot);
        }
        if (known.isEmpty()) {
            server.makeSlot(slot);
            Console.say("made the replication slot %s: the server keeps WAL until it is here", slot);
        }
        if (isNew) {
            var parent = identity.branches().isEmpty() ? null : identity.branches().getLast();
            if (parent != null && Files.isDirectory(archive.resolve(WalArchive.lineName(parent.timeline())))) {
                segments.beginAt(parent.until());
                Console.say("timeline %d begins at %s", identity.timeline(), Lsn.text(parent.until()));
            }
        } else if (segments.resumesAt() < segments.endOfFinished()) {
            segments.beginAt(segments.endOfFinished());
        }
        return segments;
    }

    /**
     * The same timeline number, and another history: a backup was restored and started without a new timeline, or the
     * slot was dropped.
     */
    private ReceivedSegments setAside(ReceiverServer.Identity identity, ReceivedSegments segments, boolean wentBack)
        throws IOException {
        var line = archive.resolve(WalArchive.lineName(identity.timeline()));
        var aside = line.resolveSibling(line.getFileName() + ".until-" + Units.stamp(Instant.now()));
        AtomicFile.rename(line, aside);
        line(identity);
        Console.warn(
            wentBack
                ? "the server is at %s, behind what was received from it: a backup was restored. What was received "
                    + "before is kept in %s"
                : "the replication slot %1$s is gone: it was dropped, or a backup was restored. What was received "
                    + "before is kept in %2$s",
            wentBack ? Lsn.text(identity.end()) : slot,
            aside);
        Console.hint("take a new backup: from its end on every moment can be restored again (make backup).");
        return new ReceivedSegments(line, identity.timeline(), identity.segmentBytes(), request.recipients());
    }

    /** @return false when the server is on another timeline now, which is received into a directory of its own */
    private boolean follow(ReceiverProgram program, ReceivedSegments segments) throws IOException {
        ReceiverServer.Position asked = null;
        boolean said = false;
        long nextNews = 0;
        try {
            while (!stopping && !program.ended(LOOK_MILLIS)) {
                segments.pack();
                if (segments.hasNextTimeline()) return false;
                if (System.nanoTime() < nextNews) continue;
                nextNews = System.nanoTime() + NEWS_MILLIS * 1_000_000;
                position = position();
                if (position == null) continue;
                if (position.received() >= position.lsn()) asked = position;
                if (asked == null) asked = position;
                if (position.received() >= asked.lsn()) {
                    completeUntil(asked);
                    asked = position;
                }
                if (!said && position.received() > 0) {
                    Console.say("receiving WAL from %s into %s", settings.place(), archive);
                    said = true;
                    lastTrouble = "";
                }
                news(said ? "receiving" : "waiting", null);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(ExitCode.INTERRUPTED, "interrupted", null, e);
        }
    }

    private ReceiverServer.Position position() {
        try {
            return server.position(slot);
        } catch (Failure e) {
            Console.detail("no news from the server: %s", e.getMessage());
            server.disconnect();
            return null;
        }
    }

    private void completeUntil(ReceiverServer.Position position) {
        status.at = Instant.now();
        status.serverLsn = Lsn.text(position.lsn());
        status.completeUntil = position.at();
    }

    /** Why it ended decides where the next one begins. */
    private void afterItsEnd(String said, ReceiverServer.Identity identity, ReceivedSegments segments)
        throws IOException {
        if (said.contains("has already been removed") || said.contains("invalidated")) {
            segments.forgetBeginning();
            gap("the server does not have the WAL any more that was to be received next: " + said, segments, identity);
            return;
        }
        if (said.contains("No space left on device")) throw full();
        if (said.contains("is active for PID")) {
            throw Failure.notReady(
                "the replication slot " + slot + " is in use: " + said,
                "if another receiver uses it, give this one a name of its own with --slot; else it is free "
                    + "within a minute.");
        }
        throw Failure.noConnection(
            "pg_receivewal ended: " + said,
            "it is begun again by itself, and the server keeps its WAL for the slot " + slot + ".");
    }

    private void gap(String why, ReceivedSegments segments, ReceiverServer.Identity identity) throws IOException {
        Console.warn(
            "%s: from %s to %s there is a gap",
            why,
            Lsn.text(segments.received()),
            Lsn.text(identity.end() - identity.end() % identity.segmentBytes()));
        Console.hint("take a new backup now: from its end on every moment can be restored again (make backup).");
        segments.beginAt(identity.end());
    }

    private Failure full() {
        return Failure.notReady(
            "the disk under " + archive + " is full: nothing is received until there is space",
            "free some: backup.java prune --keep 3. Meanwhile the server keeps its WAL for the slot " + slot
                + " and its own disk fills up.");
    }

    /** Said once, however often it is met. */
    private void trouble(Exception e) {
        boolean isFull = e instanceof IOException && String.valueOf(e.getMessage()).contains("No space left");
        var failure = isFull ? full() : asFailure(e);
        if (!failure.getMessage().equals(lastTrouble)) {
            Console.warn("%s", failure.getMessage());
            if (failure.hint() != null) Console.hint("%s", failure.hint());
        }
        lastTrouble = failure.getMessage();
        news("waiting", failure.getMessage());
    }

    private static Failure asFailure(Exception e) {
        if (e instanceof Failure failure) return failure;
        return Failure.failed(String.valueOf(e.getMessage()), "it is tried again by itself.");
    }

    private void news(String state, String message) {
        status.state = state;
        status.message = message;
        status.at = Instant.now();
        try {
            new WalStatus(status).write(archive);
        } catch (IOException e) {
            Console.detail("receiver.json: %s", e.getMessage());
        }
        if (metrics.isDue(state)) writeMetrics(state);
    }

    /** A server that does not answer is asked nothing. */
    private void writeMetrics(String state) {
        boolean isConnected = state.equals("receiving") && position != null;
        ReceiverServer.Slot known = null;
        try {
            if (isConnected) known = server.slot(slot).orElse(null);
        } catch (Failure e) {
            Console.detail("no news of the slot: %s", e.getMessage());
            server.disconnect();
        }
        metrics.write(new WalStatus(status), isConnected ? position : null, known);
    }

    private void pause(long millis) {
        for (long waited = 0; waited < millis && !stopping; waited += LOOK_MILLIS) {
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                stopping = true;
            }
        }
    }

    /** Ctrl-C: pg_receivewal writes its last bytes first. */
    private void stop() {
        stopping = true;
        try {
            ended.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String newSlotName() {
        return "tstools_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    }

    private static FileAttribute<?> ownerOnly() {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    }

    @Override
    public void close() {
        server.disconnect();
        try {
            lock.close();
        } catch (IOException e) {
            Console.detail("%s", e.getMessage());
        }
    }
}
