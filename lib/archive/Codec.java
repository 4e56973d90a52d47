//SOURCES ../NativeLibraries.java Lz4FrameInputStream.java
package lib.archive;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import com.github.luben.zstd.util.Native;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import lib.NativeLibraries;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** How an archive is compressed; its file's name tells. */
public enum Codec {
    NONE(""), GZIP(".gz"), LZ4(".lz4"), ZSTD(".zst");

    private final String suffix;

    Codec(String suffix) {
        this.suffix = suffix;
    }

    /** ".zst"; empty for {@link #NONE}. */
    public String suffix() {
        return suffix;
    }

    /** The word of {@code --compress} and of pg_basebackup: "zstd". */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @param fileName "base.tar.zst"; a name without a known ending is not compressed */
    public static Codec ofName(String fileName) {
        for (var codec : values()) {
            if (codec != NONE && fileName.endsWith(codec.suffix)) return codec;
        }
        return NONE;
    }

    /** Said before any work: a codec may need a library that cannot be loaded here. */
    public void mustBeReady() {
        if (this == ZSTD) NativeLibraries.mustLoad("zstd-jni", Native::load);
    }

    /**
     * What was compressed, again. A damaged stream throws an IOException, now or at a later read; not every damage is
     * noticed by the codec.
     */
    public InputStream decoding(InputStream in) throws IOException {
        return switch (this) {
            case NONE -> in;
            case GZIP ->
                GzipCompressorInputStream.builder()
                    .setInputStream(in)
                    .setDecompressConcatenated(true)
                    .setBufferSize(1 << 16)
                    .get();   // the JDK's own ignores what follows the end
            case LZ4 -> new Lz4FrameInputStream(in);
            case ZSTD -> new ZstdInputStream(in);
        };
    }

    /**
     * Compresses with the codec's own content checksum switched on, which pg_basebackup leaves off. Closing it closes
     * {@code out}.
     */
    public OutputStream encoding(OutputStream out, int level) throws IOException {
        return switch (this) {
            case NONE -> out;
            case GZIP -> new GZIPOutputStream(out, 1 << 16) {
                {
                    def.setLevel(level);
                }
            };
            case LZ4 -> new LZ4FrameOutputStream(
                out,
                LZ4FrameOutputStream.BLOCKSIZE.SIZE_256KB,
                LZ4FrameOutputStream.FLG.Bits.BLOCK_INDEPENDENCE,
                LZ4FrameOutputStream.FLG.Bits.CONTENT_CHECKSUM);
            case ZSTD -> {
                var zstd = new ZstdOutputStream(out, level);
                zstd.setChecksum(true);
                yield zstd;
            }
        };
    }
}
