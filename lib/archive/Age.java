//SOURCES ../ExitCode.java ../Failure.java
package lib.archive;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.util.ArrayList;
import java.util.List;
import lib.ExitCode;
import lib.Failure;

/**
 * Encryption in the format of age (https://age-encryption.org/v1), with its X25519 keys: {@code age -d -i key.txt}
 * opens what this writes.
 */
public final class Age {
    public static final String SUFFIX = ".age";

    /** Who can open: the public keys, as typed. */
    public record Recipients(List<String> keys) {}

    /** The secret keys of an identity file. */
    public static final class Identity {
        private final Path file;
        private final List<RecipientStanzaReader> readers;

        private Identity(Path file, List<RecipientStanzaReader> readers) {
            this.file = file;
            this.readers = readers;
        }

        @Override
        public String toString() {
            return "identity of " + file;
        }
    }

    private Age() {}

    /** @param file what age-keygen writes: lines AGE-SECRET-KEY-1…, # comments */
    public static Identity identity(Path file) {
        var readers = new ArrayList<RecipientStanzaReader>();
        for (var line : lines(file, "--identity takes the file that age-keygen wrote.")) {
            try {
                readers.add(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(line));
            } catch (GeneralSecurityException | RuntimeException e) {
                // The line is a secret: it must not be repeated.
                throw Failure.usage(
                    file + " holds a line that is no age secret key",
                    "it must hold lines AGE-SECRET-KEY-1…, as age-keygen writes them; keys with a passphrase are "
                        + "opened first with: age -d");
            }
        }
        if (readers.isEmpty()) {
            throw Failure.usage(file + " holds no age secret key", "a new one comes from: age-keygen -o " + file);
        }
        return new Identity(file, readers);
    }

    /** @param typed each an age1… key, or a file with one such key a line */
    public static Recipients recipients(List<String> typed) {
        var keys = new ArrayList<String>();
        for (var word : typed) {
            if (word.startsWith("AGE-SECRET-KEY-")) {
                throw Failure.usage(
                    "--encrypt-to was given a secret key, and everybody on this machine could read it in the "
                        + "process list",
                    "it takes the public key, age1…; make a new pair of keys with: age-keygen");
            }
            keys.addAll(
                word.startsWith("age1") ? List.of(word)
                    : lines(Path.of(word), "--encrypt-to takes a public key, age1…, or a file of such keys."));
        }
        keys.forEach(Age::writer);
        if (keys.isEmpty()) {
            throw Failure.usage("--encrypt-to was given a file without any key", "it must hold lines age1…");
        }
        return new Recipients(List.copyOf(keys));
    }

    /** Closing it writes the last block and closes {@code out}. */
    public static OutputStream encrypting(OutputStream out, Recipients recipients) throws IOException {
        try {
            var writers = recipients.keys().stream().map(Age::writer).toList();
            var channel =
                new StandardEncryptingChannelFactory().newEncryptingChannel(Channels.newChannel(out), writers);
            return new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot encrypt: " + e.getMessage(), e);
        }
    }

    /** What was encrypted; every block is authenticated, so damage throws an IOException. */
    public static InputStream decrypting(InputStream in, Identity identity) throws IOException {
        try {
            var channel =
                new StandardDecryptingChannelFactory().newDecryptingChannel(Channels.newChannel(in), identity.readers);
            return new BufferedInputStream(new Authenticated(Channels.newInputStream(channel)), 1 << 16);
        } catch (UnsupportedRecipientStanzaException | InvalidKeyException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "none of the keys in " + identity.file + " opens this backup",
                "backup.json names the public keys that it was encrypted to; take the identity that belongs to "
                    + "one of them.",
                e);
        } catch (GeneralSecurityException e) {
            throw new IOException("damaged, or not encrypted by age: " + e.getMessage(), e);
        }
    }

    private static RecipientStanzaWriter writer(String key) {
        try {
            return X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(key);
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new Failure(
                ExitCode.USAGE,
                "'" + key + "' is not an age public key",
                "it looks like age1… with 62 letters; age-keygen prints it.",
                e);
        }
    }

    private static List<String> lines(Path file, String hint) {
        try {
            return Files.readAllLines(file)
                .stream()
                .map(String::strip)
                .filter(l -> !l.isEmpty() && !l.startsWith("#"))
                .toList();
        } catch (IOException e) {
            throw new Failure(ExitCode.USAGE, "cannot read " + file, hint, e);
        }
    }

    /** The library reports a block that fails its authentication by other exceptions; to a reader all are damage. */
    private static final class Authenticated extends FilterInputStream {
        Authenticated(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            try {
                return super.read(into, offset, length);
            } catch (RuntimeException e) {
                throw new IOException("damaged: the encrypted data fails its authentication", e);
            }
        }
    }
}
