//SOURCES ../Cli.java
package lib.backup;

import java.nio.file.Path;
import lib.Cli;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options of {@code verify}. */
public final class VerifyOptions {
    @Cli.Writes(beside = true) @Parameters(paramLabel = "BACKUP_DIR", description = "the backup, or: latest")
    Path path;

    @Cli.Writes @Option(
        names = {"--backups", "-o", "--output"},
        paramLabel = "DIR",
        description = "directory of all backups, for latest (default: ${DEFAULT-VALUE})")
    Path backups = Path.of("backups");

    @Option(
        names = "--identity",
        paramLabel = "FILE",
        description = "age identity that decrypts an encrypted backup")
    Path identity;

    @Option(names = "--jobs", paramLabel = "N", description = "threads (default: the number of cores)")
    int jobs = Runtime.getRuntime().availableProcessors();

    @Cli.Writes @Option(
        names = "--metrics",
        paramLabel = "FILE",
        description = "write numbers for Prometheus (textfile collector) into this file")
    Path metrics;

    @Option(names = "--no-progress", description = "show no progress")
    boolean noProgress;

    @Option(names = "--json", description = "print the result as JSON, with all findings")
    boolean json;
}
