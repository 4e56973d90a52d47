//SOURCES ../Failure.java ../Window.java ../database/Database.java Bucket.java Metric.java SourceTable.java
//SOURCES TimeAxis.java
package lib.chart;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lib.Failure;
import lib.Window;
import lib.database.Database;

/** When a metric has data in this database, and what follows from it: the range of a chart, its bucket and its source. */
public final class Timeline {
    /** A table that is there, with the time of its first and last row; both null when it is empty. */
    public record Covered(SourceTable table, Instant oldest, Instant newest) {
        boolean isEmpty() {
            return newest == null;
        }

        Instant end() {
            return newest.plusSeconds(table.source().bucketSeconds());
        }
    }

    public record Span(Instant from, Instant to, List<String> notes) {}

    /** What the query will read. */
    public record Choice(SourceTable table, Bucket bucket, Instant from, Instant to, List<String> notes) {}

    private final Metric metric;
    private final List<Covered> sources;
    private final double cadenceSeconds;

    private Timeline(Metric metric, List<Covered> sources, double cadenceSeconds) {
        this.metric = metric;
        this.sources = sources;
        this.cadenceSeconds = cadenceSeconds;
    }

    /** The metric's sources that exist, each with its first and last row. */
    public static List<Covered> find(Database database, Metric metric) {
        var found = new ArrayList<Covered>();
        for (var source : metric.sources()) {
            SourceTable.find(database, source).ifPresent(table -> {
                table.require(List.of(source.time(), source.value()));
                found.add(new Covered(table, table.oldest(database).orElse(null), table.newest(database).orElse(null)));
            });
        }
        return found;
    }

    public static Timeline of(Database database, Metric metric) {
        var found = find(database, metric);
        if (found.isEmpty()) {
            throw Failure.failed(
                "there is no table %s in this database".formatted(
                    metric.sources().stream().map(Metric.Source::table).collect(Collectors.joining(" or "))),
                "load the sample data with: make sample; or describe your own tables, see --definitions.");
        }
        var raw = found.stream().filter(c -> !c.table().source().isRollup() && !c.isEmpty()).findFirst();
        return new Timeline(metric, found, raw.map(c -> c.table().cadence(database, metric)).orElse(0.0));
    }

    public Instant oldest() {
        return sources.stream().filter(c -> !c.isEmpty()).map(Covered::oldest).min(Instant::compareTo).orElse(null);
    }

    public Instant newest() {
        return sources.stream().filter(c -> !c.isEmpty()).map(Covered::newest).max(Instant::compareTo).orElse(null);
    }

    /** @param until "latest", "now", or a time */
    public Span span(Window window, String until, ZoneId zone) {
        if (newest() == null) {
            throw noRows();
        }
        var to = end(until, zone);
        var from = window.before(to.atZone(zone)).toInstant();
        return clip(from, to, zone, "a window of " + window.text());
    }

    /** From one moment to another. */
    public Span span(String from, String until, ZoneId zone) {
        if (newest() == null) {
            throw noRows();
        }
        var start = time(from, zone);
        var end = end(until, zone);
        if (!start.isBefore(end)) {
            throw Failure.usage(
                "the chart would end at %s, before it begins at %s".formatted(show(end, zone), show(start, zone)),
                "swap --from and --to.");
        }
        return clip(start, end, zone, "--from " + from);
    }

    private Instant end(String until, ZoneId zone) {
        return switch (until) {
            case "latest" -> newest().plusNanos(1000);     // a range ends before its end, and the newest row belongs to it
            case "now" -> Instant.now();
            default -> time(until, zone);
        };
    }

    private Failure noRows() {
        return Failure.answerIsNo("there is no data in " + names(), "load some, for example with: make sample.");
    }

    private Span clip(Instant from, Instant to, ZoneId zone, String text) {
        if (newest().isBefore(from) || oldest().isAfter(to)) {
            throw empty(new Span(from, to, List.of()), Map.of(), zone);
        }
        var notes = new ArrayList<String>();
        if (oldest().isAfter(from)
            && oldest().getEpochSecond() - from.getEpochSecond() > (to.getEpochSecond() - from.getEpochSecond()) / 10) {
            notes.add("%s reaches back before the first row: drawn from %s".formatted(text, show(oldest(), zone)));
            from = oldest();
        }
        return new Span(from, to, notes);
    }

    /** The bucket follows from the width of the plot and the spacing of the rows; the source from the bucket and from what it covers. */
    public Choice choose(Span span, Bucket asked, int plotWidth, ZoneId zone) {
        double seconds = Math.max(1, (span.to().toEpochMilli() - span.from().toEpochMilli()) / 1000.0);
        var bucket = asked != null ? asked : Bucket.atLeast(Math.max(seconds / plotWidth, cadenceSeconds));
        var notes = new ArrayList<String>();
        var filled = sources.stream().filter(c -> !c.isEmpty()).toList();
        Covered best = filled.getFirst();
        for (var candidate : filled) {
            long own = candidate.table().source().bucketSeconds();
            if (own == 0 || candidate == best) continue;
            boolean divides = !bucket.isRaw() && bucket.seconds() >= own && bucket.seconds() % own == 0;
            if (divides ? covers(candidate, span, bucket) >= covers(best, span, bucket)
                : covers(candidate, span, bucket) > 2 * covers(best, span, bucket)) {
                best = candidate;        // also a coarser one, where the rows themselves are gone
            } else if (divides) {
                notes.add(
                    "%s does not cover the whole range, so %s is read"
                        .formatted(candidate.table().label(), best.table().label()));
            }
        }
        long own = best.table().source().bucketSeconds();
        if (own > 0 && (bucket.isRaw() || bucket.seconds() < own)) {
            var raised = Bucket.atLeast(own);
            notes.add(
                "the bucket is raised from %s to %s: %s holds nothing finer".formatted(
                    bucket.label(),
                    raised.label(),
                    best.table().label()));
            bucket = raised;
        }
        if (bucket.isRaw()) return new Choice(best.table(), bucket, span.from(), span.to(), notes);
        var to = bucket.ceiling(span.to(), zone);
        return new Choice(best.table(), bucket, bucket.floor(span.from(), zone), to, notes);
    }

    /** How many seconds of the range a source has, in whole buckets: a roll-up that lacks the last few rows is good enough. */
    private static long covers(Covered c, Span span, Bucket bucket) {
        long from = Math.max(c.oldest().getEpochSecond(), span.from().getEpochSecond());
        long to = Math.min(c.end().getEpochSecond(), span.to().getEpochSecond());
        long width = Math.max(1, bucket.seconds());
        return (Math.max(0, to - from) + width / 2) / width;
    }

    public Failure empty(Span span, Map<String, String> where, ZoneId zone) {
        return Failure.answerIsNo(
            "no data for %s from %s to %s%s".formatted(
                metric.name(),
                show(span.from(), zone),
                show(span.to(), zone),
                where.isEmpty() ? ""
                    : " where " + where.entrySet()
                        .stream()
                        .map(e -> e.getKey() + " = " + e.getValue())
                        .collect(Collectors.joining(" and "))),
            "the data in %s reach from %s to %s.".formatted(names(), show(oldest(), zone), show(newest(), zone)));
    }

    private String names() {
        return sources.stream().map(c -> c.table().label()).collect(Collectors.joining(" and "));
    }

    private static String show(Instant time, ZoneId zone) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ENGLISH).withZone(zone).format(time) + " "
            + TimeAxis.zoneLabel(zone, time, time);
    }

    /** "2025-07-04", "2025-07-04T16:53", "2025-07-04 16:53:26+02:00"; without an offset it is the chart's clock. */
    public static Instant time(String text, ZoneId zone) {
        try {
            var typed =
                text.strip().replaceFirst("(?<=\\d) (?=\\d)", "T").replaceFirst("(?<=:\\d\\d)([+-]\\d\\d)$", "$1:00");
            if (!typed.contains("T")) return LocalDate.parse(typed).atStartOfDay(zone).toInstant();
            TemporalAccessor t =
                DateTimeFormatter.ISO_DATE_TIME.parseBest(typed, OffsetDateTime::from, LocalDateTime::from);
            return t instanceof OffsetDateTime o ? o.toInstant() : ((LocalDateTime) t).atZone(zone).toInstant();
        } catch (DateTimeException e) {
            throw Failure.usage(
                "'" + text + "' is not a time",
                "write it like 2025-07-04, 2025-07-04T16:53 or 2025-07-04T16:53:26Z, or latest, or now.");
        }
    }
}
