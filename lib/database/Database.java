//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Message.java ../Shutdown.java ConnectionSettings.java
//SOURCES ServerAddress.java Session.java
package lib.database;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Message;
import lib.Shutdown;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;

/**
 * One connection to a database: questions in SQL, answers as records. SQL is shown with {@code --verbose} before it
 * runs.
 */
public final class Database implements AutoCloseable {
    /** Makes a record of the row that the result set stands on. */
    @FunctionalInterface
    public interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    private static final String QUERY_CANCELED = "57014";
    private static final String UNDEFINED_OBJECT = "42704";
    private static final String PROTOCOL_VIOLATION = "08P01";
    /** A timeout of some milliseconds may strike while our own is on its way; hardly often in a row. */
    private static final int MOST_ATTEMPTS = 20;

    private final Connection connection;
    private final ConnectionSettings settings;
    private final Session session;
    private final Shutdown.Task whenStopped;
    private boolean inSnapshot;

    private Database(Connection connection, ConnectionSettings settings, Session session) {
        this.connection = connection;
        this.settings = settings;
        this.session = session;
        this.whenStopped = Shutdown.onExit(this::cancel);
    }

    /**
     * Opens a connection that relies on nothing that a role, a database or a pooler may have set, and that leaves
     * nothing behind in a pooler's server connection: see {@link Session}. Of several servers it takes the first that
     * answers and is of the wanted kind;
     * {@link #settings} of the outcome names that one alone, with its address.
     *
     * @param applicationName the tool's name, seen in pg_stat_activity
     */
    public static Database open(ConnectionSettings settings, String applicationName) {
        var unsuited = new ArrayList<String>();
        Failure failure = null;
        for (var server : addresses(settings)) {
            try {
                var database = openOn(server, settings, applicationName);
                if (database.isOfKind(settings.wantedKind())) return database;
                unsuited.add(server.place());
                database.close();
            } catch (Failure e) {
                if (!isOfThatServerAlone(e)) throw e;
                Console.detail("%s", e.getMessage());
                if (failure == null) failure = e;
            }
        }
        if (settings.wantedKind().equals("prefer-standby")) return open(settings.ofAnyKind(), applicationName);
        if (unsuited.isEmpty()) throw failure;
        throw Failure.noConnection(
            "no server is %s (target_session_attrs): %s".formatted(settings.wantedKind(), String.join(", ", unsuited)),
            "name another host, or leave target_session_attrs out.");
    }

    private static List<ServerAddress> addresses(ConnectionSettings settings) {
        try {
            return settings.addresses();
        } catch (UnknownHostException e) {
            throw new Failure(
                ExitCode.NO_CONNECTION,
                "cannot reach " + settings.place() + ": no such host",
                "check --host (or PGHOST).",
                e);
        }
    }

    /** libpq goes on to the next server when this one is not there or not ready, but not when it refuses us. */
    private static boolean isOfThatServerAlone(Failure e) {
        if (!(e.getCause() instanceof SQLException sql)) return false;
        var state = String.valueOf(sql.getSQLState());
        return state.startsWith("08") && !state.equals("08004") && !state.equals(PROTOCOL_VIOLATION)
            || state.equals("57P03");
    }

    private static Database openOn(ServerAddress server, ConnectionSettings settings, String applicationName) {
        var names = settings.databases();
        for (var name : names) {
            var here = settings.pinned(server, name);
            try {
                return openOne(here, applicationName);
            } catch (SQLException e) {
                boolean closed = List.of("3D000", "42501", "55000").contains(String.valueOf(e.getSQLState()));
                if (!closed || name.equals(names.getLast())) throw cannotConnect(e, here);
                Console.detail("not to the database %s: %s", name, e.getMessage());
            }
        }
        throw new IllegalStateException("no database to connect to");
    }

    private static Database openOne(ConnectionSettings settings, String applicationName) throws SQLException {
        Console.detail("connecting to %s", settings);
        var session = Session.ownConnection(applicationName, settings.isForCluster());
        var connection = connect(settings, session);
        if (connection != null && !isPooled(connection)) return new Database(connection, settings, session);
        if (connection != null) connection.close();
        Console.detail("%s is a connection pooler", settings.place());
        session = Session.pooled(applicationName);
        return new Database(driverConnect(settings, session), settings, session);
    }

    private boolean isOfKind(String wanted) {
        if (wanted.equals("any")) return true;
        boolean isStandby = one("SELECT pg_catalog.pg_is_in_recovery()", row -> row.getBoolean(1));
        return switch (wanted) {
            case "standby", "prefer-standby", "read-only" -> isStandby;
            default -> !isStandby;
        };
    }

    /** @return null when something between us and the server does not take the settings of a connection of our own */
    private static Connection connect(ConnectionSettings settings, Session session) throws SQLException {
        try {
            return driverConnect(settings, session);
        } catch (SQLException e) {
            if (UNDEFINED_OBJECT.equals(e.getSQLState())) {         // a server older than 14 has fewer settings
                return driverConnect(settings, session.ofOldServer());
            }
            if (PROTOCOL_VIOLATION.equals(e.getSQLState())
                || String.valueOf(e.getMessage()).contains("startup param")) {
                return null;
            }
            throw e;
        }
    }

    private static Connection driverConnect(ConnectionSettings settings, Session session) throws SQLException {
        var properties = settings.jdbcProperties();
        session.applyTo(properties);
        return new Driver().connect(settings.jdbcUrl(), properties);
    }

    /**
     * A pooler gives its clients a process number of its own making, so that it can find the query that they cancel.
     */
    private static boolean isPooled(Connection connection) throws SQLException {
        try (
            var statement = connection.createStatement();
            var answer = statement.executeQuery("SELECT pg_catalog.pg_backend_pid()")) {
            answer.next();
            var serverProcess = answer.getInt(1);      // 0: the embedded engine, which is one process
            return serverProcess != 0 && serverProcess != connection.unwrap(PGConnection.class).getBackendPID();
        }
    }

    /**
     * A connection for physical replication, as pg_basebackup makes one: it takes a walsender, obeys the
     * {@code replication} lines of pg_hba.conf, and understands replication commands only (IDENTIFY_SYSTEM, SHOW).
     */
    public static Database openReplication(ConnectionSettings settings, String applicationName) {
        Console.detail("connecting to %s for replication", settings);
        try {
            var session = Session.replication(applicationName);
            var forReplication = settings.forReplication();
            return new Database(driverConnect(forReplication, session), forReplication, session);
        } catch (SQLException e) {
            throw cannotConnect(e, settings);
        }
    }

    /**
     * What tells this cluster from all others, as backups carry it; empty where a superuser took away the right to ask.
     * Behind a name, an address or a balancer each connection may lead to another server: this says whether it did.
     */
    public Optional<String> systemIdentifier() {
        try {
            return first("SELECT system_identifier::text FROM pg_catalog.pg_control_system()", row -> row.getString(1));
        } catch (Failure refused) {
            Console.detail("no system identifier: %s", refused.getMessage());
            return Optional.empty();
        }
    }

    /** Stops what the server does for us: on Ctrl-C a query must not run on without us. */
    private void cancel() {
        try {
            connection.unwrap(PGConnection.class).cancelQuery();
        } catch (SQLException e) {
            Console.detail("cannot cancel the query: %s", e.getMessage());
        }
    }

    public Connection connection() {
        return connection;
    }

    /** The server's process that serves this connection, as in pg_stat_activity. */
    public int processId() {
        try {
            return connection.unwrap(PGConnection.class).getBackendPID();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    public ConnectionSettings settings() {
        return settings;
    }

    /**
     * Does a pooler (pgbouncer and the like) stand between us and the server? Then a server connection is not ours
     * alone.
     */
    public boolean isPooled() {
        return session.isPooled();
    }

    /** For work that needs a session of its own. @param what "a backup", "loading the sample" */
    public Database requireOwnConnection(String what) {
        if (!isPooled()) return this;
        close();
        throw Failure.notReady(
            settings.place() + " is a connection pooler, and " + what + " needs a connection to the server itself",
            "give the host and port of PostgreSQL, mostly port 5432: --host, --port; see docs/PERMISSIONS.md.");
    }

    /** All rows. Values are bound to the question marks of the SQL; arrays of String become text[]. */
    public <T> List<T> list(String sql, RowMapper<T> mapper, Object... values) {
        long started = System.nanoTime();
        for (int attempt = 1;; attempt++) {
            try {
                return ask(sql, mapper, values);
            } catch (SQLException e) {
                if (attempt == MOST_ATTEMPTS || !isTimeoutOfOthers(e, started)) throw failure(e);
                Console.detail("a statement_timeout of the server struck before ours was in force; asking again");
            }
        }
    }

    private <T> List<T> ask(String sql, RowMapper<T> mapper, Object... values) throws SQLException {
        var preamble = inSnapshot ? "" : session.preamble(versionNumber());
        try (var statement = prepare(preamble + sql, values)) {
            statement.execute();
            if (!preamble.isEmpty()) statement.getMoreResults();
            var rows = new ArrayList<T>();
            try (var result = statement.getResultSet()) {
                while (result.next()) rows.add(mapper.map(result));
            }
            return rows;
        }
    }

    /** Only in a pool: a connection of our own has no timeout from its first moment on. */
    private boolean isTimeoutOfOthers(SQLException e, long startedNanos) {
        if (!session.isPooled() || inSnapshot || !QUERY_CANCELED.equals(e.getSQLState()) || Shutdown.inProgress()) {
            return false;
        }
        return session.hasTimeLeft(Duration.ofNanos(System.nanoTime() - startedNanos));
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
     * Runs a statement that has no answer, outside of any transaction block; not one that changes a setting: see
     * {@link Session}.
     */
    public void execute(String sql, Object... values) {
        try (var statement = prepare(sql, values)) {
            statement.execute();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /**
     * From here on each question is a read-only transaction of its own, under these settings. They end with it: nothing
     * of them stays in the connection. Works through a pooler in any mode.
     *
     * @param questionSettings by their names, {@code statement_timeout} in milliseconds among them
     */
    public Database readOnlyQuestions(Map<String, String> questionSettings) {
        session.readOnly(questionSettings);
        return this;
    }

    /**
     * From here on one read-only transaction, with one snapshot for all questions and for {@link #connection()}. Its
     * settings end with it.
     *
     * @param transactionSettings by their names, {@code statement_timeout} in milliseconds among them
     * @throws Failure not ready, when a pooler gives no transactions
     */
    public Database readOnlySnapshot(Map<String, String> transactionSettings) {
        session.readOnly(transactionSettings);
        for (int attempt = 1;; attempt++) {
            try (
                var statement =
                    prepare("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + session.preamble(versionNumber()))) {
                statement.execute();
                inSnapshot = true;
                return this;
            } catch (SQLException e) {
                if (attempt < MOST_ATTEMPTS && session.isPooled() && QUERY_CANCELED.equals(e.getSQLState())) {
                    execute("ROLLBACK");
                    continue;
                }
                close();
                if (!session.isPooled() || QUERY_CANCELED.equals(e.getSQLState())) throw failure(e);
                throw Failure.notReady(
                    settings.place() + " is a connection pooler that gives no transactions (pool_mode = statement)",
                    "give the host and port of PostgreSQL itself, or a pool with pool_mode = transaction.");
            }
        }
    }

    private int versionNumber() {
        try {
            return connection.unwrap(BaseConnection.class).getQueryExecutor().getServerVersionNum();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    @Override
    public void close() {
        whenStopped.close();
        try {
            if (inSnapshot && !connection.isClosed()) execute("ROLLBACK");
        } catch (SQLException | Failure e) {
            Console.detail("while ending the transaction: %s", e.getMessage());
        }
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
                    values[i] instanceof Instant time ? time.atOffset(ZoneOffset.UTC) : values[i]);
            }
        }
        return statement;
    }

    private static Failure cannotConnect(SQLException e, ConnectionSettings settings) {
        var state = e.getSQLState() == null ? "" : e.getSQLState();
        var reached = "cannot reach " + settings.place() + ": ";
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException) {
                return new Failure(
                    ExitCode.NO_CONNECTION,
                    reached + "no answer in time",
                    "is a firewall between? The embedded engine serves one connection at a time: is another "
                        + "client connected?",
                    e);
            }
            if (cause instanceof ConnectException || settings.isSocket() && cause instanceof IOException) {
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
