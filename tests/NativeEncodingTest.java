import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lib.NativeEncoding;
import lib.Program;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Under cron's locale all is as under UTF-8: arguments, variables, names of files and directories, child programs. */
@Tag("unit")
class NativeEncodingTest {
    @TempDir
    Path directory;

    /** Run in a process of its own. */
    static final class Shown {
        private Shown() {}

        public static void main(String... args) throws IOException {
            NativeEncoding.mustBeUtf8();
            Files.writeString(Path.of("Übung.txt").toAbsolutePath(), String.join(",", args));
            var child = Program
                .of(List.of("sh", "-c", "printf %s \"$0\" > kind.txt; printf %s \"$VARIABLE\" >> kind.txt", "größe"));
            child.capture();
            var said = Files.readString(Path.of("kind.txt")) + " " + System.getenv("VARIABLE") + " " + args.length;
            System.out.println(said + " " + ProcessHandle.current().pid());
            System.exit(7);
        }
    }

    @ParameterizedTest @ValueSource(strings = {"LC_ALL=C", "LC_ALL=POSIX", "LANG=C", "LC_CTYPE=de_DE.ISO-8859-1"})
    void under_any_locale_names_are_utf8(String locale) throws IOException {
        Assumptions.assumeTrue(Files.isReadable(Path.of("/proc/self/cmdline")), "no /proc here");
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        var place = "Verzeichnis-ä";
        var script = "set -eu\ncd '" + directory + "'\nmkdir -p '" + place + "'\ncd '" + place + "'\n"
            + "env -i PATH=\"$PATH\" " + locale + " VARIABLE='ß ж' '" + java
            + "' -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp '"
            + System.getProperty("java.class.path")
            + "' 'NativeEncodingTest$Shown' 'é' '' 'two words' &\nnumber=$!\nstatus=0; wait $number || status=$?\n"
            + "echo \"$number $status\"\ncat Übung.txt\n";
        var file = Files.writeString(directory.resolve("run.sh"), script);
        var answer = Program.of(List.of("sh", file.toString())).capture();
        assertTrue(answer.ok(), () -> answer.stdout() + answer.stderr());
        var lines = answer.stdout().lines().toList();
        var number = lines.get(1).split(" ")[0];
        assertEquals("größeß ж ß ж 3 " + number, lines.get(0), "the same process, the same words");
        assertEquals(number + " 7", lines.get(1));
        assertEquals("é,,two words", lines.get(2));
    }

    @Test
    void under_utf8_nothing_is_done() {
        NativeEncoding.mustBeUtf8();
    }
}
