import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import lib.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * DROP TABLE, restore.java accidents, and the command that it prints: the rows are back. It replaces the live
 * cluster, more than once.
 */
@Tag("local")
class AccidentsTest {
    private static final Pattern AT = Pattern.compile("--at (\\S+)");

    private static Cluster cluster;
    private static Path backups;
    private static Reception receiver;
    private static String name;

    @BeforeAll
    static void a_cluster_whose_wal_is_received() throws IOException {
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create();
        backups = Files.createTempDirectory(cluster.home(), "backups-");
        cluster.sql(
            "CREATE TABLE stations AS SELECT g AS id, repeat(md5(g::text), 90) AS name FROM "
                + "generate_series(1, 3000) AS g");
        cluster.sql("ALTER TABLE stations ADD PRIMARY KEY (id)");
        cluster.sql("CREATE TABLE power AS SELECT * FROM stations");
        cluster.sql("CREATE TABLE health AS SELECT * FROM stations");
        cluster.sql("CREATE TABLE older AS SELECT 1 AS one");
        cluster.sql("CREATE TABLE rewritten AS SELECT * FROM stations");
        cluster.sql("CREATE DATABASE metrics");
        cluster.sql("metrics", "CREATE TABLE there AS SELECT 1 AS one");
        receiver = Reception.of(cluster, backups);
        var made = Tool.of("backup").with(cluster.environment()).run("-o", backups.toString(), "--no-progress");
        assertEquals(0, made.exit(), made::toString);
        name = Path.of(made.out().strip()).getFileName().toString();
    }

    @AfterAll
    static void away() {
        if (receiver != null) receiver.close();
        if (cluster != null) cluster.close();
    }

    @Test
    void each_accident_is_named_and_the_rows_come_back_in_place_timeline_after_timeline() throws Exception {
        cluster.sql("INSERT INTO stations VALUES (0, 'committed just before')");
        cluster.sql("DROP TABLE power");
        cluster.sql("CREATE TABLE newer AS SELECT 1 AS one");
        cluster.sql("DROP TABLE older, newer");
        cluster.sql("BEGIN; DELETE FROM health; ROLLBACK");
        cluster.sql("DELETE FROM health WHERE id <= 2000");
        cluster.sql("TRUNCATE stations");
        cluster.sql("UPDATE health SET name = 'x'");
        cluster.sql("DELETE FROM rewritten WHERE id <= 10");
        cluster.sql("VACUUM FULL rewritten");
        cluster.sql("REINDEX TABLE stations");
        cluster.sql("DROP DATABASE metrics");
        receiver.awaitNow();

        var said = accidents();
        var what = said.out().lines().skip(1).map(l -> l.replaceAll("^\\S+ \\S+ +\\d+ +|  +--at .*$", "")).toList();
        assertEquals(
            List.of(
                "postgres  dropped table power",
                "postgres  dropped table older, 1 file that " + name + " does not know",
                "postgres  deleted 2,000 rows of table health",
                "postgres  truncated table stations",
                "postgres  changed 1,000 rows of table health",
                "dropped the database metrics"),
            what,
            said::toString);
        assertTrue(
            said.err().contains("HINT: to go back to just before the last one: jbang restore.java latest --at "),
            said::toString);

        // The last one, then an earlier one: each restore begins a timeline of its own.
        inPlace(at(said, "dropped the database metrics"));
        assertEquals("1", cluster.sql("metrics", "SELECT one FROM there"));
        assertEquals("0", cluster.sql("SELECT count(*) FROM stations"));
        assertEquals(2, timeline());
        inPlace(at(said, "truncated table stations"));
        assertEquals("3001", cluster.sql("SELECT count(*) FROM stations"));
        assertEquals("f", cluster.sql("SELECT to_regclass('power') IS NOT NULL"));
        assertEquals(3, timeline());
        inPlace(at(said, "dropped table power"));
        assertEquals("3000", cluster.sql("SELECT count(*) FROM power"));
        assertEquals("1", cluster.sql("SELECT count(*) FROM stations WHERE name = 'committed just before'"));
        assertEquals(4, timeline());

        // What is received on the new timeline counts as well, without a new backup.
        cluster.sql("CREATE TABLE on_the_newest_timeline AS SELECT 1 AS one");
        receiver.awaitNow();
        inPlace("latest");
        assertEquals("1", cluster.sql("SELECT one FROM on_the_newest_timeline"));
        assertEquals("3000", cluster.sql("SELECT count(*) FROM power"));

        // The newest timeline has that place in its WAL as well, and something else there.
        inPlace(at(said, "dropped the database metrics"));
        assertEquals("0", cluster.sql("SELECT count(*) FROM stations"));
        assertEquals("1", cluster.sql("metrics", "SELECT one FROM there"));
    }

    /** As on the page: stop, restore, start. The receiver runs on all the time. */
    private static void inPlace(String at) {
        cluster.stop();
        var result = Tool.of("restore")
            .typing("y\n")
            .run("latest", "-o", backups.toString(), "--at", at, "-D", cluster.data().toString());
        assertEquals(0, result.exit(), result::toString);
        cluster.start();
        receiver.awaitNow();
    }

    private static Tool.Result accidents() {
        var result = Tool.of("restore").run("accidents", "-o", backups.toString());
        assertEquals(0, result.exit(), result::toString);
        return result;
    }

    private static String at(Tool.Result accidents, String what) {
        var line = accidents.out().lines().filter(l -> l.contains(what)).findFirst().orElseThrow();
        var m = AT.matcher(line);
        assertTrue(m.find(), line);
        return m.group(1);
    }

    private static int timeline() {
        return Integer.parseInt(cluster.sql("SELECT timeline_id FROM pg_control_checkpoint()"));
    }
}
