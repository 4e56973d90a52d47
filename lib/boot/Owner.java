//SOURCES ../ExitCode.java ../Failure.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import lib.ExitCode;
import lib.Failure;

/**
 * Whose files they are, by number. Names lie across containers: uid 70 in one image, 999 and 1000 in others,
 * and the archives of pg_basebackup call every owner "postgres".
 */
public record Owner(int uid, int gid) {
    public static Owner of(Path file) {
        try {
            return new Owner(
                (int) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS),
                (int) Files.getAttribute(file, "unix:gid", LinkOption.NOFOLLOW_LINKS));
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot see the owner of " + file + ": " + e.getMessage(), null, e);
        }
    }

    /** The one who runs this tool. */
    public static Owner ofThisProcess() {
        try {
            return of(Path.of("/proc/self").toRealPath());   // the link itself is always root's
        } catch (Failure | IOException noProc) {   // macOS
            var home = of(Path.of(System.getProperty("user.home")));
            return "root".equals(System.getProperty("user.name")) ? new Owner(0, home.gid()) : home;
        }
    }

    public static boolean weAreRoot() {
        return ofThisProcess().uid() == 0;
    }

    /** A user of this machine, from /etc/passwd: "postgres". */
    public static Optional<Owner> named(String name) {
        try (var lines = Files.lines(Path.of("/etc/passwd"))) {
            return lines.map(line -> line.split(":"))
                .filter(f -> f.length > 3 && f[0].equals(name))
                .map(f -> new Owner(Integer.parseInt(f[2]), Integer.parseInt(f[3])))
                .findFirst();
        } catch (IOException | NumberFormatException none) {
            return Optional.empty();
        }
    }

    /** What {@code --owner} takes: 70, 70:70 or postgres. */
    public static Owner parse(String text) {
        if (text.matches("\\d{1,9}")) {
            return new Owner(Integer.parseInt(text), Integer.parseInt(text));
        }
        if (text.matches("\\d{1,9}:\\d{1,9}")) {
            var ids = text.split(":");
            return new Owner(Integer.parseInt(ids[0]), Integer.parseInt(ids[1]));
        }
        return named(text).orElseThrow(
            () -> Failure.usage(
                "there is no user '" + text + "' on this machine",
                "give numbers, as the server's container knows them: --owner 70:70 (timescale/timescaledb), --owner "
                    + "1000:1000 (timescaledb-ha)."));
    }

    public void give(Path file) throws IOException {
        Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    }

    /** The first directory on the way that this user may not enter; empty when all of them let it in. */
    public Optional<Path> barrierTo(Path directory) throws IOException {
        Path barrier = null;
        for (var d = directory.toRealPath(); d != null; d = d.getParent()) {
            if (!mayEnter(d)) barrier = d;
        }
        return Optional.ofNullable(barrier);
    }

    private boolean mayEnter(Path directory) throws IOException {
        return uid == 0 || Files.getPosixFilePermissions(directory).contains(rightOf(of(directory)));
    }

    /** The kernel asks the first of the three that fits, and no other. */
    private PosixFilePermission rightOf(Owner its) {
        if (its.uid() == uid) return PosixFilePermission.OWNER_EXECUTE;
        return its.gid() == gid ? PosixFilePermission.GROUP_EXECUTE : PosixFilePermission.OTHERS_EXECUTE;
    }

    @Override
    public String toString() {
        return uid + ":" + gid;
    }
}
