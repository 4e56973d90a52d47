import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One table out of a backup: the same rows and the same definition, and nothing that exists is changed. */
@Tag("local")
class RestoreExtractTest {
    private static final String TABLE = "shop.\"Odd \"\"Name\"\"\"";
    private static Cluster cluster;
    private static Path work;
    private static Path scratch;

    @BeforeAll
    static void a_database_with_tables_of_all_kinds_and_its_backup() throws IOException {
        cluster = Cluster.create("fsync = off");
        work = Files.createDirectory(cluster.home().resolve("work"));
        scratch = Files.createDirectory(cluster.home().resolve("scratch"));
        Cluster.giveToServer(scratch);
        cluster.sql("CREATE DATABASE metrics");
        for (var sql : List.of(
            "CREATE SCHEMA shop",
            "CREATE TABLE shop.country (code text PRIMARY KEY)",
            "INSERT INTO shop.country VALUES ('AT'), ('DE')",
            "CREATE FUNCTION shop.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TABLE " + TABLE + " (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number serial,"
                + " code text REFERENCES shop.country, price numeric CHECK (price > 0),"
                + " twice numeric GENERATED ALWAYS AS (price * 2) STORED, note text DEFAULT 'none', raw bytea, "
                + "span interval)",
            "INSERT INTO " + TABLE
                + " (code, price, note, raw, span) SELECT CASE i % 3 WHEN 0 THEN 'AT' WHEN 1 THEN 'DE' END, i,"
                + " E'line\\n\\\\tab\\té ' || i, decode('00ff' || lpad(to_hex(i), 8, '0'), 'hex'), "
                + "make_interval(mins => i)"
                + " FROM generate_series(1, 1000) AS i",
            "CREATE INDEX by_code ON " + TABLE + " (code) INCLUDE (price) WHERE price > 10",
            "COMMENT ON TABLE " + TABLE + " IS 'what is sold'",
            "COMMENT ON COLUMN " + TABLE + ".note IS 'free text'",
            "CREATE TRIGGER stamp BEFORE INSERT ON " + TABLE + " FOR EACH ROW EXECUTE FUNCTION shop.stamp()",
            "CREATE VIEW shop.cheap AS SELECT * FROM " + TABLE + " WHERE price < 10",
            "CREATE TABLE days (day date NOT NULL, i int) PARTITION BY RANGE (day)",
            "CREATE TABLE days_2024 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
            "CREATE TABLE days_2025 PARTITION OF days FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
            "CREATE INDEX ON days (i)",
            "INSERT INTO days SELECT '2024-06-01'::date + i, i FROM generate_series(1, 400) AS i")) {
            cluster.sql("metrics", sql);
        }
        var hostile =
            List.of("search_path = nowhere", "default_transaction_read_only = on", "statement_timeout = '1ms'");
        hostile.forEach(setting -> cluster.sql("ALTER DATABASE metrics SET " + setting));
        BareBackup.take(cluster, work.resolve("backups/cluster_backup_20250704_165326"), "-Ft", "-Z", "client-gzip:1");
        cluster.sql("ALTER DATABASE metrics RESET ALL");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void it_is_loaded_into_another_database_with_all_that_belongs_to_it() throws IOException {
        cluster.sql("CREATE DATABASE other");
        cluster.sql("other", "CREATE SCHEMA shop");
        cluster.sql("other", "CREATE TABLE shop.country (code text PRIMARY KEY)");
        cluster.sql("other", "INSERT INTO shop.country VALUES ('AT'), ('DE')");
        var done = extract("--table", TABLE, "--into", "other");
        assertEquals(0, done.exit(), done::toString);
        assertEquals("", done.out());
        assertTrue(done.err().contains("the trigger stamp is left out: shop.stamp() is not in"), done::toString);
        assertEquals(rows("metrics", TABLE), rows("other", TABLE));
        var described =
            "SELECT string_agg(pg_get_constraintdef(oid), ';' ORDER BY conname) FROM pg_constraint WHERE conrelid = '"
                + TABLE + "'::regclass AND contype <> 'n'";
        assertEquals(cluster.sql("metrics", described), cluster.sql("other", described));
        for (var question : List.of(
            "SELECT string_agg(pg_get_indexdef(indexrelid), ';' ORDER BY 1) FROM pg_index WHERE indrelid = "
                + "'%s'::regclass",
            "SELECT obj_description('%s'::regclass, 'pg_class') || col_description('%s'::regclass, 6)",
            "SELECT string_agg(concat(attname, attidentity, attgenerated), ',' ORDER BY attnum) FROM pg_attribute "
                + "WHERE attrelid = '%s'::regclass AND attnum > 0")) {
            var asked = question.replace("%s", TABLE);
            assertEquals(cluster.sql("metrics", asked), cluster.sql("other", asked));
        }
        assertEquals(
            "1001|1001",
            cluster.sql("other", "INSERT INTO " + TABLE + " (price) VALUES (7) RETURNING id, number"));

        var before = rows("other", TABLE);
        var again = extract("--table", TABLE, "--into", "other");
        assertEquals(12, again.exit(), again::toString);
        assertTrue(
            again.err().contains("already, and it is not changed") && again.err().contains("--as"),
            again::toString);
        assertFalse(again.err().contains("booting"), "refused before any work\n" + again);
        assertEquals(before, rows("other", TABLE));
        assertNothingStays();
    }

    @Test
    void under_another_name_it_stands_beside_the_one_that_is_there() throws IOException {
        cluster.sql("CREATE DATABASE beside");
        cluster.sql("beside", "CREATE SCHEMA shop");
        cluster.sql("beside", "CREATE TABLE days (LIKE pg_class)");
        cluster.sql("beside", "CREATE INDEX days_i_idx ON days (oid)");
        var done = extract("--table", "days", "--as", "shop.old_days", "--into", "beside");
        assertEquals(0, done.exit(), done::toString);
        assertEquals("400|80200", cluster.sql("beside", "SELECT count(*), sum(i) FROM shop.old_days"));
        assertEquals("0", cluster.sql("beside", "SELECT count(*) FROM days"));
        assertEquals("400|80200", cluster.sql("metrics", "SELECT count(*), sum(i) FROM days"));
        assertEquals(
            "old_days_2024,old_days_2025",
            cluster.sql(
                "beside",
                "SELECT string_agg(c.relname, ',' ORDER BY 1) FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid"
                    + " WHERE inhparent = 'shop.old_days'::regclass"));
        assertNothingStays();
    }

    @Test
    void as_sql_it_loads_with_psql_and_as_csv_it_is_what_copy_writes() throws IOException {
        cluster.sql("CREATE DATABASE piped");
        var sql = extract("--table", "days");
        assertEquals(0, sql.exit(), sql::toString);
        var loaded = Tool.command("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null")
            .with(cluster.environment())
            .with("PGDATABASE", "piped")
            .typing(sql.out())
            .run();
        assertEquals(0, loaded.exit(), loaded::toString);
        assertEquals(rows("metrics", "days"), rows("piped", "days"));
        var csv = extract("--table", "days", "--format", "csv", "--file", "days.csv");
        assertEquals(0, csv.exit(), csv::toString);
        var lines = Files.readAllLines(work.resolve("days.csv"));
        assertEquals("day,i", lines.getFirst());
        assertEquals(401, lines.size());
        var full = Tool
            .command("sh", "-c", "exec \"$@\" > /dev/full", "sh", Tool.ROOT + "/bin/jbang", Tool.ROOT + "/restore.java")
            .in(work)
            .with("TMPDIR", scratch.toString())
            .run("extract", "latest", "-d", "metrics", "--table", "days");
        assertTrue(List.of(1, 12).contains(full.exit()), full::toString);
        assertNothingStays();
    }

    @Test
    void what_the_target_refuses_leaves_nothing_there() throws IOException {
        cluster.sql("CREATE DATABASE strict");
        cluster.sql("strict", "CREATE SCHEMA shop");
        // empty: the foreign key fails at the end
        cluster.sql("strict", "CREATE TABLE shop.country (code text PRIMARY KEY)");
        var refused = extract("--table", TABLE, "--into", "strict");
        assertEquals(1, refused.exit(), refused::toString);
        assertTrue(
            refused.err().contains("violates foreign key constraint")
                && refused.err().contains("nothing was changed there"),
            refused::toString);
        assertEquals(
            "1",
            cluster.sql(
                "strict",
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r'"));
        var view = extract("--table", "shop.cheap");
        assertEquals(2, view.exit(), view::toString);
        assertTrue(view.err().contains("only tables can be extracted"), view::toString);
        var none = extract("--table", "nothing");
        assertEquals(2, none.exit(), none::toString);
        assertTrue(none.err().contains("there is no table nothing in the database metrics"), none::toString);
        var schema = extract("--table", "days", "--into", "strict", "--as", "nowhere.days");
        assertEquals(12, schema.exit(), schema::toString);
        assertTrue(schema.err().contains("the schema nowhere is not in"), schema::toString);
        assertNothingStays();
    }

    private static String rows(String database, String table) {
        return cluster.sql(
            database,
            "SET statement_timeout = 0; SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) FROM " + table + " AS t");
    }

    private static Tool.Result extract(String... more) {
        var all = new ArrayList<>(List.of("extract", "latest", "-d", "metrics"));
        all.addAll(List.of(more));
        return Tool.of("restore")
            .in(work)
            .with(cluster.environment())
            .with("TMPDIR", scratch.toString())
            .run(all.toArray(String[]::new));
    }

    private static void assertNothingStays() throws IOException {
        try (var left = Files.list(scratch)) {
            assertEquals(List.of(), left.toList());
        }
    }
}
