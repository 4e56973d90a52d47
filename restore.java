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
//SOURCES lib/Cli.java lib/Console.java lib/ExitCode.java lib/Failure.java lib/Hook.java lib/Json.java lib/Program.java
//SOURCES lib/Units.java lib/archive/Age.java lib/archive/BackupDirectory.java lib/archive/RestorableBackup.java
//SOURCES lib/boot/Owner.java lib/boot/ScratchServer.java lib/database/ConnectionOptions.java lib/restore/Drill.java
//SOURCES lib/restore/Question.java lib/restore/Restoration.java lib/restore/RestorePlan.java lib/restore/Salvage.java
//SOURCES lib/restore/Staging.java
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Djdk.util.jar.enableMultiRelease=false -XX:TieredStopAtLevel=4 -Xmx256m

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Hook;
import lib.Json;
import lib.Program;
import lib.Units;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.RestorableBackup;
import lib.boot.Owner;
import lib.boot.ScratchServer;
import lib.database.ConnectionOptions;
import lib.restore.Drill;
import lib.restore.Question;
import lib.restore.Restoration;
import lib.restore.RestorePlan;
import lib.restore.Salvage;
import lib.restore.Staging;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    header = "Put a backup back on this machine. What was there is kept.",
    description = "The backup is unpacked beside the data directory, every file is checked, and then the two are swapped. "
        + "The old cluster stays as DIR.before-restore-YYYYMMDD_HHMMSS until you remove it.",
    footer = {"Examples:",
        "  jbang restore.java backups/cluster_backup_20250704_165326 --dry-run",
        "  echo y | jbang restore.java backups/cluster_backup_20250704_165326 -D /var/lib/postgresql/data",
        "  jbang restore.java drill latest",
        "  make restore BACKUP_DIR=backups/cluster_backup_20250704_165326"})
class restore implements Callable<Integer> {
    @Parameters(
        paramLabel = "BACKUP_DIR",
        arity = "0..1",
        description = "the backup's directory; all are listed by: backup.java list")
    Path backupDirectory;

    @Cli.Writes(beside = true) @Option(
        names = {"-D", "--data"},
        paramLabel = "DIR",
        description = "the data directory, default mnt/db/postgres (in the tools container /mnt/db/postgres)")
    Path data = defaultData();

    @Option(names = "--dry-run", description = "show every step, change nothing")
    boolean dryRun;

    @Option(names = "--force", description = "do not ask")
    boolean force;

    @Option(names = "--no-verify", description = "do not compare the files with the backup's manifest")
    boolean noVerify;

    @Cli.Writes @Option(
        names = "--tablespace",
        paramLabel = "OLD=NEW",
        description = "put a tablespace elsewhere; OLD is its directory on the server that was backed up")
    Map<String, String> tablespaces = new LinkedHashMap<>();

    @Option(
        names = "--owner",
        paramLabel = "UID[:GID]|NAME",
        description = "whose the data shall be; default: as the directory there, else postgres")
    String owner;

    @Option(names = "--identity", paramLabel = "FILE", description = "age secret key of an encrypted backup")
    Path identity;

    @Option(
        names = "--stop-command",
        paramLabel = "CMD",
        description = "how to stop the server that uses the data directory")
    String stopCommand;

    @Option(
        names = "--jobs",
        negatable = true,
        fallbackValue = "true",
        description = "let archiving, jobs and subscriptions run on in the restored cluster, or not; default: on in the place of the original, off in a copy")
    Boolean jobs;

    @Option(
        names = "--server-elsewhere",
        description = "another machine or image will run it: do not compare with the PostgreSQL that is here")
    boolean serverElsewhere;

    @Option(
        names = "--start",
        description = "start the restored cluster, wait until its recovery has ended, and look into it")
    boolean start;

    @Mixin
    Cli.CommonOptions common;

    public static void main(String... args) {
        System.exit(Cli.run(new restore(), args));
    }

    @Override
    public Integer call() throws IOException {
        if (backupDirectory == null)
            throw Failure.usage(
                "which backup?",
                "list them with: jbang backup.java list; then: jbang restore.java backups/NAME");
        var key = identity == null ? null : Age.identity(identity);
        var source = RestorableBackup.of(BackupDirectory.open(backupDirectory), key);
        var unfinished = dryRun ? Optional.<Restoration.Result>empty() : Restoration.resume(source, data);
        if (unfinished.isPresent()) {
            Console.say("this restore was interrupted at its very end; it is finished now");
            System.out.println("Restored size: " + Units.bytes(unfinished.get().bytes()));
            return ExitCode.OK;
        }
        var plan = RestorePlan.make(source, wish(), key, Instant.now());
        plan.print();
        if (dryRun) {
            Console.say("dry run: nothing was changed");
            return ExitCode.OK;
        }
        if (!force) Question
            .confirm(plan.keepAs() == null ? "Restore it?" : "Replace the cluster in " + plan.target().path() + "?");
        Staging.settle(plan.target().path());
        var result = Restoration.run(plan);
        report(result, plan);
        if (start) Restoration.start(plan, new ConnectionOptions().clusterSettings());
        System.out.println("Restored size: " + Units.bytes(result.bytes()));
        return ExitCode.OK;
    }

    @Command(
        name = "drill",
        header = "Prove a backup by booting it in a scratch place: nothing that runs is touched, nothing is left behind.",
        description = "Ends with 0 when the backup can be restored, with 11 and the reason when it cannot.",
        footer = {"Examples:", "  jbang restore.java drill latest",
            "  jbang restore.java drill backups/cluster_backup_20250704_165326 --json --on-done 'mail -s drill me@example.org'"})
    int drill(
        @Cli.Writes(beside = true) @Parameters(
            paramLabel = "BACKUP_DIR|latest",
            description = "the backup's directory, or latest: the newest one") String which,
        @Cli.Writes @Option(
            names = {"-o", "--backups"},
            paramLabel = "DIR",
            defaultValue = "backups",
            description = "where latest is looked for, default ${DEFAULT-VALUE}") Path backups,
        @Option(
            names = "--identity",
            paramLabel = "FILE",
            description = "age secret key of an encrypted backup") Path identityFile,
        @Cli.Writes @Option(
            names = "--scratch",
            paramLabel = "DIR",
            description = "where to unpack; needs the room of the whole cluster; default TMPDIR, else /tmp") Path scratch,
        @Option(
            names = "--no-verify",
            description = "do not compare the files with the backup's manifest") boolean unverified,
        @Option(
            names = "--no-amcheck",
            description = "do not run pg_amcheck over tables and indexes") boolean noAmcheck,
        @Option(
            names = "--on-done",
            paramLabel = "CMD",
            description = "run this at the end, good or bad, with the result as JSON on its standard input") String onDone,
        @Option(names = "--json", description = "print the result as JSON") boolean json) {
        var backup = which.equals("latest") ? BackupDirectory.latest(backups) : BackupDirectory.open(Path.of(which));
        var options =
            ScratchServer.Options.standard()
                .withVerify(!unverified)
                .withIdentity(identityFile == null ? null : Age.identity(identityFile));
        var receipt = Drill.run(backup, scratch == null ? options : options.in(scratch), !noAmcheck);
        Drill.keep(receipt, backup);
        System.out.print(json ? Json.write(receipt) : Drill.sentence(receipt) + "\n");
        if (onDone != null) Hook.run(onDone, receipt);
        return receipt.isGood() ? ExitCode.OK : ExitCode.ANSWER_IS_NO;
    }

    @Command(
        name = "salvage",
        header = "The last resort for a backup whose WAL exists nowhere: force a copy to start, to dump what can be read.",
        description = "The backup is not changed. The copy is corrupt, and stays so: see the warning that is shown first.")
    int salvage(
        @Parameters(paramLabel = "BACKUP_DIR", description = "the backup's directory") Path which,
        @Cli.Writes @Option(
            names = "--into",
            paramLabel = "DIR",
            required = true,
            description = "a new directory for the copy") Path into,
        @Option(
            names = "--identity",
            paramLabel = "FILE",
            description = "age secret key of an encrypted backup") Path identityFile)
        throws IOException {
        var key = identityFile == null ? null : Age.identity(identityFile);
        var source = Salvage.check(BackupDirectory.open(which), into, key);
        Salvage.WARNING.forEach(line -> Console.warn("%s", line));
        Question.typed("Salvage " + which + " into " + into + "?", Salvage.WORD);
        var next = Salvage.run(source, into, key);
        Console.say("the copy runs, read-only, with jobs and archiving off. Do this now:");
        next.forEach(System.out::println);
        return ExitCode.OK;
    }

    private RestorePlan.Wish wish() {
        return new RestorePlan.Wish(
            data,
            owner == null ? null : Owner.parse(owner),
            tablespaces,
            stopCommand,
            !noVerify,
            serverElsewhere,
            jobs,
            start);
    }

    private void report(Restoration.Result result, RestorePlan plan) {
        Console.say("restored in %s", Units.duration(result.took()));
        if (result.kept() != null) Console.say(
            "the old cluster is in %s; when all is well: %srm -r %s",
            result.kept(),
            mayRemove(result.kept()) ? "" : "sudo ",
            Program.typed(result.kept()));
        if (plan.isCopy())
            Console.say(
                "archiving, jobs and subscriptions are off in this copy; to switch them on: %s then restart",
                RestorePlan.wakeUp());
    }

    /** In the tools container we are root, and the person outside is not: that is whom the working directory belongs to. */
    private static boolean mayRemove(Path kept) {
        return !Files.isDirectory(Path.of("/opt/tools/launch"))
            || Owner.of(kept).uid() == Owner.of(Path.of("").toAbsolutePath()).uid();
    }

    /** In the tools container the database's directory is mounted at the root. */
    private static Path defaultData() {
        var mounted = Path.of("/mnt/db");
        return Files.isDirectory(mounted) && !Files.exists(Path.of("bin/jbang")) ? mounted.resolve("postgres")
            : RestorePlan.PLAYGROUND;
    }
}
