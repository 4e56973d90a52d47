//SOURCES ../Failure.java ../archive/BackupChain.java ../archive/BackupDirectory.java ../archive/Fingerprint.java
//SOURCES ../archive/Manifest.java ../database/Database.java Preflight.java Retention.java
package lib.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import lib.Failure;
import lib.archive.BackupChain;
import lib.archive.BackupDirectory;
import lib.archive.Fingerprint;
import lib.archive.Manifest;
import lib.database.Database;

/**
 * The backup that a new incremental one builds on: the newest verified one of the cluster in the same directory. Its
 * manifest lies there as a plain file, also when its archives are encrypted.
 */
final class IncrementalParent {
    static final int OLDEST_MAJOR = 17;
    /** What a server keeps of the backup that it was restored from; a base backup has it like any other file. */
    private static final String RESTORED_FROM = "backup_label.old";
    private static final String LABEL = "backup_label";
    private static final Pattern NO_SUMMARIES = Pattern.compile(
        "WAL summaries are required on timeline|WAL summarization is not progressing");
    private static final Pattern OTHER_HISTORY = Pattern.compile(
        "but not in this server's history|but that timeline|but this backup starts at|system identifier");

    private IncrementalParent() {}

    /** Can this server make incremental backups at all? @param isWanted then a no is a problem */
    static Preflight.Check check(Database database, int versionNumber, boolean isWanted) {
        var trouble = isWanted ? Preflight.Level.PROBLEM : Preflight.Level.OK;
        int major = versionNumber / 10_000;
        if (major < OLDEST_MAJOR) {
            return new Preflight.Check(
                trouble,
                "incremental backups",
                "incremental backups came with PostgreSQL 17, and this server is PostgreSQL " + major,
                isWanted ? "leave out --incremental: a full backup is made." : "");
        }
        boolean isOn = database.one(
            "SELECT pg_catalog.current_setting('summarize_wal') = 'on'",
            row -> row.getBoolean(1));
        if (isOn) {
            var kept = database.one("SELECT pg_catalog.current_setting('wal_summary_keep_time')", r -> r.getString(1));
            return new Preflight.Check(
                Preflight.Level.OK,
                "incremental backups",
                "summarize_wal is on, summaries are kept for " + kept + " (wal_summary_keep_time)",
                "");
        }
        return new Preflight.Check(
            trouble,
            "incremental backups",
            "summarize_wal is off: the server does not record what changes, so incremental backups cannot be taken",
            "as a superuser: ALTER SYSTEM SET summarize_wal = on; SELECT pg_reload_conf(); then take a full backup, "
                + "incremental ones build on it.");
    }

    /** The newest verified backup of this cluster whose own chain is whole; empty when there is none. */
    static Optional<BackupDirectory> find(Path backups, String systemIdentifier) {
        return BackupDirectory.in(backups)
            .stream()
            .filter(backup -> isOf(backup, systemIdentifier) && Retention.isGood(backup))
            .findFirst();
    }

    private static boolean isOf(BackupDirectory backup, String systemIdentifier) {
        try {
            return backup.fingerprint()
                .filter(p -> p.server().systemIdentifier().equals(systemIdentifier))
                .isPresent();
        } catch (Failure damaged) {
            return false;
        }
    }

    /** What backup.json of the new backup says of it. */
    static Fingerprint.Incremental record(BackupDirectory parent) throws IOException {
        var before = BackupChain.incremental(parent);
        return new Fingerprint.Incremental(
            parent.name(),
            Manifest.checksumIn(parent.manifestFile()),
            before.map(Fingerprint.Incremental::full).orElse(parent.name()),
            before.map(Fingerprint.Incremental::number).orElse(1) + 1);
    }

    /**
     * A server that was restored from a backup as it was goes on under the same timeline, and a parent that was taken
     * before may be of the history that was given up. PostgreSQL does not notice that, and the joined backup would be a
     * mix of both. The label of the backup that the server was restored from tells it.
     *
     * @throws Failure when the server was restored after the parent was taken, or is a clone
     */
    static void mustBeOfOneHistory(BackupDirectory parent, Manifest ofParent, Manifest ofChild) {
        var now = checksum(ofChild, RESTORED_FROM);
        if (Objects.equals(now, checksum(ofParent, RESTORED_FROM)) || Objects.equals(now, checksum(ofParent, LABEL))) {
            return;
        }
        throw Failure.notReady(
            "this server was restored or cloned from a backup that " + parent.name()
                + " does not know of: what changed since then cannot be told for sure",
            "take a full backup, without --incremental; the next incremental ones build on it. Nothing was kept.");
    }

    private static String checksum(Manifest manifest, String path) {
        int at = manifest.files().find(path);
        return at < 0 ? null : manifest.files().get(at).checksum();
    }

    /** What pg_basebackup says when the server cannot tell what changed since the parent. */
    static Optional<Failure> explain(String said, Path parentManifest) {
        if (parentManifest == null) return Optional.empty();
        var parent = parentManifest.getParent().endsWith("data") ? parentManifest.getParent().getParent()
            : parentManifest.getParent();
        var name = parent.getFileName();
        if (NO_SUMMARIES.matcher(said).find()) {
            return Optional.of(
                Failure.notReady(
                    "the server's WAL summaries do not reach back to " + name + ": " + withoutPrefix(said),
                    "take a full backup, without --incremental. So that it lasts: raise wal_summary_keep_time above "
                        + "the time between two backups, and leave summarize_wal on."));
        }
        if (OTHER_HISTORY.matcher(said).find()) {
            return Optional.of(
                Failure.notReady(
                    "nothing can be built on " + name + ": " + withoutPrefix(said),
                    said.contains("but this backup starts at")
                        ? "the server went back to an earlier state: take a full backup, without --incremental. (A "
                            + "standby may only have to wait for its next checkpoint.)"
                        : "the server has another history since then: take a full backup, without --incremental."));
        }
        return Optional.empty();
    }

    private static String withoutPrefix(String said) {
        return said.replaceFirst("^.*ERROR:\\s+", "").strip();
    }
}
