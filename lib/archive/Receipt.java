//SOURCES ../AtomicFile.java ../Console.java ../Json.java BackupDirectory.java Fingerprint.java StanzaBackup.java
package lib.archive;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.AtomicFile;
import lib.Console;
import lib.Json;
import tools.jackson.core.JacksonException;

/**
 * What a later look at a backup found: {@code .receipts/NAME.verify.json} beside the backups. Not within the backup,
 * which never changes after it was made.
 *
 * @param kind "verify" (read from end to end) or "drill" (restored and booted)
 * @param manifestSum of the backup's manifest: a receipt counts for that very backup, not for another one of its name
 */
public record Receipt(
    String backup,
    String kind,
    Instant at,
    boolean isGood,
    List<String> findings,
    String manifestSum) {
    public static final String VERIFY = "verify";
    public static final String DRILL = "drill";
    /** The same text in all files: node_exporter wants one for each number. */
    public static final String LAST_SUCCESS = "When a backup of the cluster was last proven by a drill.";
    private static final String DIRECTORY = ".receipts";

    /**
     * Keeps it, replacing the last one of its kind. A read-only place is not an error: then it is just not kept;
     * nor is one kept beside what others made.
     */
    public static void keep(BackupDirectory backup, String kind, boolean isGood, List<String> findings) {
        if (!Files.exists(backup.path().resolve(Fingerprint.NAME))) return;
        try {
            var file = file(backup.path(), kind);
            var receipt = new Receipt(
                backup.name(),
                kind,
                Instant.now(),
                isGood,
                findings.stream().limit(100).toList(),
                sumOf(backup));
            AtomicFile.write(file, Json.write(receipt));
        } catch (IOException e) {
            Console.detail("no receipt was kept: %s", e.getMessage());
        }
    }

    /** The last receipt of this kind for this very backup. */
    public static Optional<Receipt> of(BackupDirectory backup, String kind) {
        var receipt = read(file(backup.path(), kind));
        if (receipt.isEmpty()) return receipt;
        try {
            var sum = sumOf(backup);
            return receipt.filter(r -> sum.equals(r.manifestSum()));
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** When the last one of these said that all is well. */
    public static Optional<Instant> lastGood(Stream<Receipt> receipts) {
        return receipts.filter(Receipt::isGood).map(Receipt::at).max(Comparator.naturalOrder());
    }

    /** The last drill of a backup that pgBackRest keeps. @param backups the directory of all backups */
    public static Optional<Receipt> of(StanzaBackup backup, Path backups) {
        return read(file(backups.resolve(backup.receiptName()), DRILL));
    }

    /** All drills of a stanza's backups that are known here, also of backups that pgBackRest has expired. */
    public static List<Receipt> ofStanza(String stanza, Path backups) {
        var pattern = Pattern.compile(Pattern.quote("pgbackrest-" + stanza) + "-\\d{8}-.*\\.drill\\.json");
        try (var files = Files.list(backups.resolve(DIRECTORY))) {
            return files.filter(file -> pattern.matcher(file.getFileName().toString()).matches())
                .flatMap(file -> read(file).stream())
                .toList();
        } catch (IOException none) {
            Console.detail("receipts of drills: %s", none.getMessage());
            return List.of();
        }
    }

    /** One that cannot be read says nothing, and is in the way of no other. */
    private static Optional<Receipt> read(Path file) {
        if (!Files.exists(file)) return Optional.empty();
        try {
            return Optional.of(Json.read(Files.readString(file), Receipt.class)).filter(r -> r.at() != null);
        } catch (IOException | JacksonException unreadable) {
            Console.detail("%s: %s", file, unreadable.getMessage());
            return Optional.empty();
        }
    }

    /** The backup is going: so do its receipts. */
    public static void delete(Path backup) {
        for (var kind : List.of(VERIFY, DRILL)) {
            try {
                Files.deleteIfExists(file(backup, kind));
            } catch (IOException e) {
                Console.detail("a receipt stays: %s", e.getMessage());
            }
        }
    }

    private static Path file(Path backup, String kind) {
        return backup.resolveSibling(DIRECTORY).resolve(backup.getFileName() + "." + kind + ".json");
    }

    /** The manifest's own last line is its sum. */
    private static String sumOf(BackupDirectory backup) throws IOException {
        try (var f = new RandomAccessFile(backup.manifestFile().toFile(), "r")) {
            var tail = new byte[(int) Math.min(100, f.length())];
            f.seek(f.length() - tail.length);
            f.readFully(tail);
            var text = new String(tail, StandardCharsets.ISO_8859_1);
            return text.substring(text.lastIndexOf('\n', text.length() - 2) + 1).replaceAll("[^0-9a-f]", "");
        }
    }
}
