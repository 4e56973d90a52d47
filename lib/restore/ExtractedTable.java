//SOURCES ../Failure.java ../database/Database.java HypertableDimension.java
package lib.restore;

import java.util.List;
import lib.Failure;
import lib.database.Database;

/**
 * A table of a backup, as the copy's catalogs describe it.
 *
 * @param columns those that can be written: not the generated ones
 * @param dimensions of a hypertable; empty for any other table
 */
record ExtractedTable(String schema, String name, List<String> columns, List<HypertableDimension> dimensions) {
    private record Relation(String schema, String name, String kind) {}

    /** @param typed name or schema.name, as in SQL */
    static ExtractedTable find(Database copy, String typed) {
        var parts = parse(copy, typed);
        var schema = parts.size() > 1 ? parts.getFirst() : null;
        var found = copy.list(
            """
                SELECT n.nspname, c.relname, c.relkind
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE c.relname = ?
                  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                  AND CASE WHEN ?::text IS NULL THEN n.nspname !~ '^(pg_|_timescaledb_|information_schema$)'
                           ELSE n.nspname = ?::text END
                ORDER BY n.nspname
                """,
            row -> new Relation(row.getString("nspname"), row.getString("relname"), row.getString("relkind")),
            parts.getLast(),
            schema,
            schema);
        if (found.isEmpty()) {
            throw Failure.usage(
                "there is no table " + typed + " in the database " + copy.settings().database() + " of the backup",
                "another database: -d DB; its tables are listed by: restore.java open … -- psql -c '\\dt *.*'");
        }
        if (found.size() > 1) {
            throw Failure.usage(
                typed + " is in several schemas",
                "name one of them: " + String.join(", ", found.stream().map(r -> r.schema() + "." + r.name()).toList())
                    + ".");
        }
        var one = found.getFirst();
        if (!List.of("r", "p").contains(one.kind())) {
            throw Failure.usage(
                typed + " is a view or a foreign table, and only tables can be extracted",
                "take its rows: restore.java open … -- psql -c 'COPY (SELECT * FROM " + typed
                    + ") TO STDOUT CSV HEADER'");
        }
        return new ExtractedTable(
            one.schema(),
            one.name(),
            columns(copy, one),
            HypertableDimension.of(copy, one.schema(), one.name()));
    }

    /** The parts of a name as SQL reads them: lower case where it is not quoted. */
    static List<String> parse(Database database, String typed) {
        try {
            var parts = List.of(
                database.one(
                    "SELECT pg_catalog.parse_ident(?) AS parts",
                    row -> (String[]) row.getArray("parts").getArray(),
                    typed));
            if (parts.size() <= 2) return parts;
        } catch (Failure notAName) {
            // said below
        }
        throw Failure.usage("'" + typed + "' is not the name of a table", "write name, schema.name or \"Odd Name\".");
    }

    private static List<String> columns(Database copy, Relation table) {
        return copy.list(
            """
                SELECT a.attname
                FROM pg_catalog.pg_attribute AS a
                JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                ORDER BY a.attnum
                """,
            row -> row.getString("attname"),
            table.schema(),
            table.name());
    }

    boolean isHypertable() {
        return !dimensions.isEmpty();
    }

    ExtractedTable named(String newSchema, String newName) {
        return new ExtractedTable(newSchema, newName, columns, dimensions);
    }

    /** "\"public\".\"power_metrics\"": as SQL takes it, and as pg_dump takes it for a pattern without wildcards. */
    String quoted() {
        return Database.identifier(schema) + "." + Database.identifier(name);
    }

    String columnList() {
        return String.join(", ", columns.stream().map(Database::identifier).toList());
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}
