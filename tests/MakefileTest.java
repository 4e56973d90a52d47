import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("cli")
class MakefileTest {
    @TempDir
    static Path temp;
    /** A checkout whose path has a blank, and whose tools only print what they were given. */
    static Path checkout;
    static String makefile;

    @BeforeAll
    static void makeCheckout() throws IOException {
        makefile = Files.readString(Tool.ROOT.resolve("Makefile"));
        checkout = Files.createDirectories(temp.resolve("a check out"));
        Files.createDirectories(checkout.resolve("bin"));
        Files.writeString(checkout.resolve("Makefile"), makefile);
        var tools = checkout.resolve("bin/tools");
        Files.writeString(tools, "#!/bin/sh\nfor a; do echo \"[$a]\"; done\n");
        Files.setPosixFilePermissions(tools, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void help_lists_every_target_with_a_line_and_nothing_else() {
        var targets = new TreeSet<String>();
        Pattern.compile("(?m)^([a-z][a-z-]*):").matcher(makefile).results().forEach(m -> targets.add(m.group(1)));
        var documented = new TreeSet<String>();
        Pattern.compile("(?m)^([a-z][a-z-]*):.*## \\S")
            .matcher(makefile)
            .results()
            .forEach(m -> documented.add(m.group(1)));
        assertEquals(targets, documented);

        var help = make();
        var listed = new TreeSet<String>();
        Pattern.compile("(?m)^  make ([a-z-]+)  +\\S")
            .matcher(help.out())
            .results()
            .forEach(m -> listed.add(m.group(1)));
        assertEquals(targets, listed, help::toString);

        var phony =
            Pattern.compile("(?m)^\\.PHONY: (.*)").matcher(makefile).results().findFirst().orElseThrow().group(1);
        assertEquals(targets, new TreeSet<>(List.of(phony.split(" "))));
    }

    @Test
    void every_variable_is_explained_at_the_top() {
        var head = makefile.substring(0, makefile.indexOf("\n\n"));
        var used = new TreeSet<String>();
        Pattern.compile("\\$\\$\\{?([A-Z_]+)").matcher(makefile).results().forEach(m -> used.add(m.group(1)));
        used.removeIf(name -> Pattern.compile("\\b" + name + "\\b").matcher(head).find());
        assertEquals(Set.of(), used);
    }

    @Test
    void every_setting_that_the_scripts_read_is_in_the_example_file() throws IOException {
        var example = Files.readString(Tool.ROOT.resolve(".env.example"));
        for (var script : List.of("bin/engine", "bin/tools")) {
            Pattern.compile("\\bsetting ([A-Z_]+)")
                .matcher(Files.readString(Tool.ROOT.resolve(script)))
                .results()
                .map(m -> m.group(1))
                .forEach(
                    name -> assertTrue(
                        Pattern.compile("(?m)^#?" + name + "=").matcher(example).find(),
                        script + " reads " + name));
        }
    }

    @Test
    void variables_become_the_tools_options() {
        assertEquals(
            "[chart.java]\n[--metric]\n[power]\n[--window]\n[7d]\n[-o]\n[charts/my power.svg]\n[--by]\n[channel]\n",
            make("chart", "METRIC=power", "WINDOW=7d", "OUTPUT=charts/my power.svg", "ARGS=--by channel").out());
        assertEquals("[restore.java]\n[/tmp/a backup]\n", make("restore", "BACKUP_DIR=/tmp/a backup").out());
        assertEquals("[restore.java]\n[drill]\n[latest]\n", make("drill").out());
        assertEquals(
            "[--in]\n[/tmp/a backup]\n[explore.java]\n",
            make("explore", "BACKUP_DIR=/tmp/a backup").out());
        assertEquals(
            "[--in]\n[latest]\n[chart.java]\n[--metric]\n[health]\n",
            make("chart", "BACKUP_DIR=latest").out());
        assertEquals(
            "[example/sample.java]\n[--until]\n[now]\n[--scale]\n[4]\n",
            make("sample", "UNTIL=now", "SCALE=4").out());
    }

    @Test
    void nothing_in_a_variable_is_run() {
        var trap = temp.resolve("trapped");
        for (var evil : List.of(
            "$(touch " + trap + ")",
            "`touch " + trap + "`",
            "\"; touch " + trap + "; \"",
            "'; touch " + trap + "; '",
            "$(shell touch " + trap + ")",
            "$$(touch " + trap + ")",
            "$(eval x:=$(shell touch " + trap + "))")) {
            for (var variable : List.of("METRIC", "WINDOW", "OUTPUT", "ARGS", "PGHOST", "PGPASSWORD")) {
                assertEquals(0, make("chart", variable + "=" + evil).exit());
                assertEquals(
                    0,
                    Tool.command("make", "-C", checkout.toString(), "chart").with(variable, evil).run().exit());
            }
            assertEquals(0, make("restore", "BACKUP_DIR=" + evil).exit());
            assertTrue(make("chart", "METRIC=" + evil).out().contains("[" + evil + "]"), evil);
            assertFalse(Files.exists(trap), evil);
        }
    }

    @Test
    void star_in_args_is_no_file_name() {
        assertTrue(make("explore", "ARGS=--schema *").out().endsWith("[--schema]\n[*]\n"));
    }

    @Test
    void restore_and_verify_without_a_backup_say_what_is_missing() {
        for (var target : List.of("restore", "verify")) {
            var result = make(target);
            assertEquals(2, result.exit());
            assertTrue(result.err().contains("make " + target + " BACKUP_DIR=backups/"), result::toString);
        }
    }

    private static Tool.Result make(String... arguments) {
        var tool = Tool.command("make", "--no-print-directory", "-C", checkout.toString());
        return tool.run(arguments);
    }
}
