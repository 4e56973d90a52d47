//SOURCES ../Failure.java ../Table.java ../archive/BackupDirectory.java ../archive/WalArchive.java
//SOURCES ../archive/WalMoments.java ../boot/ScratchServer.java AccidentNames.java Accidents.java
package lib.restore;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import lib.Failure;
import lib.Table;
import lib.archive.BackupDirectory;
import lib.archive.WalArchive;
import lib.archive.WalMoments;
import lib.boot.ScratchServer;

/** The accidents that received WAL tells of, with the names of their tables. */
public record AccidentReport(List<Row> rows, String backup) {
    /**
     * @param what "dropped table power_metrics"
     * @param at what {@code --at} takes to go just before it
     */
    public record Row(Instant time, long transaction, String database, String what, String at) {}

    /**
     * @param since null for all
     * @param options where the newest backup is booted; its catalog has the names
     */
    static AccidentReport of(Path backups, Instant since, long fewestRows, ScratchServer.Options options) {
        var archives = WalArchive.in(backups);
        if (archives.isEmpty()) {
            throw Failure.notReady(
                "no WAL was received into " + backups.resolve(WalArchive.DIRECTORY),
                "to have every moment from now on: backup.java receive (make protect).");
        }
        var newest = BackupDirectory.latest(backups);
        var system = newest.fingerprint().map(p -> p.server().systemIdentifier()).orElse("");
        var archive = archives.stream()
            .filter(a -> a.systemIdentifier().equals(system))
            .findFirst()
            .orElseThrow(
                () -> Failure.notReady(
                    "no WAL was received from the cluster of " + newest.name(),
                    "take a backup of the cluster whose WAL is received: backup.java."));
        var rows = new ArrayList<Row>();
        try (var server = ScratchServer.of(newest, options)) {
            var names = AccidentNames.of(server, newest.name());
            for (var a : Accidents.in(archive, since, fewestRows, names::weight, options.identity())) {
                var what = names.words(a);
                if (!what.isEmpty()) rows.add(new Row(a.time(), a.transaction(), names.databases(a), what, a.at()));
            }
        }
        return new AccidentReport(List.copyOf(rows), newest.name());
    }

    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /** The command that goes back to just before the last one. */
    public String wayBack() {
        return "jbang restore.java latest --at " + rows.getLast().at();
    }

    @Override
    public String toString() {
        var table = Table.of("TIME (UTC)", "TRANSACTION", "DATABASE", "WHAT", "JUST BEFORE IT");
        for (var row : rows) {
            table.row(
                WalMoments.exact(row.time()).replace(" UTC", ""),
                String.valueOf(row.transaction()),
                row.database(),
                row.what(),
                "--at " + row.at());
        }
        return table.toString();
    }
}
