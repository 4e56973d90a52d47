package lib.backup;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;

/** The WAL that a backup brings: a file for every segment of the manifest's ranges, each of the full size. */
final class WalCheck {
    private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}");
    private static final long SMALLEST = 1 << 20;
    private static final long LARGEST = 1 << 30;

    private final Map<String, Long> sizes = new ConcurrentSkipListMap<>();

    /** @param name within pg_wal */
    void check(String name, long size, InputStream content, byte[] buffer) throws IOException {
        Verifier.drain(content, buffer, Checksum.of(Checksum.Algorithm.NONE));
        if (SEGMENT.matcher(name).matches()) sizes.put(name, size);
    }

    long segments() {
        return sizes.size();
    }

    List<Verifier.Finding> against(Manifest manifest) {
        var findings = new ArrayList<Verifier.Finding>();
        // All segments of a cluster are of one size, a power of two: what most of them have.
        long segment = sizes.values().stream().filter(s -> s >= SMALLEST && s <= LARGEST && Long.bitCount(s) == 1).max(Long::compare).orElse(16L << 20);
        for (var range : manifest.walRanges()) {
            for (long at = range.start() / segment; at <= (range.end() - 1) / segment; at++) {
                var name = Lsn.segmentName(range.timeline(), at * segment, segment);
                var size = sizes.get(name);
                if (size == null) {
                    findings.add(new Verifier.Finding("pg_wal/" + name, "is missing: the backup cannot become consistent without it"));
                } else if (size != segment) {
                    findings.add(new Verifier.Finding("pg_wal/" + name, "has " + size + " bytes, and a WAL segment of this cluster has " + segment));
                }
            }
        }
        return findings;
    }
}
