//SOURCES ../Failure.java ../archive/Age.java ../archive/Archive.java ../archive/Checksum.java
//SOURCES ../archive/FileChecklist.java ../archive/Manifest.java ../archive/StrayFile.java CheckedWriter.java
//SOURCES UnpackPlaces.java UnpackProblems.java
package lib.boot;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import lib.Failure;
import lib.archive.Age;
import lib.archive.Archive;
import lib.archive.Checksum;
import lib.archive.FileChecklist;
import lib.archive.Manifest;
import lib.archive.StrayFile;

/**
 * Makes a data directory out of the archives of a backup (or of a plain one), every file checked against the manifest
 * on the way. An archive is a stranger: names that lead out of the directory, links and devices are refused, and links
 * are made by us alone.
 */
public final class Unpacker implements AutoCloseable {
    /** global/pg_control gets its name last: without it no server starts. */
    public static final String CONTROL_FOR_NOW = "pg_control.restoring";

    private static final String CONTROL = "global/pg_control";
    private static final Pattern TABLESPACE_LINK = Pattern.compile("pg_tblspc/\\d+");
    /** What Staging lays into a new cluster, and the next run removes; a backup taken before that has it too. */
    private static final Pattern OF_A_RESTORE = Pattern.compile("(pg_tblspc/\\d+/)?restore-in-progress\\.(json|lock)");
    /** Not in the manifest by design, see https://www.postgresql.org/docs/current/backup-manifest-format.html */
    private static final Set<String> FREE = Set.of(Manifest.NAME, "backup_manifest.tmp");
    /** A server does not start without them, and copies through object stores lose empty directories. */
    private static final List<String> DIRECTORIES =
        List.of(
            "global",
            "base",
            "pg_commit_ts",
            "pg_dynshmem",
            "pg_logical/mappings",
            "pg_logical/snapshots",
            "pg_multixact/members",
            "pg_multixact/offsets",
            "pg_notify",
            "pg_replslot",
            "pg_serial",
            "pg_snapshots",
            "pg_stat",
            "pg_stat_tmp",
            "pg_subtrans",
            "pg_tblspc",
            "pg_twophase",
            "pg_wal/archive_status",
            "pg_xact");
    private static final Set<PosixFilePermission> FILE_MODE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> DIRECTORY_MODE = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> GROUP_FILE_MODE = PosixFilePermissions.fromString("rw-r-----");
    private static final Set<PosixFilePermission> GROUP_DIRECTORY_MODE = PosixFilePermissions.fromString("rwxr-x---");
    private static final int GROUP_READS = 0040;

    private final UnpackPlaces places;
    private final Age.Identity identity;
    private final LongConsumer onBytes;
    /** Null when nothing is to be compared. */
    private final FileChecklist expected;
    private final Set<Path> made = new HashSet<>();
    private final UnpackProblems findings = new UnpackProblems();
    private final CheckedWriter writer;

    /** The server was made with --allow-group-access: then so is its copy. */
    private boolean groupMayRead;
    /** What is unpacked is our own, and moved instead of copied. */
    private boolean moves;

    /**
     * @param manifest null when nothing is to be compared
     * @param onBytes told how many unpacked bytes were written, every time
     */
    public Unpacker(UnpackPlaces places, Manifest manifest, Age.Identity identity, LongConsumer onBytes) {
        this.places = places;
        this.identity = identity;
        this.onBytes = onBytes;
        this.expected = manifest == null ? null : new FileChecklist(manifest.files());
        this.writer = new CheckedWriter(places.owner(), findings);
    }

    /**
     * Unpacks one archive.
     *
     * @param prefix where its names belong: "" for base, "pg_wal/", "pg_tblspc/16384/"
     * @return the SHA-256 of the archive as it lies on disk
     */
    String archive(Path file, String prefix) throws IOException {
        try (var archive = Archive.open(file, identity)) {
            for (var entry = archive.next(); entry != null; entry = archive.next()) {
                if (entry.name().isEmpty() || entry.name().equals(".")) continue;
                var path = safe(prefix + entry.name(), file);
                switch (entry.kind()) {
                    case DIRECTORY -> makeDirectory(places.of(path));
                    case FILE -> {
                        // The server writes these two with the mode of all its files; backup_label is the first of an
                        // archive.
                        if (path.equals("backup_label") || path.equals("PG_VERSION")) {
                            groupMayRead = (entry.mode() & GROUP_READS) != 0;
                        }
                        file(path, archive.content());
                    }
                    case LINK -> {
                        // Its target is the other machine's: ours come from the plan, at the end.
                        if (!TABLESPACE_LINK.matcher(path).matches()) {
                            throw hostile(file, "a link (" + entry.name() + ")");
                        }
                    }
                }
            }
            return archive.finish();
        } catch (FileAlreadyExistsException twice) {
            throw hostile(file, "the same file twice (" + twice.getFile() + ")");
        } catch (FileSystemException disk) {
            throw disk;
        } catch (IOException e) {
            throw Failure.answerIsNo(
                file + " is damaged: " + e.getMessage(),
                "take an older backup, or fetch this one again from where it was copied to.");
        }
    }

    /** Copies a plain backup; what its tablespace links point to is copied as well, never linked. */
    void plain(Path source) throws IOException {
        groupMayRead =
            Files.getPosixFilePermissions(source.resolve("PG_VERSION")).contains(PosixFilePermission.GROUP_READ);
        plain(source, "");
        for (var oid : places.tablespaces().keySet()) {
            plain(source.resolve("pg_tblspc").resolve(oid).toRealPath(), "pg_tblspc/" + oid + "/");
        }
    }

    /**
     * Takes over a data directory of ours, whose tablespaces are directories in it: files are moved where that is
     * possible, and read for their checksums.
     */
    void adopt(Path source) throws IOException {
        moves = true;
        plain(source);
    }

    private void plain(Path source, String prefix) throws IOException {
        Files.walkFileTree(source, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) throws IOException {
                var name = prefix + source.relativize(dir);
                // its turn comes after this
                if (TABLESPACE_LINK.matcher(name).matches()) return FileVisitResult.SKIP_SUBTREE;
                makeDirectory(places.of(name));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                var name = prefix + source.relativize(file);
                if (attributes.isSymbolicLink()) {
                    if (!TABLESPACE_LINK.matcher(name).matches()) throw hostile(source, "a link (" + name + ")");
                } else if (!attributes.isRegularFile()) {
                    throw hostile(source, "something that is neither file nor directory (" + name + ")");
                } else if (moves) {
                    move(name, file);
                } else if (!isToolFile(name) && !isStray(name)) {
                    try (var in = Files.newInputStream(file)) {
                        file(name, in);
                    }
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /**
     * What a file manager or a file server left in a plain backup. A cluster may have such a name itself: then the
     * manifest has it.
     */
    private boolean isStray(String name) {
        return expected != null && StrayFile.is(name) && !expected.names(name);
    }

    /** What our backups lay beside a plain cluster. */
    private static boolean isToolFile(String name) {
        return Set.of("backup.json", "SHA256SUMS", "RESTORE.md", "drill.json").contains(name);
    }

    private void file(String path, InputStream content) throws IOException {
        var wanted = expected == null ? null : expected.take(path);
        if (OF_A_RESTORE.matcher(path).matches()) return;
        if (expected != null && wanted == null && !path.startsWith("pg_wal/") && !FREE.contains(path)) {
            findings.add(path + " is not in the manifest");
        }
        var place = places.of(path.equals(CONTROL) ? "global/" + CONTROL_FOR_NOW : path);
        makeDirectory(place.getParent());
        writer.write(place, groupMayRead ? GROUP_FILE_MODE : FILE_MODE, wanted, counted(content));
    }

    private void move(String path, Path from) throws IOException {
        var place = places.of(path.equals(CONTROL) ? "global/" + CONTROL_FOR_NOW : path);
        makeDirectory(place.getParent());
        if (!Files.getFileStore(from).equals(Files.getFileStore(place.getParent()))) {
            try (var in = Files.newInputStream(from)) {
                file(path, in);
            }
            return;
        }
        if (expected != null) compare(path, from);
        Files.move(from, place, StandardCopyOption.ATOMIC_MOVE);
        Files.setPosixFilePermissions(place, groupMayRead ? GROUP_FILE_MODE : FILE_MODE);
        if (places.owner() != null) places.owner().give(place);
    }

    private void compare(String path, Path file) throws IOException {
        var wanted = expected.take(path);
        if (wanted == null) {
            if (!path.startsWith("pg_wal/") && !FREE.contains(path)) findings.add(path + " is not in the manifest");
            return;
        }
        var sum = Checksum.of(wanted.algorithm());
        try (var in = counted(Files.newInputStream(file))) {
            var buffer = new byte[1 << 17];
            for (int n = in.read(buffer, 0, buffer.length); n > 0; n = in.read(buffer, 0, buffer.length)) {
                sum.update(buffer, 0, n);
            }
        }
        CheckedWriter.compare(wanted, Files.size(file), sum.hex(), findings);
    }

    /**
     * All is written and was as the manifest says; then the directories that a copy may have lost, and the links of the
     * tablespaces.
     */
    void finish(String backupName) throws IOException {
        writer.finish();
        if (expected != null) expected.missing().sorted().forEach(path -> findings.add(path + " is missing"));
        if (!findings.none()) throw findings.failure(backupName);
        for (var name : DIRECTORIES) makeDirectory(places.of(name));
        for (var tablespace : places.tablespaces().entrySet()) {
            if (places.isInPlace(tablespace.getKey())) continue;
            link(places.data().resolve("pg_tblspc").resolve(tablespace.getKey()), tablespace.getValue());
        }
        if (places.wal() != null) link(places.walLink(), places.wal());
        if (groupMayRead) letGroupIn();
    }

    private void link(Path link, Path to) throws IOException {
        Files.createSymbolicLink(link, to);
        if (places.owner() != null) places.owner().give(link);
    }

    private void letGroupIn() throws IOException {
        Files.setPosixFilePermissions(places.data(), GROUP_DIRECTORY_MODE);
        for (var place : places.tablespaces().values()) Files.setPosixFilePermissions(place, GROUP_DIRECTORY_MODE);
        if (places.wal() != null) Files.setPosixFilePermissions(places.wal(), GROUP_DIRECTORY_MODE);
    }

    UnpackProblems findings() {
        return findings;
    }

    @Override
    public void close() {
        writer.close();
    }

    private void makeDirectory(Path path) throws IOException {
        if (path == null || made.contains(path)) return;
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            if (path.startsWith(places.data())) makeDirectory(path.getParent());
            Files.createDirectory(path, PosixFilePermissions.asFileAttribute(DIRECTORY_MODE));
            if (groupMayRead) Files.setPosixFilePermissions(path, GROUP_DIRECTORY_MODE);   // whatever the umask is
            if (places.owner() != null) places.owner().give(path);
        }
        made.add(path);
    }

    private InputStream counted(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                int n = super.read(into, offset, length);
                if (n > 0) onBytes.accept(n);
                return n;
            }

            @Override
            public int readNBytes(byte[] into, int offset, int length) throws IOException {
                int total = 0;
                for (int n; total < length && (n = read(into, offset + total, length - total)) > 0;) total += n;
                return total;
            }
        };
    }

    /** A name as a cluster may have it: below the data directory, without any trick. */
    private static String safe(String name, Path archive) {
        var path = Path.of(name);
        if (path.isAbsolute() || !path.normalize().equals(path) || path.startsWith("..") || name.startsWith("/")
            || name.contains("\0")) {
            throw hostile(
                archive,
                "a name that leads out of the data directory (" + name.replaceAll("\\p{Cntrl}", "?") + ")");
        }
        return path.toString();
    }

    private static Failure hostile(Path archive, String what) {
        return Failure.answerIsNo(
            archive + " holds " + what + ": no backup of PostgreSQL does",
            "it was not made by pg_basebackup, or was changed since; do not restore it.");
    }
}
