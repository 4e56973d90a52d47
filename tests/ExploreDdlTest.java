import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code explore.java --ddl}: what makes each object, as pg_dump gives it. */
@Tag("local")
class ExploreDdlTest {
    private static final String SCHEMA =
        """
                CREATE SCHEMA app; CREATE SCHEMA "a.b; Type: TABLE";
                COMMENT ON SCHEMA app IS E'what it is for\\n-- Name: t; Type: TABLE; Schema: app; Owner: x';
                CREATE TYPE app.mood AS ENUM ('glad', 'it''s ok'); CREATE TYPE app.pair AS (a int, b text);
                CREATE DOMAIN app.percent AS numeric(5,2) DEFAULT 0 CONSTRAINT in_range CHECK (VALUE BETWEEN 0 AND 100);
                CREATE SEQUENCE app.tickets START 7 INCREMENT 3;
                CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $f$
                BEGIN
                --
                -- Name: fake; Type: TABLE; Schema: app; Owner: nobody
                --
                  RETURN NEW;
                END $f$;
                CREATE FUNCTION app.twice(a integer, b text DEFAULT 'x(y)') RETURNS int LANGUAGE sql AS 'SELECT 2 * a';
                CREATE FUNCTION app.twice(a numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 2 * a';
                CREATE PROCEDURE app.nothing() LANGUAGE sql AS 'SELECT 1';
                CREATE TABLE app.customers (id bigint GENERATED ALWAYS AS IDENTITY (START 5) PRIMARY KEY,
                name text COLLATE "C" NOT NULL,
                    share app.percent, mood app.mood DEFAULT 'glad', serial_no serial,
                twice numeric GENERATED ALWAYS AS (2 * 3) STORED,
                    UNIQUE (name), CHECK (length(name) > 1));
                CREATE UNLOGGED TABLE app.orders (id int PRIMARY KEY,
                customer bigint REFERENCES app.customers ON DELETE CASCADE,
                    at timestamptz DEFAULT now()) WITH (fillfactor = 70);
                CREATE INDEX lower_name ON app.customers (lower(name)) WHERE id > 3;
            COMMENT ON INDEX app.lower_name IS 'for the search';
                CREATE TRIGGER touch BEFORE UPDATE ON app.orders FOR EACH ROW WHEN (OLD.id > 1)
            EXECUTE FUNCTION app.touch();
                ALTER TABLE app.orders DISABLE TRIGGER touch;
                CREATE TABLE app.log (at timestamptz NOT NULL, level int) PARTITION BY RANGE (at);
                CREATE TABLE app.log_2025 PARTITION OF app.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
                CREATE TABLE app.log_rest PARTITION OF app.log DEFAULT; CREATE INDEX ON app.log (at);
                ALTER TABLE app.customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
                CREATE POLICY own ON app.customers FOR SELECT USING (name = current_user);
                CREATE RULE no_delete AS ON DELETE TO app.orders DO INSTEAD NOTHING;
                CREATE STATISTICS app.together ON id, name FROM app.customers;
                CREATE VIEW app.names AS SELECT id, name FROM app.customers;
            COMMENT ON COLUMN app.names.name IS 'of a person';
                CREATE MATERIALIZED VIEW app.counted AS SELECT name, count(*) FROM app.names GROUP BY 1 WITH NO DATA;
                CREATE TABLE "a.b; Type: TABLE"."we""ird t; Schema: app
                -- Owner" ("c;\\d" int PRIMARY KEY, "select" text DEFAULT '--');
                CREATE TABLE "a.b; Type: TABLE".child (r int REFERENCES "a.b; Type: TABLE"."we""ird t; Schema: app
                -- Owner") ;
                CREATE TABLE "a.b; Type: TABLE".heir () INHERITS (app.orders);
                GRANT SELECT ON app.names TO PUBLIC; GRANT UPDATE (name) ON app.customers TO PUBLIC""";

    private static final String HYPERTABLES = """
        CREATE SCHEMA "we.ird"; CREATE SCHEMA chunks;
        CREATE TABLE "we.ird"."M x" (time timestamptz NOT NULL, dev int NOT NULL, v float8,
            PRIMARY KEY (dev, time));
        SELECT create_hypertable('"we.ird"."M x"', 'time',
            chunk_time_interval => interval '6 hours', associated_schema_name => 'chunks');
        SELECT add_dimension('"we.ird"."M x"', 'dev', number_partitions => 3);
        CREATE INDEX ON "we.ird"."M x" (v);
        INSERT INTO "we.ird"."M x" SELECT '2025-01-01'::timestamptz + n * interval '1 hour', n, n
        FROM generate_series(1, 50) n;
        CREATE MATERIALIZED VIEW daily WITH (timescaledb.continuous) AS
        SELECT time_bucket('1 day', time) AS day, dev, avg(v)
        FROM "we.ird"."M x" GROUP BY 1, 2 WITH NO DATA;
        CREATE VIEW on_daily AS SELECT * FROM daily; COMMENT ON VIEW on_daily IS 'of the aggregate';
        ALTER TABLE "we.ird"."M x" SET (timescaledb.compress, timescaledb.compress_segmentby = 'dev');
        SELECT add_compression_policy('"we.ird"."M x"', interval '7 days');
        ALTER MATERIALIZED VIEW daily SET (timescaledb.compress, timescaledb.compress_segmentby = 'dev',
            timescaledb.compress_orderby = 'day DESC NULLS LAST, avg');
        SELECT alter_job(add_compression_policy('daily', interval '9 days'), scheduled => false);
        SELECT add_retention_policy('daily', drop_created_before => interval '2 years');
        CREATE INDEX by_time ON "we.ird"."M x" (time);
        SELECT alter_job(add_reorder_policy('"we.ird"."M x"', 'by_time'),
            schedule_interval => interval '5 hours');
        CREATE PROCEDURE "we.ird"."Clean up"(job_id int, config jsonb) LANGUAGE sql AS 'SELECT 1';
        SELECT add_job('"we.ird"."Clean up"', interval '3 hours', config => '{"keep": "it''s 7"}',
            scheduled => false);
        SELECT add_retention_policy('"we.ird"."M x"', interval '90 days');
        SELECT add_continuous_aggregate_policy('daily', interval '3 days',
            interval '1 day', interval '1 hour');
        CREATE TABLE numbers (n bigint NOT NULL, dev int NOT NULL, v float8);
        SELECT create_hypertable('numbers', 'n', chunk_time_interval => 1000,
            associated_schema_name => 'chunks', associated_table_prefix => 'number_s');
        CREATE FUNCTION "we.ird"."now n"() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 9000::bigint';
        SELECT set_integer_now_func('numbers', '"we.ird"."now n"');
        CREATE FUNCTION spread(anyelement) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 5';
        SELECT add_dimension('numbers', 'dev', number_partitions => 2, partitioning_func => 'spread');
        ALTER TABLE numbers SET (timescaledb.compress, timescaledb.compress_chunk_time_interval = '7 days',
            timescaledb.compress_orderby = 'n');
        SELECT alter_job(add_compression_policy('numbers', compress_after => 5000::bigint),
            job_name => 'it''s "mine"', max_retries => 3, max_runtime => '2 hours', retry_period => '7 min');
        SELECT add_retention_policy('numbers', 90000::bigint, initial_start => '2030-01-01 03:00:00+00',
            timezone => 'Europe/Berlin', schedule_interval => interval '1 month');
        CREATE TABLE plain (time timestamptz NOT NULL, v int); SELECT create_hypertable('plain', 'time');
        CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS
        SELECT time_bucket('1 hour', time) AS hour, avg(v) FROM plain GROUP BY 1 WITH NO DATA;
        SELECT alter_job(add_continuous_aggregate_policy('hourly', NULL, interval '1 hour', interval '30 min',
            buckets_per_batch => 5, max_batches_per_execution => 7), fixed_schedule => true);
        CREATE INDEX plain_time ON plain (time);
        SELECT alter_job(add_reorder_policy('plain', 'plain_time'), scheduled => false);
        CREATE FUNCTION checked(jsonb) RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
        SELECT add_job('"we.ird"."Clean up"', '2 hours', fixed_schedule => false, check_config => 'checked');
        SELECT add_job('"we.ird"."Clean up"', '1 day', initial_start => '2030-05-05 05:05:05+00', timezone => 'UTC',
            job_name => 'at five')""";

    @TempDir
    Path directory;

    @Test
    void all_statements_together_make_the_same_database() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE DATABASE shop");
            cluster.sql("CREATE DATABASE copy");
            cluster.sql("shop", SCHEMA);
            var found = ExploreTest.explore(directory, in(cluster, "shop"), "--ddl");
            var ddl = found.json().get("ddl");
            assertTrue(ddl.get("missing").isNull(), ddl.toString());
            replay(in(cluster, "copy"), found);
            assertEquals(dump(cluster, "shop"), dump(cluster, "copy"));

            // each statement with the object that it is of
            var orders = statements(found, "table app.orders");
            assertTrue(orders.startsWith("CREATE UNLOGGED TABLE app.orders"), orders);
            assertTrue(
                orders.contains("FOREIGN KEY (customer) REFERENCES app.customers(id) ON DELETE CASCADE"),
                orders);
            assertTrue(orders.contains("CREATE TRIGGER touch") && orders.contains("CREATE RULE no_delete"), orders);
            var customers = statements(found, "table app.customers");
            assertTrue(
                customers.contains("COMMENT ON INDEX app.lower_name") && customers.contains("CREATE POLICY own"),
                customers);
            assertFalse(customers.contains("app.orders"), customers);
            assertTrue(statements(found, "function app.twice(numeric)").contains("IMMUTABLE"));

            // beside each object, in both files
            for (var text : new String[] {found.markdown(), found.html()}) {
                assertTrue(text.contains("DDL of orders") && text.contains("DDL of twice"), "cards");
                assertTrue(text.contains("CREATE UNLOGGED TABLE app.orders"), "statements");
                assertTrue(text.contains("CREATE DOMAIN app.percent"), "the rest");
            }
        }
    }

    @Test
    void a_secret_in_a_statement_is_hidden() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql(
                """
                    CREATE TABLE s (pin_secret text DEFAULT 'canary1',
                        "API-Key" varchar(9) DEFAULT ('canary2' || 'canary3'),
                        plain text DEFAULT 'shown');
                    CREATE FUNCTION f(token text DEFAULT 'canary4') RETURNS text LANGUAGE sql AS
                        $$ SELECT dblink('host=db password=canary5') $$;
                    CREATE FUNCTION dblink(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
                    CREATE VIEW v AS SELECT crypt FROM (VALUES ('x')) AS x(crypt)"""
                    .replace("CREATE FUNCTION f", "SET check_function_bodies = off; CREATE FUNCTION f"));
            cluster.sql(
                "ALTER TABLE s ADD COLUMN client_secret text; ALTER TABLE s ALTER client_secret SET DEFAULT 'canary6'");
            var found = ExploreTest.explore(directory, cluster.environment(), "--ddl");
            assertTrue(statements(found, "table public.s").contains("'shown'"), statements(found, "table public.s"));
            for (var text : new String[] {found.json().toString(), found.markdown(), found.html()}) {
                assertFalse(text.contains("canary"), () -> text.replaceAll("(?s).*(.{200}canary.{50}).*", "$1"));
            }
        }
    }

    @Test
    void without_pg_dump_the_report_says_so_and_is_complete() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE reader LOGIN");
            cluster.sql("REVOKE ALL ON t FROM PUBLIC");
            var environment = new HashMap<>(cluster.environment());
            environment.put("PGUSER", "reader");
            // pg_dump locks what it dumps, which this role may not
            var found = ExploreTest.explore(directory, environment, "--ddl");
            assertTrue(
                found.json().get("ddl").get("missing").asString().contains("permission denied"),
                found.run()::toString);
            assertTrue(
                found.markdown().contains("Not available, because pg\\_dump failed")
                    || found.markdown().contains("Not available, because pg_dump failed"),
                found.markdown());
            assertTrue(found.run().err().contains("no DDL: pg_dump failed"), found.run()::toString);
            assertEquals(1, found.json().get("tables").size());
        }
    }

    @Test @Tag("native")
    void a_hypertable_comes_with_what_makes_it_one() throws Exception {
        Cluster.assumeTimescale();
        try (
            var cluster = Cluster.create(
                "shared_preload_libraries = 'timescaledb'",
                "timescaledb.telemetry_level = off",
                "timescaledb.max_background_workers = 0")) {
            cluster.sql("CREATE DATABASE source");
            cluster.sql("CREATE DATABASE copy");
            cluster.sql("source", "CREATE EXTENSION timescaledb");
            cluster.sql("source", HYPERTABLES);
            var found = ExploreTest.explore(directory, in(cluster, "source"), "--ddl");
            assertEquals("null", found.json().get("ddl").get("missing").toString());
            assertFalse(found.json().get("ddl").toString().matches("(?s).*\\d_chunk.*"), "no chunks");
            var copy = in(cluster, "copy");
            replay(copy, found);
            ExploreTest.sql(copy, "INSERT INTO \"we.ird\".\"M x\" VALUES ('2025-01-01', 1, 1)");
            var again = ExploreTest.explore(directory, copy, "--ddl");
            for (var object : new String[] {"table we.ird.M x", "view public.daily", "view public.on_daily"}) {
                assertEquals(statements(found, object), statements(again, object));
            }
            assertEquals(
                "6 hours",
                again.named("hypertables", "M x").get("dimensions").get(0).get("interval").asString());
            assertEquals(3, again.named("hypertables", "M x").get("dimensions").get(1).get("slices").asInt());
            assertEquals(jobs(cluster, "source"), jobs(cluster, "copy"));
            assertEquals(dimensions(cluster, "source"), dimensions(cluster, "copy"));
            assertTrue(jobs(cluster, "copy").contains("policy_reorder") && jobs(cluster, "copy").contains("Clean up"));
            var layout =
                "SELECT attname, segmentby_column_index, orderby_column_index, orderby_asc, orderby_nullsfirst "
                    + "FROM timescaledb_information.compression_settings ORDER BY hypertable_name LIKE '%x', attname";
            assertEquals(cluster.sql("source", layout), cluster.sql("copy", layout));
            assertTrue(found.markdown().contains("order by day DESC NULLS LAST, avg"), found.markdown());
        }
    }

    /** Without the numbers of jobs and hypertables, which are those of their database. */
    private static String jobs(Cluster cluster, String database) {
        return cluster.sql(
            database,
            "SELECT proc_schema, proc_name, schedule_interval, scheduled, hypertable_name IS NULL, "
                + "config - 'hypertable_id' - 'mat_hypertable_id', split_part(application_name, ' [', 1), max_runtime, "
                + "max_retries, retry_period, fixed_schedule, CASE WHEN fixed_schedule THEN initial_start END, "
                + "check_name, (SELECT timezone FROM _timescaledb_config.bgw_job AS b WHERE b.id = job_id) "
                + "FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1, 2, 3, 6::text");
    }

    private static String dimensions(Cluster cluster, String database) {
        return cluster.sql(
            database,
            "SELECT table_name, associated_schema_name, associated_table_prefix LIKE '%s', column_name, num_slices, "
                + "partitioning_func, interval_length, compress_interval_length, integer_now_func "
                + "FROM _timescaledb_catalog.dimension AS d "
                + "JOIN _timescaledb_catalog.hypertable AS h ON h.id = d.hypertable_id "
                + "WHERE table_name !~ '^_' ORDER BY 1, d.id");
    }

    private static String statements(ExploreTest.Explored found, String object) {
        return found.json()
            .get("ddl")
            .get("statements")
            .valueStream()
            .filter(s -> s.get("object").asString("").equals(object))
            .map(s -> s.get("sql").asString())
            .collect(Collectors.joining("\n"));
    }

    /** In the order in which they stand in report.json. */
    private void replay(Map<String, String> environment, ExploreTest.Explored found) throws IOException {
        var script = directory.resolve("replay.sql");
        Files.writeString(
            script,
            "SET check_function_bodies = off; SET client_min_messages = warning;\n" + found.json()
                .get("ddl")
                .get("statements")
                .valueStream()
                .map(s -> s.get("sql").asString())
                .collect(Collectors.joining("\n\n")));
        var run = Tool.command("psql", "-Xqv", "ON_ERROR_STOP=1", "-f", script.toString()).with(environment).run();
        assertEquals(0, run.exit(), run::toString);
    }

    private static String dump(Cluster cluster, String database) {
        var dump = Tool.command(cluster.programs().program("pg_dump").toString(), "-s", database)
            .with(cluster.environment())
            .run();
        assertEquals(0, dump.exit(), dump::toString);
        return dump.out().replaceAll("(?m)^\\\\(un)?restrict .*$", "");     // a random word
    }

    private static Map<String, String> in(Cluster cluster, String database) {
        var environment = new HashMap<>(cluster.environment());
        environment.put("PGDATABASE", database);
        return environment;
    }
}
