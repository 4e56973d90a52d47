import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
