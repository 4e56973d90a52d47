//SOURCES ../ExitCode.java ../Failure.java Age.java Archive.java Codec.java Lsn.java WalStatus.java
package lib.archive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.ExitCode;
import lib.Failure;

/**
 * The WAL that was received from one cluster, beside its backups:
 *
 * <pre>
 * backups/wal/7577123456789012345/     the cluster's system identifier
 *   receiver.json                      what the receiver did last, see {@link WalStatus}
 *   00000001/                          timeline 1
 *     00000001000000000000002A.zst     finished segments, encrypted ones end with .zst.age
 *     00000001000000000000002B         the newest finished one stays as it is: pg_receivewal goes on behind it
 *     00000001000000000000002C.partial what is being received now
 *   00000002/                          the timeline after a restore
 *     00000002.history                 where it left its parent
 *   00000001.until-20250704_165326/    a timeline that could not be continued, see {@code lib/backup/Receiver}
 * </pre>
 */
public final class WalArchive {
    public static final String DIRECTORY = "wal";
    public static final String PARTIAL = ".partial";

    private static final Pattern SYSTEM = Pattern.compile("\\d{10,20}");
    private static final Pattern LINE = Pattern.compile("([0-9A-F]{8})(?:\\.until-(\\d{8}_\\d{6}))?");
    private static final Pattern SEGMENT = Pattern.compile("([0-9A-F]{24})(\\.partial|\\.zst|\\.zst\\.age)?");
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("uuuuMMdd_HHmmss", Locale.ROOT);
    private static final long USUAL_SEGMENT = 16 << 20;

    /** How a segment lies there; of two files of one segment the later kind here is the better one. */
    public enum Kind {
        PARTIAL, STORED, PLAIN
    }

    /** @param number of the segment, counted from the beginning of the WAL */
    public record Segment(String name, int timeline, long number, Path file, Kind kind) {
        public boolean isEncrypted() {
            return file.getFileName().toString().endsWith(Age.SUFFIX);
        }
    }

    /** @param until the place in the WAL where this timeline was left for the next one of the history */
    public record Branch(int timeline, long until) {}

    /**
     * A directory of one timeline.
     *
     * @param setAsideAt when the server went on from an earlier state under the same timeline number, whose WAL is in
     *        another directory since; null for the one that is being continued
     */
    public record Line(int timeline, Path directory, Instant setAsideAt, NavigableMap<Long, Segment> segments) {
        public boolean isSetAside() {
            return setAsideAt != null;
        }

        /** For the order of several directories of one timeline. */
        private Instant until() {
            return setAsideAt == null ? Instant.MAX : setAsideAt;
        }
    }

    private final Path directory;
    private final List<Line> lines;
    private final long segmentBytes;

    private WalArchive(Path directory, List<Line> lines, long segmentBytes) {
        this.directory = directory;
        this.lines = lines;
        this.segmentBytes = segmentBytes;
    }

    public static Path directoryOf(Path backups, String systemIdentifier) {
        return backups.resolve(DIRECTORY).resolve(systemIdentifier);
    }

    public static String lineName(int timeline) {
        return "%08X".formatted(timeline);
    }

    /** The archives of all clusters whose backups are here. */
    public static List<WalArchive> in(Path backups) {
        return children(backups.resolve(DIRECTORY)).stream()
            .filter(d -> SYSTEM.matcher(d.getFileName().toString()).matches())
            .filter(d -> Files.isDirectory(d, LinkOption.NOFOLLOW_LINKS))
            .map(WalArchive::open)
            .toList();
    }

    /** The archive of this cluster, when there is one. */
    public static Optional<WalArchive> of(Path backups, String systemIdentifier) {
        var directory = directoryOf(backups, systemIdentifier);
        return Files.isDirectory(directory) ? Optional.of(open(directory)) : Optional.empty();
    }

    private static WalArchive open(Path directory) {
        var segmentBytes = WalStatus.read(directory).map(WalStatus::segmentBytes).filter(b -> b > 0);
        long bytes = segmentBytes.orElseGet(() -> sizeOfOne(directory));
        var lines = new ArrayList<Line>();
        for (var child : children(directory)) {
            var m = LINE.matcher(child.getFileName().toString());
            if (!m.matches() || !Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) continue;
            int timeline = Integer.parseUnsignedInt(m.group(1), 16);
            lines.add(new Line(timeline, child, setAsideAt(m.group(2)), segmentsIn(child, timeline, bytes)));
        }
        return new WalArchive(directory, List.copyOf(lines), bytes);
    }

    private static Instant setAsideAt(String stamp) {
        return stamp == null ? null : LocalDateTime.parse(stamp, STAMP).toInstant(ZoneOffset.UTC);
    }

    private static NavigableMap<Long, Segment> segmentsIn(Path line, int timeline, long segmentBytes) {
        var found = new TreeMap<Long, Segment>();
        for (var file : children(line)) {
            var m = SEGMENT.matcher(file.getFileName().toString());
            if (!m.matches()) continue;
            var name = m.group(1);
            if (Integer.parseUnsignedInt(name, 0, 8, 16) != timeline) continue;
            var kind = kind(m.group(2));
            long size = file.toFile().length();
            // being made, or a sign for pg_receivewal
            if (size == 0 || kind == Kind.PLAIN && size != segmentBytes) continue;
            var segment = new Segment(name, timeline, numberOf(name, segmentBytes), file, kind);
            found.merge(segment.number(), segment, (a, b) -> a.kind().compareTo(b.kind()) >= 0 ? a : b);
        }
        return found;
    }

    /** @param ending of the file's name; null when it has none */
    private static Kind kind(String ending) {
        if (ending == null) return Kind.PLAIN;
        return ending.equals(PARTIAL) ? Kind.PARTIAL : Kind.STORED;
    }

    /** The number of a segment, "000000010000000A00000003", within the whole WAL. */
    public static long numberOf(String name, long segmentBytes) {
        long perHalf = 0x1_0000_0000L / segmentBytes;
        return Long.parseLong(name, 8, 16, 16) * perHalf + Long.parseLong(name, 16, 24, 16);
    }

    /** All segments of a cluster are of one size; a plain one tells it. */
    private static long sizeOfOne(Path directory) {
        for (var line : children(directory)) {
            for (var file : children(line)) {
                long size = file.toFile().length();
                boolean isPlain = file.getFileName().toString().matches("[0-9A-F]{24}(\\.partial)?");
                if (isPlain && size >= 1 << 20 && Long.bitCount(size) == 1) return size;
            }
        }
        return USUAL_SEGMENT;
    }

    public Path directory() {
        return directory;
    }

    public String systemIdentifier() {
        return directory.getFileName().toString();
    }

    public long segmentBytes() {
        return segmentBytes;
    }

    public List<Line> lines() {
        return lines;
    }

    public Optional<WalStatus> status() {
        return WalStatus.read(directory);
    }

    public boolean isEncrypted() {
        return lines.stream().flatMap(l -> l.segments().values().stream()).anyMatch(Segment::isEncrypted);
    }

    /** Where a timeline is being continued, or was until a restore began the next one. */
    public Optional<Line> line(int timeline) {
        return lines.stream().filter(l -> l.timeline() == timeline && !l.isSetAside()).findFirst();
    }

    /** The directories of this line's timeline that were set aside before it, the newest last. */
    public List<Line> before(Line line) {
        return lines.stream()
            .filter(l -> l.timeline() == line.timeline() && l.until().isBefore(line.until()))
            .sorted(Comparator.comparing(Line::until))
            .toList();
    }

    /** Is it not told by the number of a timeline alone which of several histories is meant? */
    public boolean isAmbiguous(int timeline) {
        return lines.stream().filter(l -> l.timeline() == timeline).count() > 1;
    }

    /** The file "0000000N.history", from which recovery learns its way; timeline 1 has none. */
    public Optional<Path> historyFile(int timeline) {
        return historyFile(timeline, lines.stream());
    }

    private static Optional<Path> historyFile(int timeline, Stream<Line> places) {
        var name = lineName(timeline) + ".history";
        return places.map(l -> l.directory().resolve(name)).filter(Files::isRegularFile).findFirst();
    }

    /** That of the line itself, where two lines have one number. */
    private Optional<Path> historyFile(Line line) {
        return historyFile(line.timeline(), Stream.concat(Stream.of(line), lines.stream()));
    }

    /**
     * The ancestors of a line, oldest first, each with the place where it was left. Format: "parent TAB lsn TAB
     * reason" a line.
     */
    public List<Branch> history(Line line) {
        var file = historyFile(line);
        if (file.isEmpty()) return List.of();
        try {
            return parseHistory(Files.readString(file.get()));
        } catch (IOException | NumberFormatException e) {
            throw new Failure(
                ExitCode.ANSWER_IS_NO,
                file.get() + " cannot be read: " + e.getMessage(),
                "it says where timeline " + line.timeline()
                    + " left its parent; without it, restore to a moment before that.",
                e);
        }
    }

    public static List<Branch> parseHistory(String text) {
        var branches = new ArrayList<Branch>();
        for (var line : text.split("\n")) {
            var words = line.strip().split("\\s+");
            if (line.isBlank() || line.startsWith("#") || words.length < 2) continue;
            branches.add(new Branch(Integer.parseInt(words[0]), Lsn.parse(words[1])));
        }
        return branches;
    }

    /**
     * The segments that recovery reads from a place on, up to the end of this line or the first one that is missing.
     * Before a branch they are those of the parent; the segment in which the branch lies is the child's, which begins
     * with a copy of the parent's.
     */
    public List<Segment> chain(Line line, long from) {
        var history = history(line);
        var chain = new ArrayList<Segment>();
        for (long number = from / segmentBytes;; number++) {
            var segment = segmentsFor(line, history, number).get(number);
            if (segment == null) return chain;
            chain.add(segment);
            if (segment.kind() == Kind.PARTIAL) return chain;
        }
    }

    private NavigableMap<Long, Segment> segmentsFor(Line line, List<Branch> history, long number) {
        for (var branch : history) {
            if (number < branch.until() / segmentBytes) {
                return line(branch.timeline()).map(Line::segments).orElseGet(TreeMap::new);
            }
        }
        return line.segments();
    }

    /** A line's segments in unbroken rows, oldest first; more than one means that something is missing between them. */
    public List<List<Segment>> stretches(Line line) {
        var stretches = new ArrayList<List<Segment>>();
        Segment before = null;
        for (var segment : line.segments().values()) {
            boolean goesOn = before != null && segment.number() == before.number() + 1 && before.kind() != Kind.PARTIAL;
            if (!goesOn) stretches.add(new ArrayList<>());
            stretches.getLast().add(segment);
            before = segment;
        }
        return stretches;
    }

    /** A segment's bytes as the server wrote them. @param identity null where nothing is encrypted */
    public static InputStream open(Segment segment, Age.Identity identity) throws IOException {
        try {
            return open(segment.file(), identity);
        } catch (NoSuchFileException finishedMeanwhile) {
            var now = file(segment.file().getParent(), segment.name());
            if (now.isEmpty()) throw finishedMeanwhile;
            return open(now.get(), identity);
        }
    }

    private static InputStream open(Path path, Age.Identity identity) throws IOException {
        var name = path.getFileName().toString();
        var file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
        try {
            return name.contains(Codec.ZSTD.suffix()) ? Archive.decoding(file, name, identity) : file;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** The file that holds a segment in this moment; the receiver may be about to compress it. */
    private static Optional<Path> file(Path line, String name) {
        return Stream
            .of("", Codec.ZSTD.suffix(), Codec.ZSTD.suffix() + Age.SUFFIX, PARTIAL)
            .map(end -> line.resolve(name + end))
            .filter(f -> f.toFile().length() > 0)
            .findFirst();
    }

    /**
     * A file that recovery asks for by its name, a segment or a history: as it lies here in this moment.
     *
     * @param line that is being recovered; its ancestors' segments are looked for where they are
     * @return null when it is not here
     */
    public InputStream wanted(Line line, String name, Age.Identity identity) throws IOException {
        if (name.endsWith(".history")) {
            int wanted = Integer.parseUnsignedInt(name, 0, 8, 16);
            var history = wanted == line.timeline() ? historyFile(line) : historyFile(wanted);
            return history.isEmpty() ? null : Files.newInputStream(history.get());
        }
        int timeline = Integer.parseUnsignedInt(name, 0, 8, 16);
        var place = timeline == line.timeline() ? Optional.of(line.directory()) : line(timeline).map(Line::directory);
        var file = place.flatMap(p -> file(p, name));
        return file.isEmpty() ? null : open(file.get(), identity);
    }

    private static List<Path> children(Path directory) {
        var found = new ArrayList<Path>();
        if (!Files.isDirectory(directory)) return found;
        try (var stream = Files.newDirectoryStream(directory)) {
            stream.forEach(found::add);
        } catch (IOException | DirectoryIteratorException e) {
            throw new Failure(ExitCode.NOT_READY, "cannot read " + directory, "check its owner and mode.", e);
        }
        found.sort(Comparator.naturalOrder());
        return found;
    }
}
