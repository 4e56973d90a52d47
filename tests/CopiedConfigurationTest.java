import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lib.Console;
import lib.Program;
import lib.boot.CopiedConfiguration;
import lib.boot.CopySettings;
import lib.boot.DangerousSettings;
import lib.boot.Owner;
import lib.boot.PrivateServer;
import lib.boot.ServerProgram;
import lib.boot.ServerSettings;
import lib.database.Database;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever configuration came with a backup: a copy is booted beside the original, which does not notice. */
@Tag("local")
class CopiedConfigurationTest {
    private static final int CONFIGURATIONS = 200;
    private static final int COPIES = 2;

    private static Cluster original;
    private static Path home;
    private static Path trap;
    private static ServerProgram program;
    private static Owner owner;
    private static final List<Path> copies = new ArrayList<>();

    /** A small cluster, and copies of it that are booted over and over with another configuration. */
    @BeforeAll
    static void an_original_and_copies_of_it() throws IOException {
        Console.level(Console.Level.QUIET);
        original =
            Cluster.create("fsync = off", "autovacuum = off", "checkpoint_timeout = 1h", "bgwriter_lru_maxpages = 0");
        home = original.home();
        trap = Files.createDirectory(home.resolve("trap"));
        for (var name : List.of("logs", "stats")) Cluster.giveToServer(Files.createDirectory(home.resolve(name)));
        Cluster.giveToServer(trap);
        original.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 100) AS i");
        program = ServerProgram.ofMajor(original.programs().major(), List.of());
        for (int i = 0; i < COPIES; i++) {
            var place = Files.createTempDirectory("tsdb-tools-copy-");
            var copy = BareBackup.take(original, place.toRealPath().resolve("data"), "-Fp");
            Cluster.giveToServer(place);
            copies.add(copy);
        }
        owner = Owner.of(copies.getFirst());
        state();   // its own question leaves marks in the catalogs
        original.sql("CHECKPOINT");
    }

    @AfterAll
    static void away() {
        if (original != null) original.close();
        copies.forEach(copy -> Cluster.delete(copy.getParent()));
    }

    @Test
    void two_hundred_random_configurations_boot_a_copy_and_leave_the_original_alone() throws Exception {
        long seed = Long.parseLong(System.getenv().getOrDefault("TEST_SEED", String.valueOf(System.nanoTime())));
        System.err.println("random configurations of the seed " + seed + " (TEST_SEED=" + seed + " makes them again)");
        var before = state();
        var next = new AtomicInteger();
        try (var pool = Executors.newFixedThreadPool(COPIES)) {
            var runs = new ArrayList<Callable<Void>>();
            for (var copy : copies) {
                runs.add(() -> {
                    for (int i = next.getAndIncrement(); i < CONFIGURATIONS; i = next.getAndIncrement()) {
                        var configuration = new RandomConfiguration(new Random(seed + i), copy).write();
                        bootAndAsk(copy, () -> "TEST_SEED=" + seed + ", the one with number " + configuration);
                    }
                    return null;
                });
            }
            for (var run : pool.invokeAll(runs)) run.get();
        } catch (ExecutionException e) {
            throw new AssertionError("TEST_SEED=" + seed, e.getCause());
        }
        assertUntouched(before, "TEST_SEED=" + seed);
    }

    @Test
    void the_settings_that_people_have_boot_a_copy_and_leave_the_original_alone() throws IOException {
        var before = state();
        var copy = copies.getFirst();
        for (var file : configurations()) {
            clean(copy);
            Files.writeString(copy.resolve("postgresql.conf"), filled(file));
            bootAndAsk(copy, file::toString);
        }
        assertUntouched(before, "the settings that people have");
    }

    @Test
    void a_restore_replaces_what_leads_to_the_original_and_the_server_then_finds_its_own_data() throws IOException {
        var copy = copies.getLast();
        for (var file : configurations()) {
            clean(copy);
            Files.writeString(copy.resolve("postgresql.conf"), filled(file));
            Files.createDirectories(copy.resolve("conf.d"));
            Files.writeString(copy.resolve("postgresql.base.conf"), "data_directory = '" + original.data() + "'\n");
            Cluster.giveToServer(copy);
            var findings = DangerousSettings.adopt(copy, copy, true);
            var read = CopiedConfiguration.of(copy);
            assertEquals(copy.toString(), read.value("data_directory").orElse(copy.toString()), file::toString);
            for (var name : List.of("hba_file", "ident_file", "external_pid_file", "log_directory")) {
                var value = read.value(name).orElse("");
                assertTrue(!value.startsWith(home.toString()), () -> file + ": " + name + " = " + value);
            }
            for (var finding : findings) {
                assertTrue(!finding.toString().contains("passfile="), finding::toString);
            }
        }
        clean(copy);
        Files.writeString(
            copy.resolve("postgresql.conf"),
            filled(Tool.ROOT.resolve("tests/configurations/debian.conf")).replace("include_dir", "#")
                .replace("stats_temp_directory", "#")
                .replace("lc_messages", "#"));
        Cluster.giveToServer(copy);
        assertEquals(original.data().toString(), asked(copy, "data_directory"), "the test does not test");
        DangerousSettings.adopt(copy, copy, false);
        assertEquals(copy.toString(), asked(copy, "data_directory"));
        assertEquals(copy.resolve("pg_hba.conf").toString(), asked(copy, "hba_file"));
    }

    /** The file that it includes lies on the original's machine, and nobody knows what is in it. */
    @Test
    void what_an_include_outside_of_the_backup_says_leads_no_copy_to_the_original() throws IOException {
        var copy = copies.getLast();
        clean(copy);
        var outside = home.resolve("site.conf");
        Files.writeString(
            outside,
            "data_directory = '%1$s'\nhba_file = '%1$s/pg_hba.conf'\nexternal_pid_file = '%2$s/pid'\n"
                .formatted(original.data(), home)
                + "log_directory = '%s/logs'\narchive_cleanup_command = 'touch %s/cleanup'\n".formatted(home, trap));
        Files.writeString(copy.resolve("postgresql.conf"), "INCLUDE_IF_EXISTS='" + outside + "'\nport = 6000\n");
        Cluster.giveToServer(copy);
        Cluster.giveToServer(outside);
        try {
            assertEquals(original.data().toString(), asked(copy, "data_directory"), "the test does not test");
            DangerousSettings.adopt(copy, copy, true);
            assertEquals(copy.toString(), asked(copy, "data_directory"));
            assertEquals(copy.resolve("pg_hba.conf").toString(), asked(copy, "hba_file"));
            assertEquals("log", asked(copy, "log_directory"));
            assertEquals("", asked(copy, "external_pid_file"));
            assertEquals("", asked(copy, "archive_cleanup_command"));
            assertEquals("6000", asked(copy, "port"), "what is known stays");
        } finally {
            Files.delete(outside);
        }
    }

    /** Ours must not become a part of the last line, nor be written where the server cannot read it. */
    @Test
    void lines_of_ours_count_whatever_the_file_ends_with() throws IOException {
        var copy = copies.getLast();
        for (var end : List.of("work_mem = '4MB'", "# a comment", "", "\n")) {
            clean(copy);
            Files.writeString(copy.resolve("postgresql.conf"), "archive_mode = always\nport = 6000");
            Files.writeString(copy.resolve("postgresql.auto.conf"), "archive_mode = on\n" + end);
            CopySettings.write(copy);
            assertEquals("off", asked(copy, "archive_mode"), end);
        }
        clean(copy);
        Files.delete(copy.resolve("postgresql.auto.conf"));
        Files.writeString(copy.resolve("postgresql.conf"), "archive_mode = on");
        CopySettings.write(copy);
        assertEquals("off", asked(copy, "archive_mode"), "a file that was not there");
        assertTrue(CopySettings.areIn(copy));
    }

    /** A server that refuses our own line would not start: each value is one that it takes. */
    @Test
    void a_server_takes_every_value_that_replaces_one_of_the_original() throws IOException {
        var copy = copies.getLast();
        clean(copy);
        var lines = new ArrayList<String>();
        var values = Map.of(
            "recovery_min_apply_delay",
            "1h",
            "recovery_target_time",
            "2025-07-04 15:30:00+02",
            "archive_mode",
            "always",
            "log_directory",
            "../logs",
            "external_pid_file",
            copy + "/../pid");
        values.forEach((name, value) -> lines.add(name + " '" + value + "'"));
        for (var name : List.of(
            "restore_command",
            "primary_conninfo",
            "primary_slot_name",
            "archive_cleanup_command",
            "recovery_end_command",
            "synchronous_standby_names")) {
            lines.add(name + "'the_originals'");
        }
        if (original.programs().major() < 15) lines.add("stats_temp_directory = '" + home.resolve("stats") + "'");
        Files.write(copy.resolve("postgresql.conf"), lines);
        Cluster.giveToServer(copy);
        assertEquals("1h", asked(copy, "recovery_min_apply_delay").replace("3600000", "1h"), "the test does not test");
        DangerousSettings.adopt(copy, copy, true);
        assertEquals("0", asked(copy, "recovery_min_apply_delay"));
        assertEquals("on", asked(copy, "archive_mode"));
        assertEquals("log", asked(copy, "log_directory"));
        for (var name : List.of("external_pid_file", "restore_command", "primary_slot_name", "recovery_end_command")) {
            assertEquals("", asked(copy, name), name);
        }
    }

    @Test
    void every_setting_of_this_server_is_decided() {
        var known = ServerSettings.all().stream().map(ServerSettings.Setting::name).toList();
        var undecided = original.sql(
            """
                SELECT name FROM pg_settings
                WHERE context IN ('postmaster', 'sighup', 'internal') AND name NOT LIKE '%.%'
                """)
            .lines()
            .filter(name -> !known.contains(name))
            .toList();
        assertEquals(List.of(), undecided);
        for (var setting : ServerSettings.all()) assertTrue(!setting.reason().isBlank(), setting::toString);
    }

    @Test
    void lines_are_read_as_the_server_reads_them() throws IOException {
        var place = Files.createTempDirectory("conf-");
        Files.writeString(
            place.resolve("postgresql.conf"),
            """
                # data_directory = 'no'
                Port=5433 # yes
                log_directory 'it''s \\'here\\''
                port = 5434
                include 'more.conf'
                include_if_exists = 'nowhere.conf'
                include '/etc/passwd'
                shared_preload_libraries = '"timescaledb", pg_cron'
                hba_file'\\057srv\\057pg\\tx'
                # an old Mac \r port = 1
                archive_command = '%s'
                """.formatted("x".repeat(20_000)));
        Files.writeString(place.resolve("more.conf"), "max_connections 7\r\nport = 5435\r\n");
        Files.writeString(place.resolve("postgresql.auto.conf"), "work_mem = '4MB'");
        var read = CopiedConfiguration.of(place);
        assertEquals("5435", read.value("PORT").orElseThrow());
        assertEquals("more.conf", read.entry("port").orElseThrow().file());
        assertEquals("it's 'here'", read.value("log_directory").orElseThrow());
        assertEquals("4MB", read.value("work_mem").orElseThrow());
        assertEquals(List.of("timescaledb", "pg_cron"), read.preloaded().orElseThrow());
        assertEquals("/srv/pg\tx", read.value("hba_file").orElseThrow());
        assertEquals(20_000, read.value("archive_command").orElseThrow().length());
        assertEquals(
            List.of("/etc/passwd"),
            read.notFollowed().stream().map(CopiedConfiguration.Entry::value).toList());
        Cluster.delete(place);
    }

    private static void bootAndAsk(Path copy, Supplier<String> which) {
        try (
            var server = PrivateServer.boot(
                new PrivateServer.Copy(program, copy, owner),
                Map.of(),
                null,
                Duration.ofMinutes(2));
            var database = Database.open(server.settings("postgres", "postgres"), "test")) {
            var said = database.one(
                """
                    SELECT current_setting('data_directory'), current_setting('listen_addresses'),
                           current_setting('archive_mode'),
                           current_setting('shared_preload_libraries'), current_setting('logging_collector'),
                           current_setting('external_pid_file'),
                           (SELECT count(*) FROM pg_catalog.pg_file_settings
                            WHERE sourcefile LIKE '%.auto.conf' OR error IS NOT NULL),
                           (SELECT count(*) FROM public.t)
                    """,
                row -> List.of(
                    row.getString(1),
                    row.getString(2) + row.getString(3) + row.getString(4) + row.getString(5),
                    row.getString(6).startsWith(home.toString()),
                    row.getLong(7),
                    row.getLong(8)));
            assertEquals(List.of(copy.toString(), "offoff", false, 0L, 100L), said, which);
        } catch (RuntimeException e) {
            throw new AssertionError(which.get(), e);
        }
    }

    /** What the server program itself makes of the files: no server is started. */
    private static String asked(Path copy, String setting) {
        var command = new ArrayList<String>();
        if (Cluster.isRoot()) command.addAll(List.of("runuser", "-u", "postgres", "--"));
        command.addAll(
            List.of(program.installation().program("postgres").toString(), "-D", copy.toString(), "-C", setting));
        var answer = Program.of(command).in(copy).capture();
        assertTrue(answer.ok(), answer::toString);
        return answer.stdout().strip();
    }

    private static void assertUntouched(String before, String which) throws IOException {
        var changed = new ArrayList<>(state().lines().toList());
        changed.removeAll(before.lines().toList());
        assertEquals(List.of(), changed, which);
        assertEquals(before, state(), which);
    }

    /** The original, seen from outside and inside. */
    private static String state() throws IOException {
        var state = new ArrayList<String>();
        for (var place : List.of(original.data().resolve("base"), original.data().resolve("global"), trap)) {
            BareBackup.snapshot(place).forEach((name, facts) -> state.add(name + " " + facts));
        }
        state.add(names(home) + " " + names(home.resolve("logs")) + " " + names(home.resolve("stats")));
        state.add(Files.readString(original.data().resolve("postgresql.conf")));
        state.addAll(Files.readAllLines(original.data().resolve("postmaster.pid")).subList(0, 5));
        state.add(
            original.sql(
                """
                    SELECT pg_postmaster_start_time(),
                           (SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender'))
                    """));
        return String.join("\n", state);
    }

    private static List<String> names(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    private static List<Path> configurations() throws IOException {
        try (var files = Files.list(Tool.ROOT.resolve("tests/configurations"))) {
            return files.filter(f -> f.toString().endsWith(".conf")).sorted().toList();
        }
    }

    private static String filled(Path file) throws IOException {
        return Files.readString(file)
            .replace("@original@", original.data().toString())
            .replace("@home@", home.toString())
            .replace("@port@", String.valueOf(original.port()))
            .replace("@trap@", trap.toString());
    }

    private static void clean(Path copy) throws IOException {
        for (var name : List
            .of("postgresql.auto.conf", "postgresql.auto.conf.of-the-backup", "more.conf", "postgresql.base.conf")) {
            Files.deleteIfExists(copy.resolve(name));
        }
        Files.writeString(copy.resolve("postgresql.auto.conf"), "");
    }

    /** Settings of the decision table and others, with values that lead to the original, written in many ways. */
    private static final class RandomConfiguration {
        private static final List<String> NAMES = names();
        private final Random random;
        private final Path copy;

        RandomConfiguration(Random random, Path copy) {
            this.random = random;
            this.copy = copy;
        }

        private static List<String> names() {
            var names = new ArrayList<>(ServerSettings.all().stream().map(ServerSettings.Setting::name).toList());
            names.addAll(
                List.of(
                    "search_path",
                    "default_transaction_read_only",
                    "statement_timeout",
                    "dynamic_library_path",
                    "temp_tablespaces",
                    "row_security",
                    "unknown_library.directory",
                    "wal_consistency_checking",
                    "zero_damaged_pages"));
            return List.copyOf(names);
        }

        /** @return what was written, for a failure's message */
        String write() {
            try {
                clean(copy);
                var main = lines(10 + random.nextInt(60));
                var auto = lines(random.nextInt(15));
                var more = lines(random.nextInt(15));
                if (random.nextBoolean()) main += "include 'more.conf'\n";
                if (random.nextInt(4) == 0) main += "include '" + original.data() + "/postgresql.conf'\n";
                if (random.nextInt(8) == 0) main += "'a line that no server understands\n";
                Files.writeString(copy.resolve("postgresql.conf"), main);
                Files.writeString(copy.resolve("postgresql.auto.conf"), auto);
                Files.writeString(copy.resolve("more.conf"), more);
                return main + auto + more;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private String lines(int count) {
            var text = new StringBuilder();
            for (int i = 0; i < count; i++) text.append(line(NAMES.get(random.nextInt(NAMES.size()))));
            // The worst of them all is never far away.
            if (random.nextInt(3) == 0) text.append(line("data_directory"));
            if (random.nextInt(3) == 0) {
                text.append(line("unix_socket_directories")).append("port = ").append(original.port()).append('\n');
            }
            return text.toString();
        }

        private String line(String name) {
            var typed = random.nextInt(5) == 0 ? name.toUpperCase(Locale.ROOT) : name;
            return typed + pick(" = ", "=", " ", "\t=\t") + "'" + value(name) + "'" + pick("", "  # as of old", "\r")
                + "\n";
        }

        private String value(String name) {
            if (name.equals("data_directory")) return original.data().toString();
            if (name.endsWith("_file")) {
                return pick(original.data().resolve("pg_hba.conf"), home.resolve("pid"), "/nowhere/file");
            }
            if (name.endsWith("_directory") || name.endsWith("_directories") || name.endsWith("_dir")) {
                return pick(home, home.resolve("logs"), original.data(), "/nowhere");
            }
            if (name.endsWith("_command")) return "touch " + trap + "/" + name;
            if (name.contains("librar") || name.equals("jit_provider") || name.equals("archive_library")) {
                return pick("not_here", "pg_stat_statements", trap + "/evil", "auto_explain");
            }
            if (name.endsWith("conninfo")) {
                return "host=127.0.0.1 user=postgres password=secret port=" + original.port();
            }
            return pick("on", "off", "0", "1", "7", "1000000", "64MB", "10s", "", "never", "-1");
        }

        private String pick(Object... from) {
            return String.valueOf(from[random.nextInt(from.length)]);
        }
    }
}
