import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Program;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.RestorableBackup;
import lib.boot.Owner;
import lib.restore.Restoration;
import lib.restore.RestoreOptions;
import lib.restore.RestorePlan;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a restore refuses: one clear sentence each, and what was there is as it was. */
@Tag("local")
class RestoreRefusalTest {
    private static Cluster cluster;
    private static Path home;
    private static Path tar;
    private static Path plain;
    private Path place;
    private Path data;
    private String before;

    @BeforeAll
    static void backups() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        home = cluster.home();
        tar = BareBackup.take(cluster, home.resolve("tar"), "-Ft", "-Z", "client-gzip:1");
        plain = BareBackup.take(cluster, home.resolve("plain"), "-Fp");
        var space = Files.createDirectory(home.resolve("space"));
        Cluster.giveToServer(space);
        cluster.sql("CREATE TABLESPACE fast LOCATION '" + space + "'");
        cluster.sql("CREATE TABLE there TABLESPACE fast AS SELECT i FROM generate_series(1, 5000) AS i");
        BareBackup.take(cluster, home.resolve("spaces"), "-Ft", "-Z", "client-gzip:1");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @BeforeEach
    void an_old_cluster() throws IOException {
        place = Files.createTempDirectory(home, "place-");
        data = place.resolve("data");
        BareBackup.copy(plain, data);
        Cluster.giveToServer(place);
        before = BareBackup.hash(place);
    }

    @AfterEach
    void is_as_it_was() {
        if (before != null) assertEquals(before, BareBackup.hash(place));
    }

    @Test
    void a_target_that_is_no_place_for_a_cluster() throws IOException {
        refused(2, "'/' is not a place", tar, Path.of("/"));
        refused(2, "has a line break in it", tar, place.resolve("a\nb"));
        refused(2, "is the backup itself", plain, plain);
        refused(2, "lies in the backup itself", tar, tar.resolve("data"));
        refused(2, "the backup lies inside of", tar, home);
        var link = Files.createSymbolicLink(home.resolve("link-" + place.getFileName()), data);
        refused(2, "is a symbolic link", tar, link);
        refused(2, "is a file", tar, data.resolve("PG_VERSION"));
        refused(2, "is not empty, and it is no PostgreSQL cluster", tar, place);
        refused(2, "is a mount point", tar, Path.of("/proc"));
    }

    /** A role that may only replicate is not told what the server preloads; the copied settings tell it. */
    @Test
    void a_library_that_the_settings_preload_and_the_server_here_lacks() throws IOException {
        var other = copyOf(plain, "preloads");
        Files.writeString(
            other.resolve("postgresql.conf"),
            "\nshared_preload_libraries = 'auto_explain, not_here'\n",
            StandardOpenOption.APPEND);
        refused(12, "preloads the library 'not_here'", other, data);
    }

    @Test
    void what_is_no_whole_backup() throws IOException {
        refused(2, "is not a backup", Files.createDirectories(home.resolve("nothing")), data);
        refused(2, "there is no backup at", home.resolve("nowhere"), data);
        var half = copyOf(tar, "half");
        Files.move(half.resolve("backup_manifest"), half.resolve("backup_manifest.tmp"));
        refused(11, "backup_manifest is missing", half, data);
        var noBase = copyOf(tar, "no-base");
        Files.delete(noBase.resolve("base.tar.gz"));
        refused(11, "base.tar is missing", noBase, data);
        var noSpace = copyOf(home.resolve("spaces"), "no-space");
        try (var files = Files.list(noSpace)) {
            Files.delete(
                files.filter(f -> f.getFileName().toString().matches("\\d+\\.tar\\.gz")).findFirst().orElseThrow());
        }
        refused(11, "is not complete: tablespace", noSpace, data);
        var cut = copyOf(tar, "cut");
        try (
            var file = FileChannel
                .open(cut.resolve("base.tar.gz"), StandardOpenOption.WRITE)) {
            file.truncate(file.size() / 2);
        }
        refused(11, "is damaged", cut, data);
        var noWal = copyOf(tar, "no-wal");
        Files.delete(noWal.resolve("pg_wal.tar.gz"));
        refused(11, "lacks WAL that it needs", noWal, data);
    }

    @Test
    void a_backup_of_another_version_or_an_incremental_one() throws IOException {
        var older = copyOf(plain, "older");
        Files.writeString(older.resolve("PG_VERSION"), "9\n");
        refused(12, "this needs postgres of PostgreSQL 9", older, data);
        var incremental = copyOf(plain, "incremental");
        var manifest =
            Files.readString(incremental.resolve("backup_manifest"))
                .replaceFirst("\"Path\": \"base/1/", "\"Path\": \"base/1/INCREMENTAL.");
        writeManifest(incremental, manifest);
        refused(2, "is an incremental backup", incremental, data);
    }

    @Test
    void one_changed_byte_anywhere() throws IOException {
        var changed = copyOf(plain, "changed");
        var file = changed.resolve("base/1/" + "1259");
        var bytes = Files.readAllBytes(file);
        bytes[5000] ^= 1;
        Files.write(file, bytes);
        refused(11, "base/1/1259 has another CRC32C than the manifest says", changed, data);
        Files.write(changed.resolve("base/1/1255"), new byte[] {1}, StandardOpenOption.APPEND);
        refused(11, "(and 1 more)", changed, data);
        var extra = copyOf(plain, "extra");
        Files.writeString(extra.resolve("base/1/99999"), "x");
        refused(11, "base/1/99999 is not in the manifest", extra, data);
        var wal = copyOf(plain, "wal");
        var label = Files.readString(wal.resolve("backup_label"));
        var segment = wal.resolve("pg_wal").resolve(label.replaceAll("(?s).*file ([0-9A-F]{24}).*", "$1"));
        var record = Integer.parseInt(label.replaceAll("(?s).*CHECKPOINT LOCATION: [0-9A-F]+/([0-9A-F]+).*", "$1"), 16)
            % (16 << 20);
        bytes = Files.readAllBytes(segment);
        bytes[record + 30] ^= 1;
        Files.write(segment, bytes);
        refused(11, "the WAL of the backup", wal, data);
        var missing = copyOf(plain, "missing");
        Files.delete(missing.resolve("base/1/1247"));
        refused(11, "base/1/1247 is missing", missing, data);
    }

    @ParameterizedTest @ValueSource(
        strings = {"../escaped", "/tmp/escaped-by-name", "base/../../escaped", "pg_tblspc/1/../../../escaped"})
    void an_archive_with_names_that_lead_out(String name) throws IOException {
        var bad = archive("names", out -> file(out, name, "x"));
        refused(11, "a name that leads out of the data directory", bad, data);
        assertFalse(Files.exists(Path.of("/tmp/escaped-by-name")));
        assertFalse(Files.exists(home.resolve("escaped")));
    }

    @Test
    void an_archive_with_links_and_devices() throws IOException {
        refused(11, "a link", archive("link", out -> {
            var entry = new TarArchiveEntry("base/out", TarConstants.LF_SYMLINK);
            entry.setLinkName("/etc");
            out.putArchiveEntry(entry);
            out.closeArchiveEntry();
            file(out, "base/out/escaped", "x");
        }), data);
        assertFalse(Files.exists(Path.of("/etc/escaped")));
        refused(11, "of a kind that no backup holds", archive("hard", out -> {
            var entry = new TarArchiveEntry("base/hard", TarConstants.LF_LINK);
            entry.setLinkName("/etc/passwd");
            out.putArchiveEntry(entry);
            out.closeArchiveEntry();
        }), data);
        for (byte kind : new byte[] {TarConstants.LF_CHR, TarConstants.LF_BLK, TarConstants.LF_FIFO}) {
            refused(11, "device", archive("device", out -> {
                out.putArchiveEntry(new TarArchiveEntry("base/device", kind));
                out.closeArchiveEntry();
            }), data);
        }
        refused(11, "the same file twice", archive("twice", out -> {
            file(out, "base/1", "x");
            file(out, "base/1", "y");
        }), data);
    }

    @Test
    void a_tablespace_that_would_be_shared() throws IOException {
        var spaces = home.resolve("spaces");
        var live = home.resolve("space").toString();
        refused(12, "the restored cluster would share it", spaces, data);
        refused(12, "the restored cluster would share it", spaces, data, Map.of(live, plain.toString()));
        refused(2, "no tablespace of this backup lies in /elsewhere", spaces, data, Map.of("/elsewhere", "/new"));
        refused(2, "is not an absolute path", spaces, data, Map.of(live, "relative"));
        refused(2, "lies in the data directory", spaces, data, Map.of(live, data.resolve("x").toString()));
        refused(2, "lies in the backup itself", spaces, data, Map.of(live, spaces.resolve("x").toString()));
    }

    @Test
    void a_disk_that_is_too_small_or_not_ours() throws IOException {
        Assumptions.assumeTrue(Cluster.isRoot(), "mounting a small disk needs root");
        var small = Files.createDirectory(home.resolve("small-" + place.getFileName()));
        run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small.toString());
        try {
            refused(12, "needs", tar, small.resolve("data"));
        } finally {
            run("umount", small.toString());
        }
        run("mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", small.toString());
        try {
            run("mount", "-o", "remount,ro", small.toString());
            refused(12, "cannot write into", tar, small.resolve("data"));
            refused(2, "is a mount point", tar, small);
        } finally {
            run("umount", small.toString());
        }
    }

    @Test
    void a_wrong_key_and_none() throws IOException {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v age && command -v age-keygen")).capture().ok(),
            "age is not on this machine");
        var right = key("right");
        var wrong = key("wrong");
        var encrypted = copyOf(tar, "encrypted");
        for (var name : List.of("base.tar.gz", "pg_wal.tar.gz")) {
            run(
                "age",
                "-r",
                recipient(right),
                "-o",
                encrypted.resolve(name + ".age").toString(),
                encrypted.resolve(name).toString());
            Files.delete(encrypted.resolve(name));
        }
        refused(12, "is encrypted", encrypted, data);
        var failure = assertThrows(Failure.class, () -> restore(encrypted, data, Map.of(), Age.identity(wrong)));
        assertEquals(12, failure.exitCode());
        assertTrue(failure.getMessage().contains("opens this backup"), failure::getMessage);
        restore(encrypted, place.resolve("opened"), Map.of(), Age.identity(right));
        assertTrue(Files.exists(place.resolve("opened/global/pg_control")));
        before = null;
    }

    @Test
    void an_ordinary_user_may_not_replace_what_is_not_theirs() throws IOException {
        Assumptions.assumeTrue(Cluster.isRoot(), "needs a second user");
        Files.writeString(place.resolve("x"), "");
        run("chown", "-R", "0:0", place.toString());
        before = BareBackup.hash(place);
        run("chmod", "-R", "a+rX", tar.toString());
        // As the server's user, who may not write there.
        var tool = Tool.command(
            "setpriv",
            "--reuid=" + Owner.named("postgres").orElseThrow().uid(),
            "--clear-groups",
            "--",
            Tool.ROOT.resolve("bin/jbang").toString(),
            Tool.ROOT.resolve("restore.java").toString()).with("HOME", System.getProperty("user.home"));
        tool.run("--version");       // JBang may have to build it for that user first, and says so
        var result = tool.run(tar.toString(), "-D", data.toString(), "--force");
        Assumptions.assumeFalse(result.err().contains("jbang"), "JBang's cache is not readable for another user here");
        assertEquals(12, result.exit(), result::toString);
    }

    @Test
    void a_server_that_still_runs_and_cannot_be_stopped() throws IOException {
        before = null;
        var failure = assertThrows(Failure.class, () -> {
            var source = new RestorePlan.Source(RestorableBackup.of(BackupDirectory.open(tar), null), null);
            var options = RestoreOptions.of("-D", cluster.data().toString(), "--stop-command", "false");
            var plan = RestorePlan.make(source, options, Instant.now());
            assertNotNull(plan.runner().running());
            Restoration.run(plan);
        });
        assertTrue(failure.getMessage().contains("the stop command ended with 1"), failure::getMessage);
        assertEquals("1", cluster.sql("SELECT 1"));
        assertFalse(Files.exists(home.resolve("data.restoring")));
    }

    private static void refused(int exitCode, String part, Path backup, Path data) {
        refused(exitCode, part, backup, data, Map.of());
    }

    private static void refused(int exitCode, String part, Path backup, Path data, Map<String, String> tablespaces) {
        var failure = assertThrows(Failure.class, () -> restore(backup, data, tablespaces, null));
        assertTrue(failure.getMessage().contains(part), failure::getMessage);
        assertEquals(exitCode, failure.exitCode(), failure::getMessage);
        assertFalse(failure.getMessage().endsWith("."), failure::getMessage);
        if (exitCode != ExitCode.FAILED) assertNotNull(failure.hint(), failure::getMessage);
    }

    private static void restore(Path backup, Path data, Map<String, String> tablespaces, Age.Identity key)
        throws IOException {
        var source = new RestorePlan.Source(RestorableBackup.of(BackupDirectory.open(backup), key), key);
        var typed = new ArrayList<>(List.of("-D", data.toString()));
        tablespaces.forEach((from, to) -> typed.addAll(List.of("--tablespace", from + "=" + to)));
        Restoration.run(RestorePlan.make(source, RestoreOptions.of(typed.toArray(String[]::new)), Instant.now()));
    }

    private static Path copyOf(Path backup, String name) {
        var copy = home.resolve(name + "-" + System.nanoTime());
        BareBackup.copy(backup, copy);
        return copy;
    }

    private interface Content {
        void writeTo(TarArchiveOutputStream out) throws IOException;
    }

    /** A backup whose base.tar begins with what no pg_basebackup writes. */
    private static Path archive(String name, Content content) throws IOException {
        var backup = copyOf(tar, name);
        try (
            OutputStream file = Files.newOutputStream(backup.resolve("base.tar.gz"));
            var out = new TarArchiveOutputStream(new GZIPOutputStream(file))) {
            out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            content.writeTo(out);
        }
        return backup;
    }

    private static void file(TarArchiveOutputStream out, String name, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var entry = new TarArchiveEntry(name, true);
        entry.setSize(bytes.length);
        out.putArchiveEntry(entry);
        out.write(bytes);
        out.closeArchiveEntry();
    }

    /** With its own checksum made anew, as an attacker or a well-meaning script would. */
    private static void writeManifest(Path backup, String text) throws IOException {
        var body = text.substring(0, text.lastIndexOf("\"Manifest-Checksum\""));
        try {
            var sum = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8)));
            Files.writeString(backup.resolve("backup_manifest"), body + "\"Manifest-Checksum\": \"" + sum + "\"}\n");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path key(String name) {
        var file = home.resolve(name + ".key");
        run("age-keygen", "-o", file.toString());
        return file;
    }

    private static String recipient(Path key) {
        return Program.of(List.of("age-keygen", "-y", key.toString())).capture().stdout().strip();
    }

    private static void run(String... command) {
        var answer = Program.of(List.of(command)).capture();
        if (!answer.ok()) throw new AssertionError(String.join(" ", command) + ": " + answer.stderr());
    }
}
