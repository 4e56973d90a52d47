package lib.explore;

import java.util.List;
import java.util.Map;

/**
 * What is in force for one run: the command line over the config file over the defaults.
 *
 * @param chunks how many of each hypertable's chunks are listed, the biggest first; 0 = none
 */
public record ExploreConfig(List<String> schemas, List<String> exclude, Map<String, String> purposes, Map<String, List<String>> labels,
        Map<String, Double> thresholds, Map<String, RuleConfig> rules, int chunks, int timeoutSeconds) {

    /** @param ignore objects whose findings count nothing @param until the silence ends after this day (2027-01-01), or null */
    public record RuleConfig(boolean off, List<String> ignore, String reason, String until) {}

    public static ExploreConfig defaults() {
        return new ExploreConfig(List.of(), List.of(), Map.of(), Map.of(), Map.of(), Map.of(), 0, 60);
    }
}
