//SOURCES Row.java
package lib.explore;

import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Relations that a session holds, or waits for, in ACCESS EXCLUSIVE mode: opening one would wait. Reading the catalogs
 * does not open them; definitions and sizes do, so these are left out for what is listed here.
 */
final class LockedRelations {
    static final LockedRelations NONE = new LockedRelations(Map.of());
    static final String SQL =
        """
            SELECT l.relation::bigint AS oid, l.pid,
                   (SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class AS c
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = l.relation) AS name
            FROM pg_catalog.pg_locks AS l
            WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
              AND l.pid IS NOT NULL AND l.pid <> pg_catalog.pg_backend_pid()
              AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
            """;

    /** @param pid the process that holds or wants it @param name null when only that process can see it yet */
    record Locked(long oid, int pid, String name) {}

    private final Map<Long, Locked> byOid;

    private LockedRelations(Map<Long, Locked> byOid) {
        this.byOid = byOid;
    }

    static LockedRelations of(Collection<Locked> rows) {
        var map = new TreeMap<Long, Locked>();
        rows.forEach(row -> map.putIfAbsent(row.oid(), row));
        return map.isEmpty() ? NONE : new LockedRelations(map);
    }

    static Locked one(Row row) throws SQLException {
        return new Locked(row.whole("oid"), row.count("pid"), row.text("name"));
    }

    LockedRelations still(LockedRelations later) {
        return of(byOid.values().stream().filter(l -> later.byOid.containsKey(l.oid())).toList());
    }

    LockedRelations and(LockedRelations more) {
        var all = new HashMap<>(byOid);
        all.putAll(more.byOid);
        return of(all.values());
    }

    boolean isEmpty() {
        return byOid.isEmpty();
    }

    boolean contains(long oid) {
        return byOid.containsKey(oid);
    }

    Collection<Locked> all() {
        return byOid.values();
    }

    /** SQL: whether the relation of this OID is locked. OIDs are numbers: nothing to quote. */
    String has(String oid) {
        return byOid.isEmpty() ? "false" : "coalesce(" + oid + " = ANY (" + array() + "), false)";
    }

    String array() {
        return byOid.keySet().stream().map(String::valueOf).collect(Collectors.joining(",", "'{", "}'::oid[]"));
    }
}
