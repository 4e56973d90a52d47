//SOURCES ../lib/RecordFields.java ../lib/explore/Question.java ../lib/explore/Report.java

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lib.RecordFields;
import lib.explore.Question;
import lib.explore.Report;
import lib.explore.Report.Size;

/** Reports for tests of what is made from a report: everything empty and healthy, but for what a test says. */
final class ReportMaker {
    static final Instant MADE_AT = Instant.parse("2025-07-04T16:53:26Z");

    String timescale;
    boolean restoring;
    boolean standby;
    Instant startedAt = MADE_AT.minusSeconds(90 * 86_400);
    Report.DatabaseFacts database = new Report.DatabaseFacts("db", null, null, "me", "UTF8", "C", 1L);
    final List<Report.Relation> tables = new ArrayList<>();
    final List<Report.Hypertable> hypertables = new ArrayList<>();
    final List<Report.ViewFacts> views = new ArrayList<>();
    final List<Report.Aggregate> aggregates = new ArrayList<>();
    final List<Report.Job> jobs = new ArrayList<>();
    final List<Report.Sequence> sequences = new ArrayList<>();
    final List<Report.Extension> extensions = new ArrayList<>();
    final List<Report.NotSeen> notSeen = new ArrayList<>();
    final List<Report.Setting> settings = new ArrayList<>();
    final List<Report.ReplicationSlot> slots = new ArrayList<>();
    final List<Report.SlowQuery> slowQueries = new ArrayList<>();
    final List<Report.LongTransaction> transactions = new ArrayList<>();
    final List<Report.Blocked> blocked = new ArrayList<>();
    final List<String> orphans = new ArrayList<>();
    String slowQueriesFrom;
    Report.Wraparound wraparound = new Report.Wraparound(1000, 1000, 200_000_000, 0);
    Report.Connections connections = new Report.Connections(3, 1, 2, 0, 100);
    Double cacheHitPercent = 99.9;
    Long blocksRead = 0L;
    Long memoryBytes = 128L << 20;
    Long checksumFailures = 0L;

    /** The questions without an answer. */
    ReportMaker missing(Question... questions) {
        for (var q : questions) {
            notSeen.add(new Report.NotSeen(q.title(), "not allowed", "42501", null, List.of(q), false));
        }
        return this;
    }

    ReportMaker setting(String name, String value) {
        settings.removeIf(s -> s.name().equals(name));
        settings.add(new Report.Setting(name, value, null, "configuration file"));
        return this;
    }

    Report report() {
        return RecordFields.of(Report.class)
            .with("format", Report.FORMAT)
            .with("tool", "test")
            .with("madeAt", MADE_AT)
            .with("source", "here")
            .with(
                "server",
                RecordFields.of(Report.ServerFacts.class)
                    .with("version", "15.1")
                    .with("major", 15)
                    .with("timescaleVersion", timescale)
                    .with("edition", timescale == null ? null : "community")
                    .with("standby", standby)
                    .with("restoring", restoring)
                    .with("user", "me")
                    .with("startedAt", startedAt)
                    .with("statisticsSince", startedAt)
                    .restUnknown()
                    .record())
            .with("database", database)
            .with("schemas", List.of())
            .with("tables", tables)
            .with("hypertables", hypertables)
            .with("aggregates", aggregates)
            .with("jobs", jobs)
            .with("views", views)
            .with("functions", List.of())
            .with("types", List.of())
            .with("sequences", sequences)
            .with("extensions", extensions)
            .with("roles", List.of())
            .with("grants", List.of())
            .with("databases", List.of())
            .with("others", Report.OtherObjects.NONE)
            .with(
                "performance",
                RecordFields.of(Report.Performance.class)
                    .with("cacheHitPercent", cacheHitPercent)
                    .with("blocksRead", blocksRead)
                    .with("connections", connections)
                    .with("longTransactions", transactions)
                    .with("blocked", blocked)
                    .with("slowQueries", slowQueries)
                    .with("slowQueriesFrom", slowQueriesFrom)
                    .with("settings", settings)
                    .with("slots", slots)
                    .with("wraparound", wraparound)
                    .with("orphanedChunks", orphans)
                    .with("memoryBytes", memoryBytes)
                    .with("deadlocks", 0L)
                    .with("checksumFailures", checksumFailures)
                    .record())
            .with("notSeen", notSeen)
            .with("effort", new Report.Effort(1, 1))
            .restUnknown()
            .record();
    }

    /** A table being put together. */
    static final class Table {
        String schema = "public";
        String kind = "table";
        String comment = "what it is for";
        Long rows = 10L;
        Size size = new Size(100L << 20, 70L << 20, 30L << 20, 0, true);
        int partitions;
        String partitionKey;
        Report.Details details;
        Report.TableUse use;
        final String name;
        final List<Report.Column> columns = new ArrayList<>();
        final List<Report.Constraint> constraints = new ArrayList<>();
        final List<Report.ForeignKey> foreignKeys = new ArrayList<>();
        final List<Report.Index> indexes = new ArrayList<>();
        final List<String> usedBy = new ArrayList<>();
        final List<String> referencedBy = new ArrayList<>();
        final List<String> options = new ArrayList<>();
        final List<Report.Trigger> triggers = new ArrayList<>();

        Table(String name) {
            this.name = name;
        }

        Table column(String column, String type) {
            columns.add(new Report.Column(column, type, false, null, null, null, null, type));
            return this;
        }

        Table key(String... columns) {
            constraints.add(
                new Report.Constraint(name + "_pkey", "primary key", List.of(columns), "PRIMARY KEY", true, null));
            return this;
        }

        Table references(String column, String table, String toColumn) {
            foreignKeys.add(
                RecordFields.of(Report.ForeignKey.class)
                    .with("name", name + "_" + column + "_fkey")
                    .with("columns", List.of(column))
                    .with("toSchema", schema)
                    .with("toTable", table)
                    .with("toColumns", List.of(toColumn))
                    .with("valid", true)
                    .with("definition", "FOREIGN KEY")
                    .restUnknown()
                    .record());
            return this;
        }

        Table cascades(String column, String table, String toColumn, String comment) {
            foreignKeys.add(
                RecordFields.of(Report.ForeignKey.class)
                    .with("name", name + "_" + column + "_fkey")
                    .with("columns", List.of(column))
                    .with("toSchema", "public")
                    .with("toTable", table)
                    .with("toColumns", List.of(toColumn))
                    .with("onDelete", "cascade")
                    .with("valid", true)
                    .with("definition", "FOREIGN KEY")
                    .with("comment", comment)
                    .restUnknown()
                    .record());
            return this;
        }

        Table index(Report.Index index) {
            indexes.add(index);
            return this;
        }

        Report.Relation make() {
            return RecordFields.of(Report.Relation.class)
                .with("oid", name.hashCode())
                .with("schema", schema)
                .with("name", name)
                .with("kind", kind)
                .with("owner", "me")
                .with("comment", comment)
                .with("purpose", comment)
                .with("labels", List.of())
                .with("rows", rows)
                .with("size", size)
                .with("partitions", partitions)
                .with("partitionKey", partitionKey)
                .with("columns", columns)
                .with("constraints", constraints)
                .with("foreignKeys", foreignKeys)
                .with("indexes", indexes)
                .with("triggers", triggers)
                .with("details", options.isEmpty() ? details : withOptions())
                .with("referencedBy", referencedBy)
                .with("usedBy", usedBy)
                .with("use", use)
                .restUnknown()
                .record();
        }

        private Report.Details withOptions() {
            return RecordFields.of(Report.Details.class)
                .with("inherits", List.of())
                .with("partitions", List.of())
                .with("policies", List.of())
                .with("rules", List.of())
                .with("options", options)
                .with("statistics", List.of())
                .with("foreignOptions", List.of())
                .with("partitionIndexes", List.of())
                .with("chunkReaders", List.of())
                .restUnknown()
                .record();
        }
    }

    static Report.TableUse use(long live, long dead, Instant analyzed, Double bloat) {
        return RecordFields.of(Report.TableUse.class)
            .with("sequentialScans", 0L)
            .with("indexScans", 0L)
            .with("inserted", live)
            .with("updated", 0L)
            .with("deleted", 0L)
            .with("live", live)
            .with("dead", dead)
            .with("lastAnalyze", analyzed)
            .with("frozenAge", 1000L)
            .with("blocksRead", 0L)
            .with("blocksHit", 0L)
            .with("modifiedSinceAnalyze", analyzed == null ? live : 0L)
            .with("bloat", bloat)
            .restUnknown()
            .record();
    }

    /** An index being put together. */
    static final class Index {
        final String name;
        long oid = 1;
        String method = "btree";
        List<String> keys = List.of("a");
        String predicate;
        boolean unique;
        boolean primary;
        boolean constraint;
        boolean valid = true;
        long bytes = 50L << 20;
        Long scans = 5L;
        List<String> guards = List.of();
        String comment;
        String variant = "10:0:0";

        Index(String name, String... keys) {
            this.name = name;
            this.keys = List.of(keys);
        }

        Report.Index make() {
            return RecordFields.of(Report.Index.class)
                .with("oid", oid)
                .with("name", name)
                .with("method", method)
                .with("keys", keys)
                .with("include", List.of())
                .with("predicate", predicate)
                .with("unique", unique)
                .with("primary", primary)
                .with("constraint", constraint)
                .with("valid", valid)
                .with("bytes", bytes)
                .with("scans", scans)
                .with("definition", "CREATE INDEX " + name)
                .with("guards", guards)
                .with("comment", comment)
                .with("shape", keys.stream().map(k -> k + ":" + variant).toList())
                .restUnknown()
                .record();
        }
    }

    static Report.Hypertable hypertable(
        String name,
        int chunks,
        Report.Compression compression,
        String retention,
        String compressAfter) {
        return RecordFields.of(Report.Hypertable.class)
            .with("id", name.hashCode())
            .with("oid", name.hashCode())
            .with("schema", "public")
            .with("name", name)
            .with(
                "dimensions",
                List.of(new Report.Dimension("time", "timestamp with time zone", "1 day", 86_400_000_000L, null)))
            .with("chunks", chunks)
            .with("rows", 1_000_000L)
            .with("size", new Size(2L << 30, 1L << 30, 1L << 30, 0, true))
            .with("oldest", MADE_AT.minusSeconds(30 * 86_400))
            .with("newest", MADE_AT)
            .with("compression", compression)
            .with("retention", retention)
            .with("compressAfter", compressAfter)
            .with("medianChunkBytes", 50L << 20)
            .with("newestChunkIndexBytes", 1L << 20)
            .with(
                "timeline",
                List.of(
                    new Report.Span("2025-06-04", "2025-06-05", 1, 4L << 20, "compressed"),
                    new Report.Span("2025-06-05", "2025-07-04", 6, 9L << 20, "hot")))
            .with("chunkList", List.of())
            .restUnknown()
            .record();
    }

    /** The same of another size. */
    static Report.Hypertable sized(Report.Hypertable h, Size size, Long medianChunk, Long newestIndexes) {
        return RecordFields.of(h)
            .with("size", size)
            .with("medianChunkBytes", medianChunk)
            .with("newestChunkIndexBytes", newestIndexes)
            .record();
    }

    static Report.Compression
        compression(boolean enabled, int compressed, int due, Long before, Long after) {
        return RecordFields.of(Report.Compression.class)
            .with("enabled", enabled)
            .with("segmentBy", List.of())
            .with("orderBy", List.of())
            .with("compressedChunks", compressed)
            .with("partialChunks", 0)
            .with("dueChunks", due)
            .with("dueBytes", (long) due << 28)
            .with("before", before)
            .with("after", after)
            .with("rowsBefore", before)
            .with("batches", before == null ? null : before / 500)
            .record();
    }

    static Report.Aggregate aggregate(String name, Instant watermark, Integer refreshJob, String startOffset) {
        return RecordFields.of(Report.Aggregate.class)
            .with("id", 1)
            .with("oid", 1)
            .with("schema", "public")
            .with("name", name)
            .with("owner", "me")
            .with("source", "public.m")
            .with("bucket", "1 hour")
            .with("watermark", watermark)
            .with("neverRefreshed", watermark == null)
            .with("refreshJob", refreshJob)
            .with("startOffset", startOffset)
            .with("endOffset", "1 hour")
            .with("schedule", refreshJob == null ? null : "1 hour")
            .with("size", Size.NONE)
            .with("rows", 10L)
            .with("chunks", 1)
            .with("columns", List.of())
            .with("indexes", List.of())
            .with("pendingRanges", 0L)
            .with("definition", "SELECT")
            .with("chain", List.of("public.m"))
            .with(
                "refreshes",
                refreshJob == null ? new ArrayList<>()
                    : new ArrayList<>(List.of(new Report.Refresh(refreshJob, startOffset, "1 hour", "1 hour"))))
            .restUnknown()
            .record();
    }

    static Report.Job job(int id, String kind, String status, long runs, long failures) {
        return RecordFields.of(Report.Job.class)
            .with("id", id)
            .with("name", kind + " policy")
            .with("kind", kind)
            .with("target", "public.m")
            .with("schedule", "1 day")
            .with("scheduled", true)
            .with("owner", "me")
            .with("config", "{}")
            .with("lastStatus", status)
            .with("lastRun", MADE_AT.minusSeconds(3600))
            .with("lastSuccess", MADE_AT.minusSeconds(3600))
            .with("lastSeconds", 1.0)
            .with("nextStart", MADE_AT.plusSeconds(3600))
            .with("runs", runs)
            .with("failures", failures)
            .with("lastError", status.equals("Failed") ? "disk full" : null)
            .restUnknown()
            .record();
    }

    static Report.Job paused(Report.Job job) {
        return RecordFields.of(job).with("scheduled", false).record();
    }

    /** A view of so many columns, with SQL of a few kilobytes. */
    static Report.ViewFacts view(String name, int columns) {
        var list = new ArrayList<Report.Column>();
        for (int i = 0; i < columns; i++) {
            list.add(new Report.Column("column_" + i, "text", true, null, null, null, null, "text"));
        }
        var definition = "SELECT " + "feature.column_of_it, ".repeat(80) + "1 FROM feature";
        return RecordFields.of(Report.ViewFacts.class)
            .with("oid", name.hashCode())
            .with("schema", "public")
            .with("name", name)
            .with("kind", "view")
            .with("owner", "me")
            .with("columns", list)
            .with("indexes", List.of())
            .with("triggers", List.of())
            .with("usedBy", List.of())
            .with("options", List.of())
            .with("definition", definition)
            .restUnknown()
            .record();
    }

    static Report.Sequence sequence(String name, String type, Long last, long limit, boolean seen) {
        return RecordFields.of(Report.Sequence.class)
            .with("schema", "public")
            .with("name", name)
            .with("owner", "app")
            .with("type", type)
            .with("lastValue", last)
            .with("limit", limit)
            .with("usedPercent", last == null ? null : Math.round(1000.0 * last / limit) / 10.0)
            .with("seen", seen)
            .restUnknown()
            .record();
    }

    static Set<Question> questions(Report report) {
        return report.missed();
    }
}
