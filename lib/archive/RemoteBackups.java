//SOURCES ../AtomicFile.java ../Console.java ../ExitCode.java ../Failure.java ../FileTree.java ../Progress.java
//SOURCES ../Units.java Age.java BackupDirectory.java Fingerprint.java Manifest.java Rclone.java
package lib.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import lib.AtomicFile;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Progress;
import lib.Units;

/**
 * Backups on a remote of rclone: copied there and fetched back. A remote has no rename, so {@code SHA256SUMS} is the
 * mark: it is written last, after everything else was sent and compared, and removed first. What does not carry it is
 * not a backup.
 */
public final class RemoteBackups {
    private static final String WAL = "wal";
    private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}\\b.*");

    /**
     * @param state COMPLETE when the mark is there and every file has the size that backup.json says
     * @param print null where backup.json is missing or damaged
     */
    public record RemoteBackup(String name, State state, Instant takenAt, long storedBytes, Fingerprint print) {
        public boolean isComplete() {
            return state == State.COMPLETE;
        }
    }

    public enum State {
        COMPLETE, INCOMPLETE;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final String remote;

    private RemoteBackups(String remote) {
        this.remote = remote;
    }

    /** @param remote "name:path" of rclone, or the absolute path of a mounted disk */
    public static RemoteBackups at(String remote) {
        Rclone.check(remote);
        return new RemoteBackups(remote);
    }

    /** All that lie there, newest first. One listing and one transfer of the small papers, however many there are. */
    public List<RemoteBackup> list() {
        var sizes = new HashMap<String, Map<String, Long>>();
        for (var file : Rclone.list(remote, List.of("--include", "/" + BackupDirectory.NAME_PREFIX + "*/**"))) {
            int slash = file.path().indexOf('/');
            sizes.computeIfAbsent(file.path().substring(0, slash), n -> new LinkedHashMap<>())
                .put(file.path().substring(slash + 1), file.sizeBytes());
        }
        if (sizes.isEmpty()) return List.of();
        var papers = newDirectory(Path.of(System.getProperty("java.io.tmpdir")), "tstools-remote-");
        try {
            Rclone.copy(
                remote,
                Rclone.local(papers),
                List.of("--include", "/" + BackupDirectory.NAME_PREFIX + "*/" + Fingerprint.NAME),
                bytes -> {});
            var found = new ArrayList<RemoteBackup>();
            sizes.forEach((name, files) -> found.add(describe(name, files, papers.resolve(name))));
            found.sort(Comparator.comparing(RemoteBackup::takenAt).thenComparing(RemoteBackup::name).reversed());
            return found;
        } finally {
            remove(papers);
        }
    }

    private static RemoteBackup describe(String name, Map<String, Long> sizes, Path papers) {
        long stored = sizes.values().stream().mapToLong(Long::longValue).sum();
        var print = fingerprint(papers.resolve(Fingerprint.NAME));
        boolean complete = sizes.containsKey(BackupDirectory.SUMS)
            && print.isPresent()
            && print.get().files().stream().allMatch(f -> f.sizeBytes() == sizes.getOrDefault(f.name(), -1L));
        return new RemoteBackup(
            name,
            complete ? State.COMPLETE : State.INCOMPLETE,
            print.map(Fingerprint::endedAt).orElse(Instant.EPOCH),
            stored,
            print.orElse(null));
    }

    private static Optional<Fingerprint> fingerprint(Path file) {
        try {
            return Files.exists(file) ? Optional.of(Fingerprint.read(file)) : Optional.empty();
        } catch (Failure damaged) {
            Console.detail("%s", damaged.getMessage());
            return Optional.empty();
        }
    }

    /** One by its name, or the newest complete one for "latest". @throws Failure when it is not there, or incomplete */
    public RemoteBackup find(String name) {
        var all = list();
        var found = all.stream()
            .filter(b -> name.equals("latest") ? b.isComplete() : b.name().equals(name))
            .findFirst()
            .orElseThrow(
                () -> Failure.notReady(
                    name.equals("latest") ? "there is no complete backup at " + remote
                        : "there is no backup " + name + " at " + remote,
                    "see what is there: backup.java list --remote " + remote));
        if (!found.isComplete()) {
            throw Failure.answerIsNo(
                name + " at " + remote + " is incomplete: its copy was interrupted",
                "finish it from where it was copied: backup.java copy " + name + " " + remote);
        }
        return found;
    }

    /**
     * What has to be fetched for a backup: itself last, before it what it builds on and is not in {@code backups} yet.
     *
     * @throws Failure when one of them is neither here nor there
     */
    public List<RemoteBackup> chain(RemoteBackup wanted, Path backups) {
        var links = new ArrayList<RemoteBackup>(List.of(wanted));
        var there = wanted.print().incremental() == null ? List.<RemoteBackup>of() : list();
        for (var i = wanted.print().incremental(); i != null; i = links.getFirst().print().incremental()) {
            var parent = i.parent();
            if (Files.isDirectory(backups.resolve(parent))) break;
            var found = there.stream().filter(b -> b.name().equals(parent) && b.isComplete()).findFirst();
            if (found.isEmpty() || links.contains(found.get())) {
                throw Failure.answerIsNo(
                    links.getFirst().name() + " at " + remote + " is an incremental backup, and its parent " + parent
                        + " is not complete there",
                    "copy it again from where it was taken: backup.java copy " + links.getFirst().name() + " " + remote
                        + " takes along what it builds on.");
            }
            links.addFirst(found.get());
        }
        return links;
    }

    /**
     * Copies a backup there. An interrupted copy is continued by the next call.
     *
     * @param plainIsFine the storage may see the data: neither the backup nor the remote has to encrypt it
     * @return false when it was there already, in full
     */
    public boolean copy(BackupDirectory backup, boolean plainIsFine) {
        var print = backup.fingerprint()
            .orElseThrow(
                () -> Failure.notReady(
                    backup.name() + " has no backup.json: it was not made by this tool",
                    "copy it by hand with: rclone copy"));
        if (!Files.exists(backup.path().resolve(BackupDirectory.SUMS))) {
            throw Failure.notReady(
                backup.name() + " has no " + BackupDirectory.SUMS
                    + " (it was taken with --no-verify), so a copy could not be proven",
                "take a backup without --no-verify.");
        }
        mustBeSecret(backup.isEncrypted(), "the backup " + backup.name(), plainIsFine);
        var there = Rclone.below(remote, backup.name());
        if (isThere(backup, print)) return false;
        var here = Rclone.local(backup.path());
        var small = List.of(Fingerprint.NAME, BackupDirectory.RESTORE_GUIDE, Manifest.NAME);
        try (var progress = Progress.ofBytes("copy", backup.sizeBytes())) {
            Rclone.copy(here, there, except(withMark(small)), progress::to);
        }
        Rclone.copy(here, there, only(small), bytes -> {});
        var differences = Rclone.differences(here, there, except(List.of(BackupDirectory.SUMS)));
        if (!differences.isEmpty()) {
            throw Failure.failed(
                "the copy at " + there + " is not the same: " + differences.getFirst(),
                "copy it again; if that does not help, remove it there: rclone purge " + there);
        }
        Rclone.copy(here, there, only(List.of(BackupDirectory.SUMS)), bytes -> {});
        return true;
    }

    /** @throws Failure when another backup of this name lies there */
    private boolean isThere(BackupDirectory backup, Fingerprint print) {
        var other = list().stream().filter(b -> b.name().equals(backup.name())).findFirst();
        if (other.isEmpty() || other.get().print() == null) return false;
        var theirs = other.get().print();
        if (!theirs.server().systemIdentifier().equals(print.server().systemIdentifier())
            || !theirs.endedAt().equals(print.endedAt())) {
            throw Failure.notReady(
                "another backup of the name " + backup.name() + " lies at " + remote + " (cluster "
                    + theirs.server().systemIdentifier() + ")",
                "give each cluster a path of its own on the remote.");
        }
        return other.get().isComplete();
    }

    /** Copies the finished WAL of a backup's cluster; what is still being written comes with the next call. */
    public void copyWal(Path backups, Fingerprint print, boolean plainIsFine) {
        var here = backups.resolve(WAL).resolve(print.server().systemIdentifier());
        if (!Files.isDirectory(here)) {
            throw Failure.notReady(
                "there is no WAL of this cluster in " + backups.resolve(WAL),
                "WAL is received by: backup.java receive");
        }
        mustBeSecret(isAllEncrypted(here), "the WAL in " + here, plainIsFine);
        var there = Rclone.below(remote, WAL + "/" + print.server().systemIdentifier());
        Rclone.copy(Rclone.local(here), there, List.of("--exclude", "*.partial", "--exclude", ".*"), bytes -> {});
    }

    /** A backup may be encrypted, and the WAL of its cluster be received as it is. */
    private static boolean isAllEncrypted(Path wal) {
        try (var files = Files.walk(wal)) {
            return files.map(file -> file.getFileName().toString())
                .filter(name -> SEGMENT.matcher(name).matches() && !name.endsWith(".partial"))
                .allMatch(name -> name.endsWith(Age.SUFFIX));
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot read " + wal + ": " + e.getMessage(), null, e);
        }
    }

    /** Brings the WAL of a backup's cluster back, beside the backups. */
    public void fetchWal(Fingerprint print, Path backups) {
        var below = WAL + "/" + print.server().systemIdentifier();
        var here = backups.resolve(below);
        try {
            Files.createDirectories(here);
            Rclone.copy(Rclone.below(remote, below), Rclone.local(here), List.of(), bytes -> {});
            restoreModes(here);
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot write to " + here + ": " + e.getMessage(), null, e);
        }
    }

    /** Where a backup of this name lies. */
    public String placeOf(String name) {
        return Rclone.below(remote, name);
    }

    private void mustBeSecret(boolean isEncrypted, String what, boolean plainIsFine) {
        if (isEncrypted || plainIsFine || Rclone.encrypts(remote)) return;
        throw Failure.notReady(
            what + " is not encrypted, and " + remote + " does not encrypt either",
            "use a remote of type crypt (rclone config), take backups with --encrypt-to, or say --plain-is-fine.");
    }

    /**
     * Fetches a backup into a partial directory, readable by nobody else. It is published by {@link #publish} after it
     * was verified.
     *
     * @return the partial directory
     */
    public Path fetch(RemoteBackup backup, Path backups) {
        var partial = BackupDirectory.partialOf(backups, backup.name());
        try {
            Files.createDirectory(
                partial,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            mustHaveRoom(partial, backup);
            try (var progress = Progress.ofBytes("fetch", backup.storedBytes())) {
                Rclone.copy(
                    Rclone.below(remote, backup.name()),
                    Rclone.local(partial),
                    List.of(),
                    progress::to);
            }
            restoreModes(partial);
            return partial;
        } catch (IOException e) {
            remove(partial);
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write to " + partial + ": " + e.getMessage(),
                "choose another directory with -o.",
                e);
        } catch (RuntimeException e) {
            remove(partial);
            throw e;
        }
    }

    private static void mustHaveRoom(Path partial, RemoteBackup backup) throws IOException {
        long free = Files.getFileStore(partial).getUsableSpace();
        if (free < backup.storedBytes()) {
            throw Failure.notReady(
                backup.name() + " needs " + Units.bytes(backup.storedBytes()) + ", and " + partial.getParent() + " has "
                    + Units.bytes(free) + " of free space",
                "free some space, or choose another directory with -o.");
        }
    }

    /** A fetched backup that was found whole gets its name. */
    public static BackupDirectory publish(Path partial, Path backups, String name) {
        try {
            AtomicFile.rename(partial, backups.resolve(name));
            return BackupDirectory.open(backups.resolve(name));
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "cannot rename " + partial + ": " + e.getMessage(), null, e);
        }
    }

    /** Removes one there: the mark first, so that a half-removed backup is never taken for one. */
    public void delete(RemoteBackup backup) {
        var there = Rclone.below(remote, backup.name());
        Rclone.deleteFile(Rclone.below(there, BackupDirectory.SUMS));
        Rclone.purge(there);
    }

    /** rclone brings files as 0644 and directories as 0755 from most storages, and password hashes are in there. */
    private static void restoreModes(Path directory) throws IOException {
        var ofFile = PosixFilePermissions.fromString("rw-------");
        var ofDirectory = PosixFilePermissions.fromString("rwx------");
        try (var all = Files.walk(directory)) {
            for (var path : (Iterable<Path>) all::iterator) {
                if (Files.isSymbolicLink(path)) continue;
                var isDirectory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
                Files.setPosixFilePermissions(path, isDirectory ? ofDirectory : ofFile);
            }
        }
    }

    private static List<String> withMark(List<String> names) {
        var all = new ArrayList<>(names);
        all.add(BackupDirectory.SUMS);
        return all;
    }

    private static List<String> only(List<String> names) {
        return filters("--include", names);
    }

    private static List<String> except(List<String> names) {
        return filters("--exclude", names);
    }

    private static List<String> filters(String option, List<String> names) {
        var filters = new ArrayList<String>();
        for (var name : names) {
            filters.add(option);
            filters.add(Rclone.exactly(name));
        }
        return filters;
    }

    private static Path newDirectory(Path parent, String prefix) {
        try {
            return Files.createTempDirectory(parent, prefix);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write to " + parent + ": " + e.getMessage(),
                "set TMPDIR to a writable directory.",
                e);
        }
    }

    public static void remove(Path directory) {
        try {
            FileTree.delete(directory);
        } catch (IOException e) {
            Console.warn("could not remove %s: %s", directory, e.getMessage());
        }
    }

    @Override
    public String toString() {
        return remote;
    }
}
