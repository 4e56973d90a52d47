//SOURCES AtomicFile.java Console.java ExitCode.java Failure.java
package lib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Numbers for a monitor, in the Prometheus text format 0.0.4, for node_exporter's textfile collector. The file appears
 * complete or not at all, and everybody may read it: the collector runs as another user. Units are in the names:
 * {@code _bytes}, {@code _seconds}.
 */
public final class PrometheusFile {
    private final Map<String, StringBuilder> families = new LinkedHashMap<>();

    /**
     * Adds one number.
     *
     * @param name like {@code timescaledb_tools_backup_size_bytes}
     * @param help one sentence that says what it is; the first one counts
     * @param labels by name; values may hold anything
     */
    public PrometheusFile gauge(String name, String help, Map<String, String> labels, double value) {
        var family = families.computeIfAbsent(
            name,
            n -> new StringBuilder("# HELP " + n + " " + escaped(help) + "\n# TYPE " + n + " gauge\n"));
        family.append(name).append(labels(labels)).append(' ').append(number(value)).append('\n');
        return this;
    }

    private static String labels(Map<String, String> labels) {
        if (labels.isEmpty()) return "";
        return labels.entrySet()
            .stream()
            .map(label -> label.getKey() + "=\"" + escaped(label.getValue()).replace("\"", "\\\"") + "\"")
            .collect(Collectors.joining(",", "{", "}"));
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n");
    }

    /** Whole numbers without a point; Prometheus knows NaN and +Inf by these names. */
    private static String number(double value) {
        if (Double.isNaN(value)) return "NaN";
        if (Double.isInfinite(value)) return value > 0 ? "+Inf" : "-Inf";
        if (value == Math.rint(value) && Math.abs(value) < 1e15) return String.format(Locale.ROOT, "%d", (long) value);
        return Double.toString(value);
    }

    public String text() {
        return String.join("", families.values());
    }

    /** @throws Failure when the file cannot be written */
    public void write(Path file) {
        try {
            AtomicFile.write(file, text());
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        } catch (UnsupportedOperationException noModesHere) {
            Console.detail("%s keeps its mode: this file system has none", file);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write " + file + ": " + e.getMessage(),
                "choose a directory that you may write to.",
                e);
        }
    }
}
