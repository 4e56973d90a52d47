import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import lib.Program;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** example/monitoring: rules that Prometheus takes, and no number in rules or dashboard that nobody writes. */
@Tag("unit")
class MonitoringTest {
    private static final Path MONITORING = Tool.ROOT.resolve("example/monitoring");
    private static final Pattern NAME = Pattern.compile("timescaledb_tools_(explore_)?(\\w+)");

    @Test
    void promtool_takes_the_alert_rules() {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v promtool")).capture().ok(),
            "promtool is not installed");
        var judge =
            Program.of(List.of("promtool", "check", "rules", MONITORING.resolve("alerts.yml").toString())).capture();
        assertEquals(0, judge.exitCode(), judge::toString);
    }

    @Test
    void each_number_is_written_by_a_tool() throws IOException {
        var ofBackup = new StringBuilder();
        for (var file : List.of("backup/BackupMetrics", "backup/ReceiverMetrics", "restore/DrillMetrics")) {
            ofBackup.append(Files.readString(Tool.ROOT.resolve("lib/" + file + ".java")));
        }
        var ofExplore = Files.readString(Tool.ROOT.resolve("lib/explore/ReportMetrics.java"));
        var unknown = new TreeSet<String>();
        int count = 0;
        for (var file : List.of("alerts.yml", "dashboard.json", "README.md")) {
            var m = NAME.matcher(Files.readString(MONITORING.resolve(file)));
            while (m.find()) {
                count++;
                var source = m.group(1) == null ? ofBackup.toString() : ofExplore;
                if (!source.contains("\"" + m.group(2) + "\"")) unknown.add(m.group());
            }
        }
        assertEquals(new TreeSet<>(), unknown);
        assertFalse(count < 15, "only " + count + " names were found");
    }
}
