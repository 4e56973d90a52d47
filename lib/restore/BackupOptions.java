//SOURCES ../Cli.java ../Failure.java ../Units.java ../archive/Age.java ../archive/BackupDirectory.java
//SOURCES ../archive/FetchedBackup.java ../archive/PgBackRest.java ../archive/RemoteBackups.java
//SOURCES ../archive/RestorableBackup.java ../archive/StanzaBackup.java ../boot/Recovery.java ../boot/Replay.java
//SOURCES ../boot/ScratchServer.java ../boot/StanzaRecovery.java DrillSubject.java PointInTime.java RestorePlan.java
package lib.restore;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.Cli;
import lib.Failure;
import lib.Units;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.FetchedBackup;
import lib.archive.PgBackRest;
import lib.archive.RemoteBackups;
import lib.archive.RestorableBackup;
import lib.archive.StanzaBackup;
import lib.boot.Recovery;
import lib.boot.Replay;
import lib.boot.ScratchServer;
import lib.boot.StanzaRecovery;
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

    @Cli.Writes(remote = true) @Option(
        names = "--remote",
        paramLabel = "REMOTE",
        description = "take the backup from this remote of rclone: it is fetched into TMPDIR, else /tmp, and "
            + "removed at the end")
    String remote;

    @Option(
        names = "--pgbackrest",
        paramLabel = "STANZA",
        description = "take the backup from this stanza of pgBackRest; BACKUP_DIR is one of its labels then, and "
            + "--at goes by the WAL that it archived")
    String stanza;

    @Option(names = "--identity", paramLabel = "FILE", description = "age secret key of an encrypted backup")
    Path identity;

    private BackupDirectory fetched;
    private StanzaBackup fromStanza;

    /** @throws Failure when none was named, or none is there */
    public BackupDirectory directory() {
        if (stanza != null) {
            throw Failure.usage(
                "--pgbackrest is for restore, drill, open and extract",
                "name a backup in a directory, or latest.");
        }
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

    /**
     * The backup with its key, proven to be complete as far as that can be told without unpacking it.
     *
     * @param replay to a moment; null when the backup is wanted as it is
     */
    public RestorePlan.Source source(Replay replay) {
        return switch (replay) {
            case null -> new RestorePlan.Source(RestorableBackup.of(directory(), key()), key());
            case StanzaRecovery recovery -> new RestorePlan.Source(recovery.backup(), null, recovery);
            case Recovery recovery -> new RestorePlan.Source(
                RestorableBackup.of(recovery.target().base().backup(), recovery.identity()),
                recovery.identity(),
                recovery);
        };
    }

    /** The same for a drill, which looks for itself whether it is complete. */
    public DrillSubject subject(Replay replay) {
        return switch (replay) {
            case null -> subject(directory(), key());
            case StanzaRecovery recovery -> DrillSubject.of(recovery.backup(), backups);
            case Recovery recovery -> subject(recovery.target().base().backup(), recovery.identity());
        };
    }

    private DrillSubject subject(BackupDirectory backup, Age.Identity identity) {
        var subject = DrillSubject.of(backup, identity);
        return remote == null ? subject : subject.fetchedFrom(RemoteBackups.at(remote), backups);
    }

    /**
     * What was typed as a command: with --pgbackrest the backup may be left out, and the first word is of the command.
     *
     * @param rest the words behind the backup; null when there are none
     */
    public List<String> command(List<String> rest) {
        if (stanza == null || which == null || which.equals(LATEST) || PgBackRest.isLabel(which)) return rest;
        var all = new ArrayList<>(List.of(which));
        if (rest != null) all.addAll(rest);
        which = null;
        return all;
    }

    boolean isOfStanza() {
        if (stanza != null && remote != null) {
            throw Failure.usage("--remote and --pgbackrest are two places to take a backup from", "give one of them.");
        }
        return stanza != null;
    }

    /** @param moment empty for the end of the backup itself */
    StanzaRecovery stanzaRecovery(Optional<PointInTime> moment) {
        var label = which == null ? LATEST : which;
        fromStanza = PgBackRest.find(stanza, label, moment.map(PointInTime::moment).orElse(null));
        mustBeBefore(moment.map(PointInTime::moment).orElse(null));
        var target = moment.map(BackupOptions::target).orElseGet(() -> StanzaRecovery.Target.endOf(fromStanza));
        return new StanzaRecovery(fromStanza, target);
    }

    private static StanzaRecovery.Target target(PointInTime moment) {
        if (moment.moment() != null) return StanzaRecovery.Target.at(moment.moment());
        if (moment.place() != null) return StanzaRecovery.Target.before(moment.place());
        return moment.name() == null ? StanzaRecovery.Target.latest() : StanzaRecovery.Target.named(moment.name());
    }

    /** PostgreSQL would silently give the state at the end of the backup. */
    private void mustBeBefore(Instant moment) {
        if (moment == null || fromStanza.takenAt().isBefore(moment)) return;
        throw Failure.answerIsNo(
            "the backup " + fromStanza.name() + " ended only at " + Units.utc(fromStanza.takenAt()),
            "leave out its label: the newest backup that ended before that moment is taken then.");
    }

    /** @param moment with latest, the newest backup that ended before it is taken */
    Recovery recovery(PointInTime moment, Path data) {
        var named = which == null ? LATEST : which;
        return moment.plan(remote == null ? named : fetched(named).path().toString(), backups, data, key());
    }
}
