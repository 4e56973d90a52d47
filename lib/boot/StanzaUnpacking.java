//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../FileTree.java ../Program.java ../Progress.java
//SOURCES ../archive/PgBackRest.java ../archive/StanzaBackup.java Owner.java ServerProgram.java UnpackPlaces.java
//SOURCES Unpacker.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Program;
import lib.Progress;
import lib.archive.PgBackRest;
import lib.archive.StanzaBackup;

/**
 * A data directory from a backup of pgBackRest, by pgBackRest: it compares every file with the sum that it wrote down.
 * It is told to leave the recovery alone ({@code --type=none}), which is ours.
 */
final class StanzaUnpacking {
    private static final Pattern DONE = Pattern.compile("restore file .*, ([\\d.]+)%\\).*");
    /** error.def of pgBackRest: checksum, file-invalid, format, file-missing, crypto. */
    private static final Set<Integer> OF_THE_BACKUP = Set.of(26, 28, 29, 55, 95);
    private static final String CONTROL = "global/pg_control";
    /** pgBackRest wants empty directories, and ours hold a journal: it gets new ones in them. */
    private static final String INNER = ".from-pgbackrest";

    private StanzaUnpacking() {}

    /** What the data directory holds then is as {@link Unpacking#unpack} leaves it. */
    static void unpack(StanzaBackup backup, UnpackPlaces places) throws IOException {
        makeInner(places.data(), places);
        for (var place : places.tablespaces().values()) makeInner(place, places);
        var said = new StringBuilder();
        int code;
        try (var progress = Progress.ofBytes("restore", backup.dataBytes())) {
            var owner = places.owner() == null ? Owner.ofThisProcess() : places.owner();
            code = Program.of(ServerProgram.asOwner(owner, command(backup, places))).run(line -> {
                var m = DONE.matcher(line);
                if (m.find()) {
                    progress.to(Math.round(backup.dataBytes() * Double.parseDouble(m.group(1)) / 100));
                } else {
                    said.append(line).append('\n');
                    Console.detail("[pgbackrest] %s", line);
                }
            });
        }
        if (code != 0) throw failure(backup, said.toString());
        var data = places.data();
        moveUp(data);
        for (var tablespace : places.tablespaces().entrySet()) {
            moveUp(tablespace.getValue());
            link(data.resolve("pg_tblspc").resolve(tablespace.getKey()), tablespace.getValue(), places);
        }
        Files.deleteIfExists(data.resolve("recovery.signal"));
        if (places.wal() != null) moveWal(data, places);
        Files.move(
            data.resolve(CONTROL),
            data.resolve("global").resolve(Unpacker.CONTROL_FOR_NOW),
            StandardCopyOption.ATOMIC_MOVE);
    }

    private static List<String> command(StanzaBackup backup, UnpackPlaces places) {
        var command = new ArrayList<>(
            List.of(
                "pgbackrest",
                "--stanza=" + backup.stanza(),
                "--repo=" + backup.repository(),
                "--set=" + backup.name(),
                "--type=none",
                "--pg1-path=" + places.data().resolve(INNER),
                "--reset-pg1-host",
                "--log-level-file=off",
                "--log-level-console=detail"));
        places.tablespaces()
            .forEach((oid, place) -> command.add("--tablespace-map=" + oid + "=" + place.resolve(INNER)));
        command.add("restore");
        return command;
    }

    /** pg_wal is made by pgBackRest and nearly empty: recovery fills it. */
    private static void moveWal(Path data, UnpackPlaces places) throws IOException {
        var made = data.resolve("pg_wal");
        if (Files.isSymbolicLink(made)) Files.delete(made);
        var status = places.wal().resolve("archive_status");
        Files.createDirectories(status);
        if (places.owner() != null) places.owner().give(status);
        if (Files.exists(made, LinkOption.NOFOLLOW_LINKS)) FileTree.delete(made);
        link(made, places.wal(), places);
    }

    private static void makeInner(Path place, UnpackPlaces places) throws IOException {
        var inner = Files.createDirectory(
            place.resolve(INNER),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (places.owner() != null) places.owner().give(inner);
    }

    private static void moveUp(Path place) throws IOException {
        try (var entries = Files.list(place.resolve(INNER))) {
            for (var entry : entries.toList()) {
                Files.move(entry, place.resolve(entry.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
        }
        Files.delete(place.resolve(INNER));
    }

    private static void link(Path link, Path to, UnpackPlaces places) throws IOException {
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, to);
        if (places.owner() != null) places.owner().give(link);
    }

    private static Failure failure(StanzaBackup backup, String said) {
        var why = PgBackRest.error(said);
        if (OF_THE_BACKUP.contains(PgBackRest.errorCode(said))) {
            return Failure.answerIsNo(
                "pgBackRest cannot restore " + backup.name() + " of the stanza " + backup.stanza() + ": " + why,
                "take another backup, or restore an older one by its label.");
        }
        return new Failure(
            ExitCode.NOT_READY,
            "pgBackRest could not restore " + backup.name() + " of the stanza " + backup.stanza() + ": " + why,
            "see all that it says with --verbose.",
            null);
    }
}
