//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Units.java ../Window.java ../database/Database.java
//SOURCES ../database/Timescale.java Bucket.java ChartData.java Connect.java Grid.java Marks.java Metric.java
//SOURCES SeriesQuery.java SeriesSelection.java TimeRange.java Timeline.java
package lib.chart;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.Window;
import lib.database.Database;
import lib.database.Timescale;

/** Reads what is to be drawn: one chart a metric, all over the same range. */
public final class ChartReader {
    /**
     * @param bucket null = follows from the width; @param compare how long before, null for no comparison; @param marks
     *        a table, null for none; @param top 0 = as many series as can be told apart
     */
    public record Request(TimeRange range, ZoneId zone, Bucket bucket, int plotWidth, Extra extra) {}

    public record Extra(Window compare, String marks, int top) {
        public static final Extra NONE = new Extra(null, null, 0);
    }

    private final Database database;
    private final Timescale timescale;
    private final Request request;

    public ChartReader(Database database, Request request) {
        this.database = database;
        this.timescale = Timescale.of(database).orElse(null);
        this.request = request;
    }

    private record Panel(Metric metric, Timeline timeline) {}

    /** Fails when none of them has data in the range. */
    public List<ChartData> read(List<Metric> metrics) {
        boolean isOne = metrics.size() == 1;
        var panels = new ArrayList<Panel>();
        Failure none = null;
        for (var metric : metrics) {
            try {
                panels.add(new Panel(metric, Timeline.of(database, metric, request.zone())));
            } catch (Failure failure) {
                none = passedOver(failure, isOne);
            }
        }
        var all = panels.stream().map(Panel::timeline).toList();
        var latest = all.stream().map(Timeline::newest).filter(Objects::nonNull).max(Instant::compareTo);
        var earliest = all.stream().map(Timeline::oldest).filter(Objects::nonNull).min(Instant::compareTo);
        var charts = new ArrayList<ChartData>();
        for (var panel : panels) {
            try {
                var span = panel.timeline().span(request.range(), latest.orElse(null), earliest.orElse(null));
                charts.add(read(panel.metric(), panel.timeline(), span));
            } catch (Failure failure) {
                none = passedOver(failure, isOne);
            }
        }
        if (charts.isEmpty()) throw none;
        return charts;
    }

    /** Of several charts, those without a table or without data are left out, and said. */
    private static Failure passedOver(Failure failure, boolean isOne) {
        boolean isAbsent = failure.exitCode() == ExitCode.ANSWER_IS_NO || failure.exitCode() == ExitCode.FAILED;
        if (isOne || !isAbsent || failure.getCause() != null) throw failure;
        Console.say("note: %s", failure.getMessage());
        return failure;
    }

    private ChartData read(Metric metric, Timeline timeline, Timeline.Span span) {
        var choice = timeline.choose(span, request.bucket(), request.plotWidth());
        var query = new SeriesQuery(database, timescale, metric, choice.table());
        var notes = new ArrayList<>(span.notes());
        notes.addAll(choice.notes());
        var data = query.run(choice.grid(), timeline.keys());
        var left = query.notNumbers(data);
        if (data.series().isEmpty()) {
            throw left.isEmpty() ? timeline.empty(span.from(), span.to(), query.whereText())
                : Failure.answerIsNo(left, "choose another column or range, or draw a view that makes numbers of it.");
        }
        if (!left.isEmpty()) notes.add(left);
        notes.addAll(data.notes());
        data = withoutUnfinished(data, timeline, notes);
        data = top(data, notes);
        fragments(data, notes);
        belowZero(data, notes);
        return data.with(extras(data, query, timeline, notes)).withNotes(notes);
    }

    /** A sum over a bucket that is not over yet is too low. */
    private ChartData withoutUnfinished(ChartData data, Timeline timeline, List<String> notes) {
        var grid = data.grid();
        if (!data.metric().stat().addsUp() || grid.isRaw() || !request.range().isUntilLatest() || grid.size() < 2) {
            return data;
        }
        long newest = Grid.micros(timeline.newest());
        long start = grid.start(grid.size() - 1);
        double whole = newest + Math.max(timeline.rhythm().seconds(), data.source().bucket().seconds()) * Bucket.SECOND;
        if (newest < start || whole >= grid.end(start)) return data;
        notes.add(
            "the bucket from %s is not over yet and left out; --until now shows it"
                .formatted(TimeRange.show(Grid.instant(start), data.zone())));
        return data.with(data.series().stream().map(s -> before(s, start)).filter(s -> s.size() > 0).toList());
    }

    private static ChartData.Series before(ChartData.Series s, long end) {
        var p = s.points();
        int n = (int) Arrays.stream(p.times()).filter(t -> t < end).count();
        return s.with(p.first(n));
    }

    /**
     * Of lines only the highest (or lowest) are kept; of a pile the others stay as one area, for its total must be
     * right.
     */
    private ChartData top(ChartData data, List<String> notes) {
        int top = request.extra().top();
        if (top == 0 || data.series().size() <= top) return data;
        var wanted = data.with(new ChartData.Extras(null, List.of(), top));
        if (data.isStacked()) return wanted;
        var kept = SeriesSelection.ranked(wanted).subList(0, top);
        notes.add(
            "the %s %d of %s series are drawn"
                .formatted(
                    data.metric().look().lowIsBad() ? "lowest" : "highest",
                    top,
                    Units.count(data.series().size())));
        return wanted.with(data.series().stream().filter(kept::contains).toList());
    }

    /** Rows that are written when something changes look like a line with many gaps. */
    private static void fragments(ChartData data, List<String> notes) {
        var look = data.metric().look();
        if (data.isStacked() || look.connect() != Connect.AUTO || look.line() == Metric.Line.STEP) return;
        long broken = data.series()
            .stream()
            .filter(s -> s.size() >= 20 && data.stretches(s).size() > s.size() / 8)
            .count();
        if (broken > 0) {
            notes.add(
                ("the rows of %s come at irregular times, so their lines have many gaps; where values hold until the "
                    + "next one: --line step --connect always")
                    .formatted(broken == 1 ? "a series" : broken + " series"));
        }
    }

    private static void belowZero(ChartData data, List<String> notes) {
        if (data.metric().look().scale() != Metric.Scale.LOG) return;
        long hidden = data.series()
            .stream()
            .mapToLong(s -> Arrays.stream(s.points().values()).filter(v -> v <= 0).count())
            .sum();
        if (hidden > 0) {
            notes.add(Units.plural(hidden, "point") + " of zero or below cannot be shown on a logarithmic scale");
        }
    }

    private ChartData.Extras extras(ChartData data, SeriesQuery query, Timeline timeline, List<String> notes) {
        var compare = request.extra().compare();
        var marks = request.extra().marks() == null ? List.<ChartData.Mark>of()
            : new Marks(database, request.extra().marks()).between(data.from(), data.to());
        var earlier =
            compare == null ? null : new ChartData.Earlier(compare.text() + " before", earlier(data, query, timeline));
        if (earlier != null && earlier.data().series().isEmpty()) notes.add("there is nothing " + earlier.label());
        return new ChartData.Extras(earlier, marks, data.extras().top());
    }

    /** The same span some time before by the calendar of the zone, moved to where the chart is. */
    private ChartData earlier(ChartData data, SeriesQuery query, Timeline timeline) {
        var window = request.extra().compare();
        var zone = data.zone();
        var from = window.edgeBefore(data.from().atZone(zone)).toInstant();
        var to = window.edgeBefore(data.to().atZone(zone)).toInstant();
        if (!from.isBefore(to)) return data.with(List.of()).with(ChartData.Extras.NONE);
        var before = query.run(Grid.covering(data.bucket(), zone, from, to), timeline.keys());
        return new ChartData(
            data.metric(),
            data.grid(),
            before.series().stream().map(s -> moved(s, window, zone)).filter(s -> s.size() > 0).toList(),
            before.origin(),
            ChartData.Extras.NONE);
    }

    private static ChartData.Series moved(ChartData.Series s, Window window, ZoneId zone) {
        var p = s.points();
        var there = new int[s.size()];
        var times = new long[s.size()];
        int n = 0;
        for (int i = 0; i < s.size(); i++) {
            var after = window.sameAfter(Grid.instant(p.times()[i]).atZone(zone));
            if (after.isEmpty()) continue;
            times[n] = Grid.micros(after.get().toInstant());
            there[n++] = i;
        }
        var kept = p.only(Arrays.copyOf(there, n));
        return s.with(
            new ChartData.Points(Arrays.copyOf(times, n), kept.values(), kept.min(), kept.max(), kept.count()));
    }
}
