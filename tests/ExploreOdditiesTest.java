//SOURCES Cluster.java ExploreTest.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * What real schemas hold and simple ones do not: each oddity is read right, and every cure that the report calls
 * runnable runs and cures.
 */
@Tag("local")
class ExploreOdditiesTest {
    @TempDir
    Path directory;

    private static final String ODDITIES =
        """
            CREATE TABLE parent (id bigint PRIMARY KEY, code text NOT NULL);
            COMMENT ON TABLE parent IS E'first\\nsecond';
            CREATE TABLE renamed (a int PRIMARY KEY, old_name bigint REFERENCES parent);
            CREATE INDEX renamed_i ON renamed (old_name);
            ALTER TABLE renamed RENAME old_name TO new_name;
            CREATE TABLE expressions (id int PRIMARY KEY, a text COLLATE "C", b int, c text);
            CREATE INDEX expressions_i ON expressions (lower(a), (b + 1) DESC, c text_pattern_ops, c COLLATE "POSIX")
                WHERE b > 5;
            CREATE INDEX expressions_brin ON expressions USING brin (b) WITH (pages_per_range = 16);
            CREATE TABLE brin_key (id int PRIMARY KEY, p bigint REFERENCES parent);
            CREATE INDEX brin_key_i ON brin_key USING brin (p);
            CREATE TABLE parts (id int, at date, p bigint REFERENCES parent MATCH FULL ON DELETE CASCADE
                ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
            CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            CREATE TABLE parts_2 PARTITION OF parts DEFAULT;
            CREATE INDEX parts_1_p ON parts_1 (p); CREATE INDEX parts_2_p ON parts_2 (p);
            CREATE TABLE parts_bare (id int, at date, p bigint REFERENCES parent) PARTITION BY RANGE (at);
            CREATE TABLE parts_bare_1 PARTITION OF parts_bare DEFAULT;
            CREATE DOMAIN key_domain AS bigint;
            CREATE TABLE lengths (code varchar(30) PRIMARY KEY);
            CREATE TABLE lengths_child (id key_domain PRIMARY KEY REFERENCES parent,
                code varchar(20) REFERENCES lengths);
            CREATE INDEX lengths_child_code ON lengths_child (code);
            CREATE TABLE narrow (id int PRIMARY KEY, p int REFERENCES parent);
            CREATE INDEX narrow_p ON narrow (p);
            CREATE TABLE viewed (id int PRIMARY KEY, p int REFERENCES parent);
            CREATE INDEX viewed_p ON viewed (p);
            CREATE VIEW on_viewed AS SELECT p FROM viewed;
            CREATE TABLE has_id (id text, v int);
            CREATE TABLE candidate (a int NOT NULL, b int);
            CREATE UNIQUE INDEX candidate_a ON candidate (a);
            CREATE TYPE row_type AS (x int, y text);
            CREATE TABLE typed OF row_type;
            CREATE TABLE mother (x int);
            CREATE TABLE daughter (y int) INHERITS (mother);
            CREATE TABLE twins (id int PRIMARY KEY, a int NOT NULL, b int, c text);
            CREATE INDEX twins_1 ON twins (b);
            CREATE INDEX twins_2 ON twins (b);
            CREATE UNIQUE INDEX twins_identity ON twins (a);
            CREATE UNIQUE INDEX twins_plain ON twins (a);
            ALTER TABLE twins REPLICA IDENTITY USING INDEX twins_identity;
            CREATE UNIQUE INDEX twins_c ON twins (c);
            CREATE UNIQUE INDEX twins_c_nulls ON twins (c) NULLS NOT DISTINCT;
            CREATE INDEX twins_include ON twins (b) INCLUDE (c);
            CREATE INDEX twins_collation ON twins (c COLLATE "C");
            ALTER TABLE twins ADD CONSTRAINT twins_deferrable UNIQUE (id) DEFERRABLE;
            CREATE TABLE unchecked (id int PRIMARY KEY);
            ALTER TABLE unchecked ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
            CREATE TABLE serials (a smallserial PRIMARY KEY, b serial, c int GENERATED ALWAYS AS IDENTITY);
            SELECT setval('serials_a_seq', 32767), setval('serials_b_seq', 2147483000),
                setval('serials_c_seq', 2000000000);
            CREATE SEQUENCE nobodys;
            CREATE TABLE fed (id int PRIMARY KEY DEFAULT nextval('nobodys'));
            SELECT setval('nobodys', 2147483000);
            DO $$ BEGIN FOR i IN 1..60 LOOP EXECUTE format('CREATE TABLE s%s (id serial PRIMARY KEY)', i); END LOOP;
                END $$;
            ALTER TABLE parent ENABLE ROW LEVEL SECURITY;
            ALTER TABLE parent FORCE ROW LEVEL SECURITY;
            CREATE POLICY mine ON parent FOR SELECT USING (code = current_user);
            CREATE RULE noted AS ON DELETE TO parent DO ALSO NOTIFY gone;
            CREATE STATISTICS both_of (dependencies) ON a, c FROM expressions;
            CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION on_ddl();
            ALTER EVENT TRIGGER watch DISABLE;
            CREATE PUBLICATION pub FOR TABLE parent;
            ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
            ALTER TABLE parent SET (fillfactor = 70);
            CREATE FUNCTION count_parents() RETURNS bigint LANGUAGE plpgsql
                AS 'BEGIN RETURN (SELECT count(*) FROM parent); END';
            COMMENT ON INDEX renamed_i IS 'about the index';
            COMMENT ON CONSTRAINT positive ON unchecked IS 'about the check';
            CREATE TABLE half (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE half_1 PARTITION OF half FOR VALUES FROM (0) TO (1000);
            CREATE TABLE half_2 PARTITION OF half FOR VALUES FROM (1000) TO (2000);
            CREATE TABLE half_empty PARTITION OF half DEFAULT;
            ALTER TABLE half_1 SET (autovacuum_enabled = false);
            ALTER TABLE half_2 SET (autovacuum_enabled = false);
            INSERT INTO half SELECT generate_series(0, 1999); ANALYZE half_1;
            CREATE SCHEMA "a";
            CREATE TABLE "a"."b.c" (id int PRIMARY KEY);
            CREATE SCHEMA "a.b";
            CREATE TABLE "a.b"."c" (id int PRIMARY KEY);
            """;

    /** What a cure must not walk into: here most of them would fail, cure nothing or do harm. */
    private static final String TRAPS =
        """
            CREATE SCHEMA trap; SET search_path = trap;
            CREATE TABLE key_pattern (a text NOT NULL);
            CREATE UNIQUE INDEX key_pattern_i ON key_pattern (a text_pattern_ops);
            CREATE TABLE key_collation (a text NOT NULL);
            CREATE UNIQUE INDEX key_collation_i ON key_collation (a COLLATE "C");
            CREATE TABLE key_nulls (a int NOT NULL);
            CREATE UNIQUE INDEX key_nulls_i ON key_nulls (a) NULLS NOT DISTINCT;
            CREATE TABLE key_spaced ("a b" int NOT NULL);
            CREATE UNIQUE INDEX key_spaced_i ON key_spaced ("a b");
            CREATE TABLE row_type (a int); CREATE TABLE row_type_user (id int PRIMARY KEY, rows row_type[]);
            CREATE TABLE target (id bigint PRIMARY KEY, at timestamptz UNIQUE, n numeric UNIQUE);
            CREATE TABLE row_type_key (id int PRIMARY KEY, r int REFERENCES target); CREATE INDEX ON row_type_key (r);
            CREATE DOMAIN row_domain AS row_type_key;
            CREATE TABLE filtered (id int PRIMARY KEY, r int REFERENCES target); CREATE INDEX ON filtered (r);
            CREATE PUBLICATION of_rows FOR TABLE filtered WHERE (r > 3);
            CREATE TABLE listed (id int PRIMARY KEY, r int REFERENCES target); CREATE INDEX ON listed (r);
            CREATE PUBLICATION of_columns FOR TABLE listed (id, r);
            CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA trap;
            CREATE TABLE published (id int PRIMARY KEY, r int REFERENCES target); CREATE INDEX ON published (r);
            CREATE PUBLICATION of_all FOR TABLE published;
            CREATE TABLE days (id int PRIMARY KEY, at date REFERENCES target (at)); CREATE INDEX ON days (at);
            CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY REFERENCES target (n));
            CREATE SEQUENCE down INCREMENT -1 MINVALUE 1 MAXVALUE 1000; SELECT nextval('down');
            CREATE SEQUENCE down_all INCREMENT -1 MINVALUE 1 MAXVALUE 1000; SELECT setval('down_all', 5);
            CREATE SEQUENCE halfway AS int MINVALUE -2147483648 START -2147483648; SELECT setval('halfway', 200000000);
            CREATE SEQUENCE from_negative AS int MINVALUE -2147483648; SELECT setval('from_negative', 2100000000);
            CREATE DOMAIN small_number AS int; CREATE TABLE of_domain (id small_number PRIMARY KEY);
            CREATE SEQUENCE domain_s OWNED BY of_domain.id; SELECT setval('domain_s', 2147483000);
            CREATE SEQUENCE shared; CREATE TABLE shared_a (id bigint PRIMARY KEY DEFAULT nextval('shared'));
            ALTER SEQUENCE shared OWNED BY shared_a.id;
            CREATE TABLE shared_b (id int PRIMARY KEY DEFAULT nextval('shared'));
            CREATE TABLE shared_c (id smallint PRIMARY KEY DEFAULT nextval('shared')); SELECT setval('shared', 32000);
            CREATE SEQUENCE parted_s; SELECT setval('parted_s', 2147483000);
            CREATE TABLE parted (id int DEFAULT nextval('parted_s'), at date, PRIMARY KEY (id, at))
                PARTITION BY RANGE (at);
            CREATE TABLE a_part PARTITION OF parted DEFAULT;
            CREATE SEQUENCE letters MAXVALUE 1000; CREATE TABLE of_text (id text PRIMARY KEY);
            ALTER SEQUENCE letters OWNED BY of_text.id; SELECT setval('letters', 990);
            CREATE TABLE granular (id int PRIMARY KEY, a int, t tsvector);
            CREATE INDEX granular_1 ON granular USING brin (a) WITH (pages_per_range = 4);
            CREATE INDEX granular_2 ON granular USING brin (a) WITH (pages_per_range = 128);
            CREATE INDEX granular_3 ON granular USING gist (t tsvector_ops (siglen = 100));
            CREATE INDEX granular_4 ON granular USING gist (t tsvector_ops (siglen = 200));
            CREATE INDEX granular_5 ON granular USING brin (a) WITH (pages_per_range = 4);
            RESET search_path;
            ALTER DATABASE postgres SET track_counts = off;
            """;

    private static void assertNoTrap(ExploreTest.Explored found) {
        assertEquals(
            Set.of(
                "trap.domain_s",
                "trap.down_all",
                "trap.from_negative",
                "trap.letters",
                "trap.parted_s",
                "trap.shared"),
            inTraps(found, "SEQ-01"),
            "in either direction, from any beginning, for every column that takes the numbers");
        assertEquals(
            "trap.parted.id",
            found.named("sequences", "parted_s").get("ownedBy").asString(),
            "not one of its partitions");
        assertEquals(Set.of("trap.granular_5"), inTraps(found, "IX-02"), "another granularity is another index");
        var publications = found.json().get("others").get("publications").toString();
        for (var part : new String[] {"trap.filtered where (r > 3)", "trap.listed (id, r)",
            "all tables in schema trap"}) {
            assertTrue(publications.contains(part), publications);
        }
    }

    private static void assertTrapsAvoided(ExploreTest.Explored cured) {
        assertEquals(
            Set.of("trap.counted.id", "trap.days.at", "trap.filtered.r", "trap.listed.r", "trap.row_type_key.r"),
            inTraps(cured, "SCH-03"));
        assertEquals(
            Set.of("trap.key_collation", "trap.key_nulls", "trap.key_pattern", "trap.row_type"),
            inTraps(cured, "SCH-01"));
        assertEquals(Set.of("trap.domain_s"), inTraps(cured, "SEQ-01"));
        assertEquals(Set.of(), cured.findings("SET-02"), "a setting of the database is reset there");
    }

    private static Set<String> inTraps(ExploreTest.Explored found, String rule) {
        return only(found, rule, "trap.");
    }

    private static Set<String> only(ExploreTest.Explored found, String rule, String prefix) {
        return found.findings(rule)
            .stream()
            .filter(object -> object.startsWith(prefix))
            .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void oddities_are_read_right_and_cures_cure() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql(ODDITIES);
            cluster.sql(TRAPS);
            var found = ExploreTest.explore(directory, cluster.environment());
            assertEquals(0, found.json().get("notSeen").size(), found.json().get("notSeen").toString());

            var markdown = found.markdown();
            var renamed = found.named("tables", "renamed").get("indexes").get(1);
            assertEquals("[\"new_name\"]", renamed.get("keys").toString(), "a renamed column");
            assertEquals("about the index", renamed.get("comment").asString());
            assertTrue(
                markdown.contains("lower(a)") && markdown.contains("DESC") && markdown.contains("text_pattern_ops")
                    && markdown.contains("POSIX") && markdown.contains("pages"),
                "all of CREATE INDEX");
            for (var text : new String[] {markdown, found.html()}) {
                for (var word : new String[] {"on delete cascade", "on update set null", "match full",
                    "initially deferred",
                    "Row security is forced", "Policy mine",
                    "Statistics both", "Rule noted", "fillfactor=70", "Referenced by public.brin",
                    "function public.count", "DEFAULT"}) {
                    assertTrue(withoutMarkup(text).contains(word), word);
                }
            }
            assertTrue(found.named("tables", "half").get("rows").isNull(), "half of it was never analyzed");
            assertEquals("watch", found.json().get("others").get("eventTriggers").get(0).get("name").asString());
            assertEquals("pub", found.json().get("others").get("publications").get(4).get("name").asString());
            assertEquals(1, found.json().get("others").get("defaultPrivileges").size());
            assertEquals(2, found.html().split("id=\"t-a[.-]", -1).length - 1, "two tables, two anchors");

            assertEquals(
                Set.of("public.brin_key.p", "public.parts_bare.p"),
                new TreeSet<>(found.findings("IX-05")),
                "an index on every partition serves, a BRIN does not");
            assertEquals(
                Set.of("public.narrow.p", "public.viewed.p"),
                only(found, "SCH-03", "public."),
                "not lengths, not domains");
            assertEquals(
                Set.of("public.twins_2", "public.twins_plain"),
                only(found, "IX-02", "public."),
                "only true twins that guard nothing");
            assertEquals(
                Set.of("public.nobodys", "public.serials_a_seq", "public.serials_b_seq", "public.serials_c_seq"),
                only(found, "SEQ-01", "public."));
            assertEquals("C", found.json().get("health").get("grade").asString());
            assertNoTrap(found);
            assertOneCardWithOneScript(found, "IX-05", "CREATE INDEX");

            var cured = afterCures(cluster, found);
            cluster.sql("ANALYZE half_2");
            assertEquals(
                2000,
                ExploreTest.explore(directory, cluster.environment()).named("tables", "half").get("rows").asLong());
            assertEquals(
                Set.of("public.viewed.p"),
                only(cured, "SCH-03", "public."),
                "what views stand on needs a decision");
            assertTrapsAvoided(cured);
        }
    }

    /** However many findings a rule has: they stand in one card, and their cures in one script. */
    private static void assertOneCardWithOneScript(ExploreTest.Explored found, String rule, String statement)
        throws Exception {
        var cards = found.json()
            .get("health")
            .get("groups")
            .valueStream()
            .filter(g -> g.get("rule").asString().equals(rule))
            .toList();
        assertEquals(1, cards.size());
        var findings = found.findings(rule).size();
        assertEquals(findings, cards.getFirst().get("findings").size());
        var statements = cards.getFirst().get("script").asString().lines().filter(l -> l.startsWith(statement));
        assertEquals(findings, statements.count(), cards.getFirst().toString());
        assertEquals(1, found.html().split("id=\"finding-" + rule + "\"", -1).length - 1);
    }

    /** Runs each cure that is meant to be run; the rule passes afterwards. */
    private ExploreTest.Explored afterCures(Cluster cluster, ExploreTest.Explored found) throws Exception {
        int ran = 0;
        for (var f : found.json().get("health").get("findings")) {
            if (!f.get("fixRuns").asBoolean()) continue;
            for (var line : f.get("fix").asString().split(";\n")) cluster.sql(line);
            ran++;
        }
        assertTrue(ran > 8, ran + " cures");
        var cured = ExploreTest.explore(directory, cluster.environment());
        for (var f : found.json().get("health").get("findings")) {
            if (!f.get("fixRuns").asBoolean()) continue;
            assertTrue(
                !cured.findings(f.get("rule").asString()).contains(f.get("object").asString()),
                "cured: " + f);
        }
        return cured;
    }

    @Test
    void what_cannot_be_read_is_not_fine() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE ROLE reader LOGIN; CREATE TABLE t (id int PRIMARY KEY)");
            cluster.sql("CREATE DATABASE raw ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
            cluster.sql(
                "raw",
                "SET client_encoding = 'SQL_ASCII'; DO $$ BEGIN EXECUTE E'CREATE TABLE \"caf\\351\" (id int)'; END $$");
            var raw = Tool.of("explore").in(directory).with(cluster.environment()).with("PGDATABASE", "raw").run();
            assertEquals(12, raw.exit(), raw::toString);
            assertTrue(raw.err().contains("could not be judged: tables and views"), raw.err());
            var json = read(raw);
            assertTrue(json.get("health").get("score").isNull(), json.get("health").toString());

            cluster.sql("REVOKE SELECT ON pg_catalog.pg_constraint FROM PUBLIC");
            var blind = Tool.of("explore")
                .in(directory)
                .with(cluster.environment())
                .with("PGUSER", "reader")
                .run("--fail-under", "1");
            assertEquals(12, blind.exit(), blind::toString);
            cluster.sql("CREATE DATABASE empty");
            var empty = Tool.of("explore")
                .in(directory)
                .with(cluster.environment())
                .with("PGDATABASE", "empty")
                .run("--fail-under", "1");
            assertEquals(11, empty.exit(), empty::toString);
        }
    }

    private JsonNode read(Tool.Result run) throws Exception {
        return ExploreTest.read(directory, new Tool.Result(latest(), run.err(), run.exit())).json();
    }

    private String latest() throws Exception {
        return "reports/" + Files.readSymbolicLink(directory.resolve("reports/latest"));
    }

    /** What a reader sees of a page or a Markdown file: no tags, no targets of links, no backslashes. */
    private static String withoutMarkup(String text) {
        return text.replaceAll("<[^>]*>|\\]\\(#[^)]*\\)|[\\[\\\\]", "");
    }
}
