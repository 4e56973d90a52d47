//SOURCES ../PageFile.java ChartData.java Output.java PanelData.java SvgFile.java SvgGraphics.java Theme.java
package lib.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import lib.PageFile;

/**
 * One page that works offline: the SVG as it is, and beside it the values of its points, for a reader who points at it.
 * Without JavaScript the picture is still there.
 */
final class HtmlPage {
    private HtmlPage() {}

    static void write(List<ChartData> charts, Output.Picture picture, OutputStream out) throws IOException {
        var theme = Theme.named(picture.theme());
        var figure = picture.figure(charts);
        var svg = SvgFile.of(charts, figure, picture.width(), picture.height());
        var title = SvgGraphics.escape(SvgFile.title(charts));
        // The values may take as much again as a good third of the picture: more than a reader could tell apart is left
        // out.
        var data = new PanelData(figure.painters(), svg.length() * 2 / 5).json();
        send(
            out,
            "<!doctype html>\n<html lang=\"en\" data-theme=\"" + theme.name() + "\"><head><meta charset=\"utf-8\">\n");
        send(out, "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
        send(
            out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                + "script-src 'unsafe-inline'\">\n");
        send(out, "<title>" + title + "</title>\n<style>\n" + PageFile.text("chart.css") + "</style></head>\n<body>\n");
        send(out, "<main id=\"figure\">\n<h1>" + title + "</h1>\n" + svg + "</main>\n");
        send(out, "<script type=\"application/json\" id=\"data\">" + data.replace("<", "\\u003c") + "</script>\n");
        send(out, "<script>\n" + PageFile.text("chart.js") + "</script>\n</body></html>\n");
    }

    private static void send(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
