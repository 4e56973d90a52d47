//SOURCES BackupDirectory.java Verifier.java
package lib.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The file SHA256SUMS: a line for every other file of the backup, as {@code sha256sum --check --strict SHA256SUMS}
 * reads it.
 */
public final class Sums {
    private Sums() {}

    /**
     * The whole file's text, ordered by name. A backslash or line end in a name is written as GNU coreutils does:
     * escaped, with a backslash in front of the line.
     */
    public static String text(Map<String, String> sums) {
        var text = new StringBuilder();
        new TreeMap<>(sums).forEach((name, sum) -> {
            var escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
            text.append(escaped.equals(name) ? "" : "\\").append(sum).append("  ").append(escaped).append('\n');
        });
        return text.toString();
    }

    /** SHA256SUMS as it lies on disk. @param names of the files that it has a line for */
    record Listed(String text, Set<String> names) {
        /** Compares strictly, so that a flipped bit in SHA256SUMS itself shows as well. */
        void compare(Map<String, String> actual, List<Verifier.Damage> damages) {
            if (text
                .equals(new String(Sums.text(actual).getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))) {
                return;
            }
            int before = damages.size();
            name(text, actual, damages);
            if (damages.size() == before) damages.add(new Verifier.Damage(BackupDirectory.SUMS, "is damaged"));
        }
    }

    /** @return null when it cannot be read, which is then among the damages */
    static Listed read(Path backup, List<Verifier.Damage> damages) {
        try {
            var text = Files.readString(backup.resolve(BackupDirectory.SUMS), StandardCharsets.ISO_8859_1);
            var names = new HashSet<String>();
            for (var raw : text.split("\n")) {
                var line = line(raw);
                if (line.indexOf("  ") >= 0) names.add(nameOf(line));
            }
            return new Listed(text, names);
        } catch (IOException e) {
            damages.add(new Verifier.Damage(BackupDirectory.SUMS, "cannot be read: " + e.getMessage()));
            return null;
        }
    }

    private static String line(String raw) {
        return new String(raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static String nameOf(String line) {
        var name = line.substring(line.indexOf("  ") + 2);
        return line.startsWith("\\") ? name.replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\") : name;
    }

    private static void name(String recorded, Map<String, String> actual, List<Verifier.Damage> damages) {
        var lines = new HashSet<>(List.of(text(actual).split("\n")));
        var names = new HashSet<String>();
        for (var raw : recorded.split("\n", -1)) {
            var line = line(raw);
            if (line.indexOf("  ") < 0) {
                if (!line.isEmpty()) damages.add(new Verifier.Damage(BackupDirectory.SUMS, "is damaged"));
                continue;
            }
            var name = nameOf(line);
            names.add(name);
            // what could not be read is told elsewhere
            if (lines.contains(line) || "".equals(actual.get(name))) continue;
            damages.add(
                new Verifier.Damage(
                    name,
                    actual.containsKey(name) ? "does not match its sum in SHA256SUMS" : "is missing"));
        }
        for (var name : actual.keySet()) {
            if (!names.contains(name)) damages.add(new Verifier.Damage(name, "is not in SHA256SUMS"));
        }
    }
}
