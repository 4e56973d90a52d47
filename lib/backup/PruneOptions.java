//SOURCES ../Cli.java ../Table.java ../archive/RemoteBackups.java RemoteRun.java Retention.java RetentionRule.java
package lib.backup;

import java.nio.file.Path;
import lib.Cli;
import lib.Table;
import lib.archive.RemoteBackups;
import picocli.CommandLine.Option;

/** The options of {@code prune}. */
public final class PruneOptions {
    @Cli.Writes @Option(
        names = {"--backups", "-o", "--output"},
        paramLabel = "DIR",
        description = "directory of all backups (default: ${DEFAULT-VALUE})")
    Path backups = Path.of("backups");

    @Option(
        names = "--keep",
        paramLabel = "N",
        description = "keep the newest N verified backups of each cluster")
    Integer keep;

    @Option(
        names = "--keep-days",
        paramLabel = "N",
        description = "keep backups younger than N days, and the newest verified one")
    Integer keepDays;

    @Cli.Writes(remote = true) @Option(
        names = "--remote",
        paramLabel = "REMOTE",
        description = "delete on this remote of rclone instead")
    String remote;

    @Option(names = "--yes", description = "really delete them")
    boolean yes;

    /** What was done with each backup, or would be. */
    public Table run() {
        return remote == null ? Retention.prune(backups, keep, keepDays, yes)
            : RemoteRun.prune(RemoteBackups.at(remote), new RetentionRule(keep, keepDays), yes);
    }
}
