package lib.explore;

import java.util.LinkedHashMap;
import java.util.Map;

/** The numbers that the health rules compare with; each can be set in the config file under {@code thresholds}. */
public final class Thresholds {
    /** Name, default. The order is the one of {@code --print-config}. */
    static final Map<String, Double> DEFAULTS = defaults();

    private final Map<String, Double> values;

    public Thresholds(Map<String, Double> overrides) {
        values = new LinkedHashMap<>(DEFAULTS);
        values.putAll(overrides);
    }

    double get(String name) {
        var value = values.get(name);
        if (value == null) throw new IllegalArgumentException("no threshold is called " + name);
        return value;
    }

    Map<String, Double> all() {
        return values;
    }

    private static Map<String, Double> defaults() {
        var d = new LinkedHashMap<String, Double>();
        d.put("jobFailuresPercent", 10.0);
        d.put("jobMinimumRuns", 5.0);
        d.put("chunksWarn", 1000.0);
        d.put("chunksNote", 500.0);
        d.put("smallChunkMegabytes", 10.0);
        d.put("smallChunkMinimumChunks", 100.0);
        d.put("chunkIndexMemoryPercent", 25.0);
        d.put("compressionBacklogPercent", 5.0);
        d.put("rowsPerBatch", 100.0);
        d.put("compressionRatio", 1.5);
        d.put("compressionMinimumChunks", 10.0);
        d.put("retentionSharePercent", 50.0);
        d.put("retentionMinimumMegabytes", 1024.0);
        d.put("unusedIndexSharePercent", 5.0);
        d.put("unusedIndexMinimumKilobytes", 0.0);
        d.put("smallTableMegabytes", 10.0);
        d.put("hypertableMinimumRows", 1_000_000.0);
        d.put("statisticsMinimumDays", 7.0);
        d.put("wraparoundWarnPercent", 50.0);
        d.put("wraparoundCriticalPercent", 75.0);
        d.put("deadRowsPercent", 20.0);
        d.put("deadRowsMinimum", 10000.0);
        d.put("analyzeMinimumRows", 10000.0);
        d.put("bloatPercent", 50.0);
        d.put("sequenceWarnPercent", 75.0);
        d.put("sequenceCriticalPercent", 90.0);
        d.put("documentedPercent", 50.0);
        d.put("cacheHitPercent", 99.0);
        d.put("cacheMinimumReads", 1_000_000.0);
        d.put("connectionsPercent", 80.0);
        d.put("idleInTransactionSeconds", 300.0);
        d.put("longTransactionSeconds", 3600.0);
        d.put("slowQueryMillis", 1000.0);
        d.put("slowQueryMinimumCalls", 100.0);
        d.put("slotRetainedMegabytes", 1024.0);
        return d;
    }
}
