package lib.explore;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Hides secrets in text that comes from a database: passwords, keys, tokens, wherever people put them. {@link Row}
 * applies
 * {@link #of} to every text; where the kind of the text tells more (a setting, an option, a query), the stricter
 * methods are used.
 *
 * <p>When in doubt it hides: a hidden word costs a look into the database, a shown one costs the database.
 */
public final class Redaction {
    static final String HIDDEN = "***";

    /**
     * Parts of names that hold a secret. A name is split where its words end: sslpassword, api_key,
     * AWS_SECRET_ACCESS_KEY, clientSecret.
     */
    private static final List<String> KEYS_OF = List.of(
        "api",
        "access",
        "secret",
        "private",
        "encrypt",
        "encryption",
        "signing",
        "sign",
        "master",
        "auth",
        "shared",
        "license",
        "account",
        "storage",
        "session",
        "client",
        "webhook",
        "ssh",
        "pgp",
        "aes",
        "hmac",
        "jwt",
        "service",
        "sas");
    private static final String SECRET_WORD =
        "(?:[\\w.-]*(?:passwor[dt]|passwd|passphrase|passcode|secret|token|credential|pgpass|(?<![a-z])pwd"
            + "|(?<![a-z])pw(?![a-z])|(?<![a-z])pass(?![a-z])|bearer|authorization|cookie|kennwort"
            + "|(?:" + String.join("|", KEYS_OF) + ")[_-]?key)[\\w-]*)";

    /** Looked for at the beginning of a word alone: else a long word costs the square of its length. */
    private static final String START = "(?<![\\w.$-])";

    /** A quoted value, with doubled or escaped quotes in it, closed or cut off; or a dollar-quoted one. */
    private static final String QUOTED =
        "(?:(?:[eEbBxX]|[uU]&)?'(?:[^'\\\\]++|''|\\\\.?)*+(?:'|$)|\"(?:[^\"\\\\]++|\\\\.?)*+(?:\"|$)"
            + "|\\$(?<tag>\\w*)\\$.*?(?:\\$\\k<tag>\\$|$))";
    /** A quoted value within a quoted text, where its quotes are doubled or escaped. */
    private static final String NESTED =
        "(?:''(?=[^\\s:;,)'|])(?:[^']++|'''')*+(?:''|'|$)"
            + "|(?<escape>\\\\+['\"])(?:(?!\\k<escape>).)*+(?:\\k<escape>|$))";
    /** 'password=' || 'x', and the same as arguments of a function. */
    private static final String JOINED =
        "(?:'\\)?(?:::[\\w. ]+)?\\)*\\s*(?:\\|\\||,)\\s*(?:[\\w.]*\\s*\\()*'(?:[^']++|'')*+(?:'|$))";
    /** A list or an object of JSON, or an array. */
    private static final String LISTED = "(?:\\{[^}]*(?:\\}|$)|(?:array)?\\[[^\\]]*(?:\\]|$))";
    /** A value without quotes: to the next blank, less the punctuation that ends it. */
    private static final String BARE = "(?:[^\\s&'\"]*[^\\s&'\",;)\\]}])";

    /** What a text with a secret word has in it. */
    private static final List<String> SECRET_HINTS = List.of(
        "pass",
        "pw",
        "secret",
        "token",
        "credential",
        "bearer",
        "authorization",
        "cookie",
        "kennwort",
        "key");

    /** @param hints one of them is in each text that the pattern finds something in */
    private record Shape(Pattern pattern, String shown, List<String> hints) {
        Shape hintedBy(String... words) {
            return new Shape(pattern, shown, List.of(words));
        }
    }

    /** With a secret word in it. */
    private static Shape shape(String pattern, String shown) {
        return new Shape(Pattern.compile(pattern, Pattern.CASE_INSENSITIVE | Pattern.DOTALL), shown, SECRET_HINTS);
    }

    private static final List<Shape> SHAPES = List.of(
        shape("-----BEGIN [^-]*PRIVATE KEY[^-]*-----.*?(?:-----END [^-]*PRIVATE KEY[^-]*-----|$)", HIDDEN)
            .hintedBy("private"),
        // user:password@ of a URL; of a web address the user alone is often a token
        shape(
            "\\b([a-z][a-z0-9+.-]{0,30}://[^\\s/:@'\"]*):(?:[^\\s/'\"@]++|''|@(?=[^\\s/'\"]*@))*+@",
            "$1:" + HIDDEN + "@").hintedBy("://"),
        shape(
            "\\b([a-z][a-z0-9+.-]{0,30}://[^\\s/:@'\"]*):(?!\\d+/)(?:[^\\s'\"@]++|''|@(?=[^\\s'\"]*@))*+@",
            "$1:" + HIDDEN + "@").hintedBy("://"),
        shape("(\\b(?:thin|oci):[^\\s/:@'\"]+)/[^\\s'\"]*@", "$1/" + HIDDEN + "@").hintedBy("thin:", "oci:"),
        shape("\\b((?!https?:|file:)[a-z][a-z0-9+.-]{0,30}://[^\\s/:@'\"]+)/[^\\s/'\"]+@", "$1/" + HIDDEN + "@")
            .hintedBy("://"),
        // a name in percent encoding has something to hide
        shape("([?&;\\s'\"](?:[\\w.-]*+%[4-7][0-9a-f])++[\\w.-]*(?:=|%3d))[^&\\s'\"]+", "$1" + HIDDEN)
            .hintedBy("%4", "%5", "%6", "%7"),
        shape("(" + START + SECRET_WORD + "(?:%3d|\\\\u003[ad]|&#6?1;|&#x3d;))[^&\\s'\"]+", "$1" + HIDDEN),
        shape("(<(?:\\w+:)?" + SECRET_WORD + "(?:\\s[^<>]*)?>)[^<]+", "$1" + HIDDEN),
        shape("\\b(hooks\\.slack\\.com/\\w+/|api/webhooks/\\w+/|api\\.telegram\\.org/bot)[^\\s'\"]+", "$1" + HIDDEN)
            .hintedBy("hooks.slack", "webhooks/", "telegram"),
        shape("\\b(https?://)[^\\s/:@'\"]+@", "$1" + HIDDEN + "@").hintedBy("://"),
        shape(
            "([?&;](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|sas)=)[^&\\s'\"]+",
            "$1" + HIDDEN).hintedBy("?sig", "&sig", ";sig", "x-amz-", "?sas=", "&sas=", ";sas="),
        shape("\\b(scram-sha-256\\$)[^\\s'\"]+", "$1" + HIDDEN).hintedBy("scram"),
        shape("\\bmd5[0-9a-f]{32}\\b", "md5" + HIDDEN).hintedBy("md5"),
        shape("\\b(?:akia|asia)[0-9a-z]{16}\\b", HIDDEN).hintedBy("akia", "asia"),
        shape("\\bgh[pousr]_[0-9a-z]{20,}\\b|\\bgithub_pat_\\w{20,}\\b|\\bglpat-[\\w-]{16,}", HIDDEN)
            .hintedBy("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat"),
        shape("\\bxox[abprs]-[\\w-]{8,}", HIDDEN).hintedBy("xox"),
        shape("\\b[sr]k_(?:live|test)_\\w{8,}", HIDDEN).hintedBy("k_live", "k_test"),
        shape("\\bsk-[\\w-]{16,}|\\bAIza[\\w-]{30,}|\\bSG\\.[\\w-]{8,}\\.[\\w-]{8,}|\\bwhsec_\\w{8,}", HIDDEN)
            .hintedBy("sk-", "aiza", "sg.", "whsec_"),
        shape("\\b(?:npm|hf|dop_v1|shpat|pypi|glsa)[_-]\\w{16,}", HIDDEN)
            .hintedBy("npm_", "npm-", "hf_", "hf-", "dop_v1", "shpat", "pypi", "glsa"),
        shape("\\bAGE-SECRET-KEY-[0-9A-Z]+", HIDDEN).hintedBy("age-secret-key"),
        shape("\\beyJ[\\w-]{8,}\\.[\\w-]{4,}(?:\\.[\\w-]*)?", HIDDEN).hintedBy("eyj"),
        shape("\\b((?:bearer|basic)\\s+)[\\w+/=.~-]{8,}", "$1" + HIDDEN).hintedBy("bearer", "basic"),
        // whatever kind it is
        shape(
            "\\b((?:proxy-)?(?:authorization|cookie)['\"\\\\]*\\s*(?:[:,]|=>?|:=)\\s*['\"\\\\]*)(?=\\w)[^\\n'\"\\\\]+",
            "$1" + HIDDEN).hintedBy("authorization", "cookie"),
        shape("(\\bidentified\\s+by\\s+(?:password\\s+)?)(?:" + QUOTED + "|\\S+)", "$1'" + HIDDEN + "'")
            .hintedBy("identified"),
        shape(
            "((?:^|[\\s'\"])(?:-\\w*u|--user|--proxy-user)[\\s=]*['\"\\\\]*[^\\s:'\"\\\\]+:)[^\\s'\"\\\\]+",
            "$1" + HIDDEN).hintedBy("-u", "curl"),
        shape("((?<![\\w-])--?" + SECRET_WORD + "\\s+['\"\\\\]*)(?!-)[^\\s'\"\\\\]+", "$1" + HIDDEN),
        // programs that take a password by one letter
        shape("(\\b(?:mysql|mariadb)\\w*\\b[^\\n;|]{0,300}?\\s-p['\"\\\\]*)[^\\s'\"\\\\]+", "$1" + HIDDEN)
            .hintedBy("mysql", "mariadb"),
        shape(
            "(\\b(?:sshpass|redis-cli|sqlcmd|ldapsearch|smbclient)\\b[^\\n;|]{0,300}?\\s-[pPaw]\\s*['\"\\\\]*)"
                + "[^\\s'\"\\\\]+",
            "$1" + HIDDEN).hintedBy("sshpass", "redis-cli", "sqlcmd", "ldapsearch", "smbclient"),
        // the second or third argument of pgcrypto's functions is the key
        shape(
            "(\\b(?:pgp_sym_(?:en|de)crypt(?:_bytea)?|pgp_pub_decrypt(?:_bytea)?|hmac|encrypt|decrypt"
                + "|encrypt_iv|decrypt_iv|crypt|set_config"
                + ")\\s*\\()([^;]{0,4000}?)(\\)|$)",
            "$1<arguments>$3").hintedBy("crypt", "hmac", "set_config"));

    private static final Pattern NAMED_VALUE = Pattern.compile(
        START + "((?:\\\\*['\"]){0,2}" + SECRET_WORD + "(?:\\\\*['\"]){0,2})"
            + "(\\s*(?::=|=>|=|:(?!:))\\s*(?:to_jsonb\\s*\\(\\s*)?"
            + "|\\s+to\\s+|\\s+is:?\\s+|\\s*,\\s*(?=['\"$])"
            + "|\\s+(?:/\\*.*?\\*/\\s*)?(?=['\"]|(?:[eE]|[uU]&)'|\\$\\w*\\$))"
            + "(" + JOINED + "|" + NESTED + "|" + QUOTED + "|" + LISTED + "|" + BARE + ")",
        Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern LITERAL = Pattern.compile(QUOTED, Pattern.DOTALL);
    private static final Pattern COLUMN_OR_PLACEHOLDER =
        Pattern.compile(
            "\\$\\d+.*|\\?|null\\b.*|true|false|[a-z_]\\w*\\.[a-z_\"]\\w*.*|[a-z_]\\w*\\(.*|"
                + "(?:text|varchar|bytea|character|json|jsonb|uuid|citext"
                + "|int|integer|bigint|boolean|not|is|in|like|and|or)\\b.*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final String HINT_OF_OPTIONS = "options";
    /**
     * What any text with a secret has somewhere in it. Nearly all texts have none of it, and there are a hundred
     * thousand of them in a large database: this is looked for by hand, once through the text.
     */
    private static final List<String> HINTS = Stream
        .concat(
            Stream.concat(SECRET_HINTS.stream(), Stream.of(HINT_OF_OPTIONS)),
            SHAPES.stream().flatMap(shape -> shape.hints().stream()))
        .distinct()
        .toList();
    private static final String[][] HINTS_BY_LETTER = byLetter(HINTS);

    /** Words of conninfo strings, options of servers and user mappings whose values tell where, not what opens. */
    private static final Set<String> PUBLIC_OPTIONS = Set.of(
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "username",
        "user_name",
        "sslmode",
        "application_name",
        "connect_timeout",
        "fetch_size",
        "use_remote_estimate",
        "fdw_startup_cost",
        "fdw_tuple_cost",
        "updatable",
        "truncatable",
        "extensions",
        "async_capable",
        "batch_size",
        "schema_name",
        "table_name",
        "column_name",
        "keep_connections",
        "parallel_commit",
        "sslcompression",
        "gssencmode",
        "channel_binding",
        "target_session_attrs",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "filename",
        "format",
        "header",
        "delimiter",
        "null",
        "encoding",
        "servername",
        "database",
        "dbserver",
        "available",
        "server",
        "language",
        "load_balance_hosts");
    private static final Pattern OPTION =
        Pattern.compile("\\s*([\\w.-]+)\\s*=\\s*('(?:[^'\\\\]|\\\\.)*(?:'|$)|[^\\s']*)", Pattern.DOTALL);
    private static final Pattern SECRET_SETTING =
        Pattern.compile(
            "(?:.*[_.-])?(password|passwd|pwd|pass|passphrase|secrets?|tokens?"
                + "|keys?|apikey|credentials?|conninfo|conninfos|auth|jwt|dsn|uri|url)(?:[_.-].*)?|"
                + ".*(?:password|passphrase|secret|token|apikey)");
    private static final Set<String> HARMLESS_SETTINGS = Set.of("password_encryption", "ssl_cert_file", "ssl_key_file");

    private Redaction() {}

    /** Any text: a comment, a definition, a default, an error. Null stays null. */
    public static String of(String text) {
        if (text == null || text.length() < 5 || isPlainName(text)) return text;
        var hints = hints(text);
        if (hints.isEmpty()) return text;
        boolean hasSecretWord = isHinted(SECRET_HINTS, hints);
        var shown = text;
        for (var shape : SHAPES) {
            // beside a secret word there may be more than its own value
            if (!hasSecretWord && !isHinted(shape.hints(), hints)) continue;
            var matcher = shape.pattern().matcher(shown);
            if (!matcher.find()) continue;
            shown =
                shape.shown().contains("<arguments>") ? withoutLiterals(matcher) : matcher.replaceAll(shape.shown());
        }
        if (hasSecretWord) shown = withoutNamedValues(withoutArguments(shown));
        return hints.contains(HINT_OF_OPTIONS) ? withoutOptions(shown) : shown;
    }

    private static boolean isHinted(List<String> wanted, Set<String> hints) {
        return wanted.stream().anyMatch(hints::contains);
    }

    private static final Pattern JOINING =
        Pattern.compile("\\b(?:format|concat|concat_ws)\\s*\\(", Pattern.CASE_INSENSITIVE);
    private static final Pattern SECRET = Pattern.compile(START + SECRET_WORD, Pattern.CASE_INSENSITIVE);

    /** {@code format('ALTER ROLE %I PASSWORD %L', 'x', 'y')}: what comes after the text that names the secret. */
    private static String withoutArguments(String text) {
        var shown = new StringBuilder();
        int done = 0;
        var call = JOINING.matcher(text);
        while (call.find(done)) {
            shown.append(text, done, call.end());
            done = call.end();
            boolean isSecret = false;
            var literal = LITERAL.matcher(text);
            for (int depth = 1; done < text.length() && depth > 0;) {
                literal.region(done, text.length());
                if (literal.lookingAt() && literal.end() > done) {
                    shown.append(isSecret ? "'" + HIDDEN + "'" : literal.group());
                    isSecret |= SECRET.matcher(literal.group()).find();
                    done = literal.end();
                } else {
                    char c = text.charAt(done++);
                    shown.append(c);
                    if (c == '(') depth++;
                    if (c == ')') depth--;
                }
            }
        }
        return shown.append(text, done, text.length()).toString();
    }

    private static final Pattern OPTIONS = Pattern.compile(
        "\\bOPTIONS\\s*\\(((?:\\s*(?:(?:ADD|SET)\\s+)?(?:\\w+|\"[^\"]+\")\\s+'(?:[^']|'')*+'\\s*,?)++)",
        Pattern.CASE_INSENSITIVE);
    private static final Pattern ONE_OPTION = Pattern.compile("(\\w+|\"[^\"]+\")(\\s+)('(?:[^']|'')*+')");

    /** Of foreign servers, tables and users: as in {@link #option}. */
    private static String withoutOptions(String text) {
        return OPTIONS.matcher(text)
            .replaceAll(
                all -> Matcher.quoteReplacement(
                    ONE_OPTION.matcher(all.group())
                        .replaceAll(
                            one -> Matcher.quoteReplacement(
                                PUBLIC_OPTIONS.contains(one.group(1).replace("\"", "").toLowerCase(Locale.ROOT))
                                    ? one.group()
                                    : one.group(1) + one.group(2) + "'" + HIDDEN + "'"))));
    }

    /** Also by the capital letter. */
    private static String[][] byLetter(List<String> words) {
        var table = new String[128][];
        for (var word : words) {
            for (int letter : new int[] {word.charAt(0), Character.toUpperCase(word.charAt(0))}) {
                var known = table[letter] == null ? new String[0] : table[letter];
                if (List.of(known).contains(word)) continue;
                table[letter] = Arrays.copyOf(known, known.length + 1);
                table[letter][known.length] = word;
            }
        }
        return table;
    }

    /** Those of {@link #HINTS} that the text has. */
    private static Set<String> hints(String text) {
        Set<String> found = Set.of();
        for (int i = 0; i < text.length() - 1; i++) {
            char c = text.charAt(i);
            if (c >= HINTS_BY_LETTER.length || HINTS_BY_LETTER[c] == null) continue;
            for (var word : HINTS_BY_LETTER[c]) {
                if (!text.regionMatches(true, i, word, 0, word.length()) || isHarmlessKey(text, i, word)) continue;
                if (found.isEmpty()) found = new HashSet<>();
                found.add(word);
            }
        }
        return found;
    }

    /** PRIMARY KEY, orders_pkey and orders_name_key are everywhere: which key it is decides. */
    private static boolean isHarmlessKey(String text, int at, String word) {
        if (!word.equals("key")) return false;
        int end = at > 0 && (text.charAt(at - 1) == '_' || text.charAt(at - 1) == '-') ? at - 1 : at;
        for (var of : KEYS_OF) {
            if (text.regionMatches(true, end - of.length(), of, 0, of.length())) return false;
        }
        return true;
    }

    private static final List<String> LONE_TOKENS =
        List.of("gh", "sk_", "rk_", "md5", "whsec_", "npm_", "hf_", "dop_v1_", "shpat_", "pypi_", "glsa_");

    private static boolean isPlainName(String text) {
        if (text.length() > 63) return false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c == '_' || c >= '0' && c <= '9')) return false;
        }
        return LONE_TOKENS.stream().noneMatch(text::startsWith);
    }

    private static String withoutLiterals(Matcher call) {
        return call.reset()
            .replaceAll(
                found -> Matcher.quoteReplacement(
                    found.group(1)
                        + LITERAL.matcher(found.group(2)).replaceAll("'" + Matcher.quoteReplacement(HIDDEN) + "'")
                        + found.group(found.groupCount())));
    }

    private static String withoutNamedValues(String text) {
        return NAMED_VALUE.matcher(text).replaceAll(found -> {
            var value = found.group(3);
            if (value.equals("''") || value.equals("\"\"")) return Matcher.quoteReplacement(found.group());
            boolean quoted = value.matches("(?s)(?:(?:[eEbBxX]|[uU]&)?'|\"|\\\\|\\$\\w*\\$).*");
            if (!quoted && COLUMN_OR_PLACEHOLDER.matcher(value).matches()) {
                return Matcher.quoteReplacement(found.group());
            }
            // "the password is required"
            if (!quoted && found.group(2).strip().equalsIgnoreCase("is") && value.matches("[a-z]+[.:!]?")) {
                return Matcher.quoteReplacement(found.group());
            }
            if (value.startsWith("$") && value.matches("(?s)\\$\\d+.*")) return Matcher.quoteReplacement(found.group());
            var quote = quoted ? "'" : "";
            if (value.startsWith("\"")) quote = "\"";
            var hidden = quote + HIDDEN + quote;
            return Matcher.quoteReplacement(found.group(1) + found.group(2) + hidden);
        });
    }

    /** The text of a query that somebody runs: its literals are somebody's data. */
    public static String query(String text) {
        return text == null ? null : of(withoutData(text));
    }

    /** What a query consists of; comments may have quotes that open nothing. */
    private static final Pattern QUERY_PART = Pattern.compile(
        "--[^\\n]*|/\\*.*?(?:\\*/|$)|\"(?:[^\"]|\"\")*+(?:\"|$)"
            + "|(?<data>\\b[eE]'(?:[^'\\\\]|''|\\\\.)*+(?:'|$)|'(?:[^']|'')*+(?:'|$)"
            + "|(?<![\\w$])\\$(?<tag>(?:[a-zA-Z_]\\w*)?)\\$.*?(?:\\$\\k<tag>\\$|$))",
        Pattern.DOTALL);

    private static String withoutData(String text) {
        var shown = new StringBuilder();
        int done = 0;
        for (var part = QUERY_PART.matcher(text); done < text.length() && part.find(done);) {
            shown.append(text, done, part.start());
            done = part.end();
            var data = part.group("data");
            if (data == null) {
                shown.append(part.group());
            } else {
                shown.append(data.charAt(0) == 'e' || data.charAt(0) == 'E' ? "E" : "").append("'…'");
                // where it ends depends on standard_conforming_strings
                if (data.startsWith("'") && data.endsWith("\\'")) done = text.lastIndexOf('\'') + 1;
            }
        }
        return shown.append(text, done, text.length()).toString();
    }

    /** The value of a setting, by its name. Commands of the shell may hold anything: only the program is shown. */
    public static String setting(String name, String value) {
        if (value == null || value.isEmpty()) return value;
        var lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith("conninfo")) return conninfo(value);
        if (lower.endsWith("_command") || lower.endsWith("_program")) return command(value);
        if (!HARMLESS_SETTINGS.contains(lower) && !lower.endsWith("_file") && !lower.endsWith("keyfile")
            && !value.matches("on|off|-?[\\d.]{1,6}")
            && SECRET_SETTING.matcher(lower).matches()) {
            return HIDDEN;
        }
        return of(value);
    }

    private static final Pattern ASSIGNMENT = Pattern.compile("^\\s*(?:\\w+=(?:'[^']*'|\"[^\"]*\"|\\S*)\\s+)*");

    private static String command(String value) {
        if (value.equals("(disabled)")) return value;
        var words = ASSIGNMENT.matcher(value).replaceFirst("").strip().split("\\s+", 2);
        var program = words[0].matches("[\\w./+-]{1,80}") ? words[0] : "";
        return words.length == 1 && !program.isEmpty() && program.equals(value.strip()) ? program
            : (program + " " + HIDDEN).strip();
    }

    /** A conninfo string, or a URL: what is not known to be harmless is hidden. */
    public static String conninfo(String value) {
        if (value == null || value.isBlank()) return value;
        if (value.matches("(?s)\\s*\\w+://.*")) {
            return of(value).replaceFirst("(?s)\\?.*", "?" + HIDDEN);
        }
        var shown = new StringBuilder();
        var option = OPTION.matcher(value);
        int end = 0;
        while (option.find() && option.start() == end) {
            end = option.end();
            shown.append(shown.isEmpty() ? "" : " ").append(option(option.group(1), option.group(2), "="));
        }
        return end < value.stripTrailing().length() ? HIDDEN : shown.toString();
    }

    /** An option as the catalogs hold it, {@code name=value}: of a foreign server, a user mapping, a subscription. */
    public static String option(String nameAndValue) {
        int equals = nameAndValue.indexOf('=');
        return equals < 0 ? of(nameAndValue)
            : option(nameAndValue.substring(0, equals), nameAndValue.substring(equals + 1), "=");
    }

    private static String option(String name, String value, String between) {
        return name + between + (PUBLIC_OPTIONS.contains(name.toLowerCase(Locale.ROOT)) ? of(value) : HIDDEN);
    }

    /** The default of a column, by the column's name: {@code pin_secret text DEFAULT 'hunter2'}. */
    public static String columnDefault(String column, String value) {
        if (value == null) return null;
        return column.toLowerCase(Locale.ROOT).matches(SECRET_WORD)
            ? LITERAL.matcher(value).replaceAll("'" + Matcher.quoteReplacement(HIDDEN) + "'")
            : of(value);
    }

    private static final Pattern NAMED_DEFAULT = Pattern.compile(
        "(" + START + SECRET_WORD + "\"?[ \\t][^\\n]*?\\bDEFAULT\\b)((?:'(?:[^']++|'')*+'|[^'\\n]++)*+)",
        Pattern.CASE_INSENSITIVE);

    /** A statement as pg_dump writes it: also the defaults of columns that are called like a secret. */
    public static String ddl(String sql) {
        if (!isHinted(SECRET_HINTS, hints(sql))) return of(sql);
        var shown = NAMED_DEFAULT.matcher(sql)
            .replaceAll(
                found -> Matcher.quoteReplacement(
                    found.group(1)
                        + LITERAL.matcher(found.group(2)).replaceAll("'" + Matcher.quoteReplacement(HIDDEN) + "'")));
        return of(shown);
    }
}
