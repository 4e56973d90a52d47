//SOURCES ../Console.java ../ExitCode.java ../Failure.java ../Program.java ../Progress.java
//SOURCES ../archive/BackupDirectory.java ../archive/Fingerprint.java ../archive/Manifest.java
//SOURCES ../database/ConnectionSettings.java ../database/Database.java ../database/PgTools.java Compression.java
//SOURCES IncrementalParent.java
package lib.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Program;
import lib.Progress;
import lib.archive.BackupDirectory;
import lib.archive.Fingerprint;
import lib.archive.Manifest;
import lib.database.ConnectionSettings;
import lib.database.Database;
import lib.database.PgTools;

/**
 * One run of pg_basebackup. Progress is asked of the server (pg_stat_progress_basebackup), never read from the
 * program's words.
 *
 * @param tablespaces of the server; the plain format must say where each goes
 */
public record BaseBackup(
    PgTools.Installation client,
    ConnectionSettings settings,
    BackupDirectory.Format format,
    Compression compression,
    Request request,
    List<Fingerprint.Tablespace> tablespaces) {
    /**
     * What is asked of the server.
     *
     * @param checkpoint fast or spread
     * @param maxRate as typed for pg_basebackup ("32M"), or null
     * @param parentManifest of the backup that an incremental one builds on; null for a full one
     */
    public record Request(String checkpoint, String maxRate, String label, Path parentManifest) {}

    private static final long POLL_MILLIS = 250;

    /** What the server says of a running base backup. */
    private record Step(String phase, long streamed, long total) {}

    /** Our walsenders carry it in pg_stat_activity, with the process number of the tool behind it. */
    public static final String APPLICATION = "timescaledb-tools-backup";

    static String applicationName() {
        return APPLICATION + "-" + ProcessHandle.current().pid();
    }

    /** The command line, complete; it holds no secret. */
    public List<String> command(Path into) {
        var words = new ArrayList<>(
            List.of(
                client.program("pg_basebackup").toString(),
                "--pgdata=" + into,
                "--format=" + (format == BackupDirectory.Format.TAR ? "tar" : "plain"),
                "--wal-method=stream",
                "--checkpoint=" + request.checkpoint(),
                "--label=" + request.label(),
                "--no-password"));
        if (request.maxRate() != null) words.add("--max-rate=" + request.maxRate());
        if (request.parentManifest() != null) words.add("--incremental=" + request.parentManifest());
        if (format == BackupDirectory.Format.TAR) {
            words.addAll(compression.options(client.major()));
        } else {
            tablespaces.forEach(
                t -> words.add(
                    "--tablespace-mapping=" + escaped(t.location()) + "="
                        + escaped(aside(into).resolve(t.oid()).toString())));
        }
        if (Console.isVerbose()) words.add("--verbose");
        return words;
    }

    /** Copies the cluster into a directory that is empty. @throws Failure when it did not go to its end */
    public void copyInto(Path into, Progress progress) {
        var environment = new HashMap<>(settings.forReplication().environment());
        environment.put("PGAPPNAME", applicationName());
        environment.put("LC_ALL", "C");      // what it says is passed on, and a search engine knows it in English
        var said = new ArrayList<String>();
        try (var watch = progress.isShown() ? new Watch(progress) : null) {
            int code = run(command(into), environment, said);
            if (code != 0 && compression.workers() > 0
                && said.stream().anyMatch(l -> l.contains("could not set compression worker count"))) {
                Console.say("the zstd library of this pg_basebackup has no threads: once more, without workers");
                said.clear();
                code = run(withoutWorkers().command(into), environment, said);
            }
            if (code != 0) throw failure(code, said, into);
        }
        if (format == BackupDirectory.Format.PLAIN) takeTablespacesIn(into);
    }

    private static int run(List<String> command, Map<String, String> environment, List<String> said) {
        return Program.of(command).with(environment).run(line -> {
            said.add(line);
            Console.say("[pg_basebackup] %s", line);
        });
    }

    private BaseBackup withoutWorkers() {
        return new BaseBackup(
            client,
            settings,
            format,
            new Compression(compression.codec(), compression.level(), 0, compression.reason()),
            request,
            tablespaces);
    }

    /** pg_basebackup's own message came already; the first line of it makes ours. */
    private Failure failure(int code, List<String> said, Path into) {
        var full = said.stream().anyMatch(l -> l.contains("No space left on device"));
        var first = said.stream()
            .filter(l -> l.contains("error:") || l.contains("fatal:"))
            .findFirst()
            .orElse(said.isEmpty() ? "it said nothing" : said.getFirst());
        var message = "pg_basebackup ended with " + code + ": "
            + first.replaceFirst("^pg_basebackup: (error|fatal): ", "").strip();
        if (full) {
            return new Failure(
                ExitCode.NOT_READY,
                message,
                "free some space, or choose another disk with -o; nothing of this run stays there.");
        }
        var ofTheChain = IncrementalParent.explain(first, request.parentManifest());
        if (ofTheChain.isPresent()) return ofTheChain.get();
        // It keeps its files in one case only: pages whose checksum is wrong (pg_basebackup.c).
        if (Files.exists(into.resolve(Manifest.NAME + ".tmp")) && !Files.exists(into.resolve(Manifest.NAME))) {
            return Failure.failed(
                "the server's own files are damaged: " + first.replaceFirst("^pg_basebackup: (error|fatal): ", ""),
                "the server's log names the files. Keep all older backups, and restore from the newest verified one.");
        }
        return Failure
            .failed(message, "see the lines above; the cause may also be named by: backup.java doctor");
    }

    /**
     * The links that pg_basebackup made would point at this very backup: a copy of it that is started would write into
     * the backup. So each tablespace becomes a directory at its link's place, and the backup is complete in itself.
     */
    private void takeTablespacesIn(Path into) {
        try {
            for (var t : tablespaces) {
                var link = into.resolve("pg_tblspc").resolve(t.oid());
                Files.delete(link);
                Files.move(aside(into).resolve(t.oid()), link);
            }
            Files.deleteIfExists(aside(into));
        } catch (IOException e) {
            throw new Failure(
                ExitCode.FAILED,
                "cannot move the tablespaces into the backup: " + e.getMessage(),
                null,
                e);
        }
    }

    private static Path aside(Path into) {
        return into.toAbsolutePath().resolveSibling("tablespaces");
    }

    /** An equal sign in a path is written with a backslash in front. */
    private static String escaped(String path) {
        return path.replace("=", "\\=");
    }

    /**
     * Asks the server now and then how far it is. Trouble here is no trouble of the backup: then there is just no news.
     */
    private final class Watch implements AutoCloseable {
        private final Thread thread;
        private volatile boolean over;

        Watch(Progress progress) {
            thread = Thread.ofVirtual().start(() -> {
                try (var database = Database.open(settings, "backup progress")) {
                    while (!over) {
                        step(database).ifPresent(s -> show(s, progress));
                        Thread.sleep(POLL_MILLIS);
                    }
                } catch (InterruptedException ended) {
                    // the backup is through
                } catch (Failure lost) {
                    Console.detail("no more progress from the server: %s", lost.getMessage());
                }
            });
        }

        @Override
        public void close() {
            over = true;
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Optional<Step> step(Database database) {
        return database.first(
            """
                SELECT p.phase, coalesce(p.backup_streamed, 0) AS streamed, coalesce(p.backup_total, -1) AS total
                FROM pg_catalog.pg_stat_progress_basebackup AS p
                JOIN pg_catalog.pg_stat_activity AS a USING (pid)
                WHERE a.application_name = ?
                """,
            row -> new Step(row.getString("phase"), row.getLong("streamed"), row.getLong("total")),
            applicationName());
    }

    /**
     * The phases as people read them; the server's names are fixed English words (progress reporting, PostgreSQL docs).
     */
    private static void show(Step step, Progress progress) {
        if (step.total() > 0) progress.total(step.total());
        progress.to(step.streamed());
        progress.phase(switch (step.phase()) {
            case "waiting for checkpoint to finish" -> "checkpoint";
            case "waiting for wal archiving to finish", "transferring wal files" -> "WAL";
            case "streaming database files" -> "copying";
            default -> step.phase();
        });
    }
}
