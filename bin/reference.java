///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Writes docs/REFERENCE.md from the tools' own --help: bin/jbang bin/reference.java
//JAVA 25+
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../backup.java ../chart.java ../explore.java ../lib/Cli.java ../lib/database/ConnectionOptions.java
//SOURCES ../restore.java GeneratedPage.java
//JAVA_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lib.Cli;
import lib.database.ConnectionOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * One page with every command, option and exit status. It is made from what picocli knows, so it cannot say anything
 * else than --help.
 */
@Command(name = "reference", header = "Write docs/REFERENCE.md from the tools' own options.")
class reference implements Callable<Integer> {
    @Option(names = "--check", description = "write nothing; end with 11 when the page is not what it should be")
    boolean check;

    @CommandLine.Mixin
    Cli.CommonOptions common;

    private static final Path PAGE = Path.of("docs/REFERENCE.md");

    public static void main(String... args) {
        System.exit(Cli.run(new reference(), args));
    }

    @Override
    public Integer call() throws IOException {
        return GeneratedPage.settle(PAGE, page(), check, "bin/reference.java");
    }

    /** The tools in the order of the story. */
    private static Map<String, CommandLine> tools() {
        var tools = new LinkedHashMap<String, CommandLine>();
        for (Callable<Integer> tool : List.of(new backup(), new restore(), new explore(), new chart())) {
            var command = Cli.commandLine(tool);
            tools.put(command.getCommandName() + ".java", command);
        }
        return tools;
    }

    private static String page() {
        var page = new StringBuilder(
            """
                # Every option

                Made from the tools' own `--help` by `bin/jbang bin/reference.java`; a test compares the two.
                `jbang chart.java --help` shows the same on a terminal, `jbang backup.java verify --help` the options of
                a command. With make, options go into `ARGS`: `make chart METRIC=health ARGS="--by category"`.

                """);
        tools().forEach(
            (file, command) -> page.append("- [")
                .append(file)
                .append("](#")
                .append(file.replace(".", ""))
                .append("): ")
                .append(String.join(" ", header(command.getCommandSpec())))
                .append('\n'));
        page.append("""
            - [Options of all tools](#options-of-all-tools)
            - [The connection](#the-connection)
            - [Exit status](#exit-status)

            """);
        tools().forEach((file, command) -> tool(page, file, command));
        shared(page, "Options of all tools", "They may stand before or behind a command.", Cli.CommonOptions.class);
        shared(
            page,
            "The connection",
            "As in psql. Looked up in this order: what is typed, `--url`, the service of `PGSERVICE`, `PG*` "
                + "variables, `./.env`, the defaults of\n"
                + "`make start`. The password is never typed: it comes from `PGPASSWORD`, `~/.pgpass` or `.env`.",
            ConnectionOptions.class);
        page.append(
            "## Exit status\n\nJBang itself ends with 1, 2 and 4 when it cannot start a script, so the codes that "
                + "are the tools' own start at 10.\n\n")
            .append("| status | meaning |\n|---|---|\n");
        tools().values()
            .iterator()
            .next()
            .getCommandSpec()
            .usageMessage()
            .exitCodeList()
            .forEach(
                (code, meaning) -> page.append("| ").append(code).append(" | ").append(cell(meaning)).append(" |\n"));
        return page.toString();
    }

    private static void tool(StringBuilder page, String file, CommandLine command) {
        page.append("## ").append(file).append("\n\n");
        section(page, "jbang " + file, command.getCommandSpec());
        command.getSubcommands().forEach((name, sub) -> {
            page.append("### ").append(file).append(' ').append(name).append("\n\n");
            section(page, "jbang " + file + " " + name, sub.getCommandSpec());
        });
    }

    private static void section(StringBuilder page, String typed, CommandSpec spec) {
        page.append(String.join(" ", header(spec))).append("\n\n");
        var description = text(spec.usageMessage().description());
        if (!description.isEmpty()) page.append(description).append("\n\n");
        page.append("```text\n").append(typed).append(synopsis(spec)).append("\n```\n\n");
        var rows = spec.positionalParameters()
            .stream()
            .map(p -> row("`" + p.paramLabel() + "`", p))
            .collect(Collectors.joining());
        var own = ownOptions(spec);
        rows += own.stream().map(o -> row(names(o), o)).collect(Collectors.joining());
        if (spec.parent() != null && own.size() > 3 && own.equals(ownOptions(spec.parent()))) {
            page.append("The options are those of [")
                .append(spec.parent().name())
                .append(".java](#")
                .append(spec.parent().name())
                .append("java) itself.\n\n");
            return;
        }
        if (!rows.isEmpty()) page.append("| option | meaning |\n|---|---|\n").append(rows).append('\n');
        if (spec.options().stream().anyMatch(o -> o.longestName().equals("--url"))) {
            page.append("And [the connection](#the-connection).\n\n");
        }
        var footer = text(spec.usageMessage().footer());
        if (!footer.isEmpty()) page.append("```text\n").append(footer).append("\n```\n\n");
    }

    private static void shared(StringBuilder page, String title, String words, Class<?> options) {
        page.append("## ").append(title).append("\n\n").append(words).append("\n\n| option | meaning |\n|---|---|\n");
        CommandSpec
            .forAnnotatedObject(
                options.equals(ConnectionOptions.class) ? new ConnectionOptions() : new Cli.CommonOptions())
            .options()
            .forEach(o -> page.append(row(names(o), o)));
        page.append('\n');
    }

    private static List<OptionSpec> ownOptions(CommandSpec spec) {
        return spec.options().stream().filter(o -> !o.hidden() && !isShared(spec, o)).toList();
    }

    private static boolean isShared(CommandSpec spec, OptionSpec option) {
        return List.of("--quiet", "--verbose", "--help", "--version").contains(option.longestName())
            || List.of("--host", "--port", "--user", "--dbname", "--url").contains(option.longestName())
                && spec.options().stream().anyMatch(o -> o.longestName().equals("--url"));
    }

    private static String synopsis(CommandSpec spec) {
        var words = new StringBuilder();
        if (!spec.subcommands().isEmpty()) words.append(" [COMMAND]");
        if (spec.options().stream().anyMatch(o -> !o.hidden())) words.append(" [OPTION]…");
        for (var p : spec.positionalParameters()) {
            words.append(p.required() ? " " + p.paramLabel() : " [" + p.paramLabel() + "]");
        }
        return words.toString();
    }

    private static String names(OptionSpec option) {
        var names = List.of(option.names())
            .stream()
            .map(n -> "`" + (option.negatable() ? n.replaceFirst("^--(no-)?", "--[no-]") : n) + "`")
            .collect(Collectors.joining(", "));
        var value = option.arity().max() == 0 || option.paramLabel().isEmpty() ? "" : " `" + option.paramLabel() + "`";
        return names + value + (option.isMultiValue() && option.arity().max() > 0 ? " …" : "");
    }

    private static String row(String name, ArgSpec arg) {
        // How many cores this machine has is nothing for a page
        var words = String.join(" ", arg.description()).replaceAll("\\d+, the cores here", "the cores here");
        return "| " + cell(name) + " | " + cell(words) + (arg.required() && arg.isOption() ? " (must be given)" : "")
            + " |\n";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;").replaceAll("\\s+", " ");
    }

    private static String[] header(CommandSpec spec) {
        return spec.usageMessage().header();
    }

    private static String text(String[] lines) {
        return String.join("\n", lines).replace("%n", "\n").strip();
    }
}
