//SOURCES Checksum.java Lsn.java Manifest.java Verifier.java WalScan.java
package lib.archive;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The WAL that a backup brings, which no manifest covers: a file for every segment of the manifest's ranges, each of
 * the full size, and in them an unbroken chain of records. Segments come in their order, as pg_basebackup writes them.
 */
final class WalCheck {
    private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}");
    private static final long SMALLEST = 1 << 20;
    private static final long LARGEST = 1 << 30;
    private static final int PAGE = 8192;

    private final Manifest manifest;
    private final String systemIdentifier;
    private final Map<String, Long> sizes = new TreeMap<>();
    private final List<WalScan> scans = new ArrayList<>();
    private final List<Verifier.Damage> damages = new ArrayList<>();
    private long segmentBytes;

    /** @param manifest null when it is damaged: then there is nothing to compare with */
    WalCheck(Manifest manifest, String systemIdentifier) {
        this.manifest = manifest;
        this.systemIdentifier = systemIdentifier;
    }

    /** @param name within pg_wal */
    synchronized void check(String name, long size, InputStream content, byte[] buffer) throws IOException {
        if (manifest == null || !SEGMENT.matcher(name).matches()) {
            Verifier.drain(content, buffer, Checksum.of(Checksum.Algorithm.NONE));
            return;
        }
        sizes.put(name, size);
        if (segmentBytes == 0 && size >= SMALLEST && size <= LARGEST && Long.bitCount(size) == 1) {
            segmentBytes = size;    // all segments of a cluster are of one size, a power of two
            manifest.walRanges().forEach(r -> scans.add(new WalScan(r, systemIdentifier, segmentBytes)));
        }
        int timeline = Integer.parseUnsignedInt(name, 0, 8, 16);
        var page = new byte[PAGE];
        for (int i = 0; i < scans.size(); i++) {
            var range = manifest.walRanges().get(i);
            var scan = scans.get(i);
            if (range.timeline() != timeline || scan.isOver()
                || !name.equals(Lsn.segmentName(timeline, scan.nextSegment(), segmentBytes))) {
                continue;
            }
            long at = scan.nextSegment();
            for (int n = content.readNBytes(page, 0, PAGE); n > 0; n = content.readNBytes(page, 0, PAGE)) {
                scan.page(at, page, n)
                    .ifPresent(damage -> damages.add(new Verifier.Damage("pg_wal/" + name, damage)));
                at += n;
            }
        }
        Verifier.drain(content, buffer, Checksum.of(Checksum.Algorithm.NONE));
    }

    synchronized long segments() {
        return sizes.size();
    }

    /** When all segments were seen. */
    synchronized List<Verifier.Damage> damages() {
        var all = new ArrayList<>(damages);
        for (var name : segmentNames()) {
            var size = sizes.get(name);
            if (size == null) {
                all.add(
                    new Verifier.Damage(
                        "pg_wal/" + name,
                        "is missing: the backup cannot become consistent without it"));
            } else if (size != segmentSize()) {
                all.add(
                    new Verifier.Damage(
                        "pg_wal/" + name,
                        "has " + size + " bytes, and a WAL segment of this cluster has " + segmentSize()));
            }
        }
        return all;
    }

    /** All segments are there, but in another order than that of pg_basebackup: their records could not be followed. */
    synchronized List<Verifier.Doubt> doubts() {
        if (!damages().isEmpty() || scans.stream().allMatch(WalScan::isOver)) return List.of();
        return List.of(
            new Verifier.Doubt(
                "pg_wal",
                "has its segments in an order that cannot be read in one pass",
                "it was not written by pg_basebackup; prove it by a restore: restore.java drill"));
    }

    /** "000000010000000000000003 to 000000010000000000000005". */
    synchronized String wanted() {
        var names = segmentNames();
        if (names.isEmpty()) return "none";
        return names.size() == 1 ? names.getFirst() : names.getFirst() + " to " + names.getLast();
    }

    private List<String> segmentNames() {
        var names = new ArrayList<String>();
        for (var range : manifest.walRanges()) {
            for (long at = range.start() / segmentSize(); at <= (range.end() - 1) / segmentSize(); at++) {
                names.add(Lsn.segmentName(range.timeline(), at * segmentSize(), segmentSize()));
            }
        }
        return names;
    }

    private long segmentSize() {
        return segmentBytes == 0 ? 16L << 20 : segmentBytes;
    }
}
