package lib.database;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * What the statements of a connection stand on. Roles and databases may have settings of their own (a statement_timeout
 * of 150 ms, read-only, another search_path), and behind a pooler the server connection goes to somebody else as soon
 * as a transaction has ended.
 *
 * <ul>
 * <li>A connection of our own brings its settings with the start packet, so that they hold before the first statement.
 * <li>A pooler takes no such settings, and what is set in its server connection stays for the next client. There they
 * are set by set_config(…, true) in the same pipeline as the question, which is one transaction: it needs no BEGIN, and
 * leaves nothing.
 * <li>No statement is prepared under a name: the next client may have the same name.
 * </ul>
 */
final class Session {
    private enum Kind { OWN, POOLED, REPLICATION }

    /** Against what a role or a database may have: {@code ALTER ROLE ALL SET …}. */
    private static final List<String> OWN_SETTINGS = List.of(
        "statement_timeout=0",
        "lock_timeout=0",
        "idle_in_transaction_session_timeout=0",
        "default_transaction_read_only=off",
        "default_transaction_deferrable=off",
        "default_transaction_isolation=read\\ committed",
        "standard_conforming_strings=on",
        "quote_all_identifiers=off");
    private static final String SINCE_14 = "idle_session_timeout=0";
    private static final int VERSION_17 = 170_000;

    private final Kind kind;
    private final String applicationName;
    private final boolean isOldServer;
    private final Map<String, String> questionSettings = new LinkedHashMap<>();
    private boolean isReadOnly;
    private boolean asLoginRole;

    private Session(Kind kind, String applicationName, boolean isOldServer) {
        this.kind = kind;
        this.applicationName = applicationName;
        this.isOldServer = isOldServer;
    }

    /** @param asLoginRole with the rights of the role that logs in, and not of one that its settings change to */
    static Session ownConnection(String applicationName, boolean asLoginRole) {
        var session = new Session(Kind.OWN, applicationName, false);
        session.asLoginRole = asLoginRole;
        return session;
    }

    static Session pooled(String applicationName) {
        return new Session(Kind.POOLED, applicationName, false);
    }

    static Session replication(String applicationName) {
        return new Session(Kind.REPLICATION, applicationName, false);
    }

    /** The same for a server older than PostgreSQL 14. */
    Session ofOldServer() {
        var older = new Session(kind, applicationName, true);
        older.asLoginRole = asLoginRole;
        return older;
    }

    boolean isPooled() {
        return kind == Kind.POOLED;
    }

    /** {@code -c name=value …}, as the start packet of a connection takes them. */
    static String startOptions(boolean isOldServer) {
        var all = new ArrayList<>(OWN_SETTINGS);
        if (!isOldServer) all.add(SINCE_14);
        return all.stream().map(s -> "-c " + s).collect(Collectors.joining(" "));
    }

    /** The driver's properties. */
    void applyTo(Properties properties) {
        properties.setProperty("prepareThreshold", "0");
        // else the driver sets its settings by SQL, in the pooler's connection
        properties.setProperty("assumeMinServerVersion", "12");
        properties.setProperty("cancelSignalTimeout", "2");
        properties.setProperty("tcpKeepAlive", "true");
        // A name that is sent to a pooler would stay in its server connection.
        properties.setProperty("ApplicationName", kind == Kind.POOLED ? "" : applicationName);
        switch (kind) {
            case OWN -> {
                var given = properties.getProperty("options");
                properties.setProperty(
                    "options",
                    startOptions(isOldServer) + (asLoginRole ? " -c role=none" : "")
                        + (given == null ? "" : " " + given));
            }
            case REPLICATION -> {
                properties.setProperty("replication", "true");
                properties.setProperty("preferQueryMode", "simple");
            }
            case POOLED -> {}
        }
    }

    void readOnly(Map<String, String> settings) {
        isReadOnly = true;
        questionSettings.putAll(settings);
    }

    /** Is our own limit still far away? Then what struck was somebody else's. */
    boolean hasTimeLeft(Duration spent) {
        var limit = Long.parseLong(questionSettings.getOrDefault("statement_timeout", "0"));
        return limit == 0 || spent.toMillis() < limit / 2;
    }

    /**
     * A statement that sets what the next one in the same transaction stands on, with its semicolon; empty when there
     * is nothing to set.
     */
    String preamble(int serverVersion) {
        var settings = new LinkedHashMap<String, String>();
        if (isPooled()) {
            settings.put("statement_timeout", "0");
            settings.put("lock_timeout", "0");
            if (serverVersion >= VERSION_17) settings.put("transaction_timeout", "0");
            settings.put("application_name", applicationName);
        }
        if (isReadOnly) settings.put("transaction_read_only", "on");
        settings.putAll(questionSettings);
        if (settings.isEmpty()) return "";
        return settings.entrySet()
            .stream()
            .map(s -> "pg_catalog.set_config(" + literal(s.getKey()) + ", " + literal(s.getValue()) + ", true)")
            .collect(Collectors.joining(", ", "SELECT /* " + applicationName + ": settings */ ", ";\n"));
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
