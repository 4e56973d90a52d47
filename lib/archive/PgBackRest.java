//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Json.java ../Message.java ../Program.java ../Units.java
//SOURCES BackupDirectory.java Lsn.java StanzaBackup.java
package lib.archive;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import lib.Message;
import lib.Program;
import lib.Units;
import lib.archive.StanzaBackup.Kind;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The program pgBackRest, for servers that have outgrown base backups in one directory. Its configuration is the
 * user's: {@code /etc/pgbackrest.conf}, or what its own variables {@code PGBACKREST_*} say, so no key is an option of
 * ours.
 *
 * <p>Facts: the fields and status codes of {@code info --output=json} are those of pgBackRest's {@code info.c}; the
 * command ends with 0 also when it could read nothing. Tried with 2.45.
 */
public final class PgBackRest {
    private static final String PROGRAM = "pgbackrest";
    private static final Pattern VERSION = Pattern.compile("pgBackRest (\\d+(?:\\.\\d+)+).*");
    private static final Pattern LABEL = Pattern.compile("\\d{8}-\\d{6}F(_\\d{8}-\\d{6}[DI])?");
    private static final Pattern ERROR = Pattern.compile("(?:.* )?ERROR: \\[(\\d+)]: (.*)");
    private static final Pattern KIND_OF_ERROR = Pattern.compile("^\\[\\w+Error]\\s*");
    private static final Pattern CAUSE = Pattern.compile("^\\w+Error: ");
    /** Without it a storage that cannot be reached is tried for minutes. */
    private static final String PATIENCE = "--io-timeout=3";
    private static final int MISSING_STANZA = 1;
    private static final int NO_BACKUPS = 2;
    private static final int MISSING_DATA = 3;
    private static final int OTHER = 99;

    /** The release of pgBackRest whose catalog number is that of the released server (its commits "Finalize …"). */
    private static final TreeMap<Integer, String> FIRST_FOR =
        new TreeMap<>(Map.of(14, "2.36", 15, "2.42", 16, "2.48", 17, "2.53.1", 18, "2.57.0"));

    /**
     * What {@code info} says of one stanza.
     *
     * @param code 0 when all is well; info.c names the others
     * @param message its words, or those of the repository that cannot be read
     * @param backups oldest first
     */
    public record Stanza(String name, int code, String message, List<StanzaBackup> backups) {
        /** The repository was read: what is not listed is not there. */
        public boolean wasRead() {
            return code != OTHER;
        }
    }

    private PgBackRest() {}

    /** "2.45". @throws Failure when it is not installed */
    public static String version() {
        var answer = run(List.of("version"));
        var m = VERSION.matcher(answer.stdout().strip());
        if (!m.matches()) {
            throw Failure.notReady(
                "pgBackRest cannot be run: " + Message.firstLine(answer.stderr() + answer.stdout()),
                "install it (Debian: apt install pgbackrest) where the server runs.");
        }
        return m.group(1);
    }

    /** The oldest release that reads this server; empty when it is newer than this tool. */
    public static Optional<String> firstFor(int major) {
        var first = FIRST_FOR.ceilingEntry(major);
        return first == null ? Optional.empty() : Optional.of(first.getValue());
    }

    /** @throws Failure when the installed release does not know this server, with the one that does */
    public static void mustRead(int major) {
        var version = version();
        var first = firstFor(major);
        if (first.isPresent() && !isOlder(version, first.get())) return;
        throw Failure.notReady(
            "pgBackRest " + version + " cannot read PostgreSQL " + major,
            first.map(needed -> "install pgBackRest " + needed + " or newer (apt.postgresql.org has it).")
                .orElse("look at https://pgbackrest.org/release.html for the release that can."));
    }

    /** Empty when it is not installed here. */
    public static Optional<String> installedVersion() {
        try {
            return Optional.of(version());
        } catch (Failure missing) {
            Console.detail("%s", missing.getMessage());
            return Optional.empty();
        }
    }

    /** 2.9 is older than 2.45. */
    public static boolean isOlder(String version, String than) {
        var one = version.split("\\.");
        var other = than.split("\\.");
        for (int i = 0; i < Math.max(one.length, other.length); i++) {
            int a = i < one.length ? Integer.parseInt(one[i]) : 0;
            int b = i < other.length ? Integer.parseInt(other[i]) : 0;
            if (a != b) return a < b;
        }
        return false;
    }

    /** "20261126-115249F", "20261126-115249F_20261126-115254I". */
    public static boolean isLabel(String word) {
        return LABEL.matcher(word).matches();
    }

    /** All stanzas of the configuration. */
    public static List<Stanza> stanzas() {
        return info(List.of());
    }

    /** @throws Failure when its repository cannot be read, or it is not there */
    public static Stanza stanza(String name) {
        mustBeAName(name);
        var stanza = info(List.of("--stanza=" + name)).stream()
            .filter(s -> s.name().equals(name))
            .findFirst()
            .orElseThrow(() -> noStanza(name));
        if (!stanza.wasRead()) throw unreadable(stanza);
        if (stanza.code() == MISSING_STANZA || stanza.code() == MISSING_DATA) throw noStanza(name);
        return stanza;
    }

    /**
     * A backup of a stanza, with its tablespaces.
     *
     * @param label as listed, or latest
     * @param before only backups that ended before it count for latest; null for the newest of all
     */
    public static StanzaBackup find(String stanzaName, String label, Instant before) {
        var stanza = stanza(stanzaName);
        if (stanza.code() == NO_BACKUPS || stanza.backups().isEmpty()) {
            throw Failure.notReady(
                "the stanza " + stanzaName + " has no backup yet",
                "take one: pgbackrest --stanza=" + stanzaName + " backup --type=full");
        }
        var found = label.equals("latest") ? newestBefore(stanza, before) : labelled(stanza, label);
        return withTablespaces(found);
    }

    private static StanzaBackup newestBefore(Stanza stanza, Instant before) {
        return stanza.backups()
            .stream()
            .filter(b -> before == null || b.takenAt().isBefore(before))
            .max(Comparator.comparing(StanzaBackup::takenAt))
            .orElseThrow(
                () -> Failure.answerIsNo(
                    "no backup of the stanza " + stanza.name() + " ended before that moment",
                    "the earliest moment that can be restored is just after "
                        + Units.utc(stanza.backups().getFirst().takenAt()) + "."));
    }

    private static StanzaBackup labelled(Stanza stanza, String label) {
        return stanza.backups()
            .stream()
            .filter(b -> b.name().equals(label))
            .findFirst()
            .orElseThrow(
                () -> Failure.usage(
                    "the stanza " + stanza.name() + " has no backup " + label,
                    "it has: " + String.join(", ", stanza.backups().stream().map(StanzaBackup::name).toList())));
    }

    /** Only asked about one backup does info name its tablespaces. */
    private static StanzaBackup withTablespaces(StanzaBackup backup) {
        var answer = json(
            List.of(
                "info",
                "--output=json",
                "--stanza=" + backup.stanza(),
                "--repo=" + backup.repository(),
                "--set=" + backup.name()));
        var places = new ArrayList<BackupDirectory.Tablespace>();
        for (var stanza : answer) {
            for (var one : stanza.path("backup")) {
                for (var tablespace : one.path("tablespace")) {
                    places.add(
                        new BackupDirectory.Tablespace(
                            tablespace.path("oid").asString(),
                            tablespace.path("destination").asString()));
                }
            }
        }
        return backup.with(places);
    }

    private static List<Stanza> info(List<String> options) {
        var arguments = new ArrayList<>(List.of("info", "--output=json"));
        arguments.addAll(options);
        var stanzas = new ArrayList<Stanza>();
        for (var stanza : json(arguments)) stanzas.add(stanza(stanza));
        return stanzas;
    }

    private static JsonNode json(List<String> arguments) {
        var all = new ArrayList<>(arguments);
        if (System.getenv("PGBACKREST_IO_TIMEOUT") == null) all.add(PATIENCE);
        var answer = run(all);
        try {
            if (answer.ok()) return Json.tree(answer.stdout());
        } catch (JacksonException notJson) {
            Console.detail("pgbackrest info: %s", answer.stdout());
        }
        throw new Failure(
            ExitCode.NOT_READY,
            "pgBackRest cannot tell its backups: " + error(answer.stderr() + answer.stdout()),
            "its configuration is /etc/pgbackrest.conf, or what PGBACKREST_CONFIG names.",
            null);
    }

    private static Stanza stanza(JsonNode node) {
        var name = node.path("name").asString();
        var databases = new HashMap<String, JsonNode>();
        for (var db : node.path("db")) databases.put(key(db.path("repo-key").asInt(), db.path("id").asInt()), db);
        var backups = new ArrayList<StanzaBackup>();
        for (var backup : node.path("backup")) {
            var database = backup.path("database");
            backups.add(
                backup(
                    name,
                    backup,
                    databases.get(key(database.path("repo-key").asInt(), database.path("id").asInt()))));
        }
        backups.sort(Comparator.comparing(StanzaBackup::takenAt));
        return new Stanza(name, node.path("status").path("code").asInt(OTHER), message(node), backups);
    }

    private static String key(int repository, int database) {
        return repository + "/" + database;
    }

    private static StanzaBackup backup(String stanza, JsonNode node, JsonNode database) {
        var type = node.path("type").asString("");
        return StanzaBackup.builder()
            .stanza(stanza)
            .name(node.path("label").asString())
            .repository(node.path("database").path("repo-key").asInt(1))
            .kind(switch (type) {
                case "diff" -> Kind.DIFFERENTIAL;
                case "incr" -> Kind.INCREMENTAL;
                default -> Kind.FULL;
            })
            .startedAt(Instant.ofEpochSecond(node.path("timestamp").path("start").asLong()))
            .takenAt(Instant.ofEpochSecond(node.path("timestamp").path("stop").asLong()))
            .endLsn(Lsn.parse(node.path("lsn").path("stop").asString("0/0")))
            .dataBytes(node.path("info").path("size").asLong())
            .storedBytes(node.path("info").path("repository").path("delta").asLong())
            .hasErrors(node.path("error").asBoolean(false))
            .server(
                database == null ? "" : database.path("version").asString(),
                database == null ? "" : database.path("system-id").asString())
            .build();
    }

    /** The stanza's own words; where they are "other", those of the repository, which may be many lines. */
    private static String message(JsonNode stanza) {
        var said = stanza.path("status").path("message").asString("");
        for (var repository : stanza.path("repo")) {
            if (repository.path("status").path("code").asInt() == OTHER) {
                said = repository.path("status").path("message").asString("");
            }
        }
        var lines = said.lines().toList();
        var first = KIND_OF_ERROR.matcher(Message.firstLine(said)).replaceFirst("").replaceFirst(":$", "");
        return lines.stream()
            .skip(1)
            .filter(line -> CAUSE.matcher(line).find())
            .findFirst()
            .map(cause -> first + ": " + CAUSE.matcher(cause).replaceFirst(""))
            .orElse(first);
    }

    public static void mustBeAName(String stanza) {
        if (stanza.matches("[\\w][\\w.-]*")) return;
        throw Failure.usage("'" + stanza + "' is not the name of a stanza", "it is the [section] in pgbackrest.conf.");
    }

    private static Failure noStanza(String name) {
        var known = stanzas().stream().map(Stanza::name).toList();
        return Failure.usage(
            "pgBackRest has no stanza '" + name + "'",
            known.isEmpty()
                ? "its configuration is /etc/pgbackrest.conf, or what PGBACKREST_CONFIG names; then: pgbackrest "
                    + "--stanza=" + name + " stanza-create"
                : "it has: " + String.join(", ", known) + ".");
    }

    private static Failure unreadable(Stanza stanza) {
        return new Failure(
            ExitCode.NOT_READY,
            "the repository of the stanza " + stanza.name() + " cannot be read: " + stanza.message(),
            hint(stanza.message()),
            null);
    }

    private static String hint(String said) {
        if (said.contains("Permission denied")) {
            return "run this as the user that the server runs as: sudo -u postgres …";
        }
        if (said.contains("cipher") || said.contains("CryptoError")) {
            return "is the passphrase (repo1-cipher-pass) that of this repository?";
        }
        if (said.matches(".*(AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|403|Forbidden).*")) {
            return "the storage refuses the key; it is in pgBackRest's configuration (repo1-s3-key).";
        }
        return "try it by hand: pgbackrest info";
    }

    /** The message of an error line: "ERROR: [055]: unable to open …". */
    public static String error(String output) {
        for (var line : output.lines().toList()) {
            var m = ERROR.matcher(line);
            if (m.matches()) return m.group(2);
        }
        return Message.firstLine(output.isBlank() ? "it said nothing" : output.strip());
    }

    /** Its number (error.def of pgBackRest); 0 when there is no error line. */
    public static int errorCode(String output) {
        for (var line : output.lines().toList()) {
            var m = ERROR.matcher(line);
            if (m.matches()) return Integer.parseInt(m.group(1));
        }
        return 0;
    }

    /** Its log files belong to the server's user: another one must not begin them. */
    private static Program.Answer run(List<String> arguments) {
        var command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(arguments);
        if (!arguments.contains("version")) command.add("--log-level-file=off");
        try {
            return Program.of(command).capture();
        } catch (Failure missing) {
            if (missing.exitCode() != ExitCode.NOT_READY) throw missing;
            throw Failure.notReady(
                "pgBackRest is not installed here",
                "install it (Debian: apt install pgbackrest) where the server runs.");
        }
    }
}
