//SOURCES ../ExitCode.java ../Failure.java Figure.java
package lib.chart;

import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import javax.imageio.ImageIO;
import lib.ExitCode;
import lib.Failure;

/** The same picture as PNG, at twice the size for sharp screens and print. */
public final class PngFile {
    private static final int SCALE = 2;

    private PngFile() {}

    static void write(Figure figure, int width, int height, OutputStream out) throws IOException {
        try {
            var image = new BufferedImage(width * SCALE, height * SCALE, BufferedImage.TYPE_INT_RGB);
            var graphics = image.createGraphics();
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            graphics.scale(SCALE, SCALE);
            figure.paint(graphics);
            graphics.dispose();
            ImageIO.setUseCache(false);
            ImageIO.write(image, "png", out);
        } catch (Error | RuntimeException e) {
            throw explained(e, "PNG");
        }
    }

    /** Why nothing could be drawn; never returns when fonts are not the reason. */
    static Failure explained(Throwable e, String format) {
        if (!isOfFonts(e)) {
            if (e instanceof Error error) throw error;
            throw (RuntimeException) e;
        }
        return new Failure(
            ExitCode.NOT_READY,
            "cannot draw text on a " + format + ": this machine has no fonts",
            "install some (apt-get install fontconfig fonts-dejavu-core), or choose .svg, which needs none.",
            e);
    }

    /**
     * What AWT throws when it finds no font differs by JDK, from NullPointerException to Error:
     * https://github.com/knowm/XChart/issues/648
     */
    private static boolean isOfFonts(Throwable e) {
        for (var cause = e; cause != null; cause = cause.getCause()) {
            for (var frame : cause.getStackTrace()) {
                if (frame.getClassName().startsWith("sun.font.") || frame.getClassName().startsWith("sun.awt.Font")) {
                    return true;
                }
            }
        }
        return false;
    }
}
