import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody changed between two reports is told, also what neither adds nor removes an object. */
@Tag("local")
class ExploreDiffTest {
    /** @param told the beginning of a line of the comparison; of its new value where there is one */
    private record Change(String sql, String told) {}

    private static final String BEFORE =
        """
            CREATE ROLE diff_reader; CREATE ROLE diff_owner;
            CREATE SCHEMA other;
            CREATE TYPE mood AS ENUM ('good', 'bad');
            CREATE DOMAIN percent AS int CHECK (VALUE >= 0);
            CREATE TABLE t (id int PRIMARY KEY, name text, amount int);
            CREATE INDEX t_name ON t (name);
            ALTER TABLE t ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID;
            CREATE TABLE logged (id int PRIMARY KEY);
            CREATE TABLE moved (id int PRIMARY KEY);
            CREATE VIEW v AS SELECT id FROM t;
            CREATE MATERIALIZED VIEW mv AS SELECT id FROM t;
            CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
            CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER guard BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION on_row();
            CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION on_ddl();
            CREATE SEQUENCE s;
            CREATE PUBLICATION pub FOR TABLE t;
            CREATE TABLE guarded (id int PRIMARY KEY);
            ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
            CREATE TABLE half_guarded (id int PRIMARY KEY);
            CREATE EXTENSION pg_trgm VERSION '1.5';
            """;

    private static final List<Change> CHANGES =
        List.of(
            new Change("ALTER FUNCTION f(int) SECURITY DEFINER", "function public.f(integer): security was invoker"),
            new Change("ALTER FUNCTION g() SET search_path = pg_catalog", "function public.g(): settings"),
            new Change("ALTER FUNCTION g() OWNER TO diff_owner", "function public.g(): owner was postgres"),
            new Change("GRANT EXECUTE ON FUNCTION g() TO diff_reader", "grants to diff_reader"),
            new Change("ALTER TABLE t OWNER TO diff_owner", "table public.t: owner was postgres, is diff_owner"),
            new Change("ALTER VIEW v OWNER TO diff_owner", "view public.v: owner was postgres"),
            new Change("ALTER SCHEMA other OWNER TO diff_owner", "schema other: owner was postgres"),
            new Change("ALTER TYPE mood OWNER TO diff_owner", "type public.mood: owner was postgres"),
            new Change("ALTER SEQUENCE s OWNER TO diff_owner", "sequence public.s: owner was postgres"),
            new Change("GRANT UPDATE (name) ON t TO diff_reader", "grants to diff_reader"),
            new Change("ALTER TABLE logged SET UNLOGGED", "table public.logged: kind was table, is unlogged"),
            new Change("ALTER TYPE mood ADD VALUE 'odd'", "type public.mood: values was"),
            new Change("ALTER DOMAIN percent ADD CONSTRAINT top CHECK (VALUE <= 100)", "type public.percent: values"),
            new Change("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "table public.t: row security was"),
            new Change(
                "ALTER TABLE guarded FORCE ROW LEVEL SECURITY",
                "table public.guarded: row security was enabled, is forced"),
            new Change(
                "ALTER TABLE half_guarded FORCE ROW LEVEL SECURITY",
                "table public.half_guarded: row security was none, is forced, but not enabled"),
            new Change("ALTER EXTENSION pg_trgm UPDATE TO '1.6'", "extension pg_trgm: version was 1.5, is 1.6"),
            new Change("CREATE POLICY mine ON t USING (name = current_user)", "table public.t: new policy mine"),
            new Change("ALTER TABLE t VALIDATE CONSTRAINT positive", "table public.t: check positive was"),
            new Change("ALTER TABLE t DISABLE TRIGGER guard", "table public.t: trigger guard was"),
            new Change("ALTER EVENT TRIGGER watch DISABLE", "event trigger watch: definition"),
            new Change("ALTER TABLE t SET (fillfactor = 70)", "table public.t: new options (fillfactor=70)"),
            new Change("ALTER TABLE t REPLICA IDENTITY FULL", "table public.t: new replica identity (full)"),
            new Change("ALTER TABLE t ALTER amount SET DEFAULT 7", "table public.t: column amount was integer, is"),
            new Change("ALTER TABLE moved RENAME id TO number", "table public.moved: new column number"),
            new Change("ALTER VIEW v SET (security_barrier = true)", "view public.v: options"),
            new Change("ALTER SEQUENCE s CYCLE", "sequence public.s: type was bigint, is bigint, cycles"),
            new Change("ALTER PUBLICATION pub ADD TABLE moved", "publication pub: definition"),
            new Change("ALTER ROLE diff_reader CREATEDB", "role diff_reader: rights was"),
            new Change("GRANT diff_owner TO diff_reader", "role diff_reader: member of was"),
            new Change("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "default privilege PUBLIC"),
            new Change("COMMENT ON TABLE t IS 'new'", "table public.t: comment was none, is new"),
            new Change("COMMENT ON COLUMN t.name IS 'new'", "table public.t: new comment of column name (new)"),
            new Change("COMMENT ON INDEX t_name IS 'new'", "table public.t: new comment of index t_name"),
            new Change("COMMENT ON TRIGGER guard ON t IS 'new'", "table public.t: new comment of trigger guard"),
            new Change("COMMENT ON CONSTRAINT positive ON t IS 'new'", "table public.t: new comment of"),
            new Change("COMMENT ON VIEW v IS 'new'", "view public.v: comment was none, is new"),
            new Change("COMMENT ON FUNCTION g() IS 'new'", "function public.g(): comment was none, is new"),
            new Change("COMMENT ON TYPE mood IS 'new'", "type public.mood: comment was none, is new"),
            new Change("COMMENT ON SEQUENCE s IS 'new'", "sequence public.s: comment was none, is new"),
            new Change("COMMENT ON SCHEMA other IS 'new'", "schema other: comment was none, is new"));

    @TempDir
    Path directory;

    @Test
    void each_change_is_told() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql(BEFORE);
            var before = ExploreTest.explore(directory, cluster.environment());
            for (var change : CHANGES) cluster.sql(change.sql());

            var after = ExploreTest
                .explore(directory, cluster.environment(), "--diff", before.reports().toString());
            for (var text : List.of(after.markdown(), after.html())) {
                assertTrue(text.contains("1.6") && text.contains("Row security is forced, but not enabled"), "shown");
            }
            var told = new ArrayList<String>();
            var changes = after.json().get("changes");
            for (var list : List.of("added", "removed", "altered")) {
                changes.get(list).forEach(line -> told.add(line.asString()));
            }
            var missing = CHANGES.stream()
                .filter(change -> told.stream().noneMatch(line -> line.startsWith(change.told())))
                .toList();
            assertTrue(missing.isEmpty(), () -> lines(missing) + "\n--- told:\n" + String.join("\n", told));
        }
    }

    @Test
    void nothing_is_told_where_nothing_changed() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql(BEFORE);
            var before = ExploreTest.explore(directory, cluster.environment());
            var after = ExploreTest
                .explore(directory, cluster.environment(), "--diff", before.reports().toString());
            var changes = after.json().get("changes");
            for (var list : List.of("added", "removed", "altered")) {
                assertEquals("[]", changes.get(list).toString(), list);
            }
        }
    }

    private static String lines(List<Change> missing) {
        return String.join("\n", missing.stream().map(c -> c.sql() + "   → " + c.told()).toList());
    }
}
