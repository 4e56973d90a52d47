import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lib.Program;
import lib.Progress;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.Verifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Standard programs alone bring a backup back: GNU tar, the codec's own program, age, pg_verifybackup. What pg_dumpall
 * says is the proof.
 */
@Tag("local")
class BackupRoundTripTest {
    private static Cluster cluster;
    private static Path work;
    private static String before;

    @BeforeAll
    static void a_cluster_with_two_tablespaces() throws IOException {
        cluster = Cluster.create();
        work = Files.createTempDirectory(cluster.home(), "backup-");
        Cluster.giveToServer(work);
        for (var name : List.of("ts one", "ts2")) {
            Cluster.giveToServer(Files.createDirectory(cluster.home().resolve(name)));
            cluster.sql("CREATE TABLESPACE \"" + name + "\" LOCATION '" + cluster.home().resolve(name) + "'");
        }
        cluster.sql("CREATE ROLE reader LOGIN PASSWORD 'x'");
        cluster.sql("CREATE DATABASE \"od\"\"d' ß\" TABLESPACE ts2");
        cluster.sql("CREATE TABLE a (i int PRIMARY KEY, t text)");
        cluster.sql("INSERT INTO a SELECT g, md5(g::text) FROM generate_series(1, 30000) AS g");
        cluster.sql("CREATE TABLE b TABLESPACE \"ts one\" AS SELECT * FROM a");
        before = dump(cluster);
    }

    @AfterAll
    static void remove() {
        cluster.close();
    }

    @ParameterizedTest @ValueSource(
        strings = {"--compress=zstd", "--compress=gzip", "--compress=lz4", "--compress=none", "--format=plain"})
    void a_backup_restored_by_its_own_guide_holds_the_same_databases(String option) throws IOException {
        for (var program : List.of("zstd", "lz4")) {
            if (option.contains(program)) needs(program);
        }
        needs("tar");

        assertRestores(backup(option), null);
    }

    @Test
    void an_encrypted_backup_opens_with_age_itself() throws IOException {
        needs("age-keygen", "age", "zstd");
        var key = work.resolve("key.txt");
        Files.deleteIfExists(key);
        run("age-keygen", "-o", key.toString());
        Files.writeString(work.resolve("recipients.txt"), "# the vault\n" + run("age-keygen", "-y", key.toString()));

        var backup = backup("--encrypt-to=recipients.txt");

        assertFalse(Files.exists(backup.resolve("base.tar.zst")), "nothing readable stays");
        assertTrue(
            Files.exists(backup.resolve("base.tar.zst.age")) && Files.exists(backup.resolve("pg_wal.tar.zst.age")));
        var sealed = tool("verify", backup.toString());
        assertEquals(0, sealed.exit(), sealed::toString);
        assertTrue(sealed.err().contains("it is encrypted"), sealed::toString);
        var opened = tool("verify", backup.toString(), "--identity", key.toString());
        assertEquals(0, opened.exit(), opened::toString);
        var other = work.resolve("other.txt");
        Files.deleteIfExists(other);
        run("age-keygen", "-o", other.toString());
        var wrong = tool("verify", backup.toString(), "--identity", other.toString());
        assertEquals(12, wrong.exit(), wrong::toString);
        assertTrue(wrong.err().contains("none of the keys in"), wrong::toString);
        assertRestores(backup, key);
    }

    @Test
    void a_backup_taken_under_a_write_load_is_consistent() throws Exception {
        needs("zstd");
        Assumptions.assumeTrue(cluster.programs().has("pgbench"), "no pgbench here");
        var pgbench = cluster.programs().program("pgbench").toString();
        cluster.sql("CREATE DATABASE load");
        Program.of(List.of(pgbench, "-i", "-q", "-s", "2", "load")).with(cluster.environment()).capture();
        var load = Thread.ofPlatform()
            .start(
                () -> Program.of(List.of(pgbench, "-c", "2", "-T", "8", "-N", "-n", "load"))
                    .with(cluster.environment())
                    .capture());
        Program.of(List.of(pgbench, "-t", "100", "-n", "load")).with(cluster.environment()).capture();
        try {
            var data = BackupGuide.follow(backup("--compress=zstd"), home("load"), null, cluster);
            try (var restored = Cluster.around(data, data.getParent())) {
                restored.start();
                assertEquals("200000", restored.sql("load", "SELECT count(*) FROM pgbench_accounts"));
                assertEquals(
                    "t",
                    restored.sql(
                        "load",
                        "SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(delta) FROM "
                            + "pgbench_history)"));
            }
        } finally {
            load.join();
            cluster.sql("DROP DATABASE load");
        }
    }

    /**
     * A server that is started without -l keeps the pipe of an ssh connection, and postgres cannot enter what root
     * unpacked.
     */
    @Test
    void the_guide_typed_to_its_end_starts_the_server_and_gives_the_terminal_back() throws IOException {
        needs("zstd", "runuser");
        var backup = backup("--compress=zstd");
        var home = home("typed");
        Cluster.giveToServer(home);
        try (var restored = Cluster.around(home.resolve("data"), home)) {
            var typed = BackupGuide.type(backup, home, cluster, restored.port());
            assertEquals(0, typed.exit(), typed::toString);
            assertTrue(typed.out().contains("server started"), typed::toString);
            assertEquals(before, dump(restored));
        }
    }

    private static void assertRestores(Path backup, Path key) throws IOException {
        if (key != null) Cluster.giveToServer(key);
        var data = BackupGuide.follow(backup, home("restored"), key, cluster);
        try (var restored = Cluster.around(data, data.getParent())) {
            restored.start();
            assertEquals(before, dump(restored));
            for (var name : List.of("ts one", "ts2")) {
                assertTrue(
                    restored.sql("SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = '" + name + "'")
                        .startsWith(data.getParent().toString()));
            }
        }
        var report =
            Verifier.verify(BackupDirectory.open(backup), key == null ? null : Age.identity(key), 2, Progress.none());
        assertEquals(List.of(), report.damages(), "restoring did not touch the backup");
    }

    private static Path home(String name) throws IOException {
        return Files.createTempDirectory(cluster.home(), name + "-");
    }

    private static Path backup(String option) {
        var result = tool(option, "--no-progress");
        assertEquals(0, result.exit(), result::toString);
        return work.resolve(result.out().strip());
    }

    private static Tool.Result tool(String... arguments) {
        return Tool.of("backup").in(work).with(cluster.environment()).run(arguments);
    }

    /** All roles, databases and rows as SQL; a tablespace's place is the one thing that must differ. */
    private static String dump(Cluster cluster) {
        var program = cluster.programs().program("pg_dumpall").toString();
        var answer = Program.of(List.of(program)).with(cluster.environment()).capture();
        assertTrue(answer.ok(), answer::stderr);
        return answer.stdout()
            .replaceAll("LOCATION '[^']*'", "LOCATION")
            .replaceAll("(?m)^.*(un)?restrict .*$", "")
            .replaceAll("SCRAM-SHA-256\\S+", "");
    }

    private static void needs(String... programs) {
        for (var program : programs) {
            Assumptions.assumeTrue(
                Program.of(List.of("sh", "-c", "command -v " + program)).capture().ok(),
                "the program " + program + " is not on this machine");
        }
    }

    private static String run(String... command) {
        var answer = Program.of(new ArrayList<>(List.of(command))).capture();
        assertTrue(answer.ok(), answer::stderr);
        return answer.stdout();
    }
}
