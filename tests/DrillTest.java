import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import lib.Console;
import lib.Program;
import lib.archive.BackupDirectory;
import lib.archive.Receipt;
import lib.boot.ScratchServer;
import lib.restore.Drill;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A good backup is proven; each way in which a backup goes bad turns the drill red, by name, also those that let a
 * server start.
 */
@Tag("local")
class DrillTest {
    private static Cluster cluster;
    private static Path home;
    private static Path scratch;
    private static Path plain;
    private static Path tar;

    @BeforeAll
    static void a_cluster_with_a_tablespace_and_its_backups() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        home = cluster.home();
        scratch = Files.createDirectory(home.resolve("scratch"));
        Cluster.giveToServer(scratch);
        var space = Files.createDirectory(home.resolve("space"));
        Cluster.giveToServer(space);
        cluster.sql("CREATE TABLESPACE fast LOCATION '" + space + "'");
        cluster.sql("CREATE TABLE here AS SELECT i, repeat('x', 100) AS filler FROM generate_series(1, 5000) AS i");
        cluster.sql("CREATE TABLE there TABLESPACE fast AS SELECT i FROM generate_series(1, 5000) AS i");
        plain = BareBackup.take(cluster, home.resolve("plain"), "-Fp", "-T", space + "=" + home.resolve("plain-space"));
        tar = BareBackup.take(cluster, home.resolve("tar"), "-Ft", "-Z", "client-gzip:1");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void a_good_backup_is_proven_and_neither_it_nor_the_live_cluster_is_touched() throws IOException {
        cluster.stop();
        try {
            var before = BareBackup.hash(home);
            for (var backup : List.of(plain, tar)) {
                var receipt = drill(backup, true);
                assertTrue(receipt.isGood(), receipt::message);
                assertTrue(receipt.rows() >= 10_000 && receipt.tables() >= 2, receipt::toString);
                assertTrue(Drill.sentence(receipt).contains("could be restored"), Drill.sentence(receipt));
            }
            assertEquals(before, BareBackup.hash(home));
        } finally {
            cluster.start();
        }
    }

    @Test
    void the_command_prints_a_sentence_or_json_and_tells_the_hook() throws IOException {
        var told = home.resolve("told.json");
        var result =
            Tool.of("restore")
                .with("TMPDIR", scratch.toString())
                .run("drill", tar.toString(), "--json", "--on-done", "cat > " + told);
        assertEquals(0, result.exit(), result::toString);
        assertEquals(result.out(), Files.readString(told));
        assertTrue(result.out().contains("\"isGood\" : true"), result::toString);
        assertEquals(result.out(), Files.readString(home.resolve(".receipts/tar.drill.json")));
        assertTrue(
            Receipt.of(BackupDirectory.open(tar), Receipt.DRILL).orElseThrow().isGood(),
            "backup.java list cannot read the receipt");
        var broken = copyOf(plain, "half");
        Files.delete(broken.resolve("backup_manifest"));
        var red = Tool.of("restore")
            .with("TMPDIR", scratch.toString())
            .run("drill", broken.toString(), "--on-done", "cat > " + told);
        assertEquals(11, red.exit(), red::toString);
        assertTrue(red.out().startsWith("The backup half could NOT be restored (complete): "), red::toString);
        assertTrue(Files.readString(told).contains("\"reason\" : \"complete\""));
    }

    @Test
    void a_changed_byte_is_found_by_the_manifest_and_without_it_by_the_page_checksum() throws IOException {
        var bad = copyOf(plain, "flipped");
        var table = bad.resolve(cluster.sql("SELECT pg_relation_filepath('here')"));
        flip(table, 8192 + 4000);
        assertRed("files", "has another CRC32C", drill(bad, true));
        assertRed("relations", "invalid page", drill(bad, false));
    }

    @Test
    void lost_wal_is_named() throws IOException {
        var bad = copyOf(plain, "no-wal");
        try (var files = Files.list(bad.resolve("pg_wal"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) Files.delete(file);
        }
        assertRed("wal", "lacks WAL that it needs: 0000000100000000", drill(bad, true));
        var noTar = copyOf(tar, "no-wal-tar");
        Files.delete(noTar.resolve("pg_wal.tar.gz"));
        assertRed("wal", "it has no pg_wal.tar", drill(noTar, true));
    }

    @Test
    void a_changed_byte_in_the_wal_is_found_and_would_stop_the_recovery() throws IOException {
        var bad = copyOf(plain, "wal-flipped");
        try (var files = Files.list(bad.resolve("pg_wal"))) {
            var first = files.filter(f -> f.getFileName().toString().matches("[0-9A-F]{24}"))
                .sorted()
                .findFirst()
                .orElseThrow();
            // The first record that the recovery reads: its place stands in backup_label.
            var label = Files.readString(bad.resolve("backup_label"));
            var offset =
                Long.parseLong(label.replaceAll("(?s).*CHECKPOINT LOCATION: [0-9A-F]+/([0-9A-F]+).*", "$1"), 16)
                    % (16 << 20);
            flip(first, offset + 30);
        }
        assertRed("wal", "is damaged", drill(bad, true));
        assertRed("boot", "checkpoint record", drill(bad, false));
    }

    @Test
    void without_backup_label_the_server_starts_and_the_drill_says_no() throws IOException {
        var bad = copyOf(plain, "no-label");
        Files.delete(bad.resolve("backup_label"));
        assertRed("files", "backup_label is missing", drill(bad, true));
        var receipt = drill(bad, false);
        // Whether it starts at all is a lottery.
        assertFalse(receipt.isGood());
        assertTrue(List.of("recovery", "boot").contains(receipt.reason()), receipt::toString);
    }

    @Test
    void a_wal_reset_by_force_starts_and_the_drill_says_no() throws IOException {
        var bad = copyOf(plain, "reset");
        Files.delete(bad.resolve("backup_label"));
        try (var files = Files.list(bad.resolve("pg_wal"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) Files.delete(file);
        }
        Cluster.giveToServer(bad);
        cluster.asServer(List.of(cluster.programs().program("pg_resetwal").toString(), "-f", bad.toString()));
        assertRed("wal", "lacks WAL", drill(bad, false));
    }

    @Test
    void a_lost_tablespace_is_named_although_the_server_starts() throws IOException {
        var bad = copyOf(plain, "no-space");
        var link = link(bad);
        Files.delete(link);
        Files.createSymbolicLink(link, Files.createDirectory(home.resolve("empty-space")));
        assertRed("files", "is missing", drill(bad, true));
        assertRed("tablespaces", "is missing, or empty", drill(bad, false));
        Files.delete(link);
        assertRed("tablespace_map", "tablespace", drill(bad, false));
        var noTar = copyOf(tar, "no-space-tar");
        Files.delete(noTar.resolve(link(plain).getFileName() + ".tar.gz"));
        assertRed("tablespace_map", ".tar", drill(noTar, true));
    }

    @Test
    void a_lost_tablespace_map_is_named() throws IOException {
        var bad = Files.createDirectory(home.resolve("no-map"));
        BareBackup.copy(tar.resolve("backup_manifest"), bad.resolve("backup_manifest"));
        for (var name : List.of("pg_wal.tar.gz", link(plain).getFileName() + ".tar.gz")) {
            BareBackup.copy(tar.resolve(name), bad.resolve(name));
        }
        var tree = Files.createDirectory(home.resolve("no-map-tree"));
        run("tar", "-xzf", tar.resolve("base.tar.gz").toString(), "-C", tree.toString());
        Files.delete(tree.resolve("tablespace_map"));
        run("tar", "-czf", bad.resolve("base.tar.gz").toString(), "-C", tree.toString(), ".");
        assertRed("tablespace_map", "lost its tablespace_map", drill(bad, true));
    }

    @Test
    void a_signal_file_is_left_out_as_a_restore_does() throws IOException {
        for (var signal : List.of("standby.signal", "recovery.signal")) {
            var copy = copyOf(plain, signal);
            Files.createFile(copy.resolve(signal));
            var receipt = drill(copy, false);
            assertTrue(receipt.isGood(), receipt::message);
            assertTrue(receipt.checks().toString().contains(signal + " is left out"), receipt::toString);
        }
    }

    @Test
    void a_library_that_is_not_here_is_named() throws IOException {
        var bad = copyOf(plain, "no-library");
        Files.writeString(
            bad.resolve("postgresql.conf"),
            "\nshared_preload_libraries = 'not_here'\n",
            StandardOpenOption.APPEND);
        var receipt = drill(bad, false);
        assertTrue(receipt.isGood(), receipt::message);   // this machine lacks it, and the data does not
        assertTrue(receipt.checks().toString().contains("preload not_here, not installed here"), receipt::toString);
        cluster.sql("CREATE DATABASE other");
        cluster.sql("other", "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN END'");
        cluster.sql("other", "UPDATE pg_proc SET probin = '$libdir/gone' WHERE proname = 'f'");
        cluster.sql(
            "other",
            "UPDATE pg_proc SET probin = '$libdir/timescaledb-2.17.2' WHERE proname = 'plpgsql_validator'");
        var missing = BareBackup.take(
            cluster,
            home.resolve("no-version"),
            "-Fp",
            "-T",
            home.resolve("space") + "=" + home.resolve("no-version-space"));
        cluster.sql("DROP DATABASE other");
        var unjudged = drill(missing, true);
        assertEquals(Drill.Verdict.NOT_JUDGED, unjudged.verdict(), unjudged::toString);
        assertEquals("extensions", unjudged.reason(), unjudged::message);
        assertTrue(unjudged.message().contains("does not have $libdir/timescaledb-2.17.2"), unjudged::message);
        assertTrue(unjudged.tables() > 0, "the tables were read all the same");
    }

    @Test
    void when_the_drill_is_killed_the_server_ends_and_the_scratch_goes() throws Exception {
        var place = Files.createDirectory(home.resolve("scratch-killed"));
        Cluster.giveToServer(place);
        // Killed while the server runs: its data directory has a postmaster.pid.
        var process = Tool.of("restore").start("drill", tar.toString(), "--scratch", place.toString());
        Path data = null;
        for (int i = 0; i < 15000 && data == null && process.isAlive(); i++) {
            Thread.sleep(20);
            try (var found = Files.find(place, 3, (p, a) -> p.endsWith("postmaster.pid"))) {
                data = found.filter(p -> p.toFile().length() > 0).findFirst().orElse(null);
            } catch (UncheckedIOException changing) {
                // files come and go under our eyes
            }
        }
        var pid = Long.parseLong(Files.readAllLines(data).getFirst());
        process.descendants()
            .filter(p -> p.info().command().orElse("").endsWith("java"))
            .forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        for (int i = 0; i < 500 && (ProcessHandle.of(pid).isPresent() || !isEmpty(place)); i++) Thread.sleep(20);
        assertFalse(ProcessHandle.of(pid).isPresent());
        assertTrue(isEmpty(place));
    }

    private static Drill.Receipt drill(Path backup, boolean verify) {
        var receipt = Drill
            .run(BackupDirectory.open(backup), ScratchServer.Options.standard().in(scratch).withVerify(verify), false);
        assertTrue(isEmpty(scratch), "the drill left something behind");
        return receipt;
    }

    private static void assertRed(String reason, String part, Drill.Receipt receipt) {
        assertFalse(receipt.isGood());
        assertEquals(reason, receipt.reason(), receipt::message);
        assertTrue(receipt.message().contains(part), receipt::message);
    }

    private static Path copyOf(Path backup, String name) {
        BareBackup.copy(backup, home.resolve(name));
        return home.resolve(name);
    }

    private static Path link(Path backup) throws IOException {
        try (var links = Files.list(backup.resolve("pg_tblspc"))) {
            return links.findFirst().orElseThrow();
        }
    }

    private static void flip(Path file, long at) throws IOException {
        try (var f = new RandomAccessFile(file.toFile(), "rw")) {
            f.seek(at);
            int b = f.read();
            f.seek(at);
            f.write(b ^ 1);
        }
    }

    private static boolean isEmpty(Path directory) {
        try (var entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String... command) {
        var answer = Program.of(List.of(command)).capture();
        if (!answer.ok()) throw new AssertionError(answer.stderr());
    }
}
