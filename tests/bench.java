///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Measures the tools against what people use instead, side by side in one run: bin/jbang tests/bench.java [--only backup] [--runs 3]
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
//DEPS org.junit.platform:junit-platform-console-standalone:6.1.3
//DEPS org.postgresql:postgresql:42.7.14
//DEPS tools.jackson.core:jackson-databind:3.2.4
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES ../lib/Cli.java ../lib/Console.java ../lib/ExitCode.java ../lib/Failure.java ../lib/Table.java
//SOURCES ../lib/Units.java ../lib/archive/WalArchive.java ../lib/database/PgTools.java Cluster.java Reception.java
//SOURCES S3Storage.java Tool.java

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Table;
import lib.Units;
import lib.archive.WalArchive;
import lib.database.PgTools;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Medians of whole commands, JBang's start included, on this machine, one after the other. Each group makes its own
 * data on a throwaway cluster and prints a table with the ratio to the first row, which is what people use instead.
 * Times differ between machines; the ratios are what to look at.
 */
@Command(name = "bench", header = "Measure the tools against what people use instead.")
class bench implements Callable<Integer> {
    private static final int TRANSACTIONS = Integer.getInteger("bench.transactions", 10_000);
    private static final int SEGMENTS = Integer.getInteger("bench.segments", 80);

    /** What docs of PostgreSQL say to type: unpack, restore_command, start, wait until it is promoted, stop. */
    private static final String BY_HAND =
        """
            set -euo pipefail
            backup=$1 wal=$2 bin=$3 data=$4
            rm -rf "$data"; mkdir -m 700 "$data"
            tar --zstd -xf "$backup/base.tar.zst" -C "$data"
            tar --zstd -xf "$backup/pg_wal.tar.zst" -C "$data/pg_wal"
            touch "$data/recovery.signal"
            echo "restore_command = 'cp $wal/%f %p'" >> "$data/postgresql.auto.conf"
            "$bin/pg_ctl" -D "$data" -o "-p 1 -k $data -c listen_addresses=" -l "$data/log" -w -t 600 start > /dev/null
            until "$bin/psql" -h "$data" -p 1 -U postgres -XAtc 'SELECT pg_is_in_recovery()' | grep -q f
            do sleep 0.05; done
            "$bin/pg_ctl" -D "$data" -w stop > /dev/null
            """;

    private static final String TABLES = """
        DO $$ BEGIN
          FOR n IN 1..1000 LOOP
            EXECUTE format('CREATE TABLE t%s (id bigint PRIMARY KEY, parent bigint %s, name text, at timestamptz, '
                'a int, b int, c float8)', n, CASE WHEN n > 1 THEN format('REFERENCES t%s (id)', n / 2) ELSE '' END);
            EXECUTE format('CREATE INDEX ON t%s (name)', n);
          END LOOP; END $$""";
    private static final String CHUNKS = """
        CREATE EXTENSION timescaledb;
        CREATE TABLE m (time timestamptz NOT NULL, dev int NOT NULL, v float8, PRIMARY KEY (dev, time));
        SELECT create_hypertable('m', 'time', chunk_time_interval => interval '1 hour');
        INSERT INTO m SELECT t, d, d FROM generate_series(timestamptz '2024-01-01Z', timestamptz '2024-01-01Z'
            + interval '9999 hours', '1 hour') AS t, generate_series(1, 3) AS d;
        ALTER TABLE m SET (timescaledb.compress, timescaledb.compress_segmentby = 'dev');
        SELECT count(compress_chunk(c)) FROM (SELECT c FROM show_chunks('m') AS c ORDER BY c LIMIT 1000) AS oldest""";
    /** The shape of a large application: tables of 20 columns, views of three tables, a trigger on every second. */
    private static final String VIEWS = """
        CREATE SCHEMA app;
        DO $$ DECLARE columns text; BEGIN
          SELECT string_agg(format('c%s %s', i, (ARRAY['text', 'integer', 'numeric(12,2)', 'timestamptz', 'boolean',
              'jsonb', 'varchar(80)'])[1 + i % 7] || CASE WHEN i % 5 = 0 THEN ' NOT NULL DEFAULT ' || (ARRAY['''x''',
              '0', '0', 'now()', 'false', '''{}''', '''y'''])[1 + i % 7] ELSE '' END), ', ') INTO columns
          FROM generate_series(1, 18) AS i;
          FOR n IN 1..1000 LOOP
            EXECUTE format($f$CREATE FUNCTION app.f%1$s() RETURNS trigger LANGUAGE plpgsql AS $b$
        DECLARE total numeric; BEGIN
          SELECT sum(c1) INTO total FROM app.t%1$s WHERE c7 = NEW.c7;
          IF total > 1000 THEN RAISE EXCEPTION 'too much: %%', total; END IF;
          NEW.c3 := now();
          RETURN NEW;
        END $b$ $f$, n);
          END LOOP;
          FOR n IN 1..1400 LOOP
            EXECUTE format('CREATE TABLE app.t%1$s (id bigserial PRIMARY KEY, parent bigint %2$s, %3$s, '
                'CONSTRAINT positive CHECK (c1 >= 0), UNIQUE (c7, c1))', n,
                CASE WHEN n > 1 THEN format('REFERENCES app.t%s (id)', n / 2) ELSE '' END, columns);
            EXECUTE format('CREATE INDEX ON app.t%s (parent)', n);
            EXECUTE format('COMMENT ON TABLE app.t%1$s IS ''what is known of thing %1$s, one row each''', n);
            IF n % 2 = 0 THEN
              EXECUTE format('CREATE TRIGGER keep_sum BEFORE INSERT OR UPDATE ON app.t%s FOR EACH ROW '
                  'EXECUTE FUNCTION app.f%s()', n, n / 2);
            END IF;
          END LOOP;
          FOR n IN 1..2000 LOOP
            EXECUTE format('CREATE VIEW app.v%1$s AS SELECT a.id, a.parent, b.c1, b.c2, b.c3, b.c4, b.c5, b.c6, a.c7, '
                'a.c8, a.c9, coalesce(a.c1, b.c8, 0) AS total, CASE WHEN a.c4 THEN ''yes'' WHEN b.c4 THEN ''perhaps'' '
                'ELSE ''no'' END AS word FROM app.t%2$s AS a JOIN app.t%3$s AS b ON b.id = a.parent '
                'LEFT JOIN app.t%4$s AS c ON c.parent = b.id '
                'WHERE a.c7 <> ''x'' AND (c.c2 IS NULL OR c.c2 > 10) AND a.c3 > now() - interval ''30 days''',
                n, 1 + n % 1400, 1 + (n * 7) % 1400, 1 + (n * 13) % 1400);
          END LOOP; END $$""";

    @Option(
        names = "--only",
        paramLabel = "GROUP",
        description = "startup, backup (and restore), drill, wal, remote (and pgBackRest), explore or chart")
    String only = "";

    @Option(
        names = "--runs",
        paramLabel = "N",
        description = "how often each command runs; the median counts, default ${DEFAULT-VALUE}")
    int runs = 3;

    @Option(names = "--help", usageHelp = true, description = "show this help")
    boolean help;

    public static void main(String... args) {
        System.exit(Cli.run(new bench(), args));
    }

    @Override
    public Integer call() throws IOException {
        var groups = new LinkedHashMap<String, Group>();
        groups.put("startup", this::startup);
        groups.put("backup", this::backupAndRestore);
        groups.put("drill", this::drillOfManyDatabases);
        groups.put("wal", this::receivedWal);
        groups.put("remote", this::remote);
        groups.put("explore", this::explore);
        groups.put("chart", this::chart);
        if (!only.isEmpty() && !groups.containsKey(only)) {
            throw Failure
                .usage("there is no group '" + only + "'", "the groups: " + String.join(", ", groups.keySet()) + ".");
        }
        for (var group : groups.entrySet()) {
            if (only.isEmpty() || only.equals(group.getKey())) group.getValue().run();
        }
        return ExitCode.OK;
    }

    interface Group {
        void run() throws IOException;
    }

    /** What a script needs before it does anything. */
    private void startup() throws IOException {
        var scratch = Files.createTempDirectory("bench-");
        var empty =
            Files.writeString(
                scratch.resolve("empty.java"),
                "//JAVA 25+\nclass empty { public static void main(String[] args) {} }\n");
        var rows = new Rows("start-up, warm");
        rows.add("an empty JBang script", () -> run(Map.of(), scratch, Tool.ROOT + "/bin/jbang", empty.toString()));
        for (var tool : List.of("backup", "restore", "explore", "chart")) {
            rows.add(tool + ".java --help", () -> run(Map.of(), scratch, jbang(tool, "--help")));
        }
        rows.print();
        Cluster.delete(scratch);
    }

    /**
     * A cluster of about a gigabyte: ten million rows of a metric with an index, and pages that compress like real
     * ones.
     */
    private void backupAndRestore() throws IOException {
        try (
            var cluster = Cluster.create(
                "shared_buffers = 256MB",
                "max_wal_size = 4GB",
                "wal_level = replica",
                "checkpoint_timeout = 30min",
                "fsync = off")) {
            cluster.sql(
                """
                    CREATE TABLE metrics (time timestamptz NOT NULL, station text NOT NULL,
                                          temperature float8, humidity float8, pressure float8);
                    INSERT INTO metrics SELECT timestamptz '2025-01-01' + n * interval '1 s', 'station-' || n % 60,
                        20 + 8 * sin(n / 86400.0) + random(), 50 + 20 * random(), 1013 + 10 * random()
                    FROM generate_series(1, 9000000) AS n;
                    CREATE INDEX ON metrics (station, time DESC)""");
            cluster.sql("CHECKPOINT");
            var size = Long.parseLong(cluster.sql("SELECT sum(pg_database_size(oid)) FROM pg_database"));
            var scratch = cluster.home().resolve("bench");
            Files.createDirectory(scratch);
            Cluster.giveToServer(scratch);
            backups(cluster, scratch, size);
            shell(scratch, "rm -rf backups");
            backup(cluster.environment(), scratch);
            restores(cluster, scratch, newest(scratch.resolve("backups")));
        }
    }

    private void backups(Cluster cluster, Path scratch, long size) throws IOException {
        var basebackup = cluster.programs().program("pg_basebackup").toString();
        var environment = cluster.environment();
        var rows = new Rows("backup of " + Units.bytes(size));
        rows.addWriting(
            "pg_basebackup -Ft -Z gzip:6",
            scratch,
            "bare",
            () -> baseBackup(environment, basebackup, scratch, "gzip:6"));
        rows.addWriting(
            "pg_basebackup -Ft -Z client-zstd:3,workers=2",
            scratch,
            "bare",
            () -> baseBackup(environment, basebackup, scratch, "client-zstd:level=3,workers=2"));
        rows.addWriting(
            "backup.java --no-verify",
            scratch,
            "backups",
            () -> backup(environment, scratch, "--no-verify"));
        rows.addWriting("backup.java (verified)", scratch, "backups", () -> backup(environment, scratch));
        if (PgTools.having("pg_basebackup").size() > 0 && isHere("pgbackrest")) {
            rows.addWriting(
                "pgbackrest backup, 2 processes, zst:3",
                scratch,
                "repo",
                () -> pgBackRest(cluster, scratch));
        } else {
            Console.say("pgbackrest is not on this machine: its row is missing");
        }
        rows.print();
    }

    private void restores(Cluster cluster, Path scratch, Path backup) throws IOException {
        var environment = cluster.environment();
        var checks = new Rows("verify and restore of that backup");
        checks.add(
            "zstd -dc base.tar.zst | wc -c",
            () -> shell(scratch, "zstd -dc " + backup + "/base.tar.zst | wc -c > /dev/null"));
        checks.add("backup.java verify", () -> run(environment, scratch, jbang("backup", "verify", backup.toString())));
        checks.addWriting(
            "tar --zstd -x, then sync",
            scratch,
            "untar",
            () -> shell(
                scratch,
                "mkdir untar; tar --zstd -xf " + backup + "/base.tar.zst -C untar && sync -f untar"));
        checks.addWriting(
            "restore.java (verified, synced)",
            scratch,
            "restored*",
            () -> run(
                environment,
                scratch,
                jbang("restore", backup.toString(), "-D", scratch.resolve("restored").toString(), "--force")));
        if (Files.isDirectory(scratch.resolve("repo"))) {
            checks.addWriting(
                "pgbackrest restore, 2 processes",
                scratch,
                "pgbackrest-restored",
                () -> pgBackRestRestore(cluster, scratch));
        }
        checks.add("restore.java drill", () -> run(environment, scratch, jbang("restore", "drill", backup.toString())));
        checks.print();
    }

    /** Data that lies in 150 databases, beside as much in one: 45,000 files, and each database asked for itself. */
    private void drillOfManyDatabases() throws IOException {
        try (
            var one = Cluster.create("max_wal_size = 4GB", "fsync = off");
            var many = Cluster.create("max_wal_size = 4GB", "fsync = off")) {
            one.sql(
                "CREATE TABLE metrics AS SELECT n, md5(n::text) AS text, random() AS value "
                    + "FROM generate_series(1, 14000000) AS n");
            for (int i = 1; i <= 150; i++) many.sql("CREATE DATABASE db" + i + " STRATEGY file_copy");
            var rows = new Rows("drill of 1.1 GB");
            addDrill(rows, "in one database", one);
            addDrill(rows, "in 150 databases", many);
            rows.print();
        }
    }

    private void addDrill(Rows rows, String name, Cluster cluster) throws IOException {
        var scratch = Files.createDirectory(cluster.home().resolve("bench"));
        Cluster.giveToServer(scratch);
        backup(cluster.environment(), scratch);
        var kept = newest(scratch.resolve("backups"));
        rows.addWriting(
            name + ": tar --zstd -x",
            scratch,
            "untar",
            () -> shell(scratch, "mkdir untar; tar --zstd -xf " + kept + "/base.tar.zst -C untar"));
        rows.add(
            name + ": restore.java drill",
            () -> run(cluster.environment(), scratch, jbang("restore", "drill", kept.toString())));
    }

    /** What the receiver costs the server, and how fast its WAL is replayed: 80 segments, beside plain cp. */
    private void receivedWal() throws IOException {
        try (
            var cluster =
                Cluster.create("shared_buffers = 256MB", "max_wal_size = 4GB", "checkpoint_timeout = 30min")) {
            var scratch = Files.createDirectory(cluster.home().resolve("bench"));
            Cluster.giveToServer(scratch);
            var backups = scratch.resolve("backups");
            var bench = cluster.programs().program("pgbench").toString();
            run(cluster.environment(), scratch, bench, "--initialize", "--quiet", "--scale=10");
            var load = new Rows("pgbench, 4 clients, " + 4 * TRANSACTIONS + " transactions");
            load.add("alone", () -> pgbench(cluster, scratch, bench));
            Reception.of(cluster, backups).end();              // compiled, and its slot is made
            try (var receiver = Reception.of(cluster, backups)) {
                load.add("while WAL is received", () -> pgbench(cluster, scratch, bench));
                load.print();
                run(cluster.environment(), scratch, jbang("backup", "-o", backups.toString(), "--no-progress"));
                cluster.sql("CREATE TABLE filler (i int, text text)");
                var line = receiver.archive().lines().getFirst();
                var first = line.segments().lastKey();
                while (receiver.archive().lines().getFirst().segments().lastKey() < first + SEGMENTS) {
                    cluster.sql(
                        "INSERT INTO filler SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 40000) AS g");
                }
                receiver.awaitNow();
            }
            replay(cluster, scratch, backups);
        }
    }

    /** Off-site by rclone and a real S3 server with TLS on this machine; and what pgBackRest keeps. */
    private void remote() throws IOException {
        if (!isHere("rclone") || !isHere("pgbackrest")) {
            Console.say("rclone or pgbackrest is not on this machine: the group remote is left out");
            return;
        }
        try (
            var cluster = Cluster.create(
                "shared_buffers = 256MB",
                "max_wal_size = 4GB",
                "archive_mode = on",
                "archive_command = '/bin/true'")) {
            cluster.sql(
                """
                    CREATE TABLE metrics AS SELECT timestamptz '2025-01-01' + n * interval '1 s' AS time,
                        'station-' || n % 60 AS station, random() AS temperature, random() AS humidity
                    FROM generate_series(1, 4000000) AS n""");
            var scratch = Files.createDirectory(cluster.home().resolve("bench"));
            Cluster.giveToServer(scratch);
            try (var storage = S3Storage.start(scratch.resolve("s3"))) {
                offSite(cluster, scratch, storage);
            }
            stanza(cluster, scratch);
        }
    }

    private void offSite(Cluster cluster, Path scratch, S3Storage storage) throws IOException {
        Files.writeString(scratch.resolve("rclone.conf"), storage.rcloneSection("s3", S3Storage.SECRET));
        var environment = new HashMap<>(cluster.environment());
        environment.put("RCLONE_CONFIG", scratch.resolve("rclone.conf").toString());
        environment.put("RCLONE_CA_CERT", storage.certificate().toString());
        environment.put("TMPDIR", scratch.toString());
        environment.remove("AWS_CA_BUNDLE");
        backup(environment, scratch, "--compress", "none");
        var kept = newest(scratch.resolve("backups"));
        var title = "a backup of " + Units.bytes(sizeOf(kept)) + " to S3 on this machine";
        var place = "s3:backups/ours";
        var copies = new Rows(title);
        copies.addWriting(
            "rclone copy",
            scratch,
            "s3/objects/backups/*",
            () -> shell(scratch, environment, "unset AWS_CA_BUNDLE; rclone copy " + kept + " s3:backups/plain"));
        copies.addWriting(
            "rclone copy, then rclone check",
            scratch,
            "s3/objects/backups/*",
            () -> shell(
                scratch,
                environment,
                "unset AWS_CA_BUNDLE; rclone copy " + kept + " s3:backups/plain && rclone check " + kept
                    + " s3:backups/plain 2> /dev/null"));
        copies.addWriting(
            "backup.java copy (compared)",
            scratch,
            "s3/objects/backups/*",
            () -> run(environment, scratch, jbang("backup", "copy", "latest", place, "--plain-is-fine")));
        copies.print();

        var drills = new Rows("that copy, fetched and proven");
        drills.addWriting("backup.java fetch, then restore.java drill", scratch, "fetched", () -> {
            run(environment, scratch, jbang("backup", "fetch", place, "latest", "-o", "fetched"));
            return run(environment, scratch, jbang("restore", "drill", "latest", "-o", "fetched"));
        });
        drills.add(
            "restore.java drill --remote",
            () -> run(environment, scratch, jbang("restore", "drill", "latest", "--remote", place)));
        drills.print();
    }

    /** Both restore and replay to the end of the backup. */
    private void stanza(Cluster cluster, Path scratch) throws IOException {
        var configuration = scratch.resolve("pgbackrest.conf");
        Files.writeString(
            configuration,
            """
                [global]
                repo1-path=%1$s/repo
                log-path=%1$s
                lock-path=%1$s/lock
                compress-type=zst
                process-max=2
                start-fast=y
                [bench]
                pg1-path=%2$s
                pg1-port=%3$d
                pg1-socket-path=%4$s
                """.formatted(scratch, cluster.data(), cluster.port(), cluster.home()));
        Cluster.giveToServer(configuration);
        var program = "pgbackrest --config=" + configuration + " --stanza=bench ";
        cluster.asServer(List.of("sh", "-c", program + "stanza-create"));
        cluster.sql("ALTER SYSTEM SET archive_command = '" + program + "archive-push %p'");
        cluster.sql("SELECT pg_reload_conf()");
        cluster.asServer(List.of("sh", "-c", program + "--type=full backup"));
        var environment = Map.of("PGBACKREST_CONFIG", configuration.toString(), "TMPDIR", scratch.toString());
        var rows =
            new Rows("restore of a backup of pgBackRest, replayed to its end (limit: 1 s more than the first row)");
        var place = scratch.resolve("theirs");
        var restore = "mkdir -m 0700 " + place + " && " + program + "--pg1-path=" + place + " --type=immediate "
            + "--target-action=promote restore";
        var ctl = cluster.programs().program("pg_ctl") + " -D " + place;
        var start = ctl + " -o '-p 1 -k " + place + " -c archive_mode=off -c listen_addresses=' -l " + place
            + "/log -w start";
        rows.addWriting("pgbackrest restore, pg_ctl start and stop", scratch, "theirs", () -> {
            cluster.asServer(List.of("sh", "-c", restore + " && " + start + " && " + ctl + " -w stop"));
            return -1;
        });
        rows.addWriting(
            "restore.java --pgbackrest",
            scratch,
            "ours*",
            () -> run(
                environment,
                scratch,
                jbang("restore", "--pgbackrest", "bench", "-D", scratch.resolve("ours").toString(), "--force")));
        rows.addWriting("pgbackrest restore alone, not replayed", scratch, "theirs", () -> {
            cluster.asServer(List.of("sh", "-c", restore));
            return -1;
        });
        rows.print();
    }

    private static long pgbench(Cluster cluster, Path scratch, String program) throws IOException {
        return run(
            cluster.environment(),
            scratch,
            program,
            "--client=4",
            "--no-vacuum",
            "--transactions=" + TRANSACTIONS);
    }

    private void replay(Cluster cluster, Path scratch, Path backups) throws IOException {
        var plain = Files.createDirectory(scratch.resolve("plain"));
        var archive = WalArchive.in(backups).getFirst();
        for (var segment : archive.lines().getFirst().segments().values()) {
            try (var in = WalArchive.open(segment, null)) {
                Files.copy(in, plain.resolve(segment.name()));
            }
        }
        Cluster.giveToServer(plain);
        Cluster.giveToServer(backups);
        var rows = new Rows("a backup, and " + SEGMENTS + " segments of WAL replayed");
        var byHand = scratch.resolve("by-hand.sh");
        Files.writeString(byHand, BY_HAND);
        Cluster.giveToServer(byHand);
        rows.add("tar, cp as restore_command, pg_ctl", () -> {
            cluster.asServer(
                List.of(
                    "bash",
                    byHand.toString(),
                    newest(backups).toString(),
                    plain.toString(),
                    cluster.programs().directory().toString(),
                    scratch.resolve("recovered").toString()));
            return -1;
        });
        rows.add("restore.java --at latest (verified, synced)", () -> {
            shell(scratch, "rm -rf restored restored.before-restore-*");
            var into = scratch.resolve("restored").toString();
            return run(
                cluster.environment(),
                scratch,
                jbang("restore", "latest", "-o", backups.toString(), "--at", "latest", "-D", into, "--force"));
        });
        rows.print();
    }

    /** A thousand tables with ten thousand chunks, many views, and many databases, each beside pg_dump -s. */
    private void explore() throws IOException {
        try (var cluster = Cluster.create("shared_buffers = 256MB", "max_locks_per_transaction = 256", "fsync = off")) {
            var offered = "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'";
            boolean chunks = cluster.sql(offered).equals("1");
            if (chunks) withTimescale(cluster);
            cluster.sql("CREATE DATABASE tables");
            cluster.sql("tables", TABLES);
            if (chunks) cluster.sql("tables", CHUNKS);
            cluster.sql("CREATE DATABASE views");
            cluster.sql("views", VIEWS);
            for (var database : List.of("tables", "views")) cluster.sql(database, "VACUUM ANALYZE");
            var scratch = Files.createDirectory(cluster.home().resolve("bench"));
            var first = chunks ? "explore, 1,000 tables and 10,000 chunks" : "explore, 1,000 tables";
            exploreBesideDump(first + " (target 0.6, 160 MB)", in(cluster, "tables"), scratch);
            if (chunks) {
                run(in(cluster, "tables"), scratch, jbang("explore", "-o", "m", "--schema", "public.m"));
                var json = Files.size(scratch.resolve("m/latest/report.json"));
                System.out.println("report.json of 10,000 chunks: " + Units.bytes(json) + " (target 1 MB)\n");
            }
            exploreBesideDump(
                "explore, 1,400 tables and 2,000 views (target 1.0, 160 MB)",
                in(cluster, "views"),
                scratch);
            exploreDrawings(cluster, scratch);
            exploreFleet(cluster, scratch);
        }
    }

    /** The same tables with and without foreign keys: without, there is nothing to lay out. And very many tables. */
    private void exploreDrawings(Cluster cluster, Path scratch) throws IOException {
        cluster.sql("CREATE DATABASE drawn");
        cluster.sql("drawn", TABLES.replace("1..1000", "1..60"));
        cluster.sql("CREATE DATABASE apart");
        cluster.sql("apart", TABLES.replace("1..1000", "1..60").replace("n > 1", "false"));
        var rows = new Rows("explore, 60 tables: what the drawings take (target 0.3 s more)");
        for (var database : List.of("apart", "drawn")) {
            rows.add(
                database.equals("drawn") ? "in a tree of foreign keys" : "without foreign keys",
                () -> run(in(cluster, database), scratch, jbang("explore", "-q", "-o", "drawn")));
        }
        rows.print();
        cluster.sql("CREATE DATABASE many");
        for (var part : List.of("1..3000", "3001..6000", "6001..10000")) {
            cluster.sql("many", TABLES.replace("1..1000", part));
        }
        cluster.sql("many", "VACUUM ANALYZE");
        exploreBesideDump(
            "explore, 10,000 tables (2.9 s and 265 MB before the drawings)",
            in(cluster, "many"),
            scratch);
    }

    private static void withTimescale(Cluster cluster) throws IOException {
        cluster.stop();
        Files.writeString(
            cluster.data().resolve("postgresql.conf"),
            "\nshared_preload_libraries = 'timescaledb'\nmax_locks_per_transaction = 2048\nautovacuum = off\n",
            StandardOpenOption.APPEND);
        cluster.start();
    }

    private void exploreBesideDump(String title, Map<String, String> environment, Path scratch) throws IOException {
        var rows = new Rows(title);
        rows.add("pg_dump -s", () -> shell(scratch, environment, "pg_dump -s > schema.sql"));
        rows.add(
            "explore.java (md, html, json)",
            () -> run(environment, scratch, jbang("explore", "-q", "-o", "reports")));
        rows.print();
        var memory = peakMemory(environment, scratch, jbang("explore", "-q", "-o", "reports"));
        System.out.println("its memory: " + Units.bytes(memory) + "\n");
    }

    /** Twenty databases of a hundred tables each, four of them at once. */
    private void exploreFleet(Cluster cluster, Path scratch) throws IOException {
        var targets = new StringBuilder("targets:\n");
        for (int n = 1; n <= 20; n++) {
            cluster.sql("CREATE DATABASE fleet" + n);
            cluster.sql("fleet" + n, TABLES.replace("1..1000", "1..100"));
            targets.append(
                "  - {name: fleet%d, host: 127.0.0.1, port: %d, user: postgres, dbname: fleet%d}\n"
                    .formatted(n, cluster.port(), n));
        }
        Files.writeString(scratch.resolve("fleet.yaml"), targets);
        var rows = new Rows("explore, 20 databases of 100 tables (target 2.0)");
        rows.add("one of them", () -> run(in(cluster, "fleet1"), scratch, jbang("explore", "-q", "-o", "one")));
        rows.add(
            "all of them, --targets",
            () -> run(
                cluster.environment(),
                scratch,
                jbang("explore", "-q", "-o", "all", "--targets", "fleet.yaml")));
        rows.print();
    }

    private static Map<String, String> in(Cluster cluster, String database) {
        var environment = new HashMap<>(cluster.environment());
        environment.put("PGDATABASE", database);
        return environment;
    }

    /** The most that a command had in memory, in bytes; 0 where there is no /proc. bin/jbang becomes its JVM. */
    private static long peakMemory(Map<String, String> environment, Path directory, String... command)
        throws IOException {
        var builder = new ProcessBuilder(command).directory(directory.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        var process = builder.start();
        long peak = 0;
        try {
            while (!process.waitFor(20, TimeUnit.MILLISECONDS)) peak = Math.max(peak, memoryOf(process));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return peak;
    }

    private static long memoryOf(Process process) {
        try (var lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElse(0);
        } catch (IOException | UncheckedIOException ended) {
            return 0;
        }
    }

    /** 60 stations, 7 days, a row each 10 seconds: 3.6 million rows. */
    private void chart() throws IOException {
        try (var cluster = Cluster.create("shared_buffers = 512MB", "max_wal_size = 4GB", "fsync = off")) {
            cluster.sql(
                """
                    CREATE TABLE meteo_metrics (time timestamptz NOT NULL, station text NOT NULL,
                                                temperature float8, humidity float8, pressure float8);
                    INSERT INTO meteo_metrics SELECT t, 'station-' || s,
                        15 + s / 10.0 + 8 * sin(extract(epoch FROM t) / 13750) + random(), 50, 1013
                    FROM generate_series(timestamptz '2025-06-27 16:53:26Z', '2025-07-04 16:53:26Z', interval '10 s')
                             AS t,
                         generate_series(1, 60) AS s;
                    CREATE INDEX ON meteo_metrics (time DESC)""");
            cluster.sql("VACUUM ANALYZE meteo_metrics");
            var scratch = cluster.home().resolve("bench");
            Files.createDirectory(scratch);
            Files.writeString(scratch.resolve("three.yaml"), """
                temperature: {table: meteo_metrics, value: temperature, series: station, unit: °C}
                humidity: {table: meteo_metrics, value: humidity, series: station, unit: "%"}
                pressure: {table: meteo_metrics, value: pressure, series: station, unit: hPa}
                """);
            var three = List.of("temperature", "humidity", "pressure");
            var rows = new Rows("chart, 3.6 million rows, 60 series");
            rows.add("the query alone, in psql (7 d in 10 min buckets)", () -> ask(cluster, three.subList(0, 1)));
            rows.add("chart.java 7d SVG", () -> draw(cluster, "c.svg", "--metric", "temperature", "--window", "7d"));
            rows.add("chart.java 7d XLSX", () -> draw(cluster, "c.xlsx", "--metric", "temperature", "--window", "7d"));
            rows.add("chart.java 7d HTML", () -> draw(cluster, "c.html", "--metric", "temperature", "--window", "7d"));
            rows.add("the three queries alone, in psql", () -> ask(cluster, three));
            rows.add(
                "chart.java 7d SVG, three panels",
                () -> draw(cluster, "t.svg", "--definitions", "three.yaml", "--all", "--window", "7d"));
            rows.add("chart.java 1h SVG", () -> draw(cluster, "h.svg", "--metric", "temperature", "--window", "1h"));
            rows.print();
            long most = Files.size(scratch.resolve("c.svg")) * 3 / 2 + 60_000;
            System.out.println(
                "c.html: %s bytes, of at most %s (1.5 times the SVG and 60 kB)%n".formatted(
                    Units.count(Files.size(scratch.resolve("c.html"))),
                    Units.count(most)));
        }
    }

    private static long ask(Cluster cluster, List<String> columns) throws IOException {
        var queries = columns.stream().map("""
            SELECT date_bin('10 min', time, '2025-06-27') AS b, station, min(%1$s), max(%1$s), avg(%1$s)
            FROM meteo_metrics WHERE time > '2025-06-27 16:53:26Z' GROUP BY 1, 2 ORDER BY 2, 1;
            """::formatted).collect(Collectors.joining());
        var scratch = cluster.home().resolve("bench");
        shell(scratch, cluster.environment(), "psql -X -q -A -t > rows.txt << 'END'\n" + queries + "END\n");
        return Files.size(scratch.resolve("rows.txt"));
    }

    private static long draw(Cluster cluster, String file, String... options) throws IOException {
        var scratch = cluster.home().resolve("bench");
        var command = new ArrayList<>(List.of(jbang("chart", "-o", file)));
        command.addAll(List.of(options));
        run(cluster.environment(), scratch, command.toArray(String[]::new));
        return Files.size(scratch.resolve(file));
    }

    private long baseBackup(Map<String, String> environment, String program, Path scratch, String codec)
        throws IOException {
        run(environment, scratch, program, "-D", "bare", "-Ft", "-c", "fast", "-Z", codec);
        return sizeOf(scratch.resolve("bare"));
    }

    private long backup(Map<String, String> environment, Path scratch, String... options) throws IOException {
        var command = new ArrayList<>(List.of(jbang("backup", "-o", "backups", "--no-progress")));
        command.addAll(List.of(options));
        run(environment, scratch, command.toArray(String[]::new));
        return sizeOf(scratch.resolve("backups"));
    }

    private long pgBackRest(Cluster cluster, Path scratch) throws IOException {
        var common = pgBackRest(cluster.data(), scratch) + "--pg1-port=" + cluster.port() + " --pg1-socket-path="
            + cluster.home()
            + " --pg1-user=postgres ";
        cluster.asServer(
            List.of(
                "sh",
                "-c",
                common + "stanza-create && " + common
                    + "--type=full --start-fast --no-archive-check --process-max=2 --compress-type=zst "
                    + "--compress-level=3 backup"));
        return sizeOf(scratch.resolve("repo"));
    }

    /** As restore.java does it: into an empty place, every file checked and synced. */
    private long pgBackRestRestore(Cluster cluster, Path scratch) throws IOException {
        var place = scratch.resolve("pgbackrest-restored");
        cluster.asServer(
            List.of(
                "sh",
                "-c",
                "mkdir -m 0700 " + place + " && " + pgBackRest(place, scratch)
                    + "--type=none --process-max=2 restore"));
        return sizeOf(place);
    }

    private static String pgBackRest(Path data, Path scratch) {
        return "pgbackrest --stanza=bench --pg1-path=" + data + " --repo1-path=" + scratch + "/repo --log-path="
            + scratch + " --lock-path="
            + scratch + "/lock --log-level-console=error ";
    }

    private static String[] jbang(String tool, String... arguments) {
        var command = new ArrayList<>(List.of(Tool.ROOT + "/bin/jbang", Tool.ROOT + "/" + tool + ".java"));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    private static boolean isHere(String program) {
        return Arrays.stream(System.getenv("PATH").split(":")).anyMatch(d -> Files.isExecutable(Path.of(d, program)));
    }

    private static Path newest(Path directory) throws IOException {
        try (var all = Files.list(directory)) {
            return all.filter(p -> p.getFileName().toString().startsWith("cluster_backup_"))
                .max(Comparator.naturalOrder())
                .orElseThrow();
        }
    }

    private static long sizeOf(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
        }
    }

    private static long shell(Path directory, String script) throws IOException {
        return shell(directory, Map.of(), script);
    }

    private static long shell(Path directory, Map<String, String> environment, String script) throws IOException {
        return run(environment, directory, "bash", "-ec", "set -o pipefail; " + script);
    }

    private static long run(Map<String, String> environment, Path directory, String... command) throws IOException {
        var said = Files.createTempFile("bench-", ".out");
        try {
            var builder = new ProcessBuilder(command).directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .redirectInput(new File("/dev/null"));
            builder.environment().putAll(environment);
            int code = builder.start().waitFor();
            if (code != 0) {
                throw Failure
                    .failed(String.join(" ", command) + " ended with " + code + ": " + Files.readString(said), null);
            }
            return -1;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            Files.delete(said);
        }
    }

    interface Step {
        /** @return the size of what was made, in bytes; -1 when that says nothing */
        long run() throws IOException;
    }

    /** Runs what it is given and keeps the medians. */
    final class Rows {
        private final String title;
        private final Map<String, Double> seconds = new LinkedHashMap<>();
        private final Map<String, Long> sizes = new HashMap<>();

        Rows(String title) {
            this.title = title;
        }

        void add(String what, Step step) throws IOException {
            add(what, () -> 0, step);
        }

        /** What the last run wrote is removed first, and the disk comes to rest: neither is counted. */
        void addWriting(String what, Path directory, String names, Step step) throws IOException {
            add(what, () -> shell(directory, "rm -rf " + names + "; sync -f ."), step);
        }

        private void add(String what, Step prepare, Step step) throws IOException {
            var times = new double[runs];
            prepare.run();
            step.run();                             // warms caches; not counted
            for (int i = 0; i < runs; i++) {
                prepare.run();
                var start = System.nanoTime();
                sizes.put(what, step.run());
                times[i] = (System.nanoTime() - start) / 1e9;
            }
            Arrays.sort(times);
            seconds.put(what, times[runs / 2]);
            Console.say("  %s: %.2f s", what, times[runs / 2]);
        }

        void print() {
            var first = seconds.keySet().iterator().next();
            var table = Table.of(title, "median", "ratio", "size");
            seconds.forEach(
                (what, s) -> table.row(
                    what,
                    String.format(Locale.ROOT, "%.2f s", s),
                    String.format(Locale.ROOT, "%.2f", s / seconds.get(first)),
                    sizes.get(what) < 0 ? "" : Units.bytes(sizes.get(what))));
            System.out.println(table);
        }
    }
}
