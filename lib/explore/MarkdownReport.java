//SOURCES ../Units.java HistoryDrawing.java HtmlReport.java Mermaid.java Report.java Sentences.java ShortText.java
package lib.explore;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import lib.Units;
import lib.explore.Report.Column;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;

/**
 * The report as one Markdown file that GitHub and GitLab render, diagrams (Mermaid) included.
 * Every name and comment from the database is escaped: it is text, whatever it looks like.
 */
public final class MarkdownReport {
    /**
     * With more tables than this their columns stay in the HTML and JSON files: GitHub shows no Markdown file above
     * some hundred kB.
     */
    static final int DETAILED_TABLES = 400;
    static final int DETAILED_VIEWS = 200;

    private final Report r;
    private final StringBuilder out = new StringBuilder(1 << 16);

    private MarkdownReport(Report report) {
        this.r = report;
    }

    public static String of(Report report) {
        return new MarkdownReport(report).write();
    }

    private String write() {
        head();
        health();
        changes();
        hypertables();
        aggregates();
        jobs();
        relations();
        tables();
        views();
        others();
        otherObjects();
        history();
        performance();
        access();
        notSeen();
        rules();
        out.append("\n---\n\nMade by ")
            .append(text(r.tool()))
            .append(" at ")
            .append(Units.utc(r.madeAt()))
            .append(" from ")
            .append(text(r.source()))
            .append(" with ")
            .append(r.effort().queries())
            .append(" queries. The same in other forms: report.html, report.json.\n");
        return out.toString();
    }

    private void head() {
        var d = r.database();
        out.append("# ").append(text(d.name())).append("\n\n");
        if (d.purpose() != null) out.append(text(d.purpose())).append("\n\n");
        out.append(text(Sentences.summary(r))).append("\n\n");
        out.append(text(r.server().summary())).append(r.server().standby() ? ", a standby" : "");
        if (d.bytes() != null) out.append(" · ").append(Units.bytes(d.bytes()));
        out.append(" · ").append(Units.plural(r.tables().size(), "table"));
        if (!r.hypertables().isEmpty()) {
            out.append(", ")
                .append(r.hypertables().size())
                .append(" of them hypertables with ")
                .append(Units.plural(r.hypertables().stream().mapToInt(Report.Hypertable::chunks).sum(), "chunk"));
        }
        if (!r.aggregates().isEmpty()) {
            out.append(" · ").append(Units.plural(r.aggregates().size(), "continuous aggregate"));
        }
        out.append("\n\n");
    }

    private void health() {
        var h = r.health();
        out.append("## Health: ")
            .append(h.score() == null ? "n/a" : h.score() + " of 100, grade " + h.grade())
            .append(h.provisional() ? " (provisional)" : "")
            .append("\n\n");
        out.append(h.verdict()).append(' ').append(Sentences.coverage(h)).append("\n\n");
        if (h.score() == null) return;
        var worst = h.findings().stream().filter(f -> f.silenced() == null).limit(5).toList();
        for (var f : worst) {
            out.append("1. **")
                .append(text(f.message()))
                .append("** — ")
                .append(text(f.evidence()))
                .append(f.points() > 0 ? " (−" + f.points() + ")" : "")
                .append('\n');
        }
        out.append(worst.isEmpty() ? "" : "\n").append("| Category | Findings | Cap | Deducted |\n|---|--:|--:|--:|\n");
        for (var c : h.categories()) {
            out.append("| ")
                .append(c.name())
                .append(" | ")
                .append(c.sum())
                .append(" | ")
                .append(ShortText.number(c.cap()))
                .append(" | ")
                .append(c.deducted())
                .append(" |\n");
        }
        out.append("| **Sum** | | | **").append(h.deducted()).append("** |\n\n");
        for (var line : Sentences.limited(h)) out.append(line).append("\n\n");
        out.append(Sentences.arithmetic(h)).append("\n\n");
        if (h.findings().isEmpty()) return;
        out.append("### Findings\n\n");
        var more = new LinkedHashMap<String, Integer>();
        for (var f : h.findings()) {
            if (more.merge(f.rule(), 1, Integer::sum) > HtmlReport.FINDINGS_OF_A_RULE) continue;
            out.append("- **")
                .append(f.rule())
                .append("** ")
                .append(f.silenced() != null ? "silenced" : f.severity())
                .append(", −")
                .append(f.points())
                .append(": ")
                .append(text(f.message()))
                .append(".  \n  ")
                .append(text(f.evidence()))
                .append("; expected: ")
                .append(text(f.threshold()))
                .append(f.exact() ? "." : " (estimate).")
                .append(" Source: ")
                .append(code(f.source()))
                .append('\n');
            if (f.silenced() != null) out.append("  Silenced: ").append(text(f.silenced())).append('\n');
            if (f.fix() != null) out.append(fenced(f.fix(), "  "));
        }
        more.forEach((rule, n) -> {
            if (n > HtmlReport.FINDINGS_OF_A_RULE) {
                out.append("- **")
                    .append(rule)
                    .append("**: ")
                    .append(Units.count(n - HtmlReport.FINDINGS_OF_A_RULE))
                    .append(" more are in report.html and report.json\n");
            }
        });
        out.append('\n');
    }

    private void changes() {
        var c = r.changes();
        if (c == null) return;
        out.append("## What changed since ").append(Units.utc(c.since())).append("\n\n");
        for (var line : Sentences.changes(r)) out.append("- ").append(text(line)).append('\n');
        out.append('\n');
    }

    private void hypertables() {
        if (r.hypertables().isEmpty()) return;
        out.append(
            "## Hypertables\n\n| Hypertable | Rows (estimate) | Size | Chunks | Interval | Compressed | Ratio | "
                + "Compress after | Keep | From | To |\n|---|--:|--:|--:|---|--:|--:|---|---|---|---|\n");
        for (var h : r.hypertables()) {
            var c = h.compression();
            out.append("| ")
                .append(link(h.schema(), h.name()))
                .append(" | ")
                .append(number(h.rows()))
                .append(" | ")
                .append(size(h.size()))
                .append(" | ")
                .append(Units.count(h.chunks()))
                .append(" | ")
                .append(text(h.dimensions().getFirst().column()))
                .append(": ")
                .append(text(h.dimensions().getFirst().interval()))
                .append(" | ")
                .append(c.enabled() ? c.compressedChunks() : "—")
                .append(" | ")
                .append(c.ratio() == null ? "—" : c.ratio() + "×")
                .append(" | ")
                .append(text(or(h.compressAfter())))
                .append(" | ")
                .append(text(or(h.retention())))
                .append(" | ")
                .append(day(h.oldest()))
                .append(" | ")
                .append(day(h.newest()))
                .append(" |\n");
        }
        out.append('\n');
        for (var h : r.hypertables()) {
            if (h.chunkList().isEmpty()) continue;
            out.append("<details><summary>Chunks of ")
                .append(html(h.fullName()))
                .append("</summary>\n\n| Chunk | From | To | State | Size |\n|---|---|---|---|--:|\n");
            for (var c : h.chunkList()) {
                out.append("| ")
                    .append(text(c.name()))
                    .append(" | ")
                    .append(or(c.from()))
                    .append(" | ")
                    .append(or(c.to()))
                    .append(" | ")
                    .append(c.state())
                    .append(" | ")
                    .append(Units.bytes(c.bytes()))
                    .append(" |\n");
            }
            out.append("\n</details>\n\n");
        }
    }

    private void aggregates() {
        if (r.aggregates().isEmpty()) return;
        out.append(
            "## Continuous aggregates\n\n| Aggregate | Source | Bucket | Real-time | Materialized up to | Refreshed "
                + "| Size |\n|---|---|---|---|---|---|--:|\n");
        for (var a : r.aggregates()) {
            out.append("| ")
                .append(text(a.fullName()))
                .append(" | ")
                .append(text(a.source()))
                .append(" | ")
                .append(text(or(a.bucket())))
                .append(" | ")
                .append(a.realTime() ? "yes" : "no")
                .append(" | ")
                .append(a.neverRefreshed() ? "never" : a.watermark() == null ? "—" : Units.utc(a.watermark()))
                .append(" | ")
                .append(a.refreshJob() == null ? "no policy" : "every " + text(a.schedule()))
                .append(" | ")
                .append(size(a.size()))
                .append(" |\n");
        }
        out.append('\n');
        for (var a : r.aggregates()) {
            out.append("<details><summary>Definition of ").append(html(a.fullName())).append("</summary>\n\n");
            if (a.purpose() != null) out.append(text(a.purpose())).append("\n\n");
            if (a.definition() != null) out.append(fenced(a.definition(), ""));
            out.append("\n</details>\n\n");
        }
    }

    private void jobs() {
        if (r.jobs().isEmpty()) return;
        out.append(
            "## Policies and jobs\n\n| Job | What | On | Schedule | Last run | Last success | Runs | Failed | Next "
                + "|\n|--:|---|---|---|---|---|--:|--:|---|\n");
        for (var j : r.jobs()) {
            out.append("| ")
                .append(j.id())
                .append(" | ")
                .append(text(j.kind()))
                .append(j.system() ? " (TimescaleDB's own)" : "")
                .append(j.scheduled() ? "" : " **paused**")
                .append(" | ")
                .append(text(or(j.target())))
                .append(" | ")
                .append(text(j.schedule()))
                .append(" | ")
                .append(time(j.lastRun()))
                .append(j.lastStatus() == null ? "" : " " + text(j.lastStatus()))
                .append(" | ")
                .append(time(j.lastSuccess()))
                .append(" | ")
                .append(number(j.runs()))
                .append(" | ")
                .append(number(j.failures()))
                .append(" | ")
                .append(time(j.nextStart()))
                .append(" |\n");
        }
        out.append('\n');
        if (r.calendar() != null) out.append(text(Sentences.calendar(r.calendar()))).append("\n\n");
        r.jobs()
            .stream()
            .filter(j -> j.lastError() != null)
            .forEach(
                j -> out.append("- Job ").append(j.id()).append(" said: ").append(text(j.lastError())).append('\n'));
        out.append('\n');
    }

    private void relations() {
        var diagrams = Mermaid.of(r);
        if (diagrams.isEmpty()) return;
        out.append("## Relations\n\n");
        for (var d : diagrams) {
            out.append("### ").append(text(d.title())).append("\n\n```mermaid\n").append(d.source()).append("```\n\n");
        }
    }

    private void tables() {
        if (r.tables().isEmpty()) {
            out.append("## Tables\n\n0 tables.\n\n");
            return;
        }
        out.append("## Tables\n\n| Table | Kind | Rows | Size | Purpose |\n|---|---|--:|--:|---|\n");
        boolean detailed = r.tables().size() <= DETAILED_TABLES;
        for (var t : r.tables()) {
            out.append("| ")
                .append(detailed ? link(t.schema(), t.name()) : text(t.fullName()))
                .append(" | ")
                .append(Sentences.kind(t))
                .append(" | ")
                .append(number(t.rows()))
                .append(" | ")
                .append(size(t.size()))
                .append(" | ")
                .append(text(ShortText.cut(or(t.purpose()), 200)))
                .append(" |\n");
        }
        out.append("\nRows are estimates; sizes marked ~ too.\n\n");
        if (!detailed) {
            out.append("The columns of ")
                .append(Units.count(r.tables().size()))
                .append(" tables are in report.html and report.json.\n\n");
            return;
        }
        for (var t : r.tables()) table(t);
    }

    private void table(Relation t) {
        out.append("### ").append(anchor(t.schema(), t.name())).append(text(t.fullName())).append("\n\n");
        if (t.purpose() != null) out.append(text(t.purpose())).append("\n\n");
        out.append(Sentences.kind(t))
            .append(", owned by ")
            .append(text(t.owner()))
            .append(", ")
            .append(size(t.size()))
            .append(t.rows() == null ? "" : ", about " + Units.plural(t.rows(), "row"));
        if (!t.labels().isEmpty()) out.append(", labels: ").append(text(String.join(", ", t.labels())));
        out.append("\n\n");
        columns(t.columns());
        for (var c : t.constraints()) {
            out.append("- ")
                .append(c.kind())
                .append(' ')
                .append(code(c.name()))
                .append(": ")
                .append(code(or(c.definition(), "locked")))
                .append(c.valid() ? "" : " **not validated**")
                .append('\n');
        }
        for (var k : t.foreignKeys()) {
            out.append("- foreign key ")
                .append(code(k.name()))
                .append(": ")
                .append(text(String.join(", ", k.columns())))
                .append(" → ")
                .append(link(k.toSchema(), k.toTable()))
                .append(" (")
                .append(text(String.join(", ", k.toColumns())))
                .append(")")
                .append(Sentences.foreignKey(k))
                .append(k.valid() ? "" : " **not validated**")
                .append('\n');
        }
        for (var g : t.triggers()) {
            out.append("- trigger ")
                .append(code(g.name()))
                .append(g.enabled() ? "" : " (off)")
                .append(": ")
                .append(code(g.definition()))
                .append('\n');
        }
        for (var line : Sentences.details(t)) out.append("- ").append(text(line)).append('\n');
        indexes(t.indexes());
        out.append('\n');
    }

    private void columns(List<Column> columns) {
        if (columns.isEmpty()) return;
        out.append("| Column | Type | Null | Default | About |\n|---|---|---|---|---|\n");
        for (var c : columns) {
            out.append("| ")
                .append(text(c.name()))
                .append(" | ")
                .append(code(c.type()))
                .append(" | ")
                .append(c.nullable() ? "yes" : "")
                .append(" | ")
                .append(
                    c.generated() != null ? text(c.generated()) : c.defaultValue() == null ? ""
                        : code(c.defaultValue()))
                .append(" | ")
                .append(text(or(c.comment(), "")))
                .append(" |\n");
        }
        out.append('\n');
    }

    private void indexes(List<Index> indexes) {
        if (indexes.isEmpty()) return;
        out.append("\n| Index | On | Kind | Size | Scans |\n|---|---|---|--:|--:|\n");
        for (var i : indexes) {
            out.append("| ")
                .append(text(i.name()))
                .append(" | ")
                .append(text(Sentences.index(i)))
                .append(" | ")
                .append(Sentences.indexKind(i))
                .append(" | ")
                .append(Units.bytes(i.bytes()))
                .append(" | ")
                .append(number(i.scans()))
                .append(" |\n");
        }
    }

    private void views() {
        if (r.views().isEmpty()) return;
        out.append("## Views\n\n");
        if (r.views().size() > DETAILED_VIEWS) {
            out.append("The columns and definitions of ")
                .append(Units.count(r.views().size()))
                .append(" views are in report.html and report.json.\n\n| View | Kind | Purpose |\n|---|---|---|\n");
            for (var v : r.views()) {
                out.append("| ")
                    .append(text(v.fullName()))
                    .append(" | ")
                    .append(v.kind())
                    .append(" | ")
                    .append(text(ShortText.cut(or(v.purpose(), ""), 140)))
                    .append(" |\n");
            }
            out.append('\n');
            return;
        }
        for (var v : r.views()) {
            out.append("### ")
                .append(text(v.fullName()))
                .append("\n\n")
                .append(v.kind())
                .append(v.bytes() == null ? "" : ", " + Units.bytes(v.bytes()))
                .append("\n\n");
            if (v.purpose() != null) out.append(text(v.purpose())).append("\n\n");
            columns(v.columns());
            if (v.definition() != null) out.append(fenced(v.definition(), "")).append('\n');
        }
    }

    private void otherObjects() {
        var all = Sentences.others(r);
        if (all.isEmpty()) return;
        out.append("## Replication, foreign servers, settings of roles\n\n");
        for (var o : all) out.append("- ").append(text(o.text())).append('\n');
        out.append('\n');
    }

    private void history() {
        if (r.history() == null) return;
        out.append("## History\n\n");
        for (var line : Sentences.history(r.history())) out.append("- ").append(text(line)).append('\n');
        for (var curve : HistoryDrawing.of(r.history())) out.append("- ").append(text(curve.title())).append('\n');
        out.append('\n');
    }

    private void others() {
        if (!r.functions().isEmpty()) {
            out.append("## Functions\n\n| Function | Returns | Language | About |\n|---|---|---|---|\n");
            for (var f : r.functions()) {
                out.append("| ")
                    .append(text(f.schema() + "." + f.name() + "(" + f.arguments() + ")"))
                    .append(" | ")
                    .append(text(or(f.returns())))
                    .append(" | ")
                    .append(text(f.language()))
                    .append(f.securityDefiner() ? ", security definer" : "")
                    .append(" | ")
                    .append(text(or(f.comment(), "")))
                    .append(" |\n");
            }
            out.append('\n');
        }
        if (!r.types().isEmpty()) {
            out.append("## Types\n\n| Type | Kind | Definition |\n|---|---|---|\n");
            for (var t : r.types()) {
                out.append("| ")
                    .append(text(t.schema() + "." + t.name()))
                    .append(" | ")
                    .append(t.kind())
                    .append(" | ")
                    .append(text(or(t.definition())))
                    .append(" |\n");
            }
            out.append('\n');
        }
        if (!r.sequences().isEmpty()) {
            out.append("## Sequences\n\n| Sequence | Feeds | Stands at | Used |\n|---|---|--:|--:|\n");
            for (var s : r.sequences()) {
                out.append("| ")
                    .append(text(s.schema() + "." + s.name()))
                    .append(" | ")
                    .append(text(or(s.ownedBy())))
                    .append(" | ")
                    .append(number(s.lastValue()))
                    .append(" | ")
                    .append(s.usedPercent() == null ? "—" : s.usedPercent() + " %")
                    .append(" |\n");
            }
            out.append('\n');
        }
    }

    private void performance() {
        var p = r.performance();
        out.append("## Performance\n\n");
        var facts = Sentences.performance(r);
        for (var f : facts) out.append("- ").append(text(f)).append('\n');
        out.append('\n');
        var used = new ArrayList<Relation>(r.tables());
        used.sort(
            Comparator.comparingLong((Relation t) -> -t.size().total()).thenComparing(Relation::fullName));
        if (!used.isEmpty()) {
            out.append(
                "### Biggest tables\n\n| Table | Size | Rows | Heap | Indexes | Dead rows | Last vacuum | Last "
                    + "analyze |\n|---|--:|--:|--:|--:|--:|---|---|\n");
            for (var t : used.subList(0, Math.min(15, used.size()))) {
                var u = t.use();
                out.append("| ")
                    .append(text(t.fullName()))
                    .append(" | ")
                    .append(size(t.size()))
                    .append(" | ")
                    .append(number(t.rows()))
                    .append(" | ")
                    .append(Units.bytes(t.size().heap()))
                    .append(" | ")
                    .append(Units.bytes(t.size().index()))
                    .append(" | ")
                    .append(u == null ? "—" : number(u.dead()))
                    .append(" | ")
                    .append(u == null ? "—" : time(u.lastVacuum()))
                    .append(" | ")
                    .append(u == null ? "—" : time(u.lastAnalyze()))
                    .append(" |\n");
            }
            out.append('\n');
        }
        if (!p.slowQueries().isEmpty()) {
            out.append(
                "### Queries that take most time\n\n| Query | Calls | Mean ms | Total ms |\n|---|--:|--:|--:|\n");
            for (var q : p.slowQueries()) {
                out.append("| ")
                    .append(code(q.query()))
                    .append(" | ")
                    .append(Units.count(q.calls()))
                    .append(" | ")
                    .append(q.meanMillis())
                    .append(" | ")
                    .append(ShortText.number(q.totalMillis()))
                    .append(" |\n");
            }
            out.append('\n');
        }
        if (!p.settings().isEmpty()) {
            out.append("<details><summary>Settings</summary>\n\n| Setting | Value | From |\n|---|---|---|\n");
            for (var s : p.settings()) {
                out.append("| ")
                    .append(text(s.name()))
                    .append(" | ")
                    .append(text(Sentences.setting(s)))
                    .append(" | ")
                    .append(text(s.source()))
                    .append(" |\n");
            }
            out.append("\n</details>\n\n");
        }
    }

    private void access() {
        out.append("## Extensions\n\n| Extension | Version | Schema | About |\n|---|---|---|---|\n");
        for (var e : r.extensions()) {
            out.append("| ")
                .append(text(e.name()))
                .append(" | ")
                .append(text(e.version()))
                .append(" | ")
                .append(text(e.schema()))
                .append(" | ")
                .append(text(or(e.comment(), "")))
                .append(" |\n");
        }
        out.append("\n## Roles and grants\n\n| Role | May | Member of |\n|---|---|---|\n");
        for (var x : r.roles()) {
            out.append("| ")
                .append(text(x.name()))
                .append(" | ")
                .append(Sentences.role(x))
                .append(" | ")
                .append(text(String.join(", ", x.memberOf())))
                .append(" |\n");
        }
        if (!r.grants().isEmpty()) {
            out.append("\n| Role | Schema | Privileges | On |\n|---|---|---|--:|\n");
            for (var g : r.grants()) {
                out.append("| ")
                    .append(text(g.role()))
                    .append(" | ")
                    .append(text(g.schema()))
                    .append(" | ")
                    .append(g.privileges())
                    .append(" | ")
                    .append(Units.plural(g.objects(), "relation"))
                    .append(" |\n");
            }
        }
        out.append('\n');
    }

    private void notSeen() {
        if (r.notSeen().isEmpty()) return;
        out.append("## What could not be seen\n\n| What | Why | What would show it |\n|---|---|---|\n");
        for (var n : r.notSeen()) {
            out.append("| ")
                .append(text(n.what()))
                .append(" | ")
                .append(text(n.why()))
                .append(n.sqlState() == null ? "" : " (" + n.sqlState() + ")")
                .append(" | ")
                .append(n.cure() == null ? "" : code(n.cure()))
                .append(" |\n");
        }
        out.append('\n');
    }

    private void rules() {
        out.append("## Rules\n\nRule set ")
            .append(r.health().ruleSet())
            .append(
                "; scores compare only where it is the same. More on a rule: `explore.java explain RULE-ID`.\n\n| "
                    + "Rule | Asks | Outcome | Points | Limit |\n|---|---|---|--:|--:|\n");
        for (var o : r.health().rules()) {
            out.append("| ")
                .append(o.rule())
                .append(" | ")
                .append(o.title())
                .append(" | ")
                .append(o.outcome())
                .append(o.reason() == null ? "" : ": " + text(o.reason()))
                .append(" | ")
                .append(o.counted())
                .append(o.counted() < o.sum() ? " (of " + o.sum() + ")" : "")
                .append(" | ")
                .append(ShortText.number(o.limit()))
                .append(" |\n");
        }
    }

    // ---- text into Markdown

    /** ShortText in any place, table cells included: no character of it starts markup. */
    public static String text(String value) {
        if (value == null) return "";
        var safe = new StringBuilder(value.length() + 16);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '|' -> safe.append("&#124;");
                // GitHub would make links and mentions of these
                case '@' -> safe.append("&#64;");
                case ':' -> safe.append(value.startsWith("://", i) ? "&#58;" : ":");
                case '\n', '\r', '\t' -> safe.append(' ');
                case '\\', '`', '*', '[', ']', '#', '~', '$' -> safe.append('\\').append(c);
                // between letters it is no markup, and names are full of it
                case '_' -> safe.append(isWord(value, i - 1) && isWord(value, i + 1) ? "_" : "\\_");
                case '-', '+', '=' -> safe.append(safe.isEmpty() ? "\\" + c : String.valueOf(c));
                case '.', ')' -> safe.append(
                    digitsOnly(safe) && !isWord(value, i + 1) ? "\\" + c
                        : c == '.' && value.regionMatches(true, i - 3, "www", 0, 3) ? "&#46;"
                        : String.valueOf(c));
                default -> {
                    if (c >= ' ' && c != 0x7f && !isDirectionMark(c)) safe.append(c);
                }
            }
        }
        return safe.toString();
    }

    private static boolean isWord(String text, int at) {
        return at >= 0 && at < text.length() && Character.isLetterOrDigit(text.charAt(at));
    }

    private static boolean digitsOnly(StringBuilder text) {
        return !text.isEmpty() && text.chars().allMatch(Character::isDigit);
    }

    /** Marks that turn the direction of writing can make code look like other code. */
    static boolean isDirectionMark(char c) {
        return c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069;
    }

    /** Inline code. A pipe would end a table cell even in code, so those become text instead. */
    public static String code(String value) {
        if (value == null) return "";
        var line = value.replaceAll("\\s+", " ").strip();
        if (line.isEmpty()) return "";
        if (line.contains("|") || line.contains("`") || line.contains("\\")) return text(line);
        return "`" + clean(line) + "`";
    }

    /** A block of SQL; the fence is longer than any row of backticks in it. */
    public static String fenced(String sql, String indent) {
        var fence = "```";
        while (sql.contains(fence)) fence += "`";
        return indent + fence + "sql\n"
            + clean(sql).strip().lines().map(l -> indent + l + "\n").reduce("", String::concat) + indent + fence
            + "\n";
    }

    static String clean(String value) {
        var safe = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c >= ' ' || c == '\n' || c == '\t') && c != 0x7f && !isDirectionMark(c)) safe.append(c);
        }
        return safe.toString();
    }

    /** Inside our few HTML tags. */
    private static String html(String value) {
        return text(value);
    }

    private static String anchor(String schema, String name) {
        return "<a id=\"" + Sentences.anchor(schema, name) + "\"></a>";
    }

    private static String link(String schema, String name) {
        return "[" + text(schema + "." + name) + "](#" + Sentences.anchor(schema, name) + ")";
    }

    private static String size(Report.Size s) {
        return (s.exact() ? "" : "\\~") + Units.bytes(s.total());
    }

    private static String number(Long n) {
        return n == null ? "—" : Units.count(n);
    }

    private static String time(Instant t) {
        return t == null ? "—" : Units.utc(t);
    }

    private static String day(Instant t) {
        return t == null ? "—" : t.toString().substring(0, 10);
    }

    private static String or(String value) {
        return or(value, "—");
    }

    private static String or(String value, String other) {
        return value == null ? other : value;
    }
}
