///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Restore a backup of a TimescaleDB cluster without losing what was there, and prove a backup by booting it.
//JAVA 25+
//DEPS info.picocli:picocli:4.7.7                                       // command line
//DEPS org.postgresql:postgresql:42.7.14                                // talks to the database
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1           // through a Unix socket
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS me.tongfei:progressbar:0.10.2                                    // percent, speed, time left
//DEPS tools.jackson.core:jackson-databind:3.2.4                        // backup.json, drill.json
//DEPS org.apache.commons:commons-compress:1.28.0                       // tar
//DEPS com.github.luben:zstd-jni:1.5.7-28                               // .zst
//DEPS at.yawk.lz4:lz4-java:1.13.0                                      // .lz4
//DEPS com.exceptionfactory.jagged:jagged-api:1.0.0                     // .age
//DEPS com.exceptionfactory.jagged:jagged-framework:1.0.0
//DEPS com.exceptionfactory.jagged:jagged-x25519:1.0.0
//SOURCES lib/Cli.java lib/Console.java lib/ExitCode.java lib/Units.java lib/database/ConnectionOptions.java
//SOURCES lib/restore/AccidentOptions.java lib/restore/BackupOptions.java lib/restore/Confirmation.java
//SOURCES lib/restore/Drill.java lib/restore/DrillOptions.java lib/restore/ExtractOptions.java
//SOURCES lib/restore/Extraction.java lib/restore/OpenOptions.java lib/restore/PointInTimeOptions.java
//SOURCES lib/restore/Restoration.java lib/restore/RestoreOptions.java lib/restore/RestorePlan.java
//SOURCES lib/restore/RestorePractice.java lib/restore/SalvageOptions.java lib/restore/ScratchOptions.java
//SOURCES lib/restore/Staging.java
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:CompileThresholdScaling=10 -Djdk.util.jar.enableMultiRelease=false -Xmx256m

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Units;
import lib.database.ConnectionOptions;
import lib.restore.AccidentOptions;
import lib.restore.BackupOptions;
import lib.restore.Confirmation;
import lib.restore.Drill;
import lib.restore.DrillOptions;
import lib.restore.ExtractOptions;
import lib.restore.Extraction;
import lib.restore.OpenOptions;
import lib.restore.PointInTimeOptions;
import lib.restore.Restoration;
import lib.restore.RestoreOptions;
import lib.restore.RestorePlan;
import lib.restore.RestorePractice;
import lib.restore.SalvageOptions;
import lib.restore.ScratchOptions;
import lib.restore.Staging;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    header = "Put a backup back on this machine. What was there is kept.",
    description = "The backup is unpacked beside the data directory, every file is checked, and then the two are "
        + "swapped. The old cluster stays as DIR.before-restore-YYYYMMDD_HHMMSS until you remove it.",
    footer = {"Examples:",
        "  jbang restore.java latest --dry-run",
        "  echo y | jbang restore.java backups/cluster_backup_20250704_165326 -D /var/lib/postgresql/data",
        "  jbang restore.java latest --at '2025-07-04 15:30:00+02'",
        "  jbang restore.java drill latest",
        "  jbang restore.java open latest -- psql",
        "  make restore BACKUP_DIR=backups/cluster_backup_20250704_165326"})
class restore implements Callable<Integer> {
    @Mixin
    BackupOptions backup;
    @Mixin
    PointInTimeOptions moment;
    @Mixin
    RestoreOptions options;
    @Mixin
    Cli.CommonOptions common;

    public static void main(String... args) {
        System.exit(Cli.run(new restore(), new RestorePractice(), args));
    }

    @Override
    public Integer call() throws IOException {
        var source = backup.source(moment.replay(backup, options.data()));
        var finished = options.isDryRun() ? Optional.<Restoration.Result>empty()
            : Restoration.resume(source.backup(), options.data());
        if (finished.isPresent()) return restored(finished.get());
        var plan = RestorePlan.make(source, options, Instant.now());
        plan.print();
        if (options.isDryRun()) return ExitCode.OK;
        if (options.mustAsk()) Confirmation.yes(plan.question());
        Staging.settle(plan.target().path());
        var result = Restoration.run(plan);
        result.next(plan).forEach(line -> Console.say("%s", line));
        if (options.starts()) Restoration.start(plan, new ConnectionOptions().clusterSettings());
        return restored(result);
    }

    private static int restored(Restoration.Result result) {
        System.out.println("Restored size: " + Units.bytes(result.bytes()));
        return ExitCode.OK;
    }

    @Command(
        name = "drill",
        header = "Prove a backup by booting it in a scratch place: nothing that runs is touched, nothing is "
            + "left behind.",
        description = "Ends with 0 when the backup can be restored, with 11 and the reason when it cannot, with 12 "
            + "when it could not be judged on this machine.",
        footer = {"Examples:", "  jbang restore.java drill latest",
            "  jbang restore.java drill latest --json --on-done 'mail -s drill me@example.org'"})
    int drill(
        @Mixin BackupOptions backup,
        @Mixin PointInTimeOptions moment,
        @Mixin ScratchOptions scratch,
        @Mixin DrillOptions drill) {
        var replay = moment.replay(backup, options.data());
        var receipt = drill.run(backup.subject(replay), scratch.with(backup.key()).withRecovery(replay));
        System.out.print(drill.text(receipt));
        drill.tell(receipt);
        return Drill.exitCode(receipt);
    }

    @Command(
        name = "open",
        header = "Run a command against a copy of a backup, and remove the copy.",
        description = "The copy is booted in a scratch place and read-only by default. The command finds it through "
            + "PGHOST, PGPORT, PGUSER and PGDATABASE, and its exit status is that of this tool. Without a command it "
            + "prints how to connect, and waits for Ctrl-C or the end of its input.",
        footer = {"Examples:", "  jbang restore.java open latest -- psql",
            "  jbang restore.java open latest -d metrics -- explore.java",
            "  jbang restore.java open latest -d metrics -- chart.java --metric health",
            "  jbang restore.java open latest -d metrics -- pg_dump -t stations"})
    int open(
        @Mixin BackupOptions backup,
        @Mixin PointInTimeOptions moment,
        @Mixin ScratchOptions scratch,
        @Mixin OpenOptions open,
        @Parameters(
            index = "1..*",
            paramLabel = "COMMAND",
            description = "after --, with its arguments") List<String> command) {
        var typed = backup.command(command);
        var replay = moment.replay(backup, options.data());
        var source = backup.source(replay).backup();
        try (var copy = open.boot(source, scratch.with(backup.key()).withRecovery(replay))) {
            if (typed != null) return open.run(copy, typed);
            System.out.println(open.howToConnect(copy));
            copy.waitForTheEnd();
            return ExitCode.OK;
        }
    }

    @Command(
        name = "extract",
        header = "Take one table out of a backup: as SQL, as CSV, or into a running database.",
        description = "The backup is booted as a copy, the table is read from it, and the copy is removed. A "
            + "hypertable becomes a hypertable with the same dimensions where TimescaleDB is, else a plain table. "
            + "An existing table is never changed.",
        footer = {"Examples:",
            "  jbang restore.java extract latest -d metrics --table power_metrics --into metrics --as power_friday",
            "  jbang restore.java extract latest -d metrics --table power_metrics | psql -d other",
            "  jbang restore.java extract latest -d metrics --table power_metrics --format csv --file power.csv"})
    int extract(
        @Mixin BackupOptions backup,
        @Mixin PointInTimeOptions moment,
        @Mixin ScratchOptions scratch,
        @Mixin ExtractOptions table)
        throws IOException {
        var extraction = Extraction.of(table);
        var replay = moment.replay(backup, options.data());
        extraction.run(backup.source(replay).backup(), scratch.with(backup.key()).withRecovery(replay));
        return ExitCode.OK;
    }

    @Command(
        name = "accidents",
        header = "List what was dropped, truncated, deleted or changed in bulk, and the --at just before it.",
        description = "Reads the WAL that backup.java receive received. A copy of the newest backup names the tables.",
        footer = {"Examples:", "  jbang restore.java accidents --since 24h",
            "  jbang restore.java latest --at 2025-07-04T15:29:59.123455Z"})
    int accidents(@Mixin AccidentOptions options, @Mixin ScratchOptions scratch) {
        var report = options.report(scratch);
        System.out.print(options.text(report));
        options.tell(report);
        return ExitCode.OK;
    }

    @Command(
        name = "salvage",
        header = "The last resort for a backup whose WAL exists nowhere: start a copy by force, to dump what is left.",
        description = "The backup is not changed. The copy is corrupt, and stays so: see the warning at the start.")
    int salvage(@Mixin BackupOptions backup, @Mixin SalvageOptions options) throws IOException {
        var source = options.check(backup);
        options.ask(source);
        options.run(source, backup).forEach(System.out::println);
        return ExitCode.OK;
    }
}
