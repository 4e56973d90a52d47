//SOURCES ../lib/Json.java ../lib/Program.java Cluster.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lib.Json;
import lib.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * make nightly in a checkout with a blank and a per cent sign in its path. The crontab is the real program's, with a
 * spool of its own, where there is one and we are root; else a stand-in that keeps it in a file.
 */
class NightlyTest {
    private static final String FOREIGN = "# mine\nMAILTO=\"\"\n5 4 * * * echo 100\\% of it\n\n\n";

    private Path home;
    private Path checkout;
    private Path spool;
    private boolean hasCrontab;

    @BeforeEach
    void a_checkout_whose_tools_do_what_a_file_says() throws IOException {
        home = Files.createTempDirectory("nightly-");
        checkout = Files.createDirectories(home.resolve("a check out 100%"));
        spool = Files.createDirectories(home.resolve("spool/crontabs"));
        Files.createDirectories(checkout.resolve("bin"));
        for (var file : List.of("Makefile", "bin/nightly", "bin/lib.sh")) {
            Files.copy(Tool.ROOT.resolve(file), checkout.resolve(file));
        }
        executable(checkout.resolve("bin/nightly"), Files.readString(Tool.ROOT.resolve("bin/nightly")));
        tools("echo \"$@\" >> '" + home + "/calls'");
        hasCrontab = Cluster.isRoot()
            && Program.of(List.of("sh", "-c", "command -v crontab && unshare -m true && [ -d /var/spool/cron ]"))
                .capture()
                .ok();
        if (!hasCrontab) standIn();
    }

    private void standIn() throws IOException {
        executable(
            Files.createDirectories(home.resolve("bin")).resolve("crontab"),
            """
                #!/bin/sh
                f='%s'
                case $1 in
                  -l) cat "$f" 2> /dev/null || { echo "no crontab for you" >&2; exit 1; } ;;
                  -r) rm "$f" ;;
                  -) cat > "$f.new" && mv "$f.new" "$f" ;;
                esac
                """.formatted(spool.resolve("me")));
    }

    @AfterEach
    void remove() {
        Cluster.delete(home);
    }

    @Test @Tag("cli")
    void it_asks_first_and_leaves_the_lines_of_others_alone() throws IOException {
        cron(FOREIGN, "-");
        var no = nightly("n\n");
        assertEquals(2, no.exit(), no::toString);       // make says 2 for any failure
        assertTrue(no.err().contains("Install it?") && no.err().contains("a drill"), no::toString);
        assertEquals(FOREIGN, cron("", "-l").out());

        assertEquals(0, nightly("y\n").exit());
        var once = cron("", "-l").out();
        assertTrue(once.startsWith(FOREIGN), once);
        assertTrue(
            once.contains("15 02 * * * '" + checkout.toString().replace("%", "\\%") + "/bin/nightly' run"),
            once);
        assertEquals(0, nightly("y\n").exit());
        assertEquals(once, cron("", "-l").out(), "twice is once");

        assertEquals(0, off().exit());
        assertEquals(FOREIGN, cron("", "-l").out());
        assertEquals(0, off().exit(), "twice off is off");
        cron("", "-r");
        assertEquals(0, nightly("y\n", "START_AT=23:58").exit());
        assertTrue(cron("", "-l").out().contains("58 23 * * *"));
        assertTrue(cron("", "-l").out().contains("28 * * * *"));
        assertEquals(0, off().exit());
        assertEquals(1, cron("", "-l").exit(), "there is no crontab, as before");
    }

    /** With the command as the page about it shows it. */
    @Test @Tag("cli")
    void the_documented_command_installs_it() throws IOException {
        var command =
            DocsPage.of("docs/SCALE.md").shownCommand("make nightly") + " SCHEDULER=cron -C '" + checkout + "'";
        var words = inSpool();
        words.addAll(List.of("sh", "-c", command));
        var installed = own(Tool.command(words.toArray(String[]::new))).typing("y\n").run();
        assertEquals(0, installed.exit(), installed::toString);
        assertTrue(installed.err().contains("a copy at offsite:backups"), installed::toString);
        var kept = Files.readString(checkout.resolve(".engine/nightly.conf"));
        assertTrue(
            kept.contains("env_XDG_CONFIG_HOME=" + home.resolve("config") + "\n"),
            "rclone looks there: " + kept);
        assertEquals(0, off().exit());
    }

    /** Whoever tidied his crontab may have removed one of our two marks: what follows the other one is his own. */
    @Test @Tag("cli")
    void lines_whose_end_is_not_marked_are_not_taken_for_ours() throws IOException {
        assertEquals(0, nightly("y\n").exit());
        var edited = cron("", "-l").out().replaceAll("(?m)^# timescaledb-tools: end.*\n", "") + "1 2 * * * echo mine\n";
        cron(edited, "-");

        var stopped = off();
        assertTrue(stopped.exit() != 0 && stopped.err().contains("crontab -e"), stopped::toString);
        assertEquals(edited, cron("", "-l").out());
        assertTrue(nightly("y\n").exit() != 0);
        assertEquals(edited, cron("", "-l").out());
    }

    @Test @Tag("cli")
    void what_cannot_work_is_not_installed() throws IOException {
        assertEquals(2, nightly("y\n", "START_AT=25:00").exit());
        tools("echo 'PROBLEM the server is not there'; exit 12");
        var result = nightly("y\n");
        assertTrue(result.err().contains("the server is not there"), result::toString);
        tools("[ \"$2\" != list ] || { echo 'rclone is not installed'; exit 12; }");
        var remote = nightly("y\n", "REMOTE=offsite:backups");
        assertTrue(
            remote.err().contains("rclone is not installed") && remote.err().contains("TOOLS=host"),
            remote::toString);
        assertEquals(1, cron("", "-l").exit());
    }

    @Test @Tag("cli")
    void a_failure_is_told_on_stderr_in_the_log_and_to_the_command() throws IOException {
        var onDone = "ON_DONE=cat > '" + home + "/told'; : token-4711; ps -ww -eo args > '" + home + "/processes'";
        assertEquals(0, nightly("y\n", onDone).exit());
        tools("case $1 in backup.java) echo 'no \"space\" \\left'; exit 12 ;; esac");
        var failed = asCron("run");
        assertEquals(12, failed.exit(), failed::toString);
        assertTrue(failed.err().contains("failed with 12"), failed::toString);
        var told = Json.tree(Files.readString(home.resolve("told")));
        assertEquals("failed", told.path("status").asString());
        assertEquals(12, told.path("steps").path("backup").asInt());
        assertEquals(0, told.path("steps").path("drill").asInt(-1));
        assertTrue(told.path("log").asString().contains("no \"space\" \\left"), told::toString);
        var processes = Files.readString(home.resolve("processes"));
        assertTrue(processes.contains("nightly run") && !processes.contains("token-4711"), processes);

        tools("exit 0");
        var good = asCron("run");
        assertEquals(0, good.exit(), good::toString);
        assertEquals("", good.err(), "cron sends no mail on good days");
        assertEquals("done", Json.tree(Files.readString(home.resolve("told"))).path("status").asString());
    }

    @Test @Tag("cli")
    void two_do_not_run_at_once_and_a_missed_one_is_made_up_for() throws Exception {
        assertEquals(0, nightly("y\n", "REMOTE=offsite:a b", "KEEP=3", "ARGS=--plain-is-fine --label *").exit());
        Files.delete(home.resolve("calls"));
        assertEquals(0, asCron("run", "--if-missed").exit());
        assertFalse(Files.exists(home.resolve("calls")), "none was missed yet");
        Files.writeString(checkout.resolve(".engine/nightly.attempt"), "1000\n");
        assertEquals(0, asCron("run", "--if-missed").exit());
        var calls = Files.readAllLines(home.resolve("calls"));
        assertEquals(
            "backup.java -o " + checkout + "/backups --keep 3 --no-progress --copy-to offsite:a b --plain-is-fine "
                + "--label *",
            calls.get(0));
        assertEquals("restore.java drill latest --backups " + checkout + "/backups", calls.get(1));

        tools("sleep 60 & echo $! > '" + home + "/sleeper'; wait");
        var first = new ProcessBuilder(cronWords("run")).start();
        for (int i = 0; i < 600 && !Files.exists(home.resolve("sleeper")); i++) Thread.sleep(100);
        var second = asCron("run");
        assertEquals(12, second.exit(), second::toString);
        assertTrue(Files.readString(log()).contains("still works; this one is left out"));
        Program.of(List.of("kill", Files.readString(home.resolve("sleeper")).strip())).capture();
        assertTrue(first.waitFor(60, TimeUnit.SECONDS));

        tools("exit 0");
        Files.createSymbolicLink(checkout.resolve(".engine/nightly.lock"), Path.of("999999"));
        assertEquals(0, asCron("run").exit(), "a run that was killed is in nobody's way");
    }

    @Test @Tag("cli")
    void a_timer_of_systemd_is_whole_and_goes_again() throws IOException {
        executable(Files.createDirectories(home.resolve("bin")).resolve("systemctl"), "#!/bin/sh\nexit 0\n");
        var units = home.resolve("config/systemd/user");
        Files.createDirectories(units);
        assertEquals(0, nightly("y\n", "SCHEDULER=systemd").exit());
        List<Path> made;
        try (var files = Files.list(units)) {
            made = files.sorted().toList();
        }
        assertEquals(2, made.size(), made::toString);
        if (Program.of(List.of("sh", "-c", "command -v systemd-analyze")).capture().ok()) {
            var judged =
                Program.of(List.of("systemd-analyze", "verify", "--user", made.getLast().toString())).capture();
            assertFalse((judged.stdout() + judged.stderr()).contains("timescaledb-nightly"), judged::toString);
        }
        assertEquals(0, off().exit());
        assertFalse(Files.exists(made.getFirst()) || Files.exists(made.getLast()));
        Files.writeString(made.getLast(), "[Timer]\n");
        var refused = nightly("y\n", "SCHEDULER=systemd");
        assertTrue(refused.err().contains("is not of make nightly"), refused::toString);
        assertEquals("[Timer]\n", Files.readString(made.getLast()));
    }

    /** The line of the crontab as cron runs it, with a real backup and a real drill. */
    @Test @Tag("local")
    void a_night_leaves_a_proven_backup() throws IOException {
        try (var cluster = Cluster.create()) {
            cluster.sql("CREATE TABLE readings AS SELECT g AS id FROM generate_series(1, 100) AS g");
            tools("script=$1; shift; exec '" + Tool.ROOT + "/bin/jbang' '" + Tool.ROOT + "'/\"$script\" \"$@\"");
            var arguments = new ArrayList<String>();
            cluster.environment().forEach((name, value) -> arguments.add(name + "=" + value));
            arguments.add("ON_DONE=cat > '" + home + "/told'");
            var installed = nightly("y\n", arguments.toArray(String[]::new));
            assertEquals(0, installed.exit(), installed::toString);
            var line = cron("", "-l").out().lines().filter(l -> l.endsWith(" run")).findFirst().orElseThrow();
            var night = Tool.command("sh", "-c", line.replaceFirst("^15 02 \\* \\* \\* ", "").replace("\\%", "%"));
            var done = bare(night).run();
            assertEquals(0, done.exit(), () -> done + logText());
            var told = Json.tree(Files.readString(home.resolve("told")));
            assertEquals(0, told.path("steps").path("backup").asInt(-1), told::toString);
            assertEquals(0, told.path("steps").path("drill").asInt(-1), told::toString);
            try (var receipts = Files.list(checkout.resolve("backups/.receipts"))) {
                assertTrue(receipts.anyMatch(f -> f.toString().endsWith(".drill.json")));
            }
        }
    }

    private Path log() {
        return checkout.resolve(".engine/nightly.log");
    }

    private String logText() {
        try {
            return Files.readString(log());
        } catch (IOException none) {
            return "no log";
        }
    }

    private void tools(String body) throws IOException {
        executable(checkout.resolve("bin/tools"), "#!/bin/sh\n" + body + "\n");
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Tool.Result nightly(String typed, String... variables) {
        return make("nightly", typed, variables);
    }

    private Tool.Result off() {
        return make("nightly-off", "");
    }

    private Tool.Result make(String target, String typed, String... variables) {
        var command = inSpool();
        command.addAll(
            List.of("env", "make", "--no-print-directory", "-C", checkout.toString(), target, "SCHEDULER=cron"));
        command.addAll(List.of(variables));
        return own(Tool.command(command.toArray(String[]::new))).typing(typed).run();
    }

    private Tool.Result cron(String typed, String argument) {
        var command = inSpool();
        command.addAll(List.of("env", "crontab", argument));
        return own(Tool.command(command.toArray(String[]::new))).typing(typed).run();
    }

    /** A name space in which cron's spool is ours. */
    private List<String> inSpool() {
        var words = new ArrayList<String>();
        if (hasCrontab) {
            var mount = "mount --bind '" + spool.getParent() + "' /var/spool/cron && exec \"$@\"";
            words.addAll(List.of("unshare", "-m", "sh", "-c", mount, "sh"));
        }
        return words;
    }

    private Tool own(Tool tool) {
        return tool.with(
            Map.of(
                "PATH",
                home.resolve("bin") + ":" + System.getenv("PATH"),
                "XDG_CONFIG_HOME",
                home.resolve("config").toString()));
    }

    /** What cron hands over, and nothing else. */
    private Tool bare(Tool tool) {
        return tool.with("PATH", "/usr/bin:/bin").with("SHELL", "/bin/sh");
    }

    private List<String> cronWords(String... arguments) {
        var words = new ArrayList<>(
            List.of("env", "-i", "PATH=/usr/bin:/bin", "HOME=" + home, checkout.resolve("bin/nightly").toString()));
        words.addAll(List.of(arguments));
        return words;
    }

    private Tool.Result asCron(String... arguments) {
        return Tool.command(cronWords(arguments).toArray(String[]::new)).run();
    }
}
