//SOURCES ../Units.java CommentText.java Intervals.java Report.java ShortText.java
package lib.explore;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import lib.Units;
import lib.explore.Report.Health;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;

/** Sentences and short forms for people: plain text. */
final class Sentences {
    private Sentences() {}

    /** What this database is, in two or three sentences for somebody who opens it for the first time. */
    static String summary(Report r) {
        if (r.tables().isEmpty() && r.aggregates().isEmpty()) return "This database holds no tables.";
        var text = new StringBuilder();
        var biggest = r.tables()
            .stream()
            .max(Comparator.comparingLong((Relation t) -> t.size().total()).thenComparing(Relation::fullName))
            .orElse(null);
        if (!r.hypertables().isEmpty()) {
            var oldest = r.hypertables()
                .stream()
                .map(Report.Hypertable::oldest)
                .filter(Objects::nonNull)
                .min(Comparator.naturalOrder())
                .orElse(null);
            int chunks = r.hypertables().stream().mapToInt(Report.Hypertable::chunks).sum();
            int compressed = r.hypertables().stream().mapToInt(h -> h.compression().compressedChunks()).sum();
            text.append(
                r.hypertables().size() == 1 ? "Keeps one time series"
                    : "Keeps " + Units.count(r.hypertables().size()) + " time series");
            if (oldest != null) text.append(" since ").append(oldest.toString(), 0, 10);
            text.append(", in ")
                .append(Units.plural(chunks, "chunk"))
                .append(compressed == 0 ? "" : ", " + Units.count(compressed) + " of them compressed")
                .append('.');
            int plain = r.tables().size() - r.hypertables().size();
            if (plain > 0) {
                text.append(' ')
                    .append(Units.plural(plain, "other table"))
                    .append(plain == 1 ? " stands" : " stand")
                    .append(" beside ")
                    .append(r.hypertables().size() == 1 ? "it." : "them.");
            }
        } else {
            text.append("Keeps ").append(Units.plural(r.tables().size(), "table")).append('.');
        }
        if (biggest != null && biggest.size().total() > 0) {
            text.append(" The biggest is ")
                .append(biggest.fullName())
                .append(" with ")
                .append(Units.bytes(biggest.size().total()))
                .append(biggest.rows() == null ? "." : " and about " + Units.plural(biggest.rows(), "row") + ".");
        }
        return text.toString();
    }

    static String kind(Relation t) {
        return switch (t.kind()) {
            case "hypertable" -> "hypertable, " + Units.plural(t.partitions(), "chunk");
            case "partitioned table" ->
                "partitioned by " + t.partitionKey() + ", " + Units.plural(t.partitions(), "partition");
            default -> t.unlogged() ? "unlogged table" : t.kind();
        };
    }

    static String coverage(Health h) {
        long skipped = h.rules().stream().filter(o -> o.outcome().equals("SKIPPED")).count();
        return ShortText.number(100 * h.coverage()) + " % of the rules' weight could be judged"
            + (skipped == 0 ? "." : "; " + Units.plural(skipped, "rule") + " could not.");
    }

    static String arithmetic(Health h) {
        return "100 − " + one(h.deducted()) + " = " + one(100 - h.deducted())
            + (h.score() == null ? "" : ", rounded " + h.score() + ", grade " + h.grade())
            + (h.findings().stream().anyMatch(f -> f.severity().equals("critical") && f.silenced() == null)
                ? " (a critical finding keeps the grade at C or below)"
                : "")
            + ".";
    }

    /** Where the sum of the findings' points and what was deducted differ. */
    static List<String> limited(Health h) {
        var lines = new ArrayList<String>();
        h.rules()
            .stream()
            .filter(o -> o.counted() < o.sum())
            .forEach(
                o -> lines.add(
                    "Rule " + o.rule() + " takes " + one(o.counted()) + " of its " + one(o.sum())
                        + " points: its limit."));
        h.categories()
            .stream()
            .filter(c -> c.deducted() < c.sum())
            .forEach(
                c -> lines.add(c.name() + " takes " + one(c.deducted()) + " of " + one(c.sum()) + " points: its cap."));
        return lines;
    }

    static String one(double points) {
        return String.format(Locale.ROOT, "%.1f", points);
    }

    /**
     * All that CREATE INDEX says after its method: keys with operator classes and collations, included columns,
     * condition.
     */
    static String index(Index i) {
        var using = " USING " + i.method() + " ";
        if (i.definition() != null && i.definition().contains(using)) {
            return i.definition().substring(i.definition().indexOf(using) + using.length());
        }
        return String.join(", ", i.keys()) + (i.include().isEmpty() ? "" : " include " + String.join(", ", i.include()))
            + (i.predicate() == null ? "" : " where " + i.predicate());
    }

    /** ", on delete cascade, deferrable": what a foreign key does beyond pointing. */
    static String foreignKey(Report.ForeignKey k) {
        return (k.onDelete() == null ? "" : ", on delete " + k.onDelete())
            + (k.onUpdate() == null ? "" : ", on update " + k.onUpdate())
            + (k.match() == null ? "" : ", match " + k.match())
            + (k.deferrable() == null ? "" : ", " + k.deferrable());
    }

    /** What few tables have; one line each. */
    static List<String> details(Relation t) {
        var lines = new ArrayList<String>();
        var d = t.details();
        if (d == null) return lines;
        if (d.ofType() != null) lines.add("A table of the type " + d.ofType());
        if (!d.inherits().isEmpty()) lines.add("Inherits from " + String.join(", ", d.inherits()));
        if (d.children() > 0) lines.add(Units.plural(d.children(), "table") + " inherit from it");
        for (var p : d.partitions()) lines.add("Partition " + p.name() + (p.bounds() == null ? "" : " " + p.bounds()));
        if (d.rowSecurity() != null) lines.add("Row security is " + d.rowSecurity());
        for (var p : d.policies()) lines.add(policy(p));
        for (var rule : d.rules()) lines.add("Rule " + rule.name() + ": " + rule.definition() + about(rule.comment()));
        for (var s : d.statistics()) lines.add("Statistics " + s.name() + ": " + s.definition() + about(s.comment()));
        if (!d.options().isEmpty()) lines.add("Options: " + String.join(", ", d.options()));
        if (d.replicaIdentity() != null) lines.add("Replica identity: " + d.replicaIdentity());
        if (d.foreignServer() != null) {
            lines.add(
                "On the foreign server " + d.foreignServer()
                    + (d.foreignOptions().isEmpty() ? "" : ": " + String.join(", ", d.foreignOptions())));
        }
        for (var i : d.partitionIndexes()) {
            lines.add(
                Units.plural(i.partitions(), "partition") + " have an index " + i.method() + " ("
                    + String.join(", ", i.keys()) + ") of their own");
        }
        return lines;
    }

    private static String about(String comment) {
        return comment == null ? "" : "; " + comment;
    }

    private static String policy(Report.Policy p) {
        return "Policy " + p.name() + " for " + p.command() + (p.permissive() ? "" : ", restrictive")
            + (p.roles().isEmpty() ? "" : ", to " + String.join(", ", p.roles()))
            + (p.using() == null ? "" : ", using " + p.using())
            + (p.check() == null ? "" : ", with check " + p.check());
    }

    static String indexKind(Index i) {
        return i.method() + (i.primary() ? ", primary key" : "") + (i.unique() && !i.primary() ? ", unique" : "")
            + (i.valid() ? "" : ", invalid")
            + (i.chunkIndexes() > 0 ? ", on " + Units.plural(i.chunkIndexes(), "chunk") : "");
    }

    static String role(Report.Role r) {
        var may = new ArrayList<String>();
        if (r.superuser()) may.add("superuser");
        if (r.login()) may.add("log in");
        if (r.createDatabase()) may.add("create databases");
        if (r.createRole()) may.add("create roles");
        if (r.replication()) may.add("replicate");
        if (r.bypassRls()) may.add("bypass row security");
        if (r.connectionLimit() != null) may.add("at most " + Units.plural(r.connectionLimit(), "connection"));
        return may.isEmpty() ? "a group" : String.join(", ", may);
    }

    static String setting(Report.Setting s) {
        if (s.unit() == null || !s.value().matches("-?\\d+")) return s.value();
        long value = Long.parseLong(s.value());
        if (value < 0) return s.value();
        return switch (s.unit()) {
            case "8kB" -> Units.bytes(value * 8192);
            case "kB" -> Units.bytes(value * 1024);
            case "MB" -> Units.bytes(value * 1048576);
            case "B" -> Units.bytes(value);
            default -> s.value() + " " + s.unit();
        };
    }

    static List<String> performance(Report r) {
        var p = r.performance();
        var facts = new ArrayList<String>();
        if (r.server().startedAt() != null) {
            facts.add(
                "The server runs since " + Units.utc(r.server().startedAt())
                    + (r.server().statisticsSince() == null ? ""
                        : "; its statistics count since " + Units.utc(r.server().statisticsSince())));
        }
        if (p.cacheHitPercent() != null) {
            facts.add(
                ShortText.number(p.cacheHitPercent()) + " % of the reads of tables came from PostgreSQL's memory ("
                    + (p.memoryBytes() == null ? "size unknown" : Units.bytes(p.memoryBytes())) + ")");
        }
        if (p.connections() != null) {
            facts.add(
                Units.plural(p.connections().total(), "other connection")
                    + (p.connections().max() == null ? "" : " of at most " + p.connections().max()) + ": "
                    + p.connections().active() + " active, "
                    + p.connections().idle() + " idle, " + p.connections().idleInTransaction()
                    + " idle in a transaction");
        }
        if (p.wraparound() != null) {
            facts.add(
                ShortText.number(p.wraparound().percent())
                    + " % of the transaction numbers are used since the last freeze");
        }
        if (p.deadlocks() != null && p.deadlocks() > 0) {
            facts.add(Units.plural(p.deadlocks(), "deadlock") + " since the statistics began");
        }
        facts.add(
            p.longTransactions().isEmpty() ? "No transaction of others is open for more than a minute"
                : Units.plural(p.longTransactions().size(), "transaction") + " open for more than a minute");
        facts.add(
            p.blocked().isEmpty() ? "Nobody waits for a lock"
                : Units.plural(p.blocked().size(), "session") + " waiting for a lock");
        for (var s : p.slots()) {
            facts.add(
                "Replication slot " + s.name() + ": " + (s.active() ? "active" : "not active")
                    + (s.retainedBytes() == null ? "" : ", keeps " + Units.bytes(s.retainedBytes()) + " of log"));
        }
        facts.add(
            p.slowQueriesFrom() == null
                ? "The extension pg_stat_statements would show which queries take most time; it is not installed"
                : "Queries from " + p.slowQueriesFrom());
        return facts;
    }

    static List<String> changes(Report r) {
        var c = r.changes();
        var lines = new ArrayList<String>();
        if (c == null) return lines;
        if (c.scoreBefore() != null && r.health().score() != null) {
            lines.add(
                c.scoreBefore().equals(r.health().score()) ? "The score is still " + r.health().score()
                    : "The score went from " + c.scoreBefore() + " to " + r.health().score());
        }
        c.newFindings().forEach(x -> lines.add("New finding: " + x));
        c.solvedFindings().forEach(x -> lines.add("Solved: " + x));
        c.added().forEach(x -> lines.add("Added: " + x));
        c.removed().forEach(x -> lines.add("Gone: " + x));
        c.altered().forEach(x -> lines.add("Altered: " + x));
        c.growth()
            .forEach(
                g -> lines.add(
                    g.object() + " grew from " + Units.bytes(g.before()) + " to " + Units.bytes(g.now())
                        + (g.perDay() > 0 ? ", " + Units.bytes(Math.round(g.perDay())) + " a day" : "")));
        lines.addAll(c.limits());
        if (lines.isEmpty()) lines.add("Nothing.");
        return lines;
    }

    /** One of the things that have no table of their own. */
    record Other(String kind, String name, String text) {}

    static List<Other> others(Report r) {
        var all = new ArrayList<Other>();
        var o = r.others();
        for (var e : o.eventTriggers()) {
            var tags = e.tags().isEmpty() ? "" : " for " + String.join(", ", e.tags());
            all.add(
                new Other(
                    "event trigger",
                    e.name(),
                    "Event trigger " + e.name() + " on " + e.event() + tags + ": " + e.function()
                        + (e.enabled() ? "" : " (off)") + about(e.comment())));
        }
        for (var s : o.foreignServers()) {
            var users = s.users().isEmpty() ? "" : "; user mappings: " + String.join("; ", s.users());
            all.add(
                new Other(
                    "foreign server",
                    s.name(),
                    "Foreign server " + s.name() + " (" + s.wrapper() + "), owned by " + s.owner() + ": "
                        + String.join(", ", s.options()) + users + about(s.comment())));
        }
        for (var p : o.publications()) {
            var tables = p.allTables() ? "all tables" : String.join(", ", p.tables());
            all.add(
                new Other(
                    "publication",
                    p.name(),
                    "Publication " + p.name() + " of " + tables + " (" + p.actions() + "), owned by " + p.owner()));
        }
        for (var s : o.subscriptions()) {
            var from = s.connection() == null ? "" : " from " + s.connection();
            all.add(
                new Other(
                    "subscription",
                    s.name(),
                    "Subscription " + s.name() + " to " + String.join(", ", s.publications()) + from + ", owned by "
                        + s.owner() + (s.enabled() ? "" : " (off)")));
        }
        for (var d : o.defaultPrivileges()) {
            var where = d.schema() == null ? "" : " in " + d.schema();
            all.add(
                new Other(
                    "default privilege",
                    d.grantee(),
                    "New " + d.kind() + " of " + d.owner() + where + ": " + d.grantee() + " may "
                        + d.privileges().toLowerCase(Locale.ROOT)));
        }
        for (var s : o.roleSettings()) {
            var who =
                (s.role() == null ? "every role" : s.role()) + (s.database() == null ? "" : " in " + s.database());
            all.add(new Other("setting", s.name(), s.name() + " = " + s.value() + " for " + who));
        }
        return all;
    }

    static List<String> history(Report.History h) {
        var lines = new ArrayList<String>();
        var first = h.points().getFirst();
        lines.add(Units.plural(h.points().size(), "report") + " since " + Units.utc(first.at()) + ".");
        if (h.bytesPerDay() != null) {
            lines.add(
                h.bytesPerDay() > 0 ? "Grows by " + Units.bytes(Math.round(h.bytesPerDay())) + " a day."
                    : "Does not grow.");
        }
        if (h.daysUntilFull() != null) {
            lines.add(
                "At this rate the disk (" + Units.bytes(h.freeBytes()) + " free) is full in about "
                    + Units.count(h.daysUntilFull()) + " days.");
        }
        return lines;
    }

    /** The next 24 hours of jobs, in a sentence; null without jobs. */
    static String calendar(Report.Calendar c) {
        if (c == null) return null;
        long runs = c.jobs().stream().mapToLong(Report.PlannedJob::expected).sum();
        var text = Units.plural(runs, "run") + " of " + Units.plural(c.jobs().size(), "job")
            + " in the next 24 hours; at most " + c.busiest() + " at the same time";
        if (c.workers() == null) return text + ".";
        var waiting = c.busiest() > c.workers() ? ": some will wait." : ".";
        return text + ", for " + Units.plural(c.workers(), "worker") + waiting;
    }

    /** "−2.5 points". */
    static String points(double points) {
        if (points <= 0) return "0 points";
        return "−" + ShortText.number(points) + (points == 1 ? " point" : " points");
    }

    /** A number by which a browser sorts. */
    static String plain(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }

    /** The day of a moment, else the point of a time line that is no time. */
    static String day(Instant time, String point) {
        if (time != null) return time.toString().substring(0, 10);
        return point == null ? "" : point;
    }

    /** " 3 tables without any relation are not drawn.", or nothing. */
    static String alone(int tables) {
        if (tables == 0) return "";
        return " " + Units.plural(tables, "table") + " without any relation " + (tables == 1 ? "is" : "are")
            + " not drawn.";
    }

    static String dimensions(Hypertable h) {
        return String.join(" × ", h.dimensions().stream().map(Sentences::dimension).toList());
    }

    private static String dimension(Report.Dimension d) {
        var slices = d.slices() == null ? 0 : d.slices();
        return d.column() + (d.interval() == null ? " in " + Units.plural(slices, "slice") : " " + d.interval());
    }

    static String compression(Hypertable h) {
        var c = h.compression();
        if (!c.enabled()) return "off";
        return c.compressedChunks() + " of " + h.chunks() + " chunks"
            + (c.partialChunks() == 0 ? "" : " (" + c.partialChunks() + " of them with new rows)")
            + (c.ratio() == null ? "" : ", " + c.ratio() + "×")
            + (c.rowsPerBatch() == null ? "" : ", " + ShortText.number(c.rowsPerBatch()) + " rows a batch");
    }

    /** By which columns compressed rows lie together; nothing where compression is off. */
    static String compressedLayout(Report.Compression c) {
        var parts = new ArrayList<String>();
        if (!c.segmentBy().isEmpty()) parts.add("segment by " + String.join(", ", c.segmentBy()));
        if (!c.orderBy().isEmpty()) parts.add("order by " + String.join(", ", c.orderBy()));
        return c.enabled() ? String.join(" ", parts) : "";
    }

    static String compressAfter(Hypertable h) {
        var c = h.compression();
        if (h.compressAfter() == null) return "no policy";
        return h.compressAfter()
            + (c.dueChunks() > 0 ? ", " + c.dueChunks() + " due (" + Units.bytes(c.dueBytes()) + ")" : "");
    }

    static String watermark(Report.Aggregate a) {
        if (a.neverRefreshed()) return "never refreshed";
        return a.watermark() == null ? "" : Units.utc(a.watermark());
    }

    static String lag(Report.Aggregate a) {
        if (a.lagSeconds() == null) return "";
        return a.lagSeconds() < 0 ? "not at all" : Intervals.age(a.lagSeconds());
    }

    /** Each policy: an aggregate may have several, for ranges of their own. */
    static String refresh(Report.Aggregate a) {
        if (a.refreshes() == null || a.refreshes().isEmpty()) return "no policy";
        return a.refreshes().stream().map(Sentences::refresh).collect(Collectors.joining("; "));
    }

    private static String refresh(Report.Refresh policy) {
        return "every " + policy.schedule() + ", from "
            + (policy.startOffset() == null ? "the beginning" : policy.startOffset() + " ago") + " to "
            + (policy.endOffset() == null ? "now" : policy.endOffset() + " ago");
    }

    /** What the search finds a job by. */
    static String job(Report.Job j) {
        return "job " + j.id() + " " + j.kind() + (j.target() == null ? "" : " " + j.target());
    }

    /** What jobs said when they failed; those that said the same in one line. */
    static List<String> jobErrors(List<Report.Job> jobs) {
        var sayers = new LinkedHashMap<String, List<String>>();
        for (var j : jobs) {
            if (j.lastError() == null) continue;
            sayers.computeIfAbsent(j.lastError(), e -> new ArrayList<>()).add(String.valueOf(j.id()));
        }
        return sayers.entrySet()
            .stream()
            .map(
                e -> (e.getValue().size() == 1 ? "Job " : "Jobs ") + String.join(", ", e.getValue()) + ": "
                    + e.getKey())
            .toList();
    }

    /** How many runs start in each hour, for whoever does not see the bars. */
    static String jobHours(Report.Calendar c) {
        return "Runs that start in each of the next 24 hours: "
            + String.join(", ", c.starts().stream().map(String::valueOf).toList());
    }

    static String sizes(Report.Size s) {
        return (s.exact() ? "" : "about ") + Units.bytes(s.total()) + ": rows " + Units.bytes(s.heap()) + ", indexes "
            + Units.bytes(s.index()) + (s.toast() > 0 ? ", long values " + Units.bytes(s.toast()) : "");
    }

    static String use(Report.TableUse u) {
        if (u == null || u.inserted() == null) return "";
        return Units.plural(u.sequentialScans() == null ? 0 : u.sequentialScans(), "sequential scan")
            + (u.indexScans() == null ? "" : ", " + Units.plural(u.indexScans(), "index scan")) + "; inserted "
            + Units.count(u.inserted()) + ", updated " + Units.count(u.updated()) + ", deleted "
            + Units.count(u.deleted());
    }

    static String maintenance(Report.TableUse u) {
        if (u == null || u.inserted() == null) return "";
        return "last vacuum " + (u.lastVacuum() == null ? "never" : Units.utc(u.lastVacuum())) + ", last analyze "
            + (u.lastAnalyze() == null ? "never" : Units.utc(u.lastAnalyze()))
            + (u.dead() != null && u.dead() > 0 ? ", " + Units.plural(u.dead(), "dead row") : "");
    }

    /** Kind, owner, columns, keys and indexes of a table as lines of text; foreign keys and triggers are not in it. */
    static String compact(Relation t) {
        var text = new StringBuilder(kind(t)).append(" of ").append(t.owner());
        var u = t.use();
        if (u != null && u.inserted() != null) text.append("; ").append(maintenance(u));
        text.append('\n');
        int name = t.columns().stream().mapToInt(c -> Math.min(32, c.name().length())).max().orElse(1);
        for (var c : t.columns()) {
            text.append('\n').append(c.name()).repeat(' ', Math.max(0, name - c.name().length()) + 2).append(c.type());
            if (!c.nullable()) text.append(" not null");
            if (c.defaultValue() != null) text.append(" default ").append(c.defaultValue());
            if (c.generated() != null) text.append(' ').append(c.generated());
            if (c.collation() != null) text.append(" collate ").append(c.collation());
            if (c.comment() != null) text.append("  -- ").append(CommentText.plainLine(c.comment(), 200));
        }
        for (var c : t.constraints()) {
            text.append('\n').append(c.kind()).append(' ').append(c.name()).append(": ").append(c.definition());
            if (!c.valid()) text.append(" (not validated)");
            if (c.comment() != null) text.append("  -- ").append(CommentText.plainLine(c.comment(), 200));
        }
        for (var i : t.indexes()) {
            text.append("\nindex ").append(i.name()).append(": ").append(index(i)).append(", ").append(indexKind(i));
            text.append(", ").append(Units.bytes(i.bytes())).append(", ");
            text.append(i.scans() == null ? "scans not known" : Units.plural(i.scans(), "scan"));
            if (i.comment() != null) text.append("  -- ").append(CommentText.plainLine(i.comment(), 200));
        }
        return text.toString();
    }
}
