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
//SOURCES lib/AtomicFile.java lib/Cli.java lib/ConnectionOptions.java lib/ConnectionSettings.java lib/Console.java lib/Database.java
//SOURCES lib/DotEnv.java lib/ExitCode.java lib/Failure.java lib/Json.java lib/PgTools.java lib/Program.java lib/Progress.java
//SOURCES lib/Server.java lib/Shutdown.java lib/Timescale.java lib/Units.java
//SOURCES lib/backup/Age.java lib/backup/Archive.java lib/backup/BackupDirectory.java lib/backup/Checksum.java lib/backup/Codec.java
//SOURCES lib/backup/Fingerprint.java lib/backup/Lsn.java lib/backup/Lz4FrameInputStream.java lib/backup/Manifest.java lib/backup/StoredFile.java
//SOURCES lib/restore/CheckedWriter.java lib/restore/Control.java lib/restore/DataDirectory.java lib/restore/Disk.java lib/restore/Findings.java
//SOURCES lib/restore/LibC.java lib/restore/MountPoints.java lib/restore/Owner.java lib/restore/Posix.java lib/restore/PrivateServer.java
//SOURCES lib/restore/Question.java lib/restore/Quiet.java lib/restore/Restoration.java lib/restore/RestorePlan.java lib/restore/RunningServer.java
//SOURCES lib/restore/ServerLog.java lib/restore/ServerProgram.java lib/restore/Source.java lib/restore/Staging.java
//SOURCES lib/restore/TablespacePlan.java lib/restore/Unpacker.java
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=4 -Xmx256m

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.backup.Age;
import lib.backup.BackupDirectory;
import lib.restore.Owner;
import lib.restore.Question;
import lib.restore.Restoration;
import lib.restore.RestorePlan;
import lib.restore.Source;
import lib.restore.Staging;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "restore", header = "Put a backup back on this machine. What was there is kept.",
         description = "The backup is unpacked beside the data directory, every file is checked, and then the two are swapped. "
             + "The old cluster stays as DIR.before-restore-YYYYMMDD_HHMMSS until you remove it.",
         footer = {"Examples:",
             "  jbang restore.java backups/cluster_backup_20250704_165326 --dry-run",
             "  echo y | jbang restore.java backups/cluster_backup_20250704_165326 -D /var/lib/postgresql/data",
             "  make restore BACKUP_DIR=backups/cluster_backup_20250704_165326"})
class restore implements Callable<Integer> {
    @Parameters(paramLabel = "BACKUP_DIR", arity = "0..1", description = "the backup's directory; all are listed by: backup.java list")
    Path backupDirectory;

    @Option(names = {"-D", "--data"}, paramLabel = "DIR", description = "the data directory, default mnt/db/postgres (in the tools container /mnt/db/postgres)")
    Path data = defaultData();

    @Option(names = "--dry-run", description = "show every step, change nothing")
    boolean dryRun;

    @Option(names = "--force", description = "do not ask")
    boolean force;

    @Option(names = "--no-verify", description = "do not compare the files with the backup's manifest")
    boolean noVerify;

    @Option(names = "--tablespace", paramLabel = "OLD=NEW", description = "put a tablespace elsewhere; OLD is its directory on the server that was backed up")
    Map<String, String> tablespaces = new LinkedHashMap<>();

    @Option(names = "--owner", paramLabel = "UID[:GID]|NAME", description = "whose the data shall be; default: as the directory there, else postgres")
    String owner;

    @Option(names = "--identity", paramLabel = "FILE", description = "age secret key of an encrypted backup")
    Path identity;

    @Option(names = "--stop-command", paramLabel = "CMD", description = "how to stop the server that uses the data directory")
    String stopCommand;

    @Option(names = "--live", description = "let archiving, jobs and subscriptions of a copy run on; default: off where the original may still run")
    boolean live;

    @Option(names = "--server-elsewhere", description = "another machine or image will run it: do not compare with the PostgreSQL that is here")
    boolean serverElsewhere;

    @Mixin Cli.CommonOptions common;

    public static void main(String... args) {
        System.exit(Cli.run(new restore(), args));
    }

    @Override
    public Integer call() throws IOException {
        if (backupDirectory == null) throw Failure.usage("which backup?", "list them with: jbang backup.java list; then: jbang restore.java backups/NAME");
        var key = identity == null ? null : Age.identity(identity);
        var source = Source.of(BackupDirectory.open(backupDirectory), key);
        var plan = RestorePlan.make(source, wish(), key, Instant.now());
        plan.print();
        if (dryRun) {
            Console.say("dry run: nothing was changed");
            return ExitCode.OK;
        }
        if (!force) Question.confirm(plan.keepAs() == null ? "Restore it?" : "Replace the cluster in " + plan.target().path() + "?");
        var finished = Staging.settle(plan.target().path());
        if (finished.isPresent()) plan = RestorePlan.make(source, wish(), key, Instant.now());
        report(Restoration.run(plan), plan);
        return ExitCode.OK;
    }

    private RestorePlan.Wish wish() {
        return new RestorePlan.Wish(data, owner == null ? null : Owner.parse(owner), tablespaces, stopCommand, !noVerify, serverElsewhere, live, false);
    }

    private void report(Restoration.Result result, RestorePlan plan) {
        Console.say("restored in %s", Units.duration(result.took()));
        if (result.kept() != null) Console.say("the old cluster is in %s; when all is well: rm -r %s", result.kept(), result.kept());
        if (plan.isCopy()) Console.say("archiving, jobs and subscriptions are off in this copy; to switch them on: %s then restart", RestorePlan.wakeUp());
        System.out.println("Restored size: " + Units.bytes(result.bytes()));
    }

    /** In the tools container the database's directory is mounted at the root. */
    private static Path defaultData() {
        var mounted = Path.of("/mnt/db");
        return Files.isDirectory(mounted) && !Files.exists(Path.of("bin/jbang")) ? mounted.resolve("postgres") : Path.of("mnt/db/postgres");
    }
}
