//SOURCES ExitCode.java Failure.java
package lib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads a {@code .env} file: NAME=value lines, # comments, optional quotes. Nothing in it is run or expanded,
 * so a value may hold any character.
 */
public final class DotEnv {
    private DotEnv() {}

    /** @return the file's settings in its order; empty when there is no such file */
    public static Map<String, String> read(Path file) {
        var values = new LinkedHashMap<String, String>();
        if (!Files.isRegularFile(file)) {
            return values;
        }
        try {
            for (var raw : Files.readAllLines(file)) {
                var line = raw.strip();
                int equals = line.indexOf('=');
                if (line.startsWith("#") || equals < 1) continue;
                values.put(
                    line.substring(0, equals).strip().replaceFirst("^export\\s+", ""),
                    unquote(line.substring(equals + 1).strip()));
            }
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + file + ": " + e.getMessage(),
                "check its owner and mode (0600).",
                e);
        }
        return values;
    }

    private static String unquote(String value) {
        if (value.length() >= 2
            && (value.startsWith("\"") && value.endsWith("\"") || value.startsWith("'") && value.endsWith("'"))) {
            return value.substring(1, value.length() - 1);
        }
        return value;
    }
}
