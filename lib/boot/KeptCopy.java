//SOURCES Owner.java PrivateConfiguration.java ServerProgram.java
package lib.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A copy that is to stay and to be started with pg_ctl: its configuration is ours as well, and lies in its own data
 * directory with its socket.
 */
public final class KeptCopy {
    private KeptCopy() {}

    /**
     * Writes it; the files of the backup stay beside it as {@code postgresql.conf.of-the-backup} and so on.
     *
     * @param more settings on top of {@link ServerSettings}, by name
     */
    public static void configure(ServerProgram program, Path dataDirectory, Owner owner, Map<String, String> more)
        throws IOException {
        var settings = new HashMap<>(more);
        settings.putIfAbsent("shared_preload_libraries", program.hasLibrary("timescaledb") ? "timescaledb" : "");
        PrivateConfiguration.write(program, dataDirectory, dataDirectory, owner, settings);
    }

    /** Was this data directory configured so? */
    public static boolean isIn(Path dataDirectory) {
        try (var lines = Files.lines(dataDirectory.resolve("postgresql.conf"), StandardCharsets.ISO_8859_1)) {
            return lines.findFirst().equals(Optional.of(PrivateConfiguration.FIRST_LINE));
        } catch (IOException | UncheckedIOException none) {
            return false;
        }
    }
}
