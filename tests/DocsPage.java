//SOURCES Tool.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;

/**
 * One Markdown page, read as GitHub reads it: its anchors, where it links to, and its code blocks.
 *
 * @param name its path in the checkout
 * @param anchors what {@code page.md#anchor} may name
 */
record DocsPage(String name, Path file, String text, Set<String> anchors, List<Target> links, List<Block> blocks) {

    /** Where a link or picture leads, and the line that it stands on. */
    record Target(String address, int line) {}

    /** A fenced block: {@code ```console stable} has the language "console" and the mark "stable". */
    record Block(String language, List<String> marks, String text, int line) {
        boolean is(String mark) {
            return marks.contains(mark);
        }
    }

    static DocsPage of(String name) {
        var file = Tool.ROOT.resolve(name);
        try {
            var text = Files.readString(file);
            var reader = new Reader();
            Parser.builder()
                .includeSourceSpans(IncludeSourceSpans.BLOCKS_AND_INLINES)
                .build()
                .parse(text)
                .accept(reader);
            return new DocsPage(name, file, text, reader.anchors, reader.links, reader.blocks);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A command that the page only shows, by its beginning: for the test that can run it. */
    String shownCommand(String beginning) {
        return blocks.stream()
            .filter(block -> block.is("shown"))
            .flatMap(block -> block.text().lines())
            .filter(line -> line.startsWith("$ " + beginning))
            .findFirst()
            .orElseThrow(() -> new AssertionError(name + " shows no " + beginning))
            .substring(2);
    }

    /** Every page of the project, README.md first. */
    static List<DocsPage> all() {
        return files().stream()
            .filter(f -> f.endsWith(".md"))
            .sorted(Comparator.comparing((String f) -> !f.equals("README.md")).thenComparing(f -> f))
            .map(DocsPage::of)
            .toList();
    }

    /** The project's own files: those that git knows or would add. */
    static List<String> files() {
        var git = Tool.command("git", "ls-files", "--cached", "--others", "--exclude-standard").in(Tool.ROOT).run();
        if (git.exit() != 0) throw new AssertionError(git.toString());
        return git.out().lines().filter(f -> Files.exists(Tool.ROOT.resolve(f))).toList();
    }

    /** The directories that hold them. */
    static Set<String> directories() {
        var all = new TreeSet<String>();
        for (var file : files()) {
            for (var parent = Path.of(file).getParent(); parent != null; parent = parent.getParent()) {
                all.add(parent.toString());
            }
        }
        return all;
    }

    List<Block> blocks(String language) {
        return blocks.stream().filter(b -> b.language.equals(language)).toList();
    }

    private static final class Reader extends AbstractVisitor {
        final Set<String> anchors = new LinkedHashSet<>();
        final List<Target> links = new ArrayList<>();
        final List<Block> blocks = new ArrayList<>();
        private final HashMap<String, Integer> seen = new HashMap<>();

        @Override
        public void visit(Heading heading) {
            var slug = slug(plain(heading));
            int nth = seen.merge(slug, 1, Integer::sum) - 1;
            anchors.add(nth == 0 ? slug : slug + "-" + nth);
            visitChildren(heading);
        }

        @Override
        public void visit(Link link) {
            links.add(new Target(link.getDestination(), line(link)));
            visitChildren(link);
        }

        @Override
        public void visit(Image image) {
            links.add(new Target(image.getDestination(), line(image)));
        }

        @Override
        public void visit(FencedCodeBlock block) {
            var words = List.of((block.getInfo() == null ? "" : block.getInfo()).strip().split("\\s+"));
            blocks.add(new Block(words.getFirst(), words.subList(1, words.size()), block.getLiteral(), line(block)));
        }

        private static int line(Node node) {
            return node.getSourceSpans().isEmpty() ? 0 : node.getSourceSpans().getFirst().getLineIndex() + 1;
        }

        private static String plain(Node node) {
            var text = new StringBuilder();
            node.accept(new AbstractVisitor() {
                @Override
                public void visit(Text t) {
                    text.append(t.getLiteral());
                }

                @Override
                public void visit(Code c) {
                    text.append(c.getLiteral());
                }
            });
            return text.toString();
        }

        /** GitHub's rule: small letters, no punctuation but - and _, blanks become hyphens. */
        private static String slug(String heading) {
            return heading.strip().toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
        }
    }
}
