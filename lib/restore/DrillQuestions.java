//SOURCES ../ExitCode.java ../Failure.java ../Program.java ../Units.java ../archive/RestorableBackup.java
//SOURCES ../boot/ScratchServer.java ../database/Database.java Drill.java
package lib.restore;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import lib.ExitCode;
import lib.Failure;
import lib.Program;
import lib.Units;
import lib.archive.RestorableBackup;
import lib.boot.ScratchServer;
import lib.database.Database;

/** What a drill asks the booted backup in SQL. Each answer is a detail for the receipt, or {@link Drill.No}. */
final class DrillQuestions {
    private static final String APPLICATION = "restore drill";
    private static final int READERS = 2;
    /** Estimates are rough; what these bounds must catch is the loss of most rows, as without TimescaleDB preloaded. */
    private static final double FEWEST = 0.5;
    private static final double MOST = 2.0;
    private static final long TOO_FEW_TO_JUDGE = 1_000;
    private static final int SAMPLE_ROWS = 100_000;

    /**
     * @param parent the hypertable or partitioned table above; 0 when there is none
     * @param isCatalog PostgreSQL's own
     */
    private record Relation(
        String database,
        long oid,
        String name,
        boolean hasChildren,
        long parent,
        long bytes,
        boolean isCatalog) {}

    private record Extension(String name, String version) {}

    private final ScratchServer scratch;
    private final RestorableBackup source;
    private final Map<String, Map<Long, Long>> rowsByDatabase = new HashMap<>();
    private List<String> databases = List.of();
    private List<Relation> relations = List.of();
    private long rows;

    DrillQuestions(ScratchServer scratch, RestorableBackup source) {
        this.scratch = scratch;
        this.source = source;
    }

    int databaseCount() {
        return databases.size();
    }

    long tableCount() {
        return relations.stream().filter(r -> !r.isCatalog()).count();
    }

    long rowCount() {
        return rows;
    }

    String ask(Drill.Check check) {
        return switch (check) {
            case DATABASES -> databasesConnect();
            case TABLESPACES -> tablespacesPresent();
            case PRELOAD -> timescalePreloaded();
            case EXTENSIONS -> extensionsLoad();
            case RELATIONS -> relationsReadable();
            case ROW_COUNTS -> rowCounts();
            case COMPRESSED_CHUNKS -> compressedChunks();
            default -> throw new IllegalArgumentException(check.name());
        };
    }

    private String databasesConnect() {
        try (var database = Database.open(scratch.settings(), APPLICATION)) {
            databases =
                database.list(
                    "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn ORDER BY datname",
                    row -> row.getString(1));
        }
        for (var name : databases) {
            try (var database = open(name)) {
                database.one("SELECT count(*) FROM pg_catalog.pg_class", row -> row.getLong(1));
            } catch (Failure e) {
                // A library that is missing stops every statement; that has a name of its own.
                throw new Drill.No(
                    missesLibrary(e) ? Drill.Check.EXTENSIONS : Drill.Check.DATABASES,
                    "database " + name + ": " + e.getMessage());
            }
        }
        if (source.fingerprint() != null) {
            for (var recorded : source.fingerprint().databases()) {
                if (!databases.contains(recorded.name()) && recorded.unreadable() == null) {
                    throw new Drill.No(
                        Drill.Check.DATABASES,
                        "database " + recorded.name() + " was in the backup's server, and is not there");
                }
            }
        }
        return Units.plural(databases.size(), "database");
    }

    /** A server starts without the directory of a tablespace, and only queries fail. */
    private String tablespacesPresent() {
        try (var database = Database.open(scratch.settings(), APPLICATION)) {
            var oids = database.list(
                "SELECT oid::text FROM pg_catalog.pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY oid",
                row -> row.getString(1));
            for (var oid : oids) {
                var place = scratch.dataDirectory().resolve("pg_tblspc").resolve(oid);
                if (!holdsVersionDirectory(place)) throw new Drill.No(
                    Drill.Check.TABLESPACES,
                    "tablespace " + oid + " is missing, or empty: what lay in it cannot be read");
            }
            return oids.isEmpty() ? "there are none" : Units.plural(oids.size(), "tablespace");
        }
    }

    private boolean holdsVersionDirectory(Path place) {
        try (var entries = Files.list(place)) {
            return entries.anyMatch(e -> e.getFileName().toString().startsWith("PG_" + source.major() + "_"));
        } catch (java.io.IOException missing) {
            return false;
        }
    }

    /**
     * Without it, plain SQL on compressed chunks answers wrongly, and says no word. The copy runs with TimescaleDB in any case; the question is
     * whether a restored cluster would. What is not known (the settings lie elsewhere, or came from the command line) is not absent.
     */
    private String timescalePreloaded() {
        var with = new ArrayList<String>();
        for (var name : databases) {
            try (var database = open(name)) {
                if (database.one(
                    "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'timescaledb')",
                    row -> row.getBoolean(1))) with.add(name);
            }
        }
        if (with.isEmpty()) return "TimescaleDB is not used";
        if (!scratch.preloadsTimescale()) {
            throw Failure.notReady(
                "database " + with.getFirst() + " uses TimescaleDB, and the server here ("
                    + scratch.program().installation().directory() + ") does not have it",
                "install it, or run this where it is.");
        }
        var used = "used in " + String.join(", ", with);
        var said = scratch.copiedConfiguration().preloaded();
        if (said.isEmpty()) return used + "; what a restored cluster preloads is not in the backup";
        if (said.get().stream().anyMatch(library -> library.matches("(.*/)?timescaledb"))) return used;
        if (source.fingerprint() != null
            && source.fingerprint().server().sharedPreloadLibraries().contains("timescaledb")) {
            return used + "; the server got it from its command line: start a restored cluster in the same way";
        }
        throw new Drill.No(
            Drill.Check.PRELOAD,
            "database " + with.getFirst()
                + " uses TimescaleDB, and the backup's settings do not preload it: "
                + "compressed data would be missing from every answer, without an error (put shared_preload_libraries = 'timescaledb' into postgresql.conf)");
    }

    private String extensionsLoad() {
        var versions = new TreeMap<String, String>();
        for (var name : databases) {
            try (var database = open(name)) {
                for (var extension : database.list(
                    "SELECT extname, extversion FROM pg_catalog.pg_extension ORDER BY extname",
                    row -> new Extension(row.getString(1), row.getString(2)))) {
                    versions.put(extension.name(), extension.version());
                }
                for (var library : database.list(
                    "SELECT DISTINCT probin FROM pg_catalog.pg_proc WHERE probin IS NOT NULL ORDER BY probin",
                    row -> row.getString(1))) {
                    database.execute("LOAD '" + library.replace("'", "''") + "'");
                }
            } catch (Failure e) {
                throw new Drill.No(Drill.Check.EXTENSIONS, "database " + name + ": " + e.getMessage());
            }
            if (source.fingerprint() != null) recordedVersions(name, versions);
        }
        return String.join(", ", versions.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList());
    }

    private void recordedVersions(String name, Map<String, String> versions) {
        for (var recorded : source.fingerprint().databases()) {
            if (!recorded.name().equals(name)) continue;
            recorded.extensions().forEach((extension, version) -> {
                if (!versions.containsKey(extension)) {
                    throw new Drill.No(
                        Drill.Check.EXTENSIONS,
                        "database " + name + ": the extension " + extension + " " + version + " was there, and is not");
                }
            });
        }
    }

    /** Reads every table from its first row to its last: page checksums are checked on the way, where the cluster has them. */
    private String relationsReadable() {
        var found = new ArrayList<Relation>();
        for (var name : databases) {
            try (var database = open(name)) {
                found.addAll(
                    database.list(
                        """
                            SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, c.relhassubclass,
                                   coalesce((SELECT min(i.inhparent::bigint) FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid), 0) AS parent,
                                   pg_catalog.pg_table_size(c.oid) AS bytes,
                                   n.nspname IN ('pg_catalog', 'information_schema') AS is_catalog
                            FROM pg_catalog.pg_class AS c
                            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                            WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
                              AND (c.relkind = 'r' OR c.relispopulated)
                              AND NOT EXISTS (SELECT FROM (%s) AS twin(schema, name) WHERE twin.schema = n.nspname AND twin.name = c.relname)
                            """
                            .formatted(timescaleTwins(database)),
                        row -> new Relation(
                            name,
                            row.getLong("oid"),
                            row.getString("name"),
                            row.getBoolean("relhassubclass"),
                            row.getLong("parent"),
                            row.getLong("bytes"),
                            row.getBoolean("is_catalog"))));
            } catch (Failure e) {
                throw unreadable(name, e);
            }
            rowsByDatabase.put(name, new HashMap<>());
        }
        relations = found.stream().sorted(Comparator.comparingLong(Relation::bytes).reversed()).toList();   // the big ones first, so that all readers end together
        rows = countAll();
        return Units.plural(tableCount(), "table") + ", " + Units.plural(rows, "row") + ", and "
            + Units.plural(relations.size() - tableCount(), "table") + " of the catalogs";
    }

    /** A hypertable with compression has an internal twin, always empty, that cannot be asked: "chunk … has no dimension slices". Its chunks can. */
    private static String timescaleTwins(Database database) {
        boolean has =
            database.one("SELECT to_regclass('_timescaledb_catalog.hypertable') IS NOT NULL", row -> row.getBoolean(1));
        return has
            ? "SELECT t.schema_name, t.table_name FROM _timescaledb_catalog.hypertable AS h JOIN _timescaledb_catalog.hypertable AS t ON t.id = h.compressed_hypertable_id"
            : "SELECT NULL::name, NULL::name WHERE false";
    }

    private long countAll() {
        var next = new AtomicLong();
        Callable<Long> reader = () -> {
            long total = 0;
            Database database = null;
            String connectedTo = null;
            try {
                for (int i = (int) next.getAndIncrement(); i < relations.size(); i = (int) next.getAndIncrement()) {
                    var relation = relations.get(i);
                    if (!relation.database().equals(connectedTo)) {
                        if (database != null) database.close();
                        database = open(relation.database());
                        connectedTo = relation.database();
                    }
                    long count = count(database, relation);
                    if (!relation.isCatalog()) total += count;
                    var counts = rowsByDatabase.get(relation.database());
                    synchronized (counts) {
                        counts.merge(relation.parent() == 0 ? relation.oid() : relation.parent(), count, Long::sum);
                    }
                }
            } finally {
                if (database != null) database.close();
            }
            return total;
        };
        try (var pool = Executors.newFixedThreadPool(READERS)) {
            long total = 0;
            for (var future : pool.invokeAll(java.util.Collections.nCopies(READERS, reader))) total += future.get();
            return total;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException known) throw known;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new Failure(ExitCode.INTERRUPTED, "interrupted", null, e);
        }
    }

    private static long count(Database database, Relation relation) {
        try {
            // A parent's rows are counted with its children; a chunk is asked without ONLY, so that TimescaleDB adds what it has compressed.
            return database.one(
                "SELECT count(*) FROM " + (relation.hasChildren() ? "ONLY " : "") + relation.name(),
                row -> row.getLong(1));
        } catch (Failure e) {
            throw unreadable(relation.database() + ", table " + relation.name(), e);
        }
    }

    private String rowCounts() {
        if (source.fingerprint() == null) return "not compared: the backup has no backup.json";
        int compared = 0;
        for (var recorded : source.fingerprint().databases()) {
            if (recorded.hypertables().isEmpty() || !databases.contains(recorded.name())) continue;
            try (var database = open(recorded.name())) {
                for (var table : recorded.hypertables()) {
                    var oid = database.first(
                        "SELECT to_regclass(quote_ident(?) || '.' || quote_ident(?))::oid::bigint",
                        row -> row.getLong(1),
                        table.schema(),
                        table.name()).orElse(0L);
                    if (oid == 0) throw new Drill.No(
                        Drill.Check.ROW_COUNTS,
                        "hypertable " + table.schema() + "." + table.name() + " was there, and is not");
                    long counted = rowsByDatabase.get(recorded.name()).getOrDefault(oid, 0L);
                    if (table.rowEstimate() >= TOO_FEW_TO_JUDGE
                        && (counted < table.rowEstimate() * FEWEST || counted > table.rowEstimate() * MOST)) {
                        throw new Drill.No(
                            Drill.Check.ROW_COUNTS,
                            "hypertable " + table.schema() + "." + table.name() + " has " + Units.plural(counted, "row")
                                + ", and about " + Units.count(table.rowEstimate()) + " when the backup was taken");
                    }
                    compared++;
                }
            }
        }
        return Units.plural(compared, "hypertable");
    }

    /** Compression keeps many rows in one: only reading the columns unpacks them. The oldest and the newest of each hypertable. */
    private String compressedChunks() {
        long read = 0;
        for (var name : databases) {
            try (var database = open(name)) {
                var known = database
                    .one("SELECT to_regclass('timescaledb_information.chunks') IS NOT NULL", row -> row.getBoolean(1));
                if (!known) continue;
                var chunks = database.list(
                    """
                        SELECT quote_ident(chunk_schema) || '.' || quote_ident(chunk_name) AS chunk
                        FROM (SELECT chunk_schema, chunk_name,
                                     row_number() OVER (PARTITION BY hypertable_schema, hypertable_name ORDER BY range_start, range_start_integer) AS oldest,
                                     row_number() OVER (PARTITION BY hypertable_schema, hypertable_name ORDER BY range_start DESC, range_start_integer DESC) AS newest
                              FROM timescaledb_information.chunks
                              WHERE is_compressed) AS ranked
                        WHERE oldest = 1 OR newest = 1
                        """,
                    row -> row.getString("chunk"));
                for (var chunk : chunks) {
                    database.one(
                        "SELECT count(c::text) FROM (SELECT * FROM " + chunk + " LIMIT " + SAMPLE_ROWS + ") AS c",
                        row -> row.getLong(1));
                    read++;
                }
            } catch (Failure e) {
                throw new Drill.No(Drill.Check.COMPRESSED_CHUNKS, "database " + name + ": " + e.getMessage());
            }
        }
        return read == 0 ? "there are none" : Units.plural(read, "chunk") + " read in full, the others counted";
    }

    /** PostgreSQL's own judge of heap pages and B-trees. It needs its extension, which is made in the scratch copy. */
    String amcheck() {
        var settings = scratch.settings();
        var answer = Program
            .of(
                List.of(
                    scratch.program().installation().program("pg_amcheck").toString(),
                    "--all",
                    "--install-missing=pg_catalog",
                    "--jobs=" + READERS))
            .with(settings.environment())
            .capture();
        if (!answer.ok()) {
            var words = (answer.stdout() + answer.stderr()).strip().lines().filter(l -> !l.isBlank()).toList();
            throw new Drill.No(
                Drill.Check.STRUCTURE,
                "pg_amcheck: "
                    + (words.isEmpty() ? "ended with " + answer.exitCode()
                        : String.join(" ", words.subList(0, Math.min(2, words.size())))));
        }
        return "no finding";
    }

    private Database open(String name) {
        return Database.open(scratch.settings(name), APPLICATION);
    }

    private static Drill.No unreadable(String where, Failure e) {
        var says = String.valueOf(e.getMessage());
        if (missesLibrary(e)) return new Drill.No(Drill.Check.EXTENSIONS, "database " + where + ": " + says);
        return new Drill.No(
            says.contains("pg_tblspc/") ? Drill.Check.TABLESPACES : Drill.Check.RELATIONS,
            "database " + where + ": " + says);
    }

    /** SQLSTATE 58P01, undefined_file, about a library. */
    private static boolean missesLibrary(Failure e) {
        return e.getCause() instanceof SQLException sql && "58P01".equals(sql.getSQLState())
            && String.valueOf(sql.getMessage()).contains("could not access file");
    }
}
