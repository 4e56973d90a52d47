//SOURCES ../lib/Program.java Cluster.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Backups that pgBackRest keeps, proven and restored by restore.java: a full one, an incremental one, a moment. */
@Tag("local")
class PgBackRestTest {
    private static final String QUESTION =
        "SELECT max(id), (SELECT number FROM apart), current_setting('archive_mode') FROM readings";

    private static Cluster cluster;
    private static Path home;
    private static String moment;

    @BeforeAll
    static void a_full_and_an_incremental_backup() throws IOException {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v pgbackrest")).capture().ok(),
            "pgbackrest is not installed");
        cluster = Cluster.create("archive_mode = on", "archive_command = 'false'");
        home = cluster.home();
        var configuration = home.resolve("pgbackrest.conf");
        Files.writeString(
            configuration,
            """
                [global]
                repo1-path=%1$s/repository
                repo1-retention-full=2
                log-path=%1$s/log-of-pgbackrest
                lock-path=%1$s/lock-of-pgbackrest
                start-fast=y
                compress-type=lz4
                process-max=2
                [main]
                pg1-path=%2$s
                pg1-port=%3$d
                pg1-socket-path=%1$s
                """.formatted(home, cluster.data(), cluster.port()));
        Cluster.giveToServer(configuration);
        pgbackrest("stanza-create");
        cluster.sql(
            "ALTER SYSTEM SET archive_command = 'pgbackrest --config=" + configuration
                + " --stanza=main archive-push %p'");
        cluster.sql("SELECT pg_reload_conf()");
        cluster.sql("CREATE TABLE readings AS SELECT g AS id FROM generate_series(1, 5000) AS g");
        var elsewhere = Files.createDirectories(home.resolve("tablespace"));
        Cluster.giveToServer(elsewhere);
        cluster.sql("CREATE TABLESPACE elsewhere LOCATION '" + elsewhere + "'");
        cluster.sql("CREATE TABLE apart TABLESPACE elsewhere AS SELECT 7 AS number");
        pgbackrest("backup", "--type=full");
        cluster.sql("INSERT INTO readings VALUES (5001)");
        pgbackrest("backup", "--type=incr");
        cluster.sql("INSERT INTO readings VALUES (5002)");
        cluster.sql("SELECT pg_sleep(1.1)");
        moment =
            cluster.sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')") + "+00";
        cluster.sql("INSERT INTO readings VALUES (5003)");
        cluster.sql("SELECT pg_switch_wal()");
        archived();
    }

    @AfterAll
    static void remove() {
        if (cluster != null) cluster.close();
    }

    /** Every finished segment is in the archive. */
    private static void archived() {
        cluster.sql("CREATE TABLE IF NOT EXISTS tick (t int)");
        var last = cluster.sql("SELECT pg_walfile_name(pg_switch_wal())");
        for (int tenths = 0; tenths < 600; tenths++) {
            var sent = cluster.sql("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver");
            if (sent.compareTo(last) >= 0) return;
            cluster.sql("SELECT pg_sleep(0.1)");
        }
        throw new AssertionError("the WAL was not archived: " + cluster.log());
    }

    private static void pgbackrest(String... arguments) {
        var command = new ArrayList<>(
            List.of("pgbackrest", "--config=" + home.resolve("pgbackrest.conf"), "--stanza=main"));
        command.addAll(List.of(arguments));
        cluster.asServer(command);
    }

    private static Tool restore() {
        return Tool.of("restore")
            .in(home)
            .with(
                Map.of(
                    "PGBACKREST_CONFIG",
                    home.resolve("pgbackrest.conf").toString(),
                    "TMPDIR",
                    home.toString()));
    }

    private static List<String> leftovers() throws IOException {
        try (var files = Files.list(home)) {
            return files.map(f -> f.getFileName().toString()).filter(n -> n.startsWith("tstools-")).toList();
        }
    }

    @Test
    void a_moment_is_proven_and_nothing_stays() throws IOException {
        var drilled = restore()
            .run(
                "drill",
                "--pgbackrest",
                "main",
                "--at",
                moment,
                "--json",
                "-o",
                "kept",
                "--metrics",
                "kept/drill.prom");
        assertEquals(0, drilled.exit(), drilled::toString);
        assertTrue(drilled.out().contains("GOOD"), drilled::toString);
        assertEquals(List.of(), leftovers());
        try (var receipts = Files.list(home.resolve("kept/.receipts"))) {
            assertTrue(receipts.anyMatch(f -> f.toString().contains("pgbackrest-main-")), "its receipt is kept");
        }
        var numbers = Files.readString(home.resolve("kept/drill.prom"));
        assertTrue(
            numbers.contains("drill_last_run_verdict{source=\"pgbackrest:main\",verdict=\"good\"} 1\n"),
            numbers);
        assertTrue(
            numbers.contains("drill_last_run_verdict{source=\"pgbackrest:main\",verdict=\"bad\"} 0\n"),
            numbers);
        var lastSuccess = "drill_last_success_timestamp_seconds{source=\"pgbackrest:main\"} ";
        assertTrue(numbers.contains(lastSuccess), numbers);
        var judged = backup().run("check", "--pgbackrest", "main", "-o", "kept", "--max-drill-age", "1d");
        assertEquals(0, judged.exit(), judged::toString);
        assertTrue(judged.out().contains("the last good drill is"), judged::toString);
        var undrilled = backup().run("check", "--pgbackrest", "main", "-o", "elsewhere", "--max-drill-age", "1d");
        assertEquals(1, undrilled.exit(), undrilled::toString);
        assertEquals(2, backup().run("check", "--pgbackrest", "main", "--max-age", "1s").exit());
        assertEquals(3, backup().run("check", "--pgbackrest", "nowhere").exit());
    }

    private static Tool backup() {
        return Tool.of("backup").in(home).with("PGBACKREST_CONFIG", home.resolve("pgbackrest.conf").toString());
    }

    @Test
    void they_are_listed_with_the_others_whatever_state_the_storage_is_in() {
        var listing = backup();
        var listed = listing.run("list", "--pgbackrest");
        assertEquals(0, listed.exit(), listed::toString);
        assertTrue(listed.out().contains("pgBackRest incremental") && listed.out().contains("main/"), listed::toString);
        var wrong = listing.with("PGBACKREST_REPO1_CIPHER_TYPE", "aes-256-cbc")
            .with("PGBACKREST_REPO1_CIPHER_PASS", "not-the-passphrase")
            .run("list", "--pgbackrest");
        assertEquals(0, wrong.exit(), wrong::toString);
        assertTrue(wrong.out().contains("unreadable"), wrong::toString);
    }

    @Test
    void a_moment_is_opened_as_it_was_then_with_archiving_off() throws IOException {
        var opened = restore().run("open", "--pgbackrest", "main", "--at", moment, "--", "psql", "-XAtc", QUESTION);
        assertEquals(0, opened.exit(), opened::toString);
        assertEquals("5002|7|off\n", opened.out(), opened::toString);
        assertEquals(List.of(), leftovers());
    }

    @Test
    void the_newest_moment_is_written_to_and_archives_nothing_into_the_original_s_repository() {
        var before = cluster.sql("SELECT archived_count FROM pg_stat_archiver");
        var written = restore().run(
            "open",
            "--pgbackrest",
            "main",
            "--at",
            "latest",
            "--writable",
            "--",
            "psql",
            "-XAtqc",
            QUESTION,
            "-c",
            "CREATE TABLE x AS SELECT 1",
            "-c",
            "SELECT pg_switch_wal() IS NULL");
        assertEquals(0, written.exit(), written::toString);
        assertEquals("5003|7|off\nf\n", written.out(), written::toString);
        assertEquals(before, cluster.sql("SELECT archived_count FROM pg_stat_archiver"));
        var kept = Program.of(List.of("find", home.resolve("repository/archive").toString(), "-name", "00000002*"));
        assertEquals("", kept.capture().stdout(), "no timeline of a copy is in the archive");
    }

    @Test
    void a_moment_that_is_not_archived_says_nothing_against_the_backup() {
        var late = restore().run("drill", "--pgbackrest", "main", "--at", "2099-01-01 00:00:00+00");
        assertEquals(11, late.exit(), late::toString);
        assertTrue(late.err().contains("does not reach"), late::toString);
        assertFalse(late.out().contains("could NOT"), late::toString);
        var early = restore().run("drill", "--pgbackrest", "main", "--at", "2001-01-01 00:00:00+00");
        assertEquals(11, early.exit(), early::toString);
        assertTrue(early.err().contains("earliest moment"), early::toString);
    }

    @Test
    void a_stanza_that_is_not_there_and_a_storage_that_is_gone_are_told_in_two_lines() {
        var unknown = restore().run("drill", "--pgbackrest", "nowhere");
        assertEquals(2, unknown.exit(), unknown::toString);
        assertTrue(unknown.err().contains("it has: main"), unknown::toString);
        var locked = restore().with("PGBACKREST_REPO1_CIPHER_TYPE", "aes-256-cbc")
            .with("PGBACKREST_REPO1_CIPHER_PASS", "not-the-passphrase")
            .run("drill", "--pgbackrest", "main", "--verbose");
        assertEquals(12, locked.exit(), locked::toString);
        assertTrue(locked.err().contains("passphrase (repo1-cipher-pass)"), locked::toString);
        assertFalse(locked.toString().contains("not-the-passphrase"), locked::toString);
    }

    @Test
    void one_table_is_taken_out_of_the_newest_backup() {
        var taken = restore().run("extract", "--pgbackrest", "main", "--table", "readings", "--format", "csv");
        assertEquals(0, taken.exit(), taken::toString);
        var rows = taken.out().lines().toList();
        assertTrue(rows.contains("5001") && !rows.contains("5002"), () -> rows.size() + " lines " + rows.getLast());
    }

    @Test
    void a_release_that_does_not_know_the_server_is_refused_with_the_one_that_does() throws IOException {
        var old = Files.createDirectories(home.resolve("old"));
        var program = Program.of(List.of("sh", "-c", "command -v pgbackrest")).capture().stdout().strip();
        var standIn = Files.writeString(
            old.resolve("pgbackrest"),
            "#!/bin/sh\n[ \"$*\" != version ] || { echo 'pgBackRest 2.30'; exit; }\nexec " + program + " \"$@\"\n");
        Files.setPosixFilePermissions(standIn, PosixFilePermissions.fromString("rwxr-xr-x"));
        var path = old + ":" + System.getenv("PATH");
        for (var arguments : List.of(List.of("drill"), List.of("-D", home + "/never", "--force"))) {
            var all = new ArrayList<>(arguments);
            all.addAll(List.of("--pgbackrest", "main"));
            var refused = restore().with("PATH", path).run(all.toArray(String[]::new));
            assertEquals(12, refused.exit(), refused::toString);
            var said = refused.toString();
            assertTrue(said.contains("pgBackRest 2.30 cannot read PostgreSQL " + cluster.programs().major()), said);
            assertTrue(said.matches("(?s).*install pgBackRest 2\\.\\d+(\\.\\d+)? or newer.*"), said);
        }
        assertFalse(Files.exists(home.resolve("never")), "nothing was begun");
    }

    @Test
    void a_damaged_file_of_the_repository_is_found() throws IOException {
        var damaged = home.resolve("damaged");
        var copied =
            Program.of(List.of("cp", "-a", home.resolve("repository").toString(), damaged.toString())).capture();
        assertTrue(copied.ok(), copied::stderr);
        Path victim;
        try (var files = Files.walk(damaged.resolve("backup/main"))) {
            victim = files.filter(f -> f.toString().matches(".*F/pg_data/base/5/1255\\.lz4")).findFirst().orElseThrow();
        }
        var bytes = Files.readAllBytes(victim);
        bytes[bytes.length / 2] ^= 1;
        Files.write(victim, bytes);
        var drilled = restore().with("PGBACKREST_REPO1_PATH", damaged.toString()).run("drill", "--pgbackrest", "main");
        assertEquals(11, drilled.exit(), drilled::toString);
        assertTrue(drilled.out().contains("could NOT be restored"), drilled::toString);
    }

    /** Beside, swapped, the old one kept, its WAL on another disk as before, the settings those of the original. */
    @Test
    void a_moment_is_put_in_the_place_of_a_cluster_that_is_kept() throws IOException {
        var place = home.resolve("place");
        var first = restore().run(
            "--pgbackrest",
            "main",
            "-D",
            place.toString(),
            "--force",
            "--waldir",
            home + "/wal-disk/wal",
            "--tablespace-map-all",
            home + "/first");
        assertEquals(0, first.exit(), first::toString);
        assertTrue(Files.isSymbolicLink(place.resolve("pg_wal")), first::toString);
        assertTrue(Files.isDirectory(home.resolve("wal-disk/wal/archive_status")), first::toString);
        var arguments = List.of(
            "--pgbackrest",
            "main",
            "--at",
            moment,
            "-D",
            place.toString(),
            "--tablespace-map-all",
            home + "/second");
        var plan = new ArrayList<>(arguments);
        plan.add("--dry-run");
        var shown = restore().run(plan.toArray(String[]::new));
        assertEquals(0, shown.exit(), shown::toString);
        assertTrue(shown.err().contains("keep the old cluster") && shown.err().contains("archived"), shown::toString);
        var forced = new ArrayList<>(arguments);
        forced.add("--force");
        var restored = restore().run(forced.toArray(String[]::new));
        assertEquals(0, restored.exit(), restored::toString);
        try (var files = Files.list(home)) {
            assertEquals(1, files.filter(f -> f.getFileName().toString().startsWith("place.before-restore-")).count());
        }
        var settings = Files.readString(place.resolve("postgresql.auto.conf"));
        assertFalse(settings.contains("restore_command") || settings.contains("recovery_target"), settings);
        assertFalse(Files.exists(place.resolve("recovery.signal")));
        assertTrue(Files.isSymbolicLink(place.resolve("pg_wal")), "its WAL stays on the other disk");
        assertTrue(Files.exists(place.resolve("pg_wal/archive_status/00000002.history.ready")), "it will be archived");
        try (var copy = Cluster.around(place, home.resolve("place-home"))) {
            Files.createDirectories(home.resolve("place-home"));
            Cluster.giveToServer(home.resolve("place-home"));
            copy.start();
            assertEquals("5002|7", copy.sql("SELECT max(id), (SELECT number FROM apart) FROM readings"));
        }
    }
}
