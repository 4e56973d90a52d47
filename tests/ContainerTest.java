import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The whole life of a database in containers, through make alone, as an ordinary user. Each test goes on where the one
 * before ended.
 */
@Tag("docker") @ResourceLock("docker") @TestInstance(Lifecycle.PER_CLASS) @TestMethodOrder(OrderAnnotation.class)
class ContainerTest {
    private static final String COUNTS =
        """
            SELECT (SELECT count(*) FROM meteo_metrics),
                   (SELECT count(*) FROM health_metrics),
                   (SELECT count(*) FROM power_metrics),
                   (SELECT count(*) FROM health_metrics_1min_cagg),
                   (SELECT count(*) FROM maintenance_log)""";

    private Containers user;
    private String countsBefore;
    private Path backup;

    @BeforeAll
    void openAHome() {
        user = Containers.open();
    }

    @AfterAll
    void leaveNothing() {
        if (user != null) user.close();
    }

    @Test @Order(1)
    void the_tools_image_is_built_once_and_stays_small() {
        var built = user.makeImage();
        assertEquals(0, built.exitCode(), built::toString);
        var again = user.make("image");
        assertFalse(again.err().contains("building"), again::toString);
        long size =
            Long.parseLong(
                Containers.docker("image", "inspect", "--format", "{{.Size}}", "timescaledb-tools-test")
                    .stdout()
                    .strip());
        assertTrue(size < 900_000_000, "the image has " + size + " bytes");
    }

    @Test @Order(2)
    void start_makes_a_private_env_file_and_runs_the_database_as_the_images_own_user() throws IOException {
        var start = user.make("start");
        assertEquals(0, start.exit(), start::toString);
        assertTrue(start.err().contains("engine: docker, because"), start::toString);
        assertEquals(
            "rw-------",
            PosixFilePermissions
                .toString(Files.getPosixFilePermissions(user.checkout().resolve(".env"))));
        assertEquals(
            "70",
            Containers.docker("exec", user.container(), "stat", "-c", "%u", "/var/lib/postgresql/data/PG_VERSION")
                .stdout()
                .strip());
        assertEquals("1", user.sql("SELECT 1"));
        var again = user.make("start");
        assertEquals(0, again.exit(), again::toString);
        assertTrue(again.err().contains("running already"), again::toString);
    }

    @Test @Order(3)
    void the_port_is_open_on_the_loopback_address_alone() {
        var here = Program.of(List.of("sh", "-c", "cat /proc/net/tcp /proc/net/tcp6"))
            .capture()
            .stdout()
            .lines()
            .filter(line -> line.contains(String.format(Locale.ROOT, ":%04X ", user.port())) && line.contains(" 0A "))
            .map(line -> line.strip().split("\\s+")[1])
            .toList();
        assertEquals(List.of(String.format(Locale.ROOT, "0100007F:%04X", user.port())), here);
        // From another network namespace this machine is the gateway.
        var outside = Program.of(
            List.of(
                "docker",
                "run",
                "--rm",
                "--network",
                "bridge",
                "--entrypoint",
                "sh",
                user.environment().get("TIMESCALEDB_IMAGE"),
                "-c",
                "gateway=$(awk '$2 == \"00000000\" { print $3 }' /proc/net/route | sed "
                    + "'s/\\(..\\)\\(..\\)\\(..\\)\\(..\\)/0x\\4 0x\\3 0x\\2 0x\\1/' | xargs printf '%d.%d.%d.%d');"
                    + " echo \"asked $gateway\"; pg_isready -t 3 -h $gateway -p " + user.port()))
            .capture();
        assertTrue(outside.stdout().matches("(?s)asked \\d+\\.\\d+\\.\\d+\\.\\d+\n.*no response.*"), outside::toString);
    }

    @Test @Order(4)
    void a_wrong_password_is_refused_even_on_this_machine() {
        var wrong = user.tool("make", "explore").with("PGPASSWORD", "wrong").run();
        assertEquals(10, madeExit(wrong), wrong::toString);
        assertTrue(wrong.err().contains("password"), wrong::toString);
    }

    @Test @Order(5)
    void the_sample_is_loaded_explored_and_charted_and_all_files_are_the_callers() throws IOException {
        var sample = user.make("sample");
        assertEquals(0, sample.exit(), sample::toString);
        countsBefore = user.sql(COUNTS);
        assertTrue(countsBefore.startsWith("49941|160806|"), countsBefore);

        var explored = user.make("explore");
        assertEquals(0, explored.exit(), explored::toString);
        assertTrue(Files.isRegularFile(user.checkout().resolve("reports/latest/report.html")), explored::toString);

        var chart = user.make("chart", "METRIC=power", "WINDOW=7d", "OUTPUT=charts/p.svg");
        assertEquals(0, chart.exit(), chart::toString);
        assertEquals("charts/p.svg\n", chart.out());
        assertTrue(
            Files.readString(user.checkout().resolve("charts/p.svg")).contains("<text"),
            "a chart without fonts has no numbers");
        var workbook = user.make("chart", "METRIC=temperature", "OUTPUT=charts/t.xlsx");
        assertEquals(0, workbook.exit(), workbook::toString);

        for (var directory : List.of("reports", "charts")) assertBelongsToTheCaller(user.checkout().resolve(directory));
    }

    @Test @Order(6)
    void sql_is_typed_the_queries_answer_the_log_is_shown_and_a_restart_keeps_the_data() {
        assertTrue(user.tool("make", "psql").typing("SELECT 6 * 7 AS answer;\n").run().out().contains("42"));
        var example = user.make("example");
        assertEquals(0, example.exit(), example::toString);
        assertTrue(
            example.out().contains("Worst minutes of the last 24 hours") && example.err().isEmpty(),
            example::toString);
        var restart = user.make("restart");
        assertEquals(0, restart.exit(), restart::toString);
        assertEquals(countsBefore, user.sql(COUNTS));
        var logs = user.make("logs");
        assertTrue((logs.out() + logs.err()).contains("database system was shut down at"), logs::toString);
        var status = user.make("status");
        assertTrue(status.out().startsWith("engine    docker, running on 127.0.0.1:" + user.port()), status::toString);
    }

    @Test @Order(7)
    void the_tools_are_folded_without_java_on_the_machine_and_clean_keeps_what_people_made() throws IOException {
        var folded = user.make("standalone");
        assertEquals(
            "standalone/backup.java\nstandalone/restore.java\nstandalone/explore.java\nstandalone/chart.java\n",
            folded.out(),
            folded::toString);
        assertBelongsToTheCaller(user.checkout().resolve("standalone"));
        assertEquals(0, user.make("clean").exit());
        assertFalse(Files.exists(user.checkout().resolve("standalone")));
        for (var kept : List.of("charts/p.svg", "reports/latest", ".env", "mnt/db/postgres")) {
            assertTrue(Files.exists(user.checkout().resolve(kept)), kept);
        }
    }

    @Test @Order(7)
    void a_tool_can_write_where_it_was_told_to_and_nowhere_else() throws IOException {
        var elsewhere = user.checkout().resolveSibling("else where");
        assertEquals(0, user.tool("mkdir", "-p", elsewhere + "/a", elsewhere + "/b").run().exit());
        for (var typed : List.of(
            List.of("-o", elsewhere + "/a/1.csv"),
            List.of("-o" + elsewhere + "/a/2.csv"),
            List.of("--output", "../else where/a/3.csv"),
            List.of("--output=" + elsewhere + "/a/4.csv"))) {
            var command = new ArrayList<>(List.of("bin/tools", "chart.java", "-m", "power", "-w", "1h"));
            command.addAll(typed);
            var drawn = user.tool(command.toArray(String[]::new)).run();
            assertEquals(0, drawn.exit(), drawn::toString);
        }
        assertEquals(4, filesBelow(elsewhere.resolve("a")).size() - 1);

        var definitions = elsewhere.resolve("b/own.yaml");
        var made = user.tool("sh", "-c", "echo 'metrics: {}' > \"$0\"", definitions.toString()).run();
        assertEquals(0, made.exit(), made::toString);
        var inspected = user.tool("bin/tools", "chart.java", "metrics", "--definitions", definitions.toString()).run();
        assertFalse(inspected.err().contains("no such file"), inspected::toString);
        assertEquals(1, filesBelow(elsewhere.resolve("b")).size() - 1);
    }

    @Test @Order(8)
    void the_backup_is_the_callers_and_the_password_is_seen_nowhere_while_it_runs() throws Exception {
        var password = user.password();
        var running = user.tool("make", "backup", "ARGS=--max-rate 8M").with("PGPASSWORD", password).start();
        var seen = new ArrayList<String>();
        int tools = 0;
        while (running.isAlive()) {
            var ids = Containers.docker("ps", "-q").stdout().lines().toList();
            tools = Math.max(tools, ids.size());
            for (var id : ids) seen.add(Containers.docker("inspect", id).stdout());
            seen.add(everyCommandLine());
            Thread.sleep(100);
        }
        assertEquals(0, running.waitFor(), () -> text(running));
        assertTrue(tools >= 2, "the tool was never seen running");
        assertTrue(seen.stream().noneMatch(said -> said.contains(password)), "the password was seen");
        assertEquals(0, countIn(password, "docker", "save", "timescaledb-tools-test"), "the password is in the image");
        assertTrue(
            filesBelow(user.checkout().resolve(".engine")).stream()
                .noneMatch(f -> f.getFileName().toString().startsWith("secret")),
            "a secret was left");

        backup = Path.of(new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
        assertBelongsToTheCaller(user.checkout().resolve("backups"));
        var verified = user.make("verify", "BACKUP_DIR=" + backup);
        assertEquals(0, verified.exit(), verified::toString);
        var list = user.make("list");
        assertTrue(list.out().contains(backup.getFileName().toString()), list::toString);
    }

    @Test @Order(9)
    void a_restore_is_refused_while_the_container_runs() {
        var refused = user.make("restore", "BACKUP_DIR=" + backup, "ARGS=--force");
        assertEquals(12, madeExit(refused), refused::toString);
        assertTrue(refused.err().contains("a running container uses"), refused::toString);
        assertTrue(refused.err().contains("HINT: stop it first: make stop"), refused::toString);
    }

    @Test @Order(10)
    void after_a_killed_container_the_backup_brings_every_row_back() {
        user.sql("DELETE FROM power_metrics");
        user.sql("DROP MATERIALIZED VIEW health_metrics_1min_cagg");
        assertTrue(Containers.docker("kill", user.container()).ok());
        Containers.docker("wait", user.container());

        var no = user.tool("make", "restore", "BACKUP_DIR=" + backup).typing("n\n").run();
        assertNotEquals(0, no.exit(), no::toString);
        var restored = user.tool("make", "restore", "BACKUP_DIR=" + backup).typing("y\n").run();
        assertEquals(0, restored.exit(), restored::toString);
        assertTrue(restored.out().startsWith("Restored size: "), restored::toString);
        assertEquals(
            List.of("70"),
            filesBelow(user.checkout().resolve("mnt/db/postgres")).stream()
                .map(ContainerTest::owner)
                .distinct()
                .toList());

        var started = user.make("start-restored");
        assertEquals(0, started.exit(), started::toString);
        assertEquals(countsBefore, user.sql(COUNTS));
    }

    @Test @Order(11)
    void a_restore_into_an_empty_place_gives_the_data_to_the_databases_user() {
        var restored = user.make("restore", "BACKUP_DIR=" + backup, "ARGS=--force -D mnt/second/data");
        assertEquals(0, restored.exit(), restored::toString);
        assertEquals(
            List.of("70"),
            filesBelow(user.checkout().resolve("mnt/second/data")).stream()
                .map(ContainerTest::owner)
                .distinct()
                .toList());
    }

    @Test @Order(12)
    void a_drill_boots_the_backup_beside_the_running_database() {
        var drill = user.make("drill");
        assertEquals(0, drill.exit(), drill::toString);
        assertEquals(countsBefore, user.sql(COUNTS));
    }

    @Test @Order(12)
    void a_backup_of_timescaledb_is_told_how_the_image_gets_it() throws IOException {
        var other = user.checkout().resolve("backups/other");
        var print = "backups/" + backup.getFileName() + "/backup.json";
        assertTrue(
            user.asRoot(
                "sh",
                "-c",
                "cp -rp backups/" + backup.getFileName()
                    + " backups/other && sed 's/\"plpgsql\" : \"1.0\"/&, \"timescaledb\" : \"9.9.9\"/' "
                    + print
                    + " > backups/other/backup.json")
                .ok());
        var drill = user.make("drill", "BACKUP_DIR=" + other);
        assertNotEquals(0, madeExit(drill), drill::toString);
        assertTrue((drill.out() + drill.err()).contains("TIMESCALEDB_VERSION=9.9.9 make image"), drill::toString);
        user.asRoot("rm", "-rf", "backups/other");
    }

    /** rclone is in the image, and sees the caller's own configuration when a command has a remote. */
    @Test @Order(12)
    void a_backup_is_copied_away_proven_there_and_fetched_by_the_callers_own_remotes() throws IOException {
        var storage = S3Storage.shared();
        var elsewhere = user.checkout().resolveSibling("rclone of mine.conf");
        var usual = user.checkout().resolveSibling(".config/rclone/rclone.conf");
        var disk = user.checkout().resolveSibling("other disk");
        keep(elsewhere, storage.rcloneSection("s3", S3Storage.SECRET));
        keep(
            usual,
            "[vault]\ntype = crypt\nremote = away:vault\npassword = " + obscured()
                + "\n\n[away]\ntype = alias\nremote = "
                + disk
                + "\n\n[lost]\ntype = alias\nremote = nowhere:/lost\n[nowhere]\ntype = union\nupstreams = /lost\n");
        var s3 = Map.of("RCLONE_CONFIG", elsewhere.toString(), "RCLONE_CA_CERT", storage.certificate().toString());
        var name = backup.getFileName().toString();

        var copied = rcloned(
            s3,
            "backup.java",
            "copy",
            "latest",
            "s3:" + S3Storage.SECOND_BUCKET + "/containers",
            "--plain-is-fine");
        assertEquals("s3:" + S3Storage.SECOND_BUCKET + "/containers/" + name + "\n", copied.out(), copied::toString);
        var drilled =
            rcloned(s3, "restore.java", "drill", "latest", "--remote", "s3:" + S3Storage.SECOND_BUCKET + "/containers");
        assertTrue(drilled.out().contains("could be restored"), drilled::toString);
        var fetched = rcloned(
            s3,
            "backup.java",
            "fetch",
            "s3:" + S3Storage.SECOND_BUCKET + "/containers",
            "latest",
            "-o",
            "fetched");
        assertTrue(fetched.out().endsWith("/fetched/" + name + "\n"), fetched::toString);
        assertBelongsToTheCaller(user.checkout().resolve("fetched"));

        assertEquals(0, user.tool("mkdir", disk.toString()).run().exit());
        var encrypted = rcloned(Map.of(), "backup.java", "copy", "latest", "vault:");
        assertTrue(encrypted.err().contains("compared file by file"), encrypted::toString);
        assertBelongsToTheCaller(disk.resolve("vault"));
        var listed = rcloned(Map.of(), "backup.java", "list", "--remote=vault:");
        assertTrue(listed.out().contains(name), listed::toString);

        // As root too nothing is copied into the container itself, where it would be lost.
        var lost = Tool.command("bin/tools", "backup.java", "copy", "latest", "lost:", "--plain-is-fine")
            .in(user.checkout())
            .with(user.environment())
            .run();
        assertEquals(1, lost.exit(), lost::toString);
    }

    private Tool.Result rcloned(Map<String, String> environment, String... arguments) {
        var command = new ArrayList<>(List.of("bin/tools"));
        command.addAll(List.of(arguments));
        var result = user.tool(command.toArray(String[]::new)).with(environment).run();
        assertEquals(0, result.exit(), result::toString);
        return result;
    }

    /** A file of the caller alone. */
    private void keep(Path file, String text) {
        var script = "umask 077; mkdir -p \"$(dirname \"$0\")\"; cat > \"$0\"";
        var kept = user.tool("sh", "-c", script, file.toString()).typing(text).run();
        assertEquals(0, kept.exit(), kept::toString);
    }

    private String obscured() {
        return Containers
            .docker("run", "--rm", "--network", "none", "timescaledb-tools-test", "rclone", "obscure", "a pass phrase")
            .stdout()
            .strip();
    }

    @Test @Order(13)
    void stop_ends_cleanly_and_nothing_is_left_running() {
        var status = user.make("status");
        assertTrue(status.out().contains("docker, running on 127.0.0.1:" + user.port()), status::toString);
        assertTrue(status.out().contains("\nbackup    " + backup.getFileName() + ", "), status::toString);
        assertTrue(status.out().contains("\ndrill     it could be restored, "), status::toString);
        var stopped = user.make("stop");
        assertEquals(0, stopped.exit(), stopped::toString);
        assertEquals("", Containers.docker("ps", "-aq", "--filter", "name=" + user.container()).stdout());
        assertEquals("", Containers.docker("ps", "-aq", "--filter", "ancestor=timescaledb-tools-test").stdout());
        // After a clean shutdown there is nothing to recover: the next start says so.
        assertEquals(0, user.make("start-restored").exit());
        var log = Containers.docker("logs", user.container());
        assertTrue((log.stdout() + log.stderr()).contains("database system was shut down at"), log::toString);
        assertEquals(0, user.make("stop").exit());
    }

    @Test @Order(14)
    void after_an_edit_of_a_script_only_that_script_is_made_again() throws IOException {
        var chart = user.checkout().resolve("chart.java");
        var edit = "Prints the path, " + System.nanoTime() + ".";     // never built before, on no machine
        Files.writeString(chart, Files.readString(chart).replace("Prints the path of the file.", edit));
        assertTrue(user.makeImage().ok());
        var log = Files.readString(user.checkout().resolve(".engine/image.log"));
        assertFalse(log.contains("Resolving dependencies"), log);
        assertEquals(
            List.of("chart.java"),
            log.lines()
                .filter(line -> line.contains("start-up cache of "))
                .map(line -> line.replaceFirst(".*start-up cache of ", ""))
                .toList(),
            log);
        assertTrue(user.tool("bin/tools", "chart.java", "--help").run().out().contains(edit));
    }

    /** make ends with 2 whatever the recipe ended with, and says that number: "Error 12". */
    private static int madeExit(Tool.Result result) {
        var m = Pattern.compile("Error (\\d+)").matcher(result.err());
        return m.find() ? Integer.parseInt(m.group(1)) : result.exit();
    }

    private void assertBelongsToTheCaller(Path directory) {
        var files = filesBelow(directory);
        assertTrue(files.size() > 1, directory + " is empty");
        for (var file : files) assertEquals(String.valueOf(user.uid()), owner(file), file.toString());
    }

    private static List<Path> filesBelow(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String owner(Path file) {
        try {
            return Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String everyCommandLine() {
        var all = new StringBuilder();
        ProcessHandle.allProcesses().forEach(process -> {
            try {
                all.append(
                    Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1))
                    .append('\n');
            } catch (IOException gone) {
                // it ended meanwhile
            }
        });
        return all.toString();
    }

    private static int countIn(String needle, String... command) throws Exception {
        var all = new ArrayList<>(
            List.of("sh", "-c", "needle=$1; shift; \"$@\" | grep -a -c -F -e \"$needle\" || true", "sh", needle));
        all.addAll(List.of(command));
        return Integer.parseInt(Program.of(all).capture().stdout().strip());
    }

    private static String text(Process process) {
        try {
            return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
