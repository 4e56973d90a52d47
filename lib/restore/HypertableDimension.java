//SOURCES ../database/Database.java ExtractedTable.java
package lib.restore;

import java.util.List;
import java.util.Locale;
import lib.database.Database;

/**
 * By what a hypertable is split into chunks.
 *
 * @param step how long a chunk is, as SQL: INTERVAL '1 day' or 86400; null for a dimension that hashes
 * @param partitions of a dimension that hashes; else 0
 */
record HypertableDimension(String column, String step, int partitions) {
    /** In their order; empty for a table that is no hypertable, and where TimescaleDB is not. */
    static List<HypertableDimension> of(Database database, String schema, String table) {
        boolean isThere = database.one(
            "SELECT pg_catalog.to_regclass('timescaledb_information.dimensions') IS NOT NULL AS is_there",
            row -> row.getBoolean("is_there"));
        if (!isThere) return List.of();
        return database.list(
            """
                SELECT d.column_name,
                       coalesce('INTERVAL ' || pg_catalog.quote_literal(d.time_interval::text),
                                d.integer_interval::text || '::bigint') AS step,
                       coalesce(d.num_partitions, 0) AS partitions
                FROM timescaledb_information.dimensions AS d
                WHERE d.hypertable_schema = ? AND d.hypertable_name = ?
                ORDER BY d.dimension_number
                """,
            row -> new HypertableDimension(
                row.getString("column_name"),
                row.getString("step"),
                row.getInt("partitions")),
            schema,
            table);
    }

    /**
     * SQL that makes a hypertable of an empty table where TimescaleDB is, and leaves it a plain table where it is not.
     */
    static String script(ExtractedTable table) {
        var calls = new StringBuilder();
        for (var dimension : table.dimensions()) {
            boolean first = dimension == table.dimensions().getFirst();
            var size = dimension.step() != null ? "chunk_time_interval => " + dimension.step()
                : "number_partitions => " + dimension.partitions();
            calls.append(
                "  EXECUTE pg_catalog.format('SELECT %%I.%s(%%L, %%L, %%s)', home, %s, %s, %s);%n".formatted(
                    first ? "create_hypertable" : "add_dimension",
                    literal(table.quoted()),
                    literal(dimension.column()),
                    literal(size + (first ? ", create_default_indexes => false" : ""))));
        }
        return String.format(
            Locale.ROOT,
            """

                DO $tstools$
                DECLARE
                  home name;   -- the schema that TimescaleDB's functions are in
                BEGIN
                  SELECT n.nspname INTO home
                  FROM pg_catalog.pg_extension AS e
                  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
                  WHERE e.extname = 'timescaledb';
                  IF home IS NULL THEN
                    RAISE WARNING 'TimescaleDB is not in this database: %% becomes a plain table', %s;
                    RETURN;
                  END IF;
                %sEND
                $tstools$;

                """,
            literal(table.toString()),
            calls);
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
