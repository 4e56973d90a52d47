import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lib.Program;
import lib.Progress;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The progress line on a real pseudo-terminal, made by the program script. */
@Tag("unit")
class ProgressTest {
    @TempDir
    Path directory;

    /** What is run on the terminal. */
    static final class Shown {
        private Shown() {}

        public static void main(String... args) throws InterruptedException {
            try (var progress = Progress.ofBytes("a task with a name that is rather long", 10_000_000_000L)) {
                progress.phase("copying");
                for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                    progress.by(123_456_789L);
                    Thread.sleep(100);
                }
            }
        }
    }

    @BeforeAll
    static void there_is_a_program_that_makes_a_terminal() {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v script && command -v stty")).capture().ok(),
            "the program script or stty is not on this machine");
    }

    @Test
    void the_line_fits_a_terminal_of_any_width() throws IOException {
        for (int columns : new int[] {80, 60, 30}) {
            var lines = onTerminal("stty cols " + columns, 10);
            assertTrue(lines.size() > 2, lines::toString);
            assertTrue(
                lines.stream().allMatch(l -> l.length() < columns),
                () -> columns + " columns: " + String.join("\n", lines));
        }
        assertTrue(onTerminal("stty cols 200", 10).stream().anyMatch(l -> l.length() > 120), "a wide one is used");
    }

    @Test
    void the_line_follows_when_the_window_is_resized() throws IOException {
        var lines = onTerminal("stty cols 90; (sleep 2; stty cols 40 <&2) & true", 45);
        assertTrue(lines.stream().anyMatch(l -> l.length() > 60), lines::toString);
        assertTrue(lines.getLast().length() < 40, lines::toString);
    }

    @Test
    void a_terminal_that_does_not_know_its_width_is_taken_for_80_columns() throws IOException {
        var lines = onTerminal("stty cols 0", 10);
        assertEquals(79, lines.stream().mapToInt(String::length).max().orElse(0), lines::toString);
    }

    /** Each state of the line. */
    private List<String> onTerminal(String before, int steps) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        var command = before + "; exec '" + java + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '"
            + System.getProperty("java.class.path") + "' 'ProgressTest$Shown' " + steps;
        var script = Files.writeString(directory.resolve("run.sh"), command + "\n");
        var log = directory.resolve("typescript");
        var answer = Program.of(List.of("script", "-qec", "sh '" + script + "'", log.toString())).capture();
        assertTrue(answer.ok(), () -> answer.stdout() + answer.stderr());
        var said = Files.readString(log);
        var shown = new ArrayList<String>();
        for (var line : Arrays.asList(said.split("[\\r\\n]+"))) {
            var text = line.replaceAll("\033\\[[0-9;]*[A-Za-z]", "");
            if (text.startsWith("a task")) shown.add(text);
        }
        return shown;
    }
}
