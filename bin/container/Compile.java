import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Build time: compiles the scripts, all in one JVM, where JBang would start two for each. Makes two files of
 * chart.java: launch/chart.jar, and launch/chart.java with the arguments that java runs it with.
 *
 * <p>It knows the directives that the tools use. An own script with others, or one that does not compile yet, is left
 * to JBang when it is run.
 */
class Compile {
    private static final Set<String> KNOWN = Set.of("JAVA", "DEPS", "SOURCES", "FILES", "JAVA_OPTIONS", "DESCRIPTION");
    private static final Set<String> TOOLS = Set.of(
        "backup.java",
        "restore.java",
        "explore.java",
        "chart.java",
        "example/sample.java",
        "example/queries.java",
        "bin/standalone.java");
    private static final Pattern DIRECTIVE = Pattern.compile("//([A-Z_:]+) (.*?)(?:\\s+// .*)?");
    /**
     * What is the same is the same to the byte, however often it is built: so a start-up cache stays good, and so does
     * its layer.
     */
    private static final LocalDateTime LONG_AGO = LocalDateTime.of(2000, 1, 1, 0, 0);

    private static final JavaCompiler JAVAC = ToolProvider.getSystemJavaCompiler();

    public static void main(String... scripts) throws IOException {
        try (var files = JAVAC.getStandardFileManager(null, null, null)) {
            for (var script : scripts) {
                if (!compile(Path.of(script), files) && TOOLS.contains(script)) System.exit(1);
            }
        }
    }

    /** False when it is left to JBang. */
    private static boolean compile(Path script, StandardJavaFileManager files) throws IOException {
        var sources = new LinkedHashSet<Path>();
        if (!collect(script, sources)) {
            System.err.println(script + ": left to JBang");
            return false;
        }
        var name = script.getFileName().toString().replaceFirst("\\.java$", "");
        var libraries = Files.readString(Path.of("classpath", name + ".java")).strip();
        var classes = Files.createTempDirectory("classes-");
        var options =
            List.of(
                "-g",
                "-parameters",
                "-proc:none",
                "-nowarn",
                "-encoding",
                "UTF-8",
                "-d",
                classes.toString(),
                "-classpath",
                libraries);
        if (!JAVAC.getTask(null, files, null, options, null, files.getJavaFileObjectsFromPaths(sources)).call()
            || Files.notExists(classes.resolve(name + ".class"))) {
            System.err.println(script + ": does not compile");
            return false;
        }
        for (var line : directives(script, "FILES")) {
            for (var file : line.split("\\s+")) {
                var both = file.split("=", 2);       // NAME or NAME=SOURCE
                Files.copy(script.resolveSibling(both[both.length - 1]), classes.resolve(both[0]));
            }
        }
        var launcher = Path.of("launch").resolve(script);
        var jar = launcher.resolveSibling(name + ".jar");
        Files.createDirectories(launcher.getParent());
        pack(classes, jar);

        var arguments = new ArrayList<String>();
        for (var line : directives(script, "JAVA_OPTIONS")) arguments.addAll(List.of(line.split("\\s+")));
        arguments
            .addAll(List.of("-classpath", jar.toAbsolutePath() + (libraries.isEmpty() ? "" : ":" + libraries), name));
        Files.write(launcher, arguments);
        Files.setLastModifiedTime(launcher, FileTime.from(LONG_AGO.toInstant(ZoneOffset.UTC)));
        return true;
    }

    /** The script and all that its //SOURCES lines lead to; false when there is something that only JBang knows. */
    private static boolean collect(Path source, Set<Path> sources) throws IOException {
        if (!Files.isRegularFile(source)) return false;     // *.java among them
        if (!sources.add(source.normalize())) return true;
        for (var line : header(source)) {
            var m = DIRECTIVE.matcher(line);
            if (m.matches() && !KNOWN.contains(m.group(1))) return false;
        }
        for (var line : directives(source, "SOURCES")) {
            for (var one : line.split("\\s+")) {
                if (!collect(source.resolveSibling(one), sources)) return false;
            }
        }
        return true;
    }

    /** What stands behind //NAME, a line each. */
    private static List<String> directives(Path source, String name) throws IOException {
        return header(source).stream()
            .map(DIRECTIVE::matcher)
            .filter(m -> m.matches() && m.group(1).equals(name))
            .map(m -> m.group(2).strip())
            .toList();
    }

    private static List<String> header(Path source) throws IOException {
        return Files.readAllLines(source).stream().takeWhile(line -> line.isBlank() || line.startsWith("//")).toList();
    }

    private static void pack(Path classes, Path jar) throws IOException {
        var entries = new TreeMap<String, Path>();
        try (Stream<Path> all = Files.walk(classes)) {
            all.filter(Files::isRegularFile).forEach(file -> entries.put(classes.relativize(file).toString(), file));
        }
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (var entry : entries.entrySet()) {
                var header = new JarEntry(entry.getKey());
                header.setTimeLocal(LONG_AGO);
                out.putNextEntry(header);
                Files.copy(entry.getValue(), out);
            }
        }
        Files.setLastModifiedTime(jar, FileTime.from(LONG_AGO.toInstant(ZoneOffset.UTC)));
    }
}
