//SOURCES ../Units.java ChartData.java TimeAxis.java
package lib.chart;

import java.time.Duration;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import lib.Units;

/**
 * What a chart shows, in one line: "3 Jul 2025 16:54 to 4 Jul 2025 16:54, UTC · mean and min–max of 2 min ·
 * meteo_metrics, 45,174 rows".
 */
record Subtitle(ChartData data) {
    /** For a picture. @param greyStep so many points of a grey line became one */
    String of(double pixels, int greyStep) {
        double perPixel = data.grid().isRaw() ? data.points() / Math.max(1.0, data.series().size()) / pixels
            : data.grid().size() / pixels;
        return range() + " · " + points(greyStep) + ", " + density(perPixel) + " · " + source();
    }

    /** Where there are no pixels. */
    String plain() {
        return range() + " · " + points(1) + " · " + source();
    }

    private String range() {
        var day = DateTimeFormatter.ofPattern("d MMM yyyy", Locale.ENGLISH).withZone(data.zone());
        var pattern = Duration.between(data.from(), data.to()).toMinutes() < 2 ? "HH:mm:ss" : "HH:mm";
        var clock = DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(data.zone());
        boolean sameDay = day.format(data.from()).equals(day.format(data.to()));
        return day.format(data.from()) + " " + clock.format(data.from()) + " to "
            + (sameDay ? "" : day.format(data.to()) + " ")
            + clock.format(data.to())
            + ", " + TimeAxis.zoneLabel(data.zone(), data.from(), data.to());
    }

    private String points(int greyStep) {
        if (data.isEveryRow()) return greyStep > 1 ? "every row, those of grey lines in means" : "every row drawn";
        var stat = data.metric().stat();
        return (stat.hasBand() && !data.isStacked() ? "mean and min–max of " : stat.plural() + " of ")
            + data.bucket().label();
    }

    private String source() {
        return data.source().table()
            + (data.source().isRollup() ? " (" + data.source().bucket().label() + " aggregate)" : "") + ", "
            + Units.plural(data.origin().rawRows(), "row");
    }

    /** How closely the points stand: what a reader can hope to see between two of them. */
    private static String density(double perPixel) {
        if (perPixel >= 1.5) return String.format(Locale.ROOT, "%.0f points per pixel", perPixel);
        return perPixel > 1 / 1.5 ? "a point per pixel"
            : String.format(Locale.ROOT, "a point per %.0f pixels", Math.min(1 / perPixel, 9999));
    }
}
