package lib.explore;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;
import java.util.List;

/**
 * All that was found out about one database: the one model behind report.md, report.html and report.json.
 *
 * <p>The JSON file is this record, component by component, in this order; README.md beside this file describes it.
 * Lists are sorted by name, so that the same database gives the same report. Bytes are bytes, times are UTC,
 * null means "not known" and never "zero".
 */
public record Report(
    String format,
    String tool,
    Instant madeAt,
    String source,
    ServerFacts server,
    DatabaseFacts database,
    Health health,
    Changes changes,
    List<SchemaFacts> schemas,
    List<Relation> tables,
    List<Hypertable> hypertables,
    List<Aggregate> aggregates,
    List<Job> jobs,
    List<ViewFacts> views,
    List<Routine> functions,
    List<TypeFacts> types,
    List<Sequence> sequences,
    List<Extension> extensions,
    List<Role> roles,
    List<Grant> grants,
    List<OtherDatabase> databases,
    Performance performance,
    List<NotSeen> notSeen,
    Effort effort) {

    public static final String FORMAT = "timescaledb-tools/explore/1";

    /** @param statisticsSince since when the counters of the statistics count: their reset or the start of the server, whichever is later */
    public record ServerFacts(
        String version,
        int major,
        String timescaleVersion,
        String edition,
        boolean standby,
        boolean restoring,
        String user,
        boolean superuser,
        Instant startedAt,
        Instant statisticsSince,
        String toolkitVersion) {
        public String summary() {
            return "PostgreSQL " + version.split(" ")[0]
                + (timescaleVersion == null ? "" : " with TimescaleDB " + timescaleVersion + " (" + edition + ")");
        }
    }

    public record DatabaseFacts(
        String name,
        String comment,
        String purpose,
        String owner,
        String encoding,
        String collation,
        Long bytes) {}

    public record SchemaFacts(
        String name,
        String owner,
        String comment,
        String purpose,
        int tables,
        int views,
        int functions,
        long bytes) {}

    /** A size. @param exact measured from the files now; else from relpages, as of the last vacuum or analyze */
    public record Size(long total, long heap, long index, long toast, boolean exact) {
        public static final Size NONE = new Size(0, 0, 0, 0, true);

        public Size plus(Size other) {
            return new Size(
                total + other.total,
                heap + other.heap,
                index + other.index,
                toast + other.toast,
                exact && other.exact);
        }
    }

    /**
     * A table in the user's eyes: plain, partitioned or foreign table, or hypertable; chunks and partitions are rolled up into it.
     *
     * @param kind "table", "partitioned table", "foreign table", "hypertable"
     * @param purpose what it is for, in people's words: from the config file, else its comment
     * @param rows estimated; null when it was never analyzed
     * @param partitions how many partitions or chunks are rolled up here
     */
    public record Relation(
        @JsonIgnore long oid,
        String schema,
        String name,
        String kind,
        boolean unlogged,
        String owner,
        String comment,
        String purpose,
        List<String> labels,
        Long rows,
        Size size,
        int partitions,
        String partitionKey,
        List<Column> columns,
        List<Constraint> constraints,
        List<ForeignKey> foreignKeys,
        List<Index> indexes,
        List<Trigger> triggers,
        TableUse use) {
        public String fullName() {
            return schema + "." + name;
        }

        public Constraint primaryKey() {
            return constraints.stream().filter(c -> c.kind().equals("primary key")).findFirst().orElse(null);
        }
    }

    public record Column(
        String name,
        String type,
        boolean nullable,
        String defaultValue,
        String generated,
        String comment) {}

    /** @param kind "primary key", "unique", "check", "exclusion" */
    public record Constraint(String name, String kind, List<String> columns, String definition, boolean valid) {}

    public record ForeignKey(
        String name,
        List<String> columns,
        String toSchema,
        String toTable,
        List<String> toColumns,
        String onDelete,
        boolean valid,
        String definition) {
        public String target() {
            return toSchema + "." + toTable;
        }
    }

    /**
     * @param scans since {@link ServerFacts#statisticsSince}; on a hypertable summed over its chunks
     * @param chunkIndexes how many chunk indexes were found and summed; 0 on other tables
     * @param shape what it indexes, in tokens that compare equal when the index does the same work
     */
    public record Index(
        @JsonIgnore long oid,
        String name,
        String method,
        List<String> keys,
        List<String> include,
        String predicate,
        boolean unique,
        boolean primary,
        boolean constraint,
        boolean valid,
        long bytes,
        Long scans,
        int chunkIndexes,
        String definition,
        @JsonIgnore List<String> shape) {}

    public record Trigger(String name, String definition, boolean enabled) {}

    /** How a table lives: counters of the statistics, on hypertables summed over the chunks. */
    public record TableUse(
        Long sequentialScans,
        Long indexScans,
        Long inserted,
        Long updated,
        Long deleted,
        Long live,
        Long dead,
        Instant lastVacuum,
        Instant lastAnalyze,
        Long frozenAge,
        Long blocksRead,
        Long blocksHit,
        Long modifiedSinceAnalyze,
        String worstFrozen,
        Double bloat) {}

    public record Hypertable(
        @JsonIgnore int id,
        @JsonIgnore long oid,
        String schema,
        String name,
        List<Dimension> dimensions,
        int chunks,
        long rows,
        Size size,
        Instant oldest,
        Instant newest,
        Compression compression,
        String retention,
        String compressAfter,
        Long medianChunkBytes,
        Long newestChunkIndexBytes,
        List<Span> timeline,
        List<ChunkFacts> chunkList,
        int tieredChunks) {
        public String fullName() {
            return schema + "." + name;
        }
    }

    /** @param interval "1 day" or an integer; null for a space dimension, which has {@code slices} */
    public record Dimension(String column, String type, String interval, Long intervalMicros, Integer slices) {}

    /**
     * @param enabled the hypertable's columnstore (compression) is switched on
     * @param before bytes of the compressed chunks before they were compressed, as of then
     */
    public record Compression(
        boolean enabled,
        List<String> segmentBy,
        List<String> orderBy,
        int compressedChunks,
        int partialChunks,
        int dueChunks,
        long dueBytes,
        Long before,
        Long after,
        Long rowsBefore,
        Long batches) {
        public Double ratio() {
            return before == null || after == null || after == 0 ? null : Math.round(10.0 * before / after) / 10.0;
        }

        public Double rowsPerBatch() {
            return batches == null || batches == 0 || rowsBefore == null ? null
                : Math.round(10.0 * rowsBefore / batches) / 10.0;
        }
    }

    /** A piece of a hypertable's time line: one chunk, or several neighbours where there are too many to draw. */
    public record Span(String from, String to, int chunks, long bytes, String state) {}

    /** One chunk; listed only when asked for with --chunks. */
    public record ChunkFacts(String name, String from, String to, String state, long bytes, Long rows) {}

    public record Aggregate(
        @JsonIgnore int id,
        @JsonIgnore long oid,
        String schema,
        String name,
        String owner,
        String comment,
        String purpose,
        String source,
        boolean sourceIsAggregate,
        String bucket,
        boolean realTime,
        Instant watermark,
        Long lagSeconds,
        boolean neverRefreshed,
        Integer refreshJob,
        String startOffset,
        String endOffset,
        String schedule,
        Size size,
        long rows,
        int chunks,
        List<Column> columns,
        List<Index> indexes,
        Long pendingRanges,
        String definition,
        List<String> chain,
        boolean compressed) {
        public String fullName() {
            return schema + "." + name;
        }
    }

    public record Job(
        int id,
        String name,
        String kind,
        String target,
        String schedule,
        boolean scheduled,
        String owner,
        String config,
        String lastStatus,
        Instant lastRun,
        Instant lastSuccess,
        Double lastSeconds,
        Instant nextStart,
        Long runs,
        Long failures,
        String lastError,
        boolean system) {}

    /** @param kind "view" or "materialized view" */
    public record ViewFacts(
        @JsonIgnore long oid,
        String schema,
        String name,
        String kind,
        String owner,
        String comment,
        String purpose,
        Long rows,
        Long bytes,
        List<Column> columns,
        List<Index> indexes,
        String definition) {
        public String fullName() {
            return schema + "." + name;
        }
    }

    public record Routine(
        String schema,
        String name,
        String kind,
        String arguments,
        String returns,
        String language,
        String volatility,
        boolean securityDefiner,
        String owner,
        String comment) {}

    public record TypeFacts(String schema, String name, String kind, String definition, String comment) {}

    public record Sequence(
        String schema,
        String name,
        String ownedBy,
        String type,
        Long lastValue,
        long limit,
        Double usedPercent,
        boolean cycles) {}

    public record Extension(String name, String version, String available, String schema, String comment) {}

    public record Role(
        String name,
        boolean superuser,
        boolean login,
        boolean createDatabase,
        boolean createRole,
        boolean replication,
        boolean bypassRls,
        List<String> memberOf,
        Integer connectionLimit,
        String comment) {}

    /** @param objects how many tables and views of that schema these privileges hold on */
    public record Grant(String role, String schema, String privileges, int objects) {}

    public record OtherDatabase(String name, String owner, Long bytes, boolean allowsConnections) {}

    public record Performance(
        Double cacheHitPercent,
        Long blocksRead,
        Connections connections,
        List<LongTransaction> longTransactions,
        List<Blocked> blocked,
        List<SlowQuery> slowQueries,
        String slowQueriesFrom,
        List<Setting> settings,
        List<ReplicationSlot> slots,
        Wraparound wraparound,
        List<String> orphanedChunks,
        Long memoryBytes,
        Long deadlocks,
        Long checksumFailures) {}

    public record Connections(int total, int active, int idle, int idleInTransaction, Integer max) {}

    public record LongTransaction(int pid, String user, String application, String state, long seconds, String query) {}

    public record Blocked(int pid, List<Integer> by, long seconds, String relation, String query) {}

    public record SlowQuery(String query, long calls, double meanMillis, double totalMillis, long rows) {}

    public record Setting(String name, String value, String unit, String source) {}

    public record ReplicationSlot(String name, String type, boolean active, Long retainedBytes) {}

    public record Wraparound(long age, long multixactAge, long freezeMaxAge, double percent) {}

    /** Something that could not be seen, and what would show it. */
    public record NotSeen(String what, String why, String sqlState, String cure) {}

    /** @param queries how many questions were asked; it depends on the version of the server, not on its size */
    public record Effort(int queries, long millis) {}

    /** @param score null when there is nothing to score */
    public record Health(
        Integer score,
        String grade,
        String verdict,
        boolean provisional,
        double coverage,
        double deducted,
        String ruleSet,
        List<CategoryScore> categories,
        List<Finding> findings,
        List<RuleOutcome> rules) {}

    /** @param sum of the points of its findings, each rule cut at its own limit; @param deducted the same, cut at the category's cap */
    public record CategoryScore(String name, double cap, double sum, double deducted) {}

    /**
     * @param points taken from the score, one decimal
     * @param silenced null, or why this finding counts nothing: the reason in the config file
     */
    public record Finding(
        String rule,
        String severity,
        String category,
        String object,
        String message,
        String evidence,
        String threshold,
        String source,
        boolean exact,
        double points,
        String fix,
        String silenced) {}

    /** @param outcome PASS, FAIL, SKIPPED, OFF or "n/a"; @param counted points of the rule after its limit */
    public record RuleOutcome(
        String rule,
        String title,
        String category,
        String outcome,
        String reason,
        double limit,
        double sum,
        double counted) {}

    /** What is different from an older report. */
    public record Changes(
        Instant since,
        Integer scoreBefore,
        List<String> added,
        List<String> removed,
        List<String> altered,
        List<String> newFindings,
        List<String> solvedFindings,
        List<Growth> growth,
        List<String> limits) {}

    public record Growth(String object, long before, long now, double perDay) {}

    /** The same report, judged and compared. */
    public Report with(Health health, Changes changes) {
        return new Report(
            format,
            tool,
            madeAt,
            source,
            server,
            database,
            health,
            changes,
            schemas,
            tables,
            hypertables,
            aggregates,
            jobs,
            views,
            functions,
            types,
            sequences,
            extensions,
            roles,
            grants,
            databases,
            performance,
            notSeen,
            effort);
    }
}
