//SOURCES ../ExitCode.java ../Failure.java ../Table.java ../Units.java ../archive/BackupChain.java
//SOURCES ../archive/BackupDirectory.java ../archive/Fingerprint.java ../archive/PgBackRest.java ../archive/Receipt.java
//SOURCES ../archive/StanzaBackup.java
package lib.backup;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lib.ExitCode;
import lib.Failure;
import lib.Table;
import lib.Units;
import lib.archive.BackupChain;
import lib.archive.BackupDirectory;
import lib.archive.Fingerprint;
import lib.archive.PgBackRest;
import lib.archive.Receipt;
import lib.archive.StanzaBackup;

/** All backups of a directory, newest first, each with its state as far as it shows without reading the archives. */
public record BackupList(List<Row> rows) {
    /**
     * @param state drilled, verified, unverified, incomplete, damaged, unreadable or unfinished; of an incremental
     *        backup also "no parent" and "bad parent", when what it builds on is not here, or not whole
     * @param parent what an incremental backup builds on; empty for a full one
     */
    public record Row(
        String name,
        Instant takenAt,
        String state,
        String server,
        String timescale,
        String format,
        long storedBytes,
        long dataBytes,
        String label,
        String systemIdentifier,
        String parent) {}

    public static BackupList of(Path backups) {
        var rows = new ArrayList<Row>();
        for (var b : BackupDirectory.in(backups)) rows.add(row(b));
        for (var p : BackupDirectory.partials(backups)) {
            rows.add(new Row(p.getFileName().toString(), null, "unfinished", "", "", "", 0, 0, "", "", ""));
        }
        return new BackupList(rows);
    }

    /** The same with what pgBackRest keeps, stanza by stanza. */
    public BackupList withPgBackRest(Path backups) {
        var all = new ArrayList<>(rows);
        for (var stanza : PgBackRest.stanzas()) {
            if (stanza.code() != 0 || stanza.backups().isEmpty()) {
                var state = stanza.wasRead() ? "no backup" : "unreadable";
                all.add(
                    new Row(stanza.name() + "/", null, state, "", "", "pgBackRest", 0, 0, stanza.message(), "", ""));
            }
            for (var backup : stanza.backups().reversed()) all.add(row(backup, backups));
        }
        return new BackupList(all);
    }

    private static Row row(StanzaBackup backup, Path backups) {
        var drilled = Receipt.of(backup, backups);
        var state = drilled.isEmpty() ? "unverified" : "drilled";
        if (backup.hasErrors() || drilled.isPresent() && !drilled.get().isGood()) state = "damaged";
        return new Row(
            backup.stanza() + "/" + backup.name(),
            backup.takenAt(),
            state,
            backup.serverVersion(),
            "",
            "pgBackRest " + backup.kind().word(),
            backup.storedBytes(),
            backup.dataBytes(),
            "",
            backup.systemIdentifier().orElse(""),
            "");
    }

    private static Row row(BackupDirectory backup) {
        try {
            return backup.fingerprint().map(p -> ours(backup, p)).orElseGet(() -> foreign(backup));
        } catch (Failure e) {
            return new Row(
                backup.name(),
                backup.takenAt(),
                e.exitCode() == ExitCode.NOT_READY ? "unreadable" : "damaged",
                "",
                "",
                "",
                backup.sizeBytes(),
                0,
                e.getMessage(),
                "",
                "");
        }
    }

    private static Row ours(BackupDirectory backup, Fingerprint print) {
        var storage = print.storage();
        return new Row(
            backup.name(),
            print.endedAt(),
            stateInChain(backup, print),
            print.server().version(),
            String.join(", ", print.timescaleVersions().values().stream().distinct().toList()),
            storage.format() + (storage.codec().equals("none") ? "" : " " + storage.codec())
                + (storage.isEncrypted() ? " age" : ""),
            storage.storedBytes(),
            storage.dataBytes(),
            print.label(),
            print.server().systemIdentifier(),
            print.incremental() == null ? "" : print.incremental().parent());
    }

    private static Row foreign(BackupDirectory backup) {
        return new Row(
            backup.name(),
            backup.takenAt(),
            "unverified",
            "",
            "",
            backup.format().name().toLowerCase(Locale.ROOT),
            backup.sizeBytes(),
            0,
            "made by another tool",
            "",
            "");
    }

    /** An incremental backup is as good as what it builds on. */
    private static String stateInChain(BackupDirectory backup, Fingerprint print) {
        var state = state(backup, print);
        if (print.incremental() == null || state.equals("incomplete") || state.equals("damaged")) return state;
        try {
            var parents = BackupChain.of(backup).parents();
            var states = parents.stream().map(p -> p.fingerprint().map(f -> state(p, f)).orElse("unverified")).toList();
            return states.contains("damaged") || states.contains("incomplete") ? "bad parent" : state;
        } catch (Failure broken) {
            return "no parent";
        }
    }

    /** What the last look at it found: a later verify or drill says more than the check when it was made. */
    private static String state(BackupDirectory backup, Fingerprint print) {
        if (!backup.hasAllBytesOf(print)) return "incomplete";
        var verify = Receipt.of(backup, Receipt.VERIFY);
        if (verify.isPresent() && !verify.get().isGood()) return "damaged";
        if (Receipt.of(backup, Receipt.DRILL).filter(Receipt::isGood).isPresent()) return "drilled";
        return print.verification().verified() || verify.isPresent() ? "verified" : "unverified";
    }

    public boolean isEmpty() {
        return rows.isEmpty();
    }

    @Override
    public String toString() {
        boolean hasChains = rows.stream().anyMatch(r -> !r.parent().isEmpty());
        var heads = new ArrayList<>(
            List.of("BACKUP", "TAKEN (UTC)", "AGE", "ON DISK", "DATA", "STATE", "POSTGRESQL", "TIMESCALEDB", "FORMAT"));
        if (hasChains) heads.add("BUILDS ON");
        heads.add("LABEL");
        var table = Table.of(heads.toArray(String[]::new));
        for (var r : rows) {
            var cells = new ArrayList<Object>(
                List.of(
                    r.name(),
                    r.takenAt() == null ? "-" : Units.utc(r.takenAt()).replace(" UTC", ""),
                    r.takenAt() == null ? "-" : Units.duration(Duration.between(r.takenAt(), Instant.now())),
                    Units.bytes(r.storedBytes()),
                    Units.bytes(r.dataBytes()),
                    r.state(),
                    r.server(),
                    r.timescale(),
                    r.format()));
            if (hasChains) cells.add(r.parent());
            cells.add(r.label());
            table.row(cells.toArray());
        }
        return table.toString();
    }
}
