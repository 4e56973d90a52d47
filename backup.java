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
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:CompileThresholdScaling=10 -Djdk.util.jar.enableMultiRelease=false -Djava.awt.headless=true
//SOURCES lib/Cli.java lib/ExitCode.java lib/Json.java lib/backup/BackupPractice.java lib/backup/BackupRun.java
//SOURCES lib/backup/CheckOptions.java lib/backup/CreateOptions.java lib/backup/ListOptions.java
//SOURCES lib/backup/PruneOptions.java lib/backup/ReceiveOptions.java lib/backup/RemoteOptions.java
//SOURCES lib/backup/RemoteRun.java lib/backup/StanzaOptions.java lib/backup/TargetOptions.java
//SOURCES lib/backup/VerifyOptions.java lib/backup/VerifyRun.java

import java.util.concurrent.Callable;
import lib.Cli;
import lib.ExitCode;
import lib.Json;
import lib.backup.BackupPractice;
import lib.backup.BackupRun;
import lib.backup.CheckOptions;
import lib.backup.CreateOptions;
import lib.backup.ListOptions;
import lib.backup.PruneOptions;
import lib.backup.ReceiveOptions;
import lib.backup.RemoteOptions;
import lib.backup.RemoteRun;
import lib.backup.StanzaOptions;
import lib.backup.TargetOptions;
import lib.backup.VerifyOptions;
import lib.backup.VerifyRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "backup",
    header = "Back up a whole cluster, with all databases, roles and settings, while it is in use.",
    description = "Takes a base backup with pg_basebackup, reads it back from disk, verifies it, and prints its "
        + "path. Without a command it creates a backup.",
    footer = {"Examples:", "  jbang backup.java", "  jbang backup.java -h db.example.org -U backup -o /mnt/backups",
        "  jbang backup.java list",
        "  jbang backup.java verify backups/cluster_backup_20250704_165326"})
class backup implements Callable<Integer> {
    @Mixin
    Cli.CommonOptions common;
    @Mixin
    CreateOptions create;

    public static void main(String... args) {
        System.exit(Cli.run(new backup(), new BackupPractice(), args));
    }

    @Override
    public Integer call() {
        return create(create);
    }

    @Command(name = "create", header = "Make a backup and print its path.")
    Integer create(@Mixin CreateOptions options) {
        var ending = BackupRun.of(options);
        System.out.print(ending.stdout());
        if (ending.failure() != null) throw ending.failure();
        return ExitCode.OK;
    }

    @Command(
        name = "copy",
        header = "Copy a backup to a remote of rclone and compare it there; an interrupted copy is continued.",
        footer = {"Examples:", "  jbang backup.java copy latest offsite:backups",
            "  jbang backup.java copy latest s3:bucket/backups --plain-is-fine"})
    Integer copy(
        @Parameters(paramLabel = "BACKUP_DIR|latest", description = "the backup to copy") String which,
        @Cli.Writes(remote = true) @Parameters(
            paramLabel = "REMOTE",
            description = "NAME:PATH, as set up with: rclone config") String remote,
        @Option(
            names = "--plain-is-fine",
            description = "copy what is not encrypted to a remote that does not encrypt") boolean plainIsFine,
        @Mixin RemoteOptions options) {
        System.out.println(RemoteRun.copy(which, remote, plainIsFine, options));
        return ExitCode.OK;
    }

    @Command(name = "fetch", header = "Fetch a backup from a remote of rclone, verify it, and print its path.")
    Integer fetch(
        @Cli.Writes(remote = true) @Parameters(
            paramLabel = "REMOTE",
            description = "NAME:PATH, as set up with: rclone config") String remote,
        @Parameters(paramLabel = "NAME|latest", description = "the backup to fetch") String name,
        @Mixin RemoteOptions options) {
        System.out.println(RemoteRun.fetch(remote, name, options));
        return ExitCode.OK;
    }

    @Command(
        name = "check",
        header = "Say in one line whether the backups are young enough, for Nagios and the like.",
        description = "Ends with the statuses of monitoring plugins: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.")
    Integer check(@Mixin CheckOptions options) {
        var answer = options.answer();
        System.out.println(answer.line());
        return answer.status().ordinal();
    }

    @Command(name = "list", header = "List all backups, newest first.")
    Integer list(@Mixin ListOptions options) {
        System.out.print(options.text());
        return ExitCode.OK;
    }

    @Command(name = "verify", header = "Read a backup from end to end and verify it; nothing is unpacked.")
    Integer verify(@Mixin VerifyOptions options) {
        var ending = VerifyRun.of(options);
        System.out.print(ending.stdout());
        if (ending.failure() != null) throw ending.failure();
        return ExitCode.OK;
    }

    @Command(
        name = "prune",
        header = "Delete old backups, never the last verified one. Only shows what it would do unless --yes is given.")
    Integer prune(@Mixin PruneOptions options) {
        System.out.print(options.run());
        return ExitCode.OK;
    }

    @Command(
        name = "receive",
        header = "Receive WAL as it is written, until this is ended: then a restore can go to any moment.",
        description = "Runs pg_receivewal with a replication slot of its own, and begins again after whatever "
            + "stopped it. Needs the "
            + "REPLICATION right, no setting and no restart. While nothing is received the server keeps its WAL for "
            + "the slot; to end it for good: --stop.",
        footer = {"Examples:", "  jbang backup.java receive",
            "  jbang backup.java receive -o /mnt/backups --encrypt-to age1…",
            "  jbang backup.java receive --stop"})
    Integer receive(@Mixin ReceiveOptions options) {
        options.run();
        return ExitCode.OK;
    }

    @Command(
        name = "pgbackrest-config",
        header = "Print how to set up pgBackRest for this server: its configuration, archiving, timers, and the steps.",
        description = "For servers that have outgrown base backups in one directory (docs/SCALE.md). Nothing of the "
            + "server is changed. Keys are never asked for: they go into a file of mode 0600, which you fill in.",
        footer = {"Examples:", "  jbang backup.java pgbackrest-config",
            "  jbang backup.java pgbackrest-config -o /etc/pgbackrest --repo-type s3 --bucket backups --encrypt"})
    Integer pgBackRestConfig(@Mixin StanzaOptions options) {
        System.out.print(options.run());
        return ExitCode.OK;
    }

    @Command(name = "doctor", header = "Check everything that a backup needs and print the cure; nothing is changed.")
    Integer doctor(@Mixin TargetOptions options) {
        var report = options.doctor();
        System.out.print(options.isJson() ? Json.write(report.checks()) : report.toString());
        return report.isReady() ? ExitCode.OK : ExitCode.NOT_READY;
    }
}
