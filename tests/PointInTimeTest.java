import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.Console;
import lib.Failure;
import lib.Program;
import lib.archive.WalArchive;
import lib.archive.WalMoments;
import lib.archive.WalRecords;
import lib.restore.PointInTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Received WAL brings a backup to any moment: not one commit too few, not one too many, and what cannot be reached is
 * refused.
 */
@Tag("local") @Order(3)
class PointInTimeTest {
    /** More by hand: WAL_KILLS=20. */
    private static final int KILLS = Integer.parseInt(System.getenv().getOrDefault("WAL_KILLS", "2"));

    private static Cluster cluster;
    private static Path home;
    private static Path backups;
    private static Reception receiver;
    private static Instant beforeTheBackup;

    @BeforeAll
    static void a_cluster_whose_wal_is_received() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        home = cluster.home();
        backups = Files.createTempDirectory(home, "backups-");
        cluster.sql("CREATE TABLE ledger (number bigint PRIMARY KEY)");
        cluster.sql("CREATE TABLE stations AS SELECT g AS id, md5(g::text) AS name FROM generate_series(1, 5000) AS g");
        receiver = Reception.of(cluster, backups);
        beforeTheBackup = now();
        cluster.sql("INSERT INTO stations VALUES (-3, 'committed before the backup')");
        backup();
    }

    @AfterAll
    static void away() {
        if (receiver != null) receiver.close();
        if (cluster != null) cluster.close();
    }

    @Test
    void a_moment_between_two_commits_has_the_first_and_not_the_second() throws Exception {
        cluster.sql("CREATE TABLE counted (i int)");
        var moments = new ArrayList<Instant>();
        for (int i = 1; i <= 3; i++) {
            cluster.sql("INSERT INTO counted VALUES (" + i + ")");
            moments.add(now());
            Thread.sleep(20);
        }
        cluster.sql("SELECT pg_create_restore_point('before the import')");
        cluster.sql("INSERT INTO counted VALUES (4)");
        receiver.awaitNow();

        assertEquals("1,2", counted("--at", moments.get(1).toString().replace("T", " ").replace("Z", "+00")));
        assertEquals("1,2,3", counted("--to", "before the import"));
        assertEquals("1,2,3,4", counted("--at", "latest"));
    }

    @Test
    void moments_that_cannot_be_reached_are_refused_with_those_that_can() {
        receiver.awaitNow();
        var early = restore(home.resolve("nowhere"), "--at", beforeTheBackup.toString());
        assertEquals(11, early.exit(), early::toString);
        assertTrue(early.err().contains("it is before the end of the earliest backup"), early::toString);
        assertTrue(early.err().contains("HINT: any moment can be restored from"), early::toString);
        var late = restore(home.resolve("nowhere"), "--at", "2099-01-01 00:00:00+00");
        assertEquals(11, late.exit(), late::toString);
        assertTrue(late.err().contains("it is after the last WAL that was received"), late::toString);
        var unknown = restore(home.resolve("nowhere"), "--to", "nobody made this one");
        assertEquals(11, unknown.exit(), unknown::toString);
        var both = restore(home.resolve("nowhere"), "--to", "a", "--at", "latest");
        assertEquals(2, both.exit(), both::toString);
        var standby = restore(home.resolve("nowhere"), "--at", "latest", "--as-standby");
        assertEquals(2, standby.exit(), standby::toString);
        assertTrue(standby.err().contains("a standby follows that of its primary"), standby::toString);
        assertTrue(!Files.exists(home.resolve("nowhere")));
    }

    @Test
    void a_moment_within_a_gap_is_refused_and_list_names_the_gap() throws Exception {
        var copy = home.resolve("gap");
        var times = new ArrayList<Instant>();
        for (int i = 0; i < 4; i++) {
            cluster.sql("INSERT INTO stations VALUES (-1, 'gap')");
            times.add(now());
            cluster.sql("SELECT pg_switch_wal()");
        }
        cluster.sql("INSERT INTO stations VALUES (-2, 'after the gap')");
        receiver.awaitNow();
        receiver.await("all is compressed", () -> plain() == 1);
        BareBackup.copy(backups, copy);
        var archive = WalArchive.in(copy).getFirst();
        var target = WalMoments.of(archive, copy, null).at(times.get(1).minusMillis(1));
        var row = archive.stretches(target.line()).getFirst();
        var missing = row.stream().filter(s -> s.number() == target.stop() / archive.segmentBytes()).findFirst();
        Files.delete(missing.orElseThrow().file());

        var moments = WalMoments.of(WalArchive.in(copy).getFirst(), copy, null);
        var refused = assertThrows(Failure.class, () -> moments.at(times.get(1)));
        assertTrue(refused.getMessage().contains("it lies in a gap"), refused::getMessage);
        assertEquals(1, moments.gaps().size());
        assertEquals(missing.get().name(), moments.gaps().getFirst().firstMissing());
        assertTrue(moments.at(times.get(0).minusMillis(1)).stop() > 0, "before the gap all is well");
        var list = Tool.of("backup").run("list", "-o", copy.toString());
        assertTrue(list.out().contains("WAL is missing there, " + missing.get().name()), list::toString);
    }

    @Test
    void our_reading_of_wal_is_that_of_pg_waldump() throws IOException {
        Assumptions.assumeTrue(cluster.programs().has("pg_waldump"), "no pg_waldump here");
        cluster.sql("INSERT INTO stations SELECT g, 'x' FROM generate_series(1, 20000) AS g");
        cluster.sql("DROP TABLE IF EXISTS never");
        cluster.sql("CREATE TABLE never AS SELECT 1 AS one");
        cluster.sql("DROP TABLE never");
        cluster.sql("SELECT pg_switch_wal()");
        receiver.awaitNow();
        var archive = WalArchive.in(backups).getFirst();
        var row = archive.stretches(archive.lines().getFirst()).getFirst();
        var plain = Files.createTempDirectory(home, "plain-");
        for (var segment : row) {
            try (var in = WalArchive.open(segment, null)) {
                Files.copy(in, plain.resolve(segment.name()));
            }
        }
        Cluster.giveToServer(plain);
        var ours = new StringBuilder();
        long last = 0;
        try (var records = WalRecords.of(archive, row.subList(0, row.size() - 1), null)) {
            while (records.next()) {
                last = records.lsn();
                records.commit()
                    .ifPresent(
                        c -> ours.append(Integer.toUnsignedLong(records.transaction()))
                            .append(' ')
                            .append(c.time().toString().replaceAll("\\.?0*Z", ""))
                            .append(' ')
                            .append(c.dropped().size())
                            .append('\n'));
            }
        }
        var dump = Program.of(
            List.of(
                cluster.programs().program("pg_waldump").toString(),
                "--path=" + plain,
                "--rmgr=Transaction",
                row.getFirst().name(),
                row.get(row.size() - 2).name()))
            .with(Map.of("TZ", "UTC"))
            .capture();
        var theirs = new StringBuilder();
        var line = Pattern.compile("tx: +(\\d+), .*desc: COMMIT (\\S+) (\\S+) UTC(.*)");
        dump.stdout().lines().map(line::matcher).filter(Matcher::find).forEach(m -> {
            var rels = Pattern.compile("rels: ([^;]*)").matcher(m.group(4));
            theirs.append(m.group(1))
                .append(' ')
                .append((m.group(2) + "T" + m.group(3)).replaceAll("\\.?0*$", ""))
                .append(' ')
                .append(rels.find() ? rels.group(1).strip().split(" ").length : 0)
                .append('\n');
        });
        assertTrue(last > 0);
        assertEquals(theirs.toString(), ours.toString());
    }

    /** The server, the receiver, or both are killed at random moments while rows are committed; the seed is printed. */
    @Test
    void what_was_committed_a_second_before_a_kill_comes_back() throws Exception {
        long seed = System.nanoTime();
        System.err.println("kills of server and receiver: seed " + seed);
        var random = new Random(seed);
        try (var ledger = Ledger.into(cluster)) {
            for (int i = 0; i < KILLS * 3; i++) {
                Thread.sleep(1500 + random.nextInt(1500));
                boolean server = i % 3 != 1;
                boolean alsoReceiver = i % 3 != 0;
                long killedAt = System.nanoTime();
                if (server) killServer();
                if (alsoReceiver) receiver.kill();
                if (server) {
                    Thread.sleep(500);
                    assertLedger(restored("--at", "latest"), ledger.committedBefore(killedAt - 1_000_000_000L));
                    cluster.start();
                }
                if (alsoReceiver) receiver.start();
                receiver.awaitNow();
            }
        }
        receiver.awaitNow();
        var all = Long.parseLong(cluster.sql("SELECT max(number) FROM ledger"));
        assertLedger(restored("--at", "latest"), all);
        assertEquals(
            1,
            receiver.archive().stretches(receiver.archive().lines().getFirst()).size(),
            "no kill makes a gap");
    }

    /** The server that replays runs as the user of the data: it has to get there, and that is known beforehand. */
    @Test
    void a_place_that_the_server_cannot_enter_is_told_before_anything_starts() throws IOException {
        Assumptions.assumeTrue(Cluster.isRoot(), "an ordinary user replays as itself");
        var closed = Files.createTempDirectory("closed-");      // mode 0700, ours
        try {
            var refused = restore(closed.resolve("below/data"), "--at", "latest");
            assertEquals(12, refused.exit(), refused::toString);
            assertTrue(refused.err().contains("cannot enter " + closed), refused::toString);
            assertTrue(refused.err().contains("chmod o+x " + closed), refused::toString);
            assertFalse(refused.err().contains("unpack"), refused::toString);
            assertFalse(Files.exists(closed.resolve("below")));
        } finally {
            Cluster.delete(closed);
        }
    }

    private static void killServer() throws IOException, InterruptedException {
        var pid = Long.parseLong(Files.readAllLines(cluster.data().resolve("postmaster.pid")).getFirst());
        var family = new ArrayList<>(ProcessHandle.of(pid).orElseThrow().children().toList());
        family.add(ProcessHandle.of(pid).orElseThrow());
        family.reversed().forEach(ProcessHandle::destroyForcibly);
        for (var process : family) {
            while (process.isAlive()) Thread.sleep(20);
        }
        Files.deleteIfExists(cluster.data().resolve("postmaster.pid"));
    }

    private static void assertLedger(Cluster copy, long atLeast) {
        try (copy) {
            var answer = copy.sql("SELECT count(*), coalesce(max(number), 0) FROM ledger").split("\\|");
            assertEquals(answer[1], answer[0], "no row is missing between");
            assertTrue(
                Long.parseLong(answer[1]) >= atLeast,
                () -> answer[1] + " came back, and " + atLeast + " were committed");
        }
    }

    private static long plain() {
        var segments = receiver.archive().lines().getFirst().segments().values();
        return segments.stream().filter(s -> s.kind() == WalArchive.Kind.PLAIN).count();
    }

    private static String counted(String... moment) {
        try (var copy = restored(moment)) {
            return copy.sql("SELECT string_agg(i::text, ',' ORDER BY i) FROM counted");
        }
    }

    /** A started copy of that moment. */
    private static Cluster restored(String... moment) {
        try {
            var place = Files.createTempDirectory(home, "restored-");
            Cluster.giveToServer(place);
            var result = restore(place.resolve("data"), moment);
            assertEquals(0, result.exit(), result::toString);
            var copy = Cluster.around(place.resolve("data"), place);
            copy.start();
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Tool.Result restore(Path data, String... moment) {
        var arguments = new ArrayList<>(
            List.of("latest", "-o", backups.toString(), "-D", data.toString(), "--force"));
        arguments.addAll(List.of(moment));
        return Tool.of("restore").run(arguments.toArray(String[]::new));
    }

    private static void backup() {
        var result = Tool.of("backup").with(cluster.environment()).run("-o", backups.toString(), "--no-progress");
        assertEquals(0, result.exit(), result::toString);
    }

    private static Instant now() {
        return Instant.parse(
            cluster.sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    }

    @Test
    void a_time_is_taken_with_its_offset_or_in_the_zone_of_this_machine() {
        var berlin = ZoneId.of("Europe/Berlin");
        var moment = Instant.parse("2025-07-04T13:30:00Z");
        for (var text : List.of(
            "2025-07-04 15:30:00+02",
            "2025-07-04T13:30:00Z",
            "2025-07-04 13:30 UTC",
            "2025-07-04 15:30",
            "2025-07-04 06:30:00.000-0700",
            "2025-07-04 15:30 Europe/Berlin",
            "2025-07-04T13:30Z",
            "2025-07-04t13:30:00z",
            "2025-07-04 13:30:00.000000 utc",
            "2025-07-04 15:30:00+02:00",
            "2025-07-04 15:30:00 +0200",
            "2025-07-04 15:30:00,000 CEST",
            " 2025-07-04 19:00 +05:30 ")) {
            assertEquals(moment, PointInTime.typed(text, null, berlin).orElseThrow().moment(), text);
        }
        for (var text : List.of(
            "yesterday",
            "2025-07-04",
            "2025-13-04 15:30",
            "15:30",
            "2025-03-30 02:30",
            "2025-02-30 12:00",
            "2025-06-31 12:00",
            "2025-07-04 24:00",
            "2025-07-04 15:30:60",
            "2025-07-04 15:30 IST",
            "2025-07-04 15:30 CET Z",
            "2025-01-04 15:30 CEST",
            "2025-07-04 15:30 +99",
            "2025-07-04 15:30 Mars/Olympus",
            "now",
            "")) {
            assertEquals(2, assertThrows(Failure.class, () -> PointInTime.typed(text, null, berlin), text).exitCode());
        }
        var twice = assertThrows(Failure.class, () -> PointInTime.typed("2025-10-26 02:30", null, berlin));
        assertTrue(twice.getMessage().contains("happened twice in Europe/Berlin"), twice::getMessage);
        assertTrue(
            twice.hint().contains("'2025-10-26 02:30+02:00'") && twice.hint().contains("'2025-10-26 02:30+01:00'"),
            twice::hint);
        for (var text : List.of("2025-10-26 02:30+01", "2025-10-26 02:30 CET")) {
            assertEquals(
                Instant.parse("2025-10-26T01:30:00Z"),
                PointInTime.typed(text, null, berlin).orElseThrow().moment(),
                text);
        }
        var fraction = PointInTime.typed("2025-07-04 15:30:00.123456789+02", null, berlin).orElseThrow();
        assertEquals(Instant.parse("2025-07-04T13:30:00.123456789Z"), fraction.moment());
        assertEquals(0x3000028L, PointInTime.typed("0/3000028", null, berlin).orElseThrow().place());
    }
}
