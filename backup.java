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
//SOURCES lib/AtomicFile.java lib/Cli.java lib/ConnectionOptions.java lib/ConnectionSettings.java lib/Console.java
//SOURCES lib/Database.java lib/DotEnv.java lib/ExitCode.java lib/Failure.java lib/Json.java lib/PgTools.java lib/Program.java
//SOURCES lib/Progress.java lib/Server.java lib/Shutdown.java lib/Table.java lib/Timescale.java lib/Units.java
//SOURCES lib/backup/Age.java lib/backup/Archive.java lib/backup/BackupDirectory.java lib/backup/BaseBackup.java
//SOURCES lib/backup/Census.java lib/backup/Checksum.java lib/backup/Codec.java lib/backup/Compression.java lib/backup/Creation.java
//SOURCES lib/backup/Fingerprint.java lib/backup/Lsn.java lib/backup/Lz4FrameInputStream.java lib/backup/Manifest.java
//SOURCES lib/backup/Preflight.java lib/backup/RestoreGuide.java lib/backup/StoredFile.java lib/backup/Sums.java
//SOURCES lib/backup/Verifier.java lib/backup/WalCheck.java lib/backup/Workplace.java
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=4 -Djava.awt.headless=true

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ConnectionOptions;
import lib.Database;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import lib.Progress;
import lib.Table;
import lib.Units;
import lib.backup.BackupDirectory;
import lib.backup.Creation;
import lib.backup.Fingerprint;
import lib.backup.Preflight;
import lib.backup.Verifier;
import lib.backup.Workplace;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "backup", header = "Back up a whole cluster: every database, role and setting, while it is in use.",
         description = "Takes a base backup with pg_basebackup, reads it back from disk and proves it, and prints its path. Without a command it creates one.",
         footer = {"Examples:", "  jbang backup.java", "  jbang backup.java -h db.example.org -U backup -o /mnt/backups", "  jbang backup.java list",
                   "  jbang backup.java verify backups/cluster_backup_20250704_165326"})
class backup implements Callable<Integer> {
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    @Mixin Cli.CommonOptions common;
    @Mixin CreateOptions create;

    public static void main(String... args) {
        System.exit(Cli.run(new backup(), args));
    }

    @Override
    public Integer call() {
        return create(create);
    }

    static class CreateOptions {
        @Mixin ConnectionOptions connection;

        @Option(names = {"-o", "--output"}, paramLabel = "DIR", description = "directory of all backups (default: ${DEFAULT-VALUE})")
        Path backups = Path.of("backups");

        @Option(names = "--format", paramLabel = "tar|plain", description = "archives, or a data directory as it is (default: tar)")
        BackupDirectory.Format format = BackupDirectory.Format.TAR;

        @Option(names = "--compress", paramLabel = "CODEC", description = "auto, none, gzip, lz4 or zstd, with a level if you like: zstd:3 (default: auto)")
        String compress = "auto";

        @Option(names = "--level", paramLabel = "N", description = "level of the compression (default: gzip 6, lz4 1, zstd 3)")
        Integer level;

        @Option(names = "--jobs", paramLabel = "N", description = "threads that compress and check (default: ${DEFAULT-VALUE}, the cores here)")
        int jobs = CORES;

        @Option(names = "--checkpoint", paramLabel = "fast|spread", description = "fast begins at once, spread spares a busy disk and may wait for minutes (default: fast)")
        Checkpoint checkpoint = Checkpoint.fast;

        @Option(names = "--max-rate", paramLabel = "RATE", description = "at most so much per second: 32M")
        String maxRate;

        @Option(names = "--label", paramLabel = "TEXT", description = "a note that stays with the backup")
        String label = "";

        @Option(names = "--no-verify", description = "do not read it back, make no sums; the backup says so")
        boolean noVerify;

        @Option(names = "--no-progress", description = "show no progress")
        boolean noProgress;

        @Option(names = "--json", description = "print the result as JSON")
        boolean json;
    }

    enum Checkpoint { fast, spread }

    @Command(name = "create", header = "Make a backup and print its path.")
    Integer create(@Mixin CreateOptions o) {
        var started = Instant.now();
        try (var database = Database.open(o.connection.settings(), "backup")) {
            var ready = Preflight.check(database, o.backups, o.format, o.compress, o.level, o.jobs);
            ready.findings().stream().filter(f -> f.level() == Preflight.Level.WARNING).forEach(f -> Console.warn("%s", f.found()));
            if (!ready.isReady()) throw ready.failure();
            Console.say("%s, %s; %s (%s)", ready.server().summary(), Units.bytes(ready.cluster().totalBytes()), ready.compression().summary(), ready.compression().reason());

            Fingerprint print;
            Path published;
            try (var workplace = Workplace.enter(o.backups)) {
                workplace.clearLeftovers();
                print = Creation.make(database, ready, wishes(o), workplace);
                published = o.backups.resolve(print.name());
            }
            Console.say("%s in %s: %s of data, %s on disk, %s", print.name(), Units.duration(Duration.between(started, Instant.now())),
                Units.bytes(print.storage().dataBytes()), Units.bytes(print.storage().storedBytes()),
                print.verification().verified() ? Units.plural(print.verification().files(), "file") + " checked" : "not checked (--no-verify)");
            System.out.print(o.json ? Json.write(print) : published + "\n");
            return ExitCode.OK;
        }
    }

    private static Creation.Wishes wishes(CreateOptions o) {
        return new Creation.Wishes(o.format, o.checkpoint.name(), o.maxRate, o.label, !o.noVerify, !o.noProgress, o.jobs, null);
    }

    /** A row of the list. {@code state}: verified, unverified, damaged or unfinished. */
    record Listed(String name, Instant takenAt, String state, String server, String timescale, String format, long storedBytes, long dataBytes, String label, String systemIdentifier) {}

    @Command(name = "list", header = "List all backups, newest first.")
    Integer list(@Option(names = {"-o", "--output"}, paramLabel = "DIR", description = "directory of all backups (default: backups)") Path backups,
                 @Option(names = "--json", description = "print JSON") boolean json) {
        var directory = backups == null ? Path.of("backups") : backups;
        var rows = new ArrayList<Listed>();
        for (var b : BackupDirectory.in(directory)) rows.add(listed(b));
        for (var p : BackupDirectory.partials(directory)) rows.add(new Listed(p.getFileName().toString(), null, "unfinished", "", "", "", 0, 0, "", ""));
        if (json) {
            System.out.print(Json.write(rows));
            return ExitCode.OK;
        }
        if (rows.isEmpty()) {
            Console.say("no backups in %s", directory);
            return ExitCode.OK;
        }
        var table = Table.of("BACKUP", "TAKEN (UTC)", "AGE", "ON DISK", "DATA", "STATE", "POSTGRESQL", "TIMESCALEDB", "FORMAT", "LABEL");
        for (var r : rows) {
            table.row(r.name(), r.takenAt() == null ? "-" : Units.utc(r.takenAt()).replace(" UTC", ""), r.takenAt() == null ? "-" : Units.duration(Duration.between(r.takenAt(), Instant.now())),
                Units.bytes(r.storedBytes()), Units.bytes(r.dataBytes()), r.state(), r.server(), r.timescale(), r.format(), r.label());
        }
        System.out.print(table);
        return ExitCode.OK;
    }

    private static Listed listed(BackupDirectory b) {
        try {
            return b.fingerprint().map(p -> new Listed(b.name(), p.endedAt(), p.verification().verified() ? "verified" : "unverified", p.server().version(),
                    String.join(", ", p.timescaleVersions().values().stream().distinct().toList()),
                    p.storage().format() + (p.storage().codec().equals("none") ? "" : " " + p.storage().codec()) + (p.storage().isEncrypted() ? " age" : ""),
                    p.storage().storedBytes(), p.storage().dataBytes(), p.label(), p.server().systemIdentifier()))
                .orElseGet(() -> new Listed(b.name(), b.takenAt(), "unverified", "", "", b.format().name().toLowerCase(), 0, 0, "made by another tool", ""));
        } catch (Failure damaged) {
            return new Listed(b.name(), b.takenAt(), "damaged", "", "", "", 0, 0, damaged.getMessage(), "");
        }
    }

    @Command(name = "verify", header = "Read a backup from end to end and prove it; nothing is unpacked.")
    Integer verify(@Parameters(paramLabel = "BACKUP_DIR", description = "the backup, or: latest") Path path,
                   @Option(names = {"-o", "--output"}, paramLabel = "DIR", description = "directory of all backups, for latest (default: backups)") Path backups,
                   @Option(names = "--jobs", paramLabel = "N", description = "threads (default: the cores here)") Integer jobs,
                   @Option(names = "--no-progress", description = "show no progress") boolean noProgress,
                   @Option(names = "--json", description = "print JSON") boolean json) {
        var backup = path.toString().equals("latest") ? BackupDirectory.latest(backups == null ? Path.of("backups") : backups) : BackupDirectory.open(path);
        Verifier.Report report;
        try (var progress = noProgress ? Progress.none() : Progress.ofBytes("check", backup.sizeBytes())) {
            report = Verifier.verify(backup, null, jobs == null ? CORES : jobs, progress);
        }
        if (json) System.out.print(Json.write(report));
        else report.findings().forEach(System.out::println);
        if (!report.isGood()) throw Failure.answerIsNo(backup.name() + " is damaged: " + Units.plural(report.findings().size(), "finding"), "do not restore it; take another one: backup.java list");
        Console.say("%s is whole: %s, %s of WAL%s", backup.name(), Units.plural(report.files(), "file"), Units.plural(report.walSegments(), "segment"),
            report.hasSums() ? ", all sums match" : "; it has no SHA256SUMS, so what the manifest does not cover (the WAL) is checked for completeness only");
        return ExitCode.OK;
    }

    @Command(name = "doctor", header = "Say what stands in the way of a backup, with the cure; nothing is changed.")
    Integer doctor(@Mixin CreateOptions o) {
        List<Preflight.Finding> findings;
        try (var database = Database.open(o.connection.settings(), "backup doctor")) {
            findings = Preflight.check(database, o.backups, o.format, o.compress, o.level, o.jobs).findings();
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
