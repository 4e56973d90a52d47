//SOURCES ../Units.java ../database/Database.java ../database/Server.java CatalogReader.java Question.java Report.java
package lib.explore;

import java.util.List;
import java.util.stream.Collectors;
import lib.Units;
import lib.database.Database;
import lib.database.Server;
import lib.explore.Report.Job;
import lib.explore.Report.NotSeen;
import lib.explore.Report.Relation;
import lib.explore.Report.Sequence;

/**
 * What a role with few rights is silently not shown, and what a lock hid: no error tells it, so the gaps are looked
 * for.
 */
final class Visibility {
    private final CatalogReader reader;
    private final Server server;
    private final String me;

    Visibility(CatalogReader reader, Server server) {
        this.reader = reader;
        this.server = server;
        this.me = Database.identifier(server.user());
    }

    void note(List<Job> jobs, List<Sequence> sequences, boolean noWidths, List<Relation> tables) {
        if (reader.isPrintOnly()) return;
        locks();
        sequences(sequences);
        if (server.isSuperuser()) return;
        statistics();
        errorsOfJobs(jobs);
        if (noWidths && tables.stream().anyMatch(t -> t.size().heap() > 8_192_000)) {
            reader.note(
                new NotSeen(
                    "the estimate of bloat",
                    "pg_stats shows only tables that the role may read",
                    null,
                    "GRANT pg_read_all_data TO " + me + ";",
                    List.of(Question.BLOAT),
                    false));
        }
    }

    private void locks() {
        for (var lock : reader.locked().all()) {
            if (lock.name() != null && lock.name().startsWith("pg_toast.")) continue;
            reader.note(
                new NotSeen(
                    "definitions, defaults and the exact size of "
                        + (lock.name() == null ? "a relation that is just being made" : lock.name()),
                    "process " + lock.pid() + " holds it, or waits for it, in ACCESS EXCLUSIVE mode",
                    "55P03",
                    "Run it again when no ALTER, DROP, TRUNCATE or compression is running.",
                    List.of(Question.COLUMNS, Question.KEYS, Question.INDEXES, Question.VIEWS, Question.EXACT_SIZES),
                    true));
        }
    }

    private void sequences(List<Sequence> sequences) {
        var hidden = sequences.stream().filter(s -> !s.seen()).toList();
        if (hidden.isEmpty()) return;
        var cure = server.isSuperuser() ? "Run it again when nothing alters them."
            : hidden.stream()
                .map(Sequence::schema)
                .distinct()
                .sorted()
                .map(s -> "GRANT SELECT ON ALL SEQUENCES IN SCHEMA " + Database.identifier(s) + " TO " + me + ";")
                .collect(Collectors.joining(" "));
        reader.note(
            new NotSeen(
                "where " + Units.plural(hidden.size(), "sequence") + (hidden.size() == 1 ? " stands" : " stand"),
                server.isSuperuser() ? "they are locked" : "needs SELECT or USAGE on them",
                null,
                cure,
                List.of(Question.SEQUENCE_VALUES),
                hidden.size() < sequences.size()));
    }

    private void statistics() {
        boolean monitor = reader
            .first(
                Question.RIGHTS,
                "SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS monitor",
                row -> row.isTrue("monitor"))
            .orElse(false);
        if (monitor) return;
        reader.note(
            new NotSeen(
                "what other users run, and the text of their queries",
                "the role may not read all statistics",
                null,
                "GRANT pg_monitor TO " + me + ";",
                List.of(Question.TRANSACTIONS, Question.BLOCKED, Question.STATEMENTS),
                true));
    }

    private void errorsOfJobs(List<Job> jobs) {
        var owners =
            jobs.stream()
                .filter(j -> !j.system() && !j.owner().equals(server.user()))
                .map(Job::owner)
                .distinct()
                .sorted()
                .toList();
        if (owners.isEmpty()) return;
        reader.note(
            new NotSeen(
                "error texts of other owners' jobs",
                "TimescaleDB shows the errors of a job to its owner alone",
                null,
                owners.stream()
                    .map(o -> "GRANT " + Database.identifier(o) + " TO " + me + ";")
                    .collect(Collectors.joining(" ")),
                List.of(Question.JOB_ERRORS),
                true));
    }
}
