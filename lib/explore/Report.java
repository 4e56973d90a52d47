//SOURCES ../RecordFields.java Question.java
package lib.explore;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import lib.RecordFields;

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
    OtherObjects others,
    Performance performance,
    Calendar calendar,
    List<NotSeen> notSeen,
    History history,
    Ddl ddl,
    Effort effort) {

    public static final String FORMAT = "timescaledb-tools/explore/1";

    /**
     * @param statisticsSince since when the counters of the statistics count: their reset or the start of the server,
     *        whichever is later
     */
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
     * A table in the user's eyes: plain, partitioned or foreign table, or hypertable; chunks and partitions are rolled
     * up into it.
     *
     * @param kind "table", "partitioned table", "foreign table", "hypertable"
     * @param purpose what it is for, in people's words: from the config file, else its comment
     * @param rows estimated; null when it was never analyzed
     * @param partitions how many partitions or chunks are rolled up here
     * @param details what few tables have; null when there is nothing of it
     * @param referencedBy foreign keys of other tables that point here: "public.orders (customer_id)"
     * @param usedBy views, aggregates and functions that depend on it: "view public.daily"
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
        Details details,
        List<String> referencedBy,
        List<String> usedBy,
        TableUse use) {
        public String fullName() {
            return schema + "." + name;
        }

        public Constraint primaryKey() {
            return constraints.stream().filter(c -> c.kind().equals("primary key")).findFirst().orElse(null);
        }
    }

    /**
     * What few tables have.
     *
     * @param inherits the tables it inherits from, without those of partitions
     * @param partitions the partitions with their bounds, at most a hundred
     * @param rowSecurity null, "enabled", "forced" (for the owner too), or "forced, but not enabled", without effect
     * @param options storage parameters: "fillfactor=70"
     * @param replicaIdentity null for the default (the primary key), else "full", "nothing" or "index NAME"
     * @param ofType the composite type of a typed table
     * @param children tables that inherit from it, without partitions and chunks
     * @param chunkReaders roles that may read the chunks of a hypertable with row security directly, past its policies
     * @param partitionIndexes indexes that the partitions have and the table as a whole has not
     */
    public record Details(
        List<String> inherits,
        List<Partition> partitions,
        String rowSecurity,
        List<Policy> policies,
        List<Definition> rules,
        List<String> options,
        String replicaIdentity,
        List<Definition> statistics,
        String foreignServer,
        List<String> foreignOptions,
        List<PartitionIndex> partitionIndexes,
        String ofType,
        int children,
        List<String> chunkReaders) {}

    public record Partition(String name, String bounds) {}

    /** @param permissive else it restricts what permissive policies allow @param roles empty for everybody */
    public record Policy(
        String name,
        String command,
        boolean permissive,
        List<String> roles,
        String using,
        String check) {}

    /** Something with a name and the SQL that makes it. */
    public record Definition(String name, String definition, String comment) {}

    /** @param partitions how many of the partitions have such an index */
    public record PartitionIndex(String method, List<String> keys, boolean partial, int partitions) {}

    /**
     * @param collation null when it is the type's own @param base the type without its modifier, a domain's own base
     */
    public record Column(
        String name,
        String type,
        boolean nullable,
        String defaultValue,
        String generated,
        String comment,
        String collation,
        @JsonIgnore String base) {}

    /** @param kind "primary key", "unique", "check", "exclusion" */
    public record Constraint(
        String name,
        String kind,
        List<String> columns,
        String definition,
        boolean valid,
        String comment) {}

    public record ForeignKey(
        String name,
        List<String> columns,
        String toSchema,
        String toTable,
        List<String> toColumns,
        String onDelete,
        String onUpdate,
        String match,
        String deferrable,
        boolean valid,
        String definition,
        String comment) {
        public String target() {
            return toSchema + "." + toTable;
        }
    }

    /**
     * @param scans since {@link ServerFacts#statisticsSince}; on a hypertable summed over its chunks
     * @param chunkIndexes how many chunk indexes were found and summed; 0 on other tables
     * @param guards what would be lost without it, besides speed: "primary key", "replica identity", "2 foreign keys",
     *        …
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
        List<String> guards,
        String comment,
        @JsonIgnore List<String> shape) {}

    public record Trigger(String name, String definition, boolean enabled, String comment) {}

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

    /**
     * @param rows estimated; null when a good part of it was never analyzed
     * @param bytesPerDay the rate of the last full chunks, uncompressed; null without such chunks
     * @param suggestedInterval the chunk interval at which that rate gives chunks of a good size; null when the present
     *        one is good
     */
    public record Hypertable(
        @JsonIgnore int id,
        @JsonIgnore long oid,
        String schema,
        String name,
        List<Dimension> dimensions,
        int chunks,
        Long rows,
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
        int tieredChunks,
        Long bytesPerDay,
        String suggestedInterval) {
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

    /**
     * @param refreshJob the policy that comes closest to now, with its offsets and schedule; all of them are in
     *        {@code refreshes}
     * @param compression how its own rows are compressed; null when they are not
     */
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
        Long rows,
        int chunks,
        List<Column> columns,
        List<Index> indexes,
        Long pendingRanges,
        String definition,
        List<String> chain,
        boolean compressed,
        List<Refresh> refreshes,
        Compression compression) {
        public String fullName() {
            return schema + "." + name;
        }
    }

    /** One refresh policy; an aggregate may have several. @param startOffset null when it looks back without end */
    public record Refresh(int job, String startOffset, String endOffset, String schedule) {}

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
        List<Trigger> triggers,
        List<String> usedBy,
        List<String> options,
        String definition) {
        public String fullName() {
            return schema + "." + name;
        }
    }

    /**
     * @param settings that hold while it runs: "search_path = pg_catalog"
     * @param body its source, shortened where it is long; null where it is in another language's library
     */
    public record Routine(
        String schema,
        String name,
        String kind,
        String arguments,
        String returns,
        String language,
        String volatility,
        boolean securityDefiner,
        List<String> settings,
        String owner,
        String comment,
        String body) {
        public String signature() {
            return schema + "." + name + "(" + arguments + ")";
        }
    }

    public record TypeFacts(
        String schema,
        String name,
        String kind,
        String owner,
        String definition,
        String comment) {}

    /**
     * @param seen whether its last value could be asked; a last value of null then means that it was never used
     * @param feeds the column that owns it, and those whose defaults take numbers from it
     */
    public record Sequence(
        String schema,
        String name,
        String owner,
        String ownedBy,
        String type,
        Long lastValue,
        long limit,
        Double usedPercent,
        boolean cycles,
        boolean seen,
        String comment,
        @JsonIgnore boolean descending,
        @JsonIgnore List<ColumnName> feeds) {}

    public record ColumnName(String schema, String table, String column) {}

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

    /**
     * @param kind relation (a table or view), column, sequence, function, type or schema
     * @param objects on how many of that kind in that schema these privileges hold
     */
    public record Grant(String role, String schema, String kind, String privileges, int objects) {}

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

    /**
     * Something that could not be seen, and what would show it.
     *
     * @param questions the questions that it leaves without an answer, or with less than a full one
     * @param partly there is an answer, and something is missing in it
     */
    public record NotSeen(
        String what,
        String why,
        String sqlState,
        String cure,
        List<Question> questions,
        boolean partly) {}

    /** What a database has besides tables, views, functions, types and sequences. */
    public record OtherObjects(
        List<EventTrigger> eventTriggers,
        List<ForeignServer> foreignServers,
        List<Publication> publications,
        List<Subscription> subscriptions,
        List<DefaultPrivilege> defaultPrivileges,
        List<RoleSetting> roleSettings) {
        public static final OtherObjects NONE =
            new OtherObjects(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

        public boolean isEmpty() {
            return equals(NONE);
        }
    }

    public record EventTrigger(
        String name,
        String event,
        String function,
        boolean enabled,
        List<String> tags,
        String comment) {}

    /** @param users each user mapping: "alice: user=reader, password=***" */
    public record ForeignServer(
        String name,
        String wrapper,
        String owner,
        List<String> options,
        List<String> users,
        String comment) {}

    public record Publication(String name, String owner, boolean allTables, String actions, List<String> tables) {}

    public record Subscription(
        String name,
        String owner,
        boolean enabled,
        String connection,
        List<String> publications) {}

    /** @param schema null for all schemas */
    public record DefaultPrivilege(String owner, String schema, String kind, String grantee, String privileges) {}

    /** @param role null for all roles @param database null for all databases */
    public record RoleSetting(String role, String database, String name, String value) {}

    /**
     * The jobs of the next 24 hours.
     *
     * @param starts how many runs start in each hour from now on
     * @param busiest the most jobs that would run at the same time, by their last durations
     * @param workers how many can; null when the setting could not be read
     */
    public record Calendar(List<Integer> starts, int busiest, Integer workers, List<PlannedJob> jobs) {}

    /** @param expected runs in 24 hours by the schedule @param seconds how long the last run took */
    public record PlannedJob(int id, String name, String target, long expected, Double seconds, Instant next) {}

    /**
     * The older reports of this database, oldest first.
     *
     * @param bytesPerDay how fast it grows, by all points together
     * @param daysUntilFull null when it does not grow, or when the free disk space is not known
     */
    public record History(List<HistoryPoint> points, Double bytesPerDay, Long freeBytes, Long daysUntilFull) {}

    public record HistoryPoint(
        Instant at,
        Integer score,
        Long bytes,
        int tables,
        int chunks,
        int findings,
        Integer connections) {}

    /**
     * The statements that make the objects, in an order in which they can be run; with --ddl.
     *
     * @param from "pg_dump 17" @param missing why there are none; null when there are
     */
    public record Ddl(String from, String missing, List<DdlStatement> statements) {}

    /**
     * @param object what it belongs to: "table public.orders"; null for what belongs to none @param kind pg_dump's word
     *        for it: "table", "fk constraint", "comment"; "timescaledb" for what pg_dump does not write
     */
    public record DdlStatement(String object, String kind, String sql) {}

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
        List<RuleOutcome> rules,
        List<FindingGroup> groups) {}

    /**
     * All findings of one rule together: one card with a table and one script.
     *
     * @param severity of the worst
     * @param points after the rule's limit
     * @param findings where they stand in {@link Health#findings}
     * @param script the cures that run as they are, one statement a line; null when there are none
     * @param decision what has to be decided where no cure can be given that simply runs; null when there is nothing to
     *        decide
     * @param cost what running the script takes: a lock, a rewrite, time; null when it is cheap
     */
    public record FindingGroup(
        String rule,
        String title,
        String category,
        String severity,
        double points,
        List<Integer> findings,
        String script,
        String decision,
        String cost) {}

    /**
     * @param sum of the points of its findings, each rule cut at its own limit; @param deducted the same, cut at the
     *        category's cap
     */
    public record CategoryScore(String name, double cap, double sum, double deducted) {}

    /**
     * @param points taken from the score, one decimal
     * @param fix SQL that cures it, or what to decide
     * @param fixRuns whether that SQL runs as it stands; else it is a sketch
     * @param cost what it takes to run it; null when it is cheap
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
        boolean fixRuns,
        String cost,
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
        return with(health, changes, history, ddl);
    }

    /** The same report with its past. */
    public Report with(History past) {
        return with(health, changes, past, ddl);
    }

    /** The same report with the statements that make its objects. */
    public Report with(Ddl statements) {
        return with(health, changes, history, statements);
    }

    private Report with(Health health, Changes changes, History history, Ddl ddl) {
        return RecordFields.of(this)
            .with("health", health)
            .with("changes", changes)
            .with("history", history)
            .with("ddl", ddl)
            .record();
    }

    /** The questions without a full answer. */
    public Set<Question> missed() {
        var missed = EnumSet.noneOf(Question.class);
        notSeen.forEach(n -> missed.addAll(n.questions() == null ? List.of() : n.questions()));
        return missed;
    }

    /** The questions without any answer. */
    public Set<Question> unanswered() {
        var unanswered = EnumSet.noneOf(Question.class);
        notSeen.stream()
            .filter(n -> !n.partly() && n.questions() != null)
            .forEach(n -> unanswered.addAll(n.questions()));
        return unanswered;
    }
}
