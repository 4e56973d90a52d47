//SOURCES Checksum.java Manifest.java
package lib.archive;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * The files of a manifest in their order, packed: a cluster may have a million, and as objects they would take 300 MB.
 * Here a file takes about 60 bytes, and a {@link Manifest.File} is made when it is asked for.
 */
public final class ManifestFiles extends AbstractList<Manifest.File> implements RandomAccess {
    private static final int CHUNK_BITS = 20;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final Checksum.Algorithm[] ALGORITHMS = Checksum.Algorithm.values();

    /** Path and checksum of each file, one behind the other; none lies across two chunks. */
    private final List<byte[]> chunks = new ArrayList<>();
    private int used = CHUNK;
    private int[] at = new int[64];
    private short[] pathLengths = new short[64];
    private byte[] checksumLengths = new byte[64];
    private byte[] algorithms = new byte[64];
    private long[] sizes = new long[64];
    private int count;
    /** Where to find a path: an open hash table of positions + 1; 0 is free. */
    private int[] table = new int[256];

    void put(Manifest.File file) {
        var path = file.path().getBytes(StandardCharsets.UTF_8);
        var checksum = HexFormat.of().parseHex(file.checksum() == null ? "" : file.checksum());
        if (count == at.length) grow();
        if (used + path.length + checksum.length > CHUNK) {
            chunks.add(new byte[CHUNK]);
            used = 0;
        }
        var chunk = chunks.getLast();
        System.arraycopy(path, 0, chunk, used, path.length);
        System.arraycopy(checksum, 0, chunk, used + path.length, checksum.length);
        at[count] = (chunks.size() - 1 << CHUNK_BITS) + used;
        pathLengths[count] = (short) path.length;
        checksumLengths[count] = (byte) checksum.length;
        algorithms[count] = (byte) file.algorithm().ordinal();
        sizes[count] = file.size();
        used += path.length + checksum.length;
        count++;
        if (count * 2 > table.length) rebuildTable();
        else enter(count - 1);
    }

    private void grow() {
        int more = count + (count >> 1);
        at = Arrays.copyOf(at, more);
        pathLengths = Arrays.copyOf(pathLengths, more);
        checksumLengths = Arrays.copyOf(checksumLengths, more);
        algorithms = Arrays.copyOf(algorithms, more);
        sizes = Arrays.copyOf(sizes, more);
    }

    private void rebuildTable() {
        table = new int[table.length * 2];
        for (int i = 0; i < count; i++) enter(i);
    }

    private void enter(int i) {
        int slot = slot(hash(chunks.get(at[i] >>> CHUNK_BITS), at[i] & CHUNK - 1, pathLengths[i]));
        while (table[slot] != 0) slot = slot + 1 & table.length - 1;
        table[slot] = i + 1;
    }

    /** Its place in this list; -1 when there is none. */
    public int find(String path) {
        var bytes = path.getBytes(StandardCharsets.UTF_8);
        for (int slot = slot(hash(bytes, 0, bytes.length)); table[slot] != 0; slot = slot + 1 & table.length - 1) {
            if (isPath(table[slot] - 1, bytes)) return table[slot] - 1;
        }
        return -1;
    }

    private boolean isPath(int i, byte[] path) {
        if (pathLengths[i] != path.length) return false;
        int from = at[i] & CHUNK - 1;
        return Arrays.equals(chunks.get(at[i] >>> CHUNK_BITS), from, from + path.length, path, 0, path.length);
    }

    private int slot(int hash) {
        return (hash ^ hash >>> 15) * 0x9E3779B1 >>> 32 - Integer.numberOfTrailingZeros(table.length);
    }

    private static int hash(byte[] bytes, int from, int length) {
        int hash = length;
        for (int i = from; i < from + length; i++) hash = hash * 31 + bytes[i];
        return hash;
    }

    public String path(int i) {
        return new String(
            chunks.get(at[i] >>> CHUNK_BITS),
            at[i] & CHUNK - 1,
            pathLengths[i],
            StandardCharsets.UTF_8);
    }

    /** Of all files together. */
    public long totalBytes() {
        long total = 0;
        for (int i = 0; i < count; i++) total += sizes[i];
        return total;
    }

    @Override
    public Manifest.File get(int i) {
        Objects.checkIndex(i, count);
        int from = (at[i] & CHUNK - 1) + pathLengths[i];
        var checksum = HexFormat.of().formatHex(chunks.get(at[i] >>> CHUNK_BITS), from, from + checksumLengths[i]);
        return new Manifest.File(path(i), sizes[i], ALGORITHMS[algorithms[i]], checksum.isEmpty() ? null : checksum);
    }

    @Override
    public int size() {
        return count;
    }
}
