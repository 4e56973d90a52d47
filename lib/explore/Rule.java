//SOURCES ../RecordFields.java FoundProblem.java Question.java Report.java Thresholds.java
package lib.explore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import lib.RecordFields;

/**
 * One thing that a healthy database does or does not.
 *
 * @param limit the most points that this rule can take, however many findings
 * @param standsOn the questions without whose full answers it cannot say that all is well
 * @param needs the questions without any answer to which it would call missing what was only not seen
 * @param appliesTo null when the rule makes sense for this database, else why not ("no hypertables")
 * @param why what goes wrong when nothing is done, for {@code explain}
 */
public record Rule(
    String id,
    String title,
    Category category,
    double limit,
    Set<Question> standsOn,
    Set<Question> needs,
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

    /** What the rules look at. @param missed questions that got no answer, or less than a full one */
    public record Facts(Report report, Thresholds limits, Set<Question> missed) {
        double limit(String name) {
            return limits.get(name);
        }

        /** Age of the counters; young ones prove nothing. Null when unknown. */
        Double statisticsDays() {
            var since = report.server().statisticsSince();
            return since == null ? null : Duration.between(since, report.madeAt()).toSeconds() / 86_400.0;
        }

        long userBytes() {
            long sum = 0;
            for (var t : report.tables()) sum += t.size().total();
            for (var a : report.aggregates()) sum += a.size().total();
            for (var v : report.views()) sum += v.bytes() == null ? 0 : v.bytes();
            return sum;
        }

        /**
         * How much a matter of a table or index weighs by its size: nothing while it is small (10 MB), a tenth there,
         * 0.4 at ten times that, all of it at a thousand times (10 GB).
         */
        double weight(long bytes) {
            double small = limit("smallTableMegabytes") * 1048576;
            if (bytes < small) return 0;
            return small <= 0 ? 1 : Math.min(1, 0.1 + 0.3 * Math.log10(bytes / small));
        }

        Report.Setting setting(String name) {
            return report.performance()
                .settings()
                .stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElse(null);
        }
    }

    /** Collects what one rule found. */
    public static final class Outcome {
        final List<FoundProblem> found = new ArrayList<>();
        String skipped;

        public FoundProblem find(Severity severity, String object) {
            var problem = new FoundProblem(severity, object);
            found.add(problem);
            return problem;
        }

        public FoundProblem critical(String object) {
            return find(Severity.CRITICAL, object);
        }

        public FoundProblem warning(String object) {
            return find(Severity.WARNING, object);
        }

        public FoundProblem note(String object) {
            return find(Severity.NOTE, object);
        }

        public FoundProblem info(String object) {
            return find(Severity.INFO, object);
        }

        /** A warning, or a note without points where the thing is too small to matter. @param weight 0 to 1 */
        public FoundProblem weighed(String object, double weight) {
            return find(weight > 0 ? Severity.WARNING : Severity.NOTE, object).extent(weight);
        }

        /** Not seen is not healthy: says why no verdict is possible. */
        public void skip(String reason) {
            skipped = reason;
        }
    }

    /**
     * <pre>{@code
     * Rule.of("IX-01", "Indexes are used")
     *     .in(INDEXES, 5)
     *     .standsOn(Question.INDEXES)
     *     .why("…")
     *     .readMore("…")
     *     .check(…)
     * }</pre>
     */
    public static Builder of(String id, String title) {
        return new Builder(id, title);
    }

    public static final class Builder {
        private final String id;
        private final String title;
        private Category category;
        private double limit;
        private final Set<Question> standsOn = EnumSet.noneOf(Question.class);
        private final Set<Question> needs = EnumSet.noneOf(Question.class);
        private Function<Facts, String> appliesTo = facts -> null;
        private String why;
        private String link;

        private Builder(String id, String title) {
            this.id = id;
            this.title = title;
        }

        /** @param most the most points that the rule takes */
        public Builder in(Category where, double most) {
            category = where;
            limit = most;
            return this;
        }

        public Builder standsOn(Question... questions) {
            standsOn.addAll(List.of(questions));
            return this;
        }

        /** Some of those it stands on: without any answer it does not even look. */
        public Builder needs(Question... questions) {
            needs.addAll(List.of(questions));
            return this;
        }

        /** @param reason null where the rule applies */
        public Builder unless(Function<Facts, String> reason) {
            appliesTo = reason;
            return this;
        }

        public Builder why(String text) {
            why = text;
            return this;
        }

        public Builder readMore(String url) {
            link = url;
            return this;
        }

        public Rule check(Check check) {
            return RecordFields.of(Rule.class)
                .with("id", id)
                .with("title", title)
                .with("category", category)
                .with("limit", limit)
                .with("standsOn", standsOn)
                .with("needs", needs)
                .with("appliesTo", appliesTo)
                .with("why", why)
                .with("link", link)
                .with("check", check)
                .record();
        }
    }

    static String noTimescale(Facts f) {
        return f.report().server().timescaleVersion() == null ? "TimescaleDB is not in this database" : null;
    }

    static String noHypertables(Facts f) {
        return noTimescale(f) != null ? noTimescale(f) : none(f, r -> r.hypertables().isEmpty(), "no hypertables");
    }

    static String noAggregates(Facts f) {
        return noTimescale(f) != null ? noTimescale(f)
            : none(f, r -> r.aggregates().isEmpty(), "no continuous aggregates");
    }

    static String noTables(Facts f) {
        return none(f, r -> r.tables().isEmpty(), "no tables");
    }

    /** An empty list is no reason when the question for it was not answered. */
    private static String none(Facts f, Predicate<Report> isEmpty, String reason) {
        boolean asked = !f.missed().contains(Question.RELATIONS) && !f.missed().contains(Question.HYPERTABLES)
            && !f.missed().contains(Question.AGGREGATES);
        return asked && isEmpty.test(f.report()) ? reason : null;
    }
}
