package lib.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What every session of ours relies on, said at connect: that beats what ALTER ROLE and ALTER DATABASE have set, which
 * is part of the data and is restored with it.
 */
public final class SessionSettings {
    /** @param since the first major version that knows it */
    private record Setting(String name, String value, int since) {}

    private static final List<Setting> ALL = List.of(
        new Setting("role", "none", 0),
        new Setting("session_preload_libraries", "", 0),
        new Setting("local_preload_libraries", "", 0),
        new Setting("statement_timeout", "0", 0),
        new Setting("lock_timeout", "0", 0),
        new Setting("idle_in_transaction_session_timeout", "0", 0),
        new Setting("idle_session_timeout", "0", 14),
        new Setting("transaction_timeout", "0", 17),
        new Setting("temp_file_limit", "-1", 0),
        new Setting("default_transaction_read_only", "off", 0),
        new Setting("default_transaction_isolation", "read\\ committed", 0),
        new Setting("default_transaction_deferrable", "off", 0),
        new Setting("session_replication_role", "origin", 0),
        new Setting("row_security", "on", 0),
        new Setting("temp_tablespaces", "", 0),
        new Setting("default_tablespace", "", 0),
        new Setting("zero_damaged_pages", "off", 0),            // these two would hide damage
        new Setting("ignore_checksum_failure", "off", 0),
        new Setting("lc_messages", "C", 0),
        new Setting("client_min_messages", "warning", 0),
        new Setting("quote_all_identifiers", "off", 0),
        new Setting("log_min_error_statement", "panic", 0));

    private SessionSettings() {}

    /** As libpq's word "options" takes it: {@code -c name=value …}. */
    public static String options(int major) {
        return options(
            ALL.stream()
                .filter(s -> s.since() <= major)
                .map(s -> Map.entry(s.name(), s.value()))
                .toList());
    }

    /** More of them, after the first. */
    public static String options(List<Map.Entry<String, String>> settings) {
        var words = new ArrayList<String>();
        for (var setting : settings) words.add("-c " + setting.getKey() + "=" + setting.getValue());
        return String.join(" ", words);
    }
}
