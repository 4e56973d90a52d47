import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;

/**
 * Makes jars that a start-up cache of the JVM can hold, and prints the classpath with them:
 * {@code java bin/PlainJars.java CLASSPATH DIRECTORY}. A cache takes no class of a signed jar (ELK's), and none in a
 * format older than Java 6 (picocli's); {@code -Xlog:aot} says so. The copies have no signatures, and such classes in
 * the format of Java 8. Other jars stay where they are.
 */
final class PlainJars {
    private static final String CLASS = ".class";
    private static final int JAVA_6 = 50;
    private static final int JAVA_8 = 52;
    private static final int VERSION_AT = 6;

    private PlainJars() {}

    public static void main(String[] arguments) throws IOException {
        var directory = Files.createDirectories(Path.of(arguments[1]));
        System.out.println(
            Arrays.stream(arguments[0].split(":"))
                .map(jar -> plain(Path.of(jar), directory).toString())
                .collect(Collectors.joining(":")));
    }

    private static Path plain(Path file, Path directory) {
        try (var jar = new JarFile(file.toFile(), false)) {
            if (jar.stream().noneMatch(entry -> isSignature(entry) || isOld(jar, entry))) return file;
            var plain = directory.resolve(file.getFileName());
            if (!Files.exists(plain)) {
                var part = directory.resolve(file.getFileName() + "." + ProcessHandle.current().pid());
                try {
                    copy(jar, part);
                    Files.move(part, plain, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    Files.deleteIfExists(part);
                }
            }
            return Files.isReadable(plain) ? plain : file;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }

    private static boolean isSignature(JarEntry entry) {
        return entry.getName().toUpperCase(Locale.ROOT).matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
    }

    private static boolean isOld(JarFile jar, JarEntry entry) {
        if (!entry.getName().endsWith(CLASS)) return false;
        try (var in = jar.getInputStream(entry)) {
            return version(in.readNBytes(VERSION_AT + 2)) < JAVA_6;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The major version of a class file: https://docs.oracle.com/javase/specs/jvms/se25/html/jvms-4.html. */
    private static int version(byte[] bytes) {
        return (bytes[VERSION_AT] & 0xff) << 8 | bytes[VERSION_AT + 1] & 0xff;
    }

    private static void copy(JarFile jar, Path target) throws IOException {
        try (var out = new JarOutputStream(Files.newOutputStream(target))) {
            for (var entry : jar.stream().filter(entry -> !entry.isDirectory() && !isSignature(entry)).toList()) {
                byte[] bytes = jar.getInputStream(entry).readAllBytes();
                out.putNextEntry(new JarEntry(entry.getName()));
                boolean isOld = entry.getName().endsWith(CLASS) && version(bytes) < JAVA_6;
                out.write(isOld ? renewed(bytes, jar) : bytes);
                out.closeEntry();
            }
        }
    }

    /**
     * The same class in a newer format, which has stack maps: with the old one, the JVM works them out at each start.
     * One that stands on classes of other jars stays as it is.
     */
    private static byte[] renewed(byte[] bytes, JarFile jar) {
        var parents = ClassHierarchyResolver.ofResourceParsing(type -> open(jar, type))
            .orElse(ClassHierarchyResolver.defaultResolver());
        var format = ClassFile.of(
            ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
            ClassFile.ClassHierarchyResolverOption.of(parents));
        var old = format.parse(bytes);
        try {
            return format.build(old.thisClass().asSymbol(), renewed -> renew(old, renewed));
        } catch (IllegalArgumentException unknownParent) {
            return bytes;
        }
    }

    private static void renew(ClassModel old, ClassBuilder renewed) {
        for (var element : old) {
            switch (element) {
                case ClassFileVersion _ -> renewed.withVersion(JAVA_8, 0);
                case MethodModel method -> renewed.transformMethod(method, (builder, part) -> {
                    if (part instanceof CodeModel code) {
                        builder.transformCode(code, CodeTransform.ACCEPT_ALL);
                    } else {
                        builder.with(part);
                    }
                });
                default -> renewed.with(element);
            }
        }
    }

    /** A class of the same jar; null for others. */
    private static InputStream open(JarFile jar, ClassDesc type) {
        var entry = jar.getEntry(type.packageName().replace('.', '/') + "/" + type.displayName() + CLASS);
        try {
            return entry == null ? null : jar.getInputStream(entry);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
