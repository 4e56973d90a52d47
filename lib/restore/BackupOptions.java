//SOURCES ../Cli.java ../Failure.java ../archive/Age.java ../archive/BackupDirectory.java ../archive/FetchedBackup.java
//SOURCES ../archive/RemoteBackups.java ../archive/RestorableBackup.java ../boot/Recovery.java
//SOURCES ../boot/ScratchServer.java PointInTime.java RestorePlan.java
package lib.restore;

import java.nio.file.Path;
import lib.Cli;
import lib.Failure;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.FetchedBackup;
import lib.archive.RemoteBackups;
import lib.archive.RestorableBackup;
import lib.boot.Recovery;
import lib.boot.ScratchServer;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which backup, and how to read it: the same for every command of restore.java. */
public final class BackupOptions {
    private static final String LATEST = "latest";

    @Cli.Writes(beside = true) @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "BACKUP_DIR|latest",
        description = "the directory of the backup, or latest: the newest one in --backups")
    String which;

    @Cli.Writes @Option(
        names = {"-o", "--backups"},
        paramLabel = "DIR",
        description = "the directory that latest is searched in, default ${DEFAULT-VALUE}")
    Path backups = Path.of("backups");

    @Option(
        names = "--remote",
        paramLabel = "REMOTE",
        description = "take the backup from this remote of rclone: it is fetched into TMPDIR, else /tmp, and "
            + "removed at the end")
    String remote;

    @Option(names = "--identity", paramLabel = "FILE", description = "age secret key of an encrypted backup")
    Path identity;

    private BackupDirectory fetched;

    /** @throws Failure when none was named, or none is there */
    public BackupDirectory directory() {
        if (which == null) {
            throw Failure.usage(
                "which backup?",
                "name one, or latest for the newest; list them with: jbang backup.java list");
        }
        if (remote != null) return fetched(which);
        return which.equals(LATEST) ? BackupDirectory.latest(backups) : BackupDirectory.open(Path.of(which));
    }

    /** Once for the whole run, however often it is asked for. */
    private BackupDirectory fetched(String name) {
        if (fetched == null) {
            fetched = FetchedBackup.of(RemoteBackups.at(remote), name, ScratchServer.Options.standard().directory());
        }
        return fetched;
    }

    /** @return null where no key was named */
    public Age.Identity key() {
        return identity == null ? null : Age.identity(identity);
    }

    /** The backup with its key, proven to be complete as far as that can be told without unpacking it. */
    public RestorePlan.Source source() {
        var key = key();
        return new RestorePlan.Source(RestorableBackup.of(directory(), key), key);
    }

    /** The same, on the way to a moment. @param recovery null when the backup is wanted as it is */
    public RestorePlan.Source source(Recovery recovery) {
        if (recovery == null) return source();
        return new RestorePlan.Source(
            RestorableBackup.of(recovery.target().base().backup(), recovery.identity()),
            recovery.identity(),
            recovery);
    }

    /** The one that is named, or the one that the recovery begins with. @param recovery null without one */
    public BackupDirectory directory(Recovery recovery) {
        return recovery == null ? directory() : recovery.target().base().backup();
    }

    /** @param moment with latest, the newest backup that ended before it is taken */
    Recovery recovery(PointInTime moment, Path data) {
        var named = which == null ? LATEST : which;
        return moment.plan(remote == null ? named : fetched(named).path().toString(), backups, data, key());
    }
}
