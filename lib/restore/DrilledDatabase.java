//SOURCES ../Failure.java ../database/Database.java Drill.java DrillFindings.java
package lib.restore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.Failure;
import lib.database.Database;

/**
 * One database of a booted backup, read through one connection. Only its big tables wait for the readers that come
 * after.
 */
final class DrilledDatabase {
    private static final long BIG = 8 << 20;
    private static final int AT_ONCE = 40;   // small tables of one statement
    private static final int SAMPLE_ROWS = 100_000;

    /**
     * @param hasChildren a hypertable or a partitioned or inherited table above others
     * @param parent the OID of such a table above; 0 when there is none
     * @param isCatalog PostgreSQL's own
     * @param isUnlogged it is empty after a restore
     */
    record Relation(
        long oid,
        String schema,
        String table,
        boolean hasChildren,
        long parent,
        long bytes,
        boolean isCatalog,
        boolean isUnlogged) {
        String name() {
            return Database.identifier(schema) + "." + Database.identifier(table);
        }

        /**
         * A parent's rows are counted with its children; a chunk is asked without ONLY, so that TimescaleDB adds what
         * it has compressed.
         */
        String count() {
            return "SELECT count(*) FROM " + (hasChildren ? "ONLY " : "") + name();
        }

        boolean isBig() {
            return bytes >= BIG;
        }
    }

    private record Library(String file, String extension) {}

    private final String name;
    private final DrillFindings findings;
    private final Map<String, String> extensions = new TreeMap<>();
    private final Map<Long, Long> rows = new ConcurrentHashMap<>();
    private List<Relation> relations = List.of();
    private long compressedChunks;
    private String amcheck;

    DrilledDatabase(String name, DrillFindings findings) {
        this.name = name;
        this.findings = findings;
    }

    String name() {
        return name;
    }

    Map<String, String> extensions() {
        return extensions;
    }

    List<Relation> relations() {
        return relations;
    }

    /** Rows by the OID of the table, those of chunks and partitions by that of the table above. */
    Map<Long, Long> rows() {
        return rows;
    }

    long compressedChunks() {
        return compressedChunks;
    }

    boolean usesTimescale() {
        return extensions.containsKey("timescaledb");
    }

    /** Everything but the big tables. @param prepared transactions that hold locks until somebody ends them */
    void read(Database database, List<String> prepared, boolean thorough) {
        for (var transaction : prepared) rollBack(database, transaction);
        try {
            database.list(
                "SELECT extname, extversion FROM pg_catalog.pg_extension ORDER BY extname",
                row -> extensions.put(row.getString(1), row.getString(2)));
            loadLibraries(database);
            relations = findRelations(database);
        } catch (Failure e) {
            findings.failed(isOfALibrary(e) ? Drill.Check.EXTENSIONS : Drill.Check.RELATIONS, "database " + name, e);
            return;
        }
        if (thorough) amcheck = createAmcheck(database);
        var small = relations.stream().filter(r -> !r.isBig()).toList();
        for (int i = 0; i < small.size(); i += AT_ONCE) {
            countTogether(database, small.subList(i, Math.min(i + AT_ONCE, small.size())));
        }
        if (amcheck != null) {
            checkStructure(database, "c.oid <> ALL (?::pg_catalog.text[]::pg_catalog.oid[])", bigOids());
        }
        compressedChunks(database);
    }

    /** One of its big tables, through any connection to this database. */
    void readBig(Database database, Relation relation) {
        count(database, relation);
        if (amcheck != null) {
            checkStructure(
                database,
                "c.oid = ANY (?::pg_catalog.text[]::pg_catalog.oid[])",
                String.valueOf(relation.oid()));
        }
    }

    private void rollBack(Database database, String transaction) {
        try {
            database.execute("ROLLBACK PREPARED '" + transaction.replace("'", "''") + "'");
        } catch (Failure e) {
            findings.note(
                Drill.Check.DATABASES,
                "prepared transaction '" + transaction + "' could not be rolled back in the copy: " + e.getMessage());
        }
    }

    private void loadLibraries(Database database) {
        var libraries = database.list(
            """
                SELECT DISTINCT p.probin, e.extname
                FROM pg_catalog.pg_proc AS p
                LEFT JOIN pg_catalog.pg_depend AS d
                  ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
                LEFT JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
                WHERE p.probin IS NOT NULL
                ORDER BY p.probin
                """,
            row -> new Library(row.getString(1), row.getString(2)));
        for (var library : libraries) {
            try {
                database.execute("LOAD '" + library.file().replace("'", "''") + "'");
            } catch (Failure e) {
                lacks(library, e);
            }
        }
    }

    /** A library that this machine lacks says nothing about the backup; one that must be preloaded is there. */
    private void lacks(Library library, Failure e) {
        if (!isOfALibrary(e)) {
            findings.note(Drill.Check.EXTENSIONS, library.file() + " was not loaded: " + e.getMessage());
        } else if (library.extension() == null) {
            findings.note(
                Drill.Check.EXTENSIONS,
                library.file() + ", which a function in database " + name + " names, is not on this machine");
        } else {
            findings.doubt(
                Drill.Check.EXTENSIONS,
                "database " + name + " uses the extension " + library.extension()
                    + ", and the server here does not have " + library.file(),
                "install that extension, or run the drill where it is.");
        }
    }

    private List<Relation> findRelations(Database database) {
        return database.list(
            """
                SELECT c.oid, n.nspname, c.relname, c.relhassubclass, coalesce(i.parent, 0) AS parent,
                       pg_catalog.pg_table_size(c.oid) AS bytes,
                       n.nspname IN ('pg_catalog', 'information_schema') AS is_catalog,
                       c.relpersistence = 'u' AS is_unlogged
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                LEFT JOIN (SELECT inhrelid, min(inhparent::pg_catalog.int8) AS parent
                           FROM pg_catalog.pg_inherits
                           GROUP BY inhrelid) AS i ON i.inhrelid = c.oid
                WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
                  AND (c.relkind = 'r' OR c.relispopulated)
                  AND NOT EXISTS (SELECT FROM (%s) AS twin(schema, name)
                                  WHERE twin.schema = n.nspname AND twin.name = c.relname)
                ORDER BY c.oid
                """
                .formatted(timescaleTwins(database)),
            row -> new Relation(
                row.getLong("oid"),
                row.getString("nspname"),
                row.getString("relname"),
                row.getBoolean("relhassubclass"),
                row.getLong("parent"),
                row.getLong("bytes"),
                row.getBoolean("is_catalog"),
                row.getBoolean("is_unlogged")));
    }

    /**
     * A hypertable with compression has an internal twin, always empty, that cannot be asked: "chunk … has no dimension
     * slices". Its chunks can.
     */
    private String timescaleTwins(Database database) {
        boolean has = database.one(
            "SELECT pg_catalog.to_regclass('_timescaledb_catalog.hypertable') IS NOT NULL",
            row -> row.getBoolean(1));
        return has
            ? "SELECT t.schema_name, t.table_name FROM _timescaledb_catalog.hypertable AS h JOIN "
                + "_timescaledb_catalog.hypertable AS t ON t.id = h.compressed_hypertable_id"
            : "SELECT NULL::pg_catalog.name, NULL::pg_catalog.name WHERE false";
    }

    /**
     * Reads every table from its first row to its last: page checksums are checked on the way, where the cluster has
     * them.
     */
    private void countTogether(Database database, List<Relation> some) {
        try {
            var counts = new long[some.size()];
            database.list(
                IntStream.range(0, counts.length)
                    .mapToObj(i -> some.get(i).count().replaceFirst("SELECT", "SELECT " + i + ","))
                    .collect(Collectors.joining(" UNION ALL ")),
                row -> counts[row.getInt(1)] = row.getLong(2));
            for (int i = 0; i < counts.length; i++) add(some.get(i), counts[i]);
        } catch (Failure one) {
            for (var relation : some) count(database, relation);   // which one it is
        }
    }

    private static Drill.Check checkOf(Failure failure) {
        if (isOfALibrary(failure)) return Drill.Check.EXTENSIONS;
        boolean isOfATablespace = String.valueOf(failure.getMessage()).contains("pg_tblspc/");
        return isOfATablespace ? Drill.Check.TABLESPACES : Drill.Check.RELATIONS;
    }

    private void count(Database database, Relation relation) {
        try {
            add(relation, database.one(relation.count(), row -> row.getLong(1)));
        } catch (Failure e) {
            findings.failed(checkOf(e), "database " + name + ", table " + relation.name(), e);
        }
    }

    private void add(Relation relation, long count) {
        rows.merge(relation.parent() == 0 ? relation.oid() : relation.parent(), count, Long::sum);
    }

    /**
     * Compression keeps many rows in one: only reading the columns unpacks them. The oldest and the newest of each
     * hypertable.
     */
    private void compressedChunks(Database database) {
        if (!usesTimescale()) return;
        try {
            var known = database.one(
                "SELECT pg_catalog.to_regclass('timescaledb_information.chunks') IS NOT NULL",
                row -> row.getBoolean(1));
            if (!known) return;
            var chunks = database.list(
                """
                    SELECT pg_catalog.quote_ident(chunk_schema) || '.' || pg_catalog.quote_ident(chunk_name) AS chunk
                    FROM (SELECT chunk_schema, chunk_name,
                                 row_number() OVER (PARTITION BY hypertable_schema, hypertable_name
                                                    ORDER BY range_start, range_start_integer) AS oldest,
                                 row_number() OVER (PARTITION BY hypertable_schema, hypertable_name
                                                    ORDER BY range_start DESC, range_start_integer DESC) AS newest
                          FROM timescaledb_information.chunks
                          WHERE is_compressed) AS ranked
                    WHERE oldest = 1 OR newest = 1
                    """,
                row -> row.getString("chunk"));
            for (var chunk : chunks) {
                database.one(
                    "SELECT count(c::pg_catalog.text) FROM (SELECT * FROM " + chunk + " LIMIT " + SAMPLE_ROWS
                        + ") AS c",
                    row -> row.getLong(1));
                compressedChunks++;
            }
        } catch (Failure e) {
            findings.failed(Drill.Check.COMPRESSED_CHUNKS, "database " + name, e);
        }
    }

    /**
     * PostgreSQL's own judge of heap pages and B-trees needs its extension, made in the scratch copy. @return its
     * schema; null where it could not be made
     */
    private String createAmcheck(Database database) {
        try {
            for (var trigger : database.list(
                "SELECT evtname FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D'",
                row -> row.getString(1))) {
                database.execute("ALTER EVENT TRIGGER " + Database.identifier(trigger) + " DISABLE");
            }
            if (!extensions.containsKey("amcheck")) database.execute("CREATE EXTENSION amcheck SCHEMA pg_catalog");
            return database.one(
                "SELECT n.nspname FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = "
                    + "e.extnamespace WHERE e.extname = 'amcheck'",
                row -> Database.identifier(row.getString(1)));
        } catch (Failure e) {
            findings.note(Drill.Check.STRUCTURE, "not asked in database " + name + ": " + e.getMessage());
            return null;
        }
    }

    private String[] bigOids() {
        return relations.stream().filter(Relation::isBig).map(r -> String.valueOf(r.oid())).toArray(String[]::new);
    }

    /**
     * As pg_amcheck does, but through this connection.
     *
     * @param which tables, as a condition on {@code c.oid}; their indexes and TOAST tables are checked with them
     */
    private void checkStructure(Database database, String which, String... oids) {
        try {
            var heap = database.list(
                """
                    WITH wanted AS MATERIALIZED (
                      SELECT t.oid, n.nspname || '.' || t.relname AS name
                      FROM pg_catalog.pg_class AS c
                      JOIN pg_catalog.pg_class AS t ON t.oid IN (c.oid, c.reltoastrelid)
                      JOIN pg_catalog.pg_am AS a ON a.oid = t.relam AND a.amname = 'heap'
                      JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
                      WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND %s)
                    SELECT w.name || ', block ' || v.blkno || ': ' || v.msg AS finding
                    FROM wanted AS w
                    CROSS JOIN LATERAL %s.verify_heapam(
                        relation => w.oid, on_error_stop => true, check_toast => true) AS v
                    """
                    .formatted(which, amcheck),
                row -> row.getString(1),
                (Object) oids);
            for (var finding : heap) {
                findings.against(Drill.Check.STRUCTURE, "amcheck: database " + name + ", " + finding);
            }
            database.list(
                """
                    WITH wanted AS MATERIALIZED (
                      SELECT i.indexrelid
                      FROM pg_catalog.pg_class AS c
                      JOIN pg_catalog.pg_index AS i ON i.indrelid IN (c.oid, c.reltoastrelid)
                      JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid AND x.relkind = 'i'
                      JOIN pg_catalog.pg_am AS a ON a.oid = x.relam AND a.amname = 'btree'
                      WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND i.indisready AND i.indisvalid AND %s)
                    SELECT %s.bt_index_check(w.indexrelid) FROM wanted AS w
                    """
                    .formatted(which, amcheck),
                row -> 1,
                (Object) oids);
        } catch (Failure e) {
            if (DrillFindings.isOfTheBackup(e)) {
                findings.failed(Drill.Check.STRUCTURE, "amcheck: database " + name, e);
            } else {
                findings
                    .note(Drill.Check.STRUCTURE, "not asked to its end in database " + name + ": " + e.getMessage());
            }
        }
    }

    /** SQLSTATE 58P01, undefined_file, about a library, or one that is there and does not fit. */
    static boolean isOfALibrary(Failure e) {
        var says = String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
        return says.contains("could not access file \"") || says.contains("could not load library");
    }

    /** For a receipt: which tables are empty after a restore. */
    List<String> unlogged() {
        var names = new ArrayList<String>();
        for (var relation : relations) {
            if (relation.isUnlogged()) names.add(name + "." + relation.schema() + "." + relation.table());
        }
        return names;
    }
}
