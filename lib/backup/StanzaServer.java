//SOURCES ../Failure.java ../database/Database.java
package lib.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import lib.Failure;
import lib.database.Database;

/**
 * What pgBackRest has to know about a server.
 *
 * @param settings of the server, by name
 * @param role a superuser that may log in: postgres, where there is one
 * @param database one to connect to: postgres, where there is one
 */
record StanzaServer(int major, Map<String, String> settings, String role, String database) {
    private static final String USUAL = "postgres";

    static StanzaServer of(Database database) {
        int number =
            database.one("SELECT pg_catalog.current_setting('server_version_num')::int AS n", row -> row.getInt("n"));
        if (database.one("SELECT pg_catalog.pg_is_in_recovery()", row -> row.getBoolean(1))) {
            throw Failure.notReady(
                "this server is a standby, and pgBackRest is set up at the primary",
                "connect to the primary with -h.");
        }
        var server = new StanzaServer(number / 10_000, settings(database), role(database), name(database));
        if (!server.settings.containsKey("data_directory")) {
            throw Failure.notReady(
                "this role may not see where the server keeps its data",
                "as a superuser: GRANT pg_read_all_settings TO " + Database.identifier(database.settings().user())
                    + ";");
        }
        return server;
    }

    /** Those that the role may not see are missing. */
    private static Map<String, String> settings(Database database) {
        var settings = new HashMap<String, String>();
        database.list(
            """
                SELECT s.name, s.setting
                FROM pg_catalog.pg_settings AS s
                WHERE s.name IN ('archive_command', 'archive_library', 'archive_mode', 'data_directory', 'port',
                                 'unix_socket_directories', 'wal_level')
                """,
            row -> settings.put(row.getString("name"), row.getString("setting")));
        return settings;
    }

    private static String role(Database database) {
        return database.one(
            """
                SELECT r.rolname
                FROM pg_catalog.pg_roles AS r
                WHERE r.rolsuper AND r.rolcanlogin
                ORDER BY r.rolname <> 'postgres', r.oid
                LIMIT 1
                """,
            row -> row.getString("rolname"));
    }

    private static String name(Database database) {
        return database.one(
            """
                SELECT d.datname
                FROM pg_catalog.pg_database AS d
                WHERE d.datallowconn
                ORDER BY d.datname <> 'postgres', d.datistemplate, d.oid
                LIMIT 1
                """,
            row -> row.getString("datname"));
    }

    String dataDirectory() {
        return settings.get("data_directory");
    }

    String port() {
        return settings.get("port");
    }

    boolean isUsualRole() {
        return role.equals(USUAL);
    }

    boolean isUsualDatabase() {
        return database.equals(USUAL);
    }

    /** The first of its Unix sockets. @throws Failure when it has none: pgBackRest knows no other way */
    String socketDirectory() {
        var first = settings.getOrDefault("unix_socket_directories", "").split(",")[0].strip();
        if (first.startsWith("/")) return first;
        throw Failure.notReady(
            "the server has no Unix socket (unix_socket_directories), and pgBackRest connects by nothing else",
            "ALTER SYSTEM SET unix_socket_directories = '/var/run/postgresql'; then restart the server.");
    }

    /** Something else archives already; null when nothing does. */
    String otherArchiving() {
        var library = settings.getOrDefault("archive_library", "");
        if (!library.isEmpty()) return "archive_library = '" + library + "'";
        if (settings.getOrDefault("archive_mode", "off").equals("off")) return null;
        var command = settings.getOrDefault("archive_command", "");
        return command.isEmpty() || command.equals("(disabled)") || command.contains("pgbackrest") ? null
            : "an archive_command of its own";
    }

    boolean hasArchiveLibrary() {
        return settings.containsKey("archive_library");
    }

    /** archive_mode and wal_level change with a restart only. */
    boolean needsRestart() {
        return settings.getOrDefault("archive_mode", "off").equals("off") || hasMinimalWal();
    }

    boolean hasMinimalWal() {
        return "minimal".equals(settings.get("wal_level"));
    }

    /** The user of this machine that the data belongs to, and who may read it; postgres, when it is elsewhere. */
    String systemUser() {
        try {
            return Files.getOwner(Path.of(dataDirectory())).getName();
        } catch (IOException elsewhere) {
            return USUAL;
        }
    }
}
