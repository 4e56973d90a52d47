//SOURCES Manifest.java ManifestFiles.java
package lib.archive;

import java.util.BitSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The files of a manifest, ticked off as they turn up; several threads may do that. */
public final class FileChecklist {
    private final ManifestFiles files;
    private final BitSet seen;

    public FileChecklist(ManifestFiles files) {
        this.files = files;
        this.seen = new BitSet(files.size());
    }

    /** What the manifest says of a file. Null when it does not name it, or when it was ticked off before. */
    public Manifest.File take(String path) {
        int i = files.find(path);
        if (i < 0) return null;
        synchronized (seen) {
            if (seen.get(i)) return null;
            seen.set(i);
        }
        return files.get(i);
    }

    public boolean names(String path) {
        return files.find(path) >= 0;
    }

    /** Those that did not turn up. */
    public Stream<String> missing() {
        return IntStream.range(0, files.size()).filter(i -> !seen.get(i)).mapToObj(files::path);
    }
}
