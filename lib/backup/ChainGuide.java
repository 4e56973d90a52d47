//SOURCES ../Program.java ../archive/BackupDirectory.java ../archive/Fingerprint.java RestoreGuide.java
package lib.backup;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lib.Program;
import lib.archive.BackupDirectory;
import lib.archive.Fingerprint;

/**
 * The steps of RESTORE.md that are other ones for an incremental backup: it is unpacked with all that it builds on, and
 * pg_combinebackup joins them. Tablespaces are directories in their places until that is done.
 */
record ChainGuide(Fingerprint print, BackupDirectory backup, List<BackupDirectory> parents) {
    private static final String WORK = "\"$DATA.joining/";

    /** What it builds on must lie beside it. */
    static String introduction(Fingerprint print, List<BackupDirectory> parents) {
        return """
            It is an **incremental** backup: it holds what changed since `%s`. All of these must lie beside it: %s.
            """
            .formatted(
                print.incremental().parent(),
                parents.stream().map(p -> "`" + p.name() + "`").collect(Collectors.joining(", ")));
    }

    static String sums(List<BackupDirectory> parents) {
        return parents.stream()
            .filter(p -> Files.exists(p.path().resolve(BackupDirectory.SUMS)))
            .map(p -> "(cd " + place(p) + " && sha256sum --check --quiet --strict SHA256SUMS)\n")
            .collect(Collectors.joining());
    }

    String unpack() {
        var text = new StringBuilder("mkdir -m 0700 \"$DATA.joining\"     # needs the space of all of them\n");
        var links = new ArrayList<String>();
        for (var parent : parents) {
            links.add(WORK + links.size() + "\"");
            link(text, parent, place(parent) + "/", links.getLast(), false);
        }
        links.add(WORK + links.size() + "\"");
        link(text, backup, "", links.getLast(), true);
        text.append("pg_combinebackup -o \"$DATA\" ").append(String.join(" ", links)).append('\n');
        for (var t : print.tablespaces()) {
            var place = "\"$TS_" + t.oid() + "\"";
            var link = "\"$DATA/pg_tblspc/" + t.oid() + "\"";
            text.append("mv ").append(link).append(' ').append(place).append('\n');
            text.append("ln -s ").append(place).append(' ').append(link).append('\n');
        }
        if (!print.tablespaces().isEmpty()) text.append(RestoreGuide.tablespaceMap(print));
        return text.append("rm -r \"$DATA.joining\"\n").toString();
    }

    private static void link(StringBuilder text, BackupDirectory link, String from, String to, boolean isLast) {
        if (link.format() == BackupDirectory.Format.PLAIN) {
            text.append("cp -a ").append(from).append("data ").append(to).append("\n(umask 077; cd ").append(to);
            text.append(" && mkdir -p ").append(String.join(" ", BackupDirectory.EMPTY_DIRECTORIES)).append(")\n");
            return;
        }
        text.append("mkdir -m 0700 ").append(to).append('\n');
        for (var a : link.archives()) {
            var place = switch (a.kind()) {
                case DATA -> to;
                case TABLESPACE -> to + "/pg_tblspc/" + a.oid();
                case WAL -> to + "/pg_wal";
            };
            if (a.kind() == BackupDirectory.ArchiveKind.WAL && !isLast) continue;
            if (a.kind() == BackupDirectory.ArchiveKind.TABLESPACE) {
                text.append("rm -f ").append(place).append("\nmkdir -m 0700 ").append(place).append('\n');
            }
            text.append(RestoreGuide.decode(a, from + a.path().getFileName()));
            text.append(" | tar -x -p -f - -C ").append(place).append('\n');
        }
        text.append("cp ").append(from).append("backup_manifest ").append(to).append('\n');
    }

    private static String place(BackupDirectory parent) {
        return Program.typed("../" + parent.name());
    }
}
