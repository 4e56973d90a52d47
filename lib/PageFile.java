package lib;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Files that are part of the program, by the //FILES line of the script; bin/standalone.java writes their text where
 * the calls are.
 */
public final class PageFile {
    private PageFile() {}

    /** @param name as the //FILES line has it, in the calls as a literal */
    public static String text(String name) {
        try (var in = PageFile.class.getResourceAsStream("/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not part of the program: name it in the script's //FILES");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
