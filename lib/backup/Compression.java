//SOURCES ../Failure.java ../Program.java ../archive/BackupDirectory.java ../archive/Codec.java ../database/PgTools.java
package lib.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import lib.Failure;
import lib.Program;
import lib.archive.BackupDirectory;
import lib.archive.Codec;
import lib.database.PgTools;

/**
 * What the archives of a new backup are compressed with: the person's choice, or the best that this build of
 * pg_basebackup can do. Always on the client's side, so that the server needs neither the library nor the time.
 *
 * @param workers threads of zstd; 0 compresses in pg_basebackup's own
 * @param reason why it was taken, for the person
 */
public record Compression(Codec codec, int level, int workers, String reason) {
    private static final Pattern TYPED = Pattern.compile("(auto|none|gzip|lz4|zstd)(?::(\\d+))?");
    /** Client-side lz4 and zstd came with PostgreSQL 15. */
    private static final int CODECS_SINCE = 15;

    public static final Compression NONE = new Compression(Codec.NONE, 0, 0, "as asked");

    /**
     * What was typed.
     *
     * @param codec auto, none, gzip, lz4:1, zstd:9 …
     * @param level of --level; null when it was not given
     * @param jobs threads
     */
    public record Choice(BackupDirectory.Format format, String codec, Integer level, int jobs) {}

    static Compression choose(Choice choice, PgTools.Installation client) {
        var typed = choice.codec();
        var level = choice.level();
        int jobs = choice.jobs();
        var m = TYPED.matcher(typed.strip().toLowerCase(Locale.ROOT));
        if (!m.matches()) {
            throw Failure.usage(
                "'" + typed + "' is not a compression",
                "it is one of auto, none, gzip, lz4, zstd; a level may follow: zstd:3, gzip:6.");
        }
        var word = m.group(1);
        if (m.group(2) != null && level != null && Integer.parseInt(m.group(2)) != level) {
            throw Failure
                .usage("two levels were given: --compress " + typed + " and --level " + level, "give one of them.");
        }
        var wanted = m.group(2) != null ? Integer.valueOf(m.group(2)) : level;
        if (word.equals("auto")) return automatic(wanted, jobs, client);
        var codec = Codec.valueOf(word.toUpperCase(Locale.ROOT));
        if (codec == Codec.NONE) {
            if (wanted != null) throw Failure.usage("without compression there is no level", "leave the level out.");
            return NONE;
        }
        checkLevel(codec, wanted);
        if (!isOffered(codec, client)) {
            throw Failure.notReady(
                client.program("pg_basebackup") + " (PostgreSQL " + client.major() + ") cannot compress with " + word,
                "leave --compress out: the best that this build can do is taken.");
        }
        return of(codec, wanted, jobs, "as asked");
    }

    private static Compression automatic(Integer level, int jobs, PgTools.Installation client) {
        for (var codec : List.of(Codec.ZSTD, Codec.LZ4)) {
            if (isOffered(codec, client)) {
                checkLevel(codec, level);
                return of(
                    codec,
                    level,
                    jobs,
                    codec == Codec.ZSTD ? "the best that pg_basebackup here offers"
                        : "this build of pg_basebackup has no zstd");
            }
        }
        checkLevel(Codec.GZIP, level);
        return of(
            Codec.GZIP,
            level,
            jobs,
            client.major() < CODECS_SINCE
                ? "pg_basebackup " + client.major() + " knows nothing else"
                : "this build of pg_basebackup has neither zstd nor lz4");
    }

    private static Compression of(Codec codec, Integer level, int jobs, String reason) {
        return new Compression(
            codec,
            level == null ? normalLevel(codec) : level,
            codec == Codec.ZSTD && jobs > 1 ? jobs : 0,
            reason);
    }

    /**
     * Level 1 of zstd takes half the CPU time of its own default, 3, on a machine that has other work to do. Pages of
     * PostgreSQL become hardly larger by it: measured with zstd 1.5.4 between 10 % less (pgbench) and 7 % more (text).
     */
    private static int normalLevel(Codec codec) {
        return codec == Codec.GZIP ? 6 : 1;
    }

    private static void checkLevel(Codec codec, Integer level) {
        int highest = switch (codec) {
            case GZIP -> 9;
            case LZ4 -> 12;
            case ZSTD, NONE -> 22;
        };
        if (level != null && (level < 1 || level > highest)) {
            throw Failure.usage(codec.word() + " has no level " + level, "its levels go from 1 to " + highest + ".");
        }
    }

    /** The words for pg_basebackup's command line. */
    List<String> options(int clientMajor) {
        if (codec == Codec.NONE) return List.of();
        if (clientMajor < CODECS_SINCE) return List.of("--gzip", "--compress=" + level);
        return List
            .of("--compress=client-" + codec.word() + ":level=" + level + (workers > 0 ? ",workers=" + workers : ""));
    }

    /** "zstd:1 with 2 workers". */
    public String summary() {
        if (codec == Codec.NONE) return "no compression";
        return codec.word() + ":" + level + (workers > 0 ? " with " + workers + " workers" : "");
    }

    /** The beginning of the names in its library. */
    private static String functionOf(Codec codec) {
        return switch (codec) {
            case ZSTD -> "ZSTD_";
            case LZ4 -> "LZ4F_";
            case GZIP, NONE -> "deflate";
        };
    }

    /**
     * Can this very build compress so? Its program then calls the library's functions by their names, and the name of a
     * function stands in the file.
     */
    static boolean isOffered(Codec codec, PgTools.Installation client) {
        if (codec == Codec.NONE || codec == Codec.GZIP && client.major() < CODECS_SINCE) return true;
        if (client.major() < CODECS_SINCE) return false;
        try {
            var program = new String(Files.readAllBytes(client.program("pg_basebackup")), StandardCharsets.ISO_8859_1);
            // Debian's /usr/bin/pg_basebackup finds the real one
            return program.startsWith("#!") ? takes(codec, client) : program.contains(functionOf(codec));
        } catch (IOException e) {
            throw Failure
                .notReady("cannot read " + client.program("pg_basebackup") + ": " + e.getMessage(), "may you run it?");
        }
    }

    /**
     * Asked without parsing its words: pointed at a server that does not exist, it complains of the server when the
     * codec is fine, exactly as it does without compression.
     */
    private static boolean takes(Codec codec, PgTools.Installation client) throws IOException {
        var nowhere = Files.createTempDirectory("no-server-");
        try {
            return complaint(client, nowhere, "client-" + codec.word() + ":level=1")
                .equals(complaint(client, nowhere, "none"));
        } finally {
            Files.delete(nowhere);
        }
    }

    private static String complaint(PgTools.Installation client, Path nowhere, String compress) {
        var command = new ArrayList<>(
            List.of(
                client.program("pg_basebackup").toString(),
                "--no-password",
                "--format=tar",
                "--pgdata=" + nowhere.resolve("backup"),
                "--compress=" + compress));
        return Program.of(command)
            .with(Map.of("PGHOST", nowhere.toString(), "PGPORT", "1", "LC_ALL", "C"))
            .capture()
            .stderr();
    }
}
