//SOURCES ../Console.java ../Failure.java ../Program.java ../Shutdown.java ../Units.java
//SOURCES ../archive/RestorableBackup.java ../boot/CopySettings.java ../boot/DangerousSettings.java ../boot/Owner.java
//SOURCES ../boot/RunningServer.java ../boot/ServerProgram.java ../boot/Startup.java ../boot/Unpacker.java
//SOURCES ../boot/Unpacking.java ../database/ConnectionSettings.java DataDirectory.java DatabaseContainer.java
//SOURCES RestorePlan.java Staging.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
import lib.archive.RestorableBackup;
import lib.boot.CopySettings;
import lib.boot.DangerousSettings;
import lib.boot.Owner;
import lib.boot.RunningServer;
import lib.boot.ServerProgram;
import lib.boot.Startup;
import lib.boot.Unpacker;
import lib.boot.Unpacking;

/**
 * Carries out a {@link RestorePlan}. The new cluster is unpacked, checked and brought onto the disk while the old one still stands
 * (and even runs); then the server is stopped, and two names are swapped. Whatever happens on the way, one of the two is there whole.
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
            if (plan.isCopy()) {
                lines.add(
                    "archiving, jobs and subscriptions are off in this copy; to switch them on: "
                        + CopySettings.wakeUp()
                        + " then restart");
            }
            return lines;
        }

        /** In the tools container we are root, and the person outside is not: that is whom the working directory belongs to. */
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
    public static Optional<Result> resume(RestorableBackup source, Path typed) throws IOException {
        var data = DataDirectory.of(typed).path();
        if (!Staging.isNearlyDone(data)) return Optional.empty();
        var journal = Staging.settle(data).orElseThrow();
        if (!journal.backup().equals(source.backup().path().toString())) return Optional.empty();   // another one: that is done, this one follows
        long bytes = DataDirectory.sizeOf(data)
            + journal.tablespaces().stream().mapToLong(t -> DataDirectory.sizeOf(Path.of(t))).sum();
        return Optional
            .of(new Result(data, journal.keepAs() == null ? null : Path.of(journal.keepAs()), bytes, Duration.ZERO));
    }

    /** Starts what was restored, as it will run from now on, and looks into it. */
    public static void start(RestorePlan plan, lib.database.ConnectionSettings settings) {
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
            if (!answer.ok()) throw Failure.failed(
                "systemctl start " + service + " failed: " + answer.stderr().strip(),
                "all is restored; see: journalctl -u " + service);
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
                plan.source().backup().backup().path().toString(),
                data,
                plan.layout().keepAs(),
                List.copyOf(plan.layout().tablespaces().values()));
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
            DataDirectory.sizeOf(data) + tablespaceBytes(),
            Duration.ofNanos(System.nanoTime() - start));
    }

    private void fill(Staging staging) throws IOException {
        if (plan.layout().owner() != null) plan.layout().owner().give(staging.directory());
        for (var place : plan.layout().tablespaces().values()) {
            staging.take(place);
            Files.setPosixFilePermissions(place, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
            if (plan.layout().owner() != null) plan.layout().owner().give(place);
        }
        Unpacking.unpack(
            plan.source().backup(),
            staging.directory(),
            plan.layout().tablespaces(),
            plan.layout().owner(),
            plan.options().verifies(),
            plan.source().identity());
        Unpacking.mustHaveWal(plan.source().backup(), staging.directory());
        if (plan.options().verifies()) Unpacking.mustReadWal(plan.source().backup(), staging.directory());
        Unpacking.leaveOutSignals(staging.directory());
        if (plan.source().recovery() != null) recover(staging.directory());
        for (var finding : DangerousSettings.adopt(staging.directory(), plan.target().path(), plan.isCopy())) {
            if (!plan.warnings().contains(finding.toString())) Console.warn("%s", finding);   // else the plan said so
        }
        if (plan.isCopy()) CopySettings.write(staging.directory());
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
            if (code != 0) throw Failure.notReady(
                "the stop command ended with " + code + ": " + plan.options().stopCommand,
                "the old cluster is as it was; stop its server, then run this again.");
            RunningServer.waitUntilGone(data);
        } else if (plan.runner().container() != null) {
            DatabaseContainer.stop();
            RunningServer.waitUntilGone(data);
        } else {
            running.get().stop();
        }
    }

    private long tablespaceBytes() {
        return plan.layout().tablespaces().values().stream().mapToLong(DataDirectory::sizeOf).sum();
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
