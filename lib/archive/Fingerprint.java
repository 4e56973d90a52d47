//SOURCES ../AtomicFile.java ../ExitCode.java ../Failure.java ../Json.java StoredFile.java
package lib.archive;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lib.AtomicFile;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import tools.jackson.core.JacksonException;

/**
 * What was backed up, when, from which server and how: the file {@code backup.json} of a backup. It is what a restore
 * compares with the target before it touches anything. Facts that the server would not tell are null, or empty lists.
 *
 * @param formatVersion of this file: 1
 * @param tool "TimescaleDB Tools 0.1.0"
 * @param name of the backup's directory
 * @param label as typed with --label; else empty
 * @param startedAt UTC
 * @param endedAt UTC; backups are ordered by it
 * @param configuration null in backups of older versions
 * @param incremental what it builds on; null for a full backup
 */
public record Fingerprint(
    int formatVersion,
    String tool,
    String name,
    String label,
    Instant startedAt,
    Instant endedAt,
    Server server,
    List<Tablespace> tablespaces,
    List<DatabaseFacts> databases,
    Storage storage,
    Verification verification,
    Durations durations,
    List<StoredFile> files,
    Configuration configuration,
    Incremental incremental) {
    /** The same, set by name. */
    public Fingerprint(Draft draft) {
        this(
            draft.formatVersion,
            draft.tool,
            draft.name,
            draft.label,
            draft.startedAt,
            draft.endedAt,
            draft.server,
            draft.tablespaces,
            draft.databases,
            draft.storage,
            draft.verification,
            draft.durations,
            draft.files,
            draft.configuration,
            draft.incremental);
    }

    /** The parts, until they are complete. */
    public static final class Draft {
        public int formatVersion = FORMAT_VERSION;
        public String tool;
        public String name;
        public String label;
        public Instant startedAt;
        public Instant endedAt;
        public Server server;
        public List<Tablespace> tablespaces;
        public List<DatabaseFacts> databases;
        public Storage storage;
        public Verification verification;
        public Durations durations;
        public List<StoredFile> files;
        public Configuration configuration;
        public Incremental incremental;
    }

    public static final String NAME = "backup.json";
    public static final int FORMAT_VERSION = 1;

    /**
     * @param version "15.18"
     * @param versionNumber 150018
     * @param fullVersion what {@code version()} says: compiler and C library's flavour stand there
     * @param systemIdentifier the cluster's own number, 20 digits; two backups with the same one are of the same
     *        cluster
     * @param startLsn where replay begins
     * @param endLsn where the backup is consistent
     * @param pageChecksums are data pages protected by checksums?
     * @param collationVersion the C library's own ("2.36"); null with musl, which has none, and where the server does
     *        not say
     * @param uid owner of the files on the server, by number; null when unknown
     * @param image of the container it ran in, when TIMESCALEDB_IMAGE told; else null
     */
    public record Server(
        String version,
        int versionNumber,
        String fullVersion,
        String systemIdentifier,
        int timeline,
        String startLsn,
        String endLsn,
        boolean pageChecksums,
        long walSegmentBytes,
        String dataDirectory,
        String collationVersion,
        List<String> sharedPreloadLibraries,
        boolean isStandby,
        Long uid,
        Long gid,
        String image) {
        /** The same, set by name. */
        public Server(Draft draft) {
            this(
                draft.version,
                draft.versionNumber,
                draft.fullVersion,
                draft.systemIdentifier,
                draft.timeline,
                draft.startLsn,
                draft.endLsn,
                draft.pageChecksums,
                draft.walSegmentBytes,
                draft.dataDirectory,
                draft.collationVersion,
                draft.sharedPreloadLibraries,
                draft.isStandby,
                draft.uid,
                draft.gid,
                draft.image);
        }

        /** What the parts of a backup know of the server, until it is complete. */
        public static final class Draft {
            public String version;
            public int versionNumber;
            public String fullVersion;
            public String systemIdentifier;
            public int timeline;
            public String startLsn;
            public String endLsn;
            public boolean pageChecksums;
            public long walSegmentBytes;
            public String dataDirectory;
            public String collationVersion;
            public List<String> sharedPreloadLibraries;
            public boolean isStandby;
            public Long uid;
            public Long gid;
            public String image;
        }

        public int major() {
            return versionNumber / 10_000;
        }
    }

    /** @param location the directory on the server */
    public record Tablespace(String oid, String name, String location, long sizeBytes) {}

    /**
     * @param extensions name to version: {"timescaledb": "2.28.3"}
     * @param hypertables empty where the database could not be looked into; then {@code unreadable} says why
     * @param unloggedTables empty after a restore, all of them are here; chunks of hypertables are not listed by
     *        themselves. Null when unknown
     * @param libraries of C functions, as the catalog names them: "$libdir/timescaledb-2.28.3". Null when unknown
     * @param preloadLibraries that ALTER DATABASE or ALTER ROLE … IN DATABASE sets for sessions here. Null when unknown
     */
    public record DatabaseFacts(
        String name,
        long sizeBytes,
        String owner,
        String encoding,
        String collation,
        String collationVersion,
        Map<String, String> extensions,
        List<Hypertable> hypertables,
        String unreadable,
        List<UnloggedTable> unloggedTables,
        List<String> libraries,
        List<String> preloadLibraries) {
        /** The same, set by name. */
        public DatabaseFacts(Draft draft) {
            this(
                draft.name,
                draft.sizeBytes,
                draft.owner,
                draft.encoding,
                draft.collation,
                draft.collationVersion,
                draft.extensions,
                draft.hypertables,
                draft.unreadable,
                draft.unloggedTables,
                draft.libraries,
                draft.preloadLibraries);
        }

        /** What is known of a database, until it is complete. */
        public static final class Draft {
            public String name;
            public long sizeBytes;
            public String owner;
            public String encoding;
            public String collation;
            public String collationVersion;
            public Map<String, String> extensions = Map.of();
            public List<Hypertable> hypertables = List.of();
            public String unreadable;
            public List<UnloggedTable> unloggedTables;
            public List<String> libraries;
            public List<String> preloadLibraries;
        }
    }

    /** @param isHypertable then all its chunks are empty after a restore */
    public record UnloggedTable(String schema, String name, boolean isHypertable) {}

    /**
     * What configures the server.
     *
     * @param isKnown false when the role lacks pg_read_all_settings: then nothing below, and no preloaded library, is
     *        known
     * @param dataDirectoryMode "0700"
     * @param walDirectory where pg_wal lies when it is a link to elsewhere; null when it is not, or not known
     * @param files that the data directory of the backup does not have
     * @param includeDirectories that a copied postgresql.conf names, as they stand there: the server does not start
     *        without them
     */
    public record Configuration(
        boolean isKnown,
        String dataDirectoryMode,
        String walDirectory,
        List<ConfigurationFile> files,
        List<String> includeDirectories) {
        /** The copy of the file that this setting names: config_file, hba_file, ident_file. */
        public Optional<ConfigurationFile> file(String setting) {
            return files.stream().filter(f -> f.setting().equals(setting)).findFirst();
        }
    }

    /**
     * @param setting config_file, hba_file, ident_file; include for what these include; ssl_cert_file and the like are
     *        not copied
     * @param path on the server
     * @param stored the copy in the backup, "conf/postgresql.conf" or "conf/postgresql.conf.age"; null when there is
     *        none
     * @param why there is none; else null
     */
    public record ConfigurationFile(String setting, String path, String stored, String why) {}

    /**
     * An incremental backup holds what changed since its parent, and nothing can be restored from it without that one.
     *
     * @param parent its name; it lies in the same directory of backups
     * @param parentManifestChecksum the last line of its manifest: another backup of its name is not the parent
     * @param full the backup that the chain begins with
     * @param number in the chain; the full backup is 1
     */
    public record Incremental(String parent, String parentManifestChecksum, String full, int number) {}

    /** @param rowEstimate the planner's, -1 when there is none */
    public record Hypertable(String schema, String name, long chunks, long rowEstimate) {}

    /**
     * @param format tar or plain
     * @param codec none, gzip, lz4 or zstd
     * @param level of the codec; 0 for none
     * @param encryptedTo public keys; empty when it is not encrypted
     * @param dataBytes what the server sent, uncompressed
     * @param storedBytes what lies on disk
     */
    public record Storage(
        String format,
        String codec,
        int level,
        List<String> encryptedTo,
        long dataBytes,
        long storedBytes) {
        public boolean isEncrypted() {
            return !encryptedTo.isEmpty();
        }
    }

    /**
     * @param verified read back from disk and proven against backup_manifest, right after it was made
     * @param at when; null when it was not
     */
    public record Verification(boolean verified, Instant at, long files, long walSegments) {}

    public record Durations(double copySeconds, double verifySeconds, double totalSeconds) {}

    /** @param sha256 null with --no-verify, which hashes nothing */
    public record StoredFile(String name, long sizeBytes, String sha256) {}

    /** @throws Failure when there is none, or it cannot be understood */
    public static Fingerprint read(Path file) {
        try {
            var print = Json.read(Files.readString(file), Fingerprint.class);
            if (print.formatVersion() > FORMAT_VERSION) {
                throw Failure.notReady(
                    file + " was written by a newer tool (" + print.tool() + ")",
                    "use that version of the tools, or a newer one.");
            }
            if (print.endedAt() == null || print.server() == null || print.storage() == null) {
                throw Failure.answerIsNo(
                    file + " is damaged: facts are missing in it",
                    "the backup itself may be whole; see: backup.java verify");
            }
            return print;
        } catch (JacksonException | CharacterCodingException e) {
            throw new Failure(
                ExitCode.ANSWER_IS_NO,
                file + " is damaged: it is no JSON of ours",
                "the backup itself may be whole; see: backup.java verify",
                e);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + file + ": " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
    }

    public void write(Path file) throws IOException {
        AtomicFile.write(file, Json.write(this));
    }

    /** What the server preloads; empty when it is not known, which is not the same as: none. */
    public Optional<List<String>> preloadLibraries() {
        boolean isKnown = configuration != null ? configuration.isKnown() : server.dataDirectory() != null;
        return isKnown ? Optional.of(server.sharedPreloadLibraries()) : Optional.empty();
    }

    /** The version of TimescaleDB in each database that has it. */
    public Map<String, String> timescaleVersions() {
        var versions = new TreeMap<String, String>();
        for (var d : databases) {
            if (d.extensions().containsKey("timescaledb")) versions.put(d.name(), d.extensions().get("timescaledb"));
        }
        return versions;
    }
}
