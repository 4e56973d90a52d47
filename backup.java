///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Back up a whole PostgreSQL / TimescaleDB cluster: complete, checked, findable.
//JAVA 25+
//DEPS at.yawk.lz4:lz4-java:1.13.0
//DEPS com.exceptionfactory.jagged:jagged-api:1.0.0
//DEPS com.exceptionfactory.jagged:jagged-framework:1.0.0
//DEPS com.exceptionfactory.jagged:jagged-x25519:1.0.0
//DEPS com.github.luben:zstd-jni:1.5.7-28
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS info.picocli:picocli:4.7.7
//DEPS me.tongfei:progressbar:0.10.2
//DEPS org.apache.commons:commons-compress:1.28.0
//DEPS org.postgresql:postgresql:42.7.14
//DEPS tools.jackson.core:jackson-databind:3.2.4
//SOURCES lib/Cli.java lib/Console.java lib/ExitCode.java lib/Failure.java lib/Json.java lib/Progress.java
//SOURCES lib/Shutdown.java lib/Table.java lib/Units.java lib/archive/Age.java lib/archive/BackupDirectory.java
//SOURCES lib/archive/Receipt.java lib/archive/Verifier.java lib/backup/Creation.java lib/backup/LockedBackups.java
//SOURCES lib/backup/Outcome.java lib/backup/Preflight.java lib/backup/Retention.java
//SOURCES lib/database/ConnectionOptions.java lib/database/Database.java
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:CompileThresholdScaling=10 -Djdk.util.jar.enableMultiRelease=false -Djava.awt.headless=true

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import lib.Progress;
import lib.Shutdown;
import lib.Table;
import lib.Units;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.Receipt;
import lib.archive.Verifier;
import lib.backup.Creation;
import lib.backup.LockedBackups;
import lib.backup.Outcome;
import lib.backup.Preflight;
import lib.backup.Retention;
import lib.database.ConnectionOptions;
import lib.database.Database;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "backup",
    header = "Back up a whole cluster: every database, role and setting, while it is in use.",
    description = "Takes a base backup with pg_basebackup, reads it back from disk and proves it, and prints its path. Without a command it creates one.",
    footer = {"Examples:", "  jbang backup.java", "  jbang backup.java -h db.example.org -U backup -o /mnt/backups",
        "  jbang backup.java list",
        "  jbang backup.java verify backups/cluster_backup_20250704_165326"})
class backup implements Callable<Integer> {
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    @Mixin
    Cli.CommonOptions common;
    @Mixin
    CreateOptions create;

    public static void main(String... args) {
        System.exit(Cli.run(new backup(), args));
    }

    @Override
    public Integer call() {
        return create(create);
    }

    /** What create and doctor both ask for. */
    static class TargetOptions {
        @Mixin
        ConnectionOptions connection;

        @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "directory of all backups (default: ${DEFAULT-VALUE})")
        Path backups = Path.of("backups");

        @Option(
            names = "--format",
            paramLabel = "tar|plain",
            description = "archives, or a data directory as it is (default: tar)")
        BackupDirectory.Format format = BackupDirectory.Format.TAR;

        @Option(
            names = "--compress",
            paramLabel = "CODEC",
            description = "auto, none, gzip, lz4 or zstd, with a level if you like: zstd:3 (default: auto)")
        String compress = "auto";

        @Option(
            names = "--level",
            paramLabel = "N",
            description = "level of the compression (default: gzip 6, lz4 1, zstd 3)")
        Integer level;

        @Option(
            names = "--jobs",
            paramLabel = "N",
            description = "threads that compress and check (default: ${DEFAULT-VALUE}, the cores here)")
        int jobs = CORES;

        @Option(names = "--json", description = "print the result as JSON")
        boolean json;

        Preflight.Result check(Database database) {
            database.requireOwnConnection("a backup");
            if (jobs < 1) throw Failure.usage("--jobs " + jobs + " is too few", "give 1 or more.");
            return Preflight.check(database, backups, format, compress, level, jobs);
        }
    }

    static class CreateOptions {
        @Mixin
        TargetOptions to;

        @Option(
            names = "--checkpoint",
            paramLabel = "fast|spread",
            description = "fast begins at once, spread spares a busy disk and may wait for minutes (default: fast)")
        Checkpoint checkpoint = Checkpoint.fast;

        @Option(names = "--max-rate", paramLabel = "RATE", description = "at most so much per second: 32M")
        String maxRate;

        @Option(names = "--label", paramLabel = "TEXT", description = "a note that stays with the backup")
        String label = "";

        @Option(names = "--no-verify", description = "do not read it back, make no sums; the backup says so")
        boolean noVerify;

        @Option(names = "--no-progress", description = "show no progress")
        boolean noProgress;

        @Option(
            names = "--encrypt-to",
            paramLabel = "RECIPIENT",
            description = "encrypt the archives with age for this public key (age1…) or the keys in this file; may be repeated")
        List<String> encryptTo = List.of();

        @Option(
            names = "--keep",
            paramLabel = "N",
            description = "afterwards remove old backups of this cluster but the newest N good ones")
        Integer keep;

        @Option(
            names = "--keep-days",
            paramLabel = "N",
            description = "afterwards remove backups older than N days, but never the newest good one")
        Integer keepDays;

        @Option(
            names = "--on-done",
            paramLabel = "CMD",
            description = "run this command afterwards, whether it went well or not; it reads the result as JSON")
        String onDone;

        @Option(names = "--dry-run", description = "check everything, say what would be done, do nothing")
        boolean dryRun;
    }

    enum Checkpoint { fast, spread }

    @Command(name = "create", header = "Make a backup and print its path.")
    Integer create(@Mixin CreateOptions o) {
        var wishes = wishes(o);
        Preflight.begin();
        var outcome = new Outcome("create", o.dryRun ? null : o.onDone);
        Outcome.Result result;
        try (
            var whenStopped = Shutdown.onExit(outcome::interrupted);
            var database = Database.open(o.to.connection.settings(), "backup")) {
            var ready = o.to.check(database);
            ready.findings()
                .stream()
                .filter(f -> f.level() == Preflight.Level.WARNING)
                .forEach(f -> Console.say("WARNING: %s", f.found()));   // silent with --quiet: a nightly run would repeat it for ever
            if (!ready.isReady()) throw ready.failure();
            Console.say(
                "%s, %s; %s (%s)",
                ready.server().summary(),
                Units.bytes(ready.cluster().totalBytes()),
                ready.compression().summary(),
                ready.compression().reason());
            if (o.dryRun) return dryRun(o, database, ready, wishes);

            try (var workplace = LockedBackups.enter(o.to.backups)) {
                workplace.clearLeftovers();
                workplace.nameForeignWalsenders(database);
                var print = Creation.make(database, ready, wishes, workplace);
                result = outcome.done(o.to.backups.resolve(print.name()), print);
            }
        } catch (RuntimeException e) {
            var failed = outcome.failed(e);
            if (o.to.json && !Shutdown.inProgress()) System.out.print(Json.write(failed));
            outcome.tell(failed);
            throw e;
        }
        say(result, o);
        if (o.keep != null || o.keepDays != null) retain(o.to.backups, o.keep, o.keepDays, true);
        outcome.tell(result);
        return ExitCode.OK;
    }

    private static void say(Outcome.Result result, CreateOptions o) {
        var print = result.backup();
        Console.say(
            "%s in %s: %s of data, %s on disk, %s",
            print.name(),
            Units.duration(Duration.between(result.startedAt(), result.endedAt())),
            Units.bytes(print.storage().dataBytes()),
            Units.bytes(print.storage().storedBytes()),
            print.verification().verified() ? Units.plural(print.verification().files(), "file") + " checked"
                : "not checked (--no-verify)");
        if (o.to.json) System.out.print(Json.write(result));
        else System.out.println(o.to.backups.resolve(print.name()));
    }

    private static Creation.Wishes wishes(CreateOptions o) {
        if (o.keep != null || o.keepDays != null) Retention.check(o.keep, o.keepDays);
        if (o.maxRate != null && !o.maxRate.matches("\\d+[kM]?"))
            throw Failure.usage("'" + o.maxRate + "' is not a rate", "write it like 32M or 500k, from 32k to 1024M.");
        if (o.label.matches("(?s).*\\p{Cntrl}.*"))
            throw Failure.usage("the label holds a line end or another control character", "a label is one line.");
        if (!o.encryptTo.isEmpty() && o.to.format == BackupDirectory.Format.PLAIN)
            throw Failure.usage("the plain format is not encrypted", "leave --format out.");
        return new Creation.Wishes(
            o.to.format,
            o.checkpoint.name(),
            o.maxRate,
            o.label,
            !o.noVerify,
            !o.noProgress,
            o.to.jobs,
            o.encryptTo.isEmpty() ? null : Age.recipients(o.encryptTo));
    }

    private static Integer dryRun(CreateOptions o, Database database, Preflight.Result ready, Creation.Wishes wishes) {
        var partial = BackupDirectory.partialOf(o.to.backups, BackupDirectory.NAME_PREFIX + Units.stamp(Instant.now()));
        System.out.println(
            "would make " + o.to.backups.resolve(BackupDirectory.NAME_PREFIX + Units.stamp(Instant.now())) + ", with:");
        System.out.println("  " + String.join(" ", Creation.command(database, ready, wishes, partial)));
        if (wishes.recipients() != null)
            System.out.println("would encrypt it to " + String.join(", ", wishes.recipients().keys()));
        if (o.keep != null || o.keepDays != null) {
            Retention.plan(o.to.backups, o.keep, o.keepDays, Instant.now(), ready.systemIdentifier())
                .stream()
                .filter(Retention.Decision::goes)
                .forEach(d -> System.out.println("would then remove " + d.backup().name() + ": " + d.reason()));
        }
        return ExitCode.OK;
    }

    /** A row of the list. {@code state}: verified, unverified, damaged or unfinished. */
    record Listed(
        String name,
        Instant takenAt,
        String state,
        String server,
        String timescale,
        String format,
        long storedBytes,
        long dataBytes,
        String label,
        String systemIdentifier) {}

    @Command(name = "list", header = "List all backups, newest first.")
    Integer list(
        @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            defaultValue = "backups",
            description = "directory of all backups (default: ${DEFAULT-VALUE})") Path backups,
        @Option(names = "--json", description = "print JSON") boolean json) {
        var rows = new ArrayList<Listed>();
        for (var b : BackupDirectory.in(backups)) rows.add(listed(b));
        for (var p : BackupDirectory.partials(backups))
            rows.add(new Listed(p.getFileName().toString(), null, "unfinished", "", "", "", 0, 0, "", ""));
        if (json) {
            System.out.print(Json.write(rows));
            return ExitCode.OK;
        }
        if (rows.isEmpty()) {
            Console.say("no backups in %s", backups);
            return ExitCode.OK;
        }
        var table = Table.of(
            "BACKUP",
            "TAKEN (UTC)",
            "AGE",
            "ON DISK",
            "DATA",
            "STATE",
            "POSTGRESQL",
            "TIMESCALEDB",
            "FORMAT",
            "LABEL");
        for (var r : rows) {
            table.row(
                r.name(),
                r.takenAt() == null ? "-" : Units.utc(r.takenAt()).replace(" UTC", ""),
                r.takenAt() == null ? "-" : Units.duration(Duration.between(r.takenAt(), Instant.now())),
                Units.bytes(r.storedBytes()),
                Units.bytes(r.dataBytes()),
                r.state(),
                r.server(),
                r.timescale(),
                r.format(),
                r.label());
        }
        System.out.print(table);
        return ExitCode.OK;
    }

    private static Listed listed(BackupDirectory b) {
        try {
            return b.fingerprint()
                .map(
                    p -> new Listed(
                        b.name(),
                        p.endedAt(),
                        state(b, p.verification().verified()),
                        p.server().version(),
                        String.join(", ", p.timescaleVersions().values().stream().distinct().toList()),
                        p.storage().format() + (p.storage().codec().equals("none") ? "" : " " + p.storage().codec())
                            + (p.storage().isEncrypted() ? " age" : ""),
                        p.storage().storedBytes(),
                        p.storage().dataBytes(),
                        p.label(),
                        p.server().systemIdentifier()))
                .orElseGet(
                    () -> new Listed(
                        b.name(),
                        b.takenAt(),
                        state(b, false),
                        "",
                        "",
                        b.format().name().toLowerCase(),
                        b.sizeBytes(),
                        0,
                        "made by another tool",
                        ""));
        } catch (Failure damaged) {
            return new Listed(b.name(), b.takenAt(), "damaged", "", "", "", b.sizeBytes(), 0, damaged.getMessage(), "");
        }
    }

    /** What the last look at it found: a later verify or drill says more than the check when it was made. */
    private static String state(BackupDirectory b, boolean verifiedWhenMade) {
        var verify = Receipt.of(b, Receipt.VERIFY);
        if (verify.isPresent() && !verify.get().isGood()) return "damaged";
        if (Receipt.of(b, Receipt.DRILL).filter(Receipt::isGood).isPresent()) return "drilled";
        return verifiedWhenMade || verify.isPresent() ? "verified" : "unverified";
    }

    @Command(name = "verify", header = "Read a backup from end to end and prove it; nothing is unpacked.")
    Integer verify(
        @Parameters(paramLabel = "BACKUP_DIR", description = "the backup, or: latest") Path path,
        @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            defaultValue = "backups",
            description = "directory of all backups, for latest (default: ${DEFAULT-VALUE})") Path backups,
        @Option(
            names = "--identity",
            paramLabel = "FILE",
            description = "age identity that opens an encrypted backup") Path identity,
        @Option(names = "--jobs", paramLabel = "N", description = "threads (default: the cores here)") Integer jobs,
        @Option(names = "--no-progress", description = "show no progress") boolean noProgress,
        @Option(names = "--json", description = "print JSON") boolean json) {
        var backup = path.toString().equals("latest") ? BackupDirectory.latest(backups) : BackupDirectory.open(path);
        var key = identity == null ? null : Age.identity(identity);
        Verifier.Report report;
        try (var progress = noProgress ? Progress.none() : Progress.ofBytes("check", backup.sizeBytes())) {
            report = Verifier.verify(backup, key, jobs == null ? CORES : jobs, progress);
        }
        if (report.opened() || !report.isGood())
            Receipt.keep(
                backup,
                Receipt.VERIFY,
                report.isGood(),
                report.findings().stream().map(Object::toString).toList());
        if (json) System.out.print(Json.write(report));
        else report.findings().forEach(System.out::println);
        if (!report.isGood()) throw Failure.answerIsNo(
            backup.name() + " is damaged: " + Units.plural(report.findings().size(), "finding"),
            "do not restore it; take another one: backup.java list");
        Console.say(
            "%s is whole: %s",
            backup.name(),
            !report.opened() ? "all sums match; it is encrypted, with --identity each file in it is checked too"
                : Units.plural(report.files(), "file") + ", " + Units.plural(report.walSegments(), "segment")
                    + " of WAL"
                    + (report.hasSums() ? ", all sums match"
                        : "; it has no SHA256SUMS, so only what its manifest and the WAL itself prove is proven"));
        return ExitCode.OK;
    }

    @Command(
        name = "prune",
        header = "Remove old backups, never the last good one. Shows what it would do unless --yes.")
    Integer prune(
        @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            defaultValue = "backups",
            description = "directory of all backups (default: ${DEFAULT-VALUE})") Path backups,
        @Option(
            names = "--keep",
            paramLabel = "N",
            description = "keep the newest N good backups of each cluster") Integer keep,
        @Option(
            names = "--keep-days",
            paramLabel = "N",
            description = "keep those younger than N days, and the newest good one") Integer keepDays,
        @Option(names = "--yes", description = "do it") boolean yes) {
        Retention.check(keep, keepDays);
        if (!java.nio.file.Files.isDirectory(backups))
            throw Failure.usage("there is no directory " + backups, "name the directory of the backups with -o.");
        var plan = retain(backups, keep, keepDays, yes);
        var table = Table.of("BACKUP", "TAKEN (UTC)", yes ? "DONE" : "WOULD", "WHY");
        plan.forEach(
            d -> table.row(
                d.backup().name(),
                Units.utc(d.takenAt()).replace(" UTC", ""),
                d.goes() ? yes ? "removed" : "remove" : yes ? "kept" : "keep",
                d.reason()));
        System.out.print(table);
        if (!yes && plan.stream().anyMatch(Retention.Decision::goes))
            Console.hint("nothing was removed; do it with --yes.");
        return ExitCode.OK;
    }

    private static List<Retention.Decision> retain(Path directory, Integer keep, Integer keepDays, boolean reallyDoIt) {
        try (var workplace = LockedBackups.enter(directory)) {
            var plan = Retention.plan(workplace.backups(), keep, keepDays, Instant.now());
            if (!reallyDoIt) return plan;
            workplace.clearLeftovers();
            for (var decision : plan) {
                if (!decision.goes()) continue;
                Retention.delete(decision.backup());
                Console.say("removed %s: %s", decision.backup().name(), decision.reason());
            }
            return plan;
        }
    }

    @Command(name = "doctor", header = "Say what stands in the way of a backup, with the cure; nothing is changed.")
    Integer doctor(@Mixin TargetOptions o) {
        List<Preflight.Finding> findings;
        try (var database = Database.open(o.connection.settings(), "backup doctor")) {
            findings = o.check(database).findings();
        }
        if (o.json) {
            System.out.print(Json.write(findings));
        } else {
            for (var f : findings) {
                System.out.printf("%-8s %-22s %s%n", f.level().word(), f.what(), f.found());
                if (!f.cure().isEmpty()) System.out.printf("%-8s %-22s %s%n", "", "cure:", f.cure());
            }
        }
        return findings.stream().anyMatch(f -> f.level() == Preflight.Level.PROBLEM) ? ExitCode.NOT_READY : ExitCode.OK;
    }
}
