import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    void chart_reads_and_draws_pictures_of_made_up_rows_and_leaves_nothing() throws IOException {
        var run = practise("chart");
        assertEquals(12, drawn(run), run::toString);
        assertTrue(run.err().contains("Power by service: 10 series, 7,380 rows in buckets of 10 min"), run::toString);
    }

    @Test
    void chart_makes_workbooks_of_made_up_rows_for_a_start_up_cache_of_their_own() throws IOException {
        assertEquals(3, drawn(practise("chart", "workbook")));

        var pictures = chart("week.svg");
        assertTrue(pictures.contains("/chart.java.aot "), pictures);
        var workbooks = chart("week.xlsx");
        assertTrue(workbooks.contains("/chart.java-workbook.aot "), workbooks);
    }

    @Test
    void libraries_that_a_cache_refuses_as_they_are_come_from_it_too() throws IOException {
        var log = temporary.resolve("classes");
        var run = withoutJbang("explore").with("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + log).run("--help");
        assertEquals(0, run.exit(), run::toString);
        var classes = Files.readAllLines(log);
        assertTrue(classes.stream().anyMatch(line -> line.contains("] picocli.CommandLine source: shared")));
        var outside = classes.stream().filter(line -> line.contains("source: file:")).toList();
        assertEquals(List.of(), outside, "read from jars, and not from the cache");
    }

    /** How many files it told of. */
    private static long drawn(Tool.Result run) {
        return run.out().lines().filter(line -> line.contains("/chart.")).count();
    }

    /** A JBang on the PATH would start it as it is. */
    private static Tool withoutJbang(String tool) {
        return Tool.of(tool).with("PATH", "/usr/bin:/bin");
    }

    /** What the JVM says of its options. */
    private static String chart(String file) {
        var run = withoutJbang("chart")
            .with("JDK_JAVA_OPTIONS", "-XX:+PrintCommandLineFlags")
            .run("-o", file, "--help");
        assertEquals(0, run.exit(), run::toString);
        return run.out().lines().findFirst().orElse("");
    }

    private Tool.Result practise(String tool) throws IOException {
        return practise(tool, "true");
    }

    private Tool.Result practise(String tool, String kind) throws IOException {
        var options = "-Dpractise=" + kind + " -Djava.io.tmpdir=" + temporary;
        var run = Tool.of(tool).with("JAVA_TOOL_OPTIONS", options).run("--help");
        assertEquals(0, run.exit(), run::toString);
        assertTrue(run.out().contains("Usage: " + tool), run::toString);
        try (var left = Files.list(temporary)) {
            assertEquals(0, left.count(), run::toString);
        }
        return run;
    }
}
