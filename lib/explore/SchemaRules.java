//SOURCES ../Units.java Cure.java Question.java Report.java Rule.java ShortText.java Sql.java
package lib.explore;

import static lib.explore.Rule.Category.SCHEMA;
import static lib.explore.Sql.name;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.Units;
import lib.explore.Report.Column;
import lib.explore.Report.ForeignKey;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;
import lib.explore.Rule.Facts;
import lib.explore.Rule.Outcome;

/** Keys, constraints, types, comments, versions of extensions. */
final class SchemaRules {
    private static final String DOCS = "https://www.postgresql.org/docs/current/";

    private SchemaRules() {}

    static List<Rule> all() {
        return List.of(
            Rule.of("SCH-01", "Tables have a primary key")
                .in(SCHEMA, 5)
                .standsOn(Question.RELATIONS, Question.KEYS)
                .needs(Question.KEYS)
                .unless(Rule::noTables)
                .why(
                    """
                        Without a primary key rows cannot be told apart, duplicates come in unseen, and logical \
                        replication cannot update them. \
                        Hypertables are not counted: a time series often has none on purpose.""")
                .readMore(DOCS + "ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS")
                .check(SchemaRules::noPrimaryKey),
            Rule.of("SCH-02", "Constraints are validated")
                .in(SCHEMA, 3)
                .standsOn(Question.RELATIONS, Question.KEYS)
                .unless(Rule::noTables)
                .why(
                    """
                        A constraint added NOT VALID is checked for new rows only: the old ones may break it.""")
                .readMore(DOCS + "sql-altertable.html")
                .check(SchemaRules::notValid),
            Rule.of("SCH-03", "Foreign keys join equal types")
                .in(SCHEMA, 3)
                .standsOn(Question.RELATIONS, Question.KEYS, Question.COLUMNS)
                .unless(Rule::noTables)
                .why(
                    """
                        When the two ends of a key differ in type, every join converts, and an index may not be \
                        used.""")
                .readMore(DOCS + "ddl-constraints.html#DDL-CONSTRAINTS-FK")
                .check(SchemaRules::foreignKeyTypes),
            Rule.of("DOC-01", "Tables say what they are for")
                .in(SCHEMA, 2)
                .standsOn(Question.RELATIONS)
                .unless(Rule::noTables)
                .why(
                    """
                        A comment on each table saves the next person a day. It shows up in this report, in psql \
                        (\\d+) and in every tool.""")
                .readMore(DOCS + "sql-comment.html")
                .check(SchemaRules::undocumented),
            Rule.of("SET-04", "Extensions are up to date with their libraries")
                .in(SCHEMA, 2)
                .standsOn(Question.EXTENSIONS)
                .unless(
                    f -> f.report().extensions().isEmpty() && !f.missed().contains(Question.EXTENSIONS)
                        ? "no extensions"
                        : null)
                .why(
                    """
                        After an upgrade of the packages, the SQL side of an extension stays behind until ALTER \
                        EXTENSION … UPDATE.""")
                .readMore(DOCS + "sql-alterextension.html")
                .check(SchemaRules::extensions));
    }

    private static void noPrimaryKey(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            boolean shouldHaveOne = t.kind().equals("table") || t.kind().equals("partitioned table");
            if (!shouldHaveOne || t.primaryKey() != null) continue;
            out.weighed(t.fullName(), f.weight(t.size().total()))
                .says(t.fullName() + " has no primary key")
                .evidence(
                    Units.plural(t.columns().size(), "column")
                        + (t.rows() == null ? ", rows not counted" : ", about " + Units.plural(t.rows(), "row")))
                .expected("a primary key")
                .source("pg_constraint")
                .cure(primaryKey(t));
        }
    }

    private static Cure primaryKey(Relation t) {
        var table = name(t.schema(), t.name());
        var candidate = t.indexes().stream().filter(i -> isCandidate(t, i)).findFirst().orElse(null);
        if (candidate != null && t.kind().equals("table") && isPlain(candidate)) {
            return Cure.sql("ALTER TABLE %s ADD PRIMARY KEY USING INDEX %s;".formatted(table, name(candidate.name())))
                .costs("a short lock; the index takes the name of the constraint");
        }
        if (candidate != null) {
            return Cure.decide(
                "-- (%s) is unique and not null already; as a key it says so:\n-- ALTER TABLE %s ADD PRIMARY KEY (%s);"
                    .formatted(columns(candidate.keys()), table, columns(candidate.keys())))
                .costs("builds an index while reads and writes wait");
        }
        if (t.kind().equals("partitioned table")) {
            return Cure.decide(
                ("-- Which columns tell its rows apart? They must contain the partition key, %s:\n-- ALTER TABLE %s "
                    + "ADD PRIMARY KEY (…);")
                    .formatted(t.partitionKey(), table));
        }
        if (isBound(t) || !rowTypeUsers(t).isEmpty()) {
            return Cure.decide(
                "-- %s\n-- Which columns tell its rows apart?  ALTER TABLE %s ADD PRIMARY KEY (…);"
                    .formatted(isBound(t) ? bound(t) : usesOfRowType(t), table));
        }
        return Cure
            .sql(
                "ALTER TABLE %s ADD COLUMN %s bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;"
                    .formatted(table, name(freeColumn(t))))
            .costs(
                "rewrites the table (" + Units.bytes(t.size().total())
                    + ") while reads and writes wait, and breaks programs that insert without naming columns; a key "
                    + "of columns that exist is better");
    }

    private static boolean isCandidate(Relation t, Index i) {
        return i.unique() && i.valid() && i.predicate() == null && i.method().equals("btree") && i.include().isEmpty()
            && !i.guards().contains("deferrable")
            && i.keys()
                .stream()
                .allMatch(key -> t.columns().stream().anyMatch(c -> c.name().equals(key) && !c.nullable()))
            && t.constraints().stream().noneMatch(c -> c.kind().equals("not null") && !c.valid());
    }

    /** An index with the operators and collations that its columns have anyway; a key is made of no other. */
    private static boolean isPlain(Index i) {
        return !i.constraint() && !i.guards().contains("nulls not distinct")
            && i.definition() != null && i.definition()
                .replace("\"", "")
                .contains(" USING btree (" + String.join(", ", i.keys()) + ")");
    }

    private static String columns(List<String> names) {
        return names.stream().map(Sql::name).collect(Collectors.joining(", "));
    }

    /** Others decide about its columns too. */
    private static boolean isBound(Relation t) {
        return t.details() != null
            && (t.details().ofType() != null || t.details().children() > 0 || !t.details().inherits().isEmpty());
    }

    private static String bound(Relation t) {
        if (t.details().ofType() != null) {
            return "It is a table of the type " + t.details().ofType() + ", which gives it its columns.";
        }
        return t.details().children() > 0 ? Units.plural(t.details().children(), "table") + " inherit its columns."
            : "It inherits its columns from " + String.join(", ", t.details().inherits()) + ".";
    }

    private static String freeColumn(Relation t) {
        var taken = t.columns().stream().map(c -> c.name()).collect(Collectors.toSet());
        return Stream.concat(
            Stream.of("id", "row_id", t.name() + "_id"),
            Stream.iterate(2, n -> n + 1).map(n -> "row_id_" + n))
            .filter(n -> !taken.contains(n) && n.length() < 60)
            .findFirst()
            .orElseThrow();
    }

    private static void notValid(Facts f, Outcome out) {
        for (var t : f.report().tables()) {
            t.foreignKeys().stream().filter(k -> !k.valid()).forEach(k -> notValid(f, out, t, k.name()));
            t.constraints().stream().filter(c -> !c.valid()).forEach(c -> notValid(f, out, t, c.name()));
        }
    }

    private static void notValid(Facts f, Outcome out, Relation t, String constraint) {
        out.weighed(t.fullName() + "." + constraint, f.weight(t.size().total()) / 2)
            .says("Constraint " + constraint + " of " + t.fullName() + " is not validated")
            .evidence("convalidated = false")
            .expected("validated")
            .source("pg_constraint")
            .cure(
                Cure.sql(
                    "ALTER TABLE %s VALIDATE CONSTRAINT %s;".formatted(name(t.schema(), t.name()), name(constraint)))
                    .costs(
                        "reads the table while writes go on; it fails, and says so, when a row breaks the constraint"));
    }

    private static void foreignKeyTypes(Facts f, Outcome out) {
        var byName = f.report().tables().stream().collect(Collectors.toMap(Relation::fullName, t -> t, (a, b) -> a));
        for (var t : f.report().tables()) {
            for (var k : t.foreignKeys()) {
                var target = byName.get(k.target());
                for (int i = 0; target != null && i < Math.min(k.columns().size(), k.toColumns().size()); i++) {
                    compare(f, out, new KeyColumn(t, k, target, i));
                }
            }
        }
    }

    /** The column of a foreign key at this place, and where it points. */
    private record KeyColumn(Relation table, ForeignKey key, Relation target, int place) {
        String name() {
            return key.columns().get(place);
        }

        String targetName() {
            return key.toColumns().get(place);
        }
    }

    private static void compare(Facts f, Outcome out, KeyColumn joined) {
        var t = joined.table();
        var k = joined.key();
        var column = joined.name();
        var from = baseType(t, column);
        var to = baseType(joined.target(), joined.targetName());
        if (from == null || to == null || alike(from).equals(alike(to))) return;
        out.note(t.fullName() + "." + column)
            .says("Foreign key " + k.name() + " of " + t.fullName() + " joins " + from + " to " + to)
            .evidence(column + " " + from + " → " + k.target() + "." + joined.targetName() + " " + to)
            .expected("the same type")
            .source("pg_attribute")
            .extent(f.weight(t.size().total()))
            .cure(changeType(f, t, column, to));
    }

    /** The type without its length, a domain's own base: null where the column is not known. */
    static String baseType(Relation t, String column) {
        return t.columns()
            .stream()
            .filter(c -> c.name().equals(column))
            .findFirst()
            .map(c -> c.base() == null ? c.type() : c.base())
            .orElse(null);
    }

    /** These are compared by the same operators, without a conversion of values. */
    private static String alike(String type) {
        return Set.of("character varying", "text").contains(type) ? "text" : type;
    }

    /**
     * Another type for a column. Only where nothing stands on the column does the statement simply run.
     *
     */
    static Cure changeType(Facts f, Relation t, String column, String type) {
        var statement =
            "ALTER TABLE %s ALTER COLUMN %s TYPE %s;".formatted(name(t.schema(), t.name()), name(column), type);
        var obstacle = obstacle(f, t, column, type);
        var cost =
            "rewrites the table and its indexes (" + Units.bytes(t.size().total()) + ") while reads and writes wait";
        if (obstacle == null) return Cure.sql(statement).costs(cost);
        return Cure.decide("-- " + obstacle + "\n-- " + statement).costs(cost);
    }

    private static String obstacle(Facts f, Relation t, String column, String type) {
        var conversion = conversion(baseType(t, column), type);
        if (conversion != null) return conversion;
        if (!rowTypeUsers(t).isEmpty()) return usesOfRowType(t);
        var views =
            t.usedBy().stream().filter(u -> !u.startsWith("function ") || !u.endsWith("(by its source)")).toList();
        var own = t.columns().stream().filter(c -> c.name().equals(column)).findFirst().orElse(null);
        if (!views.isEmpty()) {
            return "These depend on the table and must be dropped before and made again after: "
                + String.join(", ", views.subList(0, Math.min(5, views.size())))
                + (views.size() > 5 ? " and " + (views.size() - 5) + " more" : "");
        }
        if (t.kind().equals("hypertable")) {
            return "A hypertable: compressed chunks must be decompressed first, and all chunks are rewritten.";
        }
        if (t.kind().equals("partitioned table") && t.partitionKey() != null && t.partitionKey().contains(column)) {
            return "The column is part of the partition key: the table must be made anew.";
        }
        if (isBound(t)) return bound(t);
        if (isGenerated(own)) return "The column is generated from others.";
        if (own != null && own.generated() != null && !INTEGERS.contains(type)) {
            return "An identity column can only be smallint, integer or bigint.";
        }
        if (isUsedByGenerated(t, column)) return "Another column is generated from it.";
        if (isDomain(own)) return "Its type is the domain " + own.type() + ", which other columns may have too.";
        if (isFiltered(f, t)) return "A publication names columns of the table, for the rows or columns that it sends.";
        if (t.details() != null && !(t.details().policies().isEmpty() && t.details().rules().isEmpty()
            && t.details().statistics().isEmpty())) {
            return "Its policies, rules or extended statistics may use the column.";
        }
        if (t.triggers().stream().anyMatch(g -> g.definition() != null && g.definition().contains(column))) {
            return "A trigger names the column.";
        }
        return null;
    }

    private static boolean isDomain(Column column) {
        return column != null && column.base() != null
            && !column.type().replaceFirst("\\([^)]*\\)", "").equals(column.base());
    }

    private static boolean isFiltered(Facts f, Relation t) {
        return f.report()
            .others()
            .publications()
            .stream()
            .flatMap(p -> p.tables().stream())
            .anyMatch(p -> p.startsWith(t.fullName() + " (") || p.startsWith(t.fullName() + " where "));
    }

    private static final Set<String> INTEGERS = Set.of("smallint", "integer", "bigint");
    private static final Set<String> NUMBERS =
        Set.of("smallint", "integer", "bigint", "numeric", "real", "double precision");

    /** Among numbers, and among texts, values stay what they are; null then. */
    private static String conversion(String from, String to) {
        boolean isSame = NUMBERS.contains(from) && NUMBERS.contains(to) || alike(from).equals(alike(to));
        return isSame ? null : "Its values are converted from " + from + " to " + to + ": are they still right then?";
    }

    /** Columns and domains of the table's row type. */
    private static List<String> rowTypeUsers(Relation t) {
        return t.usedBy().stream().filter(u -> u.startsWith("column ") || u.startsWith("type ")).toList();
    }

    private static String usesOfRowType(Relation t) {
        return "Its rows are the type of " + String.join(", ", rowTypeUsers(t))
            + ": PostgreSQL rewrites the table only when those are gone.";
    }

    private static boolean isUsedByGenerated(Relation t, String column) {
        return t.columns().stream().anyMatch(c -> isGenerated(c) && c.generated().contains(column));
    }

    private static boolean isGenerated(Column c) {
        return c != null && c.generated() != null && !c.generated().startsWith("identity");
    }

    private static void undocumented(Facts f, Outcome out) {
        var silent = f.report().tables().stream().filter(t -> t.purpose() == null || t.purpose().isBlank()).toList();
        long all = f.report().tables().size();
        double documented = all == 0 ? 100 : 100.0 * (all - silent.size()) / all;
        if (documented >= f.limit("documentedPercent")) return;
        out.note(f.report().database().name())
            .says(
                Units.plural(silent.size(), "table") + " of " + Units.count(all)
                    + (silent.size() == 1 ? " does" : " do") + " not say what "
                    + (silent.size() == 1 ? "it is" : "they are")
                    + " for")
            .evidence(ShortText.number(documented) + " % documented")
            .expected("at least " + ShortText.number(f.limit("documentedPercent")) + " %")
            .source("pg_description, config file")
            .extent(1 - documented / 100)
            .cure(Cure.decide(silent.stream().limit(5).map(SchemaRules::comment).collect(Collectors.joining("\n"))));
    }

    private static String comment(Relation t) {
        return "-- COMMENT ON %s %s IS '…';"
            .formatted(t.kind().equals("foreign table") ? "FOREIGN TABLE" : "TABLE", name(t.schema(), t.name()));
    }

    private static void extensions(Facts f, Outcome out) {
        for (var e : f.report().extensions()) {
            if (e.available() == null || e.available().equals(e.version())) continue;
            boolean timescale = e.name().equals("timescaledb");
            var update = "ALTER EXTENSION %s UPDATE;".formatted(name(e.name()));
            (timescale ? out.warning(e.name()) : out.note(e.name()))
                .says("Extension " + e.name() + " is " + e.version() + ", its library offers " + e.available())
                .evidence(e.version())
                .expected(e.available())
                .source("pg_available_extensions")
                .extent(0.4)
                .cure(
                    timescale
                        ? Cure.decide(
                            "-- As the first command of a new session (psql -X), when the release notes were read:\n-- "
                                + update)
                        : Cure.sql(update));
        }
    }
}
