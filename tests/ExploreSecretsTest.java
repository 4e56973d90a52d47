//SOURCES ../lib/explore/Redaction.java Cluster.java ExploreTest.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.regex.Pattern;
import lib.explore.Redaction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No secret leaves the database in a report: each place gets a canary, and no canary may be found in any file or
 * message.
 */
class ExploreSecretsTest {
    @TempDir
    Path directory;

    @ParameterizedTest @Tag("unit") @ValueSource(
        strings = {"host=db password=canary user=x", "password = 'canary'", "PASSWORD 'canary'",
            "alter role x password e'can\\'canary'",
            "ALTER USER x WITH ENCRYPTED PASSWORD 'canary", "create user a identified by 'canary'",
            "postgresql://u:canary@host/db", "https://canary@github.com/x.git", "amqp://u:p:canary@h",
            "https://h/x?token=canary&a=1", "blob/x?sas=canary", "WEBHOOK-KEY=canary",
            "AWS_SECRET_ACCESS_KEY=canary aws s3 cp", "--api-key=canary", "{\"apiKey\": \"canary\"}",
            "{\"client_secret\" : \"canary\"}",
            "api_key => 'canary'", "access_token: canary", "Authorization: Bearer canarycanary",
            "PGPASSWORD=canary psql",
            "SELECT pgp_sym_encrypt(x, 'canary')", "hmac(a, 'canary', 'sha256')", "crypt('canary', gen_salt('bf'))",
            "SET app.jwt_secret TO 'canary'", "set_config('app.token', 'canary', false)",
            "dblink('host=h password=canary', 'select 1')",
            "SCRAM-SHA-256$4096:canary", "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----",
            "curl -u me:canary http://x",
            "create user mapping options (user 'a', password 'canary')", "secret := $q$canary$q$",
            "the password is 'canary'",
            "sslpassword=canary", "MYSQL_PWD=canary mysql", "passphrase: canary", "token 'canary'",
            "smtp_pass = 'canary'", "dblink('host=h password=''canary'' user=x')",
            "dblink('host=h password=''it''''s canary''')",
            "E'host=h password=\\'canary\\''",
            "\"{\\\"password\\\": \\\"canary\\\"}\"",
            "'host=h password=' || 'canary'",
            "concat('host=h password=', 'canary')",
            "concat_ws('=', 'user', 'me', 'password', 'x', 'canary')",
            "format('ALTER ROLE %I PASSWORD %L', 'x', 'canary')",
            "EXECUTE format($q$CREATE USER MAPPING OPTIONS (user %L, password %L)$q$, 'x', 'canary')",
            "'password=' || quote_literal('canary')", "('password='::text || 'canary'::text)",
            "curl -ume:canary http://x",
            "COPY t FROM PROGRAM 'curl -u ''me:canary'' http://x'",
            "curl -su me:canary http://x",
            "wget --http-password canary http://x",
            "mysql -u root -pcanary db",
            "mysqldump -h h -p'canary'",
            "sshpass -p canary ssh h",
            "redis-cli -h h -a canary ping",
            "Authorization: canary",
            "Authorization: Token canary",
            "'Authorization', 'canary'",
            "{'authorization': 'AWS4-HMAC-SHA256 Credential=a, Signature=canary'}",
            "Set-Cookie: session=canary; path=/",
            "curl -H 'X-Api-Key: canary'",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\ncanary\n-----END PGP PRIVATE KEY BLOCK-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\ncanary",
            "alter role x password U&'canary'",
            "alter role x password /* new */ 'canary'",
            "identified by canary",
            "postgresql://u:x/canary@host/db",
            "postgresql://u:it''scanary@h",
            "jdbc:oracle:thin:scott/canary@//h/x",
            "oracle://scott/canary@h",
            "postgresql://h/db?user=u&p%61ssword=canary",
            "host=h user%3Du password%3Dcanary",
            "https://h/?next=x&pass%77ord%3Dcanary",
            "password=x,canary user=y",
            "password=x;canary",
            "password=x)canary",
            "password\\u003dcanary",
            "<password>canary</password>",
            "<ns:apiKey type='x'>canary</ns:apiKey>",
            "https://hooks.slack.com/services/T0/B0/canary",
            "https://discord.com/api/webhooks/1/canary",
            "https://api.telegram.org/bot1:canary/sendMessage",
            "sk-proj-canarycanarycanary",
            "AIzaSycanarycanarycanarycanarycanarycanary",
            "npm_canarycanarycanary",
            "hf_canarycanarycanary",
            "SG.canarycanary.canarycanary",
            "pw=canary",
            "passcode: canary",
            "the password is hunter2canary",
            "the password is: canary2",
            "{\"passwords\": [\"x\", \"canary\"]}",
            "{\"credentials\": {\"user\": \"x\", \"value\": \"canary\"}}",
            "v_tokens := ARRAY['x', 'canary']",
            "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'h', wallet 'canary')",
            "OPTIONS (ADD program 'x canary')"})
    void what_looks_like_a_secret_is_hidden_in_any_text(String text) {
        assertTrue(!Redaction.of(text).contains("canary"), Redaction.of(text));
    }

    @ParameterizedTest @Tag("unit") @ValueSource(
        strings = {"CREATE TABLE users (password text NOT NULL, token_id bigint)",
            "SELECT u.api_key = k.api_key FROM u, k",
            "password_hash = crypt(new.password, gen_salt('bf'::text))", "primary key (id)",
            "CHECK (key = 'theme'::text)", "secret IS NOT NULL",
            "https://example.org/a?b=c", "WHERE token = $1", "nextval('tokens_id_seq'::regclass)",
            "PRIMARY KEY (token)",
            "FOREIGN KEY (password_id) REFERENCES passwords(id)", "password_encryption",
            "WHERE u.password <> ''::text AND u.name = 'x'::text",
            "the password is required.",
            "SELECT format('%s-%s', 'a', 'b')",
            "http://localhost:8080/a/b",
            "COALESCE(password, ''::text)",
            "concat(first_name, ' ', last_name)",
            "OPTIONS (host 'h', dbname 'd')",
            "mysql_fdw",
            "see https://example.org/a%20b?x=%2Fy",
            "token text, cookie_id bigint",
            "array_agg(k.key)"})
    void what_only_names_a_secret_stays(String text) {
        assertEquals(
            text.replaceAll("'bf'", "'***'")
                .replace("'***'::text", Redaction.of(text).contains("'***'") ? "'***'::text" : "'bf'::text"),
            Redaction.of(text));
    }

    /** A view may hold a picture as a literal. */
    @Test @Tag("unit")
    void texts_of_any_length_are_read() {
        var filling = "x".repeat(300_000);
        for (var text : new String[] {"password = 'L'", "password = \"L\"", "password=''L''", "token \\\"L\\\"",
            "a.L.password"}) {
            var whole = text.replace("L", filling);
            assertTrue(Redaction.of(whole).length() > 5, text);
            assertTrue(Redaction.query(whole).length() > 5 && Redaction.ddl(whole).length() > 5, text);
        }
    }

    @Test @Tag("unit")
    void settings_options_and_queries_have_stricter_rules() {
        assertEquals("host=h user=u password=***", Redaction.conninfo("host=h user=u password=canary"));
        assertEquals("***", Redaction.conninfo("not a conninfo 'canary"));
        assertEquals("pgbackrest ***", Redaction.setting("archive_command", "pgbackrest --key canary archive-push %p"));
        assertEquals("echo ***", Redaction.setting("ssl_passphrase_command", "echo canary"));
        assertEquals("***", Redaction.setting("archive_command", "'canary' x"));
        assertEquals("***", Redaction.setting("app.settings.jwt_secret", "canary"));
        assertEquals("scram-sha-256", Redaction.setting("password_encryption", "scram-sha-256"));
        assertEquals("server.key", Redaction.setting("ssl_key_file", "server.key"));
        assertEquals("api=***", Redaction.option("api=canary"));
        assertEquals("host=db", Redaction.option("host=db"));
        assertEquals(
            "insert into t values ('…', '…')",
            Redaction.query("insert into t values ('canary', 'can''ary')"));
        assertEquals("select '…'", Redaction.query("select 'canary"));
        assertEquals("/* don't */ select '…'", Redaction.query("/* don't */ select 'canary'"));
        assertEquals("-- don't\nselect '…', '…'", Redaction.query("-- don't\nselect 'canary', $$can'ary$$"));
        assertEquals("select '…'", Redaction.query("select 'C:\\', 'canary'"), "however backslashes are read");
        assertEquals("select \"it's\", E'…', '…'", Redaction.query("select \"it's\", e'can\\'ary', 'x'"));
        assertEquals("select $1, '…'", Redaction.query("select $1, $tag$canary$1$x$tag$"));
        assertEquals("'***'::text", Redaction.columnDefault("pin_secret", "'canary'::text"));
    }

    private static final String CANARIES = """
        CREATE EXTENSION pg_stat_statements;
        CREATE EXTENSION postgres_fdw;
        CREATE EXTENSION pgcrypto;
        CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h', dbname 'd');
        CREATE USER MAPPING FOR postgres SERVER remote OPTIONS (user 'u', password 'canary10');
        CREATE FOREIGN TABLE far (id int) SERVER remote OPTIONS (table_name 'x');
        CREATE SUBSCRIPTION sub CONNECTION 'host=h user=u password=canary11' PUBLICATION p
            WITH (connect = false);
        CREATE TABLE t (id int PRIMARY KEY, token text DEFAULT 'canary12',
            note text DEFAULT 'password=canary13', CHECK (note <> 'secret=canary14'));
        COMMENT ON TABLE t IS 'login with postgres://app:canary15@db/x';
        COMMENT ON COLUMN t.note IS 'api_key: canary16';
        COMMENT ON CONSTRAINT t_pkey ON t IS 'token=canary17';
        COMMENT ON DATABASE postgres IS 'password: canary18';
        COMMENT ON SCHEMA public IS 'passphrase=canary19';
        CREATE INDEX t_i ON t ((hmac(note, 'canary20', 'sha256'))) WHERE note <> 'password=canary21';
        CREATE VIEW v AS SELECT pgp_sym_decrypt(note::bytea, 'canary22') AS x FROM t
            WHERE note <> 'token=canary23';
        CREATE FUNCTION f(a text DEFAULT 'password=canary24') RETURNS text LANGUAGE plpgsql AS $$
          DECLARE v_secret text;
          BEGIN PERFORM dblink('host=h password=canary25');
          PERFORM http('https://h?api_key=canary26');
          v_secret := 'canary27';
          RETURN NULL;
          END $$;
        COMMENT ON FUNCTION f(text) IS 'secret = canary28';
        CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER tg BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION g('password=canary29');
        CREATE POLICY p ON t USING (note <> 'token=canary30');
        CREATE RULE r AS ON UPDATE TO t DO ALSO SELECT 'password=canary31';
        CREATE TYPE e AS ENUM ('password=canary32');
        CREATE SEQUENCE s;
        COMMENT ON SEQUENCE s IS 'password=canary33';
        CREATE ROLE r1 PASSWORD 'canary34';
        COMMENT ON ROLE r1 IS 'pwd=canary35';
        ALTER ROLE r1 SET app.token = 'canary36';
        ALTER DATABASE postgres SET app.secret = 'canary37';
        ALTER ROLE r1 PASSWORD 'canary38'; SELECT crypt('canary39', 'md5');
        CREATE MATERIALIZED VIEW mv AS SELECT 'secret=canary40'::text AS x;
        COMMENT ON INDEX t_i IS 'password=canary41';
        CREATE STATISTICS st ON id, note FROM t; COMMENT ON STATISTICS st IS 'password=canary42';
        CREATE DOMAIN dom AS text CHECK (value <> 'password=canary43');
        ALTER FUNCTION g() SET app.token = 'canary44';
        CREATE PUBLICATION pub FOR TABLE t (id, note) WHERE (note <> 'password=canary45');
        CREATE VIEW joined AS SELECT 'host=h password=''canary46'''::text AS y,
            'password=' || 'canary47'::text AS x;
        COMMENT ON VIEW joined IS 'curl -ucanary:canary48 https://h; the password is canary49';
        CREATE TABLE big (token text DEFAULT 'canary53', note text DEFAULT repeat('x', 10));""";

    @Test @Tag("local")
    void no_canary_is_in_any_file_or_message() throws Exception {
        try (
            var cluster = Cluster.create(
                "shared_preload_libraries = 'pg_stat_statements'",
                "primary_conninfo = 'host=p password=canary01'",
                "ssl_passphrase_command = 'echo canary02'",
                "archive_command = 'AWS_SECRET_ACCESS_KEY=canary03 aws s3 cp %p s3://x'",
                "restore_command = 'curl -u me:canary04 -o %p http://x/%f'",
                "recovery_end_command = 'notify --to canary05'",
                "app.jwt_secret = 'canary06'",
                "cluster_name = 'postgres://u:canary07@x'")) {
            cluster.sql(CANARIES);
            cluster.sql("CREATE TABLE w (x text PRIMARY KEY)");
            // utility statements are kept with their data
            cluster.sql("-- don't\nCREATE TABLE x AS SELECT 'canary52'::text AS a, /* it's */ 'canary54'::text AS b");
            var blocking = session(cluster, "BEGIN; LOCK TABLE w IN SHARE MODE; SELECT 'canary50', pg_sleep(100)");
            while (cluster.sql("SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND granted").equals("0")) {
                Thread.sleep(100);
            }
            var blocked = session(cluster, "INSERT INTO w VALUES ('canary51')");
            try {
                for (int i = 0; i < 300
                    && cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").equals("0");
                    i++) {
                    Thread.sleep(100);
                }
                var found = ExploreTest.explore(directory, cluster.environment(), "--verbose");
                assertEquals(0, found.json().get("notSeen").size(), found.json().get("notSeen").toString());
                for (var text : new String[] {found.html(), found.markdown(), found.json().toString(),
                    found.run().err(), found.run().out()}) {
                    var leak = Pattern.compile("(?s).{0,60}canary\\d\\d.{0,20}").matcher(text);
                    assertTrue(!leak.find(), () -> leak.group());
                }
                assertEquals(1, found.json().get("performance").get("blocked").size());
                assertTrue(found.html().contains("password=***"), "hidden, not left out");
                var queries = found.json().get("performance").get("slowQueries").toString();
                assertTrue(
                    !queries.contains("pg_catalog."),
                    "our own queries: " + queries);
            } finally {
                blocked.destroy();
                blocking.destroy();
            }
        }
    }

    private static Process session(Cluster cluster, String sql) throws Exception {
        return Tool.command("psql", "-Xqc", sql).with(cluster.environment()).start();
    }
}
