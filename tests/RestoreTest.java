import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backup, destroy, restore, start, compare: as a user does it, against a real PostgreSQL. */
@Tag("local")
class RestoreTest {
    private static Cluster cluster;
    private static Path backups;
    private static String before;

    @BeforeAll
    static void a_cluster_with_data_and_its_backups() {
        cluster = Cluster.create();
        cluster.sql("CREATE DATABASE \"Üb\"\"er\"");
        cluster.sql("CREATE ROLE reader LOGIN");
        cluster
            .sql("CREATE TABLE metrics AS SELECT i AS id, 'value ' || i AS text FROM generate_series(1, 20000) AS i");
        cluster.sql("CREATE TABLE empty_one ()");
        backups = cluster.home().resolve("backups");
        before = BareBackup.dumpAll(cluster);
        for (var codec : List.of("none", "gzip", "lz4", "zstd")) {
            BareBackup
                .take(cluster, backups.resolve(codec), "-Ft", "-Z", codec.equals("none") ? "none" : "client-" + codec);
        }
        BareBackup.take(cluster, backups.resolve("plain"), "-Fp");
        BareBackup.take(cluster, backups.resolve("fetch"), "-Ft", "-X", "fetch");
        BareBackup.take(cluster, backups.resolve("sha"), "-Ft", "--manifest-checksums=SHA256");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @ParameterizedTest @ValueSource(strings = {"none", "gzip", "lz4", "zstd", "plain", "fetch", "sha"})
    void what_was_backed_up_is_there_again(String format) {
        var data = cluster.home().resolve("restored-" + format);
        var result =
            Tool.of("restore")
                .typing("y\n")
                .run(backups.resolve(format).toString(), "-D", data.toString(), "--as-original");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().matches("Restored size: [\\d.]+ MB\n"), result::toString);
        var restored = Cluster.around(data, cluster.home().resolve("run-" + format));
        try {
            Files.createDirectories(cluster.home().resolve("run-" + format));
            Cluster.giveToServer(cluster.home().resolve("run-" + format));
            restored.start();
            assertEquals(before, BareBackup.dumpAll(restored));
            assertTrue(restored.log().contains("consistent recovery state reached"), restored::log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            restored.close();
        }
    }

    @Test
    void the_old_cluster_is_kept_and_the_dry_run_changes_nothing() throws IOException {
        var place = Files.createDirectory(cluster.home().resolve("replace"));
        Cluster.giveToServer(place);
        var data = place.resolve("data");
        BareBackup.copy(backups.resolve("plain"), data);
        Files.writeString(data.resolve("postgresql.conf"), "\n# ours\n", StandardOpenOption.APPEND);
        Cluster.giveToServer(data);
        var hash = BareBackup.hash(place);

        var dry = Tool.of("restore").run(backups.resolve("zstd").toString(), "-D", data.toString(), "--dry-run");
        assertEquals(0, dry.exit(), dry::toString);
        assertTrue(
            dry.err().contains("keep the old cluster") && dry.err().contains("dry run: nothing was changed"),
            dry::toString);
        assertEquals(hash, BareBackup.hash(place));

        var unanswered = Tool.of("restore").run(backups.resolve("zstd").toString(), "-D", data.toString());
        assertEquals(2, unanswered.exit(), unanswered::toString);
        assertTrue(
            unanswered.err().contains("no answer was given") && unanswered.err().contains("--force"),
            unanswered::toString);
        var refused = Tool.of("restore").typing("n\n").run(backups.resolve("zstd").toString(), "-D", data.toString());
        assertEquals(1, refused.exit(), refused::toString);
        assertEquals(hash, BareBackup.hash(place));

        var oldCluster = BareBackup.hash(data);
        var done = Tool.of("restore").run(backups.resolve("zstd").toString(), "-D", data.toString(), "--force");
        assertEquals(0, done.exit(), done::toString);
        try (var names = Files.list(place)) {
            var kept = names.map(p -> p.getFileName().toString()).sorted().toList();
            assertEquals(2, kept.size(), kept::toString);
            assertTrue(kept.get(1).matches("data\\.before-restore-\\d{8}_\\d{6}"), kept::toString);
            assertEquals(oldCluster, BareBackup.hash(place.resolve(kept.get(1))));
        }
        assertFalse(Files.readString(data.resolve("postgresql.conf")).contains("# ours"));
        assertEquals(
            "[OWNER_READ, OWNER_WRITE, OWNER_EXECUTE]".length(),
            Files.getPosixFilePermissions(data).toString().length());
    }
}
