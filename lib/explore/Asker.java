package lib.explore;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.Console;
import lib.Database;
import lib.ExitCode;
import lib.Failure;

/**
 * Puts questions to the database so that one without an answer does not lose the others: each statement is a read-only transaction
 * of its own, with a limit on waiting for locks and on running. What failed is remembered as {@link Report.NotSeen}.
 *
 * <p>Not one big transaction, on purpose: the locks of all catalogs would pile up in it, and the first error would end it.
 */
final class Asker {
    private final Database database;
    private final boolean printOnly;
    private final List<String> asked = new ArrayList<>();
    private final List<Report.NotSeen> notSeen = new ArrayList<>();

    /** @param printOnly for {@code --sql}: nothing is asked, every question is only noted down */
    Asker(Database database, Duration timeout, boolean printOnly) {
        this.database = database;
        this.printOnly = printOnly;
        // search_path: names in definitions come out qualified, and no table of a user can shadow a catalog.
        for (var setting : List.of("default_transaction_read_only = on", "search_path = pg_catalog", "lock_timeout = '2s'", "jit = off",
                "statement_timeout = " + timeout.toMillis(), "timezone = 'UTC'", "intervalstyle = 'postgres'", "extra_float_digits = 1")) {
            database.execute("SET " + setting);
        }
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
        asked.add(marked);
        if (printOnly) {
            return Optional.of(List.of());
        }
        try {
            return Optional.of(database.list(marked, mapper, values));
        } catch (Failure failure) {
            if (failure.exitCode() == ExitCode.NO_CONNECTION || !(failure.getCause() instanceof SQLException e)) {
                throw failure;
            }
            note(what, e);
            return Optional.empty();
        }
    }

    void note(Report.NotSeen one) {
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

    List<String> asked() {
        return asked;
    }

    List<Report.NotSeen> notSeen() {
        return notSeen;
    }

    boolean isPrintOnly() {
        return printOnly;
    }
}
