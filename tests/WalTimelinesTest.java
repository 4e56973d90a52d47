import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import lib.Console;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server that goes on from an earlier state, or as another one: each moment still has the rows that it had. */
@Tag("local")
class WalTimelinesTest {
    private Cluster cluster;
    private Path backups;

    @BeforeEach
    void a_cluster() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        backups = Files.createTempDirectory(cluster.home(), "backups-");
        cluster.sql("CREATE TABLE counted (i int)");
    }

    @AfterEach
    void away() {
        if (cluster != null) cluster.close();
    }

    /** Restored without --at it goes on under the same timeline number: two histories of one name. */
    @Test
    void after_a_backup_was_restored_as_it_is_the_time_before_and_after_are_told_apart() throws IOException {
        try (var receiver = Reception.of(cluster, backups)) {
            var first = backup();
            var moments = new ArrayList<Instant>();
            for (int i = 1; i <= 2; i++) {
                cluster.sql("INSERT INTO counted VALUES (" + i + ")");
                moments.add(now());
                backup();
            }
            cluster.sql("INSERT INTO counted VALUES (3)");
            receiver.awaitNow();

            cluster.stop();
            var asItIs = Tool.of("restore").run(first, "-D", cluster.data().toString(), "--force");
            assertEquals(0, asItIs.exit(), asItIs::toString);
            cluster.start();
            receiver.awaitSaid("What was received before is kept in");
            // until the new history has passed the places where the backups of the old one ended
            for (int i = 0; i < 12; i++) {
                cluster.sql("INSERT INTO counted VALUES (100)");
                cluster.sql("SELECT pg_switch_wal()");
            }
            receiver.awaitNow();

            assertEquals("1", counted(restored("--at", moments.get(0).toString())));
            assertEquals("1,2", counted(restored("--at", moments.get(1).toString())));
            var later = restore(cluster.home().resolve("nowhere"), "--at", "latest");
            assertEquals(11, later.exit(), later::toString);
            assertTrue(later.err().contains("no backup ends within the WAL that is here"), later::toString);

            backup();
            cluster.sql("DELETE FROM counted WHERE i = 100");
            cluster.sql("INSERT INTO counted VALUES (4)");
            receiver.awaitNow();
            assertEquals("4", counted(restored("--at", "latest")));
            assertEquals("1,2", counted(restored("--at", moments.get(1).toString())));
        }
    }

    /** Without a commit in the received WAL only the backup itself tells what is before it. */
    @Test
    void a_moment_before_the_backup_is_refused_where_nothing_was_committed_since() throws IOException {
        cluster.sql("INSERT INTO counted VALUES (1)");
        var before = now();
        cluster.sql("INSERT INTO counted VALUES (2)");
        cluster.sql("SELECT pg_switch_wal()");
        try (var receiver = Reception.of(cluster, backups)) {
            backup();
            var after = now();
            receiver.awaitNow();
            var early = restore(cluster.home().resolve("nowhere"), "--at", before.toString(), "--dry-run");
            assertEquals(11, early.exit(), early::toString);
            assertTrue(early.err().contains("it is before the end of the earliest backup"), early::toString);
            assertEquals("1,2", counted(restored("--at", after.toString())));
        }
    }

    @Test
    void a_standby_that_becomes_the_server_is_received_on_under_its_new_timeline() throws IOException {
        var place = Files.createDirectory(cluster.home().resolve("standby"));
        BareBackup.take(cluster, place.resolve("data"), "-Fp", "-R");
        Cluster.giveToServer(place);
        var standby = Cluster.around(place.resolve("data"), place);
        standby.start();
        try (var receiver = Reception.of(standby, backups)) {
            cluster.sql("INSERT INTO counted VALUES (1)");
            receiver.awaitNow();
            cluster.stop();
            standby.sql("SELECT pg_promote()");
            standby.sql("INSERT INTO counted VALUES (2)");
            receiver.awaitNow();
            receiver.await("timeline 2 has a directory of its own", () -> !receiver.archive().line(2).isEmpty());
            var made = Tool.of("backup").with(standby.environment()).run("-o", backups.toString(), "--no-progress");
            assertEquals(0, made.exit(), made::toString);
            standby.sql("INSERT INTO counted VALUES (3)");
            receiver.awaitNow();
            assertEquals("1,2,3", counted(restored("--at", "latest")));
        } finally {
            standby.stop();
        }
    }

    private String backup() {
        var result = Tool.of("backup").with(cluster.environment()).run("-o", backups.toString(), "--no-progress");
        assertEquals(0, result.exit(), result::toString);
        return result.out().strip();
    }

    private Instant now() {
        return Instant.parse(
            cluster.sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    }

    private static String counted(Cluster copy) {
        try (copy) {
            return copy.sql("SELECT string_agg(i::text, ',' ORDER BY i) FROM counted");
        }
    }

    /** A started copy of that moment. */
    private Cluster restored(String... moment) throws IOException {
        var place = Files.createTempDirectory(cluster.home(), "restored-");
        Cluster.giveToServer(place);
        var result = restore(place.resolve("data"), moment);
        assertEquals(0, result.exit(), result::toString);
        var copy = Cluster.around(place.resolve("data"), place);
        copy.start();
        return copy;
    }

    private Tool.Result restore(Path data, String... moment) {
        var arguments = new ArrayList<>(
            List.of("latest", "-o", backups.toString(), "-D", data.toString(), "--force"));
        arguments.addAll(List.of(moment));
        return Tool.of("restore").run(arguments.toArray(String[]::new));
    }
}
