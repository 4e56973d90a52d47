//SOURCES ../Units.java ChartData.java Figure.java Subtitle.java SvgGraphics.java Theme.java
package lib.chart;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import lib.Units;

/**
 * The SVG document around a painted figure: readable by people with a screen reader, searchable, the same bytes for the
 * same data.
 */
public final class SvgFile {
    private static final String FONTS =
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', "
            + "Arial, sans-serif";

    private SvgFile() {}

    public static String of(ChartData data, Theme theme, int width, int height) {
        return of(List.of(data), theme, width, height);
    }

    public static String of(List<ChartData> charts, Theme theme, int width, int height) {
        return of(charts, new Figure(charts, theme, width, height), width, height);
    }

    static String of(List<ChartData> charts, Figure figure, int width, int height) {
        var id = id(charts);
        var graphics = new SvgGraphics(id);
        figure.paint(graphics);
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 WIDTH HEIGHT" width="WIDTH" height="HEIGHT" \
            role="img" aria-labelledby="ID-title ID-desc" font-family="FONTS" font-size="12">
            <title id="ID-title">"""
            .replace("WIDTH", Integer.toString(width))
            .replace("HEIGHT", Integer.toString(height))
            .replace("ID", id)
            .replace("FONTS", FONTS) + SvgGraphics.escape(title(charts)) + "</title>\n<desc id=\"" + id + "-desc\">"
            + SvgGraphics.escape(charts.stream().map(SvgFile::description).collect(Collectors.joining(" ")))
            + "</desc>\n" + graphics.body() + "</svg>\n";
    }

    static String title(List<ChartData> charts) {
        return charts.stream().map(data -> data.metric().drawnTitle()).collect(Collectors.joining(", "));
    }

    /** For the ids in the document: another one for other data, because several SVGs may stand in one page. */
    private static String id(List<ChartData> charts) {
        int hash = 7;
        for (var data : charts) {
            hash = 31 * hash + (data.metric().drawnTitle() + data.metric().name() + data.source().table()).hashCode();
            hash = 31 * hash + data.from().hashCode() + 17 * data.to().hashCode();
            for (var s : data.series()) {
                hash = 31 * hash + s.name().hashCode() + 17 * Arrays.hashCode(s.points().values());
            }
        }
        return "c" + HexFormat.of().toHexDigits(hash);
    }

    static String description(ChartData data) {
        var names = data.series().stream().limit(12).map(ChartData.Series::name).toList();
        int n = data.series().size();
        return new Subtitle(data).plain() + ". " + Units.count(n) + " series: " + String.join(", ", names)
            + (n > 12 ? " and others" : "") + ". Unit: " + data.metric().drawnUnit() + ".";
    }
}
