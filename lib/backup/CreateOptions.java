//SOURCES ../Cli.java ../Failure.java ../archive/Age.java ../archive/BackupDirectory.java Creation.java Retention.java
//SOURCES TargetOptions.java
package lib.backup;

import java.nio.file.Path;
import java.util.List;
import lib.Cli;
import lib.Failure;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code create}. */
public final class CreateOptions {
    @Mixin
    TargetOptions to;

    @Option(
        names = "--checkpoint",
        paramLabel = "fast|spread",
        description = "fast starts at once; spread puts less load on the disk and may wait for minutes (default: fast)")
    Checkpoint checkpoint = Checkpoint.fast;

    @Option(
        names = "--max-rate",
        paramLabel = "RATE",
        description = "limit the transfer rate, for example 32M per second")
    String maxRate;

    @Option(names = "--label", paramLabel = "TEXT", description = "a note that is stored with the backup")
    String label = "";

    @Option(
        names = "--incremental",
        description = "copy only what changed since the newest verified backup of this cluster (PostgreSQL 17 and "
            + "newer, with summarize_wal on); where there is none, a full backup is made")
    boolean incremental;

    @Option(
        names = "--no-verify",
        description = "do not read the backup back and compute no checksums; the backup is marked as unverified")
    boolean noVerify;

    @Option(names = "--no-progress", description = "show no progress")
    boolean noProgress;

    @Option(
        names = "--encrypt-to",
        paramLabel = "RECIPIENT",
        description = "encrypt with age for this public key (age1…) or the public keys in this file; may be repeated")
    List<String> encryptTo = List.of();

    @Option(
        names = "--keep",
        paramLabel = "N",
        description = "afterwards delete all but the newest N verified backups of this cluster")
    Integer keep;

    @Option(
        names = "--keep-days",
        paramLabel = "N",
        description = "afterwards delete backups older than N days, but never the newest verified one")
    Integer keepDays;

    @Cli.Writes(remote = true) @Option(
        names = "--copy-to",
        paramLabel = "REMOTE",
        description = "afterwards copy the backup to this remote of rclone, as the command copy does")
    String copyTo;

    @Option(
        names = "--plain-is-fine",
        description = "with --copy-to: copy what is not encrypted to a remote that does not encrypt")
    boolean plainIsFine;

    @Cli.Writes @Option(
        names = "--metrics",
        paramLabel = "FILE",
        description = "write numbers for Prometheus (textfile collector) into this file, after success and "
            + "after failure")
    Path metrics;

    @Option(
        names = "--on-done",
        paramLabel = "CMD",
        description = "run this command afterwards, after success and after failure; it reads the result as "
            + "JSON on stdin")
    String onDone;

    @Option(names = "--dry-run", description = "check everything and print what would be done; change nothing")
    boolean dryRun;

    enum Checkpoint { fast, spread }

    boolean hasRetention() {
        return keep != null || keepDays != null;
    }

    /** @throws Failure when an option is wrong */
    Creation.Settings settings() {
        if (hasRetention()) Retention.check(keep, keepDays);
        if (maxRate != null && !maxRate.matches("\\d+[kM]?")) {
            throw Failure.usage("'" + maxRate + "' is not a rate", "write it like 32M or 500k, from 32k to 1024M.");
        }
        if (label.matches("(?s).*\\p{Cntrl}.*")) {
            throw Failure.usage("the label holds a line end or another control character", "a label is one line.");
        }
        if (!encryptTo.isEmpty() && to.format == BackupDirectory.Format.PLAIN) {
            throw Failure.usage("the plain format is not encrypted", "leave --format out.");
        }
        return new Creation.Settings(
            to.format,
            checkpoint.name(),
            maxRate,
            label,
            !noVerify,
            !noProgress,
            to.jobs,
            encryptTo.isEmpty() ? null : Age.recipients(encryptTo));
    }
}
