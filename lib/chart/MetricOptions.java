//SOURCES ../Failure.java ../Spelling.java ../Window.java ../database/ConnectionSettings.java ../database/Database.java
//SOURCES BuiltInMetrics.java Definitions.java Metric.java
package lib.chart;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.Failure;
import lib.Spelling;
import lib.Window;
import lib.database.ConnectionSettings;
import lib.database.Database;
import picocli.CommandLine.Option;

/** Which metrics there are, and the database that they are read from. */
public final class MetricOptions {
    @Option(names = "--definitions", paramLabel = "FILE", description = "metrics of your own, in YAML")
    Path definitions;

    @Option(
        names = "--timeout",
        paramLabel = "TIME",
        description = "give up when a query takes longer (default: ${DEFAULT-VALUE})")
    String timeout = "2m";

    /** Yours first: one of yours may take the place of a built-in one. */
    public List<Metric> all() {
        var all = new LinkedHashMap<>(own());
        BuiltInMetrics.all().forEach(m -> all.putIfAbsent(m.name(), m));
        return List.copyOf(all.values());
    }

    private LinkedHashMap<String, Metric> own() {
        var own = new LinkedHashMap<String, Metric>();
        if (definitions != null) Definitions.read(definitions).forEach(m -> own.put(m.name(), m));
        return own;
    }

    /** @param names as typed; @param isAll all of yours, or without --definitions all built-in ones */
    public List<Metric> chosen(List<String> names, boolean isAll) {
        if (isAll) return definitions == null ? BuiltInMetrics.all() : List.copyOf(own().values());
        var known = all();
        if (names.isEmpty()) {
            throw Failure.usage(
                "which metric? --metric is missing",
                "choose one of: " + String.join(", ", known.stream().map(Metric::name).toList()) + "; or --all.");
        }
        return names.stream().distinct().map(name -> one(name, known)).toList();
    }

    private static Metric one(String name, List<Metric> known) {
        return known.stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow(() -> {
            var names = new ArrayList<>(known.stream().map(Metric::name).toList());
            var nearest = Spelling.nearest(name, names);
            names.remove(nearest);
            names.addFirst(nearest);
            return Failure
                .usage("there is no metric '" + name + "'", "choose one of: " + String.join(", ", names) + ".");
        });
    }

    /** A read-only transaction; a column of type timestamp has no zone and is taken as UTC. */
    public Database open(ConnectionSettings settings) {
        return Database.open(settings, "chart")
            .readOnlySnapshot(
                Map.of(
                    "statement_timeout",
                    String.valueOf(Window.parse(timeout).estimate().toMillis()),
                    "timezone",
                    "UTC",
                    "jit",
                    "off"));          // compiling the query takes longer than what it would save
    }
}
