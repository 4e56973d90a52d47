import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lib.DotEnv;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class DotEnvTest {
    @Test
    void values_are_taken_as_they_are(@TempDir Path directory) throws IOException {
        var file =
            Files.writeString(
                directory.resolve(".env"),
                "# c\n\nA=1\nexport B = \"two words\"\nC='$(rm -rf /)'\nD=a=b#c\nnonsense\nE=\n");
        assertEquals(Map.of("A", "1", "B", "two words", "C", "$(rm -rf /)", "D", "a=b#c", "E", ""), DotEnv.read(file));
        assertEquals(Map.of(), DotEnv.read(directory.resolve("missing")));
    }

    /** bin/lib.sh is what make start, make stop and make doctor read it with. */
    @Test
    void the_shell_reads_every_file_in_the_same_way(@TempDir Path directory) throws IOException {
        var hostile = List.of(
            "A=1\r\nB= two words \t\r\n",                           // Windows line ends
            "\uFEFFA=1\nB=2",                                          // Windows Notepad, and no line end
            "A='it''s'\nB=\"'x'\"\nC='\"x\"'\nD=\"\nE='\nF=\"\"\n",
            "A=first\nA=last\nB=full\nB=\n",
            "  export   A = 1\n\texport\tB=2\nexportC=3\nexport=4\n",
            "#A=1\n # B=2\nC=#3\nD=a # b\nE=\"a\" # b\n=F\nG\n",
            "A=$(touch pwned)\nB=`touch pwned`\nC=$HOME\nD=${A}\nE=\\n\\t\\\nF=%s*?[a]\nG=;touch pwned\n",
            "A=p\u00E4ssw\u00F6rd \u2003\nB=\u00A0x\u00A0\nC=\u4F60\u597D\n",
            "A==\nB=a=b\nC= = \nA B=5\nD.E=6\nAA=7\n");
        for (var text : hostile) {
            var file = Files.writeString(directory.resolve(".env"), text);
            var expected = DotEnv.read(file);
            for (var name : List.of("A", "B", "C", "D", "E", "F", "G", "AA", "exportC", "export")) {
                assertEquals(expected.getOrDefault(name, ""), shell(file, name), name + " of " + text);
            }
        }
        assertTrue(Files.notExists(directory.resolve("pwned")));
    }

    @Test
    void a_value_that_is_not_utf_8_does_not_hide_the_others(@TempDir Path directory) throws IOException {
        var file = Files.write(
            directory.resolve(".env"),
            "PGHOST=here\nPGPASSWORD=\u00E4\n".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals("here", DotEnv.read(file).get("PGHOST"));
        assertEquals("here", shell(file, "PGHOST"));
    }

    private static String shell(Path file, String name) {
        var script = "self=test; . \"$0\"; env_file_value \"$1\" \"$2\"";
        var read = Tool.command("sh", "-c", script, Tool.ROOT.resolve("bin/lib.sh").toString(), file.toString(), name)
            .in(file.getParent())
            .run();
        assertEquals(0, read.exit(), read::toString);
        return read.out().replaceFirst("\n$", "");
    }
}
