//SOURCES Cluster.java Reception.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Incremental backups where the server's history is not a straight line, or is not known far enough back. */
@Tag("native")
class BackupHistoryTest {
    private Cluster cluster;
    private Path backups;

    @BeforeEach
    void a_server_that_records_what_changes() {
        cluster = Cluster.createFrom(17, "summarize_wal = on");
        backups = cluster.home().resolve("backups");
        cluster.sql("CREATE TABLE ledger AS SELECT i FROM generate_series(1, 1000) AS i");
    }

    @AfterEach
    void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void a_server_that_cannot_tell_what_changed_is_refused_with_the_cure() throws IOException {
        var full = name(backup());
        cluster.sql("INSERT INTO ledger VALUES (-1); CHECKPOINT");
        cluster.sql("ALTER SYSTEM SET summarize_wal = off");
        cluster.sql("SELECT pg_reload_conf()");
        waitFor("SELECT current_setting('summarize_wal') = 'off'");
        var off = backup("--incremental");
        assertEquals(12, off.exit(), off::toString);
        assertTrue(off.err().contains("HINT: as a superuser: ALTER SYSTEM SET summarize_wal = on"), off::toString);

        cluster.stop();
        try (var summaries = Files.list(cluster.data().resolve("pg_wal/summaries"))) {
            for (var file : summaries.toList()) Files.delete(file);
        }
        cluster.start();
        cluster.sql("INSERT INTO ledger VALUES (-2)");
        cluster.sql("SELECT pg_switch_wal()");
        cluster.sql("CHECKPOINT");
        cluster.sql("SELECT pg_switch_wal()");
        cluster.sql("CHECKPOINT");
        cluster.sql("ALTER SYSTEM SET summarize_wal = on");
        cluster.sql("SELECT pg_reload_conf()");
        waitFor("SELECT current_setting('summarize_wal') = 'on'");
        var tooShort = backup("--incremental");

        assertEquals(12, tooShort.exit(), tooShort::toString);
        assertTrue(
            tooShort.err()
                .contains("backup: the server's WAL summaries do not reach back to " + full + ": WAL summaries"),
            tooShort::toString);
        assertTrue(tooShort.err().contains("HINT: take a full backup, without --incremental."), tooShort::toString);
    }

    /** On one timeline PostgreSQL itself does not notice it, and makes a backup that mixes two histories. */
    @Test
    void a_server_that_was_restored_since_is_not_built_on() {
        var first = backup();
        cluster.sql("INSERT INTO ledger SELECT -i FROM generate_series(1, 500) AS i");
        var abandoned = name(backup("--incremental"));
        cluster.stop();
        var restored = tool("restore").typing("y\n").run(first.out().strip(), "-D", cluster.data().toString());
        assertEquals(0, restored.exit(), restored::toString);
        cluster.start();
        var behind = backup("--incremental");
        assertEquals(12, behind.exit(), behind::toString);
        assertTrue(behind.err().contains("HINT: the server went back to an earlier state"), behind::toString);
        for (int i = 0; i < 3; i++) {       // beyond what was given up
            cluster.sql("CREATE TABLE more" + i + " AS SELECT i FROM generate_series(1, 1000) AS i");
            cluster.sql("SELECT pg_switch_wal()");
        }

        var refused = backup("--incremental");

        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(
            refused.err().contains("restored or cloned from a backup that " + abandoned + " does not know of"),
            refused::toString);
        assertEquals(0, backup().exit());
        cluster.sql("DELETE FROM ledger WHERE i > 900");
        var next = backup("--incremental");
        assertEquals(0, next.exit(), next::toString);
        assertEquals("900\n", inTheCopy("SELECT count(*) FROM ledger"));
    }

    @Test
    void a_new_timeline_goes_on_with_the_chain() throws IOException {
        backup();
        cluster.sql("INSERT INTO ledger VALUES (-1)");
        cluster.stop();
        Files.createFile(cluster.data().resolve("standby.signal"));
        Cluster.giveToServer(cluster.data().resolve("standby.signal"));
        cluster.start();
        cluster.sql("SELECT pg_promote()");
        cluster.sql("INSERT INTO ledger VALUES (-2)");

        var next = backup("--incremental");

        assertEquals(0, next.exit(), next::toString);
        assertEquals("2", cluster.sql("SELECT timeline_id FROM pg_control_checkpoint()"));
        assertEquals("1002\n", inTheCopy("SELECT count(*) FROM ledger"));
    }

    @Test
    void received_wal_brings_an_incremental_backup_to_a_moment() {
        backup();
        try (var receiver = Reception.of(cluster, backups)) {
            cluster.sql("INSERT INTO ledger VALUES (-1)");
            assertEquals(0, backup("--incremental").exit());
            cluster.sql("INSERT INTO ledger VALUES (-2)");
            receiver.awaitNow();
            assertEquals("1001\n", inTheCopy("SELECT count(*) FROM ledger"));
            assertEquals("1002\n", inTheCopy("SELECT count(*) FROM ledger", "--at", "latest"));
        }
    }

    private Tool tool(String name) {
        return Tool.of(name).with(cluster.environment()).in(cluster.home());
    }

    private Tool.Result backup(String... options) {
        var all = new String[options.length + 2];
        all[0] = "-o";
        all[1] = backups.toString();
        System.arraycopy(options, 0, all, 2, options.length);
        return tool("backup").run(all);
    }

    private static String name(Tool.Result made) {
        assertEquals(0, made.exit(), made::toString);
        return Path.of(made.out().strip()).getFileName().toString();
    }

    private String inTheCopy(String question, String... options) {
        var words = new ArrayList<>(List.of("open", "latest", "-o", backups.toString()));
        words.addAll(List.of(options));
        words.addAll(List.of("--", "psql", "-XAtc", question));
        var answer = tool("restore").run(words.toArray(String[]::new));
        assertEquals(0, answer.exit(), answer::toString);
        return answer.out();
    }

    private void waitFor(String condition) {
        for (long end = System.nanoTime() + 60_000_000_000L; !cluster.sql(condition).equals("t");) {
            if (System.nanoTime() > end) throw new AssertionError("not in a minute: " + condition);
            Thread.onSpinWait();
        }
    }
}
