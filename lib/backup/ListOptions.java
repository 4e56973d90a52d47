//SOURCES ../Cli.java ../Console.java ../Json.java ../archive/RemoteBackups.java BackupList.java NewestBackup.java
//SOURCES ReceivedWal.java RemoteRun.java
package lib.backup;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import lib.Cli;
import lib.Console;
import lib.Json;
import lib.archive.RemoteBackups;
import picocli.CommandLine.Option;

/** The options of {@code list}. */
public final class ListOptions {
    @Option(
        names = {"--backups", "-o", "--output"},
        paramLabel = "DIR",
        defaultValue = "backups",
        description = "directory of all backups (default: ${DEFAULT-VALUE})")
    Path backups;

    @Option(names = "--newest", description = "only the newest one, its age, and what its last drill found")
    boolean newest;

    @Cli.Writes(remote = true) @Option(
        names = "--remote",
        paramLabel = "REMOTE",
        description = "list the backups on this remote of rclone instead")
    String remote;

    @Option(names = "--pgbackrest", description = "list the backups that pgBackRest keeps as well")
    boolean theirs;

    @Option(names = "--json", description = "print the result as JSON")
    boolean json;

    /** The list, as it is printed. */
    public String text() {
        if (remote != null) return remoteText(RemoteBackups.at(remote));
        if (newest) return lines(NewestBackup.lines(backups, Instant.now()));
        var list = theirs ? BackupList.of(backups).withPgBackRest(backups) : BackupList.of(backups);
        if (json) return Json.write(list.rows());
        if (list.isEmpty()) Console.say("no backups in %s", backups);
        return (list.isEmpty() ? "" : list.toString()) + lines(ReceivedWal.sentences(backups));
    }

    private String remoteText(RemoteBackups at) {
        var found = at.list();
        if (json) return Json.write(found);
        if (!found.isEmpty()) return RemoteRun.list(found).toString();
        Console.say("no backups at %s", at);
        return "";
    }

    private static String lines(List<String> lines) {
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }
}
