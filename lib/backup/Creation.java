//SOURCES ../AtomicFile.java ../Console.java ../ExitCode.java ../Failure.java ../FileMode.java ../Json.java
//SOURCES ../Progress.java ../Release.java ../Shutdown.java ../Units.java ../archive/Age.java ../archive/Archive.java
//SOURCES ../archive/BackupChain.java ../archive/BackupDirectory.java ../archive/Codec.java ../archive/Fingerprint.java
//SOURCES ../archive/Lsn.java ../archive/Manifest.java ../archive/Sums.java ../archive/Verifier.java
//SOURCES ../database/Database.java BaseBackup.java ClusterFacts.java ConfigurationCopy.java ConfigurationFiles.java
//SOURCES CopiedCluster.java IncrementalParent.java LockedBackups.java Preflight.java Recoding.java RestoreGuide.java
package lib.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import lib.AtomicFile;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileMode;
import lib.Json;
import lib.Progress;
import lib.Release;
import lib.Shutdown;
import lib.Units;
import lib.archive.Age;
import lib.archive.Archive;
import lib.archive.BackupChain;
import lib.archive.BackupDirectory;
import lib.archive.Codec;
import lib.archive.Fingerprint;
import lib.archive.Lsn;
import lib.archive.Manifest;
import lib.archive.Sums;
import lib.archive.Verifier;
import lib.database.Database;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Makes one backup, in steps: copy under a partial name, compress the WAL, encrypt, check, write the papers, publish by
 * rename. Whatever stops it before the last step leaves nothing behind.
 */
public final class Creation {
    /** @param recipients null without encryption */
    public record Settings(
        BackupDirectory.Format format,
        String checkpoint,
        String maxRate,
        String label,
        boolean verify,
        boolean showProgress,
        int jobs,
        Age.Recipients recipients) {}

    private final Database database;
    private final Preflight.Result ready;
    private final Settings settings;
    /** What an incremental backup builds on; null for a full one. */
    private final BackupDirectory parent;
    private final LockedBackups.Target target;
    private final Path partial;

    private Creation(
        Database database,
        Preflight.Result ready,
        Settings settings,
        BackupDirectory parent,
        LockedBackups.Target target) {
        this.parent = parent;
        this.database = database;
        this.ready = ready;
        this.settings = settings;
        this.target = target;
        this.partial = target.partial();
    }

    /**
     * @param parent what an incremental backup builds on; null for a full one
     * @return the fingerprint of the published backup
     */
    public static Fingerprint make(
        Database database,
        Preflight.Result ready,
        Settings settings,
        BackupDirectory parent,
        LockedBackups locked) {
        var target = locked.target();
        try (var undo = Shutdown.onExit(() -> LockedBackups.delete(target.partial()))) {
            try {
                return new Creation(database, ready, settings, parent, target).run();
            } finally {
                // Published by now, or failed; while the JVM is being stopped the task above does it, after
                // pg_basebackup has gone.
                if (!Shutdown.inProgress()) LockedBackups.delete(target.partial());
            }
        } catch (IOException e) {
            boolean full = String.valueOf(e.getMessage()).contains("No space left");
            throw new Failure(
                full ? ExitCode.NOT_READY : ExitCode.FAILED,
                "cannot finish the backup: " + e.getMessage(),
                full ? "free some space, or choose another disk with -o; nothing of this run stays there."
                    : "nothing of this run stays in " + locked.backups() + ".",
                e);
        }
    }

    private Fingerprint run() throws IOException {
        // while the copy runs
        var census = CompletableFuture.supplyAsync(this::takeCensus, Thread::startVirtualThread);
        Thread.startVirtualThread(Creation::warmUp);
        copy();
        var copied = Instant.now();
        compressWal();
        var report = settings.verify() ? verify() : null;
        var checked = Instant.now();
        var sums = report == null ? null : new TreeMap<>(report.sums());
        var copy = new Copy(report, sums, owner(report), copied, checked);
        encrypt(sums);
        var facts = census.join();
        var manifest = opened().manifest();
        var configuration = new ConfigurationCopy(partial, settings.recipients(), sums)
            .of(ready, facts.configuration(), manifest);
        var print = fingerprint(copy, manifest, facts.databases(), configuration);
        writePapers(print, sums);
        publish();
        return print;
    }

    /** The command line that would be run. */
    public static List<String> command(
        Database database,
        Preflight.Result ready,
        Settings settings,
        BackupDirectory parent,
        Path into) {
        return baseBackup(database, ready, settings, parent)
            .command(settings.format() == BackupDirectory.Format.PLAIN ? into.resolve("data") : into);
    }

    private static BaseBackup baseBackup(
        Database database,
        Preflight.Result ready,
        Settings settings,
        BackupDirectory parent) {
        return new BaseBackup(
            ready.client(),
            database.settings(),
            settings.format(),
            ready.compression(),
            new BaseBackup.Request(
                settings.checkpoint(),
                settings.maxRate(),
                settings.label(),
                parent == null ? null : parent.manifestFile()),
            ready.tablespaces());
    }

    /**
     * The classes that the last steps need are loaded while pg_basebackup waits for its checkpoint: less to wait for at
     * the end.
     */
    private static void warmUp() {
        try {
            Json.write(new Fingerprint.StoredFile("", 0, ""));
            Codec.ZSTD.encoding(OutputStream.nullOutputStream(), 3).close();
            new TarArchiveInputStream(InputStream.nullInputStream())
                .getNextEntry();
        } catch (IOException | RuntimeException | LinkageError laterThen) {
            Console.detail("warming up: %s", laterThen);   // what fails here fails again where it matters
        }
    }

    private void copy() throws IOException {
        var into = settings.format() == BackupDirectory.Format.PLAIN
            ? Files.createDirectory(partial.resolve("data"), ownerOnly())
            : partial;
        try (var progress = progress("backup", Math.max(1, ready.cluster().totalBytes()))) {
            baseBackup(database, ready, settings, parent).copyInto(into, progress);
        }
        if (!opened().isComplete()) {
            throw Failure
                .failed("pg_basebackup ended well but wrote no backup_manifest", "is it a wrapper? see --verbose.");
        }
        CopiedCluster.mustBe(ready.systemIdentifier(), opened());
        if (parent != null) {
            IncrementalParent.mustBeOfOneHistory(parent, parent.manifest(), opened().manifest());
        }
        for (var archive : opened().archives()) {
            FileMode.ownerOnly(archive.path());
        }
        if (settings.format() == BackupDirectory.Format.TAR) {
            FileMode.ownerOnly(partial.resolve(Manifest.NAME));
        }
    }

    /** pg_basebackup compresses pg_wal.tar for gzip only. */
    private void compressWal() throws IOException {
        var codec = ready.compression().codec();
        for (var archive : opened().archives()) {
            if (archive.kind() != BackupDirectory.ArchiveKind.WAL || archive.codec() != Codec.NONE
                || codec == Codec.NONE) {
                continue;
            }
            Recoding.rewrite(
                archive.path(),
                partial.resolve("pg_wal.tar" + codec.suffix()),
                out -> codec.encoding(out, ready.compression().level()));
        }
    }

    private Verifier.Report verify() throws IOException {
        try (var progress = progress("check", opened().sizeBytes())) {
            progress.phase("checking");
            var report = Verifier.verify(opened(), null, settings.jobs(), progress);
            if (!report.isGood()) {
                report.damages().stream().limit(10).forEach(f -> Console.warn("%s", f));
                throw new Failure(
                    ExitCode.ANSWER_IS_NO,
                    "the new backup failed its check with " + Units.plural(report.damages().size(), "finding") + ": "
                        + report.damages().getFirst(),
                    "it was not kept. Is the disk under " + target.published().getParent()
                        + " sound? Try again, with -o on another disk.");
            }
            return report;
        }
    }

    /**
     * After the check: nobody here has the secret key to read it back with. What was written is then compared by its
     * sum.
     */
    private void encrypt(Map<String, String> sums) throws IOException {
        if (settings.recipients() == null) return;
        Console.say("encrypting to %s", String.join(", ", settings.recipients().keys()));
        for (var archive : opened().archives()) {
            Recoding.encrypt(partial, archive.path().getFileName().toString(), settings.recipients(), sums);
        }
    }

    /**
     * What was copied and checked.
     *
     * @param report null with --no-verify; then the sums are null too
     * @param owner of the files on the server; null when not known
     */
    private record Copy(
        Verifier.Report report,
        Map<String, String> sums,
        Verifier.Owner owner,
        Instant copied,
        Instant checked) {}

    private Fingerprint fingerprint(
        Copy copy,
        Manifest manifest,
        List<Fingerprint.DatabaseFacts> databases,
        Fingerprint.Configuration configuration) throws IOException {
        var report = copy.report();
        var files = storedFiles(copy.sums());
        var ended = Instant.now();
        boolean isTar = settings.format() == BackupDirectory.Format.TAR;
        var print = new Fingerprint.Draft();
        print.tool = "TimescaleDB Tools " + Release.VERSION;
        print.name = target.name();
        print.label = settings.label();
        print.startedAt = target.started();
        print.endedAt = ended;
        print.server = server(manifest, copy.owner());
        print.tablespaces = ready.tablespaces();
        print.databases = databases;
        print.storage = new Fingerprint.Storage(
            isTar ? "tar" : "plain",
            ready.compression().codec().word(),
            ready.compression().level(),
            settings.recipients() == null ? List.of() : settings.recipients().keys(),
            manifest.files().totalBytes(),
            files.stream().mapToLong(Fingerprint.StoredFile::sizeBytes).sum());
        print.verification = verification(copy);
        print.durations = new Fingerprint.Durations(
            seconds(target.started(), copy.copied()),
            report == null ? 0 : seconds(copy.copied(), copy.checked()),
            seconds(target.started(), ended));
        print.files = isTar ? files : List.of();
        print.configuration = configuration;
        print.incremental = parent == null ? null : IncrementalParent.record(parent);
        return new Fingerprint(print);
    }

    private static Fingerprint.Verification verification(Copy copy) {
        if (copy.report() == null) return new Fingerprint.Verification(false, null, 0, 0);
        var seen = copy.report();
        return new Fingerprint.Verification(true, copy.checked(), seen.files(), seen.walSegments());
    }

    /** @param owner of the files; null when it is not known */
    private Fingerprint.Server server(Manifest manifest, Verifier.Owner owner) {
        var cluster = ready.cluster();
        var end = manifest.walRanges().getLast();
        var server = new Fingerprint.Server.Draft();
        server.version = cluster.version();
        server.versionNumber = cluster.versionNumber();
        server.fullVersion = cluster.fullVersion();
        server.systemIdentifier = ready.systemIdentifier();
        server.timeline = end.timeline();
        server.startLsn = Lsn.text(manifest.walRanges().getFirst().start());
        server.endLsn = Lsn.text(end.end());
        server.pageChecksums = cluster.pageChecksums();
        server.walSegmentBytes = cluster.walSegmentBytes();
        server.dataDirectory = cluster.dataDirectory();
        server.collationVersion = cluster.collationVersion();
        server.sharedPreloadLibraries = cluster.sharedPreloadLibraries();
        server.isStandby = cluster.isStandby();
        server.uid = owner == null ? null : owner.uid();
        server.gid = owner == null ? null : owner.gid();
        server.image = image();
        return new Fingerprint.Server(server);
    }

    private void writePapers(Fingerprint print, Map<String, String> sums) throws IOException {
        paper(Fingerprint.NAME, Json.write(print), sums);
        paper(BackupDirectory.RESTORE_GUIDE, RestoreGuide.text(print, opened(), parents()), sums);
        if (sums != null) paper(BackupDirectory.SUMS, Sums.text(sums), null);
    }

    private List<BackupDirectory> parents() {
        return parent == null ? List.of() : BackupChain.of(parent).links();
    }

    private void paper(String name, String text, Map<String, String> sums) throws IOException {
        Recoding.write(partial, name, text.getBytes(StandardCharsets.UTF_8), sums);
    }

    /** From here on it is seen by list, restore and prune. */
    private void publish() throws IOException {
        AtomicFile.syncDirectory(partial);
        AtomicFile.rename(partial, target.published());
    }

    private BackupDirectory opened() {
        return BackupDirectory.openPartial(partial);
    }

    private Verifier.Owner owner(Verifier.Report report) throws IOException {
        if (settings.format() == BackupDirectory.Format.PLAIN) return null;
        if (report != null) return report.owner();
        var first = Archive.first(opened().archives().getFirst().path());
        return first == null ? null : new Verifier.Owner(first.uid(), first.gid());
    }

    /** @param sums null when nothing was hashed */
    private List<Fingerprint.StoredFile> storedFiles(Map<String, String> sums) throws IOException {
        try (var files = Files.walk(partial)) {
            return files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                .map(f -> partial.relativize(f).toString())
                .sorted()
                .map(
                    name -> new Fingerprint.StoredFile(
                        name,
                        partial.resolve(name).toFile().length(),
                        sums == null ? null : sums.get(name)))
                .toList();
        }
    }

    private Progress progress(String what, long total) {
        return settings.showProgress() ? Progress.ofBytes(what, total) : Progress.none();
    }

    /** What is asked of the server while the copy runs. */
    private record Census(
        List<Fingerprint.DatabaseFacts> databases,
        Map<ConfigurationFiles.Named, ConfigurationFiles.Content> configuration) {}

    /** Trouble here is no trouble of the copy: then backup.json lacks these facts, and says so. */
    private Census takeCensus() {
        return new Census(
            orNothing("the databases", () -> ClusterFacts.databases(database), List.of()),
            orNothing("the configuration", () -> ready.configuration().contents(), Map.of()));
    }

    private static <T> T orNothing(String what, Supplier<T> question, T nothing) {
        try {
            return question.get();
        } catch (Failure e) {
            Console.warn("backup.json will lack facts about %s: %s", what, e.getMessage());
            return nothing;
        }
    }

    private static String image() {
        var image = System.getenv("TIMESCALEDB_IMAGE");
        return image == null || image.isBlank() ? null : image;
    }

    private static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toMillis() / 1000.0;
    }

    private static FileAttribute<?> ownerOnly() {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    }
}
