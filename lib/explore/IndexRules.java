//SOURCES ../Units.java Cure.java Question.java Report.java Rule.java ShortText.java Sql.java
package lib.explore;

import static lib.explore.Rule.Category.INDEXES;
import static lib.explore.Sql.name;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import lib.Units;
import lib.explore.Report.ForeignKey;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;
import lib.explore.Rule.Facts;
import lib.explore.Rule.Outcome;

/** Indexes: used, no two alike, valid, and there where a foreign key needs one. */
final class IndexRules {
    private static final String DOCS = "https://www.postgresql.org/docs/current/";
    private static final String LOCK_TIMEOUT = "SET lock_timeout = '2s';\n";

    private IndexRules() {}

    static List<Rule> all() {
        return List.of(
            Rule.of("IX-01", "Indexes are used")
                .in(INDEXES, 5)
                .standsOn(Question.RELATIONS, Question.INDEXES, Question.CHUNK_INDEXES, Question.KEYS)
                .needs(Question.KEYS, Question.INDEXES)
                .unless(Rule::noTables)
                .why(
                    """
                        An index that no query reads costs disk space and slows down every insert. On a hypertable \
                        the scans of all its chunks are counted. \
                        Counters younger than a week prove nothing: then the finding is only information. Look at \
                        replicas too, they count for themselves.""")
                .readMore(DOCS + "monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW")
                .check(IndexRules::unused),
            Rule.of("IX-02", "No two indexes are the same")
                .in(INDEXES, 5)
                .standsOn(Question.RELATIONS, Question.INDEXES)
                .unless(Rule::noTables)
                .why(
                    """
                        Two indexes over the same columns in the same order do the same work twice with every \
                        insert, and one of them is enough. \
                        An index that guards something (a key, a replica identity, a rule about NULL) is not the \
                        same as one that does not.""")
                .readMore(DOCS + "indexes-intro.html")
                .check(IndexRules::duplicates),
            Rule.of("IX-03", "No index is the beginning of another")
                .in(INDEXES, 3)
                .standsOn(Question.RELATIONS, Question.INDEXES)
                .unless(Rule::noTables)
                .why(
                    """
                        An index on (a, b) answers what one on (a) answers. The shorter one may still pay when it is \
                        much smaller.""")
                .readMore(DOCS + "indexes-multicolumn.html")
                .check(IndexRules::overlapping),
            Rule.of("IX-04", "Indexes are valid")
                .in(INDEXES, 10)
                .standsOn(Question.RELATIONS, Question.INDEXES)
                .unless(Rule::noTables)
                .why(
                    """
                        A CREATE INDEX CONCURRENTLY that failed leaves an index that is written, but never read.""")
                .readMore(DOCS + "sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY")
                .check(IndexRules::invalid),
            Rule.of("IX-05", "Foreign keys have an index")
                .in(INDEXES, 10)
                .standsOn(Question.RELATIONS, Question.INDEXES, Question.KEYS)
                .needs(Question.INDEXES)
                .unless(Rule::noTables)
                .why(
                    """
                        Deleting or changing a row of the referenced table searches the referencing one. Without an \
                        index that reads the whole table, \
                        for each row. It does not matter while the referencing table is small: then the finding \
                        takes no points.""")
                .readMore(DOCS + "ddl-constraints.html#DDL-CONSTRAINTS-FK")
                .check(IndexRules::foreignKeys));
    }

    private static void unused(Facts f, Outcome out) {
        var days = f.statisticsDays();
        boolean young = days == null || days < f.limit("statisticsMinimumDays");
        for (var t : f.report().tables()) {
            for (var i : t.indexes()) {
                if (!isUnused(f, t, i)) continue;
                var problem = young ? out.info(t.schema() + "." + i.name())
                    : out.weighed(t.schema() + "." + i.name(), f.weight(i.bytes()));
                problem.says("Index " + i.name() + " on " + t.fullName() + " was never used")
                    .evidence(
                        "0 scans" + (days == null ? "" : " in " + ShortText.number(days) + " days") + ", "
                            + Units.bytes(i.bytes())
                            + (i.chunkIndexes() > 0 ? ", over " + Units.plural(i.chunkIndexes(), "chunk") : "")
                            + (young ? "; the counters are too young for a verdict" : ""))
                    .expected("at least one scan in " + ShortText.number(f.limit("statisticsMinimumDays")) + " days")
                    .source("pg_stat_get_numscans")
                    .cure(young ? later(t, i) : drop(t, i));
            }
        }
    }

    private static Cure later(Relation t, Index i) {
        return Cure.decide(
            "-- Look again when the counters are a week old, on replicas too; then:\n-- DROP INDEX %s;"
                .formatted(name(t.schema(), i.name())));
    }

    private static boolean isUnused(Facts f, Relation t, Index i) {
        // what guards something does its work when nobody reads it
        if (!i.guards().isEmpty() || !i.valid() || i.scans() == null || i.scans() > 0) return false;
        // a delete in the referenced table will need it
        if (t.foreignKeys().stream().anyMatch(k -> covers(i, k)) || standsIn(t, i)) return false;
        if (t.kind().equals("hypertable")) {
            // none of its chunk indexes could be matched
            if (t.partitions() > 0 && i.chunkIndexes() == 0) return false;
            var ownOnTime = "RANGE (" + column(i.keys().getFirst()) + ")";
            // TimescaleDB's own index on time
            if (i.keys().size() == 1 && ownOnTime.equals(t.partitionKey())) return false;
        }
        return i.bytes() >= f.limit("unusedIndexMinimumKilobytes") * 1024;
    }

    /** For one that is used, and that another finding says to drop because this one does its work, and it alone. */
    private static boolean standsIn(Relation t, Index i) {
        return t.indexes()
            .stream()
            .filter(used -> used.valid() && isScanned(used) && doesWorkOf(i, used))
            .anyMatch(
                used -> t.indexes()
                    .stream()
                    .noneMatch(third -> third != i && doesWorkOf(third, used) && (isGuard(third) || isScanned(third))));
    }

    /** May the other one be dropped for it? */
    private static boolean doesWorkOf(Index i, Index other) {
        if (i == other || !i.valid()) return false;
        return sameWork(other, i) && isSpare(other, i) || isBeginning(other) && isLonger(i, other);
    }

    private static boolean isScanned(Index i) {
        return i.scans() != null && i.scans() > 0;
    }

    private static boolean isGuard(Index i) {
        return !i.guards().isEmpty();
    }

    /** On hypertables and partitioned tables DROP INDEX CONCURRENTLY is an error: then under a lock timeout. */
    private static Cure drop(Relation t, Index i) {
        return t.kind().equals("table")
            ? Cure.sql("DROP INDEX CONCURRENTLY IF EXISTS %s;".formatted(name(t.schema(), i.name())))
            : Cure.sql(LOCK_TIMEOUT + "DROP INDEX IF EXISTS %s;".formatted(name(t.schema(), i.name())))
                .costs("a short lock that stops reads and writes of the table");
    }

    private static boolean sameWork(Index a, Index b) {
        return a.method().equals(b.method()) && Objects.equals(a.predicate(), b.predicate())
            && a.include().equals(b.include())
            && (a.shape().equals(b.shape()) || a.method().equals("btree") && a.shape().equals(backwards(b.shape())));
    }

    /**
     * A btree is read in both directions: (a, b DESC) does the work of (a DESC, b). Of the options, bit 1 is DESC and
     * bit 2 NULLS FIRST.
     */
    private static List<String> backwards(List<String> shape) {
        return shape.stream()
            .map(s -> s.substring(0, s.length() - 1) + (3 - (s.charAt(s.length() - 1) - '0')))
            .toList();
    }

    private static boolean startsWith(List<String> longer, List<String> shorter) {
        var start = longer.subList(0, shorter.size());
        return start.equals(shorter) || start.equals(backwards(shorter));
    }

    private static void duplicates(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            var dropped = new ArrayList<Index>();
            for (var i : t.indexes()) {
                for (var other : t.indexes()) {
                    if (i == other || dropped.contains(i) || dropped.contains(other)) continue;
                    if (!i.valid() || !other.valid() || !sameWork(i, other) || !isSpare(i, other)) continue;
                    dropped.add(i);
                    out.weighed(t.schema() + "." + i.name(), f.weight(i.bytes()))
                        .says("Indexes " + other.name() + " and " + i.name() + " on " + t.fullName() + " are the same")
                        .evidence(
                            "both " + i.method() + " (" + String.join(", ", i.keys()) + "), " + Units.bytes(i.bytes()))
                        .expected("one index for one work")
                        .source("pg_index")
                        .cure(dropSpare(t, i));
                }
            }
        }
    }

    /**
     * Whether i can go because the other one does all of its work. Of two that guard nothing, or the same, the younger
     * goes.
     */
    private static boolean isSpare(Index i, Index other) {
        if (i.guards().isEmpty()) {
            return !other.guards().isEmpty() && !other.guards().contains("nulls not distinct")
                || other.guards().isEmpty() && i.oid() > other.oid();
        }
        boolean bothUnique = i.unique() && other.unique();
        boolean guardsOnlyRows =
            i.guards().stream().allMatch(g -> g.equals("uniqueness") || g.startsWith("unique constraint "));
        if (!bothUnique || !guardsOnlyRows || other.guards().contains("deferrable")
            || other.guards().contains("nulls not distinct")) {
            return false;
        }
        return other.primary() || other.constraint() && !i.constraint()
            || other.constraint() == i.constraint() && i.oid() > other.oid()
                && other.guards().size() >= i.guards().size();
    }

    private static Cure dropSpare(Relation t, Index i) {
        if (!i.constraint()) return drop(t, i);
        return Cure.sql(
            LOCK_TIMEOUT + "ALTER TABLE %s DROP CONSTRAINT %s;".formatted(name(t.schema(), t.name()), name(i.name())))
            .costs("a short lock that stops reads and writes of the table");
    }

    private static void overlapping(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            for (var shorter : t.indexes()) {
                if (!isBeginning(shorter)) continue;
                t.indexes()
                    .stream()
                    .filter(longer -> isLonger(longer, shorter))
                    .findFirst()
                    .ifPresent(
                        longer -> out.note(t.schema() + "." + shorter.name())
                            .says(
                                "Index " + shorter.name() + " on " + t.fullName() + " is the beginning of "
                                    + longer.name())
                            .evidence(
                                "(" + String.join(", ", shorter.keys()) + ") in (" + String.join(", ", longer.keys())
                                    + "), "
                                    + Units.bytes(shorter.bytes()))
                            .expected("no index that another contains")
                            .source("pg_index")
                            .extent(f.weight(shorter.bytes()))
                            .cure(drop(t, shorter)));
            }
        }
    }

    private static boolean isBeginning(Index i) {
        return i.guards().isEmpty() && i.method().equals("btree") && i.include().isEmpty() && i.valid();
    }

    private static boolean isLonger(Index longer, Index shorter) {
        return longer != shorter && longer.valid() && longer.method().equals("btree")
            && Objects.equals(longer.predicate(), shorter.predicate())
            && longer.shape().size() > shorter.shape().size()
            && startsWith(longer.shape(), shorter.shape());
    }

    private static void invalid(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            for (var i : t.indexes()) {
                if (i.valid()) continue;
                out.warning(t.schema() + "." + i.name())
                    .says("Index " + i.name() + " on " + t.fullName() + " is invalid: written, but never read")
                    .evidence("indisvalid = false")
                    .expected("valid")
                    .source("pg_index")
                    .extent(Math.max(0.2, f.weight(t.size().total())))
                    .cure(rebuild(t, i));
            }
        }
    }

    private static Cure rebuild(Relation t, Index i) {
        var index = name(t.schema(), i.name());
        if (i.name().matches(".*_cc(new|old)\\d*")) {
            // left by a REINDEX CONCURRENTLY that failed
            return Cure.sql("DROP INDEX CONCURRENTLY %s;".formatted(index));
        }
        if (t.kind().equals("partitioned table")) {
            return Cure.decide(
                """
                    -- It becomes valid when each partition has an index of its own attached to it. For each \
                    partition P:
                    -- CREATE INDEX CONCURRENTLY p_idx ON P (%s);
                    -- ALTER INDEX %s ATTACH PARTITION p_idx;"""
                    .formatted(String.join(", ", i.keys()), index));
        }
        if (i.unique()) {
            return Cure.decide(
                """
                    -- A unique index that could not be built usually met doubled rows. Find and mend them first:
                    -- SELECT %1$s, count(*) FROM %2$s GROUP BY %1$s HAVING count(*) > 1;
                    -- REINDEX INDEX CONCURRENTLY %3$s;""".formatted(
                    String.join(", ", i.keys().stream().map(IndexRules::column).toList()),
                    name(t.schema(), t.name()),
                    index));
        }
        if (t.kind().equals("hypertable")) {
            return Cure.sql("DROP INDEX %s;\n%s;".formatted(index, i.definition()))
                .costs("builds the index of every chunk under a lock that stops writes");
        }
        return Cure.sql("REINDEX INDEX CONCURRENTLY %s;".formatted(index));
    }

    private static void foreignKeys(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            for (var k : t.foreignKeys()) {
                if (t.indexes().stream().anyMatch(i -> covers(i, k)) || partitionsCover(t, k)) continue;
                out.weighed(t.fullName() + "." + String.join(",", k.columns()), f.weight(t.size().total()))
                    .says(
                        "Foreign key " + k.name() + " of " + t.fullName() + " (" + String.join(", ", k.columns())
                            + ") has no index")
                    .evidence("to " + k.target() + ", " + Units.bytes(t.size().total()))
                    .expected("an index that starts with its columns")
                    .source("pg_constraint, pg_index")
                    .cure(index(t, k));
            }
        }
    }

    private static Cure index(Relation t, ForeignKey k) {
        var on = name(t.schema(), t.name()) + " ("
            + k.columns().stream().map(Sql::name).collect(Collectors.joining(", ")) + ")";
        return switch (t.kind()) {
            case "hypertable" -> Cure.sql("CREATE INDEX ON " + on + " WITH (timescaledb.transaction_per_chunk);")
                .costs("stops writes of one chunk at a time while its index is built");
            case "partitioned table" -> Cure.sql("CREATE INDEX ON " + on + ";")
                .costs("stops writes of the table while the indexes of all partitions are built");
            default -> Cure.sql("CREATE INDEX CONCURRENTLY ON " + on + ";");
        };
    }

    /** The key's columns in any order at the beginning of an index that can look up single values. */
    private static boolean covers(Index i, ForeignKey k) {
        if (!i.valid() || i.keys().size() < k.columns().size() || !looksUp(i.method())) return false;
        // an index WHERE … IS NOT NULL serves the key as well; any other condition leaves rows out
        if (i.predicate() != null
            && !(k.columns().size() == 1 && i.predicate().equals(name(k.columns().getFirst()) + " IS NOT NULL"))) {
            return false;
        }
        return starts(i.keys(), k);
    }

    private static boolean looksUp(String method) {
        return method.equals("btree") || method.equals("hash");
    }

    private static boolean starts(List<String> keys, ForeignKey k) {
        if (keys.size() < k.columns().size()) return false;
        var start = keys.subList(0, k.columns().size()).stream().map(IndexRules::column).toList();
        return start.containsAll(k.columns());
    }

    /** Partitions may have the index that their table has not. */
    private static boolean partitionsCover(Relation t, ForeignKey k) {
        if (t.details() == null || t.partitions() == 0) return false;
        return t.details()
            .partitionIndexes()
            .stream()
            .filter(i -> !i.partial() && looksUp(i.method()) && starts(i.keys(), k))
            .mapToInt(Report.PartitionIndex::partitions)
            .max()
            .orElse(0) >= t.partitions();
    }

    private static String column(String key) {
        return key.replaceFirst(" (DESC NULLS LAST|DESC|NULLS FIRST|NULLS LAST)$", "");
    }
}
