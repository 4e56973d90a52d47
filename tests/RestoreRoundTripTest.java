import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.Program;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.RestorableBackup;
import lib.boot.Owner;
import lib.boot.ScratchServer;
import lib.restore.Drill;
import lib.restore.Restoration;
import lib.restore.RestoreOptions;
import lib.restore.RestorePlan;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * backup.java's own backups, in their harder forms: two tablespaces, plain format, encrypted, restored by an ordinary
 * user.
 */
@Tag("local")
class RestoreRoundTripTest {
    private static Cluster cluster;
    private static Path home;
    private static Path one;
    private static Path two;
    private static String before;

    @BeforeAll
    static void a_cluster_with_two_tablespaces() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        home = cluster.home();
        one = tablespace("one");
        two = tablespace("two with a blank");
        cluster.sql("CREATE TABLE here AS SELECT i FROM generate_series(1, 1000) AS i");
        cluster.sql("CREATE TABLE first TABLESPACE one AS SELECT i FROM generate_series(1, 2000) AS i");
        cluster
            .sql("CREATE TABLE second TABLESPACE \"two with a blank\" AS SELECT i FROM generate_series(1, 3000) AS i");
        // The dump names the places of tablespaces, which change by design.
        before = withoutPlaces(BareBackup.dumpAll(cluster));
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void tablespaces_go_where_they_are_told_and_the_originals_are_untouched() throws IOException {
        for (var format : new String[] {"tar", "plain"}) {
            var backup = backup("--format", format);
            var live = BareBackup.hash(one) + BareBackup.hash(two);
            var place = place("spaces-" + format);
            Restoration.run(
                plan(
                    backup,
                    place.resolve("data"),
                    Map.of(
                        one.toString(),
                        place.resolve("1").toString(),
                        two.toString(),
                        place.resolve("2 too").toString()),
                    null));
            assertSame(place);
            assertFalse(Files.exists(place.resolve("1/restore-in-progress.json")));
            var restored = Cluster.around(place.resolve("data"), place);
            restored.start();
            restored.sql("UPDATE first SET i = -1");
            restored.sql("CHECKPOINT");
            restored.stop();
            assertEquals(
                live,
                BareBackup.hash(one) + BareBackup.hash(two),
                "an UPDATE in the copy reached the original's tablespace");
        }
    }

    @Test
    void an_encrypted_backup_comes_back_with_its_key() throws IOException {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v age-keygen")).capture().ok(),
            "age is not on this machine");
        var key = home.resolve("key.txt");
        assertTrue(Program.of(List.of("age-keygen", "-o", key.toString())).capture().ok());
        var recipient = Program.of(List.of("age-keygen", "-y", key.toString())).capture().stdout().strip();
        var backup = backup("--encrypt-to", recipient);
        assertTrue(backup.isEncrypted());
        var place = place("encrypted");
        Restoration.run(
            plan(
                backup,
                place.resolve("data"),
                Map.of(one.toString(), place.resolve("1").toString(), two.toString(), place.resolve("2").toString()),
                Age.identity(key)));
        assertSame(place);
        var receipt = Drill.run(backup, ScratchServer.Options.standard().withIdentity(Age.identity(key)), false);
        assertTrue(receipt.isGood(), receipt::message);
    }

    @Test
    void an_ordinary_user_restores_what_becomes_theirs() throws IOException {
        Assumptions.assumeTrue(Cluster.isRoot(), "everything here is done by an ordinary user already");
        var backup = backup();
        var place = place("ordinary");
        var copy = place.resolve("backup");
        BareBackup.copy(backup.path(), copy);
        // The command as JBang compiled it, in a JVM of the user postgres, who may not read our libraries where they
        // lie.
        assertEquals(0, Tool.of("restore").run("--help").exit());   // compiles it
        var compiled = Program
            .of(
                List.of(
                    Tool.ROOT.resolve("bin/jbang").toString(),
                    "info",
                    "classpath",
                    Tool.ROOT.resolve("restore.java").toString()))
            .capture()
            .stdout()
            .strip();
        var classes = Files.createDirectory(place.resolve("classes"));
        for (var entry : compiled.split(":")) Files.copy(Path.of(entry), classes.resolve(Path.of(entry).getFileName()));
        Cluster.giveToServer(place);
        cluster.asServer(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classes + "/*",
                "restore",
                copy.toString(),
                "-D",
                place.resolve("data").toString(),
                "--tablespace",
                one + "=" + place.resolve("1"),
                "--tablespace",
                two + "=" + place.resolve("2"),
                "--force"));
        assertEquals(Owner.named("postgres").orElseThrow(), Owner.of(place.resolve("data/PG_VERSION")));
        assertSame(place);
    }

    @Test
    void archiving_and_jobs_are_off_in_a_copy_and_on_in_the_place_of_the_original() throws IOException {
        var backup = backup();
        var spaces =
            Map.of(one.toString(), home.resolve("q1").toString(), two.toString(), home.resolve("q2").toString());
        assertTrue(plan(backup, home.resolve("elsewhere"), spaces, null).isCopy());
        assertFalse(plan(backup, home.resolve("mnt/db/postgres"), spaces, null).isCopy());
        assertFalse(plan(backup, cluster.data(), spaces, null).isCopy());
        var other = place("other-cluster").resolve("data");
        cluster.asServer(
            List.of(
                cluster.programs().program("initdb").toString(),
                "-D",
                other.toString(),
                "-U",
                "postgres",
                "--no-sync"));
        assertTrue(plan(backup, other, spaces, null).isCopy());
        Restoration.run(plan(backup, home.resolve("elsewhere"), spaces, null));
        assertTrue(
            Files.readString(home.resolve("elsewhere/postgresql.auto.conf"))
                .contains("timescaledb.max_background_workers = '0'"));
        var more = Map.of(one.toString(), home.resolve("q3").toString(), two.toString(), home.resolve("q4").toString());
        assertTrue(plan(backup, home.resolve("elsewhere"), more, null).isCopy(), "what replaces a copy is one");
        Files.delete(home.resolve("elsewhere/postgresql.auto.conf"));
        assertFalse(plan(backup, home.resolve("elsewhere"), more, null).isCopy(), "it was woken up");
        Files.createFile(home.resolve("elsewhere/standby.signal"));
        assertTrue(plan(backup, home.resolve("elsewhere"), more, null).isCopy(), "its primary may run");
    }

    private static RestorePlan
        plan(BackupDirectory backup, Path data, Map<String, String> tablespaces, Age.Identity key)
            throws IOException {
        var typed = new ArrayList<>(List.of("-D", data.toString()));
        tablespaces.forEach((from, to) -> typed.addAll(List.of("--tablespace", from + "=" + to)));
        return RestorePlan.make(
            new RestorePlan.Source(RestorableBackup.of(backup, key), key),
            RestoreOptions.of(typed.toArray(String[]::new)),
            Instant.now());
    }

    private static void assertSame(Path place) {
        var run = place.resolve("run");
        try {
            Files.createDirectory(run);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Cluster.giveToServer(run);
        var restored = Cluster.around(place.resolve("data"), run);
        restored.start();
        try {
            assertEquals(before, withoutPlaces(BareBackup.dumpAll(restored)));
        } finally {
            restored.close();
        }
    }

    private static String withoutPlaces(String dump) {
        return dump.replaceAll("(CREATE TABLESPACE .* LOCATION) .*", "$1 …");
    }

    private static BackupDirectory backup(String... options) {
        var command = new ArrayList<>(List.of("-o", home.resolve("backups").toString(), "--no-progress"));
        command.addAll(List.of(options));
        var result = Tool.of("backup").with(cluster.environment()).run(command.toArray(String[]::new));
        assertEquals(0, result.exit(), result::toString);
        return BackupDirectory.open(Path.of(result.out().strip()));
    }

    private static Path tablespace(String name) throws IOException {
        var directory = Files.createDirectory(home.resolve(name));
        Cluster.giveToServer(directory);
        cluster.sql("CREATE TABLESPACE \"" + name + "\" LOCATION '" + directory + "'");
        return directory;
    }

    private static Path place(String name) throws IOException {
        var place = Files.createDirectory(home.resolve(name));
        Cluster.giveToServer(place);
        return place;
    }
}
