package lib.restore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import lib.AtomicFile;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Json;

/**
 * The new cluster while it is being made, beside its place: {@code <data>.restoring}. It holds a journal until it stands in its place,
 * so that whoever comes after a crash knows what lies where. Three rules carry everything:
 *
 * <ol>
 * <li>The old cluster is never written to; it is only renamed, in one step where the file system can exchange two names.
 * <li>{@code global/pg_control} comes last, so that half a cluster cannot be started.
 * <li>Only what carries our journal is ever deleted, and the journal is the last to go.
 * </ol>
 */
public final class Staging implements AutoCloseable {
    static final String JOURNAL = "restore-in-progress.json";

    /**
     * @param backup what is being restored
     * @param data where the cluster belongs
     * @param keepAs where the old cluster goes; null when there is none
     * @param tablespaces directories outside that this restore fills; each carries the journal's name as a mark
     * @param whole everything is unpacked, checked and on the disk
     */
    public record Journal(String backup, String data, String keepAs, List<String> tablespaces, boolean whole) {
        Journal nowWhole() {
            return new Journal(backup, data, keepAs, tablespaces, true);
        }
    }

    private final Path directory;
    private final Path data;
    private Journal journal;
    private final FileChannel lockFile;

    private Staging(Path directory, Path data, Journal journal, FileChannel lockFile) {
        this.directory = directory;
        this.data = data;
        this.journal = journal;
        this.lockFile = lockFile;
    }

    public static Path directoryFor(Path data) {
        return data.resolveSibling(data.getFileName() + ".restoring");
    }

    /** A fresh, empty one, locked against a second restore into the same place. */
    public static Staging create(Journal journal) throws IOException {
        var data = Path.of(journal.data());
        var directory = directoryFor(data);
        Files.createDirectories(data.getParent());
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        AtomicFile.write(directory.resolve(JOURNAL), Json.write(journal));
        return new Staging(directory, data, journal, lock(directory));
    }

    public Path directory() {
        return directory;
    }

    /** Everything is there and checked: bring it onto the disk, then say so in the journal. From here on a crash finishes forward. */
    public void complete() throws IOException {
        var control = directory.resolve("global/pg_control");
        Disk.sync(directory);
        for (var tablespace : journal.tablespaces()) Disk.sync(Path.of(tablespace));
        AtomicFile.rename(control.resolveSibling(Unpacker.CONTROL_FOR_NOW), control);
        journal = journal.nowWhole();
        AtomicFile.write(directory.resolve(JOURNAL), Json.write(journal));
        AtomicFile.syncDirectory(directory);
    }

    /** Puts the new cluster in its place, and the old one aside. */
    public void swap() throws IOException {
        if (journal.keepAs() == null) {
            Files.move(directory, data, StandardCopyOption.ATOMIC_MOVE);   // rename(2) also replaces an empty directory
        } else if (Posix.exchange(directory, data)) {
            Files.move(directory, Path.of(journal.keepAs()), StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.move(data, Path.of(journal.keepAs()), StandardCopyOption.ATOMIC_MOVE);
            Files.move(directory, data, StandardCopyOption.ATOMIC_MOVE);
        }
        AtomicFile.syncDirectory(data.getParent());
        clearMarks(data, journal);
    }

    /** Removes what was unpacked so far: for a failure before the swap. */
    public void discard() throws IOException {
        discard(directory, journal);
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }

    /**
     * Looks for what an earlier, killed restore left at this place, and puts it right: finishes a swap that had begun,
     * removes what was half unpacked. Nothing without our journal is touched.
     *
     * @return the journal of a restore that was finished now; empty when there was none to finish
     */
    public static Optional<Journal> settle(Path data) throws IOException {
        var directory = directoryFor(data);
        var swapped = journalIn(data);
        if (swapped.isPresent()) {
            if (exists(directory)) keepOld(directory, swapped.get());   // exchanged, but the old one has not got its name yet
            clearMarks(data, swapped.get());
            return swapped;
        }
        if (!exists(directory)) return Optional.empty();
        var begun = journalIn(directory);
        if (begun.isEmpty()) {
            if (holdsNothing(directory)) {
                DataDirectory.delete(directory);
                return Optional.empty();
            }
            throw Failure.notReady(directory + " is in the way, and it is not the rest of an interrupted restore", "look what it is, and move it away.");
        }
        lock(directory).close();
        if (begun.get().whole() && !exists(data) && begun.get().keepAs() != null) {
            Files.move(directory, data, StandardCopyOption.ATOMIC_MOVE);   // the old one is aside already
            AtomicFile.syncDirectory(data.getParent());
            clearMarks(data, begun.get());
            return begun;
        }
        Console.say("removing what an interrupted restore left in %s", directory);
        discard(directory, begun.get());
        return Optional.empty();
    }

    /** Was an earlier restore killed so late that only names are left to be put right? */
    static boolean isNearlyDone(Path data) {
        var begun = journalIn(directoryFor(data));
        return journalIn(data).isPresent() || begun.isPresent() && begun.get().whole() && !exists(data) && begun.get().keepAs() != null;
    }

    /** What {@link #settle} would find, without touching it: for the dry run. */
    public static Optional<String> leftover(Path data) {
        if (journalIn(data).isPresent()) return Optional.of("an interrupted restore into " + data + " is finished first");
        return exists(directoryFor(data)) ? Optional.of("what an interrupted restore left in " + directoryFor(data) + " is removed first") : Optional.empty();
    }

    static boolean isOurs(Path tablespace) {
        return Files.isRegularFile(tablespace.resolve(JOURNAL));
    }

    static void mark(Path tablespace) throws IOException {
        Files.writeString(tablespace.resolve(JOURNAL), "{}\n");
    }

    private static void keepOld(Path directory, Journal journal) throws IOException {
        Files.move(directory, Path.of(journal.keepAs()), StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.syncDirectory(directory.getParent());
    }

    private static void clearMarks(Path data, Journal journal) throws IOException {
        for (var tablespace : journal.tablespaces()) Files.deleteIfExists(Path.of(tablespace, JOURNAL));
        Files.deleteIfExists(data.resolve(JOURNAL));
        AtomicFile.syncDirectory(data);
    }

    private static void discard(Path directory, Journal journal) throws IOException {
        for (var tablespace : journal.tablespaces()) {
            if (isOurs(Path.of(tablespace))) deleteJournalLast(Path.of(tablespace));
        }
        deleteJournalLast(directory);
    }

    private static void deleteJournalLast(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            for (var entry : entries.filter(e -> !e.getFileName().toString().equals(JOURNAL)).toList()) DataDirectory.delete(entry);
        }
        DataDirectory.delete(directory);
    }

    private static Optional<Journal> journalIn(Path directory) {
        try {
            return Optional.of(Json.read(Files.readString(directory.resolve(JOURNAL)), Journal.class));
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    private static FileChannel lock(Path directory) throws IOException {
        var channel = FileChannel.open(directory.resolve(JOURNAL), StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException ours) {
            // held by this very process: said below
        }
        if (lock == null) {
            channel.close();
            throw new Failure(ExitCode.NOT_READY, "another restore into this place is under way", "wait for it to end.");
        }
        return channel;
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Empty, or with no more than a journal that was not yet under its name: killed in the first moment. */
    private static boolean holdsNothing(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.allMatch(entry -> entry.getFileName().toString().startsWith("." + JOURNAL + ".partial-"));
        }
    }
}
