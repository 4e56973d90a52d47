//SOURCES Owner.java
package lib.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Lines of ours behind those of a configuration file in a data directory. */
public final class ConfigurationLines {
    private ConfigurationLines() {}

    /**
     * Appends whole lines. Where nothing ends the last line of the file, ours would be a part of it, of a comment for
     * example, and would not count. A file that is not there yet becomes that of the data directory's owner: the server
     * passes over a postgresql.auto.conf that it cannot read.
     *
     * @param lines each with its end
     */
    public static void append(Path file, String lines) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            if (Owner.weAreRoot()) Owner.of(file.toAbsolutePath().getParent()).give(file);
        }
        var there = Files.readString(file, StandardCharsets.ISO_8859_1);
        var end = there.isEmpty() || there.endsWith("\n") ? "" : "\n";
        Files.writeString(file, end + lines, StandardOpenOption.APPEND);
    }
}
