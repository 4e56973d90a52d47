//SOURCES ../ExitCode.java ../Failure.java ../Units.java ../archive/BackupDirectory.java ../archive/Codec.java
//SOURCES ../archive/Fingerprint.java ../database/ConnectionSettings.java ../database/Database.java
//SOURCES ../database/PgTools.java ../database/Server.java BackupWindow.java ClusterFacts.java Compression.java
//SOURCES ConfigurationFiles.java IncrementalParent.java ReceiverChecks.java TargetProbe.java
package lib.backup;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.archive.BackupDirectory;
import lib.archive.Codec;
import lib.archive.Fingerprint;
import lib.database.ConnectionSettings;
import lib.database.Database;
import lib.database.PgTools;
import lib.database.Server;

/** What must be in order before a backup can be taken. Every problem comes with its cure. */
public final class Preflight {
    public enum Level {
        OK, WARNING, PROBLEM;

        /** "ok", "warning", "PROBLEM". */
        public String word() {
            return this == PROBLEM ? name() : name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * @param what was looked at
     * @param found what is the case
     * @param cure what to do about it, as SQL or a line for pg_hba.conf where that helps; empty when all is well
     */
    public record Check(Level level, String what, String found, String cure) {}

    /** All checks, as {@code doctor} prints them. */
    public record Report(List<Check> checks) {
        public boolean isReady() {
            return checks.stream().noneMatch(c -> c.level() == Level.PROBLEM);
        }

        @Override
        public String toString() {
            var text = new StringBuilder();
            for (var c : checks) {
                text.append("%-8s %-22s %s%n".formatted(c.level().word(), c.what(), c.found()));
                if (!c.cure().isEmpty()) text.append("%-8s %-22s %s%n".formatted("", "cure:", c.cure()));
            }
            return text.toString();
        }
    }

    /** What was found, and the facts that were learnt on the way; null where a problem hid them. */
    public record Result(
        List<Check> checks,
        Server server,
        ClusterFacts.Cluster cluster,
        List<Fingerprint.Tablespace> tablespaces,
        PgTools.Installation client,
        Compression compression,
        String systemIdentifier,
        ConfigurationFiles configuration) {
        public boolean isReady() {
            return checks.stream().noneMatch(f -> f.level() == Level.PROBLEM);
        }

        /** The problems as one error. */
        public Failure failure() {
            var problems = checks.stream().filter(f -> f.level() == Level.PROBLEM).toList();
            var first = problems.getFirst();
            return Failure.notReady(
                first.found()
                    + (problems.size() > 1
                        ? " (and " + Units.plural(problems.size() - 1, "more problem") + ": backup.java doctor)"
                        : ""),
                first.cure());
        }
    }

    private static final long FAT_LIMIT = 4L << 30;

    private record Capacity(String walLevel, int maxSenders, int senders, int maxSlots, int slots) {}

    private final Database database;
    private final ConnectionSettings settings;
    private final Path backups;
    private final List<Check> checks = new ArrayList<>();

    private final boolean isIncremental;

    private Preflight(Database database, Path backups, boolean isIncremental) {
        this.isIncremental = isIncremental;
        this.database = database;
        this.settings = database.settings();
        this.backups = backups;
    }

    /**
     * What can be learnt before there is a connection: looks for the programs, in a thread of its own. Call it first;
     * it costs nothing then.
     */
    public static void begin() {
        Thread.startVirtualThread(() -> PgTools.having("pg_basebackup"));
    }

    /** @param incremental is that what is about to be made? */
    public static Result check(Database database, Path backups, Compression.Choice choice, boolean incremental) {
        return new Preflight(database, backups, incremental).run(choice);
    }

    private Result run(Compression.Choice choice) {
        var server = Server.of(database);
        ok("connection", settings + ", PostgreSQL " + server.version().split(" ")[0]);
        checkRole(server);
        checkCapacity();
        var system = server.mayReplicate() ? checkReplication(server) : null;
        var client = checkClient(server);
        var compression = client == null ? null : checkCompression(choice, client);
        var cluster = ClusterFacts.cluster(database);
        checkCluster(cluster);
        checks.add(IncrementalParent.check(database, cluster.versionNumber(), isIncremental));
        var configuration = ConfigurationFiles.of(database, cluster);
        checkConfiguration(configuration);
        checkTarget(cluster, choice.format());
        checkLeftovers();
        checkSpace(cluster, system, compression);
        checkSameDisk(cluster);
        var tablespaces = ClusterFacts.tablespaces(database);
        checkTablespaces(tablespaces, server, choice.format());
        checks.add(BackupWindow.check(cluster.totalBytes(), server.major(), lastFull(system)));
        if (system != null) checks.addAll(ReceiverChecks.of(database, backups, system));
        return new Result(
            List.copyOf(checks),
            server,
            cluster,
            tablespaces,
            client,
            compression,
            system,
            configuration);
    }

    /**
     * A tablespace that is a directory in the data directory itself (allow_in_place_tablespaces) has a relative place.
     * pg_basebackup knew of them first with PostgreSQL 16: until then no archive has their data. In the plain format
     * it cannot be told where they go.
     */
    private void checkTablespaces(
        List<Fingerprint.Tablespace> tablespaces,
        Server server,
        BackupDirectory.Format format) {
        if (server.major() >= 16 && format == BackupDirectory.Format.TAR) return;
        var inPlace = tablespaces.stream().filter(t -> !t.location().startsWith("/")).toList();
        if (inPlace.isEmpty()) return;
        problem(
            "tablespaces",
            "the data of the tablespace " + inPlace.getFirst().name() + " lies in the data directory itself ("
                + inPlace.getFirst().location() + ", allow_in_place_tablespaces), and pg_basebackup leaves it out",
            "move what is in it: ALTER TABLE … SET TABLESPACE pg_default; then DROP TABLESPACE "
                + Database.identifier(inPlace.getFirst().name()) + ";");
    }

    /** Debian's packages keep it in /etc: what pg_basebackup copies would not start as it did. */
    private void checkConfiguration(ConfigurationFiles configuration) {
        if (!configuration.isKnown()) {
            warning(
                "configuration",
                "this role may not see where the configuration files lie, and which libraries are preloaded: "
                    + "backup.json will not have it",
                "as a superuser: GRANT pg_read_all_settings TO " + Database.identifier(settings.user()) + ";");
            return;
        }
        var outside = configuration.outside().stream().filter(ConfigurationFiles.Named::isCopied).toList();
        if (outside.isEmpty()) {
            ok("configuration", "within the data directory");
            return;
        }
        var paths = outside.stream().map(ConfigurationFiles.Named::path).collect(Collectors.joining(", "));
        var unreadable = outside.stream().filter(f -> !configuration.isReadable(f)).toList();
        if (unreadable.isEmpty()) {
            warning(
                "configuration",
                "the configuration lies outside of the data directory, where a base backup does not reach: " + paths,
                "nothing: these files are copied into conf/ of the backup, and RESTORE.md starts the "
                    + "server with them.");
        } else {
            warning(
                "configuration",
                "the configuration lies outside of the data directory, where a base backup does not reach, and "
                    + "cannot be read for a copy: "
                    + unreadable.stream().map(ConfigurationFiles.Named::path).collect(Collectors.joining(", ")),
                "save these files yourself; or as a superuser: GRANT pg_read_server_files TO "
                    + Database.identifier(settings.user())
                    + "; GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text) TO "
                    + Database.identifier(settings.user()) + ";");
        }
    }

    private void checkRole(Server server) {
        if (server.mayReplicate()) {
            ok("role", server.user() + " may replicate" + (server.isSuperuser() ? " (superuser)" : ""));
        } else {
            problem(
                "role",
                "the user " + server.user() + " may not take a base backup: it lacks the REPLICATION right",
                "as a superuser: ALTER ROLE " + Database.identifier(server.user()) + " REPLICATION;");
        }
    }

    private void checkCapacity() {
        var c = database.one(
            """
                SELECT current_setting('wal_level') AS wal_level,
                       current_setting('max_wal_senders')::int AS max_senders,
                       (SELECT count(*) FROM pg_catalog.pg_stat_replication)::int AS senders,
                       current_setting('max_replication_slots')::int AS max_slots,
                       (SELECT count(*) FROM pg_catalog.pg_replication_slots)::int AS slots
                """,
            row -> new Capacity(
                row.getString("wal_level"),
                row.getInt("max_senders"),
                row.getInt("senders"),
                row.getInt("max_slots"),
                row.getInt("slots")));
        if (c.walLevel().equals("minimal")) {
            problem(
                "wal_level",
                "the server's wal_level is minimal, and a base backup needs replica",
                "ALTER SYSTEM SET wal_level = replica; ALTER SYSTEM SET max_wal_senders = 10; then restart "
                    + "the server.");
        } else {
            ok("wal_level", c.walLevel());
        }
        if (c.maxSenders() - c.senders() < 2 && !c.walLevel().equals("minimal")) {
            problem(
                "walsenders",
                "a backup needs two free walsenders, and %d of %d are taken".formatted(c.senders(), c.maxSenders()),
                "ALTER SYSTEM SET max_wal_senders = " + (c.senders() + 10)
                    + "; then restart the server. Who holds them: SELECT pid, application_name FROM "
                    + "pg_stat_replication;");
        } else if (!c.walLevel().equals("minimal")) {
            ok("walsenders", "%d of %d free".formatted(c.maxSenders() - c.senders(), c.maxSenders()));
        }
        if (c.maxSlots() - c.slots() < 1) {
            problem(
                "replication slots",
                "a backup needs a free replication slot, and all %d are taken".formatted(c.maxSlots()),
                "ALTER SYSTEM SET max_replication_slots = " + (c.slots() + 10)
                    + "; then restart the server. What holds them: SELECT slot_name, active FROM "
                    + "pg_replication_slots;");
        } else {
            ok("replication slots", "%d of %d free".formatted(c.maxSlots() - c.slots(), c.maxSlots()));
        }
    }

    /**
     * The real thing is tried: pg_hba.conf has lines of their own for replication, and "all" does not mean them.
     * @return the system identifier
     */
    private String checkReplication(Server server) {
        try (var replication = Database.openReplication(settings, "backup doctor")) {
            var system = replication.one("IDENTIFY_SYSTEM", row -> row.getString("systemid"));
            var ours = database.systemIdentifier().orElse(system);
            if (!ours.equals(system)) {
                problem(
                    "one server",
                    "two connections to %s reached two clusters, %s and %s".formatted(settings.place(), ours, system),
                    "name one server: a balancer, or a name with several addresses, leads to more than one.");
            }
            ok("replication connection", "accepted; the cluster is " + system);
            return system;
        } catch (Failure refused) {
            var state = refused.getCause() instanceof SQLException sql ? sql.getSQLState() : "";
            if ("53300".equals(state)) {
                problem(
                    "replication connection",
                    "the server has no free walsender",
                    "ALTER SYSTEM SET max_wal_senders = 10; then restart the server.");
            } else if ("28P01".equals(state)) {
                problem(
                    "replication connection",
                    "the password of " + server.user() + " is refused for replication",
                    "set PGPASSWORD; or look for a line in ~/.pgpass with replication as its database: it "
                        + "comes first.");
            } else if ("28000".equals(state)) {
                problem(
                    "replication connection",
                    "pg_hba.conf does not let " + server.user()
                        + " in for replication from here (\"all\" in its database column does not mean replication)",
                    // The first line that fits decides: behind one with reject a new one would change nothing.
                    "put this line at the TOP of pg_hba.conf, then SELECT pg_reload_conf();  "
                        + hbaLine(server.user()));
            } else {
                problem(
                    "replication connection",
                    "a replication connection fails: " + refused.getMessage(),
                    refused.hint() == null ? "" : refused.hint());
            }
            return null;
        }
    }

    /** The line that would let us in; the address is the one that the server sees us coming from. */
    private String hbaLine(String user) {
        var quoted = user.matches("[a-z_][a-z0-9_]*") ? user : Database.identifier(user);
        if (settings.isSocket()) return "local replication " + quoted + " peer";
        var address = database.one(
            "SELECT host(inet_client_addr()) || '/' || CASE family(inet_client_addr()) WHEN 4 THEN 32 ELSE 128 END",
            row -> row.getString(1));
        return "host replication " + quoted + " " + address + " scram-sha-256";
    }

    private PgTools.Installation checkClient(Server server) {
        try {
            var client = PgTools.forServer("pg_basebackup", server.major());
            ok("pg_basebackup", client.program("pg_basebackup") + ", version " + client.major());
            return client;
        } catch (Failure missing) {
            problem("pg_basebackup", missing.getMessage(), missing.hint());
            return null;
        }
    }

    private Compression checkCompression(Compression.Choice choice, PgTools.Installation client) {
        if (choice.format() == BackupDirectory.Format.PLAIN) {
            if (!choice.codec().equals("auto") && !choice.codec().equals("none")) {
                throw Failure
                    .usage("the plain format is not compressed", "leave --compress out, or take --format tar.");
            }
            return Compression.NONE;
        }
        try {
            var compression = Compression.choose(choice, client);
            ok("compression", compression.summary() + ": " + compression.reason());
            return compression;
        } catch (Failure missing) {
            if (missing.exitCode() == ExitCode.USAGE) throw missing;
            problem("compression", missing.getMessage(), missing.hint());
            return null;
        }
    }

    private void checkCluster(ClusterFacts.Cluster cluster) {
        if (cluster.pageChecksums()) {
            ok("page checksums", "on: a damaged page stops the backup");
        } else {
            warning(
                "page checksums",
                "the cluster has no page checksums: a backup cannot notice pages that the disk damaged",
                "stop the server, then: pg_checksums --enable -D <data directory>");
        }
        if (cluster.isStandby()) {
            warning(
                "standby",
                "this server is a standby: the backup is of its state, and it fails if the standby is "
                    + "promoted meanwhile",
                "that is fine; to back up the primary, connect to it.");
        }
    }

    private void checkTarget(ClusterFacts.Cluster cluster, BackupDirectory.Format format) {
        if (Files.exists(backups) && !Files.isDirectory(backups)) {
            problem(
                "target",
                backups + " is a file, and backups go into a directory",
                "choose another directory with -o.");
            return;
        }
        var place = existing(backups);
        if (!Files.isWritable(place)) {
            problem(
                "target",
                "cannot write to " + place + ": permission denied",
                "choose another directory with -o, or give it to " + System.getProperty("user.name") + ".");
            return;
        }
        try {
            // Root passes every permission check, and a read-only mount shows only when something is written.
            var probe = TargetProbe.of(place);
            ok("target", backups.toAbsolutePath().normalize().toString());
            if (format == BackupDirectory.Format.PLAIN && probe.refusesModes()) {
                problem(
                    "target, modes",
                    "the file system of " + place
                        + " refuses file modes, and pg_basebackup sets them in the plain format",
                    "leave --format out: archives need no modes.");
            } else {
                checkFileSystem(place, probe, cluster);
            }
        } catch (IOException e) {
            problem(
                "target",
                "cannot write to " + place + ": "
                    + (e instanceof FileSystemException f && f.getReason() != null ? f.getReason()
                        : e.getMessage()),
                "choose another directory with -o.");
        }
    }

    private void checkFileSystem(Path place, TargetProbe probe, ClusterFacts.Cluster cluster) {
        if (!probe.keepsModes()) {
            warning(
                "target, modes",
                "the file system of " + place
                    + " does not keep file modes: its mount options decide who may read the backups",
                "mount it so that others cannot read it (CIFS: file_mode=0600,dir_mode=0700), or encrypt: "
                    + "--encrypt-to.");
        }
        if (!probe.locks()) {
            warning(
                "target, locks",
                "the file system of " + place + " has no file locks: two runs at once are not noticed",
                "let one machine alone write backups there.");
        }
        if (!probe.syncsDirectories()) {
            warning(
                "target, sync",
                "the file system of " + place
                    + " cannot sync directories: after a power failure the newest backup may be missing",
                "verify the newest backup after such an accident: backup.java verify latest");
        }
        if (!probe.takesBigFiles() && cluster.totalBytes() >= FAT_LIMIT) {
            warning(
                "target, file size",
                "the file system of " + place + " takes no file above 4 GB, and the cluster has "
                    + Units.bytes(cluster.totalBytes()),
                "choose a disk with another file system with -o.");
        }
    }

    private void checkLeftovers() {
        var partials = Files.isDirectory(backups) ? BackupDirectory.partials(backups) : List.<Path>of();
        if (partials.isEmpty()) return;
        warning(
            "unfinished",
            partials.stream().map(p -> p.getFileName().toString()).collect(Collectors.joining(", "))
                + ": under way just now, or left by a run that was killed",
            "the next backup removes what was left behind.");
    }

    /**
     * Is there room for all of it as it is? If not: the last backup of the same cluster tells how well it compresses.
     */
    private void checkSpace(ClusterFacts.Cluster cluster, String system, Compression compression) {
        try {
            long free = Files.getFileStore(existing(backups)).getUsableSpace();
            var text =
                "the cluster has %s, %s are free".formatted(Units.bytes(cluster.totalBytes()), Units.bytes(free));
            if (free >= cluster.totalBytes() * 1.05) {
                ok("disk space", text);
                return;
            }
            var last = lastLike(system, compression);
            double ratio =
                last.map(p -> p.storage().storedBytes() / (double) Math.max(1, p.storage().dataBytes())).orElse(1.0);
            long needed = (long) (cluster.totalBytes() * ratio);
            if (last.isPresent()) text += ", its backup needs about " + Units.bytes(needed);
            boolean isCertain = last.isPresent() || compression != null && compression.codec() == Codec.NONE;
            if (free >= needed * 1.05) {
                ok("disk space", text);
            } else if (isIncremental) {
                warning("disk space", text + ": an incremental backup needs less than that", "keep an eye on it.");
            } else if (isCertain || free < needed / 20) {
                problem(
                    "disk space",
                    text + " in " + existing(backups),
                    "free some space, choose another disk with -o, or see what may go: backup.java prune --keep 3");
            } else {
                warning(
                    "disk space",
                    text + ": it fits only if it compresses well",
                    "keep an eye on it, or choose another disk with -o.");
            }
        } catch (IOException | Failure unknown) {
            warning("disk space", "nobody knows how much is free in " + backups + ": " + unknown.getMessage(), "");
        }
    }

    private Optional<Fingerprint> lastLike(String system, Compression compression) {
        return BackupDirectory.in(backups)
            .stream()
            .limit(10)
            .flatMap(b -> printOf(b).stream())
            .filter(
                p -> p.server().systemIdentifier().equals(system) && compression != null
                    && p.storage().codec().equals(compression.codec().word()))
            .findFirst();
    }

    private BackupWindow.Run lastFull(String system) {
        return BackupDirectory.in(backups)
            .stream()
            .limit(10)
            .flatMap(b -> printOf(b).stream())
            .filter(p -> p.server().systemIdentifier().equals(system) && p.incremental() == null)
            .findFirst()
            .map(p -> new BackupWindow.Run(p.storage().dataBytes(), p.durations().totalSeconds()))
            .orElse(null);
    }

    private void checkSameDisk(ClusterFacts.Cluster cluster) {
        boolean isHere =
            settings.isSocket() || settings.host().equals("127.0.0.1") || settings.host().equals("localhost")
                || settings.host().equals("::1");
        if (!isHere || cluster.dataDirectory() == null) return;
        try {
            var data = Path.of(cluster.dataDirectory());
            if (Files.exists(data) && Files.getFileStore(data).equals(Files.getFileStore(existing(backups)))) {
                warning(
                    "same disk",
                    "the data directory and the backups lie on the same disk, and a broken disk takes both",
                    "copy the backups to another machine (rsync -a), or choose another disk with -o.");
            }
        } catch (IOException unknown) {
            // the data directory may be unreadable to us: then it is no news either
        }
    }

    private static Optional<Fingerprint> printOf(BackupDirectory backup) {
        try {
            return backup.fingerprint();
        } catch (Failure damaged) {
            return Optional.empty();
        }
    }

    private static Path existing(Path path) {
        var place = path.toAbsolutePath().normalize();
        while (!Files.exists(place)) place = place.getParent();
        return place;
    }

    private void ok(String what, String found) {
        checks.add(new Check(Level.OK, what, found, ""));
    }

    private void warning(String what, String found, String cure) {
        checks.add(new Check(Level.WARNING, what, found, cure));
    }

    private void problem(String what, String found, String cure) {
        checks.add(new Check(Level.PROBLEM, what, found, cure));
    }
}
