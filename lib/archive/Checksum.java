package lib.archive;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.CRC32C;

/** A running checksum in the form in which a backup_manifest writes it. */
public abstract sealed class Checksum {
    public enum Algorithm {
        NONE, CRC32C, SHA224, SHA256, SHA384, SHA512;

        /** @param name as the manifest spells it; null where it has no checksum */
        static Algorithm named(String name) {
            return name == null ? NONE : valueOf(name.toUpperCase(Locale.ROOT));
        }
    }

    public abstract void update(byte[] bytes, int offset, int length);

    /** In lower case hex. Starts over. */
    public abstract String hex();

    public static Checksum of(Algorithm algorithm) {
        return switch (algorithm) {
            case NONE -> new None();
            case CRC32C -> new Crc();
            case SHA224 -> new Digest("SHA-224");
            case SHA256 -> new Digest("SHA-256");
            case SHA384 -> new Digest("SHA-384");
            case SHA512 -> new Digest("SHA-512");
        };
    }

    private static final class None extends Checksum {
        @Override
        public void update(byte[] bytes, int offset, int length) {}

        @Override
        public String hex() {
            return "";
        }
    }

    private static final class Crc extends Checksum {
        private final CRC32C crc = new CRC32C();

        @Override
        public void update(byte[] bytes, int offset, int length) {
            crc.update(bytes, offset, length);
        }

        /**
         * PostgreSQL prints the four bytes as they lie in the server's memory (src/backend/backup/backup_manifest.c):
         * reversed on x86 and ARM.
         */
        @Override
        public String hex() {
            var text = "%08x".formatted(Integer.reverseBytes((int) crc.getValue()));
            crc.reset();
            return text;
        }
    }

    private static final class Digest extends Checksum {
        private final MessageDigest digest;

        Digest(String name) {
            try {
                digest = MessageDigest.getInstance(name);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);   // every JDK has them
            }
        }

        @Override
        public void update(byte[] bytes, int offset, int length) {
            digest.update(bytes, offset, length);
        }

        @Override
        public String hex() {
            return HexFormat.of().formatHex(digest.digest());
        }
    }
}
