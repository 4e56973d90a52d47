package lib.explore;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Values out of a row, with null for "not known". */
final class Rows {
    private Rows() {}

    static Long number(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }

    static Double decimal(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? null : value;
    }

    static Integer integer(ResultSet row, String column) throws SQLException {
        int value = row.getInt(column);
        return row.wasNull() ? null : value;
    }

    /** "-infinity" stands for "never" in TimescaleDB's job statistics: null here. */
    static Instant instant(ResultSet row, String column) throws SQLException {
        var time = row.getObject(column, OffsetDateTime.class);
        return time == null || time.equals(OffsetDateTime.MIN) || time.equals(OffsetDateTime.MAX) ? null
            : time.toInstant();
    }

    static List<String> texts(ResultSet row, String column) throws SQLException {
        var array = row.getArray(column);
        return array == null ? List.of()
            : Arrays.stream((Object[]) array.getArray()).filter(Objects::nonNull).map(Object::toString).toList();
    }

    /** OIDs as one array parameter: {@code = ANY (?::text[]::oid[])}. */
    static String[] oids(java.util.Collection<Long> oids) {
        return oids.stream().map(String::valueOf).toArray(String[]::new);
    }
}
