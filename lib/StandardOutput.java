//SOURCES Message.java
package lib;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where the result goes. System.out swallows every error, so that a result that a full disk did not take would look
 * like a success; this one remembers it. It writes UTF-8 under every locale.
 */
final class StandardOutput extends OutputStream {
    private final OutputStream descriptor = new FileOutputStream(FileDescriptor.out);
    private IOException trouble;

    private StandardOutput() {}

    /** Takes the place of System.out. */
    static StandardOutput install() {
        var output = new StandardOutput();
        System.setOut(new PrintStream(new BufferedOutputStream(output, 1 << 13), true, StandardCharsets.UTF_8));
        return output;
    }

    @Override
    public void write(int oneByte) throws IOException {
        write(new byte[] {(byte) oneByte}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            descriptor.write(bytes, offset, length);
        } catch (IOException e) {
            if (trouble == null) trouble = e;
            throw e;
        }
    }

    /** Was something not written? */
    boolean hasTrouble() {
        return trouble != null;
    }

    /** Whoever reads it has read enough: {@code … | head -1}. That is no news to anybody. */
    boolean isReaderGone() {
        return trouble != null && String.valueOf(trouble.getMessage()).contains("Broken pipe");
    }

    String trouble() {
        return Message.lowerFirst(String.valueOf(trouble.getMessage()));
    }
}
