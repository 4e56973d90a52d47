//SOURCES ../Failure.java ../database/Database.java ChartData.java Grid.java Metric.java SeriesNames.java
//SOURCES SourceTable.java TimeColumn.java ValueColumn.java
package lib.chart;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import lib.Failure;
import lib.database.Database;

/**
 * What happened, from a table of the database: --annotate maintenance_log, or with its columns named: log:at,note or
 * log:start,end,note. Without names, the first column with a time and the first one with a text (note, text, message, …
 * before others) are taken.
 */
final class Marks {
    private static final int MOST = 200;
    private static final List<String> TEXTS =
        List.of("note", "notes", "text", "message", "description", "title", "event", "comment", "reason", "what");

    private final Database database;
    private final String table;
    private final List<String> columns;

    Marks(Database database, String typed) {
        this.database = database;
        int colon = typed.lastIndexOf(':');
        this.table = colon < 0 ? typed : typed.substring(0, colon);
        this.columns = colon < 0 ? List.of() : List.of(typed.substring(colon + 1).split("\\s*,\\s*"));
    }

    List<ChartData.Mark> between(Instant from, Instant to) {
        var probe = find(columns.isEmpty() ? null : columns.getFirst());
        probe.require(columns);
        var time = probe.time();
        var text = columns.isEmpty() ? textColumn(probe) : columns.getLast();
        var end = columns.size() < 3 ? null
            : TimeColumn.of(columns.get(1), probe.types().get(columns.get(1)), null, probe.label());
        var marks = database.list(
            """
                SELECT %s AS at, %s AS until, %s::text AS text
                FROM %s
                WHERE %s AND %s < %s
                ORDER BY %6$s
                LIMIT %d
                """.formatted(
                "CASE WHEN %s < %s THEN %d ELSE %s END"
                    .formatted(time.name(), time.bound(from), Grid.micros(from), time.micros()),
                end == null ? "NULL::bigint"
                    : "CASE WHEN %s >= %s THEN %d WHEN %1$s > %s THEN %s END"
                        .formatted(end.name(), end.bound(to), Grid.micros(to), time.name(), end.micros()),
                ValueColumn.expression(text),
                probe.name(),
                reaches(time, end, from),
                time.name(),
                time.bound(to),
                MOST + 1),
            row -> {
                long until = row.getLong("until");
                boolean isMoment = row.wasNull();
                return new ChartData.Mark(
                    Grid.instant(row.getLong("at")),
                    isMoment ? null : Grid.instant(until),
                    SeriesNames.clean(Optional.ofNullable(row.getString("text")).orElse("")));
            });
        if (marks.size() > MOST) {
            throw Failure.usage(
                "%s has more than %d rows in this range, too many to be marked".formatted(table, MOST),
                "choose a smaller --window, or a view that holds fewer.");
        }
        return marks;
    }

    /** What began before the range and lasts into it is marked from its beginning on. */
    private static String reaches(TimeColumn time, TimeColumn end, Instant from) {
        var begins = "%s >= %s".formatted(time.name(), time.bound(from));
        return end == null ? begins : "(%s OR %s > %s)".formatted(begins, end.name(), end.bound(from));
    }

    private SourceTable find(String timeColumn) {
        var missing = Failure.usage(
            "there is no table %s to take marks from".formatted(table),
            "write it like: --annotate maintenance_log, or with its columns: maintenance_log:time,note");
        var candidates = timeColumn != null ? List.of(timeColumn) : timeColumns();
        if (candidates.isEmpty()) throw missing;
        return SourceTable.find(database, Metric.Source.raw(table, candidates.getFirst(), candidates.getFirst()))
            .map(found -> found.counted(database))
            .orElseThrow(() -> missing);
    }

    private List<String> timeColumns() {
        return database.list("""
            SELECT a.attname::text AS name
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = pg_catalog.to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
              AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
            ORDER BY a.attnum
            """, row -> row.getString("name"), table);
    }

    private static String textColumn(SourceTable table) {
        var texts = table.types()
            .entrySet()
            .stream()
            .filter(e -> e.getValue().startsWith("text") || e.getValue().startsWith("character"))
            .map(Map.Entry::getKey)
            .toList();
        return TEXTS.stream()
            .flatMap(word -> texts.stream().filter(name -> name.toLowerCase(Locale.ROOT).equals(word)))
            .findFirst()
            .orElseGet(() -> texts.stream().findFirst().orElse(table.time().name().replace("\"", "")));
    }
}
