//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Program.java ../Units.java ../archive/Age.java
//SOURCES ../archive/RestorableBackup.java ../archive/RestoreSource.java ../archive/StanzaBackup.java
//SOURCES ../boot/ControlFile.java ../boot/CopiedConfiguration.java ../boot/CopySettings.java
//SOURCES ../boot/DangerousSettings.java ../boot/Disk.java ../boot/KeptCopy.java ../boot/LibC.java ../boot/Owner.java
//SOURCES ../boot/Replay.java ../boot/RunningServer.java ../boot/ServerProgram.java ../database/ConnectionSettings.java
//SOURCES ../database/PgTools.java ClusterRole.java ConfigurationRestore.java DataDirectory.java DatabaseContainer.java
//SOURCES RestoreOptions.java Staging.java StandbySettings.java TablespacePlan.java TargetCheck.java WalPlan.java
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
import java.util.stream.Stream;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Program;
import lib.Units;
import lib.archive.Age;
import lib.archive.RestorableBackup;
import lib.archive.RestoreSource;
import lib.archive.StanzaBackup;
import lib.boot.ControlFile;
import lib.boot.CopiedConfiguration;
import lib.boot.CopySettings;
import lib.boot.DangerousSettings;
import lib.boot.Disk;
import lib.boot.KeptCopy;
import lib.boot.LibC;
import lib.boot.Owner;
import lib.boot.Replay;
import lib.boot.RunningServer;
import lib.boot.ServerProgram;
import lib.database.ConnectionSettings;
import lib.database.PgTools;

/**
 * Everything that a restore will do, settled before it does anything: what goes where, what is kept, who is stopped,
 * and what speaks against it.
 *
 * @param warnings said after the plan
 */
public record RestorePlan(
    Source source,
    Layout layout,
    Runner runner,
    RestoreOptions options,
    List<String> warnings) {

    /**
     * @param identity opens an encrypted backup; else null
     * @param recovery to a moment after the backup; null for the backup as it is
     */
    public record Source(RestoreSource backup, Age.Identity identity, Replay recovery) {
        public Source(RestoreSource backup, Age.Identity identity) {
            this(backup, identity, null);
        }

        /** Where the backup lies; null when pgBackRest keeps it. */
        Path directory() {
            return backup instanceof RestorableBackup ours ? ours.backup().path() : null;
        }
    }

    /**
     * What goes where.
     *
     * @param keepAs new name of the old cluster; null when there is none
     * @param owner of the new one; null leaves it to whoever runs this
     * @param tablespaces new directories by OID
     * @param wal what pg_wal becomes a link to; null when it is an ordinary directory
     */
    public record Layout(DataDirectory target, Path keepAs, Owner owner, Map<String, Path> tablespaces, Path wal) {
        /** Directories outside of the data directory that are filled. */
        List<Path> outside() {
            return Stream.concat(tablespaces.values().stream(), Stream.ofNullable(wal)).toList();
        }
    }

    /**
     * Who runs it.
     *
     * @param server what will; null when that is not on this machine
     * @param running who uses the data directory now; null when nobody does
     * @param container the playground's container, when that is who; else null
     */
    public record Runner(ServerProgram server, RunningServer running, String container, ClusterRole role) {
        /** Then that one starts it, with a configuration of its own. */
        boolean hasServiceOrContainer() {
            return container != null || running != null && running.service() != null;
        }
    }

    public static RestorePlan make(Source source, RestoreOptions options, Instant now) throws IOException {
        var backup = source.directory();
        source.backup().mustHaveTablespaces();
        if (source.recovery() != null) mustBeAbleToRecover(source.backup(), options);
        if (backup != null) refuseOverlap(options.data.toAbsolutePath().normalize(), backup);
        source.backup().mustBeReadable();
        if (options.start) ConnectionSettings.mustReachSockets();
        var target = DataDirectory.of(options.data);
        if (backup != null) refuseOverlap(target.path(), backup.toRealPath());
        var warnings = new ArrayList<String>();
        var server = options.serverElsewhere ? null : serverFor(source.backup(), options.start, warnings);
        var layout = layout(source, target, options, now);
        if (source.recovery() != null && layout.owner() != null) mustBeReachable(layout);
        TargetCheck.warnings(source.backup(), layout, server).forEach(warnings::add);
        var runner = new Runner(
            server,
            RunningServer.on(target.path()).orElse(null),
            DatabaseContainer.using(target.path()).orElse(null),
            role(source.backup(), target, options));
        if (options.start && !runner.hasServiceOrContainer() && !ConfigurationRestore.hasCopy(source.backup())
            && source.backup() instanceof RestorableBackup ours) {
            mustHaveConfiguration(ours);
        }
        if (runner.role() == ClusterRole.STANDBY) StandbySettings.primary(options);
        var plan = new RestorePlan(source, layout, runner, options, warnings);
        warnings.addAll(plan.dangerousSettings());
        return plan;
    }

    /** Told before anything is unpacked. */
    private static void mustBeAbleToRecover(RestoreSource source, RestoreOptions options) {
        if (options.role() == ClusterRole.STANDBY) {
            throw Failure.usage(
                "--at and --to end on a timeline of their own, and a standby follows that of its primary",
                "leave out --as-standby; or restore a backup as it is with it: a standby replays the rest by itself.");
        }
        ServerProgram.ofMajor(source.major(), List.of());
    }

    /** The server that replays the WAL runs beside the data directory, as the user that the data is for. */
    private static void mustBeReachable(Layout layout) throws IOException {
        var places = new ArrayList<>(List.of(layout.target().existingParent()));
        for (var place : layout.outside()) places.add(DataDirectory.existing(place));
        for (var place : places) {
            var barrier = layout.owner().barrierTo(place);
            if (barrier.isEmpty()) continue;
            throw Failure.notReady(
                "user " + layout.owner().uid() + ", as which the WAL is replayed in " + place + ", cannot enter "
                    + barrier.get() + ": nobody but its owner may",
                "let others pass through it, which lets them see nothing: chmod o+x " + Program.typed(barrier.get()));
        }
    }

    private static Layout layout(Source from, DataDirectory target, RestoreOptions options, Instant now)
        throws IOException {
        var source = from.backup();
        var owner = owner(options, target, source);
        var parent = target.existingParent();
        if (!Files.isWritable(parent)) {
            throw Failure.notReady(
                "cannot write into " + parent + ", where the data directory lies",
                "run it as the owner of that directory, or as root.");
        }
        var backup = from.directory();
        var tablespaces = TablespacePlan.of(source.tablespaces(), options, target.path(), backup);
        var wal = WalPlan.of(options, target, backup, Units.stamp(now));
        Disk.mustHold(
            room(source, target, tablespaces, wal),
            "free some space, or restore onto another disk with -D (tablespaces: --tablespace OLD=NEW). The old "
                + "cluster is kept until you remove it.");
        var keepAs = target.holdsCluster()
            ? target.path().resolveSibling(target.path().getFileName() + ".before-restore-" + Units.stamp(now))
            : null;
        if (keepAs != null && Files.exists(keepAs)) {
            throw Failure.notReady(keepAs + " is there already", "try again in a second.");
        }
        return new Layout(target, keepAs, owner, tablespaces, wal);
    }

    public DataDirectory target() {
        return layout.target();
    }

    public boolean replacesCluster() {
        return layout.keepAs() != null;
    }

    public boolean isCopy() {
        return runner.role() == ClusterRole.COPY;
    }

    /** What in the backup's settings leads out of the restored data directory. */
    private List<String> dangerousSettings() {
        if (!(source.backup() instanceof RestorableBackup ours)) return List.of();   // known when it is unpacked
        var configuration = CopiedConfiguration.peek(ours, source.identity());
        boolean isTold = ours.fingerprint() != null && ours.fingerprint().preloadLibraries().isPresent();
        if (runner.server() != null && !isTold) {
            // a role that may only replicate is not told what the server preloads
            configuration.flatMap(CopiedConfiguration::preloaded)
                .ifPresent(libraries -> mustHaveLibraries(libraries, runner.server(), ours));
        }
        return configuration.map(copied -> DangerousSettings.of(copied, target().path(), isCopy()))
            .orElse(List.of())
            .stream()
            .map(DangerousSettings.Finding::toString)
            .toList();
    }

    /**
     * Before anything is unpacked: a server that keeps its settings elsewhere cannot be started from its data directory
     * alone.
     */
    private static void mustHaveConfiguration(RestorableBackup source) {
        if (source.manifest().files().stream().anyMatch(f -> f.path().equals("postgresql.conf"))) return;
        throw Failure.notReady(
            "--start cannot start it: postgresql.conf is not in the backup, its server kept it elsewhere (as Debian "
                + "does in /etc/postgresql)",
            "restore it without --start; then start it with the service that owns that configuration, or with: "
                + "pg_ctl -D DIR -o '-c config_file=FILE -c data_directory=DIR' start");
    }

    /** For people: every step with its paths and sizes. */
    public List<String> lines() {
        var lines = new ArrayList<String>();
        lines.add("Restore " + source.backup().place());
        lines.add("        " + source.backup().summary());
        lines.add("   into " + target().path() + switch (target().content()) {
            case ABSENT -> " (new)";
            case EMPTY -> " (empty)";
            case CLUSTER -> " (holds a cluster)";
        });
        if (runner.server() != null) lines.add("    for " + runner.server());
        var steps = steps();
        for (int i = 0; i < steps.size(); i++) lines.add("  " + (i + 1) + ". " + steps.get(i));
        return lines;
    }

    private List<String> steps() {
        var steps = new ArrayList<String>();
        var path = target().path();
        Staging.leftover(path).ifPresent(steps::add);
        steps.add("unpack to " + Staging.directoryFor(path) + " (" + needs() + ", " + free() + " free)" + checks());
        for (var tablespace : source.backup().tablespaces()) {
            var place = layout.tablespaces().get(tablespace.oid());
            steps.add(
                "tablespace " + tablespace.oid() + " to " + place
                    + (place.toString().equals(tablespace.location()) ? "" : ", it was in " + tablespace.location()));
        }
        if (source.recovery() != null) {
            steps.add("replay " + source.recovery().walSource() + " there: " + source.recovery().meaning());
        }
        if (layout.wal() != null) steps.add("WAL to " + layout.wal() + ", pg_wal is a link to it");
        if (layout.owner() != null) steps.add("owner " + layout.owner() + " (uid:gid)");
        if (isCopy()) {
            steps.add("a copy: archiving, jobs and subscriptions stay off in it (--as-original leaves them on)");
        }
        if (runner.role() == ClusterRole.STANDBY) {
            steps.add(
                "a standby of " + StandbySettings.primary(options).place() + " (standby.signal, primary_conninfo)");
        }
        if (runner.container() != null) {
            steps.add("stop the container " + runner.container());
        } else if (runner.running() != null) {
            steps.add(
                "stop the server on it (" + runner.running() + ")"
                    + (options.stopCommand == null ? "" : ": " + options.stopCommand));
        }
        if (replacesCluster()) {
            steps.add("keep the old cluster (" + Units.bytes(target().sizeBytes()) + ") as " + layout.keepAs());
        }
        steps.add("put the new one in its place: " + path);
        return steps;
    }

    private String needs() {
        var backup = source.backup();
        if (backup.joinBytes() == 0) return Units.bytes(backup.dataBytes());
        return "up to " + Units.bytes(backup.dataBytes()) + ", and " + Units.bytes(backup.joinBytes())
            + " more while pg_combinebackup joins it with what it builds on";
    }

    private String checks() {
        if (source.backup() instanceof StanzaBackup) return ", by pgBackRest, which checks every file";
        return options.verifies() ? ", every file checked against backup_manifest" : ", unchecked (--no-verify)";
    }

    /** How much goes where. What an interrupted restore left there makes room first. */
    private static Map<Path, Long>
        room(RestoreSource source, DataDirectory target, Map<String, Path> tablespaces, Path wal) throws IOException {
        var room = new LinkedHashMap<Path, Long>();
        long joined = 0;
        long rest = source.dataBytes() - Staging.leftoverBytes(target.path());
        for (var tablespace : tablespaces.entrySet()) {
            long bytes = source.tablespaceBytes(tablespace.getKey());
            rest -= bytes;
            room.merge(DataDirectory.existing(tablespace.getValue()), bytes, Long::sum);
            if (!isOnDisk(target, tablespace.getValue())) joined += bytes;
        }
        if (wal != null) {
            long bytes = source.walBytes();
            rest -= bytes;
            room.merge(DataDirectory.existing(wal), bytes, Long::sum);
        }
        // a chain is joined on the disk of the data directory, tablespaces and all
        if (source.joinBytes() > 0) rest += source.joinBytes() + joined;
        room.merge(target.existingParent(), Math.max(0, rest), Long::sum);
        return room;
    }

    private static boolean isOnDisk(DataDirectory target, Path place) throws IOException {
        return Files.getFileStore(target.existingParent()).equals(Files.getFileStore(DataDirectory.existing(place)));
    }

    private String free() {
        try {
            return Units.bytes(Disk.freeBytes(target().existingParent()));
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

    /**
     * Anywhere but where the cluster was that was backed up, the original may still run, and nothing may run
     * twice.
     */
    private static ClusterRole role(RestoreSource source, DataDirectory target, RestoreOptions options) {
        if (options.role() != null) return options.role();
        return isPlaceOfOriginal(source, target) ? ClusterRole.ORIGINAL : ClusterRole.COPY;
    }

    private static boolean isPlaceOfOriginal(RestoreSource source, DataDirectory target) {
        if (target.holdsCluster()) {
            return !isCopyOrStandby(target.path()) && (source.systemIdentifier().isEmpty()
                || source.systemIdentifier().equals(ControlFile.systemIdentifier(target.path())));
        }
        var recorded = source.fingerprint() == null ? null : source.fingerprint().server().dataDirectory();
        return target.path().toString().equals(recorded) || target.path().endsWith(RestoreOptions.PLAYGROUND);
    }

    /** A cluster with the number of the original that is not the original itself: that one may run elsewhere. */
    private static boolean isCopyOrStandby(Path data) {
        return Files.exists(data.resolve("standby.signal")) || CopySettings.areIn(data) || KeptCopy.isIn(data);
    }

    private static ServerProgram serverFor(RestoreSource source, boolean needed, List<String> warnings) {
        if (PgTools.having("postgres").isEmpty() && !needed) {
            warnings
                .add(
                    "no PostgreSQL server is on this machine: whether the one that will run this has the right "
                        + "versions was not checked");
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
                "install that version first; later ALTER EXTENSION timescaledb UPDATE brings a newer one. If "
                    + "another machine or image will run this: --server-elsewhere");
        }
        if (source.fingerprint() == null) {
            warnings.add(
                "the backup has no backup.json: whether the server has the extensions that it needs was not checked");
            return server;
        }
        source.fingerprint().preloadLibraries().ifPresent(libraries -> mustHaveLibraries(libraries, server, source));
        LibC.difference(source.fingerprint()).ifPresent(warnings::add);
        return server;
    }

    private static void mustHaveLibraries(List<String> libraries, ServerProgram server, RestoreSource source) {
        for (var library : libraries) {
            if (server.hasLibrary(library)) continue;
            throw Failure.notReady(
                "the backup's server preloads the library '" + library
                    + "', and the one here does not have it: it would not start",
                "install that extension for PostgreSQL " + source.major()
                    + ". If another machine or image will run this: --server-elsewhere");
        }
    }

    private static Owner owner(RestoreOptions options, DataDirectory target, RestoreSource source) {
        var us = Owner.ofThisProcess();
        if (us.uid() == 0) {
            if (options.owner() != null) return options.owner();
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
        var wanted = Optional.ofNullable(options.owner())
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

    /** What is asked before anything is changed. */
    public String question() {
        return replacesCluster() ? "Replace the cluster in " + target().path() + "?" : "Restore it?";
    }

    /** Prints the plan as the person reads it, warnings last. */
    public void print() {
        lines().forEach(line -> Console.say("%s", line));
        warnings.forEach(warning -> Console.warn("%s", warning));
        if (options.isDryRun()) Console.say("dry run: nothing was changed");
    }
}
