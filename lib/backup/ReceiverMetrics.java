//SOURCES ../Console.java ../Failure.java ../PrometheusFile.java ../archive/WalStatus.java ReceiverServer.java
package lib.backup;

import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.Failure;
import lib.PrometheusFile;
import lib.archive.WalStatus;

/** What {@code receive --metrics} writes while it runs: what can be reached, how far behind it is, its slot. */
final class ReceiverMetrics {
    private static final String PREFIX = "timescaledb_tools_";
    private static final long SECONDS_BETWEEN = 10;
    private static final List<String> SLOT_STATES = List.of("reserved", "extended", "unreserved", "lost");

    private final Path file;
    private final Map<String, String> system;
    private Instant written = Instant.EPOCH;
    private String lastState = "";

    /** @param file null writes none */
    ReceiverMetrics(Path file, String systemIdentifier) {
        this.file = file;
        this.system = Map.of("system", systemIdentifier);
    }

    /** Is it time for new numbers? The server is asked for its slot only then. */
    boolean isDue(String state) {
        return file != null
            && (!state.equals(lastState) || Instant.now().isAfter(written.plusSeconds(SECONDS_BETWEEN)));
    }

    /**
     * A file that cannot be written stops no receiver.
     *
     * @param position of the server; null while it does not answer
     * @param slot its slot; null while it does not answer, or there is none
     */
    void write(WalStatus status, ReceiverServer.Position position, ReceiverServer.Slot slot) {
        written = Instant.now();
        lastState = status.state();
        var metrics = new PrometheusFile();
        metrics.gauge(
            PREFIX + "receive_up",
            "1 while WAL is received, 0 while the receiver waits or has ended.",
            system,
            status.state().equals("receiving") ? 1 : 0);
        metrics.gauge(
            PREFIX + "receive_last_update_timestamp_seconds",
            "When the receiver wrote these numbers.",
            system,
            status.at().getEpochSecond());
        if (status.completeUntil() != null) {
            metrics.gauge(
                PREFIX + "receive_reachable_timestamp_seconds",
                "All that was committed until then, by the server's clock, has been received.",
                system,
                status.completeUntil().toEpochMilli() / 1000.0);
        }
        if (position != null && position.received() > 0) {
            metrics.gauge(
                PREFIX + "receive_lag_bytes",
                "WAL that the server has written and that has not been received.",
                system,
                Math.max(0, position.lsn() - position.received()));
        }
        if (slot != null && slot.walStatus() != null) SLOT_STATES.forEach(state -> slotState(metrics, state, slot));
        try {
            metrics.write(file);
        } catch (Failure e) {
            Console.detail("no metrics: %s", e.getMessage());
        }
    }

    private void slotState(PrometheusFile metrics, String state, ReceiverServer.Slot slot) {
        var labels = new LinkedHashMap<>(system);
        labels.put("state", state);
        metrics.gauge(
            PREFIX + "receive_slot_state",
            "1 for the state of the replication slot, as pg_replication_slots.wal_status says it.",
            labels,
            state.equals(slot.walStatus()) ? 1 : 0);
    }
}
