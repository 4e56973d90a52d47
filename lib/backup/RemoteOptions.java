//SOURCES ../Cli.java
package lib.backup;

import java.nio.file.Path;
import lib.Cli;
import picocli.CommandLine.Option;

/** What {@code copy} and {@code fetch} have in common. */
public final class RemoteOptions {
    @Cli.Writes @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        description = "directory of all backups (default: ${DEFAULT-VALUE})")
    Path backups = Path.of("backups");

    @Option(names = "--wal", description = "copy the received WAL of the cluster as well")
    boolean wal;
}
