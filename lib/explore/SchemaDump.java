//SOURCES ../Console.java ../Failure.java ../Program.java ../database/Database.java ../database/PgTools.java
//SOURCES DumpArchive.java ExploreConfig.java Redaction.java Report.java Scope.java Sql.java TimescaleSettings.java
//SOURCES TimescaleStatements.java
package lib.explore;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import lib.Console;
import lib.Failure;
import lib.Program;
import lib.database.Database;
import lib.database.PgTools;
import lib.explore.DumpArchive.Entry;
import lib.explore.Report.Ddl;
import lib.explore.Report.DdlStatement;

/**
 * What makes the objects of a database, as pg_dump would give it and in its order, each statement with the object that
 * it belongs to. Where pg_dump cannot be run the report says why, and is complete without.
 */
public final class SchemaDump {
    /** What may hold secrets, and is told elsewhere in the report, redacted. */
    private static final Set<String> LEFT_OUT = Set.of(
        "SUBSCRIPTION",
        "USER MAPPING",
        "SERVER",
        "ENCODING",
        "STDSTRINGS",
        "SEARCHPATH",
        "DATABASE",
        "DATABASE PROPERTIES");
    private static final Set<String> RELATIONS =
        Set.of("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "SEQUENCE");
    private static final Set<String> OBJECTS = Set.of(
        "TABLE",
        "VIEW",
        "MATERIALIZED VIEW",
        "FOREIGN TABLE",
        "SEQUENCE",
        "FUNCTION",
        "PROCEDURE",
        "AGGREGATE",
        "TYPE",
        "SHELL TYPE",
        "DOMAIN",
        "SCHEMA",
        "EXTENSION",
        "COLLATION",
        "OPERATOR",
        "OPERATOR CLASS",
        "OPERATOR FAMILY",
        "TEXT SEARCH CONFIGURATION",
        "TEXT SEARCH DICTIONARY",
        "EVENT TRIGGER",
        "PUBLICATION");

    private final Report report;
    private final Scope scope;
    private final List<Entry> entries;
    private final Map<Integer, Entry> byId = new HashMap<>();
    private final Map<Integer, Entry> objects = new HashMap<>();
    /** What stands in the statement of a chunk, with and without quotes. */
    private final Set<String> parents = new HashSet<>();
    private final Set<String> aggregates = new HashSet<>();

    private SchemaDump(Report report, Scope scope, List<Entry> entries) {
        this.report = report;
        this.scope = scope;
        this.entries = entries;
        entries.forEach(e -> byId.put(e.id(), e));
        for (var h : report.hypertables()) {
            for (var schema : List.of(h.schema(), Database.identifier(h.schema()))) {
                for (var name : List.of(h.name(), Database.identifier(h.name()))) {
                    parents.add("INHERITS (" + schema + "." + name + ")");
                }
            }
        }
        report.aggregates().forEach(a -> aggregates.add(a.fullName()));
    }

    /** The report with its statements, or with the reason why there are none. */
    public static Report addTo(Report report, Database database, ExploreConfig config) {
        try {
            if (database.isPooled()) {
                throw Failure.notReady("pg_dump needs a connection to the server itself, and this is a pooler", null);
            }
            var tool = PgTools.forServer("pg_dump", report.server().major());
            var entries = DumpArchive.entries(archive(tool, database));
            var scope = new Scope(config.schemas(), config.exclude());
            var settings = report.server().timescaleVersion() == null ? TimescaleSettings.NONE
                : TimescaleSettings.read(database);
            var statements = new SchemaDump(report, scope, entries).statements(settings);
            return report.with(new Ddl("pg_dump " + tool.major(), null, statements));
        } catch (Failure why) {
            Console.warn("no DDL: %s", why.getMessage());
            return report.with(new Ddl(null, why.getMessage(), List.of()));
        }
    }

    private static byte[] archive(PgTools.Installation tool, Database database) {
        var command = List.of(
            tool.program("pg_dump").toString(),
            "--format=custom",
            "--compress=0",
            "--schema-only",
            "--encoding=UTF8",
            "--lock-wait-timeout=2000",
            // chunks, and the tables behind continuous aggregates
            "--exclude-schema=_timescaledb_internal");
        var out = new ByteArrayOutputStream();
        try {
            var answer = Program.of(command).with(database.settings().environment()).copyTo(out);
            answer.stderr().lines().forEach(line -> Console.detail("[pg_dump] %s", line));
            if (!answer.ok()) {
                var said = answer.stderr().lines().findFirst().orElse("status " + answer.exitCode());
                throw Failure.failed(Redaction.of(said.replaceFirst("^pg_dump: (error: )?", "pg_dump failed: ")), null);
            }
        } catch (IOException e) {
            throw Failure.failed("pg_dump failed: " + e.getMessage(), null);
        }
        return out.toByteArray();
    }

    /**
     * Hypertables are made of whole tables, since "ALTER TABLE ONLY", as pg_dump writes it, is refused on them. Then
     * come continuous aggregates, and what stands on those.
     */
    private List<DdlStatement> statements(TimescaleSettings settings) {
        var statements = new ArrayList<DdlStatement>();
        var onAggregates = new ArrayList<DdlStatement>();
        var timescale = new TimescaleStatements(report, settings);
        for (var entry : entries) {
            var object = object(entry);
            if (!isWanted(entry, object)) continue;
            if (isAggregate(object)) {
                // its view is made by TimescaleDB, and filled by a rule
                if (entry == object) {
                    onAggregates.addAll(timescale.aggregate(name(object)));
                } else if (!entry.kind().equals("RULE")) {
                    onAggregates.add(statement(entry, object));
                }
            } else if (standsOnAggregate(entry, new HashSet<>())) {
                onAggregates.add(statement(entry, object));
            } else {
                statements.add(statement(entry, object));
            }
        }
        statements.addAll(timescale.hypertables());
        statements.addAll(onAggregates);
        statements.addAll(timescale.policies());
        return statements;
    }

    private boolean isAggregate(Entry object) {
        return object != null && RELATIONS.contains(object.kind()) && aggregates.contains(name(object));
    }

    private boolean standsOnAggregate(Entry entry, Set<Integer> seen) {
        if (aggregates.isEmpty() || !seen.add(entry.id())) return false;
        return entry.needs()
            .stream()
            .map(byId::get)
            .filter(Objects::nonNull)
            .anyMatch(need -> isAggregate(need) || standsOnAggregate(need, seen));
    }

    private static DdlStatement statement(Entry entry, Entry object) {
        var sql = entry.sql().strip();
        // a text dump sets these before the statement
        if (entry.accessMethod() != null && !entry.accessMethod().isEmpty() && !entry.accessMethod().equals("heap")) {
            sql = "SET default_table_access_method = " + Sql.name(entry.accessMethod()) + ";\n" + sql
                + "\nRESET default_table_access_method;";
        }
        if (entry.tablespace() != null && !entry.tablespace().isEmpty()) {
            sql = "SET default_tablespace = " + Sql.name(entry.tablespace()) + ";\n" + sql
                + "\nRESET default_tablespace;";
        }
        return new DdlStatement(
            object == null ? null : object.kind().toLowerCase(Locale.ROOT) + " " + name(object),
            entry.kind().toLowerCase(Locale.ROOT),
            Redaction.ddl(sql));
    }

    /** Of a function with the types of its arguments. */
    private static String name(Entry entry) {
        return entry.schema() == null || entry.schema().isEmpty() ? entry.tag() : entry.schema() + "." + entry.tag();
    }

    private boolean isWanted(Entry entry, Entry object) {
        if (entry.sql() == null || entry.sql().isBlank() || LEFT_OUT.contains(entry.kind())) return false;
        if (object == null) return scope.isAll();
        return isInScope(object) && !isTimescales(entry, object);
    }

    private boolean isInScope(Entry object) {
        if (scope.isAll()) return true;
        if (RELATIONS.contains(object.kind())) return scope.has(object.schema(), object.tag());
        return object.schema() != null && !object.schema().isEmpty() && scope.hasSchema(object.schema());
    }

    /** Chunks in a schema of the user's, and triggers that create_hypertable makes itself. */
    private boolean isTimescales(Entry entry, Entry object) {
        if (entry.kind().equals("TRIGGER")) return entry.sql().contains("EXECUTE FUNCTION _timescaledb_");
        return object.kind().equals("TABLE") && parents.stream().anyMatch(object.sql()::contains);
    }

    /** What a statement belongs to: a trigger to its table, a comment on an index to the index's table. */
    private Entry object(Entry entry) {
        if (OBJECTS.contains(entry.kind())) return entry;
        var known = objects.get(entry.id());
        if (known != null) return known;
        var needed = entry.needs().stream().map(byId::get).filter(Objects::nonNull).filter(n -> n != entry).toList();
        var found = Stream.<Stream<Entry>>of(
            needed.stream().filter(n -> isNamedBy(n, entry)),
            needed.stream().filter(n -> RELATIONS.contains(n.kind()) && !n.kind().equals("SEQUENCE")),
            needed.stream())
            .flatMap(all -> all)
            .findFirst()
            .map(this::object)
            .orElse(null);
        if (found != null) objects.put(entry.id(), found);
        return found;
    }

    /** "orders orders_customer_fkey" is of the table orders, though it needs the table of customers too. */
    private static boolean isNamedBy(Entry needed, Entry entry) {
        return Objects.equals(needed.schema(), entry.schema())
            && (entry.tag().equals(needed.tag()) || entry.tag().startsWith(needed.tag() + " "));
    }
}
