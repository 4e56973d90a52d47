//SOURCES ../Cli.java ../Console.java ../archive/RestorableBackup.java BackupOptions.java Confirmation.java Salvage.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lib.Cli;
import lib.Console;
import lib.archive.RestorableBackup;
import picocli.CommandLine.Option;

/** What {@code restore.java salvage} was asked, beside the backup. */
public final class SalvageOptions {
    @Cli.Writes @Option(
        names = "--into",
        paramLabel = "DIR",
        required = true,
        description = "a new directory for the copy")
    Path into;

    /** @throws lib.Failure when there is a better way than this */
    public RestorableBackup check(BackupOptions backup) throws IOException {
        return Salvage.check(backup.directory(), into, backup.key());
    }

    /** Warns, and lets a person type the word. */
    public void ask(RestorableBackup source) {
        Salvage.WARNING.forEach(line -> Console.warn("%s", line));
        Confirmation.typed("Salvage " + source.backup().path() + " into " + into + "?", Salvage.WORD);
    }

    /** @return what to do next, a line each */
    public List<String> run(RestorableBackup source, BackupOptions backup) throws IOException {
        var next = Salvage.run(source, into, backup.key());
        Console.say("the copy runs, read-only, with jobs and archiving off. Do this now:");
        return next;
    }
}
