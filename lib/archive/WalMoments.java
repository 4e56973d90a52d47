//SOURCES ../ExitCode.java ../Failure.java ../Units.java Age.java BackupDirectory.java Lsn.java WalArchive.java
//SOURCES WalRecords.java WalStatus.java WalTimes.java
package lib.archive;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.ExitCode;
import lib.Failure;
import lib.Units;

/**
 * Which moments can be restored from the backups of a cluster and its received WAL, and how. A moment is looked up in
 * the WAL itself: the first commit after it is where recovery has to stop. So a moment before the end of a backup is
 * noticed, and one that lies where WAL is missing; PostgreSQL itself would silently give another state.
 */
public final class WalMoments {
    /**
     * A backup to begin with.
     *
     * @param timeline that it was taken on
     * @param start where its WAL begins
     * @param end where its data is that of one moment
     * @param copiedAt when the copying had ended, by the clock of the machine that took it
     */
    public record Base(
        BackupDirectory backup,
        int timeline,
        long start,
        long end,
        Instant copiedAt,
        boolean isOfStandby) {}

    /**
     * Any moment from here to there.
     *
     * @param isOpenEnd WAL is still coming in: the end moves on
     */
    public record Range(Instant from, Instant to, int timeline, boolean isOpenEnd) {}

    /** No moment between can be restored. @param firstMissing name of a segment */
    public record Gap(Instant from, Instant to, String firstMissing, long segments) {}

    /**
     * How a moment is restored.
     *
     * @param line whose WAL is replayed, after that of its ancestors
     * @param stop where recovery stops; null for the end of the WAL
     * @param isInclusive the record at that place is still replayed
     * @param asOf the moment; where only a place is known, that of the last commit that is here
     * @param meaning "all that was committed until …", for people
     */
    public record Target(
        Base base,
        WalArchive.Line line,
        Long stop,
        boolean isInclusive,
        Instant asOf,
        String meaning) {}

    private final WalArchive archive;
    private final List<Base> bases;
    private final WalTimes times;
    private final Age.Identity identity;
    private final Map<String, Boolean> ofOneHistory = new HashMap<>();
    private List<Story> stories;

    /** A line with its beginning; null when it begins before everything else. */
    private record Story(WalArchive.Line line, Instant beginning) {}

    private WalMoments(WalArchive archive, List<Base> bases, Age.Identity identity) {
        this.archive = archive;
        this.bases = bases;
        this.times = new WalTimes(archive, identity);
        this.identity = identity;
    }

    /** @param backups of this cluster, those that can be begun with */
    public static WalMoments of(WalArchive archive, List<BackupDirectory> backups, Age.Identity identity) {
        var bases = backups.stream()
            .flatMap(b -> base(b, archive.systemIdentifier()).stream())
            .sorted(Comparator.comparing(Base::copiedAt))
            .toList();
        return new WalMoments(archive, bases, identity);
    }

    /** With all backups of the cluster in this directory. */
    public static WalMoments of(WalArchive archive, Path backups, Age.Identity identity) {
        return of(archive, BackupDirectory.in(backups), identity);
    }

    private static Optional<Base> base(BackupDirectory backup, String system) {
        try {
            return backup.fingerprint()
                .filter(p -> system.equals(p.server().systemIdentifier()))
                .map(
                    p -> new Base(
                        backup,
                        p.server().timeline(),
                        Lsn.parse(p.server().startLsn()),
                        Lsn.parse(p.server().endLsn()),
                        p.startedAt().plusMillis(Math.round(p.durations().copySeconds() * 1000)),
                        p.server().isStandby()));
        } catch (Failure | NumberFormatException damaged) {
            return Optional.empty();
        }
    }

    public WalArchive archive() {
        return archive;
    }

    public List<Base> bases() {
        return bases;
    }

    /** Oldest first. Empty when no backup ends within the WAL that is here. */
    public List<Range> ranges() {
        if (isLocked()) return rangesByName();
        var ranges = new ArrayList<Range>();
        for (var story : stories()) {
            for (var row : archive.stretches(story.line())) {
                var base = bases.stream().filter(b -> reaches(b, story.line(), row.getFirst().number())).findFirst();
                if (base.isEmpty()) continue;
                var from = later(base.get().copiedAt(), story.beginning());
                boolean isOpen = isOpenEnd(story, row);
                var to = later(times.last(row).map(WalTimes.Timed::time).orElse(null), isOpen ? completeUntil() : null);
                if (to != null && to.isAfter(from)) ranges.add(new Range(from, to, story.line().timeline(), isOpen));
            }
        }
        return ranges;
    }

    private boolean isLocked() {
        return identity == null && archive.isEncrypted();
    }

    /** Encrypted WAL tells no times without its key: then what the receiver wrote down has to do. */
    private List<Range> rangesByName() {
        var until = completeUntil();
        var line = archive.status().flatMap(s -> archive.line(s.timeline()));
        if (until == null || line.isEmpty() || line.get().segments().isEmpty()) return List.of();
        long last = line.get().segments().lastKey();
        return bases.stream()
            .filter(b -> reaches(b, line.get(), last) && b.copiedAt().isBefore(until))
            .findFirst()
            .map(b -> List.of(new Range(b.copiedAt(), until, line.get().timeline(), true)))
            .orElse(List.of());
    }

    /** Where WAL is missing between what is here. */
    public List<Gap> gaps() {
        var gaps = new ArrayList<Gap>();
        if (isLocked()) return gaps;
        for (var story : stories()) {
            var rows = archive.stretches(story.line());
            for (int i = 1; i < rows.size(); i++) {
                var before = rows.get(i - 1).getLast();
                var after = rows.get(i).getFirst();
                long missing = after.number() - before.number() - (before.kind() == WalArchive.Kind.PARTIAL ? 0 : 1);
                var from = times.last(rows.get(i - 1));
                var to = times.first(rows.get(i));
                if (from.isEmpty() || to.isEmpty()) continue;
                var number = before.kind() == WalArchive.Kind.PARTIAL ? before.number() : before.number() + 1;
                gaps.add(
                    new Gap(
                        from.get().time(),
                        to.get().time(),
                        Lsn.segmentName(
                            story.line().timeline(),
                            number * archive.segmentBytes(),
                            archive.segmentBytes()),
                        missing));
            }
        }
        return gaps;
    }

    /**
     * All that was committed until this moment, and nothing that was committed later. @throws Failure when that cannot
     * be restored
     */
    public Target at(Instant moment) {
        var story = stories().stream()
            .filter(s -> s.beginning() == null || !s.beginning().isAfter(moment))
            .reduce((before, after) -> after)
            .orElseThrow(() -> unreachable("nothing was received that is so old"));
        var meaning = "all that was committed until " + exact(moment);
        for (var row : archive.stretches(story.line())) {
            var stop = times.firstAfter(row, moment);
            if (stop.isEmpty()) continue;
            long place = stop.get().lsn();
            var base = newestBase(story.line(), place);
            if (base.isEmpty() || !isAfterItsEnd(base.get(), story.line(), row, place, moment)) {
                throw unreachable(
                    archive.stretches(story.line()).getFirst().equals(row)
                        ? "it is before the end of the earliest backup"
                        : "it lies in a gap: WAL was not received then");
            }
            return new Target(base.get(), story.line(), place, false, moment, meaning);
        }
        return atTheEnd(story, moment, meaning);
    }

    /** Is all here that was committed since this timeline left its parent? */
    private boolean isFromTheBranch(WalArchive.Line line, List<WalArchive.Segment> row) {
        var history = archive.history(line);
        return !history.isEmpty() && row.getFirst().number() <= history.getLast().until() / archive.segmentBytes();
    }

    /** Between the last commit that is here and now. */
    private Target atTheEnd(Story story, Instant moment, String meaning) {
        var rows = archive.stretches(story.line());
        if (rows.isEmpty()) throw unreachable("no WAL is here");
        var row = rows.getLast();
        var last = later(
            times.last(row).map(WalTimes.Timed::time).orElse(null),
            isOpenEnd(story, row) ? completeUntil() : null);
        if (last == null || moment.isAfter(last)) throw unreachable("it is after the last WAL that was received");
        var target = toTheEnd(story.line(), meaning);
        if (!isAfterItsEnd(target.base(), story.line(), row, Long.MAX_VALUE, moment)) {
            throw unreachable("it is before the end of the earliest backup");
        }
        return target;
    }

    /** Everything that was received. */
    public Target latest() {
        var line = stories().stream()
            .map(Story::line)
            .filter(l -> !l.segments().isEmpty())
            .reduce((before, after) -> after)
            .orElseThrow(() -> unreachable("no WAL was received"));
        return toTheEnd(line, "all that was received");
    }

    private Target toTheEnd(WalArchive.Line line, String meaning) {
        long end = (line.segments().lastKey() + 1) * archive.segmentBytes();
        var base = newestBase(line, end - 1)
            .orElseThrow(() -> unreachable("no backup ends within the WAL that is here"));
        return new Target(base, line, null, true, lastMoment(line), meaning);
    }

    private Instant lastMoment(WalArchive.Line line) {
        return times.last(archive.stretches(line).getLast()).map(WalTimes.Timed::time).orElseGet(Instant::now);
    }

    /**
     * The state before the record at this place. Several timelines may have it in their WAL: then the newest is meant
     * in which a record begins there.
     */
    public Target before(long place) {
        var having = stories().reversed()
            .stream()
            .filter(s -> s.line().segments().containsKey(place / archive.segmentBytes()))
            .toList();
        var exact = having.size() < 2 ? having : having.stream().filter(s -> hasRecordAt(s.line(), place)).toList();
        for (var story : exact.isEmpty() ? having : exact) {
            var base = newestBase(story.line(), place)
                .orElseThrow(() -> unreachable("no backup ends before " + Lsn.text(place)));
            return new Target(
                base,
                story.line(),
                place,
                false,
                lastMoment(story.line()),
                "all before " + Lsn.text(place));
        }
        throw unreachable("the WAL at " + Lsn.text(place) + " is not here");
    }

    private boolean hasRecordAt(WalArchive.Line line, long place) {
        long number = place / archive.segmentBytes();
        var there = line.segments().subMap(number - 1, true, number + 1, true).values();
        return times.hasRecordAt(List.copyOf(there), place);
    }

    /** The newest point of this name, as pg_create_restore_point made it. */
    public Target named(String name) {
        for (var story : stories().reversed()) {
            for (var row : archive.stretches(story.line()).reversed()) {
                var found = restorePoint(row, name);
                if (found.isEmpty()) continue;
                var base = newestBase(story.line(), found.get().lsn())
                    .orElseThrow(() -> unreachable("no backup ends before the restore point '" + name + "'"));
                return new Target(
                    base,
                    story.line(),
                    found.get().lsn(),
                    true,
                    found.get().time(),
                    "the restore point '" + name + "' of " + exact(found.get().time()));
            }
        }
        throw Failure.answerIsNo(
            "no restore point '" + name + "' is in the WAL that was received",
            "they are made by: SELECT pg_create_restore_point('" + name.replace("'", "''") + "');");
    }

    private Optional<WalTimes.Timed> restorePoint(List<WalArchive.Segment> row, String name) {
        WalTimes.Timed found = null;
        try (var records = WalRecords.of(archive, row, identity)) {
            while (records.next()) {
                var point = records.restorePoint().filter(p -> p.name().equals(name));
                if (point.isPresent()) found = new WalTimes.Timed(records.lsn(), point.get().time());
            }
        } catch (IOException e) {
            throw WalTimes.damaged(row.getFirst(), e);
        }
        return Optional.ofNullable(found);
    }

    /** Timelines in the order in which they were lived. */
    private List<Story> stories() {
        if (stories != null) return stories;
        var found = new ArrayList<Story>();
        boolean several = archive.lines().size() > 1;
        for (var line : archive.lines()) {
            if (line.segments().isEmpty()) continue;
            found.add(new Story(line, several ? beginning(line) : Instant.MIN));
        }
        found.sort(Comparator.comparing(Story::beginning));
        if (!found.isEmpty()) found.set(0, new Story(found.getFirst().line(), null));
        stories = List.copyOf(found);
        return stories;
    }

    /**
     * A line begins with a copy: of what its parent has, or of what an older directory of the same timeline has.
     * Without any record of its own it has just begun.
     */
    private Instant beginning(WalArchive.Line line) {
        var history = archive.history(line);
        long from = history.isEmpty() ? 0 : history.getLast().until();
        var older = archive.before(line).stream().filter(l -> !l.segments().isEmpty()).toList();
        var copied = older.isEmpty() ? Optional.<Instant>empty()
            : times.last(archive.stretches(older.getLast()).getLast()).map(WalTimes.Timed::time);
        return times.beginning(archive.stretches(line).getFirst(), from, copied.orElse(Instant.MIN))
            .orElse(line.isSetAside() ? line.setAsideAt() : Instant.MAX);
    }

    /** The newest backup from whose end unbroken WAL leads to a place. */
    private Optional<Base> newestBase(WalArchive.Line line, long place) {
        return bases.reversed()
            .stream()
            .filter(b -> b.end() <= place && reaches(b, line, place / archive.segmentBytes()))
            .findFirst();
    }

    private boolean reaches(Base base, WalArchive.Line line, long segment) {
        if (!isAncestor(base, line) || !isOfItsHistory(base, line)) return false;
        var chain = archive.chain(line, base.end());
        return !chain.isEmpty() && chain.getLast().number() >= segment;
    }

    private boolean isAncestor(Base base, WalArchive.Line line) {
        if (base.timeline() == line.timeline()) return true;
        return archive.history(line)
            .stream()
            .anyMatch(b -> b.timeline() == base.timeline() && base.end() <= b.until());
    }

    /**
     * Two histories may have one timeline number, after a backup was restored as it is. The end of a backup stands in
     * the WAL of its own; what cannot be read, and what a standby gave, is told by the clock.
     */
    private boolean isOfItsHistory(Base base, WalArchive.Line line) {
        if (!archive.isAmbiguous(base.timeline())) return true;
        var own = base.timeline() == line.timeline() ? Optional.of(line) : archive.line(base.timeline());
        if (own.isEmpty()) return false;
        var key = base.backup().name() + " " + own.get().directory();
        return ofOneHistory.computeIfAbsent(key, k -> isOfItsHistory(base, own.get(), isLocked()));
    }

    private boolean isOfItsHistory(Base base, WalArchive.Line line, boolean isLocked) {
        if (isLocked || base.isOfStandby()) {
            var older = archive.before(line);
            return (older.isEmpty() || base.copiedAt().isAfter(older.getLast().setAsideAt()))
                && (!line.isSetAside() || base.copiedAt().isBefore(line.setAsideAt()));
        }
        long number = (base.end() - 1) / archive.segmentBytes();
        var there = line.segments().subMap(number - 1, true, number + 1, true).values();
        return times.hasEndOfBackup(List.copyOf(there), base.start());
    }

    /**
     * Was nothing committed between the moment and the end of the backup? What was committed in these segments lies
     * behind the stop. So it is true when they begin with the timeline, or show a commit from before the moment; else
     * by the server's clock: what they do not have was committed before the checkpoint that the backup begins with.
     */
    private boolean isAfterItsEnd(
        Base base,
        WalArchive.Line line,
        List<WalArchive.Segment> row,
        long stop,
        Instant moment) {
        if (isFromTheBranch(line, row)) return true;
        var first = times.first(row);
        if (first.isPresent() && first.get().lsn() < stop) return true;
        return times.checkpoint(row, base.start())
            .map(began -> !moment.isBefore(began.plusSeconds(1)))
            .orElse(!moment.isBefore(base.copiedAt()));
    }

    private boolean isOpenEnd(Story story, List<WalArchive.Segment> row) {
        return stories().getLast() == story && archive.stretches(story.line()).getLast().equals(row);
    }

    private Instant completeUntil() {
        return archive.status().map(WalStatus::completeUntil).orElse(null);
    }

    private Failure unreachable(String why) {
        var ranges = ranges();
        var reachable = ranges.isEmpty() ? "no moment can be restored yet: take a backup while WAL is received"
            : "any moment can be restored " + String.join(
                ", and ",
                ranges.stream().map(r -> "from " + Units.utc(r.from()) + " to " + Units.utc(r.to())).toList()) + ".";
        return new Failure(ExitCode.ANSWER_IS_NO, "that moment cannot be restored: " + why, reachable);
    }

    private static Instant later(Instant a, Instant b) {
        if (a == null || b == null) return a == null ? b : a;
        return a.isAfter(b) ? a : b;
    }

    /** With as many decimals as it has, "2025-07-04 16:53:26.123456 UTC". */
    public static String exact(Instant moment) {
        var text = moment.truncatedTo(ChronoUnit.MICROS).toString();
        return text.replace('T', ' ').replace("Z", " UTC");
    }
}
