//SOURCES ../Failure.java ../Program.java ../boot/ServerProgram.java
package lib.restore;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lib.Failure;
import lib.Program;
import lib.boot.ServerProgram;

/**
 * The playground's database container, when it is what uses a data directory: it is stopped by Docker, not by a signal.
 */
final class DatabaseContainer {
    private static final String NAME = "timescaledb-local";
    private static final Path ENGINE = Path.of("bin/engine");

    private DatabaseContainer() {}

    /** Its name, when it runs and has this directory mounted. */
    static Optional<String> using(Path data) {
        // Asking costs a tenth of a second, so not where no engine can answer.
        if (!ServerProgram.onPath("docker")
            || System.getenv("DOCKER_HOST") == null && !Files.exists(Path.of("/var/run/docker.sock"))) {
            return Optional.empty();
        }
        var answer = Program
            .of(
                List.of(
                    "docker",
                    "container",
                    "inspect",
                    "--format",
                    "{{.State.Running}}{{range .Mounts}}\n{{.Source}}{{end}}",
                    NAME))
            .capture();
        return answer.ok() && answer.stdout().startsWith("true")
            && answer.stdout().lines().skip(1).anyMatch(data.toString()::equals)
                ? Optional.of(NAME)
                : Optional.empty();
    }

    /** A clean shutdown: Docker sends the signal that the image asks for, and waits. */
    static void stop() {
        var answer = Program.of(List.of("docker", "stop", "--time", "120", NAME)).capture();
        if (!answer.ok()) {
            throw Failure.notReady(
                "cannot stop the container " + NAME + ": " + answer.stderr().strip(),
                "stop it yourself: make stop");
        }
    }

    /** As {@code make start-restored} does it: with the settings of .env, and never on an empty directory. */
    static void start() {
        if (!Files.isExecutable(ENGINE)) {
            throw Failure.notReady(
                "the container is started by the checkout's Makefile, which is not here",
                "all is restored; in the checkout type: make start-restored");
        }
        if (Program.of(List.of(ENGINE.toAbsolutePath().toString(), "start", "--no-init")).run() != 0) {
            throw Failure.failed("the database container did not start", "all is restored; see: make logs");
        }
    }
}
