//SOURCES ../Cli.java ../Console.java ../Failure.java ../Units.java ../archive/Age.java ../archive/BackupDirectory.java
//SOURCES ../database/ConnectionOptions.java ../database/ConnectionSettings.java ScratchServer.java
package lib.boot;

import java.nio.file.Path;
import java.util.Map;
import lib.Cli;
import lib.Console;
import lib.Failure;
import lib.Units;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.database.ConnectionOptions;
import lib.database.ConnectionSettings;
import picocli.CommandLine.Option;

/** For the tools that ask a database: take that of a backup, in place of a running one. */
public final class BackupOptions {
    @Option(
        names = "--backup",
        paramLabel = "DIR|latest",
        description = "ask this backup, in place of a running server: it is booted in a scratch place, and nothing of that stays (latest: the newest one in backups)")
    String backup;

    @Option(
        names = "--identity",
        paramLabel = "FILE",
        description = "with --backup: age secret key of an encrypted one")
    Path identity;

    @Cli.Writes @Option(
        names = "--scratch",
        paramLabel = "DIR",
        description = "with --backup: where to unpack; needs the room of the whole cluster; default TMPDIR, else /tmp")
    Path scratch;

    /** A database to ask; closing it ends the server that was booted for it. @param server null when the server is not ours */
    public record Place(ConnectionSettings settings, ScratchServer server) implements AutoCloseable {
        @Override
        public void close() {
            if (server != null) server.close();
        }
    }

    /** @param file words of a config file, see {@link ConnectionOptions#settings(Map)}; of them a backup heeds the database alone */
    public Place place(ConnectionOptions connection, Map<String, String> file) {
        if (backup == null) {
            if (identity != null || scratch != null) throw Failure
                .usage(
                    (identity != null ? "--identity" : "--scratch") + " is for a backup, and none was named",
                    "add: --backup DIR");
            return new Place(connection.settings(file), null);
        }
        if (connection.namesServer()) throw Failure.usage(
            "--backup boots a server of its own, and another one was named as well",
            "leave out --host, --port, --user and --url; -d chooses the database.");
        var database = connection.settings(file).database();
        var directory = backup.equals("latest") ? BackupDirectory.latest(Path.of("backups"))
            : BackupDirectory.open(Path.of(backup));
        var options = ScratchServer.Options.standard().withIdentity(identity == null ? null : Age.identity(identity));
        Console.say("booting a copy of %s, taken %s", directory.name(), Units.utc(directory.takenAt()));
        var server = ScratchServer.of(directory, scratch == null ? options : options.in(scratch));
        if (!server.databases().contains(database)) {
            var known = String.join(", ", server.databases());
            server.close();
            throw Failure.usage(
                "the backup " + directory.name() + " has no database '" + database + "'",
                "choose one of these with -d: " + known + ".");
        }
        return new Place(server.settings(database).ofBackup(directory.name()), server);
    }
}
