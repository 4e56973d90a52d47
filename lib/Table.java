package lib;

import java.util.ArrayList;
import java.util.List;

/** A plain text table: a header, columns as wide as they need, numbers to the right. */
public final class Table {
    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    private Table(List<String> header) {
        this.header = header;
    }

    public static Table of(String... header) {
        return new Table(List.of(header));
    }

    public Table row(Object... cells) {
        var row = new ArrayList<String>();
        for (var cell : cells) {
            // A name in the database may hold line ends or escape sequences: they must not reach the terminal.
            row.add(cell == null ? "" : cell.toString().replaceAll("\\p{Cntrl}", " "));
        }
        rows.add(row);
        return this;
    }

    public boolean isEmpty() {
        return rows.isEmpty();
    }

    @Override
    public String toString() {
        var widths = new int[header.size()];
        var numeric = new boolean[header.size()];
        for (int c = 0; c < widths.length; c++) {
            int column = c;
            widths[c] =
                Math.max(width(header.get(c)), rows.stream().mapToInt(r -> width(r.get(column))).max().orElse(0));
            numeric[c] =
                rows.stream().allMatch(r -> r.get(column).matches("|-|[-+]?[\\d.,]+( ?(bytes|[kMGTP]B|s|%))?"));
        }
        var text = new StringBuilder();
        line(text, header, widths, numeric);
        rows.forEach(r -> line(text, r, widths, numeric));
        return text.toString();
    }

    private static void line(StringBuilder text, List<String> cells, int[] widths, boolean[] numeric) {
        var line = new StringBuilder();
        for (int c = 0; c < widths.length; c++) {
            var space = " ".repeat(widths[c] - width(cells.get(c)));
            line.append(numeric[c] ? space + cells.get(c) : cells.get(c) + space).append("  ");
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }
}
