import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import lib.Program;
import lib.PrometheusFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class PrometheusFileTest {
    @TempDir
    Path directory;

    @Test
    void help_and_type_stand_once_above_all_numbers_of_a_name() {
        var file = new PrometheusFile().gauge("a_bytes", "Size.", Map.of("db", "x"), 1)
            .gauge("b_seconds", "Age.", Map.of(), 1.5)
            .gauge("a_bytes", "Size.", Map.of("db", "y"), 2);
        assertEquals("""
            # HELP a_bytes Size.
            # TYPE a_bytes gauge
            a_bytes{db="x"} 1
            a_bytes{db="y"} 2
            # HELP b_seconds Age.
            # TYPE b_seconds gauge
            b_seconds 1.5
            """, file.text());
    }

    @Test
    void a_hostile_label_stays_one_label() {
        var text = new PrometheusFile().gauge("a", "A.", Map.of("db", "a\"b\\c\nd"), 1).text();
        assertTrue(text.endsWith("a{db=\"a\\\"b\\\\c\\nd\"} 1\n"), text);
    }

    @Test
    void others_may_read_the_file() throws IOException {
        var file = directory.resolve("backup.prom");
        new PrometheusFile().gauge("a", "A.", Map.of(), 1).write(file);
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void promtool_finds_no_fault_with_it() {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v promtool")).capture().ok(),
            "promtool is not installed");
        var text = new PrometheusFile()
            .gauge(
                "timescaledb_tools_backup_size_bytes",
                "What a backup takes on disk.",
                Map.of("db", "a\"b\\c\nd"),
                1e18)
            .gauge("timescaledb_tools_backup_verified", "1 when it was verified.", Map.of(), Double.NaN)
            .text();
        var judge =
            Program.of(List.of("sh", "-c", "printf '%s' \"$1\" | promtool check metrics", "sh", text)).capture();
        assertEquals("", judge.stdout() + judge.stderr());
        assertEquals(0, judge.exitCode());
    }
}
