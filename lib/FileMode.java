//SOURCES Console.java
package lib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Who may read a file of ours: mostly its owner alone. Some file systems have no modes, or refuse to change them (CIFS,
 * FAT, some FUSE and NAS mounts): there the mount's own options decide, and work goes on.
 */
public final class FileMode {
    private FileMode() {}

    /** Mode 0600, a directory 0700. @return false when the file system does not keep it */
    public static boolean ownerOnly(Path file) throws IOException {
        return set(file, Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) ? "rwx------" : "rw-------");
    }

    /** Mode 0644, a directory 0755, whatever the umask is: another user has to read it. */
    public static boolean readableByAll(Path file) throws IOException {
        return set(file, Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) ? "rwxr-xr-x" : "rw-r--r--");
    }

    private static boolean set(Path file, String permissions) throws IOException {
        var mode = PosixFilePermissions.fromString(permissions);
        try {
            Files.setPosixFilePermissions(file, mode);
            return Files.getPosixFilePermissions(file).equals(mode);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException refused) {
            Console.detail("the mode of %s stays as it is: %s", file, refused.getMessage());
            return false;
        }
    }
}
