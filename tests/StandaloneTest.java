import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each tool as one file: copied alone into an empty directory, it does there what it does in the checkout. */
@ResourceLock("embedded")
class StandaloneTest {
    @TempDir
    static Path folded;

    private final List<Path> places = new ArrayList<>();

    @BeforeAll
    static void fold() {
        var made = Tool.of("bin/standalone").in(Tool.ROOT).run("-o", folded.toString(), "--quiet");
        assertEquals(0, made.exit(), made::toString);
        assertEquals(4, made.out().lines().count(), made::toString);
    }

    @AfterEach
    void clean() {
        places.forEach(Cluster::delete);
    }

    @ParameterizedTest @Tag("cli") @ValueSource(strings = {"backup", "restore", "explore", "chart"})
    void it_helps_with_the_same_words_as_in_the_checkout(String tool) throws IOException {
        var place = alone(tool);
        var help = run(tool, place, Map.of(), "--help");
        assertEquals(0, help.exit(), help::toString);
        assertEquals(Tool.of(tool).run("--help").out(), help.out());
        assertEquals(List.of(place.resolve(tool + ".java")), contents(place));
    }

    @ParameterizedTest @Tag("cli") @ValueSource(strings = {"backup", "restore", "explore", "chart"})
    void a_person_can_read_it(String tool) throws IOException {
        var text = Files.readString(folded.resolve(tool + ".java"));
        var lines = text.lines().toList();
        assertEquals("///usr/bin/env jbang \"$0\" \"$@\" ; exit $?", lines.getFirst());
        assertTrue(text.contains("Licence: Apache-2.0"));
        assertTrue(lines.contains("// -------------------- from " + tool + ".java --------------------"));
        assertTrue(lines.contains("// -------------------- from lib/Cli.java --------------------"));
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("//DEPS info.picocli:picocli:")));
        assertFalse(
            lines.stream()
                .anyMatch(l -> l.startsWith("//SOURCES") || l.startsWith("package ") || l.startsWith("import lib.")));
        assertEquals(
            lines.stream().filter(l -> l.startsWith("import ")).distinct().count(),
            lines.stream().filter(l -> l.startsWith("import ")).count());
    }

    @Test @Tag("embedded")
    void chart_draws() throws IOException {
        var place = alone("chart");
        var drawn = run("chart", place, Embedded.shared(), "--metric", "health");
        assertEquals(0, drawn.exit(), drawn::toString);
        assertEquals("charts/health_24h.svg\n", drawn.out());
        assertTrue(Files.readString(place.resolve("charts/health_24h.svg")).contains("<svg"));

        var workbook = run("chart", place, Embedded.shared(), "--metric", "power", "--window", "7d", "-o", "week.xlsx");
        assertEquals(0, workbook.exit(), workbook::toString);
        assertTrue(Files.size(place.resolve("week.xlsx")) > 10_000);
    }

    @Test @Tag("embedded")
    void explore_reports() throws IOException {
        var place = alone("explore");
        var explored = run("explore", place, Embedded.shared());
        assertEquals(0, explored.exit(), explored::toString);
        for (var file : List.of("report.md", "report.html", "report.json")) {
            assertTrue(
                Files.readString(place.resolve(explored.out().strip()).resolve(file))
                    .contains("health_metrics_1min_cagg"),
                file);
        }
    }

    @Test @Tag("local")
    void backup_and_restore_bring_a_cluster_back() throws IOException {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS id");
            var place = alone("backup");
            var backup = run("backup", place, cluster.environment(), "--no-progress");
            assertEquals(0, backup.exit(), backup::toString);
            var path = place.resolve(backup.out().strip());
            assertTrue(Files.exists(path.resolve("RESTORE.md")), backup::toString);

            var home = Files.createTempDirectory("standalone-restored-");
            Cluster.giveToServer(home);
            try (var restored = Cluster.around(home.resolve("data"), home)) {
                var result = run(
                    "restore",
                    alone("restore"),
                    Map.of(),
                    path.toString(),
                    "-D",
                    home.resolve("data").toString(),
                    "--force");
                assertEquals(0, result.exit(), result::toString);
                restored.start();
                assertEquals("1000", restored.sql("SELECT count(*) FROM t"));
            }
        }
    }

    private Path alone(String tool) throws IOException {
        var place = Files.createTempDirectory("alone-");
        places.add(place);
        Files.copy(folded.resolve(tool + ".java"), place.resolve(tool + ".java"));
        return place;
    }

    private static Tool.Result run(String tool, Path place, Map<String, String> environment, String... arguments) {
        var command = new ArrayList<>(List.of(Tool.ROOT.resolve("bin/jbang").toString(), tool + ".java"));
        command.addAll(List.of(arguments));
        return Tool.command(command.toArray(String[]::new)).with(environment).in(place).run();
    }

    private static List<Path> contents(Path place) throws IOException {
        try (var all = Files.list(place)) {
            return all.toList();
        }
    }
}
