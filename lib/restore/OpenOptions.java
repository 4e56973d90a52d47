//SOURCES ../archive/RestoreSource.java ../boot/ScratchServer.java OpenBackup.java
package lib.restore;

import java.util.List;
import lib.archive.RestoreSource;
import lib.boot.ScratchServer;
import picocli.CommandLine.Option;

/** What {@code restore.java open} was asked, beside the backup, the moment and the command. */
public final class OpenOptions {
    @Option(
        names = {"-d", "--dbname"},
        paramLabel = "DB",
        description = "database name (PGDATABASE, default postgres)")
    String database;

    @Option(
        names = "--writable",
        description = "transactions may write into the copy, which is removed all the same")
    boolean writable;

    public OpenBackup boot(RestoreSource backup, ScratchServer.Options scratch) {
        return OpenBackup.boot(backup, scratch, writable);
    }

    public int run(OpenBackup copy, List<String> command) {
        return copy.run(command, database);
    }

    public String howToConnect(OpenBackup copy) {
        return copy.howToConnect(database);
    }
}
