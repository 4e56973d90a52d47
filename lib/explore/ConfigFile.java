//SOURCES ../RecordFields.java ../SettingsFile.java ExploreConfig.java HealthScore.java Rule.java Thresholds.java
package lib.explore;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.RecordFields;
import lib.SettingsFile;
import lib.explore.ExploreConfig.RuleConfig;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Reads the config file: explore.yaml, or --config FILE. */
public final class ConfigFile {
    private static final List<String> FORMATS = List.of("md", "html", "json");
    private static final double DAY_SECONDS = 86_400;

    /** The file as it is written; null for what it does not say. */
    record ConfigWords(
        ConnectionWords connection,
        List<String> schemas,
        List<String> exclude,
        Map<String, String> purposes,
        Map<String, List<String>> labels,
        String output,
        List<String> format,
        Double chunks,
        Double timeout,
        Double failUnder,
        List<String> failOn,
        Double minCoverage,
        Map<String, Double> thresholds,
        Map<String, RuleWords> rules) {}

    /** A server; never its password. */
    record ConnectionWords(String host, String port, String user, String dbname, String sslmode, String url) {
        Map<String, String> all() {
            var words = new LinkedHashMap<String, String>();
            put(words, "host", host);
            put(words, "port", port);
            put(words, "user", user);
            put(words, "dbname", dbname);
            put(words, "sslmode", sslmode);
            put(words, "url", url);
            return words;
        }

        private static void put(Map<String, String> words, String key, String value) {
            if (value != null) words.put(key, value);
        }
    }

    /** A rule in full, or {@code off} for short, which some programs write as {@code false}. */
    record RuleWords(boolean off, List<String> ignore, String reason, String until) {
        @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
        RuleWords {}

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static RuleWords of(String word) {
            return new RuleWords(word.equals("off"), null, null, null);
        }

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static RuleWords of(boolean on) {
            return new RuleWords(!on, null, null, null);
        }
    }

    private final SettingsFile file;

    private ConfigFile(SettingsFile file) {
        this.file = file;
    }

    public static ExploreConfig read(Path path) {
        var file = SettingsFile.read(path, "write one with: explore.java --print-config > explore.yaml");
        return file.isEmpty() ? ExploreConfig.defaults()
            : new ConfigFile(file).config(file.as(ConfigWords.class));
    }

    private ExploreConfig config(ConfigWords words) {
        file.requireValues();
        file.requireWhole("chunks", words.chunks(), 0, 1e6);
        file.requireWhole("timeout", words.timeout(), 1, DAY_SECONDS);
        file.requireWhole("failUnder", words.failUnder(), 0, 100);
        file.requireWhole("minCoverage", words.minCoverage(), 0, 100);
        known("failOn", words.failOn(), ruleIds(), "rule");
        known("format", words.format(), FORMATS, "format");
        var d = ExploreConfig.defaults();
        return RecordFields.of(ExploreConfig.class)
            .with("connection", words.connection() == null ? d.connection() : words.connection().all())
            .with("schemas", or(words.schemas(), d.schemas()))
            .with("exclude", or(words.exclude(), d.exclude()))
            .with("purposes", or(words.purposes(), d.purposes()))
            .with("labels", or(words.labels(), d.labels()))
            .with("thresholds", thresholds(or(words.thresholds(), Map.of())))
            .with("rules", rules(or(words.rules(), Map.of())))
            .with("output", or(words.output(), d.output()))
            .with("format", or(words.format(), d.format()))
            .with("chunks", or(whole(words.chunks()), d.chunks()))
            .with("timeoutSeconds", or(whole(words.timeout()), d.timeoutSeconds()))
            .with("failUnder", whole(words.failUnder()))
            .with("failOn", or(words.failOn(), d.failOn()))
            .with("minCoverage", whole(words.minCoverage()))
            .record();
    }

    private static <T> T or(T written, T otherwise) {
        return written == null ? otherwise : written;
    }

    private static Integer whole(Double number) {
        return number == null ? null : Integer.valueOf(number.intValue());
    }

    private static List<String> ruleIds() {
        return HealthScore.rules().stream().map(Rule::id).toList();
    }

    private void known(String path, List<String> words, List<String> known, String what) {
        for (var word : or(words, List.<String>of())) {
            if (!known.contains(word)) throw file.unknown(path, word, known, what);
        }
    }

    private Map<String, Double> thresholds(Map<String, Double> written) {
        written.forEach((name, value) -> {
            var path = "thresholds." + name;
            if (!Thresholds.DEFAULTS.containsKey(name)) {
                throw file.unknown(path, name, List.copyOf(Thresholds.DEFAULTS.keySet()), "threshold");
            }
            file.require(path, value, 0, 1e15);
        });
        return written;
    }

    private Map<String, RuleConfig> rules(Map<String, RuleWords> written) {
        var rules = new LinkedHashMap<String, RuleConfig>();
        written.forEach((id, words) -> {
            if (!ruleIds().contains(id)) throw file.unknown("rules." + id, id, ruleIds(), "rule");
            rules.put(id, rule("rules." + id, words));
        });
        return rules;
    }

    private RuleConfig rule(String path, RuleWords words) {
        var ignore = new ArrayList<>(or(words.ignore(), List.<String>of()));
        if (!ignore.isEmpty() && (words.reason() == null || words.reason().isBlank())) {
            throw file.bad(
                path,
                path + " ignores findings without a reason",
                "add reason: …, so that the next reader knows why.");
        }
        if (!words.off() && ignore.isEmpty()) {
            throw file
                .bad(path, path + " says neither off nor what to ignore", "write off: true, or ignore: [object, …].");
        }
        return new RuleConfig(words.off(), List.copyOf(ignore), words.reason(), day(path + ".until", words.until()));
    }

    private String day(String path, String day) {
        try {
            return day == null ? null : LocalDate.parse(day).toString();
        } catch (DateTimeParseException e) {
            throw file.badValue(path, path + ": '" + day + "' is not a day", "write it like 2027-01-31.");
        }
    }

    /** For what is printed as a config file. */
    static ObjectMapper yaml() {
        return YAMLMapper.builder()
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
            .build();
    }
}
