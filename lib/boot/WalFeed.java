//SOURCES ../Console.java ../Failure.java ../FileTree.java ../archive/Age.java ../archive/Lsn.java
//SOURCES ../archive/WalArchive.java Owner.java
package lib.boot;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import lib.Console;
import lib.Failure;
import lib.FileTree;
import lib.archive.Age;
import lib.archive.Lsn;
import lib.archive.WalArchive;

/**
 * Hands a recovering server the WAL that it asks for: decompressed and decrypted by us, a few segments ahead, so that
 * neither zstd nor age need be installed and the secret key stays here. The server runs a small shell script as its
 * restore_command, which lays down a request and waits. What is missing ends the recovery; what is damaged stops it, as
 * an exit status above 125 does.
 */
public final class WalFeed implements AutoCloseable {
    private static final int AHEAD = 4;
    private static final long LOOK_MILLIS = 3;
    private static final Pattern ASKED = Pattern.compile("[0-9A-F]{24}|[0-9A-F]{8}\\.history");
    private static final String SCRIPT = """
        # The restore_command of a recovery: hands over the WAL file that the server asks for.
        box=$(dirname -- "$0") name=$1 place=$2
        : > "$box/want/$name" || exit 126
        while [ -d "$box/want" ]; do
          if [ -e "$box/have/$name" ]; then
            mv -f -- "$box/have/$name" "$place" || exit 126
            exit 0
          fi
          [ ! -e "$box/none/$name" ] || exit 1
          [ ! -e "$box/fail/$name" ] || exit 126
          sleep 0.02 2> /dev/null || sleep 1
        done
        exit 126
        """;

    private final WalArchive archive;
    private final WalArchive.Line line;
    private final Age.Identity identity;
    private final Path box;
    private final Owner owner;
    private final Thread thread;
    private volatile boolean closed;
    private volatile String problem;

    private WalFeed(WalArchive archive, WalArchive.Line line, Age.Identity identity, Path box, Owner owner) {
        this.archive = archive;
        this.line = line;
        this.identity = identity;
        this.box = box;
        this.owner = owner;
        this.thread = Thread.ofPlatform().daemon().name("wal feed").start(this::serve);
    }

    /**
     * @param box a directory that is made for it, on the disk of the data directory
     * @param owner whom the server runs as; null when it runs as we do
     */
    public static WalFeed open(
        WalArchive archive,
        WalArchive.Line line,
        Age.Identity identity,
        Path box,
        Owner owner) throws IOException {
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectory(box, mode);
        for (var name : List.of("want", "have", "none", "fail")) {
            Files.createDirectory(box.resolve(name), mode);
            if (owner != null) owner.give(box.resolve(name));
        }
        Files.writeString(box.resolve("fetch"), SCRIPT);
        if (owner != null) {
            owner.give(box.resolve("fetch"));
            owner.give(box);
        }
        return new WalFeed(archive, line, identity, box, owner);
    }

    /** For restore_command; a percent sign of ours must not be taken for one of PostgreSQL's. */
    public String command() {
        var path = box.resolve("fetch").toString();
        return "sh '" + path.replace("'", "'\\''").replace("%", "%%") + "' %f %p";
    }

    /** Why a file could not be handed over; null when none failed. */
    public String problem() {
        return problem;
    }

    private void serve() {
        try {
            while (!closed) {
                var requests = requests();
                for (var name : requests) {
                    Files.deleteIfExists(box.resolve("want").resolve(name));
                    if (hand(name)) prepare(name);
                }
                if (requests.isEmpty()) Thread.sleep(LOOK_MILLIS);
            }
        } catch (IOException e) {
            if (closed) return;
            problem = "cannot hand over WAL: " + e.getMessage();
            Console.detail("%s", problem);
            abandon();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nobody will answer any more: the script ends, and with it the recovery. */
    private void abandon() {
        try {
            FileTree.delete(box.resolve("want"));
        } catch (IOException e) {
            Console.detail("%s", e.getMessage());
        }
    }

    private List<String> requests() throws IOException {
        try (var files = Files.list(box.resolve("want"))) {
            return files.map(f -> f.getFileName().toString()).filter(n -> ASKED.matcher(n).matches()).sorted().toList();
        }
    }

    /** While the server replays one segment, the next ones are made ready; a new request goes first. */
    private void prepare(String name) throws IOException {
        if (name.endsWith(".history")) return;
        for (int i = 1; i <= AHEAD && !closed && requests().isEmpty(); i++) {
            var next = following(name, i);
            if (!Files.exists(box.resolve("have").resolve(next)) && !hand(next, false)) return;
        }
    }

    private String following(String name, int count) {
        long number = WalArchive.numberOf(name, archive.segmentBytes()) + count;
        int timeline = Integer.parseUnsignedInt(name, 0, 8, 16);
        return Lsn.segmentName(timeline, number * archive.segmentBytes(), archive.segmentBytes());
    }

    private boolean hand(String name) throws IOException {
        return hand(name, true);
    }

    /** @param isAsked answer also when it is not here @return was it handed over? */
    private boolean hand(String name, boolean isAsked) throws IOException {
        var place = box.resolve("have").resolve(name);
        if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) return true;
        var making = box.resolve("making");
        try (var in = archive.wanted(line, name, identity)) {
            if (in == null) {
                if (isAsked) Files.createFile(box.resolve("none").resolve(name));
                return false;
            }
            try (var out = file(making)) {
                in.transferTo(out);
            }
        } catch (FileAlreadyExistsException saidBefore) {
            return false;
        } catch (IOException | Failure e) {
            if (!isAsked) return false;      // it may never be needed
            problem = "the WAL segment " + name + " cannot be read: " + e.getMessage();
            Files.createFile(box.resolve("fail").resolve(name));
            return false;
        }
        if (owner != null) owner.give(making);
        Files.move(making, place, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    private static OutputStream file(Path path) throws IOException {
        return Channels.newOutputStream(
            FileChannel.open(
                path,
                Set.of(
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        var told = new ArrayList<Boolean>();
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                told.add(true);
            }
        }
        if (!told.isEmpty()) Thread.currentThread().interrupt();
        try {
            FileTree.delete(box);
        } catch (IOException e) {
            Console.warn("could not remove %s: %s", box, e.getMessage());
        }
    }
}
