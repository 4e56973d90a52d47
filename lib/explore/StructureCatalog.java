//SOURCES Capabilities.java CatalogReader.java Report.java Rows.java
package lib.explore;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.explore.Report.Column;
import lib.explore.Report.Constraint;
import lib.explore.Report.ForeignKey;
import lib.explore.Report.Index;
import lib.explore.Report.Trigger;

/**
 * The questions about what PostgreSQL itself knows: relations, columns, keys, indexes, views, functions, types, roles.
 * Each is one query over the whole database; the answers are keyed by OID. Everything goes by OID, because names would need
 * USAGE on their schema, and quoting.
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
        boolean isAggregate) {}

    private final CatalogReader asker;
    private final Capabilities can;

    StructureCatalog(CatalogReader asker, Capabilities can) {
        this.asker = asker;
        this.can = can;
    }

    /** Tables and views that belong to the user: no chunks, no partitions, no internals of TimescaleDB, no members of extensions. */
    List<Rel> relations() {
        var hidden = new ArrayList<String>();
        var aggregates = "SELECT NULL::oid WHERE false";
        if (can.hasCatalog()) {
            // Chunks may live in a schema of the user's (associated_schema_name): the schema alone does not tell.
            hidden.add("SELECT c.oid FROM _timescaledb_catalog.chunk AS k\n" + can.joinChunkClass());
            if (can.has("_timescaledb_catalog.compression_settings.compress_relid")) {
                hidden.add(
                    "SELECT compress_relid::oid FROM _timescaledb_catalog.compression_settings WHERE compress_relid IS NOT NULL");
            }
            hidden.add(
                """
                    SELECT c.oid FROM _timescaledb_catalog.hypertable AS h
                    JOIN pg_catalog.pg_namespace AS hn ON hn.nspname = h.schema_name
                    JOIN pg_catalog.pg_class AS c ON c.relnamespace = hn.oid AND c.relname = h.table_name
                    WHERE h.id IN (SELECT mat_hypertable_id FROM _timescaledb_catalog.continuous_agg)
                    """ + (can.has("_timescaledb_catalog.hypertable.compression_state") ? "OR h.compression_state = 2\n"
                    : ""));
            hidden.add(
                """
                    SELECT c.oid FROM _timescaledb_catalog.continuous_agg AS a
                    CROSS JOIN LATERAL (VALUES (a.partial_view_schema, a.partial_view_name), (a.direct_view_schema, a.direct_view_name)) AS v(s, n)
                    JOIN pg_catalog.pg_namespace AS vn ON vn.nspname = v.s
                    JOIN pg_catalog.pg_class AS c ON c.relnamespace = vn.oid AND c.relname = v.n
                    """);
            aggregates = """
                SELECT c.oid FROM _timescaledb_catalog.continuous_agg AS a
                JOIN pg_catalog.pg_namespace AS an ON an.nspname = a.user_view_schema
                JOIN pg_catalog.pg_class AS c ON c.relnamespace = an.oid AND c.relname = a.user_view_name
                """;
        }
        hidden.add(
            "SELECT objid FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_class'::regclass AND deptype = 'e'");
        return asker.ask(
            "tables and views",
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
                String.join("UNION ALL\n", hidden.stream().map(s -> s.endsWith("\n") ? s : s + "\n").toList()),
                aggregates,
                USER_SCHEMA),
            row -> new Rel(
                row.getLong("oid"),
                row.getString("schema"),
                row.getString("name"),
                row.getString("kind").charAt(0),
                row.getBoolean("unlogged"),
                row.getString("owner"),
                row.getString("comment"),
                Rows.number(row, "rows"),
                row.getString("partition_key"),
                row.getBoolean("is_aggregate")));
    }

    /** n is pg_namespace. Only PostgreSQL may make schemas that start with pg_; the others are TimescaleDB's own, by their full names. */
    static final String USER_SCHEMA =
        """
            n.nspname !~ '^pg_' AND n.nspname <> ALL ('{information_schema,_timescaledb_cache,_timescaledb_catalog,_timescaledb_config,\
            _timescaledb_debug,_timescaledb_functions,_timescaledb_internal,timescaledb_experimental,timescaledb_information,toolkit_experimental}'::text[])""";

    Map<Long, List<Column>> columns(String[] oids) {
        record Row(long oid, Column column) {}
        return group(
            asker.ask(
                "columns",
                """
                    SELECT a.attrelid::bigint AS oid, a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
                           NOT a.attnotnull AS nullable,
                           CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS default_value,
                           -- 'v', virtual, came with PostgreSQL 18
                           CASE WHEN a.attidentity = 'a' THEN 'identity always' WHEN a.attidentity = 'd' THEN 'identity by default'
                                WHEN a.attgenerated <> '' THEN CASE a.attgenerated WHEN 'v' THEN 'virtual: ' ELSE 'stored: ' END
                                                               || pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS generated,
                           t.description AS comment
                    FROM pg_catalog.pg_attribute AS a
                    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                    LEFT JOIN pg_catalog.pg_description AS t
                           ON t.objoid = a.attrelid AND t.classoid = 'pg_catalog.pg_class'::regclass AND t.objsubid = a.attnum
                    WHERE a.attrelid = ANY (?::text[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
                    ORDER BY a.attrelid, a.attnum
                    """,
                row -> new Row(
                    row.getLong("oid"),
                    new Column(
                        row.getString("name"),
                        row.getString("type").intern(),
                        row.getBoolean("nullable"),
                        row.getString("default_value"),
                        row.getString("generated"),
                        row.getString("comment"))),
                (Object) oids),
            Row::oid,
            Row::column);
    }

    record Constraints(Map<Long, List<Constraint>> own, Map<Long, List<ForeignKey>> foreign) {}

    Constraints constraints(String[] oids) {
        return constraints("keys and checks", oids)
            .or(() -> constraints("keys and checks of tables that are not locked", notLocked(oids)))
            .orElse(new Constraints(Map.of(), Map.of()));
    }

    private java.util.Optional<Constraints> constraints(String what, String[] oids) {
        var own = new HashMap<Long, List<Constraint>>();
        var foreign = new HashMap<Long, List<ForeignKey>>();
        var answer = asker.tryAsk(
            what,
            """
                SELECT k.conrelid::bigint AS oid, k.conname AS name, k.contype::text AS kind, k.convalidated AS valid,
                       pg_catalog.pg_get_constraintdef(k.oid, true) AS definition,
                       (SELECT array_agg(a.attname ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY AS u(attnum, n)
                        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum) AS columns,
                       fn.nspname AS to_schema, f.relname AS to_table,
                       (SELECT array_agg(a.attname ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY AS u(attnum, n)
                        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.attnum) AS to_columns,
                       CASE k.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' WHEN 'r' THEN 'restrict' END AS on_delete
                FROM pg_catalog.pg_constraint AS k
                LEFT JOIN pg_catalog.pg_class AS f ON f.oid = k.confrelid AND k.contype = 'f'
                LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.relnamespace
                WHERE k.conrelid = ANY (?::text[]::oid[]) AND k.contype IN ('p', 'u', 'c', 'x', 'f')
                  -- a key to a partitioned table has a row for each partition too: those hang on a parent
                  AND NOT (k.contype = 'f' AND k.conparentid <> 0)
                ORDER BY k.conrelid, k.contype, k.conname
                """,
            row -> {
                long oid = row.getLong("oid");
                var columns = Rows.texts(row, "columns");
                var definition = row.getString("definition");
                // PostgreSQL 18 marks what is not enforced as not valid: nothing was left undone there
                boolean valid = row.getBoolean("valid") || definition.endsWith(" NOT ENFORCED");
                switch (row.getString("kind")) {
                    case "f" -> foreign.computeIfAbsent(oid, o -> new ArrayList<>())
                        .add(
                            new ForeignKey(
                                row.getString("name"),
                                columns,
                                row.getString("to_schema"),
                                row.getString("to_table"),
                                Rows.texts(row, "to_columns"),
                                row.getString("on_delete"),
                                valid,
                                definition));
                    case "p" -> add(own, oid, row.getString("name"), "primary key", columns, definition, valid);
                    case "u" -> add(own, oid, row.getString("name"), "unique", columns, definition, valid);
                    case "c" -> add(own, oid, row.getString("name"), "check", columns, definition, valid);
                    default -> add(own, oid, row.getString("name"), "exclusion", columns, definition, valid);
                }
                return oid;
            },
            (Object) oids);
        return answer.map(rows -> new Constraints(own, foreign));
    }

    private static void add(
        Map<Long, List<Constraint>> map,
        long oid,
        String name,
        String kind,
        List<String> columns,
        String definition,
        boolean valid) {
        map.computeIfAbsent(oid, o -> new ArrayList<>()).add(new Constraint(name, kind, columns, definition, valid));
    }

    /** @param exact whether their sizes were measured now */
    record Indexes(Map<Long, List<Index>> byTable, boolean exact) {}

    private record IndexRow(long table, Index index) {}

    /** Definitions open their table. Where one is locked, a second try without it gets the answer for all the others. */
    private String[] notLocked(String[] oids) {
        var locked = asker.ask("locked tables", """
            SELECT l.relation::bigint AS oid FROM pg_catalog.pg_locks AS l
            WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
              AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
            """, row -> row.getString("oid"));
        return java.util.Arrays.stream(oids).filter(o -> !locked.contains(o)).toArray(String[]::new);
    }

    /**
     * Indexes with size and scans. On partitioned tables both are summed over the partitions' indexes by pg_inherits.
     * On hypertables they are those of the (empty) parent: {@link TimescaleCatalog#chunkIndexes} adds the chunks.
     */
    Indexes indexes(String[] oids) {
        var exact = indexes("indexes", can::bytesOf, oids);
        return exact.isPresent() ? new Indexes(group(exact.get(), IndexRow::table, IndexRow::index), true)
            : new Indexes(
                group(
                    indexes(
                        "indexes, sizes as of the last vacuum",
                        "(SELECT z.relpages * current_setting('block_size')::bigint FROM pg_catalog.pg_class AS z WHERE z.oid = %s)"::formatted,
                        notLocked(oids))
                        .orElse(List.of()),
                    IndexRow::table,
                    IndexRow::index),
                false);
    }

    private java.util.Optional<List<IndexRow>>
        indexes(String what, java.util.function.UnaryOperator<String> bytesOf, String[] oids) {
        return asker.tryAsk(
            what,
            """
                WITH RECURSIVE mine AS MATERIALIZED (
                    SELECT i.indexrelid FROM pg_catalog.pg_index AS i WHERE i.indrelid = ANY (?::text[]::oid[])
                ), tree(root, oid) AS (
                    SELECT c.oid, c.oid FROM mine JOIN pg_catalog.pg_class AS c ON c.oid = mine.indexrelid WHERE c.relkind = 'I'
                    UNION ALL
                    SELECT t.root, h.inhrelid FROM tree AS t JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.oid
                ), rolled AS (
                    SELECT root, sum(pg_catalog.pg_stat_get_numscans(oid))::bigint AS scans, sum(%1$s)::bigint AS bytes
                    FROM tree GROUP BY root
                )
                SELECT i.indrelid::bigint AS table_oid, i.indexrelid::bigint AS oid, c.relname AS name, m.amname AS method,
                       pg_catalog.pg_get_indexdef(i.indexrelid) AS definition, i.indisunique AS is_unique, i.indisprimary AS is_primary,
                       i.indisvalid AND i.indisready AS is_valid,
                       EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) AS is_constraint,
                       pg_catalog.pg_get_expr(i.indpred, i.indrelid, true) AS predicate, pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) AS expressions,
                       i.indkey::text AS key, i.indclass::text AS class, i.indcollation::text AS collation, i.indoption::text AS option,
                       i.indnkeyatts AS keys,
                       (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = i.indexrelid) AS names,
                       coalesce(r.bytes, %2$s, 0) AS bytes,
                       coalesce(r.scans, pg_catalog.pg_stat_get_numscans(i.indexrelid)) AS scans
                FROM mine
                JOIN pg_catalog.pg_index AS i ON i.indexrelid = mine.indexrelid
                JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
                JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
                LEFT JOIN rolled AS r ON r.root = i.indexrelid
                ORDER BY i.indrelid, NOT i.indisprimary, c.relname
                """
                .formatted(bytesOf.apply("tree.oid"), bytesOf.apply("i.indexrelid")),
            row -> new IndexRow(row.getLong("table_oid"), index(row)),
            (Object) oids);
    }

    private static Index index(java.sql.ResultSet row) throws java.sql.SQLException {
        var key = row.getString("key").split(" ");
        var operatorClass = row.getString("class").split(" ");
        var collation = row.getString("collation").split(" ");
        var option = row.getString("option").split(" ");
        int keys = row.getInt("keys");
        var names = Rows.texts(row, "names");
        var expressions = row.getString("expressions");
        var human = new ArrayList<String>();
        var shape = new ArrayList<String>();
        for (int i = 0; i < keys; i++) {
            boolean expression = key[i].equals("0");
            int options = Integer.parseInt(option[i]);   // bit 1 DESC, bit 2 NULLS FIRST
            var direction = switch (options) {
                case 1 -> " DESC NULLS LAST";
                case 2 -> " NULLS FIRST";
                case 3 -> " DESC";
                default -> "";
            };
            human.add((expression ? "(" + (keys == 1 ? expressions : "expression") + ")" : names.get(i)) + direction);
            shape
                .add((expression ? expressions : key[i]) + ":" + operatorClass[i] + ":" + collation[i] + ":" + options);
        }
        return new Index(
            row.getLong("oid"),
            row.getString("name"),
            row.getString("method").intern(),
            List.copyOf(human),
            names.subList(keys, names.size()),
            row.getString("predicate"),
            row.getBoolean("is_unique"),
            row.getBoolean("is_primary"),
            row.getBoolean("is_constraint"),
            row.getBoolean("is_valid"),
            row.getLong("bytes"),
            Rows.number(row, "scans"),
            0,
            row.getString("definition"),
            List.copyOf(shape));
    }

    Map<Long, List<Trigger>> triggers(String[] oids) {
        record Row(long oid, Trigger trigger) {}
        return group(
            asker.ask(
                "triggers",
                """
                    SELECT t.tgrelid::bigint AS oid, t.tgname AS name, pg_catalog.pg_get_triggerdef(t.oid, true) AS definition, t.tgenabled <> 'D' AS enabled
                    FROM pg_catalog.pg_trigger AS t
                    -- TimescaleDB's own triggers on hypertables tell nothing
                    WHERE NOT t.tgisinternal AND t.tgrelid = ANY (?::text[]::oid[]) AND t.tgname NOT IN ('ts_insert_blocker', 'ts_cagg_invalidation_trigger')
                    ORDER BY t.tgrelid, t.tgname
                    """,
                row -> new Row(
                    row.getLong("oid"),
                    new Trigger(row.getString("name"), row.getString("definition"), row.getBoolean("enabled"))),
                (Object) oids),
            Row::oid,
            Row::trigger);
    }

    private static final int VIEWS_AT_ONCE = 40;

    /**
     * Definitions of views. pg_get_viewdef locks (ACCESS SHARE) what the view reads until the statement ends, so they are asked
     * in small portions: never a pile of locks, and one locked table costs few definitions.
     */
    Map<Long, String> viewDefinitions(List<Long> oids) {
        var definitions = new HashMap<Long, String>();
        for (int from = 0; from == 0 || from < oids.size(); from += VIEWS_AT_ONCE) {
            var some = Rows.oids(oids.subList(from, Math.min(oids.size(), from + VIEWS_AT_ONCE)));
            asker.ask("definitions of views", """
                SELECT c.oid::bigint AS oid, pg_catalog.pg_get_viewdef(c.oid, true) AS definition
                FROM pg_catalog.pg_class AS c WHERE c.oid = ANY (?::text[]::oid[]) AND c.relkind IN ('v', 'm')
                """, row -> definitions.put(row.getLong("oid"), row.getString("definition")), (Object) some);
        }
        return definitions;
    }

    List<Report.Routine> routines() {
        return asker.ask(
            "functions",
            """
                SELECT n.nspname AS schema, p.proname AS name,
                       CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' WHEN 'w' THEN 'window function' ELSE 'function' END AS kind,
                       pg_catalog.pg_get_function_arguments(p.oid) AS arguments, pg_catalog.pg_get_function_result(p.oid) AS returns,
                       l.lanname AS language, CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
                       p.prosecdef AS definer, pg_catalog.pg_get_userbyid(p.proowner) AS owner, d.description AS comment
                FROM pg_catalog.pg_proc AS p
                JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_proc'::regclass
                WHERE %s
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                  WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
                ORDER BY n.nspname, p.proname, arguments
                """
                .formatted(USER_SCHEMA),
            row -> new Report.Routine(
                row.getString("schema"),
                row.getString("name"),
                row.getString("kind"),
                row.getString("arguments"),
                row.getString("returns"),
                row.getString("language"),
                row.getString("volatility"),
                row.getBoolean("definer"),
                row.getString("owner"),
                row.getString("comment")));
    }

    List<Report.TypeFacts> types() {
        return asker.ask(
            "types",
            """
                SELECT n.nspname AS schema, t.typname AS name,
                       CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' ELSE 'composite' END AS kind,
                       CASE t.typtype
                         WHEN 'e' THEN (SELECT string_agg(quote_literal(v.enumlabel), ', ' ORDER BY v.enumsortorder) FROM pg_catalog.pg_enum AS v WHERE v.enumtypid = t.oid)
                         WHEN 'd' THEN concat_ws(' ', pg_catalog.format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                            (SELECT string_agg(pg_catalog.pg_get_constraintdef(k.oid, true), ' ' ORDER BY k.conname) FROM pg_catalog.pg_constraint AS k WHERE k.contypid = t.oid))
                         WHEN 'r' THEN (SELECT pg_catalog.format_type(g.rngsubtype, NULL) FROM pg_catalog.pg_range AS g WHERE g.rngtypid = t.oid)
                         ELSE (SELECT string_agg(a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
                               FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END AS definition,
                       d.description AS comment
                FROM pg_catalog.pg_type AS t
                JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
                LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_type'::regclass
                WHERE %s AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                  WHERE e.classid = 'pg_catalog.pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
                ORDER BY n.nspname, t.typname
                """
                .formatted(USER_SCHEMA),
            row -> new Report.TypeFacts(
                row.getString("schema"),
                row.getString("name"),
                row.getString("kind"),
                row.getString("definition"),
                row.getString("comment")));
    }

    static final int SEQUENCES_ASKED = 40;

    /**
     * A sequence feeds a column of a smaller type sometimes: then the type's end is the nearer one.
     * Asking where a sequence stands locks it until the statement ends, so only those are asked that are likeliest to be near their end,
     * by the rows that went into their table; the others' last value stays unknown.
     */
    List<Report.Sequence> sequences() {
        return asker.ask(
            "sequences",
            """
                WITH sequence AS MATERIALIZED (
                SELECT c.oid, n.nspname AS schema, c.relname AS name, pg_catalog.format_type(s.seqtypid, NULL) AS type,
                       CASE WHEN a.attname IS NOT NULL THEN tn.nspname || '.' || t.relname || '.' || a.attname END AS owned_by,
                       greatest(t.reltuples, pg_catalog.pg_stat_get_tuples_inserted(t.oid), 0) AS used,
                       least(s.seqmax, CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE s.seqmax END) AS limit_value,
                       s.seqcycle AS cycles, s.seqincrement < 0 AS descending, s.seqmin AS minimum
                FROM pg_catalog.pg_sequence AS s
                JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
                LEFT JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
                LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
                LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE %s
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                                  WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
                ), likeliest AS MATERIALIZED (
                    SELECT oid FROM sequence ORDER BY used / limit_value DESC, schema, name LIMIT %d
                )
                SELECT q.*, l.oid IS NOT NULL AS asked,
                       -- pg_sequence_last_value raises an error without the right
                       CASE WHEN l.oid IS NOT NULL AND has_sequence_privilege(q.oid, 'SELECT, USAGE') THEN pg_catalog.pg_sequence_last_value(q.oid) END AS last_value
                FROM sequence AS q LEFT JOIN likeliest AS l ON l.oid = q.oid
                ORDER BY q.schema, q.name
                """
                .formatted(USER_SCHEMA, SEQUENCES_ASKED),
            row -> {
                var last = Rows.number(row, "last_value");
                boolean descending = row.getBoolean("descending");
                double limit = descending ? row.getLong("minimum") : row.getLong("limit_value");
                Double used = last == null || limit == 0 ? null : Math.round(1000.0 * Math.max(0, last / limit)) / 10.0;
                return new Report.Sequence(
                    row.getString("schema"),
                    row.getString("name"),
                    row.getString("owned_by"),
                    row.getString("type"),
                    last,
                    descending ? row.getLong("minimum") : row.getLong("limit_value"),
                    used,
                    row.getBoolean("cycles"));
            });
    }

    List<Report.Extension> extensions() {
        return asker.ask(
            "extensions",
            """
                SELECT e.extname AS name, e.extversion AS version, a.default_version AS available, n.nspname AS schema, a.comment
                FROM pg_catalog.pg_extension AS e
                JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
                LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name = e.extname
                ORDER BY e.extname
                """,
            row -> new Report.Extension(
                row.getString("name"),
                row.getString("version"),
                row.getString("available"),
                row.getString("schema"),
                row.getString("comment")));
    }

    record SchemaRow(String name, String owner, String comment) {}

    List<SchemaRow> schemas() {
        return asker.ask(
            "schemas",
            """
                SELECT n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner) AS owner, d.description AS comment
                FROM pg_catalog.pg_namespace AS n
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = n.oid AND d.classoid = 'pg_catalog.pg_namespace'::regclass
                WHERE %s
                ORDER BY n.nspname
                """
                .formatted(USER_SCHEMA),
            row -> new SchemaRow(row.getString("name"), row.getString("owner"), row.getString("comment")));
    }

    List<Report.Role> roles() {
        return asker.ask(
            "roles",
            """
                SELECT r.rolname AS name, r.rolsuper, r.rolcanlogin, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls,
                       CASE WHEN r.rolconnlimit >= 0 THEN r.rolconnlimit END AS connection_limit,
                       (SELECT array_agg(g.rolname ORDER BY g.rolname) FROM pg_catalog.pg_auth_members AS m
                        JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid WHERE m.member = r.oid) AS member_of,
                       pg_catalog.shobj_description(r.oid, 'pg_authid') AS comment
                FROM pg_catalog.pg_roles AS r
                WHERE r.rolname !~ '^pg_'
                ORDER BY r.rolname
                """,
            row -> new Report.Role(
                row.getString("name"),
                row.getBoolean("rolsuper"),
                row.getBoolean("rolcanlogin"),
                row.getBoolean("rolcreatedb"),
                row.getBoolean("rolcreaterole"),
                row.getBoolean("rolreplication"),
                row.getBoolean("rolbypassrls"),
                Rows.texts(row, "member_of"),
                Rows.integer(row, "connection_limit"),
                row.getString("comment")));
    }

    /** Who may do what on tables and views, rolled up: a role's equal rights in one schema are one row. The owner's own rights are left out. */
    List<Report.Grant> grants(String[] oids) {
        return asker.ask(
            "grants",
            """
                SELECT role, schema, privileges, count(*)::int AS objects
                FROM (
                    SELECT coalesce(g.rolname, 'PUBLIC') AS role, n.nspname AS schema, c.oid,
                           string_agg(DISTINCT x.privilege_type, ', ' ORDER BY x.privilege_type) AS privileges
                    FROM pg_catalog.pg_class AS c
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS x
                    LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = x.grantee
                    WHERE c.oid = ANY (?::text[]::oid[]) AND x.grantee <> c.relowner
                    GROUP BY 1, 2, 3) AS each
                GROUP BY role, schema, privileges
                ORDER BY role, schema, privileges
                """,
            row -> new Report.Grant(
                row.getString("role"),
                row.getString("schema"),
                row.getString("privileges"),
                row.getInt("objects")),
            (Object) oids);
    }

    List<Report.OtherDatabase> databases() {
        return asker.ask(
            "databases",
            """
                SELECT d.datname AS name, pg_catalog.pg_get_userbyid(d.datdba) AS owner, d.datallowconn AS allows,
                       CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_catalog.pg_database_size(d.oid) END AS bytes
                FROM pg_catalog.pg_database AS d WHERE NOT d.datistemplate ORDER BY d.datname
                """,
            row -> new Report.OtherDatabase(
                row.getString("name"),
                row.getString("owner"),
                Rows.number(row, "bytes"),
                row.getBoolean("allows")));
    }

    private static <R, V> Map<Long, List<V>> group(
        List<R> rows,
        java.util.function.Function<R, Long> key,
        java.util.function.Function<R, V> value) {
        return rows.stream().collect(Collectors.groupingBy(key, Collectors.mapping(value, Collectors.toList())));
    }
}
