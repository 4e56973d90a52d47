//SOURCES ../lib/Program.java Cluster.java S3Storage.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import lib.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@code backup.java pgbackrest-config} prints, followed literally from a server that archives nothing. */
@Tag("local")
class PgBackRestSetupTest {
    private static final String STANZA = "main";

    private static Cluster cluster;
    private static Path home;
    private static int count;
    /** With a blank and a per cent sign: archive_command and systemd mean something by the latter. */
    private Path directory;

    @BeforeAll
    static void a_server() {
        Assumptions.assumeTrue(isInstalled("pgbackrest"), "pgbackrest is not installed");
        cluster = Cluster.create();
        home = cluster.home();
    }

    @BeforeEach
    void that_archives_nothing() {
        if (!cluster.sql("SHOW archive_mode").equals("off")) {
            cluster.sql("ALTER SYSTEM RESET ALL");
            restart();
        }
        cluster.sql("DROP TABLE IF EXISTS readings");
        cluster.sql("CREATE TABLE readings AS SELECT g AS id FROM generate_series(1, 5000) AS g");
        directory = home.resolve("set up 100% " + count++);
    }

    @AfterAll
    static void remove() {
        if (cluster != null) cluster.close();
    }

    private static void restart() {
        cluster.stop();
        cluster.start();
    }

    @Test
    void a_repository_in_a_directory_from_nothing_to_a_moment_in_place() throws IOException {
        var repository = home.resolve("repository");
        var steps = configure("--repo-path", repository.toString());
        Files.createDirectory(repository);
        Cluster.giveToServer(repository);
        follow(steps);

        var moment = momentAfterAnIncrementalBackup();
        var place = home.resolve("place");
        var restored = restore().run("--pgbackrest", STANZA, "--at", moment, "-D", place.toString(), "--force");
        assertEquals(0, restored.exit(), restored::toString);
        var placeHome = Files.createDirectories(home.resolve("place-home"));
        Cluster.giveToServer(placeHome);
        try (var copy = Cluster.around(place, placeHome)) {
            copy.start();
            assertEquals("5001", copy.sql("SELECT max(id) FROM readings"));
        }
    }

    /** What is in place afterwards goes on archiving to the same storage. */
    @Test
    void an_encrypted_repository_on_s3_from_its_keys_to_a_moment_in_the_servers_own_place() throws IOException {
        var storage = S3Storage.shared();
        var steps = configure(
            "--repo-type",
            "s3",
            "--bucket",
            S3Storage.SECOND_BUCKET,
            "--endpoint",
            "localhost:" + storage.port(),
            "--ca-file",
            storage.certificate().toString(),
            "--encrypt");
        var secrets = directory.resolve("conf.d/secrets.conf");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secrets)));
        var text = Files.readString(secrets);
        var passphrase = text.lines().filter(l -> l.startsWith("repo1-cipher-pass=")).findFirst().orElseThrow();
        assertFalse(steps.toString().contains(passphrase.split("=", 2)[1]), steps::toString);
        Files.writeString(
            secrets,
            text.replaceFirst("repo1-s3-key=.*", "repo1-s3-key=" + S3Storage.KEY)
                .replaceFirst("repo1-s3-key-secret=.*", "repo1-s3-key-secret=not-the-secret"));
        var refused = restore().run("drill", "--pgbackrest", STANZA);
        assertEquals(12, refused.exit(), refused::toString);
        assertFalse(refused.toString().contains("not-the-secret"), refused::toString);
        Files.writeString(
            secrets,
            Files.readString(secrets).replace("=not-the-secret", "=" + S3Storage.SECRET));
        follow(steps);
        var bucket = storage.objects().resolve(S3Storage.SECOND_BUCKET);
        assertTrue(Files.exists(bucket.resolve("main/backup")), "it is in the bucket");

        var moment = momentAfterAnIncrementalBackup();
        cluster.stop();
        var page = DocsPage.of("docs/SCALE.md");
        assertTrue(steps.out().contains(page.shownCommand("jbang restore.java drill")), steps::toString);
        run(
            "PGBACKREST_CONFIG_PATH='" + directory + "' bin/"
                + page.shownCommand("jbang restore.java --pgbackrest").replace("2025-07-04 15:29:59+00", moment)
                + " --force -D " + cluster.data());
        cluster.start();
        assertEquals("5001", cluster.sql("SELECT max(id) FROM readings"));
        try (var files = Files.list(home)) {
            assertEquals(1, files.filter(f -> f.getFileName().toString().startsWith("data.before-restore-")).count());
        }
        awaitFile(bucket.resolve("main/archive"), "00000002.history");
    }

    /** @return a moment when 5001 was the last row; all WAL that it needs is in the repository */
    private String momentAfterAnIncrementalBackup() throws IOException {
        cluster.sql("INSERT INTO readings VALUES (5001)");
        runAsServer(serviceCommand("incr"));
        assertTrue(labels().stream().anyMatch(label -> label.endsWith("I")), () -> labels().toString());
        cluster.sql("SELECT pg_sleep(1.1)");
        var moment =
            cluster.sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')") + "+00";
        cluster.sql("INSERT INTO readings VALUES (5002)");
        check();
        return moment;
    }

    private static void awaitFile(Path directory, String prefix) throws IOException {
        for (int tenths = 0; tenths < 600; tenths++) {
            try (var files = Files.walk(directory)) {
                if (files.anyMatch(f -> f.getFileName().toString().startsWith(prefix))) return;
            }
            cluster.sql("SELECT pg_sleep(0.1)");
        }
        throw new AssertionError("no " + prefix + " in " + directory + "\n" + cluster.log());
    }

    private void check() {
        runAsServer("pgbackrest --config-path='" + directory + "' --stanza=" + STANZA + " check");
    }

    @Test
    void what_is_only_printed_has_places_for_the_keys_and_changes_nothing() {
        for (var type : List.of("azure", "gcs")) {
            var arguments = new ArrayList<>(
                List.of("pgbackrest-config", "--repo-type", type, "--bucket", "box", "--key-file", "/etc/key.json"));
            if (type.equals("azure")) arguments.addAll(List.of("--account", "ours"));
            var printed = backup().run(arguments.toArray(String[]::new));
            assertEquals(0, printed.exit(), printed::toString);
            assertTrue(printed.out().contains("repo1-type=" + type), printed::toString);
        }
        var page = DocsPage.of("docs/SCALE.md");
        for (var options : List.of("--repo-path", "--repo-type s3")) {
            var command = page.shownCommand("jbang backup.java pgbackrest-config " + options);
            var shown = Tool.command("sh", "-c", "bin/" + command).in(Tool.ROOT).with(cluster.environment()).run();
            assertEquals(0, shown.exit(), shown::toString);
        }
        var azure = backup().run("pgbackrest-config", "--repo-type", "azure", "--bucket", "b", "--account", "a");
        assertTrue(azure.out().contains("repo1-azure-key=<the key of the storage account>"), azure::toString);
        assertEquals("off", cluster.sql("SHOW archive_mode"));
        var missing = backup().run("pgbackrest-config", "--repo-type", "s3");
        assertEquals(2, missing.exit(), missing::toString);
        assertTrue(missing.err().contains("--bucket"), missing::toString);
        var withScheme =
            backup().run("pgbackrest-config", "--repo-type", "s3", "--bucket", "b", "--endpoint", "https://x");
        assertEquals(2, withScheme.exit(), withScheme::toString);
        var sftp = backup().run(
            "pgbackrest-config",
            "--repo-type",
            "sftp",
            "--login",
            "backup@storage.example.org",
            "--key-file",
            "/etc/pgbackrest/key");
        if (sftp.exit() == 0) {
            assertTrue(sftp.out().contains("repo1-sftp-host=storage.example.org"), sftp::toString);
        } else {
            assertEquals(12, sftp.exit(), sftp::toString);
            assertTrue(sftp.err().contains("install pgBackRest 2.46 or newer"), sftp::toString);
        }
    }

    @Test
    void files_that_are_there_and_another_archive_command_are_named() {
        configure();
        var again = backup().run("pgbackrest-config", "-o", directory.toString());
        assertEquals(12, again.exit(), again::toString);
        assertTrue(again.err().contains("pgbackrest.conf is there already"), again::toString);
        cluster.sql("ALTER SYSTEM SET archive_mode = on");
        cluster.sql("ALTER SYSTEM SET archive_command = '/bin/true'");
        restart();
        var warned = backup().run("pgbackrest-config");
        assertEquals(0, warned.exit(), warned::toString);
        assertTrue(warned.err().contains("archives already"), warned::toString);
    }

    private Tool.Result configure(String... options) {
        var arguments = new ArrayList<>(List.of("pgbackrest-config", "--stanza", STANZA, "-o", directory.toString()));
        arguments.addAll(List.of(options));
        var result = backup().run(arguments.toArray(String[]::new));
        assertEquals(0, result.exit(), result::toString);
        return result;
    }

    /** Types each command of the steps; what is of the machine and not of the server is done in its own way. */
    private void follow(Tool.Result steps) throws IOException {
        int typed = 0;
        for (var line : steps.out().lines().filter(l -> l.startsWith("    $ ")).toList()) {
            var command = line.substring("    $ ".length());
            if (command.matches("apt-get.*|\\$\\{EDITOR.*|cp .*|systemctl (daemon-reload|enable).*")) continue;
            if (command.startsWith("systemctl restart")) {
                restart();
                continue;
            }
            run(command.replace("jbang restore.java", "bin/jbang restore.java"));
            typed++;
        }
        assertEquals(5, typed, steps::toString);
        verifyUnits();
    }

    private void run(String command) {
        var here = Cluster.isRoot() ? command : command.replaceFirst("^runuser -u \\S+ -- ", "");
        var done = Tool.command("bash", "-c", here)
            .with("TMPDIR", home.toString())
            .in(Tool.ROOT)
            .run();
        assertEquals(0, done.exit(), () -> command + "\n" + done);
    }

    private void runAsServer(String command) {
        run("runuser -u postgres -- " + command);
    }

    /** As systemd runs it: %i is the instance, %% a per cent sign. */
    private String serviceCommand(String instance) throws IOException {
        var unit = Files.readString(directory.resolve("systemd/pgbackrest-" + STANZA + "@.service"));
        var m = Pattern.compile("(?m)^ExecStart=(.*)$").matcher(unit);
        assertTrue(m.find(), unit);
        return m.group(1).replace("%i", instance).replace("%%", "%");
    }

    private void verifyUnits() {
        if (!isInstalled("systemd-analyze")) return;
        var units = directory.resolve("systemd");
        var judged = Program
            .of(
                List.of(
                    "systemd-analyze",
                    "verify",
                    units.resolve("pgbackrest-" + STANZA + "@full.timer").toString(),
                    units.resolve("pgbackrest-" + STANZA + "@incr.timer").toString()))
            .capture();
        assertFalse((judged.stdout() + judged.stderr()).contains("pgbackrest-"), judged::toString);
    }

    private List<String> labels() {
        var listed = backup().with("PGBACKREST_CONFIG_PATH", directory.toString()).run("list", "--pgbackrest");
        return Pattern.compile("\\d{8}-\\d{6}F(_\\d{8}-\\d{6}[DI])?")
            .matcher(listed.out())
            .results()
            .map(m -> m.group())
            .toList();
    }

    private Tool backup() {
        return Tool.of("backup").in(home).with(cluster.environment());
    }

    private Tool restore() {
        return Tool.of("restore")
            .in(home)
            .with("PGBACKREST_CONFIG_PATH", directory.toString())
            .with("TMPDIR", home.toString());
    }

    private static boolean isInstalled(String program) {
        return Program.of(List.of("sh", "-c", "command -v " + program)).capture().ok();
    }
}
