//SOURCES ../Units.java Anchor.java CommentText.java Inlines.java ObjectNames.java ObjectStatements.java Report.java
//SOURCES ReportBlocks.java ReportDocument.java ReportNodes.java Sentences.java StructureSections.java TableColumn.java
package lib.explore;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import lib.Units;
import lib.explore.Report.Aggregate;
import lib.explore.Report.ChunkFacts;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Job;
import lib.explore.Report.PlannedJob;
import lib.explore.Report.Span;
import lib.explore.ReportNodes.CardTitle;
import lib.explore.ReportNodes.FactStyle;
import lib.explore.ReportNodes.RowName;
import lib.explore.TableColumn.Measured;

/** What TimescaleDB adds: hypertables, continuous aggregates, jobs. */
final class TimescaleSections {
    /** More time lines than this nobody looks at. */
    private static final int DRAWN = 60;
    private static final List<String> STATES = List.of("hot", "due", "partial", "compressed", "frozen", "tiered");

    private final Report r;
    private final ObjectNames names;
    private final ObjectStatements statements;

    TimescaleSections(Report report, ObjectNames names) {
        r = report;
        this.names = names;
        statements = new ObjectStatements(report);
    }

    void addTo(ReportDocument document) {
        document.section("hypertables", "Hypertables", r.hypertables().size(), this::hypertables);
        document.section("aggregates", "Continuous aggregates", r.aggregates().size(), this::aggregates);
        document.section("jobs", "Policies and jobs", r.jobs().size(), this::jobs);
    }

    private void hypertables(ReportBlocks b) {
        b.objects(
            "Hypertables",
            r.hypertables(),
            h -> new RowName(Anchor.of("hypertable", h.schema(), h.name()), "hypertable", h.fullName()),
            TableColumn.parts("Hypertable", h -> names.link(h.fullName())),
            TableColumn.number("Chunks", h -> (long) h.chunks()),
            TableColumn.number("Rows", Hypertable::rows),
            TableColumn.size("Size", Hypertable::size),
            TableColumn.number("Compressed", h -> (long) h.compression().compressedChunks()),
            TableColumn.text("Compress after", h -> h.compressAfter() == null ? "no policy" : h.compressAfter()),
            TableColumn.text("Keep", h -> h.retention() == null ? "no limit" : h.retention()),
            TableColumn.text("From", h -> Sentences.day(h.oldest(), null)),
            TableColumn.text("To", h -> Sentences.day(h.newest(), null)));
        var states = r.hypertables().stream().flatMap(h -> h.timeline().stream()).map(Span::state).distinct().toList();
        if (!states.isEmpty()) b.add(new ReportNodes.ChunkLegend(STATES.stream().filter(states::contains).toList()));
        var biggest = r.hypertables()
            .stream()
            .sorted(Comparator.comparingLong((Hypertable t) -> -t.size().total()).thenComparing(Hypertable::fullName))
            .limit(DRAWN)
            .collect(Collectors.toSet());
        if (biggest.size() < r.hypertables().size()) b.paragraph("The " + DRAWN + " biggest are drawn.");
        for (var h : r.hypertables()) {
            if (biggest.contains(h)) b.add(new ReportNodes.SeriesCard(title(h), card -> hypertable(card, h)));
        }
    }

    private static CardTitle title(Hypertable h) {
        return new CardTitle(
            Anchor.of("chunks", h.schema(), h.name()),
            "chunks",
            h.fullName(),
            h.fullName(),
            List.of(),
            null,
            List.of(
                ReportBlocks.size(h.size()),
                h.rows() == null ? "rows not known" : Units.plural(h.rows(), "row"),
                Units.plural(h.chunks(), "chunk")));
    }

    private void hypertable(ReportBlocks b, Hypertable h) {
        var table = r.tables().stream().filter(t -> t.fullName().equals(h.fullName())).findFirst();
        table.ifPresent(t -> {
            if (t.purpose() != null) b.paragraph(CommentText.line(t.purpose(), 200));
        });
        if (!h.timeline().isEmpty()) b.add(new ReportNodes.ChunkTimeline(h));
        b.facts(FactStyle.FLOW, facts -> {
            facts.put("Chunk interval", Inlines.of(Sentences.dimensions(h)));
            if (h.suggestedInterval() != null) {
                facts.put("A better interval", Inlines.of(h.suggestedInterval()));
            }
            if (h.bytesPerDay() != null) facts.put("Grows", Inlines.of(Units.bytes(h.bytesPerDay()) + " a day"));
            if (h.medianChunkBytes() != null) {
                facts.put("Median open chunk", Inlines.of(Units.bytes(h.medianChunkBytes())));
            }
            facts.put("Compression", Inlines.of(Sentences.compression(h)));
            facts.put("Layout", Inlines.of(Sentences.compressedLayout(h.compression())));
            facts.put("Compress after", Inlines.of(Sentences.compressAfter(h)));
            facts.put("Keep", Inlines.of(h.retention() == null ? "no limit" : h.retention()));
            if (h.tieredChunks() > 0) facts.put("Tiered", Inlines.of(Units.plural(h.tieredChunks(), "chunk")));
        });
        chunks(b, h);
    }

    private static void chunks(ReportBlocks b, Hypertable h) {
        if (!h.chunkList().isEmpty()) {
            b.details(
                "The biggest chunks of " + h.name(),
                fold -> fold.table(
                    "Chunks of " + h.fullName(),
                    h.chunkList(),
                    TableColumn.code("Chunk", ChunkFacts::name),
                    TableColumn.text("From", ChunkFacts::from),
                    TableColumn.text("To", ChunkFacts::to),
                    TableColumn.text("State", ChunkFacts::state),
                    TableColumn.number("Rows", ChunkFacts::rows),
                    TableColumn.size("Size", ChunkFacts::bytes)));
        } else if (!h.timeline().isEmpty()) {
            b.details(
                "The chunks of " + h.name() + " as a table",
                fold -> fold.table(
                    "Chunks of " + h.fullName(),
                    h.timeline(),
                    TableColumn.text("From", Span::from),
                    TableColumn.text("To", Span::to),
                    TableColumn.number("Chunks", s -> (long) s.chunks()),
                    TableColumn.text("State", Span::state),
                    TableColumn.size("Size", Span::bytes)));
        }
    }

    private void aggregates(ReportBlocks b) {
        for (var a : r.aggregates()) b.add(new ReportNodes.SeriesCard(title(a), card -> aggregate(card, a)));
    }

    private static CardTitle title(Aggregate a) {
        return new CardTitle(
            Anchor.relation(a.schema(), a.name()),
            "continuous aggregate",
            a.fullName(),
            a.fullName(),
            List.of(),
            null,
            List.of(ReportBlocks.size(a.size()), Units.plural(a.chunks(), "chunk")));
    }

    private void aggregate(ReportBlocks b, Aggregate a) {
        b.comment(a.purpose());
        var chain = new Inlines();
        for (var step : a.chain()) chain.add(names.link(step)).text(" → ");
        b.paragraph(chain.strong(a.fullName()));
        b.facts(FactStyle.FLOW, facts -> {
            facts.put("Bucket", Inlines.of(a.bucket()));
            facts.put("Owner", Inlines.of(a.owner()));
            facts.put("Rows", a.rows() == null ? null : Inlines.of("about " + Units.count(a.rows())));
            facts.put("Materialized up to", Inlines.of(Sentences.watermark(a)));
            facts.put("Behind now", Inlines.of(Sentences.lag(a)));
            facts.put(
                "Newer rows",
                Inlines.of(
                    a.realTime() ? "computed while reading (real-time)" : "not shown until the next refresh"));
            facts.put("Refresh", Inlines.of(Sentences.refresh(a)));
            if (a.pendingRanges() != null) {
                var ranges = a.pendingRanges() == 0 ? "none" : Units.plural(a.pendingRanges(), "range");
                facts.put("Waiting changes", Inlines.of(ranges));
            }
            facts.put("Compression", Inlines.of(a.compressed() ? "on" : "off"));
            if (a.compression() != null) facts.put("Layout", Inlines.of(Sentences.compressedLayout(a.compression())));
        });
        if (a.definition() != null) {
            b.details("Definition of " + a.name(), fold -> fold.code("sql", a.definition()));
        }
        StructureSections.ddl(b, a.name(), statements.ofRelation(a.schema(), a.name()));
        if (!a.columns().isEmpty()) {
            b.details("Columns and indexes of " + a.name(), fold -> {
                StructureSections.columns(fold, a.fullName(), a.columns());
                StructureSections.indexTable(fold, a.fullName(), a.indexes());
            });
        }
    }

    private void jobs(ReportBlocks b) {
        b.objects(
            "Jobs",
            r.jobs(),
            j -> new RowName("job-" + j.id(), "job", Sentences.job(j)),
            TableColumn.number("Job", j -> new Measured(String.valueOf(j.id()), j.id())),
            TableColumn.parts("What", TimescaleSections::what),
            TableColumn.parts("On", j -> j.target() == null ? Inlines.of("—") : names.link(j.target())),
            TableColumn.text("Every", Job::schedule),
            TableColumn.time("Last run", Job::lastRun),
            TableColumn.parts("Result", TimescaleSections::result),
            TableColumn.time("Last success", Job::lastSuccess),
            TableColumn.number("Runs", Job::runs),
            TableColumn.number("Failed", Job::failures),
            TableColumn.time("Next", Job::nextStart));
        b.list(Sentences.jobErrors(r.jobs()));
        if (!r.jobs().isEmpty()) b.details("Owners and configuration of jobs", this::jobDetails);
        if (r.calendar() == null) return;
        b.heading("The next 24 hours");
        b.paragraph(Sentences.calendar(r.calendar()));
        b.add(new ReportNodes.JobHours(r.calendar()));
        b.details(
            "Each job of the next 24 hours",
            fold -> fold.table(
                "Jobs of the next 24 hours",
                r.calendar().jobs(),
                TableColumn.parts("Job", j -> new Inlines().link(j.name(), jobAnchor(j))),
                TableColumn.text("On", PlannedJob::target),
                TableColumn.number("Runs", PlannedJob::expected),
                TableColumn
                    .text("Each takes", j -> j.seconds() == null ? "not known" : Sentences.one(j.seconds()) + " s"),
                TableColumn.time("Next", PlannedJob::next)));
    }

    private void jobDetails(ReportBlocks b) {
        b.table(
            "Owners and configuration of jobs",
            r.jobs(),
            TableColumn.parts("Job", j -> new Inlines().link(Sentences.job(j), "job-" + j.id())),
            TableColumn.text("Owner", Job::owner),
            TableColumn
                .text("Last run took", j -> j.lastSeconds() == null ? "" : Sentences.one(j.lastSeconds()) + " s"),
            TableColumn.code("Configuration", Job::config));
    }

    private String jobAnchor(PlannedJob job) {
        return r.jobs().stream().anyMatch(j -> j.id() == job.id()) ? "job-" + job.id() : null;
    }

    private static Inlines what(Job j) {
        var parts = Inlines.of(j.system() ? j.name().replaceFirst(" \\[\\d+]$", "") : j.kind());
        if (j.system()) parts.text(" ").tag("", "TimescaleDB’s own");
        if (!j.scheduled()) parts.text(" ").tag("warning", "paused");
        return parts;
    }

    private static Inlines result(Job j) {
        if (j.lastStatus() == null) return new Inlines();
        return new Inlines().tag("Failed".equals(j.lastStatus()) ? "bad" : "good", j.lastStatus());
    }
}
