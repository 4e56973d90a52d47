//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Table.java ../Units.java ../archive/BackupChain.java
//SOURCES ../archive/BackupDirectory.java ../archive/Receipt.java LockedBackups.java ReceivedWal.java RetentionRule.java
package lib.backup;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Table;
import lib.Units;
import lib.archive.BackupChain;
import lib.archive.BackupDirectory;
import lib.archive.Receipt;

/**
 * Which old backups may go. Counted by recorded time and for each cluster by itself; only verified ones count as kept,
 * so that a row of unchecked or damaged backups never pushes the last verified one out. What this tool did not make is
 * never touched.
 */
public final class Retention {
    /** @param reason why it stays, or goes */
    public record Decision(BackupDirectory backup, Instant takenAt, boolean goes, String reason) {
        Decision(BackupDirectory backup, boolean goes, String reason) {
            this(backup, backup.takenAt(), goes, reason);     // asked now: afterwards it may be gone
        }
    }

    private Retention() {}

    /**
     * @param keep the newest so many verified backups of each cluster stay; null when days decide
     * @param keepDays what is younger stays, and at least the newest verified one; null when the number decides
     */
    public static List<Decision> plan(Path backups, Integer keep, Integer keepDays, Instant now) {
        return plan(backups, keep, keepDays, now, null);
    }

    /** @param aboutToCome the cluster that a new good backup is about to be made of: it will count; null for none */
    public static List<Decision> plan(Path backups, Integer keep, Integer keepDays, Instant now, String aboutToCome) {
        var rule = new RetentionRule(keep, keepDays);
        var decisions = new ArrayList<Decision>();
        var clusters = new LinkedHashMap<String, List<BackupDirectory>>();
        for (var backup : BackupDirectory.in(backups)) {
            var system = systemOf(backup);
            if (system == null) {
                decisions.add(new Decision(backup, false, "not made by this tool, or its backup.json is damaged"));
            } else clusters.computeIfAbsent(system, s -> new ArrayList<>()).add(backup);
        }
        clusters.forEach(
            (system, ofOne) -> decide(ofOne, rule, now, system.equals(aboutToCome) ? 1 : 0, decisions));
        return decisions;
    }

    /** Plans, and removes what the plan says when {@code reallyDoIt}. */
    public static List<Decision> apply(Path backups, Integer keep, Integer keepDays, boolean reallyDoIt) {
        try (var locked = LockedBackups.enter(backups)) {
            var plan = plan(locked.backups(), keep, keepDays, Instant.now());
            if (!reallyDoIt) return plan;
            locked.clearLeftovers();
            for (var decision : plan) {
                if (!decision.goes()) continue;
                delete(decision.backup());
                Console.say("removed %s: %s", decision.backup().name(), decision.reason());
            }
            ReceivedWal.delete(ReceivedWal.superfluous(locked.backups(), kept(plan)));
            return plan;
        }
    }

    /** {@code prune}: what was done with each backup, or would be. */
    public static Table prune(Path backups, Integer keep, Integer keepDays, boolean reallyDoIt) {
        check(keep, keepDays);
        if (!Files.isDirectory(backups)) {
            throw Failure.usage("there is no directory " + backups, "name the directory of the backups with -o.");
        }
        var plan = apply(backups, keep, keepDays, reallyDoIt);
        var table = Table.of("BACKUP", "TAKEN (UTC)", reallyDoIt ? "DONE" : "WOULD", "WHY");
        for (var d : plan) {
            var taken = Units.utc(d.takenAt()).replace(" UTC", "");
            table.row(d.backup().name(), taken, done(d, reallyDoIt), d.reason());
        }
        if (!reallyDoIt) {
            var wal = ReceivedWal.superfluous(backups, kept(plan));
            wal.forEach(w -> Console.say("would remove %s", w));
            if (!wal.isEmpty() || plan.stream().anyMatch(Decision::goes)) {
                Console.hint("nothing was removed; do it with --yes.");
            }
        }
        return table;
    }

    private static String done(Decision decision, boolean reallyDoIt) {
        var word = decision.goes() ? "remove" : "keep";
        if (!reallyDoIt) return word;
        return decision.goes() ? "removed" : "kept";
    }

    private static List<BackupDirectory> kept(List<Decision> plan) {
        return plan.stream().filter(d -> !d.goes()).map(Decision::backup).toList();
    }

    /** One of the two must be given, and leave something. @throws Failure when not */
    public static void check(Integer keep, Integer keepDays) {
        new RetentionRule(keep, keepDays);
    }

    private static void decide(
        List<BackupDirectory> newestFirst,
        RetentionRule rule,
        Instant now,
        int newerGoodOnes,
        List<Decision> decisions) {
        var candidates = newestFirst.stream()
            .map(Retention::candidate)
            .toList();
        var verdicts = rule.judge(candidates, now, newerGoodOnes);
        for (int i = 0; i < verdicts.size(); i++) {
            decisions.add(new Decision(newestFirst.get(i), verdicts.get(i).goes(), verdicts.get(i).reason()));
        }
    }

    private static RetentionRule.Candidate candidate(BackupDirectory backup) {
        return new RetentionRule.Candidate(
            backup.name(),
            backup.takenAt(),
            isGood(backup),
            BackupChain.parentOf(backup).map(BackupDirectory::name).orElse(null));
    }

    /**
     * Verified when it was made or later, not found damaged since, and its files are still there in full size: of an
     * incremental backup and of all that it builds on.
     */
    static boolean isGood(BackupDirectory backup) {
        try {
            return BackupChain.of(backup).links().stream().allMatch(Retention::isGoodItself);
        } catch (Failure broken) {
            return false;
        }
    }

    private static boolean isGoodItself(BackupDirectory backup) {
        if (backup.fingerprint().isEmpty()) return false;
        var print = backup.fingerprint().orElseThrow();
        var verify = Receipt.of(backup, Receipt.VERIFY);
        boolean proven = verify.map(Receipt::isGood).orElseGet(() -> print.verification().verified());
        return proven && backup.hasAllBytesOf(print);
    }

    private static String systemOf(BackupDirectory backup) {
        try {
            return backup.name().startsWith(BackupDirectory.NAME_PREFIX)
                ? backup.fingerprint().map(p -> p.server().systemIdentifier()).orElse(null)
                : null;
        } catch (Failure damaged) {
            return null;
        }
    }

    /** Deletes one: first out of sight, so that a half-deleted backup is never listed or restored. */
    public static void delete(BackupDirectory backup) {
        var hidden = BackupDirectory.partialOf(backup.path().getParent(), backup.name());
        try {
            Files.move(backup.path(), hidden, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException mountPoint) {
            throw new Failure(
                ExitCode.FAILED,
                backup.path() + " is a file system of its own and cannot be removed",
                "remove it by hand.",
                mountPoint);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.FAILED,
                "cannot remove " + backup.path() + ": " + e.getMessage(),
                "check the owner of " + backup.path().getParent() + ".",
                e);
        }
        Receipt.delete(backup.path());
        LockedBackups.delete(hidden);
        Console.detail("removed %s", backup.name());
    }
}
