//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../database/Database.java LockedRelations.java Question.java
//SOURCES Redaction.java Report.java Row.java
package lib.explore;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.database.Database;

/**
 * Puts questions to the database so that one without an answer does not lose the others: each statement is a read-only
 * transaction of its own, with a limit on waiting for locks and on running. What failed is remembered as
 * {@link Report.NotSeen}.
 *
 * <p>Not one big transaction, on purpose: the locks of all catalogs would pile up in it, and the first error would end
 * it. So nothing is lost either when a second connection takes half of the questions.
 */
final class CatalogReader implements AutoCloseable {
    private final Database database;
    private final Duration timeout;
    private final boolean printOnly;
    private final List<String> asked = new ArrayList<>();
    private final List<Report.NotSeen> notSeen = new ArrayList<>();
    private final BlockingQueue<Database> idle = new LinkedBlockingQueue<>();
    private final Object lockedMonitor = new Object();
    private LockedRelations locked;
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
     * From here on {@link #soon} asks on two connections at once. The second one is optional: a role may have a limit,
     * a server may be full.
     */
    void useTwoConnections() {
        if (printOnly) return;
        workers = Executors.newFixedThreadPool(3, Thread.ofPlatform().daemon().name("reader-", 0).factory());
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

    /**
     * Asks while the caller goes on; the answer waits until it is there. Without a second connection it is asked at
     * once.
     */
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

    /** All rows; none when the question could not be answered, which is then noted. */
    <T> List<T> ask(Question question, String sql, Row.Mapper<T> mapper, Object... values) {
        return tryAsk(question, sql, mapper, values).orElse(List.of());
    }

    <T> Optional<T> first(Question question, String sql, Row.Mapper<T> mapper, Object... values) {
        return ask(question, sql, mapper, values).stream().findFirst();
    }

    /** Empty when the question could not be answered, which is something else than an answer without rows. */
    <T> Optional<List<T>> tryAsk(Question question, String sql, Row.Mapper<T> mapper, Object... values) {
        noteAsked(marked(question, sql));
        try {
            return Optional.of(rows(question, sql, mapper, values));
        } catch (Failure failure) {
            note(question, cause(failure));
            return Optional.empty();
        }
    }

    /**
     * A question that opens relations, such as for a definition or a size. Relations that are locked are known before
     * and left out by the SQL; when one was locked meanwhile, the question waits for the lock timeout once and is then
     * asked again without it.
     */
    <T> Optional<List<T>> tryAskUnlocked(
        Question question,
        Function<LockedRelations, String> sql,
        Row.Mapper<T> mapper,
        Object... values) {
        var first = locked();
        noteAsked(marked(question, sql.apply(first)));
        try {
            return Optional.of(rows(question, sql.apply(first), mapper, values));
        } catch (Failure failure) {
            if (!isLockTimeout(failure)) {
                note(question, cause(failure));
                return Optional.empty();
            }
        }
        try {
            return Optional.of(rows(question, sql.apply(lookForLocks()), mapper, values));
        } catch (Failure failure) {
            note(question, cause(failure));
            return Optional.empty();
        }
    }

    <T> List<T>
        askUnlocked(Question question, Function<LockedRelations, String> sql, Row.Mapper<T> mapper, Object... values) {
        return tryAskUnlocked(question, sql, mapper, values).orElse(List.of());
    }

    /** The comment tells our own statements from the user's, in the server's log and in pg_stat_statements. */
    private static String marked(Question question, String sql) {
        return "/* explore: " + question.title() + " */\n" + sql;
    }

    private <T> List<T> rows(Question question, String sql, Row.Mapper<T> mapper, Object... values) {
        if (printOnly) return List.of();
        Database connection = null;
        try {
            connection = idle.take();
            return connection.list(marked(question, sql), row -> mapper.map(new Row(row)), values);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            if (connection != null) idle.add(connection);
        }
    }

    private static SQLException cause(Failure failure) {
        if (failure.exitCode() == ExitCode.NO_CONNECTION || !(failure.getCause() instanceof SQLException e)) {
            throw failure;
        }
        return e;
    }

    private static boolean isLockTimeout(Failure failure) {
        return "55P03".equals(cause(failure).getSQLState());
    }

    /** What is locked now so that nobody else can open it; asked once, and again when a question had to wait. */
    LockedRelations locked() {
        synchronized (lockedMonitor) {
            if (locked == null) {
                noteAsked(marked(Question.LOCKS, LockedRelations.SQL));
                locked = printOnly ? LockedRelations.NONE : lastingLocks();
            }
            return locked;
        }
    }

    private LockedRelations lookForLocks() {
        synchronized (lockedMonitor) {
            locked = locked.and(locksNow());
            return locked;
        }
    }

    /** A lock that is gone within two seconds costs nothing but the wait. */
    private LockedRelations lastingLocks() {
        var found = locksNow();
        for (int tries = 0; tries < 10 && !found.isEmpty(); tries++) {
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            found = found.still(locksNow());
        }
        return found;
    }

    private LockedRelations locksNow() {
        try {
            return LockedRelations.of(rows(Question.LOCKS, LockedRelations.SQL, LockedRelations::one));
        } catch (Failure failure) {
            note(Question.LOCKS, cause(failure));
            return LockedRelations.NONE;
        }
    }

    /** The server's processes that serve us: what they do is not what the report is about. */
    synchronized String[] ownProcesses() {
        return Stream.of(database, second)
            .filter(Objects::nonNull)
            .map(d -> String.valueOf(d.processId()))
            .toArray(String[]::new);
    }

    synchronized void noteAsked(String sql) {
        asked.add(sql);
    }

    synchronized void note(Report.NotSeen one) {
        if (!notSeen.contains(one)) notSeen.add(one);
    }

    private void note(Question question, SQLException e) {
        var state = String.valueOf(e.getSQLState());
        var message =
            Redaction.of(String.valueOf(e.getMessage()).lines().findFirst().orElse("").replaceFirst("^ERROR: ", ""));
        Console.detail("not seen: %s: %s", question.title(), message);
        note(new Report.NotSeen(question.title(), message, state, switch (state) {
            case "42501" -> "GRANT pg_monitor TO " + Database.identifier(database.settings().user()) + ";";
            case "57014" -> "Give it more time: --timeout 120";
            case "55P03" -> "Something held a lock; run it again when no ALTER, DROP or compression is running.";
            case "22021", "22P05", "08P01" ->
                "Names or texts in this database are not in its encoding; see docs/TROUBLESHOOTING.md.";
            default -> null;
        }, List.of(question), false));
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
