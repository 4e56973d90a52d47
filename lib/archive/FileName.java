package lib.archive;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Names of files as text, the same from a manifest, an archive and a disk. On disk a name is bytes: UTF-8 in practice.
 * One that is not UTF-8 is read as ISO 8859-1, a character for each byte, so that it stays one name.
 */
final class FileName {
    private FileName() {}

    static String of(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException notUtf8) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    /** What commons-compress read as ISO 8859-1. */
    static String ofLatin1(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) > 127) return of(name.getBytes(StandardCharsets.ISO_8859_1));
        }
        return name;
    }

    /** The path of a file below a directory. */
    static String of(Path directory, Path file) {
        var name = directory.relativize(file).toString();
        if (name.indexOf('\uFFFD') < 0) return name;      // the character that replaces what is no UTF-8
        var from = bytes(directory).length + 1;
        var all = bytes(file);
        return of(Arrays.copyOfRange(all, from, all.length));
    }

    /** A URI has every byte of a path, as %E9. */
    private static byte[] bytes(Path path) {
        var encoded = path.toAbsolutePath().toUri().getRawPath();
        var bytes = new ByteArrayOutputStream();
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(encoded, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        var path8 = bytes.toByteArray();
        return path8.length > 1 && path8[path8.length - 1] == '/' ? Arrays.copyOf(path8, path8.length - 1)
            : path8;
    }
}
