//SOURCES Console.java ExitCode.java Failure.java FileTree.java Message.java NativeEncoding.java NativeLibraries.java
//SOURCES OptionsBefore.java Practice.java Release.java Shutdown.java StandardOutput.java
package lib;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.lang.annotation.ElementType;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.AnnotatedElement;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Runs a picocli command the way all our tools run: two-line errors, one list of exit codes, results on stdout. */
public final class Cli {
    private Cli() {}

    /**
     * The options that every tool shares beside its connection. Help is {@code --help} only: {@code -h} is the host, as
     * in psql.
     */
    public static class CommonOptions {
        @Option(
            names = {"-q", "--quiet"},
            order = 1,                     // the JVM lists methods in any order
            scope = CommandLine.ScopeType.INHERIT,
            description = "say nothing but warnings and errors")
        void quiet(boolean on) {
            if (on) Console.level(Console.Level.QUIET);
        }

        @Option(
            names = {"-v", "--verbose"},
            order = 2,
            scope = CommandLine.ScopeType.INHERIT,
            description = "show SQL and child commands (without secrets), and stack traces of errors")
        void verbose(boolean on) {
            if (on) Console.level(Console.Level.VERBOSE);
        }

        @Option(
            names = "--help",
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "show this help")
        boolean help;

        @Option(names = "--version", versionHelp = true, description = "show the version")
        boolean version;
    }

    /**
     * An option or a parameter that holds a path which the tool writes. bin/tools reads this declaration, to know what
     * the container must be allowed to write; every other path that is typed can only be read there.
     */
    @java.lang.annotation.Retention(RetentionPolicy.RUNTIME)   // lib/backup has a Retention, too
    @Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER})
    public @interface Writes {
        /** The tool also writes beside it, in the directory that it is in. */
        boolean beside() default false;

        /** It is a remote of rclone, or the directory of a mounted disk. */
        boolean remote() default false;

        /** What is written when it is not given, where picocli knows no default. */
        String byDefault() default "";
    }

    public static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"TimescaleDB Tools " + Release.VERSION};
        }
    }

    /**
     * Runs the command and returns its exit code; the caller's {@code main} hands that to {@code System.exit}.
     *
     * @param tool the command's object, a {@code Callable<Integer>} with picocli's annotations
     */
    public static int run(Callable<Integer> tool, String... args) {
        return run(tool, scratch -> List.of(), args);
    }

    /** @param practice what is done first when bin/jbang asks for it, right after a build */
    public static int run(Callable<Integer> tool, Practice practice, String... args) {
        NativeEncoding.mustBeUtf8();
        NativeLibraries.choosePlace();
        Locale.setDefault(Locale.ROOT);     // the same numbers and names everywhere, also in the libraries that we use
        var result = StandardOutput.install();
        var out = new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), true);
        var commandLine = commandLine(tool).setOut(out);
        if (args.length == 1 && args[0].equals("--print-paths")) {
            paths(commandLine.getCommandSpec()).forEach(out::println);
            System.out.flush();
            return ExitCode.OK;
        }
        var name = commandLine.getCommandName();
        commandLine.setParameterExceptionHandler((e, a) -> wrongUsage(name, e));
        commandLine.setExecutionExceptionHandler((e, c, p) -> failed(name, e));
        commandLine.setExecutionStrategy(line -> execute(name, line));
        if (Practice.isAsked()) practise(commandLine, practice);
        var code = commandLine.execute(args);
        out.flush();
        System.out.flush();
        if (code != ExitCode.OK || !result.hasTrouble()) return code;
        if (result.isReaderGone()) return ExitCode.FAILED;
        return report(
            name,
            Failure.failed(
                "cannot write to standard output: " + result.trouble(),
                "what was written so far is not whole."));
    }

    private static void practise(CommandLine tool, Practice practice) {
        try {
            var scratch = Files.createTempDirectory("practice-");
            try {
                practice.commandLines(scratch).forEach(line -> tool.execute(line.toArray(String[]::new)));
            } finally {
                FileTree.delete(scratch);
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            Console.detail("no practice: %s", e);     // what is wrong here is told when it matters
        }
    }

    private static int execute(String name, CommandLine.ParseResult line) {
        try {
            if (CommandLine.executeHelpRequest(line) == null) {
                OptionsBefore.handOn(line);
                return new CommandLine.RunLast().execute(line);
            }
            return ExitCode.OK;
        } catch (Failure misplaced) {
            return report(name, misplaced);
        }
    }

    /** The command with our manners, not yet run: docs/REFERENCE.md is made from it. */
    public static CommandLine commandLine(Callable<Integer> tool) {
        var commandLine = new CommandLine(tool)
            .setExpandAtFiles(false)              // a password or a pattern may start with @
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpAutoWidth(true)
            .setUsageHelpLongOptionsMaxWidth(34)
            .setAbbreviatedOptionsAllowed(false)
            .setAllowSubcommandsAsOptionParameters(true);   // a database may be called metrics
        dress(commandLine);
        return commandLine;
    }

    /**
     * What bin/tools needs to know to find the paths in a command line, a line each:
     * {@code COMMAND NAME,NAME KIND [DEFAULT]}. The command of the tool itself is {@code -}, the name of a parameter is
     * its position, and KIND is {@code command},
     * {@code value} (an option with a value that is not written), {@code in}, {@code beside} or {@code remote} (see
     * {@link Writes}), or {@code pair} (OLD=NEW, of which NEW is written).
     */
    static List<String> paths(CommandSpec tool) {
        var lines = new ArrayList<String>();
        tool.args().forEach(arg -> lines.add(path("-", arg)));
        tool.subcommands().forEach((name, command) -> {
            lines.add(name + " - command");
            command.getCommandSpec().args().forEach(arg -> lines.add(path(name, arg)));
        });
        lines.removeIf(String::isEmpty);
        return lines;
    }

    private static String path(String command, ArgSpec arg) {
        if (arg.arity().max() == 0) return "";
        var names = arg.isOption() ? String.join(",", ((CommandLine.Model.OptionSpec) arg).names())
            : String.valueOf(((CommandLine.Model.PositionalParamSpec) arg).index().min());
        var writes =
            arg.userObject() instanceof AnnotatedElement declared ? declared.getAnnotation(Writes.class) : null;
        if (writes == null) return arg.isOption() ? command + " " + names + " value" : "";
        var known = arg.defaultValue() != null ? arg.defaultValue() : arg.initialValue();
        var byDefault = writes.byDefault().isEmpty() && known != null ? known.toString() : writes.byDefault();
        if (arg.typeInfo().isMap()) return command + " " + names + " pair";
        if (writes.remote()) return command + " " + names + " remote";
        var kind = writes.beside() ? "beside" : "in";
        return (command + " " + names + " " + kind + " " + byDefault).strip();
    }

    private static void dress(CommandLine command) {
        command.getCommandSpec()
            .usageMessage()
            .exitCodeListHeading("%nExit codes:%n")
            .exitCodeList(ExitCode.meanings())
            .synopsisHeading("Usage: ")
            .descriptionHeading("%n")
            .optionListHeading("%nOptions:%n")
            .commandListHeading("%nCommands:%n")
            .footerHeading("%n")
            .sortOptions(false)
            .sortSynopsis(false);
        if (command.getCommandSpec().version().length == 0) {
            command.getCommandSpec().versionProvider(new Version());
        }
        command.getSubcommands().values().forEach(Cli::dress);
    }

    private static int wrongUsage(String name, ParameterException e) {
        var message = Message.lowerFirst(Message.firstLine(e.getMessage()));
        if (e instanceof UnmatchedArgumentException unmatched) {
            var suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                message += ", did you mean "
                    + String.join(" or ", suggestions.subList(0, Math.min(2, suggestions.size()))) + "?";
            }
        }
        return report(
            name,
            Failure.usage(message, "see " + e.getCommandLine().getCommandSpec().qualifiedName(" ") + " --help"));
    }

    private static int failed(String name, Exception e) {
        return report(name, e instanceof Failure failure ? failure : unexpected(e));
    }

    private static Failure unexpected(Exception e) {
        if (e instanceof InterruptedException) {
            return new Failure(ExitCode.INTERRUPTED, "interrupted", null, e);
        }
        if (e instanceof AccessDeniedException denied) {
            return new Failure(
                ExitCode.NOT_READY,
                "cannot write or read " + denied.getFile() + ": permission denied",
                "choose another place, or run as the owner of that one.",
                e);
        }
        if (e instanceof FileSystemException file) {
            var reason = file.getReason() != null ? file.getReason() : file.getClass().getSimpleName();
            var full = reason.contains("No space left");
            return new Failure(
                full ? ExitCode.NOT_READY : ExitCode.FAILED,
                file.getFile() + ": " + Message.lowerFirst(reason),
                full ? "free some space there, or choose another disk." : null,
                e);
        }
        if (e instanceof IOException && String.valueOf(e.getMessage()).contains("No space left")) {
            return new Failure(
                ExitCode.NOT_READY,
                "no space left on the disk",
                "free some space, or choose another disk.",
                e);
        }
        var text = e.getMessage() == null ? e.getClass().getSimpleName()
            : e.getClass().getSimpleName() + ": " + Message.firstLine(e.getMessage());
        return new Failure(
            ExitCode.FAILED,
            text,
            "run it again with --verbose to see where; that is a bug we want to know of.",
            e);
    }

    private static int report(String name, Failure failure) {
        if (Shutdown.inProgress()) {          // the person pressed Ctrl-C: what failed because of that is no news
            return ExitCode.INTERRUPTED;
        }
        Console.error(name + ": " + failure.getMessage());
        if (failure.hint() != null) {
            Console.error("HINT: " + failure.hint());
        }
        if (Console.isVerbose()) {
            failure.printStackTrace();
        }
        return failure.exitCode();
    }
}
