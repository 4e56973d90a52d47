//SOURCES ExploreConfig.java PostgresRules.java Report.java Rule.java Sql.java Thresholds.java TimescaleRules.java
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
import java.util.stream.Stream;
import lib.explore.Report.CategoryScore;
import lib.explore.Report.Finding;
import lib.explore.Report.Health;
import lib.explore.Report.RuleOutcome;
import lib.explore.Rule.Category;
import lib.explore.Rule.Outcome;

/**
 * The score: 100 less the points of the findings. All arithmetic is in whole tenths of a point, so that what is printed adds up:
 * a finding's points are rounded up to a tenth, a rule takes at most its limit, a category at most its cap.
 */
public final class HealthScore {
    private HealthScore() {}

    public static List<Rule> rules() {
        return Stream.concat(TimescaleRules.all().stream(), PostgresRules.all().stream())
            .sorted(Comparator.comparing(Rule::category))
            .toList();
    }

    public static Health judge(Rule.Facts facts, ExploreConfig config) {
        return judge(facts, config, rules());
    }

    public static Health judge(Rule.Facts facts, ExploreConfig config, List<Rule> rules) {
        var report = facts.report();
        var findings = new ArrayList<Finding>();
        var outcomes = new ArrayList<RuleOutcome>();
        var sums = new EnumMap<Category, Long>(Category.class);
        for (var c : Category.values()) sums.put(c, 0L);
        double weight = 0, evaluated = 0;
        boolean critical = false;
        for (var rule : rules) {
            var settings = config.rules().get(rule.id());
            var notApplicable = rule.appliesTo().apply(facts);
            var outcome = new Outcome();
            String status, reason = null;
            if (settings != null && settings.off()) {
                status = "OFF";
                reason = settings.reason();
            } else if (notApplicable != null) {
                status = "n/a";
                reason = notApplicable;
            } else {
                rule.check().run(facts, outcome);
                status = outcome.skipped != null && outcome.found.isEmpty() ? "SKIPPED" : "PASS";
                reason = outcome.skipped;
                weight += rule.limit();
                evaluated += status.equals("SKIPPED") ? 0 : rule.limit();
            }
            long sum = 0;
            for (var found : outcome.found) {
                var silenced = silenced(settings, found.object(), report.madeAt().atZone(ZoneOffset.UTC).toLocalDate());
                long points = silenced != null ? 0 : tenths(found.severity().points * found.extent());
                sum += points;
                if (silenced == null && found.severity() != Rule.Severity.INFO) status = "FAIL";
                critical |= silenced == null && found.severity() == Rule.Severity.CRITICAL;
                findings.add(
                    new Finding(
                        rule.id(),
                        found.severity().name().toLowerCase(),
                        rule.category().title,
                        found.object(),
                        found.message(),
                        found.evidence(),
                        found.threshold(),
                        found.source(),
                        found.exact(),
                        points / 10.0,
                        found.fix() == null ? null : found.fix().replace("{ts}", timescaleSchema(report)),
                        silenced));
            }
            long counted = Math.min(sum, Math.round(rule.limit() * 10));
            sums.merge(rule.category(), counted, Long::sum);
            outcomes.add(
                new RuleOutcome(
                    rule.id(),
                    rule.title(),
                    rule.category().title,
                    status,
                    reason,
                    rule.limit(),
                    sum / 10.0,
                    counted / 10.0));
        }
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
        boolean nothing = report.tables().isEmpty() && report.aggregates().isEmpty();
        double coverage = weight == 0 ? 1 : Math.round(1000 * evaluated / weight) / 1000.0;
        Integer score = nothing ? null : (int) Math.max(0, Math.round((1000 - deducted) / 10.0));
        return new Health(
            score,
            score == null ? null : grade(score, critical),
            verdict(score, critical, findings),
            coverage < 0.7,
            coverage,
            deducted / 10.0,
            hash(config, rules),
            categories,
            findings,
            outcomes);
    }

    /** Rounded up: nothing found is ever free of charge. The small number undoes the noise of binary fractions (0.1 × 3). */
    static long tenths(double points) {
        return points <= 0 ? 0 : (long) Math.ceil(points * 10 - 1e-9);
    }

    private static int rank(String severity) {
        return List.of("critical", "warning", "note", "info").indexOf(severity);
    }

    /** A critical finding keeps the grade at C, whatever the sum. */
    static String grade(int score, boolean critical) {
        var grade = score >= 90 ? "A" : score >= 75 ? "B" : score >= 60 ? "C" : score >= 40 ? "D" : "F";
        return critical && (grade.equals("A") || grade.equals("B")) ? "C" : grade;
    }

    private static String verdict(Integer score, boolean critical, List<Finding> findings) {
        if (score == null) return "Nothing to score: there are no tables.";
        long open = findings.stream().filter(f -> f.silenced() == null && !f.severity().equals("info")).count();
        if (critical) return "Something needs attention now.";
        if (open == 0) return "In good health: no rule found anything.";
        return score >= 90 ? "In good health, with small things to tidy up."
            : score >= 75 ? "Sound, with some things to improve."
            : score >= 60 ? "It works, but needs care."
            : "It needs care soon.";
    }

    private static String silenced(ExploreConfig.RuleConfig settings, String object, LocalDate today) {
        if (settings == null || settings.ignore().stream().noneMatch(i -> i.equals(object) || i.equals("*")))
            return null;
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
