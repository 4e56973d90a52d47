//SOURCES ../RecordFields.java LiveCatalog.java Report.java
package lib.explore;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import lib.RecordFields;
import lib.explore.Report.Performance;
import lib.explore.Report.Relation;
import lib.explore.Report.TableUse;

/** What goes on in the server now: sessions, locks, slow queries, replication slots. */
record ServerActivity(
    Report.Connections connections,
    List<Report.LongTransaction> longTransactions,
    List<Report.Blocked> blocked,
    List<Report.SlowQuery> slowQueries,
    List<Report.ReplicationSlot> slots,
    List<String> orphanedChunks) {
    private static final int LONG_SECONDS = 60;
    private static final double TRANSACTION_IDS = 2_147_483_648.0;

    static ServerActivity ask(LiveCatalog live, String maxConnections) {
        return new ServerActivity(
            live.connections(maxConnections == null ? null : Integer.valueOf(maxConnections)),
            live.longTransactions(LONG_SECONDS),
            live.blocked(),
            live.slowQueries(),
            live.slots(),
            live.orphanedChunks());
    }

    /** @param statements the schema of pg_stat_statements, or null @param tables whose cache hits are counted */
    Performance performance(
        LiveCatalog.ServerRow row,
        LiveCatalog.Settings settings,
        String statements,
        List<Relation> tables) {
        long read = sum(tables, TableUse::blocksRead);
        long hit = sum(tables, TableUse::blocksHit);
        return RecordFields.of(Performance.class)
            .with("cacheHitPercent", read + hit == 0 ? null : percent(hit, read + hit))
            .with("blocksRead", read)
            .with("connections", connections)
            .with("longTransactions", longTransactions)
            .with("blocked", blocked)
            .with("slowQueries", slowQueries)
            .with("slowQueriesFrom", statements == null ? null : "pg_stat_statements in schema " + statements)
            .with("settings", settings.shown())
            .with("slots", slots)
            .with("wraparound", wraparound(row))
            .with("orphanedChunks", orphanedChunks)
            .with("memoryBytes", settings.bytes("shared_buffers"))
            .with("deadlocks", row.deadlocks())
            .with("checksumFailures", row.checksumFailures())
            .record();
    }

    private static Report.Wraparound wraparound(LiveCatalog.ServerRow row) {
        return new Report.Wraparound(
            row.age(),
            row.multixactAge(),
            row.freezeMaxAge(),
            percent(row.age(), TRANSACTION_IDS));
    }

    private static long sum(List<Relation> tables, Function<TableUse, Long> count) {
        return tables.stream()
            .map(Relation::use)
            .filter(Objects::nonNull)
            .map(count)
            .filter(Objects::nonNull)
            .mapToLong(Long::longValue)
            .sum();
    }

    private static double percent(double part, double whole) {
        return Math.round(1000.0 * part / whole) / 10.0;
    }
}
