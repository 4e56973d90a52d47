//SOURCES ../ExitCode.java ../Failure.java ConnectionUrl.java
package lib.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.ExitCode;
import lib.Failure;

/**
 * A section of pg_service.conf: of the user's own file, else of the system's. Not read by the driver's
 * PgServiceConfParser: that one passes words by that it does not know.
 */
record ServiceFile(List<Path> files) {
    static ServiceFile of(String named, Map<String, String> environment) {
        var home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        var files = new ArrayList<Path>();
        files.add(named != null ? Path.of(named) : Path.of(home, ".pg_service.conf"));
        files.add(Path.of(environment.getOrDefault("PGSYSCONFDIR", "/etc/postgresql-common"), "pg_service.conf"));
        return new ServiceFile(files);
    }

    /** @throws Failure wrong usage, when no file has the service, or it has a word that is not known */
    Map<String, String> words(String service) {
        for (var file : files) {
            if (!Files.isReadable(file)) continue;
            var words = section(file, service);
            if (words != null) return words;
        }
        throw Failure.usage(
            "the service \"" + service + "\" is in no service file",
            "looked at: " + String.join(", ", files.stream().map(Path::toString).toList()) + ".");
    }

    private static Map<String, String> section(Path file, String service) {
        Map<String, String> words = null;
        for (var raw : lines(file)) {
            var line = raw.strip();
            if (line.startsWith("[")) {
                if (words != null) return words;
                if (line.equals("[" + service + "]")) words = new LinkedHashMap<>();
            } else if (words != null && !line.isEmpty() && !line.startsWith("#")) {
                int equals = line.indexOf('=');
                var source = "the service \"" + service + "\" of " + file;
                if (equals < 1) throw Failure.usage(source + " has a line without =", "its lines are word=value.");
                var word = line.substring(0, equals).strip();
                if (word.startsWith("service")) {
                    throw Failure.usage(
                        source + " names another service, which libpq does not allow",
                        "write that one's words here.");
                }
                ConnectionUrl.putOnce(words, word, line.substring(equals + 1).strip(), source);
            }
        }
        return words;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + file + ": " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
    }
}
