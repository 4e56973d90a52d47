import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** make demo, as on a machine without Docker. The container tests run it with. */
@Tag("embedded") @Tag("local") @ResourceLock("embedded")
class DemoTest {
    @TempDir
    Path temp;
    private Path demo;

    @BeforeEach
    void chooseDirectory() throws IOException {
        demo = temp.resolve("a demo");
        Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
        Embedded.create().close();   // installs its packages, and skips this where there is no Node
        Cluster.create().close();    // skips this where there is no PostgreSQL server
    }

    @Test
    void tells_the_whole_story_and_leaves_no_server_behind() throws IOException {
        var result = tool("make", "-C", Tool.ROOT.toString(), "demo").run();
        assertEquals(0, result.exit(), result::toString);
        for (var line : List.of(
            "sample data +weather, health, power +291214 rows +.*",
            "rows, copy and source +8 tables, all equal +371645 rows +.*",
            "backup +.*/backups/cluster_backup_\\d+_\\d+ +\\d.* MB +.*",
            "report +.*/reports/postgres_\\d+_\\d+ +.*")) {
            assertTrue(result.out().lines().anyMatch(l -> l.matches(line)), line + "\n" + result);
        }
        for (var metric : List.of("temperature", "health", "power")) {
            assertTrue(Files.readString(demo.resolve("charts/" + metric + "_24h.svg")).contains("</svg>"));
            assertEquals("PK", new String(Files.readAllBytes(demo.resolve("charts/" + metric + "_24h.xlsx")), 0, 2));
        }
        var report = Files.readString(demo.resolve("reports/latest/report.html"));
        assertTrue(
            report.contains("health_metrics_1min_cagg") && report.contains("hypertable"),
            "the report shows no hypertables");
        nothingIsLeft();
    }

    @Test
    void ctrl_c_stops_what_it_started() throws Exception {
        // A session of its own, so that the signal reaches all of it, as from a terminal.
        var process = tool("setsid", "make", "-C", Tool.ROOT.toString(), "demo").start();
        for (int i = 0; i < 600 && process.isAlive() && !hasStarted(); i++) Thread.sleep(100);
        assertTrue(hasStarted());
        new ProcessBuilder("kill", "-INT", "--", "-" + process.pid()).start().waitFor();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        nothingIsLeft();
    }

    @Test
    void directory_that_is_not_its_own_stays_as_it_is() throws IOException {
        Files.createDirectories(demo);
        Files.writeString(demo.resolve("mine"), "precious");
        var result = tool(Tool.ROOT.resolve("example/demo").toString()).run();
        assertEquals(12, result.exit(), result::toString);
        assertEquals("precious", Files.readString(demo.resolve("mine")));
    }

    private boolean hasStarted() throws IOException {
        var table = demo.resolve(".table");
        return Files.exists(table) && Files.readString(table).contains("127.0.0.1");
    }

    private void nothingIsLeft() {
        for (var server : List.of("embedded", "local", "restored")) {
            assertFalse(Files.exists(demo.resolve(server)), server + " is left");
        }
        var left = ProcessHandle.allProcesses()
            .filter(p -> p.info().commandLine().orElse("").contains(demo.toString()))
            .toList();
        assertEquals(List.of(), left);
    }

    private Tool tool(String... command) {
        return Tool.command(command)
            .with("DEMO", demo.toString())
            .with("DOCKER_HOST", "unix:///nowhere")
            .with("TOOLS", "host");
    }
}
