//SOURCES ExitCode.java Failure.java
package lib;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads a {@code .env} file: NAME=value lines, # comments, optional quotes. Nothing in it is run or expanded,
 * so a value may hold any character. {@code bin/lib.sh} reads the same file for the shell, and DotEnvTest compares the
 * two.
 */
public final class DotEnv {
    private static final String BYTE_ORDER_MARK = "\u00EF\u00BB\u00BF";   // its three bytes, one character each

    private DotEnv() {}

    /** @return the file's settings in its order; empty when there is no such file */
    public static Map<String, String> read(Path file) {
        var values = new LinkedHashMap<String, String>();
        if (!Files.isRegularFile(file)) {
            return values;
        }
        for (var raw : bytes(file).split("\n")) {
            var line = strip(raw);
            int equals = line.indexOf('=');
            if (line.startsWith("#") || equals < 1) continue;
            var name = strip(line.substring(0, equals)).replaceFirst("^export\\s+", "");
            var value = unquote(strip(line.substring(equals + 1)));
            values.put(name, new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
        }
        return values;
    }

    /**
     * A character a byte: names, quotes and blanks are ASCII, and a value that is not UTF-8 must not stop the others.
     */
    private static String bytes(Path file) {
        try {
            var text = Files.readString(file, StandardCharsets.ISO_8859_1);
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + file + ": " + e.getMessage(),
                "check its owner and mode (0600).",
                e);
        }
    }

    /** Blanks and carriage returns; ASCII only, as the shell sees them. */
    private static String strip(String text) {
        return text.replaceAll("^\\s+|\\s+$", "");
    }

    private static String unquote(String value) {
        if (value.length() >= 2
            && (value.startsWith("\"") && value.endsWith("\"") || value.startsWith("'") && value.endsWith("'"))) {
            return value.substring(1, value.length() - 1);
        }
        return value;
    }
}
