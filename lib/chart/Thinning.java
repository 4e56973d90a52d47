//SOURCES ChartData.java Plot.java SeriesSelection.java
package lib.chart;

import java.util.Arrays;

/** Fewer points where a picture cannot show more: a file stays below a megabyte whatever is drawn. */
final class Thinning {
    /** All lines together; a point takes 6 to 10 bytes of SVG. */
    private static final int POINT_BUDGET = 80_000;
    /** The element around a line, counted in points. */
    private static final int POINTS_OF_A_PATH = 15;

    private Thinning() {}

    /** How many points of a grey line become one: so many lines show a texture, and no line of its own. */
    static int ofGreyLines(ChartData data, SeriesSelection lineup) {
        if (data.isStacked()) return 1;
        long points = data.times().length;
        long named = lineup.drawn().size() - lineup.others();
        long left = POINT_BUDGET - named * Math.min(points, 4000) - (long) lineup.others() * POINTS_OF_A_PATH;
        return (int) Math.max(1, Math.ceil((double) lineup.others() * points / Math.max(20_000, left)));
    }

    /**
     * Of the points in one column of pixels, the first, the lowest, the highest and the last: the line through them fills the same pixels
     * as the line through all (Jugel and others, M4, VLDB 2014). Only raw rows are ever so many.
     *
     * @param points their places in the series, ascending
     */
    static int[] byPixel(int[] points, ChartData data, double[] values, Plot plot) {
        if (points.length <= 4 * plot.width()) return points;
        var kept = new int[points.length];
        int n = 0;
        for (int start = 0, end; start < points.length; start = end) {
            long column = column(points[start], data, plot);
            int low = start;
            int high = start;
            for (end = start; end < points.length && column(points[end], data, plot) == column; end++) {
                if (values[points[end]] < values[points[low]]) low = end;
                if (values[points[end]] > values[points[high]]) high = end;
            }
            var four = new int[] {start, Math.min(low, high), Math.max(low, high), end - 1};
            for (int i = 0; i < 4; i++) {
                if (i == 0 || four[i] != four[i - 1]) kept[n++] = points[four[i]];
            }
        }
        return Arrays.copyOf(kept, n);
    }

    private static long column(int point, ChartData data, Plot plot) {
        return (long) Math.floor(plot.x(data.position(point)));
    }
}
