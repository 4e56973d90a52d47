//SOURCES ../AtomicFile.java ../ExitCode.java ../Failure.java ../Json.java StoredFile.java
package lib.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import lib.AtomicFile;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import tools.jackson.core.JacksonException;

/**
 * What was backed up, when, from which server and how: the file {@code backup.json} of a backup. It is what a restore compares with
 * the target before it touches anything. Facts that the server would not tell are null, or empty lists.
 *
 * @param formatVersion of this file: 1
 * @param tool "TimescaleDB Tools 0.1.0"
 * @param name of the backup's directory
 * @param label as typed with --label; else empty
 * @param startedAt UTC
 * @param endedAt UTC; backups are ordered by it
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
    List<StoredFile> files) {
    public static final String NAME = "backup.json";
    public static final int FORMAT_VERSION = 1;

    /**
     * @param version "15.18"
     * @param versionNumber 150018
     * @param fullVersion what {@code version()} says: compiler and C library's flavour stand there
     * @param systemIdentifier the cluster's own number, 20 digits; two backups with the same one are of the same cluster
     * @param startLsn where replay begins
     * @param endLsn where the backup is consistent
     * @param pageChecksums are data pages protected by checksums?
     * @param collationVersion the C library's own ("2.36"); null with musl, which has none, and where the server does not say
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
        public int major() {
            return versionNumber / 10_000;
        }
    }

    /** @param location the directory on the server */
    public record Tablespace(String oid, String name, String location, long sizeBytes) {}

    /**
     * @param extensions name to version: {"timescaledb": "2.28.3"}
     * @param hypertables empty where the database could not be looked into; then {@code unreadable} says why
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
        String unreadable) {}

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
        } catch (JacksonException | java.nio.charset.CharacterCodingException e) {
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

    /** The version of TimescaleDB in each database that has it. */
    public Map<String, String> timescaleVersions() {
        var versions = new java.util.TreeMap<String, String>();
        for (var d : databases) {
            if (d.extensions().containsKey("timescaledb")) versions.put(d.name(), d.extensions().get("timescaledb"));
        }
        return versions;
    }
}
