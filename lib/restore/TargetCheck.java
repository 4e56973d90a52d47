//SOURCES ../archive/Fingerprint.java ../archive/RestoreSource.java ../boot/ServerProgram.java RestorePlan.java
package lib.restore;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import lib.archive.Fingerprint;
import lib.archive.RestoreSource;
import lib.boot.ServerProgram;

/** What the cluster needs and the place that it goes to does not have: said before anything is unpacked. */
final class TargetCheck {
    private TargetCheck() {}

    /** @param server what will run it; null when that is not known */
    static List<String> warnings(RestoreSource source, RestorePlan.Layout layout, ServerProgram server) {
        var print = source.fingerprint();
        if (print == null) return List.of();
        var warnings = new ArrayList<String>();
        if (server != null) warnings.addAll(missing(print, server));
        var wal = print.configuration() == null ? null : print.configuration().walDirectory();
        if (wal != null && layout.wal() == null) {
            warnings.add(
                "on the server that was backed up, pg_wal was a link to " + wal
                    + "; here the WAL goes into the data directory (--waldir DIR puts it elsewhere)");
        }
        return warnings;
    }

    /** Extensions and libraries of C functions: the server starts without them, and what uses them fails. */
    private static List<String> missing(Fingerprint print, ServerProgram server) {
        var users = new TreeMap<String, TreeSet<String>>();
        for (var database : print.databases()) {
            database.extensions().forEach((name, version) -> {
                if (!Files.exists(server.share().resolve("extension").resolve(name + ".control"))) {
                    users.computeIfAbsent("the extension " + name + " " + version, key -> new TreeSet<>())
                        .add(database.name());
                }
            });
            if (database.libraries() == null) continue;
            for (var library : database.libraries()) {
                if (!server.hasLibrary(library)) {
                    users.computeIfAbsent("the library " + library, key -> new TreeSet<>()).add(database.name());
                }
            }
        }
        var warnings = new ArrayList<String>();
        users.forEach(
            (what, databases) -> warnings.add(
                what + " is not in the server here (" + server.installation().directory() + "), and the "
                    + (databases.size() == 1 ? "database " : "databases ") + String.join(", ", databases)
                    + (databases.size() == 1 ? " uses it" : " use it")
                    + ": what needs it fails until it is installed"));
        return warnings;
    }
}
