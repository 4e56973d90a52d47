//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../database/Database.java Report.java
package lib.explore;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.database.Database;

/**
 * Puts questions to the database so that one without an answer does not lose the others: each statement is a read-only transaction
 * of its own, with a limit on waiting for locks and on running. What failed is remembered as {@link Report.NotSeen}.
 *
 * <p>Not one big transaction, on purpose: the locks of all catalogs would pile up in it, and the first error would end it.
 * So nothing is lost either when a second connection takes half of the questions.
 */
final class CatalogReader implements AutoCloseable {
    private final Database database;
    private final Duration timeout;
    private final boolean printOnly;
    private final List<String> asked = new ArrayList<>();
    private final List<Report.NotSeen> notSeen = new ArrayList<>();
    private final BlockingQueue<Database> idle = new LinkedBlockingQueue<>();
    private Database second;
    private ExecutorService workers;

    /** @param printOnly for {@code --sql}: nothing is asked, every question is only noted down */
    CatalogReader(Database database, Duration timeout, boolean printOnly) {
        this.database = database;
        this.timeout = timeout;
        this.printOnly = printOnly;
        idle.add(prepared(database));
    }

    private Database prepared(Database connection) {
        // search_path: names in definitions come out qualified, and no table of a user can shadow a catalog.
        return connection.readOnlyQuestions(
            Map.of(
                "search_path",
                "pg_catalog",
                "lock_timeout",
                "2s",
                "jit",
                "off",
                "statement_timeout",
                String.valueOf(timeout.toMillis()),
                "timezone",
                "UTC",
                "intervalstyle",
                "postgres",
                "extra_float_digits",
                "1"));
    }

    /**
     * From here on {@link #soon} asks on two connections at once. The second one is optional: a role may have a limit, a server may be full.
     */
    void useTwoConnections() {
        if (printOnly) return;
        workers = Executors.newFixedThreadPool(3, Thread.ofPlatform().daemon().name("asker-", 0).factory());
        workers.submit(() -> {
            try {
                var opened = Database.open(database.settings(), "explore");
                synchronized (this) {
                    second = opened;
                }
                idle.add(prepared(opened));
            } catch (Failure one) {
                Console.detail("no second connection, one will do: %s", one.getMessage());
            }
        });
    }

    /** Asks while the caller goes on; the answer waits until it is there. Without a second connection it is asked at once. */
    <T> Supplier<T> soon(Supplier<T> question) {
        if (workers == null) {
            var answer = question.get();
            return () -> answer;
        }
        var answer = workers.submit(question::get);
        return () -> {
            try {
                return answer.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException known) throw known;
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
    }

    /** All rows; none when the question could not be answered. @param what in people's words, for the list of things not seen */
    <T> List<T> ask(String what, String sql, Database.RowMapper<T> mapper, Object... values) {
        return tryAsk(what, sql, mapper, values).orElse(List.of());
    }

    <T> Optional<T> first(String what, String sql, Database.RowMapper<T> mapper, Object... values) {
        return ask(what, sql, mapper, values).stream().findFirst();
    }

    /** Empty when the question could not be answered, which is something else than an answer without rows. */
    <T> Optional<List<T>> tryAsk(String what, String sql, Database.RowMapper<T> mapper, Object... values) {
        // The comment tells our own statements from the user's, in the server's log and in pg_stat_statements.
        var marked = "/* explore: " + what + " */\n" + sql;
        noteAsked(marked);
        if (printOnly) {
            return Optional.of(List.of());
        }
        Database connection = null;
        try {
            connection = idle.take();
            return Optional.of(connection.list(marked, mapper, values));
        } catch (Failure failure) {
            if (failure.exitCode() == ExitCode.NO_CONNECTION || !(failure.getCause() instanceof SQLException e)) {
                throw failure;
            }
            note(what, e);
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            if (connection != null) idle.add(connection);
        }
    }

    /** The server's processes that serve us: what they do is not what the report is about. */
    synchronized String[] ownProcesses() {
        return java.util.stream.Stream.of(database, second)
            .filter(java.util.Objects::nonNull)
            .map(d -> String.valueOf(d.processId()))
            .toArray(String[]::new);
    }

    synchronized void noteAsked(String sql) {
        asked.add(sql);
    }

    synchronized void note(Report.NotSeen one) {
        if (!notSeen.contains(one)) notSeen.add(one);
    }

    private void note(String what, SQLException e) {
        var state = String.valueOf(e.getSQLState());
        var message = String.valueOf(e.getMessage()).lines().findFirst().orElse("").replaceFirst("^ERROR: ", "");
        Console.detail("not seen: %s: %s", what, message);
        note(new Report.NotSeen(what, message, state, switch (state) {
            case "42501" -> "GRANT pg_monitor TO " + Database.identifier(database.settings().user()) + ";";
            case "57014" -> "Give it more time: --timeout 120";
            case "55P03" -> "Something held a lock; run it again when no ALTER, DROP or compression is running.";
            default -> null;
        }));
    }

    synchronized List<String> asked() {
        return List.copyOf(asked);
    }

    /** In the order of their names: which of two connections was faster must not show. */
    synchronized List<Report.NotSeen> notSeen() {
        return notSeen.stream()
            .sorted(Comparator.comparing(Report.NotSeen::what).thenComparing(Report.NotSeen::why))
            .toList();
    }

    boolean isPrintOnly() {
        return printOnly;
    }

    /** Closes the second connection; the first belongs to the caller. */
    @Override
    public synchronized void close() {
        if (workers != null) workers.shutdownNow();
        if (second != null) second.close();
    }
}
