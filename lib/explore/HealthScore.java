//SOURCES ../RecordFields.java ExploreConfig.java FindingGroups.java FoundProblem.java IndexRules.java JobRules.java
//SOURCES Question.java Report.java Rule.java SafetyRules.java SchemaRules.java Sql.java StorageRules.java
//SOURCES Thresholds.java VacuumRules.java
package lib.explore;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import lib.RecordFields;
import lib.explore.Report.CategoryScore;
import lib.explore.Report.Finding;
import lib.explore.Report.Health;
import lib.explore.Report.RuleOutcome;
import lib.explore.Rule.Category;
import lib.explore.Rule.Outcome;

/**
 * The score: 100 less the points of the findings. All arithmetic is in whole tenths of a point, so that what is printed
 * adds up: a finding's points are rounded up to a tenth, a rule takes at most its limit, a category at most its cap.
 */
public final class HealthScore {
    private static final int CROWDED = 2;

    public static List<Rule> rules() {
        return Stream
            .of(
                SafetyRules.all(),
                JobRules.all(),
                StorageRules.all(),
                IndexRules.all(),
                VacuumRules.all(),
                SchemaRules.all())
            .flatMap(List::stream)
            .toList();
    }

    public static Health judge(Rule.Facts facts, ExploreConfig config) {
        return judge(facts, config, rules());
    }

    public static Health judge(Rule.Facts facts, ExploreConfig config, List<Rule> rules) {
        return new HealthScore(facts, config).judge(rules);
    }

    private final Rule.Facts facts;
    private final ExploreConfig config;
    private final String timescaleSchema;
    private final List<Finding> findings = new ArrayList<>();
    private final List<RuleOutcome> outcomes = new ArrayList<>();
    private final EnumMap<Category, Long> sums = new EnumMap<>(Category.class);
    private double weight;
    private double evaluated;
    private boolean critical;
    /** A rule found far more than its limit counts: hundreds of small things are not small. */
    private boolean crowded;
    private boolean incomplete;

    private HealthScore(Rule.Facts facts, ExploreConfig config) {
        this.facts = facts;
        this.config = config;
        this.timescaleSchema = timescaleSchema(facts.report());
        for (var category : Category.values()) sums.put(category, 0L);
    }

    private Health judge(List<Rule> rules) {
        rules.forEach(this::judge);
        findings.sort(
            Comparator.comparingDouble((Finding x) -> -x.points())
                .thenComparing(x -> rank(x.severity()))
                .thenComparing(Finding::rule)
                .thenComparing(Finding::object)
                .thenComparing(Finding::message));
        long deducted = 0;
        var categories = new ArrayList<CategoryScore>();
        for (var c : Category.values()) {
            long cut = Math.min(sums.get(c), Math.round(c.cap * 10));
            categories.add(new CategoryScore(c.title, c.cap, sums.get(c) / 10.0, cut / 10.0));
            deducted += cut;
        }
        var report = facts.report();
        boolean blind = facts.missed().contains(Question.RELATIONS);
        boolean nothing = blind || report.tables().isEmpty() && report.aggregates().isEmpty();
        double coverage = weight == 0 ? 1 : Math.round(1000 * evaluated / weight) / 1000.0;
        Integer score = nothing ? null : (int) Math.max(0, Math.round((1000 - deducted) / 10.0));
        return RecordFields.of(Health.class)
            .with("score", score)
            .with("grade", score == null ? null : grade(score))
            .with("verdict", blind ? "Could not be judged: the tables could not be read." : verdict(score))
            .with("provisional", incomplete || coverage < 0.7)
            .with("coverage", coverage)
            .with("deducted", deducted / 10.0)
            .with("ruleSet", hash(config, rules))
            .with("categories", categories)
            .with("findings", findings)
            .with("rules", outcomes)
            .with("groups", FindingGroups.of(findings, outcomes))
            .record();
    }

    private void judge(Rule rule) {
        var settings = config.rules().get(rule.id());
        if (settings != null && settings.off()) {
            outcomes.add(outcome(rule, "OFF", settings.reason(), 0));
            return;
        }
        var notApplicable = rule.appliesTo().apply(facts);
        if (notApplicable != null) {
            outcomes.add(outcome(rule, "n/a", notApplicable, 0));
            return;
        }
        var outcome = new Outcome();
        boolean isBlind = rule.needs().stream().anyMatch(facts.report().unanswered()::contains);
        if (!isBlind) rule.check().run(facts, outcome);
        var unseen = unseen(rule, outcome);
        long sum = 0;
        boolean failed = false;
        for (var problem : outcome.found) {
            var finding = finding(rule, settings, problem);
            findings.add(finding);
            sum += Math.round(finding.points() * 10);
            if (finding.silenced() != null) continue;
            failed |= problem.severity != Rule.Severity.INFO;
            critical |= problem.severity == Rule.Severity.CRITICAL;
        }
        weight += rule.limit();
        evaluated += unseen == null ? rule.limit() : 0;
        incomplete |= unseen != null;
        crowded |= sum >= CROWDED * Math.round(rule.limit() * 10);
        sums.merge(rule.category(), Math.min(sum, Math.round(rule.limit() * 10)), Long::sum);
        var passed = unseen == null ? "PASS" : "SKIPPED";
        outcomes.add(outcome(rule, failed ? "FAIL" : passed, unseen, sum));
    }

    /** Why the rule cannot say that all is well; null when it could look at everything. */
    private String unseen(Rule rule, Outcome outcome) {
        if (outcome.skipped != null) return outcome.skipped;
        var missing = rule.standsOn().stream().filter(facts.missed()::contains).map(Question::title).toList();
        return missing.isEmpty() ? null : "not all could be read: " + String.join(", ", missing);
    }

    private Finding finding(Rule rule, ExploreConfig.RuleConfig settings, FoundProblem problem) {
        var today = facts.report().madeAt().atZone(ZoneOffset.UTC).toLocalDate();
        var silenced = silenced(settings, problem.object, today);
        long points = silenced != null ? 0 : tenths(problem.severity.points * problem.extent);
        var cure = problem.cure;
        return RecordFields.of(Finding.class)
            .with("rule", rule.id())
            .with("severity", problem.severity.name().toLowerCase(Locale.ROOT))
            .with("category", rule.category().title)
            .with("object", problem.object)
            .with("message", problem.message)
            .with("evidence", problem.evidence)
            .with("threshold", problem.expected)
            .with("source", problem.source)
            .with("exact", problem.exact)
            .with("points", points / 10.0)
            .with("fix", cure == null ? null : cure.sql().replace("{ts}", timescaleSchema))
            .with("fixRuns", cure != null && cure.runs())
            .with("cost", cure == null ? null : cure.cost())
            .with("silenced", silenced)
            .record();
    }

    private static RuleOutcome outcome(Rule rule, String status, String reason, long sum) {
        return new RuleOutcome(
            rule.id(),
            rule.title(),
            rule.category().title,
            status,
            reason,
            rule.limit(),
            sum / 10.0,
            Math.min(sum, Math.round(rule.limit() * 10)) / 10.0);
    }

    /**
     * Rounded up: what weighs anything is never free of charge. The small number undoes the noise of binary fractions
     * (0.1 × 3).
     */
    static long tenths(double points) {
        return points <= 0 ? 0 : (long) Math.ceil(points * 10 - 1e-9);
    }

    private static int rank(String severity) {
        return List.of("critical", "warning", "note", "info").indexOf(severity);
    }

    /** A critical finding keeps the grade at C, a rule that found far more than it may count at B. */
    private String grade(int score) {
        int counted = Math.min(score, highest());
        if (counted >= 90) return "A";
        if (counted >= 75) return "B";
        if (counted >= 60) return "C";
        return counted >= 40 ? "D" : "F";
    }

    private int highest() {
        if (critical) return 74;
        return crowded ? 89 : 100;
    }

    private String verdict(Integer score) {
        if (score == null) return "Nothing to score: there are no tables.";
        long open = findings.stream().filter(f -> f.silenced() == null && !f.severity().equals("info")).count();
        if (critical) return "Something needs attention now.";
        if (open == 0) return "In good health: no rule found anything.";
        if (Math.min(score, highest()) >= 90) return "In good health, with small things to tidy up.";
        if (score >= 75) return "Sound, with some things to improve.";
        return score >= 60 ? "It works, but needs care." : "It needs care soon.";
    }

    private static String silenced(ExploreConfig.RuleConfig settings, String object, LocalDate today) {
        if (settings == null || settings.ignore().stream().noneMatch(i -> i.equals(object) || i.equals("*"))) {
            return null;
        }
        if (settings.until() != null && today.isAfter(LocalDate.parse(settings.until()))) return null;
        return settings.reason() + (settings.until() == null ? "" : " (until " + settings.until() + ")");
    }

    private static String timescaleSchema(Report report) {
        return report.extensions()
            .stream()
            .filter(e -> e.name().equals("timescaledb"))
            .findFirst()
            .map(e -> Sql.name(e.schema()))
            .orElse("public");
    }

    /** Two scores compare only when the same rules with the same thresholds made them. */
    private static String hash(ExploreConfig config, List<Rule> rules) {
        var text = new StringBuilder(new Thresholds(config.thresholds()).all().toString());
        rules.forEach(r -> text.append(r.id()).append(r.limit()).append(config.rules().get(r.id())));
        for (var c : Category.values()) text.append(c).append(c.cap);
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
