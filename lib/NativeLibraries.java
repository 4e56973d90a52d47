//SOURCES ExitCode.java Failure.java Message.java
package lib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * zstd-jni and junixsocket are partly written in C: each unpacks a library into the directory for temporary files and
 * loads it from there. Where that is mounted noexec, as hardened servers have /tmp, another one is chosen for both.
 */
public final class NativeLibraries {
    private static final List<String> PLACES = List.of("ZstdTempFolder", "org.newsclub.net.unix.library.tmpdir");
    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

    /** What loads it. */
    @FunctionalInterface
    public interface Loading {
        void load() throws Exception;
    }

    private NativeLibraries() {}

    /** Before the first of them is loaded. Costs one small file of the kernel. */
    static void choosePlace() {
        if (isUsable(Path.of(System.getProperty("java.io.tmpdir")))) return;
        Stream.of(
            Path.of("/var/tmp"),
            Path.of(System.getProperty("user.home"), ".cache"),
            Path.of(System.getProperty("user.home")),
            Path.of("/dev/shm"))
            .filter(NativeLibraries::isUsable)
            .findFirst()
            .ifPresent(place -> PLACES.forEach(name -> setDefault(name, place.toString())));
    }

    /**
     * Loads one now, so that a restore does not fail in the middle.
     *
     * @throws Failure in two lines when it cannot be loaded
     */
    public static void mustLoad(String name, Loading loading) {
        Throwable trouble;
        try {
            loading.load();
            return;
        } catch (LinkageError | Exception e) {
            trouble = e;
        }
        while (trouble.getCause() != null && trouble.getCause() != trouble) trouble = trouble.getCause();
        throw new Failure(
            ExitCode.NOT_READY,
            "cannot load the library " + name + ": " + Message.firstLine(String.valueOf(trouble.getMessage())),
            "name a directory that is not mounted noexec: JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=DIR",
            trouble);
    }

    private static void setDefault(String name, String value) {
        if (System.getProperty(name) == null) System.setProperty(name, value);
    }

    private static boolean isUsable(Path directory) {
        try {
            Files.delete(Files.createTempFile(directory, "tstools-", ".probe"));
            return !isNoExec(directory);
        } catch (IOException | RuntimeException no) {
            return false;
        }
    }

    /** Of the mount points above it the longest counts, and the last one where there are two. */
    private static boolean isNoExec(Path directory) {
        if (!Files.isReadable(MOUNTS)) return false;   // macOS
        try (var lines = Files.lines(MOUNTS)) {
            var real = directory.toRealPath();
            return lines.map(line -> line.split(" "))
                .filter(fields -> fields.length > 5 && real.startsWith(Path.of(fields[4].replace("\\040", " "))))
                .reduce((a, b) -> b[4].length() >= a[4].length() ? b : a)
                .map(fields -> List.of(fields[5].split(",")).contains("noexec"))
                .orElse(false);
        } catch (IOException unknown) {
            return false;
        }
    }
}
