//SOURCES Console.java
package lib;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Names of files, arguments and variables are UTF-8, under any locale. The JVM reads them as its locale says: with
 * LC_ALL=C, as cron has it, it cannot open a file of another alphabet, and no property changes that (sun.jnu.encoding
 * is fixed at its start). So under such a locale the process runs itself again, in place: execve keeps its number, its
 * terminal and its parent.
 */
public final class NativeEncoding {
    /** Those that know UTF-8, tried one after the other. */
    private static final List<String> LOCALES = List.of("C.UTF-8", "en_US.UTF-8");
    /** Says which process tried how many of them: a child of ours begins anew. */
    private static final String TRIED = "TIMESCALEDB_TOOLS_LOCALE";

    private NativeEncoding() {}

    /** Call it before anything else is done. Returns at once under a UTF-8 locale, and where it cannot be helped. */
    public static void mustBeUtf8() {
        if (isUtf8() || !Files.isReadable(Path.of("/proc/self/cmdline"))) return;
        int tried = tried();
        if (tried >= LOCALES.size()) return;
        try {
            restart(tried);
        } catch (Throwable cannot) {
            // The foreign function interface may be closed: then names in ASCII work, as before.
            Console.detail("file names are limited to those of this locale: %s", cannot);
        }
    }

    private static boolean isUtf8() {
        return "UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding"));
    }

    private static int tried() {
        var words = String.valueOf(System.getenv(TRIED)).split(":");
        boolean isOurs = words.length == 2 && words[0].equals(String.valueOf(ProcessHandle.current().pid()));
        return isOurs ? Integer.parseInt(words[1]) : 0;
    }

    private static void restart(int tried) throws Throwable {
        var arguments = words(Files.readAllBytes(Path.of("/proc/self/cmdline")));
        var environment = new ArrayList<byte[]>();
        for (var variable : words(Files.readAllBytes(Path.of("/proc/self/environ")))) {
            var text = new String(variable, StandardCharsets.ISO_8859_1);
            if (!text.startsWith("LC_ALL=") && !text.startsWith(TRIED + "=")) environment.add(variable);
        }
        environment.add(("LC_ALL=" + LOCALES.get(tried)).getBytes(StandardCharsets.US_ASCII));
        environment
            .add((TRIED + "=" + ProcessHandle.current().pid() + ":" + (tried + 1)).getBytes(StandardCharsets.US_ASCII));
        try (var arena = Arena.ofConfined()) {
            var linker = Linker.nativeLinker();
            var execve = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("execve"),
                FunctionDescriptor
                    .of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            var program = arena.allocateFrom(Path.of("/proc/self/exe").toRealPath().toString());
            int failed = (int) execve.invokeExact(program, array(arguments, arena), array(environment, arena));
            throw new IOException("execve gave " + failed);
        }
    }

    /** What /proc holds: each word ends with a zero byte. */
    private static List<byte[]> words(byte[] all) {
        var words = new ArrayList<byte[]>();
        var word = new ByteArrayOutputStream();
        for (byte b : all) {
            if (b != 0) {
                word.write(b);
            } else {
                words.add(word.toByteArray());
                word.reset();
            }
        }
        return words;
    }

    private static MemorySegment array(List<byte[]> words, Arena arena) {
        var array = arena.allocate(ValueLayout.ADDRESS, words.size() + 1L);     // the last one stays null
        for (int i = 0; i < words.size(); i++) {
            var word = arena.allocate(words.get(i).length + 1L);
            MemorySegment.copy(words.get(i), 0, word, ValueLayout.JAVA_BYTE, 0, words.get(i).length);
            array.setAtIndex(ValueLayout.ADDRESS, i, word);
        }
        return array;
    }
}
