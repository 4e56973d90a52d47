//SOURCES Report.java Thresholds.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * One thing that a healthy database does or does not.
 *
 * @param limit the most points that this rule can take, however many findings
 * @param appliesTo null when the rule makes sense for this database, else why not ("no hypertables")
 * @param why what goes wrong when nothing is done, for {@code explain}
 */
public record Rule(
    String id,
    String title,
    Category category,
    double limit,
    Function<Facts, String> appliesTo,
    String why,
    String link,
    Check check) {

    public enum Category {
        SAFETY("Safety", 30), JOBS("Jobs and freshness", 20), STORAGE("Storage and chunks", 15), INDEXES("Indexes", 15),
        VACUUM("Vacuum and statistics", 10), SCHEMA("Schema and documentation", 10);

        final String title;
        final double cap;

        Category(String title, double cap) {
            this.title = title;
            this.cap = cap;
        }
    }

    /** CRITICAL takes 15 points at full extent, WARNING 5, NOTE 1, INFO none. */
    public enum Severity {
        CRITICAL(15), WARNING(5), NOTE(1), INFO(0);

        final double points;

        Severity(double points) {
            this.points = points;
        }
    }

    @FunctionalInterface
    public interface Check {
        void run(Facts facts, Outcome outcome);
    }

    /** What the rules look at. @param missed questions that got no answer */
    public record Facts(Report report, Thresholds limits, List<String> missed) {
        double limit(String name) {
            return limits.get(name);
        }

        boolean isMissed(String question) {
            return missed.contains(question);
        }

        /** Age of the counters; young ones prove nothing. Null when unknown. */
        Double statisticsDays() {
            var since = report.server().statisticsSince();
            return since == null ? null : java.time.Duration.between(since, report.madeAt()).toSeconds() / 86_400.0;
        }

        long userBytes() {
            long sum = 0;
            for (var t : report.tables()) sum += t.size().total();
            for (var a : report.aggregates()) sum += a.size().total();
            for (var v : report.views()) sum += v.bytes() == null ? 0 : v.bytes();
            return sum;
        }
    }

    /** Collects what one rule found. */
    public static final class Outcome {
        record Found(
            Severity severity,
            String object,
            String message,
            String evidence,
            String threshold,
            String source,
            boolean exact,
            double extent,
            String fix) {}

        final List<Found> found = new ArrayList<>();
        String skipped;

        /** @param extent how much of the base points: 0 to 1, by the share that is affected */
        public void find(
            Severity severity,
            String object,
            String message,
            String evidence,
            String threshold,
            String source,
            boolean exact,
            double extent,
            String fix) {
            found.add(
                new Found(
                    severity,
                    object,
                    message,
                    evidence,
                    threshold,
                    source,
                    exact,
                    Math.clamp(extent, 0, 1),
                    fix));
        }

        /** Not seen is not healthy: says why no verdict is possible. */
        public void skip(String reason) {
            skipped = reason;
        }
    }

    static String needsTimescale(Facts f) {
        return f.report().server().timescaleVersion() == null ? "TimescaleDB is not in this database" : null;
    }

    static String needsHypertables(Facts f) {
        return needsTimescale(f) != null ? needsTimescale(f) : f.report().hypertables().isEmpty() ? "no hypertables"
            : null;
    }

    static String needsAggregates(Facts f) {
        return needsTimescale(f) != null ? needsTimescale(f)
            : f.report().aggregates().isEmpty() ? "no continuous aggregates"
            : null;
    }

    static String needsTables(Facts f) {
        return f.report().tables().isEmpty() ? "no tables" : null;
    }

    static String always(Facts f) {
        return null;
    }
}
