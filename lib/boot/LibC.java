//SOURCES ../Program.java ../archive/Fingerprint.java ServerProgram.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lib.Program;
import lib.archive.Fingerprint;

/**
 * The C library sorts text. Another one, or another version of it, sorts differently, and then indexes on text miss
 * rows.
 */
public final class LibC {
    private LibC() {}

    /** A warning with its cure, when this machine sorts otherwise than the backup's server did. */
    public static Optional<String> difference(Fingerprint fingerprint) {
        var recorded = fingerprint.server().collationVersion();
        boolean wasMusl = String.valueOf(fingerprint.server().fullVersion()).contains("musl");
        if (wasMusl != isMusl()) {
            return Optional.of(
                "the backup's server used " + (wasMusl ? "musl (Alpine)" : "glibc") + " and this machine has "
                    + (isMusl() ? "musl (Alpine)" : "glibc")
                    + ": text sorts differently. After the start run: REINDEX DATABASE, in every database");
        }
        var here = glibcVersion();
        if (recorded == null || here.isEmpty() || recorded.equals(here.get())) return Optional.empty();
        return Optional.of(
            "the backup's server sorted text by glibc " + recorded + " and this machine has " + here.get()
                + ": if its databases use a collation other than C, run after the start: REINDEX DATABASE, in "
                + "every database");
    }

    private static boolean isMusl() {
        try (var libraries = Files.newDirectoryStream(Path.of("/lib"), "ld-musl-*")) {
            return libraries.iterator().hasNext();
        } catch (IOException none) {
            return false;
        }
    }

    private static Optional<String> glibcVersion() {
        if (!ServerProgram.onPath("getconf")) return Optional.empty();
        var answer = Program.of(List.of("getconf", "GNU_LIBC_VERSION")).capture();
        return answer.ok() ? Optional.of(answer.stdout().strip().replaceFirst("^glibc ", "")) : Optional.empty();
    }
}
