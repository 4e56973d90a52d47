//SOURCES ../archive/RestorableBackup.java ../archive/RestoreSource.java ../boot/ConfigurationLines.java
//SOURCES ../boot/Owner.java ../database/ConnectionSettings.java RestoreOptions.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lib.archive.RestorableBackup;
import lib.archive.RestoreSource;
import lib.boot.ConfigurationLines;
import lib.boot.Owner;
import lib.database.ConnectionSettings;

/** What makes a restored cluster a standby: standby.signal, and the server to follow. A password is never written. */
final class StandbySettings {
    private StandbySettings() {}

    /** The server to follow. */
    static ConnectionSettings primary(RestoreOptions options) {
        return ConnectionSettings.resolve(Map.of(), options.primary, System.getenv(), Path.of(".env"));
    }

    static void write(Path data, RestoreOptions options, Owner owner) throws IOException {
        var line = "primary_conninfo = '" + conninfo(primary(options)).replace("'", "''") + "'\n";
        ConfigurationLines.append(data.resolve("postgresql.auto.conf"), line);
        var signal = data.resolve("standby.signal");
        Files.writeString(signal, "", StandardOpenOption.CREATE);
        if (owner != null) owner.give(signal);
    }

    /** What nobody but the person can see. */
    static List<String> toCheck(RestoreSource source, RestoreOptions options) {
        var primary = primary(options);
        var first = source instanceof RestorableBackup ours ? ours.walSegments(ours.segmentBytes()).getLast()
            : "the end of the backup";
        return List.of(
            "it will follow " + primary.place() + " as " + primary.user()
                + "; before you start it, check on that server:",
            ("  the role may stream, and is let in: ALTER ROLE %s REPLICATION; in pg_hba.conf: host replication %s "
                + "ADDRESS scram-sha-256")
                .formatted(primary.user(), primary.user()),
            "  the WAL from " + first + " on is there still: a slot (primary_slot_name) or wal_keep_size keeps it",
            "and here: the password is in ~/.pgpass of the server's user: %s:%d:replication:%s:PASSWORD"
                .formatted(primary.host(), primary.port(), primary.user()),
            "then: SELECT status FROM pg_stat_wal_receiver must say streaming");
    }

    private static String conninfo(ConnectionSettings primary) {
        var words = new LinkedHashMap<String, String>();
        words.put("host", primary.host());
        words.put("port", String.valueOf(primary.port()));
        words.put("user", primary.user());
        words.put("sslmode", primary.sslMode());
        var environment = primary.environment();
        for (var word : List.of("sslrootcert", "sslcert", "sslkey")) {
            var value = environment.get("PG" + word.toUpperCase(Locale.ROOT));
            if (value != null) words.put(word, value);
        }
        var passfile = System.getenv("PGPASSFILE");
        if (passfile != null && !passfile.isEmpty()) words.put("passfile", passfile);
        return words.entrySet()
            .stream()
            .map(word -> word.getKey() + "=" + quoted(word.getValue()))
            .collect(Collectors.joining(" "));
    }

    private static String quoted(String value) {
        return value.matches("[\\w./:-]+") ? value : "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
