//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Json.java ../Message.java ../Program.java
package lib.archive;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Json;
import lib.Message;
import lib.Program;
import tools.jackson.core.JacksonException;

/**
 * The program rclone, which knows some seventy kinds of storage. A remote is one that the user set up with
 * {@code rclone config}: keys and passwords stay in rclone's own configuration, so none of them ever is an argument of
 * ours.
 *
 * <p>Exit codes: rclone's documentation, "List of exit codes"; the JSON log: {@code --use-json-log}. Tried with rclone
 * 1.60.
 */
public final class Rclone {
    private static final int DIRECTORY_NOT_FOUND = 3;
    private static final int LONGEST_MESSAGE = 400;
    /** "name:path". Options within a remote ("name,key=…:") would put secrets into every process list. */
    private static final Pattern REMOTE = Pattern.compile("(?<name>[\\w.][\\w. +@-]*):(?<path>.*)");
    /** As a status, not as a piece of an address. */
    private static final Pattern REFUSED = Pattern.compile(
        "AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|Forbidden|Unauthorized|(?<![\\d:.])40[13](?![\\d.])");
    private static final Pattern UNREACHABLE = Pattern.compile(
        "(?i)dial tcp|connection refused|no such host|timeout|connection reset|broken pipe|\\bEOF\\b");
    /**
     * New files are readable by us alone. AWS_CA_BUNDLE stops rclone before 1.64 (LoadCustomCABundleError), so it is
     * handed on under rclone's own name. Which files are copied and compared is said by us: what the environment says
     * about that is meant for other copies of the user's, and would leave files out of a backup.
     */
    private static final String START = """
        umask 077
        if [ -n "${AWS_CA_BUNDLE:-}" ]; then
          export RCLONE_CA_CERT="${RCLONE_CA_CERT:-$AWS_CA_BUNDLE}"
          unset AWS_CA_BUNDLE
        fi
        unset RCLONE_FILTER RCLONE_FILTER_FROM RCLONE_INCLUDE RCLONE_INCLUDE_FROM RCLONE_EXCLUDE RCLONE_EXCLUDE_FROM
        unset RCLONE_EXCLUDE_IF_PRESENT RCLONE_FILES_FROM RCLONE_FILES_FROM_RAW RCLONE_MIN_SIZE RCLONE_MAX_SIZE
        unset RCLONE_MIN_AGE RCLONE_MAX_AGE RCLONE_MAX_DEPTH RCLONE_MAX_TRANSFER RCLONE_MAX_DURATION RCLONE_DRY_RUN
        unset RCLONE_INTERACTIVE RCLONE_UPDATE RCLONE_SIZE_ONLY RCLONE_IGNORE_SIZE RCLONE_IGNORE_EXISTING
        unset RCLONE_IGNORE_CHECKSUM RCLONE_IGNORE_ERRORS RCLONE_NO_CHECK_DEST RCLONE_IMMUTABLE RCLONE_COMPARE_DEST
        unset RCLONE_COPY_DEST RCLONE_SUFFIX RCLONE_MAX_DELETE
        exec rclone "$@"
        """;

    /** @param path below the listed place, with slashes */
    public record RemoteFile(String path, long sizeBytes) {}

    private static Map<String, String> remotes;

    private Rclone() {}

    /**
     * Checks that a remote is one that rclone can use, before any work is done.
     *
     * @param place "remote:path", or the absolute path of a mounted disk
     */
    public static void check(String place) {
        if (place.startsWith("/")) return;
        var m = REMOTE.matcher(place);
        if (!m.matches()) {
            throw Failure.usage(
                "'" + withoutOptions(place) + "' is not a remote of rclone",
                "write NAME:PATH with a NAME that `rclone listremotes` shows; a new one is set up by: rclone config");
        }
        var remotes = remotes();
        if (!remotes.containsKey(m.group("name"))) {
            throw Failure.usage(
                "rclone knows no remote '" + m.group("name") + "'",
                remotes.isEmpty()
                    ? "set it up with: rclone config"
                    : "it knows " + String.join(", ", remotes.keySet()) + "; a new one is set up by: rclone config");
        }
    }

    /** Everything before the first comma: what follows may hold a key. */
    private static String withoutOptions(String place) {
        int comma = place.indexOf(',');
        return comma < 0 ? place : place.substring(0, comma) + ",…";
    }

    /** Does this remote encrypt what is put there? Only a remote of type crypt does so by itself. */
    public static boolean encrypts(String place) {
        var m = REMOTE.matcher(place);
        return m.matches() && "crypt".equals(remotes().get(m.group("name")));
    }

    /** The user's remotes with their types: asked once, because each start of rclone takes a tenth of a second. */
    private static synchronized Map<String, String> remotes() {
        if (remotes == null) remotes = askForRemotes();
        return remotes;
    }

    /** {@code rclone listremotes --long} prints no secrets. */
    private static Map<String, String> askForRemotes() {
        var answer = run(List.of("listremotes", "--long"));
        if (!answer.ok()) throw trouble("cannot list the remotes", answer);
        var found = new TreeMap<String, String>();
        for (var line : answer.stdout().lines().toList()) {
            int colon = line.indexOf(':');
            if (colon > 0) found.put(line.substring(0, colon), line.substring(colon + 1).strip().split("\\s")[0]);
        }
        return found;
    }

    /** All files below a place; empty when the place does not exist. */
    public static List<RemoteFile> list(String place, List<String> filters) {
        var command =
            new ArrayList<>(
                List.of(
                    "lsjson",
                    "--low-level-retries=3",
                    "--recursive",
                    "--files-only",
                    "--no-mimetype",
                    "--no-modtime",   // on S3 it would be a request for each file
                    "--use-json-log"));
        command.addAll(filters);
        command.addAll(List.of("--", place));
        var answer = run(command);
        // Unlike a copy, rclone tries a listing once only, and storages have bad moments.
        if (!answer.ok() && answer.exitCode() != DIRECTORY_NOT_FOUND) answer = run(command);
        if (answer.exitCode() == DIRECTORY_NOT_FOUND) return List.of();
        if (!answer.ok()) throw trouble("cannot list " + place, answer);
        var files = new ArrayList<RemoteFile>();
        for (var file : Json.tree(answer.stdout())) {
            files.add(new RemoteFile(file.path("Path").asString(), file.path("Size").asLong()));
        }
        return files;
    }

    /**
     * Copies what is missing or different, from a directory to a remote or back. What is there in full is not sent
     * again.
     *
     * @param filters rclone's own, such as {@code --include /base.tar.zst}
     * @param progress is told how many bytes were sent so far
     */
    public static void copy(String from, String to, List<String> filters, LongConsumer progress) {
        var command = new ArrayList<>(
            List.of("copy", "--use-json-log", "--stats=500ms", "--stats-log-level=NOTICE", "--create-empty-src-dirs"));
        command.addAll(filters);
        command.addAll(List.of("--", from, to));
        var lastError = new AtomicReference<String>();
        int code = Program.of(shell(command)).run(line -> {
            var entry = LogEntry.of(line);
            entry.bytes().ifPresent(progress::accept);
            entry.error().ifPresent(lastError::set);
            if (entry.bytes().isEmpty()) Console.detail("[rclone] %s", line);
        });
        if (code != 0) throw trouble("cannot copy " + from + " to " + to, code, lastError.get());
    }

    /**
     * Compares two places file by file: by hash where both sides have one in common, else by size. @return what differs
     */
    public static List<String> differences(String from, String to, List<String> filters) {
        var command = new ArrayList<>(List.of(encrypts(to) ? "cryptcheck" : "check", "--one-way", "--use-json-log"));
        command.addAll(filters);
        command.addAll(List.of("--", from, to));
        var answer = run(command);
        if (answer.ok()) return List.of();
        var found = answer.stderr()
            .lines()
            .map(LogEntry::of)
            .flatMap(entry -> entry.difference().stream())
            .toList();
        if (found.isEmpty()) throw trouble("cannot compare " + from + " with " + to, answer);
        return found;
    }

    /** Removes one file; no error when it is not there. */
    public static void deleteFile(String file) {
        var answer = run(List.of("deletefile", "--use-json-log", "--", file));
        // 4: "File not found"; 3: its directory is not there
        if (!answer.ok() && answer.exitCode() != DIRECTORY_NOT_FOUND && answer.exitCode() != 4) {
            throw trouble("cannot remove " + file, answer);
        }
    }

    /** Removes a directory with everything in it. */
    public static void purge(String place) {
        var answer = run(List.of("purge", "--use-json-log", "--", place));
        if (!answer.ok() && answer.exitCode() != DIRECTORY_NOT_FOUND) throw trouble("cannot remove " + place, answer);
    }

    /** One place below another: "remote:" and "remote:path" need different separators. */
    public static String below(String place, String name) {
        return place.endsWith(":") || place.endsWith("/") ? place + name : place + "/" + name;
    }

    /** A filter that means exactly this file: rclone would read *, ?, [, { and \ as a pattern. */
    public static String exactly(String path) {
        return "/" + path.replaceAll("[*?\\[\\]{}\\\\]", "\\\\$0");
    }

    private static Program.Answer run(List<String> arguments) {
        return Program.of(shell(arguments)).capture();
    }

    private static List<String> shell(List<String> arguments) {
        var command = new ArrayList<>(List.of("sh", "-c", START, "rclone", "--ask-password=false"));
        command.addAll(arguments);
        return command;
    }

    private static Failure trouble(String what, Program.Answer answer) {
        var lastError = answer.stderr()
            .lines()
            .map(LogEntry::of)
            .flatMap(entry -> entry.error().stream())
            .reduce((earlier, later) -> later)
            .orElseGet(() -> answer.stderr().strip());
        return trouble(what, answer.exitCode(), lastError);
    }

    private static Failure trouble(String what, int code, String error) {
        if (code == 127) {
            return Failure.notReady(
                "rclone is not installed, and remote copies are made with it",
                "install it (Debian: apt install rclone), then set up a remote with: rclone config");
        }
        var said = error == null || error.isBlank() ? "rclone ended with status " + code : Message.firstLine(error);
        return new Failure(ExitCode.FAILED, what + ": " + said, hint(said), null);
    }

    private static String hint(String said) {
        if (REFUSED.matcher(said).find()) {
            return "the storage refuses the key of this remote; check it with: rclone config";
        }
        if (said.contains("x509:") || said.contains("failed to verify certificate")) {
            return "the certificate of the storage is not trusted here; RCLONE_CA_CERT=FILE names its own authority.";
        }
        if (said.matches(".*(no space left|remaining disk space|QuotaExceeded).*")) {
            return "free some space there, or remove old backups with: backup.java prune --remote";
        }
        if (UNREACHABLE.matcher(said).find()) {
            return "the storage cannot be reached; the same command continues where it stopped.";
        }
        return "see what rclone says with --verbose; the same command continues where it stopped.";
    }

    /** A line of rclone's log. */
    private record LogEntry(String level, String message, String object, Optional<Long> bytes) {
        static LogEntry of(String line) {
            if (!line.startsWith("{")) return new LogEntry("", line, "", Optional.empty());
            try {
                var tree = Json.tree(line);
                var stats = tree.get("stats");
                return new LogEntry(
                    tree.path("level").asString(""),
                    tree.path("msg").asString(""),
                    tree.path("object").asString(""),
                    stats == null ? Optional.empty() : Optional.of(stats.path("bytes").asLong(0)));
            } catch (JacksonException notJson) {
                return new LogEntry("", line, "", Optional.empty());
            }
        }

        Optional<String> error() {
            if (!level.equals("error") && !level.equals("fatal") && !level.equals("critical")) return Optional.empty();
            if (message.isBlank()) return Optional.empty();
            return Optional.of((object.isEmpty() ? "" : object + ": ") + oneLine(message));
        }

        /** Libraries of a storage add their causes on further lines. */
        private static String oneLine(String message) {
            var line = message.strip().replaceAll("\\s*\\R\\s*", ", ");
            return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "…";
        }

        /** "base.tar.zst: sizes differ"; the summary lines of a comparison have another level, or speak of no file. */
        Optional<String> difference() {
            return level.equals("error") && !object.isEmpty()
                && message.matches(".*(differ|not in|missing|not found).*")
                    ? Optional.of(object + ": " + message)
                    : Optional.empty();
        }
    }

    /** The local side of a copy as rclone takes it: absolute, so that a colon in it is no remote. */
    public static String local(Path directory) {
        return directory.toAbsolutePath().normalize().toString();
    }
}
