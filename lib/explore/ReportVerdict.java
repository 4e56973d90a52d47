//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Units.java ExploreConfig.java Question.java Report.java
//SOURCES Sentences.java
package lib.explore;

import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;

/** What a report comes to: a few lines for the terminal, and the exit status. */
public final class ReportVerdict {
    private static final int FINDINGS_SHOWN = 5;

    private ReportVerdict() {}

    private static String scored(Report.Health h) {
        if (h.score() == null) return "nothing to score";
        return "health " + h.score() + " of 100, grade " + h.grade() + (h.provisional() ? " (provisional)" : "");
    }

    /** The score and the worst findings, on stderr. */
    public static void say(Report r) {
        var h = r.health();
        Console.say(
            "%s: %s, %s, %s",
            r.database().name(),
            Units.plural(r.tables().size(), "table"),
            Units.plural(r.hypertables().size(), "hypertable"),
            scored(h));
        h.groups().stream().filter(g -> !g.severity().equals("info")).limit(FINDINGS_SHOWN).forEach(g -> {
            var worst = h.findings().get(g.findings().getFirst());
            if (worst.silenced() != null) return;
            Console.say(
                "  %-8s %s  %s  %s%s",
                g.severity(),
                g.rule(),
                Sentences.points(g.points()),
                worst.message().replaceAll("\\p{Cntrl}", " "),
                g.findings().size() == 1 ? "" : ", and " + (g.findings().size() - 1) + " more of this rule");
        });
        if (!r.notSeen().isEmpty()) {
            Console.say(
                "%s could not be seen; the report says what would show it",
                Units.plural(r.notSeen().size(), "thing"));
        }
        if (r.history() != null && r.history().daysUntilFull() != null) {
            Console.say("at this rate the disk is full in about %s days", Units.count(r.history().daysUntilFull()));
        }
    }

    /** @return 0 @throws Failure with 11 when the answer is no, with 12 when it could not be judged */
    public static int of(Report r, ExploreConfig config) {
        var h = r.health();
        var unread = r.unanswered().stream().filter(Question::isEssential).map(Question::title).toList();
        if (!unread.isEmpty()) {
            throw Failure.notReady(
                "the database could not be judged: " + String.join(", ", unread) + " could not be read",
                "the report says why, and what would show them.");
        }
        if (config.failUnder() != null && h.score() == null) {
            throw Failure.answerIsNo(
                "there is no score to compare with %d: the database holds no tables".formatted(config.failUnder()),
                "leave out --fail-under for a database that may be empty.");
        }
        if (config.failUnder() != null && h.score() < config.failUnder()) {
            throw Failure.answerIsNo(
                "health %d is below %d".formatted(h.score(), config.failUnder()),
                "the report names the findings and what could be done.");
        }
        var failed = h.rules()
            .stream()
            .filter(o -> config.failOn().contains(o.rule()) && o.outcome().equals("FAIL"))
            .map(Report.RuleOutcome::rule)
            .toList();
        if (!failed.isEmpty()) {
            throw Failure.answerIsNo(
                "failed: " + String.join(", ", failed),
                "what it means: explore.java explain " + failed.getFirst());
        }
        if (config.minCoverage() != null && h.coverage() * 100 < config.minCoverage()) {
            throw Failure.answerIsNo(
                "only %.0f %% of the rules could be judged".formatted(h.coverage() * 100),
                "the report lists the grants that would show more.");
        }
        return ExitCode.OK;
    }
}
