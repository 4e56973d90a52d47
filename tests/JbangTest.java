import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** bin/jbang starts an unchanged script without asking JBang again; whatever changes, it asks. */
@Tag("cli")
class JbangTest {
    private Path checkout;
    private Path ownJbang;

    @BeforeEach
    void a_checkout_with_a_script_of_two_files() throws IOException {
        try (var fetched = Files.list(Files.createDirectories(Tool.ROOT.resolve(".jbang")))) {
            ownJbang =
                fetched.filter(p -> p.getFileName().toString().matches("\\d.*-gson-.*")).findFirst().orElse(null);
        }
        Assumptions.assumeTrue(ownJbang != null, "this checkout uses the JBang on the PATH");
        checkout = Files.createTempDirectory("checkout with a space ");
        Files.createDirectories(checkout.resolve("bin"));
        Files.createDirectories(checkout.resolve("lib"));
        Files.copy(
            Tool.ROOT.resolve("bin/jbang"),
            checkout.resolve("bin/jbang"),
            StandardCopyOption.COPY_ATTRIBUTES);
        Files.createDirectory(checkout.resolve(".jbang"));
        Files.createSymbolicLink(jbang(), ownJbang);
        Files.writeString(checkout.resolve("say.java"), """
            //JAVA 25+
            //SOURCES lib/Word.java
            class say {
                public static void main(String[] args) {
                    System.out.println(lib.Word.WORD + " " + java.util.List.of(args));
                    System.exit(java.util.List.of(args).contains("--help") ? 0 : args.length);
                }
            }
            """);
        word("one");
    }

    @AfterEach
    void remove() {
        if (checkout != null) Cluster.delete(checkout);
    }

    @Test
    void an_unchanged_script_starts_without_jbang_and_a_changed_one_is_built_again() throws IOException {
        assertSays("one [a b]", "a b");

        Files.delete(jbang());
        assertSays("one []");
        assertSays("one [, 'x' \"y\", $HOME, %z, *, two\nlines]", "", "'x' \"y\"", "$HOME", "%z", "*", "two\nlines");

        Files.createSymbolicLink(jbang(), ownJbang);
        word("two");
        assertSays("two [a]", "a");

        Cluster.delete(checkout.resolve("cache"));
        assertSays("two [b]", "b");
    }

    @Test
    void a_start_up_cache_that_the_JVM_cannot_use_is_passed_over_in_silence() throws IOException {
        assertSays("one []");
        var cache = startUpCache();
        assertTrue(Files.size(cache) > 1_000_000, () -> cache + " is small");
        assertSays("one [a]", "a");

        Files.writeString(cache, "no cache");
        var run = run("b");
        assertEquals("one [b]", run.out().strip());
        assertEquals("", run.err());

        Files.delete(cache);
        assertSays("one [c]", "c");
    }

    private Path startUpCache() throws IOException {
        try (var files = Files.list(checkout.resolve(".jbang/answers"))) {
            return files.filter(file -> file.toString().endsWith(".aot")).findFirst().orElseThrow();
        }
    }

    @Test
    void what_cannot_be_built_is_not_started_as_it_was() throws IOException {
        assertSays("one []");

        Files.writeString(checkout.resolve("lib/Word.java"), "no Java");
        var broken = run();
        assertTrue(broken.exit() != 0 && broken.out().isEmpty(), broken::toString);

        word("three");
        assertSays("three []");
    }

    private void word(String word) throws IOException {
        Files.writeString(
            checkout.resolve("lib/Word.java"),
            "package lib;\npublic class Word { public static final String WORD = \"" + word + "\"; }\n");
    }

    @Test
    void the_catalog_of_the_checkout_gives_every_tool_a_short_name() {
        var list = Tool.command(Tool.ROOT.resolve("bin/jbang").toString(), "alias", "list").in(Tool.ROOT).run();
        for (var tool : List.of("backup", "restore", "explore", "chart")) {
            assertTrue(list.out().lines().anyMatch(line -> line.matches(tool + "( .*)?")), list::toString);
        }
        var elsewhere =
            Tool.command(
                Tool.ROOT.resolve("bin/jbang").toString(),
                "chart@" + Tool.ROOT + "/jbang-catalog.json",
                "--help").run();
        assertTrue(elsewhere.out().contains("Usage: chart"), elsewhere::toString);
    }

    private Path jbang() {
        return checkout.resolve(".jbang").resolve(ownJbang.getFileName());
    }

    private void assertSays(String out, String... arguments) {
        var result = run(arguments);
        assertEquals(out + "\n", result.out(), result::toString);
        assertEquals(arguments.length, result.exit(), result::toString);
        assertEquals("", result.err());
    }

    private Tool.Result run(String... arguments) {
        var all = new ArrayList<>(List.of("say.java"));
        all.addAll(List.of(arguments));
        return Tool.command(checkout.resolve("bin/jbang").toString())
            .in(checkout)
            .with("JBANG_CACHE_DIR", checkout.resolve("cache").toString())
            .with("JAVA_HOME", System.getProperty("java.home"))
            .with("PATH", "/usr/bin:/bin")
            .run(all.toArray(String[]::new));
    }
}
