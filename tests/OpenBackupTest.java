import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import lib.Json;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** explore and chart with --backup: what they say of a backup is what they said of the database, and nothing of it stays. */
@Tag("local")
class OpenBackupTest {
    private static Cluster cluster;
    private static Path home;
    private static Path work;
    private static Path scratch;

    /** The original is stopped afterwards: nothing but the backup can answer. */
    @BeforeAll
    static void a_database_what_was_said_of_it_and_its_backup() throws IOException {
        cluster = Cluster.create("fsync = off");
        home = cluster.home();
        work = Files.createDirectory(home.resolve("work"));
        scratch = Files.createDirectory(home.resolve("scratch"));
        Cluster.giveToServer(scratch);
        cluster.sql("CREATE DATABASE metrics");
        var loaded =
            Tool.of("example/sample").with(cluster.environment()).run("--quiet", "--scale", "0.1", "-d", "metrics");
        assertEquals(0, loaded.exit(), loaded::toString);
        var drawn = Tool.of("chart")
            .with(cluster.environment())
            .in(work)
            .run("--metric", "health", "-d", "metrics", "-o", "live.svg");
        assertEquals(0, drawn.exit(), drawn::toString);
        var backup = BareBackup
            .take(cluster, work.resolve("backups/cluster_backup_20250704_165326"), "-Ft", "-Z", "client-gzip:1");
        cluster.stop();
        assertTrue(Files.exists(backup.resolve("base.tar.gz")));
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void a_chart_of_the_backup_is_the_chart_of_the_database() throws IOException {
        var before = BareBackup.hash(home.resolve("data"));
        var drawn = tool("chart").run("--metric", "health", "-d", "metrics", "-o", "backup.svg", "--backup", "latest");
        assertEquals(0, drawn.exit(), drawn::toString);
        assertEquals("backup.svg\n", drawn.out());
        assertTrue(drawn.err().contains("booting a copy of cluster_backup_20250704_165326"), drawn::toString);
        assertEquals(Files.readString(work.resolve("live.svg")), Files.readString(work.resolve("backup.svg")));
        assertNothingStays();
        assertEquals(before, BareBackup.hash(home.resolve("data")));
    }

    @Test
    void a_report_of_the_backup_names_it_and_does_not_judge_the_settings_of_the_copy() throws IOException {
        var before = BareBackup.hash(work.resolve("backups"));
        var explored = tool("explore").run(
            "--backup",
            work.resolve("backups/cluster_backup_20250704_165326").toString(),
            "-d",
            "metrics",
            "--format",
            "json");
        assertEquals(0, explored.exit(), explored::toString);
        var report =
            Json.read(
                Files.readString(work.resolve(explored.out().strip()).resolve("report.json")),
                tools.jackson.databind.JsonNode.class);
        assertEquals("backup cluster_backup_20250704_165326", report.get("source").asString());
        assertEquals("metrics", report.get("database").get("name").asString());
        var tables = new ArrayList<String>();
        report.get("tables").forEach(t -> tables.add(t.get("name").asString()));
        assertTrue(
            tables.containsAll(List.of("health_metrics", "meteo_metrics", "power_metrics", "stations")),
            tables::toString);
        var skipped = new ArrayList<String>();
        report.get("health")
            .get("rules")
            .forEach(r -> {
                if (r.get("outcome").asString().equals("SKIPPED")) skipped.add(r.get("rule").asString());
            });
        // fsync and autovacuum are off in the copy
        for (var rule : List.of("SET-02", "SET-03")) assertTrue(skipped.contains(rule), skipped::toString);
        assertNothingStays();
        assertEquals(before, BareBackup.hash(work.resolve("backups")));
    }

    @Test
    void what_cannot_be_is_said_in_one_sentence() throws IOException {
        var other = tool("chart").run("metrics", "--backup", "latest", "-d", "shop");
        assertEquals(2, other.exit(), other::toString);
        assertTrue(
            other.err().contains("cluster_backup_20250704_165326 has no database 'shop'")
                && other.err().contains("metrics, postgres"),
            other::toString);
        var both = tool("explore").run("--backup", "latest", "--host", "127.0.0.1");
        assertEquals(2, both.exit(), both::toString);
        assertTrue(both.err().contains("leave out --host"), both::toString);
        var half = work.resolve("half");
        BareBackup.copy(work.resolve("backups/cluster_backup_20250704_165326"), half);
        Files.delete(half.resolve("pg_wal.tar.gz"));
        var broken = tool("chart").run("metrics", "--backup", half.toString());
        assertEquals(11, broken.exit(), broken::toString);
        assertTrue(broken.err().contains("lacks WAL that it needs"), broken::toString);
        assertNothingStays();
    }

    @Test
    void ctrl_c_at_any_moment_leaves_nothing_behind() throws Exception {
        for (var moment : List.of("data", "base", "postmaster.pid")) {
            var process =
                tool("chart").start("--metric", "health", "-d", "metrics", "-o", "never.svg", "--backup", "latest");
            for (int i = 0; i < 5000 && process.isAlive() && !isThere(moment); i++) Thread.sleep(2);
            assertTrue(process.isAlive(), "it was over before " + moment);
            new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), moment);
            assertEquals(130, process.exitValue(), moment);
            assertNothingStays();
        }
        assertFalse(Files.exists(work.resolve("never.svg")));
    }

    private static Tool tool(String name) {
        return Tool.of(name).in(work).with("TMPDIR", scratch.toString());
    }

    private static boolean isThere(String name) {
        try (var found = Files.find(scratch, 4, (path, a) -> path.endsWith(name))) {
            return found.findFirst().isPresent();
        } catch (IOException | UncheckedIOException changing) {
            return false;
        }
    }

    private static void assertNothingStays() throws IOException {
        try (var left = Files.list(scratch)) {
            assertEquals(List.of(), left.toList());
        }
    }
}
