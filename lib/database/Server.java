//SOURCES Database.java Timescale.java
package lib.database;

/**
 * The facts about a server that the tools decide by, asked once.
 *
 * @param version as the server names it, "15.18 (Debian 15.18-0+deb12u1)"
 * @param versionNumber 150018
 * @param user who we are
 * @param isSuperuser may do everything
 * @param mayReplicate has the REPLICATION right, which a base backup needs
 * @param isStandby in recovery: a standby, or a backup just being restored
 * @param timescale null when the extension is not in this database
 */
public record Server(
    String version,
    int versionNumber,
    String user,
    boolean isSuperuser,
    boolean mayReplicate,
    boolean isStandby,
    Timescale timescale) {

    public static Server of(Database database) {
        var timescale = Timescale.of(database).orElse(null);
        return database.one(
            """
                SELECT current_setting('server_version') AS version,
                       current_setting('server_version_num')::int AS version_number,
                       current_user::text AS "user",
                       coalesce(r.rolsuper, false) AS is_superuser,
                       coalesce(r.rolsuper OR r.rolreplication, false) AS may_replicate,
                       pg_is_in_recovery() AS is_standby
                FROM (SELECT 1) AS always
                LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = current_user
                """,
            row -> new Server(
                row.getString("version"),
                row.getInt("version_number"),
                row.getString("user"),
                row.getBoolean("is_superuser"),
                row.getBoolean("may_replicate"),
                row.getBoolean("is_standby"),
                timescale));
    }

    /** 15, 16, 17 … */
    public int major() {
        return versionNumber / 10_000;
    }

    public boolean hasTimescale() {
        return timescale != null;
    }

    /** "PostgreSQL 15.18, TimescaleDB 2.28.3 (community)". */
    public String summary() {
        return "PostgreSQL " + version.split(" ")[0]
            + (timescale == null ? ", no TimescaleDB in this database"
                : ", TimescaleDB " + timescale.version() + " (" + timescale.edition() + ")");
    }
}
