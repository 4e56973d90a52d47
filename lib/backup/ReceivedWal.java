//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Units.java ../archive/BackupDirectory.java
//SOURCES ../archive/Lsn.java ../archive/WalArchive.java ../archive/WalMoments.java ../archive/WalStatus.java
package lib.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Units;
import lib.archive.BackupDirectory;
import lib.archive.Lsn;
import lib.archive.WalArchive;
import lib.archive.WalMoments;
import lib.archive.WalStatus;

/**
 * The received WAL beside the backups: what it makes possible, for {@code list}, and what of it no backup needs any
 * more, for {@code prune}.
 */
public final class ReceivedWal {
    private static final Duration ALIVE = Duration.ofSeconds(30);

    /**
     * What can be reached in one cluster.
     *
     * @param state of the receiver: receiving, waiting or ended; null when none ever ran
     * @param behindSeconds how far the last moment that can be restored lies back; null when nothing is being received
     */
    public record Reach(
        String systemIdentifier,
        List<WalMoments.Range> ranges,
        List<WalMoments.Gap> gaps,
        String state,
        Double behindSeconds,
        boolean isEncrypted) {}

    /** Segments that no backup needs. */
    public record Superfluous(String systemIdentifier, String oldestBackup, List<Path> files, long bytes) {
        @Override
        public String toString() {
            return Units.plural(files.size(), "segment") + " of WAL (" + Units.bytes(bytes) + "): older than "
                + oldestBackup;
        }
    }

    private ReceivedWal() {}

    public static List<Reach> reach(Path backups) {
        return WalArchive.in(backups).stream().map(a -> reach(a, backups)).toList();
    }

    private static Reach reach(WalArchive archive, Path backups) {
        var moments = WalMoments.of(archive, backups, null);
        var status = archive.status();
        var state = status.map(s -> isAlive(s) ? s.state() : "ended").orElse(null);
        boolean isReceiving = "receiving".equals(state) && status.get().completeUntil() != null;
        return new Reach(
            archive.systemIdentifier(),
            moments.ranges(),
            moments.gaps(),
            state,
            isReceiving
                ? Math.max(0, Duration.between(status.get().completeUntil(), Instant.now()).toMillis() / 1000.0)
                : null,
            archive.isEncrypted());
    }

    private static boolean isAlive(WalStatus status) {
        return !status.state().equals("ended") && status.at().isAfter(Instant.now().minus(ALIVE));
    }

    /** "any moment from … to … (2 s behind)", a sentence a line. Empty where no WAL was ever received. */
    public static List<String> sentences(Path backups) {
        var all = reach(backups);
        var lines = new ArrayList<String>();
        for (var reach : all) {
            var cluster = all.size() == 1 ? "" : "cluster " + reach.systemIdentifier() + ": ";
            for (var range : reach.ranges()) {
                boolean isLast = range == reach.ranges().getLast();
                lines.add(
                    cluster + "any moment from " + Units.utc(range.from()) + " to " + Units.utc(range.to())
                        + (isLast ? news(reach) : ""));
            }
            for (var gap : reach.gaps()) {
                lines.add(
                    cluster + "no moment between " + Units.utc(gap.from()) + " and " + Units.utc(gap.to())
                        + ": WAL is missing there, " + gap.firstMissing()
                        + (gap.segments() > 1 ? " and " + (gap.segments() - 1) + " more" : ""));
            }
            if (reach.ranges().isEmpty()) {
                lines.add(
                    cluster
                        + "WAL was received, but no backup ends in it: take one, then any moment from its end on "
                        + "can be restored"
                        + news(reach));
            }
        }
        return lines;
    }

    private static String news(Reach reach) {
        if (reach.behindSeconds() != null) return " (%.0f s behind)".formatted(reach.behindSeconds());
        return "waiting".equals(reach.state()) ? " (the receiver waits, it says why)"
            : " (nothing is received now: backup.java receive)";
    }

    /**
     * What was received before the oldest of these backups began. As pg_archivecleanup does it: by number, on every
     * timeline. History files stay, and what is being received.
     *
     * @param kept the backups that stay; of a cluster without any, all WAL stays
     */
    public static List<Superfluous> superfluous(Path backups, List<BackupDirectory> kept) {
        var found = new ArrayList<Superfluous>();
        for (var archive : WalArchive.in(backups)) {
            BackupDirectory oldest = null;
            long needed = Long.MAX_VALUE;
            for (var backup : kept) {
                var start = start(backup, archive.systemIdentifier());
                if (start.isEmpty() || start.getAsLong() >= needed) continue;
                needed = start.getAsLong();
                oldest = backup;
            }
            if (oldest == null) continue;
            long first = needed / archive.segmentBytes();
            var files = archive.lines()
                .stream()
                .flatMap(l -> l.segments().headMap(first).values().stream().filter(s -> !mayGoOn(l, s)))
                .map(WalArchive.Segment::file)
                .toList();
            long bytes = files.stream().mapToLong(f -> f.toFile().length()).sum();
            if (!files.isEmpty()) {
                found.add(new Superfluous(archive.systemIdentifier(), oldest.name(), files, bytes));
            }
        }
        return found;
    }

    /** The last one of a line may be the one that is being received; an unfinished one before a gap never ends. */
    private static boolean mayGoOn(WalArchive.Line line, WalArchive.Segment segment) {
        return segment.kind() == WalArchive.Kind.PARTIAL && !line.isSetAside()
            && segment.number() == line.segments().lastKey();
    }

    /** Where a backup's WAL begins; a backup that does not say whose it is may be this cluster's. */
    private static OptionalLong start(BackupDirectory backup, String system) {
        try {
            var print = backup.fingerprint();
            if (print.isPresent() && !system.equals(print.get().server().systemIdentifier())) {
                return OptionalLong.empty();
            }
            return OptionalLong.of(
                print.isPresent() ? Lsn.parse(print.get().server().startLsn())
                    : backup.manifest().walRanges().getFirst().start());
        } catch (Failure | NumberFormatException damaged) {
            return OptionalLong.of(0);       // it may need all of it
        }
    }

    /** Oldest first, so that whatever stops it leaves no hole. */
    public static void delete(List<Superfluous> all) {
        for (var one : all) {
            for (var file : one.files().stream().sorted().toList()) {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new Failure(
                        ExitCode.FAILED,
                        "cannot remove " + file + ": " + e.getMessage(),
                        "check the owner of " + file.getParent() + ".",
                        e);
                }
            }
            Console.say("removed %s", one);
        }
    }
}
