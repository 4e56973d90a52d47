//SOURCES Cluster.java Containers.java DocsPage.java Tool.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Follows a page as a reader does: a fresh copy of the project, one shell, every command in the page's order.
 *
 * <ul>
 * <li>{@code ```console}: each line after "$ " is run and must succeed; the rest is what it printed.
 * <li>{@code ```console stable}: what it printed must be what the page shows. Sizes, times, speeds, versions, ports and
 * time stamps may differ;
 *     "…" stands for any text, a line of it for any lines.
 * <li>{@code ```console exit=11}: the last command ends with this status.
 * <li>{@code ```console shown}: not run here. {@code ```console local docker}: run only on those engines.
 * <li>{@code ```java file=NAME}: saved under that name.
 * <li>{@code ```sql}: typed into psql; a {@code ```text stable} right behind it is compared with the answer. A mark, as
 * in {@code ```sql backup},
 *     keeps it for another test.
 * </ul>
 */
final class DocsSession implements AutoCloseable {
    private static final Pattern BACKUP = Pattern.compile("cluster_backup_\\d{8}_\\d{6}");
    private static final Pattern MOMENT = Pattern.compile("AT=\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z");
    private static final Pattern KEPT = Pattern.compile("before-restore-\\d{8}_\\d{6}");
    private static final List<String> ENGINES = List.of("docker", "local", "embedded");
    private static final String ANY = "…";

    private final String engine;
    private final Path home;

    /** A command, and what the page says about it. */
    private record Step(DocsPage.Block block, String command, String shown, int exit, boolean compared) {}

    /** @param engine the playground's engine that the page's make start takes */
    DocsSession(String engine) {
        this.engine = engine;
        if (engine.equals("docker")) Containers.images();   // or the test is skipped
        try {
            home = Files
                .createTempDirectory(
                    "docs-",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")))
                .resolve("timescaledb-tools");
            for (var file : DocsPage.files()) {
                Files.createDirectories(home.resolve(file).getParent());
                Files.copy(
                    Tool.ROOT.resolve(file),
                    home.resolve(file),
                    StandardCopyOption.COPY_ATTRIBUTES);
            }
            // What is fetched once for a checkout need not be fetched once more
            for (var fetched : List.of(".jbang", "example/embedded/node_modules")) {
                if (Files.exists(Tool.ROOT.resolve(fetched))) {
                    Files.createSymbolicLink(home.resolve(fetched), Tool.ROOT.resolve(fetched));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a page from top to bottom. @return what went otherwise than the page says, one text each */
    List<String> follow(String page) {
        var steps = steps(DocsPage.of(page));
        if (steps.isEmpty()) throw new AssertionError(page + " has nothing to run");
        var script = new StringBuilder("cd '" + home + "'\n");
        for (int i = 0; i < steps.size(); i++) {
            script.append("echo '@@begin ")
                .append(i)
                .append("'\n")
                .append(steps.get(i).command())
                .append("\necho \"\n@@end ")
                .append(i)
                .append(" $?\"\n");
        }
        var result = Tool.command("bash", "-c", "exec 2>&1; . /dev/stdin")
            .with(environment())
            .in(home)
            .typing(script.toString())
            .run();

        var wrong = new ArrayList<String>();
        for (int i = 0; i < steps.size(); i++) {
            var step = steps.get(i);
            var m = Pattern.compile("(?s)@@begin " + i + "\n(.*?)\n?@@end " + i + " (\\d+)\n").matcher(result.out());
            var where = page + ":" + step.block.line() + " $ " + step.command.lines().findFirst().orElse("");
            if (!m.find()) {
                wrong.add(
                    where + "\nwas not reached; the end of what was said:\n"
                        + result.out().substring(Math.max(0, result.out().length() - 1500)));
                break;
            }
            var said = m.group(1);
            if (Integer.parseInt(m.group(2)) != step.exit) {
                wrong.add(where + "\nended with " + m.group(2) + ", the page says " + step.exit + ":\n" + said);
            } else if (step.compared && !agrees(step.shown, said)) {
                wrong.add(where + "\nprinted:\n" + said + "\nthe page shows:\n" + step.shown);
            }
        }
        return wrong;
    }

    private List<Step> steps(DocsPage page) {
        var steps = new ArrayList<Step>();
        for (int i = 0; i < page.blocks().size(); i++) {
            var block = page.blocks().get(i);
            if (block.language().equals("console") && !block.is("shown")
                && (block.is(engine) || ENGINES.stream().noneMatch(block::is))) {
                steps.addAll(commands(block));
            } else if (block.marks().stream().anyMatch(m -> m.startsWith("file="))) {
                var name =
                    block.marks().stream().filter(m -> m.startsWith("file=")).findFirst().orElseThrow().substring(5);
                steps.add(
                    new Step(
                        block,
                        "cat > '" + home + "/" + name + "' <<'END OF FILE'\n" + block.text() + "END OF FILE",
                        "",
                        0,
                        false));
            } else if (block.language().equals("sql") && block.marks().isEmpty()) {
                var next = i + 1 < page.blocks().size() ? page.blocks().get(i + 1) : null;
                var compared = next != null && next.language().equals("text") && next.is("stable");
                steps.add(
                    new Step(
                        block,
                        home + "/bin/engine psql -X -q -v ON_ERROR_STOP=1 <<'SQL'\nSET timezone = 'UTC';\n"
                            + block.text() + "SQL",
                        compared ? next.text() : "",
                        0,
                        compared));
            }
        }
        return steps;
    }

    private List<Step> commands(DocsPage.Block block) {
        var steps = new ArrayList<Step>();
        var last =
            block.marks()
                .stream()
                .filter(m -> m.startsWith("exit="))
                .map(m -> Integer.parseInt(m.substring(5)))
                .findFirst()
                .orElse(0);
        var lines = block.text().split("\n");
        for (int i = 0; i < lines.length;) {
            if (!lines[i].startsWith("$ ")) throw new AssertionError("a console block starts with a command: " + block);
            var command = new StringBuilder(lines[i++].substring(2));
            while (command.toString().endsWith("\\")) command.append('\n').append(lines[i++]);
            var shown = new StringBuilder();
            while (i < lines.length && !lines[i].startsWith("$ ")) shown.append(lines[i++]).append('\n');
            steps.add(
                new Step(
                    block,
                    withOwnNames(command.toString()),
                    shown.toString(),
                    i < lines.length ? 0 : last,
                    block.is("stable")));
        }
        return steps;
    }

    /** The names and times of the page are examples: here they are the newest backup, and the last accident. */
    private String withOwnNames(String command) {
        if (MOMENT.matcher(command).find()) {
            return MOMENT.matcher(command)
                .replaceAll("AT=\\$(make -s accidents 2> /dev/null < /dev/null | sed -n 's/.*--at //p' | tail -n 1)");
        }
        var own =
            BACKUP.matcher(command).replaceAll("\\$(ls '" + home + "/backups' | grep '^cluster_backup_' | tail -n 1)");
        return KEPT.matcher(own).replaceAll("\\$(ls '" + home + "/mnt/db' | grep -o 'before-restore-.*' | tail -n 1)");
    }

    private Map<String, String> environment() {
        var environment = new HashMap<>(
            Map.of(
                "ENGINE",
                engine,
                "PGPORT",
                String.valueOf(Cluster.freePort()),
                "CONTAINER",
                "timescaledb-docs-" + ProcessHandle.current().pid(),
                "LANG",
                "C.UTF-8",
                "PAGER",
                "cat"));
        if (engine.equals("docker")) {
            environment.putAll(Containers.images());
            environment.put("TOOLS_IMAGE", "timescaledb-tools-test");   // one image for all tests
        } else {
            environment.put("TOOLS", "host");
        }
        environment.put("PLAYGROUND", home.toString());
        return environment;
    }

    /** From a container results and talk come as two streams, and which of them arrives first is chance. */
    private boolean agrees(String shown, String said) {
        if (matches(shown, said)) return true;
        var talk = shown.lines().anyMatch(ANY::equals);
        return engine.equals("docker") && talk
            && shown.lines()
                .filter(line -> !line.equals(ANY))
                .allMatch(line -> said.lines().anyMatch(one -> matches(line, one)));
    }

    static boolean matches(String shown, String said) {
        var pattern = new StringBuilder("(?s)");
        for (var line : normal(shown)) {
            if (line.equals(ANY)) {
                pattern.append("(?:[^\n]*\n)*");
            } else {
                for (var part : line.split(ANY, -1)) pattern.append(Pattern.quote(part)).append("[^\n]*");
                pattern.setLength(pattern.length() - "[^\n]*".length());
                pattern.append('\n');
            }
        }
        return Pattern.matches(pattern.toString(), String.join("\n", normal(said)) + "\n");
    }

    /** What differs from run to run becomes a word. */
    private static List<String> normal(String text) {
        return text.lines()
            .filter(line -> !line.startsWith("[jbang]") && !line.startsWith("make: ***"))
            .map(
                line -> line.replaceAll("\\d{8}_\\d{6}", "STAMP")
                    .replaceAll("127\\.0\\.0\\.1:\\d+", "127.0.0.1:PORT")
                    .replaceAll("[\\d.,]+ ?(?:bytes|[kMGT]B)(?:/s)?\\b", "SIZE")
                    .replaceAll("(?:\\b[\\d.]+ ?(?:ms|s|min|h)\\b ?)+", "TIME ")
                    .replaceAll("(PostgreSQL|TimescaleDB) \\d+(\\.\\d+)*(-dev)?", "$1 VERSION")
                    .replaceAll("-{3,}", "---")
                    .replaceAll("\\s+", " ")
                    .strip())
            .filter(line -> !line.isEmpty())
            .toList();
    }

    /** Stops what the page started, and removes all. */
    @Override
    public void close() {
        Tool.command(home.resolve("bin/engine").toString(), "stop").with(environment()).in(home).run();
        for (var link : List.of(".jbang", "example/embedded/node_modules")) {
            try {
                if (Files.isSymbolicLink(home.resolve(link))) Files.delete(home.resolve(link));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        if (engine.equals("docker")) {   // its files belong to another user
            Tool.command(
                "docker",
                "run",
                "--rm",
                "--network",
                "none",
                "--user",
                "0",
                "--entrypoint",
                "chown",
                "-v",
                home + ":/home-of-docs",
                Containers.images().get("TIMESCALEDB_IMAGE"),
                "-R",
                uid(),
                "/home-of-docs").run();
        }
        Cluster.delete(home.getParent());
    }

    private static String uid() {
        return Tool.command("id", "-u").run().out().strip();
    }
}
