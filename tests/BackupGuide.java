//SOURCES ../lib/Program.java Cluster.java Tool.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import lib.Program;

/** Restores a backup as a person would who has no tool of ours: by the commands of its RESTORE.md. */
final class BackupGuide {
    private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern PLACE = Pattern.compile("(?m)^(DATA|KEY|TS_\\d+)=\\S+");

    private BackupGuide() {}

    /**
     * Runs all steps but the last, the start.
     *
     * @param home a directory of the server's user; the new data directory is {@code home/data}
     * @param key of an encrypted backup; else null
     */
    static Path follow(Path backup, Path home, Path key, Cluster runner) {
        try {
            Cluster.giveToServer(backup.getParent());
            var blocks = blocks(backup);
            var script = script(backup, runner)
                .append(String.join("", filled(blocks.subList(0, blocks.size() - 1), home, key)));
            var file = home.resolve("restore.sh");
            Files.writeString(file, script);
            Cluster.giveToServer(home);
            runner.asServer(List.of("sh", file.toString()));
            return home.resolve("data");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Types all steps as they stand, the start among them, as whoever we are and through a pipe, as over ssh: it ends
     * when nobody holds the pipe any more.
     *
     * @param port written into the restored configuration before the start: the old server may still have its own
     * @return what was printed, when it came to its end
     */
    static Tool.Result type(Path backup, Path home, Cluster runner, int port) {
        try {
            var blocks = filled(blocks(backup), home, null);
            var script = script(backup, runner);
            script.append(String.join("", blocks.subList(0, blocks.size() - 1)));
            script.append("printf \"%s\\n\" 'port = ").append(port).append("' \"unix_socket_directories = ''\"");
            script.append(" >> \"$DATA/postgresql.auto.conf\"\n").append(blocks.getLast());
            var file = home.resolve("typed.sh");
            Files.writeString(file, script);
            return Tool.command("timeout", "100", "sh", "-c", "sh \"$0\" 2>&1 | cat", file.toString()).run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static StringBuilder script(Path backup, Cluster runner) {
        return new StringBuilder("set -eu\ncd " + Program.typed(backup) + "\nPATH='" + runner.programs().directory())
            .append("':$PATH\n");
    }

    /** The commands of the last step. */
    static String startStep(Path backup) throws IOException {
        return blocks(backup).getLast();
    }

    private static List<String> blocks(Path backup) throws IOException {
        var m = BLOCK.matcher(Files.readString(backup.resolve("RESTORE.md")));
        return m.results().map(block -> block.group(1)).toList();
    }

    private static List<String> filled(List<String> blocks, Path home, Path key) {
        return blocks.stream()
            .map(block -> PLACE.matcher(block).replaceAll(place -> place.group(1) + "='" + switch (place.group(1)) {
                case "DATA" -> home.resolve("data");
                case "KEY" -> key;
                default -> home.resolve(place.group(1));
            } + "'"))
            .toList();
    }
}
