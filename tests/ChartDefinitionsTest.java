import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lib.ExitCode;
import lib.Failure;
import lib.chart.BuiltInMetrics;
import lib.chart.Definitions;
import lib.chart.Metric;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class ChartDefinitionsTest {
    @TempDir
    Path directory;

    private List<Metric> read(String yaml) {
        try {
            return Definitions.read(Files.writeString(directory.resolve("m.yaml"), yaml));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void refused(String yaml, String message, String hint) {
        var failure = assertThrows(Failure.class, () -> read(yaml));
        assertEquals(ExitCode.USAGE, failure.exitCode());
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertTrue(failure.hint().contains(hint), failure.hint());
    }

    @Test
    void the_example_in_the_readme_is_understood_whole() throws IOException {
        var readme = Files.readString(Tool.ROOT.resolve("lib/chart/README.md"));
        var metrics = read(readme.substring(readme.indexOf("```yaml") + 8, readme.lastIndexOf("```")));
        var rooms = metrics.getFirst();
        assertEquals(List.of("rooms", "racks"), metrics.stream().map(Metric::name).toList());
        assertEquals(2, rooms.sources().size());
        assertEquals(3600, rooms.sources().get(1).bucket().seconds());
        assertEquals(2000, rooms.look().range().max());
        assertEquals(Metric.Threshold.Severity.CRITICAL, rooms.look().thresholds().get(1).severity());
        assertEquals(List.of("feed"), metrics.get(1).sumOver());
    }

    @Test
    void table_and_value_are_enough() {
        var metric = read("co2: {table: air, value: ppm}").getFirst();
        assertEquals("co2", metric.title());
        assertEquals(List.of(), metric.series());
    }

    @Test
    void mistakes_are_named_with_the_nearest_right_word() {
        refused("co2: {table: air, value: ppm, serie: room}", "there is no word 'serie'", "did you mean 'series'?");
        refused("co2: {table: air}", "'value' is missing", "needs a table and a value");
        refused("co2: {table: air, value: ppm, kind: pie}", "there is no kind 'pie'", "line or stacked");
        refused("co2: {table: air, value: ppm, range: [5, 1]}", "range must be two numbers", "range: [0, 100]");
        refused(
            "co2: {table: air, value: ppm, thresholds: [{above: high}]}",
            "'high' is not a number",
            "numbers like 80");
        refused("co2: {table: air\nvalue", "is not YAML: line", "");
        refused("- just\n- a list", "must hold words with values", "example");
    }

    @Test
    void another_series_is_said_in_the_title() {
        var health = BuiltInMetrics.all().stream().filter(m -> m.name().equals("health")).findFirst().orElseThrow();
        assertEquals("Health by category", health.withSeries(List.of("category")).title());
        var power = BuiltInMetrics.all().stream().filter(m -> m.name().equals("power")).findFirst().orElseThrow();
        assertEquals(
            List.of("service_name"),
            power.withSeries(List.of("channel")).sumOver(),
            "the power of a channel is that of all services");
        assertEquals(List.of(), power.withSeries(List.of("service_name", "channel")).sumOver());
    }
}
