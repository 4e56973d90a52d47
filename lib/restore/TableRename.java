//SOURCES ../database/Database.java ExtractedTable.java
package lib.restore;

import java.util.List;
import lib.database.Database;

/**
 * Renames a table in a scratch copy, with all that needs a name of its own in the schema: so that it can be loaded
 * beside its original.
 */
final class TableRename {
    private static final int LONGEST_NAME = 63;

    /** @param kind TABLE, INDEX, SEQUENCE or STATISTICS */
    private record Part(String kind, String schema, String name) {}

    private final Database copy;
    private final ExtractedTable old;

    private TableRename(Database copy, ExtractedTable old) {
        this.copy = copy;
        this.old = old;
    }

    static ExtractedTable run(Database copy, ExtractedTable old, String typed) {
        var parts = ExtractedTable.parse(copy, typed);
        var schema = parts.size() > 1 ? parts.getFirst() : old.schema();
        new TableRename(copy, old).to(schema, parts.getLast());
        return old.named(schema, parts.getLast());
    }

    private void to(String schema, String name) {
        copy.execute("CREATE SCHEMA IF NOT EXISTS " + Database.identifier(schema));
        for (var part : parts()) {
            boolean isTheTable = part.kind().equals("TABLE") && part.name().equals(old.name());
            var newName = isTheTable ? name : newName(part.name(), name);
            if (!part.name().equals(newName)) alter(part, "RENAME TO " + Database.identifier(newName));
            // Indexes and the table's own sequences move with it.
            if (!part.schema().equals(schema) && List.of("TABLE", "STATISTICS").contains(part.kind())) {
                alter(new Part(part.kind(), part.schema(), newName), "SET SCHEMA " + Database.identifier(schema));
            }
        }
    }

    private String newName(String partName, String tableName) {
        var name = partName.startsWith(old.name()) ? tableName + partName.substring(old.name().length())
            : tableName + "_" + partName;
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
    }

    private void alter(Part part, String how) {
        copy.execute(
            "ALTER %s %s.%s %s".formatted(
                part.kind(),
                Database.identifier(part.schema()),
                Database.identifier(part.name()),
                how));
    }

    /** Of the table, its partitions and its children; the table comes last, because the others are found by it. */
    private List<Part> parts() {
        return copy.list(
            """
                WITH RECURSIVE family(oid) AS (
                  SELECT c.oid
                  FROM pg_catalog.pg_class AS c
                  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE n.nspname = ? AND c.relname = ?
                  UNION
                  SELECT i.inhrelid
                  FROM pg_catalog.pg_inherits AS i
                  JOIN family AS f ON f.oid = i.inhparent
                  JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
                  WHERE c.relnamespace <> coalesce(pg_catalog.to_regnamespace('_timescaledb_internal')::oid, 0)
                )
                SELECT 1 AS turn, 'INDEX' AS kind, n.nspname, c.relname
                FROM family AS f
                JOIN pg_catalog.pg_index AS i ON i.indrelid = f.oid
                JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                UNION ALL
                SELECT 2, 'SEQUENCE', n.nspname, c.relname
                FROM family AS f
                JOIN pg_catalog.pg_depend AS d ON d.refobjid = f.oid AND d.deptype IN ('a', 'i')
                  AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                JOIN pg_catalog.pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                UNION ALL
                SELECT 3, 'STATISTICS', n.nspname, s.stxname
                FROM family AS f
                JOIN pg_catalog.pg_statistic_ext AS s ON s.stxrelid = f.oid
                JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
                UNION ALL
                SELECT 4, 'TABLE', n.nspname, c.relname
                FROM family AS f
                JOIN pg_catalog.pg_class AS c ON c.oid = f.oid
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                ORDER BY 1, 4
                """,
            row -> new Part(row.getString("kind"), row.getString("nspname"), row.getString("relname")),
            old.schema(),
            old.name());
    }
}
