//SOURCES ../ExitCode.java ../Failure.java ../archive/BackupDirectory.java DataDirectory.java Staging.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.ExitCode;
import lib.Failure;
import lib.archive.BackupDirectory;

/**
 * Where each tablespace goes. A restored copy that keeps the path of a tablespace on the same machine shares it with the original:
 * an UPDATE here appears there. So a directory that holds anything is never taken; it must be mapped elsewhere.
 */
final class TablespacePlan {
    private TablespacePlan() {}

    /**
     * @param typed OLD=NEW, as given with --tablespace; OLD is the directory on the server, or the OID
     * @return the new directory of each tablespace, by OID
     */
    static Map<String, Path>
        of(List<BackupDirectory.Tablespace> tablespaces, Map<String, String> typed, Path data, Path backup) {
        var unused = new HashSet<>(typed.keySet());
        tablespaces.forEach(t -> unused.removeAll(List.of(t.location(), t.oid())));
        if (!unused.isEmpty()) {
            var known = new ArrayList<>(tablespaces.stream().map(BackupDirectory.Tablespace::location).toList());
            throw Failure.usage(
                "--tablespace: no tablespace of this backup lies in " + unused.iterator().next(),
                known.isEmpty() ? "this backup has none." : "it has: " + String.join(", ", known) + ".");
        }
        var places = new LinkedHashMap<String, Path>();
        for (var tablespace : tablespaces) {
            var key = typed.containsKey(tablespace.location()) ? tablespace.location() : tablespace.oid();
            var place = typed.getOrDefault(key, tablespace.location());
            places.put(tablespace.oid(), checked(Path.of(place), tablespace, data, backup));
        }
        var all = List.copyOf(places.values());
        for (int i = 0; i < all.size(); i++) {
            for (int j = 0; j < all.size(); j++) {
                if (i != j && all.get(i).startsWith(all.get(j)))
                    throw Failure.usage(
                        "--tablespace: two tablespaces would go into " + all.get(j),
                        "give each a directory of its own.");
            }
        }
        return places;
    }

    private static Path checked(Path place, BackupDirectory.Tablespace tablespace, Path data, Path backup) {
        if (!place.isAbsolute()) {
            throw Failure.usage(
                "--tablespace: " + place + " is not an absolute path",
                "the server needs the whole path, from the root.");
        }
        place = DataDirectory.withoutLinksAbove(place.normalize());   // a link may lead into what is about to be renamed
        if (place.startsWith(data) || place.startsWith(Staging.directoryFor(data)) || data.startsWith(place)) {
            throw Failure.usage(
                "--tablespace: " + place + " lies in the data directory, or around it",
                "choose a directory outside of it.");
        }
        if (place.startsWith(backup)) {
            throw Failure
                .usage("--tablespace: " + place + " lies in the backup itself", "choose a directory outside of it.");
        }
        if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS) || Staging.isLeftover(place, data)) return place;
        try (var entries = Files.isDirectory(place) ? Files.list(place) : null) {
            if (entries != null && entries.findAny().isEmpty() && !Files.isSymbolicLink(place)) return place;
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot look into " + place,
                "run it as the owner of that directory, or as root.",
                e);
        }
        throw Failure.notReady(
            "tablespace " + tablespace.oid() + " belongs in " + place
                + ", and that is in use: the restored cluster would share it with another one",
            "give it a new place: --tablespace " + tablespace.location() + "=/new/directory");
    }
}
