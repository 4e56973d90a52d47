import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lib.Program;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The shell scripts around the tools, by shellcheck. */
@Tag("cli")
class ContainerScriptsTest {
    @Test
    void shellcheck_finds_nothing_in_any_shell_script() throws IOException {
        Assumptions.assumeTrue(Program.of(List.of("sh", "-c", "command -v shellcheck")).capture().ok(), "no shellcheck on this machine");
        var scripts = new ArrayList<String>();
        for (var place : List.of("bin", "example", "tests/images", ".ci")) {
            try (Stream<Path> files = Files.walk(Tool.ROOT.resolve(place))) {
                files.filter(f -> Files.isRegularFile(f) && !f.toString().contains("node_modules")).filter(ContainerScriptsTest::isShell).map(Path::toString).forEach(scripts::add);
            }
        }
        assertTrue(scripts.size() > 8, scripts::toString);
        var command = new ArrayList<>(List.of("shellcheck", "--severity=warning", "--exclude=SC1007"));   // CDPATH= cd is meant
        command.addAll(scripts);
        var answer = Program.of(command).capture();
        assertEquals("", answer.stdout() + answer.stderr());
    }

    private static boolean isShell(Path file) {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(40), StandardCharsets.ISO_8859_1).matches("(?s)#!(/bin/sh|/usr/bin/env bash|/bin/bash)\\s.*");
        } catch (IOException e) {
            return false;
        }
    }
}
