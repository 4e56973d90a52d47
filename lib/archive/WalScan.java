//SOURCES Lsn.java Manifest.java
package lib.archive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Reads the WAL of one range, record by record, as recovery will: every page must say where it belongs, every record's
 * CRC must match. The layout has not changed since PostgreSQL 9.5 (src/include/access/xlog_internal.h, xlogrecord.h).
 */
public final class WalScan {
    public static final int PAGE = 8192;
    private static final int SHORT_HEADER = 24;
    private static final int LONG_HEADER = 40;
    private static final int RECORD_HEADER = 24;
    private static final int CRC_AT = 20;
    private static final long LONGEST_RECORD = 1020L << 20;

    private static final int FIRST_IS_CONTINUED = 0x0001;
    private static final int HAS_LONG_HEADER = 0x0002;
    private static final int FIRST_OVERWRITES = 0x0008;

    private static final int XLOG_SWITCH = 0x40;   // of resource manager 0: nothing follows in this segment

    private final Manifest.WalRange range;
    private final String systemIdentifier;
    private final long segmentBytes;

    private ByteOrder order;
    private long at;             // where the next record begins; while one is unfinished, where its next byte lies
    private byte[] record = new byte[PAGE];
    private int have;            // bytes of the unfinished record
    private int total;           // its length; 0 when none is unfinished
    private boolean skipsToNextSegment;
    private String damage;

    /** @param systemIdentifier null when it is not known: then that of the first segment holds */
    public WalScan(Manifest.WalRange range, String systemIdentifier, long segmentBytes) {
        this.range = range;
        this.systemIdentifier = systemIdentifier;
        this.segmentBytes = segmentBytes;
        this.at = range.start();
    }

    public boolean isOver() {
        return at >= range.end() && total == 0 || damage != null;
    }

    /** Where the bytes that it wants next begin. */
    public long nextSegment() {
        return at - Long.remainderUnsigned(at, segmentBytes);
    }

    /** Takes the next page of a segment. @return what is wrong with the WAL, once */
    public Optional<String> page(long pageLsn, byte[] page, int length) {
        if (isOver() || pageLsn + PAGE <= at || pageLsn >= range.end()) return Optional.empty();
        damage = length < PAGE ? "ends within a page" : read(pageLsn, page);
        return Optional.ofNullable(damage);
    }

    private String read(long pageLsn, byte[] bytes) {
        if (order == null) {
            // XLOG_PAGE_MAGIC, 0xD0.. or 0xD1..
            order = bytes[1] == (byte) 0xD0 || bytes[1] == (byte) 0xD1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        }
        var page = ByteBuffer.wrap(bytes).order(order);
        int flags = page.getShort(2);
        boolean isLong = (flags & HAS_LONG_HEADER) != 0;
        if ((page.getShort(0) & 0xFE00) != 0xD000 || page.getLong(8) != pageLsn || page.getInt(4) != range.timeline()
            || isLong != (Long.remainderUnsigned(pageLsn, segmentBytes) == 0)) {
            return "holds no valid page at " + Lsn.text(pageLsn);
        }
        if (isLong && systemIdentifier != null && !Long.toUnsignedString(page.getLong(24)).equals(systemIdentifier)) {
            return "belongs to another cluster, " + Long.toUnsignedString(page.getLong(24));
        }
        int from = isLong ? LONG_HEADER : SHORT_HEADER;
        if (skipsToNextSegment) {
            skipsToNextSegment = false;
            at = pageLsn + from;
        } else if (total > 0) {
            if ((flags & FIRST_OVERWRITES) != 0) {
                total = 0;   // the server crashed within a record and went on behind it
            } else if ((flags & FIRST_IS_CONTINUED) == 0 || page.getInt(16) != total - have) {
                return "does not go on with the record before " + Lsn.text(pageLsn);
            }
            at = pageLsn + from;
        } else if (at <= pageLsn + from) {
            at = pageLsn + from;
        }
        return records(pageLsn, page);
    }

    private String records(long pageLsn, ByteBuffer page) {
        while (at < pageLsn + PAGE && (total > 0 || at < range.end())) {
            int offset = (int) (at - pageLsn);
            if (total == 0) {
                long length = page.getInt(offset) & 0xFFFFFFFFL;
                if (length < RECORD_HEADER || length > LONGEST_RECORD) {
                    return "holds no valid record at " + Lsn.text(at);
                }
                total = (int) length;
                have = 0;
            }
            int n = Math.min(total - have, PAGE - offset);
            if (record.length < have + n) {
                record = Arrays.copyOf(record, Math.max(have + n, (int) Math.min(total, record.length * 2L)));
            }
            page.get(offset, record, have, n);
            have += n;
            at += n;
            if (have < total) return null;
            var crc = new CRC32C();
            crc.update(record, RECORD_HEADER, total - RECORD_HEADER);
            crc.update(record, 0, CRC_AT);
            if ((int) crc.getValue() != ByteBuffer.wrap(record).order(order).getInt(CRC_AT)) {
                return "holds a damaged record that ends at " + Lsn.text(at);
            }
            boolean isSwitch = record[17] == 0 && (record[16] & 0xF0) == XLOG_SWITCH;
            total = 0;
            at = at + 7 & ~7L;
            if (isSwitch && Long.remainderUnsigned(at, segmentBytes) != 0) {
                at = nextSegment() + segmentBytes;
                skipsToNextSegment = true;
                return null;
            }
        }
        return null;
    }
}
