//SOURCES ../ExitCode.java ../Failure.java ../Message.java ../Progress.java Age.java Archive.java BackupDirectory.java
//SOURCES Checksum.java FileChecklist.java Fingerprint.java Manifest.java StoredFile.java StoredFiles.java
//SOURCES StrayFile.java Sums.java WalCheck.java
package lib.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import lib.ExitCode;
import lib.Failure;
import lib.Message;
import lib.Progress;

/**
 * Proves a backup against its own papers, reading every byte once and unpacking nothing: each data file against
 * backup_manifest, the WAL against the manifest's ranges, each stored file against SHA256SUMS. Three verdicts: whole,
 * damaged, could not be judged.
 */
public final class Verifier {
    /**
     * @param path in the backup, or in the data directory that it holds
     * @param what is wrong with it, as a sentence's end: "is missing"
     */
    public record Damage(String path, String what) {
        @Override
        public String toString() {
            return path + " " + what;
        }
    }

    /** Something that was not seen, so that nothing can be said about it. @param cure what to do to have it judged */
    public record Doubt(String path, String what, String cure) {
        @Override
        public String toString() {
            return path + " " + what;
        }
    }

    /**
     * @param damages empty unless it is damaged; at most 100,000
     * @param damageCount all of them
     * @param unjudged what could not be read or compared
     * @param notes what is unusual and does no harm
     * @param sums SHA-256 of each stored file, by its path in the backup; SHA256SUMS itself is not among them
     * @param hasSums was there a SHA256SUMS to compare with?
     * @param opened false when the archives are encrypted and no identity was given: then only the stored bytes were
     *        compared with their sums
     * @param files data files that were compared with the manifest
     * @param dataBytes their size
     * @param owner who owns the files in the archives, by number; null for the plain format
     */
    public record Report(
        List<Damage> damages,
        long damageCount,
        List<Doubt> unjudged,
        List<String> notes,
        Map<String, String> sums,
        boolean hasSums,
        boolean opened,
        long files,
        long walSegments,
        long dataBytes,
        long storedBytes,
        Owner owner) {
        /** The same, set by name. */
        private Report(Draft draft) {
            this(
                List.copyOf(draft.damages),
                draft.damageCount,
                List.copyOf(draft.unjudged),
                List.copyOf(draft.notes),
                draft.sums,
                draft.hasSums,
                draft.opened,
                draft.files,
                draft.walSegments,
                draft.dataBytes,
                draft.storedBytes,
                draft.owner);
        }

        /** Whole. */
        public boolean isGood() {
            return damages.isEmpty() && unjudged.isEmpty();
        }

        public boolean isDamaged() {
            return !damages.isEmpty();
        }

        /** With what was found in another one that it needs. @param place in front of each path there */
        Report with(String place, Report other) {
            var both = new Draft(this);
            other.damages.forEach(d -> both.damages.add(new Damage(place + d.path(), d.what())));
            other.unjudged.forEach(d -> both.unjudged.add(new Doubt(place + d.path(), d.what(), d.cure())));
            other.notes.forEach(note -> both.notes.add(place + note));
            both.damageCount += other.damageCount;
            both.hasSums &= other.hasSums;
            both.opened &= other.opened;
            both.files += other.files;
            both.walSegments += other.walSegments;
            both.dataBytes += other.dataBytes;
            both.storedBytes += other.storedBytes;
            return new Report(both);
        }

        /** The same with this doubt on top. */
        Report with(Doubt doubt) {
            var more = new Draft(this);
            more.unjudged.add(doubt);
            return new Report(more);
        }
    }

    /** A report that is being made. */
    private static final class Draft {
        private final List<Damage> damages = new ArrayList<>();
        private final List<Doubt> unjudged = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        private long damageCount;
        private Map<String, String> sums;
        private boolean hasSums;
        private boolean opened;
        private long files;
        private long walSegments;
        private long dataBytes;
        private long storedBytes;
        private Owner owner;

        Draft() {}

        Draft(Report report) {
            damages.addAll(report.damages);
            unjudged.addAll(report.unjudged);
            notes.addAll(report.notes);
            damageCount = report.damageCount;
            sums = report.sums;
            hasSums = report.hasSums;
            opened = report.opened;
            files = report.files;
            walSegments = report.walSegments;
            dataBytes = report.dataBytes;
            storedBytes = report.storedBytes;
            owner = report.owner;
        }
    }

    public record Owner(long uid, long gid) {}

    /** Files that may differ from the manifest, or be absent from it: those that pg_verifybackup ignores too. */
    private static final Set<String> NOT_IN_MANIFEST =
        Set.of(Manifest.NAME, "postgresql.auto.conf", "recovery.signal", "standby.signal");
    private static final int BUFFER = 1 << 17;
    private static final int NAMED_DAMAGES = 100_000;

    private final BackupDirectory backup;
    private final Age.Identity identity;
    private final int jobs;
    private final Progress progress;

    private final List<Damage> damages = Collections.synchronizedList(new ArrayList<>());
    private final List<Doubt> unjudged = Collections.synchronizedList(new ArrayList<>());
    private final List<String> notes = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, String> sums = new ConcurrentHashMap<>();
    private final Map<String, Long> wrongSizes = new TreeMap<>();
    private final AtomicLong damageCount = new AtomicLong();
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong dataBytes = new AtomicLong();
    private final AtomicLong storedBytes = new AtomicLong();
    private WalCheck wal = new WalCheck(null, null);
    /** Null when the manifest is missing or damaged: then there is nothing to compare with. */
    private FileChecklist expected;
    private Optional<Fingerprint> print = Optional.empty();
    private boolean hasSums;
    private volatile Owner owner;

    private Verifier(BackupDirectory backup, Age.Identity identity, int jobs, Progress progress) {
        this.backup = backup;
        this.identity = identity;
        this.jobs = jobs;
        this.progress = progress;
    }

    /**
     * Of an incremental backup its own files alone: see {@link ChainVerifier}.
     *
     * @param identity null, unless the backup is encrypted
     */
    public static Report verify(BackupDirectory backup, Age.Identity identity, int jobs, Progress progress) {
        return new Verifier(backup, identity, jobs, progress).run();
    }

    private Report run() {
        hasSums = Files.exists(backup.path().resolve(BackupDirectory.SUMS));
        readFingerprint();
        readManifest();
        boolean opens = identity != null || !backup.isEncrypted();
        if (!opens && !hasSums) {
            throw Failure.notReady(
                backup.name() + " is encrypted, and it has no SHA256SUMS to compare with",
                "give the secret key's file: --identity key.txt");
        }
        compareSizes();
        compareTablespaces();
        var stored = StoredFiles.of(backup);
        notes.addAll(stored.notes());
        stored.damages().forEach(this::found);
        unjudged.addAll(stored.unjudged());
        inParallel(backup.format() == BackupDirectory.Format.TAR ? tarTasks(stored) : plainTasks(stored));
        if (expected != null && opens) {
            expected.missing()
                .filter(path -> !NOT_IN_MANIFEST.contains(path))
                .forEach(path -> found(new Damage(path, "is missing")));
            judgeWal();
        }
        compareSums();
        return report(opens);
    }

    /** Of a cluster with a million files all may be missing: then the first ones are named. */
    private void found(Damage damage) {
        if (damageCount.incrementAndGet() <= NAMED_DAMAGES) damages.add(damage);
    }

    private Report report(boolean opens) {
        damages.removeIf(d -> wrongSizes.containsKey(d.path()));       // said once, in front
        damages.sort(Comparator.comparing((Damage d) -> !isStored(d.path())).thenComparing(Damage::path));
        Collections.sort(notes);
        var report = new Draft();
        wrongSizes.forEach((name, recorded) -> report.damages.add(wrongSize(name, recorded)));
        report.damages.addAll(damages);
        report.damageCount = report.damages.size() + Math.max(0, damageCount.get() - NAMED_DAMAGES);
        report.unjudged.addAll(unjudged);
        report.notes.addAll(notes);
        report.sums = new TreeMap<>(sums);
        report.hasSums = hasSums;
        report.opened = opens;
        report.files = files.get();
        report.walSegments = wal.segments();
        report.dataBytes = dataBytes.get();
        report.storedBytes = storedBytes.get();
        report.owner = owner;
        return new Report(report);
    }

    /** A file of the backup itself, not one that an archive holds. */
    private boolean isStored(String path) {
        return Files.exists(backup.path().resolve(path)) || path.indexOf('/') < 0 && path.contains(".tar");
    }

    private void readFingerprint() {
        try {
            print = backup.fingerprint();
        } catch (Failure damaged) {
            if (damaged.exitCode() == ExitCode.NOT_READY) throw damaged;
            if (!hasSums) found(new Damage(Fingerprint.NAME, "is damaged"));   // else SHA256SUMS tells of it
        }
    }

    private void readManifest() {
        try {
            var manifest = backup.manifest(identity);
            expected = new FileChecklist(manifest.files());
            wal = new WalCheck(manifest, system(manifest));
            if (!manifest.files().isEmpty() && manifest.files().getFirst().algorithm() == Checksum.Algorithm.NONE) {
                notes.add(
                    "the manifest has no checksums (--manifest-checksums=NONE): of data files only the "
                        + "sizes are proven");
            }
        } catch (Failure trouble) {
            boolean wasLost = hasSums || print.isPresent() || backup.wasNeverFinished();
            if (trouble.exitCode() == ExitCode.NOT_READY) throw trouble;
            var name = backup.path().relativize(backup.manifestFile()).toString();
            if (Files.exists(backup.manifestFile()) || wasLost) {
                found(new Damage(name, trouble.getMessage().replaceFirst("^.*" + Manifest.NAME + " ", "")));
            } else {
                unjudged.add(
                    new Doubt(
                        name,
                        "is missing: without it nothing can be compared",
                        "was everything copied? One that was made with --no-manifest can be proven only by a "
                            + "restore: restore.java drill"));
            }
        }
    }

    /** Which cluster the WAL must belong to: the manifest says it since PostgreSQL 17, our own record always. */
    private String system(Manifest manifest) {
        return manifest.systemIdentifier() != null ? manifest.systemIdentifier()
            : print.map(p -> p.server().systemIdentifier()).orElse(null);
    }

    /** An interrupted copy shows at once. */
    private void compareSizes() {
        for (var f : print.map(Fingerprint::files).orElse(List.of())) {
            var file = backup.path().resolve(f.name());
            if (Files.exists(file) && file.toFile().length() != f.sizeBytes()) wrongSizes.put(f.name(), f.sizeBytes());
        }
    }

    /** An archive that was never made is in no list of files. */
    private void compareTablespaces() {
        if (backup.format() != BackupDirectory.Format.TAR || print.isEmpty()) return;
        for (var tablespace : print.get().tablespaces()) {
            var archive = tablespace.oid() + ".tar";
            boolean isKnown = print.get().files().stream().anyMatch(f -> f.name().startsWith(archive))
                || backup.archives().stream().anyMatch(a -> a.oid().equals(tablespace.oid()));
            if (!isKnown) found(new Damage(archive, "is missing, the tablespace " + tablespace.name()));
        }
    }

    private Damage wrongSize(String name, long recorded) {
        long now = backup.path().resolve(name).toFile().length();
        return new Damage(
            name,
            now < recorded ? "has " + now + " of its " + recorded + " bytes: it was not copied to its end"
                : "has " + now + " bytes, and " + recorded + " were written");
    }

    /** Without any WAL a backup of another tool may be meant for an archive: pg_basebackup -X none. */
    private void judgeWal() {
        if (wal.segments() > 0 || hasSums || print.isPresent()) {
            wal.damages().forEach(this::found);
            unjudged.addAll(wal.doubts());
            return;
        }
        unjudged.add(
            new Doubt(
                "pg_wal",
                "is missing: the backup cannot become consistent without its WAL, " + wal.wanted(),
                "made with pg_basebackup -X none? Then it needs a WAL archive with these segments. Else: was "
                    + "pg_wal.tar copied?"));
    }

    private void compareSums() {
        if (!hasSums) return;
        var listed = Sums.read(backup.path(), damages);
        if (listed == null) return;
        // What lies beside the archives and is no archive is somebody's own: no harm is done by it.
        var own = sums.keySet()
            .stream()
            .filter(name -> !listed.names().contains(name) && !isData(name))
            .sorted()
            .toList();
        own.forEach(name -> {
            notes.add(name + " is no part of the backup: SHA256SUMS does not name it");
            sums.remove(name);
        });
        listed.compare(sums, damages);
    }

    private boolean isData(String name) {
        return backup.format() == BackupDirectory.Format.TAR ? BackupDirectory.isArchive(name)
            : backup.path().resolve(name).startsWith(backup.dataDirectory());
    }

    private void inParallel(List<Runnable> tasks) {
        try (
            var pool = Executors.newFixedThreadPool(
                Math.max(1, Math.min(jobs, tasks.size())),
                Thread.ofPlatform().daemon().name("verify-", 1).factory())) {
            for (var future : tasks.stream().map(pool::submit).toList()) future.get();
        } catch (InterruptedException e) {
            throw new Failure(ExitCode.INTERRUPTED, "interrupted while checking", null, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Failure failure) throw failure;
            if (e.getCause() instanceof LinkageError missing) throw noLibrary(missing);
            throw new IllegalStateException(e.getCause());
        }
    }

    private static Failure noLibrary(LinkageError missing) {
        return new Failure(
            ExitCode.NOT_READY,
            "cannot load a library for decompression: " + Message.firstLine(String.valueOf(missing.getMessage())),
            "is /tmp mounted noexec? Choose another place: JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=/var/tmp",
            missing);
    }

    private List<Runnable> tarTasks(StoredFiles stored) {
        var tasks = new ArrayList<Runnable>();
        var archives = new TreeMap<String, BackupDirectory.ArchiveFile>();
        for (var archive : backup.archives()) {
            var name = archive.path().getFileName().toString();
            archives.put(name, archive);
            if (archive.isEncrypted() && identity == null) tasks.add(() -> hashOnly(name, archive.path()));
            else tasks.add(() -> checkArchive(archive));
        }
        stored.files().forEach((name, path) -> {
            if (archives.containsKey(name)) return;
            if (StrayFile.is(name)) noteStray(name);
            else tasks.add(() -> hashOnly(name, path));
        });
        return tasks;
    }

    private void noteStray(String name) {
        notes.add(name + " is no part of the backup");
    }

    private void checkArchive(BackupDirectory.ArchiveFile archive) {
        var name = archive.path().getFileName().toString();
        var buffer = new byte[BUFFER];
        try (var reader = Archive.open(archive.path(), identity, this::read)) {
            try {
                for (var entry = reader.next(); entry != null; entry = reader.next()) {
                    if (owner == null) owner = new Owner(entry.uid(), entry.gid());
                    if (entry.isFile()) {
                        checkEntry(archive.prefix() + entry.name(), entry.size(), reader.content(), buffer);
                    }
                }
                sums.put(name, reader.finish());
            } catch (Failure e) {
                throw e;
            } catch (IOException | RuntimeException e) {      // decoders meet damage in many ways
                if (reader.diskTrouble() != null) throw reader.diskTrouble();
                var why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
                found(new Damage(name, "is damaged: " + why));
                sums.put(name, reader.sumOfRest());
            }
        } catch (IOException e) {
            unreadable(name, e);
        }
    }

    private void unreadable(String name, IOException e) {
        if (e instanceof NoSuchFileException) return;      // it went while we were at work: it is missed later
        boolean isDenied = e instanceof AccessDeniedException;
        var why = isDenied ? "permission denied" : reason(e);
        unjudged.add(
            new Doubt(
                name,
                "cannot be read: " + Message.lowerFirst(why),
                isDenied ? "run it as the owner of the backup." : "is the disk or the mount sound? Then try again."));
        sums.put(name, "");
    }

    private static String reason(IOException e) {
        boolean isNamed = e instanceof FileSystemException f && f.getReason() != null;
        return isNamed ? ((FileSystemException) e).getReason() : String.valueOf(e.getMessage());
    }

    private void checkEntry(String path, long size, InputStream content, byte[] buffer) throws IOException {
        // -X fetch: archive_status is in the manifest
        boolean isWal = path.startsWith("pg_wal/") && (expected == null || !expected.names(path));
        if (isWal) {
            wal.check(path.substring("pg_wal/".length()), size, content, buffer);
            return;
        }
        var file = expected == null ? null : expected.take(path);
        var checksum = Checksum.of(file == null ? Checksum.Algorithm.NONE : file.algorithm());
        long n = drain(content, buffer, checksum);
        dataBytes.addAndGet(n);
        files.incrementAndGet();
        if (NOT_IN_MANIFEST.contains(path)) return;
        if (file != null) compare(file, n, checksum.hex());
        else if (expected != null) {
            found(
                new Damage(
                    path,
                    expected.names(path) ? "is there twice" : "is in the backup, but not in its manifest"));
        }
    }

    private void compare(Manifest.File file, long size, String checksum) {
        if (size != file.size()) {
            found(new Damage(file.path(), "has " + size + " bytes, the manifest says " + file.size()));
        } else if (file.algorithm() != Checksum.Algorithm.NONE && !checksum.equals(file.checksum())) {
            found(new Damage(file.path(), "has other content than was backed up"));
        }
    }

    private List<Runnable> plainTasks(StoredFiles stored) {
        var tasks = new ArrayList<Runnable>();
        var data = backup.path().equals(backup.dataDirectory()) ? "" : "data/";
        var segments = new TreeMap<String, Path>();
        stored.files().forEach((name, path) -> {
            var inData = name.startsWith(data) ? name.substring(data.length()) : null;
            boolean isKnown = inData != null && expected != null && expected.names(inData);
            if (StrayFile.is(name) && !isKnown) {
                noteStray(name);
            } else if (inData == null || data.isEmpty() && OURS.contains(name)) {
                tasks.add(() -> hashOnly(name, path));
            } else if (inData.startsWith("pg_wal/")) {
                segments.put(name, path);
            } else {
                tasks.add(() -> checkPlainFile(name, path, inData));
            }
        });
        // in their order
        tasks.addFirst(() -> segments.forEach((n, path) -> checkPlainFile(n, path, n.substring(data.length()))));
        noteLostDirectories();
        return tasks;
    }

    private void noteLostDirectories() {
        var lost = BackupDirectory.EMPTY_DIRECTORIES.stream()
            .filter(d -> !Files.isDirectory(backup.dataDirectory().resolve(d)))
            .toList();
        if (!lost.isEmpty()) {
            notes.add(
                "empty directories were lost when it was copied (" + String.join(", ", lost)
                    + "); a restore makes them again");
        }
    }

    /** Both sums in one read. */
    private void checkPlainFile(String name, Path path, String inData) {
        var sha = Checksum.of(Checksum.Algorithm.SHA256);
        try (var in = new Tee(Files.newInputStream(path), sha)) {
            var size = Files.size(path);
            checkEntry(inData, size, in, new byte[Math.clamp(size, 1 << 9, BUFFER)]);
            in.transferTo(OutputStream.nullOutputStream());
            sums.put(name, sha.hex());
        } catch (IOException e) {
            unreadable(name, e);
        }
    }

    /** Our own papers, where they lie beside the data of a bare plain backup. */
    private static final Set<String> OURS =
        Set.of(Fingerprint.NAME, BackupDirectory.SUMS, BackupDirectory.RESTORE_GUIDE);

    private final class Tee extends FilterInputStream {
        private final Checksum sha;

        Tee(InputStream in, Checksum sha) {
            super(in);
            this.sha = sha;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int n = super.read(into, offset, length);
            if (n > 0) {
                sha.update(into, offset, n);
                Verifier.this.read(n);
            }
            return n;
        }
    }

    private void hashOnly(String name, Path path) {
        if (name.equals(BackupDirectory.SUMS)) return;
        try (var in = StoredFile.open(path, this::read)) {
            sums.put(name, in.finish());
        } catch (IOException e) {
            unreadable(name, e);
        }
    }

    private void read(long bytes) {
        storedBytes.addAndGet(bytes);
        progress.by(bytes);
    }

    static long drain(InputStream in, byte[] buffer, Checksum checksum) throws IOException {
        long total = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            checksum.update(buffer, 0, n);
            total += n;
        }
        return total;
    }
}
