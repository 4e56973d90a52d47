//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Message.java ConnectionSettings.java
package lib.database;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Message;

/** One connection to a database: questions in SQL, answers as records. SQL is shown with {@code --verbose} before it runs. */
public final class Database implements AutoCloseable {
    /** Makes a record of the row that the result set stands on. */
    @FunctionalInterface
    public interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    /** Takes the rows of a streamed result one by one. */
    @FunctionalInterface
    public interface RowReader {
        void read(ResultSet row) throws SQLException;
    }

    private final Connection connection;
    private final ConnectionSettings settings;

    private Database(Connection connection, ConnectionSettings settings) {
        this.connection = connection;
        this.settings = settings;
    }

    /** @param applicationName the tool's name, seen in pg_stat_activity */
    public static Database open(ConnectionSettings settings, String applicationName) {
        var properties = settings.jdbcProperties();
        properties.setProperty("ApplicationName", applicationName);
        Console.detail("connecting to %s", settings);
        try {
            return new Database(new org.postgresql.Driver().connect(settings.jdbcUrl(), properties), settings);
        } catch (SQLException e) {
            throw cannotConnect(e, settings);
        }
    }

    /**
     * A connection for physical replication, as pg_basebackup makes one: it takes a walsender, obeys the {@code replication} lines of pg_hba.conf,
     * and understands replication commands only (IDENTIFY_SYSTEM, SHOW).
     */
    public static Database openReplication(ConnectionSettings settings, String applicationName) {
        var properties = settings.jdbcProperties();
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("replication", "true");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "12");   // else the driver begins with SQL, which is refused here
        Console.detail("connecting to %s for replication", settings);
        try {
            return new Database(new org.postgresql.Driver().connect(settings.jdbcUrl(), properties), settings);
        } catch (SQLException e) {
            throw cannotConnect(e, settings);
        }
    }

    public Connection connection() {
        return connection;
    }

    /** The server's process that serves this connection, as in pg_stat_activity. */
    public int processId() {
        try {
            return connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    public ConnectionSettings settings() {
        return settings;
    }

    /** All rows. Values are bound to the question marks of the SQL; arrays of String become text[]. */
    public <T> List<T> list(String sql, RowMapper<T> mapper, Object... values) {
        var rows = new ArrayList<T>();
        try (var statement = prepare(sql, values); var result = statement.executeQuery()) {
            while (result.next()) {
                rows.add(mapper.map(result));
            }
        } catch (SQLException e) {
            throw failure(e);
        }
        return rows;
    }

    /** The first row, when there is one. */
    public <T> Optional<T> first(String sql, RowMapper<T> mapper, Object... values) {
        return list(sql, mapper, values).stream().findFirst();
    }

    /** The only row of a question that always has an answer. */
    public <T> T one(String sql, RowMapper<T> mapper, Object... values) {
        return list(sql, mapper, values).getFirst();
    }

    /**
     * Reads a result of any size with little memory. Needs a transaction (see {@link #readOnly}):
     * outside of one, pgjdbc loads all rows at once.
     */
    public void stream(String sql, int fetchSize, RowReader reader, Object... values) {
        try (var statement = prepare(sql, values)) {
            statement.setFetchSize(fetchSize);
            try (var result = statement.executeQuery()) {
                while (result.next()) {
                    reader.read(result);
                }
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Runs a statement that has no answer. */
    public void execute(String sql, Object... values) {
        try (var statement = prepare(sql, values)) {
            statement.execute();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** From here on one read-only transaction: the same snapshot for all questions, nothing can be changed. */
    public Database readOnly(Duration statementTimeout) {
        try {
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        } catch (SQLException e) {
            throw failure(e);
        }
        execute("SET LOCAL statement_timeout = " + statementTimeout.toMillis());
        return this;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            Console.detail("while closing the connection: %s", e.getMessage());
        }
    }

    /** An identifier, quoted as SQL wants it: the twin of PostgreSQL's quote_ident, but always with quotes. */
    public static String identifier(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** The error of a statement, in our form; the SQLException stays its cause. */
    public static Failure failure(SQLException e) {
        var state = e.getSQLState() == null ? "" : e.getSQLState();
        var message =
            Message.lowerFirst(Message.firstLine(String.valueOf(e.getMessage()).replaceFirst("^(ERROR|FATAL): ", "")));
        return switch (state) {
            case "57014" -> new Failure(
                ExitCode.FAILED,
                message,
                "the database took too long; try a smaller window, or again when it is less busy.",
                e);
            case "42501" -> new Failure(
                ExitCode.NOT_READY,
                message,
                "ask the owner of the database for that right; docs/PERMISSIONS.md has the SQL.",
                e);
            default -> state.startsWith("08") || state.startsWith("57P")
                ? new Failure(
                    ExitCode.NO_CONNECTION,
                    "the connection broke: " + message,
                    "is the database still running? try: make status",
                    e)
                : new Failure(ExitCode.FAILED, "the database said: " + message + " (SQLSTATE " + state + ")", null, e);
        };
    }

    private PreparedStatement prepare(String sql, Object... values) throws SQLException {
        Console
            .detail("SQL: %s%s", sql.strip(), values.length == 0 ? "" : "\n  values: " + Arrays.deepToString(values));
        var statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) {
            if (values[i] instanceof String[] texts) {
                statement.setArray(i + 1, connection.createArrayOf("text", texts));
            } else {
                statement.setObject(
                    i + 1,
                    values[i] instanceof java.time.Instant time ? time.atOffset(java.time.ZoneOffset.UTC) : values[i]);
            }
        }
        return statement;
    }

    private static Failure cannotConnect(SQLException e, ConnectionSettings settings) {
        var state = e.getSQLState() == null ? "" : e.getSQLState();
        var reached = "cannot reach " + settings.place() + ": ";
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return new Failure(ExitCode.NO_CONNECTION, reached + "no such host", "check --host (or PGHOST).", e);
            }
            if (cause instanceof SocketTimeoutException) {
                return new Failure(
                    ExitCode.NO_CONNECTION,
                    reached + "no answer in time",
                    "is a firewall between? The embedded engine serves one connection at a time: is another client connected?",
                    e);
            }
            if (cause instanceof ConnectException || settings.isSocket() && cause instanceof java.io.IOException) {
                return new Failure(
                    ExitCode.NO_CONNECTION,
                    reached + (settings.isSocket() ? "no server at this socket" : "connection refused"),
                    "start the database with: make start",
                    e);
            }
        }
        var said = Message.lowerFirst(Message.firstLine(String.valueOf(e.getMessage()).replaceFirst("^FATAL: ", "")));
        var hint = switch (state) {
            case "28P01" -> "set PGPASSWORD, or add a line to ~/.pgpass; the playground's password is in .env.";
            case "28000" -> "the server's pg_hba.conf does not let this user in from here; see docs/PERMISSIONS.md.";
            case "3D000" -> "list the databases with: psql -l";
            case "53300" -> "the server has no free connection; close some, or raise max_connections.";
            case "57P03" -> "the server is starting up or shutting down; try again in a moment.";
            case "08004" -> "set PGPASSWORD, or add a line to ~/.pgpass; the playground's password is in .env.";
            default -> "check host, port and sslmode: " + settings + ".";
        };
        return new Failure(ExitCode.NO_CONNECTION, "cannot connect to " + settings.place() + ": " + said, hint, e);
    }
}
