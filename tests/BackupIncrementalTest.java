//SOURCES ../lib/Program.java Cluster.java Tool.java BackupGuide.java BareBackup.java Reception.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Incremental backups, as a user makes, proves and restores them, on a server of PostgreSQL 17: a chain of three in
 * three forms (zstd, plain, gzip) with two tablespaces.
 */
@Tag("native")
class BackupIncrementalTest {
    private static Cluster cluster;
    /** A name as nobody should give one. */
    private static Path backups;
    private static String full;
    private static String second;
    private static String third;
    private static String dump;

    @BeforeAll
    static void a_chain_of_three() throws IOException {
        cluster = Cluster.createFrom(17, "summarize_wal = on", "wal_summary_keep_time = 10d");
        backups = Files.createDirectory(cluster.home().resolve("back = ups', \"ü\""));
        tablespace("one");
        tablespace("two with a blank");
        cluster.sql("CREATE TABLE here AS SELECT i, md5(i::text) AS m FROM generate_series(1, 20000) AS i");
        cluster.sql("CREATE TABLE first TABLESPACE one AS TABLE here");
        cluster.sql("CREATE TABLE second TABLESPACE \"two with a blank\" AS TABLE here");
        full = make();
        cluster.sql("UPDATE here SET m = 'a' WHERE i % 100 = 0; DELETE FROM first WHERE i > 15000");
        cluster.sql("VACUUM first");        // the file gets shorter
        second = make("--incremental", "--format", "plain");
        cluster.sql("UPDATE second SET m = 'b' WHERE i % 100 = 1; CREATE TABLE late TABLESPACE one AS SELECT 42 AS n");
        third = make("--incremental", "--compress", "gzip");
        dump = dump(cluster);
        cluster.sql("INSERT INTO here VALUES (0, 'after the backup')");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void three_links_come_back_as_one_cluster() throws IOException {
        var place = place("restored");
        var plan = tool("restore").run(
            path(third),
            "-D",
            place.resolve("data").toString(),
            "--dry-run",
            "--tablespace-map-all",
            place.resolve("spaces").toString());
        assertTrue(plan.err().contains("more while pg_combinebackup joins it"), plan::toString);

        var restored = tool("restore").typing("y\n")
            .run(
                path(third),
                "-D",
                place.resolve("data").toString(),
                "--tablespace-map-all",
                place.resolve("spaces").toString());

        assertEquals(0, restored.exit(), restored::toString);
        assertFalse(Files.exists(place.resolve("data/incremental-backups-being-joined")));
        verifiedByPostgres(place.resolve("data"));
        assertSame(place);
    }

    /** Without any tool of ours, by the commands that the backup itself brings. */
    @Test
    void its_own_guide_restores_it_with_standard_programs() {
        var place = place("by-hand");
        BackupGuide.follow(backups.resolve(third), place, null, cluster);
        assertSame(place);
    }

    @Test
    void the_chain_is_listed_verified_and_proven_by_a_drill() {
        var list = tool("backup").run("list", "-o", backups.toString());
        assertTrue(list.out().contains("BUILDS ON"), list::toString);
        assertTrue(
            list.out().lines().anyMatch(l -> l.startsWith(third) && l.contains("verified") && l.contains(second)),
            list::toString);
        assertTrue(list.out().lines().anyMatch(l -> l.startsWith(second) && l.contains(full)), list::toString);
        var verified = tool("backup").run("verify", path(third));
        assertEquals(0, verified.exit(), verified::toString);
        var drilled = tool("restore").run("drill", path(third));
        assertEquals(0, drilled.exit(), drilled::toString);
    }

    @Test
    void a_flipped_bit_in_a_middle_link_is_named() throws IOException {
        var copy = copyOfTheChain("flipped");
        var file = largest(copy.resolve(second).resolve("data/base"));
        var bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);

        var verified = tool("backup").run("verify", copy.resolve(third).toString());
        assertEquals(11, verified.exit(), verified::toString);
        assertTrue(verified.out().contains(second + "/"), verified::toString);
        var drilled = tool("restore").run("drill", copy.resolve(third).toString());
        assertEquals(11, drilled.exit(), drilled::toString);
        assertTrue(
            drilled.out().contains("could NOT be restored") && drilled.out().contains(second),
            drilled::toString);
        var list = tool("backup").run("list", "-o", copy.toString());
        assertTrue(list.out().lines().anyMatch(l -> l.startsWith(third) && l.contains("bad parent")), list::toString);
    }

    /** It may still be off-site: so it is not called damaged. */
    @Test
    void a_parent_that_was_removed_by_hand_is_named() throws IOException {
        var copy = copyOfTheChain("orphan");
        Cluster.delete(copy.resolve(full));
        for (var result : List.of(
            tool("backup").run("verify", copy.resolve(third).toString()),
            tool("restore").run("drill", copy.resolve(third).toString()),
            tool("restore").run(copy.resolve(third).toString(), "-D", copy.resolve("data").toString(), "--force"))) {
            assertEquals(12, result.exit(), result::toString);
            assertTrue((result.out() + result.err()).contains("its parent " + full + " is not in"), result::toString);
            assertTrue(result.err().contains("backup.java fetch REMOTE " + full), result::toString);
        }
        assertFalse(Files.exists(copy.resolve("data")));
        var list = tool("backup").run("list", "-o", copy.toString());
        assertTrue(list.out().lines().anyMatch(l -> l.startsWith(third) && l.contains("no parent")), list::toString);
        var check = tool("backup").run("check", "-o", copy.toString(), "--max-age", "1d");
        assertTrue(check.out().contains("no backup in"), check::toString);

        Program.of(List.of("cp", "-a", path(second), copy.resolve(full).toString())).capture();
        var foreign = tool("backup").run("verify", copy.resolve(third).toString());
        assertEquals(12, foreign.exit(), foreign::toString);
        assertTrue(foreign.err().contains("is another backup of that name"), foreign::toString);
    }

    @Test
    void what_a_kept_backup_builds_on_is_never_removed() throws IOException {
        var copy = copyOfTheChain("kept");
        var shown = tool("backup").run("prune", "-o", copy.toString(), "--keep", "1");
        assertEquals(0, shown.exit(), shown::toString);
        assertTrue(shown.out().contains("needed by " + second + ", which is incremental"), shown::toString);
        var done = tool("backup").run("prune", "-o", copy.toString(), "--keep", "1", "--yes");
        assertEquals(0, done.exit(), done::toString);
        assertTrue(Files.exists(copy.resolve(full)) && Files.exists(copy.resolve(second)), done::toString);
    }

    @Test
    void killed_in_its_middle_it_leaves_nothing_behind_and_the_next_one_is_good() throws Exception {
        var copy = copyOfTheChain("killed");
        cluster.sql("CREATE TABLE bulk AS SELECT i, md5(i::text) FROM generate_series(1, 200000) AS i");
        var running = tool("backup").start("-o", copy.toString(), "--incremental", "--max-rate", "1M");
        for (long end = System.nanoTime() + 60_000_000_000L; hidden(copy).isEmpty() && System.nanoTime() < end;) {
            Thread.sleep(50);
        }
        Thread.sleep(500);
        running.destroyForcibly().waitFor();
        assertFalse(hidden(copy).isEmpty());

        var next = tool("backup").run("-o", copy.toString(), "--incremental");

        assertEquals(0, next.exit(), next::toString);
        assertTrue(next.err().contains("what changed since " + third), next::toString);
        assertEquals(List.of(), hidden(copy));
        cluster.sql("DROP TABLE bulk");
    }

    @Test
    void a_copy_takes_along_what_it_builds_on_and_so_does_a_fetch() throws IOException {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v rclone")).capture().ok(),
            "rclone is not installed");
        var remote = cluster.home().resolve("remote").toString();
        var copied = tool("backup").run("copy", third, remote, "-o", backups.toString(), "--plain-is-fine");
        assertEquals(0, copied.exit(), copied::toString);
        var fresh = cluster.home().resolve("fetched");
        var fetched = tool("backup").run("fetch", remote, "latest", "-o", fresh.toString());
        assertEquals(0, fetched.exit(), fetched::toString);
        assertTrue(fetched.err().contains("builds on " + full), fetched::toString);
        var verified = tool("backup").run("verify", fresh.resolve(third).toString());
        assertEquals(0, verified.exit(), verified::toString);
        var opened = tool("restore").run("open", "latest", "--remote", remote, "--", "psql", "-XAtc", "TABLE late");
        assertEquals("42\n", opened.out(), opened::toString);

        Cluster.delete(Path.of(remote, full));
        var refused = tool("backup").run("fetch", remote, third, "-o", cluster.home().resolve("other").toString());
        assertEquals(11, refused.exit(), refused::toString);
        assertTrue(refused.err().contains(full + " is not complete there"), refused::toString);
    }

    @Test
    void an_encrypted_chain_needs_its_key_only_to_come_back() throws IOException {
        Assumptions.assumeTrue(
            Program.of(List.of("sh", "-c", "command -v age-keygen")).capture().ok(),
            "age is not on this machine");
        var key = cluster.home().resolve("key.txt");
        Program.of(List.of("age-keygen", "-o", key.toString())).capture();
        var recipient = Program.of(List.of("age-keygen", "-y", key.toString())).capture().stdout().strip();
        var place = cluster.home().resolve("encrypted");
        for (int i = 0; i < 2; i++) {
            var made = tool("backup")
                .run("-o", place.toString(), "--incremental", "--encrypt-to", recipient, "--keep", "1");
            assertEquals(0, made.exit(), made::toString);
        }
        var opened = tool("restore").run(
            "extract",
            "latest",
            "-o",
            place.toString(),
            "-d",
            "postgres",
            "--table",
            "late",
            "--format",
            "csv",
            "--identity",
            key.toString());
        assertEquals("n\n42\n", opened.out(), opened::toString);
    }

    private static Tool tool(String name) {
        return Tool.of(name).with(cluster.environment()).in(cluster.home());
    }

    private static String path(String name) {
        return backups.resolve(name).toString();
    }

    private static String make(String... options) {
        var arguments = new ArrayList<>(List.of("-o", backups.toString()));
        arguments.addAll(List.of(options));
        var made = tool("backup").run(arguments.toArray(String[]::new));
        assertEquals(0, made.exit(), made::toString);
        return Path.of(made.out().strip()).getFileName().toString();
    }

    private static void tablespace(String name) throws IOException {
        var place = Files.createDirectory(cluster.home().resolve("space " + name));
        Cluster.giveToServer(place);
        cluster.sql("CREATE TABLESPACE \"" + name + "\" LOCATION '" + place + "'");
    }

    private static Path place(String name) {
        try {
            var place = Files.createDirectory(cluster.home().resolve(name));
            Cluster.giveToServer(place);
            return place;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path copyOfTheChain(String name) {
        var copy = cluster.home().resolve(name);
        assertTrue(Program.of(List.of("cp", "-a", backups.toString(), copy.toString())).capture().ok());
        return copy;
    }

    private static Path largest(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
                .orElseThrow();
        }
    }

    private static List<Path> hidden(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(f -> f.getFileName().toString().contains(".partial-")).toList();
        }
    }

    /** What was restored is, file by file, what pg_combinebackup's manifest says; two files we write ourselves. */
    private static void verifiedByPostgres(Path data) {
        cluster.asServer(
            List.of(
                cluster.programs().program("pg_verifybackup").toString(),
                "--ignore=tablespace_map",
                data.toString()));
    }

    private static void assertSame(Path place) {
        var restored = cluster.likeThis(place.resolve("data"), place);
        restored.start();
        try {
            assertEquals(dump, dump(restored));
            assertEquals("", restored.sql("SELECT i FROM here WHERE i = 0"), "what came later is not in it");
        } finally {
            restored.stop();
        }
    }

    /** The dump names the places of tablespaces, which change by design. */
    private static String dump(Cluster of) {
        return BareBackup.dumpAll(of).replaceAll("LOCATION '.*'", "LOCATION");
    }
}
