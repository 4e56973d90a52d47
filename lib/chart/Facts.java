//SOURCES ../Units.java Bucket.java ChartData.java TimeAxis.java
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
        var facts = new ArrayList<Fact>();
        facts.add(new Fact("Metric", data.metric().name() + ": " + data.metric().title()));
        facts.add(new Fact("From", iso.format(data.from())));
        facts.add(new Fact("To", iso.format(data.to())));
        facts.add(new Fact("Time zone", TimeAxis.zoneLabel(data.zone(), data.from(), data.to())));
        facts.add(new Fact("Bucket", data.bucket().label()));
        facts.add(
            new Fact(
                "Source",
                data.source().table()
                    + (data.source().isRollup() ? ", rows of " + Bucket.label(data.source().bucketSeconds())
                        : ", raw rows")));
        if (!data.where().isEmpty()) facts.add(new Fact("Where", data.where()));
        facts.add(new Fact("Unit", data.metric().unit()));
        facts.add(new Fact("Series", Units.count(data.series().size())));
        facts.add(
            new Fact(
                "Rows",
                Units.plural(data.rawRows(), "row") + " of the source in " + Units.plural(data.fetchedRows(), "row")
                    + " of the answer"));
        data.notes().forEach(note -> facts.add(new Fact("Note", note)));
        facts.add(new Fact("Query", data.sql()));
        return facts;
    }
}
