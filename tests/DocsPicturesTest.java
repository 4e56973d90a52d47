import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The charts in the docs are what chart.java draws of the sample. Made new with: chart.java --metric health --timezone
 * UTC -o docs/chart-health.svg
 */
@Tag("embedded") @ResourceLock("embedded")
class DocsPicturesTest {
    @ParameterizedTest @CsvSource({"health, 24h", "temperature, 7d", "power, 7d"})
    void a_picture_says_what_the_tool_draws_today(String metric, String window, @TempDir Path directory)
        throws IOException {
        var drawn = Tool.of("chart")
            .with(Embedded.shared())
            .in(directory)
            .run(
                "--metric",
                metric,
                "--window",
                window,
                "--timezone",
                "UTC",
                "-o",
                "now.svg");
        assertEquals(0, drawn.exit(), drawn::toString);
        assertEquals(words(directory.resolve("now.svg")), words(Tool.ROOT.resolve("docs/chart-" + metric + ".svg")));
    }

    /** Titles, axes and labels; where they stand to a hair depends on the machine's fonts. */
    private static List<String> words(Path svg) throws IOException {
        return Pattern.compile("<text[^>]*>([^<]*)")
            .matcher(Files.readString(svg))
            .results()
            .map(m -> m.group(1))
            .toList();
    }
}
