//SOURCES ../RecordFields.java ../Units.java Capabilities.java CatalogReader.java LockedRelations.java Question.java
//SOURCES Redaction.java Report.java Row.java
package lib.explore;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import lib.RecordFields;
import lib.Units;
import lib.explore.Report.Column;
import lib.explore.Report.Constraint;
import lib.explore.Report.ForeignKey;
import lib.explore.Report.Index;
import lib.explore.Report.Trigger;

/**
 * The questions about what PostgreSQL itself knows: relations, columns, keys, indexes, views, functions, types, roles.
 * Each is one query over the whole database; the answers are keyed by OID. Everything goes by OID, because names would
 * need USAGE on their schema, and quoting.
 */
final class StructureCatalog {
    /** A relation as pg_class has it. @param hypertable its id in TimescaleDB's catalog, or null */
    record Rel(
        long oid,
        String schema,
        String name,
        char kind,
        boolean unlogged,
        String owner,
        String comment,
        Long rows,
        String partitionKey,
        boolean isAggregate) {
        boolean isView() {
            return kind == 'v' || kind == 'm';
        }
    }

    private final CatalogReader reader;
    private final Capabilities can;

    StructureCatalog(CatalogReader reader, Capabilities can) {
        this.reader = reader;
        this.can = can;
    }

    /**
     * Tables and views that belong to the user: no chunks, no partitions, no internals of TimescaleDB, no members of
     * extensions.
     */
    List<Rel> relations() {
        return reader.ask(
            Question.RELATIONS,
            """
                WITH hidden(oid) AS MATERIALIZED (
                %s),
                aggregate(oid) AS MATERIALIZED (
                %s)
                SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
                       c.relpersistence = 'u' AS unlogged, pg_catalog.pg_get_userbyid(c.relowner) AS owner,
                       d.description AS comment,
                       CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows,
                       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
                       EXISTS (SELECT FROM aggregate AS a WHERE a.oid = c.oid) AS is_aggregate
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_description AS d
                       ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
                  AND NOT c.relispartition
                  AND %s
                  AND NOT EXISTS (SELECT FROM hidden AS h WHERE h.oid = c.oid)
                ORDER BY n.nspname, c.relname
                """.formatted(
                String.join("UNION ALL\n", hidden()),
                aggregates(),
                USER_SCHEMA),
            row -> row.record(RecordFields.of(Rel.class).with("kind", row.text("kind").charAt(0))));
    }

    /** Queries for the OIDs of what is not the user's own. */
    private List<String> hidden() {
        var hidden = new ArrayList<String>();
        hidden.add("""
            SELECT objid FROM pg_catalog.pg_depend
            WHERE classid = 'pg_catalog.pg_class'::regclass AND deptype = 'e'
            """);
        if (!can.hasCatalog()) return hidden;
        // Chunks may live in a schema of the user's (associated_schema_name): the schema alone does not tell.
        hidden.add("SELECT c.oid FROM _timescaledb_catalog.chunk AS k\n" + can.joinChunkClass());
        if (can.has("_timescaledb_catalog.compression_settings.compress_relid")) {
            hidden.add("""
                SELECT compress_relid::oid FROM _timescaledb_catalog.compression_settings
                WHERE compress_relid IS NOT NULL
                """);
        }
        hidden.add(
            """
                SELECT c.oid FROM _timescaledb_catalog.hypertable AS h
                JOIN pg_catalog.pg_namespace AS hn ON hn.nspname = h.schema_name
                JOIN pg_catalog.pg_class AS c ON c.relnamespace = hn.oid AND c.relname = h.table_name
                WHERE h.id IN (SELECT mat_hypertable_id FROM _timescaledb_catalog.continuous_agg)
                """
                + (can.has("_timescaledb_catalog.hypertable.compression_state") ? "OR h.compression_state = 2\n" : ""));
        hidden.add("""
            SELECT c.oid FROM _timescaledb_catalog.continuous_agg AS a
            CROSS JOIN LATERAL (VALUES (a.partial_view_schema, a.partial_view_name),
                                       (a.direct_view_schema, a.direct_view_name)) AS v(s, n)
            JOIN pg_catalog.pg_namespace AS vn ON vn.nspname = v.s
            JOIN pg_catalog.pg_class AS c ON c.relnamespace = vn.oid AND c.relname = v.n
            """);
        return hidden;
    }

    private String aggregates() {
        return !can.hasCatalog() ? "SELECT NULL::oid WHERE false\n"
            : """
                SELECT c.oid FROM _timescaledb_catalog.continuous_agg AS a
                JOIN pg_catalog.pg_namespace AS an ON an.nspname = a.user_view_schema
                JOIN pg_catalog.pg_class AS c ON c.relnamespace = an.oid AND c.relname = a.user_view_name
                """;
    }

    /**
     * n is pg_namespace. Only PostgreSQL may make schemas that start with pg_; the others are TimescaleDB's own, by
     * their full names.
     */
    static final String USER_SCHEMA =
        """
            n.nspname !~ '^pg_' AND n.nspname NOT IN (
                'information_schema', '_timescaledb_cache', '_timescaledb_catalog', '_timescaledb_config',
                '_timescaledb_debug', '_timescaledb_functions', '_timescaledb_internal', 'timescaledb_experimental',
                'timescaledb_information', 'toolkit_experimental')""";

    Map<Long, List<Column>> columns(String[] oids) {
        record Of(long oid, Column column) {}
        return group(
            reader.askUnlocked(
                Question.COLUMNS,
                locked -> """
                    SELECT a.attrelid::bigint AS oid, a.attname AS name,
                        pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
                           NOT a.attnotnull AS nullable,
                           CASE WHEN a.attgenerated = '' AND NOT %1$s
                               THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS default_value,
                           -- 'v', virtual, came with PostgreSQL 18
                           CASE WHEN a.attidentity = 'a' THEN 'identity always'
                                WHEN a.attidentity = 'd' THEN 'identity by default'
                                WHEN a.attgenerated <> '' THEN CASE a.attgenerated WHEN 'v' THEN 'virtual: '
                                    ELSE 'stored: ' END
                                     || CASE WHEN %1$s THEN '?' ELSE
                                         pg_catalog.pg_get_expr(d.adbin, d.adrelid) END END AS generated,
                           t.description AS comment,
                           CASE WHEN a.attcollation <> 0 AND a.attcollation <> ty.typcollation
                                THEN (SELECT l.collname FROM pg_catalog.pg_collation AS l
                                    WHERE l.oid = a.attcollation) END AS collation,
                           CASE WHEN ty.typtype = 'd' THEN pg_catalog.format_type(ty.typbasetype, NULL)
                               ELSE pg_catalog.format_type(a.atttypid, NULL) END AS base
                    FROM pg_catalog.pg_attribute AS a
                    JOIN pg_catalog.pg_type AS ty ON ty.oid = a.atttypid
                    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                    LEFT JOIN pg_catalog.pg_description AS t
                           ON t.objoid = a.attrelid AND t.classoid = 'pg_catalog.pg_class'::regclass
                               AND t.objsubid = a.attnum
                    WHERE a.attrelid = ANY (?::text[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
                    ORDER BY a.attrelid, a.attnum
                    """
                    .formatted(locked.has("a.attrelid")),
                row -> new Of(row.whole("oid"), column(row)),
                (Object) oids),
            Of::oid,
            Of::column);
    }

    private static Column column(Row row) throws SQLException {
        var name = row.text("name");
        return new Column(
            name,
            row.word("type"),
            row.isTrue("nullable"),
            row.text("default_value", value -> Redaction.columnDefault(name, value)),
            row.text("generated"),
            row.text("comment"),
            row.word("collation"),
            row.word("base"));
    }

    record Constraints(Map<Long, List<Constraint>> own, Map<Long, List<ForeignKey>> foreign) {}

    Constraints constraints(String[] oids) {
        var own = new HashMap<Long, List<Constraint>>();
        var foreign = new HashMap<Long, List<ForeignKey>>();
        reader.askUnlocked(
            Question.KEYS,
            locked -> """
                SELECT k.conrelid::bigint AS oid, k.conname AS name, k.contype::text AS kind, k.convalidated AS valid,
                       CASE WHEN NOT %1$s AND NOT %2$s
                           THEN pg_catalog.pg_get_constraintdef(k.oid, true) END AS definition,
                       (SELECT array_agg(a.attname ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY AS u(attnum, n)
                        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid
                            AND a.attnum = u.attnum) AS columns,
                       fn.nspname AS to_schema, f.relname AS to_table,
                       (SELECT array_agg(a.attname ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY AS u(attnum, n)
                        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid
                            AND a.attnum = u.attnum) AS to_columns,
                       CASE k.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
                            WHEN 'd' THEN 'set default' WHEN 'r' THEN 'restrict' END AS on_delete,
                       CASE k.confupdtype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
                            WHEN 'd' THEN 'set default' WHEN 'r' THEN 'restrict' END AS on_update,
                       CASE k.confmatchtype WHEN 'f' THEN 'full' WHEN 'p' THEN 'partial' END AS match,
                       CASE WHEN k.condeferred THEN 'initially deferred'
                            WHEN k.condeferrable THEN 'deferrable' END AS deferrable,
                       d.description AS comment
                FROM pg_catalog.pg_constraint AS k
                LEFT JOIN pg_catalog.pg_class AS f ON f.oid = k.confrelid AND k.contype = 'f'
                LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.relnamespace
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = k.oid
                    AND d.classoid = 'pg_catalog.pg_constraint'::regclass
                WHERE k.conrelid = ANY (?::text[]::oid[]) AND (k.contype IN ('p', 'u', 'c', 'x', 'f')
                      -- since PostgreSQL 18 NOT NULL may be one that holds for new rows only
                      OR k.contype = 'n' AND NOT k.convalidated)
                  -- a key to a partitioned table has a row for each partition too: those hang on a parent
                  AND NOT (k.contype = 'f' AND k.conparentid <> 0)
                ORDER BY k.conrelid, k.contype, k.conname
                """
                .formatted(locked.has("k.conrelid"), locked.has("k.confrelid")),
            row -> {
                long oid = row.whole("oid");
                switch (row.word("kind")) {
                    case "f" -> foreign.computeIfAbsent(oid, o -> new ArrayList<>()).add(foreignKey(row));
                    case "p" -> own.computeIfAbsent(oid, o -> new ArrayList<>()).add(constraint(row, "primary key"));
                    case "u" -> own.computeIfAbsent(oid, o -> new ArrayList<>()).add(constraint(row, "unique"));
                    case "c" -> own.computeIfAbsent(oid, o -> new ArrayList<>()).add(constraint(row, "check"));
                    case "n" -> own.computeIfAbsent(oid, o -> new ArrayList<>()).add(constraint(row, "not null"));
                    default -> own.computeIfAbsent(oid, o -> new ArrayList<>()).add(constraint(row, "exclusion"));
                }
                return oid;
            },
            (Object) oids);
        return new Constraints(own, foreign);
    }

    private static Constraint constraint(Row row, String kind) throws SQLException {
        return new Constraint(
            row.text("name"),
            kind,
            row.texts("columns"),
            row.text("definition"),
            isValid(row),
            row.text("comment"));
    }

    private static ForeignKey foreignKey(Row row) throws SQLException {
        return row.record(RecordFields.of(ForeignKey.class).with("valid", isValid(row)));
    }

    /** PostgreSQL 18 marks what is not enforced as not valid: nothing was left undone there. */
    private static boolean isValid(Row row) throws SQLException {
        var definition = row.text("definition");
        return row.isTrue("valid") || definition != null && definition.endsWith(" NOT ENFORCED");
    }

    /** @param exact whether their sizes were measured now */
    record Indexes(Map<Long, List<Index>> byTable, boolean exact) {}

    private record IndexRow(long table, Index index) {}

    /**
     * Indexes with size and scans. On partitioned tables both are summed over the partitions' indexes by pg_inherits.
     * On hypertables they are those of the (empty) parent: {@link TimescaleCatalog#chunkIndexes} adds the chunks.
     */
    Indexes indexes(String[] oids) {
        var rows = reader.tryAskUnlocked(
            Question.INDEXES,
            locked -> indexSql(locked, oid -> can.bytesOf(oid, locked)),
            row -> new IndexRow(row.whole("table_oid"), index(row)),
            (Object) oids);
        return new Indexes(
            group(rows.orElse(List.of()), IndexRow::table, IndexRow::index),
            reader.locked().isEmpty() || can.readsFiles());
    }

    private String indexSql(LockedRelations locked, UnaryOperator<String> bytesOf) {
        return """
            WITH RECURSIVE mine AS MATERIALIZED (
                SELECT i.indexrelid FROM pg_catalog.pg_index AS i WHERE i.indrelid = ANY (?::text[]::oid[])
            ), tree(root, oid) AS (
                SELECT c.oid, c.oid FROM mine JOIN pg_catalog.pg_class AS c ON c.oid = mine.indexrelid
                    WHERE c.relkind = 'I'
                UNION ALL
                SELECT t.root, h.inhrelid FROM tree AS t JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.oid
            ), rolled AS (
                SELECT root, sum(pg_catalog.pg_stat_get_numscans(oid))::bigint AS scans, sum(%1$s)::bigint AS bytes
                FROM tree GROUP BY root
            ), guarding AS (
                SELECT k.conindid AS oid, max(k.conname) FILTER (WHERE k.contype IN ('p', 'u', 'x')) AS constraint_name,
                       bool_or(k.condeferrable) FILTER (WHERE k.contype IN ('p', 'u', 'x')) AS is_deferrable,
                       count(*) FILTER (WHERE k.contype = 'f' AND k.conparentid = 0) AS keys
                FROM mine JOIN pg_catalog.pg_constraint AS k ON k.conindid = mine.indexrelid GROUP BY k.conindid
            )
            SELECT i.indrelid::bigint AS table_oid, i.indexrelid::bigint AS oid, c.relname AS name, m.amname AS method,
                   CASE WHEN NOT %3$s THEN pg_catalog.pg_get_indexdef(i.indexrelid) END AS definition,
                   i.indisunique AS is_unique, i.indisprimary AS is_primary, i.indisvalid AND i.indisready AS is_valid,
                   i.indisreplident AS is_identity, i.indisclustered AS is_clustered, i.indisexclusion AS is_exclusion,
                   %4$s AS nulls_not_distinct,
                   g.constraint_name, coalesce(g.is_deferrable, false) AS is_deferrable,
                       coalesce(g.keys, 0) AS foreign_keys,
                   c.relispartition AS is_attached,
                   CASE WHEN NOT %3$s THEN pg_catalog.pg_get_expr(i.indpred, i.indrelid, true)
                       WHEN i.indpred IS NOT NULL THEN '?' END AS predicate,
                   CASE WHEN NOT %3$s THEN pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true)
                       WHEN i.indexprs IS NOT NULL THEN '?' END AS expressions,
                   i.indkey::text AS key, i.indclass::text AS class, i.indcollation::text AS collation,
                       i.indoption::text AS option,
                   i.indnkeyatts AS keys,
                   %5$s AS options,
                   -- names from the table: those of the index stay as they were when a column is renamed
                   (SELECT array_agg(coalesce(a.attname::text, CASE WHEN NOT %3$s
                       THEN pg_catalog.pg_get_indexdef(i.indexrelid, u.n::int, true) ELSE '?' END) ORDER BY u.n)
                    FROM unnest(i.indkey) WITH ORDINALITY AS u(attnum, n)
                    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
                        AND u.attnum <> 0) AS names,
                   d.description AS comment,
                   coalesce(r.bytes, %2$s, 0) AS bytes,
                   coalesce(r.scans, pg_catalog.pg_stat_get_numscans(i.indexrelid)) AS scans
            FROM mine
            JOIN pg_catalog.pg_index AS i ON i.indexrelid = mine.indexrelid
            JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
            JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
            LEFT JOIN guarding AS g ON g.oid = i.indexrelid
            LEFT JOIN rolled AS r ON r.root = i.indexrelid
            LEFT JOIN pg_catalog.pg_description AS d
                   ON d.objoid = i.indexrelid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
            ORDER BY i.indrelid, NOT i.indisprimary, c.relname
            """
            .formatted(
                bytesOf.apply("tree.oid"),
                bytesOf.apply("i.indexrelid"),
                locked.has("i.indrelid"),
                can.major() >= 15 ? "i.indnullsnotdistinct" : "false",
                INDEX_OPTIONS);
    }

    /** Those of a btree or a hash do not change what it finds. */
    private static final String INDEX_OPTIONS = """
        CASE WHEN m.amname NOT IN ('btree', 'hash') THEN
            (SELECT coalesce(c.reloptions::text, '')
                    || string_agg(coalesce(x.attoptions::text, ''), ' ' ORDER BY x.attnum)
             FROM pg_catalog.pg_attribute AS x WHERE x.attrelid = i.indexrelid) END""";

    private static Index index(Row row) throws SQLException {
        var key = row.word("key").split(" ");
        var operatorClass = row.word("class").split(" ");
        var collation = row.word("collation").split(" ");
        var option = row.word("option").split(" ");
        int keys = row.count("keys");
        var names = row.texts("names");
        var expressions = row.text("expressions");
        var options = row.text("options");
        var human = new ArrayList<String>();
        var shape = new ArrayList<String>();
        for (int i = 0; i < keys; i++) {
            int order = Integer.parseInt(option[i]);   // bit 1 DESC, bit 2 NULLS FIRST
            var direction = switch (order) {
                case 1 -> " DESC NULLS LAST";
                case 2 -> " NULLS FIRST";
                case 3 -> " DESC";
                default -> "";
            };
            human.add(names.get(i) + direction);
            shape.add(
                (key[i].equals("0") ? names.get(i) + " of " + expressions : key[i]) + ":" + operatorClass[i] + ":"
                    + collation[i] + (options == null ? "" : ":" + options) + ":" + order);
        }
        return row.record(
            RecordFields.of(Index.class)
                .with("method", row.word("method"))
                .with("keys", List.copyOf(human))
                .with("include", names.subList(keys, names.size()))
                .with("unique", row.isTrue("is_unique"))
                .with("primary", row.isTrue("is_primary"))
                .with("constraint", row.text("constraint_name") != null)
                .with("valid", row.isTrue("is_valid"))
                .with("chunkIndexes", 0)
                .with("guards", guards(row))
                .with("shape", List.copyOf(shape)));
    }

    private static List<String> guards(Row row) throws SQLException {
        var guards = new ArrayList<String>();
        var constraint = row.text("constraint_name");
        if (row.isTrue("is_primary")) {
            guards.add("primary key");
        } else if (row.isTrue("is_exclusion")) {
            guards.add("exclusion constraint " + constraint);
        } else if (constraint != null) {
            guards.add("unique constraint " + constraint);
        } else if (row.isTrue("is_unique")) {
            guards.add("uniqueness");
        }
        if (row.isTrue("is_deferrable")) guards.add("deferrable");
        if (row.isTrue("nulls_not_distinct")) guards.add("nulls not distinct");
        if (row.isTrue("is_identity")) guards.add("replica identity");
        if (row.whole("foreign_keys") > 0) guards.add(Units.plural(row.whole("foreign_keys"), "foreign key"));
        if (row.isTrue("is_clustered")) guards.add("the order of CLUSTER");
        if (row.isTrue("is_attached")) guards.add("an index of the partitioned table");
        return List.copyOf(guards);
    }

    Map<Long, List<Trigger>> triggers(String[] oids) {
        record Of(long oid, Trigger trigger) {}
        return group(
            reader.ask(
                Question.TRIGGERS,
                """
                    SELECT t.tgrelid::bigint AS oid, t.tgname AS name,
                        pg_catalog.pg_get_triggerdef(t.oid, true) AS definition, t.tgenabled <> 'D' AS enabled,
                           d.description AS comment
                    FROM pg_catalog.pg_trigger AS t
                    LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = t.oid
                        AND d.classoid = 'pg_catalog.pg_trigger'::regclass
                    -- TimescaleDB's own triggers on hypertables tell nothing
                    WHERE NOT t.tgisinternal AND t.tgrelid = ANY (?::text[]::oid[])
                        AND t.tgname NOT IN ('ts_insert_blocker', 'ts_cagg_invalidation_trigger')
                    ORDER BY t.tgrelid, t.tgname
                    """,
                row -> new Of(
                    row.whole("oid"),
                    new Trigger(row.text("name"), row.text("definition"), row.isTrue("enabled"), row.text("comment"))),
                (Object) oids),
            Of::oid,
            Of::trigger);
    }

    private static final int VIEWS_AT_ONCE = 40;

    /**
     * Definitions of views. pg_get_viewdef locks (ACCESS SHARE) what the view reads until the statement ends, so they
     * are asked in small portions: never a pile of locks, and one locked table costs few definitions.
     */
    Supplier<Map<Long, String>> viewDefinitions(List<Long> oids) {
        var portions = new ArrayList<Supplier<List<ViewDefinition>>>();
        for (int from = 0; from == 0 || from < oids.size(); from += VIEWS_AT_ONCE) {
            var some = Row.oids(oids.subList(from, Math.min(oids.size(), from + VIEWS_AT_ONCE)));
            portions.add(reader.soon(() -> viewDefinitions(some)));
        }
        return () -> portions.stream()
            .flatMap(portion -> portion.get().stream())
            .filter(view -> view.definition() != null)
            .collect(Collectors.toMap(ViewDefinition::oid, ViewDefinition::definition));
    }

    private record ViewDefinition(long oid, String definition) {}

    private List<ViewDefinition> viewDefinitions(String[] oids) {
        return reader.askUnlocked(
            Question.VIEWS,
            locked -> """
                SELECT c.oid::bigint AS oid, pg_catalog.pg_get_viewdef(c.oid, true) AS definition
                FROM pg_catalog.pg_class AS c WHERE c.oid = ANY (?::text[]::oid[]) AND c.relkind IN ('v', 'm')
                """ + (locked.isEmpty() ? ""
                : """
                    AND NOT %s AND NOT EXISTS (
                        SELECT FROM pg_catalog.pg_rewrite AS w
                        JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass
                            AND d.objid = w.oid
                         AND d.refclassid = 'pg_catalog.pg_class'::regclass
                        WHERE w.ev_class = c.oid AND %s)
                    """
                    .formatted(locked.has("c.oid"), locked.has("d.refobjid"))),
            row -> new ViewDefinition(row.whole("oid"), row.text("definition")),
            (Object) oids);
    }

    List<Report.Routine> routines() {
        return reader.ask(
            Question.FUNCTIONS,
            """
                SELECT n.nspname AS schema, p.proname AS name,
                       CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' WHEN 'w'
                           THEN 'window function' ELSE 'function' END AS kind,
                       pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
                           pg_catalog.pg_get_function_result(p.oid) AS returns,
                       l.lanname AS language, CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable'
                           ELSE 'volatile' END AS volatility,
                       p.prosecdef AS security_definer, p.proconfig AS settings,
                           pg_catalog.pg_get_userbyid(p.proowner) AS owner, d.description AS comment,
                       CASE WHEN l.lanname NOT IN ('c', 'internal') AND p.prokind <> 'a' THEN left(p.prosrc, 4000)
                           || CASE WHEN length(p.prosrc) > 4000 THEN ' …' ELSE '' END END AS body
                FROM pg_catalog.pg_proc AS p
                JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = p.oid
                    AND d.classoid = 'pg_catalog.pg_proc'::regclass
                WHERE %s
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                  WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid
                                      AND e.deptype = 'e')
                ORDER BY n.nspname, p.proname, arguments
                """
                .formatted(USER_SCHEMA),
            row -> row.record(
                RecordFields.of(Report.Routine.class)
                    .with("arguments", row.text("arguments", Redaction::ddl))
                    .with("settings", row.texts("settings", StructureCatalog::setting))));
    }

    /** "search_path=pg_catalog, public" */
    private static String setting(String assignment) {
        var words = assignment.split("=", 2);
        return words[0] + " = " + Redaction.setting(words[0], words.length < 2 ? "" : words[1]);
    }

    List<Report.TypeFacts> types() {
        return reader.ask(
            Question.TYPES,
            """
                SELECT n.nspname AS schema, t.typname AS name, pg_catalog.pg_get_userbyid(t.typowner) AS owner,
                       CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range'
                           ELSE 'composite' END AS kind,
                       CASE t.typtype
                         WHEN 'e' THEN (SELECT string_agg(quote_literal(v.enumlabel), ', ' ORDER BY v.enumsortorder)
                             FROM pg_catalog.pg_enum AS v WHERE v.enumtypid = t.oid)
                         WHEN 'd' THEN concat_ws(' ', pg_catalog.format_type(t.typbasetype, t.typtypmod), CASE
                             WHEN t.typnotnull THEN 'NOT NULL' END,
                            (SELECT string_agg(pg_catalog.pg_get_constraintdef(k.oid, true), ' ' ORDER BY k.conname)
                                FROM pg_catalog.pg_constraint AS k WHERE k.contypid = t.oid))
                         WHEN 'r' THEN (SELECT pg_catalog.format_type(g.rngsubtype, NULL) FROM pg_catalog.pg_range AS g
                             WHERE g.rngtypid = t.oid)
                         ELSE (SELECT string_agg(a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod),
                             ', ' ORDER BY a.attnum)
                               FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0
                                   AND NOT a.attisdropped) END AS definition,
                       d.description AS comment
                FROM pg_catalog.pg_type AS t
                JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
                LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = t.oid
                    AND d.classoid = 'pg_catalog.pg_type'::regclass
                WHERE %s AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                  WHERE e.classid = 'pg_catalog.pg_type'::regclass AND e.objid = t.oid
                                      AND e.deptype = 'e')
                ORDER BY n.nspname, t.typname
                """
                .formatted(USER_SCHEMA),
            row -> new Report.TypeFacts(
                row.text("schema"),
                row.text("name"),
                row.text("kind"),
                row.text("owner"),
                row.text("definition"),
                row.text("comment")));
    }

    private static final int SEQUENCES_AT_ONCE = 40;

    /** A sequence without its last value. @param first where its numbers begin @param readable whether we may ask */
    private record SequenceRow(long oid, Report.Sequence sequence, long first, boolean readable) {}

    /** The numbers that columns hold, also those whose type is a domain. */
    private static final String ENDS_OF_TYPES = """
        WITH RECURSIVE ends(type, highest, lowest) AS (
            VALUES ('int2'::regtype::oid, 32767::bigint, -32768::bigint),
                   ('int4'::regtype::oid, 2147483647, -2147483648)
            UNION ALL
            SELECT t.oid, e.highest, e.lowest FROM ends AS e
            JOIN pg_catalog.pg_type AS t ON t.typbasetype = e.type AND t.typtype = 'd'
        )
        """;

    /**
     * A sequence feeds a column of a smaller type sometimes: then the type's end is the nearer one.
     * Asking where a sequence stands locks it until the statement ends, so they are asked in portions: all of them, and
     * never a pile of locks.
     */
    List<Report.Sequence> sequences() {
        var rows = reader.ask(
            Question.SEQUENCES,
            ENDS_OF_TYPES + """
                SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name,
                    pg_catalog.format_type(s.seqtypid, NULL) AS type,
                       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
                       coalesce(tn.nspname || '.' || t.relname || '.' || a.attname, u.fed) AS owned_by,
                       least(s.seqmax, o.highest, u.highest) AS highest,
                       greatest(s.seqmin, o.lowest, u.lowest) AS lowest,
                       CASE WHEN s.seqincrement < 0 THEN s.seqmax ELSE s.seqmin END AS first,
                       s.seqcycle AS cycles, s.seqincrement < 0 AS descending,
                       tn.nspname AS own_schema, t.relname AS own_table, a.attname AS own_column,
                       u.schemas, u.tables, u.columns,
                       has_sequence_privilege(c.oid, 'SELECT, USAGE') AS readable, m.description AS comment
                FROM pg_catalog.pg_sequence AS s
                JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
                          AND d.refobjsubid > 0
                LEFT JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
                LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
                LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                LEFT JOIN ends AS o ON o.type = a.atttypid
                -- a default may take numbers from a sequence that no column owns
                LEFT JOIN (SELECT e.refobjid, min(ue.highest) AS highest, max(ue.lowest) AS lowest,
                                  coalesce(min(un.nspname || '.' || ut.relname || '.' || ua.attname) FILTER (
                                      -- not the partition or the chunk, but its table
                                      WHERE NOT ut.relispartition AND un.nspname !~ '^_timescaledb_'),
                                      min(un.nspname || '.' || ut.relname || '.' || ua.attname)) AS fed,
                                  array_agg(un.nspname::text ORDER BY ua.attrelid, ua.attnum) AS schemas,
                                  array_agg(ut.relname::text ORDER BY ua.attrelid, ua.attnum) AS tables,
                                  array_agg(ua.attname::text ORDER BY ua.attrelid, ua.attnum) AS columns
                           FROM pg_catalog.pg_depend AS e
                           JOIN pg_catalog.pg_attrdef AS ud ON ud.oid = e.objid
                           JOIN pg_catalog.pg_class AS ut ON ut.oid = ud.adrelid
                           JOIN pg_catalog.pg_namespace AS un ON un.oid = ut.relnamespace
                           JOIN pg_catalog.pg_attribute AS ua ON ua.attrelid = ud.adrelid AND ua.attnum = ud.adnum
                           LEFT JOIN ends AS ue ON ue.type = ua.atttypid
                           WHERE e.classid = 'pg_catalog.pg_attrdef'::regclass
                               AND e.refclassid = 'pg_catalog.pg_class'::regclass AND e.deptype = 'n'
                           GROUP BY e.refobjid) AS u ON u.refobjid = c.oid
                LEFT JOIN pg_catalog.pg_description AS m ON m.objoid = c.oid
                    AND m.classoid = 'pg_catalog.pg_class'::regclass AND m.objsubid = 0
                WHERE %s
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                  WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid
                                      AND e.deptype = 'e')
                ORDER BY n.nspname, c.relname
                """
                .formatted(USER_SCHEMA),
            StructureCatalog::sequence);
        var last = lastValues(rows.stream().filter(SequenceRow::readable).map(SequenceRow::oid).toList());
        return rows.stream().map(r -> standing(r, last)).toList();
    }

    private static SequenceRow sequence(Row row) throws SQLException {
        boolean descending = row.isTrue("descending");
        return new SequenceRow(
            row.whole("oid"),
            row.record(
                RecordFields.of(Report.Sequence.class)
                    .with("lastValue", null)
                    .with("limit", row.whole(descending ? "lowest" : "highest"))
                    .with("usedPercent", null)
                    .with("feeds", feeds(row))
                    .with("seen", false)),
            row.whole("first"),
            row.isTrue("readable"));
    }

    private static List<Report.ColumnName> feeds(Row row) throws SQLException {
        var feeds = new LinkedHashSet<Report.ColumnName>();
        if (row.text("own_column") != null) {
            feeds.add(new Report.ColumnName(row.text("own_schema"), row.text("own_table"), row.text("own_column")));
        }
        var tables = row.texts("tables");
        for (int i = 0; i < tables.size(); i++) {
            feeds.add(
                new Report.ColumnName(row.texts("schemas").get(i), tables.get(i), row.texts("columns").get(i)));
        }
        return List.copyOf(feeds);
    }

    private static Report.Sequence standing(SequenceRow row, Map<Long, Optional<Long>> last) {
        var s = row.sequence();
        var answer = last.get(row.oid());
        Long value = answer == null ? null : answer.orElse(null);
        Double used = value == null ? null : usedPercent(row.first(), value, s.limit());
        return RecordFields.of(s)
            .with("lastValue", value)
            .with("usedPercent", used)
            .with("seen", answer != null)
            .record();
    }

    /** The numbers from the first to the last one that was given, of those up to the limit; in either direction. */
    private static double usedPercent(long first, long last, long limit) {
        double all = Math.abs((double) limit - first) + 1;
        double given = Math.abs((double) last - first) + 1;
        boolean isBeyond = limit >= first ? last > limit : last < limit;
        return isBeyond ? 100 : Math.round(1000.0 * given / all) / 10.0;
    }

    /** By OID; an empty value is a sequence that was never used, none at all one that could not be asked. */
    private Map<Long, Optional<Long>> lastValues(List<Long> oids) {
        var last = new HashMap<Long, Optional<Long>>();
        for (int from = 0; from < oids.size(); from += SEQUENCES_AT_ONCE) {
            var some = Row.oids(oids.subList(from, Math.min(oids.size(), from + SEQUENCES_AT_ONCE)));
            reader.askUnlocked(
                Question.SEQUENCE_VALUES,
                locked -> """
                    SELECT o.oid::bigint AS oid, pg_catalog.pg_sequence_last_value(o.oid) AS last_value
                    FROM unnest(?::text[]::oid[]) AS o(oid) WHERE NOT %s
                    """.formatted(locked.has("o.oid")),
                row -> last.put(row.whole("oid"), Optional.ofNullable(row.number("last_value"))),
                (Object) some);
        }
        return last;
    }

    List<Report.Extension> extensions() {
        return reader.ask(
            Question.EXTENSIONS,
            """
                SELECT e.extname AS name, e.extversion AS version, a.default_version AS available,
                    n.nspname AS schema, a.comment
                FROM pg_catalog.pg_extension AS e
                JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
                LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name = e.extname
                ORDER BY e.extname
                """,
            row -> new Report.Extension(
                row.text("name"),
                row.text("version"),
                row.text("available"),
                row.text("schema"),
                row.text("comment")));
    }

    record SchemaRow(String name, String owner, String comment) {}

    List<SchemaRow> schemas() {
        return reader.ask(
            Question.SCHEMAS,
            """
                SELECT n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner) AS owner, d.description AS comment
                FROM pg_catalog.pg_namespace AS n
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = n.oid
                    AND d.classoid = 'pg_catalog.pg_namespace'::regclass
                WHERE %s
                ORDER BY n.nspname
                """
                .formatted(USER_SCHEMA),
            row -> new SchemaRow(row.text("name"), row.text("owner"), row.text("comment")));
    }

    List<Report.Role> roles() {
        return reader.ask(
            Question.ROLES,
            """
                SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolcanlogin AS login,
                    r.rolcreatedb AS create_database,
                       r.rolcreaterole AS create_role, r.rolreplication AS replication, r.rolbypassrls AS bypass_rls,
                       CASE WHEN r.rolconnlimit >= 0 THEN r.rolconnlimit END AS connection_limit,
                       (SELECT array_agg(g.rolname ORDER BY g.rolname) FROM pg_catalog.pg_auth_members AS m
                        JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid WHERE m.member = r.oid) AS member_of,
                       pg_catalog.shobj_description(r.oid, 'pg_authid') AS comment
                FROM pg_catalog.pg_roles AS r
                WHERE r.rolname !~ '^pg_'
                ORDER BY r.rolname
                """,
            row -> row.record(Report.Role.class));
    }

    /**
     * Who may do what, rolled up: a role's equal rights on things of one kind in one schema are one row. The owner's
     * own rights are left out.
     */
    List<Report.Grant> grants(String[] oids) {
        return reader.ask(
            Question.GRANTS,
            """
                SELECT role, schema, kind, privileges, count(*)::int AS objects
                FROM (
                    SELECT coalesce(g.rolname, 'PUBLIC') AS role, o.schema, o.kind, o.id,
                           string_agg(DISTINCT x.privilege_type, ', ' ORDER BY x.privilege_type) AS privileges
                    FROM (
                        SELECT n.nspname AS schema, 'relation' AS kind, c.oid::text AS id, c.relowner AS owner,
                            c.relacl AS acl
                        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE c.oid = ANY (?::text[]::oid[])
                        UNION ALL
                        SELECT n.nspname, 'column', c.oid || '.' || a.attnum, c.relowner, a.attacl
                        FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
                        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND c.oid = ANY (?::text[]::oid[])
                        UNION ALL
                        SELECT n.nspname, 'sequence', c.oid::text, c.relowner, c.relacl
                        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE c.relkind = 'S' AND c.relacl IS NOT NULL AND %1$s
                        UNION ALL
                        SELECT n.nspname, 'function', p.oid::text, p.proowner, p.proacl
                        FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                        WHERE p.proacl IS NOT NULL AND %1$s
                          AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                          WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid
                                              AND e.deptype = 'e')
                        UNION ALL
                        SELECT n.nspname, 'type', t.oid::text, t.typowner, t.typacl
                        FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
                        WHERE t.typacl IS NOT NULL AND %1$s
                        UNION ALL
                        SELECT n.nspname, 'schema', n.oid::text, n.nspowner, n.nspacl
                        FROM pg_catalog.pg_namespace AS n WHERE n.nspacl IS NOT NULL AND %1$s) AS o
                    CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) AS x
                    LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = x.grantee
                    WHERE x.grantee <> o.owner
                    GROUP BY 1, 2, 3, 4) AS each
                GROUP BY role, schema, kind, privileges
                ORDER BY role, schema, kind, privileges
                """
                .formatted(USER_SCHEMA),
            row -> new Report.Grant(
                row.text("role"),
                row.text("schema"),
                row.text("kind"),
                row.text("privileges"),
                row.count("objects")),
            (Object) oids,
            oids);
    }

    List<Report.OtherDatabase> databases() {
        return reader.ask(
            Question.DATABASES,
            """
                SELECT d.datname AS name, pg_catalog.pg_get_userbyid(d.datdba) AS owner, d.datallowconn AS allows,
                       CASE WHEN has_database_privilege(d.oid, 'CONNECT')
                           THEN pg_catalog.pg_database_size(d.oid) END AS bytes
                FROM pg_catalog.pg_database AS d WHERE NOT d.datistemplate ORDER BY d.datname
                """,
            row -> new Report.OtherDatabase(
                row.text("name"),
                row.text("owner"),
                row.number("bytes"),
                row.isTrue("allows")));
    }

    private static <R, V> Map<Long, List<V>> group(
        List<R> rows,
        Function<R, Long> key,
        Function<R, V> value) {
        return rows.stream().collect(Collectors.groupingBy(key, Collectors.mapping(value, Collectors.toList())));
    }
}
