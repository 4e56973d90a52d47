///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Folds a tool and the lib parts that it names into one file that runs anywhere: bin/jbang bin/standalone.java -o standalone backup.java
//JAVA 25+
//DEPS info.picocli:picocli:4.7.7
//DEPS me.tongfei:progressbar:0.10.2
//SOURCES ../lib/AtomicFile.java ../lib/Cli.java ../lib/Console.java ../lib/ExitCode.java ../lib/Failure.java
//SOURCES ../lib/Release.java ../lib/Units.java

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import lib.AtomicFile;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Release;
import lib.Units;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * One file per tool. The folding is by the compiler's own syntax tree, so that text inside strings and comments stays
 * as it is.
 */
@Command(name = "standalone", header = "Fold a tool and its lib parts into one file.")
class standalone implements Callable<Integer> {
    @Parameters(
        paramLabel = "SCRIPT",
        arity = "0..*",
        description = "default: the four tools, from the directory you are in")
    List<Path> scripts =
        List.of(Path.of("backup.java"), Path.of("restore.java"), Path.of("explore.java"), Path.of("chart.java"));

    @Cli.Writes @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        description = "where the files go, default ${DEFAULT-VALUE}")
    Path output = Path.of("standalone");

    @Mixin
    Cli.CommonOptions common;

    public static void main(String... args) {
        System.exit(Cli.run(new standalone(), args));
    }

    @Override
    public Integer call() throws IOException {
        for (var script : scripts) {
            var parts = parts(script);
            var folded = fold(script, parts);
            var file = output.resolve(script.getFileName());
            AtomicFile.write(file, folded);
            Console.say(
                "%s: %s folded into %s",
                file,
                Units.plural(parts.size() - 1, "lib part"),
                Units.bytes(folded.length()));
            System.out.println(file);
        }
        return ExitCode.OK;
    }

    /** The script first, then what its //SOURCES lines name, each once, in their order. */
    private static List<Path> parts(Path script) throws IOException {
        var parts = new ArrayList<Path>(List.of(script));
        for (int i = 0; i < parts.size(); i++) {
            var file = parts.get(i);
            for (var line : directives(file)) {
                if (!line.startsWith("//SOURCES ")) continue;
                for (var name : line.substring("//SOURCES ".length()).strip().split("\\s+")) {
                    var source = file.toAbsolutePath().resolveSibling(name).normalize();
                    if (parts.stream().noneMatch(p -> p.toAbsolutePath().normalize().equals(source))) parts.add(source);
                }
            }
        }
        return parts;
    }

    private static List<String> directives(Path file) throws IOException {
        return Files.readAllLines(file).stream().takeWhile(line -> line.isBlank() || line.startsWith("//")).toList();
    }

    /** The script's //FILES as text instead of {@code PageFile.text("NAME")}: one file has no other beside it. */
    private static String withFiles(String body, Path script) throws IOException {
        var folded = body;
        for (var line : directives(script)) {
            if (!line.startsWith("//FILES ")) continue;
            for (var file : line.substring("//FILES ".length()).strip().split("\\s+")) {
                var both = file.split("=", 2);       // NAME or NAME=SOURCE
                var text = Files.readString(script.toAbsolutePath().resolveSibling(both[both.length - 1]));
                folded = folded.replace("PageFile.text(\"" + both[0] + "\")", literal(text));
            }
        }
        return folded;
    }

    private static String literal(String text) {
        return "\"\"\"\n" + text.replace("\\", "\\\\").replace("\"\"\"", "\\\"\"\"") + "\"\"\"";
    }

    private String fold(Path script, List<Path> parts) throws IOException {
        var imports = new TreeSet<String>();
        var owners = new TreeMap<String, String>();       // simple name of an import → where it leads
        var types = new LinkedHashMap<String, Path>();    // simple name of a type of ours → its file
        var bodies = new LinkedHashMap<Path, String>();
        for (var unit : parse(parts).entrySet()) {
            var source = new Source(Files.readString(unit.getKey()), unit.getValue());
            for (var type : source.types()) {
                var other = types.put(type, unit.getKey());
                if (other != null) throw clash(type, other.toString(), unit.getKey().toString());
            }
            for (var wanted : source.imports()) {
                imports.add(wanted);
                var simple = wanted.substring(wanted.lastIndexOf('.') + 1);
                var other = simple.equals("*") || wanted.startsWith("static ") ? null : owners.put(simple, wanted);
                if (other != null && !other.equals(wanted)) throw clash(simple, other, wanted);
            }
            bodies.put(unit.getKey(), withFiles(source.body(), script));
        }
        owners.keySet().stream().filter(types::containsKey).findFirst().ifPresent(name -> {
            throw clash(name, owners.get(name), types.get(name).toString());
        });

        var text = new StringBuilder();
        directives(script).stream()
            .filter(line -> !line.startsWith("//SOURCES ") && !line.startsWith("//FILES "))
            .forEach(line -> text.append(line).append('\n'));
        text.append("// TimescaleDB Tools ")
            .append(Release.VERSION)
            .append(", one file. Licence: Apache-2.0. Folded from ")
            .append(script.getFileName())
            .append(" and the files named at each part; change it there.\n\n");
        imports.forEach(name -> text.append("import ").append(name).append(";\n"));
        var root = script.toAbsolutePath().getParent();
        bodies.forEach(
            (file, body) -> text.append("\n// ")
                .append("-".repeat(20))
                .append(" from ")
                .append(root.relativize(file.toAbsolutePath().normalize()))
                .append(' ')
                .append("-".repeat(20))
                .append('\n')
                .append(body.strip())
                .append('\n'));
        return text.toString();
    }

    private static Failure clash(String name, String one, String other) {
        return Failure.failed(
            "the name " + name + " means two things in one file: " + one + " and " + other,
            "rename ours, or write the other one with its package.");
    }

    private static Map<Path, Parsed> parse(List<Path> files) throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var manager = compiler.getStandardFileManager(null, null, null)) {
            var task =
                (JavacTask) compiler.getTask(
                    null,
                    manager,
                    null,
                    List.of("-proc:none"),
                    null,
                    manager.getJavaFileObjectsFromPaths(files));
            var byFile = new LinkedHashMap<Path, Parsed>();
            var positions = Trees.instance(task).getSourcePositions();
            for (var unit : task.parse()) {
                byFile.put(pathOf(unit.getSourceFile(), files), new Parsed(unit, positions));
            }
            return byFile;
        }
    }

    private static Path pathOf(JavaFileObject source, List<Path> files) {
        var uri = source.toUri();
        return files.stream()
            .filter(
                f -> f.toAbsolutePath().normalize().toUri().equals(Path.of(uri).toAbsolutePath().normalize().toUri()))
            .findFirst()
            .orElseThrow();
    }

    record Parsed(CompilationUnitTree unit, SourcePositions positions) {}

    /** A piece of text that goes away or becomes another. */
    record Edit(int from, int to, String with) {}

    record Source(String text, Parsed parsed) {
        List<String> types() {
            return parsed.unit.getTypeDecls()
                .stream()
                .filter(ClassTree.class::isInstance)
                .map(t -> ((ClassTree) t).getSimpleName().toString())
                .toList();
        }

        /** All imports but those of our own lib: that is in the same file now. */
        List<String> imports() {
            return parsed.unit.getImports()
                .stream()
                .filter(i -> !isOurs(i))
                .map(i -> (i.isStatic() ? "static " : "") + i.getQualifiedIdentifier())
                .toList();
        }

        private static boolean isOurs(ImportTree tree) {
            return tree.getQualifiedIdentifier().toString().startsWith("lib.");
        }

        /**
         * What was imported out of a class of ours: nested types and static methods. Nothing can be imported from a
         * class without a package, so each use must name its class: escape → Html.escape.
         */
        private Map<String, String> memberImports() {
            var members = new LinkedHashMap<String, String>();
            for (var tree : parsed.unit.getImports()) {
                if (!isOurs(tree)) continue;
                var inClass = tree.getQualifiedIdentifier().toString().replaceFirst("^(?:[a-z]\\w*\\.)+", "");
                if (inClass.endsWith("*")) {
                    throw Failure.failed(tree + " imports whatever there is", "name what is needed.");
                }
                if (inClass.contains(".")) members.put(inClass.substring(inClass.lastIndexOf('.') + 1), inClass);
            }
            return members;
        }

        /**
         * What comes after package and imports, without "public" on top-level types and without lib's package names.
         */
        String body() {
            var edits = new ArrayList<Edit>();
            int start = parsed.unit.getImports()
                .stream()
                .mapToInt(this::end)
                .max()
                .orElse(parsed.unit.getPackage() == null ? headerEnd() : end(parsed.unit.getPackage()));
            for (var type : parsed.unit.getTypeDecls()) {
                if (!(type instanceof ClassTree tree)) continue;
                var word =
                    Pattern.compile("\\bpublic\\s+").matcher(text).region(start(tree), text.length());
                var isPublic = tree.getModifiers().getFlags().contains(Modifier.PUBLIC);
                if (isPublic && word.find()) edits.add(new Edit(word.start(), word.end(), ""));
            }
            var members = memberImports();
            new TreeScanner<Void, Void>() {
                @Override
                public Void visitMethodInvocation(MethodInvocationTree tree, Void none) {
                    if (tree.getMethodSelect() instanceof IdentifierTree method) qualify(method);
                    return super.visitMethodInvocation(tree, none);
                }

                @Override
                public Void visitIdentifier(IdentifierTree tree, Void none) {
                    // a type or constant; a small name is a variable
                    if (Character.isUpperCase(tree.getName().charAt(0))) qualify(tree);
                    return null;
                }

                private void qualify(IdentifierTree tree) {
                    var full = members.get(tree.getName().toString());
                    if (full != null) edits.add(new Edit(start(tree), end(tree), full));
                }

                @Override
                public Void visitImport(ImportTree tree, Void none) {
                    return null;
                }

                @Override
                public Void visitMemberSelect(MemberSelectTree tree, Void none) {
                    var written = tree.toString();
                    if (written.matches("lib(\\.[a-z]\\w*)*\\.[A-Z]\\w*") && start(tree) >= start) {
                        edits.add(new Edit(start(tree), end(tree), tree.getIdentifier().toString()));
                        return null;
                    }
                    return super.visitMemberSelect(tree, none);
                }
            }.scan(parsed.unit, null);

            var body = new StringBuilder(text);
            edits.stream()
                .sorted(Comparator.comparingInt(Edit::from).reversed())
                .forEach(e -> body.replace(e.from, e.to, e.with));
            return body.substring(start);
        }

        private int headerEnd() {
            int at = 0;
            for (var line : text.split("\n", -1)) {
                if (!line.isBlank() && !line.startsWith("//")) return at;
                at += line.length() + 1;
            }
            return at;
        }

        private int start(Tree tree) {
            return (int) parsed.positions.getStartPosition(parsed.unit, tree);
        }

        private int end(Tree tree) {
            return (int) parsed.positions.getEndPosition(parsed.unit, tree);
        }
    }
}
