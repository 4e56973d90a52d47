//SOURCES ../FileTree.java ../archive/Age.java ../archive/Archive.java ../archive/BackupDirectory.java
//SOURCES ../archive/Manifest.java ../archive/RestorableBackup.java
package lib.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.FileTree;
import lib.archive.Age;
import lib.archive.Archive;
import lib.archive.BackupDirectory;
import lib.archive.Manifest;
import lib.archive.RestorableBackup;

/**
 * The configuration that came with a backup, read as the server would read it (guc-file.l): includes are followed, the
 * last line wins, postgresql.auto.conf comes last. It is read to be judged, never to be run. Files outside of the data
 * directory are not opened: on this machine they belong to somebody else.
 */
public final class CopiedConfiguration {
    /** @param file relative to the data directory */
    public record Entry(String name, String value, String file, int line) {}

    private static final String MAIN = "postgresql.conf";
    private static final String AUTO = "postgresql.auto.conf";
    private static final int DEEPEST = 10;
    private static final long LARGEST = 1 << 20;
    private static final long PATIENCE_BYTES = 256 << 20;
    private static final Pattern LINE =
        Pattern.compile(
            "\\s*([A-Za-z_][\\w.$]*)\\s*(?:=\\s*|\\s+|(?='))"
                + "('(?:[^'\\\\]++|''|\\\\.)*+'|[^\\s#'][^\\s#]*)\\s*(?:#.*)?");
    /** What a backslash makes of the letter behind it (guc-file.l); of any other letter it makes that letter. */
    private static final Map<Character, Character> ESCAPED =
        Map.of('b', '\b', 'f', '\f', 'n', '\n', 'r', '\r', 't', '\t');

    private final Path directory;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<Entry> notFollowed = new ArrayList<>();

    private final Set<String> files;

    private CopiedConfiguration(Path directory, Set<String> files) {
        this.directory = directory;
        this.files = files;
    }

    public static CopiedConfiguration of(Path dataDirectory) {
        var directory = dataDirectory.toAbsolutePath().normalize();
        var there = Stream.of(MAIN, "pg_hba.conf", "pg_ident.conf")
            .filter(name -> Files.exists(directory.resolve(name)))
            .collect(Collectors.toSet());
        var configuration = new CopiedConfiguration(directory, there);
        configuration.read(dataDirectory.resolve(MAIN), 0);
        configuration.read(dataDirectory.resolve(AUTO), 0);
        return configuration;
    }

    /**
     * Of a backup that is not unpacked. Its files may lie anywhere in base.tar, so it is read until they were all seen,
     * but not further than some hundred megabytes.
     *
     * @return empty when they were not seen by then
     */
    public static Optional<CopiedConfiguration> peek(RestorableBackup source, Age.Identity identity) {
        if (source.backup().format() == BackupDirectory.Format.PLAIN) {
            return Optional.of(of(source.backup().dataDirectory()));
        }
        var wanted = source.manifest()
            .files()
            .stream()
            .filter(f -> f.path().endsWith(".conf") && f.size() < LARGEST)
            .map(Manifest.File::path)
            .collect(Collectors.toSet());
        var base = source.backup().archives().stream().filter(a -> a.prefix().isEmpty()).findFirst();
        if (base.isEmpty()) return Optional.empty();
        try {
            var place = Files.createTempDirectory("tstools-settings-");
            try (var archive = Archive.open(base.get().path(), identity)) {
                long seen = 0;
                for (var entry = archive.next(); entry != null && !wanted.isEmpty() && seen < PATIENCE_BYTES;
                    entry = archive.next()) {
                    seen += entry.size();
                    if (!entry.isFile() || !wanted.remove(entry.name())) continue;
                    var file = place.resolve(entry.name()).normalize();
                    if (!file.startsWith(place) || entry.size() >= LARGEST) continue;
                    Files.createDirectories(file.getParent());
                    Files.copy(archive.content(), file);
                }
                return wanted.isEmpty() ? Optional.of(of(place)) : Optional.empty();
            } finally {
                FileTree.delete(place);
            }
        } catch (IOException damaged) {
            return Optional.empty();   // the restore itself will say so
        }
    }

    /** False where the original kept it elsewhere, as Debian does. */
    public boolean isThere() {
        return files.contains(MAIN);
    }

    /** True when a line may stand in a file that was not read. */
    public boolean isPartial() {
        return !isThere() || !notFollowed.isEmpty();
    }

    /** Is this file beside it? */
    boolean has(String file) {
        return files.contains(file);
    }

    public Optional<Entry> entry(String name) {
        return Optional.ofNullable(entries.get(name.toLowerCase(Locale.ROOT)));
    }

    public Optional<String> value(String name) {
        return entry(name).map(Entry::value);
    }

    /** The last line of each setting. */
    public List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    /** include lines that lead out of the data directory, or to what is not there. */
    public List<Entry> notFollowed() {
        return List.copyOf(notFollowed);
    }

    /** The libraries that it preloads; empty when that cannot be known from it. */
    public Optional<List<String>> preloaded() {
        var value = value("shared_preload_libraries");
        if (value.isEmpty() && isPartial()) return Optional.empty();
        return Optional.of(libraries(value.orElse("")));
    }

    /** "timescaledb, \"pg_cron\"": the names. */
    public static List<String> libraries(String list) {
        return Arrays.stream(list.split(","))
            .map(name -> name.strip().replaceAll("^\"|\"$", ""))
            .filter(name -> !name.isEmpty())
            .toList();
    }

    private void read(Path file, int depth) {
        if (!Files.isRegularFile(file) || depth > DEEPEST) return;
        int number = 0;
        for (var line : lines(file)) {
            number++;
            var m = LINE.matcher(line);
            if (!m.matches()) continue;
            var entry = new Entry(
                m.group(1).toLowerCase(Locale.ROOT),
                unquoted(m.group(2)),
                directory.relativize(file.toAbsolutePath().normalize()).toString(),
                number);
            switch (entry.name()) {
                case "include", "include_if_exists" -> include(file, entry, depth);
                case "include_dir" -> includeDirectory(file, entry, depth);
                default -> {
                    entries.remove(entry.name());
                    entries.put(entry.name(), entry);
                }
            }
        }
    }

    private void include(Path from, Entry entry, int depth) {
        var file = inside(from, entry.value());
        if (file.isPresent() && Files.isRegularFile(file.get())) {
            read(file.get(), depth + 1);
        } else if (file.isEmpty() || entry.name().equals("include")) {
            notFollowed.add(entry);
        }
    }

    private void includeDirectory(Path from, Entry entry, int depth) {
        var place = inside(from, entry.value());
        if (place.isEmpty() || !Files.isDirectory(place.get())) {
            notFollowed.add(entry);
            return;
        }
        try (var files = Files.list(place.get())) {
            files.filter(f -> f.getFileName().toString().matches("[^.].*\\.conf"))
                .sorted()
                .forEach(f -> read(f, depth + 1));
        } catch (IOException unreadable) {
            notFollowed.add(entry);
        }
    }

    private Optional<Path> inside(Path from, String name) {
        try {
            var path = from.toAbsolutePath().getParent().resolve(name).normalize();
            if (!path.startsWith(directory)) return Optional.empty();
            return Files.exists(path) && !path.toRealPath().startsWith(directory.toRealPath()) ? Optional.empty()
                : Optional.of(path);
        } catch (IOException | InvalidPathException unreadable) {
            return Optional.empty();
        }
    }

    /** All values that a file gives this name, in whatever way they are written. */
    public static List<String> values(byte[] file, String name) {
        return lines(new String(file, StandardCharsets.ISO_8859_1)).stream()
            .map(LINE::matcher)
            .filter(m -> m.matches() && m.group(1).equalsIgnoreCase(name))
            .map(m -> unquoted(m.group(2)))
            .toList();
    }

    private static List<String> lines(Path file) {
        try {
            return lines(Files.readString(file, StandardCharsets.ISO_8859_1));   // any encoding, names are ASCII
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    private static List<String> lines(String text) {
        return List.of(text.split("\n"));       // nothing else ends a line
    }

    private static String unquoted(String value) {
        if (!value.startsWith("'")) return value;
        var text = new StringBuilder();
        for (int i = 1; i < value.length() - 1; i++) {
            char c = value.charAt(i);
            if (c == '\'') i++;
            if (c != '\\') {
                text.append(c);
                continue;
            }
            int digits = octalDigits(value, i + 1);
            if (digits > 0) {
                text.append((char) (Integer.parseInt(value.substring(i + 1, i + 1 + digits), 8) & 0xff));
                i += digits;
            } else {
                c = value.charAt(++i);
                text.append(ESCAPED.getOrDefault(c, c));
            }
        }
        return new String(text.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** How many digits of \\057 stand there, at most three. */
    private static int octalDigits(String text, int from) {
        int digits = 0;
        while (digits < 3 && "01234567".indexOf(text.charAt(from + digits)) >= 0) digits++;
        return digits;
    }
}
