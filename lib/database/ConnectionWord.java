//SOURCES ../Failure.java ../Spelling.java
package lib.database;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import lib.Failure;
import lib.Spelling;

/**
 * The words of a connection as libpq has them (https://www.postgresql.org/docs/current/libpq-connect.html), each with
 * its environment variable and with what the JDBC driver calls it. What the driver cannot do is refused with the reason
 * and never left out silently: our SQL and pg_basebackup would else stand on different connections.
 */
enum ConnectionWord {
    HOST(Use.PLACE, "PGHOST", null, null),
    HOSTADDR(Use.PLACE, "PGHOSTADDR", null, null),
    PORT(Use.PLACE, "PGPORT", null, null),
    DBNAME(Use.PLACE, "PGDATABASE", null, null),
    USER(Use.PLACE, "PGUSER", null, null),
    PASSWORD(Use.PLACE, "PGPASSWORD", null, null),
    PASSFILE(Use.PLACE, "PGPASSFILE", null, null),
    SERVICE(Use.PLACE, "PGSERVICE", null, null),
    SERVICEFILE(Use.PLACE, "PGSERVICEFILE", null, null),
    TARGET_SESSION_ATTRS(Use.PLACE, "PGTARGETSESSIONATTRS", null,
        "any|read-write|read-only|primary|standby|prefer-standby"),
    LOAD_BALANCE_HOSTS(Use.PLACE, "PGLOADBALANCEHOSTS", null, "disable|random"),
    CONNECT_TIMEOUT(Use.DRIVER, "PGCONNECT_TIMEOUT", "connectTimeout", "\\d{1,9}"),
    OPTIONS(Use.DRIVER, "PGOPTIONS", "options", null),
    SSLMODE(Use.DRIVER, "PGSSLMODE", "sslmode", "disable|allow|prefer|require|verify-ca|verify-full"),
    SSLROOTCERT(Use.DRIVER, "PGSSLROOTCERT", "sslrootcert", null),
    SSLCERT(Use.DRIVER, "PGSSLCERT", "sslcert", null),
    SSLKEY(Use.DRIVER, "PGSSLKEY", "sslkey", null),
    SSLNEGOTIATION(Use.DRIVER, "PGSSLNEGOTIATION", "sslNegotiation", "postgres|direct"),
    CHANNEL_BINDING(Use.DRIVER, "PGCHANNELBINDING", "channelBinding", "disable|prefer|require"),
    REQUIRE_AUTH(Use.DRIVER, "PGREQUIREAUTH", "requireAuth", null),
    GSSENCMODE(Use.DRIVER, "PGGSSENCMODE", "gssEncMode", "disable|prefer|require"),
    KRBSRVNAME(Use.DRIVER, "PGKRBSRVNAME", "kerberosServerName", null),

    SSL_MIN_PROTOCOL_VERSION(Use.FIXED, "PGSSLMINPROTOCOLVERSION",
        "Java speaks TLS 1.2 and 1.3, whichever the server prefers", "TLSv1.2"),
    SSL_MAX_PROTOCOL_VERSION(Use.FIXED, "PGSSLMAXPROTOCOLVERSION",
        "Java speaks TLS 1.2 and 1.3, whichever the server prefers", "TLSv1.3"),
    SSLCRL(Use.FIXED, "PGSSLCRL", "the JDBC driver checks no revocation list", ""),
    SSLCRLDIR(Use.FIXED, "PGSSLCRLDIR", "the JDBC driver checks no revocation list", ""),
    SSLCERTMODE(Use.FIXED, "PGSSLCERTMODE", "the JDBC driver sends the certificate when the server asks for it",
        "allow"),
    SSLPASSWORD(Use.FIXED, null,
        "pg_basebackup would need it in its arguments; a key without a password, mode 0600, works", ""),
    SSLSNI(Use.FIXED, "PGSSLSNI", "the JDBC driver always names the host", "1"),
    SSLCOMPRESSION(Use.FIXED, "PGSSLCOMPRESSION", "Java has no TLS compression", "0"),
    REQUIREPEER(Use.FIXED, "PGREQUIREPEER", "the JDBC driver does not ask a Unix socket who is behind it", ""),
    GSSLIB(Use.FIXED, "PGGSSLIB", "Java brings its own Kerberos", "gssapi"),
    GSSDELEGATION(Use.FIXED, "PGGSSDELEGATION", "the JDBC driver does not hand on Kerberos credentials", "0"),
    REPLICATION(Use.FIXED, null, "the tools choose by themselves when they need a replication connection",
        "false|off|no|0"),
    MIN_PROTOCOL_VERSION(Use.FIXED, "PGMINPROTOCOLVERSION", "the JDBC driver speaks version 3.0", "3.0"),
    MAX_PROTOCOL_VERSION(Use.FIXED, "PGMAXPROTOCOLVERSION", "the JDBC driver speaks version 3.0", "3.0|3.2|latest"),

    CLIENT_ENCODING(Use.NONE, "PGCLIENTENCODING", "the tools always speak UTF-8", null),
    APPLICATION_NAME(Use.NONE, "PGAPPNAME", "each tool has its own name", null),
    FALLBACK_APPLICATION_NAME(Use.NONE, null, "each tool has its own name", null),
    KEEPALIVES(Use.NONE, null, "the tools always use TCP keepalives", null),
    KEEPALIVES_IDLE(Use.NONE, null, "the system's TCP settings hold", null),
    KEEPALIVES_INTERVAL(Use.NONE, null, "the system's TCP settings hold", null),
    KEEPALIVES_COUNT(Use.NONE, null, "the system's TCP settings hold", null),
    TCP_USER_TIMEOUT(Use.NONE, null, "the system's TCP settings hold", null);

    /** What becomes of a word. */
    enum Use {
        /** It says where the server is, and {@link ConnectionSettings} reads it. */
        PLACE,
        /** The driver has a property for it. */
        DRIVER,
        /** There is one value that comes true by itself; any other is refused. */
        FIXED,
        /** Its value changes nothing that a tool does. */
        NONE
    }

    private final Use use;
    private final String variable;
    private final String detail;
    private final String accepted;

    /**
     * @param variable of the environment, or null
     * @param detail the driver's property, or why a value is refused or not used
     * @param accepted a pattern of values, or null for any
     */
    ConnectionWord(Use use, String variable, String detail, String accepted) {
        this.use = use;
        this.variable = variable;
        this.detail = detail;
        this.accepted = accepted;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Of the environment, or null. */
    String variable() {
        return variable;
    }

    /** The driver's property, or null. */
    String property() {
        return use == Use.DRIVER ? detail : null;
    }

    boolean isUsed() {
        return use == Use.PLACE || use == Use.DRIVER;
    }

    private static Optional<ConnectionWord> find(String word) {
        return Arrays.stream(values()).filter(w -> w.word().equals(word)).findFirst();
    }

    /**
     * @param source where it was written, for messages: "the URL"
     * @throws Failure wrong usage, when no such word is known, or its value cannot be honoured
     */
    static ConnectionWord require(String word, String value, String source) {
        var known = find(word).orElseThrow(() -> unknown(word, source));
        if (known.accepted == null || value.matches(known.accepted)) return known;
        if (known.use == Use.FIXED) {
            throw Failure.usage(
                "%s says %s=%s, which these tools cannot honour: %s".formatted(source, word, value, known.detail),
                "leave it out"
                    + (known.accepted.isEmpty() ? "." : ", or say " + known.accepted.replace("|", " or ") + "."));
        }
        throw Failure.usage(
            "%s says %s=%s, and that is no value of it".formatted(source, word, value),
            known.accepted.startsWith("\\d") ? "write a whole number, of seconds."
                : "choose one of: " + known.accepted.replace("|", ", ") + ".");
    }

    private static Failure unknown(String word, String source) {
        var words = Stream.of(values()).filter(ConnectionWord::isUsed).map(ConnectionWord::word).toList();
        return Failure.usage(
            "%s has a word that is not known: %s".formatted(source, word),
            Spelling.didYouMean(word, words) + "The words: " + String.join(", ", words) + ".");
    }
}
