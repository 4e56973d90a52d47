package lib.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The first bytes of global/pg_control: the number that a cluster is born with (pg_control.h, ControlFileData.system_identifier). */
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
}
