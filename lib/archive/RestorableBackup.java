//SOURCES ../Failure.java ../Units.java ../database/PgTools.java Age.java BackupChain.java BackupDirectory.java
//SOURCES Checksum.java Fingerprint.java Lsn.java Manifest.java RestoreSource.java
package lib.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import lib.Failure;
import lib.Units;
import lib.database.PgTools;

/**
 * A backup as a restore sees it: proven to be complete as far as that can be told without unpacking it.
 *
 * @param major version of PostgreSQL that can run it
 * @param sums SHA-256 by file name, from SHA256SUMS; empty when the backup has none
 * @param parents what an incremental backup builds on, the full backup first; empty for a full one
 */
public record RestorableBackup(
    BackupDirectory backup,
    Manifest manifest,
    Fingerprint fingerprint,
    int major,
    List<BackupDirectory.Tablespace> tablespaces,
    Map<String, String> sums,
    List<RestorableBackup> parents) implements RestoreSource {
    private static final String INCREMENTAL = "INCREMENTAL.";
    private static final long USUAL_SEGMENT = 16 << 20;
    private static final int OLDEST_MAJOR = 10;
    private static final int NEWEST_MAJOR = 40;

    public static RestorableBackup of(BackupDirectory backup, Age.Identity identity) {
        var chain = BackupChain.of(backup);
        var parents = chain.parents().stream().map(parent -> one(parent, identity, List.of())).toList();
        return one(backup, identity, parents);
    }

    private static RestorableBackup one(BackupDirectory backup, Age.Identity identity, List<RestorableBackup> parents) {
        var manifest = backup.manifest(identity);
        if (!manifest.isReadableAlone() && BackupChain.incremental(backup).isEmpty()) {
            throw Failure.usage(
                backup.name() + " is an incremental backup: it holds only what changed since another one",
                "join it with the backups before it: pg_combinebackup -o FULL FIRST … LAST; then restore FULL.");
        }
        var fingerprint = backup.fingerprint().orElse(null);
        if (backup.isEncrypted() && identity == null) {
            throw Failure.notReady(backup.name() + " is encrypted", "give the secret key's file: --identity key.txt");
        }
        var archives = backup.archives();
        if (backup.format() == BackupDirectory.Format.TAR
            && archives.stream().noneMatch(a -> a.kind() == BackupDirectory.ArchiveKind.DATA)) {
            throw incomplete(backup, "base.tar");
        }
        int major = fingerprint != null ? fingerprint.server().major() : majorOf(backup, manifest);
        return new RestorableBackup(
            backup,
            manifest,
            fingerprint,
            major,
            backup.tablespaces(identity),
            readSums(backup),
            parents);
    }

    public boolean isIncremental() {
        return !parents.isEmpty();
    }

    /** All that is unpacked for it, the full backup first, itself last. */
    public List<RestorableBackup> chain() {
        return Stream.concat(parents.stream(), Stream.of(this)).toList();
    }

    @Override
    public String name() {
        return backup.name();
    }

    @Override
    public String place() {
        return backup.path().toString();
    }

    @Override
    public Instant takenAt() {
        return backup.takenAt();
    }

    @Override
    public void mustBeReadable() {
        for (var link : chain()) link.backup.archives().forEach(archive -> archive.codec().mustBeReady());
        if (isIncremental()) joiner();
    }

    /** Joins a chain. It reads the files of its own major version alone. @throws Failure when it is not here */
    public Path joiner() {
        return PgTools.ofMajor("pg_combinebackup", major).program("pg_combinebackup");
    }

    @Override
    public long walBytes() {
        return walSegments(segmentBytes()).size() * segmentBytes();
    }

    /** Asks the manifest which of them there must be. */
    @Override
    public void mustHaveTablespaces() {
        parents.forEach(RestorableBackup::mustHaveTablespaces);
        var wanted = new TreeSet<String>();
        tablespaces.forEach(t -> wanted.add(t.oid()));
        manifest.files()
            .stream()
            .map(Manifest.File::path)
            .filter(p -> p.startsWith("pg_tblspc/"))
            .map(p -> p.split("/")[1])
            .forEach(wanted::add);
        for (var oid : wanted) {
            boolean present = backup.format() == BackupDirectory.Format.TAR
                ? backup.archives().stream().anyMatch(a -> a.oid().equals(oid))
                : Files.isDirectory(backup.dataDirectory().resolve("pg_tblspc").resolve(oid));
            if (!present) {
                throw incomplete(
                    backup,
                    "tablespace " + oid
                        + (backup.format() == BackupDirectory.Format.TAR ? " (" + oid + ".tar)"
                            : " (pg_tblspc/" + oid + ")"));
            }
            if (tablespaces.stream().noneMatch(t -> t.oid().equals(oid))) {
                throw Failure.answerIsNo(
                    "the backup " + backup.path() + " has lost its tablespace_map: where tablespace " + oid
                        + " lay is not known",
                    "without the map the server starts and misses that data; take an older backup.");
            }
        }
    }

    @Override
    public long dataBytes() {
        return joinedBytes("") + ownWalBytes();
    }

    private long ownWalBytes() {
        return manifest.walRanges()
            .stream()
            .mapToLong(r -> ((r.end() - 1) / segmentBytes() - r.start() / segmentBytes() + 1) * segmentBytes())
            .sum();
    }

    /** What is unpacked of it alone, without what it builds on. */
    public long ownBytes() {
        return manifest.files().totalBytes() + ownWalBytes();
    }

    @Override
    public long joinBytes() {
        if (!isIncremental()) return 0;
        return ownBytes() + parents.stream().mapToLong(parent -> parent.manifest.files().totalBytes()).sum();
    }

    /**
     * What the files below have when the chain is joined. How much an incremental file adds is only known when it is
     * unpacked: at most itself.
     */
    private long joinedBytes(String below) {
        if (below.isEmpty() && !isIncremental()) return manifest.files().totalBytes();
        long total = 0;
        for (var file : manifest.files()) {
            if (!file.path().startsWith(below)) continue;
            total += file.size();
            if (isIncremental()) total += bytesBefore(file.path());
        }
        return total;
    }

    /** What the parents have of a file of which the newest backup has only changes. */
    private long bytesBefore(String path) {
        long bytes = 0;
        int nameAt = path.lastIndexOf('/') + 1;
        if (!path.startsWith(INCREMENTAL, nameAt)) return 0;
        var whole = path.substring(0, nameAt) + path.substring(nameAt + INCREMENTAL.length());
        for (var parent : parents.reversed()) {
            var files = parent.manifest.files();
            int complete = files.find(whole);
            if (complete >= 0) return bytes + files.get(complete).size();
            int changes = files.find(path);
            if (changes >= 0) bytes += files.get(changes).size();
        }
        return bytes;
    }

    @Override
    public long tablespaceBytes(String oid) {
        return joinedBytes("pg_tblspc/" + oid + "/");
    }

    /** The WAL files that recovery will ask for. */
    public List<String> walSegments(long segmentBytes) {
        var names = new ArrayList<String>();
        for (var range : manifest.walRanges()) {
            for (long at = range.start() - range.start() % segmentBytes; at < range.end(); at += segmentBytes) {
                names.add(Lsn.segmentName(range.timeline(), at, segmentBytes));
            }
        }
        return names;
    }

    public long segmentBytes() {
        return fingerprint != null && fingerprint.server().walSegmentBytes() > 0
            ? fingerprint.server().walSegmentBytes()
            : USUAL_SEGMENT;
    }

    /** Where replay must get to: only there the data is that of one moment. */
    public long endLsn() {
        return manifest.walRanges().getLast().end();
    }

    @Override
    public Map<String, String> timescaleVersions() {
        return fingerprint == null ? new TreeMap<>() : fingerprint.timescaleVersions();
    }

    @Override
    public Optional<String> systemIdentifier() {
        return Optional
            .ofNullable(fingerprint != null ? fingerprint.server().systemIdentifier() : manifest.systemIdentifier());
    }

    /** "tar, zstd, PostgreSQL 15.18, TimescaleDB 2.28.3, 957 MB, taken 2025-07-04 16:53:26 UTC". */
    @Override
    public String summary() {
        var parts = new ArrayList<String>();
        parts.add(backup.format().name().toLowerCase(Locale.ROOT));
        if (backup.format() == BackupDirectory.Format.TAR) parts.add(backup.archives().getFirst().codec().word());
        if (backup.isEncrypted()) parts.add("encrypted");
        parts.add("PostgreSQL " + (fingerprint == null ? major : fingerprint.server().version().split(" ")[0]));
        Set<String> versions = new TreeSet<>(timescaleVersions().values());
        if (!versions.isEmpty()) parts.add("TimescaleDB " + String.join(", ", versions));
        if (isIncremental()) parts.add("incremental, builds on " + Units.plural(parents.size(), "backup"));
        parts.add((isIncremental() ? "up to " : "") + Units.bytes(dataBytes()));
        parts.add("taken " + Units.utc(backup.takenAt()));
        return String.join(", ", parts);
    }

    /**
     * A bare backup does not name its version, but the manifest has the checksum of the file PG_VERSION, which holds
     * nothing but "15".
     */
    private static int majorOf(BackupDirectory backup, Manifest manifest) {
        if (backup.format() == BackupDirectory.Format.PLAIN) {
            try {
                return Integer.parseInt(Files.readString(backup.dataDirectory().resolve("PG_VERSION")).strip());
            } catch (IOException | NumberFormatException e) {
                throw incomplete(backup, "a readable PG_VERSION");
            }
        }
        var file = manifest.files()
            .stream()
            .filter(f -> f.path().equals("PG_VERSION"))
            .findFirst()
            .orElseThrow(() -> incomplete(backup, "PG_VERSION"));
        for (int major = OLDEST_MAJOR; major <= NEWEST_MAJOR; major++) {
            var sum = Checksum.of(file.algorithm());
            var text = (major + "\n").getBytes(StandardCharsets.US_ASCII);
            sum.update(text, 0, text.length);
            if (sum.hex().equals(file.checksum()) && !file.checksum().isEmpty()) return major;
        }
        throw Failure.notReady(
            "the version of PostgreSQL that made " + backup.name()
                + " is not known: it has no backup.json, and a manifest without checksums",
            "unpack it by hand: docs/TROUBLESHOOTING.md");
    }

    private static Map<String, String> readSums(BackupDirectory backup) {
        var file = backup.path().resolve(BackupDirectory.SUMS);
        var sums = new TreeMap<String, String>();
        if (!Files.exists(file)) return sums;
        try {
            for (var line : Files.readAllLines(file)) {
                var parts = line.split(" [ *]", 2);
                if (parts.length == 2) sums.put(parts[1], parts[0]);
            }
        } catch (IOException e) {
            throw Failure
                .answerIsNo(file + " is damaged: " + e.getMessage(), "see: backup.java verify " + backup.path());
        }
        return sums;
    }

    private static Failure incomplete(BackupDirectory backup, String what) {
        return Failure.answerIsNo(
            "the backup " + backup.path() + " is not complete: " + what + " is missing",
            "was everything copied? Else take another backup: backup.java list");
    }
}
