import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import lib.Console;
import lib.Failure;
import lib.restore.Staging;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A restore that is killed loses nothing: the old or the new cluster stands there whole, and the same command run again
 * finishes.
 */
@Tag("local")
class RestoreKillTest {
    /** More by hand: RESTORE_KILLS=50. */
    private static final int KILLS = Integer.parseInt(System.getenv().getOrDefault("RESTORE_KILLS", "2"));
    private static final int KILLS_IN_EACH_PHASE = Math.max(1, KILLS / 5);
    private static final String JOURNAL = "restore-in-progress.json";

    private static Cluster cluster;
    private static Path home;
    private static Path tar;
    private static Path plain;

    @BeforeAll
    static void a_backup() {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        home = cluster.home();
        cluster.sql(
            "CREATE TABLE filler AS SELECT i, repeat(md5(i::text), 20) AS text FROM generate_series(1, 10000) AS i");
        plain = BareBackup.take(cluster, home.resolve("plain"), "-Fp");
        cluster.sql("CREATE TABLE newer AS SELECT 1 AS one");
        var space = home.resolve("space");
        try {
            Cluster.giveToServer(Files.createDirectory(space));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cluster.sql("CREATE TABLESPACE fast LOCATION '" + space + "'");
        cluster.sql("CREATE TABLE there TABLESPACE fast AS SELECT i FROM generate_series(1, 1000) AS i");
        tar = BareBackup.take(cluster, home.resolve("tar"), "-Ft", "-Z", "client-gzip:1");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    /** Where a restore can be when it is killed, as its directories show it. */
    private enum Phase {
        NOTHING_BEGUN, UNPACKING, WHOLE_BESIDE_THE_OLD, NAMES_EXCHANGED, OLD_KEPT_BUT_NOT_CLEARED, DONE;

        static Phase of(Path data) {
            var staging = Staging.directoryFor(data);
            if (Files.exists(data.resolve(JOURNAL))) {
                return Files.exists(staging) ? NAMES_EXCHANGED : OLD_KEPT_BUT_NOT_CLEARED;
            }
            if (Files.exists(staging)) return isWhole(staging) ? WHOLE_BESIDE_THE_OLD : UNPACKING;
            return kept(data).isPresent() ? DONE : NOTHING_BEGUN;
        }

        private static boolean isWhole(Path staging) {
            try {
                return Files.readString(staging.resolve(JOURNAL)).contains("\"whole\" : true");
            } catch (IOException notYet) {
                return false;
            }
        }
    }

    /**
     * Random moments hardly ever fall between the two renames, which are milliseconds: so the kills that follow wait
     * until the directories show the phase they are meant for. Each time both clusters are there whole, and the same
     * command run again finishes.
     */
    @Test
    void kill_9_at_random_moments_and_in_each_phase_of_the_swap() throws Exception {
        var random = new Random(4711);
        var place = Files.createDirectory(home.resolve("place"));
        var data = place.resolve("data");
        BareBackup.copy(plain, data);
        Cluster.giveToServer(place);
        var old = BareBackup.hash(data);
        // what a whole new cluster looks like, and how long it takes
        var whole = restore(place.resolve("reference"), "reference");
        var expected = withoutTablespace(place.resolve("reference"));
        var hits = new EnumMap<Phase, Integer>(Phase.class);
        for (int i = 0; i < KILLS; i++) {
            var moment = whole * 1.2 * random.nextDouble();
            killAt(data, process -> {
                // the start of the JVM is no moment of interest
                while (process.isAlive() && Phase.of(data) == Phase.NOTHING_BEGUN) sleep(2);
                sleep((long) moment);
            }, old, expected, hits);
        }
        var swap = List.of(Phase.WHOLE_BESIDE_THE_OLD, Phase.NAMES_EXCHANGED, Phase.OLD_KEPT_BUT_NOT_CLEARED);
        for (var phase : swap) {
            for (int attempts = 0;
                hits.getOrDefault(phase, 0) < KILLS_IN_EACH_PHASE && attempts < 10 * KILLS_IN_EACH_PHASE; attempts++) {
                killAt(data, process -> {
                    while (process.isAlive() && Phase.of(data).compareTo(phase) < 0) Thread.onSpinWait();
                }, old, expected, hits);
            }
        }
        System.err.println("killed " + hits.values().stream().mapToInt(Integer::intValue).sum() + " times: " + hits);
        for (var phase : swap) {
            assertTrue(hits.getOrDefault(phase, 0) >= KILLS_IN_EACH_PHASE, () -> phase + " was never hit: " + hits);
        }
    }

    private static void killAt(
        Path data,
        Consumer<Process> moment,
        String old,
        Map<String, String> expected,
        Map<Phase, Integer> hits) throws Exception {
        var process = start(data);
        moment.accept(process);
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        while (process.descendants().findAny().isPresent()) sleep(10);
        var phase = Phase.of(data);
        hits.merge(phase, 1, Integer::sum);
        assertWhole(phase, data, old, expected);
        if (phase != Phase.DONE) {   // else there is nothing to finish, and its tablespace is in use
            var again = Tool.of("restore").run(command(data));
            assertEquals(0, again.exit(), () -> "killed when it was " + phase + "\n" + again);
        }
        assertWhole(Phase.DONE, data, old, expected);
        assertTrue(Files.notExists(Staging.directoryFor(data)));
        assertTrue(Files.notExists(data.resolveSibling("space").resolve(JOURNAL)));
        reset(data.getParent(), data, old);
    }

    /**
     * The old cluster is somewhere, unchanged, whenever it is; and the new one from the moment on that it is said to be
     * whole.
     */
    private static void assertWhole(Phase phase, Path data, String old, Map<String, String> expected) {
        var staging = Staging.directoryFor(data);
        var oldPlace = switch (phase) {
            case NOTHING_BEGUN, UNPACKING, WHOLE_BESIDE_THE_OLD -> data;
            case NAMES_EXCHANGED -> staging;
            case OLD_KEPT_BUT_NOT_CLEARED, DONE ->
                kept(data).orElseThrow(() -> new AssertionError("the old cluster is gone"));
        };
        assertEquals(
            old,
            BareBackup.hash(oldPlace),
            "the old cluster in " + oldPlace + ", killed when it was " + phase);
        if (phase.compareTo(Phase.WHOLE_BESIDE_THE_OLD) >= 0) {
            assertEquals(
                List.of(),
                difference(expected, withoutTablespace(phase == Phase.WHOLE_BESIDE_THE_OLD ? staging : data)),
                "the new cluster, killed when it was " + phase);
        }
    }

    private static Optional<Path> kept(Path data) {
        try (var names = Files.list(data.getParent())) {
            return names
                .filter(name -> name.getFileName().toString().startsWith(data.getFileName() + ".before-restore-"))
                .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The moments that a random kill hardly hits: between the exchange of the names and the end. */
    @Test
    void killed_within_the_swap_it_is_finished_by_the_next_run() throws Exception {
        var place = Files.createDirectory(home.resolve("swap"));
        var data = place.resolve("data");
        var kept = place.resolve("data.before-restore-20260101_000000");
        restore(place.resolve("reference"), "swap-reference");
        var expected = BareBackup.hash(place.resolve("reference"));
        var journal =
            "{\"id\":\"7\",\"backup\":\"%s\",\"data\":\"%s\",\"keepAs\":\"%s\",\"tablespaces\":[],\"whole\":true}\n"
                .formatted(tar, data, kept);

        // Exchanged, the old one still under the working name.
        BareBackup.copy(place.resolve("reference"), data);
        Files.writeString(data.resolve("restore-in-progress.json"), journal);
        BareBackup.copy(plain, Staging.directoryFor(data));
        var old = BareBackup.hash(Staging.directoryFor(data));
        assertTrue(Staging.settle(data).isPresent());
        assertEquals(expected, BareBackup.hash(data));
        assertEquals(old, BareBackup.hash(kept));

        // Without exchange: the old one is aside, the new one not yet in its place.
        Files.move(data, Staging.directoryFor(data));
        Files.writeString(Staging.directoryFor(data).resolve("restore-in-progress.json"), journal);
        assertTrue(Staging.settle(data).isPresent());
        assertEquals(expected, BareBackup.hash(data));
        assertEquals(old, BareBackup.hash(kept));

        // Killed in the first moment: the journal is not yet under its name.
        Files.createDirectory(Staging.directoryFor(data));
        Files.writeString(Staging.directoryFor(data).resolve(".restore-in-progress.json.partial-4711"), "{");
        assertTrue(Staging.settle(data).isEmpty());
        assertTrue(Files.notExists(Staging.directoryFor(data)));

        // A directory of that name that is not ours is never touched.
        BareBackup.copy(plain, Staging.directoryFor(data));
        var failure = Assertions.assertThrows(Failure.class, () -> Staging.settle(data));
        assertTrue(failure.getMessage().contains("is in the way"), failure::getMessage);
        assertEquals(old, BareBackup.hash(Staging.directoryFor(data)));
    }

    @Test
    void ctrl_c_removes_what_was_unpacked_and_ends_with_130() throws Exception {
        var place = Files.createDirectory(home.resolve("ctrl-c"));
        var data = place.resolve("data");
        BareBackup.copy(plain, data);
        Cluster.giveToServer(place);
        var before = BareBackup.hash(place);
        var process = Tool.of("restore")
            .start(
                tar.toString(),
                "-D",
                data.toString(),
                "--tablespace",
                home.resolve("space") + "=" + place.resolve("space"),
                "--as-original",
                "--force");
        while (process.isAlive() && Files.notExists(Staging.directoryFor(data).resolve("base"))) Thread.sleep(5);
        process.descendants().filter(p -> p.children().findAny().isEmpty()).forEach(ProcessHandle::destroy);
        process.destroy();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertTrue(process.exitValue() == 130 || process.exitValue() == 143, () -> "exit " + process.exitValue());
        Files.deleteIfExists(place.resolve("space"));   // made for the tablespace, empty again
        assertEquals(before, BareBackup.hash(place));
    }

    /** @return how long the work took, in milliseconds */
    private static long restore(Path data, String space) {
        var tool = Tool.of("restore")
            .run(
                tar.toString(),
                "-D",
                data.toString(),
                "--tablespace",
                home.resolve("space") + "=" + home.resolve(space),
                "--as-original",
                "--force");
        assertEquals(0, tool.exit(), tool::toString);
        var m = Pattern.compile("restored in ([\\d.]+) s").matcher(tool.err());
        assertTrue(m.find(), tool::toString);
        return Math.round(Double.parseDouble(m.group(1)) * 1000);
    }

    private static Process start(Path data) {
        return Tool.of("restore").start(command(data));
    }

    private static String[] command(Path data) {
        return new String[] {tar.toString(), "-D", data.toString(), "--tablespace",
            home.resolve("space") + "=" + data.resolveSibling("space"), "--as-original", "--force"};
    }

    /** Where the tablespace lies differs by design, and so does what names it. */
    private static Map<String, String> withoutTablespace(Path data) {
        var names = BareBackup.snapshot(data);
        names.keySet()
            .removeIf(
                name -> name.isEmpty() || name.startsWith("restore-in-progress.") || name.equals("tablespace_map")
                    || name.startsWith("pg_tblspc/"));
        return names;
    }

    private static List<String> difference(Map<String, String> one, Map<String, String> other) {
        var names = new TreeSet<>(one.keySet());
        names.addAll(other.keySet());
        return names.stream()
            .filter(name -> !Objects.equals(one.get(name), other.get(name)))
            .limit(10)
            .toList();
    }

    private static void reset(Path place, Path data, String old) throws IOException {
        try (var names = Files.list(place)) {
            for (var name : names.filter(n -> !n.endsWith("reference")).toList()) Cluster.delete(name);
        }
        BareBackup.copy(plain, data);
        Cluster.giveToServer(data);
        assertEquals(old, BareBackup.hash(data));
    }
}
