///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Checks the project's files, layout, habits, spelling and wording: bin/jbang bin/check.java [--fix] [FILE…]
//JAVA 25+
//DEPS com.puppycrawl.tools:checkstyle:14.4.0
//DEPS info.picocli:picocli:4.7.7
//DEPS me.tongfei:progressbar:0.10.2
//DEPS org.eclipse.jdt:org.eclipse.jdt.core:3.47.0
//DEPS org.languagetool:language-en:6.8
//SOURCES ../lib/Cli.java ../lib/Console.java ../lib/ExitCode.java ../lib/Failure.java ../lib/Program.java
//SOURCES ../lib/Units.java SourceLines.java

import com.puppycrawl.tools.checkstyle.Checker;
import com.puppycrawl.tools.checkstyle.ConfigurationLoader;
import com.puppycrawl.tools.checkstyle.PropertiesExpander;
import com.puppycrawl.tools.checkstyle.api.AuditEvent;
import com.puppycrawl.tools.checkstyle.api.AuditListener;
import com.puppycrawl.tools.checkstyle.api.CheckstyleException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Program;
import lib.Units;
import org.eclipse.jdt.core.JavaCore;
import org.eclipse.jdt.core.ToolFactory;
import org.eclipse.jdt.core.formatter.CodeFormatter;
import org.eclipse.jdt.core.formatter.DefaultCodeFormatterConstants;
import org.eclipse.jface.text.BadLocationException;
import org.eclipse.jface.text.Document;
import org.languagetool.JLanguageTool;
import org.languagetool.Languages;
import org.languagetool.rules.spelling.SpellingCheckRule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What a reviewer should not have to say: layout by the Eclipse formatter, habits by Checkstyle and shellcheck,
 * spelling by LanguageTool.
 */
@Command(
    name = "check",
    header = "Check the project's files: layout, habits, spelling and wording.",
    footer = {"Examples:", "  bin/jbang bin/check.java", "  bin/jbang bin/check.java --fix lib/Window.java"})
class check implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", arity = "0..*", description = "default: every file that git knows or would add")
    List<Path> files = List.of();

    @Option(names = "--fix", description = "lay the Java files out as they should be")
    boolean fix;

    @Mixin
    Cli.CommonOptions common;

    private static final Path SETTINGS = Path.of("config/check");

    /** @param line 0 when it is the whole file */
    private record Finding(Path file, int line, String what) {}

    public static void main(String... args) {
        System.exit(Cli.run(new check(), args));
    }

    @Override
    public Integer call() throws IOException {
        if (!Files.isDirectory(SETTINGS)) {
            throw Failure.usage("this is not the project's directory", "go to the top of your checkout.");
        }
        var all = files.isEmpty() ? project() : files.stream().distinct().toList();

        var spelling = CompletableFuture.supplyAsync(() -> spelling(all.stream().filter(check::isPage).toList()));
        var findings = new ArrayList<>(layout(all.stream().filter(f -> f.toString().endsWith(".java")).toList()));
        findings.addAll(sourceLines(all.stream().filter(check::isSource).toList()));
        findings.addAll(habits(all.stream().filter(f -> !isPicture(f)).toList()));
        findings.addAll(shell(all.stream().filter(check::isShell).toList()));
        findings.addAll(javaScript(all.stream().filter(f -> f.toString().matches(".*\\.m?js")).toList()));
        findings.addAll(spelling.join());

        findings.sort(Comparator.comparing(Finding::file).thenComparing(Finding::line));
        findings.forEach(f -> System.out.println(f.file() + (f.line() > 0 ? ":" + f.line() : "") + " " + f.what()));
        Console.say(
            "%s checked: %s",
            Units.plural(all.size(), "file"),
            findings.isEmpty() ? "no findings" : Units.plural(findings.size(), "finding"));
        return findings.isEmpty() ? ExitCode.OK : ExitCode.ANSWER_IS_NO;
    }

    private static List<Path> project() {
        var git = Program.of(List.of("git", "ls-files", "--cached", "--others", "--exclude-standard")).capture();
        if (!git.ok()) {
            throw Failure
                .failed("git cannot list the files: " + git.stderr().strip(), "run it in a clone, or name the files.");
        }
        return git.stdout().lines().map(Path::of).filter(Files::exists).toList();
    }

    private static boolean isPage(Path file) {
        return file.toString().endsWith(".md");
    }

    /** The tests are taken by directory. */
    private static boolean isSource(Path file) {
        return file.toString().endsWith(".java") && !file.toString().endsWith("Test.java");
    }

    private static boolean isPicture(Path file) {
        return file.toString().matches(".*\\.(png|svg)");
    }

    private static boolean isShell(Path file) {
        if (file.toString().endsWith(".sh")) return true;
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(40), StandardCharsets.ISO_8859_1)
                .matches("(?s)#!(/bin/sh|/usr/bin/env bash|/bin/bash)\\s.*");
        } catch (IOException e) {
            throw Failure.failed("cannot read " + file + ": " + e.getMessage(), "check its name and permissions.");
        }
    }

    /**
     * The Eclipse formatter, with {@code java-format.prefs} over its defaults. Comments stay as they are, and so
     * JBang's directives.
     */
    private List<Finding> layout(List<Path> sources) throws IOException {
        Map<String, String> options = DefaultCodeFormatterConstants.getEclipseDefaultSettings();
        JavaCore.setComplianceOptions("25", options);
        var ours = new Properties();
        try (var in = Files.newBufferedReader(SETTINGS.resolve("java-format.prefs"))) {
            ours.load(in);
        }
        ours.forEach((key, value) -> options.put((String) key, (String) value));
        var formatter = ToolFactory.createCodeFormatter(options);

        var findings = new ArrayList<Finding>();
        for (var file : sources) {
            var is = Files.readString(file);
            var edit = formatter.format(CodeFormatter.K_COMPILATION_UNIT, is, 0, is.length(), 0, "\n");
            if (edit == null) {
                findings.add(new Finding(file, 0, "is not Java that the formatter can read"));
                continue;
            }
            var document = new Document(is);
            try {
                edit.apply(document);
            } catch (BadLocationException e) {
                throw new IllegalStateException(file + ": the formatter's own edit does not fit", e);
            }
            if (document.get().equals(is)) continue;
            if (fix) {
                Files.writeString(file, document.get());
                Console.say("%s laid out", file);
            } else {
                findings.add(
                    new Finding(
                        file,
                        firstDifference(is, document.get()),
                        "is laid out otherwise: bin/jbang bin/check.java --fix " + file));
            }
        }
        return findings;
    }

    /** The //SOURCES lines name what a file uses, no more and no less. */
    private List<Finding> sourceLines(List<Path> sources) throws IOException {
        var findings = new ArrayList<Finding>();
        for (var file : sources) {
            for (var peer : SourceLines.unnamed(file)) {
                findings.add(new Finding(file, 1, peer + " is in none of its //SOURCES lines: name it there"));
            }
            var is = Files.readString(file);
            var shouldBe = SourceLines.corrected(file);
            if (shouldBe.equals(is)) continue;
            if (fix) {
                Files.writeString(file, shouldBe);
                Console.say("%s: //SOURCES written", file);
            } else {
                findings.add(
                    new Finding(
                        file,
                        firstDifference(is, shouldBe),
                        "its //SOURCES lines are not what it uses: bin/jbang bin/check.java --fix " + file));
            }
        }
        return findings;
    }

    private static int firstDifference(String one, String other) {
        var ones = one.lines().toList();
        var others = other.lines().toList();
        int line = 0;
        while (line < Math.min(ones.size(), others.size()) && ones.get(line).equals(others.get(line))) line++;
        return line + 1;
    }

    /** Checkstyle with {@code checkstyle.xml}. */
    private static List<Finding> habits(List<Path> files) {
        var findings = new ArrayList<Finding>();
        var properties = new Properties();
        properties.setProperty("config", SETTINGS.toAbsolutePath().toString());
        var checker = new Checker();
        try {
            checker.setModuleClassLoader(Checker.class.getClassLoader());
            checker.configure(
                ConfigurationLoader.loadConfiguration(
                    SETTINGS.resolve("checkstyle.xml").toString(),
                    new PropertiesExpander(properties)));
            checker
                .addListener(
                    new Listener(
                        files.stream().collect(Collectors.toMap(f -> f.toAbsolutePath().toString(), f -> f)),
                        findings));
            checker.process(files.stream().map(f -> f.toAbsolutePath().toFile()).toList());
        } catch (CheckstyleException e) {
            throw new Failure(
                ExitCode.FAILED,
                "Checkstyle failed: " + e.getMessage(),
                "look at " + SETTINGS + "/checkstyle.xml, or see more with --verbose.",
                e);
        } finally {
            checker.destroy();
        }
        return findings;
    }

    /** @param files by the absolute path that Checkstyle speaks of */
    private record Listener(Map<String, Path> files, List<Finding> findings) implements AuditListener {
        @Override
        public void addError(AuditEvent event) {
            findings.add(new Finding(files.get(event.getFileName()), event.getLine(), event.getMessage()));
        }

        @Override
        public void addException(AuditEvent event, Throwable e) {
            findings.add(new Finding(files.get(event.getFileName()), 0, "cannot be checked: " + e.getMessage()));
        }

        @Override
        public void auditStarted(AuditEvent event) {}

        @Override
        public void auditFinished(AuditEvent event) {}

        @Override
        public void fileStarted(AuditEvent event) {}

        @Override
        public void fileFinished(AuditEvent event) {}
    }

    private static List<Finding> shell(List<Path> scripts) {
        if (scripts.isEmpty()) return List.of();
        if (!Program.of(List.of("sh", "-c", "command -v shellcheck")).capture().ok()) {
            Console.warn("shellcheck is not installed: the shell scripts are not checked");
            return List.of();
        }
        var command = Stream.concat(
            Stream.of("shellcheck", "--severity=warning", "--exclude=SC1007", "--format=gcc"),
            scripts.stream().map(Path::toString));   // CDPATH= cd is meant
        return Pattern.compile("(?m)^(.*?):(\\d+):\\d+: (.*)$")
            .matcher(Program.of(command.toList()).capture().stdout())
            .results()
            .map(m -> new Finding(Path.of(m.group(1)), Integer.parseInt(m.group(2)), m.group(3)))
            .toList();
    }

    /** Only whether it can be read at all; that it does what it should is for the tests in a browser. */
    private static List<Finding> javaScript(List<Path> scripts) {
        if (scripts.isEmpty() || !Program.of(List.of("sh", "-c", "command -v node")).capture().ok()) return List.of();
        var findings = new ArrayList<Finding>();
        for (var script : scripts) {
            var said = Program.of(List.of("node", "--check", script.toString())).capture();
            if (said.ok()) continue;
            var line = Pattern.compile("(?m)^.*:(\\d+)$").matcher(said.stderr());
            var error = Pattern.compile("(?m)^\\w*Error: .*$").matcher(said.stderr());
            findings.add(
                new Finding(
                    script,
                    line.find() ? Integer.parseInt(line.group(1)) : 0,
                    error.find() ? error.group() : "is not JavaScript that node can read"));
        }
        return findings;
    }

    private static final Pattern NOT_PROSE =
        Pattern.compile("(?ms)^ *```.*?^ *```|<!--.*?-->|`[^`]*`|\\]\\([^)]*\\)|https?://\\S+|&[a-z]+;");

    /**
     * LanguageTool's British dictionary and {@code words.txt}; code, addresses and comments of a page are not prose.
     */
    private static List<Finding> spelling(List<Path> pages) {
        if (pages.isEmpty()) return List.of();
        var findings = new ArrayList<Finding>();
        var tool = new JLanguageTool(Languages.getLanguageForShortCode("en-GB"));
        try {
            var words =
                Files.readAllLines(SETTINGS.resolve("words.txt")).stream().filter(w -> !w.startsWith("#")).toList();
            for (var rule : tool.getAllRules()) {
                if (rule instanceof SpellingCheckRule speller && rule.isDictionaryBasedSpellingRule()) {
                    speller.addIgnoreTokens(words);
                } else tool.disableRule(rule.getId());
            }
            for (var page : pages) {
                var text =
                    NOT_PROSE.matcher(Files.readString(page)).replaceAll(m -> m.group().replaceAll("[^\n]", " "));
                for (var wrong : tool.check(text)) {
                    var line = 1 + (int) text.substring(0, wrong.getFromPos()).chars().filter(c -> c == '\n').count();
                    var word = text.substring(wrong.getFromPos(), wrong.getToPos());
                    findings.add(
                        new Finding(
                            page,
                            line,
                            "\"" + word + "\" is in no dictionary: mend it, or add it to " + SETTINGS + "/words.txt"));
                }
            }
        } catch (IOException e) {
            throw Failure.failed("cannot read a page: " + e.getMessage(), "check its permissions.");
        }
        return findings;
    }
}
