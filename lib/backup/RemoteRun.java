//SOURCES ../Console.java ../Failure.java ../Progress.java ../Table.java ../Units.java ../archive/BackupChain.java
//SOURCES ../archive/BackupDirectory.java ../archive/RemoteBackups.java ../archive/Verifier.java LockedBackups.java
//SOURCES RemoteOptions.java RetentionRule.java
package lib.backup;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lib.Console;
import lib.Failure;
import lib.Progress;
import lib.Table;
import lib.Units;
import lib.archive.BackupChain;
import lib.archive.BackupDirectory;
import lib.archive.RemoteBackups;
import lib.archive.RemoteBackups.RemoteBackup;
import lib.archive.Verifier;

/**
 * {@code copy}, {@code fetch}, {@code list --remote} and {@code prune --remote}: backups on a remote of rclone, and
 * back.
 */
public final class RemoteRun {
    private RemoteRun() {}

    /** Copies one, and says where it is now. */
    public static String copy(String which, String remote, boolean plainIsFine, RemoteOptions options) {
        var backup = which.equals("latest") ? BackupDirectory.latest(options.backups)
            : BackupDirectory.open(placeOf(which, options.backups));
        var remotes = RemoteBackups.at(remote);
        copy(backup, remotes, plainIsFine);
        if (options.wal) {
            remotes.copyWal(options.backups, backup.fingerprint().orElseThrow(), plainIsFine);
        }
        return remotes.placeOf(backup.name());
    }

    /** An incremental backup takes along what it builds on: without that nothing could be restored from the copy. */
    static void copy(BackupDirectory backup, RemoteBackups remotes, boolean plainIsFine) {
        for (var link : BackupChain.of(backup).links()) copyOne(link, remotes, plainIsFine);
    }

    private static void copyOne(BackupDirectory backup, RemoteBackups remotes, boolean plainIsFine) {
        var isNew = remotes.copy(backup, plainIsFine);
        Console.say(
            isNew ? "%s is at %s now, compared file by file" : "%s is at %s already",
            backup.name(),
            remotes);
    }

    /** A name alone means the one in the directory of the backups. */
    private static Path placeOf(String which, Path backups) {
        var named = backups.resolve(which);
        return !which.contains("/") && Files.isDirectory(named) ? named : Path.of(which);
    }

    /** Fetches one, verifies it, and gives it its name only then. @return its directory */
    public static BackupDirectory fetch(String remote, String name, RemoteOptions options) {
        var remotes = RemoteBackups.at(remote);
        var wanted = remotes.find(name);
        try (var workplace = LockedBackups.enter(options.backups)) {
            var target = workplace.backups().resolve(wanted.name());
            if (Files.exists(target)) {
                throw Failure.notReady(target + " is there already", "choose another directory with -o.");
            }
            var chain = remotes.chain(wanted, workplace.backups());
            for (var parent : chain.subList(0, chain.size() - 1)) {
                Console.say("%s builds on %s: fetching that first", wanted.name(), parent.name());
                fetchOne(remotes, parent, workplace);
            }
            if (options.wal) remotes.fetchWal(wanted.print(), workplace.backups());
            return fetchOne(remotes, wanted, workplace);
        }
    }

    private static BackupDirectory fetchOne(RemoteBackups remotes, RemoteBackup wanted, LockedBackups workplace) {
        var partial = remotes.fetch(wanted, workplace.backups());
        try {
            mustBeWhole(partial, wanted);
            return RemoteBackups.publish(partial, workplace.backups(), wanted.name());
        } finally {
            RemoteBackups.remove(partial);
        }
    }

    private static void mustBeWhole(Path partial, RemoteBackup wanted) {
        Verifier.Report report;
        try (var progress = Progress.ofBytes("check", wanted.storedBytes())) {
            var cores = Runtime.getRuntime().availableProcessors();
            report = Verifier.verify(BackupDirectory.openPartial(partial), null, cores, progress);
        }
        if (report.isDamaged()) {
            throw Failure.answerIsNo(
                wanted.name() + " came back damaged: " + report.damages().getFirst(),
                "fetch it again; if that does not help, fetch an older one: backup.java list --remote REMOTE");
        }
    }

    /** {@code list --remote}. */
    public static Table list(List<RemoteBackup> backups) {
        var table = Table.of("BACKUP", "TAKEN (UTC)", "STORED", "DATA", "STATE", "POSTGRESQL", "LABEL");
        for (var backup : backups) {
            var print = backup.print();
            table.row(
                backup.name(),
                print == null ? "-" : Units.utc(backup.takenAt()).replace(" UTC", ""),
                Units.bytes(backup.storedBytes()),
                print == null ? "-" : Units.bytes(print.storage().dataBytes()),
                backup.state().word(),
                print == null ? "-" : print.server().version(),
                print == null ? "" : print.label());
        }
        return table;
    }

    /**
     * {@code prune --remote}: what was done with each backup there, or would be. The last complete one of a cluster
     * always stays.
     */
    public static Table prune(RemoteBackups remotes, RetentionRule rule, boolean reallyDoIt) {
        var clusters = new LinkedHashMap<String, List<RemoteBackup>>();
        for (var backup : remotes.list()) {
            if (backup.print() == null) {
                Console.say("%s has no backup.json yet: it is left alone", backup.name());
                continue;
            }
            clusters.computeIfAbsent(backup.print().server().systemIdentifier(), s -> new ArrayList<>()).add(backup);
        }
        var table = Table.of("BACKUP", "TAKEN (UTC)", reallyDoIt ? "DONE" : "WOULD", "WHY");
        boolean anyGoes = false;
        for (var ofOne : clusters.values()) {
            var candidates = ofOne.stream().map(RemoteRun::candidate).toList();
            var verdicts = rule.judge(candidates, Instant.now(), 0);
            for (int i = 0; i < verdicts.size(); i++) {
                var goes = verdicts.get(i).goes();
                anyGoes |= goes;
                if (goes && reallyDoIt) remotes.delete(ofOne.get(i));
                table.row(
                    ofOne.get(i).name(),
                    Units.utc(ofOne.get(i).takenAt()).replace(" UTC", ""),
                    word(goes, reallyDoIt),
                    verdicts.get(i).reason());
            }
        }
        if (anyGoes && !reallyDoIt) Console.hint("nothing was removed; do it with --yes.");
        return table;
    }

    private static String word(boolean goes, boolean isDone) {
        if (goes) return isDone ? "removed" : "remove";
        return isDone ? "kept" : "keep";
    }

    private static RetentionRule.Candidate candidate(RemoteBackup backup) {
        var incremental = backup.print().incremental();
        return new RetentionRule.Candidate(
            backup.name(),
            backup.takenAt(),
            backup.isComplete() && backup.print().verification().verified(),
            incremental == null ? null : incremental.parent());
    }
}
