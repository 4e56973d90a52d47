//SOURCES ../lib/Program.java Cluster.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lib.Program;
import org.junit.jupiter.api.Assumptions;

/**
 * A pgbouncer in front of a cluster: its databases "transaction" and "statement" are pools of one server connection, in
 * that mode.
 */
final class Pooler implements AutoCloseable {
    private final Cluster cluster;
    private final Path home;
    private final Process process;
    private final int port;

    private Pooler(Cluster cluster, Path home, Process process, int port) {
        this.cluster = cluster;
        this.home = home;
        this.process = process;
        this.port = port;
    }

    /** @param settings more lines of its section [pgbouncer] */
    static Pooler of(Cluster cluster, String... settings) {
        var program = Stream.of("/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer")
            .filter(p -> Files.isExecutable(Path.of(p)))
            .findFirst();
        Assumptions.assumeTrue(program.isPresent(), "no pgbouncer on this machine (Debian: apt-get install pgbouncer)");
        try {
            var home = Files.createTempDirectory("pgbouncer-");
            int port = Cluster.freePort();
            Files.writeString(home.resolve("users"), "\"postgres\" \"\"\n");
            Files.writeString(home.resolve("pgbouncer.ini"), """
                [databases]
                transaction = host=127.0.0.1 port=%1$d dbname=postgres pool_mode=transaction pool_size=1
                statement = host=127.0.0.1 port=%1$d dbname=postgres pool_mode=statement pool_size=1
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %2$d
                unix_socket_dir =
                auth_type = trust
                auth_file = %3$s/users
                admin_users = postgres
                logfile = %3$s/log
                %4$s
                """.formatted(cluster.port(), port, home, String.join("\n", settings)));
            Cluster.giveToServer(home);
            var command = new ArrayList<String>();
            if (Cluster.isRoot()) command.addAll(List.of("runuser", "-u", "postgres", "--"));
            command.addAll(List.of(program.get(), "-q", home.resolve("pgbouncer.ini").toString()));
            var process = new ProcessBuilder(command).directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
            var pooler = new Pooler(cluster, home, process, port);
            pooler.awaitAnswer();
            return pooler;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    /** What another client gets out of the pool. */
    String sql(String pool, String sql) {
        var answer = psql(pool, sql);
        if (!answer.ok()) throw new AssertionError(pool + ": " + sql + "\n" + answer.stderr());
        return answer.stdout().strip();
    }

    /**
     * Every setting of the pool's server connection, as another client sees it; not those that another login would
     * change by itself.
     */
    String settings(String pool) {
        return sql(pool, "SELECT name, setting FROM pg_catalog.pg_settings ORDER BY name");
    }

    /** Lets the pools make new server connections. */
    void reconnect() {
        var answer = psql("pgbouncer", "RECONNECT");
        if (!answer.ok()) throw new AssertionError(answer.stderr());
    }

    private Program.Answer psql(String pool, String sql) {
        var environment = new HashMap<>(cluster.environment());
        environment.putAll(Map.of("PGPORT", String.valueOf(port), "PGDATABASE", pool));
        var psql = cluster.programs().has("psql") ? cluster.programs().program("psql").toString() : "psql";
        return Program.of(List.of(psql, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql))
            .with(environment)
            .capture();
    }

    private void awaitAnswer() {
        for (int i = 0; i < 300; i++) {
            if (psql("transaction", "SELECT 1").ok()) return;
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        close();
        throw new AssertionError("pgbouncer does not answer");
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Cluster.delete(home);
    }
}
