//SOURCES ../Failure.java ../Spelling.java ExploreConfig.java HealthScore.java Rule.java ShortText.java Thresholds.java
package lib.explore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.Failure;
import lib.Spelling;
import lib.explore.ExploreConfig.RuleConfig;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/**
 * Reads the config file, YAML or JSON. Every mistake in it is one clear line: where, what, and the nearest thing that
 * would be right.
 */
public final class ConfigFile {
    private static final List<String> KEYS =
        List.of(
            "connection",
            "schemas",
            "exclude",
            "purposes",
            "labels",
            "output",
            "format",
            "chunks",
            "timeout",
            "failUnder",
            "failOn",
            "minCoverage",
            "thresholds",
            "rules");
    private static final List<String> CONNECTION_KEYS = List.of("host", "port", "user", "dbname", "sslmode", "url");
    private static final List<String> RULE_KEYS = List.of("off", "ignore", "reason", "until");
    private static final List<String> FORMATS = List.of("md", "html", "json");

    private final Path file;

    private ConfigFile(Path file) {
        this.file = file;
    }

    public static ExploreConfig read(Path file) {
        return new ConfigFile(file).read();
    }

    /**
     * A file that holds one list of groups of words, like the targets of a fleet. @param keys the words that a group
     * may have
     */
    static List<Map<String, String>> listOfMaps(Path file, String key, List<String> keys) {
        var reader = new ConfigFile(file);
        var root = reader.parse();
        if (root == null || !root.isObject()) {
            throw reader.bad("the file must hold " + key + ", a list", key + ": [{…}]");
        }
        reader.known(root, "", List.of(key));
        if (!has(root, key) || !root.get(key).isArray()) throw reader.bad(key + " must be a list", key + ": [{…}]");
        var list = new ArrayList<Map<String, String>>();
        for (var node : root.get(key)) {
            var where = key + "[" + list.size() + "]";
            if (!node.isObject()) throw reader.bad(where + " must hold keys and values, not a " + kind(node), null);
            if (node.get("password") != null) throw reader.passwordIn(where);
            reader.known(node, where + ".", keys);
            var words = new LinkedHashMap<String, String>();
            node.properties().forEach(e -> words.put(e.getKey(), reader.text(where + "." + e.getKey(), e.getValue())));
            list.add(words);
        }
        return list;
    }

    private Failure passwordIn(String where) {
        return bad(
            where + ".password: a password does not belong in a config file",
            "set PGPASSWORD, or add a line to ~/.pgpass.");
    }

    static ObjectMapper yaml() {
        return YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
            .build();
    }

    private ExploreConfig read() {
        var d = ExploreConfig.defaults();
        var root = parse();
        if (root == null || root.isMissingNode() || root.isNull()) return d;
        if (!root.isObject()) {
            throw bad(
                "the file must hold keys and values, not a " + kind(root),
                "start with, for example: schemas: [public]");
        }
        known(root, "", KEYS);
        var rules = new LinkedHashMap<String, RuleConfig>();
        var ids = HealthScore.rules().stream().map(Rule::id).toList();
        for (var e : object(root, "rules").entrySet()) {
            if (!ids.contains(e.getKey())) throw unknown("rules." + e.getKey(), e.getKey(), ids, "rule");
            rules.put(e.getKey(), rule("rules." + e.getKey(), e.getValue()));
        }
        var thresholds = new LinkedHashMap<String, Double>();
        for (var e : object(root, "thresholds").entrySet()) {
            if (!Thresholds.DEFAULTS.containsKey(e.getKey())) {
                throw unknown(
                    "thresholds." + e.getKey(),
                    e.getKey(),
                    List.copyOf(Thresholds.DEFAULTS.keySet()),
                    "threshold");
            }
            thresholds.put(e.getKey(), number("thresholds." + e.getKey(), e.getValue(), 0, 1e15));
        }
        var labels = new LinkedHashMap<String, List<String>>();
        for (var e : object(root, "labels").entrySet()) {
            labels.put(e.getKey(), texts("labels." + e.getKey(), e.getValue()));
        }
        var failOn = has(root, "failOn") ? texts("failOn", root.get("failOn")) : d.failOn();
        for (var id : failOn) if (!ids.contains(id)) throw unknown("failOn", id, ids, "rule");
        var format = has(root, "format") ? texts("format", root.get("format")) : d.format();
        for (var f : format) if (!FORMATS.contains(f)) throw unknown("format", f, FORMATS, "format");
        return new ExploreConfig(
            connection(root),
            has(root, "schemas") ? texts("schemas", root.get("schemas")) : d.schemas(),
            has(root, "exclude") ? texts("exclude", root.get("exclude")) : d.exclude(),
            textMap(root, "purposes"),
            labels,
            thresholds,
            rules,
            has(root, "output") ? text("output", root.get("output")) : d.output(),
            format,
            has(root, "chunks") ? (int) number("chunks", root.get("chunks"), 0, 1e6) : d.chunks(),
            has(root, "timeout") ? (int) number("timeout", root.get("timeout"), 1, 86_400) : d.timeoutSeconds(),
            has(root, "failUnder") ? Integer.valueOf((int) number("failUnder", root.get("failUnder"), 0, 100)) : null,
            failOn,
            has(root, "minCoverage") ? Integer.valueOf((int) number("minCoverage", root.get("minCoverage"), 0, 100))
                : null);
    }

    private JsonNode parse() {
        try {
            var text = Files.readString(file);
            var mapper = file.toString().endsWith(".json")
                ? JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build()
                : yaml();
            return text.isBlank() ? null : mapper.readTree(text);
        } catch (JacksonException e) {
            var at = e.getLocation() == null || e.getLocation().getLineNr() < 1 ? ""
                : "line " + e.getLocation().getLineNr() + ": ";
            var message = e.getOriginalMessage()
                .lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty())
                .findFirst()
                .orElse("unreadable");
            throw bad(
                at + Character.toLowerCase(message.charAt(0)) + message.substring(1),
                "YAML indents with spaces and writes key: value; names of .json files mean JSON.");
        } catch (NoSuchFileException e) {
            throw bad("no such file", "write one with: explore.java --print-config > explore.yaml");
        } catch (IOException e) {
            throw bad("cannot be read: " + e.getMessage(), "check its owner and mode.");
        }
    }

    private Map<String, String> connection(JsonNode root) {
        var words = new LinkedHashMap<String, String>();
        for (var e : object(root, "connection").entrySet()) {
            if (e.getKey().equalsIgnoreCase("password")) {
                throw passwordIn("connection");
            }
            if (!CONNECTION_KEYS.contains(e.getKey())) {
                throw unknown("connection." + e.getKey(), e.getKey(), CONNECTION_KEYS, "key");
            }
            words.put(e.getKey(), text("connection." + e.getKey(), e.getValue()));
        }
        return words;
    }

    private RuleConfig rule(String where, JsonNode node) {
        if (node.isString() && node.asString().equals("off") || node.isBoolean() && !node.asBoolean()) {
            return new RuleConfig(true, List.of(), null, null);
        }
        if (!node.isObject()) {
            throw bad(
                where + " must be off, or have keys like ignore and reason; it is a " + kind(node),
                "for example: " + where.substring(6) + ": {ignore: [public.idx], reason: used on the replica}");
        }
        known(node, where + ".", RULE_KEYS);
        var ignore = has(node, "ignore") ? texts(where + ".ignore", node.get("ignore")) : List.<String>of();
        var reason = has(node, "reason") ? text(where + ".reason", node.get("reason")) : null;
        if ((!ignore.isEmpty()) && (reason == null || reason.isBlank())) {
            throw bad(
                where + " ignores findings without a reason",
                "add reason: …, so that the next reader knows why.");
        }
        var until = has(node, "until") ? text(where + ".until", node.get("until")) : null;
        if (until != null) {
            try {
                LocalDate.parse(until);
            } catch (DateTimeParseException e) {
                throw bad(where + ".until: '" + until + "' is not a day", "write it like 2027-01-31.");
            }
        }
        boolean off = has(node, "off") && bool(where + ".off", node.get("off"));
        if (!off && ignore.isEmpty()) {
            throw bad(where + " says neither off nor what to ignore", "write off: true, or ignore: [object, …].");
        }
        return new RuleConfig(off, ignore, reason, until);
    }

    private void known(JsonNode node, String prefix, List<String> keys) {
        for (var e : node.properties()) {
            if (!keys.contains(e.getKey())) throw unknown(prefix + e.getKey(), e.getKey(), keys, "key");
        }
    }

    private Failure unknown(String where, String word, List<String> known, String what) {
        var isValue = !where.endsWith(word);
        var unknown =
            isValue ? where + ": unknown " + what + " '" + word + "', " : "unknown " + what + " '" + where + "', ";
        return bad(
            (unknown + Spelling.didYouMean(word, known)).replaceFirst(",? $", ""),
            "known: " + String.join(", ", known) + ".");
    }

    private static boolean has(JsonNode node, String key) {
        return node.get(key) != null && !node.get(key).isNull();
    }

    private Map<String, JsonNode> object(JsonNode root, String key) {
        var map = new LinkedHashMap<String, JsonNode>();
        if (!has(root, key)) return map;
        if (!root.get(key).isObject()) {
            throw bad(key + " must hold keys and values, not a " + kind(root.get(key)), null);
        }
        root.get(key).properties().forEach(e -> map.put(e.getKey(), e.getValue()));
        return map;
    }

    private Map<String, String> textMap(JsonNode root, String key) {
        var map = new LinkedHashMap<String, String>();
        object(root, key).forEach((k, v) -> map.put(k, text(key + "." + k, v)));
        return map;
    }

    private List<String> texts(String where, JsonNode node) {
        if (node.isValueNode()) return List.of(text(where, node));
        if (!node.isArray()) throw bad(where + " must be a list, not a " + kind(node), "write it like [one, two].");
        var list = new ArrayList<String>();
        node.forEach(n -> list.add(text(where, n)));
        return list;
    }

    private String text(String where, JsonNode node) {
        if (!node.isValueNode() || node.isNull()) throw bad(where + " must be text, not a " + kind(node), null);
        return node.asString();
    }

    private boolean bool(String where, JsonNode node) {
        if (!node.isBoolean()) throw bad(where + " must be true or false, not '" + node.asString() + "'", null);
        return node.asBoolean();
    }

    private double number(String where, JsonNode node, double least, double most) {
        if (!node.isNumber()) {
            throw bad(
                where + " must be a number, not " + (node.isString() ? "'" + node.asString() + "'" : "a " + kind(node)),
                null);
        }
        if (node.asDouble() < least || node.asDouble() > most) {
            throw bad(
                where + ": " + node.asString() + " is not between " + ShortText.number(least) + " and "
                    + ShortText.number(most),
                null);
        }
        return node.asDouble();
    }

    private static String kind(JsonNode node) {
        return node.isArray() ? "list" : node.isObject() ? "group of keys"
            : node.isNumber() ? "number"
            : node.isBoolean() ? "true or false"
            : node.isNull() ? "nothing"
            : "text";
    }

    private Failure bad(String message, String hint) {
        return Failure.usage(file + ": " + message, hint);
    }
}
