//SOURCES ../Console.java ../Failure.java ../Progress.java ../archive/Age.java ../archive/BackupDirectory.java
//SOURCES ../archive/Lsn.java ../archive/RestorableBackup.java ../archive/RestoreSource.java
//SOURCES ../archive/StanzaBackup.java ../archive/WalScan.java ChainUnpacking.java StanzaUnpacking.java
//SOURCES UnpackPlaces.java Unpacker.java
package lib.boot;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.Failure;
import lib.Progress;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.Lsn;
import lib.archive.RestorableBackup;
import lib.archive.RestoreSource;
import lib.archive.StanzaBackup;
import lib.archive.WalScan;

/**
 * From a backup to a data directory that recovers by itself when it is started: the part that a restore, a drill and a
 * salvage share.
 */
public final class Unpacking {
    private Unpacking() {}

    /** A data directory from a backup, checked, ready to be started; only its pg_control has not got its name yet. */
    public static void unpack(RestoreSource source, UnpackPlaces places, boolean verify, Age.Identity identity)
        throws IOException {
        switch (source) {
            case RestorableBackup chain when chain.isIncremental() ->
                ChainUnpacking.unpack(chain, places, verify, identity);
            case RestorableBackup backup -> unpack(backup, places, verify, identity);
            case StanzaBackup backup -> StanzaUnpacking.unpack(backup, places);
        }
    }

    /** Its own WAL is there and can be read; that of a stanza is fetched by the recovery. */
    public static void checkWal(RestoreSource source, Path directory, boolean verify) throws IOException {
        if (!(source instanceof RestorableBackup backup)) return;
        mustHaveWal(backup, directory);
        if (verify) mustReadWal(backup, directory);
    }

    private static void unpack(RestorableBackup source, UnpackPlaces places, boolean verify, Age.Identity identity)
        throws IOException {
        var archives = source.backup().archives();
        files(source, archives, places, verify, identity);
        rewriteTablespaceMap(places.data(), places.tablespaces());
    }

    /** @param archives those of the backup that are wanted; of the plain format there are none */
    static void files(
        RestorableBackup source,
        List<BackupDirectory.ArchiveFile> archives,
        UnpackPlaces places,
        boolean verify,
        Age.Identity identity)
        throws IOException {
        var backup = source.backup();
        try (
            var progress = Progress.ofBytes("unpack", source.ownBytes());
            var unpacker = new Unpacker(places, verify ? source.manifest() : null, identity, progress::by)) {
            if (backup.format() == BackupDirectory.Format.PLAIN) {
                unpacker.plain(backup.dataDirectory());
            }
            for (var archive : archives) {
                progress.phase(archive.path().getFileName().toString());
                var sum = unpacker.archive(archive.path(), archive.prefix());
                var wanted = source.sums().get(archive.path().getFileName().toString());
                if (verify && wanted != null && !wanted.equals(sum)) {
                    unpacker.findings().add(archive.path().getFileName() + " has another SHA-256 than SHA256SUMS says");
                }
            }
            unpacker.finish(backup.path().toString());
        }
    }

    /**
     * Without it the server says "could not locate required checkpoint record", and people then do what corrupts the
     * cluster.
     */
    public static void mustHaveWal(RestorableBackup source, Path directory) throws IOException {
        long segmentBytes = segmentBytes(source, directory);
        var missing = new ArrayList<String>();
        for (var name : source.walSegments(segmentBytes)) {
            var file = directory.resolve("pg_wal").resolve(name);
            if (!Files.exists(file) || Files.size(file) != segmentBytes) missing.add(name);
        }
        if (!missing.isEmpty()) {
            throw Failure.answerIsNo(
                "the backup " + source.backup().path() + " lacks WAL that it needs: " + missing.getFirst()
                    + (missing.size() > 1 ? " and " + (missing.size() - 1) + " more" : "")
                    + (source.backup().hasWalArchive() ? "" : " (it has no pg_wal.tar)"),
                "find those files (the server's pg_wal, an archive, a standby) or take another backup; the last "
                    + "resort is: restore.java salvage --help");
        }
    }

    /** WAL files are all of one size; it is set when the cluster is made. */
    private static long segmentBytes(RestorableBackup source, Path directory) throws IOException {
        try (var files = Files.list(directory.resolve("pg_wal"))) {
            var first = files.filter(f -> f.getFileName().toString().matches("[0-9A-F]{24}")).findFirst();
            long size = first.isPresent() ? Files.size(first.get()) : 0;
            return Long.bitCount(size) == 1 && size >= 1 << 20 ? size : source.segmentBytes();
        }
    }

    /** No manifest covers the WAL, but every record carries a CRC: they are read as the recovery will read them. */
    public static void mustReadWal(RestorableBackup source, Path directory) throws IOException {
        long segmentBytes = segmentBytes(source, directory);
        var page = new byte[WalScan.PAGE];
        for (var range : source.manifest().walRanges()) {
            var scan = new WalScan(range, source.systemIdentifier().orElse(null), segmentBytes);
            for (var name : source.walSegments(segmentBytes)) {
                long at = scan.nextSegment();
                if (scan.isOver() || !name.equals(Lsn.segmentName(range.timeline(), at, segmentBytes))) continue;
                try (
                    var in = new BufferedInputStream(
                        Files.newInputStream(directory.resolve("pg_wal").resolve(name)),
                        1 << 18)) {
                    for (int n = in.readNBytes(page, 0, page.length); n > 0; n = in.readNBytes(page, 0, page.length)) {
                        var damage = scan.page(at, page, n);
                        if (damage.isPresent()) throw damagedWal(source, name + " " + damage.get());
                        at += n;
                    }
                }
            }
            if (!scan.isOver()) throw damagedWal(source, "it ends before " + Lsn.text(range.end()));
        }
    }

    private static Failure damagedWal(RestorableBackup source, String what) {
        return Failure.answerIsNo(
            "the WAL of the backup " + source.backup().path() + " is damaged: " + what,
            "take an older backup (list: jbang backup.java list); with this WAL the recovery would not come "
                + "to its end.");
    }

    /**
     * The server makes the links anew from this file when it starts: it must name the new places. Its format: "OID
     * path" a line.
     */
    static void rewriteTablespaceMap(Path directory, Map<String, Path> tablespaces) throws IOException {
        var map = directory.resolve("tablespace_map");
        if (!Files.exists(map)) return;
        var text = new StringBuilder();
        tablespaces.forEach(
            (oid, place) -> text.append(oid)
                .append(' ')
                .append(place.toString().replace("\\", "\\\\").replace("\n", "\\\n"))
                .append('\n'));
        Files.writeString(map, text);
    }

    /** pg_basebackup -R leaves word to start as a standby: it would follow without an end and take no write. */
    public static void leaveOutSignals(Path directory) throws IOException {
        for (var name : List.of("standby.signal", "recovery.signal")) {
            if (Files.deleteIfExists(directory.resolve(name))) {
                Console.warn(
                    "%s was in the backup and is left out: the restored cluster is to be a server of its own",
                    name);
            }
        }
    }
}
