import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Backups onto a file system that refuses what a disk does, as network shares do. The program bindfs makes one. */
@Tag("native")
class BackupShareTest {
    private static Cluster cluster;
    private static Path work;

    @BeforeAll
    static void a_cluster() throws IOException {
        var canMount = Program.of(List.of("sh", "-c", "command -v bindfs && [ -w /dev/fuse ]")).capture().ok();
        Assumptions.assumeTrue(canMount, "the program bindfs is not on this machine, or there is no /dev/fuse");
        cluster = Cluster.create();
        work = Files.createTempDirectory("share-");
    }

    @AfterAll
    static void remove() {
        if (cluster == null) return;
        cluster.close();
        Cluster.delete(work);
    }

    @ParameterizedTest @CsvSource({"--chmod-deny,tar", "--chmod-ignore --perms=0644:a+X,plain"})
    void a_share_that_refuses_or_ignores_modes_gets_a_warning_and_the_backup(String options, String format)
        throws IOException {
        var real = Files.createTempDirectory(work, "real-");
        var share = Files.createTempDirectory(work, "share-");
        run("bindfs --chown-deny " + options + " '" + real + "' '" + share + "'");
        try {
            var doctor = tool("doctor", "-o", share.resolve("backups").toString());
            assertEquals(0, doctor.exit(), doctor::toString);
            assertTrue(doctor.out().contains("warning  target, modes"), doctor::toString);

            var result = tool("-o", share.resolve("backups").toString(), "--no-progress", "--format", format);
            assertEquals(0, result.exit(), result::toString);
            assertTrue(result.err().contains(" does not keep file modes"), result::toString);
            assertEquals(0, tool("verify", result.out().strip()).exit());
            if (options.equals("--chmod-deny")) {
                var plain = tool("-o", share.resolve("backups").toString(), "--no-progress", "--format", "plain");
                assertEquals(12, plain.exit(), plain::toString);
                assertTrue(plain.err().contains("HINT: leave --format out"), plain::toString);
            }
            try (var left = Files.list(share)) {
                assertFalse(
                    left.anyMatch(f -> f.getFileName().toString().contains("try")),
                    "nothing of the trial is left");
            }
        } finally {
            run("umount '" + share + "'");
        }
    }

    private static void run(String command) {
        var answer = Program.of(List.of("sh", "-c", command)).capture();
        assertTrue(answer.ok(), answer::stderr);
    }

    private static Tool.Result tool(String... arguments) {
        return Tool.of("backup").in(work).with(cluster.environment()).run(arguments);
    }
}
