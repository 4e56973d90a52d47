package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lib.Console;
import lib.Failure;
import lib.Progress;
import lib.Shutdown;
import lib.backup.Age;
import lib.backup.BackupDirectory;

/**
 * Carries out a {@link RestorePlan}. The new cluster is unpacked, checked and brought onto the disk while the old one still stands
 * (and even runs); then the server is stopped, and two names are swapped. Whatever happens on the way, one of the two is there whole.
 */
public final class Restoration {
    /** @param kept the old cluster; null when there was none */
    public record Result(Path data, Path kept, long bytes, Duration took) {}

    private final RestorePlan plan;
    private volatile boolean swapping;

    private Restoration(RestorePlan plan) {
        this.plan = plan;
    }

    public static Result run(RestorePlan plan) throws IOException {
        return new Restoration(plan).run();
    }

    /**
     * Finishes a restore of this backup into this place that was killed after the swap had begun.
     *
     * @return empty when there is nothing to finish
     */
    public static Optional<Result> resume(Source source, Path typed) throws IOException {
        var data = DataDirectory.of(typed).path();
        if (!Staging.isNearlyDone(data)) return Optional.empty();
        var journal = Staging.settle(data).orElseThrow();
        if (!journal.backup().equals(source.backup().path().toString())) return Optional.empty();   // another one: that is done, this one follows
        long bytes = DataDirectory.sizeOf(data) + journal.tablespaces().stream().mapToLong(t -> DataDirectory.sizeOf(Path.of(t))).sum();
        return Optional.of(new Result(data, journal.keepAs() == null ? null : Path.of(journal.keepAs()), bytes, Duration.ZERO));
    }

    /** Starts what was restored, as it will run from now on, and looks into it. */
    public static void start(RestorePlan plan, lib.ConnectionSettings settings) {
        var data = plan.target().path();
        if (plan.container() != null) {
            DatabaseContainer.start();
            return;
        }
        var program = plan.server() != null ? plan.server() : ServerProgram.ofMajor(plan.source().major(), plan.source().timescaleVersions().values());
        Console.say("starting it …");
        var service = plan.running() == null ? null : plan.running().service();
        if (service != null) {
            var answer = lib.Program.of(java.util.List.of("systemctl", "start", service)).capture();
            if (!answer.ok()) throw Failure.failed("systemctl start " + service + " failed: " + answer.stderr().strip(), "all is restored; see: journalctl -u " + service);
        } else {
            var took = Startup.start(program, data, plan.owner() == null ? Owner.ofThisProcess() : plan.owner(), Map.of());
            Console.say("recovery took %s%s", lib.Units.duration(took), Startup.replayedTheBackup(data) ? ", to the end of the backup" : "");
        }
        Startup.look(data, settings);
    }

    private Result run() throws IOException {
        var start = System.nanoTime();
        var data = plan.target().path();
        var worker = Thread.currentThread();
        var done = new CountDownLatch(1);
        try (var undo = Shutdown.onExit(() -> cancel(worker, done))) {
            var journal = new Staging.Journal(plan.source().backup().path().toString(), data.toString(), plan.keepAs() == null ? null : plan.keepAs().toString(),
                plan.tablespaces().values().stream().map(Path::toString).toList(), false);
            try (var staging = Staging.create(journal)) {
                try {
                    fill(staging);
                    staging.complete();
                    stopServer();
                    swapping = true;
                } catch (IOException | RuntimeException e) {
                    Thread.interrupted();   // Ctrl-C interrupted the work, not the cleaning up
                    discard(staging, e);
                    throw e;
                }
                staging.swap();
            }
        } finally {
            done.countDown();
        }
        return new Result(data, plan.keepAs(), DataDirectory.sizeOf(data) + tablespaceBytes(), Duration.ofNanos(System.nanoTime() - start));
    }

    private void fill(Staging staging) throws IOException {
        if (plan.owner() != null) plan.owner().give(staging.directory());
        for (var place : plan.tablespaces().values()) makeTablespace(place);
        unpack(plan.source(), staging.directory(), plan.tablespaces(), plan.owner(), plan.verify(), plan.identity());
        mustHaveWal(plan.source(), staging.directory());
        if (plan.verify()) mustReadWal(plan.source(), staging.directory(), plan.server());
        leaveOutSignals(staging.directory());
        if (plan.isCopy()) Quiet.write(staging.directory());
    }

    /**
     * A data directory from a backup, checked, ready to be started; only its pg_control has not got its name yet.
     *
     * @param directory exists and is empty but for a journal
     * @param tablespaces their new places by OID; they exist and are empty but for a mark
     */
    static void unpack(Source source, Path directory, Map<String, Path> tablespaces, Owner owner, boolean verify, Age.Identity identity) throws IOException {
        var backup = source.backup();
        try (var progress = Progress.ofBytes("restore", source.dataBytes());
             var unpacker = new Unpacker(directory, tablespaces, owner, verify ? source.manifest() : null, identity, progress::by)) {
            if (backup.format() == BackupDirectory.Format.PLAIN) {
                unpacker.plain(backup.dataDirectory());
            }
            for (var archive : backup.archives()) {
                progress.phase(archive.path().getFileName().toString());
                var sum = unpacker.archive(archive.path(), archive.prefix());
                var wanted = source.sums().get(archive.path().getFileName().toString());
                if (verify && wanted != null && !wanted.equals(sum)) {
                    unpacker.findings().add(archive.path().getFileName() + " has another SHA-256 than SHA256SUMS says");
                }
            }
            unpacker.finish(backup.path().toString());
        }
        rewriteTablespaceMap(directory, tablespaces);
    }

    /** Without it the server says "could not locate required checkpoint record", and people then do what corrupts the cluster. */
    static void mustHaveWal(Source source, Path directory) throws IOException {
        long segmentBytes;
        try (var files = Files.list(directory.resolve("pg_wal"))) {
            // WAL files are all of one size; it is set when the cluster is made.
            var first = files.filter(f -> f.getFileName().toString().matches("[0-9A-F]{24}")).findFirst();
            segmentBytes = first.isPresent() ? Files.size(first.get()) : source.segmentBytes();
        }
        if (Long.bitCount(segmentBytes) != 1 || segmentBytes < 1 << 20) segmentBytes = source.segmentBytes();
        var missing = new ArrayList<String>();
        for (var name : source.walSegments(segmentBytes)) {
            var file = directory.resolve("pg_wal").resolve(name);
            if (!Files.exists(file) || Files.size(file) != segmentBytes) missing.add(name);
        }
        if (!missing.isEmpty()) {
            throw Failure.answerIsNo("the backup " + source.backup().path() + " lacks WAL that it needs: " + missing.getFirst()
                    + (missing.size() > 1 ? " and " + (missing.size() - 1) + " more" : "") + (source.backup().hasWalArchive() ? "" : " (it has no pg_wal.tar)"),
                "find those files (the server's pg_wal, an archive, a standby) or take another backup; the last resort is: restore.java salvage --help");
        }
    }

    /**
     * No manifest covers the WAL, but every record carries a CRC, and pg_waldump reads them as the recovery will.
     *
     * @param program null when no server of that version is here: then the recovery will tell
     */
    static void mustReadWal(Source source, Path directory, ServerProgram program) {
        if (program == null || !program.installation().has("pg_waldump") || program.installation().major() < 15) return;   // --quiet came with 15
        for (var range : source.manifest().walRanges()) {
            var answer = lib.Program.of(java.util.List.of(program.installation().program("pg_waldump").toString(), "--quiet", "--path=" + directory.resolve("pg_wal"),
                "--timeline=" + range.timeline(), "--start=" + lib.backup.Lsn.text(range.start()), "--end=" + lib.backup.Lsn.text(range.end()))).with(Map.of("LC_ALL", "C")).capture();
            if (!answer.ok()) {
                throw Failure.answerIsNo("the WAL of the backup " + source.backup().path() + " is damaged: " + answer.stderr().strip().replaceFirst("^pg_waldump: (error|fatal): ", ""),
                    "take an older backup (list: jbang backup.java list); with this WAL the recovery would not come to its end.");
            }
        }
    }

    /** The server makes the links anew from this file when it starts: it must name the new places. Its format: "OID path" a line. */
    private static void rewriteTablespaceMap(Path directory, Map<String, Path> tablespaces) throws IOException {
        var map = directory.resolve("tablespace_map");
        if (!Files.exists(map)) return;
        var text = new StringBuilder();
        tablespaces.forEach((oid, place) -> text.append(oid).append(' ').append(place.toString().replace("\\", "\\\\").replace("\n", "\\\n")).append('\n'));
        Files.writeString(map, text);
    }

    /** pg_basebackup -R leaves word to start as a standby: it would follow for ever and take no write. */
    static void leaveOutSignals(Path directory) throws IOException {
        for (var name : java.util.List.of("standby.signal", "recovery.signal")) {
            if (Files.deleteIfExists(directory.resolve(name))) {
                Console.warn("%s was in the backup and is left out: the restored cluster is to be a server of its own", name);
            }
        }
    }

    private void makeTablespace(Path place) throws IOException {
        if (Staging.isOurs(place)) return;
        Files.createDirectories(place);
        Staging.mark(place);
        Files.setPosixFilePermissions(place, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
        if (plan.owner() != null) plan.owner().give(place);
    }

    private void stopServer() {
        var data = plan.target().path();
        var running = RunningServer.on(data);
        if (running.isEmpty()) return;
        Console.say("stopping the server (%s) …", running.get());
        if (plan.stopCommand() != null) {
            int code = lib.Program.of(java.util.List.of("sh", "-c", plan.stopCommand())).run();
            if (code != 0) throw Failure.notReady("the stop command ended with " + code + ": " + plan.stopCommand(), "the old cluster is as it was; stop its server, then run this again.");
            RunningServer.waitUntilGone(data);
        } else if (plan.container() != null) {
            DatabaseContainer.stop();
            RunningServer.waitUntilGone(data);
        } else {
            running.get().stop();
        }
    }

    private long tablespaceBytes() {
        return plan.tablespaces().values().stream().mapToLong(DataDirectory::sizeOf).sum();
    }

    private void cancel(Thread worker, CountDownLatch done) {
        if (!swapping) worker.interrupt();
        try {
            done.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void discard(Staging staging, Exception reason) {
        try {
            staging.discard();
        } catch (IOException e) {
            reason.addSuppressed(e);
            Console.warn("could not remove %s; the next restore will: %s", staging.directory(), e.getMessage());
        }
    }
}
