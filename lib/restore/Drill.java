//SOURCES ../AtomicFile.java ../Console.java ../ExitCode.java ../Failure.java ../Json.java ../Message.java
//SOURCES ../Release.java ../Units.java ../archive/BackupDirectory.java ../archive/Lsn.java
//SOURCES ../archive/RestorableBackup.java ../archive/RestoreSource.java ../archive/StanzaBackup.java
//SOURCES ../boot/PrivateServer.java ../boot/ScratchServer.java ../boot/ServerProgram.java ../boot/Unpacking.java
//SOURCES DrillFindings.java DrillQuestions.java DrillSubject.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lib.AtomicFile;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import lib.Message;
import lib.Release;
import lib.Units;
import lib.archive.BackupDirectory;
import lib.archive.Lsn;
import lib.archive.RestorableBackup;
import lib.archive.RestoreSource;
import lib.archive.StanzaBackup;
import lib.boot.PrivateServer;
import lib.boot.ScratchServer;
import lib.boot.ServerProgram;
import lib.boot.Unpacking;

/**
 * Proves a backup by booting it, with one of three verdicts: it could be restored; it could not be restored, because …;
 * it could not be judged here, because …. A trouble of this machine, of our sessions or of our questions is never the
 * backup's.
 *
 * <p>That a cluster starts is no proof: without a tablespace, without its WAL reset by force, without
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
        STRUCTURE("tables and indexes are sound (amcheck)");

        private final String question;

        Check(String question) {
            this.question = question;
        }

        /** As written to drill.json: "row_counts". */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        public String question() {
            return question;
        }
    }

    public enum Verdict {
        GOOD, BAD, NOT_JUDGED;

        /** "not_judged". */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param passed null when it was not asked, or not to its end; then detail says why */
    public record Answer(String check, String question, Boolean passed, String detail) {}

    /**
     * What is kept of it, {@code .receipts/NAME.drill.json} beside the backups: a backup itself never changes after it
     * was made.
     *
     * @param kind "drill"
     * @param at when it ended
     * @param isGood the backup was proven
     * @param verdict of the three; NOT_JUDGED is not kept
     * @param reason the name of the check that failed or could not be asked; null when the backup was proven
     * @param manifestSum of the backup's manifest: the receipt counts for that very backup
     * @param dataAsOf the moment whose data is restored
     */
    public record Receipt(
        String backup,
        String kind,
        Instant at,
        boolean isGood,
        Verdict verdict,
        List<String> findings,
        String manifestSum,
        int formatVersion,
        String tool,
        String path,
        Instant startedAt,
        String reason,
        String message,
        String hint,
        Instant dataAsOf,
        double unpackSeconds,
        double recoverySeconds,
        double totalSeconds,
        String server,
        int databases,
        long tables,
        long rows,
        long bytes,
        List<Answer> checks) {
        /** The same, set by name. */
        public Receipt(Draft draft) {
            this(
                draft.backup,
                draft.kind,
                draft.at,
                draft.isGood,
                draft.verdict,
                draft.findings,
                draft.manifestSum,
                draft.formatVersion,
                draft.tool,
                draft.path,
                draft.startedAt,
                draft.reason,
                draft.message,
                draft.hint,
                draft.dataAsOf,
                draft.unpackSeconds,
                draft.recoverySeconds,
                draft.totalSeconds,
                draft.server,
                draft.databases,
                draft.tables,
                draft.rows,
                draft.bytes,
                draft.checks);
        }

        /** What is known, while the drill goes on. */
        public static final class Draft {
            public String backup;
            public String kind = "drill";
            public Instant at;
            public boolean isGood;
            public Verdict verdict;
            public List<String> findings = List.of();
            public String manifestSum;
            public int formatVersion = 1;
            public String tool = "TimescaleDB Tools " + Release.VERSION;
            public String path;
            public Instant startedAt;
            public String reason;
            public String message;
            public String hint;
            public Instant dataAsOf;
            public double unpackSeconds;
            public double recoverySeconds;
            public double totalSeconds;
            public String server;
            public int databases;
            public long tables;
            public long rows;
            public long bytes;
            public List<Answer> checks;
        }
    }

    /** Said by a check whose answer is no. */
    static final class No extends RuntimeException {
        private final Check check;

        No(Check check, String message) {
            super(message);
            this.check = check;
        }
    }

    private final DrillSubject subject;
    private final ScratchServer.Options options;
    private final boolean thorough;
    private final Instant startedAt = Instant.now();
    private final List<Answer> answers = new ArrayList<>();
    private RestoreSource source;
    private ServerProgram program;
    private DrillQuestions questions;
    private Duration unpacked = Duration.ZERO;
    private Duration recovery = Duration.ZERO;
    private Check current = Check.COMPLETE;
    private DrillFindings.Finding doubt;

    private Drill(DrillSubject subject, ScratchServer.Options options, boolean thorough) {
        this.subject = subject;
        this.options = options;
        this.thorough = thorough;
    }

    /** @param thorough ask amcheck too, where it is there */
    public static Receipt run(BackupDirectory backup, ScratchServer.Options options, boolean thorough) {
        return run(DrillSubject.of(backup, options.identity()), options, thorough);
    }

    public static Receipt run(DrillSubject subject, ScratchServer.Options options, boolean thorough) {
        return new Drill(subject, options, thorough).run();
    }

    private Receipt run() {
        try {
            prove();
            return doubt == null ? receipt(Verdict.GOOD, null, null, null)
                : receipt(Verdict.NOT_JUDGED, doubt.check(), doubt.message(), doubt.hint());
        } catch (No no) {
            return refused(no.check, no.getMessage());
        } catch (PrivateServer.DidNotStart e) {
            return e.isOfThisMachine() ? notJudged(e.getMessage(), "see the server's log with --verbose.")
                : refused(Check.BOOT, e.getMessage());
        } catch (IOException e) {
            return notJudged(e.toString(), null);
        } catch (LinkageError e) {
            return notJudged(
                "a native library cannot be loaded: " + Message.firstLine(String.valueOf(e.getMessage())),
                "is " + System.getProperty("java.io.tmpdir")
                    + " mounted noexec? Use another one: JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=DIR");
        } catch (Failure failure) {
            if (options.recovery() != null && options.recovery().hasMissedTheMoment()) throw failure;
            // A wrong key, no room, no right to read: that says nothing about the backup. But an answer "no" does.
            return switch (failure.exitCode()) {
                case ExitCode.ANSWER_IS_NO -> refused(current, failure.getMessage());
                case ExitCode.USAGE, ExitCode.INTERRUPTED -> throw failure;
                default -> notJudged(failure.getMessage(), failure.hint());
            };
        }
    }

    private void prove() throws IOException {
        source = subject.open();
        yes(Check.COMPLETE, completeness());
        ask(Check.TABLESPACE_MAP);
        source.mustHaveTablespaces();
        yes(
            Check.TABLESPACE_MAP,
            source.tablespaces().isEmpty() ? "there are none"
                : Units.plural(source.tablespaces().size(), "tablespace"));
        findProgram();
        try (var scratch = ScratchServer.prepare(source, program, options)) {
            unpack(scratch);
            boot(scratch);
            askDatabases(scratch);
        }
    }

    private void findProgram() {
        ask(Check.SERVER);
        program = ServerProgram.ofMajor(source.major(), source.timescaleVersions().values());
        var missing = program.missingTimescale(source.timescaleVersions().values());
        if (!missing.isEmpty()) {
            throw Failure.notReady(
                "it needs TimescaleDB " + String.join(" and ", missing) + ", and the server here ("
                    + program.installation().directory() + ") does not have it",
                ServerProgram.howToGetTimescale(missing.last()) + ".");
        }
        yes(Check.SERVER, program.toString());
    }

    private void unpack(ScratchServer scratch) throws IOException {
        ask(Check.FILES);
        var start = System.nanoTime();
        scratch.unpack(options);
        unpacked = Duration.ofNanos(System.nanoTime() - start);
        if (options.verify()) {
            yes(Check.FILES, "unpacked in " + Units.duration(unpacked) + hiddenDamage());
        } else {
            answers.add(new Answer(Check.FILES.word(), Check.FILES.question(), null, "not asked (--no-verify)"));
        }
        ask(Check.WAL);
        Unpacking.checkWal(source, scratch.dataDirectory(), options.verify());
        yes(
            Check.WAL,
            source instanceof RestorableBackup ours
                ? ours.walSegments(ours.segmentBytes()).getFirst() + " and on"
                : "fetched by the recovery, from pgBackRest's archive");
    }

    private void boot(ScratchServer scratch) throws IOException {
        ask(Check.STANDBY);
        var signals = signals(scratch);
        Unpacking.leaveOutSignals(scratch.dataDirectory());
        ask(Check.BOOT);
        Console.say("starting it …");
        scratch.recover(options);
        scratch.boot(options.patience());
        if (scratch.server().isStandby()) {
            throw new No(Check.STANDBY, "it comes up as a standby, which follows its primary and takes no write");
        }
        recovery = scratch.recoveryLog().untilReady();
        yes(
            Check.STANDBY,
            signals.isEmpty() ? null : String.join(", ", signals) + " is left out, as a restore does");
        yes(Check.BOOT, "recovery took " + Units.duration(recovery) + missingLibraries(scratch));
        ask(Check.RECOVERY);
        recoveredToTheEnd(scratch);
    }

    private void askDatabases(ScratchServer scratch) {
        ask(Check.DATABASES);
        questions = new DrillQuestions(scratch, source, asksAmcheck());
        questions.read();
        for (var check : List.of(
            Check.DATABASES,
            Check.TABLESPACES,
            Check.PRELOAD,
            Check.EXTENSIONS,
            Check.RELATIONS,
            Check.ROW_COUNTS,
            Check.COMPRESSED_CHUNKS)) {
            judge(check);
        }
        structure();
    }

    private String completeness() {
        if (source instanceof RestorableBackup ours) {
            return Units.plural(ours.manifest().files().size(), "file") + ", " + Units.bytes(source.dataBytes());
        }
        return "as pgBackRest says, " + Units.bytes(source.dataBytes());
    }

    /** pgBackRest goes on where a page has a wrong checksum, and says so in its list. */
    private String hiddenDamage() {
        if (!(source instanceof StanzaBackup backup) || !backup.hasErrors()) return "";
        throw new No(
            Check.FILES,
            "pgBackRest met pages with wrong checksums when it took this backup: they were damaged in the server");
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

    private static List<String> signals(ScratchServer scratch) {
        return List.of("standby.signal", "recovery.signal")
            .stream()
            .filter(name -> Files.exists(scratch.dataDirectory().resolve(name)))
            .toList();
    }

    private void recoveredToTheEnd(ScratchServer scratch) {
        var reached = scratch.recoveryLog().consistentAt();
        if (reached.isEmpty()) {
            throw new No(
                Check.RECOVERY,
                "the server started without knowing that this is a backup (no backup_label): its data is a mix of "
                    + "moments, although it answers");
        }
        if (Long.compareUnsigned(Lsn.parse(reached.get()), endLsn()) < 0 && !replayedBeyond(scratch)) {
            throw new No(
                Check.RECOVERY,
                "recovery ended at " + reached.get() + ", and the backup is consistent only at "
                    + Lsn.text(endLsn()));
        }
        yes(Check.RECOVERY, "consistent at " + reached.get());
    }

    /**
     * A backup of a standby says itself consistent where the standby was when pg_control was copied, which may be
     * before the end of the backup. The checkpoint that ends the recovery lies behind all that was replayed.
     */
    private boolean replayedBeyond(ScratchServer scratch) {
        return scratch.isOfStandby() && scratch.checkpoint()
            .map(at -> Long.compareUnsigned(Lsn.parse(at), endLsn()) >= 0)
            .orElse(false);
    }

    private long endLsn() {
        return switch (source) {
            case RestorableBackup ours -> ours.endLsn();
            case StanzaBackup theirs -> theirs.endLsn();
        };
    }

    private boolean asksAmcheck() {
        return thorough && Files.exists(program.share().resolve("extension/amcheck.control"));
    }

    private void structure() {
        if (asksAmcheck()) {
            judge(Check.STRUCTURE);
        } else {
            answers.add(
                new Answer(
                    Check.STRUCTURE.word(),
                    Check.STRUCTURE.question(),
                    null,
                    thorough ? "not asked: amcheck is not on this machine" : "not asked (--no-amcheck)"));
        }
    }

    /** An answer, or the first doubt, which leaves the others to be asked. @throws No */
    private void judge(Check check) {
        ask(check);
        var detail = questions.ask(check);
        var found = questions.findings().doubt(check);
        if (found == null) {
            yes(check, detail);
        } else {
            answers.add(new Answer(check.word(), check.question(), null, found.message()));
            if (doubt == null) doubt = found;
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
        return receipt(Verdict.BAD, check, message, null);
    }

    private Receipt notJudged(String message, String hint) {
        answers.add(new Answer(current.word(), current.question(), null, message));
        return receipt(Verdict.NOT_JUDGED, current, message, hint);
    }

    private Receipt receipt(Verdict verdict, Check failed, String message, String hint) {
        var end = Instant.now();
        var receipt = new Receipt.Draft();
        receipt.backup = subject.name();
        receipt.path = subject.place();
        receipt.manifestSum = subject.receipt().manifestSum();
        receipt.startedAt = startedAt;
        receipt.at = end;
        receipt.verdict = verdict;
        receipt.isGood = verdict == Verdict.GOOD;
        if (failed != null) {
            receipt.reason = failed.word();
            receipt.findings = List.of(failed.word() + ": " + message);
        }
        receipt.message = message;
        receipt.hint = hint;
        receipt.dataAsOf = dataAsOf();
        receipt.unpackSeconds = seconds(unpacked);
        receipt.recoverySeconds = seconds(recovery);
        receipt.totalSeconds = seconds(Duration.between(startedAt, end));
        if (program != null) receipt.server = program.toString();
        if (source != null) receipt.bytes = source.dataBytes();
        if (questions != null) {
            receipt.databases = questions.databaseCount();
            receipt.tables = questions.tableCount();
            receipt.rows = questions.rowCount();
        }
        receipt.checks = List.copyOf(answers);
        return new Receipt(receipt);
    }

    /**
     * Lays the receipt beside the backup, for {@code backup.java list} and whoever comes later. On a read-only disk
     * there is none.
     */
    public static void keep(Receipt receipt, DrillSubject subject) {
        if (receipt.verdict() == Verdict.NOT_JUDGED) return;   // an earlier verdict still counts
        if (receipt.verdict() == Verdict.BAD && subject.receipt().isForGood()) return;
        var file = subject.receipt().path();
        try {
            AtomicFile.write(file, Json.write(receipt));
            Console.detail("wrote %s", file);
        } catch (IOException e) {
            Console.warn("could not write %s: %s", file, e.getMessage());
        }
    }

    /** What was proven, so that everybody understands it. */
    public static String sentence(Receipt receipt) {
        if (receipt.verdict() == Verdict.BAD) {
            return "The backup " + receipt.backup() + " could NOT be restored (" + receipt.reason() + "): "
                + receipt.message();
        }
        if (receipt.verdict() == Verdict.NOT_JUDGED) {
            return "The backup " + receipt.backup() + " could not be judged here (" + receipt.reason() + "): "
                + receipt.message();
        }
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
        return options.recovery() == null ? subject.takenAt() : options.recovery().asOf();
    }

    public static int exitCode(Receipt receipt) {
        return switch (receipt.verdict()) {
            case GOOD -> ExitCode.OK;
            case BAD -> ExitCode.ANSWER_IS_NO;
            case NOT_JUDGED -> ExitCode.NOT_READY;
        };
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
