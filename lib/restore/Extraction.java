//SOURCES ../AtomicFile.java ../Console.java ../Failure.java ../Program.java ../Units.java ../archive/RestoreSource.java
//SOURCES ../boot/ScratchServer.java ../database/ConnectionSettings.java ../database/Database.java
//SOURCES ../database/PgTools.java ExtractOptions.java ExtractedTable.java HypertableDimension.java OpenBackup.java
//SOURCES TableRename.java TargetDatabase.java
package lib.restore;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import lib.AtomicFile;
import lib.Console;
import lib.Failure;
import lib.Program;
import lib.Units;
import lib.archive.RestoreSource;
import lib.boot.ScratchServer;
import lib.database.ConnectionSettings;
import lib.database.Database;
import lib.database.PgTools;
import org.postgresql.PGConnection;

/**
 * One table out of a physical backup: definition and rows, as SQL or CSV, or straight into another database. pg_dump
 * writes the definition and the rows of ordinary tables. Of a hypertable it writes no rows, because they are in the
 * chunks: these are copied through the hypertable, into one that is made by the same dimensions.
 */
public final class Extraction {
    private static final String NOT_INCLUDED =
        "not included: owner and privileges; of a hypertable also compression, policies and continuous aggregates";

    private final ExtractOptions options;
    private final TargetDatabase target;

    private Extraction(ExtractOptions options, TargetDatabase target) {
        this.options = options;
        this.target = target;
    }

    /** Checks what can be checked without the backup. */
    public static Extraction of(ExtractOptions options) {
        options.check();
        var target = options.into == null ? null : TargetDatabase.of(options.into);
        if (target != null) target.refuseExisting(options.newName != null ? options.newName : options.table);
        return new Extraction(options, target);
    }

    /** Boots a copy of the backup, takes the table out of it, and removes the copy. */
    public void run(RestoreSource backup, ScratchServer.Options scratch) throws IOException {
        try (var copy = OpenBackup.boot(backup, scratch, true)) {
            run(copy);
        }
    }

    /** @param copy a writable one: a new name is given to the table in there */
    private void run(OpenBackup copy) throws IOException {
        var settings = copy.settings(options.database);
        try (var database = Database.open(settings, "restore")) {
            rely(database);
            var table = ExtractedTable.find(database, options.table);
            if (options.newName != null) table = TableRename.run(database, table, options.newName);
            if (options.format == ExtractOptions.Format.CSV) {
                writeCsv(database, table);
                return;
            }
            var dump = new TableDump(database, settings, table);
            if (target != null) {
                load(dump);
            } else {
                write(dump::writeTo);
            }
            Console.say(
                "%s: with columns, defaults, constraints, indexes, triggers, comments, policies and sequences",
                table);
            Console.say(NOT_INCLUDED);
        }
    }

    /** What the text of rows depends on, whatever is set for the role or the database. */
    private static void rely(Database database) {
        for (var setting : List.of(
            "search_path = pg_catalog",
            "DateStyle = 'ISO'",
            "IntervalStyle = 'postgres'",
            "extra_float_digits = 1")) {
            database.execute("SET " + setting);
        }
    }

    private void load(TableDump dump) throws IOException {
        var table = dump.table();
        target.refuseExisting(table);
        if (table.isHypertable() && !target.hasTimescale()) {
            Console.warn("TimescaleDB is not in %s: %s becomes a plain table", target, table);
        }
        dump.leaveOutWhatIsMissing(target);
        target.load(dump::writeTo);
        Console.say("%s is in %s now", table, target);
    }

    private void writeCsv(Database database, ExtractedTable table) throws IOException {
        write(
            out -> TableDump
                .copyOut(database, "COPY (SELECT * FROM " + table.quoted() + ") TO STDOUT (FORMAT csv, HEADER)", out));
    }

    private void write(AtomicFile.Content content) throws IOException {
        if (options.file != null) {
            AtomicFile.write(options.file, content);
            Console.say("written to %s", options.file);
            return;
        }
        // Not System.out: that one keeps a full disk for itself.
        try (var out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16)) {
            content.writeTo(out);
        }
    }

    /** The SQL of one table. */
    private final class TableDump {
        private final Database database;
        private final ConnectionSettings settings;
        private final ExtractedTable table;

        TableDump(Database database, ConnectionSettings settings, ExtractedTable table) {
            this.database = database;
            this.settings = settings;
            this.table = table;
        }

        ExtractedTable table() {
            return table;
        }

        void writeTo(OutputStream out) throws IOException {
            boolean definition = !options.dataOnly;
            boolean rows = !options.schemaOnly;
            if (definition) dump(out, "pre-data");
            if (definition && table.isHypertable()) print(out, HypertableDimension.script(table));
            if (rows && table.isHypertable()) {
                print(out, "COPY " + table.quoted() + " (" + table.columnList() + ") FROM stdin;\n");
                copyOut(
                    database,
                    "COPY (SELECT " + table.columnList() + " FROM " + table.quoted() + ") TO STDOUT",
                    out);
                print(out, "\\.\n\n");
            }
            if (rows) dump(out, "data");
            if (definition && table.isHypertable()) {
                print(out, forHypertable(capture("post-data")));
            } else if (definition) {
                dump(out, "post-data");
            }
        }

        /**
         * Foreign keys and triggers that need something that is not in the target are taken out of the copy, and named.
         */
        void leaveOutWhatIsMissing(TargetDatabase target) {
            var keys = database.list(
                """
                    SELECT k.conname AS name, pg_catalog.format('%I.%I', n.nspname, c.relname) AS needs
                    FROM pg_catalog.pg_constraint AS k
                    JOIN pg_catalog.pg_class AS c ON c.oid = k.confrelid
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE k.conrelid = ?::pg_catalog.regclass AND k.contype = 'f' AND k.confrelid <> k.conrelid
                      AND k.conparentid = 0
                    """,
                row -> new String[] {row.getString("name"), row.getString("needs")},
                table.quoted());
            leaveOut(target, "pg_catalog.to_regclass", keys, "CONSTRAINT");
            var triggers = database.list(
                """
                    SELECT t.tgname AS name, t.tgfoid::pg_catalog.regprocedure::text AS needs
                    FROM pg_catalog.pg_trigger AS t
                    WHERE t.tgrelid = ?::pg_catalog.regclass AND NOT t.tgisinternal AND t.tgname <> 'ts_insert_blocker'
                    """,
                row -> new String[] {row.getString("name"), row.getString("needs")},
                table.quoted());
            leaveOut(target, "pg_catalog.to_regprocedure", triggers, "TRIGGER");
        }

        private void leaveOut(TargetDatabase target, String function, List<String[]> parts, String kind) {
            var missing = target.missing(function, parts.stream().map(part -> part[1]).toList());
            for (var part : parts) {
                if (!missing.contains(part[1])) continue;
                var name = Database.identifier(part[0]);
                Console.warn(
                    "the %s %s is left out: %s is not in %s",
                    kind.toLowerCase(Locale.ROOT),
                    part[0],
                    part[1],
                    target);
                database.execute(
                    kind.equals("TRIGGER") ? "DROP TRIGGER " + name + " ON " + table.quoted()
                        : "ALTER TABLE " + table.quoted() + " DROP CONSTRAINT " + name);
            }
        }

        /** TimescaleDB takes no ONLY for a hypertable, and makes its own trigger. */
        private static String forHypertable(String sql) {
            return sql.lines()
                .filter(line -> !line.startsWith("CREATE TRIGGER ts_insert_blocker "))
                .map(line -> line.startsWith("ALTER TABLE ONLY ") ? "ALTER TABLE " + line.substring(17) : line)
                .collect(Collectors.joining("\n", "", "\n"));
        }

        private void dump(OutputStream out, String section) throws IOException {
            mustSucceed(dumpProgram(section).copyTo(out));
        }

        private String capture(String section) {
            var answer = dumpProgram(section).capture();
            mustSucceed(answer);
            return answer.stdout();
        }

        private Program dumpProgram(String section) {
            return Program.of(command(section)).with(settings.environment());
        }

        private List<String> command(String section) {
            var server = PgTools.forServer("pg_dump", serverMajor());
            var command = new ArrayList<>(
                List.of(
                    server.program("pg_dump").toString(),
                    "--section=" + section,
                    "--encoding=UTF8",
                    "--no-owner",
                    "--no-privileges",
                    "--no-tablespaces",
                    "--no-publications",
                    "--no-subscriptions"));
            family().forEach(name -> command.add("--table=" + name));
            return command;
        }

        private int serverMajor() {
            return database
                .one("SELECT current_setting('server_version_num')::int / 10000 AS major", row -> row.getInt("major"));
        }

        /** The table with its partitions and children, which pg_dump does not take along by itself; chunks excepted. */
        private List<String> family() {
            if (table.isHypertable()) return List.of(table.quoted());
            return database.list(
                """
                    WITH RECURSIVE family(oid) AS (
                      SELECT ?::pg_catalog.regclass::oid
                      UNION
                      SELECT i.inhrelid
                      FROM pg_catalog.pg_inherits AS i
                      JOIN family AS f ON f.oid = i.inhparent
                    )
                    SELECT n.nspname, c.relname
                    FROM family AS f
                    JOIN pg_catalog.pg_class AS c ON c.oid = f.oid
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                    """,
                row -> Database.identifier(row.getString("nspname")) + "."
                    + Database.identifier(row.getString("relname")),
                table.quoted());
        }

        private static void mustSucceed(Program.Answer answer) {
            answer.stderr().lines().forEach(line -> Console.detail("[pg_dump] %s", line));
            if (!answer.ok()) throw Failure.failed("pg_dump failed: " + answer.stderr().strip(), null);
        }

        private static void print(OutputStream out, String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }

        static void copyOut(Database database, String sql, OutputStream out) throws IOException {
            try {
                Console.detail("SQL: %s", sql);
                long rows = database.connection()
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut(sql, out);
                Console.say("%s read", Units.plural(rows, "row"));
            } catch (SQLException e) {
                throw Database.failure(e);
            }
        }
    }
}
