//SOURCES ../Cli.java ../archive/Age.java ../database/ConnectionOptions.java Receiver.java
package lib.backup;

import java.nio.file.Path;
import java.util.List;
import lib.Cli;
import lib.archive.Age;
import lib.database.ConnectionOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code backup.java receive} was asked. */
public final class ReceiveOptions {
    @Mixin
    ConnectionOptions connection;

    @Cli.Writes @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        description = "directory of all backups; WAL goes into its directory `wal` (default: ${DEFAULT-VALUE})")
    Path backups = Path.of("backups");

    @Option(
        names = "--slot",
        paramLabel = "NAME",
        description = "name of the replication slot (default: a generated one, which is kept)")
    String slot;

    @Option(
        names = "--encrypt-to",
        paramLabel = "RECIPIENT",
        description = "encrypt finished segments with age for this public key (age1…) or the keys in this file; may "
            + "be repeated")
    List<String> encryptTo = List.of();

    @Cli.Writes @Option(
        names = "--metrics",
        paramLabel = "FILE",
        description = "write numbers for Prometheus (textfile collector) into this file every 10 seconds")
    Path metrics;

    @Option(names = "--stop", description = "end the receiver that runs on this machine, and drop its slot")
    boolean stop;

    /** Receives until it is ended, or ends another one. */
    public void run() {
        var request = new Receiver.Request(
            backups,
            slot,
            encryptTo.isEmpty() ? null : Age.recipients(encryptTo),
            metrics);
        if (stop) {
            Receiver.stopOther(connection.settings(), request);
            return;
        }
        try (var receiver = Receiver.open(connection.settings(), request)) {
            receiver.run();
        }
    }
}
