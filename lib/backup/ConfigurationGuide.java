//SOURCES ../Program.java ../archive/Age.java ../archive/Fingerprint.java
package lib.backup;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.Program;
import lib.archive.Age;
import lib.archive.Fingerprint;

/**
 * The part of RESTORE.md about configuration files that the data directory does not have: they are copied, and named at
 * the start.
 */
final class ConfigurationGuide {
    private static final List<String> MAIN = List.of("config_file", "hba_file", "ident_file");

    private final Fingerprint print;
    private final List<Fingerprint.ConfigurationFile> files;

    private ConfigurationGuide(Fingerprint print) {
        this.print = print;
        this.files = print.configuration() == null ? List.of() : print.configuration().files();
    }

    static ConfigurationGuide of(Fingerprint print) {
        return new ConfigurationGuide(print);
    }

    /** A step of its own; empty when the data directory has all. */
    String step() {
        if (!isNeeded()) return "";
        var text = new StringBuilder("\n## Configuration\n\n");
        text.append("The data directory does not have these files of the old server:\n\n");
        for (var f : files) {
            text.append("- `").append(f.setting()).append("` ").append(oneLine(f.path())).append(": ");
            text.append(f.stored() == null ? "not in this backup (" + oneLine(f.why()) + ")" : f.stored()).append('\n');
        }
        text.append("\n```sh\n");
        if (hasCopies()) copy(text);
        for (var f : files) {
            if (f.stored() == null && MAIN.contains(f.setting())) makeNew(text, f.setting());
        }
        text.append("```\n");
        text.append(
            "\nLook through the copy of postgresql.conf before you start: paths, port and addresses in it are the "
                + "old server's.\n");
        return text.toString();
    }

    /** The option for pg_ctl with a blank in front; empty when the data directory has all. */
    String startOption() {
        if (!isNeeded()) return "";
        var words = new ArrayList<String>();
        for (var setting : MAIN) words.add("-c " + setting + "='" + place(setting) + "'");
        words.add("-c data_directory='$DATA'");          // the copied file may name the old one
        words.add("-c external_pid_file=''");
        return " -o \"" + String.join(" ", words) + "\"";
    }

    private boolean isNeeded() {
        return files.stream().anyMatch(f -> MAIN.contains(f.setting()) || f.stored() != null);
    }

    private boolean hasCopies() {
        return files.stream().anyMatch(f -> f.stored() != null);
    }

    private void copy(StringBuilder text) {
        text.append("CONF=\"$DATA-conf\"\nmkdir -m 0700 \"$CONF\"\n");
        for (var directory : directories()) text.append("mkdir -p \"$CONF/").append(directory).append("\"\n");
        for (var f : files) {
            if (f.stored() == null) continue;
            text.append(f.stored().endsWith(Age.SUFFIX) ? "age -d -i \"$KEY\" " : "cat ")
                .append(quoted(f.stored()))
                .append(" > \"$CONF/")
                .append(name(f))
                .append("\"\n");
        }
        absoluteIncludes().forEach(
            path -> text.append("sed -i \"/^[[:space:]]*include/s#")
                .append(path)
                .append("#$CONF#\" \"$CONF/")
                .append(name(print.configuration().file("config_file").orElseThrow()))
                .append("\"\n"));
    }

    /**
     * Those of the included files, and those that postgresql.conf includes although they are empty: without them the
     * server does not start.
     */
    private Set<String> directories() {
        var found = new TreeSet<String>();
        for (var f : files) {
            var parent = f.stored() == null ? null : Path.of(name(f)).getParent();
            if (parent != null) found.add(parent.toString());
        }
        for (var typed : print.configuration().includeDirectories()) {
            if (!typed.startsWith("/")) found.add(typed);
            else if (mainDirectory() != null && Path.of(typed).startsWith(mainDirectory())) {
                found.add(mainDirectory().relativize(Path.of(typed)).toString());
            }
        }
        found.remove("");
        return found;
    }

    private List<String> absoluteIncludes() {
        var isStored = print.configuration().file("config_file").filter(f -> f.stored() != null).isPresent();
        return isStored && mainDirectory() != null ? List.of(mainDirectory().toString()) : List.of();
    }

    private Path mainDirectory() {
        return print.configuration().file("config_file").map(f -> Path.of(f.path()).getParent()).orElse(null);
    }

    private void makeNew(StringBuilder text, String setting) {
        switch (setting) {
            case "config_file" -> {
                text.append("cp \"$(pg_config --sharedir)/postgresql.conf.sample\" \"$DATA/postgresql.conf\"\n");
                var libraries = print.preloadLibraries().orElse(List.of());
                if (!libraries.isEmpty()) {
                    text.append("echo \"shared_preload_libraries = '")
                        .append(String.join(",", libraries))
                        .append("'\" >> \"$DATA/postgresql.conf\"\n");
                }
            }
            case "hba_file" ->
                text.append("echo 'local all all peer' > \"$DATA/pg_hba.conf\"     # lets nobody else in: edit it\n");
            default -> text.append(": > \"$DATA/pg_ident.conf\"\n");
        }
    }

    private String place(String setting) {
        return print.configuration()
            .file(setting)
            .filter(f -> f.stored() != null)
            .map(f -> "$CONF/" + name(f))
            .orElse("$DATA/" + switch (setting) {
                case "config_file" -> "postgresql.conf";
                case "hba_file" -> "pg_hba.conf";
                default -> "pg_ident.conf";
            });
    }

    /** Its path below conf/, in clear. */
    private static String name(Fingerprint.ConfigurationFile file) {
        var name = file.stored().substring(file.stored().indexOf('/') + 1);
        return name.endsWith(Age.SUFFIX) ? name.substring(0, name.length() - Age.SUFFIX.length()) : name;
    }

    private static String quoted(String path) {
        return Program.typed(path);
    }

    private static String oneLine(String text) {
        return text.lines().map(String::strip).collect(Collectors.joining(" "));
    }
}
