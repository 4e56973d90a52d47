//SOURCES ../Console.java ../DotEnv.java ../Failure.java ../NativeLibraries.java ClientKey.java ConnectionUrl.java
//SOURCES ConnectionWord.java PasswordFile.java ServerAddress.java ServiceFile.java Session.java
package lib.database;

import java.net.InetAddress;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import lib.Console;
import lib.DotEnv;
import lib.Failure;
import lib.NativeLibraries;

/**
 * Where a database is and how to get in. Its words are libpq's: see {@link ConnectionWord}.
 *
 * <p>Looked up like psql does, the first that has a value wins: typed options, URL, the service of PGSERVICE, PG*
 * variables,
 * {@code ./.env}, the defaults of {@code make start}; the password from PGPASSWORD, then {@code ~/.pgpass}, then
 * {@code .env}.
 *
 * <p>Several servers may be meant. {@link Database#open} connects to one of them, and its own settings name that one
 * alone, with its address: whatever goes on from there, our SQL and PostgreSQL's programs, reaches the same server.
 */
public final class ConnectionSettings {
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final String DEFAULT_PORT = "5432";
    private static final String DEFAULT_USER = "postgres";

    /** Where a password may be found that was not given. @param last the one of .env, or null */
    private record Passwords(PasswordFile file, String last) {}

    /** What it is for. */
    private record Purpose(boolean wholeCluster, boolean replication) {
        static final Purpose ORDINARY = new Purpose(false, false);
    }

    private final Map<String, String> words;
    private final Passwords passwords;
    private final Purpose purpose;

    private ConnectionSettings(Map<String, String> words, Passwords passwords, Purpose purpose) {
        this.words = Collections.unmodifiableMap(words);
        this.passwords = passwords;
        this.purpose = purpose;
    }

    /**
     * @param typed what the command line gave, by libpq's words
     * @param url null, or postgresql://… or jdbc:postgresql://…
     */
    public static ConnectionSettings
        resolve(Map<String, String> typed, String url, Map<String, String> environment, Path dotEnvFile) {
        var words = new LinkedHashMap<String, String>();
        typed.forEach((word, value) -> ConnectionUrl.putOnce(words, word, value, "the connection"));
        if (url != null) add(words, ConnectionUrl.parse(url));
        var service = words.getOrDefault("service", environment.getOrDefault("PGSERVICE", ""));
        if (!service.isEmpty()) {
            var named = words.getOrDefault("servicefile", environment.get("PGSERVICEFILE"));
            add(words, ServiceFile.of(named, environment).words(service));
        }
        add(words, variables(environment));
        return complete(words, environment, DotEnv.read(dotEnvFile));
    }

    private static Map<String, String> variables(Map<String, String> environment) {
        var words = new LinkedHashMap<String, String>();
        for (var word : ConnectionWord.values()) {
            var value = word.variable() == null ? "" : environment.getOrDefault(word.variable(), "");
            if (!value.isEmpty()) ConnectionUrl.putOnce(words, word.word(), value, word.variable());
        }
        return words;
    }

    /**
     * What stands there already comes first. An address belongs to the host that it was written with, and to no other.
     */
    private static void add(Map<String, String> words, Map<String, String> more) {
        boolean hasPlace = words.containsKey("host") || words.containsKey("hostaddr");
        if (hasPlace && more.containsKey("hostaddr") && !more.get("hostaddr").equals(words.get("hostaddr"))) {
            Console.warn("the address %s is not used: another host was named before it", more.get("hostaddr"));
        }
        more.forEach((word, value) -> {
            if (!hasPlace || !word.equals("host") && !word.equals("hostaddr")) words.putIfAbsent(word, value);
        });
    }

    private static ConnectionSettings
        complete(Map<String, String> words, Map<String, String> environment, Map<String, String> dotEnv) {
        if (!words.containsKey("host")) {
            words.put("host", words.getOrDefault("hostaddr", dotEnv.getOrDefault("PGHOST", DEFAULT_HOST)));
        }
        words.putIfAbsent("port", dotEnv.getOrDefault("PGPORT", DEFAULT_PORT));
        // .env describes one server: what it says of users, passwords and TLS is meant for that server alone.
        var ours = words.get("host").equals(dotEnv.getOrDefault("PGHOST", DEFAULT_HOST))
            && words.get("port").equals(dotEnv.getOrDefault("PGPORT", DEFAULT_PORT))
                ? dotEnv
                : Map.<String, String>of();
        words.putIfAbsent("user", ours.getOrDefault("PGUSER", DEFAULT_USER));
        if (ours.containsKey("PGDATABASE")) words.putIfAbsent("dbname", ours.get("PGDATABASE"));
        var system = "system".equals(words.get("sslrootcert"));
        words.putIfAbsent("sslmode", system ? "verify-full" : ours.getOrDefault("PGSSLMODE", "prefer"));
        if (system && !words.get("sslmode").equals("verify-full")) {
            throw Failure.usage(
                "sslrootcert=system goes with sslmode=verify-full only, as anybody can have a certificate of a "
                    + "public authority",
                "leave out sslmode.");
        }
        var isOurUser = words.get("user").equals(ours.getOrDefault("PGUSER", DEFAULT_USER));
        var home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        var file =
            words.containsKey("passfile") ? Path.of(words.get("passfile")) : Path.of(home, ".pgpass");
        words.keySet().removeAll(List.of("service", "servicefile"));
        var settings = new ConnectionSettings(
            words,
            new Passwords(new PasswordFile(file), isOurUser ? ours.get("PGPASSWORD") : null),
            Purpose.ORDINARY);
        settings.named();              // what cannot be understood is said at once
        return settings;
    }

    private ConnectionSettings with(String word, String value) {
        var changed = new LinkedHashMap<>(words);
        if (value == null) changed.remove(word);
        else changed.put(word, value);
        return new ConnectionSettings(changed, passwords, purpose);
    }

    public ConnectionSettings withDatabase(String name) {
        return with("dbname", name);
    }

    /** @param password null for none */
    public ConnectionSettings withPassword(String password) {
        return with("password", password);
    }

    /**
     * @param options as libpq takes them, {@code -c name=value …}: they beat what ALTER ROLE and ALTER DATABASE have
     *        set
     */
    public ConnectionSettings withOptions(String options) {
        var before = words.get("options");
        return with("options", before == null ? options : before + " " + options);
    }

    /** A server's private socket directory, as used to look into a backup. */
    public static ConnectionSettings ofSocket(Path directory, int port, String user, String database) {
        var words = new LinkedHashMap<String, String>();
        words.put("host", directory.toString());
        words.put("port", String.valueOf(port));
        words.put("user", user);
        words.put("dbname", database);
        words.put("sslmode", "disable");
        return new ConnectionSettings(words, new Passwords(null, null), Purpose.ORDINARY);
    }

    /**
     * For a tool that works on the whole cluster: without a database that was named it takes the one that each cluster
     * has.
     */
    public ConnectionSettings forCluster() {
        return new ConnectionSettings(words, passwords, new Purpose(true, false));
    }

    boolean isForCluster() {
        return purpose.wholeCluster();
    }

    /** For PostgreSQL's replication programs: their line in {@code ~/.pgpass} has "replication" as its database. */
    public ConnectionSettings forReplication() {
        return new ConnectionSettings(words, passwords, new Purpose(purpose.wholeCluster(), true));
    }

    /** "127.0.0.1:5432", for messages. */
    public String place() {
        return String.join(", ", named().stream().map(ServerAddress::place).toList());
    }

    public String host() {
        return named().getFirst().host();
    }

    public int port() {
        return named().getFirst().port();
    }

    public String user() {
        return words.get("user");
    }

    public String database() {
        return databases().getFirst();
    }

    /** Those to try, in this order. */
    List<String> databases() {
        if (words.containsKey("dbname")) return List.of(words.get("dbname"));
        return purpose.wholeCluster() ? List.of("postgres", "template1") : List.of(user());
    }

    public String sslMode() {
        return words.get("sslmode");
    }

    /** Null when none was found; never printed, never an argument. */
    public String password() {
        if (words.containsKey("password")) return words.get("password");
        if (passwords.file() != null) {
            // One password opens all databases to a role: pg_basebackup's line will do for our SQL too, and the other
            // way round.
            var lines = new ArrayList<>(List.of(database()));
            if (purpose.replication()) {
                lines.addFirst(PasswordFile.REPLICATION);
            } else if (purpose.wholeCluster()) {
                lines.addLast(PasswordFile.REPLICATION);
            }
            for (var line : lines) {
                var found = passwords.file().password(host(), port(), line, user());
                if (found != null) return found;
            }
        }
        return passwords.last();
    }

    /** Said before any work that will need a Unix socket. */
    public static void mustReachSockets() {
        NativeLibraries.mustLoad(
            "junixsocket",
            () -> Class.forName("org.newsclub.net.unix.AFUNIXSocket").getMethod("ensureSupported").invoke(null));
    }

    public boolean isSocket() {
        return host().startsWith("/");
    }

    /** {@code target_session_attrs}. */
    String wantedKind() {
        return words.getOrDefault("target_session_attrs", "any");
    }

    ConnectionSettings ofAnyKind() {
        return with("target_session_attrs", null);
    }

    /** The servers as they are named, their names not looked up: address is what hostaddr says, or null. */
    private List<ServerAddress> named() {
        var hosts = ConnectionUrl.list(words.get("host"));
        var ports = ConnectionUrl.list(words.get("port"));
        var addresses = words.containsKey("hostaddr") ? ConnectionUrl.list(words.get("hostaddr")) : null;
        if (addresses != null && addresses.size() != hosts.size()) {
            throw Failure.usage(
                "%d hosts and %d addresses (hostaddr) were given".formatted(hosts.size(), addresses.size()),
                "each host needs its address, in the same order.");
        }
        if (ports.size() != 1 && ports.size() != hosts.size()) {
            throw Failure.usage(
                "%d hosts and %d ports were given".formatted(hosts.size(), ports.size()),
                "give one port for all, or one for each host in the same order.");
        }
        var all = new ArrayList<ServerAddress>();
        for (int i = 0; i < hosts.size(); i++) {
            var host = hosts.get(i).isEmpty() ? DEFAULT_HOST : hosts.get(i);
            var port = ports.get(ports.size() == 1 ? 0 : i);
            var address = addresses == null || addresses.get(i).isEmpty() ? null : requireDigits(addresses.get(i));
            all.add(new ServerAddress(host, address, parsePort(port.isEmpty() ? DEFAULT_PORT : port)));
        }
        return all;
    }

    /**
     * Every address that may be meant, in the order to try them. @throws UnknownHostException when no name leads
     * anywhere
     */
    List<ServerAddress> addresses() throws UnknownHostException {
        var all = new ArrayList<ServerAddress>();
        UnknownHostException unknown = null;
        var named = new ArrayList<>(named());
        if ("random".equals(words.get("load_balance_hosts"))) Collections.shuffle(named);
        for (var one : named) {
            if (one.isSocket() || one.address() != null) {
                all.add(one);
                continue;
            }
            try {
                for (var address : InetAddress.getAllByName(one.host())) {
                    all.add(new ServerAddress(one.host(), address.getHostAddress(), one.port()));
                }
            } catch (UnknownHostException e) {
                unknown = e;
            }
        }
        if (all.isEmpty() && unknown != null) throw unknown;
        return all;
    }

    /** This one server and this one database from here on. */
    ConnectionSettings pinned(ServerAddress server, String database) {
        return with("host", server.host()).with("port", String.valueOf(server.port()))
            .with("hostaddr", server.isSocket() ? null : server.address())
            .with("dbname", database)
            .with("target_session_attrs", null)
            .with("load_balance_hosts", null);
    }

    /**
     * The environment for PostgreSQL's own programs: they find the same server, and no secret stands in their
     * arguments. It is complete: every other PG* variable has to go, as {@link lib.Program#with} sees to.
     */
    public Map<String, String> environment() {
        var env = new LinkedHashMap<String, String>();
        for (var word : ConnectionWord.values()) {
            if (word.isUsed() && words.containsKey(word.word())) env.put(word.variable(), words.get(word.word()));
        }
        env.put("PGDATABASE", database());
        var given = words.get("options");
        env.put("PGOPTIONS", Session.startOptions(true) + (given == null ? "" : " " + given));
        env.remove("PGPASSFILE");
        var password = password();
        if (password != null) env.put("PGPASSWORD", password);
        else if (passwords.file() != null && Files.isRegularFile(passwords.file().path())) {
            env.put("PGPASSFILE", passwords.file().path().toString());
        }
        return env;
    }

    String jdbcUrl() {
        var host = isSocket() ? "localhost" : host();
        return "jdbc:postgresql://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port() + "/"
            + URLEncoder.encode(database(), StandardCharsets.UTF_8);
    }

    Properties jdbcProperties() {
        var p = new Properties();
        for (var word : ConnectionWord.values()) {
            if (word.property() != null && words.containsKey(word.word())) {
                p.setProperty(word.property(), words.get(word.word()));
            }
        }
        var password = password();
        p.setProperty("user", user());
        // without one the driver would look for it by itself
        p.setProperty("password", password == null ? "" : password);
        p.putIfAbsent("connectTimeout", "10");
        if (isSocket()) {
            p.setProperty("sslmode", "disable");
            p.setProperty("socketFactory", "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg");
            p.setProperty("socketFactoryArg", host() + "/.s.PGSQL." + port());
            return p;
        }
        if (words.containsKey("hostaddr")) {
            p.setProperty("socketFactory", ServerAddress.Sockets.class.getName());
            p.setProperty("socketFactoryArg", words.get("hostaddr"));
        }
        ClientKey.asLibpqReadsThem(p);
        return p;
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return user() + "@" + place() + "/" + database();
    }

    private static String requireDigits(String address) {
        if (address.matches("[0-9a-fA-F.:]+(%\\w+)?") && address.matches(".*[.:].*")) return address;
        throw Failure.usage("hostaddr '" + address + "' is not an IP address", "a name goes into host.");
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
}
