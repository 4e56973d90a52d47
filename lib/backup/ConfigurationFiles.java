//SOURCES ../Console.java ../Failure.java ../database/Database.java ClusterFacts.java
package lib.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import lib.Console;
import lib.Failure;
import lib.database.Database;

/**
 * The server's configuration files. A base backup has those within the data directory, and only when they are no links
 * there; with Debian's packages all lie elsewhere. What it does not have is read here: through the server, or from this
 * machine's disk when the file there is certainly the server's.
 */
public final class ConfigurationFiles {
    /**
     * @param setting config_file, hba_file, ident_file, include, or that of a file for TLS. @param path on the server
     */
    public record Named(String setting, String path) {
        /** Keys and certificates are named, never copied. */
        boolean isCopied() {
            return COPIED.contains(setting);
        }
    }

    /** @param bytes null when it could not be read; then {@code why} says why */
    record Content(byte[] bytes, String why) {}

    private static final Set<String> COPIED = Set.of("config_file", "hba_file", "ident_file", "include");

    private final Database database;
    private final ClusterFacts.Cluster cluster;
    private final List<Named> all;

    private ConfigurationFiles(Database database, ClusterFacts.Cluster cluster, List<Named> all) {
        this.database = database;
        this.cluster = cluster;
        this.all = all;
    }

    /** Asks which files there are; reads none. Empty when this role may not know. */
    static ConfigurationFiles of(Database database, ClusterFacts.Cluster cluster) {
        return new ConfigurationFiles(database, cluster, cluster.knowsSettings() ? named(database) : List.of());
    }

    private static List<Named> named(Database database) {
        var files = new LinkedHashMap<String, Named>();
        database.list(
            """
                SELECT name, setting FROM pg_catalog.pg_settings
                WHERE name IN ('config_file', 'hba_file', 'ident_file') AND setting <> ''
                ORDER BY name
                """,
            row -> files.put(row.getString(2), new Named(row.getString(1), row.getString(2))));
        for (var path : included(database)) files.putIfAbsent(path, new Named("include", path));
        database.list(
            """
                SELECT name, setting FROM pg_catalog.pg_settings
                WHERE name IN ('ssl_cert_file', 'ssl_key_file', 'ssl_ca_file', 'ssl_crl_file', 'ssl_dh_params_file',
                               'krb_server_keyfile')
                  AND setting LIKE '/%' AND pg_catalog.current_setting('ssl') = 'on'
                ORDER BY name
                """,
            row -> files.putIfAbsent(row.getString(2), new Named(row.getString(1), row.getString(2))));
        return List.copyOf(files.values());
    }

    /**
     * Files that the main ones include. The view of all of them is for those who may; the settings in force name
     * theirs.
     */
    private static List<String> included(Database database) {
        var found = new ArrayList<String>();
        for (var sql : List.of(
            "SELECT DISTINCT sourcefile FROM pg_catalog.pg_settings WHERE sourcefile IS NOT NULL ORDER BY 1",
            "SELECT DISTINCT sourcefile FROM pg_catalog.pg_file_settings WHERE sourcefile IS NOT NULL ORDER BY 1",
            "SELECT DISTINCT pg_catalog.to_jsonb(r) ->> 'file_name' FROM pg_catalog.pg_hba_file_rules AS r WHERE "
                + "pg_catalog.to_jsonb(r) ? 'file_name' ORDER BY 1")) {
            try {
                found.addAll(database.list(sql.replace(" ? ", " OPERATOR(pg_catalog.??) "), row -> row.getString(1)));
            } catch (Failure notAllowed) {
                Console.detail("some included configuration files may be unknown: %s", notAllowed.getMessage());
            }
        }
        return found.stream().distinct().toList();
    }

    boolean isKnown() {
        return cluster.knowsSettings();
    }

    /** Those that lie outside of the data directory. */
    List<Named> outside() {
        return all.stream().filter(f -> !isInside(f.path())).toList();
    }

    /** Those that the backup does not have. @param hasFile does it have this file of the data directory? */
    List<Named> missing(Predicate<String> hasFile) {
        return all.stream().filter(f -> !isInside(f.path()) || !hasFile.test(inside(f.path()))).toList();
    }

    private boolean isInside(String path) {
        return !path.startsWith("/") || path.startsWith(dataDirectory());
    }

    private String inside(String path) {
        return path.startsWith("/") ? path.substring(dataDirectory().length()) : path;
    }

    private String dataDirectory() {
        return cluster.dataDirectory().endsWith("/") ? cluster.dataDirectory() : cluster.dataDirectory() + "/";
    }

    /**
     * Where each goes below {@code conf/}: includes keep their place beside the main file, so that relative includes
     * work.
     */
    static Map<Named, String> places(List<Named> files) {
        var main = files.stream()
            .filter(f -> f.setting().equals("config_file"))
            .map(f -> Path.of(f.path()).getParent())
            .findFirst();
        var places = new LinkedHashMap<Named, String>();
        for (var f : files) {
            var path = Path.of(f.path());
            var name = main.isPresent() && path.startsWith(main.get()) ? main.get().relativize(path).toString()
                : path.getFileName().toString();
            while (places.containsValue(name)) name = "_" + name;
            places.put(f, name);
        }
        return places;
    }

    /**
     * Reads all that are copied: before the copy of the cluster, which may take so long that the connection is lost
     * meanwhile.
     */
    Map<Named, Content> contents() {
        var contents = new LinkedHashMap<Named, Content>();
        boolean byServer = isKnown() && isReadByServer();
        for (var file : all) {
            if (file.isCopied()) contents.put(file, read(file, byServer));
        }
        return contents;
    }

    private Content read(Named file, boolean byServer) {
        var why = "this role may not read it through the server, and it is not on this machine or not readable here";
        if (byServer) {
            try {
                var sql = "SELECT pg_catalog.pg_read_binary_file(?)";
                return new Content(database.one(sql, row -> row.getBytes(1), file.path()), null);
            } catch (Failure refused) {
                why = refused.getMessage();
            }
        }
        var here = readHere(file);
        return here.isPresent() ? new Content(here.get(), null) : new Content(null, why);
    }

    /** May we read it, one way or the other? */
    boolean isReadable(Named file) {
        return isReadByServer() || readHere(file).isPresent();
    }

    private boolean isReadByServer() {
        return database.one(
            """
                SELECT pg_catalog.has_function_privilege('pg_catalog.pg_read_binary_file(text)', 'EXECUTE')
                   AND pg_catalog.pg_has_role(current_user, 'pg_read_server_files', 'USAGE')
                """,
            row -> row.getBoolean(1));
    }

    private Optional<byte[]> readHere(Named file) {
        try {
            var path = Path.of(file.path());
            return isOfThisServer() && Files.isReadable(path) ? Optional.of(Files.readAllBytes(path))
                : Optional.empty();
        } catch (IOException e) {
            Console.detail("cannot read %s: %s", file.path(), e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * 127.0.0.1 may be a container, or a tunnel to another machine, with files of the same names. A postgresql.conf
     * that names the server's data directory and port, or a data directory with the server's number in it, is the
     * server's.
     */
    private boolean isOfThisServer() throws IOException {
        var settings = database.settings();
        if (!settings.isSocket() && !Set.of("127.0.0.1", "::1", "localhost").contains(settings.host())) return false;
        var main = all.stream().filter(f -> f.setting().equals("config_file")).findFirst();
        if (main.isEmpty() || !Files.isReadable(Path.of(main.get().path()))) return false;
        var text = Files.readString(Path.of(main.get().path()), StandardCharsets.ISO_8859_1);
        return isSet(text, "data_directory", cluster.dataDirectory())
            && isSet(text, "port", String.valueOf(settings.port()));
    }

    private static boolean isSet(String text, String setting, String value) {
        return Pattern.compile("(?mi)^\\s*" + setting + "\\s*=?\\s*'?" + Pattern.quote(value) + "/?'?\\s*(#.*)?$")
            .matcher(text)
            .find();
    }

    /** Where pg_wal really lies, when it is a link and we can see it from here; else null. */
    String walDirectory() {
        if (!isKnown()) return null;
        try {
            var wal = Path.of(cluster.dataDirectory(), "pg_wal");
            if (!Files.isSymbolicLink(wal) || !Files.isDirectory(wal, LinkOption.NOFOLLOW_LINKS) && !isOfThisServer()) {
                return null;
            }
            return wal.toRealPath().toString();
        } catch (IOException | SecurityException notHere) {
            return null;
        }
    }
}
