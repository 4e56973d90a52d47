//SOURCES ../Console.java ../Failure.java ../Program.java ../Shutdown.java ../Units.java ../archive/RestoreSource.java
//SOURCES ../boot/CopySettings.java ../boot/DangerousSettings.java ../boot/Owner.java ../boot/RunningServer.java
//SOURCES ../boot/ServerProgram.java ../boot/Startup.java ../boot/UnpackPlaces.java ../boot/Unpacker.java
//SOURCES ../boot/Unpacking.java ../database/ConnectionSettings.java ClusterRole.java ConfigurationRestore.java
//SOURCES DataDirectory.java DatabaseContainer.java RestorePlan.java Staging.java StandbySettings.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lib.Console;
import lib.Failure;
import lib.Program;
import lib.Shutdown;
import lib.Units;
import lib.archive.RestoreSource;
import lib.boot.CopySettings;
import lib.boot.DangerousSettings;
import lib.boot.Owner;
import lib.boot.RunningServer;
import lib.boot.ServerProgram;
import lib.boot.Startup;
import lib.boot.UnpackPlaces;
import lib.boot.Unpacker;
import lib.boot.Unpacking;
import lib.database.ConnectionSettings;

/**
 * Carries out a {@link RestorePlan}. The new cluster is unpacked, checked and brought onto the disk while the old one
 * still stands (and even runs); then the server is stopped, and two names are swapped. Whatever happens on the way, one
 * of the two is there whole.
 */
public final class Restoration {
    /** @param kept the old cluster; null when there was none */
    public record Result(Path data, Path kept, long bytes, Duration took) {
        /** What was done, and what the person does next. */
        public List<String> next(RestorePlan plan) {
            var lines = new ArrayList<String>();
            lines.add("restored in " + Units.duration(took));
            if (kept != null) {
                lines.add(
                    "the old cluster is in " + kept + "; when all is well: " + (mayRemove(kept) ? "" : "sudo ")
                        + "rm -r "
                        + Program.typed(kept));
            }
            if (plan.runner().role() == ClusterRole.STANDBY) {
                lines.addAll(StandbySettings.toCheck(plan.source().backup(), plan.options()));
            }
            if (plan.isCopy()) {
                lines.add(
                    "archiving, jobs and subscriptions are off in this copy; to switch them on: "
                        + CopySettings.wakeUp()
                        + " then restart");
            }
            return lines;
        }

        /**
         * In the tools container we are root, and the person outside is not: that is whom the working directory belongs
         * to.
         */
        private static boolean mayRemove(Path kept) {
            return !Files.isDirectory(Path.of("/opt/tools/launch"))
                || Owner.of(kept).uid() == Owner.of(Path.of("").toAbsolutePath()).uid();
        }
    }

    private static final Duration PATIENCE = Duration.ofDays(7);       // replay takes what it takes

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
    public static Optional<Result> resume(RestoreSource source, Path typed) throws IOException {
        var data = DataDirectory.of(typed).path();
        if (!Staging.isNearlyDone(data)) return Optional.empty();
        var journal = Staging.settle(data).orElseThrow();
        // another one: that is done, this one follows
        if (!journal.backup().equals(source.place())) return Optional.empty();
        Console.say("this restore was interrupted at its very end; it is finished now");
        long bytes = DataDirectory.sizeOf(data)
            + journal.tablespaces().stream().mapToLong(t -> DataDirectory.sizeOf(Path.of(t))).sum();
        return Optional
            .of(new Result(data, journal.keepAs() == null ? null : Path.of(journal.keepAs()), bytes, Duration.ZERO));
    }

    /** Starts what was restored, as it will run from now on, and looks into it. */
    public static void start(RestorePlan plan, ConnectionSettings settings) {
        var data = plan.target().path();
        if (plan.runner().container() != null) {
            DatabaseContainer.start();
            return;
        }
        var program = plan.runner().server() != null ? plan.runner().server()
            : ServerProgram
                .ofMajor(plan.source().backup().major(), plan.source().backup().timescaleVersions().values());
        Console.say("starting it …");
        var service = plan.runner().running() == null ? null : plan.runner().running().service();
        if (service != null) {
            var answer = Program.of(List.of("systemctl", "start", service)).capture();
            if (!answer.ok()) {
                throw Failure.failed(
                    "systemctl start " + service + " failed: " + answer.stderr().strip(),
                    "all is restored; see: journalctl -u " + service);
            }
        } else {
            var took =
                Startup.start(
                    program,
                    data,
                    plan.layout().owner() == null ? Owner.ofThisProcess() : plan.layout().owner());
            Console.say(
                "recovery took %s%s",
                Units.duration(took),
                Startup.replayedTheBackup(data) ? ", to the end of the backup" : "");
        }
        Startup.look(data, settings);
    }

    private Result run() throws IOException {
        var start = System.nanoTime();
        var data = plan.target().path();
        var worker = Thread.currentThread();
        var done = new CountDownLatch(1);
        try (var undo = Shutdown.onExit(() -> cancel(worker, done))) {
            var journal = Staging.Journal.begin(
                plan.source().backup().place(),
                data,
                plan.layout().keepAs(),
                plan.layout().outside());
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
        return new Result(
            data,
            plan.layout().keepAs(),
            DataDirectory.sizeOf(data) + bytesOutside(),
            Duration.ofNanos(System.nanoTime() - start));
    }

    private void fill(Staging staging) throws IOException {
        var layout = plan.layout();
        var source = plan.source().backup();
        var data = staging.directory();
        if (layout.owner() != null) layout.owner().give(data);
        for (var place : layout.outside()) {
            staging.take(place);
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx------"));
            if (layout.owner() != null) layout.owner().give(place);
        }
        var places = new UnpackPlaces(data, layout.tablespaces(), layout.wal(), layout.owner());
        Unpacking.unpack(source, places, plan.options().verifies(), plan.source().identity());
        Unpacking.checkWal(source, data, plan.options().verifies());
        keepMode(data);
        configure(data);
    }

    /** A data directory that the group may enter stays so: monitoring and backups of others rely on it. */
    private void keepMode(Path data) throws IOException {
        if (!plan.replacesCluster()) return;
        boolean isForGroup =
            Files.getPosixFilePermissions(plan.target().path()).contains(PosixFilePermission.GROUP_READ);
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString(isForGroup ? "rwxr-x---" : "rwx------"));
    }

    private void configure(Path data) throws IOException {
        var source = plan.source();
        Unpacking.leaveOutSignals(data);
        if (plan.options().starts() && !ConfigurationRestore.isInData(source.backup())
            && ConfigurationRestore.hasCopy(source.backup())) {
            ConfigurationRestore.copyInto(data, source, plan.layout().owner());
        }
        if (source.recovery() != null) recover(data);
        boolean originalMayRun = plan.runner().role() != ClusterRole.ORIGINAL;
        for (var finding : DangerousSettings.adopt(data, plan.target().path(), originalMayRun)) {
            if (!plan.warnings().contains(finding.toString())) Console.warn("%s", finding);   // else the plan said so
        }
        if (plan.isCopy()) CopySettings.write(data);
        if (plan.runner().role() == ClusterRole.STANDBY) {
            StandbySettings.write(data, plan.options(), plan.layout().owner());
        }
    }

    /** Beside the live cluster: a moment that is not reached leaves everything as it was. */
    private void recover(Path directory) throws IOException {
        var source = plan.source().backup();
        var program = plan.runner().server() != null ? plan.runner().server()
            : ServerProgram.ofMajor(source.major(), List.of());
        var control = directory.resolve("global/pg_control");
        var hidden = control.resolveSibling(Unpacker.CONTROL_FOR_NOW);
        Files.move(hidden, control, StandardCopyOption.ATOMIC_MOVE);
        plan.source().recovery().run(program, directory, plan.layout().owner(), PATIENCE);
        Files.move(control, hidden, StandardCopyOption.ATOMIC_MOVE);
    }

    private void stopServer() {
        var data = plan.target().path();
        var running = RunningServer.on(data);
        if (running.isEmpty()) return;
        Console.say("stopping the server (%s) …", running.get());
        if (plan.options().stopCommand != null) {
            int code = Program.of(List.of("sh", "-c", plan.options().stopCommand)).run();
            if (code != 0) {
                throw Failure.notReady(
                    "the stop command ended with " + code + ": " + plan.options().stopCommand,
                    "the old cluster is as it was; stop its server, then run this again.");
            }
            RunningServer.waitUntilGone(data);
        } else if (plan.runner().container() != null) {
            DatabaseContainer.stop();
            RunningServer.waitUntilGone(data);
        } else {
            running.get().stop();
        }
    }

    private long bytesOutside() {
        return plan.layout().outside().stream().mapToLong(DataDirectory::sizeOf).sum();
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
