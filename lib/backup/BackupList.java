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
        String parent) {
        /** The same, set by name. */
        public Row(Draft draft) {
            this(
                draft.name,
                draft.takenAt,
                draft.state,
                draft.server,
                draft.timescale,
                draft.format,
                draft.storedBytes,
                draft.dataBytes,
                draft.label,
                draft.systemIdentifier,
                draft.parent);
        }

        /** What is known of a backup; the rest is empty. */
        public static final class Draft {
            public String name;
            public Instant takenAt;
            public String state;
            public String server = "";
            public String timescale = "";
            public String format = "";
            public long storedBytes;
            public long dataBytes;
            public String label = "";
            public String systemIdentifier = "";
            public String parent = "";
        }
    }

    public static BackupList of(Path backups) {
        var rows = new ArrayList<Row>();
        for (var b : BackupDirectory.in(backups)) rows.add(row(b));
        for (var p : BackupDirectory.partials(backups)) {
            rows.add(new Row(draft(p.getFileName().toString(), null, "unfinished")));
        }
        return new BackupList(rows);
    }

    /** The same with what pgBackRest keeps, stanza by stanza. */
    public BackupList withPgBackRest(Path backups) {
        var all = new ArrayList<>(rows);
        for (var stanza : PgBackRest.stanzas()) {
            if (stanza.code() != 0 || stanza.backups().isEmpty()) {
                var state = stanza.wasRead() ? "no backup" : "unreadable";
                var row = draft(stanza.name() + "/", null, state);
                row.format = "pgBackRest";
                row.label = stanza.message();
                all.add(new Row(row));
            }
            for (var backup : stanza.backups().reversed()) all.add(row(backup, backups));
        }
        return new BackupList(all);
    }

    private static Row row(StanzaBackup backup, Path backups) {
        var drilled = Receipt.of(backup, backups);
        var state = drilled.isEmpty() ? "unverified" : "drilled";
        if (backup.hasErrors() || drilled.isPresent() && !drilled.get().isGood()) state = "damaged";
        var row = draft(backup.stanza() + "/" + backup.name(), backup.takenAt(), state);
        row.server = backup.serverVersion();
        row.format = "pgBackRest " + backup.kind().word();
        row.storedBytes = backup.storedBytes();
        row.dataBytes = backup.dataBytes();
        row.systemIdentifier = backup.systemIdentifier().orElse("");
        return new Row(row);
    }

    private static Row row(BackupDirectory backup) {
        try {
            return backup.fingerprint().map(p -> ours(backup, p)).orElseGet(() -> foreign(backup));
        } catch (Failure e) {
            var state = e.exitCode() == ExitCode.NOT_READY ? "unreadable" : "damaged";
            var row = draft(backup.name(), backup.takenAt(), state);
            row.storedBytes = backup.sizeBytes();
            row.label = e.getMessage();
            return new Row(row);
        }
    }

    private static Row ours(BackupDirectory backup, Fingerprint print) {
        var storage = print.storage();
        var row = draft(backup.name(), print.endedAt(), stateInChain(backup, print));
        row.server = print.server().version();
        row.timescale = String.join(", ", print.timescaleVersions().values().stream().distinct().toList());
        row.format = storage.format() + (storage.codec().equals("none") ? "" : " " + storage.codec())
            + (storage.isEncrypted() ? " age" : "");
        row.storedBytes = storage.storedBytes();
        row.dataBytes = storage.dataBytes();
        row.label = print.label();
        row.systemIdentifier = print.server().systemIdentifier();
        row.parent = print.incremental() == null ? "" : print.incremental().parent();
        return new Row(row);
    }

    private static Row foreign(BackupDirectory backup) {
        var row = draft(backup.name(), backup.takenAt(), "unverified");
        row.format = backup.format().name().toLowerCase(Locale.ROOT);
        row.storedBytes = backup.sizeBytes();
        row.label = "made by another tool";
        return new Row(row);
    }

    private static Row.Draft draft(String name, Instant takenAt, String state) {
        var row = new Row.Draft();
        row.name = name;
        row.takenAt = takenAt;
        row.state = state;
        return row;
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
