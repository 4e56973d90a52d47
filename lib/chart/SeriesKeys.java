//SOURCES ../database/Database.java SourceTable.java ValueColumn.java
package lib.chart;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.database.Database;

/**
 * Which series a table has, whatever a window shows: so each keeps its colour from window to window. All rows of a
 * small table are looked at. Of a larger one its first rows and some at moments that lie evenly between the oldest and
 * the newest; a series that is missed has reported for a short while only.
 */
final class SeriesKeys {
    /** So many rows are read in some 10 ms. */
    private static final int ROWS = 50_000;
    private static final int MOMENTS = 16;
    private static final int ROWS_OF_A_MOMENT = 250;

    private final Database database;
    private final SourceTable table;
    private final List<String> columns;

    /** @param columns those of the key that the table has */
    SeriesKeys(Database database, SourceTable table, List<String> columns) {
        this.database = database;
        this.table = table;
        this.columns = columns;
    }

    /** Keys, a null for NULL. */
    List<List<String>> of(SourceTable.Edges edges) {
        if (columns.isEmpty()) return List.of(List.of());
        var first = first();
        long rows = first.stream().mapToLong(Counted::rows).sum();
        var keys = new ArrayList<>(first.stream().map(Counted::key).toList());
        if (rows == ROWS && hasIndexOnTime()) keys.addAll(atMoments(edges));
        return keys.stream().distinct().toList();
    }

    private record Counted(List<String> key, long rows) {}

    /** The rows that lie first in the table. */
    private List<Counted> first() {
        var names = names();
        return database.list(
            """
                SELECT ARRAY[%s] AS key, rows
                FROM (SELECT %s, pg_catalog.count(*) AS rows
                      FROM (SELECT %s FROM %s LIMIT %d) AS first
                      GROUP BY %2$s) AS counted
                """.formatted(asText(), names, selected(), table.name(), ROWS),
            row -> new Counted(
                Arrays.asList((String[]) row.getArray("key").getArray()),
                row.getLong("rows")));
    }

    private List<List<String>> atMoments(SourceTable.Edges edges) {
        var width = Duration.between(edges.oldest(), edges.newest()).dividedBy(MOMENTS);
        var moments = IntStream.range(1, MOMENTS)
            .mapToObj(i -> moment(edges.oldest(), width, i))
            .map(table.time()::bound)
            .collect(Collectors.joining(", "));
        return database.list(
            """
                SELECT DISTINCT ARRAY[%s] AS key
                FROM pg_catalog.unnest(ARRAY[%s]) AS moments(moment)
                CROSS JOIN LATERAL (SELECT %s FROM %s
                                    WHERE %s >= moment
                                    ORDER BY %5$s
                                    LIMIT %d) AS rows
                """.formatted(asText(), moments, selected(), table.name(), table.time().name(), ROWS_OF_A_MOMENT),
            row -> Arrays.asList((String[]) row.getArray("key").getArray()));
    }

    private static Instant moment(Instant oldest, Duration width, int i) {
        return oldest.plus(width.multipliedBy(i));
    }

    /** Without one, each moment would cost a look at all rows; of a view nobody can tell. */
    private boolean hasIndexOnTime() {
        return database.one("""
            SELECT EXISTS (SELECT FROM pg_catalog.pg_index AS i
                           JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                           WHERE i.indrelid = pg_catalog.to_regclass(?) AND i.indpred IS NULL AND i.indisvalid
                             AND a.attname = ?) AS found
            """, row -> row.getBoolean("found"), table.name(), table.source().time().column());
    }

    private String names() {
        return IntStream.range(0, columns.size()).mapToObj(i -> "key" + i).collect(Collectors.joining(", "));
    }

    private String asText() {
        return IntStream.range(0, columns.size()).mapToObj(i -> "key" + i + "::text").collect(Collectors.joining(", "));
    }

    private String selected() {
        return IntStream.range(0, columns.size())
            .mapToObj(i -> ValueColumn.expression(columns.get(i)) + " AS key" + i)
            .collect(Collectors.joining(", "));
    }
}
