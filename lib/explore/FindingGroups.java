//SOURCES ../RecordFields.java Report.java
package lib.explore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;
import lib.RecordFields;
import lib.explore.Report.Finding;
import lib.explore.Report.FindingGroup;
import lib.explore.Report.RuleOutcome;

/** The same finding forty times is one matter: one card, a table, one script. In the order of the worst of each. */
final class FindingGroups {
    private FindingGroups() {}

    static List<FindingGroup> of(List<Finding> findings, List<RuleOutcome> rules) {
        var byRule = new LinkedHashMap<String, List<Integer>>();
        for (int i = 0; i < findings.size(); i++) {
            byRule.computeIfAbsent(findings.get(i).rule(), r -> new ArrayList<>()).add(i);
        }
        var outcomes = rules.stream().collect(Collectors.toMap(RuleOutcome::rule, r -> r, (a, b) -> a));
        return byRule.entrySet().stream().map(e -> group(outcomes.get(e.getKey()), findings, e.getValue())).toList();
    }

    private static FindingGroup group(RuleOutcome rule, List<Finding> findings, List<Integer> numbers) {
        var own = numbers.stream().map(findings::get).toList();
        var open = own.stream().filter(f -> f.silenced() == null).toList();
        return RecordFields.of(FindingGroup.class)
            .with("rule", rule.rule())
            .with("title", rule.title())
            .with("category", rule.category())
            .with("severity", (open.isEmpty() ? own : open).getFirst().severity())
            .with("points", rule.counted())
            .with("findings", numbers)
            .with("script", joined(open, true))
            .with("decision", joined(open, false))
            .with("cost", costs(open))
            .record();
    }

    private static String joined(List<Finding> findings, boolean runs) {
        var lines = new LinkedHashSet<String>();
        findings.stream().filter(f -> f.fix() != null && f.fixRuns() == runs).forEach(f -> lines.add(f.fix()));
        return lines.isEmpty() ? null : String.join("\n", lines);
    }

    private static String costs(List<Finding> findings) {
        var costs = new LinkedHashSet<String>();
        findings.stream().filter(f -> f.cost() != null).forEach(f -> costs.add(f.cost()));
        return costs.isEmpty() ? null : String.join("; ", costs);
    }
}
