//SOURCES ../Units.java ChartData.java TimeAxis.java
package lib.chart;

import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import lib.Units;

/** The facts of a chart's making, for the About sheet, JSON and --explain. */
public final class Facts {
    public record Fact(String name, String value) {}

    private Facts() {}

    public static List<Fact> of(ChartData data) {
        var iso = DateTimeFormatter.ISO_OFFSET_DATE_TIME.withZone(data.zone());
        var where = data.origin().where();
        var facts = new ArrayList<Fact>();
        facts.add(new Fact("Metric", data.metric().name() + ": " + data.metric().drawnTitle()));
        facts.add(new Fact("From", iso.format(data.from())));
        facts.add(new Fact("To", iso.format(data.to())));
        facts.add(new Fact("Time zone", TimeAxis.zoneLabel(data.zone(), data.from(), data.to())));
        facts.add(new Fact("Bucket", data.bucket().label()));
        facts.add(new Fact("Statistic", data.metric().stat().typed()));
        facts.add(
            new Fact(
                "Source",
                data.source().table()
                    + (data.source().isRollup() ? ", rows of " + data.source().bucket().label()
                        : ", raw rows")));
        if (!where.isEmpty()) facts.add(new Fact("Where", where));
        facts.add(new Fact("Unit", data.metric().drawnUnit()));
        facts.add(new Fact("Series", Units.count(data.series().size())));
        facts.add(
            new Fact(
                "Rows",
                Units.plural(data.origin().rawRows(), "row") + " of the source in "
                    + Units.plural(data.origin().fetchedRows(), "row")
                    + " of the answer"));
        data.notes().forEach(note -> facts.add(new Fact("Note", note)));
        facts.add(new Fact("Query", data.origin().sql()));
        return facts;
    }
}
