//SOURCES ../Units.java ChunkStrip.java HealthScore.java HistoryDrawing.java Html.java HtmlScript.java HtmlStyle.java
//SOURCES Intervals.java RelationDrawing.java RelationGraph.java Report.java Sentences.java ShortText.java
package lib.explore;

import java.io.StringWriter;
import java.io.Writer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import lib.Units;
import lib.explore.Report.Column;
import lib.explore.Report.Finding;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;

/**
 * The report as one HTML file: style and script inside, nothing from the network, complete without JavaScript.
 * The content security policy in its head forbids every request, so even a mistake of ours could not load anything.
 */
public final class HtmlReport {
    /** Above this many tables each one's columns are a block of text instead of a table: a tenth of the elements. */
    static final int RICH_TABLES = 300;

    /**
     * More findings of one rule than this are a list of lines: ten thousand foreign keys without an index are one thing
     * to know, not ten thousand.
     */
    static final int FINDINGS_OF_A_RULE = 20;

    private final Report r;
    private final boolean rich;
    private int found;
    private final Html html;
    private final RelationGraph graph;

    private record Section(String id, String title, Integer count, Consumer<Html> content) {}

    private HtmlReport(Report report, Writer out) {
        this.r = report;
        this.rich = report.tables().size() <= RICH_TABLES;
        this.html = new Html(out);
        this.graph = RelationGraph.of(report);
    }

    static void write(Report report, Writer out) {
        new HtmlReport(report, out).write();
    }

    public static String of(Report report) {
        var out = new StringWriter();
        write(report, out);
        return out.toString();
    }

    private List<Section> sections() {
        var all = new ArrayList<Section>();
        all.add(new Section("health", "Health", null, this::health));
        if (r.changes() != null) all.add(new Section("changes", "What changed", null, this::changes));
        if (!r.hypertables().isEmpty()) {
            all.add(new Section("hypertables", "Hypertables", r.hypertables().size(), this::hypertables));
        }
        if (!r.aggregates().isEmpty()) {
            all.add(new Section("aggregates", "Continuous aggregates", r.aggregates().size(), this::aggregates));
        }
        if (!r.jobs().isEmpty()) all.add(new Section("jobs", "Policies and jobs", r.jobs().size(), this::jobs));
        if (!graph.clusters().isEmpty()) all.add(new Section("relations", "Relations", null, this::relations));
        all.add(new Section("tables", "Tables", r.tables().size(), this::tables));
        if (!r.views().isEmpty()) all.add(new Section("views", "Views", r.views().size(), this::views));
        int objects = r.functions().size() + r.types().size() + r.sequences().size();
        if (objects > 0) all.add(new Section("objects", "Functions, types, sequences", objects, this::objects));
        all.add(
            new Section(
                "indexes",
                "Indexes",
                (int) r.tables().stream().mapToLong(t -> t.indexes().size()).sum(),
                this::indexes));
        if (!Sentences.others(r).isEmpty()) {
            all.add(
                new Section(
                    "others",
                    "Replication, foreign servers, settings of roles",
                    Sentences.others(r).size(),
                    this::others));
        }
        if (r.history() != null) all.add(new Section("history", "History", r.history().points().size(), this::history));
        all.add(new Section("performance", "Performance", null, this::performance));
        all.add(new Section("access", "Schemas, extensions, roles", null, this::access));
        if (!r.notSeen().isEmpty()) {
            all.add(new Section("not-seen", "What could not be seen", r.notSeen().size(), this::notSeen));
        }
        all.add(new Section("rules", "Rules", r.health().rules().size(), this::rules));
        return all;
    }

    private void write() {
        var sections = sections();
        var d = r.database();
        html.raw(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                + "content=\"width=device-width,initial-scale=1\">")
            .raw(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                    + "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
                    + "form-action 'none'\">")
            .raw("<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"generator\" content=\"")
            .text(r.tool())
            .raw("\">")
            .element("title", d.name() + (r.health().score() == null ? "" : " · health " + r.health().score()))
            .raw("<script>")
            .raw(HtmlScript.EARLY)
            .raw("</script><style>")
            .raw(HtmlStyle.css())
            .raw("</style></head>\n<body>")
            .raw("<a class=\"skip\" href=\"#main\">To the report</a><header class=\"bar\"><div class=\"who\">")
            .text(d.name())
            .raw(" <span>")
            .text(Units.utc(r.madeAt()))
            .raw("</span></div>")
            .raw(
                "<div class=\"find js-only\" role=\"search\"><input id=\"find\" type=\"search\" placeholder=\"Find "
                    + "a table, column, rule …\" aria-label=\"Find in this report\" role=\"combobox\" "
                    + "aria-expanded=\"false\" aria-controls=\"hits\" autocomplete=\"off\"><kbd "
                    + "aria-hidden=\"true\">/</kbd><ul class=\"hits\" id=\"hits\" role=\"listbox\" aria-label=\"Found\" hidden></ul></div>")
            .raw(
                "<button class=\"theme js-only\" type=\"button\" aria-label=\"Light or dark\" title=\"Light or "
                    + "dark\">◐</button></header>\n<div class=\"layout\"><nav class=\"toc\" "
                    + "aria-label=\"Contents\"><ul>");
        for (var s : sections) {
            html.raw("<li><a href=\"#" + s.id() + "\">").text(s.title());
            if (s.count() != null) html.element("small", Units.count(s.count()));
            html.raw("</a></li>");
        }
        html.raw("</ul></nav>\n<main id=\"main\">");
        hero();
        for (var s : sections) {
            html.raw("<section id=\"" + s.id() + "\" aria-labelledby=\"h-" + s.id() + "\"><h2 id=\"h-" + s.id() + "\">")
                .text(s.title());
            if (s.count() != null) html.raw(" <span class=\"n\">").text(Units.count(s.count())).raw("</span>");
            html.raw("</h2>");
            s.content().accept(html);
            html.raw("</section>\n");
        }
        html.raw("<footer><p>Made by ")
            .text(r.tool())
            .raw(" at ")
            .text(Units.utc(r.madeAt()))
            .raw(" from ")
            .text(r.source())
            .raw(" with ")
            .text(r.effort().queries())
            .raw(
                " queries. Sizes marked ~ and all row counts are estimates. Times are UTC. Keys: <kbd>/</kbd> find, "
                    + "<kbd>Esc</kbd> leave.</p></footer></main></div>\n<script>")
            .raw(HtmlScript.MAIN)
            .raw("</script></body></html>\n");
    }

    private void hero() {
        var d = r.database();
        var h = r.health();
        html.raw("<div class=\"hero\"><div><h1>").text(d.name()).raw("</h1>");
        if (d.purpose() != null) html.element("p class=\"purpose\"", d.purpose());
        html.element("p class=\"about\"", Sentences.summary(r));
        html.raw("<p class=\"meta\">")
            .text(r.server().summary())
            .text(r.server().standby() ? " · standby" : "")
            .raw("<br>")
            .text(r.source())
            .text(" · seen by " + r.server().user())
            .raw("</p></div>");
        html.raw(ring(h.score(), h.grade(), h.provisional())).raw("</div>\n<dl class=\"cards\">");
        card("Size", d.bytes() == null ? "—" : Units.bytes(d.bytes()), "on disk, all in all");
        card(
            "Tables",
            Units.count(r.tables().size()),
            r.schemas().isEmpty() ? null : "in " + Units.plural(r.schemas().size(), "schema"));
        if (r.server().timescaleVersion() != null) {
            long chunks = r.hypertables().stream().mapToLong(Hypertable::chunks).sum();
            card("Hypertables", Units.count(r.hypertables().size()), Units.plural(chunks, "chunk"));
            long before = 0, after = 0;
            for (var t : r.hypertables()) {
                before += t.compression().before() == null ? 0 : t.compression().before();
                after += t.compression().after() == null ? 0 : t.compression().after();
            }
            if (after > 0) {
                card(
                    "Compression",
                    ShortText.number(Math.round(10.0 * before / after) / 10.0) + "×",
                    Units.bytes(before) + " → " + Units.bytes(after));
            }
            card("Aggregates", Units.count(r.aggregates().size()), "continuous");
            long failing = r.jobs().stream().filter(j -> !j.system() && "Failed".equals(j.lastStatus())).count();
            card(
                "Jobs",
                Units.count(r.jobs().stream().filter(j -> !j.system()).count()),
                failing == 0 ? "none failing" : failing + " failing");
        } else {
            card("Indexes", Units.count(r.tables().stream().mapToLong(t -> t.indexes().size()).sum()), null);
            card("Views", Units.count(r.views().size()), null);
        }
        card(
            "Rows",
            Units.count(r.tables().stream().mapToLong(t -> t.rows() == null ? 0 : t.rows()).sum()),
            "estimate");
        html.raw("</dl>\n");
    }

    private void card(String name, String value, String more) {
        html.raw("<div class=\"card\"><dt>").text(name).raw("</dt><dd>").text(value);
        if (more != null) html.element("small", more);
        html.raw("</dd></div>");
    }

    private static String ring(Integer score, String grade, boolean provisional) {
        double around = 2 * Math.PI * 52;
        double part = score == null ? 0 : around * score / 100;
        var text = score == null ? "n/a" : String.valueOf(score);
        return ("<svg class=\"ring g-%s\" viewBox=\"0 0 128 128\" role=\"img\" aria-label=\"Health: %s\"><circle "
            + "class=\"track\" cx=\"64\" cy=\"64\" r=\"52\" fill=\"none\" stroke-width=\"9\"/>"
            + "<circle class=\"arc\" cx=\"64\" cy=\"64\" r=\"52\" fill=\"none\" stroke-width=\"9\" "
            + "stroke-linecap=\"round\" stroke-dasharray=\"%.1f %.1f\" transform=\"rotate(-90 64 64)\"/>"
            + "<text class=\"score\" x=\"64\" y=\"72\">%s</text><text class=\"grade\" x=\"64\" "
            + "y=\"92\">%s</text></svg>")
            .formatted(
                grade == null ? "none" : grade,
                score == null ? "not applicable"
                    : score + " of 100, grade " + grade + (provisional ? ", provisional" : ""),
                part,
                around,
                text,
                grade == null ? "health" : (provisional ? "provisional " : "grade ") + grade);
    }

    // ---- health

    private void health(Html h) {
        var health = r.health();
        h.element("p class=\"verdict\"", health.verdict());
        if (health.score() != null) {
            var open = health.findings().stream().filter(f -> f.silenced() == null).toList();
            h.raw("<div class=\"two\"><div class=\"panel\"><h3>")
                .text(open.isEmpty() ? "Nothing found" : "In plain words")
                .raw("</h3><ol class=\"worst\">");
            for (var f : open.subList(0, Math.min(5, open.size()))) {
                h.raw("<li><span><a href=\"#" + findingId(health.findings().indexOf(f)) + "\">")
                    .text(f.message())
                    .raw("</a><small>")
                    .text(f.evidence())
                    .raw("</small></span><span class=\"pts\">")
                    .text(f.points() > 0 ? "−" + f.points() : "info")
                    .raw("</span></li>");
            }
            h.raw("</ol>");
            if (r.changes() != null) {
                h.raw("<p><a href=\"#changes\">What changed since ")
                    .text(Units.utc(r.changes().since()))
                    .raw("</a></p>");
            }
            h.raw(
                "</div><div class=\"panel\"><h3>How the score adds up</h3><table "
                    + "class=\"cats\"><thead><tr><th>Category</th><td></td><th class=\"n\">Points</th><th "
                    + "class=\"n\">Cap</th></tr></thead><tbody>");
            for (var c : health.categories()) {
                h.raw("<tr><td>")
                    .text(c.name())
                    .raw(
                        "</td><td><span class=\"meter\"><i style=\"width:"
                            + Math.round(100 * c.deducted() / c.cap()) + "%\"></i></span></td><td class=\"n\">")
                    .text(c.deducted() == 0 ? "0" : "−" + c.deducted());
                if (c.sum() > c.deducted()) h.raw(" <span class=\"muted\">of ").text(c.sum()).raw("</span>");
                h.raw("</td><td class=\"n muted\">").text(ShortText.number(c.cap())).raw("</td></tr>");
            }
            h.raw("</tbody><tfoot><tr><td>Sum</td><td></td><td class=\"n\">")
                .text("−" + health.deducted())
                .raw("</td><td class=\"n\"></td></tr></tfoot></table>");
            for (var line : Sentences.limited(health)) h.element("p class=\"muted capped\"", line);
            h.raw("<p>")
                .text(Sentences.arithmetic(health))
                .raw("</p><p class=\"muted\">")
                .text(Sentences.coverage(health))
                .raw("</p></div></div>");
        } else {
            h.element("p class=\"muted\"", Sentences.coverage(health));
        }
        var shown = new HashMap<String, Integer>();
        var rest = new LinkedHashMap<String, List<Finding>>();
        for (int i = 0; i < health.findings().size(); i++) {
            var f = health.findings().get(i);
            if (i < 5 || shown.merge(f.rule(), 1, Integer::sum) <= FINDINGS_OF_A_RULE) finding(h, f, i);
            else rest.computeIfAbsent(f.rule(), r -> new ArrayList<>()).add(f);
        }
        rest.forEach((rule, more) -> {
            h.raw("<details class=\"f\" id=\"more-" + rule + "\" data-k=\"finding\" data-n=\"")
                .text("more of " + rule)
                .raw("\"><summary><span class=\"grow\">")
                .text(Units.count(more.size()) + " more of ")
                .raw("<span class=\"mono\">" + rule + "</span></span></summary><div class=\"in\"><pre tabindex=\"0\">");
            for (var f : more) {
                h.text(
                    f.message() + ": " + f.evidence()
                        + (f.silenced() == null ? ", −" + f.points() : ", silenced: " + f.silenced()) + "\n");
            }
            h.raw("</pre></div></details>\n");
        });
    }

    private static String findingId(int number) {
        return "finding-" + (number + 1);
    }

    private void finding(Html h, Finding f, int number) {
        h.raw("<details class=\"f\" id=\"" + findingId(number) + "\" data-k=\"finding\" data-n=\"")
            .text(f.rule() + " " + f.message())
            .raw("\"><summary><span class=\"tag " + (f.silenced() == null ? f.severity() : "") + "\">")
            .text(f.silenced() == null ? f.severity() : "silenced")
            .raw("</span><span class=\"grow\">")
            .text(f.message())
            .raw("</span><span class=\"num mono\">")
            .text(f.rule())
            .raw("</span><span class=\"num\">")
            .text(f.points() > 0 ? "−" + f.points() : "0")
            .raw("</span></summary><div class=\"in\"><dl class=\"kv\">");
        kv(h, "Measured", f.evidence() + (f.exact() ? "" : " (estimate)"));
        kv(h, "Expected", f.threshold());
        kv(h, "Source", f.source());
        if (f.silenced() != null) kv(h, "Silenced", f.silenced());
        var rule = HealthScore.rules().stream().filter(x -> x.id().equals(f.rule())).findFirst();
        h.raw("</dl>");
        rule.ifPresent(
            x -> h.raw("<p>")
                .text(x.why())
                .raw(" <a href=\"")
                .text(x.link())
                .raw("\" rel=\"noreferrer\">Read more</a></p>"));
        if (f.fix() != null) {
            h.raw("<h3>What could be done (nothing was)</h3><pre class=\"wrap\">").text(f.fix()).raw("</pre>");
        }
        h.raw("</div></details>");
    }

    private void changes(Html h) {
        h.raw("<div class=\"panel\"><p class=\"muted\">Since ").text(Units.utc(r.changes().since())).raw("</p><ul>");
        for (var line : Sentences.changes(r)) h.element("li", line);
        h.raw("</ul></div>");
    }

    // ---- TimescaleDB

    private void hypertables(Html h) {
        h.raw("<ul class=\"legend\" aria-label=\"Colours of chunks\">");
        var states = Map.of(
            "hot",
            "hot: written, not compressed",
            "due",
            "due: should be compressed by now",
            "partial",
            "partial: compressed, then new rows",
            "compressed",
            "compressed",
            "frozen",
            "frozen",
            "tiered",
            "tiered");
        for (var s : List.of("hot", "due", "partial", "compressed", "frozen", "tiered")) {
            if (r.hypertables().stream().anyMatch(t -> t.timeline().stream().anyMatch(p -> p.state().equals(s)))) {
                h.raw("<li><i class=\"s-" + s + "\"></i>").text(states.get(s)).raw("</li>");
            }
        }
        h.raw("</ul>");
        var drawn = r.hypertables().size() > 60 ? r.hypertables()
            .stream()
            .sorted(Comparator.comparingLong((Hypertable t) -> -t.size().total()).thenComparing(Hypertable::fullName))
            .limit(60)
            .toList()
            : r.hypertables();
        for (var t : drawn) hypertable(h, t);
        if (drawn.size() < r.hypertables().size()) {
            h.element("p class=\"muted\"", "The 60 biggest are drawn; all of them:");
            tableStart(h, "Hypertable", "#Chunks", "#Rows", "#Size", "Interval", "#Compressed");
            for (var t : r.hypertables()) {
                h.raw("<tr>");
                link(h, t.schema(), t.name());
                number(h, (long) t.chunks());
                number(h, t.rows());
                bytes(h, t.size());
                h.element("td", t.dimensions().getFirst().interval());
                number(h, (long) t.compression().compressedChunks());
                h.raw("</tr>");
            }
            tableEnd(h);
        }
    }

    private void hypertable(Html h, Hypertable t) {
        var c = t.compression();
        h.raw("<article class=\"panel hyper\"><h3><a href=\"#" + Sentences.anchor(t.schema(), t.name()) + "\">")
            .text(t.fullName())
            .raw("</a><span>")
            .text(
                (t.size().exact() ? "" : "~") + Units.bytes(t.size().total()) + " · "
                    + (t.rows() == null ? "rows not known" : Units.plural(t.rows(), "row")) + " · "
                    + Units.plural(t.chunks(), "chunk"))
            .raw("</span></h3>");
        var relation = r.tables().stream().filter(x -> x.fullName().equals(t.fullName())).findFirst();
        relation.map(Relation::purpose).ifPresent(p -> h.element("p class=\"muted\"", p));
        h.raw(ChunkStrip.svg(t));
        if (!t.timeline().isEmpty()) {
            h.raw("<div class=\"axis\"><span>")
                .text(day(t.oldest(), t.timeline().getFirst().from()))
                .raw("</span><span>")
                .text(day(t.newest(), t.timeline().getLast().to()))
                .raw("</span></div>");
        }
        h.raw("<dl class=\"facts\">");
        fact(
            h,
            "Chunk interval",
            String.join(
                " × ",
                t.dimensions()
                    .stream()
                    .map(
                        d -> d.column()
                            + (d.interval() == null
                                ? " in " + Units.plural(d.slices() == null ? 0 : d.slices(), "slice")
                                : " " + d.interval()))
                    .toList()));
        if (t.medianChunkBytes() != null) fact(h, "Median open chunk", Units.bytes(t.medianChunkBytes()));
        fact(
            h,
            "Compression",
            !c.enabled() ? "off"
                : c.compressedChunks() + " of " + t.chunks() + " chunks"
                    + (c.ratio() == null ? "" : ", " + c.ratio() + "×")
                    + (c.rowsPerBatch() == null ? "" : ", " + ShortText.number(c.rowsPerBatch()) + " rows a batch"));
        if (c.enabled() && (!c.segmentBy().isEmpty() || !c.orderBy().isEmpty())) {
            fact(
                h,
                "Layout",
                (c.segmentBy().isEmpty() ? "" : "segment by " + String.join(", ", c.segmentBy()) + " ")
                    + (c.orderBy().isEmpty() ? "" : "order by " + String.join(", ", c.orderBy())));
        }
        fact(
            h,
            "Compress after",
            t.compressAfter() == null ? "no policy"
                : t.compressAfter()
                    + (c.dueChunks() > 0 ? ", " + c.dueChunks() + " due (" + Units.bytes(c.dueBytes()) + ")" : ""));
        fact(h, "Keep", t.retention() == null ? "for ever" : t.retention());
        if (t.tieredChunks() > 0) fact(h, "Tiered", Units.plural(t.tieredChunks(), "chunk"));
        h.raw("</dl>");
        if (!t.chunkList().isEmpty()) {
            h.raw("<details><summary>The biggest chunks</summary>");
            tableStart(h, "Chunk", "From", "To", "State", "#Rows", "#Size");
            for (var k : t.chunkList()) {
                h.raw("<tr>")
                    .element("td class=\"mono\"", k.name())
                    .element("td", k.from())
                    .element("td", k.to())
                    .element("td", k.state());
                number(h, k.rows());
                h.raw("<td class=\"n\" data-v=\"" + k.bytes() + "\">").text(Units.bytes(k.bytes())).raw("</td></tr>");
            }
            tableEnd(h);
            h.raw("</details>");
        } else if (!t.timeline().isEmpty()) {
            h.raw("<details><summary class=\"muted\">The drawing as a table</summary>");
            tableStart(h, "From", "To", "#Chunks", "State", "#Size");
            for (var s : t.timeline()) {
                h.raw("<tr>").element("td", s.from()).element("td", s.to());
                number(h, (long) s.chunks());
                h.element("td", s.state())
                    .raw("<td class=\"n\" data-v=\"" + s.bytes() + "\">")
                    .text(Units.bytes(s.bytes()))
                    .raw("</td></tr>");
            }
            tableEnd(h);
            h.raw("</details>");
        }
        h.raw("</article>");
    }

    private void aggregates(Html h) {
        for (var a : r.aggregates()) {
            h.raw(
                "<article class=\"panel hyper\" id=\"" + Sentences.anchor(a.schema(), a.name())
                    + "\" data-k=\"continuous aggregate\" data-n=\"")
                .text(a.fullName())
                .raw("\"><h3>")
                .text(a.fullName())
                .raw("<span>")
                .text(Units.bytes(a.size().total()) + " · " + Units.plural(a.chunks(), "chunk"))
                .raw("</span></h3>");
            if (a.purpose() != null) h.element("p class=\"muted\"", a.purpose());
            h.raw("<div class=\"flow\" aria-label=\"Where its rows come from\">");
            for (var step : a.chain()) {
                h.raw("<a href=\"#" + anchorOf(step) + "\">")
                    .text(step)
                    .raw("</a><span class=\"arrow\" aria-hidden=\"true\">→</span>");
            }
            h.raw("<span><strong>").text(a.name()).raw("</strong></span></div><dl class=\"facts\">");
            fact(h, "Bucket", a.bucket());
            fact(
                h,
                "Materialized up to",
                a.neverRefreshed() ? "never refreshed" : a.watermark() == null ? null : Units.utc(a.watermark()));
            if (a.lagSeconds() != null) {
                fact(h, "Behind now", a.lagSeconds() < 0 ? "not at all" : Intervals.age(a.lagSeconds()));
            }
            fact(
                h,
                "Newer rows",
                a.realTime() ? "computed while reading (real-time)" : "not shown until the next refresh");
            fact(
                h,
                "Refresh",
                a.refreshJob() == null ? "no policy"
                    : "every " + a.schedule() + ", from "
                        + (a.startOffset() == null ? "the beginning" : a.startOffset() + " ago") + " to "
                        + (a.endOffset() == null ? "now" : a.endOffset() + " ago"));
            if (a.pendingRanges() != null) {
                fact(h, "Waiting changes", a.pendingRanges() == 0 ? "none" : Units.plural(a.pendingRanges(), "range"));
            }
            fact(h, "Compression", a.compressed() ? "on" : "off");
            h.raw("</dl>");
            if (a.definition() != null) {
                h.raw("<details><summary class=\"muted\">Definition</summary><pre tabindex=\"0\">")
                    .text(a.definition().strip())
                    .raw("</pre></details>");
            }
            if (!a.columns().isEmpty()) {
                h.raw("<details><summary class=\"muted\">")
                    .text(
                        Units.plural(a.columns().size(), "column") + ", "
                            + Units.plural(a.indexes().size(), "index").replace("indexs", "indexes"))
                    .raw("</summary>");
                columns(h, a.columns());
                indexTable(h, a.indexes());
                h.raw("</details>");
            }
            h.raw("</article>");
        }
    }

    private static String anchorOf(String fullName) {
        int dot = fullName.indexOf('.');
        return Sentences.anchor(fullName.substring(0, dot), fullName.substring(dot + 1));
    }

    private void jobs(Html h) {
        h.raw("<div class=\"panel scroll\" tabindex=\"0\">");
        tableStart(h, "#Job", "What", "On", "Every", "Last run", "Last success", "#Runs", "#Failed", "Next");
        for (var j : r.jobs()) {
            h.raw("<tr id=\"job-" + j.id() + "\" data-k=\"job\" data-n=\"")
                .text("job " + j.id() + " " + j.kind() + " " + (j.target() == null ? "" : j.target()))
                .raw("\"><td class=\"n\" data-v=\"" + j.id() + "\">")
                .text(j.id())
                .raw("</td><td>")
                .text(j.system() ? j.name().replaceFirst(" \\[\\d+]$", "") : j.kind());
            if (j.system()) h.raw(" <span class=\"tag\">TimescaleDB’s own</span>");
            if (!j.scheduled()) h.raw(" <span class=\"tag warning\">paused</span>");
            h.raw("</td>")
                .element("td", j.target() == null ? "—" : j.target())
                .element("td class=\"nowrap\"", j.schedule())
                .raw("<td>")
                .text(time(j.lastRun()));
            if (j.lastStatus() != null) {
                h.raw(" <span class=\"tag " + ("Failed".equals(j.lastStatus()) ? "bad" : "good") + "\">")
                    .text(j.lastStatus())
                    .raw("</span>");
            }
            if (j.lastError() != null) h.raw("<br><span class=\"muted\">").text(j.lastError()).raw("</span>");
            h.raw("</td>").element("td", time(j.lastSuccess()));
            number(h, j.runs());
            number(h, j.failures());
            h.element("td", time(j.nextStart())).raw("</tr>");
        }
        tableEnd(h);
        h.raw("</div>");
    }

    // ---- structure

    private void relations(Html h) {
        h.raw(
            "<p class=\"lead\">Lines go from the referencing to the referenced table; dashed ones from a continuous "
                + "aggregate to its source. ")
            .text(
                graph.alone() == 0 ? ""
                    : Units.plural(graph.alone(), "table") + " without any relation "
                        + (graph.alone() == 1 ? "is" : "are") + " not drawn. ")
            .raw("Every box is a link.</p>");
        var clusters = graph.clusters();
        for (var c : clusters.subList(0, Math.min(RelationGraph.DRAWINGS, clusters.size()))) {
            if (clusters.size() > 1) h.element("h3", c.title());
            h.raw("<div class=\"er-wrap\" tabindex=\"0\" role=\"region\" aria-label=\"")
                .text("Diagram: " + c.title())
                .raw("\">")
                .raw(RelationDrawing.svg(c))
                .raw("</div>");
        }
        if (clusters.size() > RelationGraph.DRAWINGS) {
            h.element(
                "p class=\"muted\"",
                (clusters.size() - RelationGraph.DRAWINGS)
                    + " more groups are not drawn; run with --schema to draw a part of the database.");
        }
    }

    private void tables(Html h) {
        if (r.tables().isEmpty()) {
            h.element("p", "0 tables.");
            return;
        }
        if (r.tables().size() > 1) {
            h.raw(
                "<p class=\"js-only\"><button class=\"theme js-only\" type=\"button\" data-all>Open all</button></p>");
        }
        String schema = null;
        boolean several = r.tables().stream().map(Relation::schema).distinct().count() > 1;
        for (var t : r.tables()) {
            if (several && !t.schema().equals(schema)) {
                schema = t.schema();
                var facts = r.schemas().stream().filter(s -> s.name().equals(t.schema())).findFirst();
                h.raw("<h3 class=\"schema\">").text("Schema " + schema).raw("</h3>");
                facts.map(Report.SchemaFacts::purpose).ifPresent(p -> h.element("p class=\"muted\"", p));
            }
            table(h, t);
        }
    }

    private void table(Html h, Relation t) {
        h.raw("<details class=\"t\" id=\"" + Sentences.anchor(t.schema(), t.name()) + "\" data-k=\"")
            .text(t.kind())
            .raw("\" data-n=\"")
            .text(t.fullName())
            .raw("\"><summary><span class=\"grow\"><strong>")
            .text(t.name())
            .raw("</strong>");
        if (!t.kind().equals("table")) {
            h.raw(" <span class=\"tag" + (t.kind().equals("hypertable") ? " ht" : "") + "\">")
                .text(t.kind())
                .raw("</span>");
        }
        for (var l : t.labels()) h.raw(" ").element("span class=\"tag\"", l);
        if (t.purpose() != null) h.raw("<small>").text(ShortText.cut(t.purpose(), 140)).raw("</small>");
        h.raw("</span><span class=\"num opt\">")
            .text(t.rows() == null ? "" : Units.plural(t.rows(), "row"))
            .raw("</span><span class=\"num\">")
            .text((t.size().exact() ? "" : "~") + Units.bytes(t.size().total()))
            .raw("</span></summary><div class=\"in\">");
        if (t.purpose() != null) h.element("p", t.purpose());
        if (t.comment() != null && !t.comment().equals(t.purpose())) {
            h.raw("<p class=\"muted\">Comment in the database: ").text(t.comment()).raw("</p>");
        }
        if (rich) {
            tableFacts(h, t);
            columns(h, t.columns());
        } else {
            h.raw("<pre tabindex=\"0\">").text(compact(t)).raw("</pre>");
        }
        if (!t.foreignKeys().isEmpty()) {
            h.raw("<h3>Refers to</h3><ul>");
            for (var k : t.foreignKeys()) {
                h.raw("<li><code>")
                    .text(String.join(", ", k.columns()))
                    .raw("</code> → <a href=\"#" + Sentences.anchor(k.toSchema(), k.toTable()) + "\">")
                    .text(k.target())
                    .raw("</a> <code>")
                    .text(String.join(", ", k.toColumns()))
                    .raw("</code>")
                    .text(Sentences.foreignKey(k));
                if (!k.valid()) h.raw(" <span class=\"tag warning\">not validated</span>");
                h.raw("</li>");
            }
            h.raw("</ul>");
        }
        var details = Sentences.details(t);
        if (!details.isEmpty()) {
            h.raw("<h3>More</h3><ul>");
            details.forEach(line -> h.element("li", line));
            h.raw("</ul>");
        }
        if (rich) {
            if (!t.constraints().isEmpty()) {
                h.raw("<h3>Keys and checks</h3><ul>");
                for (var c : t.constraints()) {
                    h.raw("<li>")
                        .text(c.kind())
                        .raw(" <code>")
                        .text(c.name())
                        .raw("</code>: <code>")
                        .text(c.definition())
                        .raw("</code>")
                        .raw(c.valid() ? "" : " <span class=\"tag warning\">not validated</span>")
                        .raw("</li>");
                }
                h.raw("</ul>");
            }
            if (!t.indexes().isEmpty()) {
                h.raw("<h3>Indexes</h3>");
                indexTable(h, t.indexes());
            }
            if (!t.triggers().isEmpty()) {
                h.raw("<h3>Triggers</h3><ul>");
                for (var g : t.triggers()) {
                    item(h, "trigger", g.name() + " on " + t.fullName()).raw("<code>")
                        .text(g.name())
                        .raw("</code>")
                        .text(g.enabled() ? "" : " (off)")
                        .raw(": <code>")
                        .text(g.definition())
                        .raw("</code></li>");
                }
                h.raw("</ul>");
            }
        }
        h.raw("</div></details>\n");
    }

    private void tableFacts(Html h, Relation t) {
        h.raw("<dl class=\"kv\">");
        kv(h, "Kind", Sentences.kind(t));
        kv(h, "Owner", t.owner());
        kv(
            h,
            "Size",
            (t.size().exact() ? "" : "about ") + Units.bytes(t.size().total()) + ": rows "
                + Units.bytes(t.size().heap()) + ", indexes "
                + Units.bytes(t.size().index())
                + (t.size().toast() > 0 ? ", long values " + Units.bytes(t.size().toast()) : ""));
        kv(h, "Rows", t.rows() == null ? "never analyzed" : "about " + Units.count(t.rows()));
        var u = t.use();
        if (u != null && u.inserted() != null) {
            kv(
                h,
                "Use",
                Units.plural(u.sequentialScans() == null ? 0 : u.sequentialScans(), "sequential scan")
                    + (u.indexScans() == null ? "" : ", " + Units.plural(u.indexScans(), "index scan")) + "; inserted "
                    + Units.count(u.inserted()) + ", updated " + Units.count(u.updated()) + ", deleted "
                    + Units.count(u.deleted()));
            kv(
                h,
                "Maintenance",
                "last vacuum " + (u.lastVacuum() == null ? "never" : Units.utc(u.lastVacuum())) + ", last analyze "
                    + (u.lastAnalyze() == null ? "never" : Units.utc(u.lastAnalyze()))
                    + (u.dead() != null && u.dead() > 0 ? ", " + Units.plural(u.dead(), "dead row") : ""));
        }
        h.raw("</dl>");
    }

    private static String compact(Relation t) {
        int name = Math.min(32, t.columns().stream().mapToInt(c -> c.name().length()).max().orElse(0));
        int type = Math.min(28, t.columns().stream().mapToInt(c -> c.type().length()).max().orElse(0));
        var text = new StringBuilder();
        for (var c : t.columns()) {
            text.append(
                ("%-" + Math.max(1, name) + "s  %-" + Math.max(1, type) + "s").formatted(c.name(), c.type())
                    .stripTrailing())
                .append(c.nullable() ? "" : "  not null")
                .append(c.comment() == null ? "" : "  -- " + c.comment().replaceAll("\\s+", " "))
                .append('\n');
        }
        for (var c : t.constraints()) {
            text.append('\n').append(c.kind()).append(' ').append(c.name()).append(": ").append(c.definition());
        }
        for (var i : t.indexes()) {
            text.append("\nindex ")
                .append(i.name())
                .append(" (")
                .append(Sentences.index(i))
                .append("), ")
                .append(Units.bytes(i.bytes()))
                .append(", ")
                .append(i.scans() == null ? "?" : Units.count(i.scans()))
                .append(" scans");
        }
        return text.toString();
    }

    private void columns(Html h, List<Column> columns) {
        if (columns.isEmpty()) return;
        boolean comments = columns.stream().anyMatch(c -> c.comment() != null),
            defaults = columns.stream().anyMatch(c -> c.defaultValue() != null || c.generated() != null);
        h.raw("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>Column</th><th>Type</th><th>Null</th>")
            .raw(defaults ? "<th>Default</th>" : "")
            .raw(comments ? "<th>About</th>" : "")
            .raw("</tr></thead><tbody>");
        for (var c : columns) {
            h.raw("<tr>")
                .element("td class=\"mono\"", c.name())
                .element("td class=\"mono\"", c.type())
                .element(
                    "td",
                    c.nullable() ? "yes" : "");
            if (defaults) h.element("td class=\"mono\"", c.generated() != null ? c.generated() : c.defaultValue());
            if (comments) h.element("td", c.comment());
            h.raw("</tr>");
        }
        h.raw("</tbody></table></div>");
    }

    private void indexTable(Html h, List<Index> indexes) {
        if (indexes.isEmpty()) return;
        h.raw(
            "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>Index</th><th>On</th><th>Kind</th><th "
                + "class=\"n\">Size</th><th class=\"n\">Scans</th></tr></thead><tbody>");
        for (var i : indexes) {
            h.raw("<tr>")
                .element("td class=\"mono\"", i.name())
                .element("td class=\"mono\"", Sentences.index(i))
                .element("td", Sentences.indexKind(i))
                .element("td class=\"n\"", Units.bytes(i.bytes()))
                .element("td class=\"n\"", i.scans() == null ? "—" : Units.count(i.scans()))
                .raw("</tr>");
        }
        h.raw("</tbody></table></div>");
    }

    private void views(Html h) {
        for (var v : r.views()) {
            h.raw("<details class=\"t\" id=\"" + Sentences.anchor(v.schema(), v.name()) + "\" data-k=\"")
                .text(v.kind())
                .raw("\" data-n=\"")
                .text(v.fullName())
                .raw("\"><summary><span class=\"grow\"><strong>")
                .text(v.fullName())
                .raw("</strong>")
                .raw(v.kind().equals("view") ? "" : " <span class=\"tag\">materialized</span>");
            if (v.purpose() != null) h.raw("<small>").text(ShortText.cut(v.purpose(), 140)).raw("</small>");
            h.raw("</span><span class=\"num\">")
                .text(v.bytes() == null ? "" : Units.bytes(v.bytes()))
                .raw("</span></summary><div class=\"in\">");
            if (v.purpose() != null) h.element("p", v.purpose());
            columns(h, v.columns());
            indexTable(h, v.indexes());
            if (v.definition() != null) h.raw("<pre tabindex=\"0\">").text(v.definition().strip()).raw("</pre>");
            h.raw("</div></details>\n");
        }
    }

    private void objects(Html h) {
        if (!r.functions().isEmpty()) {
            h.raw("<h3>Functions</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "Function", "Returns", "Language", "About");
            for (var f : r.functions()) {
                row(h, f.kind(), f.schema() + "." + f.name() + "(" + f.arguments() + ")")
                    .raw("<td class=\"mono w\">")
                    .text(f.schema() + "." + f.name() + "(" + f.arguments() + ")");
                if (f.body() != null) {
                    h.raw("<details><summary>Source</summary><pre tabindex=\"0\">")
                        .text(f.body())
                        .raw("</pre></details>");
                }
                h.raw("</td>")
                    .element("td class=\"mono\"", f.returns())
                    .element(
                        "td",
                        f.language() + ", " + f.volatility() + (f.securityDefiner() ? ", security definer" : ""))
                    .element("td", f.comment())
                    .raw("</tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
        if (!r.types().isEmpty()) {
            h.raw("<h3>Types</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "Type", "Kind", "Definition", "About");
            for (var t : r.types()) {
                row(h, t.kind(), t.schema() + "." + t.name())
                    .element("td class=\"mono\"", t.schema() + "." + t.name())
                    .element("td", t.kind())
                    .element("td class=\"mono w\"", t.definition())
                    .element("td", t.comment())
                    .raw("</tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
        if (!r.sequences().isEmpty()) {
            h.raw("<h3>Sequences</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "Sequence", "Feeds", "Type", "#Stands at", "#Ends at", "#Used");
            for (var s : r.sequences()) {
                row(h, "sequence", s.schema() + "." + s.name())
                    .element("td class=\"mono\"", s.schema() + "." + s.name())
                    .element("td class=\"mono\"", s.ownedBy())
                    .element("td", s.type());
                number(h, s.lastValue());
                number(h, s.limit());
                h.raw("<td class=\"n\" data-v=\"" + (s.usedPercent() == null ? -1 : s.usedPercent()) + "\">")
                    .text(s.usedPercent() == null ? "—" : s.usedPercent() + " %")
                    .raw("</td></tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
    }

    private record Placed(Relation table, Index index) {}

    private void indexes(Html h) {
        var all = new ArrayList<Placed>();
        r.tables().forEach(t -> t.indexes().forEach(i -> all.add(new Placed(t, i))));
        if (all.isEmpty()) {
            h.element("p", "No indexes.");
            return;
        }
        all.sort(
            Comparator.comparingLong((Placed p) -> -p.index().bytes())
                .thenComparing(p -> p.table().fullName())
                .thenComparing(p -> p.index().name()));
        int most = 200;
        h.raw("<p class=\"lead\">On hypertables the scans and sizes of all chunks are summed up.")
            .text(
                r.server().statisticsSince() == null ? ""
                    : " Scans are counted since " + Units.utc(r.server().statisticsSince()) + ".")
            .text(all.size() > most ? " The " + most + " biggest of " + Units.count(all.size()) + "." : "")
            .raw("</p><div class=\"panel scroll\" tabindex=\"0\">");
        tableStart(h, "Index", "Table", "On", "Kind", "#Scans", "#Size");
        for (var p : all.subList(0, Math.min(most, all.size()))) {
            h.raw("<tr>").element("td class=\"mono\"", p.index().name());
            link(h, p.table().schema(), p.table().name());
            h.element("td class=\"mono\"", Sentences.index(p.index())).element("td", Sentences.indexKind(p.index()));
            number(h, p.index().scans());
            h.raw("<td class=\"n\" data-v=\"" + p.index().bytes() + "\">")
                .text(Units.bytes(p.index().bytes()))
                .raw("</td></tr>");
        }
        tableEnd(h);
        h.raw("</div>");
    }

    // ---- the server

    private void performance(Html h) {
        var p = r.performance();
        h.raw("<div class=\"panel\"><ul>");
        for (var line : Sentences.performance(r)) h.element("li", line);
        h.raw("</ul></div>");
        if (!r.tables().isEmpty()) {
            var biggest = r.tables()
                .stream()
                .sorted(Comparator.comparingLong((Relation t) -> -t.size().total()).thenComparing(Relation::fullName))
                .limit(30)
                .toList();
            h.raw("<h3>Biggest tables</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(
                h,
                "Table",
                "#Size",
                "#Rows",
                "#Heap",
                "#Indexes",
                "#Dead rows",
                "#Free",
                "Last vacuum",
                "Last analyze");
            for (var t : biggest) {
                var u = t.use();
                h.raw("<tr>");
                link(h, t.schema(), t.name());
                bytes(h, t.size());
                number(h, t.rows());
                h.raw("<td class=\"n\" data-v=\"" + t.size().heap() + "\">")
                    .text(Units.bytes(t.size().heap()))
                    .raw("</td><td class=\"n\" data-v=\"" + t.size().index() + "\">")
                    .text(Units.bytes(t.size().index()))
                    .raw("</td>");
                number(h, u == null ? null : u.dead());
                h.element(
                    "td class=\"n\"",
                    u == null || u.bloat() == null ? "—" : "~" + ShortText.number(100 * u.bloat()) + " %")
                    .element("td", u == null ? "—" : time(u.lastVacuum()))
                    .element("td", u == null ? "—" : time(u.lastAnalyze()))
                    .raw("</tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
        if (!p.slowQueries().isEmpty()) {
            h.raw("<h3>Queries that take most time</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "Query", "#Calls", "#Mean ms", "#Total ms", "#Rows");
            for (var q : p.slowQueries()) {
                h.raw("<tr>").element("td class=\"mono w\"", q.query());
                number(h, q.calls());
                h.raw("<td class=\"n\" data-v=\"" + q.meanMillis() + "\">")
                    .text(q.meanMillis())
                    .raw("</td><td class=\"n\" data-v=\"" + q.totalMillis() + "\">")
                    .text(ShortText.number(q.totalMillis()))
                    .raw("</td>");
                number(h, q.rows());
                h.raw("</tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
        if (!p.longTransactions().isEmpty()) {
            h.raw("<h3>Open transactions</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "#Pid", "User", "State", "#Open", "Query");
            for (var t : p.longTransactions()) {
                h.raw("<tr>")
                    .element("td class=\"n\"", t.pid())
                    .element("td", t.user())
                    .element("td", t.state())
                    .raw("<td class=\"n\" data-v=\"" + t.seconds() + "\">")
                    .text(Intervals.age(t.seconds()))
                    .raw("</td>")
                    .element("td class=\"mono w\"", t.query())
                    .raw("</tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
        if (!p.blocked().isEmpty()) {
            h.raw("<h3>Waiting for locks</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "#Pid", "Blocked by", "#Waits", "On", "Query");
            for (var b : p.blocked()) {
                h.raw("<tr>")
                    .element("td class=\"n\"", b.pid())
                    .element("td", b.by())
                    .raw("<td class=\"n\" data-v=\"" + b.seconds() + "\">")
                    .text(Intervals.age(b.seconds()))
                    .raw("</td>")
                    .element("td", b.relation())
                    .element("td class=\"mono w\"", b.query())
                    .raw("</tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
        if (!p.settings().isEmpty()) {
            h.raw(
                "<details class=\"t\" id=\"settings\" data-k=\"settings\" data-n=\"settings\"><summary><span "
                    + "class=\"grow\"><strong>Settings</strong><small>those that were changed, and those that "
                    + "matter for the rules</small></span><span class=\"num\">")
                .text(p.settings().size())
                .raw("</span></summary><div class=\"in\"><div class=\"scroll\" tabindex=\"0\">");
            tableStart(h, "Setting", "Value", "From");
            for (var s : p.settings()) {
                h.raw("<tr>")
                    .element("td class=\"mono\"", s.name())
                    .element("td class=\"mono\"", Sentences.setting(s))
                    .element("td", s.source())
                    .raw("</tr>");
            }
            tableEnd(h);
            h.raw("</div></div></details>");
        }
    }

    private void access(Html h) {
        if (!r.schemas().isEmpty()) {
            h.raw("<h3>Schemas</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "Schema", "Owner", "#Tables", "#Views", "#Functions", "#Size", "About");
            for (var s : r.schemas()) {
                h.raw("<tr>").element("td class=\"mono\"", s.name()).element("td", s.owner());
                number(h, (long) s.tables());
                number(h, (long) s.views());
                number(h, (long) s.functions());
                h.raw("<td class=\"n\" data-v=\"" + s.bytes() + "\">")
                    .text(Units.bytes(s.bytes()))
                    .raw("</td>")
                    .element("td", s.purpose())
                    .raw("</tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
        h.raw("<h3>Extensions</h3><div class=\"panel scroll\" tabindex=\"0\">");
        tableStart(h, "Extension", "Version", "Schema", "About");
        for (var e : r.extensions()) {
            row(h, "extension", e.name()).element("td class=\"mono\"", e.name()).raw("<td>").text(e.version());
            if (e.available() != null && !e.available().equals(e.version())) {
                h.raw(" <span class=\"tag note\">").text(e.available() + " offered").raw("</span>");
            }
            h.raw("</td>").element("td", e.schema()).element("td", e.comment()).raw("</tr>");
        }
        tableEnd(h);
        h.raw("</div><h3>Roles</h3><div class=\"panel scroll\" tabindex=\"0\">");
        tableStart(h, "Role", "May", "Member of", "About");
        for (var x : r.roles()) {
            row(h, "role", x.name())
                .element("td class=\"mono\"", x.name())
                .element("td", Sentences.role(x))
                .element("td", String.join(", ", x.memberOf()))
                .element("td", x.comment())
                .raw("</tr>");
        }
        tableEnd(h);
        h.raw("</div>");
        if (!r.grants().isEmpty()) {
            h.raw("<h3>Grants</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "Role", "Schema", "Privileges", "#On");
            for (var g : r.grants()) {
                h.raw("<tr>")
                    .element("td class=\"mono\"", g.role())
                    .element("td", g.schema())
                    .element("td", g.privileges().toLowerCase(Locale.ROOT))
                    .raw("<td class=\"n\" data-v=\"" + g.objects() + "\">")
                    .text(Units.plural(g.objects(), "relation"))
                    .raw("</td></tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
        if (r.databases().size() > 1) {
            h.raw("<h3>Databases of this server</h3><div class=\"panel scroll\" tabindex=\"0\">");
            tableStart(h, "Database", "Owner", "#Size");
            for (var d : r.databases()) {
                h.raw("<tr>")
                    .element("td class=\"mono\"", d.name())
                    .element("td", d.owner())
                    .raw("<td class=\"n\" data-v=\"" + (d.bytes() == null ? -1 : d.bytes()) + "\">")
                    .text(d.bytes() == null ? "not seen" : Units.bytes(d.bytes()))
                    .raw("</td></tr>");
            }
            tableEnd(h);
            h.raw("</div>");
        }
    }

    private void notSeen(Html h) {
        h.raw(
            "<p class=\"lead\">What is missing here is neither good nor bad, it is unknown. The last column would "
                + "show it.</p><div class=\"panel scroll\" "
                + "tabindex=\"0\"><table><thead><tr><th>What</th><th>Why</th><th>What would show "
                + "it</th></tr></thead><tbody>");
        for (var n : r.notSeen()) {
            h.raw("<tr>")
                .element("td class=\"w\"", n.what())
                .raw("<td>")
                .text(n.why())
                .text(n.sqlState() == null ? "" : " (" + n.sqlState() + ")")
                .raw("</td>")
                .element("td class=\"mono\"", n.cure())
                .raw("</tr>");
        }
        h.raw("</tbody></table></div>");
    }

    private void rules(Html h) {
        h.raw("<p class=\"lead\">Rule set <code>")
            .text(r.health().ruleSet())
            .raw(
                "</code>: two scores compare only where it is the same. A rule takes at most its limit; "
                    + "<code>explore.java explain RULE-ID</code> tells more.</p><div class=\"panel scroll\" "
                    + "tabindex=\"0\">");
        tableStart(h, "Rule", "Asks", "Category", "Outcome", "#Points", "#Limit");
        for (var o : r.health().rules()) {
            h.raw("<tr id=\"rule-" + o.rule() + "\" data-k=\"rule\" data-n=\"")
                .text(o.rule() + " " + o.title())
                .raw("\"><td class=\"mono nowrap\">")
                .text(o.rule())
                .raw("</td>")
                .element("td", o.title())
                .element("td", o.category())
                .raw("<td><span class=\"tag " + (o.outcome().equals("n/a") ? "" : o.outcome()) + "\">")
                .text(o.outcome().toLowerCase(Locale.ROOT))
                .raw("</span> ")
                .raw("<span class=\"muted\">")
                .text(o.reason())
                .raw("</span></td><td class=\"n\" data-v=\"" + o.counted() + "\">")
                .text(o.counted() == 0 ? "0" : "−" + o.counted())
                .text(o.counted() < o.sum() ? " of " + o.sum() : "")
                .raw("</td><td class=\"n\" data-v=\"" + o.limit() + "\">")
                .text(ShortText.number(o.limit()))
                .raw("</td></tr>");
        }
        tableEnd(h);
        h.raw("</div>");
    }

    private void history(Html h) {
        h.raw("<div class=\"panel\">");
        for (var line : Sentences.history(r.history())) h.element("p", line);
        for (var curve : HistoryDrawing.of(r.history())) {
            h.raw("<figure><figcaption>").text(curve.title()).raw("</figcaption>").raw(curve.svg()).raw("</figure>");
        }
        h.raw("</div>");
    }

    private void others(Html h) {
        h.raw("<div class=\"panel\"><ul>");
        for (var o : Sentences.others(r)) item(h, o.kind(), o.name()).text(o.text()).raw("</li>");
        h.raw("</ul></div>");
    }

    // ---- small parts

    /** A row that the search finds. */
    private Html row(Html h, String kind, String name) {
        return h.raw("<tr id=\"o-" + ++found + "\" data-k=\"").text(kind).raw("\" data-n=\"").text(name).raw("\">");
    }

    private Html item(Html h, String kind, String name) {
        return h.raw("<li id=\"o-" + ++found + "\" data-k=\"").text(kind).raw("\" data-n=\"").text(name).raw("\">");
    }

    /** A sortable table; a column whose name starts with # holds numbers. */
    private static void tableStart(Html h, String... columns) {
        h.raw("<table class=\"sort\"><thead><tr>");
        for (var c : columns) {
            h.element(
                c.startsWith("#") ? "th class=\"n\" scope=\"col\"" : "th scope=\"col\"",
                c.startsWith("#") ? c.substring(1) : c);
        }
        h.raw("</tr></thead><tbody>");
    }

    private static void tableEnd(Html h) {
        h.raw("</tbody></table>");
    }

    private static void link(Html h, String schema, String name) {
        h.raw("<td class=\"mono\"><a href=\"#" + Sentences.anchor(schema, name) + "\">")
            .text(schema + "." + name)
            .raw("</a></td>");
    }

    private static void number(Html h, Long value) {
        h.raw("<td class=\"n\" data-v=\"" + (value == null ? -1 : value) + "\">")
            .text(value == null ? "—" : Units.count(value))
            .raw("</td>");
    }

    private static void bytes(Html h, Report.Size size) {
        h.raw("<td class=\"n\" data-v=\"" + size.total() + "\">")
            .text((size.exact() ? "" : "~") + Units.bytes(size.total()))
            .raw("</td>");
    }

    private static void kv(Html h, String name, String value) {
        h.element("dt", name).element("dd", value);
    }

    private static void fact(Html h, String name, String value) {
        if (value != null) h.raw("<div>").element("dt", name).element("dd", value).raw("</div>");
    }

    private static String time(Instant t) {
        return t == null ? "—" : Units.utc(t).replace(" UTC", "");
    }

    private static String day(Instant t, String point) {
        return t != null ? t.toString().substring(0, 10) : point == null ? "" : point;
    }
}
