///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Writes docs/MESSAGES.md from the errors in the tools' sources: bin/jbang bin/messages.java
//JAVA 25+
//DEPS info.picocli:picocli:4.7.7
//DEPS me.tongfei:progressbar:0.10.2
//SOURCES ../lib/Cli.java ../lib/ExitCode.java GeneratedPage.java

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import lib.Cli;
import lib.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One page with every error that a tool can end with, and its hint, read from where it is thrown: nothing on it can be
 * out of date.
 */
@Command(name = "messages", header = "Write docs/MESSAGES.md from the errors in the tools' sources.")
class messages implements Callable<Integer> {
    @Option(names = "--check", description = "write nothing; end with 11 when the page is not what it should be")
    boolean check;

    @Mixin
    Cli.CommonOptions common;

    private static final Path PAGE = Path.of("docs/MESSAGES.md");
    private static final String ANY = "…";

    /** How an error is made in our sources, and the status that it ends with. */
    private static final Map<String,
        Integer> MAKERS = Map.of(
            "Failure.failed",
            ExitCode.FAILED,
            "Failure.usage",
            ExitCode.USAGE,
            "Failure.noConnection",
            ExitCode.NO_CONNECTION,
            "Failure.answerIsNo",
            ExitCode.ANSWER_IS_NO,
            "Failure.notReady",
            ExitCode.NOT_READY);
    private static final Map<String,
        Integer> CODES = Map.of(
            "FAILED",
            ExitCode.FAILED,
            "USAGE",
            ExitCode.USAGE,
            "NO_CONNECTION",
            ExitCode.NO_CONNECTION,
            "ANSWER_IS_NO",
            ExitCode.ANSWER_IS_NO,
            "NOT_READY",
            ExitCode.NOT_READY);

    private record Message(String text, int exit, String hint) {}

    public static void main(String... args) {
        System.exit(Cli.run(new messages(), args));
    }

    @Override
    public Integer call() throws IOException {
        return GeneratedPage.settle(PAGE, page(), check, "bin/messages.java");
    }

    private static String page() throws IOException {
        var page = new StringBuilder(
            """
                # Every error of the tools

                Made from the sources by `bin/jbang bin/messages.java`; a test compares the two. `…` stands for a name,
                a number or a reason. [What each status means](REFERENCE.md#exit-status).
                More about the common ones, and about messages of PostgreSQL, Docker and Java, is in
                [TROUBLESHOOTING](TROUBLESHOOTING.md).

                """);
        for (var tool : List.of("backup", "restore", "explore", "chart")) {
            section(
                page,
                tool + ".java",
                Stream.concat(Stream.of(Path.of(tool + ".java")), room("lib/" + tool)).toList());
        }
        section(
            page,
            "Backups on disk, and a copy as a server",
            Stream.concat(room("lib/archive"), room("lib/boot")).toList());
        section(page, "All tools", Stream.concat(room("lib"), room("lib/database")).toList());
        return page.toString();
    }

    private static Stream<Path> room(String directory) throws IOException {
        try (var files = Files.list(Path.of(directory))) {
            return files.filter(f -> f.toString().endsWith(".java")).sorted().toList().stream();
        }
    }

    private static void section(StringBuilder page, String title, List<Path> sources) throws IOException {
        var found = new TreeSet<Message>(
            Comparator.comparing((Message m) -> m.text().replaceFirst("^" + ANY + " ?", ""))
                .thenComparing(Message::text)
                .thenComparing(Message::exit)
                .thenComparing(Message::hint));
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var manager = compiler.getStandardFileManager(null, null, null)) {
            var task = (JavacTask) compiler.getTask(
                null,
                manager,
                null,
                List.of("-proc:none"),
                null,
                manager.getJavaFileObjectsFromPaths(sources));
            for (var unit : task.parse()) {
                new TreeScanner<Void, Void>() {
                    @Override
                    public Void visitMethodInvocation(MethodInvocationTree call, Void none) {
                        var exit = MAKERS.get(call.getMethodSelect().toString());
                        var arguments = call.getArguments();
                        if (exit != null && arguments.size() >= 2) add(exit, arguments.get(0), arguments.get(1));
                        // What lib/backup/Preflight finds: the check's name comes first
                        if (call.getMethodSelect().toString().equals("problem") && arguments.size() == 3) {
                            add(ExitCode.NOT_READY, arguments.get(1), arguments.get(2));
                        }
                        return super.visitMethodInvocation(call, none);
                    }

                    @Override
                    public Void visitNewClass(NewClassTree made, Void none) {
                        var arguments = made.getArguments();
                        if (made.getIdentifier().toString().equals("Failure") && arguments.size() >= 3) {
                            var exit = CODES.get(arguments.get(0).toString().replace("ExitCode.", ""));
                            if (exit != null) add(exit, arguments.get(1), arguments.get(2));
                            // what lib/restore/Drill answers: the check comes first
                        } else if (made.getIdentifier().toString().equals("No")) {
                            add(ExitCode.ANSWER_IS_NO, arguments.get(1), null);
                        }
                        return super.visitNewClass(made, none);
                    }

                    private void add(int exit, ExpressionTree message, ExpressionTree hint) {
                        var text = text(message);
                        if (text.matches("[" + ANY + " :]*")) return;   // what PostgreSQL or the system said
                        var next = hint == null ? "" : text(hint);
                        found.add(new Message(text, exit, next.equals(ANY) || next.equals("null") ? "" : next));
                    }
                }.scan(unit, null);
            }
        }
        page.append("## ").append(title).append("\n\n| message | status | what to do |\n|---|---|---|\n");
        found.forEach(
            m -> page.append("| ")
                .append(code(m.text()))
                .append(" | ")
                .append(m.exit())
                .append(" | ")
                .append(m.hint().isEmpty() ? "" : code(m.hint()))
                .append(" |\n"));
        page.append('\n');
    }

    /** What an expression says, with "…" for all that is known only when it happens. */
    private static String text(ExpressionTree tree) {
        var text = switch (tree) {
            case LiteralTree literal when literal.getValue() == null -> "null";
            case LiteralTree literal -> literal.getValue() instanceof String words ? words : ANY;
            case ParenthesizedTree inner -> text(inner.getExpression());
            case BinaryTree sum -> text(sum.getLeftOperand()) + text(sum.getRightOperand());
            case ConditionalExpressionTree either ->
                either(text(either.getTrueExpression()), text(either.getFalseExpression()));
            case MethodInvocationTree call when call.getMethodSelect().toString().endsWith(".formatted") ->
                call.getMethodSelect() instanceof MemberSelectTree select
                    ? text(select.getExpression()).replaceAll("%(\\d\\$)?[-,.\\d]*[a-zA-Z]", ANY).replace("%%", "%")
                    : ANY;
            default -> ANY;
        };
        return text.replaceAll("\\s+", " ").replaceAll("(?:" + ANY + "){2,}", ANY);
    }

    /** One of two: the longer one when the other is empty, else whatever it may be. */
    private static String either(String one, String other) {
        if (one.isEmpty() || other.isEmpty() || one.equals("null") || other.equals("null")) return ANY;
        return one.contains(ANY) || other.contains(ANY) || one.length() + other.length() > 80 ? ANY
            : one.strip() + " / " + other.strip();
    }

    private static String code(String text) {
        return "`" + text.strip().replace("`", "'").replace("|", "\\|") + "`";
    }
}
