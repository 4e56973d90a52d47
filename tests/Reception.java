//SOURCES ../lib/archive/WalArchive.java ../lib/archive/WalStatus.java Cluster.java Tool.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import lib.archive.WalArchive;
import lib.archive.WalStatus;

/** A running {@code backup.java receive} for a cluster, with what it says kept in a file. */
final class Reception implements AutoCloseable {
    private final Cluster cluster;
    private final Path backups;
    private final Path log;
    private Process process;

    private Reception(Cluster cluster, Path backups, Path log) {
        this.cluster = cluster;
        this.backups = backups;
        this.log = log;
    }

    /** Starts one and waits until it has caught up. */
    static Reception of(Cluster cluster, Path backups, String... options) {
        try {
            var reception = new Reception(cluster, backups, Files.createTempFile(cluster.home(), "receive-", ".log"));
            reception.start(options);
            reception.awaitNow();
            return reception;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it (again); what it said before stays in the log. */
    void start(String... options) {
        var arguments = new ArrayList<>(List.of("receive", "-o", backups.toString()));
        arguments.addAll(List.of(options));
        var shell = new ArrayList<>(
            List.of("sh", "-c", "exec \"$@\" 2>>\"$0\"", log.toString(), Tool.ROOT.resolve("bin/jbang").toString()));
        shell.add(Tool.ROOT.resolve("backup.java").toString());
        shell.addAll(arguments);
        process = Tool.command(shell.toArray(String[]::new)).with(cluster.environment()).start();
    }

    /** Until all that is committed now has been received. */
    void awaitNow() {
        var now = Instant.parse(
            cluster.sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
        await(
            "everything is received",
            () -> status() != null && status().completeUntil() != null && status().completeUntil().isAfter(now));
    }

    WalStatus status() {
        return WalArchive.in(backups)
            .stream()
            .filter(a -> a.systemIdentifier().equals(system()))
            .findFirst()
            .flatMap(WalArchive::status)
            .orElse(null);
    }

    WalArchive archive() {
        return WalArchive.of(backups, system()).orElseThrow();
    }

    private String system() {
        return cluster.sql("SELECT system_identifier FROM pg_control_system()");
    }

    String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    /** As a crash or the kernel does it: the JVM alone. What it started must end by itself. */
    void kill() {
        process.destroyForcibly();
        join();
    }

    /** As Ctrl-C or systemd does it. */
    void end() {
        process.destroy();
        join();
    }

    private void join() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("the receiver does not end\n" + said());
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    void awaitSaid(String words) {
        await("'" + words + "' is said", () -> said().contains(words));
    }

    void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + 120_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) throw new AssertionError("not in two minutes: " + what + "\n" + said());
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) end();
    }
}
