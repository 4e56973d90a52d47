import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import lib.Program;
import lib.Progress;
import lib.archive.BackupDirectory;
import lib.archive.Checksum;
import lib.archive.Verifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever was done to a backup, verify finds it and names the file. The list of faults is that of PostgreSQL's
 * pg_verifybackup/t/003_corruption.pl, and more.
 */
@Tag("local")
class BackupDamageTest {
    /** BACKUP_FLIPS=200 for the long run. */
    private static final int FLIPS = Integer.parseInt(System.getenv().getOrDefault("BACKUP_FLIPS", "25"));

    private static Cluster cluster;
    private static Path work;
    private static Path plain;
    private static Path bare;

    @BeforeAll
    static void backups_of_a_cluster_with_a_tablespace() throws IOException {
        cluster = Cluster.create("wal_keep_size = 64");
        work = Files.createTempDirectory("backup-");
        Cluster.giveToServer(Files.createDirectory(cluster.home().resolve("ts")));
        cluster.sql("CREATE TABLESPACE ts LOCATION '" + cluster.home().resolve("ts") + "'");
        cluster
            .sql("CREATE TABLE a TABLESPACE ts AS SELECT g AS i, md5(g::text) AS t FROM generate_series(1, 5000) AS g");
        plain = backup("--format=plain");
        bare = BareBackup.take(cluster, work.resolve("bare"), "-Ft");
    }

    @AfterAll
    static void remove() {
        cluster.close();
        Cluster.delete(work);
    }

    @ParameterizedTest @ValueSource(strings = {"zstd", "gzip", "lz4", "none"})
    void every_single_flipped_bit_is_found(String codec) throws IOException {
        flipBits(backup("--compress=" + codec), FLIPS, new Random(codec.hashCode()));
    }

    @Test
    void every_single_flipped_bit_is_found_in_the_plain_format() throws IOException {
        flipBits(plain, FLIPS, new Random(5));
    }

    /** Every file gets its share, so that the small papers are hit as well as the big archives. */
    private static void flipBits(Path backup, int flips, Random random) throws IOException {
        assertEquals(List.of(), findings(backup));
        List<Path> files;
        try (var all = Files.walk(backup)) {
            files = all.filter(Files::isRegularFile).filter(f -> f.toFile().length() > 0).sorted().toList();
        }
        for (int i = 0; i < flips; i++) {
            var file = files.get(random.nextInt(files.size()));
            long at = random.nextLong(Files.size(file));
            int bit = random.nextInt(8);
            flip(file, at, bit);
            try {
                assertFalse(findings(backup).isEmpty(), () -> "bit " + bit + " of byte " + at + " in " + file);
            } finally {
                flip(file, at, bit);
            }
        }
        assertEquals(List.of(), findings(backup));
    }

    @Test
    void in_the_plain_format_each_fault_is_found_and_named() throws IOException {
        var data = plain.resolve("data");
        var version = data.resolve("PG_VERSION");
        var wal = firstIn(data.resolve("pg_wal"), "[0-9A-F]{24}");
        var inTablespace = firstIn(data.resolve("pg_tblspc"), "\\d+");
        var good = Files.readAllBytes(version);

        Files.writeString(data.resolve("base/extra"), "x");
        assertNames(plain, "base/extra is in the backup, but not in its manifest");
        Files.delete(data.resolve("base/extra"));

        Files.writeString(inTablespace.resolve("extra"), "x");
        assertNames(
            plain,
            "pg_tblspc/" + inTablespace.getFileName() + "/extra is in the backup, but not in its manifest");
        Files.delete(inTablespace.resolve("extra"));

        assertFoundWhileMoved(plain, version, "PG_VERSION is missing");
        assertFoundWhileMoved(plain, inTablespace, "pg_tblspc/" + inTablespace.getFileName() + "/PG_");
        assertFoundWhileMoved(plain, wal, "pg_wal/" + wal.getFileName() + " is missing");
        assertFoundWhileMoved(plain, data.resolve("backup_manifest"), "backup_manifest is missing");
        assertFoundWhileMoved(plain, plain.resolve("backup.json"), "backup.json is missing");

        Files.write(version, new byte[] {'9'}, StandardOpenOption.APPEND);
        assertNames(plain, "PG_VERSION has 4 bytes, the manifest says 3");
        Files.write(version, new byte[] {'1'});
        assertNames(plain, "PG_VERSION has 1 bytes, the manifest says 3");
        Files.write(version, new byte[] {'9', '9', '\n'});
        assertNames(plain, "PG_VERSION has other content than was backed up");
        Files.write(version, good);

        Files.createSymbolicLink(data.resolve("base/link"), Path.of("/etc/passwd"));
        assertNames(plain, "is a link");
        Files.delete(data.resolve("base/link"));

        assertEquals(List.of(), findings(plain));
    }

    /** A backup of a bare pg_basebackup has no sums: the manifest and the WAL's own CRCs must do. */
    @Test
    void in_an_archive_each_fault_is_found_by_the_manifest_alone() throws IOException {
        assertEquals(List.of(), findings(bare));
        var base = bare.resolve("base.tar");
        var good = Files.readAllBytes(base);
        var tablespace = firstIn(bare, "\\d+\\.tar");

        Files.writeString(work.resolve("extra"), "x");
        tar("-rf", base.toString(), "-C", work.toString(), "extra");
        assertNames(bare, "extra is in the backup, but not in its manifest");
        Files.write(base, good);

        tar("--delete", "-f", base.toString(), "PG_VERSION");
        assertNames(bare, "PG_VERSION is missing");
        Files.writeString(work.resolve("PG_VERSION"), "99\n");
        tar("-rf", base.toString(), "-C", work.toString(), "PG_VERSION");
        assertNames(bare, "PG_VERSION has other content than was backed up");
        Files.write(base, good);

        Files.writeString(work.resolve("PG_VERSION"), "15\n15\n");
        tar("--delete", "-f", base.toString(), "PG_VERSION");
        tar("-rf", base.toString(), "-C", work.toString(), "PG_VERSION");
        assertNames(bare, "PG_VERSION has 6 bytes, the manifest says 3");
        Files.write(base, good);

        Files.write(base, Arrays.copyOf(good, good.length / 2));
        assertNames(bare, "base.tar is damaged");
        Files.write(base, good);
        Files.write(base, "more".getBytes(), StandardOpenOption.APPEND);
        assertNames(bare, "base.tar is damaged: bytes after the end of the archive");
        Files.write(base, good);

        assertFoundWhileMoved(
            bare,
            tablespace,
            "pg_tblspc/" + tablespace.getFileName().toString().replace(".tar", "") + "/PG_");
        assertFoundWhileMoved(bare, base, "PG_VERSION is missing");

        assertEquals(List.of(), findings(bare));
    }

    @Test
    void bytes_behind_a_compressed_archive_are_found() throws IOException {
        for (var codec : List.of("gzip", "client-zstd", "client-lz4")) {
            var backup = BareBackup.take(cluster, work.resolve("bare-" + codec), "-Ft", "-Z", codec);
            var base = firstIn(backup, "base\\.tar.*");
            assertEquals(List.of(), findings(backup));
            Files.writeString(base, "more", StandardOpenOption.APPEND);
            assertNames(backup, base.getFileName() + " is damaged");
        }
    }

    @Test
    void a_manifest_of_another_backup_does_not_pass() throws IOException {
        var other = BareBackup.take(cluster, work.resolve("other"), "-Ft");
        Files.copy(
            other.resolve("backup_manifest"),
            bare.resolve("backup_manifest"),
            StandardCopyOption.REPLACE_EXISTING);
        try {
            assertNames(bare, "backup_label has ");
            assertNames(bare, "is missing: the backup cannot become consistent without it");
        } finally {
            Cluster.delete(bare);
            bare = BareBackup.take(cluster, work.resolve("bare"), "-Ft");
        }
    }

    /** Since PostgreSQL 17 a manifest names its cluster; before, only the WAL and pg_control do. */
    @Test
    void wal_of_another_cluster_is_found() throws IOException {
        assertWithManifest(
            "\"PostgreSQL-Backup-Manifest-Version\": 1,",
            "\"PostgreSQL-Backup-Manifest-Version\": 2,\n\"System-Identifier\": 7451938475123456789,",
            backup -> assertNames(backup, "belongs to another cluster, "));
    }

    @Test
    void an_incremental_backup_is_not_called_whole() throws IOException {
        assertWithManifest("\"global/pg_filenode.map\"", "\"global/INCREMENTAL.pg_filenode.map\"", backup -> {
            var result = Tool.of("backup").in(work).run("verify", backup.toString());
            assertEquals(11, result.exit(), result::toString);
            assertTrue(
                result.err().contains("is an incremental backup")
                    && result.err().contains("HINT: join it with the backups before it: pg_combinebackup"),
                result::toString);
        });
    }

    /** A backup whose manifest says something else, under a sum of its own that is right. */
    private static void assertWithManifest(String before, String after, Consumer<Path> check)
        throws IOException {
        var manifest = bare.resolve("backup_manifest");
        var good = Files.readString(manifest);
        // A server of version 17 or newer writes its identifier itself.
        var text = good.contains(before) ? good.replace(before, after)
            : good.replaceFirst("\"System-Identifier\": \\d+", "\"System-Identifier\": 7451938475123456789");
        var covered = text.substring(0, text.indexOf("\"Manifest-Checksum\""));
        var sha = Checksum.of(Checksum.Algorithm.SHA256);
        sha.update(
            covered.getBytes(StandardCharsets.UTF_8),
            0,
            covered.getBytes(StandardCharsets.UTF_8).length);
        try {
            Files.writeString(manifest, covered + "\"Manifest-Checksum\": \"" + sha.hex() + "\"}\n");
            check.accept(bare);
        } finally {
            Files.writeString(manifest, good);
        }
        assertEquals(List.of(), findings(bare));
    }

    /** The WAL is in no manifest, but each record has a CRC: all that recovery would read is read. */
    @Test
    void a_flipped_bit_in_the_wal_of_a_bare_backup_is_found() throws Exception {
        var load =
            Thread.ofPlatform()
                .start(
                    () -> cluster.sql("CREATE TABLE w AS SELECT g, md5(g::text) FROM generate_series(1, 300000) AS g"));
        var backup = BareBackup.take(cluster, work.resolve("wal"), "-Ft", "--max-rate=20M");
        load.join();
        var wal = backup.resolve("pg_wal.tar");
        assertEquals(List.of(), findings(backup));
        var range = BackupDirectory.open(backup).manifest().walRanges().getFirst();
        long from = 512 + range.start() % (16 << 20);
        long to =
            range.end() / (16 << 20) > range.start() / (16 << 20) ? 512 + (16 << 20) : 512 + range.end() % (16 << 20);
        assertTrue(to - from > 100_000, () -> "the backup holds WAL of the load: " + (to - from));
        var random = new Random(7);
        int found = 0;
        for (int i = 0; i < 25; i++) {
            long at = random.nextLong(from, to);
            flip(wal, at, i % 8);
            if (findings(backup).stream().anyMatch(f -> f.path().startsWith("pg_wal/"))) found++;
            flip(wal, at, i % 8);
        }
        // The few bytes that fill a record up to eight are in no CRC, and nobody reads them.
        assertTrue(found >= 20, found + " of 25");
    }

    @Test
    void verify_says_no_with_exit_code_11_and_list_remembers_it() throws IOException {
        var backup = backup("--compress=zstd");
        flip(backup.resolve("base.tar.zst"), Files.size(backup.resolve("base.tar.zst")) / 2, 3);

        var result = Tool.of("backup").in(work).run("verify", backup.toString());

        assertEquals(11, result.exit(), result::toString);
        assertTrue(result.out().contains("base.tar.zst does not match its sum in SHA256SUMS"), result::toString);
        assertTrue(result.err().contains("backup: " + backup.getFileName() + " is damaged"), result::toString);
        assertTrue(
            Tool.of("backup")
                .in(work)
                .run("list")
                .out()
                .lines()
                .anyMatch(l -> l.contains(backup.getFileName().toString()) && l.contains("damaged")));
        Cluster.delete(backup);
    }

    private static void assertFoundWhileMoved(Path backup, Path file, String finding) throws IOException {
        var aside = work.resolve("aside");
        Files.move(file, aside);
        try {
            assertNames(backup, finding);
        } finally {
            Files.move(aside, file);
        }
    }

    private static void assertNames(Path backup, String finding) {
        var found = findings(backup);
        assertTrue(
            found.stream().anyMatch(f -> f.toString().contains(finding)),
            () -> "wanted: " + finding + "\nfound: " + found);
    }

    private static List<Verifier.Damage> findings(Path backup) {
        return Verifier.verify(BackupDirectory.open(backup), null, 2, Progress.none()).damages();
    }

    private static Path firstIn(Path directory, String name) throws IOException {
        try (var children = Files.list(directory)) {
            return children.filter(c -> c.getFileName().toString().matches(name)).sorted().findFirst().orElseThrow();
        }
    }

    private static void flip(Path file, long at, int bit) throws IOException {
        try (var f = new RandomAccessFile(file.toFile(), "rw")) {
            f.seek(at);
            int b = f.read();
            f.seek(at);
            f.write(b ^ 1 << bit);
        }
    }

    private static void tar(String... options) {
        var command = new ArrayList<>(List.of("tar"));
        command.addAll(List.of(options));
        var answer = Program.of(command).capture();
        assertTrue(answer.ok(), answer::stderr);
    }

    private static Path backup(String option) {
        var result = Tool.of("backup").in(work).with(cluster.environment()).run(option, "--no-progress", "--jobs=2");
        assertEquals(0, result.exit(), result::toString);
        return work.resolve(result.out().strip());
    }
}
