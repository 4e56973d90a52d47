import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lib.Program;
import lib.boot.KeptCopy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The last resort: a backup whose WAL exists nowhere is forced to start, as a copy, after a typed word, and read out.
 */
@Tag("local")
class SalvageTest {
    private static Cluster cluster;
    private static Path home;
    private static Path backup;

    @BeforeAll
    static void a_backup_that_lost_its_wal() throws IOException {
        cluster = Cluster.create(
            "archive_mode = on",
            "archive_command = 'touch \"" + System.getProperty("java.io.tmpdir") + "/salvage-archived-%f\"'");
        home = cluster.home();
        var space = Files.createDirectory(home.resolve("space"));
        Cluster.giveToServer(space);
        cluster.sql("CREATE TABLESPACE fast LOCATION '" + space + "'");
        cluster.sql("CREATE TABLE here AS SELECT i FROM generate_series(1, 1000) AS i");
        cluster.sql("CREATE TABLE there TABLESPACE fast AS SELECT i FROM generate_series(1, 2000) AS i");
        backup = BareBackup.take(cluster, home.resolve("backup"), "-Ft", "-Z", "client-gzip:1");
        Files.delete(backup.resolve("pg_wal.tar.gz"));
    }

    @AfterAll
    static void away() throws IOException {
        if (cluster != null) cluster.close();
        try (
            var archived =
                Files.newDirectoryStream(Path.of(System.getProperty("java.io.tmpdir")), "salvage-archived-*")) {
            for (var file : archived) Files.delete(file);
        }
    }

    @Test
    void what_can_be_read_is_dumped_by_the_commands_that_it_ends_with() throws IOException {
        var before = BareBackup.hash(backup);
        var place = Files.createDirectory(home.resolve("salvaged"));
        Cluster.giveToServer(place);
        var data = place.resolve("copy");
        var done =
            Tool.of("restore")
                .in(place)
                .typing("salvage\n")
                .run("salvage", backup.toString(), "--into", data.toString(), "--verbose");
        assertEquals(0, done.exit(), done::toString);
        assertTrue(KeptCopy.isIn(data), "what replaces it is a copy, whatever its number");
        assertTrue(done.err().contains("rows are missing or twice"), done::toString);
        assertTrue(done.err().contains("what pg_resetwal will set:\n  First log segment after reset:"), done::toString);
        assertTrue(
            done.err().indexOf("pg_resetwal -n ") > 0
                && done.err().indexOf("pg_resetwal -n ") < done.err().indexOf("pg_resetwal -f "),
            done::toString);

        var settings = List.of(
            "SHOW archive_mode",
            "SHOW listen_addresses",
            "SHOW default_transaction_read_only",
            "SHOW max_logical_replication_workers",
            "SHOW timescaledb.max_background_workers");
        assertEquals(List.of("off", "", "on", "0", "0"), settings.stream().map(sql -> ask(data, sql)).toList());
        assertEquals(
            "1000|2000",
            ask(data, "SELECT (SELECT count(*) FROM here) || '|' || (SELECT count(*) FROM there)"));

        var next = done.out().lines().map(line -> line.replaceFirst(" +#.*", "")).toList();
        assertEquals(3, next.size(), done::toString);
        assertTrue(
            next.get(1).contains("initdb -D NEW") && next.get(1).endsWith("psql -d postgres -f salvaged.sql"),
            done::toString);
        shell(place, next.get(0));
        var dump = Files.readString(place.resolve("salvaged.sql"));
        assertTrue(
            dump.contains("CREATE TABLE public.here") && dump.contains("CREATE TABLE public.there"),
            "not all is in the dump");
        shell(place, next.get(2));
        assertFalse(Files.exists(data.resolve("postmaster.pid")));
        assertEquals(before, BareBackup.hash(backup));
    }

    @Test
    void without_the_word_and_for_a_backup_that_restores_nothing_is_done() throws IOException {
        var into = home.resolve("nothing");
        var no = Tool.of("restore").typing("y\n").run("salvage", backup.toString(), "--into", into.toString());
        assertEquals(1, no.exit(), no::toString);
        assertTrue(no.err().contains("'salvage' was not typed"), no::toString);
        var good = BareBackup.take(cluster, home.resolve("good"), "-Ft", "-X", "fetch");
        var unneeded =
            Tool.of("restore").typing("salvage\n").run("salvage", good.toString(), "--into", into.toString());
        assertEquals(2, unneeded.exit(), unneeded::toString);
        assertTrue(unneeded.err().contains("has its WAL, so it needs no salvage"), unneeded::toString);
        try (var names = Files.list(home)) {
            assertEquals(List.of(), names.filter(name -> name.getFileName().toString().startsWith("nothing")).toList());
        }
    }

    private static String ask(Path data, String sql) {
        var answer =
            Program.of(List.of("psql", "-XAtq", "-h", data.toString(), "-U", "postgres", "-d", "postgres", "-c", sql))
                .capture();
        if (!answer.ok()) throw new AssertionError(answer.stderr());
        return answer.stdout().strip();
    }

    private static void shell(Path directory, String command) {
        var answer = Tool.command("sh", "-c", command).in(directory).run();
        assertEquals(0, answer.exit(), command + "\n" + answer);
    }
}
