//SOURCES BackupDirectory.java Verifier.java
package lib.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The file SHA256SUMS: a line for every other file of the backup, as {@code sha256sum --check --strict SHA256SUMS} reads it. */
public final class Sums {
    private Sums() {}

    /** The whole file's text, ordered by name. A backslash or line end in a name is written as GNU coreutils does: escaped, with a backslash in front of the line. */
    public static String text(Map<String, String> sums) {
        var text = new StringBuilder();
        new TreeMap<>(sums).forEach((name, sum) -> {
            var escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
            text.append(escaped.equals(name) ? "" : "\\").append(sum).append("  ").append(escaped).append('\n');
        });
        return text.toString();
    }

    /** Compares strictly, so that a flipped bit in SHA256SUMS itself shows as well. @return false when there is no such file */
    static boolean compare(Path backup, Map<String, String> actual, List<Verifier.Finding> findings) {
        var file = backup.resolve(BackupDirectory.SUMS);
        if (!Files.exists(file)) return false;
        try {
            var recorded = Files.readString(file, StandardCharsets.ISO_8859_1);
            if (recorded.equals(new String(text(actual).getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)))
                return true;
            int before = findings.size();
            name(recorded, actual, findings);
            if (findings.size() == before) findings.add(new Verifier.Finding(BackupDirectory.SUMS, "is damaged"));
        } catch (IOException e) {
            findings.add(new Verifier.Finding(BackupDirectory.SUMS, "cannot be read: " + e.getMessage()));
        }
        return true;
    }

    private static void name(String recorded, Map<String, String> actual, List<Verifier.Finding> findings) {
        var lines = new HashSet<>(List.of(text(actual).split("\n")));
        var names = new HashSet<String>();
        for (var raw : recorded.split("\n", -1)) {
            var line = new String(raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            int gap = line.indexOf("  ");
            if (gap < 0) {
                if (!line.isEmpty()) findings.add(new Verifier.Finding(BackupDirectory.SUMS, "is damaged"));
                continue;
            }
            var name = line.startsWith("\\")
                ? line.substring(gap + 2).replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\")
                : line.substring(gap + 2);
            names.add(name);
            if (lines.contains(line)) continue;
            findings.add(
                new Verifier.Finding(
                    name,
                    actual.containsKey(name) ? "does not match its sum in SHA256SUMS" : "is missing"));
        }
        for (var name : actual.keySet()) {
            if (!names.contains(name)) findings.add(new Verifier.Finding(name, "is not in SHA256SUMS"));
        }
    }
}
