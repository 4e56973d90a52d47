//SOURCES ../Units.java ChartData.java Painter.java SvgGraphics.java Theme.java
package lib.chart;

/** The SVG document around a painted chart: readable by people with a screen reader, searchable, the same bytes for the same data. */
public final class SvgFile {
    private SvgFile() {}

    public static String of(ChartData data, Theme theme, int width, int height) {
        var graphics = new SvgGraphics();
        new Painter(data, theme, width, height).paint(graphics);
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%1$d" height="%2$d" role="img" aria-labelledby="title desc" \
            font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif" font-size="12">
            <title id="title">%s</title>
            <desc id="desc">%s</desc>
            %s</svg>
            """
            .formatted(
                width,
                height,
                SvgGraphics.escape(data.metric().title()),
                SvgGraphics.escape(description(data)),
                graphics.body());
    }

    private static String description(ChartData data) {
        var names = data.series().stream().limit(12).map(ChartData.Series::name).toList();
        return Painter.subtitle(data, 0) + ". "
            + lib.Units.plural(data.series().size(), "line").replace("lines", "series").replace("line", "series") + ": "
            + String.join(", ", names) + (data.series().size() > 12 ? " and others" : "") + ". Unit: "
            + data.metric().unit() + ".";
    }
}
