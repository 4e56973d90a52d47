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
        refused(
            "co2: {table: air, value: ppm, serie: room}",
            "line 1, column 31: unknown key 'co2.serie', did you mean series?",
            "rollups, scale, series");
        refused("co2: {table: air}", "line 1, column 1: co2: 'value' is missing", "needs a table and a value");
        refused(
            "metrics:\n  co2: {table: air, value: ppm, kind: pie}",
            "line 2, column 39: metrics.co2.kind: unknown kind 'pie'",
            "known: line, stacked.");
        refused("co2: {table: air, value: ppm, range: [5, 1]}", "range must be two numbers", "range: [0, 100]");
        refused(
            "co2: {table: air, value: ppm, thresholds: [{above: high}]}",
            "line 1, column 52: co2.thresholds[0].above must be a number, not 'high'",
            "numbers like 80");
        refused(
            "co2:\n  table: air\n  value: ppm\n  stat: average",
            "line 4, column 9: co2.stat: there is no statistic 'average'",
            "There are: ");
        refused("co2: {table: air\nvalue", "line ", "YAML indents");
        refused("- just\n- a list", "the file must hold keys and values, not a list", "key: value");
        refused("co2: ", "co2 must hold a table and a value", "example");
        refused("# nothing", "no metric is in it", "example");
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
