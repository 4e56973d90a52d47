//SOURCES Cluster.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

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
            var script =
                new StringBuilder("set -eu\ncd '" + backup + "'\nPATH='" + runner.programs().directory() + "':$PATH\n");
            var blocks = new ArrayList<String>();
            var m = BLOCK.matcher(Files.readString(backup.resolve("RESTORE.md")));
            while (m.find()) blocks.add(m.group(1));
            for (var block : blocks.subList(0, blocks.size() - 1)) {
                script.append(PLACE.matcher(block).replaceAll(place -> place.group(1) + "='" + switch (place.group(1)) {
                    case "DATA" -> home.resolve("data");
                    case "KEY" -> key;
                    default -> home.resolve(place.group(1));
                } + "'"));
            }
            var file = home.resolve("restore.sh");
            Files.writeString(file, script);
            Cluster.giveToServer(home);
            runner.asServer(List.of("sh", file.toString()));
            return home.resolve("data");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
