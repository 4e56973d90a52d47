//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../FileTree.java ../Program.java ../archive/Age.java
//SOURCES ../archive/BackupDirectory.java ../archive/Fingerprint.java ../archive/RestorableBackup.java ../boot/Disk.java
//SOURCES ../boot/KeptCopy.java ../boot/Owner.java ../boot/ServerProgram.java ../boot/Startup.java
//SOURCES ../boot/UnpackPlaces.java ../boot/Unpacker.java ../boot/Unpacking.java DataDirectory.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileTree;
import lib.Program;
import lib.archive.Age;
import lib.archive.BackupDirectory;
import lib.archive.Fingerprint;
import lib.archive.RestorableBackup;
import lib.boot.Disk;
import lib.boot.KeptCopy;
import lib.boot.Owner;
import lib.boot.ServerProgram;
import lib.boot.Startup;
import lib.boot.UnpackPlaces;
import lib.boot.Unpacker;
import lib.boot.Unpacking;

/**
 * The last resort for a backup whose WAL exists nowhere: a copy is forced to start, so that what can be read is dumped
 * and loaded into a new cluster. The copy stays corrupt; measured on a busy cluster, it had lost 12,000 of 1,000,000
 * rows and 60 of 100 tellers, and it started without a word.
 */
public final class Salvage {
    public static final String WORD = "salvage";

    /** What will be wrong, for the person who is asked. */
    public static final List<String> WARNING = List.of(
        "This does not restore the backup. Without its WAL the backup is a mix of moments, and nothing can "
            + "make it whole.",
        "A copy will be forced to start (pg_resetwal). In it rows are missing or twice, indexes and foreign keys "
            + "disagree with tables,",
        "and some tables may not be readable at all. It is good for one thing: to dump what can be read, today, and "
            + "to load that into a new cluster.",
        "Look for the WAL first: pg_wal.tar of this backup, pg_wal of the old server, an archive, a standby, an "
            + "older backup.");

    private Salvage() {}

    /** Is this the right tool? @throws Failure when the backup restores as it is, or the place is taken */
    public static RestorableBackup check(BackupDirectory backup, Path into, Age.Identity identity) throws IOException {
        var source = RestorableBackup.of(backup, identity);
        source.mustHaveTablespaces();
        boolean walIsThere = backup.format() == BackupDirectory.Format.TAR ? backup.hasWalArchive()
            : source.walSegments(source.segmentBytes())
                .stream()
                .allMatch(name -> Files.exists(backup.dataDirectory().resolve("pg_wal").resolve(name)));
        if (walIsThere) {
            throw hasItsWal(source);
        }
        var target = DataDirectory.of(into);
        if (target.holdsCluster()) {
            throw Failure.usage(
                into + " holds a cluster",
                "salvage works on a new copy only; choose a new directory: --into DIR");
        }
        if (target.path().startsWith(backup.path()) || backup.path().startsWith(target.path())) {
            throw Failure
                .usage("the backup and " + into + " lie within each other", "choose a directory elsewhere: --into DIR");
        }
        for (var tablespace : source.tablespaces()) {
            if (Files.exists(tablespacePlace(target.path(), tablespace.oid()))) {
                throw Failure.usage(
                    tablespacePlace(target.path(), tablespace.oid())
                        + " is there already, and a tablespace would go there",
                    "choose another directory: --into DIR");
            }
        }
        Disk.mustHold(
            target.existingParent(),
            source.dataBytes() + source.joinBytes(),
            "choose another place: --into DIR");
        return source;
    }

    /**
     * Makes the copy, forces it to start, and leaves it running on a socket of its own. @return the commands that come
     * next
     */
    public static List<String> run(RestorableBackup source, Path into, Age.Identity identity) throws IOException {
        var program = ServerProgram.ofMajor(source.major(), source.timescaleVersions().values());
        var data = DataDirectory.of(into).path();
        var us = Owner.ofThisProcess();
        var owner = us.uid() != 0 ? us
            : Owner.named("postgres")
                .orElseThrow(
                    () -> Failure.usage(
                        "PostgreSQL does not run as root, and this machine has no user postgres",
                        "run it as an ordinary user."));
        var fresh = Files.createDirectories(data);
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwx------"));
        if (us.uid() == 0) owner.give(fresh);
        try {
            unpack(source, data, us.uid() == 0 ? owner : null, identity);
            if (hasWal(source, data)) throw hasItsWal(source);   // pg_basebackup -X fetch: it is in base.tar
        } catch (IOException | RuntimeException e) {
            remove(source, data);
            throw e;
        }
        // With the label the server would still ask for the WAL; the links of the tablespaces are made, so the map is
        // not needed.
        Files.deleteIfExists(data.resolve("backup_label"));
        Files.deleteIfExists(data.resolve("tablespace_map"));
        Unpacking.leaveOutSignals(data);
        var reset = program.installation().program("pg_resetwal").toString();
        say(run(owner, List.of(reset, "-n", data.toString())));
        run(owner, List.of(reset, "-f", data.toString()));
        KeptCopy.configure(
            program,
            data,
            owner,
            Map.of("default_transaction_read_only", "on", "fsync", "on", "cluster_name", "salvaged copy"));
        Startup.start(program, data, owner);
        var bin = program.installation().directory();
        var asServer = us.uid() == 0 ? "runuser -u postgres -- " : "";   // neither of them runs as root
        var superuser = superuser(source);
        return List.of(
            bin + "/pg_dumpall -h " + Program.typed(data) + " -p 5432 -U " + Program.typed(superuser)
                + " > salvaged.sql      # table by table with pg_dump -t where this fails",
            asServer + bin + "/initdb -D NEW -U " + Program.typed(superuser)
                + "; start it; psql -d postgres -f salvaged.sql     # errors show what is inconsistent",
            asServer + bin + "/pg_ctl -D " + Program.typed(data)
                + " stop                          # and keep the backup: it is the only original");
    }

    private static String superuser(RestorableBackup source) {
        return source.fingerprint() == null ? "postgres"
            : source.fingerprint()
                .databases()
                .stream()
                .filter(d -> d.name().equals("template1") && d.owner() != null)
                .map(Fingerprint.DatabaseFacts::owner)
                .findFirst()
                .orElse("postgres");
    }

    private static Failure hasItsWal(RestorableBackup source) {
        return Failure.usage(
            "the backup " + source.backup().path() + " has its WAL, so it needs no salvage",
            "restore it: restore.java " + source.backup().path()
                + " (when that says that the WAL is damaged, and there is no other: move it out of a copy of the "
                + "backup, and salvage that)");
    }

    private static boolean hasWal(RestorableBackup source, Path data) {
        return source.walSegments(source.segmentBytes())
            .stream()
            .allMatch(name -> Files.exists(data.resolve("pg_wal").resolve(name)));
    }

    private static Path tablespacePlace(Path data, String oid) {
        return data.resolveSibling(data.getFileName() + ".tablespace-" + oid);
    }

    private static void remove(RestorableBackup source, Path data) {
        try {
            for (var tablespace : source.tablespaces()) FileTree.delete(tablespacePlace(data, tablespace.oid()));
            FileTree.delete(data);
        } catch (IOException e) {
            Console.warn("could not remove %s: %s", data, e.getMessage());
        }
    }

    private static void unpack(RestorableBackup source, Path data, Owner owner, Age.Identity identity)
        throws IOException {
        var places = new LinkedHashMap<String, Path>();
        for (var tablespace : source.tablespaces()) {
            var place = Files.createDirectories(tablespacePlace(data, tablespace.oid()));
            if (owner != null) owner.give(place);
            places.put(tablespace.oid(), place);
        }
        try {
            Unpacking.unpack(source, new UnpackPlaces(data, places, null, owner), true, identity);
        } catch (Failure damaged) {
            if (damaged.exitCode() != ExitCode.ANSWER_IS_NO) throw damaged;
            throw new Failure(
                damaged.exitCode(),
                damaged.getMessage(),
                "its files are damaged too, not only its WAL: there is nothing here to salvage from.",
                damaged);
        }
        Files.move(data.resolve("global").resolve(Unpacker.CONTROL_FOR_NOW), data.resolve("global/pg_control"));
    }

    private static String run(Owner owner, List<String> command) {
        var answer = Program.of(ServerProgram.asOwner(owner, command)).with(Map.of("LC_ALL", "C")).capture();
        if (!answer.ok()) throw Failure.failed("pg_resetwal failed: " + answer.stderr().strip(), null);
        return answer.stdout();
    }

    private static void say(String values) {
        Console.say("what pg_resetwal will set:");
        values.substring(Math.max(0, values.indexOf("Values to be changed")))
            .lines()
            .skip(1)
            .filter(l -> !l.isBlank())
            .forEach(line -> Console.say("  %s", line));
    }
}
