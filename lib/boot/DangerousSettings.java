//SOURCES ConfigurationLines.java CopiedConfiguration.java PrivateConfiguration.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The settings in a backup that matter to a real restore: they lead out of the restored data directory, to the original
 * or to what is not on this machine. Those that would reach the original are replaced in the restored files; the others
 * are named for the person to decide.
 *
 * <p>Values of commands and connection strings are never shown: they may hold passwords.
 */
public final class DangerousSettings {
    /**
     * @param entry where it stands
     * @param why for people, without the name and the place
     * @param replacement what takes its place; null where nothing does
     */
    public record Finding(CopiedConfiguration.Entry entry, String why, String replacement) {
        /** "postgresql.conf line 12, data_directory: leads to …; replaced by …". */
        @Override
        public String toString() {
            var said = entry.file() + " line " + entry.line() + ", " + entry.name() + ": " + why;
            if (replacement == null) return said;
            return said + "; " + (replacement.isEmpty() ? "it is left empty" : "replaced by " + replacement);
        }
    }

    /** With what takes their place; a number is never empty. */
    private static final Map<String, String> FOR_RECOVERY = Map.of(
        "restore_command",
        "",
        "primary_conninfo",
        "",
        "primary_slot_name",
        "",
        "recovery_target",
        "",
        "recovery_target_name",
        "",
        "recovery_target_time",
        "",
        "recovery_target_lsn",
        "",
        "recovery_target_xid",
        "",
        "recovery_min_apply_delay",
        "0");
    /** A standby would run them, and clear up in the original's archive. */
    private static final Set<String> COMMANDS_OF_RECOVERY = Set.of("archive_cleanup_command", "recovery_end_command");
    /**
     * What a file that is not in the backup may set to the original's: a copy is told its own, or what was seen
     * elsewhere in its configuration.
     */
    private static final Map<String, String> NEVER_LEFT_TO_OTHERS = Map.of(
        "external_pid_file",
        "",
        "log_directory",
        "log",
        "restore_command",
        "",
        "primary_conninfo",
        "",
        "primary_slot_name",
        "",
        "archive_cleanup_command",
        "",
        "recovery_end_command",
        "",
        "synchronous_standby_names",
        "");
    private static final Map<String, String> OWN_PLACES =
        Map.of("external_pid_file", "", "log_directory", "log", "stats_temp_directory", "pg_stat_tmp");
    private static final Set<String> FILES_FOR_TLS =
        Set.of("ssl_cert_file", "ssl_key_file", "ssl_ca_file", "ssl_crl_file", "ssl_crl_dir", "ssl_dh_params_file");
    private static final String RUNS_A_PROGRAM = "runs a program of the original's machine";
    /** Each runs workers that act on other servers, in the original's name. */
    private static final Set<String> ACTING_LIBRARIES =
        Set.of(
            "pglogical",
            "bdr",
            "spock",
            "repmgr",
            "citus",
            "pg_failover_slots",
            "patroni",
            "londiste",
            "pgautofailover",
            "pgactive");

    private final CopiedConfiguration configuration;
    private final Path data;
    private final boolean isCopy;
    private final List<Finding> findings = new ArrayList<>();

    private DangerousSettings(CopiedConfiguration configuration, Path data, boolean isCopy) {
        this.configuration = configuration;
        this.data = data;
        this.isCopy = isCopy;
    }

    /**
     * What a person should know before it runs.
     *
     * @param data where the restored data directory will lie
     * @param isCopy the original may still run
     */
    public static List<Finding> of(CopiedConfiguration configuration, Path data, boolean isCopy) {
        var settings = new DangerousSettings(configuration, data.toAbsolutePath().normalize(), isCopy);
        settings.configuration.entries().forEach(settings::judge);
        for (var include : configuration.notFollowed()) {
            settings.add(
                include,
                include.value() + " is not in the backup, and its settings are not known here"
                    + (isCopy ? "; what in it could lead to the original does not count in this copy" : ""));
        }
        return List.copyOf(settings.findings);
    }

    /**
     * Replaces in the unpacked files what would reach the original.
     *
     * @param unpacked where they lie now
     * @param data where they will lie
     */
    public static List<Finding> adopt(Path unpacked, Path data, boolean isCopy) throws IOException {
        var configuration = CopiedConfiguration.of(unpacked);
        var findings = of(configuration, data, isCopy);
        var replaced = new LinkedHashMap<String, String>();
        if (isCopy && !configuration.notFollowed().isEmpty()) replaced.putAll(own(configuration, data));
        for (var finding : findings) {
            if (finding.replacement() != null) replaced.put(finding.entry().name(), finding.replacement());
        }
        // A server looks for it before it reads postgresql.auto.conf.
        var directory = replaced.remove("data_directory");
        if (directory != null) {
            ConfigurationLines.append(
                unpacked.resolve("postgresql.conf"),
                "\n# the restored data lies here\n" + PrivateConfiguration.line("data_directory", directory));
        }
        var lines = new StringBuilder();
        replaced.forEach((name, value) -> lines.append(PrivateConfiguration.line(name, value)));
        if (!lines.isEmpty()) ConfigurationLines.append(unpacked.resolve("postgresql.auto.conf"), lines.toString());
        return findings;
    }

    /** The settings of a copy that no file which is not in the backup may decide. */
    private static Map<String, String> own(CopiedConfiguration configuration, Path data) {
        var own = new LinkedHashMap<String, String>();
        own.put("data_directory", data.toString());
        for (var file : List.of("pg_hba.conf", "pg_ident.conf")) {
            var name = file.equals("pg_hba.conf") ? "hba_file" : "ident_file";
            var seen = configuration.value(name);
            if (configuration.has(file)) own.put(name, seen.orElse(data.resolve(file).toString()));
        }
        NEVER_LEFT_TO_OTHERS.forEach((name, value) -> own.put(name, configuration.value(name).orElse(value)));
        return own;
    }

    private void judge(CopiedConfiguration.Entry entry) {
        var name = entry.name();
        if (entry.value().isEmpty()) return;
        if (name.equals("data_directory")) {
            if (!isHere(entry.value())) {
                replace(
                    entry,
                    "leads to " + entry.value() + ", whose cluster would be started instead of this one",
                    data.toString());
            }
        } else if (name.equals("hba_file") || name.equals("ident_file")) {
            ownFile(entry, name.equals("hba_file") ? "pg_hba.conf" : "pg_ident.conf");
        } else if (OWN_PLACES.containsKey(name)) {
            writtenPlace(entry, OWN_PLACES.get(name));
        } else if (name.equals("unix_socket_directories")) {
            for (var place : CopiedConfiguration.libraries(entry.value())) {
                if (isMissing(place)) add(entry, place + " is not on this machine: the server would not start");
            }
        } else if (FILES_FOR_TLS.contains(name)) {
            if (isOn("ssl") && isMissing(entry.value())) {
                add(entry, entry.value() + " is not on this machine: with ssl on the server would not start");
            }
        } else if (name.equals("archive_command") || name.equals("archive_library")) {
            if (!isCopy && isOn("archive_mode")) {
                add(
                    entry,
                    "archives into the original's archive, from the same timeline: is that this cluster's own "
                        + "from now on?");
            }
        } else if (FOR_RECOVERY.containsKey(name)) {
            var replacement = FOR_RECOVERY.get(name);
            if (isCopy) replace(entry, "is left over from a standby or an earlier restore", replacement);
            else {
                add(
                    entry,
                    "is left over from a standby or an earlier restore; it counts when recovery.signal or "
                        + "standby.signal is there");
            }
        } else if (COMMANDS_OF_RECOVERY.contains(name)) {
            if (isCopy) replace(entry, RUNS_A_PROGRAM, "");
            else add(entry, RUNS_A_PROGRAM);
        } else if (name.equals("ssl_passphrase_command")) {
            add(entry, RUNS_A_PROGRAM);
        } else if (name.equals("archive_mode") && entry.value().equalsIgnoreCase("always")) {
            if (isCopy) replace(entry, "archives what the original archives, while it follows it", "on");
        } else if (name.equals("synchronous_standby_names")) {
            if (isCopy) replace(entry, "lets every commit wait for the original's standby", "");
            else add(entry, "lets every commit wait until such a standby follows this cluster");
        } else if (name.equals("shared_preload_libraries")) {
            preload(entry);
        } else if (name.equals("port") && isCopy) {
            add(
                entry,
                "is " + entry.value()
                    + ", as the original's: where that runs on this machine, choose another one before the start");
        }
    }

    private void preload(CopiedConfiguration.Entry entry) {
        if (!isCopy) return;
        var all = CopiedConfiguration.libraries(entry.value());
        var acting = all.stream().filter(l -> ACTING_LIBRARIES.contains(bare(l))).toList();
        if (acting.isEmpty()) return;
        var rest = new ArrayList<>(all);
        rest.removeAll(acting);
        replace(
            entry,
            String.join(", ", acting) + " would act on other servers as the original does",
            rest.isEmpty() ? "" : String.join(",", rest));
    }

    /** A file that lay in the original's data directory lies in this one as well. */
    private void ownFile(CopiedConfiguration.Entry entry, String usual) {
        var path = path(entry.value()).map(p -> data.resolve(p).normalize());
        if (path.isEmpty() || path.get().startsWith(data)) return;
        boolean wasInside = configuration.value("data_directory").map(d -> path.get().startsWith(d)).orElse(false);
        if (wasInside || isCopy && configuration.has(usual)) {
            replace(entry, "leads to " + entry.value() + ", which is the original's", data.resolve(usual).toString());
        } else if (isMissing(entry.value())) {
            add(entry, entry.value() + " is not on this machine: the server would not start");
        }
    }

    private void writtenPlace(CopiedConfiguration.Entry entry, String own) {
        var path = path(entry.value()).map(p -> data.resolve(p).normalize());
        if (path.isEmpty() || path.get().startsWith(data)) return;
        if (isCopy) replace(entry, "would write to " + entry.value() + ", which is the original's", own);
        else if (isMissing(
            String.valueOf(entry.name().equals("external_pid_file") ? path.get().getParent() : path.get()))) {
                add(entry, entry.value() + " is not on this machine");
            }
    }

    private boolean isHere(String place) {
        return path(place).filter(Path::isAbsolute).map(p -> p.normalize().equals(data) || isSame(p)).orElse(false);
    }

    private boolean isSame(Path place) {
        try {
            return Files.exists(place) && Files.exists(data) && Files.isSameFile(place, data);
        } catch (IOException unreadable) {
            return false;
        }
    }

    private boolean isOn(String name) {
        return configuration.value(name)
            .map(v -> !Stream.of("off", "false", "no", "0").anyMatch(v::equalsIgnoreCase))
            .orElse(false);
    }

    private static boolean isMissing(String place) {
        return place.startsWith("/") && path(place).map(p -> !Files.exists(p)).orElse(true);
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException strange) {
            return Optional.empty();
        }
    }

    private static String bare(String library) {
        return library.replaceFirst("^.*/", "").replaceFirst("\\.so$", "");
    }

    private void add(CopiedConfiguration.Entry entry, String why) {
        findings.add(new Finding(entry, why, null));
    }

    private void replace(CopiedConfiguration.Entry entry, String why, String replacement) {
        findings.add(new Finding(entry, why, replacement));
    }
}
