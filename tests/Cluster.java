//SOURCES ../lib/Program.java ../lib/database/PgTools.java

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import lib.Program;
import lib.database.PgTools;
import org.junit.jupiter.api.Assumptions;

/**
 * A throwaway PostgreSQL cluster on a free port of 127.0.0.1, with a superuser "postgres" who needs no password.
 * PostgreSQL does not run as root: then everything of it belongs to the user postgres.
 */
final class Cluster implements AutoCloseable {
    private static final AtomicInteger NEXT_PORT =
        new AtomicInteger(ThreadLocalRandom.current().nextInt(18_000, 28_000));

    private final Path home;
    private final Path data;
    private final PgTools.Installation programs;
    private final int port;

    private Cluster(Path home, Path data, PgTools.Installation programs, int port) {
        this.home = home;
        this.data = data;
        this.programs = programs;
        this.port = port;
    }

    /**
     * Makes and starts one; the test is skipped where no PostgreSQL server is installed. @param settings lines for
     * postgresql.conf
     */
    static Cluster create(String... settings) {
        return create(installation(), settings);
    }

    /**
     * The same of this major version or a newer one: from the directory that TEST_POSTGRES_17 names, or as it is found.
     * The test is skipped where there is none.
     */
    static Cluster createFrom(int major, String... settings) {
        var chosen = System.getenv("TEST_POSTGRES_" + major);
        var found = chosen != null && !chosen.isEmpty()
            ? Optional.of(new PgTools.Installation(Path.of(chosen), major))
            : PgTools.having("initdb").stream().filter(i -> i.major() >= major && i.has("postgres")).findFirst();
        Assumptions.assumeTrue(
            found.isPresent(),
            "no server of PostgreSQL " + major + " or newer is here (TEST_POSTGRES_" + major + "=BINDIR names one)");
        return create(found.get(), settings);
    }

    private static Cluster create(PgTools.Installation programs, String... settings) {
        try {
            var home = Files.createTempDirectory("tsdb-tools-");
            giveToServer(home);
            var cluster = new Cluster(home, home.resolve("data"), programs, freePort());
            cluster.asServer(
                List.of(
                    programs.program("initdb").toString(),
                    "-D",
                    cluster.data.toString(),
                    "-U",
                    "postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                    "--data-checksums"));
            var lines = new ArrayList<>(
                List.of("", "listen_addresses = '127.0.0.1'", "shared_buffers = 32MB", "max_wal_size = 256MB"));
            lines.addAll(List.of(settings));
            Files.write(cluster.data.resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
            cluster.start();
            return cluster;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A cluster around an existing data directory, a restored one for example; not started. Closing it deletes
     * {@code home}.
     */
    static Cluster around(Path data, Path home) {
        return new Cluster(home, data, installation(), freePort());
    }

    /** The same with the programs of this one. */
    Cluster likeThis(Path otherData, Path otherHome) {
        return new Cluster(otherHome, otherData, programs, freePort());
    }

    private static PgTools.Installation installation() {
        var found = PgTools.having("initdb").stream().filter(i -> i.has("pg_ctl") && i.has("postgres")).findFirst();
        Assumptions.assumeTrue(found.isPresent(), "no PostgreSQL server programs on this machine");
        return found.get();
    }

    /** Does this server offer the TimescaleDB extension? Else the test is skipped, visibly. */
    static void assumeTimescale() {
        var share = Program.of(List.of(installation().program("pg_config").toString(), "--sharedir"))
            .capture()
            .stdout()
            .strip();
        Assumptions.assumeTrue(
            Files.exists(Path.of(share, "extension", "timescaledb.control")),
            "the PostgreSQL server here does not offer TimescaleDB (PGBINDIR chooses another)");
    }

    void start() {
        asServer(
            List.of(
                programs.program("pg_ctl").toString(),
                "-D",
                data.toString(),
                "-w",
                "-t",
                "60",
                "-l",
                home.resolve("log").toString(),
                "-o",
                "-p " + port + " -k " + home,
                "start"));
    }

    void stop() {
        asServer(List.of(programs.program("pg_ctl").toString(), "-D", data.toString(), "-w", "-m", "fast", "stop"));
    }

    /** The answer of psql to one question, unaligned and without header. */
    String sql(String sql) {
        return sql("postgres", sql);
    }

    String sql(String database, String sql) {
        var psql = programs.has("psql") ? programs.program("psql").toString() : "psql";
        var answer =
            Program.of(List.of(psql, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql))
                .with(environment())
                .capture();
        if (!answer.ok()) throw new AssertionError(sql + "\n" + answer.stderr());
        return answer.stdout().strip();
    }

    /** The same where settings of the role would prevent it. */
    String sqlWithoutSettings(String sql) {
        var environment = new HashMap<>(environment());
        environment.put(
            "PGOPTIONS",
            "-c role=none -c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0 -c "
                + "default_transaction_read_only=off");
        var answer = Program.of(List.of("psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql))
            .with(environment)
            .capture();
        if (!answer.ok()) throw new AssertionError(sql + "\n" + answer.stderr());
        return answer.stdout().strip();
    }

    /** What leads a tool to this cluster, and to its programs where others would be found. */
    Map<String, String> environment() {
        var all = new HashMap<>(
            Map.of(
                "PGHOST",
                "127.0.0.1",
                "PGPORT",
                String.valueOf(port),
                "PGUSER",
                "postgres",
                "PGDATABASE",
                "postgres",
                "PGSSLMODE",
                "disable"));
        if (!programs.equals(installation())) all.put("PGBINDIR", programs.directory().toString());
        return all;
    }

    int port() {
        return port;
    }

    /** A directory of the server's own, beside its data: room for tablespaces, sockets, scratch. */
    Path home() {
        return home;
    }

    Path data() {
        return data;
    }

    PgTools.Installation programs() {
        return programs;
    }

    String log() {
        try {
            return Files.readString(home.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isRunning() {
        return Files.exists(data.resolve("postmaster.pid"));
    }

    @Override
    public void close() {
        if (isRunning()) {
            asServer(
                List.of(programs.program("pg_ctl").toString(), "-D", data.toString(), "-w", "-m", "immediate", "stop"));
        }
        delete(home);
    }

    /** Runs a program as the user that the server runs as. */
    void asServer(List<String> command) {
        var all = new ArrayList<String>();
        if (isRoot()) all.addAll(List.of("runuser", "-u", "postgres", "--"));
        all.addAll(command);
        // The output goes to a file: a server that was started would hold a pipe open.
        try {
            var said = Files.createTempFile("server-", ".out");
            var process = new ProcessBuilder(all).directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .redirectInput(new File("/dev/null"))
                .start();
            int code = process.waitFor();
            var text = Files.readString(said);
            Files.delete(said);
            if (code != 0) throw new AssertionError(String.join(" ", command) + " ended with " + code + "\n" + text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Makes a file or directory the server's own. */
    static void giveToServer(Path file) {
        if (!isRoot()) return;
        if (!Program.of(List.of("chown", "-R", "postgres:", file.toString())).capture().ok()) {
            throw new AssertionError("cannot give " + file + " to the user postgres");
        }
    }

    /**
     * One that nobody listens on. Each is given out once: tests run beside each other, and a server binds its port
     * a moment later. Below 32768 the kernel gives none of them to a client.
     */
    static int freePort() {
        while (true) {
            int port = NEXT_PORT.getAndIncrement();
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                continue;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static void delete(Path tree) {
        try (var files = Files.walk(tree)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
