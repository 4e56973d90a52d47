//SOURCES ConfigurationLines.java CopiedConfiguration.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A copy must not act as the original: it would archive into the original's archive, run its jobs a second time, and
 * take its place at the subscriptions. The settings that prevent it go into the copy's postgresql.auto.conf, where
 * ALTER SYSTEM RESET takes them out.
 */
public final class CopySettings {
    static final Map<String, String> SETTINGS = settings();

    private CopySettings() {}

    private static Map<String, String> settings() {
        var s = new LinkedHashMap<String, String>();
        s.put("archive_mode", "off");
        s.put("max_logical_replication_workers", "0");
        // With restoring=on the workers switch it off again; without workers nothing runs (timescaledb
        // src/loader/bgw_launcher.c).
        s.put("timescaledb.max_background_workers", "0");
        s.put("cron.launch_active_jobs", "off");
        return s;
    }

    public static void write(Path dataDirectory) throws IOException {
        ConfigurationLines.append(
            dataDirectory.resolve("postgresql.auto.conf"),
            SETTINGS.entrySet()
                .stream()
                .map(e -> e.getKey() + " = '" + e.getValue() + "'\n")
                .collect(Collectors.joining()));
    }

    /** Is the cluster there such a copy, and was not woken up since? */
    public static boolean areIn(Path dataDirectory) {
        var configuration = CopiedConfiguration.of(dataDirectory);
        return SETTINGS.entrySet()
            .stream()
            .allMatch(s -> configuration.value(s.getKey()).equals(Optional.of(s.getValue())));
    }

    /** The SQL that wakes a copy up. */
    public static String wakeUp() {
        return SETTINGS.keySet()
            .stream()
            .map(name -> "ALTER SYSTEM RESET " + name + ";")
            .collect(Collectors.joining(" "));
    }
}
