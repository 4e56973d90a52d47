//SOURCES ../lib/archive/BackupDirectory.java Cluster.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.archive.BackupDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two clusters on two addresses of this machine, and places that could mean either: facts, files and what is published
 * come from one server, and the other one is not touched.
 */
@Tag("local")
class OneServerTest {
    private static Cluster first;
    private static Cluster second;
    private static String firstId;
    private static String secondId;
    private static Path work;

    @BeforeAll
    static void two_clusters() throws IOException {
        first = Cluster.create("log_connections = on", "autovacuum = off");
        second = Cluster.create("listen_addresses = '127.0.0.5,127.0.0.1'", "log_connections = on", "autovacuum = off");
        work = Files.createTempDirectory("one-server-");
        firstId = first.sql("SELECT system_identifier FROM pg_control_system()");
        secondId = second.sql("SELECT system_identifier FROM pg_control_system()");
    }

    @AfterAll
    static void remove() {
        first.close();
        second.close();
        Cluster.delete(work);
    }

    /** Nobody listens on 127.0.0.9. */
    @ParameterizedTest @CsvSource(
        delimiter = '|',
        textBlock = """
            host list, the first is not there | 127.0.0.9,127.0.0.5  |                     | P2,P2 |         | second
            host list, both are there         | 127.0.0.5,127.0.0.1  |                     | P2,P1 |         | second
            the other way round               | 127.0.0.1,127.0.0.5  |                     | P1,P2 |         | first
            an address for a name             | no-such-host.invalid | 127.0.0.1           | P1    |         | first
            an address beside another host    | 127.0.0.1            | 127.0.0.5           | P2    |         | second
            addresses alone                   |                      | 127.0.0.9,127.0.0.5 | P2,P2 |         | second
            the one that may be written       | 127.0.0.5,127.0.0.1  |                     | P2,P1 | primary | second
            """)
    void facts_and_files_are_of_one_server(ArgumentsAccessor row) throws IOException {
        var what = row.getString(0);
        var expected = row.getString(5);
        var meant = expected.equals("first") ? first : second;
        var other = expected.equals("first") ? second : first;
        var before = traceOf(other);
        var place = new HashMap<String, String>();
        if (row.getString(1) != null) place.put("PGHOST", row.getString(1));
        if (row.getString(2) != null) place.put("PGHOSTADDR", row.getString(2));
        if (row.getString(4) != null) place.put("PGTARGETSESSIONATTRS", row.getString(4));
        place.put("PGPORT", row.getString(3).replace("P1", "" + first.port()).replace("P2", "" + second.port()));

        var result = backup(place, "--no-progress", "-q");

        assertEquals(0, result.exit(), () -> what + "\n" + result);
        var made = BackupDirectory.open(Path.of(result.out().strip()));
        var id = meant == first ? firstId : secondId;
        assertEquals(id, made.fingerprint().orElseThrow().server().systemIdentifier());
        assertEquals(id, segmentId(made));
        assertEquals(before, traceOf(other), "the other server was connected to, or written");
    }

    @Test
    void behind_a_balancer_that_leads_to_two_clusters_nothing_is_published() throws IOException {
        for (int offset = 0; offset < 4; offset++) {
            try (var balancer = new Balancer(offset, first.port(), second.port())) {
                var into = work.resolve("balanced-" + offset);
                var result = Tool.of("backup")
                    .with(first.environment())
                    .with("PGPORT", String.valueOf(balancer.port()))
                    .run("--no-progress", "-o", into.toString());

                assertTrue(result.exit() == 12 || result.exit() == 1, result::toString);
                var namesBoth = result.err().contains(firstId) && result.err().contains(secondId);
                // pg_basebackup notices by itself when its own two connections lead to different servers
                var ofPgBasebackup = result.err().contains("system identifier does not match");
                assertTrue(namesBoth || ofPgBasebackup, result::toString);
                assertTrue(BackupDirectory.in(into).isEmpty(), result::toString);
            }
        }
    }

    @Test
    void when_no_server_is_of_the_wanted_kind_it_says_so() {
        var result = backup(
            Map.of(
                "PGHOST",
                "127.0.0.1,127.0.0.5",
                "PGPORT",
                first.port() + "," + second.port(),
                "PGTARGETSESSIONATTRS",
                "standby"));

        assertEquals(10, result.exit(), result::toString);
        assertTrue(result.err().contains("no server is standby"), result::toString);
    }

    @Test
    void what_cannot_be_honoured_is_refused_before_anything_is_asked() {
        for (var url : List.of(
            "postgresql://127.0.0.1/postgres?sslcrl=/etc/crl.pem",
            "postgresql://127.0.0.1/postgres?sslmod=require",
            "postgresql://127.0.0.1/postgres?hostaddr=localhost",
            "postgresql://127.0.0.1,127.0.0.5:1,2/postgres?port=1,2,3")) {
            var result = Tool.of("backup").run("--url", url);
            assertEquals(2, result.exit(), () -> url + "\n" + result);
            assertTrue(result.err().contains("HINT: "), result::toString);
        }
    }

    @Test
    void a_role_whose_settings_stand_in_the_way_makes_a_backup_all_the_same() throws IOException {
        first.sql("""
            ALTER ROLE ALL SET statement_timeout = '1ms';
            ALTER ROLE ALL SET lock_timeout = '1ms';
            ALTER ROLE ALL SET idle_session_timeout = '1ms';
            ALTER ROLE ALL SET default_transaction_read_only = on;
            ALTER ROLE ALL SET search_path = nowhere;
            CREATE ROLE nobody;
            ALTER ROLE postgres SET role = nobody;
            """);
        try {
            var result = backup(Map.of("PGHOST", "127.0.0.1", "PGPORT", "" + first.port()), "--no-progress");

            assertEquals(0, result.exit(), result::toString);
            assertFalse(result.err().contains("WARNING: postgres"), result::toString);
            var databases = BackupDirectory.open(Path.of(result.out().strip())).fingerprint().orElseThrow().databases();
            assertTrue(databases.stream().allMatch(d -> d.unreadable() == null), databases::toString);
        } finally {
            first.sqlWithoutSettings("ALTER ROLE postgres RESET ALL; ALTER ROLE ALL RESET ALL");
        }
    }

    /** As docs/PERMISSIONS.md has it: the role is called backup, and no database is. */
    @Test
    void without_a_database_a_cluster_tool_takes_the_one_that_each_cluster_has() {
        second.sql("CREATE ROLE backup LOGIN REPLICATION");
        var place =
            Map.of("PGHOST", "127.0.0.1", "PGPORT", "" + second.port(), "PGUSER", "backup", "PGSSLMODE", "disable");

        var result = Tool.of("backup").with(place).run("doctor", "-o", work.resolve("doctor").toString());
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().contains("/postgres"), result::toString);

        second.sql("template1", "ALTER DATABASE postgres RENAME TO elsewhere");
        try {
            var other = Tool.of("backup").with(place).run("doctor", "-o", work.resolve("doctor").toString());
            assertEquals(0, other.exit(), other::toString);
            assertTrue(other.out().contains("/template1"), other::toString);
        } finally {
            second.sql("template1", "ALTER DATABASE elsewhere RENAME TO postgres");
        }
    }

    private static Tool.Result backup(Map<String, String> place, String... options) {
        var all = new ArrayList<>(List.of(options));
        all.addAll(List.of("-o", work.resolve("backups-" + System.nanoTime()).toString()));
        return Tool.of("backup")
            .with(Map.of("PGUSER", "postgres", "PGDATABASE", "postgres", "PGSSLMODE", "disable"))
            .with(place)
            .run(all.toArray(String[]::new));
    }

    /** Who connected, who is connected, and what lies in the files: our own look at it is not counted. */
    private static List<Object> traceOf(Cluster cluster) throws IOException {
        var log = cluster.log();
        var sessions = cluster.sql("""
            CHECKPOINT;
            SELECT usename, application_name, backend_type FROM pg_stat_activity
            WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()
            """);
        return List.of(foreignConnectionsIn(log), sessions, BareBackup.hash(cluster.data().resolve("base")));
    }

    /** psql is ours: the look itself. */
    private static long foreignConnectionsIn(String log) {
        return log.lines()
            .filter(l -> l.contains("connection authorized") && !l.contains("application_name=psql"))
            .count();
    }

    /** What the WAL in it says; tar reads it, and not our own code. */
    private static String segmentId(BackupDirectory backup) throws IOException {
        var archive = Files.list(backup.path())
            .filter(f -> f.getFileName().toString().startsWith("pg_wal.tar"))
            .findFirst()
            .orElseThrow();
        var answer = Tool
            .command("sh", "-c", "tar -xOf '" + archive + "' --wildcards '0000*' | od -An -tu8 -j24 -N8 | tr -d ' \\n'")
            .run();
        return answer.out().strip();
    }

    /** Sends one connection to the one port, the next to the other. */
    private static final class Balancer implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

        Balancer(int offset, int... ports) throws IOException {
            Thread.startVirtualThread(() -> {
                try {
                    for (int i = 0;; i++) {
                        var client = server.accept();
                        // 0: in turns; 1, 2, 3: that many to the first one, the rest to the second
                        int which = i < offset ? 0 : 1;
                        if (offset == 0) which = i % 2;
                        var behind = new Socket(InetAddress.getLoopbackAddress(), ports[which]);
                        Thread.startVirtualThread(() -> copy(client, behind));
                        Thread.startVirtualThread(() -> copy(behind, client));
                    }
                } catch (IOException closed) {
                    // the test is over
                }
            });
        }

        private static void copy(Socket from, Socket to) {
            try (from; to) {
                from.getInputStream().transferTo(to.getOutputStream());
            } catch (IOException ended) {
                // one of them has gone
            }
        }

        int port() {
            return server.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
