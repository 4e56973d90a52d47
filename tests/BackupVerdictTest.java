import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lib.Json;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whole, damaged, could not be judged: what is unusual about a backup does not make it a damaged one. */
@Tag("local")
class BackupVerdictTest {
    private static Cluster cluster;
    private static Path work;
    private static Path tar;
    private static Path plain;

    @BeforeAll
    static void backups_of_a_cluster_with_a_tablespace() throws IOException {
        cluster = Cluster.create("wal_keep_size = 64");
        work = Files.createTempDirectory("backup-");
        Cluster.giveToServer(Files.createDirectory(cluster.home().resolve("ts")));
        cluster.sql("CREATE TABLE a AS SELECT g AS i, md5(g::text) AS t FROM generate_series(1, 5000) AS g");
        tar = backup("--format=tar");
        plain = backup("--format=plain");
    }

    @AfterAll
    static void remove() {
        cluster.close();
        Cluster.delete(work);
    }

    @Test
    void wal_within_base_tar_is_as_good_as_beside_it() {
        assertWhole(BareBackup.take(cluster, work.resolve("fetch"), "-Ft", "-X", "fetch"));
        assertWhole(BareBackup.take(cluster, work.resolve("fetch-gzip"), "-Ft", "-X", "fetch", "-Z", "gzip"));
        assertWhole(BareBackup.take(cluster, work.resolve("fetch-plain"), "-Fp", "-X", "fetch"));
    }

    @Test
    void one_archive_from_standard_output_with_wal_and_manifest_in_it_is_whole() throws IOException {
        for (var pipe : List.of("cat > base.tar", "gzip > base.tar.gz")) {
            var backup = Files.createTempDirectory(work, "stdout-");
            var command = cluster.programs().program("pg_basebackup") + " -c fast -D - -Ft -X fetch | " + pipe;
            var answer = Program.of(List.of("sh", "-c", command)).with(cluster.environment()).in(backup).capture();
            assertTrue(answer.ok(), answer::stderr);
            assertWhole(backup);
        }
    }

    @Test
    void what_file_managers_and_servers_leave_behind_is_a_note() throws IOException {
        var names = List.of(
            ".DS_Store",
            "@eaDir/base.tar@SynoEAStream",
            "desktop.ini",
            "Thumbs.db",
            ".nfs000000000123",
            "lost+found/x",
            "._base.tar",
            "#recycle/old",
            ".Trash-1000/x");
        for (var place : List.of(tar, plain, plain.resolve("data"), plain.resolve("data/pg_wal"))) {
            for (var name : names) {
                Files.createDirectories(place.resolve(name).getParent());
                Files.writeString(place.resolve(name), "x");
            }
            var result = verify(place.equals(tar) ? tar : plain);
            for (var name : names) {
                Files.delete(place.resolve(name));
                if (name.contains("/")) Files.delete(place.resolve(name).getParent());
            }
            assertEquals(0, result.exit(), result::toString);
            assertEquals(names.size(), result.err().split("NOTE: ").length - 1, result::toString);
        }
    }

    @Test
    void a_plain_backup_with_foreign_files_in_it_is_restored_without_them() throws IOException {
        var copy = work.resolve("strays");
        BareBackup.copy(plain, copy);
        Files.writeString(copy.resolve("data/.DS_Store"), "x");
        Files.writeString(copy.resolve("data/base/desktop.ini"), "x");

        var result =
            Tool.of("restore").in(work).run(copy.toString(), "-D", work.resolve("restored").toString(), "--force");

        assertEquals(0, result.exit(), result::toString);
        assertFalse(Files.exists(work.resolve("restored/.DS_Store")), "it is no part of the cluster");
    }

    @Test
    void a_file_of_the_users_own_beside_the_archives_is_a_note() throws IOException {
        Files.writeString(tar.resolve("why.txt"), "before the upgrade");
        try {
            var result = verify(tar);
            assertEquals(0, result.exit(), result::toString);
            assertTrue(result.err().contains("NOTE: why.txt is no part of the backup"), result::toString);
        } finally {
            Files.delete(tar.resolve("why.txt"));
        }
    }

    /** A second archive is no harmless file: its content would be unpacked. */
    @Test
    void an_archive_that_does_not_belong_there_is_still_found() throws IOException {
        Files.copy(firstArchive(), tar.resolve("99999.tar.zst"));
        try {
            assertEquals(11, verify(tar).exit());
        } finally {
            Files.delete(tar.resolve("99999.tar.zst"));
        }
    }

    /** rclone, s3cmd and others drop empty directories. The guide makes them again, and the server starts. */
    @Test
    void empty_directories_that_were_lost_on_the_way_are_a_note_and_the_guide_makes_them() throws IOException {
        var copy = work.resolve("from-object-store");
        BareBackup.copy(plain, copy);
        var find = Program.of(List.of("find", copy.resolve("data").toString(), "-type", "d", "-empty", "-delete"));
        assertTrue(find.capture().ok());
        assertFalse(Files.exists(copy.resolve("data/pg_notify")));

        var result = verify(copy);
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.err().contains("NOTE: empty directories were lost"), result::toString);

        var data = BackupGuide.follow(copy, Files.createTempDirectory(cluster.home(), "guide-"), null, cluster);
        try (var restored = Cluster.around(data, data.getParent())) {
            restored.start();
            assertEquals("5000", restored.sql("SELECT count(*) FROM a"));
        }
    }

    @Test
    void an_interrupted_copy_is_called_incomplete_and_told_in_a_few_lines() throws IOException {
        var copy = work.resolve("half").resolve(tar.getFileName());
        Files.createDirectories(copy.getParent());
        BareBackup.copy(tar, copy);
        var base = copy.resolve("base.tar.zst");
        try (var f = new RandomAccessFile(base.toFile(), "rw")) {
            f.setLength(f.length() / 3);
        }

        var list = Tool.of("backup").in(work).run("list", "-o", "half");
        assertTrue(list.out().lines().anyMatch(l -> l.contains(" incomplete ")), list::toString);

        var result = verify(copy);
        assertEquals(11, result.exit(), result::toString);
        assertTrue(result.out().startsWith("base.tar.zst has "), result::toString);
        assertEquals(11, result.out().lines().count(), result::toString);
        assertTrue(result.out().contains(" more; --json lists all"), result::toString);

        var json = Json.tree(Tool.of("backup").in(work).run("verify", copy.toString(), "--json").out());
        assertTrue(json.get("damages").size() > 100, json::toString);

        Files.delete(base);
        assertTrue(
            Tool.of("backup").in(work).run("list", "-o", "half").out().contains(" incomplete "),
            "also when a file is missing");
    }

    @Test
    void a_backup_that_was_made_without_manifest_or_wal_could_not_be_judged() {
        var bare = BareBackup.take(cluster, work.resolve("no-manifest"), "-Ft", "--no-manifest");
        assertUnjudged(bare, "backup_manifest is missing");
        var noWal = BareBackup.take(cluster, work.resolve("no-wal"), "-Ft", "-X", "none");
        assertUnjudged(noWal, "pg_wal is missing: the backup cannot become consistent without its WAL, 0000");
    }

    @Test
    void a_manifest_without_checksums_is_a_note() {
        var bare = BareBackup.take(cluster, work.resolve("sizes"), "-Ft", "--manifest-checksums=NONE");
        var result = verify(bare);
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.err().contains("NOTE: the manifest has no checksums"), result::toString);
    }

    /** In a plain backup of pg_basebackup itself tablespaces and pg_wal may be links, as in the cluster. */
    @Test
    void links_that_a_cluster_has_itself_are_followed() throws IOException {
        cluster.sql("CREATE TABLESPACE ts LOCATION '" + cluster.home().resolve("ts") + "'");
        cluster.sql("CREATE TABLE in_ts TABLESPACE ts AS SELECT * FROM a");
        try {
            var bare = BareBackup.take(
                cluster,
                work.resolve("links"),
                "-Fp",
                "--waldir=" + work.resolve("links-wal"),
                "-T",
                cluster.home().resolve("ts") + "=" + work.resolve("links-ts"));
            assertWhole(bare);
            Cluster.delete(work.resolve("links-ts"));
            assertEquals(11, verify(bare).exit(), "a link to nowhere");
        } finally {
            cluster.sql("DROP TABLE in_ts");
            cluster.sql("DROP TABLESPACE ts");
        }
    }

    @Test
    void an_archive_that_was_moved_to_another_disk_behind_a_link_is_read_there() throws IOException {
        var copy = work.resolve("linked");
        BareBackup.copy(tar, copy);
        Files.move(copy.resolve("base.tar.zst"), work.resolve("moved.tar.zst"));
        Files.createSymbolicLink(copy.resolve("base.tar.zst"), work.resolve("moved.tar.zst"));
        var result = verify(copy);
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.err().contains("NOTE: base.tar.zst is a link"), result::toString);
    }

    private static void assertWhole(Path backup) {
        var result = verify(backup);
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.err().contains(" is whole: "), result::toString);
    }

    private static void assertUnjudged(Path backup, String why) {
        var result = verify(backup);
        assertEquals(12, result.exit(), result::toString);
        assertTrue(result.err().contains(" could not be judged: " + why), result::toString);
        assertTrue(result.err().contains("HINT: "), result::toString);
    }

    private static Path firstArchive() throws IOException {
        try (var files = Files.list(tar)) {
            return files.filter(f -> f.toString().endsWith(".tar.zst")).sorted().findFirst().orElseThrow();
        }
    }

    private static Path backup(String option) {
        var result = Tool.of("backup").in(work).with(cluster.environment()).run(option, "--no-progress");
        assertEquals(0, result.exit(), result::toString);
        return work.resolve(result.out().strip());
    }

    private static Tool.Result verify(Path backup) {
        return Tool.of("backup").in(work).run("verify", backup.toString(), "--no-progress");
    }
}
