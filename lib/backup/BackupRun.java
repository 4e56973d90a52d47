//SOURCES ../Console.java ../Failure.java ../Json.java ../Shutdown.java ../Units.java ../archive/BackupChain.java
//SOURCES ../archive/BackupDirectory.java ../archive/Fingerprint.java ../archive/RemoteBackups.java
//SOURCES ../database/Database.java BackupMetrics.java CreateOptions.java Creation.java IncrementalParent.java
//SOURCES LockedBackups.java Outcome.java Preflight.java RemoteRun.java Retention.java RetentionRule.java
package lib.backup;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import lib.Console;
import lib.Failure;
import lib.Json;
import lib.Shutdown;
import lib.Units;
import lib.archive.BackupChain;
import lib.archive.BackupDirectory;
import lib.archive.Fingerprint;
import lib.archive.RemoteBackups;
import lib.database.Database;

/** {@code create} from its first check to its last word: preflight, the backup itself, retention, {@code --on-done}. */
public final class BackupRun {
    /**
     * @param failure of the run; null when it went well. @param stdout the result, also of a failure with
     *        {@code --json}
     */
    public record Ending(String stdout, RuntimeException failure) {}

    private static final int SHOWN = 5;

    private final CreateOptions options;
    private final Creation.Settings settings;
    private final Path backups;
    private RemoteBackups remote;

    private BackupRun(CreateOptions options) {
        this.options = options;
        this.settings = options.settings();
        this.backups = options.to.backups();
    }

    /** @throws lib.Failure when an option is wrong; all other trouble is in the ending */
    public static Ending of(CreateOptions options) {
        return new BackupRun(options).run();
    }

    private Ending run() {
        // a wrong name is told before the work
        remote = options.copyTo == null ? null : RemoteBackups.at(options.copyTo);
        Preflight.begin();
        var outcome = new Outcome("create", options.dryRun ? null : options.onDone);
        Outcome.Result result;
        try (
            var whenStopped = Shutdown.onExit(outcome::interrupted);
            var database = Database.open(options.to.settings(), "backup")) {
            var ready = options.to.check(database, options.incremental);
            announce(ready);
            if (options.dryRun) return new Ending(plan(database, ready), null);
            var print = create(database, ready);
            result = outcome.done(backups.resolve(print.name()), print);
        } catch (RuntimeException e) {
            var failed = outcome.failed(e);
            outcome.tell(failed);
            writeMetrics(false);
            return new Ending(options.to.isJson() && !Shutdown.inProgress() ? Json.write(failed) : "", e);
        }
        summarize(result);
        return new Ending(text(result), afterwards(outcome, result));
    }

    private static void announce(Preflight.Result ready) {
        if (!ready.isReady()) throw ready.failure();
        ready.checks()
            .stream()
            .filter(c -> c.level() == Preflight.Level.WARNING)
            // silent with --quiet: a nightly run would repeat it each time
            .forEach(c -> Console.say("WARNING: %s", c.found()));
        Console.say(
            "%s, %s; %s (%s)",
            ready.server().summary(),
            Units.bytes(ready.cluster().totalBytes()),
            ready.compression().summary(),
            ready.compression().reason());
    }

    private Fingerprint create(Database database, Preflight.Result ready) {
        try (var locked = LockedBackups.enter(backups)) {
            locked.clearLeftovers();
            locked.nameForeignWalsenders(database);
            return Creation.make(database, ready, settings, parent(ready), locked);
        }
    }

    /** Chosen under the lock: nobody removes it meanwhile. @return null for a full backup */
    private BackupDirectory parent(Preflight.Result ready) {
        if (!options.incremental) return null;
        var parent = IncrementalParent.find(backups, ready.systemIdentifier());
        parent.ifPresentOrElse(
            found -> Console.say("incremental: what changed since %s", found.name()),
            () -> Console.say(
                "NOTE: no verified backup of this cluster is in %s to build on, so this one is a full one",
                backups));
        return parent.orElse(null);
    }

    private static void summarize(Outcome.Result result) {
        var print = result.backup();
        nameUnloggedTables(print);
        Console.say(
            "%s in %s: %s of data, %s on disk, %s",
            print.name(),
            Units.duration(Duration.between(result.startedAt(), result.endedAt())),
            Units.bytes(print.storage().dataBytes()),
            Units.bytes(print.storage().storedBytes()),
            print.verification().verified() ? Units.plural(print.verification().files(), "file") + " checked"
                : "not checked (--no-verify)");
    }

    private static void nameUnloggedTables(Fingerprint print) {
        var names = print.databases()
            .stream()
            .filter(d -> d.unloggedTables() != null)
            .flatMap(d -> d.unloggedTables().stream().map(t -> d.name() + ": " + t.schema() + "." + t.name()))
            .toList();
        if (names.isEmpty()) return;
        Console.say(
            "NOTE: a backup has no rows of unlogged tables: %s will be restored empty (%s%s)",
            Units.plural(names.size(), "table"),
            String.join(", ", names.subList(0, Math.min(SHOWN, names.size()))),
            names.size() > SHOWN ? ", …; all are in backup.json" : "");
    }

    private String text(Outcome.Result result) {
        return options.to.isJson() ? Json.write(result) : backups.resolve(result.backup().name()) + "\n";
    }

    /** The backup is there: what fails from here on is told after its path was printed. */
    private RuntimeException afterwards(Outcome outcome, Outcome.Result result) {
        try {
            if (remote != null) {
                RemoteRun.copy(BackupDirectory.open(Path.of(result.path())), remote, options.plainIsFine);
            }
            if (options.hasRetention()) prune();
            writeMetrics(true);
            outcome.tell(result);
            return null;
        } catch (RuntimeException e) {
            writeMetrics(false);
            return e;
        }
    }

    private void prune() {
        Retention.apply(backups, options.keep, options.keepDays, true);
        if (remote != null) RemoteRun.prune(remote, new RetentionRule(options.keep, options.keepDays), true);
    }

    /**
     * Whatever happened to the run: a monitor shall hear of it. What cannot be written is a warning, for the backup
     * matters more.
     */
    private void writeMetrics(boolean succeeded) {
        if (options.metrics == null || options.dryRun) return;
        try {
            BackupMetrics.write(options.metrics, backups, succeeded);
        } catch (Failure e) {
            Console.warn("%s", e.getMessage());
        }
    }

    private String plan(Database database, Preflight.Result ready) {
        var name = BackupDirectory.NAME_PREFIX + Units.stamp(Instant.now());
        var parent = parent(ready);
        var command = Creation.command(database, ready, settings, parent, BackupDirectory.partialOf(backups, name));
        var text = new StringBuilder();
        text.append("would make ").append(backups.resolve(name)).append(", with:\n");
        text.append("  ").append(String.join(" ", command)).append('\n');
        if (settings.recipients() != null) {
            text.append("would encrypt it to ").append(String.join(", ", settings.recipients().keys())).append('\n');
        }
        var needed = parent == null ? List.<Path>of()
            : BackupChain.of(parent).links().stream().map(BackupDirectory::path).toList();
        for (var d : retention(ready)) {
            if (d.goes() && !needed.contains(d.backup().path())) {
                text.append("would then remove ")
                    .append(d.backup().name())
                    .append(": ")
                    .append(d.reason())
                    .append('\n');
            }
        }
        return text.toString();
    }

    private List<Retention.Decision> retention(Preflight.Result ready) {
        return options.hasRetention()
            ? Retention.plan(backups, options.keep, options.keepDays, Instant.now(), ready.systemIdentifier())
            : List.of();
    }
}
