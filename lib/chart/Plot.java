//SOURCES ValueAxis.java
package lib.chart;

import java.awt.geom.Rectangle2D;

/** The plot's place in the picture, and where a time and a value stand in it. */
record Plot(Rectangle2D.Double frame, double from, double to, ValueAxis axis) {
    double left() {
        return frame.x;
    }

    double top() {
        return frame.y;
    }

    double width() {
        return frame.width;
    }

    double height() {
        return frame.height;
    }

    double right() {
        return left() + width();
    }

    double bottom() {
        return top() + height();
    }

    /** @param time in seconds since 1970 */
    double x(double time) {
        return left() + (time - from) / (to - from) * width();
    }

    double y(double value) {
        return height(axis.scaled(value));
    }

    /** @param scaled a height on the axis, as its ticks are */
    double height(double scaled) {
        return bottom() - axis.fraction(scaled) * height();
    }

    /** With room for the thickness of a line along its edges. */
    Rectangle2D area() {
        return new Rectangle2D.Double(left(), top() - 2, width() + 2, height() + 4);
    }
}
