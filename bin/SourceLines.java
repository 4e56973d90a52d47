import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The {@code //SOURCES} lines of a Java file: they name the files of this project that it uses itself, and JBang
 * follows them from file to file. Written by {@code bin/check.java --fix}, so that nobody keeps them by hand.
 */
final class SourceLines {
    private static final String DIRECTIVE = "//SOURCES ";
    private static final int WIDTH = 120;
    private static final Pattern IMPORT =
        Pattern.compile("(?m)^import (?:static )?(lib(?:\\.[a-z]\\w*)*)\\.([A-Z]\\w*)");
    private static final Pattern NOT_CODE = Pattern.compile(
        "(?s)\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])*'|/\\*.*?\\*/|//[^\\n]*");
    private static final Pattern TYPE_NAME = Pattern.compile("(?<![\\w.$])[A-Z]\\w*");
    private static final Pattern FULL_NAME = Pattern.compile("\\b(lib(?:\\.[a-z]\\w*)*)\\.([A-Z]\\w*)");

    private SourceLines() {}

    /** The text of {@code file} with the lines that it should have; the same text when it has them. */
    static String corrected(Path file) throws IOException {
        var text = Files.readString(file);
        var lines = new ArrayList<>(text.lines().toList());
        var ours = lines.stream().filter(line -> line.startsWith(DIRECTIVE)).toList();
        if (ours.stream().anyMatch(line -> line.contains("*"))) return text;   // the tests take whole directories
        int at = ours.isEmpty() ? headerEnd(lines) : lines.indexOf(ours.getFirst());
        lines.removeAll(ours);
        lines.addAll(at, written(used(file, text)));
        return String.join("\n", lines) + "\n";
    }

    /** Classes beside a file whose lines take whole directories, as the tests' do, and that none of them names. */
    static List<String> unnamed(Path file) throws IOException {
        var names = Files.readString(file)
            .lines()
            .filter(line -> line.startsWith(DIRECTIVE))
            .flatMap(line -> Stream.of(line.substring(DIRECTIVE.length()).strip().split("\\s+")))
            .filter(name -> !name.contains("/"))
            .toList();
        if (names.stream().noneMatch(name -> name.contains("*"))) return List.of();
        var matchers = names.stream().map(name -> FileSystems.getDefault().getPathMatcher("glob:" + name)).toList();
        return peers(file).stream()
            .filter(peer -> matchers.stream().noneMatch(matcher -> matcher.matches(Path.of(peer))))
            .sorted()
            .toList();
    }

    /** The files that this one uses by name: in its own package, or imported from lib. Relative to its directory. */
    private static Collection<String> used(Path file, String text) throws IOException {
        var directory = directoryOf(file);
        var root = root(directory);
        var code = NOT_CODE.matcher(text).replaceAll(" ");
        var files = new TreeSet<String>();
        for (var pattern : List.of(IMPORT, FULL_NAME)) {
            pattern.matcher(code)
                .results()
                .map(m -> root.resolve(m.group(1).replace('.', '/')).resolve(m.group(2) + ".java"))
                .filter(Files::isRegularFile)
                .forEach(found -> files.add(directory.relativize(found).toString()));
        }
        text.lines()
            .filter(line -> line.startsWith(DIRECTIVE))
            .flatMap(line -> Stream.of(line.substring(DIRECTIVE.length()).strip().split("\\s+")))
            .filter(name -> name.matches("(.*/)?[a-z]\\w*\\.java"))   // a script: its class is not seen in the code
            .forEach(files::add);
        var peers = peers(file);
        TYPE_NAME.matcher(code)
            .results()
            .map(m -> m.group() + ".java")
            .filter(peers::contains)
            .forEach(files::add);
        files.remove(file.getFileName().toString());
        return files;
    }

    private static List<String> peers(Path file) throws IOException {
        try (Stream<Path> all = Files.list(directoryOf(file))) {
            return all.map(peer -> peer.getFileName().toString())
                .filter(name -> name.matches("[A-Z]\\w*\\.java"))
                .filter(name -> !name.equals(file.getFileName().toString()))
                .toList();
        }
    }

    private static Path directoryOf(Path file) {
        return file.toAbsolutePath().normalize().getParent();
    }

    private static Path root(Path directory) {
        var root = directory;
        while (!Files.isDirectory(root.resolve("lib"))) root = root.getParent();
        return root;
    }

    private static List<String> written(Collection<String> files) {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        for (var file : files) {
            if (!line.isEmpty() && line.length() + 1 + file.length() > WIDTH) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? DIRECTIVE : " ").append(file);
        }
        if (!line.isEmpty()) lines.add(line.toString());
        return lines;
    }

    /** Behind the other directives of a script, or at the very top of a file that has none. */
    private static int headerEnd(List<String> lines) {
        int end = 0;
        while (end < lines.size() && lines.get(end).matches("//(/|[A-Z_]+ ).*")) end++;
        return end;
    }
}
