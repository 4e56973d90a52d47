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
