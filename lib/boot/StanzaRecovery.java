//SOURCES ../ExitCode.java ../Failure.java ../FileTree.java ../Program.java ../archive/Lsn.java
//SOURCES ../archive/PgBackRest.java ../archive/StanzaBackup.java ../archive/WalMoments.java Owner.java Replay.java
//SOURCES ReplayBoot.java ServerLog.java ServerProgram.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Program;
import lib.archive.Lsn;
import lib.archive.PgBackRest;
import lib.archive.StanzaBackup;
import lib.archive.WalMoments;

/**
 * The recovery of a backup that pgBackRest restored, with the WAL of its archive. pgBackRest only hands segments over;
 * that the moment was reached is seen by us.
 */
public final class StanzaRecovery implements Replay {
    private static final String BOX = "pgbackrest-recovery";
    private static final String ENDED_BEFORE = "recovery ended before configured recovery target was reached";
    private static final String OTHER_HISTORY = "is not a child of this server's history";
    private static final DateTimeFormatter SQL_TIME =
        DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS'+00'", Locale.ROOT);
    private static final DateTimeFormatter LOG_TIME =
        DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss[.SSSSSS][.SSSSS][.SSSS][.SSS][.SS][.S][ z][x]", Locale.ROOT);

    /** The settings that stop a recovery, by name; empty to replay everything. */
    public record Target(Map<String, String> settings, Instant asOf, String meaning) {
        /** The data as it was at the end of the backup. */
        public static Target endOf(StanzaBackup backup) {
            return new Target(
                Map.of("recovery_target", "immediate", "recovery_target_timeline", "current"),
                backup.takenAt(),
                "the end of the backup " + backup.name());
        }

        public static Target at(Instant moment) {
            return new Target(
                Map.of("recovery_target_time", SQL_TIME.format(moment.atOffset(ZoneOffset.UTC))),
                moment,
                "all that was committed until " + WalMoments.exact(moment));
        }

        public static Target before(long place) {
            return new Target(
                Map.of("recovery_target_lsn", Lsn.text(place), "recovery_target_inclusive", "off"),
                null,
                "just before " + Lsn.text(place));
        }

        public static Target named(String restorePoint) {
            return new Target(
                Map.of("recovery_target_name", restorePoint),
                null,
                "the restore point '" + restorePoint + "'");
        }

        public static Target latest() {
            return new Target(Map.of(), null, "the end of the archived WAL");
        }
    }

    private final StanzaBackup backup;
    private final Target target;
    private Instant reached;
    private boolean hasMissedTheMoment;

    public StanzaRecovery(StanzaBackup backup, Target target) {
        this.backup = backup;
        this.target = target;
    }

    public StanzaBackup backup() {
        return backup;
    }

    @Override
    public ServerLog run(ServerProgram program, Path dataDirectory, Owner owner, Duration patience)
        throws IOException {
        var boot = new ReplayBoot(program, dataDirectory, owner, patience);
        var box = dataDirectory.resolve(BOX);
        try {
            var log = boot.run(meaning(), () -> {
                makeBox(box, owner);
                return new ReplayBoot.Feed(
                    settings(dataDirectory, box),
                    () -> problem(box),
                    () -> FileTree.delete(box));
            });
            reached = log.lastCommit().map(StanzaRecovery::time).orElse(null);
            return log;
        } catch (Failure e) {
            throw explained(e);
        }
    }

    private static void makeBox(Path box, Owner owner) throws IOException {
        FileTree.delete(box);
        Files.createDirectory(
            box,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (owner != null) owner.give(box);
    }

    private Map<String, String> settings(Path dataDirectory, Path box) {
        var settings = new LinkedHashMap<String, String>();
        settings.put("restore_command", command(dataDirectory, box));
        settings.put("recovery_target_action", "promote");
        settings.put("recovery_target_timeline", "latest");
        settings.putAll(target.settings());
        return settings;
    }

    /**
     * Only 1 means that a segment is not in the archive. Everything else is trouble, and must not end the recovery as
     * if the WAL were over: the status above 125 stops the server. Lock and spool are our own, the original may use its
     * own at this moment.
     */
    private String command(Path dataDirectory, Path box) {
        var words = List.of(
            "pgbackrest",
            "--stanza=" + backup.stanza(),
            "--pg1-path=" + dataDirectory,
            "--reset-pg1-host",
            "--lock-path=" + box.resolve("lock"),
            "--log-level-file=off",
            "archive-get");
        var quoted = String.join(" ", words.stream().map(word -> Program.typed(word).replace("%", "%%")).toList());
        var said = Program.typed(box.resolve("said")).replace("%", "%%");
        var trouble = Program.typed(box.resolve("trouble")).replace("%", "%%");
        return "PGBACKREST_SPOOL_PATH=" + Program.typed(box.resolve("spool")).replace("%", "%%") + " " + quoted
            + " %f \"%p\" > " + said + " 2>&1 || { [ $? = 1 ] && exit 1; mv " + said + " " + trouble
            + "; exit 255; }";
    }

    private static String problem(Path box) {
        try {
            return "pgBackRest cannot read its archive: " + PgBackRest.error(Files.readString(box.resolve("trouble")));
        } catch (IOException none) {
            return null;
        }
    }

    private Failure explained(Failure e) {
        var said = e.getMessage();
        if (said.contains("pgBackRest cannot read its archive")) {
            return new Failure(ExitCode.NOT_READY, said, "try it by hand: pgbackrest info", e);
        }
        if (said.contains(ENDED_BEFORE)) {
            hasMissedTheMoment = true;
            return Failure.answerIsNo(
                "the archived WAL of the stanza " + backup.stanza() + " does not reach " + meaning(),
                "to restore all that is archived: --at latest. A restore point before the backup " + backup.name()
                    + " needs an older one: name its label.");
        }
        if (said.contains(OTHER_HISTORY)) {
            return Failure.answerIsNo(
                "the backup " + backup.name() + " belongs to a history that an earlier restore has left",
                "choose another backup by its label; they are listed by: backup.java list --pgbackrest");
        }
        return e;
    }

    @Override
    public boolean hasMissedTheMoment() {
        return hasMissedTheMoment;
    }

    @Override
    public Instant asOf() {
        if (target.asOf() != null) return target.asOf();
        return reached == null ? backup.takenAt() : reached;
    }

    /** As the server's log writes it. @return null when it is written in another way */
    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text.strip(), LOG_TIME).toInstant();
        } catch (DateTimeException unknown) {
            return null;
        }
    }

    @Override
    public String meaning() {
        return target.meaning();
    }

    @Override
    public String walSource() {
        return "the WAL that pgBackRest archived";
    }
}
