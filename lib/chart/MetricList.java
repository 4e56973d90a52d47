//SOURCES ../Console.java ../Table.java ../Units.java ../database/Database.java Metric.java Timeline.java
package lib.chart;

import java.util.List;
import lib.Console;
import lib.Table;
import lib.Units;
import lib.database.Database;

/** What can be drawn, with the time range found in the database. */
public final class MetricList {
    private MetricList() {}

    public static Table of(Database database, List<Metric> metrics) {
        var table = Table.of("metric", "title", "unit", "series", "source", "from", "to");
        for (var metric : metrics) {
            var found = Timeline.find(database, metric);
            if (found.isEmpty()) row(table, metric, metric.sources().getFirst().table() + " (not there)", "", "");
            for (var source : found) {
                if (source.edges().left() > 0) Console.say("note: %s", Timeline.left(source));
                row(
                    table,
                    metric,
                    source.table().label(),
                    source.isEmpty() ? "(no rows)" : Units.utc(source.edges().oldest()),
                    source.isEmpty() ? "" : Units.utc(source.edges().newest()));
            }
        }
        return table;
    }

    private static void row(Table table, Metric metric, String source, String from, String to) {
        table.row(metric.name(), metric.title(), metric.unit(), String.join(", ", metric.series()), source, from, to);
    }
}
