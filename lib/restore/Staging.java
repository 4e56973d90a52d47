//SOURCES ../AtomicFile.java ../Console.java ../Failure.java ../FileTree.java ../Json.java ../boot/Disk.java
//SOURCES ../boot/Posix.java ../boot/RunningServer.java ../boot/Unpacker.java DataDirectory.java MountPoints.java
package lib.restore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import lib.AtomicFile;
import lib.Console;
import lib.Failure;
import lib.FileTree;
import lib.Json;
import lib.boot.Disk;
import lib.boot.Posix;
import lib.boot.RunningServer;
import lib.boot.Unpacker;

/**
 * The new cluster while it is being made, beside its place: {@code <data>.restoring}. It holds a journal until it
 * stands in its place, so that whoever comes after a crash knows what lies where. Three rules carry everything:
 *
 * <ol>
 * <li>The old cluster is never written to; it is only renamed, in one step where the file system can exchange two
 * names.
 * <li>{@code global/pg_control} comes last, so that half a cluster cannot be started.
 * <li>Only what carries our journal is ever deleted, and the journal is the last to go.
 * </ol>
 *
 * A lock beside the journal keeps a second restore out; the kernel lets go of it when we end, however we end.
 */
public final class Staging implements AutoCloseable {
    static final String JOURNAL = "restore-in-progress.json";
    // a file of its own: the journal is replaced on the way
    private static final String LOCK = "restore-in-progress.lock";

    /**
     * @param id of this very restore: a mark that an older one left elsewhere is not taken for its own
     * @param backup what is being restored
     * @param data where the cluster belongs
     * @param keepAs where the old cluster goes; null when there is none
     * @param tablespaces directories outside that this restore fills; each carries a mark of the journal's name that
     *        holds the id
     * @param whole everything is unpacked, checked and on the disk
     */
    public record Journal(
        String id,
        String backup,
        String data,
        String keepAs,
        List<String> tablespaces,
        boolean whole) {
        public static Journal begin(String backup, Path data, Path keepAs, List<Path> tablespaces) {
            return new Journal(
                UUID.randomUUID().toString(),
                backup,
                data.toString(),
                keepAs == null ? null : keepAs.toString(),
                tablespaces.stream().map(Path::toString).toList(),
                false);
        }

        Journal nowWhole() {
            return new Journal(id, backup, data, keepAs, tablespaces, true);
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
        try {
            Files.createDirectory(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException another) {
            throw underWay();
        }
        var lock = lock(directory);
        try {
            AtomicFile.write(directory.resolve(JOURNAL), Json.write(journal));
        } catch (IOException e) {
            lock.close();
            FileTree.delete(directory);
            throw e;
        }
        return new Staging(directory, data, journal, lock);
    }

    public Path directory() {
        return directory;
    }

    /**
     * Everything is there and checked: bring it onto the disk, then say so in the journal. From here on a crash
     * finishes forward.
     */
    public void complete() throws IOException {
        var control = directory.resolve("global/pg_control");
        Disk.sync(directory, LOCK);
        for (var tablespace : journal.tablespaces()) Disk.sync(Path.of(tablespace), LOCK);
        AtomicFile.rename(control.resolveSibling(Unpacker.CONTROL_FOR_NOW), control);
        journal = journal.nowWhole();
        AtomicFile.write(directory.resolve(JOURNAL), Json.write(journal));
        AtomicFile.syncDirectory(directory);
    }

    /**
     * Puts the new cluster in its place, and the old one aside.
     *
     * @throws Failure when a server was started on the old one in this moment: then all is as it was, and the new one
     * is gone
     */
    public void swap() throws IOException {
        if (journal.keepAs() == null) {
            rename(directory, data);   // rename(2) also replaces an empty directory
        } else if (Posix.exchange(directory, data)) {
            if (RunningServer.on(directory).isPresent() && Posix.exchange(directory, data)) throw startedMeanwhile();
            rename(directory, Path.of(journal.keepAs()));
        } else {
            rename(data, Path.of(journal.keepAs()));
            if (RunningServer.on(Path.of(journal.keepAs())).isPresent()) {
                rename(Path.of(journal.keepAs()), data);
                throw startedMeanwhile();
            }
            rename(directory, data);
        }
        AtomicFile.syncDirectory(data.getParent());
        clearMarks(data, journal);
    }

    /** A server follows its directory to another name: it would go on writing into what is kept aside. */
    private Failure startedMeanwhile() throws IOException {
        AtomicFile.syncDirectory(data.getParent());
        discard();
        return Failure.notReady(
            "a server was started on " + data + " just before the swap, so the old cluster was left in its place",
            "keep it from being started (a restart policy? a service?) until the restore has ended, then run "
                + "this again.");
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
            try (var ours = lock(data)) {
                if (exists(directory) && swapped.get().keepAs() != null && journalIn(directory).isEmpty()) {
                    keepOld(directory, swapped.get());   // exchanged, but the old one has not got its name yet
                }
                clearMarks(data, swapped.get());
            }
            return swapped;
        }
        if (!exists(directory)) return Optional.empty();
        var begun = journalIn(directory);
        if (begun.isEmpty() && !holdsNothing(directory)) {
            throw Failure.notReady(
                directory + " is in the way, and it is not the rest of an interrupted restore",
                "look what it is, and move it away.");
        }
        try (var ours = lock(directory)) {
            if (begun.isEmpty()) {
                FileTree.delete(directory);
                return Optional.empty();
            }
            if (begun.get().whole() && !exists(data) && begun.get().keepAs() != null) {
                rename(directory, data);   // the old one is aside already
                AtomicFile.syncDirectory(data.getParent());
                clearMarks(data, begun.get());
                return begun;
            }
            Console.say("removing what an interrupted restore left in %s", directory);
            discard(directory, begun.get());
            return Optional.empty();
        }
    }

    /** Was an earlier restore killed so late that only names are left to be put right? */
    static boolean isNearlyDone(Path data) {
        var begun = journalIn(directoryFor(data));
        return journalIn(data).isPresent()
            || begun.isPresent() && begun.get().whole() && !exists(data) && begun.get().keepAs() != null;
    }

    /** What {@link #settle} would find, without touching it: for the dry run. */
    public static Optional<String> leftover(Path data) {
        if (journalIn(data).isPresent()) {
            return Optional.of("an interrupted restore into " + data + " is finished first");
        }
        return exists(directoryFor(data))
            ? Optional.of("what an interrupted restore left in " + directoryFor(data) + " is removed first")
            : Optional.empty();
    }

    /** Bytes that {@link #settle} would set free. */
    static long leftoverBytes(Path data) {
        return journalIn(data).isEmpty() && journalIn(directoryFor(data)).isPresent()
            ? DataDirectory.sizeOf(directoryFor(data))
            : 0;
    }

    /** Did an interrupted restore into this place, one that settle will clear, fill this directory? */
    static boolean isLeftover(Path tablespace, Path data) {
        return journalIn(directoryFor(data)).filter(journal -> isMarked(tablespace, journal)).isPresent();
    }

    /** Takes the directory of a tablespace: it must be new or empty, and from here on nobody else may have it. */
    void take(Path tablespace) throws IOException {
        Files.createDirectories(tablespace);
        var mark = tablespace.resolve(JOURNAL);
        try {
            Files.writeString(mark, Json.write(journal), StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException another) {
            throw Failure.notReady(
                "another restore fills " + tablespace,
                "wait for it to end; if it was killed, run it again first: it clears what it left.");
        }
        try (var entries = Files.list(tablespace)) {
            if (entries.count() == 1) return;
        }
        Files.delete(mark);
        throw Failure.notReady(tablespace + " is in use", "give that tablespace a new place: --tablespace OLD=NEW");
    }

    private static boolean isMarked(Path tablespace, Journal journal) {
        return journal.id() != null && journalIn(tablespace).filter(mark -> journal.id().equals(mark.id())).isPresent();
    }

    private static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void keepOld(Path directory, Journal journal) throws IOException {
        rename(directory, Path.of(journal.keepAs()));
        AtomicFile.syncDirectory(directory.getParent());
    }

    private static void clearMarks(Path data, Journal journal) throws IOException {
        for (var tablespace : journal.tablespaces()) {
            if (isMarked(Path.of(tablespace), journal)) Files.delete(Path.of(tablespace, JOURNAL));
        }
        Files.deleteIfExists(data.resolve(LOCK));
        Files.deleteIfExists(data.resolve(JOURNAL));
        AtomicFile.syncDirectory(data);
    }

    private static void discard(Path directory, Journal journal) throws IOException {
        if (journalIn(directory).isEmpty()) return;   // after an exchange of names the old cluster is there
        for (var tablespace : journal.tablespaces()) {
            if (isMarked(Path.of(tablespace), journal)) deleteJournalLast(Path.of(tablespace));
        }
        deleteJournalLast(directory);
    }

    private static void deleteJournalLast(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            for (var entry : entries.filter(e -> !e.getFileName().toString().equals(JOURNAL)).toList()) {
                FileTree.delete(entry);
            }
        }
        Files.delete(directory.resolve(JOURNAL));
        if (!MountPoints.contains(directory)) Files.delete(directory);
    }

    private static Optional<Journal> journalIn(Path directory) {
        try {
            return Optional.of(Json.read(Files.readString(directory.resolve(JOURNAL)), Journal.class));
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    private static FileChannel lock(Path directory) throws IOException {
        var channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException ours) {
            // held by this very process: said below
        }
        if (lock == null) {
            channel.close();
            throw underWay();
        }
        return channel;
    }

    private static Failure underWay() {
        return Failure.notReady("another restore into this place is under way", "wait for it to end.");
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Empty, or with no more than a lock and a journal that was not yet under its name: killed in the first moment. */
    private static boolean holdsNothing(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString())
                .allMatch(name -> name.equals(LOCK) || name.startsWith("." + JOURNAL + ".partial-"));
        }
    }
}
