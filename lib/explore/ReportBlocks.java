//SOURCES ../Units.java CommentText.java Inlines.java MarkdownText.java Report.java ReportNodes.java ShortText.java
//SOURCES TableColumn.java
package lib.explore;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import lib.Units;
import lib.explore.ReportNodes.Fact;
import lib.explore.ReportNodes.FactStyle;
import lib.explore.ReportNodes.Facts;
import lib.explore.ReportNodes.ObjectRow;
import lib.explore.ReportNodes.RowName;
import lib.explore.ReportNodes.ValueCell;
import lib.explore.ReportNodes.WideTable;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TableBody;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TableHead;
import org.commonmark.ext.gfm.tables.TableRow;
import org.commonmark.node.BulletList;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Heading;
import org.commonmark.node.ListBlock;
import org.commonmark.node.ListItem;
import org.commonmark.node.Node;
import org.commonmark.node.OrderedList;
import org.commonmark.node.Paragraph;

/** Puts the blocks of a report together: each call makes one, and hands it on at once. */
final class ReportBlocks {
    /** Of a comment in a cell; the whole of it is in report.json. */
    private static final int PROSE_IN_A_CELL = 600;

    private final Consumer<Node> reader;

    ReportBlocks(Consumer<Node> reader) {
        this.reader = reader;
    }

    /** A node of {@link ReportNodes}. */
    ReportBlocks add(Node node) {
        reader.accept(node);
        return this;
    }

    /** Null makes nothing. */
    ReportBlocks paragraph(String text) {
        return text == null || text.isEmpty() ? this : paragraph(Inlines.of(text));
    }

    ReportBlocks paragraph(Inlines parts) {
        return parts.isEmpty() ? this : add(parts.into(new Paragraph()));
    }

    /** A heading within the section. */
    ReportBlocks heading(String text) {
        return heading(3, text);
    }

    /** A heading within a card. */
    ReportBlocks label(String text) {
        return heading(4, text);
    }

    private ReportBlocks heading(int level, String text) {
        var heading = new Heading();
        heading.setLevel(level);
        return add(Inlines.of(text).into(heading));
    }

    /** A comment, which may be Markdown; null makes nothing. */
    ReportBlocks comment(String comment) {
        if (comment != null) CommentText.blocks(comment).forEach(this::add);
        return this;
    }

    /** SQL or another program, as it is; null makes nothing. */
    ReportBlocks code(String language, String text) {
        if (text == null || text.isBlank()) return this;
        var literal = MarkdownText.clean(text).strip() + "\n";
        var block = new FencedCodeBlock();
        block.setLiteral(literal);
        block.setInfo(language);
        block.setFenceCharacter("`");
        int fence = MarkdownText.fence(literal);
        block.setOpeningFenceLength(fence);
        block.setClosingFenceLength(fence);
        return add(block);
    }

    ReportBlocks list(List<String> items) {
        return items(items.stream().map(Inlines::of).toList());
    }

    ReportBlocks items(List<Inlines> items) {
        var list = new BulletList();
        list.setMarker("-");
        return list(list, items);
    }

    ReportBlocks numbered(List<Inlines> items) {
        var list = new OrderedList();
        list.setMarkerStartNumber(1);
        list.setMarkerDelimiter(".");
        return list(list, items);
    }

    private ReportBlocks list(ListBlock list, List<Inlines> items) {
        if (items.isEmpty()) return this;
        list.setTight(true);
        for (var item : items) {
            var node = new ListItem();
            node.setMarkerIndent(0);
            node.setContentIndent(list instanceof BulletList ? 2 : 3);
            node.appendChild(item.into(new Paragraph()));
            list.appendChild(node);
        }
        return add(list);
    }

    /** Names and values in the order in which they are put in; a value of null is left out. */
    ReportBlocks facts(FactStyle style, Consumer<Map<String, Inlines>> filling) {
        var values = new LinkedHashMap<String, Inlines>();
        filling.accept(values);
        var facts = new Facts(style);
        values.forEach((name, value) -> {
            if (value != null && !value.isEmpty()) facts.appendChild(value.into(new Fact(name)));
        });
        return facts.getFirstChild() == null ? this : add(facts);
    }

    /** What only few readers want to see. */
    ReportBlocks details(String title, Consumer<ReportBlocks> content) {
        return add(new ReportNodes.Fold(title, content));
    }

    ReportBlocks panel(Consumer<ReportBlocks> content) {
        return add(new ReportNodes.Panel(content));
    }

    /** Rows under typed columns; without rows nothing. */
    @SafeVarargs
    final <T> ReportBlocks table(String caption, List<T> rows, TableColumn<T>... columns) {
        return objects(caption, rows, null, columns);
    }

    /** The same of objects that have an address, and that the search finds. */
    @SafeVarargs
    final <T> ReportBlocks objects(String caption, List<T> rows, Function<T, RowName> name, TableColumn<T>... columns) {
        if (rows.isEmpty()) return this;
        var shown = Stream.of(columns).filter(c -> !c.optional() || hasValue(c, rows)).toList();
        var table = new TableBlock();
        table.appendChild(head(shown));
        var body = new TableBody();
        for (var row : rows) {
            var cells = name == null ? new TableRow() : new ObjectRow(name.apply(row));
            for (var column : shown) cells.appendChild(cell(column, row));
            body.appendChild(cells);
        }
        table.appendChild(body);
        var wide = new WideTable(caption);
        wide.appendChild(table);
        return add(wide);
    }

    private static <T> boolean hasValue(TableColumn<T> column, List<T> rows) {
        return rows.stream().map(column.value()).anyMatch(v -> v != null && !v.equals(""));
    }

    private static <T> TableHead head(List<TableColumn<T>> columns) {
        var row = new TableRow();
        for (var column : columns) {
            var cell = new TableCell();
            cell.setHeader(true);
            if (column.type().isNumber) cell.setAlignment(TableCell.Alignment.RIGHT);
            row.appendChild(Inlines.of(column.title()).into(cell));
        }
        var head = new TableHead();
        head.appendChild(row);
        return head;
    }

    private static <T> Node cell(TableColumn<T> column, T row) {
        var value = column.value().apply(row);
        return parts(column.type(), value).into(new ValueCell(column.type(), order(column.type(), value)));
    }

    private static Inlines parts(TableColumn.Type type, Object value) {
        if (value == null) return type.isNumber || type == TableColumn.Type.TIME ? Inlines.of("—") : new Inlines();
        return switch (type) {
            case TEXT -> Inlines.of(value.toString());
            case CODE -> new Inlines().code(value.toString());
            case NUMBER -> Inlines.of(number(value));
            case SIZE -> Inlines.of(size(value));
            case TIME -> Inlines.of(time((Instant) value));
            case PROSE -> CommentText.line(value.toString(), PROSE_IN_A_CELL);
            case PARTS -> (Inlines) value;
        };
    }

    private static String number(Object value) {
        return switch (value) {
            case TableColumn.Measured measured -> measured.shown();
            case Double fraction -> ShortText.number(fraction);
            default -> Units.count(((Number) value).longValue());
        };
    }

    /** "1.2 GB", with "~" before an estimate. */
    static String size(Object bytes) {
        if (bytes instanceof Report.Size size) return (size.exact() ? "" : "~") + Units.bytes(size.total());
        return Units.bytes(((Number) bytes).longValue());
    }

    /** The tables say once that times are UTC. */
    static String time(Instant time) {
        return Units.utc(time).replace(" UTC", "");
    }

    private static Double order(TableColumn.Type type, Object value) {
        if (!type.isNumber) return null;
        return switch (value) {
            case null -> -1.0;
            case TableColumn.Measured measured -> measured.order();
            case Report.Size size -> (double) size.total();
            default -> ((Number) value).doubleValue();
        };
    }
}
