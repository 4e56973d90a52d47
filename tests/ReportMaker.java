//SOURCES ../lib/explore/Question.java ../lib/explore/Report.java

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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
        return new Report(
            Report.FORMAT,
            "test",
            MADE_AT,
            "here",
            new Report.ServerFacts(
                "15.1",
                15,
                timescale,
                timescale == null ? null : "community",
                standby,
                restoring,
                "me",
                false,
                startedAt,
                startedAt,
                null),
            database,
            null,
            null,
            List.of(),
            tables,
            hypertables,
            aggregates,
            jobs,
            views,
            List.of(),
            List.of(),
            sequences,
            extensions,
            List.of(),
            List.of(),
            List.of(),
            Report.OtherObjects.NONE,
            new Report.Performance(
                cacheHitPercent,
                blocksRead,
                connections,
                transactions,
                blocked,
                slowQueries,
                slowQueriesFrom,
                settings,
                slots,
                wraparound,
                orphans,
                memoryBytes,
                0L,
                checksumFailures),
            null,
            notSeen,
            null,
            null,
            new Report.Effort(1, 1));
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
                new Report.ForeignKey(
                    name + "_" + column + "_fkey",
                    List.of(column),
                    schema,
                    table,
                    List.of(toColumn),
                    null,
                    null,
                    null,
                    null,
                    true,
                    "FOREIGN KEY",
                    null));
            return this;
        }

        Table cascades(String column, String table, String toColumn, String comment) {
            foreignKeys.add(
                new Report.ForeignKey(
                    name + "_" + column + "_fkey",
                    List.of(column),
                    "public",
                    table,
                    List.of(toColumn),
                    "cascade",
                    null,
                    null,
                    null,
                    true,
                    "FOREIGN KEY",
                    comment));
            return this;
        }

        Table index(Report.Index index) {
            indexes.add(index);
            return this;
        }

        Report.Relation make() {
            return new Report.Relation(
                name.hashCode(),
                schema,
                name,
                kind,
                false,
                "me",
                comment,
                comment,
                List.of(),
                rows,
                size,
                partitions,
                partitionKey,
                columns,
                constraints,
                foreignKeys,
                indexes,
                triggers,
                options.isEmpty() ? details : withOptions(),
                referencedBy,
                usedBy,
                use);
        }

        private Report.Details withOptions() {
            return new Report.Details(
                List.of(),
                List.of(),
                null,
                List.of(),
                List.of(),
                options,
                null,
                List.of(),
                null,
                List.of(),
                List.of(),
                null,
                0,
                List.of());
        }
    }

    static Report.TableUse use(long live, long dead, Instant analyzed, Double bloat) {
        return new Report.TableUse(
            0L,
            0L,
            live,
            0L,
            0L,
            live,
            dead,
            null,
            analyzed,
            1000L,
            0L,
            0L,
            analyzed == null ? live : 0L,
            null,
            bloat);
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
            return new Report.Index(
                oid,
                name,
                method,
                keys,
                List.of(),
                predicate,
                unique,
                primary,
                constraint,
                valid,
                bytes,
                scans,
                0,
                "CREATE INDEX " + name,
                guards,
                comment,
                keys.stream().map(k -> k + ":" + variant).toList());
        }
    }

    static Report.Hypertable hypertable(
        String name,
        int chunks,
        Report.Compression compression,
        String retention,
        String compressAfter) {
        return hypertable(
            name,
            chunks,
            compression,
            retention,
            compressAfter,
            new Size(2L << 30, 1L << 30, 1L << 30, 0, true),
            50L << 20,
            1L << 20);
    }

    static Report.Hypertable hypertable(
        String name,
        int chunks,
        Report.Compression compression,
        String retention,
        String compressAfter,
        Size size,
        Long medianChunk,
        Long newestIndexes) {
        return new Report.Hypertable(
            name.hashCode(),
            name.hashCode(),
            "public",
            name,
            List.of(new Report.Dimension("time", "timestamp with time zone", "1 day", 86_400_000_000L, null)),
            chunks,
            1_000_000L,
            size,
            MADE_AT.minusSeconds(30 * 86_400),
            MADE_AT,
            compression,
            retention,
            compressAfter,
            medianChunk,
            newestIndexes,
            List.of(
                new Report.Span("2025-06-04", "2025-06-05", 1, 4L << 20, "compressed"),
                new Report.Span("2025-06-05", "2025-07-04", 6, 9L << 20, "hot")),
            List.of(),
            0,
            null,
            null);
    }

    static Report.Compression
        compression(boolean enabled, int compressed, int partial, int due, Long before, Long after) {
        return new Report.Compression(
            enabled,
            List.of(),
            List.of(),
            compressed,
            partial,
            due,
            (long) due << 28,
            before,
            after,
            before,
            before == null ? null : before / 500);
    }

    static Report.Aggregate aggregate(String name, Instant watermark, Integer refreshJob, String startOffset) {
        return new Report.Aggregate(
            1,
            1,
            "public",
            name,
            "me",
            null,
            null,
            "public.m",
            false,
            "1 hour",
            false,
            watermark,
            null,
            watermark == null,
            refreshJob,
            startOffset,
            "1 hour",
            refreshJob == null ? null : "1 hour",
            Size.NONE,
            10L,
            1,
            List.of(),
            List.of(),
            0L,
            "SELECT",
            List.of("public.m"),
            false,
            refreshJob == null ? new ArrayList<>()
                : new ArrayList<>(List.of(new Report.Refresh(refreshJob, startOffset, "1 hour", "1 hour"))));
    }

    static Report.Job job(int id, String kind, boolean scheduled, String status, long runs, long failures) {
        return new Report.Job(
            id,
            kind + " policy",
            kind,
            "public.m",
            "1 day",
            scheduled,
            "me",
            "{}",
            status,
            MADE_AT.minusSeconds(3600),
            MADE_AT.minusSeconds(3600),
            1.0,
            MADE_AT.plusSeconds(3600),
            runs,
            failures,
            status.equals("Failed") ? "disk full" : null,
            false);
    }

    /** A view of so many columns, with SQL of a few kilobytes. */
    static Report.ViewFacts view(String name, int columns) {
        var list = new ArrayList<Report.Column>();
        for (int i = 0; i < columns; i++) {
            list.add(new Report.Column("column_" + i, "text", true, null, null, null, null, "text"));
        }
        var definition = "SELECT " + "feature.column_of_it, ".repeat(80) + "1 FROM feature";
        return new Report.ViewFacts(
            name.hashCode(),
            "public",
            name,
            "view",
            "me",
            null,
            null,
            null,
            null,
            list,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            definition);
    }

    static Report.Sequence sequence(String name, String type, Long last, long limit, boolean seen) {
        return new Report.Sequence(
            "public",
            name,
            "app",
            null,
            type,
            last,
            limit,
            last == null ? null : Math.round(1000.0 * last / limit) / 10.0,
            false,
            seen,
            null);
    }

    static Set<Question> questions(Report report) {
        return report.missed();
    }
}
