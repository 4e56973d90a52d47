//SOURCES ../AtomicFile.java ../Failure.java ../Program.java ../database/ConnectionSettings.java
//SOURCES ../database/Database.java ../database/PgTools.java ExtractedTable.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.AtomicFile;
import lib.Failure;
import lib.Program;
import lib.database.ConnectionSettings;
import lib.database.Database;
import lib.database.PgTools;

/** The running database that a table is loaded into. Nothing that exists there is changed. */
final class TargetDatabase {
    private final ConnectionSettings settings;

    private TargetDatabase(ConnectionSettings settings) {
        this.settings = settings;
    }

    /** @param typed a URL, or the name of a database of the server that PGHOST and its like name */
    static TargetDatabase of(String typed) {
        boolean isUrl = typed.contains("://");
        return new TargetDatabase(
            ConnectionSettings.resolve(
                isUrl ? Map.of() : Map.of("dbname", typed),
                isUrl ? typed : null,
                System.getenv(),
                Path.of(".env")));
    }

    /** Before any work, as far as the typed name tells; and again with the name as the backup has it. */
    void refuseExisting(String typed) {
        try (var database = open()) {
            var parts = ExtractedTable.parse(database, typed);
            refuse(database, parts.size() > 1 ? parts.getFirst() : "public", parts.getLast());
        }
    }

    void refuseExisting(ExtractedTable table) {
        try (var database = open()) {
            refuse(database, table.schema(), table.name());
            if (!exists(database, "pg_catalog.to_regnamespace(?)", Database.identifier(table.schema()))) {
                throw Failure.notReady(
                    "the schema " + table.schema() + " is not in " + settings,
                    "create it first: CREATE SCHEMA " + Database.identifier(table.schema())
                        + "; or choose another with --as");
            }
        }
    }

    private void refuse(Database database, String schema, String name) {
        var quoted = Database.identifier(schema) + "." + Database.identifier(name);
        if (exists(database, "pg_catalog.to_regclass(?)", quoted)) {
            throw Failure.notReady(
                schema + "." + name + " is in " + settings + " already, and it is not changed",
                "load it under another name: --as " + name + "_restored");
        }
    }

    boolean hasTimescale() {
        try (var database = open()) {
            return exists(
                database,
                "(SELECT e.extname FROM pg_catalog.pg_extension AS e WHERE e.extname = ?)",
                "timescaledb");
        }
    }

    /** Those of the names that are not here. @param function pg_catalog.to_regclass or pg_catalog.to_regprocedure */
    List<String> missing(String function, List<String> names) {
        if (names.isEmpty()) return List.of();
        try (var database = open()) {
            var missing = new ArrayList<String>();
            for (var name : names) {
                if (!exists(database, function + "(?)", name)) missing.add(name);
            }
            return missing;
        }
    }

    private static boolean exists(Database database, String expression, String name) {
        return database
            .one("SELECT " + expression + "::text IS NOT NULL AS is_there", row -> row.getBoolean("is_there"), name);
    }

    /** All or nothing: one transaction. */
    void load(AtomicFile.Content sql) throws IOException {
        var psql = PgTools.having("psql");
        if (psql.isEmpty()) {
            throw Failure.notReady("psql is not on this machine", "install the package postgresql-client.");
        }
        var command = List.of(
            psql.getFirst().program("psql").toString(),
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "--single-transaction",
            "-f",
            "-");
        var answer = Program.of(command).with(settings.environment()).feed(sql);
        if (!answer.ok()) {
            var said = answer.stderr().lines().filter(line -> line.contains("ERROR:")).findFirst();
            throw Failure.failed(
                "the database did not take it: " + said.orElse(answer.stderr().strip()).replaceFirst("^.*ERROR: +", ""),
                "nothing was changed there; to adapt the SQL leave out --into, write it to a file with --file, "
                    + "and load that.");
        }
    }

    private Database open() {
        return Database.open(settings, "restore");
    }

    @Override
    public String toString() {
        return settings.toString();
    }
}
