import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lib.Program;
import lib.archive.BackupDirectory;
import lib.archive.Receipt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Copies on a remote of rclone, made and brought back against a real S3 server with TLS, an encrypting remote and a
 * plain disk.
 */
@Tag("local")
class RemoteBackupsTest {
    private static final int KILLS = Integer.getInteger("remote.kills", 10);

    private static Cluster cluster;
    private static S3Storage storage;
    private static Path work;
    private static String name;
    private static int count;
    private String prefix;

    @BeforeAll
    static void a_backup_and_three_remotes() throws IOException {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v rclone")).capture().ok(),
            "rclone is not installed");
        work = Files.createTempDirectory("remote-");
        storage = S3Storage.shared();
        cluster = Cluster.create();
        cluster
            .sql("CREATE TABLE readings AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 60000) AS g");
        var obscured = Program.of(List.of("rclone", "obscure", "a long pass phrase")).capture().stdout().strip();
        Files.createDirectories(work.resolve("disk"));
        Files.writeString(
            work.resolve("rclone.conf"),
            storage.rcloneSection("s3", S3Storage.SECRET) + storage.rcloneSection("wrong", "not-the-secret")
                + "[disk]\ntype = alias\nremote = " + work.resolve("disk") + "\n\n"
                + "[vault]\ntype = crypt\nremote = " + work.resolve("disk/vault") + "\npassword = " + obscured + "\n");
        var made = backup("--compress", "none");
        assertEquals(0, made.exit(), made::toString);
        name = Path.of(made.out().strip()).getFileName().toString();
    }

    @AfterAll
    static void remove() {
        if (cluster != null) cluster.close();
        if (work != null) Cluster.delete(work);
    }

    /** Each test has a place of its own on the storages. */
    @BeforeEach
    void a_new_place() {
        prefix = "t" + count++;
    }

    @Test
    void a_copy_on_s3_comes_back_byte_for_byte_and_private() throws IOException {
        var copied = backup("copy", "latest", "s3:backups/" + prefix, "--plain-is-fine");
        assertEquals(0, copied.exit(), copied::toString);
        assertEquals("s3:backups/" + prefix + "/" + name + "\n", copied.out());

        var again = backup("copy", name, "s3:backups/" + prefix, "--plain-is-fine");
        assertEquals(0, again.exit(), again::toString);
        assertTrue(again.err().contains("already"), again::toString);

        var listed = backup("list", "--remote", "s3:backups/" + prefix);
        assertTrue(listed.out().contains(name) && listed.out().contains("complete"), listed::toString);

        var fetched = backup("fetch", "s3:backups/" + prefix, "latest", "-o", prefix);
        assertEquals(0, fetched.exit(), fetched::toString);
        var directory = work.resolve(fetched.out().strip());
        assertEquals(
            "",
            Program.of(List.of("diff", "-r", backups().resolve(name).toString(), directory.toString()))
                .capture()
                .stdout());
        try (var files = Files.walk(directory)) {
            for (var file : files.toList()) {
                assertEquals(
                    Files.isDirectory(file) ? "rwx------" : "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
                    file::toString);
            }
        }
        assertEquals(0, backup("verify", directory.toString()).exit());
    }

    /** The real test of an off-site copy: fetched, booted, removed. */
    @Test
    void a_copy_is_drilled_from_where_it_lies_and_nothing_of_it_stays() throws IOException {
        assertEquals(0, backup("copy", "latest", "vault:" + prefix).exit());
        Files.deleteIfExists(backups().resolve(".receipts").resolve(name + ".drill.json"));
        var scratch = Files.createDirectories(cluster.home().resolve("scratch-" + prefix));
        Cluster.giveToServer(scratch);
        var drilled = restore(scratch).run("drill", "latest", "--remote", "vault:" + prefix);
        assertEquals(0, drilled.exit(), drilled::toString);
        assertTrue(drilled.out().contains(name) && drilled.out().contains("could be restored"), drilled::toString);
        assertEquals(List.of(), names(scratch));
        var checked = backup("check", "--max-drill-age", "8d");
        assertEquals(
            0,
            checked.exit(),
            () -> "the same backup lies here, and the drill of its copy counts\n" + checked);

        var missing = restore(scratch).run("drill", "latest", "--remote", "vault:nowhere");
        assertEquals(12, missing.exit(), missing::toString);
        assertEquals(List.of(), names(scratch));
    }

    private static Tool restore(Path scratch) {
        return Tool.of("restore")
            .in(work)
            .with("RCLONE_CONFIG", work.resolve("rclone.conf").toString())
            .with("TMPDIR", scratch.toString());
    }

    /** People set such variables for copies of their own. */
    @Test
    void what_the_environment_leaves_out_of_other_copies_is_copied_and_compared() throws IOException {
        for (var word : List.of("EXCLUDE=*.tar", "DRY_RUN=true")) {
            var remote = "disk:" + prefix + "/" + word.split("=")[0];
            var variable = "RCLONE_" + word.split("=")[0];
            var copied =
                tool().with(variable, word.split("=")[1]).run("copy", "latest", remote, "--plain-is-fine");
            assertEquals(0, copied.exit(), () -> word + "\n" + copied);
            assertEquals(
                names(backups().resolve(name)),
                names(work.resolve("disk").resolve(prefix).resolve(word.split("=")[0]).resolve(name)),
                word);
        }
    }

    @Test
    void what_is_not_encrypted_goes_to_a_remote_that_encrypts() throws IOException {
        var refused = backup("copy", "latest", "disk:" + prefix);
        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(refused.err().contains("--plain-is-fine"), refused::toString);
        assertFalse(Files.exists(work.resolve("disk").resolve(prefix)), "nothing was sent");

        var copied = backup("copy", "latest", "vault:" + prefix);
        assertEquals(0, copied.exit(), copied::toString);
        try (var files = Files.walk(work.resolve("disk/vault"))) {
            assertTrue(files.noneMatch(f -> f.toString().contains("base.tar")), "names are encrypted too");
        }
        var fetched = backup("fetch", "vault:" + prefix, name, "-o", prefix);
        assertEquals(0, fetched.exit(), fetched::toString);
    }

    /** Each copy goes on where the one before was killed; the seed makes the moments the same again. */
    @Test
    void a_killed_copy_is_no_backup_and_the_next_one_completes_it() throws Exception {
        var seed = Long.getLong("remote.seed", System.nanoTime());
        System.out.println("kills of copies: -Dremote.kills=" + KILLS + " -Dremote.seed=" + seed);
        var random = new Random(seed);
        int place = 0;
        int interrupted = 0;
        var remote = "s3:backups/" + prefix + "/" + place;
        for (int i = 0; i < KILLS; i++) {
            var process = tool().with("RCLONE_BWLIMIT", "32M").start("copy", "latest", remote, "--plain-is-fine");
            Thread.sleep(200 + random.nextInt(2200));
            kill(process);
            storage.dropUnfinishedUploads();
            var listed = backup("list", "--remote", remote, "--json");
            assertEquals(0, listed.exit(), listed::toString);
            if (listed.out().contains("\"COMPLETE\"")) {
                remote = "s3:backups/" + prefix + "/" + ++place;      // it had ended before
                continue;
            }
            if (interrupted++ == 0) {
                assertFalse(backup("fetch", remote, "latest", "-o", prefix).exit() == 0, "an interrupted copy");
            }
        }
        assertTrue(KILLS < 5 || interrupted > 0, "no kill met a copy at work, seed " + seed);
        var resumed = backup("copy", "latest", remote, "--plain-is-fine");
        assertEquals(0, resumed.exit(), () -> "seed " + seed + "\n" + resumed);
        for (int i = 0; i <= place; i++) {
            var back = backup("fetch", "s3:backups/" + prefix + "/" + i, "latest", "-o", prefix + "-" + i);
            assertEquals(0, back.exit(), () -> "seed " + seed + "\n" + back);
        }
    }

    private static void kill(Process process) throws InterruptedException {
        var all = new ArrayList<>(process.descendants().toList());
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        process.waitFor(10, TimeUnit.SECONDS);
    }

    /** Within the archives, and where they are there and the small papers follow. */
    @Test
    void a_server_that_goes_away_within_a_copy_leaves_no_backup_and_the_next_copy_completes_it() throws Exception {
        var remote = "s3:backups/" + prefix;
        long archives = 0;
        for (var archive : List.of("base.tar", "pg_wal.tar")) {
            archives += Files.size(backups().resolve(name).resolve(archive));
        }
        for (long bytes : List.of(archives / 4, archives + archives / 200)) {
            try (var leaving = LeavingServer.before(storage.port(), bytes)) {
                var copied = through(leaving).run("copy", "latest", remote, "--plain-is-fine");
                assertEquals(1, copied.exit(), copied::toString);
                assertTrue(copied.err().contains("continues where it stopped"), copied::toString);
                assertTrue(leaving.isGone(), "it was still there: the copy failed over something else");
            }
            storage.dropUnfinishedUploads();
            var listed = backup("list", "--remote", remote, "--json");
            assertFalse(listed.out().contains("\"COMPLETE\""), listed::toString);
            assertFalse(
                backup("fetch", remote, "latest", "-o", prefix).exit() == 0,
                "an unfinished copy is not fetched");
        }
        var resumed = backup("copy", "latest", remote, "--plain-is-fine");
        assertEquals(0, resumed.exit(), resumed::toString);

        try (var leaving = LeavingServer.before(storage.port(), archives / 2)) {
            var fetched = through(leaving).run("fetch", remote, "latest", "-o", prefix);
            assertEquals(1, fetched.exit(), fetched::toString);
            assertTrue(leaving.isGone(), "it was still there: the fetch failed over something else");
        }
        assertEquals(List.of(".lock"), names(work.resolve(prefix)), "nothing that was fetched stays");
        var fetched = backup("fetch", remote, "latest", "-o", prefix);
        assertEquals(0, fetched.exit(), fetched::toString);
    }

    private static Tool through(LeavingServer leaving) {
        return tool().with("RCLONE_CONFIG_S3_ENDPOINT", "https://127.0.0.1:" + leaving.port())
            .with("RCLONE_LOW_LEVEL_RETRIES", "1")
            .with("RCLONE_RETRIES", "1");
    }

    @Test
    void received_wal_goes_along_and_unencrypted_only_to_where_it_is_encrypted() throws IOException {
        var own = "wal" + prefix;
        var made =
            tool().run("-o", own, "--encrypt-to", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p");
        assertEquals(0, made.exit(), made::toString);
        var system = cluster.sql("SELECT system_identifier FROM pg_control_system()");
        var wal = Files.createDirectories(work.resolve(own).resolve("wal").resolve(system).resolve("00000001"));
        Files.writeString(wal.resolve("000000010000000000000001.zst"), "a segment");
        Files.writeString(wal.resolve("000000010000000000000002.partial"), "still being written");

        var refused = backup("copy", "latest", "disk:" + prefix, "--wal", "-o", own);
        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(
            refused.err().contains("the WAL in") && refused.err().contains("--plain-is-fine"),
            refused::toString);
        assertFalse(Files.exists(work.resolve("disk").resolve(prefix).resolve("wal")), "no WAL was sent");

        var copied = backup("copy", "latest", "vault:" + prefix, "--wal", "-o", own);
        assertEquals(0, copied.exit(), copied::toString);
        var fetched = backup("fetch", "vault:" + prefix, "latest", "--wal", "-o", prefix);
        assertEquals(0, fetched.exit(), fetched::toString);
        var back = work.resolve(prefix).resolve("wal").resolve(system).resolve("00000001");
        assertEquals(List.of("000000010000000000000001.zst"), names(back));
        assertEquals(
            "rw-------",
            PosixFilePermissions
                .toString(Files.getPosixFilePermissions(back.resolve("000000010000000000000001.zst"))));
    }

    @Test
    void a_wrong_secret_is_told_and_never_printed() {
        var result = backup("copy", "latest", "wrong:backups/" + prefix, "--plain-is-fine", "--verbose");
        assertEquals(1, result.exit(), result::toString);
        assertTrue(result.err().contains("refuses the key"), result::toString);
        assertFalse(result.toString().contains("not-the-secret"), result::toString);
        assertFalse(result.toString().contains(S3Storage.KEY), result::toString);
    }

    @Test
    void a_certificate_that_nobody_trusts_is_told() {
        var result = tool().with(Map.of("RCLONE_CA_CERT", "", "RCLONE_LOW_LEVEL_RETRIES", "1", "RCLONE_RETRIES", "1"))
            .run("copy", "latest", "s3:backups/" + prefix, "--plain-is-fine");
        assertEquals(1, result.exit(), result::toString);
        assertTrue(result.err().contains("the certificate of the storage is not trusted"), result::toString);
    }

    @Test
    void a_remote_that_is_not_there_or_carries_its_key_is_wrong_usage() {
        var unknown = backup("list", "--remote", "offsite:backups");
        assertEquals(2, unknown.exit(), unknown::toString);
        assertTrue(unknown.err().contains("disk, s3, vault, wrong"), unknown::toString);

        var withKey = backup("list", "--remote", ":s3,secret_access_key=hunter2:backups");
        assertEquals(2, withKey.exit(), withKey::toString);
        assertFalse(withKey.err().contains("hunter2"), withKey::toString);
    }

    @Test
    void a_file_that_was_damaged_there_is_found_on_the_way_back_and_nothing_stays() throws IOException {
        assertEquals(0, backup("copy", "latest", "disk:" + prefix, "--plain-is-fine").exit());
        try (
            var file = new RandomAccessFile(
                work.resolve("disk").resolve(prefix).resolve(name).resolve("base.tar").toFile(),
                "rw")) {
            file.seek(file.length() / 2);
            int old = file.read();
            file.seek(file.length() / 2);
            file.write(old ^ 1);
        }
        var fetched = backup("fetch", "disk:" + prefix, "latest", "-o", prefix);
        assertEquals(11, fetched.exit(), fetched::toString);
        assertEquals(List.of(".lock"), names(work.resolve(prefix)));
    }

    @Test
    void a_copy_that_lost_bytes_there_is_listed_as_incomplete() throws IOException {
        assertEquals(0, backup("copy", "latest", "disk:" + prefix, "--plain-is-fine").exit());
        try (
            var file = new RandomAccessFile(
                work.resolve("disk").resolve(prefix).resolve(name).resolve("base.tar").toFile(),
                "rw")) {
            file.setLength(file.length() - 1);
        }
        assertTrue(backup("list", "--remote", "disk:" + prefix).out().contains("incomplete"));
        var fetched = backup("fetch", "disk:" + prefix, name, "-o", prefix);
        assertEquals(11, fetched.exit(), fetched::toString);
    }

    @Test
    void old_copies_go_and_the_last_complete_one_stays() throws IOException {
        var own = "own" + prefix;
        for (int i = 0; i < 3; i++) {
            var made =
                tool().run("-o", own, "--copy-to", "disk:" + prefix, "--plain-is-fine", "--keep", "2", "--quiet");
            assertEquals(0, made.exit(), made::toString);
        }
        assertEquals(2, names(work.resolve(own)).stream().filter(n -> n.startsWith("cluster_")).count());
        assertEquals(2, names(work.resolve("disk").resolve(prefix)).size(), "on both sides");

        var plan = backup("prune", "--remote", "disk:" + prefix, "--keep", "1");
        assertTrue(plan.out().contains("remove") && plan.err().contains("--yes"), plan::toString);
        assertEquals(2, names(work.resolve("disk").resolve(prefix)).size(), "nothing was removed yet");
        assertEquals(0, backup("prune", "--remote", "disk:" + prefix, "--keep", "1", "--yes").exit());
        var left = names(work.resolve("disk").resolve(prefix));
        assertEquals(1, left.size());

        Files.delete(work.resolve("disk").resolve(prefix).resolve(left.getFirst()).resolve("SHA256SUMS"));
        backup("prune", "--remote", "disk:" + prefix, "--keep-days", "1", "--yes");
        assertEquals(left, names(work.resolve("disk").resolve(prefix)), "no complete one: nothing goes");
    }

    @Test
    void a_full_disk_is_told_on_both_sides_and_the_copy_goes_on_when_there_is_space() throws IOException {
        Assumptions.assumeTrue(Cluster.isRoot(), "only root can mount a small file system");
        assertEquals(0, backup("copy", "latest", "disk:" + prefix, "--plain-is-fine").exit());
        var small = Files.createDirectories(work.resolve("small-" + prefix));
        var mounted = Program.of(List.of("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.toString())).capture();
        Assumptions.assumeTrue(mounted.ok(), mounted::stderr);
        try {
            var fetched = backup("fetch", "disk:" + prefix, "latest", "-o", small.toString());
            assertEquals(12, fetched.exit(), fetched::toString);
            assertTrue(fetched.err().contains("free space"), fetched::toString);
            assertEquals(List.of(".lock"), names(small));

            var there = small.resolve("there").toString();
            var copied = backup("copy", "latest", there, "--plain-is-fine");
            assertEquals(1, copied.exit(), copied::toString);
            assertTrue(copied.err().contains("free some space there"), copied::toString);
            assertFalse(backup("list", "--remote", there).out().contains(" complete"), "it is not taken for a backup");
            var larger = List.of("mount", "-o", "remount,size=100m", small.toString());
            assertTrue(Program.of(larger).capture().ok());
            var resumed = backup("copy", "latest", there, "--plain-is-fine");
            assertEquals(0, resumed.exit(), resumed::toString);
        } finally {
            Program.of(List.of("umount", small.toString())).capture();
        }
    }

    @Test
    void a_storage_that_is_gone_is_told_in_two_lines() {
        var dead = tool().with("RCLONE_CONFIG_S3_ENDPOINT", "https://127.0.0.1:" + Cluster.freePort())
            .with("RCLONE_LOW_LEVEL_RETRIES", "1")
            .with("RCLONE_RETRIES", "1")
            .run("copy", "latest", "s3:backups/" + prefix, "--plain-is-fine");
        assertEquals(1, dead.exit(), dead::toString);
        assertTrue(dead.err().contains("cannot be reached"), dead::toString);
    }

    @Test
    void a_monitor_gets_one_line_a_status_and_numbers() throws IOException {
        var fresh = backup("check", "--max-age", "26h");
        assertEquals(0, fresh.exit(), fresh::toString);
        assertTrue(fresh.out().matches("BACKUP OK - .*" + name + "\\|age=\\d+s;;93600\\n"), fresh::toString);
        assertEquals(2, backup("check", "--max-age", "1s").exit(), "too old is critical");
        assertEquals(3, backup("check", "--max-age", "soon").exit(), "what we cannot answer is unknown");
        Files.deleteIfExists(backups().resolve(".receipts").resolve(name + ".drill.json"));   // of another test
        var undrilled = backup("check", "--max-drill-age", "8d");
        assertEquals(1, undrilled.exit(), undrilled::toString);
        var own = BackupDirectory.open(backups().resolve(name));
        Receipt.keep(own, Receipt.DRILL, false, List.of("it did not boot"));
        var bad = backup("check", "--max-drill-age", "8d");
        assertFalse(numbers("bad").contains("drill_last_success"), "a drill that failed proves nothing");
        Receipt.keep(own, Receipt.DRILL, true, List.of());
        assertEquals(2, bad.exit(), bad::toString);
        assertTrue(bad.out().contains(name + " could NOT be restored"), bad::toString);
        assertEquals(0, backup("check", "--max-drill-age", "8d").exit());
        assertEquals(2, backup("check", "-o", "nowhere").exit(), "no backup at all is critical");

        var numbers = numbers("good");
        assertTrue(numbers.contains("timescaledb_tools_backup_last_success_timestamp_seconds{system=\""), numbers);
        assertTrue(numbers.contains("timescaledb_tools_drill_last_success_timestamp_seconds{system=\""), numbers);
    }

    /** What a verification writes for Prometheus. */
    private String numbers(String file) throws IOException {
        var verified = backup("verify", "latest", "--metrics", prefix + "/" + file + ".prom");
        assertEquals(0, verified.exit(), verified::toString);
        return Files.readString(work.resolve(prefix).resolve(file + ".prom"));
    }

    @Test
    void a_failed_run_leaves_the_time_of_the_last_success() throws IOException {
        var port = String.valueOf(Cluster.freePort());
        var failed = tool().with("PGPORT", port).run("-o", "backups", "--metrics", prefix + ".prom");
        assertEquals(10, failed.exit(), failed::toString);
        var numbers = Files.readString(work.resolve(prefix + ".prom"));
        assertTrue(numbers.contains("backup_last_run_succeeded") && numbers.contains("\"} 0\n"), numbers);
        assertTrue(numbers.contains("backup_last_success_timestamp_seconds"), numbers);
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    private static Path backups() {
        return work.resolve("backups");
    }

    private static Tool tool() {
        return Tool.of("backup")
            .in(work)
            .with(cluster.environment())
            .with(
                Map.of(
                    "RCLONE_CONFIG",
                    work.resolve("rclone.conf").toString(),
                    "RCLONE_CA_CERT",
                    storage.certificate().toString()));
    }

    private static Tool.Result backup(String... arguments) {
        return tool().run(arguments);
    }
}
