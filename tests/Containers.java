//SOURCES ../lib/Failure.java ../lib/Program.java Cluster.java Tool.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lib.Failure;
import lib.Program;
import org.junit.jupiter.api.Assumptions;

/**
 * A fresh copy of this checkout, in a directory with an awkward name, in which an ordinary user types make while a
 * Docker engine answers. Where no registry can be reached the images are the stand-ins of tests/images. Closing it
 * leaves no container behind.
 */
final class Containers implements AutoCloseable {
    /** Nobody's number on this machine: files of this owner were made for this user. */
    static final int UID = 54321;

    private static final List<String> NOT_COPIED =
        List.of(
            ".git",
            ".jbang",
            ".engine",
            ".env",
            ".tests",
            "mnt",
            "backups",
            "reports",
            "charts",
            "standalone",
            "node_modules");
    private static Map<String, String> images;

    private final Path home;
    private final Path checkout;
    private final Map<String, String> environment = new HashMap<>();
    private final String container = "timescaledb-test-" + ProcessHandle.current().pid();
    private final int port = Cluster.freePort();

    private Containers(Path home, Path checkout) {
        this.home = home;
        this.checkout = checkout;
        environment.putAll(images);
        environment.putAll(
            Map.of(
                "HOME",
                home.toString(),
                "CONTAINER",
                container,
                "PGPORT",
                String.valueOf(port),
                "TOOLS_IMAGE",
                "timescaledb-tools-test"));
    }

    /** The test is skipped, visibly, where no Docker engine answers or no image can be had. */
    static Containers open() {
        images();
        try {
            var home = Files.createTempDirectory("containers-");
            var checkout = home.resolve("it's a \"test\", really");
            copy(Tool.ROOT, checkout);
            if (Cluster.isRoot()) docker("chown", List.of("-R", UID + ":" + UID, "/home-of-test"), home);
            return new Containers(home, checkout);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The settings that choose the images: of the database, and of what the tools image is built from. */
    static synchronized Map<String, String> images() {
        Assumptions.assumeTrue(answers("docker", "version"), "no Docker engine answers");
        if (images == null) images = findImages();
        return images;
    }

    private static Map<String, String> findImages() {
        var built = Program.of(List.of(Tool.ROOT.resolve("tests/images/build").toString())).capture();
        Assumptions
            .assumeTrue(built.ok(), "no stand-in images: " + built.stderr().lines().reduce((a, b) -> b).orElse(""));
        var found = new HashMap<>(
            Map.of(
                "TIMESCALEDB_IMAGE",
                "standin/timescaledb:pg15",
                "POSTGRES_IMAGE",
                "standin/postgres:15",
                "JDK_IMAGE",
                "standin/eclipse-temurin:25",
                "TIMESCALEDB_VERSION",
                "none"));
        privateAuthorities().ifPresent(file -> found.put("EXTRA_CA", file.toString()));
        return found;
    }

    /** Where Debian keeps what an administrator added; the image build has to trust it as well. */
    private static Optional<Path> privateAuthorities() {
        try (Stream<Path> files = Files.list(Path.of("/usr/local/share/ca-certificates"))) {
            var pem = new StringBuilder();
            for (var file : files.filter(f -> f.toString().endsWith(".crt")).sorted().toList()) {
                pem.append(Files.readString(file)).append('\n');
            }
            if (pem.isEmpty()) return Optional.empty();
            var all = Files.createTempFile("authorities-", ".crt");
            all.toFile().deleteOnExit();
            all.toFile().setReadable(true, false);
            return Optional.of(Files.writeString(all, pem));
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    /** What the user typed, in the checkout. */
    Tool.Result make(String... arguments) {
        return tool("make").run(arguments);
    }

    /** make image, which on a busy machine takes longer than other commands may. */
    Program.Answer makeImage() {
        return Program.of(List.of(asUser("make", "image"))).in(checkout).with(environment).capture();
    }

    Tool tool(String... command) {
        return Tool.command(asUser(command)).in(checkout).with(environment);
    }

    /** An ordinary user, who may use Docker. */
    private String[] asUser(String... command) {
        return asUser(groupOfDocker(), command);
    }

    static String[] asUser(int group, String... command) {
        if (!Cluster.isRoot()) return command;
        var all = new ArrayList<>(List.of("setpriv", "--reuid=" + UID, "--regid=" + UID, "--groups=" + group, "--"));
        all.addAll(List.of(command));
        return all.toArray(String[]::new);
    }

    private static int groupOfDocker() {
        try {
            return (int) Files.getAttribute(Path.of("/var/run/docker.sock"), "unix:gid");
        } catch (IOException elsewhere) {
            return UID;
        }
    }

    Path checkout() {
        return checkout;
    }

    Map<String, String> environment() {
        return environment;
    }

    int port() {
        return port;
    }

    String container() {
        return container;
    }

    int uid() {
        return Cluster.isRoot() ? UID : Integer.parseInt(Program.of(List.of("id", "-u")).capture().stdout().strip());
    }

    /** The random password of this checkout's .env. */
    String password() {
        try {
            return Files.readAllLines(checkout.resolve(".env"))
                .stream()
                .filter(line -> line.startsWith("PGPASSWORD="))
                .findFirst()
                .orElseThrow()
                .substring(11);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One answer of the database, through the container's own psql. */
    String sql(String question) {
        var result = tool("bin/engine", "psql", "-XAtq", "-c", question).run();
        if (result.exit() != 0) throw new AssertionError(question + "\n" + result);
        return result.out().strip();
    }

    static Program.Answer docker(String... arguments) {
        var command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return Program.of(command).capture();
    }

    /** A program in the checkout that may touch what belongs to the database's user. */
    Program.Answer asRoot(String... command) {
        var all = new ArrayList<>(
            List.of(
                "docker",
                "run",
                "--rm",
                "--user",
                "0",
                "--network",
                "none",
                "-v",
                checkout + ":/checkout",
                "-w",
                "/checkout",
                "--entrypoint",
                command[0],
                environment.get("TIMESCALEDB_IMAGE")));
        all.addAll(List.of(command).subList(1, command.length));
        return Program.of(all).capture();
    }

    /** A program in a container that sees this home as /home-of-test, and may do everything there. */
    private static void docker(String program, List<String> arguments, Path home) {
        var command = new ArrayList<>(
            List.of(
                "docker",
                "run",
                "--rm",
                "--user",
                "0",
                "--network",
                "none",
                "-v",
                home + ":/home-of-test",
                "--entrypoint",
                program,
                images.get("TIMESCALEDB_IMAGE")));
        command.addAll(arguments);
        var answer = Program.of(command).capture();
        if (!answer.ok()) throw new AssertionError(command + "\n" + answer.stderr());
    }

    private static boolean answers(String... command) {
        try {
            return Program.of(List.of(command)).capture().ok();
        } catch (Failure notInstalled) {
            return false;
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (var file : files.filter(f -> wanted(from.relativize(f))).toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private static boolean wanted(Path relative) {
        for (var part : relative) {
            if (NOT_COPIED.contains(part.toString())) return false;
        }
        return true;
    }

    @Override
    public void close() {
        docker("rm", "-f", container);
        // also what belongs to the database's user
        docker("sh", List.of("-c", "rm -rf /home-of-test/* /home-of-test/.[!.]*"), home);
        Cluster.delete(home);
    }
}
