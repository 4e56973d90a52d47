//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../FileTree.java ../Program.java ../Progress.java
//SOURCES ../archive/Age.java ../archive/BackupDirectory.java ../archive/Manifest.java ../archive/RestorableBackup.java
//SOURCES UnpackPlaces.java Unpacker.java Unpacking.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Program;
import lib.Progress;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.Manifest;
import lib.archive.RestorableBackup;

/**
 * An incremental backup and all that it builds on become one data directory: each is unpacked and checked against its
 * manifest, pg_combinebackup joins them, and what it made is checked against the manifest that it wrote. All of it
 * happens in a directory of the new cluster, so whatever removes a half-made cluster removes it too.
 */
final class ChainUnpacking {
    private static final String WORK = "incremental-backups-being-joined";

    private ChainUnpacking() {}

    static void unpack(RestorableBackup source, UnpackPlaces places, boolean verify, Age.Identity identity)
        throws IOException {
        var work = newDirectory(places.data().resolve(WORK));
        var links = new ArrayList<Path>();
        for (var link : source.chain()) {
            Console.say("unpacking %s", link.name());
            links.add(unpackLink(link, link == source, work.resolve(link.name()), verify, identity));
        }
        var joined = work.resolve("joined");
        join(source, links, joined);
        for (var link : links) FileTree.delete(link);
        adopt(source, joined, places, verify);
        FileTree.delete(work);
        Unpacking.rewriteTablespaceMap(places.data(), places.tablespaces());
    }

    /** A link as pg_combinebackup wants it: tablespaces in their places. The WAL of the last one is enough. */
    private static Path unpackLink(
        RestorableBackup link,
        boolean isLast,
        Path directory,
        boolean verify,
        Age.Identity identity)
        throws IOException {
        newDirectory(directory);
        newDirectory(directory.resolve("pg_tblspc"));
        for (var tablespace : link.tablespaces()) {
            newDirectory(directory.resolve("pg_tblspc").resolve(tablespace.oid()));
        }
        var archives = link.backup()
            .archives()
            .stream()
            .filter(a -> isLast || a.kind() != BackupDirectory.ArchiveKind.WAL)
            .toList();
        Unpacking.files(link, archives, places(link, directory), verify, identity);
        Files.move(
            directory.resolve("global").resolve(Unpacker.CONTROL_FOR_NOW),
            directory.resolve("global/pg_control"),
            StandardCopyOption.ATOMIC_MOVE);
        var manifest = directory.resolve(Manifest.NAME);
        Files.copy(link.backup().manifestFile(), manifest, StandardCopyOption.REPLACE_EXISTING);
        return directory;
    }

    private static UnpackPlaces places(RestorableBackup link, Path directory) {
        var tablespaces = new LinkedHashMap<String, Path>();
        link.tablespaces().forEach(t -> tablespaces.put(t.oid(), directory.resolve("pg_tblspc").resolve(t.oid())));
        return new UnpackPlaces(directory, tablespaces, null, null);
    }

    private static void join(RestorableBackup source, List<Path> links, Path joined) {
        var command = new ArrayList<>(
            List.of(source.joiner().toString(), "--no-sync", "--output=" + joined));
        links.forEach(link -> command.add(link.toString()));
        Console.say("joining them with pg_combinebackup …");
        var said = new ArrayList<String>();
        int code = Program.of(command).with(Map.of("LC_ALL", "C")).run(line -> {
            said.add(line);
            Console.detail("[pg_combinebackup] %s", line);
        });
        if (code == 0) {
            said.stream().filter(l -> l.contains("warning:")).forEach(l -> Console.warn("%s", l));
            return;
        }
        var why = said.stream()
            .filter(l -> l.contains("error:"))
            .findFirst()
            .map(l -> l.replaceFirst("^pg_combinebackup: error: ", ""))
            .orElse("it ended with " + code);
        if (said.stream().anyMatch(l -> l.contains("No space left on device"))) {
            throw new Failure(
                ExitCode.NOT_READY,
                "pg_combinebackup cannot join " + source.name() + " with what it builds on: " + why,
                "free some space there, or choose another disk.");
        }
        throw Failure.answerIsNo(
            "pg_combinebackup cannot join " + source.name() + " with what it builds on: " + why,
            "verify it with all that it builds on: backup.java verify " + source.backup().path());
    }

    private static void adopt(RestorableBackup source, Path joined, UnpackPlaces places, boolean verify)
        throws IOException {
        var manifest = Manifest.read(joined.resolve(Manifest.NAME));
        try (
            var progress = Progress.ofBytes("check", manifest.files().totalBytes());
            var unpacker = new Unpacker(places, verify ? manifest : null, null, progress::by)) {
            unpacker.adopt(joined);
            unpacker.finish(source.backup().path().toString());
        }
    }

    private static Path newDirectory(Path directory) throws IOException {
        return Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
}
