//SOURCES ChunkStrip.java HistoryDrawing.java RelationGraph.java Report.java ReportBlocks.java Sentences.java
//SOURCES TableColumn.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import lib.explore.Report.Calendar;
import lib.explore.Report.FindingGroup;
import lib.explore.Report.Health;
import lib.explore.Report.Hypertable;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TableRow;
import org.commonmark.node.CustomBlock;
import org.commonmark.node.CustomNode;
import org.commonmark.node.Node;

/** What a report has and Markdown has no node for. Each of the two renderers says what becomes of them. */
public final class ReportNodes {
    /** All of them: a renderer that forgets one would leave it out in silence. */
    static final Set<Class<? extends Node>> TYPES =
        Set.of(
            Head.class,
            Section.class,
            Foot.class,
            Panel.class,
            SideBySide.class,
            ObjectCard.class,
            SeriesCard.class,
            FindingCard.class,
            Fold.class,
            Facts.class,
            ScoreRing.class,
            CategoryMeter.class,
            ChunkTimeline.class,
            ChunkLegend.class,
            RelationPicture.class,
            NeighbourPicture.class,
            JobHours.class,
            HistoryCurve.class,
            Tag.class,
            Muted.class,
            WideTable.class,
            ObjectRow.class,
            ValueCell.class);

    private ReportNodes() {}

    /** A node that says something besides what its children say. */
    public interface Worded {
        /** What a reader finds of it on the page and in the Markdown file alike. */
        List<String> words();
    }

    /**
     * A block whose content is made while it is read, and dropped when it was written: the document of ten thousand
     * tables never stands in memory.
     */
    public abstract static class Container extends CustomBlock {
        private final Consumer<ReportBlocks> content;

        Container(Consumer<ReportBlocks> content) {
            this.content = content;
        }

        /** The blocks in it, one after the other. */
        public final void each(Consumer<Node> reader) {
            content.accept(new ReportBlocks(reader));
        }
    }

    /** The name of the database and what is most important about it. */
    static final class Head extends Container implements Worded {
        final String name;

        Head(String name, Consumer<ReportBlocks> content) {
            super(content);
            this.name = name;
        }

        @Override
        public List<String> words() {
            return List.of(name);
        }
    }

    /** @see ReportDocument */
    static final class Section extends Container implements Worded {
        final String id;
        final String title;
        /** How many things it is about; null where that says nothing. */
        final Integer count;

        Section(String id, String title, Integer count, Consumer<ReportBlocks> content) {
            super(content);
            this.id = id;
            this.title = title;
            this.count = count;
        }

        @Override
        public List<String> words() {
            return List.of(title);
        }
    }

    static final class Foot extends Container {
        Foot(Consumer<ReportBlocks> content) {
            super(content);
        }
    }

    /** A piece of a section with a frame around it. */
    static final class Panel extends Container {
        Panel(Consumer<ReportBlocks> content) {
            super(content);
        }
    }

    /** Panels side by side, where the screen is wide enough. */
    static final class SideBySide extends Container {
        SideBySide(Consumer<ReportBlocks> content) {
            super(content);
        }
    }

    /** An object of the database: one line, and all about it below. */
    static final class ObjectCard extends Container implements Worded {
        final CardTitle title;

        ObjectCard(CardTitle title, Consumer<ReportBlocks> content) {
            super(content);
            this.title = title;
        }

        @Override
        public List<String> words() {
            return title.words();
        }
    }

    /**
     * @param kind "table", "view", …: what the search says beside the name
     * @param shown the name as the line has it; without its schema where that stands above
     * @param tags what is special about it
     * @param about one short line, or null
     * @param numbers "1,200 rows", "1.2 GB"
     */
    record CardTitle(
        String anchor,
        String kind,
        String name,
        String shown,
        List<String> tags,
        String about,
        List<String> numbers) {
        /** Not the line about it: that is the start of the comment below. */
        List<String> words() {
            var words = new ArrayList<>(List.of(shown));
            words.addAll(tags);
            words.addAll(numbers);
            return words;
        }
    }

    /** Like an object card, but always open, with the drawing of its chunks or where its rows come from. */
    static final class SeriesCard extends Container implements Worded {
        final CardTitle title;

        SeriesCard(CardTitle title, Consumer<ReportBlocks> content) {
            super(content);
            this.title = title;
        }

        @Override
        public List<String> words() {
            return title.words();
        }
    }

    /** All findings of one rule. */
    static final class FindingCard extends Container implements Worded {
        final FindingGroup group;
        final String sentence;
        final String severity;

        FindingCard(FindingGroup group, String sentence, String severity, Consumer<ReportBlocks> content) {
            super(content);
            this.group = group;
            this.sentence = sentence;
            this.severity = severity;
        }

        @Override
        public List<String> words() {
            return List.of(severity, sentence, group.rule());
        }
    }

    /** What only few readers want to see. */
    static final class Fold extends Container implements Worded {
        final String title;

        Fold(String title, Consumer<ReportBlocks> content) {
            super(content);
            this.title = title;
        }

        @Override
        public List<String> words() {
            return List.of(title);
        }
    }

    enum FactStyle {
        LIST, FLOW, TILES
    }

    /** Names and values; its children are {@link Fact}s. */
    static final class Facts extends CustomBlock {
        final FactStyle style;

        Facts(FactStyle style) {
            this.style = style;
        }
    }

    /** @see Facts */
    static final class Fact extends CustomNode implements Worded {
        final String name;

        Fact(String name) {
            this.name = name;
        }

        @Override
        public List<String> words() {
            return List.of(name);
        }
    }

    static final class ScoreRing extends CustomBlock implements Worded {
        final Health health;

        ScoreRing(Health health) {
            this.health = health;
        }

        @Override
        public List<String> words() {
            return List.of("Health: " + verdict());
        }

        /** "72 of 100, grade C, provisional". */
        String verdict() {
            if (health.score() == null) return "not applicable";
            return health.score() + " of 100, grade " + health.grade() + (health.provisional() ? ", provisional" : "");
        }

        /** What stands below the number. */
        String below() {
            if (health.grade() == null) return "health";
            return (health.provisional() ? "provisional " : "grade ") + health.grade();
        }
    }

    /** How much of its cap a category takes, in the cell of a table that has the numbers too. */
    static final class CategoryMeter extends CustomNode {
        final double taken;
        final double cap;

        CategoryMeter(double taken, double cap) {
            this.taken = taken;
            this.cap = cap;
        }
    }

    /** The chunks of a hypertable along time. */
    static final class ChunkTimeline extends CustomBlock implements Worded {
        final Hypertable hypertable;

        ChunkTimeline(Hypertable hypertable) {
            this.hypertable = hypertable;
        }

        @Override
        public List<String> words() {
            return List.of(ChunkStrip.summary(hypertable));
        }
    }

    /** What the colours of chunks mean. */
    static final class ChunkLegend extends CustomBlock implements Worded {
        final List<String> states;

        ChunkLegend(List<String> states) {
            this.states = states;
        }

        @Override
        public List<String> words() {
            return states.stream().map(ChunkLegend::meaning).toList();
        }

        static String meaning(String state) {
            return switch (state) {
                case "hot" -> "hot: written, not compressed";
                case "due" -> "due: should be compressed by now";
                case "partial" -> "partial: compressed, then new rows";
                default -> state;
            };
        }
    }

    /** All relations: as one drawing, and as the parts that a forge still draws. */
    static final class RelationPicture extends CustomBlock implements Worded {
        final List<RelationGraph.Cluster> drawings;
        final List<RelationGraph.Cluster> parts;

        RelationPicture(RelationGraph graph) {
            drawings = graph.overview();
            parts = graph.clusters();
        }

        @Override
        public List<String> words() {
            return parts.stream()
                .limit(RelationGraph.DRAWINGS)
                .flatMap(part -> part.nodes().stream())
                .map(RelationGraph.Node::name)
                .distinct()
                .toList();
        }
    }

    /** A table and its neighbours, which stand beside it as text: only the page has the drawing. */
    static final class NeighbourPicture extends CustomBlock {
        final RelationGraph.Neighbourhood around;

        NeighbourPicture(RelationGraph.Neighbourhood around) {
            this.around = around;
        }
    }

    /** How many jobs start in each of the next 24 hours. */
    static final class JobHours extends CustomBlock implements Worded {
        final Calendar calendar;

        JobHours(Calendar calendar) {
            this.calendar = calendar;
        }

        @Override
        public List<String> words() {
            return List.of(Sentences.jobHours(calendar));
        }
    }

    static final class HistoryCurve extends CustomBlock implements Worded {
        final HistoryDrawing.Curve curve;

        HistoryCurve(HistoryDrawing.Curve curve) {
            this.curve = curve;
        }

        @Override
        public List<String> words() {
            return List.of(curve.title());
        }
    }

    /** A word in a coloured frame. */
    static final class Tag extends CustomNode implements Worded {
        final String style;
        final String label;

        Tag(String style, String label) {
            this.style = style;
            this.label = label;
        }

        @Override
        public List<String> words() {
            return List.of(label);
        }
    }

    /** Text that is less important than what stands beside it. */
    static final class Muted extends CustomNode {}

    /** A table, its child, that scrolls for itself where the screen is narrow. */
    static final class WideTable extends CustomBlock {
        final String caption;

        WideTable(String caption) {
            this.caption = caption;
        }
    }

    /** A row that is about an object of its own: it has an address, and the search finds it. */
    static final class ObjectRow extends TableRow {
        final RowName name;

        ObjectRow(RowName name) {
            this.name = name;
        }
    }

    /** @param name what the search looks at */
    record RowName(String anchor, String kind, String name) {}

    /** A cell that knows its type, and by what number it is sorted. */
    static final class ValueCell extends TableCell {
        final TableColumn.Type type;
        final Double order;

        ValueCell(TableColumn.Type type, Double order) {
            this.type = type;
            this.order = order;
        }
    }
}
