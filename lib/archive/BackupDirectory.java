//SOURCES ../ExitCode.java ../Failure.java Age.java Archive.java Codec.java Fingerprint.java Manifest.java
package lib.archive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import lib.ExitCode;
import lib.Failure;

/**
 * A finished backup on disk: one of ours (with {@code backup.json}), or what a bare pg_basebackup left.
 *
 * <pre>
 * tar                                   plain
 * base.tar.zst      the data directory  data/                        a data directory, complete with pg_wal
 * 16384.tar.zst     a tablespace        data/pg_tblspc/16384/        a tablespace: a directory here, a link in a server
 * pg_wal.tar.zst    goes into pg_wal/   data/backup_manifest
 * backup_manifest
 * </pre>
 *
 * and in both {@code backup.json}, {@code SHA256SUMS} and {@code RESTORE.md}. A bare plain backup has no data/: its
 * directory is the data directory.
 */
public final class BackupDirectory {
    public static final String NAME_PREFIX = "cluster_backup_";
    public static final String SUMS = "SHA256SUMS";
    public static final String RESTORE_GUIDE = "RESTORE.md";

    private static final Pattern ARCHIVE = Pattern.compile("(base|pg_wal|\\d+)\\.tar(?:\\.(?:gz|lz4|zst))?(?:\\.age)?");
    private static final Pattern PARTIAL = Pattern.compile("\\.(.+)\\.partial-(\\d+)");

    /** They are empty in a backup, a server needs them, and what copies to object storage drops them. */
    public static final List<String> EMPTY_DIRECTORIES = List.of(
        "pg_commit_ts",
        "pg_dynshmem",
        "pg_logical/mappings",
        "pg_logical/snapshots",
        "pg_notify",
        "pg_replslot",
        "pg_serial",
        "pg_snapshots",
        "pg_stat",
        "pg_stat_tmp",
        "pg_subtrans",
        "pg_tblspc",
        "pg_twophase",
        "pg_wal/archive_status");

    public enum Format { TAR, PLAIN }

    public enum ArchiveKind { DATA, TABLESPACE, WAL }

    /**
     * @param oid of a tablespace; else empty
     * @param codec what it is compressed with, under the encryption
     */
    public record ArchiveFile(Path path, ArchiveKind kind, String oid, Codec codec, boolean isEncrypted) {
        /**
         * Where its entries belong, within the data directory: "", "pg_tblspc/16384/", "pg_wal/". Manifest paths begin
         * with it.
         */
        public String prefix() {
            return switch (kind) {
                case DATA -> "";
                case TABLESPACE -> "pg_tblspc/" + oid + "/";
                case WAL -> "pg_wal/";
            };
        }
    }

    /** @param location its directory on the server that was backed up */
    public record Tablespace(String oid, String location) {}

    private final Path path;
    private final Format format;

    private BackupDirectory(Path path, Format format) {
        this.path = path;
        this.format = format;
    }

    /**
     * A backup by its directory. Opening is quick: nothing is read but names.
     *
     * @throws Failure that says what stands there instead
     */
    public static BackupDirectory open(Path path) {
        var absolute = path.toAbsolutePath().normalize();
        if (!Files.exists(absolute)) {
            throw Failure.usage("there is no backup at " + path, hintOf(absolute.getParent()));
        }
        if (!Files.isDirectory(absolute)) {
            throw Failure.usage(
                path + " is a file, and a backup is a directory",
                isBackup(absolute.getParent()) ? "give the directory that it lies in: " + absolute.getParent()
                    : hintOf(absolute.getParent()));
        }
        if (PARTIAL.matcher(absolute.getFileName() == null ? "" : absolute.getFileName().toString()).matches()) {
            throw Failure.answerIsNo(path + " is a backup that was never finished", hintOf(absolute.getParent()));
        }
        return formatOf(absolute).map(f -> new BackupDirectory(absolute, f))
            .orElseThrow(
                () -> Failure
                    .usage(path + " is not a backup: neither base.tar nor PG_VERSION is in it", hintOf(absolute)));
    }

    /** A backup that is still being made, under its partial name. */
    public static BackupDirectory openPartial(Path path) {
        return new BackupDirectory(
            path.toAbsolutePath().normalize(),
            Files.exists(path.resolve("data")) ? Format.PLAIN : Format.TAR);
    }

    /**
     * All finished backups in a directory, newest first by the time that they recorded. Links are not followed. Empty
     * when there is no such directory.
     */
    public static List<BackupDirectory> in(Path backups) {
        var found = new ArrayList<BackupDirectory>();
        for (var child : children(backups)) {
            if (child.getFileName().toString().startsWith(".")
                || !Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            formatOf(child.toAbsolutePath().normalize())
                .map(f -> new BackupDirectory(child.toAbsolutePath().normalize(), f))
                .filter(BackupDirectory::isComplete)
                .ifPresent(found::add);
        }
        found.sort(Comparator.comparing(BackupDirectory::takenAt).thenComparing(BackupDirectory::name).reversed());
        return found;
    }

    /** The newest finished backup. @throws Failure when there is none */
    public static BackupDirectory latest(Path backups) {
        return in(backups).stream()
            .findFirst()
            .orElseThrow(
                () -> Failure.notReady("there is no finished backup in " + backups, "take one with: make backup"));
    }

    /** What an interrupted run left behind: directories that were never published. */
    public static List<Path> partials(Path backups) {
        return children(backups).stream()
            .filter(
                p -> PARTIAL.matcher(p.getFileName().toString()).matches()
                    && Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS))
            .toList();
    }

    /** Where a backup of this name is written before it is published. */
    public static Path partialOf(Path backups, String name) {
        return backups.resolve("." + name + ".partial-" + ProcessHandle.current().pid());
    }

    public Path path() {
        return path;
    }

    public String name() {
        return path.getFileName().toString();
    }

    public Format format() {
        return format;
    }

    /** Plain format: the data directory within the backup. Tar format: where the archives lie. */
    public Path dataDirectory() {
        return format == Format.PLAIN && Files.isDirectory(path.resolve("data")) ? path.resolve("data") : path;
    }

    public Path manifestFile() {
        return dataDirectory().resolve(Manifest.NAME);
    }

    /** pg_basebackup writes the manifest last: without it the backup was not taken to its end. */
    public boolean isComplete() {
        return Files.isRegularFile(manifestFile());
    }

    /** Reads and checks the manifest. @throws Failure when it is missing or damaged */
    public Manifest manifest() {
        return manifest(null);
    }

    /** The same. @param identity opens an encrypted archive that has the manifest in it; else null will do */
    public Manifest manifest(Age.Identity identity) {
        if (!Files.exists(manifestFile()) && format == Format.TAR && !isOurs()) {
            var inside = manifestInArchive(identity);
            if (inside.isPresent()) return inside.get();
        }
        return Manifest.read(manifestFile());
    }

    /** With {@code pg_basebackup -D - -Ft} all is in one archive, and the manifest is its last file. */
    private Optional<Manifest> manifestInArchive(Age.Identity identity) {
        var base = archives().stream().filter(a -> a.kind() == ArchiveKind.DATA).findFirst();
        if (base.isEmpty() || base.get().isEncrypted() && identity == null) return Optional.empty();
        try (var archive = Archive.open(base.get().path(), identity)) {
            for (var entry = archive.next(); entry != null; entry = archive.next()) {
                if (!entry.name().equals(Manifest.NAME)) continue;
                var copy = Files.createTempFile("manifest-", ".json");
                try {
                    Files.copy(archive.content(), copy, StandardCopyOption.REPLACE_EXISTING);
                    return Optional.of(Manifest.read(copy));
                } finally {
                    Files.delete(copy);
                }
            }
            return Optional.empty();
        } catch (IOException damaged) {
            return Optional.empty();       // whoever reads the whole archive tells where
        }
    }

    private boolean isOurs() {
        return Files.exists(path.resolve(SUMS)) || Files.exists(path.resolve(Fingerprint.NAME));
    }

    /** pg_basebackup stopped before its end, and kept what it had. */
    boolean wasNeverFinished() {
        return Files.exists(manifestFile().resolveSibling(Manifest.NAME + ".tmp"));
    }

    /** "base.tar.zst", "16384.tar", "pg_wal.tar.gz.age". */
    public static boolean isArchive(String name) {
        return ARCHIVE.matcher(name).matches();
    }

    /** backup.json; empty for what a bare pg_basebackup made. @throws Failure when it is damaged */
    public Optional<Fingerprint> fingerprint() {
        var file = path.resolve(Fingerprint.NAME);
        return Files.exists(file) ? Optional.of(Fingerprint.read(file)) : Optional.empty();
    }

    /**
     * Is every archive there in its recorded size? Quick: nothing is read. A plain backup records no sizes of single
     * files, only their sum.
     */
    public boolean hasAllBytesOf(Fingerprint print) {
        if (format == Format.PLAIN) return sizeBytes() >= print.storage().storedBytes();
        return print.files().stream().allMatch(f -> path.resolve(f.name()).toFile().length() == f.sizeBytes());
    }

    /** When it was finished: as recorded, else when its manifest was written. */
    public Instant takenAt() {
        try {
            var recorded = fingerprint().map(Fingerprint::endedAt);
            if (recorded.isPresent()) return recorded.get();
        } catch (Failure damaged) {
            // the file's own time will do for the order; whoever opens the backup is told of the damage
        }
        try {
            return Files.getLastModifiedTime(manifestFile()).toInstant();
        } catch (IOException e) {
            return Instant.EPOCH;
        }
    }

    /** Tar format: the archives, base.tar first, then tablespaces, pg_wal.tar last. Plain format: none. */
    public List<ArchiveFile> archives() {
        var found = new ArrayList<ArchiveFile>();
        if (format == Format.PLAIN) return found;
        for (var file : children(path)) {
            var m = ARCHIVE.matcher(file.getFileName().toString());
            if (m.matches()) found.add(archive(file, m.group(1)));
        }
        found.sort(Comparator.comparing(ArchiveFile::kind).thenComparing(ArchiveFile::oid));
        return found;
    }

    /** What it takes on disk. */
    public long sizeBytes() {
        try (var files = Files.walk(path)) {
            return files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                .mapToLong(f -> f.toFile().length())
                .sum();
        } catch (IOException | UncheckedIOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + path + ": " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
    }

    public boolean isEncrypted() {
        return archives().stream().anyMatch(ArchiveFile::isEncrypted);
    }

    /** Does it bring the WAL that it needs? (pg_basebackup -X none does not; -X fetch puts it into base.tar.) */
    public boolean hasWalArchive() {
        return archives().stream().anyMatch(a -> a.kind() == ArchiveKind.WAL);
    }

    /**
     * The tablespaces and where they lay on the server: from backup.json, else from the backup itself.
     *
     * @param identity opens an encrypted backup that has no backup.json; else null will do
     */
    public List<Tablespace> tablespaces(Age.Identity identity) {
        var print = fingerprint();
        if (print.isPresent()) {
            return print.get().tablespaces().stream().map(t -> new Tablespace(t.oid(), t.location())).toList();
        }
        return format == Format.TAR ? tablespaceMap(identity) : tablespaceLinks();
    }

    /**
     * pg_basebackup puts tablespace_map among the first entries of base.tar: a line "16384 /path" for each tablespace.
     */
    private List<Tablespace> tablespaceMap(Age.Identity identity) {
        var base = archives().getFirst();
        try (var archive = Archive.open(base.path(), identity)) {
            for (var entry = archive.next(); entry != null; entry = archive.next()) {
                if (entry.name().equals("tablespace_map")) {
                    return parseTablespaceMap(new String(archive.content().readAllBytes(), StandardCharsets.UTF_8));
                }
                if (entry.name().equals("PG_VERSION") || entry.name().startsWith("base")) break;
            }
            return List.of();
        } catch (IOException e) {
            throw new Failure(
                ExitCode.ANSWER_IS_NO,
                base.path() + " is damaged: " + e.getMessage(),
                "take another backup; all are listed by: backup.java list",
                e);
        }
    }

    /** A line end or a backslash within a path is written with a backslash in front. */
    static List<Tablespace> parseTablespaceMap(String text) {
        var found = new ArrayList<Tablespace>();
        var line = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                line.append(text.charAt(++i));
            } else if (c == '\n') {
                int space = line.indexOf(" ");
                if (space > 0) found.add(new Tablespace(line.substring(0, space), line.substring(space + 1)));
                line.setLength(0);
            } else {
                line.append(c);
            }
        }
        return found;
    }

    private List<Tablespace> tablespaceLinks() {
        var found = new ArrayList<Tablespace>();
        for (var child : children(dataDirectory().resolve("pg_tblspc"))) {
            if (!child.getFileName().toString().matches("\\d+")) continue;
            try {
                found.add(
                    new Tablespace(
                        child.getFileName().toString(),
                        Files.isSymbolicLink(child) ? Files.readSymbolicLink(child).toString() : child.toString()));
            } catch (IOException e) {
                throw new Failure(
                    ExitCode.NOT_READY,
                    "cannot read " + child + ": " + e.getMessage(),
                    "check its owner and mode.",
                    e);
            }
        }
        return found;
    }

    private static ArchiveFile archive(Path file, String stem) {
        var name = file.getFileName().toString();
        boolean encrypted = name.endsWith(Age.SUFFIX);
        var codec = Codec.ofName(encrypted ? name.substring(0, name.length() - Age.SUFFIX.length()) : name);
        return switch (stem) {
            case "base" -> new ArchiveFile(file, ArchiveKind.DATA, "", codec, encrypted);
            case "pg_wal" -> new ArchiveFile(file, ArchiveKind.WAL, "", codec, encrypted);
            default -> new ArchiveFile(file, ArchiveKind.TABLESPACE, stem, codec, encrypted);
        };
    }

    private static boolean isBackup(Path directory) {
        return directory != null && formatOf(directory).isPresent();
    }

    private static Optional<Format> formatOf(Path directory) {
        // Each file by itself may be the one that was lost: verify and restore shall name the loss.
        for (var place : List.of(directory.resolve("data"), directory)) {
            if (Files.exists(place.resolve("PG_VERSION")) || Files.isDirectory(place.resolve("global"))) {
                return Optional.of(Format.PLAIN);
            }
        }
        boolean hasBase = children(directory).stream()
            .anyMatch(
                f -> f.getFileName().toString().startsWith("base.tar")
                    && ARCHIVE.matcher(f.getFileName().toString()).matches());
        return hasBase || Files.exists(directory.resolve(Manifest.NAME)) ? Optional.of(Format.TAR) : Optional.empty();
    }

    private static String hintOf(Path place) {
        var backups = place == null ? List.<BackupDirectory>of() : in(place);
        return backups.isEmpty() ? "all backups are listed by: backup.java list"
            : "the newest one in " + place + " is " + backups.getFirst().name() + ".";
    }

    private static List<Path> children(Path directory) {
        var found = new ArrayList<Path>();
        if (!Files.isDirectory(directory)) return found;
        try (var stream = Files.newDirectoryStream(directory)) {
            stream.forEach(found::add);
        } catch (IOException | DirectoryIteratorException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + directory,
                "is it yours? A backup is readable for its owner alone (mode 0700).",
                e);
        }
        found.sort(Comparator.naturalOrder());
        return found;
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
