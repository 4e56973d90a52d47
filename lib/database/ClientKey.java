//SOURCES ../ExitCode.java ../Failure.java
package lib.database;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import lib.ExitCode;
import lib.Failure;

/**
 * Certificates and keys as libpq reads them. OpenSSL takes a key in PEM form of any kind; the JDBC driver takes PKCS#8
 * in DER form, so a PEM key is written again, into a file of our own that goes when the tool ends.
 */
final class ClientKey {
    private static final Pattern PEM =
        Pattern.compile("(?s)-----BEGIN ((?:RSA |EC |ENCRYPTED )?)PRIVATE KEY-----(.*?)-----END \\1PRIVATE KEY-----");
    private static final Pattern EC_PARAMETERS =
        Pattern.compile("(?s)-----BEGIN EC PARAMETERS-----(.*?)-----END EC PARAMETERS-----");
    private static final byte[] RSA =
        {0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0};
    private static final byte[] EC_PUBLIC_KEY = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};
    private static final byte[] VERSION_0 = {2, 1, 0};
    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 0x04;

    private static final Map<Path, Path> READABLE = new ConcurrentHashMap<>();

    private ClientKey() {}

    /** Changes the driver's properties where libpq would do otherwise with the same files. */
    static void asLibpqReadsThem(Properties p) {
        var home = Path.of(System.getProperty("user.home"), ".postgresql");
        var root = p.getProperty("sslrootcert", home.resolve("root.crt").toString());
        if ("system".equals(p.getProperty("sslrootcert"))) {
            p.remove("sslrootcert");
            p.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
        } else if ("require".equals(p.getProperty("sslmode")) && Files.exists(Path.of(root))) {
            p.setProperty("sslmode", "verify-ca");       // libpq: "if a root CA file is present", it is checked
        }
        if (p.getProperty("sslmode", "").equals("disable")) return;
        var key = home.resolve("postgresql.key");
        if (!p.containsKey("sslkey") && !Files.exists(home.resolve("postgresql.pk8")) && Files.isReadable(key)) {
            p.setProperty("sslkey", key.toString());
        }
        if (!p.containsKey("sslkey")) return;
        var readable = READABLE.computeIfAbsent(Path.of(p.getProperty("sslkey")), ClientKey::readable);
        p.setProperty("sslkey", readable.toString());
    }

    /** The same key in a form that the driver reads. */
    private static Path readable(Path key) {
        try {
            var pem = PEM.matcher(new String(Files.readAllBytes(key), StandardCharsets.ISO_8859_1));
            if (!pem.find()) return key;
            var bytes = Base64.getMimeDecoder().decode(pem.group(2).replaceAll("(?m)^[\\w-]+: .*$", ""));
            if (pem.group(1).startsWith("ENCRYPTED") || pem.group(2).contains("Proc-Type:")) {
                throw Failure.notReady(
                    "the key " + key + " has a password, and nobody is asked for one",
                    ("write a key without a password, for this account alone: openssl pkey -in %s -out client.key; "
                        + "chmod 0600 client.key")
                        .formatted(key));
            }
            return written(switch (pem.group(1)) {
                case "RSA " -> der(SEQUENCE, VERSION_0, RSA, der(OCTETS, bytes));
                case "EC " ->
                    der(SEQUENCE, VERSION_0, der(SEQUENCE, EC_PUBLIC_KEY, curve(bytes, key)), der(OCTETS, bytes));
                default -> bytes;
            });
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read the key " + key + ": " + e.getMessage(),
                "check sslkey (PGSSLKEY), and the owner and mode of the file.",
                e);
        } catch (IllegalArgumentException notBase64) {
            throw Failure
                .notReady("the key " + key + " is damaged", "look at it with: openssl pkey -in " + key + " -noout");
        }
    }

    /** The name of the curve stands in the key itself, behind the mark [0], or in the part before it. */
    private static byte[] curve(byte[] key, Path file) throws IOException {
        for (int i = 0; i + 3 < key.length; i++) {
            int length = key[i + 1];
            if ((key[i] & 0xff) == 0xa0 && key[i + 2] == 0x06 && key[i + 3] == length - 2
                && i + 2 + length <= key.length) {
                return Arrays.copyOfRange(key, i + 2, i + 2 + length);
            }
        }
        var parameters = EC_PARAMETERS.matcher(Files.readString(file));
        if (parameters.find()) return Base64.getMimeDecoder().decode(parameters.group(1));
        throw new IOException("it does not name its curve");
    }

    private static byte[] der(int tag, byte[]... parts) {
        var content = new ByteArrayOutputStream();
        for (var part : parts) content.writeBytes(part);
        int length = content.size();
        var all = new ByteArrayOutputStream();
        all.write(tag);
        if (length < 0x80) {
            all.write(length);
        } else {
            all.write(length < 0x100 ? 0x81 : 0x82);
            if (length >= 0x100) all.write(length >> 8);
            all.write(length);
        }
        all.writeBytes(content.toByteArray());
        return all.toByteArray();
    }

    private static Path written(byte[] der) throws IOException {
        var directory = Files.createTempDirectory("key-");       // 0700: for us alone
        directory.toFile().deleteOnExit();
        var file = Files.write(Files.createTempFile(directory, "key-", ".pk8"), der);
        file.toFile().deleteOnExit();
        return file;
    }
}
