//SOURCES ../Console.java ../Failure.java ../Units.java ../archive/WalRecords.java ../boot/ScratchServer.java
//SOURCES ../database/Database.java Accidents.java
package lib.restore;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import lib.Console;
import lib.Failure;
import lib.Units;
import lib.archive.WalRecords;
import lib.boot.ScratchServer;
import lib.database.Database;

/** The tables behind the files of WAL, as the catalog of a backup knows them; a copy of it is booted to be asked. */
public final class AccidentNames {
    private static final String APPLICATION = "restore accidents";
    private static final int NAMES_SHOWN = 3;
    private static final long ROWS_OF_A_BATCH = 1000;

    /**
     * A table, or a part of it: an index, its long values.
     *
     * @param part what TimescaleDB made of it; null for an ordinary table
     * @param isSystem its content is PostgreSQL's or TimescaleDB's own
     */
    private record Table(String schema, String name, boolean isTableItself, Part part, boolean isSystem) {
        String shown() {
            return schema.equals("public") ? name : schema + "." + name;
        }
    }

    /**
     * @param owner the hypertable or continuous aggregate that people know
     * @param isChunk else it holds all of that
     * @param isCompressed a row in it stands for up to a thousand
     */
    private record Part(String owner, boolean isChunk, boolean isCompressed) {}

    private record File(int database, long number) {}

    private final String backup;
    private final Map<Integer, String> databases = new HashMap<>();
    private final Map<File, Table> tables = new HashMap<>();

    private AccidentNames(String backup) {
        this.backup = backup;
    }

    /** Asks every database of a booted copy. */
    public static AccidentNames of(ScratchServer server, String backup) {
        var names = new AccidentNames(backup);
        try (var database = Database.open(server.settings(), APPLICATION)) {
            database.list(
                "SELECT oid::bigint AS oid, datname FROM pg_catalog.pg_database WHERE datallowconn AND "
                    + "datconnlimit <> -2",
                row -> names.databases.put((int) row.getLong("oid"), row.getString("datname")));
        }
        names.databases.forEach((oid, name) -> {
            try (var database = Database.open(server.settings(name), APPLICATION)) {
                names.read(oid, database);
            } catch (Failure unreadable) {
                Console.detail("no names from the database %s: %s", name, unreadable.getMessage());
            }
        });
        return names;
    }

    private void read(int oid, Database database) {
        var parts = parts(database);
        database.list(
            """
                SELECT pg_catalog.pg_relation_filenode(c.oid)::bigint AS file, n.nspname AS schema, t.relname AS name,
                       c.oid = t.oid AND c.relkind <> 'S' AS is_table,
                       t.oid < 16384 OR n.nspname IN ('pg_catalog', '_timescaledb_catalog', '_timescaledb_config',
                                                      '_timescaledb_cache') AS is_system
                FROM pg_catalog.pg_class AS c
                LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
                JOIN pg_catalog.pg_class AS h ON h.oid = coalesce(i.indrelid, c.oid)
                LEFT JOIN pg_catalog.pg_class AS o ON h.relkind = 't' AND o.reltoastrelid = h.oid
                JOIN pg_catalog.pg_class AS t ON t.oid = coalesce(o.oid, h.oid)
                JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
                WHERE pg_catalog.pg_relation_filenode(c.oid) IS NOT NULL
                """,
            row -> tables.put(
                new File(oid, row.getLong("file")),
                new Table(
                    row.getString("schema"),
                    row.getString("name"),
                    row.getBoolean("is_table"),
                    parts.get(row.getString("schema") + "." + row.getString("name")),
                    row.getBoolean("is_system"))));
    }

    /** What TimescaleDB keeps its data in: chunks, compressed or not, and the tables behind continuous aggregates. */
    private static Map<String, Part> parts(Database database) {
        var parts = new HashMap<String, Part>();
        boolean isTimescale = database.one(
            "SELECT pg_catalog.to_regclass('_timescaledb_catalog.chunk') IS NOT NULL",
            row -> row.getBoolean(1));
        if (!isTimescale) return parts;
        database.list(
            """
                SELECT t.name AS part, t.is_chunk, p.id IS NOT NULL AS is_compressed,
                       coalesce(a.user_view_schema, p.schema_name, h.schema_name) AS schema,
                       coalesce(a.user_view_name, p.table_name, h.table_name) AS name
                FROM (SELECT schema_name || '.' || table_name AS name, hypertable_id, true AS is_chunk
                      FROM _timescaledb_catalog.chunk
                      UNION ALL
                      SELECT schema_name || '.' || table_name, id, false
                      FROM _timescaledb_catalog.hypertable) AS t
                JOIN _timescaledb_catalog.hypertable AS h ON h.id = t.hypertable_id
                LEFT JOIN _timescaledb_catalog.hypertable AS p ON p.compressed_hypertable_id = h.id
                LEFT JOIN _timescaledb_catalog.continuous_agg AS a ON a.mat_hypertable_id = coalesce(p.id, h.id)
                """,
            row -> parts.put(
                row.getString("part"),
                new Part(
                    (row.getString("schema").equals("public") ? "" : row.getString("schema") + ".")
                        + row.getString("name"),
                    row.getBoolean("is_chunk"),
                    row.getBoolean("is_compressed"))));
        return parts;
    }

    /** How many rows of a user one row of this file stands for. */
    public long weight(WalRecords.Relation file) {
        var table = table(file);
        return table != null && table.part() != null && table.part().isCompressed() ? ROWS_OF_A_BATCH : 1;
    }

    private Table table(WalRecords.Relation file) {
        return tables.get(new File(file.database(), Integer.toUnsignedLong(file.number())));
    }

    /**
     * What a transaction did, in words: "dropped table power_metrics, 8 chunks of meteo_metrics". Empty when it touched
     * nothing of a user's.
     */
    public String words(Accidents.Accident accident) {
        return String.join("; ", accident.deeds().stream().map(this::words).filter(w -> !w.isEmpty()).toList());
    }

    /** The databases that it happened in. */
    public String databases(Accidents.Accident accident) {
        var names = accident.deeds()
            .stream()
            .filter(d -> d.kind() != Accidents.Kind.DROP_DATABASE)
            .flatMap(d -> d.files().stream())
            .map(f -> databases.getOrDefault(f.database(), "?"))
            .distinct()
            .toList();
        return String.join(", ", names);
    }

    private String words(Accidents.Deed deed) {
        if (deed.kind() == Accidents.Kind.DROP_DATABASE) {
            return "dropped the database " + databases.getOrDefault(
                deed.files().getFirst().database(),
                "with the number " + deed.files().getFirst().database());
        }
        boolean isDrop = deed.kind() == Accidents.Kind.DROP || deed.kind() == Accidents.Kind.DROP_OR_TRUNCATE;
        var what = tables(deed.files(), isDrop);
        if (what.isEmpty()) return "";
        return switch (deed.kind()) {
            case DROP -> "dropped " + what;
            case TRUNCATE -> "truncated " + what;
            case DROP_OR_TRUNCATE -> "dropped or truncated " + what;
            case DELETE -> "deleted " + rows(deed) + " of " + what;
            default -> "changed " + rows(deed) + " of " + what;
        };
    }

    private String tables(List<WalRecords.Relation> files, boolean isDrop) {
        var known = files.stream()
            .map(this::table)
            .filter(Objects::nonNull)
            .toList();
        boolean isNewer = known.isEmpty();
        if (isNewer) return "what " + backup + " does not know (it is newer, or was rewritten since)";
        var chunks = new TreeMap<String, Integer>();
        var names = new TreeSet<String>();
        // A compressed chunk goes alone when it is decompressed: nothing is lost by that.
        boolean isDecompressed = isDrop && known.stream()
            .filter(Table::isTableItself)
            .allMatch(t -> t.isSystem() || t.part() != null && t.part().isCompressed());
        if (isDecompressed) return "";
        for (var table : known) {
            var part = table.part();
            if (table.isSystem() || !table.isTableItself()) continue;
            if (part == null) {
                names.add(table.shown());
            } else if (!part.isChunk()) {
                names.add(part.owner());
            } else if (!isDrop || !part.isCompressed()) {
                chunks.merge(part.owner(), 1, Integer::sum);
            }
        }
        var words = new ArrayList<String>();
        long nameless = files.stream().filter(f -> table(f) == null).count();
        if (!names.isEmpty()) words.add((names.size() == 1 ? "table " : "tables ") + shortened(List.copyOf(names)));
        chunks.forEach((owner, count) -> {
            if (!names.contains(owner)) words.add(Units.plural(count, "chunk") + " of " + owner);
        });
        if (isDrop && nameless > 0 && !words.isEmpty()) {
            words.add(Units.plural(nameless, "file") + " that " + backup + " does not know");
        }
        return String.join(", ", words);
    }

    private String rows(Accidents.Deed deed) {
        long weight = weight(deed.files().getFirst());
        return weight == 1 ? Units.plural(deed.rows(), "row") : "up to " + Units.count(deed.rows() * weight) + " rows";
    }

    private static String shortened(List<String> names) {
        if (names.size() <= NAMES_SHOWN) return String.join(", ", names);
        return String.join(", ", names.subList(0, NAMES_SHOWN)) + " and " + (names.size() - NAMES_SHOWN) + " more";
    }
}
