import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Arrows between the rooms of lib point one way, and the rooms of the four tools do not know each other. */
@Tag("unit")
class LayersTest {
    private static final Pattern NAMED = Pattern.compile("\\b(lib(?:\\.[a-z]\\w*)*)\\.[A-Z]\\w*");

    /** A room may use those below it, and itself. */
    // @formatter:off
    private static final Map<String, Integer> FLOOR = Map.of(
        "lib", 0,
        "lib.database", 1,
        "lib.archive", 2,
        "lib.boot", 3,
        "lib.backup", 4,
        "lib.restore", 4,
        "lib.explore", 4,
        "lib.chart", 4);
    // @formatter:on

    @Test
    void no_room_uses_one_above_it_or_beside_it() throws IOException {
        var wrong = new ArrayList<String>();
        for (var file : sources()) {
            var room = roomOf(file);
            NAMED.matcher(Files.readString(file))
                .results()
                .map(m -> m.group(1))
                .filter(FLOOR::containsKey)
                .filter(other -> !other.equals(room))
                .filter(other -> FLOOR.get(other) >= FLOOR.get(room))
                .forEach(other -> wrong.add(Tool.ROOT.relativize(file) + " uses " + other));
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void every_room_is_on_a_floor() throws IOException {
        assertEquals(FLOOR.keySet(), Set.copyOf(sources().stream().map(LayersTest::roomOf).toList()));
    }

    @Test
    void what_reads_data_does_not_need_the_command_line_library() throws IOException {
        var wrong = new ArrayList<String>();
        for (var file : sources()) {
            var name = file.getFileName().toString();
            if (name.equals("Cli.java") || name.matches("(.*Options|Options.*)\\.java")) continue;
            if (Files.readString(file).contains("import picocli.")) wrong.add(Tool.ROOT.relativize(file).toString());
        }
        assertEquals(List.of(), wrong);
    }

    /** Options and what is called in which order: such a script is read like a runbook. The rest is in lib. */
    @Test
    void each_tool_is_a_short_script() throws IOException {
        for (var tool : List.of("backup.java", "restore.java", "explore.java", "chart.java")) {
            int lines = Files.readAllLines(Tool.ROOT.resolve(tool)).size();
            assertTrue(lines < 200, tool + " has " + lines + " lines");
        }
    }

    private static String roomOf(Path file) {
        return Tool.ROOT.relativize(file.getParent()).toString().replace('/', '.');
    }

    private static List<Path> sources() throws IOException {
        try (var files = Files.walk(Tool.ROOT.resolve("lib"))) {
            return files.filter(f -> f.toString().endsWith(".java")).toList();
        }
    }
}
