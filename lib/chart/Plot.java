//SOURCES ValueAxis.java
package lib.chart;

import java.awt.geom.Rectangle2D;

/** The plot's place in the picture, and where a time and a value stand in it. */
record Plot(double left, double top, double width, double height, double from, double to, ValueAxis axis) {
    double right() {
        return left + width;
    }

    double bottom() {
        return top + height;
    }

    /** @param time in seconds since 1970 */
    double x(double time) {
        return left + (time - from) / (to - from) * width;
    }

    double y(double value) {
        return bottom() - (value - axis.min()) / (axis.max() - axis.min()) * height;
    }

    double secondsPerPixel() {
        return (to - from) / width;
    }

    /** With room for the thickness of a line along its edges. */
    Rectangle2D area() {
        return new Rectangle2D.Double(left, top - 2, width + 2, height + 4);
    }
}
