//SOURCES ChartData.java SeriesSelection.java Theme.java TimeAxis.java ValueAxis.java Workbook.java
package lib.chart;

import java.util.List;
import org.apache.poi.ss.util.CellReference;
import org.apache.poi.xddf.usermodel.XDDFColor;
import org.apache.poi.xddf.usermodel.XDDFLineProperties;
import org.apache.poi.xddf.usermodel.XDDFShapeProperties;
import org.apache.poi.xddf.usermodel.XDDFSolidFillProperties;
import org.apache.poi.xddf.usermodel.chart.AxisCrossBetween;
import org.apache.poi.xddf.usermodel.chart.AxisCrosses;
import org.apache.poi.xddf.usermodel.chart.AxisPosition;
import org.apache.poi.xddf.usermodel.chart.AxisTickMark;
import org.apache.poi.xddf.usermodel.chart.BarDirection;
import org.apache.poi.xddf.usermodel.chart.BarGrouping;
import org.apache.poi.xddf.usermodel.chart.ChartTypes;
import org.apache.poi.xddf.usermodel.chart.DisplayBlanks;
import org.apache.poi.xddf.usermodel.chart.LegendPosition;
import org.apache.poi.xddf.usermodel.chart.MarkerStyle;
import org.apache.poi.xddf.usermodel.chart.ScatterStyle;
import org.apache.poi.xddf.usermodel.chart.XDDFBarChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFDataSource;
import org.apache.poi.xddf.usermodel.chart.XDDFDataSourcesFactory;
import org.apache.poi.xddf.usermodel.chart.XDDFLineChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFNumericalDataSource;
import org.apache.poi.xddf.usermodel.chart.XDDFScatterChartData;
import org.apache.poi.xddf.usermodel.chart.XDDFValueAxis;
import org.apache.poi.xssf.usermodel.XSSFChart;
import org.apache.poi.xssf.usermodel.XSSFSheet;
import org.openxmlformats.schemas.drawingml.x2006.chart.STTimeUnit;

/** Excel's own chart over the cells of the sheet Data: lines over time, or columns on top of each other. */
final class WorkbookChart {
    private static final int MOST_SERIES = 255;

    private final ChartData data;
    private final List<ChartData.Series> series;
    private final Theme theme = Theme.named("light");

    WorkbookChart(ChartData data) {
        this.data = data;
        this.series = data.series();
    }

    void drawOn(XSSFSheet sheet) {
        sheet.setDisplayGridlines(false);
        var setup = sheet.getPrintSetup();
        setup.setLandscape(true);
        sheet.setFitToPage(true);
        var drawing = sheet.createDrawingPatriarch();
        var chart = drawing.createChart(drawing.createAnchor(0, 0, 0, 0, 0, 0, 19, 34));
        chart.setTitleText(data.metric().title() + " (" + data.metric().unit() + ")");
        chart.setTitleOverlay(false);
        chart.getOrAddLegend().setPosition(LegendPosition.BOTTOM);
        chart.displayBlanksAs(DisplayBlanks.GAP);
        chart.getCTChartSpace().addNewRoundedCorners().setVal(false);    // left out, Excel rounds them
        if (data.isStacked()) {
            stacked(chart);
        } else {
            lines(chart);
        }
    }

    private List<ChartData.Series> charted() {
        var ranked = data.isStacked() || series.size() > MOST_SERIES ? SeriesSelection.ranked(data) : series;
        return ranked.subList(0, Math.min(ranked.size(), MOST_SERIES));
    }

    private void lines(XSSFChart chart) {
        if (data.bucket().seconds() >= 86_400) {
            daily(chart);
        } else {
            scatter(chart);
        }
    }

    /** Excel's date axis counts days and nothing finer: for buckets of a day and more it is the right one. */
    private void daily(XSSFChart chart) {
        var bottom = chart.createDateAxis(AxisPosition.BOTTOM);
        var left = valueAxis(chart);
        bottom.setNumberFormat("d mmm yyyy");
        bottom.setTitle("Time (" + TimeAxis.zoneLabel(data.zone(), data.from(), data.to()) + ")");
        var lines = (XDDFLineChartData) chart.createData(ChartTypes.LINE, bottom, left);
        lines.setVaryColors(false);
        var times = times();
        var list = charted();
        for (int s = 0; s < list.size(); s++) {
            var line = (XDDFLineChartData.Series) lines.addSeries(times, values(list.get(s)));
            title(line, list.get(s));
            line.setSmooth(false);
            line.setMarkerStyle(MarkerStyle.NONE);
            line.setShapeProperties(stroke(s));
        }
        chart.plot(lines);
        for (var axis : chart.getCTChart().getPlotArea().getDateAxList()) {
            axis.getNumFmt().setSourceLinked(false);
            (axis.isSetBaseTimeUnit() ? axis.getBaseTimeUnit() : axis.addNewBaseTimeUnit()).setVal(STTimeUnit.DAYS);
        }
        for (var axis : chart.getCTChart().getPlotArea().getValAxList()) axis.getNumFmt().setSourceLinked(false);
    }

    private void scatter(XSSFChart chart) {
        var bottom = chart.createValueAxis(AxisPosition.BOTTOM);
        var left = valueAxis(chart);
        bottom.setCrosses(AxisCrosses.MIN);
        double days = Workbook.serial(data, data.to()) - Workbook.serial(data, data.from());
        double unit = majorUnit(days);
        bottom.setMinimum(Math.floor(Workbook.serial(data, data.from()) / unit + 1e-9) * unit);     // Excel counts its ticks from here: full hours, midnights
        bottom.setMaximum(Workbook.serial(data, data.to()));
        bottom.setMajorUnit(unit);
        bottom.setMajorTickMark(AxisTickMark.OUT);
        bottom.setNumberFormat(days <= 2 ? "hh:mm" : "d mmm");
        bottom.setTitle("Time (" + TimeAxis.zoneLabel(data.zone(), data.from(), data.to()) + ")");
        var lines = (XDDFScatterChartData) chart.createData(ChartTypes.SCATTER, bottom, left);
        lines.setStyle(ScatterStyle.LINE);
        lines.setVaryColors(false);
        var times = times();
        var list = charted();
        for (int s = 0; s < list.size(); s++) {
            var line = (XDDFScatterChartData.Series) lines.addSeries(times, values(list.get(s)));
            title(line, list.get(s));
            line.setSmooth(false);
            line.setMarkerStyle(MarkerStyle.NONE);
            line.setShapeProperties(stroke(s));
        }
        chart.plot(lines);
        // POI links the axis to the format of the cells, and Excel would show theirs
        for (var axis : chart.getCTChart().getPlotArea().getValAxList()) axis.getNumFmt().setSourceLinked(false);
    }

    private void stacked(XSSFChart chart) {
        var bottom = chart.createCategoryAxis(AxisPosition.BOTTOM);
        var left = valueAxis(chart);
        left.setCrossBetween(AxisCrossBetween.BETWEEN);          // otherwise half of the first and of the last column is cut off
        double days = Workbook.serial(data, data.to()) - Workbook.serial(data, data.from());
        bottom.setNumberFormat("\\ \\ " + (days <= 2 ? "hh:mm" : days <= 31 ? "d mmm hh:mm" : "d mmm") + "\\ \\ ");     // LibreOffice sets labels edge to edge: spaces keep them apart
        bottom.setTitle("Time (" + TimeAxis.zoneLabel(data.zone(), data.from(), data.to()) + ")");
        var bars = (XDDFBarChartData) chart.createData(ChartTypes.BAR, bottom, left);
        bars.setBarDirection(BarDirection.COL);
        bars.setBarGrouping(BarGrouping.STACKED);
        bars.setOverlap((byte) 100);
        bars.setGapWidth(0);
        bars.setVaryColors(false);
        var times = times();
        var list = charted();
        for (int s = 0; s < list.size(); s++) {
            var part = (XDDFBarChartData.Series) bars.addSeries(times, values(list.get(s)));
            title(part, list.get(s));
            part.setShapeProperties(fill(s));
        }
        chart.plot(bars);
        double bucketDays = Math.max(1, data.bucket().seconds()) / 86_400.0;
        int skip = (int) Math
            .max(1, data.bucket().isRaw() ? data.times().length / 12 : Math.round(majorUnit(days) / bucketDays));
        for (var axis : chart.getCTChart().getPlotArea().getCatAxList()) {
            axis.getNumFmt().setSourceLinked(false);
            axis.addNewTickLblSkip().setVal(skip);
            axis.addNewTickMarkSkip().setVal(skip);
            axis.addNewNoMultiLvlLbl().setVal(true);
        }
        for (var axis : chart.getCTChart().getPlotArea().getValAxList()) axis.getNumFmt().setSourceLinked(false);
    }

    private XDDFValueAxis valueAxis(XSSFChart chart) {
        var left = chart.createValueAxis(AxisPosition.LEFT);
        left.setTitle(data.metric().unit());
        left.setCrosses(AxisCrosses.MIN);
        var scale = scale();
        left.setMinimum(scale.min());
        if (!data.isStacked()) {
            left.setMaximum(scale.max());
            left.setMajorUnit(scale.step());
        }
        left.setNumberFormat(
            scale.step() >= 1 ? "#,##0"
                : "0." + "0".repeat(Math.clamp((int) Math.ceil(-Math.log10(scale.step())), 1, 9)));
        var grid = left.getOrAddMajorGridProperties();
        grid.setLineProperties(line(new XDDFSolidFillProperties(XDDFColor.from(rgb(theme.grid()))), 0.75));
        return left;
    }

    /** The same scale as in the picture: left to itself, Excel begins at zero. */
    private ValueAxis scale() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (var one : series) {
            for (var v : one.average()) {
                if (v < low) low = v;
                if (v > high) high = v;
            }
        }
        return ValueAxis.of(low, high, data.metric().range(), data.isStacked(), "", 8);
    }

    private static double majorUnit(double days) {
        for (double unit : new double[] {1 / 288.0, 1 / 144.0, 1 / 96.0, 1 / 48.0, 1 / 24.0, 1 / 12.0, 1 / 8.0, 1 / 6.0,
            0.25, 0.5, 1, 2, 7,
            14, 28, 91, 182, 365}) {
            if (days / unit <= 13) return unit;
        }
        return days / 12;
    }

    private XDDFDataSource<Double> times() {
        return reference(0);
    }

    private XDDFNumericalDataSource<Double> values(ChartData.Series one) {
        return reference(series.indexOf(one) + 1);
    }

    /** Cells by reference; {@link WorkbookFile} adds a copy of their values, for which POI needs seconds with 60 series. */
    private XDDFNumericalDataSource<Double> reference(int column) {
        return XDDFDataSourcesFactory.fromArray(new Double[0], Workbook.range(data, column));
    }

    private void title(XDDFChartData.Series line, ChartData.Series one) {
        line.setTitle(
            Workbook.cellText(one.name()),
            new CellReference(Workbook.DATA, 0, series.indexOf(one) + 1, true, true));
    }

    private XDDFShapeProperties stroke(int s) {
        var properties = new XDDFShapeProperties();
        properties.setLineProperties(line(new XDDFSolidFillProperties(XDDFColor.from(rgb(theme.series(s)))), 1.5));
        return properties;
    }

    private XDDFShapeProperties fill(int s) {
        var properties = new XDDFShapeProperties();
        var solid = new XDDFSolidFillProperties(XDDFColor.from(rgb(theme.series(s))));
        properties.setFillProperties(solid);
        properties.setLineProperties(line(solid, 0.25));
        return properties;
    }

    private static XDDFLineProperties line(XDDFSolidFillProperties fill, double points) {
        var line = new XDDFLineProperties(fill);
        line.setWidth(points);
        return line;
    }

    private static byte[] rgb(java.awt.Color c) {
        return new byte[] {(byte) c.getRed(), (byte) c.getGreen(), (byte) c.getBlue()};
    }
}
