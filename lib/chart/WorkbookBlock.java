//SOURCES ChartData.java Workbook.java
package lib.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.apache.poi.ss.util.CellReference;

/**
 * Columns of numbers that are streamed into a sheet, below a row of headers: too many to be made as cells of POI. Where
 * the rows go beyond the end of a sheet, there are more sheets of the same columns.
 *
 * @param sheets their names, at least one
 */
record WorkbookBlock(List<String> sheets, List<Column> columns, int rows, boolean isCount) {
    /** Rows of a sheet without its header. */
    static final int SHEET_ROWS = 1_048_575;
    private static final int LONGEST_HEADER = 200;

    WorkbookBlock(List<String> sheets, List<Column> columns, int rows) {
        this(sheets, columns, rows, false);
    }

    /** The same, with numbers that count something. */
    WorkbookBlock asCount() {
        return new WorkbookBlock(sheets, columns, rows, true);
    }

    /** @param values NaN is an empty cell */
    record Column(String header, boolean isTime, Values values) {}

    /** Asked for row after row. */
    interface Values {
        /** @param from the first row that will be asked for */
        Cursor start(int from);
    }

    interface Cursor {
        double next();
    }

    static Values of(double[] values) {
        return from -> new Cursor() {
            private int at = from;

            @Override
            public double next() {
                return at < values.length ? values[at++] : Double.NaN;
            }
        };
    }

    /** The first of these times that is not before that one. */
    private static int place(long[] times, long time) {
        int found = Arrays.binarySearch(times, time);
        return found < 0 ? -found - 1 : found;
    }

    /** What stands in the rows of these times; the others are empty. */
    static Values at(long[] rows, long[] times, double[] values) {
        return from -> new Cursor() {
            private int row = from;
            private int point = from == 0 ? 0 : place(times, rows[from]);

            @Override
            public double next() {
                return point < times.length && times[point] == rows[row++] ? values[point++] : Double.NaN;
            }
        };
    }

    static double[] doubles(long[] values) {
        return Arrays.stream(values).asDoubleStream().toArray();
    }

    /** The layout of a chart's series: which of their columns holds what. */
    record Layout(boolean isShared, long[] times) {
        /** All series in the same rows, where they report at the same times; else each with its own column of times. */
        static Layout of(ChartData data) {
            if (data.isStacked()) return new Layout(true, sharedTimes(data));
            if (!data.grid().isRaw()) {
                boolean isRegular = data.series()
                    .stream()
                    .allMatch(s -> data.usualDistance(s) <= 1.5 * data.bucket().seconds());
                return new Layout(isRegular, isRegular ? sharedTimes(data) : new long[0]);
            }
            var times = sharedTimes(data);
            int least = data.series().stream().mapToInt(ChartData.Series::size).min().orElse(0);
            boolean isShared = times.length <= 1.2 * least;
            return new Layout(isShared, isShared ? times : new long[0]);
        }

        private static long[] sharedTimes(ChartData data) {
            if (data.grid().isRaw()) {
                return data.series()
                    .stream()
                    .flatMapToLong(s -> Arrays.stream(s.points().times()))
                    .sorted()
                    .distinct()
                    .toArray();
            }
            var times = new long[data.grid().size()];
            for (int i = 0; i < times.length; i++) times[i] = data.grid().start(i);
            return times;
        }

        int timeColumn(int series) {
            return isShared ? 0 : 2 * series;
        }

        int valueColumn(int series) {
            return isShared ? series + 1 : 2 * series + 1;
        }

        int columns(ChartData data) {
            return isShared ? data.series().size() + 1 : 2 * data.series().size();
        }
    }

    /** @param field which numbers of the points */
    static WorkbookBlock of(ChartData data, Layout layout, String sheet, Function<ChartData.Points, double[]> field) {
        var columns = new ArrayList<Column>();
        var taken = new HashSet<String>();
        var zone = " (" + data.zone().getId() + ")";
        int rows = layout.times().length;
        if (layout.isShared()) {
            columns.add(new Column(header("Time" + zone, taken), true, of(Workbook.serials(data, layout.times()))));
        }
        for (var s : data.series()) {
            if (layout.isShared()) {
                columns.add(
                    new Column(
                        header(s.name(), taken),
                        false,
                        at(layout.times(), s.points().times(), field.apply(s.points()))));
                continue;
            }
            var spread = spread(data, s, field.apply(s.points()));
            columns.add(new Column(header("Time" + zone + " of " + s.name(), taken), true, of(spread[0])));
            columns.add(new Column(header(s.name(), taken), false, of(spread[1])));
            rows = Math.max(rows, spread[0].length);
        }
        return new WorkbookBlock(sheets(sheet, rows), columns, rows);
    }

    /** Times and values of one series, with an empty value between two stretches: there the line breaks. */
    private static double[][] spread(ChartData data, ChartData.Series s, double[] values) {
        var stretches = data.stretches(s);
        int n = s.size() + Math.max(0, stretches.size() - 1);
        var result = new double[][] {new double[n], new double[n]};
        int at = 0;
        for (var stretch : stretches) {
            if (at > 0) {
                result[0][at] = result[0][at - 1];
                result[1][at++] = Double.NaN;
            }
            for (int i = stretch.first(); i <= stretch.last(); i++) {
                result[0][at] = Workbook.serial(data, s.points().times()[i]);
                result[1][at++] = values[i];
            }
        }
        return result;
    }

    private static List<String> sheets(String sheet, int rows) {
        var names = new ArrayList<>(List.of(sheet));
        for (int i = 2; (i - 1L) * SHEET_ROWS < rows; i++) names.add(sheet + " " + i);
        return names;
    }

    /** A table wants headers that are there, and differ by more than capitals. */
    static String header(String name, Set<String> taken) {
        var text = Workbook.cellText(name).replace('\n', ' ').strip();
        if (text.length() > LONGEST_HEADER) text = text.substring(0, LONGEST_HEADER) + "…";
        if (text.isEmpty()) text = "(empty)";
        var chosen = text;
        for (int i = 2; !taken.add(chosen.toLowerCase(Locale.ROOT)); i++) chosen = text + " (" + i + ")";
        return chosen;
    }

    int rowsOf(int sheet) {
        return Math.clamp(rows - (long) sheet * SHEET_ROWS, 0, SHEET_ROWS);
    }

    /** The cells of a column below its header: {@code 'Data'!$B$2:$B$145}; a reference for each sheet. */
    List<String> ranges(int column) {
        var list = new ArrayList<String>();
        for (int i = 0; i < sheets.size(); i++) list.add(range(i, column));
        return list;
    }

    String range(int sheet, int column) {
        var letters = CellReference.convertNumToColString(column);
        return "'" + sheets.get(sheet).replace("'", "''") + "'!$" + letters + "$2:$" + letters + "$"
            + (rowsOf(sheet) + 1);
    }
}
