//SOURCES ../Console.java
package lib.boot;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import lib.Console;

/**
 * Two calls of the C library that Java has no method for. Where the system lacks one, the answer is false
 * and the caller takes the longer way.
 */
public final class Posix {
    private static final int AT_FDCWD = -100;          // <fcntl.h>, Linux
    private static final int RENAME_EXCHANGE = 2;      // <linux/fs.h>, see renameat2(2)
    private static final int O_RDONLY = 0;

    private Posix() {}

    /** Swaps two names of one file system in one step: nobody ever sees one of them missing. Linux only. */
    public static boolean exchange(Path a, Path b) {
        var renameat2 = function(
            "renameat2",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
        if (renameat2 == null) return false;
        try (var arena = Arena.ofConfined()) {
            return 0
                == (int) renameat2.invokeExact(AT_FDCWD, name(arena, a), AT_FDCWD, name(arena, b), RENAME_EXCHANGE);
        } catch (Throwable e) {
            throw new IllegalStateException("renameat2", e);
        }
    }

    /**
     * Brings all that was written to the file system of this directory onto the disk: one call instead of one per file.
     */
    static boolean syncFileSystem(Path directory) {
        var open =
            function("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        var syncfs = function("syncfs", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        var close = function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        if (open == null || syncfs == null || close == null) return false;
        try (var arena = Arena.ofConfined()) {
            int descriptor = (int) open.invokeExact(name(arena, directory), O_RDONLY);
            if (descriptor < 0) return false;
            try {
                return 0 == (int) syncfs.invokeExact(descriptor);
            } finally {
                int _ = (int) close.invokeExact(descriptor);
            }
        } catch (Throwable e) {
            throw new IllegalStateException("syncfs", e);
        }
    }

    private static MemorySegment name(Arena arena, Path path) {
        return arena.allocateFrom(path.toAbsolutePath().toString());
    }

    private static MethodHandle function(String name, FunctionDescriptor shape) {
        if (!System.getProperty("os.name").equals("Linux")) return null;
        var linker = Linker.nativeLinker();
        var symbol = linker.defaultLookup().find(name);
        if (symbol.isEmpty()) Console.detail("the C library here has no %s", name);   // musl before 1.2.6: renameat2
        return symbol.map(s -> linker.downcallHandle(s, shape)).orElse(null);
    }
}
