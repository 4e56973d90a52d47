//SOURCES ../Cli.java ../Failure.java
package lib.restore;

import java.nio.file.Path;
import lib.Cli;
import lib.Failure;
import picocli.CommandLine.Option;

/** Which table to take out of a backup, as what, and where to. */
public final class ExtractOptions {
    /** How it is written. */
    public enum Format { SQL, CSV }

    @Option(
        names = {"-t", "--table"},
        paramLabel = "TABLE",
        required = true,
        description = "the table or hypertable: name or schema.name, in double quotes where SQL needs them")
    String table;

    @Option(
        names = {"-d", "--dbname"},
        paramLabel = "DB",
        description = "database name in the backup (PGDATABASE, default postgres)")
    String database;

    @Option(names = "--as", paramLabel = "NAME", description = "give it another name: name or schema.name")
    String newName;

    @Option(
        names = "--into",
        paramLabel = "URL",
        description = "create it in this database, a URL or a database name; an existing table is never changed")
    String into;

    @Cli.Writes @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "write to a file; default: standard output")
    Path file;

    @Option(names = "--format", paramLabel = "sql|csv", description = "SQL for psql (default), or the rows as CSV")
    Format format = Format.SQL;

    @Option(names = "--schema-only", description = "the definition without rows")
    boolean schemaOnly;

    @Option(names = "--data-only", description = "the rows without the definition")
    boolean dataOnly;

    void check() {
        if (schemaOnly && dataOnly) throw Failure.usage("--schema-only and --data-only leave nothing", "choose one.");
        if (into != null && (file != null || format == Format.CSV)) {
            throw Failure.usage("--into writes into a database, not to a file", "leave out --file and --format.");
        }
        if (into != null && dataOnly) {
            throw Failure.usage(
                "--into creates a new table, and --data-only has no definition for it",
                "leave out --data-only; or write SQL and load it yourself: … --data-only | psql");
        }
        if (format == Format.CSV && (schemaOnly || newName != null)) {
            throw Failure.usage("CSV holds rows only", "leave out --schema-only and --as.");
        }
    }
}
