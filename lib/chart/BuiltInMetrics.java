//SOURCES Metric.java
package lib.chart;

import java.util.List;
import lib.chart.Metric.Kind;
import lib.chart.Metric.Range;
import lib.chart.Metric.Source;
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
            Kind.LINE,
            List.of("station"),
            List.of(),
            null,
            List.of(),
            false,
            List.of(new Source("meteo_metrics", "time", "temperature", null, null, null, 0)));
    }

    private static Metric health() {
        return new Metric(
            "health",
            "Health by service",
            "%",
            Kind.LINE,
            List.of("service"),
            List.of(),
            new Range(0, 100),
            List.of(
                new Threshold(Double.NEGATIVE_INFINITY, 50, "critical below 50 %", Severity.CRITICAL),
                new Threshold(50, 80, "warning below 80 %", Severity.WARNING)),
            true,
            List.of(
                new Source("health_metrics", "time", "health", null, null, null, 0),
                new Source(
                    "health_metrics_1min_cagg",
                    "time",
                    "avg_health",
                    "min_percentage",
                    "max_percentage",
                    null,
                    60)));
    }

    private static Metric power() {
        return new Metric(
            "power",
            "Power by service",
            "W",
            Kind.STACKED,
            List.of("service_name"),
            List.of("channel"),
            null,
            List.of(),
            false,
            List.of(new Source("power_metrics", "time", "power", null, null, null, 0)));
    }
}
