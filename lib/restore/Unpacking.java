package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.Failure;
import lib.Program;
import lib.Progress;
import lib.backup.Age;
import lib.backup.BackupDirectory;
import lib.backup.Lsn;

/** From a backup to a data directory that recovers by itself when it is started: the part that a restore, a drill and a salvage share. */
final class Unpacking {
    private Unpacking() {}

    /**
     * A data directory from a backup, checked, ready to be started; only its pg_control has not got its name yet.
     *
     * @param directory exists and is empty but for a journal
     * @param tablespaces their new places by OID; they exist and are empty but for a mark
     */
    static void unpack(Source source, Path directory, Map<String, Path> tablespaces, Owner owner, boolean verify, Age.Identity identity) throws IOException {
        var backup = source.backup();
        try (var progress = Progress.ofBytes("unpack", source.dataBytes());
             var unpacker = new Unpacker(directory, tablespaces, owner, verify ? source.manifest() : null, identity, progress::by)) {
            if (backup.format() == BackupDirectory.Format.PLAIN) {
                unpacker.plain(backup.dataDirectory());
            }
            for (var archive : backup.archives()) {
                progress.phase(archive.path().getFileName().toString());
                var sum = unpacker.archive(archive.path(), archive.prefix());
                var wanted = source.sums().get(archive.path().getFileName().toString());
                if (verify && wanted != null && !wanted.equals(sum)) {
                    unpacker.findings().add(archive.path().getFileName() + " has another SHA-256 than SHA256SUMS says");
                }
            }
            unpacker.finish(backup.path().toString());
        }
        rewriteTablespaceMap(directory, tablespaces);
    }

    /** Without it the server says "could not locate required checkpoint record", and people then do what corrupts the cluster. */
    static void mustHaveWal(Source source, Path directory) throws IOException {
        long segmentBytes;
        try (var files = Files.list(directory.resolve("pg_wal"))) {
            // WAL files are all of one size; it is set when the cluster is made.
            var first = files.filter(f -> f.getFileName().toString().matches("[0-9A-F]{24}")).findFirst();
            segmentBytes = first.isPresent() ? Files.size(first.get()) : source.segmentBytes();
        }
        if (Long.bitCount(segmentBytes) != 1 || segmentBytes < 1 << 20) segmentBytes = source.segmentBytes();
        var missing = new ArrayList<String>();
        for (var name : source.walSegments(segmentBytes)) {
            var file = directory.resolve("pg_wal").resolve(name);
            if (!Files.exists(file) || Files.size(file) != segmentBytes) missing.add(name);
        }
        if (!missing.isEmpty()) {
            throw Failure.answerIsNo("the backup " + source.backup().path() + " lacks WAL that it needs: " + missing.getFirst()
                    + (missing.size() > 1 ? " and " + (missing.size() - 1) + " more" : "") + (source.backup().hasWalArchive() ? "" : " (it has no pg_wal.tar)"),
                "find those files (the server's pg_wal, an archive, a standby) or take another backup; the last resort is: restore.java salvage --help");
        }
    }

    /**
     * No manifest covers the WAL, but every record carries a CRC, and pg_waldump reads them as the recovery will.
     *
     * @param program null when no server of that version is here: then the recovery will tell
     */
    static void mustReadWal(Source source, Path directory, ServerProgram program) {
        if (program == null || !program.installation().has("pg_waldump") || program.installation().major() < 15) return;   // --quiet came with 15
        for (var range : source.manifest().walRanges()) {
            var answer = Program.of(List.of(program.installation().program("pg_waldump").toString(), "--quiet", "--path=" + directory.resolve("pg_wal"),
                "--timeline=" + range.timeline(), "--start=" + Lsn.text(range.start()), "--end=" + Lsn.text(range.end()))).with(Map.of("LC_ALL", "C")).capture();
            if (!answer.ok()) {
                throw Failure.answerIsNo("the WAL of the backup " + source.backup().path() + " is damaged: " + answer.stderr().strip().replaceFirst("^pg_waldump: (error|fatal): ", ""),
                    "take an older backup (list: jbang backup.java list); with this WAL the recovery would not come to its end.");
            }
        }
    }

    /** The server makes the links anew from this file when it starts: it must name the new places. Its format: "OID path" a line. */
    private static void rewriteTablespaceMap(Path directory, Map<String, Path> tablespaces) throws IOException {
        var map = directory.resolve("tablespace_map");
        if (!Files.exists(map)) return;
        var text = new StringBuilder();
        tablespaces.forEach((oid, place) -> text.append(oid).append(' ').append(place.toString().replace("\\", "\\\\").replace("\n", "\\\n")).append('\n'));
        Files.writeString(map, text);
    }

    /** pg_basebackup -R leaves word to start as a standby: it would follow for ever and take no write. */
    static void leaveOutSignals(Path directory) throws IOException {
        for (var name : List.of("standby.signal", "recovery.signal")) {
            if (Files.deleteIfExists(directory.resolve(name))) {
                Console.warn("%s was in the backup and is left out: the restored cluster is to be a server of its own", name);
            }
        }
    }
}
