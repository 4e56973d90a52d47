import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** make check: layout, habits and spelling of the project's own files. */
@Tag("cli")
class CheckTest {
    @Test
    void the_project_is_as_it_should_be() {
        var check = check();
        assertEquals("", check.out(), check::toString);
        assertEquals(0, check.exit(), check::toString);
    }

    @Test
    void each_kind_of_fault_is_found_and_named(@TempDir Path directory) throws IOException {
        var source = Files.writeString(
            directory.resolve("Fault.java"),
            "//DEPS info.picocli:picocli:LATEST\n\nimport java.util.List;\n\nclass Fault {\n  int  a;\n}");
        var page = Files.writeString(directory.resolve("page.md"), "A backup is a `kopy` of the\ndatebase.\n");
        var check = check(source, page);
        assertEquals(11, check.exit(), check::toString);
        assertTrue(check.out().contains("Fault.java:6 is laid out otherwise"), check::toString);
        assertTrue(check.out().contains("Fault.java:1 a dependency without a pinned version"), check::toString);
        assertTrue(check.out().contains("Fault.java:3 Unused import"), check::toString);
        assertTrue(check.out().contains("page.md:2 \"datebase\""), check::toString);
        assertTrue(!check.out().contains("kopy"), check::toString);

        assertTrue(Files.readString(source).contains("  int  a;"), "a look changes nothing");
        check("--fix", source);
        assertEquals(
            "//DEPS info.picocli:picocli:LATEST\n\nimport java.util.List;\n\nclass Fault {\n    int a;\n}\n",
            Files.readString(source));
    }

    @Test
    void shell_scripts_are_looked_over_too(@TempDir Path directory) throws IOException {
        Assumptions.assumeTrue(
            Tool.command("sh", "-c", "command -v shellcheck").run().exit() == 0,
            "no shellcheck on this machine");
        var script = Files.writeString(directory.resolve("script"), "#!/bin/sh\ncd \"$1\"\n");
        var check = check(script);
        assertEquals(11, check.exit(), check::toString);
        assertTrue(check.out().contains("script:2 warning: Use 'cd ... || exit'"), check::toString);
    }

    @Test
    void a_class_beside_the_tests_that_nothing_names_is_found(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("Helper.java"), "class Helper {}\n");
        Files.writeString(directory.resolve("Forgotten.java"), "class Forgotten {}\n");
        Files.writeString(directory.resolve("OneTest.java"), "class OneTest {}\n");
        var runner = Files.writeString(
            directory.resolve("runner.java"),
            "//SOURCES *Test.java Helper.java\n\nclass runner {}\n");
        var check = check(runner);
        assertEquals(11, check.exit(), check::toString);
        assertTrue(check.out().contains("runner.java:1 Forgotten.java is in none"), check::toString);
        assertTrue(!check.out().contains("Helper.java is"), check::toString);
        assertTrue(!check.out().contains("OneTest.java is"), check::toString);
    }

    private static Tool.Result check(Object... arguments) {
        var words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) words[i] = arguments[i].toString();
        return Tool.of("bin/check").in(Tool.ROOT).run(words);
    }
}
