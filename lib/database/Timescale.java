//SOURCES Database.java
package lib.database;

import java.util.Optional;

/**
 * What TimescaleDB in this database is and can do. Differences between its versions are asked here, as named questions,
 * by what exists and not by version strings.
 *
 * @param version "2.28.3"
 * @param edition "community" (license timescale) or "apache"
 * @param schema where its functions (time_bucket, …) live: chosen at CREATE EXTENSION, not always public
 */
public record Timescale(String version, String edition, String schema) {

    public static Optional<Timescale> of(Database database) {
        return database.first(
            """
                SELECT e.extversion AS version,
                       CASE current_setting('timescaledb.license', true)
                            WHEN 'apache' THEN 'apache' ELSE 'community' END AS edition,
                       n.nspname AS schema
                FROM pg_catalog.pg_extension AS e
                JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
                WHERE e.extname = 'timescaledb'
                """,
            row -> new Timescale(row.getString("version"), row.getString("edition"), row.getString("schema")));
    }

    /** Compression, continuous aggregates and policies belong to the community edition. */
    public boolean isCommunity() {
        return edition.equals("community");
    }

    /** The schema of its functions as SQL wants it, without quotes where none are needed. */
    public String schemaInSql() {
        return schema.matches("[a-z_][a-z0-9_]*") ? schema : Database.identifier(schema);
    }

    /**
     * A function of the extension, with its schema: {@code function("time_bucket")} → {@code "public"."time_bucket"}.
     */
    public String function(String name) {
        return Database.identifier(schema) + "." + Database.identifier(name);
    }
}
