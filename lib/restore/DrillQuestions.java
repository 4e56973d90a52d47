//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Units.java ../archive/Fingerprint.java
//SOURCES ../archive/RestoreSource.java ../boot/ScratchServer.java ../boot/SessionSettings.java
//SOURCES ../database/ConnectionSettings.java ../database/Database.java Drill.java DrillFindings.java
//SOURCES DrilledDatabase.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.archive.Fingerprint;
import lib.archive.RestoreSource;
import lib.boot.ScratchServer;
import lib.boot.SessionSettings;
import lib.database.ConnectionSettings;
import lib.database.Database;

/** What a drill asks the booted backup in SQL. Each answer is a detail for the receipt, or {@link Drill.No}. */
final class DrillQuestions {
    private static final String APPLICATION = "restore drill";
    private static final int READERS = 2;
    /** Estimates are rough; what these bounds must catch is the loss of most rows, as without TimescaleDB preloaded. */
    private static final double FEWEST = 0.5;
    private static final double MOST = 2.0;
    private static final long TOO_FEW_TO_JUDGE = 1_000;
    private static final int UNLOGGED_SHOWN = 5;

    private record Prepared(String transaction, String database, String since) {}

    private record Big(DrilledDatabase database, DrilledDatabase.Relation relation) {}

    private final ScratchServer scratch;
    private final RestoreSource source;
    private final boolean thorough;
    private final DrillFindings findings = new DrillFindings();
    private final List<DrilledDatabase> databases = new ArrayList<>();
    private List<String> tablespaces = List.of();

    /** @param thorough ask amcheck too */
    DrillQuestions(ScratchServer scratch, RestoreSource source, boolean thorough) {
        this.scratch = scratch;
        this.source = source;
        this.thorough = thorough;
    }

    DrillFindings findings() {
        return findings;
    }

    int databaseCount() {
        return databases.size();
    }

    long tableCount() {
        return tables().filter(r -> !r.isCatalog()).count();
    }

    long rowCount() {
        long rows = 0;
        for (var database : databases) {
            var catalogs = new HashSet<Long>();
            for (var r : database.relations()) {
                if (r.isCatalog()) catalogs.add(r.parent() == 0 ? r.oid() : r.parent());
            }
            for (var entry : database.rows().entrySet()) {
                if (!catalogs.contains(entry.getKey())) rows += entry.getValue();
            }
        }
        return rows;
    }

    /** Reads everything, one connection a database; what was found is told by {@link #ask}. */
    void read() {
        var prepared = new HashMap<String, List<String>>();
        var names = new ArrayList<String>();
        try (var database = open(scratch.settings())) {
            tablespaces = database.list(
                "SELECT oid::pg_catalog.text FROM pg_catalog.pg_tablespace WHERE spcname NOT IN ('pg_default', "
                    + "'pg_global') ORDER BY oid",
                row -> row.getString(1));
            for (var oid : tablespaces) {   // a server starts without their directories, and only queries fail
                if (!holdsVersionDirectory(scratch.dataDirectory().resolve("pg_tblspc").resolve(oid))) {
                    findings.against(
                        Drill.Check.TABLESPACES,
                        "tablespace " + oid + " is missing, or empty: what lay in it cannot be read");
                }
            }
            names.addAll(
                database.list(
                    "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND datconnlimit <> -2 "
                        + "ORDER BY datname",
                    row -> row.getString(1)));
            database.list(
                "SELECT datname FROM pg_catalog.pg_database WHERE datconnlimit = -2",
                row -> row.getString(1))
                .forEach(
                    name -> findings.note(
                        Drill.Check.DATABASES,
                        "database " + name + " is left over from an interrupted DROP DATABASE"));
            for (var transaction : database.list(
                "SELECT gid, database, prepared::pg_catalog.text FROM pg_catalog.pg_prepared_xacts ORDER BY prepared",
                row -> new Prepared(row.getString(1), row.getString(2), row.getString(3)))) {
                tell(transaction);
                prepared.computeIfAbsent(transaction.database(), d -> new ArrayList<>()).add(transaction.transaction());
            }
        }
        for (var name : names) databases.add(new DrilledDatabase(name, findings));
        together(databases, (database, settings) -> {
            try (var connection = open(scratch.settings(database.name()))) {
                database.read(connection, prepared.getOrDefault(database.name(), List.of()), thorough);
            } catch (Failure e) {
                if (e.exitCode() == ExitCode.INTERRUPTED) throw e;
                // A library that is missing stops every statement; that has a name of its own.
                findings.failed(
                    DrilledDatabase.isOfALibrary(e) ? Drill.Check.EXTENSIONS : Drill.Check.DATABASES,
                    "database " + database.name(),
                    e);
            }
        });
        readBig();
    }

    String ask(Drill.Check check) {
        var detail = switch (check) {
            case DATABASES -> databasesConnect();
            case TABLESPACES -> tablespacesPresent();
            case PRELOAD -> timescalePreloaded();
            case EXTENSIONS -> extensionsLoad();
            case RELATIONS -> relationsReadable();
            case ROW_COUNTS -> rowCounts();
            case COMPRESSED_CHUNKS -> compressedChunks();
            case STRUCTURE -> "no finding";
            default -> throw new IllegalArgumentException(check.name());
        };
        findings.mustHaveNothingAgainst(check);
        var notes = findings.notes(check);
        return notes.isEmpty() ? detail : detail + "; " + String.join("; ", notes);
    }

    /**
     * It holds its locks until somebody ends it, and the next table behind them would never be read. In the copy it is
     * rolled back.
     */
    private void tell(Prepared transaction) {
        var said = "the prepared transaction '" + transaction.transaction() + "' in database " + transaction.database()
            + " (of " + transaction.since() + ") is restored and holds its locks: "
            + "after a restore end it with COMMIT PREPARED or ROLLBACK PREPARED";
        Console.warn("%s", said);
        findings.note(Drill.Check.DATABASES, said);
    }

    private String databasesConnect() {
        if (source.fingerprint() != null) {
            for (var recorded : source.fingerprint().databases()) {
                if (database(recorded.name()) == null && recorded.unreadable() == null) {
                    findings.against(
                        Drill.Check.DATABASES,
                        "database " + recorded.name() + " was in the backup's server, and is not there");
                }
            }
        }
        return Units.plural(databases.size(), "database");
    }

    private String tablespacesPresent() {
        return tablespaces.isEmpty() ? "there are none" : Units.plural(tablespaces.size(), "tablespace");
    }

    private boolean holdsVersionDirectory(Path place) {
        try (var entries = Files.list(place)) {
            return entries.anyMatch(e -> e.getFileName().toString().startsWith("PG_" + source.major() + "_"));
        } catch (IOException missing) {
            return false;
        }
    }

    /**
     * Without it, plain SQL on compressed chunks answers wrongly, and says no word. The copy runs with TimescaleDB in
     * any case; the question is whether a restored cluster would. What is not known (the settings lie elsewhere, or
     * came from the command line) is not absent.
     */
    private String timescalePreloaded() {
        var with = databases.stream().filter(DrilledDatabase::usesTimescale).map(DrilledDatabase::name).toList();
        if (with.isEmpty()) return "TimescaleDB is not used";
        if (!scratch.preloadsTimescale()) {
            findings.doubt(
                Drill.Check.PRELOAD,
                "database " + with.getFirst() + " uses TimescaleDB, and the server here ("
                    + scratch.program().installation().directory() + ") does not have it",
                "install it, or run the drill where it is.");
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
                + "compressed data would be missing from every answer, without an error (put "
                + "shared_preload_libraries = 'timescaledb' into postgresql.conf)");
    }

    private String extensionsLoad() {
        var versions = new TreeMap<String, String>();
        for (var database : databases) {
            versions.putAll(database.extensions());
            var recorded = recorded(database.name());
            if (recorded == null || database.extensions().isEmpty()) continue;
            recorded.extensions().forEach((extension, version) -> {
                if (!database.extensions().containsKey(extension)) {
                    findings.against(
                        Drill.Check.EXTENSIONS,
                        "database " + database.name() + ": the extension " + extension + " " + version
                            + " was there, and is not");
                }
            });
        }
        return String.join(", ", versions.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList());
    }

    private String relationsReadable() {
        var unlogged = databases.stream().flatMap(d -> d.unlogged().stream()).toList();
        if (!unlogged.isEmpty()) {
            findings.note(
                Drill.Check.RELATIONS,
                Units.plural(unlogged.size(), "table") + " unlogged, empty as after a crash: "
                    + String.join(", ", unlogged.subList(0, Math.min(UNLOGGED_SHOWN, unlogged.size())))
                    + (unlogged.size() > UNLOGGED_SHOWN ? ", …" : ""));
        }
        return Units.plural(tableCount(), "table") + ", " + Units.plural(rowCount(), "row") + ", and "
            + Units.plural(tables().count() - tableCount(), "table") + " of the catalogs";
    }

    private String rowCounts() {
        if (source.fingerprint() == null) return "not compared: the backup has no backup.json";
        int compared = 0;
        for (var recorded : source.fingerprint().databases()) {
            var database = database(recorded.name());
            if (database == null || database.relations().isEmpty()) continue;
            for (var table : recorded.hypertables()) {
                if (compare(database, table)) compared++;
            }
        }
        return Units.plural(compared, "hypertable");
    }

    private boolean compare(DrilledDatabase database, Fingerprint.Hypertable table) {
        var name = table.schema() + "." + table.name();
        var root = database.relations()
            .stream()
            .filter(r -> r.schema().equals(table.schema()) && r.table().equals(table.name()))
            .findFirst();
        if (root.isEmpty()) {
            findings.against(Drill.Check.ROW_COUNTS, "hypertable " + name + " was there, and is not");
            return false;
        }
        long oid = root.get().oid();
        if (database.relations().stream().anyMatch(r -> r.isUnlogged() && (r.oid() == oid || r.parent() == oid))) {
            findings.note(Drill.Check.ROW_COUNTS, name + " is not compared: it is unlogged");
            return false;
        }
        long counted = database.rows().getOrDefault(oid, 0L);
        if (table.rowEstimate() >= TOO_FEW_TO_JUDGE
            && (counted < table.rowEstimate() * FEWEST || counted > table.rowEstimate() * MOST)) {
            findings.against(
                Drill.Check.ROW_COUNTS,
                "hypertable " + name + " has " + Units.plural(counted, "row") + ", and about "
                    + Units.count(table.rowEstimate()) + " when the backup was taken");
        }
        return true;
    }

    private String compressedChunks() {
        long read = databases.stream().mapToLong(DrilledDatabase::compressedChunks).sum();
        return read == 0 ? "there are none" : Units.plural(read, "chunk") + " read in full, the others counted";
    }

    /** The big ones first, so that all readers end together. */
    private void readBig() {
        var big = databases.stream()
            .flatMap(d -> d.relations().stream().filter(DrilledDatabase.Relation::isBig).map(r -> new Big(d, r)))
            .sorted(Comparator.comparingLong((Big b) -> b.relation().bytes()).reversed())
            .toList();
        together(big, (one, kept) -> {
            try {
                one.database().readBig(kept.to(one.database().name()), one.relation());
            } catch (Failure e) {
                if (e.exitCode() == ExitCode.INTERRUPTED) throw e;
                findings.failed(Drill.Check.DATABASES, "database " + one.database().name(), e);
            }
        });
    }

    /** A reader's last connection, used on while its work is in the same database. */
    private final class Kept implements AutoCloseable {
        private Database database;
        private String name;

        Database to(String wanted) {
            if (!wanted.equals(name)) {
                close();
                database = open(scratch.settings(wanted));
                name = wanted;
            }
            return database;
        }

        @Override
        public void close() {
            if (database != null) database.close();
            database = null;
            name = null;
        }
    }

    private interface Work<T> {
        void on(T one, Kept kept);
    }

    private <T> void together(List<T> all, Work<T> work) {
        var next = new AtomicInteger();
        try (var pool = Executors.newFixedThreadPool(READERS)) {
            var readers = new ArrayList<Future<?>>();
            for (int i = 0; i < READERS; i++) {
                readers.add(pool.submit(() -> {
                    try (var kept = new Kept()) {
                        for (int at = next.getAndIncrement(); at < all.size(); at = next.getAndIncrement()) {
                            work.on(all.get(at), kept);
                        }
                    }
                }));
            }
            for (var reader : readers) reader.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException known) throw known;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new Failure(ExitCode.INTERRUPTED, "interrupted", null, e);
        }
    }

    private Stream<DrilledDatabase.Relation> tables() {
        return databases.stream().flatMap(d -> d.relations().stream());
    }

    private DrilledDatabase database(String name) {
        return databases.stream().filter(d -> d.name().equals(name)).findFirst().orElse(null);
    }

    private Fingerprint.DatabaseFacts recorded(String name) {
        return source.fingerprint() == null ? null
            : source.fingerprint().databases().stream().filter(d -> d.name().equals(name)).findFirst().orElse(null);
    }

    /**
     * Without index-only scans, so that counting reads the table itself; without what a database may have been told to
     * hide.
     */
    private Database open(ConnectionSettings settings) {
        var ours = new ArrayList<>(
            List.of(
                Map.entry("search_path", "pg_catalog"),
                Map.entry("enable_indexonlyscan", "off"),
                Map.entry("lock_timeout", "60s")));
        if (scratch.preloadsTimescale()) {
            ours.add(Map.entry("timescaledb.restoring", "off"));
            ours.add(Map.entry("timescaledb.enable_transparent_decompression", "on"));
        }
        return Database.open(settings.withOptions(SessionSettings.options(ours)), APPLICATION);
    }
}
