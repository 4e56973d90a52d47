//SOURCES ../ExitCode.java ../Failure.java ../archive/Age.java ../archive/Lsn.java ../archive/WalArchive.java
//SOURCES ../archive/WalRecords.java
package lib.restore;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import lib.ExitCode;
import lib.Failure;
import lib.archive.Age;
import lib.archive.Lsn;
import lib.archive.WalArchive;
import lib.archive.WalRecords;

/**
 * Reads received WAL for transactions that dropped, truncated, deleted or changed much: the moments to which people
 * want to go back. WAL knows files and no names; {@link AccidentNames} turns them into tables.
 *
 * <p>How they are told apart: DROP removes rows of pg_class and makes no new file. TRUNCATE makes new, empty files and
 * removes no row. What rewrites a table (VACUUM FULL, CLUSTER, REFRESH, compress_chunk) does both, or fills the new
 * files; it loses no rows and is left out. Both, and files that stay empty: a hypertable was truncated, or a table
 * dropped where another was made.
 */
public final class Accidents {
    private static final int PG_CLASS = 1259;
    private static final int PG_DATABASE = 1262;
    private static final int FIRST_OF_USERS = 16384;

    private static final int STORAGE_CREATE = 0x10;         // src/include/catalog/storage_xlog.h
    // src/include/commands/dbcommands_xlog.h; 0x10 before PostgreSQL 15
    private static final int DATABASE_DROP = 0x20;
    private static final int DATABASE_DROP_BEFORE_15 = 0x10;
    private static final int HEAP_INSERT = 0x00;            // src/include/access/heapam_xlog.h
    private static final int HEAP_DELETE = 0x10;
    private static final int HEAP_UPDATE = 0x20;
    private static final int HEAP_HOT_UPDATE = 0x40;
    private static final int HEAP_INPLACE = 0x70;
    private static final int HEAP2_MULTI_INSERT = 0x50;
    private static final int HEAP_OPERATION = 0x70;

    public enum Kind { DROP, TRUNCATE, DROP_OR_TRUNCATE, DELETE, UPDATE, DROP_DATABASE }

    /**
     * One thing that a transaction did.
     *
     * @param files that went, or whose rows went
     * @param rows of DELETE and UPDATE; else 0
     */
    public record Deed(Kind kind, List<WalRecords.Relation> files, long rows) {}

    /**
     * @param place in the WAL before which recovery must stop
     * @param at what {@code --at} takes to go just before it
     */
    public record Accident(Instant time, long transaction, long place, String at, List<Deed> deeds) {}

    /** What a running transaction did so far. */
    private static final class Work {
        private final Map<WalRecords.Relation, long[]> deleted = new HashMap<>();
        private final Map<WalRecords.Relation, long[]> updated = new HashMap<>();
        private final Set<WalRecords.Relation> made = new HashSet<>();
        private final Set<WalRecords.Relation> empty = new HashSet<>();       // of those it made: no page was written
        private long filled;                  // rows put into files that it made itself
        private long classRowsDeleted;
        private final List<Integer> databases = new ArrayList<>();
        private long databaseDropAt;

        void take(Work other) {
            other.deleted.forEach((r, n) -> deleted.computeIfAbsent(r, k -> new long[1])[0] += n[0]);
            other.updated.forEach((r, n) -> updated.computeIfAbsent(r, k -> new long[1])[0] += n[0]);
            made.addAll(other.made);
            empty.addAll(other.empty);
            filled += other.filled;
            classRowsDeleted += other.classRowsDeleted;
        }
    }

    private final long fewestRows;
    private final ToLongFunction<WalRecords.Relation> weight;
    private final Instant since;
    private final Map<Integer, Work> running = new HashMap<>();
    private final Map<Long, Long> markedInvalid = new HashMap<>();
    private final List<Accident> found = new ArrayList<>();

    private Accidents(Instant since, long fewestRows, ToLongFunction<WalRecords.Relation> weight) {
        this.since = since;
        this.fewestRows = fewestRows;
        this.weight = weight;
    }

    /**
     * Oldest first.
     *
     * @param since null for all that is here
     * @param fewestRows from how many rows on a DELETE or UPDATE is listed
     * @param weight how many rows of a user one row of a file stands for: a compressed chunk holds a thousand in one
     */
    public static List<Accident> in(
        WalArchive archive,
        Instant since,
        long fewestRows,
        ToLongFunction<WalRecords.Relation> weight,
        Age.Identity identity) {
        var accidents = new Accidents(since, fewestRows, weight);
        for (var line : archive.lines()) {
            for (var row : archive.stretches(line)) accidents.read(archive, recent(row, since), identity);
        }
        accidents.found.sort(Comparator.comparing(Accident::time));
        return accidents.found;
    }

    /**
     * A segment's file is as old as its last record; those from long before need not be read. A day is for clocks, and
     * for long transactions.
     */
    private static List<WalArchive.Segment> recent(List<WalArchive.Segment> row, Instant since) {
        if (since == null) return row;
        long oldest = since.minus(Duration.ofDays(1)).toEpochMilli();
        return row.stream().dropWhile(s -> s.file().toFile().lastModified() < oldest).toList();
    }

    private void read(WalArchive archive, List<WalArchive.Segment> row, Age.Identity identity) {
        running.clear();
        try (var records = WalRecords.of(archive, row, identity)) {
            while (records.next()) take(records);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.ANSWER_IS_NO,
                "the WAL in " + row.getFirst().file().getParent() + " is damaged: " + e.getMessage(),
                "fetch that file again from where it was copied to.",
                e);
        }
    }

    private void take(WalRecords records) {
        switch (records.rmgr()) {
            case WalRecords.HEAP -> heap(records);
            case WalRecords.HEAP2 -> {
                if ((records.info() & HEAP_OPERATION) == HEAP2_MULTI_INSERT) filled(records);
            }
            case WalRecords.STORAGE -> {
                if ((records.info() & 0xF0) == STORAGE_CREATE && records.transaction() != 0) {
                    work(records).made.add(records.mainRelation(0));
                    work(records).empty.add(records.mainRelation(0));
                }
            }
            case WalRecords.XLOG -> written(records);
            case WalRecords.DATABASE -> database(records);
            case WalRecords.TRANSACTION -> ended(records);
            default -> {
            }
        }
    }

    private Work work(WalRecords records) {
        return running.computeIfAbsent(records.transaction(), t -> new Work());
    }

    private void heap(WalRecords records) {
        switch (records.info() & HEAP_OPERATION) {
            case HEAP_INSERT -> filled(records);
            case HEAP_INPLACE -> {
                if (isOfDatabases(records)) markedInvalid.put(rowOf(records, 0), records.lsn());
            }
            case HEAP_DELETE -> records.relation().ifPresent(relation -> {
                if (isOfDatabases(records)) {
                    work(records).databaseDropAt = markedInvalid.getOrDefault(rowOf(records, 4), records.lsn());
                }
                if (relation.number() == PG_CLASS) work(records).classRowsDeleted++;
                count(work(records).deleted, relation);
            });
            case HEAP_UPDATE, HEAP_HOT_UPDATE ->
                records.relation().ifPresent(relation -> count(work(records).updated, relation));
            default -> {
            }
        }
    }

    /**
     * DROP DATABASE marks the database as invalid first, outside of its transaction: recovery must stop before that.
     */
    private static boolean isOfDatabases(WalRecords records) {
        return records.relation().filter(r -> r.number() == PG_DATABASE).isPresent();
    }

    /** @param offset of the row's number in the record */
    private static long rowOf(WalRecords records, int offset) {
        return records.block() << 16 | records.mainShort(offset);
    }

    private static void count(Map<WalRecords.Relation, long[]> counts, WalRecords.Relation relation) {
        if (relation.number() >= FIRST_OF_USERS) counts.computeIfAbsent(relation, r -> new long[1])[0]++;
    }

    private void filled(WalRecords records) {
        if (written(records)) running.get(records.transaction()).filled++;
    }

    /** A page of a file that this transaction made: of an index at least, which is never quite empty. */
    private boolean written(WalRecords records) {
        var work = running.get(records.transaction());
        if (work == null || work.made.isEmpty()) return false;
        var file = records.relation().filter(work.made::contains);
        file.ifPresent(work.empty::remove);
        return file.isPresent();
    }

    private void database(WalRecords records) {
        int drop = records.isBefore15() ? DATABASE_DROP_BEFORE_15 : DATABASE_DROP;
        if ((records.info() & 0xF0) != drop) return;
        var work = work(records);
        work.databases.add(records.mainInt(0));
        if (work.databaseDropAt == 0) work.databaseDropAt = records.lsn();
    }

    private void ended(WalRecords records) {
        if (records.isAbort()) {
            running.remove(records.transaction());
            return;
        }
        records.commit().ifPresent(commit -> {
            var work = Optional.ofNullable(running.remove(records.transaction())).orElseGet(Work::new);
            for (var sub : commit.subtransactions()) {
                var more = running.remove(sub);
                if (more != null) work.take(more);
            }
            if (since != null && commit.time().isBefore(since)) return;
            var deeds = deeds(work, commit);
            if (!deeds.isEmpty()) found.add(accident(records, work, commit, deeds));
        });
    }

    private List<Deed> deeds(Work work, WalRecords.Commit commit) {
        var deeds = new ArrayList<Deed>();
        for (var database : work.databases) {
            deeds.add(new Deed(Kind.DROP_DATABASE, List.of(new WalRecords.Relation(0, database, 0)), 0));
        }
        var dropped = commit.dropped().stream().filter(r -> r.number() >= FIRST_OF_USERS).toList();
        var ofBefore = dropped.stream().filter(r -> !work.made.contains(r)).toList();
        if (!ofBefore.isEmpty() && work.classRowsDeleted > 0 && work.made.size() != dropped.size()) {
            deeds.add(new Deed(work.empty.isEmpty() ? Kind.DROP : Kind.DROP_OR_TRUNCATE, ofBefore, 0));
        } else if (!ofBefore.isEmpty() && work.classRowsDeleted == 0 && !work.empty.isEmpty() && work.filled == 0) {
            deeds.add(new Deed(Kind.TRUNCATE, ofBefore, 0));
        }
        many(work.deleted).forEach((r, n) -> deeds.add(new Deed(Kind.DELETE, List.of(r), n)));
        many(work.updated).forEach((r, n) -> deeds.add(new Deed(Kind.UPDATE, List.of(r), n)));
        return deeds;
    }

    private Map<WalRecords.Relation, Long> many(Map<WalRecords.Relation, long[]> counts) {
        var many = new LinkedHashMap<WalRecords.Relation, Long>();
        counts.forEach((relation, count) -> {
            if (count[0] * weight.applyAsLong(relation) >= fewestRows) many.put(relation, count[0]);
        });
        return many;
    }

    /**
     * A database's files are gone before its transaction commits: only the place tells where to stop. Else a time does,
     * and people can read it.
     */
    private static Accident accident(WalRecords records, Work work, WalRecords.Commit commit, List<Deed> deeds) {
        long place = work.databaseDropAt != 0 ? work.databaseDropAt : records.lsn();
        var before = commit.time().minus(1, ChronoUnit.MICROS);
        return new Accident(
            commit.time(),
            Integer.toUnsignedLong(records.transaction()),
            place,
            work.databaseDropAt != 0 ? Lsn.text(place) : before.toString(),
            deeds);
    }
}
