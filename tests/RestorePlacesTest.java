import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Where the parts of a restored cluster go, and what is missing there: said in the plan, and kept as it was. */
@Tag("local")
class RestorePlacesTest {
    private static Cluster cluster;
    private static Path home;
    private static Path backup;

    @BeforeAll
    static void a_cluster_whose_group_may_read_with_three_tablespaces() throws IOException {
        cluster = Cluster.create("fsync = off");
        home = cluster.home();
        cluster.stop();
        cluster.asServer(List.of("sh", "-c", "chmod -R g+rX '" + cluster.data() + "'"));
        cluster.start();
        for (var name : List.of("one", "two", "three")) {
            Cluster.giveToServer(Files.createDirectory(home.resolve(name)));
            cluster.sql("CREATE TABLESPACE " + name + " LOCATION '" + home.resolve(name) + "'");
            cluster.sql("CREATE TABLE in_" + name + " TABLESPACE " + name + " AS SELECT generate_series(1, 100) AS i");
        }
        var made =
            Tool.of("backup").with(cluster.environment()).run("-o", home.resolve("backups").toString(), "--no-verify");
        assertEquals(0, made.exit(), made::toString);
        backup = Path.of(made.out().strip());
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void tablespaces_that_are_in_use_are_named_at_once_and_go_below_one_directory() throws IOException {
        var place = place("spaces");
        var refused = restore(place.resolve("data"), "--dry-run");
        assertEquals(12, refused.exit(), refused::toString);
        for (var name : List.of("one", "two", "three")) {
            assertTrue(refused.err().contains(home.resolve(name).toString()), refused::toString);
        }
        assertTrue(refused.err().contains("--tablespace-map-all"), refused::toString);
        var done = restore(
            place.resolve("data"),
            "--tablespace-map-all",
            place.resolve("spaces").toString(),
            "--tablespace",
            home.resolve("two") + "=" + place.resolve("second"));
        assertEquals(0, done.exit(), done::toString);
        assertTrue(Files.isDirectory(place.resolve("spaces/one")) && Files.isDirectory(place.resolve("second")));
        assertEquals("100", asked(place, "SELECT count(*) FROM in_three"));
    }

    @Test
    void the_group_that_may_read_may_still_read() throws IOException {
        var place = place("group");
        var done = restore(place.resolve("data"), "--tablespace-map-all", place.resolve("spaces").toString());
        assertEquals(0, done.exit(), done::toString);
        assertEquals("rwxr-x---", mode(place.resolve("data")));
        assertEquals("rw-r-----", mode(place.resolve("data/PG_VERSION")));
        assertEquals("rwxr-x---", mode(place.resolve("data/base")));
        assertEquals("rwxr-x---", mode(place.resolve("spaces/one")));
        assertEquals("0750", asked(place, "SHOW data_directory_mode"));
        Files.setPosixFilePermissions(place.resolve("data"), PosixFilePermissions.fromString("rwx------"));
        var again = restore(place.resolve("data"), "--tablespace-map-all", place.resolve("more").toString());
        assertEquals(0, again.exit(), again::toString);
        assertEquals("rwx------", mode(place.resolve("data")), "as the administrator has it here");
    }

    @Test
    void wal_on_another_disk_is_said_and_stays_on_another_disk() throws IOException {
        var place = place("wal");
        var done = restore(
            place.resolve("data"),
            "--tablespace-map-all",
            place.resolve("spaces").toString(),
            "--waldir",
            place.resolve("disk/wal").toString());
        assertEquals(0, done.exit(), done::toString);
        assertTrue(done.err().contains("WAL to " + place.resolve("disk/wal")), done::toString);
        assertEquals(place.resolve("disk/wal"), place.resolve("data/pg_wal").toRealPath());
        assertFalse(Files.exists(place.resolve("disk/wal/restore-in-progress.json")));
        assertEquals("100", asked(place, "SELECT count(*) FROM in_one"));
        var old = BareBackup.hash(place.resolve("disk/wal"));
        var again = restore(place.resolve("data"), "--tablespace-map-all", place.resolve("more").toString());
        assertEquals(0, again.exit(), again::toString);
        var wal = place.resolve("data/pg_wal").toRealPath();
        assertTrue(wal.startsWith(place.resolve("disk")) && !wal.equals(place.resolve("disk/wal")), wal::toString);
        assertTrue(again.err().contains("WAL to " + wal), again::toString);
        assertEquals(old, BareBackup.hash(place.resolve("disk/wal")), "the WAL of the old cluster is kept with it");
        var inUse = restore(place("wal2").resolve("data"), "--waldir", wal.toString(), "--dry-run");
        assertEquals(12, inUse.exit(), inUse::toString);
    }

    @Test
    void what_the_server_here_lacks_is_said_before_anything_is_unpacked() throws IOException {
        var other = home.resolve("other");
        BareBackup.copy(backup, other);
        var print = other.resolve("backup.json");
        Files.writeString(
            print,
            Files.readString(print).replaceFirst("(\"extensions\" : \\{)", "$1\n      \"postgis\" : \"3.4.2\","));
        var place = place("lacks");
        var planned = Tool.of("restore")
            .run(
                other.toString(),
                "-D",
                place.resolve("data").toString(),
                "--dry-run",
                "--tablespace-map-all",
                place + "/s");
        assertEquals(0, planned.exit(), planned::toString);
        assertTrue(planned.err().contains("the extension postgis 3.4.2 is not in the server here"), planned::toString);
        assertFalse(Files.exists(place.resolve("data")));
    }

    @Test
    void a_standby_follows_and_its_files_hold_no_password() throws IOException {
        var place = place("standby");
        var arguments = List.of(
            backup.toString(),
            "-D",
            place.resolve("data").toString(),
            "--force",
            "--as-standby",
            "--tablespace-map-all",
            place.resolve("spaces").toString());
        var done = Tool.of("restore")
            .with(cluster.environment())
            .with("PGPASSWORD", "canary-4711")
            .run(arguments.toArray(String[]::new));
        assertEquals(0, done.exit(), done::toString);
        assertTrue(done.err().contains("a standby of") && done.err().contains("pg_stat_wal_receiver"), done::toString);
        var settings = Files.readString(place.resolve("data/postgresql.auto.conf"));
        assertFalse(settings.contains("canary"), settings);
        var standby = Cluster.around(place.resolve("data"), place);
        standby.start();
        try {
            cluster.sql("CREATE TABLE later AS SELECT 7 AS i");
            var answer = "";
            for (int i = 0; i < 600 && !answer.equals("t|7"); i++) {
                Thread.sleep(100);
                if (standby.sql("SELECT to_regclass('later')").isEmpty()) continue;
                answer = standby.sql("SELECT pg_is_in_recovery(), i FROM later");
            }
            assertEquals("t|7", answer, standby::log);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            standby.close();
        }
    }

    @Test
    void a_directory_for_temporary_files_that_nothing_can_be_loaded_from_is_no_obstacle() throws IOException {
        var place = place("noexec");
        assertEquals(0, Tool.of("restore").run("--help").exit());   // JBang, which is not meant here, has built it then
        var done = Tool.of("restore")
            .with("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=/proc")
            .run(
                backup.toString(),
                "-D",
                place.resolve("data").toString(),
                "--force",
                "--tablespace-map-all",
                place.resolve("spaces").toString());
        assertEquals(0, done.exit(), done::toString);
        assertFalse(Files.exists(place.resolve("data.restoring")));
    }

    @Test
    void a_file_system_that_runs_no_programs_is_no_obstacle() throws IOException {
        Assumptions.assumeTrue(Cluster.isRoot(), "only root can mount a file system");
        var place = place("mounted-noexec");
        var mount = Files.createDirectory(place.resolve("tmp"));
        var mounted =
            Program.of(List.of("mount", "-t", "tmpfs", "-o", "noexec,mode=1777", "tmpfs", mount.toString())).capture();
        Assumptions.assumeTrue(mounted.ok(), mounted::stderr);
        try {
            var done = Tool.of("restore")
                .with("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + mount)
                .with("TMPDIR", mount.toString())
                .run(
                    backup.toString(),
                    "-D",
                    place.resolve("data").toString(),
                    "--force",
                    "--tablespace-map-all",
                    place.resolve("spaces").toString());
            assertEquals(0, done.exit(), done::toString);
            assertFalse(Files.exists(place.resolve("data.restoring")));
            try (var left = Files.list(mount)) {
                assertEquals(List.of(), left.toList());
            }
        } finally {
            Program.of(List.of("umount", mount.toString())).capture();
        }
    }

    private static Tool.Result restore(Path data, String... more) {
        var all = new ArrayList<>(List.of(backup.toString(), "-D", data.toString(), "--force", "--as-original"));
        all.addAll(List.of(more));
        return Tool.of("restore").run(all.toArray(String[]::new));
    }

    private static String asked(Path place, String sql) {
        var restored = Cluster.around(place.resolve("data"), place);
        restored.start();
        try {
            return restored.sql(sql);
        } finally {
            restored.stop();
        }
    }

    private static Path place(String name) throws IOException {
        var place = Files.createDirectory(home.resolve(name));
        Cluster.giveToServer(place);
        return place;
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
