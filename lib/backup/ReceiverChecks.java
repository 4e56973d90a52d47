//SOURCES ../Units.java ../archive/Lsn.java ../archive/WalArchive.java ../archive/WalStatus.java
//SOURCES ../database/Database.java Preflight.java
package lib.backup;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.Units;
import lib.archive.Lsn;
import lib.archive.WalArchive;
import lib.archive.WalStatus;
import lib.database.Database;

/** Is WAL being received, and can it go on so? For {@code doctor}; nothing is said where nobody ever received any. */
final class ReceiverChecks {
    private static final String WHAT = "received WAL";

    /**
     * @param keptBytes of WAL that the server holds for the slot
     * @param limitBytes of max_slot_wal_keep_size; below 0 without one
     */
    private record Slot(boolean isActive, String walStatus, long keptBytes, long limitBytes) {}

    private final List<Preflight.Check> checks = new ArrayList<>();

    private ReceiverChecks() {}

    static List<Preflight.Check> of(Database database, Path backups, String systemIdentifier) {
        var archive = WalArchive.of(backups, systemIdentifier);
        if (archive.isEmpty() || archive.get().status().isEmpty()) return List.of();
        var checks = new ReceiverChecks();
        var status = archive.get().status().get();
        checks.slot(status, slot(database, status.slot()));
        checks.gaps(archive.get());
        return checks.checks;
    }

    private static Optional<Slot> slot(Database database, String name) {
        return database.first(
            """
                SELECT s.active, s.wal_status,
                       pg_catalog.pg_wal_lsn_diff(
                           CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                                ELSE pg_catalog.pg_current_wal_flush_lsn() END, s.restart_lsn)::bigint AS kept,
                       (SELECT l.setting::bigint * 1024 * 1024 FROM pg_catalog.pg_settings AS l
                        WHERE l.name = 'max_slot_wal_keep_size') AS limit_bytes
                FROM pg_catalog.pg_replication_slots AS s
                WHERE s.slot_name = ?
                """,
            row -> new Slot(
                row.getBoolean("active"),
                row.getString("wal_status"),
                row.getLong("kept"),
                row.getLong("limit_bytes")),
            name);
    }

    private void slot(WalStatus status, Optional<Slot> found) {
        var start = "receive it: backup.java receive (make protect)";
        if (found.isEmpty()) {
            add(
                Preflight.Level.WARNING,
                "nothing is received: the replication slot " + status.slot() + " does not exist",
                start + ".");
            return;
        }
        var slot = found.get();
        if ("lost".equals(slot.walStatus())) {
            add(
                Preflight.Level.WARNING,
                "the replication slot " + status.slot() + " is lost: it was over max_slot_wal_keep_size",
                start + ", and take a new backup after that.");
        } else if (!slot.isActive()) {
            add(
                Preflight.Level.WARNING,
                "nothing is received, and the server keeps " + Units.bytes(slot.keptBytes()) + " of WAL for the slot "
                    + status.slot(),
                start + ", or end it for good: backup.java receive --stop.");
        } else {
            add(Preflight.Level.OK, lag(status) + ", slot " + status.slot() + ", " + limit(slot), "");
        }
    }

    private static String lag(WalStatus status) {
        if (status.completeUntil() == null) return "the receiver catches up";
        var behind = Duration.between(status.completeUntil(), Instant.now());
        return Units.duration(behind.isNegative() ? Duration.ZERO : behind) + " behind";
    }

    private static String limit(Slot slot) {
        return slot.limitBytes() < 0
            ? "without a limit (max_slot_wal_keep_size): while nothing is received the server's disk fills up"
            : "up to " + Units.bytes(slot.limitBytes()) + " are kept for it (max_slot_wal_keep_size)";
    }

    private void gaps(WalArchive archive) {
        for (var line : archive.lines()) {
            var rows = archive.stretches(line);
            if (line.isSetAside() || rows.size() < 2) continue;
            var before = rows.get(rows.size() - 2).getLast();
            add(
                Preflight.Level.WARNING,
                "WAL is missing behind " + before.name() + " (" + Lsn.text(before.number() * archive.segmentBytes())
                    + "): no moment from there on to the next backup can be restored",
                "take a backup, when none was taken since.");
        }
    }

    private void add(Preflight.Level level, String found, String cure) {
        checks.add(new Preflight.Check(level, WHAT, found, cure));
    }
}
