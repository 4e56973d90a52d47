//SOURCES Plot.java SeriesSelection.java
package lib.chart;

import java.util.Arrays;

/** Fewer points where a picture cannot show more: a file stays below a megabyte whatever is drawn. */
final class Thinning {
    /** All lines together; a point takes 6 to 10 bytes of SVG. */
    private static final int POINT_BUDGET = 80_000;
    private static final int LEAST_BUDGET = 20_000;
    /** The element around a line, counted in points. */
    private static final int POINTS_OF_A_PATH = 15;
    private static final int MOST_OF_NAMED = 4_000;

    private Thinning() {}

    /** How many points of a grey line become one: so many lines show a texture, and no line of its own. */
    static int ofGreyLines(SeriesSelection selection) {
        if (selection.pile() != null) return 1;
        long grey = 0;
        long left = POINT_BUDGET - (long) selection.others() * POINTS_OF_A_PATH;
        for (var d : selection.drawn()) {
            if (d.isNamed()) left -= Math.min(d.series().size(), MOST_OF_NAMED);
            else grey += d.series().size();
        }
        return (int) Math.max(1, Math.ceil((double) grey / Math.max(LEAST_BUDGET, left)));
    }

    /** A line to be drawn: times in seconds, values. */
    record Line(double[] x, double[] y) {
        int size() {
            return x.length;
        }
    }

    /** Means of so many points each; of a short line its ends stay. */
    static Line means(Line line, int step) {
        if (step <= 1 || line.size() <= 2) return line;
        int n = Math.max(2, (line.size() + step - 1) / step);
        var x = new double[n];
        var y = new double[n];
        for (int k = 0; k < n; k++) {
            int start = (int) ((long) k * line.size() / n);
            int end = (int) ((long) (k + 1) * line.size() / n);
            for (int i = start; i < end; i++) {
                x[k] += line.x()[i] / (end - start);
                y[k] += line.y()[i] / (end - start);
            }
        }
        return new Line(x, y);
    }

    /**
     * Of the points in one column of pixels, the first, the lowest, the highest and the last: the line through them
     * fills the same pixels as the line through all (Jugel and others, M4, VLDB 2014). Only raw rows are ever so many.
     */
    static Line byPixel(Line line, Plot plot) {
        int size = line.size();
        if (size <= 4 * plot.width()) return line;
        var kept = new int[size];
        int n = 0;
        for (int start = 0, end; start < size; start = end) {
            long column = column(line.x()[start], plot);
            int low = start;
            int high = start;
            for (end = start; end < size && column(line.x()[end], plot) == column; end++) {
                if (line.y()[end] < line.y()[low]) low = end;
                if (line.y()[end] > line.y()[high]) high = end;
            }
            var four = new int[] {start, Math.min(low, high), Math.max(low, high), end - 1};
            for (int i = 0; i < 4; i++) {
                if (i == 0 || four[i] != four[i - 1]) kept[n++] = four[i];
            }
        }
        var points = Arrays.copyOf(kept, n);
        return new Line(
            Arrays.stream(points).mapToDouble(i -> line.x()[i]).toArray(),
            Arrays.stream(points).mapToDouble(i -> line.y()[i]).toArray());
    }

    private static long column(double time, Plot plot) {
        return (long) Math.floor(plot.x(time));
    }
}
