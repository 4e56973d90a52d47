import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import lib.Json;
import lib.Program;
import lib.archive.BackupDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** backup.java as a user runs it, against a real server with two tablespaces and a database of an ugly name. */
@Tag("local")
class BackupTest {
    private static Cluster cluster;
    private static Path work;

    @BeforeAll
    static void a_cluster_with_two_tablespaces() throws IOException {
        cluster = Cluster.create();
        work = Files.createTempDirectory("backup-");
        for (var name : List.of("ts one", "ts2")) {
            Cluster.giveToServer(Files.createDirectory(cluster.home().resolve(name)));
            cluster.sql("CREATE TABLESPACE \"" + name + "\" LOCATION '" + cluster.home().resolve(name) + "'");
        }
        cluster.sql("CREATE DATABASE \"od\"\"d'\nß\"");
        cluster.sql("CREATE TABLE a AS SELECT g AS i, md5(g::text) AS t FROM generate_series(1, 20000) AS g");
        cluster.sql("CREATE TABLE b TABLESPACE \"ts one\" AS SELECT * FROM a");
        cluster.sql("CREATE TABLE c TABLESPACE ts2 AS SELECT * FROM a");
    }

    @AfterAll
    static void remove() {
        cluster.close();
        Cluster.delete(work);
    }

    @Test
    void a_backup_prints_its_path_alone_and_is_whole_private_and_listed() throws IOException {
        var result = backup("--label", "before \"upgrade\"", "-o", "one");

        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().matches("one/cluster_backup_\\d{8}_\\d{6}\\n"), result.out());
        var path = work.resolve(result.out().strip());
        var print = BackupDirectory.open(path).fingerprint().orElseThrow();
        assertEquals("zstd", print.storage().codec());
        assertEquals(2, print.tablespaces().size());
        assertEquals(
            ((Integer) Files.getAttribute(cluster.data(), "unix:uid")).longValue(),
            print.server().uid(),
            "the server's user, not ours");
        assertTrue(
            print.databases().stream().anyMatch(d -> d.name().equals("od\"d'\nß") && d.unreadable() == null),
            print.databases()::toString);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        try (var files = Files.list(path)) {
            for (var file : files.toList()) {
                assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
                    file::toString);
            }
        }
        assertTrue(Files.exists(path.resolve("pg_wal.tar.zst")), "the WAL is compressed too");
        assertTrue(
            Program.of(List.of("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS")).in(path).capture().ok());
        var list = tool("list", "-o", "one");
        assertTrue(
            list.out().contains(path.getFileName().toString()) && list.out().contains("verified"),
            list::toString);
        var verified = tool("verify", path.toString());
        assertEquals(0, verified.exit(), verified::toString);
        assertEquals("", verified.out());
    }

    /** As cron runs it: LC_ALL=C, or no variable at all. */
    @Test
    void under_a_locale_without_utf8_it_works_as_under_one() throws IOException {
        var odd = cluster.data().resolve("ünïcode.txt");
        Files.writeString(odd, "x");
        Cluster.giveToServer(odd);
        var script = work.resolve("cron.sh");
        var tool = "'" + Tool.ROOT.resolve("bin/jbang") + "' '" + Tool.ROOT.resolve("backup.java") + "' ";
        var clean = "env -i PATH=\"$PATH\" HOME=\"$HOME\" PGHOST=127.0.0.1 PGUSER=postgres PGSSLMODE=disable PGPORT=";
        Files.writeString(
            script,
            "set -eu\nmkdir 'wörk'\ncd 'wörk'\n" + clean + cluster.port() + " " + tool
                + "-o 'bäckups' --label 'é ß' --no-progress --json --on-done 'cat > ö.json'\n" + "LC_ALL=C " + tool
                + "verify latest -o 'bäckups' --no-progress\n");
        var answer = Program.of(List.of("sh", script.toString())).in(work).capture();
        Files.delete(odd);
        assertTrue(answer.ok(), () -> answer.stdout() + answer.stderr());
        var json = Json.tree(answer.stdout());
        assertEquals("é ß", json.get("backup").get("label").asString());
        assertTrue(json.get("path").asString().contains("/wörk/bäckups/cluster_backup_"), answer::stdout);
        assertEquals(answer.stdout(), Files.readString(work.resolve("wörk/ö.json")));
        var backup = BackupDirectory.open(Path.of(json.get("path").asString()));
        assertTrue(backup.manifest().files().find("ünïcode.txt") >= 0);
    }

    @Test
    void a_missing_server_is_named_and_nothing_is_made() {
        var result = Tool.of("backup").in(work).with("PGPORT", "1").with("PGHOST", "127.0.0.1").run("-o", "none");

        assertEquals(10, result.exit(), result::toString);
        assertTrue(
            result.err().startsWith("backup: cannot reach 127.0.0.1:1: connection refused\nHINT: "),
            result.err());
        assertFalse(Files.exists(work.resolve("none")));
    }

    private Tool.Result backup(String... options) {
        return tool(options);
    }

    private Tool.Result tool(String... arguments) {
        return Tool.of("backup").in(work).with(cluster.environment()).run(arguments);
    }
}
