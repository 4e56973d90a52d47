//SOURCES ../Units.java Intervals.java Report.java Rule.java ShortText.java Sql.java
package lib.explore;

import static lib.explore.Rule.Severity.CRITICAL;
import static lib.explore.Rule.Severity.INFO;
import static lib.explore.Rule.Severity.NOTE;
import static lib.explore.Rule.Severity.WARNING;
import static lib.explore.Sql.name;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lib.Units;
import lib.explore.Report.ForeignKey;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;
import lib.explore.Rule.Category;
import lib.explore.Rule.Facts;
import lib.explore.Rule.Outcome;

/** What every PostgreSQL database should have: useful indexes, vacuumed tables, keys, sane settings. */
final class PostgresRules {
    private static final String DOCS = "https://www.postgresql.org/docs/current/";

    private PostgresRules() {}

    static List<Rule> all() {
        return List.of(
            new Rule(
                "IX-01",
                "Indexes are used",
                Category.INDEXES,
                5,
                Rule::needsTables,
                """
                    An index that no query reads costs disk space and slows down every insert. On a hypertable the scans of all its chunks are counted. \
                    Counters younger than a week prove nothing: then the finding is only information. Look at replicas too, they count for themselves.""",
                DOCS + "monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW",
                PostgresRules::unusedIndexes),
            new Rule(
                "IX-02",
                "No two indexes are the same",
                Category.INDEXES,
                5,
                Rule::needsTables,
                """
                    Two indexes over the same columns in the same order do the same work twice with every insert, and one of them is enough.""",
                DOCS + "indexes-intro.html",
                PostgresRules::duplicateIndexes),
            new Rule(
                "IX-03",
                "No index is the beginning of another",
                Category.INDEXES,
                3,
                Rule::needsTables,
                """
                    An index on (a, b) answers what one on (a) answers. The shorter one may still pay when it is much smaller.""",
                DOCS + "indexes-multicolumn.html",
                PostgresRules::overlappingIndexes),
            new Rule(
                "IX-04",
                "Indexes are valid",
                Category.INDEXES,
                10,
                Rule::needsTables,
                """
                    CREATE INDEX CONCURRENTLY that failed leaves an invalid index: it is written, but never read.""",
                DOCS + "sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY",
                PostgresRules::invalidIndexes),
            new Rule(
                "IX-05",
                "Foreign keys have an index",
                Category.INDEXES,
                5,
                Rule::needsTables,
                """
                    Deleting or changing a row of the referenced table searches the referencing one. Without an index that reads the whole table, \
                    for each row. It does not matter while the referencing table is small.""",
                DOCS + "ddl-constraints.html#DDL-CONSTRAINTS-FK",
                PostgresRules::foreignKeysWithoutIndex),
            new Rule(
                "VAC-01",
                "Transaction numbers do not run out",
                Category.SAFETY,
                30,
                Rule::always,
                """
                    Transaction numbers are used again after two thousand million. VACUUM must freeze old rows before; \
                    when it cannot, PostgreSQL stops accepting writes to save the data.""",
                DOCS + "routine-vacuuming.html#VACUUM-FOR-WRAPAROUND",
                PostgresRules::wraparound),
            new Rule(
                "VAC-02",
                "Dead rows are cleaned up",
                Category.VACUUM,
                5,
                Rule::needsTables,
                """
                    Updated and deleted rows stay in the table as dead rows until VACUUM. Many of them make every scan slower.""",
                DOCS + "routine-vacuuming.html",
                PostgresRules::deadRows),
            new Rule(
                "VAC-03",
                "Tables are analyzed",
                Category.VACUUM,
                5,
                Rule::needsTables,
                """
                    Without statistics the planner guesses, and guesses wrong: queries choose the wrong index or join.""",
                DOCS + "routine-vacuuming.html#VACUUM-FOR-STATISTICS",
                PostgresRules::neverAnalyzed),
            new Rule(
                "VAC-04",
                "Tables are not mostly air",
                Category.VACUUM,
                3,
                Rule::needsTables,
                """
                    After many updates or deletes a table's file keeps its size. Half-empty pages are read and cached like full ones. \
                    An estimate: look before you rewrite.""",
                DOCS + "sql-vacuum.html",
                PostgresRules::bloat),
            new Rule(
                "SEQ-01",
                "Sequences have room",
                Category.SAFETY,
                15,
                f -> f.report().sequences().isEmpty() ? "no sequences" : null,
                """
                    When a sequence, or the integer column that it fills, reaches its end, every further insert fails.""",
                DOCS + "sql-altersequence.html",
                PostgresRules::sequences),
            new Rule(
                "SCH-01",
                "Tables have a primary key",
                Category.SCHEMA,
                5,
                Rule::needsTables,
                """
                    Without a primary key rows cannot be told apart, duplicates come in unseen, and logical replication cannot update them. \
                    Hypertables are not counted: a time series often has none on purpose.""",
                DOCS + "ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS",
                PostgresRules::noPrimaryKey),
            new Rule(
                "SCH-02",
                "Constraints are validated",
                Category.SCHEMA,
                3,
                Rule::needsTables,
                """
                    A constraint added NOT VALID is checked for new rows only: the old ones may break it.""",
                DOCS + "sql-altertable.html",
                PostgresRules::notValid),
            new Rule(
                "SCH-03",
                "Foreign keys join equal types",
                Category.SCHEMA,
                3,
                Rule::needsTables,
                """
                    When the two ends of a key differ in type, every join converts, and an index may not be used.""",
                DOCS + "ddl-constraints.html#DDL-CONSTRAINTS-FK",
                PostgresRules::foreignKeyTypes),
            new Rule(
                "DOC-01",
                "Tables say what they are for",
                Category.SCHEMA,
                2,
                Rule::needsTables,
                """
                    A comment on each table saves the next person a day. It shows up in this report, in psql (\\d+) and in every tool.""",
                DOCS + "sql-comment.html",
                PostgresRules::undocumented),
            new Rule(
                "SET-01",
                "Tables are read from memory",
                Category.VACUUM,
                3,
                Rule::needsTables,
                """
                    When many reads miss the cache, queries wait for the disk: shared_buffers is small for the part of the data that is in use, or queries read too much.""",
                DOCS + "runtime-config-resource.html#GUC-SHARED-BUFFERS",
                PostgresRules::cacheHits),
            new Rule(
                "SET-02",
                "Autovacuum works",
                Category.SAFETY,
                15,
                Rule::always,
                """
                    Without autovacuum dead rows pile up, statistics grow old, and transaction numbers run out.""",
                DOCS + "runtime-config-autovacuum.html",
                PostgresRules::autovacuum),
            new Rule(
                "SET-03",
                "Crashes cannot corrupt data",
                Category.SAFETY,
                30,
                Rule::always,
                """
                    fsync = off or full_page_writes = off make writes faster and the database worthless after a power failure.""",
                DOCS + "runtime-config-wal.html#GUC-FSYNC",
                PostgresRules::fsync),
            new Rule(
                "SET-04",
                "Extensions are up to date with their libraries",
                Category.SCHEMA,
                2,
                f -> f.report().extensions().isEmpty() ? "no extensions" : null,
                """
                    After an upgrade of the packages, the SQL side of an extension stays behind until ALTER EXTENSION … UPDATE.""",
                DOCS + "sql-alterextension.html",
                PostgresRules::extensions),
            new Rule(
                "ACT-01",
                "Connections do not run out",
                Category.SAFETY,
                5,
                Rule::always,
                """
                    At max_connections new clients are refused. A pool in front of the database needs far fewer.""",
                DOCS + "runtime-config-connection.html#GUC-MAX-CONNECTIONS",
                PostgresRules::connections),
            new Rule(
                "ACT-02",
                "No transaction stays open",
                Category.VACUUM,
                5,
                Rule::always,
                """
                    An open transaction keeps VACUUM from cleaning, everywhere in the database, and may hold locks that others wait for.""",
                DOCS + "runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
                PostgresRules::openTransactions),
            new Rule(
                "ACT-03",
                "Queries answer in time",
                Category.VACUUM,
                2,
                f -> f.report().performance().slowQueriesFrom() == null ? "pg_stat_statements is not installed" : null,
                """
                    Queries that are both slow and frequent are where tuning pays first.""",
                DOCS + "pgstatstatements.html",
                PostgresRules::slowQueries),
            new Rule(
                "ACT-04",
                "Replication slots are read",
                Category.SAFETY,
                15,
                f -> f.report().performance().slots().isEmpty() ? "no replication slots" : null,
                """
                    A slot that nobody reads keeps the write-ahead log from being removed, until the disk is full.""",
                DOCS + "warm-standby.html#STREAMING-REPLICATION-SLOTS",
                PostgresRules::slots),
            new Rule(
                "ACT-05",
                "Pages have good checksums",
                Category.SAFETY,
                30,
                Rule::always,
                """
                    A failed checksum means that the disk, or something between, returned other bytes than were written.""",
                DOCS + "checksums.html",
                PostgresRules::checksums));
    }

    private static void unusedIndexes(Facts f, Outcome out) {
        if (f.isMissed("indexes") || f.isMissed("indexes of chunks")) {
            out.skip("the indexes could not be read");
            return;
        }
        var days = f.statisticsDays();
        boolean young = days == null || days < f.limit("statisticsMinimumDays");
        long all = f.userBytes();
        for (var t : f.report().tables()) {
            for (var i : t.indexes()) {
                // A key's index guards the rows even when nobody reads it.
                if (i.unique() || i.primary() || i.constraint() || !i.valid() || i.scans() == null || i.scans() > 0)
                    continue;
                if (t.foreignKeys().stream().anyMatch(k -> covers(i, k))) continue;   // a delete in the referenced table will need it
                if (t.partitions() > 0 && i.chunkIndexes() == 0 && t.kind().equals("hypertable")) continue;   // none of its chunk indexes could be matched
                if (t.kind().equals("hypertable")
                    && t.partitionKey().equals("RANGE (" + i.keys().getFirst().replaceFirst(" DESC$", "") + ")")
                    && i.keys().size() == 1)
                    continue;   // TimescaleDB's own index on time
                if (i.bytes() < f.limit("unusedIndexMinimumKilobytes") * 1024) continue;
                double extent = 100 * ShortText.share(i.bytes(), all) / f.limit("unusedIndexSharePercent");
                out.find(
                    young ? INFO : WARNING,
                    t.schema() + "." + i.name(),
                    "Index " + i.name() + " on " + t.fullName() + " was never used",
                    "0 scans" + (days == null ? "" : " in " + ShortText.number(days) + " days") + ", "
                        + Units.bytes(i.bytes())
                        + (i.chunkIndexes() > 0 ? ", over " + Units.plural(i.chunkIndexes(), "chunk") : "")
                        + (young ? "; the counters are too young for a verdict" : ""),
                    "at least one scan in " + ShortText.number(f.limit("statisticsMinimumDays")) + " days",
                    "pg_stat_get_numscans",
                    true,
                    extent,
                    dropIndex(t, i));
            }
        }
    }

    /** On hypertables DROP INDEX CONCURRENTLY is an error: then under a lock timeout. */
    private static String dropIndex(Relation t, Index i) {
        return t.kind().equals("hypertable") || t.kind().equals("partitioned table")
            ? "SET lock_timeout = '2s'; DROP INDEX %s;  -- drops it on all chunks".formatted(name(t.schema(), i.name()))
            : "DROP INDEX CONCURRENTLY %s;".formatted(name(t.schema(), i.name()));
    }

    private static boolean sameWork(Index a, Index b) {
        return a.method().equals(b.method()) && Objects.equals(a.predicate(), b.predicate())
            && a.include().equals(b.include())
            && (a.shape().equals(b.shape()) || a.method().equals("btree") && a.shape().equals(backwards(b.shape())));
    }

    /** A btree is read in both directions: (a, b DESC) does the work of (a DESC, b). Of the options, bit 1 is DESC and bit 2 NULLS FIRST. */
    private static List<String> backwards(List<String> shape) {
        return shape.stream()
            .map(s -> s.substring(0, s.length() - 1) + (3 - (s.charAt(s.length() - 1) - '0')))
            .toList();
    }

    private static boolean startsWith(List<String> longer, List<String> shorter) {
        var start = longer.subList(0, shorter.size());
        return start.equals(shorter) || start.equals(backwards(shorter));
    }

    private static void duplicateIndexes(Facts f, Outcome out) {
        long all = f.userBytes();
        for (var t : f.report().tables()) {
            var doubled = new ArrayList<Index>();
            for (int n = 0; n < t.indexes().size(); n++) {
                var i = t.indexes().get(n);
                for (int k = 0; k < n; k++) {
                    var keep = t.indexes().get(k);
                    if (doubled.contains(keep) || !sameWork(i, keep)) continue;
                    // the one that guards a key stays
                    var younger = i.oid() > keep.oid() ? i : keep;
                    var drop = i.constraint() != keep.constraint() ? i.constraint() ? keep : i
                        : i.unique() != keep.unique() ? i.unique() ? keep : i
                        : younger;
                    var stay = drop == i ? keep : i;
                    if (drop.unique() && !stay.unique()) continue;   // a constraint's plain index beside a unique one: both have work to do
                    doubled.add(drop);
                    out.find(
                        WARNING,
                        t.schema() + "." + drop.name(),
                        "Indexes " + stay.name() + " and " + drop.name() + " on " + t.fullName() + " are the same",
                        "both " + drop.method() + " (" + String.join(", ", drop.keys()) + "), "
                            + Units.bytes(drop.bytes()),
                        "one index for one work",
                        "pg_index",
                        true,
                        Math.max(0.1, 100 * ShortText.share(drop.bytes(), all) / f.limit("unusedIndexSharePercent")),
                        drop.constraint()
                            ? "ALTER TABLE %s DROP CONSTRAINT %s;"
                                .formatted(name(t.schema(), t.name()), name(drop.name()))
                            : dropIndex(t, drop));
                    break;
                }
            }
        }
    }

    private static void overlappingIndexes(Facts f, Outcome out) {
        long all = f.userBytes();
        for (var t : f.report().tables()) {
            for (var shorter : t.indexes()) {
                if (shorter.unique() || shorter.constraint() || !shorter.method().equals("btree")
                    || !shorter.include().isEmpty()
                    || !shorter.valid()) continue;
                for (var longer : t.indexes()) {
                    if (longer == shorter || !longer.valid() || !longer.method().equals("btree")
                        || !Objects.equals(longer.predicate(), shorter.predicate())) continue;
                    if (longer.shape().size() > shorter.shape().size() && startsWith(longer.shape(), shorter.shape())) {
                        out.find(
                            NOTE,
                            t.schema() + "." + shorter.name(),
                            "Index " + shorter.name() + " on " + t.fullName() + " is the beginning of " + longer.name(),
                            "(" + String.join(", ", shorter.keys()) + ") in (" + String.join(", ", longer.keys())
                                + "), "
                                + Units.bytes(shorter.bytes()),
                            "no index that another contains",
                            "pg_index",
                            true,
                            Math.max(
                                0.1,
                                100 * ShortText.share(shorter.bytes(), all) / f.limit("unusedIndexSharePercent")),
                            dropIndex(t, shorter));
                        break;
                    }
                }
            }
        }
    }

    private static void invalidIndexes(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            for (var i : t.indexes()) {
                if (!i.valid()) {
                    out.find(
                        WARNING,
                        t.schema() + "." + i.name(),
                        "Index " + i.name() + " on " + t.fullName() + " is invalid: written, but never read",
                        "indisvalid = false",
                        "valid",
                        "pg_index",
                        true,
                        1,
                        t.kind().equals("table")
                            ? "REINDEX INDEX CONCURRENTLY %s;".formatted(name(t.schema(), i.name()))
                            : "REINDEX INDEX %s;".formatted(name(t.schema(), i.name())));
                }
            }
        }
    }

    private static void foreignKeysWithoutIndex(Facts f, Outcome out) {
        if (f.isMissed("indexes")) {
            out.skip("the indexes could not be read");
            return;
        }
        long all = f.userBytes();
        for (var t : f.report().tables()) {
            for (var k : t.foreignKeys()) {
                if (t.indexes().stream().anyMatch(i -> covers(i, k))) continue;
                boolean hypertable = t.kind().equals("hypertable");
                out.find(
                    WARNING,
                    t.fullName() + "." + String.join(",", k.columns()),
                    "Foreign key " + k.name() + " of " + t.fullName() + " (" + String.join(", ", k.columns())
                        + ") has no index",
                    "to " + k.target() + ", " + Units.bytes(t.size().total()),
                    "an index that starts with its columns",
                    "pg_constraint, pg_index",
                    true,
                    Math.max(0.1, 2 * ShortText.share(t.size().total(), all)),
                    hypertable
                        ? "CREATE INDEX ON %s (%s) WITH (timescaledb.transaction_per_chunk);".formatted(
                            name(t.schema(), t.name()),
                            columns(k))
                        : "CREATE INDEX CONCURRENTLY ON %s (%s);".formatted(name(t.schema(), t.name()), columns(k)));
            }
        }
    }

    private static String columns(ForeignKey k) {
        return k.columns().stream().map(Sql::name).collect(java.util.stream.Collectors.joining(", "));
    }

    /** The key's columns in any order at the beginning of the index. */
    private static boolean covers(Index i, ForeignKey k) {
        if (!i.valid() || i.keys().size() < k.columns().size()) return false;
        // an index WHERE … IS NOT NULL serves the key as well; any other condition leaves rows out
        if (i.predicate() != null
            && !(k.columns().size() == 1 && i.predicate().equals(name(k.columns().getFirst()) + " IS NOT NULL")))
            return false;
        var start = i.keys()
            .subList(0, k.columns().size())
            .stream()
            .map(c -> c.replaceFirst(" (DESC|NULLS FIRST|NULLS LAST|DESC NULLS LAST)$", ""))
            .toList();
        return start.containsAll(k.columns());
    }

    private static void wraparound(Facts f, Outcome out) {
        var w = f.report().performance().wraparound();
        if (w == null || f.isMissed("the database")) {
            out.skip("the age of the database could not be read");
            return;
        }
        double percent = Math.max(w.percent(), 100.0 * w.multixactAge() / 2_147_483_648.0);
        if (percent > f.limit("wraparoundWarnPercent")) {
            var worst = f.report()
                .tables()
                .stream()
                .filter(t -> t.use() != null && t.use().frozenAge() != null)
                .max(java.util.Comparator.comparingLong(t -> t.use().frozenAge()))
                .orElse(null);
            boolean critical = percent > f.limit("wraparoundCriticalPercent");
            out.find(
                critical ? CRITICAL : WARNING,
                f.report().database().name(),
                "The database has used " + ShortText.number(percent) + " % of its transaction numbers",
                "age " + Units.count(w.age())
                    + (worst == null ? ""
                        : ", oldest in " + worst.fullName()
                            + (worst.use().worstFrozen() == null ? "" : " (" + worst.use().worstFrozen() + ")")),
                "at most " + ShortText.number(f.limit("wraparoundWarnPercent")) + " %",
                "pg_database.datfrozenxid",
                true,
                1,
                worst == null ? "VACUUM (FREEZE);"
                    : "VACUUM (FREEZE, VERBOSE) %s;".formatted(name(worst.schema(), worst.name())));
        }
    }

    private static void deadRows(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            var u = t.use();
            if (u == null || u.dead() == null || u.live() == null || u.dead() < f.limit("deadRowsMinimum")) continue;
            double percent = 100.0 * u.dead() / (u.dead() + u.live());
            if (percent > f.limit("deadRowsPercent")) {
                out.find(
                    WARNING,
                    t.fullName(),
                    ShortText.number(percent) + " % of the rows of " + t.fullName() + " are dead",
                    Units.count(u.dead()) + " dead, " + Units.count(u.live()) + " live, last vacuum "
                        + (u.lastVacuum() == null ? "never" : Units.utc(u.lastVacuum())),
                    "at most " + ShortText.number(f.limit("deadRowsPercent")) + " %",
                    "pg_stat_get_dead_tuples",
                    false,
                    Math.max(0.1, 2 * ShortText.share(t.size().total(), f.userBytes())),
                    "VACUUM (ANALYZE) %s;".formatted(name(t.schema(), t.name())));
            }
        }
    }

    private static void neverAnalyzed(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            var u = t.use();
            if (u == null || t.kind().equals("foreign table")) continue;
            // a restored or promoted database has rows and reltuples but no times: reltuples tells that it was analyzed
            long live = Math.max(u.live() == null ? 0 : u.live(), t.rows() == null ? 0 : t.rows());
            if (live < f.limit("analyzeMinimumRows") || u.lastAnalyze() != null) continue;
            if (t.rows() != null && t.rows() > 0
                && (u.modifiedSinceAnalyze() == null || u.modifiedSinceAnalyze() < t.rows() / 5)) continue;
            out.find(
                WARNING,
                t.fullName(),
                t.fullName() + " was never analyzed",
                Units.count(live) + " rows, no statistics",
                "analyzed once",
                "pg_stat_get_last_analyze_time",
                false,
                Math.max(0.1, 2 * ShortText.share(t.size().total(), f.userBytes())),
                "ANALYZE %s;".formatted(name(t.schema(), t.name())));
        }
    }

    private static void bloat(Facts f, Outcome out) {
        boolean any = false;
        for (var t : f.report().tables()) {
            if (t.use() == null || t.use().bloat() == null) continue;
            any = true;
            if (100 * t.use().bloat() > f.limit("bloatPercent")) {
                out.find(
                    NOTE,
                    t.fullName(),
                    "About " + ShortText.number(100 * t.use().bloat()) + " % of " + t.fullName() + " is free space",
                    "estimated, of " + Units.bytes(t.size().heap()),
                    "at most " + ShortText.number(f.limit("bloatPercent")) + " %",
                    "pg_stats, pg_class",
                    false,
                    Math.max(0.1, ShortText.share(t.size().heap(), f.userBytes()) * 4),
                    "-- rewrites the table under a lock that stops everything else: VACUUM FULL %s;\n-- without that lock: the extension pg_repack"
                        .formatted(name(t.schema(), t.name())));
            }
        }
        if (!any
            && f.report().tables().stream().anyMatch(t -> t.kind().equals("table") && t.size().heap() > 8_192_000)) {
            out.skip("no statistics of the tables' columns could be read");
        }
    }

    private static void sequences(Facts f, Outcome out) {
        if (f.report().sequences().stream().allMatch(s -> s.lastValue() == null)
            && f.report().notSeen().stream().anyMatch(n -> n.what().equals("where sequences stand"))) {
            out.skip("the role may not read where sequences stand");
            return;
        }
        for (var s : f.report().sequences()) {
            if (s.usedPercent() == null || s.cycles() || s.usedPercent() <= f.limit("sequenceWarnPercent")) continue;
            boolean critical = s.usedPercent() > f.limit("sequenceCriticalPercent");
            var column = s.ownedBy() == null ? null : s.ownedBy();
            out.find(
                critical ? CRITICAL : WARNING,
                s.schema() + "." + s.name(),
                "Sequence " + s.schema() + "." + s.name() + " has used " + ShortText.number(s.usedPercent())
                    + " % of its numbers",
                Units.count(s.lastValue()) + " of " + Units.count(s.limit()),
                "at most " + ShortText.number(f.limit("sequenceWarnPercent")) + " %",
                "pg_sequence_last_value",
                true,
                1,
                column == null ? "ALTER SEQUENCE %s AS bigint;".formatted(name(s.schema(), s.name()))
                    : "-- rewrites the table: ALTER TABLE … ALTER COLUMN … TYPE bigint;  (%s)\nALTER SEQUENCE %s AS bigint;"
                        .formatted(column, name(s.schema(), s.name())));
        }
    }

    private static void noPrimaryKey(Facts f, Outcome out) {
        if (f.isMissed("keys and checks")) {
            out.skip("the keys could not be read");
            return;
        }
        long tables = f.report().tables().stream().filter(PostgresRules::shouldHaveKey).count();
        for (var t : f.report().tables()) {
            if (shouldHaveKey(t) && t.primaryKey() == null) {
                out.find(
                    WARNING,
                    t.fullName(),
                    t.fullName() + " has no primary key",
                    Units.plural(t.columns().size(), "column") + ", about "
                        + (t.rows() == null ? "?" : Units.count(t.rows())) + " rows",
                    "a primary key",
                    "pg_constraint",
                    true,
                    1.0 / Math.max(1, tables) * 2,
                    "ALTER TABLE %s ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;  -- or choose a natural key"
                        .formatted(name(t.schema(), t.name())));
            }
        }
    }

    private static boolean shouldHaveKey(Relation t) {
        return t.kind().equals("table") || t.kind().equals("partitioned table");
    }

    private static void notValid(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            for (var k : t.foreignKeys()) if (!k.valid()) notValid(out, t, k.name());
            for (var c : t.constraints()) if (!c.valid()) notValid(out, t, c.name());
        }
    }

    private static void notValid(Outcome out, Relation t, String constraint) {
        out.find(
            WARNING,
            t.fullName() + "." + constraint,
            "Constraint " + constraint + " of " + t.fullName() + " is not validated",
            "convalidated = false",
            "validated",
            "pg_constraint",
            true,
            0.5,
            "ALTER TABLE %s VALIDATE CONSTRAINT %s;".formatted(name(t.schema(), t.name()), name(constraint)));
    }

    private static void foreignKeyTypes(Facts f, Outcome out) {
        var byName = f.report()
            .tables()
            .stream()
            .collect(java.util.stream.Collectors.toMap(Relation::fullName, t -> t, (a, b) -> a));
        for (var t : f.report().tables()) {
            for (var k : t.foreignKeys()) {
                var target = byName.get(k.target());
                if (target == null) continue;
                for (int i = 0; i < Math.min(k.columns().size(), k.toColumns().size()); i++) {
                    var from = type(t, k.columns().get(i));
                    var to = type(target, k.toColumns().get(i));
                    if (from != null && to != null && !from.equals(to)) {
                        out.find(
                            NOTE,
                            t.fullName() + "." + k.columns().get(i),
                            "Foreign key " + k.name() + " of " + t.fullName() + " joins " + from + " to " + to,
                            k.columns().get(i) + " " + from + " → " + k.target() + "." + k.toColumns().get(i) + " "
                                + to,
                            "the same type",
                            "pg_attribute",
                            true,
                            1,
                            "ALTER TABLE %s ALTER COLUMN %s TYPE %s;  -- rewrites the table"
                                .formatted(name(t.schema(), t.name()), name(k.columns().get(i)), to));
                    }
                }
            }
        }
    }

    private static String type(Relation t, String column) {
        return t.columns()
            .stream()
            .filter(c -> c.name().equals(column))
            .findFirst()
            .map(Report.Column::type)
            .orElse(null);
    }

    private static void undocumented(Facts f, Outcome out) {
        var silent = f.report().tables().stream().filter(t -> t.purpose() == null || t.purpose().isBlank()).toList();
        long all = f.report().tables().size();
        double documented = 100.0 * (all - silent.size()) / all;
        if (documented < f.limit("documentedPercent")) {
            out.find(
                NOTE,
                f.report().database().name(),
                Units.plural(silent.size(), "table") + " of " + Units.count(all)
                    + (silent.size() == 1 ? " says" : " say") + " nothing of "
                    + (silent.size() == 1 ? "its" : "their") + " purpose",
                ShortText.number(documented) + " % documented",
                "at least " + ShortText.number(f.limit("documentedPercent")) + " %",
                "pg_description, config file",
                true,
                1 - documented / 100,
                silent.stream()
                    .limit(5)
                    .map(t -> "COMMENT ON TABLE %s IS '…';".formatted(name(t.schema(), t.name())))
                    .collect(java.util.stream.Collectors.joining("\n")));
        }
    }

    private static void cacheHits(Facts f, Outcome out) {
        var p = f.report().performance();
        if (p.cacheHitPercent() == null || p.blocksRead() == null || p.blocksRead() < f.limit("cacheMinimumReads"))
            return;
        if (p.cacheHitPercent() < f.limit("cacheHitPercent")) {
            out.find(
                WARNING,
                "shared_buffers",
                "Only " + ShortText.number(p.cacheHitPercent()) + " % of the reads of tables come from memory",
                Units.count(p.blocksRead()) + " blocks read from outside",
                "at least " + ShortText.number(f.limit("cacheHitPercent")) + " %",
                "pg_stat_get_blocks_hit",
                true,
                (f.limit("cacheHitPercent") - p.cacheHitPercent()) / 10,
                "-- more memory: ALTER SYSTEM SET shared_buffers = '…';  (a quarter of the machine's, needs a restart)");
        }
    }

    private static void autovacuum(Facts f, Outcome out) {
        if (f.isMissed("settings")) {
            out.skip("the settings could not be read");
            return;
        }
        for (var s : f.report().performance().settings()) {
            if ((s.name().equals("autovacuum") || s.name().equals("track_counts")) && s.value().equals("off")) {
                out.find(
                    CRITICAL,
                    s.name(),
                    s.name() + " is off: nothing cleans up",
                    s.name() + " = off",
                    "on",
                    "pg_settings",
                    true,
                    1,
                    "ALTER SYSTEM SET %s = on; SELECT pg_reload_conf();".formatted(s.name()));
            }
        }
    }

    private static void fsync(Facts f, Outcome out) {
        if (f.isMissed("settings")) {
            out.skip("the settings could not be read");
            return;
        }
        for (var s : f.report().performance().settings()) {
            if ((s.name().equals("fsync") || s.name().equals("full_page_writes")) && s.value().equals("off")) {
                out.find(
                    CRITICAL,
                    s.name(),
                    s.name() + " is off: a crash can corrupt the database",
                    s.name() + " = off",
                    "on",
                    "pg_settings",
                    true,
                    1,
                    "ALTER SYSTEM SET %s = on; SELECT pg_reload_conf();".formatted(s.name()));
            }
        }
    }

    private static void extensions(Facts f, Outcome out) {
        for (var e : f.report().extensions()) {
            if (e.available() != null && !e.available().equals(e.version())) {
                out.find(
                    e.name().equals("timescaledb") ? WARNING : NOTE,
                    e.name(),
                    "Extension " + e.name() + " is " + e.version() + ", its library offers " + e.available(),
                    e.version(),
                    e.available(),
                    "pg_available_extensions",
                    true,
                    0.4,
                    "ALTER EXTENSION %s UPDATE;%s".formatted(
                        name(e.name()),
                        e.name().equals("timescaledb") ? "  -- as the first command of a new session (psql -X)" : ""));
            }
        }
    }

    private static void connections(Facts f, Outcome out) {
        var c = f.report().performance().connections();
        if (c == null || c.max() == null) {
            out.skip("the connections could not be counted");
            return;
        }
        double percent = 100.0 * c.total() / c.max();
        if (percent > f.limit("connectionsPercent")) {
            out.find(
                WARNING,
                "max_connections",
                ShortText.number(percent) + " % of the connections are in use",
                c.total() + " of " + c.max() + ", " + c.idle() + " idle",
                "at most " + ShortText.number(f.limit("connectionsPercent")) + " %",
                "pg_stat_activity",
                true,
                1,
                "-- a pool (pgbouncer) in front, or: ALTER SYSTEM SET max_connections = %d;  -- needs a restart"
                    .formatted(c.max() * 2));
        }
    }

    private static void openTransactions(Facts f, Outcome out) {
        for (var t : f.report().performance().longTransactions()) {
            boolean idle = t.state() != null && t.state().startsWith("idle in transaction");
            if (t.seconds() > f.limit(idle ? "idleInTransactionSeconds" : "longTransactionSeconds")) {
                out.find(
                    WARNING,
                    "pid " + t.pid(),
                    "A transaction of " + t.user() + " is open for " + Intervals.age(t.seconds())
                        + (idle ? " and does nothing" : ""),
                    t.state() + (t.application() == null || t.application().isEmpty() ? "" : ", " + t.application()),
                    "at most "
                        + Intervals.age((long) f.limit(idle ? "idleInTransactionSeconds" : "longTransactionSeconds")),
                    "pg_stat_activity",
                    true,
                    0.5,
                    "SELECT pg_terminate_backend(%d);  -- ends its connection".formatted(t.pid()));
            }
        }
        for (var b : f.report().performance().blocked()) {
            out.find(
                b.seconds() > 60 ? WARNING : INFO,
                "pid " + b.pid(),
                "Session " + b.pid() + " waits " + Intervals.age(b.seconds()) + " for a lock"
                    + (b.relation() == null ? "" : " on " + b.relation()),
                "blocked by " + b.by(),
                "nobody waits a minute",
                "pg_blocking_pids",
                true,
                0.5,
                b.by().isEmpty() ? null
                    : "SELECT pg_cancel_backend(%d);  -- stops the query that blocks".formatted(b.by().getFirst()));
        }
    }

    private static void slowQueries(Facts f, Outcome out) {
        if (f.isMissed("slow queries")) {
            out.skip("pg_stat_statements could not be read");
            return;
        }
        for (var q : f.report().performance().slowQueries()) {
            if (q.meanMillis() > f.limit("slowQueryMillis") && q.calls() >= f.limit("slowQueryMinimumCalls")) {
                out.find(
                    NOTE,
                    ShortText.cut(q.query(), 60),
                    "A query takes " + ShortText.number(q.meanMillis()) + " ms on average: "
                        + ShortText.cut(q.query(), 80),
                    Units.count(q.calls()) + " calls",
                    "at most " + ShortText.number(f.limit("slowQueryMillis")) + " ms",
                    "pg_stat_statements",
                    true,
                    0.5,
                    "EXPLAIN (ANALYZE, BUFFERS) …;");
            }
        }
    }

    private static void slots(Facts f, Outcome out) {
        for (var s : f.report().performance().slots()) {
            if (!s.active() && s.retainedBytes() != null
                && s.retainedBytes() > f.limit("slotRetainedMegabytes") * 1048576) {
                out.find(
                    CRITICAL,
                    s.name(),
                    "Replication slot " + s.name() + " keeps " + Units.bytes(s.retainedBytes())
                        + " of log that nobody reads",
                    "active = false",
                    "read, or at most " + ShortText.number(f.limit("slotRetainedMegabytes")) + " MB",
                    "pg_replication_slots",
                    true,
                    1,
                    "SELECT pg_drop_replication_slot(%s);  -- when its reader is gone for good"
                        .formatted(Sql.literal(s.name())));
            }
        }
    }

    private static void checksums(Facts f, Outcome out) {
        var failures = f.report().performance().checksumFailures();
        if (failures == null) {
            out.skip("data checksums are not switched on");
        } else if (failures > 0) {
            out.find(
                CRITICAL,
                f.report().database().name(),
                Units.plural(failures, "page") + " failed the checksum",
                failures + " failures",
                "0",
                "pg_stat_database.checksum_failures",
                true,
                1,
                "-- take a backup of what can be read now, look at the disk, and restore: docs/TROUBLESHOOTING.md");
        }
    }
}
