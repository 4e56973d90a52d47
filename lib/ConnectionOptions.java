package lib;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the database is, typed as for psql. What is not typed comes from the environment, see {@link ConnectionSettings#resolve}. */
public final class ConnectionOptions {
    @Option(names = {"-h", "--host"}, paramLabel = "HOST", description = "database server, or the directory of its Unix socket (PGHOST)")
    String host;

    @Option(names = {"-p", "--port"}, paramLabel = "PORT", description = "its port (PGPORT, default 5432)")
    Integer port;

    @Option(names = {"-U", "--user"}, paramLabel = "USER", description = "database user (PGUSER)")
    String user;

    @Option(names = {"-d", "--dbname"}, paramLabel = "DB", description = "database name, or a URL (PGDATABASE)")
    String database;

    @Option(names = "--url", paramLabel = "URL",
            description = "postgresql://user@host:port/db or jdbc:postgresql://…; the password comes from PGPASSWORD or ~/.pgpass")
    String url;

    /** Everything that is needed to connect, from all the places psql looks at, then {@code ./.env}, then the defaults. */
    public ConnectionSettings settings() {
        var typed = new java.util.HashMap<String, String>();
        var place = url;
        if (database != null && (database.startsWith("postgresql://") || database.startsWith("postgres://"))) {
            place = database;
        } else if (database != null) {
            typed.put("dbname", database);
        }
        if (host != null) typed.put("host", host);
        if (port != null) typed.put("port", port.toString());
        if (user != null) typed.put("user", user);
        return ConnectionSettings.resolve(typed, place, System.getenv(), Path.of(".env"));
    }
}
