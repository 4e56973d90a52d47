//SOURCES ../ExitCode.java ../Failure.java Checksum.java FileName.java Lsn.java ManifestFiles.java
package lib.archive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import lib.ExitCode;
import lib.Failure;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * PostgreSQL's {@code backup_manifest}: every file of the data directory but those of pg_wal, with size and checksum,
 * and the stretch of WAL that makes the backup consistent. pg_basebackup writes it last, so its presence says that the
 * backup was taken to its end. Format: https://www.postgresql.org/docs/current/backup-manifest-format.html
 *
 * @param version 1, or 2 since PostgreSQL 17
 * @param systemIdentifier the cluster's own number; null in version 1
 * @param files in the manifest's order, a million perhaps
 * @param walRanges one for each timeline
 * @param isReadableAlone false for an incremental backup, which pg_combinebackup must complete first
 */
public record Manifest(
    int version,
    String systemIdentifier,
    ManifestFiles files,
    List<WalRange> walRanges,
    boolean isReadableAlone) {
    public static final String NAME = "backup_manifest";
    private static final int NEWEST_VERSION = 2;
    private static final Pattern OWN_CHECKSUM = Pattern.compile("\"Manifest-Checksum\": \"([0-9a-f]{64})\"}\\s*$");

    /**
     * @param path within the data directory: "base/5/1259", "pg_tblspc/16384/PG_15_202209061/5/16397"
     * @param checksum of the content, as {@link Checksum} makes it
     */
    public record File(String path, long size, Checksum.Algorithm algorithm, String checksum) {}

    /** From {@code start} (included) to {@code end} (excluded), both as numbers: 0/3000028 is 0x3000028. */
    public record WalRange(int timeline, long start, long end) {}

    /**
     * Reads it and checks it against the SHA-256 in its own last line. @throws Failure when it is missing or damaged
     */
    public static Manifest read(Path file) {
        if (!Files.exists(file)) {
            throw Failure.answerIsNo(
                file + " is missing",
                Files.exists(file.resolveSibling(NAME + ".tmp"))
                    ? "this backup was not taken to its end: pg_basebackup stopped before it. Do not use it."
                    : "without its manifest a backup cannot be proven; was everything copied?");
        }
        try {
            checkOwnHash(file);
            try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
                return parse(in);
            }
        } catch (JacksonException | IllegalArgumentException e) {
            throw damaged(file, "it is not what PostgreSQL writes", e);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + file + ": " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
    }

    /** The sum covers all lines but the last, which holds it. */
    private static void checkOwnHash(Path file) throws IOException {
        long covered;
        String lastLine;
        try (var f = new RandomAccessFile(file.toFile(), "r")) {
            var tail = new byte[(int) Math.min(256, f.length())];
            f.seek(f.length() - tail.length);
            f.readFully(tail);
            int lineEnd = tail.length - 1;
            int before = lineEnd - 1;
            while (before >= 0 && tail[before] != '\n') before--;
            if (lineEnd < 0 || tail[lineEnd] != '\n' || before < 0) throw damaged(file, "its end is missing", null);
            covered = f.length() - tail.length + before + 1;
            lastLine = new String(tail, before + 1, lineEnd - before - 1, StandardCharsets.UTF_8);
        }
        var sha = Checksum.of(Checksum.Algorithm.SHA256);
        try (var in = Files.newInputStream(file)) {
            var buffer = new byte[1 << 16];
            for (long left = covered; left > 0;) {
                int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (n < 0) throw damaged(file, "its end is missing", null);
                sha.update(buffer, 0, n);
                left -= n;
            }
        }
        if (!lastLine.equals("\"Manifest-Checksum\": \"" + sha.hex() + "\"}")) {
            throw damaged(file, "its own checksum does not match", null);
        }
    }

    /** Its own checksum, as its last line says: no two backups have the same. Nothing is read but that line. */
    public static String checksumIn(Path file) throws IOException {
        try (var f = new RandomAccessFile(file.toFile(), "r")) {
            var tail = new byte[(int) Math.min(100, f.length())];
            f.seek(f.length() - tail.length);
            f.readFully(tail);
            var line = OWN_CHECKSUM.matcher(new String(tail, StandardCharsets.ISO_8859_1));
            return line.find() ? line.group(1) : "";
        }
    }

    private static Failure damaged(Path file, String why, Exception cause) {
        return new Failure(
            ExitCode.ANSWER_IS_NO,
            file + " is damaged: " + why,
            "take an older backup, or fetch this one again from where it was copied to.",
            cause);
    }

    private static Manifest parse(InputStream in) {
        int version = 0;
        String system = null;
        var files = new ManifestFiles();
        var ranges = new ArrayList<WalRange>();
        boolean complete = true;
        try (var json = new JsonFactory().createParser(ObjectReadContext.empty(), in)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                var name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "PostgreSQL-Backup-Manifest-Version" -> version = knownVersion(json.getIntValue());
                    case "System-Identifier" -> system = json.getString();
                    case "Files" -> {
                        while (json.nextToken() == JsonToken.START_OBJECT) {
                            var file = file(json);
                            files.put(file);
                            // pg_combinebackup's input: INCREMENTAL.16384 holds only the blocks that changed.
                            complete &=
                                !file.path().substring(file.path().lastIndexOf('/') + 1).startsWith("INCREMENTAL.");
                        }
                    }
                    case "WAL-Ranges" -> {
                        while (json.nextToken() == JsonToken.START_OBJECT) ranges.add(walRange(json));
                    }
                    default -> json.skipChildren();
                }
            }
        }
        return new Manifest(version, system, files, List.copyOf(ranges), complete);
    }

    private static int knownVersion(int version) {
        if (version <= NEWEST_VERSION) return version;
        throw Failure.notReady(
            "the backup_manifest is of version " + version + ", and this tool knows those up to " + NEWEST_VERSION,
            "use a newer version of the tools.");
    }

    private static File file(JsonParser json) {
        String path = null;
        String algorithm = null;
        String checksum = null;
        long size = -1;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            var name = json.currentName();
            json.nextToken();
            switch (name) {
                case "Path" -> path = json.getString();
                // A name that is not UTF-8 stands there in hex.
                case "Encoded-Path" -> path = FileName.of(HexFormat.of().parseHex(json.getString()));
                case "Size" -> size = json.getLongValue();
                case "Checksum-Algorithm" -> algorithm = json.getString();
                case "Checksum" -> checksum = json.getString();
                default -> json.skipChildren();
            }
        }
        if (path == null) throw new IllegalArgumentException("a file without a path");
        return new File(path, size, Checksum.Algorithm.named(algorithm), checksum);
    }

    private static WalRange walRange(JsonParser json) {
        int timeline = 0;
        long start = 0;
        long end = 0;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            var name = json.currentName();
            json.nextToken();
            switch (name) {
                case "Timeline" -> timeline = json.getIntValue();
                case "Start-LSN" -> start = Lsn.parse(json.getString());
                case "End-LSN" -> end = Lsn.parse(json.getString());
                default -> json.skipChildren();
            }
        }
        return new WalRange(timeline, start, end);
    }
}
