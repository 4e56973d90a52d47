//SOURCES ../Failure.java ../Spelling.java ../Window.java Bucket.java ChartReader.java Connect.java Metric.java
//SOURCES Output.java Painter.java Stat.java TimeRange.java
package lib.chart;

import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lib.Failure;
import lib.Spelling;
import lib.Window;
import picocli.CommandLine.Option;

/** What a person says about a chart: its range, its points, its looks. */
public final class ChartOptions {
    @Option(
        names = {"-w", "--window"},
        paramLabel = "TIME",
        description = "how long: 90m, 24h, 7d, 2w, 3mo, 1y, 1h30m (default: ${DEFAULT-VALUE})")
    String window = "24h";

    @Option(
        names = {"--until", "--to"},
        paramLabel = "WHEN",
        description = "where it ends: latest (the newest row, the default), now, a time like 2025-07-04T16:53, or "
            + "-1d (before the newest row)")
    String until = "latest";

    @Option(
        names = "--from",
        paramLabel = "WHEN",
        description = "where it begins, instead of --window: a time, or -7d (before the end)")
    String from;

    @Option(
        names = "--timezone",
        paramLabel = "ZONE",
        description = "clock of the time axis, such as Europe/Berlin or +02:00 (default: the system's)")
    String timezone;

    @Option(
        names = "--bucket",
        paramLabel = "TIME",
        description = "time that one point stands for: auto (default), raw, 500ms, 10s, 5m, 1h, 1d, 1w, 1mo, 1y")
    String bucket = "auto";

    @Option(
        names = "--stat",
        paramLabel = "NAME",
        description = "what a point shows of its rows: mean (default), min, max, sum, last, p50, p95, p99, count, "
            + "or rate (growth per second of a counter)")
    String stat;

    @Option(
        names = "--by",
        paramLabel = "COLUMN",
        split = ",",
        description = "columns whose values make the series (health: service, category or both)")
    List<String> by = List.of();

    @Option(
        names = "--where",
        paramLabel = "COLUMN=VALUE",
        description = "only rows with that value, or one of these: service=gateway,storage; may be repeated")
    List<String> where = List.of();

    @Option(
        names = "--top",
        paramLabel = "N",
        description = "only the N highest series (health: lowest; power: largest)")
    int top;

    @Option(
        names = "--compare",
        paramLabel = "TIME",
        description = "draw the same span so much earlier as well, dashed: 7d")
    String compare;

    @Option(
        names = "--annotate",
        paramLabel = "TABLE",
        description = "mark what happened: a table with a time and a text, such as maintenance_log, or TABLE:time,text")
    String annotate;

    @Option(names = "--scale", paramLabel = "linear|log", description = "scale of the value axis")
    String scale;

    @Option(
        names = "--line",
        paramLabel = "straight|step",
        description = "step: a value holds until the next one, for data that are written on change")
    String line;

    @Option(
        names = "--connect",
        paramLabel = "TIME",
        description = "points that a line joins: auto (default), always, never, or up to so much apart: 2h")
    String connect;

    @Option(
        names = "--theme",
        paramLabel = "light|dark",
        description = "colours of the picture (default: ${DEFAULT-VALUE})")
    String theme = "light";

    @Option(
        names = "--size",
        paramLabel = "WxH",
        description = "size of the picture in pixels; a PNG has twice as many, for sharp screens (default: "
            + "${DEFAULT-VALUE})")
    String size = Output.Picture.DEFAULT_SIZE;

    public TimeRange range() {
        return new TimeRange(Window.parse(window), from, until);
    }

    public Output.Picture picture() {
        return Output.Picture.parse(size, theme);
    }

    public ChartReader.Request request() {
        if (top < 0) throw Failure.usage("--top " + top + " is not a number of series", "write it like --top 5.");
        return new ChartReader.Request(
            range(),
            zone(),
            bucket.equals("auto") ? null : Bucket.parse(bucket),
            Painter.plotWidth(picture().width()),
            new ChartReader.Extra(compare == null ? null : Window.parse(compare), annotate, top));
    }

    /** The metric as these options change it. */
    public Metric applied(Metric metric) {
        var changed = by.isEmpty() ? metric : metric.withSeries(by);
        if (stat != null) changed = changed.with(Stat.of(stat));
        var look = changed.look();
        changed = changed.with(
            look.drawn(
                line == null ? look.line() : choice(Metric.Line.class, line, "--line"),
                connect == null ? look.connect() : Connect.parse(connect),
                scale == null ? look.scale() : choice(Metric.Scale.class, scale, "--scale")));
        if (changed.isStacked() && changed.look().scale() == Metric.Scale.LOG) {
            throw Failure.usage(
                changed.name() + " is stacked, and sums have no logarithmic scale",
                "leave out --scale log, or define it with kind: line.");
        }
        return where.isEmpty() ? changed : changed.where(conditions());
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String word, String option) {
        var known = new ArrayList<String>();
        for (var one : type.getEnumConstants()) {
            known.add(one.name().toLowerCase(Locale.ROOT));
            if (known.getLast().equals(word)) return one;
        }
        throw Failure.usage("there is no " + option + " '" + word + "'", "choose " + String.join(" or ", known) + ".");
    }

    /** {@code service=gateway,storage}: a value may hold a comma itself, so the whole is looked for as well. */
    private Map<String, List<String>> conditions() {
        var conditions = new LinkedHashMap<String, List<String>>();
        for (var typed : where) {
            int equals = typed.indexOf('=');
            if (equals < 1) {
                throw Failure.usage("'" + typed + "' is no condition", "write it like --where service=gateway.");
            }
            var value = typed.substring(equals + 1);
            var values = conditions.computeIfAbsent(typed.substring(0, equals).strip(), column -> new ArrayList<>());
            values.add(value);
            if (value.contains(",")) values.addAll(List.of(value.split("\\s*,\\s*")));
        }
        return conditions;
    }

    private ZoneId zone() {
        try {
            return timezone == null ? ZoneId.systemDefault() : ZoneId.of(timezone.strip());
        } catch (DateTimeException unknown) {
            var names = ZoneId.getAvailableZoneIds().stream().sorted().toList();
            throw Failure.usage(
                "'" + timezone + "' is not a time zone",
                Spelling.didYouMean(timezone, names) + "An offset is written +02:00.");
        }
    }
}
