import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lib.Json;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A command against a copy of a backup: what it sees is what was in the database, and nothing of the copy stays. */
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
    void a_chart_of_the_copy_is_the_chart_of_the_database() throws IOException {
        var before = BareBackup.hash(home.resolve("data"));
        var drawn =
            open(
                "-d",
                "metrics",
                "--",
                Tool.ROOT + "/bin/jbang",
                Tool.ROOT + "/chart.java",
                "--metric",
                "health",
                "-o",
                "backup.svg");
        assertEquals(0, drawn.exit(), drawn::toString);
        assertEquals("backup.svg\n", drawn.out());
        assertTrue(drawn.err().contains("booting a copy of cluster_backup_20250704_165326"), drawn::toString);
        assertEquals(Files.readString(work.resolve("live.svg")), Files.readString(work.resolve("backup.svg")));
        assertNothingStays();
        assertEquals(before, BareBackup.hash(home.resolve("data")));
    }

    @Test
    void a_report_of_the_copy_names_the_backup_and_does_not_judge_the_settings_of_the_copy() throws IOException {
        var before = BareBackup.hash(work.resolve("backups"));
        var explored = tool("restore").run(
            "open",
            work.resolve("backups/cluster_backup_20250704_165326").toString(),
            "-d",
            "metrics",
            "--",
            Tool.ROOT + "/bin/jbang",
            Tool.ROOT + "/explore.java",
            "--format",
            "json");
        assertEquals(0, explored.exit(), explored::toString);
        var report =
            Json.tree(Files.readString(work.resolve(explored.out().strip()).resolve("report.json")));
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
    void the_command_has_our_input_output_and_status_and_no_other_connection() throws IOException {
        var asked = tool("restore")
            .with(Map.of("PGPASSWORD", "secret", "PGOPTIONS", "-c search_path=nowhere", "PGSERVICE", "prod"))
            .typing("SELECT count(*) FROM stations;\n")
            .run("open", "latest", "-d", "metrics", "--", "psql", "-XAt");
        assertEquals(0, asked.exit(), asked::toString);
        assertTrue(Integer.parseInt(asked.out().strip()) > 0, asked::toString);
        var variables = open("--", "sh", "-c", "env | grep ^PG | sort | cut -d= -f1; echo said >&2; exit 7");
        assertEquals(7, variables.exit(), variables::toString);
        assertEquals(
            "PGDATABASE PGHOST PGOPTIONS PGPORT PGSSLMODE PGUSER",
            variables.out().lines().filter(name -> !name.equals("PGBINDIR")).collect(Collectors.joining(" ")));
        assertTrue(variables.err().lines().toList().contains("said"), variables::toString);
        var killed = open("--", "sh", "-c", "kill -9 $$");
        assertEquals(137, killed.exit(), killed::toString);
        assertNothingStays();
    }

    @Test
    void the_copy_is_read_only_unless_it_is_told_otherwise() throws IOException {
        var write = new String[] {"-d", "metrics", "--", "psql", "-Xc", "DELETE FROM stations WHERE false"};
        var refused = open(write);
        assertEquals(1, refused.exit(), refused::toString);
        assertTrue(refused.err().contains("read-only transaction"), refused::toString);
        var allowed =
            tool("restore").run("open", "latest", "--writable", "-d", "metrics", "--", "psql", "-Xqc", write[5]);
        assertEquals(0, allowed.exit(), allowed::toString);
        assertNothingStays();
    }

    @Test
    void without_a_command_it_says_how_to_connect_and_ends_with_its_input() throws Exception {
        var process = new ProcessBuilder(
            Tool.ROOT.resolve("bin/jbang").toString(),
            Tool.ROOT.resolve("restore.java").toString(),
            "open",
            "latest",
            "--quiet",
            "-d",
            "metrics").directory(work.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD);
        process.environment().put("TMPDIR", scratch.toString());
        var running = process.start();
        try (var said = running.inputReader(); var typed = running.outputWriter()) {
            var line = said.readLine();
            assertTrue(line.matches("psql -h /\\S+ -p 5432 -U postgres -d metrics"), line);
            var asked = Tool.command("sh", "-c", line + " -XAtc 'SELECT count(*) > 0 FROM stations'").run();
            assertEquals("t\n", asked.out(), asked::toString);
        }
        assertTrue(running.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, running.exitValue());
        assertNothingStays();
    }

    @Test
    void what_cannot_be_is_said_in_one_sentence() throws IOException {
        var other = open("-d", "shop", "--", "psql");
        assertEquals(2, other.exit(), other::toString);
        assertTrue(
            other.err().contains("cluster_backup_20250704_165326 has no database 'shop'")
                && other.err().contains("metrics, postgres"),
            other::toString);
        var unknown = open("--", "no-such-program");
        assertEquals(12, unknown.exit(), unknown::toString);
        assertTrue(unknown.err().contains("cannot run no-such-program"), unknown::toString);
        var half = work.resolve("half");
        BareBackup.copy(work.resolve("backups/cluster_backup_20250704_165326"), half);
        Files.delete(half.resolve("pg_wal.tar.gz"));
        var broken = tool("restore").run("open", half.toString(), "--", "psql");
        assertEquals(11, broken.exit(), broken::toString);
        assertTrue(broken.err().contains("lacks WAL that it needs"), broken::toString);
        assertNothingStays();
    }

    @Test
    void ctrl_c_at_any_moment_leaves_nothing_behind() throws Exception {
        for (var moment : List.of("data", "base", "postmaster.pid")) {
            var process = tool("restore").start("open", "latest", "--", "sleep", "600");
            waitFor(process, moment);
            new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), moment);
            assertEquals(130, process.exitValue(), moment);
            assertNothingStays();
        }
    }

    @Test
    void a_command_that_ignores_signals_ends_with_us() throws Exception {
        for (var signal : Map.of("INT", 130, "TERM", 143).entrySet()) {
            var mark = work.resolve("stubborn-" + signal.getKey());
            var process = tool("restore")
                .start("open", "latest", "--", "sh", "-c", "trap '' INT TERM HUP; echo $$ > '" + mark + "'; sleep 600");
            for (int i = 0; i < 6000 && process.isAlive() && !Files.exists(mark); i++) Thread.sleep(10);
            assertTrue(process.isAlive(), "it ended before the command ran");
            new ProcessBuilder("kill", "-" + signal.getKey(), String.valueOf(process.pid())).start().waitFor();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), signal.getKey());
            assertEquals(signal.getValue(), process.exitValue());
            assertFalse(isAlive(mark), "the command lives on");
            assertNothingStays();
        }
    }

    @Test
    void killed_with_its_whole_process_group_it_leaves_nothing_behind() throws Exception {
        var mark = work.resolve("grouped");
        var process = Tool
            .command("setsid", Tool.ROOT.resolve("bin/jbang").toString(), Tool.ROOT.resolve("restore.java").toString())
            .in(work)
            .with("TMPDIR", scratch.toString())
            .start("open", "latest", "--", "sh", "-c", "echo $$ > '" + mark + "'; sleep 600");
        for (int i = 0; i < 6000 && process.isAlive() && !Files.exists(mark); i++) Thread.sleep(10);
        assertTrue(process.isAlive(), "it ended before the command ran");
        Thread.sleep(500);                                          // by now the number of the command is written down
        var keeper = process.descendants()
            .filter(child -> List.of(child.info().arguments().orElse(new String[0])).contains("keeper"))
            .map(child -> String.valueOf(child.pid()))
            .toList();
        assertFalse(keeper.isEmpty());
        signal("-STOP", keeper);
        signal("-KILL", List.of("-" + process.pid()));
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        for (int i = 0; i < 3000 && isAlive(mark); i++) Thread.sleep(10);
        Thread.sleep(500);
        signal("-CONT", keeper);                                    // it finds that everybody else is gone
        for (int i = 0; i < 6000 && !isEmpty(scratch); i++) Thread.sleep(10);
        assertNothingStays();
    }

    @Test
    void killed_alone_it_takes_its_command_along() throws Exception {
        var mark = work.resolve("orphan");
        var process = tool("restore")
            .start("open", "latest", "--", "sh", "-c", "echo $$ > '" + mark + "'; exec sleep 600");
        for (int i = 0; i < 6000 && process.isAlive() && !Files.exists(mark); i++) Thread.sleep(10);
        assertTrue(process.isAlive(), "it ended before the command ran");
        Thread.sleep(200);
        process.destroyForcibly();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        for (int i = 0; i < 3000 && (isAlive(mark) || !isEmpty(scratch)); i++) Thread.sleep(10);
        assertFalse(isAlive(mark), "the command lives on without its server");
        assertNothingStays();
    }

    private static void signal(String name, List<String> processes) throws Exception {
        var command = new ArrayList<>(List.of("kill", name, "--"));
        command.addAll(processes);
        assertEquals(0, new ProcessBuilder(command).start().waitFor());
    }

    private static boolean isAlive(Path pidFile) throws IOException {
        return ProcessHandle.of(Long.parseLong(Files.readString(pidFile).strip()))
            .filter(ProcessHandle::isAlive)
            .isPresent();
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (var left = Files.list(directory)) {
            return left.findAny().isEmpty();
        }
    }

    private static void waitFor(Process process, String moment) throws InterruptedException {
        for (int i = 0; i < 30_000 && process.isAlive() && !isThere(moment); i++) Thread.sleep(2);
        assertTrue(process.isAlive(), "it was over before " + moment);
    }

    private static Tool.Result open(String... more) {
        var all = new ArrayList<>(List.of("open", "latest"));
        all.addAll(List.of(more));
        return tool("restore").run(all.toArray(String[]::new));
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
