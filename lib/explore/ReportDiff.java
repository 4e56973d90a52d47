//SOURCES ../Failure.java ../Json.java ../RecordFields.java ../Units.java Report.java ReportHistory.java Sentences.java
//SOURCES ShortText.java
package lib.explore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import lib.Failure;
import lib.Json;
import lib.RecordFields;
import lib.Units;
import lib.explore.Report.Changes;
import lib.explore.Report.Finding;
import lib.explore.Report.Growth;
import lib.explore.Report.Relation;

/**
 * What is different between two reports of a database: its structure, its findings, its growth, and when it would reach
 * a limit.
 */
public final class ReportDiff {
    private static final int SHOWN_GROWTH = 10;

    private ReportDiff() {}

    /** @param file an older report.json */
    public static Report read(Path file) {
        String text;
        try {
            text = Files.readString(Files.isDirectory(file) ? file.resolve("report.json") : file);
        } catch (NoSuchFileException e) {
            throw Failure.usage(
                e.getFile() + ": no such file",
                "give --diff the report.json of an older report, or its directory.");
        } catch (IOException e) {
            throw Failure.notReady("cannot read " + file + ": " + e.getMessage(), "check its owner and mode.");
        }
        try {
            var format = Json.tree(text).get("format");
            if (format == null || !Report.FORMAT.equals(format.asString())) {
                throw Failure.usage(
                    file + " is not a report of this tool",
                    "--diff wants a report.json with \"format\" : \"" + Report.FORMAT + "\".");
            }
            return Json.read(text, Report.class);
        } catch (tools.jackson.core.JacksonException e) {
            throw Failure.usage(
                file + " is not a report of this tool: " + e.getOriginalMessage().lines().findFirst().orElse(""),
                "--diff wants the report.json of an older report.");
        }
    }

    static Changes between(Report old, Report now) {
        var before = objects(old);
        var after = objects(now);
        var added = new TreeSet<>(after.keySet());
        added.removeAll(before.keySet());
        var removed = new TreeSet<>(before.keySet());
        removed.removeAll(after.keySet());
        var altered = new ArrayList<String>();
        for (var name : new TreeSet<>(after.keySet())) {
            if (before.containsKey(name)) alterations(name, before.get(name), after.get(name), altered);
        }
        double days = Math.max(Duration.between(old.madeAt(), now.madeAt()).toSeconds() / 86_400.0, 1.0 / 86_400);
        return RecordFields.of(Changes.class)
            .with("since", old.madeAt())
            .with("scoreBefore", old.health().score())
            .with("added", List.copyOf(added))
            .with("removed", List.copyOf(removed))
            .with("altered", altered)
            .with("newFindings", messages(now, old))
            .with("solvedFindings", messages(old, now))
            .with("growth", growth(old, now, days))
            .with("limits", limits(old, now, days))
            .record();
    }

    /** Findings that the one has and the other has not; the numbers in their text may differ. */
    private static List<String> messages(Report has, Report hasNot) {
        var there = new TreeSet<String>();
        hasNot.health().findings().stream().filter(f -> f.silenced() == null).forEach(f -> there.add(key(f)));
        return has.health()
            .findings()
            .stream()
            .filter(f -> f.silenced() == null && !there.contains(key(f)))
            .map(f -> f.rule() + ": " + f.message())
            .distinct()
            .sorted()
            .toList();
    }

    private static String key(Finding f) {
        return f.rule() + " " + f.object();
    }

    /** Each object by its name, with its parts by theirs. */
    private static Map<String, Map<String, String>> objects(Report r) {
        var all = new LinkedHashMap<String, Map<String, String>>();
        tables(r, all);
        hypertables(r, all);
        aggregates(r, all);
        views(r, all);
        functions(r, all);
        typesAndSequences(r, all);
        rolesAndRights(r, all);
        for (var s : r.schemas()) all.put("schema " + s.name(), parts("owner", s.owner(), "comment", s.comment()));
        others(r, all);
        for (var e : r.extensions()) all.put("extension " + e.name(), parts("version", e.version()));
        return all;
    }

    private static void tables(Report r, Map<String, Map<String, String>> all) {
        for (var t : r.tables()) {
            var parts = new LinkedHashMap<String, String>();
            for (var c : t.columns()) {
                parts.put(
                    "column " + c.name(),
                    c.type() + (c.nullable() ? "" : " not null")
                        + (c.defaultValue() == null ? "" : " default " + c.defaultValue())
                        + (c.generated() == null ? "" : " " + c.generated()));
            }
            for (var c : t.constraints()) {
                part(parts, c.kind() + " " + c.name(), c.definition(), c.comment());
            }
            for (var k : t.foreignKeys()) part(parts, "foreign key " + k.name(), k.definition(), k.comment());
            indexes(parts, t.indexes());
            triggers(parts, t.triggers());
            parts.put("kind", t.unlogged() ? "unlogged " + t.kind() : t.kind());
            parts.put("owner", String.valueOf(t.owner()));
            parts.put("comment", String.valueOf(t.comment()));
            comments(parts, t.columns());
            details(parts, t.details());
            all.put("table " + t.fullName(), parts);
        }
    }

    private static void hypertables(Report r, Map<String, Map<String, String>> all) {
        for (var h : r.hypertables()) {
            var parts = all.get("table " + h.fullName());
            if (parts == null) continue;
            parts.put("chunk interval", String.valueOf(h.dimensions().getFirst().interval()));
            parts.put("compression policy", String.valueOf(h.compressAfter()));
            parts.put("retention policy", String.valueOf(h.retention()));
        }
    }

    private static void aggregates(Report r, Map<String, Map<String, String>> all) {
        for (var a : r.aggregates()) {
            var parts = new LinkedHashMap<String, String>();
            parts.put("definition", String.valueOf(a.definition()));
            parts.put("refresh policy", Sentences.refresh(a));
            parts.put("real-time", String.valueOf(a.realTime()));
            all.put("continuous aggregate " + a.fullName(), parts);
        }
    }

    private static void views(Report r, Map<String, Map<String, String>> all) {
        for (var v : r.views()) {
            var parts = parts("definition", v.definition(), "owner", v.owner(), "comment", v.comment());
            parts.put("options", joined(v.options()));
            comments(parts, v.columns());
            indexes(parts, v.indexes());
            triggers(parts, v.triggers());
            all.put(v.kind() + " " + v.fullName(), parts);
        }
    }

    private static void functions(Report r, Map<String, Map<String, String>> all) {
        for (var f : r.functions()) {
            var parts = parts(
                "returns",
                f.returns(),
                "owner",
                f.owner(),
                "comment",
                f.comment(),
                "body",
                f.body(),
                "volatility",
                f.volatility());
            parts.put("security", f.securityDefiner() ? "definer" : "invoker");
            parts.put("settings", joined(f.settings()));
            all.put(f.kind() + " " + f.signature(), parts);
        }
    }

    private static void typesAndSequences(Report r, Map<String, Map<String, String>> all) {
        for (var t : r.types()) {
            all.put(
                "type " + t.schema() + "." + t.name(),
                parts("values", t.definition(), "owner", t.owner(), "comment", t.comment()));
        }
        for (var s : r.sequences()) {
            all.put(
                "sequence " + s.schema() + "." + s.name(),
                parts(
                    "type",
                    s.type() + (s.cycles() ? ", cycles" : ""),
                    "owner",
                    s.owner(),
                    "comment",
                    s.comment(),
                    "owned by",
                    s.ownedBy()));
        }
    }

    private static void rolesAndRights(Report r, Map<String, Map<String, String>> all) {
        for (var role : r.roles()) {
            all.put(
                "role " + role.name(),
                parts("rights", Sentences.role(role), "member of", String.join(", ", role.memberOf())));
        }
        for (var g : r.grants()) {
            all.computeIfAbsent("grants to " + g.role(), k -> new LinkedHashMap<>())
                .merge(
                    "schema " + g.schema(),
                    g.privileges() + " on " + Units.plural(g.objects(), g.kind() == null ? "relation" : g.kind()),
                    (a, b) -> a + "; " + b);
        }
    }

    private static void others(Report r, Map<String, Map<String, String>> all) {
        if (r.others() != null) {
            Sentences.others(r)
                .forEach(
                    o -> all.computeIfAbsent(o.kind() + " " + o.name(), k -> new LinkedHashMap<>())
                        .merge("definition", o.text(), (a, b) -> a + "\n" + b));
        }
    }

    private static void comments(Map<String, String> parts, List<Report.Column> columns) {
        for (var c : columns) {
            if (c.comment() != null) parts.put("comment of column " + c.name(), c.comment());
        }
    }

    /** @param words null in a report of an older version */
    private static String joined(List<String> words) {
        return words == null ? "" : String.join(", ", words);
    }

    private static void indexes(Map<String, String> parts, List<Report.Index> indexes) {
        for (var i : indexes) {
            part(parts, "index " + i.name(), i.definition() + (i.valid() ? "" : " (invalid)"), i.comment());
        }
    }

    private static void triggers(Map<String, String> parts, List<Report.Trigger> triggers) {
        for (var g : triggers) {
            part(parts, "trigger " + g.name(), g.definition() + (g.enabled() ? "" : " (off)"), g.comment());
        }
    }

    private static void part(Map<String, String> parts, String name, String definition, String comment) {
        parts.put(name, definition);
        if (comment != null) parts.put("comment of " + name, comment);
    }

    private static Map<String, String> parts(String... namesAndValues) {
        var parts = new LinkedHashMap<String, String>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parts.put(namesAndValues[i], String.valueOf(namesAndValues[i + 1]));
        }
        return parts;
    }

    private static void details(Map<String, String> parts, Report.Details d) {
        parts.put("row security", d == null ? "null" : String.valueOf(d.rowSecurity()));
        if (d == null) return;
        for (var p : d.policies()) {
            parts.put(
                "policy " + p.name(),
                p.command() + (p.permissive() ? "" : " restrictive") + " for "
                    + (p.roles().isEmpty() ? "everybody" : String.join(", ", p.roles()))
                    + (p.using() == null ? "" : " using " + p.using())
                    + (p.check() == null ? "" : " check " + p.check()));
        }
        for (var rule : d.rules()) parts.put("rule " + rule.name(), String.valueOf(rule.definition()));
        for (var s : d.statistics()) parts.put("statistics " + s.name(), String.valueOf(s.definition()));
        for (var p : d.partitions()) parts.put("partition " + p.name(), String.valueOf(p.bounds()));
        if (!d.options().isEmpty()) parts.put("options", String.join(", ", d.options()));
        if (d.replicaIdentity() != null) parts.put("replica identity", d.replicaIdentity());
    }

    private static void
        alterations(String name, Map<String, String> before, Map<String, String> after, List<String> altered) {
        for (var part : new TreeSet<>(after.keySet())) {
            if (!before.containsKey(part)) {
                altered.add(name + ": new " + part + " (" + after.get(part) + ")");
            } else if (!before.get(part).equals(after.get(part))) {
                boolean isLong = part.equals("definition") || part.equals("body");
                altered.add(
                    name + ": " + part
                        + (isLong ? " changed" : " was " + value(before.get(part)) + ", is " + value(after.get(part))));
            }
        }
        for (var part : new TreeSet<>(before.keySet())) {
            if (!after.containsKey(part)) altered.add(name + ": " + part + " is gone");
        }
    }

    private static String value(String value) {
        return value.equals("null") || value.isEmpty() ? "none" : ShortText.cut(value, 200);
    }

    private static List<Growth> growth(Report old, Report now, double days) {
        var list = new ArrayList<Growth>();
        if (old.database().bytes() != null && now.database().bytes() != null
            && !old.database().bytes().equals(now.database().bytes())) {
            list.add(
                new Growth(
                    "the database",
                    old.database().bytes(),
                    now.database().bytes(),
                    perDay(now.database().bytes() - old.database().bytes(), days)));
        }
        var before = new LinkedHashMap<String, Long>();
        for (var t : old.tables()) before.put(t.fullName(), t.size().total());
        now.tables()
            .stream()
            .filter(t -> before.containsKey(t.fullName()) && t.size().total() > before.get(t.fullName()))
            .sorted(
                Comparator.comparingLong((Relation t) -> before.get(t.fullName()) - t.size().total())
                    .thenComparing(Relation::fullName))
            .limit(SHOWN_GROWTH)
            .forEach(
                t -> list.add(
                    new Growth(
                        t.fullName(),
                        before.get(t.fullName()),
                        t.size().total(),
                        perDay(t.size().total() - before.get(t.fullName()), days))));
        return list;
    }

    /** A rate from less than an hour would be noise. */
    private static double perDay(long difference, double days) {
        return days < 1 / 24.0 ? 0 : Math.round(difference / days);
    }

    /** Days until something ends, when it goes on like between the two reports. */
    private static List<String> limits(Report old, Report now, double days) {
        var lines = new ArrayList<String>();
        if (days < 1 / 24.0) return lines;
        var before = new LinkedHashMap<String, Long>();
        for (var s : old.sequences()) {
            if (s.lastValue() != null) before.put(s.schema() + "." + s.name(), s.lastValue());
        }
        for (var s : now.sequences()) {
            var name = s.schema() + "." + s.name();
            if (s.lastValue() == null || s.cycles() || before.get(name) == null) continue;
            double rate = (s.lastValue() - before.get(name)) / days;
            if (rate <= 0) continue;
            double left = (s.limit() - s.lastValue()) / rate;
            if (left < 3650) {
                lines.add(
                    "Sequence " + name + " ends in about " + Units.count(Math.round(left)) + " days at "
                        + Units.count(Math.round(rate)) + " numbers a day");
            }
        }
        var free = ReportHistory.freeBytes(now);
        if (free != null && old.database().bytes() != null && now.database().bytes() != null) {
            double rate = (now.database().bytes() - old.database().bytes()) / days;
            if (rate > 0 && free / rate < 3650) {
                lines.add(
                    "The disk (" + Units.bytes(free) + " free) is full in about "
                        + Units.count(Math.round(Math.floor(free / rate))) + " days");
            }
        }
        var was = old.performance().wraparound();
        var is = now.performance().wraparound();
        if (was != null && is != null && is.age() > was.age()) {
            double left = (2_147_483_648L - is.age()) / ((is.age() - was.age()) / days);
            if (left < 3650) {
                lines
                    .add(
                        "Without freezing, transaction numbers end in about " + Units.count(Math.round(left))
                            + " days");
            }
        }
        return lines;
    }
}
