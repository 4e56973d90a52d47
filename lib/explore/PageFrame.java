package lib.explore;

import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.commonmark.renderer.html.HtmlWriter;

/** A page of ours with places to fill: {@code <title>{{title}}</title>}. */
final class PageFrame {
    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

    private PageFrame() {}

    /** @param fill writes what belongs into the place of that name */
    static void write(String frame, HtmlWriter html, Consumer<String> fill) {
        var places = PLACE.matcher(frame);
        int written = 0;
        while (places.find()) {
            html.raw(frame.substring(written, places.start()));
            fill.accept(places.group(1));
            written = places.end();
        }
        html.raw(frame.substring(written));
    }
}
