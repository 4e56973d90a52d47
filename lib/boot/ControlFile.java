//SOURCES ../Program.java ServerProgram.java
package lib.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.Program;

/**
 * global/pg_control: what a cluster was born with (pg_control.h, ControlFileData.system_identifier), and the settings
 * that its recovery needs.
 */
public final class ControlFile {
    private ControlFile() {}

    public static Optional<String> systemIdentifier(Path dataDirectory) {
        try (var in = Files.newInputStream(dataDirectory.resolve("global/pg_control"))) {
            var bytes = in.readNBytes(8);
            return bytes.length < 8 ? Optional.empty()
                : Optional.of(Long.toUnsignedString(ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong()));
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    /** What pg_controldata says, label to value: "max_connections setting" to "100"; empty where it cannot be asked. */
    static Map<String, String> facts(ServerProgram program, Path dataDirectory) {
        var facts = new LinkedHashMap<String, String>();
        if (!program.installation().has("pg_controldata")) return facts;
        var command = List.of(program.installation().program("pg_controldata").toString(), dataDirectory.toString());
        var answer = Program.of(command).with(Map.of("LC_ALL", "C")).capture();
        for (var line : answer.stdout().lines().toList()) {
            var parts = line.split(":", 2);
            if (parts.length == 2) facts.put(parts[0].strip(), parts[1].strip());
        }
        return facts;
    }
}
