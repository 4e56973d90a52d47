//SOURCES ../Failure.java ../Units.java ../database/Database.java Bucket.java Grid.java Metric.java RollupDays.java
//SOURCES SeriesKeys.java SourceTable.java TimeRange.java
package lib.chart;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import lib.Failure;
import lib.Units;
import lib.database.Database;

/**
 * When a metric has data in this database, and what follows from it: the range of a chart, its buckets and its source.
 */
public final class Timeline {
    /** A table that is there, with the time of its first and last row. */
    public record Covered(SourceTable table, SourceTable.Edges edges) {
        public boolean isEmpty() {
            return edges.newest() == null;
        }

        Instant end() {
            return edges.newest().plusMillis(Math.round(table.source().bucket().seconds() * 1000));
        }

        Bucket own() {
            return table.source().bucket();
        }
    }

    public record Span(Instant from, Instant to, List<String> notes) {}

    /** What the query will read. */
    public record Choice(SourceTable table, Grid grid, List<String> notes) {}

    private static final Duration TOLERANCE = Duration.ofDays(1);

    private final Database database;
    private final Metric metric;
    private final List<Covered> sources;
    private final SourceTable.Rhythm rhythm;
    private final ZoneId zone;
    private final List<String> notes = new ArrayList<>();
    private List<List<String>> keys;

    private Timeline(Database database, Metric metric, List<Covered> sources, ZoneId asked) {
        this.database = database;
        this.metric = metric;
        this.sources = sources;
        var first = sources.stream().filter(c -> !c.isEmpty()).findFirst();
        this.rhythm =
            first.map(c -> c.table().rhythm(database, metric)).orElse(SourceTable.Rhythm.UNKNOWN);
        this.zone = zone(asked, first.orElse(null));
        for (var source : sources) {
            if (source.edges().left() > 0) notes.add(left(source));
        }
    }

    /**
     * Dates, and days that were cut at UTC's midnights, are drawn by UTC's calendar: elsewhere a value would stand at
     * the day before.
     */
    private ZoneId zone(ZoneId asked, Covered first) {
        boolean isUtc =
            asked.getRules().isFixedOffset() && asked.getRules().getOffset(Instant.EPOCH).equals(ZoneOffset.UTC);
        if (first == null || isUtc) return asked;
        if (first.table().hasDates()) {
            notes.add(
                "%s has dates, which have no time zone: each is drawn as that day (UTC)"
                    .formatted(first.table().label()));
            return ZoneOffset.UTC;
        }
        if (rhythm.areDaily() && !first.table().source().isRollup()) {
            notes.add(
                "the rows of %s stand for whole days of UTC, so they are drawn by its calendar and not by that of %s"
                    .formatted(first.table().label(), asked.getId()));
            return ZoneOffset.UTC;
        }
        return asked;
    }

    static String left(Covered source) {
        return "%s of %s %s left out: dated infinity, before Christ or after the year 9999".formatted(
            source.edges().left() >= 1000 ? "1,000 rows or more" : Units.plural(source.edges().left(), "row"),
            source.table().label(),
            source.edges().left() == 1 ? "is" : "are");
    }

    /** The metric's sources that exist, each with its first and last row. */
    public static List<Covered> find(Database database, Metric metric) {
        var found = new ArrayList<Covered>();
        for (var source : metric.sources()) {
            SourceTable.find(database, source).map(table -> table.counted(database)).ifPresent(table -> {
                table.require(List.of(source.value()));
                found.add(new Covered(table, table.edges(database)));
            });
        }
        return found;
    }

    public static Timeline of(Database database, Metric metric, ZoneId zone) {
        var found = find(database, metric);
        if (found.isEmpty()) {
            throw Failure.failed(
                "there is no table %s in this database".formatted(
                    metric.sources().stream().map(Metric.Source::table).collect(Collectors.joining(" or "))),
                "load the sample data with: make sample; or describe your own tables, see --definitions.");
        }
        return new Timeline(database, metric, found, zone);
    }

    public Instant oldest() {
        return filled().stream().map(c -> c.edges().oldest()).min(Instant::compareTo).orElse(null);
    }

    public Instant newest() {
        return filled().stream().map(c -> c.edges().newest()).max(Instant::compareTo).orElse(null);
    }

    private List<Covered> filled() {
        return sources.stream().filter(c -> !c.isEmpty()).toList();
    }

    public ZoneId zone() {
        return zone;
    }

    /** Keys of all series, and of their parts, whatever a window shows: they give each series its colour. */
    List<List<String>> keys() {
        if (keys == null) {
            var all = new LinkedHashSet<>(rhythm.keys());
            // where the rows are gone, the coarsest roll-up still knows their series
            var filled = filled();
            all.addAll(keys(filled.getFirst()));
            if (filled.size() > 1) all.addAll(keys(filled.getLast()));
            keys = List.copyOf(all);
        }
        return keys;
    }

    private List<List<String>> keys(Covered c) {
        var columns = c.table().keysOf(metric);
        return columns.equals(metric.keys().all()) ? new SeriesKeys(database, c.table(), columns).of(c.edges())
            : List.of();
    }

    SourceTable.Rhythm rhythm() {
        return rhythm;
    }

    /** @param latest the newest row of all that is drawn, @param earliest the oldest one */
    public Span span(TimeRange range, Instant latest, Instant earliest) {
        if (newest() == null) throw noRows();
        var to = range.end(latest, zone);
        var from = range.start(to, zone);
        if (newest().isBefore(from) || !oldest().isBefore(to)) throw empty(from, to, "");
        var said = new ArrayList<>(notes);
        if (range.isUntilLatest()) future(latest).ifPresent(said::add);
        if (earliest.isAfter(from)
            && Duration.between(from, earliest).compareTo(Duration.between(from, to).dividedBy(10)) > 0) {
            said.add(
                "%s reaches back before the first row: drawn from %s"
                    .formatted(range.text(), TimeRange.show(earliest, zone)));
            from = earliest;
        }
        // one row: in the middle of a minute
        if (Duration.between(from, to).compareTo(Duration.ofMillis(1)) < 0) {
            from = from.minusSeconds(30);
            to = to.plusSeconds(30);
        }
        return new Span(from, to, said);
    }

    private Optional<String> future(Instant latest) {
        var limit = Instant.now().plus(TOLERANCE);
        if (!latest.isAfter(limit)) return Optional.empty();
        var before = filled().stream()
            .flatMap(c -> c.table().newestBefore(database, limit).stream())
            .max(Instant::compareTo);
        return Optional.of(
            "the newest row is dated %s, in the future%s".formatted(
                TimeRange.show(latest, zone),
                before
                    .map(
                        t -> "; to leave it out: --until "
                            + t.plusSeconds(1).truncatedTo(ChronoUnit.SECONDS))
                    .orElse("")));
    }

    private Failure noRows() {
        var left = sources.stream().mapToLong(c -> c.edges().left()).sum();
        return Failure.answerIsNo(
            left > 0
                ? ("there is no row in %s whose time can be drawn: all are dated infinity, before Christ or after "
                    + "the year 9999")
                    .formatted(names())
                : "there is no data in " + names(),
            left > 0 ? "correct the times, or draw a view that does." : "load some, for example with: make sample.");
    }

    /**
     * The bucket follows from the width of the plot and the rhythm of the rows; the source from the bucket and from
     * what it covers.
     */
    public Choice choose(Span span, Bucket asked, int plotWidth) {
        double seconds = Math.max(1e-3, Duration.between(span.from(), span.to()).toNanos() / 1e9);
        var bucket = asked != null ? asked : Bucket.atLeast(Math.max(seconds / plotWidth, rhythm.seconds()));
        var said = new ArrayList<String>();
        var best = filled().getFirst();
        var grid = Grid.covering(bucket, zone, span.from(), span.to());
        for (var candidate : filled()) {
            if (candidate == best || !candidate.table().source().isRollup()) continue;
            var days = days(candidate);
            var fitting = fitting(days, grid, span);
            boolean isUsable = fitting != null && knows(candidate);
            if (isUsable ? covers(candidate, span, bucket) >= covers(best, span, bucket)
                : covers(candidate, span, bucket) > 2 * covers(best, span, bucket) && knows(candidate)) {
                best = candidate;        // also a coarser one, where the rows themselves are gone
                if (isUsable) grid = fitting;
            } else if (isUsable) {
                said.add(
                    "%s does not cover the whole range, so %s is read"
                        .formatted(candidate.table().label(), best.table().label()));
            } else if (!bucket.isRaw() && bucket.seconds() >= candidate.own().seconds() && bucket.isCalendar()) {
                said.add(why(candidate, days, best));
            }
        }
        if (best.table().source().isRollup()) grid = ownGrid(best, grid, span, said);
        return new Choice(best.table(), grid, said);
    }

    private RollupDays days(Covered candidate) {
        return RollupDays.of(
            candidate.own(),
            candidate.own().isCalendar() ? candidate.table().newestStarts(database) : List.of(),
            zone);
    }

    /**
     * The grid as it is, or the same buckets counted from UTC's midnights, whichever the roll-up has the edges of; null
     * for none.
     */
    private static Grid fitting(RollupDays days, Grid grid, Span span) {
        if (days.fit(grid)) return grid;
        if (grid.isRaw() || grid.bucket().isCalendar()) return null;
        var utc = Grid.countedFromUtc(grid.bucket(), grid.zone(), span.from(), span.to());
        return days.fit(utc) ? utc : null;
    }

    /** A percentile, a last value or a rate cannot be told from means. */
    private boolean knows(Covered rollup) {
        var columns = rollup.table().source().columns();
        return switch (metric.stat()) {
            case MEAN -> true;
            case MIN -> columns.min() != null;
            case MAX -> columns.max() != null;
            case SUM, COUNT -> columns.count() != null;
            case LAST, P50, P95, P99, RATE -> false;
        };
    }

    private static String why(Covered candidate, RollupDays days, Covered best) {
        return "%s holds %s, which are not those of this chart, so %s is read"
            .formatted(
                candidate.table().label(),
                days.zone() == null ? "buckets of another clock" : days.label(),
                best.table().label());
    }

    /** Buckets finer than the roll-up's rows, or cut by another calendar, are replaced by the roll-up's own. */
    private Grid ownGrid(Covered best, Grid grid, Span span, List<String> said) {
        var days = days(best);
        if (days.fit(grid)) return grid;
        if (days.zone() == null) {
            said.add(
                "%s holds buckets of another clock: its rows are drawn at their own times"
                    .formatted(best.table().label()));
            return Grid.raw(zone, span.from(), span.to());
        }
        var own = best.own();
        if (grid.isRaw() || grid.bucket().seconds() < own.seconds()) {
            var raised = own.isCalendar() ? own : Bucket.atLeast(own.seconds());
            said.add(
                "the bucket is raised from %s to %s: %s holds nothing finer"
                    .formatted(grid.bucket().label(), raised.label(), best.table().label()));
            var local = Grid.covering(raised, zone, span.from(), span.to());
            if (days.fit(local)) return local;
            grid = Grid.covering(raised, days.zone(), span.from(), span.to());
            if (!raised.isCalendar()) return Grid.countedFromUtc(raised, zone, span.from(), span.to());
        }
        said.add(
            "%s holds %s, so the chart is drawn by them and not by those of %s"
                .formatted(best.table().label(), days.label(), zone.getId()));
        return Grid.covering(grid.bucket(), days.zone(), span.from(), span.to());
    }

    /**
     * How many seconds of the range a source has, in whole buckets: a roll-up that lacks the last few rows is good
     * enough.
     */
    private static long covers(Covered c, Span span, Bucket bucket) {
        long from = Math.max(c.edges().oldest().getEpochSecond(), span.from().getEpochSecond());
        long to = Math.min(c.end().getEpochSecond(), span.to().getEpochSecond());
        long width = Math.max(1, (long) bucket.seconds());
        return (Math.max(0, to - from) + width / 2) / width;
    }

    public Failure empty(Instant from, Instant to, String where) {
        return Failure.answerIsNo(
            "no data for %s from %s to %s%s".formatted(
                metric.name(),
                TimeRange.show(from, zone),
                TimeRange.show(to, zone),
                where.isEmpty() ? "" : " where " + where),
            "the data in %s reach from %s to %s.".formatted(
                names(),
                TimeRange.show(oldest(), zone),
                TimeRange.show(newest(), zone)));
    }

    private String names() {
        return sources.stream().map(c -> c.table().label()).collect(Collectors.joining(" and "));
    }
}
