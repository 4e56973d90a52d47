//SOURCES ConnectionSettings.java ConnectionUrl.java
package lib.database;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * Where the database is, typed as for psql. What is not typed comes from the environment, see
 * {@link ConnectionSettings#resolve}.
 */
public final class ConnectionOptions {
    @Option(
        names = {"-h", "--host"},
        paramLabel = "HOST",
        description = "database server, or the directory of its Unix socket (PGHOST)")
    String host;

    @Option(names = {"-p", "--port"}, paramLabel = "PORT", description = "its port (PGPORT, default 5432)")
    Integer port;

    @Option(names = {"-U", "--user"}, paramLabel = "USER", description = "database user (PGUSER)")
    String user;

    @Option(names = {"-d", "--dbname"}, paramLabel = "DB", description = "database name, or a URL (PGDATABASE)")
    String database;

    @Option(
        names = "--url",
        paramLabel = "URL",
        description = "postgresql://user@host:port/db or jdbc:postgresql://…; the password comes from PGPASSWORD "
            + "or ~/.pgpass")
    String url;

    private boolean namesUrl() {
        return database != null && ConnectionUrl.isOne(database);
    }

    /**
     * Everything that is needed to connect, from all the places psql looks at, then {@code ./.env}, then the defaults.
     */
    public ConnectionSettings settings() {
        return settings(Map.of());
    }

    /** For a tool that works on a whole cluster: without -d and PGDATABASE to the database postgres, else template1. */
    public ConnectionSettings clusterSettings() {
        return settings().forCluster();
    }

    /**
     * The same, with the words of a config file between the command line and the environment. @param file libpq's
     * words, or url
     */
    public ConnectionSettings settings(Map<String, String> file) {
        var typed = new HashMap<String, String>();
        var place = url;
        if (namesUrl()) {
            place = database;
        } else if (database != null) {
            typed.put("dbname", database);
        }
        if (host != null) typed.put("host", host);
        if (port != null) typed.put("port", port.toString());
        if (user != null) typed.put("user", user);
        if (place == null) {           // a typed URL names another server: the file's words are not for that one
            place = file.get("url");
            file.forEach(typed::putIfAbsent);
            typed.remove("url");
        }
        return ConnectionSettings.resolve(typed, place, System.getenv(), Path.of(".env"));
    }
}
