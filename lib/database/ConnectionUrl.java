//SOURCES ../Failure.java ConnectionWord.java
package lib.database;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lib.Failure;

/**
 * A place written in one piece, as libpq and the JDBC driver take it:
 * {@code postgresql://user@host:port,host2/db?word=value},
 * {@code jdbc:postgresql://…}, {@code host=… dbname=…}. The outcome is libpq's words.
 */
final class ConnectionUrl {
    /** The JDBC driver's own words that say the same as one of libpq's. */
    private static final Map<String, String> JDBC_WORDS = Map.of(
        "connectTimeout",
        "connect_timeout",
        "channelBinding",
        "channel_binding",
        "gssEncMode",
        "gssencmode",
        "requireAuth",
        "require_auth",
        "sslNegotiation",
        "sslnegotiation",
        "kerberosServerName",
        "krbsrvname",
        "ApplicationName",
        "application_name",
        "tcpKeepAlive",
        "keepalives");
    private static final Map<String, String> TARGET_SERVER_TYPES = Map.of(
        "any",
        "any",
        "primary",
        "primary",
        "master",
        "primary",
        "secondary",
        "standby",
        "slave",
        "standby",
        "preferSecondary",
        "prefer-standby",
        "preferSlave",
        "prefer-standby");

    private final Map<String, String> words = new LinkedHashMap<>();
    private final boolean isJdbc;

    private ConnectionUrl(boolean isJdbc) {
        this.isJdbc = isJdbc;
    }

    /** Is it more than the name of a database? */
    static boolean isOne(String text) {
        return text.matches("(?s)(jdbc:)?postgres(ql)?://.*") || text.contains("=");
    }

    /** @throws Failure wrong usage; no text of it shows the URL, which may hold a password */
    static Map<String, String> parse(String text) {
        if (!text.matches("(?s)(jdbc:)?postgres(ql)?:.*")) {
            if (text.contains("=")) return withoutPassword(KeyValues.parse(text), "the connection string");
            throw malformed();
        }
        var url = new ConnectionUrl(text.startsWith("jdbc:"));
        url.read(text.replaceFirst("^jdbc:", ""));
        return withoutPassword(url.words, "the URL");
    }

    private void read(String url) {
        var rest = url.replaceFirst("^postgres(ql)?:", "");
        if (!rest.startsWith("//")) {
            if (!isJdbc || rest.contains("/") || rest.contains(":")) throw malformed();
            rest = "///" + rest;                                   // jdbc:postgresql:database
        }
        rest = rest.substring(2);
        int query = rest.indexOf('?');
        var place = query < 0 ? rest : rest.substring(0, query);
        int slash = place.indexOf('/');
        var authority = slash < 0 ? place : place.substring(0, slash);
        if (slash >= 0) put("dbname", decoded(place.substring(slash + 1)));
        int at = authority.lastIndexOf('@');
        if (at >= 0) readUser(authority.substring(0, at));
        readHosts(authority.substring(at + 1));
        if (query >= 0) readQuery(rest.substring(query + 1));
    }

    private void readUser(String user) {
        int colon = user.indexOf(':');
        put("user", decoded(colon < 0 ? user : user.substring(0, colon)));
        if (colon >= 0) put("password", decoded(user.substring(colon + 1)));
    }

    private void readHosts(String authority) {
        if (authority.isEmpty()) return;
        var hosts = new ArrayList<String>();
        var ports = new ArrayList<String>();
        for (var one : authority.split(",", -1)) {
            int end = one.startsWith("[") ? one.indexOf(']') : -1;
            if (one.startsWith("[") && end < 0) throw malformed();
            int colon = one.indexOf(':', Math.max(end, 0));
            if (end >= 0 && end + 1 < one.length() && colon != end + 1) throw malformed();
            // an IPv6 address stands in brackets
            if (colon >= 0 && one.indexOf(':', colon + 1) >= 0) throw malformed();
            var host = colon < 0 ? one : one.substring(0, colon);
            hosts.add(decoded(end >= 0 ? host.substring(1, host.length() - 1) : host));
            ports.add(colon < 0 ? "" : one.substring(colon + 1));
        }
        if (hosts.stream().anyMatch(h -> !h.isEmpty())) put("host", String.join(",", hosts));
        if (ports.stream().anyMatch(p -> !p.isEmpty())) put("port", String.join(",", ports));
    }

    private void readQuery(String query) {
        for (var pair : query.split("&")) {
            if (pair.isEmpty()) continue;
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw Failure
                    .usage("the URL has a word without a value", "write it like ?sslmode=require&connect_timeout=5.");
            }
            var value = decoded(pair.substring(equals + 1));
            putQueryWord(decoded(pair.substring(0, equals)), value);
        }
    }

    private void putQueryWord(String word, String value) {
        if (word.equals("ssl") && (isJdbc || value.equals("true"))) {
            // libpq reads ssl=true as sslmode=require, the JDBC driver as verify-full
            if (value.equals("true") || value.isEmpty()) put("sslmode", isJdbc ? "verify-full" : "require");
            return;
        }
        if (isJdbc && word.equals("targetServerType")) {
            var attributes = TARGET_SERVER_TYPES.get(value);
            if (attributes == null) {
                throw Failure.usage(
                    "the URL says targetServerType=" + value + ", which these tools do not know",
                    "choose one of: any, primary, secondary, preferSecondary.");
            }
            put("target_session_attrs", attributes);
            return;
        }
        if (isJdbc && word.equals("loadBalanceHosts")) {
            put("load_balance_hosts", value.equals("true") ? "random" : "disable");
            return;
        }
        put(isJdbc ? JDBC_WORDS.getOrDefault(word, word) : word, value);
    }

    private void put(String word, String value) {
        if (value.isEmpty()) return;
        putOnce(words, word, value, "the URL");
    }

    /** Of two values one would be left out silently. */
    static void putOnce(Map<String, String> words, String word, String value, String source) {
        ConnectionWord.require(word, value, source);
        var other = words.put(word, value);
        if (other != null && !other.equals(value)) {
            throw Failure.usage(source + " says " + word + " twice, with different values", "leave out one of them.");
        }
    }

    private static Map<String, String> withoutPassword(Map<String, String> words, String source) {
        if (words.containsKey("password")) {
            throw Failure.usage(
                source + " holds a password, and everybody on this machine could read it in the process list",
                "leave it out of the URL and set PGPASSWORD, or add a line to ~/.pgpass.");
        }
        return words;
    }

    /** %2F and the like; a plus sign is a plus sign. */
    private static String decoded(String text) {
        if (!text.matches("(?s)(?:[^%]|%[0-9a-fA-F]{2})*") || text.contains("%00")) {
            throw Failure.usage(
                "the URL has a percent sign that is not followed by two hexadecimal digits",
                "a percent sign itself is written %25.");
        }
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Failure malformed() {
        return Failure.usage(
            "that URL is not of the form postgresql://user@host:port/dbname",
            "several hosts are separated by commas, an IPv6 address stands in brackets, a socket directory is "
                + "written %2Frun%2Fpostgresql.");
    }

    /** {@code host=db.example.org dbname='my db'}, as libpq reads it. */
    private static final class KeyValues {
        static Map<String, String> parse(String text) {
            var words = new LinkedHashMap<String, String>();
            var matcher = Pattern
                .compile("\\s*(\\w+)\\s*=\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|((?:[^\\s'\\\\]|\\\\.)*))(?=\\s|$)")
                .matcher(text);
            int end = 0;
            while (matcher.lookingAt()) {
                var value =
                    (matcher.group(2) != null ? matcher.group(2) : matcher.group(3)).replaceAll("\\\\(.)", "$1");
                if (!value.isEmpty()) putOnce(words, matcher.group(1), value, "the connection string");
                end = matcher.end();
                matcher.region(end, text.length());
            }
            if (!text.substring(end).isBlank()) {
                throw Failure.usage(
                    "that connection string is not of the form word=value word='a value'",
                    "the name of a database that holds an equal sign goes into PGDATABASE.");
            }
            return words;
        }
    }

    /** "a,b" → its parts; blanks around them do not count. */
    static List<String> list(String value) {
        var parts = new ArrayList<String>();
        for (var part : value.split(",", -1)) parts.add(part.strip());
        return parts;
    }
}
