//SOURCES ../ExitCode.java ../Failure.java ../Progress.java Age.java Archive.java BackupDirectory.java Checksum.java
//SOURCES Fingerprint.java Manifest.java StoredFile.java Sums.java WalCheck.java
package lib.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import lib.ExitCode;
import lib.Failure;
import lib.Progress;

/**
 * Proves a backup against its own papers, reading every byte once and unpacking nothing: each data file against backup_manifest,
 * the WAL against the manifest's ranges, each stored file against SHA256SUMS.
 */
public final class Verifier {
    /**
     * @param path in the backup, or in the data directory that it holds
     * @param what is wrong with it, as a sentence's end: "is missing"
     */
    public record Finding(String path, String what) {
        @Override
        public String toString() {
            return path + " " + what;
        }
    }

    /**
     * @param findings empty for a good backup
     * @param sums SHA-256 of each stored file, by its path in the backup; SHA256SUMS itself is not among them
     * @param hasSums was there a SHA256SUMS to compare with?
     * @param opened false when the archives are encrypted and no identity was given: then only the stored bytes were compared with their sums
     * @param files data files that were compared with the manifest
     * @param dataBytes their size
     * @param owner who owns the files in the archives, by number; null for the plain format
     */
    public record Report(
        List<Finding> findings,
        Map<String, String> sums,
        boolean hasSums,
        boolean opened,
        long files,
        long walSegments,
        long dataBytes,
        long storedBytes,
        Owner owner) {
        public boolean isGood() {
            return findings.isEmpty();
        }
    }

    public record Owner(long uid, long gid) {}

    /** Files that may differ from the manifest, or be absent from it: those that pg_verifybackup ignores too. */
    private static final Set<String> NOT_IN_MANIFEST =
        Set.of(Manifest.NAME, "postgresql.auto.conf", "recovery.signal", "standby.signal");
    private static final int BUFFER = 1 << 17;

    private final BackupDirectory backup;
    private final Age.Identity identity;
    private final int jobs;
    private final Progress progress;

    private final List<Finding> findings = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, String> sums = new ConcurrentHashMap<>();
    private final AtomicLong files = new AtomicLong();
    private WalCheck wal = new WalCheck(null, null);
    private final AtomicLong dataBytes = new AtomicLong();
    private final AtomicLong storedBytes = new AtomicLong();
    /** The manifest's files that were not seen yet. A cluster may have a million: what was seen leaves. */
    private final Map<String, Manifest.File> expected = new ConcurrentHashMap<>();
    private Manifest manifest;
    private volatile Owner owner;

    private Verifier(BackupDirectory backup, Age.Identity identity, int jobs, Progress progress) {
        this.backup = backup;
        this.identity = identity;
        this.jobs = jobs;
        this.progress = progress;
    }

    /** @param identity null, unless the backup is encrypted */
    public static Report verify(BackupDirectory backup, Age.Identity identity, int jobs, Progress progress) {
        return new Verifier(backup, identity, jobs, progress).run();
    }

    private Report run() {
        try {
            manifest = backup.manifest();
            manifest.files().forEach(f -> expected.put(f.path(), f));
            wal = new WalCheck(manifest, system(manifest));
        } catch (Failure damaged) {
            findings.add(
                new Finding(
                    backup.path().relativize(backup.manifestFile()).toString(),
                    damaged.getMessage().replaceFirst("^.*" + Manifest.NAME + " ", "")));
        }
        boolean isKnown = manifest != null;
        if (isKnown && !manifest.isReadableAlone()) throw incremental();
        boolean opens = identity != null || !backup.isEncrypted();
        if (!opens && !Files.exists(backup.path().resolve(BackupDirectory.SUMS))) {
            throw Failure.notReady(
                backup.name() + " is encrypted, and it has no SHA256SUMS to compare with",
                "give the secret key's file: --identity key.txt");
        }
        inParallel(backup.format() == BackupDirectory.Format.TAR ? tarTasks(isKnown) : plainTasks(isKnown));
        if (isKnown && opens) {
            for (var path : expected.keySet()) {
                if (!NOT_IN_MANIFEST.contains(path)) findings.add(new Finding(path, "is missing"));
            }
            findings.addAll(wal.result());
        }
        var hasSums = Sums.compare(backup.path(), sums, findings);
        findings.sort(java.util.Comparator.comparing(Finding::path).thenComparing(Finding::what));
        return new Report(
            List.copyOf(findings),
            new TreeMap<>(sums),
            hasSums,
            opens,
            files.get(),
            wal.segments(),
            dataBytes.get(),
            storedBytes.get(),
            owner);
    }

    /** Its files may all be as they were written, and still it is no backup. */
    private Failure incremental() {
        return Failure.answerIsNo(
            backup.name()
                + " is an incremental backup: it holds only what changed since another one, and nothing can be restored from it alone",
            "join it with the backups before it: pg_combinebackup -o FULL FIRST … LAST; then verify FULL.");
    }

    /** Which cluster the WAL must belong to: the manifest says it since PostgreSQL 17, our own record always. */
    private String system(Manifest manifest) {
        if (manifest.systemIdentifier() != null) return manifest.systemIdentifier();
        try {
            return backup.fingerprint().map(p -> p.server().systemIdentifier()).orElse(null);
        } catch (Failure damaged) {
            return null;   // SHA256SUMS tells of it
        }
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
            throw new IllegalStateException(e.getCause());
        }
    }

    private List<Runnable> tarTasks(boolean isKnown) {
        var tasks = new ArrayList<Runnable>();
        var archives = backup.archives();
        for (var archive : archives) {
            if (archive.isEncrypted() && identity == null)
                tasks.add(() -> hashOnly(archive.path().getFileName().toString()));
            else tasks.add(() -> checkArchive(archive, isKnown));
        }
        var names = new TreeSet<String>();
        archives.forEach(a -> names.add(a.path().getFileName().toString()));
        for (var file : filesIn(backup.path())) {
            if (!names.contains(file)) tasks.add(() -> hashOnly(file));
        }
        return tasks;
    }

    private void checkArchive(BackupDirectory.ArchiveFile archive, boolean isKnown) {
        var name = archive.path().getFileName().toString();
        var buffer = new byte[BUFFER];
        try (var reader = Archive.open(archive.path(), identity, this::read)) {
            try {
                for (var entry = reader.next(); entry != null; entry = reader.next()) {
                    if (owner == null) owner = new Owner(entry.uid(), entry.gid());
                    if (entry.isFile())
                        checkEntry(archive.prefix() + entry.name(), entry.size(), reader.content(), buffer, isKnown);
                }
                sums.put(name, reader.finish());
            } catch (Failure e) {
                throw e;
            } catch (IOException | RuntimeException e) {      // decoders meet damage in many ways
                findings.add(
                    new Finding(
                        name,
                        "is damaged: " + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())));
                sums.put(name, reader.sumOfRest());
            }
        } catch (IOException e) {
            findings.add(new Finding(name, "cannot be read: " + e.getMessage()));
            sums.put(name, "");
        }
    }

    private void checkEntry(String path, long size, InputStream content, byte[] buffer, boolean isKnown)
        throws IOException {
        if (path.startsWith("pg_wal/")) {
            wal.check(path.substring("pg_wal/".length()), size, content, buffer);
            return;
        }
        var file = expected.remove(path);
        var checksum = Checksum.of(file == null ? Checksum.Algorithm.NONE : file.algorithm());
        long n = drain(content, buffer, checksum);
        dataBytes.addAndGet(n);
        files.incrementAndGet();
        if (NOT_IN_MANIFEST.contains(path)) return;
        if (file != null) {
            compare(file, n, checksum.hex());
        } else if (isKnown) {
            boolean isKnownFile = manifest.files().stream().anyMatch(f -> f.path().equals(path));
            findings
                .add(new Finding(path, isKnownFile ? "is there twice" : "is in the backup, but not in its manifest"));
        }
    }

    private void compare(Manifest.File file, long size, String checksum) {
        if (size != file.size()) {
            findings.add(new Finding(file.path(), "has " + size + " bytes, the manifest says " + file.size()));
        } else if (file.algorithm() != Checksum.Algorithm.NONE && !checksum.equals(file.checksum())) {
            findings.add(new Finding(file.path(), "has other content than was backed up"));
        }
    }

    private List<Runnable> plainTasks(boolean isKnown) {
        var tasks = new ArrayList<Runnable>();
        var data = backup.dataDirectory();
        var files = filesIn(backup.path());
        var wal = data.resolve("pg_wal");
        var segments = files.stream().filter(f -> backup.path().resolve(f).startsWith(wal)).sorted().toList();
        tasks.add(
            () -> segments
                .forEach(
                    f -> checkPlainFile(
                        f,
                        backup.path().resolve(f),
                        data.relativize(backup.path().resolve(f)).toString(),
                        isKnown)));   // in their order
        for (var file : files) {
            if (backup.path().resolve(file).startsWith(wal)) continue;
            var path = backup.path().resolve(file);
            var inData = path.startsWith(data) ? data.relativize(path).toString() : null;
            tasks.add(() -> {
                if (inData == null) hashOnly(file);
                else checkPlainFile(file, path, inData, isKnown);
            });
        }
        for (var directory : REQUIRED_DIRECTORIES) {
            if (!Files.isDirectory(data.resolve(directory)))
                findings
                    .add(new Finding(directory, "is missing, a directory that the server needs although it is empty"));
        }
        return tasks;
    }

    /** They are empty in a backup, and what copies to object storage drops them. */
    private static final List<String> REQUIRED_DIRECTORIES = List.of(
        "pg_commit_ts",
        "pg_dynshmem",
        "pg_notify",
        "pg_replslot",
        "pg_serial",
        "pg_snapshots",
        "pg_stat",
        "pg_stat_tmp",
        "pg_subtrans",
        "pg_tblspc",
        "pg_twophase",
        "pg_wal");

    /** Both sums in one read. */
    private void checkPlainFile(String name, Path path, String inData, boolean isKnown) {
        if (!backup.path().equals(backup.dataDirectory()) || !OURS.contains(name)) {
            var sha = Checksum.of(Checksum.Algorithm.SHA256);
            try (var in = new Tee(Files.newInputStream(path), sha)) {
                checkEntry(
                    inData,
                    Files.size(path),
                    in,
                    new byte[Math.clamp(Files.size(path), 1 << 9, BUFFER)],
                    isKnown);
                in.transferTo(java.io.OutputStream.nullOutputStream());
                sums.put(name, sha.hex());
            } catch (IOException e) {
                findings.add(new Finding(name, "cannot be read: " + e.getMessage()));
                sums.put(name, "");
            }
        }
    }

    /** Our own papers, where they lie beside the data of a bare plain backup. */
    private static final Set<String> OURS =
        Set.of(Fingerprint.NAME, BackupDirectory.SUMS, BackupDirectory.RESTORE_GUIDE);

    private final class Tee extends java.io.FilterInputStream {
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

    private void hashOnly(String name) {
        if (name.equals(BackupDirectory.SUMS)) return;
        try (var in = StoredFile.open(backup.path().resolve(name), this::read)) {
            sums.put(name, in.finish());
        } catch (IOException e) {
            findings.add(new Finding(name, "cannot be read: " + e.getMessage()));
            sums.put(name, "");
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

    /** Every regular file below, as a relative path; links are not followed. */
    private List<String> filesIn(Path directory) {
        var files = new ArrayList<String>();
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isSymbolicLink()) {
                        findings.add(
                            new Finding(
                                directory.relativize(file).toString(),
                                "is a link: what it points to is no part of the backup"));
                    } else {
                        files.add(directory.relativize(file).toString());
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    findings
                        .add(new Finding(directory.relativize(file).toString(), "cannot be read: " + e.getMessage()));
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + directory + ": " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
        return files;
    }
}
