import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import lib.Program;
import lib.archive.BackupDirectory;
import lib.archive.Fingerprint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a server needs beside its data directory: with Debian's packages the configuration lies in /etc, and
 * pg_basebackup does not copy it. And what only the server knows: unlogged tables, libraries, modes.
 */
@Tag("local")
class BackupConfigurationTest {
    private static Cluster cluster;
    private static Path etc;
    private static Path work;

    @BeforeAll
    static void a_cluster_as_debian_lays_it_out() throws IOException {
        cluster = Cluster.create();
        work = Files.createTempDirectory("backup-");
        Cluster.giveToServer(work);
        cluster.stop();
        etc = Files.createDirectories(cluster.home().resolve("etc/15/main"));
        for (var name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf")) {
            Files.move(cluster.data().resolve(name), etc.resolve(name));
        }
        Files.createDirectory(etc.resolve("conf.d"));
        Files.createDirectory(etc.resolve("empty.d"));
        Files.writeString(etc.resolve("conf.d/work.conf"), "work_mem = '4321kB'\n");
        Files.writeString(
            etc.resolve("postgresql.conf"),
            """

                data_directory = '%s'
                hba_file = '%s'
                ident_file = '%s'
                external_pid_file = '%s'
                Include_Dir'conf.d'
                include_dir '%s'
                port = %d
                unix_socket_directories = '%s'
                """.formatted(
                cluster.data(),
                etc.resolve("pg_hba.conf"),
                etc.resolve("pg_ident.conf"),
                cluster.home().resolve("main.pid"),
                etc.resolve("empty.d"),
                cluster.port(),
                cluster.home()),
            StandardOpenOption.APPEND);
        Cluster.giveToServer(etc);
        startOriginal();
        cluster.sql("CREATE UNLOGGED TABLE counters AS SELECT g FROM generate_series(1, 100) AS g");
        cluster.sql(
            "CREATE FUNCTION h() RETURNS language_handler AS '$libdir/plpgsql', 'plpgsql_call_handler' LANGUAGE c");
        cluster.sql("ALTER DATABASE postgres SET session_preload_libraries = 'auto_explain'");
        cluster.sql("CREATE ROLE least LOGIN REPLICATION");
    }

    private static void startOriginal() {
        cluster.asServer(
            List.of(
                cluster.programs().program("pg_ctl").toString(),
                "-D",
                etc.toString(),
                "-w",
                "-l",
                cluster.home().resolve("log").toString(),
                "start"));
    }

    @AfterAll
    static void remove() {
        cluster.close();
        Cluster.delete(work);
    }

    @Test
    void doctor_and_create_name_the_files_outside_of_the_data_directory() {
        var doctor = tool("doctor");
        assertEquals(0, doctor.exit(), doctor::toString);
        assertTrue(
            doctor.out()
                .contains("warning  configuration          the configuration lies outside of the data directory")
                && doctor.out().contains(etc.resolve("pg_hba.conf").toString()),
            doctor::toString);
        var create = tool("--no-progress", "-o", "named");
        assertEquals(0, create.exit(), create::toString);
        assertTrue(
            create.err().contains("WARNING: the configuration lies outside"),
            create::toString);
    }

    @Test
    void the_files_are_in_the_backup_and_its_guide_starts_a_server_with_them() throws IOException {
        var backup = backup("-o", "guide");
        var conf = backup.resolve("conf");
        for (var name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf", "conf.d/work.conf")) {
            assertEquals(Files.readString(etc.resolve(name)), Files.readString(conf.resolve(name)));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(conf.resolve(name))));
            assertTrue(Files.readString(backup.resolve("SHA256SUMS")).contains("  conf/" + name + "\n"), name);
        }
        assertEquals(0, tool("verify", backup.toString()).exit());

        var home = Files.createTempDirectory(cluster.home(), "guide-");
        var data = BackupGuide.follow(backup, home, null, cluster);
        cluster.stop();
        try {
            var script =
                "DATA='" + data + "'\nCONF=\"$DATA-conf\"\nPATH='" + cluster.programs().directory() + "':$PATH\n"
                    + BackupGuide.startStep(backup);
            cluster.asServer(List.of("sh", "-c", script));
            assertEquals(data.toString(), cluster.sql("SHOW data_directory"));
            assertEquals("4321kB", cluster.sql("SHOW work_mem"));
            assertEquals(data + "-conf/pg_hba.conf", cluster.sql("SHOW hba_file"));
            assertEquals("0", cluster.sql("SELECT count(*) FROM counters"));
            assertFalse(Files.exists(cluster.home().resolve("main.pid")), "the old server's file is left alone");
            cluster.asServer(
                List.of(cluster.programs().program("pg_ctl").toString(), "-D", data.toString(), "-w", "stop"));
        } finally {
            startOriginal();
        }
    }

    @Test
    void a_restore_with_start_takes_them_or_refuses_before_it_unpacks() throws IOException {
        var bare = BareBackup.take(cluster, cluster.home().resolve("bare"), "-Ft");
        var place = Files.createTempDirectory(cluster.home(), "started-");
        Cluster.giveToServer(place);
        var data = place.resolve("data");

        var refused = Tool.of("restore").run(bare.toString(), "-D", data.toString(), "--force", "--start");
        assertEquals(12, refused.exit(), refused::toString);
        assertTrue(refused.err().contains("postgresql.conf is not in the backup"), refused::toString);
        try (var files = Files.list(place)) {
            assertEquals(List.of(), files.toList(), "something was unpacked");
        }

        var backup = backup("-o", "started");
        cluster.stop();
        try {
            var started = Tool.of("restore").run(backup.toString(), "-D", data.toString(), "--force", "--start");
            assertEquals(0, started.exit(), started::toString);
            assertEquals(data.toString(), cluster.sql("SHOW data_directory"), "the copy, on the port of the original");
            assertEquals("4321kB", cluster.sql("SHOW work_mem"));
            assertFalse(Files.exists(cluster.home().resolve("main.pid")), "the old server's file is left alone");
            cluster.asServer(
                List.of(cluster.programs().program("pg_ctl").toString(), "-D", data.toString(), "-w", "stop"));
        } finally {
            startOriginal();
        }
    }

    @Test
    void with_encryption_they_are_encrypted_too() throws IOException {
        var keygen = Program.of(List.of("sh", "-c", "command -v age-keygen")).capture();
        Assumptions.assumeTrue(keygen.ok(), "the program age-keygen is not on this machine");
        var key = work.resolve("key.txt");
        assertTrue(Program.of(List.of("age-keygen", "-o", key.toString())).capture().ok());
        var recipient = Files.readAllLines(key)
            .stream()
            .filter(l -> l.contains("public key: "))
            .map(l -> l.substring(l.indexOf("age1")))
            .findFirst()
            .orElseThrow();
        var backup = backup("-o", "encrypted", "--encrypt-to", recipient);
        assertTrue(Files.exists(backup.resolve("conf/postgresql.conf.age")));
        assertFalse(Files.exists(backup.resolve("conf/postgresql.conf")));
        assertEquals(0, tool("verify", backup.toString()).exit());

        Cluster.giveToServer(key);
        var data =
            BackupGuide.follow(backup, Files.createTempDirectory(cluster.home(), "encrypted-"), key, cluster);
        var copy = data.resolveSibling("data-conf").resolve("pg_hba.conf");
        assertEquals(Files.readString(etc.resolve("pg_hba.conf")), Files.readString(copy));
    }

    @Test
    void a_server_that_tells_nothing_leaves_facts_unknown_and_not_absent() throws IOException {
        var result = Tool.of("backup")
            .in(work)
            .with(cluster.environment())
            .with("PGUSER", "least")
            .run("--no-progress", "-o", "least");
        assertEquals(0, result.exit(), result::toString);
        var print = print(work.resolve(result.out().strip()));
        assertFalse(print.configuration().isKnown());
        assertTrue(print.preloadLibraries().isEmpty());
        assertTrue(print(backup("-o", "most")).preloadLibraries().isPresent());
    }

    /** pg_basebackup leaves out what is a link in the data directory. */
    @Test
    void a_file_behind_a_link_in_the_data_directory_is_copied_as_well() throws IOException {
        var included = cluster.home().resolve("more.conf");
        Files.writeString(included, "maintenance_work_mem = '54321kB'\n");
        Cluster.giveToServer(included);
        Files.createSymbolicLink(cluster.data().resolve("more.conf"), included);
        var main = etc.resolve("postgresql.conf");
        var before = Files.readString(main);
        try {
            Files.writeString(main, before + "include '" + cluster.data().resolve("more.conf") + "'\n");
            cluster.sql("SELECT pg_reload_conf()");
            for (int i = 0; i < 100 && !cluster.sql("SHOW maintenance_work_mem").equals("54321kB"); i++) sleep();
            var backup = backup("-o", "links");
            assertEquals(Files.readString(included), Files.readString(backup.resolve("conf/more.conf")));
        } finally {
            Files.writeString(main, before);
            Files.delete(cluster.data().resolve("more.conf"));
            cluster.sql("SELECT pg_reload_conf()");
        }
    }

    @Test
    void unlogged_tables_libraries_and_modes_are_in_the_fingerprint() throws IOException {
        var result = tool("--no-progress", "-o", "facts");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(
            result.err().contains("1 table will be restored empty (postgres: public.counters)"),
            result::toString);
        var print = print(work.resolve(result.out().strip()));
        var facts = print.databases().stream().filter(d -> d.name().equals("postgres")).findFirst().orElseThrow();
        assertEquals(List.of(new Fingerprint.UnloggedTable("public", "counters", false)), facts.unloggedTables());
        assertEquals(List.of("$libdir/plpgsql"), facts.libraries());
        assertEquals(List.of("auto_explain"), facts.preloadLibraries());
        assertEquals("0700", print.configuration().dataDirectoryMode());
        assertEquals(
            etc.resolve("pg_hba.conf").toString(),
            print.configuration().file("hba_file").orElseThrow().path());
    }

    private static void sleep() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Fingerprint print(Path backup) {
        return BackupDirectory.open(backup).fingerprint().orElseThrow();
    }

    private static Path backup(String... options) {
        var all = new ArrayList<>(List.of("--no-progress"));
        all.addAll(List.of(options));
        var result = tool(all.toArray(String[]::new));
        assertEquals(0, result.exit(), result::toString);
        return work.resolve(result.out().strip());
    }

    private static Tool.Result tool(String... arguments) {
        return Tool.of("backup").in(work).with(cluster.environment()).run(arguments);
    }
}
