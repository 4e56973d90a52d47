import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.ExitCode;
import lib.Failure;
import lib.archive.BackupDirectory;
import lib.database.PgTools;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Builds of pg_basebackup that can do less than the one of this machine. In front of the real program stands a script
 * that refuses what such a build refuses, in its words; everything else is the real program's.
 */
@Tag("local")
class BackupClientTest {
    private static Cluster cluster;
    private static Path work;

    @BeforeAll
    static void a_cluster() throws IOException {
        cluster = Cluster.create();
        work = Files.createTempDirectory("backup-");
    }

    @AfterAll
    static void remove() {
        cluster.close();
        Cluster.delete(work);
    }

    @Test
    void zstd_without_threads_is_used_without_workers() throws IOException {
        var client =
            client("threads", "*workers=*", "could not set compression worker count to 2: Unsupported parameter");

        var result = backup(client, "--compress=zstd", "--jobs=2");

        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.err().contains("once more, without workers"), result::toString);
        assertEquals("zstd", codecOf(result));
    }

    @Test
    void a_build_without_zstd_takes_the_next_best_and_says_why() throws IOException {
        var client = client(
            "zstd",
            "*client-zstd*",
            "could not initialize compression: this build does not support compression with ZSTD");

        var automatic = backup(client);
        assertEquals(0, automatic.exit(), automatic::toString);
        assertEquals("lz4", codecOf(automatic));
        assertTrue(automatic.err().contains("this build of pg_basebackup has no zstd"), automatic::toString);

        var asked = backup(client, "--compress=zstd");
        assertEquals(12, asked.exit(), asked::toString);
        assertTrue(asked.err().contains("cannot compress with zstd\nHINT: leave --compress out"), asked::toString);
    }

    @Test
    void a_server_newer_than_every_client_is_named_with_the_package_to_install() {
        var newest = PgTools.having("pg_basebackup").getFirst().major();
        var failure = assertThrows(Failure.class, () -> PgTools.forServer("pg_basebackup", newest + 1));

        assertEquals(ExitCode.NOT_READY, failure.exitCode());
        assertEquals(
            "the server is PostgreSQL " + (newest + 1) + ", but pg_basebackup here is only " + newest,
            failure.getMessage());
        assertTrue(failure.hint().contains("postgresql-client-" + (newest + 1)), failure.hint());
    }

    /** @param refused a pattern of the shell's for an argument */
    private static Path client(String name, String refused, String words) throws IOException {
        var real = cluster.programs().program("pg_basebackup");
        var directory = Files.createDirectory(work.resolve(name));
        var script = directory.resolve("pg_basebackup");
        Files.writeString(script, """
            #!/bin/sh
            for word in "$@"; do
              case $word in %s) echo "pg_basebackup: error: %s" >&2; exit 1 ;; esac
            done
            exec '%s' "$@"
            """.formatted(refused, words, real));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return directory;
    }

    private static Tool.Result backup(Path client, String... options) {
        var all = new ArrayList<>(List.of("--no-progress"));
        all.addAll(List.of(options));
        return Tool.of("backup")
            .in(work)
            .with(cluster.environment())
            .with(Map.of("PGBINDIR", client.toString()))
            .run(all.toArray(String[]::new));
    }

    private static String codecOf(Tool.Result result) {
        return BackupDirectory.open(work.resolve(result.out().strip())).fingerprint().orElseThrow().storage().codec();
    }
}
