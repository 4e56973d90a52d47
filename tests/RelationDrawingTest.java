import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import lib.FileTree;
import lib.explore.ExploreConfig;
import lib.explore.Report;
import lib.explore.ReportFiles;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/**
 * The drawing of relations, read back from the page as a reader's browser would: boxes, lines and labels by their
 * coordinates.
 */
@Tag("unit")
class RelationDrawingTest {
    private static final Pattern STEP = Pattern.compile("([MVH])(-?[\\d.]+)(?: (-?[\\d.]+))?");

    private record Box(String name, double x, double y, double width, double height) {
        boolean overlaps(Box other) {
            return x < other.x + other.width && other.x < x + width && y < other.y + other.height
                && other.y < y + height;
        }

        /** Whether a straight line runs through the inside of the box; along its border does not count. */
        boolean crossedBy(Stretch s) {
            return Math.min(s.x1, s.x2) < x + width - 0.5 && Math.max(s.x1, s.x2) > x + 0.5
                && Math.min(s.y1, s.y2) < y + height - 0.5 && Math.max(s.y1, s.y2) > y + 0.5;
        }

        boolean touches(double px, double py) {
            return (Math.abs(px - x) <= 0.5 || Math.abs(px - x - width) <= 0.5) && py >= y && py <= y + height;
        }
    }

    private record Stretch(double x1, double y1, double x2, double y2) {}

    private record Line(String told, List<Stretch> stretches) {}

    private record Drawing(Element svg, List<Box> boxes, List<Line> lines) {}

    @Test
    void lines_never_run_behind_boxes_and_boxes_never_overlap_whatever_the_relations() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < 40; round++) {
            int tables = 2 + random.nextInt(round % 8 == 0 ? 120 : 20);
            var report = random(random, tables);
            var drawings = drawings(page(report));
            assertFalse(drawings.isEmpty(), "seed " + seed + ", round " + round);
            for (var drawing : drawings) check(drawing, "seed " + seed + ", round " + round);
        }
    }

    /** Circles, tables that refer to themselves, several keys between the same two, hubs and islands. */
    private static Report random(Random random, int tables) {
        var keys = new HashMap<Integer, List<Integer>>();
        keys.put(0, List.of(1));
        for (int k = random.nextInt(tables * 2); k >= 0; k--) {
            int to = (int) (tables * Math.pow(random.nextDouble(), 1 + random.nextInt(3)));
            keys.computeIfAbsent(1 + random.nextInt(tables - 1), n -> new ArrayList<>()).add(to);
        }
        return report(tables, keys);
    }

    private static void check(Drawing drawing, String where) {
        var boxes = drawing.boxes();
        for (int i = 0; i < boxes.size(); i++) {
            for (int k = i + 1; k < boxes.size(); k++) {
                assertFalse(boxes.get(i).overlaps(boxes.get(k)), where + ": " + boxes.get(i) + " " + boxes.get(k));
            }
        }
        var frame = drawing.svg().getAttribute("viewBox").split(" ");
        double right = Double.parseDouble(frame[0]) + Double.parseDouble(frame[2]);
        double bottom = Double.parseDouble(frame[1]) + Double.parseDouble(frame[3]);
        for (var box : boxes) assertTrue(box.x + box.width <= right && box.y + box.height <= bottom, where + box);
        for (var line : drawing.lines()) {
            for (var stretch : line.stretches()) {
                assertTrue(stretch.x1 == stretch.x2 || stretch.y1 == stretch.y2, where + ": a slanting line");
                assertTrue(Math.max(stretch.x1, stretch.x2) <= right && Math.min(stretch.x1, stretch.x2) >= -12, where);
                for (var box : boxes) {
                    assertFalse(box.crossedBy(stretch), where + ": " + line.told() + " runs behind " + box);
                }
            }
            var from = line.stretches().getFirst();
            var to = line.stretches().getLast();
            var ends = line.told().replaceAll(" \\(.*", "").split(" refers to ");
            assertTrue(box(boxes, ends[1]).touches(from.x1, from.y1), where + ": the start of " + line);
            assertTrue(box(boxes, ends[0]).touches(to.x2, to.y2), where + ": the end of " + line);
        }
    }

    private static Box box(List<Box> boxes, String name) {
        return boxes.stream().filter(box -> box.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void every_relation_is_a_line_and_every_box_leads_to_its_table() throws Exception {
        var page = page(report(5, Map.of(0, List.of(1), 1, List.of(2, 2, 2), 2, List.of(0, 2))));
        var drawing = drawings(page).getFirst();
        var told = new TreeSet<String>();
        drawing.lines().forEach(line -> told.add(line.told().replaceAll("app\\.|_id", "")));
        assertEquals(
            Set.of(
                "t0 refers to t1 (a0)",
                "t1 refers to t2 (a0)",
                "t1 refers to t2 (a1)",
                "t1 refers to t2 (a2)",
                "t2 refers to t0 (a0)",
                "t2 refers to t2 (a1)"),
            told);
        assertEquals(3, drawing.boxes().size(), "tables without relations are not drawn");
        var links = drawing.svg().getElementsByTagName("a");
        for (int i = 0; i < links.getLength(); i++) {
            var anchor = ((Element) links.item(i)).getAttribute("href").substring(1);
            assertTrue(page.contains(" id=\"" + anchor + "\""), anchor);
        }
    }

    @Test
    void a_screen_reader_is_told_what_a_drawing_shows() throws Exception {
        var svg = drawings(page(report(3, Map.of(0, List.of(1))))).getFirst().svg();
        for (var told : List.of("aria-labelledby", "aria-describedby")) {
            var id = svg.getAttribute(told);
            var element = children(svg).stream().filter(e -> e.getAttribute("id").equals(id)).findFirst().orElseThrow();
            assertFalse(element.getTextContent().isBlank(), told);
        }
        assertTrue(svg.getElementsByTagName("desc").item(0).getTextContent().contains("app.t0 refers to app.t1"));
    }

    @Test
    void hostile_names_are_text_in_the_drawing() throws Exception {
        var names = List.of(
            "x</title></svg><script>alert(1)</script>",
            "a\"b'c&d<e>",
            "]]>-->",
            "a.b",
            "\u202Eevil",
            "﷽﷽﷽﷽",
            "x".repeat(63),
            "W".repeat(63),
            "表".repeat(21),
            "👩‍👩‍👧‍👦".repeat(2));
        var maker = new ReportMaker();
        for (var name : names) maker.tables.add(table(name, List.of(name), List.of(names.getFirst())));
        var page = page(maker.report());
        assertFalse(page.contains("<script>alert"));
        var drawing = drawings(page).getFirst();
        assertEquals(names.size(), drawing.boxes().size());
        assertEquals(names.size(), drawing.lines().size());
        assertEquals(-1, page.indexOf('\u202E'), "marks of direction");
    }

    @Test
    void dots_in_names_never_join_two_tables() throws Exception {
        var maker = new ReportMaker();
        maker.tables.add(table("a.b", "c", List.of("x_id"), List.of("d")));
        maker.tables.add(table("a", "b.c", List.of(), List.of()));
        maker.tables.add(table("a.b", "d", List.of(), List.of()));
        var drawing = drawings(page(maker.report())).getFirst();
        assertEquals(2, drawing.boxes().size());
        assertEquals(1, drawing.lines().size());
    }

    @Test
    void a_hub_with_hundreds_of_tables_around_it_is_no_tower() throws Exception {
        var keys = new HashMap<Integer, List<Integer>>();
        IntStream.range(1, 300).forEach(i -> keys.put(i, List.of(0)));
        var frame = drawings(page(report(300, keys))).getFirst().svg().getAttribute("viewBox").split(" ");
        double width = Double.parseDouble(frame[2]), height = Double.parseDouble(frame[3]);
        assertTrue(height < 3 * width, width + " x " + height);
    }

    // ---- reports

    /** @param keys from a table's number to those that it refers to, each by a column of its own */
    static Report report(int tables, Map<Integer, List<Integer>> keys) {
        var maker = new ReportMaker();
        for (int i = 0; i < tables; i++) {
            var targets = keys.getOrDefault(i, List.of());
            var columns = IntStream.range(0, targets.size()).mapToObj(k -> "a" + k + "_id").toList();
            maker.tables.add(table("t" + i, columns, targets.stream().map(t -> "t" + t).toList()));
        }
        return maker.report();
    }

    private static Report.Relation table(String name, List<String> columns, List<String> targets) {
        return table("app", name, columns, targets);
    }

    private static Report.Relation table(String schema, String name, List<String> columns, List<String> targets) {
        var table = new ReportMaker.Table(name);
        table.schema = schema;
        for (var column : columns) table.column(column, "bigint");
        for (int k = 0; k < targets.size(); k++) table.references(columns.get(k), targets.get(k), "id");
        return table.make();
    }

    // ---- what the page shows

    private static String page(Report report) throws IOException {
        var directory = Files.createTempDirectory("drawing");
        try {
            ReportFiles
                .writeInto(ReportFiles.judge(report, ExploreConfig.defaults(), null), directory, List.of("html"));
            return Files.readString(directory.resolve("report.html"));
        } finally {
            FileTree.delete(directory);
        }
    }

    private static List<Drawing> drawings(String page) throws Exception {
        var drawings = new ArrayList<Drawing>();
        for (int at = page.indexOf("<svg class=\"er"); at >= 0; at = page.indexOf("<svg class=\"er", at + 1)) {
            var text = page.substring(at, page.indexOf("</svg>", at) + 6);
            var svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(text)))
                .getDocumentElement();
            drawings.add(new Drawing(svg, boxes(svg), lines(svg)));
        }
        return drawings;
    }

    private static List<Box> boxes(Element svg) {
        var boxes = new ArrayList<Box>();
        for (var group : children(svg.getElementsByTagName("g"))) {
            if (!group.getAttribute("class").startsWith("box")) continue;
            var at = group.getAttribute("transform").replaceAll("[^-\\d. ]", "").split(" ");
            var body = (Element) group.getElementsByTagName("rect").item(0);
            boxes.add(
                new Box(
                    group.getElementsByTagName("title").item(0).getTextContent(),
                    Double.parseDouble(at[0]),
                    Double.parseDouble(at[1]),
                    Double.parseDouble(body.getAttribute("width")),
                    Double.parseDouble(body.getAttribute("height"))));
        }
        return boxes;
    }

    private static List<Line> lines(Element svg) {
        var lines = new ArrayList<Line>();
        for (var group : children(svg.getElementsByTagName("g"))) {
            if (!Set.of("edge", "edge agg").contains(group.getAttribute("class"))) continue;
            var path = ((Element) group.getElementsByTagName("path").item(0)).getAttribute("d");
            var steps = STEP.matcher(path).results().toList();
            var told = group.getElementsByTagName("title").item(0).getTextContent();
            lines.add(new Line(told, stretches(steps)));
        }
        return lines;
    }

    private static List<Stretch> stretches(List<MatchResult> steps) {
        var stretches = new ArrayList<Stretch>();
        double x = 0, y = 0;
        for (var step : steps) {
            double value = Double.parseDouble(step.group(2)), oldX = x, oldY = y;
            if (step.group(1).equals("V")) y = value;
            else x = value;
            if (step.group(1).equals("M")) y = Double.parseDouble(step.group(3));
            else stretches.add(new Stretch(oldX, oldY, x, y));
        }
        return stretches;
    }

    private static List<Element> children(NodeList list) {
        return IntStream.range(0, list.getLength()).mapToObj(i -> (Element) list.item(i)).toList();
    }

    private static List<Element> children(Element parent) {
        var list = parent.getChildNodes();
        return IntStream.range(0, list.getLength())
            .mapToObj(list::item)
            .filter(Element.class::isInstance)
            .map(Element.class::cast)
            .toList();
    }
}
