package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Is a directory a mount point? Bind mounts have their parent's device number, so the kernel's own list is asked first.
 */
final class MountPoints {
    // proc_pid_mountinfo(5): the fifth field is the mount point
    private static final Path LIST = Path.of("/proc/self/mountinfo");

    private MountPoints() {}

    static boolean contains(Path directory) {
        try {
            if (Files.isReadable(LIST)) {
                try (var lines = Files.lines(LIST)) {
                    return lines.map(line -> unescape(line.split(" ")[4])).anyMatch(directory.toString()::equals);
                }
            }
            return !Files.getAttribute(directory, "unix:dev", LinkOption.NOFOLLOW_LINKS)
                .equals(Files.getAttribute(directory.getParent(), "unix:dev", LinkOption.NOFOLLOW_LINKS));
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    /** Blanks and the like stand there in octal: "\040". */
    private static String unescape(String field) {
        return field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
    }
}
