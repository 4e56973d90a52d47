//SOURCES Capabilities.java CatalogReader.java LockedRelations.java Question.java Redaction.java Report.java Row.java
package lib.explore;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.explore.Report.DefaultPrivilege;
import lib.explore.Report.Definition;
import lib.explore.Report.EventTrigger;
import lib.explore.Report.ForeignServer;
import lib.explore.Report.Partition;
import lib.explore.Report.PartitionIndex;
import lib.explore.Report.Policy;
import lib.explore.Report.Publication;
import lib.explore.Report.RoleSetting;
import lib.explore.Report.Subscription;

/**
 * The questions about what only some databases have: row security, rules, partitions, foreign servers, replication,
 * defaults.
 */
final class ObjectCatalog {
    private static final int PARTITIONS_LISTED = 100;

    private final CatalogReader reader;
    private final Capabilities can;

    ObjectCatalog(CatalogReader reader, Capabilities can) {
        this.reader = reader;
        this.can = can;
    }

    /** @param identity null for the default */
    record Options(
        String rowSecurity,
        String identity,
        List<String> options,
        String foreignServer,
        List<String> foreignOptions,
        String ofType,
        int children) {}

    Map<Long, Options> options(String[] oids) {
        var byTable = new HashMap<Long, Options>();
        reader.ask(
            Question.DETAILS,
            """
                SELECT c.oid::bigint AS oid, c.reloptions AS options,
                       CASE WHEN c.relforcerowsecurity AND c.relrowsecurity THEN 'forced'
                            WHEN c.relforcerowsecurity THEN 'forced, but not enabled'
                            WHEN c.relrowsecurity THEN 'enabled' END AS row_security,
                       CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing'
                            WHEN 'i' THEN 'index ' || (SELECT ic.relname FROM pg_catalog.pg_index AS i
                                JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
                                                       WHERE i.indrelid = c.oid AND i.indisreplident) END AS identity,
                       s.srvname AS foreign_server, f.ftoptions AS foreign_options,
                       CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END AS of_type,
                           coalesce(k.children, 0) AS children
                FROM pg_catalog.pg_class AS c
                LEFT JOIN (SELECT h.inhparent, count(*)::int AS children FROM pg_catalog.pg_inherits AS h
                           JOIN pg_catalog.pg_class AS x ON x.oid = h.inhrelid AND NOT x.relispartition
                               AND x.relkind IN ('r', 'f')
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = x.relnamespace
                               AND n.nspname <> '_timescaledb_internal'
                           GROUP BY h.inhparent) AS k ON k.inhparent = c.oid
                LEFT JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid = c.oid
                LEFT JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
                WHERE c.oid = ANY (?::text[]::oid[])
                  AND (c.reloptions IS NOT NULL OR c.relrowsecurity OR c.relforcerowsecurity
                       OR c.relreplident IN ('f', 'n', 'i') AND c.relkind IN ('r', 'p') OR c.relkind = 'f'
                       OR c.reloftype <> 0 OR k.children > 0)
                """,
            row -> byTable.put(
                row.whole("oid"),
                new Options(
                    row.word("row_security"),
                    row.text("identity"),
                    row.texts("options"),
                    row.text("foreign_server"),
                    row.texts("foreign_options", Redaction::option),
                    row.text("of_type"),
                    row.count("children"))),
            (Object) oids);
        return byTable;
    }

    /** @param inherits parents of a table that is no partition */
    record Inheritance(Map<Long, List<Partition>> partitions, Map<Long, List<String>> inherits) {}

    Inheritance inheritance(String[] oids) {
        var partitions = new HashMap<Long, List<Partition>>();
        var inherits = new HashMap<Long, List<String>>();
        reader.askUnlocked(
            Question.INHERITANCE,
            locked -> """
                WITH mine(oid) AS MATERIALIZED (SELECT unnest(?::text[]::oid[]))
                SELECT h.inhparent::bigint AS parent, h.inhrelid::bigint AS child, c.relispartition AS is_partition,
                       n.nspname || '.' || c.relname AS child_name, pn.nspname || '.' || p.relname AS parent_name,
                       CASE WHEN c.relispartition AND NOT %s
                            THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS bounds
                FROM (SELECT i.*, row_number() OVER (PARTITION BY i.inhparent ORDER BY i.inhrelid) AS nth
                    FROM pg_catalog.pg_inherits AS i) AS h
                JOIN pg_catalog.pg_class AS c ON c.oid = h.inhrelid AND c.relkind IN ('r', 'p', 'f')
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent
                JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
                WHERE c.relispartition AND h.nth <= %d AND h.inhparent IN (SELECT m.oid FROM mine AS m)
                   OR NOT c.relispartition AND h.inhrelid IN (SELECT m.oid FROM mine AS m)
                ORDER BY 1, child_name
                """
                .formatted(locked.has("c.oid"), PARTITIONS_LISTED),
            row -> {
                if (row.isTrue("is_partition")) {
                    partitions.computeIfAbsent(row.whole("parent"), o -> new ArrayList<>())
                        .add(new Partition(row.text("child_name"), row.text("bounds")));
                } else {
                    inherits.computeIfAbsent(row.whole("child"), o -> new ArrayList<>())
                        .add(row.text("parent_name"));
                }
                return null;
            },
            (Object) oids);
        return new Inheritance(partitions, inherits);
    }

    /**
     * Indexes of the leaves of partitioned tables, the same ones counted. An index on all leaves serves the table as
     * one of its own does.
     */
    Map<Long, List<PartitionIndex>> partitionIndexes(String[] oids) {
        record Of(long root, PartitionIndex index) {}
        return reader.ask(
            Question.INDEXES,
            """
                WITH RECURSIVE tree(root, oid) AS (
                    SELECT c.oid, c.oid FROM pg_catalog.pg_class AS c WHERE c.oid = ANY (?::text[]::oid[])
                        AND c.relkind = 'p'
                    UNION ALL
                    SELECT t.root, h.inhrelid FROM tree AS t JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.oid
                ), keys AS (
                    SELECT t.root, i.indrelid, m.amname AS method, i.indpred IS NOT NULL AS partial,
                           (SELECT array_agg(a.attname::text ORDER BY u.n)
                               FROM unnest(i.indkey) WITH ORDINALITY AS u(attnum, n)
                            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
                                WHERE u.n <= i.indnkeyatts) AS names
                    FROM tree AS t
                    JOIN pg_catalog.pg_class AS c ON c.oid = t.oid AND c.relkind = 'r'
                    JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid AND i.indisvalid
                    JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid AND NOT ic.relispartition
                    JOIN pg_catalog.pg_am AS m ON m.oid = ic.relam
                )
                SELECT k.root::bigint AS root, k.method, k.partial, k.names,
                    count(DISTINCT k.indrelid)::int AS partitions
                FROM keys AS k WHERE k.names IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 4, 2, 3
                """,
            row -> new Of(
                row.whole("root"),
                new PartitionIndex(
                    row.word("method"),
                    row.texts("names"),
                    row.isTrue("partial"),
                    row.count("partitions"))),
            (Object) oids)
            .stream()
            .collect(Collectors.groupingBy(Of::root, Collectors.mapping(Of::index, Collectors.toList())));
    }

    /**
     * Who may read chunks of hypertables with row security: policies are not inherited, so a chunk that is read by its
     * own name shows all rows.
     */
    Map<Long, List<String>> chunkReaders() {
        var readers = new HashMap<Long, List<String>>();
        if (!can.hasCatalog()) return readers;
        reader.ask(
            Question.CHUNK_RIGHTS,
            """
                SELECT t.oid::bigint AS oid, array_agg(DISTINCT coalesce(g.rolname::text, 'PUBLIC')) AS readers
                FROM pg_catalog.pg_class AS t
                JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.oid
                JOIN pg_catalog.pg_class AS c ON c.oid = h.inhrelid AND NOT c.relrowsecurity
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS x
                LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = x.grantee
                WHERE t.relrowsecurity AND x.privilege_type = 'SELECT' AND x.grantee <> c.relowner
                  AND has_schema_privilege(x.grantee, n.oid, 'USAGE')
                GROUP BY t.oid
                """,
            row -> readers.put(row.whole("oid"), row.texts("readers")));
        return readers;
    }

    Map<Long, List<Policy>> policies(String[] oids) {
        record Of(long table, Policy policy) {}
        return reader.askUnlocked(
            Question.POLICIES,
            locked -> """
                SELECT p.polrelid::bigint AS oid, p.polname AS name, p.polpermissive AS permissive,
                       CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'
                                     WHEN 'd' THEN 'delete' ELSE 'all' END AS command,
                       (SELECT array_agg(r.rolname::text ORDER BY r.rolname) FROM pg_catalog.pg_roles AS r
                           WHERE r.oid = ANY (p.polroles)) AS roles,
                       CASE WHEN NOT %1$s THEN pg_catalog.pg_get_expr(p.polqual, p.polrelid) END AS using,
                       CASE WHEN NOT %1$s THEN pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) END AS checks
                FROM pg_catalog.pg_policy AS p WHERE p.polrelid = ANY (?::text[]::oid[]) ORDER BY p.polrelid, p.polname
                """
                .formatted(locked.has("p.polrelid")),
            row -> new Of(
                row.whole("oid"),
                new Policy(
                    row.text("name"),
                    row.word("command"),
                    row.isTrue("permissive"),
                    row.texts("roles"),
                    row.text("using"),
                    row.text("checks"))),
            (Object) oids)
            .stream()
            .collect(Collectors.groupingBy(Of::table, Collectors.mapping(Of::policy, Collectors.toList())));
    }

    Map<Long, List<Definition>> rules(String[] oids) {
        return definitions(
            Question.REWRITE_RULES,
            """
                SELECT w.ev_class::bigint AS oid, w.rulename AS name, d.description AS comment,
                       CASE WHEN NOT %s THEN pg_catalog.pg_get_ruledef(w.oid, true) END AS definition
                FROM pg_catalog.pg_rewrite AS w
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = w.oid
                    AND d.classoid = 'pg_catalog.pg_rewrite'::regclass
                WHERE w.ev_class = ANY (?::text[]::oid[]) AND w.rulename <> '_RETURN' ORDER BY 1, 2
                """,
            "w.ev_class",
            oids);
    }

    Map<Long, List<Definition>> statistics(String[] oids) {
        return definitions(
            Question.STATISTICS,
            """
                SELECT s.stxrelid::bigint AS oid, s.stxname AS name, d.description AS comment,
                       CASE WHEN NOT %s THEN pg_catalog.pg_get_statisticsobjdef(s.oid) END AS definition
                FROM pg_catalog.pg_statistic_ext AS s
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = s.oid
                    AND d.classoid = 'pg_catalog.pg_statistic_ext'::regclass
                WHERE s.stxrelid = ANY (?::text[]::oid[]) ORDER BY 1, 2
                """,
            "s.stxrelid",
            oids);
    }

    private Map<Long, List<Definition>> definitions(Question question, String sql, String table, String[] oids) {
        record Of(long table, Definition definition) {}
        return reader.askUnlocked(
            question,
            locked -> sql.formatted(locked.has(table)),
            row -> new Of(
                row.whole("oid"),
                new Definition(row.text("name"), row.text("definition"), row.text("comment"))),
            (Object) oids)
            .stream()
            .collect(Collectors.groupingBy(Of::table, Collectors.mapping(Of::definition, Collectors.toList())));
    }

    /**
     * Views, continuous aggregates among them, and functions, by the table or view that they depend on: "view
     * public.daily".
     */
    Map<Long, List<String>> dependents(String[] oids) {
        var all = new ArrayList<>(dependents(DEPENDENTS, oids));
        // apart from the others: together they would hold many locks
        all.addAll(dependents(ROW_TYPE_USERS, oids));
        return all.stream()
            .collect(Collectors.groupingBy(Dependent::table, Collectors.mapping(Dependent::name, Collectors.toList())));
    }

    private record Dependent(long table, String name) {}

    private List<Dependent> dependents(String sql, String[] oids) {
        return reader.ask(
            Question.DEPENDENTS,
            sql,
            row -> new Dependent(row.whole("oid"), row.text("name")),
            (Object) oids);
    }

    private static final String DEPENDENTS =
        """
            WITH mine(oid) AS MATERIALIZED (SELECT unnest(?::text[]::oid[]))
            SELECT DISTINCT d.refobjid::bigint AS oid,
                   CASE v.relkind WHEN 'm' THEN 'materialized view ' WHEN 'v' THEN 'view ' ELSE 'rule on ' END
                       || n.nspname || '.' || v.relname AS name
            FROM pg_catalog.pg_depend AS d
            JOIN pg_catalog.pg_rewrite AS w ON w.oid = d.objid
            JOIN pg_catalog.pg_class AS v ON v.oid = w.ev_class
            JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace
            WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
              AND d.refobjid <> w.ev_class AND n.nspname <> '_timescaledb_internal'
              AND d.refobjid IN (SELECT m.oid FROM mine AS m)
            UNION
            SELECT m.oid::bigint, 'function ' || n.nspname || '.' || p.proname
            FROM mine AS m
            JOIN pg_catalog.pg_class AS c ON c.oid = m.oid
            JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_proc'::regclass
             AND (d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = m.oid
                  OR d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid = c.reltype)
            JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            ORDER BY 1, 2
            """;

    /** Columns and domains of its row type: as long as there are any, the table cannot be rewritten. */
    private static final String ROW_TYPE_USERS = """
        WITH mine(oid) AS MATERIALIZED (SELECT unnest(?::text[]::oid[]))
        SELECT DISTINCT m.oid::bigint AS oid, coalesce('column ' || un.nspname || '.' || u.relname || '.' || a.attname,
                                       'type ' || yn.nspname || '.' || y.typname) AS name
        FROM mine AS m
        JOIN pg_catalog.pg_class AS c ON c.oid = m.oid
        JOIN pg_catalog.pg_type AS r ON r.oid = c.reltype
        JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_type'::regclass
             AND d.refobjid IN (r.oid, r.typarray) AND d.deptype = 'n'
        LEFT JOIN pg_catalog.pg_class AS u ON d.classid = 'pg_catalog.pg_class'::regclass AND u.oid = d.objid
        LEFT JOIN pg_catalog.pg_namespace AS un ON un.oid = u.relnamespace
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = u.oid AND a.attnum = d.objsubid
        LEFT JOIN pg_catalog.pg_type AS y ON d.classid = 'pg_catalog.pg_type'::regclass AND y.oid = d.objid
        LEFT JOIN pg_catalog.pg_namespace AS yn ON yn.oid = y.typnamespace
        WHERE a.attnum IS NOT NULL OR y.oid IS NOT NULL
        ORDER BY 1, 2
        """;

    Report.OtherObjects others() {
        return new Report.OtherObjects(
            eventTriggers(),
            foreignServers(userMappings()),
            publications(),
            subscriptions(),
            defaultPrivileges(),
            roleSettings());
    }

    private List<EventTrigger> eventTriggers() {
        return reader.ask(
            Question.EVENT_TRIGGERS,
            """
                SELECT e.evtname AS name, e.evtevent AS event, n.nspname || '.' || p.proname AS function,
                    e.evtenabled <> 'D' AS enabled, e.evttags AS tags,
                       d.description AS comment
                FROM pg_catalog.pg_event_trigger AS e
                JOIN pg_catalog.pg_proc AS p ON p.oid = e.evtfoid
                JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = e.oid
                    AND d.classoid = 'pg_catalog.pg_event_trigger'::regclass
                WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS x
                                  WHERE x.classid = 'pg_catalog.pg_event_trigger'::regclass AND x.objid = e.oid
                                      AND x.deptype = 'e')
                ORDER BY e.evtname
                """,
            row -> new EventTrigger(
                row.text("name"),
                row.text("event"),
                row.text("function"),
                row.isTrue("enabled"),
                row.texts("tags"),
                row.text("comment")));
    }

    /** By the server's name. Options are shown by the view to those alone who may see them. */
    private Map<String, List<String>> userMappings() {
        record Of(String server, String user) {}
        return reader.ask(
            Question.USER_MAPPINGS,
            "SELECT u.srvname AS server, u.usename AS name, u.umoptions AS options FROM pg_catalog.pg_user_mappings "
                + "AS u ORDER BY u.srvname, u.usename",
            row -> new Of(
                row.text("server"),
                row.text("name") + ": " + String.join(", ", row.texts("options", Redaction::option))))
            .stream()
            .collect(Collectors.groupingBy(Of::server, Collectors.mapping(Of::user, Collectors.toList())));
    }

    private List<ForeignServer> foreignServers(Map<String, List<String>> users) {
        return reader.ask(
            Question.FOREIGN_SERVERS,
            """
                SELECT s.srvname AS name, w.fdwname AS wrapper, pg_catalog.pg_get_userbyid(s.srvowner) AS owner,
                    s.srvoptions AS options, d.description AS comment
                FROM pg_catalog.pg_foreign_server AS s
                JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
                LEFT JOIN pg_catalog.pg_description AS d ON d.objoid = s.oid
                    AND d.classoid = 'pg_catalog.pg_foreign_server'::regclass
                ORDER BY s.srvname
                """,
            row -> new ForeignServer(
                row.text("name"),
                row.text("wrapper"),
                row.text("owner"),
                row.texts("options", Redaction::option),
                users.getOrDefault(row.text("name"), List.of()),
                row.text("comment")));
    }

    private List<Publication> publications() {
        return reader.askUnlocked(
            Question.PUBLICATIONS,
            locked -> """
                SELECT p.pubname AS name, pg_catalog.pg_get_userbyid(p.pubowner) AS owner, p.puballtables AS all_tables,
                       concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                                 CASE WHEN p.pubdelete THEN 'delete' END,
                                 CASE WHEN p.pubtruncate THEN 'truncate' END) AS actions,
                       (SELECT array_agg(x.name ORDER BY x.name) FROM (
                           SELECT n.nspname || '.' || c.relname%s AS name
                           FROM pg_catalog.pg_publication_rel AS r
                           JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                           WHERE r.prpubid = p.oid %s) AS x) AS tables
                FROM pg_catalog.pg_publication AS p ORDER BY p.pubname
                """
                .formatted(
                    can.major() < 15 ? "" : columnsAndRows(locked),
                    can.major() < 15 ? "" : WHOLE_SCHEMAS),
            row -> new Publication(
                row.text("name"),
                row.text("owner"),
                row.isTrue("all_tables"),
                row.text("actions"),
                row.texts("tables")));
    }

    private static final String WHOLE_SCHEMAS = """
        UNION ALL
        SELECT 'all tables in schema ' || n.nspname
        FROM pg_catalog.pg_publication_namespace AS s
        JOIN pg_catalog.pg_namespace AS n ON n.oid = s.pnnspid
        WHERE s.pnpubid = p.oid""";

    /** Since PostgreSQL 15 a publication may leave out columns and rows of a table. */
    private static String columnsAndRows(LockedRelations locked) {
        return """
            || coalesce(' (' || (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum)
                                 FROM pg_catalog.pg_attribute AS a
                                 WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')', '')
            || CASE WHEN NOT %s THEN coalesce(' where ' || pg_catalog.pg_get_expr(r.prqual, r.prrelid), '')
                    ELSE '' END""".formatted(locked.has("r.prrelid"));
    }

    private List<Subscription> subscriptions() {
        return reader.ask(
            Question.SUBSCRIPTIONS,
            """
                SELECT s.subname AS name, pg_catalog.pg_get_userbyid(s.subowner) AS owner, s.subenabled AS enabled,
                    %s AS connection, s.subpublications AS publications
                FROM pg_catalog.pg_subscription AS s
                WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
                    ORDER BY s.subname
                """
                .formatted(can.seesSubscriptions() ? "s.subconninfo" : "NULL::text"),
            row -> new Subscription(
                row.text("name"),
                row.text("owner"),
                row.isTrue("enabled"),
                row.text("connection", Redaction::conninfo),
                row.texts("publications")));
    }

    private List<DefaultPrivilege> defaultPrivileges() {
        return reader.ask(
            Question.DEFAULT_PRIVILEGES,
            """
                SELECT pg_catalog.pg_get_userbyid(a.defaclrole) AS owner, n.nspname AS schema,
                       CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                           WHEN 'T' THEN 'types'
                            WHEN 'n' THEN 'schemas' ELSE a.defaclobjtype::text END AS kind,
                       CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(x.grantee) END AS grantee,
                       string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) AS privileges
                FROM pg_catalog.pg_default_acl AS a
                LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = a.defaclnamespace
                CROSS JOIN LATERAL pg_catalog.aclexplode(a.defaclacl) AS x
                WHERE x.grantee <> a.defaclrole
                GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                """,
            row -> new DefaultPrivilege(
                row.text("owner"),
                row.text("schema"),
                row.word("kind"),
                row.text("grantee"),
                row.text("privileges")));
    }

    private List<RoleSetting> roleSettings() {
        return reader.ask(
            Question.ROLE_SETTINGS,
            """
                SELECT r.rolname AS role, d.datname AS database, split_part(c.setting, '=', 1) AS name,
                       substring(c.setting FROM position('=' IN c.setting) + 1) AS value
                FROM pg_catalog.pg_db_role_setting AS s
                CROSS JOIN LATERAL unnest(s.setconfig) AS c(setting)
                LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
                LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
                WHERE s.setdatabase = 0 OR d.datname = current_database()
                ORDER BY 1, 2, 3
                """,
            ObjectCatalog::roleSetting);
    }

    private static RoleSetting roleSetting(Row row) throws SQLException {
        var name = row.text("name");
        return new RoleSetting(
            row.text("role"),
            row.text("database"),
            name,
            row.text("value", value -> Redaction.setting(name, value)));
    }
}
