//SOURCES ../Units.java HealthScore.java Inlines.java ObjectNames.java Report.java ReportBlocks.java ReportNodes.java
//SOURCES Rule.java Sentences.java TableColumn.java
package lib.explore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import lib.Units;
import lib.explore.Report.CategoryScore;
import lib.explore.Report.Finding;
import lib.explore.Report.FindingGroup;
import lib.explore.Report.RuleOutcome;
import lib.explore.ReportNodes.FactStyle;
import lib.explore.ReportNodes.RowName;
import lib.explore.TableColumn.Measured;

/** The sections about what is good and bad: the score, the findings, the rules, and what changed. */
final class HealthSections {
    private static final int WORST = 5;
    /** Of one rule: ten thousand foreign keys without an index are one thing to know, and report.json has them all. */
    private static final int ROWS = 100;
    private static final int SCRIPT_LINES = 1000;
    private static final List<String> SEVERITIES = List.of("critical", "warning", "note", "info");

    private final Report r;
    private final ObjectNames names;
    private final List<FindingGroup> groups;

    HealthSections(Report report, ObjectNames names) {
        r = report;
        this.names = names;
        groups = r.health()
            .groups()
            .stream()
            .sorted(
                Comparator.comparing((FindingGroup g) -> open(g).isEmpty())
                    .thenComparing(g -> SEVERITIES.indexOf(g.severity()))
                    .thenComparing(g -> -g.points()))
            .toList();
    }

    private List<Finding> all(FindingGroup group) {
        return group.findings().stream().map(r.health().findings()::get).toList();
    }

    private List<Finding> open(FindingGroup group) {
        return all(group).stream().filter(f -> f.silenced() == null).toList();
    }

    void health(ReportBlocks b) {
        var health = r.health();
        b.paragraph(new Inlines().strong(health.verdict()));
        if (health.score() == null) {
            b.paragraph(Sentences.coverage(health));
            return;
        }
        b.add(new ReportNodes.SideBySide(pair -> {
            pair.panel(this::inPlainWords);
            pair.panel(this::arithmetic);
        }));
    }

    private void inPlainWords(ReportBlocks b) {
        var worst = groups.stream().filter(g -> !open(g).isEmpty()).limit(WORST).toList();
        b.heading(worst.isEmpty() ? "Nothing found" : "In plain words");
        b.numbered(worst.stream().map(this::inPlainWords).toList());
        if (r.changes() != null) {
            b.paragraph(new Inlines().link("What changed since " + Units.utc(r.changes().since()), "changes"));
        }
    }

    private Inlines inPlainWords(FindingGroup group) {
        var first = open(group).getFirst();
        return new Inlines().link(sentence(group), "finding-" + group.rule())
            .text(" ")
            .muted(first.evidence() + (group.points() > 0 ? " · " + Sentences.points(group.points()) : ""));
    }

    /** What the worst of them says, and how many more there are. */
    private String sentence(FindingGroup group) {
        var open = open(group);
        var shown = open.isEmpty() ? all(group) : open;
        var first = shown.getFirst().message();
        if (shown.size() == 1) return first;
        return first + ", and " + Units.count(shown.size() - 1) + " more of the kind";
    }

    private void arithmetic(ReportBlocks b) {
        var health = r.health();
        b.heading("How the score adds up");
        var rows = new ArrayList<>(health.categories());
        rows.add(new CategoryScore("Sum", 0, health.deducted(), health.deducted()));
        b.table(
            "Points by category",
            rows,
            TableColumn.text("Category", CategoryScore::name),
            TableColumn.parts("Of its cap", HealthSections::meter),
            TableColumn.number("Points", HealthSections::taken),
            TableColumn.number("Cap", c -> c.cap() == 0 ? new Measured("", 1000) : c.cap()));
        b.list(Sentences.limited(health));
        b.paragraph(Sentences.arithmetic(health));
        b.paragraph(new Inlines().muted(Sentences.coverage(health)));
    }

    private static Inlines meter(CategoryScore category) {
        var parts = new Inlines();
        return category.cap() == 0 ? parts
            : parts.add(new ReportNodes.CategoryMeter(category.deducted(), category.cap()));
    }

    private static Measured taken(CategoryScore category) {
        var of = category.sum() > category.deducted() ? " of " + category.sum() : "";
        return new Measured((category.deducted() == 0 ? "0" : "−" + category.deducted()) + of, category.deducted());
    }

    void findings(ReportBlocks b) {
        var rules = HealthScore.rules().stream().collect(Collectors.toMap(Rule::id, Function.identity()));
        for (var group : groups) {
            var severity = open(group).isEmpty() ? "silenced" : group.severity();
            b.add(new ReportNodes.FindingCard(group, sentence(group), severity, card -> finding(card, group, rules)));
        }
    }

    private void finding(ReportBlocks b, FindingGroup group, Map<String, Rule> rules) {
        var findings = all(group);
        var rule = rules.get(group.rule());
        var expected = findings.stream().map(Finding::threshold).distinct().toList();
        b.facts(FactStyle.LIST, facts -> {
            facts.put("Rule", new Inlines().link(group.rule() + ": " + group.title(), "rule-" + group.rule()));
            facts.put("Points", Inlines.of(Sentences.points(group.points()) + ", " + group.category()));
            if (expected.size() == 1) facts.put("Expected", Inlines.of(expected.getFirst()));
            facts.put("Source", Inlines.of(findings.getFirst().source()));
        });
        if (rule != null) b.paragraph(Inlines.of(rule.why() + " ").linkTo("Read more", rule.link()));
        b.table(
            "Findings of " + group.rule(),
            findings.subList(0, Math.min(ROWS, findings.size())),
            TableColumn.parts("Finding", this::found),
            TableColumn.text("Measured", f -> f.evidence() + (f.exact() ? "" : " (estimate)")),
            TableColumn.<Finding>text("Expected", f -> expected.size() == 1 ? null : f.threshold()).ifAny(),
            TableColumn.number("Points", f -> new Measured(f.points() > 0 ? "−" + f.points() : "0", f.points())),
            TableColumn.<Finding>text("Silenced", Finding::silenced).ifAny());
        if (findings.size() > ROWS) {
            b.paragraph(Units.count(findings.size() - ROWS) + " more of " + group.rule() + " are in report.json.");
        }
        cure(b, group);
    }

    private Inlines found(Finding f) {
        return new Inlines().link(f.message(), names.anchor(f.object()));
    }

    private static void cure(ReportBlocks b, FindingGroup group) {
        if (group.script() != null) {
            b.label("What would mend it (nothing was run)");
            if (group.cost() != null) b.paragraph("What it takes: " + group.cost() + ".");
            script(b, group.script());
        }
        if (group.decision() != null) {
            b.label("What has to be decided first");
            script(b, group.decision());
        }
    }

    private static void script(ReportBlocks b, String sql) {
        var lines = sql.lines().toList();
        b.code("sql", lines.size() <= SCRIPT_LINES ? sql : String.join("\n", lines.subList(0, SCRIPT_LINES)));
        if (lines.size() > SCRIPT_LINES) {
            b.paragraph(
                "The first " + Units.count(SCRIPT_LINES) + " of " + Units.count(lines.size())
                    + " lines; all of them are in report.json.");
        }
    }

    void changes(ReportBlocks b) {
        b.panel(panel -> {
            panel.paragraph(new Inlines().muted("Since " + Units.utc(r.changes().since())));
            panel.list(Sentences.changes(r));
        });
    }

    void rules(ReportBlocks b) {
        b.paragraph(
            Inlines.of("Rule set ")
                .code(r.health().ruleSet())
                .text(
                    ": two scores compare only where it is the same. A rule takes at most its limit; one whose "
                        + "findings weigh twice as much keeps the grade at B. ")
                .code("explore.java explain RULE-ID")
                .text(" tells more."));
        b.objects(
            "Rules",
            r.health().rules(),
            o -> new RowName("rule-" + o.rule(), "rule", o.rule() + " " + o.title()),
            TableColumn.code("Rule", RuleOutcome::rule),
            TableColumn.text("Asks", RuleOutcome::title),
            TableColumn.text("Category", RuleOutcome::category),
            TableColumn.parts("Outcome", HealthSections::outcome),
            TableColumn.number("Points", HealthSections::counted),
            TableColumn.number("Limit", RuleOutcome::limit));
    }

    private static Inlines outcome(RuleOutcome o) {
        var parts = new Inlines().tag(o.outcome(), o.outcome());
        return o.reason() == null ? parts : parts.text(" ").muted(o.reason());
    }

    private static Measured counted(RuleOutcome o) {
        var of = o.counted() < o.sum() ? " of " + o.sum() : "";
        return new Measured((o.counted() == 0 ? "0" : "−" + o.counted()) + of, o.counted());
    }
}
