package lib.archive;

/** A place in the WAL: PostgreSQL writes the 64-bit number as two halves in hex, 16/B374D848. */
public final class Lsn {
    private Lsn() {}

    public static long parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) throw new NumberFormatException(text);
        return Long.parseLong(text.substring(0, slash), 16) << 32 | Long.parseLong(text.substring(slash + 1), 16);
    }

    public static String text(long lsn) {
        return "%X/%X".formatted(lsn >>> 32, lsn & 0xFFFFFFFFL);
    }

    /**
     * The WAL file that holds this place, "000000010000000000000003": timeline, then the segment's number in two
     * halves.
     */
    public static String segmentName(int timeline, long lsn, long segmentBytes) {
        long segment = Long.divideUnsigned(lsn, segmentBytes);
        long perHalf = 0x1_0000_0000L / segmentBytes;
        return "%08X%08X%08X".formatted(timeline, segment / perHalf, segment % perHalf);
    }
}
