//SOURCES ../Failure.java
package lib.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import lib.Failure;

/**
 * How many backups of one cluster stay, here and on a remote. Only verified ones count as kept, so that a row of
 * unchecked or damaged backups never pushes the last verified one out.
 *
 * @param keep the newest so many verified backups stay; null when days decide
 * @param keepDays what is younger stays, and at least the newest verified one; null when the number decides
 */
public record RetentionRule(Integer keep, Integer keepDays) {
    /**
     * @param isGood verified, not found damaged since, and complete, with all that it builds on
     * @param parent the name of what an incremental backup builds on; null for a full one
     */
    public record Candidate(String name, Instant takenAt, boolean isGood, String parent) {}

    /** Clocks of machines differ a little. */
    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    /** @param reason why it stays, or goes */
    public record Verdict(boolean goes, String reason) {
        private static Verdict stays(String reason) {
            return new Verdict(false, reason);
        }
    }

    /** One of the two must be given, and leave something. @throws Failure when not */
    public RetentionRule {
        if ((keep == null) == (keepDays == null)) {
            throw Failure.usage(
                "give one of --keep and --keep-days",
                "the newest seven stay with --keep 7, those of a month with --keep-days 30.");
        }
        if (keep != null && keep < 1 || keepDays != null && keepDays < 1) {
            throw Failure.usage("at least one backup must stay", "give a number from 1 on.");
        }
    }

    /**
     * One verdict for each candidate, in their order.
     *
     * @param newestFirst the backups of one cluster
     * @param newerGoodOnes good backups that are about to come, and will count
     */
    public List<Verdict> judge(List<Candidate> newestFirst, Instant now, int newerGoodOnes) {
        boolean anyGood = newerGoodOnes > 0 || newestFirst.stream().anyMatch(Candidate::isGood);
        var verdicts = new ArrayList<Verdict>();
        int good = newerGoodOnes;
        for (var candidate : newestFirst) {
            if (isInFuture(candidate.takenAt(), now)) {
                verdicts.add(Verdict.stays("its time lies in the future: a clock was wrong, so it is not counted"));
                continue;
            }
            verdicts.add(
                anyGood ? judge(candidate, now, good)
                    : Verdict.stays("no backup of its cluster is proven good: run verify first"));
            if (candidate.isGood()) good++;
        }
        keepChainsWhole(newestFirst, verdicts);
        return verdicts;
    }

    /** Made while a clock was wrong: it says nothing about the age of the others, and must not push them out. */
    static boolean isInFuture(Instant takenAt, Instant now) {
        return takenAt.isAfter(now.plus(TOLERANCE));
    }

    /** Nothing can be restored from an incremental backup without its parent: what stays keeps what it builds on. */
    private static void keepChainsWhole(List<Candidate> newestFirst, List<Verdict> verdicts) {
        var children = new HashMap<String, String>();       // who needs it, by the name of the parent
        for (int i = 0; i < newestFirst.size(); i++) {
            var candidate = newestFirst.get(i);
            var child = children.get(candidate.name());
            if (verdicts.get(i).goes() && child != null) {
                verdicts.set(i, Verdict.stays("needed by " + child + ", which is incremental"));
            }
            if (!verdicts.get(i).goes() && candidate.parent() != null) {
                children.putIfAbsent(candidate.parent(), candidate.name());
            }
        }
    }

    /** @param good how many newer ones are good */
    private Verdict judge(Candidate candidate, Instant now, int good) {
        if (good == 0) {
            return Verdict.stays(candidate.isGood() ? "the newest verified one" : "newer than the newest verified one");
        }
        if (keep != null && good < keep) {
            return Verdict.stays(
                candidate.isGood() ? "one of the newest " + keep
                    : "not proven, and newer than the oldest that is kept");
        }
        if (keepDays != null && candidate.takenAt().isAfter(now.minus(Duration.ofDays(keepDays)))) {
            return Verdict.stays("younger than " + keepDays + " days");
        }
        return new Verdict(
            true,
            keep != null ? "older than the newest " + keep + " verified ones" : "older than " + keepDays + " days");
    }
}
