import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import lib.Failure;
import lib.database.ConnectionSettings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class ConnectionSettingsTest {
    @TempDir
    Path home;

    @Test
    void with_nothing_said_it_is_the_playground() {
        var s = resolve(Map.of(), null, Map.of());
        assertEquals("postgres@127.0.0.1:5432/postgres", s.toString());
        assertNull(s.password());
    }

    @Test
    void typed_beats_url_beats_service_beats_environment_beats_dot_env() throws IOException {
        write(".env", "PGHOST=e\nPGPORT=1\nPGUSER=e\nPGDATABASE=e\n");
        write(
            ".pg_service.conf",
            "[other]\nhost=no\n[mine]\n# comment\nhost=s\nport=3\nuser=s\ndbname=s\n[next]\nhost=no\n");
        var environment = Map.of("PGHOST", "v", "PGPORT", "2", "PGUSER", "v", "PGDATABASE", "v");
        var withService = new HashMap<>(environment);
        withService.put("PGSERVICE", "mine");

        assertEquals("e@e:1/e", resolve(Map.of(), null, Map.of()).toString());
        assertEquals("v@v:2/v", resolve(Map.of(), null, environment).toString());
        assertEquals("s@s:3/s", resolve(Map.of(), null, withService).toString());
        assertEquals("u@u:4/u", resolve(Map.of(), "postgresql://u@u:4/u", withService).toString());
        assertEquals(
            "t@t:5/t",
            resolve(Map.of("host", "t", "port", "5", "user", "t", "dbname", "t"), "postgresql://u@u:4/u", withService)
                .toString());
    }

    @Test
    void urls_of_both_kinds_are_read() {
        assertEquals(
            "me@[::1]:5433/my db",
            resolve(Map.of(), "postgresql://me@[::1]:5433/my%20db?sslmode=require", Map.of()).toString());
        assertEquals("me@h:5432/d", resolve(Map.of(), "jdbc:postgresql://h/d?user=me", Map.of()).toString());
        assertEquals("require", resolve(Map.of(), "postgres://h/d?sslmode=require", Map.of()).sslMode());
    }

    @Test
    void a_password_in_the_url_is_refused_and_not_repeated() {
        for (var url : new String[] {"postgresql://me:s3cret@h/d", "jdbc:postgresql://h/d?user=me&password=s3cret"}) {
            var failure = assertThrows(Failure.class, () -> resolve(Map.of(), url, Map.of()));
            assertEquals(2, failure.exitCode());
            assertFalse((failure.getMessage() + failure.hint()).contains("s3cret"));
        }
    }

    @Test
    void the_password_file_is_read_like_libpq_reads_it() throws IOException {
        write(".pgpass", "# comment\nother:*:*:*:no\nh:5432:d\\:b:me:a\\\\b:c\n*:*:*:*:last\n");
        assertEquals("a\\b:c", resolve(Map.of(), "postgresql://me@h/d%3Ab", Map.of()).password());
        assertEquals("last", resolve(Map.of("host", "elsewhere"), null, Map.of()).password());
        assertEquals("env", resolve(Map.of("host", "elsewhere"), null, Map.of("PGPASSWORD", "env")).password());
    }

    @Test
    void a_password_file_that_others_may_read_is_ignored() throws IOException {
        var file = write(".pgpass", "*:*:*:*:secret\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertNull(resolve(Map.of(), null, Map.of()).password());
    }

    @Test
    void the_playgrounds_password_goes_to_the_playground_alone() throws IOException {
        write(".env", "PGHOST=127.0.0.1\nPGPORT=5432\nPGUSER=postgres\nPGPASSWORD='play#ground'\nPGSSLMODE=disable\n");
        assertEquals("play#ground", resolve(Map.of(), null, Map.of()).password());
        assertEquals("disable", resolve(Map.of(), null, Map.of()).sslMode());
        assertNull(resolve(Map.of("host", "db.example.org"), null, Map.of()).password());
        assertEquals("prefer", resolve(Map.of("host", "db.example.org"), null, Map.of()).sslMode());
        assertNull(resolve(Map.of("user", "somebody"), null, Map.of()).password());
    }

    @Test
    void no_text_of_it_shows_the_password() {
        var s = resolve(Map.of(), null, Map.of("PGPASSWORD", "s3cret"));
        assertFalse(s.toString().contains("s3cret"));
        assertTrue(s.environment().containsValue("s3cret"));
    }

    @Test
    void a_wrong_port_and_an_unknown_service_are_wrong_usage() {
        for (var port : new String[] {"x", "0", "65536", "-1"}) {
            assertEquals(
                2,
                assertThrows(Failure.class, () -> resolve(Map.of("port", port), null, Map.of())).exitCode());
        }
        assertEquals(
            2,
            assertThrows(Failure.class, () -> resolve(Map.of(), null, Map.of("PGSERVICE", "nowhere"))).exitCode());
    }

    @ParameterizedTest @CsvSource(
        delimiter = '|',
        textBlock = """
            postgresql://%2Frun%2Fpostgresql/d?user=me               | me@/run/postgresql/.s.PGSQL.5432/d
            postgresql:///d?host=/tmp&port=5433&user=me              | me@/tmp/.s.PGSQL.5433/d
            postgresql://me@h1:1,h2:2/d                              | me@h1:1, h2:2/d
            postgresql://me@h1,h2:2/d                                | me@h1:5432, h2:2/d
            postgresql://me@[::1]:7,127.0.0.1:8/d                    | me@[::1]:7, 127.0.0.1:8/d
            postgresql://a%40b@h/p%25q%2Fr                           | a@b@h:5432/p%q/r
            postgresql://me@h/d?sslmode=require&sslmode=require      | me@h:5432/d
            jdbc:postgresql:d                                        | postgres@127.0.0.1:5432/d
            jdbc:postgresql://h:6/d?user=me&targetServerType=primary | me@h:6/d
            host=h port=7 user='m e' dbname=d                        | m e@h:7/d
            """)
    void a_place_in_one_piece_is_read_as_libpq_and_the_driver_read_it(String url, String expected) {
        assertEquals(expected, resolve(Map.of(), url, Map.of()).toString());
    }

    @ParameterizedTest @ValueSource(
        strings = {"postgresql://h/d?sslmod=require", "postgresql://h/d?sslmode=sure", "postgresql://h/d?sslcrl=/x",
            "postgresql://h/d?sslmode=require&sslmode=disable", "postgresql://h/d?host=other",
            "postgresql://h/d?sslmode",
            "postgresql://h/d%2", "postgresql://::1/d", "postgresql://[::1/d", "postgresql://h1,h2/d?port=1,2,3",
            "postgresql://h/d?hostaddr=name", "postgresql://h/d?hostaddr=10.0.0.1,10.0.0.2",
            "postgresql://h/d?requirepeer=root",
            "postgresql://h/d?sslpassword=x", "postgresql://h/d?currentSchema=x",
            "jdbc:postgresql://h/d?targetServerType=best",
            "host=h dbname", "mysql://h/d", "postgresql://h/d?sslrootcert=system&sslmode=require"})
    void what_is_not_understood_or_cannot_be_honoured_is_wrong_usage(String url) {
        var failure = assertThrows(Failure.class, () -> resolve(Map.of(), url, Map.of()));
        assertEquals(2, failure.exitCode());
        assertTrue(failure.hint() != null && !failure.hint().isEmpty());
    }

    @Test
    void an_unknown_word_is_named_with_the_nearest_known_one_whatever_it_stands_in() throws IOException {
        var failure =
            assertThrows(Failure.class, () -> resolve(Map.of(), "postgresql://h/d?target_session_attr=any", Map.of()));
        assertTrue(failure.hint().contains("did you mean target_session_attrs?"), failure.hint());
        write(".pg_service.conf", "[mine]\nhost=s\nsslmoode=require\n");
        assertEquals(
            2,
            assertThrows(Failure.class, () -> resolve(Map.of(), null, Map.of("PGSERVICE", "mine"))).exitCode());
        assertEquals(
            2,
            assertThrows(Failure.class, () -> resolve(Map.of(), null, Map.of("PGSSLCRL", "/crl.pem"))).exitCode());
    }

    @Test
    void an_address_belongs_to_the_host_that_it_was_written_with() {
        var both = Map.of("PGHOST", "db.example.org", "PGHOSTADDR", "10.0.0.1");
        assertEquals("10.0.0.1", resolve(Map.of(), null, both).environment().get("PGHOSTADDR"));
        assertNull(resolve(Map.of("host", "other.example.org"), null, both).environment().get("PGHOSTADDR"));
    }

    /**
     * What a child program gets is complete, and what the driver gets is all that it goes by: it looks at no file by
     * itself.
     */
    @Test
    void a_password_file_that_others_may_read_is_not_used_by_anybody() throws IOException {
        var file = write(".pgpass", "*:*:*:*:s3cret\n");
        assertEquals("s3cret", resolve(Map.of(), null, Map.of()).password());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        var s = resolve(Map.of(), null, Map.of());
        assertNull(s.password());
        assertNull(s.environment().get("PGPASSWORD"));
    }

    @Test
    void a_line_for_replication_opens_the_door_for_the_tools_of_a_whole_cluster() throws IOException {
        write(".pgpass", "db.example.org:5432:replication:backup:s3cret\n");
        var s = resolve(Map.of("host", "db.example.org", "user", "backup"), null, Map.of());
        assertNull(s.password());
        assertEquals("s3cret", s.forCluster().password());
        assertEquals("s3cret", s.forReplication().password());
        assertEquals("postgres", s.forCluster().database());
        assertEquals("backup", s.database());
    }

    private ConnectionSettings resolve(Map<String, String> typed, String url, Map<String, String> environment) {
        var all = new HashMap<>(environment);
        all.put("HOME", home.toString());
        return ConnectionSettings.resolve(typed, url, all, home.resolve(".env"));
    }

    private Path write(String name, String text) throws IOException {
        var file = Files.writeString(home.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }
}
