//SOURCES ../Console.java ../DotEnv.java ../ExitCode.java ../Failure.java
package lib.database;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import lib.Console;
import lib.DotEnv;
import lib.ExitCode;
import lib.Failure;

/**
 * Where a database is and how to get in. Its words are libpq's (host, port, user, dbname, sslmode, …).
 *
 * <p>Looked up like psql does, the first that has a value wins: typed options, URL, the service of PGSERVICE, PG* variables,
 * {@code ./.env}, the defaults of {@code make start}; the password from PGPASSWORD, then {@code ~/.pgpass}, then {@code .env}.
 *
 * @param password null when none was found; never printed, never an argument
 * @param more other libpq words that were given (sslrootcert, connect_timeout, …)
 */
public record ConnectionSettings(
    String host,
    int port,
    String user,
    String database,
    String password,
    String sslMode,
    Map<String, String> more) {
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final String DEFAULT_PORT = "5432";
    private static final String DEFAULT_USER = "postgres";
    private static final String BACKUP = "backup";   // not a word of libpq: ours, for what stands behind the socket
    private static final Pattern URL = Pattern.compile(
        "(?:jdbc:)?postgres(?:ql)?://(?:(?<user>[^:@/?]*)(?<password>:[^@/?]*)?@)?(?<host>\\[[^]]*]|[^:/?,]*)(?::(?<port>[^/?,]*))?(?:/(?<db>[^?]*))?(?:\\?(?<query>.*))?");

    /** libpq's environment variables, and the word that each one sets. */
    private static final Map<String, String> VARIABLES = Map.ofEntries(
        Map.entry("PGHOST", "host"),
        Map.entry("PGPORT", "port"),
        Map.entry("PGUSER", "user"),
        Map.entry("PGDATABASE", "dbname"),
        Map.entry("PGPASSWORD", "password"),
        Map.entry("PGPASSFILE", "passfile"),
        Map.entry("PGSSLMODE", "sslmode"),
        Map.entry("PGSSLROOTCERT", "sslrootcert"),
        Map.entry("PGSSLCERT", "sslcert"),
        Map.entry("PGSSLKEY", "sslkey"),
        Map.entry("PGCONNECT_TIMEOUT", "connect_timeout"),
        Map.entry("PGSERVICE", "service"));

    /**
     * @param typed what the command line gave, by libpq's words
     * @param url null, or postgresql://… or jdbc:postgresql://…
     */
    public static ConnectionSettings
        resolve(Map<String, String> typed, String url, Map<String, String> environment, Path dotEnvFile) {
        var words = new HashMap<>(typed);
        if (url != null) {
            parseUrl(url).forEach(words::putIfAbsent);
        }
        var service = words.getOrDefault("service", environment.get("PGSERVICE"));
        if (service != null && !service.isEmpty()) {
            readService(service, environment).forEach(words::putIfAbsent);
        }
        VARIABLES.forEach((variable, word) -> {
            var value = environment.get(variable);
            if (value != null && !value.isEmpty()) words.putIfAbsent(word, value);
        });

        var dotEnv = DotEnv.read(dotEnvFile);
        var host = words.getOrDefault("host", dotEnv.getOrDefault("PGHOST", DEFAULT_HOST));
        var portText = words.getOrDefault("port", dotEnv.getOrDefault("PGPORT", DEFAULT_PORT));
        int port = parsePort(portText);
        // .env describes one server: what it says of users, passwords and TLS is meant for that server alone.
        var ours = host.equals(dotEnv.getOrDefault("PGHOST", DEFAULT_HOST))
            && portText.equals(dotEnv.getOrDefault("PGPORT", DEFAULT_PORT))
                ? dotEnv
                : Map.<String, String>of();
        var user = words.getOrDefault("user", ours.getOrDefault("PGUSER", DEFAULT_USER));
        var database = words.getOrDefault("dbname", ours.getOrDefault("PGDATABASE", user));
        var sslMode = words.getOrDefault("sslmode", ours.getOrDefault("PGSSLMODE", "prefer"));
        var password = words.get("password");
        if (password == null) {
            password = readPassfile(words, environment, host, port, database, user);
        }
        if (password == null && user.equals(ours.getOrDefault("PGUSER", DEFAULT_USER))) {
            password = ours.get("PGPASSWORD");
        }
        var more = new LinkedHashMap<String, String>();
        for (var word : List.of("sslrootcert", "sslcert", "sslkey", "connect_timeout", "options")) {
            if (words.containsKey(word)) more.put(word, words.get(word));
        }
        return new ConnectionSettings(host, port, user, database, password, sslMode, Map.copyOf(more));
    }

    public ConnectionSettings withDatabase(String name) {
        return new ConnectionSettings(host, port, user, name, password, sslMode, more);
    }

    /** A server's private socket directory, as used to look into a backup. */
    public static ConnectionSettings ofSocket(Path directory, int port, String user, String database) {
        return new ConnectionSettings(directory.toString(), port, user, database, null, "disable", Map.of());
    }

    /** @param options as libpq takes them, {@code -c name=value …}: they beat what ALTER ROLE and ALTER DATABASE have set */
    public ConnectionSettings withOptions(String options) {
        var all = new LinkedHashMap<>(more);
        all.merge("options", options, (before, added) -> before + " " + added);
        return new ConnectionSettings(host, port, user, database, password, sslMode, Map.copyOf(all));
    }

    /** The same, where people know the place as a backup of this name, and not by the socket of the server that was booted for it. */
    public ConnectionSettings ofBackup(String name) {
        var all = new LinkedHashMap<>(more);
        all.put(BACKUP, name);
        return new ConnectionSettings(host, port, user, database, password, sslMode, Map.copyOf(all));
    }

    /** A copy that was booted from a backup: its data is the original's, its settings are not. */
    public boolean isOfBackup() {
        return more.containsKey(BACKUP);
    }

    /** "127.0.0.1:5432", for messages. */
    public String place() {
        if (isOfBackup()) return "backup " + more.get(BACKUP);
        return isSocket() ? host + "/.s.PGSQL." + port : (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    public boolean isSocket() {
        return host.startsWith("/");
    }

    /** The environment for PostgreSQL's own programs: they find the same server, and no secret stands in their arguments. */
    public Map<String, String> environment() {
        var env = new LinkedHashMap<String, String>();
        env.put("PGHOST", host);
        env.put("PGPORT", String.valueOf(port));
        env.put("PGUSER", user);
        env.put("PGDATABASE", database);
        env.put("PGSSLMODE", sslMode);
        if (password != null) env.put("PGPASSWORD", password);
        VARIABLES.forEach((variable, word) -> {
            if (more.containsKey(word)) env.put(variable, more.get(word));
        });
        if (more.containsKey("options")) env.put("PGOPTIONS", more.get("options"));
        return env;
    }

    String jdbcUrl() {
        return "jdbc:postgresql://" + (isSocket() ? "localhost" : host.contains(":") ? "[" + host + "]" : host) + ":"
            + port + "/"
            + java.net.URLEncoder.encode(database, StandardCharsets.UTF_8);
    }

    Properties jdbcProperties() {
        var p = new Properties();
        p.setProperty("user", user);
        p.setProperty("password", password == null ? "" : password);   // without one the driver would look for it by itself
        p.setProperty("sslmode", isSocket() ? "disable" : sslMode);
        p.setProperty("connectTimeout", more.getOrDefault("connect_timeout", "10"));
        if (isSocket()) {
            p.setProperty("socketFactory", "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg");
            p.setProperty("socketFactoryArg", host + "/.s.PGSQL." + port);
        }
        for (var word : List.of("sslrootcert", "sslcert", "sslkey", "options")) {
            if (more.containsKey(word)) p.setProperty(word, more.get(word));
        }
        return p;
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return user + "@" + place() + "/" + database;
    }

    private static int parsePort(String text) {
        try {
            int port = Integer.parseInt(text.strip());
            if (port >= 1 && port <= 65535) return port;
        } catch (NumberFormatException notANumber) {
            // said below
        }
        throw Failure
            .usage("'" + text + "' is not a port", "a port is a number from 1 to 65535; PostgreSQL's own is 5432.");
    }

    private static Map<String, String> parseUrl(String url) {
        var m = URL.matcher(url);
        if (!m.matches()) {
            throw Failure.usage(
                "that URL is not of the form postgresql://user@host:port/dbname",
                "several hosts in one URL are not supported.");
        }
        var words = new HashMap<String, String>();
        put(words, "user", m.group("user"));
        put(words, "host", m.group("host") == null ? null : m.group("host").replaceAll("^\\[|]$", ""));
        put(words, "port", m.group("port"));
        put(words, "dbname", m.group("db"));
        if (m.group("query") != null) {
            for (var pair : m.group("query").split("&")) {
                var kv = pair.split("=", 2);
                var word = kv[0].equals("database") ? "dbname" : kv[0];
                put(words, word, kv.length > 1 ? kv[1] : "");
            }
        }
        if (m.group("password") != null || words.containsKey("password")) {
            throw Failure.usage(
                "the URL holds a password, and everybody on this machine could read it in the process list",
                "leave it out of the URL and set PGPASSWORD, or add a line to ~/.pgpass.");
        }
        return words;
    }

    private static void put(Map<String, String> words, String word, String value) {
        if (value != null && !value.isEmpty())
            words.put(word, URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8));
    }

    /** A section of pg_service.conf: the user's own file first, then the system's. */
    private static Map<String, String> readService(String service, Map<String, String> environment) {
        var files = new ArrayList<Path>();
        var home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        files.add(
            environment.containsKey("PGSERVICEFILE") ? Path.of(environment.get("PGSERVICEFILE"))
                : Path.of(home, ".pg_service.conf"));
        files.add(Path.of(environment.getOrDefault("PGSYSCONFDIR", "/etc/postgresql-common"), "pg_service.conf"));
        for (var file : files) {
            if (!Files.isReadable(file)) continue;
            Map<String, String> words = null;
            for (var raw : lines(file)) {
                var line = raw.strip();
                if (line.startsWith("[")) {
                    if (words != null) return words;
                    if (line.equals("[" + service + "]")) words = new HashMap<>();
                } else if (words != null && !line.startsWith("#") && line.contains("=")) {
                    var kv = line.split("=", 2);
                    words.put(kv[0].strip(), kv[1].strip());
                }
            }
            if (words != null) return words;
        }
        throw Failure.usage(
            "the service \"" + service + "\" is in no service file",
            "looked at: " + String.join(", ", files.stream().map(Path::toString).toList()) + ".");
    }

    /** The password of the first matching line host:port:database:user:password, as libpq reads it. */
    private static String readPassfile(
        Map<String, String> words,
        Map<String, String> environment,
        String host,
        int port,
        String database,
        String user) {
        var home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        var file = words.containsKey("passfile") ? Path.of(words.get("passfile")) : Path.of(home, ".pgpass");
        if (!Files.isRegularFile(file)) return null;
        if (isOpenToOthers(file)) {
            Console.warn("%s is ignored: others may read it; cure: chmod 0600 %s", file, file);
            return null;
        }
        var wanted = List.of(host.startsWith("/") ? "localhost" : host, String.valueOf(port), database, user);
        for (var line : lines(file)) {
            if (line.startsWith("#")) continue;
            var fields = splitPassfileLine(line);
            if (fields.size() < 5) continue;
            boolean matches = true;
            for (int i = 0; i < 4; i++) {
                matches &= fields.get(i).equals("*") || fields.get(i).equals(wanted.get(i));
            }
            if (matches) return fields.get(4);
        }
        return null;
    }

    private static List<String> splitPassfileLine(String line) {
        var fields = new ArrayList<String>();
        var field = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && i + 1 < line.length()) {
                field.append(line.charAt(++i));
            } else if (c == ':' && fields.size() < 4) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }

    private static boolean isOpenToOthers(Path file) {
        try {
            var modes = Files.getPosixFilePermissions(file);
            return modes.stream()
                .anyMatch(
                    m -> m != PosixFilePermission.OWNER_READ && m != PosixFilePermission.OWNER_WRITE
                        && m != PosixFilePermission.OWNER_EXECUTE);
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + file + ": " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
    }
}
