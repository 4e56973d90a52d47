import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import lib.Console;
import lib.Program;
import lib.archive.WalArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@code backup.java receive} keeps, and what it says of the troubles that it can have. */
@Tag("local")
class ReceiveTest {
    private static Cluster cluster;

    @BeforeAll
    static void a_cluster() {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create("max_slot_wal_keep_size = 64MB", "max_wal_size = 64MB");
        cluster.sql("CREATE TABLE filler (i int, text text)");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void finished_segments_are_compressed_and_the_newest_stays_as_it_is() throws IOException {
        var backups = Files.createTempDirectory(cluster.home(), "finished-");
        var numbers = backups.resolve("receive.prom");
        try (var receiver = Reception.of(cluster, backups, "--metrics", numbers.toString())) {
            receiver.await("numbers", () -> read(numbers).contains("receive_reachable_timestamp_seconds{"));
            assertTrue(read(numbers).contains("state=\"reserved\"} 1\n"), () -> read(numbers));
            assertTrue(read(numbers).contains("receive_lag_bytes"), () -> read(numbers));
            segments(3);
            receiver.awaitNow();

            var line = receiver.archive().lines().getFirst();
            receiver.await("compressed", () -> kinds(receiver).endsWith("STORED PLAIN PARTIAL"));
            assertEquals(1, receiver.archive().stretches(receiver.archive().lines().getFirst()).size(), "no gap");
            var plain = cluster.data().resolve("pg_wal").resolve(line.segments().firstEntry().getValue().name());
            if (Files.exists(plain)) {
                var first = receiver.archive().lines().getFirst().segments().firstEntry().getValue();
                try (var in = WalArchive.open(first, null)) {
                    assertEquals(-1, Arrays.mismatch(Files.readAllBytes(plain), in.readAllBytes()));
                }
            }
            assertEquals("receiving", receiver.status().state());
            assertEquals("rwx------", mode(receiver.archive().directory()));
            var another = Tool.of("backup").with(cluster.environment()).run("receive", "-o", backups.toString());
            assertEquals(12, another.exit(), another::toString);
            assertTrue(another.err().contains("another receiver is at work in"), another::toString);
        }
        assertTrue(read(numbers).contains("\"} 0\n"), () -> "it has ended: " + read(numbers));
        stop(backups);
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void when_the_receiver_is_killed_nothing_of_it_runs_on_and_the_next_one_leaves_no_gap() throws IOException {
        var backups = Files.createTempDirectory(cluster.home(), "killed-");
        try (var receiver = Reception.of(cluster, backups)) {
            segments(1);
            receiver.kill();
            receiver.await("pg_receivewal has ended", () -> walsenders(receiver.status().slot()) == 0);
            segments(2);
            receiver.start();
            receiver.awaitNow();
            assertEquals(1, receiver.archive().stretches(receiver.archive().lines().getFirst()).size());
        }
        stop(backups);
    }

    /** As after a kill between two steps: the compressed file is there, and the plain one is not yet removed. */
    @Test
    void what_a_kill_within_the_compression_leaves_is_put_right() throws IOException {
        var backups = Files.createTempDirectory(cluster.home(), "leftovers-");
        try (var receiver = Reception.of(cluster, backups)) {
            segments(3);
            receiver.awaitNow();
            receiver.await("compressed", () -> kinds(receiver).endsWith("STORED PLAIN PARTIAL"));
            receiver.kill();
            receiver.await("pg_receivewal has ended", () -> walsenders(receiver.status().slot()) == 0);
            var line = receiver.archive().lines().getFirst();
            var stored = line.segments().values().stream().filter(s -> s.kind() == WalArchive.Kind.STORED).toList();
            var whole = Files.readAllBytes(stored.getFirst().file());
            for (var segment : stored) {
                try (var in = WalArchive.open(segment, null)) {
                    Files.copy(in, line.directory().resolve(segment.name()));
                }
            }
            var newest = line.segments()
                .values()
                .stream()
                .filter(s -> s.kind() == WalArchive.Kind.PLAIN)
                .findFirst()
                .orElseThrow();
            // half a compressed file of the newest one, and a segment that pg_receivewal had only begun to reserve
            Files.write(line.directory().resolve("." + newest.name() + ".zst.partial-4711"), new byte[] {40, -75});
            var partial = line.segments().lastEntry().getValue();
            try (var begun = FileChannel.open(partial.file(), StandardOpenOption.WRITE)) {
                begun.truncate(4 << 20);
            }
            receiver.start();
            segments(1);
            receiver.awaitNow();
            var after = receiver.archive().lines().getFirst();
            assertEquals(1, receiver.archive().stretches(after).size(), "no gap");
            assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(stored.getFirst().file())));
            assertFalse(Files.exists(line.directory().resolve(stored.getFirst().name())), "the plain one is gone");
            try (var names = Files.list(line.directory())) {
                assertTrue(names.noneMatch(f -> f.getFileName().toString().contains(".partial-")));
            }
            long number = partial.number();
            receiver.await(
                "the segment that was cut off came again, whole",
                () -> receiver.archive().lines().getFirst().segments().containsKey(number));
        }
        stop(backups);
    }

    @Test
    void a_slot_over_its_limit_is_lost_and_the_gap_is_named() throws IOException {
        var backups = Files.createTempDirectory(cluster.home(), "lost-");
        try (var receiver = Reception.of(cluster, backups)) {
            segments(1);
            receiver.awaitNow();
            var slot = receiver.status().slot();
            receiver.end();
            for (int i = 0; i < 20 && !"lost".equals(walStatus(slot)); i++) segments(3);
            assertEquals("lost", walStatus(slot));
            receiver.start();
            receiver.awaitNow();
            assertTrue(receiver.said().contains("the replication slot " + slot + " is lost"), receiver::said);
            assertTrue(receiver.said().contains("take a new backup now"), receiver::said);
            assertEquals(2, receiver.archive().stretches(receiver.archive().lines().getFirst()).size());
        }
        stop(backups);
    }

    @Test
    void a_slot_that_was_dropped_begins_a_directory_of_its_own() throws IOException {
        var backups = Files.createTempDirectory(cluster.home(), "dropped-");
        try (var receiver = Reception.of(cluster, backups)) {
            segments(1);
            receiver.awaitNow();
            receiver.end();
            cluster.sql("SELECT pg_drop_replication_slot('" + receiver.status().slot() + "')");
            receiver.start();
            receiver.awaitNow();
            assertTrue(receiver.said().contains("is gone: it was dropped, or a backup was restored"), receiver::said);
            var lines = receiver.archive().lines();
            assertEquals(List.of(false, true), lines.stream().map(WalArchive.Line::isSetAside).toList());
        }
        stop(backups);
    }

    @Test
    void stop_ends_the_receiver_and_drops_its_slot() throws IOException {
        var backups = Files.createTempDirectory(cluster.home(), "stop-");
        try (var receiver = Reception.of(cluster, backups)) {
            var slot = receiver.status().slot();
            stop(backups);
            receiver.end();
            assertEquals(
                "0",
                cluster.sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + slot + "'"));
            assertEquals("ended", receiver.status().state());
        }
    }

    @Test
    void a_full_disk_is_said_and_when_there_is_space_again_nothing_is_missing() throws IOException {
        Assumptions.assumeTrue(Cluster.isRoot(), "only root may mount a small disk");
        var disk = Files.createTempDirectory(cluster.home(), "small-");
        var mounted = Program.of(List.of("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk.toString())).capture();
        Assumptions.assumeTrue(mounted.ok(), "cannot mount a small disk here: " + mounted.stderr().strip());
        try (var receiver = Reception.of(cluster, disk.resolve("backups"))) {
            segments(1);
            receiver.awaitNow();
            Files.write(disk.resolve("ballast"), new byte[(int) disk.toFile().getUsableSpace()]);
            for (int i = 0; i < 3 && !receiver.said().contains("is full"); i++) segments(1);
            receiver.awaitSaid("is full: nothing is received until there is space");
            assertTrue(receiver.said().contains("HINT: free some: backup.java prune"), receiver::said);
            Files.delete(disk.resolve("ballast"));
            receiver.awaitNow();
            assertEquals(1, receiver.archive().stretches(receiver.archive().lines().getFirst()).size());
            receiver.end();
            stop(disk.resolve("backups"));
        } finally {
            Program.of(List.of("umount", "-l", disk.toString())).capture();
        }
    }

    @Test
    void what_is_not_a_slot_name_is_wrong_usage() throws IOException {
        var result = Tool.of("backup").with(cluster.environment()).run("receive", "--slot", "No Slot");
        assertEquals(2, result.exit(), result::toString);
    }

    private static void stop(Path backups) {
        var result = Tool.of("backup").with(cluster.environment()).run("receive", "--stop", "-o", backups.toString());
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.err().contains("dropped the replication slot"), result::toString);
    }

    private static void segments(int count) {
        for (int i = 0; i < count; i++) {
            cluster.sql("INSERT INTO filler SELECT g, md5(g::text) FROM generate_series(1, 1000) AS g");
            cluster.sql("SELECT pg_switch_wal()");
        }
        cluster.sql("INSERT INTO filler VALUES (0, 'the last one')");
        cluster.sql("CHECKPOINT");
    }

    private static String kinds(Reception receiver) {
        var kinds = receiver.archive().lines().getFirst().segments().values().stream().map(s -> s.kind().name());
        return String.join(" ", kinds.toList());
    }

    private static String walStatus(String slot) {
        return cluster.sql("SELECT wal_status FROM pg_replication_slots WHERE slot_name = '" + slot + "'");
    }

    private static int walsenders(String slot) {
        return Integer.parseInt(
            cluster.sql("SELECT count(*) FROM pg_stat_replication WHERE application_name = '" + slot + "'"));
    }

    private static String mode(Path directory) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory));
    }
}
