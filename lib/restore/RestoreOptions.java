//SOURCES ../Cli.java ../Failure.java ../boot/Owner.java ClusterRole.java
package lib.restore;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import lib.Cli;
import lib.Failure;
import lib.boot.Owner;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * What the user asked of a restore: where to, as what, and how careful. {@link RestorePlan} settles what it means here.
 */
public final class RestoreOptions {
    /** Where {@code make start} keeps its data: what is restored there takes the place of what was there. */
    static final Path PLAYGROUND = Path.of("mnt/db/postgres");

    @Cli.Writes(beside = true) @Option(
        names = {"-D", "--data"},
        paramLabel = "DIR",
        description = "the data directory, default mnt/db/postgres (in the tools container /mnt/db/postgres)")
    Path data = defaultData();

    @Option(names = "--dry-run", description = "show every step, change nothing")
    boolean dryRun;

    @Option(names = "--force", description = "do not ask")
    boolean force;

    @Option(names = "--no-verify", description = "do not compare the files with the manifest of the backup")
    boolean noVerify;

    @Cli.Writes @Option(
        names = "--tablespace",
        paramLabel = "OLD=NEW",
        description = "put a tablespace elsewhere; OLD is its directory on the server that was backed up")
    Map<String, String> tablespaces = new LinkedHashMap<>();

    @Cli.Writes @Option(
        names = "--tablespace-map-all",
        paramLabel = "DIR",
        description = "put all tablespaces that --tablespace does not name below this directory")
    Path tablespaceMapAll;

    @Cli.Writes @Option(
        names = "--waldir",
        paramLabel = "DIR",
        description = "put the WAL there, pg_wal becomes a link; default: on the disk where the replaced "
            + "cluster has it")
    Path walDirectory;

    @Option(
        names = "--owner",
        paramLabel = "UID[:GID]|NAME",
        description = "who will own the data; default: the owner of the directory there, else postgres")
    String owner;

    @Option(
        names = "--stop-command",
        paramLabel = "CMD",
        description = "how to stop the server that uses the data directory")
    String stopCommand;

    @Option(
        names = "--as-original",
        description = "archiving, jobs and subscriptions run on in the restored cluster; the default in the place "
            + "of the original")
    boolean asOriginal;

    @Option(
        names = "--as-copy",
        description = "archiving, jobs and subscriptions stay off in it; the default everywhere else")
    boolean asCopy;

    @Option(
        names = "--as-standby",
        description = "it follows the original server, which is the one that PGHOST, PGPORT and PGUSER name, "
            + "or --primary")
    boolean asStandby;

    @Option(
        names = "--primary",
        paramLabel = "URL",
        description = "with --as-standby: the server to follow, postgresql://user@host:port; the password stays in "
            + "~/.pgpass of the server's user")
    String primary;

    @Option(
        names = "--server-elsewhere",
        description = "another machine or image will run it: do not compare with the PostgreSQL that is here")
    boolean serverElsewhere;

    @Option(
        names = "--start",
        description = "start the restored cluster, wait until its recovery has ended, and check its databases")
    boolean start;

    /** As they would be typed. */
    public static RestoreOptions of(String... typed) {
        var options = new RestoreOptions();
        new CommandLine(options).parseArgs(typed);
        return options;
    }

    public Path data() {
        return data;
    }

    public boolean isDryRun() {
        return dryRun;
    }

    public boolean mustAsk() {
        return !force;
    }

    public boolean starts() {
        return start;
    }

    boolean verifies() {
        return !noVerify;
    }

    /** @return null to find it out */
    Owner owner() {
        return owner == null ? null : Owner.parse(owner);
    }

    /** @return null to find it out */
    ClusterRole role() {
        if (Stream.of(asOriginal, asCopy, asStandby).filter(typed -> typed).count() > 1) {
            throw Failure
                .usage("--as-original, --as-copy and --as-standby contradict each other", "choose one of them.");
        }
        if (primary != null && !asStandby) {
            throw Failure.usage("--primary needs --as-standby", "add it, or leave both out.");
        }
        if (asOriginal) return ClusterRole.ORIGINAL;
        if (asCopy) return ClusterRole.COPY;
        return asStandby ? ClusterRole.STANDBY : null;
    }

    /** In the tools container the database's directory is mounted at the root. */
    private static Path defaultData() {
        var mounted = Path.of("/mnt/db");
        return Files.isDirectory(mounted) && !Files.exists(Path.of("bin/jbang")) ? mounted.resolve("postgres")
            : PLAYGROUND;
    }
}
