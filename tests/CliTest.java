//SOURCES Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What all tools do alike with their command line and their standard output. */
@Tag("cli")
class CliTest {
    @TempDir
    Path home;

    @Test
    void an_option_before_the_command_is_meant_for_it() throws IOException {
        var nobody = freePort();
        for (var before : new String[][] {{"-p", nobody, "-h", "127.0.0.1", "metrics"},
            {"metrics", "-p", nobody, "-h", "127.0.0.1"}}) {
            var result = Tool.of("chart").run(before);
            assertEquals(10, result.exit(), result::toString);
            assertTrue(result.err().contains("127.0.0.1:" + nobody), result::toString);
        }
        var backup = Tool.of("backup").run("-U", "backup", "-p", nobody, "doctor");
        assertTrue(backup.err().contains("127.0.0.1:" + nobody), backup::toString);

        Files.createDirectories(home.resolve("none"));
        var list = Tool.of("backup").in(home).run("-o", "none", "list");
        assertEquals(0, list.exit(), list::toString);
        assertTrue(list.err().contains("no backups in none"), list::toString);
    }

    @Test
    void an_option_that_the_command_does_not_know_is_refused() {
        for (var line : new String[][] {{"explore", "--config", "x", "explain"},
            {"restore", "-D", "x", "drill", "latest"},
            {"chart", "--metric", "power", "metrics"}, {"restore", "backups/x", "drill", "latest"}}) {
            var result = Tool.of(line[0]).in(home).run(Arrays.copyOfRange(line, 1, line.length));
            assertEquals(2, result.exit(), result::toString);
            assertTrue(result.err().contains("stands before"), result::toString);
            assertTrue(result.err().contains("--help"), result::toString);
        }
    }

    @Test
    void the_same_option_before_and_after_with_two_values_is_refused() {
        var result = Tool.of("chart").run("-p", "1", "metrics", "-p", "2");
        assertEquals(2, result.exit(), result::toString);
        assertTrue(result.err().contains("different values"), result::toString);
    }

    @Test
    void a_result_that_was_not_written_is_a_failure() {
        var full = onShell("explore.java explain > /dev/full");
        assertEquals(1, full.exit(), full::toString);
        assertTrue(full.err().contains("cannot write to standard output"), full::toString);

        var enough = onShell("explore.java explain | head -1");
        assertFalse(enough.err().contains("HINT"), enough::toString);
        assertTrue(enough.out().lines().count() == 1, enough::toString);
    }

    private static Tool.Result onShell(String command) {
        var jbang = Tool.ROOT.resolve("bin/jbang");
        return Tool.command("bash", "-c", "'" + jbang + "' '" + Tool.ROOT + "'/" + command).run();
    }

    private static String freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return String.valueOf(socket.getLocalPort());
        }
    }
}
