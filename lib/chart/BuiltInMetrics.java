//SOURCES Bucket.java Metric.java Stat.java
package lib.chart;

import java.util.List;
import java.util.Map;
import lib.chart.Metric.Keys;
import lib.chart.Metric.Look;
import lib.chart.Metric.Range;
import lib.chart.Metric.Source;
import lib.chart.Metric.Source.Columns;
import lib.chart.Metric.Source.Time;
import lib.chart.Metric.Threshold;
import lib.chart.Metric.Threshold.Severity;

/** The metrics of the sample data. Written in YAML they would look like the example in lib/chart/README.md. */
public final class BuiltInMetrics {
    private BuiltInMetrics() {}

    public static List<Metric> all() {
        return List.of(temperature(), health(), power());
    }

    private static Metric temperature() {
        return new Metric(
            "temperature",
            "Temperature by station",
            "°C",
            Keys.of("station"),
            Stat.MEAN,
            Look.LINES,
            List.of(Source.raw("meteo_metrics", "time", "temperature")));
    }

    private static Metric health() {
        return new Metric(
            "health",
            "Health by service",
            "%",
            Keys.of("service"),
            Stat.MEAN,
            Look.LINES.within(
                new Range(0, 100),
                List.of(
                    new Threshold(Double.NEGATIVE_INFINITY, 50, "critical below 50 %", Severity.CRITICAL),
                    new Threshold(50, 80, "warning below 80 %", Severity.WARNING)),
                true),
            List.of(
                Source.raw("health_metrics", "time", "health"),
                new Source(
                    "health_metrics_1min_cagg",
                    new Time("time", null),
                    new Columns("avg_health", "min_percentage", "max_percentage", null),
                    Bucket.exact(60))));
    }

    private static Metric power() {
        return new Metric(
            "power",
            "Power by service",
            "W",
            new Keys(List.of("service_name"), List.of("channel"), Map.of(), null),
            Stat.MEAN,
            Look.STACK,
            List.of(Source.raw("power_metrics", "time", "power")));
    }
}
