//SOURCES ../AtomicFile.java ../Console.java ../ExitCode.java ../Failure.java ../Json.java ../Release.java ../Units.java
//SOURCES ../archive/BackupDirectory.java ../archive/Lsn.java ../archive/RestorableBackup.java
//SOURCES ../boot/PrivateServer.java ../boot/ScratchServer.java ../boot/ServerLog.java ../boot/ServerProgram.java
//SOURCES ../boot/Unpacking.java DrillQuestions.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import lib.AtomicFile;
import lib.Console;
import lib.Failure;
import lib.Json;
import lib.Release;
import lib.Units;
import lib.archive.BackupDirectory;
import lib.archive.Lsn;
import lib.archive.RestorableBackup;
import lib.boot.PrivateServer;
import lib.boot.ScratchServer;
import lib.boot.ServerLog;
import lib.boot.ServerProgram;
import lib.boot.Unpacking;

/**
 * Proves a backup by booting it. That a cluster starts is no proof: without a tablespace, without its WAL reset by force, without
 * TimescaleDB preloaded it starts as well, and answers wrongly. So each of these is asked, and each has a name.
 */
public final class Drill {
    /** What is asked, in this order; the first that fails gives the answer its name. */
    public enum Check {
        COMPLETE("all files of the backup are there"),
        TABLESPACE_MAP("every tablespace is there, and where it lay is known"),
        SERVER("a server that can run it is here"),
        FILES("every file is as the manifest says"),
        WAL("the WAL that recovery needs is there, and can be read"),
        STANDBY("it starts as a server of its own"),
        BOOT("the server starts"),
        RECOVERY("recovery went to the end of the backup"),
        DATABASES("every database connects"),
        TABLESPACES("all tablespaces are there"),
        PRELOAD("TimescaleDB is preloaded where it is used"),
        EXTENSIONS("every extension loads"),
        RELATIONS("every table can be read"),
        ROW_COUNTS("hypertables have about as many rows as when the backup was taken"),
        COMPRESSED_CHUNKS("compressed chunks can be read"),
        STRUCTURE("tables and indexes are sound (pg_amcheck)");

        private final String question;

        Check(String question) {
            this.question = question;
        }

        /** As written to drill.json: "row_counts". */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        public String question() {
            return question;
        }
    }

    /** @param passed null when it was not asked; then detail says why */
    public record Answer(String check, String question, Boolean passed, String detail) {}

    /**
     * What is kept of it, {@code .receipts/NAME.drill.json} beside the backups: a backup itself never changes after it was made.
     *
     * @param kind "drill"
     * @param at when it ended
     * @param isGood the backup was proven
     * @param reason the name of the check that failed; null when the backup was proven
     * @param manifestSum of the backup's manifest: the receipt counts for that very backup
     * @param dataAsOf the moment whose data is restored
     */
    public record Receipt(
        String backup,
        String kind,
        Instant at,
        boolean isGood,
        List<String> findings,
        String manifestSum,
        int formatVersion,
        String tool,
        String path,
        Instant startedAt,
        String reason,
        String message,
        Instant dataAsOf,
        double unpackSeconds,
        double recoverySeconds,
        double totalSeconds,
        String server,
        int databases,
        long tables,
        long rows,
        long bytes,
        List<Answer> checks) {}

    /** Said by a check whose answer is no. */
    static final class No extends RuntimeException {
        private final Check check;

        No(Check check, String message) {
            super(message);
            this.check = check;
        }
    }

    private final BackupDirectory backup;
    private final ScratchServer.Options options;
    private final boolean thorough;
    private final Instant startedAt = Instant.now();
    private final List<Answer> answers = new ArrayList<>();
    private RestorableBackup source;
    private ServerProgram program;
    private DrillQuestions questions;
    private Duration unpacked = Duration.ZERO;
    private Duration recovery = Duration.ZERO;
    private Check current = Check.COMPLETE;

    private Drill(BackupDirectory backup, ScratchServer.Options options, boolean thorough) {
        this.backup = backup;
        this.options = options;
        this.thorough = thorough;
    }

    /** @param thorough run pg_amcheck too, where it is there */
    public static Receipt run(BackupDirectory backup, ScratchServer.Options options, boolean thorough) {
        return new Drill(backup, options, thorough).run();
    }

    private Receipt run() {
        try {
            prove();
            return receipt(null, null);
        } catch (No no) {
            return refused(no.check, no.getMessage());
        } catch (PrivateServer.DidNotStart e) {
            return refused(Check.BOOT, e.getMessage());
        } catch (IOException e) {
            return refused(current, e.getMessage());
        } catch (Failure failure) {
            // A wrong key, no room, no right to read: that says nothing about the backup. But an answer "no" does.
            if (failure.exitCode() != lib.ExitCode.ANSWER_IS_NO) throw failure;
            return refused(current, failure.getMessage());
        }
    }

    private void prove() throws IOException {
        source = RestorableBackup.of(backup, options.identity());
        yes(
            Check.COMPLETE,
            Units.plural(source.manifest().files().size(), "file") + ", " + Units.bytes(source.dataBytes()));
        ask(Check.TABLESPACE_MAP);
        source.mustHaveTablespaces();
        yes(
            Check.TABLESPACE_MAP,
            source.tablespaces().isEmpty() ? "there are none"
                : Units.plural(source.tablespaces().size(), "tablespace"));
        ask(Check.SERVER);
        program = ServerProgram.ofMajor(source.major(), source.timescaleVersions().values());
        var missing = program.missingTimescale(source.timescaleVersions().values());
        if (!missing.isEmpty()) {
            throw new No(
                Check.EXTENSIONS,
                "it needs TimescaleDB " + String.join(" and ", missing) + ", and the server here ("
                    + program.installation().directory()
                    + ") does not have it: every statement would fail ("
                    + ServerProgram.howToGetTimescale(missing.last()) + ")");
        }
        yes(Check.SERVER, program.toString());
        try (var scratch = ScratchServer.prepare(source, program, options)) {
            ask(Check.FILES);
            var start = System.nanoTime();
            scratch.unpack(options);
            unpacked = Duration.ofNanos(System.nanoTime() - start);
            answers.add(
                options.verify()
                    ? new Answer(
                        Check.FILES.word(),
                        Check.FILES.question(),
                        true,
                        "unpacked in " + Units.duration(unpacked))
                    : new Answer(Check.FILES.word(), Check.FILES.question(), null, "not asked (--no-verify)"));
            ask(Check.WAL);
            Unpacking.mustHaveWal(source, scratch.dataDirectory());
            if (options.verify()) Unpacking.mustReadWal(source, scratch.dataDirectory());
            yes(Check.WAL, source.walSegments(source.segmentBytes()).getFirst() + " and on");
            ask(Check.STANDBY);
            noSignals(scratch);
            ask(Check.BOOT);
            Console.say("starting it …");
            scratch.recover(options);
            scratch.boot(options.patience());
            if (scratch.server().isStandby())
                throw new No(Check.STANDBY, "it comes up as a standby, which follows for ever and takes no write");
            recovery = scratch.recoveryLog().untilReady();
            yes(Check.STANDBY, null);
            yes(Check.BOOT, "recovery took " + Units.duration(recovery) + missingLibraries(scratch));
            ask(Check.RECOVERY);
            recoveredToTheEnd(scratch.recoveryLog());
            questions = new DrillQuestions(scratch, source);
            for (var check : List.of(
                Check.DATABASES,
                Check.TABLESPACES,
                Check.PRELOAD,
                Check.EXTENSIONS,
                Check.RELATIONS,
                Check.ROW_COUNTS,
                Check.COMPRESSED_CHUNKS)) {
                ask(check);
                yes(check, questions.ask(check));
            }
            structure();
        }
    }

    /** Preloaded libraries that the data does not need are not loaded; but a restored cluster would ask for them. */
    private String missingLibraries(ScratchServer scratch) {
        var missing = scratch.copiedConfiguration()
            .preloaded()
            .orElse(List.of())
            .stream()
            .filter(library -> !program.hasLibrary(library))
            .toList();
        if (missing.isEmpty()) return "";
        var said = "the backup's settings preload " + String.join(", ", missing)
            + ", not installed here: on this machine a restored cluster would not start";
        Console.warn("%s", said);
        return "; " + said;
    }

    private void noSignals(ScratchServer scratch) {
        for (var name : List.of("standby.signal", "recovery.signal")) {
            if (Files.exists(scratch.dataDirectory().resolve(name))) {
                throw new No(
                    Check.STANDBY,
                    "the backup holds " + name
                        + ": started as it is, it follows another server for ever and takes no write (a restore leaves that file out)");
            }
        }
    }

    private void recoveredToTheEnd(ServerLog log) {
        var reached = log.consistentAt();
        if (reached.isEmpty()) {
            throw new No(
                Check.RECOVERY,
                "the server started without knowing that this is a backup (no backup_label): its data is a mix of moments, although it answers");
        }
        if (Long.compareUnsigned(Lsn.parse(reached.get()), source.endLsn()) < 0) {
            throw new No(
                Check.RECOVERY,
                "recovery ended at " + reached.get() + ", and the backup is consistent only at "
                    + Lsn.text(source.endLsn()));
        }
        yes(Check.RECOVERY, "consistent at " + reached.get());
    }

    private void structure() {
        ask(Check.STRUCTURE);
        if (!thorough) {
            answers
                .add(new Answer(Check.STRUCTURE.word(), Check.STRUCTURE.question(), null, "not asked (--no-amcheck)"));
        } else if (!program.installation().has("pg_amcheck")
            || !Files.exists(program.share().resolve("extension/amcheck.control"))) {
                answers
                    .add(
                        new Answer(
                            Check.STRUCTURE.word(),
                            Check.STRUCTURE.question(),
                            null,
                            "not asked: pg_amcheck is not on this machine"));
            } else {
                yes(Check.STRUCTURE, questions.amcheck());
            }
    }

    private void ask(Check check) {
        current = check;
        Console.detail("checking: %s", check.question());
    }

    private void yes(Check check, String detail) {
        answers.add(new Answer(check.word(), check.question(), true, detail));
    }

    private Receipt refused(Check check, String message) {
        answers.add(new Answer(check.word(), check.question(), false, message));
        return receipt(check, message);
    }

    private Receipt receipt(Check failed, String message) {
        var end = Instant.now();
        return new Receipt(
            backup.name(),
            "drill",
            end,
            failed == null,
            failed == null ? List.of() : List.of(failed.word() + ": " + message),
            manifestSum(),
            1,
            "TimescaleDB Tools " + Release.VERSION,
            backup.path().toString(),
            startedAt,
            failed == null ? null : failed.word(),
            message,
            dataAsOf(),
            seconds(unpacked),
            seconds(recovery),
            seconds(Duration.between(startedAt, end)),
            program == null ? null : program.toString(),
            questions == null ? 0 : questions.databaseCount(),
            questions == null ? 0 : questions.tableCount(),
            questions == null ? 0 : questions.rowCount(),
            source == null ? 0 : source.dataBytes(),
            List.copyOf(answers));
    }

    /** Lays the receipt beside the backup, for {@code backup.java list} and whoever comes later. On a read-only disk there is none. */
    public static void keep(Receipt receipt, BackupDirectory backup) {
        var file = backup.path().resolveSibling(".receipts").resolve(backup.name() + ".drill.json");
        try {
            AtomicFile.write(file, Json.write(receipt));
            Console.detail("wrote %s", file);
        } catch (IOException e) {
            Console.warn("could not write %s: %s", file, e.getMessage());
        }
    }

    /** The manifest's last line is its own sum. */
    private String manifestSum() {
        try (var lines = Files.lines(backup.manifestFile())) {
            return lines.reduce("", (before, line) -> line).replaceAll("[^0-9a-f]", "");
        } catch (IOException | java.io.UncheckedIOException none) {
            return null;
        }
    }

    /** What was proven, so that everybody understands it. */
    public static String sentence(Receipt receipt) {
        if (!receipt.isGood())
            return "The backup " + receipt.backup() + " could NOT be restored (" + receipt.reason() + "): "
                + receipt.message();
        return "The backup " + receipt.backup() + " could be restored: " + Units.plural(receipt.databases(), "database")
            + " with "
            + Units.plural(receipt.tables(), "table") + " and "
            + Units.plural(receipt.rows(), "row") + " were read. Recovery took "
            + Units.duration(Duration.ofMillis(Math.round(receipt.recoverySeconds() * 1000)))
            + ", the whole drill " + Units.duration(Duration.ofMillis(Math.round(receipt.totalSeconds() * 1000)))
            + ". Its data is "
            + Units.duration(Duration.between(receipt.dataAsOf(), receipt.at())) + " old.";
    }

    private Instant dataAsOf() {
        return options.recovery() == null ? backup.takenAt() : options.recovery().target().asOf();
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
