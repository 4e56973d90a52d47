//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Units.java ../archive/Age.java
//SOURCES ../archive/RestorableBackup.java ../boot/ControlFile.java ../boot/CopySettings.java ../boot/Disk.java
//SOURCES ../boot/LibC.java ../boot/Owner.java ../boot/RunningServer.java ../boot/ServerProgram.java
//SOURCES ../database/PgTools.java DataDirectory.java DatabaseContainer.java Staging.java TablespacePlan.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.archive.Age;
import lib.archive.RestorableBackup;
import lib.boot.ControlFile;
import lib.boot.CopySettings;
import lib.boot.Disk;
import lib.boot.LibC;
import lib.boot.Owner;
import lib.boot.RunningServer;
import lib.boot.ServerProgram;

/**
 * Everything that a restore will do, settled before it does anything: what goes where, what is kept, who is stopped, and what speaks against it.
 *
 * @param keepAs new name of the old cluster; null when there is none
 * @param server what will run it; null when that is not on this machine
 * @param running who uses the data directory now; null when nobody does
 * @param container the playground's container, when that is who; else null
 * @param isCopy the original may still run: archiving, jobs and subscriptions of this one stay off
 */
public record RestorePlan(
    RestorableBackup source,
    DataDirectory target,
    Path keepAs,
    Owner owner,
    Map<String, Path> tablespaces,
    ServerProgram server,
    RunningServer running,
    String container,
    String stopCommand,
    boolean isCopy,
    boolean verify,
    Age.Identity identity,
    List<String> warnings) {

    /**
     * What the user asked for.
     *
     * @param owner null to find it out
     * @param tablespaces OLD to NEW
     * @param serverElsewhere another machine will run it: this one's server is not asked
     * @param jobs do archiving, jobs and subscriptions run on in it? null to find it out
     */
    public record Wish(
        Path data,
        Owner owner,
        Map<String, String> tablespaces,
        String stopCommand,
        boolean verify,
        boolean serverElsewhere,
        Boolean jobs,
        boolean start) {}

    /** Where {@code make start} keeps its data: what is restored there takes the place of what was there. */
    public static final Path PLAYGROUND = Path.of("mnt/db/postgres");

    public static RestorePlan make(RestorableBackup source, Wish wish, Age.Identity identity, Instant now)
        throws IOException {
        var backup = source.backup().path();
        source.mustHaveTablespaces();
        refuseOverlap(wish.data().toAbsolutePath().normalize(), backup);
        var target = DataDirectory.of(wish.data());
        refuseOverlap(target.path(), backup.toRealPath());
        var warnings = new ArrayList<String>();
        var server = wish.serverElsewhere() ? null : serverFor(source, wish.start(), warnings);
        var owner = owner(wish, target, source, warnings);
        var parent = target.existingParent();
        if (!Files.isWritable(parent)) {
            throw Failure.notReady(
                "cannot write into " + parent + ", where the data directory lies",
                "run it as the owner of that directory, or as root.");
        }
        var tablespaces = TablespacePlan.of(source.tablespaces(), wish.tablespaces(), target.path(), backup);
        Disk.mustHold(
            room(source, target, tablespaces),
            "free some space, or restore onto another disk with -D (tablespaces: --tablespace OLD=NEW). The old cluster is kept until you remove it.");
        var keepAs = target.holdsCluster()
            ? target.path().resolveSibling(target.path().getFileName() + ".before-restore-" + Units.stamp(now))
            : null;
        if (keepAs != null && Files.exists(keepAs))
            throw Failure.notReady(keepAs + " is there already", "try again in a second.");
        return new RestorePlan(
            source,
            target,
            keepAs,
            owner,
            tablespaces,
            server,
            RunningServer.on(target.path()).orElse(null),
            DatabaseContainer.using(target.path()).orElse(null),
            wish.stopCommand(),
            isCopy(source, target, wish),
            wish.verify(),
            identity,
            warnings);
    }

    /** For people: every step with its paths and sizes. */
    public List<String> lines() {
        var steps = new ArrayList<String>();
        Staging.leftover(target.path()).ifPresent(steps::add);
        steps.add(
            "unpack to " + Staging.directoryFor(target.path()) + " (" + Units.bytes(source.dataBytes()) + ", " + free()
                + " free)"
                + (verify ? ", every file checked against backup_manifest" : ", unchecked (--no-verify)"));
        for (var tablespace : source.tablespaces()) {
            var place = tablespaces.get(tablespace.oid());
            steps.add(
                "tablespace " + tablespace.oid() + " to " + place
                    + (place.toString().equals(tablespace.location()) ? "" : ", it was in " + tablespace.location()));
        }
        if (owner != null) steps.add("owner " + owner + " (uid:gid), mode 0700");
        if (isCopy) steps.add("a copy: archiving, jobs and subscriptions stay off in it (--jobs leaves them on)");
        if (container != null) steps.add("stop the container " + container);
        else if (running != null)
            steps.add("stop the server on it (" + running + ")" + (stopCommand == null ? "" : ": " + stopCommand));
        if (keepAs != null) steps.add("keep the old cluster (" + Units.bytes(target.sizeBytes()) + ") as " + keepAs);
        steps.add("put the new one in its place: " + target.path());
        var lines = new ArrayList<String>();
        lines.add("Restore " + source.backup().path());
        lines.add("        " + source.summary());
        lines.add("   into " + target.path() + switch (target.content()) {
            case ABSENT -> " (new)";
            case EMPTY -> " (empty)";
            case CLUSTER -> " (holds a cluster)";
        });
        if (server != null) lines.add("    for " + server);
        for (int i = 0; i < steps.size(); i++) lines.add("  " + (i + 1) + ". " + steps.get(i));
        return lines;
    }

    /** How much goes where. What an interrupted restore left there makes room first. */
    private static Map<Path, Long> room(RestorableBackup source, DataDirectory target, Map<String, Path> tablespaces) {
        var room = new LinkedHashMap<Path, Long>();
        long rest = source.dataBytes() - Staging.leftoverBytes(target.path());
        for (var tablespace : tablespaces.entrySet()) {
            long bytes = source.tablespaceBytes(tablespace.getKey());
            rest -= bytes;
            room.merge(DataDirectory.existing(tablespace.getValue()), bytes, Long::sum);
        }
        room.merge(target.existingParent(), Math.max(0, rest), Long::sum);
        return room;
    }

    private String free() {
        try {
            return Units.bytes(Disk.freeBytes(target.existingParent()));
        } catch (IOException e) {
            return "?";
        }
    }

    private static void refuseOverlap(Path data, Path backup) {
        if (data.getParent() == null) return;   // the root has a sentence of its own
        if (data.equals(backup) || data.startsWith(backup)) {
            throw Failure.usage(
                data + (data.equals(backup) ? " is the backup itself" : " lies in the backup itself"),
                "a backup is never restored onto itself; choose another place with -D.");
        }
        if (backup.startsWith(data)) {
            throw Failure.usage(
                "the backup lies inside of " + data + ", which would be replaced",
                "move the backup out of it first, or choose another place with -D.");
        }
    }

    /** Anywhere but in the place of the cluster that was backed up, the original may still run, and nothing may run twice. */
    private static boolean isCopy(RestorableBackup source, DataDirectory target, Wish wish) {
        if (wish.jobs() != null) return !wish.jobs();
        if (target.holdsCluster()) {
            return source.systemIdentifier().isPresent()
                && !source.systemIdentifier().equals(ControlFile.systemIdentifier(target.path()));
        }
        var recorded = source.fingerprint() == null ? null : source.fingerprint().server().dataDirectory();
        return !target.path().toString().equals(recorded) && !target.path().endsWith(PLAYGROUND);
    }

    private static ServerProgram serverFor(RestorableBackup source, boolean needed, List<String> warnings) {
        if (lib.database.PgTools.having("postgres").isEmpty() && !needed) {
            warnings
                .add(
                    "no PostgreSQL server is on this machine: whether the one that will run this has the right versions was not checked");
            return null;
        }
        var server = ServerProgram.ofMajor(source.major(), source.timescaleVersions().values());
        var have = server.timescaleVersions();
        var missing = new LinkedHashSet<>(source.timescaleVersions().values());
        missing.removeAll(have);
        if (!missing.isEmpty()) {
            throw Failure.notReady(
                "the backup needs TimescaleDB " + String.join(" and ", missing) + ", and the server here ("
                    + server.installation().directory() + ") has "
                    + (have.isEmpty() ? "none" : "only " + String.join(", ", have)),
                "install that version first; later ALTER EXTENSION timescaledb UPDATE brings a newer one. If another machine or image will run this: --server-elsewhere");
        }
        if (source.fingerprint() == null) {
            warnings.add(
                "the backup has no backup.json: whether the server has the extensions that it needs was not checked");
            return server;
        }
        for (var library : source.fingerprint().server().sharedPreloadLibraries()) {
            if (!server.hasLibrary(library)) {
                throw Failure.notReady(
                    "the backup's server preloads the library '" + library
                        + "', and the one here does not have it: it would not start",
                    "install that extension for PostgreSQL " + source.major()
                        + ". If another machine or image will run this: --server-elsewhere");
            }
        }
        LibC.difference(source.fingerprint()).ifPresent(warnings::add);
        return server;
    }

    private static Owner owner(Wish wish, DataDirectory target, RestorableBackup source, List<String> warnings) {
        var us = Owner.ofThisProcess();
        if (us.uid() == 0) {
            if (wish.owner() != null) return wish.owner();
            if (target.content() != DataDirectory.Content.ABSENT && target.owner().uid() != 0) return target.owner();
            var local = Owner.named("postgres");
            if (local.isPresent()) return local.get();
            var print = source.fingerprint();
            if (print != null && print.server().uid() != null && print.server().uid() != 0) {
                return new Owner(print.server().uid().intValue(), print.server().gid().intValue());
            }
            throw Failure.usage(
                "whose shall the data be? PostgreSQL does not run as root",
                "give the server's user by number: --owner 999:999");
        }
        var wanted = Optional.ofNullable(wish.owner())
            .or(
                () -> target.content() == DataDirectory.Content.ABSENT ? Optional.empty()
                    : Optional.of(target.owner()));
        if (wanted.isPresent() && wanted.get().uid() != us.uid()) {
            throw new Failure(
                ExitCode.NOT_READY,
                "the data belongs to user " + wanted.get().uid() + ", and user " + us.uid()
                    + " (you) may not give files away",
                "run it as root, or as that user.");
        }
        return null;
    }

    /** The SQL that switches on in a copy what was left off. */
    public static String wakeUp() {
        return CopySettings.wakeUp();
    }

    /** Prints the plan as the person reads it, warnings last. */
    public void print() {
        lines().forEach(line -> Console.say("%s", line));
        warnings.forEach(warning -> Console.warn("%s", warning));
    }
}
