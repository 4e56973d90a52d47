import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import lib.Console;
import lib.Failure;
import lib.archive.BackupDirectory;
import lib.archive.RestorableBackup;
import lib.restore.Restoration;
import lib.restore.RestoreOptions;
import lib.restore.RestorePlan;
import lib.restore.Staging;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How a restore could lose data: two at once, a server that comes up in between, a directory that belongs to another
 * cluster. It does not.
 */
@Tag("local")
class RestoreSafetyTest {
    private static Cluster cluster;
    private static Path home;
    private static Path space;
    private static Path backup;

    @BeforeAll
    static void a_backup_with_a_tablespace() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        home = cluster.home();
        space = Files.createDirectory(home.resolve("space"));
        Cluster.giveToServer(space);
        cluster.sql("CREATE TABLESPACE fast LOCATION '" + space + "'");
        cluster.sql("CREATE TABLE there TABLESPACE fast AS SELECT i FROM generate_series(1, 2000) AS i");
        backup = BareBackup.take(cluster, home.resolve("backup"), "-Ft", "-Z", "client-gzip:1");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void a_second_restore_into_the_same_place_does_not_touch_the_first() throws IOException {
        var place = place("twice");
        var data = place.resolve("data");
        try (var first = Staging.create(Staging.Journal.begin("/backup", data, null, List.of()))) {
            Files.createDirectory(first.directory().resolve("global"));
            Files.writeString(first.directory().resolve("global/pg_control.restoring"), "control");
            assertRefused("another restore into this place is under way", () -> Staging.settle(data));
            first.complete();      // from here on it waits for the old server to stop: that can take minutes
            assertRefused("another restore into this place is under way", () -> Staging.settle(data));
            assertRefused(
                "another restore into this place is under way",
                () -> Staging.create(Staging.Journal.begin("/backup", data, null, List.of())));
            first.swap();
        }
        assertEquals("control", Files.readString(data.resolve("global/pg_control")));
        assertEquals(List.of("global"), names(data));
    }

    @Test
    void two_restores_into_one_tablespace_do_not_mix() throws IOException {
        var place = place("shared");
        var target = place.resolve("space");
        var one = plan(place.resolve("one"), target);
        var two = plan(place.resolve("two"), target);   // both see an empty place
        Restoration.run(one);
        var whole = BareBackup.hash(target);
        assertRefused(target + " is in use", () -> Restoration.run(two));
        assertEquals(whole, BareBackup.hash(target));
        assertEquals(List.of("one", "space"), names(place));
    }

    @Test
    void a_mark_of_an_older_restore_gives_no_right_to_a_tablespace() throws IOException {
        var place = place("marked");
        var target = place.resolve("space");
        Restoration.run(plan(place.resolve("data"), target));
        // As after a kill in the last moment, and somebody who removed the journal by hand and started the server.
        Files.writeString(
            target.resolve("restore-in-progress.json"),
            "{\"id\":\"old\",\"backup\":\"b\",\"data\":\"%s\",\"keepAs\":null,\"tablespaces\":[\"%s\"],\"whole\":true}"
                .formatted(place.resolve("data"), target));
        var whole = BareBackup.hash(target);
        assertRefused("is in use", () -> plan(place.resolve("data"), target));
        Files.createDirectory(Staging.directoryFor(place.resolve("data")));
        Files.writeString(
            Staging.directoryFor(place.resolve("data")).resolve("restore-in-progress.json"),
            "{\"id\":\"new\",\"backup\":\"b\",\"data\":\"%s\",\"keepAs\":null,\"tablespaces\":[\"%s\"],\"whole\":false}"
                .formatted(place.resolve("data"), target));
        assertTrue(Staging.settle(place.resolve("data")).isEmpty());
        assertEquals(whole, BareBackup.hash(target));
        assertTrue(Files.notExists(Staging.directoryFor(place.resolve("data"))));
    }

    @Test
    void a_server_that_is_started_just_before_the_swap_keeps_its_cluster() throws IOException {
        var place = place("started");
        var old = Cluster.around(place.resolve("data"), place);
        old.asServer(
            List.of(
                old.programs().program("initdb").toString(),
                "-D",
                old.data().toString(),
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync"));
        Files.writeString(
            old.data().resolve("postgresql.conf"),
            "\nlisten_addresses = '127.0.0.1'\nshared_buffers = 32MB\n",
            StandardOpenOption.APPEND);
        var kept = place.resolve("data.before-restore-20250704_165326");
        try (var staging = Staging.create(Staging.Journal.begin("/backup", old.data(), kept, List.of()))) {
            Files.createDirectory(staging.directory().resolve("global"));
            Files.writeString(staging.directory().resolve("global/pg_control.restoring"), "control");
            staging.complete();
            old.start();
            assertRefused("a server was started on " + old.data(), staging::swap);
        }
        old.sql("CREATE TABLE after_it AS SELECT 1");
        assertEquals("1", old.sql("SELECT count(*) FROM after_it"));
        old.stop();
        assertEquals(List.of("data", "log"), names(place));
        old.start();
        assertEquals("1", old.sql("SELECT count(*) FROM after_it"));
        old.close();
    }

    @Test
    void a_tablespace_never_goes_into_the_data_directory_not_even_through_a_link() throws IOException {
        var place = place("linked");
        var data = place.resolve("data");
        BareBackup.copy(cluster.data(), data);
        Files.delete(data.resolve("postmaster.pid"));
        Files.createSymbolicLink(place.resolve("link"), data);
        assertRefused("lies in the data directory", () -> plan(data, place.resolve("link/space")));
    }

    @Test
    void what_an_interrupted_restore_left_in_a_cluster_is_not_restored_with_it() throws IOException {
        var place = place("left");
        for (var name : List.of("restore-in-progress.json", "restore-in-progress.lock")) {
            Files.writeString(cluster.data().resolve(name), "{}");
        }
        Files.writeString(space.resolve("restore-in-progress.json"), "{}");
        Path with;
        try {
            with = BareBackup.take(cluster, home.resolve("with-journal"), "-Ft");
        } finally {
            for (var name : List
                .of(
                    "data/restore-in-progress.json",
                    "data/restore-in-progress.lock",
                    "space/restore-in-progress.json")) {
                Files.delete(home.resolve(name));
            }
        }
        Restoration.run(plan(with, place.resolve("data"), place.resolve("space")));
        assertTrue(
            Files.notExists(place.resolve("data/restore-in-progress.json"))
                && Files.notExists(place.resolve("data/restore-in-progress.lock")));
        assertTrue(Files.notExists(place.resolve("space/restore-in-progress.json")));
    }

    private interface Act {
        void run() throws IOException;
    }

    private static void assertRefused(String part, Act act) {
        var failure = assertThrows(Failure.class, act::run);
        assertTrue(failure.getMessage().contains(part), failure::getMessage);
    }

    private static RestorePlan plan(Path data, Path tablespace) throws IOException {
        return plan(backup, data, tablespace);
    }

    private static RestorePlan plan(Path from, Path data, Path tablespace) throws IOException {
        var options = RestoreOptions.of("-D", data.toString(), "--tablespace", space + "=" + tablespace);
        var source = new RestorePlan.Source(RestorableBackup.of(BackupDirectory.open(from), null), null);
        return RestorePlan.make(source, options, Instant.now());
    }

    private static Path place(String name) throws IOException {
        var place = Files.createDirectory(home.resolve(name));
        Cluster.giveToServer(place);
        return place;
    }

    private static List<String> names(Path directory) throws IOException {
        try (var names = Files.list(directory)) {
            return names.map(name -> name.getFileName().toString()).sorted().toList();
        }
    }
}
