
//SOURCES Cluster.java Tool.java
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An S3 server on 127.0.0.1, with TLS and a key of its own, that keeps its objects in a directory. */
final class S3Storage implements AutoCloseable {
    static final String KEY = "AKIATESTTESTTEST";
    static final String SECRET = "wJalrXUtnFEMI-test-only";
    /** For what must not be touched by dropUnfinishedUploads. */
    static final String SECOND_BUCKET = "repository";
    private static final int START_SECONDS = 120;

    private static S3Storage shared;

    private final Path home;
    private final int port;
    private final Process server;

    private S3Storage(Path home, int port, Process server) {
        this.home = home;
        this.port = port;
        this.server = server;
    }

    /** One for all test classes, which ends with this JVM; any user may read its certificate. */
    static synchronized S3Storage shared() throws IOException {
        if (shared == null) {
            var home = Files.createTempDirectory("s3-");
            shared = start(home);
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setPosixFilePermissions(shared.certificate(), PosixFilePermissions.fromString("rw-r--r--"));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                shared.close();
                Cluster.delete(home);
            }));
        }
        return shared;
    }

    static S3Storage start(Path home) {
        try {
            Files.createDirectories(home.resolve("objects/backups"));
            Files.createDirectories(home.resolve("objects").resolve(SECOND_BUCKET));
            int port = freePort();
            makeCertificate(home);
            Files.writeString(home.resolve("s3.properties"), properties(home, port));
            var process = new ProcessBuilder(
                Tool.ROOT.resolve("bin/jbang").toString(),
                Tool.ROOT.resolve("tests/s3.java").toString(),
                home.resolve("s3.properties").toString())
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("s3.log").toFile())
                .start();
            var storage = new S3Storage(home, port, process);
            storage.waitUntilItListens();
            return storage;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String properties(Path home, int port) {
        return """
            s3proxy.secure-endpoint=https://127.0.0.1:%d
            s3proxy.keystore-path=%s
            s3proxy.keystore-password=changeit
            s3proxy.authorization=aws-v2-or-v4
            s3proxy.identity=%s
            s3proxy.credential=%s
            jclouds.provider=filesystem-nio2
            jclouds.filesystem.basedir=%s
            jclouds.identity=unused
            jclouds.credential=unused
            """.formatted(port, home.resolve("keystore.jks"), KEY, SECRET, home.resolve("objects"));
    }

    private static void makeCertificate(Path home) throws IOException {
        var keytool = Path.of(System.getProperty("java.home"), "bin/keytool").toString();
        run(
            home,
            List.of(
                keytool,
                "-genkeypair",
                "-keystore",
                "keystore.jks",
                "-storetype",
                "JKS",
                "-storepass",
                "changeit",
                "-keypass",
                "changeit",
                "-alias",
                "s3",
                "-keyalg",
                "RSA",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "SAN=DNS:localhost,IP:127.0.0.1",
                "-validity",
                "30"));
        run(
            home,
            List.of(
                keytool,
                "-exportcert",
                "-rfc",
                "-keystore",
                "keystore.jks",
                "-storepass",
                "changeit",
                "-alias",
                "s3",
                "-file",
                "ca.pem"));
    }

    private static void run(Path directory, List<String> command) throws IOException {
        var process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes());
        try {
            if (process.waitFor() != 0) throw new IOException(said);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private void waitUntilItListens() throws IOException {
        for (int tenths = 0; tenths < START_SECONDS * 10; tenths++) {
            try (var socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
                return;
            } catch (IOException notYet) {
                if (!server.isAlive()) break;
                sleep();
            }
        }
        throw new IOException("the S3 server did not start: " + Files.readString(home.resolve("s3.log")));
    }

    private static void sleep() {
        try {
            TimeUnit.MILLISECONDS.sleep(100);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A section for rclone's configuration. */
    String rcloneSection(String name, String secret) {
        return """
            [%s]
            type = s3
            provider = Other
            access_key_id = %s
            secret_access_key = %s
            endpoint = https://127.0.0.1:%d
            region = us-east-1
            force_path_style = true

            """.formatted(name, KEY, secret, port);
    }

    /**
     * Real storages forget an upload that was cut off; this one leaves a file NAME-UUID, over which each listing fails
     * with 500.
     */
    void dropUnfinishedUploads() throws IOException {
        sleep();
        try (var files = Files.walk(home.resolve("objects/backups"))) {
            for (var file : files.filter(f -> f.toString().matches(".*-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))
                .toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    int port() {
        return port;
    }

    Path certificate() {
        return home.resolve("ca.pem");
    }

    Path objects() {
        return home.resolve("objects");
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        server.descendants().forEach(ProcessHandle::destroy);
        server.destroy();
        try {
            server.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
