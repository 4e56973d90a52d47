//SOURCES ../Units.java Cure.java Intervals.java Question.java Report.java Rule.java SchemaRules.java ShortText.java
//SOURCES Sql.java
package lib.explore;

import static lib.explore.Rule.Category.SAFETY;
import static lib.explore.Sql.literal;
import static lib.explore.Sql.name;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.Units;
import lib.explore.Report.Aggregate;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Refresh;
import lib.explore.Report.Relation;
import lib.explore.Report.Sequence;
import lib.explore.Rule.Facts;
import lib.explore.Rule.Outcome;

/**
 * What can stop a database, or lose or show its data: numbers that run out, settings that corrupt, history that is
 * erased.
 */
final class SafetyRules {
    private static final String DOCS = "https://www.postgresql.org/docs/current/";
    private static final String TIMESCALE_DOCS = "https://docs.tigerdata.com/";

    private SafetyRules() {}

    static List<Rule> all() {
        return Stream.of(timescale(), runningOut(), server()).flatMap(List::stream).toList();
    }

    private static List<Rule> timescale() {
        return List.of(
            Rule.of("TS-CAGG-02", "A refresh never looks further back than the data is kept")
                .in(SAFETY, 30)
                .standsOn(Question.HYPERTABLES, Question.AGGREGATES, Question.JOBS)
                .unless(Rule::noAggregates)
                .why(
                    """
                        When a refresh reaches back into time whose source rows a retention policy has dropped, it \
                        sees no rows there \
                        and removes the aggregate's rows too: history is lost without any error. start_offset must \
                        be smaller than the source's drop_after.""")
                .readMore(
                    TIMESCALE_DOCS + "use-timescale/latest/data-retention/data-retention-with-continuous-aggregates/")
                .check(SafetyRules::retentionConflict),
            Rule.of("TS-SAFE-01", "The database is not left in restoring mode")
                .in(SAFETY, 15)
                .standsOn(Question.DATABASE)
                .unless(Rule::noTimescale)
                .why(
                    """
                        timescaledb.restoring = on stops background jobs and several checks; it is meant for the \
                        minutes of a restore only.""")
                .readMore(TIMESCALE_DOCS + "self-hosted/latest/backup-and-restore/logical-backup/")
                .check(SafetyRules::restoring),
            Rule.of("TS-SAFE-02", "No chunks lie around without a hypertable")
                .in(SAFETY, 5)
                .standsOn(Question.ORPHANS)
                .why(
                    """
                        DROP EXTENSION timescaledb leaves the chunks' tables behind, full of data that nothing \
                        reads.""")
                .readMore(TIMESCALE_DOCS + "self-hosted/latest/uninstall/uninstall-timescaledb/")
                .check(SafetyRules::orphans),
            Rule.of("TS-RLS-01", "Row security holds for chunks too")
                .in(SAFETY, 15)
                .standsOn(Question.HYPERTABLES, Question.DETAILS, Question.CHUNK_RIGHTS)
                .unless(Rule::noHypertables)
                .why(
                    """
                        Row security policies of a hypertable are not inherited by its chunks. Who may read the \
                        hypertable was granted the chunks too, \
                        and reads all rows when naming a chunk instead of the hypertable.""")
                .readMore(DOCS + "ddl-rowsecurity.html")
                .check(SafetyRules::readableChunks));
    }

    private static List<Rule> runningOut() {
        return List.of(
            Rule.of("VAC-01", "Transaction IDs do not wrap around")
                .in(SAFETY, 30)
                .standsOn(Question.DATABASE)
                .why(
                    """
                        Transaction IDs are used again after two thousand million. VACUUM must freeze old rows before; \
                        when it cannot, PostgreSQL stops accepting writes to save the data.""")
                .readMore(DOCS + "routine-vacuuming.html#VACUUM-FOR-WRAPAROUND")
                .check(SafetyRules::wraparound),
            Rule.of("SEQ-01", "Sequences do not run out")
                .in(SAFETY, 30)
                .standsOn(Question.SEQUENCES, Question.SEQUENCE_VALUES)
                .unless(
                    f -> f.report().sequences().isEmpty() && !f.missed().contains(Question.SEQUENCES) ? "no sequences"
                        : null)
                .why(
                    """
                        When a sequence, or the integer column that it fills, reaches its end, every further insert \
                        fails.""")
                .readMore(DOCS + "sql-altersequence.html")
                .check(SafetyRules::sequences));
    }

    private static List<Rule> server() {
        return List.of(
            Rule.of("SET-02", "Autovacuum works")
                .in(SAFETY, 15)
                .standsOn(Question.SETTINGS)
                .why(
                    """
                        Without autovacuum dead rows pile up, statistics grow old, and transaction IDs run out.""")
                .readMore(DOCS + "runtime-config-autovacuum.html")
                .check((f, out) -> mustBeOn(f, out, " is off: nothing cleans up", "autovacuum", "track_counts")),
            Rule.of("SET-03", "Crashes cannot corrupt data")
                .in(SAFETY, 30)
                .standsOn(Question.SETTINGS)
                .why(
                    """
                        fsync = off or full_page_writes = off make writes faster and the database worthless after a \
                        power failure.""")
                .readMore(DOCS + "runtime-config-wal.html#GUC-FSYNC")
                .check(
                    (f, out) -> mustBeOn(
                        f,
                        out,
                        " is off: a crash can corrupt the database",
                        "fsync",
                        "full_page_writes")),
            Rule.of("ACT-01", "Connections do not run out")
                .in(SAFETY, 5)
                .standsOn(Question.CONNECTIONS, Question.SETTINGS)
                .why(
                    """
                        At max_connections new clients are refused. A pool in front of the database needs far fewer.""")
                .readMore(DOCS + "runtime-config-connection.html#GUC-MAX-CONNECTIONS")
                .check(SafetyRules::connections),
            Rule.of("ACT-04", "Replication slots are read")
                .in(SAFETY, 15)
                .standsOn(Question.SLOTS)
                .unless(
                    f -> f.report().performance().slots().isEmpty() && !f.missed().contains(Question.SLOTS)
                        ? "no replication slots"
                        : null)
                .why(
                    """
                        A slot that nobody reads keeps the write-ahead log from being removed, until the disk is \
                        full.""")
                .readMore(DOCS + "warm-standby.html#STREAMING-REPLICATION-SLOTS")
                .check(SafetyRules::slots),
            Rule.of("ACT-05", "Pages have good checksums")
                .in(SAFETY, 30)
                .standsOn(Question.DATABASE)
                .unless(
                    f -> f.report().performance().checksumFailures() == null && !f.missed().contains(Question.DATABASE)
                        ? "data checksums are not switched on"
                        : null)
                .why(
                    """
                        A failed checksum means that the disk, or something between, returned other bytes than were \
                        written.""")
                .readMore(DOCS + "checksums.html")
                .check(SafetyRules::checksums));
    }

    private static void retentionConflict(Facts f, Outcome out) {
        for (var a : f.report().aggregates()) {
            var dropAfter = a.refreshes().isEmpty() ? null : keptBySource(f, a);
            var keep = amount(dropAfter);
            if (keep == null) continue;
            for (var refresh : a.refreshes()) {
                var start = amount(refresh.startOffset());
                if (start == null || start >= keep) looksTooFarBack(out, a, refresh, dropAfter);
            }
        }
    }

    private static void looksTooFarBack(Outcome out, Aggregate a, Refresh refresh, String dropAfter) {
        var start = refresh.startOffset();
        out.critical(a.fullName())
            .says(
                "Refreshing " + a.fullName() + " can erase its history: "
                    + (a.refreshes().size() == 1 ? "it" : "job " + refresh.job()) + " looks back "
                    + (start == null ? "without end" : start) + ", but " + a.source() + " keeps only " + dropAfter)
            .evidence("start_offset " + (start == null ? "NULL" : start) + ", drop_after " + dropAfter)
            .expected("start_offset < drop_after")
            .source("timescaledb_information.jobs")
            .cure(shorterRefresh(a, refresh, dropAfter));
    }

    static String keptBySource(Facts f, Aggregate a) {
        return f.report()
            .hypertables()
            .stream()
            .filter(h -> h.fullName().equals(a.source()))
            .map(Hypertable::retention)
            .filter(Objects::nonNull)
            .findFirst()
            .or(
                () -> f.report()
                    .jobs()
                    .stream()
                    .filter(j -> j.kind().equals("retention") && a.source().equals(j.target()))
                    .map(j -> ShortText.jsonValue(j.config(), "drop_after"))
                    .filter(Objects::nonNull)
                    .findFirst())
            .orElse(null);
    }

    /**
     * Half of what is kept, when that is a window of at least two buckets behind the end offset: TimescaleDB demands
     * that.
     */
    private static Cure shorterRefresh(Aggregate a, Refresh refresh, String dropAfter) {
        boolean isTime = Intervals.micros(dropAfter) != null;
        long half = amount(dropAfter) / 2;
        var end = amount(refresh.endOffset());
        var bucket = amount(a.bucket());
        if (bucket == null || half - (end == null ? 0 : end) < 2 * bucket) {
            return Cure.decide(
                ("-- %s keeps %s: too little for a refresh window of two buckets (%s). Keep the source longer, or "
                    + "choose smaller buckets.")
                    .formatted(a.source(), dropAfter, a.bucket()));
        }
        var value = isTime ? "to_jsonb(" + literal(Intervals.human(half)) + "::text)" : "to_jsonb(" + half + ")";
        return Cure.sql(
            ("SELECT {ts}.alter_job(%1$d, config => jsonb_set(config, '{start_offset}', %2$s))\nFROM "
                + "timescaledb_information.jobs WHERE job_id = %1$d;")
                .formatted(refresh.job(), value));
    }

    /** An interval in microseconds, or the plain number of an integer dimension. */
    private static Long amount(String text) {
        if (text == null) return null;
        var micros = Intervals.micros(text);
        if (micros != null) return micros;
        return text.matches("-?\\d{1,18}") ? Long.valueOf(text) : null;
    }

    private static void restoring(Facts f, Outcome out) {
        if (!f.report().server().restoring()) return;
        out.critical("timescaledb.restoring")
            .says("The database is in restoring mode: no background job runs")
            .evidence("timescaledb.restoring = on")
            .expected("off")
            .source("pg_settings")
            .cure(Cure.sql("SELECT {ts}.timescaledb_post_restore();"));
    }

    private static void orphans(Facts f, Outcome out) {
        var orphans = f.report().performance().orphanedChunks();
        if (orphans.isEmpty()) return;
        out.warning(orphans.getFirst())
            .says(Units.plural(orphans.size(), "chunk") + " without a hypertable")
            .evidence(String.join(", ", orphans.subList(0, Math.min(3, orphans.size()))))
            .expected("none")
            .source("pg_class")
            .cure(
                Cure.decide(
                    "-- They hold rows that were in a hypertable. Copy what is still needed, then for each: "
                        + "DROP TABLE …;"));
    }

    private static void readableChunks(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            if (t.details() == null || t.details().chunkReaders().isEmpty()) continue;
            out.warning(t.fullName())
                .says("Row security of " + t.fullName() + " can be passed by reading its chunks")
                .evidence("chunks readable by " + String.join(", ", t.details().chunkReaders()))
                .expected("nobody but the owner reads chunks by name")
                .source("pg_class.relacl, pg_class.relrowsecurity")
                .cure(
                    Cure.decide(
                        """
                            -- Queries of the hypertable need no rights on its schema of chunks. When nothing else \
                            of yours reads chunks by name:
                            -- REVOKE USAGE ON SCHEMA _timescaledb_internal FROM PUBLIC;"""));
        }
    }

    private static void wraparound(Facts f, Outcome out) {
        var w = f.report().performance().wraparound();
        if (w == null) return;
        double percent = Math.max(w.percent(), 100.0 * w.multixactAge() / 2_147_483_648.0);
        if (percent <= f.limit("wraparoundWarnPercent")) return;
        var worst = f.report()
            .tables()
            .stream()
            .filter(t -> t.use() != null && t.use().frozenAge() != null)
            .max(Comparator.comparingLong(t -> t.use().frozenAge()))
            .orElse(null);
        boolean critical = percent > f.limit("wraparoundCriticalPercent");
        var database = f.report().database().name();
        (critical ? out.critical(database) : out.warning(database))
            .says("The database has used " + ShortText.number(percent) + " % of its transaction IDs")
            .evidence("age " + Units.count(w.age()) + (worst == null ? "" : ", oldest in " + oldest(worst)))
            .expected("at most " + ShortText.number(f.limit("wraparoundWarnPercent")) + " %")
            .source("pg_database.datfrozenxid")
            .cure(
                Cure.sql(
                    (worst == null ? "" : "VACUUM (FREEZE) %s;\n".formatted(name(worst.schema(), worst.name())))
                        + "VACUUM (FREEZE);")
                    .costs(
                        "reads every table that is not frozen yet; old transactions and unused replication slots "
                            + "must end first"));
    }

    private static String oldest(Relation t) {
        return t.fullName() + (t.use().worstFrozen() == null ? "" : " (" + t.use().worstFrozen() + ")");
    }

    private static void sequences(Facts f, Outcome out) {
        for (var s : f.report().sequences()) {
            if (s.usedPercent() == null || s.cycles() || s.usedPercent() <= f.limit("sequenceWarnPercent")) continue;
            boolean critical = s.usedPercent() > f.limit("sequenceCriticalPercent");
            var sequence = s.schema() + "." + s.name();
            (critical ? out.critical(sequence) : out.warning(sequence))
                .says(
                    "Sequence " + sequence + " has used "
                        + (s.usedPercent() >= 100 ? "all of its numbers"
                            : ShortText.number(s.usedPercent()) + " % of its numbers")
                        + (s.ownedBy() == null ? "" : ", for " + s.ownedBy()))
                .evidence(Units.count(s.lastValue()) + " of " + Units.count(s.limit()))
                .expected("at most " + ShortText.number(f.limit("sequenceWarnPercent")) + " %")
                .source("pg_sequence_last_value")
                .cure(widen(f, s));
        }
    }

    private static Cure widen(Facts f, Sequence s) {
        var sequence = name(s.schema(), s.name());
        var alter =
            "ALTER SEQUENCE %s AS bigint %s;".formatted(sequence, s.descending() ? "NO MINVALUE" : "NO MAXVALUE");
        if (s.type().equals("bigint") && Math.abs(s.limit() / 2) > Long.MAX_VALUE / 4) {
            return Cure.decide(
                "-- Its numbers are those of bigint, the biggest type there is. Begin again, or let the programs "
                    + "use other keys.");
        }
        return s.feeds() == null || s.feeds().isEmpty() ? Cure.sql(alter) : widenColumns(f, s, alter);
    }

    /** All columns that take its numbers become bigint; those of partitions and chunks do with their table's. */
    private static Cure widenColumns(Facts f, Sequence s, String alter) {
        var changes = new ArrayList<Cure>();
        boolean isKnown = false;
        for (var column : s.feeds()) {
            var table = f.report()
                .tables()
                .stream()
                .filter(t -> t.schema().equals(column.schema()) && t.name().equals(column.table()))
                .findFirst()
                .orElse(null);
            if (table == null) continue;
            isKnown = true;
            if (!Set.of("smallint", "integer").contains(SchemaRules.baseType(table, column.column()))) continue;
            changes.add(SchemaRules.changeType(f, table, column.column(), "bigint"));
        }
        if (!isKnown) return Cure.decide("-- " + s.ownedBy() + " must become bigint first, then:\n-- " + alter);
        if (changes.isEmpty()) return Cure.sql(alter);
        var cost = changes.stream().map(Cure::cost).distinct().collect(Collectors.joining("; "));
        if (changes.stream().allMatch(Cure::runs)) {
            return Cure.sql(changes.stream().map(Cure::sql).collect(Collectors.joining("\n")) + "\n" + alter)
                .costs(cost);
        }
        var sketch = changes.stream().flatMap(c -> c.sql().lines()).map(l -> l.startsWith("--") ? l : "-- " + l);
        return Cure.decide(sketch.collect(Collectors.joining("\n")) + "\n-- " + alter).costs(cost);
    }

    private static void mustBeOn(Facts f, Outcome out, String consequence, String... settings) {
        for (var wanted : settings) {
            var s = f.setting(wanted);
            if (s == null || !s.value().equals("off")) continue;
            out.critical(s.name())
                .says(s.name() + consequence)
                .evidence(s.name() + " = off")
                .expected("on")
                .source("pg_settings")
                .cure(switchOn(f, s));
        }
    }

    private static Cure switchOn(Facts f, Report.Setting s) {
        var database = name(f.report().database().name());
        var role = name(f.report().server().user());
        var reset = switch (Objects.requireNonNullElse(s.source(), "")) {
            case "database" -> "ALTER DATABASE " + database;
            case "user" -> "ALTER ROLE " + role;
            case "database user" -> "ALTER ROLE " + role + " IN DATABASE " + database;
            default -> null;
        };
        if (reset != null) return Cure.sql(reset + " RESET " + s.name() + ";").costs("holds for new sessions");
        if ("command line".equals(s.source())) {
            return Cure.decide(
                "-- It is switched off where the server is started (postgres -c %s=off): change it there."
                    .formatted(s.name()));
        }
        return Cure.sql("ALTER SYSTEM SET %s = on;\nSELECT pg_reload_conf();".formatted(s.name()));
    }

    private static void connections(Facts f, Outcome out) {
        var c = f.report().performance().connections();
        if (c == null || c.max() == null) {
            out.skip("the connections could not be counted");
            return;
        }
        double percent = 100.0 * c.total() / c.max();
        if (percent <= f.limit("connectionsPercent")) return;
        out.warning("max_connections")
            .says(ShortText.number(percent) + " % of the connections are in use")
            .evidence(c.total() + " of " + c.max() + ", " + c.idle() + " idle")
            .expected("at most " + ShortText.number(f.limit("connectionsPercent")) + " %")
            .source("pg_stat_activity")
            .cure(
                Cure.decide(
                    ("-- A pool (pgbouncer) in front of the server needs few connections. Else:\n-- ALTER SYSTEM SET "
                        + "max_connections = %d;")
                        .formatted(c.max() * 2))
                    .costs("a restart of the server, and memory for each connection"));
    }

    private static void slots(Facts f, Outcome out) {
        for (var s : f.report().performance().slots()) {
            boolean reading = s.active() || s.retainedBytes() == null
                || s.retainedBytes() <= f.limit("slotRetainedMegabytes") * 1048576;
            if (reading) continue;
            out.critical(s.name())
                .says(
                    "Replication slot " + s.name() + " keeps " + Units.bytes(s.retainedBytes())
                        + " of WAL that nobody reads")
                .evidence("active = false")
                .expected("read, or at most " + ShortText.number(f.limit("slotRetainedMegabytes")) + " MB")
                .source("pg_replication_slots")
                .cure(
                    Cure.decide(
                        ("-- Start its reader again. When that is gone for good, what it has not read is lost for "
                            + "it:\n-- SELECT pg_drop_replication_slot(%s);")
                            .formatted(literal(s.name()))));
        }
    }

    private static void checksums(Facts f, Outcome out) {
        var failures = f.report().performance().checksumFailures();
        if (failures == null || failures == 0) return;
        out.critical(f.report().database().name())
            .says(Units.plural(failures, "page") + " failed the checksum")
            .evidence(failures + " failures")
            .expected("0")
            .source("pg_stat_database.checksum_failures")
            .cure(
                Cure.decide(
                    "-- Back up what can be read now, check the disk, and restore: docs/TROUBLESHOOTING.md"));
    }
}
