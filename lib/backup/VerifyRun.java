//SOURCES ../Console.java ../Failure.java ../Json.java ../Progress.java ../Units.java ../archive/Age.java
//SOURCES ../archive/BackupDirectory.java ../archive/ChainVerifier.java ../archive/Receipt.java ../archive/Verifier.java
//SOURCES BackupMetrics.java VerifyOptions.java
package lib.backup;

import java.util.stream.Stream;
import lib.Console;
import lib.Failure;
import lib.Json;
import lib.Progress;
import lib.Units;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.ChainVerifier;
import lib.archive.Receipt;
import lib.archive.Verifier;

/** {@code verify}: reads a backup from end to end, keeps a receipt of the verdict, and words it. */
public final class VerifyRun {
    private static final int SHOWN = 10;

    /** @param failure the verdict when it is not: whole */
    public record Ending(String stdout, Failure failure) {}

    private VerifyRun() {}

    public static Ending of(VerifyOptions options) {
        var backup = options.path.toString().equals("latest") ? BackupDirectory.latest(options.backups)
            : BackupDirectory.open(options.path);
        var identity = options.identity == null ? null : Age.identity(options.identity);
        var report = report(backup, identity, options);
        report.notes().forEach(n -> Console.say("NOTE: %s", n));
        var verdict = verdict(backup, report);
        if (options.metrics != null) {
            BackupMetrics.write(options.metrics, backup.path().getParent(), verdict == null);
        }
        if (verdict == null) Console.say("%s is whole: %s", backup.name(), proof(report));
        return new Ending(options.json ? Json.write(report) : text(report), verdict);
    }

    /** An incremental backup is read with all that it builds on; each of them gets its own receipt. */
    private static Verifier.Report report(BackupDirectory backup, Age.Identity identity, VerifyOptions options) {
        var chain = new ChainVerifier(backup);
        try (var progress = options.noProgress ? Progress.none() : Progress.ofBytes("check", chain.storedBytes())) {
            for (var link : chain.links()) {
                if (chain.isIncremental()) progress.phase(link.name());
                keepReceipt(link, chain.verify(link, identity, options.jobs, progress));
            }
        }
        return chain.report();
    }

    /**
     * What could not be judged is no news about the backup; nor is an encrypted one proven by its stored bytes alone.
     */
    private static void keepReceipt(BackupDirectory backup, Verifier.Report report) {
        if (report.isDamaged() || report.isGood() && report.opened()) {
            Receipt.keep(
                backup,
                Receipt.VERIFY,
                report.isGood(),
                report.damages().stream().limit(100).map(Object::toString).toList());
        }
    }

    private static String text(Verifier.Report report) {
        var text = new StringBuilder();
        Stream.concat(report.damages().stream(), report.unjudged().stream())
            .limit(SHOWN)
            .forEach(d -> text.append(d).append('\n'));
        long more = report.damageCount() + report.unjudged().size() - SHOWN;
        if (more > 0) text.append("… and ").append(more).append(" more; --json lists all\n");
        return text.toString();
    }

    private static Failure verdict(BackupDirectory backup, Verifier.Report report) {
        if (report.isDamaged()) {
            return Failure.answerIsNo(
                backup.name() + " is damaged: " + Units.plural(report.damageCount(), "finding"),
                "do not restore it; take another one: backup.java list");
        }
        if (report.unjudged().isEmpty()) return null;
        return Failure.notReady(
            backup.name() + " could not be judged: " + report.unjudged().getFirst(),
            report.unjudged().getFirst().cure());
    }

    private static String proof(Verifier.Report report) {
        if (!report.opened()) {
            return "all sums match; it is encrypted, with --identity each file in it is checked too";
        }
        return Units.plural(report.files(), "file") + ", "
            + Units.plural(report.walSegments(), "segment") + " of WAL"
            + (report.hasSums() ? ", all sums match"
                : "; it has no SHA256SUMS, so only what its manifest and the WAL itself prove is proven");
    }
}
