//SOURCES ../Program.java RepositoryOptions.java StanzaServer.java
package lib.backup;

import java.util.LinkedHashMap;
import java.util.Map;
import lib.Program;

/**
 * The files that set up pgBackRest for a server, and the order of steps. In the steps each line that begins with "$ "
 * is a command as it is typed.
 */
final class StanzaSetup {
    static final String USUAL_DIRECTORY = "/etc/pgbackrest";
    static final String CONFIGURATION = "pgbackrest.conf";
    static final String SECRETS = "conf.d/secrets.conf";
    static final String SQL = "archiving.sql";

    private final String stanza;
    private final StanzaServer server;
    private final RepositoryOptions storage;
    private final int keep;
    private final String directory;

    /** @param directory where the files are, or will be, on the server's machine */
    StanzaSetup(String stanza, StanzaServer server, RepositoryOptions storage, int keep, String directory) {
        this.stanza = stanza;
        this.server = server;
        this.storage = storage;
        this.keep = keep;
        this.directory = directory;
    }

    /** What is not secret, by name, in the order of reading. */
    Map<String, String> files() {
        var files = new LinkedHashMap<String, String>();
        files.put(CONFIGURATION, configuration());
        files.put(SQL, sql());
        files.put("systemd/" + unit("@.service"), service());
        files.put("systemd/" + unit("@full.timer"), timer("full", "Sun *-*-* 02:15"));
        files.put("systemd/" + unit("@incr.timer"), timer("incr", "Mon..Sat *-*-* 02:15"));
        return files;
    }

    private String unit(String suffix) {
        return "pgbackrest-" + stanza + suffix;
    }

    private String configuration() {
        var text = new StringBuilder("[global]\n");
        storage.lines().forEach((name, value) -> text.append(name).append('=').append(value).append('\n'));
        text.append("repo1-bundle=y\n")
            .append("repo1-retention-full=")
            .append(keep)
            .append("\ncompress-type=zst\n")
            .append("process-max=")
            .append(Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, 8))
            .append("\nstart-fast=y\n\n[")
            .append(stanza)
            .append("]\npg1-path=")
            .append(server.dataDirectory())
            .append("\npg1-port=")
            .append(server.port())
            .append("\npg1-socket-path=")
            .append(server.socketDirectory())
            .append('\n');
        if (!server.isUsualRole()) text.append("pg1-user=").append(server.role()).append('\n');
        if (!server.isUsualDatabase()) text.append("pg1-database=").append(server.database()).append('\n');
        return text.toString();
    }

    /** @param passphrase what stands there already; null leaves the place to the person */
    String secrets(String passphrase) {
        var text = new StringBuilder("# Only the server's own user may read this file.\n[global]\n");
        for (var secret : storage.secrets()) {
            boolean isKnown = passphrase != null && secret.name().equals(RepositoryOptions.PASSPHRASE);
            text.append(secret.name())
                .append('=')
                .append(isKnown ? passphrase : "<" + secret.meaning() + ">")
                .append('\n');
        }
        return text.toString();
    }

    private String sql() {
        var command = pgbackrest() + " archive-push %p";
        var text = new StringBuilder();
        if (server.hasMinimalWal()) text.append("ALTER SYSTEM SET wal_level = 'replica';\n");
        text.append("ALTER SYSTEM SET archive_mode = 'on';\n");
        if (server.hasArchiveLibrary()) text.append("ALTER SYSTEM SET archive_library = '';\n");
        return text.append("ALTER SYSTEM SET archive_command = '")
            .append(command.replace("'", "''"))
            .append("';\nSELECT pg_reload_conf();\n")
            .toString();
    }

    private String pgbackrest() {
        return "pgbackrest --stanza=" + stanza + configPath().replace("%", "%%");
    }

    private String configPath() {
        return directory.equals(USUAL_DIRECTORY) ? "" : " --config-path=" + Program.typed(directory);
    }

    private String service() {
        return """
            [Unit]
            Description=pgBackRest backup (%%i) of the stanza %s
            Wants=network-online.target
            After=network-online.target

            [Service]
            Type=oneshot
            User=%s
            ExecStart=/usr/bin/%s --type=%%i backup
            Nice=10
            IOSchedulingClass=idle
            """.formatted(stanza, server.systemUser(), pgbackrest());
    }

    private String timer(String type, String when) {
        return """
            [Unit]
            Description=pgBackRest backup (%s) of the stanza %s

            [Timer]
            OnCalendar=%s
            # A machine that was off at that time makes up for it.
            Persistent=true

            [Install]
            WantedBy=timers.target
            """.formatted(type, stanza, when);
    }

    /** @param release that reads this server and knows the storage */
    String steps(String release) {
        var text = new StringBuilder("Steps, as root on the machine or in the container of the server:\n");
        var steps = new LinkedHashMap<String, String>();
        steps.put("Install pgBackRest " + release + " or newer; Debian and Ubuntu:", "$ apt-get install pgbackrest");
        if (!storage.secrets().isEmpty()) {
            steps.put(
                "Fill in the keys, for nobody else to read" + (storage.encrypt
                    ? "; keep the passphrase elsewhere too: without it no backup can be read:"
                    : ":"),
                "$ ${EDITOR:-vi} " + typed(SECRETS));
        }
        steps.put("Tell the server to archive its WAL:", asServer(psql()));
        if (server.needsRestart()) {
            steps.put(
                "Restart the server: archiving is switched on by a restart only; for Debian's packages:",
                "$ systemctl restart postgresql");
        }
        steps.put(
            "Make the repository, and see that a segment arrives there:",
            asServer(command("stanza-create")) + "\n" + asServer(command("check")));
        steps.put("Take the first backup:", asServer(command("--type=full backup")));
        steps.put("Prove it:", proof());
        steps.put("Then every night by itself, a full one on Sundays:", schedule());
        int number = 1;
        for (var step : steps.entrySet()) {
            text.append("\n%d. %s\n".formatted(number++, step.getKey()));
            step.getValue().lines().forEach(line -> text.append("    ").append(line).append('\n'));
        }
        return text.toString();
    }

    private String proof() {
        var where = directory.equals(USUAL_DIRECTORY) ? ""
            : "PGBACKREST_CONFIG_PATH=" + Program.typed(directory) + " ";
        return "$ " + where + "jbang restore.java drill --pgbackrest " + stanza;
    }

    private String schedule() {
        return "$ cp " + Program.typed(directory + "/systemd") + "/pgbackrest-" + stanza + "@* /etc/systemd/system/\n"
            + "$ systemctl daemon-reload\n"
            + "$ systemctl enable --now " + unit("@full.timer") + " " + unit("@incr.timer");
    }

    private String psql() {
        return "psql -X -v ON_ERROR_STOP=1 -h " + Program.typed(server.socketDirectory()) + " -p " + server.port()
            + " -U " + Program.typed(server.role()) + " -d " + Program.typed(server.database()) + " -f " + typed(SQL);
    }

    private String command(String words) {
        return "pgbackrest --stanza=" + stanza + configPath() + " " + words;
    }

    private String asServer(String command) {
        return "$ runuser -u " + server.systemUser() + " -- " + command;
    }

    private String typed(String file) {
        return Program.typed(directory + "/" + file);
    }
}
