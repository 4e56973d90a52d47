//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../FileTree.java ../Units.java
//SOURCES ../archive/BackupDirectory.java ../database/Database.java BaseBackup.java
package lib.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Units;
import lib.archive.BackupDirectory;
import lib.database.Database;

/** The directory of the backups while something changes in it: locked, so that two runs never meet. */
public final class LockedBackups implements AutoCloseable {
    private static final String LOCK = ".lock";

    private final Path backups;
    private final FileChannel channel;
    /** Null where the file system has none. */
    private final FileLock lock;

    private LockedBackups(Path backups, FileChannel channel, FileLock lock) {
        this.backups = backups;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Makes the directory when it is missing (mode 0700), and takes its lock. @throws Failure when another run holds it
     */
    public static LockedBackups enter(Path directory) {
        var backups = directory.toAbsolutePath().normalize();
        try {
            if (!Files.exists(backups)) {
                Files.createDirectories(
                    backups,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            var channel =
                FileChannel.open(
                    backups.resolve(LOCK),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            FileLock lock = null;
            boolean isFree = true;
            try {
                lock = channel.tryLock();
                isFree = lock != null;
            } catch (OverlappingFileLockException ourselves) {
                isFree = false;
            } catch (IOException noLocks) {
                // the preflight warns of it
                Console.detail("%s has no file locks: %s", directory, noLocks.getMessage());
            }
            if (!isFree) {
                var holder = Files.readString(backups.resolve(LOCK)).strip();
                channel.close();
                throw Failure.notReady(
                    "another run is at work in " + directory + (holder.isEmpty() ? "" : ": " + holder),
                    "wait for its end, or choose another directory with -o.");
            }
            channel.truncate(0);
            channel.write(
                StandardCharsets.UTF_8
                    .encode("process " + ProcessHandle.current().pid() + " since " + Units.utc(Instant.now()) + "\n"));
            return new LockedBackups(backups, channel, lock);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write to " + directory + ": " + e.getMessage(),
                "choose another directory with -o.",
                e);
        }
    }

    public Path backups() {
        return backups;
    }

    /**
     * Clears what runs that were killed hard left: their pg_basebackup processes first (the WAL receiver before its
     * parent, or it would live on and pin WAL on the server), then their half-made directories. While we hold the lock,
     * none of them is alive.
     */
    public void clearLeftovers() {
        for (var partial : BackupDirectory.partials(backups)) {
            endOrphans(partial);
            Console.say("removing %s: an earlier run was killed before it was complete", partial.getFileName());
            delete(partial);
        }
    }

    /**
     * What a killed run left on the server although none of its processes is on this machine: it was run elsewhere, a
     * container that is gone perhaps.
     */
    public void nameForeignWalsenders(Database database) {
        database.list(
            "SELECT pid, application_name, backend_start::text FROM pg_catalog.pg_stat_replication WHERE "
                + "application_name LIKE ?",
            row -> "a backup of %s (process %d on the server, since %s)"
                .formatted(row.getString(2), row.getInt(1), row.getString(3)),
            BaseBackup.APPLICATION + "-%")
            .forEach(
                other -> Console.warn(
                    "%s is under way from elsewhere, or was left behind; its end: SELECT pg_terminate_backend(pid)",
                    other));
    }

    private static void endOrphans(Path partial) {
        var orphans = ProcessHandle.allProcesses().filter(p -> worksFor(p, partial)).toList();
        for (var orphan : orphans) {
            if (orphan.parent().filter(orphans::contains).isPresent()) end(orphan);
        }
        for (var orphan : orphans) end(orphan);
    }

    private static boolean worksFor(ProcessHandle process, Path partial) {
        var info = process.info();
        return info.command().map(c -> c.endsWith("pg_basebackup")).orElse(false)
            && info.arguments()
                .stream()
                .flatMap(Arrays::stream)
                .anyMatch(a -> a.equals("--pgdata=" + partial) || a.startsWith("--pgdata=" + partial + "/"));
    }

    private static void end(ProcessHandle orphan) {
        if (!orphan.isAlive()) return;
        Console.say("ending process %d: a pg_basebackup that an earlier run left behind", orphan.pid());
        orphan.destroy();
        try {
            orphan.onExit().get(5, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException
            | TimeoutException stubborn) {
            orphan.destroyForcibly();
        }
    }

    /**
     * A directory for a new backup, named after the time. Two in one second do not meet: the second one waits for the
     * next.
     */
    public Target target() {
        while (true) {
            var started = Instant.now();
            var name = BackupDirectory.NAME_PREFIX + Units.stamp(started);
            if (!Files.exists(backups.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                var partial = BackupDirectory.partialOf(backups, name);
                try {
                    Files.createDirectory(
                        partial,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                } catch (IOException e) {
                    throw new Failure(
                        ExitCode.NOT_READY,
                        "cannot write to " + backups + ": " + e.getMessage(),
                        "choose another directory with -o.",
                        e);
                }
                return new Target(name, partial, backups.resolve(name), started);
            }
            try {
                Thread.sleep(Duration.ofMillis(200));
            } catch (InterruptedException e) {
                throw new Failure(ExitCode.INTERRUPTED, "interrupted", null, e);
            }
        }
    }

    /**
     * @param partial where it is made, invisible to list and restore; {@code published} is where it appears when it is
     *        complete
     */
    public record Target(String name, Path partial, Path published, Instant started) {}

    /** Deletes a directory of ours with all that is in it; links are deleted, never followed. */
    static void delete(Path directory) {
        try {
            FileTree.delete(directory);
        } catch (IOException e) {
            Console.warn("could not remove %s: %s", directory, e.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            channel.truncate(0);
            if (lock != null) lock.release();
            channel.close();
        } catch (IOException e) {
            Console.detail("while giving the lock back: %s", e.getMessage());
        }
    }
}
