//SOURCES ../lib/Failure.java ../lib/database/ConnectionSettings.java ../lib/database/Database.java Cluster.java

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.Failure;
import lib.database.ConnectionSettings;
import lib.database.Database;

/** Commits one row after the other, each with the next number, and remembers when the server confirmed it. */
final class Ledger implements AutoCloseable {
    private record Acknowledged(long number, long nanos) {}

    private final ConnectionSettings settings;
    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    private Ledger(Cluster cluster) {
        settings = ConnectionSettings.resolve(
            Map.of(),
            null,
            cluster.environment(),
            Path.of("/nowhere"));
        thread = Thread.ofPlatform().daemon().start(this::write);
    }

    /** The table must be there: {@code CREATE TABLE ledger (number bigint PRIMARY KEY)}. */
    static Ledger into(Cluster cluster) {
        return new Ledger(cluster);
    }

    private void write() {
        while (!closed) {
            try (var database = Database.open(settings, "ledger")) {
                long next = database.one("SELECT coalesce(max(number), 0) FROM ledger", row -> row.getLong(1)) + 1;
                while (!closed) {
                    database.execute("INSERT INTO ledger VALUES (" + next + ")");
                    synchronized (acknowledged) {
                        acknowledged.add(new Acknowledged(next, System.nanoTime()));
                    }
                    next++;
                    Thread.sleep(1);
                }
            } catch (Failure serverIsAway) {
                sleep();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void sleep() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** The last row that was committed before a time of System.nanoTime(). */
    long committedBefore(long nanos) {
        synchronized (acknowledged) {
            return acknowledged.stream()
                .filter(a -> a.nanos() <= nanos)
                .mapToLong(Acknowledged::number)
                .max()
                .orElse(0);
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(30_000);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
