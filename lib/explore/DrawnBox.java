//SOURCES DiagramLayout.java Html.java LabelWidth.java RelationDrawing.java RelationGraph.java
package lib.explore;

import static lib.explore.Html.escape;
import static lib.explore.RelationDrawing.round;

import java.util.List;
import lib.explore.DiagramLayout.Point;
import lib.explore.DiagramLayout.Size;
import lib.explore.RelationGraph.Node;
import lib.explore.RelationGraph.NodeColumn;

/** The box of a table in a drawing: as wide as its labels need, within limits; a long name takes several lines. */
final class DrawnBox {
    static final int MARGIN = 12, ROW = 18;
    private static final int NARROWEST = 96, WIDEST = 262, SIDE = 10, NAME_LINE = 16, NAME_LINES = 3;
    private static final double NAME_SIZE = 12.5, TEXT_SIZE = 12, TYPE_SIZE = 11, BOLD = 1.07, TYPE_MOST = 96;

    private final Node node;
    private final List<NodeColumn> columns;
    private final List<String> name;
    private final int more;
    private final double width;

    /** @param columns those of its columns that are drawn */
    DrawnBox(Node node, String name, List<NodeColumn> columns) {
        this.node = node;
        this.columns = columns;
        this.name = LabelWidth.wrap(name, NAME_SIZE * BOLD, WIDEST - 2 * SIDE, NAME_LINES);
        this.more = columns.isEmpty() ? 0 : node.columns().size() - columns.size() + node.moreColumns();
        double widest = this.name.stream().mapToDouble(line -> LabelWidth.of(line, NAME_SIZE * BOLD)).max().orElse(0);
        for (var column : columns) {
            double type = Math.min(TYPE_MOST, LabelWidth.of(shortType(column.type()), TYPE_SIZE));
            widest = Math.max(widest, LabelWidth.of(column.name(), TEXT_SIZE * BOLD) + 12 + type);
        }
        this.width = Math.ceil(Math.clamp(widest + 2 * SIDE, NARROWEST, WIDEST));
    }

    Node node() {
        return node;
    }

    Size size() {
        int rows = columns.size() + (more > 0 ? 1 : 0);
        return new Size(width, headHeight() + (rows == 0 ? 0 : rows * ROW + 6));
    }

    private int headHeight() {
        return 12 + name.size() * NAME_LINE + (note().isEmpty() ? 0 : 14);
    }

    /** What it is, unless a plain table: not told by colour alone. */
    private String note() {
        return switch (node.kind()) {
            case "table" -> "";
            case "aggregate" -> "continuous aggregate";
            default -> node.kind();
        };
    }

    double nameY() {
        return 6 + NAME_LINE / 2.0;
    }

    /** Where the line of that column ends; a column that is not drawn has the last row, or the name. */
    double columnY(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(column)) return headHeight() + 3 + i * ROW + ROW / 2.0;
        }
        return more > 0 ? headHeight() + 3 + columns.size() * ROW + ROW / 2.0 : nameY();
    }

    void draw(StringBuilder out, Point at, boolean chosen) {
        var size = size();
        out.append("<a href=\"#")
            .append(escape(node.anchor()))
            .append("\"><g class=\"box ")
            .append(node.kind())
            .append(chosen ? " chosen" : "")
            .append("\" transform=\"translate(")
            .append(round(at.x()))
            .append(' ')
            .append(round(at.y()))
            .append(")\"><title>")
            .append(escape(node.fullName() + (note().isEmpty() ? "" : ", " + note())))
            .append("</title><rect class=\"body\" width=\"")
            .append(round(width))
            .append("\" height=\"")
            .append(round(size.height()))
            .append("\" rx=\"6\"/>");
        head(out, size.height());
        for (int i = 0; i < name.size(); i++) text(out, "name", new Point(SIDE, 18 + i * NAME_LINE), name.get(i));
        if (!note().isEmpty()) text(out, "kind", new Point(SIDE, headHeight() - 6), note());
        rows(out);
        out.append("</g></a>");
    }

    private void head(StringBuilder out, double height) {
        if (headHeight() == height) {
            out.append("<rect class=\"head\" width=\"")
                .append(round(width))
                .append("\" height=\"")
                .append(round(height))
                .append("\" rx=\"6\"/>");
            return;
        }
        out.append("<path class=\"head\" d=\"M0 ")
            .append(headHeight())
            .append("V6a6 6 0 0 1 6-6H")
            .append(round(width - 6))
            .append("a6 6 0 0 1 6 6V")
            .append(headHeight())
            .append("z\"/>");
    }

    private void rows(StringBuilder out) {
        double y = headHeight() + 16;
        for (var column : columns) {
            var type = LabelWidth.fit(shortType(column.type()), TYPE_SIZE, TYPE_MOST);
            double room = width - 2 * SIDE - 8 - LabelWidth.of(type, TYPE_SIZE);
            text(out, look(column), new Point(SIDE, y), LabelWidth.fit(column.name(), TEXT_SIZE * BOLD, room));
            text(out, "type", new Point(width - SIDE, y), type);
            y += ROW;
        }
        if (more > 0) text(out, "type more", new Point(SIDE, y), "+ " + more + " more");
    }

    private static String look(NodeColumn column) {
        if (column.primary()) return column.foreign() ? "pk fk" : "pk";
        return column.foreign() ? "fk" : "col";
    }

    private static void text(StringBuilder out, String look, Point at, String text) {
        out.append("<text class=\"")
            .append(look)
            .append("\" x=\"")
            .append(round(at.x()))
            .append("\" y=\"")
            .append(round(at.y()))
            .append("\">")
            .append(escape(text))
            .append("</text>");
    }

    private static String shortType(String type) {
        return type.replace("timestamp with time zone", "timestamptz")
            .replace("timestamp without time zone", "timestamp")
            .replace("double precision", "float8")
            .replace("character varying", "varchar");
    }
}
