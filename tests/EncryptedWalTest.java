import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import lib.Console;
import lib.archive.WalArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** WAL that is encrypted like the backups beside it: what can be told without the key, and the way back with it. */
@Tag("local")
class EncryptedWalTest {
    private static Cluster cluster;
    private static Path backups;
    private static Path key;
    private static String recipient;

    @BeforeAll
    static void a_cluster() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        backups = Files.createTempDirectory(cluster.home(), "backups-");
        key = cluster.home().resolve("key.txt");
        var made = Tool.command("age-keygen", "-o", key.toString()).run();
        assertEquals(0, made.exit(), made::toString);
        recipient = made.err().replaceAll("(?s).*(age1\\w+).*", "$1");
        cluster.sql("CREATE TABLE counted (i int)");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void it_leads_to_any_moment_with_the_key_and_prune_leaves_what_a_kept_backup_needs() throws Exception {
        try (var receiver = Reception.of(cluster, backups, "--encrypt-to", recipient)) {
            backup();
            var moments = new ArrayList<Instant>();
            for (int i = 1; i <= 6; i++) {
                cluster.sql("INSERT INTO counted VALUES (" + i + ")");
                moments.add(now());
                if (i == 3) backup();
                cluster.sql("SELECT pg_switch_wal()");
            }
            cluster.sql("DROP TABLE counted");
            receiver.awaitNow();
            receiver.await("finished segments are encrypted", () -> stored().size() >= 5);
            assertTrue(stored().stream().allMatch(WalArchive.Segment::isEncrypted), () -> stored().toString());

            var list = Tool.of("backup").run("list", "-o", backups.toString());
            assertTrue(list.out().contains("any moment from "), list::toString);
            var locked = restore("--at", moments.get(4).toString());
            assertEquals(12, locked.exit(), locked::toString);
            assertTrue(locked.err().contains("is encrypted") && locked.err().contains("--identity"), locked::toString);
            assertEquals("1", counted(moments.get(0)));
            assertEquals("1,2,3,4,5", counted(moments.get(4)));
            var accidents =
                Tool.of("restore").run("accidents", "-o", backups.toString(), "--identity", key.toString());
            assertTrue(accidents.out().contains("dropped table counted"), accidents::toString);

            var history = Files.createDirectory(receiver.archive().directory().resolve("00000002"))
                .resolve("00000002.history");
            Files.writeString(history, "1\t0/1000000\tno recovery target specified\n");
            var needed = stored();
            var shown = prune();
            assertTrue(shown.err().contains("segments of WAL"), shown::toString);
            assertEquals(needed, stored(), "without --yes nothing is removed");
            var pruned = prune("--yes");
            assertTrue(pruned.err().contains("segments of WAL"), pruned::toString);
            assertTrue(stored().size() < needed.size(), () -> stored().toString());
            assertTrue(Files.exists(history), "the history of a timeline stays");
            assertEquals("1,2,3,4", counted(moments.get(3)));
            assertEquals("1,2,3,4,5,6", counted(moments.get(5)));
            var gone = restore("--at", moments.get(0).toString(), "--identity", key.toString());
            assertEquals(11, gone.exit(), gone::toString);
            assertFalse(prune("--yes").err().contains("segments of WAL"), "there is nothing more to remove");
        }
    }

    private static List<WalArchive.Segment> stored() {
        return WalArchive.in(backups)
            .getFirst()
            .line(1)
            .orElseThrow()
            .segments()
            .values()
            .stream()
            .filter(s -> s.kind() == WalArchive.Kind.STORED)
            .toList();
    }

    private static Tool.Result prune(String... more) {
        var arguments = new ArrayList<>(List.of("prune", "-o", backups.toString(), "--keep", "1"));
        arguments.addAll(List.of(more));
        var result = Tool.of("backup").run(arguments.toArray(String[]::new));
        assertEquals(0, result.exit(), result::toString);
        return result;
    }

    private static void backup() {
        var result = Tool.of("backup")
            .with(cluster.environment())
            .run("-o", backups.toString(), "--no-progress", "--encrypt-to", recipient);
        assertEquals(0, result.exit(), result::toString);
    }

    private static String counted(Instant moment) throws IOException {
        var answer = Tool.of("restore")
            .run(
                "open",
                "latest",
                "-o",
                backups.toString(),
                "--at",
                moment.toString(),
                "--identity",
                key.toString(),
                "--",
                "psql",
                "-XAtc",
                "SELECT string_agg(i::text, ',' ORDER BY i) FROM counted");
        assertEquals(0, answer.exit(), answer::toString);
        return answer.out().strip();
    }

    private static Tool.Result restore(String... more) {
        var arguments = new ArrayList<>(
            List.of("latest", "-o", backups.toString(), "-D", cluster.home().resolve("nowhere").toString(), "--force"));
        arguments.addAll(List.of(more));
        return Tool.of("restore").run(arguments.toArray(String[]::new));
    }

    private static Instant now() {
        return Instant.parse(
            cluster.sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    }
}
