//SOURCES Age.java WalArchive.java WalScan.java
package lib.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The records of received WAL, one after the other, from the beginning of a segment on to where the WAL ends:
 *
 * <pre>
 * try (var records = WalRecords.of(archive, chain, identity)) {
 *     while (records.next()) records.commit().ifPresent(…);
 * }
 * </pre>
 *
 * The layout has not changed since PostgreSQL 9.5 but for one bit (src/include/access/xlog_internal.h, xlogrecord.h,
 * xact.h).
 */
public final class WalRecords implements AutoCloseable {
    public static final int XLOG = 0;          // resource managers, src/include/access/rmgrlist.h
    public static final int TRANSACTION = 1;
    public static final int STORAGE = 2;
    public static final int DATABASE = 4;
    public static final int HEAP2 = 9;
    public static final int HEAP = 10;

    private static final int PAGE = WalScan.PAGE;
    private static final int SHORT_HEADER = 24;
    private static final int LONG_HEADER = 40;
    private static final int RECORD_HEADER = 24;
    private static final int CRC_AT = 20;
    private static final long LONGEST_RECORD = 1020L << 20;
    private static final int FIRST_IS_CONTINUED = 0x0001;
    private static final int HAS_LONG_HEADER = 0x0002;
    private static final int MAGIC_OF_15 = 0xD110;

    private static final int LAST_BLOCK = 32;               // ids of the parts of a record, xlogrecord.h
    private static final int SHORT_DATA = 255;
    private static final int LONG_DATA = 254;
    private static final int ORIGIN = 253;
    private static final int TOP_TRANSACTION = 252;
    private static final int HAS_IMAGE = 0x10;
    private static final int SAME_RELATION = 0x80;

    private static final int XLOG_SWITCH = 0x40;
    private static final int XLOG_CHECKPOINT_ONLINE = 0x10;
    private static final int XLOG_BACKUP_END = 0x50;
    private static final int XLOG_RESTORE_POINT = 0x70;
    private static final int XLOG_CHECKPOINT_SHUTDOWN = 0x00;
    private static final int XLOG_END_OF_RECOVERY = 0x90;
    private static final int CHECKPOINT_TIME_AT = 64;        // CheckPoint.time in src/include/catalog/pg_control.h
    private static final int TRANSACTION_COMMIT = 0x00;
    private static final int TRANSACTION_ABORT = 0x20;
    private static final int TRANSACTION_COMMIT_PREPARED = 0x30;
    private static final int TRANSACTION_ABORT_PREPARED = 0x40;
    private static final int HAS_INFO = 0x80;
    private static final int HAS_DATABASE = 1;
    private static final int HAS_SUBTRANSACTIONS = 1 << 1;
    private static final int HAS_DROPPED_RELATIONS = 1 << 2;
    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    /** The file of a relation: "base/database/number" in the default tablespace. */
    public record Relation(int tablespace, int database, int number) {}

    /**
     * @param dropped the files that go with this commit: of dropped tables, and the old ones of rewritten or truncated
     *        tables
     */
    public record Commit(Instant time, int[] subtransactions, List<Relation> dropped) {}

    /** Made by pg_create_restore_point(). */
    public record RestorePoint(String name, Instant time) {}

    private final Iterator<WalArchive.Segment> segments;
    private final Age.Identity identity;
    private final long segmentBytes;
    private final byte[] page = new byte[PAGE];
    private ByteBuffer pageBuffer = ByteBuffer.wrap(page);
    private WalArchive.Segment segment;
    private InputStream in;
    private long pageLsn = -1;
    private int magic;
    private ByteOrder order = ByteOrder.nativeOrder();

    private long at;                       // of the next record
    private long lsn;                      // of the current one
    private long before;                   // the one before it; 0 when it is not known
    private byte[] bytes = new byte[PAGE];
    private ByteBuffer record = ByteBuffer.wrap(bytes);
    private int length;

    private WalRecords(Iterator<WalArchive.Segment> segments, Age.Identity identity, long segmentBytes) {
        this.segments = segments;
        this.identity = identity;
        this.segmentBytes = segmentBytes;
    }

    /** @param chain as {@link WalArchive#chain} gives it, or a part of it */
    public static WalRecords of(WalArchive archive, List<WalArchive.Segment> chain, Age.Identity identity) {
        return new WalRecords(chain.iterator(), identity, archive.segmentBytes());
    }

    /** Goes to the next record. @return false where the WAL ends, or cannot be read on */
    public boolean next() throws IOException {
        if (pageLsn < 0 && !begin()) return false;
        while (true) {
            if (at >= pageLsn + PAGE && !nextPage()) return false;
            if (at < pageLsn + headerBytes()) at = pageLsn + headerBytes();
            int offset = (int) (at - pageLsn);
            long total = pageBuffer.getInt(offset) & 0xFFFFFFFFL;
            if (total < RECORD_HEADER || total > LONGEST_RECORD) return false;
            long start = at;
            var read = readRecord((int) total);
            if (read == Read.END) return false;
            if (read == Read.OVERWRITTEN) continue;      // the server crashed within it, and went on behind it
            record = ByteBuffer.wrap(bytes).order(order);
            // what follows is older: a file that was used again
            if (before != 0 && record.getLong(8) != before) return false;
            before = start;
            lsn = start;
            length = (int) total;
            at = at + 7 & ~7L;
            if (rmgr() == XLOG && (info() & 0xF0) == XLOG_SWITCH && at % segmentBytes != 0) {
                at = (at / segmentBytes + 1) * segmentBytes;
            }
            return true;
        }
    }

    /** Where the current record begins. */
    public long lsn() {
        return lsn;
    }

    /** Behind the last record that was read. */
    public long end() {
        return at;
    }

    /** The segment that the current record ends in. */
    public WalArchive.Segment segment() {
        return segment;
    }

    public int transaction() {
        return record.getInt(4);
    }

    public int rmgr() {
        return record.get(17) & 0xFF;
    }

    /** The kind of the record; only its resource manager knows what it means. */
    public int info() {
        return record.get(16) & 0xFF;
    }

    /** PostgreSQL 14 wrote some records otherwise. */
    public boolean isBefore15() {
        return magic < MAGIC_OF_15;
    }

    public boolean isSound() {
        var crc = new CRC32C();
        crc.update(bytes, RECORD_HEADER, length - RECORD_HEADER);
        crc.update(bytes, 0, CRC_AT);
        return (int) crc.getValue() == record.getInt(CRC_AT);
    }

    /**
     * When the transaction was committed or rolled back, or the restore point was made: what a recovery to a time goes
     * by.
     */
    public Optional<Instant> time() {
        if (rmgr() == XLOG && (info() & 0xF0) == XLOG_RESTORE_POINT) return restorePoint().map(RestorePoint::time);
        if (rmgr() != TRANSACTION) return Optional.empty();
        return switch (info() & 0x70) {
            case TRANSACTION_COMMIT, TRANSACTION_ABORT, TRANSACTION_COMMIT_PREPARED, TRANSACTION_ABORT_PREPARED ->
                isSound() ? Optional.of(instant(record.getLong(mainData()))) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /** When a checkpoint began, in whole seconds. */
    public Optional<Instant> checkpoint() {
        int kind = info() & 0xF0;
        boolean isOne = rmgr() == XLOG && (kind == XLOG_CHECKPOINT_ONLINE || kind == XLOG_CHECKPOINT_SHUTDOWN);
        return isOne && isSound() && length - mainData() >= CHECKPOINT_TIME_AT + 8
            ? Optional.of(Instant.ofEpochSecond(record.getLong(mainData() + CHECKPOINT_TIME_AT)))
            : Optional.empty();
    }

    /** When a timeline began, as its first records say: the checkpoint or the mark that the promotion wrote. */
    public Optional<Instant> beginningOfTimeline() {
        if (rmgr() != XLOG || !isSound()) return Optional.empty();
        return switch (info() & 0xF0) {
            case XLOG_END_OF_RECOVERY -> Optional.of(instant(record.getLong(mainData())));
            case XLOG_CHECKPOINT_SHUTDOWN -> checkpoint();
            default -> Optional.empty();
        };
    }

    public Optional<Commit> commit() {
        boolean isCommit = rmgr() == TRANSACTION
            && ((info() & 0x70) == TRANSACTION_COMMIT || (info() & 0x70) == TRANSACTION_COMMIT_PREPARED);
        if (!isCommit || !isSound()) return Optional.empty();
        int here = mainData();
        var time = instant(record.getLong(here));
        here += 8;
        int has = 0;
        if ((info() & HAS_INFO) != 0) {
            has = record.getInt(here);
            here += 4;
        }
        if ((has & HAS_DATABASE) != 0) here += 8;
        var subtransactions = new int[(has & HAS_SUBTRANSACTIONS) != 0 ? record.getInt(here) : 0];
        if ((has & HAS_SUBTRANSACTIONS) != 0) here += 4;
        for (int i = 0; i < subtransactions.length; i++, here += 4) subtransactions[i] = record.getInt(here);
        var dropped = new Relation[(has & HAS_DROPPED_RELATIONS) != 0 ? record.getInt(here) : 0];
        here += 4;
        for (int i = 0; i < dropped.length; i++, here += 12) dropped[i] = relationAt(here);
        return Optional.of(new Commit(time, subtransactions, List.of(dropped)));
    }

    /** Has the transaction of this record been rolled back? */
    public boolean isAbort() {
        return rmgr() == TRANSACTION && ((info() & 0x70) == TRANSACTION_ABORT
            || (info() & 0x70) == TRANSACTION_ABORT_PREPARED);
    }

    public Optional<RestorePoint> restorePoint() {
        if (rmgr() != XLOG || (info() & 0xF0) != XLOG_RESTORE_POINT || !isSound()) return Optional.empty();
        int name = mainData() + 8;
        int end = name;
        while (end < length && bytes[end] != 0) end++;
        var text = new String(bytes, name, end - name, StandardCharsets.UTF_8);
        return Optional.of(new RestorePoint(text, instant(record.getLong(mainData()))));
    }

    /** The end of a base backup: where that backup began. */
    public Optional<Long> endOfBackup() {
        if (rmgr() != XLOG || (info() & 0xF0) != XLOG_BACKUP_END || !isSound()) return Optional.empty();
        return Optional.of(record.getLong(mainData()));
    }

    /** The relation of the first block that the record changes. */
    public Optional<Relation> relation() {
        int here = firstBlock();
        return here < 0 ? Optional.empty() : Optional.of(relationAt(here));
    }

    /** The number of that block within its file; -1 when the record changes none. */
    public long block() {
        int here = firstBlock();
        return here < 0 ? -1 : record.getInt(here + 12) & 0xFFFFFFFFL;
    }

    /** Where the place of the first block stands in the record; -1 when there is none. */
    private int firstBlock() {
        int here = RECORD_HEADER;
        while (here < length && (idAt(here) == ORIGIN || idAt(here) == TOP_TRANSACTION)) {
            here += idAt(here) == TOP_TRANSACTION ? 5 : 3;
        }
        return here >= length || idAt(here) > LAST_BLOCK ? -1 : here + 4 + imageBytes(here);
    }

    /** What the header of a block says about an image of its page. */
    private int imageBytes(int here) {
        if ((bytes[here + 1] & HAS_IMAGE) == 0) return 0;
        int image = bytes[here + 8];
        int compressed = isBefore15() ? 0x02 : 0x04 | 0x08 | 0x10;
        return 5 + ((image & 0x01) != 0 && (image & compressed) != 0 ? 2 : 0);
    }

    /** A number of the record's own data. */
    public int mainInt(int offset) {
        return record.getInt(mainData() + offset);
    }

    /** A number of two bytes. */
    public int mainShort(int offset) {
        return record.getShort(mainData() + offset) & 0xFFFF;
    }

    public Relation mainRelation(int offset) {
        return relationAt(mainData() + offset);
    }

    @Override
    public void close() throws IOException {
        if (in != null) in.close();
    }

    private int idAt(int offset) {
        return bytes[offset] & 0xFF;
    }

    private Relation relationAt(int offset) {
        return new Relation(record.getInt(offset), record.getInt(offset + 4), record.getInt(offset + 8));
    }

    /** The record's own data is its last part; the headers of the parts say how long it is. */
    private int mainData() {
        int here = RECORD_HEADER;
        while (here < length) {
            int id = idAt(here);
            if (id == SHORT_DATA) return length - (bytes[here + 1] & 0xFF);
            if (id == LONG_DATA) return length - record.getInt(here + 1);
            if (id == ORIGIN) {
                here += 3;
            } else if (id == TOP_TRANSACTION) {
                here += 5;
            } else if (id > LAST_BLOCK) {
                return length;
            } else {
                here += 4 + imageBytes(here) + ((bytes[here + 1] & SAME_RELATION) != 0 ? 0 : 12) + 4;
            }
        }
        return length;
    }

    private static Instant instant(long microseconds) {
        return EPOCH.plus(microseconds, ChronoUnit.MICROS);
    }

    private enum Read { DONE, END, OVERWRITTEN }

    private Read readRecord(int total) throws IOException {
        int have = 0;
        while (true) {
            int offset = (int) (at - pageLsn);
            int n = Math.min(total - have, PAGE - offset);
            if (bytes.length < have + n) {
                bytes = Arrays.copyOf(bytes, Math.max(have + n, (int) Math.min(total, bytes.length * 2L)));
            }
            System.arraycopy(page, offset, bytes, have, n);
            have += n;
            at += n;
            if (have == total) return Read.DONE;
            if (!nextPage()) return Read.END;
            at = pageLsn + headerBytes();
            if ((flags() & FIRST_IS_CONTINUED) == 0) {
                before = 0;
                return Read.OVERWRITTEN;
            }
            if (pageBuffer.getInt(16) != total - have) return Read.END;
        }
    }

    /** The first segment may begin within a record. */
    private boolean begin() throws IOException {
        if (!nextPage()) return false;
        at = pageLsn + headerBytes();
        while ((flags() & FIRST_IS_CONTINUED) != 0) {
            long rest = pageBuffer.getInt(16) & 0xFFFFFFFFL;
            if (headerBytes() + rest <= PAGE) {
                at = pageLsn + headerBytes() + rest + 7 & ~7L;
                break;
            }
            if (!nextPage()) return false;
            at = pageLsn + headerBytes();
        }
        return true;
    }

    private boolean nextPage() throws IOException {
        // After a switch the rest of the segment is skipped.
        long wanted = pageLsn < 0 ? -1 : Math.max(pageLsn + PAGE, at - at % PAGE);
        do {
            if (in == null || pageLsn >= 0 && (pageLsn + PAGE) % segmentBytes == 0) {
                if (!nextSegment()) return false;
            } else {
                pageLsn += PAGE;
            }
            if (in.readNBytes(page, 0, PAGE) < PAGE) return false;
        } while (wanted >= 0 && pageLsn < wanted);
        int first = page[0] & 0xFF;
        int second = page[1] & 0xFF;
        order = second == 0xD0 || second == 0xD1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        magic = order == ByteOrder.LITTLE_ENDIAN ? second << 8 | first : first << 8 | second;
        pageBuffer = ByteBuffer.wrap(page).order(order);
        return (magic & 0xFE00) == 0xD000 && pageBuffer.getLong(8) == pageLsn;
    }

    private boolean nextSegment() throws IOException {
        if (in != null) in.close();
        in = null;
        if (!segments.hasNext()) return false;
        segment = segments.next();
        pageLsn = segment.number() * segmentBytes;
        in = WalArchive.open(segment, identity);
        return true;
    }

    private int flags() {
        return pageBuffer.getShort(2);
    }

    private int headerBytes() {
        return (flags() & HAS_LONG_HEADER) != 0 ? LONG_HEADER : SHORT_HEADER;
    }
}
