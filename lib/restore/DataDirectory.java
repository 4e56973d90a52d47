//SOURCES ../ExitCode.java ../Failure.java ../boot/Owner.java MountPoints.java
package lib.restore;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import lib.ExitCode;
import lib.Failure;
import lib.boot.Owner;

/**
 * The place a cluster lives in, looked at before anything is done to it. What can't be swapped by a rename
 * (a mount point, a symbolic link, the root) is refused here, and so is a directory that holds something else than a
 * cluster.
 *
 * @param path absolute, without links above it
 */
public record DataDirectory(Path path, Content content) {
    public enum Content {
        /** Nothing is there. */
        ABSENT,
        EMPTY,
        /** PG_VERSION and global/ are there. */
        CLUSTER
    }

    public static DataDirectory of(Path typed) {
        var path = typed.toAbsolutePath().normalize();
        if (path.getParent() == null) {
            throw Failure.usage(
                "'/' is not a place for a data directory",
                "give it a directory of its own: -D /var/lib/postgresql/data");
        }
        if (path.toString().contains("\n")) {
            throw Failure.usage(
                "the name of the data directory has a line break in it, and PostgreSQL writes it into postmaster.pid, "
                    + "where each line counts",
                "choose another place with -D.");
        }
        if (Files.isSymbolicLink(path)) {
            throw Failure.usage(
                typed + " is a symbolic link, and a restore swaps the directory itself",
                "name the directory that it points to: -D " + target(path));
        }
        path = withoutLinksAbove(path);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return new DataDirectory(path, Content.ABSENT);
        }
        if (!Files.isDirectory(path)) {
            throw Failure.usage(typed + " is a file, not a directory", "choose another place with -D.");
        }
        if (MountPoints.contains(path)) {
            throw Failure.usage(
                typed + " is a mount point, and a mounted directory cannot be swapped by a rename",
                "mount the directory above it, or restore into a directory inside it: -D " + typed.resolve("data"));
        }
        try (var entries = Files.list(path)) {
            if (entries.findAny().isEmpty()) return new DataDirectory(path, Content.EMPTY);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot look into " + typed + ": permission denied",
                "run it as the owner of that directory, or as root.",
                e);
        }
        if (!Files.isRegularFile(path.resolve("PG_VERSION")) || !Files.isDirectory(path.resolve("global"))) {
            throw Failure.usage(
                typed + " is not empty, and it is no PostgreSQL cluster (it has no PG_VERSION)",
                "choose another place with -D, or move away what is in there.");
        }
        return new DataDirectory(path, Content.CLUSTER);
    }

    public boolean holdsCluster() {
        return content == Content.CLUSTER;
    }

    /** The nearest directory above that exists: there the space is taken and the rename happens. */
    public Path existingParent() {
        return existing(path.getParent());
    }

    /** This directory, or the nearest one above it that exists. */
    static Path existing(Path directory) {
        while (!Files.isDirectory(directory)) directory = directory.getParent();
        return directory;
    }

    public Owner owner() {
        return Owner.of(path);
    }

    /** Bytes of all files in it; what its tablespaces hold elsewhere is not counted. */
    public long sizeBytes() {
        return sizeOf(path);
    }

    static long sizeOf(Path directory) {
        var total = new long[1];
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    total[0] += attributes.isRegularFile() ? attributes.size() : 0;
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException vanished) {
                    return FileVisitResult.CONTINUE;   // a running server removes files under our eyes
                }
            });
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "cannot read " + directory + ": " + e.getMessage(), null, e);
        }
        return total[0];
    }

    static Path withoutLinksAbove(Path path) {
        var parent = path.getParent();
        if (parent == null) return path;
        var missing = path.getFileName();
        while (!Files.exists(parent)) {
            missing = parent.getFileName().resolve(missing);
            parent = parent.getParent();
        }
        try {
            return parent.toRealPath().resolve(missing);
        } catch (IOException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot look into " + parent + ": " + e.getMessage(), null, e);
        }
    }

    private static String target(Path link) {
        try {
            return link.toRealPath().toString();
        } catch (IOException dangling) {
            return "DIR";
        }
    }
}
