//SOURCES ../Console.java ../Failure.java ../Units.java ../archive/Lsn.java ../archive/WalArchive.java
//SOURCES ../database/ConnectionSettings.java ../database/Database.java
package lib.backup;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import lib.Console;
import lib.Failure;
import lib.Units;
import lib.archive.Lsn;
import lib.archive.WalArchive;
import lib.database.ConnectionSettings;
import lib.database.Database;

/** What a receiver of WAL asks the server. */
final class ReceiverServer {
    private static final String APPLICATION = "timescaledb-tools-receive";

    /**
     * @param end where the server's WAL ended when it was asked
     * @param branches the ancestors of its timeline
     */
    record Identity(
        String system,
        int major,
        int timeline,
        long end,
        long segmentBytes,
        List<WalArchive.Branch> branches) {}

    /** @param walStatus reserved, extended, unreserved or lost; null while the slot was never used */
    record Slot(boolean isActive, String walStatus) {
        boolean isLost() {
            return "lost".equals(walStatus);
        }
    }

    /**
     * @param lsn all that was committed at this time lies before it
     * @param at by the server's clock
     * @param received what the receiver says that it has written; 0 while it is not connected
     */
    record Position(long lsn, Instant at, long received) {}

    private final ConnectionSettings settings;
    private Database database;

    ReceiverServer(ConnectionSettings settings) {
        this.settings = settings;
    }

    /** Over a replication connection: the way that the WAL itself will come, so it is tried at the same time. */
    Identity identity() {
        try (var replication = Database.openReplication(settings, APPLICATION)) {
            var timeline = new int[1];
            var end = new long[1];
            var system = replication.one("IDENTIFY_SYSTEM", row -> {
                timeline[0] = row.getInt("timeline");
                end[0] = Lsn.parse(row.getString("xlogpos"));
                return row.getString("systemid");
            });
            int version = replication.one("SHOW server_version_num", row -> Integer.parseInt(row.getString(1)));
            var segment = replication.one("SHOW wal_segment_size", row -> row.getString(1));
            var branches = timeline[0] == 1 ? List.<WalArchive.Branch>of()
                : WalArchive.parseHistory(
                    replication.one("TIMELINE_HISTORY " + timeline[0], row -> new String(row.getBytes(2))));
            return new Identity(
                system,
                version / 10_000,
                timeline[0],
                end[0],
                Units.parseBytes(segment),
                branches);
        }
    }

    Optional<Slot> slot(String name) {
        return connection().first(
            "SELECT active, wal_status FROM pg_catalog.pg_replication_slots WHERE slot_name = ?",
            row -> new Slot(row.getBoolean(1), row.getString(2)),
            name);
    }

    /** The slot holds the server's WAL back from now on. */
    void makeSlot(String name) {
        connection().one("SELECT pg_catalog.pg_create_physical_replication_slot(?, true)::text", row -> "", name);
    }

    void dropSlot(String name) {
        connection().one("SELECT pg_catalog.pg_drop_replication_slot(?)::text", row -> "", name);
    }

    /** The receiver's walsender carries the name of the slot. */
    Position position(String slot) {
        return connection().one(
            """
                SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                            ELSE pg_catalog.pg_current_wal_flush_lsn() END::text AS lsn,
                       pg_catalog.statement_timestamp() AS at,
                       coalesce((SELECT r.write_lsn FROM pg_catalog.pg_stat_replication AS r
                                 WHERE r.application_name = ? LIMIT 1), '0/0')::text AS received
                """,
            row -> new Position(
                Lsn.parse(row.getString("lsn")),
                row.getObject("at", OffsetDateTime.class).toInstant(),
                Lsn.parse(row.getString("received"))),
            slot);
    }

    /** The connection is kept: the receiver asks every few seconds. */
    private Database connection() {
        if (database == null) database = Database.open(settings, APPLICATION);
        return database;
    }

    void disconnect() {
        if (database == null) return;
        try {
            database.close();
        } catch (Failure broken) {
            Console.detail("%s", broken.getMessage());
        }
        database = null;
    }
}
