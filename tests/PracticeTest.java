import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What bin/jbang lets a tool do once after a build: real work, of which nothing stays. */
@Tag("local")
class PracticeTest {
    @TempDir
    Path temporary;

    @Test
    void backup_verifies_and_lists_a_backup_of_its_own_and_leaves_nothing() throws IOException {
        var run = practise("backup");
        assertTrue(run.out().contains("made by another tool"), run::toString);
        assertTrue(run.out().contains("has 180000 bytes, and a WAL segment"), run::toString);
    }

    @Test
    void restore_unpacks_a_backup_of_its_own_and_leaves_nothing() throws IOException {
        var run = practise("restore");
        assertTrue(run.err().contains("unpack to"), run::toString);
        assertTrue(run.err().contains("lacks WAL that it needs"), run::toString);
    }

    @Test
    void explore_writes_a_report_of_a_made_up_database_and_leaves_nothing() throws IOException {
        var run = practise("explore");
        // it comes after the report, when that was written
        assertTrue(run.out().contains("SEQ-01"), run::toString);
    }

    @Test
    void chart_draws_made_up_metrics_and_asks_for_a_server_where_there_is_none() throws IOException {
        var run = practise("chart");
        // it comes after the drawing, when that was done
        assertTrue(run.err().contains("cannot reach 127.0.0.1:1"), run::toString);
    }

    private Tool.Result practise(String tool) throws IOException {
        var options = "-Dpractise=true -Djava.io.tmpdir=" + temporary;
        var run = Tool.of(tool).with("JAVA_TOOL_OPTIONS", options).run("--help");
        assertEquals(0, run.exit(), run::toString);
        assertTrue(run.out().contains("Usage: " + tool), run::toString);
        try (var left = Files.list(temporary)) {
            assertEquals(0, left.count(), run::toString);
        }
        return run;
    }
}
