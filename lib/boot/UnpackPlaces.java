//SOURCES Owner.java
package lib.boot;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where the parts of a cluster go. All directories exist, and are empty but for a mark of ours.
 *
 * @param data the data directory
 * @param tablespaces their directories by OID
 * @param wal what pg_wal becomes a link to; null where it is an ordinary directory
 * @param owner whom to give everything; null leaves it ours
 */
public record UnpackPlaces(Path data, Map<String, Path> tablespaces, Path wal, Owner owner) {
    private static final String WAL = "pg_wal";

    /** Where a file of this name goes, relative to a data directory as the manifest writes it. */
    Path of(String name) {
        if (wal != null && name.equals(WAL)) return wal;
        if (wal != null && name.startsWith(WAL + "/")) return wal.resolve(name.substring(WAL.length() + 1));
        if (name.startsWith("pg_tblspc/")) {
            var parts = name.split("/", 3);
            if (parts.length == 3 && tablespaces.containsKey(parts[1])) {
                return tablespaces.get(parts[1]).resolve(parts[2]);
            }
        }
        return data.resolve(name);
    }

    /** Is this tablespace a directory at the place of its link? So it is in a plain backup of ours. */
    boolean isInPlace(String oid) {
        return data.resolve("pg_tblspc").resolve(oid).equals(tablespaces.get(oid));
    }

    Path walLink() {
        return data.resolve(WAL);
    }
}
