//SOURCES ../Cli.java ../Failure.java ../archive/BackupDirectory.java ../database/ConnectionOptions.java
//SOURCES ../database/ConnectionSettings.java ../database/Database.java Compression.java Preflight.java
package lib.backup;

import java.nio.file.Path;
import lib.Cli;
import lib.Failure;
import lib.archive.BackupDirectory;
import lib.database.ConnectionOptions;
import lib.database.ConnectionSettings;
import lib.database.Database;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What create and doctor both ask for: from which server, to where, in which form. */
public final class TargetOptions {
    @Mixin
    ConnectionOptions connection;

    @Cli.Writes @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        description = "directory of all backups (default: ${DEFAULT-VALUE})")
    Path backups = Path.of("backups");

    @Option(
        names = "--format",
        paramLabel = "tar|plain",
        description = "tar: one archive per tablespace; plain: a data directory (default: tar)")
    BackupDirectory.Format format = BackupDirectory.Format.TAR;

    @Option(
        names = "--compress",
        paramLabel = "CODEC",
        description = "auto, none, gzip, lz4 or zstd, optionally with a level: zstd:3 (default: auto)")
    String compress = "auto";

    @Option(
        names = "--level",
        paramLabel = "N",
        description = "compression level (default: gzip 6, lz4 1, zstd 3)")
    Integer level;

    @Option(
        names = "--jobs",
        paramLabel = "N",
        description = "threads that compress and check (default: the number of cores)")
    int jobs = Runtime.getRuntime().availableProcessors();

    @Option(names = "--json", description = "print the result as JSON")
    boolean json;

    public boolean isJson() {
        return json;
    }

    Path backups() {
        return backups;
    }

    ConnectionSettings settings() {
        return connection.clusterSettings();
    }

    /** @param incremental is that what is about to be made? */
    Preflight.Result check(Database database, boolean incremental) {
        database.requireOwnConnection("a backup");
        if (jobs < 1) throw Failure.usage("--jobs " + jobs + " is too few", "give 1 or more.");
        var choice = new Compression.Choice(format, compress, level, jobs);
        return Preflight.check(database, backups, choice, incremental);
    }

    /** What {@code doctor} answers: every check with its result. */
    public Preflight.Report doctor() {
        try (var database = Database.open(settings(), "backup doctor")) {
            return new Preflight.Report(check(database, false).checks());
        }
    }
}
