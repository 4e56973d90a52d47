import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the pages say about files, targets and each other is so. What their commands do is tried by DocsRunTest. */
@Tag("unit")
class DocsTest {
    private static final List<DocsPage> PAGES = DocsPage.all();

    @Test
    void every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
        var broken = new ArrayList<String>();
        for (var page : PAGES) {
            for (var link : page.links()) {
                if (link.address().matches("(https?|mailto):.*")) continue;
                var parts = link.address().split("#", 2);
                var target = parts[0].isEmpty() ? page.file()
                    : page.file().resolveSibling(URLDecoder.decode(parts[0], StandardCharsets.UTF_8)).normalize();
                var where = page.name() + ":" + link.line() + " " + link.address();
                if (!Files.exists(target)) {
                    broken.add(where);
                } else if (parts.length == 2 && target.toString().endsWith(".md")
                    && !DocsPage.of(Tool.ROOT.relativize(target).toString()).anchors().contains(parts[1])) {
                        broken.add(where + " (no such heading)");
                    }
            }
        }
        assertEquals(List.of(), broken);
    }

    @Test
    void a_file_that_a_page_names_in_code_is_there() {
        var named = Pattern.compile("`((?:docs|lib|tests|example|config|bin)/[\\w./-]+\\.\\w+)`");
        var missing = new ArrayList<String>();
        for (var page : PAGES) {
            var m = named.matcher(page.text());
            while (m.find()) {
                var itMakes = page.blocks().stream().anyMatch(b -> b.is("file=" + m.group(1)));
                if (!itMakes && !Files.exists(Tool.ROOT.resolve(m.group(1)))) {
                    missing.add(page.name() + " " + m.group(1));
                }
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void every_directory_has_a_readme() {
        var without = DocsPage.directories()
            .stream()
            .filter(d -> !d.startsWith("."))
            // one Dockerfile each; tests/images/README.md speaks of them all
            .filter(d -> !d.startsWith("tests/images/"))
            .filter(d -> !Files.exists(Tool.ROOT.resolve(d, "README.md")))
            .toList();
        assertEquals(List.of(), without);
    }

    @Test
    void every_target_of_the_makefile_is_in_the_docs_and_every_target_in_the_docs_is_one() throws IOException {
        var real = new TreeSet<String>();
        var m = Pattern.compile("(?m)^([a-z][a-z-]*):.*## ").matcher(Files.readString(Tool.ROOT.resolve("Makefile")));
        while (m.find()) real.add(m.group(1));
        assertFalse(real.isEmpty());

        var mentioned = new TreeSet<String>();
        var unknown = new TreeSet<String>();
        for (var page : PAGES) {
            var make = Pattern.compile("(?m)(?:`|^\\$ )make ([a-z][a-z-]*)").matcher(page.text());
            while (make.find()) {
                (real.contains(make.group(1)) ? mentioned : unknown).add(make.group(1));
            }
        }
        assertEquals(new TreeSet<>(), unknown, "targets that are only in the docs");
        real.removeAll(mentioned);
        assertEquals(new TreeSet<>(), real, "targets that no page mentions");
    }

    /**
     * docs/TROUBLESHOOTING.md: its first sections quote our own programs, so each piece of a message must stand in a
     * source.
     */
    @Test
    void every_message_of_ours_that_is_explained_is_still_printed_by_something() throws IOException {
        var sources = new StringBuilder();
        for (var file : DocsPage.files()) {
            if (!file.startsWith("tests/")
                && (file.endsWith(".java") || file.endsWith(".mjs") || file.startsWith("bin/"))) {
                sources.append(unbroken(Files.readString(Tool.ROOT.resolve(file))));
            }
        }
        var page = DocsPage.of("docs/TROUBLESHOOTING.md").text();
        var ours = page.substring(page.indexOf("## Starting"), page.indexOf("## What PostgreSQL says"));
        var theirs = List.of("password authentication failed", "permission denied for table …");
        var gone = new ArrayList<String>();
        var rows = Pattern.compile("(?m)^\\| `(.+?)` \\|").matcher(ours);
        int count = 0;
        while (rows.find()) {
            count++;
            if (theirs.contains(rows.group(1))) continue;
            for (var piece : rows.group(1).replaceFirst("^WARNING: ", "").split("…|(?<=\\D)\\d+(?=\\D)")) {
                if (!sources.toString().contains(piece.strip())) gone.add(rows.group(1) + " (" + piece.strip() + ")");
            }
        }
        assertEquals(List.of(), gone);
        assertTrue(count > 40, "only " + count + " messages are explained");
    }

    /** The source with each message in one piece: "a " + "b" in Java, a backslash at the line end in the shell. */
    private static String unbroken(String source) {
        return source.replaceAll("\"\\s*\\+\\s*\"", "").replaceAll("\\\\\n\\s*", "").replace("\\\"", "\"");
    }

    @Test
    void the_catalog_names_the_four_tools_with_their_own_descriptions() throws IOException {
        var aliases =
            new tools.jackson.databind.ObjectMapper()
                .readTree(Files.readString(Tool.ROOT.resolve("jbang-catalog.json")))
                .get("aliases");
        assertEquals(List.of("backup", "restore", "explore", "chart"), List.copyOf(aliases.propertyNames()));
        for (var name : aliases.propertyNames()) {
            var script = Files.readString(Tool.ROOT.resolve(aliases.get(name).get("script-ref").asString()));
            assertTrue(
                script.contains("//DESCRIPTION " + aliases.get(name).get("description").asString() + "\n"),
                name);
        }
    }

    @Test
    void no_page_has_a_blank_at_a_line_end_or_a_tab() {
        var untidy = new ArrayList<String>();
        for (var page : PAGES) {
            int number = 0;
            for (var line : page.text().split("\n")) {
                number++;
                if (line.endsWith(" ") || line.contains("\t")) untidy.add(page.name() + ":" + number);
            }
        }
        assertEquals(List.of(), untidy);
    }
}
