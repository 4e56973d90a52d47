//SOURCES ../RecordFields.java ConfigFile.java Thresholds.java
package lib.explore;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.RecordFields;

/**
 * What is in force for one run: the command line over the config file over the defaults.
 *
 * @param connection libpq's words (host, port, user, dbname, sslmode) or url; never a password
 * @param thresholds only those that differ from {@link Thresholds#DEFAULTS}
 * @param chunks how many of each hypertable's chunks are listed, the biggest first; 0 = none
 * @param failUnder exit 11 when the score is lower; null = never
 * @param failOn exit 11 when one of these rules fails
 */
public record ExploreConfig(
    Map<String, String> connection,
    List<String> schemas,
    List<String> exclude,
    Map<String, String> purposes,
    Map<String, List<String>> labels,
    Map<String, Double> thresholds,
    Map<String, RuleConfig> rules,
    String output,
    List<String> format,
    int chunks,
    int timeoutSeconds,
    Integer failUnder,
    List<String> failOn,
    Integer minCoverage) {

    /**
     * @param ignore objects whose findings count nothing
     * @param until the silence ends after this day (2027-01-01), or null
     */
    public record RuleConfig(boolean off, List<String> ignore, String reason, String until) {}

    private static final int TIMEOUT_SECONDS = 60;

    public static ExploreConfig defaults() {
        return RecordFields.of(ExploreConfig.class)
            .with("connection", Map.of())
            .with("schemas", List.of())
            .with("exclude", List.of())
            .with("purposes", Map.of())
            .with("labels", Map.of())
            .with("thresholds", Map.of())
            .with("rules", Map.of())
            .with("output", "reports")
            .with("format", List.of("md", "html", "json"))
            .with("chunks", 0)
            .with("timeoutSeconds", TIMEOUT_SECONDS)
            .with("failUnder", null)
            .with("failOn", List.of())
            .with("minCoverage", null)
            .record();
    }

    /** What the command line says instead, by the names of this record's components; null where it says nothing. */
    ExploreConfig over(Map<String, Object> typed) {
        var fields = RecordFields.of(this);
        typed.forEach((name, value) -> {
            if (value != null) fields.with(name, value);
        });
        return fields.record();
    }

    /**
     * What an object is for, in people's words: these of the config file come before its comment. @param schema null
     * for a database or schema
     */
    String purpose(String schema, String name, String comment) {
        var full = schema == null ? name : schema + "." + name;
        return purposes.getOrDefault(full, purposes.getOrDefault(name, comment));
    }

    /** All that is in force, as a config file: what {@code --print-config} prints can be saved and used. */
    public String toYaml() {
        var all = new LinkedHashMap<String, Object>();
        if (!connection.isEmpty()) all.put("connection", connection);
        all.put("schemas", schemas);
        all.put("exclude", exclude);
        all.put("purposes", purposes);
        all.put("labels", labels);
        all.put("output", output);
        all.put("format", format);
        all.put("chunks", chunks);
        all.put("timeout", timeoutSeconds);
        if (failUnder != null) all.put("failUnder", failUnder);
        all.put("failOn", failOn);
        if (minCoverage != null) all.put("minCoverage", minCoverage);
        all.put("thresholds", new Thresholds(thresholds).all());
        var ruleMap = new LinkedHashMap<String, Object>();
        rules.forEach((id, r) -> {
            var one = new LinkedHashMap<String, Object>();
            if (r.off()) one.put("off", true);
            if (!r.ignore().isEmpty()) one.put("ignore", r.ignore());
            if (r.reason() != null) one.put("reason", r.reason());
            if (r.until() != null) one.put("until", r.until());
            ruleMap.put(id, one);
        });
        all.put("rules", ruleMap);
        return ConfigFile.yaml().writeValueAsString(all);
    }
}
