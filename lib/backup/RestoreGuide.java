//SOURCES ../archive/BackupDirectory.java ../archive/Codec.java ../archive/Fingerprint.java ChainGuide.java
//SOURCES ConfigurationGuide.java
package lib.backup;

import java.util.List;
import lib.archive.BackupDirectory;
import lib.archive.Codec;
import lib.archive.Fingerprint;

/** RESTORE.md: how this very backup is restored by hand, with standard programs alone. */
final class RestoreGuide {
    private RestoreGuide() {}

    /** @param parents what an incremental backup builds on, the full backup first; empty for a full one */
    static String text(Fingerprint print, BackupDirectory backup, List<BackupDirectory> parents) {
        var text = new StringBuilder(introduction(print, parents));
        text.append("```sh\nset -eu\n");
        text.append("DATA=/path/to/new/data           # must not exist yet\n");
        text.append(paths(print));
        text.append("```\n\n## 1. Is it whole?\n\n```sh\n");
        text.append(
            print.verification().verified() ? "sha256sum --check --quiet --strict SHA256SUMS\n"
                : "# made with --no-verify: there are no sums to check\n");
        text.append(ChainGuide.sums(parents));
        text.append("```\n\n## 2. Unpack\n\n```sh\n");
        if (!parents.isEmpty()) {
            text.append(new ChainGuide(print, backup, parents).unpack());
        } else if (print.storage().format().equals("tar")) {
            unpackTar(text, print, backup.archives());
        } else {
            copyPlain(text, print);
        }
        text.append("```\n\n## 3. Check, before the first start\n\n```sh\n");
        text.append(verify(print, !parents.isEmpty()));
        text.append("```\n").append(ConfigurationGuide.of(print).step());
        text.append(start(print));
        if (!print.timescaleVersions().isEmpty()) text.append(WITH_TIMESCALE);
        return text.toString();
    }

    private static final String WITH_TIMESCALE =
        """

            With TimescaleDB: `shared_preload_libraries` in postgresql.conf must name timescaledb, or compressed rows
            are silently missing from every answer.
            Background jobs start at once; to look first, start with `-o '-c timescaledb.max_background_workers=0'`.
            """;

    private static String introduction(Fingerprint print, List<BackupDirectory> parents) {
        var server = print.server();
        return """
            # Restore this backup by hand

            `%s`: the whole cluster of PostgreSQL %s%s as of %s%s.
            %sThe tool does all of this, checks more, and keeps what was there before: `jbang restore.java %s`
            Below is the way with standard programs alone: %s.

            You need PostgreSQL **%d** (any %d.x; a physical backup starts with no other major version)%s.
            Run the commands in this directory, as root or as the user that the server runs as%s. Set the paths first:

            """
            .formatted(
                print.name(),
                server.version(),
                timescale(print),
                print.endedAt(),
                print.label().isEmpty() ? "" : ", \"" + oneLine(print.label()) + "\"",
                parents.isEmpty() ? "" : ChainGuide.introduction(print, parents),
                print.name(),
                programs(print) + (parents.isEmpty() ? "" : ", pg_combinebackup"),
                server.major(),
                server.major(),
                needs(print),
                server.uid() == null ? "" : " (it was number " + server.uid() + " on the old server)");
    }

    /** The variables that the reader sets, beside DATA. */
    private static String paths(Fingerprint print) {
        var text = new StringBuilder();
        if (print.storage().isEncrypted()) {
            text.append("KEY=/path/to/key.txt             # the age identity of one of: ")
                .append(String.join(", ", print.storage().encryptedTo()))
                .append('\n');
        }
        for (var t : print.tablespaces()) {
            text.append("TS_")
                .append(t.oid())
                .append("=/path/to/new/")
                .append(pathName(t.name()))
                .append("   # tablespace ")
                .append(oneLine(t.name()))
                .append(", was ")
                .append(oneLine(t.location()))
                .append("; never the old path while the old server lives on this machine\n");
        }
        return text.toString();
    }

    private static String verify(Fingerprint print, boolean isCombined) {
        if (!isCombined && !print.storage().format().equals("tar")) return "pg_verifybackup \"$DATA\"\n";
        var manifest = isCombined ? "" : " -m backup_manifest";
        var ignored = print.tablespaces().isEmpty() ? "" : " -i tablespace_map";
        return "pg_verifybackup" + manifest + ignored + " \"$DATA\"\n";
    }

    /**
     * The last step. Without -l the server would hold a terminal over ssh open. As root the files are given away
     * first, because PostgreSQL does not run as root.
     */
    private static String start(Fingerprint print) {
        var given = new StringBuilder("\"$DATA\"");
        for (var t : print.tablespaces()) given.append(" \"$TS_").append(t.oid()).append('"');
        var option = ConfigurationGuide.of(print).startOption();
        if (option.contains("$CONF")) given.append(" \"$CONF\"");
        return """

            ## 4. Start

            ```sh
            SERVER=postgres                  # the user that the server runs as
            as_server() { "$@"; }
            if [ "$(id -u)" = 0 ]; then
              chown -R "$SERVER": %s
              as_server() { runuser -u "$SERVER" -- "$@"; }     # where there is no runuser: sudo -u "$SERVER" "$@"
            fi
            cd /                             # a directory that this user may enter
            as_server "$(command -v pg_ctl)" -D "$DATA" -l "$DATA/startup.log" -w%s start
            ```

            It says `server started`; what it did is in `$DATA/startup.log`. The server's user must be able to enter all
            directories above `$DATA`.

            Three things never to do, whatever an error message or a forum suggests: do not delete `backup_label`, do
            not run `pg_resetwal`, do not leave out `pg_wal`. Each gives a server that starts and is corrupt.
            """
            .formatted(given, option.isEmpty() ? " -o \"-c data_directory='$DATA'\"" : option);
    }

    private static void unpackTar(StringBuilder text, Fingerprint print, List<BackupDirectory.ArchiveFile> archives) {
        text.append("mkdir -m 0700 \"$DATA\"\n");
        for (var a : archives) {
            if (a.kind() == BackupDirectory.ArchiveKind.DATA) {
                text.append(decode(a)).append(" | tar -x -p -f - -C \"$DATA\"\n");
            }
        }
        for (var a : archives) {
            if (a.kind() == BackupDirectory.ArchiveKind.TABLESPACE) {
                var place = "\"$TS_" + a.oid() + "\"";
                text.append("mkdir -m 0700 ")
                    .append(place)
                    .append('\n')
                    .append(decode(a))
                    .append(" | tar -x -p -f - -C ")
                    .append(place)
                    .append('\n')
                    .append("ln -sfn ")
                    .append(place)
                    .append(" \"$DATA/pg_tblspc/")
                    .append(a.oid())
                    .append("\"\n");
            }
        }
        if (!print.tablespaces().isEmpty()) {
            text.append(tablespaceMap(print));
        }
        for (var a : archives) {
            if (a.kind() == BackupDirectory.ArchiveKind.WAL) {
                text.append(decode(a))
                    .append(" | tar -x -p -f - -C \"$DATA/pg_wal\"     # into pg_wal, not beside it\n");
            }
        }
    }

    static String tablespaceMap(Fingerprint print) {
        var text = new StringBuilder("printf '%s %s\\n'");
        for (var t : print.tablespaces()) {
            text.append(' ').append(t.oid()).append(" \"$TS_").append(t.oid()).append('"');
        }
        return text.append(" > \"$DATA/tablespace_map\"     # else the server would use the old paths\n").toString();
    }

    private static void copyPlain(StringBuilder text, Fingerprint print) {
        text.append("cp -a data \"$DATA\"\nchmod 0700 \"$DATA\"\n");
        text.append("# empty directories that the server needs: copies through an object store lose them\n");
        text.append("(umask 077; cd \"$DATA\" && mkdir -p ")
            .append(String.join(" ", BackupDirectory.EMPTY_DIRECTORIES));
        for (var t : print.tablespaces()) text.append(" pg_tblspc/").append(t.oid());
        text.append(")\n");
        for (var t : print.tablespaces()) {
            text.append("mv \"$DATA/pg_tblspc/")
                .append(t.oid())
                .append("\" \"$TS_")
                .append(t.oid())
                .append("\"\n")
                .append("ln -s \"$TS_")
                .append(t.oid())
                .append("\" \"$DATA/pg_tblspc/")
                .append(t.oid())
                .append("\"\n");
        }
    }

    private static String decode(BackupDirectory.ArchiveFile archive) {
        return decode(archive, archive.path().getFileName().toString());
    }

    /** @param file as it is named in the command */
    static String decode(BackupDirectory.ArchiveFile archive, String file) {
        var program = switch (archive.codec()) {
            case NONE -> "cat";
            case GZIP -> "gzip -dc";
            case LZ4 -> "lz4 -dc";
            case ZSTD -> "zstd -dc";
        };
        if (!archive.isEncrypted()) return program + " " + file;
        return "age -d -i \"$KEY\" " + file + (archive.codec() == Codec.NONE ? "" : " | " + program);
    }

    private static String programs(Fingerprint print) {
        if (print.storage().format().equals("plain")) return "cp, pg_verifybackup";
        return (print.storage().isEncrypted() ? "age, " : "") + "GNU tar"
            + (print.storage().codec().equals("none") ? "" : ", " + print.storage().codec()) + ", pg_verifybackup";
    }

    private static String timescale(Fingerprint print) {
        var versions = print.timescaleVersions().values().stream().distinct().toList();
        return versions.isEmpty() ? "" : " with TimescaleDB " + String.join(" and ", versions);
    }

    private static String needs(Fingerprint print) {
        var versions = print.timescaleVersions().values().stream().distinct().toList();
        return versions.isEmpty() ? ""
            : " with the library of TimescaleDB " + String.join(" and ", versions) + " (exactly that version)";
    }

    private static String pathName(String name) {
        return name.replaceAll("[^A-Za-z0-9_.-]", "_");
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}", " ");
    }
}
