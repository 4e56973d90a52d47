//SOURCES ../Practice.java Bucket.java BuiltInMetrics.java ChartData.java Grid.java Metric.java Output.java
package lib.chart;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.IntStream;
import lib.Practice;
import org.postgresql.Driver;

/**
 * Draws the built-in metrics from made-up rows, in the forms that are asked for most. What reads from a server cannot
 * be practised without one: those classes are loaded by their names.
 */
public final class ChartPractice implements Practice {
    private static final Instant FROM = Instant.parse("2025-01-01T00:00:00Z");
    private static final int POINTS = 300;
    private static final List<String> FORMS =
        List.of("chart.svg", "chart.html", "chart.xlsx", "chart.csv", "chart.txt");
    /** Of the driver: what is left out is for other ways to log in, and for pools of connections. */
    private static final List<String> DRIVER = List.of("core", "copy", "jdbc", "util", "hostchooser", "plugin");

    @Override
    public List<List<String>> commandLines(Path scratch) throws IOException {
        var picture = Output.Picture.parse(Output.Picture.DEFAULT_SIZE, "light");
        var charts = BuiltInMetrics.all().stream().map(ChartPractice::sample).toList();
        for (var form : FORMS) {
            var output = Output.of(scratch.resolve(form).toString(), null, "");
            output.write(charts.subList(0, 1), picture);
            output.write(charts, picture);
        }
        load(Driver.class, DRIVER.stream().map(part -> "org/postgresql/" + part + "/").toList());
        load(ChartPractice.class, List.of("lib/"));
        var nowhere = scratch.resolve("chart.svg").toString();
        // nobody listens there: all up to the connection is practised
        return List.of(List.of("--host", "127.0.0.1", "--port", "1", "--metric", "health", "-o", nowhere));
    }

    private static ChartData sample(Metric metric) {
        var grid =
            Grid.covering(Bucket.exact(600), ZoneOffset.UTC, FROM, FROM.plusSeconds(600L * POINTS));
        var series = IntStream.range(0, 10).mapToObj(i -> series(grid, i)).toList();
        var origin = new ChartData.Origin(metric.sources().getFirst(), "", 60 * POINTS, POINTS, 1, "", List.of());
        return new ChartData(metric, grid, series, origin, ChartData.Extras.NONE);
    }

    /** A wave with a gap in it, in a band. */
    private static ChartData.Series series(Grid grid, int number) {
        var buckets = IntStream.range(0, POINTS).filter(i -> i < 100 || i > 120).toArray();
        var values = Arrays.stream(buckets).mapToDouble(i -> 60 + number + 10 * Math.sin(i / 20.0)).toArray();
        var points = new ChartData.Points(
            Arrays.stream(buckets).mapToLong(grid::start).toArray(),
            values,
            Arrays.stream(values).map(v -> v - 1).toArray(),
            Arrays.stream(values).map(v -> v + 1).toArray(),
            Arrays.stream(buckets).mapToLong(i -> 6).toArray());
        return new ChartData.Series(List.of("part " + number), "part " + number, number, points);
    }

    /** Loads the classes in these directories of the jar that a class is from; of no jar there is no cache. */
    private static void load(Class<?> member, List<String> directories) throws IOException {
        var place = place(member);
        if (!place.isFile()) return;
        try (var jar = new JarFile(place)) {
            jar.stream()
                .map(entry -> entry.getName())
                .filter(name -> name.endsWith(".class") && directories.stream().anyMatch(name::startsWith))
                .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
                .forEach(name -> load(name, member.getClassLoader()));
        }
    }

    private static File place(Class<?> member) throws IOException {
        try {
            return new File(member.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
    }

    private static void load(String name, ClassLoader loader) {
        try {
            Class.forName(name, false, loader);
        } catch (ClassNotFoundException | LinkageError absent) {
            // it needs a library that we do not have, so no chart needs it either
        }
    }
}
