import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.postgresql.PGConnection;

/** The embedded engine, seen by clients that come one after another. */
@Tag("embedded") @ResourceLock("embedded")
class EngineGatewayTest {
    private static Embedded engine;

    @BeforeAll
    static void start() {
        engine = Embedded.create();
    }

    @AfterAll
    static void stop() {
        if (engine != null) engine.close();
    }

    @Test
    void next_client_finds_a_clean_session() throws SQLException {
        try (var first = connect("postgres", "postgres")) {
            execute(first, "PREPARE s_1 AS SELECT 1");
            execute(first, "SET work_mem = '7MB'");
            execute(first, "CREATE TEMP TABLE mine (a int)");
        }
        try (var second = connect("postgres", "postgres")) {
            execute(second, "PREPARE s_1 AS SELECT 1");
            assertEquals("4MB", answer(second, "SHOW work_mem"));
            assertEquals("notice", answer(second, "SHOW client_min_messages"));   // a new PGlite talks at debug3
            assertEquals(null, answer(second, "SELECT to_regclass('mine')::text"));
        }
    }

    @Test
    void what_a_client_left_uncommitted_is_rolled_back() throws SQLException {
        try (var first = connect("postgres", "postgres")) {
            first.setAutoCommit(false);
            execute(first, "CREATE TABLE half_done (a int)");
        }
        try (var second = connect("postgres", "postgres")) {
            assertEquals(null, answer(second, "SELECT to_regclass('half_done')::text"));
        }
    }

    @Test
    void tables_go_to_public_and_are_there_for_the_next_client() throws SQLException {
        try (var first = connect("postgres", "postgres")) {
            execute(first, "CREATE TABLE kept (a int)");
        }
        try (var second = connect("postgres", "postgres")) {
            assertEquals(
                "public",
                answer(second, "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'kept'"));
        }
    }

    @Test
    void statement_larger_than_a_network_packet_arrives_whole() throws SQLException {
        try (var client = connect("postgres", "postgres")) {
            assertEquals("300000", answer(client, "SELECT length('" + "x".repeat(300_000) + "')"));
        }
    }

    @Test
    void second_client_waits_for_the_first() throws Exception {
        CompletableFuture<String> second;
        try (var first = connect("postgres", "postgres")) {
            second = CompletableFuture.supplyAsync(() -> {
                try (var client = connect("postgres", "postgres")) {
                    return answer(client, "SELECT 'in'");
                } catch (SQLException e) {
                    return e.getMessage();
                }
            });
            assertEquals("1", answer(first, "SELECT 1"));
            assertFalse(second.isDone());
        }
        assertEquals("in", second.get());
    }

    @Test
    void unknown_database_and_role_are_refused_as_by_a_server() {
        assertEquals("3D000", assertThrows(SQLException.class, () -> connect("nowhere", "postgres")).getSQLState());
        assertEquals("28000", assertThrows(SQLException.class, () -> connect("postgres", "nobody")).getSQLState());
    }

    @Test
    void role_has_its_own_rights_only() throws SQLException {
        try (var admin = connect("postgres", "postgres")) {
            execute(admin, "CREATE ROLE reader LOGIN");
            execute(admin, "CREATE TABLE secret (a int)");
        }
        try (var reader = connect("postgres", "reader")) {
            assertEquals(
                "42501",
                assertThrows(SQLException.class, () -> answer(reader, "SELECT count(*) FROM secret")).getSQLState());
        }
        try (var admin = connect("postgres", "postgres")) {
            assertEquals("0", answer(admin, "SELECT count(*) FROM secret"));
        }
    }

    @Test
    void copy_from_stdin_is_an_error_and_not_the_end() throws SQLException {
        try (var client = connect("postgres", "postgres")) {
            execute(client, "CREATE TEMP TABLE target (a int)");
            var refused = assertThrows(
                SQLException.class,
                () -> client.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY target FROM STDIN"));
            assertTrue(refused.getMessage().contains("no COPY FROM STDIN"), refused.getMessage());
            assertEquals("1", answer(client, "SELECT 1"));
        }
    }

    private static Connection connect(String database, String user) throws SQLException {
        var settings = new Properties();
        settings.setProperty("user", user);
        settings.setProperty("sslmode", "prefer");
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + engine.port() + "/" + database, settings);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String answer(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement(); var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
