//SOURCES ../ExitCode.java ../Failure.java Age.java WalArchive.java WalRecords.java
package lib.archive;

import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.ExitCode;
import lib.Failure;

/**
 * When things were committed in received WAL. A segment is read only when it is asked about: halving finds a moment
 * among thousands.
 */
final class WalTimes {
    /** @param lsn where the record of the commit, rollback or restore point begins */
    record Timed(long lsn, Instant time) {}

    /** The first one of a segment, and the latest: two sessions may write their times in the other order. */
    private record Span(Timed first, Timed latest) {}

    private final WalArchive archive;
    private final Age.Identity identity;
    private final Map<String, Optional<Span>> known = new HashMap<>();

    WalTimes(WalArchive archive, Age.Identity identity) {
        this.archive = archive;
        this.identity = identity;
    }

    /** The first commit after a moment, in a row of segments. Empty when all in it is from before. */
    Optional<Timed> firstAfter(List<WalArchive.Segment> row, Instant moment) {
        int low = 0;
        int high = row.size();
        while (low < high) {
            int middle = (low + high) / 2;
            var last = lastUpTo(row, middle);
            if (last.isPresent() && last.get().time().isAfter(moment)) high = middle;
            else low = middle + 1;
        }
        if (low == row.size()) return Optional.empty();
        return read(row, low, records -> records.time().filter(t -> t.isAfter(moment)));
    }

    Optional<Timed> first(List<WalArchive.Segment> row) {
        for (int i = 0; i < row.size(); i++) {
            var span = span(row, i);
            if (span.isPresent()) return Optional.of(span.get().first());
        }
        return Optional.empty();
    }

    Optional<Timed> last(List<WalArchive.Segment> row) {
        return lastUpTo(row, row.size() - 1);
    }

    /**
     * When this timeline began, as its own first records say.
     *
     * @param from where it left its parent
     * @param after what is not later is a copy of an older history
     */
    Optional<Instant> beginning(List<WalArchive.Segment> row, long from, Instant after) {
        var timed = read(
            row,
            0,
            records -> records.lsn() < from ? Optional.empty()
                : records.beginningOfTimeline().or(records::time).filter(t -> t.isAfter(after)));
        return timed.map(Timed::time);
    }

    /** When the first checkpoint from a place on began, in seconds. Empty when the row begins behind the place. */
    Optional<Instant> checkpoint(List<WalArchive.Segment> row, long from) {
        long index = from / archive.segmentBytes() - row.getFirst().number();
        if (index < 0 || index >= row.size()) return Optional.empty();
        return read(row, (int) index, records -> records.lsn() < from ? Optional.empty() : records.checkpoint())
            .map(Timed::time);
    }

    /** Does a record begin exactly there? */
    boolean hasRecordAt(List<WalArchive.Segment> row, long place) {
        var reached = read(row, 0, r -> r.lsn() < place ? Optional.empty() : Optional.of(Instant.EPOCH));
        return reached.filter(timed -> timed.lsn() == place).isPresent();
    }

    /** Does the end of the backup that began there stand in these segments? */
    boolean hasEndOfBackup(List<WalArchive.Segment> row, long start) {
        return read(row, 0, records -> records.endOfBackup().filter(s -> s == start).map(s -> Instant.EPOCH))
            .isPresent();
    }

    private Optional<Timed> lastUpTo(List<WalArchive.Segment> row, int index) {
        for (int i = index; i >= 0; i--) {
            var span = span(row, i);
            if (span.isPresent()) return Optional.of(span.get().latest());
        }
        return Optional.empty();
    }

    private Optional<Span> span(List<WalArchive.Segment> row, int index) {
        var segment = row.get(index);
        var key = segment.file() + ":" + segment.file().toFile().lastModified();
        return known.computeIfAbsent(key, k -> readSpan(row, index));
    }

    /** The records that begin in a segment; the last one may end in the next. */
    private Optional<Span> readSpan(List<WalArchive.Segment> row, int index) {
        var segment = row.get(index);
        long end = (segment.number() + 1) * archive.segmentBytes();
        Timed first = null;
        Timed latest = null;
        try (var records = WalRecords.of(archive, row.subList(index, Math.min(row.size(), index + 2)), identity)) {
            while (records.next() && records.lsn() < end) {
                var time = records.time();
                if (time.isEmpty()) continue;
                var timed = new Timed(records.lsn(), time.get());
                if (first == null) first = timed;
                if (latest == null || timed.time().isAfter(latest.time())) latest = timed;
            }
        } catch (IOException e) {
            throw damaged(segment, e);
        }
        return first == null ? Optional.empty() : Optional.of(new Span(first, latest));
    }

    @FunctionalInterface
    private interface Question {
        Optional<Instant> ask(WalRecords records);
    }

    /** The first record, from a segment on, that the question has an answer for. */
    private Optional<Timed> read(List<WalArchive.Segment> row, int index, Question question) {
        try (var records = WalRecords.of(archive, row.subList(index, row.size()), identity)) {
            while (records.next()) {
                var answer = question.ask(records);
                if (answer.isPresent()) return Optional.of(new Timed(records.lsn(), answer.get()));
            }
            return Optional.empty();
        } catch (IOException e) {
            throw damaged(row.get(index), e);
        }
    }

    static Failure damaged(WalArchive.Segment segment, IOException e) {
        return new Failure(
            ExitCode.ANSWER_IS_NO,
            "the WAL in " + segment.file() + " is damaged: " + e.getMessage(),
            "fetch that file again from where it was copied to; else restore to a moment before it.",
            e);
    }
}
