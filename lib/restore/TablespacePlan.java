//SOURCES ../ExitCode.java ../Failure.java ../archive/BackupDirectory.java DataDirectory.java RestoreOptions.java
//SOURCES Staging.java
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
 * Where each tablespace goes. A restored copy that keeps the path of a tablespace on the same machine shares it with
 * the original: an UPDATE here appears there. So a directory that holds anything is never taken; it must be mapped
 * elsewhere.
 */
final class TablespacePlan {
    private TablespacePlan() {}

    /** @return the new directory of each tablespace, by OID */
    static Map<String, Path>
        of(List<BackupDirectory.Tablespace> tablespaces, RestoreOptions options, Path data, Path backup) {
        refuseUnknown(tablespaces, options.tablespaces);
        var places = new LinkedHashMap<String, Path>();
        var inUse = new ArrayList<BackupDirectory.Tablespace>();
        for (var tablespace : tablespaces) {
            var place = checked("--tablespace", Path.of(placeOf(tablespace, tablespaces, options)), data, backup);
            if (!isFree(place, data)) inUse.add(tablespace);
            places.put(tablespace.oid(), place);
        }
        if (!inUse.isEmpty()) throw inUse(inUse, places);
        refuseNested(List.copyOf(places.values()));
        return places;
    }

    /** One by one with --tablespace, all the others below one directory, or where it was. */
    private static String placeOf(
        BackupDirectory.Tablespace tablespace,
        List<BackupDirectory.Tablespace> all,
        RestoreOptions options) {
        var typed = options.tablespaces.getOrDefault(
            tablespace.location(),
            options.tablespaces.get(tablespace.oid()));
        if (typed != null) return typed;
        if (options.tablespaceMapAll == null) return tablespace.location();
        var name = Path.of(tablespace.location()).getFileName().toString();
        boolean isTaken = all.stream()
            .anyMatch(other -> other != tablespace && Path.of(other.location()).endsWith(name));
        return options.tablespaceMapAll.toAbsolutePath()
            .normalize()
            .resolve(isTaken ? name + "-" + tablespace.oid() : name)
            .toString();
    }

    private static void refuseUnknown(List<BackupDirectory.Tablespace> tablespaces, Map<String, String> typed) {
        var unused = new HashSet<>(typed.keySet());
        tablespaces.forEach(t -> unused.removeAll(List.of(t.location(), t.oid())));
        if (unused.isEmpty()) return;
        var known = tablespaces.stream().map(BackupDirectory.Tablespace::location).toList();
        throw Failure.usage(
            "--tablespace: no tablespace of this backup lies in " + unused.iterator().next(),
            known.isEmpty() ? "this backup has none." : "it has: " + String.join(", ", known) + ".");
    }

    private static void refuseNested(List<Path> all) {
        for (int i = 0; i < all.size(); i++) {
            for (int j = 0; j < all.size(); j++) {
                if (i != j && all.get(i).startsWith(all.get(j))) {
                    throw Failure.usage(
                        "--tablespace: two tablespaces would go into " + all.get(j),
                        "give each a directory of its own.");
                }
            }
        }
    }

    private static Failure inUse(List<BackupDirectory.Tablespace> inUse, Map<String, Path> places) {
        var first = inUse.getFirst();
        var directories = inUse.stream().map(t -> places.get(t.oid()).toString()).toList();
        return Failure.notReady(
            inUse.size() == 1
                ? "tablespace " + first.oid() + " belongs in " + directories.getFirst()
                    + ", and that is in use: the restored cluster would share it with another one"
                : inUse.size() + " tablespaces belong in directories that are in use: " + String.join(", ", directories)
                    + "; the restored cluster would share them with another one",
            "put all below a new directory: --tablespace-map-all /new/directory, or one by one: --tablespace "
                + first.location() + "=/new/directory");
    }

    /** @param option that named it, for messages */
    static Path checked(String option, Path place, Path data, Path backup) {
        if (!place.isAbsolute()) {
            throw Failure.usage(
                option + ": " + place + " is not an absolute path",
                "the server needs the whole path, from the root.");
        }
        // a link may lead into what is about to be renamed
        place = DataDirectory.withoutLinksAbove(place.normalize());
        if (place.startsWith(data) || place.startsWith(Staging.directoryFor(data)) || data.startsWith(place)) {
            throw Failure.usage(
                option + ": " + place + " lies in the data directory, or around it",
                "choose a directory outside of it.");
        }
        if (backup != null && place.startsWith(backup)) {
            throw Failure
                .usage(option + ": " + place + " lies in the backup itself", "choose a directory outside of it.");
        }
        return place;
    }

    /** Not there, empty, or with nothing in it but the rest of a restore that was interrupted. */
    static boolean isFree(Path place, Path data) {
        if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS) || Staging.isLeftover(place, data)) return true;
        if (!Files.isDirectory(place) || Files.isSymbolicLink(place)) return false;
        try (var entries = Files.list(place)) {
            return entries.findAny().isEmpty();
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot look into " + place,
                "run it as the owner of that directory, or as root.",
                e);
        }
    }
}
